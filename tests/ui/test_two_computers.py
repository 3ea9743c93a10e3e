"""Two people at two real windows, from setting sync up to a lost laptop, by mouse and keyboard, as the manual says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from casedesk.desk import Desk
from casedesk.services.case_facts import case_facts
from casedesk.services.cases import edit_case
from casedesk.services.clashes import clashes
from casedesk.services.intake import register_case
from casedesk.services.sign_in import sign_in
from casedesk.storage.keys import WrongPassphrase
from casedesk.ui.application import tables
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.page import Goto, Page
from casedesk.ui.review import ReviewPage
from casedesk.ui.settings import SettingsPage
from casedesk.ui.sync.page import SyncPage
from casedesk.ui.sync.sheets import InviteSheet
from tests.conftest import PASSPHRASE
from tests.support.people import a_returnee
from tests.support.sitting import SECONDS, Sitting, activate, entered, words_of
from tests.sync.office import ROOT_WORDS, new_desk

Key, Held = Qt.Key, Qt.KeyboardModifier
P = TypeVar("P", bound=Page)
pytestmark = pytest.mark.qt_log_ignore("Keyboard event not accepted", "This plugin does not support", extend=True)
VILLAGE = "person.village_or_street"


class Person:
    """Somebody at one of the two windows."""

    def __init__(self, qtbot: QtBot, sitting: Sitting, stick: Path) -> None:
        self.qtbot, self.sitting, self.stick = qtbot, sitting, stick

    @property
    def desk(self) -> Desk:
        return self.sitting.window.desk

    def wait(self, holds: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(holds, timeout=SECONDS)

    def sees(self, words: str) -> None:
        self.wait(lambda: words in words_of(self.sitting.window))

    def click(self, name: str) -> None:
        """Press what is called so, on the uppermost layer, with the mouse."""
        activate(self.sitting.window)
        self.wait(lambda: self._there(name) is not None)
        there = self._there(name)
        assert there is not None
        QTest.mouseClick(there, Qt.MouseButton.LeftButton)
        QApplication.processEvents()

    def _there(self, name: str) -> QPushButton | None:
        sheets = [each for each in self.sitting.window.findChildren(Sheet) if each.isVisible()]
        root: QWidget = sheets[-1] if sheets else self.sitting.window
        found = [
            each
            for each in root.findChildren(QPushButton)
            if each.isVisible() and each.isEnabled() and name in (each.accessibleName(), each.text().strip())
        ]
        return found[-1] if found else None

    def types(self, field: str, text: str) -> None:
        """Type into a field that the focus has come to by itself."""
        activate(self.sitting.window)
        self.wait(lambda: self._focus().objectName() == field)
        QTest.keyClicks(self._focus(), text)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Held.NoModifier) -> None:
        activate(self.sitting.window)
        QTest.keyClick(self._focus(), key, modifier)

    def _focus(self) -> QWidget:
        return QApplication.focusWidget() or self.sitting.window

    def answer_where(self, path: Path) -> None:
        """Type into the dialog that asks for a file or a folder."""
        self.wait(lambda: self._dialog() is not None)
        dialog = self._dialog()
        assert dialog is not None
        line = dialog.findChild(QLineEdit)
        assert line is not None
        activate(dialog)
        QTest.keyClick(line, Key.Key_A, Held.ControlModifier)
        QTest.keyClicks(line, str(path))
        QTest.keyClick(line, Key.Key_Return)
        self.wait(lambda: self._dialog() is None)

    def _dialog(self) -> QFileDialog | None:
        return next((each for each in self.sitting.window.findChildren(QFileDialog) if each.isVisible()), None)

    def page(self, kind: type[P], to: Goto) -> P:
        activate(self.sitting.window)
        self.sitting.window.go(to)
        page = self.sitting.window.page
        assert isinstance(page, kind)
        return page

    def settings(self, tab: str) -> None:
        self.page(SettingsPage, Goto("settings", {"tab": tab}))

    def sync(self) -> SyncPage:
        activate(self.sitting.window)
        self.sitting.window.setFocus()
        self.press(Key.Key_8, Held.ControlModifier)
        page = self.sitting.window.page
        assert isinstance(page, SyncPage)
        return page

    def writes(self) -> SyncPage:
        """Everything that waits goes to the stick."""
        page = self.sync()
        self.click("Write to USB stick")
        self.answer_where(self.stick)
        self.sees("The stick can be removed.")
        self.click("Close")
        return page

    def reads(self, told: str = "taken in") -> SyncPage:
        page = self.sync()
        self.click("Read from stick")
        self.answer_where(self.stick)
        self.sees(told)
        self.click("Close")
        return page

    def edit(self, case_id: UUID, value: str) -> None:
        before = case_facts(self.desk, case_id).answers.get(VILLAGE)
        edit_case(self.desk, case_id, {VILLAGE: (before, value)})

    def village(self, case_id: UUID) -> object:
        return case_facts(self.desk, case_id).answers[VILLAGE]


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick"


@pytest.fixture
def farzana(qtbot: QtBot, tmp_path: Path, stick: Path) -> Person:
    new_desk(tmp_path / "K3", "K3").store.vault.close()
    return Person(qtbot, entered(qtbot, tmp_path / "K3", tables), stick)


@pytest.fixture
def salma(qtbot: QtBot, tmp_path: Path, stick: Path, farzana: Person) -> Person:  # noqa: ARG001 - hers is the second window
    new_desk(tmp_path / "K4", "K4").store.vault.close()
    return Person(qtbot, entered(qtbot, tmp_path / "K4", tables), stick)


def join(first: Person, second: Person) -> None:
    """Set up, invite, ask, compare the six words, let in, admit: all by stick."""
    first.settings("computers")
    first.click("Begin…")
    first.types("new_passphrase", ROOT_WORDS)
    first.press(Key.Key_Return)
    first.click("Choose where to keep the root key…")
    first.sees("Type the passphrase here once more.")
    first.types("new_passphrase_again", ROOT_WORDS)
    first.press(Key.Key_Return)
    first.answer_where(first.stick.parent / "root.age")
    first.wait(lambda: "sync" in first.sitting.window.sidebar.items)

    first.click("Invite a computer")
    assert any(isinstance(each, InviteSheet) for each in first.sitting.window.findChildren(Sheet))
    first.press(Key.Key_Return)
    first.answer_where(first.stick / "K4.invitation")
    first.wait((first.stick / "K4.invitation").exists)

    second.settings("computers")
    second.click("Choose the file…")
    second.answer_where(second.stick / "K4.invitation")
    second.sees("This computer asks to join")
    second.click("Write the request to a stick")
    second.answer_where(second.stick)
    second.sees("The stick can be removed.")
    second.click("Read the answer from a stick")
    second.answer_where(second.stick)  # nobody answered yet
    second.click("Close")
    heard = words_of(second.sitting.window)

    first.reads("A computer asks to join")
    first.click("Look")
    first.sees("DHK/K4 asks to join")
    (spoken,) = [
        each for each in words_of(first.sitting.window).splitlines() if len(each.split()) == 6 and each in heard
    ]
    assert spoken.islower()
    first.click("What you heard: All six are the same")
    first.click("Let it in")
    first.sees("DHK/K4 is on the list.")
    first.click("Let DHK/K4 read our cases")
    first.click("Let it read")
    first.sees("DHK/K4 may read the cases of this centre.")
    page = first.writes()
    assert "Somebody asks to join" not in words_of(page)

    second.click("Read the answer from a stick")
    second.answer_where(second.stick)
    second.wait(lambda: "sync" in second.sitting.window.sidebar.items)


def test_two_people_share_a_caseload_by_stick(farzana: Person, salma: Person) -> None:
    join(farzana, salma)
    case_id = register_case(farzana.desk, a_returnee(person__village_or_street="Charpara"))
    farzana.writes()
    salma.reads()
    assert salma.village(case_id) == "Charpara"

    # both change one answer; one of them decides, takes it back, and decides again
    farzana.edit(case_id, "Charpara Bazar")
    salma.edit(case_id, "Charpara School")
    salma.writes()
    farzana.reads()
    farzana.sees("1 record changed in both places")
    farzana.click("Review")
    page = farzana.sitting.window.page
    assert isinstance(page, ReviewPage)
    farzana.wait(lambda: bool(page.parts))
    shown = farzana.village(case_id)
    farzana.press(Key.Key_Right)
    farzana.press(Key.Key_Return, Held.ControlModifier)
    farzana.wait(lambda: clashes(farzana.desk) == [])
    assert farzana.village(case_id) != shown
    farzana.sees("Nothing differs")
    farzana.click("Undo")
    farzana.sees("1 answer differs")
    again = farzana.sitting.window.page
    assert isinstance(again, ReviewPage)
    farzana.wait(lambda: bool(again.parts))
    farzana.press(Key.Key_Right)
    farzana.press(Key.Key_Return, Held.ControlModifier)
    farzana.wait(lambda: farzana.village(case_id) == shown)
    farzana.writes()
    salma.reads()
    assert clashes(salma.desk) == []
    assert salma.village(case_id) == shown

    # the receipt comes back with the stick
    salma.writes()
    farzana.reads()
    farzana.sees("Received by all it was for")


def test_a_lost_laptop_is_ended_and_heard_no_more(farzana: Person, salma: Person) -> None:
    join(farzana, salma)
    case_id = register_case(farzana.desk, a_returnee(person__village_or_street="Charpara"))
    farzana.writes()
    salma.reads()
    farzana.settings("computers")
    farzana.click("End DHK/K4")
    farzana.sees("nobody can wipe it from afar")
    farzana.press(Key.Key_Return)  # the focus is on the safe button
    farzana.wait(lambda: not any(each.isVisible() for each in farzana.sitting.window.findChildren(Sheet)))
    farzana.click("End DHK/K4")
    farzana.click("End this computer")
    farzana.sees("DHK/K4 is ended.")
    farzana.edit(case_id, "Somewhere else")
    salma.edit(case_id, "Written by whoever found it")
    salma.writes()
    farzana.reads("taken in")
    assert farzana.village(case_id) == "Somewhere else"
    farzana.sees("The computer that wrote this file no longer belongs here. The file is set aside.")
    farzana.writes()
    salma.reads("This computer was ended by your organisation. No passphrase opens it from now on.")
    assert salma.village(case_id) == "Written by whoever found it", "nothing but the list was sealed for it"
    salma.sitting.end()
    with pytest.raises(WrongPassphrase):
        sign_in(salma.sitting.folder, "farzana", PASSPHRASE, salma.sitting.clock)
