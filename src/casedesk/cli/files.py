"""Files that a command reads or writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.machine import private_file


class FileTrouble(CaseDeskError):
    """A file that was named cannot be read or written."""


def refuse_replacing(path: Path, hint: str) -> None:
    """What was given out once is not silently something else."""
    if path.exists():
        raise FileTrouble(_("There is a file {name} already.").format(name=path), hint=hint)


@contextmanager
def new_file(path: Path) -> Iterator[Callable[[bytes], object]]:
    """A file that was not there before, and is not there after a failure: a paper is recorded when it is made."""
    refuse_replacing(path, _("Nothing was printed. Name another one."))
    try:
        file = private_file(path, "wb")
    except OSError as error:
        raise FileTrouble(
            _("The file {name} cannot be written: {why}.").format(name=path, why=error.strerror or ""),
            hint=_("Nothing was printed."),
        ) from None
    try:
        with file:
            yield file.write
    except BaseException:
        path.unlink(missing_ok=True)
        raise
