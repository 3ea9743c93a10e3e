"""The case list: searched, narrowed and worked through with real keys, on a real store."""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot
from sqlalchemy import insert

from casedesk import i18n
from casedesk.desk import Desk
from casedesk.models import CaseIndex
from casedesk.services.cases import edit_case
from casedesk.services.history import who_looked
from casedesk.services.preferences import preferences
from casedesk.ui.cases.filters import Picker
from casedesk.ui.cases.own_views import NameSheet
from casedesk.ui.cases.page import CasesPage
from casedesk.ui.cases.table import KEPT, PAGE, STEP, Column, matched, room_for
from tests.support.on_screen import cut_off, nameless, ringed
from tests.support.sitting import activate
from tests.ui.list_support import KEY, TODAY, Shown, show, someone, words_on

TOLD = (
    ("Rahima Khatun", "রহিমা খাতুন", 2, {"case__priority": "urgent", "case__category": "returned_victim"}),
    ("Rubel Mia", "রুবেল মিয়া", 9, {"case__priority": "high", "migration_episode__destination_country": "ly"}),
    ("Shefali Begum", "শেফালী বেগম", 1, {"case__priority": "low", "person__district": "dhaka"}),
    ("Sohel Rana", "সোহেল রানা", 4, {"migration_episode__destination_country": "qa"}),
)


@pytest.fixture
def people(desk: Desk) -> dict[str, UUID]:
    return {name: someone(desk, name, bangla, due, **more) for name, bangla, due, more in TOLD}


@pytest.fixture
def shown(qtbot: QtBot, desk: Desk, people: dict[str, UUID]) -> Iterator[Shown]:
    made = show(qtbot, desk)
    made.go("cases")
    made.wait(lambda: len(names(made)) == len(people))
    yield made
    made.close()


def names(shown: Shown) -> list[str]:
    table = shown.cases.table
    rows = [table.row(at) for at in range(min(table.total, 50))]
    return [row.name_en for row in rows if row is not None]


def current(shown: Shown) -> str:
    row = shown.cases.view.current_case()
    return row.name_en if row is not None else ""


def test_the_list_shows_the_most_urgent_first_and_counts_its_views(shown: Shown) -> None:
    assert names(shown) == ["Rahima Khatun", "Rubel Mia", "Sohel Rana", "Shefali Begum"]
    shown.wait(lambda: shown.cases.told.text() == "4 of 4")
    assert shown.button("All cases, 4").isChecked()
    assert shown.button("Urgent, 1")


def test_typing_finds_in_both_scripts_and_by_sound(shown: Shown) -> None:
    shown.press(KEY.Key_Slash)
    assert shown.focus is shown.cases.search
    for typed in ("rahe", "রহি", "০১৭১১"):
        shown.cases.search.selectAll()
        shown.write(typed)
        expected = 4 if typed.startswith("০") else 1
        shown.wait(lambda expected=expected: len(names(shown)) == expected)  # type: ignore[misc]  # told by its default
    shown.press(KEY.Key_Escape)
    assert shown.cases.search.text() == ""
    shown.wait(lambda: shown.cases.table.filters.words == "")


def test_enter_in_the_search_leads_to_the_first_result_and_opens_it(shown: Shown, people: dict[str, UUID]) -> None:
    shown.press(KEY.Key_Slash)
    shown.write("sohel")
    shown.press(KEY.Key_Return)
    shown.wait(lambda: names(shown) == ["Sohel Rana"])
    assert shown.focus is shown.cases.view
    shown.press(KEY.Key_Return)
    assert shown.asked("case") == {"case_id": str(people["Sohel Rana"])}


def test_the_keys_move_through_the_list(shown: Shown) -> None:
    walked = [current(shown)]
    for key in (KEY.Key_Down, KEY.Key_End, KEY.Key_Up, KEY.Key_Home, KEY.Key_PageDown):
        shown.press(key)
        walked.append(current(shown))
    assert walked == [
        "Rahima Khatun",
        "Rubel Mia",
        "Shefali Begum",
        "Sohel Rana",
        "Rahima Khatun",
        "Shefali Begum",
    ]


def test_the_row_with_the_focus_has_a_ring(shown: Shown) -> None:
    assert names(shown)
    shown.cases.view.setFocus()
    activate(shown.window)
    assert ringed(shown.cases.view)
    shown.press(KEY.Key_Slash)
    assert not ringed(shown.cases.view)


def test_digits_choose_views_and_letters_act(shown: Shown, people: dict[str, UUID]) -> None:
    shown.press(KEY.Key_3)
    shown.wait(lambda: names(shown) == ["Rahima Khatun"])
    shown.press(KEY.Key_R)
    assert shown.refer_asked == [{"case_id": str(people["Rahima Khatun"])}]
    shown.press(KEY.Key_Escape)
    shown.press(KEY.Key_P)
    assert shown.asked("print")["case_id"] == str(people["Rahima Khatun"])


