"""What a command cannot do it says before it asks for a passphrase, in the language of whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from casedesk.cli.speech import complain
from casedesk.desk import Desk
from casedesk.errors import InvalidInput, Problem
from casedesk.machine import lock_file
from casedesk.services import backups
from casedesk.services.sign_in import sign_out
from casedesk.services.users import add_user
from casedesk.storage.keys import FLOOR
from casedesk.storage.vault import LOCK
from tests.conftest import PASSPHRASE
from tests.support.command_line import casedesk

REPORT = ("report", "R1", "2026-05")
SUMMARY = ("summary", "DHK-26-K3-00042-R", "--why", "x")
WHO = ("--to", "Board", "--why", "Review")
RESTORE = ("restore", "there.pdf", "--into", "new", "--why", "The disk died.")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where commands are said: with a file and a folder in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.pdf").write_bytes(b"precious")
    (tmp_path / "folder.pdf").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((*SUMMARY, "--out", "there.pdf"), "There is a file there.pdf already."),
        ((*SUMMARY, "--out", "s.txt"), "The file s.txt has an ending that is not known here."),
        ((*SUMMARY, "--out", "s.xlsx"), "Use one of these: .pdf."),
        ((*SUMMARY, "--out", "no/s.pdf"), "The file “s.pdf” was not written: there is no folder no."),
        ((*SUMMARY, "--out", "folder.pdf"), "“folder.pdf” is a folder, so no file can be written under this name."),
        ((*SUMMARY, "--out", "x" * 300 + ".pdf"), "could not be written there"),
        (("summary", "17", "--why", "x", "--out", "s.pdf"), "“17” is no case number."),
        (("summary", "17", "--why", " ", "--out", "s.pdf"), "Say why it is printed."),
        ((*REPORT, "--out", "s.txt"), "Use one of these: .pdf, .xlsx, .csv, .json."),
        ((*REPORT, "--out", "there.pdf"), "There is a file there.pdf already."),
        ((*REPORT, "--out", "s.pdf"), "Say who receives it, and why."),
        (("report", "R99", "2026-05"), "There is no report R99."),
        (("report", "R1", "2026-13"), "“2026-13” is no period of time."),
        ((*REPORT, "--district", "atlantis"), "“atlantis” is not in the list."),
        ((*REPORT, "--database", "mysql://x"), "begins with postgresql+psycopg://"),
        (("central", "--database", "mysql://x"), "begins with postgresql+psycopg://"),
        (("export", "--out", "s.pdf", *WHO), "Use one of these: .xlsx, .csv, .json."),
        (("export", "--out", "s.csv"), "Say who receives it, and why."),
        (("export", "--out", "s.csv", "--to", "Board", "--why", " "), "Say who receives it, and why."),
        (("backup", "--copy-to", "no"), "There is no folder no."),
        (("backup", "--copy-to", "."), "is on the same disk as the vault."),
        ((*RESTORE, "--why", " "), "Say why it is restored."),
        ((*RESTORE, "--into", "folder.pdf"), "There is something in the folder folder.pdf already."),
        (("restore", "no.cdbackup", *RESTORE[2:]), "The file no.cdbackup cannot be read"),
        (("register", "--from", "no.json"), "The file no.json cannot be read"),
        (("restore", "there.pdf", *RESTORE[2:]), "This file is not a backup of CaseDesk, or it was cut short."),
        (("register", "--from", "there.pdf"), "The file is not JSON"),
        (("register", "--from", "folder.pdf"), "The file folder.pdf cannot be read"),
        (("batch", "out", "--stick", "no"), "There is no folder no."),
        (("batch", "in", "--stick", "no"), "There is no folder no."),
        (("join", "ask"), "Say --from."),
        (("join", "ask", "--from", "no"), "The file no cannot be read"),
        (("join", "let-in"), "Say --words."),
        (("join", "admit"), "Say --computer."),
        (("roster", "begin"), "Say --out."),
        (("roster", "begin", "--out", "there.pdf"), "There is a file there.pdf already."),
        (("roster", "invite", "--centre", "DHK", "--out", "no/x"), "there is no folder no."),
        (("roster", "people", "--computer", "DHK/K3"), "Say --users."),
        (("roster", "renew", "--root", "no.age"), "The file no.age cannot be read"),
        (("roster", "relay", "--url", "https://r", "--issuer", "no.pem"), "The file no.pem cannot be read"),
    ],
)
def test_what_needs_no_passphrase_is_told_before_one_is_asked_for(
    store_folder: Path, here: Path, words: tuple[str, ...], told: str
) -> None:
    before = sorted(path for path in here.rglob("*") if path.name != LOCK)
    done = casedesk(*words, "--store", store_folder, "--user", "farzana", typed="")
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert sorted(path for path in here.rglob("*") if path.name != LOCK) == before
    assert (here / "there.pdf").read_bytes() == b"precious"


@pytest.mark.parametrize("words", [("check",), ("backup",), ("sync",), ("batch", "list"), (*REPORT,), ("export",)])
def test_where_there_is_no_vault_the_folder_is_named_and_no_passphrase_asked_for(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = casedesk(*words, "--user", "farzana", "--store", tmp_path / "nothing", typed="")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"There is no vault in the folder {tmp_path / 'nothing'}." in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_where_there_is_no_vault_that_is_told_before_what_is_asked_of_it(tmp_path: Path) -> None:
    done = casedesk("backup", "--copy-to", tmp_path, "--store", tmp_path, typed="")
    assert "There is no vault in the folder " in done.stderr


def test_what_a_form_would_show_at_a_field_is_told_as_a_command_tells_it(capsys: pytest.CaptureFixture[str]) -> None:
    complain(InvalidInput({"user.passphrase": [Problem("This passphrase is short.")]}))
    told = "This passphrase is short.\nNothing was changed. Say it again with this put right.\n"
    assert capsys.readouterr().err == told


def test_a_vault_that_is_open_elsewhere_is_told_before_a_passphrase_is_asked_for(store_folder: Path) -> None:
    with lock_file(store_folder / LOCK):
        done = casedesk("check", "--user", "farzana", "--store", store_folder, typed="")
    assert done.returncode == 1
    assert "No passphrase" not in done.stderr
    assert "open" in done.stderr


def test_after_wrong_tries_the_wait_is_told_before_a_passphrase_is_asked_for(store_folder: Path) -> None:
    asked = ("check", "--user", "farzana", "--store", store_folder)
    for _try in range(3):
        assert "did not match" in casedesk(*asked, typed="wrong words here now\n").stderr
    assert re.search(r"Wait \d seconds? before the next try\.", casedesk(*asked, typed="").stderr)


MISUSED = [
    ("summary",),
    ("rubbish",),
    ("check", "rubbish"),
    ("check", "--user"),
    ("check", "--st", "x", "--us", "y", "--rubbish"),
    ("summary", "17", "--level", "rubbish", "--why", "x", "--out", "x"),
    ("export", "--opened", "rubbish", "2026-05-01"),
    ("export", "--opened", "2026-05-01"),
    ("export", "--open", "x"),
    ("export", "--open-only=rubbish"),
    ("relay", "--folder", "x", "--organisation", "y", "--quota", "rubbish"),
    ("demo", "--people", "0"),
    ("roster", "rubbish"),
]


@pytest.mark.parametrize("words", MISUSED)
def test_words_that_are_not_understood_are_answered_in_bangla_alone(words: tuple[str, ...]) -> None:
    done = casedesk("--language", "bn", *words, typed="")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("বোঝা যায়নি: ")
    known = r"casedesk( [a-z]+)?|--[a-z-]+|'[^']*'|\brubbish\b|\bCOMMAND\b|\b[A-Z]+\b|MiB|[a-z-]+(\|[a-z-]+)+"
    assert re.findall(r"[A-Za-z_]{2,}", re.sub(known, "", done.stderr)) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("export", "--opened", "soon", "2026-05-01"), "--opened: “soon” is no day. Write it like 2026-05-31"),
        (("demo", "--people", "0"), "--people: say a number from 1 to 1,00,000"),
        (("summary",), "say also NUMBER, --why, --out"),
        (("check", "--user"), "--user: say something after it"),
        (("check", "more"), "more is not known here"),
        (("rubbish",), "COMMAND: “rubbish” is not one of these: "),
    ],
)
def test_words_that_are_not_understood_are_answered_in_plain_ones(words: tuple[str, ...], told: str) -> None:
    assert f"This was not understood: {told}" in casedesk(*words, typed="").stderr


def test_days_are_taken_in_both_digits(store_folder: Path) -> None:
    asked = ("--opened", "২০২৬-০৫-০১", "2026-05-31", "--store", store_folder, "--user", "farzana")
    assert "0 cases would be written." in casedesk("export", *asked).stdout


def test_a_look_at_the_register_needs_no_receiver_since_nothing_leaves(store_folder: Path) -> None:
    seen = casedesk("export", "--store", store_folder, "--user", "farzana")
    assert (seen.returncode, seen.stderr) == (0, "")
    assert "Nothing was written. Say --out to write it." in seen.stdout


def test_a_period_to_come_makes_no_report(store_folder: Path, tmp_path: Path) -> None:
    asked = ("--store", store_folder, "--user", "farzana")
    for more in ((), ("--out", tmp_path / "report.pdf", *WHO)):
        done = casedesk("report", "R1", "2999-Q1", *more, *asked)
        assert (done.returncode, done.stdout) == (1, "")
        assert "January to March 2999 has not begun yet, so there is nothing to report." in done.stderr
    assert list(tmp_path.glob("*.pdf")) == []


def test_who_restores_is_told_whose_passphrase_was_wrong_and_what_to_say_next(
    open_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    desk = open_desk()
    for name, role in (("kamal", "administrator"), ("salma", "supervisor")):
        add_user(desk, name=name, sign_in_name=name, roles=[role], passphrase=PASSPHRASE + name, cost=FLOOR)
    sealed, store = backups.make_backup(desk).path, desk.store.vault.folder
    sign_out(desk)
    words = ("restore", sealed, "--into", tmp_path / "new", "--why", "The disk died.")
    two = (*words, "--store", store, "--user", "kamal", "--second", "salma")
    wrong = casedesk(*two, typed=f"{PASSPHRASE}kamal\nwrong words here now\n")
    assert wrong.returncode == 1
    assert "The name “salma” and the passphrase given for it do not belong together." in wrong.stderr
    elsewhere = (*words, "--store", tmp_path / "none", "--user", "kamal", "--second", "salma")
    wrong = casedesk(*elsewhere, typed=f"wrong words here now\n{PASSPHRASE}salma\n")
    assert "The name “kamal” and the passphrase given for it do not belong together." in wrong.stderr
    done = casedesk(*two, typed=f"{PASSPHRASE}kamal\n{PASSPHRASE}salma\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"To work with what was restored: --store {tmp_path / 'new'}" in done.stdout
