"""Hiding and locking at any moment, losing nothing."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from casedesk import i18n, logs, machine
from casedesk.errors import StorageFull
from casedesk.services.preferences import prefer, preferences
from casedesk.services.sign_in import sign_in, sign_out
from casedesk.services.users import add_user
from casedesk.storage import vault
from casedesk.storage.keys import FLOOR
from casedesk.sync.process import beside
from casedesk.ui.application import LOCKED, Practice
from casedesk.ui.kit import clipboard, theme
from casedesk.ui.kit.messages import tell
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.page import Goto
from casedesk.ui.settings import SettingsPage
from casedesk.ui.window import Window
from tests.conftest import PASSPHRASE
from tests.support.sitting import SECONDS, NotePage, NoteSheet, Sitting, focused, press, type_keys, words_of

Key, Held = Qt.Key, Qt.KeyboardModifier
COLLEAGUES = "seven boats beside another bridge"
# A key that closes its own screen is let go over nothing; Qt's test tool says so.
pytestmark = pytest.mark.qt_log_ignore("Keyboard event not accepted by receiving widget", extend=True)


def locked_because(sitting: Sitting) -> str:
    assert sitting.restarts == [machine.command(*sys.argv[1:])]
    return str(json.loads(os.environ[LOCKED])["why"])


def sheet_over(sitting: Sitting) -> NoteSheet:
    press(Key.Key_K, Held.ControlModifier)
    (sheet,) = sitting.window.findChildren(NoteSheet)
    return sheet


# Locking


def test_locking_keeps_what_was_typed_and_returns_to_the_place(inside: Sitting) -> None:
    inside.window.go(Goto("cases", {"which": "second"}))
    type_keys("half a sentence")
    press(Key.Key_L, Held.ControlModifier)
    assert locked_because(inside) == "key"
    fresh = inside.after_lock()
    screen = fresh.sign_in
    assert "Nothing was lost." in words_of(screen)
    assert "farzana" not in words_of(screen)
    assert focused().objectName() == "passphrase"
    fresh.enter("", PASSPHRASE)
    assert fresh.page.which == "second"
    assert fresh.page.line.text() == "half a sentence"
    fresh.end()


def test_what_is_copied_is_marked_as_secret_and_cleared_after_a_while(inside: Sitting) -> None:
    page, copied = inside.page, QApplication.clipboard()
    page.line.setText("her brother knows")
    page.line.selectAll()
    page.line.copy()
    data = copied.mimeData()
    assert data.text() == "her brother knows"
    assert bytes(data.data(clipboard.SECRET).data()) == b"secret"
    assert all(data.hasFormat(name) for name in clipboard.HINTS)
    timer = inside.program.copies.timer
    assert timer.isActive()
    assert timer.interval() == 20_000
    page.line.clear()
    page.line.paste()
    assert page.line.text() == "her brother knows"
    timer.start(0)
    inside.qtbot.waitUntil(lambda: copied.text() == "", timeout=SECONDS)


def test_locking_closes_the_vault_and_zeroes_the_keys(inside: Sitting) -> None:
    opened = inside.window.desk.store.vault
    QApplication.clipboard().setText("copied from a record")
    press(Key.Key_L, Held.ControlModifier)
    assert not any(opened._data_key)
    assert not any(opened._database_key)
    assert QApplication.clipboard().text() == ""
    assert inside.program.screen is not None
    assert not inside.program.screen.isVisible()
    vault.unlock(inside.folder, "farzana", PASSPHRASE).close()


class BrokenPage(NotePage):
    """Cannot store what was typed, by a mistake of ours."""

    def store(self) -> None:
        raise RuntimeError

    def place(self) -> dict[str, Any]:
        raise RuntimeError


def test_a_mistake_of_ours_does_not_keep_it_from_locking(qtbot: QtBot, store_folder: Path) -> None:
    sitting = Sitting(qtbot, store_folder, tables=lambda: ({"today": BrokenPage, "settings": SettingsPage}, {}))
    window = sitting.enter("farzana", PASSPHRASE)
    opened = window.desk.store.vault
    with qtbot.captureExceptions() as caught:
        window.watch.due.emit("idle")
    assert caught
    assert locked_because(sitting) == "idle"
    assert not window.isVisible()
    assert not any(opened._data_key)
    sitting.end()


class FullPage(NotePage):
    """Stands on a disk that takes nothing until there is room."""

    room = False

    def store(self) -> None:
        if not FullPage.room:
            raise StorageFull
        super().store()


def test_a_page_that_cannot_be_stored_stays_and_says_so(qtbot: QtBot, store_folder: Path) -> None:
    FullPage.room = False
    pages = {"today": FullPage, "cases": NotePage, "settings": SettingsPage}
    sitting = Sitting(qtbot, store_folder, tables=lambda: (pages, {}))
    window = sitting.enter("farzana", PASSPHRASE)
    page = window.page
    assert isinstance(page, FullPage)
    page.line.setText("not lost")
    window.go(Goto("cases"))
    assert window.page is page
    assert "The page stays open, so that nothing typed is lost." in words_of(window)
    assert page.line.text() == "not lost"
    window.close()
    assert window.isVisible()
    assert "Close all the same?" in words_of(window)
    FullPage.room = True
    window.go(Goto("cases"))
    assert window.where().page == "cases"
    assert preferences(window.desk)["note_first"] == "not lost"
    window.go(Goto("today"))
    FullPage.room = False
    window.back()
    assert window.where().page == "today"
    FullPage.room = True
    window.back()
    assert window.where().page == "cases", "the way back was not lost"
    sitting.end()


class SavingPage(NotePage):
    """Saves its line as a job, and has nothing typed once it hears of it."""

    def save(self) -> None:
        work = partial(prefer, self.here.desk, "saved", self.line.text())
        self.here.jobs.write(self, work, lambda _nothing: self.line.clear())


@pytest.mark.parametrize("leave", [lambda window: window.go(Goto("settings")), Window.lock], ids=["page", "lock"])
def test_what_was_just_saved_does_not_come_back_as_unsaved(
    qtbot: QtBot, store_folder: Path, leave: Callable[[Window], None]
) -> None:
    sitting = Sitting(qtbot, store_folder, tables=lambda: ({"today": SavingPage, "settings": SettingsPage}, {}))
    window = sitting.enter("farzana", PASSPHRASE)
    page = window.page
    assert isinstance(page, SavingPage)
    page.line.setText("a note")
    page.save()
    leave(window)
    if sitting.restarts:
        window = sitting.after_lock().enter("", PASSPHRASE)
    kept = preferences(window.desk)
    assert kept["saved"] == "a note"
    assert "note_first" not in kept
    sitting.end()


def test_who_locks_by_the_key_is_told_before_what_was_typed_is_lost(qtbot: QtBot, store_folder: Path) -> None:
    FullPage.room = False
    sitting = Sitting(qtbot, store_folder, tables=lambda: ({"today": FullPage, "settings": SettingsPage}, {}))
    window = sitting.enter("farzana", PASSPHRASE)
    page = window.page
    assert isinstance(page, FullPage)
    page.line.setText("not lost")
    press(Key.Key_L, Held.ControlModifier)
    assert "Lock all the same?" in words_of(window)
    assert "What was typed last could not be stored and would be lost." in words_of(window)
    press(Key.Key_Escape)
    assert not sitting.restarts
    assert page.line.text() == "not lost"
    press(Key.Key_L, Held.ControlModifier)
    (yes,) = [
        each for each in window.findChildren(QPushButton) if each.isVisible() and each.text() == "Lock and lose it"
    ]
    yes.click()
    assert locked_because(sitting) == "key"
    sitting.end()


def test_no_other_lock_waits_for_what_cannot_be_stored(qtbot: QtBot, store_folder: Path) -> None:
    FullPage.room = False
    sitting = Sitting(qtbot, store_folder, tables=lambda: ({"today": FullPage, "settings": SettingsPage}, {}))
    window = sitting.enter("farzana", PASSPHRASE)
    press(Key.Key_L, Held.ControlModifier)
    assert "Lock all the same?" in words_of(window)
    window.watch.due.emit("idle")
    assert locked_because(sitting) == "idle"
    assert not window.isVisible()
    sitting.end()


def test_neither_key_nor_passphrase_is_handed_to_the_next_process(inside: Sitting) -> None:
    secret = bytes(inside.window.desk.store.vault._data_key)
    press(Key.Key_L, Held.ControlModifier)
    handed = " ".join([*inside.restarts[0], os.environ[LOCKED]])
    assert PASSPHRASE not in handed
    assert secret.hex() not in handed
    assert "farzana" not in " ".join(inside.restarts[0])
    fresh = inside.after_lock()
    assert LOCKED not in os.environ
    fresh.end()


def test_a_new_start_asks_for_the_name_again(inside: Sitting) -> None:
    press(Key.Key_L, Held.ControlModifier)
    os.environ.pop(LOCKED)
    later = inside.after_lock()
    assert later.sign_in.isVisible()
    assert focused().objectName() == "sign_in_name"
    later.enter("farzana", PASSPHRASE)
    assert later.page.which == "first"
    later.end()


def test_somebody_else_may_sign_in_after_a_lock(inside: Sitting) -> None:
    press(Key.Key_L, Held.ControlModifier)
    fresh = inside.after_lock()
    fresh.sign_in.another.emit()
    assert focused().objectName() == "sign_in_name"
    fresh.end()


def test_a_practice_lock_fills_in_only_for_the_one_who_locked(inside: Sitting) -> None:
    """Their name is not shown there: filled in for another, the screen opened in that one's name."""
    add_user(
        inside.window.desk, name="K", sign_in_name="karim", roles=["caseworker"], passphrase=COLLEAGUES, cost=FLOOR
    )
    inside.end()
    practice = Practice(inside.folder, "farzana", PASSPHRASE, lambda _folder: None)
    for name, passphrase, fills in (("Farzana", PASSPHRASE, True), ("karim", COLLEAGUES, False)):
        sitting = Sitting(inside.qtbot, inside.folder, practice)
        sitting.enter(name, passphrase)
        press(Key.Key_L, Held.ControlModifier)
        fresh = sitting.after_lock()
        assert ("Fill in" in words_of(fresh.sign_in)) is fills
        fresh.sign_in.another.emit()
        assert "Fill in" in words_of(fresh.sign_in)
        fresh.end()
        sitting.end()


