"""The command line as somebody uses it: words in, words and a status out."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from casedesk import logs
from casedesk.cli import register
from casedesk.cli.window import practice_of
from casedesk.desk import Desk
from casedesk.paths import RESOURCES
from casedesk.practice import SIGN_IN_NAME
from casedesk.practice.centre import open_or_build
from casedesk.reports.preview import text_of
from casedesk.services import backups
from casedesk.services.intake import register_case
from casedesk.services.notes import add_note
from tests.conftest import PASSPHRASE
from tests.support.command_line import PLAIN, casedesk, process_of
from tests.support.damage import spoil_tables
from tests.support.people import a_returnee
from tests.unit.test_imports import somebody


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.json"
    bad = somebody(person__sex_gender="unicorn")
    path.write_text(json.dumps([somebody(), bad], ensure_ascii=False), encoding="utf-8")
    return path


def test_people_are_registered_checked_and_printed(store_folder: Path, people: Path, tmp_path: Path) -> None:
    signed_in = ("--store", store_folder, "--user", "farzana")
    done = process_of("register", "--from", people, *signed_in)
    assert done.returncode == 1
    assert "Registered 1 of 2 people." in done.stdout
    assert "Row 2, person.sex_gender (Sex or gender): “unicorn” is not in the list." in done.stderr
    number = done.stdout.split()[2]

    checked = process_of("check", *signed_in)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "Everything agrees." in checked.stdout
    assert "operations of the journal" in checked.stdout

    paper = tmp_path / "summary.pdf"
    words = ("--level", "full", "--why", "for the file", "--out", paper)
    printed = process_of("summary", number, *words, *signed_in)
    assert (printed.returncode, printed.stderr) == (0, "")
    assert paper.read_bytes().startswith(b"%PDF")
    again = process_of("summary", number, *words, *signed_in)
    assert again.returncode == 1
    assert "already" in again.stderr


def test_a_backup_is_made_listed_and_restored(store_folder: Path, tmp_path: Path) -> None:
    signed_in = ("--store", store_folder, "--user", "farzana")
    assert "There is no backup yet." in casedesk("backup", "--list", *signed_in).stdout
    made = casedesk("backup", *signed_in)
    assert (made.returncode, made.stderr) == (0, "")
    assert "Made and checked:" in made.stdout
    listed = casedesk("backup", "--list", *signed_in)
    assert "000001.cdbackup" in listed.stdout
    assert "Backup 1 of" in listed.stdout
    refused = casedesk("backup", "--copy-to", tmp_path, *signed_in)
    assert refused.returncode == 1
    assert "on the same disk" in refused.stderr
    sealed = store_folder / "backups" / "000001.cdbackup"
    words = ("restore", sealed, "--why", "The disk died.", "--user", "farzana")
    beside = casedesk(*words, "--into", tmp_path / "beside", "--store", store_folder)
    assert (beside.returncode, beside.stderr) == (0, "")
    assert "entries of the journal in 0 cases" in beside.stdout
    new = casedesk(*words, "--into", tmp_path / "new", "--store", tmp_path / "new")
    assert (new.returncode, new.stderr) == (0, "")
    for folder in ("beside", "new"):
        checked = casedesk("check", "--store", tmp_path / folder, "--user", "farzana")
        assert "Everything agrees." in checked.stdout, checked.stderr
    taken = casedesk(*words, "--into", tmp_path / "beside", "--store", store_folder)
    assert taken.returncode == 1
    assert "already" in taken.stderr


@pytest.mark.parametrize("name", ["case", "change", "consent_line"])
def test_a_damaged_vault_is_restored_from_the_command_line_too(
    open_desk: Callable[..., Desk], tmp_path: Path, name: str
) -> None:
    desk = open_desk()
    case_id = register_case(desk, a_returnee())
    sealed = backups.make_backup(desk).path
    add_note(desk, case_id, "general", "Came by.")
    store = desk.store.vault.folder
    spoil_tables(desk, name)
    words = ("restore", sealed, "--why", "The disk is failing.", "--user", "farzana", "--store", store)
    done = casedesk(*words, "--into", tmp_path / "new")
    assert (done.returncode, done.stderr) == (0, "")
    uncounted = "The vault of today is damaged, so what it has that this backup lacks cannot be counted."
    assert (uncounted in done.stdout) == (name == "change")
    checked = casedesk("check", "--store", tmp_path / "new", "--user", "farzana")
    assert "Everything agrees." in checked.stdout, checked.stderr


def test_a_file_is_refused_whole_on_wish(store_folder: Path, people: Path) -> None:
    done = casedesk("register", "--from", people, "--all-or-nothing", "--store", store_folder, "--user", "farzana")
    assert done.returncode == 1
    assert "Registered 0 of 2 people." in done.stdout
    assert "Nobody was registered" in done.stderr


@pytest.mark.parametrize(
    ("words", "typed", "told"),
    [
        (("check", "--user", "farzana"), "wrong words here now\n", "did not match"),
        (("check", "--user", "farzana"), "", "No passphrase was given."),
        (("check", "--user", "farzana"), "\n", "No passphrase was given."),
        (("check",), PASSPHRASE + "\n", "Nobody was named"),
        (("register", "--user", "farzana", "--from", "nowhere.json"), PASSPHRASE + "\n", "cannot be read"),
        (
            ("summary", "DHK-26-K3-99999-3", "--user", "farzana", "--why", "x", "--out", "x.pdf"),
            PASSPHRASE + "\n",
            "not here",
        ),
        (
            ("summary", "DHK-26-99999", "--user", "farzana", "--why", "x", "--out", "x.pdf"),
            PASSPHRASE + "\n",
            "“DHK-26-99999” is no case number.",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_or_two_lines(
    store_folder: Path, tmp_path: Path, words: tuple[str, ...], typed: str, told: str
) -> None:
    words = tuple(str(tmp_path / word) if word.endswith(".pdf") else word for word in words)
    done = casedesk(*words, "--store", store_folder, typed=typed)
    assert done.returncode == 1
    assert told in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert not list(tmp_path.glob("*.pdf"))


def test_a_folder_without_a_vault_is_said(tmp_path: Path) -> None:
    done = process_of("check", "--user", "farzana", "--store", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"There is no vault in the folder {tmp_path}." in done.stderr


def test_a_damaged_record_is_found_by_the_check(store_folder: Path) -> None:
    vault = bytearray((store_folder / "vault.db").read_bytes())
    vault[len(vault) // 2] ^= 1
    (store_folder / "vault.db").write_bytes(vault)
    done = casedesk("check", "--user", "farzana", "--store", store_folder)
    assert done.returncode == 1
    assert done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows there is always a display")
def test_without_a_display_the_demo_registers_prints_and_lists_what_was_written(tmp_path: Path) -> None:
    """With thirty people, since of eight none waits for a partner on some days."""
    done = process_of("demo", "--people", "30", "--out", tmp_path, DISPLAY="", WAYLAND_DISPLAY="", QT_QPA_PLATFORM="")
    assert (done.returncode, "There is no display here" in done.stdout + done.stderr) == (0, True)
    (number,) = re.findall(r"Registered through the window: (\S+)", done.stdout)
    assert f"--store {tmp_path / 'store'} --user farzana" in done.stdout
    assert re.search(r"Sign in as farzana with the passphrase: \S+", done.stdout)
    papers = {path.name.split("_20")[0]: path for path in tmp_path.rglob("*.pdf")}
    summaries = [
        f"{language}_case-summary_{number}_{level}" for language in ("bn", "en") for level in ("full", "shared")
    ]
    assert {*summaries} < papers.keys()
    assert {name[:18] for name in papers.keys() - {*summaries}} == {"bn_referral-letter", "en_referral-letter"}
    assert all(number in text_of(papers[name].read_bytes()) for name in summaries)
    pictures = sorted(path.name for path in tmp_path.rglob("*.png"))
    looks = [f"-{language}-{look}.png" for language in ("bn", "en") for look in ("dark", "light")]
    places = {name.removesuffix(look) for name in pictures for look in looks if name.endswith(look)}
    assert pictures == sorted(place + look for place in places for look in looks)
    assert {"01-today", "02-cases", "03-intake", "05-case", "08-refer", "10-print"} <= places
    assert all(name in done.stdout for name in (*pictures, *(path.name for path in papers.values())))


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows there is always a display")
def test_without_a_display_no_store_is_shown_and_nothing_is_built(store_folder: Path) -> None:
    before = {path: path.read_bytes() for path in store_folder.iterdir()}
    done = process_of("--store", store_folder, DISPLAY="", WAYLAND_DISPLAY="", QT_QPA_PLATFORM="")
    assert (done.returncode, done.stdout) == (1, "")
    assert "the window cannot be opened over this store" in done.stderr
    assert {path: path.read_bytes() for path in store_folder.iterdir()} == before


def test_a_practice_centre_is_known_by_its_folder(tmp_path: Path) -> None:
    own = tmp_path / "own"
    assert practice_of(own).folder == tmp_path / "practice"
    open_or_build(tmp_path / "demo", people=1)
    offered = practice_of(tmp_path / "demo")
    assert (offered.folder, offered.sign_in_name) == (tmp_path / "demo", SIGN_IN_NAME)


@pytest.mark.parametrize("command", ["", "demo", "check", "register", "summary"])
def test_help_says_every_word(command: str) -> None:
    told = casedesk(*command.split(), "--help", typed="")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("Usage: casedesk")
    assert "--store DIR" in told.stdout
    assert "--language" in told.stdout


def test_a_folder_that_cannot_be_has_no_vault() -> None:
    done = process_of("check", "--user", "farzana", "--store", "x" * 300)
    assert done.returncode == 1
    assert "There is no vault in the folder " in done.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])  # as what a pipe takes on Linux, and on Windows
def test_bangla_goes_through_a_pipe(encoding: str) -> None:
    done = process_of("--language", "bn", "--help", typed="", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert "কমান্ড" in done.stdout


def test_help_comes_before_everything_else() -> None:
    done = process_of("--help", typed="")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(command in done.stdout for command in ("demo", "check", "register", "summary"))


def test_words_that_are_not_understood_lead_to_the_help() -> None:
    done = casedesk("summary", typed="")
    assert done.returncode == 2
    assert "--help" in done.stderr


def test_the_example_of_the_help_can_be_registered(store_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "example.json"
    path.write_text(register.EXAMPLE, encoding="utf-8")
    done = casedesk("register", "--from", path, "--store", store_folder, "--user", "farzana")
    assert (done.returncode, done.stderr) == (0, "")


def test_no_passphrase_is_taken_as_an_argument() -> None:
    done = casedesk("check", "--passphrase", PASSPHRASE, typed="")
    assert done.returncode == 2


def test_the_dictionary_is_told_and_written(tmp_path: Path) -> None:
    told = casedesk("dictionary")
    assert (told.returncode, told.stderr) == (0, "")
    assert "person.name_bn" in told.stdout
    written = casedesk("dictionary", "--out", tmp_path / "fields.csv", "--language", "bn")
    assert (written.returncode, written.stderr) == (0, "")
    assert "case.case_number" in (tmp_path / "fields.csv").read_text(encoding="utf-8-sig")
    again = casedesk("dictionary", "--out", tmp_path / "fields.csv")
    assert again.returncode == 1
    assert "Nothing was written. Name another one." in again.stderr
    refused = casedesk("dictionary", "--out", tmp_path / "fields.doc")
    assert refused.returncode == 1
    assert "Use one of these: .xlsx, .csv, .json." in refused.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / "fields.csv"]


def test_the_register_and_a_report_leave_as_files(store_folder: Path, people: Path, tmp_path: Path) -> None:
    signed_in = ("--store", store_folder, "--user", "farzana")
    casedesk("register", "--from", people, *signed_in)
    register_file = tmp_path / "register.json"
    who = ("--to", "The board", "--why", "Review")
    seen = casedesk("export", "--profile", "shared", *who, *signed_in)
    assert (seen.returncode, seen.stderr) == (0, "")
    assert "1 case would be written." in seen.stdout
    assert "Row 1" in seen.stdout
    assert list(tmp_path.glob("register.*")) == []
    made = casedesk("export", "--profile", "shared", "--out", register_file, *who, *signed_in)
    assert (made.returncode, made.stderr) == (0, "")
    assert "1 case written." in made.stdout
    assert len(json.loads(register_file.read_text(encoding="utf-8"))["tables"][0]["rows"]) == 1
    paper = tmp_path / "report.pdf"
    unsaid = casedesk("report", "R1", "2026-05", "--out", paper, *signed_in)
    assert unsaid.returncode == 1
    assert "Say who receives it, and why." in unsaid.stderr
    assert not paper.exists()
    done = casedesk("report", "R1", "2026-05", "--out", paper, *who, *signed_in)
    assert (done.returncode, done.stderr) == (0, "")
    assert paper.read_bytes().startswith(b"%PDF")
    for there, again in (
        (paper, ("report", "R1", "2026-04", "--out", paper)),
        (register_file, ("export", "--profile", "full", "--out", register_file)),
    ):
        before = there.read_bytes()
        refused = casedesk(*again, *who, *signed_in)
        assert refused.returncode == 1
        assert f"There is a file {there} already." in refused.stderr
        assert "Nothing was written. Name another one." in refused.stderr
        assert there.read_bytes() == before, "what was given out once stays as it was"


MISTAKE = """
import runpy, sys
from casedesk import cli
from casedesk.services import backups

