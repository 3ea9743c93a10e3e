"""Support: needs, follow-ups, referrals and those they go to (DOMAIN 4.24, 4.27, 4.28, 4.29)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from casedesk.fields import Ask, Level, Unsettled
from casedesk.i18n import N_
from casedesk.models.base import Recorded
from casedesk.models.columns import (
    answer,
    code,
    codes,
    count,
    day,
    line,
    lines,
    moment,
    phone,
    reference,
    text,
    tick,
)


class NeedsAssessment(Recorded):
    """What a person needs and wishes, at one point in time."""

    __tablename__ = "needs_assessment"
    label = N_("Needs and wishes")

    case_id: Mapped[UUID | None] = reference(N_("Case"))
    done_on: Mapped[date | None] = day(N_("Asked on"), ask=Ask.PROGRAM)
    client_wishes: Mapped[str | None] = text(N_("What the person wants"), ask=Ask.INTAKE, longest=4000)


class NeedItem(Recorded):
    """One need."""

    __tablename__ = "need_item"
    label = N_("Need")

    case_id: Mapped[UUID | None] = reference(N_("Case"))
    assessment_id: Mapped[UUID | None] = reference(N_("Needs and wishes"), index=False)
    need: Mapped[str | None] = code("need", N_("Need"), ask=Ask.INTAKE)
    urgency: Mapped[str | None] = code("need_urgency", N_("How soon"), ask=Ask.INTAKE)
    in_own_words: Mapped[str | None] = text(N_("In their own words"), longest=2000)
    agreed_with_client: Mapped[bool | None] = tick(N_("Agreed with the person"))
    met_on: Mapped[date | None] = day(N_("Met on"), register="met")
    met_how: Mapped[str | None] = line(N_("How it was met"), register="met")
    not_met_reason: Mapped[str | None] = line(N_("Why it is not met"))


class FollowUp(Recorded):
    """A planned or done contact or task. Its status is the fold of its StatusEvents."""

    __tablename__ = "follow_up"
    label = N_("Follow-up")

    case_id: Mapped[UUID | None] = reference(N_("Case"))
    type: Mapped[str | None] = code("followup_type", N_("What to do"))
    task: Mapped[str | None] = line(N_("In a few words"))
    due_on: Mapped[date | None] = day(N_("Due"))
    assigned_to: Mapped[UUID | None] = reference(N_("Who does it"))
    done_at: Mapped[datetime | None] = moment(N_("Done"), ask=Ask.PROGRAM)
    method: Mapped[str | None] = code("contact_method", N_("How"))
    client_situation: Mapped[str | None] = code("client_situation", N_("How the person is"))
    note: Mapped[str | None] = text(N_("What was said and agreed"), longest=4000)
    next_due_on: Mapped[date | None] = day(N_("Next contact"))
    referral_id: Mapped[UUID | None] = reference(N_("About the referral"))


class Provider(Recorded):
    """An organisation, office or person to whom people are referred."""

    __tablename__ = "provider"
    label = N_("Partner")

    type: Mapped[str | None] = code("provider_type", N_("Kind of partner"), ask=Ask.REGISTER)
    name_bn: Mapped[str | None] = line(N_("Name in Bangla"), ask=Ask.REGISTER)
    name_en: Mapped[str | None] = line(N_("Name in English"), ask=Ask.REGISTER)
    districts: Mapped[list[str] | None] = codes("bd_district", N_("Works in"), ask=Ask.INTAKE)
    address: Mapped[str | None] = line(N_("Address"), ask=Ask.INTAKE)
    hours: Mapped[str | None] = line(N_("Opening hours"), ask=Ask.INTAKE, longest=100)
    focal_person: Mapped[str | None] = line(N_("Contact person"), ask=Ask.INTAKE)
    focal_phone: Mapped[str | None] = phone(N_("Contact person’s phone"), level=Level.INTERNAL, ask=Ask.INTAKE)
    # after the other number: from here on the name means this field and no longer the constructor
    phone: Mapped[str | None] = phone(N_("Phone"), level=Level.INTERNAL, ask=Ask.INTAKE)
    agreement_until: Mapped[date | None] = day(N_("Agreement until"), ask=Ask.INTAKE)
    can_receive_restricted: Mapped[bool | None] = tick(N_("May receive restricted details"), ask=Ask.INTAKE)
    languages: Mapped[list[str] | None] = codes("language", N_("Languages"), ask=Ask.INTAKE)
    accessible: Mapped[str | None] = answer(N_("Accessible with a disability"), ask=Ask.INTAKE)
    women_only: Mapped[bool | None] = tick(N_("Women only"), ask=Ask.INTAKE)
    takes: Mapped[str | None] = line(N_("Whom they take"), ask=Ask.INTAKE)
    active: Mapped[bool | None] = tick(N_("Works with us"), ask=Ask.INTAKE)


class ProviderService(Recorded):
    """One service of a provider, and whether it works in practice."""

    __tablename__ = "provider_service"
    label = N_("Service")

    provider_id: Mapped[UUID | None] = reference(N_("Partner"))
    service: Mapped[str | None] = code("service_type", N_("Service"), ask=Ask.REGISTER)
    eligibility: Mapped[str | None] = line(N_("Who can get it"), ask=Ask.INTAKE)
    cost: Mapped[str | None] = line(N_("Cost"), ask=Ask.INTAKE)
    capacity: Mapped[int | None] = count(N_("Free places"), ask=Ask.INTAKE, most=100_000, register="capacity")
    functional: Mapped[str | None] = code("service_functional", N_("Does it work"), ask=Ask.INTAKE)
    last_verified_on: Mapped[date | None] = day(N_("Last checked"), ask=Ask.INTAKE, register="capacity")


class Referral(Recorded):
    """A person sent to a provider for a service. Its status is the fold of its StatusEvents."""

    __tablename__ = "referral"
    label = N_("Referral")

    case_id: Mapped[UUID | None] = reference(N_("Case"))
    number: Mapped[str | None] = line(N_("Referral number"), ask=Ask.PROGRAM, longest=24)
    direction: Mapped[str | None] = code("referral_direction", N_("Direction"), ask=Ask.PROGRAM)
    provider_id: Mapped[UUID | None] = reference(N_("Partner"))
    service: Mapped[str | None] = code("service_type", N_("Service"), ask=Ask.REGISTER)
    reason: Mapped[str | None] = code("referral_reason", N_("Why we refer"))
    need_id: Mapped[UUID | None] = reference(N_("Need"), index=False)
    priority: Mapped[str | None] = code("priority", N_("Priority"), unsettled=Unsettled.CAUTIOUS)
    request: Mapped[str | None] = text(N_("We ask you to help with"), longest=300)
    summary_shared: Mapped[str | None] = text(N_("What we know"), longest=4000)
    message: Mapped[str | None] = text(N_("Message for the partner"), longest=2000)
    fields_shared: Mapped[list[str] | None] = lines(N_("What we share"), level=Level.RESTRICTED, ask=Ask.PROGRAM)
    consent_line_id: Mapped[UUID | None] = reference(N_("By this consent"), index=False)
    consent_exception: Mapped[str | None] = code("consent_exception", N_("Without consent, because of"))
    exception_reason: Mapped[str | None] = text(N_("Why it cannot wait for consent"), longest=2000)
    needed_by: Mapped[date | None] = day(N_("Needed by"))
    expires_on: Mapped[date | None] = day(N_("Answer due"))
    prepared_at: Mapped[datetime | None] = moment(N_("Prepared"), ask=Ask.PROGRAM)
    sent_at: Mapped[datetime | None] = moment(N_("Sent"), ask=Ask.PROGRAM)
    sent_by_method: Mapped[str | None] = code("referral_sent_by", N_("How it was sent"))
    acknowledged_at: Mapped[datetime | None] = moment(N_("Received by them"), ask=Ask.PROGRAM)
    acknowledged_by_name: Mapped[str | None] = line(N_("Received by"))
    accepted_at: Mapped[datetime | None] = moment(N_("Accepted"), ask=Ask.PROGRAM)
    appointment_at: Mapped[datetime | None] = moment(N_("Appointment"))
    service_started_on: Mapped[date | None] = day(N_("Service began"))
    service_ended_on: Mapped[date | None] = day(N_("Service ended"))
    decline_reason: Mapped[str | None] = code("referral_decline_reason", N_("Why not accepted"))
    outcome: Mapped[str | None] = code("referral_outcome", N_("Result"))
    outcome_text: Mapped[str | None] = text(N_("Result in words"), longest=2000)
    client_satisfied: Mapped[str | None] = answer(N_("The person is content"))
    accompanied: Mapped[bool | None] = tick(N_("Somebody goes along"))
    transport_paid: Mapped[bool | None] = tick(N_("Transport paid"))
