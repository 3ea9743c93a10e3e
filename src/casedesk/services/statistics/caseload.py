"""R12: how much each caseworker has to do. For work inside the centre, with figures as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from casedesk.i18n import _
from casedesk.services.statistics import suppress
from casedesk.services.statistics.compute import Tally
from casedesk.services.statistics.contents import bars
from casedesk.services.statistics.indicators import INDICATORS, Indicator
from casedesk.services.statistics.shapes import (
    Cell,
    Chart,
    Column,
    Row,
    Section,
    Shown,
    Table,
    Unit,
)
from casedesk.services.statistics.tables import (
    Maker,
    label_of,
    share,
)
from casedesk.services.users import names_of_users

PICTURED = (("open", "OPEN"), ("overdue", "OVERDUE"))  # chart and the column it shows


def caseload(maker: Maker) -> list[Section]:
    """For work inside the centre: figures as they are, each opening its list."""
    people = names_of_users(maker.session)
    columns = (
        ("OPEN", "owner", False, _("Open cases")),
        ("OVERDUE", "owner", False, _("Overdue")),
        ("IND-10", "owner", True, _("No contact for 30 days")),
        ("IND-01", "owner", False, _("New in the period")),
        ("IND-09", "assignee", False, _("Follow-ups due")),
        ("IND-09", "assignee", True, _("Done in time")),
    )
    counted: list[dict[str | None, int]] = []
    for name, by, hit, _label in columns:
        found = maker.tallies(INDICATORS[name], [by])[maker.period]
        counted.append({codes[0]: tally.hits if hit else tally.count for codes, tally in found.items()})
    everyone = sorted(
        {code for each in counted for code in each}, key=lambda code: (code is None, _worker(people, code))
    )
    rows = [_worked(maker, columns, counted, "all", _("All"), None)]
    rows += [
        _worked(maker, columns, counted, str(place), _worker(people, code), (code,))
        for place, code in enumerate(everyone)
    ]
    heads = tuple(Column(f"{name}{'.hit' if hit else ''}", label) for name, _by, hit, label in columns)
    table = Table("workers", _("Caseload"), _("Caseworker"), heads, tuple(rows))
    charts = tuple(chart for key, column in PICTURED for chart in _charts(table, key, column))
    return [
        Section(_("Caseload"), (table,), charts),
        Section(_("How well records are kept"), (_kept(maker, people),)),
        Section(_("What was agreed to"), (_agreed(maker),)),
    ]


def _charts(table: Table, key: str, column: str) -> tuple[Chart, ...]:
    """A picture of one column, called by its name."""
    return tuple(replace(made, title=made.series[0].label) for made in bars(table, key, column=column))


def _kept(maker: Maker, people: Mapping[UUID, str]) -> Table:
    """Assessment questions that are answered two weeks after registering."""
    indicator = INDICATORS["IND-43"]
    found = {codes[0]: tally for codes, tally in maker.tallies(indicator, ["owner"])[maker.period].items()}
    rows = [_part("all", _("All"), indicator, sum(found.values(), Tally()))]
    order = sorted(found, key=lambda code: (code is None, _worker(people, code)))
    rows += [_part(str(at), _worker(people, code), indicator, found[code], 1) for at, code in enumerate(order)]
    return Table("kept", _(indicator.label), _("Caseworker"), _heads(indicator), tuple(rows))


def _agreed(maker: Maker) -> Table:
    """For each purpose how many agreed, and how many took it back."""
    asked, back = INDICATORS["IND-44"], INDICATORS["IND-44-BACK"]
    given, taken = (maker.tallies(each, ["scope"])[maker.period] for each in (asked, back))
    order = sorted(given.keys() | taken.keys(), key=lambda codes: label_of("scope", codes[0]))
    rows = []
    for codes in order:
        row = _part(codes[0] or "unknown", label_of("scope", codes[0]), asked, given.get(codes, Tally()), 1)
        again = Cell(Shown.EXACT, taken.get(codes, Tally()).count, unit=Unit.ITEMS)
        rows.append(replace(row, cells=(*row.cells, again)))
    heads = (*_heads(asked), Column("back", _(back.label)))
    return Table("agreed", _("What was agreed to"), _("Purpose"), heads, tuple(rows))


def _heads(indicator: Indicator) -> tuple[Column, ...]:
    return Column("of", _(indicator.of)), Column("hit", _(indicator.label)), Column("share", _("in percent"))


def _part(key: str, label: str, indicator: Indicator, tally: Tally, depth: int = 0) -> Row:
    """How many there are, how many of them are as they should be, and what share that is."""
    of, hit = (Cell(Shown.EXACT, count, unit=indicator.unit) for count in (tally.count, tally.hits))
    return Row(key, label, (of, hit, share(hit, of)), depth)


def _worker(people: Mapping[UUID, str], code: str | None) -> str:
    return people.get(UUID(code), _("Not known")) if code is not None else _("Nobody")


def _worked(
    maker: Maker,
    columns: Sequence[tuple[str, str, bool, str]],
    counted: Sequence[Mapping[str | None, int]],
    key: str,
    label: str,
    codes: tuple[str | None, ...] | None,
) -> Row:
    cells = []
    for (name, by, hit, _label), counts in zip(columns, counted, strict=True):
        indicator = INDICATORS[name]
        count = sum(counts.values()) if codes is None else sum(counts.get(code, 0) for code in codes)
        where = ((by, codes),) if codes is not None else ()
        figure = maker.figure(indicator, maker.period, *where, hit=hit)
        cells.append(maker.cell(suppress.Told(count, count), figure, indicator.unit))
    return Row(key, label, tuple(cells), 0 if codes is None else 1)
