"""The directory: partners with their services, and recruiters (DOMAIN 4.10, 4.28)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casedesk import codelists
from casedesk.desk import Desk
from casedesk.errors import InvalidInput, NotFound, Problem
from casedesk.fields import Level
from casedesk.formats import day_in_dhaka
from casedesk.i18n import _, spoken_first
from casedesk.models import (
    Case,
    CaseIndex,
    Provider,
    ProviderService,
    Recorded,
    Recruiter,
    RecruiterInvolvement,
    Referral,
    State,
    fields_of,
    values_of,
)
from casedesk.search_keys import number_key, sounds_of, words_of
from casedesk.services.edits import Edits, apply_edits
from casedesk.services.permissions import may, needs, visible

R = TypeVar("R", bound=Recorded)

LAST_ANSWERS = 5
MOST = 200
FEWEST_DIGITS = 4


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One service of a partner, and how old the number of free places is."""

    id: UUID
    service: str
    capacity: int | None
    last_verified_on: date | None
    functional: str | None
    eligibility: str
    cost: str


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """A partner in a list. `accepted` of the last `answered` referrals; `answer_days` is the usual wait."""

    id: UUID
    name: str
    type: str
    districts: tuple[str, ...]
    phone: str
    takes: str
    hours: str
    active: bool
    services: tuple[ServiceRow, ...]
    accepted: int
    answered: int
    answer_days: int | None


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """A partner whole; `values` are the declared fields, for form and page."""

    row: ProviderRow
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ServiceEdit:
    """A change to one service of a partner; without an id a new one."""

    edits: Edits
    service_id: UUID | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class RecruiterRow:
    """A recruiter in a list, with how many cases name them."""

    id: UUID
    name: str
    type: str | None
    licence_no: str
    licence_status: str | None
    licence_checked_on: date | None
    district: str | None
    cases: int


@dataclass(frozen=True, slots=True)
class RecruiterFacts:
    """A recruiter whole. Telephone and address are left out for who may not edit the directory."""

    row: RecruiterRow
    values: Mapping[str, object]


@needs("directory.view")
def providers(
    desk: Desk, search: str = "", service: str | None = None, *, active_only: bool = True
) -> list[ProviderRow]:
    """Partners by name; those with a service, the ones with most free places first."""
    with desk.read() as session:
        wanted = select(Provider).where(Provider.removed_at.is_(None))
        if active_only:
            wanted = wanted.where(Provider.active.is_not(False))
        if service is not None:
            offering = select(ProviderService.provider_id).where(
                ProviderService.service == service, ProviderService.removed_at.is_(None)
            )
            wanted = wanted.where(Provider.id.in_(offering))
        found = [each for each in session.scalars(wanted) if _matches(search, _said_of(each), each.phone)]
        rows = _rows(session, found)
    if service is None:
        return sorted(rows, key=lambda row: row.name.casefold())
    return sorted(rows, key=lambda row: (*_readiness(row, service), row.name.casefold()))


@needs("directory.view")
def provider(desk: Desk, provider_id: UUID) -> ProviderFacts:
    with desk.read() as session:
        found = _present(session.get(Provider, provider_id))
        return ProviderFacts(_rows(session, [found])[0], values_of(found))


@needs("directory.edit")
def save_provider(desk: Desk, provider_id: UUID | None, edits: Edits, services: Sequence[ServiceEdit] = ()) -> UUID:
    """Change a partner and its services together, or add one. Field → (what was seen, what was written)."""
    with desk.write("directory.save_provider", about=provider_id) as session:
        found = Provider() if provider_id is None else _present(session.get(Provider, provider_id))
        apply_edits(found, edits)
        if provider_id is None and found.active is None:
            found.active = True
        _refuse_nameless(found)
        session.add(found)
        for change in services:
            _save_service(session, desk, found, change)
        return found.id


@needs("directory.view")
def recruiters(desk: Desk, search: str = "") -> list[RecruiterRow]:
    """Recruiters who have a name, those named in most cases first."""
    with desk.read() as session:
        wanted = select(Recruiter).where(Recruiter.removed_at.is_(None), Recruiter.name.is_not(None))
        found = [each for each in session.scalars(wanted) if _matches(search, _said_of_recruiter(each), each.phone)]
        named = _cases_naming(session, desk)
        found.sort(key=lambda each: (-named.get(each.id, 0), (each.name or "").casefold()))
        return [_recruiter_row(each, named) for each in found[:MOST]]


