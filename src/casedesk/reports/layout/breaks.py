"""What decides where a page may end: titles stay with what follows, figures with their head, signatures with words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.platypus import Flowable, Table


class Headed(Flowable):  # type: ignore[misc]  # ReportLab has no types
    """A title with what follows it; when that is split, the title stays with its beginning."""

    def __init__(self, heading: Any, body: Any, gap: float) -> None:
        super().__init__()
        self._heading, self._body, self._gap = heading, body, gap

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self._above = self._heading.wrapOn(self.canv, width, height)[1] + self._gap
        self.height = self._above + self._body.wrapOn(self.canv, width, height - self._above)[1]
        return width, self.height

    def split(self, width: float, height: float) -> list[Any]:
        pieces = self._body.splitOn(self.canv, width, height - self._above) if height > self._above else []
        return [Headed(self._heading, pieces[0], self._gap), *pieces[1:]] if pieces else []

    def draw(self) -> None:
        self._heading.drawOn(self.canv, 0, self.height - self._above + self._gap)
        self._body.drawOn(self.canv, 0, 0)


class FigureLines(Table):  # type: ignore[misc]  # ReportLab has no types
    """Lines of figures under their head, which stands on every page: short ones stay whole, and none stands alone."""

    SHORT, PAGE = 0.25 * A4[1], 0.6 * A4[1]
    LEAST = 3

    def split(self, width: float, height: float) -> list[Any]:
        if height > self.PAGE:  # there is no better page
            return self._split_at(width, height)
        return [] if sum(self._rowHeights) <= self.SHORT else self._split_at(width, height)

    def _split_at(self, width: float, height: float) -> list[Any]:
        rises = list(accumulate(self._rowHeights))
        lines = sum(rise <= height for rise in rises)
        lines = min(lines, len(rises) - self.LEAST)
        if lines <= self.LEAST:
            return super().split(width, height) if height > self.PAGE else []
        return super().split(width, rises[lines - 1] + 0.1)  # type: ignore[no-any-return]


class Under(Flowable):  # type: ignore[misc]  # ReportLab has no types
    """What belongs to the lines above it; at the top of a page it says itself what it is."""

    def __init__(self, by_itself: Any, below: Any, gap: float) -> None:
        super().__init__()
        self._by_itself, self._below, self._gap = by_itself, below, gap

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self._first = bool(self._doctemplateAttr("frame")._atTop)
        self._shown = self._by_itself if self._first else self._below
        rise = self._shown.wrapOn(self.canv, width, height)[1]
        return width, rise if self._first else rise + self._gap

    def draw(self) -> None:
        self._shown.drawOn(self.canv, 0, 0)


class Closing(Flowable):  # type: ignore[misc]  # ReportLab has no types
    """The last words of a paper, and at the foot of the same page what closes it, so no signature stands alone."""

    def __init__(self, words: Sequence[Any], foot: Sequence[Any]) -> None:
        super().__init__()
        self._words, self._foot = list(words), list(foot)

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self._rises = [part.wrapOn(self.canv, width, height)[1] for part in (*self._words, *self._foot)]
        self.height = max(sum(self._rises), height - 1)
        return width, self.height if sum(self._rises) <= height else sum(self._rises)

    def split(self, width: float, height: float) -> list[Any]:
        """Nothing, so that all of it moves to the next page; unless the words are longer than any page."""
        pages_room = self._doctemplateAttr("frame")._height
        if sum(self._rises) <= pages_room or not self._words:
            return []
        room = height
        for at, word in enumerate(self._words[:-1]):
            if self._rises[at] > room:
                return self._parted(at, word.splitOn(self.canv, width, room))
            room -= self._rises[at]
        last = len(self._words) - 1
        if self._rises[last] <= room:  # the words have room and the foot has not
            room -= sum(self._rises[last + 1 :])
        pieces = self._words[last].splitOn(self.canv, width, room) if room > 0 else []
        return self._parted(last, pieces if len(pieces) > 1 else [])

    def _parted(self, at: int, pieces: Sequence[Any]) -> list[Any]:
        """The words before, the first piece of this one, and the rest with the foot."""
        if not pieces:
            return [*self._words[:at], Closing(self._words[at:], self._foot)] if at else []
        return [*self._words[:at], pieces[0], Closing([*pieces[1:], *self._words[at + 1 :]], self._foot)]

    def draw(self) -> None:
        words, foot = self._rises[: len(self._words)], self._rises[len(self._words) :]
        self._stack(self._words, words, self.height)
        self._stack(self._foot, foot, sum(foot))

    def _stack(self, parts: Sequence[Any], rises: Sequence[float], top: float) -> None:
        for part, rise in zip(parts, rises, strict=True):
            top -= rise
            part.drawOn(self.canv, 0, top)
