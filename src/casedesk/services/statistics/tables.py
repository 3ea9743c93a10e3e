"""Counts into tables: what is told of each, which cases it opens, and small groups folded together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from casedesk import codelists, formats
from casedesk.i18n import N_, _
from casedesk.services.statistics import compute
from casedesk.services.statistics.compute import Asked, Codes, Tally
from casedesk.services.statistics.indicators import INDICATORS, Indicator
from casedesk.services.statistics.periods import Period
from casedesk.services.statistics.shapes import (
    EMPTY,
    Among,
    Cell,
    Column,
    Figure,
    Row,
    Shown,
    Table,
    Unit,
)
from casedesk.services.statistics.subjects import BREAKDOWNS, SEXES
from casedesk.services.statistics.suppress import (
    MANY,
    Sum,
    Told,
    TooLittleToHide,
    alone,
    is_small,
    protect,
    singled_out,
)

ALL, HIT, MISS = "", "+", "-"
HIDDEN = Cell(Shown.HIDDEN)
UNKNOWN = N_("Not known")
Made = TypeVar("Made")
Place = tuple[str, str]  # row and column of a grid; ALL for a total


@dataclass(frozen=True, slots=True)
class Group:
    """Codes of a breakdown that are told together."""

    key: str
    label: str
    codes: Codes


def sexes() -> tuple[Group, ...]:
    """The columns of a table by sex; few people are neither, and they are told together."""
    women, men, *_others = SEXES
    return (
        Group(women[0], _(women[1]), (women[0],)),
        Group(men[0], _(men[1]), (men[0],)),
        Group("others", _("Others"), ("other", "unknown")),
    )


def label_of(breakdown: str, code: str | None) -> str:
    """The words for a code; the code itself where an older or newer program wrote it."""
    declared = BREAKDOWNS[breakdown]
    if code is None:
        return _(UNKNOWN)
    words = dict(declared.words).get(code)
    if words is not None:
        return _(words)
    found = codelists.get(declared.code_list).find(code) if declared.code_list else None
    return (found.full if found else "") or formats.visible(code)


def groups_of(breakdown: str, found: Iterable[str | None] = ()) -> tuple[Group, ...]:
    """Each code of a short list by itself, and those that no list knows after them."""
    declared = BREAKDOWNS[breakdown]
    known = [code for code, _words in declared.words] or [row.code for row in codelists.get(declared.code_list)]
    more = sorted({code for code in found if code is not None} - set(known))
    unknown = [None] if None in set(found) else []
    return tuple(Group(code or "unknown", label_of(breakdown, code), (code,)) for code in [*known, *more, *unknown])


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the tables of one report: who asks, over which periods, and what is the least count that is told."""

    session: Session
    asked: Asked
    periods: tuple[Period, ...]  # what it is about, then what is shown beside it
    least: int
    opens: bool  # whether one who asks may see lists of cases
    _kept: dict[object, dict[Period, dict[Codes, Tally]]] = field(default_factory=dict)
    _made: dict[object, Any] = field(default_factory=dict)

    @property
    def period(self) -> Period:
        return self.periods[0]

    @property
    def before(self) -> Period | None:
        return self.periods[1] if len(self.periods) > 1 else None

    def tallies(self, indicator: Indicator, by: Sequence[str]) -> dict[Period, dict[Codes, Tally]]:
        """The tallies of both periods, and of the months they are made of."""
        return self._kept_or(self.asked, indicator, by)

    def wholes(self, indicator: Indicator, by: Sequence[str]) -> dict[Period, dict[Codes, Tally]]:
        """The same without filters, from which somebody could subtract; nothing where nothing is filtered."""
        if self.asked.among == Among():
            return {}
        return self._kept_or(replace(self.asked, among=Among()), indicator, by)

    def _kept_or(self, asked: Asked, indicator: Indicator, by: Sequence[str]) -> dict[Period, dict[Codes, Tally]]:
        kept = self._kept.setdefault((asked.among, indicator.id, tuple(by)), {})
        if any(period not in kept for period in self.periods):
            kept |= self._counted(asked, indicator, by)
        return kept

    def _counted(self, asked: Asked, indicator: Indicator, by: Sequence[str]) -> dict[Period, dict[Codes, Tally]]:
        if indicator.day is None:  # how things stand does not add up over time
            found = compute.tallies(self.session, asked, indicator, self.periods, by)
            return dict(zip(self.periods, found, strict=True))
        months = [month for period in self.periods for month in period.smallest()]
        counted = dict(zip(months, compute.tallies(self.session, asked, indicator, months, by), strict=True))
        for period in self.periods:
            _add_up(counted, period)
        return counted

    def over_time(
        self, indicator: Indicator, period: Period, make: Callable[[Period, list[Made]], Made], *name: object
    ) -> Made:
        """Make something of a period from what was made of its parts, which are told in reports of their own.

        What has a name is made once.
        """
        key = (indicator.id, self.least, period, *name)
        if name and key in self._made:
            made: Made = self._made[key]
            return made
        parts = period.parts() if indicator.day is not None else ()
        made = make(period, [self.over_time(indicator, part, make, *name) for part in parts])
        if name:
            self._made[key] = made
        return made

    def floor(self, indicator: Indicator) -> int:
        return max(self.least, indicator.least)

    def cell(self, told: Told | None, figure: Figure, unit: Unit = Unit.CASES) -> Cell:
        if told is None:
            return HIDDEN
        if told.exact:
            opens = figure if self.opens and told.low and unit in (Unit.CASES, Unit.ITEMS) else None
            return Cell(Shown.EXACT, told.low, unit=unit, opens=opens)
        if told.small and told.low <= 1:
            return Cell(Shown.UNDER, low=1, high=told.high, unit=unit)
        return Cell(Shown.RANGE, low=told.low, high=told.high if told.high < MANY else None, unit=unit)

    def total_head(self) -> Column:
        return Column("total", self.period.label if self.before is not None else _("Total"))

    def before_head(self) -> tuple[Column, ...]:
        return (Column("before", self.before.label),) if self.before is not None else ()

    def figure(self, indicator: Indicator, period: Period, *where: tuple[str, Codes], hit: bool = False) -> Figure:
        return Figure(indicator.id, period, self.asked.among, where, hit, self.asked.action)


