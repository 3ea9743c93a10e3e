"""What goes, part by part: to all of an audience, and to those of it that are new or were restored (SYNC 6, 9, 10).

Files are packed from these parts and the preview is read from them, so what a person is shown is what is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from casedesk.models import Disclosure
from casedesk.storage.recorder import OPERATION_TABLE, own_chain
from casedesk.sync import coded, newcomers
from casedesk.sync.batch import CENTRAL, Kind, Stretch
from casedesk.sync.bodies import Coded, CodedRows
from casedesk.sync.leaving import CODED, COUNTED, IDENTIFIED, Decision, Eyes, Going, LeafPlace, decide
from casedesk.sync.membership import Standing
from casedesk.sync.planning import Forget, Plan, Sent, again, forget, shows_about


@dataclass(frozen=True, slots=True)
class Nameless:
    """Rows without a name and totals, and of which cases they are made."""

    rows: CodedRows
    told: frozenset[UUID]
    counted: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Part:
    """What goes of one kind, and the decisions that it stands on; to one desk alone if `to` names it."""

    kind: Kind
    decisions: Mapping[UUID, Decision]
    going: tuple[Going, ...] = ()
    forgets: tuple[Forget, ...] = ()
    nameless: Nameless | None = None
    stretch: Stretch | None = None
    chain: bytes = b""
    writer: bytes = b""  # whose operations are passed on, with the signatures for them by number
    proofs: Mapping[int, bytes] | None = None
    to: bytes = b""


def parts_of(session: Session, today: date, planned: Plan) -> Iterator[Part]:
    """What a plan sends, in the order in which it should arrive."""
    decisions = planned.decisions
    if planned.forgets:
        yield Part(Kind.ORDERS, decisions, forgets=planned.forgets, chain=planned.chain)
    if planned.stretch is not None or planned.anew:
        yield Part(Kind.CHAIN, decisions, planned.going + planned.anew, stretch=planned.stretch)
    for show in planned.shows:
        yield Part(Kind.SHOW, decisions, show.operations, chain=show.chain, to=show.to)
    if planned.audience == CENTRAL and (nameless := _changed_rows(session, today, planned)):
        yield Part(Kind.CODED, decisions, nameless=nameless)


def parts_for_newcomers(session: Session, today: date, place: Standing, audience: str, sent: Sent) -> Iterator[Part]:
    """What desks of the audience lack of what was sent before they were there, or before they were restored. `sent` is
    what the audience was sent by then.

    Each desk sends its own chains again, as far as they may be seen now. What colleagues wrote, who may be away for
    long, is passed on by the desk that let the newcomer in, with the signatures of those who wrote it, as is
    what an ended computer wrote; and what who was restored wrote itself is given back.
    """
    for member in place.recipients(audience):
        eyes = Eyes(audience, today, frozenset(UUID(bytes=each) for each in member.people))
        known = dict.fromkeys(newcomers.confidential_cases_held(session, member.desk), IDENTIFIED)
        if audience == CENTRAL and newcomers.lacks_orders(session, member.desk):
            yield from _all_orders(session, eyes, sent, member.desk)
        for chain, ranges in newcomers.lacking(session, audience, member.desk):
            for first, last in ranges:
                for stretch, going, decisions in again(session, chain, first, range(first, last + 1), eyes, known):
                    yield Part(Kind.CHAIN, decisions, going, stretch=stretch, to=member.desk)
        lost_sight, upto = newcomers.to_show_again(session, audience, member.desk)
        for show in shows_about(session, lost_sight, upto, eyes):
            decisions = decide(session, cases_of(show.operations), eyes)
            yield Part(Kind.SHOW, decisions, show.operations, chain=show.chain, to=member.desk)
        if audience == CENTRAL and newcomers.lacks_rows(session, member.desk):
            yield _all_rows(session, eyes, sent, member.desk)
        passed = newcomers.to_pass_on(session, place, audience, member)
        lost = newcomers.to_give_back(session, place, audience, member)
        left = newcomers.to_pass_on_of_ended(session, place, audience, member)
        of_chain = {chain.id: (chain, first, proofs) for chain, first, proofs in (*left, *lost, *passed)}
        for chain, first, proofs in of_chain.values():
            for stretch, going, decisions in again(session, chain, first, sorted(proofs), eyes, known):
                like = Part(Kind.SNAPSHOT, decisions, going, stretch=stretch, to=member.desk)
                yield replace(like, writer=chain.desk, proofs=proofs)


def cases_of(going: Sequence[Going]) -> set[UUID]:
    """The cases of which these operations tell something."""
    return {case for each in going for found in cases_told(each).values() for case in found}


def cases_told(going: Going) -> dict[LeafPlace, frozenset[UUID]]:
    """The leaves of a record of a case that go; what is said of the act, and Disclosures, tell nothing new."""
    if going.is_bookkeeping:
        return {}
    return {
        place: cases
        for place, cases in going.cases.items()
        if place not in going.back and place[0] not in (OPERATION_TABLE, Disclosure.__tablename__)
    }


def _all_orders(session: Session, eyes: Eyes, sent: Sent, desk: bytes) -> Iterator[Part]:
    """Every case that the central office was to forget and may not know again, for a desk of it that lost an order."""
    decisions, chain = decide(session, sent.forgotten, eyes), own_chain(session)
    shut = sorted(case for case, decision in decisions.items() if decision.view != IDENTIFIED)
    if shut:
        forgets = tuple(forget(session, case, decisions, eyes, chain.held) for case in shut)
        yield Part(Kind.ORDERS, decisions, forgets=forgets, chain=chain.id, to=desk)


def _all_rows(session: Session, eyes: Eyes, sent: Sent, desk: bytes) -> Part:
    """Every row without a name and every total, for a desk of the central office that is new."""
    decisions = decide(session, sent.views.keys(), eyes)
    by_view = {view: {case for case, each in decisions.items() if each.view == view} for view in (CODED, COUNTED)}
    nameless = _nameless(session, eyes.today, by_view[CODED], (), by_view[COUNTED], whole=True)
    return Part(Kind.CODED, decisions, nameless=nameless, to=desk)


def _changed_rows(session: Session, today: date, planned: Plan) -> Nameless | None:
    """The rows without names and the totals that go with a plan: what changed since the last ones."""
    before = planned.before.views
    going = planned.going + planned.anew
    work = [each for each in going if not each.is_bookkeeping]  # a Disclosure of the last row changes no row
    touched = {case for each in work for found in each.cases.values() for case in found}
    now = {case: decision.view for case, decision in planned.decisions.items()}
    told = {case for case, view in now.items() if view == CODED and (case in touched or before.get(case) != CODED)}
    gone = {case for case, view in now.items() if view != CODED and before.get(case) == CODED}
    counted = {case for case, view in now.items() if view == COUNTED}
    changed = {case for case, view in before.items() if view == COUNTED} ^ counted or counted & touched
    if not told and not gone and not changed:
        return None
    return _nameless(session, today, told, gone, counted, whole=False)


def _nameless(
    session: Session,
    today: date,
    told: Collection[UUID],
    gone: Collection[UUID],
    counted: Collection[UUID],
    *,
    whole: bool,
) -> Nameless:
    chain = own_chain(session)
    rows = [coded.coded_row(session, case, today) for case in told]
    rows += [Coded(coded.row_of(case), {}) for case in gone]
    in_order = tuple(sorted(rows, key=lambda row: row.row))
    file = CodedRows(chain.id, chain.held, whole, in_order, coded.totals(session, counted))
    return Nameless(file, frozenset(told), frozenset(counted))
