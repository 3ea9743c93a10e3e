"""A search that was really made is recorded once, and never by its words."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from pytestqt.qtbot import QtBot

from casedesk.desk import Desk
from casedesk.services.audit import trail
from casedesk.ui.palette import Palette
from tests.ui.list_support import CONTROL, KEY, Shown, show, someone


@pytest.fixture
def people(desk: Desk) -> list[UUID]:
    return [someone(desk, name, bangla, 2) for name, bangla in (("Rahima Khatun", "রহিমা"), ("Rubel Mia", "রুবেল"))]


@pytest.fixture
def shown(qtbot: QtBot, desk: Desk, people: list[UUID]) -> Iterator[Shown]:
    made = show(qtbot, desk)
    made.go("cases")
    made.wait(lambda: made.cases.table.total == len(people))
    yield made
    made.close()


def searches(desk: Desk) -> list[tuple[str, int | None]]:
    """Where was searched and how many were found, the oldest first."""
    return [(entry.scope, entry.hits) for entry in reversed(trail(desk)) if entry.action == "case.search"]


def look_for(shown: Shown, typed: str, found: int) -> None:
    shown.press(KEY.Key_Slash)
    shown.cases.search.selectAll()
    shown.write(typed)
    shown.wait(lambda: shown.cases.table.total == found and shown.cases._searching._words == typed)


def test_many_keys_are_one_search_once_it_rests(shown: Shown, desk: Desk) -> None:
    look_for(shown, "r", 2)
    look_for(shown, "rahi", 1)
    assert searches(desk) == []
    shown.wait(lambda: searches(desk) == [("all", 1)])  # nobody typed on


def test_looking_quickly_and_wiping_it_out_leaves_its_entry(shown: Shown, desk: Desk) -> None:
    look_for(shown, "rube", 1)
    shown.press(KEY.Key_Escape)
    shown.wait(lambda: searches(desk) == [("all", 1)])


def test_other_words_are_another_search(shown: Shown, desk: Desk) -> None:
    look_for(shown, "rube", 1)
    look_for(shown, "zzzz", 0)
    shown.go("today")
    shown.wait(lambda: searches(desk) == [("all", 1), ("all", 0)])


def test_the_palette_records_what_it_found(shown: Shown, desk: Desk) -> None:
    shown.press(KEY.Key_K, CONTROL)
    shown.write("rahima")
    shown.wait(lambda: len(shown.sheet(Palette)._found.people) == 1)
    shown.press(KEY.Key_Escape)
    shown.wait(lambda: searches(desk) == [("palette", 1)])


def test_recording_a_search_reads_no_list_again(shown: Shown, desk: Desk) -> None:
    look_for(shown, "rahi", 1)
    first = shown.cases.table.row(0)
    shown.cases._searching.settle()
    shown.wait(lambda: searches(desk) == [("all", 1)])
    assert shown.cases.table.row(0) is first
