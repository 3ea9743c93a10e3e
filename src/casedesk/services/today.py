"""Today: what is late, what is due, what waits on others, what was begun (UX 4.3)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from casedesk import codelists
from casedesk.desk import Desk
from casedesk.formats import day_in_dhaka
from casedesk.i18n import N_, _
from casedesk.models import CaseIndex, FollowUp, SafetyFlag, State
from casedesk.services.answers import Answers
from casedesk.services.drafts import DraftRow, drafts
from casedesk.services.permissions import may, needs, reach, visible
from casedesk.services.referrals.reading import count_referrals
from casedesk.services.search import View, count_cases, filters_of, shown_names
from casedesk.services.sections import PARTS, QUICK
from casedesk.services.users import names_of_users

FIRST = 10
WEEK = timedelta(days=6)
MOST = 500
FLAG = "safety_flag"
CONTACT = "next_contact"
ACT_NOW = N_("Safety: act now")
NEXT_CONTACT = N_("Next contact")


class Due(StrEnum):
    """The groups of Today."""

    OVERDUE = "overdue"
    TODAY = "today"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do. `kind` is a code of followup_type, FLAG or CONTACT."""

    follow_up_id: UUID | None
    case_id: UUID
    case_number: str
    names: tuple[str, str]
    what: str
    kind: str
    due_on: date
    days_late: int
    priority: str | None
    category: str | None
    owner: str


