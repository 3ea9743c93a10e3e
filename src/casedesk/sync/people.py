"""Who works at which computer, as the roster and the journal tell it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.models import Chain, Change, User
from casedesk.models import Operation as OperationRow
from casedesk.services.permissions import needs
from casedesk.sync.membership import standing


@needs("sync.look")
def computers_of(desk: Desk) -> Mapping[UUID, tuple[str, ...]]:
    """For each user the computers where they work, as CENTRE/K4: where the list says so, and where they began."""
    found: dict[UUID, set[str]] = defaultdict(set)
    with desk.read() as session:
        roster = standing(session).roster
        for member in roster.members:
            for user in member.people:
                found[UUID(bytes=user)].add(f"{member.centre}/{member.name}")
        for user_id, key in begun_at(session).items():
            begun = roster.member(key)
            if begun is not None and user_id not in found:
                found[user_id].add(f"{begun.centre}/{begun.name}")
    return {user: tuple(sorted(names)) for user, names in found.items()}


def begun_at(session: Session) -> dict[UUID, bytes]:
    """At which desk each user was first written down, as far as it came here."""
    first = (
        select(Change.record, func.min(Change.operation_seq).label("seq"))
        .where(Change.table == User.__tablename__)
        .group_by(Change.record)
        .subquery()
    )
    wanted = (
        select(first.c.record, Chain.desk)
        .join(OperationRow, OperationRow.seq == first.c.seq)
        .join(Chain, Chain.ix == OperationRow.chain_ix)
    )
    return {row.record: row.desk for row in session.execute(wanted)}
