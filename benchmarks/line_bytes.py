"""Bytes on the line, ours beside PouchDB's for the same records:  PYTHONPATH=src:. python -m benchmarks.line_bytes

New cases are sent, then a day's edits to them, one field each. Ours go sealed to a relay; PouchDB replicates documents
to a server of its kind: one for each case with all that belongs to it, as case work on CouchDB keeps it, and in a
second run one for each record. All pass through a line that counts what goes either way, headers and answers too.
None has TLS. Needs node and npm; the packages of `pouchdb/package.json` are fetched into build/pouchdb.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyrage
from nacl.signing import SigningKey
from sqlalchemy import func, select

from benchmarks import generator
from casedesk.desk import Desk
from casedesk.models import Case, Chain, Change, Operation, Person, Recorded, recorded_models, values_of
from casedesk.services.sign_in import sign_in
from casedesk.storage.operations import pack, unpack
from casedesk.storage.recorder import to_leaf
from casedesk.sync.batch import MOST_OPERATIONS, Author, Kind, Stretch, seal, write_batch
from casedesk.sync.line import Address, Line
from casedesk.sync.relay.admission import Admission, Guest, box_of
from tests.support.relay import CutLine, a_relay, serving

HERE = Path(__file__).parent / "pouchdb"
BUILT = Path("build") / "pouchdb"
LIMITS = {"new": 1 / 5, "edits": 1 / 20}  # SYNC 16
DISTRICTS = ("dhaka", "madaripur", "cumilla", "sylhet", "tangail", "feni")


@dataclass(frozen=True, slots=True)
class Counted:
    what: str
    documents: str
    changes: int
    ours: int
    theirs: int


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.line_bytes", description=__doc__)
    parser.add_argument(
        "--cases", type=int, default=generator.TEMPLATES
    )  # each registered for real: copies would pack too well
    parser.add_argument("--edits", type=int, default=1_000)
    said = parser.parse_args()
    if shutil.which("npm") is None:
        sys.exit("npm is not installed, so there is nothing to compare with.")
    print("| sent | PouchDB's documents | field changes | ours | PouchDB | ratio | limit |  |")
    print("|---" * 8 + "|")
    for each in (*measure(said.cases, said.edits, "case"), *measure(said.cases, said.edits, "record")):
        ratio, limit = each.ours / each.theirs, LIMITS[each.what]
        verdict = "met" if ratio <= limit else "missed"
        print(
            f"| {each.what} | one a {each.documents} | {each.changes:,} | {each.ours:,} B | {each.theirs:,} B"
            f" | {ratio:.3f} | ≤ {limit:.2f} | {verdict} |",
            flush=True,
        )


def measure(cases: int, edits: int, kept: str) -> Iterator[Counted]:
    with tempfile.TemporaryDirectory() as scratch, _ours(Path(scratch)) as ours, _theirs() as theirs:
        folder = Path(scratch) / "vault"
        generator.make(folder, cases)
        desk = sign_in(folder, generator.SIGN_IN, generator.PASSPHRASE)
        documents = _documents(desk, kept)
        changes = sum(1 for document in documents.values() for _leaf in _leaves(document))
        held = _held(desk)
        yield Counted("new", kept, changes, ours.send(desk, 0, held), theirs.send(list(documents.values())))
        _edit(desk, edits)
        now = _documents(desk, kept)
        edited = [document for name, document in now.items() if document != documents.get(name)]
        yield Counted("edits", kept, edits, ours.send(desk, held, _held(desk)), theirs.send(edited))
        desk.store.vault.close()


def _leaves(document: Mapping[str, object]) -> Iterator[object]:
    for value in document.values():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for each in value:
                yield from _leaves(each)
        else:
            yield value


def _edit(desk: Desk, count: int) -> None:
    """Change one field in each of this many operations, as a day's work does."""
    dice = random.Random(3)  # noqa: S311 - the same day each time
    with desk.read() as session:
        people = list(session.scalars(select(Person.id)))
        cases = list(session.scalars(select(Case.id)))
    for _ in range(count):
        if dice.random() < 0.5:
            case_id, value = dice.choice(cases), dice.choice(("urgent", "high", "medium", "low"))
            with desk.write("case.edit", about=case_id) as session:
                session.get_one(Case, case_id).priority = value
        else:
            person, district = dice.choice(people), dice.choice(DISTRICTS)
            with desk.write("case.edit") as session:
                session.get_one(Person, person).district = district


def _held(desk: Desk) -> int:
    with desk.read() as session:
        return session.scalars(select(Chain)).one().held


