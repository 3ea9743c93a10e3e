"""Who works at which computer, who counts as a colleague, and whose name an operation may carry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select

from casedesk.desk import Actor, Desk
from casedesk.errors import Conflict, InvalidInput, NotAllowed
from casedesk.models import CaseNote, User
from casedesk.services import access
from casedesk.services.audit import trail
from casedesk.services.entitled import alarms
from casedesk.services.intake import register_case
from casedesk.services.office import check_store
from casedesk.services.passphrases import change_passphrase, is_own_passphrase
from casedesk.services.sign_in import recover, sign_in
from casedesk.services.users import UserRow, add_user, colleagues, end_user, let_work
from casedesk.storage import vault
from casedesk.storage.keys import FLOOR, SignInNameTaken, SignInNameUnknown, WrongPassphrase
from casedesk.sync.people import (
    NotListedHere,
    also_works_at,
    computers_of,
    follow_users,
    let_sign_in,
    places,
    set_people,
    works_no_more_at,
)
from casedesk.sync.roster import NotThisRoster, Roster, refuse_going_back
from tests.conftest import NOW, PASSPHRASE
from tests.support.people import a_returnee
from tests.sync.office import admin, as_role, carry, key_of, standing_of

WORDS = "lamps under quiet river bridges"


@dataclass(frozen=True)
class Laptops:
    """Two laptops of one centre, each with the user who set it up. `came` is who came with the second."""

    one: Desk
    two: Desk

    @property
    def came(self) -> UUID:
        return self.two.actor.id


@pytest.fixture
def laptops(two_laptops: tuple[Desk, Desk]) -> Laptops:
    return Laptops(*two_laptops)


def row_of(desk: Desk, user: UUID) -> UserRow:
    return next(each for each in colleagues(desk) if each.id == user)


def user(desk: Desk, user_id: UUID) -> User:
    with desk.read() as session:
        return session.get_one(User, user_id)


def test_who_came_with_another_laptop_waits_until_an_administrator_decides(laptops: Laptops) -> None:
    one, two = laptops.one, laptops.two
    carry(two, one)
    came = row_of(one, laptops.came)
    assert (came.waits, came.active, came.roles) == (True, False, ())
    assert computers_of(admin(one))[came.id] == ("DHK/K4",)
    case_id = register_case(one, a_returnee())
    with pytest.raises(InvalidInput):
        access.hand_over(as_role(one, "supervisor"), case_id, came.id, seen=one.actor.id)
    with pytest.raises(NotAllowed):
        let_work(as_role(one, "coordinator"), came.id, ["caseworker"])
    with pytest.raises(InvalidInput):
        let_work(admin(one), came.id, ["caseworker", "administrator"])
    let_work(admin(one), came.id, ["caseworker"])
    assert replace(row_of(one, came.id), name="") == replace(
        came, name="", roles=("caseworker",), active=True, waits=False
    )
    access.hand_over(as_role(one, "supervisor"), case_id, came.id, seen=one.actor.id)
    with pytest.raises(Conflict):
        let_work(admin(one), came.id, ["supervisor"])
    carry(one, two)
    there = user(two, came.id)
    assert (there.roles, there.active, there.sign_in_name) == (["caseworker"], True, "farzana")
    two.store.vault.close()
    again = sign_in(two.store.vault.folder, "farzana", PASSPHRASE, lambda: NOW)
    assert again.actor.roles == {"caseworker"}, "it counts there too, from the next sign-in on"
    assert check_store(as_role(again, "coordinator")).wrong == []
    again.store.vault.close()


def test_who_is_ended_signs_in_at_no_computer_any_more(laptops: Laptops) -> None:
    one, two = laptops.one, laptops.two
    karim = a_colleague(two)
    carry(two, one)
    for each in (karim, laptops.came):
        end_user(admin(one), each)
    carry(one, two)
    assert {row_of(two, each).active for each in (karim, laptops.came)} == {False}
    users = [slot for slot in two.store.vault.keys.slots if slot.name_tag]
    assert len(users) == 1, "their passphrases open nothing; the last one is kept, and is refused"
    two.store.vault.close()
    for name, words in (("farzana", PASSPHRASE), ("karim", WORDS)):
        with pytest.raises((NotAllowed, WrongPassphrase)):
            sign_in(two.store.vault.folder, name, words, lambda: NOW)


def new_note(desk: Desk, text: str) -> None:
    with desk.write("test.note") as session:
        session.add(CaseNote(text=text))


def notes(desk: Desk) -> set[str]:
    with desk.read() as session:
        return {text for text in session.scalars(select(CaseNote.text)) if text}


def acting(desk: Desk, user_id: UUID) -> Desk:
    return replace(desk, actor=Actor(user_id, "", frozenset({"caseworker"})))


def a_colleague(at: Desk, name: str = "karim") -> UUID:
    return add_user(admin(at), name=name.title(), sign_in_name=name, roles=["caseworker"], passphrase=WORDS, cost=FLOOR)


def test_two_share_a_laptop_and_the_list_follows(laptops: Laptops) -> None:
    one, two = laptops.one, laptops.two
    karim = a_colleague(one)
    follow_users(one)
    assert standing_of(one).me.people == tuple(sorted((one.actor.id.bytes, karim.bytes)))
    new_note(one, "of Farzana")
    new_note(acting(one, karim), "of Karim")
    carry(one, two)
    assert notes(two) == {"of Farzana", "of Karim"}
    assert standing_of(two).roster == standing_of(one).roster
    assert alarms(admin(two)) == []


def test_work_counts_though_the_list_did_not_name_its_author_yet(laptops: Laptops) -> None:
    """Who was let in at the first computer writes there before the list is signed anew."""
    one, two = laptops.one, laptops.two
    karim = a_colleague(one)
    new_note(acting(one, karim), "at once")
    assert karim.bytes not in standing_of(one).me.speakers
    carry(one, two)
    assert notes(two) == {"at once"}


def test_work_in_a_name_that_nobody_let_in_waits_and_is_taken_later(laptops: Laptops) -> None:
    """At a laptop that came, its own administrator adds a user: until ours says so, what they wrote waits."""
    one, two = laptops.one, laptops.two
    karim = a_colleague(two)
    new_note(acting(two, karim), "waits")
    new_note(two, "counts")
    carry(two, one)
    assert notes(one) == {"counts"}
    assert check_store(as_role(one, "coordinator")).wrong == []
    assert "Written in a name that this computer may not write in" in {each.record for each in alarms(admin(one))}
    let_work(admin(one), karim, ["caseworker"])
    follow_users(one)
    assert notes(one) == {"counts", "waits"}
    assert {each.record for each in alarms(admin(one))} == {"User"}, "what their administrator said counts nowhere else"
    assert computers_of(admin(one))[karim] == ("DHK/K4",)
    assert check_store(as_role(one, "coordinator")).wrong == []


def test_one_user_works_at_two_computers_once_the_list_says_so(laptops: Laptops) -> None:
    one, two = laptops.one, laptops.two
    karim = a_colleague(one)
    carry(one, two)
    new_note(acting(two, karim), "from the other laptop")
    carry(two, one)
    assert notes(one) == set(), "nobody said that Karim works there"
    people = [UUID(bytes=each) for each in standing_of(one).roster.members[1].people]
    set_people(admin(one), key_of(two), [*people, karim])
    assert notes(one) == {"from the other laptop"}
    follow_users(one)
    assert computers_of(admin(one))[karim] == ("DHK/K3", "DHK/K4")


SECOND = "seven boats beside another bridge"


def test_a_first_passphrase_at_a_second_computer(laptops: Laptops) -> None:
    """Added at one computer, listed for the other, and given a passphrase there: the work counts at once."""
    one, two = laptops.one, laptops.two
    karim = a_colleague(one)
    follow_users(one)
    carry(one, two)
    assert not row_of(two, karim).signs_in_here
    with pytest.raises(WrongPassphrase):
        vault.verify_passphrase(two.store.vault, two.store.vault.keys.of_user("karim"), WORDS)
    with pytest.raises(NotListedHere):
        let_sign_in(admin(two), karim, "karim", SECOND, FLOOR)
    also_works_at(admin(one), karim, key_of(two))
    also_works_at(admin(one), karim, key_of(two))  # saying it twice changes nothing
    assert standing_of(one).roster.members[1].people == tuple(sorted((karim.bytes, laptops.came.bytes)))
    carry(one, two)
    with pytest.raises(InvalidInput):
        let_sign_in(admin(two), karim, "karim", "karim karim karim", FLOOR)
    with pytest.raises(SignInNameTaken):
        let_sign_in(admin(two), karim, "Farzana", SECOND, FLOOR)
    let_sign_in(admin(two), karim, "karim", SECOND, FLOOR)
    with pytest.raises(Conflict):
        let_sign_in(admin(two), karim, "karim.2", SECOND, FLOOR)
    assert row_of(two, karim).signs_in_here
    note_of = acting(two, karim)
    new_note(note_of, "written at the second computer")
    carry(two, one)
    assert notes(one) == {"written at the second computer"}
    assert alarms(admin(one)) == []
    two.store.vault.close()
    there = sign_in(two.store.vault.folder, "karim", SECOND, lambda: NOW)
    assert (there.actor.id, there.actor.roles) == (karim, frozenset({"caseworker"}))
    change_passphrase(there, SECOND, WORDS, FLOOR)
    assert is_own_passphrase(there, WORDS)
    there.store.vault.close()
    again = sign_in(two.store.vault.folder, "karim", WORDS, lambda: NOW)
    assert check_store(as_role(again, "coordinator")).wrong == []
    end_user(admin(one), karim)
    carry(one, again)
    assert again.store.vault.keys.of_user("karim") is None, "who was ended opens this vault no more, either"
    again.store.vault.close()


def test_a_computer_that_was_taken_away_from_somebody_opens_to_them_no_more(laptops: Laptops) -> None:
    """What they wrote there counts; and whoever alone opens a computer goes on opening it."""
    one, two = laptops.one, laptops.two
    karim = a_colleague(one)
    follow_users(one)
    also_works_at(admin(one), karim, key_of(two))
    carry(one, two)
    let_sign_in(admin(two), karim, "karim", SECOND, FLOOR)
    new_note(acting(two, karim), "written before")
    works_no_more_at(admin(one), karim, key_of(two))
    works_no_more_at(admin(one), karim, key_of(two))  # saying it twice changes nothing
    assert computers_of(admin(one))[karim] == ("DHK/K3",)
    carry(one, two)
    assert two.store.vault.keys.of_user("karim") is None
    assert "office.way_in_went" in [entry.action for entry in trail(admin(two))]
    carry(two, one)
    assert notes(one) == {"written before"}
    works_no_more_at(admin(one), laptops.came, key_of(two))
    carry(one, two)
    assert two.store.vault.keys.of_user("farzana") is not None
    also_works_at(admin(one), karim, key_of(two))
    carry(one, two)
    let_sign_in(admin(two), karim, "karim", SECOND, FLOOR)
    carry(one, two)
    assert two.store.vault.keys.of_user("karim") is not None
    assert two.store.vault.keys.of_user("farzana") is None, "now another one opens it"


def test_where_the_list_is_signed_one_step_is_enough(laptops: Laptops) -> None:
    """Who came with the second laptop gets a passphrase at the first one, under another name: theirs is in use."""
    one, two = laptops.one, laptops.two
    carry(two, one)
    with pytest.raises(Conflict):
        let_sign_in(admin(one), laptops.came, "farzana.two", SECOND, FLOOR)  # still waits for an administrator
    let_work(admin(one), laptops.came, ["caseworker"])
    follow_users(one)
    with pytest.raises(NotAllowed):
        let_sign_in(as_role(one, "coordinator"), laptops.came, "farzana.two", SECOND, FLOOR)
    let_sign_in(admin(one), laptops.came, "farzana.two", SECOND, FLOOR)
    assert [each.people for each in places(admin(one))] == [
        frozenset({one.actor.id, laptops.came}),
        frozenset({laptops.came}),
    ]
    one.store.vault.close()
    there = sign_in(one.store.vault.folder, "farzana.two", SECOND, lambda: NOW)
    assert (there.actor.id, there.actor.roles) == (laptops.came, frozenset({"caseworker"}))
    assert is_own_passphrase(there, SECOND)
    assert not is_own_passphrase(there, PASSPHRASE)
    new_note(there, "at the first computer")
    carry(there, two)
    assert notes(two) == {"at the first computer"}
    assert alarms(admin(two)) == []
    there.store.vault.close()


def test_the_recovery_key_lets_a_colleague_of_another_computer_in(laptops: Laptops) -> None:
    """Else a computer whose only administrator left could never be looked after again."""
    one, two = laptops.one, laptops.two
    nadia = add_user(
        admin(one), name="Nadia", sign_in_name="nadia", roles=["administrator"], passphrase=WORDS, cost=FLOOR
    )
    follow_users(one)
    carry(one, two)
    recovery = vault.new_recovery(two.store.vault)
    two.store.vault.close()
    with pytest.raises(SignInNameUnknown):
        recover(two.store.vault.folder, recovery.text, "nobody", SECOND, FLOOR, lambda: NOW)
    there, newer = recover(two.store.vault.folder, recovery.text, "Nadia", SECOND, FLOOR, lambda: NOW)
    assert (there.actor.id, there.actor.roles) == (nadia, frozenset({"administrator"}))
    assert there.store.vault.keys.of_user("nadia") is not None
    newer.wipe()
    there.store.vault.close()
    sign_in(two.store.vault.folder, "nadia", SECOND, lambda: NOW).store.vault.close()


def test_the_recovery_key_opens_a_computer_that_was_closed_to_its_users(laptops: Laptops) -> None:
    """As one that was ended, and found again. Both laptops know a Farzana: it is the one who was added here."""
    two = laptops.two
    carry(laptops.one, two)
    recovery = vault.new_recovery(two.store.vault)
    vault.close_to_users(two.store.vault)
    two.store.vault.close()
    there, newer = recover(two.store.vault.folder, recovery.text, "farzana", SECOND, FLOOR, lambda: NOW)
    newer.wipe()
    assert there.actor.id == laptops.came
    there.store.vault.close()


def test_who_left_a_computer_is_sent_nothing_and_what_they_wrote_there_counts(laptops: Laptops) -> None:
    one, two = laptops.one, laptops.two
    karim = a_colleague(one)
    set_people(admin(one), key_of(two), [karim])
    new_note(two, "on its way while the laptop is handed over")
    carry(two, one)
    member = standing_of(one).roster.member(key_of(two))
    assert member is not None
    assert (member.people, member.worked) == ((karim.bytes,), (laptops.came.bytes,))
    assert notes(one) == {"on its way while the laptop is handed over"}
    with pytest.raises(NotThisRoster):
        refuse_going_back(standing_of(one).roster, without_people(standing_of(one).roster))
    end_user(admin(one), karim)
    follow_users(one)
    member = standing_of(one).roster.member(key_of(two))
    assert member is not None
    assert member.people == ()


def without_people(roster: Roster) -> Roster:
    """A later list that forgets who worked where."""
    members = tuple(msgspec.structs.replace(each, people=(), worked=()) for each in roster.members)
    return msgspec.structs.replace(roster, number=roster.number + 1, members=members)