def test_the_button_locks(inside: Sitting) -> None:
    inside.window.sidebar.lock_button.click()
    assert locked_because(inside) == "key"


def test_a_lock_is_in_the_journal(inside: Sitting) -> None:
    before = inside.window.desk.store
    operations = vault_operations(before)
    press(Key.Key_L, Held.ControlModifier)
    opened = sign_in(inside.folder, "farzana", PASSPHRASE, inside.clock)
    assert vault_operations(opened.store) == operations + 2  # the lock, and signing in again
    sign_out(opened)


def vault_operations(store: object) -> int:
    from sqlalchemy import func, select

    from casedesk.models import Operation
    from casedesk.storage.store import Store

    assert isinstance(store, Store)
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(Operation)) or 0


def test_a_write_that_runs_is_finished_before_the_lock(inside: Sitting) -> None:
    window = inside.window
    for at in range(20):
        window.jobs.write(window, partial(prefer, window.desk, f"kept_{at}", "yes"), lambda _nothing: None)
    press(Key.Key_L, Held.ControlModifier)
    opened = sign_in(inside.folder, "farzana", PASSPHRASE, inside.clock)
    assert sum(name.startswith("kept_") for name in preferences(opened)) == 20
    sign_out(opened)


def test_closing_waits_for_what_is_being_written(inside: Sitting) -> None:
    window = inside.window
    type_keys("typed last")
    for at in range(20):
        window.jobs.write(window, partial(prefer, window.desk, f"kept_{at}", "yes"), lambda _nothing: None)
    window.close()
    opened = sign_in(inside.folder, "farzana", PASSPHRASE, inside.clock)
    kept = preferences(opened)
    assert sum(name.startswith("kept_") for name in kept) == 20
    assert kept["note_first"] == "typed last"
    sign_out(opened)


