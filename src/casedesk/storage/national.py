"""The national office's database: the same records and the same journal on PostgreSQL, for many millions of rows.

A vault stays on its desk; this is what the central office takes in beside it, where other tools may read. It holds
no keys and signs nothing: who fills it opens the files with the keys of a vault. The tables are those of the models.
Every recorded table has one column more, `centre`, filled by itself with the centre that was being taken in, and is
divided by the hash of the record's id: whatever merging asks for is asked by id, so it looks into one part only.
Search and guard triggers belong to vaults.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateColumn

from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.models import Chain, Gate, recorded_models
from casedesk.models.base import Base
from casedesk.storage import derived
from casedesk.storage.merging import Merged
from casedesk.storage.operations import start_link

PARTS: Final = 8
CENTRE: Final = "casedesk.centre"  # a setting of the transaction
_SET_UP: Final = 0xCA5E  # the lock that lets one process at a time look after the tables
NOBODY: Final = bytes(32)


class OtherOrganisation(CaseDeskError):
    """The database belongs to somebody else."""

    def __init__(self) -> None:
        super().__init__(
            _("This database holds the records of another organisation."),
            hint=_("Nothing was changed. Name another database."),
        )


class NationalStore:
    """A database that takes in what desks wrote. `organisation` is its 16 bytes."""

    def __init__(self, url: str, organisation: bytes) -> None:
        self.engine: Engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
        try:
            _look_after_tables(self.engine, organisation)
        except BaseException:
            self.engine.dispose()
            raise

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one moment and cannot write."""
        engine = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with Session(engine, autoflush=False) as session:
            yield session

    @contextmanager
    def intake(self, centre: str = "") -> Iterator[tuple[Session, Merged]]:
        """A session for what desks of one centre wrote, as `Store.intake`."""
        merged = Merged()
        with Session(self.engine, expire_on_commit=False) as session:
            session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SET_UP})
            session.execute(text("SELECT set_config(:name, :value, true)"), {"name": CENTRE, "value": centre})
            yield session, merged
            session.flush()
            derived.refresh_merged(session, merged)
            session.commit()

    def close(self) -> None:
        self.engine.dispose()


def tables() -> MetaData:
    """The tables as PostgreSQL has them."""
    wanted = MetaData(naming_convention=Base.metadata.naming_convention)
    recorded = recorded_models()
    for table in Base.metadata.sorted_tables:
        made = table.to_metadata(wanted)
        if table.name in recorded:
            made.append_column(Column("centre", String(3), server_default=text(f"current_setting('{CENTRE}', true)")))
            Index(f"ix_{table.name}_centre", made.c.centre)
            made.dialect_options["postgresql"]["partition_by"] = "HASH (id)"
    words = (Column("words", Text), Column("sounds", Text))  # what a vault has as an index for searching
    Table("case_words", wanted, Column("rowid", BigInteger, primary_key=True, autoincrement=False), *words)
    return wanted


def _look_after_tables(engine: Engine, organisation: bytes) -> None:
    """Make the tables, or add what a newer program has more: between releases they only grow."""
    wanted = tables()
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _SET_UP})
        seen = inspect(connection)
        there = {name: {column["name"] for column in seen.get_columns(name)} for name in seen.get_table_names()}
        wanted.create_all(connection)
        for table in wanted.sorted_tables:
            if table.name in there:
                _widen(connection, table, there[table.name])
            elif table.dialect_options["postgresql"]["partition_by"]:
                _divide(connection, table.name)
        _begin(connection, organisation)


def _widen(connection: Connection, table: Table, there: set[str]) -> None:
    for column in table.columns:
        if column.name not in there:
            told = CreateColumn(column).compile(dialect=connection.dialect)
            connection.execute(text(f'ALTER TABLE "{table.name}" ADD COLUMN {told}'))


def _divide(connection: Connection, table: str) -> None:
    for part in range(PARTS):
        connection.execute(
            text(
                f'CREATE TABLE "{table}_{part}" PARTITION OF "{table}"'
                f" FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
            )
        )


def _begin(connection: Connection, organisation: bytes) -> None:
    """The first rows: the gate, and a chain of our own that nothing is ever written to, since nobody works here."""
    chain = Chain.__table__.c
    known = connection.scalar(select(chain.organisation).where(chain.signing_seed.is_not(None)))
    if known is None:
        id_ = secrets.token_bytes(16)
        head = start_link(organisation, id_, NOBODY)
        row = {"id": id_, "organisation": organisation, "desk": NOBODY, "signing_seed": b"", "parent": b""}
        connection.execute(insert(Chain).values(**row, held=0, head=head, marked=0))
        connection.execute(insert(Gate).values(id=1, open=False, rewriting=False))
    elif bytes(known) != organisation:
        raise OtherOrganisation
