"""What an earlier demonstration wrote: the next one takes it away, since its papers are of people who are gone.

A list beside the papers tells each file with its digest, as `sha256sum` writes it. What is not in the list, or is not
as it was written, is somebody else's and stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from casedesk.cli.speech import NotDone
from casedesk.i18n import _

LIST = "written.txt"


def remember(out: Path, written: Sequence[Path]) -> None:
    """Note what was written into this folder."""
    lines = [f"{_digest(path)}  {path.relative_to(out).as_posix()}\n" for path in written]
    (out / LIST).write_text("".join(lines), encoding="utf-8")


def take_away(out: Path) -> None:
    """Remove what was noted here before, where it is still as it was written."""
    if not (out / LIST).is_file():
        return
    for line in (out / LIST).read_text(encoding="utf-8").splitlines():
        digest, _blanks, name = line.partition("  ")
        path = out / name
        inside = path.resolve().is_relative_to(out.resolve())
        if inside and path.is_file() and _digest(path) == digest:
            _remove(path)


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError:  # on Windows as long as somebody looks at it
        raise NotDone(
            _("The file {name} of an earlier demonstration cannot be removed.").format(name=path),
            hint=_("The practice centre is whole. Close the file, then start the command again."),
        ) from None


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
