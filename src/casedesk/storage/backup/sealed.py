"""The file of a backup: what it is made of, and how it is closed, read and verified.

    pages of the database, keyed with the backup key | attached files | keys file | manifest, sealed | foot

The foot tells how long each part is and ends in a keyed digest of everything before it, so that a file that was cut,
mended or put together from two is refused as a whole. Whoever finds it learns its size and nothing else: the keys
file is as readable, and as little use, as the one beside the vault.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import IO, Final

import msgspec

from casedesk import machine
from casedesk.errors import CaseDeskError, StorageFull
from casedesk.formats import file_size
from casedesk.i18n import _
from casedesk.storage import keys, vault
from casedesk.storage.keys import KeysFile
from casedesk.storage.vault import Vault

FOLDER: Final = "backups"
FILES: Final = "files"
SUFFIX: Final = ".cdbackup"
PART: Final = ".part"
FOR_PAGES: Final = b"cdesk.backup.1"  # the key of the database in it

_MAGIC: Final = b"CDBACKUP"
_FOR_MANIFEST: Final = b"cdesk.bakman.1"
_VERSION: Final = 1
_FOOT: Final = struct.Struct("<8sBQQIQ32s")  # magic, version, lengths of database, files, keys, manifest; digest
_DIGEST: Final = 32
_LARGEST_MANIFEST: Final = 64 * 1024 * 1024
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
class Foot:
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


# Reading


def read(path: Path, subkey: Subkey) -> Manifest:
    """What a backup says of itself. Only `verify` tells that the rest is whole."""
    with told(BackupUnreadable), path.open("rb") as file:
        foot = foot_of(file)
        return _opened(file, foot, subkey)


def verify(path: Path, subkey: Subkey, step: Step = no_step) -> Manifest:
    """Read every byte again and compare; BackupDamaged if one is not as it was written."""
    with told(BackupUnreadable), path.open("rb") as file:
        foot = foot_of(file)
        machine.forget_cached(file)  # so that it is read from the disk and not from memory
        digest = _rest(file, foot, 0, _begun(subkey), step)
        if not hmac.compare_digest(digest, foot.digest):
            raise BackupDamaged
        return _opened(file, foot, subkey)


def keys_in(path: Path) -> KeysFile:
    """The keys file in a backup: whose passphrases open it."""
    with told(BackupUnreadable), path.open("rb") as file:
        foot = foot_of(file)
        file.seek(foot.database + foot.files)
        return keys.keys_of(file.read(foot.keys))


def foot_of(file: IO[bytes]) -> Foot:
    size = file.seek(0, os.SEEK_END)
    if size < _FOOT.size:
        raise NotABackup
    file.seek(size - _FOOT.size)
    magic, version, database, files, keys_size, manifest, digest = _FOOT.unpack(file.read(_FOOT.size))
    foot = Foot(database, files, keys_size, manifest, digest)
    if magic != _MAGIC or foot.whole != size:
        raise NotABackup
    if version > _VERSION:
        raise vault.NewerVault
    if version != _VERSION or foot.keys > keys.LARGEST_FILE or foot.manifest > _LARGEST_MANIFEST:
        raise BackupDamaged
    return foot


def _opened(file: IO[bytes], foot: Foot, subkey: Subkey) -> Manifest:
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


# Closing


def finish(source: Vault, part: Path, manifest: Manifest, step: Step) -> None:
    """Add what belongs to the database behind it, and the digest over all. What was added is read back."""
    written = keys.written(source.keys)
    sealed = keys.seal(source.subkey(_FOR_MANIFEST), msgspec.msgpack.encode(manifest), _MAGIC)
    database, pages = part.stat().st_size, _begun(source.subkey)
    with part.open("rb") as file:
        _feed(pages, chunks(file, database), step, database)
    over_all = pages.copy()
    with part.open("ab") as file:
        for piece in (*_beside(source, manifest), written, sealed):
            file.write(piece)
            over_all.update(piece)
        foot = Foot(database, sum(each.size for each in manifest.files), len(written), len(sealed), b"")
        over_all.update(foot.bare)
        file.write(foot.bare + over_all.digest())
        file.flush()
        os.fsync(file.fileno())
    with part.open("rb") as file:
        machine.forget_cached(file)
        if foot_of(file) != replace(foot, digest=_rest(file, foot, database, pages)):
            raise BackupFailed


def _beside(source: Vault, manifest: Manifest) -> Iterator[bytes]:
    for each in manifest.files:
        with (source.folder / FILES / each.name).open("rb") as attached:
            yield from chunks(attached, each.size)


# The digest


def _begun(subkey: Subkey) -> blake2b:
    """A digest that only who has the key can make, of nothing yet."""
    key = subkey(b"cdesk.bakmac.1")
    try:
        return blake2b(digest_size=_DIGEST, key=key, person=b"cdesk.bakmac.1")
    finally:
        keys.wipe(key)


def _rest(file: IO[bytes], foot: Foot, start: int, digest: blake2b, step: Step = no_step) -> bytes:
    """The digest over a whole backup, when it has been fed what comes before `start`."""
    file.seek(start)
    size = foot.whole - _FOOT.size - start
    _feed(digest, chunks(file, size), step, size)
    digest.update(foot.bare)
    return digest.digest()


def _feed(digest: blake2b, chunks: Iterable[bytes], step: Step, size: int) -> None:
    done = 0
    for chunk in chunks:
        digest.update(chunk)
        done += len(chunk)
        step(done, size)


def chunks(file: IO[bytes], size: int) -> Iterator[bytes]:
    while size:
        chunk = file.read(min(size, _CHUNK))
        if not chunk:
            raise BackupDamaged  # it became shorter while it was read
        size -= len(chunk)
        yield chunk


@contextlib.contextmanager
def told(failed: Callable[[], CaseDeskError] = BackupFailed) -> Iterator[None]:
    """Say in words what the disk did: `failed`, unless it is full."""
    try:
        yield
    except OSError as error:
        told = keys.storage_error(error)
        raise (told if isinstance(told, StorageFull) else failed()) from error
    except (vault.VaultUnreadable, vault.VaultMismatch, BackupFailed) as error:
        raise failed() from error
