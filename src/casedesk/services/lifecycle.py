"""Life cycles: which step may follow which, held as data in `resources/lifecycles.csv` (DOMAIN 5).

A step that is not listed is refused. `needs` names what has to be there first: fields of the record, `reason`,
or a condition that the subject's own module checks.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.lifecycles import Step, steps_from
from casedesk.models import Recorded, State, StatusEvent
from casedesk.storage.rows import Rows


class NotThisStep(CaseDeskError):
    """The life cycle does not allow the step."""

    def __init__(self) -> None:
        super().__init__(
            _("This step cannot follow the present state."),
            hint=_("Nothing was changed. Open it again: somebody may have taken a step meanwhile."),
        )


def states_of(rows: Rows, case_id: UUID) -> dict[UUID, State]:
    """Where the case and what belongs to it are in their lives, by record."""
    return {state.entity_id: state for state in rows.of(State, "case_id", case_id)}


def step_to(entity: str, status: str | None, to: str) -> Step:
    """The step, or NotThisStep."""
    for step in steps_from(entity, status):
        if step.to == to:
            return step
    raise NotThisStep


def status_of(session: Session, entity_id: UUID) -> str | None:
    state = session.get(State, entity_id)
    return state.status if state is not None else None


def begin(session: Session, desk: Desk, record: Recorded, *steps: str) -> None:
    """Take the first steps of a record made in this very session."""
    now: str | None = None
    for to in steps:
        step_to(record.__tablename__, now, to)
        session.add(_event(desk, record, now, to, None, None))
        now = to


def take(
    session: Session,
    desk: Desk,
    record: Recorded,
    to: str,
    *,
    reason_code: str | None = None,
    reason: str | None = None,
) -> None:
    """Take a step from the state the record is in. The caller has checked rights and needs."""
    now = status_of(session, record.id)
    step_to(record.__tablename__, now, to)
    session.add(_event(desk, record, now, to, reason_code, reason))


def _event(
    desk: Desk, record: Recorded, now: str | None, to: str, reason_code: str | None, reason: str | None
) -> StatusEvent:
    case_id = record.id if record.__tablename__ == "case" else getattr(record, "case_id", None)
    return StatusEvent(
        case_id=case_id,
        entity=record.__tablename__,
        entity_id=record.id,
        from_status=now,
        to_status=to,
        at=desk.clock(),
        reason_code=reason_code,
        reason_text=reason,
    )
