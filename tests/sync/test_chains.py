"""A slice can only be made of operations that belong together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from casedesk.storage.operations import Leaf, Operation, digest, link, new_operation, start_link
from casedesk.sync.chains import ChainBroken, checked

CHAIN, DESK, ORGANISATION = b"c" * 16, b"d" * 32, b"o" * 16


def _operations() -> list[Operation]:
    leaves = [Leaf("case", b"r" * 16, "team", f"team {number}") for number in range(3)]
    return [new_operation({1: [leaf]}, wall=7, flags=0, actor=b"a" * 16, kind=0, schema=1) for leaf in leaves]


def test_a_slice_carries_the_proof_of_every_operation() -> None:
    told = _operations()
    start = start_link(ORGANISATION, CHAIN, DESK)
    links = [start]
    for seq, operation in enumerate(told, 1):
        links.append(link(links[-1], CHAIN, seq, digest(seq, operation)))
    found = checked(chain=CHAIN, desk=DESK, parent=b"", first=2, before=links[1], operations=told[1:], head=links[3])
    assert [proof.link for proof in found.proofs] == links[2:]
    assert (found.last, found.head) == (3, links[3])


@pytest.mark.parametrize("what", ["left out", "changed", "moved", "none"])
def test_what_does_not_lead_to_the_signed_head_is_refused(what: str) -> None:
    told = _operations()
    head = start_link(ORGANISATION, CHAIN, DESK)
    for seq, operation in enumerate(told, 1):
        head = link(head, CHAIN, seq, digest(seq, operation))
    first, given = {
        "left out": (1, told[:1] + told[2:]),
        "changed": (1, [replace(told[0], wall=8), *told[1:]]),
        "moved": (2, told),
        "none": (1, []),
    }[what]
    with pytest.raises(ChainBroken):
        checked(
            chain=CHAIN,
            desk=DESK,
            parent=b"",
            first=first,
            before=start_link(ORGANISATION, CHAIN, DESK),
            operations=given,
            head=head,
        )
