"""Small pieces that several parts of the case page are made of."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from casedesk import formats
from casedesk.fields import Level
from casedesk.i18n import _, ngettext
from casedesk.services.case_facts import CaseFacts
from casedesk.services.referrals.reading import WAITING, ReferralRow
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.kit.badges import BadgeSpec, status_badge
from casedesk.ui.kit.blocks import Card
from casedesk.ui.kit.icons import Icon, paint_icon
from casedesk.ui.kit.layouts import clear, column, row, widget
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import current

ANSWER_TONES = {"accepted": "ok", "in_service": "ok", "completed": "ok", "declined": "warn", "expired": "danger"}


class Part(QWidget):
    """One section of the case page. It is made when it is opened, and looks again when the case does."""

    editing = Signal(bool)

    def __init__(self, case: OpenCase) -> None:
        super().__init__()
        self.case = case

    def look(self) -> None:
        """The case was read again: show it, except what is being edited."""

    def edit(self) -> None:
        """Begin to edit (the key E)."""

    def is_editing(self) -> bool:
        return False

    def cancel(self) -> None:
        """Leave what is being edited as it was."""

    def main_action(self) -> bool:
        """Ctrl+Enter; False if there is nothing to do here."""
        return False


class CardPart(Part):
    """A section that is one card, made anew each time."""

    def __init__(self, case: OpenCase) -> None:
        super().__init__(case)
        self._inside = column(gap=12)
        self.setLayout(column(self._inside, None))
        self.look()

    def look(self) -> None:
        clear(self._inside)
        self._inside.addWidget(self._card())

    def _card(self) -> Card:
        raise NotImplementedError


def readers(facts: CaseFacts) -> str:
    """Who may read what is restricted in this case, in words."""
    if facts.owner:
        return _("{owner}, the supervisor and people named on the case").format(owner=facts.owner)
    return _("The supervisor and people named on the case")


def locked(facts: CaseFacts, words: str = "") -> QWidget:
    """A line with a lock: something here is not for this user, and who can read it."""
    text = words or _("Some answers are restricted.")
    said = _("{what} {readers} can read them.").format(what=text, readers=readers(facts))
    line = row(
        column(Icon("restricted", "text2", 16), None), PlainLabel(said, "caption", tone="text2", wrap=True), gap=8
    )
    line.setStretch(1, 1)
    return widget(line)


def hidden(facts: CaseFacts, level: Level) -> bool:
    """Whether a field of this level is kept from the user."""
    return level >= Level.RESTRICTED and not facts.restricted


def due_words(day: date | None, today: date) -> tuple[str, str]:
    """When something is due, and the tone to say it in."""
    if day is None:
        return "", "muted"
    return formats.due(day, today), "danger" if day < today else "text2"


def referral_badge(referral: ReferralRow) -> BadgeSpec:
    """Where a referral is; with the days it waits for an answer."""
    shown = status_badge("referral_status", referral.status)
    if referral.status in WAITING and referral.days_waiting is not None:
        if not referral.days_waiting:
            return BadgeSpec(_("Sent today"), "", "outline")
        days = formats.number(referral.days_waiting)
        words = _("No answer · {days} d").format(days=days)
        spoken = ngettext("No answer for {days} day", "No answer for {days} days", referral.days_waiting)
        return BadgeSpec(words, "", "danger" if referral.overdue else "warn", spoken.format(days=days))
    tone = ANSWER_TONES.get(referral.status, "outline")
    return BadgeSpec(shown.text, "", tone, shown.spoken)


class Ring(QWidget):
    """An icon in a ring on a line that goes down, as the timeline has them."""

    def __init__(self, icon: str, tone: str, *, last: bool = False) -> None:
        super().__init__()
        self._icon, self._tone, self._last = icon, tone, last
        self._side = current().scaled(34)
        self.setFixedWidth(self._side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("line2"), 1.5))
        if not self._last:
            painter.drawLine(self._side // 2, self._side, self._side // 2, self.height())
        painter.setBrush(theme.colour("surface"))
        painter.drawEllipse(QRectF(1, 1, self._side - 2, self._side - 2))
        middle = QRectF(0, 0, self._side, self._side).adjusted(8, 8, -8, -8)
        paint_icon(painter, middle, self._icon, self._tone)
        painter.end()


def separated(words: Iterable[str]) -> str:
    """Words with dots between them, without the empty ones."""
    return " · ".join(word for word in words if word)
