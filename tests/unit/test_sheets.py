"""Files of tables: text stays text, numbers stay numbers, and nothing half written is left."""

from __future__ import annotations

import csv
import gc
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from casedesk.progress import Cancelled, Progress
from casedesk.reports.sheets import (
    OFTEN,
    SCRATCH,
    Book,
    Column,
    Inset,
    Kind,
    Percent,
    Sheet,
    Value,
    plain_text,
    write_csv,
    write_json,
    write_xlsx,
)
from casedesk.whole_file import FileNotWritten, must_be_new, whole_file

MADE = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
HOSTILE = [
    '=HYPERLINK("http://x.example","y")',
    "=1+1",
    "+8801711000417",
    "-2",
    "@SUM(A1)",
    "\tTab",
    "\rReturn",
    "\nLine",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "'quoted",
    "http://x.example/",
    "রহিমা খাতুন",
    "a;b,c\"d'e",
    "<b>bold</b> & more",
    "_x0041_",
    "00123",
    "x" * 40_000,
    "{=1+1}",
    "two\nlines",
]
WORDS = Column("words", "=Words")
COLUMNS = (
    WORDS,
    Column("count", "Count", Kind.NUMBER),
    Column("day", "Day", Kind.DAY),
    Column("at", "At", Kind.MOMENT),
)
ROWS: list[list[Value]] = [[text, at, date(2026, 4, 28), MADE] for at, text in enumerate(HOSTILE)]
BOOK = Book("Everything", (("What this is", "=a test"),), (Sheet("Cases: [1]/*?", COLUMNS, ROWS, len(ROWS)),), MADE)


def xlsx(book: Book, folder: Path) -> bytes:
    out = BytesIO()
    write_xlsx(book, out, folder)
    return out.getvalue()


def in_csv(rows: list[list[str]]) -> list[list[str]]:
    out = BytesIO()
    columns = [Column(str(at), str(at)) for at in range(len(rows[0]))]
    write_csv(Sheet("x", columns, rows, len(rows)), out)
    return list(csv.reader(StringIO(out.getvalue().decode("utf-8-sig"), newline="")))[1:]


def test_a_workbook_reads_back_with_its_types(tmp_path: Path) -> None:
    read = CalamineWorkbook.from_filelike(BytesIO(xlsx(BOOK, tmp_path)))
    assert read.sheet_names == ["About this file", "Cases 1"]
    explained = read.get_sheet_by_index(0).to_python()
    assert ["What this is", "=a test"] in explained
    head, *rows = read.get_sheet_by_index(1).to_python()
    assert head == ["=Words", "Count", "Day", "At"]
    for text, row in zip(HOSTILE, rows, strict=True):
        words = row[0]
        assert isinstance(words, str)
        assert words == text or (len(text) > 32_767 and len(words) == 32_767 and words.endswith("…"))
    assert rows[3][1:] == [3.0, date(2026, 4, 28), datetime(2026, 5, 12, 15, 0)]  # noqa: DTZ001 - a sheet knows no zone


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(BytesIO(xlsx(BOOK, tmp_path))) as parts:
        page = parts.read("xl/worksheets/sheet2.xml").decode()
        assert "<f>" not in page
        assert "hyperlink" not in page
        assert '<pane xSplit="1" ySplit="1"' in page
        assert f'<autoFilter ref="A1:D{len(ROWS) + 1}"' in page


def test_numbers_that_may_not_be_told_stand_as_words_among_the_numbers(tmp_path: Path) -> None:
    columns = (Column("line", "Line"), Column("n", "April", Kind.NUMBER))
    rows: list[list[Value]] = [["All", 67], [Inset("Women"), "<5"], ["Share", Percent(45)], ["Days", 6.5]]
    read = CalamineWorkbook.from_filelike(BytesIO(xlsx(Book("R", (), (Sheet("T", columns, rows),), MADE), tmp_path)))
    assert read.get_sheet_by_index(1).to_python()[1:] == [
        ["All", 67.0],
        ["Women", "<5"],
        ["Share", 0.45],
        ["Days", 6.5],
    ]


def test_the_same_book_gives_the_same_bytes_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / f"{SCRATCH}left").mkdir()  # by a program that fell
    assert xlsx(BOOK, tmp_path) == xlsx(BOOK, tmp_path)
    assert list(tmp_path.iterdir()) == []


def without_apostrophe(text: str) -> str:
    """The text as it was before `plain_text`."""
    return text[1:] if text[:1] == "'" and plain_text(text[1:]) == text else text


