"""The print preview, by key events, on a real store."""

from __future__ import annotations

import stat
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from threading import Event
from uuid import UUID

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, Qt
from PySide6.QtGui import QImage
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QFileDialog, QLabel, QLineEdit
from pytestqt.qtbot import QtBot
from sqlalchemy import select

from casedesk.desk import Actor, Desk
from casedesk.models import Disclosure
from casedesk.reports import assemble, preview
from casedesk.services import prints
from casedesk.services.case_facts import case_facts
from casedesk.services.edits import as_new
from casedesk.services.follow_ups import plan
from casedesk.services.history import who_looked
from casedesk.services.intake import register_case
from casedesk.services.preferences import preferences
from casedesk.services.prints import PrintRequest
from casedesk.services.providers import ServiceEdit, save_provider
from casedesk.services.referrals.making import MakeReferral, make_referral
from casedesk.services.referrals.reading import referral_facts
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Goto, Here, Page
from casedesk.ui.print import printing
from casedesk.ui.print.page import PrintPage
from casedesk.ui.print.pages import PaperView, Thumbnail
from casedesk.ui.print.preview import Preview
from casedesk.ui.window import Window
from tests.support.hands import Hands
from tests.support.on_screen import cut_off, nameless
from tests.support.people import a_returnee

KEY = Qt.Key


class CaseStub(Page):
    """Stands for the case page: all it does here is lead to the preview."""

    def __init__(self, here: Here, *, case_id: str) -> None:
        super().__init__(here)
        self.case_id = case_id
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def print_preview(self) -> Goto:
        return Goto("print", {"case_id": self.case_id})


@dataclass
class Shown(Hands):
    desk: Desk
    case_id: UUID

    @property
    def page(self) -> PrintPage:
        assert isinstance(self.window.page, PrintPage)
        return self.window.page

    @property
    def preview(self) -> Preview:
        assert self.page.preview is not None
        return self.page.preview

    def made(self) -> Preview:
        self.wait(lambda: self.page.preview is not None)
        self.wait(lambda: self.preview.shown is not None and not self.preview.waits())
        return self.preview

    def rest(self) -> None:
        """Let the paper that is being made come to its end."""
        if isinstance(self.window.page, PrintPage) and self.window.page.preview is not None:
            self.made()

    def dialog(self) -> QFileDialog:
        self.wait(lambda: any(each.isVisible() for each in self.page.findChildren(QFileDialog)))
        return next(each for each in self.page.findChildren(QFileDialog) if each.isVisible())

    def save_as(self, path: Path) -> None:
        """Type a path into the dialog and press Enter, as a person does."""
        line = self.dialog().findChild(QLineEdit)
        assert line is not None
        self.wait(line.hasFocus)
        line.selectAll()
        QTest.keyClicks(line, str(path))
        QTest.keyClick(line, KEY.Key_Return)

    def rows(self) -> list[Disclosure]:
        with self.desk.read() as session:
            return list(session.scalars(select(Disclosure)))

    def text(self) -> str:
        shown = self.made().shown
        assert shown is not None
        return " ".join(preview.text_of(shown.paper.pdf).split())


@pytest.fixture
def shown(qtbot: QtBot, desk: Desk) -> Shown:
    case_id = register_case(
        desk,
        a_returnee(
            **{
                "consent_line.sensitive_data": "given",
                "consent_line.share_legal": "given",
                "person.contact_person_name": "Salma Begum",
                "incident.violations": ["wages_not_paid"],
                "need_item.needs": ["recover_wages"],
            }
        ),
    )
    window = Window(desk, {"print": PrintPage, "case": CaseStub}, {})
    made = Shown(qtbot, window, desk, case_id)
    qtbot.addWidget(window, before_close_func=lambda _window: made.rest())
    window.resize(1366, 768)
    window.show()
    window.go(Goto("case", {"case_id": str(case_id)}))
    return made


