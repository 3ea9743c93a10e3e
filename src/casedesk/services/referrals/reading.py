"""Referrals as lists and pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from casedesk import codelists
from casedesk.desk import Desk
from casedesk.errors import NotFound
from casedesk.fields import Kind
from casedesk.formats import day_in_dhaka
from casedesk.lifecycles import steps_from
from casedesk.models import CaseIndex, NeedItem, Provider, Referral, State, fields_of
from casedesk.services import lifecycle
from casedesk.services.consents import scope_for
from casedesk.services.notes import reads_restricted
from casedesk.services.permissions import needs, open_case, see_case, visible
from casedesk.services.providers import name_of

WAITING = ("sent", "acknowledged")
GROUPS: Mapping[str, tuple[str, ...]] = {
    "unsent": ("draft", "ready"),
    "waiting": WAITING,
    "under_way": ("accepted", "in_service"),
    "ended": tuple(codelists.get("referral_status").where("terminal")),
}
WITHOUT_CONSENT = "without_consent"  # beside GROUPS: those that an exception let go


@dataclass(frozen=True, slots=True)
class ReferralRow:
    """A referral in a list. `days_waiting` counts from sending while no answer has come."""

    id: UUID
    case_id: UUID
    number: str
    status: str
    since: datetime
    direction: str
    service: str
    provider_id: UUID | None
    provider: str
    need: str | None
    priority: str | None
    needed_by: date | None
    answer_due: date | None
    sent_at: datetime | None
    accepted_at: datetime | None
    appointment_at: datetime | None
    days_waiting: int | None
    overdue: bool
    decline_reason: str | None
    outcome: str | None
    next_steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListedReferral:
    """A referral beside the person it is for."""

    referral: ReferralRow
    case_number: str
    person_code: str
    name_bn: str
    name_en: str
    hide_name: bool
    owner_id: UUID | None


@dataclass(frozen=True, slots=True)
class ReferralFacts:
    """A referral whole. `values` are its declared fields, without restricted words for who may not read them."""

    row: ReferralRow
    values: Mapping[str, object]
    scope: str


@needs("case.view")
def referrals_of(desk: Desk, case_id: UUID) -> list[ReferralRow]:
    """The referrals of a case, the newest first."""
    with desk.rows() as rows:
        see_case(desk, rows, "case.view", case_id)
        states = lifecycle.states_of(rows, case_id)
        found = [
            _row(
                desk,
                referral,
                states[referral.id],
                rows.one(Provider, referral.provider_id),
                need.need if (need := rows.one(NeedItem, referral.need_id)) is not None else None,
            )
            for referral in rows.of(Referral, "case_id", case_id)
            if referral.removed_at is None and referral.id in states
        ]
    return sorted(found, key=lambda row: row.since, reverse=True)


@needs("case.view")
def referral_facts(desk: Desk, referral_id: UUID) -> ReferralFacts:
    """A referral for its page and its letter."""
    with desk.read() as session:
        found = session.execute(_with_all(Referral.id == referral_id)).first()
        if found is None:
            raise NotFound
        referral, _state, provider, _need = found
        case = open_case(desk, session, "case.view", referral.case_id or referral_id)
        restricted = reads_restricted(desk, case)
        shown = [name for name, declared in fields_of(Referral).items() if restricted or declared.kind is not Kind.TEXT]
        return ReferralFacts(
            row=_row(desk, *found),
            values={name: value for name in shown if (value := getattr(referral, name)) is not None},
            scope=scope_for(referral.service, provider.type if provider else None) if referral.service else "",
        )


@needs("referral.list")
def waiting(desk: Desk) -> list[ListedReferral]:
    """Referrals of cases one may know of that were sent and not answered, the longest wait first."""
    return all_referrals(desk, "waiting")


@needs("referral.list")
def all_referrals(desk: Desk, group: str | None = None, limit: int = 500) -> list[ListedReferral]:
    """Referrals of cases one may know of, one of GROUPS or all; the longest wait first, elsewhere the newest."""
    wanted = (
        select(Referral, State, Provider, NeedItem.need, CaseIndex)
        .join(State, State.entity_id == Referral.id)
        .join(CaseIndex, CaseIndex.case_id == Referral.case_id)
        .outerjoin(Provider, Provider.id == Referral.provider_id)
        .outerjoin(NeedItem, NeedItem.id == Referral.need_id)
        .where(*_known(desk, group))
    )
    order = Referral.sent_at if group == "waiting" else State.since.desc()
    with desk.read() as session:
        return [
            ListedReferral(
                referral=_row(desk, referral, state, provider, need),
                case_number=case.case_number,
                person_code=case.person_code,
                name_bn=case.name_bn,
                name_en=case.name_en,
                hide_name=case.hide_name,
                owner_id=case.owner_id,
            )
            for referral, state, provider, need, case in session.execute(wanted.order_by(order).limit(limit))
        ]


@needs("referral.list")
def count_referrals(desk: Desk, group: str | None = None) -> int:
    """How many there are, however long the list is that is shown."""
    wanted = (
        select(func.count())
        .select_from(Referral)
        .join(State, State.entity_id == Referral.id)
        .join(CaseIndex, CaseIndex.case_id == Referral.case_id)
        .where(*_known(desk, group))
    )
    with desk.read() as session:
        return session.scalar(wanted) or 0


def _known(desk: Desk, group: str | None) -> tuple[ColumnElement[bool], ...]:
    """The referrals of a group, of cases one may know of."""
    known = (State.entity == "referral", Referral.removed_at.is_(None), visible(desk.actor))
    if group == WITHOUT_CONSENT:
        return (*known, Referral.consent_exception.is_not(None))
    return known if group is None else (*known, State.status.in_(GROUPS[group]))


def _with_all(where: Any) -> Select[Referral, State, Provider, str | None]:
    return (
        select(Referral, State, Provider, NeedItem.need)
        .join(State, State.entity_id == Referral.id)
        .outerjoin(Provider, Provider.id == Referral.provider_id)
        .outerjoin(NeedItem, NeedItem.id == Referral.need_id)
        .where(where, Referral.removed_at.is_(None))
    )


def _row(desk: Desk, referral: Referral, state: State, provider: Provider | None, need: str | None) -> ReferralRow:
    today = desk.today()
    unanswered = state.status in WAITING
    overdue = unanswered and referral.expires_on is not None and referral.expires_on < today
    steps = [step.to for step in steps_from("referral", state.status)]
    return ReferralRow(
        id=referral.id,
        case_id=referral.case_id or referral.id,
        number=referral.number or "",
        status=state.status,
        since=state.since,
        direction=referral.direction or "",
        service=referral.service or "",
        provider_id=referral.provider_id,
        provider=name_of(provider),
        need=need,
        priority=referral.priority,
        needed_by=referral.needed_by,
        answer_due=referral.expires_on,
        sent_at=referral.sent_at,
        accepted_at=referral.accepted_at,
        appointment_at=referral.appointment_at,
        days_waiting=(today - day_in_dhaka(referral.sent_at)).days if unanswered and referral.sent_at else None,
        overdue=overdue,
        decline_reason=referral.decline_reason,
        outcome=referral.outcome,
        next_steps=tuple(to for to in steps if to != "expired" or overdue),
    )
