"""Clashes are shown with both values to those who may read them, and settled by a person, as often as they like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from casedesk.desk import Actor
from casedesk.errors import NotFound
from casedesk.models import Case, Person
from casedesk.services.cases import mark_confidential
from casedesk.services.clashes import Choice, NotOneOfThem, clashes, count_clashes, settle, settled_clashes
from casedesk.services.history import history
from casedesk.services.intake import register_case
from casedesk.storage.checking import check
from tests.support.exchange import Office, same_everywhere
from tests.support.people import a_returnee


@pytest.fixture
def office(empty_centre: Path, tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path, empty_centre)
    yield made
    made.close()


@pytest.fixture
def disagreeing(office: Office) -> Callable[..., UUID]:
    """A case of which two desks wrote different things without having seen each other."""

    def make(change: Callable[[Case, Person, int], None]) -> UUID:
        first, second = office.add(), office.add()
        case_id = register_case(first, a_returnee())
        office.exchange()
        for number, desk in enumerate((first, second)):
            with desk.write("test.edit", about=case_id, reason=f"reason {number}") as session:
                case = session.get_one(Case, case_id)
                change(case, session.get_one(Person, case.person_id), number)
        office.exchange()
        return case_id

    return make


def priorities(case: Case, _person: Person, number: int) -> None:
    case.priority = ("low", "urgent")[number]


def test_both_values_are_shown_with_who_when_and_why(office: Office, disagreeing: Callable[..., UUID]) -> None:
    case_id = disagreeing(priorities)
    for desk in office.desks:
        (row,) = clashes(desk)
        assert (row.case_id, row.record, row.labels) == (case_id, "Case", ("Priority", "Why this priority"))
        assert {side.words[0] for side in row.sides} == {"Low (within 30 days)", "Urgent (same day)"}
        assert {(side.by, side.action, side.reason) for side in row.sides} == {
            ("Farzana Haque", "test.edit", "reason 0"),
            ("Farzana Haque", "test.edit", "reason 1"),
        }
        (shown,) = [side for side in row.sides if side.operation == row.suggested]
        assert shown.words[0] == "Urgent (same day)"
        assert row.may_settle
        assert not row.may_keep_both
        assert count_clashes(desk) == 1


@pytest.mark.parametrize("chosen", ["Low (within 30 days)", "Urgent (same day)"])
def test_settling_one_side_settles_it_everywhere(office: Office, disagreeing: Callable[..., UUID], chosen: str) -> None:
    case_id = disagreeing(priorities)
    first = office.desks[0]
    (row,) = clashes(first)
    (side,) = [side for side in row.sides if side.words[0] == chosen]
    settle(first, row.id, side.operation, "Asked the client.")
    assert clashes(first) == []
    office.exchange()
    for desk in office.desks:
        assert clashes(desk) == []
        with desk.read() as session:
            assert session.get_one(Case, case_id).priority == ("low" if chosen.startswith("Low") else "urgent")
        assert check(desk.store).wrong == []
    assert history(first, case_id)[0].reason == "Asked the client."


def test_a_decision_can_be_taken_again(office: Office, disagreeing: Callable[..., UUID]) -> None:
    case_id = disagreeing(priorities)
    first = office.desks[0]
    (row,) = clashes(first)
    for side in row.sides:
        settle(first, row.id, side.operation)
    (again,) = settled_clashes(first)
    assert clashes(first) == []
    assert again.suggested == row.sides[-1].operation
    settle(first, again.id, row.sides[0].operation)
    office.exchange()
    assert same_everywhere(office.desks)
    with first.read() as session:
        assert session.get_one(Case, case_id).priority == (
            "low" if row.sides[0].words[0].startswith("Low") else "urgent"
        )


def test_both_can_stand_where_a_field_has_several_answers(office: Office, disagreeing: Callable[..., UUID]) -> None:
    def warnings(case: Case, _person: Person, number: int) -> None:
        case.confirmed_warnings = [f"V{number}"]

    case_id = disagreeing(warnings)
    first = office.desks[0]
    (row,) = clashes(first)
    assert row.may_keep_both
    settle(first, row.id, Choice.BOTH)
    office.exchange()
    for desk in office.desks:
        with desk.read() as session:
            assert session.get_one(Case, case_id).confirmed_warnings == ["V0", "V1"]
        assert clashes(desk) == []


def test_both_cannot_stand_where_there_is_one_answer_nor_one_that_nobody_gave(
    office: Office, disagreeing: Callable[..., UUID]
) -> None:
    disagreeing(priorities)
    first = office.desks[0]
    (row,) = clashes(first)
    for wrong in (Choice.BOTH, 999_999):
        with pytest.raises(NotOneOfThem):
            settle(first, row.id, wrong)
    assert clashes(first) == [row]


def test_who_may_not_know_of_the_case_hears_nothing(office: Office, disagreeing: Callable[..., UUID]) -> None:
    case_id = disagreeing(priorities)
    first = office.desks[0]
    mark_confidential(first, case_id)
    (row,) = clashes(first)
    outsider = replace(first, actor=Actor(uuid4(), "Karim", frozenset(["caseworker"])))
    assert clashes(outsider) == []
    with pytest.raises(NotFound):
        settle(outsider, row.id, row.suggested)


def test_restricted_values_are_not_told_to_who_may_not_read_them(
    office: Office, disagreeing: Callable[..., UUID]
) -> None:
    def others(case: Case, _person: Person, number: int) -> None:
        case.others_present = f"Secret{number}"

    disagreeing(others)
    first = office.desks[0]
    coordinator = replace(first, actor=Actor(uuid4(), "Rina", frozenset(["coordinator"])))
    (row,) = clashes(coordinator)
    assert not row.readable
    assert not row.may_settle
    assert {word for side in row.sides for word in side.words} == {""}
