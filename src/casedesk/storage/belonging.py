"""Which cases a record belongs to, and how high that lifts what is said of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from casedesk.fields import Level
from casedesk.models import Case, FollowUp, MigrationEpisode, Person, Recorded, recorded_models
from casedesk.storage.arrived import LINKS, Link
from casedesk.storage.bulk import in_parts
from casedesk.storage.recorder import Altered


def cases_of(session: Session, altered: Sequence[Altered]) -> dict[UUID, set[UUID]]:
    """For each altered record the cases that it belongs to, and those that it belonged to before."""
    links = {each.record.id: set(_links(each)) for each in altered}
    return _cases_at(session, links, _from_new(altered))


def cases_of_stored(session: Session, records: Mapping[str, Collection[UUID]]) -> dict[UUID, set[UUID]]:
    """For each of these records, ids by table, the cases that it belongs to. Of a record nothing else is read."""
    links: dict[UUID, set[Link]] = {}
    for table in records.keys() & recorded_models().keys():
        columns = recorded_models()[table].__table__.c
        names = [name for name in ("id", *LINKS, "entity", "entity_id") if name in columns]
        for some in in_parts(list(records[table])):
            wanted = select(*(columns[name] for name in names)).where(columns.id.in_(some))
            for row in session.execute(wanted).all():
                links[row.id] = set(_links_of(table, row.id, dict(zip(names, row, strict=True)).get))
    return _cases_at(session, links, {})


def records_of(session: Session, cases: Collection[UUID]) -> dict[str, set[UUID]]:
    """Every record that belongs to these cases, ids by table: their own, their people's, their journeys'."""
    found: dict[str, set[UUID]] = defaultdict(set)
    for some in in_parts(list(cases)):
        rows = session.execute(select(Case.id, Case.person_id, Case.index_episode_id).where(Case.id.in_(some))).all()
        people = {row.person_id for row in rows} - {None}
        episodes = {row.index_episode_id for row in rows} - {None}
        episodes |= set(session.scalars(select(MigrationEpisode.id).where(MigrationEpisode.person_id.in_(people))))
        ids = {"case_id": {row.id for row in rows}, "person_id": people, "episode_id": episodes}
        for name, kind in LINKS.items():
            found[kind] |= ids[name]
        for table, model in recorded_models().items():
            columns = model.__table__.c
            for name in ids.keys() & columns.keys() if model is not Case else ():
                found[table] |= set(session.scalars(select(columns.id).where(columns[name].in_(ids[name]))))
    return found


def tables_of_cases() -> frozenset[str]:
    """The tables whose records belong to cases."""
    models = recorded_models().items()
    hanging = {table for table, model in models if LINKS.keys() & model.__table__.c.keys()}
    return frozenset(hanging | set(LINKS.values()))


def read_records(session: Session, ids: Mapping[str, Collection[UUID]]) -> list[Recorded]:
    """The records themselves, of ids by table."""
    found: list[Recorded] = []
    for table, its in ids.items():
        model = recorded_models()[table]
        for some in in_parts(sorted(its)):
            found += session.scalars(select(model).where(model.id.in_(some)))
    return found


def records_themselves(session: Session, case_id: UUID) -> list[Recorded]:
    """The records of a case, read."""
    return read_records(session, records_of(session, {case_id}))


def alone(session: Session, case_id: UUID, staying: Callable[[set[UUID]], Collection[UUID]]) -> dict[str, set[UUID]]:
    """What goes when a case goes, ids by table: without what it shares with another case that stays.

    `staying` tells of the cases with which it shares something, itself not among them, which ones do.
    """
    by_table = records_of(session, {case_id})
    belongs = cases_of_stored(session, by_table)
    kept = set(staying(set().union(*belongs.values()) - {case_id}))
    return {table: {id_ for id_ in ids if not belongs.get(id_, set()) & kept} for table, ids in by_table.items()}


def ids_of(session: Session, cases: Collection[UUID]) -> set[UUID]:
    """The same without the tables: an id belongs to one only."""
    return set().union(*records_of(session, cases).values())


def _cases_at(session: Session, links: Mapping[UUID, set[Link]], known: dict[Link, set[UUID]]) -> dict[UUID, set[UUID]]:
    """For each record the cases at the other end of its links, some of which are known already."""
    wanted: dict[str, set[UUID]] = {}
    for kind, to in {link for found in links.values() for link in found} - known.keys():
        wanted.setdefault(kind, set()).add(to)
    known |= {("case", to): {to} for to in wanted.get("case", ())}
    for kind, ways in WAYS.items():
        for to, case_id in reached(session, ways, wanted.get(kind, set())):
            known.setdefault((kind, to), set()).add(case_id)
    return {record: set().union(*(known.get(link, ()) for link in found)) for record, found in links.items()}


def _from_new(altered: Sequence[Altered]) -> dict[Link, set[UUID]]:
    """The cases of what this very write brought: nothing written before can hang on it."""
    found: dict[Link, set[UUID]] = {}
    by_person: dict[UUID | None, set[UUID]] = {}
    by_episode: dict[UUID | None, set[UUID]] = {}
    for each in altered:
        if isinstance(case := each.record, Case):
            by_person.setdefault(case.person_id, set()).add(case.id)
            by_episode.setdefault(case.index_episode_id, set()).add(case.id)
    for each in altered:
        match each.record if each.new else None:
            case Person(id=new):
                found["person", new] = by_person.get(new, set())
            case MigrationEpisode(id=new, person_id=person) if ("person", person) in found or person is None:
                found["migration_episode", new] = by_episode.get(new, set()) | by_person.get(person, set())
            case FollowUp(id=new, case_id=case_id):
                found["follow_up", new] = {case_id} if case_id is not None else set()
    return found


def _links(altered: Altered) -> Iterator[Link]:
    """What the record hangs on, now and before."""
    record, before = altered.record, {"entity": getattr(altered.record, "entity", None), **altered.before}
    yield from _links_of(record.__tablename__, record.id, lambda name: getattr(record, name, None))
    yield from _links_of(record.__tablename__, record.id, before.get)


def _links_of(table: str, record: UUID, said: Callable[[str], object]) -> Iterator[Link]:
    """What a record hangs on, by what it says."""
    if table in ("case", "person", "migration_episode"):
        yield table, record
    if table == "case":
        return
    names = dict(LINKS)
    if table == "status_event" and (entity := said("entity")) in ("case", "follow_up"):
        names["entity_id"] = str(entity)
    for name, kind in names.items():
        if isinstance(to := said(name), UUID):
            yield kind, to


WAYS: dict[str, tuple[Select[Any, Any], ...]] = {
    "person": (select(Case.person_id, Case.id),),
    "migration_episode": (
        select(Case.index_episode_id, Case.id),
        select(MigrationEpisode.id, Case.id).join(Case, Case.person_id == MigrationEpisode.person_id),
    ),
    "follow_up": (select(FollowUp.id, FollowUp.case_id),),
}


def reached(
    session: Session, ways: Sequence[Select[Any, Any]], wanted: Collection[UUID]
) -> Iterator[tuple[UUID, UUID]]:
    for some in in_parts(list(wanted)):
        for way in ways:
            found = session.execute(way.where(way.selected_columns[0].in_(some)))
            yield from ((to, case_id) for to, case_id in found if case_id is not None)


def floors(
    session: Session, altered: Sequence[Altered], cases: Mapping[UUID, set[UUID]], about: UUID | None
) -> dict[UUID, Level]:
    """Restricted for each record of a confidential case, and for one that the operation is about."""
    here = {each.record.id: each for each in altered if isinstance(each.record, Case)}
    secret = {case_id for case_id, each in here.items() if getattr(each.record, "confidential_case", None)}
    secret |= {case_id for case_id, each in here.items() if each.before.get("confidential_case")}  # until it is lifted
    others = set().union(*cases.values(), {about} - {None}) - here.keys()
    if others:
        secret |= set(session.scalars(select(Case.id).where(Case.id.in_(others), Case.confidential_case.is_(True))))
    found = {record: Level.RESTRICTED for record, belongs in cases.items() if belongs & secret}
    return found | ({about: Level.RESTRICTED} if about in secret else {})
