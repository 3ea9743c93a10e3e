"""The referrals of this case: where each is, how long it waits, and the way to its answer."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout

from casedesk import codelists, formats
from casedesk.i18n import _
from casedesk.services.referrals.reading import WAITING, ReferralRow
from casedesk.ui.case.pieces import CardPart, referral_badge, separated
from casedesk.ui.kit.badges import Badge
from casedesk.ui.kit.blocks import Card, EmptyState
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.cards import row_card
from casedesk.ui.kit.layouts import column, row
from casedesk.ui.kit.texts import PlainLabel


class ReferralsPart(CardPart):
    """A row for each referral, the newest first."""

    def edit(self) -> None:
        if self._may():
            self.case.refer()

    def _may(self) -> bool:
        return self.case.may("referral.edit") and not self.case.closed

    def _card(self) -> Card:
        card, rows = row_card(_("Referrals"))
        if self._may():
            card.head.addWidget(button(_("New"), "soft", "add", size="s", keys="R", clicked=self.edit))
        found = self.case.known.referrals
        for each in found:
            rows.add(self._row(each))
        if not found:
            rows.addWidget(EmptyState("referral", _("No referral yet")))
        return card

    def _row(self, referral: ReferralRow) -> QHBoxLayout:
        service = codelists.get("service_type").label(referral.service)
        dates = separated((referral.number, self._dates(referral)))
        said = column(
            PlainLabel(service or _("Not chosen yet"), "label", wrap=True),
            PlainLabel(referral.provider or _("No partner chosen yet"), "body", tone="text2", wrap=True),
            PlainLabel(dates, "caption", wrap=True),
            gap=1,
        )
        inside = row(said, Badge(referral_badge(referral)), gap=12, margins=(16, 8, 12, 8))
        inside.setStretch(0, 1)
        waiting = referral.status in WAITING
        words = _("Record answer") if waiting else _("Open")
        if self.case.may("referral.edit"):
            act = button(words, "soft" if waiting else "ghost", size="s", clicked=partial(self._open, referral))
            act.setAccessibleName(_("{action}: {service}").format(action=words, service=service))
            inside.addWidget(act)
            inside.setAlignment(act, Qt.AlignmentFlag.AlignVCenter)
        return inside

    def _dates(self, referral: ReferralRow) -> str:
        if referral.appointment_at is not None:
            return _("Appointment {when}").format(when=formats.moment(referral.appointment_at))
        if referral.status in WAITING and referral.answer_due is not None:
            return _("Answer due {day}").format(day=formats.day(referral.answer_due))
        if referral.sent_at is not None:
            return _("Sent {when}").format(when=formats.moment(referral.sent_at))
        return ""

    def _open(self, referral: ReferralRow) -> None:
        self.case.refer(referral_id=referral.id)