# By itself


def test_it_locks_after_five_minutes_without_input(inside: Sitting) -> None:
    inside.pass_time(5 * 60 - 1)
    assert inside.restarts == []
    inside.pass_time(1)
    assert locked_because(inside) == "idle"


def test_twenty_seconds_before_it_says_so_and_any_input_keeps_it_open(inside: Sitting) -> None:
    window = inside.window
    inside.pass_time(5 * 60 - 21)
    assert "Locking in" not in words_of(window)
    inside.pass_time(1)
    assert "Locking in 20 seconds" in words_of(window)
    native = window.windowHandle()
    QTest.mouseMove(native, QPoint(300, 300))
    QTest.mouseMove(native, QPoint(310, 310))
    inside.qtbot.waitUntil(lambda: "Locking in" not in words_of(window), timeout=SECONDS)
    inside.pass_time(5 * 60 - 1)
    assert inside.restarts == []


def test_typing_counts_as_use(inside: Sitting) -> None:
    native = inside.window.windowHandle()
    for _minute in range(8):
        inside.pass_time(60)
        QTest.keyClick(native, Key.Key_A)
    assert inside.restarts == []


def test_sleep_locks_at_once(inside: Sitting) -> None:
    inside.ticks.at += 30
    inside.window.watch.look()
    assert locked_because(inside) == "sleep"


