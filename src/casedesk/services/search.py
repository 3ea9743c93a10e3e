"""The list of cases: what is looked for, how many there are, and one page at a time.

Pages are fetched by key from the nearest anchor, never by counting rows off from the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, or_, select, text, tuple_
from sqlalchemy.orm.attributes import InstrumentedAttribute

from casedesk.desk import Desk
from casedesk.models import CaseIndex, NumberKey
from casedesk.parsing import document_key, latin_digits
from casedesk.search_keys import fts_query, number_key
from casedesk.services.permissions import needs, visible

FEWEST_ENDING_DIGITS = 3


class Order(StrEnum):
    """How a list can be sorted; each has an index."""

    URGENT = "urgent"
    NEWEST = "newest"
    NAME = "name"


_ORDERS: dict[Order, tuple[InstrumentedAttribute[Any], ...]] = {
    Order.URGENT: (CaseIndex.priority_rank, CaseIndex.due_on, CaseIndex.row),
    Order.NEWEST: (CaseIndex.opened_on, CaseIndex.row),
    Order.NAME: (CaseIndex.name_key, CaseIndex.row),
}
_DOWNWARDS = frozenset((Order.NEWEST,))


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list shows. Empty means all; several values of one filter mean any of them."""

    words: str = ""
    open_only: bool = True
    categories: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    owner_id: UUID | None = None
    due_before: date | None = None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of the list. Names are empty where the code stands for them."""

    row: int
    case_id: UUID
    case_number: str
    person_code: str
    name_bn: str
    name_en: str
    sex_gender: str | None
    category: str | None
    status: str
    priority: str | None
    country: str | None
    district: str | None
    owner_id: UUID | None
    opened_on: date | None
    due_on: date
    due_what: str
    key: tuple[Any, ...]

    @property
    def name(self) -> str:
        return self.name_bn or self.name_en or self.person_code


_SHOWN = (
    CaseIndex.row,
    CaseIndex.case_id,
    CaseIndex.case_number,
    CaseIndex.person_code,
    CaseIndex.name_bn,
    CaseIndex.name_en,
    CaseIndex.sex_gender,
    CaseIndex.category,
    CaseIndex.status,
    CaseIndex.priority,
    CaseIndex.country,
    CaseIndex.district,
    CaseIndex.owner_id,
    CaseIndex.opened_on,
    CaseIndex.due_on,
    CaseIndex.due_what,
    CaseIndex.hide_name,
)


@needs("case.list")
def count_cases(desk: Desk, filters: Filters) -> int:
    with desk.read() as session:
        return session.scalar(_wanted(desk, filters, select(func.count()).select_from(CaseIndex))) or 0


@needs("case.list")
def anchors(desk: Desk, filters: Filters, order: Order, step: int) -> list[tuple[Any, ...]]:
    """The key of every `step`-th row, from the first."""
    columns = _ORDERS[order]
    wanted = _sorted(_wanted(desk, filters, select(*columns)), order)
    with desk.read() as session:
        found = []
        result = session.execute(wanted.execution_options(yield_per=step))
        for some in result.partitions(step):
            found.append(tuple(some[0]))
        return found


@needs("case.list")
def page_of_cases(
    desk: Desk, filters: Filters, order: Order, *, at: tuple[Any, ...] | None = None, skip: int = 0, size: int = 100
) -> list[CaseRow]:
    """Rows from the anchor `at` on (itself included), after skipping a few."""
    columns = _ORDERS[order]
    wanted = _sorted(_wanted(desk, filters, select(*_SHOWN)), order)
    if at is not None:
        key = tuple_(*columns)
        wanted = wanted.where(key <= at) if order in _DOWNWARDS else wanted.where(key >= at)
    with desk.read() as session:
        rows = session.execute(wanted.add_columns(*columns).offset(skip).limit(size)).all()
        return [_row(tuple(row), len(columns)) for row in rows]


@needs("case.list")
def places_of(desk: Desk) -> tuple[list[str], list[UUID]]:
    """The countries and owners that occur, for the filters."""
    with desk.read() as session:
        countries = session.scalars(select(CaseIndex.country).where(visible(desk.actor)).distinct())
        owners = session.scalars(select(CaseIndex.owner_id).where(visible(desk.actor)).distinct())
        return sorted(filter(None, countries)), [owner for owner in owners if owner is not None]


def _row(values: Sequence[Any], keys: int) -> CaseRow:
    *shown, hidden = values[: len(_SHOWN)]
    if hidden:
        shown[4] = shown[5] = ""
    return CaseRow(*shown, key=tuple(values[-keys:]))


def _wanted(desk: Desk, filters: Filters, wanted: Select[Any]) -> Select[Any]:
    wanted = wanted.where(visible(desk.actor))
    if filters.open_only:
        wanted = wanted.where(CaseIndex.is_open.is_(True))
    for column, values in (
        (CaseIndex.category, filters.categories),
        (CaseIndex.status, filters.statuses),
        (CaseIndex.priority, filters.priorities),
        (CaseIndex.country, filters.countries),
        (CaseIndex.district, filters.districts),
    ):
        if values:
            wanted = wanted.where(column.in_(values))
    if filters.owner_id is not None:
        wanted = wanted.where(CaseIndex.owner_id == filters.owner_id)
    if filters.due_before is not None:
        wanted = wanted.where(CaseIndex.due_on < filters.due_before)
    return wanted.where(matching(filters.words)) if filters.words.strip() else wanted


def matching(words: str) -> ColumnElement[bool]:
    """Cases found by a name in either script, a number by its beginning or end, or a whole document number."""
    ways: list[ColumnElement[bool]] = []
    if query := fts_query(words):
        hits = text("SELECT rowid FROM case_words WHERE case_words MATCH :match").bindparams(match=query)
        ways.append(CaseIndex.row.in_(hits.columns(CaseIndex.row).scalar_subquery()))
    ways += [CaseIndex.case_id.in_(select(NumberKey.case_id).where(way)) for way in _numbers(words)]
    return or_(*ways) if ways else false()


def _numbers(words: str) -> list[ColumnElement[bool]]:
    key = number_key(words)
    digits = "".join(c for c in latin_digits(words) if c.isdigit())
    ways = []
    if any(c.isdigit() for c in key):
        ways += [_begins("case", key), (NumberKey.kind == "document") & (NumberKey.key == document_key(words))]
    elif len(key) == 10:
        ways.append((NumberKey.kind == "case") & (NumberKey.key == key.upper()))
    if digits and digits == key.lstrip("+"):
        local = "0" + digits.removeprefix("880") if digits.startswith("880") else digits
        ways.append(_begins("phone", local))
        if len(digits) >= FEWEST_ENDING_DIGITS:
            ways.append(_begins("ending", digits[::-1]))
    return ways


def _begins(kind: str, key: str) -> ColumnElement[bool]:
    return (NumberKey.kind == kind) & (NumberKey.key >= key) & (NumberKey.key < key + "\uffff")


def _sorted(wanted: Select[Any], order: Order) -> Select[Any]:
    columns = _ORDERS[order]
    return wanted.order_by(*(column.desc() if order in _DOWNWARDS else column for column in columns))
