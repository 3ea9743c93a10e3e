"""Accepting a slice of a chain, and saying what is held (SYNC 8). Works on a session of any engine."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casedesk.models import Chain, Mark, Unentitled
from casedesk.models import Operation as OperationRow
from casedesk.progress import Progress, silent
from casedesk.storage.arrived import Arrived, arrived_again
from casedesk.storage.chain import continue_chain, is_told_again
from casedesk.storage.erasing import EVERY_FIELD, Target, obey, targets_of
from casedesk.storage.fitting import id_of
from casedesk.storage.merging import (
    Judge,
    Merged,
    decide_anew,
    judge_anew,
    merge,
    next_number,
    reconsider,
)
from casedesk.storage.operations import HASH_SIZE, place_of_parent, start_link
from casedesk.storage.recorder import MARK_TABLE, own_chain
from casedesk.storage.registers import Place
from casedesk.storage.store import Store
from casedesk.sync.bodies import Holding
from casedesk.sync.chains import Outcome, Slice

AT_ONCE: Final = 2000  # operations in one transaction at most
_FEWEST: Final = 100
_A_SLICE: Final = 0.3  # seconds that others wait at most for the disk, as far as the slice before tells


@dataclass(slots=True)
class Accepted:
    """What became of a slice; `fork` is the first number that its author tells in another way."""

    outcome: Outcome
    fork: int | None = None
    merged: Merged = field(default_factory=Merged)


def take_in(
    store: Store,
    piece: Slice,
    now: datetime,
    judge: Judge,
    progress: Progress = silent,
) -> Accepted:
    """Accept a slice in transactions of a size that leaves the disk to others in between.

    Cancelled, it was accepted up to one of them, and the same slice goes on from there another time.
    """
    answer = Accepted(Outcome.KNOWN)
    left, size = piece, _FEWEST
    while left.operations:
        part, left = divided(left, size)
        began = time.perf_counter()
        with store.intake() as (session, merged):
            accepted = accept(session, part, now, judge)
            merged.add(accepted.merged)
        if accepted.outcome is not Outcome.KNOWN or answer.outcome is Outcome.KNOWN:
            answer.outcome = accepted.outcome
        answer.fork = accepted.fork
        if accepted.outcome not in (Outcome.STORED, Outcome.KNOWN):
            break
        fitting = int(size * _A_SLICE / max(time.perf_counter() - began, 0.001))
        size = min(max(fitting, size // 2, _FEWEST), 2 * size, AT_ONCE)
        if left.operations:
            progress.go_on()
    return answer


def divided(piece: Slice, size: int) -> tuple[Slice, Slice]:
    """The first operations of a slice, and the rest."""
    start = replace(piece, operations=piece.operations[:size], proofs=piece.proofs[:size])
    rest = replace(
        piece, first=start.last + 1, before=start.head, operations=piece.operations[size:], proofs=piece.proofs[size:]
    )
    return start, rest


def accept(session: Session, piece: Slice, now: datetime, judge: Judge) -> Accepted:
    """Store what is new of a slice, in the transaction of this session."""
    own = own_chain(session)
    chain = session.scalars(select(Chain).where(Chain.id == piece.chain)).first()
    start = start_link(own.organisation, piece.chain, piece.desk, piece.parent)
    if chain is None:
        if piece.first > 1:
            return Accepted(Outcome.WAITING)
        if piece.before != start:
            return Accepted(Outcome.NOT_ITS_OWN)
        chain = Chain(
            id=piece.chain,
            organisation=own.organisation,
            desk=piece.desk,
            parent=piece.parent,
            held=0,
            head=start,
            marked=0,
        )
        session.add(chain)
        session.flush()
        _fork_was_heard(session, chain)
    if chain.desk != piece.desk:
        return Accepted(Outcome.NOT_ITS_OWN)
    if piece.first > chain.held + 1:
        return Accepted(Outcome.WAITING)
    fork = fork_in(session, chain, piece)
    if chain.ix == own.ix:
        if fork is None and piece.last <= chain.held:
            return Accepted(Outcome.KNOWN)
        moved = tell_again(session, fork or chain.held + 1, now, judge)
        answer = accept(session, piece, now, judge)
        answer.merged.add(moved)
        return answer
    if chain.desk == own.desk:  # one that we went on from
        at = chain.held + 1 if fork is None else fork
        if at <= piece.last and has_told(session, chain, at, piece):
            return Accepted(Outcome.FORK, at)
        if fork is not None and (told := heed_fork(session, chain.id, fork, now, judge)) is not None:
            answer = accept(session, piece, now, judge)
            answer.merged.add(told)
            return answer
    if fork is not None:
        chain.fork_at = min(fork, chain.fork_at or fork)
        return Accepted(Outcome.FORK, fork)
    if piece.last <= chain.held:
        return Accepted(Outcome.KNOWN)
    return Accepted(Outcome.STORED, merged=_store(session, chain, piece, now, judge))


def fork_in(session: Session, chain: Chain, piece: Slice) -> int | None:
    """The first number at which the slice tells something else than what is held of the chain."""
    wanted = select(OperationRow.chain_seq, OperationRow.link).where(
        OperationRow.chain_ix == chain.ix, OperationRow.chain_seq.between(piece.first - 1, piece.last)
    )
    held = {row.chain_seq: row.link for row in session.execute(wanted)}
    held[0] = start_link(chain.organisation, chain.id, chain.desk, chain.parent)
    if held[piece.first - 1] != piece.before:
        return max(piece.first - 1, 1)
    told = enumerate(piece.proofs, piece.first)
    return next((seq for seq, proof in told if seq in held and held[seq] != proof.link), None)


def _fork_was_heard(session: Session, new: Chain) -> None:
    """Its desk goes on from before where it told two stories: it need not be told of that any more."""
    parent, at = place_of_parent(new.parent)
    old = session.scalars(select(Chain).where(Chain.id == parent, Chain.desk == new.desk)).first()
    if old is not None and old.fork_at is not None and old.fork_at > at:
        old.fork_at = None


def heed_fork(session: Session, chain: bytes, fork: int, now: datetime, judge: Judge) -> Merged | None:
    """Others know another story of a chain of ours from there on: tell ours again, if that was not done.

    Of a chain that we went on from before, what we got back from some can be news to others.
    """
    old = session.scalars(select(Chain).where(Chain.id == chain, Chain.desk == own_chain(session).desk)).first()
    if old is None or fork > old.held or has_told(session, old, fork):
        return None
    return tell_again(session, fork, now, judge, old)


def has_told(session: Session, chain: Chain, seq: int, piece: Slice | None = None) -> bool:
    """Whether what stands there in a chain, or in this piece of it, is told again in one that goes on from there."""
    if piece is None:
        wanted = select(OperationRow.seq).where(OperationRow.chain_ix == chain.ix, OperationRow.chain_seq == seq)
        operation = arrived_again(session, session.execute(wanted).scalar_one()).operation
    elif seq < piece.first:
        return False
    else:
        operation = piece.operations[seq - piece.first]
    return is_told_again(session, chain, seq, operation)


def tell_again(session: Session, fork: int, now: datetime, judge: Judge, old: Chain | None = None) -> Merged:
    """Tell what we wrote from `fork` on in a new chain: others know another story under these numbers.

    What they wrote after hearing the other story seemed to know ours. It is judged, and orders to forget are obeyed,
    without that. Where they had seen more than there was of our chain, they had seen the other story.
    """
    old = old or own_chain(session)
    new = continue_chain(session, now, at=fork - 1, old=old)
    merged = Merged()
    if deceived := {*_written_after_hearing(session, old.id, fork), *_not_believed(session, old.id)}:
        ours = session.scalars(select(OperationRow.seq).where(OperationRow.chain_ix == new.ix)).all()
        merged.add(judge_anew(session, deceived, now, judge))
        merged.add(decide_anew(session, ours, now))
        _obey_what_counts(session, merged, [arrived_again(session, number) for number in ours], now)
    return merged


def _written_after_hearing(session: Session, chain: bytes, seq: int) -> Sequence[int]:
    """What the authors wrote who say that they hold a chain at least so far."""
    heard = select(Mark.chain_ix, func.min(Mark.at_seq).label("at")).where(Mark.peer == chain, Mark.held >= seq)
    by = heard.group_by(Mark.chain_ix).subquery()
    wanted = select(OperationRow.seq).join(by, by.c.chain_ix == OperationRow.chain_ix)
    return session.scalars(wanted.where(OperationRow.chain_seq > by.c.at)).all()


def _not_believed(session: Session, chain: bytes) -> Sequence[int]:
    """The marks about a chain that could not be true."""
    which = (Unentitled.table == MARK_TABLE, Unentitled.record == id_of(chain))
    return session.scalars(select(Unentitled.operation_seq).where(*which)).all()


def _store(session: Session, chain: Chain, piece: Slice, now: datetime, judge: Judge) -> Merged:
    known = chain.held + 1 - piece.first
    number = next_number(session)
    arrived: list[Arrived] = []
    for offset, (operation, proof) in enumerate(zip(piece.operations, piece.proofs, strict=True)):
        if offset >= known:
            place = Place(chain.ix, chain.id, piece.first + offset, number + len(arrived), operation.wall)
            arrived.append(Arrived(place, operation, proof.digest, proof.link))
    chain.held, chain.head = piece.last, piece.head
    merged = merge(session, arrived, now, judge)
    _obey_what_counts(session, merged, arrived, now)
    return merged


def judge_again(store: Store, now: datetime, judge: Judge) -> None:
    """Let count what was refused and may count by what is known now: the roster says more."""
    with store.intake() as (session, merged):
        merged.add(reconsider(session, now, judge))
        _obey_what_counts(session, merged, (), now)


def _obey_what_counts(session: Session, merged: Merged, arrived: Sequence[Arrived], now: datetime) -> None:
    freed = [arrived_again(session, number) for number in sorted(merged.orders)]
    for each in (*freed, *arrived):
        if targets := entitled_targets(session, each):
            merged.add(obey(session, each.place.chain, each.place.seq, targets, now))


def entitled_targets(session: Session, arrived: Arrived) -> list[Target]:
    """What an operation orders to be forgotten, without what its author had no right to order."""
    targets = targets_of(arrived.operation)
    if not targets:
        return []
    wanted = select(Unentitled.record, Unentitled.register).where(Unentitled.operation_seq == arrived.place.operation)
    refused = {(row.record, row.register) for row in session.execute(wanted)}
    return [(record, field) for record, field in targets if (record, field or EVERY_FIELD) not in refused]


def held_of(session: Session, waiting: Mapping[bytes, Collection[tuple[int, int]]] | None = None) -> list[Holding]:
    """What is held of each chain, for a receipt; `waiting` has the ranges of the files that could not be taken yet."""
    waiting = waiting or {}
    chains = {chain.id: chain for chain in session.scalars(select(Chain).order_by(Chain.id))}
    found = []
    for id_ in sorted(chains.keys() | waiting.keys()):
        chain = chains.get(id_)
        held, head = (chain.held, chain.head) if chain is not None else (0, bytes(HASH_SIZE))
        wanted = tuple(gaps(held, waiting.get(id_, ())))
        found.append(Holding(id_, held, head, wanted, chain.fork_at if chain is not None else None, note=""))
    return found


def gaps(held: int, waiting: Collection[tuple[int, int]]) -> list[tuple[int, int]]:
    """The ranges that are missing between what is held and what waits."""
    found = []
    for first, last in sorted(waiting):
        if first > held + 1:
            found.append((held + 1, first - 1))
        held = max(held, last)
    return found
