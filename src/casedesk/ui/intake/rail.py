"""The left rail of the intake: how far it is, the six parts, and a reminder to go slowly."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QSizePolicy

from casedesk import formats
from casedesk.i18n import _
from casedesk.ui.kit.blocks import ProgressBar
from casedesk.ui.kit.buttons import PressButton, button
from casedesk.ui.kit.icons import Icon, paint_icon
from casedesk.ui.kit.layouts import block, column, row, widget
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import current, tokens


@dataclass(frozen=True, slots=True)
class PartState:
    """How far one part is."""

    answered: int = 0
    asked: int = 0
    problems: int = 0

    @property
    def done(self) -> bool:
        return self.asked > 0 and self.answered >= self.asked and not self.problems


class PartButton(PressButton):
    """One part: its number or a tick, its title, and how many answers it has."""

    def __init__(self, number: int, title: str) -> None:
        super().__init__()
        self._number, self._title = number, title
        self._state = PartState()
        self._bare = False
        self.setCheckable(True)
        self.setProperty("variant", "ghost")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_state(self._state)

    def show_state(self, state: PartState) -> None:
        self._state = state
        words = _("Part {number}: {title}").format(number=formats.number(self._number), title=self._title)
        if state.asked:
            counts = {"answered": formats.number(state.answered), "asked": formats.number(state.asked)}
            words = _("{part}, {answered} of {asked} answered").format(part=words, **counts)
        if state.problems:
            words = _("{part}, {count} to look at").format(part=words, count=formats.number(state.problems))
        self.setAccessibleName(words)
        self.update()

    def fold(self, on: bool) -> None:
        """Show the title only, where there is little room."""
        self._bare = on
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, current().scaled(36 if self._bare else 42))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        here = self.isChecked()
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if here or self.underMouse() or self.hasFocus():
            painter.setPen(QPen(theme.colour("focus"), 2) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("sel" if here else "hover"))
            painter.drawRoundedRect(frame, 6, 6)
        side = theme.scaled(20)
        self._paint_mark(painter, QRectF(10, (self.height() - side) / 2, side, side), here)
        count = "" if self._bare else self._count()
        painter.setFont(theme.font("body", 400))
        width = QFontMetricsF(painter.font()).horizontalAdvance(count)
        if count:
            tone = "danger" if self._state.problems else "muted"
            painter.setPen(theme.colour(tone))
            place = QRectF(self.width() - width - 10, 0, width + 2, self.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, count)
        font = theme.font("body", 600 if here else 500)
        metrics = QFontMetricsF(font)
        left = 10 + side + 10
        room = self.width() - left - (width + 18 if count else 8)
        painter.setFont(font)
        painter.setPen(theme.colour("accent" if here else "text"))
        title = metrics.elidedText(self._title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(left, 0, room, self.height()), Qt.AlignmentFlag.AlignVCenter, title)
        painter.end()

    def _count(self) -> str:
        if not self._state.asked:
            return ""
        return f"{formats.number(self._state.answered)}/{formats.number(self._state.asked)}"

    def _paint_mark(self, painter: QPainter, place: QRectF, here: bool) -> None:
        theme = current()
        if self._state.done:
            paint_icon(painter, place, "ok", "accent")
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent" if here else "line"))
        painter.drawEllipse(place)
        font = theme.font("key", 600)
        metrics = QFontMetricsF(font)
        number = formats.number(self._number)
        painter.setFont(font)
        painter.setPen(theme.colour("on_accent" if here else "text2"))
        left = place.center().x() - metrics.horizontalAdvance(number) / 2
        painter.drawText(QPointF(left, place.center().y() + metrics.capHeight() / 2), number)


class PartRail(QFrame):
    """Emits the part that is wanted, and that the interview pauses."""

    chosen = Signal(str)
    paused = Signal()

    def __init__(self, parts: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.setProperty("kind", "rail")
        self.setFixedWidth(current().scaled(tokens()["width"]["intake_rail"]))
        self.parts = {code: PartButton(at, title) for at, (code, title) in enumerate(parts, 1)}
        for code, part in self.parts.items():
            part.clicked.connect(lambda _on=False, code=code: self._choose(code))
        self._percent = PlainLabel("", "label", tone="accent")
        self._bar = ProgressBar(name=_("Progress"))
        head = column(row(PlainLabel(_("Progress"), "body", tone="text2"), None, self._percent), self._bar, gap=4)
        self.pause = button(_("Pause interview"), icon="pause", size="s", clicked=self.paused.emit)
        title = row(Icon("pace", "accent", 20), PlainLabel(_("Go at their pace"), "card"), None, gap=8)
        self._slow = widget(title)
        words = _("Any question can wait. “Not now” and “Prefers not to say” are full answers.")
        self._words = PlainLabel(words, "body", tone="text2", wrap=True)
        pace = column(self._slow, self._words, row(self.pause, None), gap=6, margins=(12, 10, 12, 12))
        self._pace = block("pace", pace)
        inside = column(head, 6, *self.parts.values(), None, self._pace, gap=2, margins=(12, 16, 12, 16))
        self.setLayout(inside)
        self.select(next(iter(self.parts)))

    def select(self, code: str) -> None:
        for each, part in self.parts.items():
            part.setChecked(each == code)

    def show_states(self, states: dict[str, PartState]) -> None:
        """Show how far each part is, and all of them together."""
        for code, state in states.items():
            self.parts[code].show_state(state)
        answered = sum(state.answered for state in states.values())
        asked = sum(state.asked for state in states.values())
        self._percent.setText(formats.percent(answered, asked) if asked else "")
        self._bar.set_share(answered / asked if asked else 0.0)

    def fold(self, low: bool) -> None:
        """In a low window only the titles and the pause button stay."""
        for part in self.parts.values():
            part.fold(low)
        self._slow.setVisible(not low)
        self._words.setVisible(not low)

    def _choose(self, code: str) -> None:
        self.parts[code].setChecked(True)
        self.chosen.emit(code)
