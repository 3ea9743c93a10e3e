"""Cases without a name, made and taken in: one row of codes for who agreed to that, and totals for who wants to be
counted (DOMAIN 11)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casedesk.fields import Field, Kind, Level, level_of
from casedesk.models import (
    Case,
    Chain,
    CodedRow,
    CountRow,
    IncidentViolation,
    MigrationEpisode,
    Person,
    Recorded,
    State,
    fields_of,
)
from casedesk.services.ages import age_band, age_of
from casedesk.services.statistics import suppress
from casedesk.storage.bulk import in_parts
from casedesk.storage.installation import remember, remembered
from casedesk.storage.operations import place_of_parent
from casedesk.sync.bodies import Coded, CodedRows, Count, plain
from casedesk.sync.roster import Member
from casedesk.values import PartialDay

Value = bool | int | str | tuple[str, ...]
SERIOUS: Final = "serious_violence"
_CODED: Final = frozenset((Kind.CODE, Kind.CODES, Kind.ANSWER, Kind.TICK))
_DATED: Final = frozenset((Kind.DAY, Kind.PARTIAL_DAY, Kind.MOMENT))
_NEAR_HOME: Final = frozenset(("bd_upazila",))  # below the district


def row_of(case_id: UUID) -> bytes:
    """By what a coded row is replaced by a later one: a fingerprint of the case's id, which is random."""
    return blake2b(case_id.bytes, digest_size=16, person=b"cdesk.coded.1").digest()


def coded_row(session: Session, case_id: UUID, today: date) -> Coded:
    """The case in codes and months, as far as its declarations allow; nothing of a case that is gone."""
    case = session.get(Case, case_id)
    if case is None or case.removed_at is not None:
        return Coded(row_of(case_id), {})
    person = (session.get(Person, case.person_id) if case.person_id else None) or Person()
    episode = session.get(MigrationEpisode, case.index_episode_id) if case.index_episode_id else None
    state = session.get(State, case.id)
    values: dict[str, Value] = {"person_code": person.person_code or "", "age_band": age_band(age_of(person, today))}
    for record in (person, case, episode):
        if record is not None:
            values |= _values(record)
    if state is not None:
        values["case.status"] = state.status
    happened = _happened(session, case_id)
    if happened:
        values["violations"] = happened
    return Coded(row_of(case_id), dict(sorted(values.items())))


def _values(record: Recorded) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, declared in fields_of(type(record)).items():
        value = getattr(record, name)
        if value is None or level_of(declared, value) > Level.INTERNAL:
            continue
        told = _told(declared, value)
        if told is not None:
            found[f"{record.__tablename__}.{name}"] = told
    return found


def _told(declared: Field, value: object) -> Value | None:
    """A code as it is, a date as its month, and nothing of anything else."""
    if declared.kind in _CODED and declared.code_list not in _NEAR_HOME:
        return tuple(value) if isinstance(value, list) else value  # type: ignore[return-value]  # str or bool, by its kind
    if declared.kind in _DATED:
        first = value.first if isinstance(value, PartialDay) else value
        return f"{first:%Y-%m}" if isinstance(first, date | datetime) else None
    return None


def _happened(session: Session, case_id: UUID) -> tuple[str, ...]:
    wanted = select(IncidentViolation).where(
        IncidentViolation.case_id == case_id, IncidentViolation.removed_at.is_(None)
    )
    declared = fields_of(IncidentViolation)["violation"]
    codes = [each.violation for each in session.scalars(wanted) if each.violation]
    return tuple(sorted({code if level_of(declared, code) <= Level.INTERNAL else SERIOUS for code in codes}))


def totals(session: Session, cases: Collection[UUID]) -> tuple[Count, ...]:
    """How many of these cases were opened in each month, in all and by category, as far as nobody can be worked out."""
    by_month: dict[str, Counter[str]] = defaultdict(Counter)
    for case in _cases(session, cases):
        if case.opened_on is not None:
            by_month[f"{case.opened_on:%Y-%m}"][case.category or ""] += 1
    return tuple(count for month in sorted(by_month) for count in of_month(month, by_month[month]))


def _cases(session: Session, ids: Collection[UUID]) -> Iterator[Case]:
    for some in in_parts(list(ids)):
        yield from session.scalars(select(Case).where(Case.id.in_(some), Case.removed_at.is_(None)))


def of_month(month: str, by_category: Mapping[str, int]) -> Iterator[Count]:
    """The totals of one month, protected like the table of a report; those without a category count in the sum."""
    whole = ("cases", "")
    parts = {("category", code): count for code, count in by_category.items()}
    counts = {whole: sum(parts.values()), **parts}
    try:
        told = suppress.protect(counts, [suppress.Sum(whole, tuple(parts))])
        exact = {key for key, each in told.items() if each.exact}
    except suppress.TooLittleToHide:
        exact = set()
    for (what, code), count in sorted(counts.items()):
        if code or what == "cases":
            yield Count(month, what, code, count if (what, code) in exact else None)


def take_coded(session: Session, author: Member, told: CodedRows, now: datetime) -> None:
    """Put rows in the place of older ones of the same author; totals are always all of them.

    After a restore the author stands in another chain. Up to where that goes on from the one before, the one before is
    older; beyond it nobody can say which place is the older one, and what comes later counts.
    """
    place, continued = (told.chain.hex(), told.upto), _continued(session, author)
    of_author = f"coded {author.desk.hex()}"
    known = remembered(session, of_author) or {}
    if _is_older(place, known.get("whole"), continued):
        return
    rows = {row.row: row.values for row in told.rows}
    there = {row.row: row for row in session.scalars(select(CodedRow).where(CodedRow.desk == author.desk))}
    if told.whole:
        known["whole"] = place
        rows |= {row: {} for row in there.keys() - rows.keys()}
    for row, values in rows.items():
        if row in there and _is_older(place, ((there[row].chain or b"").hex(), there[row].upto), continued):
            continue
        session.merge(
            CodedRow(
                row=row,
                desk=author.desk,
                centre=author.centre,
                chain=told.chain,
                upto=told.upto,
                values=plain(dict(values)),
                came_at=now,
            )
        )
    if not _is_older(place, known.get("totals"), continued):
        known["totals"] = place
        _take_totals(session, author, told.counts, now)
    remember(session, of_author, known)


def _take_totals(session: Session, author: Member, counts: Iterable[Count], now: datetime) -> None:
    session.execute(delete(CountRow).where(CountRow.desk == author.desk))
    for each in counts:
        session.merge(
            CountRow(
                desk=author.desk,
                month=each.month,
                what=each.what,
                code=each.code,
                centre=author.centre,
                count=each.count,
                came_at=now,
            )
        )


def _continued(session: Session, author: Member) -> dict[str, tuple[str, int]]:
    """For each chain of an author the one that it goes on from, in hexadecimal, and after which number."""
    chains = session.execute(select(Chain.id, Chain.parent).where(Chain.desk == author.desk))
    parents = {id_.hex(): place_of_parent(parent) for id_, parent in chains if parent}
    return {chain: (before.hex(), at) for chain, (before, at) in parents.items()}


def _is_older(told: tuple[str, int], known: Sequence[Any] | None, continued: Mapping[str, tuple[str, int]]) -> bool:
    """Whether a desk stood in a place before another one: in hexadecimal the chain, and the number in it."""
    if known is None:
        return False
    chain, last = known[0], known[1] - 1
    for _chain in range(len(continued) + 1):  # whoever wrote them may lie, and lead in a circle
        if chain == told[0]:
            return bool(told[1] <= last)
        if chain not in continued:
            break
        chain, last = continued[chain]
    return False
