"""After a day's work no planted name can be read in any file, in any spelling a scan would try."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import logging
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from textwrap import indent
from uuid import UUID

import pytest
import zstandard

from casedesk import codelists, logs
from casedesk.cli.register import EXAMPLE
from casedesk.desk import Desk
from casedesk.errors import StorageFull
from casedesk.reports.hand_out import FileKind, save_register
from casedesk.services import backups, restores
from casedesk.services.case_facts import case_facts
from casedesk.services.case_register import Register
from casedesk.services.intake import register_case
from casedesk.services.notes import add_note
from casedesk.services.prints import CODED
from casedesk.services.problem_report import problem_report
from casedesk.services.search import Filters, Order, page_of_cases
from casedesk.services.sign_in import sign_in
from casedesk.storage.checking import check
from casedesk.storage.vault import VAULT
from casedesk.sync import outbox
from casedesk.sync.batch import Refused, unseal
from casedesk.sync.files import INBOX, OUTBOX, on_a_stick
from casedesk.sync.stick import take_stick, write_stick
from casedesk.sync.visit import visit
from tests.conftest import NOW, PASSPHRASE
from tests.support.people import a_returnee
from tests.support.planted import MARKERS, readable, spellings, work_a_day
from tests.sync.office import as_role, begin, join, new_desk, relay_of_office, standing_of

TO_THE_DISTRICT = Register(profile="shared", receiver="District office", reason="Review of the year")
MARKERS_SENT = "name after an edit"
LONG = random.Random(41)  # noqa: S311 - words that cannot be packed small


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where libraries put their temporary files during the test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    for name in ("TMPDIR", "TEMP", "TMP", "SQLITE_TMPDIR"):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def fail_loudly(desk: Desk) -> None:
    """Errors with people in them, logged as the program logs them."""
    log = logging.getLogger("casedesk.day")
    try:
        register_case(desk, {"person.name_en": MARKERS["name"], "no_such.key": MARKERS["phone"]})
    except KeyError as error:
        log.error("cannot register %s", MARKERS["name"], exc_info=error)
    with desk.store.vault.writer.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    try:
        register_case(desk, a_returnee(person__name_en=MARKERS["name"], incident__narrative=MARKERS["narrative"] * 300))
    except StorageFull as error:
        log.error("full", exc_info=error)


def test_a_scan_finds_what_is_not_hidden(tmp_path: Path) -> None:
    for number, raw in enumerate(spellings(MARKERS["name"]).values()):
        (tmp_path / str(number)).write_bytes(b"\x00before " + raw + b" after")
    assert {line.split(":")[0] for line in readable(tmp_path)} == {path.name for path in tmp_path.iterdir()}
    longer = base64.b64encode(b"{" + MARKERS["name"].encode() + b"}")
    (tmp_path / "inside").write_bytes(longer)
    assert any(line.startswith("inside") for line in readable(tmp_path))


def test_no_planted_name_is_readable_in_any_file_after_a_day(
    open_desk: Callable[..., Desk], temporary: Path, tmp_path: Path
) -> None:
    desk = open_desk()
    folder = desk.store.vault.folder
    with logs.kept(folder):
        work_a_day(desk)
        fail_loudly(desk)
    assert (folder / f"{VAULT}-wal").stat().st_size > 0
    assert any(folder.glob("*.log")), "something was logged"
    as_it_lay = tmp_path / "as it lay"
    shutil.copytree(folder, as_it_lay)
    desk.store.vault.close()
    assert readable(folder, temporary, as_it_lay) == []
    again = open_desk()
    assert check(again.store).wrong == []


def hand_on(desk: Desk, other: Desk, stick: Path, asked: Path) -> None:
    """Back up, copy, exchange by a stick both ways, and write the files that a user asks for into `asked`."""
    for each in (stick, asked):
        each.mkdir()
    backups.make_backup(desk)
    backups.copy_backup(desk, stick, same_disk=True)
    save_register(desk, TO_THE_DISTRICT, FileKind.XLSX, asked / "names.xlsx")
    save_register(desk, replace(TO_THE_DISTRICT, profile=CODED), FileKind.XLSX, asked / "coded.xlsx")
    (asked / "report.txt").write_text(problem_report(desk, {}), encoding="utf-8")
    outbox.make_files(desk, desk.centre)
    write_stick(desk, stick)
    take_stick(other, stick)
    outbox.make_files(other, other.centre)
    write_stick(other, stick)
    take_stick(desk, stick)
    restores.restore_over(desk, newest(desk), MARKERS["reason"])


def newest(desk: Desk) -> Path:
    found = backups.newest_backup(desk.store.vault.folder)
    assert found is not None
    return found


def everybody(desk: Desk) -> Desk:
    """The desk of somebody who holds every role, as where one person is the whole centre."""
    return as_role(desk, *(role.code for role in codelists.get("user_role")))


@pytest.mark.usefixtures("temporary")
def test_what_is_backed_up_exported_and_exchanged_is_readable_only_where_it_was_asked_for(tmp_path: Path) -> None:
    desk, other = (everybody(new_desk(tmp_path / code, code)) for code in ("K3", "K4"))
    begin(desk, tmp_path)
    join(desk, other)
    stick, asked = tmp_path / "stick", tmp_path / "asked"
    with logs.kept(desk.store.vault.folder):
        work_a_day(desk)
        hand_on(desk, other, stick, asked)
        fail_loudly(desk)
    as_it_lay = [shutil.copytree(tmp_path / code, tmp_path / f"{code} as it lay") for code in ("K3", "K4")]
    folders = [tmp_path / name for name in ("K3", "K4", "K3.restored", "stick", "temporary")]
    assert all(any(folder.rglob("*")) for folder in folders[:4])
    assert readable(*folders, *as_it_lay) == []
    found = readable(asked)
    assert {line.partition(":")[0] for line in found} == {"names.xlsx"}, "found inside the archive, and nowhere else"
    opened = tmp_path / "opened"
    opened.mkdir()
    for name in on_a_stick(stick).names():
        with contextlib.suppress(Refused):  # those for the other way
            (opened / name).write_bytes(unseal(on_a_stick(stick).read(name), standing_of(other).identities))
    assert any(f"{MARKERS_SENT} as" in line for line in readable(opened)), "with the key, unpacked, it is there"
    for each in (desk, other):
        each.store.vault.close()


def test_a_scan_finds_what_is_packed(tmp_path: Path) -> None:
    raw = MARKERS["name"].encode()
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", raw)
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7\nstream\n" + zlib.compress(raw) + b"\nendstream")
    (tmp_path / "body").write_bytes(b"head" + zstandard.ZstdCompressor().compress(raw) + b"padding")
    (tmp_path / "log.gz").write_bytes(gzip.compress(raw))
    (tmp_path / f"{MARKERS['name']}.txt").write_bytes(b"")
    assert {line.split(":")[0] for line in readable(tmp_path)} == {path.name for path in tmp_path.iterdir()}


DAY_AND_DEATH = """
work_a_day(desk)
make_backup(desk)
fail_loudly(desk)
die()
"""
# A visit to the relay that dies when half of a file is there, and one that dies with a person who came half written.
VISIT_AND_DEATH = """
class Dying(Progress):
    def tell(self, done, of):
        if of / 2 < done < of and half_there(Path(sys.argv[2])):
            die()
