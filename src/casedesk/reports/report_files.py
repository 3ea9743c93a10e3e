"""A finished report as files: tables as they are read for XLSX, and one figure a line for CSV and JSON."""

from __future__ import annotations

from collections.abc import Iterator

from casedesk import formats
from casedesk.i18n import _
from casedesk.reports.sheets import Book, Column, Inset, Kind, Percent, Sheet, Value
from casedesk.services.statistics.shapes import Cell, Report, Row, Shown, Table, Unit


def report_book(report: Report) -> Book:
    """Each table on a sheet of its own."""
    sheets = [_sheet(table) for table in report.tables]
    return Book(f"{report.title}, {report.request.period.label}", about(report), sheets, report.made_at)


def figures_book(report: Report) -> Book:
    """Every figure on a line: what a program reads."""
    columns = (
        Column("table", _("Table")),
        Column("line", _("Line")),
        Column("column", _("Column")),
        Column("line_key", _("Key of the line")),
        Column("column_key", _("Key of the column")),
        Column("unit", _("Unit")),
        Column("shown", _("How it is shown")),
        Column("words", _("Figure")),
        Column("value", _("Number"), Kind.NUMBER),
        Column("least", _("At least"), Kind.NUMBER),
        Column("most", _("At most"), Kind.NUMBER),
    )
    rows = [row for table in report.tables for row in _figures(table)]
    sheet = Sheet(_("Figures"), columns, rows, len(rows))
    return Book(f"{report.title}, {report.request.period.label}", about(report), (sheet,), report.made_at)


def about(report: Report) -> list[tuple[str, str]]:
    """What stands on the first page of a paper, for the first sheet."""
    period = report.request.period
    said = [
        (_("Centre"), report.centre),
        (_("Note"), report.invented),
        (_("Period"), period.label + (f" ({_('so far')})" if report.so_far else "")),
        (_("Days"), f"{formats.day(period.first)} – {formats.day(period.last)}"),
        (_("Filters"), "; ".join(report.filters) or _("none")),
        (_("In short"), report.headline),
        (_("Made"), _("{when} by {who}").format(when=formats.moment(report.made_at), who=report.made_by)),
        *((_("Note"), note) for note in report.notes),
        *((_("Note"), note) for section in report.sections for note in section.notes),
        *((table.title, note) for table in report.tables for note in table.notes),
        (_("Whom it speaks for"), report.speaks_for),
    ]
    return [(label, says) for label, says in said if says]


def _sheet(table: Table) -> Sheet:
    columns = [Column("line", table.head, width=44)]
    columns += [Column(column.key, column.label, Kind.NUMBER, width=16) for column in table.columns]
    return Sheet(table.title, columns, [_line(row) for row in table.rows], len(table.rows))


def _line(row: Row) -> tuple[Value, ...]:
    label = Inset(row.label) if row.depth else row.label
    return (label, *(_number(cell) for cell in row.cells))


def _number(cell: Cell) -> Value:
    """A number where it is exact; otherwise what the table says in words."""
    if cell.shown is not Shown.EXACT or cell.value is None:
        return cell.words
    return Percent(cell.value) if cell.unit is Unit.PERCENT else cell.value


def _figures(table: Table) -> Iterator[tuple[Value, ...]]:
    for row in table.rows:
        for column, cell in zip(table.columns, row.cells, strict=True):
            words = (table.title, row.label, column.label, row.key, column.key)
            exact = cell.value if cell.shown is Shown.EXACT else None
            yield (*words, cell.unit.value, cell.shown.value, cell.words, exact, cell.low, cell.high)
