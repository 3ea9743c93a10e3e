"""Whose a case is and who else may read it: handing it over, its supervisor, and the people named on it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeGuard
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import NOBODY, Actor, Desk
from casedesk.errors import InvalidInput, Problem
from casedesk.i18n import _
from casedesk.models import Case, FollowUp, User
from casedesk.services.edits import apply_edits
from casedesk.services.follow_ups import still_planned
from casedesk.services.permissions import needs, open_case, reach, see_case, within_reach

OWNER, SUPERVISOR, NAMED = "case.owner_id", "case.supervisor_id", "case.named_access"


@dataclass(frozen=True, slots=True)
class CaseAccess:
    """Who owns a case, supervises it and is named on it; and what the one signed in may change of that."""

    owner_id: UUID | None
    supervisor_id: UUID | None
    team: str
    named: tuple[UUID, ...] = ()
    may_hand_over: bool = False
    may_name: bool = False


def may_own(roles: Collection[str]) -> bool:
    """Whether somebody with these roles works on cases of their own."""
    return _reach(roles, "case.edit") in ("own", "centre")


def may_supervise(roles: Collection[str]) -> bool:
    return _reach(roles, "case.view_restricted") in ("reason", "centre")


def may_be_named(roles: Collection[str]) -> bool:
    """Whether somebody with these roles reads cases at all, so that naming them changes something."""
    return _reach(roles, "case.view") != "no"


def _reach(roles: Collection[str], action: str) -> str:
    return reach(Actor(NOBODY, "", frozenset(roles)), action)


@needs("case.view")
def access_of(desk: Desk, case_id: UUID) -> CaseAccess:
    with desk.rows() as rows:
        case = see_case(desk, rows, "case.view", case_id)
        return CaseAccess(
            owner_id=case.owner_id,
            supervisor_id=case.supervisor_id,
            team=case.team or "",
            named=tuple(_named(case)),
            may_hand_over=within_reach(desk.actor, "case.hand_over", case),
            may_name=within_reach(desk.actor, "case.name_people", case),
        )


@needs("case.hand_over")
def hand_over(desk: Desk, case_id: UUID, to: UUID, reason: str = "", *, seen: UUID | None) -> bool:
    """Give the case to another owner, with the team of that owner and what was planned for the one before.

    `seen` is whose it was when that was decided. Returns whether the one signed in may still open it.
    """
    with desk.write("case.hand_over", about=case_id, reason=reason.strip() or None) as session:
        case = open_case(desk, session, "case.hand_over", case_id)
        owner = session.get(User, to)
        if not _works_here(owner) or not may_own(owner.roles or ()):
            raise _refused(OWNER, _("A case belongs to a caseworker or supervisor who works here."))
        before = case.owner_id
        apply_edits(case, {"owner_id": (seen, to)})
        case.team = owner.team
        _move_planned(session, case, before, to)
        _name(case, [user for user in _named(case) if user != to])
        return within_reach(desk.actor, "case.view", case)


def _move_planned(session: Session, case: Case, before: UUID | None, to: UUID) -> None:
    for follow_up in still_planned(session, FollowUp.case_id == case.id, FollowUp.assigned_to == before):
        follow_up.assigned_to = to


@needs("case.hand_over")
def set_supervisor(desk: Desk, case_id: UUID, user: UUID | None, *, seen: UUID | None) -> None:
    """Say who supervises the case instead of who was `seen`; None is whoever supervises the centre."""
    with desk.write("case.supervisor", about=case_id) as session:
        case = open_case(desk, session, "case.hand_over", case_id)
        if user is not None:
            found = session.get(User, user)
            if not _works_here(found) or not may_supervise(found.roles or ()):
                raise _refused(SUPERVISOR, _("Choose a supervisor or coordinator who works here."))
        apply_edits(case, {"supervisor_id": (seen, user)})


@needs("case.name_people")
def name_people(desk: Desk, case_id: UUID, more: Collection[UUID], fewer: Collection[UUID] = ()) -> None:
    """Let these people too read the case whole, and those no more. Whoever else is named on it stays."""
    with desk.write("case.name_people", about=case_id) as session:
        case = open_case(desk, session, "case.name_people", case_id)
        named = set(_named(case))
        for new in set(more) - named:
            user = session.get(User, new)
            if not _works_here(user) or not may_be_named(user.roles or ()):
                raise _refused(NAMED, _("Only colleagues who work here and read cases can be named."))
        _name(case, (named | set(more)) - set(fewer))


def first_access(session: Session, desk: Desk) -> CaseAccess:
    """Whose a new case is: of whoever registers it, or if they do not work on cases of a supervisor, of the same team
    if there is one. Where nobody supervises, it goes to a caseworker; where nobody works on cases, to nobody yet."""
    actor = desk.actor
    if may_own(actor.roles):
        return CaseAccess(actor.id, None, actor.team or "")
    here = session.scalars(select(User).where(User.removed_at.is_(None), User.active.is_(True)))
    users = [user for user in here if may_own(user.roles or ())]
    users.sort(key=lambda user: (not _leads(user), user.team != actor.team, user.name or "", user.id))
    if not users:
        return CaseAccess(None, None, actor.team or "")
    owner = users[0]
    return CaseAccess(owner.id, owner.id if _leads(owner) else None, owner.team or "")


def _leads(user: User) -> bool:
    return _reach(user.roles or (), "case.edit") == "centre"


def _works_here(user: User | None) -> TypeGuard[User]:
    return user is not None and bool(user.active) and user.removed_at is None


def _named(case: Case) -> list[UUID]:
    return [UUID(each) for each in case.named_access or ()]


def _name(case: Case, users: Collection[UUID]) -> None:
    case.named_access = sorted({str(user) for user in users}) or None


def _refused(key: str, words: str) -> InvalidInput:
    return InvalidInput({key: [Problem(words)]})