def _add_up(found: dict[Period, dict[Codes, Tally]], period: Period) -> dict[Codes, Tally]:
    """The tallies of a period from those of its parts."""
    if period not in found:
        total: dict[Codes, Tally] = {}
        for part in period.parts():
            for codes, tally in _add_up(found, part).items():
                total[codes] = total.get(codes, Tally()) + tally
        found[period] = total
    return found[period]


# Tables of two directions


@dataclass(frozen=True, slots=True)
class Grid:
    """Counts by row and column with their totals, and what is told of each."""

    counts: Mapping[Place, int]
    told: Mapping[Place, Told]


def grid(
    found: Mapping[Place, int],
    rows: Sequence[str],
    columns: Sequence[str],
    least: int,
    wholes: Sequence[Mapping[Place, int]] = (),
    *,
    shared: bool = False,
    finer: Sequence[Grid] = (),
) -> Grid:
    """The grid with its totals. `found` has what is in each row and column, without totals.

    What can only be told at the cost of the grand total is not told: first the columns, then the rows. The totals of
    columns that are `shared` stand in other tables too, so they are told whole or the columns are not told. `finer`
    are the same grids for the parts of the time, which are told as well.
    """
    for some_rows, some_columns in ((rows, columns), (rows, ()), ((), ())):
        counts = _with_totals(found, some_rows, some_columns)
        whole = [_with_totals(each, some_rows, some_columns) for each in wholes]
        fixed = frozenset((ALL, column) for column in some_columns if shared)
        if any(is_small(counts[place], least) for place in fixed):
            continue
        also = _singled_out(counts, finer, least)
        try:
            told = protect(counts, _sums(some_rows, some_columns), least=least, wholes=whole, fixed=fixed, also=also)
        except TooLittleToHide:
            continue
        if told[ALL, ALL].exact:
            return Grid(counts, told)
    counts = _with_totals(found, (), ())
    total = alone(counts[ALL, ALL], least, [_with_totals(each, (), ())[ALL, ALL] for each in wholes])
    limits = _singled_out(counts, finer, least).get((ALL, ALL)) if total.exact else None
    return Grid(counts, {(ALL, ALL): Told(*limits) if limits is not None else total})