def test_two_actions_bring_a_case_into_a_file(shown: Shown, tmp_path: Path) -> None:
    shown.press(KEY.Key_P, Qt.KeyboardModifier.ControlModifier)
    shown.press(KEY.Key_Return)  # before the page is drawn: it waits for it
    dialog = shown.dialog()
    assert dialog.testOption(QFileDialog.Option.DontUseNativeDialog)
    number = case_facts(shown.desk, shown.case_id).number
    assert Path(dialog.selectedFiles()[0]).name == f"case-summary_{number}_shared_2026-05-12.pdf"
    path = tmp_path / "paper.pdf"
    shown.save_as(path)
    shown.wait(lambda: len(shown.rows()) == 1 and path.exists())
    assert "Rahima Khatun" in preview.text_of(path.read_bytes())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (row,) = shown.rows()
    assert (row.medium, row.level, row.copy_number, row.purpose) == ("file", "shared", "1", "own_file")
    shown.wait(lambda: "copy 2" in shown.text())
    assert [each.name for each in tmp_path.iterdir() if each.suffix in (".pdf", ".part")] == ["paper.pdf"]


def test_the_folder_that_was_visited_is_forgotten(shown: Shown, tmp_path: Path) -> None:
    shown.window.go(Goto("print", {"case_id": str(shown.case_id)}))
    shown.made()
    shown.press(KEY.Key_Return)
    shown.save_as(tmp_path / "paper.pdf")
    shown.wait(lambda: len(shown.rows()) == 1)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # without a main loop nobody else does
    assert not shown.page.findChildren(QFileDialog)
    settings = QSettings(QSettings.Scope.UserScope, "QtProject")
    assert not any(key.startswith("FileDialog") for key in settings.allKeys())


def test_the_levels_are_chosen_by_keys_and_say_what_they_hide(shown: Shown) -> None:
    shown.window.go(Goto("print", {"case_id": str(shown.case_id)}))
    choices = shown.made().choices
    assert choices.level() == "shared"
    assert choices.hidden.banner.bold.text() == "4 details are hidden on this copy"
    choices.cards["shared"].setFocus()
    shown.press(KEY.Key_Down)
    assert choices.level() == "coded"
    assert "Rahima" not in shown.text()
    choices.hidden.toggle.click()
    assert "Caseworker" in choices.hidden.banner.sentence.text()


@pytest.mark.parametrize("level", ["full", "shared", "coded"])
def test_tab_stops_at_the_level_that_is_chosen(shown: Shown, level: str) -> None:
    shown.window.go(Goto("print", {"case_id": str(shown.case_id)}))
    choices = shown.made().choices
    choices.set_level(level)
    passed = []
    for _step in range(20):
        shown.press(KEY.Key_Tab)
        passed.append(shown.window.focusWidget())
    assert {code for code, card in choices.cards.items() if card in passed} == {level}
    shown.made()


def test_the_purpose_picks_the_level_and_full_is_never_remembered(shown: Shown) -> None:
    shown.window.go(Goto("print", {"case_id": str(shown.case_id)}))
    pane = shown.made()
    for purpose, level in (("meeting", "coded"), ("give_person", "full"), ("own_file", "full"), ("handover", "shared")):
        choose(pane, purpose)
        assert pane.choices.level() == level
    assert not pane.choices.cards["full"].isEnabled()
    shown.made()
    assert not shown.page.save_button.isEnabled()  # there is no consent to hand over
    choose(pane, "own_file")
    assert pane.request().level == "full"
    pane.remember(pane.request())
    assert "print.level.own_file" not in preferences(shown.desk)
    pane.remember(replace(pane.request(), level="coded"))
    shown.wait(lambda: preferences(shown.desk).get("print.level.own_file") == "coded")


def choose(pane: Preview, purpose: str) -> None:
    """Pick a purpose from the list with the keyboard."""
    combo = pane.choices.purpose
    combo.setFocus()
    wanted = combo.findData(purpose)
    while combo.currentIndex() != wanted:
        QTest.keyClick(combo, KEY.Key_Down if combo.currentIndex() < wanted else KEY.Key_Up)


