"""Sealed files in a folder: the outbox and the inbox beside the vault, and `CASEDESK` on a stick (SYNC 7).

A file is called by its hash, so it is there whole or it is not there; only complete files have such a name.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from casedesk import machine
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.storage.keys import storage_error
from casedesk.sync.batch import ENDING, LARGEST_SEALED, file_name

OUTBOX: Final = "outbox"
INBOX: Final = "inbox"
ON_A_STICK: Final = "CASEDESK"
_PART: Final = ".part"
_DIGITS: Final = 32  # of the hash, in a name
_NAME: Final = re.compile(r"[0-9a-f]{32}\.cdb")


class Fate(StrEnum):
    """What became of a file that came."""

    APPLIED = "applied"
    WAITING = "waiting"  # something before it is missing
    ASIDE = "aside"  # of an ended or unknown desk or a newer program, or a mistake of ours: kept, not used
    REFUSED = "refused"
    ASKS = "asks"  # somebody asks to join: a person decides


class NotWritten(CaseDeskError):
    """What was read back is not what was written."""

    def __init__(self) -> None:
        super().__init__(
            _("The file could not be written whole: what was read back differs."),
            hint=_("Your work is safe on this computer. Try another stick or disk."),
        )


@contextlib.contextmanager
def disk_in_words() -> Iterator[None]:
    """What the disk did not take or give, as a person may be told."""
    try:
        yield
    except OSError as error:
        raise storage_error(error) from error


@dataclass(frozen=True, slots=True)
class Folder:
    """A place where sealed files lie. It is made when the first file comes."""

    path: Path

    def names(self) -> list[str]:
        """The complete files, by name. Links, folders and whatever has another kind of name are not ours."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return sorted(each.name for each in self.path.iterdir() if _is_ours(each))
        return []

    def put(self, sealed: bytes) -> str:
        """Keep a file and return its name: written aside, flushed, read back and compared, then renamed."""
        name = file_name(sealed)
        part = self.path / (name + _PART)
        try:
            machine.private_folder(self.path)
            with machine.private_file(part, "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
                machine.forget_cached(file)
            if part.read_bytes() != sealed:
                raise NotWritten
            part.replace(self.path / name)
            machine.sync_directory(self.path)
        except BaseException as error:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            if isinstance(error, OSError):
                raise storage_error(error) from error
            raise
        return name

    def coming(self, sha256: str) -> Path:
        """Where a file gathers while it comes over a line. `clean` leaves it: it goes on from there."""
        with disk_in_words():
            machine.private_folder(self.path)
        return self.path / (sha256[:_DIGITS] + _PART)

    def keep(self, part: Path) -> None:
        """Keep what gathered there."""
        with disk_in_words():
            self.put(part.read_bytes())
            part.unlink()

    def read(self, name: str) -> bytes:
        """The bytes of a file, never more than a batch may have and one; empty if it is gone or cannot be read."""
        if _NAME.fullmatch(name) is None:
            return b""
        with contextlib.suppress(OSError), (self.path / name).open("rb") as file:
            return file.read(LARGEST_SEALED + 1)
        return b""

    def size(self, name: str) -> int:
        """How large a file is; 0 if it is gone."""
        with contextlib.suppress(OSError):
            return (self.path / name).stat().st_size
        return 0

    def remove(self, name: str) -> None:
        """Take a file away; gone already is as good."""
        if _NAME.fullmatch(name) is not None:
            with contextlib.suppress(OSError):
                (self.path / name).unlink(missing_ok=True)

    def clean(self) -> None:
        """Take away what was never written whole."""
        for left in self._parts():
            with contextlib.suppress(OSError):
                left.unlink()

    def _parts(self) -> Iterator[Path]:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            yield from self.path.glob("*" + ENDING + _PART)


def on_a_stick(root: Path) -> Folder:
    """Where sealed files lie on a stick."""
    return Folder(root / ON_A_STICK)


def is_name(name: str) -> bool:
    """Whether a sealed file can be called so."""
    return _NAME.fullmatch(name) is not None


def _is_ours(path: Path) -> bool:
    return is_name(path.name) and path.is_file() and not path.is_symlink()


def outbox(vault_folder: Path) -> Folder:
    """Sealed files that wait until receipts cover them."""
    return Folder(vault_folder / OUTBOX)


def inbox(vault_folder: Path) -> Folder:
    """Sealed files that came and are still to be looked at."""
    return Folder(vault_folder / INBOX)
