"""A report on paper and as a file: what it says, in both languages, and that it is recorded when it leaves."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from pathlib import Path

import pikepdf
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from casedesk import i18n
from casedesk.desk import Desk
from casedesk.errors import Conflict, InvalidInput
from casedesk.models import Disclosure
from casedesk.reports import preview
from casedesk.reports.hand_out import FileKind, StaysInside, changed_since_given_out, print_report, save_report
from casedesk.reports.report_paper import write_report
from casedesk.services import given_out
from casedesk.services.case_register import NoReason
from casedesk.services.given_out import Handing
from casedesk.services.intake import register_case
from casedesk.services.prints import Copy
from casedesk.services.statistics import periods
from casedesk.services.statistics.reports import make
from casedesk.services.statistics.shapes import EMPTY, Among, Cell, Column, Report, Request, Row, Section, Shown, Table
from tests.conftest import NOW
from tests.unit.test_case_register import somebody

MAY = periods.month(2026, 5)
COPY = Copy(1, 1, NOW)
HANDING = Handing("District office", "Monthly meeting", "en")


@pytest.fixture
def report(desk: Desk) -> Report:
    for country in ["sa"] * 7 + ["my"] * 2:
        register_case(desk, somebody(**{"migration_episode.destination_country": country}))
    return make(desk, Request("R1", MAY))


def disclosures(desk: Desk) -> list[Disclosure]:
    with desk.read() as session:
        return list(session.scalars(select(Disclosure).order_by(Disclosure.copy_number)))


def words(pdf: bytes) -> str:
    return " ".join(preview.text_of(pdf).split())


def test_it_says_what_is_counted_for_whom_and_when(report: Report) -> None:
    text = words(write_report(report, COPY, "en", "District office"))
    for said in (
        "Dhaka Centre, May 2026 (so far)",
        "9 new cases registered.",
        "From 1 May 2026 to 31 May 2026",
        "For: District office",
        "copy 1",
        "Counts from 1 to 4 show as <5",
        "0–4 means a count from 0 to 4, and – that there is no figure here or too few to tell.",
        "They are not a sample of all who return",
        "Page 1 of",
        "contains no names",
        "New cases registered 9",
    ):
        assert said in text, said
    assert "Rahima" not in text


def test_under_a_table_stands_what_its_signs_mean(report: Report) -> None:
    cells = (Cell(Shown.EXACT, 7), Cell(Shown.UNDER, high=4), Cell(Shown.RANGE, low=0, high=4), Cell(Shown.HIDDEN))
    heads = tuple(Column(str(at), str(at)) for at in range(len(cells)))
    table = Table("x", "X", "", heads, (Row("a", "A", cells),))
    told = replace(report, sections=(Section("X", (table,)),), notes=())
    text = words(write_report(told, COPY, "en"))
    signs = "<5: from 1 to 4 · 0–4 and the like: somewhere in this range · –: no figure here, or too few to tell"
    assert signs in text
    assert replace(table, rows=(Row("a", "A", (cells[0], EMPTY)),)).signs == ("–: no figure here",)
    assert replace(table, rows=(Row("a", "A", cells[:1]),)).signs == ()


def test_a_period_to_come_leaves_in_no_form(desk: Desk, tmp_path: Path) -> None:
    report = make(desk, Request("R1", periods.month(2026, 6)))
    assert report.not_begun
    for kind in FileKind:
        with pytest.raises(periods.NotBegun, match="June 2026 has not begun yet"):
            save_report(desk, report, kind, tmp_path / f"x.{kind}", HANDING)
    with pytest.raises(periods.NotBegun):
        print_report(desk, report, HANDING)
    assert list(tmp_path.glob("x.*")) == []
    assert disclosures(desk) == []


def test_the_day_is_that_of_the_place_where_it_is_made(report: Report) -> None:
    late = replace(report, made_at=datetime(2026, 5, 12, 20, 30, tzinfo=UTC))
    assert "made 13 May 2026" in words(write_report(late, COPY, "en", "District office"))


def test_it_speaks_bangla(desk: Desk, report: Report) -> None:
    with i18n.speaking("bn"):
        spoken = make(desk, report.request)
    text = words(write_report(spoken, COPY, "bn"))
    for said in ("ঢাকা কেন্দ্র", "মে ২০২৬", "কপি ১", "পৃষ্ঠা ১"):
        assert said in text, said


def test_the_same_report_and_copy_give_the_same_bytes(report: Report) -> None:
    assert write_report(report, COPY, "en") == write_report(report, COPY, "en")
    assert write_report(report, COPY, "en") != write_report(report, replace(COPY, number=2), "en")


def test_a_password_opens_it_and_nothing_else(desk: Desk, report: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    save_report(desk, report, FileKind.PDF, path, HANDING, password="seven boats")
    with pytest.raises(pikepdf.PasswordError):
        pikepdf.open(path)
    with pikepdf.open(path, password="seven boats") as paper:
        assert paper.encryption.R == 6
        assert paper.encryption.bits == 256
        open_ = BytesIO()
        paper.save(open_)
    assert "New cases registered" in preview.text_of(open_.getvalue())


def test_what_leaves_is_recorded_with_receiver_and_reason(desk: Desk, report: Report, tmp_path: Path) -> None:
    save_report(desk, report, FileKind.XLSX, tmp_path / "report.xlsx", HANDING)
    print_report(desk, report, replace(HANDING, medium="print"))
    first, second = disclosures(desk)
    assert (first.medium, first.recipient_name, first.reason, first.purpose) == (
        "file",
        "District office",
        "Monthly meeting",
        "report",
    )
    assert first.document == "report R1 2026-05-01..2026-05-31"
    assert (second.medium, second.copy_number) == ("print", "2")
    with pytest.raises(Conflict):
        given_out.report_given_out(desk, "R1", "2026-05-01..2026-05-31", COPY, HANDING, "x")


def test_a_report_says_that_its_figures_have_changed_since_a_copy_left(
    desk: Desk, report: Report, tmp_path: Path
) -> None:
    assert changed_since_given_out(desk, report) == ""  # nothing has left
    print_report(desk, report, replace(HANDING, medium="print"))
    assert changed_since_given_out(desk, make(desk, report.request)) == ""
    with i18n.speaking("bn"):
        assert changed_since_given_out(desk, make(desk, report.request)) == ""
    register_case(desk, somebody())
    more = make(desk, report.request)
    assert changed_since_given_out(desk, more).startswith("Figures have changed since copy 1 was given out, ")
    assert changed_since_given_out(desk, make(desk, replace(report.request, compare=False))) == ""  # none of these left
    inside = make(desk, replace(report.request, among=Among(countries=("sa",))))
    assert changed_since_given_out(desk, inside) == ""
    save_report(desk, more, FileKind.XLSX, tmp_path / "new.xlsx", HANDING)
    assert changed_since_given_out(desk, more) == ""


def test_nothing_leaves_without_receiver_and_reason(desk: Desk, report: Report, tmp_path: Path) -> None:
    for kind in FileKind:
        with pytest.raises(NoReason):
            save_report(desk, report, kind, tmp_path / "x", Handing("", "Meeting", "en"))
    assert list(tmp_path.glob("*x*")) == []
    assert disclosures(desk) == []


@pytest.mark.parametrize("handing", [replace(HANDING, receiver="o" * 201), replace(HANDING, reason="word " * 200)])
def test_receiver_and_reason_are_never_cut(desk: Desk, report: Report, handing: Handing, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        save_report(desk, report, FileKind.CSV, tmp_path / "x.csv", handing)
    assert list(tmp_path.glob("*x*")) == []
    assert disclosures(desk) == []


def test_a_report_for_the_centre_alone_leaves_as_no_file(desk: Desk, report: Report, tmp_path: Path) -> None:
    inside = replace(report, internal=True)
    with pytest.raises(StaysInside):
        save_report(desk, inside, FileKind.CSV, tmp_path / "x.csv", HANDING)
    assert "CONFIDENTIAL — for the staff of this centre only." in words(write_report(inside, COPY, "en"))


def test_the_workbook_says_what_the_report_says(desk: Desk, report: Report, tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    save_report(desk, report, FileKind.XLSX, path, HANDING)
    read = CalamineWorkbook.from_path(str(path))
    for table, name in zip(report.tables, read.sheet_names[1:], strict=True):
        head, *rows = read.get_sheet_by_name(name).to_python()
        assert head[1:] == [column.label for column in table.columns]
        for row, found in zip(table.rows, rows, strict=True):
            assert found[0] == row.label
            for cell, value in zip(row.cells, found[1:], strict=True):
                if cell.shown is Shown.EXACT and cell.value is not None:
                    assert isinstance(value, int | float)
                    assert value in (pytest.approx(cell.value), pytest.approx(cell.value / 100))
                else:
                    assert value == cell.words


def test_csv_and_json_say_what_the_report_says(desk: Desk, report: Report, tmp_path: Path) -> None:
    save_report(desk, report, FileKind.CSV, tmp_path / "r.csv", HANDING)
    save_report(desk, report, FileKind.JSON, tmp_path / "r.json", HANDING)
    lines = list(csv.DictReader(StringIO((tmp_path / "r.csv").read_text(encoding="utf-8-sig"))))
    figures = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["tables"][0]["rows"]
    told = [
        (table.title, row.key, column.key, cell.words)
        for table in report.tables
        for row in table.rows
        for column, cell in zip(table.columns, row.cells, strict=True)
    ]
    assert [(f["table"], f["line_key"], f["column_key"], f["words"]) for f in figures] == told
    assert [(f["Table"], f["Key of the line"], f["Key of the column"], f["Figure"]) for f in lines] == told
    assert all(f.get("value") is None for f in figures if f["shown"] != "exact")


def test_an_empty_period_and_one_case_can_be_printed(desk: Desk) -> None:
    for period in (periods.month(2020, 1), periods.month(2031, 1), periods.days(date(2026, 5, 1), date(2026, 5, 3))):
        assert words(write_report(make(desk, Request("R1", period)), COPY, "bn"))
    register_case(desk, somebody())
    assert "<5" in words(write_report(make(desk, Request("R1", MAY)), COPY, "en"))
