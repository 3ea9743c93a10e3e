"""A report on paper: what is counted, for when and where, whom it speaks for, and what is not shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from secrets import token_hex

import pikepdf

from casedesk import formats, i18n
from casedesk.formats import digits
from casedesk.i18n import _
from casedesk.reports.layout.page import render
from casedesk.reports.parts import Document, Figures, Gap, Line, Look, Part, Picture, Section, Text
from casedesk.services.prints import Copy
from casedesk.services.statistics.shapes import Report, Table
from casedesk.services.statistics.shapes import Section as Told


def write_report(report: Report, copy: Copy, language: str, receiver: str = "") -> bytes:
    """The report as a PDF; the same report and copy give the same bytes."""
    with i18n.speaking(language):
        return render(_document(report, copy, receiver))


def locked(pdf: bytes, password: str) -> bytes:
    """The same paper, opened by the password only (AES-256)."""
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as paper:
        paper.save(out, encryption=pikepdf.Encryption(user=password, owner=token_hex(32), R=6))
    return out.getvalue()


def _document(report: Report, copy: Copy, receiver: str) -> Document:
    period = report.request.period.label
    day = formats.day(formats.day_in_dhaka(report.made_at))
    made = _("{period} · made {day} by {name} · copy {copy}").format(
        period=period, day=day, name=report.made_by, copy=digits(str(copy.number))
    )
    told = [section for section in report.sections if section.tables or section.charts or section.notes]
    sections = [_section(section, number) for number, section in enumerate(told, start=1)]
    opening: list[Part | Section] = [Text(_title(report), Look.HEADLINE), Text(report.headline, Look.LEAD)]
    facts = _facts(report, receiver)
    if facts:
        opening.append(Text(" · ".join(facts), Look.QUIET))
    return Document(
        title=report.title,
        centre=report.centre,
        invented=report.invented,
        under_centre="",
        heading=report.title,
        under_heading=made,
        confidential=_("for the staff of this centre only.") if report.internal else "",
        body=(*opening, *sections),
        at_foot=(Gap(2), Line(), Text(" ".join(_how_to_read(report)), Look.QUIET)),
        keep_safe=_keep_safe(report),
    )


def _keep_safe(report: Report) -> str:
    """Those that stay inside name workers."""
    words = "{centre} · {period}" if report.internal else _("{centre} · {period} · contains no names")
    return words.format(centre=report.centre, period=report.request.period.label)


def _title(report: Report) -> str:
    words = _("{centre}, {period}").format(centre=report.centre, period=report.request.period.label)
    return _("{title} (so far)").format(title=words) if report.so_far else words


def _facts(report: Report, receiver: str) -> list[str]:
    period = report.request.period
    said = [_("From {first} to {last}").format(first=formats.day(period.first), last=formats.day(period.last))]
    said += report.filters
    return [*said, _("For: {receiver}").format(receiver=receiver)] if receiver else said


def _how_to_read(report: Report) -> list[str]:
    return [_("How to read:"), *report.notes, report.speaks_for]


def _section(told: Told, number: int) -> Section:
    parts = tuple(_parts(told))
    return Section(f"{digits(str(number))}\u00a0\u00a0{told.title}", parts)


def _parts(told: Told) -> Iterator[Part]:
    """Each table with its picture, then pictures of something else."""
    charts = [chart for chart in told.charts if chart.places]
    for place, table in enumerate(told.tables):
        if place:
            yield Gap(1.5)
        yield _figures(table, table.title if table.title != told.title else "")
        yield from _quiet(filter(None, (" · ".join(table.signs), *table.notes)))
        yield from (Picture(chart, chart.title, apart=False) for chart in charts if chart.title == table.title)
    tables = {table.title for table in told.tables}
    yield from (Picture(chart, chart.title, chart.title != told.title) for chart in charts if chart.title not in tables)
    yield from _quiet(told.notes)


def _quiet(notes: Iterable[str]) -> Iterator[Part]:
    for note in notes:
        yield Text(note, Look.QUIET)


def _figures(table: Table, title: str) -> Figures:
    return Figures(
        head=("" if table.head == table.title else table.head, *(column.label for column in table.columns)),
        rows=tuple((row.label, *(cell.words for cell in row.cells)) for row in table.rows),
        depths=tuple(row.depth for row in table.rows),
        title=title,
    )
