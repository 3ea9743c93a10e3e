"""Taking in what another desk wrote, against bare bulk statements that put the same rows into the same engine.

PYTHONPATH=src python -m benchmarks.sync [--cases 1000]
"""

from __future__ import annotations

import argparse
import secrets
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nacl.signing import SigningKey
from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from benchmarks import generator
from benchmarks.__main__ import HEAD, tell
from benchmarks.pairs import Result
from casedesk.desk import Desk
from casedesk.models import Case, Chain, Change, Operation, recorded_models
from casedesk.services.office import NewCentre, set_up, sign_in
from casedesk.storage.keys import FLOOR
from casedesk.storage.operations import start_link, unpack
from casedesk.storage.recorder import gate, own_chain
from casedesk.sync.chains import Member, Outcome, Slice, checked
from casedesk.sync.intake import take_in

LIMIT_CASES, LIMIT_SECONDS = 50_000, 10.0
EDITS_A_SECOND = 10_000
EDITED = ("intake_place", "team", "case_source")
NOW = datetime(2026, 5, 12, tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.sync", description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    cases = parser.parse_args().cases
    print("| " + " | ".join(HEAD) + " |")
    print("|---" * len(HEAD) + "|")
    with tempfile.TemporaryDirectory() as scratch:
        generator.make(Path(scratch) / "source", cases)
        source = sign_in(Path(scratch) / "source", generator.SIGN_IN, generator.PASSPHRASE)
        taker, bare = _empty(Path(scratch) / "taker", source), _empty(Path(scratch) / "bare", source)
        new = _piece(source, 1)
        changes = _changes(source)
        ours = _timed(lambda: _take(taker, new))
        rows = _rows(source)
        plain = _timed(lambda: _put(bare, rows))
        tell(Result("take in new cases", cases, ours, plain, None))
        print(f"{changes:,} changes; for {LIMIT_CASES:,} cases {ours * LIMIT_CASES / cases:.1f} s (≤ {LIMIT_SECONDS})")
        ids = _edit(source)
        edits = _piece(source, new.last + 1)
        ours = _timed(lambda: _take(taker, edits))
        plain = _timed(lambda: _change(bare, ids))
        tell(Result("take in edits", len(ids), ours, plain, None))
        print(f"{3 * len(ids) / ours:,.0f} changes a second (≥ {EDITS_A_SECOND:,})")
        for desk in (source, taker, bare):
            desk.store.vault.close()


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _empty(folder: Path, source: Desk) -> Desk:
    """A desk of the same organisation that holds nothing yet."""
    centre = NewCentre("BEN", "Bench", "", "dhaka", "Benchmark", generator.SIGN_IN, generator.PASSPHRASE, "bn")
    desk, recovery = set_up(folder, centre, FLOOR, device="B3")
    recovery.wipe()
    with source.read() as session:
        organisation = own_chain(session).organisation
    with desk.local() as session:
        own_chain(session).signing_seed = None
        key, id_ = SigningKey.generate(), secrets.token_bytes(16)
        public = bytes(key.verify_key)
        head = start_link(organisation, id_, public)
        row = {"id": id_, "organisation": organisation, "desk": public, "signing_seed": bytes(key), "head": head}
        session.add(Chain(**row, parent=b"", held=0, marked=0))
    return desk


def _piece(desk: Desk, first: int) -> Slice:
    with desk.read() as session:
        chain = own_chain(session)
        wanted = select(Operation).where(Operation.chain_ix == chain.ix, Operation.chain_seq >= first)
        rows = session.scalars(wanted.order_by(Operation.chain_seq)).all()
        before = start_link(chain.organisation, chain.id, chain.desk, chain.parent)
        if first > 1:
            wanted_link = select(Operation.link).where(Operation.chain_seq == first - 1)
            before = session.execute(wanted_link).scalar_one()
        operations = [unpack(row.body)[0] for row in rows]
        given: dict[str, Any] = {"chain": chain.id, "desk": chain.desk, "parent": chain.parent, "head": rows[-1].link}
        return checked(**given, first=first, before=before, operations=operations)


def _take(desk: Desk, piece: Slice) -> None:
    if take_in(desk.store, piece, Member(piece.desk), NOW).outcome is not Outcome.STORED:
        raise RuntimeError("nothing was taken in")


def _changes(desk: Desk) -> int:
    with desk.read() as session:
        spaces = func.length(Change.fields) - func.length(func.replace(Change.fields, " ", ""))
        return session.scalar(select(func.sum(spaces + 1)).where(Change.fields != "")) or 0


def _rows(desk: Desk) -> dict[str, list[dict[str, Any]]]:
    with desk.read() as session:
        return {
            table: [dict(row._mapping) for row in session.execute(select(model.__table__))]
            for table, model in recorded_models().items()
        }


def _put(desk: Desk, rows: dict[str, list[dict[str, Any]]]) -> None:
    with Session(desk.store.vault.writer) as session:
        with gate(session):
            for table, some in rows.items():
                for start in range(0, len(some), 2000):
                    session.connection().execute(insert(recorded_models()[table]), some[start : start + 2000])
        session.commit()


def _edit(desk: Desk) -> list[Any]:
    with desk.read() as session:
        ids = list(session.scalars(select(Case.id)))
    for id_ in ids:
        with desk.write("bench.edit") as session:
            case = session.get_one(Case, id_)
            case.intake_place, case.team, case.case_source = "airport", "blue", "self"
    return ids


def _change(desk: Desk, ids: list[Any]) -> None:
    wanted = update(Case).where(Case.id == bindparam("which")).values({n: bindparam(f"new_{n}") for n in EDITED})
    rows = [{"which": id_, "new_intake_place": "airport", "new_team": "blue", "new_case_source": "self"} for id_ in ids]
    with Session(desk.store.vault.writer) as session:
        with gate(session):
            session.connection().execute(wanted, rows)
        session.commit()


if __name__ == "__main__":
    main()
