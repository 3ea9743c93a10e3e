"""Notes about a case: written once, and corrected only by another note that points to them (DOMAIN 4.35)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from casedesk import codelists
from casedesk.desk import Desk
from casedesk.errors import InvalidInput, NotFound, Problem
from casedesk.i18n import _
from casedesk.models import Case, CaseNote
from casedesk.services.edits import apply_edits, as_new
from casedesk.services.permissions import needs, open_case, see_case, within_reach


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A note in a list. `text` is None where the user may not read a restricted note, and so is who took part."""

    id: UUID
    type: str
    at: datetime | None
    by: str
    text: str | None
    participants: str | None
    restricted: bool
    corrects: UUID | None
    corrected_by: UUID | None


@needs("case.note")
def add_note(
    desk: Desk, case_id: UUID, kind: str, text: str, participants: str = "", corrects: UUID | None = None
) -> UUID:
    """Write a note; `kind` is a code of note_type, `corrects` the note that this one puts right."""
    with desk.write("note.add", about=case_id) as session:
        case = open_case(desk, session, "case.note", case_id)
        note = CaseNote(case_id=case_id)
        values = {"type": kind, "text": text, "participants": participants, "corrects_id": corrects, "at": desk.clock()}
        apply_edits(note, as_new(values))
        if note.text is None:
            raise InvalidInput({"case_note.text": [Problem(_("Write something first."))]})
        if note.type is None:
            raise InvalidInput({"case_note.type": [Problem(_("Choose a kind of note."))]})
        if corrects is not None:
            _refuse_less_restricted(session, case, note, corrects)
        session.add(note)
        return note.id


@needs("case.view")
def notes_of(desk: Desk, case_id: UUID, reason: str = "") -> list[NoteRow]:
    """The notes of a case, the newest first; `reason` is the one recorded for what is restricted."""
    with desk.rows() as rows:
        case = see_case(desk, rows, "case.view", case_id)
        notes = [note for note in rows.of(CaseNote, "case_id", case_id) if note.removed_at is None]
        written = rows.first_written(CaseNote, "case_id", case_id)
        corrected = {note.corrects_id: note.id for note in notes if note.corrects_id is not None}
        reads_all = reads_restricted(desk, case, reason)
        ordered = sorted(notes, key=lambda note: written[note.id][0], reverse=True)
        return [_row(case, note, written[note.id][1], corrected.get(note.id), reads_all=reads_all) for note in ordered]


def reads_restricted(desk: Desk, case: Case, reason: str = "") -> bool:
    """Whether the user reads the restricted words of this case, for the reason recorded or without one."""
    return within_reach(desk.actor, "case.view_restricted", case, reason=reason)


def is_restricted(case: Case, note: CaseNote) -> bool:
    """By its kind, or because everything about the case is."""
    kind = codelists.get("note_type").find(note.type)
    return bool(case.confidential_case) or kind is None or kind.extra["default_sensitivity"] == "restricted"


def _refuse_less_restricted(session: Session, case: Case, note: CaseNote, corrects: UUID) -> None:
    """A correction repeats what it corrects: it must not be read by more people."""
    first = session.get(CaseNote, corrects)
    if first is None or first.case_id != case.id:
        raise NotFound
    if is_restricted(case, first) and not is_restricted(case, note):
        label = codelists.get("note_type").label(first.type)
        problem = Problem(
            _("This corrects a restricted note. Keep its kind: {kind}.").format(kind=label),
            fix=first.type,
            fix_text=label,
        )
        raise InvalidInput({"case_note.type": [problem]})


def _row(case: Case, note: CaseNote, by: str, corrected_by: UUID | None, *, reads_all: bool) -> NoteRow:
    restricted = is_restricted(case, note)
    readable = reads_all or not restricted
    return NoteRow(
        id=note.id,
        type=note.type or "",
        at=note.at,
        by=by,
        text=(note.text or "") if readable else None,
        participants=(note.participants or "") if reads_all else None,
        restricted=restricted,
        corrects=note.corrects_id,
        corrected_by=corrected_by,
    )
