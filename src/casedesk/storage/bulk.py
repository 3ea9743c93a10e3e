"""Many rows at once: new ones put in the way each engine takes them fastest, known ones asked for in pieces.

A vault takes them by one prepared statement, PostgreSQL by COPY. The values go through the types of the columns as
everywhere; what is saved is the work of the mapper and the compiler for each row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias, TypeVar, cast

from sqlalchemy import Connection, Dialect, Table, insert
from sqlalchemy.orm import Session

from casedesk.models import Base

T = TypeVar("T")
Row: TypeAlias = Mapping[str, Any]
_A_PIECE: Final = 500


def in_parts(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    """The ids in pieces that a statement can name."""
    for start in range(0, len(ids), _A_PIECE):
        yield ids[start : start + _A_PIECE]


def put(session: Session, model: type[Base], rows: Sequence[Row]) -> None:
    """Add the rows to the table of the model. What a row does not name is empty in it."""
    if not rows:
        return
    connection = session.connection()
    way = _way(cast(Table, model.__table__), frozenset().union(*rows), connection.dialect)
    if connection.dialect.name == "postgresql":
        _copy(connection, way, rows)
    else:
        connection.exec_driver_sql(way.insert, [way.filled(row) for row in rows])


def _copy(connection: Connection, way: _Way, rows: Collection[Row]) -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(way.copy) as copy:
        for row in rows:
            copy.write_row(way.filled(row))


class _Way:
    """The statements for some columns of a table, and how the driver wants their values."""

    def __init__(self, table: Table, named: Collection[str], dialect: Dialect) -> None:
        columns = [column for column in table.columns if column.key in named]
        if len(columns) < len(named):
            raise KeyError(f"{table.name} has no column of one of these names")
        self._size = len(columns)
        self._places = {column.key: (at, _binder(column.type, dialect)) for at, column in enumerate(columns)}
        self.insert = str(insert(table).compile(dialect=dialect, column_keys=[column.key for column in columns]))
        quoted = dialect.identifier_preparer
        names = ", ".join(quoted.format_column(column) for column in columns)
        self.copy = f"COPY {quoted.format_table(table)} ({names}) FROM STDIN"

    def filled(self, row: Row) -> tuple[Any, ...]:
        values: list[Any] = [None] * self._size
        for name, value in row.items():
            if value is not None:
                at, bound = self._places[name]
                values[at] = value if bound is None else bound(value)
        return tuple(values)


_way = lru_cache(maxsize=256)(_Way)


def _binder(kind: Any, dialect: Dialect) -> Callable[[Any], Any] | None:
    """What makes of a value what the driver takes, if it is not that already."""
    found: Callable[[Any], Any] | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return found
