"""Files and papers of reports, each against the barest way of writing the same with the same library.

The bare twin of the workbook writes the very same cells with XlsxWriter's own `write`; the bare twin of the paper
sets the same words with ReportLab's paragraphs and the same shaped letters. Both read the store beforehand.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import date
from io import BytesIO

import xlsxwriter

from benchmarks.measures import bare_page
from benchmarks.pairs import Result, paired
from casedesk import i18n
from casedesk.desk import Desk
from casedesk.reports.preview import pages, text_of
from casedesk.reports.register_files import register_book
from casedesk.reports.report_paper import write_report
from casedesk.reports.sheets import Book, Sheet, Value, write_xlsx
from casedesk.services.case_register import Register, extract
from casedesk.services.prints import Copy
from casedesk.services.statistics import periods
from casedesk.services.statistics.reports import make
from casedesk.services.statistics.shapes import Request

ASKED = Register(receiver="Benchmark", reason="Benchmark")
ROUNDS, PAPERS = 3, 7
MIB = 1 << 20


def workbook(desk: Desk, cases: int) -> Iterator[Result]:
    """The case register as XLSX, and how much memory its writing takes."""
    book = register_book(desk, ASKED, extract(desk, ASKED), codes=False)
    columns = book.sheets[0].columns
    rows = [list(row) for row in book.sheets[0].rows]
    held = Book(book.title, book.about, (Sheet("Cases", columns, rows, len(rows)),), book.made_at)
    scratch = desk.store.vault.folder

    def ours() -> None:
        write_xlsx(held, BytesIO(), scratch)

    def bare() -> None:
        _bare_workbook([column.title for column in columns], rows)

    first, second = paired(ours, bare, ROUNDS)
    yield Result("case register as XLSX, against bare XlsxWriter", cases, first, second, 1.5)
    yield Result("its memory, against a tenth of the rows", cases, *_memory(desk, held, rows), 1.2, "MiB")


def _bare_workbook(titles: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
    made = xlsxwriter.Workbook(BytesIO(), {"constant_memory": True})
    day = made.add_format({"num_format": "yyyy-mm-dd"})
    page = made.add_worksheet()
    for at, title in enumerate(titles):
        page.write_string(0, at, title)
    for row, cells in enumerate(rows, start=1):
        for at, value in enumerate(cells):
            match value:
                case None:
                    pass
                case str():
                    page.write_string(row, at, value)
                case date():
                    page.write_datetime(row, at, value, day)
                case _:
                    page.write_number(row, at, value)
    made.close()


def _memory(desk: Desk, book: Book, rows: Sequence[Sequence[Value]]) -> tuple[float, float]:
    """The most that is held while writing all rows, and while writing a tenth of them; the file itself is on disk."""
    found = []
    for some in (rows, rows[: max(len(rows) // 10, 1)]):
        sheet = Sheet("Cases", book.sheets[0].columns, some, len(some))
        path = desk.store.vault.folder / "benchmark.xlsx"
        tracemalloc.start()
        with path.open("w+b") as file:
            write_xlsx(Book(book.title, book.about, (sheet,), book.made_at), file, path.parent)
        found.append(tracemalloc.get_traced_memory()[1] / MIB)
        tracemalloc.stop()
        path.unlink()
    return found[0], found[1]


def paper(desk: Desk, cases: int) -> Iterator[Result]:
    """A page of the monthly report in Bangla, against bare paragraphs of the same shaped words."""
    with i18n.speaking("bn"):
        report = make(desk, Request("R1", periods.calendar(periods.Kind.MONTH, desk.today()).before()))
    copy = Copy(1, 1, report.made_at)
    lines = [line for line in text_of(write_report(report, copy, "bn")).splitlines() if line.strip()]
    count = pages(write_report(report, copy, "bn"))

    def ours() -> None:
        write_report(report, copy, "bn")

    first, second = paired(ours, lambda: bare_page(lines), PAPERS)
    yield Result("page of a report as PDF, against its bare words", cases, first / count, second / count, 1.5)
