"""The chain of this desk: how it begins, and the check that journal, chain and records agree (SYNC 4, 15)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from nacl.signing import SigningKey
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from casedesk.fields import Kind
from casedesk.models import CaseIndex, Chain, NumberKey, Recorded, State, fields_of, recorded_models
from casedesk.models import Operation as OperationRow
from casedesk.storage import derived
from casedesk.storage.operations import MalformedBody, Value, digest, link, shown, start_link, unpack
from casedesk.storage.recorder import OPERATION_TABLE, to_leaf
from casedesk.storage.store import Store

Replayed = dict[tuple[str, bytes], dict[str, Value]]


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


@dataclass(slots=True)
class Findings:
    """What a check counted, and what is wrong: sentences with places, never with contents."""

    operations: int = 0
    records: int = 0
    wrong: list[str] = field(default_factory=list)


def check(store: Store) -> Findings:
    """Verify every chain, replay the journal against the records, look for orphans, and let the engine check its pages."""
    found = Findings()
    with store.read() as session:
        told = _replayed(session, found)
        _compare(session, told, found)
    with store.local() as session:
        _check_pages(session, found)
        _compare_derived(session, found)
    return found


def _check_pages(session: Session, found: Findings) -> None:
    """Let the engine check its pages. Not on a reader: its full-text check looks at what it remembers, and errs."""
    found.wrong += [f"page: {row[0]}" for row in session.execute(text("PRAGMA cipher_integrity_check"))]
    found.wrong += [f"table: {row[0]}" for row in session.execute(text("PRAGMA quick_check")) if row[0] != "ok"]


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
                found.wrong.append(f"operation {seq}: its body cannot be read")
                continue
            fingerprint = digest(seq, operation)
            head = link(head, chain.id, seq, fingerprint)
            if (row.chain_seq, row.digest, row.link) != (seq, fingerprint, head):
                found.wrong.append(f"operation {seq}: number, digest or link does not agree with its content")
            for _level, leaf in shown(operation):
                if leaf.table != OPERATION_TABLE:
                    told.setdefault((leaf.table, leaf.record), {})[leaf.field] = leaf.value
        if (chain.held, chain.head) != (seq, head):
            found.wrong.append("the chain ends before or after its last operation")
    return told


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
    found.wrong += [f"{table}: the journal has a record that is not here" for table, _record in told]
    found.wrong += [f"{place}: points to nothing" for place, to in pointing if to not in known and to.int != 0]


def _compare_record(table: str, names: list[str], record: Recorded, told: Replayed, found: Findings) -> None:
    here = {name: to_leaf(value) for name in names if (value := getattr(record, name)) is not None}
    journal = {name: value for name, value in told.pop((table, record.id.bytes), {}).items() if value is not None}
    if here != journal:
        differing = sorted(name for name in here.keys() | journal.keys() if here.get(name) != journal.get(name))
        found.wrong.append(f"{table} {record.id}: differs from the journal in {', '.join(differing)}")


def _compare_derived(session: Session, found: Findings) -> None:
    before = _derived(session)
    derived.rebuild(session)
    session.flush()
    if _derived(session) != before:
        found.wrong.append("lists and search do not agree with the records; they were made again")


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
