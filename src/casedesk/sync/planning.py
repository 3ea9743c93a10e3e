"""What goes to an audience next: what waits, what of earlier operations may be seen now, and what is to be forgotten.

A `Plan` says what goes and what stays back. Batches are packed from it and the preview is read from it, so what a
person is shown beforehand is what is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casedesk.models import BatchOut, Chain, Change, LetOut
from casedesk.models import Operation as OperationRow
from casedesk.storage import belonging
from casedesk.storage.belonging import alone, ids_of, records_themselves
from casedesk.storage.bulk import in_parts
from casedesk.storage.operations import ID_SIZE, Operation, OperationKind, new_operation, start_link, unpack
from casedesk.storage.recorder import SCHEMA, all_it_says, leaves_of_altered, own_chain
from casedesk.sync.batch import CENTRAL, MOST_OPERATIONS, Kind, Stretch
from casedesk.sync.carrying import State
from casedesk.sync.leaving import (
    IDENTIFIED,
    Decision,
    Eyes,
    Going,
    Unwritten,
    as_it_goes,
    cases_behind,
    cases_named,
    decide,
)
from casedesk.sync.roster import Member


@dataclass(frozen=True, slots=True)
class Show:
    """Operations of a chain of which more may be seen than was sent; by one desk alone if `to` names it."""

    chain: bytes
    operations: tuple[Going, ...]
    to: bytes = b""


@dataclass(frozen=True, slots=True)
class Forget:
    """What an audience has to forget: all that was said of these records up to a number of our chain."""

    case_id: UUID
    records: tuple[UUID, ...]
    upto: int


@dataclass(frozen=True, slots=True)
class Sent:
    """What an audience was sent until now: up to where of each of our chains, and how much of each case.

    `forgotten` has the cases that it was to forget and was not told again, `named` for a desk the confidential cases
    that it was shown.
    """

    upto: Mapping[bytes, int]
    views: Mapping[UUID, str]
    forgotten: frozenset[UUID]
    named: Mapping[bytes, frozenset[UUID]]

    def with_told_anew(self, cases: AbstractSet[UUID]) -> Sent:
        """The same, once these cases are told anew."""
        return replace(self, views={**self.views, **dict.fromkeys(cases, IDENTIFIED)}, forgotten=self.forgotten - cases)


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes to one audience now, and what stays back. `named` has for a desk the confidential cases it may read.

    `anew` is what is written down only when files are made: cases told anew that the audience was to forget.
    """

    audience: str
    before: Sent
    stretch: Stretch | None
    chain: bytes
    going: tuple[Going, ...]
    anew: tuple[Going, ...]
    shows: tuple[Show, ...]
    forgets: tuple[Forget, ...]
    decisions: Mapping[UUID, Decision]
    named: Mapping[bytes, frozenset[UUID]]
    more: bool  # whether operations are left for another file

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits that is worth a file: what sync itself wrote down goes along with the next."""
        worth = any(not each.is_bookkeeping for each in self.going)
        return not (self.shows or self.forgets or self.anew or worth)

    @property
    def after(self) -> Sent:
        """What the audience was sent once this has gone."""
        upto = dict(self.before.upto)
        if self.stretch is not None:
            upto[self.chain] = self.stretch.last
        return Sent(
            upto,
            {**self.before.views, **{case: decision.view for case, decision in self.decisions.items()}},
            self.before.forgotten | {each.case_id for each in self.forgets},
            {**self.before.named, **self.named},
        )


def sent_so_far(session: Session, audience: str, desks: Collection[Member] = ()) -> Sent:
    """What stands in files for this audience, and in those for its `desks` alone."""
    rows = session.scalars(select(LetOut).where(LetOut.audience == audience)).all()
    return Sent(
        {chain.id: sent_upto(session, audience, chain.id) for chain in own_chains(session)},
        {row.case_id: row.view for row in rows},
        frozenset(row.case_id for row in rows if row.forgotten),
        {each.desk: _shown_to(session, each.desk) for each in desks} if audience != CENTRAL else {},
    )


def plans(session: Session, audience: str, today: date, desks: Collection[Member] = ()) -> Iterator[Plan]:
    """All that waits for an audience, plan by plan, as it is sent one after the other; none if nothing is worth a file.

    Files are made from the first; then that is sent, and what is the first is asked again. `desks` are its own.
    """
    sent = sent_so_far(session, audience, desks)
    anew = to_tell_anew(session, audience, today, sent)
    sent = sent.with_told_anew(anew)
    idle: list[Plan] = []
    more = True
    while more:
        planned = _plan(session, Eyes(audience, today), desks, sent, anew)
        sent, more = planned.after, planned.more
        idle.append(planned)
        if not planned.is_empty:
            yield from idle
            idle = []


def to_tell_anew(session: Session, audience: str, today: date, sent: Sent) -> set[UUID]:
    """The cases that were to be forgotten and may be known again: an old file cannot bring them back."""
    decisions = decide(session, sent.forgotten, Eyes(audience, today))
    return {case for case, decision in decisions.items() if decision.view == IDENTIFIED}


def _plan(session: Session, eyes: Eyes, desks: Collection[Member], sent: Sent, told_anew: Collection[UUID]) -> Plan:
    """Decide what goes to an audience, from the first operation that was not sent to it."""
    audience = eyes.audience
    chain, after = _next_chain(session, sent)
    rows = _operations(session, chain, after, MOST_OPERATIONS)
    more = (bool(rows) and rows[-1].chain_seq < chain.held) or chain.signing_seed is None
    told: list[tuple[OperationRow | Unwritten, Operation]] = [(row, _read(row)) for row in rows]
    anew = [] if more else [(Unwritten(), _told_anew(session, case)) for case in sorted(told_anew)]
    known = sent.views
    cases = cases_behind(session, (operation for _row, operation in [*told, *anew]))
    decisions = decide(session, set().union(*cases.values()) | known.keys(), eyes)
    going = tuple(as_it_goes(row, operation, cases, decisions, audience, known) for row, operation in told)
    opened = {case for case, view in known.items() if view != IDENTIFIED and decisions[case].view == IDENTIFIED}
    closed = {case for case, view in known.items() if view == IDENTIFIED and decisions[case].view != IDENTIFIED}
    if audience != CENTRAL:
        closed = set()  # colleagues of the centre go on with what they have: they may have written what nobody else has
    shows = list(shows_about(session, opened, sent.upto, eyes))
    named = cases_named(session, desks, eyes.today) if audience != CENTRAL else {}
    upto = {**sent.upto, chain.id: rows[-1].chain_seq if rows else after}
    for desk in desks if named else ():
        now = {(chain.id, each.seq): each for each in going}
        new = named[desk.desk] - sent.named.get(desk.desk, frozenset())
        shows += _shows_of_named(session, desk, named[desk.desk], new, now, upto, eyes)
    return Plan(
        audience=audience,
        before=sent,
        stretch=_stretch(session, chain, rows) if rows else None,
        chain=chain.id,
        going=going,
        anew=tuple(as_it_goes(row, operation, cases, decisions, audience, known) for row, operation in anew),
        shows=tuple(shows),
        forgets=tuple(forget(session, case, decisions, eyes, chain.held) for case in sorted(closed)),
        decisions=decisions,
        named=named,
        more=more,
    )


def _told_anew(session: Session, case: UUID) -> Operation:
    """What will be written down to tell all of a case again."""
    altered = [all_it_says(record) for record in records_themselves(session, case)]
    floors = belonging.floors(session, altered, belonging.cases_of(session, altered), case)
    leaves = leaves_of_altered(altered, floors)
    return new_operation(leaves, wall=0, flags=0, actor=bytes(ID_SIZE), kind=OperationKind.WORK, schema=SCHEMA)


def again(
    session: Session, chain: Chain, first: int, ends: Sequence[int], eyes: Eyes, known: Mapping[UUID, str]
) -> Iterator[tuple[Stretch, tuple[Going, ...], Mapping[UUID, Decision]]]:
    """A stretch of a chain as these eyes may see it now: for who was not there when it was sent, or was restored.

    `known` has what they hold of cases from before. It comes in parts that end at one of these numbers, the last of
    them included.
    """
    while first <= ends[-1]:
        end = max(each for each in ends if each < first + MOST_OPERATIONS)
        rows = _operations(session, chain, first - 1, end - first + 1)
        told = [(row, _read(row)) for row in rows]
        cases = cases_behind(session, (operation for _row, operation in told))
        decisions = decide(session, set().union(*cases.values()), eyes)
        going = tuple(as_it_goes(row, operation, cases, decisions, eyes.audience, known) for row, operation in told)
        yield _stretch(session, chain, rows), going, decisions
        first = rows[-1].chain_seq + 1


def _next_chain(session: Session, sent: Sent) -> tuple[Chain, int]:
    """The chain of ours that goes on, and up to where it was sent. What ended goes before what we write now."""
    for chain in sorted(own_chains(session), key=lambda each: each.signing_seed is not None):
        after = sent.upto[chain.id]
        if chain.held > after or chain.signing_seed is not None:
            return chain, after
    raise AssertionError("our own chain is among ours")


def own_chains(session: Session) -> Sequence[Chain]:
    """The chains of this desk in its organisation, in the order in which they continue each other."""
    own = own_chain(session)
    wanted = select(Chain).where(Chain.desk == own.desk, Chain.organisation == own.organisation).order_by(Chain.ix)
    return session.scalars(wanted).all()


def sent_upto(session: Session, audience: str, chain: bytes) -> int:
    """The number of the last operation of the chain that stands in a file for this audience."""
    wanted = select(func.max(BatchOut.last)).where(
        BatchOut.audience == audience,
        BatchOut.chain == chain,
        BatchOut.kind == Kind.CHAIN,
        BatchOut.state != State.FORKED,
    )
    return session.scalar(wanted) or 0


def _operations(session: Session, chain: Chain, after: int, most: int) -> Sequence[OperationRow]:
    wanted = (
        select(OperationRow)
        .where(OperationRow.chain_ix == chain.ix, OperationRow.chain_seq > after)
        .order_by(OperationRow.chain_seq)
        .limit(most)
    )
    return session.scalars(wanted).all()


def _read(row: OperationRow) -> Operation:
    (operation,) = unpack(row.body)
    return operation


def _stretch(session: Session, chain: Chain, rows: Sequence[OperationRow]) -> Stretch:
    first = rows[0].chain_seq
    before = session.scalar(
        select(OperationRow.link).where(OperationRow.chain_ix == chain.ix, OperationRow.chain_seq == first - 1)
    )
    start = start_link(chain.organisation, chain.id, chain.desk, chain.parent)
    return Stretch(chain.id, chain.parent, first, len(rows), start if before is None else before, rows[-1].link)


def _shown_to(session: Session, desk: bytes) -> frozenset[UUID]:
    """The confidential cases that one desk was shown."""
    return frozenset(session.scalars(select(LetOut.case_id).where(LetOut.audience == desk_audience(desk))))


def shows_about(session: Session, opened: Collection[UUID], upto: Mapping[bytes, int], eyes: Eyes) -> Iterator[Show]:
    """The operations sent before, up to these numbers of our chains, that these eyes may see more of now."""
    for chain in own_chains(session) if opened else ():
        rows = _about(session, chain, ids_of(session, opened), upto[chain.id])
        told = [(row, _read(row)) for row in rows]
        cases = cases_behind(session, (operation for _row, operation in told))
        decisions = decide(session, set().union(*cases.values()), eyes)
        found = (as_it_goes(row, operation, cases, decisions, eyes.audience, {}) for row, operation in told)
        shown_now = tuple(each for each in found if each.view.only_digest is None)
        if shown_now:
            yield Show(chain.id, shown_now)


def _about(session: Session, chain: Chain, records: Collection[UUID], upto: int) -> Sequence[OperationRow]:
    """The operations of a chain, up to a number, that touched any of these records."""
    found: dict[int, OperationRow] = {}
    for some in in_parts(list(records)):
        wanted = (
            select(OperationRow)
            .join(Change, Change.operation_seq == OperationRow.seq)
            .where(Change.record.in_(some), OperationRow.chain_ix == chain.ix, OperationRow.chain_seq <= upto)
        )
        found |= {row.chain_seq: row for row in session.scalars(wanted)}
    return [found[seq] for seq in sorted(found)]


def desk_audience(desk: bytes) -> str:
    """Under which name is kept what confidential cases one desk was shown."""
    return desk.hex()[:20]


def _shows_of_named(
    session: Session,
    desk: Member,
    cases: frozenset[UUID],
    new: frozenset[UUID],
    going: Mapping[tuple[bytes, int], Going],
    upto: Mapping[bytes, int],
    eyes: Eyes,
) -> Iterator[Show]:
    """What the people at one computer may read of confidential cases: all of those new to it, and what goes now."""
    now = {case for each in going.values() for found in each.cases.values() for case in found} & cases
    theirs = replace(eyes, people=frozenset(UUID(bytes=each) for each in desk.people))
    for show in shows_about(session, new | now, upto, theirs):
        fresh = tuple(
            each
            for each in show.operations
            if (show.chain, each.seq) in going or any(found & new for found in each.cases.values())
        )
        if fresh:
            yield replace(show, operations=fresh, to=desk.desk)


def forget(session: Session, case_id: UUID, decisions: Mapping[UUID, Decision], eyes: Eyes, upto: int) -> Forget:
    """The order to forget a case. What it shares with another case that stays open is not named."""

    def open_there(others: set[UUID]) -> set[UUID]:
        known = {**decisions, **decide(session, others - decisions.keys(), eyes)}
        return {case for case in others if known[case].view == IDENTIFIED}

    own = set().union(*alone(session, case_id, open_there).values())
    return Forget(case_id, tuple(sorted(own)), upto)
