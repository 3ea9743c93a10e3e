"""Registering a person at the screen, with real key presses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import select, text

from casedesk.desk import Actor, Desk
from casedesk.errors import CaseDeskError, Problem
from casedesk.models import (
    Case,
    ConsentLine,
    Draft,
    DraftCount,
    FollowUp,
    IncidentViolation,
    MigrationEpisode,
    NeedItem,
    Person,
    SafetyFlag,
    Triage,
)
from casedesk.services import intake_views
from casedesk.services.drafts import begin_draft, drafts
from casedesk.services.intake import register_case
from casedesk.ui.compare import ComparePage
from casedesk.ui.intake.consent import SaidNo
from casedesk.ui.intake.conversation import Conversation
from casedesk.ui.intake.cover import PauseCover
from casedesk.ui.intake.drafts import DraftsBar
from casedesk.ui.intake.happened import HappenedPart
from casedesk.ui.intake.keeping import Keeper, Marks, keep_marks, marks_of
from casedesk.ui.intake.middle import Middle
from casedesk.ui.kit.messages import Confirm
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.theme import tokens
from casedesk.ui.page import Goto
from casedesk.ui.window import Window
from casedesk.values import Money, PartialDay, Precision
from tests.support.people import a_returnee
from tests.support.sitting import SECONDS
from tests.ui.intake_support import ALT, CTRL, Elsewhere, Typist, a_window, press_button, the_intake

Key = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier
Show = Callable[..., Window]


@pytest.fixture
def show(desk: Desk, qtbot: QtBot) -> Iterator[Show]:
    """Opens a window of the desk, or of another one; `show(Goto(…))` opens it at a place."""
    made: list[Window] = []
    usual = desk

    def open_window(to: Goto | None = None, size: tuple[int, int] = (1366, 768), desk: Desk | None = None) -> Window:
        window = a_window(desk or usual)
        window.resize(*size)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        made.append(window)
        window.go(to or Goto("today"))
        return window

    yield open_window
    for window in made:
        if window.page is not None:
            window.page.leave()  # nothing looks at the store any more when it is gone
        window.close()
        window.deleteLater()
    QApplication.processEvents()


def rows(desk: Desk, model: Any) -> list[Any]:
    with desk.read() as session:
        return list(session.scalars(select(model)))


def wait_for_case(window: Window, qtbot: QtBot) -> Goto:
    qtbot.waitUntil(lambda: window.where().page == "case", timeout=SECONDS)
    return window.where()


def words_on(root: QWidget) -> list[str]:
    QApplication.processEvents()
    return [label.text() for label in root.findChildren(QLabel) if label.isVisible()]


def problems_on(middle: Middle) -> dict[str, tuple[Problem, ...]]:
    """What is shown in the part that is open."""
    assert middle.part is not None
    return middle.part.problems()


def open_draft_of(
    desk: Desk, show: Show, part: str = "consent", also: Mapping[str, object] | None = None, **more: object
) -> Window:
    """An intake begun before, opened at a part."""
    draft_id = begin_draft(desk, "full", {**a_returnee(**more), **(also or {})})
    return show(Goto("intake", {"draft_id": str(draft_id), "part": part, "kind": "full"}))


def go_to(window: Window, key: str) -> QWidget:
    """Put the focus on a question, in whatever part it stands."""
    if (popup := QApplication.activePopupWidget()) is not None:
        popup.hide()  # as a click elsewhere does
    the_intake(window).middle.show_answer(key)
    focused = QApplication.focusWidget()
    assert focused is not None
    return focused


def retype(window: Window, key: str, words: str) -> None:
    line = go_to(window, key)
    assert isinstance(line, QLineEdit)
    line.selectAll()
    Typist(window).type(words)


# Quick register


def test_a_returnee_is_registered_with_at_most_sixty_key_presses(desk: Desk, show: Show, qtbot: QtBot) -> None:
    window = show()
    typist = Typist(window)
    typist.press(Key.Key_N, modifier=CTRL)
    typist.press(Key.Key_Q, modifier=ALT)
    typist.press(Key.Key_Y, Key.Key_Tab, Key.Key_Y, Key.Key_Tab)
    typist.pick("spoken")
    typist.press(Key.Key_Tab)
    typist.type("রহিমা খাতুন")
    typist.press(Key.Key_Tab)
    typist.type("Rahima Khatun")
    typist.press(Key.Key_Return)
    typist.pick("fem")
    typist.press(Key.Key_Tab)
    typist.type("29")
    typist.press(Key.Key_Tab)
    typist.press(Key.Key_Tab)  # no phone
    typist.press(Key.Key_Tab)  # the district of the centre
    typist.pick("oman")
    typist.press(Key.Key_Tab)
    typist.type("12/6/2024")
    typist.press(Key.Key_Tab)
    typist.type("April 2026")
    typist.press(Key.Key_Tab)
    typist.pick("by emp")
    typist.press(Key.Key_Tab)
    typist.pick("wages")
    typist.press(Key.Key_Tab)
    typist.press(Key.Key_Space)  # none of these flags
    typist.press(Key.Key_Return, modifier=CTRL)

    wait_for_case(window, qtbot)
    assert typist.presses <= 60
    (person,) = rows(desk, Person)
    assert (person.name_bn, person.name_en, person.sex_gender, person.age_stated) == (
        "রহিমা খাতুন",
        "Rahima Khatun",
        "female",
        29,
    )
    assert person.safe_contact_rule == ["client_will_call"]
    (case,) = rows(desk, Case)
    assert (case.case_subject, case.intake_place, case.intake_district) == ("returnee", "centre_office", "dhaka")
    assert (case.priority, case.next_contact_on) == ("medium", date(2026, 5, 26))
    (episode,) = rows(desk, MigrationEpisode)
    assert episode.departed_on == PartialDay(date(2024, 6, 12))
    assert (episode.destination_country, episode.main_return_reason) == ("om", "wages_not_paid")
    assert rows(desk, Draft) == []


def test_the_country_of_today_and_the_last_place_come_back(desk: Desk, show: Show, qtbot: QtBot) -> None:
    window = open_draft_of(desk, show, "check", case__intake_place="airport")
    Typist(window).press(Key.Key_Return, modifier=CTRL)
    wait_for_case(window, qtbot)

    window.go(Goto("intake", {"kind": "quick"}))

    answers = the_intake(window).talk.answers
    assert answers["migration_episode.destination_country"] == "sa"
    assert answers["case.intake_place"] == "airport"
    assert answers["migration_episode.returned_on"] == PartialDay(date(2026, 5, 12))
    assert rows(desk, Draft) == []  # defaults alone begin no draft


def test_an_intake_of_somebody_who_was_looked_for_begins_with_the_name(desk: Desk, show: Show, qtbot: QtBot) -> None:
    window = show(Goto("intake", {"name": "Rohila", "kind": "full"}))
    assert the_intake(window).talk.answers["person.name_en"] == "Rohila"
    qtbot.waitUntil(lambda: len(rows(desk, Draft)) == 1, timeout=SECONDS)
    window.go(Goto("today"))
    assert rows(desk, Draft)[0].answers["person.name_en"] == "Rohila"


def test_a_name_that_was_put_right_stays_so(desk: Desk, show: Show) -> None:
    window = show(Goto("intake", {"name": "Rohila", "kind": "quick"}))
    retype(window, "person.name_en", "Rohila Khatun")
    for _time in range(2):
        window.go(Goto("today"))
        window.back()
        assert the_intake(window).talk.answers["person.name_en"] == "Rohila Khatun"
    (draft,) = rows(desk, Draft)
    assert draft.answers["person.name_en"] == "Rohila Khatun"


def test_a_phone_asks_whether_it_is_safe_and_a_child_asks_for_the_guardian(show: Show) -> None:
    window = show(Goto("intake", {"kind": "quick"}))
    part = the_intake(window).middle.part
    assert part is not None
    hidden = ("person.safe_contact_rule", "person.guardian", "consent.giver")
    assert not {*hidden} & set(part.shown())
    retype(window, "person.phone_1", "01711000417")
    retype(window, "person.age_stated", "১৫")
    assert {*hidden} <= set(part.shown())


def test_the_questions_stay_under_the_hand_while_a_list_is_searched(show: Show, qtbot: QtBot) -> None:
    """Half a word is no problem to be told of, and what is told above pushes nothing away."""
    window = show(Goto("intake", {"kind": "quick"}))
    middle = the_intake(window).middle
    line = go_to(window, "migration_episode.main_return_reason")
    qtbot.waitUntil(lambda: not line.visibleRegion().isEmpty())
    at = line.mapTo(window, QPoint())
    QTest.keyClicks(line, "w")
    QApplication.processEvents()
    assert middle.summary.isHidden()
    assert line.mapTo(window, QPoint()) == at
    retype(window, "migration_episode.main_return_reason", "no such word")
    line = go_to(window, "migration_episode.manner_of_return")
    QApplication.processEvents()
    assert not middle.summary.isHidden()
    assert not line.visibleRegion().isEmpty()


def test_flags_propose_priority_and_next_contact_until_somebody_chooses(show: Show) -> None:
    window = show(Goto("intake", {"kind": "quick"}))
    card = go_to(window, "safety_flag.flags")
    QTest.keyClick(card, Key.Key_Space)
    talk = the_intake(window).talk
    assert (talk.answers["case.priority"], talk.answers["case.next_contact_on"]) == ("urgent", date(2026, 5, 12))
    retype(window, "case.priority", "high")
    QTest.keyClick(go_to(window, "safety_flag.none"), Key.Key_Space)
    assert talk.answers["case.priority"] == "high"
    assert "safety_flag.flags" not in talk.answers  # none of these takes the flags away


def test_switching_between_quick_and_full_keeps_the_answers(show: Show, qtbot: QtBot) -> None:
    window = show(Goto("intake", {"kind": "quick"}))
    retype(window, "person.name_en", "Rahima")
    Typist(window).press(Key.Key_Q, modifier=ALT)
    assert the_intake(window).kind == "full"
    assert the_intake(window).talk.answers["person.name_en"] == "Rahima"
    qtbot.waitUntil(lambda: "Draft saved" in the_intake(window).strip.saved.accessibleName())


def test_a_list_opens_beside_its_field_and_never_over_it(show: Show, qtbot: QtBot) -> None:
    window = show(Goto("intake", {"kind": "quick"}))
    line = go_to(window, "migration_episode.main_return_reason")
    assert isinstance(line, QLineEdit)
    qtbot.waitUntil(lambda: not line.visibleRegion().isEmpty())
    popup = line.completer().popup()
    assert popup is not None
    for letter in "wag":
        QTest.keyClicks(popup if popup.isVisible() else line, letter)
        field = line.rect().translated(line.mapToGlobal(QPoint()))
        above, below = field.top() - popup.geometry().bottom(), popup.geometry().top() - field.bottom()
        assert -2 <= max(above, below) <= 4
    popup.hide()


def test_back_leads_past_the_other_way_of_asking_to_where_one_came_from(show: Show, qtbot: QtBot) -> None:
    window = show(Goto("cases"))
    window.new_case()
    typist = Typist(window)
    typist.press(Key.Key_Q, modifier=ALT)
    typist.press(Key.Key_Y)
    qtbot.waitUntil(lambda: "Draft saved" in the_intake(window).strip.saved.accessibleName())
    typist.press(Key.Key_Left, modifier=ALT)
    assert isinstance(window.page, Elsewhere)


def test_quick_becomes_full_at_its_first_part(show: Show) -> None:
    window = show(Goto("intake", {"kind": "quick"}))
    retype(window, "person.name_en", "Rahima")
    typist = Typist(window)
    typist.press(Key.Key_S, modifier=CTRL)
    typist.press(Key.Key_Q, modifier=ALT)
    assert the_intake(window).middle.name == "consent"
    typist.press(Key.Key_Down, modifier=ALT)
    assert the_intake(window).middle.name == "person"


# Full intake


def test_a_full_intake_goes_through_six_parts(desk: Desk, show: Show, qtbot: QtBot) -> None:
    window = show(Goto("intake", {"kind": "full"}))
    typist, intake = Typist(window), the_intake(window)
    typist.press(Key.Key_Y, Key.Key_Tab, Key.Key_Y, Key.Key_Tab)
    typist.type("Thumbprint")
    QTest.keyClick(go_to(window, "safety_flag.none"), Key.Key_Space)

    typist.press(Key.Key_Down, modifier=ALT)
    assert intake.middle.name == "person"
    for key, words in {
        "person.name_bn": "কোহিনূর আক্তার",
        "person.sex_gender": "Female",
        "person.age_stated": "২৭",
        "person.district": "Manikganj",
        "person.mother_name": "Amena Begum",
    }.items():
        retype(window, key, words)
    typist.press(Key.Key_Down, modifier=ALT)
    for key, words in {
        "migration_episode.destination_country": "Oman",
        "migration_episode.departed_on": "2024",
        "migration_episode.returned_on": "২৮/৪/২০২৬",
        "migration_episode.manner_of_return": "Own decision, own arrangement",
        "migration_episode.main_return_reason": "Wages not paid",
        "cost_item.amount": "1,50,000",
    }.items():
        retype(window, key, words)
    typist.press(Key.Key_Down, modifier=ALT)
    for question, answer in (
        ("t01_pay_problem", Key.Key_Y),
        ("t03_papers_held", Key.Key_Y),
        ("t15_means_to_live", Key.Key_D),
    ):
        QTest.keyClick(go_to(window, f"triage.{question}"), answer)
    part = intake.middle.part
    assert isinstance(part, HappenedPart)
    part.cards.cards["wages_not_paid"].click()
    retype_text(window, "incident.narrative", "They took my passport the first day.")
    typist.press(Key.Key_Down, modifier=ALT)
    retype(window, "need_item.needs", "Recover unpaid wages")
    typist.press(Key.Key_Down, modifier=ALT)
    assert intake.middle.name == "check"
    press_button(intake.side, "Use this result")
    typist.press(Key.Key_Return, modifier=CTRL)

    wait_for_case(window, qtbot)
    (case,) = rows(desk, Case)
    assert (case.category, case.category_reason) == ("returned_victim", "agrees_with_suggestion")
    (triage,) = rows(desk, Triage)
    assert triage.answers == ["t01_pay_problem=yes", "t03_papers_held=yes", "t15_means_to_live=declined"]
    assert [row.violation for row in rows(desk, IncidentViolation)] == ["wages_not_paid"]
    assert [row.need for row in rows(desk, NeedItem)] == ["recover_wages"]
    (episode,) = rows(desk, MigrationEpisode)
    assert episode.departed_on == PartialDay(date(2024, 1, 1), Precision.YEAR)


def retype_text(window: Window, key: str, words: str) -> None:
    go_to(window, key)
    Typist(window).type(words)


def test_another_result_needs_its_reason_and_some_reasons_need_words(desk: Desk, show: Show, qtbot: QtBot) -> None:
    told = {"triage.t06_violence_threat": "yes"}
    window = open_draft_of(desk, show, "happened", told)
    panel = the_intake(window).side.triage
    press_button(panel, "Choose another")
    form = panel.form
    assert form is not None
    form.questions["case.category"].editor.set_value("returned_unsuccessful")
    assert not form.questions["case.category_reason_text"].isVisible()
    form.set_value("case.category_reason", "worker_knows_more")
    assert form.questions["case.category_reason_text"].isVisible()
    form.set_value("case.category_reason_text", "Hit by a stranger in the street.")
    press_button(panel, "Decide")
    Typist(window).press(Key.Key_Return, modifier=CTRL)
    wait_for_case(window, qtbot)
    (case,) = rows(desk, Case)
    assert (case.category, case.category_reason) == ("returned_unsuccessful", "worker_knows_more")


def test_private_questions_wait_for_another_day(desk: Desk, show: Show, qtbot: QtBot) -> None:
    window = open_draft_of(desk, show, "happened")
    tick = go_to(window, "case.not_private")
    QTest.keyClick(tick, Key.Key_Space)
    part = the_intake(window).middle.part
    assert isinstance(part, HappenedPart)
    assert "triage.t07_sexual" not in part.shown()
    assert "triage.t09_was_child" in part.shown()
    assert "sexual_harassment" not in [code for code, card in part.cards.cards.items() if card.isVisible()]
    Typist(window).press(Key.Key_Return, modifier=CTRL)
    wait_for_case(window, qtbot)
    assert date(2026, 5, 13) in [task.due_on for task in rows(desk, FollowUp)]


def test_tab_leads_through_the_part_about_what_happened(desk: Desk, show: Show) -> None:
    window = open_draft_of(desk, show, "happened")
    part = the_intake(window).middle.part
    assert isinstance(part, HappenedPart)
    go_to(window, "triage.t15_means_to_live")
    typist = Typist(window)
    seen: list[QWidget | None] = []
    while part.here() in (None, "triage.t15_means_to_live", "incident.violations") and len(seen) < 40:
        typist.press(Key.Key_Tab)
        seen.append(QApplication.focusWidget())
    shown = [card for card in part.cards.cards.values() if card.isVisible()]
    assert [each for each in seen if each in shown] == sorted(shown, key=lambda card: (card.y(), card.x()))
    assert part.here() == "incident.narrative"


def test_all_cards_are_reached_with_tab_as_they_stand(desk: Desk, show: Show) -> None:
    window = open_draft_of(desk, show, "happened")
    part = the_intake(window).middle.part
    assert isinstance(part, HappenedPart)
    part.cards.show_all()
    QApplication.processEvents()
    typist = Typist(window)
    seen: list[QWidget | None] = []
    for _card in part.cards.cards:
        typist.press(Key.Key_Tab)
        seen.append(QApplication.focusWidget())
    assert seen == sorted(part.cards.cards.values(), key=lambda card: (card.y(), card.x()))


def test_wages_are_asked_in_the_money_of_the_country(desk: Desk, show: Show) -> None:
    window = open_draft_of(desk, show, "journey", migration_episode__destination_country=None)
    retype(window, "promised.wage", "20000")
    retype(window, "migration_episode.destination_country", "Oman")
    Typist(window).press(Key.Key_Tab)
    retype(window, "actual.wage", "90")
    answers = the_intake(window).talk.answers
    assert (answers["promised.wage"], answers["actual.wage"]) == (Money(2_000_000, "bdt"), Money(90_000, "omr"))


def test_a_part_grows_with_what_is_said_under_its_fields(desk: Desk, show: Show) -> None:
    window = open_draft_of(desk, show, "check", also={"triage.t01_pay_problem": "yes", "triage.t03_papers_held": "yes"})
    press_button(the_intake(window).side, "Use this result")
    retype(window, "case.next_contact_on", "20 5")
    assert "20 May 2026" in words_on(the_intake(window).middle)
    line = go_to(window, "case.next_contact_on")
    assert line.height() >= line.minimumSizeHint().height()


def test_a_reason_begins_with_what_is_the_matter(desk: Desk, show: Show) -> None:
    window = open_draft_of(desk, show, "happened", also={"triage.t01_pay_problem": "yes"})
    assert "A critical question has no answer, never read it as no." in words_on(the_intake(window).side)


def test_name_and_state_are_not_cut_where_there_is_room(desk: Desk, show: Show, qtbot: QtBot) -> None:
    window = open_draft_of(desk, show, "person")
    retype(window, "person.name_bn", "মোসাম্মৎ মর্জিনা বেগম তালুকদার")
    Typist(window).press(Key.Key_Tab)
    strip = the_intake(window).strip
    qtbot.waitUntil(lambda: "মর্জিনা" in strip.name.text())
    strip.saving()
    strip.saved_at(desk.clock())
    assert strip.saved.width() == strip.saved.sizeHint().width(), "not even for a moment"
    widest = strip.name.fontMetrics().horizontalAdvance(strip.name.text())
    qtbot.waitUntil(lambda: strip.name.width() >= widest)
    assert strip.saved.width() == strip.saved.sizeHint().width()


def test_every_violation_is_found_by_typing(desk: Desk, show: Show) -> None:
    window = open_draft_of(desk, show, "happened")
    part = the_intake(window).middle.part
    assert isinstance(part, HappenedPart)
    part.cards.show_all()
    QTest.keyClicks(part.cards.search, "organ")
    shown = [code for code, card in part.cards.cards.items() if card.isVisible()]
    assert shown == ["organ_removal"]
    assert "critical" not in " ".join(words_on(part))


def test_medical_time_limits_come_before_the_questions(desk: Desk, show: Show) -> None:
    window = open_draft_of(desk, show, safety_flag__none=None, also={"safety_flag.flags": ["sexual_violence_72h"]})
    assert "Medical care first" in words_on(the_intake(window).middle)


# Drafts


def test_what_is_typed_is_stored_within_a_second(desk: Desk, show: Show, qtbot: QtBot) -> None:
    window = show(Goto("intake", {"part": "person", "kind": "full"}))
    go_to(window, "person.name_en")
    assert tokens()["time_ms"]["autosave_pause"] <= 1000
    Typist(window).type("Rah")  # the field is not left
    qtbot.waitUntil(lambda: [row.name for row in drafts(desk)] == ["Rah"], timeout=SECONDS)
    qtbot.waitUntil(lambda: the_intake(window).strip.saved.accessibleName() == "Draft saved 15:00")


def test_a_draft_comes_back_with_answers_part_and_marks(desk: Desk, show: Show) -> None:
    window = show(Goto("intake", {"part": "person", "kind": "full"}))
    retype(window, "person.name_en", "Kohinoor")
    retype(window, "person.date_of_birth", "long ago")  # not understood, and not lost
    go_to(window, "person.nickname")
    Typist(window).press(Key.Key_N, modifier=ALT)
    window.close()

    (row,) = drafts(desk)
    again = show(Goto("intake", {"draft_id": str(row.id)}))
    intake = the_intake(again)
    assert intake.middle.name == "person"
    assert intake.talk.answers["person.name_en"] == "Kohinoor"
    part = intake.middle.part
    assert part is not None
    assert part.typed() == {"person.date_of_birth": "long ago"}
    mark = part.questions()["person.nickname"].not_now
    assert mark is not None
    assert mark.isChecked()


def test_another_language_or_look_loses_nothing(desk: Desk, show: Show) -> None:
    window = show(Goto("intake", {"part": "person", "kind": "full"}))
    go_to(window, "person.name_en")
    Typist(window).type("Rahima")
    window.rebuild()
    assert the_intake(window).talk.answers["person.name_en"] == "Rahima"
    assert the_intake(window).middle.name == "person"
    assert len(drafts(desk)) == 1


def test_a_full_disk_is_told_and_nothing_typed_is_lost(desk: Desk, show: Show, qtbot: QtBot) -> None:
    window = show(Goto("intake", {"part": "happened", "kind": "full"}))
    intake = the_intake(window)
    with desk.store.vault.writer.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    go_to(window, "incident.narrative")
    Typist(window).type("তারা কাগজ রেখে দিয়েছে। " * 4000)
    qtbot.waitUntil(lambda: intake.strip.saved.accessibleName() == "Not saved — disk problem", timeout=SECONDS)
    with desk.store.vault.writer.connect() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
    qtbot.waitUntil(lambda: len(drafts(desk)) == 1, timeout=SECONDS)
    assert str(drafts(desk)[0].answers["incident.narrative"]).startswith("তারা কাগজ")


def test_the_keys_go_back_to_the_field_when_a_case_could_not_be_registered(
    desk: Desk, show: Show, qtbot: QtBot
) -> None:
    window = open_draft_of(desk, show, part="person")
    field = go_to(window, "person.name_en")
    with desk.store.vault.writer.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
    Typist(window).press(Key.Key_Return, modifier=CTRL)
    qtbot.waitUntil(lambda: bool(window.findChildren(Sheet)), timeout=SECONDS)
    assert rows(desk, Case) == []
    Typist(window).press(Key.Key_Escape)
    assert QApplication.focusWidget() is field


def test_save_now_tells_the_time(desk: Desk, show: Show) -> None:
    window = show(Goto("intake", {"part": "person", "kind": "full"}))
    go_to(window, "person.name_en")
    Typist(window).type("Rahima")
    Typist(window).press(Key.Key_S, modifier=CTRL)
    assert window.toast.words.text() == "Saved at 15:00"
    assert len(drafts(desk)) == 1


def test_a_pause_shows_the_time_and_nothing_of_the_person(desk: Desk, show: Show) -> None:
    window = open_draft_of(desk, show, "person")
    press_button(the_intake(window).rail, "Pause interview")
    (cover,) = window.findChildren(PauseCover)
    assert cover.size() == window.size()
    assert words_on(cover) == ["15:00", "A short pause. Everything is kept."]
    Typist(window).press(Key.Key_2, modifier=CTRL)
    assert the_intake(window).isVisible(), "the keys of pages rest"
    press_button(cover, "Continue")
    QApplication.sendPostedEvents(None, 52)  # DeferredDelete
    assert window.findChildren(PauseCover) == []


# Problems


def test_a_date_is_mended_by_a_click_on_the_likely_fix(desk: Desk, show: Show) -> None:
    window = open_draft_of(desk, show, "journey")
    retype(window, "migration_episode.returned_on", "28 4 2023")
    middle = the_intake(window).middle
    assert problems_on(middle) == {}  # never while typing
    Typist(window).press(Key.Key_Tab)
    assert list(problems_on(middle)) == ["migration_episode.returned_on"]
    assert "1 answer to look at" in words_on(middle)
    part = middle.part
    assert part is not None
    go_to(window, "migration_episode.returned_on")
    press_button(part, "28 April 2026")
    assert the_intake(window).talk.answers["migration_episode.returned_on"] == PartialDay(date(2026, 4, 28))
    Typist(window).press(Key.Key_Tab)
    assert problems_on(middle) == {}


def test_the_next_problem_is_one_key_away_in_whatever_part(desk: Desk, show: Show) -> None:
    more = {"migration_episode.returned_on": PartialDay(date(2020, 1, 1)), "person.phone_1": "+88012"}
    window = open_draft_of(desk, show, also=more)
    typist, middle = Typist(window), the_intake(window).middle
    seen = []
    for _time in range(3):
        typist.press(Key.Key_F8)
        part = middle.part
        assert part is not None
        seen.append((middle.name, part.here()))
    assert seen[:2] == [("person", "person.phone_1"), ("journey", "migration_episode.returned_on")]
    assert seen[2] == seen[0]
    typist.press(Key.Key_F8, modifier=SHIFT)
    assert middle.name == "journey"


def test_a_warning_may_be_kept_and_is_written_down(desk: Desk, show: Show, qtbot: QtBot) -> None:
    window = open_draft_of(desk, show, "person", person__phone_1="+88012345")
    middle = the_intake(window).middle
    part = middle.part
    assert part is not None
    assert list(problems_on(middle)) == ["person.phone_1"]
    press_button(part, "Keep as it is")
    assert problems_on(middle) == {}
    Typist(window).press(Key.Key_Return, modifier=CTRL)
    wait_for_case(window, qtbot)
    (case,) = rows(desk, Case)
    assert case.confirmed_warnings == ["V13"]


def test_what_is_missing_is_listed_with_links_to_its_part(desk: Desk, show: Show, qtbot: QtBot) -> None:
    window = open_draft_of(desk, show, "check", person__sex_gender=None, consent__method=None)
    Typist(window).press(Key.Key_Return, modifier=CTRL)
    summary = the_intake(window).middle.summary
    qtbot.waitUntil(summary.isVisible)
    links = [link for link in summary.findChildren(QPushButton) if link.isVisible()]
    assert [link.text() for link in links] == ["How it was given", "Sex or gender"]
    assert QApplication.focusWidget() is links[0]
    QTest.mouseClick(links[1], Qt.MouseButton.LeftButton)
    assert the_intake(window).middle.name == "person"
    retype(window, "person.sex_gender", "Female")
    retype(window, "consent.method", "Thumbprint on paper")
    Typist(window).press(Key.Key_Return, modifier=CTRL)
    wait_for_case(window, qtbot)


def test_words_that_are_not_understood_stop_registering_and_stay(desk: Desk, show: Show) -> None:
    window = open_draft_of(desk, show, "journey")
    retype(window, "migration_episode.returned_on", "some day")
    Typist(window).press(Key.Key_Return, modifier=CTRL)
    assert "migration_episode.returned_on" in problems_on(the_intake(window).middle)
    line = go_to(window, "migration_episode.returned_on")
    assert isinstance(line, QLineEdit)
    assert line.text() == "some day"
    assert rows(desk, Case) == []


def test_what_stops_registering_is_shown_wherever_one_was_and_stays_until_it_is_mended(
    show: Show, qtbot: QtBot
) -> None:
    window = show(Goto("intake", {"kind": "quick"}))
    typist, summary = Typist(window), the_intake(window).middle.summary
    retype(window, "migration_episode.returned_on", "31.02.2024")
    QTest.keyClick(go_to(window, "safety_flag.none"), Key.Key_Space)
    typist.press(Key.Key_Return, modifier=CTRL)
    focused = QApplication.focusWidget()
    assert focused is not None
    assert summary.isAncestorOf(focused)
    qtbot.waitUntil(lambda: not focused.visibleRegion().isEmpty())
    told = set(problems_on(the_intake(window).middle))
    assert {"consent.method", "person.name_bn", "migration_episode.returned_on"} <= told
    typist.press(Key.Key_F8)
    retype(window, "consent.method", "Thumbprint on paper")
    assert set(problems_on(the_intake(window).middle)) == told - {"consent.method"}


def test_a_minor_needs_somebody_who_answers(desk: Desk, show: Show) -> None:
    window = open_draft_of(desk, show, "consent", person__age_stated=15)
    middle = the_intake(window).middle
    part = middle.part
    assert part is not None
    assert {"person.guardian", "person.guardian_safe"} <= set(part.shown())
    assert {"consent.giver", "person.guardian"} <= set(problems_on(middle))
    retype(window, "consent.giver", "Parent")
    retype(window, "consent.giver_name", "Amena Begum")
    retype(window, "person.guardian", "Amena Begum")
    Typist(window).press(Key.Key_Tab)
    assert not {"consent.giver", "person.guardian"} & set(problems_on(middle))
    assert "Child protection service" in " ".join(words_on(the_intake(window).side))


# A no


def test_a_no_stops_the_intake_and_only_a_count_stays(desk: Desk, show: Show, qtbot: QtBot) -> None:
    window = show(Goto("intake", {"kind": "full"}))
    retype(window, "person.name_en", "Rahima")
    qtbot.waitUntil(lambda: len(drafts(desk)) == 1)
    QTest.keyClick(go_to(window, "consent_line.case_services"), Key.Key_N)
    intake = the_intake(window)
    (said_no,) = intake.findChildren(SaidNo)
    assert said_no.isVisible()
    assert intake.middle.part is not None
    assert not intake.middle.part.isVisible()
    Typist(window).press(Key.Key_Return, modifier=CTRL)
    assert rows(desk, Case) == []
    press_button(said_no, "Remove this draft")
    qtbot.waitUntil(lambda: window.where().page == "today")
    assert rows(desk, Draft) == []
    assert [row.count for row in rows(desk, DraftCount)] == [1]


def test_a_no_may_become_a_yes(show: Show) -> None:
    window = show(Goto("intake", {"kind": "full"}))
    QTest.keyClick(go_to(window, "consent_line.case_services"), Key.Key_N)
    press_button(the_intake(window), "They changed their mind")
    part = the_intake(window).middle.part
    assert part is not None
    assert part.isVisible()
    assert "consent_line.case_services" not in the_intake(window).talk.answers


def test_other_purposes_are_asked_one_by_one(desk: Desk, show: Show, qtbot: QtBot) -> None:
    window = open_draft_of(desk, show)
    press_button(the_intake(window), "Ask about other purposes (24)")
    QTest.keyClick(go_to(window, "consent_line.share_legal"), Key.Key_Y)
    QTest.keyClick(go_to(window, "consent_line.media"), Key.Key_N)
    Typist(window).press(Key.Key_Return, modifier=CTRL)
    wait_for_case(window, qtbot)
    said = {line.scope: line.answer for line in rows(desk, ConsentLine)}
    assert (said["share_legal"], said["media"]) == ("given", "refused")
    assert "research" not in said


# The same person


def test_an_earlier_case_that_looks_alike_is_shown_compared_and_set_aside(desk: Desk, show: Show, qtbot: QtBot) -> None:
    register_case(desk, a_returnee())
    window = open_draft_of(desk, show, "person", person__name_bn="রহিমা খাতুন", person__phone_1="+8801811222333")
    side = the_intake(window).side
    qtbot.waitUntil(side.same.isVisible)
    assert "This may be the same person" in words_on(side)
    Typist(window).press(Key.Key_F4)
    page = window.page
    assert isinstance(page, ComparePage)
    qtbot.waitUntil(page.other_button.isEnabled)
    shown = words_on(page)
    assert "01811-222333" in shown
    assert "01711-000417" not in shown  # the number of the earlier case is masked
    press_button(page, "Not the same person")
    qtbot.waitUntil(lambda: window.where().page == "intake")
    assert the_intake(window).talk.not_same
    Typist(window).press(Key.Key_Return, modifier=CTRL)
    wait_for_case(window, qtbot)
    one, other = rows(desk, Person)
    assert one.not_same_as == [str(other.id)]
    assert other.not_same_as == [str(one.id)]


def test_the_earlier_case_opens_from_the_comparison(desk: Desk, show: Show, qtbot: QtBot) -> None:
    earlier = register_case(desk, a_returnee())
    draft = begin_draft(desk, "full", a_returnee())
    window = show(Goto("compare", {"case_id": str(earlier), "draft_id": str(draft)}))
    page = window.page
    assert isinstance(page, ComparePage)
    qtbot.waitUntil(page.open_button.isEnabled)
    press_button(page, "Open the earlier case")
    assert isinstance(window.page, Elsewhere)
    assert window.page.what == {"case_id": str(earlier)}


# Small screens


def test_a_small_window_has_a_drawer_and_a_short_rail(desk: Desk, show: Show) -> None:
    draft_id = begin_draft(desk, "full", a_returnee())
    window = show(Goto("intake", {"draft_id": str(draft_id), "part": "person", "kind": "full"}), size=(1024, 600))
    intake = the_intake(window)
    assert not intake.side.isVisible()
    press_button(intake.strip, "Suggestion")
    assert intake.side.isVisible()
    Typist(window).press(Key.Key_Escape)
    assert not intake.side.isVisible()
    assert intake.strip.register_button.geometry().right() <= intake.strip.width()


def test_every_control_has_a_name(desk: Desk, show: Show) -> None:
    window = open_draft_of(desk, show, "person")
    for part in ("consent", "person", "journey", "happened", "needs", "check"):
        the_intake(window).middle.show_part(part)
        controls = [
            each
            for kind in (QPushButton, QLineEdit, QCheckBox)
            for each in the_intake(window).findChildren(kind)
            if each.isVisible()
        ]
        assert [each.objectName() for each in controls if not each.accessibleName()] == []


def test_a_flag_becomes_a_safety_flag_and_its_first_step_a_need(desk: Desk, show: Show, qtbot: QtBot) -> None:
    window = open_draft_of(desk, show, safety_flag__none=None, also={"safety_flag.flags": ["nowhere_to_sleep"]})
    press_button(the_intake(window).side, "Add to needs")
    Typist(window).press(Key.Key_Return, modifier=CTRL)
    wait_for_case(window, qtbot)
    assert [flag.flag for flag in rows(desk, SafetyFlag)] == ["nowhere_to_sleep"]
    assert [need.need for need in rows(desk, NeedItem)] == ["safe_place"]


# Somebody who registers and sees no cases


@pytest.fixture
def shelter(desk: Desk) -> Desk:
    return replace(desk, actor=Actor(UUID(int=9), "Abdul Karim", frozenset({"shelter_staff"})))


def test_shelter_staff_begin_with_quick_register_and_come_back_to_it(shelter: Desk, show: Show) -> None:
    window = show(desk=shelter)
    window.go_home()
    assert the_intake(window).kind == "quick"
    retype(window, "person.name_en", "Rahima")
    press_button(the_intake(window).strip, "Save and leave")
    assert "person.name_en" not in the_intake(window).talk.answers
    assert window.findChildren(Sheet) == [], "nothing was refused"
    bar = the_intake(window).findChild(DraftsBar)
    assert bar is not None
    press_button(bar, "Rahima · 12 May 2026, 15:00")
    assert the_intake(window).talk.answers["person.name_en"] == "Rahima"
    assert the_intake(window).findChild(DraftsBar) is None


def test_shelter_staff_hear_the_number_and_register_the_next_one(
    shelter: Desk, desk: Desk, show: Show, qtbot: QtBot
) -> None:
    draft_id = begin_draft(shelter, "quick", a_returnee())
    window = show(Goto("intake", {"draft_id": str(draft_id), "kind": "quick"}), desk=shelter)
    Typist(window).press(Key.Key_Return, modifier=CTRL)
    qtbot.waitUntil(lambda: len(rows(desk, Case)) == 1, timeout=SECONDS)
    (case,) = rows(desk, Case)
    qtbot.waitUntil(lambda: window.toast.words.text() == f"Registered: {case.case_number}", timeout=SECONDS)
    assert the_intake(window).kind == "quick"
    assert "person.name_en" not in the_intake(window).talk.answers
    assert case.owner_id == case.supervisor_id == desk.actor.id
    assert window.findChildren(Sheet) == []


@pytest.mark.parametrize(("role", "home"), [("caseworker", "today"), ("shelter_staff", "intake")])
def test_a_draft_is_removed_after_a_question(role: str, home: str, desk: Desk, show: Show, qtbot: QtBot) -> None:
    window = show(
        Goto("intake", {"kind": "quick"}), desk=replace(desk, actor=replace(desk.actor, roles=frozenset({role})))
    )
    strip = the_intake(window).strip
    assert not strip.remove_button.isVisible(), "there is none yet"
    retype(window, "person.name_en", "Rahima")
    qtbot.waitUntil(strip.remove_button.isVisible)
    strip.remove_button.click()
    (question,) = window.findChildren(Confirm)
    assert "It cannot be brought back. Only a count stays, without name or answers." in words_on(question)
    assert QApplication.focusWidget() is question.cancel
    assert len(rows(desk, Draft)) == 1
    question.yes.click()
    qtbot.waitUntil(lambda: window.toast.words.text() == "The draft is removed. Only a count stays.")
    assert window.where().page == home
    assert rows(desk, Draft) == []
    assert [row.count for row in rows(desk, DraftCount)] == [1]


def test_a_draft_that_could_not_be_removed_is_kept_up(desk: Desk) -> None:
    keeper = Keeper(desk, "full")
    keeper.put({"person.name_en": "Rahima"}, Marks())
    keeper.store()
    with desk.store.vault.writer.connect() as connection:
        connection.execute(text("PRAGMA query_only = ON"))
    with pytest.raises(CaseDeskError):
        keeper.remove()
    with desk.store.vault.writer.connect() as connection:
        connection.execute(text("PRAGMA query_only = OFF"))
    keeper.put({"person.name_en": "Rahima Begum"}, Marks())
    keeper.store()
    assert [draft.name for draft in drafts(desk)] == ["Rahima Begum"]


def test_a_warning_that_was_kept_comes_again_with_another_answer_in_another_sitting(desk: Desk) -> None:
    draft_id = begin_draft(desk, "full", {"person.age": 104})
    settings = intake_views.settings(desk)
    talk = Conversation(desk, settings, {"person.age": 104}, Marks())
    talk.keep("person.age", "V05")
    keep_marks(desk, draft_id, talk.marks("person", "full"))
    again = Conversation(desk, settings, talk.answers, marks_of(desk, draft_id))
    again.say("person.age", 103)
    assert "case.confirmed_warnings" not in again.answers
