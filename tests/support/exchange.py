"""Desks that exchange pieces of their chains without files between them."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import permutations
from pathlib import Path
from uuid import UUID

from nacl.signing import SigningKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Actor, Desk
from casedesk.models import Case, Chain, Clash, Recorded, User, fields_of, recorded_models
from casedesk.models import Operation as OperationRow
from casedesk.storage.arrived import Arrived
from casedesk.storage.chain import continue_chain
from casedesk.storage.erasing import Target, order
from casedesk.storage.merging import Judgement, Merged
from casedesk.storage.operations import Leaf, Operation, OperationKind, start_link, unpack
from casedesk.storage.recorder import NO_RECORD, OPERATION_TABLE, append, own_chain, to_leaf
from casedesk.storage.registers import Knowledge
from casedesk.storage.store import Store
from casedesk.storage.vault import unlock
from casedesk.sync.chains import Outcome, Slice, checked
from casedesk.sync.intake import Accepted, heed_fork, take_in
from tests.conftest import NOW, PASSPHRASE


@dataclass
class Office:
    """Several desks of one centre, each with a store of its own; the first one set the centre up."""

    folder: Path
    empty: Path
    desks: list[Desk] = field(default_factory=list)

    def add(self, clock: Callable[[], datetime] = lambda: NOW, chain: bytes | None = None) -> Desk:
        number = len(self.desks)
        folder = Path(shutil.copytree(self.empty, self.folder / f"desk{number}"))
        store = Store(unlock(folder, "farzana", PASSPHRASE))
        if number or chain is not None:
            begin_own_chain(store, chain)
        desk = Desk(store, actor_of(store), "DHK", f"K{number + 3}", clock=clock)
        self.desks.append(desk)
        return desk

    @property
    def founder(self) -> bytes:
        """The key of who set the centre up: what it writes about rights is believed."""
        return every_chain(self.desks[0])[0].desk

    def copy(self, number: int, name: str) -> Path:
        """The vault of a desk as it lies on its disk."""
        store = self.desks[number].store
        with closing(store.vault.connection()) as connection:  # a copy takes no log along
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ignored = shutil.ignore_patterns("vault.lock")
        return Path(shutil.copytree(store.vault.folder, self.folder / name, ignore=ignored))

    def put_back(self, number: int, copy: Path, *, new_chain: bool) -> Desk:
        """A copy takes the place of a desk. Without a new chain it tells another story under the same numbers."""
        old = self.desks[number]
        old.store.vault.close()
        store = Store(unlock(copy, "farzana", PASSPHRASE))
        if new_chain:
            with store.local() as session:
                continue_chain(session, old.clock())
        self.desks[number] = replace(old, store=store)
        return self.desks[number]

    def send(self, of: Desk, to: Desk, chain: bytes | None = None, first: int = 1, last: int | None = None) -> Accepted:
        piece = piece_of(of, chain or own(of).id, first, last)
        return take_in(to.store, piece, NOW, everybody_may)

    def exchange(self, rounds: int = 1) -> None:
        """Everybody gives everything they hold to everybody."""
        for _round in range(rounds):
            for giver in self.desks:
                for taker in self.desks:
                    if giver is not taker:
                        for chain in chains(giver):
                            self.send(giver, taker, chain)

    def settle(self) -> None:
        """Everybody gives everybody everything, until nothing moves."""
        for _round in range(3 * len(self.desks)):
            moved = [self.give_all(giver, taker) for giver, taker in permutations(self.desks, 2)]
            if not any(moved):
                return
        raise AssertionError("it does not come to rest")

    def give_all(self, giver: Desk, taker: Desk) -> bool:
        """Every chain but those that both hold alike; whether anything moved."""
        here, there = heads(giver), heads(taker)
        moved = [self._give(giver, taker, chain) for chain, head in here.items() if there.get(chain) != head]
        return any(moved)

    def _give(self, giver: Desk, taker: Desk, chain: bytes) -> bool:
        """Whether anything moved. Whoever hears that others know their chain in another form tells it again."""
        if not held(giver, chain):
            return False
        piece = piece_of(giver, chain)
        accepted = take_in(taker.store, piece, taker.clock(), everybody_may)
        if accepted.outcome is Outcome.FORK and own(giver).desk == piece.desk:
            assert accepted.fork is not None
            with giver.store.intake() as (session, merged):
                told = heed_fork(session, chain, accepted.fork, giver.clock(), everybody_may)
                merged.add(told or Merged())
            return told is not None
        return accepted.outcome is Outcome.STORED

    def close(self) -> None:
        for desk in self.desks:
            desk.store.vault.close()


def everybody_may(_session: Session, _knowledge: Knowledge, arrived: Sequence[Arrived]) -> Judgement:
    """A judge to whom everything counts."""
    return Judgement(arrived, ())


def actor_of(store: Store) -> Actor:
    with store.read() as session:
        user = session.scalars(select(User)).one()
        return Actor(user.id, user.name or "", frozenset(user.roles or ()), user.team)


def begin_own_chain(store: Store, chain: bytes | None = None) -> None:
    """What was copied is another desk's; this one writes its own chain with a key of its own."""
    with store.local() as session:
        copied = own_chain(session)
        copied.signing_seed = None
        key, id_ = SigningKey.generate(), chain or secrets.token_bytes(16)
        public = bytes(key.verify_key)
        session.add(
            Chain(
                id=id_,
                organisation=copied.organisation,
                desk=public,
                signing_seed=bytes(key),
                parent=b"",
                held=0,
                head=start_link(copied.organisation, id_, public),
                marked=0,
            )
        )


