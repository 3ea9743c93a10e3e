"""After a lock nothing of the sitting is in the memory of any process: no key, no passphrase, no name.

The program lets nobody of its own rights look into its memory, so that only root can tell.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from casedesk.desk import Desk
from casedesk.progress import Progress
from casedesk.services.intake import register_case
from casedesk.services.sign_in import sign_out
from casedesk.storage.store import Store
from casedesk.sync.process import beside
from tests.conftest import PASSPHRASE
from tests.support.people import a_returnee
from tests.support.workloads import enter

A_WHILE = 300.0  # in seconds: the machine may be busy
NAME = "Qudratunnesa Zvornik"
NARRATIVE = "xylographic account of a locked door"
SITTING = f"""
import sys
from pathlib import Path
from threading import Thread
from PySide6.QtWidgets import QApplication
from casedesk.services.sign_in import sign_in
from casedesk.storage.keys import FLOOR
from casedesk.ui.application import Program
from casedesk.sync.process import beside
from casedesk.ui.page import Goto
from tests.sync.test_beside import step_for_ever
folder, passphrase = Path(sys.argv[2]), sys.stdin.readline().strip()
app = QApplication(sys.argv[:1])
program = Program(app, folder, cost=lambda: FLOOR)
program.start()
program._open(sign_in(folder, "farzana", passphrase), "farzana")
program.screen.go(Goto("case", {{"case_id": sys.stdin.readline().strip(), "section": "overview"}}))
app.clipboard().setText({NAME!r})
app.processEvents()
Thread(target=beside, args=(program.screen.desk.store, step_for_ever), daemon=True).start()
print("open", flush=True)
sys.stdin.readline()
sys.argv = sys.argv[:1] + ["--store", str(folder)]
program.lock("key")
"""

NO_CORE = (0, 0)

resource = pytest.importorskip("resource")  # Windows has none

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is read through /proc")


def memory(process: int) -> Iterator[bytes]:
    """Everything a process has in its memory that it may write to or was given."""
    maps = Path(f"/proc/{process}/maps").read_text(encoding="utf-8", errors="replace")
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as file:
        for line in maps.splitlines():
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) r(\S\S\S) .*?(\[vvar\]|\[vsyscall\]|$)", line)
            if found is None or found[4]:
                continue
            start, end = int(found[1], 16), int(found[2], 16)
            try:
                file.seek(start)
                yield file.read(end - start)
            except (OSError, ValueError, OverflowError):  # a part of the memory that the system keeps to itself
                continue


def found_in(process: int, wanted: dict[str, bytes]) -> set[str]:
    left = dict(wanted)
    for part in memory(process):
        for name in [name for name, raw in left.items() if raw in part]:
            del left[name]
    return wanted.keys() - left.keys()


def begun_by(process: int) -> list[int]:
    """The processes that this one began, and that still have a memory."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            told = dict(line.partition(":")[::2] for line in status.read_text(encoding="utf-8").splitlines())
            if int(told["PPid"]) == process and not told["State"].strip().startswith("Z"):
                found.append(int(status.parent.name))
    return found


def spelled(text: str, name: str) -> dict[str, bytes]:
    """As Python, SQLite and Qt hold a text."""
    return {f"{name} in {coding}": text.encode(coding) for coding in ("utf-8", "utf-16-le", "utf-32-le")}


@contextlib.contextmanager
def sitting(folder: Path) -> Iterator[subprocess.Popen[str]]:
    # Named so that the program takes it for a display, and Qt for none.
    there = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "QT_QPA_PLATFORM": "offscreen:", "DISPLAY": ":none"}
    with subprocess.Popen(
        [sys.executable, "-c", SITTING, "--store", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=there,
        cwd=Path(__file__).parents[2],
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def again_as_root() -> None:
    """Where all is built nobody may miss that this was not looked at, and `sudo` asks for no password."""
    if "CI" not in os.environ:
        pytest.skip("only root may look into the memory of the program")
    here = [f"{name}={os.environ.get(name, '')}" for name in ("PATH", "LANG", "HOME")]
    words = [*here, f"PYTHONPATH={os.pathsep.join(sys.path)}", "PYTHONDONTWRITEBYTECODE=1"]
    test = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", __file__]
    done = subprocess.run(["sudo", "-n", "env", *words, *test], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def say(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def test_nothing_of_the_sitting_is_in_the_memory_after_a_lock(store_folder: Path) -> None:
    if sys.platform != "win32" and os.geteuid() != 0:
        again_as_root()
        return
    desk = enter(store_folder)
    case_id = register_case(desk, a_returnee(person__name_en=NAME, incident__narrative=NARRATIVE))
    opened = desk.store.vault
    secrets = {
        "data key": bytes(opened._data_key),
        "database key": bytes(opened._database_key),
        "database key in hex": opened._database_key.hex().encode(),
        **spelled(PASSPHRASE, "passphrase"),
        **spelled(NAME, "name"),
        **spelled(NARRATIVE, "narrative"),
    }
    sign_out(desk)
    with sitting(store_folder) as process:
        say(process, PASSPHRASE)
        say(process, str(case_id))
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        assert {"data key", "name in utf-8", "name in utf-16-le"} <= found_in(process.pid, secrets), "the scan finds it"
        until(lambda: any("data key" in found_in(each, secrets) for each in begun_by(process.pid)))
        assert resource.prlimit(process.pid, resource.RLIMIT_CORE) != NO_CORE, "what follows is not inherited"
        say(process, "lock")
        door = {"door": "Locked".encode("utf-16-le"), "centre": "Dhaka Centre".encode("utf-16-le")}
        fresh = Path(f"/proc/{process.pid}/cmdline")
        until(lambda: b"-m\0casedesk" in fresh.read_bytes() and found_in(process.pid, door) == door.keys())
        until(lambda: not begun_by(process.pid))  # what worked beside the window hears that nobody listens any more
        assert found_in(process.pid, secrets) == set()
        assert resource.prlimit(process.pid, resource.RLIMIT_CORE) == NO_CORE, "nor does it go into a crash file"


def until(held: Callable[[], bool]) -> None:
    end = time.monotonic() + A_WHILE
    while not held():
        assert time.monotonic() < end


def test_no_core_of_a_command_is_dumped_and_no_other_program_may_look(store_folder: Path) -> None:
    program = f"""
import atexit, runpy, sys
from tests.faults.test_memory import what_may_be_seen
atexit.register(lambda: print(*what_may_be_seen()))
sys.argv = ["casedesk", "backup", "--list", "--store", {str(store_folder)!r}, "--user", "farzana"]
runpy.run_module("casedesk", run_name="__main__", alter_sys=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=PASSPHRASE,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert done.stdout.splitlines()[-1] == f"{NO_CORE} 0", "no core, and not dumpable"


def test_no_core_of_the_process_beside_is_dumped(desk: Desk) -> None:
    assert beside(desk.store, seen_beside) == (NO_CORE, 0)


def seen_beside(_store: Store, _progress: Progress) -> tuple[tuple[int, int], int]:
    return what_may_be_seen()


def what_may_be_seen() -> tuple[tuple[int, int], int]:
    """How large a core file of this process may be, and whether others of this user may look into its memory."""
    pr_get_dumpable = 3
    return resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(pr_get_dumpable, 0, 0, 0, 0)
