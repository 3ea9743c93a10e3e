"""What happened to a person: incidents and the violations in them (DOMAIN 4.15)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped

from casedesk.fields import Ask, Level
from casedesk.i18n import N_
from casedesk.models.base import Recorded
from casedesk.models.columns import answer, code, codes, count, day, line, money, partial_day, reference, text
from casedesk.values import Money, PartialDay

SENSITIVE = Level.RESTRICTED


class Incident(Recorded):
    """Something that happened, as it was said. It is put right by a newer account that points to the first."""

    __tablename__ = "incident"
    label = N_("What happened")

    case_id: Mapped[UUID | None] = reference(N_("Case"), level=SENSITIVE)
    happened_from: Mapped[PartialDay | None] = partial_day(
        N_("Began"), level=SENSITIVE, ask=Ask.INTAKE, register="happened"
    )
    happened_to: Mapped[PartialDay | None] = partial_day(
        N_("Ended"), level=SENSITIVE, ask=Ask.INTAKE, register="happened"
    )
    stage: Mapped[str | None] = code("migration_stage", N_("At what stage"), level=SENSITIVE, ask=Ask.INTAKE)
    country: Mapped[str | None] = code("destination_country", N_("In which country"), level=SENSITIVE)
    place: Mapped[str | None] = line(N_("Where"), level=SENSITIVE, ask=Ask.ASSESSMENT)
    still_going_on: Mapped[str | None] = answer(N_("Still going on"), level=SENSITIVE, ask=Ask.ASSESSMENT)
    narrative: Mapped[str | None] = text(
        N_("In their own words"),
        ask=Ask.INTAKE,
        help=N_("Write what they say, not what you think. Leave out names of other people. You can stop here."),
    )
    told_by: Mapped[str | None] = code("told_by", N_("How it is known"), level=SENSITIVE, ask=Ask.INTAKE)
    reported_to: Mapped[list[str] | None] = codes("legal_forum", N_("Reported to"), level=SENSITIVE)
    reported_on: Mapped[date | None] = day(N_("Reported on"), level=SENSITIVE)
    medical_care_needed: Mapped[str | None] = answer(N_("Needs medical care"), level=SENSITIVE, ask=Ask.ASSESSMENT)
    medical_care_received: Mapped[str | None] = answer(N_("Got medical care"), level=SENSITIVE, ask=Ask.ASSESSMENT)
    happened_before: Mapped[str | None] = answer(N_("Happened before"), level=SENSITIVE)
    status: Mapped[str | None] = code("allegation_status", N_("How far it is checked"), level=SENSITIVE, ask=Ask.INTAKE)
    corrects_id: Mapped[UUID | None] = reference(N_("Corrects the first account"), level=SENSITIVE, index=False)
    trafficking_related: Mapped[str | None] = answer(N_("Linked to trafficking"), level=SENSITIVE, ask=Ask.ASSESSMENT)


class IncidentViolation(Recorded):
    """One violation in an incident. Its level is the one its row in the code list names."""

    __tablename__ = "incident_violation"
    label = N_("Rights violation")

    case_id: Mapped[UUID | None] = reference(N_("Case"))
    incident_id: Mapped[UUID | None] = reference(N_("What happened"))
    violation: Mapped[str | None] = code(
        "violation_type", N_("Rights violation"), ask=Ask.INTAKE, level_from="default_sensitivity"
    )
    note: Mapped[str | None] = text(N_("Details"), longest=2000)
    months_unpaid: Mapped[int | None] = count(
        N_("Months not paid"), level=SENSITIVE, ask=Ask.INTAKE, most=600, register="wages"
    )
    amount_owed: Mapped[Money | None] = money(N_("Amount owed"), level=SENSITIVE, ask=Ask.INTAKE, register="wages")