def broken(found, *_more):
    remembered = "Rahima Khatun"
    raise ValueError(f"no {remembered} in {found}")

place = {"known": (backups, "backups"), "not known": (cli, "language_of")}[sys.argv[1]]
setattr(*place, broken)
sys.argv = ["casedesk", *sys.argv[2:]]
runpy.run_module("casedesk", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize("vault", ["known", "not known"])
def test_a_mistake_of_ours_is_admitted_without_a_value_a_path_or_a_line_of_the_program(
    store_folder: Path, vault: str
) -> None:
    words = ("backup", "--list", "--store", str(store_folder), "--user", "farzana")
    done = subprocess.run(
        [sys.executable, "-c", MISTAKE, vault, *words],
        input=PASSPHRASE + "\n",
        capture_output=True,
        encoding="utf-8",
        env=os.environ | PLAIN | {"PYTHONPATH": str(RESOURCES.parent / "src")},
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    told = re.fullmatch(
        "This did not work because of a mistake in CaseDesk.\n"
        r"Everything saved before is safe. Try again. If it comes back, tell your coordinator the code (CD-\d{3}).\n",
        done.stderr,
    )
    assert told is not None, done.stderr
    logged = store_folder / logs.FILE
    assert logged.exists() == (vault == "known")
    if vault == "known":
        line = logged.read_text(encoding="utf-8")
        assert f"{told[1]} CRITICAL" in line
        assert "ValueError < " in line
        assert "Rahima" not in line


def test_a_mistake_comes_out_of_what_tests_say_their_words_to(
    store_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_desk: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(backups, "backups", broken)
    with pytest.raises(ValueError, match="broken"):
        casedesk("backup", "--list", "--store", store_folder, "--user", "farzana")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows says it in another way, which was not tried")
def test_who_has_read_enough_ends_a_command_quietly() -> None:
    """As `casedesk dictionary | head` does."""
    beside = subprocess.Popen(
        [sys.executable, "-m", "casedesk", "dictionary"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(RESOURCES.parent / "src")},
    )
    assert beside.stdout is not None
    assert beside.stderr is not None
    beside.stdout.close()
    complained = beside.stderr.read()
    beside.stderr.close()
    assert (beside.wait(), complained) == (1, b"")
