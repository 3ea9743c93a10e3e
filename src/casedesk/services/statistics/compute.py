"""Counting in the store: one grouped pass for each indicator, over as many periods as are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Label,
    Select,
    and_,
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
from casedesk.services.statistics.periods import Period, begins
from casedesk.services.statistics.shapes import Among, Figure
from casedesk.services.statistics.sql import Expression
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
    groups = [_which(indicator, periods), *(BREAKDOWNS[key].column for key in by)]
    named = [column.label(f"g{place}") for place, column in enumerate(groups)]
    each = indicator.subject.each
    counted = func.count() if each is None else func.count(distinct(each))
    hits = _hits(indicator, each)
    wanted = _rows(asked, indicator, periods, [*named, counted, hits]).group_by(*_names(named))
    found: list[dict[Codes, Tally]] = [{} for _period in periods]
    for place, *codes, count, hit in session.execute(wanted, _binds(asked, periods)):
        if place is not None:
            found[place][tuple(_text(code) for code in codes)] = Tally(count * indicator.times, hit or 0)
    return found


def spreads(
    session: Session, asked: Asked, indicator: Indicator, period: Period, by: Sequence[str] = ()
) -> dict[Codes, Spread]:
    """The median and the third quartile of the value, for each group that occurs."""
    groups: list[Label[Any]] = [BREAKDOWNS[key].column.label(f"g{place}") for place, key in enumerate(by)]
    value: Expression = indicator.value if indicator.value is not None else literal(0)
    rows = _rows(asked, indicator, [period], [*groups, value.label("value")], value.is_not(None))
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
    wanted = select(
        *keys, func.max(size), func.avg(case((middle, ranked.c.value))), func.min(case((upper, ranked.c.value)))
    ).group_by(*keys)
    found = session.execute(wanted, _binds(asked, [period])).all()
    return {
        tuple(_text(code) for code in codes): Spread(count, float(median or 0), float(high or 0))
        for *codes, count, median, high in found
        if count
    }


def cases_of(asked: Asked, figure: Figure) -> Select[Any]:
    """The ids of the cases that make a figure, with all values written into it."""
    indicator = INDICATORS[figure.indicator]
    conditions: list[Any] = [_is_one_of(BREAKDOWNS[key].column, codes) for key, codes in figure.where]
    if figure.hit and indicator.hit is not None:
        conditions.append(indicator.hit if indicator.times == 1 else indicator.hit > 0)
    if indicator.value is not None:
        conditions.append(indicator.value.is_not(None))
    wanted = _rows(asked, indicator, [figure.period], [CaseIndex.case_id], *conditions)
    return wanted.params(**_binds(asked, [figure.period]))


def _rows(
    asked: Asked, indicator: Indicator, periods: Sequence[Period], columns: Sequence[Any], *where: Any
) -> Select[Any]:
    """These columns of the rows that are counted."""
    subject = indicator.subject
    whose = (COUNTS, served(asked.actor, asked.action), *_among(asked.among))
    conditions = [*whose, *subject.where, *indicator.where, *where]
    if indicator.day is not None:
        first, last = min(periods).first, max(period.last for period in periods)
        ripe = asked.today - timedelta(days=indicator.matured)
        conditions += _within(indicator.day, first, min(last, ripe) if indicator.matured else last)
    return select(*columns).select_from(joined(subject.source, [*columns, *conditions])).where(*conditions)


def _which(indicator: Indicator, periods: Sequence[Period]) -> Expression:
    """Which of the periods a row falls in."""
    if len(periods) == 1 or indicator.day is None:
        return literal(0)
    return case(*((and_(*_within(indicator.day, each.first, each.last)), n) for n, each in enumerate(periods)))


def _within(day: Expression, first: date, last: date) -> list[ColumnElement[bool]]:
    following = last + timedelta(days=1)
    if isinstance(day.type, UtcDateTime):
        return [day >= literal(begins(first), UtcDateTime), day < literal(begins(following), UtcDateTime)]
    return [day >= literal(first, Date), day < literal(following, Date)]


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


def _binds(asked: Asked, periods: Sequence[Period]) -> dict[str, Any]:
    """What the named places in the declarations stand for."""
    last = max(period.last for period in periods)
    looked = min(last, asked.today)
    ends = min(begins(last + timedelta(days=1)), asked.now + timedelta(seconds=1))
    return {
        "as_of": looked,
        "ends_at": ends,
        "now": asked.now,
        "of_month_at": begins(looked - timedelta(days=30)),
    }
