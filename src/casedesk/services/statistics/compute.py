"""Counting in the store: one grouped pass for each indicator, over as many periods as are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Label,
    Select,
    and_,
    bindparam,
    case,
    distinct,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from casedesk.desk import Actor, Desk
from casedesk.models import CaseIndex
from casedesk.models.columns import UtcDateTime
from casedesk.services.permissions import reaches, visible
from casedesk.services.statistics.indicators import INDICATORS, Indicator
from casedesk.services.statistics.periods import Kind, Period, begins
from casedesk.services.statistics.shapes import Among, Figure
from casedesk.services.statistics.sql import Expression, local_month, plain
from casedesk.services.statistics.subjects import BREAKDOWNS, COUNTS, SEX, joined

SUPPRESSED, AS_THEY_ARE = "statistics.view", "statistics.caseload"
Codes = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many there are, and how many of them are what the indicator asks for."""

    count: int = 0
    hits: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.count + other.count, self.hits + other.hits)


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of some amounts, and what three in four do not exceed."""

    count: int = 0
    median: float = 0.0
    upper: float = 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, about whom, and when: what every figure of one report shares."""

    actor: Actor
    among: Among
    now: datetime
    today: date
    action: str = SUPPRESSED

    @staticmethod
    def of(desk: Desk, among: Among = Among(), action: str = SUPPRESSED) -> Asked:  # noqa: B008 - it is frozen
        return Asked(desk.actor, among, desk.clock(), desk.today(), action)


def served(actor: Actor, action: str = SUPPRESSED) -> ColumnElement[bool]:
    """Whom the numbers of somebody are about: everybody the centre serves, or the cases one may know of."""
    return true() if serves_all(actor, action) else visible(actor, action)


def serves_all(actor: Actor, action: str = SUPPRESSED) -> bool:
    return "yes" in reaches(actor, action)


def tallies(
    session: Session, asked: Asked, indicator: Indicator, periods: Sequence[Period], by: Sequence[str] = ()
) -> list[dict[Codes, Tally]]:
    """For each of the periods, which do not overlap: the tally of each group that occurs."""
    if indicator.day is None:
        return [_tallies(session, asked, indicator, [period], by)[0] for period in periods]
    return _tallies(session, asked, indicator, periods, by)


def _tallies(
    session: Session, asked: Asked, indicator: Indicator, periods: Sequence[Period], by: Sequence[str]
) -> list[dict[Codes, Tally]]:
    which: dict[Any, int] = {place: place for place in range(len(periods))}
    spans: Sequence[Period] = periods
    if len(periods) > 1 and all(period.kind is Kind.MONTH for period in periods):
        which, spans = {f"{period.first:%Y-%m}": place for place, period in enumerate(periods)}, ()
    wanted = _grouped(asked.actor, asked.action, asked.among, indicator, tuple(by), len(spans))
    found: list[dict[Codes, Tally]] = [{} for _period in periods]
    times = indicator.times
    binds = _binds(asked, indicator, periods, spans)
    for when, *codes, count, hit in session.connection().execute(wanted, binds):
        if when in which:
            found[which[when]][tuple(map(_text, codes))] = Tally(count * times, hit or 0)
    return found


@lru_cache(maxsize=512)
def _grouped(
    actor: Actor, action: str, among: Among, indicator: Indicator, by: tuple[str, ...], spans: int
) -> Select[Any]:
    """The statement that counts each group in each of so many periods, or in each month where `spans` is 0.

    Made once: to put it together takes longer than to count a small centre.
    """
    groups = [_which(indicator, spans), *(BREAKDOWNS[key].column for key in by)]
    named = [column.label(f"g{place}") for place, column in enumerate(groups)]
    each = indicator.subject.each
    counted = func.count() if each is None else func.count(distinct(each))
    rows = _rows(actor, action, among, indicator, [*named, counted, _hits(indicator, each)])
    return rows.group_by(*_names(named))


def spreads(
    session: Session, asked: Asked, indicator: Indicator, period: Period, by: str
) -> tuple[Spread, dict[str | None, Spread]]:
    """The median and the third quartile of the value, for all and for each group that occurs."""
    wanted = _ranked(asked.actor, asked.action, asked.among, indicator, by)
    found = session.connection().execute(wanted, _binds(asked, indicator, [period])).all()
    groups = {_text(row.g): Spread(row.size, *_quartiles([row.middle], row.middles, [row.upper])) for row in found}
    if not found:
        return Spread(), {}
    middles = sum(row.all_middles for row in found)
    whole = _quartiles([row.all_middle for row in found], middles, [row.all_upper for row in found])
    return Spread(found[0].all_size, *whole), groups


def _quartiles(middle: Sequence[float | None], middles: int, upper: Sequence[float | None]) -> tuple[float, float]:
    """The median from the sum of the one or two values in the middle; and the least value that is high enough."""
    return sum(float(each or 0) for each in middle) / middles, float(min(each for each in upper if each is not None))


