"""Changes of a case keep the rules of an intake: what a change brings is refused or asked about, what was there before
it is not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import InvalidInput, Problem
from casedesk.models import Case
from casedesk.services.answers import CONFIRMED, Answers
from casedesk.services.intake import known
from casedesk.services.rules import problems

Kept = Collection[str] | None  # the rules whose warnings were read; None for all, as when a change is taken back
# Only ever added to, in places of their own: a change that shows something missing there must not wait for it.
ELSEWHERE = ("consent", "consent_line", "safety_flag", "triage")


def keep_the_rules(
    session: Session,
    desk: Desk,
    case: Case,
    before: Answers,
    after: Answers,
    *,
    edited: Collection[str],
    kept: Kept = (),
) -> None:
    """Raise InvalidInput for what the change brings, except for warnings that were read and kept, which is recorded."""
    asked = brought(session, desk, case, before, after, edited=edited)
    open_ones = {
        key: left
        for key, found in asked.items()
        if (left := [each for each in found if not (each.warning and (kept is None or each.rule in kept))])
    }
    if open_ones:
        raise InvalidInput(open_ones)
    read = {each.rule for found in asked.values() for each in found}
    if read and kept is not None:
        case.confirmed_warnings = sorted({*(case.confirmed_warnings or ()), *read})


def brought(
    session: Session, desk: Desk, case: Case, before: Answers, after: Answers, *, edited: Collection[str]
) -> dict[str, list[Problem]]:
    """Problems that are new, or that stand at an answer which was changed."""
    facts = known(session, desk, after, of=case)
    was, now = (problems({**said, CONFIRMED: None}, desk.today(), known=facts) for said in (before, after))
    return {
        key: new
        for key, found in now.items()
        if (new := [_said_here(key, each) for each in found if key in edited or each not in was.get(key, ())])
    }


def _said_here(key: str, problem: Problem) -> Problem:
    return replace(problem, warning=True) if key.partition(".")[0] in ELSEWHERE else problem
