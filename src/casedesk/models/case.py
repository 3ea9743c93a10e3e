"""The case, and what is decided and written about it (DOMAIN 4.6, 4.18, 4.19, 4.35, 4.39)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from casedesk.fields import Ask, Level, Unsettled
from casedesk.i18n import N_
from casedesk.models.base import Recorded
from casedesk.models.columns import (
    code,
    codes,
    count,
    day,
    line,
    lines,
    moment,
    reference,
    references,
    text,
    tick,
)

SENSITIVE = Level.RESTRICTED


class Case(Recorded):
    """One matter of one person, followed from registering to closing. Its status is the fold of its StatusEvents."""

    __tablename__ = "case"
    label = N_("Case")

    case_number: Mapped[str | None] = line(
        N_("Case number"), ask=Ask.PROGRAM, longest=24, maps={"primero": "case_id_display"}, stays=True
    )
    person_id: Mapped[UUID | None] = reference(N_("Person"), level=Level.IDENTIFYING)
    case_subject: Mapped[str | None] = code("case_subject", N_("Whom the case is for"), ask=Ask.REGISTER)
    priority: Mapped[str | None] = code(
        "priority",
        N_("Priority"),
        ask=Ask.REGISTER,
        register="priority",
        unsettled=Unsettled.CAUTIOUS,
        maps={"primero": "risk_level"},
    )
    priority_reason: Mapped[str | None] = line(N_("Why this priority"), register="priority")
    opened_on: Mapped[date | None] = day(
        N_("Opened"), ask=Ask.PROGRAM, maps={"primero": "registration_date"}, stays=True
    )
    registered_at: Mapped[datetime | None] = moment(N_("Registered"), ask=Ask.PROGRAM, stays=True)
    begun_at: Mapped[datetime | None] = moment(N_("Intake begun"), ask=Ask.PROGRAM)
    intake_place: Mapped[str | None] = code("intake_place", N_("Where we met"), ask=Ask.REGISTER)
    intake_district: Mapped[str | None] = code("bd_district", N_("District of the intake"), ask=Ask.REGISTER)
    case_source: Mapped[str | None] = code(
        "case_source", N_("Who sent or brought them"), ask=Ask.INTAKE, maps={"htcds": "cas_ReferringOrganisation"}
    )
    owner_id: Mapped[UUID | None] = reference(N_("Caseworker"), stays=True)
    supervisor_id: Mapped[UUID | None] = reference(N_("Supervisor"), stays=True)
    team: Mapped[str | None] = line(N_("Team"), ask=Ask.PROGRAM, longest=40, stays=True)
    named_access: Mapped[list[str] | None] = references(N_("People named on the case"), ask=Ask.LATER, stays=True)
    confidential_case: Mapped[bool | None] = tick(
        N_("Confidential case"), ask=Ask.ASSESSMENT, unsettled=Unsettled.CAUTIOUS, stays=True
    )
    hide_name: Mapped[bool | None] = tick(
        N_("Show the code instead of the name"),
        ask=Ask.PROGRAM,
        unsettled=Unsettled.CAUTIOUS,
        maps={"primero": "hidden_name"},
        stays=True,
    )
    interpreter_used: Mapped[bool | None] = tick(N_("Interpreter used"), ask=Ask.INTAKE)
    language_of_interview: Mapped[str | None] = code("language", N_("Language of the interview"), ask=Ask.INTAKE)
    others_present: Mapped[str | None] = line(N_("Who else was present"), level=SENSITIVE, ask=Ask.ASSESSMENT)
    index_episode_id: Mapped[UUID | None] = reference(N_("Journey"))
    category: Mapped[str | None] = code("return_category", N_("Category"), ask=Ask.INTAKE, register="category")
    category_decided_by: Mapped[UUID | None] = reference(N_("Category decided by"), index=False)
    category_decided_at: Mapped[datetime | None] = moment(N_("Category decided"), ask=Ask.PROGRAM)
    category_reason: Mapped[str | None] = code(
        "category_reason", N_("Why this category"), ask=Ask.ASSESSMENT, register="category"
    )
    category_reason_text: Mapped[str | None] = line(
        N_("Reason in words"), ask=Ask.ASSESSMENT, longest=500, register="category"
    )
    secondary_categories: Mapped[list[str] | None] = codes(
        "return_category", N_("Also fits"), ask=Ask.ASSESSMENT, register="category"
    )
    safety_checked_at: Mapped[datetime | None] = moment(N_("Safety asked"), ask=Ask.REGISTER)
    next_contact_on: Mapped[date | None] = day(N_("Next contact"), ask=Ask.REGISTER)
    retention_review_on: Mapped[date | None] = day(N_("Keep until"), ask=Ask.PROGRAM)
    reopen_count: Mapped[int | None] = count(N_("Times reopened"), ask=Ask.PROGRAM, stays=True)
    confirmed_warnings: Mapped[list[str] | None] = lines(N_("Warnings kept as they are"), ask=Ask.PROGRAM)


class Triage(Recorded):
    """One run of the fifteen questions: answers as `question=answer`, and what the rules suggested."""

    __tablename__ = "triage"
    label = N_("Triage")
    append = True

    case_id: Mapped[UUID | None] = reference(N_("Case"))
    answers: Mapped[list[str] | None] = lines(N_("Answers"), ask=Ask.INTAKE)
    private_answers: Mapped[list[str] | None] = lines(N_("Answers given in private"), level=SENSITIVE, ask=Ask.INTAKE)
    amounts_used: Mapped[list[str] | None] = lines(N_("Amounts used"), ask=Ask.PROGRAM)
    rules_version: Mapped[str | None] = line(N_("Rules"), ask=Ask.PROGRAM, longest=20)
    outcome: Mapped[str | None] = code("triage_outcome", N_("Suggested result"), ask=Ask.PROGRAM)
    rules_fired: Mapped[list[str] | None] = codes("triage_rule", N_("Why"), ask=Ask.PROGRAM)
    made_at: Mapped[datetime | None] = moment(N_("Made"), ask=Ask.PROGRAM)


class SafetyFlag(Recorded):
    """Something that cannot wait: raised, acted on, cleared."""

    __tablename__ = "safety_flag"
    label = N_("Safety flag")

    case_id: Mapped[UUID | None] = reference(N_("Case"), level=SENSITIVE)
    flag: Mapped[str | None] = code(
        "safety_flag", N_("Safety flag"), level=SENSITIVE, ask=Ask.REGISTER, unsettled=Unsettled.CAUTIOUS
    )
    raised_at: Mapped[datetime | None] = moment(N_("Raised"), level=SENSITIVE, ask=Ask.PROGRAM)
    due_at: Mapped[datetime | None] = moment(N_("Act before"), level=SENSITIVE, ask=Ask.PROGRAM)
    first_action_at: Mapped[datetime | None] = moment(N_("First action"), level=SENSITIVE, ask=Ask.PROGRAM)
    action_text: Mapped[str | None] = text(N_("What was done"), longest=2000)
    cleared_at: Mapped[datetime | None] = moment(N_("Cleared"), level=SENSITIVE, ask=Ask.PROGRAM)
    cleared_reason: Mapped[str | None] = text(N_("Why it is over"), longest=2000)


class CaseNote(Recorded):
    """Something written about a case; never edited, only corrected by a note that points to it."""

    __tablename__ = "case_note"
    label = N_("Note")
    append = True

    case_id: Mapped[UUID | None] = reference(N_("Case"))
    type: Mapped[str | None] = code("note_type", N_("Kind of note"))
    at: Mapped[datetime | None] = moment(N_("When"), ask=Ask.PROGRAM)
    text: Mapped[str | None] = text(N_("Note"))
    participants: Mapped[str | None] = line(N_("Who took part"), level=SENSITIVE)
    corrects_id: Mapped[UUID | None] = reference(N_("Corrects the note"), index=False)


class StatusEvent(Recorded):
    """One step in the life of a case, a referral or a follow-up. Every state is computed from these."""

    __tablename__ = "status_event"
    label = N_("Status")
    append = True

    case_id: Mapped[UUID | None] = reference(N_("Case"))
    entity: Mapped[str | None] = line(N_("Of what"), ask=Ask.PROGRAM, longest=40, stays=True)
    entity_id: Mapped[UUID | None] = reference(N_("Of which"), stays=True)
    from_status: Mapped[str | None] = line(N_("Status before"), ask=Ask.PROGRAM, longest=40, stays=True)
    to_status: Mapped[str | None] = line(N_("New status"), ask=Ask.PROGRAM, longest=40, stays=True)
    at: Mapped[datetime | None] = moment(N_("When"), ask=Ask.PROGRAM, stays=True)
    reason_code: Mapped[str | None] = line(N_("Reason"), longest=60, stays=True)
    reason_text: Mapped[str | None] = text(N_("Reason in words"), longest=2000)
