"""The constructors that declare a field: one call gives column, label, level, when it is asked, and limits.

Every value is one column and one leaf of the journal. Two kinds are texts with parts at fixed places, so
that every database can compare and add them up: a partial day is `2024-03-01 month` (first day, precision),
money is `SAR 500000` (currency, minor units).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Date, DateTime, String, Text, TypeDecorator, Uuid
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.types import TypeEngine

from casedesk.fields import Ask, Field, Kind, Level
from casedesk.values import Money, PartialDay, Precision


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in, aware datetimes out, whole milliseconds; kept as UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        utc = value.astimezone(UTC).replace(tzinfo=None)
        return utc.replace(microsecond=utc.microsecond // 1000 * 1000)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.replace(tzinfo=UTC)


class PartialDayText(TypeDecorator[PartialDay]):
    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value: PartialDay | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else partial_day_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> PartialDay | None:  # noqa: ARG002
        return None if value is None else partial_day_of(value)


class MoneyText(TypeDecorator[Money]):
    impl = String(24)
    cache_ok = True

    def process_bind_param(self, value: Money | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else money_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Money | None:  # noqa: ARG002
        return None if value is None else money_of(value)


def partial_day_text(value: PartialDay) -> str:
    return f"{value.first.isoformat()} {value.precision.value}"


def partial_day_of(text: str) -> PartialDay:
    return PartialDay(date.fromisoformat(text[:10]), Precision(text[11:]))


def money_text(value: Money) -> str:
    return f"{value.currency.upper()} {value.minor}"


def money_of(text: str) -> Money:
    return Money(int(text[4:]), text[:3].lower())


def declared(field: Field, type_: TypeEngine[Any] | type[TypeEngine[Any]]) -> MappedColumn[Any]:
    return mapped_column(type_, nullable=True, active_history=True, info={"field": field})


def _column(
    kind: Kind,
    type_: TypeEngine[Any] | type[TypeEngine[Any]],
    label: str,
    level: Level,
    ask: Ask,
    *,
    maps: Mapping[str, str] | None = None,
    **more: Any,
) -> MappedColumn[Any]:
    return declared(Field(label, kind, level, ask, maps=maps or {}, **more), type_)


def line(
    label: str, *, level: Level = Level.INTERNAL, ask: Ask = Ask.LATER, longest: int = 200, **more: Any
) -> MappedColumn[Any]:
    """One line of text."""
    return _column(Kind.LINE, String(longest), label, level, ask, longest=longest, **more)


def text(
    label: str, *, level: Level = Level.RESTRICTED, ask: Ask = Ask.LATER, longest: int = 16_000, **more: Any
) -> MappedColumn[Any]:
    """Paragraphs. A narrative is restricted; shorter, plainer texts say otherwise."""
    return _column(Kind.TEXT, Text(), label, level, ask, longest=longest, **more)


def phone(label: str, *, level: Level = Level.IDENTIFYING, ask: Ask = Ask.LATER, **more: Any) -> MappedColumn[Any]:
    """A telephone number, kept as E.164."""
    return _column(Kind.PHONE, String(24), label, level, ask, longest=24, **more)


def code(
    code_list: str, label: str, *, level: Level = Level.INTERNAL, ask: Ask = Ask.LATER, **more: Any
) -> MappedColumn[Any]:
    """One code of a list."""
    return _column(Kind.CODE, String(60), label, level, ask, code_list=code_list, longest=60, **more)


def codes(
    code_list: str, label: str, *, level: Level = Level.INTERNAL, ask: Ask = Ask.LATER, **more: Any
) -> MappedColumn[Any]:
    """Several codes of a list, kept sorted."""
    return _column(Kind.CODES, JSON(none_as_null=True), label, level, ask, code_list=code_list, **more)


def lines(label: str, *, level: Level = Level.INTERNAL, ask: Ask = Ask.LATER, **more: Any) -> MappedColumn[Any]:
    """Several words that are not of one list, kept sorted."""
    return _column(Kind.LINES, JSON(none_as_null=True), label, level, ask, **more)


def answer(label: str, *, level: Level = Level.INTERNAL, ask: Ask = Ask.LATER, **more: Any) -> MappedColumn[Any]:
    """Yes, no, does not know, does not wish to answer; empty is not asked."""
    return _column(Kind.ANSWER, String(10), label, level, ask, code_list="answer_yes_no", **more)


def count(
    label: str,
    *,
    level: Level = Level.INTERNAL,
    ask: Ask = Ask.LATER,
    least: int = 0,
    most: int = 1_000_000,
    **more: Any,
) -> MappedColumn[Any]:
    return _column(Kind.COUNT, BigInteger, label, level, ask, least=least, most=most, **more)


def day(label: str, *, level: Level = Level.INTERNAL, ask: Ask = Ask.LATER, **more: Any) -> MappedColumn[Any]:
    """A full date."""
    return _column(Kind.DAY, Date, label, level, ask, **more)


def partial_day(label: str, *, level: Level = Level.INTERNAL, ask: Ask = Ask.LATER, **more: Any) -> MappedColumn[Any]:
    """A date as far as it is known."""
    return _column(Kind.PARTIAL_DAY, PartialDayText, label, level, ask, **more)


def moment(label: str, *, level: Level = Level.INTERNAL, ask: Ask = Ask.LATER, **more: Any) -> MappedColumn[Any]:
    """A point in time."""
    return _column(Kind.MOMENT, UtcDateTime, label, level, ask, **more)


def tick(label: str, *, level: Level = Level.INTERNAL, ask: Ask = Ask.LATER, **more: Any) -> MappedColumn[Any]:
    """Ticked or not; empty is not asked."""
    return _column(Kind.TICK, Boolean, label, level, ask, **more)


def money(label: str, *, level: Level = Level.INTERNAL, ask: Ask = Ask.LATER, **more: Any) -> MappedColumn[Any]:
    """An amount in the currency it was said in."""
    return _column(Kind.MONEY, MoneyText, label, level, ask, **more)


def reference(
    label: str, *, level: Level = Level.INTERNAL, ask: Ask = Ask.PROGRAM, index: bool = True, **more: Any
) -> MappedColumn[Any]:
    """The id of another record. No foreign key: the other may arrive later (SYNC 8)."""
    column = _column(Kind.REFERENCE, Uuid, label, level, ask, **more)
    column.column.index = index
    return column


def references(label: str, *, level: Level = Level.INTERNAL, ask: Ask = Ask.PROGRAM, **more: Any) -> MappedColumn[Any]:
    """The ids of several other records, as sorted texts."""
    return _column(Kind.REFERENCES, JSON(none_as_null=True), label, level, ask, **more)
