"""`casedesk central`: what a centre agreed to arrives in PostgreSQL, more is shown later, what is taken back goes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import NotAllowed
from casedesk.models import Chain, Change
from casedesk.services.consents import RecordConsent, record_consent, withdraw
from casedesk.services.intake import register_case
from casedesk.services.sign_in import sign_in
from casedesk.services.statistics import periods
from casedesk.services.statistics.reports import make, reports_of
from casedesk.services.statistics.shapes import Request
from casedesk.storage import checking
from casedesk.storage.arrived import Arrived
from casedesk.storage.merging import Judgement, judge_anew
from casedesk.storage.national import NationalStore
from casedesk.storage.registers import Knowledge
from casedesk.sync import national as follower
from casedesk.sync.batch import CENTRAL
from casedesk.sync.national import AnotherStory, Followed, NotCentral, follow, open_national
from casedesk.sync.outbox import make_files
from casedesk.sync.stick import take_stick, write_stick
from tests.conftest import NOW, PASSPHRASE
from tests.support import postgres
from tests.support.command_line import casedesk
from tests.support.people import a_returnee
from tests.sync.office import as_role, carry, coordinator, first_desk, hand_rosters, join, key_of, new_desk

ASKED = Request("R16", periods.month(2026, 5))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres.running() as url:
        yield url


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    """A desk of a centre and one of the central office."""
    first, hq = first_desk(tmp_path / "one"), new_desk(tmp_path / "two", "Q1", "HQX")
    join(first, hq, centre="HQX", central=True)
    yield first, hq
    for desk in (first, hq):
        desk.store.vault.close()


def names(url: str) -> set[str]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = set(connection.scalars(text("SELECT name_en FROM person WHERE name_en IS NOT NULL")))
    engine.dispose()
    return found


def test_what_was_agreed_arrives_more_is_shown_later_and_what_is_taken_back_goes(
    desks: tuple[Desk, Desk], server: str, tmp_path: Path
) -> None:
    first, hq = desks
    postgres.make_database(server, "national")
    url = server.replace("/postgres?", "/national?")
    stick = tmp_path / "stick"
    stick.mkdir()
    national = open_national(coordinator(hq), url)

    def told() -> set[str]:
        make_files(coordinator(first), CENTRAL)
        write_stick(coordinator(first), stick)
        take_stick(coordinator(hq), stick)
        follow(coordinator(hq), national)
        assert follower.check_national(hq, national).wrong == []
        return names(url)

    named, coded = (
        register_case(first, a_returnee(person__name_en=word, person__phone_1=None)) for word in ("Named", "Coded")
    )
    record_consent(first, named, RecordConsent({"sync_central_identified": "given"}, method="verbal"))
    record_consent(first, coded, RecordConsent({"sync_central_coded": "given"}, method="verbal"))
    assert told() == {"Named"}
    record_consent(first, coded, RecordConsent({"sync_central_identified": "given"}, method="verbal"))
    assert told() == {"Named", "Coded"}
    withdraw(first, named, "sync_central_identified", reason="she wishes it")
    assert told() == {"Coded"}
    done = follow(coordinator(hq), national)
    assert (done.operations, done.orders, done.shown) == (0, 0, 0)
    national.close()


def test_what_is_judged_again_counts_there_as_it_does_here(desks: tuple[Desk, Desk], server: str) -> None:
    first, hq = desks
    postgres.make_database(server, "judged")
    url = server.replace("/postgres?", "/judged?")
    case_id = register_case(first, a_returnee(person__name_en="Named", person__phone_1=None))
    record_consent(first, case_id, RecordConsent({"sync_central_identified": "given"}, method="verbal"))
    carry(first, hq, CENTRAL)
    national = open_national(coordinator(hq), url)
    follow(coordinator(hq), national)
    assert names(url) == {"Named"}
    for is_refused, left in ((True, set[str]()), (False, {"Named"})):
        with hq.store.intake() as (session, merged):
            merged.add(judge_anew(session, [where_named(session)], NOW, partial(as_told, is_refused)))
        follow(coordinator(hq), national)
        assert names(url) == left
        assert follower.check_national(hq, national).wrong == []
    national.close()


def test_what_is_shown_later_and_has_no_effect_here_has_none_there_either(
    desks: tuple[Desk, Desk], server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even until it is judged again: who asks the database in between, or after a death there, reads the same."""
    first, hq = desks
    postgres.make_database(server, "shown")
    url = server.replace("/postgres?", "/shown?")
    case_id = register_case(first, a_returnee(person__name_en="Named", person__phone_1=None))
    record_consent(first, case_id, RecordConsent({"sync_central_coded": "given"}, method="verbal"))
    carry(first, hq, CENTRAL)
    national = open_national(coordinator(hq), url)
    follow(coordinator(hq), national)
    record_consent(first, case_id, RecordConsent({"sync_central_identified": "given"}, method="verbal"))
    carry(first, hq, CENTRAL)
    with hq.store.intake() as (session, merged):
        merged.add(judge_anew(session, [where_named(session)], NOW, partial(as_told, True)))

    class PowerCut(Exception):
        pass

    def cut(_desk: Desk, _vault: Session, _national: NationalStore, chain: Chain) -> None:
        if chain.desk == key_of(first):
            raise PowerCut

    monkeypatch.setattr(follower, "_follow_judged", cut)
    for _time in range(2):
        with pytest.raises(PowerCut):
            follow(coordinator(hq), national)
        assert names(url) == set()
    national.close()


