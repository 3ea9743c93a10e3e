"""What was done that is about no single case: signing in, searching, users, what was given out, exchange, copies,
refusals (SECURITY 10).

What was done with a case stands in its own history. Searches are told by where and how many were found, never by the
words: those would be a list of people somebody was curious about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, bindparam, exists, func, or_, select, union_all
from sqlalchemy.orm import Session

from casedesk import codelists
from casedesk.desk import Desk
from casedesk.fields import Level
from casedesk.models import (
    Change,
    Disclosure,
    ExchangeRate,
    OfficialCostLimit,
    Operation,
    Provider,
    Recruiter,
    User,
    recorded_models,
)
from casedesk.services.given_out import REPORT
from casedesk.services.permissions import needs
from casedesk.services.providers import name_of
from casedesk.services.users import names_of_users
from casedesk.storage.arrived import NOTED
from casedesk.storage.belonging import tables_of_cases
from casedesk.storage.operations import ClockFlag, OperationKind, Value, shown, unpack
from casedesk.storage.recorder import OPERATION_TABLE, moment_of

NEWEST = 2**62


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was done. `about` names whom or what: a user, a partner, a currency, a country, who received a
    report. `scope` and `hits` are of a search."""

    seq: int
    action: str
    about: str
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
        rows = session.execute(_TRAIL, {"before": before or NEWEST, "size": size}).all()
        about = _named(session, [row.seq for row in rows])
        return [_entry(row.seq, row.actor, row.wall, row.flags, row.body, people, about) for row in rows]


# Not merely all but the tables of cases: one that only a newer version knows may tell of cases, too. What is given out
# may tell of many.
_OFFICE = recorded_models().keys() - tables_of_cases() | {Disclosure.__tablename__, NOTED}
_NOT_OF_A_CASE = union_all(select(User.id), select(Provider.id), select(Recruiter.id))
_TRAIL = (
    select(Operation.seq, Operation.actor, Operation.wall, Operation.flags, Operation.body)
    .where(
        Operation.seq < bindparam("before"),
        Operation.kind != OperationKind.MARK,
        ~exists().where(
            Change.operation_seq == Operation.seq,
            or_(
                Change.table.not_in(_OFFICE),
                and_(Change.table == NOTED, Change.record.not_in(_NOT_OF_A_CASE)),  # noted about a case
            ),
        ),
    )
    .order_by(Operation.seq.desc())
    .limit(bindparam("size"))
)


def _named(session: Session, operations: Sequence[int]) -> dict[int, str]:
    """Of each operation whom or what it is about, where that has a name."""
    touched = session.execute(
        select(Change.operation_seq, func.min(Change.record))
        .where(Change.operation_seq.in_(operations))
        .group_by(Change.operation_seq)
    ).all()
    ids = {record for _seq, record in touched}
    names = {user: name for user, name in names_of_users(session).items() if user in ids}
    names |= {each.id: name_of(each) for each in session.scalars(select(Provider).where(Provider.id.in_(ids)))}
    names |= {each.id: each.name or "" for each in session.scalars(select(Recruiter).where(Recruiter.id.in_(ids)))}
    currencies = codelists.get("currency")
    for rate in session.scalars(select(ExchangeRate).where(ExchangeRate.id.in_(ids))):
        names[rate.id] = currencies.label(rate.currency)
    countries = codelists.get("destination_country")
    for limit in session.scalars(select(OfficialCostLimit).where(OfficialCostLimit.id.in_(ids))):
        names[limit.id] = countries.label(limit.country)
    for out in session.scalars(select(Disclosure).where(Disclosure.id.in_(ids))):
        kind, _space, report = (out.document or "").partition(" ")
        names[out.id] = " · ".join(filter(None, (report if kind == REPORT else "", out.recipient_name)))
    return {seq: names.get(record, "") for seq, record in touched}


def _entry(
    seq: int, actor: bytes, wall: int, flags: int, body: bytes, people: Mapping[UUID, str], about: Mapping[int, str]
) -> AuditEntry:
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
        about=about.get(seq, ""),
        by=people.get(UUID(bytes=actor), ""),
        at=moment_of(wall),
        doubtful=bool(flags & ClockFlag.BEHIND),
        scope=str(said.get("scope", "")),
        hits=hits if isinstance(hits, int) else None,
    )
