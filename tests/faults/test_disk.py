"""A disk that is full, fails or was written over; two starts at once; a clock gone mad."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError, StorageFull
from casedesk.models import Draft, Person
from casedesk.services.answers import tidied
from casedesk.services.case_facts import case_facts, look
from casedesk.services.cases import edit_case
from casedesk.services.consents import RecordConsent, consents_of, record_consent
from casedesk.services.drafts import begin_draft, open_draft, save_draft
from casedesk.services.follow_ups import plan
from casedesk.services.history import history
from casedesk.services.imports import Row, in_words, register_people
from casedesk.services.intake import register_case
from casedesk.services.notes import add_note, notes_of
from casedesk.services.search import Filters, count_cases
from casedesk.services.sign_in import sign_in
from casedesk.storage import room
from casedesk.storage.checking import check
from casedesk.storage.migrate import migrate
from casedesk.storage.operations import ClockFlag
from casedesk.storage.store import Store
from casedesk.storage.vault import VAULT, AlreadyOpen, unlock
from casedesk.values import PartialDay, Precision
from tests.conftest import NOW, PASSPHRASE
from tests.support.journal import count, last
from tests.support.people import a_returnee

PAGE, MIB = 4096, 1024 * 1024
ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


# Full


@contextmanager
def no_more_room(desk: Desk) -> Iterator[None]:
    """The disk has no page left for the vault."""
    writer = desk.store.vault.writer
    with writer.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    yield
    with writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")


def everything(desk: Desk) -> tuple[int, int]:
    """How many people and how many operations there are."""
    with desk.read() as session:
        return session.scalar(select(func.count()).select_from(Person)) or 0, count(desk)


def test_a_full_disk_leaves_neither_record_nor_journal_and_the_next_write_works(desk: Desk) -> None:
    first = register_case(desk, a_returnee())
    before = everything(desk)
    long = a_returnee(incident__narrative="She said a great deal. " * 600, person__phone_1="+8801711000418")
    with no_more_room(desk):
        for _try in range(2):
            with pytest.raises(StorageFull) as refused:
                register_case(desk, long)
        assert refused.value.message == "Could not save: the disk is full."
        assert "Free some space" in refused.value.hint
        assert everything(desk) == before
        assert case_facts(desk, first).answers["person.name_en"] == "Rahima Khatun", "reading goes on"
        assert count_cases(desk, Filters(words="Rahima")) == 1
    second = register_case(desk, long)
    assert case_facts(desk, second).answers["person.phone_1"] == "+8801711000418"
    assert check(desk.store).wrong == []


def test_people_of_a_file_that_came_before_the_full_disk_are_told_and_the_others_too(desk: Desk) -> None:
    people = [a_returnee(person__phone_1=f"+88017110004{number:02}") for number in range(20)]
    long = {"incident.narrative": "She said a great deal. " * 600}
    rows = [Row(number, tidied(answers | long)) for number, answers in enumerate(people, start=1)]
    with no_more_room(desk):
        outcome = register_people(desk, rows)
        assert everything(desk)[0] == len(outcome.registered)
    refused = {row.number for row in outcome.refused}
    assert refused
    assert refused | {each.number for each in outcome.registered} == {row.number for row in rows}
    assert "the disk is full" in in_words(outcome.refused[0])[0]


def test_a_draft_on_a_full_disk_keeps_what_it_was(desk: Desk) -> None:
    draft = begin_draft(desk, "full", {"person.name_en": "Rahima"})
    with no_more_room(desk):
        with pytest.raises(StorageFull):
            save_draft(desk, draft, {"incident.narrative": "word " * 20_000})
        assert open_draft(desk, draft).answers == {"person.name_en": "Rahima"}
    save_draft(desk, draft, {"person.name_en": "Rahima Khatun"})
    assert open_draft(desk, draft).name == "Rahima Khatun"


def test_a_look_that_cannot_be_recorded_does_not_happen(desk: Desk) -> None:
    case_id = register_case(desk, a_returnee())
    with no_more_room(desk):
        with pytest.raises(StorageFull):
            look_until_full(desk, case_id)
        assert case_facts(desk, case_id).number, "it is open already"
    look(desk, case_id)
    assert check(desk.store).wrong == []


def look_until_full(desk: Desk, case_id: UUID) -> None:
    """The last page has room for a few operations more."""
    for _look in range(1000):
        look(desk, case_id)


# Failing

# How little is left is changed by `leave`; `give_back` makes it as it was.
NO_LARGER_FILE = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the write fails instead, as on a bad disk
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
def leave(room):
    largest = max(path.stat().st_size for path in folder.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest + room, hard))
def give_back():
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
"""
DISK_IS_FULL = """
ballast = folder.parent / "ballast"
def leave(room):
    with ballast.open("wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while file.write(bytes(4096)):
                pass
        file.truncate(max(0, file.tell() - room))
def give_back():
    ballast.unlink()
"""
WORK = f"""
import contextlib, json, resource, signal, sys
from pathlib import Path
from datetime import datetime
from casedesk.errors import StorageFailed, StorageFull
from casedesk.services.intake import register_case
from casedesk.services.sign_in import sign_in
from casedesk.services.search import Filters, count_cases
from casedesk.storage.checking import check
from tests.support.journal import count
from tests.support.people import a_returnee

folder, room, number = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
exec(sys.argv[4])
def somebody():
    global number
    number += 1
    return a_returnee(person__phone_1=f"+88017{{number:08d}}", incident__narrative="word " * 2000)
desk = sign_in(folder, "farzana", {PASSPHRASE!r}, lambda: datetime.fromisoformat({NOW.isoformat()!r}))
leave(room)
saved, said = 0, ""
while not said:
    try:
        register_case(desk, somebody())
        saved += 1
    except (StorageFailed, StorageFull) as error:
        said = error.message
reads = count_cases(desk, Filters())
operations = count(desk)
give_back()
after = count_cases(desk, Filters()), count(desk)
register_case(desk, somebody())
print(json.dumps([saved, said, reads, operations, after, count_cases(desk, Filters()), check(desk.store).wrong]))
desk.store.vault.close()
"""
WORK_WITH_A_RESERVE = f"""
import contextlib, json, sys
from pathlib import Path
from datetime import datetime
from casedesk.errors import StorageFull
from casedesk.services.intake import register_case
from casedesk.services.sign_in import sign_in
from casedesk.storage import room
from casedesk.storage.checking import check
from tests.support.journal import count
from tests.support.people import a_returnee

folder, number = Path(sys.argv[1]), 0
exec(sys.argv[2])
def register():
    global number
    number += 1
    register_case(desk, a_returnee(person__phone_1=f"+88017{{number:08d}}", incident__narrative="word " * 2000))
desk = sign_in(folder, "farzana", {PASSPHRASE!r}, lambda: datetime.fromisoformat({NOW.isoformat()!r}))
told = room.look(folder)
room.keep_back(folder)
kept_back = (folder / room.FILE).stat().st_blocks * 512
leave(0)
hints = []
while not hints:
    try:
        register()
    except StorageFull as error:
        hints.append(error.hint)
before = count(desk)
register()
saved_again = count(desk) - before
while len(hints) < 2:
    try:
        register()
    except StorageFull as error:
        hints.append(error.hint)
print(json.dumps([told, kept_back, hints, saved_again, check(desk.store).wrong]))
desk.store.vault.close()
"""
# A disk of its own in memory, which only this process and its children see, and the folder on it.
ON_A_SMALL_DISK = (
    """mount -t tmpfs -o size="${SIZE:-12m}" none "$1" && cp -r "$2" "$1/store" && shift 2 && exec "$@" """
)


