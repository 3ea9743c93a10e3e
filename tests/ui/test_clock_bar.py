"""A clock that cannot be right: the yellow bar, what it says, and what is written before and after the answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from casedesk import formats
from casedesk.desk import Desk
from casedesk.formats import DHAKA
from casedesk.models import Case, Consent, ConsentLine, Person
from casedesk.models import Operation as OperationRow
from casedesk.services.clock import RELEASED, clock_is_wrong
from casedesk.services.consents import expiry
from casedesk.services.drafts import begin_draft, drafts
from casedesk.services.sign_in import set_up
from casedesk.storage.checking import check
from casedesk.storage.keys import FLOOR
from casedesk.storage.operations import ClockFlag
from casedesk.ui.application import tables
from casedesk.ui.clock_bar import ClockBar
from casedesk.ui.page import Goto
from casedesk.ui.window import Window
from tests.conftest import CENTRE, NOW, PASSPHRASE
from tests.support.people import a_returnee
from tests.support.sitting import Sitting, focused, press, type_keys, words_of

KEY, CONTROL = Qt.Key, Qt.KeyboardModifier.ControlModifier
TODAY = date(2026, 5, 20)
CLOCKS = {
    "1970": datetime(1970, 1, 1, tzinfo=UTC),
    "2000": datetime(2000, 2, 29, 23, tzinfo=UTC),
    "2038": datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
    "2099": datetime(2099, 12, 31, 23, 59, tzinfo=UTC),
    "set back": NOW - timedelta(days=8),
}


def bar_of(window: Window) -> ClockBar | None:
    bars = [bar for bar in window.findChildren(ClockBar) if bar.isVisible()]
    return bars[0] if bars else None


def flags(desk: Desk) -> list[int]:
    with desk.read() as session:
        return list(session.scalars(select(OperationRow.flags).order_by(OperationRow.seq)))


@pytest.mark.parametrize("at", CLOCKS.values(), ids=CLOCKS)
def test_registering_waits_for_the_day_and_then_counts_from_it(
    qtbot: QtBot, store_folder: Path, desk: Desk, at: datetime
) -> None:
    draft_id = begin_draft(desk, "full", {key: v for key, v in a_returnee().items() if key != "case.next_contact_on"})
    desk.store.vault.close()
    sitting = Sitting(qtbot, store_folder, clock=lambda: at, tables=tables)
    window = sitting.enter("farzana", PASSPHRASE)
    desk = window.desk
    bar = bar_of(window)
    assert bar is not None
    says = formats.day(at.astimezone(DHAKA).date())
    assert bar.bold.text() == f"This computer says it is {says}. That looks wrong."
    assert "days count from 12 May 2026, the last day that is known." in bar.sentence.text()
    assert desk.today() == NOW.date(), "so that nothing expires"
    assert f"{formats.weekday(at.astimezone(DHAKA).date())} {says}" not in words_of(window), "Today claims no such day"
    window.go(Goto("intake", {"draft_id": str(draft_id), "kind": "full"}))
    press(KEY.Key_Return, CONTROL)
    assert focused() is bar.line
    assert "Write today’s date first" in bar.sentence.text()
    assert len(drafts(desk)) == 1
    for refused in ("today", "20 May", "31 2 2026"):
        type_keys(refused)
        press(KEY.Key_Return)
        assert bar.sentence.text() == "Type day, month and year, like 28 4 2026."
        bar.line.clear()
    type_keys("20 5 2020")
    press(KEY.Key_Return)
    qtbot.waitUntil(lambda: "cannot be before that" in bar.sentence.text() and focused() is bar.line)
    bar.line.clear()
    type_keys("২০/৫/২০২৬")
    assert bar.sentence.text() == "Today is Wednesday, 20 May 2026."
    press(KEY.Key_Return)
    qtbot.waitUntil(lambda: bar_of(window) is None)
    assert "Dates count from today, 20 May 2026." in words_of(window)
    assert desk.today() == TODAY
    press(KEY.Key_Return, CONTROL)
    qtbot.waitUntil(lambda: window.where().page == "case", timeout=10_000)
    with desk.read() as session:
        case = session.scalars(select(Case)).one()
        assert (case.opened_on, case.next_contact_on is None or case.next_contact_on >= TODAY) == (TODAY, True)
        assert case.case_number is not None
        assert case.case_number.startswith("DHK-26-")
        assert session.scalars(select(Consent)).one().given_on == TODAY
        for line in session.scalars(select(ConsentLine).where(ConsentLine.answer == "given")):
            assert line.expires_on == expiry(line.scope or "", TODAY)
        assert session.scalars(select(Person)).one().age_stated_on in (None, TODAY)
    written = flags(desk)
    assert written[-1] & ClockFlag.CONFIRMED
    assert not written[-1] & ClockFlag.BEHIND, "once said, the day is the newest that is sure"
    assert check(desk.store).wrong == []
    sitting.end()


def say_today(qtbot: QtBot, window: Window, words: str) -> None:
    bar = bar_of(window)
    assert bar is not None
    bar.line.setFocus()
    type_keys(words)
    press(KEY.Key_Return)
    qtbot.waitUntil(lambda: bar_of(window) is None)


def test_a_mistake_of_ours_is_admitted(qtbot: QtBot, store_folder: Path) -> None:
    sitting = Sitting(qtbot, store_folder, clock=lambda: CLOCKS["1970"])
    window = sitting.enter("farzana", PASSPHRASE)
    bar = bar_of(window)
    assert bar is not None
    bar._refused(ValueError())
    assert "because of a mistake in CaseDesk" in words_of(window)
    sitting.end()


def test_the_answer_outlives_a_lock_and_a_computer_that_is_set_right(qtbot: QtBot, store_folder: Path) -> None:
    computer = [CLOCKS["1970"]]
    sitting = Sitting(qtbot, store_folder, clock=lambda: computer[0])
    window = sitting.enter("farzana", PASSPHRASE)
    say_today(qtbot, window, "20 5 2026")
    computer[0] = datetime(2026, 5, 20, 6, tzinfo=UTC)
    assert window.desk.today() == TODAY, "the day said is not added to the right one"
    computer[0] = CLOCKS["1970"]
    press(KEY.Key_L, CONTROL)
    after = sitting.after_lock()
    window = after.enter("", PASSPHRASE)
    assert bar_of(window) is None
    assert window.desk.today() == TODAY
    assert flags(window.desk)[-1] == ClockFlag.CONFIRMED
    after.end()
    sitting.end()


def test_a_doubt_outlives_a_lock_and_the_bar_a_change_of_language(qtbot: QtBot, store_folder: Path) -> None:
    sitting = Sitting(qtbot, store_folder, clock=lambda: CLOCKS["2099"])
    window = sitting.enter("farzana", PASSPHRASE)
    press(KEY.Key_L, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    bar = bar_of(window)
    assert bar is not None
    assert "১ জানুয়ারি ২১০০" in bar.bold.text()
    press(KEY.Key_L, CONTROL)
    after = sitting.after_lock()
    window = after.enter("", PASSPHRASE)
    assert bar_of(window) is not None
    assert window.desk.today() == NOW.date()
    after.end()
    sitting.end()


def test_a_first_run_on_a_dead_clock_asks_at_once(qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    desk, _recovery = set_up(folder, CENTRE, FLOOR, lambda: CLOCKS["1970"], device="K3")
    assert clock_is_wrong(desk)
    desk.store.vault.close()
    sitting = Sitting(qtbot, folder, clock=lambda: CLOCKS["1970"])
    window = sitting.enter("farzana", PASSPHRASE)
    assert window.desk.today() == RELEASED
    say_today(qtbot, window, "20 5 2026")
    assert window.desk.today() == TODAY
    sitting.end()
