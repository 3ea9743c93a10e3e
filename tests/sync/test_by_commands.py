"""A day of an organisation by its commands alone: every peer is a process of its own, and the line breaks everywhere.

Three laptops of a centre sync at once with two relays over one PostgreSQL, behind nginx with TLS; the central office
fetches what was agreed to and tells its database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from casedesk.desk import Desk
from casedesk.services.consents import RecordConsent, record_consent
from casedesk.services.intake import register_case
from casedesk.services.office import check_store
from casedesk.services.sign_in import sign_in
from casedesk.sync import computers
from casedesk.sync.carrying import State
from casedesk.sync.outbox import files_out
from casedesk.sync.visit import name_relay
from tests.conftest import PASSPHRASE
from tests.support import postgres
from tests.support.command_line import Answer, process_of
from tests.support.exchange import records
from tests.support.people import a_returnee
from tests.support.relay import CutLine, a_free_port, started
from tests.support.tls import certificate, nginx
from tests.sync.office import admin, coordinator, first_desk, hand_rosters, join, new_desk

LAPTOPS = ("K3", "K4", "K5")
CASES = 2  # of each laptop
# What a computer says of itself; and that something left for the central office travels with the next change of work.
OWN = frozenset(("centre", "device", "user", "disclosure"))


@dataclass(frozen=True, slots=True)
class Line:
    """The way to the relays, and what the organisation calls itself there."""

    cut: CutLine
    index: str
    national: str


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """Laptops with cases and a central desk, all of them closed, and the relays they know."""
    made = certificate(tmp_path / "tls")
    with ExitStack() as stack:
        server = stack.enter_context(postgres.running())
        databases = []
        for name in ("index", "national"):
            postgres.make_database(server, name)
            databases.append(server.replace("/postgres?", f"/{name}?"))
        door = a_free_port()
        cut = CutLine(door, every=20_000, seed=7)
        stack.callback(cut.close)
        mark = organisation(tmp_path, f"https://127.0.0.1:{cut.port}", made.issuer_der)
        ports = stack.enter_context(started(tmp_path / "relay", mark, databases[0], count=2))
        stack.enter_context(nginx(tmp_path, made, ports, door))
        yield Line(cut, *databases)


def organisation(folder: Path, relay: str, issuer: bytes) -> str:
    """Makes the desks in folders of their names, with cases of their own; the mark of the organisation."""
    first = first_desk(folder / "K3")
    name_relay(admin(first), relay, issuer)
    others = [new_desk(folder / name, name) for name in LAPTOPS[1:]]
    hq = new_desk(folder / "Q1", "Q1", "HQX")
    for each in others:
        join(first, each)
    join(first, hq, centre="HQX", central=True)
    hand_rosters(first, [*others, hq])
    for place, desk in enumerate((first, *others)):
        for n in range(CASES):
            person = a_returnee(person__name_en=f"Person {place} {n}", person__phone_1=f"+8801711{place:03d}{n:03d}")
            case = register_case(desk, person)
            record_consent(desk, case, RecordConsent({"sync_central_identified": "given"}, method="verbal"))
    mark = computers.mark(admin(first))
    for desk in (first, *others, hq):
        desk.store.vault.close()
    return mark


@contextmanager
def opened(folder: Path) -> Iterator[Desk]:
    desk = sign_in(folder, "farzana", PASSPHRASE)
    yield desk
    desk.store.vault.close()


def sync(folders: Sequence[Path]) -> list[Answer]:
    """`casedesk sync` on each of these computers, at once."""
    with ThreadPoolExecutor(len(folders)) as beside:
        words = [("sync", "--store", folder, "--user", "farzana") for folder in folders]
        return list(beside.map(lambda each: process_of(*each), words))


def test_everybody_comes_to_hold_the_same_and_nothing_is_lost(line: Line, tmp_path: Path) -> None:
    laptops = [tmp_path / name for name in LAPTOPS]
    said = sync(laptops[:1])  # the administrator's brings the list, before that nobody is let in
    said += sync(laptops)
    said += sync([*laptops, tmp_path / "Q1"])  # fetch what was sent
    words = ("--store", tmp_path / "Q1", "--user", "farzana")
    told = process_of("central", "--database", line.national, "--check", *words)
    said += [told, *sync(laptops)]  # fetch the receipts
    assert [each.stderr for each in said if each.returncode != 0 or each.stderr] == []
    assert "Everything agrees." in told.stdout

    wanted = {f"Person {place} {n}" for place in range(len(LAPTOPS)) for n in range(CASES)}
    held = []
    for folder in laptops:
        with opened(folder) as desk:
            held.append({key: said for key, said in records(desk).items() if key[0] not in OWN})
            assert check_store(admin(desk)).wrong == []
            files = files_out(coordinator(desk))
            assert {each.state for each in files if each.kind == "chain"} == {State.COVERED}
    assert {str(each["name_en"]) for (table, _id), each in held[0].items() if table == "person"} == wanted
    assert held[0] == held[1] == held[2]
    assert column(line.national, "SELECT name_en FROM person WHERE name_en IS NOT NULL") == wanted
    numbers = {str(each["case_number"]) for (table, _id), each in held[0].items() if table == "case"}
    assert column(line.national, 'SELECT case_number FROM "case"') == numbers
    assert line.cut.cuts > 0


def column(url: str, asked: str) -> set[str]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = set(connection.scalars(text(asked)))
    engine.dispose()
    return found
