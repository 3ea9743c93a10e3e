"""Bringing an older vault up to date, and refusing a newer one."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError

from casedesk.storage.recorder import SCHEMA
from casedesk.storage.vault import NewerVault

HEAD = f"{SCHEMA:04d}"


def migrate(engine: Engine, to: str = HEAD) -> None:
    """Run the missing steps, all of them or none: tables can be changed inside a transaction here."""
    at = revision(engine)
    if at == to:
        return
    if at is not None and at > HEAD:
        raise NewerVault
    from alembic import command  # only when there is something to do: it takes longer to load than to run
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def revision(engine: Engine) -> str | None:
    """The step the vault is at; nothing for an empty one."""
    with engine.connect() as connection:
        try:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except DatabaseError:
            return None
