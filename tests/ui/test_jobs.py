"""Work beside the window: seen, cancelled, and never in the way of locking."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from threading import Event, Thread, current_thread, main_thread
from weakref import ref

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from casedesk import logs
from casedesk.desk import Desk
from casedesk.models import Preference
from casedesk.progress import Cancelled, Progress, Reached
from casedesk.services.preferences import preferences
from casedesk.services.sign_in import sign_in, sign_out
from casedesk.ui.kit.working import Working
from tests.conftest import PASSPHRASE
from tests.support.sitting import SECONDS, Sitting, press, type_keys, words_of


def write_much(desk: Desk, begun: Event, progress: Progress) -> None:
    """Writes without an end, until nobody waits any more."""
    with desk.local() as session:
        for number in range(1_000_000_000):
            session.merge(Preference(user_id=desk.actor.id, name="much", value=str(number)))
            session.flush()
            progress.step(number, 1_000_000_000)
            begun.set()


def count_to(most: int, gate: Event, progress: Progress) -> str:
    progress.step(most // 2, most)
    gate.wait()
    progress.step(most, most)
    return "done"


class Held:
    """Says on which thread it was taken down, as a widget would be."""

    def __init__(self, taken_down: list[Thread]) -> None:
        self.taken_down = taken_down
        self.around = self

    def __del__(self) -> None:
        self.taken_down.append(current_thread())

    def let_go(self) -> None:
        """With nobody else holding it."""
        del self.around


def test_what_a_job_holds_is_taken_down_on_the_ui_thread(inside: Sitting, qtbot: QtBot) -> None:
    taken_down: list[Thread] = []
    for _each in range(200):
        held = Held(taken_down)
        inside.window.jobs.run(inside.window, held.let_go, lambda _nothing: None)
        del held
    qtbot.waitUntil(lambda: len(taken_down) == 200, timeout=SECONDS)
    assert set(taken_down) == {main_thread()}


def test_garbage_is_collected_on_the_ui_thread(inside: Sitting, qtbot: QtBot) -> None:
    taken_down: list[Thread] = []

    def make() -> None:
        for _each in range(20_000):
            Held(taken_down)

    inside.window.jobs.run(inside.window, make, lambda _nothing: None)
    qtbot.waitUntil(lambda: len(taken_down) == 20_000, timeout=SECONDS)
    assert set(taken_down) == {main_thread()}


class Panic(BaseException):
    """What libraries in Rust raise, which is no Exception."""


def fail(kind: type[BaseException], _given: object) -> None:
    raise kind


def test_work_that_ends_without_an_answer_is_told_and_holds_up_nobody(inside: Sitting, qtbot: QtBot) -> None:
    window = inside.window
    window.jobs.run_long(window, "Reading", partial(fail, Panic), lambda _nothing: None)
    qtbot.waitUntil(lambda: "because of a mistake in CaseDesk" in words_of(window), timeout=SECONDS)
    qtbot.waitUntil(lambda: not window.findChildren(Working), timeout=SECONDS)


def test_a_mistake_of_ours_is_logged_also_when_nobody_waits_for_the_work(inside: Sitting, qtbot: QtBot) -> None:
    gate, owner = Event(), QWidget()

    def work() -> None:
        gate.wait()
        raise ValueError

    with logs.kept(inside.folder):
        inside.window.jobs.run(owner, work, print)
        delete(owner)
        gate.set()
        log = inside.folder / logs.FILE
        qtbot.waitUntil(lambda: log.exists() and "ValueError" in log.read_text(encoding="utf-8"), timeout=SECONDS)


def test_of_work_that_failed_nothing_stays(inside: Sitting, qtbot: QtBot) -> None:
    """It may have been asked with a passphrase that was wrong."""
    given, told = Event(), list[str]()
    held = ref(given)
    inside.window.jobs.run(
        inside.window, partial(fail, ValueError, given), print, failed=lambda error: told.append(str(error))
    )
    del given
    qtbot.waitUntil(lambda: bool(told), timeout=SECONDS)
    assert held() is None, "not even until garbage is collected"


def test_the_sheet_shows_how_far_it_is_and_goes_when_it_is_done(inside: Sitting, qtbot: QtBot) -> None:
    window, gate, told = inside.window, Event(), list[str]()
    sheet = window.jobs.run_long(window, "Counting", partial(count_to, 12, gate), told.append)
    qtbot.waitUntil(lambda: "6 of 12" in words_of(window), timeout=SECONDS)
    assert sheet.bar.share() == 0.5
    gate.set()
    qtbot.waitUntil(lambda: told == ["done"], timeout=SECONDS)
    qtbot.waitUntil(lambda: not window.findChildren(Working), timeout=SECONDS)


def test_work_that_pauses_stands_still_and_goes_on_where_it_was(inside: Sitting, qtbot: QtBot) -> None:
    window, gate, told = inside.window, Event(), list[int]()

    def work(progress: Progress) -> int:
        gate.wait()
        for number in range(1, 13):
            progress.step(number, 12)
        return number

    sheet = window.jobs.run_long(window, "Counting", work, told.append, pauses=True)
    assert sheet.pause.hasFocus()
    press(Qt.Key.Key_Space)
    assert "Pausing as soon as nothing is half done…" in words_of(sheet)
    gate.set()
    qtbot.waitUntil(lambda: "Paused. It goes on from the same place." in words_of(sheet), timeout=SECONDS)
    assert (sheet.pause.text(), sheet.progress.latest, told) == ("Go on", Reached(1, 12), [])
    press(Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: told == [12], timeout=SECONDS)


def test_paused_work_can_be_cancelled_and_is_where_the_window_is_locked(inside: Sitting, qtbot: QtBot) -> None:
    window, ended = inside.window, list[Exception]()

    def work(progress: Progress) -> None:
        while True:
            progress.step(0, 0)

    ways: tuple[Callable[[], object], ...] = (partial(press, Qt.Key.Key_Escape), window.jobs.cancel)
    for leave in ways:
        sheet = window.jobs.run_long(window, "Sending", work, print, failed=ended.append, pauses=True)
        sheet.pause.click()
        qtbot.waitUntil(lambda sheet=sheet: sheet.progress.at_rest, timeout=SECONDS)  # type: ignore[misc]
        leave()
        qtbot.waitUntil(lambda: not window.findChildren(Working), timeout=SECONDS)
    assert [type(each) for each in ended] == [Cancelled, Cancelled]


def test_work_that_ends_behind_the_cover_leaves_no_sheet(inside: Sitting, qtbot: QtBot) -> None:
    window, gate, told = inside.window, Event(), list[str]()
    window.jobs.run_long(window, "Counting", partial(count_to, 12, gate), told.append)
    window.hide_screen()
    gate.set()
    qtbot.waitUntil(lambda: told == ["done"], timeout=SECONDS)
    qtbot.waitUntil(lambda: not window.findChildren(Working), timeout=SECONDS)
    window.uncover()
    assert "Please wait…" not in words_of(window)
    type_keys("typed on the page")
    assert inside.page.line.text() == "typed on the page"


def test_work_that_cannot_pause_offers_it_to_nobody(inside: Sitting, qtbot: QtBot) -> None:
    gate = Event()
    sheet = inside.window.jobs.run_long(inside.window, "Counting", partial(count_to, 12, gate), print)
    assert not sheet.pause.isVisible()
    assert sheet.cancel.hasFocus()
    gate.set()
    qtbot.waitUntil(lambda: not inside.window.findChildren(Working), timeout=SECONDS)


def test_cancel_rolls_back_what_was_written(inside: Sitting, qtbot: QtBot) -> None:
    window, begun, told = inside.window, Event(), list[Exception]()
    work = partial(write_much, window.desk, begun)
    window.jobs.run_long(window, "Writing", work, lambda _nothing: None, failed=told.append, writes=True)
    assert begun.wait(SECONDS / 1000)
    press(Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: bool(told), timeout=SECONDS)
    assert isinstance(told[0], Cancelled)
    qtbot.waitUntil(lambda: not window.findChildren(Working), timeout=SECONDS)
    assert "much" not in preferences(window.desk)


def test_locking_waits_neither_for_long_writes_nor_for_long_reads(inside: Sitting) -> None:
    window, begun, reading, never = inside.window, Event(), Event(), Event()

    def look() -> None:
        reading.set()
        never.wait()

    window.jobs.run(window, look, lambda _nothing: None)
    window.jobs.run_long(window, "Writing", partial(write_much, window.desk, begun), lambda _nothing: None, writes=True)
    assert begun.wait(SECONDS / 1000)
    assert reading.wait(SECONDS / 1000)
    try:
        before = time.monotonic()
        window.lock()
        assert time.monotonic() - before < 1.5  # a second, and what a busy machine takes
        assert len(inside.restarts) == 1
    finally:
        never.set()
    opened = sign_in(inside.folder, "farzana", PASSPHRASE, inside.clock)
    assert "much" not in preferences(opened)
    sign_out(opened)
