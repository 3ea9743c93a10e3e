"""Draws charts as marks: bars, columns, lines, a funnel, a map of districts in tiles.

Every value stands in words beside its mark. What is suppressed is hatched from the least to the most it can
be, never drawn at an exact length. All sizes follow from the size of the letters, so that one drawing serves
screen and paper; on paper a second series is hatched, for printers without colour.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from casedesk import codelists
from casedesk.formats import number
from casedesk.i18n import _
from casedesk.paths import RESOURCES
from casedesk.reports.marks import Box, Drawing, Ink, Mark, Shape, Stroke, Words, hatched
from casedesk.reports.measure import fitted, text_width
from casedesk.services.statistics.shapes import Cell, Chart, ChartKind, Series, Shown

TEXT, QUIET, GRID, GROUND = Ink("text"), Ink("text2"), Ink("line"), Ink("surface")
HIDDEN = Ink("muted")
COLOURS = ("ch1", "ch2", "ch3", "ch4", "ch5")
OUTLINES = {"ch2": Ink("warn"), "ch4": Ink("ok")}  # too light by themselves
PAPER_EDGE = Ink("text")
STEPS = 4  # of the lines across, and of the shades of a map
SHADES = (0.0, 0.16, 0.4, 0.68, 1.0)
UNTOLD = (Shown.RANGE, Shown.HIDDEN)  # without a most: what is told of the others adds up to no total
RISE = 0.36  # of the letters' size: from the middle of a line down to its baseline


@dataclass(frozen=True, slots=True)
class Value:
    """What is drawn of a cell: exact, or a range where it is suppressed; `words` are as the table has them."""

    least: float
    most: float
    words: str

    @property
    def exact(self) -> bool:
        return self.least == self.most


@dataclass(frozen=True, slots=True)
class Look:
    """How large the letters are, and whether it is for paper."""

    size: float = 12.0
    paper: bool = False


def draw(chart: Chart, width: float, look: Look) -> Drawing:
    """The chart as wide as asked for, and as high as it needs to be."""
    making: dict[ChartKind, Callable[[Chart, float, Look], Drawing]] = {
        ChartKind.BARS: _bars,
        ChartKind.STACKED: _columns,
        ChartKind.FUNNEL: _funnel,
        ChartKind.DISTRICTS: _map,
    }
    return making[chart.kind](chart, width, look)


def value_of(cell: Cell) -> Value | None:
    """What a cell says of its size; nothing where there is no number, or none that may be told."""
    match cell.shown:
        case Shown.EXACT if cell.value is not None:
            return Value(float(cell.value), float(cell.value), cell.words)
        case Shown.UNDER if cell.high is not None:
            return Value(min(1.0, cell.high), float(cell.high), cell.words)
        case Shown.RANGE if cell.low is not None and cell.high is not None:
            return Value(float(cell.low), float(cell.high), cell.words)
    return None


def _values(series: Series) -> list[Value | None]:
    return [value_of(cell) for cell in series.cells]


def _labels(chart: Chart) -> list[str]:
    return [place.label for place in chart.places]


# Bars that lie


def _bars(chart: Chart, width: float, look: Look) -> Drawing:
    """One bar for each label and series, its value in words at its end."""
    size, labels, rows = look.size, _labels(chart), [_values(series) for series in chart.series]
    values = [each for row in rows for each in row if each is not None]
    legend, top = _legend(chart, width, look)
    marks = list(legend)
    label_room = min(max((text_width(each, size) for each in labels), default=0), width * 0.42)
    words_room = max((text_width(each.words, size, bold=True) for each in values), default=0) + size * 0.6
    left = label_room + size * 0.7
    longest = max(width - left - words_room, size)
    most = max((each.most for each in values), default=0) or 1
    thick = size * (1.15 if len(rows) == 1 else 0.95)
    high = len(rows) * (thick + size * 0.2) + size * 0.65
    for at, label in enumerate(labels):
        marks.append(_label(label, 0, top + high / 2, size, label_room))
        y = top + (high - len(rows) * (thick + size * 0.2)) / 2 + size * 0.1
        for place, row in enumerate(rows):
            if (value := row[at]) is not None:
                marks += _bar(value, left, y, longest / most, thick, place, look)
                end = left + max(value.most * longest / most, size * 0.2) + size * 0.5
                marks.append(_value(value, end, y + thick / 2 + size * RISE, size))
            else:
                marks.append(Words(left, y + thick / 2 + size * RISE, chart.series[place].cells[at].words, size, QUIET))
            y += thick + size * 0.2
        top += high
    return Drawing(width, top + size * 0.2, tuple(marks))


def _bar(value: Value, x: float, y: float, unit: float, thick: float, place: int, look: Look) -> Iterator[Mark]:
    least = value.least * unit
    if value.least > 0:
        yield from _filled(Box(x, y, max(least, look.size * 0.1), thick), place, look)
    if not value.exact:
        yield from _veiled(Box(x + least, y, (value.most - value.least) * unit, thick))


# Columns that stand, several on top of each other


def _columns(chart: Chart, width: float, look: Look) -> Drawing:
    """One column for each label; hidden parts are one hatched block at its top."""
    size = look.size
    stacks = [_stack(chart, at) for at in range(len(chart.places))]
    legend, top = _legend(chart, width, look, hidden=any(stack.hidden for stack in stacks))
    scale = _scale(max((stack.top for stack in stacks), default=0))
    frame = _Frame(chart, width, top + size * 1.3, size * (9 if look.paper else 14), scale, look)
    marks = [*legend, *frame.grid(), *frame.labels()]
    slot = frame.slot
    wide = min(slot * 0.56, size * 3.6)
    for at, stack in enumerate(stacks):
        x = frame.left + slot * (at + 0.5) - wide / 2
        height = 0.0
        for place, part in stack.parts:
            box = Box(x, frame.y(height + part), wide, max(frame.y(height) - frame.y(height + part) - 1.5, 0.5))
            if part > 0:
                marks += _filled(box, place, look)
            height += part
        if stack.hidden:
            rest = Box(x, frame.y(height + stack.hidden), wide, frame.y(height) - frame.y(height + stack.hidden) - 1.5)
            marks += _veiled(rest)
            height += stack.hidden
        if stack.words:
            words, small = fitted(stack.words, size, slot - 2, bold=True)
            marks.append(Words(x + wide / 2, frame.y(height) - size * 0.45, words, small, TEXT, "centre", bold=True))
    return Drawing(width, frame.bottom, tuple(marks))


@dataclass(frozen=True, slots=True)
class _Stack:
    """The exact parts of a column, how high what is hidden is drawn, and the total in words."""

    parts: tuple[tuple[int, float], ...]
    hidden: float
    words: str

    @property
    def top(self) -> float:
        return sum(part for _place, part in self.parts) + self.hidden


def _stack(chart: Chart, at: int) -> _Stack:
    values = [(place, value_of(series.cells[at])) for place, series in enumerate(chart.series)]
    parts = tuple((place, value.least) for place, value in values if value is not None and value.exact)
    unsure = [value for _place, value in values if value is not None and not value.exact]
    sure, most = sum(part for _place, part in parts), sum(value.most for value in unsure)
    least = sum(value.least for value in unsure)
    total = value_of(chart.totals[at]) if chart.totals else None
    if total is not None and total.exact:
        return _Stack(parts, max(total.least - sure, 0), total.words)
    if any(value is None and chart.series[place].cells[at].shown in UNTOLD for place, value in values):
        return _Stack(parts, most, chart.totals[at].words if chart.totals else "")
    words = number(round(sure)) if not unsure else f"{number(round(sure + least))}–{number(round(sure + most))}"
    return _Stack(parts, most, words if any(value is not None for _place, value in values) else "")


# A funnel


def _funnel(chart: Chart, width: float, look: Look) -> Drawing:
    """Steps from many to few, each in the middle, with its name at the left and its value at the right."""
    size, labels = look.size, _labels(chart)
    values = _values(chart.series[0]) if chart.series else [None] * len(labels)
    label_room = min(max((text_width(each, size) for each in labels), default=0), width * 0.4)
    words_room = max((text_width(each.words, size, bold=True) for each in values if each), default=0)
    left, right = label_room + size * 0.8, width - words_room - size * 0.8
    room, middle = max(right - left, size), (left + max(right, left + size)) / 2
    most = max((each.most for each in values if each is not None), default=0) or 1
    high, gap, top = size * 1.9, size * 0.75, size * 0.3
    marks: list[Mark] = []
    for at, (label, value) in enumerate(zip(labels, values, strict=True)):
        y = top + at * (high + gap)
        marks.append(_label(label, 0, y + high / 2, size, label_room))
        if value is None:
            continue
        half, sure = value.most * room / most / 2, value.least * room / most / 2
        if not value.exact:
            marks += _veiled(Box(middle - half, y, 2 * half, high))
        elif sure > 0:
            marks += _filled(Box(middle - sure, y, 2 * sure, high), 0, look)
        after = values[at + 1] if at + 1 < len(values) else None
        if after is not None and value.exact and after.exact and value.least > 0:
            later = after.least * room / most / 2
            corners = ((-sure, high), (sure, high), (later, high + gap), (-later, high + gap))
            marks.append(Shape(tuple((middle + x, y + dy) for x, dy in corners), Ink(COLOURS[0], 0.25)))
        marks.append(Words(width, y + high / 2 + size * RISE, value.words, size, TEXT, "right", bold=True))
    return Drawing(width, top + max(len(values) * (high + gap) - gap, 0) + size * 0.3, tuple(marks))


# A map in tiles


@cache
def tiles() -> dict[str, tuple[int, int]]:
    """District → column and row of its tile."""
    with (RESOURCES / "district_tiles.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: (int(row["column"]), int(row["row"])) for row in csv.DictReader(file)}


def _map(chart: Chart, width: float, look: Look) -> Drawing:
    """One tile for each district, darker for more, with its number in it; hatched where it is hidden."""
    size, places, districts = look.size, tiles(), codelists.get("bd_district")
    across, down = (1 + max(place[axis] for place in places.values()) for axis in (0, 1))
    side = min(width / across, size * 4.4)
    left = (width - side * across) / 2
    found = (
        dict(zip([each.key for each in chart.places], _values(chart.series[0]), strict=True)) if chart.series else {}
    )
    most = max((value.most for value in found.values() if value is not None), default=0)
    marks: list[Mark] = []
    for code, (column, row) in places.items():
        tile = Box(left + column * side + 0.5, row * side + 0.5, side - 1.5, side - 1.5)
        marks += _tile(tile, districts.label(code), found.get(code), most, look)
    bottom = down * side + size * 0.4
    unsure = any(value is not None and not value.exact for value in found.values())
    few = any(found.get(code) is None for code in places)
    key, bottom = _map_key(most, bottom, width, look, hidden=unsure, few=few)
    return Drawing(width, bottom, (*marks, *key))


def _tile(tile: Box, name: str, value: Value | None, most: float, look: Look) -> Iterator[Mark]:
    size, ink = look.size, TEXT
    if value is not None and not value.exact:
        yield from _veiled(tile, Ink("muted", 0.45))
    elif value is not None and value.least > 0:
        shade = _shade(value.least, most)
        ink = GROUND if shade > 0.7 else TEXT  # what is read best on it
        yield Box(tile.x, tile.y, tile.width, tile.height, Ink(COLOURS[0], shade), Ink("line2"))
    else:
        yield Box(tile.x, tile.y, tile.width, tile.height, GROUND, GRID)
    middle, height = tile.x + tile.width / 2, tile.height
    told = value is not None and bool(value.words)
    name, small = fitted(name, size * 0.62, tile.width - 2, smallest=0.75)
    yield Words(middle, tile.y + height * (0.4 if told else 0.58), name, small, ink, "centre")
    if value is not None and told:
        words, large = fitted(value.words, size * 0.95, tile.width - 3, bold=True, smallest=0.6)
        if value.exact or not words:
            yield Words(middle, tile.y + height * 0.82, words, large, ink, "centre", bold=True)
        else:
            wide = text_width(words, large, bold=True) + 3
            yield Box(middle - wide / 2, tile.y + height * 0.82 - large * 0.85, wide, large * 1.1, GROUND)
            yield Words(middle, tile.y + height * 0.82, words, large, ink, "centre", bold=True)


def _shade(value: float, most: float) -> float:
    """One of a few shades, so that two tiles of the same shade are seen to be the same."""
    step = min(math.ceil(value / most * STEPS), STEPS) if most else 0
    return SHADES[step]


def _map_key(most: float, top: float, width: float, look: Look, *, hidden: bool, few: bool) -> tuple[list[Mark], float]:
    """What each shade means; a district without a number is told together with others, or has none."""
    size, steps = look.size, int(min(STEPS, most))
    bounds = [most * step / STEPS for step in range(STEPS + 1)]
    ranges = [(math.floor(bounds[at]) + 1, math.floor(bounds[at + 1])) for at in range(STEPS)]
    keys = [
        (f"{number(low)}–{number(high)}" if low < high else number(low), at + 1)
        for at, (low, high) in enumerate(ranges)
        if steps and low <= high
    ]
    shades = [(name, Ink(COLOURS[0], SHADES[step])) for name, step in keys]
    marks: list[Mark] = []
    x, y = 0.0, top
    others = [(_("few or none"), GROUND)] if few else []
    for name, fill in [*others, *shades, *([(_("not shown"), None)] if hidden else [])]:
        wide = size * 1.4 + text_width(name, size)
        if x and x + wide > width:
            x, y = 0.0, y + size * 1.6
        box = Box(x, y, size * 0.95, size * 0.95, fill, Ink("line2"))
        marks += [box] if fill else _veiled(box)
        marks.append(Words(x + size * 1.4, y + size * 0.48 + size * RISE, name, size, QUIET))
        x += wide + size
    return marks, y + size * 1.6 if marks else top


# What several share


class _Frame:
    """The room of a chart with a scale at its left and labels under it."""

    def __init__(self, chart: Chart, width: float, top: float, height: float, scale: float, look: Look) -> None:
        self._chart, self._look, self._top_value = chart, look, scale
        self._ticks = [scale * step / STEPS for step in range(STEPS + 1)]
        size = look.size
        self.left = max(text_width(_tick(tick), size * 0.92) for tick in self._ticks) + size * 0.6
        self.width = max(width - self.left, size)
        self.top, self._high = top, height
        self.bottom = top + height + size * 1.9
        self.slot = self.width / max(len(chart.places), 1)

    def y(self, value: float) -> float:
        return self.top + self._high * (1 - value / self._top_value)

    def grid(self) -> Iterator[Mark]:
        size = self._look.size
        for tick in self._ticks:
            y = self.y(tick)
            yield Stroke(self.left, y, self.left + self.width, y, GRID if tick else Ink("line2"), 0.8)
            yield Words(self.left - size * 0.5, y + size * RISE, _tick(tick), size * 0.92, QUIET, "right")

    def labels(self) -> Iterator[Mark]:
        """Under the columns, the last in bold; where they are too wide only every second, third … from the end."""
        size, labels = self._look.size, _labels(self._chart)
        wide = max((text_width(label, size * 0.95, bold=True) for label in labels), default=0) + size * 0.5
        step = max(math.ceil(wide * 0.85 / self.slot), 1)
        if step > 3:  # names, not months: cut them rather than leave them out
            step = 1
        for at, label in enumerate(labels):
            last = at == len(labels) - 1
            if (len(labels) - 1 - at) % step == 0:
                x, y = self.left + self.slot * (at + 0.5), self.top + self._high + size * 1.25
                room = min(self.slot * step - size * 0.3, 2 * x, 2 * (self.left + self.width - x))
                words, small = fitted(label, size * 0.95, room, bold=last)
                yield Words(x, y, words, small, TEXT if last else QUIET, "centre", bold=last)


def _tick(value: float) -> str:
    return number(round(value))


def _scale(most: float) -> float:
    """A round number at or above the most, that four steps divide evenly."""
    if most <= STEPS:
        return STEPS
    unit = 10.0 ** math.floor(math.log10(most / STEPS))
    return next(STEPS * unit * by for by in (1, 2, 2.5, 5, 10) if STEPS * unit * by >= most and unit * by % 1 == 0)


@dataclass(frozen=True, slots=True)
class _Key:
    """An entry of a legend: a name and the colour at this place; none for what is hidden."""

    name: str
    place: int | None


def _legend(chart: Chart, width: float, look: Look, *, hidden: bool = False) -> tuple[list[Mark], float]:
    """The names of the series in a row above the chart, and where the chart begins."""
    size = look.size
    keys = [_Key(series.label, at) for at, series in enumerate(chart.series)] if len(chart.series) > 1 else []
    keys += [_Key(_("not shown"), None)] if hidden else []
    marks: list[Mark] = []
    x, y = 0.0, size * 0.2
    for key in keys:
        name, small = fitted(key.name, size, width - size * 1.4)
        wide = size * 1.4 + text_width(name, small)
        if x and x + wide > width:
            x, y = 0.0, y + size * 1.6
        box = Box(x, y, size * 0.95, size * 0.95)
        marks += _veiled(box) if key.place is None else _filled(box, key.place, look)
        marks.append(Words(x + size * 1.4, y + size * 0.48 + size * RISE, name, small, QUIET))
        x += wide + size * 1.1
    return marks, (y + size * 1.8 if keys else 0.0)


def _filled(box: Box, place: int, look: Look) -> Iterator[Mark]:
    """A box in the colour of its series; on paper with an outline, and every second one hatched.

    The fourth is hatched on the screen too: in grey it is like the second.
    """
    token = COLOURS[place % len(COLOURS)]
    if place % 4 == 3 or (look.paper and place % 2):
        pale = Box(box.x, box.y, box.width, box.height, Ink(token, 0.18))
        yield from hatched(pale, OUTLINES.get(token, PAPER_EDGE), rising=place % 4 == 1, width=0.7)
    else:
        edge = PAPER_EDGE if look.paper else OUTLINES.get(token)
        yield Box(box.x, box.y, box.width, box.height, Ink(token), edge)


def _veiled(box: Box, ink: Ink = HIDDEN) -> Iterator[Mark]:
    """What is not told: hatched both ways, as no series is."""
    for rising in (True, False):
        yield from hatched(box, ink, rising=rising)


def _label(text: str, x: float, middle: float, size: float, room: float) -> Words:
    words, small = fitted(text, size, room)
    return Words(x, middle + size * RISE, words, small, QUIET)


def _value(value: Value, x: float, y: float, size: float) -> Words:
    return Words(x, y, value.words, size, TEXT if value.exact else QUIET, bold=value.exact)
