"""People, and the papers that say who they are (DOMAIN 4.1, 4.3)."""

from __future__ import annotations

from datetime import date
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
    partial_day,
    phone,
    reference,
    text,
    tick,
)
from casedesk.values import PartialDay

NAMES_A_PERSON = Level.IDENTIFYING


class Person(Recorded):
    """A returnee, a family member who is served, or a next of kin."""

    __tablename__ = "person"
    label = N_("Person")

    person_code: Mapped[str | None] = line(
        N_("Person code"), ask=Ask.PROGRAM, longest=10, maps={"primero": "survivor_code"}, stays=True
    )
    name_bn: Mapped[str | None] = line(
        N_("Name in Bangla"),
        level=NAMES_A_PERSON,
        ask=Ask.REGISTER,
        help=N_("As the person writes it. One name is enough."),
        maps={"htcds": "prs_FirstName", "primero": "name"},
    )
    name_en: Mapped[str | None] = line(
        N_("Name in English"), level=NAMES_A_PERSON, ask=Ask.REGISTER, help=N_("As in the passport, if there is one.")
    )
    nickname: Mapped[str | None] = line(
        N_("Also called"), level=NAMES_A_PERSON, ask=Ask.ASSESSMENT, maps={"primero": "name_nickname"}
    )
    father_name: Mapped[str | None] = line(N_("Father’s name"), level=NAMES_A_PERSON, ask=Ask.ASSESSMENT)
    mother_name: Mapped[str | None] = line(N_("Mother’s name"), level=NAMES_A_PERSON, ask=Ask.ASSESSMENT)
    sex_gender: Mapped[str | None] = code(
        "sex_gender",
        N_("Sex or gender"),
        ask=Ask.REGISTER,
        maps={"htcds": "prs_Gender", "primero": "sex", "gbvims": "sex"},
    )
    date_of_birth: Mapped[PartialDay | None] = partial_day(
        N_("Date of birth"), level=NAMES_A_PERSON, ask=Ask.REGISTER, maps={"htcds": "prs_Birthdate"}
    )
    age_stated: Mapped[int | None] = count(
        N_("Age (about)"), ask=Ask.REGISTER, most=110, register="age_stated", maps={"primero": "age"}
    )
    age_stated_on: Mapped[date | None] = day(N_("Age stated on"), ask=Ask.PROGRAM, register="age_stated")
    is_minor: Mapped[bool | None] = tick(N_("Under 18"), ask=Ask.PROGRAM)
    phone_1: Mapped[str | None] = phone(
        N_("Phone"), ask=Ask.INTAKE, register="contact", maps={"htcds": "prs_MobilePhone"}
    )
    phone_2: Mapped[str | None] = phone(N_("Another phone"), ask=Ask.INTAKE)
    preferred_contact: Mapped[str | None] = code(
        "contact_method", N_("Best way to reach"), ask=Ask.INTAKE, register="contact"
    )
    safe_contact_rule: Mapped[list[str] | None] = codes(
        "safe_contact_rule", N_("Safe contact"), ask=Ask.INTAKE, register="contact", unsettled=Unsettled.CAUTIOUS
    )
    safe_contact_note: Mapped[str | None] = text(
        N_("Safe contact, in words"),
        ask=Ask.INTAKE,
        longest=500,
        register="contact",
        help=N_("Who may answer, when to call, what to say."),
    )
    contact_person_name: Mapped[str | None] = line(
        N_("Contact person"), level=NAMES_A_PERSON, ask=Ask.ASSESSMENT, register="contact_person"
    )
    contact_person_relationship: Mapped[str | None] = code(
        "relationship", N_("Contact person is"), ask=Ask.ASSESSMENT, register="contact_person"
    )
    contact_person_phone: Mapped[str | None] = phone(
        N_("Contact person’s phone"), ask=Ask.ASSESSMENT, register="contact_person"
    )
    division: Mapped[str | None] = code("bd_division", N_("Division"), ask=Ask.PROGRAM, register="home")
    district: Mapped[str | None] = code(
        "bd_district", N_("Home district"), ask=Ask.INTAKE, register="home", maps={"htcds": "prs_MailingState"}
    )
    upazila: Mapped[str | None] = line(N_("Upazila"), ask=Ask.INTAKE, longest=60, register="home")
    union_or_ward: Mapped[str | None] = line(
        N_("Union or ward"), level=NAMES_A_PERSON, ask=Ask.ASSESSMENT, register="home"
    )
    village_or_street: Mapped[str | None] = line(
        N_("Village or street"), level=NAMES_A_PERSON, ask=Ask.ASSESSMENT, register="home"
    )
    current_address_differs: Mapped[bool | None] = tick(N_("Stays somewhere else now"), ask=Ask.ASSESSMENT)
    current_address: Mapped[str | None] = line(N_("Stays now at"), level=NAMES_A_PERSON, ask=Ask.ASSESSMENT)
    nationality: Mapped[str | None] = code(
        "destination_country", N_("Nationality"), ask=Ask.ASSESSMENT, maps={"htcds": "prs_Citizenship"}
    )
    marital_status: Mapped[str | None] = code(
        "marital_status", N_("Marital status"), ask=Ask.ASSESSMENT, maps={"htcds": "prs_MaritalStatus"}
    )
    children_count: Mapped[int | None] = count(
        N_("Children"), ask=Ask.ASSESSMENT, most=20, maps={"htcds": "prs_NumberOfChildren"}
    )
    education: Mapped[str | None] = code(
        "education", N_("Education"), ask=Ask.ASSESSMENT, maps={"htcds": "prs_HighestLevelOfEducation"}
    )
    languages: Mapped[list[str] | None] = codes(
        "language", N_("Languages"), ask=Ask.ASSESSMENT, maps={"htcds": "prs_PrimaryLanguage"}
    )
    needs_interpreter: Mapped[bool | None] = tick(N_("Needs an interpreter"), ask=Ask.INTAKE)
    can_read: Mapped[str | None] = answer(N_("Can read"), ask=Ask.ASSESSMENT)
    guardian: Mapped[str | None] = line(
        N_("Guardian"),
        level=NAMES_A_PERSON,
        ask=Ask.INTAKE,
        register="guardian",
        help=N_("For a person under 18: who speaks for the child."),
    )
    guardian_safe: Mapped[str | None] = answer(
        N_("Guardian is safe for the child"), level=Level.RESTRICTED, ask=Ask.INTAKE, register="guardian"
    )
    not_same_as: Mapped[list[str] | None] = lines(N_("Known not to be the same person as"), ask=Ask.PROGRAM)


class IdentityDocument(Recorded):
    """A paper with a number. Numbers are kept as typed; patterns warn and never block."""

    __tablename__ = "identity_document"
    label = N_("Document")

    person_id: Mapped[UUID | None] = reference(N_("Person"), level=Level.RESTRICTED)
    type: Mapped[str | None] = code(
        "identity_document_type", N_("Document"), level=Level.RESTRICTED, ask=Ask.INTAKE, register="document"
    )
    number: Mapped[str | None] = line(
        N_("Document number"), level=Level.RESTRICTED, ask=Ask.INTAKE, longest=60, register="document"
    )
    issued_on: Mapped[PartialDay | None] = partial_day(N_("Issued"), level=Level.RESTRICTED)
    expires_on: Mapped[PartialDay | None] = partial_day(N_("Valid until"), level=Level.RESTRICTED)
    country: Mapped[str | None] = code("destination_country", N_("Issued by"), level=Level.RESTRICTED)
    held_by: Mapped[str | None] = code("document_holder", N_("Who has it now"), level=Level.RESTRICTED, ask=Ask.INTAKE)