def test_csv_is_safe_to_open_and_reads_back() -> None:
    out = BytesIO()
    write_csv(BOOK.sheets[0], out)
    assert out.getvalue().startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(StringIO(out.getvalue().decode("utf-8-sig"), newline=""))
    assert head == ["'=Words", "Count", "Day", "At"]
    assert [without_apostrophe(row[0]) for row in rows] == HOSTILE
    assert rows[3][1:] == ["3", "2026-04-28", "2026-05-12T15:00:00+06:00"]
    assert out.getvalue().count(b"\r\n") >= len(HOSTILE)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=5))
def test_no_cell_of_a_csv_begins_like_a_formula_and_every_text_comes_back(texts: list[str]) -> None:
    (row,) = in_csv([texts])
    assert all(cell[:1] not in tuple("=+-@\t\r\n＝＋－＠") or cell == "" for cell in row)
    assert [without_apostrophe(cell) for cell in row] == texts
    assert [plain_text(text) for text in texts] == row


def test_json_reads_back() -> None:
    out = BytesIO()
    write_json(BOOK, out)
    read = json.loads(out.getvalue())
    (table,) = read["tables"]
    assert [row["words"] for row in table["rows"]] == HOSTILE
    assert table["columns"][0] == {"key": "words", "title": "=Words"}
    assert table["rows"][0]["day"] == "2026-04-28"
    assert read["about"] == [{"label": "What this is", "says": "=a test"}]


def test_the_old_file_stays_when_the_work_is_cancelled(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    path.write_text("before")
    progress = Progress()
    progress.cancel()
    many = Sheet("x", (WORDS,), [["a"]] * (OFTEN + 1))
    with pytest.raises(Cancelled), whole_file(path) as file:
        write_csv(many, file, progress)
    with pytest.raises(Cancelled), whole_file(path) as file:
        write_xlsx(Book("x", (), (many,), MADE), file, tmp_path, progress)
    assert [each.name for each in tmp_path.iterdir()] == ["register.csv"]
    assert path.read_text() == "before"


def test_the_old_file_stays_when_the_disk_is_full(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("a limit of this kind is POSIX's")
    import resource

    path = tmp_path / "register.xlsx"
    path.write_bytes(b"before")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, before[1]))
    try:
        with pytest.raises(FileNotWritten, match="the disk is full") as told, whole_file(path) as file:
            write_xlsx(BOOK, file, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "as it was" in told.value.hint
    assert path.read_bytes() == b"before"
    assert [each.name for each in tmp_path.iterdir()] == ["register.xlsx"]


@pytest.mark.parametrize("room", [0, 1_000, 3_000])
def test_a_full_disk_is_told_once(tmp_path: Path, room: int) -> None:
    """What was begun is not finished behind the back, on a file that is closed by then: any word of it fails this."""
    if sys.platform == "win32":
        pytest.skip("a limit of this kind is POSIX's")
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    file = (tmp_path / "register.xlsx").open("w+b", buffering=0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_xlsx(BOOK, file, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    file.close()
    gc.collect()


def test_a_file_held_by_another_program_is_named_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.xlsx"
    path.write_bytes(b"before")

    def held(_self: Path, _target: Path) -> None:
        raise PermissionError(13, "held")  # what Windows says of a file that a spreadsheet has open

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(FileNotWritten, match=r"“report.xlsx” is open in another program"), whole_file(path) as file:
        file.write(b"after")
    assert path.read_bytes() == b"before"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(FileNotWritten, match=r"there is no folder .*no\."), whole_file(tmp_path / "no" / "x.csv"):
        pass


def test_a_folder_that_may_not_be_entered_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look = Path.stat

    def shut(self: Path, **more: bool) -> os.stat_result:
        if self.is_relative_to(tmp_path / "shut"):
            raise PermissionError(13, "shut")
        return look(self, **more)

    monkeypatch.setattr(Path, "stat", shut)
    with pytest.raises(FileNotWritten, match=r"“x\.csv” could not be written there"):
        must_be_new(tmp_path / "shut" / "x.csv")


def test_a_folder_of_the_name_of_a_file_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(FileNotWritten, match=r"“x\.csv” is a folder"), whole_file(tmp_path / "x.csv") as file:
        file.write(b"x")
    assert [each.name for each in tmp_path.iterdir()] == ["x.csv"]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed here")
def test_libreoffice_opens_it_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(xlsx(BOOK, tmp_path))
    home = f"-env:UserInstallation={(tmp_path / 'home').as_uri()}"
    done = subprocess.run(
        [
            "soffice",
            home,
            "--headless",
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2",
            path,
        ],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=240,
        check=True,
    )
    assert "repair" not in done.stderr.lower()
    (made,) = tmp_path.glob("book*.csv")
    rows = list(csv.reader(StringIO(made.read_text(encoding="utf-8-sig"))))
    assert [row[0] for row in rows[1:4]] == HOSTILE[:3]