@lru_cache(maxsize=512)
def _ranked(actor: Actor, action: str, among: Among, indicator: Indicator, by: str) -> Select[Any]:
    """The statement that puts the values in order, of all and of each group, and takes the middle ones; made once."""
    value: Expression = indicator.value if indicator.value is not None else literal(0)
    columns = [BREAKDOWNS[by].column.label("g"), value.label("value")]
    inner = _rows(actor, action, among, indicator, columns, value.is_not(None)).subquery()
    row, count = func.row_number(), func.count()
    ranked = select(
        inner.c.g,
        inner.c.value,
        row.over(order_by=inner.c.value, partition_by=inner.c.g).label("place"),
        count.over(partition_by=inner.c.g).label("size"),
        row.over(order_by=inner.c.value).label("all_place"),
        count.over().label("all_size"),
    ).subquery()
    told: list[Any] = [ranked.c.g]
    for which in ("", "all_"):
        place, size = ranked.c[f"{which}place"], ranked.c[f"{which}size"]
        twice, four = place * plain(2), place * plain(4)
        middle = twice.between(size, size + plain(2))
        upper = and_(four >= size * plain(3), four < size * plain(3) + plain(4))
        told += [
            func.max(size).label(f"{which}size"),
            func.sum(case((middle, ranked.c.value))).label(f"{which}middle"),
            func.count(case((middle, plain(1)))).label(f"{which}middles"),
            func.min(case((upper, ranked.c.value))).label(f"{which}upper"),
        ]
    return select(*told).group_by(ranked.c.g)


def cases_of(asked: Asked, figure: Figure) -> Select[Any]:
    """The ids of the cases that make a figure, with all values written into it."""
    indicator = INDICATORS[figure.indicator]
    conditions: list[Any] = [_is_one_of(BREAKDOWNS[key].column, codes) for key, codes in figure.where]
    if figure.hit and indicator.hit is not None:
        conditions.append(indicator.hit if indicator.times == 1 else indicator.hit > 0)
    if indicator.value is not None:
        conditions.append(indicator.value.is_not(None))
    wanted = _rows(asked.actor, asked.action, asked.among, indicator, [CaseIndex.case_id], *conditions)
    return wanted.params(**_binds(asked, indicator, [figure.period]))


def _rows(
    actor: Actor, action: str, among: Among, indicator: Indicator, columns: Sequence[Any], *where: Any
) -> Select[Any]:
    """These columns of the rows that are counted. The days are given when it is asked."""
    subject = indicator.subject
    whose = (COUNTS, served(actor, action), *_among(among))
    conditions = [*whose, *subject.where, *indicator.where, *where]
    if indicator.day is not None:
        conditions += _within(indicator.day, "")
    return select(*columns).select_from(joined(subject.source, [*columns, *conditions])).where(*conditions)


def _which(indicator: Indicator, spans: int) -> Expression:
    """Which of the periods a row falls in."""
    if spans == 1 or indicator.day is None:
        return literal_column("0", Integer)
    if not spans:
        return local_month(indicator.day)
    return case(*((and_(*_within(indicator.day, str(place))), place) for place in range(spans)))


def _within(day: Expression, place: str) -> list[ColumnElement[bool]]:
    kind = UtcDateTime() if isinstance(day.type, UtcDateTime) else Date()
    return [day >= bindparam(f"first{place}", type_=kind), day < bindparam(f"after{place}", type_=kind)]


def _hits(indicator: Indicator, each: Expression | None) -> Expression:
    if indicator.hit is None:
        return literal(0)
    if indicator.times > 1:
        return func.sum(indicator.hit)
    if each is None:
        return func.sum(case((indicator.hit, 1), else_=0))
    return func.count(distinct(case((indicator.hit, each))))


def _among(among: Among) -> list[ColumnElement[bool]]:
    asked: tuple[tuple[Expression, tuple[Any, ...]], ...] = (
        (SEX, among.sexes),
        (CaseIndex.category, among.categories),
        (CaseIndex.country, among.countries),
        (CaseIndex.district, among.districts),
        (CaseIndex.owner_id, among.owners),
    )
    return [column.in_(values) for column, values in asked if values]


def _is_one_of(column: Expression, codes: Sequence[str | None]) -> ColumnElement[bool]:
    known: list[Any] = [UUID(code) if _is_id(column) else code for code in codes if code is not None]
    ways = [column.in_(known)] if known else []
    return or_(*ways, *([column.is_(None)] if None in codes else []))


def _is_id(column: Expression) -> bool:
    return column.type.python_type is UUID


def _names(columns: Sequence[Label[Any]]) -> list[Expression]:
    """The labels to group by: an expression that stands twice with values of its own is not the same to an engine."""
    return [literal_column(column.name) for column in columns]


def _text(code: Any) -> str | None:
    return str(code) if code is not None else None


def _binds(
    asked: Asked, indicator: Indicator, periods: Sequence[Period], spans: Sequence[Period] = ()
) -> dict[str, Any]:
    """What the named places in the declarations stand for."""
    first, last = min(period.first for period in periods), max(period.last for period in periods)
    looked = min(last, asked.today)
    binds: dict[str, Any] = {
        "as_of": looked,
        "ends_at": min(begins(last + timedelta(days=1)), asked.now + timedelta(seconds=1)),
        "now": asked.now,
        "of_month": looked - timedelta(days=30),
        "of_month_at": begins(looked - timedelta(days=30)),
    }
    if indicator.day is not None:
        ripe = min(last, asked.today - timedelta(days=indicator.matured)) if indicator.matured else last
        at = begins if isinstance(indicator.day.type, UtcDateTime) else lambda day: day
        named = [("", first, ripe), *((str(place), each.first, each.last) for place, each in enumerate(spans))]
        for place, since, until in named:
            binds |= {f"first{place}": at(since), f"after{place}": at(until + timedelta(days=1))}
    return binds
