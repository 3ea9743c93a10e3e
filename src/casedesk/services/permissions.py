"""Who may do what: the table `resources/permissions.csv`, asked by every service function.

A cell says how far a role reaches: `yes`, `no`, `own` (cases one owns, of one's team, or is named on),
`owner` (only those one owns), `named` (only those one is named on), `centre` (all that are not confidential),
`reason` (as `centre`, with a written reason). Who owns a case, supervises it or is named on it needs no reason.
Somebody with several roles may do what any of them may. What is not listed is refused.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Callable
from functools import cache
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from casedesk.desk import Actor, Desk
from casedesk.errors import NotAllowed, NotFound
from casedesk.models import Case, CaseIndex, Recorded
from casedesk.paths import RESOURCES
from casedesk.storage.rows import Rows

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=Recorded)  # one with a case_id

REACHES = ("no", "named", "owner", "own", "reason", "centre", "yes")


@cache
def table() -> dict[str, dict[str, str]]:
    """Action → role → how far the role reaches."""
    with (RESOURCES / "permissions.csv").open(encoding="utf-8", newline="") as file:
        return {row.pop("action"): row for row in csv.DictReader(file)}


def reaches(actor: Actor, action: str) -> frozenset[str]:
    """How far each role of somebody goes with an action."""
    return _reaches(actor.roles, action)


@cache
def _reaches(roles: frozenset[str], action: str) -> frozenset[str]:
    row = table()[action]
    return frozenset(row.get(role, "no") for role in roles)


def reach(actor: Actor, action: str) -> str:
    """How far somebody may go with an action at most: one of REACHES."""
    return max(reaches(actor, action), key=REACHES.index, default="no")


def may(desk: Desk, action: str) -> bool:
    """Whether the user may do this at all; for showing or hiding what the screen offers."""
    return reach(desk.actor, action) != "no"


class Hidden(NotFound):
    """A case the user may not know of: answered in the words of one that does not exist, but recorded."""

    def __init__(self, case_id: UUID) -> None:
        super().__init__()
        self.case_id = case_id
        self.recorded = False


class OutOfReach(NotAllowed):
    """Something the user may not do, with a case they know of or at all."""

    def __init__(self, case_id: UUID | None = None) -> None:
        super().__init__()
        self.case_id = case_id
        self.recorded = False


def needs(action: str) -> Callable[[Callable[Concatenate[Desk, P], R]], Callable[Concatenate[Desk, P], R]]:
    """Marks a service function with the action it is; what is refused, here or inside, is recorded once."""

    def mark(function: Callable[Concatenate[Desk, P], R]) -> Callable[Concatenate[Desk, P], R]:
        @functools.wraps(function)
        def asked(desk: Desk, /, *args: P.args, **kwargs: P.kwargs) -> R:
            try:
                if not may(desk, action):
                    raise OutOfReach
                return function(desk, *args, **kwargs)
            except (Hidden, OutOfReach) as refusal:
                if not refusal.recorded:  # one service may call another
                    desk.note("denied." + action, about=refusal.case_id)
                    refusal.recorded = True
                raise
            except NotAllowed:
                desk.note("denied." + action)
                raise

        asked.action = action  # type: ignore[attr-defined]  # read by the test that no function lacks a rule
        return asked

    return mark


def visible(actor: Actor, action: str = "case.list") -> ColumnElement[bool]:
    """The condition on `case_index` that leaves only the cases somebody may know of; true or false, never unknown,
    so that its opposite finds all others."""
    return or_(false(), *(_shown(actor, each) for each in sorted(reaches(actor, action))))


def _shown(actor: Actor, reach: str) -> ColumnElement[bool]:
    named = CaseIndex.named_access.contains(str(actor.id))
    mine = or_(_is(CaseIndex.owner_id, actor.id), named)
    supervised = _is(CaseIndex.supervisor_id, actor.id)
    known = CaseIndex.confidential.is_(False)
    match reach:
        case "no":
            return false()
        case "named":
            return named
        case "owner":
            return _is(CaseIndex.owner_id, actor.id)
        case "own" if actor.team:
            return or_(mine, _is(CaseIndex.team, actor.team) & known)
        case "own":
            return mine
        case "reason":
            return or_(mine, supervised)
        case _:
            return or_(mine, supervised, known)


def _is(column: InstrumentedAttribute[Any], value: object) -> ColumnElement[bool]:
    """Whether the column has the value; no rather than unknown where it is empty."""
    return (column == value) & column.is_not(None)


def within_reach(actor: Actor, action: str, case: Case, *, reason: str = "") -> bool:
    """Whether the action may be done on this case, for the reason given."""
    return any(_covers(each, actor, action, case, reason.strip()) for each in reaches(actor, action))


def _covers(reach: str, actor: Actor, action: str, case: Case, reason: str) -> bool:
    named = case.named_access is not None and str(actor.id) in case.named_access
    mine = named or case.owner_id == actor.id
    match reach:
        case "no":
            return False
        case "named":
            return named
        case "owner":
            return case.owner_id == actor.id
        case "own":
            team = bool(actor.team) and case.team == actor.team and not case.confidential_case
            return mine or (team and action != "case.view_restricted")
        case "reason":
            return mine or case.supervisor_id == actor.id or (bool(reason) and not case.confidential_case)
        case _:
            return mine or case.supervisor_id == actor.id or not case.confidential_case


def open_case(desk: Desk, session: Session, action: str, case_id: UUID, *, reason: str = "") -> Case:
    """The case, if it is here and the user may do this with it."""
    return _allowed(desk, session.get(Case, case_id), action, case_id, reason)


def see_case(desk: Desk, rows: Rows, action: str, case_id: UUID) -> Case:
    """The case as a plain row, if it is here and the user may do this with it: to be read and not changed."""
    return _allowed(desk, rows.one(Case, case_id), action, case_id)


def case_of(desk: Desk, model: type[C], record: UUID) -> UUID:
    """The case that a record belongs to. This tells an id to who has one, and nothing else."""
    with desk.rows() as rows:
        found: Any = rows.one(model, record)
    if found is None or found.case_id is None or found.removed_at is not None:
        raise NotFound
    case_id: UUID = found.case_id
    return case_id


def open_record(desk: Desk, session: Session, action: str, model: type[C], record: UUID) -> tuple[C, Case]:
    """A record and the case it belongs to, if they are here and the user may do this with the case."""
    found: Any = session.get(model, record)
    if found is None or found.case_id is None:
        raise NotFound
    return found, open_case(desk, session, action, found.case_id)


def _allowed(desk: Desk, case: Case | None, action: str, case_id: UUID, reason: str = "") -> Case:
    if case is None or case.removed_at is not None:
        raise NotFound
    if not within_reach(desk.actor, "case.list", case):
        raise Hidden(case_id)
    if not within_reach(desk.actor, action, case, reason=reason):
        raise OutOfReach(case_id)
    return case
