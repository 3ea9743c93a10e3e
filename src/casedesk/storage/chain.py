"""The chain of this desk: how it begins, and the check that journal, chain and records agree (SYNC 4, 15)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from nacl.signing import SigningKey
from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from casedesk.errors import StorageFailed
from casedesk.fields import Kind
from casedesk.i18n import _, ngettext
from casedesk.models import CaseIndex, Chain, Change, NumberKey, Recorded, State, fields_of, recorded_models
from casedesk.models import Operation as OperationRow
from casedesk.storage import derived
from casedesk.storage.operations import (
    MalformedBody,
    Operation,
    Value,
    digest,
    link,
    parent_of,
    shown,
    start_link,
    unpack,
)
from casedesk.storage.recorder import OPERATION_TABLE, OWN_CHAIN, to_leaf
from casedesk.storage.store import Store
from casedesk.storage.vault import VaultUnreadable

Replayed = dict[tuple[str, bytes], dict[str, Value]]
Touched = dict[tuple[str, bytes], set[str]]


def begin_chain(session: Session) -> None:
    """Start the chain of a new vault. The organisation is unknown, hence random, until the desk joins one."""
    organisation, chain = secrets.token_bytes(16), secrets.token_bytes(16)
    key = SigningKey.generate()
    public = bytes(key.verify_key)
    session.add(
        Chain(
            id=chain,
            organisation=organisation,
            desk=public,
            signing_seed=bytes(key),
            parent=b"",
            held=0,
            head=start_link(organisation, chain, public),
        )
    )


def continue_chain(session: Session) -> None:
    """Go on in a new chain whose parent is the last link of the one until now, which nobody signs for any more.

    So a restored or copied vault never writes other operations under numbers that the first one used already.
    """
    before = session.scalars(OWN_CHAIN).one()
    chain, key = secrets.token_bytes(16), SigningKey.generate()
    public = bytes(key.verify_key)
    parent = parent_of(before.id, before.held, before.head)
    before.signing_seed = None
    session.add(
        Chain(
            id=chain,
            organisation=before.organisation,
            desk=public,
            signing_seed=bytes(key),
            parent=parent,
            held=0,
            head=start_link(before.organisation, chain, public, parent),
        )
    )


@dataclass(slots=True)
class Findings:
    """What a check counted, and what is wrong: sentences with places, never with contents."""

    operations: int = 0
    records: int = 0
    wrong: list[str] = field(default_factory=list)


def check(store: Store) -> Findings:
    """Let the engine check its pages, verify every chain, replay the journal against the records, look for orphans."""
    found = Findings()
    try:
        with store.local() as session:
            _check_pages(session, found)
            _check_guards(session, found)
        if not found.wrong:
            with store.read() as session:
                told = _replayed(session, found)
                _compare(session, told, found)
            with store.local() as session:
                _compare_derived(session, found)
    except (StorageFailed, VaultUnreadable):
        found.wrong.append(_("The file cannot be read whole."))
    return found


def _check_pages(session: Session, found: Findings) -> None:
    """Let the engine check its pages. Not on a reader: its full-text check looks at what it remembers, and errs."""
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


def _replayed(session: Session, found: Findings) -> Replayed:
    """The records as the journal tells them; on the way every digest and link is made again."""
    told: Replayed = {}
    for chain in session.scalars(select(Chain)):
        head = start_link(chain.organisation, chain.id, chain.desk, chain.parent)
        seq = 0
        for row in _operations(session, chain):
            seq += 1
            found.operations += 1
            try:
                (operation,) = unpack(row.body)
            except (MalformedBody, ValueError):
                found.wrong.append(_("Operation {number} cannot be read.").format(number=seq))
                head = row.link  # told once; what follows is checked from here
                continue
            fingerprint = digest(seq, operation)
            head = link(head, chain.id, seq, fingerprint)
            if (row.chain_seq, row.digest, row.link) != (seq, fingerprint, head) or not _same(row, operation):
                found.wrong.append(_("Operation {number} does not agree with its proof.").format(number=seq))
                head = row.link
            touched: Touched = {}
            for _level, leaf in shown(operation):
                if leaf.table != OPERATION_TABLE:
                    told.setdefault((leaf.table, leaf.record), {})[leaf.field] = leaf.value
                    touched.setdefault((leaf.table, leaf.record), set()).add(leaf.field)
            if touched != _indexed(session, row.seq):
                found.wrong.append(_("Operation {number} is wrongly listed in the history.").format(number=seq))
        if (chain.held, chain.head) != (seq, head):
            found.wrong.append(_("The chain ends before or after its last operation."))
    return told


def _same(row: OperationRow, operation: Operation) -> bool:
    """Whether the columns beside the body say what the body says."""
    columns = (row.wall, row.flags, row.actor, row.kind, row.schema)
    return columns == (operation.wall, operation.flags, operation.actor, operation.kind, operation.schema)


def _indexed(session: Session, seq: int) -> Touched:
    rows = session.execute(_CHANGES, {"seq": seq})
    return {(table, record.bytes): set(fields.split()) for table, record, fields in rows if table}


_CHANGES = select(Change.table, Change.record, Change.fields).where(Change.operation_seq == bindparam("seq"))


def _operations(session: Session, chain: Chain) -> Iterator[OperationRow]:
    wanted = select(OperationRow).where(OperationRow.chain_ix == chain.ix).order_by(OperationRow.chain_seq)
    for row in session.scalars(wanted.execution_options(yield_per=500)):
        yield row
        session.expunge(row)


def _compare(session: Session, told: Replayed, found: Findings) -> None:
    known: set[UUID] = set()
    pointing: list[tuple[str, UUID]] = []
    for table, model in recorded_models().items():
        names = list(fields_of(model))
        links = [name for name, declared in fields_of(model).items() if declared.kind is Kind.REFERENCE]
        for record in session.scalars(select(model).execution_options(yield_per=500)):
            found.records += 1
            known.add(record.id)
            pointing += [(f"{table}.{name}", to) for name in links if (to := getattr(record, name)) is not None]
            _compare_record(table, names, record, told, found)
            session.expunge(record)
    for table, _record in told:
        found.wrong.append(_("{table}: the journal has a record that is not here.").format(table=table))
    for place, to in pointing:
        if to not in known and to.int != 0:
            found.wrong.append(_("{place}: points to nothing.").format(place=place))


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


def _compare_derived(session: Session, found: Findings) -> None:
    before = _derived(session)
    derived.rebuild(session)
    session.flush()
    if _derived(session) != before:
        found.wrong.append(_("Lists and search did not agree with the records. They were made again."))


def _derived(session: Session) -> tuple[object, ...]:
    rows = select(*(column for column in CaseIndex.__table__.columns if column.key != "row")).order_by("case_id")
    states = select(State.__table__).order_by("entity_id")
    keys = select(NumberKey.case_id, NumberKey.kind, NumberKey.key).order_by(
        NumberKey.case_id, NumberKey.kind, NumberKey.key
    )
    words = text(
        "SELECT i.case_id, w.words, w.sounds FROM case_words w JOIN case_index i ON i.row = w.rowid ORDER BY i.case_id"
    )
    return tuple(tuple(map(tuple, session.execute(wanted))) for wanted in (rows, states, keys, words))
