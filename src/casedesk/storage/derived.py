"""Tables computed from the records: states, the list of cases, and what cases are found by.

They are brought up to date in the transaction that changes the records, and can be rebuilt at any time;
`casedesk check` compares them with a fresh computation.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, TypeAlias, cast
from uuid import UUID

from sqlalchemy import BindParameter, Table, bindparam, delete, select, text, update
from sqlalchemy.orm import Session

from casedesk import codelists
from casedesk.lifecycles import is_a_step
from casedesk.models import (
    Base,
    Case,
    CaseIndex,
    FollowUp,
    IdentityDocument,
    MigrationEpisode,
    NumberKey,
    Person,
    State,
    StatusEvent,
)
from casedesk.parsing import document_key
from casedesk.progress import Progress, silent
from casedesk.search_keys import number_key, phone_key, sounds_of, words_of
from casedesk.storage.arrived import first_written
from casedesk.storage.belonging import WAYS, reached
from casedesk.storage.bulk import in_parts, put
from casedesk.storage.merging import Merged
from casedesk.storage.recorder import Altered
from casedesk.storage.registers import Knowledge, in_causal_order

Event: TypeAlias = Any  # a StatusEvent, or a plain row of one
NOTHING_DUE = date(9999, 12, 31)
NO_PRIORITY = 99
_MADE_OF = frozenset(("case", "person", "migration_episode", "status_event", "follow_up", "identity_document"))
STATEFUL = ("case", "referral", "follow_up")


def refresh(session: Session, altered: Sequence[Altered], cases: Mapping[UUID, set[UUID]]) -> None:
    """Bring every computed row up to date that depends on these records."""
    new = {each.record.id for each in altered if each.new}
    begun: dict[UUID, list[StatusEvent]] = {}
    moved: set[UUID] = set()
    for each in altered:
        if isinstance(event := each.record, StatusEvent):
            if event.entity_id in new and each.new and event.removed_at is None:
                begun.setdefault(event.entity_id, []).append(event)
            else:
                moved |= {to for to in (event.entity_id, each.before.get("entity_id")) if isinstance(to, UUID)}
    refold(session, moved)
    for entity_id, events in begun.items():
        if (told := _state_of(fold([sorted(events, key=lambda event: event.id)]))) is not None:
            session.add(State(entity_id=entity_id, **told))
    session.flush()
    for case_id in set().union(*cases.values()):
        index_case(session, case_id, new=case_id in new)


def refresh_merged(session: Session, merged: Merged) -> None:
    """Bring every computed row up to date after other desks' operations were taken in."""
    wanted = {(table, UUID(bytes=record)) for table, record in merged.records if table in ("case", *WAYS)}
    wanted |= {link for table, links in merged.links.items() if table in _MADE_OF for link in links}
    refold(session, [to for table, to in merged.links.get("status_event", ()) if table in STATEFUL])
    cases = {to for table, to in wanted if table == "case"}
    for table, ways in WAYS.items():
        found = reached(session, ways, [to for kind, to in wanted if kind == table])
        cases |= {case_id for _to, case_id in found}
    for some in in_parts(sorted(cases)):
        _index_cases(session, some)


def _index_cases(session: Session, cases: Sequence[UUID]) -> None:
    """Index some cases with a few questions for all of them together. What is the same as before is not written."""
    near = _Near(session, cases)
    before = {row["case_id"]: dict(row) for row in session.execute(_INDEX_ROWS, {"cases": cases}).mappings()}
    wanted = {case.id: near.index_row(case) for case in near.cases}
    keys = {case.id: near.keys(case) for case in near.cases}
    gone = [case for case in before if case not in wanted]
    if gone:
        session.execute(delete(CaseIndex).where(CaseIndex.case_id.in_(gone)))
    changed: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for case, row in before.items():
        if names := tuple(name for name, value in wanted.get(case, {}).items() if value != row[name]):
            values = {f"new_{name}": wanted[case][name] for name in names}
            changed.setdefault(names, []).append(values | {"which": row["row"]})
    for names, rows in changed.items():
        told = _CHANGED_ROW.values({name: bindparam(f"new_{name}") for name in names})
        session.connection().execute(told, rows)
    new = [case for case in wanted if case not in before]
    put(session, CaseIndex, [wanted[case] for case in new])
    numbers = {case: row["row"] for case, row in before.items()}
    numbers |= {row.case_id: row.row for row in session.execute(_ROW_NUMBERS, {"cases": new})} if new else {}
    _write_keys_anew(session, numbers, keys, _all_keys_kept(session, {before[case]["row"]: case for case in before}))


