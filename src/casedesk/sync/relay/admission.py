"""Whom the relay lets in: what it takes from a signed roster, and how somebody shows who they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

SESSION = b"cdesk.session.1"


class NotARoster(Exception):
    """Bytes that are no roster of this organisation, or whose signature is wrong."""


@dataclass(frozen=True, slots=True)
class Guest:
    """A desk that may connect. `quota` is how many bytes of its files may lie here at once."""

    key: bytes  # its public signing key, 32 bytes
    quota: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """A code that lets somebody leave one small file, until a moment of the relay's clock in seconds."""

    tag: bytes
    until: int


@dataclass(frozen=True, slots=True)
class Admission:
    """What one roster means for the relay. Desks that were ended are not among the guests: by their keys they are let
    in to read the roster, as it was signed, and for nothing else."""

    number: int
    guests: Sequence[Guest]
    invitations: Sequence[Invitation]
    ended: Sequence[bytes] = ()
    signed: bytes = b""


def box_of(key: bytes) -> str:
    """The name of a desk's box: a short fingerprint of its public signing key, 32 hex digits."""
    return blake2b(key, digest_size=16, person=b"cdesk.box.1").hexdigest()


def pass_of(code: bytes) -> bytes:
    """What an invited desk shows instead of the invitation's code, which the relay must not learn."""
    return blake2b(digest_size=32, key=code, person=b"cdesk.pass.1").digest()


def tag_of(shown: bytes) -> bytes:
    """By what the relay knows a pass: its fingerprint, as the roster carries it."""
    return blake2b(shown, digest_size=32, person=b"cdesk.tag.1").digest()


def answer(signing: SigningKey, relay: bytes, nonce: bytes) -> bytes:
    """The signature by which a desk shows that it is itself, to this relay and this once."""
    return signing.sign(SESSION + relay + nonce).signature


def is_answer(key: bytes, relay: bytes, nonce: bytes, signature: bytes) -> bool:
    try:
        VerifyKey(key).verify(SESSION + relay + nonce, signature)
    except (BadSignatureError, ValueError, TypeError):
        return False
    return True