def own(desk: Desk) -> Chain:
    with desk.read() as session:
        return own_chain(session)


def heads(desk: Desk) -> dict[bytes, bytes]:
    return {chain.id: chain.head for chain in every_chain(desk) if chain.held}


def every_chain(desk: Desk) -> list[Chain]:
    with desk.read() as session:
        return list(session.scalars(select(Chain).order_by(Chain.ix)))


def chains(desk: Desk) -> list[bytes]:
    with desk.read() as session:
        return list(session.scalars(select(Chain.id).where(Chain.held > 0).order_by(Chain.ix)))


def held(desk: Desk, chain: bytes) -> int:
    with desk.read() as session:
        return session.scalar(select(Chain.held).where(Chain.id == chain)) or 0


def piece_of(
    desk: Desk,
    chain: bytes,
    first: int = 1,
    last: int | None = None,
    view: Callable[[int, Operation], Operation] = lambda _seq, operation: operation,
) -> Slice:
    """A piece of a chain as this desk holds it."""
    with desk.read() as session:
        row = session.scalars(select(Chain).where(Chain.id == chain)).one()
        wanted = select(OperationRow).where(OperationRow.chain_ix == row.ix, OperationRow.chain_seq >= first)
        if last is not None:
            wanted = wanted.where(OperationRow.chain_seq <= last)
        rows = session.scalars(wanted.order_by(OperationRow.chain_seq)).all()
        before = start_link(row.organisation, row.id, row.desk, row.parent)
        if first > 1:
            earlier = select(OperationRow.link).where(
                OperationRow.chain_ix == row.ix, OperationRow.chain_seq == first - 1
            )
            before = session.execute(earlier).scalar_one()
        return checked(
            chain=chain,
            desk=row.desk,
            parent=row.parent,
            first=first,
            before=before,
            operations=[view(each.chain_seq, unpack(each.body)[0]) for each in rows],
            head=rows[-1].link,
        )


def records(desk: Desk) -> dict[tuple[str, bytes], dict[str, object]]:
    """What the records of a desk say, without the empty fields; one of which all was forgotten says nothing."""
    found: dict[tuple[str, bytes], dict[str, object]] = {}
    with desk.read() as session:
        for table, model in recorded_models().items():
            for record in session.scalars(select(model)):
                if said := _said(record):
                    found[table, record.id.bytes] = said
    return found


def _said(record: Recorded) -> dict[str, object]:
    values = {name: to_leaf(getattr(record, name)) for name in fields_of(type(record))}
    return {name: value for name, value in values.items() if value is not None}


def person_of(desk: Desk, case_id: UUID) -> UUID:
    with desk.read() as session:
        found = session.get_one(Case, case_id).person_id
        assert found is not None
        return found


def clashes(desk: Desk) -> set[tuple[str, bytes, str, frozenset[tuple[bytes, int]]]]:
    """The open clashes, with the places of the operations that disagree."""
    with desk.read() as session:
        places = {
            seq: (chain, chain_seq)
            for seq, chain, chain_seq in session.execute(
                select(OperationRow.seq, Chain.id, OperationRow.chain_seq).join(
                    Chain, Chain.ix == OperationRow.chain_ix
                )
            )
        }
        return {
            (c.table, c.record.bytes, c.register, frozenset(places[int(n)] for n in c.operations.split()))
            for c in session.scalars(select(Clash).where(Clash.settled_by.is_(None)))
        }


def same_everywhere(desks: Iterable[Desk]) -> bool:
    first, *others = desks
    return all(records(first) == records(other) and clashes(first) == clashes(other) for other in others)


def write_leaves(desk: Desk, leaves: list[Leaf], kind: OperationKind = OperationKind.WORK) -> None:
    """An operation that no service would write: of a newer program, or of somebody who means harm."""
    action = Leaf(OPERATION_TABLE, NO_RECORD, "action", "test.leaves")
    with desk.store.local() as session:
        append(session, own_chain(session), {1: [action, *leaves]}, actor=desk.actor.id, now=NOW, kind=kind)


def order_erasure(desk: Desk, *targets: Target, confirmed: bool = False) -> tuple[bytes, int]:
    """Write into the desk's own chain that these values be forgotten, and forget them there; where the order stands."""
    with desk.store.intake() as (session, merged):
        actor, now = desk.actor.id, desk.clock()
        merged.add(order(session, "test.erase", targets, actor=actor, now=now, confirmed=confirmed))
        chain = own_chain(session)
        return chain.id, chain.held


def words_in(desk: Desk, words: Collection[bytes]) -> set[tuple[str, bytes]]:
    """Which of these words can be read in which table, full-text index included."""
    found = set()
    with desk.store.vault.reader.connect() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        for table in tables:
            for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"'):  # noqa: S608 - its own
                said = b"".join(each if isinstance(each, bytes) else str(each).encode() for each in row).lower()
                found |= {(table, word) for word in words if word.lower() in said}
    return found
