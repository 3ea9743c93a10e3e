"""The recorder: whatever a write session flushes becomes one operation of the journal.

It opens the gate only while a flush runs, so that nothing else can write a recorded table: neither a bulk
statement in the same session nor another program that has the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import event, insert, inspect, or_, select, update
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction

from casedesk.fields import Field, Kind, Level, level_of
from casedesk.models import Chain, Change, Clash, Gate, Mark, Recorded, fields_of, values_of
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

SCHEMA = 13  # the number of the newest migration; it stands in every operation
OPERATION_TABLE = "op"
NO_RECORD = bytes(16)
_RECORDER = "recorder"  # where a session keeps its own
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Away from the ends of the calendar, so that every zone can show what lies between.
_FIRST = (datetime(2, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)
_LAST = (datetime(9998, 12, 31, tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)
A_DAY = 24 * 60 * 60 * 1000

MARK_TABLE = "mark"

OWN_CHAIN = select(Chain).where(Chain.signing_seed.is_not(None)).order_by(Chain.ix.desc()).limit(1)
# Of our own chain: a colleague's computer that is years ahead must not make ours look wrong.
NEWEST_SURE = (
    select(OperationRow.wall)
    .where(
        OperationRow.chain_ix == OWN_CHAIN.with_only_columns(Chain.ix).scalar_subquery(),
        or_(
            OperationRow.flags.bitwise_and(ClockFlag.BEHIND.value) == 0,
            OperationRow.flags.bitwise_and(ClockFlag.CONFIRMED.value) != 0,
        ),
    )
    .order_by(OperationRow.chain_seq.desc())
    .limit(1)
)
_NEW_OPERATION = insert(OperationRow).returning(OperationRow.seq)
_NEW_CHANGES = insert(Change)
_NEW_MARKS = insert(Mark)
_MOVED = select(Chain).where(Chain.held > Chain.marked, Chain.signing_seed.is_(None))
_A_CLASH = select(Clash.id).where(Clash.settled_by.is_(None)).limit(1)


@dataclass(frozen=True, slots=True)
class Act:
    """What is being done: its action, who does it, which record it is about, why, and plain figures about it."""

    action: str
    actor: UUID
    about: UUID | None = None
    reason: str | None = None
    said: Mapping[str, str | int] = field(default_factory=dict)
    confirmed: bool = False  # somebody said which day it is (SYNC 12)
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


def moment_of(milliseconds: int) -> datetime:
    """When an author says it was; a time that no calendar has is told as the nearest that can be shown anywhere."""
    return EPOCH + timedelta(milliseconds=min(max(milliseconds, _FIRST), _LAST))


def from_leaf(declared: Field, value: Value) -> object:
    """The other way round: what a form or a page shows."""
    if value is None:
        return None
    converters: dict[Kind, Callable[[Any], object]] = {
        Kind.MOMENT: moment_of,
        Kind.DAY: date.fromisoformat,
        Kind.PARTIAL_DAY: partial_day_of,
        Kind.MONEY: money_of,
        Kind.REFERENCE: lambda raw: UUID(bytes=raw),
    }
    convert = converters.get(declared.kind)
    return convert(value) if convert is not None else value


@dataclass(frozen=True, slots=True, eq=False)
class Altered:
    """A record that a session made or changed: which fields differ, and what they said before."""

    record: Recorded
    names: Sequence[str]
    before: Mapping[str, object]
    new: bool


class Recorder:
    """Gathers what one session changes, and writes it down as one operation."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._new: set[Recorded] = set()
        self._before: dict[Recorded, dict[str, object]] = {}  # the first old value of each touched field
        self._again: dict[Recorded, set[str]] = {}
        self._opened = False
        session.info[_RECORDER] = self
        event.listen(session, "before_flush", self._gather)
        event.listen(session, "after_flush", self._close_gate)
        event.listen(session, "do_orm_execute", refuse_bulk_writes)

    def altered(self) -> list[Altered]:
        """The records that say something else than when the session began."""
        self._session.flush()
        found = []
        for record, before in self._before.items():
            if record in self._session and (names := self._changed(record)):  # a savepoint may have taken it back
                found.append(Altered(record, names, before, record in self._new))
        return found

    def say_again(self, record: Recorded, names: Iterable[str]) -> None:
        """Write down what these fields say, though nothing of it changes."""
        self._again.setdefault(record, set()).update(names)
        self._before.setdefault(record, {})

    def write(self, act: Act, now: datetime, altered: Sequence[Altered], floors: Mapping[UUID, Level]) -> bytes | None:
        """Write the operation and return its link; write nothing if nothing changed and nothing was looked at.

        `floors` has the lowest level of the leaves of a record, and of what is said about one.
        """
        if not altered and not act.always:
            return None
        leaves = leaves_of_altered(altered, floors)
        lowest = floors.get(act.about, Level.PUBLIC) if act.about is not None else Level.PUBLIC
        for level, leaf in _about(act):
            leaves.setdefault(max(level, lowest), []).append(leaf)
        return self._append(act, now, leaves, altered)

    def _append(self, act: Act, now: datetime, leaves: dict[int, list[Leaf]], altered: Sequence[Altered]) -> bytes:
        session = self._session
        chain = own_chain(session)
        mark_what_was_seen(session, chain, act.actor, now, confirmed=act.confirmed)
        number = append(session, chain, leaves, actor=act.actor, now=now, confirmed=act.confirmed)
        self._index(number, act, altered)
        _settle(session, number, altered)
        return chain.head

    def _index(self, seq: int, act: Act, altered: Sequence[Altered]) -> None:
        """Write which records the operation touched, by which their history is found."""
        touched = {each.record.id: (each.record.__tablename__, " ".join(each.names)) for each in altered}
        if act.about is not None:
            touched.setdefault(act.about, ("", ""))
        rows = [
            {"operation_seq": seq, "record": record, "table": table, "fields": fields}
            for record, (table, fields) in touched.items()
        ]
        if rows:
            with gate(self._session):
                self._session.connection().execute(_NEW_CHANGES, rows)

    def _gather(self, session: Session, _context: UOWTransaction, _instances: object) -> None:
        if any(isinstance(record, Recorded) for record in session.deleted):
            raise RuntimeError("a recorded row is removed by its removed_at, never deleted")
        made = [record for record in session.new if isinstance(record, Recorded)]
        dirty = [record for record in session.dirty if isinstance(record, Recorded)]
        for record in made:
            self._new.add(record)
            self._before[record] = {}
        for record in dirty:
            if record in self._new:
                continue  # all it says is new, whatever it said a flush ago
            first = self._before.setdefault(record, {})
            for name, old in _old_values(record):
                first.setdefault(name, old)
        if made or dirty:
            self._open_gate()

    def _changed(self, record: Recorded) -> list[str]:
        """The fields that differ from what they were when the session began, with their registers whole."""
        fields = fields_of(type(record))
        if record in self._new:
            # One that says nothing yet is told by a nil, or the journal would not know that it is there.
            names = {name for name in fields if getattr(record, name) is not None} or {"removed_at"}
        else:
            before = self._before[record]
            names = {name for name, old in before.items() if to_leaf(getattr(record, name)) != to_leaf(old)}
            names |= self._again.get(record, set())
        return _with_registers(type(record), names)

    def _open_gate(self) -> None:
        self._opened = True
        self._session.connection().exec_driver_sql("UPDATE gate SET open = 1")

    def _close_gate(self, *_: object) -> None:
        if self._opened:
            self._session.connection().exec_driver_sql("UPDATE gate SET open = 0")
            self._opened = False


