"""What passes between the files of a batch and the store: a piece of a chain, and what became of it.

Who opens a file makes a `Slice`, and may do so only from what was signed by the desk named in it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from casedesk.storage.operations import Operation, digest, link


class ChainBroken(Exception):
    """Operations that do not lead from the link before them to the one that was signed."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What binds one operation to its chain."""

    digest: bytes
    link: bytes


@dataclass(frozen=True, slots=True)
class Slice:
    """Operations of one chain, one after the other, each as far as its author showed it to us.

    Made by `checked`: whoever has one knows that `before`, `operations` and the last link belong together.
    """

    chain: bytes
    desk: bytes  # the public key that signed the file
    parent: bytes  # nothing, or the place in another chain that this one continues
    first: int  # the number of the first operation
    before: bytes  # the link of the one before it
    operations: tuple[Operation, ...]
    proofs: tuple[Proof, ...]

    @property
    def last(self) -> int:
        return self.first + len(self.operations) - 1

    @property
    def head(self) -> bytes:
        return self.proofs[-1].link if self.proofs else self.before


class Outcome(enum.StrEnum):
    """What became of a slice."""

    STORED = "stored"
    KNOWN = "known"  # all of it was here
    WAITING = "waiting"  # what comes before it is missing
    FORK = "fork"  # its desk tells its past in another way
    NOT_ITS_OWN = "not_its_own"  # the chain belongs to another desk


def checked(
    *,
    chain: bytes,
    desk: bytes,
    parent: bytes,
    first: int,
    before: bytes,
    operations: Iterable[Operation],
    head: bytes,
) -> Slice:
    """The slice, with the proof of every operation made on the way. Raises ChainBroken."""
    told = tuple(operations)
    if first < 1 or not told:
        raise ChainBroken
    proofs = []
    at = before
    for seq, operation in enumerate(told, first):
        fingerprint = digest(seq, operation)
        at = link(at, chain, seq, fingerprint)
        proofs.append(Proof(fingerprint, at))
    if at != head:
        raise ChainBroken
    return Slice(chain, desk, parent, first, before, told, tuple(proofs))