visit(everybody(desk), Dying())
"""
TAKING_IN_AND_DEATH = """
def came(*said):
    if said[2].startswith("INSERT INTO person "):
        die()
event.listen(desk.store.vault.writer, "after_cursor_execute", came)
visit(everybody(desk))
"""


def killed(program: str, folder: Path, there: Path | None = None) -> None:
    """Sign in at this vault in a process of its own, which works and then kills itself; it says no name."""
    begin = f"""
import os, sys
from pathlib import Path
from datetime import datetime
from sqlalchemy import event
from casedesk import logs
from casedesk.progress import Progress
from casedesk.services.backups import make_backup
from casedesk.services.sign_in import sign_in
from casedesk.sync.visit import visit
from tests.faults.test_no_plaintext import everybody, fail_loudly, half_there
from tests.support.planted import work_a_day
folder = Path(sys.argv[1])
def die():
    os.kill(os.getpid(), 9) if os.name != "nt" else os._exit(9)
with logs.kept(folder):
    desk = sign_in(folder, "farzana", {PASSPHRASE!r}, lambda: datetime.fromisoformat({NOW.isoformat()!r}))
"""
    run = subprocess.run(
        [sys.executable, "-c", begin + indent(program, "    "), str(folder), str(there)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert run.returncode in (-9, 9), run.stderr
    assert run.stdout == ""
    assert not any(marker in run.stderr for marker in MARKERS.values())


def test_no_planted_name_is_readable_after_the_process_is_killed(store_folder: Path, temporary: Path) -> None:
    killed(DAY_AND_DEATH, store_folder)
    assert readable(store_folder, temporary) == []


def test_no_planted_name_is_readable_at_the_relay_or_on_the_way_there_whoever_is_killed(
    tmp_path: Path, temporary: Path
) -> None:
    desk, other = (everybody(new_desk(tmp_path / code, code)) for code in ("K3", "K4"))
    begin(desk, tmp_path)
    folders = {each: tmp_path / each for each in ("K3", "K4", "relay")}
    with relay_of_office(desk, folders["relay"]):
        join(desk, other)
        work_a_day(desk)
        for _note in range(8):  # so much that the file goes in many pieces
            add_note(desk, only_case(desk), "general", LONG.randbytes(6_000).hex())
        for each in (desk, other):
            each.store.vault.close()
        killed(VISIT_AND_DEATH, folders["K3"], folders["relay"])
        assert half_there(folders["relay"])
        assert readable(*folders.values(), temporary) == []
        visit(everybody(desk := open_again(folders["K3"])))
        killed(VISIT_AND_DEATH, folders["K4"], folders["K4"] / INBOX)
        assert half_there(folders["K4"] / INBOX)
        killed(TAKING_IN_AND_DEATH, folders["K4"])
        assert any((folders["K4"] / INBOX).iterdir())
        assert any((folders["K3"] / OUTBOX).iterdir())
        assert readable(*folders.values(), temporary) == []
        visit(everybody(other := open_again(folders["K4"])))
        assert case_facts(other, only_case(other)).answers["person.name_en"] == MARKERS[MARKERS_SENT]
        assert readable(*folders.values(), temporary) == []
    for each in (desk, other):
        each.store.vault.close()


def only_case(desk: Desk) -> UUID:
    (row,) = page_of_cases(desk, Filters(), Order.NAME)
    return row.case_id


def half_there(folder: Path) -> bool:
    """Whether part of a file lies there; a relay needs a moment to write what it hears."""
    until = time.monotonic() + 20
    while not (found := any(path.stat().st_size for path in folder.rglob("*.part"))) and time.monotonic() < until:
        pass
    return found


def open_again(folder: Path) -> Desk:
    return sign_in(folder, "farzana", PASSPHRASE, lambda: NOW)


COMMAND_AND_DEATH = """
import os, sys
from sqlalchemy import Engine, event
from casedesk.cli import main
people = []
@event.listens_for(Engine, "after_cursor_execute")
def came(*said):
    people.extend([1] * said[2].startswith("INSERT INTO person "))
    if len(people) == 2:
        os.kill(os.getpid(), 9)
