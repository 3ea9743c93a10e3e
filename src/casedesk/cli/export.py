"""`casedesk export`: the case register as a file; `casedesk dictionary`: what every field means."""

from __future__ import annotations

import argparse
import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from casedesk import codelists
from casedesk.cli.signing_in import signed_in, user_word
from casedesk.cli.speech import Commands, NotDone, say
from casedesk.desk import now
from casedesk.formats import file_size, number
from casedesk.i18n import _, ngettext
from casedesk.services.case_register import Register
from casedesk.services.prints import CODED, FULL, SHARED
from casedesk.whole_file import must_be_new, new_file

if TYPE_CHECKING:
    from casedesk.reports.hand_out import FileKind, FirstRows


def add(commands: Commands) -> None:
    options = commands.add("export", _export, _("Write the case register into a file, and record that it leaves."))
    user_word(options)
    out = _("The file to write: .xlsx, .csv or .json. Without it, the first rows are shown here.")
    options.add_argument("--out", metavar="FILE.xlsx", type=Path, help=out)
    options.add_argument("--profile", choices=(CODED, SHARED, FULL), default=CODED, help=_("How much it tells."))
    purposes = codelists.get("print_purpose").where("for_register")
    options.add_argument("--for", dest="purpose", choices=purposes, default="own_file", help=_("What it is for."))
    options.add_argument("--to", dest="receiver", required=True, metavar="WORDS", help=_("Who receives it."))
    options.add_argument("--why", required=True, metavar="WORDS", help=_("Why it leaves. It is recorded."))
    options.add_argument(
        "--opened", nargs=2, type=_day, metavar="DAY", help=_("Only cases opened from one day to another.")
    )
    options.add_argument("--open-only", action="store_true", help=_("Only cases that are open."))

    options = commands.add("dictionary", _dictionary, _("Say what every field means; into a file, or as text."))
    options.add_argument("--out", metavar="FILE.xlsx", type=Path, help=_("The file to write: .xlsx, .csv or .json."))


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _export(asked: argparse.Namespace) -> int:
    from casedesk.reports.hand_out import first_rows, save_register

    kind = new_file_kind(asked.out) if asked.out is not None else None
    wanted = Register(
        profile=asked.profile,
        purpose=asked.purpose,
        receiver=asked.receiver,
        reason=asked.why,
        opened=tuple(asked.opened) if asked.opened else None,
        open_only=asked.open_only,
    )
    with signed_in(asked) as desk:
        if kind is None:
            _show(first_rows(desk, wanted))
            return 0
        count = save_register(desk, wanted, kind, asked.out)
    told = ngettext("{count} case written.", "{count} cases written.", count)
    say(told.format(count=number(count)))
    written(asked.out)
    return 0


def _show(found: FirstRows) -> None:
    """What would leave: the beginning, a line for each answer, and how many cases there are."""
    for place, row in enumerate(found.rows, start=1):
        say(_("Row {number}").format(number=number(place)))
        for title, value in zip(found.titles, row, strict=True):
            if value:
                say(f"  {title}: {value}")
    told = ngettext("{count} case would be written.", "{count} cases would be written.", found.cases)
    say(told.format(count=number(found.cases)))
    for words in found.missing():
        say(words)
    say(_("Nothing was written. Say --out to write it."))


def _dictionary(asked: argparse.Namespace) -> int:
    from casedesk.reports.dictionary import dictionary
    from casedesk.reports.hand_out import write_book

    kind = file_kind(asked.out) if asked.out is not None else None
    book = dictionary(now())
    if kind is None:
        for record, field, label, shape, level, *_more in book.sheets[0].rows:
            say(f"{field:<44} {record}: {label} · {shape} · {level}")
        return 0
    with tempfile.TemporaryDirectory() as scratch, new_file(asked.out) as file:
        write_book(book, kind, file, Path(scratch))
    written(asked.out)
    return 0


def file_kind(path: Path, *, pdf: bool = False) -> FileKind:
    """What the ending of the name asks for."""
    from casedesk.reports.hand_out import FileKind, kind_of

    kind = kind_of(path)
    if kind is None or (kind is FileKind.PDF and not pdf):
        known = ", ".join(f".{each}" for each in FileKind if pdf or each is not FileKind.PDF)
        raise NotDone(
            _("The file {name} has an ending that is not known here.").format(name=path),
            hint=_("Nothing was written. Use one of these: {endings}.").format(endings=known),
        )
    return kind


def new_file_kind(path: Path, *, pdf: bool = False) -> FileKind:
    """The same, for a file that must not be there yet."""
    kind = file_kind(path, pdf=pdf)
    must_be_new(path)
    return kind


def written(path: Path) -> None:
    """Say what stands there now."""
    say(_("Written: {name}, {size}.").format(name=path, size=file_size(path.stat().st_size)))