def where_named(session: Session) -> int:
    """The operation that told the name of a person."""
    wanted = select(Change.operation_seq, Change.fields).where(Change.table == "person")
    found: list[int] = [row.operation_seq for row in session.execute(wanted) if "name_en" in row.fields.split()]
    return found[0]


def as_told(is_refused: bool, _session: Session, _knowledge: Knowledge, arrived: Sequence[Arrived]) -> Judgement:
    """A judge to whom the name may be told or not."""
    told = [(each, record, "name_en") for each in arrived for record in each.said if record[0] == "person"]
    return Judgement(arrived, told if is_refused else ())


def test_the_command_takes_in_follows_and_checks(desks: tuple[Desk, Desk], server: str) -> None:
    _first, hq = desks
    register_case(hq, a_returnee(person__name_en="Shirin"))
    folder = hq.store.vault.folder
    hq.store.vault.close()
    postgres.make_database(server, "command")
    url = server.replace("/postgres?", "/command?")
    words = ("--store", folder, "--user", "farzana")
    done = casedesk("central", "--database", url, "--check", *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Everything agrees." in done.stdout
    assert names(url) == {"Shirin"}
    report = casedesk("report", "R1", "2026-05", *words)
    assert "<5" in report.stdout
    counted = casedesk("report", "R1", "2026-05", "--database", url, *words)
    assert (counted.returncode, counted.stderr, counted.stdout) == (0, "", report.stdout)


def test_a_database_filled_before_the_vault_was_restored_is_not_agreed_with(
    desks: tuple[Desk, Desk], server: str, tmp_path: Path
) -> None:
    """After that, a copied disk told another story under the same numbers."""
    first, hq = desks
    hq.store.vault.close()
    restored = Path(shutil.copytree(hq.store.vault.folder, tmp_path / "restored"))
    hq = sign_in(hq.store.vault.folder, "farzana", PASSPHRASE, lambda: NOW)
    first.store.vault.close()
    copied = Path(shutil.copytree(first.store.vault.folder, tmp_path / "copied"))
    first = sign_in(first.store.vault.folder, "farzana", PASSPHRASE, lambda: NOW)
    postgres.make_database(server, "branches")
    url = server.replace("/postgres?", "/branches?")
    national = open_national(coordinator(hq), url)
    someone(first, 1, "sync_central_identified")
    carry(first, hq, CENTRAL)
    follow(coordinator(hq), national)
    first.store.vault.close()
    hq.store.vault.close()

    copy, central = (sign_in(each, "farzana", PASSPHRASE, lambda: NOW) for each in (copied, restored))
    someone(copy, 2, "sync_central_identified")
    carry(copy, central, CENTRAL)
    for _time in range(2):
        with pytest.raises(AnotherStory):
            follow(coordinator(central), national)
    assert names(url) == {"Person 1"}
    assert follower.check_national(central, national).wrong != []
    national.close()
    for desk in (copy, central):
        desk.store.vault.close()
    words = ("--check", "--store", restored, "--user", "farzana")
    done = casedesk("central", "--database", url, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert "other entries than this vault" in done.stderr
    assert "empty it, and call “casedesk central” again." in done.stderr
    postgres.make_database(server, "empty")
    url = server.replace("/postgres?", "/empty?")
    done = casedesk("central", "--database", url, *words)
    assert (done.returncode, names(url)) == (0, {"Person 2"})
    assert "Everything agrees." in done.stdout


def test_only_a_central_desk_follows(desks: tuple[Desk, Desk], server: str) -> None:
    with pytest.raises(NotCentral):
        open_national(coordinator(desks[0]), server)


def test_a_slice_that_dies_is_told_again(
    desks: tuple[Desk, Desk], server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _first, hq = desks
    for n in range(3):
        register_case(hq, a_returnee(person__name_en=f"Person {n}", person__phone_1=f"+8801711{n:06d}"))
    postgres.make_database(server, "dying")
    national = open_national(coordinator(hq), server.replace("/postgres?", "/dying?"))
    monkeypatch.setattr(follower, "AT_ONCE", 2)  # the size of a transaction, so that there are several
    real, tried = national.intake, 0

    class PowerCut(Exception):
        pass

    def cut(centre: str = ""):  # type: ignore[no-untyped-def]  # stands for the intake of the database
        nonlocal tried
        tried += 1
        if tried == 2:
            raise PowerCut
        return real(centre)

    national.intake = cut  # type: ignore[method-assign]
    with pytest.raises(PowerCut):
        follow(coordinator(hq), national)
    follow(coordinator(hq), national)
    assert follower.check_national(hq, national).wrong == []
    assert len(names(server.replace("/postgres?", "/dying?"))) == 3
    national.close()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sqlite:///x.db", "begins with postgresql+psycopg://"),
        ("postgresql+psycopg://nobody@127.0.0.1:9/none", "The database cannot be reached or used."),
    ],
)
def test_an_address_that_will_not_do_is_said_in_words(desks: tuple[Desk, Desk], url: str, told: str) -> None:
    folder = desks[1].store.vault.folder
    desks[1].store.vault.close()
    done = casedesk("central", "--database", url, "--store", folder, "--user", "farzana")
    assert done.returncode == 1
    assert told in done.stderr
    assert "Nothing was changed." in done.stderr


def test_what_came_without_a_name_is_counted_by_centre_and_stands_in_the_database(
    desks: tuple[Desk, Desk], server: str, tmp_path: Path
) -> None:
    first, hq = desks
    other = new_desk(tmp_path / "three", "S1", "SYL")
    join(first, other, centre="SYL")
    hand_rosters(first, [hq, other])
    url = server.replace("/postgres?", "/nameless?")
    postgres.make_database(server, "nameless")
    national = open_national(coordinator(hq), url)
    taken_back, *_others = [someone(first, n, "sync_central_coded") for n in range(7)]
    for n in range(5):
        someone(first, 10 + n, "statistics")
    for n in range(6):
        someone(other, 20 + n, "sync_central_identified")
    someone(other, 30, "sync_central_coded")

    def told() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        for desk in (first, other):
            carry(desk, hq, CENTRAL)
        done = follow(coordinator(hq), national)
        assert follow(coordinator(hq), national) == Followed()
        assert follower.check_national(hq, national).wrong == []
        here, there = (make(coordinator(hq), ASKED, records) for records in (None, national))
        assert here.sections == there.sections
        assert done.nameless > 0
        return tuple({row.key: [cell.words for cell in row.cells] for row in table.rows} for table in here.tables)  # type: ignore[return-value]  # two tables

    centres, categories = told()
    assert centres == {"all": ["6", "8", "5"], "DHK": ["0", "–", "5"], "SYL": ["6", "–", "0"]}
    assert categories == {"DHK": ["5"], "DHK.returned_success": ["5"]}
    withdraw(first, taken_back, "sync_central_coded", reason="she wishes it")
    centres, _categories = told()
    assert centres["all"] == ["6", "7", "5"]
    assert [kind.id for kind in reports_of(coordinator(hq))][-1] == "R16"
    assert "R16" not in [kind.id for kind in reports_of(coordinator(first))]
    with pytest.raises(NotAllowed):
        make(as_role(hq, "caseworker"), ASKED)
    national.close()
    other.store.vault.close()


def someone(desk: Desk, number: int, agreed: str) -> UUID:
    """A case of May, of which the central office may hear this much."""
    case_id = register_case(
        desk, a_returnee(person__name_en=f"Person {number}", person__phone_1=None, case__category="returned_success")
    )
    record_consent(desk, case_id, RecordConsent({agreed: "given"}, method="verbal"))
    return case_id


PLACES = {
    "third": "chain_seq = 3 AND chain_ix = {longest}",
    "last": "chain_seq = (SELECT max(held) FROM chain) AND chain_ix = {longest}",
    "longest": "(SELECT ix FROM chain ORDER BY held DESC LIMIT 1)",
    "before": "(SELECT link FROM operation WHERE chain_ix = ix AND chain_seq = held - 1)",
}
UNPROVED, CUT = "does not agree with its proof.", "The chain ends before or after its last operation."
DAMAGED = {
    "nothing": ("SELECT 1", ""),
    "a record": ("UPDATE person SET name_en = 'Nobody' WHERE name_en = 'Person 1'", "journal in: name_en"),
    "a record deleted": ("DELETE FROM person WHERE name_en = 'Person 1'", "person: the journal has a record that is"),
    "what was forgotten": (
        "INSERT INTO person (id, name_en) SELECT record, 'Person 2' FROM erased LIMIT 1",
        "differs from the journal in: name_en",
    ),
    "a link": ("UPDATE operation SET link = digest WHERE {third}", UNPROVED),
    "a body": ("UPDATE operation SET body = substr(body, 1, 20) WHERE {third}", "Operation 3 cannot be read."),
    "an operation": ("DELETE FROM operation WHERE {third}", UNPROVED),
    "the last operation": ("DELETE FROM operation WHERE {last}", CUT),
    "the end of a chain": ("UPDATE chain SET head = id || id WHERE ix = {longest}", CUT),
    "the history": ("UPDATE change SET fields = 'nickname' WHERE fields LIKE '%name_en%'", "is wrongly listed"),
    "a chain cut short": (
        "DELETE FROM operation WHERE {last}; UPDATE chain SET head = {before}, held = held - 1 WHERE ix = {longest}",
        "The database lacks entries that the vault holds.",
    ),
    "an order to forget": ("DELETE FROM erased", "The database was told other orders to forget than the vault."),
    "a row without a name": ("DELETE FROM coded_row", "The database holds other rows without names, or other totals"),
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, server: str) -> Iterator[Desk]:
    """A central desk whose database, `filled`, holds a case with a name, one without, and one that was forgotten."""
    folder = tmp_path_factory.mktemp("filled")
    first, hq = first_desk(folder / "one"), new_desk(folder / "two", "Q1", "HQX")
    join(first, hq, centre="HQX", central=True)
    postgres.make_database(server, "filled")
    national = open_national(coordinator(hq), server.replace("/postgres?", "/filled?"))
    someone(first, 1, "sync_central_identified")
    forgotten = someone(first, 2, "sync_central_identified")
    someone(first, 3, "sync_central_coded")
    carry(first, hq, CENTRAL)
    withdraw(first, forgotten, "sync_central_identified", reason="she wishes it")
    carry(first, hq, CENTRAL)
    follow(coordinator(hq), national)
    national.close()
    yield hq
    for desk in (first, hq):
        desk.store.vault.close()


@pytest.mark.parametrize("what", DAMAGED)
def test_the_check_finds_what_was_changed_in_the_database(
    filled: Desk, server: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "MANY", 0)  # records are compared chain by chain, as where there are very many
    damage, told = DAMAGED[what]
    name = what.replace(" ", "_")
    postgres.make_database(server, name, like="filled")
    national = open_national(coordinator(filled), server.replace("/postgres?", f"/{name}?"))
    try:
        with national.engine.begin() as connection:
            for each in damage.split("; "):
                there = text(each.format(**PLACES).format(**PLACES))
                assert connection.execute(there).rowcount > 0
        wrong = follower.check_national(filled, national).wrong
    finally:
        national.close()
    assert any(told in each for each in wrong) if told else wrong == []
