"""What a paper is made of: plain data that `layout` paints. Every text here is data, never markup."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from casedesk.services.statistics.shapes import Chart

# Stands for something this copy does not tell, alone or inside a text. However many stand in a row,
# one black bar of fixed length is painted, so that its length tells nothing.
HIDDEN = "\u2588"


class Look(Enum):
    """How a paragraph looks; the size and weight of each is the layout's business."""

    BODY = auto()
    QUIET = auto()
    LARGE = auto()
    TITLE = auto()
    HEADLINE = auto()
    STRONG = auto()
    LEAD = auto()
    QUOTE = auto()


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `strong`, where it stands in the text, is set in semibold."""

    text: str
    look: Look = Look.BODY
    strong: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value, or HIDDEN."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels with values; in two columns the first half stands at the left."""

    facts: tuple[Fact, ...]
    columns: int = 2


@dataclass(frozen=True, slots=True)
class Bullet:
    """A point, and at its right how it is known."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bullets:
    bullets: tuple[Bullet, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """A table; the head stands on every page, `shares` are the columns' widths against each other."""

    rows: tuple[tuple[str, ...], ...]
    shares: tuple[float, ...]
    head: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """Room, in millimetres."""

    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """A thin grey line across the page."""


@dataclass(frozen=True, slots=True)
class CutLine:
    """Scissors and a dashed line."""


@dataclass(frozen=True, slots=True)
class Signatures:
    """Lines to sign on, side by side, each with what belongs there."""

    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slip:
    """What a partner cuts off and gives back: number, answers to tick, lines to sign on."""

    title: str
    number: str
    answers: tuple[str, ...]
    signatures: Signatures


@dataclass(frozen=True, slots=True)
class KeyGroups:
    """Groups of letters and digits to be copied by hand, large."""

    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """A table of numbers: the names of its lines at the left, how far each is set in, the numbers at the right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    depths: tuple[int, ...]
    title: str = ""  # where the section has another one


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart. Its title is said where it stands `apart` from what is called the same, or at the top of a page."""

    chart: Chart
    title: str
    apart: bool = True


Part = Text | Facts | Bullets | Rows | Gap | Line | CutLine | Signatures | Slip | KeyGroups | Figures | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A title and what belongs under it, of which the first part is never on another page.

    A section that `closes` stands at the end; all of it stays on one page with what is at the foot.
    """

    title: str
    parts: tuple[Part, ...]
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A paper. `title` stands in the file's properties: the kind of paper and its number, nobody's name.

    `heading` stands at the right of the head, `at_foot` closes the last page.
    """

    title: str
    centre: str
    under_centre: str
    heading: str
    under_heading: str
    confidential: str
    body: tuple[Part | Section, ...]
    at_foot: tuple[Part, ...]
    keep_safe: str
    under_foot: str = ""
    invented: str = ""  # of a practice centre: stands under its name on every page
    numbered: bool = False
