"""Picking from code lists: combo boxes with our arrow, a searchable line, and cards to tick."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    QStringListModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QCompleter, QLineEdit, QListView, QSizePolicy, QWidget

from casedesk import codelists
from casedesk.parsing import fold
from casedesk.ui.kit.buttons import ENTER
from casedesk.ui.kit.icons import paint_icon
from casedesk.ui.kit.style import paint_box
from casedesk.ui.kit.texts import visible
from casedesk.ui.kit.theme import current

BESIDE, WIDEST = 56, 520  # what stands beside the words of a choice, and the widest list
SEARCHED = Qt.ItemDataRole.UserRole + 1


class Combo(QComboBox):
    """A combo box with our arrow. The wheel does not change it by accident while the page scrolls."""

    def __init__(self, options: Sequence[tuple[str, str]] = (), value: str = "", *, name: str = "") -> None:
        super().__init__()
        self.setView(QListView())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.offer(options)
        self.set_value(value)

    def offer(self, options: Sequence[tuple[str, str]]) -> None:
        """Show these choices: (code, word)."""
        self.clear()
        for code, word in options:
            self.addItem(visible(word), code)

    def value(self) -> str:
        return self.currentData() or ""

    def set_value(self, value: str) -> None:
        self.setCurrentIndex(max(self.findData(value), 0))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_arrow(self)


def paint_arrow(widget: QWidget) -> None:
    """The small arrow at the right end of a field that opens a list."""
    painter = QPainter(widget)
    middle = widget.height() / 2
    place = QRectF(widget.width() - 24, middle - 7, 14, 14)
    paint_icon(painter, place, "open_list", "text2" if widget.isEnabled() else "disabled")
    painter.end()


class _Rows(QStringListModel):
    """The words of a list; for searching, each row is known by both languages and its code."""

    def __init__(self, rows: Sequence[codelists.Code]) -> None:
        super().__init__([visible(row.label) for row in rows])
        self._searched = [fold(f"{row.label} {row.en} {row.bn} {row.code}") for row in rows]

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == SEARCHED:
            return self._searched[index.row()]
        return super().data(index, role)


class CodeFinder(QCompleter):
    """Finds by any part of the words in either script, and writes the words of the language spoken."""

    def __init__(self, rows: Sequence[codelists.Code], parent: QWidget) -> None:
        super().__init__(parent)
        self.view = QListView()
        self._model = _Rows(rows)
        self.setModel(self._model)
        self.setCompletionRole(SEARCHED)
        self.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setMaxVisibleItems(9)
        self.view.setProperty("kind", "popup")
        self.view.setUniformItemSizes(True)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setPopup(self.view)
        widest = max((self.view.fontMetrics().horizontalAdvance(row.label) for row in rows), default=0)
        self.view.setMinimumWidth(min(widest + BESIDE, WIDEST))  # a narrow line cuts no choice off

    def pathFromIndex(self, index: QModelIndex | QPersistentModelIndex) -> str:
        return str(index.data(Qt.ItemDataRole.DisplayRole))

    def splitPath(self, path: str) -> list[str]:
        return [fold(path)]


class CodeLine(QLineEdit):
    """A line that finds a code by typing a part of its words in either script. The arrow key or a click opens the list.

    Typed words that are no code stay as they are; `code()` is then nothing.
    """

    picked = Signal()

    def __init__(self, list_name: str, *, name: str = "") -> None:
        super().__init__()
        self.setProperty("kind", "pick")
        self.setAccessibleName(name)
        self._list = codelists.get(list_name)
        self._rows: list[codelists.Code] = []
        self._code: str | None = None
        self.offer(None)
        self.textEdited.connect(self._typed)
        self.editingFinished.connect(self._settle)

    def offer(self, codes: Collection[str] | None) -> None:
        """Narrow the list to these codes; None is the whole list."""
        self._rows = [row for row in self._list if codes is None or row.code in codes]
        self._words = {fold(word): row.code for row in reversed(self._rows) for word in (row.code, row.en, row.bn)}
        self._finder = CodeFinder(self._rows, self)
        self._finder.activated.connect(self._chosen)
        self.setCompleter(self._finder)

    def code(self) -> str | None:
        return self._code

    def set_code(self, code: str | None) -> None:
        self._code = code
        self.setText(visible(self._list.label(code)))
        self.setCursorPosition(0)

    def _typed(self, text: str) -> None:
        self._code = self._words.get(fold(text))

    def _chosen(self, text: str) -> None:
        self.set_code(self._words.get(fold(text)))
        self.picked.emit()

    def _settle(self) -> None:
        """Leaving the line takes what is the only choice left."""
        typed = fold(self.text())
        if self._code is None and typed:
            left = [row for row in self._rows if typed in fold(f"{row.en} {row.bn}")]
            self._code = left[0].code if len(left) == 1 else None
        if self._code is not None:
            self.set_code(self._code)
            self.picked.emit()

    def open_list(self) -> None:
        """Show every choice. Beside words that fit none of them no choice is lit: Enter would take it for the words."""
        self._finder.setCompletionPrefix("")
        self._finder.complete()
        begins = -1 if self._unsettled() else 0
        row = next((at for at, each in enumerate(self._rows) if each.code == self._code), begins)
        self._finder.view.setCurrentIndex(self._finder.completionModel().index(row, 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_F4) and not self._finder.view.isVisible():
            if not self._light_first(of=1):
                self.open_list()
            return
        if event.key() in ENTER and self._light_first(of=2):
            return
        super().keyPressEvent(event)

    def _unsettled(self) -> bool:
        """Whether words are typed that are no choice."""
        return self._code is None and bool(self.text().strip())

    def _light_first(self, *, of: int) -> bool:
        """Where so many choices or more fit what was typed, light the first of them: Enter then takes it."""
        finder = self._finder
        lit = finder.view.isVisible() and finder.view.currentIndex().isValid()
        if lit or not self._unsettled():
            return False
        finder.setCompletionPrefix(fold(self.text()))
        if finder.completionCount() < of:
            return False
        finder.complete()
        finder.view.setCurrentIndex(finder.completionModel().index(0, 0))
        return True

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.position().x() > self.width() - 30 or not self.text():
            self.open_list()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        paint_arrow(self)


class TickCard(QCheckBox):
    """A row to tick, anywhere on it. Long words go on in the next line."""

    def __init__(self, text: str) -> None:
        super().__init__(visible(text).replace("&", "&&"))
        self._words = visible(text)
        self.setAccessibleName(text)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        room = QRect(0, 0, max(width - 50, 40), 10_000)
        flags = Qt.TextFlag.TextWordWrap
        return max(self.fontMetrics().boundingRect(room, flags, self._words).height() + 14, current().scaled(36))

    def sizeHint(self) -> QSize:
        width = min(self.fontMetrics().horizontalAdvance(self._words) + 52, 320)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        longest = max((self.fontMetrics().horizontalAdvance(word) for word in self._words.split()), default=0)
        return QSize(longest + 52, current().scaled(36))

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = current()
        on = self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = "focus" if self.hasFocus() else "accent_line" if on else "line2"
        painter.setPen(QPen(theme.colour(edge), 2 if self.hasFocus() else 1))
        painter.setBrush(theme.colour("accent_soft" if on else "hover" if self.underMouse() else "surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        box = QRectF(10, (self.height() - 20) / 2, 20, 20)
        paint_box(painter, box, theme, on=on, enabled=self.isEnabled(), focused=False)
        painter.setPen(theme.colour("text" if self.isEnabled() else "disabled"))
        painter.setFont(self.font())
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect().adjusted(38, 4, -10, -4), flags, self._words)
        painter.end()
