"""The overview: who this is at a glance, the plan, the latest, and beside them consent and referrals."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from casedesk import codelists, formats
from casedesk.i18n import _, ngettext
from casedesk.services import sections
from casedesk.services.consents import ConsentNow
from casedesk.services.referrals.reading import ReferralRow
from casedesk.ui.case.access import access_facts
from casedesk.ui.case.consent import AGREED_FIRST, SIGNS, scope_label, short_words
from casedesk.ui.case.facts_section import EditablePart, FactsCard, value_of
from casedesk.ui.case.needs import steps_of
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.case.pieces import referral_badge, separated
from casedesk.ui.case.plan import plan_card
from casedesk.ui.case.telling import Told, timeline
from casedesk.ui.kit.badges import Badge
from casedesk.ui.kit.blocks import Card, fact
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.cards import Columns
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import clear, column, row, widget
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import ElidedLabel, PlainLabel

LATEST = 3
REFERRALS = 4
CONSENTS = 8


class OverviewPart(EditablePart):
    """Cards in two columns. E edits priority, category and next contact."""

    def __init__(self, case: OpenCase, open_sheet: Callable[[Sheet], object]) -> None:
        super().__init__(case, FactsCard(case, sections.CASE_SETTINGS, besides=access_facts))
        self._steps = steps_of(case, open_sheet)
        self._top = column(gap=12)
        self._latest = column(gap=12)
        self._beside = column(gap=12)
        main = column(self._top, self._latest, self.card, None, gap=12)
        self.setLayout(column(Columns(widget(main), widget(self._beside)), None))
        case.told.connect(self._look_latest)
        self.look()

    def look(self) -> None:
        clear(self._top)
        clear(self._beside)
        self._top.addWidget(self._key_facts())
        self._top.addWidget(plan_card(self.case, self._steps, whole=False))
        self._beside.addWidget(self._consent())
        self._beside.addWidget(self._referrals())
        self.card.look()
        self._look_latest()

    # Key facts

    def _key_facts(self) -> Card:
        card = Card(_("Key facts"))
        if self.case.may_edit:
            card.head.addWidget(
                button(_("Edit"), "ghost", "edit", size="s", clicked=partial(self.case.wanted.emit, "journey"))
            )
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(12)
        for at, (label, value) in enumerate(self._facts()):
            grid.addWidget(fact(label, value), at // 3, at % 3, Qt.AlignmentFlag.AlignTop)
        for at in range(3):
            grid.setColumnStretch(at, 1)
        card.body.addLayout(grid)
        return card

    def _facts(self) -> list[tuple[str, str]]:
        case = self.case
        papers = separated((value_of(case, "identity_document.type"), value_of(case, "identity_document.held_by")))
        arranged = value_of(case, "recruiter.name") or value_of(case, "recruiter.type")
        away = " – ".join(
            word
            for word in (
                value_of(case, "migration_episode.departed_on"),
                value_of(case, "migration_episode.returned_on"),
            )
            if word
        )
        return [
            (_("Went to"), _join(case, "migration_episode.destination_country", "migration_episode.city_abroad")),
            (_("Work"), value_of(case, "migration_episode.occupation_abroad")),
            (_("Away"), away),
            (_("Arranged by"), arranged),
            (_("Paid to go"), _join(case, "cost_item.amount", "cost_item.source_of_money")),
            (_("Wages owed"), value_of(case, "migration_episode.wages_owed")),
            (_("Papers"), papers if case.facts.restricted else _("Restricted")),
            (_("Family"), self._family()),
            (_("Language"), _join(case, "person.languages")),
        ]

    def _family(self) -> str:
        marital = value_of(self.case, "person.marital_status")
        children = self.case.facts.answers.get("person.children_count")
        if not isinstance(children, int):
            return marital
        words = ngettext("{count} child", "{count} children", children).format(count=formats.number(children))
        return separated((marital, words))

    # The latest

    def _look_latest(self) -> None:
        clear(self._latest)
        found = timeline(self.case)[:LATEST]
        if not found:
            return
        card = Card(_("Latest"))
        card.head.addWidget(button(_("Whole timeline"), "link", clicked=partial(self.case.wanted.emit, "timeline")))
        for told in found:
            card.body.addWidget(_latest_row(told))
        self._latest.addWidget(card)

    # Beside

    def _consent(self) -> Card:
        card = Card(_("Consent"))
        found = sorted(self.case.known.consents, key=lambda each: AGREED_FIRST.index(each.status))
        asked = [each.since for each in found if each.since is not None]
        if asked:
            day = formats.day_in_dhaka(max(asked))
            card.head.addWidget(PlainLabel(formats.day(day), "caption"))
        for each in found[:CONSENTS]:
            card.body.addLayout(_consent_row(each))
        more = len(found) - CONSENTS
        words = _("{count} more").format(count=formats.number(more)) if more > 0 else _("All purposes")
        card.body.addWidget(button(words, "link", size="s", clicked=partial(self.case.wanted.emit, "consent")))
        return card

    def _referrals(self) -> Card:
        card = Card(_("Referrals"))
        if self.case.may("referral.edit") and not self.case.closed:
            card.head.addWidget(button(_("New"), "ghost", "add", size="s", clicked=lambda: self.case.refer()))
        found = self.case.known.referrals
        for each in found[:REFERRALS]:
            card.body.addWidget(self._referral_row(each))
        if not found:
            card.body.addWidget(PlainLabel(_("No referral yet."), "body", tone="text2"))
        if len(found) > REFERRALS:
            words = _("{count} more").format(count=formats.number(len(found) - REFERRALS))
            card.body.addWidget(button(words, "link", size="s", clicked=partial(self.case.wanted.emit, "referrals")))
        return card

    def _referral_row(self, referral: ReferralRow) -> QWidget:
        service = codelists.get("service_type").label(referral.service) or _("Not chosen yet")
        head = row(PlainLabel(service, "label", wrap=True), Badge(referral_badge(referral)), gap=8)
        head.setStretch(0, 1)
        provider = PlainLabel(referral.provider or _("No partner chosen yet"), "caption", tone="text2", wrap=True)
        return widget(column(head, provider, gap=1))


def _consent_row(consent: ConsentNow) -> QHBoxLayout:
    icon, tone = SIGNS.get(consent.status, ("ask", "warn"))
    struck = consent.status == "withdrawn"
    how = short_words(consent)
    if struck and consent.since is not None:
        how = formats.short_day(formats.day_in_dhaka(consent.since))
    words = column(scope_label(consent.scope, struck=struck), PlainLabel(how, "caption", wrap=True), gap=0)
    line = row(column(Icon(icon, tone, 16), None, margins=(0, 1, 0, 0)), widget(words))
    line.setStretch(1, 1)
    return line


def _join(case: OpenCase, *keys: str) -> str:
    return ", ".join(word for key in keys if (word := value_of(case, key)))


def _latest_row(told: Told) -> QWidget:
    first_line = told.text.splitlines()[0] if told.text else ""
    when = PlainLabel(formats.weekday_day(formats.day_in_dhaka(told.at)), "caption")
    title = ElidedLabel(first_line or told.title, "label")
    under = separated((told.by, told.title if first_line else _changes(told)))
    head = row(title, when, gap=8)
    head.setStretch(0, 1)
    words = column(head, ElidedLabel(under, "caption", tone="text2"), gap=0)
    inside = row(column(Icon(told.icon, "text2"), None), words, gap=10)
    inside.setStretch(1, 1)
    return widget(inside)


def _changes(told: Told) -> str:
    return ", ".join(label for label, _before, _after in told.changes[:3])
