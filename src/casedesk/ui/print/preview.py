"""The paper as it will be, made again whenever something else is chosen; the interface stays free meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from casedesk import codelists, formats, i18n
from casedesk.desk import Desk
from casedesk.reports import assemble
from casedesk.reports.assemble import Paper
from casedesk.services import prints
from casedesk.services.preferences import prefer, preferences
from casedesk.services.prints import PrintRequest
from casedesk.services.providers import providers
from casedesk.services.referrals.reading import ReferralFacts
from casedesk.ui.kit.layouts import block, column, row, scrolled
from casedesk.ui.kit.theme import current
from casedesk.ui.page import Here
from casedesk.ui.print import printing
from casedesk.ui.print.choices import Choices
from casedesk.ui.print.pages import LARGEST_SCALE, SMALLEST_SCALE, PaperView

PANEL, NARROW_PANEL = 352, 304
NARROW = 1000  # width of the page under which the panel is the narrow one
SCREEN = 96 / 72  # the scale of 100 %
LETTER_COPIES = 2  # one for the partner, one for the file
REMEMBERED = "print.level."


@dataclass(frozen=True, slots=True)
class Shown:
    """A paper with its pages drawn, and what it was made from."""

    request: PrintRequest
    paper: Paper
    images: tuple[QImage, ...]
    may_leave: bool


class Preview(QWidget):
    """Pages at the left, choices at the right. `made` tells that the paper on the screen is the one asked for."""

    made = Signal()
    asked_again = Signal()
    zoomed = Signal(str)

    def __init__(
        self, here: Here, case_id: UUID, referral: ReferralFacts | None, asked: Mapping[str, Any] | None
    ) -> None:
        super().__init__()
        self.here, self.case_id, self.referral = here, case_id, referral
        self.shown: Shown | None = None
        self._wanted = 0
        self._scale = 0.0  # as it fits, until somebody zooms
        self._remembered = preferences(here.desk)
        first = self._request_of(asked or {})
        partners = [(str(each.id), each.name) for each in providers(here.desk)] if referral is None else []
        self.choices = Choices(
            letter=referral is not None, partners=partners, language=first.language, copies=first.copies
        )
        self.choices.show_request(first)
        self.choices.given_away.kept = set((asked or {}).get("kept", ()))
        self.choices.changed.connect(self.make_again)
        self.choices.purpose_changed.connect(self._take_level_of)
        self.view = PaperView()
        self.view.resized.connect(self._fit)
        self.panel = block("panel", column(scrolled(self.choices), gap=0))
        self.panel.setFixedWidth(current().scaled(PANEL))
        inside = row(self.view, self.panel, gap=0)
        inside.setStretch(0, 1)
        self.setLayout(inside)

    def _request_of(self, asked: Mapping[str, Any]) -> PrintRequest:
        """What was asked before a language switch; else the safe beginning: shared, for the own file."""
        usual = PrintRequest(
            level=self._remembered.get(REMEMBERED + "own_file", prints.SHARED),
            language=i18n.language(),
            copies=1 if self.referral is None else LETTER_COPIES,
        )
        recipient = asked.get("recipient")
        return PrintRequest(
            level=asked.get("level", usual.level),
            language=asked.get("language", usual.language),
            parts=frozenset(asked.get("parts", usual.parts)),
            purpose=asked.get("purpose", usual.purpose),
            reason=asked.get("reason", ""),
            recipient_id=UUID(recipient) if recipient else None,
            copies=asked.get("copies", usual.copies),
        )

    def request(self) -> PrintRequest:
        """What is asked for now."""
        choices = self.choices
        purpose, level = choices.purpose.value(), choices.level()
        chosen = choices.partner.value() if purpose == prints.GIVE_PARTNER else ""
        parts = {code for code, box in choices.parts.items() if box.isChecked()}
        return PrintRequest(
            level=level,
            language=choices.language.value(),
            parts=frozenset(parts if level == prints.FULL else parts - {prints.OWN_WORDS}),
            purpose=purpose,
            reason=choices.reason.text().strip(),
            recipient_id=UUID(chosen) if chosen else None,
            copies=int(choices.copies.value()),
            blacked=choices.given_away.blacked(),
        )

    def stored(self) -> dict[str, Any]:
        """The choices as JSON can keep them."""
        now = self.request()
        return {
            "level": now.level,
            "language": now.language,
            "parts": sorted(now.parts),
            "purpose": now.purpose,
            "reason": now.reason,
            "recipient": str(now.recipient_id) if now.recipient_id else None,
            "copies": now.copies,
            "kept": sorted(self.choices.given_away.kept),
        }

    def ready(self) -> bool:
        """Whether the paper on the screen is the one asked for, and may leave."""
        return self.shown is not None and self.shown.request == self.request() and self.shown.may_leave

    def waits(self) -> bool:
        """Whether the paper asked for is still being made."""
        return self.shown is None or self.shown.request != self.request()

    def remember(self, request: PrintRequest) -> None:
        """Offer this level again for this purpose; Full is never remembered."""
        if self.referral is None and request.level != prints.FULL:
            name = REMEMBERED + request.purpose
            self._remembered[name] = request.level
            self.here.jobs.write(self, partial(prefer, self.here.desk, name, request.level), _nothing)

    def _take_level_of(self, purpose: str) -> None:
        usual = codelists.get("print_purpose")[purpose].extra["level"]
        self.choices.blockSignals(True)
        self.choices.set_level(self._remembered.get(REMEMBERED + purpose, usual))
        self.choices.blockSignals(False)

    def make_again(self) -> None:
        """Make the paper that is asked for now."""
        self._wanted += 1
        ratio = self.devicePixelRatioF()
        scale = self._scale or self.view.fitting()
        referral_id = self.referral.row.id if self.referral is not None else None
        work = partial(make, self.here.desk, self.case_id, referral_id, self.request(), scale * ratio, ratio)
        self.asked_again.emit()
        self.here.jobs.run(self, work, partial(self._take, self._wanted))
        self.zoomed.emit(formats.percent(round(scale / SCREEN * 100), 100))

    def _take(self, number: int, shown: Shown) -> None:
        if number != self._wanted:
            return  # something else was chosen meanwhile
        choices, paper = self.choices, shown.paper
        choices.given_away.tell(paper.given_away)
        if choices.given_away.blacked() != shown.request.blacked:
            self.make_again()
            return
        self.shown = shown
        choices.hidden.tell(paper.hidden)
        choices.tell_left_out(paper.left_out)
        choices.refused.setVisible(not shown.may_leave)
        self.view.show_pages(shown.images)
        self.made.emit()

    def zoom(self, by: float) -> None:
        scale = (self._scale or self.view.fitting()) * by
        self._scale = min(max(scale, SMALLEST_SCALE), LARGEST_SCALE)
        self.make_again()

    def _fit(self) -> None:
        if not self._scale:
            self.make_again()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            narrow = self.width() < NARROW
            self.panel.setFixedWidth(current().scaled(NARROW_PANEL if narrow else PANEL))
        return super().event(event)


def _nothing(_done: None) -> None:
    """A preference was kept."""


def make(
    desk: Desk, case_id: UUID, referral_id: UUID | None, request: PrintRequest, scale: float, ratio: float
) -> Shown:
    """The paper and its pages as pictures, made beside the interface."""
    if referral_id is None:
        paper = assemble.summary_preview(desk, case_id, request)
        may_leave = prints.may_be_given(desk, case_id, request)
    else:
        paper = assemble.letter_preview(desk, referral_id, request)
        may_leave = prints.letter_may_be_given(desk, referral_id)
    return Shown(request, paper, printing.images_of(paper.pdf, scale, ratio), may_leave)
