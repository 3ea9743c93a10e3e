"""Signing in, and the way back in when a passphrase is forgotten."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot
from sqlalchemy import text

from casedesk import i18n
from casedesk.errors import CaseDeskError
from casedesk.services.sign_in import NewCentre, set_up
from casedesk.settings import Settings, load, save
from casedesk.storage import vault
from casedesk.storage.keys import FLOOR, KEYS
from casedesk.storage.recovery_key import new_recovery_key
from casedesk.storage.tries import TRIES
from casedesk.ui.application import Practice
from casedesk.ui.kit import theme
from casedesk.ui.kit.theme import Theme
from casedesk.ui.passphrases import caps_lock
from casedesk.ui.sign_in import RecoverForm, SignIn, SignInForm
from tests.conftest import CENTRE, PASSPHRASE
from tests.support.on_screen import cut_off
from tests.support.sitting import NOW, SECONDS, Sitting, focused, press, type_keys, words_of

Key = Qt.Key
NEW = "lamps under quiet river bridges"
# A key that closes its own screen is let go over nothing; Qt's test tool says so.
pytestmark = pytest.mark.qt_log_ignore("Keyboard event not accepted by receiving widget", extend=True)


@pytest.fixture
def at_door(qtbot: QtBot, store_folder: Path) -> Sitting:
    """A start of the program where there is a centre."""
    save(store_folder, Settings(centre_en="Dhaka Centre", centre_bn="ঢাকা কেন্দ্র"))
    return Sitting(qtbot, store_folder)


def form_of(sitting: Sitting) -> SignInForm:
    form = sitting.sign_in.form
    assert isinstance(form, SignInForm)
    return form


def refused(sitting: Sitting, text: str) -> None:
    """Wait until the screen says why not."""
    sitting.qtbot.waitUntil(lambda: text in words_of(sitting.sign_in), timeout=SECONDS)


def test_name_and_passphrase_open_the_window(at_door: Sitting) -> None:
    window = at_door.enter("farzana", PASSPHRASE)
    assert window.desk.actor.name == "Farzana Haque"
    assert window.windowTitle() == "CaseDesk"


def test_the_screen_tells_the_centre_and_nothing_of_the_work(at_door: Sitting) -> None:
    words = words_of(at_door.sign_in)
    assert "Dhaka Centre" in words
    assert "Farzana" not in words
    assert at_door.sign_in.windowTitle() == "CaseDesk"
    assert focused().objectName() == "sign_in_name"
    assert not [each for each in QApplication.topLevelWidgets() if isinstance(each, SignInForm)], "one that nobody sees"


@pytest.mark.parametrize(("name", "passphrase"), [("farzana", "wrong words"), ("somebody", PASSPHRASE)])
def test_what_was_wrong_is_not_told(at_door: Sitting, name: str, passphrase: str) -> None:
    assert at_door.sign_in.isVisible()
    type_keys(name)
    press(Key.Key_Return)
    type_keys(passphrase)
    press(Key.Key_Return)
    refused(at_door, "That did not match. Try again.")
    assert focused().objectName() == "passphrase"
    assert form_of(at_door).passphrase.line.selectedText()


def test_while_it_opens_no_key_leads_elsewhere(at_door: Sitting) -> None:
    form = form_of(at_door)
    type_keys("farzana")
    press(Key.Key_Tab)
    type_keys("not these words at all")
    press(Key.Key_Return)
    form.forgotten.click()
    refused(at_door, "That did not match")
    assert form_of(at_door) is form
    assert form.forgotten.isEnabled()


def test_the_wait_after_wrong_tries_is_counted_down(at_door: Sitting) -> None:
    tries = at_door.folder / TRIES
    assert at_door.sign_in.isVisible()
    tries.write_text(f"5 {int(time.monotonic() * 1000)}\n", encoding="ascii")
    type_keys("farzana")
    press(Key.Key_Return)
    type_keys("wrong words")
    press(Key.Key_Return)
    refused(at_door, "Next try in ")
    form = form_of(at_door)
    assert not form.button.isEnabled()
    press(Key.Key_Return)
    assert "Opening" not in words_of(at_door.sign_in)
    tries.write_text("5 1\n", encoding="ascii")
    at_door.qtbot.waitUntil(form.button.isEnabled, timeout=SECONDS)
    assert form.button.text().strip() == "Sign in"


def test_the_wait_is_still_there_after_a_restart(qtbot: QtBot, store_folder: Path) -> None:
    (store_folder / TRIES).write_text(f"9 {int(time.monotonic() * 1000)}\n", encoding="ascii")
    sitting = Sitting(qtbot, store_folder)
    assert "Next try in " in words_of(sitting.sign_in)
    sitting.end()


def test_a_second_program_on_the_vault_says_so(at_door: Sitting) -> None:
    other = vault.unlock(at_door.folder, "farzana", PASSPHRASE)
    assert at_door.sign_in.isVisible()
    type_keys("farzana")
    press(Key.Key_Return)
    type_keys(PASSPHRASE)
    press(Key.Key_Return)
    refused(at_door, "CaseDesk is already open with this vault.")
    other.close()


def without_keys(folder: Path) -> None:
    for path in folder.glob(f"{KEYS}*"):
        path.unlink()


def cut_keys(folder: Path) -> None:
    for path in folder.glob(f"{KEYS}*"):
        path.write_bytes(path.read_bytes()[:400])


def weakened_keys(folder: Path) -> None:
    for path in folder.glob(f"{KEYS}*"):
        path.write_bytes(path.read_bytes().replace(b'"passes": 3', b'"passes": 1'))


def empty_vault(folder: Path) -> None:
    (folder / vault.VAULT).write_bytes(b"")


def plaintext_vault(folder: Path) -> None:
    (folder / vault.VAULT).write_bytes(b"SQLite format 3\x00" + bytes(5000))


def vault_of_another_centre(folder: Path) -> None:
    other = folder.with_name("other")
    desk, recovery = set_up(other, CENTRE, FLOOR, lambda: NOW, device="K4")
    recovery.wipe()
    desk.store.vault.close()
    (folder / vault.VAULT).write_bytes((other / vault.VAULT).read_bytes())


def newer_vault(folder: Path) -> None:
    opened = vault.unlock(folder, "farzana", PASSPHRASE)
    with opened.writer.begin() as connection:
        connection.execute(text("UPDATE vault SET version = 2"))
    opened.close()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (without_keys, "The keys file is missing."),
        (cut_keys, "The keys file is damaged."),
        (weakened_keys, "The keys file was changed so that passphrases are easier to guess."),
        (empty_vault, "The vault file is empty."),
        (plaintext_vault, "The vault file is not encrypted"),
        (vault_of_another_centre, "The vault and the keys file do not belong together"),
        (newer_vault, "A newer version of CaseDesk made this vault."),
    ],
)
def test_what_cannot_be_opened_says_why_and_is_left_as_it_is(
    at_door: Sitting, spoil: Callable[[Path], None], words: str
) -> None:
    spoil(at_door.folder)
    before = files(at_door.folder)
    assert at_door.sign_in.isVisible()
    type_keys("farzana")
    press(Key.Key_Return)
    type_keys(PASSPHRASE)
    press(Key.Key_Return)
    refused(at_door, words)
    assert files(at_door.folder) == before


def files(folder: Path) -> dict[str, bytes]:
    """The vault and its keys, whatever lies beside them."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name.startswith((KEYS, vault.VAULT))}


