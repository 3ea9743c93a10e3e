"""Settings, People, where computers exchange: who came with another laptop, and what an administrator decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from casedesk import i18n
from casedesk.desk import Desk
from casedesk.services import office
from casedesk.ui.kit.messages import Confirm
from casedesk.ui.page import Goto
from casedesk.ui.settings import UserSheet
from tests.support.sitting import SECONDS, Sitting, cut_off, entered, words_of
from tests.sync.office import begin, carry, join, new_desk


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Desk]:
    """A laptop that joined, with a user of its own."""
    first, second = (new_desk(tmp_path / name, name) for name in ("K3", "K4"))
    begin(first, tmp_path)
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
    came = next(each for each in office.colleagues(inside.window.desk) if each.id == other.actor.id)
    assert (came.active, came.roles) == (True, ("caseworker",))


def test_an_administrator_ends_who_came_with_another_laptop(inside: Sitting, other: Desk) -> None:
    inside.window.go(Goto("settings", {"tab": "people"}))
    shown(inside, "Came with another computer")
    press_named(inside, "End the access of Farzana Haque")
    inside.window.findChildren(Confirm)[-1].yes.click()
    shown(inside, "Who worked here")
    came = next(each for each in office.colleagues(inside.window.desk) if each.id == other.actor.id)
    assert (came.active, came.waits) == (False, False)


@pytest.mark.parametrize("language", ["en", "bn"])
def test_nothing_is_cut_off(inside: Sitting, language: str) -> None:
    i18n.use(language)
    inside.window.resize(1024, 600)
    inside.window.go(Goto("settings", {"tab": "people"}))
    assert inside.window.page is not None
    assert cut_off(inside.window.page) == []
