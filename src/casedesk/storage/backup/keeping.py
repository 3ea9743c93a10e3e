"""The folder of backups: which are there and which need not be kept; and copies in other folders."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from casedesk import machine
from casedesk.errors import CaseDeskError
from casedesk.storage.backup.sealed import (
    PART,
    SUFFIX,
    Backup,
    NoRoomForBackup,
    Step,
    Subkey,
    chunks,
    foot_of,
    no_step,
    read,
    told,
    verify,
)

DAILY, WEEKLY, MONTHLY, LEAST = 7, 4, 12, 3
WEEK, MONTH = 7, 28  # counted in backups, since a clock may say anything


def number_of(path: Path) -> int:
    """The number of a backup by its name, 0 for any other file."""
    stem = path.name.removesuffix(SUFFIX)
    return int(stem) if path.name.endswith(SUFFIX) and stem.isascii() and stem.isdigit() else 0


def backups_in(folder: Path, subkey: Subkey) -> list[Backup]:
    """The backups of a folder, the newest first; a file that cannot be read as one is among them and says so."""
    found = []
    for path in folder.glob(f"*{SUFFIX}"):
        if number := number_of(path):
            manifest = None
            with contextlib.suppress(CaseDeskError):
                manifest = read(path, subkey)
            found.append(Backup(path, number, path.stat().st_size, manifest))
    return sorted(found, key=lambda each: each.number, reverse=True)


def superfluous(numbers: list[int]) -> list[int]:
    """Those that need not be kept: not among the newest, nor one in seven, nor one in four of these."""
    newest = sorted(numbers, reverse=True)
    kept, older = newest[:DAILY], newest[DAILY:]
    kept += [number for number in older if number % WEEK == 0][:WEEKLY]
    kept += [number for number in older if number % MONTH == 0 and number not in kept][:MONTHLY]
    return sorted(set(numbers) - set(kept)) if len(kept) >= LEAST else []


def rotate(folder: Path, subkey: Subkey) -> None:
    """Delete what need not be kept. One that cannot be read counts for nothing and is left to people."""
    whole = {each.number: each.path for each in backups_in(folder, subkey) if each.manifest is not None}
    for number in superfluous(list(whole)):
        with contextlib.suppress(OSError):
            whole[number].unlink()


def copy_to(path: Path, folder: Path, subkey: Subkey, step: Step = no_step) -> Path:
    """Copy a backup into another folder, and read the copy back from there before it has its name.

    Backups of several computers may lie there: none takes the place of another.
    """
    source = read(path, subkey)
    name = f"CaseDesk-{source.store.hex()[:6]}-{source.number:06}"
    with told():
        size = path.stat().st_size
        free = shutil.disk_usage(folder).free
        if free < size:
            raise NoRoomForBackup(size, free)
        part = folder / f"{name}{SUFFIX}{PART}"
        try:
            with path.open("rb") as file, machine.private_file(part, "wb") as target:
                done = 0
                for chunk in chunks(file, size):
                    target.write(chunk)
                    done += len(chunk)
                    step(done, 2 * size)
                target.flush()
                os.fsync(target.fileno())
            verify(part, subkey, lambda read_, of: step(of + read_, 2 * of))
            copied = _free_name(folder, name, part)
            part.replace(copied)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        machine.sync_directory(folder)
        return copied


def _free_name(folder: Path, name: str, part: Path) -> Path:
    """A name there that no file has yet but an earlier copy of the same backup."""
    copied, again = folder / f"{name}{SUFFIX}", 1
    while copied.exists() and not _same(copied, part):
        again += 1
        copied = folder / f"{name}-{again}{SUFFIX}"
    return copied


def _same(one: Path, other: Path) -> bool:
    """Whether two files end in the same digest, which covers all the rest."""
    with one.open("rb") as first, other.open("rb") as second:
        try:
            return foot_of(first) == foot_of(second)
        except CaseDeskError:
            return False
