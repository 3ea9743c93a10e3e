"""The roster: who belongs to the organisation, signed (SYNC 9, 10).

It is signed by a key that the organisation's root key, kept offline, has signed. Its number only grows, nobody
vanishes from it, and nobody who was ended comes back. It says who may write and for whom files are sealed; that a
desk may read the cases of a centre needs a second signature, an admission by a desk of that centre.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from hashlib import blake2b
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
import pyrage
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.sync.batch import CENTRAL, EVERYONE

MOST_DESKS: Final = 1_000
MOST_OF_A_CENTRE: Final = 32
_LARGEST: Final = 1024 * 1024

_Id: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
_Key: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
_Seal: TypeAlias = Annotated[str, msgspec.Meta(max_length=80)]
_Signature: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]


class NotThisRoster(CaseDeskError):
    """A roster that is not taken: of another organisation, changed, older, or one that takes something back."""

    def __init__(self) -> None:
        super().__init__(
            _("This list of computers is not taken: it is not signed by this organisation, or it is an older one."),
            hint=_("Nothing was changed. Tell your administrator if this happens again."),
        )


class Member(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A desk: its public keys, its centre, and whether it belongs to the central office.

    `before` are the keys that files were sealed to until a new one took their place. `people` are the users who work
    there, `worked` those who did: what it tells in their names is believed too.
    `ended` says up to which number of each of its chains it is believed.
    """

    desk: _Key
    seal: _Seal
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    centre: Annotated[str, msgspec.Meta(min_length=3, max_length=3)]
    central: bool = False
    people: tuple[_Id, ...] = ()
    worked: tuple[_Id, ...] = ()
    ended: tuple[tuple[_Id, int], ...] | None = None
    before: tuple[_Seal, ...] = ()

    @property
    def active(self) -> bool:
        return self.ended is None

    @property
    def seals(self) -> tuple[str, ...]:
        """The keys that files were sealed to, one after the other; the last is the one of today."""
        return (*self.before, self.seal)

    @property
    def speakers(self) -> frozenset[bytes]:
        """In whose names the desk may write."""
        return frozenset((*self.people, *self.worked))

    @property
    def audiences(self) -> frozenset[str]:
        return frozenset({self.centre} | ({CENTRAL} if self.central else set()))


class Open(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """An invitation that is open, as a relay knows it: not its code, but by what the code is recognised."""

    tag: _Key
    until: int  # seconds


class Roster(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is signed. `certificate` is the signature of the root key over `key`, which signs the roster."""

    v: Literal[1]
    org: _Id
    number: int
    root: _Key
    key: _Key
    certificate: _Signature
    members: tuple[Member, ...]
    invitations: tuple[Open, ...] = ()

    def member(self, desk: bytes) -> Member | None:
        return next((each for each in self.members if each.desk == desk), None)

    def centre_of(self, desk: bytes) -> str:
        """The centre of a desk; an empty word for one that is not listed."""
        member = self.member(desk)
        return member.centre if member is not None else ""

    @property
    def authors(self) -> frozenset[bytes]:
        """The desks whose signature is known, those that were ended too: what they wrote before still counts."""
        return frozenset(each.desk for each in self.members)


class _Signed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    roster: bytes
    signature: _Signature


class Admitted(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A desk of a centre says that another one may read what its centre keeps."""

    desk: _Key
    by: _Key
    signature: _Signature


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Roster).decode
_decode_signed = msgspec.msgpack.Decoder(_Signed).decode


def certify(root: SigningKey, organisation: bytes, key: bytes) -> bytes:
    """The root key's signature over the key that signs rosters."""
    return root.sign(_certified(organisation, key)).signature


def sign_roster(roster: Roster, key: SigningKey) -> bytes:
    """The roster with its signature, as it is kept and sent."""
    written = _encode(roster)
    return _encode(_Signed(written, key.sign(b"cdesk.roster.1" + written).signature))


def read_roster(signed: bytes, organisation: bytes, root: bytes) -> Roster:
    """The roster, if this organisation signed it; NotThisRoster otherwise."""
    if len(signed) > _LARGEST:
        raise NotThisRoster
    try:
        outside = _decode_signed(signed)
        roster = _decode(outside.roster)
        one_way = _encode(roster) == outside.roster and _encode(outside) == signed
        if not one_way or (roster.org, roster.root) != (organisation, root) or not _makes_sense(roster):
            raise NotThisRoster
        VerifyKey(root).verify(_certified(organisation, roster.key), roster.certificate)
        VerifyKey(roster.key).verify(b"cdesk.roster.1" + outside.roster, outside.signature)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, BadSignatureError, ValueError):
        raise NotThisRoster from None
    return roster


def _makes_sense(roster: Roster) -> bool:
    desks = [each.desk for each in roster.members]
    if roster.number < 1 or not desks or len(desks) > MOST_DESKS or len(set(desks)) < len(desks):
        return False
    names = [(each.centre, each.name) for each in roster.members if each.active]
    return len(set(names)) == len(names) and all(is_recipient(each.seal) for each in roster.members)


def is_recipient(seal: str) -> bool:
    """Whether files can be sealed to this public key."""
    try:
        pyrage.x25519.Recipient.from_str(seal)
    except (pyrage.RecipientError, ValueError):
        return False
    return True


