"""Backups: the whole vault in one sealed file that is opened and checked before it counts (SECURITY 9, SYNC 3).

    pages of the database, keyed with the backup key | attached files | keys file | manifest, sealed | foot

The foot tells how long each part is and ends in a keyed digest of everything before it, so that a file that was cut,
mended or put together from two is refused as a whole. Whoever finds it learns its size and nothing else: the keys
file is as readable, and as little use, as the one beside the vault.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import shutil
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any, Final

import msgspec
from sqlcipher3 import dbapi2 as sqlcipher

from casedesk import VERSION, machine, paths
from casedesk.errors import CaseDeskError, StorageFull
from casedesk.formats import file_size
from casedesk.i18n import _
from casedesk.storage import keys, set_aside, vault
from casedesk.storage.keys import KeysFile
from casedesk.storage.vault import VAULT, Vault

FOLDER: Final = "backups"
FILES: Final = "files"
SUFFIX: Final = ".cdbackup"
PART: Final = ".part"
DAILY, WEEKLY, MONTHLY, LEAST = 7, 4, 12, 3
WEEK, MONTH = 7, 28  # counted in backups, since a clock may say anything
SPARE: Final = 64 * 1024 * 1024  # room that a backup leaves for the work

_MAGIC: Final = b"CDBACKUP"
_FOR_MANIFEST: Final = b"cdesk.bakman.1"
_VERSION: Final = 1
_FOOT: Final = struct.Struct("<8sBQQIQ32s")  # magic, version, lengths of database, files, keys, manifest; digest
_DIGEST: Final = 32
_LARGEST_MANIFEST: Final = 64 * 1024 * 1024
_PAGES: Final = 512  # copied at a time, some hundredths of a second in which others go on
_CHUNK: Final = 1024 * 1024

Step = Callable[[int, int], object]
Subkey = Callable[[bytes], bytearray]


def no_step(_done: int, _of: int) -> None:
    """For work that nobody watches."""


class BackupFailed(CaseDeskError):
    """The disk did not take the backup, or gave it back otherwise than it was written."""

    def __init__(self) -> None:
        super().__init__(
            _("The backup could not be made."),
            hint=_("Your work is safe, and older backups stay. Look whether the disk is full or failing."),
        )


class BackupUnreadable(CaseDeskError):
    """The disk did not give the file."""

    def __init__(self) -> None:
        super().__init__(
            _("The backup could not be read."),
            hint=_("Nothing was changed. Look whether the stick or disk is still there, then try again."),
        )


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


class NoRoomForBackup(CaseDeskError):
    """The disk has less room than a backup takes."""

    def __init__(self, needed: int, free: int) -> None:
        super().__init__(
            _("There is no room for a backup: it takes {needed}, and {free} are free.").format(
                needed=file_size(needed), free=file_size(free)
            ),
            hint=_("Your work is safe, and no older backup was deleted. Free some space, then try again."),
        )


class NotABackup(CaseDeskError):
    """The file is something else."""

    def __init__(self) -> None:
        super().__init__(
            _("This file is not a backup of CaseDesk, or it was cut short."),
            hint=_("Nothing was changed. Choose another file."),
        )


class BackupDamaged(CaseDeskError):
    """The file was a backup once, but not every byte of it is as it was written."""

    def __init__(self) -> None:
        super().__init__(
            _("This backup is damaged, so it is not used."),
            hint=_("Nothing was changed. Choose another backup."),
        )


class OfAnotherVault(CaseDeskError):
    """The backup is whole but of another centre's vault."""

    def __init__(self) -> None:
        super().__init__(
            _("This backup is of another vault."), hint=_("Nothing was changed. Choose a backup of this one.")
        )


class FolderTaken(CaseDeskError):
    """A restore goes into a new folder only."""

    def __init__(self) -> None:
        super().__init__(
            _("There is something in this folder already."),
            hint=_("Nothing was changed. A backup is restored into a new folder only."),
        )


class Attached(msgspec.Struct, frozen=True):
    """A file beside the database."""

    name: str
    size: int


