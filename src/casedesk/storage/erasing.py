"""Bodies that say less or more than when they came: erasure, and levels that are shown later (SYNC 6, 8, 11).

An operation keeps its digest in each of these forms, so the chain still proves what is left of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from casedesk.fields import Level
from casedesk.models import Chain, Change, Erasure, Mark, Parked, Preference, recorded_models
from casedesk.models import Operation as OperationRow
from casedesk.storage.arrived import ERASED_TABLE, Arrived, RecordKey, change_rows, marks_of, written
from casedesk.storage.bulk import in_parts
from casedesk.storage.fitting import Unfit, keeper
from casedesk.storage.merging import Judge, Merged, Merger, add_marks
from casedesk.storage.operations import Leaf, Open, Operation, OperationKind, Section, Shut, digest, pack, shown, unpack
from casedesk.storage.orders import forgotten, orders_about
from casedesk.storage.recorder import NO_RECORD, OPERATION_TABLE, append, gate, mark_what_was_seen, own_chain
from casedesk.storage.registers import Knowledge, Place

Target: TypeAlias = tuple[UUID, str]  # a record and one of its fields, or all where it is empty
EVERY_FIELD: Final = "*"  # how a leaf names all fields, since a leaf has a field


class Order(NamedTuple):
    """That a field of a record is forgotten, or all of it where the field is empty; ordered at this place."""

    chain: bytes
    seq: int
    record: UUID
    field: str

    @classmethod
    def of(cls, row: Erasure) -> Order:
        return cls(row.chain, row.chain_seq, row.record, row.field)


class NotTheSame(Exception):
    """What is shown later is not what was told before: the digests differ. Nothing was taken."""


def targets_of(operation: Operation) -> list[Target]:
    """What an operation orders to be forgotten."""
    if operation.kind != OperationKind.ERASURE:
        return []
    found = [leaf for _level, leaf in shown(operation) if leaf.table == ERASED_TABLE]
    return [(UUID(bytes=leaf.record), "" if leaf.field == EVERY_FIELD else leaf.field) for leaf in found]


def orders_here(session: Session) -> set[Order]:
    """All orders to forget that are known, each with the place where it stands."""
    return {Order.of(each) for each in session.scalars(select(Erasure))}


def by_place(orders: Collection[Order]) -> dict[tuple[bytes, int], list[Target]]:
    """What each place orders to be forgotten: its chain and number there."""
    found: dict[tuple[bytes, int], list[Target]] = defaultdict(list)
    for order in sorted(orders):
        found[order.chain, order.seq].append((order.record, order.field))
    return found


def order(
    session: Session, action: str, targets: Collection[Target], *, actor: UUID, now: datetime, confirmed: bool = False
) -> Merged:
    """Write into our own chain that these values be forgotten, and forget them here."""
    chain = own_chain(session)
    mark_what_was_seen(session, chain, actor, now, confirmed=confirmed)
    leaves = [Leaf(OPERATION_TABLE, NO_RECORD, "action", action)]
    leaves += [Leaf(ERASED_TABLE, record.bytes, name or EVERY_FIELD, None) for record, name in sorted(set(targets))]
    told = {Level.INTERNAL: leaves}
    append(session, chain, told, actor=actor, now=now, kind=OperationKind.ERASURE, confirmed=confirmed)
    return obey(session, chain.id, chain.held, targets, now)


def obey(session: Session, chain: bytes, seq: int, targets: Collection[Target], now: datetime) -> Merged:
    """Forget the values that an order names, wherever it stands; obeying twice does no harm.

    The order may come before its own chain does: `chain` and `seq` say where it stands.
    """
    records = sorted({record for record, _field in targets})
    known = [order for some in orders_about(session, records).values() for order in some]
    there = {(order.record, order.field) for order in known if (order.chain, order.chain_seq) == (chain, seq)}
    new = [{"record": r, "field": f, "chain": chain, "chain_seq": seq} for r, f in sorted(set(targets) - there)]
    if new:
        session.execute(insert(Erasure), new)
    gone: dict[RecordKey, set[str]] = defaultdict(set)
    with gate(session, rewriting=True):
        for some in in_parts(records):
            for place, body in _operations_about(session, some):
                for record, fields in _forget(session, place, body, orders_about(session, some)).items():
                    gone[record] |= fields
        merger = Merger(session, now)
        merger.recompute(gone)
    _forget_typed(session, records)
    merger.merged.forgot = bool(gone or new)
    return merger.merged


def _forget_typed(session: Session, records: Sequence[UUID]) -> None:
    """What somebody typed about these records here and has not saved: it lies with the preferences."""
    names = {name for record in records for name in (record.hex, str(record))}
    for kept in session.scalars(select(Preference)).all():
        if any(name in kept.name or name in kept.value for name in names):
            session.delete(kept)
    session.flush()


def _operations_about(session: Session, records: Sequence[UUID]) -> Sequence[tuple[Place, bytes]]:
    wanted = (
        select(Chain.ix, Chain.id, OperationRow.chain_seq, OperationRow.seq, OperationRow.wall, OperationRow.body)
        .join(Chain, Chain.ix == OperationRow.chain_ix)
        .where(OperationRow.seq.in_(select(Change.operation_seq).where(Change.record.in_(records)).distinct()))
    )
    return [(Place(ix, id_, seq, number, wall), body) for ix, id_, seq, number, wall, body in session.execute(wanted)]


def _forget(
    session: Session, place: Place, body: bytes, orders: Mapping[bytes, Sequence[Erasure]]
) -> dict[RecordKey, set[str]]:
    """Take out of one operation what is to be forgotten; returns which fields went."""
    (operation,) = unpack(body)
    left = forgotten(operation, place, orders, Knowledge(session))
    if left == operation:
        return {}
    before, after = written(operation), written(left)
    gone = {record: values.keys() - after.get(record, {}).keys() for record, values in before.items()}
    gone = {record: fields for record, fields in gone.items() if fields}
    _rewrite(session, place.operation, left)
    for (_table, record), fields in gone.items():
        session.execute(
            delete(Parked).where(
                Parked.operation_seq == place.operation,
                Parked.record == UUID(bytes=record),
                Parked.field.in_(sorted(fields)),
            )
        )
    return gone


def _rewrite(session: Session, number: int, operation: Operation) -> None:
    """Put another form of the same operation in its place, and list what it shows now; the gate is open for that."""
    session.execute(update(OperationRow).where(OperationRow.seq == number).values(body=pack([operation])))
    rows = {row["record"]: row for row in change_rows(number, operation, written(operation))}
    for change in session.scalars(select(Change).where(Change.operation_seq == number)):
        row = rows.pop(change.record, None)
        if row is not None:
            change.table, change.fields = str(row["table"]), str(row["fields"])
        else:
            change.fields = ""  # it was written once; what was is forgotten
    session.flush()
    if rows:
        session.execute(insert(Change), list(rows.values()))


def show(session: Session, chain: bytes, operations: Mapping[int, Operation], now: datetime, judge: Judge) -> Merged:
    """Take in more levels of operations that are here already. Raises NotTheSame if they are others."""
    wanted = (
        select(OperationRow, Chain)
        .join(Chain, Chain.ix == OperationRow.chain_ix)
        .where(Chain.id == chain, OperationRow.chain_seq.in_(list(operations)))
    )
    rows = session.execute(wanted).all()
    if len(rows) != len(operations) or any(
        digest(row.chain_seq, operations[row.chain_seq]) != row.digest for row, _chain in rows
    ):
        raise NotTheSame
    merger = Merger(session, now)
    touched: dict[RecordKey, set[str]] = defaultdict(set)
    shown_now: list[Arrived] = []
    with gate(session, rewriting=True):
        for row, of in sorted(rows, key=lambda each: each[0].chain_seq):
            (known,) = unpack(row.body)
            place = Place(of.ix, of.id, row.chain_seq, row.seq, operations[row.chain_seq].wall)
            both = Arrived(place, _together(known, operations[row.chain_seq]), row.digest, row.link)
            (whole,) = merger.without_erased([both])
            _show(session, row, known, whole)
            shown_now.append(whole)
            for record, values in written(whole.operation).items():
                new = values.keys() - written(known).get(record, {}).keys()
                merger.fit(row.seq, record, {name: values[name] for name in new})
                touched[record] |= new
        merger = merger.again()
        merger.judge(shown_now, judge)
        for record, names in merger.judged_anew.items():
            touched[record] |= names
        merger.recompute({record: fields for record, fields in touched.items() if fields})
    return merger.merged


def _show(session: Session, row: OperationRow, known: Operation, whole: Arrived) -> None:
    operation = whole.operation
    row.wall, row.flags, row.actor = operation.wall, operation.flags, operation.actor
    row.kind, row.schema = operation.kind, operation.schema
    session.flush()
    _rewrite(session, row.seq, operation)
    if marks_of(operation) != marks_of(known):
        session.execute(delete(Mark).where(Mark.chain_ix == row.chain_ix, Mark.at_seq == row.chain_seq))
        add_marks(session, [whole])


def _together(known: Operation, more: Operation) -> Operation:
    """Each section in the form that says most."""
    if known.key is not None or more.only_digest is not None:
        return known
    if known.only_digest is not None or more.key is not None:
        return more
    pairs = zip(known.sections, more.sections, strict=True)
    return replace(known, sections=tuple(max(pair, key=_openness) for pair in pairs))


def _openness(section: Section) -> int:
    return 0 if isinstance(section, Shut) else 2 if isinstance(section, Open) else 1


def apply_parked(session: Session, now: datetime) -> Merged:
    """Put into the records what an earlier version of the program could only keep aside."""
    fits: dict[RecordKey, set[str]] = defaultdict(set)
    for parked in session.scalars(select(Parked).where(Parked.table.in_(sorted(recorded_models())))).all():
        keep = keeper(parked.table, parked.field)
        body = session.scalar(select(OperationRow.body).where(OperationRow.seq == parked.operation_seq))
        if keep is None or body is None:
            continue
        record = (parked.table, parked.record.bytes)
        values = written(unpack(body)[0]).get(record, {})
        try:
            keep(values.get(parked.field))
        except Unfit:
            continue
        fits[record].add(parked.field)
        session.delete(parked)
    with gate(session):
        merger = Merger(session, now)
        merger.recompute(fits)
    return merger.merged
