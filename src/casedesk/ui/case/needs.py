"""Needs and plan: what is needed and wished for, and the steps that were agreed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout

from casedesk import codelists, formats
from casedesk.i18n import _
from casedesk.services import sections
from casedesk.services.case_facts import Need
from casedesk.services.follow_ups import FollowUpRow
from casedesk.services.sections import Section
from casedesk.ui.case.facts_section import EditablePart, FactsCard
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.case.plan import Steps, plan_card
from casedesk.ui.case.sheets import DropSheet, FollowUpSheet, PlanSheet, move_sheet
from casedesk.ui.kit.badges import Badge, BadgeSpec
from casedesk.ui.kit.blocks import Card
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.cards import row_card
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import clear, column, row
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel

WISHES = Section("needs", sections.NEEDS.title, ("needs_assessment.client_wishes",))
URGENCY_TONES = {"now": "danger", "this_month": "warn"}


def steps_of(case: OpenCase, open_sheet: Callable[[Sheet], object]) -> Steps:
    """What the buttons of the plan open."""

    def add() -> None:
        open_sheet(PlanSheet(case))

    def record(step: FollowUpRow) -> None:
        open_sheet(FollowUpSheet(case, step.id))

    def move(step: FollowUpRow) -> None:
        open_sheet(move_sheet(case, step))

    def drop(step: FollowUpRow) -> None:
        open_sheet(DropSheet(case, step))

    return Steps(add, record, move, drop)


class NeedsPart(EditablePart):
    """The needs one by one, the wishes in the person's own words, and the whole plan."""

    def __init__(self, case: OpenCase, open_sheet: Callable[[Sheet], object]) -> None:
        super().__init__(case, FactsCard(case, WISHES, editable=sections.NEEDS.keys))
        self._steps = steps_of(case, open_sheet)
        self._needs = column(gap=12)
        self._plan = column(gap=12)
        self.setLayout(column(self.card, self._needs, self._plan, None, gap=12))
        self.look()

    def look(self) -> None:
        clear(self._needs)
        clear(self._plan)
        self.card.look()
        if self.case.facts.needs:
            self._needs.addWidget(self._need_card())
        self._plan.addWidget(plan_card(self.case, self._steps, whole=True))

    def _need_card(self) -> Card:
        card, rows = row_card(_("Needs"))
        for each in sorted(self.case.facts.needs, key=lambda need: need.met_on is not None):
            rows.add(self._need_row(each))
        return card

    def _need_row(self, need: Need) -> QHBoxLayout:
        met = need.met_on is not None
        words = PlainLabel(codelists.get("need").label(need.code), "label", wrap=True)
        words.set_tone("muted" if met else "text")
        inside = row(Icon("yes" if met else "ring", "ok" if met else "text2"), words, gap=10, margins=(16, 5, 12, 5))
        inside.setStretch(1, 1)
        if need.met_on is not None:
            day = formats.day(need.met_on)
            inside.addWidget(PlainLabel(_("Met on {day}").format(day=day), "caption"))
        else:
            label = codelists.get("need_urgency").label(need.urgency)
            inside.addWidget(Badge(BadgeSpec(label, "", URGENCY_TONES.get(need.urgency, "quiet"))))
        if not met and self.case.may("referral.edit") and not self.case.closed:
            refer = button(_("Refer"), "ghost", "referral", size="s", clicked=partial(self.case.refer, need.id))
            refer.setAccessibleName(_("Refer: {need}").format(need=words.text()))
            inside.addWidget(refer, 0, Qt.AlignmentFlag.AlignVCenter)
        return inside
