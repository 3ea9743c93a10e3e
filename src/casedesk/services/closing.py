"""What has to be settled before a case is closed: nothing that somebody waits for is left behind (DOMAIN 5.1, V36)."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import InvalidInput, Problem
from casedesk.i18n import _
from casedesk.models import Case, FollowUp, Referral, SafetyFlag, State
from casedesk.services import lifecycle
from casedesk.services.follow_ups import still_planned
from casedesk.services.referrals.reading import WAITING
from casedesk.services.words import BETWEEN

REASON, PLANNED, REFERRAL = "status_event.reason_text", "follow_up.due_on", "referral.number"


def settle(
    session: Session, desk: Desk, case: Case, dropped: Collection[UUID], reason_code: str | None, reason: str | None
) -> None:
    """Take out of the plan what the person who closes saw planned and said is over; `dropped` names it.

    Raises InvalidInput where a step is planned that nobody spoke of, a referral waits for its answer, or a safety
    flag is open and no words say why the case is closed all the same.
    """
    planned = still_planned(session, FollowUp.case_id == case.id)
    found: dict[str, list[Problem]] = {}
    if any(step.id not in dropped for step in planned):
        text = _("Steps are still planned. Take them out of the plan, or change the case to follow-up only.")
        found[PLANNED] = [Problem(text)]
    if numbers := _waiting(session, case):
        text = _("A referral still waits for its answer: {numbers}. Write down the answer or end it first.")
        found[REFERRAL] = [Problem(text.format(numbers=BETWEEN.join(numbers)), rule="V36")]
    if not (reason or "").strip() and _has_open_flag(session, case):
        text = _("A safety flag is open. End it first, or say here why the case is closed all the same.")
        found[REASON] = [Problem(text, rule="V36")]
    if found:
        raise InvalidInput(found)
    for step in planned:
        lifecycle.take(session, desk, step, "cancelled", reason_code=reason_code)


def _waiting(session: Session, case: Case) -> list[str]:
    """The numbers of the referrals that are with a partner, who expects the person."""
    wanted = (
        select(Referral.number)
        .join(State, State.entity_id == Referral.id)
        .where(Referral.case_id == case.id, Referral.removed_at.is_(None), State.status.in_(WAITING))
        .order_by(Referral.number)
    )
    return [number or "" for number in session.scalars(wanted)]


def _has_open_flag(session: Session, case: Case) -> bool:
    wanted = select(SafetyFlag.id).where(
        SafetyFlag.case_id == case.id, SafetyFlag.removed_at.is_(None), SafetyFlag.cleared_at.is_(None)
    )
    return session.scalar(wanted.limit(1)) is not None