class Manifest(msgspec.Struct, frozen=True):
    """What a backup says of itself. `held` has the last operation of each chain by the chain's id in hex."""

    number: int
    made_at: int  # milliseconds; for people to read, nothing depends on it
    program: str
    revision: str
    store: bytes
    operations: int
    cases: int
    held: dict[str, int]
    heads: dict[str, bytes]
    files: list[Attached]

    @property
    def made(self) -> datetime:
        return datetime.fromtimestamp(self.made_at / 1000, UTC)


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup in a folder. Without a manifest it cannot be read with the keys at hand."""

    path: Path
    number: int
    size: int
    manifest: Manifest | None


@dataclass(frozen=True, slots=True)
class _Foot:
    database: int
    files: int
    keys: int
    manifest: int
    digest: bytes

    @property
    def whole(self) -> int:
        return self.database + self.files + self.keys + self.manifest + _FOOT.size

    @property
    def bare(self) -> bytes:
        """All of it but the digest, which covers it too."""
        packed = _FOOT.pack(_MAGIC, _VERSION, self.database, self.files, self.keys, self.manifest, b"")
        return packed[:-_DIGEST]


# Making


def make(source: Vault, folder: Path, number: int, made: datetime, step: Step = no_step) -> Backup:
    """Back up the vault while others work with it. What this returns was read back from the disk and is whole."""
    path = folder / f"{number:06}{SUFFIX}"
    part = path.with_name(path.name + PART)
    with _told():
        machine.private_folder(folder)
        for left in folder.glob(f"*{PART}*"):
            left.unlink()
        _refuse_without_room(source.folder, folder)
        try:
            found = _copied(source, part, step)
            manifest = _manifest(source, found, number, made)
            _finish(source, part, manifest, step)
            part.replace(path)
        except BaseException:
            for left in folder.glob(f"{part.name}*"):
                left.unlink(missing_ok=True)
            raise
        machine.sync_directory(folder)
        return Backup(path, number, path.stat().st_size, manifest)


def _refuse_without_room(store: Path, folder: Path) -> None:
    held = [store / VAULT, store / f"{VAULT}-wal", *_attached(store)]
    needed = sum(path.stat().st_size for path in held if path.exists()) + SPARE
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NoRoomForBackup(needed, free)


def _attached(store: Path) -> list[Path]:
    return sorted(path for path in (store / FILES).rglob("*") if path.is_file())


def _copied(source: Vault, part: Path, step: Step) -> dict[str, Any]:
    """Copy one moment of the database, check the copy, and tell what is in it."""
    machine.private_file(part, "wb").close()
    key = source.subkey(b"cdesk.backup.1")
    reading = source.connection()
    try:
        return copy_pages(reading, part, key, step)
    finally:
        keys.wipe(key)
        reading.close()


def copy_pages(reading: Any, path: Path, key: bytearray, step: Step = no_step) -> dict[str, Any]:
    """Copy what a connection sees into an empty file under another key, check what the disk has, and tell what it is.

    The check reads every page once more, from the disk and through the engine: what passes was written as it was
    copied, and whoever goes on with the file need not look a second time.
    """
    try:
        _pour(reading, path, key, step)
        with path.open("rb+") as file:
            os.fsync(file.fileno())
            machine.forget_cached(file)
        with contextlib.closing(vault.connect(path, key, query_only=True, alone=True)) as copy:
            return _checked(copy)
    except sqlcipher.Error as error:
        raise vault.told(error) from error


def _pour(reading: Any, path: Path, key: bytearray, step: Step) -> None:
    def copied(_status: int, left: int, of: int) -> None:
        step(of - left, of)

    with contextlib.closing(vault.connect(path, key, alone=True)) as writing:
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on it sees this moment only
        reading.backup(writing, pages=_PAGES, progress=copied)
        reading.execute("COMMIT")
        # What it was copied from has a log beside it; a file that travels alone must not wait for one.
        writing.execute("PRAGMA journal_mode = DELETE").fetchall()


def _checked(connection: Any) -> dict[str, Any]:
    """Look through every page, compare the end of each chain, and count; BackupFailed if all is not well."""
    if not _whole(connection):
        raise BackupFailed
    ends = connection.execute(
        "SELECT c.id, c.held, c.head, o.link, (SELECT count(*) FROM operation WHERE chain_ix = c.ix) FROM chain c"
        " LEFT JOIN operation o ON o.chain_ix = c.ix AND o.chain_seq = c.held"
    ).fetchall()
    for _chain, held, head, link, counted in ends:
        if (held and head != link) or counted != held:
            raise BackupFailed
    (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    (operations,) = connection.execute("SELECT count(*) FROM operation").fetchone()
    (cases,) = connection.execute('SELECT count(*) FROM "case" WHERE removed_at IS NULL').fetchone()
    return {
        "revision": revision,
        "operations": operations,
        "cases": cases,
        "held": {chain.hex(): held for chain, held, *_rest in ends},
        "heads": {chain.hex(): head for chain, _held, head, *_rest in ends},
    }


def _whole(connection: Any) -> bool:
    """Whether every page decrypts and the tables hang together."""
    if connection.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
        return False
    # The walk through the tables reads, and so authenticates, every page but free ones. These are rare here.
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    return not free or connection.execute("PRAGMA cipher_integrity_check").fetchall() == []


def pages_are_whole(source: Vault) -> bool:
    """Whether every page decrypts and the tables hang together. Reads the whole file on a connection of its own."""
    try:
        reading = source.connection()
    except CaseDeskError:
        return False
    try:
        return _whole(reading)
    except sqlcipher.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlcipher.SQLITE_CORRUPT, sqlcipher.SQLITE_NOTADB):
            return False
        raise vault.told(error) from error
    finally:
        reading.close()


def _manifest(source: Vault, found: dict[str, Any], number: int, made: datetime) -> Manifest:
    files = [
        Attached(path.relative_to(source.folder / FILES).as_posix(), path.stat().st_size)
        for path in _attached(source.folder)
    ]
    when = round(made.timestamp() * 1000)
    return Manifest(number=number, made_at=when, program=VERSION, store=source.store, files=files, **found)


def _finish(source: Vault, part: Path, manifest: Manifest, step: Step) -> None:
    """Add what belongs to the database behind it, and the digest over all. What was added is read back."""
    written = keys.written(source.keys)
    sealed = keys.seal(source.subkey(_FOR_MANIFEST), msgspec.msgpack.encode(manifest), _MAGIC)
    database, pages = part.stat().st_size, _begun(source.subkey)
    with part.open("rb") as file:
        _feed(pages, _chunks(file, database), step, database)
    over_all = pages.copy()
    with part.open("ab") as file:
        for piece in (*_beside(source, manifest), written, sealed):
            file.write(piece)
            over_all.update(piece)
        foot = _Foot(database, sum(each.size for each in manifest.files), len(written), len(sealed), b"")
        over_all.update(foot.bare)
        file.write(foot.bare + over_all.digest())
        file.flush()
        os.fsync(file.fileno())
    with part.open("rb") as file:
        machine.forget_cached(file)
        if _foot(file) != replace(foot, digest=_rest(file, foot, database, pages)):
            raise BackupFailed


def _beside(source: Vault, manifest: Manifest) -> Iterator[bytes]:
    for each in manifest.files:
        with (source.folder / FILES / each.name).open("rb") as attached:
            yield from _chunks(attached, each.size)


# Reading


def read(path: Path, subkey: Subkey) -> Manifest:
    """What a backup says of itself. Only `verify` tells that the rest is whole."""
    with _told(BackupUnreadable), path.open("rb") as file:
        foot = _foot(file)
        return _opened(file, foot, subkey)


def verify(path: Path, subkey: Subkey, step: Step = no_step) -> Manifest:
    """Read every byte again and compare; BackupDamaged if one is not as it was written."""
    with _told(BackupUnreadable), path.open("rb") as file:
        foot = _foot(file)
        machine.forget_cached(file)  # so that it is read from the disk and not from memory
        digest = _rest(file, foot, 0, _begun(subkey), step)
        if not hmac.compare_digest(digest, foot.digest):
            raise BackupDamaged
        return _opened(file, foot, subkey)


def keys_in(path: Path) -> KeysFile:
    """The keys file in a backup: whose passphrases open it."""
    with _told(BackupUnreadable), path.open("rb") as file:
        foot = _foot(file)
        file.seek(foot.database + foot.files)
        return keys.keys_of(file.read(foot.keys))


def _foot(file: IO[bytes]) -> _Foot:
    size = file.seek(0, os.SEEK_END)
    if size < _FOOT.size:
        raise NotABackup
    file.seek(size - _FOOT.size)
    magic, version, database, files, keys_size, manifest, digest = _FOOT.unpack(file.read(_FOOT.size))
    foot = _Foot(database, files, keys_size, manifest, digest)
    if magic != _MAGIC or foot.whole != size:
        raise NotABackup
    if version > _VERSION:
        raise vault.NewerVault
    if version != _VERSION or foot.keys > keys.LARGEST_FILE or foot.manifest > _LARGEST_MANIFEST:
        raise BackupDamaged
    return foot


def _opened(file: IO[bytes], foot: _Foot, subkey: Subkey) -> Manifest:
    file.seek(foot.database + foot.files + foot.keys)
    raw = file.read(foot.manifest)
    plain = keys.unseal(subkey(_FOR_MANIFEST), raw, _MAGIC)
    if plain is None:
        raise BackupDamaged
    try:
        manifest = msgspec.msgpack.decode(plain, type=Manifest)
    except (ValueError, msgspec.MsgspecError):
        raise BackupDamaged from None
    if sum(each.size for each in manifest.files) != foot.files:
        raise BackupDamaged
    return manifest


def _begun(subkey: Subkey) -> blake2b:
    """A digest that only who has the key can make, of nothing yet."""
    key = subkey(b"cdesk.bakmac.1")
    try:
        return blake2b(digest_size=_DIGEST, key=key, person=b"cdesk.bakmac.1")
    finally:
        keys.wipe(key)


def _rest(file: IO[bytes], foot: _Foot, start: int, digest: blake2b, step: Step = no_step) -> bytes:
    """The digest over a whole backup, when it has been fed what comes before `start`."""
    file.seek(start)
    size = foot.whole - _FOOT.size - start
    _feed(digest, _chunks(file, size), step, size)
    digest.update(foot.bare)
    return digest.digest()


def _feed(digest: blake2b, chunks: Iterable[bytes], step: Step, size: int) -> None:
    done = 0
    for chunk in chunks:
        digest.update(chunk)
        done += len(chunk)
        step(done, size)


def _chunks(file: IO[bytes], size: int) -> Iterator[bytes]:
    while size:
        chunk = file.read(min(size, _CHUNK))
        if not chunk:
            raise BackupDamaged  # it became shorter while it was read
        size -= len(chunk)
        yield chunk


# Keeping


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
    with _told():
        size = path.stat().st_size
        free = shutil.disk_usage(folder).free
        if free < size:
            raise NoRoomForBackup(size, free)
        part = folder / f"{name}{SUFFIX}{PART}"
        try:
            with path.open("rb") as file, machine.private_file(part, "wb") as target:
                done = 0
                for chunk in _chunks(file, size):
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
            return _foot(first) == _foot(second)
        except CaseDeskError:
            return False


# Restoring


def restore(path: Path, subkey: Subkey, into: Path, file: KeysFile, step: Step = no_step) -> Manifest:
    """Make a vault of a backup in a folder that is not there yet. A backup that is not whole leaves nothing."""
    if into.exists():
        raise FolderTaken
    manifest = verify(path, subkey, step)
    if manifest.store != file.store:
        raise OfAnotherVault
    with _told(RestoreNotWritten):
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
        foot = _foot(source)
        source.seek(0)
        _written(sealed, source, foot.database, sync=False)
        for each in manifest.files:
            target = into / FILES / each.name
            if not target.resolve().is_relative_to((into / FILES).resolve()):
                raise BackupDamaged
            machine.private_folder(target.parent)
            _written(target, source, each.size, sync=True)
    backup_key, database_key = subkey(b"cdesk.backup.1"), subkey(b"cdesk.db.1")
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
        for chunk in _chunks(source, size):
            target.write(chunk)
        if sync:
            target.flush()
            os.fsync(target.fileno())


# Taking the place of the vault that was


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
    with _told(RestoreNotWritten):
        store.replace(kept)
        machine.sync_directory(store.parent)
    settle(store)


def settle(store: Path) -> None:
    """Finish a switch that was cut short: the restored vault gets its place, and what belongs to it moves along."""
    with _told(lambda: NotInPlace(store)):
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


@contextlib.contextmanager
def _told(failed: Callable[[], CaseDeskError] = BackupFailed) -> Iterator[None]:
    """Say in words what the disk did: `failed`, unless it is full."""
    try:
        yield
    except OSError as error:
        told = keys.storage_error(error)
        raise (told if isinstance(told, StorageFull) else failed()) from error
    except (vault.VaultUnreadable, vault.VaultMismatch, BackupFailed) as error:
        raise failed() from error
