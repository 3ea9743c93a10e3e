"""Which writes of a register are current, and which value is shown while they disagree (SYNC 8).

A write is current if no other write of its register knows it. What an author had seen is told by marks, never by
a clock. Since later operations of a chain know at least what earlier ones knew, the newest write of each chain
stands for all of them; so the answer does not depend on the order in which operations arrived.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk import codelists
from casedesk.fields import Field, Unsettled
from casedesk.models import Mark
from casedesk.storage.operations import Value

Values: TypeAlias = Mapping[str, Value]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an operation stands: its chain and its number there, its local number, and when its author says it was."""

    chain_ix: int
    chain: bytes
    seq: int
    operation: int
    wall: int


class Knowledge:
    """What each author had seen, read from the marks. Made anew whenever marks were added."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._marks: dict[tuple[int, bytes], tuple[list[int], list[int]]] = {}

    def knows(self, later: Place, earlier: Place) -> bool:
        """Whether the author of the first had seen the second."""
        return self.reaches(later, earlier.chain_ix, earlier.chain) >= earlier.seq

    def reaches(self, place: Place, chain_ix: int | None, chain: bytes) -> int:
        """Up to which number the author of an operation had seen a chain."""
        if place.chain_ix == chain_ix:
            return place.seq - 1
        at, held = self._told(place.chain_ix, chain)
        before = bisect_left(at, place.seq)
        return held[before - 1] if before else 0

    def _told(self, chain_ix: int, peer: bytes) -> tuple[list[int], list[int]]:
        """The places of the marks of one chain about another, and the most that was told up to each."""
        if (chain_ix, peer) not in self._marks:
            at: list[int] = []
            held: list[int] = []
            wanted = select(Mark.at_seq, Mark.held).where(Mark.chain_ix == chain_ix, Mark.peer == peer)
            for seq, up_to in self._session.execute(wanted.order_by(Mark.at_seq)):
                at.append(seq)
                held.append(max(up_to, held[-1] if held else 0))
            self._marks[chain_ix, peer] = at, held
        return self._marks[chain_ix, peer]


def newest_of_each_chain(writes: Iterable[Place]) -> list[Place]:
    newest: dict[int, Place] = {}
    for write in writes:
        known = newest.get(write.chain_ix)
        if known is None or write.seq > known.seq:
            newest[write.chain_ix] = write
    return list(newest.values())


def current(writes: Iterable[Place], knows: Callable[[Place, Place], bool]) -> list[Place]:
    """The writes of one register that no other write of it knows."""
    newest = newest_of_each_chain(writes)
    if len(newest) < 2:
        return newest
    return [write for write in newest if not any(_replaces(other, write, knows) for other in newest)]


def roots(writes: Collection[Place], knows: Callable[[Place, Place], bool]) -> list[Place]:
    """Where something was begun: the writes that know no other one. An honest record has one."""
    return [write for write in writes if not any(knows(write, other) for other in writes)]


def _replaces(other: Place, write: Place, knows: Callable[[Place, Place], bool]) -> bool:
    """Whether one write takes the place of another. Where each says that it knows the other, one of them lies."""
    return other is not write and knows(other, write) and not knows(write, other)


def in_causal_order(items: Sequence[T], place: Callable[[T], Place], knows: Callable[[Place, Place], bool]) -> list[T]:
    """What is known comes before what knows it; of what is free to come next the earliest by its author's clock."""
    left = sorted(items, key=lambda item: (place(item).wall, place(item).chain, place(item).seq))
    if len({place(item).chain_ix for item in items}) < 2:
        return sorted(left, key=lambda item: place(item).seq)
    found: list[T] = []
    while left:
        free = (i for i in left if not any(o is not i and knows(place(i), place(o)) for o in left))
        step = next(free, left[0])  # a circle of marks can only be a lie
        left.remove(step)
        found.append(step)
    return found


def known_first(items: Sequence[T], place: Callable[[T], Place], knows: Callable[[Place, Place], bool]) -> list[T]:
    """Each chain in its order, and what an author knew before what they wrote; for many items of a few chains."""
    chains: dict[bytes, list[T]] = {}
    for item in sorted(items, key=lambda item: (place(item).chain, -place(item).seq)):
        chains.setdefault(place(item).chain, []).append(item)
    found: list[T] = []
    while chains:
        heads = {chain: place(left[-1]) for chain, left in chains.items()}
        free = (c for c, head in heads.items() if not any(knows(head, heads[other]) for other in heads if other != c))
        chain = next(free, next(iter(heads)))  # a circle of marks can only be a lie
        found.append(chains[chain].pop())
        if not chains[chain]:
            del chains[chain]
    return found


def shown_value(fields: Mapping[str, Field], contenders: Sequence[tuple[Place, Values]]) -> tuple[Place, Values]:
    """The write whose value a record shows, by the rule that its fields declare."""

    def rank(contender: tuple[Place, Values]) -> tuple[object, ...]:
        place, values = contender
        said = tuple(_rank(declared, values.get(name)) for name, declared in fields.items())
        return (*said, place.wall, place.chain)

    return max(contenders, key=rank)


def _rank(declared: Field, value: Value) -> tuple[int, int]:
    match declared.unsettled:
        case Unsettled.LATEST:
            return (0, 0)
        case Unsettled.EMPTY:
            return (int(value is None), 0)
    if isinstance(value, bool):
        return (1 + value, 0)
    words = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    known = [row for word in words if (row := _row(declared, word)) is not None]
    return max((int(row.extra["caution"]) for row in known), default=0), len(words)


def _row(declared: Field, word: str) -> codelists.Code | None:
    return codelists.get(declared.code_list).find(word) if declared.code_list is not None else None
