"""The palette: a few letters, the arrows, Enter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from pytestqt.qtbot import QtBot

from casedesk.desk import Actor, Desk
from casedesk.services.edits import as_new
from casedesk.services.providers import save_provider
from casedesk.ui.palette import Choice, Palette, look_up
from tests.ui.list_support import CONTROL, KEY, Shown, show, someone

TOLD = (("Rahima Khatun", "রহিমা খাতুন"), ("Rahela Begum", "রাহেলা বেগম"), ("Sohel Rana", "সোহেল রানা"))


@pytest.fixture
def people(desk: Desk) -> dict[str, UUID]:
    return {name: someone(desk, name, bangla) for name, bangla in TOLD}


@pytest.fixture
def shown(qtbot: QtBot, desk: Desk, people: dict[str, UUID]) -> Iterator[Shown]:
    made = show(qtbot, desk)
    made.go("today")
    made.wait(lambda: len(people) > 0 and made.today.list.lines.rowCount() > 0)
    made.press(KEY.Key_K, CONTROL)
    made.wait(lambda: made.focus is made.sheet(Palette).line)
    yield made
    made.close()


def lines(shown: Shown) -> list[str]:
    return [line.text for line in shown.sheet(Palette).list.lines.lines]


def choice(shown: Shown) -> Choice:
    found = shown.sheet(Palette).list.choice()
    assert isinstance(found, Choice)
    return found


def look_for(shown: Shown, words: str) -> None:
    """Type, and wait for what is found."""
    shown.write(words)
    shown.wait(lambda: shown.sheet(Palette)._found.typed == words)


@pytest.mark.parametrize("words", ["rahi", "রহি", "rahima kh"])
def test_a_person_is_found_in_both_scripts_and_opened_by_enter(
    shown: Shown, people: dict[str, UUID], words: str
) -> None:
    look_for(shown, words)
    assert choice(shown).text == "Rahima Khatun"
    assert "রহিমা খাতুন" in choice(shown).more
    shown.press(KEY.Key_Return)
    assert shown.asked("case") == {"case_id": str(people["Rahima Khatun"])}
    assert not any(each.isVisible() for each in shown.window.findChildren(Palette))


def test_enter_right_after_typing_opens_what_was_typed(shown: Shown, people: dict[str, UUID]) -> None:
    shown.write("sohel")
    shown.press(KEY.Key_Return)
    assert shown.asked("case") == {"case_id": str(people["Sohel Rana"])}


def test_the_actions_are_those_for_the_person_chosen(shown: Shown, people: dict[str, UUID]) -> None:
    look_for(shown, "rah")
    assert "Refer Rahima Khatun" in lines(shown)
    shown.press(KEY.Key_Down)
    assert choice(shown).text == "Rahela Begum"
    assert "Refer Rahela Begum" in lines(shown)
    shown.press(KEY.Key_Tab)
    assert choice(shown).text == "Refer Rahela Begum"
    shown.press(KEY.Key_Down)
    shown.press(KEY.Key_Return)
    assert shown.asked("print")["case_id"] == str(people["Rahela Begum"])


def test_referring_opens_the_sheet_for_that_person(shown: Shown, people: dict[str, UUID]) -> None:
    look_for(shown, "rahi")
    shown.press(KEY.Key_Tab)
    shown.press(KEY.Key_Return)
    assert shown.refer_asked == [{"case_id": str(people["Rahima Khatun"])}]


def test_a_case_is_begun_with_the_name_typed(shown: Shown) -> None:
    look_for(shown, "কোহিনুর")
    assert choice(shown).text == "New case named “কোহিনুর”"
    shown.press(KEY.Key_Return)
    assert shown.asked("intake") == {"name": "কোহিনুর", "kind": "full"}


def test_places_and_partners_are_found_too(shown: Shown, desk: Desk) -> None:
    partner = save_provider(desk, None, as_new({"type": "lawyer", "name_en": "Setu Legal Aid"}))
    look_for(shown, "setu")
    assert "Setu Legal Aid" in lines(shown)
    shown.press(KEY.Key_Up)
    shown.press(KEY.Key_Return)
    assert shown.asked("directory") == {"tab": "partners", "selected": str(partner)}


def test_without_words_it_offers_places_and_a_new_case(shown: Shown) -> None:
    assert lines(shown) == [
        "Do",
        "New case",
        "Quick register",
        "Go",
        "Today",
        "Cases",
        "Referrals",
        "Directory",
        "Reports",
        "Settings",
    ]
    look_for(shown, "direct")
    assert lines(shown)[-2:] == ["Go", "Directory"]


def test_the_arrows_go_round_and_pass_over_titles(shown: Shown) -> None:
    seen = []
    for key in (KEY.Key_Up, KEY.Key_Down, KEY.Key_Down, KEY.Key_Down):
        shown.press(key)
        seen.append(choice(shown).text)
    assert seen == ["Settings", "New case", "Quick register", "Today"]


@pytest.mark.parametrize("keys", [(KEY.Key_Escape,), (KEY.Key_K, CONTROL)])
def test_esc_and_its_own_keys_close_it_and_give_the_focus_back(shown: Shown, keys: tuple[object, ...]) -> None:
    shown.press(*keys)  # type: ignore[arg-type]  # a key and perhaps its modifier
    shown.wait(lambda: not shown.window.findChildren(Palette))
    assert shown.focus is shown.today.list


def test_it_shows_only_what_the_role_may_see(desk: Desk, people: dict[str, UUID]) -> None:
    def found_by(*roles: str) -> list[str]:
        somebody = replace(desk, actor=Actor(uuid4(), "Somebody", frozenset(roles)))
        return [row.name_en for row in look_up(somebody, "rahi").people]

    assert len(people) == 3
    assert found_by("supervisor")[0] == "Rahima Khatun"
    assert found_by("caseworker") == []
    assert found_by("administrator") == []


def test_a_role_without_cases_is_offered_no_case_work(qtbot: QtBot, desk: Desk) -> None:
    keeper = replace(desk, actor=Actor(desk.actor.id, "Keeper", frozenset({"administrator"})))
    shown = show(qtbot, keeper)
    shown.go("directory")
    shown.go("palette", typed="")
    assert lines(shown) == ["Go", "Directory", "Settings"]
    shown.close()
