"""One of several answers to choose from: what it says, and who said it, anywhere to press."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QRadioButton, QSizePolicy

from casedesk.ui.kit.style import paint_ring
from casedesk.ui.kit.texts import visible
from casedesk.ui.kit.theme import current

WRAP = Qt.TextFlag.TextWordWrap
LEFT, RIGHT, ABOVE, LEAST = 44, 12, 9, 180
MOVES = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


class SideCard(QRadioButton):
    """`moved` tells that an arrow key was pressed: so far across, so far down."""

    moved = Signal(int, int)

    def __init__(self, words: str, told: str) -> None:
        super().__init__()
        self._words, self._told = visible(words), visible(told)
        self.setAccessibleName(", ".join(part for part in (self._words, self._told) if part))
        self.setAutoExclusive(False)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def text(self) -> str:
        return f"{self._words}\n{self._told}"

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def nextCheckState(self) -> None:
        self.setChecked(True)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        first, second = self._places(width)
        return second.bottom() + ABOVE if self._told else first.bottom() + ABOVE

    def sizeHint(self) -> QSize:
        return QSize(LEAST, self.heightForWidth(LEAST))

    def minimumSizeHint(self) -> QSize:
        return QSize(LEAST, current().scaled(40))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = MOVES.get(Qt.Key(event.key()))
        if move is None:
            super().keyPressEvent(event)
        else:
            self.moved.emit(*move)

    def _places(self, width: int) -> tuple[QRect, QRect]:
        """Where the words and what is told of them stand."""
        room = QRect(LEFT, ABOVE, max(width - LEFT - RIGHT, 60), 10_000)
        theme = current()
        first = QFontMetrics(theme.font("label")).boundingRect(room, WRAP, self._words or " ")
        below = room.adjusted(0, first.height() + 1, 0, 0)
        second = QFontMetrics(theme.font("caption")).boundingRect(below, WRAP, self._told or " ")
        wide = room.width()
        return QRect(LEFT, first.y(), wide, first.height()), QRect(LEFT, second.y(), wide, second.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, on = current(), self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = "accent" if on else "focus" if self.hasFocus() else "line2"
        painter.setPen(QPen(theme.colour(edge), 2 if on or self.hasFocus() else 1))
        painter.setBrush(theme.colour("accent_soft" if on else "hover" if self.underMouse() else "surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        ring = QRectF(12, ABOVE, 20, 20)
        paint_ring(painter, ring, theme, on=on, enabled=self.isEnabled(), focused=self.hasFocus())
        for place, words, role, tone in zip(
            self._places(self.width()), (self._words, self._told), ("label", "caption"), ("text", "text2"), strict=True
        ):
            painter.setFont(theme.font(role))
            painter.setPen(theme.colour(tone if self.isEnabled() else "muted"))
            painter.drawText(place, WRAP, words)
        painter.end()
