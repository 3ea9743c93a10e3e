"""The paper at the left of the preview: true pages on a grey ground, and small ones beside them."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from casedesk import formats
from casedesk.i18n import _
from casedesk.ui.kit.buttons import PressButton
from casedesk.ui.kit.layouts import clear, row, show_now, widget
from casedesk.ui.kit.theme import current

A4_WIDTH = 597  # in 1/72 inch, and the pixel that a picture is rounded up by
LARGEST_FIT = 1.12  # 84 %, as large as letters need to be
SMALLEST_SCALE, LARGEST_SCALE = 0.5, 3.0
SIDE, GAP = 24, 16
THUMBNAIL = 84
WITH_THUMBNAILS = 3


class PageImage(QWidget):
    """One page."""

    def __init__(self, image: QImage, name: str) -> None:
        super().__init__()
        self._image = image
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        ratio = self._image.devicePixelRatio()
        return QSize(round(self._image.width() / ratio), round(self._image.height() / ratio))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawImage(0, 0, self._image)
        painter.setPen(QPen(current().colour("line2"), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()


class Thumbnail(PressButton):
    """A small page that leads to the large one."""

    def __init__(self, image: QImage, name: str) -> None:
        super().__init__()
        self._image = image
        self.setAccessibleName(name)
        self.setProperty("variant", "tile")
        self.setCheckable(True)
        self.setFixedSize(THUMBNAIL, round(THUMBNAIL * 1.414))

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        inside = self.rect().adjusted(3, 3, -3, -3)
        painter.drawImage(inside, self._image)
        held = self.isChecked() or self.hasFocus()
        painter.setPen(QPen(theme.colour("focus" if held else "line2"), 2 if held else 1))
        painter.drawRect(inside)
        painter.end()


class PaperView(QWidget):
    """Shows pages, scrolled; `page_changed` tells the page in view, `resized` that a fitting scale is another one."""

    page_changed = Signal(int, int)
    resized = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._images: list[QImage] = []
        self._pages: list[PageImage] = []
        self._inside = QVBoxLayout()
        self._inside.setContentsMargins(SIDE, GAP, SIDE, GAP)
        self._inside.setSpacing(GAP)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setAccessibleName(_("Preview"))
        self.area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        ground = widget(self._inside)
        ground.setProperty("kind", "scrolled")
        self.area.setWidget(ground)
        self.area.verticalScrollBar().valueChanged.connect(self._scrolled)
        self._small = QVBoxLayout()
        self._small.setContentsMargins(12, GAP, 0, GAP)
        self._small.setSpacing(8)
        self._beside = widget(self._small)
        self._beside.hide()
        inside = row(self._beside, self.area, gap=0)
        inside.setStretch(1, 1)
        self.setLayout(inside)

    def fitting(self) -> float:
        """The scale at which a page fills the width."""
        room = self.area.width() - self.area.verticalScrollBar().sizeHint().width() - 2 * SIDE
        return min(max(room / A4_WIDTH, SMALLEST_SCALE), LARGEST_FIT)

    def show_pages(self, images: Sequence[QImage]) -> None:
        """Show these pages, and stay where one was."""
        at = self.area.verticalScrollBar().value()
        clear(self._inside)
        self._images = list(images)
        self._pages = [PageImage(image, self._name(place)) for place, image in enumerate(self._images)]
        for page in self._pages:
            self._inside.addWidget(page, 0, Qt.AlignmentFlag.AlignHCenter)
        self._inside.addStretch(1)
        if (ground := self.area.widget()) is not None:
            show_now(ground)
        self._inside.activate()  # only what has its place can tell which page is in view
        self._show_thumbnails()
        self.area.verticalScrollBar().setValue(at)
        self.page_changed.emit(self.page(), len(self._pages))

    def _name(self, place: int) -> str:
        return page_words(place, len(self._images))

    def _show_thumbnails(self) -> None:
        clear(self._small)
        several = len(self._images) >= WITH_THUMBNAILS
        self._beside.setVisible(several)
        if not several:
            return
        for place, image in enumerate(self._images):
            small = Thumbnail(image, self._name(place))
            small.clicked.connect(lambda _on=False, place=place: self.go_to(place))
            self._small.addWidget(small)
        self._small.addStretch(1)
        self._mark()

    def page(self) -> int:
        """The page in view, counted from 0."""
        at = self.area.verticalScrollBar().value() + self.area.viewport().height() // 3
        starts = [page.y() for page in self._pages]
        return max((place for place, start in enumerate(starts) if start <= at), default=0)

    def go_to(self, place: int) -> None:
        self.area.verticalScrollBar().setValue(self._pages[place].y() - GAP)

    def _scrolled(self, _value: int) -> None:
        self._mark()
        self.page_changed.emit(self.page(), len(self._pages))

    def _mark(self) -> None:
        for place in range(self._small.count()):
            item = self._small.itemAt(place)
            small = item.widget() if item is not None else None
            if isinstance(small, Thumbnail):
                small.setChecked(place == self.page())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.resized.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(QRect(0, 0, self.width(), self.height()), current().colour("line2"))
        painter.end()


def page_words(place: int, count: int) -> str:
    return _("Page {page} of {count}").format(page=formats.number(place + 1), count=formats.number(count))
