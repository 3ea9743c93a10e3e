"""What the person agreed to, and every time data about them left (DOMAIN 4.25, 4.40)."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from casedesk.fields import Ask, Level, Unsettled
from casedesk.i18n import N_
from casedesk.models.base import Recorded
from casedesk.models.columns import answer, code, day, line, lines, moment, reference, text


class Consent(Recorded):
    """One asking: who answered, how, and what was explained."""

    __tablename__ = "consent"
    label = N_("Consent")

    case_id: Mapped[UUID | None] = reference(N_("Case"))
    given_on: Mapped[date | None] = day(N_("Asked on"), ask=Ask.REGISTER, stays=True)
    giver: Mapped[str | None] = code("consent_giver", N_("Who answers"), ask=Ask.REGISTER, stays=True)
    giver_name: Mapped[str | None] = line(N_("Name of who answers"), level=Level.IDENTIFYING, ask=Ask.INTAKE)
    method: Mapped[str | None] = code("consent_method", N_("How it was given"), ask=Ask.REGISTER, stays=True)
    language: Mapped[str | None] = code("language", N_("Explained in"), ask=Ask.INTAKE)
    witness: Mapped[str | None] = line(N_("Witness"), level=Level.IDENTIFYING)
    child_assent: Mapped[str | None] = answer(N_("The child agrees"), ask=Ask.INTAKE)


class ConsentLine(Recorded):
    """The answer for one purpose. Nothing is edited: a new line takes the place of the one before."""

    __tablename__ = "consent_line"
    label = N_("Consent for one purpose")
    append = True

    case_id: Mapped[UUID | None] = reference(N_("Case"))
    consent_id: Mapped[UUID | None] = reference(N_("Consent"), index=False, stays=True)
    scope: Mapped[str | None] = code("consent_scope", N_("Purpose"), ask=Ask.REGISTER, stays=True)
    answer: Mapped[str | None] = code(
        "consent_answer", N_("Answer"), ask=Ask.REGISTER, unsettled=Unsettled.CAUTIOUS, stays=True
    )
    at: Mapped[datetime | None] = moment(N_("When"), ask=Ask.PROGRAM, stays=True)
    limits: Mapped[str | None] = text(N_("Limits"), longest=500)
    named_recipient_id: Mapped[UUID | None] = reference(N_("Only for"), index=False)
    expires_on: Mapped[date | None] = day(N_("Valid until"), stays=True)


class Disclosure(Recorded):
    """One row for every time data about a person left the centre."""

    __tablename__ = "disclosure"
    label = N_("Given out")

    case_id: Mapped[UUID | None] = reference(N_("Case"))
    at: Mapped[datetime | None] = moment(N_("When"), ask=Ask.PROGRAM, stays=True)
    medium: Mapped[str | None] = code("disclosure_medium", N_("How"), ask=Ask.PROGRAM, stays=True)
    document: Mapped[str | None] = line(N_("Paper"), ask=Ask.PROGRAM, longest=40, stays=True)
    level: Mapped[str | None] = line(N_("How much it tells"), ask=Ask.PROGRAM, longest=20, stays=True)
    language: Mapped[str | None] = line(N_("Language"), ask=Ask.PROGRAM, longest=2)
    copy_number: Mapped[str | None] = line(N_("Copy"), ask=Ask.PROGRAM, longest=20, stays=True)
    recipient_id: Mapped[UUID | None] = reference(N_("Given to"), index=False, stays=True)
    recipient_name: Mapped[str | None] = line(N_("Given to, in words"), ask=Ask.PROGRAM)
    purpose: Mapped[str | None] = code("print_purpose", N_("Why"), ask=Ask.PROGRAM)
    reason: Mapped[str | None] = text(N_("Reason in words"), longest=500)
    consent_line_id: Mapped[UUID | None] = reference(N_("By this consent"), index=False, stays=True)
    consent_exception: Mapped[str | None] = code(
        "consent_exception", N_("Without consent, because of"), ask=Ask.PROGRAM, stays=True
    )
    fields: Mapped[list[str] | None] = lines(N_("What it tells"), ask=Ask.PROGRAM)
    referral_id: Mapped[UUID | None] = reference(N_("For the referral"), stays=True)
    hash: Mapped[str | None] = line(N_("Fingerprint of the file"), ask=Ask.PROGRAM, longest=64, stays=True)
    figures: Mapped[str | None] = line(N_("Fingerprint of its figures"), ask=Ask.PROGRAM, longest=64, stays=True)
    recalled_on: Mapped[date | None] = day(N_("Asked back on"), stays=True)
