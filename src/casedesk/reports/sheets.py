"""Tables as files: XLSX, CSV and JSON, row by row, so that the longest needs no more memory than the shortest.

Text is always text: in XLSX every text cell is written as a string, in CSV what a spreadsheet could take for a
formula gets an apostrophe. Numbers, days and times stay what they are.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from casedesk.formats import DHAKA
from casedesk.i18n import _
from casedesk.progress import Progress, silent

SCRATCH = "writing-"
OFTEN = 500  # rows between two looks at whether anybody still waits
LONGEST_CELL = 32_767
LONGEST_NAME = 31
CUT = "…"
ACROSS, LINE = 96, 15  # letters of what a file says of itself, and how high a line of them is

Value = str | int | float | bool | date | datetime | None

_NOT_IN_XML = re.compile("[\ufffe\uffff\ud800-\udfff]")
_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")


class Kind(Enum):
    """What stands in a column."""

    TEXT = auto()
    NUMBER = auto()  # or a text, where a number may not be told
    DAY = auto()
    MOMENT = auto()


class Percent(float):
    """A share in percent: 45.0 is shown as 45%."""


class Inset(str):
    """A text that is part of the line above it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Column:
    """`key` is the same in every language and names the column in JSON."""

    key: str
    title: str
    kind: Kind = Kind.TEXT
    width: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. `rows` are gone through once; `count` is how many they are, for showing how far the work is."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Value]]
    count: int = 0


@dataclass(frozen=True, slots=True)
class Book:
    """Tables that belong together. `about` explains them: labels with what they say; `made_at` goes into the file."""

    title: str
    about: Sequence[tuple[str, str]]
    sheets: Sequence[Sheet]
    made_at: datetime


def write_xlsx(book: Book, out: IO[bytes], scratch: Path, progress: Progress = silent) -> None:
    """The first sheet explains. What XlsxWriter puts aside meanwhile stands in the private folder `scratch`."""
    with _scratch(scratch) as folder:
        made = xlsxwriter.Workbook(
            _UntilItFails(out), {"constant_memory": True, "tmpdir": str(folder), "default_date_format": "yyyy-mm-dd"}
        )
        made.set_properties({"title": book.title, "author": "CaseDesk", "created": _local(book.made_at)})
        try:
            looks = _Looks(made)
            _explain(made, book, looks)
            names: set[str] = set()
            for sheet in book.sheets:
                _xlsx_sheet(made, sheet, looks, names, progress)
            made.close()
        except FileCreateError as error:
            raise error.args[0] from None  # what the disk said
        finally:
            _let_go(made)