@contextmanager
def gate(session: Session, *, rewriting: bool = False) -> Iterator[None]:
    """The guards let the session write within. If it fails, all of it is rolled back, the gate too.

    What waits is flushed first: a flush opens and closes the gate by itself.
    """
    session.flush()
    connection = session.connection()
    connection.execute(update(Gate).values(open=True, rewriting=rewriting))
    yield
    connection.execute(update(Gate).values(open=False, rewriting=False))


def own_chain(session: Session) -> Chain:
    """The chain that this desk writes."""
    chain = session.scalars(OWN_CHAIN).first()
    if chain is None:
        raise RuntimeError("the vault has no chain of its own")
    return chain


def append(
    session: Session,
    chain: Chain,
    leaves: Mapping[int, Sequence[Leaf]] | Mapping[Level, Sequence[Leaf]],
    *,
    actor: UUID,
    now: datetime,
    kind: OperationKind = OperationKind.WORK,
    confirmed: bool = False,
) -> int:
    """Add an operation to our own chain. Returns its local number."""
    wall = (now - EPOCH) // timedelta(milliseconds=1)
    operation = new_operation(
        {int(level): some for level, some in leaves.items()},
        wall=wall,
        flags=_clock_flags(session, wall) | (ClockFlag.CONFIRMED if confirmed else 0),
        actor=actor.bytes,
        kind=kind,
        schema=SCHEMA,
    )
    seq = chain.held + 1
    fingerprint = digest(seq, operation)
    head = link(chain.head, chain.id, seq, fingerprint)
    row = {
        "chain_ix": chain.ix,
        "chain_seq": seq,
        "wall": wall,
        "flags": operation.flags,
        "actor": operation.actor,
        "kind": operation.kind,
        "schema": operation.schema,
        "digest": fingerprint,
        "link": head,
        "body": pack([operation]),
        "arrived_at": now,
    }
    chain.held, chain.head = seq, head
    with gate(session):
        return session.connection().execute(_NEW_OPERATION, row).scalar_one()


