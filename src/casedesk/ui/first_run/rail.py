"""The steps at the left of setting up: done, here, to come."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from casedesk import formats
from casedesk.i18n import _
from casedesk.ui.kit.icons import paint_icon
from casedesk.ui.kit.layouts import block, column, row
from casedesk.ui.kit.texts import ElidedLabel, PlainLabel
from casedesk.ui.kit.theme import current


class RailStep(QWidget):
    """A step in the rail: done, here, or to come."""

    def __init__(self, at: int, word: str, here: int, told: str) -> None:
        super().__init__()
        state = _("done") if at < here else _("here") if at == here else _("to come")
        self.setAccessibleName(_("{step}, {state}").format(step=word, state=state))
        title = PlainLabel(word, "label", weight=600 if at == here else 500, tone="accent" if at == here else "")
        under = ElidedLabel(told, "caption", tone="nav_text2")
        under.setVisible(bool(told) and at < here)
        words = column(title, under, gap=0)
        inside = row(column(_Disc(at, here), None, margins=(0, 0, 0, 0)), words, gap=12, margins=(12, 8, 12, 8))
        inside.setStretch(1, 1)
        frame = block("card" if at == here else "plain", inside)
        self.setLayout(column(frame))


class _Disc(QWidget):
    """The number of a step, or a tick."""

    def __init__(self, at: int, here: int) -> None:
        super().__init__()
        self._at, self._here = at, here
        side = current().scaled(22)
        self.setFixedSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        reached = self._at <= self._here
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent" if reached else "nav_line"))
        painter.drawEllipse(rect)
        if self._at < self._here:
            paint_icon(painter, rect.adjusted(4, 4, -4, -4), "done", "on_accent")
        else:
            painter.setPen(theme.colour("on_accent" if reached else "nav_text2"))
            painter.setFont(theme.font("caption", 600))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, formats.number(self._at + 1))
        painter.end()
