"""Whose a case is, who else may read it, and whose it becomes when somebody registers it who sees no cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from casedesk.desk import Actor, Desk
from casedesk.errors import Conflict, InvalidInput, NotAllowed, NotFound
from casedesk.models import User
from casedesk.services import cases, follow_ups
from casedesk.services.access import CaseAccess, access_of, hand_over, name_people, set_supervisor
from casedesk.services.case_facts import case_facts
from casedesk.services.history import history
from casedesk.services.intake import register_case, register_new
from casedesk.services.users import add_user, colleagues, end_user, set_roles
from casedesk.storage.keys import FLOOR
from tests.support.journal import count, last
from tests.support.people import a_returnee

Hire = Callable[..., Desk]


@pytest.fixture
def hire(desk: Desk) -> Hire:
    """Adds a colleague and returns the desk as they would see it."""

    def add(name: str, *roles: str, team: str = "") -> Desk:
        passphrase = f"old boats drift past seven mango trees {len(name)}"
        sign_in_name = name.split()[0].lower()
        user_id = add_user(
            desk, name=name, sign_in_name=sign_in_name, roles=roles, passphrase=passphrase, cost=FLOOR, team=team
        )
        return replace(desk, actor=Actor(user_id, name, frozenset(roles), team or None))

    return add


@pytest.fixture
def case_id(desk: Desk) -> UUID:
    return register_case(desk, a_returnee())


def of(desk: Desk, case_id: UUID) -> CaseAccess:
    found = access_of(desk, case_id)
    return replace(found, may_hand_over=False, may_name=False)


# Handing over


def test_a_case_handed_over_goes_with_its_team_and_plan_in_one_operation(desk: Desk, case_id: UUID, hire: Hire) -> None:
    salma = hire("Salma Begum", "caseworker", team="north")
    before = count(desk)
    assert hand_over(desk, case_id, salma.actor.id, "I am on leave.", seen=desk.actor.id) is True, (
        "who supervises still sees it"
    )
    assert count(desk) == before + 1
    assert last(desk).value("op.reason") == "I am on leave."
    assert of(desk, case_id) == CaseAccess(salma.actor.id, None, "north")
    assert case_facts(salma, case_id).restricted
    planned = [each for each in follow_ups.follow_ups_of(salma, case_id) if each.status == "planned"]
    assert {each.assigned_to for each in planned} == {salma.actor.id}
    entry = next(each for each in history(salma, case_id) if each.action == "case.hand_over")
    assert ("Farzana Haque", "Salma Begum") in [(change.before, change.after) for change in entry.changes]


def test_whoever_decided_on_what_has_changed_since_is_told(desk: Desk, case_id: UUID, hire: Hire) -> None:
    salma, rumana = hire("Salma Begum", "caseworker"), hire("Rumana Akter", "caseworker")
    anwara, nilufar = hire("Anwara Sultana", "supervisor"), hire("Nilufar Yasmin", "supervisor")
    hand_over(desk, case_id, salma.actor.id, seen=desk.actor.id)
    set_supervisor(desk, case_id, anwara.actor.id, seen=None)
    with pytest.raises(Conflict):
        hand_over(desk, case_id, rumana.actor.id, seen=desk.actor.id)
    with pytest.raises(Conflict):
        set_supervisor(desk, case_id, nilufar.actor.id, seen=None)
    assert of(desk, case_id) == CaseAccess(salma.actor.id, anwara.actor.id, "")
    set_roles(desk, salma.actor.id, ["counsellor"], seen=["caseworker"])
    with pytest.raises(Conflict):
        set_roles(desk, salma.actor.id, ["supervisor"], seen=["caseworker"])
    assert next(each.roles for each in colleagues(desk) if each.id == salma.actor.id) == ("counsellor",)


def test_who_gives_a_case_away_sees_it_no_more(desk: Desk, case_id: UUID, hire: Hire) -> None:
    salma, rumana = hire("Salma Begum", "caseworker"), hire("Rumana Akter", "caseworker")
    hand_over(desk, case_id, salma.actor.id, seen=desk.actor.id)
    assert hand_over(salma, case_id, rumana.actor.id, seen=salma.actor.id) is False
    with pytest.raises(NotFound):
        case_facts(salma, case_id)


def test_a_colleague_of_the_team_takes_no_case_and_names_nobody(desk: Desk, case_id: UUID, hire: Hire) -> None:
    salma = hire("Salma Begum", "caseworker", team="north")
    rumana = hire("Rumana Akter", "caseworker", team="north")
    hand_over(desk, case_id, salma.actor.id, seen=desk.actor.id)
    assert not case_facts(rumana, case_id).restricted
    assert not access_of(rumana, case_id).may_hand_over
    for act in (
        lambda: hand_over(rumana, case_id, rumana.actor.id, seen=salma.actor.id),
        lambda: name_people(rumana, case_id, [rumana.actor.id]),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_case_goes_only_to_somebody_who_works_here_on_cases(desk: Desk, case_id: UUID, hire: Hire) -> None:
    gone = hire("Salma Begum", "caseworker")
    end_user(desk, gone.actor.id)
    before = count(desk)
    for to in (gone.actor.id, hire("Nasima Khatun", "counsellor").actor.id, uuid4()):
        with pytest.raises(InvalidInput):
            hand_over(desk, case_id, to, seen=desk.actor.id)
    assert of(desk, case_id).owner_id == desk.actor.id
    assert count(desk) == before + 1, "only the counsellor who was added"


# People named on the case


def test_a_counsellor_sees_what_they_are_named_on_until_they_are_not(desk: Desk, case_id: UUID, hire: Hire) -> None:
    nasima = hire("Nasima Khatun", "counsellor")
    with pytest.raises(NotFound):
        case_facts(nasima, case_id)
    name_people(desk, case_id, [nasima.actor.id])
    assert last(desk).action == "case.name_people"
    assert access_of(desk, case_id).named == (nasima.actor.id,)
    assert case_facts(nasima, case_id).restricted
    assert not access_of(nasima, case_id).may_name
    name_people(desk, case_id, (), [nasima.actor.id])
    with pytest.raises(NotFound):
        case_facts(nasima, case_id)


def test_being_named_lets_in_on_a_confidential_case(desk: Desk, case_id: UUID, hire: Hire) -> None:
    lawyer = hire("Kamrul Hasan", "legal_officer")
    cases.mark_confidential(desk, case_id)
    name_people(desk, case_id, [lawyer.actor.id])
    assert case_facts(lawyer, case_id).confidential


def test_nobody_is_named_who_reads_no_cases_or_is_gone(desk: Desk, case_id: UUID, hire: Hire) -> None:
    gone = hire("Salma Begum", "caseworker")
    name_people(desk, case_id, [gone.actor.id])
    end_user(desk, gone.actor.id)
    for other in (hire("Abdul Karim", "shelter_staff"), hire("Data Officer", "data_officer")):
        with pytest.raises(InvalidInput):
            name_people(desk, case_id, [gone.actor.id, other.actor.id])
    salma = hire("Nasima Khatun", "counsellor")
    name_people(desk, case_id, [salma.actor.id])
    assert set(access_of(desk, case_id).named) == {gone.actor.id, salma.actor.id}, "who was named before stays"
    name_people(desk, case_id, (), [gone.actor.id])
    assert access_of(desk, case_id).named == (salma.actor.id,)
    with pytest.raises(InvalidInput):
        name_people(desk, case_id, [gone.actor.id])


def test_the_new_owner_is_no_longer_only_named(desk: Desk, case_id: UUID, hire: Hire) -> None:
    salma = hire("Salma Begum", "caseworker")
    name_people(desk, case_id, [salma.actor.id])
    hand_over(desk, case_id, salma.actor.id, seen=desk.actor.id)
    assert of(desk, case_id) == CaseAccess(salma.actor.id, None, "")


# The supervisor


def test_a_supervisor_of_the_case_sees_it_when_it_is_confidential(desk: Desk, case_id: UUID, hire: Hire) -> None:
    anwara = hire("Anwara Sultana", "supervisor")
    cases.mark_confidential(desk, case_id)
    with pytest.raises(NotFound):
        case_facts(anwara, case_id)
    set_supervisor(desk, case_id, anwara.actor.id, seen=None)
    assert last(desk).action == "case.supervisor"
    assert access_of(anwara, case_id).may_hand_over
    set_supervisor(desk, case_id, None, seen=anwara.actor.id)
    with pytest.raises(NotFound):
        case_facts(anwara, case_id)
    with pytest.raises(InvalidInput):
        set_supervisor(desk, case_id, hire("Salma Begum", "caseworker").actor.id, seen=None)


# Registering for others


def test_what_shelter_staff_register_belongs_to_a_supervisor(desk: Desk, hire: Hire) -> None:
    hire("Anwara Sultana", "supervisor", team="south")
    shelter = hire("Abdul Karim", "shelter_staff", team="south")
    new = register_new(shelter, a_returnee())
    supervisor = next(each for each in colleagues(desk) if each.name == "Anwara Sultana")
    assert of(desk, new.id) == CaseAccess(supervisor.id, supervisor.id, "south"), "one of the same team comes first"
    assert case_facts(desk, new.id).number == new.number
    planned = [each for each in follow_ups.follow_ups_of(desk, new.id) if each.status == "planned"]
    assert {each.assigned_to for each in planned} == {supervisor.id}
    with pytest.raises(NotAllowed):
        case_facts(shelter, new.id)


def test_without_a_supervisor_it_goes_to_a_caseworker_and_without_one_to_nobody(desk: Desk, hire: Hire) -> None:
    shelter, coordinator = hire("Abdul Karim", "shelter_staff"), hire("Kohinoor Begum", "coordinator")
    with desk.write("test.roles") as session:
        user = session.get_one(User, desk.actor.id)
        user.roles = ["administrator"]
    nobody = register_new(shelter, a_returnee())
    assert of(coordinator, nobody.id) == CaseAccess(None, None, "")
    salma = hire("Salma Begum", "caseworker", team="north")
    theirs = register_new(shelter, a_returnee())
    assert of(salma, theirs.id) == CaseAccess(salma.actor.id, None, "north")


def test_who_works_on_cases_keeps_what_they_register(hire: Hire) -> None:
    salma = hire("Salma Begum", "caseworker", team="north")
    assert of(salma, register_case(salma, a_returnee())) == CaseAccess(salma.actor.id, None, "north")
