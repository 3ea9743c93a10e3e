"""Asking to join, or to be listed with a new key, and letting in (SYNC 9).

Both who asks and who lets in see the same six words, and read them out by telephone or face to face. The words stand
for the keys, so nobody between the two can have put in keys of their own.
"""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec
from nacl.signing import SigningKey
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.models import BatchIn, BatchOut, Invited, Membership, User
from casedesk.services.permissions import needs
from casedesk.storage.recorder import own_chain
from casedesk.sync.announcing import renew
from casedesk.sync.batch import EVERYONE, Author, Kind, Refused, file_name, open_batch
from casedesk.sync.bodies import JoinRequest, read_body
from casedesk.sync.files import Fate, Folder, inbox, on_a_stick, outbox
from casedesk.sync.invitations import NoInvitation, read_invitation, still_open
from casedesk.sync.membership import AlreadyJoined, Standing, as_member, new_identity, public_half, standing
from casedesk.sync.outbox import keep_letter
from casedesk.sync.relay.admission import pass_of, tag_of
from casedesk.sync.roster import MOST_OF_A_CENTRE, Member, with_new_seal
from casedesk.sync.six_words import six_words

_NO_CODE: Final = b""  # of a computer of the list: its signature is known


class OtherCentre(CaseDeskError):
    """The invitation is for a centre with other letters than this computer gives case numbers with."""

    def __init__(self, invited: str, here: str) -> None:
        super().__init__(
            _("The invitation is for the centre {invited}, but this computer was set up for {here}.").format(
                invited=invited, here=here
            ),
            hint=_("Nothing was changed. Ask for an invitation with the letters of this computer."),
        )


class NotInvited(CaseDeskError):
    """A request to join that no open invitation fits."""

    def __init__(self) -> None:
        super().__init__(
            _("This request does not belong to an open invitation."),
            hint=_("Nobody was let in. Make a new invitation and send it by a safe way."),
        )


class NameTaken(CaseDeskError):
    """Another computer of the centre has the same two characters."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("Another computer of this centre has the characters {name}; case numbers would be given twice.").format(
                name=name
            ),
            hint=_("Nobody was let in. Set the new computer up again with other characters."),
        )


class CentreFull(CaseDeskError):
    """A centre has as many computers as it can have."""

    def __init__(self) -> None:
        super().__init__(
            _("This centre has as many computers as it can have."),
            hint=_("Nobody was let in. End computers that are no longer used first."),
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """What who asks to join has to send, and the six words to read out."""

    file: str
    words: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request to join as the administrator sees it, with the same six words; `renews` if a computer of the list asks
    that files be sealed to a new key of its own."""

    name: str
    centre: str
    central: bool
    words: str
    sealed: bytes
    renews: bool = False


# Asking


@needs("sync.join")
def ask_to_join(desk: Desk, raw: bytes) -> Asked:
    """Make the keys of this computer and a request to join, sealed for who invited. The file lies in the outbox."""
    found = read_invitation(raw, desk.clock())
    with desk.local() as session:
        member = session.get(Membership, 1)
        if member is not None and member.joined_at is not None:
            raise AlreadyJoined
        own = own_chain(session)
        if found.centre != desk.centre:
            raise OtherCentre(found.centre, desk.centre)
        me, device, centre = as_member(session, own.desk, desk, central=found.central)
        if member is None:
            member = Membership(id=1, sealing=[new_identity()[0]], device_id=device, centre_id=centre)
            session.add(member)
        member.organisation, member.root, member.invitation = found.org, found.root, raw
        member.relay, member.issuer = found.relay or None, found.issuer or None
        me = msgspec.structs.replace(me, seal=public_half(member.sealing[0]))
        author = Author(found.org, SigningKey(own.signing_seed or b""))
        name = _keep_request(session, desk, author, me, found.code, {found.desk: found.seal})
        return Asked(name, six_words(me, found.root, found.code))


@needs("sync.join")
def ask_for_new_key(desk: Desk) -> Asked | None:
    """Make a new key for what is sealed to this computer, and a request to list it, for whoever signs the list.

    Until it is listed, and for files on their way, the keys before open too. Nothing is asked where this computer
    signs the list itself.
    """
    with desk.local() as session:
        place, member = standing(session), session.get_one(Membership, 1)
        if public_half(member.sealing[0]) in place.me.seals:
            member.sealing = [new_identity()[0], *member.sealing]
        me = msgspec.structs.replace(place.me, seal=public_half(member.sealing[0]))
        if member.roster_seed is not None:
            _list_new_key(session, place, desk, me)
            return None
        others = {each.desk: each.seal for each in place.recipients(EVERYONE)}
        name = _keep_request(session, desk, place.author, me, _NO_CODE, others)
        return Asked(name, six_words(me, place.roster.root, _NO_CODE))


