"""The steps in the life of a referral: what each needs, writes down, and brings with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casedesk import codelists, formats
from casedesk.desk import Desk
from casedesk.errors import InvalidInput, Problem
from casedesk.fields import Kind
from casedesk.formats import DHAKA
from casedesk.i18n import _
from casedesk.lifecycles import Step
from casedesk.models import Case, Disclosure, ProviderService, Referral, StatusEvent, fields_of
from casedesk.services import lifecycle
from casedesk.services.edits import apply_edits
from casedesk.services.follow_ups import end_planned, planned
from casedesk.services.permissions import case_of, needs, open_case, open_record
from casedesk.services.referrals.content import EXCEPTION, Problems, not_ready

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
        take(session, desk, case, referral, to, values or {}, reason.strip())


def take(
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
    return formats.day_in_dhaka(value) if isinstance(value, datetime) else value


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
            return not_ready(session, case, referral, desk.today())
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
