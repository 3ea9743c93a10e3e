"""Taking in what another desk wrote, against bare bulk statements that put the same rows into the same engine.

PYTHONPATH=src:. python -m benchmarks.sync [--cases 1000] [--rounds 3]

Ours opens the body of a file, makes every digest and link of the chain again, judges, merges, and keeps journal, lists
and search. Bare are the rows alone, by the fastest way of each engine (a prepared statement; COPY), in one
transaction: of the records, and of all that ours writes. PostgreSQL takes part where its programs are installed.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias
from uuid import UUID

import pytest
from nacl.signing import SigningKey
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from benchmarks import generator
from benchmarks.__main__ import HEAD, tell
from benchmarks.pairs import Result
from casedesk.desk import Desk
from casedesk.models import Base, Case, CaseIndex, Chain, Change, NumberKey, Operation, State, recorded_models
from casedesk.services.entitled import judge_with
from casedesk.services.sign_in import NewCentre, set_up, sign_in
from casedesk.services.trust import Trust
from casedesk.storage.bulk import put
from casedesk.storage.keys import FLOOR
from casedesk.storage.merging import Merged
from casedesk.storage.national import NationalStore
from casedesk.storage.operations import pack, start_link, unpack
from casedesk.storage.recorder import gate, own_chain
from casedesk.sync.chains import Outcome, Slice, checked
from casedesk.sync.intake import AT_ONCE, accept, divided, take_in
from casedesk.sync.process import SELDOM
from tests.support import postgres

LIMIT_CASES, LIMIT_SECONDS = 50_000, 10.0
EDITS_A_SECOND = 10_000
EDITED: Final = {"intake_place": "airport", "priority": "urgent", "case_source": "self"}  # one of them stands in lists
NOW = datetime(2026, 5, 12, tzinfo=UTC)
RECORDS: Final = tuple(recorded_models().values())
ALL: Final[tuple[type[Base], ...]] = (*RECORDS, Operation, Change, State, CaseIndex, NumberKey)
Rows: TypeAlias = dict[type[Base], list[dict[str, Any]]]


@dataclass(frozen=True)
class Sent:
    """A stretch of a chain as it stands in a file."""

    chain: Chain
    first: int
    before: bytes
    head: bytes
    body: bytes

    def opened(self) -> Slice:
        of = self.chain
        given: dict[str, Any] = {"chain": of.id, "desk": of.desk, "parent": of.parent, "head": self.head}
        return checked(**given, first=self.first, before=self.before, operations=unpack(self.body))


class Vault:
    """A vault that takes in."""

    def __init__(self, folder: Path, organisation: bytes) -> None:
        self.desk = _empty(folder, organisation)

    def take(self, piece: Slice, judge: Any) -> None:
        if take_in(self.desk.store, piece, NOW, judge).outcome is not Outcome.STORED:
            raise RuntimeError("nothing was taken in")

    def session(self) -> Session:
        return Session(self.desk.store.vault.writer)

    def close(self) -> None:
        self.desk.store.vault.close()


class National:
    """The national office's database."""

    def __init__(self, url: str, organisation: bytes) -> None:
        self.store = NationalStore(url, organisation)

    def take(self, piece: Slice, judge: Any) -> None:
        while piece.operations:
            part, piece = divided(piece, AT_ONCE)
            with self._intake() as (session, merged):
                merged.add(accept(session, part, NOW, judge).merged)

    def _intake(self) -> AbstractContextManager[tuple[Session, Merged]]:
        return self.store.intake("BEN")

    def session(self) -> Session:
        return Session(self.store.engine)

    def close(self) -> None:
        self.store.close()


Taker: TypeAlias = Vault | National


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.sync", description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    told = parser.parse_args()
    gc.set_threshold(*SELDOM)  # as in the process that takes in
    print("| " + " | ".join(HEAD) + " |")
    print("|---" * len(HEAD) + "|")
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as stack:
        generator.make(Path(scratch) / "source", told.cases)
        source = sign_in(Path(scratch) / "source", generator.SIGN_IN, generator.PASSPHRASE)
        new = _sent(source, 1)
        cases, changes = _edit(source), _changes(source)
        edits = _sent(source, new.first + len(new.opened().operations))
        for name, fresh in _engines(stack, Path(scratch), new.chain.organisation):
            times = [_round(fresh, new, edits, cases) for _ in range(told.rounds)]
            _tell(name, cases, changes, {what: statistics.median(t[what] for t in times) for what in times[0]})
        source.store.vault.close()


def _engines(
    stack: contextlib.ExitStack, folder: Path, organisation: bytes
) -> Iterator[tuple[str, Callable[[], Taker]]]:
    """The name of each engine, and what makes an empty store of it."""
    yield "vault", lambda: Vault(folder / secrets.token_hex(4), organisation)
    try:
        url = stack.enter_context(postgres.running())
    except pytest.skip.Exception:
        print("PostgreSQL is not installed: not measured.")
        return

    def database() -> National:
        name = "d" + secrets.token_hex(4)
        postgres.make_database(url, name)
        return National(url.replace("/postgres?", f"/{name}?"), organisation)

    yield "PostgreSQL", database


def _tell(name: str, cases: list[UUID], changes: int, took: dict[str, float]) -> None:
    for what in ("new cases", "edits"):
        for bare in ("records", "all rows"):
            tell(
                Result(f"{name}: take in {what}, against {bare}", len(cases), took[what], took[f"{what}: {bare}"], None)
            )
    whole = took["new cases"] * LIMIT_CASES / len(cases)
    print(f"{name}: {changes:,} changes; for {LIMIT_CASES:,} cases {whole:.1f} s (≤ {LIMIT_SECONDS}), ", end="")
    print(f"of which opening {took['opening'] * LIMIT_CASES / len(cases):.1f} s; ", end="")
    print(f"{len(EDITED) * len(cases) / took['edits']:,.0f} edits a second (≥ {EDITS_A_SECOND:,})")