def _write_keys_anew(
    session: Session, numbers: Mapping[UUID, int], wanted: Mapping[UUID, _Keys], kept: Mapping[UUID, _Keys]
) -> None:
    """Put other keys in the place of those kept, where they differ; `numbers` are the rows of the cases."""
    stale = [case for case, keys in kept.items() if keys != wanted.get(case)]
    fresh = [(numbers[case], case, keys) for case, keys in wanted.items() if keys != kept.get(case)]
    _forget_all(session, [(numbers[case], case) for case in stale])
    _write_all_keys(session, fresh)


class _Near:
    """Some cases as plain rows, and what their index rows are made of."""

    def __init__(self, session: Session, ids: Sequence[UUID]) -> None:
        # One that says nothing was forgotten, or nobody had the right to say what was said of it.
        self.cases = [case for case in session.execute(_CASES, {"cases": ids}) if _says_anything(case)]
        people = [case.person_id for case in self.cases if case.person_id is not None]
        journeys = [case.index_episode_id for case in self.cases if case.index_episode_id is not None]
        self._people = {row.id: row for row in session.execute(_PEOPLE, {"people": people})}
        self._episodes: dict[UUID, Any] = {row.id: row for row in session.execute(_JOURNEYS, {"journeys": journeys})}
        self._states: dict[UUID, Any] = {row.entity_id: row for row in session.execute(_STATES, {"cases": ids})}
        self._documents: dict[UUID, list[str | None]] = {}
        for person, number in session.execute(_ALL_DOCUMENTS, {"people": people}):
            if person is not None:
                self._documents.setdefault(person, []).append(number)
        self._planned: dict[UUID, Any] = {}
        for row in session.execute(_ALL_PLANNED, {"cases": ids}):
            self._planned.setdefault(row.case_id, row)

    def index_row(self, case: Any) -> dict[str, Any]:
        episode = self._episodes.get(case.index_episode_id)
        told = _index_row(case, self._person(case), episode, self._states.get(case.id), self._planned.get(case.id))
        return {"case_id": case.id, **told}

    def keys(self, case: Any) -> _Keys:
        return _keys_of(case, self._person(case), self._documents.get(case.person_id, ()))

    def _person(self, case: Any) -> Any:
        return self._people.get(case.person_id) or _NOBODY


def _says_anything(case: Any) -> bool:
    return any(getattr(case, name) is not None for name in _SAID)


COMPUTED = ("state", "number_key", "case_index", "case_words")


def rebuild(session: Session, progress: Progress = silent) -> None:
    """Make every computed table anew."""
    for table in COMPUTED:
        session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - four names of ours
    session.expire_all()
    entities = session.scalars(select(StatusEvent.entity_id).where(StatusEvent.entity_id.is_not(None)).distinct()).all()
    cases = session.scalars(select(Case.id)).all()
    for some in in_parts([each for each in entities if each is not None]):
        progress.step(0, len(cases))
        refold(session, some)
    done = 0
    for some in in_parts(cases):
        progress.step(done, len(cases))
        _index_cases(session, some)
        done += len(some)
        session.expunge_all()  # or a large vault would be held in memory whole


def differs(session: Session, progress: Progress = silent) -> bool:
    """Whether a computed table says something else than the records.

    They are made anew in temporary tables of the same names, which stand before the stored ones while this session
    looks: the session is one of `Store.apart`.
    """
    for table in COMPUTED:
        made: str = session.scalars(
            text("SELECT sql FROM main.sqlite_master WHERE name = :name"), {"name": table}
        ).one()
        beside = re.sub(rf'TABLE "?{table}"?', f'TABLE temp."{table}"', made, count=1)
        session.connection().exec_driver_sql(beside)
    rebuild(session, progress)
    rows = ", ".join(column.name for column in CaseIndex.__table__.columns if column.key != "row")
    compared = (
        "SELECT * FROM {0}.state",
        "SELECT case_id, kind, key FROM {0}.number_key",
        f"SELECT {rows} FROM {{0}}.case_index",  # noqa: S608 - columns of ours
        "SELECT i.case_id, w.words, w.sounds FROM {0}.case_words w JOIN {0}.case_index i ON i.row = w.rowid",
    )
    ways = [(wanted.format(one), wanted.format(other)) for wanted in compared for one, other in _BOTH_WAYS]
    return any(session.execute(text(f"{here} EXCEPT {there} LIMIT 1")).first() for here, there in ways)


