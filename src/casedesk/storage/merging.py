"""Taking what other desks wrote into the journal and the records (SYNC 8).

Every desk comes to the same records from the same operations, in whatever order they arrive. The index `change` tells
which operations wrote a register; the marks tell which of them are current; what they say stands in their bodies.
Nothing here knows files or desks' rights to speak: who calls has checked signature and chain. Works on any engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from casedesk.models import (
    Chain,
    Change,
    Clash,
    Erasure,
    Mark,
    Parked,
    Unentitled,
    fields_of,
    recorded_models,
    registers_of,
)
from casedesk.models import Operation as OperationRow
from casedesk.storage.bulk import put
from casedesk.storage.fitting import fitted, id_of, kept
from casedesk.storage.operations import (
    Erased,
    Itemised,
    Kept,
    Leaf,
    Open,
    Operation,
    OperationKind,
    Value,
    erase,
    leaves_of,
    pack,
    shown,
    unpack,
)
from casedesk.storage.recorder import MARK_TABLE, NO_RECORD, OPERATION_TABLE, gate, registers_written
from casedesk.storage.registers import Knowledge, Place, Values, current, in_causal_order
from casedesk.storage.registers import shown as shown_value

RecordKey: TypeAlias = tuple[str, bytes]  # table, id
Said: TypeAlias = dict[RecordKey, dict[str, Value]]
Link: TypeAlias = tuple[str, UUID]  # the table and id of what a record hangs on
V = TypeVar("V")
LINKS: Final = {"case_id": "case", "person_id": "person", "episode_id": "migration_episode"}
ERASED_TABLE: Final = "erased"
JOURNAL_TABLES: Final = frozenset((OPERATION_TABLE, MARK_TABLE, ERASED_TABLE))
LONGEST_TABLE: Final = 40  # of a name in the index; a longer one is no table of ours
_SOME: Final = 400  # ids in one question


@dataclass(frozen=True)
class Arrived:
    """An operation of another desk, as it is to be stored."""

    place: Place
    operation: Operation
    digest: bytes
    link: bytes

    @cached_property
    def said(self) -> Said:
        """What it says of records: judge and merger ask for the same."""
        return written(self.operation)


@dataclass(slots=True)
class Merged:
    """What a merge changed."""

    records: set[RecordKey] = field(default_factory=set)
    links: dict[str, set[Link]] = field(
        default_factory=lambda: defaultdict(set)
    )  # what those of a table hang on, or did
    orders: set[int] = field(default_factory=set)  # operations of which an order to forget counts now, and did not

    def add(self, other: Merged) -> None:
        self.records |= other.records
        for table, found in other.links.items():
            self.links[table] |= found
        self.orders |= other.orders

    @property
    def tables(self) -> frozenset[str]:
        return frozenset(table for table, _record in self.records)


# Which registers of a record an operation had no right to write; asked for every operation that arrives.
Judge: TypeAlias = Callable[[Session, Knowledge, Sequence[Arrived]], Iterable[tuple[Arrived, RecordKey, str]]]


def everybody_may(_session: Session, _knowledge: Knowledge, _arrived: Sequence[Arrived]) -> Iterable[Any]:
    """For where nobody asks."""
    return ()


def next_number(session: Session) -> int:
    """The local number of the next operation. Only one session writes at a time."""
    return (session.scalar(select(func.max(OperationRow.seq))) or 0) + 1


def merge(session: Session, arrived: Sequence[Arrived], now: datetime, judge: Judge = everybody_may) -> Merged:
    """Store operations of one chain, which follow on what is held of it, and bring the records up to date."""
    if not arrived:
        return Merged()
    with gate(session):
        add_marks(session, arrived)
        merger = Merger(session, now)
        arrived = merger.without_erased(arrived)
        _store(session, arrived, now)
        merger.judge(arrived, judge)
        merger.write(arrived)
        if "user" in merger.merged.tables and session.scalar(select(Unentitled.operation_seq).limit(1)) is not None:
            merger.reconsider(judge)
    return merger.merged


def reconsider(session: Session, now: datetime, judge: Judge) -> Merged:
    """Judge anew what was refused: more is known of who may speak, and where."""
    merger = Merger(session, now)
    if session.scalar(select(Unentitled.operation_seq).where(Unentitled.table != MARK_TABLE).limit(1)) is not None:
        with gate(session):
            merger.reconsider(judge)
    return merger.merged


def add_marks(session: Session, arrived: Sequence[Arrived]) -> None:
    rows = [
        {"chain_ix": each.place.chain_ix, "peer": leaf.record, "at_seq": each.place.seq, "held": leaf.value}
        for each in arrived
        if each.operation.kind == OperationKind.MARK
        for _level, leaf in shown(each.operation)
        if is_mark(leaf)
    ]
    if rows:
        session.execute(insert(Mark), rows)


def is_mark(leaf: Leaf) -> bool:
    named = leaf.table == MARK_TABLE and leaf.field == "held" and leaf.record != NO_RECORD
    return named and type(leaf.value) is int and 0 < leaf.value < 2**63


def _store(session: Session, arrived: Sequence[Arrived], now: datetime) -> None:
    operations, changes = [], []
    for each in arrived:
        place, operation = each.place, each.operation
        operations.append(
            {
                "seq": place.operation,
                "chain_ix": place.chain_ix,
                "chain_seq": place.seq,
                "wall": operation.wall,
                "flags": operation.flags,
                "actor": operation.actor,
                "kind": operation.kind,
                "schema": operation.schema,
                "digest": each.digest,
                "link": each.link,
                "body": pack([operation]),
                "arrived_at": now,
            }
        )
        changes += change_rows(place.operation, operation, each.said)
    put(session, OperationRow, operations)
    put(session, Change, changes)


def change_rows(number: int, operation: Operation, said: Said) -> list[dict[str, object]]:
    """Which records an operation wrote or was about, by which their history and their registers are found."""
    touched = {record: (table, " ".join(values)) for (table, record), values in said.items()}
    if (looked_at := about(operation)) is not None:
        touched.setdefault(looked_at, ("", ""))
    return [
        {"operation_seq": number, "record": id_of(record), "table": table, "fields": fields}
        for record, (table, fields) in touched.items()
    ]


def written(operation: Operation) -> Said:
    """What an operation says of records, as far as it is shown here. An id belongs to one table only."""
    found: Said = {}
    tables: dict[bytes, str] = {}
    values: dict[str, Value] | None = None
    at: RecordKey | None = None
    for section in operation.sections:
        for leaf in leaves_of(section):
            if " " in leaf.field:
                continue
            if at is None or leaf.record != at[1] or leaf.table != at[0]:  # most stand beside others of their record
                at = table, record = leaf.table, leaf.record
                is_told = table not in JOURNAL_TABLES and len(table) <= LONGEST_TABLE
                is_told = is_told and tables.setdefault(record, table) == table
                values = found.setdefault(at, {}) if is_told else None
            if values is not None:
                values[leaf.field] = leaf.value
    return found


def about(operation: Operation) -> bytes | None:
    """The record that the operation is about, if it says so."""
    for _level, leaf in shown(operation):
        if leaf.table == OPERATION_TABLE and leaf.field == "about" and isinstance(leaf.value, bytes):
            return leaf.value if len(leaf.value) == len(NO_RECORD) else None
    return None


@dataclass(slots=True)
class Merger:
    """One round of merging: reads what was written before, decides, and writes what the records say now."""

    session: Session
    now: datetime
    merged: Merged = field(default_factory=Merged)
    knowledge: Knowledge = field(init=False)
    _said: dict[int, Said] = field(default_factory=dict)
    _insert: dict[str, list[dict[str, object]]] = field(default_factory=lambda: defaultdict(list))
    _update: dict[tuple[str, tuple[str, ...]], list[dict[str, object]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _parked: list[dict[str, object]] = field(default_factory=list)
    _barred: set[RecordKey] = field(default_factory=set)

    def again(self) -> Merger:
        """Another round in the same transaction, which sees marks that were added since this one began."""
        self._flush()
        return Merger(self.session, self.now)

    def __post_init__(self) -> None:
        self.knowledge = Knowledge(self.session)

    def without_erased(self, arrived: Sequence[Arrived]) -> Sequence[Arrived]:
        """The operations without what was ordered to be forgotten before they came."""
        if self.session.scalar(select(Erasure.record).limit(1)) is None:
            return arrived
        records = {leaf.record for each in arrived for _level, leaf in shown(each.operation)}
        orders = orders_about(self.session, [UUID(bytes=record) for record in records])
        if not orders:
            return arrived
        return [
            Arrived(each.place, forgotten(each.operation, each.place, orders, self.knowledge), each.digest, each.link)
            for each in arrived
        ]

    def judge(self, arrived: Sequence[Arrived], judge: Judge) -> None:
        """Leave without effect what the author had no right to."""
        rows = []
        there = self._refused_before([each.place.operation for each in arrived])
        for each, (table, record), register in judge(self.session, self.knowledge, arrived):
            self._barred.add((table, record))
            if (each.place.operation, table, record, register) in there:
                continue
            if table == MARK_TABLE:
                self._unmark(each.place, record)
            rows.append(
                {
                    "operation_seq": each.place.operation,
                    "table": table,
                    "record": UUID(bytes=record),
                    "register": register,
                    "since": self.now,
                }
            )
        if rows:
            self.session.execute(insert(Unentitled), rows)

    def _refused_before(self, operations: Sequence[int]) -> set[tuple[int, str, bytes, str]]:
        """What was refused of operations that are shown anew."""
        found: set[tuple[int, str, bytes, str]] = set()
        for start in range(0, len(operations), _SOME):
            wanted = select(Unentitled).where(Unentitled.operation_seq.in_(operations[start : start + _SOME]))
            for row in self.session.scalars(wanted):
                found.add((row.operation_seq, row.table, row.record.bytes, row.register))
        return found

    def _unmark(self, place: Place, peer: bytes) -> None:
        """Forget a mark that cannot be true."""
        which = (Mark.chain_ix == place.chain_ix, Mark.at_seq == place.seq, Mark.peer == peer)
        self.session.execute(delete(Mark).where(*which))
        self.knowledge = Knowledge(self.session)

    def reconsider(self, judge: Judge) -> None:
        """Let count what was without effect only because its author's rights had not arrived yet.

        What counts now may be what another one waits for.
        """
        while self._free(judge):
            pass

    def _free(self, judge: Judge) -> bool:
        wanted_rows = select(Unentitled).where(Unentitled.table != MARK_TABLE).order_by(Unentitled.operation_seq)
        rows = self.session.scalars(wanted_rows).all()
        refused = {(row.operation_seq, (row.table, row.record.bytes), row.register): row for row in rows}
        again = [arrived_again(self.session, number) for number in sorted({row.operation_seq for row in rows})]
        told = {(each.place.operation, record, reg) for each, record, reg in judge(self.session, self.knowledge, again)}
        free = [key for key in refused if key not in told]
        for key in free:
            self.session.delete(refused[key])
        self.session.flush()
        wanted: dict[RecordKey, set[str]] = defaultdict(set)
        for number, record, register in free:
            if record[0] == ERASED_TABLE:
                self.merged.orders.add(number)
            if (model := recorded_models().get(record[0])) is not None:
                wanted[record] |= set(registers_of(model)[register])
        self.recompute(wanted)
        return bool(free)

    def write(self, arrived: Sequence[Arrived]) -> None:
        """Bring the records up to date with operations that were just stored."""
        told: dict[RecordKey, dict[str, object]] = {}
        for each in arrived:
            number = each.place.operation
            self._said[number] = each.said
            for record, values in each.said.items():
                stored = self.fit(number, record, values)
                told[record] = over(record[0], told[record], stored) if record in told else stored
        known = self._written_before([record for _table, record in told], arrived[0].place.operation)
        again: dict[RecordKey, Collection[str]] = {}
        for record, stored in told.items():
            if record[1] in known or record in self._barred:
                again[record] = stored.keys()
            else:  # nothing was ever said of it before: there is nothing to read and nothing to decide
                self._make(record, stored)
        self.recompute(again, flush=False)
        self._flush()

    def recompute(self, wanted: Mapping[RecordKey, Collection[str]], *, flush: bool = True) -> None:
        """Decide anew what these fields of records say, from all that was ever written of them."""
        wanted = {record: fields for record, fields in wanted.items() if record[0] in recorded_models()}
        if wanted:
            written_by = histories(self.session, wanted)
            here = self._here(wanted)
            clashes = self._open_clashes(wanted)
            barred = self._unentitled(wanted)
            for record, fields in wanted.items():
                self._decide(record, fields, written_by.get(record, ()), clashes, barred, is_here=record in here)
        if flush:
            self._flush()

    def _decide(
        self,
        record: RecordKey,
        fields: Collection[str],
        history: Sequence[tuple[Place, frozenset[str]]],
        clashes: Mapping[tuple[bytes, str], Clash],
        barred: Collection[tuple[int, bytes, str]],
        *,
        is_here: bool,
    ) -> None:
        model = recorded_models()[record[0]]
        declared = fields_of(model)
        values: dict[str, Value] = {}
        counts = is_here
        for register in {declared[name].register or name for name in fields if name in declared}:
            names = registers_of(model)[register]
            writes = [place for place, touched in history if not touched.isdisjoint(names)]
            writes = [place for place in writes if (place.operation, record[1], register) not in barred]
            contenders = [(place, self._of(place, record, names)) for place in current(writes, self.knowledge.knows)]
            counts = counts or bool(contenders)
            if contenders:
                of_register = {name: declared[name] for name in names}
                _place, said = shown_value(of_register, contenders)
            else:
                said = {}
            values |= {name: said.get(name) for name in names}
            disagree = not model.append and any(other != contenders[0][1] for _place, other in contenders[1:])
            self._note_clash(record, register, contenders, clashes.get((record[1], register)), disagree=disagree)
        if not counts:  # nothing that was said of it counts yet
            return
        stored, _unfit = fitted(record[0], values)
        if is_here:
            self._change(record, stored)
        else:
            self._make(record, stored)

    def _unentitled(self, wanted: Collection[RecordKey]) -> set[tuple[int, bytes, str]]:
        if self.session.scalar(select(Unentitled.operation_seq).limit(1)) is None:
            return set()
        found: set[tuple[int, bytes, str]] = set()
        for some in in_parts([id_of(record) for _table, record in wanted]):
            for row in self.session.scalars(select(Unentitled).where(Unentitled.record.in_(some))):
                found.add((row.operation_seq, row.record.bytes, row.register))
        return found

    def _of(self, place: Place, record: RecordKey, names: Sequence[str]) -> Values:
        """What an operation said of a register, without what a record cannot keep."""
        if place.operation not in self._said:
            body = self.session.scalar(select(OperationRow.body).where(OperationRow.seq == place.operation))
            (operation,) = unpack(body or b"")
            self._said[place.operation] = written(operation)
        values = self._said[place.operation].get(record, {})
        return {name: values[name] for name in names if name in values and kept(record[0], name, values[name])[0]}

    def _written_before(self, records: Sequence[bytes], first: int) -> set[bytes]:
        found: set[bytes] = set()
        for some in in_parts([id_of(record) for record in records]):
            wanted = select(Change.record).where(
                Change.record.in_(some), Change.operation_seq < first, Change.table != ""
            )
            found |= {record.bytes for record in self.session.scalars(wanted)}
        return found

    def _here(self, wanted: Collection[RecordKey]) -> set[RecordKey]:
        """Which of the records have a row; on the way, what they hang on before they change."""
        by_table: dict[str, list[UUID]] = defaultdict(list)
        for table, record in wanted:
            by_table[table].append(id_of(record))
        found: set[RecordKey] = set()
        for table, ids in by_table.items():
            columns = recorded_models()[table].__table__.c
            names = [name for name in (*LINKS, "entity", "entity_id") if name in columns]
            for some in in_parts(ids):
                wanted_rows = select(columns.id, *(columns[name] for name in names)).where(columns.id.in_(some))
                for row in self.session.execute(wanted_rows):
                    found.add((table, row.id.bytes))
                    self.merged.links[table].update(links(row._asdict()))
        return found

    def _open_clashes(self, wanted: Collection[RecordKey]) -> dict[tuple[bytes, str], Clash]:
        found: dict[tuple[bytes, str], Clash] = {}
        for some in in_parts([id_of(record) for _table, record in wanted]):
            for clash in self.session.scalars(select(Clash).where(Clash.record.in_(some), Clash.settled_by.is_(None))):
                found[clash.record.bytes, clash.register] = clash
        return found

    def _note_clash(
        self,
        record: RecordKey,
        register: str,
        contenders: Sequence[tuple[Place, Values]],
        open_: Clash | None,
        *,
        disagree: bool,
    ) -> None:
        if disagree:
            numbers = " ".join(map(str, sorted(place.operation for place, _values in contenders)))
            if open_ is None:
                table, id_ = record[0], UUID(bytes=record[1])
                open_ = Clash(table=table, record=id_, register=register, since=self.now)
                self.session.add(open_)
            open_.operations = numbers
        elif open_ is not None and len(contenders) == 1:
            open_.settled_by = contenders[0][0].operation
        elif open_ is not None:
            self.session.delete(open_)  # they agree after all, or nothing is left of it

    def _make(self, record: RecordKey, stored: Mapping[str, object]) -> None:
        table, id_ = record
        if table in recorded_models():
            self._insert[table].append({"id": id_of(id_), **stored})
            self._note(record, stored)

    def _change(self, record: RecordKey, stored: Mapping[str, object]) -> None:
        table, id_ = record
        if stored:
            changed = {f"new_{name}": value for name, value in stored.items()}
            self._update[table, tuple(sorted(stored))].append(changed | {"which": id_of(id_)})
        self._note(record, stored)

    def _note(self, record: RecordKey, stored: Mapping[str, object]) -> None:
        self.merged.records.add(record)
        self.merged.links[record[0]].update(links(stored))

    def fit(self, number: int, record: RecordKey, values: Values) -> dict[str, object]:
        """What the record keeps of what an operation said of it; the rest is parked."""
        table, id_ = record
        stored, unfit = fitted(table, values)
        self._parked += [
            {"operation_seq": number, "table": table, "record": id_of(id_), "field": name} for name in unfit
        ]
        return stored

    def _flush(self) -> None:
        self.session.flush()
        for table, rows in self._insert.items():
            put(self.session, recorded_models()[table], rows)
        for (table, names), rows in self._update.items():
            columns = recorded_models()[table].__table__
            wanted = update(columns).where(columns.c.id == bindparam("which"))  # type: ignore[arg-type]
            connection = self.session.connection()
            connection.execute(wanted.values({name: bindparam(f"new_{name}") for name in names}), rows)
        put(self.session, Parked, self._parked)
        self._insert.clear()
        self._update.clear()
        self._parked.clear()
        self.session.expire_all()


_HISTORY = (
    select(
        Change.record,
        Change.table,
        Change.fields,
        OperationRow.seq,
        OperationRow.chain_seq,
        OperationRow.wall,
        Chain.ix,
        Chain.id,
    )
    .join(OperationRow, OperationRow.seq == Change.operation_seq)
    .join(Chain, Chain.ix == OperationRow.chain_ix)
    .where(Change.record.in_(bindparam("records", expanding=True)), Change.fields != "")
)


def histories(session: Session, wanted: Collection[RecordKey]) -> dict[RecordKey, list[tuple[Place, frozenset[str]]]]:
    """For each record the operations that wrote it, with the fields."""
    found: dict[RecordKey, list[tuple[Place, frozenset[str]]]] = defaultdict(list)
    for some in in_parts([id_of(record) for _table, record in wanted]):
        for row in session.execute(_HISTORY, {"records": some}):
            place = Place(row.ix, row.id, row.chain_seq, row.seq, row.wall)
            found[row.table, row.record.bytes].append((place, frozenset(row.fields.split())))
    return found


def first_written(session: Session, records: Collection[UUID], knowledge: Knowledge) -> dict[UUID, Place]:
    """Where each record was begun; the same on every desk, whatever arrived first."""
    writes: dict[UUID, list[Place]] = defaultdict(list)
    for some in in_parts(list(records)):
        for row in session.execute(_HISTORY, {"records": some}):
            writes[row.record].append(Place(row.ix, row.id, row.chain_seq, row.seq, row.wall))
    return {
        record: places[0] if len(places) == 1 else in_causal_order(places, lambda place: place, knowledge.knows)[0]
        for record, places in writes.items()
    }


def arrived_again(session: Session, number: int) -> Arrived:
    """An operation that is stored, as it came."""
    row = session.get_one(OperationRow, number)
    chain = session.get_one(Chain, row.chain_ix)
    (operation,) = unpack(row.body)
    return Arrived(Place(chain.ix, chain.id, row.chain_seq, row.seq, row.wall), operation, row.digest, row.link)


def links(row: Mapping[str, Any]) -> Iterator[Link]:
    """What a row hangs on."""
    for name, table in LINKS.items():
        if isinstance(to := row.get(name), UUID):
            yield table, to
    if isinstance(to := row.get("entity_id"), UUID):
        yield str(row.get("entity")), to


def in_parts(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for start in range(0, len(ids), _SOME):
        yield ids[start : start + _SOME]


def over(table: str, before: dict[str, V], values: dict[str, V]) -> dict[str, V]:
    """What a record says after a write of the same chain: a register is always replaced whole."""
    model = recorded_models().get(table)
    if model is not None:
        gone = {name for register in registers_written(model, values) for name in registers_of(model)[register]}
        before = {name: value for name, value in before.items() if name not in gone}
    return before | values


# What must not come back.

Orders: TypeAlias = Mapping[bytes, Sequence[Erasure]]


def orders_about(session: Session, records: Sequence[UUID]) -> Orders:
    """The erasures that were ordered for these records."""
    found: dict[bytes, list[Erasure]] = defaultdict(list)
    for some in in_parts(records):
        for order in session.scalars(select(Erasure).where(Erasure.record.in_(some))):
            found[order.record.bytes].append(order)
    return found


def forgotten(operation: Operation, place: Place, orders: Orders, knowledge: Knowledge) -> Operation:
    """The operation without the values of leaves that an order covers and its author wrote without knowing of it."""

    def covered(leaf: Leaf) -> bool:
        return leaf.table not in JOURNAL_TABLES and any(
            order.field in ("", leaf.field) and not _knew(order) for order in orders.get(leaf.record, ())
        )

    def _knew(order: Erasure) -> bool:
        if order.chain == place.chain:
            return order.chain_seq < place.seq
        return knowledge.reaches(place, None, order.chain) >= order.chain_seq

    for section in operation.sections:
        if isinstance(section, Open | Itemised):
            for index, item in enumerate(section.leaves):
                leaf = item.leaf if isinstance(item, Kept) else None if isinstance(item, Erased) else item
                if leaf is not None and covered(leaf):
                    operation = erase(operation, section.level, index)
    return operation
