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
from casedesk.services.statistics.sql import Expression, local_month
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
    session: Session, asked: Asked, indicator: Indicator, period: Period, by: Sequence[str] = ()
) -> dict[Codes, Spread]:
    """The median and the third quartile of the value, for each group that occurs."""
    wanted = _ranked(asked.actor, asked.action, asked.among, indicator, tuple(by))
    found = session.connection().execute(wanted, _binds(asked, indicator, [period])).all()
    return {
        tuple(map(_text, codes)): Spread(count, float(median or 0), float(high or 0))
        for *codes, count, median, high in found
        if count
    }


@lru_cache(maxsize=512)
def _ranked(actor: Actor, action: str, among: Among, indicator: Indicator, by: tuple[str, ...]) -> Select[Any]:
    """The statement that puts the values of each group in order and takes the middle ones; made once."""
    groups: list[Label[Any]] = [BREAKDOWNS[key].column.label(f"g{place}") for place, key in enumerate(by)]
    value: Expression = indicator.value if indicator.value is not None else literal(0)
    rows = _rows(actor, action, among, indicator, [*groups, value.label("value")], value.is_not(None))
    inner = rows.subquery()
    names = [inner.c[f"g{place}"] for place in range(len(groups))]
    over: dict[str, Any] = {"partition_by": names} if names else {}
    ranked = select(
        *names,
        inner.c.value,
        func.row_number().over(order_by=inner.c.value, **over).label("place"),
        func.count().over(**over).label("size"),
    ).subquery()
    place, size = ranked.c.place, ranked.c.size
    middle = or_(place * 2 == size, place * 2 == size + 1, place * 2 == size + 2)
    upper = and_(place * 4 >= size * 3, place * 4 < size * 3 + 4)
    keys = [ranked.c[f"g{place}"] for place in range(len(groups))]
    return select(
        *keys, func.max(size), func.avg(case((middle, ranked.c.value))), func.min(case((upper, ranked.c.value)))
    ).group_by(*keys)


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
