"""Bringing an older vault up to date, and refusing a newer one."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError
from sqlcipher3 import dbapi2 as sqlcipher

from casedesk.errors import StorageFull
from casedesk.storage.recorder import SCHEMA
from casedesk.storage.store import DAMAGE, result_code
from casedesk.storage.vault import NewerVault, VaultUnreadable

HEAD = f"{SCHEMA:04d}"
MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(engine: Engine, to: str = HEAD, scripts: Path = MIGRATIONS) -> None:
    """Run the missing steps, all of them or none: tables can be changed inside a transaction here."""
    at = revision(engine)
    if at == to:
        return
    if at is not None and at > HEAD:
        raise NewerVault
    from alembic import command  # only when there is something to do: it takes longer to load than to run
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, to)
    except DatabaseError as error:
        if result_code(error) == sqlcipher.SQLITE_FULL:
            raise StorageFull from None
        if result_code(error) in DAMAGE:
            raise VaultUnreadable from None
        raise


def revision(engine: Engine) -> str | None:
    """The step the vault is at; nothing for an empty one."""
    try:
        with engine.connect() as connection:
            if not connection.scalar(text("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'")):
                return None
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return str(found) if found is not None else None
    except DatabaseError:
        raise VaultUnreadable from None
