"""Overhears the SQL of a piece of work, to run it again bare: the same statements on the driver's own cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.pool.base import _ConnectionFairy
from sqlcipher3 import dbapi2 as sqlcipher

Statement = tuple[str, Any, bool]  # SQL, parameters, many at once


@contextmanager
def overhearing() -> Iterator[list[Statement]]:
    """Collects what reaches the driver inside, whichever way it is asked."""
    heard: list[Statement] = []

    class Listening(sqlcipher.Cursor):  # type: ignore[misc]  # the driver has no types
        def execute(self, statement: str, parameters: Any = ()) -> Any:
            heard.append((statement, parameters, False))
            return super().execute(statement, parameters)

        def executemany(self, statement: str, parameters: Any) -> Any:
            heard.append((statement, parameters, True))
            return super().executemany(statement, parameters)

    def cursor(connection: PoolProxiedConnection) -> Any:
        driver: Any = connection.driver_connection
        return driver.cursor(Listening)

    with patch.object(_ConnectionFairy, "cursor", cursor):
        yield heard


def bare_reads(engine: Engine, work: Callable[[], object]) -> Callable[[], object]:
    """The same reads as `work` makes, without anything of ours around them."""
    with overhearing() as heard:
        work()
    connection = engine.raw_connection()
    cursor = connection.cursor()

    def run() -> None:
        cursor.execute("BEGIN")
        for statement, parameters, _many in heard:
            if statement != "BEGIN":
                cursor.execute(statement, parameters)
                cursor.fetchall()
        cursor.execute("COMMIT")

    return run