@needs("sync.join")
def asked(desk: Desk) -> Asked | None:
    """What this computer asked with and the words again, while it waits to be let in and its invitation holds."""
    with desk.read() as session:
        member = session.get(Membership, 1)
        row = session.scalars(select(BatchOut).where(BatchOut.kind == Kind.JOIN).order_by(BatchOut.id.desc())).first()
        if member is None or member.joined_at is not None or member.invitation is None or row is None:
            return None
        try:
            found = read_invitation(member.invitation, desk.clock())
        except NoInvitation:
            return None
        me, _device, _centre = as_member(session, own_chain(session).desk, desk, central=found.central)
        me = msgspec.structs.replace(me, seal=public_half(member.sealing[0]))
        return Asked(row.name, six_words(me, found.root, found.code))


@needs("sync.join")
def request_to_stick(desk: Desk, asked: Asked, root: Path) -> None:
    """Write a request to a stick."""
    on_a_stick(root).put(outbox(desk.store.vault.folder).read(asked.file))


def _keep_request(
    session: Session, desk: Desk, author: Author, me: Member, code: bytes, to: Mapping[bytes, str]
) -> str:
    """Put a request into the outbox, for these desks with the keys to seal to; the name of its file."""
    return keep_letter(session, desk, author, Kind.JOIN, JoinRequest(me, _mac(code, me)), to).name


def _mac(code: bytes, member: Member) -> bytes:
    return blake2b(msgspec.msgpack.encode(member), digest_size=32, key=code, person=b"cdesk.join.1").digest()


# Letting in


def signs_the_list(desk: Desk) -> bool:
    """Whether requests are answered at this computer."""
    with desk.read() as session:
        member = session.get(Membership, 1)
        return member is not None and member.roster_seed is not None


@needs("sync.roster")
def requests(desk: Desk, folder: Folder) -> list[Request]:
    """The requests among the files of a folder that fit an open invitation."""
    found = []
    for name in folder.names():
        with contextlib.suppress(Refused, NotInvited):
            found.append(look_at_request(desk, folder.read(name)))
    return found


@needs("sync.roster")
def look_at_request(desk: Desk, sealed: bytes) -> Request:
    """A request to join: who asks, and the words that must be the same as theirs. Nothing is changed."""
    with desk.read() as session:
        place = standing(session)
        request, code = _request(session, place, sealed, desk.clock())
    words = six_words(request.member, place.roster.root, code)
    member = request.member
    return Request(member.name, member.centre, member.central, words, sealed, renews=code == _NO_CODE)


@needs("sync.roster")
def let_in(desk: Desk, request: Request) -> None:
    """Put the new computer on the roster: the words were compared. A centre's cases need its supervisor's word too."""
    with desk.local() as session:
        place = standing(session)
        asked, code = _request(session, place, request.sealed, desk.clock())
        if code == _NO_CODE:
            _list_new_key(session, place, desk, asked.member)
        else:
            _list_new_computer(session, place, desk, asked.member, code)
        name = file_name(request.sealed)
        session.execute(update(BatchIn).where(BatchIn.name == name).values(state=Fate.APPLIED))
    inbox(desk.store.vault.folder).remove(name)
    desk.note("sync.let_in")


def _list_new_key(session: Session, place: Standing, desk: Desk, asked: Member) -> None:
    members = place.roster.members
    listed = tuple(with_new_seal(each, asked.seal) if each.desk == asked.desk else each for each in members)
    renew(session, place, desk, members=listed)


def _list_new_computer(session: Session, place: Standing, desk: Desk, asked: Member, code: bytes) -> None:
    member = _with_its_own(session, place, asked)
    there = [each for each in place.roster.members if each.centre == member.centre and each.active]
    if any(each.name == member.name for each in there):
        raise NameTaken(member.name)
    if len(there) >= MOST_OF_A_CENTRE:
        raise CentreFull
    left = tuple(each for each in still_open(place, desk) if each.tag != tag_of(pass_of(code)))
    renew(session, place, desk, members=(*place.roster.members, member), invitations=left)
    session.execute(delete(Invited).where(Invited.code == code))


def _with_its_own(session: Session, place: Standing, member: Member) -> Member:
    """A new computer without the people that it names as its own, and who are known of others already."""
    known = {user.bytes for user in session.scalars(select(User.id))}
    known |= {user for each in place.roster.members for user in each.speakers}
    people, worked = (tuple(sorted(set(some) - known)) for some in (member.people, member.worked))
    return msgspec.structs.replace(member, people=people, worked=worked)


def _request(session: Session, place: Standing, sealed: bytes, now: datetime) -> tuple[JoinRequest, bytes]:
    """A request, and the code of the invitation that it fits."""
    batch = open_batch(sealed, place.reader)
    if batch.header.kind is not Kind.JOIN:
        raise NotInvited
    request = read_body(batch.body, JoinRequest)
    member = request.member
    if member.desk != batch.header.desk:
        raise NotInvited
    if (known := place.roster.member(member.desk)) is not None:
        same = (known.name, known.centre, known.central) == (member.name, member.centre, member.central)
        if known.active and same and member.seal not in known.seals:
            return request, _NO_CODE
        raise NotInvited
    for invited in session.scalars(select(Invited)):
        fits = (invited.centre, invited.central) == (member.centre, member.central) and invited.until > now
        if fits and hmac.compare_digest(_mac(invited.code, member), request.mac):
            return request, invited.code
    raise NotInvited
