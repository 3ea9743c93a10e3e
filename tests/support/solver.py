"""Somebody who tries to work out hidden figures from everything that is told: sums, exact figures, and ranges.

Bounds are narrowed until nothing moves; what is left is decided by search. It shares no code with what hides.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

Name = Hashable
MOST_STEPS = 4000


class Undecided(Exception):
    """The search gave up: neither another value was found nor shown to be impossible."""


@dataclass
class Puzzle:
    """Unknown whole numbers with limits, and sums that hold between them."""

    limits: dict[Name, tuple[int, int]] = field(default_factory=dict)
    sums: list[tuple[Name, tuple[Name, ...]]] = field(default_factory=list)  # a whole and its parts

    def know(self, name: Name, low: int, high: int) -> None:
        """Something that is told of a number; what was told before still holds."""
        before = self.limits.get(name, (0, 10**7))
        self.limits[name] = (max(low, before[0]), min(high, before[1]))

    def add(self, whole: Name, parts: Sequence[Name]) -> None:
        for name in (whole, *parts):
            self.know(name, 0, 10**7)
        self.sums.append((whole, tuple(parts)))

    def can_differ(self, name: Name, truth: Mapping[Name, int]) -> bool:
        """Whether the number could be another than it is, with all that is told still true.

        Raises Undecided when the search takes too long. `truth` only says where to look first.
        """
        start = self._narrowed(self.limits)
        assert start is not None, "what is told contradicts itself"
        low, high = start[name]
        others = [value for value in range(low, min(high, truth[name] + 12) + 1) if value != truth[name]]
        others.sort(key=lambda value: abs(value - truth[name]))
        for value in others:
            self._steps = 0
            if self._search({**start, name: (value, value)}, truth):
                return True
        return False

    def _search(self, limits: Mapping[Name, tuple[int, int]], truth: Mapping[Name, int]) -> bool:
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise Undecided
        narrowed = self._narrowed(limits)
        if narrowed is None:
            return False
        open_ = [name for name, (low, high) in narrowed.items() if low < high]
        if not open_:
            return True
        name = min(open_, key=lambda each: (narrowed[each][1] - narrowed[each][0], repr(each)))
        low, high = narrowed[name]
        near = min(max(truth.get(name, low), low), high)
        for value in sorted(range(low, min(high, near + 12) + 1), key=lambda value: abs(value - near)):
            if self._search({**narrowed, name: (value, value)}, truth):
                return True
        return False

    def _narrowed(self, limits: Mapping[Name, tuple[int, int]]) -> dict[Name, tuple[int, int]] | None:
        """The limits that follow; None if nothing fits."""
        now = dict(limits)
        moved = True
        while moved:
            moved = False
            for whole, parts in self.sums:
                lows, highs = sum(now[part][0] for part in parts), sum(now[part][1] for part in parts)
                news = {whole: (max(now[whole][0], lows), min(now[whole][1], highs))}
                for part in parts:
                    low, high = now[part]
                    news[part] = (max(low, now[whole][0] - (highs - high)), min(high, now[whole][1] - (lows - low)))
                for name, new in news.items():
                    if new[0] > new[1]:
                        return None
                    if new != now[name]:
                        now[name] = new
                        moved = True
        return now