_BOTH_WAYS = (("main", "temp"), ("temp", "main"))


def refold(session: Session, entities: Collection[UUID]) -> None:
    """Compute the state of these entities from their events."""
    if not entities:
        return
    new = []
    for some in in_parts(list(entities)):
        states = {state.entity_id: state for state in session.scalars(select(State).where(State.entity_id.in_(some)))}
        events = events_of(session, some)
        for entity_id in some:
            told, state = _state_of(fold(events.get(entity_id, ()))), states.get(entity_id)
            if state is None and told is not None:
                new.append({"entity_id": entity_id, **told})
            elif state is not None and told is not None:
                _set(state, told)
            elif state is not None:
                session.delete(state)
        session.flush()
    put(session, State, new)


def _state_of(folded: Folded) -> dict[str, Any] | None:
    last = folded.last
    if last is None or last.to_status is None or last.at is None:
        return None
    told = {"entity": last.entity or "", "case_id": last.case_id, "status": last.to_status, "since": last.at}
    return told | {"skipped": len(folded.skipped)}


def _set(row: Base, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def events_of(session: Session, entities: Collection[UUID]) -> dict[UUID, list[list[Event]]]:
    """The status events of these entities in the order in which their authors knew of them; no clock decides.

    Those that one operation told stand together. Where an entity was begun stands first: a beginning that was told
    again stands under a new number, which those who took later steps do not know (SYNC 10).
    """
    wanted = _EVENTS.where(StatusEvent.entity_id.in_(entities), StatusEvent.removed_at.is_(None))
    by_entity: dict[UUID, list[Event]] = {}
    for event in session.execute(wanted.order_by(StatusEvent.id)):
        if event.entity_id is not None:
            by_entity.setdefault(event.entity_id, []).append(event)
    knowledge = Knowledge(session)
    places = first_written(session, [event.id for events in by_entity.values() for event in events], knowledge)
    found: dict[UUID, list[list[StatusEvent]]] = {}
    for entity_id, events in by_entity.items():
        told = [event for event in events if event.id in places]
        ordered = in_causal_order(told, lambda event: places[event.id], knowledge.knows)
        by_operation = [list(some) for _number, some in groupby(ordered, lambda e: places[e.id].operation)]
        found[entity_id] = sorted(by_operation, key=_begins, reverse=True)
    return found


def _begins(told: Iterable[Event]) -> bool:
    return any(event.from_status is None for event in told)


@dataclass(frozen=True, slots=True)
class Folded:
    """The event that says where an entity is now, and those that the life cycle did not allow where they stood."""

    last: Event | None
    skipped: tuple[Event, ...]


def fold(events: Iterable[Sequence[Event]]) -> Folded:
    """Take the events one operation after the other. A step that cannot follow is skipped, for good (DOMAIN 2.8)."""
    last: Event | None = None
    skipped: list[Event] = []
    for told in events:
        waiting = list(told)
        while (step := next((event for event in waiting if _follows(event, last)), None)) is not None:
            waiting.remove(step)
            last = step
        skipped += waiting
    return Folded(last, tuple(skipped))


def _follows(event: Event, last: Event | None) -> bool:
    now = last.to_status if last is not None else None
    return event.from_status == now and is_a_step(event.entity or "", now, event.to_status or "")


def index_case(session: Session, case_id: UUID, *, new: bool = False) -> None:
    """Write the list row and the search keys of a case; a new one has none yet."""
    case = session.get(Case, case_id)
    if case is None:
        return
    row = None if new else session.scalars(_INDEX_ROW, {"case": case_id}).one_or_none()
    if case.removed_at is not None or not _says_anything(case):
        if row is not None:
            _forget_all(session, [(row.row, case_id)])
            session.delete(row)
            session.flush()
        return
    person = (session.get(Person, case.person_id) if case.person_id else None) or _NOBODY
    kept = _all_keys_kept(session, {row.row: case_id}) if row is not None else {}
    row = row or CaseIndex(case_id=case_id)
    with session.no_autoflush:  # the row is written once, when it is whole
        episode = session.get(MigrationEpisode, case.index_episode_id) if case.index_episode_id else None
        planned = session.execute(_NEXT_PLANNED, {"case": case.id}).first()
        _set(row, _index_row(case, person, episode, session.get(State, case.id), planned))
        session.add(row)
    session.flush()
    keys = _keys_of(case, person, session.scalars(_DOCUMENTS, {"person": case.person_id}))
    _write_keys_anew(session, {case_id: row.row}, {case_id: keys}, kept)


def _index_row(
    case: Case, person: Person, episode: MigrationEpisode | None, state: State | None, planned: Any
) -> dict[str, Any]:
    """What lists show of a case. All may be plain rows as well."""
    status = codelists.get("case_status").find(state.status if state else "registered")
    priority = codelists.get("priority").find(case.priority)
    is_open = status is not None and status.yes("is_open")
    due_on, due_what, due_id = _next_due(case, planned) if is_open else (NOTHING_DUE, "", None)
    name_en = person.name_en or person.nickname or ""
    return {
        "person_id": case.person_id,
        "case_number": case.case_number or "",
        "person_code": person.person_code or "",
        "name_bn": person.name_bn or "",
        "name_en": name_en,
        "name_key": " ".join(sounds_of(name_en or person.name_bn or ""))[:200],
        "sex_gender": person.sex_gender,
        "category": case.category,
        "status": status.code if status else "",
        "is_open": is_open,
        "priority": case.priority,
        "priority_rank": priority.sort if priority else NO_PRIORITY,
        "country": episode.destination_country if episode else None,
        "district": person.district,
        "owner_id": case.owner_id,
        "supervisor_id": case.supervisor_id,
        "team": case.team,
        "named_access": " ".join(case.named_access or []),
        "confidential": bool(case.confidential_case),
        "hide_name": bool(case.hide_name),
        "opened_on": case.opened_on,
        "due_on": due_on,
        "due_what": due_what,
        "due_id": due_id,
    }


def _next_due(case: Case, planned: Any) -> tuple[date, str, UUID | None]:
    contact = case.next_contact_on
    if planned is not None and (contact is None or planned.due_on <= contact):
        return planned.due_on, planned.task or planned.type or "", planned.id
    return (contact, "", None) if contact is not None else (NOTHING_DUE, "", None)


_PLANNED = (
    select(FollowUp.due_on, FollowUp.task, FollowUp.type, FollowUp.id, FollowUp.case_id)
    .join(State, State.entity_id == FollowUp.id)
    .where(State.status == "planned", FollowUp.removed_at.is_(None), FollowUp.due_on.is_not(None))
    .order_by(FollowUp.due_on, FollowUp.id)
)
_NEXT_PLANNED = _PLANNED.where(FollowUp.case_id == bindparam("case")).limit(1)
_ALL_PLANNED = _PLANNED.where(FollowUp.case_id.in_(bindparam("cases", expanding=True)))
_DOCUMENTS = select(IdentityDocument.number).where(
    IdentityDocument.person_id == bindparam("person"), IdentityDocument.removed_at.is_(None)
)
_ALL_DOCUMENTS = select(IdentityDocument.person_id, IdentityDocument.number).where(
    IdentityDocument.person_id.in_(bindparam("people", expanding=True)), IdentityDocument.removed_at.is_(None)
)
_NOBODY = Person()  # of a case whose person has not come yet
_EVENTS = select(
    StatusEvent.id,
    StatusEvent.entity,
    StatusEvent.entity_id,
    StatusEvent.case_id,
    StatusEvent.from_status,
    StatusEvent.to_status,
    StatusEvent.at,
)
_SOME_CASES: BindParameter[Any] = bindparam("cases", expanding=True)
_CASES = select(
    Case.id,
    Case.person_id,
    Case.index_episode_id,
    Case.case_number,
    Case.category,
    Case.priority,
    Case.owner_id,
    Case.supervisor_id,
    Case.team,
    Case.named_access,
    Case.confidential_case,
    Case.hide_name,
    Case.opened_on,
    Case.next_contact_on,
).where(Case.id.in_(_SOME_CASES), Case.removed_at.is_(None))
_SAID = tuple(name for name in _CASES.selected_columns.keys() if name != "id")  # noqa: SIM118 - no mapping
_PEOPLE = select(
    Person.id,
    Person.person_code,
    Person.name_bn,
    Person.name_en,
    Person.nickname,
    Person.sex_gender,
    Person.district,
    Person.phone_1,
    Person.phone_2,
).where(Person.id.in_(bindparam("people", expanding=True)))
_JOURNEYS = select(MigrationEpisode.id, MigrationEpisode.destination_country).where(
    MigrationEpisode.id.in_(bindparam("journeys", expanding=True))
)
_STATES = select(State.entity_id, State.status).where(State.entity_id.in_(_SOME_CASES))
_INDEX = cast(Table, CaseIndex.__table__)
_INDEX_ROWS = select(_INDEX).where(_INDEX.c.case_id.in_(_SOME_CASES))
_ROW_NUMBERS = select(CaseIndex.row, CaseIndex.case_id).where(CaseIndex.case_id.in_(_SOME_CASES))
_CHANGED_ROW = update(_INDEX).where(_INDEX.c.row == bindparam("which"))
_INDEX_ROW = select(CaseIndex).where(CaseIndex.case_id == bindparam("case"))
_NEW_WORDS = text("INSERT INTO case_words(rowid, words, sounds) VALUES (:row, :words, :sounds)")


@dataclass(frozen=True, slots=True)
class _Keys:
    """What a case is found by: words and sounds of its names, and numbers with their kind."""

    words: str
    sounds: str
    numbers: frozenset[tuple[str, str]]


def _keys_of(case: Case, person: Person, documents: Iterable[str | None]) -> _Keys:
    names = [name for name in (person.name_bn, person.name_en, person.nickname) if name]
    words = {word: None for name in names for word in words_of(name)}
    sounds = {sound: None for name in names for sound in sounds_of(name)}
    numbers = {("case", number_key(case.case_number or "")), ("case", person.person_code or "")}
    numbers |= {("document", document_key(number)) for number in documents if number}
    for phone in filter(None, (person.phone_1, person.phone_2)):
        local = phone_key(phone)
        numbers |= {("phone", local), ("ending", local[::-1])}
    return _Keys(" ".join(words), " ".join(sounds), frozenset((kind, key) for kind, key in numbers if key))


def _all_keys_kept(session: Session, cases: Mapping[int, UUID]) -> dict[UUID, _Keys]:
    """What these cases, by the numbers of their rows, are found by until now."""
    if not cases:
        return {}
    numbers: dict[UUID, set[tuple[str, str]]] = {case: set() for case in cases.values()}
    for case, kind, key in session.execute(_ALL_NUMBERS, {"cases": list(cases.values())}):
        numbers[case].add((kind, key))
    words = session.execute(_ALL_WORDS, {"rows": list(cases)})
    return {cases[each.row]: _Keys(each.words, each.sounds, frozenset(numbers[cases[each.row]])) for each in words}


def _write_all_keys(session: Session, fresh: Sequence[tuple[int, UUID, _Keys]]) -> None:
    words = [{"row": row, "words": keys.words, "sounds": keys.sounds} for row, _case, keys in fresh]
    numbers = [
        {"case_id": case, "kind": kind, "key": key} for _row, case, keys in fresh for kind, key in sorted(keys.numbers)
    ]
    if words:
        session.connection().execute(_NEW_WORDS, words)
    put(session, NumberKey, numbers)


def _forget_all(session: Session, rows: Sequence[tuple[int, UUID]]) -> None:
    if rows:
        session.connection().execute(text("DELETE FROM case_words WHERE rowid = :row"), [{"row": r} for r, _ in rows])
        session.execute(delete(NumberKey).where(NumberKey.case_id.in_([case for _row, case in rows])))


_ALL_NUMBERS = select(NumberKey.case_id, NumberKey.kind, NumberKey.key).where(
    NumberKey.case_id.in_(bindparam("cases", expanding=True))
)
_ALL_WORDS = text('SELECT rowid AS "row", words, sounds FROM case_words WHERE rowid IN :rows').bindparams(
    bindparam("rows", expanding=True)
)
