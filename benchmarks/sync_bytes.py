"""Sealed bytes of a day's work and of new cases, beside the same records as gzipped JSON documents (SYNC 16).

PYTHONPATH=src python -m benchmarks.sync_bytes [--cases 60]
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pyrage
from nacl.signing import SigningKey
from sqlalchemy import select

from benchmarks import generator
from casedesk.desk import Desk
from casedesk.models import Case, Person, recorded_models, values_of
from casedesk.models import Operation as OperationRow
from casedesk.services.cases import edit_case
from casedesk.services.sign_in import sign_in
from casedesk.storage.operations import OperationKind, pack, shown, unpack
from casedesk.storage.recorder import OPERATION_TABLE, own_chain
from casedesk.sync.batch import CENTRAL, MOST_OPERATIONS, Author, Kind, Stretch, seal, write_batch

HEAD = ("what", "changes", "sealed", "a change", "gzipped JSON", "ratio", "target", "")
TARGETS = {100: 4_000, 1_000: 20_000}


@dataclass(frozen=True)
class Figures:
    changes: int
    sealed: int
    documents: int


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.sync_bytes", description=__doc__)
    parser.add_argument("--cases", type=int, default=60, help="how many new cases are made")
    cases = parser.parse_args().cases
    print("| " + " | ".join(HEAD) + " |")
    print("|---" * len(HEAD) + "|")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "store"
        generator.make(folder, cases)
        desk = sign_in(folder, generator.SIGN_IN, generator.PASSPHRASE)
        found = measured(desk, 0)
        tell(f"{cases:,} new cases", found, 12_000_000 * cases / 50_000)
        for changes, target in TARGETS.items():
            before = held(desk)
            edit(desk, changes)
            tell(f"{changes:,} daily changes", measured(desk, before), target)
        desk.store.vault.close()


def held(desk: Desk) -> int:
    with desk.read() as session:
        return own_chain(session).held


def edit(desk: Desk, changes: int) -> None:
    """That many fields, two of one person in each edit."""
    chance = random.Random(7)  # noqa: S311 - the same edits each time
    with desk.read() as session:
        ids = list(session.scalars(select(Case.id)))
    done = 0
    said: dict[tuple[UUID, str], object] = {}
    while done < changes:
        case_id = chance.choice(ids)
        fields = ("person.marital_status", "person.education")
        answers = {
            "person.marital_status": ("married", "single", "widowed", "divorced"),
            "person.education": ("primary", "lower_secondary", "none"),
        }
        edits = {}
        for name in fields:
            old = said.get((case_id, name), _now(desk, case_id, name))
            new = chance.choice([each for each in answers[name] if each != old])
            edits[name] = (old, new)
            said[case_id, name] = new
        edit_case(desk, case_id, edits)
        done += len(edits)


def _now(desk: Desk, case_id: UUID, name: str) -> object:
    with desk.read() as session:
        case = session.get_one(Case, case_id)
        return getattr(session.get_one(Person, case.person_id), name.partition(".")[2])


def measured(desk: Desk, after: int) -> Figures:
    """All operations after this one as one or more sealed files, whole; and the same records as documents."""
    with desk.read() as session:
        chain = own_chain(session)
        rows = list(
            session.scalars(
                select(OperationRow)
                .where(OperationRow.chain_ix == chain.ix, OperationRow.chain_seq > after)
                .order_by(OperationRow.chain_seq)
            )
        )
        chain_id = chain.id
    author = Author(b"o" * 16, SigningKey.generate())
    to = [str(pyrage.x25519.Identity.generate().to_public())]
    changes = sealed = documents = 0
    for start in range(0, len(rows), MOST_OPERATIONS):
        some = rows[start : start + MOST_OPERATIONS]
        operations = [operation for row in some for operation in unpack(row.body)]
        stretch = Stretch(chain_id, b"", some[0].chain_seq, len(some), bytes(32), some[-1].link)
        plain = write_batch(author, Kind.CHAIN, pack(operations), audience=CENTRAL, made=0, stretch=stretch)
        sealed += len(seal(plain, to))
        told = [leaf for op in operations if op.kind == OperationKind.WORK for _level, leaf in shown(op)]
        changes += sum(leaf.table != OPERATION_TABLE for leaf in told)
        documents += _as_documents(desk, {(leaf.table, leaf.record) for leaf in told if leaf.table != OPERATION_TABLE})
    return Figures(changes, sealed, documents)


def _as_documents(desk: Desk, records: Iterable[tuple[str, bytes]]) -> int:
    """Each record that was touched as a whole JSON document, as document stores send it, gzipped together."""
    models = recorded_models()
    by_table: dict[str, list[bytes]] = {}
    for table, record in sorted(records):
        by_table.setdefault(table, []).append(record)
    lines = []
    with desk.read() as session:
        for table, ids in by_table.items():
            for record in ids:
                found = session.get(models[table], UUID(bytes=record))
                if found is not None:
                    told = {name: str(value) for name, value in values_of(found).items()}
                    lines.append(json.dumps({"_id": str(found.id), "_rev": "1-" + found.id.hex, "type": table, **told}))
    return len(gzip.compress("\n".join(lines).encode()))


def tell(what: str, found: Figures, target: float) -> None:
    cells = (
        what,
        f"{found.changes:,}",
        f"{found.sealed:,} B",
        f"{found.sealed / found.changes:.1f} B",
        f"{found.documents:,} B",
        f"{found.documents / found.sealed:.1f}",
        f"≤ {target:,.0f} B",
        "met" if found.sealed <= target else "missed",
    )
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
