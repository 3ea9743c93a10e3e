"""The national office's database: what a vault takes in, PostgreSQL takes in too, and comes to the same records."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from casedesk.models import Case, Clash, fields_of, recorded_models
from casedesk.services.intake import register_case
from casedesk.services.statistics import compute, periods
from casedesk.services.statistics.compute import Asked
from casedesk.services.statistics.indicators import INDICATORS
from casedesk.services.statistics.reports import CATALOGUE, make
from casedesk.services.statistics.shapes import Request
from casedesk.storage import checking
from casedesk.storage.checking import Findings, check_records
from casedesk.storage.national import PARTS, NationalStore, OtherOrganisation
from casedesk.storage.recorder import to_leaf
from casedesk.sync.chains import Outcome
from casedesk.sync.intake import Accepted, accept, divided
from tests.conftest import NOW
from tests.support import postgres
from tests.support.exchange import Office, chains, everybody_may, own, piece_of, records
from tests.support.people import a_returnee
from tests.support.random_centre import people, write


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres.running() as url:
        yield url


@pytest.fixture
def database(server: str, request: pytest.FixtureRequest) -> str:
    """An empty database of this test's own."""
    name = f"d{abs(hash(request.node.name)) % 10**9}"
    postgres.make_database(server, name)
    return server.replace("/postgres?", f"/{name}?")


def take_all(store: NationalStore, office: Office, centre: str = "DHK") -> list[Accepted]:
    """Everything that the first desk holds."""
    first, answers = office.desks[0], []
    for chain in chains(first):
        piece = piece_of(first, chain)
        while piece.operations:
            part, piece = divided(piece, 3)
            with store.intake(centre) as (session, merged):
                answer = accept(session, part, NOW, everybody_may)
                merged.add(answer.merged)
                answers.append(answer)
    return answers


def said(store: NationalStore) -> dict[tuple[str, bytes], dict[str, object]]:
    found: dict[tuple[str, bytes], dict[str, object]] = {}
    with store.read() as session:
        for table, model in recorded_models().items():
            for record in session.scalars(select(model)):
                values = {name: to_leaf(getattr(record, name)) for name in fields_of(model)}
                found[table, record.id.bytes] = {name: value for name, value in values.items() if value is not None}
    return found


@pytest.mark.parametrize("many", [0, checking.MANY])
def test_it_comes_to_the_same_records_as_a_vault_and_the_check_agrees(
    office: Office, database: str, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "MANY", many)  # compared chain by chain, or all at once
    first, second = office.add(), office.add()
    case_id = register_case(first, a_returnee(person__name_en="Shirin Akter"))
    office.exchange()
    for desk, priority in ((first, "urgent"), (second, "low")):
        with desk.write("test.edit", about=case_id) as session:
            session.get_one(Case, case_id).priority = priority
    office.exchange()
    store = NationalStore(database, own(first).organisation)
    assert {answer.outcome for answer in take_all(store, office)} == {Outcome.STORED}
    assert {answer.outcome for answer in take_all(store, office)} == {Outcome.KNOWN}
    assert said(store) == records(first)
    with store.read() as session:
        assert [clash.register for clash in session.scalars(select(Clash))] == ["priority"]
        found = Findings()
        check_records(session, found)
        assert found.wrong == []
        assert found.operations > 3
        assert found.records == len(records(first))
    store.close()


def test_each_record_says_which_centre_it_came_from(office: Office, database: str) -> None:
    first = office.add()
    register_case(first, a_returnee())
    store = NationalStore(database, own(first).organisation)
    take_all(store, office, "DHK")
    with store.read() as session:
        assert set(session.scalars(text('SELECT centre FROM "case"'))) == {"DHK"}
        pieces = session.scalar(text("SELECT count(*) FROM pg_inherits WHERE inhparent = 'person'::regclass"))
        assert pieces == PARTS
    store.close()


def test_a_database_of_another_organisation_is_refused(office: Office, database: str) -> None:
    organisation = own(office.add()).organisation
    NationalStore(database, organisation).close()
    NationalStore(database, organisation).close()
    with pytest.raises(OtherOrganisation):
        NationalStore(database, bytes(16))


def test_a_newer_program_adds_its_columns(office: Office, database: str) -> None:
    organisation = own(office.add()).organisation
    store = NationalStore(database, organisation)
    with store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE person DROP COLUMN nickname"))
    store.close()
    store = NationalStore(database, organisation)
    take_all(store, office)
    assert said(store) == records(office.desks[0])
    store.close()


def test_a_piece_that_fails_leaves_nothing_behind(office: Office, database: str) -> None:
    first = office.add()
    register_case(first, a_returnee())
    store = NationalStore(database, own(first).organisation)
    piece = piece_of(first, own(first).id)
    broken = replace(piece, proofs=(*piece.proofs[:-1], replace(piece.proofs[-1], link=b"x" * 64)))

    def half() -> None:
        with store.intake("DHK") as (session, merged):
            merged.add(accept(session, broken, NOW, everybody_may).merged)
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        half()
    assert said(store) == {}
    take_all(store, office)
    assert said(store) == records(first)
    store.close()


def test_reports_count_the_same_as_from_the_vault(office: Office, database: str) -> None:
    desk = office.add()
    write(desk, people(random.Random(7), 60))  # noqa: S311 - the same centre each time
    national = NationalStore(database, own(desk).organisation)
    take_all(national, office)
    asked, april, year = Asked.of(desk), periods.month(2026, 4), periods.year(2026)
    counted = 0
    with desk.read() as here, national.read() as there:
        for indicator in INDICATORS.values():
            for by in ((), *((key,) for key in indicator.by)):
                found = [compute.tallies(session, asked, indicator, [april], by) for session in (here, there)]
                assert found[0] == found[1], (indicator.id, by)
                counted += sum(tally.count for tally in found[0][0].values())
            for key in indicator.by if indicator.value is not None else ():
                middle = compute.spreads(here, asked, indicator, year, key)
                assert compute.spreads(there, asked, indicator, year, key) == middle, (indicator.id, key)
    assert counted > 1000
    for name in CATALOGUE:
        for period in (april, periods.quarter(2026, 2), year):
            request = Request(name, period)
            assert make(desk, request, national).sections == make(desk, request).sections, (name, period.label)
    national.close()
