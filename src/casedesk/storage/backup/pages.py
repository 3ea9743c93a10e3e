"""Copying a database page by page under another key, and looking through every page."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any, Final

from sqlcipher3 import dbapi2 as sqlcipher

from casedesk import machine
from casedesk.errors import CaseDeskError
from casedesk.storage import vault
from casedesk.storage.backup.sealed import BackupFailed, Step, no_step
from casedesk.storage.vault import Vault

_PAGES: Final = 512  # copied at a time, some hundredths of a second in which others go on


def copy_pages(reading: Any, path: Path, key: bytearray, step: Step = no_step) -> dict[str, Any]:
    """Copy what a connection sees into an empty file under another key, check what the disk has, and tell what it is.

    The check reads every page once more, from the disk and through the engine: what passes was written as it was
    copied, and whoever goes on with the file need not look a second time.
    """
    try:
        _pour(reading, path, key, step)
        with path.open("rb+") as file:
            os.fsync(file.fileno())
            machine.forget_cached(file)
        with contextlib.closing(vault.connect(path, key, query_only=True, alone=True)) as copy:
            return _checked(copy)
    except sqlcipher.Error as error:
        raise vault.told(error) from error


def _pour(reading: Any, path: Path, key: bytearray, step: Step) -> None:
    def copied(_status: int, left: int, of: int) -> None:
        step(of - left, of)

    with contextlib.closing(vault.connect(path, key, alone=True)) as writing:
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on it sees this moment only
        reading.backup(writing, pages=_PAGES, progress=copied)
        reading.execute("COMMIT")
        # What it was copied from has a log beside it; a file that travels alone must not wait for one.
        writing.execute("PRAGMA journal_mode = DELETE").fetchall()


def _checked(connection: Any) -> dict[str, Any]:
    """Look through every page, compare the end of each chain, and count; BackupFailed if all is not well."""
    if not _whole(connection):
        raise BackupFailed
    ends = connection.execute(
        "SELECT c.id, c.held, c.head, o.link, (SELECT count(*) FROM operation WHERE chain_ix = c.ix) FROM chain c"
        " LEFT JOIN operation o ON o.chain_ix = c.ix AND o.chain_seq = c.held"
    ).fetchall()
    for _chain, held, head, link, counted in ends:
        if (held and head != link) or counted != held:
            raise BackupFailed
    (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    (operations,) = connection.execute("SELECT count(*) FROM operation").fetchone()
    (cases,) = connection.execute('SELECT count(*) FROM "case" WHERE removed_at IS NULL').fetchone()
    return {
        "revision": revision,
        "operations": operations,
        "cases": cases,
        "held": {chain.hex(): held for chain, held, *_rest in ends},
        "heads": {chain.hex(): head for chain, _held, head, *_rest in ends},
    }


def pages_are_whole(source: Vault) -> bool:
    """Whether every page decrypts and the tables hang together. Reads the whole file on a connection of its own."""
    try:
        reading = source.connection()
    except CaseDeskError:
        return False
    try:
        return _whole(reading)
    except sqlcipher.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlcipher.SQLITE_CORRUPT, sqlcipher.SQLITE_NOTADB):
            return False
        raise vault.told(error) from error
    finally:
        reading.close()


def _whole(connection: Any) -> bool:
    """Whether every page decrypts and the tables hang together."""
    if connection.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
        return False
    # The walk through the tables reads, and so authenticates, every page but free ones. These are rare here.
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    return not free or connection.execute("PRAGMA cipher_integrity_check").fetchall() == []