def test_the_passphrase_can_be_looked_at(at_door: Sitting) -> None:
    line = form_of(at_door).passphrase.line
    assert line.echoMode() == QLineEdit.EchoMode.Password
    line.setFocus()
    press(Key.Key_V, Qt.KeyboardModifier.AltModifier)
    assert line.echoMode() == QLineEdit.EchoMode.Normal
    assert line.hasFocus()
    press(Key.Key_V, Qt.KeyboardModifier.AltModifier)
    assert line.echoMode() == QLineEdit.EchoMode.Password


def test_caps_lock_is_noticed(at_door: Sitting) -> None:
    form = form_of(at_door)
    form.passphrase.line.setFocus()
    type_keys("b")
    assert "Caps Lock" not in words_of(at_door.sign_in)
    QApplication.sendEvent(focused(), QKeyEvent(QEvent.Type.KeyPress, Key.Key_O, Qt.KeyboardModifier.NoModifier, "O"))
    assert "Caps Lock is on" in words_of(at_door.sign_in)
    type_keys("a")
    assert "Caps Lock" not in words_of(at_door.sign_in)


@pytest.mark.parametrize(
    ("text", "shift", "on"),
    [
        ("a", False, False),
        ("A", False, True),
        ("a", True, True),
        ("A", True, False),
        ("ক", False, None),
        ("1", True, None),
    ],
)
def test_letters_tell_of_caps_lock(text: str, shift: bool, on: bool | None) -> None:
    held = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    assert caps_lock(QKeyEvent(QEvent.Type.KeyPress, 0, held, text)) is on


