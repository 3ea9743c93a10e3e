"""R16: what the centres agreed to show the central office: cases with names, rows without names, and totals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from casedesk import formats
from casedesk.i18n import _
from casedesk.models import CaseIndex, CodedRow, CountRow
from casedesk.services.statistics import periods, suppress
from casedesk.services.statistics.indicators import INDICATORS
from casedesk.services.statistics.periods import Kind, Period
from casedesk.services.statistics.shapes import Cell, Column, Row, Section, Shown, Table
from casedesk.services.statistics.sql import plain
from casedesk.services.statistics.tables import ALL, UNKNOWN, Grid, Maker, grid, label_of

MONTH, CATEGORY, EVERYBODY = "case.opened_on", "category", "cases"  # in a row without a name; in a total
OPENED = "IND-01"  # what is counted, by the day on which it began
TOTALS = "totals"
NO_CENTRE = "-"  # of totals that came before their centre was kept

Counts = Mapping[Period, Mapping[str, int]]  # by month, by centre


@dataclass(frozen=True, slots=True)
class Limits:
    """Between what a number lies that was told in parts, of which some are too small to be told."""

    low: int = 0
    high: int | None = 0

    def __add__(self, other: Limits) -> Limits:
        known = self.high is not None and other.high is not None
        return Limits(self.low + other.low, (self.high or 0) + (other.high or 0) if known else None)

    @property
    def cell(self) -> Cell:
        if self.low == self.high:
            return Cell(Shown.EXACT, self.low)
        return Cell(Shown.RANGE, low=self.low, high=self.high)


def others_share(session: Session, centre: str) -> bool:
    """Whether anything of another centre is held."""
    number = CaseIndex.case_number
    of_others = or_(number < f"{centre}-", number > f"{centre}-~")
    named = select(CaseIndex.case_id).where(number != "", of_others)
    asked = (select(CodedRow.row), select(CountRow.desk), named)
    return any(session.execute(each.limit(1)).first() is not None for each in asked)


def by_centre(maker: Maker) -> list[Section]:
    """What is held of each centre, in the period and in its months."""
    maker = replace(maker, opens=False)  # not every case here has a name
    months = _months(maker.period)
    held = {"named": _named(maker.session, months), "coded": _coded(maker.session, months)}
    totals = _totals(maker.session, months) if maker.least <= suppress.INSIDE else {}
    centres = sorted({each for found in held.values() for month in found.values() for each in month})
    centres = sorted({*centres, *(centre for _month, centre, _code in totals)})
    grids = {kind: partial(_grid, maker, kind, found, centres) for kind, found in held.items()}
    heads = [Column("named", _("With names")), Column("coded", _("Without names"))]
    if maker.least <= suppress.INSIDE:
        heads.append(Column(TOTALS, _("In totals")))

    def line(key: str, label: str, period: Period, centre: str, depth: int) -> Row:
        told = [made(period).told.get((centre, ALL)) for made in grids.values()]
        cells = [maker.cell(each, maker.figure(INDICATORS[OPENED], period)) for each in told]
        cells += [_sum(totals, _months(period), centre, EVERYBODY).cell] if len(heads) > len(cells) else []
        return Row(key, label, tuple(cells), depth)

    whole = maker.period
    rows = [line("all", _("All"), whole, ALL, 0), *(line(each, _name(each), whole, each, 1) for each in centres)]
    tables = [Table("centres", _("By centre"), _("Centre"), tuple(heads), tuple(rows), _notes(maker))]
    if len(months) > 1 and whole.kind is not Kind.ANY:
        rows = [line(f"{each.first:%Y-%m}", each.label, each, ALL, 1) for each in months]
        tables.append(Table("months", _("By month"), _("Month"), tuple(heads), tuple(rows)))
    if categories := _categories(totals, months, centres):
        tables.append(categories)
    return [Section(table.title, (table,)) for table in tables]


def _notes(maker: Maker) -> tuple[str, ...]:
    notes = [_("Each case stands in the month in which it was opened, and in one column only.")]
    if maker.period.kind is Kind.ANY:
        notes.append(_("Only whole months are counted: what comes without a name says no day."))
    if maker.least > suppress.INSIDE:
        notes.append(_("Totals are left out: the centres hid only counts up to four in them."))
    else:
        notes.append(
            _(
                "Totals come from the centres, who do not tell small ones; a sum with one of these says at least."
                " Two computers of a centre may count the same person, and then the total is a range."
            )
        )
    return tuple(notes)


def _months(period: Period) -> tuple[Period, ...]:
    """The months of a period; of any days those that lie in it whole."""
    if period.kind is not Kind.ANY:
        return period.smallest()
    found, month = [], periods.calendar(Kind.MONTH, period.first)
    while month.last <= period.last:
        found += [month] if month.first >= period.first else []
        month = month.after()
    return tuple(found)


def _named(session: Session, months: Sequence[Period]) -> Counts:
    """Cases whose case number came, by the centre that is part of it."""
    centre = func.substr(CaseIndex.case_number, plain(1), plain(3))
    counted = select(centre, func.count()).where(CaseIndex.case_number != "").group_by(centre)
    found: dict[Period, dict[str, int]] = {}
    for month in months:
        opened = counted.where(CaseIndex.opened_on.between(month.first, month.last))
        found[month] = {row[0]: row[1] for row in session.execute(opened)}
    return found


def _coded(session: Session, months: Sequence[Period]) -> Counts:
    """Rows without a name. One that several computers of a centre sent is one, unless any of them took it back."""
    told, month = (CodedRow.values[name].as_string() for name in ("person_code", MONTH))
    rows = (
        select(CodedRow.centre.label("of_centre"), func.max(month).label("month"))
        .group_by(CodedRow.row, CodedRow.centre)
        .having(func.count(told) == func.count())
        .subquery()
    )
    counted = select(rows.c.month, rows.c.of_centre, func.count()).group_by(rows.c.month, rows.c.of_centre)
    named = {f"{each.first:%Y-%m}": each for each in months}
    found: dict[Period, dict[str, int]] = {each: {} for each in months}
    for month_, centre, count in session.execute(counted.where(rows.c.month.in_(named))):
        found[named[month_]][centre] = count
    return found


Totals = Mapping[tuple[str, str, str], Mapping[bytes, Limits]]  # by month, centre, code; by the computer that told it


def _totals(session: Session, months: Sequence[Period]) -> Totals:
    wanted = select(CountRow).where(
        CountRow.month.in_([f"{each.first:%Y-%m}" for each in months]), CountRow.what.in_((EVERYBODY, CATEGORY))
    )
    found: dict[tuple[str, str, str], dict[bytes, Limits]] = defaultdict(dict)
    for row in session.scalars(wanted):
        limits = Limits(row.count, row.count) if row.count is not None else Limits(1, None)
        code = EVERYBODY if row.what == EVERYBODY else f"{CATEGORY} {row.code}"
        found[row.month, row.centre or NO_CENTRE, code][row.desk] = limits
    return found


def _sum(totals: Totals, months: Iterable[Period], centre: str, code: str) -> Limits:
    """What the computers of a centre told of these months; of all centres where none is named."""
    wanted = {f"{each.first:%Y-%m}" for each in months}
    by_centre: dict[str, dict[bytes, Limits]] = defaultdict(lambda: defaultdict(Limits))
    for (month, of, what), told in totals.items():
        if month in wanted and what == code and centre in (of, ALL):
            for desk, limits in told.items():
                by_centre[of][desk] += limits
    return sum((_same_people(each.values()) for each in by_centre.values()), Limits())


def _same_people(told: Iterable[Limits]) -> Limits:
    """What several computers of a centre told: all of them may speak of the same people, or each of others."""
    some = list(told)
    return Limits(max(each.low for each in some), sum(some, Limits()).high)


def _categories(totals: Totals, months: Sequence[Period], centres: Sequence[str]) -> Table | None:
    """The totals again, by centre and category, where they were told by category."""
    rows: list[Row] = []
    for centre in centres:
        codes = {what for _month, of, what in totals if of == centre and what != EVERYBODY}
        if not codes:
            continue
        rows.append(Row(centre, _name(centre), (_sum(totals, months, centre, EVERYBODY).cell,)))
        for code in sorted(codes):
            category = code.partition(" ")[2]
            cell = _sum(totals, months, centre, code).cell
            rows.append(Row(f"{centre}.{category}", label_of("category", category), (cell,), 1))
    heads = (Column(TOTALS, _("In totals")),)
    return Table("categories", _("Totals by category"), _("Centre"), heads, tuple(rows)) if rows else None


def _grid(maker: Maker, kind: str, found: Counts, centres: Sequence[str], period: Period) -> Grid:
    """How many there are of each centre, told so that what the reports of its months say gives nobody away."""

    def made(span: Period, finer: Sequence[Grid]) -> Grid:
        counts: Counter[str] = Counter()
        for month in _months(span):
            counts.update(found[month])
        return grid({(centre, ALL): counts[centre] for centre in centres}, centres, (), maker.least, finer=finer)

    return maker.over_time(INDICATORS[OPENED], period, made, "centres", kind)


def _name(centre: str) -> str:
    return _(UNKNOWN) if centre == NO_CENTRE else formats.visible(centre)