def mark_what_was_seen(session: Session, chain: Chain, actor: UUID, now: datetime, *, confirmed: bool = False) -> None:
    """Say in our own chain how far we hold the others, if any moved since we last wrote (SYNC 8)."""
    moved = [each for each in session.scalars(_MOVED) if each.ix != chain.ix]
    if not moved:
        return
    action = Leaf(OPERATION_TABLE, NO_RECORD, "action", "sync.mark")
    told = [Leaf(MARK_TABLE, each.id, "held", each.held) for each in moved]
    leaves = {Level.PUBLIC: [action, *told]}
    append(session, chain, leaves, actor=actor, now=now, kind=OperationKind.MARK, confirmed=confirmed)
    rows = [{"chain_ix": chain.ix, "peer": each.id, "at_seq": chain.held, "held": each.held} for each in moved]
    session.connection().execute(_NEW_MARKS, rows)
    for each in moved:
        each.marked = each.held


def _settle(session: Session, number: int, altered: Sequence[Altered]) -> None:
    """Close the clashes of what was written: whoever writes here knows everything that is here."""
    if not altered or session.scalar(_A_CLASH) is None:
        return
    registers = {each.record.id: registers_written(type(each.record), each.names) for each in altered}
    for clash in session.scalars(select(Clash).where(Clash.record.in_(registers), Clash.settled_by.is_(None))):
        if clash.register in registers[clash.record]:
            clash.settled_by = number


def registers_written(model: type[Recorded], names: Iterable[str]) -> set[str]:
    fields = fields_of(model)
    return {fields[name].register or name for name in names if name in fields}


def _clock_flags(session: Session, wall: int) -> int:
    """What to doubt about the time, beside the newest operation whose time was not behind already."""
    seen = session.scalar(NEWEST_SURE)
    if seen is None:
        return 0
    return (ClockFlag.BEHIND if wall < seen else 0) | (ClockFlag.AHEAD if wall > seen + A_DAY else 0)


def say_again(session: Session, record: Recorded, names: Iterable[str] = ()) -> None:
    """Let the operation of this session tell these fields of a record, or all it says, though nothing changes: for
    somebody who was told nothing of it before, or because it was decided."""
    recorder: Recorder = session.info[_RECORDER]
    recorder.say_again(record, names or values_of(record))


def all_it_says(record: Recorded) -> Altered:
    """The record as an operation tells it that says all of it again."""
    return Altered(record, _with_registers(type(record), values_of(record)), {}, False)


def leaves_of_altered(altered: Iterable[Altered], floors: Mapping[UUID, Level]) -> dict[int, list[Leaf]]:
    """What an operation tells of these records, by level; `floors` has the lowest for the leaves of a record."""
    leaves: dict[int, list[Leaf]] = {}
    for each in altered:
        lowest = floors.get(each.record.id, Level.PUBLIC)
        fields = fields_of(type(each.record))
        for name in each.names:
            value = getattr(each.record, name)
            level = max(level_of(fields[name], value), lowest)
            leaf = Leaf(each.record.__tablename__, each.record.id.bytes, name, to_leaf(value))
            leaves.setdefault(level, []).append(leaf)
    return leaves


def _with_registers(model: type[Recorded], names: Iterable[str]) -> list[str]:
    """These fields, and those that stand or fall with them."""
    fields, registers = fields_of(model), registers_written(model, names)
    return [name for name in fields if (fields[name].register or name) in registers]


def _old_values(record: Recorded) -> Iterator[tuple[str, object]]:
    state = inspect(record)
    declared = fields_of(type(record))
    for name in state.manager.keys() - state.unmodified:
        history = state.attrs[name].history
        if not history.added and not history.deleted:
            continue
        if name not in declared:
            raise RuntimeError(f"{name}: no field of the journal")
        if not history.deleted:
            raise RuntimeError(f"{name}: its old value is not known")
        yield name, history.deleted[0]


def _about(act: Act) -> Iterable[tuple[Level, Leaf]]:
    yield Level.INTERNAL, Leaf(OPERATION_TABLE, NO_RECORD, "action", act.action)
    if act.about is not None:
        yield Level.INTERNAL, Leaf(OPERATION_TABLE, NO_RECORD, "about", act.about.bytes)
    if act.reason:
        yield Level.RESTRICTED, Leaf(OPERATION_TABLE, NO_RECORD, "reason", act.reason)
    for name, value in act.said.items():
        yield Level.INTERNAL, Leaf(OPERATION_TABLE, NO_RECORD, name, value)


def refuse_bulk_writes(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        model = state.bind_mapper.class_ if state.bind_mapper is not None else None
        if model is None or issubclass(model, Recorded):
            raise RuntimeError("bulk writes leave no trace in the journal; change the records instead")
