"""Beginning an organisation, inviting, asking to join, letting in, and ending a computer (SYNC 9, 10).

Both who asks and who lets in see the same six words, and read them out by telephone or face to face. The words stand
for the keys, so nobody between the two can have put in keys of their own.
"""

from __future__ import annotations

import contextlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

import msgspec
import pyrage
from nacl.signing import SigningKey
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from casedesk import i18n, machine
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.models import BatchIn, BatchOut, Centre, Chain, Device, Invited, LetOut, Membership, RosterCopy, User
from casedesk.paths import RESOURCES
from casedesk.services.permissions import needs
from casedesk.storage import installation
from casedesk.storage.chain import continue_chain
from casedesk.storage.keys import storage_error
from casedesk.storage.recorder import own_chain
from casedesk.storage.vault import close_to_users
from casedesk.sync.batch import EVERYONE, Author, Kind, Reader, Refused, file_name, open_batch, seal, write_batch
from casedesk.sync.bodies import JoinRequest, RosterBody, read_body, write_body
from casedesk.sync.files import Fate, Folder, inbox, on_a_stick, outbox
from casedesk.sync.intake import judge_again
from casedesk.sync.leaving import desk_audience
from casedesk.sync.membership import (
    Standing,
    admissions,
    new_identity,
    newest_roster,
    public_half,
    standing,
    take_admissions,
    take_roster,
)
from casedesk.sync.outbox import State, keep_file
from casedesk.sync.relay.admission import pass_of, tag_of
from casedesk.sync.roster import (
    MOST_OF_A_CENTRE,
    Member,
    NotThisRoster,
    Open,
    Roster,
    admit,
    certify,
    is_recipient,
    mark_of,
    read_roster,
    sign_roster,
    with_new_seal,
    with_people,
)

INVITATION_DAYS: Final = 14
_MAGIC: Final = b"CDI1"
_LARGEST_INVITATION: Final = 1024
_WORDS: Final = 6
_BITS: Final = 11
_MADE_AGAIN: Final = (Kind.CHAIN, Kind.SNAPSHOT, Kind.SHOW, Kind.CODED)
NO_CODE: Final = b""  # of a computer of the list: its signature is known


class AlreadyJoined(CaseDeskError):
    """This computer belongs to an organisation already."""

    def __init__(self) -> None:
        super().__init__(_("This computer belongs to an organisation already."), hint=_("Nothing was changed."))


class NotTheRootKey(CaseDeskError):
    """The file or the passphrase is not the one of the root key."""

    def __init__(self) -> None:
        super().__init__(
            _("The root key could not be opened with this passphrase."),
            hint=_("Nothing was changed. Look at Caps Lock, and whether it is the right file."),
        )


class NoInvitation(CaseDeskError):
    """The file is no invitation, or it is over."""

    def __init__(self, message: str) -> None:
        super().__init__(message, hint=_("Nothing was changed. Ask your administrator for a new invitation."))


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


class NotOurs(CaseDeskError):
    """A desk that the roster does not know, or not as what it would have to be."""

    def __init__(self) -> None:
        super().__init__(_("This computer is not on the list."), hint=_("Nothing was changed. Look at the list first."))


