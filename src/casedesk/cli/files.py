"""The files that a command reads and writes: looked at before a passphrase is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from casedesk.cli.speech import NotDone, say
from casedesk.formats import file_size
from casedesk.i18n import _
from casedesk.whole_file import must_be_new

if TYPE_CHECKING:
    from casedesk.reports.hand_out import FileKind


def new_file_kind(path: Path, *known: FileKind) -> FileKind:
    """What the ending of the name asks for, of the kinds that the command writes; the file must not be there yet."""
    from casedesk.reports.hand_out import kind_of

    kind = kind_of(path)
    if kind is None or kind not in known:
        raise NotDone(
            _("The file {name} has an ending that is not known here.").format(name=path),
            hint=_("Nothing was written. Use one of these: {endings}.").format(
                endings=", ".join(f".{each}" for each in known)
            ),
        )
    must_be_new(path)
    return kind


def written(path: Path) -> None:
    """Say what stands there now."""
    say(_("Written: {name}, {size}.").format(name=path, size=file_size(path.stat().st_size)))


def must_be_readable(*paths: Path | None) -> None:
    """Refuse a file that cannot be read, of those that were named."""
    for path in paths:
        if path is not None:
            contents(path, 1, _("Nothing was changed."))


def contents(path: Path, most: int, unchanged: str) -> bytes:
    """The beginning of a file, up to `most` bytes; `unchanged` says what was not done if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise NotDone(
            _("The file {name} cannot be read: {why}.").format(name=path, why=error.strerror or type(error).__name__),
            hint=unchanged,
        ) from None
