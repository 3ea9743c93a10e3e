"""The power goes, the process is killed or the disk errs at any moment: what was told is safe is there, all is whole.

`--rounds 200` is the large number: a hundred power cuts, every place to be killed at, and for each kind of fault as
many places as there are rounds, evenly spread; every place where there are no more places than rounds.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from casedesk import settings
from casedesk.desk import Desk
from casedesk.services import backups
from casedesk.services.case_facts import case_facts
from casedesk.services.intake import register_case
from casedesk.services.search import Filters, count_cases
from casedesk.services.sign_in import NeverSetUp, set_up, sign_out
from casedesk.storage import vault
from casedesk.storage.backup import pages, restoring, sealed
from casedesk.storage.checking import check
from casedesk.storage.keys import FLOOR
from casedesk.storage.migrate import HEAD, revision
from casedesk.storage.store import Store
from tests.conftest import CENTRE, NOW, PASSPHRASE
from tests.support import an_inbox, disk_states, earlier
from tests.support.disk_states import Call, Disk
from tests.support.held_calls import POSSIBLE, Fault
from tests.support.planted import work_a_day
from tests.support.workbench import Workbench, workbench
from tests.support.workloads import WORKLOADS, enter, somebody

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="needs a kernel that holds calls")
LARGE = 200
WRITES = ("write", "pwrite64", "ftruncate", "fsync", "fdatasync", "openat", "mkdir", "chmod", "rename", "unlink")
READS = ("pread64", "read")  # the first by the database alone


@dataclass(frozen=True)
class Recording:
    """A workload, the folder before it, and everything it wrote."""

    name: str
    before: Path
    calls: list[Call]
    rows: earlier.Rows  # of the vault before


def prepared(name: str, empty_centre: Path, base: Path) -> Path:
    """The folder in which a workload begins."""
    base.mkdir()
    store = base / "store"
    match name:
        case "first_run":
            pass
        case "migrate":
            shutil.copytree(empty_centre, store)
            desk = enter(store)
            work_a_day(desk)
            earlier.undo(desk.store.vault.writer, "0001")
            desk.store.vault.close()
        case "take_in":
            an_inbox.prepare(base, base.with_name("others"))
        case _:
            shutil.copytree(empty_centre, store)
            desk = enter(store)
            if name != "save":
                register_case(desk, somebody(7))
            if name in ("restore", "new_computer"):
                backups.make_backup(desk)
                register_case(desk, somebody(8))
            sign_out(desk)
    if name in ("make_backup", "new_computer"):
        (base / "stick").mkdir()
    if name == "new_computer":
        (store / sealed.FOLDER).replace(base / "stick" / sealed.FOLDER)
        shutil.rmtree(store)
        store.mkdir()
        (store / settings.FILE).write_text("{}")
    return base


@pytest.fixture(scope="module", params=WORKLOADS)
def recording(
    request: pytest.FixtureRequest, empty_centre: Path, tmp_path_factory: pytest.TempPathFactory
) -> Recording:
    scratch = tmp_path_factory.mktemp(request.param)
    before = prepared(request.param, empty_centre, scratch / "before")
    live = Path(shutil.copytree(before, scratch / "live"))
    calls = disk_states.recorded(request.param, live / "store", scratch)
    assert [call.path for call in calls if call.what == "mark"][-1] == "done"
    looked_at = Path(shutil.copytree(before, scratch / "looked at")) / "store"
    return Recording(request.param, before, calls, rows_of(looked_at) if request.param == "migrate" else {})


def rows_of(store: Path) -> earlier.Rows:
    with closing(vault.unlock(store, "farzana", PASSPHRASE)) as opened:
        return earlier.rows(opened.reader)


def states(
    recording: Recording, moments: list[int], dice: random.Random | None, where: Path
) -> Iterator[tuple[Path, list[str]]]:
    """The folder as it may be at each of these moments, and what had been told by then."""
    disk, told = Disk(recording.before), list[str]()
    wanted = sorted(moments)
    for done, call in enumerate([*recording.calls, Call("mark", "done")]):
        while wanted and wanted[0] == done:
            wanted.pop(0)
            folder = where / "state"
            disk.write(folder, dice)
            yield folder, list(told)
            shutil.rmtree(folder)
        disk.take(call)
        if call.what == "mark":
            told.append(call.path)


def test_after_a_power_cut_all_that_was_told_is_there(recording: Recording, tmp_path: Path, rounds: int) -> None:
    dice = random.Random(60)  # noqa: S311 - the same cuts each time
    moments = [dice.randrange(len(recording.calls) + 1) for _cut in range(max(5, rounds // 2))]
    for folder, told in states(recording, moments, dice, tmp_path):
        holds(recording.name, folder / "store", told, recording.rows)


def test_killed_at_any_operation_all_that_was_told_is_there(recording: Recording, tmp_path: Path, rounds: int) -> None:
    moments = list(range(len(recording.calls) + 1))
    if rounds < LARGE:
        moments = random.Random(61).sample(moments, min(len(moments), max(4, rounds // 4)))  # noqa: S311 - as above
    for folder, told in states(recording, moments, None, tmp_path):
        holds(recording.name, folder / "store", told, recording.rows)


@pytest.fixture(scope="module")
def bench() -> Iterator[Workbench]:
    with workbench() as made:
        yield made


@pytest.fixture(scope="module")
def asked(recording: Recording, bench: Workbench, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How often the workload, once rehearsed, asks for each kind of write, name change and read."""
    scratch = tmp_path_factory.mktemp("rehearsal")
    rehearsed, counted = (Path(shutil.copytree(recording.before, scratch / each)) / "store" for each in "ab")
    marks = scratch / "marks"
    marks.touch()
    bench.rehearse(recording.name, rehearsed, marks)
    return bench.asks(recording.name, counted, marks, (*WRITES, *READS))


