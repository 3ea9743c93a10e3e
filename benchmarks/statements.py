"""Overhears the SQL of a piece of work, to run it again bare: the same statements on the driver's own cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event


@dataclass(slots=True)
class Overheard:
    statements: list[tuple[str, Any, bool]] = field(default_factory=list)  # SQL, parameters, many at once


@contextmanager
def overhearing(engine: Engine) -> Iterator[Overheard]:
    """Collects what the engine executes inside."""
    heard = Overheard()

    def note(_c: object, _cursor: object, statement: str, parameters: Any, _context: object, many: bool) -> None:
        heard.statements.append((statement, parameters, many))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", note)


def bare_reads(engine: Engine, work: Callable[[], object]) -> Callable[[], object]:
    """The same reads as `work` makes, without anything of ours around them."""
    with overhearing(engine) as heard:
        work()
    connection = engine.raw_connection()
    cursor = connection.cursor()

    def run() -> None:
        cursor.execute("BEGIN")
        for statement, parameters, _many in heard.statements:
            if statement != "BEGIN":
                cursor.execute(statement, parameters)
                cursor.fetchall()
        cursor.execute("COMMIT")

    return run
