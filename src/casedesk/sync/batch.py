"""The batch: one sealed and signed file, the same over a relay, on a stick or from laptop to laptop (SYNC 5).

It is signed first, then padded, then sealed, so the outside tells neither who wrote it nor what kind it is.
For whom it is stands under the signature, or a member could seal it again and pass it on as if its author had
meant it for another office. Whatever comes in is met with limits first and believed last.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import blake2b, sha256
from itertools import pairwise
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
import pyrage
import zstandard
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from casedesk import VERSION as APP
from casedesk.errors import CaseDeskError
from casedesk.i18n import N_, _

MAGIC: Final = b"CDB1"
VERSION: Final = 1
ENDING: Final = ".cdb"
CENTRAL: Final = "central"
EVERYONE: Final = "everyone"

LARGEST_SEALED: Final = 32 * 1024 * 1024
LARGEST_RAW: Final = 64 * 1024 * 1024
LARGEST_HEADER: Final = 64 * 1024
MOST_OPERATIONS: Final = 4_000
_SIGNATURE_SIZE: Final = 64
_START_SIZE: Final = len(MAGIC) + 4
_SMALL: Final = 1024 * 1024  # below it the slowest compression is quick enough
_WINDOW: Final = 128 * 1024 * 1024  # of the decompressor: what the levels used can ask for


_Id: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
_Hash: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
_Signature: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]


class Kind(enum.StrEnum):
    """What a batch carries."""

    CHAIN = "chain"
    SHOW = "show"
    ORDERS = "orders"
    RECEIPT = "receipt"
    SNAPSHOT = "snapshot"
    CODED = "coded"
    ROSTER = "roster"
    JOIN = "join"


# From a newcomer, or from the desk that tells who is who: their body proves itself.
SELF_PROVING: Final = frozenset((Kind.ROSTER, Kind.JOIN))


class Why(enum.StrEnum):
    """Why a file was not taken, as a receipt says it."""

    TOO_LARGE = "too_large"
    NOT_OURS = "not_ours"
    DAMAGED = "damaged"
    NEWER = "newer"
    OTHER_ORGANISATION = "other_organisation"
    UNKNOWN_DESK = "unknown_desk"
    ENDED_DESK = "ended_desk"
    SIGNATURE = "signature"
    OTHER_AUDIENCE = "other_audience"
    MISTAKE = "mistake"  # of the program that takes in, not of the file


_WORDS: Final = {
    Why.TOO_LARGE: N_("This file is larger than any batch may be."),
    Why.NOT_OURS: N_("This computer cannot open the file: it is for somebody else, or it is damaged."),
    Why.DAMAGED: N_("This file is not whole, or it is no batch."),
    Why.NEWER: N_("A newer version of CaseDesk wrote this file. It is kept until this computer is updated."),
    Why.OTHER_ORGANISATION: N_("This file comes from another organisation."),
    Why.UNKNOWN_DESK: N_(
        "The computer that wrote this file is not on the list here yet. It is kept until the list names it."
    ),
    Why.ENDED_DESK: N_("The computer that wrote this file no longer belongs here. The file is set aside."),
    Why.SIGNATURE: N_("The signature of this file does not hold: somebody changed it."),
    Why.MISTAKE: N_("This file could not be used because of a mistake in CaseDesk. It is kept and tried again."),
    Why.OTHER_AUDIENCE: N_("This file was written for another office and is not used here."),
}


class Refused(CaseDeskError):
    """A file that is not taken in. `why` is the code that a receipt carries."""

    def __init__(self, why: Why) -> None:
        super().__init__(_(_WORDS[why]), hint=_("Nothing was changed."))
        self.why = why


class Header(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What stands before the body. The order of the declarations is the order of the bytes.

    `audience` is `central`, `everyone` or the three letters of a centre; `to` narrows it to some of its desks, named
    by their signing keys, and names each of `everyone`. The rest is for the operations of a chain, and what is shown
    of them. `proof` is the signature of who writes the chain over its head; `author` says who that is where a
    colleague passes it on.
    """

    v: Literal[1]
    kind: Kind
    org: _Id
    desk: _Hash
    audience: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    made: int
    app: Annotated[str, msgspec.Meta(max_length=40)]
    size: int
    raw: int
    z: Literal["zstd"]
    dict: Literal[0]
    to: tuple[_Hash, ...] = ()
    chain: _Id | None = None
    parent: Annotated[bytes, msgspec.Meta(max_length=56)] = b""
    first: int = msgspec.field(default=0, name="from")
    n: int = 0
    prev: _Hash | None = None
    head: _Hash | None = None
    ops: tuple[int, ...] = ()
    proof: _Signature | None = None
    author: _Hash | None = None

    @property
    def last(self) -> int:
        """The number of the last operation."""
        return self.first + self.n - 1

    @property
    def writer(self) -> bytes:
        """The desk whose operations these are."""
        return self.author or self.desk


