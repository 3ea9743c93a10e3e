"""The history of a case, read from the journal: who changed what, when, from what to what, and who looked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.fields import Field, Kind, Level
from casedesk.i18n import _
from casedesk.models import (
    Case,
    Change,
    Incident,
    fields_of,
    recorded_models,
)
from casedesk.models import Operation as OperationRow
from casedesk.services.permissions import needs, open_case, within_reach
from casedesk.services.users import names_of_users
from casedesk.services.words import BETWEEN, in_words
from casedesk.storage import belonging
from casedesk.storage.operations import ClockFlag, Value, shown, unpack
from casedesk.storage.recorder import OPERATION_TABLE, from_leaf, moment_of

DECIDING = ("clash.settle", "case.erased")  # told though nothing may have changed
LOOKING = ("case.view", "case.show_number", "case.print", "referral.print", "denied.")
LINKS = frozenset((Kind.REFERENCE, Kind.REFERENCES))
_Place = tuple[str, bytes, str]  # table, record, field
_Written = tuple[int, bytes, frozenset[str]]  # an operation, and which fields of which account it wrote


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
def history(desk: Desk, case_id: UUID, *, before: int | None = None, size: int = 100, reason: str = "") -> list[Entry]:
    """What was done with a case, the newest first; pass the last entry's number to go on from it.

    `reason` is the one recorded for what is restricted.
    """
    return _told(desk, case_id, before, size, _is_told, reason)


@needs("case.history")
def who_looked(desk: Desk, case_id: UUID, *, before: int | None = None, size: int = 100) -> list[Entry]:
    """Who opened the case, saw a number, printed it, or was refused."""
    return _told(desk, case_id, before, size, _is_look)


def _told(
    desk: Desk, case_id: UUID, before: int | None, size: int, wanted: Callable[[Entry], bool], reason: str = ""
) -> list[Entry]:
    with desk.read() as session:
        case = open_case(desk, session, "case.history", case_id)
        journal = _Journal(
            session,
            records={record.bytes for record in belonging.ids_of(session, {case.id})},
            people=names_of_users(session),
            restricted=within_reach(desk.actor, "case.view_restricted", case, reason=reason),
            firsts=_firsts(session, case),
        )
        found: list[Entry] = []
        while len(found) < size:
            numbers = _numbers(session, journal, before, size)
            if not numbers:
                break
            found += [entry for number in numbers if wanted(entry := journal.entry(number))]
            before = numbers[-1]
        return found[:size]


def _numbers(session: Session, journal: _Journal, before: int | None, size: int) -> Sequence[int]:
    records = [UUID(bytes=record) for record in journal.records]
    wanted = select(Change.operation_seq).where(Change.record.in_(records))
    if before is not None:
        wanted = wanted.where(Change.operation_seq < before)
    return session.scalars(wanted.distinct().order_by(Change.operation_seq.desc()).limit(size)).all()


def _is_told(entry: Entry) -> bool:
    return bool(entry.changes or entry.withheld) or entry.action in DECIDING or _is_look(entry)


def _is_look(entry: Entry) -> bool:
    return entry.action.startswith(LOOKING)


def _firsts(session: Session, case: Case) -> dict[bytes, bytes]:
    """The first account of each incident that was put right: account → first account."""
    wanted = select(Incident.id, Incident.corrects_id).where(
        Incident.case_id == case.id, Incident.corrects_id.is_not(None)
    )
    return {account.bytes: first.bytes for account, first in session.execute(wanted) if first is not None}


@dataclass(slots=True)
class _Journal:
    """The operations that touched some records, read as far as one person may."""

    session: Session
    records: set[bytes]
    people: Mapping[UUID, str]
    restricted: bool
    firsts: Mapping[bytes, bytes]
    read: dict[int, Mapping[_Place, tuple[int, Value]]] = field(default_factory=dict)
    written: dict[bytes, Sequence[_Written]] = field(default_factory=dict)

    def entry(self, number: int) -> Entry:
        row = self.session.get_one(OperationRow, number)
        changes: list[Changed] = []
        withheld = 0
        about = {"action": "", "reason": ""}
        for place, (level, value) in self._leaves(number).items():
            table, record, name = place
            if table == OPERATION_TABLE:
                if self.restricted or level < Level.RESTRICTED:
                    about[name] = str(value)
            elif self._put_aside(record, name):
                continue
            elif record in self.records and (declared := _declared(table, name)) is not None:
                if level >= Level.RESTRICTED and not self.restricted:
                    withheld += declared.kind not in LINKS
                elif (changed := self._changed(number, place, declared, value)) is not None:
                    changes.append(changed)
        return Entry(
            seq=number,
            action=about["action"],
            by=self.people.get(UUID(bytes=row.actor), ""),
            at=moment_of(row.wall),
            doubtful=bool(row.flags & ClockFlag.BEHIND),
            reason=about["reason"],
            changes=tuple(changes),
            withheld=withheld,
        )

    def _changed(self, number: int, place: _Place, declared: Field, value: Value) -> Changed | None:
        level, earlier = self._before(number, place)
        if earlier == value:
            return None
        secret = level >= Level.RESTRICTED and not self.restricted  # it was restricted then, and is not now
        before = "" if secret else self._words(declared, earlier)
        after = self._words(declared, value)
        if declared.kind in LINKS and not before and not after:
            return None
        return Changed(place[0], place[2], _(declared.label), before, after)

    def _words(self, declared: Field, value: Value) -> str:
        """The value in words. Of what points to another record only colleagues have a name."""
        if declared.kind is Kind.REFERENCE:
            return self.people.get(UUID(bytes=value), "") if isinstance(value, bytes) else ""
        if declared.kind is Kind.REFERENCES:
            ids = value if isinstance(value, list) else []
            return BETWEEN.join(name for each in ids if (name := self.people.get(UUID(each), "")))
        return in_words(declared, from_leaf(declared, value))

    def _put_aside(self, record: bytes, name: str) -> bool:
        """Whether this only says that a newer account took the place of the record."""
        return name == "removed_at" and (record in self.firsts or record in self.firsts.values())

    def _accounts(self, record: bytes) -> list[UUID]:
        """The record with the other accounts of the same incident."""
        first = self.firsts.get(record, record)
        return [UUID(bytes=each) for each in {record, first, *(a for a, of in self.firsts.items() if of == first)}]

    def _before(self, number: int, place: _Place) -> tuple[int, Value]:
        """What the journal said of the field before this operation: new values only are kept."""
        table, record, name = place
        for earlier, account, fields in self._written(record):
            if earlier < number and name in fields:
                return self._leaves(earlier).get((table, account, name), (Level.RESTRICTED, None))
        return Level.PUBLIC, None

    def _written(self, record: bytes) -> Sequence[_Written]:
        """Whenever something was written in the record or in another account of it, the newest first."""
        if record not in self.written:
            wanted = (
                select(Change.operation_seq, Change.record, Change.fields)
                .where(Change.record.in_(self._accounts(record)))
                .order_by(Change.operation_seq.desc())
            )
            self.written[record] = [
                (number, account.bytes, frozenset(fields.split()))
                for number, account, fields in self.session.execute(wanted)
            ]
        return self.written[record]

    def _leaves(self, number: int) -> Mapping[_Place, tuple[int, Value]]:
        if number not in self.read:
            (operation,) = unpack(self.session.get_one(OperationRow, number).body)
            self.read[number] = {
                (leaf.table, leaf.record, leaf.field): (level, leaf.value) for level, leaf in shown(operation)
            }
        return self.read[number]


def _declared(table: str, name: str) -> Field | None:
    model = recorded_models().get(table)
    return fields_of(model).get(name) if model is not None else None
