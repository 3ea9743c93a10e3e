"""A vault of which a page was written over."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from casedesk.desk import Desk
from casedesk.services.sign_in import sign_out
from casedesk.storage.vault import VAULT

PAGE = 4096


def spoil(path: Path, page: int) -> None:
    """Write over the beginning of a page."""
    whole = bytearray(path.read_bytes())
    whole[(page - 1) * PAGE : (page - 1) * PAGE + 64] = bytes(64)
    path.write_bytes(whole)


def spoil_tables(desk: Desk, *names: str) -> None:
    """Sign out and spoil the first page of each of these tables or indexes, without which nothing of it can be read."""
    with desk.read() as session:
        found = session.execute(text("SELECT name, rootpage FROM sqlite_master")).all()
    sign_out(desk)
    pages = {row.name: row.rootpage for row in found}
    for name in names:
        spoil(desk.store.vault.folder / VAULT, pages[name])
