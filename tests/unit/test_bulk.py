"""Many rows at once are written as the mapper writes them, and only where the guards let it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.models import Case, CostItem, MigrationEpisode, NumberKey, Person, Recorded, values_of
from casedesk.storage.bulk import in_parts, put
from casedesk.storage.national import NationalStore
from casedesk.storage.recorder import gate
from casedesk.values import Money, PartialDay
from tests.support import postgres

RECORDS: tuple[Recorded, ...] = (
    Person(name_bn="রহিমা খাতুন", age_stated=31, phone_1="+8801700000000"),
    MigrationEpisode(person_id=uuid4(), departed_on=PartialDay(date(2024, 3, 1)), return_reasons=["abuse", "illness"]),
    CostItem(episode_id=uuid4(), amount=Money(5_000_000, "bdt")),
    Case(opened_on=date(2026, 5, 12), registered_at=datetime(2026, 5, 12, 4, 30, tzinfo=UTC), confidential_case=False),
)


@pytest.fixture(scope="module")
def national() -> Iterator[NationalStore]:
    """The database of a central office, which takes many rows by COPY."""
    with postgres.running() as url:
        store = NationalStore(url, bytes(16))
        yield store
        store.close()


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: str(record.__tablename__))
def test_a_row_is_read_as_the_mapper_would_have_written_it(desk: Desk, record: Recorded) -> None:
    model = type(record)
    said = values_of(record)
    with Session(desk.store.vault.writer) as session, gate(session):
        put(session, model, [{"id": record.id, **said}])
        read = session.get_one(model, record.id)
        assert values_of(read) == said


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: str(record.__tablename__))
def test_a_copied_row_is_read_as_the_mapper_would_have_written_it(national: NationalStore, record: Recorded) -> None:
    model = type(record)
    said = values_of(record)
    with national.intake("DHK") as (session, _merged):
        put(session, model, [{"id": record.id, **said}])
    with national.read() as session:
        assert values_of(session.get_one(model, record.id)) == said


def test_copying_takes_every_letter_and_tells_empty_from_nothing(national: NationalStore) -> None:
    names = ["a\tb", "a\nb\r", "\\N", "\\.", "\\", "", '"', "মৌ", None]
    rows = [{"id": uuid4(), "nickname": name} for name in names]
    with national.intake("DHK") as (session, _merged):
        put(session, Person, rows)
    with national.read() as session:
        assert [session.get_one(Person, row["id"]).nickname for row in rows] == names


def test_what_a_row_does_not_name_is_empty_in_it(desk: Desk) -> None:
    named, nameless = uuid4(), uuid4()
    with Session(desk.store.vault.writer) as session, gate(session):
        put(session, Person, [{"id": named, "nickname": "Moyna"}, {"id": nameless}])
        assert session.get_one(Person, named).nickname == "Moyna"
        assert session.get_one(Person, nameless).nickname is None


def test_a_name_that_is_no_column_is_refused(desk: Desk) -> None:
    with desk.local() as session, pytest.raises(KeyError):
        put(session, NumberKey, [{"case_id": uuid4(), "kind": "phone", "key": "017", "colour": "red"}])


def test_no_rows_are_no_statement(desk: Desk) -> None:
    with desk.local() as session:
        before = session.scalar(select(func.count()).select_from(NumberKey))
        put(session, NumberKey, [])
        assert session.scalar(select(func.count()).select_from(NumberKey)) == before


def test_the_guards_refuse_a_recorded_row_while_nobody_records(desk: Desk) -> None:
    with Session(desk.store.vault.writer) as session, pytest.raises(DatabaseError):
        put(session, Person, [{"id": uuid4(), "nickname": "Moyna"}])


def test_the_store_gives_numbers_that_a_row_does_not_name(desk: Desk) -> None:
    case = uuid4()
    with desk.local() as session:
        put(session, NumberKey, [{"case_id": case, "kind": "phone", "key": key} for key in ("017", "018")])
        rows = session.scalars(select(NumberKey.row).where(NumberKey.case_id == case)).all()
        assert len(set(rows)) == 2
        session.execute(delete(NumberKey).where(NumberKey.case_id == case))


def test_parts_hold_each_id_once_and_in_order() -> None:
    ids = list(range(1201))
    parts = list(in_parts(ids))
    assert [each for part in parts for each in part] == ids
    assert max(map(len, parts)) <= 500
