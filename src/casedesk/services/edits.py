"""Changing a record: what a person saw beside what they wrote, so that nobody overwrites what they never read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from casedesk.errors import Conflict, InvalidInput, Problem
from casedesk.fields import problem_with, tidy
from casedesk.models import Change, Operation, Recorded, fields_of
from casedesk.services.office import names_of_users

Edits = Mapping[str, tuple[object, object]]


def as_new(values: Mapping[str, object]) -> Edits:
    """The values of a record that says nothing yet, as edits."""
    return {name: (None, value) for name, value in values.items()}


def apply_edits(record: Recorded, edits: Edits) -> None:
    """Set fields to (what was seen, what was written). All of them or none.

    Raises InvalidInput with keys "table.field", or Conflict if the record says something else by now.
    """
    fields = fields_of(type(record))
    tidied = {name: (tidy(fields[name], seen), tidy(fields[name], now)) for name, (seen, now) in edits.items()}
    found: dict[str, list[Problem]] = {}
    for name, (_seen, now) in tidied.items():
        if (problem := problem_with(fields[name], now)) is not None:
            found[f"{record.__tablename__}.{name}"] = [problem]
    if found:
        raise InvalidInput(found)
    if any(getattr(record, name) != seen for name, (seen, _now) in tidied.items()):
        raise Conflict
    for name, (_seen, now) in tidied.items():
        setattr(record, name, now)


def first_written(session: Session, records: Iterable[UUID]) -> dict[UUID, tuple[int, str]]:
    """For each record the number of the operation that brought it, which tells the order, and who wrote it."""
    people = names_of_users(session)
    rows = session.execute(_FIRST_WRITTEN, {"records": list(records)})
    return {record: (seq, people.get(UUID(bytes=actor), "")) for record, seq, actor in rows}


_FIRST = (
    select(Change.record, func.min(Change.operation_seq).label("seq"))
    .where(Change.record.in_(bindparam("records", expanding=True)))
    .group_by(Change.record)
    .subquery()
)
_FIRST_WRITTEN = select(_FIRST.c.record, Operation.seq, Operation.actor).join(_FIRST, _FIRST.c.seq == Operation.seq)
