"""What happened: safety flags, rights violations and how each is known, and the person's own words."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from casedesk import codelists, formats
from casedesk.i18n import N_, _, ngettext
from casedesk.services import sections
from casedesk.services.cases import Flag, Violation
from casedesk.services.sections import Section
from casedesk.ui.case.facts_section import EditablePart, FactsCard
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.case.pieces import BROAD_SIDE, Columns, locked, row_card, separated
from casedesk.ui.case.sheets import FlagSheet
from casedesk.ui.kit.badges import Badge, BadgeSpec
from casedesk.ui.kit.blocks import Banner, Card
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import clear, column, row, widget
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel

TOLD = Section(
    "happened",
    N_("What they told us"),
    tuple(key for key in sections.HAPPENED.keys if key.startswith("incident.") and key != "incident.violations"),
)
GUIDED = Section("guided", N_("Answers to the guided questions"), sections.TRIAGE_KEYS)
PAPERS, OWN_WORD = "document", "client"


class HappenedPart(EditablePart):
    """Violations on one side, the account on the other. Restricted words show only to who may read them."""

    def __init__(self, case: OpenCase, open_sheet: Callable[[Sheet], object]) -> None:
        super().__init__(case, FactsCard(case, TOLD, editable=sections.HAPPENED.keys))
        self._open_sheet = open_sheet
        self._flags = column(gap=12)
        self._violations = column(gap=12)
        self.guided = FactsCard(case, GUIDED, editable=())
        side = column(self._violations, how_to_write(), None, gap=12)
        main = column(self._flags, self.card, self.guided, gap=12)
        self.setLayout(column(Columns(widget(main), widget(side), BROAD_SIDE), None))
        self.look()

    def look(self) -> None:
        clear(self._flags)
        clear(self._violations)
        if self.case.facts.flags:
            self._flags.addWidget(self._flag_card())
        self._violations.addWidget(violation_card(self.case))
        self.card.look()
        self.guided.look()
        self.guided.edit_button.hide()
        self.guided.setVisible(any(key in self.case.facts.answers for key in GUIDED.keys))

    def edit(self) -> None:
        if self.case.facts.restricted:
            self.card.edit()

    def _flag_card(self) -> Card:
        card, rows = row_card(_("Safety"))
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
