"""Tables computed from the records: states, the list of cases, and what cases are found by.

They are brought up to date in the transaction that changes the records, and can be rebuilt at any time;
`casedesk check` compares them with a fresh computation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from casedesk import codelists
from casedesk.fields import Level
from casedesk.models import (
    Case,
    CaseIndex,
    Change,
    FollowUp,
    IdentityDocument,
    MigrationEpisode,
    NumberKey,
    Person,
    Recorded,
    State,
    StatusEvent,
)
from casedesk.parsing import document_key
from casedesk.search_keys import number_key, sounds_of, words_of

NOTHING_DUE = date(9999, 12, 31)
NO_PRIORITY = 99


def floors(session: Session, records: Iterable[Recorded]) -> dict[Recorded, Level]:
    """The lowest level of the leaves of each record: restricted where a confidential case is concerned."""
    touched = list(records)
    secret = set(session.scalars(select(CaseIndex.case_id).where(CaseIndex.confidential)))
    secret |= {record.id for record in touched if isinstance(record, Case) and record.confidential_case}
    if not secret:
        return {}
    return {record: Level.RESTRICTED for record in touched if cases_of(session, record) & secret}


def cases_of(session: Session, record: Recorded) -> set[UUID]:
    """The cases that a record belongs to."""
    if isinstance(record, Case):
        return {record.id}
    if (case_id := getattr(record, "case_id", None)) is not None:
        return {case_id}
    person_id = record.id if isinstance(record, Person) else getattr(record, "person_id", None)
    if (episode_id := getattr(record, "episode_id", None)) is not None:
        episode = session.get(MigrationEpisode, episode_id)
        person_id = episode.person_id if episode is not None else None
    if person_id is None:
        return set()
    return set(session.scalars(select(Case.id).where(Case.person_id == person_id)))


def refresh(session: Session, records: Sequence[Recorded]) -> None:
    """Bring every computed row up to date that depends on these records."""
    refold(session, {r.entity_id: r for r in records if isinstance(r, StatusEvent) and r.entity_id is not None})
    cases: set[UUID] = set()
    for record in records:
        cases |= cases_of(session, record)
    for case_id in cases:
        index_case(session, case_id)


def rebuild(session: Session) -> None:
    """Make every computed table anew."""
    for table in ("state", "number_key", "case_index", "case_words"):
        session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - four names of ours
    events = session.scalars(select(StatusEvent))
    refold(session, {event.entity_id: event for event in events if event.entity_id is not None})
    for case_id in session.scalars(select(Case.id)).all():
        index_case(session, case_id)


def refold(session: Session, entities: dict[UUID, StatusEvent]) -> None:
    """Compute the state of these entities from their events."""
    for entity_id, event in entities.items():
        last = fold(events_of(session, entity_id))
        if last is None or last.to_status is None or last.at is None:
            continue
        state = session.get(State, entity_id)
        if state is None:
            state = State(entity_id=entity_id, entity=event.entity or "", case_id=event.case_id)
            session.add(state)
        state.status, state.since = last.to_status, last.at
    session.flush()


def events_of(session: Session, entity_id: UUID) -> list[StatusEvent]:
    """The status events of an entity in the order of the journal; no clock decides."""
    wanted = (
        select(StatusEvent)
        .join(Change, Change.record == StatusEvent.id)
        .where(StatusEvent.entity_id == entity_id, StatusEvent.removed_at.is_(None))
        .order_by(Change.operation_seq)
    )
    return list(session.scalars(wanted).unique())


def fold(events: Sequence[StatusEvent]) -> StatusEvent | None:
    """The event that says where the entity is now. One that does not start where the entity was is skipped."""
    last: StatusEvent | None = None
    waiting = list(events)
    while (step := next((e for e in waiting if e.from_status == (last.to_status if last else None)), None)) is not None:
        waiting.remove(step)
        last = step
    return last


def index_case(session: Session, case_id: UUID) -> None:
    """Write the list row and the search keys of a case."""
    case = session.get(Case, case_id)
    if case is None:
        return
    row = session.scalars(select(CaseIndex).where(CaseIndex.case_id == case_id)).one_or_none()
    if case.removed_at is not None:
        if row is not None:
            _forget(session, row.row, case_id)
            session.delete(row)
        return
    person = session.get(Person, case.person_id) or Person()
    if row is None:
        row = CaseIndex(case_id=case_id)
    with session.no_autoflush:  # the row is written once, when it is whole
        _fill(session, row, case, person)
        session.add(row)
    session.flush()
    _write_keys(session, row, case, person)


def _fill(session: Session, row: CaseIndex, case: Case, person: Person) -> None:
    episode = session.get(MigrationEpisode, case.index_episode_id) if case.index_episode_id else None
    state = session.get(State, case.id)
    status = codelists.get("case_status").find(state.status if state else "registered")
    row.person_id = case.person_id
    row.case_number = case.case_number or ""
    row.person_code = person.person_code or ""
    row.name_bn = person.name_bn or ""
    row.name_en = person.name_en or person.nickname or ""
    row.name_key = " ".join(sounds_of(row.name_en or row.name_bn))[:200]
    row.sex_gender = person.sex_gender
    row.category = case.category
    row.status = status.code if status else ""
    row.is_open = status is not None and status.yes("is_open")
    row.priority = case.priority
    priority = codelists.get("priority").find(case.priority)
    row.priority_rank = priority.sort if priority else NO_PRIORITY
    row.country = episode.destination_country if episode else None
    row.district = person.district
    row.owner_id, row.supervisor_id, row.team = case.owner_id, case.supervisor_id, case.team
    row.named_access = " ".join(case.named_access or [])
    row.confidential = bool(case.confidential_case)
    row.hide_name = bool(case.hide_name)
    row.opened_on = case.opened_on
    row.due_on, row.due_what, row.due_id = _next_due(session, case) if row.is_open else (NOTHING_DUE, "", None)


def _next_due(session: Session, case: Case) -> tuple[date, str, UUID | None]:
    planned = session.scalars(
        select(FollowUp)
        .join(State, State.entity_id == FollowUp.id)
        .where(FollowUp.case_id == case.id, State.status == "planned", FollowUp.removed_at.is_(None))
        .order_by(FollowUp.due_on)
    ).first()
    contact = case.next_contact_on
    if planned is not None and planned.due_on is not None and (contact is None or planned.due_on <= contact):
        return planned.due_on, planned.task or planned.type or "", planned.id
    return (contact, "", None) if contact is not None else (NOTHING_DUE, "", None)


def _write_keys(session: Session, row: CaseIndex, case: Case, person: Person) -> None:
    _forget(session, row.row, case.id)
    names = [name for name in (person.name_bn, person.name_en, person.nickname) if name]
    words = {word: None for name in names for word in words_of(name)}
    sounds = {sound: None for name in names for sound in sounds_of(name)}
    session.execute(
        text("INSERT INTO case_words(rowid, words, sounds) VALUES (:row, :words, :sounds)"),
        {"row": row.row, "words": " ".join(words), "sounds": " ".join(sounds)},
    )
    documents = session.scalars(
        select(IdentityDocument.number).where(
            IdentityDocument.person_id == person.id, IdentityDocument.removed_at.is_(None)
        )
    )
    keys = {("case", number_key(case.case_number or "")), ("case", person.person_code or "")}
    keys |= {("document", document_key(number)) for number in documents if number}
    for phone in filter(None, (person.phone_1, person.phone_2)):
        local = "0" + phone.removeprefix("+880") if phone.startswith("+880") else phone.removeprefix("+")
        keys |= {("phone", local), ("ending", local[::-1])}
    session.add_all(NumberKey(case_id=case.id, kind=kind, key=key) for kind, key in sorted(keys) if key)
    session.flush()


def _forget(session: Session, row: int, case_id: UUID) -> None:
    session.execute(text("DELETE FROM case_words WHERE rowid = :row"), {"row": row})
    session.execute(delete(NumberKey).where(NumberKey.case_id == case_id))
