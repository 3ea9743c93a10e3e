"""Tables of one direction: long lists of groups, things that do not add up, medians, funnels and the map."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from casedesk import codelists, formats
from casedesk.i18n import _, ngettext
from casedesk.services.statistics import compute
from casedesk.services.statistics.compute import Codes, Spread, Tally
from casedesk.services.statistics.indicators import INDICATORS, Indicator
from casedesk.services.statistics.periods import Period
from casedesk.services.statistics.shapes import EMPTY, Cell, Chart, ChartKind, Column, Row, Series, Shown, Table, Unit
from casedesk.services.statistics.subjects import BREAKDOWNS
from casedesk.services.statistics.suppress import Sum, Told, TooLittleToHide, alone, is_small, protect, singled_out
from casedesk.services.statistics.tables import (
    ALL,
    HIDDEN,
    MISS,
    Grid,
    Group,
    Maker,
    Place,
    columns_by_sex,
    grid,
    label_of,
    placed,
    share,
    told_by_sex,
)

MOST_ROWS = 12


@dataclass(frozen=True, slots=True)
class Folded:
    """The groups of one period as they are told: the largest by themselves, the others together."""

    counts: Mapping[str | None, int]
    total: Told
    alone: tuple[str | None, ...]
    together: tuple[str | None, ...]

    def told(self, code: str | None) -> Told | None:
        return Told(self.counts[code], self.counts[code]) if code in self.alone else None


def fold(
    counts: Mapping[str | None, int],
    least: int,
    wholes: Mapping[str | None, int] | None = None,
    finer: Sequence[Folded] = (),
) -> Folded:
    """Put small groups together until there are enough people in them.

    `wholes` are the same groups without a filter, `finer` what is told of the parts of the time.
    """
    count = sum(counts.values())
    total = alone(count, least, [sum(wholes.values())] if wholes is not None else [])
    limits = singled_out(count, [each.total for each in finer]) if total.exact else None
    if not total.exact or limits is not None:
        return Folded(counts, Told(*limits) if limits is not None else total, (), tuple(counts))

    def untold(code: str | None) -> bool:
        rest = wholes.get(code, 0) - counts[code] if wholes is not None else 0
        if is_small(counts[code], least) or is_small(rest, least):
            return True
        return singled_out(counts[code], [each.told(code) for each in finer if each.counts.get(code)]) is not None

    return Folded(counts, total, *_apart(counts, least, [code for code in counts if untold(code)]))


def _apart(
    counts: Mapping[str | None, int], least: int, untold: Collection[str | None]
) -> tuple[tuple[str | None, ...], tuple[str | None, ...]]:
    order = sorted((code for code, count in counts.items() if count), key=lambda code: (-counts[code], code or "~"))
    by_itself = [code for code in order if code not in untold]
    together = [code for code in order if code in untold]
    while by_itself and together and (len(together) < 2 or sum(counts[code] for code in together) < least):
        together.insert(0, by_itself.pop())  # a single small group would be known by subtracting
    return tuple(by_itself), tuple(together)


def listed(maker: Maker, indicator: Indicator, by: str, key: str, title: str) -> Table:
    """An indicator by one long breakdown: the largest groups, the others together, and each in percent of all."""
    now, *old = _folded(maker, indicator, by, maker.periods)
    by_itself, together = shortened(now)
    total = [maker.cell(now.total, maker.figure(indicator, maker.period), indicator.unit), EMPTY]
    if maker.before is not None:
        total.append(maker.cell(old[0].total, maker.figure(indicator, maker.before), indicator.unit))
    rows = [Row("all", _(indicator.label), tuple(total))]
    lines: list[tuple[str, str, Codes]] = [(code or "unknown", label_of(by, code), (code,)) for code in by_itself]
    if together and now.total.exact:
        words = _("Others ({count})").format(count=formats.number(len(together)))
        lines.append(("others", words, together))
    for name, label, codes in lines:
        count = sum(now.counts[code] for code in codes)
        cell = maker.cell(Told(count, count), maker.figure(indicator, maker.period, (by, codes)), indicator.unit)
        cells = [cell, share(cell, total[0])]
        if maker.before is not None:
            cells.append(_before(maker, indicator, by, codes, old[0]) if name != "others" else EMPTY)
        rows.append(Row(name, label, tuple(cells), 1))
    heads = (maker.total_head(), Column("share", _("Share")), *maker.before_head())
    return Table(key, title, _(BREAKDOWNS[by].label), heads, tuple(rows))


def shortened(found: Folded) -> tuple[Codes, Codes]:
    """Which groups have lines of their own in a table: the long tail stands with the small ones."""
    if len(found.alone) + bool(found.together) <= MOST_ROWS:
        return found.alone, found.together
    return found.alone[: MOST_ROWS - 1], (*found.alone[MOST_ROWS - 1 :], *found.together)


def _folded(maker: Maker, indicator: Indicator, by: str, periods: Sequence[Period]) -> list[Folded]:
    found, wholes = maker.tallies(indicator, [by]), maker.wholes(indicator, [by])

    def made(period: Period, finer: Sequence[Folded]) -> Folded:
        return fold(_counts(found[period]), maker.floor(indicator), _counts(wholes[period]) if wholes else None, finer)

    return [maker.over_time(indicator, period, made) for period in periods]


def _counts(found: Mapping[Codes, Tally]) -> dict[str | None, int]:
    return {codes[0]: tally.count for codes, tally in found.items()}


def _before(maker: Maker, indicator: Indicator, by: str, codes: Codes, old: Folded) -> Cell:
    """A group in the period before: told as the report of that period tells it."""
    (code,), least = codes, maker.floor(indicator)
    told = old.told(code)
    if told is not None and maker.before is not None:
        return maker.cell(told, maker.figure(indicator, maker.before, (by, codes)), indicator.unit)
    if old.counts.get(code, 0) < least:
        return Cell(Shown.RANGE, low=0, high=least - 1, unit=indicator.unit)
    return HIDDEN


def districts(maker: Maker, indicator: Indicator, title: str) -> tuple[Chart, ...]:
    """A map: the districts with enough people by themselves; few and none look alike. No map where all do."""
    (now,) = _folded(maker, indicator, "district", [maker.period])
    if not any(now.counts[code] for code in now.alone):
        return ()
    rows = list(codelists.get("bd_district"))
    cells = (
        maker.cell(now.told(row.code), maker.figure(indicator, maker.period, ("district", (row.code,))), indicator.unit)
        for row in rows
    )
    series = Series("total", _(indicator.label), tuple(cells))
    places = tuple(Column(row.code, row.label) for row in rows)
    return (Chart("districts", ChartKind.DISTRICTS, title, places, (series,), indicator.unit),)


# Things of which one case can have several


def several(
    maker: Maker, indicator: Indicator, by: str, base: Indicator, key: str, title: str, columns: Sequence[Group]
) -> Table:
    """Of how many cases each of several things is told: lines that do not add up, each a share of the base.

    What is told of too few people is left out and counted in a note.
    """
    lines = [_lines_of(maker, indicator, by, base, columns, period) for period in maker.periods]
    asked = placed(maker.tallies(base, ["sex"])[maker.period], None, (), ())
    every = grid(asked, (), (), maker.least)  # its parts by sex stand in another table
    rows = [_line(maker, base, "all", _(base.label), every, None, columns, (), every)]
    order = sorted(lines[0].items(), key=lambda item: (-item[1].counts[ALL, ALL], item[0]))
    few = [code for code, now in order if not now.told[ALL, ALL].exact]
    for code, now in order:
        if code not in few:
            before = lines[1].get(code) if len(lines) > 1 else None
            where = ((by, (code,)),)
            rows.append(_line(maker, indicator, code, label_of(by, code), now, before, columns, where, every))
    notes: tuple[str, ...] = ()
    if few:
        words = ngettext("{count} more was told by too few.", "{count} more were told by too few.", len(few))
        notes = (words.format(count=formats.number(len(few))),)
    elif not order:
        notes = (_("Nothing was told of this."),)
    heads = (*columns_by_sex(maker, columns)[: len(columns) + 1], Column("share", _("Share")), *maker.before_head())
    return told_by_sex(Table(key, title, _(BREAKDOWNS[by].label), heads, tuple(rows), notes))


def _lines_of(
    maker: Maker, indicator: Indicator, by: str, base: Indicator, columns: Sequence[Group], period: Period
) -> dict[str, Grid]:
    """The grid of each thing, a single line by sex."""
    found, bases = maker.tallies(indicator, [by, "sex"]), maker.tallies(base, ["sex"])
    wholes = maker.wholes(indicator, [by, "sex"])
    names = [group.key for group in columns]
    nobody = Grid({}, {(ALL, name): Told(0, 0) for name in (*names, ALL)})

    def made(part: Period, finer: Sequence[Mapping[str, Grid]]) -> dict[str, Grid]:
        of = placed(bases[part], None, (), columns)
        unfiltered = _by_code(wholes[part], columns) if wholes else {}
        return {
            code: grid(
                counts,
                (),
                names,
                maker.floor(indicator),
                [of, *([unfiltered[code]] if wholes else [])],
                finer=[each.get(code, nobody) for each in finer],
            )
            for code, counts in _by_code(found[part], columns).items()
        }

    return maker.over_time(indicator, period, made)


def _by_code(found: Mapping[Codes, Tally], columns: Sequence[Group]) -> dict[str, dict[Place, int]]:
    lines: dict[str, dict[Codes, Tally]] = {}
    for (code, sex), tally in found.items():
        if code is not None:
            lines.setdefault(code, {})[(sex,)] = tally
    return {code: placed(each, None, (), columns) for code, each in lines.items()}


def _line(
    maker: Maker,
    indicator: Indicator,
    key: str,
    label: str,
    now: Grid,
    before: Grid | None,
    columns: Sequence[Group],
    where: tuple[tuple[str, Codes], ...],
    every: Grid,
) -> Row:
    cells = []
    for group in columns:
        figure = maker.figure(indicator, maker.period, *where, ("sex", group.codes))
        cells.append(maker.cell(now.told.get((ALL, group.key)), figure, indicator.unit) if where else EMPTY)
    total = maker.cell(now.told.get((ALL, ALL)), maker.figure(indicator, maker.period, *where), indicator.unit)
    of = maker.cell(every.told.get((ALL, ALL)), maker.figure(indicator, maker.period))
    cells += [total, share(total, of) if where else EMPTY]
    if maker.before is not None:
        told = before.told.get((ALL, ALL)) if before is not None else Told(0, 0)
        figure = maker.figure(indicator, maker.before, *where)
        cells.append(maker.cell(told, figure, indicator.unit) if where else EMPTY)
    return Row(key, label, tuple(cells), 1 if where else 0)


# Medians and funnels


def medians(maker: Maker, name: str, by: str, key: str, title: str) -> Table:
    """The median of an amount for all and for each group, where it rests on enough people."""
    indicator = INDICATORS[name]
    least = maker.floor(indicator)
    whole, found = compute.spreads(maker.session, maker.asked, indicator, maker.period, by)
    rows = [Row("all", _("All"), _middle(whole, indicator, least))]
    order = sorted(found.items(), key=lambda item: (-item[1].count, item[0] or "~"))
    for code, spread in order[:MOST_ROWS]:
        if spread.count >= least:
            rows.append(Row(code or "unknown", label_of(by, code), _middle(spread, indicator, least), 1))
    median = _("Median, in taka") if indicator.unit is Unit.TAKA else _("Median")
    heads = (Column("median", median), Column("upper", _("Three in four at most")))
    return Table(key, title, _(BREAKDOWNS[by].label), heads, tuple(rows))


def _middle(spread: Spread, indicator: Indicator, least: int) -> tuple[Cell, Cell]:
    """The median, and what three in four do not exceed."""
    if not spread.count:
        return EMPTY, EMPTY
    if spread.count < least:
        return HIDDEN, HIDDEN
    scaled = [round(n / 100) if indicator.unit is Unit.TAKA else round(n, 1) for n in (spread.median, spread.upper)]
    median, upper = (Cell(Shown.EXACT, number, unit=indicator.unit) for number in scaled)
    return median, upper


def funnel(
    found: Mapping[str, int], steps: Sequence[str], least: int, finer: Sequence[Mapping[str, Told]] = ()
) -> Mapping[str, Told]:
    """What is told of how many came at least to each step, if so many came to it and no further."""
    upto = {step: sum(found.get(each, 0) for each in steps[place:]) for place, step in enumerate(steps)}
    ended = {f"{step} {MISS}": found.get(step, 0) for step in steps[:-1]}
    sums = [Sum(step, (steps[place + 1], f"{step} {MISS}")) for place, step in enumerate(steps[:-1])]
    limits = {step: singled_out(count, [each.get(step) for each in finer]) for step, count in upto.items()}
    also = {step: known for step, known in limits.items() if known is not None}
    first = {steps[0]} - {step for step, count in upto.items() if is_small(count, least)}  # it stands in other tables
    try:
        return protect(upto | ended, sums, least=least, fixed=frozenset(first), also=also)
    except TooLittleToHide:
        sent = steps[0]
        return {sent: Told(*also[sent]) if sent in also else alone(upto[sent], least)}
