"""Taking what other desks wrote into the journal and the records (SYNC 8).

Every desk comes to the same records from the same operations, in whatever order they arrive. The index `change` tells
which operations wrote a register; the marks tell which of them are current; what they say stands in their bodies.
Nothing here knows files or desks' rights to speak: who calls has checked signature and chain. Works on any engine.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, update
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
from casedesk.storage.arrived import (
    ERASED_TABLE,
    LINKS,
    Arrived,
    Link,
    RecordKey,
    Said,
    arrived_again,
    change_rows,
    histories,
    links,
    marks_of,
    written,
)
from casedesk.storage.bulk import in_parts, put
from casedesk.storage.fitting import fitted, id_of, kept
from casedesk.storage.operations import Value, pack, unpack
from casedesk.storage.orders import forgotten, orders_about, spoken_of
from casedesk.storage.recorder import MARK_TABLE, gate, own_chain, registers_written
from casedesk.storage.registers import Knowledge, Place, Values, current, shown_value

V = TypeVar("V")
_Refused: TypeAlias = tuple[int, str, bytes, str]  # local number, table, record, register


@dataclass(slots=True)
class Merged:
    """What a merge changed."""

    records: set[RecordKey] = field(default_factory=set)
    # By table what its records hang on, and what they hung on before.
    links: dict[str, set[Link]] = field(default_factory=lambda: defaultdict(set))
    orders: set[int] = field(default_factory=set)  # operations of which an order to forget counts now, and did not
    forgot: bool = False  # whether values went that must not outlive it elsewhere

    def add(self, other: Merged) -> None:
        self.records |= other.records
        for table, found in other.links.items():
            self.links[table] |= found
        self.orders |= other.orders
        self.forgot |= other.forgot

    @property
    def tables(self) -> frozenset[str]:
        return frozenset(table for table, _record in self.records)


Verdict: TypeAlias = tuple[Arrived, RecordKey, str]  # a register that this operation had no right to write


@dataclass(frozen=True, slots=True)
class Judgement:
    """The operations that were judged, and all that is refused of them."""

    heard: Sequence[Arrived]
    refused: Sequence[Verdict]


# Asked for what arrives; whoever judges hears again what was judged before and stands on what arrived only now.
Judge: TypeAlias = Callable[[Session, Knowledge, Sequence[Arrived]], Judgement]


def next_number(session: Session) -> int:
    """The local number of the next operation. Only one session writes at a time."""
    return (session.scalar(select(func.max(OperationRow.seq))) or 0) + 1


def merge(session: Session, arrived: Sequence[Arrived], now: datetime, judge: Judge) -> Merged:
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
        merger.recompute(merger.judged_anew)
    return merger.merged


def reconsider(session: Session, now: datetime, judge: Judge) -> Merged:
    """Judge anew what was refused: more is known of who may speak, and where."""
    refused = select(Unentitled.operation_seq).where(Unentitled.table != MARK_TABLE).distinct()
    return judge_anew(session, session.scalars(refused).all(), now, judge)


def judge_anew(session: Session, numbers: Collection[int], now: datetime, judge: Judge) -> Merged:
    """Judge operations that are stored once more, and let the records follow."""
    merger = Merger(session, now)
    if numbers:
        with gate(session):
            merger.judge([arrived_again(session, number) for number in sorted(numbers)], judge)
            merger.recompute(merger.judged_anew)
    return merger.merged


def decide_anew(session: Session, numbers: Collection[int], now: datetime) -> Merged:
    """Let the records follow what is known of these operations now."""
    wanted: dict[RecordKey, set[str]] = defaultdict(set)
    for number in numbers:
        for record, values in arrived_again(session, number).said.items():
            wanted[record] |= values.keys()
    merger = Merger(session, now)
    with gate(session):
        merger.recompute(wanted)
    return merger.merged


def add_marks(session: Session, arrived: Sequence[Arrived]) -> None:
    rows = [
        {"chain_ix": each.place.chain_ix, "peer": peer, "at_seq": each.place.seq, "held": held}
        for each in arrived
        for peer, held in marks_of(each.operation).items()
    ]
    if rows:
        session.execute(insert(Mark), rows)


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


@dataclass(slots=True)
class Merger:
    """One round of merging: reads what was written before, decides, and writes what the records say now."""

    session: Session
    now: datetime
    merged: Merged = field(default_factory=Merged)
    knowledge: Knowledge = field(init=False)
    judged_anew: dict[RecordKey, set[str]] = field(default_factory=lambda: defaultdict(set))  # fields to decide anew
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
        records = {record for each in arrived for record in spoken_of(each.operation)}
        orders = orders_about(self.session, [UUID(bytes=record) for record in records])
        if not orders:
            return arrived
        return [
            Arrived(each.place, forgotten(each.operation, each.place, orders, self.knowledge), each.digest, each.link)
            for each in arrived
        ]

    def judge(self, arrived: Sequence[Arrived], judge: Judge) -> None:
        """Leave without effect what the author had no right to, and let count again what they had a right to after
        all: it may have come before what their right stands on."""
        judged = judge(self.session, self.knowledge, arrived)
        heard = {each.place.operation: each for each in judged.heard}
        before = self._refused_before(list(heard))
        told = dict.fromkeys((each.place.operation, *record, register) for each, record, register in judged.refused)
        for which in told.keys() - before.keys():
            number, table, record, register = which
            if table == MARK_TABLE:
                self._believe(heard[number], record, less=True)
            self._judged_anew(which)
            id_ = UUID(bytes=record)
            self.session.add(
                Unentitled(operation_seq=number, table=table, record=id_, register=register, since=self.now)
            )
        for which in before.keys() - told.keys():
            number, table, record, _register = which
            if table == MARK_TABLE:
                if record == own_chain(self.session).id:
                    continue  # what was seen of us was judged when it came
                self._believe(heard[number], record, less=False)
            self._judged_anew(which)
            self.session.delete(before[which])
            if table == ERASED_TABLE:
                self.merged.orders.add(number)
        self.session.flush()

    def _judged_anew(self, which: _Refused) -> None:
        _number, table, record, register = which
        self._barred.add((table, record))
        if (model := recorded_models().get(table)) is not None:
            self.judged_anew[table, record] |= set(registers_of(model).get(register, ()))

    def _refused_before(self, operations: Sequence[int]) -> dict[_Refused, Unentitled]:
        """What was refused of these operations until now."""
        found: dict[_Refused, Unentitled] = {}
        for some in in_parts(operations):
            for row in self.session.scalars(select(Unentitled).where(Unentitled.operation_seq.in_(some))):
                found[row.operation_seq, row.table, row.record.bytes, row.register] = row
        return found

    def _believe(self, of: Arrived, peer: bytes, *, less: bool) -> None:
        """Of a mark that cannot be true believe what can: that its author saw all that is here of the chain. It may
        be true after all, where an old copy of this vault was put back."""
        told = marks_of(of.operation)[peer]
        if less:
            told = self.session.scalar(select(Chain.held).where(Chain.id == peer)) or 0
        which = (Mark.chain_ix == of.place.chain_ix, Mark.at_seq == of.place.seq, Mark.peer == peer)
        self.session.execute(update(Mark).where(*which).values(held=told))
        self.knowledge = Knowledge(self.session)

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


def over(table: str, before: dict[str, V], values: dict[str, V]) -> dict[str, V]:
    """What a record says after a write of the same chain: a register is always replaced whole."""
    model = recorded_models().get(table)
    if model is not None:
        gone = {name for register in registers_written(model, values) for name in registers_of(model)[register]}
        before = {name: value for name, value in before.items() if name not in gone}
    return before | values
