"""What comes in: each sealed file is opened, checked, and given to whoever knows its kind (SYNC 8, 13).

Rosters and orders go first, whatever else is missing. A file that cannot be used yet stays and is tried again; one
that is refused changes nothing; one at which the program fails keeps no other from being taken in. What became of
each file goes into the next receipt.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError, StorageFailed, StorageFull
from casedesk.models import BatchIn, BatchOut, Chain, Change, Proved
from casedesk.models import Operation as OperationRow
from casedesk.progress import Cancelled, Progress, silent
from casedesk.services.permissions import needs
from casedesk.services.users import close_to_ended
from casedesk.storage.bulk import in_parts
from casedesk.storage.erasing import NotTheSame, by_place, obey, show
from casedesk.storage.operations import MalformedBody, unpack
from casedesk.storage.store import Store
from casedesk.storage.vault import VaultUnreadable
from casedesk.sync import carrying, chains
from casedesk.sync.announcing import close_if_ended, reader_before_joining, take_roster_file
from casedesk.sync.batch import Batch, Header, Kind, Reader, Refused, Why, file_name, is_proved, open_batch, open_header
from casedesk.sync.bodies import CodedRows, Orders, Receipt, read_body
from casedesk.sync.coded import take_coded
from casedesk.sync.files import Fate, Folder, inbox
from casedesk.sync.intake import divided, take_in
from casedesk.sync.joining import signs_the_list
from casedesk.sync.membership import NotJoined, Standing, standing
from casedesk.sync.people import close_to_who_left, list_users
from casedesk.sync.process import Seat, beside
from casedesk.sync.receipts import is_due, take_receipt, write_receipts
from casedesk.sync.roster import Member, end_of, is_believed

# What says nothing of the file that was being taken in: it stays and is tried again.
_OF_THIS_COMPUTER: Final = (Cancelled, StorageFull, StorageFailed, VaultUnreadable, OSError, MemoryError)
# Another program, or the next list of computers, may take what is set aside for these.
_TRIED_AGAIN: Final = (Why.NEWER, Why.UNKNOWN_DESK, Why.MISTAKE)
NO_RIGHT: Final = "no_right"  # an order to forget what its author may not have forgotten

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """One file that was looked at. `why` is a code of `batch.Why`, or of what the receipt says."""

    name: str
    kind: str
    fate: Fate
    why: str = ""

    @property
    def went_wrong(self) -> bool:
        """Whether a file that was for us was refused; of one that nobody here can open that is no news."""
        return self.fate is Fate.REFUSED and self.kind != ""


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
def take_inbox(desk: Desk, progress: Progress = silent, *, by_itself: bool = False) -> list[Taken]:
    """Take in all that lies in the inbox, until nothing that waits goes further; then write the receipts.

    With `by_itself` in a process of its own, so that a window goes on meanwhile. Cancelled, what was taken in stays,
    the receipts say how far that is, and the rest goes on another time.
    """
    inbox(desk.store.vault.folder).clean()
    try:
        if by_itself:
            return beside(desk.store, _take_beside, Seat.of(desk), progress=progress)
        return _take_all(desk, progress)
    finally:
        close_to_ended(desk)
        close_to_who_left(desk)
        list_users(desk)
        if is_due(desk):
            write_receipts(desk)
        close_if_ended(desk)


def _take_beside(store: Store, progress: Progress, seat: Seat) -> list[Taken]:
    return _take_all(seat.desk(store), progress)


def _take_all(desk: Desk, progress: Progress) -> list[Taken]:
    folder = inbox(desk.store.vault.folder)
    found: dict[str, Taken] = {}
    waiting = _in_order(desk, folder)
    whole = len(waiting)
    moved = True
    while waiting and moved:
        moved = False
        for name in list(waiting):
            progress.step(whole - len(waiting), whole)
            taken = _take(desk, folder, name, progress)
            found[name] = taken
            if taken.fate is not Fate.WAITING:
                waiting.remove(name)
                moved = True
    return list(found.values())


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
    """The files of the inbox that may still become something, in the order in which they help each other.

    What was set aside stays; what a newer or a better program or a newer list of computers can take is tried again.
    """
    with desk.read() as session:
        known = {row.name: row for row in session.execute(select(BatchIn.name, BatchIn.state, BatchIn.why))}
        ours = set(session.scalars(select(BatchOut.name)))
    order: list[tuple[int, int, int, str]] = []
    for name in folder.names():
        row = known.get(name)
        if name in ours or (row is not None and row.state in (Fate.APPLIED, Fate.REFUSED)):
            folder.remove(name)
            continue
        if row is not None and row.state == Fate.ASIDE and row.why not in _TRIED_AGAIN:
            continue
        try:
            header = open_header(folder.read(name), _reader(desk))
            order.append((carrying.IN.index(header.kind), header.first, header.made, name))
        except (Refused, NotJoined):
            order.append((len(carrying.IN), 0, 0, name))
    return [name for *_place, name in sorted(order)]


def _reader(desk: Desk) -> Reader:
    with desk.read() as session:
        try:
            return standing(session).reader
        except NotJoined:
            before = reader_before_joining(session)
            if before is None:
                raise
            return before


def _take(desk: Desk, folder: Folder, name: str, progress: Progress) -> Taken:
    sealed = folder.read(name)
    if not sealed and folder.size(name):  # another program holds it, or the disk erred
        return Taken(name, "", Fate.WAITING)
    kind, author = "", b""
    is_itself = file_name(sealed) == name
    try:
        if not is_itself:
            raise Refused(Why.DAMAGED)
        batch = open_batch(sealed, _reader(desk))
        kind, author = batch.header.kind, batch.header.desk
        fate, why = _apply(desk, batch, progress)
    except _OF_THIS_COMPUTER:
        raise
    except Refused as refused:
        fate, why = (Fate.ASIDE if refused.why in _TRIED_AGAIN else Fate.REFUSED), str(refused.why)
    except CaseDeskError as error:
        fate, why = Fate.REFUSED, type(error).__name__[:20]
    except Exception as error:
        log.error("a mistake of ours", exc_info=error)
        fate, why = Fate.ASIDE, Why.MISTAKE
    # what was spoilt while it lay here is noted by what it became: the file itself is still to come
    _note(desk, name if is_itself else file_name(sealed), kind, author, fate, why, len(sealed))
    if fate in (Fate.APPLIED, Fate.REFUSED):
        folder.remove(name)
    return Taken(name, kind, fate, why)


def _note(desk: Desk, name: str, kind: str, author: bytes, fate: Fate, why: str, size: int) -> None:
    with desk.local() as session:
        row = session.get(BatchIn, name)
        if row is None:
            row = BatchIn(name=name, desk=author, size=size, came_at=desk.clock(), told=False)
            session.add(row)
        if (row.kind, row.state, row.why) != (kind, fate, why):
            row.kind, row.state, row.why, row.told = kind, fate, why, False
            row.desk = author or row.desk  # of what could not be read before


def _apply(desk: Desk, batch: Batch, progress: Progress) -> tuple[Fate, str]:
    """Give a batch to whoever knows its kind."""
    header = batch.header
    if header.kind is Kind.ROSTER:
        take_roster_file(desk, batch.body)
        return Fate.APPLIED, ""
    if header.kind is Kind.JOIN:
        return (Fate.ASKS if signs_the_list(desk) else Fate.APPLIED), ""
    with desk.read() as session:
        place = standing(session)
    author = place.roster.member(header.desk)
    if author is None:
        raise Refused(Why.UNKNOWN_DESK)
    match header.kind:
        case Kind.CHAIN:
            return _take_chain(desk, place, batch, author, progress)
        case Kind.SNAPSHOT:
            return _take_chain(desk, place, batch, _writer_of_passed(place, header, author), progress)
        case Kind.SHOW:
            return _take_show(desk, place, batch, author)
    if not author.active:
        return Fate.ASIDE, Why.ENDED_DESK
    match header.kind:
        case Kind.ORDERS:
            return _obey(desk, place, author, read_body(batch.body, Orders))
        case Kind.RECEIPT:
            take_receipt(desk, place, author, read_body(batch.body, Receipt))
        case Kind.CODED if place.me.central:
            told = read_body(batch.body, CodedRows)
            with desk.local() as session:
                take_coded(session, author, told, desk.clock())
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
    if {by.centre, writer.centre} != {place.me.centre}:
        raise Refused(Why.OTHER_AUDIENCE)
    if by.desk not in place.bound:  # the word of the centre may still be on its way
        raise Refused(Why.UNKNOWN_DESK)
    return writer


def _take_chain(desk: Desk, place: Standing, batch: Batch, author: Member, progress: Progress) -> tuple[Fate, str]:
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
    believed = _as_far_as_believed(piece, author)
    accepted = take_in(desk.store, believed, desk.clock(), place.judge, progress)
    match accepted.outcome:
        case chains.Outcome.STORED | chains.Outcome.KNOWN if believed.last < piece.last:
            return Fate.ASIDE, Why.ENDED_DESK
        case chains.Outcome.STORED | chains.Outcome.KNOWN:
            with desk.local() as session:
                session.merge(Proved(chain=piece.chain, seq=piece.last, signature=header.proof))
            return Fate.APPLIED, ""
        case chains.Outcome.WAITING:
            return Fate.WAITING, ""
    return Fate.REFUSED, accepted.outcome


def _as_far_as_believed(piece: chains.Slice, author: Member) -> chains.Slice:
    """Of a desk that was ended the operations before its end: they come in no other file."""
    end = end_of(author, piece.chain)
    return piece if end is None else divided(piece, max(end + 1 - piece.first, 0))[0]


def _take_show(desk: Desk, place: Standing, batch: Batch, author: Member) -> tuple[Fate, str]:
    """More levels of operations that are here: they must have the digests that are held. Of a desk that was ended only
    what it wrote before its end."""
    header = batch.header
    try:
        operations = unpack(batch.body)
    except MalformedBody:
        raise Refused(Why.DAMAGED) from None
    if len(operations) != len(header.ops):
        raise Refused(Why.DAMAGED)
    with desk.store.intake() as (session, merged):
        chain = session.scalars(select(Chain).where(Chain.id == header.chain)).first()
        if chain is None:
            return Fate.WAITING, ""
        if chain.desk != header.desk:
            return Fate.REFUSED, chains.Outcome.NOT_ITS_OWN
        told = zip(header.ops, operations, strict=True)
        believed = {seq: operation for seq, operation in told if is_believed(author, chain.id, seq)}
        if chain.held < max(believed, default=0):
            return Fate.WAITING, ""
        if believed:
            try:
                merged.add(show(session, chain.id, believed, desk.clock(), place.judge))
            except NotTheSame:
                raise Refused(Why.DAMAGED) from None
    return (Fate.APPLIED, "") if len(believed) == len(operations) else (Fate.ASIDE, Why.ENDED_DESK)


def _obey(desk: Desk, place: Standing, author: Member, told: Orders) -> tuple[Fate, str]:
    """Forget what the order names, as far as only its author's centre wrote about it.

    Within a centre only what its author alone wrote: what a colleague may order is told by the chain, with the
    right to it.
    """
    with desk.store.intake() as (session, merged):
        owned = set(session.scalars(select(Chain.id).where(Chain.desk != author.desk)))
        orders = told.read()
        foreign = _foreign(session, place, author, {order.record for order in orders})
        allowed = {order for order in orders if order.chain not in owned and order.record not in foreign}
        for (chain, seq), targets in by_place(allowed).items():
            merged.add(obey(session, chain, seq, targets, desk.clock()))
    refused = len(allowed) < len(orders)
    return Fate.REFUSED if refused and not allowed else Fate.APPLIED, NO_RIGHT if refused else ""


def _foreign(session: Session, place: Standing, author: Member, records: Collection[UUID]) -> set[UUID]:
    """The records about which a desk of another centre wrote; within a centre, another desk."""
    is_colleague = author.centre == place.me.centre
    centres = {each.desk: each.centre for each in place.roster.members}
    found: set[UUID] = set()
    for some in in_parts(list(records)):
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
