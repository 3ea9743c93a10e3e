"""Drafts: intakes begun and not yet registered. They stay in this vault and out of the journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import NotFound
from casedesk.models import Draft, DraftCount
from casedesk.services.answers import NAMES, Answers, restored, stored
from casedesk.services.permissions import needs


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A draft in a list."""

    id: UUID
    name: str
    kind: str
    begun_at: datetime
    saved_at: datetime
    answers: Answers


@needs("case.draft")
def begin_draft(desk: Desk, kind: str, answers: Answers) -> UUID:
    """Keep a new draft and return its id. `kind` is "quick" or "full"."""
    draft_id = uuid4()
    with desk.local() as session:
        now = desk.clock()
        session.add(
            Draft(id=draft_id, author_id=desk.actor.id, kind=kind, begun_at=now, saved_at=now, answers=stored(answers))
        )
    return draft_id


@needs("case.draft")
def save_draft(desk: Desk, draft_id: UUID, answers: Answers) -> datetime:
    """Keep the answers as they are now; returns when that was."""
    with desk.local() as session:
        draft = _own(desk, session, draft_id)
        draft.answers = stored(answers)
        draft.saved_at = desk.clock()
        return draft.saved_at


@needs("case.draft")
def open_draft(desk: Desk, draft_id: UUID) -> DraftRow:
    with desk.read() as session:
        return _row(_own(desk, session, draft_id))


@needs("case.draft")
def drafts(desk: Desk) -> list[DraftRow]:
    """The drafts of the one signed in, the newest first."""
    with desk.read() as session:
        wanted = select(Draft).where(Draft.author_id == desk.actor.id).order_by(Draft.saved_at.desc())
        return [_row(draft) for draft in session.scalars(wanted)]


@needs("case.draft")
def delete_draft(desk: Desk, draft_id: UUID) -> None:
    """Remove a draft for ever; only the number of deleted drafts of the day stays."""
    with desk.local() as session:
        session.delete(_own(desk, session, draft_id))
        count = session.get(DraftCount, desk.today())
        if count is None:
            session.add(DraftCount(day=desk.today(), count=1))
        else:
            count.count += 1


def _own(desk: Desk, session: Session, draft_id: UUID) -> Draft:
    draft = session.get(Draft, draft_id)
    if draft is None or draft.author_id != desk.actor.id:
        raise NotFound
    return draft


def _row(draft: Draft) -> DraftRow:
    answers = restored(draft.answers)
    name = next((name for key in NAMES if (name := answers.get(key))), "")
    return DraftRow(draft.id, str(name), draft.kind, draft.begun_at, draft.saved_at, answers)
