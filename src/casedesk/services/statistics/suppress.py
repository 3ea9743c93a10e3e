"""Small numbers: what is told of a table so that nobody in it can be worked out.

A count from 1 to 4 is not told (1 to 10 where figures are published). Neighbours are hidden with it until every
value it might have is as possible as the true one, whatever is subtracted from whatever. A hidden neighbour shows the
range that follows from the rest of the table: it says nothing that the table does not say already.

Rows and columns with their totals are a network: each sum is a node, each count an arc between the two sums it is
part of, and another table with the same totals is a circulation. So the true limits of a hidden count, for somebody
who solves the table, are a largest flow; and where a limit is too narrow, the smallest cut names what else to hide.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

INSIDE, PUBLISHING, SEXUAL_VIOLENCE = 5, 11, 10  # the least counts that are told
MANY = 10**9
ENOUGH = 2  # values beside the true one that a hidden count may have

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one count: it is between `low` and `high`; `small` if it is one of the small ones."""

    low: int
    high: int
    small: bool = False

    @property
    def exact(self) -> bool:
        return self.low == self.high and not self.small


@dataclass(frozen=True, slots=True)
class Sum(Generic[Key]):
    """A count that is the sum of others."""

    whole: Key
    parts: tuple[Key, ...]


def singled_out(count: int, finer: Sequence[Told | None], *, strict: bool = False) -> tuple[int, int] | None:
    """Within what a count lies that may not be told, since one of those it is the sum of would follow from it.

    `finer` has what is told of these, each for a part of the time; None where nothing is told. Strictly, no count is
    told of which a part is hidden: where parts stand in sums of their own, they hold each other.
    """
    hidden = [
        (each.low, each.high) if each is not None else (0, MANY) for each in finer if each is None or not each.exact
    ]
    if not hidden:
        return None
    known = sum(each.low for each in finer if each is not None and each.exact)
    low, high = sum(each[0] for each in hidden), sum(each[1] for each in hidden)
    rest = count - known
    for least, most in hidden:
        if strict or min(most, rest - low + least) - max(least, rest - high + most) < min(most - least, 3):
            return known + low, min(known + high, MANY)
    return None


class TooLittleToHide(Exception):
    """A small count would follow from the others whatever is hidden."""


def protect(
    counts: Mapping[Key, int],
    sums: Sequence[Sum[Key]],
    *,
    least: int = INSIDE,
    wholes: Sequence[Mapping[Key, int]] = (),
    fixed: frozenset[Key] = frozenset(),
    also: Mapping[Key, tuple[int, int]] | None = None,
) -> dict[Key, Told]:
    """What is told of each count.

    A count is in at most two sums. `wholes` has, for a count, that of which it is told to be a part elsewhere (the
    denominator of a share, the same without a filter): what remains of it is a small number too. `fixed` counts are
    told elsewhere as they are; `also` are to be hidden whatever they are, and known to lie in these limits. Where a
    small count can be worked out all the same, because there is nothing left to hide, `TooLittleToHide` is raised.
    """
    wanted = {key: limits for key, limits in (also or {}).items() if key in counts}
    if not fixed.isdisjoint(wanted):
        raise TooLittleToHide
    table = _Network(counts, tuple(sums), least, wholes, fixed, wanted)
    for key in sorted((*table.small, *wanted), key=repr):
        table.shelter(key)
    return {key: table.told(key) for key in counts}


def is_small(count: int, least: int) -> bool:
    return 0 < count < least


def _limits(value: int, wholes: Sequence[int], least: int) -> tuple[int, int, bool]:
    """Between what a hidden count lies for a reader who knows how things are hidden; and whether it is small."""
    low, high = (least, MANY) if value else (0, 0)
    small = False
    if is_small(value, least):
        low, high, small = 1, least - 1, True
    for whole in wholes:
        if is_small(whole - value, least):
            low, high, small = max(low if small else 0, whole - least + 1), min(high, whole - 1), True
        else:
            high = min(high, whole)
    return low, high, small


def alone(count: int, least: int, wholes: Sequence[int] = ()) -> Told:
    """What is told of a count that stands in no sum."""
    low, high, small = _limits(count, wholes, least)
    return Told(low, high, small) if small else Told(count, count)