@pytest.mark.parametrize("what", ["EIO", "ENOSPC", "EDQUOT", "EROFS", "EACCES", "KILL"])
def test_a_fault_at_any_operation_is_told_and_nothing_is_half_done(
    recording: Recording, bench: Workbench, asked: dict[str, int], what: str, tmp_path: Path, rounds: int
) -> None:
    wrong = (*WRITES, *READS) if what == "EIO" else WRITES
    places = [Fault(call, number + 1, what) for call in wrong for number in range(asked.get(call, 0))]
    stride = -(-len(places) // (rounds if rounds >= LARGE else max(1, rounds // 20)))
    start = random.Random(f"{what} {recording.name}").randrange(stride)  # noqa: S311 - the same places each time
    errors: list[Exception] = []
    for fault in places[start::stride]:
        try:
            survives(recording, bench, fault, tmp_path)
        except Exception as error:  # noqa: BLE001 - all are told at the end
            error.add_note(str(fault))
            errors.append(error)
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(places[start::stride])} places", errors)


def survives(recording: Recording, bench: Workbench, fault: Fault, scratch: Path) -> None:
    folder, marks = scratch / "live", scratch / "marks"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(recording.before, folder)
    marks.write_bytes(b"")
    said = bench.run(recording.name, folder / "store", marks, fault)
    assert "Traceback" not in said, said
    told = marks.read_text().splitlines()
    ended = told[-1].split()[0] if told else ""
    assert ended != "done" if fault.what == "KILL" else ended in ("refused", "done")
    safe = [line for line in told if not line.startswith(("refused", "done"))]
    holds(recording.name, folder / "store", safe, recording.rows)


@pytest.mark.parametrize("number", range(7, 10))
def test_a_set_up_whose_disk_fails_as_its_file_is_finished_begins_again(
    bench: Workbench, tmp_path: Path, number: int
) -> None:
    store, marks = tmp_path / "live" / "store", tmp_path / "marks"
    store.parent.mkdir()
    marks.touch()
    bench.run("first_run", store, marks, Fault("fsync", number, "ENOSPC"))
    assert marks.read_text().startswith("refused")
    holds("first_run", store, [], {})


@pytest.mark.parametrize("number", range(17, 22))
def test_a_set_up_that_cannot_read_its_new_tables_says_so(bench: Workbench, tmp_path: Path, number: int) -> None:
    """SQLite calls a table missing if who knew that there was none yet fails to look again."""
    store, marks = tmp_path / "live" / "store", tmp_path / "marks"
    store.parent.mkdir()
    marks.touch()
    said = bench.run("first_run", store, marks, Fault("pread64", number, "EIO"))
    assert "Traceback" not in said
    assert marks.read_text().startswith("refused")
    holds("first_run", store, [], {})


# What must hold


def holds(name: str, store: Path, told: list[str], before: earlier.Rows) -> None:
    """Whatever happened, it opens, what was told is there, and the check finds nothing."""
    restoring.settle(store)
    if name == "first_run":
        set_up_or_again(store, told)
    elif name == "migrate":
        migrated_or_not(store, told, before)
    elif name == "take_in":
        an_inbox.nothing_is_lost(store, told)
    else:
        if name == "new_computer" and not vault.vault_exists(store):
            assert "restored" not in told
            WORKLOADS[name](store, lambda *_told: None)
        desk = enter(store)
        try:
            assert check(desk.store).wrong == []
            told_is_there(desk, told)
            if name == "new_computer":
                assert count_cases(desk, Filters()) == 1
            if name == "restore":
                assert count_cases(desk, Filters()) in ((1,) if "restored" in told else (1, 2))
            no_half_backup(desk.store.vault, store / sealed.FOLDER)
            no_half_backup(desk.store.vault, store.with_name("stick"))
        finally:
            sign_out(desk)


def told_is_there(desk: Desk, told: list[str]) -> None:
    last: dict[UUID, int] = {}
    folder = desk.store.vault.folder
    for line in told:
        match line.split():
            case ["case", which, step]:
                last[UUID(which)] = int(step)
            case ["backup", name]:
                assert (folder / sealed.FOLDER / name).exists()
            case ["copy", name]:
                assert (folder.with_name("stick") / name).exists()
    for case_id, known in last.items():
        assert case_facts(desk, case_id).answers["person.upazila"] in (str(known), str(known + 1))


def no_half_backup(opened: vault.Vault, folder: Path) -> None:
    """Whatever has the name of a backup is one, whole."""
    for path in folder.glob(f"*{sealed.SUFFIX}"):
        sealed.verify(path, opened.subkey)


def set_up_or_again(store: Path, told: list[str]) -> None:
    if "set_up" in told or vault.vault_exists(store):
        try:
            desk = enter(store)
        except NeverSetUp:
            assert "set_up" not in told
            return
        assert check(desk.store).wrong == []
    else:
        desk, recovery = set_up(store, CENTRE, FLOOR, lambda: NOW)
        recovery.wipe()
    sign_out(desk)


def migrated_or_not(store: Path, told: list[str], before: earlier.Rows) -> None:
    """Records and journal are as they were, whichever step they are at, and after the migration that is missing."""
    with closing(vault.unlock(store, "farzana", PASSPHRASE)) as opened:
        at = revision(opened.reader)
        assert at == HEAD or (at == "0001" and "migrated" not in told)
        assert pages.pages_are_whole(opened)
        assert earlier.lost(before, earlier.rows(opened.reader)) == []
        backups.migrate_safely(opened, NOW)
        assert earlier.lost(before, earlier.rows(opened.reader)) == []
        assert check(Store(opened)).wrong == []
        no_half_backup(opened, store / sealed.FOLDER)
