"""Six people come home: registered, found again, referred and printed in the real window, by keys (DOMAIN 16)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TypeVar, cast
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from casedesk import codelists
from casedesk.desk import Desk
from casedesk.i18n import spoken_first
from casedesk.reports import preview
from casedesk.services.case_facts import case_facts
from casedesk.services.consents import consents_of
from casedesk.services.edits import as_new
from casedesk.services.history import history, who_looked
from casedesk.services.intake_views import suggestion
from casedesk.services.providers import ServiceEdit, save_provider
from casedesk.services.referrals.reading import referrals_of
from casedesk.services.triages import triages_of
from casedesk.storage.checking import check
from casedesk.ui.application import tables
from casedesk.ui.case.consent import WithdrawSheet
from casedesk.ui.case.page import CasePage
from casedesk.ui.cases.page import CasesPage
from casedesk.ui.intake.consent import ConsentPart
from casedesk.ui.intake.happened import ViolationCards
from casedesk.ui.intake.page import IntakePage
from casedesk.ui.intake.parts import ConsentEdit, FlagCards
from casedesk.ui.kit.chosen import AnswerEdit, Chips, TickCards, TickEdit
from casedesk.ui.kit.editor import Editor
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.page import Page
from casedesk.ui.palette import Choice, Palette
from casedesk.ui.print import printing
from casedesk.ui.print.page import PrintPage
from casedesk.ui.refer.sheet import ReferSheet
from casedesk.ui.window import Window
from tests.conftest import PASSPHRASE
from tests.support.sitting import NOW, Sitting, activate, words_of
from tests.support.six_returnees import INVESTOR, PARTNERS, SIX, WIDOW, Answers, Partner, Referring, Returnee
from tests.ui.intake_support import ALT, CTRL, Typist, press_button

KEY = Qt.Key
PICTURES = Path(__file__).parents[2] / "build" / "six"
PARTS = ("consent", "person", "journey", "happened", "needs", "check")
FARTHEST = 140  # presses of Tab until something must have come
P = TypeVar("P", bound=Page)
S = TypeVar("S", bound=Sheet)


class Caseworker:
    """Somebody at the keyboard of the real window."""

    def __init__(self, qtbot: QtBot, window: Window, folder: Path) -> None:
        self.qtbot, self.window, self.folder = qtbot, window, folder
        self.keys = Typist(window)
        self.type = self.keys.type

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is, and let the program do what it does between two keys."""
        self.wake()
        self.keys.press(key, modifier=modifier)
        QApplication.processEvents()
        self.wake()

    def wake(self) -> None:
        """The offscreen platform forgets which window is the active one when a list closes."""
        asks = any(isinstance(each, QFileDialog) and each.isVisible() for each in QApplication.topLevelWidgets())
        if QApplication.activePopupWidget() is None and not asks and not self.window.isActiveWindow():
            activate(self.window)

    def wait(self, holds: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(holds, timeout=10_000)

    def page(self, kind: type[P]) -> P:
        self.wait(lambda: isinstance(self.window.page, kind))
        assert isinstance(self.window.page, kind)
        return self.window.page

    def sheet(self, kind: type[S]) -> S:
        self.wait(lambda: any(each.isVisible() for each in self.window.findChildren(kind)))
        return next(each for each in self.window.findChildren(kind) if each.isVisible())

    def focused(self) -> QWidget:
        found = QApplication.focusWidget()
        assert found is not None
        return found

    def walk(self, wanted: Callable[[QWidget], bool], key: Qt.Key = KEY.Key_Tab) -> QWidget:
        """Press a key until the focus is on what is wanted."""
        self.wake()
        for _step in range(FARTHEST):
            here = QApplication.focusWidget()
            if here is not None and wanted(here):
                return here
            self.press(key)
        raise AssertionError(f"{key.name} does not lead there from {self.focused().accessibleName()!r}")

    def walk_to(self, name: str, key: Qt.Key = KEY.Key_Tab) -> QWidget:
        return self.walk(lambda each: each.accessibleName() == name, key)

    def walk_into(self, one: QWidget, key: Qt.Key = KEY.Key_Tab) -> QWidget:
        return self.walk(lambda each: each is one, key)

    def choose(self, name: str, value: str) -> None:
        """Pick from a combo box with the arrow keys."""
        combo = self.walk_to(name)
        assert isinstance(combo, QComboBox)
        wanted = combo.findData(value)
        while combo.currentIndex() != wanted:
            self.press(KEY.Key_Down if combo.currentIndex() < wanted else KEY.Key_Up)

    def picture(self, name: str) -> None:
        QApplication.processEvents()
        assert self.window.grab().save(str(PICTURES / f"{name}.png"))

    # Intake

    @property
    def intake(self) -> IntakePage:
        return self.page(IntakePage)

    def editor(self, key: str) -> Editor:
        part = self.intake.middle.part
        assert part is not None
        return part.questions()[key].editor

    def go_to_part(self, name: str) -> None:
        step = KEY.Key_Down if PARTS.index(name) >= PARTS.index(self.intake.middle.name) else KEY.Key_Up
        while self.intake.middle.name != name:
            self.press(step, modifier=ALT)

    def answer_all(self, answers: Answers) -> None:
        for key, said in answers.items():
            part = self.intake.middle.part
            assert part is not None
            if key not in part.questions():
                assert isinstance(part, ConsentPart)
                self.walk_into(part.more)
                self.press(KEY.Key_Space)
                self.wait(part.questions()[key].isVisible)
            self.answer(key, said)

    def answer(self, key: str, said: str | tuple[str, ...]) -> None:
        """Go to a question with Tab, as far as it is, and answer it."""
        self.wake()
        part = self.intake.middle.part
        assert part is not None
        asked = list(part.questions())
        here = part.here()
        back = here is not None and asked.index(here) > asked.index(key)
        editor = self.editor(key)
        assert editor.isVisible(), f"{key} is not asked"
        if isinstance(editor, ViolationCards):
            for code in said:
                self.tick_violation(editor, code)
            return
        self.walk(lambda each: editor.isAncestorOf(each), KEY.Key_Backtab if back else KEY.Key_Tab)
        if isinstance(editor, AnswerEdit | ConsentEdit):
            self.press(KEY(ord(str(said))))
        elif isinstance(editor, TickEdit):
            self.press(KEY.Key_Space)
        elif isinstance(said, tuple):
            self.answer_several(editor, said)
        else:
            self.retype(said)

    def answer_several(self, editor: Editor, said: tuple[str, ...]) -> None:
        for each in said:
            if isinstance(editor, Chips):
                self.type(each)
                self.press(KEY.Key_Tab)
                self.walk_into(editor.line, KEY.Key_Backtab)
            else:
                assert isinstance(editor, TickCards)
                onward = KEY.Key_Right if isinstance(editor, FlagCards) else KEY.Key_Tab
                self.walk_to(each, onward)
                self.press(KEY.Key_Space)

    def tick_violation(self, editor: ViolationCards, code: str) -> None:
        """Tick a card; one that does not stand there is found by typing a part of it."""
        if code not in editor.cards or not editor.cards[code].isVisible():
            self.walk_into(editor.more)
            self.press(KEY.Key_Space)
            self.type(codelists.get("violation_type")[code].en.split()[0])
        self.walk_into(editor.cards[code])
        self.press(KEY.Key_Space)
        assert code in cast("list[str]", editor.value())

    def retype(self, said: str) -> None:
        line = self.focused()
        if isinstance(line, QLineEdit) and line.text():
            self.press(KEY.Key_A, modifier=CTRL)
        self.type(said)

    def register(self, who: Returnee) -> UUID:
        """Ctrl+N, what is told, the category, Ctrl+Enter; returns the case."""
        self.press(KEY.Key_N, modifier=CTRL)
        if (self.intake.kind == "quick") != bool(who.quick):
            self.press(KEY.Key_Q, modifier=ALT)
            self.wait(lambda: (self.intake.kind == "quick") == bool(who.quick))
        if who.quick:
            self.answer_all(who.quick)
            self.press(KEY.Key_Q, modifier=ALT)
            self.wait(lambda: self.intake.kind == "full")
        for part, answers in who.parts:
            self.go_to_part(part)
            self.answer_all(answers)
        self.go_to_part("check")
        self.check_suggestion(who)
        self.decide(who)
        self.picture(f"{who.code}-intake")
        self.press(KEY.Key_Return, modifier=CTRL)
        self.page(CasePage)
        return UUID(self.window.where().what["case_id"])

    def check_suggestion(self, who: Returnee) -> None:
        """The panel says what the answers suggest, and why."""
        settings, answers = self.intake._asking.settings, self.intake.talk.answers
        result = suggestion(answers, settings)
        assert (result.outcome, result.category) in (
            (who.suggested, None),
            (f"suggest_{who.suggested.removeprefix('returned_')}", who.suggested),
        )
        for sentence in who.why:
            self.wait(lambda sentence=sentence: sentence in words_of(self.intake.side.triage))  # type: ignore[misc]  # told by its default
        if who.decided is None:
            assert "Use this result" not in words_of(self.intake.side.triage)
            assert "case.category" not in self.intake.middle.part.shown()  # type: ignore[union-attr]  # a part is shown

    def decide(self, who: Returnee) -> None:
        if who.decide_otherwise:
            self.answer_all(who.decide_otherwise)
        elif who.decided is not None:
            press_button(self.intake.side, "Use this result")

    # Finding

    def find(self, who: Returnee, case_id: UUID) -> None:
        """By letters of the other script than the first name on the list: here in the palette or in the case list."""
        if who.found_by.isascii():
            self.find_in_list(who.found_by, case_id)
        else:
            self.find_in_palette(who.found_by)
        self.wait(lambda: self.window.where().page == "case")
        assert self.window.where().what["case_id"] == str(case_id)

    def find_in_palette(self, typed: str) -> None:
        self.press(KEY.Key_K, modifier=CTRL)
        palette = self.sheet(Palette)
        self.wait(palette.line.hasFocus)
        self.type(typed)

        def found() -> bool:
            chosen = palette.list.choice()
            return isinstance(chosen, Choice) and chosen.person is not None

        self.wait(found)
        self.press(KEY.Key_Return)

    def find_in_list(self, typed: str, case_id: UUID) -> None:
        self.press(KEY.Key_2, modifier=CTRL)
        cases = self.page(CasesPage)
        self.wait(lambda: cases.table.rowCount() > 0)
        self.press(KEY.Key_Slash)
        self.wait(cases.search.hasFocus)
        self.type(typed)
        self.press(KEY.Key_Return)
        self.wait(lambda: cases.table.filters.words == typed and cases.table.rowCount() == 1)
        self.wait(lambda: cases.view.hasFocus() and str(cases.place()["selected"]) == str(case_id))
        self.press(KEY.Key_Return)

    # The case

    def case(self) -> CasePage:
        """The case page with everything read."""
        page = self.page(CasePage)
        self.wait(lambda: page.part is not None and page.case.is_open)
        self.wait(page.isVisible)
        page.setFocus()
        return page

    def sections(self, who: Returnee) -> None:
        """A picture of every section of the case; the last one is read beside the page and comes later."""
        page = self.case()
        for at, code in enumerate(page.codes[:-1], 1):
            self.press(KEY(KEY.Key_0 + at))
            self.wait(lambda code=code: page.section == code)  # type: ignore[misc]  # told by its default
            self.picture(f"{who.code}-case-{at}-{code}")

    def refer(self, who: Returnee, plan: Referring) -> None:
        """R, the need, the partner, what is shared, consent where it is missing, Ctrl+Enter."""
        self.case()
        self.press(KEY.Key_R)
        sheet = self.sheet(ReferSheet)
        self.wait(lambda: not sheet.waits)
        form = sheet.form
        assert form is not None
        if plan.need:
            place = [each.accessibleName() for each in form.needs].index(plan.need)
            self.press(KEY(KEY.Key_1 + place), modifier=ALT)
        else:
            self.walk_to("Service")
            self.type(codelists.get("service_type").label(plan.partner.service))
            self.press(KEY.Key_Tab)
        self.wait(lambda: form.code() == plan.partner.service)
        self.walk_to(plan.partner.name_en)
        self.press(KEY.Key_Space)
        self.wait(lambda: form.partners.partner() is not None)
        self.consent(form.sharing.ask_first, plan)
        self.wait(lambda: sheet.create_button.isEnabled())
        for label in plan.also:
            self.walk_to(label)
            self.press(KEY.Key_Space)
        self.choose("Language of the letter", plan.language)
        self.picture(f"{who.code}-refer")
        self.press(KEY.Key_Return, modifier=CTRL)
        self.page(PrintPage)

    def consent(self, ask_first: QWidget, plan: Referring) -> None:
        assert ask_first.isVisible() is plan.asked_now
        if plan.asked_now:
            if plan.giver:
                self.choose("Who answers", plan.giver)
            self.walk_to("They agree")
            self.press(KEY.Key_Space)

    def take_back(self, purpose: str) -> None:
        page = self.case()
        self.press(KEY.Key_7)
        self.wait(lambda: page.section == "consent")
        self.walk_to(f"Take back: {purpose}")
        self.press(KEY.Key_Space)
        sheet = self.sheet(WithdrawSheet)
        self.picture("investor-take-back")
        assert "This referral is stopped" in words_of(sheet)
        self.walk_into(sheet.save_button)
        self.press(KEY.Key_Space)
        self.wait(lambda: page.sheet is None)

    # Paper

    def print_page(self) -> PrintPage:
        page = self.page(PrintPage)
        self.paper_made(page)
        return page

    def paper_made(self, page: PrintPage) -> None:
        self.wait(lambda: page.preview is not None)
        pane = page.preview
        assert pane is not None
        self.wait(lambda: pane.shown is not None and not pane.waits())

    def print_summary(self, who: Returnee, level: str, language: str) -> str:
        """Ctrl+P, level and language, Save PDF; the text of the paper."""
        self.case()
        self.press(KEY.Key_P, modifier=CTRL)
        page = self.print_page()
        pane = page.preview
        assert pane is not None
        page.setFocus()
        if pane.choices.level() != level:
            wanted = pane.choices.cards[level]
            self.walk(lambda each: each in pane.choices.cards.values())
            self.press(KEY.Key_Space if self.focused() is wanted else KEY.Key_Up)
        self.choose("Language of the paper", language)
        if level == "full":
            self.walk_to("Include: Own words")
            self.press(KEY.Key_Space)
        self.paper_made(page)
        assert pane.choices.level() == level
        self.picture(f"{who.code}-print-{level}")
        text = self.save_pdf(page, f"{who.code}-summary-{level}-{language}")
        self.press(KEY.Key_Left, modifier=ALT)
        self.case()
        return text

    def print_letter(self, who: Returnee, plan: Referring) -> str:
        """The letter that the referral led to; it goes out where it is handed over."""
        page = self.print_page()
        self.picture(f"{who.code}-print-letter")
        text = self.save_pdf(page, f"{who.code}-letter-{plan.language}")
        if plan.handed_over:
            self.wait(page.handed_over.isVisible)
            self.walk_to("It was handed over")
            self.press(KEY.Key_Return)
        else:
            self.press(KEY.Key_Left, modifier=ALT)
        self.case()
        return text

    def save_pdf(self, page: PrintPage, name: str) -> str:
        page.setFocus()
        self.walk_into(page.save_button)
        self.press(KEY.Key_Return)
        self.wait(lambda: any(each.isVisible() for each in page.findChildren(QFileDialog)))
        line = next(each for each in page.findChildren(QFileDialog) if each.isVisible()).findChild(QLineEdit)
        assert line is not None
        self.wait(line.hasFocus)
        path = self.folder / f"{name}.pdf"
        self.press(KEY.Key_A, modifier=CTRL)
        self.type(str(path))
        self.press(KEY.Key_Return)
        self.wait(path.exists)
        self.wait(lambda: not page._busy)
        self.paper_made(page)
        return keep(path)


def keep(path: Path) -> str:
    """Leave a picture of each page to look at, and return what the paper says."""
    pdf = path.read_bytes()
    for page in range(preview.pages(pdf)):
        assert printing.image_of(pdf, page, 1.5).save(str(PICTURES / f"{path.stem}-{page + 1}.png"))
    return " ".join(preview.text_of(pdf).split())


@pytest.fixture
def caseworker(qtbot: QtBot, store_folder: Path, tmp_path: Path) -> Iterator[Caseworker]:
    """Signed in to a centre with five partners."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    papers = tmp_path / "papers"
    papers.mkdir()
    sitting = Sitting(qtbot, store_folder, tables=tables)
    window = sitting.enter("farzana", PASSPHRASE)
    window.showNormal()
    window.resize(1366, 768)
    qtbot.waitUntil(lambda: window.width() == 1366)
    yield Caseworker(qtbot, window, papers)
    sitting.end()


def add_partner(window: Window, partner: Partner) -> None:
    values = {"name_en": partner.name_en, "name_bn": partner.name_bn, "type": partner.type}
    more = {"phone": "+8801711000220", "focal_person": "Anika Dey", "can_receive_restricted": partner.trusted}
    service = {"service": partner.service, "functional": "yes", "last_verified_on": (NOW - timedelta(days=1)).date()}
    save_provider(
        window.desk, None, as_new({**values, **more, "districts": [partner.district]}), [ServiceEdit(as_new(service))]
    )


# What has to be true


def test_six_people_come_home(caseworker: Caseworker, store_folder: Path) -> None:
    desk = caseworker.window.desk
    for partner in PARTNERS:
        add_partner(caseworker.window, partner)
    cases = {who.code: caseworker.register(who) for who in SIX}
    for who in SIX:
        case_id = cases[who.code]
        caseworker.find(who, case_id)
        registered_as_told(desk, case_id, who)
        if who.referring is not None:
            caseworker.refer(who, who.referring)
            letter_tells_what_was_agreed(caseworker.print_letter(who, who.referring), who, who.referring)
            status = "sent" if who.referring.handed_over else "ready"
            assert [each.status for each in referrals_of(desk, case_id)] == [status]
        language = who.referring.language if who.referring is not None else "bn"
        shared_paper_hides(caseworker.print_summary(who, "shared", language), who)
        full_paper_tells(caseworker.print_summary(who, "full", "bn" if language == "en" else "en"), who)
        if who is INVESTOR:
            caseworker.take_back("Share with training, job or loan providers")
            assert [each.status for each in referrals_of(desk, case_id)] == ["cancelled"]
            given = {each.scope: each.status for each in consents_of(desk, case_id)}
            assert given["share_reintegration"] == "withdrawn"
        caseworker.sections(who)
        history_says_who_what_when(caseworker, who, case_id)
    findings = check(desk.store)
    assert findings.wrong == []
    caseworker.window.close()
    nobody_is_named_in(store_folder)


def registered_as_told(desk: Desk, case_id: UUID, who: Returnee) -> None:
    facts = case_facts(desk, case_id)
    said = facts.answers
    assert (said.get("person.name_bn"), said.get("person.name_en")) == who.names()
    assert said.get("case.category") == who.decided
    assert said.get("case.priority") == who.priority
    assert facts.hide_name is who.hidden_name
    assert facts.names == ((facts.person_code, "") if who.hidden_name else spoken_first(*who.names()))
    wanted = {flag for _part, answers in who.parts for flag in answers.get("safety_flag.flags", ())}
    wanted |= set(who.quick.get("safety_flag.flags", ()))
    assert {codelists.get("safety_flag").label(flag.code) for flag in facts.flags} == wanted
    if who is WIDOW:
        assert {run.outcome for run in triages_of(desk, case_id).runs} <= {"", "no_suggestion"}


def letter_tells_what_was_agreed(text: str, who: Returnee, plan: Referring) -> None:
    partner = plan.partner.name_bn if plan.language == "bn" else plan.partner.name_en
    assert partner in text
    assert "Anika Dey" in text
    if not who.hidden_name:
        assert who.name_bn in text or who.name_en in text
    stays_hidden(text.replace(partner, ""), who)


def shared_paper_hides(text: str, who: Returnee) -> None:
    assert any(name in text for name in who.names()) is not who.hidden_name
    stays_hidden(text, who)
    violations = [code for _part, answers in who.parts for code in answers.get("incident.violations", ())]
    rows = [codelists.get("violation_type")[code] for code in violations]
    for row in rows:
        assert (row.en in text or row.bn in text) is who.sensitive_told


def full_paper_tells(text: str, who: Returnee) -> None:
    for words in who.told:
        assert words in text or words in translated(words, text)


def translated(words: str, text: str) -> str:
    """The text, if it says in Bangla what the word says; places of a code list print in the language of the paper."""
    for name in ("bd_district", "bd_upazila"):
        for row in codelists.get(name):
            if words in (row.en, row.bn) and (row.en in text or row.bn in text):
                return words
    return ""


def stays_hidden(text: str, who: Returnee) -> None:
    said = [words for words in who.secret if words in text]
    assert said == [], f"{who.code}: {said} on a paper for others"


def history_says_who_what_when(caseworker: Caseworker, who: Returnee, case_id: UUID) -> None:
    """Timeline and “Who looked” on the screen, and the entries behind them."""
    desk = caseworker.window.desk
    page = caseworker.case()
    caseworker.press(KEY.Key_8)
    caseworker.wait(lambda: page.section == "timeline" and "Case registered" in words_of(page))
    shown = words_of(page)
    assert "Farzana Haque" in shown
    assert "12 May 2026" in shown
    assert (who.referring is None) is ("Referral prepared" not in shown)
    assert {entry.by for entry in history(desk, case_id)} == {"Farzana Haque"}
    caseworker.press(KEY.Key_9)
    caseworker.wait(lambda: page.section == "looked" and "Printed" in words_of(page))
    caseworker.picture(f"{who.code}-case-9-looked")
    looks = [entry.action for entry in who_looked(desk, case_id)]
    assert looks.count("case.print") == 2
    assert looks.count("referral.print") == int(who.referring is not None)
    assert [line.split(" · ")[0] for line in words_of(page).split("\n")].count("Printed") == 2


def nobody_is_named_in(folder: Path) -> None:
    """No name, in either script, nor a part of one, in any file of the store."""
    names = {part for who in SIX for name in who.names() for part in (name, *name.split()) if len(part) > 3}
    wanted = [(name, name.encode(coding)) for name in names for coding in ("utf-8", "utf-16-le")]
    files = [each for each in folder.rglob("*") if each.is_file()]
    assert files
    for file in files:
        content = file.read_bytes()
        assert [name for name, planted in wanted if planted in content] == []