@needs("directory.view")
def recruiter(desk: Desk, recruiter_id: UUID) -> RecruiterFacts:
    with desk.read() as session:
        found = _present(session.get(Recruiter, recruiter_id))
        fields = fields_of(Recruiter)
        known = values_of(found)
        if not may(desk, "directory.edit"):
            known = {name: value for name, value in known.items() if fields[name].level < Level.RESTRICTED}
        return RecruiterFacts(_recruiter_row(found, _cases_naming(session, desk, recruiter_id)), known)


@needs("directory.edit")
def save_recruiter(desk: Desk, recruiter_id: UUID | None, edits: Edits) -> UUID:
    """Change a recruiter, or add one."""
    with desk.write("directory.save_recruiter", about=recruiter_id) as session:
        found = Recruiter() if recruiter_id is None else _present(session.get(Recruiter, recruiter_id))
        apply_edits(found, edits)
        if found.name is None and found.type is None:
            raise InvalidInput({"recruiter.name": [Problem(_("Type a name."))]})
        session.add(found)
        return found.id


def find_or_add_recruiter(session: Session, kind: str | None, name: str | None) -> Recruiter | None:
    """The recruiter of this type and name, spelled alike; added if there is none.

    A type without a name is kept too, as one nameless recruiter of that type.
    """
    if not kind and not name:
        return None
    wanted = select(Recruiter).where(Recruiter.type == (kind or None), Recruiter.removed_at.is_(None))
    same = session.scalars(wanted.where(Recruiter.name == (name or None))).first()
    if same is not None:
        return same
    words = words_of(name or "")
    if words:
        for known in session.scalars(wanted.where(Recruiter.name.is_not(None))):
            if words_of(known.name or "") == words:
                return known
    added = Recruiter(type=kind or None, name=name or None)
    session.add(added)
    return added


def name_of(found: Provider | None) -> str:
    """The partner's name in the language spoken, or the other one."""
    if found is None:
        return ""
    first, second = spoken_first(found.name_bn, found.name_en)
    return first or second


def _present(found: R | None) -> R:
    if found is None or found.removed_at is not None:
        raise NotFound
    return found


def _matches(search: str, said: Iterable[str], phone: str | None) -> bool:
    """Whether every word of the search begins a word, or a sound, of what is said; or its digits are in the phone."""
    looked_for = words_of(search)
    if not looked_for:
        return True
    digits = number_key(search)
    if len(digits) >= FEWEST_DIGITS and digits.isdigit() and phone and digits in number_key(phone):
        return True
    told = list(said)
    words = [word for text in told for word in words_of(text)]
    sounds = [sound for text in told for sound in sounds_of(text)]
    return all(_begins(word, words, sounds) for word in looked_for)


def _begins(word: str, words: Iterable[str], sounds: Sequence[str]) -> bool:
    if any(each.startswith(word) for each in words):
        return True
    return any(each.startswith(key) for key in sounds_of(word) if len(key) > 1 for each in sounds)


def _said_of(found: Provider) -> list[str]:
    districts = codelists.get("bd_district")
    places = [row for code in found.districts or [] if (row := districts.find(code)) is not None]
    said = [found.name_bn, found.name_en, found.address, *(row.en for row in places), *(row.bn for row in places)]
    return [text for text in said if text]


def _said_of_recruiter(found: Recruiter) -> list[str]:
    place = codelists.get("bd_district").find(found.district)
    said = [found.name, found.licence_no, *((place.en, place.bn) if place is not None else ())]
    return [text for text in said if text]


def _readiness(row: ProviderRow, service: str) -> tuple[bool, bool, int]:
    """What is full or works on paper only comes last, then more free places come first."""
    offered = next(each for each in row.services if each.service == service)
    return offered.capacity == 0, offered.functional == "paper_only", -(offered.capacity or 0)


def _rows(session: Session, found: Sequence[Provider]) -> list[ProviderRow]:
    ids = [each.id for each in found]
    services: dict[UUID | None, list[ServiceRow]] = {}
    offered = select(ProviderService).where(ProviderService.provider_id.in_(ids), ProviderService.removed_at.is_(None))
    order = codelists.get("service_type")
    for each in sorted(session.scalars(offered), key=lambda one: row.sort if (row := order.find(one.service)) else 0):
        services.setdefault(each.provider_id, []).append(_service_row(each))
    answers = _last_answers(session, ids)
    return [_row(each, services.get(each.id, []), answers.get(each.id, [])) for each in found]


