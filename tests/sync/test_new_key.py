"""A computer whose sealing key is lost or doubted gets a new one; one that was lost obeys the list that ends it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.models import Admission, Membership, Person
from casedesk.services.intake import register_case
from casedesk.services.sign_in import sign_in
from casedesk.storage.keys import Kind as SlotKind
from casedesk.storage.keys import WrongPassphrase
from casedesk.sync import computers, joining
from casedesk.sync.announcing import Ended
from casedesk.sync.arrivals import take_inbox
from casedesk.sync.batch import Kind, Reader, Refused, open_batch
from casedesk.sync.files import inbox, outbox
from casedesk.sync.joining import NotInvited
from casedesk.sync.membership import new_identity, public_half
from casedesk.sync.outbox import make_files, uncovered
from casedesk.sync.roster import NotThisRoster, refuse_going_back
from casedesk.sync.visit import name_relay, visit
from tests.conftest import NOW, PASSPHRASE
from tests.support.people import a_returnee
from tests.sync.office import (
    admin,
    as_role,
    carried,
    carry,
    coordinator,
    first_desk,
    hand_rosters,
    join,
    key_of,
    new_desk,
    relay_of_office,
    standing_of,
)


@pytest.fixture
def three(tmp_path: Path) -> Iterator[list[Desk]]:
    """Three laptops of a centre that share their cases; the first signs the list."""
    desks = [first_desk(tmp_path / "K3"), new_desk(tmp_path / "K4", "K4"), new_desk(tmp_path / "K5", "K5")]
    for each in desks[1:]:
        join(desks[0], each)
    hand_rosters(desks[0], desks[1:])
    yield desks
    for each in desks:
        each.store.vault.close()


def names(desk: Desk) -> set[str | None]:
    with desk.read() as session:
        return set(session.scalars(select(Person.name_en)))


def identities(desk: Desk) -> list[str]:
    with desk.read() as session:
        return list(session.get_one(Membership, 1).sealing)


def opens(identity: str, sealed: bytes, desk: Desk) -> bool:
    place = standing_of(desk)
    reader = Reader(place.organisation, place.me.desk, (identity,), place.me.audiences, place.roster.authors)
    try:
        open_batch(sealed, reader)
    except Refused:
        return False
    return True


def give_new_key(first: Desk, to: Desk) -> None:
    """From asking to the signed list, with the words compared."""
    asked = joining.ask_for_new_key(admin(to))
    assert asked is not None
    inbox(first.store.vault.folder).put(outbox(to.store.vault.folder).read(asked.file))
    take_inbox(coordinator(first))
    (request,) = joining.requests(admin(first), inbox(first.store.vault.folder))
    assert (request.words, request.renews) == (asked.words, True)
    joining.let_in(admin(first), request)
    assert joining.requests(admin(first), inbox(first.store.vault.folder)) == []


def test_files_are_sealed_to_the_new_key_and_the_old_one_opens_them_no_more(three: list[Desk]) -> None:
    first, second, third = three
    old = identities(second)[0]
    give_new_key(first, second)
    hand_rosters(first, [second, third])
    (new, _old) = identities(second)
    assert standing_of(second).me.seal == public_half(new)
    assert standing_of(second).me.before == (public_half(old),)
    computers.admit_to_centre(as_role(first, "supervisor"), key_of(second))
    register_case(first, a_returnee(person__name_en="Sentinel"))
    files = [outbox(first.store.vault.folder).read(name) for name in make_files(coordinator(first), "DHK")]
    assert [(opens(old, sealed, second), opens(new, sealed, second)) for sealed in files] == [(False, True)]
    carry(first, second)
    assert names(second) == {"Sentinel"}


def test_the_administrator_alone_opens_no_case_to_a_new_key(three: list[Desk]) -> None:
    """Otherwise whoever signs the list could put a key of their own in the place of a colleague's."""
    first, second, third = three
    give_new_key(first, second)
    hand_rosters(first, [second, third])
    for desk in (first, third):
        assert key_of(second) not in standing_of(desk).bound
    register_case(third, a_returnee(person__name_en="Sentinel"))
    carry(third, second)
    assert names(second) == set()
    computers.admit_to_centre(as_role(first, "supervisor"), key_of(second))
    hand_rosters(first, [third])
    with third.read() as session:
        assert session.get_one(Admission, (key_of(second), key_of(first))) is not None
    carry(third, second)
    assert names(second) == {"Sentinel"}, "and what was sealed to others meanwhile is sealed for it"


