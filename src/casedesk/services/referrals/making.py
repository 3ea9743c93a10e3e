"""Making a referral, and changing one that is not sent yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from casedesk.desk import Desk
from casedesk.errors import InvalidInput
from casedesk.models import Referral
from casedesk.services import lifecycle
from casedesk.services.edits import Edits, apply_edits, as_new
from casedesk.services.lifecycle import NotThisStep
from casedesk.services.numbers import next_referral_number
from casedesk.services.permissions import case_of, needs, open_case, open_record
from casedesk.services.referrals.content import EDITABLE, EXCEPTION, check_content, check_exception, not_ready
from casedesk.services.referrals.reading import GROUPS
from casedesk.services.referrals.steps import take

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


@needs("referral.edit")
def make_referral(desk: Desk, command: MakeReferral) -> UUID:
    """Make a referral: ready to send if service, partner and consent are there, otherwise a draft."""
    with desk.write("referral.make", about=command.case_id) as session:
        case = open_case(desk, session, "referral.edit", command.case_id)
        referral = Referral(case_id=case.id, number=next_referral_number(session, desk))
        apply_edits(referral, as_new({name: getattr(command, name) for name in EDITABLE}))
        if any(getattr(command, name) for name in EXCEPTION):
            check_exception(session, desk, case, referral)
        provider = check_content(session, case, referral, command.confirmed)
        referral.direction = "internal" if provider is not None and provider.type == OWN_CENTRE else "outgoing"
        ready = not command.as_draft and not not_ready(session, case, referral, desk.today())
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
            check_exception(session, desk, case, referral)
        provider = check_content(session, case, referral, confirmed)
        referral.direction = "internal" if provider is not None and provider.type == OWN_CENTRE else "outgoing"
        if status == "ready" and (problems := not_ready(session, case, referral, desk.today())):
            raise InvalidInput(problems)
        if status == "draft" and not as_draft:
            take(session, desk, case, referral, "ready", {}, "")
