"""The chain of this desk: how it begins, and how it goes on in a new one (SYNC 4, 10)."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from nacl.signing import SigningKey
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from casedesk.fields import Level
from casedesk.models import Chain, Erasure, Mark
from casedesk.models import Operation as OperationRow
from casedesk.storage.operations import Leaf, Operation, OperationKind, digest, link, parent_of, start_link, unpack
from casedesk.storage.recorder import MARK_TABLE, NO_RECORD, OPERATION_TABLE, append, gate, own_chain


def begin_chain(session: Session) -> None:
    """Start the chain of a new vault. The organisation is unknown, hence random, until the desk joins one."""
    organisation, chain = secrets.token_bytes(16), secrets.token_bytes(16)
    key = SigningKey.generate()
    public = bytes(key.verify_key)
    session.add(
        Chain(
            id=chain,
            organisation=organisation,
            desk=public,
            signing_seed=bytes(key),
            parent=b"",
            held=0,
            head=start_link(organisation, chain, public),
        )
    )


def continue_chain(
    session: Session,
    now: datetime,
    *,
    at: int | None = None,
    organisation: bytes | None = None,
    old: Chain | None = None,
) -> Chain:
    """Go on in a new chain that continues ours after operation `at`, or after its newest (SYNC 10).

    For a store that was restored or copied, and for one whose later operations others know in another form. What we
    wrote after `at` is told again in the new chain, same content; nothing is dropped. Whoever joins an organisation
    goes on in a chain of that. An `old` chain that we went on from before is continued in one that ends with it.
    Returns the new chain.
    """
    old = old or own_chain(session)
    at = old.held if at is None else at
    last = link_at(session, old, at)
    parent = parent_of(old.id, at, last)
    id_ = secrets.token_bytes(16)
    new = Chain(
        id=id_,
        organisation=organisation or old.organisation,
        desk=old.desk,
        signing_seed=old.signing_seed,
        parent=parent,
        held=0,
        head=start_link(organisation or old.organisation, id_, old.desk, parent),
        marked=0,
    )
    session.add(new)
    session.flush()
    _tell_what_was_known(session, old, new, at, now)
    with gate(session, rewriting=True):
        _move(session, old, new, at)
        old.signing_seed, old.held, old.head, old.marked = None, at, last, at
        session.flush()
    return new


def is_told_again(session: Session, chain: Chain, seq: int, operation: Operation) -> bool:
    """Whether a chain that continues this one from there begins with the same operation."""
    parent = parent_of(chain.id, seq - 1, link_at(session, chain, seq - 1))
    wanted = select(OperationRow.seq).join(Chain, Chain.ix == OperationRow.chain_ix)
    same = wanted.where(
        Chain.parent == parent, OperationRow.chain_seq == 2, OperationRow.digest == digest(2, operation)
    )
    return session.scalar(same) is not None


def link_at(session: Session, chain: Chain, seq: int) -> bytes:
    """What binds an operation that is here to its chain."""
    if seq == 0:
        return start_link(chain.organisation, chain.id, chain.desk, chain.parent)
    wanted = select(OperationRow.link).where(OperationRow.chain_ix == chain.ix, OperationRow.chain_seq == seq)
    return session.execute(wanted).scalar_one()


def _tell_what_was_known(session: Session, old: Chain, new: Chain, at: int, now: datetime) -> None:
    """The first operation of a chain that continues another marks all that its author had seen until there."""
    known: dict[bytes, int] = {old.id: at} if at else {}
    for mark in session.scalars(select(Mark).where(Mark.chain_ix == old.ix, Mark.at_seq <= at)):
        known[mark.peer] = max(mark.held, known.get(mark.peer, 0))
    action = Leaf(OPERATION_TABLE, NO_RECORD, "action", "sync.new_chain")
    told = [Leaf(MARK_TABLE, peer, "held", held) for peer, held in known.items()]
    append(session, new, {Level.PUBLIC: [action, *told]}, actor=UUID(int=0), now=now, kind=OperationKind.MARK)
    rows = [{"chain_ix": new.ix, "peer": peer, "at_seq": 1, "held": held} for peer, held in known.items()]
    if rows:
        session.execute(insert(Mark), rows)


def _move(session: Session, old: Chain, new: Chain, at: int) -> None:
    """Bind to the new chain what was written in the old one after `at`."""
    wanted = select(OperationRow).where(OperationRow.chain_ix == old.ix, OperationRow.chain_seq > at)
    moved = {}
    for row in session.scalars(wanted.order_by(OperationRow.chain_seq)):
        (operation,) = unpack(row.body)
        seq = new.held + 1
        moved[row.chain_seq] = seq
        row.chain_ix, row.chain_seq, row.digest = new.ix, seq, digest(seq, operation)
        row.link = link(new.head, new.id, seq, row.digest)
        new.held, new.head = seq, row.link
    for mark in session.scalars(select(Mark).where(Mark.chain_ix == old.ix, Mark.at_seq > at)):
        session.add(Mark(chain_ix=new.ix, peer=mark.peer, at_seq=moved[mark.at_seq], held=mark.held))
        session.delete(mark)
    for order in session.scalars(select(Erasure).where(Erasure.chain == old.id, Erasure.chain_seq > at)):
        order.chain, order.chain_seq = new.id, moved[order.chain_seq]
