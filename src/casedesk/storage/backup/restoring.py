"""Making a vault of a backup again, and letting it take the place of the vault that was."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import IO

from casedesk import machine, paths
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.storage import keys, set_aside, vault
from casedesk.storage.backup.pages import copy_pages
from casedesk.storage.backup.sealed import (
    FILES,
    FOLDER,
    FOR_PAGES,
    PART,
    BackupDamaged,
    Manifest,
    Step,
    Subkey,
    chunks,
    foot_of,
    no_step,
    told,
    verify,
)
from casedesk.storage.keys import KeysFile
from casedesk.storage.vault import VAULT


class RestoreNotWritten(CaseDeskError):
    """The disk did not take what was restored."""

    def __init__(self) -> None:
        super().__init__(
            _("The backup could not be restored: the disk does not take it."),
            hint=_("The backup and the vault are as they were. Look whether the disk is failing, then try again."),
        )


class NotInPlace(CaseDeskError):
    """What was restored waits beside the place it belongs in."""

    def __init__(self, store: Path) -> None:
        kept = kept_folders(store)
        super().__init__(
            _("What was restored could not be put into its place yet."),
            hint=_(
                "Nothing is lost: what was restored is in {restored}, the vault from before is in {before}. "
                "Close other programs that use these folders, then try again."
            ).format(restored=waiting_for(store), before=kept[0] if kept else store),
        )


class OfAnotherVault(CaseDeskError):
    """The backup is whole but of another centre's vault."""

    def __init__(self) -> None:
        super().__init__(
            _("This backup is of another vault."), hint=_("Nothing was changed. Choose a backup of this one.")
        )


class FolderTaken(CaseDeskError):
    """A restore goes into a new folder only."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            _("There is something in the folder {name} already.").format(name=folder),
            hint=_("Nothing was changed. A backup is restored into a new folder only."),
        )


def restore(path: Path, subkey: Subkey, into: Path, file: KeysFile, step: Step = no_step) -> Manifest:
    """Make a vault of a backup in a folder that is not there yet. A backup that is not whole leaves nothing."""
    if into.exists():
        raise FolderTaken(into)
    manifest = verify(path, subkey, step)
    if manifest.store != file.store:
        raise OfAnotherVault
    with told(RestoreNotWritten):
        machine.private_folder(into)
        try:
            _taken_out(path, subkey, into, manifest, step)
            keys.write_keys(into, file)
            machine.sync_directory(into)
        except BaseException:
            shutil.rmtree(into)
            raise
    return manifest


def _taken_out(path: Path, subkey: Subkey, into: Path, manifest: Manifest, step: Step) -> None:
    sealed = into / f"{VAULT}{PART}"
    with path.open("rb") as source:
        foot = foot_of(source)
        source.seek(0)
        _written(sealed, source, foot.database, sync=False)
        for each in manifest.files:
            target = into / FILES / each.name
            if not target.resolve().is_relative_to((into / FILES).resolve()):
                raise BackupDamaged
            machine.private_folder(target.parent)
            _written(target, source, each.size, sync=True)
    backup_key, database_key = subkey(FOR_PAGES), subkey(b"cdesk.db.1")
    try:
        reading = vault.connect(sealed, backup_key, query_only=True, alone=True)
        try:
            machine.private_file(into / VAULT, "wb").close()
            found = copy_pages(reading, into / VAULT, database_key, step)
        finally:
            reading.close()
    finally:
        keys.wipe(backup_key)
        keys.wipe(database_key)
    if (found["held"], found["heads"]) != (manifest.held, manifest.heads):
        raise BackupDamaged
    sealed.unlink()


def _written(path: Path, source: IO[bytes], size: int, *, sync: bool) -> None:
    with machine.private_file(path, "wb") as target:
        for chunk in chunks(source, size):
            target.write(chunk)
        if sync:
            target.flush()
            os.fsync(target.fileno())


# Taking a place


def put(part: Path, folder: Path) -> None:
    """Give what was restored its place. A folder that is there holds settings and logs, and no vault.

    The vault gets its name there last: until then a restore or a set-up can begin again.
    """
    if folder.exists():
        (part / VAULT).replace(folder / vault.UNFINISHED)
        for each in list(part.iterdir()):
            each.replace(folder / each.name)
        part.rmdir()
        machine.sync_directory(folder)
        (folder / vault.UNFINISHED).replace(folder / VAULT)
        machine.sync_directory(folder)
    else:
        part.replace(folder)
    machine.sync_directory(folder.parent)


def kept_folders(store: Path) -> list[Path]:
    """The folders of vaults that a restored one took the place of, the newest first."""
    found = [path for path in store.parent.glob(f"{store.name}.before-*") if path.is_dir()]
    return sorted(found, key=lambda path: path.name, reverse=True)


def waiting_for(store: Path) -> Path:
    """Where a restored vault waits until it takes the place of this one."""
    return store.with_name(f"{store.name}.restored")


def switch(store: Path, number: int = 1) -> None:
    """Let the restored vault take the place of the present one, which is kept; nobody has either open."""
    kept = store.with_name(f"{store.name}.before-{number:06}")
    while kept.exists():
        number += 1
        kept = store.with_name(f"{store.name}.before-{number:06}")
    with told(RestoreNotWritten):
        store.replace(kept)
        machine.sync_directory(store.parent)
    settle(store)


def settle(store: Path) -> None:
    """Finish a switch that was cut short: the restored vault gets its place, and what belongs to it moves along."""
    with told(lambda: NotInPlace(store)):
        if not vault.vault_exists(store) and waiting_for(store).exists() and kept_folders(store):
            _make_way(store)
            waiting_for(store).replace(store)
            machine.sync_directory(store.parent)
        for kept in kept_folders(store)[:1]:
            for name in (FOLDER, set_aside.FILE, paths.PRACTICE):
                if (kept / name).exists() and store.exists() and not (store / name).exists():
                    (kept / name).replace(store / name)
                    machine.sync_directory(store)


def _make_way(store: Path) -> None:
    """Take away the folder that a start made where there was none: its settings and log go along."""
    if store.exists():
        for each in store.iterdir():
            each.replace(waiting_for(store) / each.name)
        store.rmdir()
