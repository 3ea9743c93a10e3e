"""What happened: safety flags, rights violations and how each is known, and the person's own words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from casedesk import codelists, formats
from casedesk.i18n import N_, _, ngettext
from casedesk.services import incidents, sections
from casedesk.services.answers import Answers, as_asked, several
from casedesk.services.by_the_rules import Kept
from casedesk.services.case_facts import Flag, Violation
from casedesk.services.edits import Edits
from casedesk.services.incidents import IncidentRow
from casedesk.services.sections import Section
from casedesk.ui.case.facts_section import FactsCard, can_edit
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.case.pieces import Part, locked, separated
from casedesk.ui.case.sheets import CaseSheet, FlagSheet, RaiseFlagsSheet
from casedesk.ui.case.triage import TriageSheet, runs_card
from casedesk.ui.form_sheet import Saved
from casedesk.ui.kit.badges import Badge, BadgeSpec
from casedesk.ui.kit.blocks import Banner, Card
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.cards import BROAD_SIDE, Columns, row_card
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import clear, column, row, widget
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel

GUIDED = Section("guided", N_("Answers to the guided questions"), sections.TRIAGE_KEYS)
PAPERS, OWN_WORD = "document", "client"


class IncidentCard(FactsCard):
    """One incident: shown, and put right in place by a newer account. The one before stays in the history."""

    def __init__(self, case: OpenCase, first: UUID, number: int) -> None:
        self.first = first
        title = _(sections.INCIDENT.title)
        if number > 1:
            title = _("{title} ({number})").format(title=title, number=formats.number(number))
        super().__init__(case, replace(sections.INCIDENT, title=title))

    @property
    def _code(self) -> str:
        return f"form.incident.{self.first.hex}"

    @property
    def row(self) -> IncidentRow | None:
        """The incident as it is told now."""
        return next((each for each in self.case.known.incidents if each.first == self.first), None)

    @property
    def answers(self) -> Answers:
        return self.row.answers if self.row is not None else {}

    def look(self) -> None:
        super().look()
        if self.form is None and self.row is not None:
            self.body.addWidget(PlainLabel(_told_by(self.row), "caption", wrap=True))

    def may_change(self, key: str) -> bool:
        wages = {"wages_not_paid", "wages_underpaid"} & set(several(self.answers, "incident.violations"))
        return bool(wages) if key.startswith("wages.") else can_edit(self.case, key)

    def _is_asked(self, key: str) -> bool:
        return super()._is_asked(key) and self.may_change(key)

    def change(self, edits: Edits, kept: Kept) -> Callable[[], object]:
        return partial(incidents.edit_incident, self.case.here.desk, self.case.id, self.first, edits, kept)


class IncidentSheet(CaseSheet):
    """Takes down one more incident."""

    def __init__(self, case: OpenCase) -> None:
        keys = [key for key in sections.INCIDENT.keys if not key.startswith("wages.")]
        super().__init__(
            case,
            "sheet.incident",
            _("Add what happened"),
            as_asked(keys),
            save=_("Save what happened"),
            saved=_("What happened is recorded"),
            subtitle=_("What happened at another time or place is written down by itself."),
            columns=2,
            width=760,
            start={"incident.told_by": "client", "incident.status": "alleged"},
        )

    def work(self, values: Saved) -> Callable[[], object]:
        return partial(incidents.add_incident, self.case.here.desk, self.case.id, values, self.form.kept_rules())


class HappenedPart(Part):
    """Incidents on one side, violations and guided questions on the other. Restricted words show only to who may
    read them."""

    def __init__(self, case: OpenCase, open_sheet: Callable[[Sheet], object]) -> None:
        super().__init__(case)
        self._open_sheet = open_sheet
        self.cards: list[IncidentCard] = []
        self._flags = column(gap=12)
        self._incidents = column(gap=12)
        self._violations = column(gap=12)
        self._runs = column(gap=12)
        self.guided = FactsCard(case, GUIDED, editable=())
        add = button(_("Add what happened"), "soft", "add", clicked=self.add)
        again = button(_("Ask again"), "soft", "ask", size="s", clicked=self.ask_again)
        again.setAccessibleName(_("Ask the guided questions again"))
        self.guided.head.addWidget(again)
        self._writing = (add, again)
        side = column(self._violations, self._runs, how_to_write(), None, gap=12)
        main = column(self._flags, self._incidents, widget(row(add, None)), self.guided, gap=12)
        self.setLayout(column(Columns(widget(main), widget(side), BROAD_SIDE), None))
        self.look()

    def look(self) -> None:
        for layout in (self._flags, self._violations, self._runs):
            clear(layout)
        if self.case.facts.restricted:
            self._flags.addWidget(self._flag_card())
        self._look_incidents()
        self._violations.addWidget(violation_card(self.case))
        self._runs.addWidget(runs_card(self.case))
        self.guided.look()
        self.guided.edit_button.hide()
        for part in self._writing:
            part.setVisible(self._may_write())

    def _look_incidents(self) -> None:
        """Cards that are there stay, with what is being typed in them."""
        told = [each.first for each in self.case.known.incidents]
        if told != [card.first for card in self.cards]:
            kept = {card.first: card for card in self.cards}
            for card in self.cards:
                self._incidents.removeWidget(card)
                if card.first not in told:
                    card.deleteLater()
            self.cards = [kept.get(first) or self._card(first, at) for at, first in enumerate(told, 1)]
            for card in self.cards:
                self._incidents.addWidget(card)
        for card in self.cards:
            card.look()

    def _card(self, first: UUID, number: int) -> IncidentCard:
        card = IncidentCard(self.case, first, number)
        card.editing.connect(self._edits)
        self.case.numbers_shown.connect(card.look)
        return card

    def _edits(self, on: bool) -> None:
        """One at a time: the foot of the page saves the one that is open."""
        for card in self.cards:
            card.edit_button.setEnabled(not on)
        self.editing.emit(on)

    def _may_write(self) -> bool:
        return self.case.may_edit and self.case.facts.restricted

    def add(self) -> None:
        if self._may_write():
            self._open_sheet(IncidentSheet(self.case))

    def ask_again(self) -> None:
        if self._may_write():
            self._open_sheet(TriageSheet(self.case))

    def edit(self) -> None:
        """Put right what was told last, or take it down."""
        if self._open() is None and self._may_write():
            if self.cards:
                self.cards[-1].edit()
            else:
                self.add()

    def _open(self) -> IncidentCard | None:
        return next((card for card in self.cards if card.is_editing()), None)

    def is_editing(self) -> bool:
        return self._open() is not None

    def cancel(self) -> None:
        if (card := self._open()) is not None:
            card.cancel()

    def main_action(self) -> bool:
        card = self._open()
        if card is not None:
            card.save()
        return card is not None

    def _flag_card(self) -> Card:
        card, rows = row_card(_("Safety"))
        if self._may_write():
            card.head.addWidget(button(_("Raise a flag"), "ghost", "add", size="s", clicked=self._raise))
        if not self.case.facts.flags:
            rows.say(_("No safety flag is raised."))
        for flag in sorted(self.case.facts.flags, key=lambda each: each.cleared_at is not None):
            rows.add(self._flag_row(flag))
        return card

    def _flag_row(self, flag: Flag) -> QHBoxLayout:
        over = flag.cleared_at is not None
        label = PlainLabel(codelists.get("safety_flag").label(flag.code), "label", wrap=True)
        label.set_tone("muted" if over else "text")
        late = not over and not flag.acted_at and flag.due_at is not None and flag.due_at < self.case.here.desk.clock()
        said = PlainLabel(_flag_words(flag), "caption", tone="danger" if late else "muted", wrap=True)
        icon, tone = ("yes", "ok") if over else ("warn", "danger")
        inside = row(column(Icon(icon, tone), None), column(label, said, gap=1), gap=10, margins=(16, 7, 12, 7))
        inside.setStretch(1, 1)
        if not over and self.case.may_edit:
            for words, ended in ((_("Acted"), False), (_("Over"), True)):
                act = button(words, "soft" if not ended else "ghost", size="s", clicked=partial(self._act, flag, ended))
                act.setAccessibleName(_("{action}: {flag}").format(action=words, flag=label.text()))
                inside.addWidget(act, 0, Qt.AlignmentFlag.AlignVCenter)
        return inside

    def _raise(self) -> None:
        self._open_sheet(RaiseFlagsSheet(self.case))

    def _act(self, flag: Flag, over: bool) -> None:
        self._open_sheet(FlagSheet(self.case, flag, over=over))


def violation_card(case: OpenCase) -> Card:
    """The violations, and for who may read it how each is known and how far it is checked."""
    facts = case.facts
    card, rows = row_card(_("Rights violations"))
    if facts.violations:
        card.head.addWidget(Badge(BadgeSpec(formats.number(len(facts.violations)), "", "cat_a")))
    for each in facts.violations:
        rows.add(_violation_row(case, each))
    if not facts.violations and facts.restricted:
        rows.say(_("None is recorded."))
    if not facts.restricted:
        lock = locked(facts, _("What happened is restricted."))
        lock.setContentsMargins(16, 6, 16, 8)
        rows.addWidget(lock)
    return card


def _violation_row(case: OpenCase, violation: Violation) -> QHBoxLayout:
    row_of = codelists.get("violation_type").find(violation.code)
    said = column(PlainLabel(row_of.label if row_of else violation.code, "label", wrap=True), gap=1)
    inside = row(said, gap=10, margins=(16, 7, 14, 7))
    inside.setStretch(0, 1)
    if case.facts.restricted:
        said.addWidget(PlainLabel(_details(violation), "caption", wrap=True))
        inside.addWidget(Badge(how_known(violation)), 0, Qt.AlignmentFlag.AlignVCenter)
    return inside


def _details(violation: Violation) -> str:
    months = violation.months_unpaid
    unpaid = ""
    if months:
        words = ngettext("{count} month not paid", "{count} months not paid", months)
        unpaid = words.format(count=formats.number(months))
    status = codelists.get("allegation_status").label(violation.status)
    return separated((unpaid, status, violation.note))


def how_known(violation: Violation) -> BadgeSpec:
    """Papers seen or their word: both count, neither is ranked by colour."""
    if violation.told_by == PAPERS:
        return BadgeSpec(_("Papers seen"), "document", "outline")
    if violation.told_by in ("", OWN_WORD):
        return BadgeSpec(_("Their word"), "talk", "outline")
    return BadgeSpec(codelists.get("told_by").label(violation.told_by), "talk", "outline")


def _told_by(incident: IncidentRow) -> str:
    """Who wrote it down, and how often it was put right since."""
    if not incident.corrections:
        return _("Written by {name}").format(name=incident.by)
    count = incident.corrections
    words = ngettext("Put right {count} time, last by {name}", "Put right {count} times, last by {name}", count)
    return words.format(count=formats.number(count), name=incident.by)


def _flag_words(flag: Flag) -> str:
    if flag.cleared_at is not None:
        return _("Over since {when}").format(when=formats.moment(flag.cleared_at))
    acted = _("First action {when}").format(when=formats.moment(flag.acted_at)) if flag.acted_at else ""
    due = _("Act before {when}").format(when=formats.moment(flag.due_at)) if flag.due_at and not acted else ""
    return separated((acted, due))


def how_to_write() -> QWidget:
    """What belongs into a note and what does not."""
    banner = Banner("info", "", icon="info")
    banner.say(
        _("How to write it"),
        _(
            "Their words in quotation marks. Facts, dates, names of companies. "
            "No guesses, no blame, no details they did not choose to tell."
        ),
    )
    return banner
