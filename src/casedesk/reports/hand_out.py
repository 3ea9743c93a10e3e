"""The way out for reports and for the case register: made whole, recorded, and only then put in their place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Final

from casedesk import formats, i18n
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _, ngettext
from casedesk.progress import Progress, silent
from casedesk.reports.register_files import register_book
from casedesk.reports.report_files import figures_book, report_book
from casedesk.reports.report_paper import locked, write_report
from casedesk.reports.sheets import Book, write_csv, write_json, write_xlsx
from casedesk.services import given_out
from casedesk.services.case_register import Register, extract
from casedesk.services.given_out import Handing
from casedesk.services.prints import CODED, Copy
from casedesk.services.statistics.kept import fingerprint
from casedesk.services.statistics.periods import NotBegun
from casedesk.services.statistics.shapes import Report
from casedesk.whole_file import whole_file

SHOWN_BEFORE = 5  # rows of a register that are looked at before it leaves


class FileKind(StrEnum):
    """What a file is; its ending."""

    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"


BOOKS: Final = (FileKind.XLSX, FileKind.CSV, FileKind.JSON)  # what tables are written as


class StaysInside(CaseDeskError):
    """The report is for work inside the centre."""

    def __init__(self) -> None:
        super().__init__(
            _("This report stays in the centre."),
            hint=_("Nothing was written. It can be printed, or saved as a PDF that says so."),
        )


def kind_of(path: Path) -> FileKind | None:
    """By its ending."""
    return next((kind for kind in FileKind if path.suffix.lower() == f".{kind}"), None)


def print_report(desk: Desk, report: Report, handing: Handing) -> bytes:
    """One copy for the printer, recorded."""
    _must_be_ready(report, handing)
    copy = next_copy(desk, report)
    paper = write_report(report, copy, handing.language, handing.receiver)
    _record(desk, report, copy, handing, hashlib.sha256(paper).hexdigest())
    return paper


def save_report(
    desk: Desk,
    report: Report,
    kind: FileKind,
    path: Path,
    handing: Handing,
    *,
    password: str = "",
    progress: Progress = silent,
) -> None:
    """Write the report into a file and record that it leaves. A password is for PDF only."""
    _must_be_ready(report, handing)
    if report.internal and kind is not FileKind.PDF:
        raise StaysInside
    copy = next_copy(desk, report)

    def write(file: IO[bytes]) -> None:
        if kind is FileKind.PDF:
            paper = write_report(report, copy, handing.language, handing.receiver)
            file.write(locked(paper, password) if password else paper)
            return
        with i18n.speaking(handing.language):
            book = report_book(report) if kind is FileKind.XLSX else figures_book(report)
            write_book(book, kind, file, desk.store.vault.folder, progress)

    _hand_out(path, write, lambda digest: _record(desk, report, copy, handing, digest))


@dataclass(frozen=True, slots=True)
class FirstRows:
    """The beginning of a register as it would leave, and how many cases it would tell of."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    cases: int
    left_out: int  # without the consent that the purpose needs
    too_rare: int  # nothing coarse enough could hide them

    def missing(self) -> list[str]:
        """Which cases are not among them, in words."""
        told = []
        if self.left_out:
            words = ngettext(
                "{count} case is left out: this purpose is not agreed to.",
                "{count} cases are left out: this purpose is not agreed to.",
                self.left_out,
            )
            told.append(words.format(count=formats.number(self.left_out)))
        if self.too_rare:
            words = ngettext(
                "{count} case is left out: the person would stand out.",
                "{count} cases are left out: the people would stand out.",
                self.too_rare,
            )
            told.append(words.format(count=formats.number(self.too_rare)))
        return told


def first_rows(desk: Desk, asked: Register, progress: Progress = silent) -> FirstRows:
    """Look before it leaves. Without names nothing is recorded, and nobody has to say why."""
    made = extract(desk, asked, progress)
    if asked.profile != CODED:
        given_out.register_looked_at(desk, asked, made.cases[:SHOWN_BEFORE])
    sheet = register_book(desk, asked, made, codes=False).sheets[0]
    rows = (tuple("" if cell is None else str(cell) for cell in row) for row in islice(sheet.rows, SHOWN_BEFORE))
    titles = tuple(column.title for column in sheet.columns)
    return FirstRows(titles, tuple(rows), len(made.cases), made.left_out, made.too_rare)


def save_register(desk: Desk, asked: Register, kind: FileKind, path: Path, progress: Progress = silent) -> int:
    """Write the case register into a file and record that it leaves; returns how many cases it tells of."""
    given_out.explained(asked.receiver, asked.reason)
    made = extract(desk, asked, progress)
    language = i18n.language()

    def write(file: IO[bytes]) -> None:
        book = register_book(desk, asked, made, codes=kind is FileKind.JSON)
        write_book(book, kind, file, desk.store.vault.folder, progress)

    told = [column.key for column in made.columns]
    _hand_out(path, write, partial(given_out.register_given_out, desk, asked, language, told, made.cases))
    return len(made.cases)


def write_book(book: Book, kind: FileKind, file: IO[bytes], scratch: Path, progress: Progress = silent) -> None:
    """The book as a file of this kind; CSV has room for its first table alone."""
    match kind:
        case FileKind.XLSX:
            write_xlsx(book, file, scratch, progress)
        case FileKind.CSV:
            write_csv(book.sheets[0], file, progress)
        case _:
            write_json(book, file, progress)


def _hand_out(path: Path, write: Callable[[IO[bytes]], None], record: Callable[[str], object]) -> None:
    """Nothing stands under its name that was not recorded before."""
    with whole_file(path) as file:
        write(file)
        record(_digest(file))


def _digest(file: IO[bytes]) -> str:
    """The fingerprint of a file that was just written."""
    made = hashlib.sha256()
    file.seek(0)
    while part := file.read(1 << 20):
        made.update(part)
    return made.hexdigest()


def _must_be_ready(report: Report, handing: Handing) -> None:
    """Refuse before anything is made: nobody said for whom and why, or there is nothing to report yet."""
    given_out.explained(handing.receiver, handing.reason)
    if report.not_begun:
        raise NotBegun(report.request.period)


def next_copy(desk: Desk, report: Report) -> Copy:
    """The copy that would leave next."""
    return given_out.next_copy(desk, report.request.report, _period(report))


def _record(desk: Desk, report: Report, copy: Copy, handing: Handing, digest: str) -> None:
    figures = None if report.internal else fingerprint(report)
    given_out.report_given_out(desk, report.request.report, _period(report), copy, handing, digest, figures)


def changed_since_given_out(desk: Desk, report: Report) -> str:
    """In words: that the last copy that left told other figures. What stays inside differs from reader to reader."""
    if report.internal:
        return ""
    return given_out.changed_since(desk, report.request.report, _period(report), fingerprint(report))


def _period(report: Report) -> str:
    period = report.request.period
    return f"{period.first.isoformat()}..{period.last.isoformat()}"