def test_the_language_is_chosen_before_signing_in(at_door: Sitting) -> None:
    type_keys("farzana")
    press(Key.Key_L, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert i18n.language() == "bn"
    assert "ঢাকা কেন্দ্র" in words_of(at_door.sign_in) or "Dhaka Centre" in words_of(at_door.sign_in)
    assert form_of(at_door).name.text() == "farzana"
    assert load(at_door.folder).language == "bn"
    at_door.enter("", PASSPHRASE)
    assert i18n.language() == "bn"


def test_a_practice_centre_tells_how_to_get_in(qtbot: QtBot, store_folder: Path) -> None:
    practice = Practice(store_folder, "farzana", PASSPHRASE, lambda _folder: None)
    sitting = Sitting(qtbot, store_folder, practice)
    assert f"Sign in as farzana with the passphrase “{PASSPHRASE}”." in words_of(sitting.sign_in)
    sitting.end()


@pytest.mark.parametrize("language", ["en", "bn"])
def test_a_practice_door_on_a_small_screen_has_room_for_its_words(
    qtbot: QtBot, store_folder: Path, qapp: QApplication, language: str
) -> None:
    """1366×768 at 150 percent."""
    i18n.use(language)
    theme.apply(qapp, Theme(language=language))
    sitting = Sitting(qtbot, store_folder, Practice(store_folder, "farzana", PASSPHRASE, lambda _folder: None))
    screen = sitting.sign_in
    screen.resize(911, 480)
    screen.rebuild()
    QApplication.processEvents()
    assert cut_off(screen) == []
    assert screen.card.height() >= screen.card.heightForWidth(screen.card.width())
    sitting.end()


# The clock


@pytest.mark.parametrize(
    ("at", "wrong"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), True),
        (datetime(2026, 5, 1, 12, tzinfo=UTC), True),  # after the release, before what was recorded on 12 May
        (NOW, False),
        (datetime(2027, 5, 12, tzinfo=UTC), False),
    ],
)
def test_a_clock_that_cannot_be_right_is_told(qtbot: QtBot, store_folder: Path, at: datetime, wrong: bool) -> None:
    sitting = Sitting(qtbot, store_folder, clock=lambda: at)
    window = sitting.enter("farzana", PASSPHRASE)
    assert ("That looks wrong." in words_of(window)) is wrong
    sitting.end()


# The recovery key