def test_the_wall_clock_neither_prevents_nor_causes_a_lock(qtbot: QtBot, store_folder: Path) -> None:
    from datetime import timedelta

    from tests.support.sitting import NOW

    shift = [timedelta()]
    sitting = Sitting(qtbot, store_folder, clock=lambda: NOW + shift[0])
    sitting.enter("farzana", PASSPHRASE)
    shift[0] = timedelta(days=400)
    sitting.pass_time(60)
    assert sitting.restarts == []
    shift[0] = timedelta(days=-400)
    sitting.pass_time(4 * 60)
    assert locked_because(sitting) == "idle"
    sitting.end()


def test_the_minutes_can_be_chosen(inside: Sitting) -> None:
    inside.program._wishes().lock_minutes(1)
    inside.pass_time(60)
    assert locked_because(inside) == "idle"
    fresh = inside.after_lock()
    assert fresh.enter("", PASSPHRASE).watch.minutes == 1
    fresh.end()


# Hiding


def test_the_key_covers_within_a_tenth_of_a_second(inside: Sitting) -> None:
    window = inside.window
    QApplication.clipboard().setText("copied from a record")
    sheet = sheet_over(inside)
    began = time.perf_counter()
    press(Key.Key_F9)
    took = time.perf_counter() - began
    assert took < 0.1
    assert window.cover is not None
    assert window.cover.geometry() == window.rect()
    assert not sheet.isVisible()
    assert window.windowTitle() == "Calendar"
    assert QApplication.clipboard().text() == ""
    assert "CaseDesk" not in words_of(window)


def test_the_passphrase_typed_anywhere_returns(inside: Sitting) -> None:
    window = inside.window
    type_keys("half ")
    press(Key.Key_F9)
    type_keys("not the passphrase")
    press(Key.Key_Return)
    type_keys(PASSPHRASE)
    press(Key.Key_Return)
    inside.qtbot.waitUntil(lambda: window.cover is None, timeout=SECONDS)
    assert window.windowTitle() == "CaseDesk"
    type_keys("a sentence")
    assert inside.page.line.text() == "half a sentence"
    assert inside.restarts == []


