"""What a disk may hold after the power went: built from the writes and syncs that a process really made.

A process is watched by strace. Its writes are then played again up to some moment. What was synced by then is there;
of the rest of each file any write may be there or not, one of them torn at a sector; of renames, creations and removals
that no sync of their folder followed, the first so many, as file systems keep them in order.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.tools import tool

SECTOR = 512
WRITES = ("write", "pwrite64", "ftruncate", "fsync", "fdatasync", "lseek", "writev", "pwritev")
NAMES = ("openat", "creat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "rmdir")
ROOT = Path(__file__).parents[2]
WORKLOADS = "tests.support.workloads"
CALL = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\((.*)\) += (-?\d+)(?:<(.*)>)?(?: .*)?$")


@dataclass(frozen=True, slots=True)
class Call:
    """One thing the process asked of the disk. `path` and `to` are inside the watched folder."""

    what: str  # make, write, cut, sync, move, remove, folder, mark
    path: str
    at: int = 0
    data: bytes = b""
    to: str = ""


def environment() -> dict[str, str]:
    paths = os.pathsep.join(str(ROOT / each) if each else str(ROOT) for each in ("src", ""))
    return os.environ | {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}


def recorded(name: str, store: Path, scratch: Path) -> list[Call]:
    """Everything a workload wrote below the folder that holds the store, in order, with its marks."""
    trace, marks = scratch / "trace", scratch / "marks"
    marks.touch()
    words = [
        "-y",
        "-xx",
        "-s",
        "100000000",
        "-e",
        f"trace={','.join((*WRITES, *NAMES))}",
        "-e",
        "signal=none",
        "-o",
        str(trace),
    ]
    workload = [sys.executable, "-m", WORKLOADS, name, str(store), str(marks)]
    done = subprocess.run(
        [tool("strace"), "-f", "-qq", *words, *workload],
        capture_output=True,
        text=True,
        env=environment(),
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(_calls(trace, store.parent.resolve(), marks.resolve()))


def _calls(trace: Path, base: Path, marks: Path) -> Iterator[Call]:
    places: dict[str, int] = {}  # where the next plain write of an open file goes
    with trace.open(encoding="ascii") as lines:
        for line in lines:
            found = CALL.match(line.rstrip("\n"))
            if found is None or int(found[3]) < 0:
                continue
            yield from _call(found[1], found[2], int(found[3]), _text(found[4] or ""), base, marks, places)


def _call(
    name: str, told: str, result: int, opened: str, base: Path, marks: Path, places: dict[str, int]
) -> Iterator[Call]:
    texts = [bytes.fromhex(each.replace("\\x", "")) for each in re.findall(r'"((?:\\x[0-9a-f]{2})*)"', told)]
    handle = re.match(r"(\d+)<([^>]*)>", told)
    path = _inside(_text(handle[2]) if handle else "", base)
    key = handle[1] if handle else ""
    if name == "writev" and handle and Path(_text(handle[2])) == marks:
        yield Call("mark", texts[0].decode().strip())
    elif name in ("openat", "creat"):
        made = _inside(opened, base)
        if made is not None and "O_CREAT" in told:
            places[str(result)] = 0
            yield Call("make", made)
            if "O_TRUNC" in told:
                yield Call("cut", made)
            if "O_APPEND" in told:
                places[str(result)] = -1
        elif made is not None:
            places[str(result)] = 0
    elif name in ("rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "rmdir"):
        inside = [_inside(each.decode(), base) for each in texts]
        if inside and inside[0] is not None:
            kind = "move" if name.startswith("rename") else "folder" if name == "mkdir" else "remove"
            yield Call(kind, inside[0], to=(inside[1] or "") if len(inside) > 1 else "")
    elif path is None:
        return
    elif name == "lseek":
        places[key] = result
    elif name == "pwrite64":
        yield Call("write", path, int(told.rsplit(", ", 1)[1]), texts[0])
    elif name == "write":
        at = places.get(key, 0)
        yield Call("write", path, at, texts[0])
        if at >= 0:
            places[key] = at + result
    elif name == "ftruncate":
        yield Call("cut", path, int(told.rsplit(", ", 1)[1]))
    elif name in ("fsync", "fdatasync"):
        yield Call("sync", path)


def _text(shown: str) -> str:
    return bytes.fromhex(shown.replace("\\x", "")).decode() if shown.startswith("\\x") else shown


def _inside(path: str, base: Path) -> str | None:
    path = path.removesuffix("(deleted)")
    return path[len(str(base)) + 1 :] if path.startswith(f"{base}/") else "" if path == str(base) else None


# Playing it again


@dataclass
class File:
    """What the disk surely has of a file, and what was written since."""

    safe: bytearray
    since: list[Call] = field(default_factory=list)

    def now(self) -> bytes:
        return bytes(_played(bytearray(self.safe), self.since))

    def after_a_cut(self, dice: random.Random) -> bytes:
        """Some of the writes and not others: later ones without earlier ones, and one of them torn."""
        share = dice.choice((0.1, 0.5, 0.9, 1.0))
        kept = [call for call in self.since if dice.random() < share]
        if kept and dice.random() < 0.5:
            at = dice.randrange(len(kept))
            torn = kept[at]
            sectors = dice.randrange(len(torn.data) // SECTOR + 1)
            kept[at] = Call(torn.what, torn.path, torn.at, torn.data[: sectors * SECTOR])
        return bytes(_played(bytearray(self.safe), kept))


def _played(content: bytearray, calls: Iterable[Call]) -> bytearray:
    for call in calls:
        if call.what == "cut":
            content[call.at :] = bytes(max(0, call.at - len(content)))
        else:
            at = call.at if call.at >= 0 else len(content)
            if at > len(content):
                content.extend(bytes(at - len(content)))
            content[at : at + len(call.data)] = call.data
    return content


class Disk:
    """A folder as the disk has it: which names surely stand for which files, and which changes are on their way."""

    def __init__(self, folder: Path) -> None:
        self.files: dict[str, File] = {}
        self.folders: set[str] = set()
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_dir():
                self.folders.add(name)
            else:
                self.files[name] = File(bytearray(path.read_bytes()))
        self._safe = dict(self.files)
        self._safe_folders = set(self.folders)
        self._on_the_way: list[Call] = []
        self._made: dict[int, File] = {}  # what each creation that was seen made

    def take(self, call: Call) -> None:
        """Let the process do one thing."""
        match call.what:
            case "write" | "cut" if call.path in self.files:
                self.files[call.path].since.append(call)
            case "sync" if call.path in self.files:
                file = self.files[call.path]
                file.safe, file.since = _played(file.safe, file.since), []
            case "sync":
                self._settle(call.path)
            case "make" if call.path not in self.files:
                self._made[id(call)] = File(bytearray())
                self._rename(call)
            case "move" | "remove" | "folder":
                self._rename(call)

    def _rename(self, call: Call) -> None:
        self._on_the_way.append(call)
        self._apply(call, self.files, self.folders)

    def _apply(self, call: Call, files: dict[str, File], folders: set[str]) -> None:
        match call.what:
            case "make":
                files[call.path] = self._made[id(call)]
            case "folder":
                folders.add(call.path)
            case "remove":
                files.pop(call.path, None)
                folders.discard(call.path)
            case "move" if call.path in files:
                files[call.to] = files.pop(call.path)
            case "move":
                for name in [each for each in files if each.startswith(f"{call.path}/")]:
                    files[call.to + name[len(call.path) :]] = files.pop(name)
                for name in [each for each in folders if each == call.path or each.startswith(f"{call.path}/")]:
                    folders.discard(name)
                    folders.add(call.to + name[len(call.path) :])

    def _settle(self, folder: str) -> None:
        """A folder was synced: all name changes up to the last one in it are sure, since the journal keeps order."""
        last = max(
            (at for at, call in enumerate(self._on_the_way) if folder in (_parent(call.path), _parent(call.to or "/"))),
            default=-1,
        )
        for call in self._on_the_way[: last + 1]:
            self._apply(call, self._safe, self._safe_folders)
        del self._on_the_way[: last + 1]

    def write(self, folder: Path, dice: random.Random | None = None) -> None:
        """Write the state: as a killed process leaves it, or with dice as a power cut may."""
        files, folders = self.files, self.folders
        if dice is not None:
            files, folders = dict(self._safe), set(self._safe_folders)
            for call in self._on_the_way[: dice.randrange(len(self._on_the_way) + 1)]:
                self._apply(call, files, folders)
        folder.mkdir()
        for name in folders:
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name, file in files.items():
            if name.endswith("-shm"):
                continue  # memory, made again at each start
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.now() if dice is None else file.after_a_cut(dice))


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
