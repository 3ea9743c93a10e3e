"""The sealed files themselves, on disk, by the hash of their bytes. What arrived before a break is kept."""

from __future__ import annotations

import shutil
from hashlib import file_digest
from pathlib import Path
from typing import IO

from casedesk import machine

RESERVE = 64 * 1024 * 1024  # bytes of the disk that are never filled


class Busy(Exception):
    """Another request is bringing the same file."""


class Shelf:
    """A folder of files, `ab/abcd…`, and beside each one that still arrives `ab/abcd….part`."""

    def __init__(self, folder: Path) -> None:
        machine.private_folder(folder)
        self._folder = folder

    def path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256

    def here(self, sha256: str) -> int:
        """How many bytes of a file that still arrives are here."""
        try:
            return self._part(sha256).stat().st_size
        except FileNotFoundError:
            return 0

    def has_room(self, size: int) -> bool:
        return shutil.disk_usage(self._folder).free - size > RESERVE

    def open_part(self, sha256: str) -> IO[bytes]:
        """The part, to be written to by one request at a time; Busy if another one does."""
        machine.private_folder(self._part(sha256).parent)
        try:
            return machine.lock_file(self._part(sha256))
        except BlockingIOError as held:
            raise Busy from held

    def is_right(self, sha256: str) -> bool:
        """Whether the bytes of the part are those that its name promises."""
        with self._part(sha256).open("rb") as file:
            return file_digest(file, "sha256").hexdigest() == sha256

    def finish(self, sha256: str) -> None:
        """The part is the whole file."""
        self._part(sha256).replace(self.path(sha256))
        machine.sync_directory(self.path(sha256).parent)

    def drop(self, sha256: str) -> None:
        """Take a file away, whole or not."""
        self.path(sha256).unlink(missing_ok=True)
        self._part(sha256).unlink(missing_ok=True)

    def _part(self, sha256: str) -> Path:
        return self.path(sha256).with_suffix(".part")
