"""Backups in the window: made, copied, restored, told of on Today; and the way on when a vault does not open."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from casedesk import machine
from casedesk.paths import PRACTICE
from casedesk.practice import is_practice
from casedesk.services import backups, restores
from casedesk.services.intake import register_case
from casedesk.services.notes import add_note
from casedesk.services.problem_report import problem_report
from casedesk.services.search import Filters, count_cases
from casedesk.services.sign_in import sign_in
from casedesk.storage import vault
from casedesk.storage.backup.restoring import waiting_for
from casedesk.ui.application import tables
from casedesk.ui.backups import BackupSection, Keeper, RestoreSheet
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.page import Goto
from casedesk.ui.problem_report import ReportSheet
from casedesk.ui.restore import RestoreForm
from casedesk.ui.settings import SettingsPage
from casedesk.ui.sign_in import SignInForm
from casedesk.ui.waits import Waits
from tests.conftest import NOW, PASSPHRASE
from tests.support.damage import spoil, spoil_tables
from tests.support.on_screen import cut_off
from tests.support.people import a_returnee
from tests.support.sitting import SECONDS, Sitting, entered, words_of

pytestmark = pytest.mark.qt_log_ignore("Keyboard event not accepted by receiving widget", extend=True)
WHY = "The disk was damaged."


@pytest.fixture
def inside(qtbot: QtBot, store_folder: Path) -> Sitting:
    return entered(qtbot, store_folder, tables)


@pytest.fixture
def other_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "another_disk", lambda _one, _other: True)


def section(sitting: Sitting) -> BackupSection:
    sitting.window.go(Goto("settings", {"tab": "backup"}))
    page = sitting.window.page
    assert page is not None
    (found,) = page.findChildren(BackupSection)
    sitting.qtbot.waitUntil(lambda: found.make_button.isVisible(), timeout=SECONDS)
    return found


def says(sitting: Sitting, words: str) -> None:
    sitting.qtbot.waitUntil(lambda: words in words_of(sitting.window), timeout=SECONDS)


def sheet(sitting: Sitting) -> RestoreSheet:
    sitting.qtbot.waitUntil(lambda: bool(sitting.window.findChildren(RestoreSheet)), timeout=SECONDS)
    return sitting.window.findChildren(RestoreSheet)[0]


def after_restoring(sitting: Sitting, backup: Path) -> Sitting:
    """Restore, and the start of the program that follows."""
    section(sitting).restore(backup)
    asked = sheet(sitting)
    asked.reason.setText(WHY)
    asked.yes.click()
    sitting.qtbot.waitUntil(lambda: len(sitting.restarts) == 1, timeout=SECONDS)
    return sitting.after_lock()


def holding(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """As where another program has a file open in this folder."""
    replace = Path.replace

    def held(path: Path, target: Path) -> Path:
        if path == folder:
            raise PermissionError
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", held)


@pytest.mark.parametrize("language", ["en", "bn"])
def test_a_backup_is_made_and_listed(inside: Sitting, language: str) -> None:
    inside.program.use_language(language)
    page = section(inside)
    inside.window.resize(1024, 600)
    page.make_button.click()
    inside.qtbot.waitUntil(lambda: len(backups.backups(inside.window.desk)) == 1, timeout=SECONDS)
    says(inside, "Read back and checked." if language == "en" else "মেলানো")
    assert cut_off(page) == []


@pytest.mark.usefixtures("other_disk")
def test_a_copy_is_made_and_today_says_what_would_be_lost(inside: Sitting, tmp_path: Path) -> None:
    register_case(inside.window.desk, a_returnee())
    inside.window.go(Goto("today"))
    says(inside, "If this computer died now, 1 case would be lost")
    next(
        each for each in inside.window.findChildren(QPushButton) if "Copy to a USB" in each.text() and each.isVisible()
    ).click()
    page = section(inside)
    stick = tmp_path / "stick"
    stick.mkdir()
    page.copy_button.setFocus()
    page.copy_to(str(stick))
    says(inside, "Everything up to now is on another disk.")
    inside.qtbot.waitUntil(page.copy_button.hasFocus, timeout=SECONDS)
    assert [path.name[-16:] for path in stick.iterdir()] == ["-000001.cdbackup"]
    inside.window.go(Goto("today"))
    inside.qtbot.waitUntil(lambda: "Nothing is due today" in words_of(inside.window), timeout=SECONDS)
    assert "If this computer died" not in words_of(inside.window)


def test_a_copy_to_the_same_disk_is_refused_in_words(inside: Sitting, tmp_path: Path) -> None:
    section(inside).copy_to(str(tmp_path))
    says(inside, "This folder is on the same disk as the vault.")


def test_restoring_shows_what_is_lost_and_comes_back_to_the_door(inside: Sitting) -> None:
    desk = inside.window.desk
    (inside.folder / PRACTICE).touch()
    made = backups.make_backup(desk)
    register_case(desk, a_returnee())
    section(inside).restore(made.path)
    asked = sheet(inside)
    assert "What changed in 1 case since 12 May 2026 is not in it" in words_of(asked)
    assert asked.second.isHidden()
    asked.yes.click()
    assert inside.restarts == [], "nothing without a reason"
    asked.reason.setText(WHY)
    asked.yes.click()
    inside.qtbot.waitUntil(lambda: len(inside.restarts) == 1, timeout=SECONDS)
    after = inside.after_lock()
    assert "The backup is restored" in words_of(after.sign_in)
    assert "Nothing was lost" not in words_of(after.sign_in), "what was written since is not in it"
    assert is_practice(inside.folder), "the mark of a practice centre goes along"
    window = after.enter("", PASSPHRASE)
    assert count_cases(window.desk, Filters()) == 0
    assert len(restores.kept(window.desk)) == 1
    after.end()


def test_without_a_changed_case_the_journal_alone_is_missing(inside: Sitting) -> None:
    made = backups.make_backup(inside.window.desk)
    inside.window.desk.note("backup.restore_begun", reason=WHY)
    section(inside).restore(made.path)
    words = words_of(sheet(inside))
    assert "No case has changed since 12 May 2026" in words
    assert "entries of the journal would be missing." in words or "entry of the journal would be missing." in words


def test_a_vault_that_cannot_be_put_aside_stays_and_the_door_says_so(
    inside: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, folder = inside.window.desk, inside.folder
    made = backups.make_backup(desk)
    register_case(desk, a_returnee())
    holding(monkeypatch, folder)
    after = after_restoring(inside, made.path)
    assert "The backup was not restored" in words_of(after.sign_in)
    assert count_cases(after.enter("", PASSPHRASE).desk, Filters()) == 1
    after.end()


@pytest.mark.parametrize("held", [False, True])
def test_after_restoring_the_day_begins_on_today_not_where_the_backup_was(
    inside: Sitting, monkeypatch: pytest.MonkeyPatch, *, held: bool
) -> None:
    inside.window.go(Goto("intake", {"kind": "quick"}))
    inside.window.lock()
    inside = inside.after_lock()
    window = inside.enter("", PASSPHRASE)
    assert window.where().page == "intake"
    made = backups.make_backup(window.desk)
    with monkeypatch.context() as busy:
        if held:
            holding(busy, inside.folder)
        after = after_restoring(inside, made.path)
    assert after.enter("", PASSPHRASE).where().page == "today"
    after.end()


def test_a_restored_vault_that_cannot_get_its_place_waits_and_nothing_begins_there(
    inside: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, folder = inside.window.desk, inside.folder
    made = backups.make_backup(desk)
    register_case(desk, a_returnee())
    with monkeypatch.context() as busy:
        holding(busy, waiting_for(folder))
        after = after_restoring(inside, made.path)
        after.screen(Waits).try_again.click()
        waits = after.screen(Waits)
        assert f"what was restored is in {waiting_for(folder)}" in words_of(waits)
        assert cut_off(waits) == []
        after.program.use_language("bn")
        waits = after.screen(Waits)
        assert "এখনো তার জায়গায় বসানো যায়নি" in words_of(waits)
        assert "Nothing is lost" not in words_of(waits)
        assert str(waiting_for(folder)) in words_of(waits)
        after.program.use_language("en")
        waits = after.screen(Waits)
    waits.try_again.click()
    assert "The backup is restored" in words_of(after.sign_in)
    assert count_cases(after.enter("", PASSPHRASE).desk, Filters()) == 0
    after.end()


def test_a_backup_is_made_by_itself_when_nobody_works(inside: Sitting) -> None:
    window = inside.window
    (keeper,) = window.findChildren(Keeper)
    keeper.look()
    inside.pass_time(59)
    keeper.look()
    assert backups.backups(window.desk) == []
    inside.pass_time(1)
    keeper.look()
    inside.qtbot.waitUntil(lambda: len(backups.backups(window.desk)) == 1, timeout=SECONDS)


def test_without_room_it_is_said_once(inside: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(inside.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=0))
    (keeper,) = inside.window.findChildren(Keeper)
    inside.pass_time(60)
    keeper.look()
    says(inside, "There is no room for a backup")
    assert "At 15:00 only 0 B were free on this disk" in words_of(inside.window)


@pytest.mark.parametrize("language", ["en", "bn"])
def test_a_disk_that_fills_up_is_told_once_and_in_time(
    inside: Sitting, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    inside.program.use_language(language)
    inside.window.resize(1024, 600)
    usage = shutil.disk_usage(inside.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=321_000_000))
    (keeper,) = inside.window.findChildren(Keeper)
    keeper.look()
    told = "only 306 MB were free on this disk" if language == "en" else "খালি ছিল মাত্র"
    says(inside, told)
    keeper.look()
    inside.window.jobs.run(inside.window, lambda: None, lambda _nothing: inside.window.say("looked twice"))
    says(inside, "looked twice")
    assert words_of(inside.window).count(told) == 1
    assert cut_off(inside.window) == []


def test_a_vault_that_does_not_open_leads_to_the_newest_backup(qtbot: QtBot, store_folder: Path) -> None:
    first = Sitting(qtbot, store_folder)
    desk = first.enter("farzana", PASSPHRASE).desk
    register_case(desk, a_returnee())
    backups.make_backup(desk)
    first.window.close()
    first.end()
    path = store_folder / vault.VAULT
    whole = path.read_bytes()
    path.write_bytes(bytes(4096) + whole[4096:])
    sitting = Sitting(qtbot, store_folder)
    door = sitting.sign_in
    asked = door.form
    assert isinstance(asked, SignInForm)
    asked.name.setText("farzana")
    asked.passphrase.line.setText(PASSPHRASE)
    asked.button.click()
    qtbot.waitUntil(asked.restore.isVisible, timeout=SECONDS)
    asked.restore.click()
    form = door.form
    assert isinstance(form, RestoreForm)
    assert form.path is not None
    fill(form)
    form.go.click()
    qtbot.waitUntil(lambda: not isinstance(door.form, RestoreForm), timeout=SECONDS)
    window = sitting.enter("farzana", PASSPHRASE)
    assert count_cases(window.desk, Filters()) == 1
    sitting.end()


@pytest.mark.parametrize("name", ["case", "consent_line", "person", "operation", "preference", "case_index", "user"])
def test_whichever_table_is_damaged_the_window_leads_to_the_backup_and_back(
    qtbot: QtBot, store_folder: Path, name: str
) -> None:
    desk = sign_in(store_folder, "farzana", PASSPHRASE, lambda: NOW)
    register_case(desk, a_returnee())
    backups.make_backup(desk)
    spoil_tables(desk, name)
    sitting = Sitting(qtbot, store_folder, tables=tables)
    after = through_the_door(sitting) if name == "user" else through_the_window(sitting)
    window = after.enter("farzana" if name == "user" else "", PASSPHRASE)
    assert count_cases(window.desk, Filters()) == 1
    assert not window.desk.store.damaged
    after.end()


def through_the_window(sitting: Sitting) -> Sitting:
    """As far as it can be read the vault is shown; the banner under the top bar leads to the backups, and they back."""
    sitting.enter("farzana", PASSPHRASE)
    says(sitting, "The way on is the backup of 12 May 2026, 15:00: Settings, Backup.")
    for sheet_ in sitting.window.findChildren(Sheet):  # what a page could not read
        assert "The vault is damaged" in words_of(sheet_)
        sheet_.dismiss()
    next(each for each in sitting.window.findChildren(QPushButton) if each.text().strip() == "Backups").click()
    page = sitting.window.page
    assert page is not None
    (found,) = page.findChildren(BackupSection)
    sitting.qtbot.waitUntil(lambda: found.file_button.isVisible(), timeout=SECONDS)
    assert found.make_button.isHidden(), "no backup can be made of it"
    (restore,) = [each for each in found.findChildren(QPushButton) if each.text() == "Restore…"]
    restore.click()
    asked = sheet(sitting)
    asked.reason.setText(WHY)
    asked.yes.click()
    sitting.qtbot.waitUntil(lambda: len(sitting.restarts) == 1, timeout=SECONDS)
    return sitting.after_lock()


def through_the_door(sitting: Sitting) -> Sitting:
    asked = sitting.sign_in.form
    assert isinstance(asked, SignInForm)
    asked.name.setText("farzana")
    asked.passphrase.line.setText(PASSPHRASE)
    asked.button.click()
    sitting.qtbot.waitUntil(asked.restore.isVisible, timeout=SECONDS)
    asked.restore.click()
    form = sitting.sign_in.form
    assert isinstance(form, RestoreForm)
    fill(form)
    form.go.click()
    sitting.qtbot.waitUntil(lambda: not isinstance(sitting.sign_in.form, RestoreForm), timeout=SECONDS)
    return sitting


@pytest.mark.parametrize("language", ["en", "bn"])
def test_what_cannot_be_counted_is_said_and_not_guessed(qtbot: QtBot, store_folder: Path, language: str) -> None:
    desk = sign_in(store_folder, "farzana", PASSPHRASE, lambda: NOW)
    case_id = register_case(desk, a_returnee())
    made = backups.make_backup(desk)
    add_note(desk, case_id, "general", "Came by.")
    spoil_tables(desk, "case", "change")
    sitting = entered(qtbot, store_folder, tables)
    sitting.program.use_language(language)
    sitting.window.resize(1024, 600)
    sitting.window.go(Goto("settings", {"tab": "backup"}))
    english = "what would be lost with this computer cannot be counted"
    says(sitting, english if language == "en" else "তা গোনা যাচ্ছে না")
    for each in sitting.window.findChildren(Sheet):
        each.dismiss()
    page = sitting.window.page
    assert page is not None
    (found,) = page.findChildren(BackupSection)
    found.restore(made.path)
    words = words_of(sheet(sitting))
    assert ("What was written since cannot be counted" if language == "en" else "গোনা যাচ্ছে না") in words
    assert cut_off(found) == []
    assert cut_off(sheet(sitting)) == []


def test_a_backup_that_turns_out_bad_at_the_door_is_followed_by_the_one_before(
    qtbot: QtBot, store_folder: Path
) -> None:
    desk = sign_in(store_folder, "farzana", PASSPHRASE, lambda: NOW)
    register_case(desk, a_returnee())
    older, newer = backups.make_backup(desk), backups.make_backup(desk)
    spoil(newer.path, 3)
    spoil_tables(desk, "user")
    sitting = Sitting(qtbot, store_folder, tables=tables)
    door = sitting.sign_in
    door.restore()
    form = door.form
    assert isinstance(form, RestoreForm)
    assert form.path == newer.path
    fill(form)
    form.go.click()
    qtbot.waitUntil(lambda: form.path == older.path, timeout=SECONDS)
    assert "This backup is damaged, so it is not used." in words_of(form)
    assert "The one before it is chosen now" in words_of(form)
    form.go.click()
    qtbot.waitUntil(lambda: not isinstance(door.form, RestoreForm), timeout=SECONDS)
    assert count_cases(sitting.enter("farzana", PASSPHRASE).desk, Filters()) == 1
    sitting.end()


def fill(form: RestoreForm) -> None:
    form.name.setText("farzana")
    form.passphrase.line.setText(PASSPHRASE)
    form.reason.setText(WHY)


def test_a_new_computer_begins_with_a_backup(qtbot: QtBot, store_folder: Path, tmp_path: Path) -> None:
    first = Sitting(qtbot, store_folder)
    desk = first.enter("farzana", PASSPHRASE).desk
    register_case(desk, a_returnee())
    made = backups.make_backup(desk)
    first.end()
    sitting = Sitting(qtbot, tmp_path / "new")
    sitting.welcome.ask_for_backup()
    (form,) = sitting.welcome.findChildren(RestoreForm)
    form.go.click()
    form.use(str(made.path))
    fill(form)
    form.passphrase.line.setText("not what she typed then")
    form.go.click()
    qtbot.waitUntil(lambda: "“farzana” and the passphrase given for it" in words_of(sitting.welcome), timeout=SECONDS)
    fill(form)
    form.go.click()
    window = sitting.enter("farzana", PASSPHRASE)
    assert count_cases(window.desk, Filters()) == 1
    sitting.end()


def test_a_damaged_vault_is_told_under_the_top_bar(inside: Sitting) -> None:
    inside.window.desk.store.found_damaged()
    says(inside, "No backup on this computer is whole.")
    assert "The vault is damaged, so nothing more is saved in it" in words_of(inside.window)
    assert inside.window.top.state.accessibleName() == "The vault is damaged: nothing more is saved"


def test_the_problem_report_is_read_before_it_is_saved(inside: Sitting, tmp_path: Path) -> None:
    register_case(inside.window.desk, a_returnee())
    inside.window.go(Goto("settings", {"tab": "about"}))
    page = inside.window.page
    assert isinstance(page, SettingsPage)
    page.report_button.click()
    inside.qtbot.waitUntil(lambda: bool(inside.window.findChildren(ReportSheet)), timeout=SECONDS)
    (report,) = inside.window.findChildren(ReportSheet)
    text = report.text.toPlainText()
    assert "case: 1" in text
    for private in ("Rahima", "রহিমা", "Farzana", "farzana", "1711000417", "DHK-26", str(tmp_path)):
        assert private not in text, private
    report.write(str(tmp_path / "report.txt"))
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == text + "\n"


def test_a_damaged_vault_reports_what_can_be_counted(qtbot: QtBot, store_folder: Path) -> None:
    desk = sign_in(store_folder, "farzana", PASSPHRASE, lambda: NOW)
    register_case(desk, a_returnee())
    spoil_tables(desk, "case_note", "ix_case_note_case_id", "sqlite_autoindex_case_note_1")
    sitting = Sitting(qtbot, store_folder, tables=tables)
    text = problem_report(sitting.enter("farzana", PASSPHRASE).desk, {})
    assert "case: 1" in text
    assert "case_note: cannot be read" in text
    assert "Free pages: 0" in text
    sitting.end()


@pytest.mark.parametrize("language", ["en", "bn"])
def test_who_cannot_get_in_can_show_a_report_too(
    qtbot: QtBot, store_folder: Path, tmp_path: Path, language: str
) -> None:
    path = store_folder / vault.VAULT
    path.write_bytes(bytes(4096) + path.read_bytes()[4096:])
    sitting = Sitting(qtbot, store_folder)
    sitting.program.use_language(language)
    asked = sitting.sign_in.form
    assert isinstance(asked, SignInForm)
    assert asked.report.isHidden(), "nobody needs it yet"
    asked.name.setText("farzana")
    asked.passphrase.line.setText(PASSPHRASE)
    asked.button.click()
    qtbot.waitUntil(asked.report.isVisible, timeout=SECONDS)
    asked.report.click()
    qtbot.waitUntil(lambda: bool(sitting.sign_in.findChildren(ReportSheet)), timeout=SECONDS)
    (report,) = sitting.sign_in.findChildren(ReportSheet)
    assert cut_off(report) == []
    text = report.text.toPlainText()
    assert "Refused: VaultMismatch" in text
    assert f"vault.db: {path.stat().st_size}" in text
    for private in ("Farzana", "farzana", PASSPHRASE, "Dhaka", str(tmp_path)):
        assert private not in text, private
    report.write(str(tmp_path / "report.txt"))
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == text + "\n"
    saved = "The problem report is saved." if language == "en" else "সমস্যার"
    assert saved in words_of(sitting.sign_in)
    sitting.end()


def test_a_later_day_makes_the_card_a_warning(qtbot: QtBot, store_folder: Path) -> None:
    day = [NOW]
    sitting = Sitting(qtbot, store_folder, clock=lambda: day[0], tables=tables)
    desk = sitting.enter("farzana", PASSPHRASE).desk
    register_case(desk, a_returnee())
    stick = store_folder.parent / "stick"
    stick.mkdir()
    backups.copy_backup(desk, stick, same_disk=True)
    register_case(desk, a_returnee(person__phone_1="+8801711000999"))
    day[0] += timedelta(days=8)
    lost = backups.loss(desk)
    assert lost is not None
    assert lost.urgent
    sitting.window.go(Goto("today"))
    says(sitting, "you would lose what changed in 1 case since 12 May 2026")
    sitting.end()