def test_own_words_wait_for_a_full_copy_and_a_tick(shown: Shown) -> None:
    shown.window.go(Goto("print", {"case_id": str(shown.case_id)}))
    pane = shown.made()
    own = pane.choices.parts[prints.OWN_WORDS]
    assert not own.isEnabled()
    choose(pane, "give_person")
    assert own.isEnabled()
    assert prints.OWN_WORDS not in pane.request().parts
    own.setFocus()
    shown.press(KEY.Key_Space)
    assert prints.OWN_WORDS in pane.request().parts
    shown.made()


def test_words_that_give_somebody_away_are_blacked_out_until_unticked(shown: Shown) -> None:
    plan(shown.desk, shown.case_id, "welfare_check", date(2026, 5, 20), "Ask Salma about the ferry")
    shown.window.go(Goto("print", {"case_id": str(shown.case_id)}))
    given_away = shown.made().choices.given_away
    assert given_away.blacked() == ("Salma",)
    assert "Salma" not in shown.text()
    box = given_away.findChild(QCheckBox)
    assert box is not None
    box.setFocus()
    shown.press(KEY.Key_Space)
    assert "Salma" in shown.text()
    assert shown.page.place()["asked"]["kept"] == ["Salma"]


def test_a_partner_without_consent_gets_nothing(shown: Shown) -> None:
    legal = save_provider(
        shown.desk,
        None,
        as_new({"name_en": "Nirapod Legal Aid Unit", "type": "legal_aid_body"}),
        [ServiceEdit(as_new({"service": "wage_claim_support"}))],
    )
    clinic = save_provider(
        shown.desk,
        None,
        as_new({"name_en": "Alo Clinic", "type": "hospital_clinic"}),
        [ServiceEdit(as_new({"service": "medical_treatment_service"}))],
    )
    shown.window.go(Goto("print", {"case_id": str(shown.case_id)}))
    pane = shown.made()
    choose(pane, "give_partner")
    for partner, allowed in ((clinic, False), (legal, True)):
        pane.choices.partner.setFocus()
        while pane.choices.partner.value() != str(partner):
            shown.press(KEY.Key_Down)
        shown.made()
        assert pane.choices.refused.isHidden() is allowed
        assert shown.page.save_button.isEnabled() is allowed


def test_the_page_in_view_is_told_and_marked_at_once(qtbot: QtBot) -> None:
    told = list[tuple[int, int]]()
    view = PaperView()
    qtbot.addWidget(view)
    view.page_changed.connect(lambda at, count: told.append((at, count)))
    view.resize(700, 600)
    view.show()

    def marked() -> list[bool]:
        QApplication.processEvents()
        return [each.isChecked() for each in view.findChildren(Thumbnail) if each.isVisible()]

    def show() -> None:
        view.show_pages([QImage(597, 842, QImage.Format.Format_RGB32) for _page in range(3)])

    show()
    assert told[-1] == (0, 3)
    assert marked() == [True, False, False]
    view.go_to(1)
    show()
    assert told[-1] == (1, 3)
    assert marked() == [False, True, False]


def test_a_language_switch_keeps_what_was_chosen(shown: Shown) -> None:
    shown.window.go(Goto("print", {"case_id": str(shown.case_id)}))
    pane = shown.made()
    choose(pane, "meeting")
    pane.choices.reason.setFocus()
    QTest.keyClicks(pane.choices.reason, "monthly review")
    asked = shown.page.place()
    shown.window.rebuild()
    again = shown.made()
    assert shown.page.place() == asked
    assert again.request().reason == "monthly review"
    assert again.choices.level() == "coded"


