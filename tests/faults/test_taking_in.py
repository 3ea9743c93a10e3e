"""Taking in dies at any statement, or the disk is full: what was before is there, and it goes on later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from casedesk.desk import Desk
from casedesk.errors import StorageFull
from casedesk.models import Case
from casedesk.services.intake import register_case
from casedesk.storage.checking import check
from casedesk.sync.chains import Outcome
from casedesk.sync.intake import take_in
from tests.conftest import NOW
from tests.faults.test_disk import no_more_room
from tests.support.exchange import Office, clashes, everybody_may, held, own, piece_of, records
from tests.support.people import a_returnee


class Died(BaseException):
    """The process ended here: nothing in it can catch that."""


@pytest.fixture
def office(empty_centre: Path, tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path, empty_centre)
    yield made
    made.close()


class DyingAt:
    """The statement with this number is never reached."""

    def __init__(self, engine: Engine, number: int) -> None:
        self._engine, self._left = engine, number

    def __enter__(self) -> None:
        event.listen(self._engine, "before_cursor_execute", self._count)

    def __exit__(self, *_error: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._count)

    def _count(self, *_: Any) -> None:
        if self._left == 0:
            raise Died
        self._left -= 1


def test_a_death_at_any_statement_leaves_all_or_nothing(office: Office) -> None:
    first, second = office.add(), office.add()
    case_id = register_case(first, a_returnee())
    office.exchange()
    for desk, team in ((first, "blue"), (second, "green")):
        with desk.write("test.edit") as session:
            session.get_one(Case, case_id).team = team
    register_case(second, a_returnee(person__name_en="Bina"))
    piece = piece_of(second, own(second).id)
    before = records(first), clashes(first), held(first, piece.chain)
    for number in range(1000):
        try:
            with DyingAt(first.store.vault.writer, number):
                outcome = take_in(first.store, piece, NOW, everybody_may).outcome
        except Died:
            assert (records(first), clashes(first), held(first, piece.chain)) == before
        else:
            break
    assert outcome is Outcome.STORED
    assert number > 20
    assert len(clashes(first)) == 1
    assert check(first.store).wrong == []


def test_a_full_disk_rolls_back_and_what_is_here_can_be_read(office: Office) -> None:
    first, second = office.add(), office.add()
    for _time in range(5):
        register_case(second, a_returnee(incident__narrative="She said a great deal. " * 400, person__phone_1=None))
    piece = piece_of(second, own(second).id)
    before = records(first)
    with no_more_room(first), pytest.raises(StorageFull):
        take_in(first.store, piece, NOW, everybody_may)
    assert records(first) == before
    assert take_in(first.store, piece, NOW, everybody_may).outcome is Outcome.STORED
    assert_same(first, second)
    assert check(first.store).wrong == []


def assert_same(first: Desk, second: Desk) -> None:
    assert {key for key in records(second) if key[0] == "case"} <= records(first).keys()
