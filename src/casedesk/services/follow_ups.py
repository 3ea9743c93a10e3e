"""Follow-ups: contacts and tasks that are planned, done, moved or dropped (DOMAIN 4.27, 5.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import InvalidInput, Problem
from casedesk.i18n import _
from casedesk.models import Case, FollowUp, State, User
from casedesk.services import lifecycle
from casedesk.services.edits import apply_edits, as_new
from casedesk.services.notes import reads_restricted
from casedesk.services.permissions import case_of, needs, open_case, open_record, see_case

RESULTS = ("done", "tried_no_contact")
CONTACT = "welfare_check"
ASKS_WHY = "urgent"  # the priority with which nobody is put off without a reason


@dataclass(frozen=True, slots=True)
class RecordFollowUp:
    """What came of a follow-up. `result` is one of RESULTS; `next_type` is what the next contact is for."""

    result: str = "done"
    at: datetime | None = None
    method: str | None = None
    client_situation: str | None = None
    note: str | None = None
    next_due_on: date | None = None
    next_type: str | None = None


@dataclass(frozen=True, slots=True)
class FollowUpRow:
    """A follow-up in a list. The note is empty for who may not read restricted words."""

    id: UUID
    case_id: UUID
    type: str
    task: str
    due_on: date | None
    status: str
    overdue: bool
    assigned_to: UUID | None
    assigned_name: str
    done_at: datetime | None
    method: str | None
    client_situation: str | None
    note: str
    next_due_on: date | None
    referral_id: UUID | None


@needs("case.view")
def follow_ups_of(desk: Desk, case_id: UUID, reason: str = "") -> list[FollowUpRow]:
    """The follow-ups of a case: planned ones by day, then what is over, the newest first; `reason` is the one
    recorded for what is restricted."""
    with desk.rows() as rows:
        case = see_case(desk, rows, "case.view", case_id)
        people = {user.id: user.name or "" for user in rows.all(User)}
        restricted = reads_restricted(desk, case, reason)
        states = lifecycle.states_of(rows, case_id)
        found = [
            _row(follow_up, states[follow_up.id].status, people, desk.today(), restricted=restricted)
            for follow_up in rows.of(FollowUp, "case_id", case_id)
            if follow_up.removed_at is None and follow_up.id in states
        ]
    planned = sorted((row for row in found if row.status == "planned"), key=lambda row: row.due_on or date.max)
    over = (row for row in found if row.status != "planned")
    return planned + sorted(over, key=lambda row: (row.due_on or date.min, row.id), reverse=True)


@needs("case.note")
def plan(
    desk: Desk, case_id: UUID, kind: str, due_on: date, task: str | None = None, assigned_to: UUID | None = None
) -> UUID:
    """Plan a contact or a task; `kind` is a code of followup_type."""
    with desk.write("follow_up.plan", about=case_id) as session:
        case = open_case(desk, session, "case.note", case_id)
        _refuse_past("follow_up.due_on", due_on, desk.today())
        return planned(session, desk, case, kind, due_on, task=task, assigned_to=assigned_to).id


@needs("case.note")
def record(desk: Desk, follow_up_id: UUID, command: RecordFollowUp) -> None:
    """Write down what came of a planned follow-up; with a next day, plan the next one."""
    with desk.write("follow_up.record", about=case_of(desk, FollowUp, follow_up_id)) as session:
        follow_up, case = open_record(desk, session, "case.note", FollowUp, follow_up_id)
        lifecycle.take(session, desk, follow_up, _checked(desk, command).result)
        _write_down(session, desk, case, follow_up, command)


@needs("case.note")
def record_contact(desk: Desk, case_id: UUID, command: RecordFollowUp, kind: str = CONTACT) -> UUID:
    """Write down a contact that nobody had planned."""
    with desk.write("follow_up.record", about=case_id) as session:
        case = open_case(desk, session, "case.note", case_id)
        follow_up = FollowUp(case_id=case_id)
        apply_edits(follow_up, as_new({"type": kind, "due_on": desk.today(), "assigned_to": desk.actor.id}))
        session.add(follow_up)
        lifecycle.begin(session, desk, follow_up, "planned", _checked(desk, command).result)
        _write_down(session, desk, case, follow_up, command)
        return follow_up.id


@needs("case.note")
def snooze(desk: Desk, follow_up_id: UUID, to: date, reason: str = "") -> UUID:
    """Move a follow-up to another day: the old one stays as moved, a new one is planned. Returns the new one."""
    with desk.write("follow_up.snooze", about=case_of(desk, FollowUp, follow_up_id)) as session:
        old, case = open_record(desk, session, "case.note", FollowUp, follow_up_id)
        _refuse_past("follow_up.due_on", to, desk.today())
        _ask_why(case, reason)
        lifecycle.take(session, desk, old, "rescheduled", reason=reason.strip() or None)
        if case.next_contact_on == old.due_on:
            case.next_contact_on = to
        kind = old.type or CONTACT
        return planned(
            session, desk, case, kind, to, task=old.task, assigned_to=old.assigned_to, referral_id=old.referral_id
        ).id


@needs("case.note")
def put_off_contact(desk: Desk, case_id: UUID, seen: date, to: date, reason: str = "") -> None:
    """Move the next contact of a case, for which no follow-up is planned, from the day that was seen to another one.

    Raises InvalidInput, or Conflict if it is another day by now.
    """
    with desk.write("follow_up.snooze", about=case_id, reason=reason.strip() or None) as session:
        case = open_case(desk, session, "case.note", case_id)
        _refuse_past("follow_up.due_on", to, desk.today())
        _ask_why(case, reason)
        apply_edits(case, {"next_contact_on": (seen, to)})


@needs("case.note")
def cancel(desk: Desk, follow_up_id: UUID, reason: str = "") -> None:
    """Drop a planned follow-up."""
    with desk.write("follow_up.cancel", about=case_of(desk, FollowUp, follow_up_id)) as session:
        follow_up, _case = open_record(desk, session, "case.note", FollowUp, follow_up_id)
        lifecycle.take(session, desk, follow_up, "cancelled", reason=reason.strip() or None)


def planned(
    session: Session,
    desk: Desk,
    case: Case,
    kind: str,
    due_on: date,
    *,
    task: str | None = None,
    assigned_to: UUID | None = None,
    referral_id: UUID | None = None,
) -> FollowUp:
    """Plan a follow-up in this session; who has the case does it, unless somebody else is named."""
    follow_up = FollowUp(case_id=case.id)
    values = {
        "type": kind,
        "task": task,
        "due_on": due_on,
        "assigned_to": assigned_to or case.owner_id or desk.actor.id,
        "referral_id": referral_id,
    }
    apply_edits(follow_up, as_new(values))
    session.add(follow_up)
    lifecycle.begin(session, desk, follow_up, "planned")
    return follow_up


def still_planned(session: Session, *which: ColumnElement[bool]) -> Sequence[FollowUp]:
    """The follow-ups of this kind that are neither done nor dropped, by day."""
    wanted = (
        select(FollowUp)
        .join(State, State.entity_id == FollowUp.id)
        .where(*which, State.status == "planned", FollowUp.removed_at.is_(None))
        .order_by(FollowUp.due_on, FollowUp.id)
    )
    return session.scalars(wanted).all()


def end_planned(session: Session, desk: Desk, referral_id: UUID, to: str) -> None:
    """End the planned follow-ups that wait for the answer to a referral."""
    waiting = still_planned(session, FollowUp.referral_id == referral_id, FollowUp.type == "referral_followup")
    for follow_up in waiting:
        lifecycle.take(session, desk, follow_up, to)
        if to == "done":
            follow_up.done_at = desk.clock()


def _checked(desk: Desk, command: RecordFollowUp) -> RecordFollowUp:
    """The command, if its result is one and its days are on the right side of today."""
    found: dict[str, list[Problem]] = {}
    if command.result not in RESULTS:
        found["follow_up.result"] = [Problem(_("Choose whether there was contact."))]
    if command.at is not None and command.at > desk.clock():
        found["follow_up.done_at"] = [Problem(_("This is in the future."))]
    if found:
        raise InvalidInput(found)
    if command.next_due_on is not None:
        _refuse_past("follow_up.next_due_on", command.next_due_on, desk.today())
    return command


def _ask_why(case: Case, reason: str) -> None:
    if case.priority == ASKS_WHY and not reason.strip():
        raise InvalidInput({"status_event.reason_text": [Problem(_("This is urgent. Say why it can wait."))]})


def _refuse_past(key: str, day: date, today: date) -> None:
    if day < today:
        raise InvalidInput({key: [Problem(_("This day is over. Choose today or later."), rule="V35")]})


def _write_down(session: Session, desk: Desk, case: Case, follow_up: FollowUp, command: RecordFollowUp) -> None:
    values = {
        "done_at": command.at or desk.clock(),
        "method": command.method,
        "client_situation": command.client_situation,
        "note": command.note,
        "next_due_on": command.next_due_on,
    }
    apply_edits(follow_up, as_new(values))
    if command.next_due_on is None:
        return
    case.next_contact_on = command.next_due_on
    again = command.result == "tried_no_contact" and command.next_type is None
    planned(
        session,
        desk,
        case,
        (follow_up.type or CONTACT) if again else (command.next_type or CONTACT),
        command.next_due_on,
        task=follow_up.task if again else None,
        assigned_to=follow_up.assigned_to,
        referral_id=follow_up.referral_id if again else None,
    )


def _row(follow_up: FollowUp, status: str, people: Mapping[UUID, str], today: date, *, restricted: bool) -> FollowUpRow:
    return FollowUpRow(
        id=follow_up.id,
        case_id=follow_up.case_id or follow_up.id,
        type=follow_up.type or "",
        task=_(follow_up.task) if follow_up.task else "",  # tasks that the program plans are kept in English
        due_on=follow_up.due_on,
        status=status,
        overdue=status == "planned" and follow_up.due_on is not None and follow_up.due_on < today,
        assigned_to=follow_up.assigned_to,
        assigned_name=people.get(follow_up.assigned_to, "") if follow_up.assigned_to else "",
        done_at=follow_up.done_at,
        method=follow_up.method,
        client_situation=follow_up.client_situation,
        note=(follow_up.note or "") if restricted else "",
        next_due_on=follow_up.next_due_on,
        referral_id=follow_up.referral_id,
    )
