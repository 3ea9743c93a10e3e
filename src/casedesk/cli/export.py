"""`casedesk export`: the case register as a file; `casedesk dictionary`: what every field means."""

from __future__ import annotations

import argparse
import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from casedesk import codelists
from casedesk.cli.files import new_file_kind, written
from casedesk.cli.signing_in import signed_in, user_word
from casedesk.cli.speech import Commands, say
from casedesk.desk import now
from casedesk.formats import number, quoted, visible
from casedesk.i18n import _, ngettext
from casedesk.parsing import latin_digits
from casedesk.services.case_register import Register
from casedesk.services.given_out import explained
from casedesk.services.prints import CODED, FULL, SHARED
from casedesk.whole_file import new_file

if TYPE_CHECKING:
    from casedesk.reports.hand_out import FirstRows


def add(commands: Commands) -> None:
    options = commands.add("export", _export, _("Write the case register into a file, and record that it leaves."))
    user_word(options)
    out = _("The file to write: .xlsx, .csv or .json. Without it, the first rows are shown here.")
    options.add_argument("--out", metavar="FILE.xlsx", type=Path, help=out)
    options.add_argument("--profile", choices=(CODED, SHARED, FULL), default=CODED, help=_("How much it tells."))
    purposes = codelists.get("print_purpose").where("for_register")
    options.add_argument("--for", dest="purpose", choices=purposes, default="own_file", help=_("What it is for."))
    receiver = _("Who receives the file. Needed with --out, and to see names.")
    options.add_argument("--to", dest="receiver", metavar="WORDS", default="", help=receiver)
    why = _("Why it leaves. It is recorded. Needed with --out, and to see names.")
    options.add_argument("--why", metavar="WORDS", default="", help=why)
    options.add_argument(
        "--opened", nargs=2, type=_day, metavar="DAY", help=_("Only cases opened from one day to another.")
    )
    options.add_argument("--open-only", action="store_true", help=_("Only cases that are open."))

    options = commands.add("dictionary", _dictionary, _("Say what every field means; into a file, or as text."))
    options.add_argument("--out", metavar="FILE.xlsx", type=Path, help=_("The file to write: .xlsx, .csv or .json."))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(latin_digits(text.strip()))
    except ValueError:
        words = _("“{text}” is no day. Write it like 2026-05-31")
        raise argparse.ArgumentTypeError(words.format(text=visible(quoted(text)))) from None


def _export(asked: argparse.Namespace) -> int:
    from casedesk.reports.hand_out import BOOKS, first_rows, save_register

    kind = new_file_kind(asked.out, *BOOKS) if asked.out is not None else None
    wanted = Register(
        profile=asked.profile,
        purpose=asked.purpose,
        receiver=asked.receiver,
        reason=asked.why,
        opened=tuple(asked.opened) if asked.opened else None,
        open_only=asked.open_only,
    )
    if kind is not None or wanted.profile != CODED:
        explained(wanted.receiver, wanted.reason)
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
    from casedesk.reports.hand_out import BOOKS, write_book

    kind = new_file_kind(asked.out, *BOOKS) if asked.out is not None else None
    book = dictionary(now())
    if kind is None:
        for record, field, label, shape, level, *_more in book.sheets[0].rows:
            say(f"{field:<44} {record}: {label} · {shape} · {level}")
        return 0
    with tempfile.TemporaryDirectory() as scratch, new_file(asked.out) as file:
        write_book(book, kind, file, Path(scratch))
    written(asked.out)
    return 0
