"""Rights never come from a batch: what somebody says about rights counts only if they had the right to say it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from casedesk.desk import Actor, Desk
from casedesk.models import Case, Person, Unentitled, User
from casedesk.services.entitled import alarms, judge_with
from casedesk.services.intake import register_case
from casedesk.services.trust import Trust
from casedesk.storage.checking import check
from casedesk.storage.recorder import say_again
from casedesk.sync.chains import Outcome
from casedesk.sync.intake import take_in
from tests.conftest import NOW
from tests.support.exchange import Office, clashes, order_erasure, own, person_of, piece_of, records
from tests.support.people import a_returnee
from tests.sync.office import admin


def a_user(office: Office, roles: list[str], at: Desk) -> Actor:
    """Somebody whom the administrator let in, known to all."""
    with at.write("office.add_user") as session:
        user = User(name="Karim", sign_in_name="karim", roles=roles, active=True)
        session.add(user)
    give_all(office)
    return Actor(user.id, "Karim", frozenset(roles))


def give(office: Office, giver: Desk, taker: Desk, chain: bytes | None = None) -> Outcome:
    piece = piece_of(giver, chain or own(giver).id)
    judge = judge_with(Trust(frozenset({office.founder})))
    return take_in(taker.store, piece, NOW, judge).outcome


def give_all(office: Office) -> None:
    for giver in office.desks:
        for taker in office.desks:
            if giver is not taker and own(giver).held:
                give(office, giver, taker)


def roles(desk: Desk, user: UUID) -> list[str] | None:
    with desk.read() as session:
        return session.get_one(User, user).roles


def test_an_administrator_lets_somebody_in_from_another_desk(office: Office) -> None:
    first, second, third = office.add(), office.add(), office.add()
    karim = a_user(office, ["caseworker"], second)
    assert roles(first, karim.id) == roles(third, karim.id) == ["caseworker"]
    assert alarms(first) == []


@pytest.mark.parametrize("raised", [["administrator"], ["caseworker", "supervisor"]])
def test_nobody_raises_their_own_role(office: Office, raised: list[str]) -> None:
    first, second = office.add(), office.add()
    karim = a_user(office, ["caseworker"], first)
    evil = replace(second, actor=karim)
    with evil.write("office.roles") as session:
        session.get_one(User, karim.id).roles = raised
    with evil.write("office.add_user") as session:  # nor with the role that they gave themselves
        friend = User(name="Friend", roles=["administrator"], active=True)
        session.add(friend)
    assert give(office, second, first) is Outcome.STORED
    assert roles(first, karim.id) == ["caseworker"]
    assert roles(first, friend.id) is None
    assert {(each.by, each.field) for each in alarms(first)} == {("Karim", "Roles"), ("Karim", "May sign in")}
    assert check(first.store).wrong == []


def test_nobody_names_themselves_on_a_case_of_others(office: Office) -> None:
    first, second = office.add(), office.add()
    karim = a_user(office, ["caseworker"], first)
    case_id = register_case(first, a_returnee())
    with first.write("case.confidential") as session:
        session.get_one(Case, case_id).confidential_case = True
    give_all(office)
    evil = replace(second, actor=karim)
    with evil.write("case.name_people") as session:
        case = session.get_one(Case, case_id)
        case.named_access, case.confidential_case, case.owner_id = [str(karim.id)], False, karim.id
        case.intake_district = "khulna"
    give(office, second, first)
    with first.read() as session:
        case = session.get_one(Case, case_id)
        assert (case.named_access, case.confidential_case) == (None, True)
        assert case.owner_id == first.actor.id
        assert case.intake_district == "khulna", "what is no right is kept and shown"
    assert len(alarms(first)) == 3
    assert check(first.store).wrong == []


def test_who_owns_a_case_hands_it_over_and_names_people(office: Office) -> None:
    first, second = office.add(), office.add()
    karim = a_user(office, ["caseworker"], first)
    case_id = register_case(replace(second, actor=karim), a_returnee())
    other = str(uuid4())
    with replace(second, actor=karim).write("case.name_people") as session:
        session.get_one(Case, case_id).named_access = [other]
    give_all(office)
    with first.read() as session:
        assert session.get_one(Case, case_id).named_access == [other]
    assert alarms(first) == []


def test_who_says_again_whose_a_case_is_has_no_effect_and_alarms_nobody(office: Office) -> None:
    """As whoever makes the files that tell the central office of a case anew."""
    first, second = office.add(), office.add()
    karim = a_user(office, ["coordinator"], first)
    case_id = register_case(first, a_returnee())
    give_all(office)
    sender = replace(second, actor=karim)
    with sender.write("case.said_again", about=case_id) as session:
        say_again(session, session.get_one(Case, case_id))
    give(office, second, first)
    with first.read() as session:
        refused = session.scalars(select(Unentitled.register)).all()
    assert "owner_id" in refused, "or it would stand against a hand-over of that moment"
    assert alarms(first) == []
    with sender.write("case.hand_over") as session:
        session.get_one(Case, case_id).owner_id = karim.id
    give(office, second, first)
    assert [each.field for each in alarms(first)] == ["Caseworker"]
    with first.read() as session:
        assert session.get_one(Case, case_id).owner_id == first.actor.id


def test_rights_that_a_copy_gave_do_not_count_for_who_had_seen_another_past(office: Office) -> None:
    first, second, third = office.add(), office.add(), office.add()
    karim = a_user(office, ["caseworker"], first)
    copy, chain = office.copy(0, "copy"), own(first).id
    register_case(first, a_returnee())
    give(office, first, second)
    with replace(second, actor=karim).write("office.add_user") as session:
        friend = User(name="Friend", roles=["administrator"], active=True)
        session.add(friend)
    first = office.put_back(0, copy, new_chain=False)
    with first.write("office.roles") as session:
        session.get_one(User, karim.id).roles = ["administrator"]
    give(office, second, first)
    assert roles(first, friend.id) == ["administrator"], "he seems to have known of his rights"
    give(office, second, first, chain)
    give(office, second, third, chain)
    give_all(office)
    for desk in (first, third):
        assert roles(desk, friend.id) is None
        assert {(each.by, each.field) for each in alarms(desk)} == {("Karim", "Roles"), ("Karim", "May sign in")}
        assert check(desk.store).wrong == []


def test_what_was_given_again_stays_at_an_old_copy_although_its_author_had_seen_more_than_there_is(
    office: Office,
) -> None:
    """To forget cannot be undone: what looks like a lie must not let an order reach further than it does."""
    first, second = office.add(), office.add()
    person = person_of(first, register_case(first, a_returnee()))
    give_all(office)
    order_erasure(first, (person, "name_en"))
    copy, chain = office.copy(0, "copy"), own(first).id
    for _time in range(3):
        register_case(first, a_returnee(person__phone_1=None))
    give(office, first, second)
    with second.write("test.rename") as session:
        session.get_one(Person, person).name_en = "Given again"
    first = office.put_back(0, copy, new_chain=False)
    give(office, second, first)
    assert [each.record for each in alarms(first)] == ["What was seen of this computer"]
    give(office, second, first, chain)
    for desk in office.desks:
        assert records(desk)["person", person.bytes]["name_en"] == "Given again"
        assert alarms(desk) == []
        assert check(desk.store).wrong == []


def test_a_change_counts_once_the_rights_of_its_author_have_arrived(office: Office) -> None:
    first, second, third = office.add(), office.add(), office.add()
    with first.write("office.add_user") as session:
        rina = User(name="Rina", roles=["administrator"], active=True)
        session.add(rina)
    give(office, first, second)
    with replace(second, actor=Actor(rina.id, "Rina", frozenset(["administrator"]))).write("test.add") as session:
        karim = User(name="Karim", roles=["caseworker"], active=True)
        session.add(karim)
    give(office, second, third)  # which knows nothing of Rina yet
    assert roles(third, karim.id) is None
    assert alarms(third)
    give(office, first, third)
    assert roles(third, karim.id) == ["caseworker"]
    assert alarms(third) == []
    assert check(third.store).wrong == []


def test_whose_case_it_is_may_come_after_what_was_done_with_it(office: Office) -> None:
    first, second, third = office.add(), office.add(), office.add()
    karim = a_user(office, ["caseworker"], first)
    case_id = register_case(first, a_returnee())
    with first.write("case.confidential") as session:
        session.get_one(Case, case_id).confidential_case = True
    give(office, first, second)
    with replace(second, actor=karim).write("case.hand_over") as session:
        case = session.get_one(Case, case_id)
        case.owner_id, case.confidential_case, case.intake_district = karim.id, False, "khulna"
    give(office, second, third)  # for which nobody but Karim has spoken of the case
    give(office, first, third)
    with third.read() as session:
        case = session.get_one(Case, case_id)
        assert (case.owner_id, case.confidential_case) == (first.actor.id, True)
        assert case.intake_district == "khulna"
    assert {each.field for each in alarms(third)} == {"Caseworker", "Confidential case"}
    assert check(third.store).wrong == []


def test_a_right_that_was_taken_back_before_does_not_count_though_that_is_heard_of_later(office: Office) -> None:
    first, second, third = office.add(), office.add(), office.add()
    rina = a_user(office, ["administrator"], first)
    with first.write("office.roles") as session:
        session.get_one(User, rina.id).roles = ["caseworker"]
    give(office, first, second)
    with replace(second, actor=rina).write("office.roles") as session:
        session.get_one(User, rina.id).roles = ["administrator", "coordinator"]
        session.add(User(name="Friend", roles=["administrator"], active=True))
    give(office, second, third)
    assert roles(third, rina.id) == ["administrator", "coordinator"], "as far as it is known there"
    give(office, first, third)
    assert roles(third, rina.id) == ["caseworker"]
    assert {each.field for each in alarms(third)} == {"Roles", "May sign in"}
    assert check(third.store).wrong == []


def who_reads(desk: Desk, case_id: UUID) -> tuple[bool | None, list[str] | None]:
    with desk.read() as session:
        case = session.get_one(Case, case_id)
        return case.confidential_case, case.named_access


def a_shared_case(office: Office, *roles: str) -> tuple[UUID, list[Desk]]:
    """A case of Karim's, and a desk for him and for somebody with each of these roles; all have seen it."""
    desks = [office.add() for _each in ("caseworker", *roles)]
    people = [a_user(office, [role], desks[0]) for role in ("caseworker", *roles)]
    acting = [replace(desk, actor=person) for desk, person in zip(desks, people, strict=True)]
    case_id = register_case(acting[0], a_returnee())
    give_all(office)
    return case_id, acting