def refused_and_whole(command: Sequence[str | Path]) -> str:
    """Work until the disk takes no more: what was refused did not happen and all else did. Returns what was said."""
    run = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, cwd=ROOT, check=False)
    assert run.returncode == 0, run.stderr
    saved, said, reads, operations, after, again, wrong = json.loads(run.stdout)
    assert after == [reads, operations], "what was refused did not come later"
    assert again == reads + 1, "the next write works"
    assert reads >= saved
    assert wrong == []
    return str(said)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of a file there")
def test_a_disk_that_does_not_take_the_write_is_said_and_nothing_is_half_done(store_folder: Path, rounds: int) -> None:
    dice = random.Random(30)  # noqa: S311 - the same places each time
    for number in range(max(3, rounds // 5)):
        room = str(dice.randrange(200_000))
        words: Sequence[str | Path] = [
            sys.executable,
            "-c",
            WORK,
            store_folder,
            room,
            str(number * 1000),
            NO_LARGER_FILE,
        ]
        said = refused_and_whole(words)
        assert said in ("Could not save: the disk reported a fault.", "Could not save: the disk is full.")


def may_mount() -> bool:
    return (
        shutil.which("unshare") is not None and not subprocess.run(["unshare", "-rm", "true"], check=False).returncode
    )


@pytest.mark.skipif(not may_mount(), reason="this system lets nobody mount a disk of their own")
def test_a_disk_that_is_really_full_is_said_and_nothing_is_half_done(
    store_folder: Path, tmp_path: Path, rounds: int
) -> None:
    dice, disk = random.Random(31), tmp_path / "disk"  # noqa: S311 - as above
    disk.mkdir()
    for _try in range(max(3, rounds // 5)):
        place: Sequence[str | Path] = ["unshare", "-rm", "sh", "-c", ON_A_SMALL_DISK, "sh", disk, store_folder]
        room = str(dice.randrange(200_000))
        words: Sequence[str | Path] = [sys.executable, "-c", WORK, disk / "store", room, "0", DISK_IS_FULL]
        assert refused_and_whole([*place, *words]) == "Could not save: the disk is full."


@pytest.mark.skipif(not may_mount(), reason="this system lets nobody mount a disk of their own")
def test_on_a_full_disk_what_was_kept_back_lets_the_save_in_hand_succeed(store_folder: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    place: Sequence[str | Path] = ["unshare", "-rm", "sh", "-c", ON_A_SMALL_DISK, "sh", disk, store_folder]
    run = subprocess.run(
        [*place, sys.executable, "-c", WORK_WITH_A_RESERVE, disk / "store", DISK_IS_FULL],
        capture_output=True,
        text=True,
        env=ENVIRONMENT | {"SIZE": "30m"},
        cwd=ROOT,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    told, kept_back, hints, saved_again, wrong = json.loads(run.stdout)
    assert 16 * MIB < told < 30 * MIB, "how little is free"
    assert kept_back >= 16 * MIB
    assert "save again" in hints[0]
    assert saved_again == 1, "without anybody freeing anything"
    assert hints[1].endswith("Free some space, then try again.")
    assert wrong == []


def test_room_is_kept_back_where_there_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=room.SCARCE - 1))
    assert room.look(tmp_path) == room.SCARCE - 1
    assert list(tmp_path.iterdir()) == [], "what is scarce is left to others"
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=room.SCARCE))
    assert room.look(tmp_path) is None
    assert [path.name for path in tmp_path.iterdir()] == [room.FILE]
    assert (room.let_go(tmp_path), room.let_go(tmp_path)) == (True, False)


# Written over


@pytest.fixture
def used(open_desk: Callable[..., Desk]) -> tuple[Path, UUID]:
    """A vault with a few cases, closed."""
    desk = open_desk()
    for number in range(8):
        case_id = register_case(
            desk, a_returnee(person__phone_1=f"+88017{number:08d}", incident__narrative="word " * 900)
        )
    desk.store.vault.close()
    return desk.store.vault.folder, case_id


def told(folder: Path) -> list[str]:
    """What a person is told about a vault, by refusing to open it or by its check; nothing if all is well."""
    found: list[str] = []
    try:
        opened = unlock(folder, "farzana", PASSPHRASE)
    except CaseDeskError as refused:
        return [refused.message, refused.hint]
    try:
        migrate(opened.writer)
        found = check(Store(opened)).wrong
    except CaseDeskError as refused:
        found = [refused.message, refused.hint]
    opened.close()
    return found


def test_a_page_written_over_is_found(used: tuple[Path, UUID], rounds: int) -> None:
    path = used[0] / VAULT
    whole = path.read_bytes()
    assert told(used[0]) == []
    dice = random.Random(31)  # noqa: S311 - the same places each time
    pages = len(whole) // PAGE
    for page in {0, pages - 1, *(dice.randrange(pages) for _page in range(rounds // 2))}:
        at = page * PAGE + dice.randrange(PAGE)
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert told(used[0]) != [], f"page {page}"
        for left in used[0].glob(f"{VAULT}-*"):
            left.unlink()
    path.write_bytes(whole)
    assert told(used[0]) == []


def test_a_file_cut_short_is_refused_or_found(used: tuple[Path, UUID], rounds: int) -> None:
    path = used[0] / VAULT
    whole = path.read_bytes()
    dice = random.Random(32)  # noqa: S311 - the same places each time
    for length in {0, 100, PAGE, len(whole) - PAGE, *(dice.randrange(len(whole)) for _cut in range(rounds // 2))}:
        path.write_bytes(whole[:length])
        assert told(used[0]) != [], f"cut to {length}"
        for left in used[0].glob(f"{VAULT}-*"):
            left.unlink()


def test_reading_a_damaged_page_says_so_in_words(used: tuple[Path, UUID]) -> None:
    folder, case_id = used
    desk = sign_in(folder, "farzana", PASSPHRASE, lambda: NOW)
    path = folder / VAULT
    half = path.stat().st_size // PAGE // 2 * PAGE
    with path.open("r+b") as file:
        file.seek(half)
        file.write(bytes(path.stat().st_size - half))
    desk.store.vault.reader.dispose()  # what was read before is not read from the disk again
    with pytest.raises(CaseDeskError) as refused:
        read_everything(desk, case_id)
    desk.store.vault.close()
    assert refused.value.message == "The vault is damaged, so nothing more is saved in it."


def read_everything(desk: Desk, case_id: UUID) -> None:
    case_facts(desk, case_id)
    history(desk, case_id)
    count_cases(desk, Filters(words="Rahima"))


# Two starts


def test_a_second_start_is_refused_until_the_first_ends(desk: Desk) -> None:
    folder = desk.store.vault.folder
    program = "import sys; from pathlib import Path; from casedesk.services.sign_in import sign_in\n" + (
        f"print(type(sign_in).__name__)\nsign_in(Path(sys.argv[1]), 'farzana', {PASSPHRASE!r})"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        cwd=ROOT,
        check=False,
    )
    assert "AlreadyOpen" in run.stderr.splitlines()[-1]
    with pytest.raises(AlreadyOpen):
        sign_in(folder, "farzana", PASSPHRASE)
    case_id = register_case(desk, a_returnee())
    desk.store.vault.close()
    again = sign_in(folder, "farzana", PASSPHRASE)
    assert case_facts(again, case_id).answers["person.name_en"] == "Rahima Khatun"
    again.store.vault.close()


# Clocks


@pytest.mark.parametrize("year", [1970, 2000, 2038, 2099])
def test_everything_works_whatever_the_clock_says(open_desk: Callable[..., Desk], year: int) -> None:
    first = open_desk()
    case_id = register_case(first, a_returnee())
    first.store.vault.close()
    mad = datetime(year, 1, 19, 3, 14, 8, tzinfo=UTC)
    desk = open_desk(clock=lambda: mad)
    flag = ClockFlag.BEHIND if year < NOW.year else ClockFlag.AHEAD
    assert last(desk).flags == flag, "signing in is marked"
    assert desk.today() == NOW.date(), "days count from the last that is known"
    answers = a_returnee(
        person__phone_1="+8801711000418",
        migration_episode__departed_on=PartialDay(date(2024, 6, 12)),
        migration_episode__returned_on=PartialDay(date(2026, 4, 1), Precision.MONTH),
        case__next_contact_on=date(2026, 6, 1),
    )
    draft = begin_draft(desk, "full", answers)
    new = register_case(desk, open_draft(desk, draft).answers, draft)
    edit_case(desk, case_id, {"person.upazila": (None, "Shibchar")})
    note = add_note(desk, case_id, "general", "Came by.")
    plan(desk, case_id, "welfare_check", date(2026, 7, 1))
    record_consent(desk, new, RecordConsent({"share_legal": "given"}, method="verbal"))
    assert {each.status for each in consents_of(desk, case_id)} <= {"given", "refused"}, "nothing expires"
    look(desk, case_id)
    assert count_cases(desk, Filters()) == 2
    assert [row.id for row in notes_of(desk, case_id)] == [note]
    assert [entry.action for entry in history(desk, case_id)][:2] == ["case.view", "follow_up.plan"]
    assert (last(desk).flags & ClockFlag.BEHIND != 0) == (year < NOW.year)
    with desk.read() as session:
        assert session.scalar(select(func.count()).select_from(Draft)) == 0
    assert check(desk.store).wrong == []
    desk.store.vault.close()
    back = open_desk()
    assert case_facts(back, case_id).answers["person.upazila"] == "Shibchar"
    assert check(back.store).wrong == []
