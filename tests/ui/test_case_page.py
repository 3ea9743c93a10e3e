"""The case page, by key events and on a real store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from threading import Event
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from casedesk.desk import Actor, Clock, Desk
from casedesk.models import Case
from casedesk.reports import assemble
from casedesk.services import cases, consents, follow_ups, intake_views, notes
from casedesk.services.access import access_of
from casedesk.services.case_facts import case_facts, look
from casedesk.services.history import who_looked
from casedesk.services.incidents import incidents_of
from casedesk.services.intake import register_case
from casedesk.services.prints import PrintRequest
from casedesk.services.providers import ServiceEdit, save_provider
from casedesk.services.rates import set_rate
from casedesk.services.referrals.making import MakeReferral, make_referral
from casedesk.services.referrals.reading import referrals_of
from casedesk.services.sections import ASSESSED, RIGHTLY_EMPTY
from casedesk.services.triages import triages_of
from casedesk.services.users import add_user
from casedesk.storage.keys import FLOOR
from casedesk.ui.case.access import HandOverSheet, NamedSheet
from casedesk.ui.case.consent import ConsentSheet, WithdrawSheet
from casedesk.ui.case.erasing import EraseSheet
from casedesk.ui.case.facts_section import EditablePart, FactsCard
from casedesk.ui.case.happened import HappenedPart, IncidentCard, IncidentSheet
from casedesk.ui.case.page import CasePage
from casedesk.ui.case.sheets import FollowUpSheet, NoteSheet, PlanSheet, ReasonSheet, StatusSheet
from casedesk.ui.case.telling import timeline
from casedesk.ui.case.timeline import TimelinePart
from casedesk.ui.case.triage import TriageSheet
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.written import UpazilaEdit
from casedesk.ui.page import Goto, Here, Page
from casedesk.ui.window import Window
from casedesk.values import Money
from tests.conftest import NOW
from tests.support.hands import Hands
from tests.support.on_screen import cut_off, fits
from tests.support.people import a_returnee

NARRATIVE = "They locked the door every night."
SAFE_NOTE = "Only when her brother is away"
KEY, CONTROL = Qt.Key, Qt.KeyboardModifier.ControlModifier
HOSTILE = ["Smith <Jones", "<img src=x onerror=1>", "=cmd()", "a\u202eb & <b>c</b>", "x" * 200]


@dataclass
class Shown(Hands):
    """A window with a case in it, and the person before it."""

    case_id: UUID
    went: list[dict[str, object]] = field(default_factory=list)

    @property
    def page(self) -> CasePage:
        page = self.window.page
        assert isinstance(page, CasePage)
        return page

    def open(self, section: str = "overview") -> CasePage:
        self.window.go(Goto("case", {"case_id": str(self.case_id), "section": section}))
        self.wait(lambda: self.page.part is not None)
        self.wait(lambda: self.page.isVisible())
        self.page.setFocus()
        return self.page

    def type(self, text: str) -> None:
        focused = self.window.focusWidget()
        assert focused is not None
        QTest.keyClicks(focused, text)

    def card(self) -> FactsCard:
        assert isinstance(self.page.part, EditablePart)
        return self.page.part.card

    def said(self) -> str:
        return "\n".join(texts(self.window))

    def sees(self, words: str) -> None:
        self.wait(lambda: words in self.said())

    def retype(self, key: str, text: str) -> None:
        """Put the focus into a field of the open form and type over it."""
        form = self.card().form
        assert form is not None
        form.go_to(key)
        self.press(KEY.Key_A, CONTROL)
        self.type(text)


class Cases(Page):
    """The list, as far as this page leads to it."""


def texts(top: QWidget) -> list[str]:
    """Everything that widgets say or would say, also to a screen reader."""
    found: list[str] = []
    for each in top.findChildren(QWidget):
        if isinstance(each, QLabel | QAbstractButton | QLineEdit):
            found.append(each.text())
        elif isinstance(each, QPlainTextEdit):
            found.append(each.toPlainText())
        found += [each.accessibleName(), each.accessibleDescription(), each.toolTip()]
    return [text for text in found if text]


@pytest.fixture
def case_id(desk: Desk) -> UUID:
    answers = a_returnee(
        consent_line__share_legal="given",
        incident__violations=["wages_not_paid", "passport_withheld"],
        incident__narrative=NARRATIVE,
        incident__told_by="client",
        person__safe_contact_note=SAFE_NOTE,
        need_item__needs=["recover_wages"],
        safety_flag__flags=["threatened_by_perpetrator"],
        safety_flag__none=None,
        case__priority="high",
    )
    return register_case(desk, answers)


@pytest.fixture
def show(qtbot: QtBot, case_id: UUID) -> Iterator[Callable[[Desk], Shown]]:
    opened: list[Window] = []

    def make(desk: Desk, *, width: int = 1366, height: int = 768) -> Shown:
        went: list[dict[str, object]] = []

        def refer(_here: Here, host: QWidget, **what: object) -> Sheet:
            went.append(what)
            return Sheet(host, "Refer")

        window = Window(desk, {"case": CasePage, "cases": Cases}, {"refer": refer})
        qtbot.addWidget(window)
        window.resize(width, height)
        window.show()
        opened.append(window)
        return Shown(qtbot, window, case_id, went)

    yield make
    for window in opened:
        window.close()


@pytest.fixture
def shown(show: Callable[[Desk], Shown], desk: Desk) -> Shown:
    return show(desk)


def colleague(desk: Desk, case_id: UUID) -> Desk:
    """Somebody of the same team, who may open the case but not read what is restricted."""
    user_id = hired(desk, "Salma Begum", "salma", "caseworker")
    with desk.write("case.edit", about=case_id) as session:
        case = session.get(Case, case_id)
        assert case is not None
        case.team = "north"
    return replace(desk, actor=Actor(user_id, "Salma Begum", frozenset({"caseworker"}), "north"))


def hired(desk: Desk, name: str, sign_in_name: str, role: str) -> UUID:
    passphrase = "seven boats under old mango trees"
    return add_user(desk, name=name, sign_in_name=sign_in_name, roles=[role], passphrase=passphrase, cost=FLOOR)


# Opening


def test_a_case_is_read_on_while_the_vault_is_damaged(shown: Shown, desk: Desk) -> None:
    desk.store.damaged = True
    shown.open()
    shown.sees("Rahima")
    shown.press(KEY.Key_9)
    assert not shown.window.findChildren(Sheet), "nothing complains"
    desk.store.damaged = False
    desk.store.take_noted()
    assert who_looked(desk, shown.case_id)[0].action == "case.view"


def test_opening_a_case_is_recorded(shown: Shown, desk: Desk) -> None:
    before = len(who_looked(desk, shown.case_id))
    shown.open()
    looks = who_looked(desk, shown.case_id)
    assert len(looks) == before + 1
    assert (looks[0].action, looks[0].by) == ("case.view", "Farzana Haque")
    shown.press(KEY.Key_9)
    shown.sees("Opened the case")


def test_the_header_has_both_names_and_the_essentials(shown: Shown) -> None:
    page = shown.open()
    assert page.header.name.text() == "Rahima Khatun"
    assert "রহিমা খাতুন" in shown.said()
    assert "Female, 29" in page.header.essentials.text()
    assert "Madaripur" in page.header.essentials.text()
    names = [badge.accessibleName() for badge in page.header.findChildren(QWidget) if badge.accessibleName()]
    assert "Priority: High" in " ".join(names)
    assert any(name.startswith("Safety flag: Threatened") for name in names)


def test_a_hidden_name_shows_the_code(shown: Shown, desk: Desk) -> None:
    with desk.write("case.edit", about=shown.case_id) as session:
        session.get_one(Case, shown.case_id).hide_name = True
    page = shown.open()
    assert page.header.name.text() == case_facts(desk, shown.case_id).person_code
    assert "Rahima" not in " ".join(texts(page.header))


def test_a_case_that_may_not_be_seen_offers_only_the_way_back(show: Callable[[Desk], Shown], desk: Desk) -> None:
    stranger = replace(desk, actor=Actor(UUID(int=7), "Stranger", frozenset({"caseworker"}), "south"))
    shown = show(stranger)
    shown.window.go(Goto("case", {"case_id": str(shown.case_id)}))
    shown.sees("This record is not here.")
    assert "Rahima" not in shown.said()
    assert not shown.page.header.isVisible()


# Safe contact


def test_the_number_is_masked_until_it_is_asked_for_and_that_is_recorded(shown: Shown, desk: Desk) -> None:
    page = shown.open()
    assert page.strip.rules.text() == f"01•••-•••417 · Daytime only · {SAFE_NOTE}"
    assert "01711-000417" not in shown.said()
    page.strip.show_button.click()
    shown.sees("01711-000417")
    assert not page.strip.show_button.isVisible()
    assert who_looked(desk, shown.case_id)[0].action == "case.show_number"


def test_without_an_agreed_way_it_says_do_not_call(shown: Shown, desk: Desk) -> None:
    edits: dict[str, tuple[object, object]] = {
        "person.safe_contact_rule": (["daytime_only"], None),
        "person.safe_contact_note": (SAFE_NOTE, None),
    }
    cases.edit_case(desk, shown.case_id, edits)
    for section in ("overview", "timeline", "consent"):
        assert shown.open(section).strip.rules.text() == "No safe way to contact yet — do not call."


def test_a_changed_number_stays_masked_in_the_timeline(shown: Shown, desk: Desk) -> None:
    cases.edit_case(desk, shown.case_id, {"person.phone_1": ("+8801711000417", "+8801811222333")})
    shown.open("timeline")
    shown.sees("01•••-•••417 → 01•••-•••333")
    assert "01811-222333" not in shown.said()


def test_a_referral_that_is_begun_is_told_by_the_words_of_referrals(shown: Shown, desk: Desk) -> None:
    a_legal_referral(desk, shown.case_id)
    shown.open("timeline")
    shown.sees("New status: Draft")
    assert "not yet registered" not in shown.said()


# Sections and keys


def test_all_that_the_assessment_asks_can_be_typed_on_the_page(shown: Shown) -> None:
    asked: set[str] = set()
    for section in ("overview", "person", "journey"):
        part = shown.open(section).part
        assert isinstance(part, EditablePart)
        part.edit()
        shown.wait(part.is_editing)
        assert part.card.form is not None
        asked |= part.card.form.questions.keys()
        part.cancel()
    assert {*ASSESSED, *RIGHTLY_EMPTY} <= asked


def test_how_long_is_asked_once_it_is_said_that_there_was_detention(shown: Shown) -> None:
    part = shown.open("journey").part
    assert isinstance(part, EditablePart)
    part.edit()
    shown.wait(part.is_editing)
    form = part.card.form
    assert form is not None
    first, days, place = (f"migration_episode.{name}" for name in ("detained", "detained_days", "detained_place"))

    def asked() -> list[str]:
        return [key for key in (first, days, place) if form.questions[key].isVisibleTo(form)]

    assert asked() == [first]
    form.set_value(first, "yes")
    assert asked() == [first, days, place]
    form.set_value(days, 40)
    form.set_value(first, "no")
    assert asked() == [first, days], "what has an answer stays to be seen"
    form.go_to(days)
    shown.retype(days, "forty")
    form.set_value(first, "no")
    form.go_to(first)
    assert asked() == [first, days], "and what is not understood yet"
    part.cancel()


def test_what_is_typed_while_a_form_is_saved_stays_in_it(shown: Shown, desk: Desk) -> None:
    part = shown.open("person").part
    assert isinstance(part, EditablePart)
    part.edit()
    shown.wait(part.is_editing)
    shown.retype("person.nickname", "Moyna")
    before = Event()
    shown.window.jobs.write(shown.window, partial(before.wait, 10), lambda _done: None)
    shown.press(KEY.Key_Return, CONTROL)
    shown.retype("person.village_or_street", "Char Janajat")
    before.set()
    shown.wait(lambda: case_facts(desk, shown.case_id).answers.get("person.nickname") == "Moyna")
    shown.wait(lambda: part.card.form is not None and not part.card._saving)
    form = part.card.form
    assert form is not None
    assert form.edits().keys() == {"person.village_or_street"}
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: not part.is_editing())
    assert case_facts(desk, shown.case_id).answers["person.village_or_street"] == "Char Janajat"


def test_keys_lead_through_the_sections(shown: Shown) -> None:
    page = shown.open()
    shown.press(KEY.Key_4)
    assert page.section == "happened"
    shown.press(KEY.Key_BracketRight)
    assert page.section == "needs"
    shown.press(KEY.Key_BracketLeft)
    shown.press(KEY.Key_BracketLeft)
    assert page.section == "journey"
    assert page.nav_list.items["journey"].isChecked()


def test_half_a_small_screen_shows_the_page_and_leads_to_all_of_it(shown: Shown) -> None:
    """As with everything twice as large at 1366 × 768."""
    page = shown.open("person")
    shown.window.resize(683, 360)
    shown.wait(lambda: page.header.follow_up_button.text() == "")
    assert (shown.window.width(), shown.window.height()) == (683, 360)
    page.part.edit()  # type: ignore[union-attr]
    shown.wait(lambda: shown.card().is_editing())

    def focus_is_seen() -> None:
        focused = shown.window.focusWidget()
        assert focused is not None
        assert not focused.visibleRegion().isEmpty(), focused.accessibleName()

    for _press in range(30):
        shown.wait(focus_is_seen)
        shown.press(KEY.Key_Tab)
    assert page.header.follow_up_button.accessibleName() == "Record follow-up"


def test_letters_do_nothing_while_somebody_types(shown: Shown) -> None:
    page = shown.open("timeline")
    shown.press(KEY.Key_E)
    shown.type("Afraid 1 [night]")
    assert page.sheet is None
    assert page.section == "timeline"
    assert isinstance(page.part, TimelinePart)
    assert page.part.box is not None
    assert page.part.box.form.value("case_note.text") == "Afraid 1 [night]"


def test_r_opens_a_referral_for_this_case(shown: Shown) -> None:
    shown.open()
    shown.press(KEY.Key_R)
    assert shown.went == [{"case_id": str(shown.case_id)}]


def test_control_p_leads_to_the_papers_of_this_case(shown: Shown) -> None:
    assert shown.open().print_preview() == Goto("print", {"case_id": str(shown.case_id)})


# Editing


def test_a_section_is_edited_in_place_and_the_timeline_says_what_changed(shown: Shown, desk: Desk) -> None:
    shown.open("person")
    shown.press(KEY.Key_E)
    shown.wait(lambda: shown.card().is_editing())
    shown.retype("person.name_en", "Rahima Begum")
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: not shown.card().is_editing())
    assert case_facts(desk, shown.case_id).answers["person.name_en"] == "Rahima Begum"
    assert shown.page.header.name.text() == "Rahima Begum"
    shown.page.setFocus()
    shown.press(KEY.Key_8)
    shown.sees("Name in English: Rahima Khatun → Rahima Begum")


def test_undo_puts_the_old_answer_back(shown: Shown, desk: Desk) -> None:
    shown.open("person").part.edit()  # type: ignore[union-attr]  # open() waits for it
    shown.wait(lambda: shown.card().is_editing())
    shown.retype("person.name_en", "Rahima Begum")
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: not shown.card().is_editing())
    shown.wait(lambda: shown.window.toast.undo_button.isVisible())
    shown.window.toast.undo_button.click()
    shown.wait(lambda: case_facts(desk, shown.case_id).answers["person.name_en"] == "Rahima Khatun")


def test_the_last_changes_are_undone_one_after_the_other_from_any_page(shown: Shown, desk: Desk) -> None:
    def is_called(name: str) -> bool:
        return case_facts(desk, shown.case_id).answers["person.name_en"] == name

    for name in ("Rahima Begum", "Rahima Bibi"):
        shown.open("person").part.edit()  # type: ignore[union-attr]
        shown.wait(lambda: shown.card().is_editing())
        shown.retype("person.name_en", name)
        shown.press(KEY.Key_Return, CONTROL)
        shown.wait(lambda: not shown.card().is_editing())
        shown.wait(partial(is_called, name))
        shown.wait(lambda: shown.window.toast.undo_button.isVisible())
    shown.window.go(Goto("cases"))
    shown.window.toast.dismiss()
    for name in ("Rahima Begum", "Rahima Khatun"):
        shown.window.undo()
        shown.wait(partial(is_called, name))
        shown.wait(lambda: "Changed back" in shown.window.toast.words.text())
    number = case_facts(desk, shown.case_id).number
    assert shown.window.toast.words.text() == f"Changed back: {number} · Person"
    shown.window.undo()
    assert shown.window.toast.words.text() == "There is nothing to undo."


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(shown: Shown, desk: Desk) -> None:
    shown.open("person").part.edit()  # type: ignore[union-attr]
    shown.wait(lambda: shown.card().is_editing())
    shown.retype("person.nickname", "x" * 201)
    shown.press(KEY.Key_Return, CONTROL)
    shown.sees("This is 201 characters long.")
    form = shown.card().form
    assert form is not None
    assert form.value("person.nickname") == "x" * 201
    assert "person.nickname" not in case_facts(desk, shown.case_id).answers


def test_an_edit_is_warned_by_the_rules_of_the_intake_and_may_be_kept(shown: Shown, desk: Desk) -> None:
    def nickname() -> object:
        return case_facts(desk, shown.case_id).answers.get("person.nickname")

    shown.open("person").part.edit()  # type: ignore[union-attr]
    shown.wait(lambda: shown.card().is_editing())
    card = shown.card()
    shown.retype("person.nickname", "4711")
    shown.press(KEY.Key_Return, CONTROL)
    shown.sees("There is no letter in this name")
    assert nickname() is None
    assert not card.keep_button.isVisible(), "it is kept at the field"
    assert card.form is not None
    keep = next(b for b in card.form.findChildren(QAbstractButton) if b.text() == "Keep as it is" and b.isVisible())
    keep.click()
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: not card.is_editing())
    assert nickname() == "4711"
    shown.window.undo()
    shown.wait(lambda: nickname() is None)


def test_a_warning_about_an_answer_of_another_part_is_kept_on_the_banner(shown: Shown, desk: Desk) -> None:
    shown.open("person").part.edit()  # type: ignore[union-attr]
    shown.wait(lambda: shown.card().is_editing())
    card = shown.card()
    shown.retype("person.age_stated", "17")
    shown.press(KEY.Key_Return, CONTROL)
    shown.sees("They are under 18. A parent or guardian answers for them")
    assert card.form is not None
    for _each in range(5):  # what stands at fields of this form is kept there
        keeps = [b for b in card.form.findChildren(QAbstractButton) if b.text() == "Keep as it is" and b.isVisible()]
        if keeps:
            keeps[0].click()
    card.keep_button.click()
    shown.wait(lambda: not card.is_editing())
    assert case_facts(desk, shown.case_id).is_minor


def test_a_conflict_shows_the_new_value_and_keeps_what_was_typed(shown: Shown, desk: Desk) -> None:
    shown.open("person").part.edit()  # type: ignore[union-attr]
    shown.wait(lambda: shown.card().is_editing())
    shown.retype("person.name_en", "Rahima Begum")
    cases.edit_case(desk, shown.case_id, {"person.name_en": ("Rahima Khatun", "Rahima Akter")})
    shown.wait(lambda: shown.page.header.name.text() == "Rahima Akter")
    form = shown.card().form
    assert form is not None
    assert form.value("person.name_en") == "Rahima Begum"
    shown.press(KEY.Key_Return, CONTROL)
    shown.sees("Meanwhile it says: Rahima Akter.")
    assert form.value("person.name_en") == "Rahima Begum"
    assert case_facts(desk, shown.case_id).answers["person.name_en"] == "Rahima Akter"
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: not shown.card().is_editing())
    assert case_facts(desk, shown.case_id).answers["person.name_en"] == "Rahima Begum"


def test_what_was_typed_and_not_saved_is_there_again(shown: Shown, desk: Desk) -> None:
    shown.open("person").part.edit()  # type: ignore[union-attr]
    shown.wait(lambda: shown.card().is_editing())
    shown.retype("person.nickname", "Moyna")
    page = shown.open("timeline")
    assert isinstance(page.part, TimelinePart)
    page.part.edit()
    shown.type("Half a note")
    page = shown.open("timeline")
    assert isinstance(page.part, TimelinePart)
    assert page.part.box is not None
    assert page.part.box.form.value("case_note.text") == "Half a note"
    shown.open("person")
    form = shown.card().form
    assert form is not None
    assert form.value("person.nickname") == "Moyna"
    assert "person.nickname" not in case_facts(desk, shown.case_id).answers


# Notes and follow-ups


def test_what_was_unfolded_stays_unfolded_when_something_is_added_above(shown: Shown, desk: Desk) -> None:
    person = {
        "nickname": "Moyna",
        "village_or_street": "Charpara",
        "upazila": "Sadar",
        "name_en": "Rahima Begum",
        "name_bn": "রহিমা বেগম",
        "phone_1": "+8801711000111",
        "contact_person_name": "Salma",
    }
    answers = case_facts(desk, shown.case_id).answers
    edits = {f"person.{name}": (answers.get(f"person.{name}"), value) for name, value in person.items()}
    cases.edit_case(desk, shown.case_id, edits)
    page = shown.open("timeline")
    shown.sees("Show 2 more")
    next(b for b in page.findChildren(QAbstractButton) if b.text() == "Show 2 more").click()
    shown.wait(lambda: "Show 2 more" not in shown.said())
    notes.add_note(desk, shown.case_id, "general", "She slept well")
    shown.sees("She slept well")
    assert "Show 2 more" not in shown.said()


def test_one_kind_of_entry_is_chosen_and_heard(shown: Shown, desk: Desk) -> None:
    notes.add_note(desk, shown.case_id, "general", "She slept well")
    part = shown.open("timeline").part
    assert isinstance(part, TimelinePart)
    shown.wait(lambda: part.chips["note"].accessibleName() == "Notes  1")
    part.chips["note"].click()
    assert [code for code, chip in part.chips.items() if chip.isChecked()] == ["note"]


def test_a_look_at_a_time_in_doubt_says_so(shown: Shown, desk: Desk) -> None:
    look(replace(desk, clock=Clock(lambda: NOW - timedelta(days=400))), shown.case_id)
    shown.open("looked")
    shown.sees("clock in doubt")


def test_a_note_is_added_and_corrected_by_another(shown: Shown, desk: Desk) -> None:
    page = shown.open("timeline")
    shown.press(KEY.Key_E)
    shown.type("She slept well")
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: len(notes.notes_of(desk, shown.case_id)) == 1)
    shown.wait(lambda: any(b.text() == "Correct" for b in page.findChildren(QAbstractButton)))
    next(b for b in page.findChildren(QAbstractButton) if b.text() == "Correct").click()
    sheet = page.sheet
    assert isinstance(sheet, NoteSheet)
    assert sheet.form.value("case_note.text") == "She slept well"
    shown.press(KEY.Key_A, CONTROL)
    shown.type("She slept little")
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: len(notes.notes_of(desk, shown.case_id)) == 2)
    new, old = notes.notes_of(desk, shown.case_id)
    assert (new.text, new.corrects) == ("She slept little", old.id)
    assert old.text == "She slept well"
    shown.wait(lambda: page.sheet is None)
    shown.sees("She slept little")
    assert page.part is not None
    badges = [each.accessibleName() for each in page.part.findChildren(QWidget)]
    assert any(name.startswith("Corrects the note of 12 May 2026") for name in badges)


def test_a_recorded_follow_up_moves_the_next_contact(shown: Shown, desk: Desk) -> None:
    page = shown.open()
    shown.press(KEY.Key_F)
    sheet = page.sheet
    assert isinstance(sheet, FollowUpSheet)
    sheet.form.go_to("follow_up.note")
    shown.type("Her sister answered.")
    sheet.form.go_to("follow_up.next_due_on")
    shown.type("28 May")
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: page.sheet is None)
    facts = case_facts(desk, shown.case_id)
    assert facts.answers["case.next_contact_on"] == date(2026, 5, 28)
    done = [row for row in follow_ups.follow_ups_of(desk, shown.case_id) if row.status == "done"]
    assert [row.note for row in done] == ["Her sister answered."]
    page.setFocus()
    shown.press(KEY.Key_8)
    shown.sees("Her sister answered.")
    shown.sees("→ 28 May 2026")


def test_a_closed_sheet_keeps_what_was_typed(shown: Shown) -> None:
    page = shown.open()
    shown.press(KEY.Key_A)
    shown.type("Half a thought")
    shown.press(KEY.Key_Escape)
    assert page.sheet is None
    page.setFocus()
    shown.press(KEY.Key_A)
    assert isinstance(page.sheet, NoteSheet)
    assert page.sheet.form.value("case_note.text") == "Half a thought"


# Whose case it is


def an_action(page: CasePage, words: str) -> None:
    menu = page.header.menu()
    next(action for action in menu.actions() if action.text() == words).trigger()
    menu.close()


def test_a_colleague_is_named_and_stands_in_the_overview(shown: Shown, desk: Desk) -> None:
    salma = hired(desk, "Nasima Khatun", "nasima", "counsellor")
    page = shown.open()
    an_action(page, "People named on the case")
    sheet = page.sheet
    assert isinstance(sheet, NamedSheet)
    assert [card.text() for card in sheet.cards.values()] == ["Nasima Khatun"]
    sheet.cards[salma].click()
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: page.sheet is None)
    assert access_of(desk, shown.case_id).named == (salma,)
    assert page.part is not None
    shown.wait(lambda: "Nasima Khatun" in texts(page.part))  # type: ignore[arg-type]  # open() waits for it
    assert {"Caseworker", "Farzana Haque", "People named on the case"} <= set(texts(page.part))


def test_a_case_is_handed_over_and_who_no_longer_sees_it_is_led_away(
    show: Callable[[Desk], Shown], desk: Desk, case_id: UUID
) -> None:
    salma = hired(desk, "Salma Begum", "salma", "caseworker")
    shown = show(desk)
    page = shown.open()
    an_action(page, "Hand over")
    assert isinstance(page.sheet, HandOverSheet)
    shown.press(KEY.Key_Return, CONTROL)
    shown.sees("Choose who takes the case over.")
    page.sheet.to.set_value(str(salma))
    assert page.sheet.notice.isHidden(), "somebody is chosen now"
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: page.sheet is None)
    shown.wait(lambda: page.case.facts.owner == "Salma Begum")
    assert shown.window.toast.words.text() == "Handed over to Salma Begum"
    assert "Salma Begum’s case" in page.header.essentials.text()

    hers = replace(desk, actor=Actor(salma, "Salma Begum", frozenset({"caseworker"})))
    shown = show(hers)
    page = shown.open()
    assert {action.text() for action in page.header.menu().actions()} >= {"Hand over", "People named on the case"}
    an_action(page, "Hand over")
    assert isinstance(page.sheet, HandOverSheet)
    assert page.sheet.names == {str(desk.actor.id): "Farzana Haque"}
    page.sheet.to.set_value(str(desk.actor.id))
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: shown.window.where().page == "cases")
    assert access_of(desk, case_id).owner_id == desk.actor.id
    looks = [look.action for look in who_looked(desk, case_id)]
    assert not any(action.startswith("denied") for action in looks), "leaving is no attempt to look"


def test_who_neither_owns_nor_supervises_is_not_asked_whose_case_it_is(
    show: Callable[[Desk], Shown], desk: Desk, case_id: UUID
) -> None:
    page = show(colleague(desk, case_id)).open()
    words = {action.text() for action in page.header.menu().actions()}
    assert not words & {"Hand over", "Supervisor", "People named on the case"}


def test_a_case_that_goes_out_of_reach_shows_nothing_more(
    show: Callable[[Desk], Shown], desk: Desk, case_id: UUID
) -> None:
    shown = show(colleague(desk, case_id))
    page = shown.open()
    cases.mark_confidential(desk, case_id)
    shown.sees("This record is not here.")
    assert not page.header.isVisible()
    assert page.part is None


def test_a_case_that_goes_out_of_reach_while_it_opens_is_not_shown(
    show: Callable[[Desk], Shown], desk: Desk, case_id: UUID
) -> None:
    shown = show(colleague(desk, case_id))
    read = Event()
    shown.window.go(Goto("case", {"case_id": str(case_id)}))
    shown.window.jobs.write(shown.window, read.set, lambda _nothing: None)
    assert read.wait(20), "the case was read, and the answer waits for this very thread"
    assert shown.page.part is None
    cases.mark_confidential(desk, case_id)
    shown.sees("This record is not here.")
    assert shown.page.part is None
    assert not shown.page.header.isVisible()
    assert not [sheet for sheet in shown.window.findChildren(Sheet) if sheet.isVisible()], "it is said once"


# Consent and status


def a_legal_referral(desk: Desk, case_id: UUID) -> None:
    """A referral that rests on the consent to share with legal aid."""
    provider = save_provider(
        desk,
        None,
        {"type": (None, "legal_aid_body"), "name_en": (None, "Nirapod Legal Aid"), "active": (None, True)},
        [ServiceEdit({"service": (None, "legal_counselling")})],
    )
    make_referral(desk, MakeReferral(case_id, service="legal_counselling", provider_id=provider, as_draft=True))


def test_taking_a_consent_back_says_its_effects_first_and_strikes_it_through(shown: Shown, desk: Desk) -> None:
    a_legal_referral(desk, shown.case_id)
    page = shown.open("consent")
    buttons = [b for b in page.findChildren(QAbstractButton) if b.accessibleName() == "Take back: Share with legal aid"]
    buttons[0].click()
    shown.wait(lambda: isinstance(page.sheet, WithdrawSheet))
    shown.sees("This referral is stopped:")
    shown.sees("Nirapod Legal Aid")
    sheet = page.sheet
    assert isinstance(sheet, WithdrawSheet)
    assert shown.window.focusWidget() is sheet.cancel_button
    sheet.save_button.click()
    shown.wait(lambda: page.sheet is None)
    found = {each.scope: each.status for each in consents.consents_of(desk, shown.case_id)}
    assert found["share_legal"] == "withdrawn"
    assert [row.status for row in referrals_of(desk, shown.case_id)] == ["cancelled"]
    shown.sees("Taken back · 12 May 2026")
    struck = [each.text() for each in page.findChildren(PlainLabel) if each.font().strikeOut()]
    assert struck == ["Share with legal aid"]


def test_consent_is_asked_again(shown: Shown, desk: Desk) -> None:
    page = shown.open("consent")
    shown.press(KEY.Key_E)
    sheet = page.sheet
    assert sheet is not None
    choice = sheet.answers["share_shelter"]  # type: ignore[attr-defined]  # the consent sheet
    next(b for b in choice.findChildren(QAbstractButton) if b.text() == "Yes").click()
    shown.press(KEY.Key_Return, CONTROL)
    shown.sees("How was consent given?")
    sheet.form.go_to("consent.method")  # type: ignore[attr-defined]
    shown.type("Spoken")
    shown.press(KEY.Key_Tab)
    sheet.form.set_value("consent.method", "verbal")  # type: ignore[attr-defined]
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: page.sheet is None)
    found = {each.scope: each.status for each in consents.consents_of(desk, shown.case_id)}
    assert found["share_shelter"] == "given"


def test_a_case_is_closed_with_a_reason_and_opened_again(shown: Shown, desk: Desk) -> None:
    page = shown.open()
    close = next(step for step in page.header.steps() if step.to == "closed")
    page.header.take(close)
    assert isinstance(page.sheet, StatusSheet)
    page.sheet.form.go_to("status_event.reason_text")
    shown.type("She asked for it")
    shown.press(KEY.Key_Return, CONTROL)
    shown.sees("Choose the reason.")  # words alone say nothing to a report
    page.sheet.form.set_value("status_event.reason_code", "client_request")
    shown.press(KEY.Key_Return, CONTROL)
    shown.sees("Steps are still planned.")
    assert page.sheet.drop.text() == "Take out of the plan: Welfare check (in 8 days)"
    page.sheet.drop.click()
    assert page.sheet.notice.isHidden()
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: page.case.closed)
    assert {each.status for each in follow_ups.follow_ups_of(desk, shown.case_id)} == {"cancelled"}
    assert not page.header.follow_up_button.isVisible()
    assert page.header.print_button.isVisible()
    shown.sees("Closed since 12 May 2026")
    next(b for b in page.findChildren(QAbstractButton) if b.text().strip() == "Reopen").click()
    shown.type("New threats")
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: not page.case.closed)
    assert case_facts(desk, shown.case_id).status == "active"


def test_a_safety_flag_is_acted_on_and_cleared(shown: Shown, desk: Desk) -> None:
    page = shown.open("happened")
    for words, typed in (("Acted", "Called her sister"), ("Over", "He left the country")):
        next(b for b in page.findChildren(QAbstractButton) if b.text() == words).click()
        shown.type(typed)
        shown.press(KEY.Key_Return, CONTROL)
        shown.wait(lambda: page.sheet is None)
    flag = case_facts(desk, shown.case_id).flags[0]
    assert flag.acted_at is not None
    assert flag.cleared_at is not None
    shown.sees("Over since 12 May 2026")


# What happened, told again


def button_of(shown: Shown, words: str, top: QWidget | None = None) -> QAbstractButton:
    """The button with these words, as soon as it can be pressed."""

    def found() -> list[QAbstractButton]:
        there = (top or shown.window).findChildren(QAbstractButton)
        return [each for each in there if each.text().strip() == words and each.isVisible()]

    shown.wait(lambda: bool(found()))
    return found()[0]


def test_one_more_incident_is_added_and_an_older_one_put_right(shown: Shown, desk: Desk) -> None:
    page = shown.open("happened")
    button_of(shown, "Add what happened").click()
    sheet = page.sheet
    assert isinstance(sheet, IncidentSheet)
    sheet.form.go_to("incident.narrative")
    shown.type("The driver pushed me.")
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: page.sheet is None)
    shown.wait(lambda: len(cards_of(page)) == 2)
    first, second = cards_of(page)
    shown.sees("The driver pushed me.")
    first.edit_button.click()
    assert not second.edit_button.isEnabled()
    assert first.form is not None
    first.form.go_to("incident.narrative")
    shown.press(KEY.Key_A, CONTROL)
    shown.type("They locked the gate.")
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: not first.is_editing())
    told = incidents_of(desk, shown.case_id)
    assert [row.answers["incident.narrative"] for row in told] == ["They locked the gate.", "The driver pushed me."]
    shown.sees("Put right 1 time, last by Farzana Haque")
    assert page.window().toast.isVisible()  # type: ignore[attr-defined]
    page.here.say("")  # the toast of before goes
    shown.page.go_to("timeline")
    shown.sees(f"In their own words: {NARRATIVE} → They locked the gate.")


def cards_of(page: CasePage) -> list[IncidentCard]:
    assert isinstance(page.part, HappenedPart)
    return page.part.cards


def test_an_account_put_right_can_be_changed_back_from_the_toast(shown: Shown, desk: Desk) -> None:
    page = shown.open("happened")
    shown.press(KEY.Key_E)
    (card,) = cards_of(page)
    assert card.form is not None
    card.form.go_to("incident.narrative")
    shown.press(KEY.Key_A, CONTROL)
    shown.type("Nothing happened.")
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: not card.is_editing())
    button_of(shown, "Undo").click()
    shown.wait(lambda: incidents_of(desk, shown.case_id)[0].answers["incident.narrative"] == NARRATIVE)


def test_the_guided_questions_are_asked_again_and_the_worker_decides(shown: Shown, desk: Desk) -> None:
    page = shown.open("happened")
    shown.sees("They were not asked yet.")
    button_of(shown, "Ask again").click()
    sheet = page.sheet
    assert isinstance(sheet, TriageSheet)
    sheet.form.go_to("triage.t06_violence_threat")
    shown.type("y")
    shown.sees("someone to act")
    assert sheet.result().category == "returned_victim"
    sheet.decision.set_value("case.category", "returned_unsuccessful")
    assert sheet.decision.questions["case.category_reason"].isVisible()
    shown.press(KEY.Key_Return, CONTROL)
    shown.sees("This differs from the suggestion. Say why in a word or two.")
    sheet.decision.set_value("case.category_reason", "client_view")
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: page.sheet is None)
    answers = case_facts(desk, shown.case_id).answers
    assert answers["case.category"] == "returned_unsuccessful"
    assert answers["triage.t06_violence_threat"] == "yes"
    shown.sees("1 answer")
    button_of(shown, "Ask again").click()
    again = page.sheet
    assert isinstance(again, TriageSheet)
    assert again.form.value("triage.t06_violence_threat") == "yes"
    button_of(shown, "Use this result", again).click()
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: page.sheet is None)
    assert len(triages_of(desk, shown.case_id).runs) == 2
    assert case_facts(desk, shown.case_id).answers["case.category"] == "returned_victim"


def test_a_run_that_is_not_kept_yet_comes_back(shown: Shown) -> None:
    page = shown.open("happened")
    button_of(shown, "Ask again").click()
    sheet = page.sheet
    assert isinstance(sheet, TriageSheet)
    sheet.form.go_to("triage.t01_pay_problem")
    shown.type("y")
    sheet.decision.set_value("case.category", "returned_victim")
    shown.press(KEY.Key_Escape)
    shown.wait(lambda: page.sheet is None)
    button_of(shown, "Ask again").click()
    sheet = page.sheet
    assert isinstance(sheet, TriageSheet)
    assert sheet.form.value("triage.t01_pay_problem") == "yes"
    assert sheet.decision.value("case.category") == "returned_victim"


def test_a_flag_is_raised_on_the_page(shown: Shown, desk: Desk) -> None:
    page = shown.open("happened")
    button_of(shown, "Raise a flag").click()
    assert page.sheet is not None
    assert not [b for b in page.sheet.findChildren(QAbstractButton) if b.text().startswith("Threatened")]
    shown.press(KEY.Key_Return, CONTROL)
    shown.sees("Choose what is so now.")
    next(b for b in page.sheet.findChildren(QAbstractButton) if "food" in b.text().lower()).click()
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: page.sheet is None)
    assert "no_food" in {flag.code for flag in case_facts(desk, shown.case_id).flags}


def test_a_coordinator_reads_what_is_restricted_for_a_reason_that_the_owner_sees(
    show: Callable[[Desk], Shown], desk: Desk, case_id: UUID
) -> None:
    actor = Actor(UUID(int=77), "Rumana Coordinator", frozenset({"coordinator"}))
    shown = show(replace(desk, actor=actor))
    page = shown.open("happened")
    assert NARRATIVE not in shown.said()
    button_of(shown, "Give a reason").click()
    assert isinstance(page.sheet, ReasonSheet)
    shown.press(KEY.Key_Return, CONTROL)
    shown.sees("Say why in a few words.")
    assert NARRATIVE not in shown.said()
    page.sheet.form.go_to("status_event.reason_text")
    shown.type("Complaint by letter")
    shown.press(KEY.Key_Return, CONTROL)
    shown.sees(NARRATIVE)
    shown.sees("You read what is restricted: Complaint by letter.")
    assert not [b for b in page.findChildren(QAbstractButton) if b.text().strip() == "Edit" and b.isVisible()]
    cases.edit_case(desk, case_id, {"person.upazila": (None, "Shibchar")})
    shown.wait(lambda: page.case.facts.answers.get("person.upazila") == "Shibchar")
    shown.sees(NARRATIVE)
    owner = show(desk)
    owner.open("looked")
    owner.sees("Read what is restricted · Complaint by letter")


# Days, places and money


def test_a_case_on_hold_says_until_when_and_somebody_looks_again(shown: Shown, desk: Desk) -> None:
    page = shown.open()
    page.header.take(next(step for step in page.header.steps() if step.to == "on_hold"))
    sheet = page.sheet
    assert isinstance(sheet, StatusSheet)
    sheet.form.set_value("status_event.reason_code", "client_away")
    for day in (None, date(2026, 5, 12), date(2026, 8, 30)):
        sheet.form.set_value("follow_up.due_on", day)
        shown.press(KEY.Key_Return, CONTROL)
        shown.sees("within 90 days, on which somebody looks again.")
        assert page.case.facts.status != "on_hold"
        shown.wait(lambda: not sheet.is_busy)
    sheet.form.set_value("follow_up.due_on", date(2026, 6, 1))
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: page.case.facts.status == "on_hold")
    planned = [row for row in follow_ups.follow_ups_of(desk, shown.case_id) if row.status == "planned"]
    assert ("Look again: the case is on hold", date(2026, 6, 1)) in [(row.task, row.due_on) for row in planned]


def test_while_the_clock_is_doubted_no_day_fills_itself_in(
    show: Callable[[Desk], Shown], desk: Desk, case_id: UUID
) -> None:
    earlier = datetime(2026, 5, 2, tzinfo=UTC)  # than what was recorded
    shown = show(replace(desk, clock=lambda: earlier))
    page = shown.open("needs")
    page.open_sheet(PlanSheet(page.case))
    sheet = page.sheet
    assert isinstance(sheet, PlanSheet)
    shown.press(KEY.Key_Return, CONTROL)
    shown.sees("Write the day.")
    sheet.form.set_value("follow_up.due_on", date(2026, 6, 2))
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: page.sheet is None)
    assert date(2026, 6, 2) in {row.due_on for row in follow_ups.follow_ups_of(desk, case_id)}
    page.open_sheet(ConsentSheet(page.case))
    sheet = page.sheet
    assert isinstance(sheet, ConsentSheet)
    sheet.answers["share_shelter"].set_value("given")
    sheet.form.set_value("consent.method", "verbal")
    shown.press(KEY.Key_Return, CONTROL)
    shown.sees("Write the day.")
    sheet.form.set_value("consent.given_on", date(2026, 5, 12))
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: page.sheet is None)
    found = {each.scope: each for each in consents.consents_of(desk, case_id)}
    assert found["share_shelter"].expires_on is None or found["share_shelter"].expires_on > date(2026, 5, 12)


def test_an_intake_under_a_doubted_clock_begins_without_days(desk: Desk) -> None:
    doubted = replace(desk, clock=lambda: datetime(1970, 1, 2, tzinfo=UTC))
    settings = intake_views.settings(doubted)
    assert intake_views.proposals({}, settings, doubted.today())["case.next_contact_on"] is None
    assert intake_views.proposals({}, intake_views.settings(desk), desk.today())["case.next_contact_on"] is not None


def test_the_upazilas_of_the_district_are_offered_and_others_may_be_written(shown: Shown, desk: Desk) -> None:
    shown.open("person")
    shown.press(KEY.Key_E)
    shown.wait(lambda: shown.card().form is not None)
    form = shown.card().form
    assert form is not None
    editor = form.questions["person.upazila"].editor
    assert isinstance(editor, UpazilaEdit)
    assert offered(editor) == {"Dasar", "Kalkini", "Madaripur Sadar", "Rajoir", "Shibchar"}
    form.set_value("person.district", "barguna")
    assert "Amtali" in offered(editor)
    assert "Rajoir" not in offered(editor)
    shown.retype("person.upazila", "Char Janajat")
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: not shown.card().is_editing())
    assert case_facts(desk, shown.case_id).answers["person.upazila"] == "Char Janajat"


def offered(editor: UpazilaEdit) -> set[str]:
    model = editor.line.completer().model()
    return {str(model.index(row, 0).data()) for row in range(model.rowCount())}


def test_foreign_money_says_about_how_much_it_is_in_taka(
    show: Callable[[Desk], Shown], desk: Desk, case_id: UUID
) -> None:
    cases.edit_case(desk, case_id, {"migration_episode.wages_owed": (None, Money(450_000, "sar"))})
    show(desk).open("journey")
    plain = show(desk)
    plain.open("journey")
    assert "(about" not in plain.said(), "no rate, no guess"
    set_rate(desk, "sar", Money(3_250, "bdt"))
    shown = show(desk)
    shown.open("journey")
    shown.sees("SAR 4,500 (about BDT 1,46,250)")
    shown.press(KEY.Key_E)
    shown.wait(lambda: shown.card().form is not None)
    form = shown.card().form
    assert form is not None
    form.go_to("migration_episode.wages_owed")
    shown.press(KEY.Key_A, CONTROL)
    shown.type("2000")
    shown.press(KEY.Key_Tab)
    shown.sees("(about BDT 65,000)")


# Who may see what, and hostile words


def test_a_colleague_sees_locks_and_no_restricted_word_anywhere(
    show: Callable[[Desk], Shown], desk: Desk, case_id: UUID
) -> None:
    notes.add_note(desk, case_id, "counselling", "She cried for an hour.")
    notes.add_note(desk, case_id, "general", "Came with her sister.")
    follow_ups.record_contact(desk, case_id, follow_ups.RecordFollowUp(note="He phoned again."))
    cases.edit_case(desk, case_id, {"incident.place": (None, "A house in Riyadh")})
    secret = (NARRATIVE, SAFE_NOTE, "She cried", "He phoned", "A house in Riyadh", "Threatened by")
    shown = show(colleague(desk, case_id))
    page = shown.open()
    for section in page.codes:
        shown.page.go_to(section)
        shown.wait(lambda: bool(shown.page.case.entries))
        shown.qtbot.wait(100)
        found = [words for words in secret if words in shown.said()]
        assert (section, found) == (section, [])
    shown.page.go_to("happened")
    shown.sees("What happened is restricted. Farzana Haque, the supervisor")
    shown.page.go_to("timeline")
    shown.sees("Restricted note, 12 May 2026")
    shown.sees("Came with her sister.")
    assert "Ask Farzana Haque before you call." in shown.page.strip.rules.text()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_plain(shown: Shown, desk: Desk, name: str) -> None:
    edits: dict[str, tuple[object, object]] = {
        "person.name_en": ("Rahima Khatun", name),
        "person.name_bn": ("রহিমা খাতুন", None),
        "person.upazila": (None, name[:60]),
    }
    cases.edit_case(desk, shown.case_id, edits)
    page = shown.open("person")
    assert page.header.name.text() == name.replace("\u202e", "[U+202E]")
    assert fits(page.header.name)
    assert all(each.textFormat() is Qt.TextFormat.PlainText for each in shown.window.findChildren(QLabel))
    assert page.width() <= shown.window.width()


# Room


def test_the_right_column_goes_below_where_the_window_is_small(show: Callable[..., Shown], desk: Desk) -> None:
    wide = show(desk)
    wide.open()
    narrow = show(desk, width=1024, height=600)
    narrow.open()
    places = []
    for shown in (wide, narrow):
        shown.qtbot.wait(50)
        titles = {each.text(): each for each in shown.page.findChildren(PlainLabel) if each.isVisible()}
        facts, consent = (
            titles[word].mapTo(shown.page, titles[word].rect().topLeft()) for word in ("Key facts", "Consent")
        )
        places.append((facts, consent))
    assert places[0][1].x() > places[0][0].x() + 300
    assert places[1][1].y() > places[1][0].y() + 100
    assert narrow.page.width() <= 1024


@pytest.mark.parametrize("section", ["overview", "person", "journey", "happened", "needs", "consent", "timeline"])
def test_nothing_is_cut_off(show: Callable[..., Shown], desk: Desk, section: str) -> None:
    shown = show(desk, width=1024, height=600)
    page = shown.open(section)
    shown.wait(lambda: bool(page.case.entries))
    shown.qtbot.wait(80)
    assert cut_off(page) == []
    unnamed = [
        each
        for each in page.findChildren(QWidget)
        if each.isVisible() and each.focusPolicy() & Qt.FocusPolicy.TabFocus and not each.accessibleName()
    ]
    assert unnamed == []


# Families, children, papers


def another(desk: Desk, shown: Shown, **more: object) -> None:
    """Another case in the same window."""
    shown.case_id = register_case(desk, a_returnee(person__name_en="Karim Mia", person__phone_1=None, **more))


def test_a_family_has_no_category_to_decide(shown: Shown, desk: Desk) -> None:
    shown.open()
    assert "Category: not decided yet" in shown.said()
    another(desk, shown, case__case_subject="family_of_deceased")
    shown.open()
    assert "Category: not decided yet" not in shown.said()


def test_the_guardian_of_a_child_is_shown_and_changed_with_the_person(shown: Shown, desk: Desk) -> None:
    shown.open("person")
    assert "Guardian" not in shown.said()
    child = {"person__age_stated": 15, "consent__giver": "parent", "consent__giver_name": "Abdul Karim"}
    guardian = {"person__guardian": "Abdul Karim", "person__guardian_safe": "yes"}
    said = {"triage__t09_was_child": "yes", "incident__violations": ["recruited_as_child"]}
    another(desk, shown, **child, **guardian, **said)
    shown.open("person")
    shown.sees("Abdul Karim")
    shown.press(KEY.Key_E)
    shown.wait(lambda: shown.card().form is not None)
    shown.retype("person.guardian", "Rokeya Begum")
    shown.press(KEY.Key_Return, CONTROL)
    shown.wait(lambda: not shown.card().is_editing())
    assert case_facts(desk, shown.case_id).answers["person.guardian"] == "Rokeya Begum"


def test_a_print_says_how_much_it_tells_why_which_copies_and_in_which_language(shown: Shown, desk: Desk) -> None:
    request = PrintRequest("coded", language="bn", purpose="meeting", copies=2)
    assemble.print_summary(desk, shown.case_id, request, "print")
    words = "Coded copy · copies 1, 2 · Bangla · For a meeting or review"
    shown.open("timeline")
    shown.sees(words)
    assert [told.icon for told in timeline(shown.page.case) if told.title == "Printed"] == ["print"]
    shown.open("looked")
    shown.sees(f"Printed · {words}")
    shown.sees("2 copies of papers about this case are out.")
    assemble.print_summary(desk, shown.case_id, replace(request, copies=1), "file")
    shown.sees("3 copies of papers about this case are out.")


def test_a_sheet_stays_until_what_it_asked_for_is_written(shown: Shown, desk: Desk) -> None:
    page = shown.open()
    shown.press(KEY.Key_A)
    sheet = page.sheet
    assert isinstance(sheet, NoteSheet)
    shown.type("Came by.")
    before = Event()
    shown.window.jobs.write(shown.window, partial(before.wait, 10), lambda _done: None)
    shown.press(KEY.Key_Return, CONTROL)
    shown.press(KEY.Key_Escape)
    assert page.sheet is sheet
    before.set()
    shown.wait(lambda: page.sheet is None)
    assert [note.text for note in notes.notes_of(desk, shown.case_id)] == ["Came by."]
    assert not page.case.typed, "nothing comes back as unsaved"


def test_what_a_person_wants_kept_no_more_is_erased_from_its_page(shown: Shown, desk: Desk) -> None:
    page = shown.open()
    assert "Erase what the case says of the person" not in {each.text() for each in page.header.menu().actions()}
    consents.withdraw(desk, shown.case_id, "store_data")
    shown.sees("The person does not want their data kept.")
    an_action(page, "Erase what the case says of the person")
    shown.wait(lambda: isinstance(page.sheet, EraseSheet))
    sheet = page.sheet
    assert isinstance(sheet, EraseSheet)
    assert shown.window.focusWidget() is sheet.cancel_button, "the safe one"
    shown.wait(lambda: not cut_off(shown.window))
    shown.sees("Older backups hold it until newer ones take their place")
    sheet.save()
    assert not sheet.notice.isHidden()
    assert shown.window.focusWidget() is sheet.reason
    shown.type("Asked in writing")
    sheet.save_button.click()
    shown.wait(lambda: page.sheet is None)
    shown.sees("What this case said of the person was erased.")
    shown.wait(lambda: "Rahima" not in shown.said())
    for code in page.codes:
        page.go_to(code)
        shown.wait(lambda: not cut_off(shown.window))
        assert "Rahima" not in shown.said()
        assert NARRATIVE not in shown.said()