class Invitation(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a new computer needs to find the organisation and to be found. Its code is secret and is used once."""

    org: bytes
    root: bytes
    desk: bytes  # who invites: the signing key and the sealing key
    seal: str
    centre: str
    central: bool
    code: bytes
    until: int  # seconds
    relay: str
    issuer: bytes


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


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A computer of the organisation, as a list shows it."""

    desk: bytes
    name: str
    centre: str
    central: bool
    active: bool
    is_this: bool
    admitted: bool  # whether this computer seals to it what the centre keeps


# Beginning


@needs("sync.roster")
def begin_organisation(desk: Desk, root_file: Path, passphrase: str) -> None:
    """Make the organisation: its root key, written once to a file and sealed by a passphrase, and the first roster.

    The root key is not kept here. It is needed again only when the key that signs rosters is renewed.
    """
    with desk.read() as session:
        if session.get(Membership, 1) is not None:
            raise AlreadyJoined
        own = own_chain(session)
        me, device, centre = _describe(session, own.desk, desk, central=False)
        organisation = own.organisation
    root, key = SigningKey.generate(), SigningKey.generate()
    identity, public = new_identity()
    _write_root(root_file, root, organisation, passphrase)
    roster = Roster(
        v=1,
        org=organisation,
        number=1,
        root=bytes(root.verify_key),
        key=bytes(key.verify_key),
        certificate=certify(root, organisation, bytes(key.verify_key)),
        members=(msgspec.structs.replace(me, seal=public),),
    )
    now = desk.clock()
    with desk.local() as session:
        session.add(
            Membership(
                id=1,
                organisation=organisation,
                root=roster.root,
                sealing=[identity],
                roster_seed=bytes(key),
                device_id=device,
                centre_id=centre,
                joined_at=now,
            )
        )
        session.add(RosterCopy(number=1, signed=sign_roster(roster, key), came_at=now))
    desk.note("sync.begun")


def _describe(session: Session, key: bytes, desk: Desk, *, central: bool) -> tuple[Member, UUID, UUID]:
    """This computer as the roster would name it, and which records stand for it and its centre."""
    device, centre = session.scalars(select(Device)).one(), session.scalars(select(Centre)).one()
    users = session.execute(select(User.id, User.active)).all()
    people = tuple(sorted(user.id.bytes for user in users if user.active))
    worked = tuple(sorted(user.id.bytes for user in users if not user.active))
    return Member(key, "", desk.device, desk.centre, central, people, worked), device.id, centre.id


def _write_root(path: Path, root: SigningKey, organisation: bytes, passphrase: str) -> None:
    text = f"cdesk.root.1\n{organisation.hex()}\n{bytes(root).hex()}\n"
    try:
        if path.exists():
            raise FileExistsError
        with machine.private_file(path, "wb") as file:
            file.write(pyrage.passphrase.encrypt(text.encode("ascii"), passphrase))
    except FileExistsError:
        raise CaseDeskError(
            _("There is a file {name} already.").format(name=path), hint=_("Nothing was changed. Name another one.")
        ) from None
    except OSError as error:
        raise storage_error(error) from error


def read_root(path: Path, passphrase: str) -> tuple[bytes, SigningKey]:
    """The organisation and its root key, from the file that was put away."""
    try:
        word, organisation, seed = pyrage.passphrase.decrypt(path.read_bytes(), passphrase).decode("ascii").split()
        if word != "cdesk.root.1":
            raise NotTheRootKey
        return bytes.fromhex(organisation), SigningKey(bytes.fromhex(seed))
    except (OSError, ValueError, pyrage.DecryptError):
        raise NotTheRootKey from None


# Inviting


@needs("sync.roster")
def invite(desk: Desk, centre: str, *, central: bool = False) -> bytes:
    """An invitation for one new computer of a centre, as a small file. Its code opens nothing by itself."""
    code, until = secrets.token_bytes(16), desk.clock() + timedelta(days=INVITATION_DAYS)
    with desk.local() as session:
        place, member = standing(session), session.get_one(Membership, 1)
        session.add(Invited(code=code, centre=centre.upper(), central=central, until=until))
        renew(
            session,
            place,
            desk,
            invitations=(*_still_open(place, desk), Open(tag_of(pass_of(code)), int(until.timestamp()))),
        )
    desk.note("sync.invited")
    made = Invitation(
        place.organisation,
        place.roster.root,
        place.me.desk,
        place.me.seal,
        centre.upper(),
        central,
        code,
        int(until.timestamp()),
        member.relay or "",
        member.issuer or b"",
    )
    return _MAGIC + msgspec.msgpack.encode(made)


def read_invitation(raw: bytes, now: datetime) -> Invitation:
    """What an invitation says; NoInvitation if it is none or is over."""
    if len(raw) > _LARGEST_INVITATION or not raw.startswith(_MAGIC):
        raise NoInvitation(_("This file is no invitation."))
    try:
        found = msgspec.msgpack.decode(raw[len(_MAGIC) :], type=Invitation)
    except (msgspec.MsgspecError, UnicodeError):
        raise NoInvitation(_("This invitation is damaged.")) from None
    sizes = (len(found.org), len(found.root), len(found.desk), len(found.code))
    if sizes != (16, 32, 32, 16) or not is_recipient(found.seal):
        raise NoInvitation(_("This invitation is damaged."))
    if found.until < now.timestamp():
        raise NoInvitation(_("This invitation is over."))
    return found


def _still_open(place: Standing, desk: Desk) -> tuple[Open, ...]:
    return tuple(each for each in place.roster.invitations if each.until > desk.clock().timestamp())


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
        me, device, centre = _describe(session, own.desk, desk, central=found.central)
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
        name = _keep_request(session, desk, place.author, me, NO_CODE, others)
        return Asked(name, six_words(me, place.roster.root, NO_CODE))


def _keep_request(
    session: Session, desk: Desk, author: Author, me: Member, code: bytes, to: Mapping[bytes, str]
) -> str:
    """Put a request into the outbox, for these desks with the keys to seal to; the name of its file."""
    now, body = desk.clock(), write_body(JoinRequest(me, _mac(code, me)))
    plain = write_batch(author, Kind.JOIN, body, audience=EVERYONE, made=int(now.timestamp() * 1000), to=list(to))
    sealed, folder = seal(plain, list(to.values())), outbox(desk.store.vault.folder)
    return keep_file(session, folder, sealed, kind=Kind.JOIN, audience=EVERYONE, to=list(to), now=now).name


def signs_the_list(desk: Desk) -> bool:
    """Whether requests are answered at this computer."""
    with desk.read() as session:
        member = session.get(Membership, 1)
        return member is not None and member.roster_seed is not None


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
        me, _device, _centre = _describe(session, own_chain(session).desk, desk, central=found.central)
        me = msgspec.structs.replace(me, seal=public_half(member.sealing[0]))
        return Asked(row.name, six_words(me, found.root, found.code))


@needs("sync.join")
def request_to_stick(desk: Desk, asked: Asked, root: Path) -> None:
    """Write a request to a stick."""
    on_a_stick(root).put(outbox(desk.store.vault.folder).read(asked.file))


def _mac(code: bytes, member: Member) -> bytes:
    return blake2b(msgspec.msgpack.encode(member), digest_size=32, key=code, person=b"cdesk.join.1").digest()


# Letting in


@needs("sync.roster")
def look_at_request(desk: Desk, sealed: bytes) -> Request:
    """A request to join: who asks, and the words that must be the same as theirs. Nothing is changed."""
    with desk.read() as session:
        place = standing(session)
        request, code = _request(session, place, sealed, desk.clock())
    words = six_words(request.member, place.roster.root, code)
    member = request.member
    return Request(member.name, member.centre, member.central, words, sealed, renews=code == NO_CODE)


@needs("sync.roster")
def requests(desk: Desk, folder: Folder) -> list[Request]:
    """The requests among the files of a folder that fit an open invitation."""
    found = []
    for name in folder.names():
        with contextlib.suppress(Refused, NotInvited):
            found.append(look_at_request(desk, folder.read(name)))
    return found


@needs("sync.roster")
def let_in(desk: Desk, request: Request) -> None:
    """Put the new computer on the roster: the words were compared. A centre's cases need its supervisor's word too."""
    with desk.local() as session:
        place = standing(session)
        asked, code = _request(session, place, request.sealed, desk.clock())
        if code == NO_CODE:
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
    left = tuple(each for each in _still_open(place, desk) if each.tag != tag_of(pass_of(code)))
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
            return request, NO_CODE
        raise NotInvited
    for invited in session.scalars(select(Invited)):
        fits = (invited.centre, invited.central) == (member.centre, member.central) and invited.until > now
        if fits and hmac.compare_digest(_mac(invited.code, member), request.mac):
            return request, invited.code
    raise NotInvited


@needs("sync.admit")
def admit_to_centre(desk: Desk, key: bytes) -> None:
    """The centre's own word: this computer may read what the centre keeps. Given at a computer of the centre."""
    with desk.local() as session:
        place = standing(session)
        member = place.roster.member(key)
        if member is None or not member.active or member.centre != place.me.centre or key == place.me.desk:
            raise NotOurs
        given = admit(place.signing, place.organisation, member)
        take_admissions(session, place.roster, [given], desk.clock())
        _announce(session, desk, standing(session), b"")
    desk.note("sync.admitted")


# Ending


@needs("sync.roster")
def end_computer(desk: Desk, key: bytes) -> None:
    """Nobody seals to this computer any more but the list that says so. It is believed up to what we hold of it, and
    not after."""
    with desk.local() as session:
        place = standing(session)
        member = place.roster.member(key)
        if member is None or not member.active or key == place.me.desk:
            raise NotOurs
        held = session.execute(select(Chain.id, Chain.held).where(Chain.desk == key)).all()
        ended = msgspec.structs.replace(member, ended=tuple(sorted((row.id, row.held) for row in held)))
        members = tuple(ended if each.desk == key else each for each in place.roster.members)
        renew(session, place, desk, members=members, also=member)
    desk.note("sync.ended")


# Renewing


@needs("sync.roster")
def renew_roster_key(desk: Desk, root_file: Path, passphrase: str) -> None:
    """Sign the list with a new key from now on, certified by the root key. Whoever has the old one is not believed."""
    with desk.read() as session:
        place = standing(session)
    organisation, root = read_root(root_file, passphrase)
    if (organisation, bytes(root.verify_key)) != (place.organisation, place.roster.root):
        raise NotTheRootKey
    key = SigningKey.generate()
    with desk.local() as session:
        place = standing(session)
        session.get_one(Membership, 1).roster_seed = bytes(key)
        public = bytes(key.verify_key)
        renew(session, place, desk, key=(public, certify(root, organisation, public)))
    desk.note("sync.renewed")


@needs("sync.roster")
def set_people(desk: Desk, key: bytes, people: Sequence[UUID]) -> None:
    """Say who works at a computer: it was handed over, or somebody came. They are sent the cases that name them."""
    with desk.local() as session:
        place = standing(session)
        member = place.roster.member(key)
        if member is None or not member.active:
            raise NotOurs
        changed = with_people(member, [each.bytes for each in people])
        members = tuple(changed if each.desk == key else each for each in place.roster.members)
        renew(session, place, desk, members=members)
    judge_by_the_list(desk)
    desk.note("sync.people")


# Who is there


@needs("sync.look")
def members(desk: Desk) -> list[MemberRow]:
    """The computers of the organisation, by centre and name."""
    with desk.read() as session:
        place = standing(session)
        rows = [
            MemberRow(
                each.desk,
                each.name,
                each.centre,
                each.central,
                each.active,
                each.desk == place.me.desk,
                each.desk in place.bound,
            )
            for each in place.roster.members
        ]
    return sorted(rows, key=lambda row: (row.centre, row.name))


# The roster, sent and taken


def renew(
    session: Session,
    place: Standing,
    desk: Desk,
    *,
    members: tuple[Member, ...] | None = None,
    invitations: tuple[Open, ...] | None = None,
    key: tuple[bytes, bytes] | None = None,
    also: Member | None = None,
) -> None:
    """Sign the next roster and put it into the outbox for everybody, and for `also`. `key` is a new one, and its
    certificate."""
    member = session.get_one(Membership, 1)
    if member.roster_seed is None:
        raise NotThisRoster
    changed = msgspec.structs.replace(
        place.roster,
        number=place.roster.number + 1,
        key=key[0] if key is not None else place.roster.key,
        certificate=key[1] if key is not None else place.roster.certificate,
        members=place.roster.members if members is None else members,
        invitations=place.roster.invitations if invitations is None else invitations,
    )
    signed = sign_roster(changed, SigningKey(member.roster_seed))
    take_roster(session, signed, desk.clock())
    _seal_anew(session, desk, place.roster, changed)
    _announce(session, desk, standing(session), signed, also)


def _seal_anew(session: Session, desk: Desk, old: Roster, new: Roster) -> None:
    """Whoever has a new key may have lost the one before: what is on its way there is made again for it."""
    for member in new.members:
        known = old.member(member.desk)
        if known is None or known.seals == member.seals:
            continue
        waiting = select(BatchOut).where(BatchOut.state.not_in((State.COVERED, State.FORKED)))
        for row in session.scalars(waiting.where(BatchOut.kind.in_(_MADE_AGAIN))):
            row.sealed_to = [each for each in row.sealed_to if each != member.desk.hex()]
            if not row.sealed_to:
                row.state = State.FORKED
                outbox(desk.store.vault.folder).remove(row.name)
        session.execute(delete(LetOut).where(LetOut.audience == desk_audience(member.desk)))


def judge_by_the_list(desk: Desk) -> None:
    """Let count what waited until its author was listed."""
    with desk.read() as session:
        judge = standing(session).judge
    judge_again(desk.store, desk.clock(), judge)


def _announce(session: Session, desk: Desk, place: Standing, signed: bytes, also: Member | None = None) -> None:
    """A file with the roster and the admissions known here, for everybody else."""
    recipients = [*place.recipients(EVERYONE), *([also] if also is not None else [])]
    if not recipients:
        return
    body = RosterBody(signed or newest_signed(session), tuple(admissions(session)))
    now = desk.clock()
    plain = write_batch(
        place.author, Kind.ROSTER, write_body(body), audience=EVERYONE, made=int(now.timestamp() * 1000)
    )
    keep_file(
        session,
        outbox(desk.store.vault.folder),
        seal(plain, [each.seal for each in recipients]),
        kind=Kind.ROSTER,
        audience=EVERYONE,
        to=[each.desk for each in recipients],
        now=now,
    )


def newest_signed(session: Session) -> bytes:
    return session.scalars(select(RosterCopy.signed).order_by(RosterCopy.number.desc()).limit(1)).one()


def reader_before_joining(session: Session) -> Reader | None:
    """Who reads while it is still asking: nothing but a roster can be believed."""
    member = session.get(Membership, 1)
    if member is None:
        return None
    own = own_chain(session)
    return Reader(member.organisation, own.desk, tuple(member.sealing), frozenset(), frozenset())


def take_roster_file(desk: Desk, body: bytes) -> bool:
    """Take in a roster and admissions; whether this computer joined by it.

    Who joins tells all that was written until then in a chain of the organisation: nobody else has seen it.
    """
    told = read_body(body, RosterBody)
    now = desk.clock()
    with desk.local() as session:
        member = session.get(Membership, 1)
        if member is None:
            raise NotThisRoster
        before = newest_roster(session)
        offered = read_roster(told.roster, member.organisation, member.root)
        if before is None or offered.number > before.number:
            old, before = before, take_roster(session, told.roster, now)
            if old is not None:
                _seal_anew(session, desk, old, before)
                _has_new_key(session, desk, old, before)
        take_admissions(session, before, told.admissions, now)
        mine, belonged = before.member(own_chain(session).desk), member.joined_at is not None
    if belonged:
        judge_by_the_list(desk)
    if belonged or mine is None:
        return False
    with desk.local() as session:
        member = session.get_one(Membership, 1)
        continue_chain(session, now, at=0, organisation=member.organisation)
        member.joined_at, member.invitation = now, None
        _take_back_requests(session, desk)
    # else a start after a death finds fewer operations than were noted, as in a copy
    installation.take_note(desk.store)
    return True


def _has_new_key(session: Session, desk: Desk, old: Roster, new: Roster) -> None:
    """The key that this computer asked for is listed: the request has done its work."""
    key = own_chain(session).desk
    before, now = old.member(key), new.member(key)
    if before is not None and now is not None and before.seals != now.seals:
        _take_back_requests(session, desk)


def _take_back_requests(session: Session, desk: Desk) -> None:
    """They are answered: nobody needs them any more."""
    for asked in session.scalars(select(BatchOut).where(BatchOut.kind == Kind.JOIN)):
        asked.state = State.COVERED
        outbox(desk.store.vault.folder).remove(asked.name)


class Ended(CaseDeskError):
    """The list says that this computer was lost, or is no longer used."""

    def __init__(self) -> None:
        super().__init__(
            _("This computer was ended by your organisation. No passphrase opens it from now on."),
            hint=_("The records stay here, encrypted. Whoever keeps the recovery key can still open them."),
        )


def close_if_ended(desk: Desk) -> None:
    """Obey the list where it ends this computer: nobody's passphrase opens the vault any more (SYNC 10)."""
    with desk.read() as session:
        roster = newest_roster(session)
        mine = roster.member(own_chain(session).desk) if roster is not None else None
    if mine is not None and not mine.active:
        close_to_users(desk.store.vault)
        raise Ended


@needs("sync.look")
def mark(desk: Desk) -> str:
    """The organisation's mark, by which a relay or a database knows whom to believe."""
    with desk.read() as session:
        place = standing(session)
        return mark_of(place.organisation, place.roster.root)


# Six words


def six_words(member: Member, root: bytes, code: bytes, language: str | None = None) -> str:
    """The words for the keys of the new desk, the organisation's key and the code: 66 bits."""
    told = member.desk + member.seal.encode() + root + code
    number = int.from_bytes(blake2b(told, digest_size=32, person=b"cdesk.words.1").digest(), "big")
    words = word_list(language or i18n.language())
    return " ".join(words[(number >> (_BITS * place)) & (2**_BITS - 1)] for place in range(_WORDS))


@cache
def word_list(language: str) -> tuple[str, ...]:
    """2,048 plain words, the same on every computer: their places are what is read out."""
    name: Literal["words_bn.txt", "words_en.txt"] = "words_bn.txt" if language == "bn" else "words_en.txt"
    return tuple((RESOURCES / name).read_text(encoding="utf-8").split())
