"""The recorder: whatever a write session flushes becomes one operation of the journal.

It opens the gate only while a flush runs, so that nothing else can write a recorded table: neither a bulk
statement in the same session nor another program that has the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction

from casedesk.fields import Field, Kind, Level, level_of
from casedesk.models import Chain, Change, Recorded, fields_of
from casedesk.models import Operation as OperationRow
from casedesk.models.columns import money_of, money_text, partial_day_of, partial_day_text
from casedesk.storage.operations import (
    ClockFlag,
    Leaf,
    OperationKind,
    Value,
    digest,
    link,
    new_operation,
    pack,
)
from casedesk.values import Money, PartialDay

SCHEMA = 1  # the number of the newest migration; it stands in every operation
OPERATION_TABLE = "op"
NO_RECORD = bytes(16)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
A_DAY = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Act:
    """What is being done: its action, who does it, which record it is about, and why."""

    action: str
    actor: UUID
    about: UUID | None = None
    reason: str | None = None
    always: bool = False  # written even when no record changes: looking, printing, signing in


def to_leaf(value: object) -> Value:
    """A value as the journal keeps it (SYNC 4): dates as text, times as milliseconds, ids as bytes."""
    match value:
        case None | bool() | int() | str() | bytes():
            return value
        case datetime():
            return (value - EPOCH) // timedelta(milliseconds=1)
        case date():
            return value.isoformat()
        case PartialDay():
            return partial_day_text(value)
        case Money():
            return money_text(value)
        case UUID():
            return value.bytes
        case list():
            return [str(item) for item in value]
    raise TypeError(type(value).__name__)


def from_leaf(declared: Field, value: Value) -> object:
    """The other way round: what a form or a page shows."""
    if value is None:
        return None
    convert: dict[Kind, Callable[[Any], object]] = {
        Kind.MOMENT: lambda ms: EPOCH + timedelta(milliseconds=ms),
        Kind.DAY: date.fromisoformat,
        Kind.PARTIAL_DAY: partial_day_of,
        Kind.MONEY: money_of,
        Kind.REFERENCE: lambda raw: UUID(bytes=raw),
    }
    return convert.get(declared.kind, lambda same: same)(value)


class Recorder:
    """Gathers what one session changes, and writes it down as one operation."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._new: set[Recorded] = set()
        self._before: dict[Recorded, dict[str, object]] = {}  # the first old value of each touched field
        event.listen(session, "before_flush", self._gather)
        event.listen(session, "after_flush", self._close_gate)
        event.listen(session, "do_orm_execute", refuse_bulk_writes)

    @property
    def records(self) -> list[Recorded]:
        return list(self._before)

    def write(self, act: Act, now: datetime, floor: Callable[[Recorded], Level]) -> OperationRow | None:
        """Write the operation, or nothing if nothing changed and nothing was looked at."""
        self._session.flush()
        changes = {record: names for record in self._before if (names := self._changed(record))}
        if not changes and not act.always:
            return None
        leaves: dict[int, list[Leaf]] = {}
        for record, names in changes.items():
            lowest = floor(record)
            fields = fields_of(type(record))
            for name in names:
                value = getattr(record, name)
                level = max(level_of(fields[name], value), lowest)
                leaf = Leaf(record.__tablename__, record.id.bytes, name, to_leaf(value))
                leaves.setdefault(level, []).append(leaf)
        for level, leaf in _about(act):
            leaves.setdefault(level, []).append(leaf)
        return self._append(act, now, leaves, changes)

    def _append(
        self, act: Act, now: datetime, leaves: dict[int, list[Leaf]], changes: dict[Recorded, list[str]]
    ) -> OperationRow:
        session = self._session
        chain = session.scalars(select(Chain).where(Chain.signing_seed.is_not(None)).order_by(Chain.ix.desc())).first()
        if chain is None:
            raise RuntimeError("the vault has no chain of its own")
        seq = chain.held + 1
        wall = (now - EPOCH) // timedelta(milliseconds=1)
        operation = new_operation(
            leaves,
            wall=wall,
            flags=self._clock_flags(wall),
            actor=act.actor.bytes,
            kind=OperationKind.WORK,
            schema=SCHEMA,
        )
        fingerprint = digest(seq, operation)
        row = OperationRow(
            chain_ix=chain.ix,
            chain_seq=seq,
            wall=wall,
            flags=operation.flags,
            actor=operation.actor,
            kind=operation.kind,
            schema=operation.schema,
            digest=fingerprint,
            link=link(chain.head, chain.id, seq, fingerprint),
            body=pack([operation]),
            arrived_at=now,
        )
        chain.held, chain.head = seq, row.link
        session.add(row)
        session.flush()
        touched = {record.id: (record.__tablename__, " ".join(names)) for record, names in changes.items()}
        if act.about is not None:
            touched.setdefault(act.about, ("", ""))
        session.add_all(Change(operation_seq=row.seq, record=k, table=t, fields=f) for k, (t, f) in touched.items())
        session.flush()
        return row

    def _clock_flags(self, wall: int) -> int:
        seen = self._session.scalar(select(OperationRow.wall).order_by(OperationRow.seq.desc()).limit(1))
        if seen is None:
            return 0
        return (ClockFlag.BEHIND if wall < seen else 0) | (ClockFlag.AHEAD if wall > seen + A_DAY else 0)

    def _gather(self, session: Session, _context: UOWTransaction, _instances: object) -> None:
        if any(isinstance(record, Recorded) for record in session.deleted):
            raise RuntimeError("a recorded row is removed by its removed_at, never deleted")
        for record in session.new:
            if isinstance(record, Recorded):
                self._new.add(record)
                self._before[record] = {}
        for record in session.dirty:
            if isinstance(record, Recorded):
                first = self._before.setdefault(record, {})
                for name, old in _old_values(record):
                    first.setdefault(name, old)
        self._open_gate()

    def _changed(self, record: Recorded) -> list[str]:
        """The fields that differ from what they were when the session began, with their registers whole."""
        fields = fields_of(type(record))
        if record in self._new:
            names = {name for name in fields if getattr(record, name) is not None}
        else:
            names = {name for name, old in self._before[record].items() if getattr(record, name) != old}
        registers = {fields[name].register for name in names} - {None}
        return [name for name in fields if name in names or fields[name].register in registers]

    def _open_gate(self) -> None:
        self._session.connection().exec_driver_sql("UPDATE gate SET open = 1")

    def _close_gate(self, *_: object) -> None:
        self._session.connection().exec_driver_sql("UPDATE gate SET open = 0")


def _old_values(record: Recorded) -> Iterator[tuple[str, object]]:
    state = inspect(record)
    for name in fields_of(type(record)):
        history = state.attrs[name].history
        if history.added or history.deleted:
            if not history.deleted:
                raise RuntimeError(f"{name}: its old value is not known")
            yield name, history.deleted[0]


def _about(act: Act) -> Iterable[tuple[Level, Leaf]]:
    yield Level.INTERNAL, Leaf(OPERATION_TABLE, NO_RECORD, "action", act.action)
    if act.about is not None:
        yield Level.INTERNAL, Leaf(OPERATION_TABLE, NO_RECORD, "about", act.about.bytes)
    if act.reason:
        yield Level.RESTRICTED, Leaf(OPERATION_TABLE, NO_RECORD, "reason", act.reason)


def refuse_bulk_writes(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        model = state.bind_mapper.class_ if state.bind_mapper is not None else None
        if model is None or issubclass(model, Recorded):
            raise RuntimeError("bulk writes leave no trace in the journal; change the records instead")
