"""Rows, columns and wrapping rows, said in one call."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QMargins, QObject, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLayout,
    QLayoutItem,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

Part = QWidget | QLayout | int | None
Margins = tuple[int, int, int, int]
NO_MARGINS: Margins = (0, 0, 0, 0)
LINE_GAP = 8
SMALLEST = 480, 280  # of a window, in pixels: half a small screen, less what the system takes


def row(*parts: Part, gap: int = 8, margins: Margins = NO_MARGINS) -> QHBoxLayout:
    """Parts side by side; None is a stretch, a number is a space."""
    layout = QHBoxLayout()
    _fill(layout, parts, gap, margins)
    return layout


def column(*parts: Part, gap: int = 8, margins: Margins = NO_MARGINS) -> QVBoxLayout:
    """Parts under each other; None is a stretch, a number is a space."""
    layout = QVBoxLayout()
    _fill(layout, parts, gap, margins)
    return layout


def _fill(layout: QBoxLayout, parts: Sequence[Part], gap: int, margins: Margins) -> None:
    layout.setSpacing(gap)
    layout.setContentsMargins(*margins)
    for part in parts:
        match part:
            case None:
                layout.addStretch(1)
            case int():
                layout.addSpacing(part)
            case QLayout():
                layout.addLayout(part)
            case QWidget():
                layout.addWidget(part)


def block(kind: str, layout: QLayout) -> QFrame:
    """A frame that the style sheet draws by `kind`: card, flat, plain, sunken, panel, rail, bar, foot, group, row."""
    frame = QFrame()
    frame.setProperty("kind", kind)
    frame.setLayout(layout)
    return frame


def widget(layout: QLayout) -> QWidget:
    """A bare widget round a layout."""
    made = QWidget()
    made.setLayout(layout)
    return made


def scrolled(content: QWidget) -> QScrollArea:
    """The content, scrolling up and down only."""
    content.setProperty("kind", "scrolled")
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(content)
    return area


class Whole(QScrollArea):
    """All of a window's content. Where the window has less room than that needs, as on a small screen with everything
    twice as large, it scrolls both ways, and goes where the focus goes."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        content.setProperty("kind", "scrolled")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._later = QTimer(self, singleShot=True, interval=0)  # once all is laid out
        self._later.timeout.connect(self._follow)
        self.setWidget(content)
        QApplication.instance().focusChanged.connect(self._focus_moved)  # type: ignore[union-attr]  # there is one

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.widget():
            self._later.start()  # what has the focus may have moved
        return super().eventFilter(watched, event)

    def _focus_moved(self, _before: QWidget | None, _now: QWidget | None) -> None:
        self._later.start()

    def _follow(self) -> None:
        content, room, now = self.widget(), self.viewport().size(), QApplication.focusWidget()
        if now is None or content is None or not content.isAncestorOf(now):
            return
        if now.width() <= room.width() and now.height() <= room.height():
            self.ensureWidgetVisible(now, LINE_GAP, LINE_GAP)


def clear(layout: QLayout) -> None:
    """Take everything out of a layout and let it go.

    What goes is hidden and keeps its parent until it is deleted: losing it would have each part styled once more.
    """
    while (item := layout.takeAt(0)) is not None:
        held, inner = item.widget(), item.layout()
        if held is not None:
            held.hide()
            held.deleteLater()
        elif inner is not None:
            clear(inner)


def show_now(root: QWidget) -> None:
    """Show what was just put into a layout, so that it can take the focus at once. What was hidden stays hidden."""
    for each in (root, *root.findChildren(QWidget)):
        if not each.isWindow() and not each.testAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide):
            each.show()


class Flow(QLayout):
    """Parts side by side that go on in the next line where there is no more room."""

    def __init__(self, *parts: QWidget, gap: int = 8) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(QMargins())
        for part in parts:
            self.addWidget(part)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._place(rect, move=True)

    def sizeHint(self) -> QSize:
        hints = [item.sizeHint() for item in self._items if not item.isEmpty()]
        width = sum(hint.width() for hint in hints) + self._gap * max(len(hints) - 1, 0)
        return QSize(width, max((hint.height() for hint in hints), default=0))

    def minimumSize(self) -> QSize:
        hints = [item.minimumSize() for item in self._items if not item.isEmpty()]
        widest = max((hint.width() for hint in hints), default=0)
        return QSize(widest, max((hint.height() for hint in hints), default=0))

    def _place(self, rect: QRect, *, move: bool) -> int:
        x, y, line = rect.x(), rect.y(), 0
        for item in self._items:
            if item.isEmpty():
                continue
            hint = item.sizeHint().boundedTo(QSize(rect.width(), 100_000))
            if x > rect.x() and x + hint.width() > rect.right() + 1:
                x, y, line = rect.x(), y + line + min(self._gap, LINE_GAP), 0
            if move:
                item.setGeometry(QRect(QPoint(x, y), hint))
            x += hint.width() + self._gap
            line = max(line, hint.height())
        return y + line - rect.y()


class Tall(QWidget):
    """Stands as high as its words need at its width: a scroll area does not ask for that."""

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            inside = self.layout()
            least = inside.minimumSize().height() if inside is not None else 0
            self.setMinimumHeight(max(self.heightForWidth(self.width()), least))
        return super().event(event)
