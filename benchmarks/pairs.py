"""Two ways of doing the same, timed in turns: the figure is the ratio, since no two machines have the same second."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """`ours` and `bare` in seconds (medians), or any other unit where `unit` says so."""

    what: str
    cases: int
    ours: float
    bare: float
    limit: float | None
    unit: str = "ms"

    @property
    def ratio(self) -> float:
        return self.ours / self.bare


def paired(ours: Callable[[], object], bare: Callable[[], object], rounds: int) -> tuple[float, float]:
    """The medians of both in seconds, measured alternately after one round for warming up."""
    times: tuple[list[float], list[float]] = ([], [])
    for count in range(rounds + 1):
        for kept, work in zip(times, (ours, bare), strict=True):
            began = time.perf_counter()
            work()
            if count:
                kept.append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])
