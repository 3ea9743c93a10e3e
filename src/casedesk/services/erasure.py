"""Erasing what a case tells of a person, because they asked for it (DOMAIN 17, SYNC 11).

What was said about them goes, with every earlier answer in the journal. What stays is that there was a case, its
steps and consents (`Field.stays`), and for who agreed to be counted what reports count: codes, dates and amounts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk import codelists
from casedesk.desk import Actor, Desk
from casedesk.errors import CaseDeskError, InvalidInput, NotAllowed, Problem
from casedesk.fields import Field, Kind, Level, level_of
from casedesk.i18n import _
from casedesk.lifecycles import is_a_step
from casedesk.models import (
    Case,
    Disclosure,
    FollowUp,
    Operation,
    Parked,
    Recorded,
    Referral,
    State,
    User,
    fields_of,
    recorded_models,
)
from casedesk.services import lifecycle
from casedesk.services.consents import COUNTING, ERASE, KEEPING, TAKE_BACK, TELL_PARTNER, newest_lines, status_now
from casedesk.services.follow_ups import still_planned
from casedesk.services.permissions import may, needs, open_case, within_reach
from casedesk.services.referrals.reading import GROUPS
from casedesk.services.slots import Signer, proved
from casedesk.services.words import BETWEEN
from casedesk.storage.arrived import LINKS, first_written
from casedesk.storage.belonging import alone, read_records
from casedesk.storage.erasing import Target, order
from casedesk.storage.orders import REASON, knew, orders_about
from casedesk.storage.registers import Knowledge

ASKED_FOR: Final = ("withdrawn", "refused")
WORDS: Final = frozenset((Kind.LINE, Kind.TEXT, Kind.LINES, Kind.PHONE))
LINKING: Final = frozenset((*LINKS, "removed_at"))
WITH_PARTNER: Final = (*GROUPS["waiting"], *GROUPS["under_way"])
LEGAL, COURT_ORDER = "legal", "court_order"
BECAUSE: Final = "consent_withdrawn"
END: Final = "case.erase"  # colleagues hear that a case is closed by this, whatever else they are told of it


class StillNeeded(CaseDeskError):
    """Something stands against erasing, as long as it lasts."""

    def __init__(self, why: str, then: str) -> None:
        super().__init__(why, hint=_("Nothing was changed. {what_to_do}").format(what_to_do=then))


class SecondNeeded(CaseDeskError):
    """Who erases is not alone in knowing that the person asked for it."""

    def __init__(self) -> None:
        super().__init__(
            _("Erasing takes two people: you recorded the withdrawal yourself."),
            hint=_("Nothing was changed. Ask a colleague who may open the case to sign below."),
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether erasing is to be offered for a case, and whether it was done."""

    offered: bool
    erased: bool


@dataclass(frozen=True, slots=True)
class WouldGo:
    """What erasing takes, by the labels of the records; what stays beside the steps and consents."""

    records: Mapping[str, int]
    counted: bool  # codes, dates and amounts stay, without words
    given_out: int  # copies that are out of reach
    takes_two: bool


@needs("case.view")
def standing(desk: Desk, case_id: UUID) -> Standing:
    """Whether the person asked for it and the user may do it; and whether the case was erased before."""
    with desk.read() as session:
        case = open_case(desk, session, "case.view", case_id)
        asked = may(desk, "case.erase") and status_now(session, case_id, KEEPING, desk.today()) in ASKED_FOR
        offered = asked and within_reach(desk.actor, "case.erase", case, reason="any")
        return Standing(offered, case_id in _erased(session, {case_id}))


