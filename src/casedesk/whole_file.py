"""A file for somebody else: written whole or not at all, and its owner's alone from its first moment."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from casedesk import machine
from casedesk.errors import CaseDeskError
from casedesk.i18n import _


class FileNotWritten(CaseDeskError):
    """The file could not be written; one of the same name that was there before is as it was."""

    def __init__(self, path: Path, error: OSError) -> None:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        if is_folder(path):
            message = _("“{name}” is a folder, so no file can be written under this name.")
            hint = _("Nothing was written. Give the file a name of its own, then try again.")
        elif full:
            message = _("The file “{name}” was not written: the disk is full.")
            hint = _("A file of this name that was there before is as it was. Free some space, or choose another disk.")
        elif isinstance(error, PermissionError) and _is_file(path):
            message = _("The file “{name}” is open in another program or may not be changed.")
            hint = _("It is as it was. Close it there, or choose another name, then try again.")
        elif not isinstance(error, PermissionError) and not is_folder(path.parent):
            message = _("The file “{name}” was not written: there is no folder {folder}.")
            hint = _("Nothing was written. Make the folder or choose another one, then try again.")
        else:
            message = _("The file “{name}” could not be written there.")
            hint = _("Nothing half written was left. Choose another folder, then try again.")
        super().__init__(message.format(name=path.name or path, folder=path.parent), hint=hint)


class FileIsThere(CaseDeskError):
    """A new file cannot have this name: what was given out once is not silently something else."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            _("There is a file {name} already.").format(name=path), hint=_("Nothing was written. Name another one.")
        )


def is_folder(path: Path) -> bool:
    """Whether a folder can be seen under this name; none has a name that no disk takes."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # in a folder that may not be entered
        return False


def must_be_new(path: Path) -> None:
    """Refuse a name under which no new file can stand: before a passphrase is asked for, and again when it is made."""
    try:
        there = path.exists()
    except OSError as error:  # a name that no disk takes
        raise FileNotWritten(path, error) from None
    if is_folder(path) or not is_folder(path.parent):
        raise FileNotWritten(path, FileNotFoundError())
    if there:
        raise FileIsThere(path)


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """As `whole_file`, where nothing has this name yet, nor when it is done."""
    must_be_new(path)
    with whole_file(path) as file:
        yield file
        must_be_new(path)


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """What is written stands under a name of its own beside `path`, and takes its place once it is on the disk."""
    part: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        part = Path(name)
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        machine.sync_directory(path.parent)
    except OSError as error:
        raise FileNotWritten(path, error) from None
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