@pytest.fixture(scope="module")
def with_sheet(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A centre and its recovery key."""
    folder = tmp_path_factory.mktemp("sheet") / "store"
    centre = NewCentre(**{name: getattr(CENTRE, name) for name in CENTRE.__dataclass_fields__})
    desk, recovery = set_up(folder, centre, FLOOR, lambda: NOW, device="K3")
    desk.store.vault.close()
    return folder, recovery.text


@pytest.fixture
def forgotten(qtbot: QtBot, tmp_path: Path, with_sheet: tuple[Path, str]) -> Iterator[Sitting]:
    import shutil

    sitting = Sitting(qtbot, Path(shutil.copytree(with_sheet[0], tmp_path / "store")))
    type_keys("farzana")
    sitting.sign_in.recover(("farzana", ""))
    assert focused().objectName() == "recovery_key"
    yield sitting
    sitting.end()


def recovery_form(sitting: Sitting) -> RecoverForm:
    form = sitting.sign_in.form
    assert isinstance(form, RecoverForm)
    return form


def test_the_wrong_group_is_named_and_selected(forgotten: Sitting, with_sheet: tuple[Path, str]) -> None:
    groups = with_sheet[1].split("-")
    groups[2] = groups[2][::-1] if groups[2] != groups[2][::-1] else "AAAAA"
    type_keys(" ".join(groups).lower())
    press(Key.Key_Return)
    assert "Group 3 of the recovery key does not fit." in words_of(forgotten.sign_in)
    assert recovery_form(forgotten).recovery.selectedText() == groups[2].lower()


def test_too_few_groups_are_noticed(forgotten: Sitting, with_sheet: tuple[Path, str]) -> None:
    type_keys(with_sheet[1][:17])
    press(Key.Key_Return)
    assert "seven groups of five" in words_of(forgotten.sign_in)


def test_the_recovery_key_leads_back_in(forgotten: Sitting, with_sheet: tuple[Path, str]) -> None:
    type_keys(with_sheet[1])
    press(Key.Key_Return)
    type_keys(NEW)
    press(Key.Key_Return)
    type_keys(NEW)
    press(Key.Key_Return)
    form = recovery_form(forgotten)
    forgotten.qtbot.waitUntil(lambda: form.shown is not None, timeout=SECONDS)
    assert form.shown is not None
    assert form.key is not None
    fresh = form.key.text
    form.go_on.click()
    assert "does not fit" in words_of(forgotten.sign_in)
    for box, group in zip(form.shown.boxes, form.shown.asked, strict=True):
        box.setFocus()
        type_keys(fresh.split("-")[group - 1])
    form.go_on.click()
    assert forgotten.window.desk.actor.name == "Farzana Haque"
    forgotten.end()
    vault.unlock(forgotten.folder, "farzana", NEW).close()
    vault.unlock_with_recovery(forgotten.folder, fresh).close()
    with pytest.raises(CaseDeskError):
        vault.unlock_with_recovery(forgotten.folder, with_sheet[1])


def test_the_recovery_key_of_another_centre_opens_nothing(forgotten: Sitting) -> None:
    type_keys(new_recovery_key().text)
    press(Key.Key_Return)
    type_keys(NEW)
    press(Key.Key_Return)
    type_keys(NEW)
    press(Key.Key_Return)
    refused(forgotten, "This recovery key does not open this vault.")
    assert recovery_form(forgotten).recovery.isVisible()


def test_back_goes_one_step_at_a_time(forgotten: Sitting, with_sheet: tuple[Path, str]) -> None:
    type_keys(with_sheet[1])
    press(Key.Key_Return)
    recovery_form(forgotten).go_back.click()
    assert recovery_form(forgotten).recovery.text() == with_sheet[1]
    recovery_form(forgotten).go_back.click()
    assert form_of(forgotten).name.text() == "farzana"


@pytest.mark.parametrize("language", ["en", "bn"])
@pytest.mark.parametrize("scale", [1.0, 1.4])
def test_nothing_is_cut_off_at_the_smallest_size(
    at_door: Sitting, qapp: QApplication, language: str, scale: float
) -> None:
    i18n.use(language)
    theme.apply(qapp, Theme(language=language, text_scale=scale))
    screen: SignIn = at_door.sign_in
    screen.resize(1024, 600)
    screen.rebuild()
    QApplication.processEvents()
    assert cut_off(screen) == []
    screen.recover(("farzana", "AAAAA"))
    press(Key.Key_Return)
    QApplication.processEvents()
    assert cut_off(screen) == []
