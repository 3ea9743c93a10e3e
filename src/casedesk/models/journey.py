"""The migration a case is about: the journey, who arranged it, what it cost (DOMAIN 4.7, 4.9, 4.10, 4.12, 4.13)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped

from casedesk.fields import Ask, Level
from casedesk.i18n import N_
from casedesk.models.base import Recorded
from casedesk.models.columns import answer, code, codes, count, day, line, money, partial_day, phone, reference, text
from casedesk.values import Money, PartialDay


class MigrationEpisode(Recorded):
    """One migration, from leaving to coming back."""

    __tablename__ = "migration_episode"
    label = N_("Journey")

    person_id: Mapped[UUID | None] = reference(N_("Person"))
    sequence: Mapped[int | None] = count(N_("Which migration"), ask=Ask.PROGRAM, least=1, most=50)
    destination_country: Mapped[str | None] = code(
        "destination_country", N_("Country returned from"), ask=Ask.REGISTER, register="destination"
    )
    other_countries: Mapped[list[str] | None] = codes("destination_country", N_("Other countries"), ask=Ask.ASSESSMENT)
    city_abroad: Mapped[str | None] = line(N_("City abroad"), ask=Ask.ASSESSMENT, register="destination")
    departed_on: Mapped[PartialDay | None] = partial_day(
        N_("Left Bangladesh"), ask=Ask.REGISTER, register="dates", help=N_("The year is enough.")
    )
    returned_on: Mapped[PartialDay | None] = partial_day(N_("Came back"), ask=Ask.REGISTER, register="dates")
    months_abroad: Mapped[int | None] = count(N_("Months abroad"), ask=Ask.PROGRAM, register="dates", most=1200)
    arrival_point: Mapped[str | None] = code("intake_place", N_("Arrived at"), ask=Ask.ASSESSMENT)
    visa_type: Mapped[str | None] = code("visa_type", N_("Visa"), ask=Ask.INTAKE)
    stay_status: Mapped[str | None] = code("stay_status_abroad", N_("Papers abroad"), ask=Ask.ASSESSMENT)
    occupation_before: Mapped[str | None] = code("occupation", N_("Work before leaving"), ask=Ask.ASSESSMENT)
    occupation_abroad: Mapped[str | None] = code("occupation", N_("Work abroad"), ask=Ask.INTAKE)
    skill_level_abroad: Mapped[str | None] = code("skill_level", N_("Skill level abroad"), ask=Ask.ASSESSMENT)
    industry: Mapped[str | None] = code(
        "industry", N_("Industry"), ask=Ask.ASSESSMENT, maps={"htcds": "vic_ForcedLabourIndustry"}
    )
    manner_of_return: Mapped[str | None] = code(
        "manner_of_return", N_("How they came back"), ask=Ask.REGISTER, register="return"
    )
    main_return_reason: Mapped[str | None] = code(
        "return_reason", N_("Main reason for coming back"), ask=Ask.REGISTER, register="return"
    )
    return_reasons: Mapped[list[str] | None] = codes(
        "return_reason", N_("Other reasons"), ask=Ask.INTAKE, register="return"
    )
    planned_months: Mapped[int | None] = count(N_("Months planned"), ask=Ask.ASSESSMENT, most=600)
    travel_document_on_return: Mapped[str | None] = code(
        "identity_document_type", N_("Travelled home with"), ask=Ask.INTAKE
    )
    detained: Mapped[str | None] = answer(N_("Was detained"), ask=Ask.ASSESSMENT, register="detention")
    detained_days: Mapped[int | None] = count(
        N_("Days detained"), ask=Ask.ASSESSMENT, register="detention", most=10_000, after="detained"
    )
    detained_place: Mapped[str | None] = line(
        N_("Where detained"), level=Level.RESTRICTED, ask=Ask.ASSESSMENT, register="detention", after="detained"
    )
    wants_to_migrate_again: Mapped[str | None] = answer(N_("Wants to go abroad again"), ask=Ask.ASSESSMENT)
    first_month_earnings: Mapped[Money | None] = money(N_("Earned in the first month"), ask=Ask.ASSESSMENT)
    wages_owed: Mapped[Money | None] = money(N_("Wages owed"), ask=Ask.ASSESSMENT)


class ContractTerms(Recorded):
    """What was promised, or what really was; one row for each source."""

    __tablename__ = "contract_terms"
    label = N_("Terms of work")

    episode_id: Mapped[UUID | None] = reference(N_("Journey"))
    source: Mapped[str | None] = code("contract_term_source", N_("Known from"), ask=Ask.PROGRAM)
    job: Mapped[str | None] = code("occupation", N_("Job"), ask=Ask.ASSESSMENT)
    employer_name: Mapped[str | None] = line(N_("Employer"), level=Level.RESTRICTED, ask=Ask.ASSESSMENT)
    wage: Mapped[Money | None] = money(N_("Wage each month"), ask=Ask.ASSESSMENT)


class Recruiter(Recorded):
    """A person or agency that arranges migration."""

    __tablename__ = "recruiter"
    label = N_("Recruiter")

    type: Mapped[str | None] = code("recruiter_type", N_("Who arranged the job"), ask=Ask.INTAKE)
    name: Mapped[str | None] = line(N_("Recruiter’s name"), ask=Ask.INTAKE)
    licence_no: Mapped[str | None] = line(N_("Licence number"), longest=40, register="licence")
    licence_status: Mapped[str | None] = code("licence_status", N_("Licence"), register="licence")
    licence_checked_on: Mapped[date | None] = day(N_("Licence checked on"), register="licence")
    phone: Mapped[str | None] = phone(N_("Phone"), level=Level.RESTRICTED)
    address: Mapped[str | None] = line(N_("Address"), level=Level.RESTRICTED)
    district: Mapped[str | None] = code("bd_district", N_("District"))


class RecruiterInvolvement(Recorded):
    """What one recruiter did in one migration."""

    __tablename__ = "recruiter_involvement"
    label = N_("Who arranged it")

    episode_id: Mapped[UUID | None] = reference(N_("Journey"))
    recruiter_id: Mapped[UUID | None] = reference(N_("Recruiter"))
    amount_paid: Mapped[Money | None] = money(N_("Paid to this recruiter"))
    amount_lost: Mapped[Money | None] = money(
        N_("Money lost to the recruiter"), ask=Ask.INTAKE, help=N_("Paid for nothing, or taken by fraud.")
    )
    promises: Mapped[str | None] = text(N_("What was promised"), ask=Ask.ASSESSMENT)


class CostItem(Recorded):
    """What was paid to migrate. Fast intake keeps one row, `total_unspecified`."""

    __tablename__ = "cost_item"
    label = N_("Cost of migration")

    episode_id: Mapped[UUID | None] = reference(N_("Journey"))
    category: Mapped[str | None] = code("cost_category", N_("Paid for"), ask=Ask.PROGRAM)
    amount: Mapped[Money | None] = money(N_("Total paid to migrate"), ask=Ask.INTAKE)
    paid_to: Mapped[str | None] = line(N_("Paid to"))
    paid_on: Mapped[PartialDay | None] = partial_day(N_("Paid on"))
    receipt: Mapped[str | None] = answer(N_("Receipt"))
    source_of_money: Mapped[list[str] | None] = codes("finance_source", N_("Where the money came from"), ask=Ask.INTAKE)


class Debt(Recorded):
    """What is owed. Fast intake asks one total."""

    __tablename__ = "debt"
    label = N_("Debt")

    episode_id: Mapped[UUID | None] = reference(N_("Journey"))
    source: Mapped[str | None] = code("debt_source", N_("Owed to"), ask=Ask.INTAKE)
    principal: Mapped[Money | None] = money(N_("Borrowed"))
    outstanding: Mapped[Money | None] = money(N_("Debt now"), ask=Ask.INTAKE)
    as_of: Mapped[date | None] = day(N_("As of"), ask=Ask.PROGRAM)
    interest_percent_per_year: Mapped[int | None] = count(N_("Interest a year, percent"), most=1000)
    overdue: Mapped[str | None] = answer(N_("Payment is overdue"))
    pressure_or_threat: Mapped[str | None] = answer(N_("Pressure or threats"), level=Level.RESTRICTED)
