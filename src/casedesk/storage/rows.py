"""Rows as they lie in their tables: for pages that read much and change nothing.

A row is a plain tuple with the names of the model's columns. It is typed as the model, so that what reads fields takes
either; it belongs to no session, and setting anything on it is refused.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache, partial
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import Select, Table, Uuid, bindparam, func, select, text
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from casedesk.models import Base, Change, Operation, Recorded, User

M = TypeVar("M", bound=Base)
_DIALECT = dialect()


class Rows:
    """Reads plain rows, all at one moment. The store makes it: `with desk.rows() as rows`.

    The statements go to the driver itself: the mapper's work would take ten times that of a small statement.
    """

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def one(self, model: type[M], record: UUID | None) -> M | None:
        """A row by its id, removed or not."""
        if record is None:
            return None
        found: list[M] = _by_id(model)(self._cursor, record)
        return found[0] if found else None

    def of(self, model: type[M], link: str, to: UUID | None) -> list[M]:
        """The rows that point to a record, removed ones too, in the order in which they were written."""
        return _by_link(model, link)(self._cursor, to) if to is not None else []

    def all(self, model: type[M]) -> list[M]:
        """Every row of a small table, removed ones too."""
        return _whole(model)(self._cursor)

    def first_written(self, model: type[Recorded], link: str, to: UUID) -> dict[UUID, tuple[int, str]]:
        """For each row that points to a record, the number of the operation that brought it, which tells the order in
        the journal whatever a clock said, and who wrote it."""
        found = self._cursor.execute(_first_written(model, link), (to.hex,))
        return {UUID(record): (seq, by or "") for record, seq, by in found.fetchall()}

    def is_shared(self) -> bool:
        """Whether other desks wrote here too, so that the order of arrival says nothing."""
        found = self._cursor.execute("SELECT 1 FROM chain WHERE signing_seed IS NULL AND held > 0 LIMIT 1")
        return found.fetchone() is not None


class Records:
    """Finds the same as `Rows`, as mapped records that can be changed."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def one(self, model: type[M], record: UUID | None) -> M | None:
        return self.session.get(model, record) if record is not None else None

    def of(self, model: type[M], link: str, to: UUID | None) -> list[M]:
        return list(self.session.scalars(_mapped(model, link), {"to": to})) if to is not None else []


@cache
def _mapped(model: type[Base], link: str) -> Select[Any]:
    column = model.__mapper__.columns[link]
    in_order = text(f'"{model.__tablename__}".rowid')
    return select(model).where(column == bindparam("to")).order_by(in_order)


class _Reading:
    """The text of a statement, made once, and how the values of its rows are read."""

    def __init__(self, model: type[Base], where: str | None = None, more: str = "") -> None:
        table = cast(Table, model.__table__)
        wanted = select(table) if where is None else select(table).where(table.c[where] == bindparam("to"))
        self._sql = f"{wanted.compile(dialect=_DIALECT)} {more}"
        self._row = _tuple(model.__name__, table.columns.keys())
        decoders = (_decoder(column.type) for column in table.columns)
        self._decoders = [(at, decode) for at, decode in enumerate(decoders) if decode is not None]

    def __call__(self, cursor: Any, *to: UUID) -> list[Any]:
        found = cursor.execute(self._sql, [record.hex for record in to])
        return [self._row(self._read(list(raw))) for raw in found.fetchall()]

    def _read(self, values: list[Any]) -> list[Any]:
        for at, decode in self._decoders:
            if values[at] is not None:
                values[at] = decode(values[at])
        return values


def _decoder(kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """What makes a value of what the driver gives, if it is not the value already."""
    if isinstance(kind, Uuid):
        return _id
    return kind.dialect_impl(_DIALECT).result_processor(_DIALECT, None)


@lru_cache(maxsize=4096)
def _id(text: str) -> UUID:
    """Most values of a page are ids, and most of those its case's, its person's and its author's again and again."""
    return UUID(int=int(text, 16))


def _tuple(name: str, names: Sequence[str]) -> Callable[[Iterable[Any]], Any]:
    made: Any = namedtuple(name, names)  # type: ignore[misc]  # of the columns, known when it runs
    return partial(tuple.__new__, made)


@cache
def _by_id(model: type[Base]) -> _Reading:
    return _Reading(model, model.__mapper__.primary_key[0].name)


@cache
def _by_link(model: type[Base], link: str) -> _Reading:
    return _Reading(model, link, f'ORDER BY "{model.__tablename__}".rowid')


@cache
def _whole(model: type[Base]) -> _Reading:
    return _Reading(model)


@cache
def _first_written(model: type[Recorded], link: str) -> str:
    table = cast(Table, model.__table__)
    first = (
        select(Change.record, func.min(Change.operation_seq).label("seq"))
        .where(Change.record.in_(select(table.c.id).where(table.c[link] == bindparam("to"))))
        .group_by(Change.record)
        .subquery()
    )
    wanted = (
        select(first.c.record, first.c.seq, User.name)
        .join(Operation, Operation.seq == first.c.seq)
        .outerjoin(User, User.id == func.lower(func.hex(Operation.actor)))
    )
    return str(wanted.compile(dialect=_DIALECT))
