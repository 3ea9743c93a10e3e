"""Counts into tables: what is told of each, which cases it opens, and small groups folded together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from casedesk import codelists, formats
from casedesk.i18n import N_, _
from casedesk.services.statistics import compute
from casedesk.services.statistics.compute import Asked, Codes, Spread, Tally
from casedesk.services.statistics.indicators import INDICATORS, Indicator
from casedesk.services.statistics.periods import Period
from casedesk.services.statistics.shapes import EMPTY, Among, Cell, Column, Figure, Row, Shown, Table, Unit
from casedesk.services.statistics.subjects import BREAKDOWNS, SEXES
from casedesk.services.statistics.suppress import MANY, Sum, Told, is_small, protect

ALL, HIT, MISS = "", "+", "-"
MOST_ROWS = 12
HIDDEN = Cell(Shown.HIDDEN)
UNKNOWN = N_("Not known")
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
    period: Period
    before: Period | None
    least: int
    opens: bool  # whether one who asks may see lists of cases
    _kept: dict[object, list[dict[Codes, Tally]]] = field(default_factory=dict)

    @property
    def periods(self) -> list[Period]:
        return [self.period] if self.before is None else [self.period, self.before]

    def tallies(self, indicator: Indicator, by: Sequence[str], periods: Sequence[Period]) -> list[dict[Codes, Tally]]:
        return self._kept_or(self.asked, indicator, by, periods)

    def wholes(self, indicator: Indicator, by: Sequence[str], periods: Sequence[Period]) -> list[dict[Codes, Tally]]:
        """The same without filters, from which somebody could subtract; nothing where nothing is filtered."""
        if self.asked.among == Among():
            return []
        return self._kept_or(replace(self.asked, among=Among()), indicator, by, periods)

    def _kept_or(
        self, asked: Asked, indicator: Indicator, by: Sequence[str], periods: Sequence[Period]
    ) -> list[dict[Codes, Tally]]:
        key = (asked.among, indicator.id, tuple(by), tuple(periods))
        if key not in self._kept:
            self._kept[key] = compute.tallies(self.session, asked, indicator, periods, by)
        return self._kept[key]

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
    wholes: Mapping[Place, int] | None = None,
) -> Grid:
    """The grid with its totals. `found` has what is in each row and column, without totals.

    What can only be told at the cost of the grand total is not told: first the columns, then the rows.
    """
    for some_rows, some_columns in ((rows, columns), (rows, ()), ((), ())):
        counts = _with_totals(found, some_rows, some_columns)
        whole = None if wholes is None else _with_totals(wholes, some_rows, some_columns)
        told = protect(counts, _sums(some_rows, some_columns), least=least, wholes=whole)
        if told[ALL, ALL].exact or told[ALL, ALL].small:
            break
    return Grid(counts, told)


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
    now: Grid
    before: Grid | None


def block(maker: Maker, indicator: Indicator, by: str | None = None, columns: Sequence[Group] = ()) -> Block:
    """Count and protect an indicator by sex, and by one more breakdown or by what was hit."""
    keys = [*([by] if by else []), *(["sex"] if columns else [])]
    found = maker.tallies(indicator, keys, maker.periods)
    wholes = maker.wholes(indicator, keys, maker.periods)
    rows = groups_of(by, {codes[0] for each in found for codes in each}) if by else ()
    if indicator.hit is not None and by is None:
        rows = (Group(HIT, "", ()), Group(MISS, "", ()))
    grids = []
    for place, each in enumerate(found):
        whole = _placed(wholes[place], by, rows, columns) if wholes else None
        counted = _placed(each, by, rows, columns)
        grids.append(grid(counted, [g.key for g in rows], [g.key for g in columns], maker.floor(indicator), whole))
    return Block(indicator, rows, by, grids[0], grids[1] if len(grids) > 1 else None)


def _placed(
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
        cells.append(maker.cell(made.now.told.get((key, group.key)), figure, indicator.unit))
    cells.append(
        maker.cell(
            made.now.told.get((key, ALL)), maker.figure(indicator, maker.period, *where, hit=hit), indicator.unit
        )
    )
    if maker.before is not None and made.before is not None:
        figure = maker.figure(indicator, maker.before, *where, hit=hit)
        cells.append(maker.cell(made.before.told.get((key, ALL)), figure, indicator.unit))
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


def columns_by_sex(maker: Maker, columns: Sequence[Group]) -> tuple[Column, ...]:
    """The heads of a table by sex."""
    heads = [Column(group.key, group.label) for group in columns]
    return (*heads, maker.total_head(), *maker.before_head())


# Tables of one direction


@dataclass(frozen=True, slots=True)
class Folded:
    """The groups that are told by themselves, the largest first, and those that are told together."""

    alone: tuple[str | None, ...]
    together: tuple[str | None, ...]


def fold(counts: Mapping[str | None, int], least: int, wholes: Mapping[str | None, int] | None = None) -> Folded:
    """Put small groups together until there are enough people in them, and the long tail with them."""

    def small(code: str | None) -> bool:
        rest = wholes.get(code, 0) - counts[code] if wholes is not None else 0
        return is_small(counts[code], least) or is_small(rest, least)

    order = sorted((code for code, count in counts.items() if count), key=lambda code: (-counts[code], code or "~"))
    alone = [code for code in order if not small(code)]
    together = [code for code in order if small(code)]
    while len(alone) + bool(together) > MOST_ROWS:
        together.insert(0, alone.pop())
    while alone and together and (len(together) < 2 or sum(counts[code] for code in together) < least):
        together.insert(0, alone.pop())  # a single small group would be known by subtracting
    return Folded(tuple(alone), tuple(together))


def listed(maker: Maker, indicator: Indicator, by: str, key: str, title: str) -> Table:
    """An indicator by one long breakdown: the largest groups, the others together, and each in percent of all."""
    found = maker.tallies(indicator, [by], maker.periods)
    wholes = maker.wholes(indicator, [by], maker.periods)
    counts = [{codes[0]: tally.count for codes, tally in each.items()} for each in found]
    whole: list[dict[str | None, int] | None] = [
        {codes[0]: tally.count for codes, tally in each.items()} for each in wholes
    ] or [None] * len(counts)
    least = maker.floor(indicator)
    folds = [fold(each, least, of) for each, of in zip(counts, whole, strict=True)]
    total = sum(counts[0].values())
    all_of = sum(whole[0].values()) if whole[0] is not None else None
    tells = not is_small(total, least) and not (all_of is not None and is_small(all_of - total, least))
    rows = [_total_row(maker, indicator, counts, whole, least)]
    for code in folds[0].alone if tells else ():
        cell = maker.cell(
            Told(counts[0][code], counts[0][code]), maker.figure(indicator, maker.period, (by, (code,))), indicator.unit
        )
        cells = [cell, share(cell, rows[0].cells[0])]
        if maker.before is not None:
            cells.append(_before(maker, indicator, by, code, counts[1], folds[1], least))
        rows.append(Row(code or "unknown", label_of(by, code), tuple(cells), 1))
    if folds[0].together and tells:
        together = folds[0].together
        count = sum(counts[0][code] for code in together)
        told = Told(count, count) if folds[0].alone or count == total else Told(0, count)
        cell = maker.cell(told, maker.figure(indicator, maker.period, (by, together)), indicator.unit)
        cells = [cell, share(cell, rows[0].cells[0]), *([EMPTY] if maker.before is not None else [])]
        label = _("Others ({count})").format(count=formats.number(len(together)))
        rows.append(Row("others", label, tuple(cells), 1))
    heads = [
        Column("total", maker.period.label if maker.before is not None else _("Total")),
        Column("share", _("Share")),
    ]
    heads += [Column("before", maker.before.label)] if maker.before is not None else []
    return Table(key, title, _(BREAKDOWNS[by].label), tuple(heads), tuple(rows))


def _total_row(
    maker: Maker,
    indicator: Indicator,
    counts: Sequence[Mapping[str | None, int]],
    wholes: Sequence[Mapping[str | None, int] | None],
    least: int,
) -> Row:
    cells = []
    for each, whole, period in zip(counts, wholes, maker.periods, strict=True):
        count = sum(each.values())
        of = {ALL: sum(whole.values())} if whole is not None else None
        told = protect({ALL: count}, [], least=least, wholes=of)[ALL]
        cells.append(maker.cell(told, maker.figure(indicator, period), indicator.unit))
    return Row("all", _(indicator.label), (cells[0], EMPTY, *cells[1:]))


def _before(
    maker: Maker,
    indicator: Indicator,
    by: str,
    code: str | None,
    counts: Mapping[str | None, int],
    folded: Folded,
    least: int,
) -> Cell:
    """A group in the period before: told as the report of that period tells it."""
    if code in folded.alone and maker.before is not None and not is_small(sum(counts.values()), least):
        count = counts[code]
        return maker.cell(Told(count, count), maker.figure(indicator, maker.before, (by, (code,))), indicator.unit)
    if counts.get(code, 0) < least:
        return Cell(Shown.RANGE, low=0, high=least - 1, unit=indicator.unit)
    return HIDDEN


def medians(maker: Maker, name: str, by: str, key: str, title: str) -> Table:
    """The median of an amount for all and for each group, where it rests on enough people."""
    indicator = INDICATORS[name]
    least = maker.floor(indicator)
    whole = compute.spreads(maker.session, maker.asked, indicator, maker.period)
    found = compute.spreads(maker.session, maker.asked, indicator, maker.period, [by])
    rows = [Row("all", _("All"), _middle(whole.get(()), indicator, least))]
    order = sorted(found.items(), key=lambda item: (-item[1].count, item[0][0] or "~"))
    for (code,), spread in order:
        if spread.count >= least:
            rows.append(Row(code or "unknown", label_of(by, code), _middle(spread, indicator, least), 1))
    heads = (Column("median", _("Median")), Column("upper", _("Three in four at most")))
    return Table(key, title, _(BREAKDOWNS[by].label), heads, tuple(rows[: MOST_ROWS + 1]))


def _middle(spread: Spread | None, indicator: Indicator, least: int) -> tuple[Cell, Cell]:
    """The median, and what three in four do not exceed."""
    if spread is None or not spread.count:
        return EMPTY, EMPTY
    if spread.count < least:
        return HIDDEN, HIDDEN
    scaled = [round(n / 100) if indicator.unit is Unit.TAKA else round(n, 1) for n in (spread.median, spread.upper)]
    median, upper = (Cell(Shown.EXACT, number, unit=indicator.unit) for number in scaled)
    return median, upper
