"""The first start, from welcome to the window, by keyboard and without any network."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtPrintSupport import QPrinterInfo
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from casedesk import i18n
from casedesk.services.office import office
from casedesk.services.users import colleagues
from casedesk.settings import load
from casedesk.storage import vault
from casedesk.storage.recovery_key import read_recovery_key
from casedesk.ui.application import Practice
from casedesk.ui.first_run import FirstRun
from casedesk.ui.first_run.steps import CentreStep, LanguageStep, LockStep, RecoveryStep
from casedesk.ui.kit import theme
from casedesk.ui.kit.theme import Theme
from tests.support.on_screen import cut_off
from tests.support.sitting import SECONDS, Sitting, focused, press, type_keys, words_of

PHRASE = "seven mango trees drift past"
Key = Qt.Key
# A key that closes its own screen is let go over nothing; Qt's test tool says so.
pytestmark = pytest.mark.qt_log_ignore("Keyboard event not accepted by receiving widget", extend=True)


@pytest.fixture
def first(qtbot: QtBot, tmp_path: Path) -> Sitting:
    return Sitting(qtbot, tmp_path / "store")


def go_on() -> None:
    press(Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def to_centre(first: Sitting) -> FirstRun:
    press(Key.Key_Space)
    run = first.first_run
    go_on()
    assert isinstance(run.step, CentreStep)
    return run


def to_lock(first: Sitting) -> FirstRun:
    """Answer what the centre and the person are called."""
    run = to_centre(first)
    type_keys("dhk")
    press(Key.Key_Tab)
    type_keys("Dhaka")
    press(Key.Key_Escape)
    press(Key.Key_Tab)
    type_keys("Dhaka Centre")
    press(Key.Key_Tab)
    type_keys("ঢাকা কেন্দ্র")
    go_on()
    type_keys("Farzana Haque")
    press(Key.Key_Tab)
    type_keys("farzana")
    go_on()
    assert isinstance(run.step, LockStep)
    return run


def to_recovery(first: Sitting) -> FirstRun:
    run = to_lock(first)
    type_keys(PHRASE)
    press(Key.Key_Return)
    type_keys(PHRASE)
    go_on()
    first.qtbot.waitUntil(lambda: isinstance(run.step, RecoveryStep), timeout=20_000)
    return run


def type_groups(run: FirstRun) -> None:
    step = run.step
    assert isinstance(step, RecoveryStep)
    for box, group in zip(step.card.boxes, step.card.asked, strict=True):
        box.setFocus()
        typed = groups_shown(run)[group - 1].lower()
        QTest.keyClicks(box, typed)
        assert box.text().lower() == typed


def groups_shown(run: FirstRun) -> list[str]:
    lines = words_of(run).splitlines()
    return [line for line in lines if len(line) == 5 and line.isascii() and line.isalnum() and line == line.upper()]


def test_tab_goes_from_one_passphrase_to_the_other(first: Sitting) -> None:
    """Not to the eye, where the spaces of the second one would show the first."""
    run = to_lock(first)
    step = run.step
    assert isinstance(step, LockStep)
    type_keys(PHRASE)
    press(Key.Key_Tab)
    type_keys(PHRASE)
    fields = (step.new.first, step.new.second)
    assert [field.text() for field in fields] == [PHRASE, PHRASE]
    assert all(field.line.echoMode() == QLineEdit.EchoMode.Password for field in fields)
    press(Key.Key_V, Qt.KeyboardModifier.AltModifier)
    assert fields[1].line.echoMode() == QLineEdit.EchoMode.Normal


def test_a_centre_is_set_up_by_keyboard(first: Sitting) -> None:
    run = to_recovery(first)
    assert len(groups_shown(run)) == 7
    recovery = "-".join(groups_shown(run))
    read_recovery_key(recovery).wipe()
    type_groups(run)
    go_on()
    assert "farzana" in words_of(run)
    go_on()
    window = first.window
    assert {user.sign_in_name for user in colleagues(window.desk)} == {"farzana"}
    facts = office(window.desk)
    assert (facts.code, facts.district, facts.name_en, facts.name_bn) == ("DHK", "dhaka", "Dhaka Centre", "ঢাকা কেন্দ্র")
    first.end()
    vault.unlock_with_recovery(first.folder, recovery).close()
    vault.unlock(first.folder, "farzana", PHRASE).close()
    assert load(first.folder).centre_bn == "ঢাকা কেন্দ্র"


def test_going_on_says_what_is_missing(first: Sitting) -> None:
    run = to_centre(first)
    assert run.go_on_button.isEnabled()
    go_on()
    assert isinstance(run.step, CentreStep)
    assert "Three letters from A to Z" in run.hint.text()
    first.qtbot.waitUntil(lambda: "Choose the district" in words_of(run), timeout=SECONDS)
    assert focused().objectName() == "centre.code.input"


def test_the_telephone_of_the_centre_is_one_or_some(first: Sitting) -> None:
    run = to_centre(first)
    assert isinstance(run.step, CentreStep)
    form = run.step.form
    form.fill({"centre.code": "DHK", "centre.district": "dhaka", "centre.name_en": "Dhaka", "centre.phone": "ask Rina"})
    go_on()
    assert "is not understood as a phone number" in run.hint.text()
    form.fill({**form.values(), "centre.phone": "02-222 333 44, 01711-000001"})
    go_on()
    assert not isinstance(run.step, CentreStep)


def test_back_keeps_what_was_typed(first: Sitting) -> None:
    run = to_lock(first)
    type_keys(PHRASE)
    run.back_button.click()
    run.back_button.click()
    assert isinstance(run.step, CentreStep)
    assert run.step.form.value("centre.name_en") == "Dhaka Centre"
    go_on()
    go_on()
    assert isinstance(run.step, LockStep)
    assert run.step.new.text() == PHRASE


def test_back_from_the_first_step_is_welcome_again(first: Sitting) -> None:
    press(Key.Key_Space)
    first.first_run.back_button.click()
    assert first.welcome.isVisible()
    assert not vault.vault_exists(first.folder)


@pytest.mark.parametrize(
    ("phrase", "again", "told"),
    [
        ("short", "short", "at least 15 characters"),
        ("Farzana Haque Dhaka", "Farzana Haque Dhaka", "mostly a name"),
        (PHRASE, "seven mango trees drift pass", "not the same"),
        ("", "", "at least 15 characters"),
    ],
)
def test_a_weak_or_mistyped_passphrase_goes_no_further(first: Sitting, phrase: str, again: str, told: str) -> None:
    run = to_lock(first)
    type_keys(phrase)
    press(Key.Key_Return)
    type_keys(again)
    go_on()
    assert isinstance(run.step, LockStep)
    assert told in run.hint.text()
    assert not vault.vault_exists(first.folder)


def test_the_strength_is_told_in_words_and_a_phrase_is_suggested(first: Sitting) -> None:
    run = to_lock(first)
    assert isinstance(run.step, LockStep)
    type_keys("four words")
    assert "Not enough yet" in words_of(run)
    run.step.new.suggest.click()
    assert len(run.step.new.text().split()) == 5
    assert "strong" in words_of(run).lower()
    assert focused() is run.step.new.second.line


def test_hiding_can_be_tried_before_there_is_anything_to_hide(first: Sitting) -> None:
    run = to_lock(first)
    type_keys(PHRASE)
    press(Key.Key_F9)
    assert run.curtain.cover is not None
    assert run.windowTitle() == "Calendar"
    assert "passphrase" not in words_of(run).lower()
    type_keys("wrong")
    press(Key.Key_Return)
    assert run.curtain.cover is not None
    type_keys(PHRASE)
    press(Key.Key_Return)
    assert run.curtain.cover is None
    assert run.windowTitle() == "CaseDesk"
    assert run.step.isVisible()


def test_the_recovery_key_must_be_typed_back(first: Sitting) -> None:
    run = to_recovery(first)
    assert isinstance(run.step, RecoveryStep)
    card = run.step.card
    go_on()
    assert run.step is not None
    assert f"Group {card.asked[0]} does not fit" in run.hint.text()
    card.boxes[0].setFocus()
    type_keys(groups_shown(run)[card.asked[0] - 1])
    card.boxes[1].setFocus()
    type_keys("AAAAA")
    go_on()
    assert f"Group {card.asked[1]} does not fit" in run.hint.text()
    assert card.boxes[1].hasFocus()
    assert not run.back_button.isVisible()


@pytest.mark.skipif(bool(QPrinterInfo.availablePrinters()), reason="a printer is set up here")
def test_without_a_printer_the_key_is_copied_by_hand(first: Sitting) -> None:
    run = to_recovery(first)
    assert isinstance(run.step, RecoveryStep)
    run.step.card.print_button.click()
    assert "No printer is set up" in words_of(run)


def test_closing_after_the_vault_was_made_leaves_a_vault_that_opens(first: Sitting) -> None:
    to_recovery(first)
    first.end()
    vault.unlock(first.folder, "farzana", PHRASE).close()


def test_the_language_changes_and_answers_stay(first: Sitting) -> None:
    press(Key.Key_Space)
    run = first.first_run
    assert isinstance(run.step, LanguageStep)
    press(Key.Key_Down)
    assert i18n.language() == "bn"
    assert load(first.folder).language == "bn"
    go_on()
    type_keys("dhk")
    QTest.keyClick(focused(), Key.Key_L, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert i18n.language() == "en"
    assert isinstance(run.step, CentreStep)
    assert run.step.form.value("centre.code") == "dhk"
    assert "Your centre" in words_of(run)


def test_a_full_disk_is_told_in_words(first: Sitting) -> None:
    run = to_lock(first)
    (first.folder / "vault.db.new").mkdir(parents=True)
    type_keys(PHRASE)
    press(Key.Key_Return)
    type_keys(PHRASE)
    go_on()
    first.qtbot.waitUntil(lambda: run.isEnabled() and run.trouble.isVisible(), timeout=20_000)
    assert isinstance(run.step, LockStep)
    assert run.step.new.text() == PHRASE


def test_a_practice_centre_can_be_looked_round(qtbot: QtBot, tmp_path: Path, empty_centre: Path) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        import shutil

        made.append(folder)
        shutil.copytree(empty_centre, folder)

    practice = Practice(tmp_path / "practice", "farzana", "boats drift past seven mango trees", make)
    sitting = Sitting(qtbot, tmp_path / "store", practice)
    press(Key.Key_Tab)
    press(Key.Key_Space)
    screen = sitting.sign_in
    assert made == [tmp_path / "practice"]
    assert "boats drift past seven mango trees" in words_of(screen)
    sitting.enter("farzana", "boats drift past seven mango trees")
    sitting.end()
    assert not vault.vault_exists(tmp_path / "store")


@pytest.mark.parametrize("language", ["en", "bn"])
@pytest.mark.parametrize("scale", [1.0, 1.4])
def test_nothing_is_cut_off_at_the_smallest_size(
    first: Sitting, qapp: QApplication, language: str, scale: float
) -> None:
    i18n.use(language)
    theme.apply(qapp, Theme(language=language, text_scale=scale))
    first.welcome.rebuild()
    first.welcome.resize(1024, 600)
    QApplication.processEvents()
    assert cut_off(first.welcome) == []
    first.welcome.set_up.emit()
    run = first.first_run
    run.resize(1024, 600)
    for at in (0, 1, 2, 3, 4):
        run.at = at
        run.rebuild()
        QApplication.processEvents()
        assert cut_off(run) == []
