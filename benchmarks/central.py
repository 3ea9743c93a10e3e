"""The command of the central office: filling the database, a call without news, the check and its memory; and how the
tables of the database are best divided.

PYTHONPATH=src:. python -m benchmarks.central [--sizes 1000,3000] [--rows 30000]

Needs Linux. Seconds of the processor are those of the command alone, without PostgreSQL. Every figure is beside another
one of the same run.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, create_engine, text

from benchmarks import generator
from benchmarks.__main__ import HEAD, tell
from benchmarks.pairs import Result, paired
from casedesk.desk import Desk
from casedesk.services.sign_in import NewCentre, set_up, sign_in
from casedesk.storage.keys import FLOOR
from casedesk.storage.national import NationalStore
from casedesk.sync.national import check_national, follow, open_national
from tests.support import postgres
from tests.sync.office import begin, join

CENTRES = 64
AT_ONCE = 500  # records that merging asks for in one statement
ROUNDS = 15
LAYOUTS = {
    "hash of the id": "PARTITION BY HASH (id)",
    "list of centres": "PARTITION BY LIST (centre)",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.central", description=__doc__)
    parser.add_argument("--sizes", default="1000,3000", help="numbers of cases, separated by commas")
    parser.add_argument("--rows", type=int, default=30_000, help="rows of the tables that are divided in two ways")
    told = parser.parse_args()
    print("| " + " | ".join(HEAD) + " |")
    print("|---" * len(HEAD) + "|")
    with tempfile.TemporaryDirectory() as scratch, postgres.running() as url:
        for cases in map(int, told.sizes.split(",")):
            for result in command(Path(scratch) / str(cases), cases, url):
                tell(result)
        for result in layouts(url, told.rows):
            tell(result)


def command(folder: Path, cases: int, server: str) -> Iterator[Result]:
    """The first call, which tells everything, one without news, and the check, each in a process of its own."""
    folder.mkdir()
    generator.make(folder / "central", cases)
    _make_central(folder)
    postgres.make_database(server, f"cases{cases}")
    url = server.replace("/postgres?", f"/cases{cases}?")
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as others:
        works = (follow, follow, check_national)
        filling, quiet, checking = (others.apply(_called, (folder / "central", url, work)) for work in works)
    yield Result("follow without news, against the first time", cases, quiet.whole, filling.whole, None)
    yield Result("the same (processor)", cases, quiet.processor, filling.processor, None)
    yield Result("check, against filling (processor)", cases, checking.processor, filling.processor, None)
    yield Result("memory of filling, against before", cases, filling.most, filling.before, None, "MiB")
    yield Result("memory of the check, against before", cases, checking.most, checking.before, None, "MiB")


@dataclass(frozen=True)
class Used:
    """Seconds, those of the processor without PostgreSQL, and MiB of memory before and at most."""

    whole: float
    processor: float
    before: float
    most: float


def _called(store: Path, url: str, work: Callable[[Desk, NationalStore], object]) -> Used:
    desk = sign_in(store, generator.SIGN_IN, generator.PASSPHRASE)
    desk = replace(desk, actor=replace(desk.actor, roles=desk.actor.roles | {"coordinator", "administrator"}))
    national = open_national(desk, url)
    found = _used(partial(work, desk, national))
    national.close()
    desk.store.vault.close()
    return found


def _used(work: Callable[[], object]) -> Used:
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # what was used at most is counted anew
    before, whole, processor = _memory(), time.perf_counter(), time.process_time()
    work()
    return Used(time.perf_counter() - whole, time.process_time() - processor, before, _memory())


def _memory() -> float:
    """The most memory used since it was counted anew, in MiB."""
    status = Path("/proc/self/status").read_text()
    (told,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(told.split()[1]) / 1024


def _make_central(folder: Path) -> None:
    """Let the vault with the cases join an organisation as its central office."""
    centre = NewCentre("ONE", "One", "", "dhaka", "Benchmark", generator.SIGN_IN, generator.PASSPHRASE, "bn")
    first, recovery = set_up(folder / "first", centre, FLOOR, device="K1")
    recovery.wipe()
    central: Desk = sign_in(folder / "central", generator.SIGN_IN, generator.PASSPHRASE)
    begin(first, folder)
    join(first, central, centre="BEN", central=True)
    for desk in (first, central):
        desk.store.vault.close()


def layouts(server: str, rows: int) -> Iterator[Result]:
    """The same rows by either rule: what merging asks, what a reader of one centre asks, and what one of all asks."""
    postgres.make_database(server, "layouts")
    engine = create_engine(server.replace("/postgres?", "/layouts?"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        tables = [_divided(connection, number, rule, rows) for number, rule in enumerate(LAYOUTS.values())]
        some = f"SELECT id FROM {tables[0]} ORDER BY id LIMIT {AT_ONCE}"  # noqa: S608 - names of ours
        ids = list(connection.scalars(text(some)))
        asked = {
            f"{AT_ONCE} records by id": "SELECT * FROM {table} WHERE id = ANY(:ids)",
            "all of one centre": "SELECT count(told) FROM {table} WHERE centre = 'C07'",
            "all by centre": "SELECT centre, count(told) FROM {table} GROUP BY centre",
            f"{AT_ONCE} records changed": "UPDATE {table} SET told = told WHERE id = ANY(:ids)",
        }
        for what, statement in asked.items():
            each = [text(statement.format(table=table)) for table in tables]
            given = {"ids": ids} if ":ids" in statement else {}
            ours, other = paired(
                lambda: connection.execute(each[0], given).close(),  # noqa: B023 - called at once
                lambda: connection.execute(each[1], given).close(),  # noqa: B023 - called at once
                ROUNDS,
            )
            yield Result(f"{what}: hash of the id, against a list of {CENTRES} centres", rows, ours, other, None)
    engine.dispose()


def _divided(connection: Connection, number: int, rule: str, rows: int) -> str:
    """A table with these rows, divided by a rule; a centre's letters are C00 and so on."""
    table = f"divided{number}"
    by_id = "HASH" in rule
    key = "id" if by_id else "id, centre"
    connection.execute(text(f"CREATE TABLE {table} (id uuid, centre text, told text, PRIMARY KEY ({key})) {rule}"))
    for part in range(8 if by_id else CENTRES):
        holds = f"WITH (MODULUS 8, REMAINDER {part})" if by_id else f"IN ('C{part:02}')"
        connection.execute(text(f"CREATE TABLE {table}_{part} PARTITION OF {table} FOR VALUES {holds}"))
    connection.execute(text(f"CREATE INDEX ON {table} (centre)"))
    made = (
        f"INSERT INTO {table} SELECT md5(n::text)::uuid, 'C' || lpad((n % {CENTRES})::text, 2, '0'), repeat('x', 300)"  # noqa: S608 - names of ours
        f" FROM generate_series(1, {rows}) AS n"
    )
    began = time.perf_counter()
    connection.execute(text(made))
    print(f"{rows:,} rows put into {rule}: {time.perf_counter() - began:.2f} s", file=sys.stderr)
    connection.execute(text(f"ANALYZE {table}"))
    return table


if __name__ == "__main__":
    main()
