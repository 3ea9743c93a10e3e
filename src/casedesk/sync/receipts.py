"""Receipts: what others hold of ours, and what we tell them that we hold of theirs (SYNC 7, 13)."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.models import BatchIn, BatchOut, Chain, Covered
from casedesk.storage.chain import link_at
from casedesk.storage.installation import remember, remembered
from casedesk.sync.batch import Header, Kind, Refused, Why, open_header
from casedesk.sync.bodies import Holding, Receipt
from casedesk.sync.carrying import BY_NUMBER, DONE, State
from casedesk.sync.chains import Outcome
from casedesk.sync.files import Fate, Folder, inbox, outbox
from casedesk.sync.intake import heed_fork, held_of
from casedesk.sync.membership import NotJoined, Standing, standing
from casedesk.sync.outbox import keep_letter, keep_list
from casedesk.sync.planning import own_chains
from casedesk.sync.roster import Member

KEPT_DAYS: Final = 30
NAMED_ALWAYS: Final = (Kind.ORDERS, Kind.ROSTER)  # in each receipt; one that is not named is on its way again
OWN: Final = "own"  # the note of a chain that the writer of the receipt wrote itself
_TOLD_OF: Final = "told_of_chain"


def take_receipt(desk: Desk, place: Standing, author: Member, told: Receipt) -> None:
    """Note what the author holds, and let files go that all who are meant have."""
    key, folder = author.desk.hex(), outbox(desk.store.vault.folder)
    done = {name for name, why in told.files if not why}
    told_again = done | {name for name, why in told.files if why == Outcome.FORK}  # in another chain
    active = {each.desk.hex() for each in place.roster.members if each.active}
    with desk.local() as session:
        ours = set(session.scalars(select(Chain.id).where(Chain.desk == place.me.desk)))
        held = {line.chain: line for line in told.chains}
        went_back = _went_back(session, author.desk, held, ours)
        _note_held(session, author.desk, held, ours, desk.clock())
        forked = [
            (line.chain, line.fork)
            for line in held.values()
            if line.chain in ours and line.fork is not None and not _hold_the_same(session, line)
        ]
        files = [row for row in session.scalars(select(BatchOut).order_by(BatchOut.id)) if key in row.sealed_to]
        lists = [row for row in files if row.kind == Kind.ROSTER]
        there = [at for at, row in enumerate(lists) if row.name in done or (key in row.covered_by and not went_back)]
        done |= {row.name for row in lists[: max(there, default=-1) + 1]}  # a list says all that those before it said
        for row in files:
            _settle(folder, row, key, held, told_again if row.kind in BY_NUMBER else done, active)
            if row.name not in done and (row.kind in NAMED_ALWAYS or (went_back and row.kind != Kind.RECEIPT)):
                _take_back(row, key)
        if went_back and lists and lists[-1].state in DONE:  # it is gone here, and was lost there
            keep_list(session, desk, place, [author])
    for chain, at in forked:
        _go_on_after_a_fork(desk, place, chain, at)


def _note_held(
    session: Session, author: bytes, held: Mapping[bytes, Holding], ours: Collection[bytes], now: datetime
) -> None:
    """Keep what the author says of each chain; of ours that it does not name it holds nothing."""
    for line in held.values():
        session.merge(
            Covered(
                desk=author,
                chain=line.chain,
                held=line.held,
                head=line.head,
                wanted=[list(each) for each in line.wanted],
                note=line.note,
                at=now,
            )
        )
    unnamed = Covered.chain.in_(ours), Covered.chain.not_in(list(held))
    session.execute(delete(Covered).where(Covered.desk == author, *unnamed))


def _went_back(session: Session, author: bytes, held: Mapping[bytes, Holding], ours: Collection[bytes]) -> bool:
    """Whether the author was restored from a backup: it goes on in a new chain, or holds less of ours than it said."""
    known = {row.chain: row for row in session.scalars(select(Covered).where(Covered.desk == author))}
    its_own = {chain for chain, line in held.items() if line.note == OWN}
    its_own_before = {chain for chain, row in known.items() if row.note == OWN}
    less = any(row.held > (held[chain].held if chain in held else 0) for chain, row in known.items() if chain in ours)
    return less or bool(its_own_before and its_own - its_own_before)


def _take_back(row: BatchOut, author: str) -> None:
    """A file that did not come there or was lost with a restore is on its way again; one that is gone is made again.

    What of numbered operations had come there is made again by what is held of them.
    """
    if row.kind not in BY_NUMBER:
        row.covered_by = [each for each in row.covered_by if each != author]
    if author not in row.covered_by and row.state == State.SENT:
        row.state = State.BUILT


def _hold_the_same(session: Session, line: Holding) -> bool:
    """Whether what the writer of the receipt holds of a chain is what we have of it: the other story came after it."""
    chain = session.scalars(select(Chain).where(Chain.id == line.chain)).one()
    return line.held <= chain.held and link_at(session, chain, line.held) == line.head


def _settle(
    folder: Folder, row: BatchOut, author: str, held: dict[bytes, Holding], done: Collection[str], active: set[str]
) -> None:
    """Bring one file of ours to the state that a receipt gives it."""
    line = held.get(row.chain) if row.chain is not None and row.kind in BY_NUMBER else None
    if row.name in done or (line is not None and line.held >= row.last):
        row.covered_by = sorted({*row.covered_by, author})
        if set(row.covered_by) >= set(row.sealed_to) & active and row.state != State.FORKED:
            row.state = State.COVERED
            folder.remove(row.name)


def _go_on_after_a_fork(desk: Desk, place: Standing, chain: bytes, at: int) -> None:
    """Tell again in a new chain what others know in another form."""
    with desk.store.intake() as (session, merged):
        told = heed_fork(session, chain, at, desk.clock(), place.judge)
        if told is None:
            return
        merged.add(told)
        rows = session.scalars(select(BatchOut).where(BatchOut.chain == chain, BatchOut.last >= at)).all()
        for row in rows:
            row.state = State.FORKED
            outbox(desk.store.vault.folder).remove(row.name)
    desk.note("sync.new_chain")


def write_receipts(desk: Desk) -> None:
    """For each centre from which something came a receipt: what is held of its chains, what became of its files.

    Orders and lists that were obeyed are named in each: no number of a chain tells of them, and one that is not named
    was lost on the way, or with a restore. Our own chains stand in each too: a new one tells that we were restored.
    """
    folder = outbox(desk.store.vault.folder)
    with desk.local() as session:
        try:
            place = standing(session)
        except NotJoined:
            return
        came = session.scalars(select(BatchIn).where(BatchIn.told.is_(False))).all()
        obeyed = session.scalars(
            select(BatchIn).where(BatchIn.told, BatchIn.kind.in_(NAMED_ALWAYS), BatchIn.state == Fate.APPLIED)
        ).all()
        active = [each for each in place.roster.members if each.active]
        centres = {place.roster.centre_of(row.desk) for row in came} | _to_hear_of_a_restore(session, place)
        if any(_is_of_anybody(row) for row in came):
            centres |= {each.centre for each in active}
        holdings = _holdings(desk, place, session)
        for centre in sorted(centres):
            to = [each for each in active if each.centre == centre and each.desk != place.me.desk]
            if to:
                body = _told_to(centre, place, holdings, (*obeyed, *came))
                _seal_receipt(session, desk, folder, place, to, body)
        for row in came:
            row.told = row.state != Fate.WAITING


def _holdings(desk: Desk, place: Standing, session: Session) -> list[tuple[Holding, str]]:
    """What is held of each chain, and the centre of its author. Those that we wrote have a note of that."""
    waiting = _waiting(desk, place, session)
    authors = {header.chain or b"": header.desk for header, _ranges in waiting}
    authors |= {row.id: row.desk for row in session.scalars(select(Chain))}
    ours = {chain.id for chain in own_chains(session)}
    held = held_of(session, {header.chain or b"": ranges for header, ranges in waiting})
    noted = [msgspec.structs.replace(each, note=OWN) if each.chain in ours else each for each in held]
    return [(each, place.roster.centre_of(authors[each.chain])) for each in noted]


def _told_to(
    centre: str, place: Standing, holdings: Iterable[tuple[Holding, str]], files: Iterable[BatchIn]
) -> Receipt:
    """What a centre is told: of its own chains and files, of our chains, and of files of which nobody knows whose."""
    return Receipt(
        tuple(each for each, of in holdings if each.note == OWN or of == centre),
        tuple(
            (row.name, _said(row)) for row in files if _is_of_anybody(row) or place.roster.centre_of(row.desk) == centre
        ),
    )


def _is_of_anybody(row: BatchIn) -> bool:
    """Whether nobody here can say from whom a file is: a newer program wrote it."""
    return row.why == Why.NEWER and not row.desk


def is_due(desk: Desk) -> bool:
    """Whether something came, other than receipts, of which nobody was told, also before a death; or this vault was
    restored, and nobody has been told yet what it holds."""
    with desk.read() as session:
        try:
            standing(session)
        except NotJoined:
            return False
        untold = select(BatchIn.name).where(BatchIn.told.is_(False), BatchIn.kind != Kind.RECEIPT).limit(1)
        return session.scalar(untold) is not None or _untold(session) is not None


def _to_hear_of_a_restore(session: Session, place: Standing) -> set[str]:
    """The centres that are told once by whoever goes on in a new chain: they send again what is missing, orders to
    forget above all, and do not wait until they have something new."""
    if (chain := _untold(session)) is None:
        return set()
    remember(session, _TOLD_OF, chain)
    return {each.centre for each in place.roster.members if each.active}


def _untold(session: Session) -> str | None:
    """The chain in which this vault goes on after another, if nobody has been told of it."""
    own, *before = reversed(own_chains(session))
    chain = own.id.hex()
    return chain if before and remembered(session, _TOLD_OF) != chain else None


def _said(row: BatchIn) -> str:
    return "" if row.state == Fate.APPLIED else row.why or row.state


def _waiting(desk: Desk, place: Standing, session: Session) -> list[tuple[Header, list[tuple[int, int]]]]:
    """The chains of which files lie here that cannot be taken yet, with the ranges of those."""
    folder = inbox(desk.store.vault.folder)
    found: dict[bytes | None, tuple[Header, list[tuple[int, int]]]] = {}
    wanted = select(BatchIn.name).where(BatchIn.state == Fate.WAITING, BatchIn.kind == Kind.CHAIN)
    for name in session.scalars(wanted):
        with contextlib.suppress(Refused):
            header = open_header(folder.read(name), place.reader)
            found.setdefault(header.chain, (header, []))[1].append((header.first, header.last))
    return list(found.values())


def _seal_receipt(
    session: Session, desk: Desk, folder: Folder, place: Standing, to: Iterable[Member], body: Receipt
) -> None:
    """Seal a receipt. Those before it stay only until they have been carried: each names other files."""
    keep_letter(session, desk, place.author, Kind.RECEIPT, body, {each.desk: each.seal for each in to})
    old = desk.clock() - timedelta(days=KEPT_DAYS)
    for row in session.scalars(select(BatchOut).where(BatchOut.kind == Kind.RECEIPT, BatchOut.made_at < old)):
        folder.remove(row.name)
        row.state = State.COVERED
