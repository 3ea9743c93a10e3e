"""Who may do what: the table `resources/permissions.csv`, asked by every service function.

A cell says how far a role reaches: `yes`, `no`, `own` (cases one owns, of one's team, or is named on),
`named` (only those one is named on), `centre` (all that are not confidential), `reason` (as `centre`, with a
written reason). Somebody with several roles reaches as far as the widest. What is not listed is refused.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Callable
from functools import cache
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_
from sqlalchemy.orm import Session

from casedesk.desk import Actor, Desk
from casedesk.errors import NotAllowed, NotFound
from casedesk.models import Case, CaseIndex
from casedesk.paths import RESOURCES

P = ParamSpec("P")
R = TypeVar("R")

REACHES = ("no", "named", "own", "reason", "centre", "yes")


@cache
def table() -> dict[str, dict[str, str]]:
    """Action → role → how far the role reaches."""
    with (RESOURCES / "permissions.csv").open(encoding="utf-8", newline="") as file:
        return {row.pop("action"): row for row in csv.DictReader(file)}


def reach(actor: Actor, action: str) -> str:
    """How far somebody may go with an action: one of REACHES."""
    row = table()[action]
    return max((row.get(role, "no") for role in actor.roles), key=REACHES.index, default="no")


def may(desk: Desk, action: str) -> bool:
    """Whether the user may do this at all; for showing or hiding what the screen offers."""
    return reach(desk.actor, action) != "no"


class Hidden(NotFound):
    """A case the user may not know of: answered like one that does not exist, but recorded."""

    def __init__(self, case_id: UUID) -> None:
        super().__init__()
        self.case_id = case_id


def needs(action: str) -> Callable[[Callable[Concatenate[Desk, P], R]], Callable[Concatenate[Desk, P], R]]:
    """Marks a service function with the action it is; what is refused, here or inside, is recorded."""

    def mark(function: Callable[Concatenate[Desk, P], R]) -> Callable[Concatenate[Desk, P], R]:
        @functools.wraps(function)
        def asked(desk: Desk, /, *args: P.args, **kwargs: P.kwargs) -> R:
            try:
                if not may(desk, action):
                    raise NotAllowed
                return function(desk, *args, **kwargs)
            except (NotAllowed, Hidden) as refusal:
                desk.note("denied." + action, about=getattr(refusal, "case_id", None))
                raise

        asked.action = action  # type: ignore[attr-defined]  # read by the test that no function lacks a rule
        return asked

    return mark


def visible(actor: Actor, action: str = "case.list") -> ColumnElement[bool]:
    """The condition on `case_index` that leaves only the cases somebody may know of."""
    mine = or_(CaseIndex.owner_id == actor.id, CaseIndex.named_access.contains(str(actor.id)))
    match reach(actor, action):
        case "no":
            return false()
        case "named":
            return CaseIndex.named_access.contains(str(actor.id))
        case "own" if actor.team:
            return or_(mine, (CaseIndex.team == actor.team) & CaseIndex.confidential.is_(False))
        case "own":
            return mine
        case _:
            return or_(mine, CaseIndex.supervisor_id == actor.id, CaseIndex.confidential.is_(False))


def within_reach(actor: Actor, action: str, case: Case) -> bool:
    """Whether the action may be done on this case."""
    named = str(actor.id) in (case.named_access or [])
    owner = case.owner_id == actor.id
    match reach(actor, action):
        case "no":
            return False
        case "named":
            return named
        case "own":
            team = bool(actor.team) and case.team == actor.team and not case.confidential_case
            return owner or named or (team and action != "case.view_restricted")
        case _:
            return owner or named or case.supervisor_id == actor.id or not case.confidential_case


def open_case(desk: Desk, session: Session, action: str, case_id: UUID) -> Case:
    """The case, if it is here and the user may do this with it."""
    case = session.get(Case, case_id)
    if case is None or case.removed_at is not None:
        raise NotFound
    if not within_reach(desk.actor, "case.list", case):
        raise Hidden(case_id)
    if not within_reach(desk.actor, action, case):
        raise NotAllowed
    return case