def _round(fresh: Callable[[], Taker], new: Sent, edits: Sent, cases: list[UUID]) -> dict[str, float]:
    """Everything once, in new stores."""
    judge = judge_with(Trust(frozenset(), people={new.chain.desk: frozenset(o.actor for o in new.opened().operations)}))
    took = {"opening": _timed(new.opened)}
    taker, records, whole = fresh(), fresh(), fresh()
    seen = _newest(taker)
    took["new cases"] = _timed(lambda: taker.take(new.opened(), judge))
    rows = _rows(taker, ALL, seen)
    took["new cases: records"] = _timed(lambda: _put(records, {model: rows[model] for model in RECORDS}))
    took["new cases: all rows"] = _timed(lambda: _put(whole, rows))
    seen = _newest(taker)
    took["edits"] = _timed(lambda: taker.take(edits.opened(), judge))
    rows = _rows(taker, (Operation, Change), seen)
    took["edits: records"] = _timed(lambda: _change(records, cases, {}))
    took["edits: all rows"] = _timed(lambda: _change(whole, cases, rows))
    for each in (taker, records, whole):
        each.close()
    return took


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _empty(folder: Path, organisation: bytes) -> Desk:
    """A desk of this organisation that holds nothing yet."""
    centre = NewCentre("BEN", "Bench", "", "dhaka", "Benchmark", generator.SIGN_IN, generator.PASSPHRASE, "bn")
    desk, recovery = set_up(folder, centre, FLOOR, device="B3")
    recovery.wipe()
    with desk.local() as session:
        own_chain(session).signing_seed = None
        key, id_ = SigningKey.generate(), secrets.token_bytes(16)
        public = bytes(key.verify_key)
        head = start_link(organisation, id_, public)
        row = {"id": id_, "organisation": organisation, "desk": public, "signing_seed": bytes(key), "head": head}
        session.add(Chain(**row, parent=b"", held=0, marked=0))
    return desk


def _sent(desk: Desk, first: int) -> Sent:
    with desk.read() as session:
        chain = own_chain(session)
        wanted = select(Operation).where(Operation.chain_ix == chain.ix, Operation.chain_seq >= first)
        rows = session.scalars(wanted.order_by(Operation.chain_seq)).all()
        before = start_link(chain.organisation, chain.id, chain.desk, chain.parent)
        if first > 1:
            before = session.execute(select(Operation.link).where(Operation.chain_seq == first - 1)).scalar_one()
        body = pack([unpack(row.body)[0] for row in rows])
        session.expunge(chain)
        return Sent(chain, first, before, rows[-1].link, body)


def _changes(desk: Desk) -> int:
    with desk.read() as session:
        spaces = func.length(Change.fields) - func.length(func.replace(Change.fields, " ", ""))
        edited = select(func.count()).select_from(Case).scalar_subquery() * len(EDITED)
        return session.scalar(select(func.sum(spaces + 1) - edited).where(Change.fields != "")) or 0


def _newest(taker: Taker) -> int:
    with taker.session() as session:
        return session.scalar(select(func.max(Operation.seq))) or 0


def _rows(taker: Taker, models: tuple[type[Base], ...], after: int) -> Rows:
    """What taking in wrote after this operation. Nothing else was there but what setting up wrote."""
    found: Rows = {}
    with taker.session() as session:
        ours = set(session.scalars(select(Change.record).where(Change.operation_seq <= after)))
        for model in models:
            some = (dict(row._mapping) for row in session.execute(select(model.__table__)))
            found[model] = [row for row in some if _is_new(row, after, ours)]
    return found


def _is_new(row: dict[str, Any], after: int, ours: set[UUID]) -> bool:
    number = row.get("seq", row.get("operation_seq"))
    return number > after if number is not None else row.get("id") not in ours


@contextmanager
def _writing(taker: Taker) -> Iterator[Session]:
    with taker.session() as session:
        with gate(session):
            yield session
        session.commit()


def _put(taker: Taker, rows: Rows) -> None:
    with _writing(taker) as session:
        for model, some in rows.items():
            put(session, model, some)


def _edit(desk: Desk) -> list[UUID]:
    """Change three fields of every case, each case in an operation of its own."""
    with desk.read() as session:
        ids = list(session.scalars(select(Case.id)))
    for id_ in ids:
        with desk.write("bench.edit") as session:
            case = session.get_one(Case, id_)
            for name, value in EDITED.items():
                setattr(case, name, value)
    return ids


def _change(taker: Taker, ids: list[UUID], rows: Rows) -> None:
    """The bare twin of taking in the edits; with all rows also what lists show of them."""
    listed = {"priority": EDITED["priority"], "priority_rank": 1}
    with _writing(taker) as session:
        _update(session, Case.__table__, "id", ids, EDITED)
        if rows:
            _update(session, CaseIndex.__table__, "case_id", ids, listed)
        for model, some in rows.items():
            put(session, model, some)


def _update(session: Session, table: Any, key: str, ids: list[UUID], values: Mapping[str, object]) -> None:
    wanted = update(table).where(table.c[key] == bindparam("which")).values({n: bindparam(f"new_{n}") for n in values})
    told = {f"new_{name}": value for name, value in values.items()}
    session.connection().execute(wanted, [told | {"which": id_} for id_ in ids])


if __name__ == "__main__":
    main()