class _Network(Generic[Key]):
    """The hidden counts of a table and how far each can move while all that is told stays as it is."""

    def __init__(
        self,
        counts: Mapping[Key, int],
        sums: tuple[Sum[Key], ...],
        least: int,
        wholes: Sequence[Mapping[Key, int]],
        fixed: frozenset[Key],
        also: Mapping[Key, tuple[int, int]],
    ) -> None:
        self.counts, self.least, self.fixed = counts, least, fixed
        self.limits = {
            key: _limits(value, [each[key] for each in wholes if key in each], least) for key, value in counts.items()
        }
        for key, (low, high) in also.items():
            self.limits[key] = (low, high, False)  # even for a small one: that it is small might say too much
        self.small = {key for key, (_low, _high, small) in self.limits.items() if small}
        self.hidden = self.small | also.keys()
        self.shape: _Shape[Key] = _shape(tuple(counts), sums) if self.hidden else _Shape({}, {}, {})
        self.room = {  # how far a count can move down and up by itself
            key: (value - self.limits[key][0], self.limits[key][1] - value) for key, value in counts.items()
        }

    def shelter(self, key: Key) -> None:
        """Hide more until the count can be anything that a small one can be, as far as there is anything to hide.

        A reader who solves the table must be left with several values of it, or `TooLittleToHide` is raised: what
        holds the count then holds it for good, and hiding more elsewhere only makes safer what was made safe.
        """
        sure = 0
        for up in (True, False):
            room = min(self.room[key][up], self.least - 2)
            sure += min(self._push(key, up=up, stop_at=room, hide=True), ENOUGH)
        if sure < min(ENOUGH, self.least - 2):
            raise TooLittleToHide

    def told(self, key: Key) -> Told:
        value = self.counts[key]
        if key not in self.hidden:
            return Told(value, value)
        if key in self.small:  # the small are told alike, however well they are hidden
            low, high, _small = self.limits[key]
            return Told(low, high, small=True)
        down, up = self.room[key]
        return Told(value - self._push(key, up=False, stop_at=down), value + self._push(key, up=True, stop_at=up))

    def _push(self, key: Key, *, up: bool, stop_at: int, hide: bool = False) -> int:
        """How far the count can be raised (lowered) by moving the other hidden ones; it may ask to `hide` more."""
        tail, head = self.shape.arcs[key]
        start, goal = (head, tail) if up else (tail, head)
        if start == goal:  # nothing holds it
            return stop_at
        moved: dict[Key, int] = {key: 0}
        pushed = 0
        while pushed < stop_at:
            came = self._ways(start, goal, moved, key)
            if goal in came:
                way = list(_back(came, start, goal))
                step = min(stop_at - pushed, *(self._left(arc, moved, up=along) for arc, along in way))
                for arc, along in way:
                    moved[arc] = moved.get(arc, 0) + (step if along else -step)
                pushed += step
            elif hide and (other := self._weakest(came.keys(), stop_at - pushed)) is not None:
                self.hidden.add(other)
            else:
                break
        return pushed

    def _ways(self, start: int, goal: int, moved: Mapping[Key, int], without: Key) -> dict[int, tuple[int, Key, bool]]:
        """From where, and over which hidden count with room, each sum is reached from the first; ends at the goal."""
        hidden, beside, room = self.hidden, self.shape.beside, self.room
        came = {start: (start, without, True)}
        waiting = deque([start])
        while waiting:
            here = waiting.popleft()
            for key, there, along in beside.get(here, ()):
                if there in came or key not in hidden or key == without:
                    continue
                far = moved.get(key, 0)
                if (room[key][1] - far if along else room[key][0] + far) > 0:  # as `_left`, ten thousand times
                    came[there] = (here, key, along)
                    if there == goal:
                        return came
                    waiting.append(there)
        return came

    def _left(self, key: Key, moved: Mapping[Key, int], *, up: bool) -> int:
        down, most = self.room[key]
        return most - moved.get(key, 0) if up else down + moved.get(key, 0)

    def _weakest(self, reached: Set[int], need: int) -> Key | None:
        """What to hide next: of the counts that lead out of the sums reached, parts before totals, the smallest of
        those with room enough."""
        found = {
            key: self.room[key][along]
            for node in reached
            for key, there, along in self.shape.beside.get(node, ())
            if there not in reached and key not in self.hidden and key not in self.fixed
        }
        fit = [key for key, room in found.items() if room > 0]
        order = lambda key: (self.shape.rank.get(key, 0), found[key] < need, self.counts[key], repr(key))  # noqa: E731
        return min(fit, key=order, default=None)


@dataclass(frozen=True, slots=True)
class _Shape(Generic[Key]):
    """A table without its counts: each count as an arc from one sum to another, and which arcs touch a sum.

    Node -1 is the world outside the table.
    """

    arcs: Mapping[Key, tuple[int, int]]
    beside: Mapping[int, Sequence[tuple[Key, int, bool]]]  # the count, the sum at its other end, whether along the arc
    rank: Mapping[Key, int]


@lru_cache(maxsize=256)
def _shape(keys: tuple[Any, ...], sums: tuple[Sum[Any], ...]) -> _Shape[Any]:
    """Made once: the tables of a report are of few shapes, and there are many of each."""
    arcs = _arcs(keys, sums)
    beside: dict[int, list[tuple[Any, int, bool]]] = {}
    for key, (tail, head) in arcs.items():
        beside.setdefault(tail, []).append((key, head, True))
        if head != tail:
            beside.setdefault(head, []).append((key, tail, False))
    return _Shape(arcs, beside, {each.whole: 1 for each in sums})


def _arcs(counts: Iterable[Key], sums: Sequence[Sum[Key]]) -> dict[Key, tuple[int, int]]:
    places: dict[Key, list[tuple[int, int]]] = {key: [] for key in counts}
    for number, each in enumerate(sums):
        places[each.whole].append((number, -1))
        for part in each.parts:
            places[part].append((number, 1))
    signs = _signs(places, len(sums))
    found = {}
    for key, where in places.items():
        ends = {sign * signs[number]: number for number, sign in where}
        if len(ends) < len(where):
            raise ValueError("these sums are no network")
        found[key] = (ends.get(1, -1), ends.get(-1, -1))
    return found


def _signs(places: Mapping[Key, list[tuple[int, int]]], size: int) -> list[int]:
    """A sign for each sum so that every count enters one and leaves the other."""
    beside: list[list[tuple[int, int]]] = [[] for _each in range(size)]
    for where in places.values():
        if len(where) > 2:
            raise ValueError("a count is in more than two sums")
        if len(where) == 2:
            (one, first), (other, second) = where
            beside[one].append((other, -first * second))
            beside[other].append((one, -first * second))
    signs = [0] * size
    for start in range(size):
        if signs[start]:
            continue
        signs[start] = 1
        waiting = [start]
        while waiting:
            here = waiting.pop()
            for there, turn in beside[here]:
                if not signs[there]:
                    signs[there] = signs[here] * turn
                    waiting.append(there)
    return signs


def _back(came: Mapping[int, tuple[int, Key, bool]], start: int, goal: int) -> Iterator[tuple[Key, bool]]:
    while goal != start:
        goal, key, along = came[goal]
        yield key, along
