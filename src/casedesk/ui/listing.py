"""Pieces that lists share: a line of painted text, and tabs with counts."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QWidget

from casedesk.case_numbers import short_number
from casedesk.i18n import N_
from casedesk.services.search import View
from casedesk.ui.kit.buttons import PressButton
from casedesk.ui.kit.layouts import row
from casedesk.ui.kit.texts import visible
from casedesk.ui.kit.theme import current

VIEWS = {
    View.ALL: N_("All cases"),
    View.MINE: N_("My open cases"),
    View.URGENT: N_("Urgent"),
    View.OVERDUE: N_("Overdue"),
    View.NEW: N_("New this month"),
    View.CLOSED: N_("Closed"),
}
LEAST = 12  # pixels under which nothing is written


def short(number: str) -> str:
    """The short form of a case number, for dense screens; a number of another form stays whole."""
    return short_number(number) if number.count("-") == 4 else number


def button_place(room: QRect, width: int, edge: int) -> QRect:
    """Where in a row its one button is: so wide, so far from the right."""
    width, height = current().scaled(width), current().scaled(28)
    return QRect(room.right() - width - edge + 1, room.center().y() - height // 2, width, height)


def paint_button(painter: QPainter, place: QRect, words: str) -> None:
    """The button of a row, which is part of the picture."""
    theme = current()
    painter.setPen(QPen(theme.colour("line2"), 1))
    painter.setBrush(theme.colour("surface"))
    painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
    painter.setFont(theme.font("label"))
    painter.setPen(theme.colour("text"))
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)


def write_line(
    painter: QPainter, room: QRectF, text: str, role: str, tone: str, *, right: bool = False, weight: int | None = None
) -> float:
    """One line in the middle of `room`, cut at the end where there is no more room; returns its width."""
    if room.width() < LEAST or not text:
        return 0.0
    font = current().font(role, weight)
    metrics = QFontMetricsF(font)
    shown = metrics.elidedText(visible(text), Qt.TextElideMode.ElideRight, room.width())
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    painter.setFont(font)
    painter.setPen(current().colour(tone))
    painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, shown)
    return metrics.horizontalAdvance(shown)


class ViewTabs(QWidget):
    """The views in a row, each with how many cases it has."""

    chosen = Signal(str)

    def __init__(self, views: Sequence[tuple[str, str]], value: str) -> None:
        super().__init__()
        line = row(gap=18)
        self.setLayout(line)
        group = QButtonGroup(self)
        self._tabs: dict[str, CountTab] = {}
        for code, words in views:
            tab = CountTab(words)
            tab.setChecked(code == value)
            tab.clicked.connect(lambda _on=False, code=code: self.chosen.emit(code))
            group.addButton(tab)
            self._tabs[code] = tab
            line.addWidget(tab)
        line.addStretch(1)
        self.setFocusProxy(self._tabs[value])

    def count(self, counts: Mapping[str, str]) -> None:
        for code, tab in self._tabs.items():
            tab.count(counts.get(code, ""))

    def select(self, code: str) -> None:
        self._tabs[code].setChecked(True)
        self.setFocusProxy(self._tabs[code])


class CountTab(PressButton):
    """A tab with a quiet number after its word."""

    def __init__(self, words: str) -> None:
        super().__init__()  # the style draws ground and line; the words are painted left of the number
        self._words, self._count = words, ""
        self.setProperty("variant", "tab")
        self.setCheckable(True)
        self.setFont(current().font("body", 500))
        self.setAccessibleName(words)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def count(self, count: str) -> None:
        self._count = count
        self.setAccessibleName(f"{self._words}, {count}")
        self.updateGeometry()
        self.update()

    def _room(self) -> int:
        metrics = QFontMetricsF(current().font("body"))
        return round(metrics.horizontalAdvance(self._count)) + 8 if self._count else 0

    def sizeHint(self) -> QSize:
        words = QFontMetricsF(self.font()).horizontalAdvance(self._words)
        return QSize(round(words) + self._room() + 6, current().scaled(36))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme = current()
        painter = QPainter(self)
        metrics = QFontMetricsF(self.font())
        baseline = self.height() / 2 + metrics.capHeight() / 2 - 1
        painter.setFont(self.font())
        painter.setPen(theme.colour("accent" if self.isChecked() else "text2"))
        painter.drawText(QPointF(3, baseline), self._words)
        painter.setFont(theme.font("body"))
        painter.setPen(theme.colour("muted"))
        painter.drawText(QPointF(3 + metrics.horizontalAdvance(self._words) + 8, baseline), self._count)
        painter.end()