@dataclass(frozen=True, slots=True)
class Group:
    """What falls due together: how much there is in all, and the first of it."""

    due: Due
    total: int
    tasks: tuple[Task, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """The tiles."""

    overdue: int
    due_today: int
    waiting: int
    open_cases: int
    drafts: int


@dataclass(frozen=True, slots=True)
class DraftProgress:
    """A draft and how far it is. `last_part` is the furthest part with an answer."""

    draft: DraftRow
    done: int
    parts: int
    last_part: str


@needs("case.list")
def tasks(desk: Desk, whole: Collection[Due] = ()) -> list[Group]:
    """What is late, due today and due in the next days; the first few of each group unless it is asked for whole.

    A caseworker sees own tasks, who leads sees those of every case in reach.
    """
    with desk.read() as session:
        people = names_of_users(session)
        flags = _flags(session, desk, people)
        totals = _totals(session, desk)
        found = []
        for due, since, until in _groups(desk.today()):
            size = (MOST if due in whole else FIRST) if totals[due] else 0
            rows = session.execute(_first(_wanted(desk, since, until), size)).all() if size else []
            first = [_task(desk, people, row) for row in rows]
            if due is Due.OVERDUE:
                found.append(Group(due, totals[due] + len(flags), (*flags, *first)))
            else:
                found.append(Group(due, totals[due], tuple(first)))
        return found


def _totals(session: Session, desk: Desk) -> dict[Due, int]:
    """How much each group holds, counted in one walk."""
    due = _wanted(desk, None, desk.today() + WEEK).subquery()
    late = case((due.c.due_on < desk.today(), Due.OVERDUE), (due.c.due_on == desk.today(), Due.TODAY), else_=Due.LATER)
    counted = session.execute(select(late, func.count()).select_from(due).group_by(late))
    return dict.fromkeys(Due, 0) | {Due(code): count for code, count in counted}


@needs("case.list")
def counts(desk: Desk, groups: Sequence[Group] | None = None) -> Counts:
    """The numbers on the tiles; `groups` if they were read a moment ago."""
    totals = {group.due: group.total for group in (groups if groups is not None else tasks(desk))}
    return Counts(
        overdue=totals[Due.OVERDUE],
        due_today=totals[Due.TODAY],
        waiting=count_referrals(desk, "waiting") if may(desk, "referral.list") else 0,
        open_cases=count_cases(desk, filters_of(desk, View.MINE)),
        drafts=len(drafts(desk)) if may(desk, "case.draft") else 0,
    )


@needs("case.draft")
def draft_progress(desk: Desk) -> list[DraftProgress]:
    """The drafts of the one signed in, the newest first, with the parts that have an answer."""
    return [_progress(draft) for draft in drafts(desk)]


def _progress(draft: DraftRow) -> DraftProgress:
    if draft.kind == "quick":
        done = sum(key in draft.answers for key in QUICK.keys)
        return DraftProgress(draft, done, len(QUICK.keys), QUICK.name)
    begun = [part.name for part in PARTS if _begun(part.keys, draft.answers)]
    return DraftProgress(draft, len(begun), len(PARTS), begun[-1] if begun else PARTS[0].name)


def _begun(keys: Sequence[str], answers: Answers) -> bool:
    return any(answers.get(key) not in (None, "", []) for key in keys)


def _groups(today: date) -> Sequence[tuple[Due, date | None, date]]:
    """Each group with the first and the last day of it."""
    return (
        (Due.OVERDUE, None, today - timedelta(days=1)),
        (Due.TODAY, today, today),
        (Due.LATER, today + timedelta(days=1), today + WEEK),
    )


def leads(desk: Desk) -> bool:
    """Whether the tasks of others are among those shown."""
    return reach(desk.actor, "case.list") not in ("no", "named", "own")


def _wanted(desk: Desk, since: date | None, until: date) -> Select[Any]:
    """Planned follow-ups, and plain next contacts, of these days.

    `due_on` of the list row is the earliest day of anything in the case, so its index leaves out what is later.
    """
    shown = (CaseIndex.is_open.is_(True), visible(desk.actor), CaseIndex.due_on <= until)
    planned = (
        select(*_shown(FollowUp.id, FollowUp.type, FollowUp.task, FollowUp.due_on))
        .select_from(CaseIndex)
        .join(FollowUp, FollowUp.case_id == CaseIndex.case_id)
        .where(*shown, _is_planned(), FollowUp.removed_at.is_(None), *_within(FollowUp.due_on, since, until))
    )
    contact = select(*_shown(null(), literal(CONTACT), null(), CaseIndex.due_on)).where(
        *shown, CaseIndex.due_id.is_(None), *_within(CaseIndex.due_on, since, until)
    )
    if not leads(desk):
        planned = planned.where(or_(FollowUp.assigned_to == desk.actor.id, CaseIndex.owner_id == desk.actor.id))
        contact = contact.where(CaseIndex.owner_id == desk.actor.id)
    both = union_all(planned, contact).subquery("due")
    return select(both)


def _is_planned() -> ColumnElement[bool]:
    """Asked for each follow-up of the cases found, not the other way round: nearly everything else is over."""
    return select(State.status).where(State.entity_id == FollowUp.id).correlate(FollowUp).scalar_subquery() == "planned"


def _within(column: Any, since: date | None, until: date) -> list[ColumnElement[bool]]:
    return [column <= until] if since is None else [column <= until, column >= since]


def _shown(id_: Any, kind: Any, task: Any, due_on: Any) -> list[Any]:
    return [
        id_.label("follow_up_id"),
        kind.label("kind"),
        task.label("task"),
        due_on.label("due_on"),
        CaseIndex.case_id,
        CaseIndex.case_number,
        CaseIndex.person_code,
        CaseIndex.name_bn,
        CaseIndex.name_en,
        CaseIndex.hide_name,
        CaseIndex.priority,
        CaseIndex.priority_rank,
        CaseIndex.category,
        CaseIndex.owner_id,
    ]


def _first(wanted: Select[Any], size: int) -> Select[Any]:
    """Urgent ones first, then by day."""
    found = wanted.selected_columns
    urgent = codelists.get("priority")["urgent"].sort
    return wanted.order_by(found.priority_rank > urgent, found.due_on, found.priority_rank, found.case_id).limit(size)


def _task(desk: Desk, people: dict[UUID, str], row: Any) -> Task:
    kind = row.kind or "other"
    # tasks that the program plans are kept in English
    task = _(row.task) if row.task else codelists.get("followup_type").label(kind)
    words = _(NEXT_CONTACT) if kind == CONTACT else task
    return Task(
        follow_up_id=row.follow_up_id,
        case_id=row.case_id,
        case_number=row.case_number,
        names=_names(row),
        what=words,
        kind=kind,
        due_on=row.due_on,
        days_late=max((desk.today() - row.due_on).days, 0),
        priority=row.priority,
        category=row.category,
        owner=people.get(row.owner_id, ""),
    )


def _names(row: Any) -> tuple[str, str]:
    """The first and the second name to show; the code alone where it stands for them."""
    return (
        shown_names("", "", row.person_code)
        if row.hide_name
        else shown_names(row.name_bn, row.name_en, row.person_code)
    )


def _flags(session: Session, desk: Desk, people: dict[UUID, str]) -> list[Task]:
    """Cases with a safety flag past its hour on which nobody has acted, for who may read about it without a reason."""
    late = (
        SafetyFlag.removed_at.is_(None),
        SafetyFlag.first_action_at.is_(None),
        SafetyFlag.cleared_at.is_(None),
        SafetyFlag.due_at < desk.clock(),
    )
    since = select(func.min(SafetyFlag.due_at)).where(SafetyFlag.case_id == CaseIndex.case_id, *late)
    due_at = since.correlate(CaseIndex).scalar_subquery().label("due_at")
    wanted = select(CaseIndex, due_at).where(
        CaseIndex.case_id.in_(select(SafetyFlag.case_id).where(*late)),
        CaseIndex.is_open.is_(True),
        visible(desk.actor),
        visible(desk.actor, "case.view_restricted"),
    )
    if not leads(desk) or reach(desk.actor, "case.view_restricted") == "reason":
        wanted = wanted.where(CaseIndex.owner_id == desk.actor.id)
    rows = session.execute(wanted.order_by(due_at).limit(MOST))
    return [_flag(desk, people, row, at) for row, at in rows if at is not None]


def _flag(desk: Desk, people: dict[UUID, str], row: CaseIndex, due_at: datetime) -> Task:
    day = day_in_dhaka(due_at)
    return Task(
        follow_up_id=None,
        case_id=row.case_id,
        case_number=row.case_number,
        names=_names(row),
        what=_(ACT_NOW),
        kind=FLAG,
        due_on=day,
        days_late=(desk.today() - day).days,
        priority=row.priority,
        category=row.category,
        owner=people.get(row.owner_id, "") if row.owner_id else "",
    )
