"""The guided questions, asked again: the suggestion beside them, the worker's decision under them (DOMAIN 7)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from PySide6.QtWidgets import QHBoxLayout

from casedesk import codelists, formats
from casedesk.i18n import _, ngettext
from casedesk.services import sections, triages
from casedesk.services.answers import TRIAGE, as_asked
from casedesk.services.intake_views import suggestion
from casedesk.services.triage import Result, is_returnee
from casedesk.services.triages import TriageRun
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.case.pieces import separated
from casedesk.ui.case.sheets import CaseSheet
from casedesk.ui.form_sheet import Problems, Saved
from casedesk.ui.kit.badges import Badge, BadgeSpec, category_badge
from casedesk.ui.kit.blocks import Card
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.cards import row_card
from casedesk.ui.kit.layouts import block, clear, column, row
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.texts import PlainLabel, section_title
from casedesk.ui.suggestion import suggestion_parts

CATEGORY, WHY, WORDS = DECISION = ("case.category", "case.category_reason", "case.category_reason_text")


class TriageSheet(CaseSheet):
    """Fifteen questions with the answers of the last run. Saving adds a run; without a decision the category stays."""

    def __init__(self, case: OpenCase) -> None:
        self._answers = case.facts.answers
        self._decides = case.may("case.category") and is_returnee(self._answers)
        self._suggested = column(gap=8)
        self.decision = Form(as_asked(DECISION), today=case.here.desk.today(), columns=2)
        super().__init__(
            case,
            "sheet.triage",
            _("Guided questions"),
            as_asked(sections.TRIAGE_KEYS),
            save=_("Keep this run"),
            saved=_("Guided questions kept"),
            subtitle=_("Ask what changed. The earlier runs stay in the history, and you decide."),
            width=760,
            start={key: self._answers[key] for key in sections.TRIAGE_KEYS if key in self._answers},
        )
        kept = case.typed.get(self.code, {}).get("decision", {})
        self.decision.fill({key: self._answers.get(key) for key in DECISION})
        self.decision.put(kept)
        self.body.addWidget(block("sunken", column(self._suggested, margins=(14, 12, 14, 14))))
        if self._decides:
            self.body.addWidget(section_title(_("Your decision")))
            self.body.addWidget(self.decision)
        else:
            self.decision.setParent(self)
            self.decision.hide()
        self.body.addStretch(1)
        self.decision.edited.connect(self._decided)
        self.form.edited.connect(lambda _key: self._look())
        self._look()

    def result(self) -> Result:
        """What the answers suggest now."""
        return suggestion(self._now(), self.case.known.triages.settings)

    def _now(self) -> dict[str, object]:
        others = {key: value for key, value in self._answers.items() if not key.startswith(TRIAGE)}
        return others | {key: value for key, value in self.form.values().items() if value is not None}

    def _look(self) -> None:
        """Show the suggestion anew, and ask for a reason where the decision differs from it."""
        clear(self._suggested)
        result = self.result()
        self._suggested.addWidget(PlainLabel(_("Suggested result"), "card"))
        self._suggested.addWidget(PlainLabel(_("From the answers. You decide."), "caption", wrap=True))
        for part in suggestion_parts(self._now(), result, begun=True):
            self._suggested.addWidget(part)
        if result.category is not None and self._decides and self.decision.value(CATEGORY) != result.category:
            use = button(_("Use this result"), "soft", clicked=partial(self._use, result.category))
            self._suggested.addLayout(row(use, None))
        category = self.decision.value(CATEGORY)
        differs = category is not None and category != result.category
        reason = codelists.get("category_reason").find(str(self.decision.value(WHY) or ""))
        self.decision.questions[WHY].setVisible(differs)
        self.decision.questions[WORDS].setVisible(differs and reason is not None and reason.yes("text_required"))

    def _use(self, category: str) -> None:
        for key, value in ((CATEGORY, category), (WHY, None), (WORDS, None)):
            self.decision.set_value(key, value)
        self.decision.go_to(CATEGORY)

    def _decided(self, _key: str) -> None:
        self._look()
        self._keep()

    def _keep(self, _key: object = None) -> None:
        super()._keep()
        said = {key: value for key, (_before, value) in self.decision.edits().items()}
        if said:
            self.case.typed.keep(self.code, {**self.case.typed.get(self.code, {}), "decision": said})

    def work(self, values: Saved) -> Callable[[], object]:
        answers = {key.removeprefix(TRIAGE): _text(value) for key, value in values.items()}
        decision: dict[str, Any] = self.decision.edits() if self._decides else {}
        last = self.case.known.triages.last
        return partial(triages.run_again, self.case.here.desk, self.case.id, last, answers, decision)

    def show_problems(self, problems: Problems) -> Collection[str]:
        self.decision.show_problems(problems)
        if any(key in problems for key in DECISION):
            self.decision.next_problem()
        return {*super().show_problems(problems), *DECISION}


def runs_card(case: OpenCase) -> Card:
    """Every run of the guided questions, the newest first."""
    card, rows = row_card(_("Guided questions"))
    for run in case.known.triages.runs:
        rows.add(_run_row(run))
    if not case.known.triages.runs:
        rows.say(_("They were not asked yet."))
    return card


def _run_row(run: TriageRun) -> QHBoxLayout:
    outcome = codelists.get("triage_outcome").find(run.outcome)
    category = outcome.extra["maps_to_category"] if outcome else ""
    words = outcome.label if outcome else ""
    badge = Badge(category_badge(category)) if category else Badge(BadgeSpec(words, "", "quiet"))
    answered = ngettext("{count} answer", "{count} answers", run.answered).format(count=formats.number(run.answered))
    when = formats.moment(run.made_at) if run.made_at else ""
    said = PlainLabel(separated((when, run.by, answered)), "caption", wrap=True)
    inside = row(badge, said, gap=10, margins=(16, 6, 14, 6))
    inside.setStretch(1, 1)
    return inside


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
