"""Making a backup while others work with the vault."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from casedesk import VERSION, machine
from casedesk.storage import keys
from casedesk.storage.backup.pages import copy_pages
from casedesk.storage.backup.sealed import (
    FILES,
    FOR_PAGES,
    PART,
    SUFFIX,
    Attached,
    Backup,
    Manifest,
    NoRoomForBackup,
    Step,
    finish,
    no_step,
    told,
)
from casedesk.storage.vault import VAULT, Vault

SPARE: Final = 64 * 1024 * 1024  # room that a backup leaves for the work


def make(source: Vault, folder: Path, number: int, made: datetime, step: Step = no_step) -> Backup:
    """Back up the vault while others work with it. What this returns was read back from the disk and is whole."""
    path = folder / f"{number:06}{SUFFIX}"
    part = path.with_name(path.name + PART)
    with told():
        machine.private_folder(folder)
        for left in folder.glob(f"*{PART}*"):
            left.unlink()
        _refuse_without_room(source.folder, folder)
        try:
            found = _copied(source, part, step)
            manifest = _manifest(source, found, number, made)
            finish(source, part, manifest, step)
            part.replace(path)
        except BaseException:
            for left in folder.glob(f"{part.name}*"):
                left.unlink(missing_ok=True)
            raise
        machine.sync_directory(folder)
        return Backup(path, number, path.stat().st_size, manifest)


def _refuse_without_room(store: Path, folder: Path) -> None:
    held = [store / VAULT, store / f"{VAULT}-wal", *attached(store)]
    needed = sum(path.stat().st_size for path in held if path.exists()) + SPARE
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NoRoomForBackup(needed, free)


def _copied(source: Vault, part: Path, step: Step) -> dict[str, Any]:
    """Copy one moment of the database, check the copy, and tell what is in it."""
    machine.private_file(part, "wb").close()
    key = source.subkey(FOR_PAGES)
    reading = source.connection()
    try:
        return copy_pages(reading, part, key, step)
    finally:
        keys.wipe(key)
        reading.close()


def _manifest(source: Vault, found: dict[str, Any], number: int, made: datetime) -> Manifest:
    files = [
        Attached(path.relative_to(source.folder / FILES).as_posix(), path.stat().st_size)
        for path in attached(source.folder)
    ]
    when = round(made.timestamp() * 1000)
    return Manifest(number=number, made_at=when, program=VERSION, store=source.store, files=files, **found)


def attached(store: Path) -> list[Path]:
    return sorted(path for path in (store / FILES).rglob("*") if path.is_file())