def test_a_coordinator_opens_no_case_that_its_caseworker_closes_at_once(office: Office) -> None:
    case_id, (karim, rina) = a_shared_case(office, "coordinator")
    named = str(uuid4())
    with karim.write("case.confidential", about=case_id) as session:
        case = session.get_one(Case, case_id)
        case.confidential_case, case.named_access = True, [named]
    with rina.write("case.name_people", about=case_id) as session:
        case = session.get_one(Case, case_id)
        case.confidential_case, case.named_access, case.priority = False, [str(rina.actor.id)], "urgent"
    third = office.add()
    give(office, karim, third)
    give(office, rina, third)
    give(office, rina, karim)
    for desk in (karim, third):
        assert who_reads(desk, case_id) == (True, [named])
        assert clashes(desk) == set(), "what does not count disagrees with nothing"
        assert {each.field for each in alarms(admin(desk))} == {"Confidential case", "People named on the case"}
        with desk.read() as session:
            assert session.get_one(Case, case_id).priority == "urgent"
        assert check(desk.store).wrong == []


def test_two_who_may_both_say_who_reads_a_case_disagree_and_it_stays_closed_until_one_settles_it(
    office: Office,
) -> None:
    case_id, (karim, rina) = a_shared_case(office, "supervisor")
    with karim.write("case.hand_over", about=case_id) as session:
        session.get_one(Case, case_id).supervisor_id = rina.actor.id
    give_all(office)
    with karim.write("case.confidential", about=case_id) as session:
        session.get_one(Case, case_id).confidential_case = True
    for confidential in (True, False):
        with rina.write("case.confidential", about=case_id) as session:
            session.get_one(Case, case_id).confidential_case = confidential
    give_all(office)
    for desk in (karim, rina):
        assert who_reads(desk, case_id)[0] is True
        assert {register for _table, _record, register, _places in clashes(desk)} == {"confidential_case"}
        assert alarms(admin(desk)) == []
    with rina.write("case.confidential", about=case_id) as session:
        case = session.get_one(Case, case_id)
        case.confidential_case = False
    give_all(office)
    for desk in (karim, rina):
        assert who_reads(desk, case_id)[0] is False
        assert clashes(desk) == set()
        assert check(desk.store).wrong == []