def test_the_first_computer_too_is_admitted_with_its_new_key(three: list[Desk]) -> None:
    first, second, third = three
    assert joining.ask_for_new_key(admin(first)) is None, "it signs the list itself"
    hand_rosters(first, [second, third])
    for desk in (second, third):
        assert standing_of(desk).bound == {key_of(second), key_of(third)}
    computers.admit_to_centre(as_role(second, "supervisor"), key_of(first))
    hand_rosters(second, [first, third])
    for desk in three:
        assert standing_of(desk).bound == {key_of(each) for each in three}


def test_what_was_sealed_to_a_lost_key_is_made_again(three: list[Desk]) -> None:
    first, second, third = three
    register_case(first, a_returnee(person__name_en="Sentinel"))
    on_the_way = carried(first)
    with second.local() as session:  # the key is gone, as in a backup from before it
        session.get_one(Membership, 1).sealing = [new_identity()[0]]
    give_new_key(first, second)
    hand_rosters(first, [second, third])
    computers.admit_to_centre(as_role(first, "supervisor"), key_of(second))
    for sealed in on_the_way:
        inbox(second.store.vault.folder).put(sealed)
    take_inbox(coordinator(second))
    assert names(second) == set()
    carry(first, second)
    assert names(second) == {"Sentinel"}
    carry(second, first)
    with first.read() as session:
        waiting = {row.kind for row in uncovered(session) if key_of(second).hex() in row.sealed_to}
    assert Kind.CHAIN not in waiting


def test_a_request_counts_once_and_a_list_that_forgets_a_key_is_refused(three: list[Desk]) -> None:
    first, second, _third = three
    asked = joining.ask_for_new_key(admin(second))
    again = joining.ask_for_new_key(admin(second))
    assert asked is not None
    assert again is not None
    assert again.words == asked.words, "it is the same key until it is listed"
    old = standing_of(first).roster
    sealed = outbox(second.store.vault.folder).read(asked.file)
    joining.let_in(admin(first), joining.look_at_request(admin(first), sealed))
    with pytest.raises(NotInvited):
        joining.look_at_request(admin(first), sealed)
    new = standing_of(first).roster
    refuse_going_back(old, new)
    for members in (old.members, tuple(msgspec.structs.replace(each, before=()) for each in new.members)):
        with pytest.raises(NotThisRoster):
            refuse_going_back(new, msgspec.structs.replace(new, number=new.number + 1, members=members))


def test_a_lost_computer_obeys_the_list_and_no_passphrase_opens_it(three: list[Desk]) -> None:
    first, second, third = three
    computers.end_computer(admin(first), key_of(second))
    with first.read() as session:
        files = [outbox(first.store.vault.folder).read(row.name) for row in uncovered(session)]
    for sealed in files:
        for each in (second, third):
            inbox(each.store.vault.folder).put(sealed)
    take_inbox(coordinator(third))
    assert [slot.kind for slot in third.store.vault.keys.slots].count(SlotKind.USER) == 1
    with pytest.raises(Ended):
        take_inbox(coordinator(second))
    opened_by_nobody_who_signs_in(second)


def test_a_lost_computer_learns_of_it_at_the_relay_and_of_nothing_else(three: list[Desk], tmp_path: Path) -> None:
    first, second, _third = three
    with relay_of_office(first, tmp_path / "relay") as port:
        name_relay(admin(second), f"http://127.0.0.1:{port}", b"")
        register_case(first, a_returnee(person__name_en="Sentinel"))
        make_files(coordinator(first), "DHK")
        computers.end_computer(admin(first), key_of(second))
        visit(coordinator(first))
        register_case(second, a_returnee(person__name_en="Written after"))
        with pytest.raises(Ended):
            visit(coordinator(second))
        assert inbox(second.store.vault.folder).names() == [], "what was sealed to it before lies there no more"
        visit(coordinator(first))
    assert "Written after" not in names(first)
    opened_by_nobody_who_signs_in(second)


def opened_by_nobody_who_signs_in(desk: Desk) -> None:
    assert {slot.kind for slot in desk.store.vault.keys.slots} == {SlotKind.RECOVERY}
    desk.store.vault.close()
    with pytest.raises(WrongPassphrase):
        sign_in(desk.store.vault.folder, "farzana", PASSPHRASE, lambda: NOW)
