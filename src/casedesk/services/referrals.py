"""Referrals: who helps, what they are told and by which consent, and the answer (DOMAIN 4.29, 5.2, 11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from casedesk import codelists, formats
from casedesk.desk import DHAKA, Desk
from casedesk.errors import InvalidInput, NotFound, Problem
from casedesk.fields import Kind
from casedesk.i18n import _
from casedesk.lifecycles import Step, steps_from
from casedesk.models import (
    Case,
    CaseIndex,
    Disclosure,
    NeedItem,
    Provider,
    ProviderService,
    Referral,
    State,
    StatusEvent,
    fields_of,
)
from casedesk.services import lifecycle
from casedesk.services.consents import active_line, scope_for, status_now
from casedesk.services.edits import Edits, apply_edits, as_new
from casedesk.services.follow_ups import end_planned, planned
from casedesk.services.lifecycle import NotThisStep
from casedesk.services.notes import reads_restricted
from casedesk.services.numbers import next_referral_number
from casedesk.services.permissions import case_of, needs, open_case, open_record, see_case, visible
from casedesk.services.providers import name_of
from casedesk.services.sharing import SHARES, no_consent, pasted_texts, why_not

Problems = dict[str, list[Problem]]

WAITING = ("sent", "acknowledged")
GROUPS: Mapping[str, tuple[str, ...]] = {
    "unsent": ("draft", "ready"),
    "waiting": WAITING,
    "under_way": ("accepted", "in_service"),
    "ended": tuple(codelists.get("referral_status").where("terminal")),
}
# What may be written down with each step, beside a reason.
STEP_FIELDS: Mapping[str, tuple[str, ...]] = {
    "sent": ("sent_at", "sent_by_method", "expires_on"),
    "acknowledged": ("acknowledged_at", "acknowledged_by_name"),
    "accepted": ("accepted_at", "appointment_at", "acknowledged_by_name"),
    "declined": ("decline_reason", "outcome_text"),
    "in_service": ("service_started_on",),
    "completed": ("outcome", "outcome_text", "service_ended_on", "client_satisfied"),
    "client_declined": ("outcome", "outcome_text"),
    "no_show": ("outcome_text",),
}
EXCEPTION = ("consent_exception", "exception_reason")
EDITABLE = (
    "provider_id",
    "service",
    "need_id",
    "reason",
    "priority",
    "request",
    "summary_shared",
    "message",
    "fields_shared",
    "needed_by",
    "expires_on",
    "accompanied",
    "transport_paid",
    *EXCEPTION,
)
WITHOUT_CONSENT = "without_consent"  # beside GROUPS: those that an exception let go
IN_ORDER = ("prepared_at", "sent_at", "acknowledged_at", "accepted_at", "service_started_on", "service_ended_on")
OF_ONE_TRY = (
    "sent_by_method",
    "acknowledged_at",
    "acknowledged_by_name",
    "accepted_at",
    "appointment_at",
    "expires_on",
    *EXCEPTION,  # what could not wait then can be asked about now
)
ANSWER_DAYS, URGENT_ANSWER_DAYS = 14, 3
MOST_TRIES_AGAIN = 2
OWN_CENTRE = "own_centre"


@dataclass(frozen=True, slots=True)
class MakeReferral:
    """A referral as the sheet asks for it. `confirmed` has the rules whose warnings the worker has seen."""

    case_id: UUID
    service: str | None = None
    provider_id: UUID | None = None
    need_id: UUID | None = None
    reason: str | None = None
    priority: str | None = None
    request: str | None = None
    summary_shared: str | None = None
    message: str | None = None
    fields_shared: tuple[str, ...] = ()
    needed_by: date | None = None
    expires_on: date | None = None
    accompanied: bool | None = None
    transport_paid: bool | None = None
    consent_exception: str | None = None
    exception_reason: str | None = None
    as_draft: bool = False
    confirmed: frozenset[str] = frozenset()


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
    consent_status: str


@needs("referral.edit")
def make_referral(desk: Desk, command: MakeReferral) -> UUID:
    """Make a referral: ready to send if service, partner and consent are there, otherwise a draft."""
    with desk.write("referral.make", about=command.case_id) as session:
        case = open_case(desk, session, "referral.edit", command.case_id)
        referral = Referral(case_id=case.id, number=next_referral_number(session, desk))
        apply_edits(referral, as_new({name: getattr(command, name) for name in EDITABLE}))
        if any(getattr(command, name) for name in EXCEPTION):
            _check_exception(desk, session, case, referral)
        provider = _check_content(session, case, referral, command.confirmed)
        referral.direction = "internal" if provider is not None and provider.type == OWN_CENTRE else "outgoing"
        ready = not command.as_draft and not _not_ready(session, case, referral, desk.today())
        if ready:
            referral.prepared_at = desk.clock()
        session.add(referral)
        lifecycle.begin(session, desk, referral, *(("draft", "ready") if ready else ("draft",)))
        return referral.id


@needs("referral.edit")
def edit_referral(
    desk: Desk, referral_id: UUID, edits: Edits, confirmed: Iterable[str] = (), *, as_draft: bool = True
) -> None:
    """Change a referral that is not sent yet: field of EDITABLE → (what was seen, what was written).

    A draft becomes ready with it, or nothing is changed, unless it stays one.
    """
    with desk.write("referral.edit", about=case_of(desk, Referral, referral_id)) as session:
        referral, case = open_record(desk, session, "referral.edit", Referral, referral_id)
        status = lifecycle.status_of(session, referral_id)
        if status not in GROUPS["unsent"] or not edits.keys() <= set(EDITABLE):
            raise NotThisStep
        excepted = referral.consent_exception is not None  # for this partner and these words alone
        apply_edits(referral, edits)
        if excepted or not edits.keys().isdisjoint(EXCEPTION):
            _check_exception(desk, session, case, referral)
        provider = _check_content(session, case, referral, confirmed)
        referral.direction = "internal" if provider is not None and provider.type == OWN_CENTRE else "outgoing"
        if status == "ready" and (problems := _not_ready(session, case, referral, desk.today())):
            raise InvalidInput(problems)
        if status == "draft" and not as_draft:
            _take(session, desk, case, referral, "ready", {}, "")


@needs("referral.edit")
def send(desk: Desk, referral_id: UUID, method: str, on: date | datetime | None = None) -> None:
    """Write down that the referral has gone out, and plan to ask for the answer."""
    take_step(desk, referral_id, "sent", {"sent_by_method": method, "sent_at": on})


@needs("referral.edit")
def take_step(
    desk: Desk,
    referral_id: UUID,
    to: str,
    values: Mapping[str, object] | None = None,
    *,
    reason: str = "",
) -> None:
    """Take a step in the life of a referral, with what is to be written down about it (STEP_FIELDS).

    A moment that is left out is now; a day stands for some time of that day.
    """
    with desk.write(f"referral.{to}", about=case_of(desk, Referral, referral_id)) as session:
        referral, case = open_record(desk, session, "referral.edit", Referral, referral_id)
        _take(session, desk, case, referral, to, values or {}, reason.strip())


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
        scope = scope_for(referral.service, provider.type if provider else None) if referral.service else ""
        return ReferralFacts(
            row=_row(desk, *found),
            values={name: value for name in shown if (value := getattr(referral, name)) is not None},
            scope=scope,
            consent_status=status_now(session, case.id, scope, desk.today()) if scope else "",
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


# What is said, and by which consent


def _not_ready(session: Session, case: Case, referral: Referral, today: date) -> Problems:
    """What is missing before the referral may go out (V24). Notes by which consent line it may."""
    found: Problems = {}
    provider = session.get(Provider, referral.provider_id) if referral.provider_id is not None else None
    if provider is None:
        found["referral.provider_id"] = [Problem(_("Choose a partner."))]
    elif provider.active is False:
        found["referral.provider_id"] = [Problem(_("This partner does not work with us now."))]
    if referral.service is None:
        found["referral.service"] = [Problem(_("Choose a service."))]
        return found
    exception = referral.consent_exception is not None
    refusal = "" if exception else no_consent(session, case, referral.service, provider, today)
    if refusal:
        found["referral.consent_line_id"] = [Problem(refusal, rule="V24")]
        return found
    refusals = why_not(session, case, referral.service, provider, today, exception=exception)
    for key in referral.fields_shared or []:
        if refusals[key]:
            text = _("“{what}” may not be shared. {why}").format(what=_(SHARES[key].label), why=refusals[key])
            found.setdefault("referral.fields_shared", []).append(Problem(text))
    scope = scope_for(referral.service, provider.type if provider is not None else None)
    line = None if exception else active_line(session, case.id, scope, today, referral.provider_id)
    if line is not None and not found:
        referral.consent_line_id = line.id
    return found


def _check_exception(desk: Desk, session: Session, case: Case, referral: Referral) -> None:
    """Only a supervisor lets a referral go without consent, for one of three causes and a written reason (DOMAIN 11).

    Who may not do it does not undo it either.
    """
    open_case(desk, session, "referral.without_consent", case.id)
    if referral.consent_exception is None:
        referral.exception_reason = None
    elif referral.exception_reason is None:
        raise InvalidInput({"referral.exception_reason": [Problem(_("Write why it cannot wait for consent."))]})


def _check_content(session: Session, case: Case, referral: Referral, confirmed: Iterable[str]) -> Provider | None:
    """Refuse what names other records wrongly or repeats a restricted account (V42). Returns the partner."""
    provider = session.get(Provider, referral.provider_id) if referral.provider_id is not None else None
    need = session.get(NeedItem, referral.need_id) if referral.need_id is not None else None
    if (provider is None and referral.provider_id is not None) or (need is None and referral.need_id is not None):
        raise NotFound
    if need is not None and need.case_id != case.id:
        raise NotFound
    found: Problems = {}
    if unknown := set(referral.fields_shared or []) - SHARES.keys():
        text = _("“{code}” is not in the list.").format(code=min(unknown))
        found["referral.fields_shared"] = [Problem(text)]
    pasted = pasted_texts(session, case, referral)
    if "V42" not in confirmed:
        text = _("This repeats words from a restricted account. Say only what the partner needs.")
        found |= {f"referral.{name}": [Problem(text, rule="V42", warning=True)] for name in pasted}
    if found:
        raise InvalidInput(found)
    if pasted:
        kept = set(case.confirmed_warnings or [])
        case.confirmed_warnings = sorted(kept | {f"V42 {referral.number}"})
    return provider


# Steps


def _take(
    session: Session, desk: Desk, case: Case, referral: Referral, to: str, values: Mapping[str, object], reason: str
) -> None:
    before = lifecycle.status_of(session, referral.id)
    step = lifecycle.step_to("referral", before, to)
    open_case(desk, session, step.by, case.id)
    _fill(desk, referral, to, values)
    _prepare(desk, referral, before, to, values)
    if problems := _problems_with_step(session, desk, case, referral, step, reason):
        raise InvalidInput(problems)
    lifecycle.take(session, desk, referral, to, reason=reason or None)
    _follow_up(session, desk, case, referral, to)


def _fill(desk: Desk, referral: Referral, to: str, values: Mapping[str, object]) -> None:
    """Write down what comes with a step. The moment of the step itself is now if it is left out."""
    if unknown := values.keys() - set(STEP_FIELDS.get(to, ())):
        raise ValueError(f"{to} has no {min(unknown)}")
    now = desk.clock()
    declared = fields_of(Referral)
    given: dict[str, object] = dict(values)
    if f"{to}_at" in STEP_FIELDS.get(to, ()) and given.get(f"{to}_at") is None:
        given[f"{to}_at"] = now
    said = {name: value for name, value in given.items() if value is not None}
    edits: dict[str, tuple[object, object]] = {}
    for name, value in said.items():
        moment = declared[name].kind is Kind.MOMENT
        edits[name] = (getattr(referral, name), _as_moment(value, now) if moment else value)
    apply_edits(referral, edits)


def _as_moment(value: object, now: datetime) -> object:
    """Today is now, another day is its noon in Dhaka."""
    if isinstance(value, datetime) or not isinstance(value, date):
        return value
    return now if value == _day(now) else datetime.combine(value, time(12), DHAKA)


def _day(value: date | datetime) -> date:
    return value.astimezone(DHAKA).date() if isinstance(value, datetime) else value


def _prepare(desk: Desk, referral: Referral, before: str | None, to: str, said: Mapping[str, object]) -> None:
    """Fill in what follows from a step. A day for the answer that is over before it is sent was for an earlier day."""
    if to == "ready":
        referral.prepared_at = referral.prepared_at or desk.clock()
        if before != "draft":
            for name in OF_ONE_TRY:
                setattr(referral, name, None)
    if to == "sent" and referral.sent_at is not None and said.get("expires_on") is None:
        sent = _day(referral.sent_at)
        if referral.expires_on is None or referral.expires_on < sent:
            days = URGENT_ANSWER_DAYS if referral.priority == "urgent" else ANSWER_DAYS
            referral.expires_on = sent + timedelta(days=days)
    if to == "client_declined" and before == "in_service" and referral.outcome is None:
        referral.outcome = "client_dropped_out"


def _problems_with_step(
    session: Session, desk: Desk, case: Case, referral: Referral, step: Step, reason: str
) -> Problems:
    found: Problems = {}
    for need in step.needs:
        found |= _missing(session, desk, case, referral, need, reason)
    found |= _out_of_order(referral, desk.today())
    appointment = referral.appointment_at
    if step.to == "no_show" and appointment is not None and appointment > desk.clock():
        found["referral.appointment_at"] = [Problem(_("The appointment is still to come."))]
    sent, due = referral.sent_at, referral.expires_on
    if step.to == "sent" and sent is not None and due is not None and due < _day(sent):
        found["referral.expires_on"] = [Problem(_("This is before the day of sending."))]
    return found


def _missing(session: Session, desk: Desk, case: Case, referral: Referral, need: str, reason: str) -> Problems:
    """What is wrong with one thing that a step needs; the words of `lifecycles.csv`."""
    match need:
        case "consent":
            return _not_ready(session, case, referral, desk.today())
        case "reason":
            return {} if reason else {"status_event.reason_text": [Problem(_("Say why in a few words."))]}
        case "retry":
            tries = select(func.count()).select_from(StatusEvent)
            tries = tries.where(StatusEvent.entity_id == referral.id, StatusEvent.to_status == "ready")
            again = (session.scalar(tries.where(StatusEvent.from_status != "draft")) or 0) < MOST_TRIES_AGAIN
            text = _("This was tried again twice. Make a new referral.")
            return {} if again else {"referral.status": [Problem(text)]}
        case "overdue":
            overdue = referral.expires_on is not None and referral.expires_on < desk.today()
            return {} if overdue else {"referral.expires_on": [Problem(_("The answer is not late yet."))]}
    if getattr(referral, need) is not None:
        return {}
    label = _(fields_of(Referral)[need].label)
    rule = "V26" if need in ("outcome", "decline_reason") else ""
    return {f"referral.{need}": [Problem(_("“{field}” is needed for this step.").format(field=label), rule=rule)]}


def _out_of_order(referral: Referral, today: date) -> Problems:
    """V25: each day on or after the one before, and none in the future."""
    dated = [(name, _day(value)) for name in IN_ORDER if (value := getattr(referral, name)) is not None]
    found: Problems = {f"referral.{name}": [Problem(_("This is in the future."))] for name, day in dated if day > today}
    fields = fields_of(Referral)
    for (first, earlier), (then, later) in pairwise(dated):
        if later < earlier:
            text = _("This is before “{field}”, {day}.").format(field=_(fields[first].label), day=formats.day(earlier))
            found[f"referral.{then}"] = [Problem(text, rule="V25")]
    return found


def _follow_up(session: Session, desk: Desk, case: Case, referral: Referral, to: str) -> None:
    """Do what a step brings with it: tasks, the disclosure, what the directory knows."""
    if to == "sent" and referral.expires_on is not None:
        planned(session, desk, case, "referral_followup", referral.expires_on, referral_id=referral.id)
    elif to == "cancelled":
        end_planned(session, desk, referral.id, "cancelled")
    elif to not in ("ready", "acknowledged"):
        end_planned(session, desk, referral.id, "done")
    if to == "sent" and referral.sent_by_method == "phone":  # a paper is recorded as given out when it is printed
        session.add(
            Disclosure(
                case_id=case.id,
                at=referral.sent_at,
                medium="phone",
                recipient_id=referral.provider_id,
                purpose="give_partner",
                consent_line_id=referral.consent_line_id,
                consent_exception=referral.consent_exception,
                fields=referral.fields_shared,
                referral_id=referral.id,
            )
        )
    if to in ("declined", "completed"):
        _tell_directory(session, referral)


def _tell_directory(session: Session, referral: Referral) -> None:
    """Whether a service works in practice is learned from referrals (DOMAIN 4.28)."""
    offered = select(ProviderService).where(
        ProviderService.provider_id == referral.provider_id,
        ProviderService.service == referral.service,
        ProviderService.removed_at.is_(None),
    )
    outcome = codelists.get("referral_outcome").find(referral.outcome)
    received = outcome is not None and outcome.extra["success_class"] == "success"
    for service in session.scalars(offered).all():
        if referral.decline_reason == "service_not_functional":
            service.functional = "paper_only"
        elif received and service.functional != "partly":
            service.functional = "yes"


# Rows


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
        days_waiting=(today - _day(referral.sent_at)).days if unanswered and referral.sent_at else None,
        overdue=overdue,
        decline_reason=referral.decline_reason,
        outcome=referral.outcome,
        next_steps=tuple(to for to in steps if to != "expired" or overdue),
    )