def test_a_sheet_is_hidden_and_comes_back(inside: Sitting) -> None:
    sheet = sheet_over(inside)
    type_keys("in the ")
    press(Key.Key_F9)
    assert not sheet.isVisible()
    inside.window.uncover()
    assert sheet.isVisible()
    type_keys("sheet")
    assert sheet.line.text() == "in the sheet"


def test_what_opens_behind_the_cover_waits_there_and_takes_no_key(inside: Sitting) -> None:
    window = inside.window
    type_keys("half ")
    press(Key.Key_F9)
    sheet = tell(window, "The work has failed.")
    sheet.show()  # once more, and still it came once
    dialog = QDialog(window)
    dialog.open()
    inside.page.line.setFocus()
    assert not sheet.isVisible()
    assert not dialog.isVisible()
    assert "The work has failed." not in words_of(window)
    assert focused() is window.cover
    type_keys(PASSPHRASE)
    press(Key.Key_Return)
    inside.qtbot.waitUntil(lambda: window.cover is None, timeout=SECONDS)
    assert inside.page.line.text() == "half "
    assert "The work has failed." in words_of(window)
    assert dialog.isVisible()
    dialog.close()
    assert sheet.isAncestorOf(focused())
    press(Key.Key_Escape)
    type_keys("a sentence")
    assert inside.page.line.text() == "half a sentence"


def test_a_sheet_that_closed_behind_the_cover_stays_closed(inside: Sitting) -> None:
    window = inside.window
    before, meanwhile = sheet_over(inside), NoteSheet(inside.page.here, inside.window)
    press(Key.Key_F9)
    before.dismiss()
    meanwhile.open()
    meanwhile.dismiss()
    assert focused() is window.cover
    window.uncover()
    assert not before.isVisible()
    assert not meanwhile.isVisible()
    type_keys("on the page")
    assert inside.page.line.text() == "on the page"
    press(Key.Key_Comma, Held.ControlModifier)
    assert window.where().page == "settings"


def test_a_menu_is_hidden_too(inside: Sitting) -> None:
    menu = QMenu(inside.window)
    menu.addAction("Copy")
    menu.popup(QPoint(0, 0))
    inside.window.hide_screen()
    assert not menu.isVisible()


def test_a_second_press_locks(inside: Sitting) -> None:
    press(Key.Key_F9)
    press(Key.Key_F9)
    assert locked_because(inside) == "hidden"


def test_a_minute_behind_the_cover_locks(inside: Sitting) -> None:
    press(Key.Key_F9)
    inside.pass_time(59)
    assert inside.restarts == []
    inside.pass_time(1)
    assert locked_because(inside) == "hidden"


def test_shift_three_times_hides(inside: Sitting) -> None:
    native = inside.window.windowHandle()
    for _press in range(2):
        QTest.keyClick(native, Key.Key_Shift)
        inside.ticks.at += 0.4
    QTest.keyClick(native, Key.Key_A)
    QTest.keyClick(native, Key.Key_Shift)
    assert inside.window.cover is None
    inside.ticks.at += 5
    for _press in range(3):
        QTest.keyClick(native, Key.Key_Shift)
        inside.ticks.at += 0.9
    assert inside.window.cover is None
    inside.ticks.at += 5
    for _press in range(3):
        QTest.keyClick(native, Key.Key_Shift)
        inside.ticks.at += 0.4
    assert inside.window.cover is not None


def test_nothing_works_behind_the_cover(inside: Sitting) -> None:
    press(Key.Key_F9)
    press(Key.Key_2, Held.ControlModifier)
    press(Key.Key_K, Held.ControlModifier)
    press(Key.Key_P, Held.ControlModifier)
    assert inside.window.findChildren(Sheet) == []
    assert inside.page.which == "first"


