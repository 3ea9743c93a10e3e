"""Guided triage of a case that is open: every run there was, and a new one with the worker's decision (DOMAIN 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from casedesk import codelists
from casedesk.desk import Desk
from casedesk.errors import Conflict, InvalidInput, Problem
from casedesk.i18n import _
from casedesk.models import Case, Triage
from casedesk.services.answers import TRIAGE
from casedesk.services.case_facts import facts_of
from casedesk.services.cases import decide
from casedesk.services.edits import Edits, apply_edits
from casedesk.services.intake import AGREES, add_triage
from casedesk.services.intake_views import Settings
from casedesk.services.office import thresholds
from casedesk.services.permissions import needs, open_case, see_case
from casedesk.services.rates import rates
from casedesk.services.triage import Result
from casedesk.storage.rows import Records, Rows


@dataclass(frozen=True, slots=True)
class TriageRun:
    """One run: who made it and when, what was suggested, by which rules, and how many questions had an answer."""

    id: UUID
    made_at: datetime | None
    by: str
    outcome: str
    rules: tuple[str, ...]
    answered: int


@dataclass(frozen=True, slots=True)
class Triages:
    """The runs of a case, the newest first, and what a new one would depend on beside the answers."""

    runs: tuple[TriageRun, ...]
    settings: Settings

    @property
    def last(self) -> UUID | None:
        return self.runs[0].id if self.runs else None


@needs("case.view")
def triages_of(desk: Desk, case_id: UUID) -> Triages:
    with desk.rows() as rows:
        see_case(desk, rows, "case.view", case_id)
        made, written = _runs(rows, case_id), rows.first_written(Triage, "case_id", case_id)
    runs = tuple(
        TriageRun(
            run.id,
            run.made_at,
            written[run.id][1],
            run.outcome or "",
            tuple(run.rules_fired or ()),
            len(run.answers or ()) + len(run.private_answers or ()),
        )
        for run in reversed(made)
    )
    with desk.read() as session:
        return Triages(runs, Settings(thresholds(session), rates(session)))


@needs("case.edit")
def run_again(
    desk: Desk, case_id: UUID, last: UUID | None, answers: Mapping[str, str | None], decision: Edits | None = None
) -> UUID:
    """Keep a new run beside the earlier ones; `last` is the newest that the worker saw, `answers` go by question.

    `decision` changes the category and its reason, as (seen, written). Without one the category stays as it is.
    """
    with desk.write("case.triage", about=case_id) as session:
        open_case(desk, session, "case.edit", case_id)
        case = open_case(desk, session, "case.view_restricted", case_id)
        runs = _runs(Records(session), case_id)
        if (runs[-1].id if runs else None) != last:
            raise Conflict
        known = facts_of(Records(session), desk, case).answers
        said = _checked(answers)
        result = add_triage(session, desk, {**_without_triage(known), **said}, case)
        if decision:
            _decide(desk, session, case, decision, result)
        return _runs(Records(session), case_id)[-1].id


def _decide(desk: Desk, session: Session, case: Case, decision: Edits, result: Result) -> None:
    open_case(desk, session, "case.category", case.id)
    apply_edits(case, {key.partition(".")[2]: pair for key, pair in decision.items()})
    if case.category is not None and case.category == result.category and case.category_reason is None:
        case.category_reason = AGREES
    decide(case, desk, result.outcome)


def _without_triage(answers: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in answers.items() if not key.startswith(TRIAGE)}


def _checked(answers: Mapping[str, str | None]) -> dict[str, str]:
    """The answers by their keys; only to questions there are, in words there are, and at least one."""
    questions, words = codelists.get("triage_question"), codelists.get("answer_yes_no")
    said = {TRIAGE + question: answer for question, answer in answers.items() if answer}
    strange = [
        key
        for key, answer in said.items()
        if questions.find(key.removeprefix(TRIAGE)) is None or words.find(answer) is None
    ]
    if strange:
        raise InvalidInput({strange[0]: [Problem(_("Answer with yes, no, does not know or does not wish to answer."))]})
    if not said:
        first = next(iter(questions)).code
        raise InvalidInput({TRIAGE + first: [Problem(_("Answer at least one question."))]})
    return said


def _runs(source: Rows | Records, case_id: UUID) -> list[Triage]:
    return [run for run in source.of(Triage, "case_id", case_id) if run.removed_at is None]
