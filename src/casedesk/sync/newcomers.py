"""What a desk lacks of what was sent before it was there, or before it was restored from an old backup (SYNC 9, 10).

A newcomer is given the chains themselves, not a picture of the records: so it checks each author, keeps the whole
history and every mark, and what was erased is erased in what it gets. What is passed on for an author who is away
carries the author's own signature over the place it leads to; who passes it on can leave something out, and can
neither add nor change anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.models import Admission, BatchOut, Case, Chain, Change, Covered, Proved
from casedesk.models import Operation as OperationRow
from casedesk.storage.operations import place_of_parent
from casedesk.sync.batch import CENTRAL, Kind
from casedesk.sync.carrying import BY_FILE, UNDERWAY, State
from casedesk.sync.intake import gaps, has_told
from casedesk.sync.leaving import CONFIDENTIAL
from casedesk.sync.membership import Standing
from casedesk.sync.planning import own_chains, sent_upto
from casedesk.sync.roster import Member, is_believed

WHOLE: Final = "whole"  # what is kept of a file with all rows without a name, not only those that changed


def lacking(session: Session, audience: str, desk: bytes) -> Iterator[tuple[Chain, list[tuple[int, int]]]]:
    """Of our own chains what others of the audience were sent, and this desk neither has nor is being sent."""
    for chain in own_chains(session):
        wanted = select(BatchOut).where(
            BatchOut.audience == audience,
            BatchOut.chain == chain.id,
            BatchOut.kind == Kind.CHAIN,
            BatchOut.state.in_(UNDERWAY),
        )
        underway = [(row.first, row.last) for row in session.scalars(wanted) if is_for(row, desk)]
        end = sent_upto(session, audience, chain.id) + 1
        if ranges := gaps(_held(session, desk, chain.id), [*underway, (end, end)]):
            yield chain, ranges


def lacks_orders(session: Session, desk: bytes) -> bool:
    """Whether a desk of the central office was told to forget something, and lost the order."""
    return bool(_lost(session, CENTRAL, desk, Kind.ORDERS))


def lacks_rows(session: Session, desk: bytes) -> bool:
    """Whether rows without a name were sent to the central office, and some or all of them not to this desk of it.

    A file has what changed. All rows were in the first one, and are in one that was made as a whole.
    """
    wanted = select(BatchOut.sealed_to, BatchOut.told).where(BatchOut.audience == CENTRAL, BatchOut.kind == Kind.CODED)
    sent = session.execute(wanted.order_by(BatchOut.id)).all()
    has_all = any(desk.hex() in to and (at == 0 or WHOLE in told) for at, (to, told) in enumerate(sent))
    return bool(sent) and (not has_all or bool(_lost(session, CENTRAL, desk, Kind.CODED)))


def to_show_again(session: Session, audience: str, desk: bytes) -> tuple[set[UUID], dict[bytes, int]]:
    """The cases of which this desk was shown more and lost it, and up to where it holds each of our chains."""
    cases = {UUID(hex=case) for row in _lost(session, audience, desk, Kind.SHOW) for case in row.shown or ()}
    return cases, {chain.id: _held(session, desk, chain.id) for chain in own_chains(session)}


def take_off_lost(session: Session, audience: str, desk: bytes) -> None:
    """Files that a desk lost are no longer to reach it: what was made in their place has all they had."""
    for kind in BY_FILE if audience == CENTRAL else (Kind.SHOW,):
        for row in _lost(session, audience, desk, kind):
            row.sealed_to = [each for each in row.sealed_to if each != desk.hex()]


def _lost(session: Session, audience: str, desk: bytes, kind: Kind) -> list[BatchOut]:
    """The files of a kind that this desk was given, and by its receipts neither holds nor is being sent."""
    wanted = select(BatchOut).where(
        BatchOut.audience == audience, BatchOut.kind == kind, BatchOut.state.not_in(UNDERWAY)
    )
    return [row for row in session.scalars(wanted) if is_for(row, desk)]


def is_for(row: BatchOut, desk: bytes) -> bool:
    """Whether this desk is still to be given the file, as far as its receipts say."""
    return desk.hex() in {*row.sealed_to} - {*row.covered_by}


def to_pass_on(
    session: Session, place: Standing, audience: str, newcomer: Member
) -> Iterator[tuple[Chain, int, dict[int, bytes]]]:
    """The chains of colleagues to pass on to a desk that this one let in: from where, with their signatures; once each.

    Whoever joined later than the newcomer seals for it from the beginning.
    """
    if audience != place.me.centre or session.get(Admission, (newcomer.desk, place.me.desk)) is None:
        return
    order = [each.desk for each in place.roster.members if each.centre == place.me.centre]
    before = set(order[: order.index(newcomer.desk)]) - {place.me.desk}
    wanted = select(Chain).where(Chain.desk.in_(before), Chain.organisation == place.organisation)
    for chain in session.scalars(wanted.order_by(Chain.ix)).all():
        proofs = _believed(session, place, chain)
        done = _passed(session, newcomer.desk, chain.id)
        if proofs and not done and _held(session, newcomer.desk, chain.id) < max(proofs):
            yield chain, 1, proofs


def to_give_back(
    session: Session, place: Standing, audience: str, restored: Member
) -> Iterator[tuple[Chain, int, dict[int, bytes]]]:
    """What a colleague wrote itself and lost with a restore: of each chain that it continues in another, what it says
    that it does not hold, from where and with its signatures. An order to forget that it gave is among it; what it
    told again in another chain is not lost."""
    if audience != place.me.centre:
        return
    wanted = select(Chain).where(Chain.desk == restored.desk, Chain.organisation == place.organisation)
    theirs = session.scalars(wanted.order_by(Chain.ix)).all()
    continued = {place_of_parent(chain.parent)[0] for chain in theirs}
    for chain in theirs:
        held = _held(session, restored.desk, chain.id)
        proofs = {seq: signature for seq, signature in _proofs(session, chain.id).items() if seq > held}
        underway = _passed(session, restored.desk, chain.id).intersection(UNDERWAY)
        if proofs and chain.id in continued and not underway and not has_told(session, chain, held + 1):
            yield chain, held + 1, proofs


def to_pass_on_of_ended(
    session: Session, place: Standing, audience: str, colleague: Member
) -> Iterator[tuple[Chain, int, dict[int, bytes]]]:
    """What an ended computer of the centre wrote while it was believed, and a colleague does not hold: its author sends
    nothing any more. One desk passes it on, the first on the list of those that hold as much."""
    if audience != place.me.centre:
        return
    ended = {each.desk for each in place.roster.members if each.ended is not None}
    wanted = select(Chain).where(Chain.desk.in_(ended), Chain.organisation == place.organisation)
    for chain in session.scalars(wanted.order_by(Chain.ix)).all():
        held = _held(session, colleague.desk, chain.id)
        proofs = {seq: signature for seq, signature in _believed(session, place, chain).items() if seq > held}
        underway = _passed(session, colleague.desk, chain.id).intersection(UNDERWAY)
        if proofs and not underway and _is_first_to_hold(session, place, audience, chain, max(proofs)):
            yield chain, held + 1, proofs


def _is_first_to_hold(session: Session, place: Standing, audience: str, chain: Chain, seq: int) -> bool:
    """Whether no colleague before us on the list said that it holds the chain up to this number."""
    order = [each.desk for each in place.roster.members]
    before = set(order[: order.index(place.me.desk)])
    others = [each.desk for each in place.recipients(audience) if each.desk in before]
    return not any(_held(session, desk, chain.id) >= seq for desk in others)


def confidential_cases_held(session: Session, desk: bytes) -> set[UUID]:
    """The confidential cases of which this desk said that it holds something: of a backup from before the mark, all.

    It is told of the mark again, and hides them; a desk that never had them is not told that they are there.
    """
    of_secret = CONFIDENTIAL.with_only_columns(Case.id)
    wanted = (
        select(Change.record)
        .join(OperationRow, OperationRow.seq == Change.operation_seq)
        .join(Chain, Chain.ix == OperationRow.chain_ix)
        .join(Covered, (Covered.chain == Chain.id) & (Covered.held >= OperationRow.chain_seq))
        .where(Covered.desk == desk, Change.record.in_(of_secret), Change.table != "")
    )
    return set(session.scalars(wanted))


def _believed(session: Session, place: Standing, chain: Chain) -> dict[int, bytes]:
    """The signatures of a chain's author as far as others believe them: of an ended computer up to its end."""
    author = place.roster.member(chain.desk)
    proofs = _proofs(session, chain.id)
    return {seq: proof for seq, proof in proofs.items() if author is None or is_believed(author, chain.id, seq)}


def _proofs(session: Session, chain: bytes) -> dict[int, bytes]:
    """The signatures of a chain's author, by number."""
    signed = session.execute(select(Proved.seq, Proved.signature).where(Proved.chain == chain))
    return {row.seq: row.signature for row in signed}


def _passed(session: Session, desk: bytes, chain: bytes) -> set[str]:
    """Where the files are that pass the chain on to this desk."""
    wanted = select(BatchOut.state, BatchOut.sealed_to).where(
        BatchOut.chain == chain, BatchOut.kind == Kind.SNAPSHOT, BatchOut.state != State.FORKED
    )
    return {row.state for row in session.execute(wanted) if desk.hex() in row.sealed_to}


def _held(session: Session, desk: bytes, chain: bytes) -> int:
    """Up to where the desk said that it holds the chain."""
    row = session.get(Covered, (desk, chain))
    return row.held if row is not None else 0