def _documents(desk: Desk, kept: str) -> dict[str, dict[str, object]]:
    """By name, one document for each record, or for all that one registering brought."""
    found: dict[str, dict[str, object]] = {}
    with desk.read() as session:
        came = select(Change.record, func.min(Change.operation_seq)).group_by(Change.record)
        first = {row[0]: row[1] for row in session.execute(came)}
        for table, model in recorded_models().items():
            for record in session.scalars(select(model)):
                said: dict[str, object] = {"id": str(record.id)} | dict(_plain(record))
                name = f"{table}:{record.id}" if kept == "record" else f"case:{first[record.id]}"
                document = found.setdefault(name, {"_id": name})
                if kept == "record":
                    document.update(said)
                else:
                    rows = document.setdefault(table, [])
                    if isinstance(rows, list):
                        rows.append(said)
    return found


def _plain(record: Recorded) -> Iterable[tuple[str, object]]:
    for name, value in values_of(record).items():
        leaf = to_leaf(value)
        yield name, leaf.hex() if isinstance(leaf, bytes) else leaf


class _Ours:
    """A desk that seals what it wrote and brings it to a relay."""

    def __init__(self, line: Line, counter: CutLine, to: str, recipient: str, folder: Path) -> None:
        self._line, self._counter, self._to, self._recipient, self._folder = line, counter, to, recipient, folder

    def send(self, desk: Desk, after: int, until: int) -> int:
        before = self._counter.passed
        for first in range(after + 1, until + 1, MOST_OPERATIONS):
            path = self._folder / f"{first}.cdb"
            path.write_bytes(self._sealed(desk, first, min(first + MOST_OPERATIONS - 1, until)))
            self._line.send(path, [self._to])
        return self._counter.passed - before

    def _sealed(self, desk: Desk, first: int, last: int) -> bytes:
        with desk.read() as session:
            chain = session.scalars(select(Chain)).one()
            wanted = select(Operation).where(Operation.chain_seq.between(first, last)).order_by(Operation.chain_seq)
            rows = list(session.scalars(wanted))
        body = pack([operation for row in rows for operation in unpack(row.body)])
        seed = chain.signing_seed or b""
        stretch = Stretch(chain.id, chain.parent, first, len(rows), bytes(32), rows[-1].link)
        plain = write_batch(
            Author(chain.organisation, SigningKey(seed)), Kind.CHAIN, body, audience="BEN", made=0, stretch=stretch
        )
        return seal(plain, [self._recipient])


@contextmanager
def _ours(folder: Path) -> Iterator[_Ours]:
    me, other = SigningKey.generate(), SigningKey.generate()
    guests = [Guest(bytes(each.verify_key), 10**9) for each in (me, other)]
    relay = a_relay(folder, lambda _raw: Admission(1, guests, []), lambda: 0.0)
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    with serving(relay) as port:
        with Line(Address(f"http://127.0.0.1:{port}"), me) as setting_up:
            setting_up.put_roster(b"")
        counter = CutLine(port, every=0, seed=0)
        with Line(Address(f"http://127.0.0.1:{counter.port}"), me) as line:
            yield _Ours(line, counter, box_of(bytes(other.verify_key)), recipient, folder)
        counter.close()
    relay.index.engine.dispose()


class _Theirs:
    """PouchDB: a desk in one process, a server in another, and the counting line between them."""

    def __init__(self, desk: subprocess.Popen[str], counter: CutLine) -> None:
        self._desk, self._counter = desk, counter

    def send(self, documents: Sequence[dict[str, object]]) -> int:
        before = self._counter.passed
        for start in range(0, len(documents), 500):
            self._ask({"put": documents[start : start + 500]})
        self._ask({"replicate": f"http://127.0.0.1:{self._counter.port}/centre"})
        return self._counter.passed - before

    def _ask(self, what: dict[str, object]) -> None:
        if self._desk.stdin is None or self._desk.stdout is None:
            raise RuntimeError("the desk was started without pipes")
        self._desk.stdin.write(json.dumps(what) + "\n")
        self._desk.stdin.flush()
        if self._desk.stdout.readline().strip() != "done":
            raise RuntimeError("PouchDB stopped")


@contextmanager
def _theirs() -> Iterator[_Theirs]:
    BUILT.mkdir(parents=True, exist_ok=True)
    for path in HERE.iterdir():
        shutil.copy(path, BUILT)
    if not (BUILT / "node_modules").exists():
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=BUILT, check=True)
    with (
        subprocess.Popen(["node", "server.js"], cwd=BUILT, text=True, stdout=subprocess.PIPE) as server,
        subprocess.Popen(
            ["node", "desk.js"], cwd=BUILT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as desk,
    ):
        if server.stdout is None:
            raise RuntimeError("the server was started without pipes")
        counter = CutLine(int(server.stdout.readline()), every=0, seed=0)
        try:
            yield _Theirs(desk, counter)
        finally:
            counter.close()
            desk.kill()
            server.kill()


if __name__ == "__main__":
    main()
