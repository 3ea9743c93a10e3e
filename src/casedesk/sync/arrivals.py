"""What comes in: each sealed file is opened, checked, and given to whoever knows its kind (SYNC 8, 13).

Rosters and orders go first, whatever else is missing. A file that cannot be used yet stays and is tried again; one
that is refused changes nothing. What became of each file goes into the next receipt.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.models import BatchIn, BatchOut, Chain, Change, CodedRow, CountRow, Covered, Proved
from casedesk.models import Operation as OperationRow
from casedesk.progress import Progress, silent
from casedesk.services.office import close_to_ended
from casedesk.services.permissions import needs
from casedesk.storage.chain import continue_chain
from casedesk.storage.derived import by_hundreds
from casedesk.storage.erasing import NotTheSame, obey, show
from casedesk.storage.operations import MalformedBody, unpack
from casedesk.sync import bodies, chains
from casedesk.sync.batch import (
    EVERYONE,
    Batch,
    Header,
    Kind,
    Refused,
    Why,
    file_name,
    is_proved,
    open_batch,
    seal,
    write_batch,
)
from casedesk.sync.bodies import CodedRows, Line, Orders, Receipt, read_body, write_body
from casedesk.sync.files import Folder, inbox, outbox
from casedesk.sync.intake import held_of, take_in
from casedesk.sync.joining import reader_before_joining, take_roster_file
from casedesk.sync.membership import NotJoined, Standing, standing
from casedesk.sync.outbox import State, keep_file
from casedesk.sync.people import list_users
from casedesk.sync.roster import Member, is_believed

_FIRST: Final = (Kind.ROSTER, Kind.ORDERS, Kind.CHAIN, Kind.SNAPSHOT, Kind.SHOW, Kind.CODED, Kind.RECEIPT, Kind.JOIN)
KEPT_DAYS: Final = 30
NO_RIGHT: Final = "no_right"  # an order to forget what its author may not have forgotten


class Fate(StrEnum):
    """What became of a file that came."""

    APPLIED = "applied"
    WAITING = "waiting"  # something before it is missing
    ASIDE = "aside"  # of an ended desk, or of a newer program: kept, not used
    REFUSED = "refused"
    ASKS = "asks"  # somebody asks to join: a person decides


@dataclass(frozen=True, slots=True)
class Taken:
    """One file that was looked at. `why` is a code of `batch.Why`, or of what the receipt says."""

    name: str
    kind: str
    fate: Fate
    why: str = ""


@dataclass(frozen=True, slots=True)
class FileInRow:
    """A file that came, as a list shows it."""

    name: str
    kind: str
    centre: str
    desk: str
    state: str
    why: str
    size: int
    came_at: datetime


@needs("sync.carry")
def take_inbox(desk: Desk, progress: Progress = silent) -> list[Taken]:
    """Take in all that lies in the inbox, until nothing that waits goes further; then write the receipts.

    Cancelled, each file was taken in whole or not at all, and the receipts say so.
    """
    folder = inbox(desk.store.vault.folder)
    folder.clean()
    found: dict[str, Taken] = {}
    try:
        _take_all(desk, folder, found, progress)
    finally:
        close_to_ended(desk.store)
        list_users(desk)
        if any(taken.kind != Kind.RECEIPT for taken in found.values()):
            _write_receipts(desk)
    return list(found.values())


def _take_all(desk: Desk, folder: Folder, found: dict[str, Taken], progress: Progress) -> None:
    waiting = _in_order(desk, folder)
    whole = len(waiting)
    moved = True
    while waiting and moved:
        moved = False
        for name in list(waiting):
            progress.step(whole - len(waiting), whole)
            taken = _take(desk, folder, name)
            found[name] = taken
            if taken.fate is not Fate.WAITING:
                waiting.remove(name)
                moved = True


@needs("sync.look")
def files_in(desk: Desk) -> list[FileInRow]:
    """The files that came, newest first."""
    with desk.read() as session:
        place = standing(session)
        rows = session.scalars(select(BatchIn).order_by(BatchIn.came_at.desc(), BatchIn.name)).all()
        authors = {row.name: place.roster.member(row.desk) for row in rows}
        return [
            FileInRow(
                row.name,
                row.kind,
                author.centre if (author := authors[row.name]) else "",
                author.name if author else "",
                row.state,
                row.why,
                row.size,
                row.came_at,
            )
            for row in rows
        ]


def _in_order(desk: Desk, folder: Folder) -> list[str]:
    """The files of the inbox that may still become something, in the order in which they help each other."""
    with desk.read() as session:
        done = (Fate.APPLIED, Fate.REFUSED, Fate.ASIDE)
        known = set(session.scalars(select(BatchIn.name).where(BatchIn.state.in_(done))))
        ours = set(session.scalars(select(BatchOut.name)))
    order: list[tuple[int, int, str]] = []
    for name in folder.names():
        if name in known | ours:
            folder.remove(name)
            continue
        try:
            header = _opened(desk, folder.read(name)).header
            order.append((_FIRST.index(header.kind), header.first, name))
        except (Refused, NotJoined):
            order.append((len(_FIRST), 0, name))
    return [name for *_place, name in sorted(order)]


def _opened(desk: Desk, sealed: bytes) -> Batch:
    with desk.read() as session:
        try:
            reader = standing(session).reader
        except NotJoined:
            before = reader_before_joining(session)
            if before is None:
                raise
            reader = before
    return open_batch(sealed, reader)


def _take(desk: Desk, folder: Folder, name: str) -> Taken:
    sealed = folder.read(name)
    kind, author = "", b""
    try:
        if file_name(sealed) != name:
            raise Refused(Why.DAMAGED)
        batch = _opened(desk, sealed)
        kind, author = batch.header.kind, batch.header.desk
        fate, why = _apply(desk, batch)
    except Refused as refused:
        fate, why = (Fate.ASIDE if refused.why is Why.NEWER else Fate.REFUSED), str(refused.why)
    except CaseDeskError as error:
        fate, why = Fate.REFUSED, type(error).__name__[:20]
    _note(desk, name, kind, author, fate, why, len(sealed))
    if fate in (Fate.APPLIED, Fate.REFUSED):
        folder.remove(name)
    return Taken(name, kind, fate, why)


def _note(desk: Desk, name: str, kind: str, author: bytes, fate: Fate, why: str, size: int) -> None:
    with desk.local() as session:
        row = session.get(BatchIn, name)
        if row is None:
            row = BatchIn(name=name, desk=author, size=size, came_at=desk.clock())
            session.add(row)
        row.kind, row.state, row.why, row.told = kind, fate, why, False


def _apply(desk: Desk, batch: Batch) -> tuple[Fate, str]:
    """Give a batch to whoever knows its kind."""
    header = batch.header
    if header.kind is Kind.ROSTER:
        take_roster_file(desk, batch.body)
        return Fate.APPLIED, ""
    if header.kind is Kind.JOIN:
        return Fate.ASKS, ""
    with desk.read() as session:
        place = standing(session)
    author = place.roster.member(header.desk)
    if author is None:
        raise Refused(Why.UNKNOWN_DESK)
    match header.kind:
        case Kind.CHAIN:
            return _take_chain(desk, place, batch, author)
        case Kind.SNAPSHOT:
            return _take_chain(desk, place, batch, _writer_of_passed(place, header, author))
        case Kind.SHOW:
            return _take_show(desk, place, batch, author)
    if not author.active:
        return Fate.ASIDE, Why.ENDED_DESK
    match header.kind:
        case Kind.ORDERS:
            return _obey(desk, place, author, read_body(batch.body, Orders))
        case Kind.RECEIPT:
            _take_receipt(desk, place, author, read_body(batch.body, Receipt))
        case Kind.CODED if place.me.central:
            _take_coded(desk, author, read_body(batch.body, CodedRows))
        case _:
            raise Refused(Why.OTHER_AUDIENCE)
    return Fate.APPLIED, ""


def _writer_of_passed(place: Standing, header: Header, by: Member) -> Member:
    """Whose operations a colleague passes on: of a desk of our own centre, by one that we are bound to."""
    writer = place.roster.member(header.writer)
    if writer is None:
        raise Refused(Why.UNKNOWN_DESK)
    if not by.active:
        raise Refused(Why.ENDED_DESK)
    if by.desk not in place.bound or {by.centre, writer.centre} != {place.me.centre}:
        raise Refused(Why.OTHER_AUDIENCE)
    return writer


def _take_chain(desk: Desk, place: Standing, batch: Batch, author: Member) -> tuple[Fate, str]:
    header = batch.header
    if not is_proved(header):
        raise Refused(Why.SIGNATURE)
    try:
        operations = unpack(batch.body)
        if len(operations) != header.n:
            raise Refused(Why.DAMAGED)
        piece = chains.checked(
            chain=header.chain or b"",
            desk=header.writer,
            parent=header.parent,
            first=header.first,
            before=header.prev or b"",
            operations=operations,
            head=header.head or b"",
        )
    except (MalformedBody, chains.ChainBroken):
        raise Refused(Why.DAMAGED) from None
    ends = None if author.ended is None else dict(author.ended)
    accepted = take_in(desk.store, piece, chains.Member(author.desk, ends), desk.clock(), place.judge)
    match accepted.outcome:
        case chains.Outcome.STORED | chains.Outcome.KNOWN:
            with desk.local() as session:
                session.merge(Proved(chain=piece.chain, seq=piece.last, signature=header.proof))
            return Fate.APPLIED, ""
        case chains.Outcome.WAITING:
            return Fate.WAITING, ""
        case chains.Outcome.ENDED:
            return Fate.ASIDE, Why.ENDED_DESK
        case chains.Outcome.FORK:
            return Fate.REFUSED, "fork"
    return Fate.REFUSED, "not_its_own"


def _take_show(desk: Desk, place: Standing, batch: Batch, author: Member) -> tuple[Fate, str]:
    """More levels of operations that are here: they must have the digests that are held."""
    header = batch.header
    try:
        operations = unpack(batch.body)
    except MalformedBody:
        raise Refused(Why.DAMAGED) from None
    if len(operations) != len(header.ops):
        raise Refused(Why.DAMAGED)
    with desk.store.intake() as (session, merged):
        chain = session.scalars(select(Chain).where(Chain.id == header.chain)).first()
        if chain is None or chain.held < header.ops[-1]:
            return Fate.WAITING, ""
        if chain.desk != header.desk or not is_believed(author, chain.id, header.ops[-1]):
            return Fate.REFUSED, "not_its_own"
        try:
            shown = dict(zip(header.ops, operations, strict=True))
            merged.add(show(session, chain.id, shown, desk.clock(), place.judge))
        except NotTheSame:
            raise Refused(Why.DAMAGED) from None
    return Fate.APPLIED, ""


def _obey(desk: Desk, place: Standing, author: Member, told: Orders) -> tuple[Fate, str]:
    """Forget what the order names, as far as only its author's centre wrote about it.

    Within a centre only what its author alone wrote: what a colleague may order is told by the chain, with the
    right to it.
    """
    refused = False
    by_place: dict[tuple[bytes, int], list[tuple[UUID, str]]] = {}
    with desk.store.intake() as (session, merged):
        owned = set(session.scalars(select(Chain.id).where(Chain.desk != author.desk)))
        foreign = _foreign(session, place, author, {UUID(bytes=order.record) for order in told.orders})
        for order in told.orders:
            if order.chain not in owned and UUID(bytes=order.record) not in foreign:
                by_place.setdefault((order.chain, order.seq), []).append((UUID(bytes=order.record), order.field))
            else:
                refused = True
        for (chain, seq), targets in by_place.items():
            merged.add(obey(session, chain, seq, targets, desk.clock()))
    return Fate.REFUSED if refused and not by_place else Fate.APPLIED, NO_RIGHT if refused else ""


def _foreign(session: Session, place: Standing, author: Member, records: Collection[UUID]) -> set[UUID]:
    """The records about which a desk of another centre wrote; within a centre, another desk."""
    is_colleague = author.centre == place.me.centre
    centres = {each.desk: each.centre for each in place.roster.members}
    found: set[UUID] = set()
    for some in by_hundreds(list(records)):
        wanted = (
            select(Change.record, Chain.desk)
            .join(OperationRow, OperationRow.seq == Change.operation_seq)
            .join(Chain, Chain.ix == OperationRow.chain_ix)
            .where(Change.record.in_(some))
            .distinct()
        )
        for record, desk in session.execute(wanted):
            if desk != author.desk and (is_colleague or centres.get(desk) != author.centre):
                found.add(record)
    return found


def _take_receipt(desk: Desk, place: Standing, author: Member, told: Receipt) -> None:
    """Note what the author holds, and let files go that all who are meant have."""
    now, folder = desk.clock(), outbox(desk.store.vault.folder)
    forked: list[tuple[bytes, int]] = []
    with desk.local() as session:
        ours = set(session.scalars(select(Chain.id).where(Chain.desk == place.me.desk)))
        held = {line.chain: line for line in told.chains}
        for line in held.values():
            session.merge(
                Covered(
                    desk=author.desk,
                    chain=line.chain,
                    held=line.held,
                    head=line.head,
                    wanted=[list(each) for each in line.wanted],
                    note=line.note,
                    at=now,
                )
            )
            if line.chain in ours and line.fork is not None:
                forked.append((line.chain, line.fork))
        done = {name for name, why in told.files if not why}
        active = {each.desk.hex() for each in place.roster.members if each.active}
        session.execute(
            delete(Covered).where(
                Covered.desk == author.desk, Covered.chain.in_(ours), Covered.chain.not_in(list(held))
            )
        )
        for row in session.scalars(select(BatchOut)).all():
            _settle(folder, row, author.desk.hex(), held, done, active)
    for chain, at in forked:
        _go_on_after_a_fork(desk, chain, at)


def _settle(
    folder: Folder, row: BatchOut, author: str, held: dict[bytes, Line], done: Collection[str], active: set[str]
) -> None:
    """Bring one file of ours to the state that a receipt gives it."""
    if author not in row.sealed_to:
        return
    whole = row.kind in (Kind.CHAIN, Kind.SNAPSHOT)
    line = held.get(row.chain) if row.chain is not None and whole else None
    if row.name in done or (line is not None and line.held >= row.last):
        row.covered_by = sorted({*row.covered_by, author})
        if set(row.covered_by) >= set(row.sealed_to) & active and row.state != State.FORKED:
            row.state = State.COVERED
            folder.remove(row.name)


def _go_on_after_a_fork(desk: Desk, chain: bytes, at: int) -> None:
    """Tell again in a new chain what others know in another form."""
    with desk.local() as session:
        own = session.scalars(select(Chain).where(Chain.id == chain, Chain.signing_seed.is_not(None))).first()
        if own is None or at > own.held:
            return
        continue_chain(session, desk.clock(), at=at - 1)
        rows = session.scalars(select(BatchOut).where(BatchOut.chain == chain, BatchOut.last >= at)).all()
        for row in rows:
            row.state = State.FORKED
            outbox(desk.store.vault.folder).remove(row.name)
    desk.note("sync.new_chain")


def _take_coded(desk: Desk, author: Member, told: CodedRows) -> None:
    """Put the rows in the place of those before; the totals of a desk are always all of them."""
    now = desk.clock()
    with desk.local() as session:
        for row in told.rows:
            if not row.values:
                session.execute(delete(CodedRow).where(CodedRow.row == row.row, CodedRow.desk == author.desk))
                continue
            session.merge(
                CodedRow(
                    row=row.row,
                    desk=author.desk,
                    centre=author.centre,
                    upto=told.upto,
                    values=bodies.plain(dict(row.values)),
                    came_at=now,
                )
            )
        session.execute(delete(CountRow).where(CountRow.desk == author.desk))
        for each in told.counts:
            session.merge(
                CountRow(
                    desk=author.desk, month=each.month, what=each.what, code=each.code, count=each.count, came_at=now
                )
            )


def _write_receipts(desk: Desk) -> None:
    """For each centre from which something came a receipt: what is held of its chains, what became of its files."""
    folder = outbox(desk.store.vault.folder)
    with desk.local() as session:
        try:
            place = standing(session)
        except NotJoined:
            return
        came = session.scalars(select(BatchIn).where(BatchIn.told.is_(False))).all()
        centres = {member.centre for row in came if (member := place.roster.member(row.desk)) is not None}
        waiting = _waiting(desk, place, session)
        lines = held_of(session, {header.chain or b"": ranges for header, ranges in waiting})
        owners = {header.chain: place.roster.member(header.desk) for header, _ranges in waiting}
        owners |= {row.id: place.roster.member(row.desk) for row in session.scalars(select(Chain))}
        for centre in sorted(centres):
            to = [
                each
                for each in place.roster.members
                if each.centre == centre and each.active and each.desk != place.me.desk
            ]
            if not to:
                continue
            told = [row for row in came if (m := place.roster.member(row.desk)) is not None and m.centre == centre]
            mine = [line for line in lines if (m := owners.get(line.chain)) is not None and m.centre == centre]
            body = Receipt(
                tuple(
                    Line(line.chain, line.held, line.head or bytes(32), line.wanted, line.fork, line.note)
                    for line in mine
                ),
                tuple((row.name, _said(row)) for row in told),
            )
            _seal_receipt(session, desk, folder, place, to, body)
        for row in came:
            row.told = row.state != Fate.WAITING


def _said(row: BatchIn) -> str:
    return "" if row.state == Fate.APPLIED else row.why or row.state


def _waiting(desk: Desk, place: Standing, session: Session) -> list[tuple[Header, list[tuple[int, int]]]]:
    """The chains of which files lie here that cannot be taken yet, with the ranges of those."""
    folder = inbox(desk.store.vault.folder)
    found: dict[bytes | None, tuple[Header, list[tuple[int, int]]]] = {}
    wanted = select(BatchIn.name).where(BatchIn.state == Fate.WAITING, BatchIn.kind == Kind.CHAIN)
    for name in session.scalars(wanted):
        with contextlib.suppress(Refused):
            header = open_batch(folder.read(name), place.reader).header
            found.setdefault(header.chain, (header, []))[1].append((header.first, header.last))
    return list(found.values())


def _seal_receipt(
    session: Session, desk: Desk, folder: Folder, place: Standing, to: Iterable[Member], body: Receipt
) -> None:
    """Seal a receipt. Those before it stay only until they have been carried: each names other files."""
    now, members = desk.clock(), list(to)
    keys = [each.desk for each in members]
    plain = write_batch(
        place.author,
        Kind.RECEIPT,
        write_body(body),
        audience=EVERYONE,
        made=int(now.timestamp() * 1000),
        to=keys,
    )
    sealed = seal(plain, [each.seal for each in members])
    keep_file(session, folder, sealed, kind=Kind.RECEIPT, audience=EVERYONE, to=keys, now=now)
    old = now - timedelta(days=KEPT_DAYS)
    for row in session.scalars(select(BatchOut).where(BatchOut.kind == Kind.RECEIPT, BatchOut.made_at < old)):
        folder.remove(row.name)
        row.state = State.COVERED
