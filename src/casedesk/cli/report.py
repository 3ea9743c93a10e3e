"""`casedesk report`: a report over a period, as a table to read here."""

from __future__ import annotations

import argparse
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from casedesk import codelists, formats, i18n
from casedesk.cli.central import must_be_postgres, national_at
from casedesk.cli.files import new_file_kind, written
from casedesk.cli.signing_in import signed_in, user_word
from casedesk.cli.speech import Commands, say
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.services.given_out import Handing, explained
from casedesk.services.statistics import periods, reports, tables
from casedesk.services.statistics.shapes import Among, Report, Request, Section, Table
from casedesk.services.users import colleagues

if TYPE_CHECKING:
    from casedesk.reports.hand_out import FileKind

SEXES = ("female", "male", "others")
EDGE = 2  # blanks between columns


def add(commands: Commands) -> None:
    known = [f"{kind.id}: {_(kind.title)}." for kind in reports.CATALOGUE.values()]
    options = commands.add("report", _report, _("Make a report over a period."), " ".join(known))
    user_word(options)
    which = _("Which one: {names}.").format(names=", ".join(reports.CATALOGUE))
    when = _("2026-04 (month), 2026-Q2 (quarter), 2026 (year), or 2026-04-03..2026-05-09.")
    options.add_argument("report", metavar="REPORT", help=which)
    options.add_argument("period", metavar="PERIOD", help=when)
    options.add_argument("--alone", action="store_true", help=_("Without the period before."))
    options.add_argument("--publish", action="store_true", help=_("Hide counts up to ten, for publishing."))
    options.add_argument("--sex", action="append", choices=SEXES, default=[], help=_("Only these; can be said again."))
    for word, help_ in (
        ("category", _("Only this category (a code); can be said again.")),
        ("country", _("Only who came back from this country (a code); can be said again.")),
        ("district", _("Only people from this district (a code); can be said again.")),
        ("worker", _("Only the cases of this worker (a name); can be said again.")),
    ):
        options.add_argument(f"--{word}", action="append", metavar=word.upper(), default=[], help=help_)
    options.add_argument("--database", metavar="URL", help=_("Count in the database of the central office."))
    options.add_argument("--out", metavar="FILE", type=Path, help=_("A file to write: .pdf, .xlsx, .csv or .json."))
    options.add_argument("--to", dest="receiver", metavar="WORDS", default="", help=_("Who receives the file."))
    options.add_argument("--why", metavar="WORDS", default="", help=_("Why it leaves. It is recorded."))


class NoSuch(CaseDeskError):
    """A filter that means nothing."""

    def __init__(self, word: str) -> None:
        super().__init__(
            _("“{word}” is not in the list.").format(word=formats.visible(word)), hint=_("No report was made.")
        )


def _report(asked: argparse.Namespace) -> int:
    from casedesk.reports.hand_out import FileKind, changed_since_given_out

    name, period = reports.kind_of(asked.report).id, periods.read(asked.period)
    _refuse_unknown(asked)
    if asked.database is not None:
        must_be_postgres(asked.database)
    kind = new_file_kind(asked.out, *FileKind) if asked.out is not None else None
    if kind is not None:
        explained(asked.receiver, asked.why)
    with signed_in(asked) as desk:
        if not period.begun(desk.today()):
            raise periods.NotBegun(period)
        request = Request(name, period, _among(desk, asked), not asked.alone, asked.publish)
        made = _made(desk, request, asked.database)
        if kind is None:
            for line in (*lines_of(made), *filter(None, [changed_since_given_out(desk, made)])):
                say(line)
        else:
            _save(desk, made, kind, asked)
    return 0


def _made(desk: Desk, request: Request, database: str | None) -> Report:
    """From the vault, or from the database that a central desk keeps beside it."""
    if database is None:
        return reports.make(desk, request)
    with national_at(desk, database) as national:
        return reports.make(desk, request, national)


def _save(desk: Desk, made: Report, kind: FileKind, asked: argparse.Namespace) -> None:
    from casedesk.reports.hand_out import save_report

    handing = Handing(asked.receiver, asked.why, i18n.language())
    save_report(desk, made, kind, asked.out, handing)
    written(asked.out)


def _refuse_unknown(asked: argparse.Namespace) -> None:
    """Codes that no list has."""
    for code_list, codes in (
        ("return_category", asked.category),
        ("destination_country", asked.country),
        ("bd_district", asked.district),
    ):
        for code in codes:
            if codelists.get(code_list).find(code) is None:
                raise NoSuch(code)


def _among(desk: Desk, asked: argparse.Namespace) -> Among:
    owners = {user.name: user.id for user in colleagues(desk)} if asked.worker else {}
    for name in asked.worker:
        if name not in owners:
            raise NoSuch(name)
    sexes = tuple(code for group in tables.sexes() if group.key in asked.sex for code in group.codes if code)
    people = tuple(owners[name] for name in asked.worker)
    return Among(sexes, tuple(asked.category), tuple(asked.country), tuple(asked.district), people)


def lines_of(report: Report) -> Iterator[str]:
    """The report as text, in columns."""
    yield f"{report.title} · {report.centre} · {report.request.period.label}"
    yield from filter(None, (*report.filters, report.headline))
    for section in report.sections:
        yield from _section(section)
    yield ""
    yield from (*report.notes, report.speaks_for)


def _section(section: Section) -> Iterator[str]:
    for table in section.tables:
        yield ""
        yield table.title
        yield from _columns(table)
        yield from table.notes
    yield from section.notes


def _columns(table: Table) -> Iterator[str]:
    heads = (table.head, *(column.label for column in table.columns))
    rows = [(f"{'  ' * row.depth}{row.label}", *(cell.words for cell in row.cells)) for row in table.rows]
    widths = [max(map(_wide, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        yield _line(row, widths)


def _line(row: Sequence[str], widths: Iterable[int]) -> str:
    (label, first), *figures = zip(row, widths, strict=True)
    filled = (" " * (width - _wide(words) + EDGE) + words for words, width in figures)
    return (label + " " * (first - _wide(label)) + "".join(filled)).rstrip()


def _wide(text: str) -> int:
    """How many places a text takes: marks stand over and under the letters before them."""
    return sum(unicodedata.category(letter) not in ("Mn", "Me", "Cf") for letter in text)