@needs("case.erase")
def what_would_be_erased(desk: Desk, case_id: UUID) -> WouldGo:
    """What `erase` would take; raises StillNeeded if something stands against it. Nothing is changed."""
    with desk.read() as session:
        case = open_case(desk, session, "case.erase", case_id, reason="any")
        _refuse_if_needed(session, desk, case)
        counted = _is_counted(session, desk, case)
        told: Counter[str] = Counter()
        for record in _records(session, case):
            names = _going(record, counted=counted)
            if not _says_more(record, counted=counted) or any(getattr(record, name) is not None for name in names):
                told[_(recorded_models()[record.__tablename__].label)] += 1
        out = session.scalars(
            select(Disclosure.id).where(Disclosure.case_id == case_id, Disclosure.removed_at.is_(None))
        )
        return WouldGo(told, counted, len(out.all()), _takes_two(session, desk, case))


@needs("case.erase")
def erase(desk: Desk, case_id: UUID, reason: str, second: Signer | None = None) -> None:
    """End what is planned, close the case, and order every computer to forget what it says of the person.

    An order is an operation of its own, and what was written before it about the case loses its reason: that is why
    the reason comes last. Should a step fail, all can be done again. Raises StillNeeded, SecondNeeded or InvalidInput
    before anything is changed.
    """
    if not reason.strip():
        raise InvalidInput({"status_event.reason_text": [Problem(_("Say why in a few words."))]})
    with desk.read() as session:
        case = open_case(desk, session, "case.erase", case_id, reason=reason)
        _refuse_if_needed(session, desk, case)
        if _takes_two(session, desk, case):
            _refuse_alone(desk, case, second)
    with desk.write(END, about=case_id) as session:
        case = open_case(desk, session, "case.erase", case_id, reason=reason)
        _end(session, desk, case)
    with desk.store.intake() as (session, merged):
        case = open_case(desk, session, "case.erase", case_id, reason=reason)
        counted = _is_counted(session, desk, case)
        found = [target for record in _records(session, case) for target in _targets(session, record, counted=counted)]
        now, confirmed = desk.clock(), desk.confirmed
        merged.add(order(session, "case.forget", found, actor=desk.actor.id, now=now, confirmed=confirmed))
    desk.note("case.erased", about=case_id, reason=reason.strip())


# What goes


def _going(record: Recorded, *, counted: bool) -> list[str]:
    """The fields of a record that go, whatever they say."""
    fields = fields_of(type(record))
    return [name for name in fields if not _stays(name, fields[name], getattr(record, name), counted=counted)]


def _stays(name: str, declared: Field, value: object, *, counted: bool) -> bool:
    if name in LINKING or declared.stays:
        return True
    return counted and declared.kind not in WORDS and level_of(declared, value) <= Level.INTERNAL


def _says_more(record: Recorded, *, counted: bool) -> bool:
    """Whether anything but what it hangs on is left of a record."""
    fields = fields_of(type(record))
    gone = {*LINKING, *_going(record, counted=counted)}
    return any(
        getattr(record, name) is not None
        for name in fields.keys() - gone
        if fields[name].stays or fields[name].kind is not Kind.REFERENCE
    )


def _targets(session: Session, record: Recorded, *, counted: bool) -> Iterator[Target]:
    """All that may ever have been said of it, also by a newer program, and why things were done with it.

    A record of which nothing would be left but what it hangs on goes whole.
    """
    if not _says_more(record, counted=counted):
        yield record.id, ""
        return
    parked = session.scalars(select(Parked.field).where(Parked.record == record.id))
    for name in {*_going(record, counted=counted), *parked, REASON}:
        yield record.id, name


def _records(session: Session, case: Case) -> list[Recorded]:
    """What belongs to the case, removed or not. What another case tells that is not erased, stays with that one."""
    return read_records(session, alone(session, case.id, lambda others: others - _erased(session, others)))


def _erased(session: Session, cases: Collection[UUID]) -> set[UUID]:
    """Those that were ordered to be forgotten, and of which nobody agreed since, knowing it, that they be kept."""
    orders = {UUID(bytes=record): found for record, found in orders_about(session, sorted(cases)).items()}
    lines = {case: by[KEEPING] for case, by in newest_lines(session, orders.keys(), (KEEPING,)).items()}
    knowledge = Knowledge(session)
    places = first_written(session, [line.id for line in lines.values()], knowledge)

    def is_kept_again(case: UUID) -> bool:
        line = lines.get(case)
        return (
            line is not None
            and line.answer == "given"
            and all(knew(places[line.id], order, knowledge) for order in orders[case])
        )

    return {case for case in orders if not is_kept_again(case)}


