"""The directory, by key events, on a real store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from casedesk.desk import Actor, Desk
from casedesk.services.edits import as_new
from casedesk.services.intake import register_case
from casedesk.services.providers import ServiceEdit, provider, providers, recruiters, save_provider, save_recruiter
from casedesk.ui.directory import DirectoryPage
from casedesk.ui.directory.sheets import PartnerSheet, RecruiterSheet
from casedesk.ui.kit.lines import Cell
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Goto
from casedesk.ui.window import Window
from tests.support.hands import Hands
from tests.support.on_screen import cut_off, nameless, ringed
from tests.support.people import a_returnee

KEY, NONE = Qt.Key, Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier


@dataclass
class Shown(Hands):
    desk: Desk

    @property
    def page(self) -> DirectoryPage:
        assert isinstance(self.window.page, DirectoryPage)
        return self.window.page

    def open(self, **what: object) -> DirectoryPage:
        self.window.go(Goto("directory", what))
        self.page.list.setFocus()
        return self.page

    def type(self, text: str) -> None:
        focused = self.window.focusWidget()
        assert isinstance(focused, QLineEdit)
        for letter in text:  # QTest types Latin letters only
            QApplication.sendEvent(focused, QKeyEvent(QEvent.Type.KeyPress, 0, NONE, letter))

    def cells(self) -> list[tuple[Cell, ...]]:
        return [line.cells for line in self.page.list.lines.lines]

    def names(self) -> list[str]:
        return [cells[0].first for cells in self.cells()]

    def panel(self) -> str:
        return "\n".join(label.text() for label in self.page.panel.findChildren(PlainLabel) if label.isVisible())


@pytest.fixture
def shown(qtbot: QtBot, desk: Desk) -> Shown:
    def partner(name: str, name_bn: str, *services: dict[str, object], **more: object) -> UUID:
        values = {"name_en": name, "name_bn": name_bn, "type": "ngo_cso", "districts": ["dhaka"]} | more
        return save_provider(desk, None, as_new(values), [ServiceEdit(as_new(each)) for each in services])

    partner(
        "Ashroy Shelter",
        "আশ্রয়",
        {"service": "emergency_shelter", "capacity": 3, "last_verified_on": date(2026, 5, 11), "functional": "yes"},
        phone="+8801711000220",
        takes="Women and children",
    )
    partner("Alo Clinic", "আলো", {"service": "medical_treatment_service", "last_verified_on": date(2026, 5, 1)})
    partner("Old Friends", "পুরোনো", active=False)
    window = Window(desk, {"directory": DirectoryPage}, {})
    qtbot.addWidget(window)
    window.resize(1366, 768)
    window.show()
    return Shown(qtbot, window, desk)


def test_partners_are_found_in_either_script_by_service_and_phone(shown: Shown) -> None:
    page = shown.open()
    assert shown.names() == ["Alo Clinic", "Ashroy Shelter"]
    shown.press(KEY.Key_Slash)
    assert page.search.hasFocus()
    for typed, found in (("আশ্র", ["Ashroy Shelter"]), ("clin", ["Alo Clinic"]), ("01711-000220", ["Ashroy Shelter"])):
        page.search.selectAll()
        shown.type(typed)
        assert shown.names() == found
    page.search.clear()
    page.service.setFocus()
    shown.type("Emergency shelter")
    shown.press(KEY.Key_Tab)
    shown.wait(lambda: shown.names() == ["Ashroy Shelter"])
    assert page.place()["service"] == "emergency_shelter"


def test_a_search_that_finds_nobody_says_so_and_leads_back(shown: Shown) -> None:
    page = shown.open()
    shown.press(KEY.Key_Slash)
    shown.type("zzzz")
    assert shown.names() == []
    said = [label.text() for label in page.findChildren(PlainLabel) if label.isVisible()]
    assert "Nobody here fits this search" in said
    page._clear()
    assert len(shown.names()) == 2


def test_an_empty_directory_does_not_blame_a_search(shown: Shown) -> None:
    page = shown.open(tab="recruiters")
    assert shown.names() == []
    said = [label.text() for label in page.findChildren(PlainLabel) if label.isVisible()]
    assert "No recruiters or agencies yet" in said
    shown.press(KEY.Key_Slash)
    shown.type("zzzz")
    said = [label.text() for label in page.findChildren(PlainLabel) if label.isVisible()]
    assert "Nobody here fits this search" in said


def test_another_service_is_seen_whole_at_once(shown: Shown) -> None:
    page = shown.open()
    page.edit()
    (sheet,) = shown.window.findChildren(PartnerSheet)
    sheet.add_service()
    (last,) = [each for each in sheet.cards[-1].findChildren(QPushButton) if "Remove" in each.text()]
    shown.wait(lambda: not last.visibleRegion().isEmpty())


def test_an_old_number_is_amber_and_a_fresh_one_is_not(shown: Shown) -> None:
    shown.open()
    ages = {cells[0].first: cells[2].second_tone for cells in shown.cells()}
    assert ages == {"Alo Clinic": "warn", "Ashroy Shelter": "text2"}
    assert {cells[0].first: cells[2].first for cells in shown.cells()}["Ashroy Shelter"] == "3 places free"


def test_the_arrow_keys_show_the_facts_at_the_right(shown: Shown) -> None:
    page = shown.open()
    shown.press(KEY.Key_Down)
    shown.wait(lambda: "Women and children" in shown.panel())
    assert "01711-000220" in shown.panel()
    shown.press(KEY.Key_Escape)
    assert not page.panel.isVisible()
    shown.press(KEY.Key_Space)
    assert page.panel.isVisible()


def test_the_window_fits_a_small_screen_with_large_letters(shown: Shown) -> None:
    """1366×768 at 150 percent leaves 911×512, less the title and the bar of the system."""
    shown.window.resize(1, 1)
    assert shown.window.width() <= 911
    assert shown.window.height() <= 480
    assert shown.window.sidebar.geometry().bottom() < shown.window.height()


def test_in_a_small_window_the_facts_wait_to_be_asked_for(shown: Shown) -> None:
    shown.window.resize(1024, 600)
    page = shown.open()
    assert not page.panel.isVisible()
    shown.press(KEY.Key_Return)
    assert page.panel.isVisible()


def test_former_partners_are_shown_on_demand(shown: Shown) -> None:
    page = shown.open()
    page.former.setFocus()
    shown.press(KEY.Key_Space)
    assert "Old Friends" in shown.names()


def test_a_directory_of_former_partners_says_so_and_shows_them(shown: Shown) -> None:
    for row in providers(shown.desk):
        was = provider(shown.desk, row.id).values["active"]
        save_provider(shown.desk, row.id, {"active": (was, False)})
    page = shown.open()
    assert shown.names() == []
    said = [label.text() for label in page.findChildren(PlainLabel) if label.isVisible()]
    assert "No partner works with us now" in said
    (show,) = [each for each in page.findChildren(QPushButton) if each.text() == "Show former partners"]
    show.click()
    assert "Old Friends" in shown.names()


def test_a_partner_is_added_with_a_service_by_keyboard(shown: Shown) -> None:
    page = shown.open()
    page.add_button.setFocus()
    shown.press(KEY.Key_Space)
    sheet = page.sheet
    assert isinstance(sheet, PartnerSheet)
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: bool(sheet.form.problems()))
    sheet.form.go_to("provider.name_en")
    shown.type("Nodi Safe House")
    sheet.form.go_to("provider.type")
    shown.type("Shelter operator")
    shown.press(KEY.Key_Return)
    sheet.add_button.setFocus()
    shown.press(KEY.Key_Space)
    shown.type("Emergency shelter")
    shown.press(KEY.Key_Return)
    sheet.cards[0].form.go_to("provider_service.capacity")
    shown.type("4")
    shown.press(KEY.Key_Return, CONTROL)
    shown.press(KEY.Key_Return, CONTROL)  # while the first is being saved
    shown.wait(lambda: "Nodi Safe House" in shown.names())
    (found,) = [each for each in providers(shown.desk) if each.name == "Nodi Safe House"]
    (service,) = found.services
    assert (service.service, service.capacity, service.last_verified_on) == ("emergency_shelter", 4, date(2026, 5, 12))
    assert page.list.current_id() == found.id


def test_a_partner_half_typed_is_there_again_until_it_is_saved_or_cancelled(shown: Shown) -> None:
    page = shown.open()
    page.add()
    first = page.sheet
    assert isinstance(first, PartnerSheet)
    first.form.go_to("provider.name_en")
    shown.type("Nodi Safe House")
    first.add_button.setFocus()
    shown.press(KEY.Key_Space)
    shown.type("Emergency shelter")
    shown.press(KEY.Key_Return)
    shown.press(KEY.Key_Escape)
    page.store()  # the page is left, or the screen locks
    page = shown.open()
    page.add()
    sheet = page.sheet
    assert isinstance(sheet, PartnerSheet)
    assert (sheet.form.value("provider.name_en"), sheet.form.value("provider.active")) == ("Nodi Safe House", True)
    assert [card.form.value("provider_service.service") for card in sheet.cards] == ["emergency_shelter"]
    next(each for each in sheet.findChildren(QPushButton) if each.text() == "Cancel").click()
    page.add()
    assert isinstance(page.sheet, PartnerSheet)
    assert page.sheet.form.value("provider.name_en") is None
    assert page.sheet.form.value("provider.active") is True
    assert page.sheet.cards == []


def test_a_change_keeps_what_was_not_touched(shown: Shown) -> None:
    page = shown.open()
    shown.press(KEY.Key_Down)
    shown.press(KEY.Key_E)
    sheet = page.sheet
    assert isinstance(sheet, PartnerSheet)
    card = sheet.cards[0]
    card.form.go_to("provider_service.capacity")
    shown.press(KEY.Key_A, CONTROL)
    shown.type("0")
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: "No place free" in shown.panel())
    found = provider(shown.desk, page._chosen or UUID(int=0))
    assert found.row.takes == "Women and children"
    assert found.row.services[0].capacity == 0


def test_few_cases_are_not_counted_exactly(shown: Shown) -> None:
    for at in range(5):
        register_case(
            shown.desk,
            a_returnee(
                **{
                    "person.phone_1": f"+88017110009{at:02d}",
                    "person.name_en": f"Person {at}",
                    "recruiter.type": "licensed_agency",
                    "recruiter.name": "Al Noor Overseas" if at else "Bhai Bhai Travels",
                }
            ),
        )
    page = shown.open(tab="recruiters")
    assert {cells[0].first: cells[2].first for cells in shown.cells()} == {
        "Al Noor Overseas": "< 5",
        "Bhai Bhai Travels": "< 5",
    }
    register_case(
        shown.desk,
        a_returnee(**{"recruiter.type": "licensed_agency", "recruiter.name": "Al Noor Overseas"}),
    )
    shown.wait(lambda: shown.cells()[0][2].first == "5")
    page.often.setFocus()
    shown.press(KEY.Key_Space)
    assert shown.names() == ["Al Noor Overseas"]
    assert "< 5" not in shown.panel()


def test_a_licence_tells_its_state_and_when_it_was_checked(shown: Shown) -> None:
    known = {"name": "Al Noor Overseas", "type": "licensed_agency", "licence_no": "RL-0000", "licence_status": "valid"}
    save_recruiter(shown.desk, None, as_new(known | {"licence_checked_on": date(2026, 3, 2)}))
    save_recruiter(shown.desk, None, as_new({"name": "Motin", "type": "sub_agent_dalal"}))
    page = shown.open(tab="recruiters")
    looks = {cells[0].first: (cells[1].first, cells[1].second, cells[1].tone) for cells in shown.cells()}
    assert looks["Al Noor Overseas"] == ("Valid", "checked 2 March 2026", "ok")
    assert looks["Motin"][1] == "never checked"
    page.unlicensed.setFocus()
    shown.press(KEY.Key_Space)
    assert shown.names() == ["Motin"]
    page.list.setFocus()
    shown.press(KEY.Key_E)
    sheet = page.sheet
    assert isinstance(sheet, RecruiterSheet)
    sheet.form.go_to("recruiter.licence_no")
    shown.type("RL-0009")
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: {each.licence_no for each in recruiters(shown.desk)} == {"RL-0000", "RL-0009"})


def test_who_may_only_look_changes_nothing(shown: Shown) -> None:
    reader = replace(shown.desk, actor=Actor(shown.desk.actor.id, "Rina Das", frozenset({"counsellor"})))
    window = Window(reader, {"directory": DirectoryPage}, {})
    shown.qtbot.addWidget(window)
    window.show()
    window.go(Goto("directory"))
    page = window.page
    assert isinstance(page, DirectoryPage)
    assert not page.add_button.isVisible()
    page.edit()
    assert not hasattr(page, "sheet")


def test_coming_back_finds_the_same_tab_row_and_words(shown: Shown) -> None:
    page = shown.open()
    shown.press(KEY.Key_Slash)
    shown.type("a")
    shown.press(KEY.Key_Tab)
    page.former.click()
    page.list.setFocus()
    shown.press(KEY.Key_Down)
    place = page.place()
    shown.window.rebuild()
    assert shown.page.place() == place
    assert shown.page.list.current_id() == UUID(place["selected"])
    assert shown.page.former.isChecked()


def test_the_row_with_the_focus_has_a_ring(shown: Shown) -> None:
    page = shown.open()
    assert ringed(page.list)
    page.search.setFocus()
    assert not ringed(page.list)


@pytest.mark.parametrize("size", [(1366, 768), (1024, 600)])
def test_every_control_has_a_name_and_no_word_is_cut(shown: Shown, size: tuple[int, int]) -> None:
    shown.window.resize(*size)
    page = shown.open()
    shown.press(KEY.Key_Return)
    shown.qtbot.wait(50)
    assert nameless(page) == []
    assert cut_off(page) == []