class _UntilItFails:
    """A file that is left alone once the disk refused something: ZipFile finishes much later what it began."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._failed = False
        self._at = 0  # where it would stand, once it failed

    def write(self, data: bytes) -> int:
        self._at += len(data)
        return self._ask(len(data), self._out.write, data)

    def seek(self, to: int) -> int:
        self._at = to
        return self._ask(to, self._out.seek, to)

    def tell(self) -> int:
        return self._ask(self._at, self._out.tell)

    def flush(self) -> None:
        self._ask(0, self._out.flush)

    def _ask(self, otherwise: int, what: Callable[..., Any], *how: Any) -> int:
        if self._failed:
            return otherwise
        try:
            told: int = what(*how)
        except OSError:
            self._failed = True
            raise
        return told


def _let_go(made: Any) -> None:
    """Close what XlsxWriter holds open when it was stopped: Windows removes no file that is open."""
    for page in made.worksheets():
        for held in (page.fh, page.row_data_fh):
            with suppress(OSError):  # what it still wanted to write has no room either
                held.close()


class _Looks:
    """The formats that cells have."""

    def __init__(self, made: Any) -> None:
        head = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}
        self.head, self.title = made.add_format(head), made.add_format({"bold": True, "font_size": 14})
        self.head_right = made.add_format(head | {"align": "right"})
        self.wrapped, self.bold = made.add_format({"text_wrap": True, "valign": "top"}), made.add_format({"bold": True})
        self.label = made.add_format({"bold": True, "valign": "top"})
        self.day = made.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = made.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self.number = made.add_format({"num_format": "#,##0.##;-#,##0.##"})
        self.whole = made.add_format({"num_format": "#,##0"})
        self.percent, self.right = made.add_format({"num_format": "0%"}), made.add_format({"align": "right"})
        self.inset = made.add_format({"indent": 1})


def _explain(made: Any, book: Book, looks: _Looks) -> None:
    page = made.add_worksheet(_("About this file")[:LONGEST_NAME])
    page.set_column(0, 0, 26)
    page.set_column(1, 1, ACROSS)
    _for_paper(page)
    page.write_string(0, 0, _cell(book.title), looks.title)
    for at, (label, says) in enumerate(book.about):
        lines = sum(1 + len(line) // (ACROSS - 8) for line in says.splitlines())
        page.set_row(2 + at, LINE * max(lines, 1))  # programs differ in whether they make room by themselves
        page.write_string(2 + at, 0, _cell(label), looks.label)
        page.write_string(2 + at, 1, _cell(says), looks.wrapped)


def _for_paper(page: Any) -> None:
    """Who prints it gets all columns on a page of A4."""
    page.set_paper(9)
    page.set_landscape()
    page.fit_to_pages(1, 0)


def _xlsx_sheet(made: Any, sheet: Sheet, looks: _Looks, names: set[str], progress: Progress) -> None:
    page = made.add_worksheet(_sheet_name(sheet.name, names))
    page.freeze_panes(1, 1)
    _for_paper(page)
    page.repeat_rows(0)
    for at, column in enumerate(sheet.columns):
        page.set_column(at, at, column.width or min(max(len(column.title) + 2, 12), 40))
        head = looks.head_right if column.kind is Kind.NUMBER else looks.head
        page.write_string(0, at, _cell(column.title), head)
    writers = [(at, _writer(page, column.kind, looks)) for at, column in enumerate(sheet.columns)]
    row = 0
    for row, values in enumerate(sheet.rows, start=1):
        if row % OFTEN == 0:
            progress.step(row, sheet.count)
        for (at, write), value in zip(writers, values, strict=True):
            if value is not None:
                write(row, at, value)
    page.autofilter(0, 0, row, len(sheet.columns) - 1)


def _writer(page: Any, kind: Kind, looks: _Looks) -> Callable[[int, int, Any], object]:
    write_string, write_number, write_datetime = page.write_string, page.write_number, page.write_datetime
    match kind:
        case Kind.DAY:
            return lambda row, at, value: write_datetime(row, at, value, looks.day)
        case Kind.MOMENT:
            return lambda row, at, value: write_datetime(row, at, _local(value), looks.moment)
        case Kind.NUMBER:

            def number(row: int, at: int, value: Any) -> None:
                if isinstance(value, str):
                    write_string(row, at, _cell(value), looks.right)
                elif isinstance(value, Percent):
                    write_number(row, at, value / 100, looks.percent)
                else:
                    write_number(row, at, value, looks.whole if value == int(value) else looks.number)

            return number

    def text(row: int, at: int, value: Any) -> None:
        if type(value) is Inset:
            write_string(row, at, _cell(value), looks.inset)
        else:
            write_string(row, at, _cell(value))

    return text


def _cell(text: str) -> str:
    """Text as a cell can hold it: a longer one ends in a sign that it was cut."""
    if len(text) > LONGEST_CELL:
        text = text[: LONGEST_CELL - len(CUT)] + CUT
    return _NOT_IN_XML.sub("\ufffd", text)


def _sheet_name(name: str, taken: set[str]) -> str:
    plain = " ".join(_NOT_IN_NAMES.sub(" ", name).split()).strip("'") or "1"
    made, number = plain[:LONGEST_NAME], 1
    while made.casefold() in taken:
        number += 1
        made = f"{plain[: LONGEST_NAME - 4]} {number}"
    taken.add(made.casefold())
    return made


def write_csv(sheet: Sheet, out: IO[bytes], progress: Progress = silent) -> None:
    """UTF-8 with the mark that spreadsheets know it by; days as 2026-04-28."""
    lines = TextIOWrapper(out, "utf-8-sig", errors="replace", newline="", write_through=True)
    try:
        writer = csv.writer(lines)
        writer.writerow([plain_text(column.title) for column in sheet.columns])
        for row in _watched(sheet, progress):
            writer.writerow([plain_text(value) if isinstance(value, str) else _written(value) for value in row])
    finally:
        lines.detach()


def plain_text(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would take for a formula."""
    return "'" + text if text.startswith(_LIKE_A_FORMULA) else text


def write_json(book: Book, out: IO[bytes], progress: Progress = silent) -> None:
    """What explains the file, and every table as a list of objects, written as they come."""

    def say(text: str) -> None:
        out.write(text.encode("utf-8", errors="replace"))

    about = [{"label": label, "says": says} for label, says in book.about]
    say('{"title": ' + _json(book.title) + ',\n"made_at": ' + _json(book.made_at.isoformat()))
    say(',\n"about": ' + _json(about) + ',\n"tables": [')
    for place, sheet in enumerate(book.sheets):
        columns = [{"key": column.key, "title": column.title} for column in sheet.columns]
        say((",\n" if place else "\n") + '{"name": ' + _json(sheet.name) + ', "columns": ' + _json(columns))
        say(', "rows": [')
        keys = [column.key for column in sheet.columns]
        for at, row in enumerate(_watched(sheet, progress)):
            pairs = {key: _written(value) for key, value in zip(keys, row, strict=True) if value is not None}
            say((",\n" if at else "\n") + _json(pairs))
        say("\n]}")
    say("\n]}\n")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _watched(sheet: Sheet, progress: Progress) -> Iterator[Sequence[Value]]:
    for at, row in enumerate(sheet.rows, start=1):
        if at % OFTEN == 0:
            progress.step(at, sheet.count)
        yield row


def _written(value: Value) -> Value:
    match value:
        case datetime():
            return value.astimezone(DHAKA).isoformat(timespec="seconds")
        case date():
            return value.isoformat()
    return value


def _local(value: datetime) -> datetime:
    """Spreadsheets know no time zones: the time in Dhaka."""
    return value.astimezone(DHAKA).replace(tzinfo=None)


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A private folder that is gone afterwards; what a fallen program left in one goes too."""
    for left in folder.glob(f"{SCRATCH}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=folder, ignore_cleanup_errors=True) as made:
        yield Path(made)