def _is_counted(session: Session, desk: Desk, case: Case) -> bool:
    return status_now(session, case.id, COUNTING, desk.today()) == "given"


# What stands against it


def _refuse_if_needed(session: Session, desk: Desk, case: Case) -> None:
    if status_now(session, case.id, KEEPING, desk.today()) not in ASKED_FOR:
        raise StillNeeded(
            _("The person agrees that the data are kept."),
            _("If they ask for the data to be erased, take that consent back first, under Consent."),
        )
    wanted = (
        select(Referral)
        .join(State, State.entity_id == Referral.id)
        .where(Referral.case_id == case.id, Referral.removed_at.is_(None), State.status.in_(WITH_PARTNER))
        .order_by(Referral.number)
    )
    with_partner = session.scalars(wanted).all()
    if locking := [each for each in with_partner if _is_legal(each)]:
        raise StillNeeded(
            _("A legal claim is running, or a court asked for the data: {numbers}.").format(numbers=_named(locking)),
            _("Tell the person that the data are kept until it is over, and why. Then end the referral and try again."),
        )
    if with_partner:
        raise StillNeeded(
            _("A partner still works with the person: {numbers}.").format(numbers=_named(with_partner)),
            _("Write down what came of the referral or end it, then try again."),
        )
    tasks = (TELL_PARTNER, TAKE_BACK)
    if still_planned(session, FollowUp.case_id == case.id, FollowUp.task.in_(tasks)):
        raise StillNeeded(
            _("Others still have data of the person, and it is still planned to tell them."),
            _("Do these tasks first: afterwards nobody would know whom to tell."),
        )


def _is_legal(referral: Referral) -> bool:
    service = codelists.get("service_type").find(referral.service)
    return referral.consent_exception == COURT_ORDER or (service is not None and service.extra["group"] == LEGAL)


def _named(referrals: Sequence[Referral]) -> str:
    return BETWEEN.join(each.number or "" for each in referrals)


def _takes_two(session: Session, desk: Desk, case: Case) -> bool:
    """Whether a second person signs: who erases recorded the withdrawal too, and does not work alone."""
    line = newest_lines(session, {case.id}, (KEEPING,))[case.id][KEEPING]
    place = first_written(session, [line.id], Knowledge(session))[line.id]
    author = session.execute(select(Operation.actor).where(Operation.seq == place.operation)).scalar_one()
    if author != desk.actor.id.bytes:
        return False
    users = session.scalars(select(User).where(User.removed_at.is_(None), User.active.is_(True)))
    return any(_may_sign(desk, user, case) for user in users)


def _may_sign(desk: Desk, user: User, case: Case) -> bool:
    actor = Actor(user.id, user.name or "", frozenset(user.roles or ()), user.team)
    return user.id != desk.actor.id and within_reach(actor, "case.view", case)


def _refuse_alone(desk: Desk, case: Case, second: Signer | None) -> None:
    if second is None:
        raise SecondNeeded
    user = proved(desk.store, second)
    if user is None or not _may_sign(desk, user, case):
        raise NotAllowed


# What is ended


def _end(session: Session, desk: Desk, case: Case) -> None:
    """The task is done, whatever else is planned falls away, and the case is closed."""
    for task in still_planned(session, FollowUp.case_id == case.id):
        if task.task == ERASE:
            lifecycle.take(session, desk, task, "done")
        else:
            lifecycle.take(session, desk, task, "cancelled", reason_code=BECAUSE)
    if is_a_step("case", lifecycle.status_of(session, case.id), "closed"):
        lifecycle.take(session, desk, case, "closed", reason_code=BECAUSE)
