"""A visit to the relay: what waits is brought there, what lies there is fetched and taken in (SYNC 7).

Ten minutes of a bad line are enough, and it may break anywhere: each file goes on from the last byte kept, and one
that was fetched lies in the inbox before the relay is told so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import httpx
from nacl.signing import SigningKey
from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.models import BatchOut, Covered, Membership
from casedesk.progress import Progress, silent
from casedesk.services.clock import clock_is_wrong
from casedesk.services.permissions import needs
from casedesk.storage.installation import remember, remembered
from casedesk.storage.recorder import own_chain
from casedesk.sync.announcing import close_if_ended, take_roster_file
from casedesk.sync.arrivals import Taken, take_inbox
from casedesk.sync.batch import Kind
from casedesk.sync.bodies import RosterBody, write_body
from casedesk.sync.carrying import TO_SEND, State
from casedesk.sync.files import inbox, outbox
from casedesk.sync.invitations import read_invitation
from casedesk.sync.line import Address, LetGo, Line, LineBroken, NotAdmitted, NotTheRelay, ToldItWasEnded
from casedesk.sync.membership import NotJoined, newest_signed, standing
from casedesk.sync.outbox import FOR_THE_LINE, audiences, make_files, uncovered
from casedesk.sync.relay.admission import box_of

APART: Final = timedelta(minutes=10)


class NoRelay(CaseDeskError):
    """Nobody said where the relay is."""

    def __init__(self) -> None:
        super().__init__(
            _("This computer does not know a relay, so files travel by stick only."),
            hint=_("Your administrator can name the relay, or send an invitation that does."),
        )


class NotVouchedFor(CaseDeskError):
    """An address without TLS, or without the certificate that vouches for it."""

    def __init__(self) -> None:
        super().__init__(
            _("Nobody could tell this relay from another computer in its place."),
            hint=_(
                "Nothing was changed. The address begins with https:// and the certificate belongs to it; the relay’s "
                "technician has both."
            ),
        )


class NoAnswer(CaseDeskError):
    """Nobody answers where the relay is said to be."""

    def __init__(self) -> None:
        super().__init__(
            _("The relay does not answer."),
            hint=_(
                "Look whether this computer has internet, and try again later. Nothing was sent, your work is safe "
                "here, and files can travel by stick meanwhile."
            ),
        )


@dataclass(frozen=True, slots=True)
class Reached:
    """The relay answered, showed the right certificate and let this computer in; and what time it is there."""

    host: str
    there: datetime | None
    apart: bool  # the two clocks are further apart than the line between them explains


@dataclass(slots=True)
class Visited:
    """What one visit did. `sent` and `fetched` count files; `size` the bytes of both."""

    sent: int = 0
    fetched: int = 0
    size: int = 0
    taken: list[Taken] = field(default_factory=list)


@needs("sync.roster")
def name_relay(desk: Desk, url: str, issuer: bytes) -> None:
    """Say where the relay is, and which certificate (DER) vouches for it; none for one on this computer."""
    try:
        with Line(Address(url, issuer or None), SigningKey.generate()):
            pass
    except NotTheRelay:
        raise NotVouchedFor from None
    with desk.local() as session:
        standing(session)
        member = session.get_one(Membership, 1)
        member.relay, member.issuer = url, issuer or None
    desk.note("sync.relay")


@needs("sync.look")
def relay_of(desk: Desk) -> Address | None:
    """Where the relay is, if anybody said so."""
    return _address(desk)


@needs("sync.send")
def visit(desk: Desk, progress: Progress = silent, *, by_itself: bool = False) -> Visited:
    """Send all that waits, fetch all that lies there, take it in, and send the receipts for it.

    What came may tell that somebody lost what they had: that is made again, and goes now, orders to forget first.
    """
    done = Visited()
    with _line(desk, progress) as line:
        _bring_roster(desk, line)
        _know_again(desk, line)
        _make(desk)
        _send(desk, line, done, progress)
        _fetch(desk, line, done, progress)
        done.taken = take_inbox(desk, progress, by_itself=by_itself)
        if done.taken:
            _make(desk)
        _send(desk, line, done, progress)
    desk.note("sync.visited")
    return done


@needs("sync.carry")
def check_line(desk: Desk, progress: Progress = silent) -> Reached:
    """Ask the relay who it is, and whether it lets this computer in. No file is sent or fetched; who signs the list of
    computers brings it along, since without it the relay lets nobody in.

    Raises NoAnswer, NotTheRelay, OutOfDate, NotAdmitted or, as any visit, Ended.
    """
    try:
        with _line(desk, progress) as line:
            _bring_roster(desk, line)
            line.relay()
            there = line.clock()
    except LineBroken:
        raise NoAnswer from None
    address = _address(desk)
    host = httpx.URL(address.url).host if address is not None else ""
    return Reached(host, there, there is not None and abs(there - desk.clock()) > APART)


@needs("sync.join")
def ask_by_relay(desk: Desk, progress: Progress = silent) -> None:
    """Leave the request to join at the relay, which lets it in for the sake of the invitation, once.

    Asking again does no harm, also when the invitation is used up because the answer is on its way.
    """
    with desk.read() as session:
        member = session.get(Membership, 1)
        raw = member.invitation if member is not None else None
        asked = session.scalars(select(BatchOut).where(BatchOut.kind == Kind.JOIN).order_by(BatchOut.id.desc())).first()
    if raw is None or asked is None:
        raise NotJoined
    invited = read_invitation(raw, desk.clock())
    try:
        with _line(desk, progress, code=invited.code) as line:
            line.send(outbox(desk.store.vault.folder).path / asked.name, [box_of(invited.desk)])
    except NotAdmitted:
        if asked.state == State.BUILT:
            raise
    else:
        mark(desk, asked.name, State.SENT)


@needs("sync.join")
def hear_answer(desk: Desk, progress: Progress = silent, *, by_itself: bool = False) -> bool:
    """Fetch what the relay has for a computer that asked to join; whether it belongs to the organisation now."""
    done = Visited()
    try:
        with _line(desk, progress) as line:
            _fetch(desk, line, done, progress)
    except NotAdmitted:
        return False
    take_inbox(desk, progress, by_itself=by_itself)
    with desk.read() as session:
        member = session.get(Membership, 1)
        return member is not None and member.joined_at is not None


def _address(desk: Desk) -> Address | None:
    with desk.read() as session:
        member = session.get(Membership, 1)
        return Address(member.relay, member.issuer) if member is not None and member.relay else None


@contextmanager
def _line(desk: Desk, progress: Progress, *, code: bytes | None = None) -> Iterator[Line]:
    address = _address(desk)
    if address is None:
        raise NoRelay
    with desk.read() as session:
        signing = SigningKey(own_chain(session).signing_seed or b"")
    # a day that somebody said is our own: TLS looks at the clock of the machine, which is as wrong as before
    doubted = desk.confirmed or clock_is_wrong(desk)
    with Line(address, signing, clock_doubted=doubted, rest=progress.rest, code=code) as line:
        try:
            yield line
        except ToldItWasEnded as told:
            take_roster_file(desk, write_body(RosterBody(told.signed, ())))
            close_if_ended(desk)
            raise NotAdmitted from None


def _bring_roster(desk: Desk, line: Line) -> None:
    """Who signs rosters tells the relay whom it lets in; an older one is not taken there."""
    with desk.read() as session:
        member = session.get_one(Membership, 1)
        signed = newest_signed(session) if member.roster_seed is not None else b""
    if signed:
        line.put_roster(signed)


def _know_again(desk: Desk, line: Line) -> None:
    """What was brought to a relay that lost everything since, or was replaced, is to be sent again."""
    relay = line.relay()
    with desk.local() as session:
        if remembered(session, "relay") == relay:
            return
        for row in session.scalars(select(BatchOut).where(BatchOut.state == State.SENT)):
            row.state = State.BUILT
        remember(session, "relay", relay)


def _make(desk: Desk) -> None:
    for audience in audiences(desk):
        make_files(desk, audience, FOR_THE_LINE)


def _send(desk: Desk, line: Line, done: Visited, progress: Progress) -> None:
    folder = outbox(desk.store.vault.folder)
    waiting = to_send(desk)
    told = _Summed(progress, sum(size for _name, size, _to in waiting))
    for name, size, to in waiting:
        mark(desk, name, State.PARTLY)
        line.send(folder.path / name, to, told)
        mark(desk, name, State.SENT)
        told.behind += size
        done.sent, done.size = done.sent + 1, done.size + size


def to_send(desk: Desk) -> list[tuple[str, int, list[str]]]:
    """Name, size and boxes of what was not brought there yet, or is asked for again."""
    folder = outbox(desk.store.vault.folder)
    with desk.read() as session:
        asked = {(row.chain, row.desk.hex()): row.wanted for row in session.scalars(select(Covered))}
        found = []
        for row in uncovered(session):
            left = [key for key in row.sealed_to if key not in row.covered_by]
            again = any(_wants(row, asked.get((row.chain or b"", key), [])) for key in left)
            if (row.state in TO_SEND or again) and folder.size(row.name):
                found.append((row.name, row.size, [box_of(bytes.fromhex(key)) for key in left]))
        return found


def _wants(row: BatchOut, wanted: list[list[int]]) -> bool:
    """Whether a receipt asks for something that this file has."""
    return row.kind == Kind.CHAIN and any(first <= row.last and last >= row.first for first, last in wanted)


def mark(desk: Desk, name: str, state: State) -> None:
    """Note how far a file is brought there."""
    with desk.local() as session:
        row = session.scalars(select(BatchOut).where(BatchOut.name == name)).one()
        if row.state in TO_SEND:
            row.state = state


def _fetch(desk: Desk, line: Line, done: Visited, progress: Progress) -> None:
    folder = inbox(desk.store.vault.folder)
    after = 0
    while waiting := line.waiting(after):
        told = _Summed(progress, sum(each.size for each in waiting))
        for each in waiting:
            part = folder.coming(each.sha256)
            line.fetch(each, part, told)
            folder.keep(part)
            line.take_out(each)  # the relay forgets it, so it is on the disk by now
            after = each.n
            told.behind += each.size
            done.fetched, done.size = done.fetched + 1, done.size + each.size


@dataclass(slots=True)
class _Summed:
    """Tells how far one file is as how far all of them are, and lets go of the line while it is paused."""

    progress: Progress
    whole: int
    behind: int = 0

    def __call__(self, done: int, _of: int) -> None:
        self.progress.tell(self.behind + done, self.whole)
        if self.progress.paused:
            raise LetGo
