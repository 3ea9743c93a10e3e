"""The check that pages, guards, journal, chains, records and lists agree (SYNC 4, 15)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, distinct, func, select, text, true
from sqlalchemy.orm import Session
from sqlcipher3 import dbapi2 as sqlcipher

from casedesk.errors import StorageFailed
from casedesk.fields import Kind
from casedesk.i18n import _, ngettext
from casedesk.models import (
    Chain,
    Change,
    Clash,
    Mark,
    Parked,
    Recorded,
    Unentitled,
    fields_of,
    recorded_models,
    registers_of,
)
from casedesk.models import Operation as OperationRow
from casedesk.progress import Progress, silent
from casedesk.storage import derived
from casedesk.storage.arrived import RecordKey, marks_of, written
from casedesk.storage.bulk import in_parts
from casedesk.storage.merging import over
from casedesk.storage.operations import (
    MalformedBody,
    Operation,
    Shut,
    Value,
    digest,
    link,
    start_link,
    unpack,
)
from casedesk.storage.recorder import to_leaf
from casedesk.storage.registers import Knowledge, Place, current, shown_value
from casedesk.storage.store import Store
from casedesk.storage.vault import VaultMismatch, VaultUnreadable

Replayed = dict[tuple[str, bytes], dict[str, Value]]
MANY: Final = 50_000  # records that are kept in memory until they are compared


@dataclass(slots=True)
class Findings:
    """What a check counted, and what is wrong: sentences with places, never with contents."""

    operations: int = 0
    records: int = 0
    lists_differ: bool = False
    partial: bool = False  # whether others showed only a part of what they wrote
    awaited: int = 0  # references to records that have not come from another desk yet
    wrong: list[str] = field(default_factory=list)


def check(store: Store, progress: Progress = silent) -> Findings:
    """Let the engine check its pages, verify every chain, replay the journal against the records, look for orphans.

    It looks at one moment on a connection of its own, so that others go on writing.
    """
    found = Findings()
    try:
        with store.apart() as session:
            _check_pages(session, found)
        if found.wrong:  # a page may have been moved while it was looked at: once more, while nobody writes
            found = Findings()
            _write_back(store)
            with store.local() as session:
                _check_pages(session, found)
        if not found.wrong:
            with store.apart() as session:
                _check_contents(session, found, progress)
        if found.lists_differ:
            with store.local() as session:
                derived.rebuild(session)
    except (StorageFailed, VaultMismatch, VaultUnreadable):
        found.wrong.append(_("The file cannot be read whole."))
    return found


def _check_contents(session: Session, found: Findings, progress: Progress) -> None:
    _check_guards(session, found)
    if not found.wrong:
        check_records(session, found, progress)
        found.lists_differ = derived.differs(session, progress)
    if found.lists_differ:
        found.wrong.append(_("Lists and search did not agree with the records. They were made again."))


def check_records(session: Session, found: Findings, progress: Progress = silent) -> None:
    """Verify every chain and compare the records with what the journal tells, on any engine."""
    tables = (OperationRow.__table__, *(model.__table__ for model in recorded_models().values()))
    rows = (session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)
    steps = _Steps(progress, sum(rows))
    seen = _Seen()
    replay = _Replay(session)
    for chain in session.scalars(select(Chain)).all():
        _replay_chain(session, chain, replay, found, steps)
        if replay.size > MANY:  # what only this chain tells is told whole
            _compare_told(session, replay.settled(), seen, found, steps)
    _compare_rest(session, replay.told(found), seen, found, steps)


@dataclass(slots=True)
class _Steps:
    """Counts what was looked at, and tells now and then how far it is."""

    progress: Progress
    of: int
    done: int = 0

    def __call__(self) -> None:
        self.done += 1
        if self.done % 100 == 0:
            self.progress.step(self.done, self.of)


def _write_back(store: Store) -> None:
    """Bring the log into the file first: the engine checks the file alone, where a power cut may have torn a page
    that the log still has whole."""
    connection = store.vault.connection()
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlcipher.Error as error:
        raise VaultUnreadable from error
    finally:
        connection.close()


def _check_pages(session: Session, found: Findings) -> None:
    """Let the engine check its pages. A reader of the pool errs: its full-text check looks at what it remembers."""
    damaged = len(session.execute(text("PRAGMA cipher_integrity_check")).all())
    if damaged:
        found.wrong.append(
            ngettext("{count} page of the file is damaged.", "{count} pages of the file are damaged.", damaged).format(
                count=damaged
            )
        )
        return
    for row in session.execute(text("PRAGMA quick_check")):
        if row[0] != "ok":
            found.wrong.append(_("The engine found a fault in a table: {fault}").format(fault=row[0]))


def _check_guards(session: Session, found: Findings) -> None:
    """Whether every trigger is there that keeps others from writing."""
    there = set(session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
    for name in sorted(guards() - there):
        found.wrong.append(_("The guard {name} is missing.").format(name=name))


def guards() -> set[str]:
    """The names of the triggers that migrations set up."""
    tables = [*recorded_models(), "operation", "change"]
    names = {f"guard_{table}_{event}" for table in tables for event in ("insert", "update", "delete")}
    return names | {"guard_operation_rewrite", "guard_change_rewrite"}


def _replay_chain(session: Session, chain: Chain, replay: _Replay, found: Findings, step: Callable[[], None]) -> None:
    """Let a chain tell its records; on the way every digest and link is made again."""
    head = start_link(chain.organisation, chain.id, chain.desk, chain.parent)
    seq = 0
    for row in _operations(session, chain):
        seq += 1
        found.operations += 1
        step()
        try:
            (operation,) = unpack(row.body)
        except (MalformedBody, ValueError):
            found.wrong.append(_("Operation {number} cannot be read.").format(number=seq))
            head = row.link  # told once; what follows is checked from here
            continue
        found.partial |= operation.only_digest is not None or any(isinstance(s, Shut) for s in operation.sections)
        fingerprint = digest(seq, operation)
        head = link(head, chain.id, seq, fingerprint)
        if (row.chain_seq, row.digest, row.link) != (seq, fingerprint, head) or not _same(row, operation):
            found.wrong.append(_("Operation {number} does not agree with its proof.").format(number=seq))
            head = row.link
        said = written(operation)
        replay.add(Place(chain.ix, chain.id, seq, row.seq, row.wall), operation, said)
        if {record: values.keys() for record, values in said.items()} != _indexed(session, row.seq):
            found.wrong.append(_("Operation {number} is wrongly listed in the history.").format(number=seq))
    if (chain.held, chain.head) != (seq, head):
        found.wrong.append(_("The chain ends before or after its last operation."))


class _Replay:
    """Tells the records from the journal alone; what several desks wrote, by the rule of merging."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._told: Replayed = {}
        self._writes: dict[RecordKey, list[tuple[Place, dict[str, Value]]]] = {}
        self._marks: set[tuple[int, bytes, int, int]] = set()
        self._doubted: set[tuple[int, bytes, int]] = set()
        self._unentitled = {
            (row.operation_seq, row.record.bytes, row.register) for row in session.scalars(select(Unentitled))
        }
        self._parked = {
            (row.operation_seq, row.table, row.record.bytes, row.field) for row in session.scalars(select(Parked))
        }
        of_several = (
            select(Change.record)
            .join(OperationRow, OperationRow.seq == Change.operation_seq)
            .where(Change.fields != "")
            .group_by(Change.record)
            .having(func.count(distinct(OperationRow.chain_ix)) > 1)
        )
        self._contested = {record.bytes for record in session.scalars(of_several)}
        self._contested |= {record for _seq, record, _register in self._unentitled}

    def add(self, place: Place, operation: Operation, said: dict[RecordKey, dict[str, Value]]) -> None:
        for record, values in said.items():
            if record[1] in self._contested:
                self._writes.setdefault(record, []).append((place, values))
            else:
                kept = {name: value for name, value in values.items() if not self._is_parked(place, record, name)}
                if kept or record[0] in recorded_models():
                    self._told[record] = over(record[0], self._told.get(record, {}), kept)
        for peer, held in marks_of(operation).items():
            if (place.operation, peer, "held") in self._unentitled:  # could not be true when it came
                self._doubted.add((place.chain_ix, peer, place.seq))
            else:
                self._marks.add((place.chain_ix, peer, place.seq, held))

    def _is_parked(self, place: Place, record: RecordKey, name: str) -> bool:
        return (place.operation, *record, name) in self._parked

    @property
    def size(self) -> int:
        return len(self._told)

    def settled(self) -> Replayed:
        """What was told of records that no other chain tells of; it is forgotten here."""
        told, self._told = self._told, {}
        return told

    def told(self, found: Findings) -> Replayed:
        """The rest, once every chain has spoken."""
        clashes: set[tuple[RecordKey, str, str]] = set()
        knowledge = Knowledge(self._session)
        for record, writes in self._writes.items():
            model = recorded_models().get(record[0])
            if model is not None and (decided := self._decided(model, record, writes, knowledge, clashes)):
                self._told[record] = decided
        open_ = select(Clash).where(Clash.settled_by.is_(None))
        here = {((c.table, c.record.bytes), c.register, c.operations) for c in self._session.scalars(open_)}
        if here != clashes:
            found.wrong.append(_("The list of values that disagree does not follow from the journal."))
        marks = {(m.chain_ix, m.peer, m.at_seq, m.held) for m in self._session.scalars(select(Mark))}
        if {mark for mark in marks if mark[:3] not in self._doubted} != self._marks:
            found.wrong.append(_("What is kept of who had seen what does not follow from the journal."))
        return self._told

    def _decided(
        self,
        model: type[Recorded],
        record: RecordKey,
        writes: list[tuple[Place, dict[str, Value]]],
        knowledge: Knowledge,
        clashes: set[tuple[RecordKey, str, str]],
    ) -> dict[str, Value]:
        told: dict[str, Value] = {}
        declared = fields_of(model)
        for register, names in registers_of(model).items():
            of_it = {
                place: {
                    n: values[n] for n in names if n in values and (place.operation, *record, n) not in self._parked
                }
                for place, values in writes
                if not values.keys().isdisjoint(names)
                and (place.operation, record[1], register) not in self._unentitled
            }
            contenders = [(place, of_it[place]) for place in current(of_it, knowledge.knows)]
            if contenders:
                told |= shown_value({name: declared[name] for name in names}, contenders)[1]
            if not model.append and any(values != contenders[0][1] for _place, values in contenders[1:]):
                numbers = " ".join(map(str, sorted(place.operation for place, _values in contenders)))
                clashes.add((record, register, numbers))
        return told


