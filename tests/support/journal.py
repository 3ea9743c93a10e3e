"""What the journal of a desk says, for tests."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlcipher3 import dbapi2 as sqlcipher

from casedesk.desk import Desk
from casedesk.models import Operation
from casedesk.storage.operations import Value, shown, unpack
from casedesk.storage.vault import VAULT


@dataclass(frozen=True)
class Told:
    """One operation: its action, and for each leaf "table.field" the level and the value."""

    action: str
    flags: int
    leaves: dict[str, tuple[int, Value]]

    def level(self, key: str) -> int:
        return self.leaves[key][0]

    def value(self, key: str) -> Value:
        return self.leaves[key][1]

    def fields(self, table: str) -> set[str]:
        return {key.partition(".")[2] for key in self.leaves if key.partition(".")[0] == table}


def operations(desk: Desk) -> list[Told]:
    """All operations, the oldest first. Of several records of one table the last one is told."""
    with desk.read() as session:
        return [_told(row) for row in session.scalars(select(Operation).order_by(Operation.seq))]


def last(desk: Desk) -> Told:
    with desk.read() as session:
        return _told(session.scalars(select(Operation).order_by(Operation.seq.desc()).limit(1)).one())


def count(desk: Desk) -> int:
    with desk.read() as session:
        return session.scalar(select(func.count()).select_from(Operation)) or 0


def _told(row: Operation) -> Told:
    (operation,) = unpack(row.body)
    leaves = {f"{leaf.table}.{leaf.field}": (level, leaf.value) for level, leaf in shown(operation)}
    return Told(str(leaves["op.action"][1]), row.flags, leaves)


def foreign_tool(desk: Desk) -> sqlcipher.Connection:
    """The vault as another program sees it that has the key."""
    connection = sqlcipher.connect(str(desk.store.vault.folder / VAULT), isolation_level=None)
    connection.execute(f"PRAGMA key = \"x'{desk.store.vault.subkey(b'cdesk.db.1').hex()}'\"")
    return connection