def test_the_keys_of_pages_rest_while_a_sheet_is_open(inside: Sitting) -> None:
    sheet = sheet_over(inside)
    press(Key.Key_Comma, Held.ControlModifier)
    assert sheet.isVisible()
    assert inside.page.which == "first"
    press(Key.Key_Escape)
    press(Key.Key_Comma, Held.ControlModifier)
    assert inside.window.where().page == "settings"


# Language, look


def test_the_language_switches_in_place_and_is_remembered(inside: Sitting) -> None:
    window: Window = inside.window
    type_keys("half ")
    press(Key.Key_L, Held.ControlModifier | Held.ShiftModifier)
    assert i18n.language() == "bn"
    assert focused() is inside.page.line
    type_keys("a sentence")
    assert inside.page.line.text() == "half a sentence"
    inside.qtbot.waitUntil(lambda: preferences(window.desk).get("language") == "bn", timeout=SECONDS)
    press(Key.Key_L, Held.ControlModifier)
    fresh = inside.after_lock()
    assert fresh.sign_in.isVisible()
    assert i18n.language() == "bn"
    fresh.end()


def test_the_text_grows_by_keys(inside: Sitting) -> None:
    assert inside.page.isVisible()
    press(Key.Key_Equal, Held.ControlModifier)
    press(Key.Key_Equal, Held.ControlModifier)
    assert theme.current().text_scale == pytest.approx(1.2)
    press(Key.Key_0, Held.ControlModifier)
    assert theme.current().text_scale == pytest.approx(1.0)


def test_back_returns_to_the_place_before(inside: Sitting) -> None:
    inside.window.go(Goto("cases", {"which": "second"}))
    press(Key.Key_Left, Held.AltModifier)
    assert inside.page.which == "first"


NAME = "Qudratunnesa Zvornik"


def stumble(*_given: object) -> None:
    raise ValueError(NAME)


def in_a_slot(inside: Sitting) -> None:
    inside.page.line.returnPressed.connect(stumble)
    press(Key.Key_Return)


def in_a_timer(inside: Sitting) -> None:
    QTimer.singleShot(0, inside.page, stumble)


def in_a_thread(_inside: Sitting) -> None:
    Thread(target=stumble).start()


def in_a_job(inside: Sitting) -> None:
    inside.page.here.jobs.run(inside.page, stumble, stumble)


def in_the_child_process(inside: Sitting) -> None:
    here = inside.page.here
    here.jobs.run(inside.page, partial(beside, here.desk.store, stumble), stumble)


@pytest.mark.parametrize("stumbling", [in_a_slot, in_a_timer, in_a_thread, in_a_job, in_the_child_process])
def test_a_mistake_of_ours_anywhere_is_logged_admitted_and_costs_nothing_typed(
    inside: Sitting, stumbling: Callable[[Sitting], None], capfd: pytest.CaptureFixture[str]
) -> None:
    with logs.kept(inside.folder, inside.program.faulted.emit):
        type_keys("typed before")
        stumbling(inside)
        inside.qtbot.waitUntil(lambda: bool(re.search(r"CD-\d{3}", words_of(inside.window))), timeout=SECONDS)
    assert inside.page.line.text() == "typed before"
    logged = (inside.folder / logs.FILE).read_text(encoding="utf-8")
    assert "CRITICAL" in logged or "ERROR" in logged
    for text in (logged, words_of(inside.window), *capfd.readouterr()):
        assert NAME not in text


def test_a_mistake_of_ours_is_admitted_and_what_was_typed_is_kept(inside: Sitting) -> None:
    type_keys("typed before")
    inside.program.faulted.emit("CD-417")
    inside.qtbot.waitUntil(lambda: "CD-417" in words_of(inside.window), timeout=SECONDS)
    assert preferences(inside.window.desk)["note_first"] == "typed before"
    press(Key.Key_Escape)
    inside.program.faulted.emit("CD-418")
    inside.qtbot.waitUntil(lambda: "CD-418" in words_of(inside.window), timeout=SECONDS)
