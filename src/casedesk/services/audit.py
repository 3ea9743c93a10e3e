"""What was done that is about no single case: signing in, searching, users, copies, refusals (SECURITY 10).

What was done with a case stands in its own history. Searches are told by where and how many were found, never by the
words: those would be a list of people somebody was curious about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, select

from casedesk.desk import Desk
from casedesk.fields import Level
from casedesk.models import Change, Operation, User
from casedesk.services.office import names_of_users
from casedesk.services.permissions import needs
from casedesk.storage.operations import ClockFlag, Value, shown, unpack
from casedesk.storage.recorder import OPERATION_TABLE, moment_of

OFFICE_TABLES = ("centre", "device", "user", "exchange_rate")
NEWEST = 2**62


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was done. `scope` and `hits` are of a search."""

    seq: int
    action: str
    by: str
    at: datetime
    doubtful: bool  # the clock disagreed with something already seen
    scope: str
    hits: int | None


@needs("case.list")
def note_search(desk: Desk, scope: str, hits: int) -> None:
    """Record that somebody searched: in which list, and how many were found."""
    desk.note("case.search", said={"scope": scope, "hits": hits})


@needs("audit.view")
def trail(desk: Desk, *, before: int | None = None, size: int = 100) -> list[AuditEntry]:
    """The newest entries; pass the last one's number to go on from it."""
    with desk.read() as session:
        people = names_of_users(session)
        rows = session.execute(_TRAIL, {"before": before or NEWEST, "size": size})
        return [_entry(row.seq, row.actor, row.wall, row.flags, row.body, people) for row in rows]


_TRAIL = (
    select(Operation.seq, Operation.actor, Operation.wall, Operation.flags, Operation.body)
    .where(
        Operation.seq < bindparam("before"),
        ~exists().where(
            Change.operation_seq == Operation.seq,
            Change.table.not_in(OFFICE_TABLES),
            ~and_(Change.table == "", Change.record.in_(select(User.id))),  # noted about somebody who works here
        ),
    )
    .order_by(Operation.seq.desc())
    .limit(bindparam("size"))
)


def _entry(seq: int, actor: bytes, wall: int, flags: int, body: bytes, people: Mapping[UUID, str]) -> AuditEntry:
    (operation,) = unpack(body)
    said: dict[str, Value] = {
        leaf.field: leaf.value
        for level, leaf in shown(operation)
        if leaf.table == OPERATION_TABLE and level < Level.RESTRICTED
    }
    hits = said.get("hits")
    return AuditEntry(
        seq=seq,
        action=str(said.get("action", "")),
        by=people.get(UUID(bytes=actor), ""),
        at=moment_of(wall),
        doubtful=bool(flags & ClockFlag.BEHIND),
        scope=str(said.get("scope", "")),
        hits=hits if isinstance(hits, int) else None,
    )