class _AnyVersion(msgspec.Struct):
    v: int


_encode = msgspec.msgpack.Encoder().encode
_decode_header = msgspec.msgpack.Decoder(Header).decode
_decode_version = msgspec.msgpack.Decoder(_AnyVersion).decode


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which operations of a chain a batch is about, and the links before and after them."""

    chain: bytes
    parent: bytes
    first: int
    n: int
    prev: bytes
    head: bytes

    @property
    def last(self) -> int:
        return self.first + self.n - 1


@dataclass(frozen=True, slots=True)
class Passed:
    """Whose chain is passed on, and the signature of that desk over the head."""

    author: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """What was read: the header and the body, unpacked. Who signed it is known; the chain is still to be checked."""

    header: Header
    body: bytes


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes: the organisation and the signing key of the desk."""

    organisation: bytes
    signing: SigningKey

    @property
    def desk(self) -> bytes:
        return bytes(self.signing.verify_key)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: its sealing keys, old ones too, its audiences, and the desks whose signature counts."""

    organisation: bytes
    desk: bytes
    identities: tuple[str, ...]
    audiences: frozenset[str]
    authors: Collection[bytes]


def write_batch(
    author: Author,
    kind: Kind,
    body: bytes,
    *,
    audience: str,
    made: int,
    to: Iterable[bytes] = (),
    stretch: Stretch | None = None,
    passed: Passed | None = None,
    chain: bytes | None = None,
    ops: Iterable[int] = (),
) -> bytes:
    """The batch, packed, signed and padded, ready to be sealed. `chain` and `ops` say what a `show` shows."""
    level = 19 if len(body) < _SMALL else 12
    packed = zstandard.ZstdCompressor(level=level).compress(body)
    header = Header(
        v=VERSION,
        kind=kind,
        org=author.organisation,
        desk=author.desk,
        audience=audience,
        made=made,
        app=APP,
        size=len(packed),
        raw=len(body),
        z="zstd",
        dict=0,
        to=tuple(to),
        chain=chain,
        ops=tuple(ops),
    )
    if stretch is not None:
        header = msgspec.structs.replace(
            header,
            chain=stretch.chain,
            parent=stretch.parent,
            first=stretch.first,
            n=stretch.n,
            prev=stretch.prev,
            head=stretch.head,
            proof=passed.proof if passed is not None else prove(author, stretch.chain, stretch.last, stretch.head),
            author=passed.author if passed is not None else None,
        )
    written = _encode(header)
    signed = b"".join((MAGIC, len(written).to_bytes(4, "little"), written, packed))
    whole = signed + author.signing.sign(_fingerprint(signed)).signature
    return whole.ljust(padded_size(len(whole)), b"\0")


def prove(author: Author, chain: bytes, seq: int, link: bytes) -> bytes:
    """The author's own signature over a place in its chain, by which the operations up to there can be passed on."""
    return author.signing.sign(_place(author.organisation, chain, seq, link)).signature


def is_proved(header: Header) -> bool:
    """Whether the desk whose operations these are signed the head they lead to."""
    try:
        place = _place(header.org, header.chain or b"", header.last, header.head or b"")
        VerifyKey(header.writer).verify(place, header.proof or b"")
    except (BadSignatureError, ValueError):
        return False
    return True


def _place(organisation: bytes, chain: bytes, seq: int, link: bytes) -> bytes:
    return b"cdesk.head.1" + organisation + chain + seq.to_bytes(8, "little") + link


def seal(plain: bytes, recipients: Iterable[str]) -> bytes:
    """The batch in the age format, for these public keys alone."""
    sealed: bytes = pyrage.encrypt(plain, [pyrage.x25519.Recipient.from_str(each) for each in recipients])
    return sealed


def file_name(sealed: bytes) -> str:
    """What a sealed file is called everywhere: by its hash, so that the name tells nothing and proves much."""
    return sha256(sealed).hexdigest()[:32] + ENDING


def open_batch(sealed: bytes, reader: Reader) -> Batch:
    """Open a sealed file, or raise Refused. Cheap limits come first; nothing is unpacked before the signature holds."""
    return read_batch(_unsealed(sealed, reader), reader)


def open_header(sealed: bytes, reader: Reader) -> Header:
    """Only what stands before the body, checked as `open_batch` does, for who is to say what a file is."""
    return _checked(_unsealed(sealed, reader), reader)[0]


def _unsealed(sealed: bytes, reader: Reader) -> bytes:
    if len(sealed) > LARGEST_SEALED:
        raise Refused(Why.TOO_LARGE)
    return unseal(sealed, reader.identities)