def test_letters_do_nothing_while_one_types(shown: Shown) -> None:
    shown.press(KEY.Key_Slash)
    shown.write("nfrp")
    assert shown.cases.search.text() == "nfrp"
    assert shown.refer_asked == []


def test_filters_are_chosen_by_keyboard_and_stand_as_chips(shown: Shown) -> None:
    shown.wait(lambda: bool(shown.cases.table.workers))
    shown.press(KEY.Key_F)
    picker = shown.sheet(Picker)
    shown.button("Country", picker).setFocus()
    shown.press(KEY.Key_Space)
    assert picker.nav.items["country"].isChecked()
    shown.wait(picker.cards["ly"].isVisible)
    picker.cards["ly"].setFocus()
    shown.press(KEY.Key_Space)
    shown.press(KEY.Key_Return)
    shown.wait(lambda: names(shown) == ["Rubel Mia"])
    chip = shown.button("Remove the filter Country: Libya")
    chip.setFocus()
    shown.press(KEY.Key_Delete)
    shown.wait(lambda: len(names(shown)) == 4)


@pytest.mark.usefixtures("people")
def test_every_filter_narrows_the_list(qtbot: QtBot, desk: Desk) -> None:
    shown = show(qtbot, desk)
    for filters, expected in (
        ({"category": ["returned_victim"]}, ["Rahima Khatun"]),
        ({"priority": ["high", "low"]}, ["Rubel Mia", "Shefali Begum"]),
        ({"country": ["qa"], "district": ["madaripur"]}, ["Sohel Rana"]),
        ({"worker": [str(desk.actor.id)], "district": ["dhaka"]}, ["Shefali Begum"]),
        ({"due": "week"}, ["Rahima Khatun", "Sohel Rana", "Shefali Begum"]),
        ({"status": ["registered"]}, ["Rahima Khatun", "Rubel Mia", "Sohel Rana", "Shefali Begum"]),
        ({"status": ["closed"]}, []),
    ):
        shown.go("cases", filters=filters)
        told = shown.cases.told
        shown.wait(lambda told=told: bool(told.text()))  # type: ignore[misc]  # told by its default
        shown.wait(lambda expected=expected: names(shown) == expected)  # type: ignore[misc]  # as above
    shown.close()


def test_filters_that_hide_everything_say_so_and_are_cleared(shown: Shown) -> None:
    shown.go("cases", filters={"category": ["returned_success"], "country": ["ly"]})
    shown.wait(lambda: "2 filters are on" in words_on(shown.cases))
    shown.button("Clear").click()
    shown.wait(lambda: len(names(shown)) == 4)


def test_nothing_found_offers_near_names_closed_cases_and_a_new_case(shown: Shown) -> None:
    shown.press(KEY.Key_Slash)
    shown.write("rohila")
    shown.wait(lambda: "No one called “rohila” in open cases" in words_on(shown.cases))
    shown.wait(lambda: "sound a little like it" in words_on(shown.cases))
    assert shown.button("Rahima Khatun")
    shown.button("Search closed cases too").click()
    shown.wait(lambda: "No one called “rohila”" in words_on(shown.cases).split(" | "))
    shown.button("New case for Rohila").click()
    assert shown.asked("intake") == {"name": "Rohila", "kind": "full"}


def test_a_near_name_is_looked_for_at_a_click(shown: Shown) -> None:
    shown.press(KEY.Key_Slash)
    shown.write("rohila")
    shown.wait(lambda: "sound a little like it" in words_on(shown.cases))
    shown.button("Rahima Khatun").click()
    shown.wait(lambda: names(shown) == ["Rahima Khatun"])


def test_the_peek_tells_how_to_reach_a_person_and_leaves_no_trace(
    shown: Shown, desk: Desk, people: dict[str, UUID]
) -> None:
    shown.wait(lambda: "Daytime only" in words_on(shown.cases.peek))
    said = words_on(shown.cases.peek)
    assert "Rahima Khatun" in said
    assert "To our services only, nothing shared" in said
    assert "01711" not in said
    shown.press(KEY.Key_Down)
    shown.wait(lambda: "Rubel Mia" in words_on(shown.cases.peek))
    shown.press(KEY.Key_Space)
    assert not shown.cases.peek.isVisible()
    assert not any(entry.action == "case.view" for entry in who_looked(desk, people["Rahima Khatun"]))