def mark_of(organisation: bytes, root: bytes) -> str:
    """What a technician gives a relay or a database, so that it believes this organisation and no other."""
    return f"{organisation.hex()}-{root.hex()}"


def read_mark(mark: str) -> tuple[bytes, bytes] | None:
    """The organisation and its root key that a mark names; nothing if it is no mark."""
    organisation, _dash, root = mark.strip().lower().partition("-")
    try:
        found = bytes.fromhex(organisation), bytes.fromhex(root)
    except ValueError:
        return None
    return found if (len(found[0]), len(found[1])) == (16, 32) else None


def refuse_going_back(old: Roster, new: Roster) -> None:
    """Refuse a roster that takes something back: a lower number, a desk gone or changed, an ended one alive."""
    if new.number <= old.number:
        raise NotThisRoster
    later = {each.desk: each for each in new.members}
    for before in old.members:
        now = later.get(before.desk)
        if now is None or (now.centre, now.central, now.name) != (before.centre, before.central, before.name):
            raise NotThisRoster
        if before.ended is not None and now.ended != before.ended:
            raise NotThisRoster
        renewed = now.before == before.seals and now.seal not in before.seals
        if now.seals != before.seals and not renewed:
            raise NotThisRoster
        if not before.speakers <= now.speakers:  # what they wrote there may be on its way still
            raise NotThisRoster


def admit(signing: SigningKey, organisation: bytes, member: Member) -> Admitted:
    """The second signature: the desk that signs lets this one read what its centre keeps."""
    signature = signing.sign(_admission(organisation, member, member.seal)).signature
    return Admitted(member.desk, bytes(signing.verify_key), signature)


def admission_holds(roster: Roster, admitted: Admitted) -> bool:
    """Whether an admission is for a desk of the roster with the key it has now, signed by one of the same centre."""
    return _admits(roster, admitted, lambda member: (member.seal,))


def is_bond(roster: Roster, admitted: Admitted) -> bool:
    """The same, also for a key that the desk had before: who it is, was vouched for."""
    return _admits(roster, admitted, lambda member: member.seals)


def _admits(roster: Roster, admitted: Admitted, seals: Callable[[Member], Iterable[str]]) -> bool:
    member, by = roster.member(admitted.desk), roster.member(admitted.by)
    if member is None or by is None or member.centre != by.centre:
        return False
    key = VerifyKey(admitted.by)
    return any(_signed(key, _admission(roster.org, member, each), admitted.signature) for each in seals(member))


def _signed(key: VerifyKey, message: bytes, signature: bytes) -> bool:
    try:
        key.verify(message, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


def trusted(roster: Roster, admissions: Iterable[Admitted], desk: bytes) -> frozenset[bytes]:
    """The desks bound to this one by admissions, itself among them.

    A desk that only the administrator put on the roster is bound to nobody, and is sealed no cases of the centre.
    Nor is one of which only the administrator says that it has a new key, until it is admitted with that.
    """
    bonds = [each for each in admissions if is_bond(roster, each)]
    found, more = {desk}, True
    while more:
        reached = {side for each in bonds for side in (each.desk, each.by) if found & {each.desk, each.by}}
        more = not reached <= found
        found |= reached
    vouched = {each.desk for each in bonds if each.by in found - {each.desk} and admission_holds(roster, each)}
    as_begun = {each.desk for each in roster.members if not each.before}
    return frozenset(found & (as_begun | vouched | {desk}))


def recipients(roster: Roster, bound: Collection[bytes], audience: str, sender: bytes) -> list[Member]:
    """For whom a file of this audience is sealed: its active desks but the sender.

    Those of a centre only if they are bound to the sender by admissions.
    """
    active = [each for each in roster.members if each.active and each.desk != sender]
    if audience == EVERYONE:
        return active
    members = [each for each in active if audience in each.audiences]
    return members if audience == CENTRAL else [each for each in members if each.desk in bound]


def with_new_seal(member: Member, seal: str) -> Member:
    """The desk with another key for what is sealed to it; the one before stays named."""
    return msgspec.structs.replace(member, seal=seal, before=member.seals)


def with_people(member: Member, people: Iterable[bytes]) -> Member:
    """The desk with these people; who worked there before stays known."""
    now = frozenset(people)
    return msgspec.structs.replace(member, people=tuple(sorted(now)), worked=tuple(sorted(member.speakers - now)))


def end_of(member: Member, chain: bytes) -> int | None:
    """Up to which number of a chain a desk that was ended is believed; nothing while it is active."""
    return None if member.ended is None else dict(member.ended).get(chain, 0)


def is_believed(member: Member, chain: bytes, seq: int) -> bool:
    """Whether an operation counts: of an active desk each, of an ended one only up to where it was ended."""
    end = end_of(member, chain)
    return end is None or seq <= end


def _certified(organisation: bytes, key: bytes) -> bytes:
    return b"cdesk.certify.1" + organisation + key


def _admission(organisation: bytes, member: Member, seal: str) -> bytes:
    told = organisation + member.desk + member.centre.encode() + seal.encode()
    return blake2b(told, digest_size=32, person=b"cdesk.admit.1").digest()