sys.exit(main(sys.argv[1:]))
"""


def own_places(folder: Path) -> dict[str, str]:
    """An environment in which all that a program writes for its user lies below this folder."""
    places = {"HOME": "home", "TMPDIR": "temporary", "TEMP": "temporary", "TMP": "temporary", "XDG_RUNTIME_DIR": "run"}
    places |= {f"XDG_{each}_HOME": f"home/{each.lower()}" for each in ("CONFIG", "CACHE", "DATA", "STATE")}
    for place in places.values():
        (folder / place).mkdir(mode=0o700, parents=True, exist_ok=True)
    return {name: str(folder / place) for name, place in places.items()}


def ran(words: list[str], where: Path, typed: str = "") -> int:
    done = subprocess.run(
        [sys.executable, *words],
        input=typed,
        capture_output=True,
        encoding="utf-8",
        env=os.environ | own_places(where) | {"PYTHONPATH": os.pathsep.join(sys.path), "CASEDESK_DAY": str(where)},
        cwd=Path(__file__).parents[2],
        check=False,
    )
    if done.returncode not in (0, -9, 9):
        raise AssertionError(done.stdout + done.stderr)
    assert not any(marker in done.stdout + done.stderr for marker in MARKERS.values())
    return done.returncode


@pytest.mark.skipif(sys.platform == "win32", reason="Windows gives programs no other home for a while")
def test_no_planted_name_is_readable_after_a_day_at_the_window_and_a_command_that_is_killed(
    store_folder: Path, tmp_path: Path
) -> None:
    """In a home, settings, caches and temporary files of its own, so that all that was written is looked through."""
    asked = tmp_path / "asked"
    asked.mkdir()
    day = str(Path(__file__).with_name("day_at_the_window.py"))
    alone = ["-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "own")]
    assert ran([*alone, day], tmp_path) == 0
    one = json.loads(EXAMPLE)[0]
    names = [MARKERS["name in Bangla"], MARKERS["name after an edit"]]
    people = [one | {"person": one["person"] | {"name_bn": name}} for name in names]
    (asked / "people.json").write_text(json.dumps(people), encoding="utf-8")
    register = ["--store", str(store_folder), "register", "--user", "farzana", "--from", str(asked / "people.json")]
    assert ran(["-c", COMMAND_AND_DEATH, *register], tmp_path, PASSPHRASE + "\n") in (-9, 9)
    folders = [tmp_path / name for name in ("home", "temporary", "run", "own", "store", "as it lay")]
    assert readable(*folders) == []
    assert {line.partition(":")[0] for line in readable(asked)} >= {"people.json"}, "what was asked for"
    (tmp_path / "home" / "cache" / "recent").write_text(MARKERS["name"], encoding="utf-16-le")
    assert readable(*folders) == ["recent: name as utf-16-le"], "the scan sees them"
