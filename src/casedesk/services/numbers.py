"""Numbers that people read: each computer counts on its own, so two that are apart never give the same."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.case_numbers import case_number
from casedesk.desk import Desk
from casedesk.models import CaseIndex, Counter, Referral


def next_case_number(session: Session, desk: Desk) -> str:
    """For example DHK-26-K3-00042-R."""
    while True:
        number = case_number(
            desk.centre, desk.today().year, desk.device, _next(session, f"{desk.device} {desk.today().year}")
        )
        if session.scalar(select(CaseIndex.row).where(CaseIndex.case_number == number)) is None:
            return number


def next_referral_number(session: Session, desk: Desk) -> str:
    """For example RF-26-K3-00203."""
    while True:
        serial = _next(session, f"RF {desk.device} {desk.today().year}")
        number = f"RF-{desk.today().year % 100:02d}-{desk.device}-{serial:05d}"
        if session.scalar(select(Referral.id).where(Referral.number == number)) is None:
            return number


def _next(session: Session, prefix: str) -> int:
    counter = session.get(Counter, prefix)
    if counter is None:
        counter = Counter(prefix=prefix, last=0)
        session.add(counter)
    counter.last += 1
    return counter.last
