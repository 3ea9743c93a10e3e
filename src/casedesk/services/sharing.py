"""What a partner may be told about a person, by which consent, and why not the rest (DOMAIN 11, V42)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.i18n import N_, _
from casedesk.models import (
    Case,
    CaseNote,
    Consent,
    ConsentLine,
    Incident,
    IncidentViolation,
    Person,
    Provider,
    Referral,
)
from casedesk.parsing import fold
from casedesk.services.ages import is_minor
from casedesk.services.consents import active_line, scope_for, status_now
from casedesk.services.notes import is_restricted
from casedesk.services.permissions import needs, open_case

SHARED_WORDS = ("summary_shared", "request", "message")
GUARDIANS = ("parent", "legal_guardian", "caregiver", "best_interest_decision")
PASTED = 40


@dataclass(frozen=True, slots=True)
class ShareItem:
    """One thing a partner can be told. `ticked` is what is proposed; `why_not` says why it may not be shared."""

    key: str
    label: str
    allowed: bool
    why_not: str
    ticked: bool


@dataclass(frozen=True, slots=True)
class _Share:
    label: str
    ticked: bool = False
    sensitive: bool = False
    reaches_home: bool = False


SHARES: Mapping[str, _Share] = {
    "name_age": _Share(N_("Name and age group"), ticked=True),
    "sex": _Share(N_("Sex or gender"), ticked=True),
    "language": _Share(N_("Language"), ticked=True),
    "safety": _Share(N_("Safety needs"), ticked=True),
    "journey": _Share(N_("Journey and work")),
    "wages": _Share(N_("Wages and money")),
    "what_happened": _Share(N_("What happened, in headings"), sensitive=True),
    "own_words": _Share(N_("What the person wants, in their own words")),
    "home": _Share(N_("Home address and family phone"), reaches_home=True),
}


@needs("referral.edit")
def what_may_be_shared(
    desk: Desk, case_id: UUID, service: str | None, provider_id: UUID | None, *, exception: bool = False
) -> list[ShareItem]:
    """What this partner may be told for this service, and why not the rest; with `exception` without consent."""
    with desk.read() as session:
        case = open_case(desk, session, "referral.edit", case_id)
        provider = session.get(Provider, provider_id) if provider_id is not None else None
        refusals = why_not(session, case, service, provider, desk.today(), exception=exception)
    return [
        ShareItem(key, _(share.label), not refusals[key], refusals[key], share.ticked and not refusals[key])
        for key, share in SHARES.items()
    ]


def why_not(
    session: Session,
    case: Case,
    service: str | None,
    provider: Provider | None,
    today: date,
    *,
    exception: bool = False,
) -> dict[str, str]:
    """For each thing that can be shared why it may not be; nothing where it may.

    An exception (danger to life) stands for the consent to the referral; it opens nothing else.
    """
    by_consent = "" if exception and service else no_consent(session, case, service, provider, today)
    sensitive = ""
    if active_line(session, case.id, "sensitive_data", today, provider.id if provider else None) is None:
        sensitive = _("There is no consent for sensitive details.")
    elif provider is None or not provider.can_receive_restricted:
        sensitive = _("This partner may not receive restricted details.")
    person = session.get(Person, case.person_id) if case.person_id else None
    home = "" if person is not None and person.safe_contact_rule == ["any_time"] else _("Blocked by safe-contact rule.")
    return {
        key: by_consent or (sensitive if share.sensitive else "") or (home if share.reaches_home else "")
        for key, share in SHARES.items()
    }


def no_consent(session: Session, case: Case, service: str | None, provider: Provider | None, today: date) -> str:
    """Why there is no consent for this referral; nothing if there is one."""
    if service is None:
        return _("Choose a service first.")
    scope = scope_for(service, provider.type if provider is not None else None)
    line = active_line(session, case.id, scope, today, provider.id if provider is not None else None)
    if line is None:
        return {
            "": _("Not asked yet."),
            "refused": _("The person said no to this."),
            "withdrawn": _("The person took this consent back."),
            "expired": _("This consent is no longer valid. Ask again."),
            "given": _("This consent is for another partner only."),
        }[status_now(session, case.id, scope, today)]
    person = session.get(Person, case.person_id) if case.person_id else None
    if person is not None and is_minor(person, today) and _giver(session, line) not in GUARDIANS:
        return _("For a person under 18 a guardian agrees, or there is a best-interest decision.")
    return ""


def _giver(session: Session, line: ConsentLine) -> str | None:
    consent = session.get(Consent, line.consent_id) if line.consent_id is not None else None
    return consent.giver if consent is not None else None


def pasted_texts(session: Session, case: Case, referral: Referral) -> list[str]:
    """The texts for the partner that have forty letters in a row from a restricted account."""
    accounts = [
        *session.scalars(select(Incident.narrative).where(Incident.case_id == case.id)),
        *session.scalars(select(IncidentViolation.note).where(IncidentViolation.case_id == case.id)),
    ]
    notes = session.scalars(select(CaseNote).where(CaseNote.case_id == case.id))
    accounts += [note.text for note in notes if is_restricted(case, note)]
    stretches = {stretch for account in accounts for stretch in _stretches(account)}
    return [name for name in SHARED_WORDS if not stretches.isdisjoint(_stretches(getattr(referral, name)))]


def _stretches(text: str | None) -> set[str]:
    plain = fold(text or "")
    return {plain[start : start + PASTED] for start in range(len(plain) - PASTED + 1)}
