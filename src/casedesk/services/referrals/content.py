"""What a referral says, and by which consent it may go out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import InvalidInput, NotFound, Problem
from casedesk.i18n import _
from casedesk.models import Case, NeedItem, Provider, Referral
from casedesk.services.consents import active_line, scope_for
from casedesk.services.permissions import open_case
from casedesk.services.sharing import SHARES, no_consent, pasted_texts, why_not

Problems = dict[str, list[Problem]]

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


def not_ready(session: Session, case: Case, referral: Referral, today: date) -> Problems:
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


def check_exception(session: Session, desk: Desk, case: Case, referral: Referral) -> None:
    """Only a supervisor lets a referral go without consent, for one of three causes and a written reason (DOMAIN 11).

    Who may not do it does not undo it either.
    """
    open_case(desk, session, "referral.without_consent", case.id)
    if referral.consent_exception is None:
        referral.exception_reason = None
    elif referral.exception_reason is None:
        raise InvalidInput({"referral.exception_reason": [Problem(_("Write why it cannot wait for consent."))]})


def check_content(session: Session, case: Case, referral: Referral, confirmed: Iterable[str]) -> Provider | None:
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
