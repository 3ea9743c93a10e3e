"""Settings, People, where computers exchange: who came with another laptop, and what an administrator decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from casedesk import i18n
from casedesk.desk import Desk
from casedesk.services.sign_in import sign_in, sign_out
from casedesk.services.users import add_user, colleagues, let_work
from casedesk.storage.keys import FLOOR
from casedesk.sync.people import also_works_at, computers_of, places
from casedesk.ui.kit.messages import Confirm
from casedesk.ui.page import Goto
from casedesk.ui.people import UserSheet
from tests.conftest import PASSPHRASE
from tests.support.on_screen import cut_off
from tests.support.sitting import SECONDS, Sitting, entered, press, type_keys, words_of
from tests.sync.office import carry, first_desk, join, new_desk

Key, Held = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Desk]:
    """A laptop that joined, with a user of its own."""
    first, second = first_desk(tmp_path / "K3"), new_desk(tmp_path / "K4", "K4")
    join(first, second)
    carry(second, first)
    first.store.vault.close()
    yield second
    second.store.vault.close()


@pytest.fixture
def inside(qtbot: QtBot, tmp_path: Path, other: Desk) -> Sitting:  # noqa: ARG001 - joins
    return entered(qtbot, tmp_path / "K3")


def shown(sitting: Sitting, words: str) -> None:
    sitting.qtbot.waitUntil(lambda: words in words_of(sitting.window), timeout=SECONDS)


def press_named(sitting: Sitting, name: str) -> None:
    found = [each for each in sitting.window.findChildren(QPushButton) if each.accessibleName() == name]
    assert found, name
    found[-1].click()


def test_an_administrator_lets_a_colleague_with_another_laptop_work_here(inside: Sitting, other: Desk) -> None:
    inside.window.go(Goto("settings", {"tab": "people"}))
    shown(inside, "Came with another computer")
    shown(inside, "Works at DHK/K4 already.")
    press_named(inside, "Let Farzana Haque work here")
    (sheet,) = inside.window.findChildren(UserSheet)
    sheet.save.click()
    inside.qtbot.waitUntil(lambda: "Choose at least one role." in words_of(sheet), timeout=SECONDS)
    sheet.form.put({"user.roles": ["caseworker"]})
    sheet.save.click()
    inside.qtbot.waitUntil(lambda: "Came with another" not in words_of(inside.window), timeout=SECONDS)
    shown(inside, "Caseworker · DHK/K4")
    came = next(each for each in colleagues(inside.window.desk) if each.id == other.actor.id)
    assert (came.active, came.roles) == (True, ("caseworker",))


def test_an_administrator_ends_who_came_with_another_laptop(inside: Sitting, other: Desk) -> None:
    inside.window.go(Goto("settings", {"tab": "people"}))
    shown(inside, "Came with another computer")
    press_named(inside, "End the access of Farzana Haque")
    inside.window.findChildren(Confirm)[-1].yes.click()
    shown(inside, "Who worked here")
    came = next(each for each in colleagues(inside.window.desk) if each.id == other.actor.id)
    assert (came.active, came.waits) == (False, False)


SECOND = "seven boats beside another bridge"


def add_karim(inside: Sitting) -> UUID:
    """A colleague added at this computer."""
    return add_user(
        inside.window.desk,
        name="Karim",
        sign_in_name="karim",
        roles=["caseworker"],
        passphrase=SECOND,
        cost=FLOOR,
    )


def test_a_colleague_gets_a_first_passphrase_at_this_computer_too(inside: Sitting, other: Desk) -> None:
    """With the keyboard: here the list is signed, so it follows."""
    desk = inside.window.desk
    let_work(desk, other.actor.id, ["caseworker"])
    inside.window.go(Goto("settings", {"tab": "people"}))
    shown(inside, "At other computers")
    press_named(inside, "Let Farzana Haque sign in here")
    (sheet,) = inside.window.findChildren(UserSheet)
    press(Key.Key_Return, Held.ControlModifier)
    inside.qtbot.waitUntil(lambda: "Choose a short name" in words_of(sheet), timeout=SECONDS)
    type_keys("farzana")
    sheet.new.setFocus()
    type_keys(SECOND)
    press(Key.Key_Return)
    type_keys(SECOND)
    press(Key.Key_Enter, Held.ControlModifier | Held.KeypadModifier)
    shown(inside, "This sign-in name is already in use.")
    sheet.form.put({"user.sign_in_name": "farzana.two"})
    sheet.save.click()
    inside.qtbot.waitUntil(lambda: "At other computers" not in words_of(inside.window), timeout=SECONDS)
    shown(inside, "Caseworker · DHK/K3, DHK/K4")
    inside.end()
    there = sign_in(inside.folder, "farzana.two", SECOND, inside.clock)
    assert there.actor.id == other.actor.id
    sign_out(there)


def test_where_somebody_works_is_said_where_the_list_is_signed(inside: Sitting, other: Desk) -> None:
    karim = add_karim(inside)
    inside.window.go(Goto("settings", {"tab": "people"}))
    shown(inside, "Signs in as karim.")
    press_named(inside, "Computers of Karim")
    press_named(inside, "Let Karim work at DHK/K4")
    shown(inside, "Karim is on the list for DHK/K4.")
    assert computers_of(inside.window.desk)[karim] == ("DHK/K3", "DHK/K4")
    carry(inside.window.desk, other)
    assert karim in places(other)[0].people


def test_a_computer_is_taken_away_from_somebody_where_the_list_is_signed(inside: Sitting, other: Desk) -> None:
    karim = add_karim(inside)
    desk = inside.window.desk
    (there,) = [each for each in places(desk) if not each.is_this]
    also_works_at(desk, karim, there.key)
    inside.window.go(Goto("settings", {"tab": "people"}))
    shown(inside, "Signs in as karim.")
    press_named(inside, "Computers of Karim")
    press_named(inside, "Take DHK/K4 away from Karim")
    (question,) = inside.window.findChildren(Confirm)
    assert "opens DHK/K4 no more" in words_of(question)
    question.cancel.click()
    assert computers_of(desk)[karim] == ("DHK/K3", "DHK/K4")
    press_named(inside, "Take DHK/K4 away from Karim")
    inside.window.findChildren(Confirm)[-1].yes.click()
    shown(inside, "Karim is no longer on the list for DHK/K4.")
    assert computers_of(desk)[karim] == ("DHK/K3",)
    carry(desk, other)
    assert karim not in places(other)[0].people


def test_who_is_not_on_the_list_of_this_computer_gets_no_passphrase_here(
    qtbot: QtBot, tmp_path: Path, inside: Sitting, other: Desk
) -> None:
    """At the second computer, whose list comes from the first."""
    add_karim(inside)
    carry(inside.window.desk, other)
    inside.end()
    other.store.vault.close()
    second = Sitting(qtbot, tmp_path / "K4")
    second.enter("farzana", PASSPHRASE)
    second.window.go(Goto("settings", {"tab": "people"}))
    shown(second, "Before you can give Karim a passphrase here")
    names = {each.accessibleName() for each in second.window.findChildren(QPushButton)}
    assert "Roles of Karim" in names
    assert "Let Karim sign in here" not in names
    second.end()


@pytest.mark.parametrize("language", ["en", "bn"])
def test_nothing_is_cut_off(inside: Sitting, other: Desk, language: str) -> None:
    i18n.use(language)
    inside.window.resize(1024, 600)
    inside.window.go(Goto("settings", {"tab": "people"}))
    assert inside.window.page is not None
    assert cut_off(inside.window.page) == []
    let_work(inside.window.desk, other.actor.id, ["caseworker", "shelter_staff", "supervisor"])
    inside.window.go(Goto("settings", {"tab": "people"}))
    assert inside.window.page is not None
    assert cut_off(inside.window.page) == []
