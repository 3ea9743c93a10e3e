"""The cover of quick hide: a plain month calendar, which says nothing and shows no box to type into."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from calendar import Calendar
from datetime import date

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QHideEvent, QInputMethodEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from casedesk import formats
from casedesk.i18n import _
from casedesk.ui.kit.buttons import IconButton, button
from casedesk.ui.kit.icons import icon_in
from casedesk.ui.kit.layouts import column, row
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import current

SUNDAY = 6
HEAD = 64
WEEK = 32
LONGEST = 1024
# The cover belongs to no program of ours, so its colours are not those of the theme.
INK, GREY, LINE, BAR, TODAY = "#222222", "#A6A6A6", "#E4E4E4", "#F9F9F9", "#3B6BA5"
PLAIN = f"background: #FFFFFF; border-color: {LINE}; color: {INK};"


class Cover(QWidget):
    """What is typed here is shown nowhere; Enter hands it to `tried` and forgets it."""

    tried = Signal(str)

    def __init__(self, today: date) -> None:
        super().__init__()
        self._today = today
        self._month = today.replace(day=1)
        self._typed = ""
        self.setAccessibleName(_("Calendar"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
        self._title = PlainLabel("", "number")
        self._title.setStyleSheet(PLAIN)
        parts = (
            IconButton("previous", _("Previous month"), clicked=lambda: self._turn(-1)),
            button(_("Today"), clicked=lambda: self._turn(0)),
            IconButton("next", _("Next month"), clicked=lambda: self._turn(1)),
        )
        parts[0].setIcon(icon_in(INK, "previous"))
        parts[2].setIcon(icon_in(INK, "next"))
        for part in parts:
            part.setStyleSheet(PLAIN)
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # typing goes to the cover
        head = row(self._title, None, *parts, gap=10, margins=(20, 12, 20, 0))
        self.setLayout(column(head, None))
        self._turn(0)

    @property
    def title(self) -> str:
        """What the window is called meanwhile."""
        return _("Calendar")

    def _turn(self, step: int) -> None:
        if step == 0:
            self._month = self._today.replace(day=1)
        else:
            months = self._month.year * 12 + self._month.month - 1 + step
            self._month = date(min(max(months // 12, 1900), 2100), months % 12 + 1, 1)
        self._title.setText(formats.month_year(self._month))
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                typed, self._typed = self._typed, ""
                if typed:
                    self.tried.emit(typed)
            case Qt.Key.Key_Escape:
                self._typed = ""
            case Qt.Key.Key_Backspace:
                self._typed = self._typed[:-1]
            case _:
                self._take(event.text())
        event.accept()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._take(event.commitString())
        event.accept()

    def focusNextPrevChild(self, _forward: bool) -> bool:
        return True

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:  # no shortcut acts behind the cover
            event.accept()
            return True
        return super().event(event)

    def hideEvent(self, _event: QHideEvent) -> None:
        self._typed = ""

    def _take(self, text: str) -> None:
        if text.isprintable() and len(self._typed) < LONGEST:
            self._typed += text

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor("#FFFFFF"))
        painter.fillRect(QRectF(0, HEAD, self.width(), WEEK), QColor(BAR))
        weeks = Calendar(SUNDAY).monthdatescalendar(self._month.year, self._month.month)
        while len(weeks) < 6:
            follows = date.fromordinal(weeks[-1][-1].toordinal() + 1)
            weeks.append([date.fromordinal(follows.toordinal() + at) for at in range(7)])
        wide = self.width() / 7
        tall = (self.height() - HEAD - WEEK) / len(weeks)
        self._names(painter, weeks[0], wide)
        for line, week in enumerate(weeks):
            for place, day in enumerate(week):
                self._day(painter, QRectF(place * wide, HEAD + WEEK + line * tall, wide, tall), day)
        painter.end()

    def _names(self, painter: QPainter, week: list[date], wide: float) -> None:
        painter.setFont(current().font("caption", 500))
        painter.setPen(QColor("#666666"))
        for place, day in enumerate(week):
            room = QRectF(place * wide + 12, HEAD, wide - 16, WEEK)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, formats.weekday(day))

    def _day(self, painter: QPainter, cell: QRectF, day: date) -> None:
        painter.setPen(QPen(QColor(LINE), 1))
        painter.drawLine(cell.topLeft(), cell.topRight())
        painter.drawLine(cell.topRight(), cell.bottomRight())
        font = current().font("body", 500 if day.month == self._month.month else 400)
        metrics = QFontMetricsF(font)
        number = formats.digits(str(day.day))
        at = QPointF(cell.x() + 12, cell.y() + 24)
        if day == self._today:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(TODAY))
            centre = QPointF(cell.x() + 24, cell.y() + 21)
            painter.drawEllipse(centre, 13, 13)
            at = centre + QPointF(-metrics.horizontalAdvance(number) / 2, metrics.capHeight() / 2)
        painter.setFont(font)
        ink = "#FFFFFF" if day == self._today else INK if day.month == self._month.month else GREY
        painter.setPen(QColor(ink))
        painter.drawText(at, number)