def _same(row: OperationRow, operation: Operation) -> bool:
    """Whether the columns beside the body say what the body says."""
    columns = (row.wall, row.flags, row.actor, row.kind, row.schema)
    return columns == (operation.wall, operation.flags, operation.actor, operation.kind, operation.schema)


def _indexed(session: Session, seq: int) -> dict[RecordKey, set[str]]:
    rows = session.execute(_CHANGES, {"seq": seq})
    return {(table, record.bytes): set(fields.split()) for table, record, fields in rows if fields}


_CHANGES = select(Change.table, Change.record, Change.fields).where(Change.operation_seq == bindparam("seq"))


def _operations(session: Session, chain: Chain) -> Iterator[OperationRow]:
    wanted = select(OperationRow).where(OperationRow.chain_ix == chain.ix).order_by(OperationRow.chain_seq)
    for row in session.scalars(wanted.execution_options(yield_per=500)):
        yield row
        session.expunge(row)


@dataclass(slots=True)
class _Seen:
    """The records that were compared, by table, and where they point to, by table and field."""

    records: dict[str, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    pointing: dict[str, list[UUID]] = field(default_factory=lambda: defaultdict(list))


def _compare_told(session: Session, told: Replayed, seen: _Seen, found: Findings, step: Callable[[], None]) -> None:
    """Compare the records that were told with those here."""
    by_table: dict[str, list[UUID]] = defaultdict(list)
    for table, record in told:
        by_table[table].append(UUID(bytes=record))
    for table, model in recorded_models().items():
        for some in in_parts(by_table[table]):
            _compare_records(session, model, model.id.in_(some), told, seen, found, step)
    _not_here(told, found)


def _compare_rest(session: Session, told: Replayed, seen: _Seen, found: Findings, step: Callable[[], None]) -> None:
    """Compare every record that was not compared before, and look for what points to nothing."""
    for model in recorded_models().values():
        _compare_records(session, model, true(), told, seen, found, step)
    _not_here(told, found)
    known = set[UUID]().union(*seen.records.values())
    orphans = [place for place, ids in seen.pointing.items() for to in ids if to not in known and to.int != 0]
    if found.partial or _shares(session):  # what is not shown here, or comes later, cannot be pointed to
        found.awaited = len(orphans)
    else:
        found.wrong += [_("{place}: points to nothing.").format(place=place) for place in orphans]


def _compare_records(
    session: Session,
    model: type[Recorded],
    which: ColumnElement[bool],
    told: Replayed,
    seen: _Seen,
    found: Findings,
    step: Callable[[], None],
) -> None:
    table, declared = model.__tablename__, fields_of(model)
    links = [name for name, each in declared.items() if each.kind is Kind.REFERENCE]
    known = seen.records[table]
    for record in session.scalars(select(model).where(which).execution_options(yield_per=500)):
        if record.id not in known:
            found.records += 1
            step()
            known.add(record.id)
            for name in links:
                if (to := getattr(record, name)) is not None:
                    seen.pointing[f"{table}.{name}"].append(to)
            _compare_record(table, list(declared), record, told, found)
        session.expunge(record)


def _not_here(told: Replayed, found: Findings) -> None:
    for table in sorted(table for table, _record in told if table in recorded_models()):
        found.wrong.append(_("{table}: the journal has a record that is not here.").format(table=table))


def _shares(session: Session) -> bool:
    """Whether other desks wrote here too: what they wrote arrives in any order."""
    ours = select(Chain.desk).where(Chain.signing_seed.is_not(None))
    others = select(Chain.ix).where(Chain.desk.not_in(ours), Chain.held > 0)
    return session.scalar(others.limit(1)) is not None


def _compare_record(table: str, names: list[str], record: Recorded, told: Replayed, found: Findings) -> None:
    here = {name: to_leaf(value) for name in names if (value := getattr(record, name)) is not None}
    journal = {name: value for name, value in told.pop((table, record.id.bytes), {}).items() if value is not None}
    if here != journal:
        differing = sorted(name for name in here.keys() | journal.keys() if here.get(name) != journal.get(name))
        found.wrong.append(
            _("{table} {record} differs from the journal in: {fields}").format(
                table=table, record=record.id, fields=", ".join(differing)
            )
        )
