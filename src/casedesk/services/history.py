"""The history of a case, read from the journal: who changed what, when, from what to what, and who looked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.fields import Field, Kind, Level
from casedesk.i18n import _
from casedesk.models import (
    Case,
    CaseNote,
    Change,
    Consent,
    ConsentLine,
    ContractTerms,
    CostItem,
    Debt,
    Disclosure,
    FollowUp,
    IdentityDocument,
    Incident,
    IncidentViolation,
    MigrationEpisode,
    NeedItem,
    NeedsAssessment,
    Recorded,
    RecruiterInvolvement,
    Referral,
    SafetyFlag,
    StatusEvent,
    Triage,
    fields_of,
    recorded_models,
)
from casedesk.models import Operation as OperationRow
from casedesk.services.office import names_of_users
from casedesk.services.permissions import needs, open_case, within_reach
from casedesk.services.words import in_words
from casedesk.storage.operations import ClockFlag, Value, shown, unpack
from casedesk.storage.recorder import EPOCH, OPERATION_TABLE, from_leaf

CHILDREN: tuple[type[Recorded], ...] = (
    CaseNote,
    Consent,
    ConsentLine,
    Disclosure,
    FollowUp,
    Incident,
    IncidentViolation,
    NeedItem,
    NeedsAssessment,
    Referral,
    SafetyFlag,
    StatusEvent,
    Triage,
)
OF_THE_JOURNEY: tuple[type[Recorded], ...] = (ContractTerms, CostItem, Debt, RecruiterInvolvement)
LOOKING = ("case.view", "case.show_number", "case.print", "referral.print", "denied.")
UNSHOWN = frozenset((Kind.REFERENCE, Kind.REFERENCES))


@dataclass(frozen=True, slots=True)
class Changed:
    """One field: what it is called, what it said before, and what it says since. Restricted ones may be unsaid."""

    record: str
    field: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation: an action, by whom, when as the computer claimed, and what it changed."""

    seq: int
    action: str
    by: str
    at: datetime
    doubtful: bool  # the clock disagreed with something already seen
    reason: str
    changes: tuple[Changed, ...]
    withheld: int  # restricted fields the user may not read


@needs("case.history")
def history(desk: Desk, case_id: UUID, *, before: int | None = None, size: int = 100) -> list[Entry]:
    """What was done with a case, the newest first; pass the last entry's number to go on from it."""
    with desk.read() as session:
        case = open_case(desk, session, "case.history", case_id)
        restricted = within_reach(desk.actor, "case.view_restricted", case)
        records = _records(session, case)
        wanted = select(Change.operation_seq).where(Change.record.in_(records))
        if before is not None:
            wanted = wanted.where(Change.operation_seq < before)
        numbers = session.scalars(wanted.distinct().order_by(Change.operation_seq.desc()).limit(size)).all()
        people = names_of_users(session)
        entries = [_entry(session, number, records, people, restricted=restricted) for number in numbers]
        return [entry for entry in entries if entry.changes or entry.withheld or _is_look(entry.action)]


def who_looked(desk: Desk, case_id: UUID) -> list[Entry]:
    """Who opened the case, saw a number, or printed it."""
    return [entry for entry in history(desk, case_id, size=1000) if _is_look(entry.action)]


def _is_look(action: str) -> bool:
    return action.startswith(LOOKING)


def _records(session: Session, case: Case) -> list[UUID]:
    found = [case.id]
    if case.person_id is not None:
        found.append(case.person_id)
        for model in (IdentityDocument, MigrationEpisode):
            found += session.scalars(select(model.id).where(model.person_id == case.person_id))
    for child in CHILDREN:
        found += session.scalars(select(child.id).where(child.case_id == case.id))  # type: ignore[attr-defined]
    for part in OF_THE_JOURNEY:
        found += session.scalars(select(part.id).where(part.episode_id == case.index_episode_id))  # type: ignore[attr-defined]
    return found


def _entry(
    session: Session, number: int, records: list[UUID], people: dict[UUID, str], *, restricted: bool
) -> Entry:
    row = session.get_one(OperationRow, number)
    (operation,) = unpack(row.body)
    about = {"action": "", "reason": ""}
    changes: list[Changed] = []
    withheld = 0
    ours = {record.bytes for record in records}
    for level, leaf in shown(operation):
        if leaf.table == OPERATION_TABLE:
            if leaf.field in about and (restricted or level < Level.RESTRICTED):
                about[leaf.field] = str(leaf.value)
        elif leaf.record in ours and (declared := _declared(leaf.table, leaf.field)) is not None:
            if level >= Level.RESTRICTED and not restricted:
                withheld += 1
                continue
            before = _value_before(session, number, leaf.table, leaf.record, leaf.field)
            if before != leaf.value:
                was, now = (in_words(declared, from_leaf(declared, value)) for value in (before, leaf.value))
                changes.append(Changed(leaf.table, leaf.field, _(declared.label), was, now))
    doubtful = bool(row.flags & ClockFlag.BEHIND)
    at = EPOCH + timedelta(milliseconds=row.wall)
    by = people.get(UUID(bytes=row.actor), "")
    return Entry(number, about["action"], by, at, doubtful, about["reason"], tuple(changes), withheld)


def _declared(table: str, field: str) -> Field | None:
    """The declaration of a field that a person reads; links between records say nothing to them."""
    model = recorded_models().get(table)
    declared = fields_of(model).get(field) if model is not None else None
    return declared if declared is not None and declared.kind not in UNSHOWN else None


def _value_before(session: Session, number: int, table: str, record: bytes, field: str) -> Value:
    """What the journal said of the field before this operation: new values only are kept."""
    wanted = (
        select(Change.operation_seq, Change.fields)
        .where(Change.record == UUID(bytes=record), Change.operation_seq < number)
        .order_by(Change.operation_seq.desc())
    )
    for earlier, fields in session.execute(wanted):
        if field in fields.split():
            (operation,) = unpack(session.get_one(OperationRow, earlier).body)
            for _level, leaf in shown(operation):
                if (leaf.table, leaf.record, leaf.field) == (table, record, field):
                    return leaf.value
    return None