def _singled_out(counts: Mapping[Place, int], finer: Sequence[Grid], least: int) -> dict[Place, tuple[int, int]]:
    """The counts that may not be told because of what is told for parts of the time, and their limits."""
    limits = {
        (row, column): singled_out(
            count, [each.told.get((row, column)) for each in finer], strict=bool(column) or is_small(count, least)
        )
        for (row, column), count in counts.items()
    }
    return {place: found for place, found in limits.items() if found is not None}


def _sums(rows: Sequence[str], columns: Sequence[str]) -> list[Sum[Place]]:
    sums = [Sum((row, ALL), tuple((row, column) for column in columns)) for row in (*rows, ALL) if columns]
    return sums + [Sum((ALL, column), tuple((row, column) for row in rows)) for column in (*columns, ALL) if rows]


def _with_totals(found: Mapping[Place, int], rows: Sequence[str], columns: Sequence[str]) -> dict[Place, int]:
    """The counts by these rows and columns with all totals; without any of them the total alone."""
    counts: dict[Place, int] = dict.fromkeys(((row, column) for row in (*rows, ALL) for column in (*columns, ALL)), 0)
    for (row, column), count in found.items():
        for place in {(r, c) for r in (row, ALL) for c in (column, ALL)} & counts.keys():
            counts[place] += count
    return counts


@dataclass(frozen=True, slots=True)
class Block:
    """An indicator in a table by sex: its total, and the lines it is divided into.

    The lines are the groups of a breakdown, or what was hit and what was not.
    """

    indicator: Indicator
    rows: tuple[Group, ...]
    by: str | None
    grids: tuple[Grid, ...]  # one for each period of the maker


def block(maker: Maker, indicator: Indicator, by: str | None = None, columns: Sequence[Group] = ()) -> Block:
    """Count and protect an indicator by sex, and by one more breakdown or by what was hit."""
    keys = [*([by] if by else []), *(["sex"] if columns else [])]
    found, wholes = maker.tallies(indicator, keys), maker.wholes(indicator, keys)
    named = maker.tallies(INDICATORS[indicator.within], keys) if indicator.within else {}
    rows = groups_of(by, {codes[0] for each in found.values() for codes in each}) if by else ()
    if indicator.hit is not None and by is None:
        rows = (Group(HIT, "", ()), Group(MISS, "", ()))

    def made(period: Period, finer: Sequence[Grid]) -> Grid:
        whole = [placed(wholes[period], by, rows, columns)] if wholes else []
        if named:
            whole.append(placed(named[period], None, (), columns))
        names = [group.key for group in rows], [group.key for group in columns]
        counted = placed(found[period], by, rows, columns)
        return grid(counted, *names, maker.floor(indicator), whole, shared=by is None, finer=finer)

    name = ("block", by, rows, tuple(columns))
    grids = (maker.over_time(indicator, period, made, *name) for period in maker.periods)
    return Block(indicator, rows, by, tuple(grids))


def placed(
    found: Mapping[Codes, Tally], by: str | None, rows: Sequence[Group], columns: Sequence[Group]
) -> dict[Place, int]:
    """Counts by the keys of their row and column."""
    row_of = {code: group.key for group in rows for code in group.codes}
    column_of = {code: group.key for group in columns for code in group.codes}
    placed: dict[Place, int] = {}
    for codes, tally in found.items():
        column = column_of.get(codes[-1], ALL) if columns else ALL
        parts = {row_of.get(codes[0], ALL): tally.count} if by else {ALL: tally.count}
        if rows and by is None:
            parts = {HIT: tally.hits, MISS: tally.count - tally.hits}
        for row, count in parts.items():
            placed[row, column] = placed.get((row, column), 0) + count
    return placed