def unseal(sealed: bytes, identities: Iterable[str]) -> bytes:
    """The plain bytes of a sealed file."""
    keys = [pyrage.x25519.Identity.from_str(each) for each in identities]
    try:
        plain: bytes = pyrage.decrypt(sealed, keys)
    except pyrage.DecryptError:
        raise Refused(Why.NOT_OURS) from None
    return plain


def read_batch(plain: bytes, reader: Reader) -> Batch:
    """Check an unsealed batch in the order of SYNC 5 and SECURITY 10: limits, form, who wrote it, for whom, content."""
    header, signed = _checked(plain, reader)
    return Batch(header, _unpacked(signed[-header.size :], header.raw))


def _checked(plain: bytes, reader: Reader) -> tuple[Header, bytes]:
    """The header and what is signed, which ends with the packed body."""
    header, signed, signature = _divided(plain)
    if header.org != reader.organisation:
        raise Refused(Why.OTHER_ORGANISATION)
    if header.desk not in reader.authors and header.kind not in SELF_PROVING:
        raise Refused(Why.UNKNOWN_DESK)
    try:
        VerifyKey(header.desk).verify(_fingerprint(signed), signature)
    except (BadSignatureError, ValueError):
        raise Refused(Why.SIGNATURE) from None
    if header.audience not in reader.audiences | {EVERYONE} or (header.to and reader.desk not in header.to):
        raise Refused(Why.OTHER_AUDIENCE)
    return header, signed


def _divided(plain: bytes) -> tuple[Header, bytes, bytes]:
    """The header, what is signed, and the signature."""
    if plain[: len(MAGIC)] != MAGIC:
        newer = plain[:3] == MAGIC[:3] and plain[3:4].isdigit()
        raise Refused(Why.NEWER if newer else Why.DAMAGED)
    length = int.from_bytes(plain[len(MAGIC) : _START_SIZE], "little")
    if length > LARGEST_HEADER:
        raise Refused(Why.TOO_LARGE)
    written = plain[_START_SIZE : _START_SIZE + length]
    header = _header(written)
    if header.raw > LARGEST_RAW or header.n > MOST_OPERATIONS:
        raise Refused(Why.TOO_LARGE)
    end = _START_SIZE + length + header.size
    whole = end + _SIGNATURE_SIZE
    if header.size < 1 or header.raw < 0 or len(plain) != padded_size(whole) or any(plain[whole:]):
        raise Refused(Why.DAMAGED)
    return header, plain[:end], plain[end:whole]


def _header(written: bytes) -> Header:
    try:
        if _decode_version(written).v > VERSION:
            raise Refused(Why.NEWER)
        header = _decode_header(written)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Refused(Why.DAMAGED) from None
    if _encode(header) != written:  # one way to write it, so that no two headers say the same
        raise Refused(Why.DAMAGED)
    if not _is_whole(header):
        raise Refused(Why.DAMAGED)
    return header


def _is_whole(header: Header) -> bool:
    """Whether a batch of its kind says what it must, and nothing that it must not; also for whom it is."""
    if header.audience == EVERYONE and not header.to:
        return False
    links = (header.prev, header.head)
    match header.kind:
        case Kind.CHAIN | Kind.SNAPSHOT:
            numbered = header.first >= 1 and header.n >= 1 and header.last < 2**63 and not header.ops
            passed_on = header.kind is Kind.SNAPSHOT
            whose = (header.author is not None) == passed_on and (bool(header.to) or not passed_on)
            proved = None not in (header.chain, header.proof, *links)
            return proved and len(header.parent) in (0, 56) and numbered and whose
        case Kind.SHOW:
            ascending = all(1 <= before < after for before, after in pairwise((*header.ops, 2**63)))
            few = 1 <= len(header.ops) <= MOST_OPERATIONS
            return (
                header.chain is not None
                and (header.proof, header.author, *links) == (None,) * 4
                and header.first == header.n == 0
                and few
                and ascending
            )
    no_chain = (header.chain, header.proof, header.author, *links) == (None,) * 5
    return no_chain and header.first == header.n == 0 and not header.ops


def _unpacked(packed: bytes, raw: int) -> bytes:
    """The body. The frame says its length itself, and is believed only if it is the length that was signed."""
    try:
        if zstandard.frame_content_size(packed) != raw:
            raise Refused(Why.DAMAGED)
        body = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompress(
            packed, max_output_size=raw, allow_extra_data=False
        )
    except zstandard.ZstdError:
        raise Refused(Why.DAMAGED) from None
    if len(body) != raw:
        raise Refused(Why.DAMAGED)
    return body


def padded_size(size: int) -> int:
    """The next Padmé length: so few lengths occur that they tell little, for two per cent or so more."""
    exponent = size.bit_length() - 1
    mask = (1 << (exponent - exponent.bit_length())) - 1
    return (size + mask) & ~mask


def _fingerprint(signed: bytes) -> bytes:
    return blake2b(signed, digest_size=64, person=b"cdesk.batch.1").digest()
