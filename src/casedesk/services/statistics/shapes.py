"""What a report is made of: frozen data that screen, paper and file show alike, in the language spoken when made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from casedesk import formats
from casedesk.i18n import _
from casedesk.services.statistics.periods import Period


class Unit(StrEnum):
    """What a figure counts."""

    CASES = "cases"
    ITEMS = "items"  # referrals, follow-ups, needs: a case can have several
    PERCENT = "percent"
    DAYS = "days"
    MINUTES = "minutes"
    TAKA = "taka"
    RATIO = "ratio"


class Shown(StrEnum):
    """How much of a figure is told."""

    EXACT = "exact"
    RANGE = "range"  # from `low` to `high`, or more where there is none; what the rest of the table says already
    UNDER = "under"  # at least one, and fewer than `high` + 1
    HIDDEN = "hidden"  # rests on too few
    EMPTY = "empty"  # nothing to count or to divide by, or not counted there


@dataclass(frozen=True, slots=True)
class Among:
    """Whom a report is about. Empty means all; several values of one filter mean any of them."""

    sexes: tuple[str, ...] = ()  # report groups: female, male, other
    categories: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    owners: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """Which cases make a figure: one indicator, in a period, with these codes of its breakdowns."""

    indicator: str
    period: Period
    among: Among = Among()
    where: tuple[tuple[str, tuple[str | None, ...]], ...] = ()  # breakdown, codes (None: not known)
    hit: bool = False  # only the numerator
    action: str = "statistics.view"


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure. `opens` gives the cases behind it, where it may be opened."""

    shown: Shown
    value: int | float | None = None
    low: int | None = None
    high: int | None = None
    unit: Unit = Unit.CASES
    opens: Figure | None = None

    @property
    def words(self) -> str:
        """The figure as it is read, in the language spoken."""
        match self.shown:
            case Shown.EXACT if self.value is not None:
                return in_words(self.value, self.unit)
            case Shown.UNDER if self.high is not None:
                return f"<{formats.number(self.high + 1)}"
            case Shown.RANGE if self.low is not None:
                low = formats.number(self.low)
                return f"≥{low}" if self.high is None else f"{low}–{formats.number(self.high)}"
        return "–"


EMPTY = Cell(Shown.EMPTY)


def in_words(value: int | float, unit: Unit) -> str:
    """A number with its unit, as short as a table needs it."""
    match unit:
        case Unit.PERCENT:
            return formats.digits(f"{value:.0f}%")
        case Unit.DAYS | Unit.MINUTES | Unit.RATIO if value != int(value):
            return formats.digits(f"{value:.1f}")
    return formats.number(round(value))


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures; `key` stays the same in every language."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table. `depth` is how far it is set in under the line it is part of."""

    key: str
    label: str
    cells: tuple[Cell, ...]
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    key: str
    title: str
    head: str  # over the labels of the rows
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def signs(self) -> tuple[str, ...]:
        """What the signs in it mean that stand for a figure, in the language spoken; each where it first occurs."""
        cells = {cell.shown: cell for row in reversed(self.rows) for cell in reversed(row.cells)}
        told = []
        if under := cells.get(Shown.UNDER):
            words = _("{sign}: from {first} to {last}")
            told.append(words.format(sign=under.words, first=formats.number(1), last=formats.number(under.high or 1)))
        if wide := cells.get(Shown.RANGE):
            told.append(_("{sign} and the like: somewhere in this range").format(sign=wide.words))
        if Shown.HIDDEN in cells:
            told.append(_("{sign}: no figure here, or too few to tell").format(sign=cells[Shown.HIDDEN].words))
        elif Shown.EMPTY in cells:
            told.append(_("{sign}: no figure here").format(sign=cells[Shown.EMPTY].words))
        return tuple(told)


class ChartKind(StrEnum):
    BARS = "bars"
    STACKED = "stacked"
    FUNNEL = "funnel"
    DISTRICTS = "districts"  # a tile for each district; the series has one cell for each place


@dataclass(frozen=True, slots=True)
class Series:
    key: str
    label: str
    cells: tuple[Cell, ...]  # one for each place


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of cells of a table. `places` are the bars, points, steps or districts: key and label."""

    key: str
    kind: ChartKind
    title: str
    places: tuple[Column, ...]
    series: tuple[Series, ...]
    unit: Unit = Unit.CASES
    totals: tuple[Cell, ...] = ()  # of stacked series, one for each place: a total may be told where its parts are not


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """Which report is asked for. `publishing` hides counts up to ten instead of four."""

    report: str
    period: Period
    among: Among = Among()
    compare: bool = True
    publishing: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A finished report. `internal` ones stay in the centre and are shown to no one outside."""

    request: Request
    title: str
    centre: str
    made_at: datetime
    made_by: str
    today: date
    headline: str
    sections: tuple[Section, ...]
    filters: tuple[str, ...] = ()  # in words, one each
    notes: tuple[str, ...] = field(default=())
    speaks_for: str = ""
    so_far: bool = False  # the period is not over
    internal: bool = False
    invented: str = ""  # what a practice centre says of the people

    @property
    def not_begun(self) -> bool:
        """Whether it is about days to come, of which there is nothing to tell."""
        return not self.request.period.begun(self.today)

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(table for section in self.sections for table in section.tables)
