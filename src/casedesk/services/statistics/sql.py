"""Expressions that SQLAlchemy lacks, for every engine that reports are computed on (decision 13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    Integer,
    String,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction

from casedesk import codelists
from casedesk.models import ExchangeRate

Expression = ColumnElement[Any] | InstrumentedAttribute[Any]  # what stands for a value in a statement


class local_day(GenericFunction[int]):  # noqa: N801 - a function of SQL
    """The number of the day in Dhaka, counted from 1 January 1970, of a date or of a moment kept as UTC."""

    type = Integer()
    inherit_cache = True


@compiles(local_day)
def _local_day(element: local_day, compiler: SQLCompiler, **more: Any) -> str:
    of = compiler.process(element.clauses, **more)
    return f"CAST(floor(extract(epoch FROM {of} + interval '6 hours') / 86400) AS INTEGER)"


@compiles(local_day, "sqlite")
def _local_day_here(element: local_day, compiler: SQLCompiler, **more: Any) -> str:
    return f"CAST(julianday({compiler.process(element.clauses, **more)}, '+6 hours') - 2440587.5 AS INTEGER)"


class local_month(GenericFunction[str]):  # noqa: N801 - a function of SQL
    """The month in Dhaka, like 2026-04, of a date or of a moment kept as UTC."""

    type = String()
    inherit_cache = True


@compiles(local_month)
def _local_month(element: local_month, compiler: SQLCompiler, **more: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **more)} + interval '6 hours', 'YYYY-MM')"


@compiles(local_month, "sqlite")
def _local_month_here(element: local_month, compiler: SQLCompiler, **more: Any) -> str:
    return f"strftime('%Y-%m', {compiler.process(element.clauses, **more)}, '+6 hours')"


class minutes_between(GenericFunction[float]):  # noqa: N801 - a function of SQL
    """Minutes from one moment to another."""

    type = Float()
    inherit_cache = True


@compiles(minutes_between)
def _minutes(element: minutes_between, compiler: SQLCompiler, **more: Any) -> str:
    first, last = (compiler.process(each, **more) for each in element.clauses)
    return f"(extract(epoch FROM {last} - {first}) / 60.0)"


@compiles(minutes_between, "sqlite")
def _minutes_here(element: minutes_between, compiler: SQLCompiler, **more: Any) -> str:
    first, last = (compiler.process(each, **more) for each in element.clauses)
    return f"((julianday({last}) - julianday({first})) * 1440.0)"


def written(code: str) -> ColumnElement[str]:
    """A code as it stands in a statement. Places for hundreds of them would have to be filled each time it is run."""
    plain = code.isascii() and code.replace("_", "").isalnum()
    return literal_column(f"'{code}'", String) if plain else literal(code)


def plain(number: int) -> ColumnElement[int]:
    """A number as it stands in a statement."""
    return literal_column(str(number), Integer)


def one_of(column: Any, codes: Iterable[str]) -> ColumnElement[bool]:
    """Whether the column has one of these codes."""
    result: ColumnElement[bool] = column.in_([written(code) for code in codes])
    return result


def mapped(column: Any, codes: Mapping[str, str], otherwise: str | None = None) -> ColumnElement[Any]:
    """The column with each code in the place of which another stands."""
    ways = {written(code): written(to) for code, to in codes.items()}
    return case(ways, value=column, else_=written(otherwise) if otherwise is not None else None)


def banded(number: Any, bands: Sequence[tuple[str, int]], unknown: str) -> ColumnElement[Any]:
    """The band a number is in; each has its code and the first number that is above it."""
    ways = [(number < plain(below), written(code)) for code, below in bands]
    return case((number.is_(None), written(unknown)), *ways)


def taka(amount: Any) -> ColumnElement[Any]:
    """An amount of money in minor units of taka, at the latest rate of its currency; nothing where none is known."""
    text = type_coerce(amount, String)
    currency = func.lower(func.substr(text, plain(1), plain(3)))
    minor = cast(func.substr(text, plain(5)), BigInteger)
    places = {row.code: row.extra["minor_unit"] for row in codelists.get("currency") if row.extra["minor_unit"] != "2"}
    ways = {written(code): plain(10 ** int(count)) for code, count in places.items()}
    units = case(ways, value=currency, else_=plain(100))
    rate = (
        select(cast(func.substr(type_coerce(ExchangeRate.taka, String), plain(5)), BigInteger))
        .where(ExchangeRate.currency == currency, ExchangeRate.removed_at.is_(None), ExchangeRate.taka.is_not(None))
        .order_by(ExchangeRate.on.desc(), ExchangeRate.id)
        .limit(plain(1))
        .scalar_subquery()
    )
    return case((currency == written("bdt"), cast(minor, Float)), else_=cast(minor * rate, Float) / units)