def test_a_change_is_shown_in_place_and_new_cases_wait_to_be_asked_for(
    shown: Shown, desk: Desk, people: dict[str, UUID]
) -> None:
    shown.press(KEY.Key_Down)
    edit_case(desk, people["Rahima Khatun"], {"person.name_en": ("Rahima Khatun", "Rahima Akter")})
    shown.wait(lambda: names(shown)[0] == "Rahima Akter")
    someone(desk, "Kohinur Akter", "কোহিনুর আক্তার", 3, case__priority="urgent")
    shown.wait(shown.cases.news.isVisible)
    assert shown.cases.news.text() == "1 new · show"
    assert names(shown) == ["Rahima Akter", "Rubel Mia", "Sohel Rana", "Shefali Begum"]
    shown.cases.news.click()
    shown.wait(lambda: names(shown)[:2] == ["Rahima Akter", "Kohinur Akter"])
    assert current(shown) == "Rubel Mia"
    assert not shown.cases.news.isVisible()


def test_coming_back_finds_the_list_as_it_was(shown: Shown) -> None:
    shown.go("cases", filters={"priority": ["high", "low", "medium"]}, sort="name", view="mine")
    shown.wait(lambda: len(names(shown)) == 3)
    shown.press(KEY.Key_Down)
    chosen = current(shown)
    shown.press(KEY.Key_Return)
    shown.asked("case")
    shown.window.back()
    shown.wait(lambda: len(names(shown)) == 3)
    assert current(shown) == chosen
    assert shown.cases.sort_box.value() == "name"
    assert shown.button("Remove the filter Priority: High +2")


def test_the_order_can_be_another(shown: Shown) -> None:
    shown.cases.sort_box.setFocus()
    shown.press(KEY.Key_End)
    shown.wait(lambda: names(shown) == ["Rubel Mia", "Rahima Khatun", "Sohel Rana", "Shefali Begum"])


def test_columns_go_in_order_when_it_gets_narrow() -> None:
    kept = [room_for(width) for width in (900, 700, 620, 580, 500)]
    seen = [(room.worker, room.country, room.status, room.second_name) for room in kept]
    assert seen == [
        (True, True, True, True),
        (False, True, True, True),
        (False, False, True, True),
        (False, False, False, True),
        (False, False, False, False),
    ]


@pytest.mark.usefixtures("people")
def test_a_small_window_folds_tabs_and_filters_and_opens_the_peek_over_the_list(qtbot: QtBot, desk: Desk) -> None:
    shown = show(qtbot, desk, 1024, 600)
    shown.go("cases", filters={"priority": ["high"], "country": ["ly"]})
    shown.wait(lambda: names(shown) == ["Rubel Mia"])
    page = shown.cases
    assert not page.tabs.isVisible()
    shown.wait(lambda: page.view_box.currentText() == "All cases · 4")
    shown.button("3 filters").click()  # priority, country, and open cases alone
    shown.wait(lambda: len(names(shown)) > 1)
    before = len(names(shown))
    shown.button("Open cases").click()
    shown.wait(lambda: page.closed_too and len(names(shown)) >= before)
    assert page.chips.add_button.accessibleName() == "Filter"
    shown.go("cases", filters={"priority": ["high"], "country": ["ly"]})
    shown.wait(lambda: names(shown) == ["Rubel Mia"])
    page = shown.cases
    assert not page.peek.isVisible()
    shown.press(KEY.Key_Space)
    assert page.peek.isVisible()
    assert page.peek.geometry().right() == page.width() - 1
    assert page.view.width() == page.width()
    shown.press(KEY.Key_Escape)
    assert not page.peek.isVisible()
    assert shown.focus is page.view
    shown.close()


