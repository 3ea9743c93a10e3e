"""Today, worked through with real keys, on a real store."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from casedesk import i18n
from casedesk.desk import Desk
from casedesk.services.drafts import begin_draft
from casedesk.services.follow_ups import FollowUpRow, follow_ups_of, plan
from casedesk.services.referrals.making import MakeReferral, make_referral
from casedesk.services.today import FIRST, Task
from casedesk.ui.move_sheet import MoveSheet
from casedesk.ui.page import Goto
from casedesk.ui.referrals import ReferralsPage
from casedesk.ui.today.lines import Heading
from casedesk.ui.today.page import TodayPage, greeting
from casedesk.ui.today.sheets import RecordSheet
from tests.conftest import NOW
from tests.support.on_screen import cut_off, nameless, ringed
from tests.support.sitting import activate
from tests.ui.list_support import CONTROL, KEY, TODAY, Shown, show, someone, words_on

TOLD: tuple[tuple[str, str, int, dict[str, object]], ...] = (
    ("Rahima Khatun", "রহিমা খাতুন", 0, {"case__priority": "urgent", "case__category": "returned_victim"}),
    ("Rubel Mia", "রুবেল মিয়া", 1, {}),
    ("Shefali Begum", "শেফালী বেগম", 3, {}),
)


@pytest.fixture
def people(desk: Desk) -> dict[str, UUID]:
    return {name: someone(desk, name, bangla, due, **more) for name, bangla, due, more in TOLD}


@pytest.fixture
def tomorrow(desk: Desk) -> Desk:
    """The desk a day later, when the first one is late."""
    return replace(desk, clock=lambda: NOW + timedelta(days=1))


@pytest.fixture
def shown(qtbot: QtBot, tomorrow: Desk, people: dict[str, UUID]) -> Iterator[Shown]:
    made = show(qtbot, tomorrow)
    made.go("today")
    made.wait(lambda: len(names(made)) == len(people))
    yield made
    made.close()


def names(shown: Shown) -> list[str]:
    return [line.names[0] for line in shown.today.list.lines.lines if isinstance(line, Task)]


def current(shown: Shown) -> str:
    task = shown.today.list.task()
    return task.names[0] if task is not None else ""


def the_follow_up(desk: Desk, case_id: UUID, status: str) -> FollowUpRow:
    return next(each for each in follow_ups_of(desk, case_id) if each.status == status)


def test_the_page_greets_counts_and_lists(shown: Shown) -> None:
    said = words_on(shown.window)
    assert "Good afternoon, Farzana" in said
    assert "Wednesday 13 May 2026" in said
    assert [tile.number.text() for tile in shown.today.tiles.values()] == ["1", "1", "0", "3", "0"]
    headings = [line for line in shown.today.list.lines.lines if isinstance(line, Heading)]
    assert [(line.due.value, line.total) for line in headings] == [("overdue", 1), ("today", 1), ("later", 1)]
    spoken = shown.today.list.lines.data(shown.today.list.lines.index(1))
    assert "1 day late, Welfare check, Rahima Khatun" in spoken
    assert "Priority: Urgent" in spoken


def test_a_follow_up_is_recorded_in_four_actions(shown: Shown, desk: Desk, people: dict[str, UUID]) -> None:
    shown.press(KEY.Key_Down)
    assert current(shown) == "Rubel Mia"
    shown.press(KEY.Key_Return)
    shown.write("He is well. The broker called again.")
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: "Follow-up recorded for Rubel Mia" in words_on(shown.window))
    shown.wait(lambda: names(shown) == ["Rahima Khatun", "Shefali Begum"])
    done = the_follow_up(desk, people["Rubel Mia"], "done")
    assert done.note == "He is well. The broker called again."
    assert done.next_due_on == TODAY + timedelta(days=15)  # medium: within 14 days
    assert shown.focus is shown.today.list
    assert current(shown) == "Shefali Begum"


def test_what_cannot_be_saved_stays_typed_and_says_why(shown: Shown) -> None:
    shown.press(KEY.Key_D)
    sheet = shown.sheet(RecordSheet)
    sheet.form.questions["follow_up.next_due_on"].editor.line.setText("1 1 2020")
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: "This day is over" in words_on(sheet))
    shown.press(KEY.Key_Escape)
    shown.wait(lambda: not shown.window.findChildren(RecordSheet))
    assert len(names(shown)) == 3


def test_what_was_typed_about_a_task_is_there_again_until_it_is_saved_or_cancelled(shown: Shown) -> None:
    shown.press(KEY.Key_D)
    shown.write("Her brother answered.")
    shown.press(KEY.Key_Escape)
    shown.press(KEY.Key_D)
    assert shown.sheet(RecordSheet).form.value("follow_up.note") == "Her brother answered."
    shown.go("cases")  # or the screen locks
    shown.go("today")
    shown.wait(lambda: current(shown) == "Rahima Khatun")
    shown.press(KEY.Key_D)
    sheet = shown.sheet(RecordSheet)
    assert sheet.form.value("follow_up.note") == "Her brother answered."
    shown.button("Cancel", sheet).click()
    shown.press(KEY.Key_D)
    assert shown.sheet(RecordSheet).form.value("follow_up.note") is None
    assert shown.sheet(RecordSheet).form.value("follow_up.next_due_on") is not None


def test_a_task_is_put_off_and_an_urgent_one_asks_why(shown: Shown, desk: Desk, people: dict[str, UUID]) -> None:
    shown.press(KEY.Key_S)
    sheet = shown.sheet(MoveSheet)
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: "Say why it can wait" in words_on(sheet))
    shown.write("She is with her sister until Friday.")
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: "Moved to Thu 14 May" in words_on(shown.window))
    assert the_follow_up(desk, people["Rahima Khatun"], "planned").due_on == TODAY + timedelta(days=2)
    shown.wait(lambda: names(shown)[0] == "Rubel Mia")


@pytest.mark.usefixtures("people")
def test_while_the_clock_is_doubted_the_sheets_propose_no_day(qtbot: QtBot, desk: Desk) -> None:
    shown = show(qtbot, replace(desk, clock=lambda: NOW - timedelta(days=2)))
    shown.go("today")
    shown.wait(lambda: bool(names(shown)))
    shown.press(KEY.Key_D)
    assert shown.sheet(RecordSheet).form.value("follow_up.next_due_on") is None
    shown.press(KEY.Key_Escape)
    shown.press(KEY.Key_S)
    sheet = shown.sheet(MoveSheet)
    assert sheet.form.value("follow_up.due_on") is None
    shown.press(KEY.Key_Return, CONTROL)
    assert "Write the day." in words_on(sheet)
    shown.press(KEY.Key_Escape)
    shown.close()


def test_the_case_opens_by_key_and_the_button_of_a_row_by_mouse(shown: Shown, people: dict[str, UUID]) -> None:
    view = shown.today.list
    shown.press(KEY.Key_Home)
    index = view.lines.index(3)
    place = view.delegate.button_place(view.visualRect(index)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place))
    assert shown.sheet(RecordSheet).task.names[0] == "Rubel Mia"
    shown.press(KEY.Key_Escape)
    shown.press(KEY.Key_E)
    assert shown.asked("case") == {"case_id": str(people["Rubel Mia"]), "section": "overview"}


def test_a_task_that_is_no_call_opens_the_case_where_the_work_is(
    shown: Shown, desk: Desk, people: dict[str, UUID]
) -> None:
    plan(desk, people["Shefali Begum"], "referral_followup", TODAY + timedelta(days=1), task="Ask the lawyer")
    shown.wait(lambda: len(names(shown)) == 4)
    shown.press(KEY.Key_End)
    for _step in names(shown):
        if (task := shown.today.list.task()) is not None and task.what == "Ask the lawyer":
            break
        shown.press(KEY.Key_Up)
    shown.press(KEY.Key_Return)
    assert shown.asked("case")["section"] == "referrals"


def test_a_long_group_is_shown_whole_when_asked(shown: Shown, desk: Desk, people: dict[str, UUID]) -> None:
    for at in range(FIRST + 2):
        plan(desk, people["Rubel Mia"], "service_followup", TODAY + timedelta(days=2), task=f"Visit {at}")
    shown.wait(lambda: len(names(shown)) == 2 + FIRST)
    shown.press(KEY.Key_End)
    said = shown.today.list.currentIndex().data()
    assert said == f"Show all {FIRST + 3}"
    shown.press(KEY.Key_Return)
    shown.wait(lambda: len(names(shown)) == 5 + FIRST)
    assert shown.today.place()["whole"] == ["later"]


def test_a_group_longer_than_the_page_shows_goes_on_in_the_list_of_cases(
    shown: Shown, desk: Desk, people: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casedesk.services.today.MOST", FIRST + 1)
    for at in range(FIRST + 2):
        plan(desk, people["Rubel Mia"], "service_followup", TODAY + timedelta(days=2), task=f"Visit {at}")
    shown.wait(lambda: len(names(shown)) == 2 + FIRST)
    shown.today.all_button.click()
    shown.wait(lambda: len(names(shown)) == 3 + FIRST)
    assert not shown.today.all_button.isVisible()
    shown.press(KEY.Key_End)
    shown.press(KEY.Key_Return)
    shown.wait(lambda: shown.window.where().page == "cases")
    assert shown.window.where().what["filters"] == {"due": ["week"]}


def test_tiles_open_their_lists(shown: Shown) -> None:
    for tile, page, what in (
        ("overdue", "cases", {"view": "overdue"}),
        ("today", "cases", {"filters": {"due": ["today"]}}),
        ("mine", "cases", {"view": "mine"}),
        ("waiting", "referrals", {"group": "waiting"}),
    ):
        shown.wait(lambda tile=tile: shown.today.tiles[tile].isVisible())  # type: ignore[misc]  # told by its default
        shown.today.tiles[tile].setFocus()
        shown.press(KEY.Key_Space)
        place = shown.window.where()
        assert place.page == page
        assert what.items() <= place.what.items()
        shown.window.back()
        shown.wait(lambda: isinstance(shown.window.page, TodayPage) and len(names(shown)) == 3)
    assert ReferralsPage.nav == "referrals"


def test_the_referral_with_the_focus_has_a_ring(shown: Shown, desk: Desk, people: dict[str, UUID]) -> None:
    make_referral(desk, MakeReferral(people["Rubel Mia"], service="legal_counselling", as_draft=True))
    shown.window.go(Goto("referrals", {"group": "drafts"}))
    page = shown.window.page
    assert isinstance(page, ReferralsPage)
    shown.wait(lambda: page.list.referral() is not None)
    page.list.setFocus()
    activate(shown.window)
    assert ringed(page.list)
    page.tabs.setFocus()
    assert not ringed(page.list)


def test_drafts_open_at_the_last_part(shown: Shown, tomorrow: Desk) -> None:
    draft = begin_draft(tomorrow, "full", {"person.name_en": "Kohinur Akter", "need_item.needs": ["safe_place"]})
    shown.go("today")
    shown.wait(lambda: bool(shown.today.cards.draft_rows))
    row = shown.today.cards.draft_rows[0]
    assert "Kohinur Akter, 2 of 6 parts" in row.accessibleName()
    shown.today.tiles["drafts"].click()
    assert shown.focus is row
    shown.press(KEY.Key_Space)
    assert shown.asked("intake") == {"draft_id": str(draft), "part": "needs", "kind": "full"}


def test_a_quiet_day_says_so(qtbot: QtBot, desk: Desk) -> None:
    someone(desk, "Rahima Khatun", "রহিমা খাতুন", 4)
    shown = show(qtbot, desk)
    shown.go("today")
    shown.wait(lambda: "Nothing is due today. 1 thing later this week." in words_on(shown.window))
    shown.close()


def test_the_first_day_offers_a_new_case(qtbot: QtBot, desk: Desk) -> None:
    shown = show(qtbot, desk)
    shown.go("today")
    shown.wait(lambda: "No cases yet" in words_on(shown.window))
    shown.button("New case", shown.window.page).click()
    shown.asked("intake")
    shown.close()


def test_tiles_hide_in_a_low_window(qtbot: QtBot, tomorrow: Desk, people: dict[str, UUID]) -> None:
    shown = show(qtbot, tomorrow, 1024, 600)
    shown.go("today")
    shown.wait(lambda: len(names(shown)) == len(people))
    assert not any(tile.isVisible() for tile in shown.today.tiles.values())
    shown.window.resize(1366, 768)
    shown.wait(lambda: shown.today.tiles["mine"].isVisible())
    shown.close()


@pytest.mark.parametrize(
    ("hour", "words"), [(3, "Good evening"), (5, "Good morning"), (13, "Good afternoon"), (19, "Good evening")]
)
def test_the_greeting_follows_the_clock(hour: int, words: str) -> None:
    assert greeting(datetime(2026, 5, 12, hour, tzinfo=UTC)).format(name="Farzana") == f"{words}, Farzana"


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("language", ["en", "bn"])
@pytest.mark.parametrize(("width", "height"), [(1366, 690), (1024, 600)])
def test_no_words_are_cut_off_and_everything_has_a_name(
    qtbot: QtBot, tomorrow: Desk, monkeypatch: pytest.MonkeyPatch, language: str, width: int, height: int
) -> None:
    monkeypatch.setattr(i18n, "_catalogue", lambda _code: gettext.NullTranslations())
    i18n.use(language)
    begin_draft(tomorrow, "full", {"person.name_en": "<b>Smith</b> & " + "Very Long Name " * 9})
    shown = show(qtbot, tomorrow, width, height)
    shown.go("today")
    shown.wait(lambda: len(names(shown)) == 3)
    shown.wait(lambda: bool(shown.today.cards.draft_rows) and shown.today.cards.draft_rows[0].isVisible())
    assert cut_off(shown.today) == []
    assert nameless(shown.today) == []
    shown.press(KEY.Key_S)
    assert nameless(shown.sheet(MoveSheet)) == []
    shown.close()
