"""Cards beside and under each other, and cards of rows."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLayout, QVBoxLayout, QWidget

from casedesk.ui.kit.blocks import Card
from casedesk.ui.kit.layouts import block
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import current

WIDE = 1280  # the width of the window from which a page has a right column
SIDE = 284
BROAD_SIDE = 328


class Columns(QWidget):
    """A wide column and a narrow one, which goes below the wide one where the window is small."""

    def __init__(self, main: QWidget, side: QWidget, width: int = SIDE) -> None:
        super().__init__()
        self._width = current().scaled(width)
        self._side = side
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(12)
        self._layout.addWidget(main, 1, Qt.AlignmentFlag.AlignTop)
        self._layout.addWidget(side, 0, Qt.AlignmentFlag.AlignTop)
        self._wide: bool | None = None
        self._turn()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._turn()

    def _turn(self) -> None:
        wide = self.window().width() >= current().scaled(WIDE)
        if wide == self._wide:
            return
        self._wide = wide
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._layout.setDirection(across if wide else down)
        self._side.setMinimumWidth(self._width if wide else 0)
        self._side.setMaximumWidth(self._width if wide else 16_777_215)


class Rows(QVBoxLayout):
    """Rows of a card, with lines between them that reach its edges."""

    def __init__(self) -> None:
        super().__init__()
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(0)

    def add(self, inside: QLayout) -> None:
        """Add a row; only the last one has no line under it."""
        above = self.itemAt(self.count() - 1)
        last = above.widget() if above is not None else None
        if last is not None and last.property("kind") == "rowlast":
            last.setProperty("kind", "row")
        self.addWidget(block("rowlast", inside))

    def say(self, text: str) -> None:
        """A quiet sentence in the place of a row."""
        words = PlainLabel(text, "body", tone="text2", wrap=True)
        words.setContentsMargins(16, 4, 16, 8)
        self.addWidget(words)


def row_card(title: str) -> tuple[Card, Rows]:
    """A card whose rows reach from edge to edge under its title."""
    card = Card(title, dense=True)
    rows = Rows()
    card.body.addLayout(rows)
    outer = card.layout()
    if outer is not None:
        outer.setContentsMargins(0, 10, 0, 4)
    card.head.setContentsMargins(16, 0, 12, 0)
    return card, rows
