"""`casedesk summary`: the case summary of one case as a PDF."""

from __future__ import annotations

import argparse
from pathlib import Path

from casedesk import codelists, i18n
from casedesk.case_numbers import read_case_number
from casedesk.cli.files import new_file_kind, written
from casedesk.cli.signing_in import signed_in, user_word
from casedesk.cli.speech import Commands, NotDone
from casedesk.formats import quoted, visible
from casedesk.i18n import _
from casedesk.whole_file import new_file

LEVELS = ("full", "shared", "coded")


def add(commands: Commands) -> None:
    options = commands.add("summary", _summary, _("Print the summary of a case into a PDF file."))
    user_word(options)
    options.add_argument("number", metavar="NUMBER", help=_("The case number, like DHK-26-K3-00042-R."))
    options.add_argument("--level", choices=LEVELS, default="shared", help=_("How much it tells; shared if not said."))
    options.add_argument("--why", required=True, metavar="WORDS", help=_("Why it is printed. It is recorded."))
    purposes = codelists.get("print_purpose").where("for_paper")
    options.add_argument("--for", dest="purpose", choices=purposes, default="own_file", help=_("For whom it is."))
    options.add_argument("--out", required=True, metavar="FILE.pdf", type=Path, help=_("The file to write."))


def _summary(asked: argparse.Namespace) -> int:
    from casedesk.reports.assemble import print_summary
    from casedesk.reports.hand_out import FileKind
    from casedesk.services.prints import PrintRequest
    from casedesk.services.search import case_called

    request = PrintRequest(level=asked.level, language=i18n.language(), purpose=asked.purpose, reason=asked.why.strip())
    if not request.reason:
        raise NotDone(_("Say why it is printed."), hint=_("Nothing was printed."))
    number = _number(asked.number)
    new_file_kind(asked.out, FileKind.PDF)
    with signed_in(asked) as desk, new_file(asked.out) as file:
        (paper,) = print_summary(desk, case_called(desk, number), request, "file")
        file.write(paper)
    written(asked.out)
    return 0


def _number(typed: str) -> str:
    """A case number, typed with or without dashes and in any digits."""
    number = read_case_number(typed)
    if number is None:
        raise NotDone(
            _("“{text}” is no case number.").format(text=visible(quoted(typed))),
            hint=_("Nothing was printed. Write it whole, like DHK-26-K3-00042-R, as the page of the case shows it."),
        )
    return number