def rows_of(maker: Maker, made: Block, columns: Sequence[Group], *, share: bool = True) -> list[Row]:
    """The lines of a block: total first, its parts set in under it."""
    indicator = made.indicator
    if indicator.hit is not None and made.by is None:
        whole = _row(maker, made, ALL, _(indicator.of or indicator.label), columns, ())
        hits = _row(maker, made, HIT, _(indicator.label), columns, (), depth=1)
        lines = [whole, hits]
        return [*lines, _share(hits, whole)] if share else lines
    lines = [_row(maker, made, ALL, _(indicator.label), columns, ())]
    for group in made.rows:
        where = ((made.by, group.codes),) if made.by else ()
        row = _row(maker, made, group.key, group.label, columns, where, depth=1)
        if group.codes in ((None,), ()) and not any(cell.value or cell.shown is not Shown.EXACT for cell in row.cells):
            continue  # nobody is not known
        lines.append(row)
    return lines


def _row(
    maker: Maker,
    made: Block,
    key: str,
    label: str,
    columns: Sequence[Group],
    where: tuple[tuple[str, Codes], ...],
    depth: int = 0,
) -> Row:
    indicator, hit = made.indicator, key == HIT
    cells = []
    for group in columns:
        figure = maker.figure(indicator, maker.period, *where, ("sex", group.codes), hit=hit)
        cells.append(maker.cell(made.grids[0].told.get((key, group.key)), figure, indicator.unit))
    cells.append(
        maker.cell(
            made.grids[0].told.get((key, ALL)), maker.figure(indicator, maker.period, *where, hit=hit), indicator.unit
        )
    )
    if maker.before is not None:
        figure = maker.figure(indicator, maker.before, *where, hit=hit)
        cells.append(maker.cell(made.grids[1].told.get((key, ALL)), figure, indicator.unit))
    name = {ALL: "all", HIT: "hit"}.get(key, key)
    return Row(f"{indicator.id}.{name}", label, tuple(cells), depth)


def _share(hits: Row, whole: Row) -> Row:
    """The hits in percent of the whole: told where both are told."""
    pairs = zip(hits.cells, whole.cells, strict=True)
    return Row(f"{hits.key}.share", _("in percent"), tuple(share(hit, of) for hit, of in pairs), 2)


def share(hit: Cell, whole: Cell) -> Cell:
    """Whole percent, halves up, if both figures are told."""
    if hit.shown is not Shown.EXACT or whole.shown is not Shown.EXACT or hit.value is None or whole.value is None:
        return HIDDEN
    if not whole.value:
        return EMPTY
    return Cell(Shown.EXACT, int((200 * hit.value + whole.value) // (2 * whole.value)), unit=Unit.PERCENT)


def told_by_sex(table: Table) -> Table:
    """Without columns of sex that tell nothing, and without the one of other genders where nobody is in it."""
    by_sex = [group.key for group in sexes()]  # the first columns
    sexes_told = {
        column.key
        for n, column in enumerate(table.columns)
        if column.key in by_sex and any(tells(row.cells[n], zero=column.key != "others") for row in table.rows)
    }
    kept = [n for n, column in enumerate(table.columns) if column.key not in by_sex or column.key in sexes_told]
    if len(kept) == len(table.columns):
        return table
    rows = tuple(replace(row, cells=tuple(row.cells[n] for n in kept)) for row in table.rows)
    hidden = any(cell.shown in (Shown.HIDDEN, Shown.RANGE) for row in table.rows for cell in row.cells[: len(by_sex)])
    words = (_("This is not told by sex: somebody could be worked out."),) if hidden and not sexes_told else ()
    columns = tuple(table.columns[n] for n in kept)
    return replace(table, columns=columns, rows=rows, notes=(*table.notes, *words))


def tells(cell: Cell, *, zero: bool) -> bool:
    """Whether a cell says something: not a range from nobody on, and a zero where it is told."""
    match cell.shown:
        case Shown.EXACT:
            return zero or bool(cell.value)
        case Shown.RANGE:
            return bool(cell.low)
    return cell.shown is Shown.UNDER


def columns_by_sex(maker: Maker, columns: Sequence[Group]) -> tuple[Column, ...]:
    """The heads of a table by sex."""
    heads = [Column(group.key, group.label) for group in columns]
    return (*heads, maker.total_head(), *maker.before_head())
