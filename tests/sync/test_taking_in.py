"""What other desks wrote is taken in once, in any order, and every desk comes to the same records."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.models import Case, Mark, Operation, Person
from casedesk.services.intake import register_case
from casedesk.services.search import find_people
from casedesk.storage.checking import check
from casedesk.storage.operations import OperationKind
from casedesk.sync.chains import Outcome
from tests.support.exchange import Office, clashes, held, order_erasure, own, person_of, records, same_everywhere
from tests.support.people import a_returnee


def whole(desk: Desk) -> bool:
    return check(desk.store).wrong == []


def test_a_case_of_another_desk_is_there_and_found(office: Office) -> None:
    first, second = office.add(), office.add()
    case_id = register_case(second, a_returnee(person__name_en="Shirin Akter"))
    assert office.send(second, first).outcome is Outcome.STORED
    assert records(first).items() >= {k: v for k, v in records(second).items() if k[0] in ("case", "person")}.items()
    assert [row.case_id for row in find_people(first, "Shirin")] == [case_id]
    assert whole(first)
    assert office.send(second, first).outcome is Outcome.KNOWN


def test_a_gap_waits_and_what_is_there_is_skipped(office: Office) -> None:
    first, second = office.add(), office.add()
    for name in ("Asha", "Bina", "Champa"):
        register_case(second, a_returnee(person__name_en=name, person__phone_1=None))
    chain, end = own(second).id, own(second).held
    assert office.send(second, first, first=2).outcome is Outcome.WAITING
    assert held(first, chain) == 0
    assert office.send(second, first, last=2).outcome is Outcome.STORED
    assert office.send(second, first, first=2).outcome is Outcome.STORED
    assert held(first, chain) == end
    assert whole(first)


def edit_priority(desk: Desk, case_id: UUID, priority: str) -> None:
    with desk.write("test.edit", about=case_id) as session:
        session.get_one(Case, case_id).priority = priority


def priority(desk: Desk, case_id: UUID) -> str | None:
    with desk.read() as session:
        return session.get_one(Case, case_id).priority


def test_an_edit_that_knows_the_one_before_replaces_it(office: Office) -> None:
    first, second = office.add(), office.add()
    case_id = register_case(first, a_returnee())
    office.send(first, second)
    edit_priority(second, case_id, "high")
    office.send(second, first)
    assert priority(first, case_id) == "high"
    assert clashes(first) == set()
    with second.read() as session:
        marks = session.scalars(select(Operation).where(Operation.kind == OperationKind.MARK)).all()
        assert [mark.held for mark in session.scalars(select(Mark))] == [own(first).held]
    assert len(marks) == 1
    assert whole(first)
    assert whole(second)


def test_two_edits_at_once_are_a_clash_that_shows_the_cautious_value_until_somebody_settles_it(office: Office) -> None:
    first, second, third = office.add(), office.add(), office.add()
    case_id = register_case(first, a_returnee())
    office.exchange()
    edit_priority(first, case_id, "urgent")
    edit_priority(second, case_id, "low")
    office.exchange()
    assert {priority(desk, case_id) for desk in office.desks} == {"urgent"}
    assert all(len(clashes(desk)) == 1 for desk in office.desks)
    assert same_everywhere(office.desks)
    edit_priority(third, case_id, "low")
    assert clashes(third) == set()
    office.exchange()
    assert {priority(desk, case_id) for desk in office.desks} == {"low"}
    assert all(clashes(desk) == set() for desk in office.desks)
    assert all(whole(desk) for desk in office.desks)


def test_two_stories_of_one_computer_reach_everybody_whoever_heard_which_first(office: Office) -> None:
    """An old copy was put back, and told some what others know in another form: all of both counts, orders too."""
    first, second, third = office.add(), office.add(), office.add()
    case_id = register_case(first, a_returnee())
    office.exchange()
    copy = office.copy(0, "copy")
    edit_priority(first, case_id, "urgent")
    order_erasure(first, (person_of(first, case_id), "name_en"))
    office.send(first, third)
    first = office.put_back(0, copy, new_chain=False)
    for number in range(3):
        register_case(first, a_returnee(person__name_en=f"Second story {number}", person__phone_1=None))
    office.send(first, second)
    office.settle()
    for desk in office.desks:
        assert priority(desk, case_id) == "urgent"
        with desk.read() as session:
            names = {person.name_en for person in session.scalars(select(Person))}
        assert names == {None, "Second story 0", "Second story 1", "Second story 2"}
        assert clashes(desk) == set()
        assert whole(desk)
    assert same_everywhere(office.desks)


def test_two_equal_edits_are_no_clash(office: Office) -> None:
    first, second = office.add(), office.add()
    case_id = register_case(first, a_returnee())
    office.exchange()
    edit_priority(first, case_id, "low")
    edit_priority(second, case_id, "low")
    office.exchange()
    assert clashes(first) == clashes(second) == set()
    assert whole(first)


def test_an_edit_beats_a_removal_until_someone_looks(office: Office) -> None:
    first, second = office.add(), office.add()
    case_id = register_case(first, a_returnee())
    office.exchange()
    with first.read() as session:
        person_id = session.get_one(Case, case_id).person_id
    with first.write("test.remove") as session:
        session.get_one(Person, person_id).removed_at = first.clock()
    with second.write("test.keep") as session:
        session.get_one(Person, person_id).removed_at = second.clock()
    with second.write("test.keep") as session:
        session.get_one(Person, person_id).removed_at = None
    office.exchange()
    for desk in office.desks:
        with desk.read() as session:
            assert session.get_one(Person, person_id).removed_at is None
        assert len(clashes(desk)) == 1
        assert whole(desk)
