"""Whether a record can keep what a leaf says: a leaf may come from a newer version, or from somebody who means harm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Final
from uuid import UUID

from casedesk.fields import Field, Kind
from casedesk.models import Recorded, fields_of, recorded_models
from casedesk.models.columns import money_of, money_text, partial_day_of, partial_day_text
from casedesk.storage.operations import Value
from casedesk.storage.recorder import EPOCH, moment_of
from casedesk.values import Money, PartialDay


@lru_cache(maxsize=50_000)
def id_of(raw: bytes) -> UUID:
    """An id of a leaf as records have it. The same few of a case come again and again."""
    return UUID(bytes=raw)


class Unfit(Exception):
    """The record cannot keep the value."""


Keeper = Callable[[Value], object]
_MOST: Final = 2**63
_LONGEST: Final = {Kind.ANSWER: 10}  # columns whose length no declaration says


def keeper(table: str, field: str) -> Keeper | None:
    """What makes a value of the record from a value of a leaf, or raises Unfit; nothing for an unknown field."""
    model = recorded_models().get(table)
    return keepers(model).get(field) if model is not None else None


@cache
def keepers(model: type[Recorded]) -> Mapping[str, Keeper]:
    return {name: _keeper(declared) for name, declared in fields_of(model).items()}


def _keeper(declared: Field) -> Keeper:
    kind = declared.kind
    if kind in _READ:
        return _or_nothing(_READ[kind])
    longest = None if kind is Kind.TEXT else declared.longest or _LONGEST.get(kind)

    def text(value: Value) -> object:
        if value is None:
            return None
        if type(value) is not str or "\0" in value or (longest is not None and len(value) > longest):
            raise Unfit
        return value

    return text


def _or_nothing(read: Callable[[Any], object]) -> Keeper:
    def kept(value: Value) -> object:
        if value is None:
            return None
        try:
            return read(value)
        except (ValueError, TypeError, OverflowError, IndexError):
            raise Unfit from None

    return kept


def _exactly(wanted: type, value: Any) -> Any:
    if type(value) is not wanted:
        raise Unfit
    return value


@lru_cache(maxsize=20_000)
def _day(text: str) -> date:
    return _same(date.fromisoformat(text), text)


@lru_cache(maxsize=20_000)
def _partial_day(text: str) -> PartialDay:
    found = partial_day_of(text)
    if partial_day_text(found) != text:
        raise Unfit
    return found


def _money(text: str) -> Money:
    found = money_of(text)
    if money_text(found) != text or len(text) > 24 or not text[:3].isascii():
        raise Unfit
    return found


def _same(found: date, text: str) -> date:
    if found.isoformat() != text:  # a day can be written in several ways; the journal and the record have one
        raise Unfit
    return found


@lru_cache(maxsize=20_000)
def _moment(milliseconds: int) -> datetime:
    moment = moment_of(milliseconds)
    if (moment - EPOCH) // timedelta(milliseconds=1) != milliseconds:
        raise Unfit
    return moment


def _number(value: int) -> int:
    if not -_MOST <= value < _MOST:
        raise Unfit
    return value


def _words(value: Any) -> list[str]:
    if type(value) is not list or any(type(word) is not str or "\0" in word for word in value):
        raise Unfit
    return list(value)


_READ: Final[Mapping[Kind, Callable[[Any], object]]] = {
    Kind.DAY: lambda value: _day(_exactly(str, value)),
    Kind.PARTIAL_DAY: lambda value: _partial_day(_exactly(str, value)),
    Kind.MONEY: lambda value: _money(_exactly(str, value)),
    Kind.MOMENT: lambda value: _moment(_exactly(int, value)),
    Kind.COUNT: lambda value: _number(_exactly(int, value)),
    Kind.TICK: lambda value: _exactly(bool, value),
    Kind.REFERENCE: lambda value: id_of(_exactly(bytes, value)),
    Kind.CODES: _words,
    Kind.LINES: _words,
    Kind.REFERENCES: _words,
}


def kept(table: str, name: str, value: Value) -> tuple[bool, object]:
    """Whether a record keeps the value, and as what."""
    keep = keeper(table, name)
    if keep is None:
        return False, None
    try:
        return True, keep(value)
    except Unfit:
        return False, None


def fitted(table: str, values: Mapping[str, Value]) -> tuple[dict[str, object], list[str]]:
    """What a record keeps of these values, and the names of those that it cannot keep.

    A known field that does not fit is empty in the record.
    """
    model = recorded_models().get(table)
    if model is None:
        return {}, list(values)
    known, stored, unfit = keepers(model), dict[str, object](), list[str]()
    for name, value in values.items():
        keep = known.get(name)
        if keep is None:
            unfit.append(name)
            continue
        try:
            stored[name] = keep(value)
        except Unfit:
            stored[name] = None
            unfit.append(name)
    return stored, unfit
