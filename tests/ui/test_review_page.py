"""A clash made on two real computers: it appears, is settled on one, and vanishes on the other."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from casedesk import i18n
from casedesk.desk import Desk
from casedesk.models import Case, CaseNote
from casedesk.services import lifecycle
from casedesk.services.case_facts import case_facts
from casedesk.services.cases import edit_case
from casedesk.services.clashes import clashes, steps_skipped
from casedesk.services.intake import register_case
from casedesk.services.sign_in import sign_in
from casedesk.sync import outbox, stick
from casedesk.ui.application import tables
from casedesk.ui.case.page import CasePage
from casedesk.ui.kit.buttons import IconButton
from casedesk.ui.page import Goto
from casedesk.ui.review import Answer, ReviewPage
from tests.conftest import NOW, PASSPHRASE
from tests.support.on_screen import cut_off
from tests.support.people import a_returnee
from tests.support.sitting import SECONDS, Sitting, entered, focused, press, words_of
from tests.sync.office import first_desk, join, new_desk

Key, Held = Qt.Key, Qt.KeyboardModifier
VILLAGE, SPOKEN = "person.village_or_street", "person.languages"


@dataclass(frozen=True)
class Two:
    """K3, seen through its window, and K4, which shares its caseload by a stick."""

    first: Desk
    other: Desk
    stick: Path
    case_id: UUID

    def bring(self, of: Desk, to: Desk) -> None:
        for audience in outbox.audiences(of):
            outbox.make_files(of, audience)
        stick.write_stick(of, self.stick)
        stick.take_stick(to, self.stick)

    def edit(self, desk: Desk, key: str, value: object) -> None:
        before = case_facts(desk, self.case_id).answers.get(key)
        edit_case(desk, self.case_id, {key: (before, value)})

    def disagree(self) -> None:
        """Each writes another village, and another language she speaks."""
        self.edit(self.first, VILLAGE, "Charpara")
        self.edit(self.first, VILLAGE, "Charpara Bazar")
        self.edit(self.other, VILLAGE, "Charpara School")
        self.edit(self.first, SPOKEN, ["hindi"])
        self.edit(self.other, SPOKEN, ["arabic"])
        self.bring(self.other, self.first)


@pytest.fixture(scope="module")
def disagreed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, UUID]:
    """The folder of both and their stick once they disagree, to be copied, and what about."""
    folder = tmp_path_factory.mktemp("two")
    first, other = first_desk(folder / "K3"), new_desk(folder / "K4", "K4")
    join(first, other)
    (folder / "stick").mkdir()
    two = Two(first, other, folder / "stick", register_case(first, a_returnee(person__village_or_street="Charpara")))
    two.bring(first, other)
    two.disagree()
    for desk in (first, other):
        desk.store.vault.close()
    return folder, two.case_id


@pytest.fixture
def two(disagreed: tuple[Path, UUID], tmp_path: Path) -> Iterator[Two]:
    folder, case_id = disagreed
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    first, other = (sign_in(tmp_path / name, "farzana", PASSPHRASE, lambda: NOW) for name in ("K3", "K4"))
    yield Two(first, other, tmp_path / "stick", case_id)
    other.store.vault.close()


@pytest.fixture
def inside(qtbot: QtBot, tmp_path: Path, two: Two) -> Sitting:
    two.first.store.vault.close()
    return entered(qtbot, tmp_path / "K3", tables)


def review(sitting: Sitting, case_id: UUID) -> ReviewPage:
    sitting.window.go(Goto("review", {"about": str(case_id)}))
    page = sitting.window.page
    assert isinstance(page, ReviewPage)
    sitting.qtbot.waitUntil(lambda: bool(page.parts), timeout=SECONDS)
    return page


def test_a_clash_is_settled_here_and_vanishes_there(inside: Sitting, two: Two) -> None:
    desk = inside.window.desk
    assert len(clashes(desk)) == 2
    page = review(inside, two.case_id)
    words = words_of(page)
    assert "Charpara Bazar" in words
    assert "Charpara School" in words
    assert "Farzana" in words
    village = next(part for part in page.parts if VILLAGE in part.row.keys)
    wanted = next(side for side in village.row.sides if "Charpara School" in side.words)
    village.take_focus()
    press(Key.Key_Right if village.picked != wanted.operation else Key.Key_Left)
    village.pick(wanted.operation)
    page.note.setText("She told me herself.")
    press(Key.Key_Return, Held.ControlModifier)
    inside.qtbot.waitUntil(lambda: clashes(desk) == [], timeout=SECONDS)
    assert case_facts(desk, two.case_id).answers[VILLAGE] == "Charpara School"
    inside.qtbot.waitUntil(lambda: "Nothing differs" in words_of(page), timeout=SECONDS)
    assert focused() is page
    two.bring(desk, two.other)
    assert clashes(two.other) == []
    assert case_facts(two.other, two.case_id).answers[VILLAGE] == "Charpara School"


def test_both_are_kept_by_a_key_and_a_decision_is_taken_again(inside: Sitting, two: Two) -> None:
    desk = inside.window.desk
    page = review(inside, two.case_id)
    rules = next(part for part in page.parts if part.row.may_keep_both)
    rules.take_focus()
    press(Key.Key_B)
    assert rules.both is not None
    assert rules.both.isChecked()
    page.main_action()
    inside.qtbot.waitUntil(lambda: clashes(desk) == [], timeout=SECONDS)
    assert case_facts(desk, two.case_id).answers[SPOKEN] == ["arabic", "hindi"]
    inside.qtbot.waitUntil(lambda: "Saved." in words_of(inside.window), timeout=SECONDS)
    press(Key.Key_Z, Held.ControlModifier)
    again = inside.window.page
    assert isinstance(again, ReviewPage)
    inside.qtbot.waitUntil(lambda: len(again.parts) == 2, timeout=SECONDS)
    village = next(part for part in again.parts if VILLAGE in part.row.keys)
    other = next(side for side in village.row.sides if side.operation != village.picked)
    village.pick(other.operation)
    again.main_action()
    inside.qtbot.waitUntil(lambda: case_facts(desk, two.case_id).answers[VILLAGE] in other.words, timeout=SECONDS)


def test_what_was_written_without_the_right_is_told_put_aside_and_stays_on_the_page_sync(
    inside: Sitting, two: Two
) -> None:
    nobody = replace(two.other, actor=replace(two.other.actor, id=uuid4()))
    with nobody.write("test.note") as session:
        session.add(CaseNote(case_id=two.case_id, text="in nobody’s name"))
    window = inside.window
    told = "Written without the right to it"

    def shows(*, it: bool) -> None:
        inside.qtbot.waitUntil(lambda: (told in words_of(window)) is it, timeout=SECONDS)

    two.bring(two.other, window.desk)
    window.go(Goto("today"))
    shows(it=True)
    assert "Written in a name that this computer may not write in\nDHK/K4 · 12 May 2026" in words_of(window)
    (seen,) = [each for each in window.findChildren(QPushButton) if each.accessibleName() == f"Seen: {told}"]
    seen.click()
    shows(it=False)
    press(Key.Key_Z, Held.ControlModifier)
    shows(it=True)
    window.go(Goto("sync"))
    shows(it=True)
    page = window.page
    assert page is not None
    inside.qtbot.waitUntil(lambda: cut_off(page) == [], timeout=SECONDS)


def test_steps_that_did_not_fit_are_told_lead_to_the_case_and_are_put_aside(inside: Sitting, two: Two) -> None:
    desk = inside.window.desk
    for at, to in ((desk, "assessment"), (desk, "active"), (two.other, "on_hold")):
        with at.write("test.step", about=two.case_id) as session:
            case = session.get_one(Case, two.case_id)
            lifecycle.take(session, at, case, to, reason_code="other", reason="test")
    two.bring(two.other, desk)
    inside.window.go(Goto("review"))
    page = inside.window.page
    assert isinstance(page, ReviewPage)
    inside.qtbot.waitUntil(lambda: "Steps that did not fit together" in words_of(page), timeout=SECONDS)
    assert "left out. It is now: " in words_of(page)
    assert cut_off(page) == []
    named(page, "Seen: ").click()
    inside.qtbot.waitUntil(lambda: "Steps that did not fit" not in words_of(page), timeout=SECONDS)
    assert steps_skipped(desk) == []
    press(Key.Key_Z, Held.ControlModifier)
    inside.qtbot.waitUntil(lambda: "Steps that did not fit together" in words_of(page), timeout=SECONDS)
    named(page, "Open the case ").click()
    assert isinstance(inside.window.page, CasePage)
    inside.window.go(Goto("today"))
    inside.qtbot.waitUntil(lambda: "Steps that did not fit together" in words_of(inside.window), timeout=SECONDS)


def named(page: ReviewPage, beginning: str) -> QPushButton:
    found = [each for each in page.findChildren(QPushButton) if each.accessibleName().startswith(beginning)]
    return found[-1]


def test_the_arrow_keys_pick_and_go_on(inside: Sitting, two: Two) -> None:
    page = review(inside, two.case_id)
    first, second = page.parts
    first.take_focus()
    before = first.picked
    press(Key.Key_Right)
    assert first.picked != before
    press(Key.Key_Left)
    assert first.picked == before
    press(Key.Key_Down)
    assert second.has_focus()
    press(Key.Key_Up)
    assert first.has_focus()


def test_what_was_picked_is_kept_while_looking_at_the_next_record(inside: Sitting, two: Two) -> None:
    desk = inside.window.desk
    second = replace(two, first=desk, case_id=register_case(desk, a_returnee(person__village_or_street="Charpara")))
    second.bring(desk, two.other)
    second.disagree()
    page = review(inside, two.case_id)

    def turn(way: QPushButton, to: UUID) -> Answer:
        way.click()
        inside.qtbot.waitUntil(lambda: page.parts[0].row.case_id == to, timeout=SECONDS)
        return next(part for part in page.parts if VILLAGE in part.row.keys)

    def pick_other(part: Answer) -> int | str | None:
        part.pick(next(side.operation for side in part.row.sides if side.operation != part.picked))
        return part.picked

    here = pick_other(next(part for part in page.parts if VILLAGE in part.row.keys))
    there = pick_other(turn(page.next, second.case_id))
    assert {here, there} <= set(page.place()["picked"].values())
    assert turn(page.previous, two.case_id).picked == here
    page.main_action()
    inside.qtbot.waitUntil(lambda: len(clashes(desk)) == 2 and len(page.groups) == 1, timeout=SECONDS)
    assert set(page.place()["picked"]) == {str(each.id) for each in clashes(desk)}
    assert there in page.place()["picked"].values()


def test_the_case_says_so_and_leads_there(inside: Sitting, two: Two) -> None:
    inside.window.go(Goto("case", {"case_id": str(two.case_id), "section": "person"}))
    page = inside.window.page
    assert isinstance(page, CasePage)
    inside.qtbot.waitUntil(lambda: "written differently on two computers" in words_of(page), timeout=SECONDS)
    signs = [each for each in page.findChildren(IconButton) if "written differently" in each.accessibleName()]
    assert signs
    signs[0].click()
    assert isinstance(inside.window.page, ReviewPage)


def test_it_fits_in_both_languages_and_sizes(inside: Sitting, two: Two) -> None:
    for language in ("en", "bn"):
        i18n.use(language)
        for width, height in ((1366, 768), (1024, 600)):
            inside.window.resize(width, height)
            page = review(inside, two.case_id)
            inside.qtbot.waitUntil(lambda page=page: cut_off(page) == [], timeout=SECONDS)  # type: ignore[misc]
