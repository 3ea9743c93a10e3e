"""What a chart is made of: rectangles, lines, polygons and words, with y downwards, for two painters.

Colours are names of the design tokens with a strength, so that the same marks serve light, dark and paper.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Point = tuple[float, float]

GROUND = "surface"
HATCH_GAP = 4.5


@dataclass(frozen=True, slots=True)
class Ink:
    """A token's colour; weaker ones are mixed with the ground."""

    token: str
    strength: float = 1.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, filled, outlined or both."""

    x: float
    y: float
    width: float
    height: float
    fill: Ink | None = None
    edge: Ink | None = None


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    ink: Ink
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Shape:
    """A filled polygon."""

    points: tuple[Point, ...]
    fill: Ink


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text. `x` is where it begins, ends or has its middle; `y` is the baseline."""

    x: float
    y: float
    text: str
    size: float
    ink: Ink
    side: str = "left"  # left, centre, right
    bold: bool = False


Mark = Box | Stroke | Shape | Words


@dataclass(frozen=True, slots=True)
class Drawing:
    """Marks within a frame, in the order in which they are painted."""

    width: float
    height: float
    marks: tuple[Mark, ...]


def hex_of(ink: Ink, colours: Mapping[str, str]) -> str:
    """The colour as #RRGGBB in a set of tokens."""
    strong, ground = _parts(colours[ink.token]), _parts(colours[GROUND])
    mixed = (round(g + (s - g) * ink.strength) for s, g in zip(strong, ground, strict=True))
    return "#" + "".join(f"{part:02X}" for part in mixed)


def hatched(box: Box, ink: Ink, *, gap: float = HATCH_GAP, rising: bool = True, width: float = 0.9) -> Iterator[Mark]:
    """The box outlined and hatched: readable in grey, and no length one could take for exact."""
    yield Box(box.x, box.y, box.width, box.height, box.fill, ink)
    reach = box.width + box.height
    at = gap
    while at < reach:
        start, end = max(0.0, at - box.height), min(at, box.width)  # along the width, where the line is inside
        y1, y2 = at - start, at - end
        if not rising:
            y1, y2 = box.height - y1, box.height - y2
        yield Stroke(box.x + start, box.y + y1, box.x + end, box.y + y2, ink, width)
        at += gap


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