def _row(found: Provider, services: Sequence[ServiceRow], answers: Sequence[tuple[bool, int | None]]) -> ProviderRow:
    waits = [days for _accepted, days in answers if days is not None]
    return ProviderRow(
        id=found.id,
        name=name_of(found),
        type=found.type or "",
        districts=tuple(found.districts or ()),
        phone=found.phone or "",
        takes=found.takes or "",
        hours=found.hours or "",
        active=found.active is not False,
        services=tuple(services),
        accepted=sum(accepted for accepted, _days in answers),
        answered=len(answers),
        answer_days=round(median(waits)) if waits else None,
    )


def _service_row(each: ProviderService) -> ServiceRow:
    return ServiceRow(
        id=each.id,
        service=each.service or "",
        capacity=each.capacity,
        last_verified_on=each.last_verified_on,
        functional=each.functional,
        eligibility=each.eligibility or "",
        cost=each.cost or "",
    )


def _last_answers(session: Session, providers: Sequence[UUID]) -> dict[UUID, list[tuple[bool, int | None]]]:
    """For each partner the last answers to referrals: whether accepted, and after how many days."""
    place = func.row_number().over(partition_by=Referral.provider_id, order_by=Referral.sent_at.desc())
    answered = Referral.accepted_at.is_not(None) | State.status.in_(("declined", "expired"))
    ranked = (
        select(
            Referral.provider_id,
            Referral.sent_at,
            Referral.accepted_at,
            State.status,
            State.since,
            place.label("place"),
        )
        .join(State, State.entity_id == Referral.id)
        .where(Referral.provider_id.in_(providers), Referral.sent_at.is_not(None), answered)
        .subquery()
    )
    found: dict[UUID, list[tuple[bool, int | None]]] = {}
    for provider_id, sent, accepted, status, since, _place in session.execute(
        select(ranked).where(ranked.c.place <= LAST_ANSWERS)
    ):
        heard = accepted or (since if status == "declined" else None)
        found.setdefault(provider_id, []).append((accepted is not None, _days(sent, heard) if heard else None))
    return found


def _days(first: datetime, then: datetime) -> int:
    return (day_in_dhaka(then) - day_in_dhaka(first)).days


def _refuse_nameless(found: Provider) -> None:
    problems: dict[str, list[Problem]] = {}
    if found.name_bn is None and found.name_en is None:
        problems["provider.name_bn"] = [Problem(_("Type the name in Bangla or in English."))]
    if found.type is None:
        problems["provider.type"] = [Problem(_("Choose a kind of partner."))]
    if problems:
        raise InvalidInput(problems)


def _save_service(session: Session, desk: Desk, of: Provider, change: ServiceEdit) -> None:
    if change.service_id is None:
        service = ProviderService(provider_id=of.id)
    else:
        service = _present(session.get(ProviderService, change.service_id))
        if service.provider_id != of.id:
            raise NotFound
    apply_edits(service, change.edits)
    if service.service is None:
        raise InvalidInput({"provider_service.service": [Problem(_("Choose a service."))]})
    if "capacity" in change.edits and "last_verified_on" not in change.edits:
        service.last_verified_on = desk.today()
    if change.removed:
        service.removed_at = desk.clock()
    session.add(service)


def _cases_naming(session: Session, desk: Desk, recruiter_id: UUID | None = None) -> dict[UUID, int]:
    """How many cases that one may know of name each recruiter: a hidden one is in no count."""
    wanted = (
        select(RecruiterInvolvement.recruiter_id, func.count(Case.id.distinct()))
        .join(Case, Case.index_episode_id == RecruiterInvolvement.episode_id)
        .join(CaseIndex, CaseIndex.case_id == Case.id)
        .where(RecruiterInvolvement.removed_at.is_(None), visible(desk.actor))
        .group_by(RecruiterInvolvement.recruiter_id)
    )
    if recruiter_id is not None:
        wanted = wanted.where(RecruiterInvolvement.recruiter_id == recruiter_id)
    return {named: count for named, count in session.execute(wanted) if named is not None}


def _recruiter_row(found: Recruiter, named: Mapping[UUID, int]) -> RecruiterRow:
    return RecruiterRow(
        id=found.id,
        name=found.name or "",
        type=found.type,
        licence_no=found.licence_no or "",
        licence_status=found.licence_status,
        licence_checked_on=found.licence_checked_on,
        district=found.district,
        cases=named.get(found.id, 0),
    )
