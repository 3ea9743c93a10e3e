"""Who works at which computer, who counts as a colleague, and whose name an operation may carry."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest

from casedesk.desk import Desk
from casedesk.errors import Conflict, InvalidInput, NotAllowed
from casedesk.models import User
from casedesk.services import access, office
from casedesk.services.intake import register_case
from casedesk.services.office import check_store, colleagues, sign_in
from casedesk.storage.keys import FLOOR, WrongPassphrase
from casedesk.sync.people import computers_of
from tests.conftest import NOW, PASSPHRASE
from tests.support.people import a_returnee
from tests.sync.office import admin, as_role, begin, carry, join, new_desk

WORDS = "lamps under quiet river bridges"


@dataclass(frozen=True)
class Laptops:
    """Two laptops of one centre, each with the user who set it up. `came` is who came with the second."""

    one: Desk
    two: Desk

    @property
    def came(self) -> UUID:
        return self.two.actor.id


@pytest.fixture(scope="module")
def joined(empty_centre: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("people")
    one = sign_in(shutil.copytree(empty_centre, folder / "K3"), "farzana", PASSPHRASE, lambda: NOW)
    begin(one, folder)
    two = new_desk(folder / "K4", "K4")
    join(one, two)
    for each in (one, two):
        each.store.vault.close()
    return folder


@pytest.fixture
def laptops(joined: Path, tmp_path: Path) -> Iterator[Laptops]:
    shutil.copytree(joined, tmp_path / "joined")
    one, two = (sign_in(tmp_path / "joined" / name, "farzana", PASSPHRASE, lambda: NOW) for name in ("K3", "K4"))
    yield Laptops(one, two)
    for each in (one, two):
        each.store.vault.close()


def row_of(desk: Desk, user: UUID) -> office.UserRow:
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
        access.hand_over(as_role(one, "supervisor"), case_id, came.id)
    with pytest.raises(NotAllowed):
        office.let_work(as_role(one, "coordinator"), came.id, ["caseworker"])
    with pytest.raises(InvalidInput):
        office.let_work(admin(one), came.id, ["caseworker", "administrator"])
    office.let_work(admin(one), came.id, ["caseworker"])
    assert replace(row_of(one, came.id), name="") == replace(
        came, name="", roles=("caseworker",), active=True, waits=False
    )
    access.hand_over(as_role(one, "supervisor"), case_id, came.id)
    with pytest.raises(Conflict):
        office.let_work(admin(one), came.id, ["supervisor"])
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
    karim = office.add_user(
        admin(two), name="Karim", sign_in_name="karim", roles=["caseworker"], passphrase=WORDS, cost=FLOOR
    )
    carry(two, one)
    for each in (karim, laptops.came):
        office.end_user(admin(one), each)
    carry(one, two)
    assert {row_of(two, each).active for each in (karim, laptops.came)} == {False}
    users = [slot for slot in two.store.vault.keys.slots if slot.name_tag]
    assert len(users) == 1, "their passphrases open nothing; the last one is kept, and is refused"
    two.store.vault.close()
    for name, words in (("farzana", PASSPHRASE), ("karim", WORDS)):
        with pytest.raises((NotAllowed, WrongPassphrase)):
            sign_in(two.store.vault.folder, name, words, lambda: NOW)
