"""A vault with people in it as the program of an earlier step left it, and what a migration must keep of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, StaticPool, create_engine, inspect, text
from sqlcipher3 import dbapi2 as sqlcipher

from casedesk.storage.migrate import migrate

Rows = dict[str, list[dict[str, object]]]
VAULT, STEP = "vault", "alembic_version"  # which vault it is, by no step; which step it is at


def undo(engine: Engine, step: str) -> None:
    """Take back what the steps after this one made; everything that was recorded stays."""
    with empty(step) as then, engine.begin() as now:
        for trigger in _made(now, "trigger"):
            now.execute(text(f"DROP TRIGGER {trigger}"))
        for table in tables(now) - tables(then) - {VAULT}:
            now.execute(text(f"DROP TABLE {table}"))
        for index in _made(now, "index").keys() - _made(then, "index").keys():
            now.execute(text(f"DROP INDEX {index}"))
        for table in tables(then):
            for column in columns(now, table) - columns(then, table):
                now.execute(text(f'ALTER TABLE "{table}" DROP COLUMN {column}'))
        for statement in _made(then, "trigger").values():
            now.execute(text(statement))
        now.execute(text("UPDATE alembic_version SET version_num = :step"), {"step": step})


@contextmanager
def empty(step: str) -> Iterator[Connection]:
    """A database of this step without a row, in the memory."""
    engine = create_engine("sqlite://", module=sqlcipher, poolclass=StaticPool)
    migrate(engine, to=step)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def tables(connection: Connection) -> set[str]:
    """Those of records, journal and lists; the index of words is made again from them."""
    return {name for name in inspect(connection).get_table_names() if not name.startswith("case_words")}


def columns(connection: Connection, table: str) -> set[str]:
    return {str(column["name"]) for column in inspect(connection).get_columns(table)}


def _made(connection: Connection, kind: str) -> dict[str, str]:
    asked = text("SELECT name, sql FROM sqlite_master WHERE type = :kind AND sql IS NOT NULL")
    return {str(name): str(sql) for name, sql in connection.execute(asked, {"kind": kind})}


def rows(engine: Engine) -> Rows:
    """Every row of every table, as the file has it."""
    with engine.connect() as connection:
        return {
            table: [dict(row) for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings()]  # noqa: S608
            for table in tables(connection) - {STEP}
        }


def lost(before: Rows, after: Rows) -> list[str]:
    """What was there before and is no more, or says something else. What was added counts for nothing."""
    return [
        f"{table}: {row}"
        for table, there in before.items()
        for row in there
        if not any(row.items() <= each.items() for each in after.get(table, ()))
    ]