def test_the_letter_is_sent_when_it_was_handed_over(shown: Shown, tmp_path: Path) -> None:
    desk = shown.desk
    partner = save_provider(
        desk,
        None,
        as_new({"name_en": "Nirapod Legal Aid Unit", "type": "legal_aid_body"}),
        [ServiceEdit(as_new({"service": "wage_claim_support"}))],
    )
    referral_id = make_referral(
        desk, MakeReferral(shown.case_id, "wage_claim_support", partner, fields_shared=("name_age",))
    )
    what = {"case_id": str(shown.case_id), "paper": "letter", "referral_id": str(referral_id)}
    shown.window.go(Goto("print", what))
    shown.made()
    assert shown.page.handed_over.isHidden()
    assert "copy 1 of 2" in shown.text()
    shown.press(KEY.Key_Return)
    assert Path(shown.dialog().selectedFiles()[0]).name.startswith("referral-letter_RF-26-K3-")
    shown.save_as(tmp_path / "letter.pdf")
    shown.wait(lambda: bool(shown.rows()))
    shown.wait(lambda: not shown.page.handed_over.isHidden())
    assert [row.document for row in shown.rows()] == ["referral-letter"]
    shown.made()
    shown.page.setFocus()
    for _tab in range(40):
        focused = shown.window.focusWidget()
        if focused is not None and focused.accessibleName() == "It was handed over":
            break
        shown.press(KEY.Key_Tab)
    shown.press(KEY.Key_Return)
    shown.wait(lambda: referral_facts(desk, referral_id).row.status == "sent")
    shown.wait(lambda: isinstance(shown.window.page, CaseStub))


def test_who_may_not_print_sees_why(qtbot: QtBot, desk: Desk) -> None:
    case_id = register_case(desk, a_returnee())
    other = replace(desk, actor=Actor(desk.actor.id, "Rina Das", frozenset({"coordinator"})))
    window = Window(other, {"print": PrintPage}, {})
    qtbot.addWidget(window)
    window.go(Goto("print", {"case_id": str(case_id)}))
    window.show()

    def said() -> list[str]:
        assert window.page is not None
        return [label.text() for label in window.page.findChildren(PlainLabel)]

    qtbot.waitUntil(lambda: "Your role does not allow this." in said())
    assert not any("Rahima" in text for text in said())


def test_the_look_waits_its_turn_behind_other_writes_and_comes_before_the_paper(shown: Shown) -> None:
    written = Event()
    shown.window.jobs.write(shown.window, written.wait, lambda _done: None)
    shown.window.go(Goto("print", {"case_id": str(shown.case_id)}))
    try:
        assert shown.page.preview is None
        assert not any("Rahima" in label.text() for label in shown.page.findChildren(QLabel))
        shown.press(KEY.Key_Return)  # kept until the paper is there
    finally:
        written.set()
    shown.dialog()
    assert [entry.action for entry in who_looked(shown.desk, shown.case_id)].count("case.view") == 1


def test_a_printer_gets_every_page_of_every_copy(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:  # noqa: ARG001 - a printer needs the application
    case_id = register_case(
        desk, a_returnee(**{"consent_line.sensitive_data": "given", "incident.narrative": "I want to go home. " * 500})
    )
    asked = PrintRequest("full", parts=frozenset(prints.PARTS), copies=2)
    files = assemble.print_summary(desk, case_id, asked, "print")
    printer = QPrinter()
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "out.pdf"))
    printing.send(files, printer)
    assert preview.pages((tmp_path / "out.pdf").read_bytes()) == sum(preview.pages(pdf) for pdf in files) >= 4


def test_a_folder_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(printing.NotSaved):
        printing.write_file(b"%PDF", tmp_path / "gone" / "paper.pdf")


@pytest.mark.parametrize("size", [(1366, 768), (1024, 600)])
def test_every_control_has_a_name_and_no_word_is_cut(shown: Shown, size: tuple[int, int]) -> None:
    shown.window.resize(*size)
    shown.window.go(Goto("print", {"case_id": str(shown.case_id)}))
    shown.made()
    shown.qtbot.wait(50)
    assert nameless(shown.page) == []
    assert cut_off(shown.page) == []