def test_a_list_of_any_length_shows_its_true_length_and_keeps_few_pages(qtbot: QtBot, desk: Desk) -> None:
    total = 2 * STEP + 700
    rows = [
        {
            "case_id": uuid4(),
            "case_number": f"DHK-26-K3-{at:05}-A",
            "person_code": f"{at:010}",
            "name_bn": "",
            "name_en": f"Person {at:05}",
            "name_key": "prsn",
            "status": "active",
            "is_open": True,
            "priority": "medium",
            "priority_rank": 30,
            "owner_id": desk.actor.id,
            "named_access": "",
            "confidential": False,
            "hide_name": False,
            "opened_on": TODAY,
            "due_on": TODAY + timedelta(days=at // 200),
            "due_what": "",
        }
        for at in range(total)
    ]
    with desk.local() as session:
        session.execute(insert(CaseIndex), rows)
    shown = show(qtbot, desk)
    shown.go("cases")
    shown.wait(lambda: shown.cases.table.total == total)
    shown.press(KEY.Key_End)
    shown.wait(lambda: current(shown) == f"Person {total - 1:05}")
    for at in (0, STEP - 1, STEP, 2 * STEP, total - 1, 7777, PAGE):
        row = shown.cases.table.row(at)
        assert row is not None
        assert row.name_en == f"Person {at:05}"
    for at in range(0, total, PAGE):
        shown.cases.table.row(at)
    assert len(shown.cases.table._pages) <= KEPT
    place = shown.cases.place()
    shown.go("cases", **place)
    shown.wait(lambda: current(shown) == f"Person {total - 1:05}")
    shown.close()


def test_an_empty_centre_offers_the_first_case(qtbot: QtBot, desk: Desk) -> None:
    shown = show(qtbot, desk)
    shown.go("cases")
    shown.wait(lambda: "No cases yet" in words_on(shown.cases))
    shown.button("New case", shown.cases).click()
    shown.asked("intake")
    shown.close()


@pytest.mark.parametrize(
    ("name", "typed", "parts"),
    [
        ("Rahima Khatun", ["rah"], ("", "Rah", "ima Khatun")),
        ("Rahima Khatun", ["kha"], ("Rahima ", "Kha", "tun")),
        ("রহিমা খাতুন", ["রহি"], ("", "রহি", "মা খাতুন")),
        ("Rahima", ["him"], ("Rahima", "", "")),
        ("<b>Rahima</b>", [""], ("<b>Rahima</b>", "", "")),
    ],
)
def test_what_was_typed_is_shown_heavier(name: str, typed: list[str], parts: tuple[str, str, str]) -> None:
    assert matched(name, typed) == parts


def test_cells_are_read_out_with_their_column(shown: Shown) -> None:
    table = shown.cases.table
    shown.wait(lambda: bool(table.workers))
    said = [str(table.data(table.index(0, column), 11)) for column in Column]
    assert said[Column.PRIORITY] == "Priority: Urgent"
    assert said[Column.PERSON].startswith("Person: Rahima Khatun, রহিমা খাতুন")
    assert said[Column.WORKER] == "Worker: Farzana Haque"


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("language", ["en", "bn"])
@pytest.mark.parametrize(("width", "height"), [(1366, 690), (1024, 600)])
def test_no_words_are_cut_off_and_everything_has_a_name(
    qtbot: QtBot,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    width: int,
    height: int,
) -> None:
    monkeypatch.setattr(i18n, "_catalogue", lambda _code: gettext.NullTranslations())
    i18n.use(language)
    someone(desk, "<b>Smith</b> & " + "Very Long Name " * 9, "অতি দীর্ঘ নাম " * 9)
    shown = show(qtbot, desk, width, height)
    shown.go("cases")
    shown.wait(lambda: len(names(shown)) == 5)
    shown.press(KEY.Key_End)
    shown.wait(lambda: bool(shown.cases.told.text()))
    QTest.qWait(0)
    assert cut_off(shown.cases) == []
    assert nameless(shown.cases) == []
    shown.close()


# Views of one's own


def an_entry(page: CasesPage, words: str) -> None:
    menu = page.own_views.menu()
    next(action for action in menu.actions() if action.text() == words).trigger()
    menu.close()


def entries(page: CasesPage) -> list[str]:
    menu = page.own_views.menu()
    found = [action.text() for action in menu.actions() if action.text()]
    menu.close()
    return found


def name_it(shown: Shown, name: str) -> None:
    sheet = next(each for each in shown.window.findChildren(NameSheet) if each.isVisible())
    sheet.form.go_to("view.name")
    focused = shown.window.focusWidget()
    assert isinstance(focused, QLineEdit)
    focused.selectAll()
    QTest.keyClicks(focused, name)
    QTest.keyClick(focused, Qt.Key.Key_Return)


def test_a_view_of_ones_own_is_saved_chosen_renamed_and_removed(shown: Shown, desk: Desk) -> None:
    page = shown.cases
    page._picked({"priority": ["urgent"]})
    page.sort_box.set_value("newest")
    page._sort()
    assert entries(page) == ["Save this view"]
    an_entry(page, "Save this view")
    name_it(shown, "Urgent, new first")
    shown.wait(lambda: "case_views" in preferences(desk))
    page._clear()
    assert page.own_views.current() is None
    an_entry(page, "Urgent, new first")
    assert (page.filters, page.order.value, page.sort_box.value()) == ({"priority": ["urgent"]}, "newest", "newest")
    an_entry(page, "Rename “Urgent, new first”")
    name_it(shown, "Mornings")
    shown.wait(lambda: "Mornings" in preferences(desk)["case_views"])
    shown.go("cases")
    assert shown.cases is not page
    page = shown.cases
    assert entries(page)[:1] == ["Mornings"], "it is there the next time"
    an_entry(page, "Mornings")
    an_entry(page, "Remove “Mornings”")
    shown.wait(lambda: preferences(desk)["case_views"] == "[]")
    shown.wait(shown.window.toast.undo_button.isVisible)
    shown.window.toast.undo()
    shown.wait(lambda: "Mornings" in preferences(desk)["case_views"])
