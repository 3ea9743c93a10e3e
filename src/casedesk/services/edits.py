"""Changing a record: what a person saw beside what they wrote, so that nobody overwrites what they never read."""

from __future__ import annotations

from collections.abc import Mapping

from casedesk.errors import Conflict, InvalidInput, Problem
from casedesk.fields import problem_with, tidy
from casedesk.models import Recorded, fields_of

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
