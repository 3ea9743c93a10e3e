"""Paints papers: A4, black on white, one green, both scripts, in memory.

The same document gives the same bytes: fonts are fresh, and times, names and numbers of the file itself are fixed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from itertools import accumulate, takewhile, zip_longest
from threading import Lock
from typing import Any
from xml.sax.saxutils import escape as escape_markup

import fontpkg_hind_siliguri
from reportlab import rl_config
from reportlab.lib.colors import HexColor, black, white
from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Spacer, Table

from casedesk import i18n
from casedesk.formats import digits
from casedesk.i18n import _
from casedesk.reports import bangla
from casedesk.reports.charts import Look as ChartLook
from casedesk.reports.charts import draw
from casedesk.reports.marks import Box, Drawing, Ink, Shape, Stroke, Words, hex_of
from casedesk.reports.measure import text_width
from casedesk.reports.parts import (
    HIDDEN,
    Bullets,
    CutLine,
    Document,
    Facts,
    Figures,
    Gap,
    KeyGroups,
    Line,
    Look,
    Part,
    Picture,
    Rows,
    Section,
    Signatures,
    Slip,
    Text,
)
from casedesk.tokens import tokens

REGULAR, SEMIBOLD, BOLD = "Paper", "Paper-SemiBold", "Paper-Bold"
_FILES = {REGULAR: "Regular", SEMIBOLD: "SemiBold", BOLD: "Bold"}

GREEN, DEEP_GREEN = HexColor("#0B6B57"), HexColor("#07493B")
GREY, PALE = HexColor("#4A4F4D"), HexColor("#B8BFBC")

SIDE, TOP, BOTTOM = 17 * mm, 15 * mm, 13 * mm
WIDTH = A4[0] - 2 * SIDE

CAPTION, BODY, LARGE, TITLE, HEADLINE = 8.5, 10.5, 13, 12, 17
BANGLA_LARGER = 0.5

_JOINERS = "\u200c\u200d"

# A thick line through spaces: nothing is under it.
_BAR = f'<u width="0.8*F" offset="0.34*F" color="#1A1A1A">{"&nbsp;" * 22}</u>'

# ReportLab keeps its fonts by name for the whole process, so papers are printed one at a time.
_press = Lock()


def render(document: Document) -> bytes:
    """The paper as a PDF file."""
    with _press:
        bangla.install()
        rl_config.trustedSchemes, rl_config.trustedHosts = [], []
        return _print(document)


def escape(text: str) -> str:
    """Make data safe for ReportLab's markup: nothing in it is a tag, a control code or a private letter."""
    kept = "".join(" " if c in "\n\t" else c for c in unicodedata.normalize("NFC", text) if c in "\n\t" or _prints(c))
    return escape_markup(kept)


def _prints(letter: str) -> bool:
    # Private letters would be taken for shaped glyphs. Of what is invisible, only the joiners are spelling.
    return letter in _JOINERS or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def load_fonts() -> None:
    """Fresh fonts under their usual names, in the place of those of the paper before."""
    folder = fontpkg_hind_siliguri.ROOT / "files"
    for name, weight in _FILES.items():
        if name in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.getFont(name).unregister()
        pdfmetrics.registerFont(bangla.Font(name, folder / f"HindSiliguri-{weight}.ttf"))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=SEMIBOLD, italic=REGULAR, boldItalic=SEMIBOLD)


def _style(text: str, size: float, font: str, colour: Any, align: int) -> Any:
    in_bangla = i18n.language() == "bn" or bangla.has_bangla(text)
    size += BANGLA_LARGER if in_bangla else 0
    return ParagraphStyle(
        font,
        fontName=font,
        fontSize=size,
        leading=size * (1.42 if in_bangla else 1.36),
        textColor=colour,
        alignment=align,
        shaping=1,
        splitLongWords=1,
        allowWidows=0,
        allowOrphans=0,
    )


def _paragraph(
    text: str,
    size: float = BODY,
    font: str = REGULAR,
    colour: Any = black,
    align: int = TA_LEFT,
    strong: str = "",
) -> Any:
    marked = _with_bars(escape(text))
    if strong:
        chosen = _with_bars(escape(strong))
        marked = marked.replace(chosen, f"<b>{chosen}</b>", 1)
    return Paragraph(marked, _style(text, size, font, colour, align))


def _with_bars(marked: str) -> str:
    """A bar of fixed length for every stretch of HIDDEN; under it are spaces and nothing else."""
    while HIDDEN * 2 in marked:
        marked = marked.replace(HIDDEN * 2, HIDDEN)
    return marked.replace(HIDDEN, _BAR)


def _caption(text: str, align: int = TA_LEFT) -> Any:
    return _paragraph(text, CAPTION, colour=GREY, align=align)


def _table(
    rows: Sequence[Sequence[Any]],
    widths: Sequence[float],
    *rules: tuple[Any, ...],
    pad: float = 2,
    kind: type[Table] = Table,
) -> Any:
    base = [
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), pad),
        ("BOTTOMPADDING", (0, 0), (-1, -1), pad),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    return kind(rows, colWidths=widths, style=[*base, *rules], hAlign="LEFT", splitInRow=1)


def _flowables(document: Document) -> list[Any]:
    flowables: list[Any] = []
    number = 0
    for part in document.body:
        if isinstance(part, Section):
            number += 1
            flowables += _section(part, number if document.numbered else 0)
        else:
            flowables += _part(part)
    if document.at_foot:
        foot = [flowable for part in document.at_foot for flowable in _part(part)]
        last = _stay_together(document.body[-1])
        flowables = [*flowables[:-last], _Closing(flowables[-last:], foot)]
    return flowables


def _stay_together(last: Part | Section) -> int:
    """How many of the last flowables stay with the foot: notes are never there without what they are about."""
    if isinstance(last, Section):
        notes = len(list(takewhile(lambda part: isinstance(part, Text), reversed(last.parts))))
        return len(last.parts) if last.closes else min(notes + 1, len(last.parts))
    return 2 if isinstance(last, Signatures) else 1


def _section(section: Section, number: int) -> list[Any]:
    title = f"{digits(str(number))}\u00a0\u00a0{section.title}" if number else section.title
    heading = _table(
        [[_paragraph(title, TITLE, SEMIBOLD, DEEP_GREEN)]],
        [WIDTH],
        *([("LINEBELOW", (0, 0), (-1, -1), 0.9, GREEN)] if number else []),
        pad=1.5,
    )
    inside = [flowable for part in section.parts for flowable in _part(part)]
    return [Spacer(0, 2 * mm), _Headed(heading, inside[0], 1.2 * mm if number else 0), *inside[1:]]


def _part(part: Part) -> list[Any]:
    match part:
        case Text():
            return [_text(part)]
        case Facts():
            return [_facts(part)]
        case Bullets():
            return [_bullets(part)]
        case Rows():
            return [_rows(part)]
        case Gap():
            return [Spacer(0, part.height * mm)]
        case Line():
            return [_Rule(PALE, 0.5)]
        case CutLine():
            return [_Scissors()]
        case Signatures():
            return [_signatures(part)]
        case Slip():
            return _slip(part)
        case KeyGroups():
            return [_key_groups(part)]
        case Figures():
            return [_figures(part)]
        case Picture():
            return [_picture(part)]


def _text(part: Text) -> Any:
    size, font, colour = {
        Look.BODY: (BODY, REGULAR, black),
        Look.QUIET: (CAPTION + 0.5, REGULAR, GREY),
        Look.LARGE: (LARGE, SEMIBOLD, black),
        Look.TITLE: (TITLE, SEMIBOLD, black),
        Look.HEADLINE: (HEADLINE, SEMIBOLD, black),
        Look.LEAD: (BODY + 0.5, REGULAR, black),
        Look.STRONG: (BODY, SEMIBOLD, black),
        Look.QUOTE: (BODY + 0.5, REGULAR, black),
    }[part.look]
    paragraph = _paragraph(part.text, size, font, colour, strong=part.strong)
    return _table([[paragraph]], [WIDTH], pad=1.5 if part.look is Look.QUIET else 2.5)


def _facts(part: Facts) -> Any:
    pairs = [
        [_table([[_caption(f.label)]], [28 * mm], pad=1.2), _paragraph(f.value, font=SEMIBOLD)] for f in part.facts
    ]
    if part.columns == 1:
        return _table(pairs, [34 * mm, WIDTH - 34 * mm], pad=1.4)
    half = (len(pairs) + 1) // 2
    rows = [[*left, "", *(right or ["", ""])] for left, right in zip_longest(pairs[:half], pairs[half:])]
    label, gap = 30 * mm, 5 * mm
    value = (WIDTH - gap) / 2 - label
    return _table(rows, [label, value, gap, label, value], pad=1.4)


def _bullets(part: Bullets) -> Any:
    note = 46 * mm if any(bullet.note for bullet in part.bullets) else 0
    rows = [
        [_paragraph("•"), _paragraph(bullet.text), _table([[_caption(bullet.note, TA_RIGHT)]], [note], pad=1.2)]
        if note
        else [_paragraph("•"), _paragraph(bullet.text)]
        for bullet in part.bullets
    ]
    dot = 3.5 * mm
    return _table(rows, [dot, WIDTH - dot - note, note] if note else [dot, WIDTH - dot], pad=1.7)


def _rows(part: Rows) -> Any:
    head = [[_caption(title) for title in part.head]] if part.head else []
    rows = [[_paragraph(cell) for cell in row] for row in part.rows]
    gap = 4 * mm
    widths = [WIDTH * share / sum(part.shares) for share in part.shares]
    table = _table([*head, *rows], widths, ("RIGHTPADDING", (0, 0), (-2, -1), gap), pad=1.7)
    table.repeatRows = len(head)
    return table


def _figures(part: Figures) -> Any:
    """Lines of the first depth are set in semibold, over what they are made of.

    Figures need no shaping and no breaking, so they are no paragraphs: a report has hundreds of them.
    """
    count = len(part.head) - 1
    wide = min(24 * mm, WIDTH * 0.6 / max(count, 1))
    size = BODY + (BANGLA_LARGER if i18n.language() == "bn" else 0)
    head = [_caption(part.head[0]), *(_caption(title, TA_RIGHT) for title in part.head[1:])]
    deep = any(part.depths)
    strong = [at for at, depth in enumerate(part.depths, start=1) if deep and not depth]
    names = [
        _paragraph(row[0], font=SEMIBOLD if at in strong else REGULAR) for at, row in enumerate(part.rows, start=1)
    ]
    table = _table(
        [head, *([name, *row[1:]] for name, row in zip(names, part.rows, strict=True))],
        [WIDTH - wide * count, *[wide] * count],
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, PALE),
        ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
        ("ALIGN", (1, 1), (-1, -1), "RIGHT"),
        ("FONT", (1, 1), (-1, -1), REGULAR, size, size * 1.36),
        ("LEFTPADDING", (1, 0), (-1, -1), 1.5 * mm),
        *(("FONT", (1, at), (-1, at), SEMIBOLD, size, size * 1.36) for at in strong),
        *(("LEFTPADDING", (0, at), (0, at), depth * 4 * mm) for at, depth in enumerate(part.depths, start=1) if depth),
        pad=1.8,
        kind=_Lines,
    )
    table.repeatRows = 1
    return _titled(part.title, table)


def _titled(title: str, body: Any) -> Any:
    """The body under a small title that is never on another page."""
    if not title:
        return body
    return _Headed(_table([[_text(Text(title, Look.STRONG))]], [WIDTH], pad=1), body, 1 * mm)


def _picture(part: Picture) -> Any:
    size = CAPTION + (BANGLA_LARGER if i18n.language() == "bn" else 0)
    drawn = _Chart(draw(part.chart, WIDTH, ChartLook(size, paper=True)))
    titled = _titled(part.title, drawn)
    return _Under(titled, titled if part.apart else drawn, 2 * mm)


def _signatures(part: Signatures) -> Any:
    gap, count = 6 * mm, len(part.labels)
    wide = (WIDTH - gap * (count - 1)) / count
    cells: list[Any] = []
    widths: list[float] = []
    for label in part.labels:
        cells += [_caption(label), ""]
        widths += [wide, gap]
    lines = [("LINEABOVE", (column, 1), (column, 1), 0.8, black) for column in range(0, 2 * count, 2)]
    return Table(
        [[""] * (2 * count - 1), cells[:-1]],
        colWidths=widths[:-1],
        rowHeights=[13 * mm, None],
        style=[
            *lines,
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ("NOSPLIT", (0, 0), (-1, -1)),
        ],
        hAlign="LEFT",
    )


def _slip(part: Slip) -> list[Any]:
    head = _table(
        [[_paragraph(part.title, font=SEMIBOLD), _paragraph(part.number, font=SEMIBOLD, align=TA_RIGHT)]],
        [WIDTH * 0.6, WIDTH * 0.4],
    )
    return [_Scissors(), head, *(_answer(text) for text in part.answers), _signatures(part.signatures)]


def _answer(text: str) -> Any:
    """A box to tick, the answer, and a line to write on."""
    paragraph = _paragraph(text)
    wide = bangla.text_width(text, REGULAR, paragraph.style.fontSize) + 2 * mm
    box, answer = 6 * mm, min(wide, WIDTH * 0.6)
    return _table(
        [[_TickBox(), paragraph, ""]],
        [box, answer, WIDTH - box - answer],
        ("LINEBELOW", (2, 0), (2, 0), 0.5, GREY),
        ("TOPPADDING", (0, 0), (-1, -1), 2.6 * mm),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
    )


def _key_groups(part: KeyGroups) -> Any:
    cells = [_paragraph(group, 17, SEMIBOLD, align=TA_CENTER) for group in part.groups]
    across = next((count for count in (4, 3, 5) if len(cells) % count == 0), 4)
    rows = [cells[at : at + across] for at in range(0, len(cells), across)]
    rows[-1] += [""] * (across - len(rows[-1]))
    return _table(rows, [WIDTH / across] * across, ("GRID", (0, 0), (-1, -1), 0.5, PALE), pad=4)


class _Headed(Flowable):  # type: ignore[misc]  # ReportLab has no types
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
        return [_Headed(self._heading, pieces[0], self._gap), *pieces[1:]] if pieces else []

    def draw(self) -> None:
        self._heading.drawOn(self.canv, 0, self.height - self._above + self._gap)
        self._body.drawOn(self.canv, 0, 0)


class _Lines(Table):  # type: ignore[misc]  # ReportLab has no types
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


class _Under(Flowable):  # type: ignore[misc]  # ReportLab has no types
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


class _Closing(Flowable):  # type: ignore[misc]  # ReportLab has no types
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
            return [*self._words[:at], _Closing(self._words[at:], self._foot)] if at else []
        return [*self._words[:at], pieces[0], _Closing([*pieces[1:], *self._words[at + 1 :]], self._foot)]

    def draw(self) -> None:
        words, foot = self._rises[: len(self._words)], self._rises[len(self._words) :]
        self._stack(self._words, words, self.height)
        self._stack(self._foot, foot, sum(foot))

    def _stack(self, parts: Sequence[Any], rises: Sequence[float], top: float) -> None:
        for part, rise in zip(parts, rises, strict=True):
            top -= rise
            part.drawOn(self.canv, 0, top)


class _Painted(Flowable):  # type: ignore[misc]  # ReportLab has no types
    """Something of a size of its own."""

    size = (0.0, 0.0)

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        self.width, self.height = self.size
        return self.size


class _Rule(_Painted):
    """A line across the page."""

    size = (WIDTH, 3 * mm)

    def __init__(self, colour: Any, thickness: float) -> None:
        super().__init__()
        self._colour, self._thickness = colour, thickness

    def draw(self) -> None:
        self.canv.setStrokeColor(self._colour)
        self.canv.setLineWidth(self._thickness)
        self.canv.line(0, self.height / 2, self.width, self.height / 2)


class _Mark(_Painted):
    """The program's mark: a roof over an open door."""

    size = (8 * mm, 8 * mm)

    def draw(self) -> None:
        pen = self.canv
        pen.scale(self.width / 48, self.width / 48)
        pen.setFillColor(GREEN)
        pen.roundRect(0, 0, 48, 48, 11, stroke=0, fill=1)
        pen.setStrokeColor(white)
        pen.setLineWidth(3.8)
        pen.setLineCap(1)
        pen.setLineJoin(1)
        path = pen.beginPath()
        path.moveTo(11, 25)
        path.lineTo(24.3, 36.5)
        path.lineTo(37, 25)
        path.moveTo(32, 23)
        path.lineTo(20.5, 23)
        path.curveTo(12.5, 23, 12.5, 11.2, 20.5, 11.2)
        path.lineTo(33.5, 11.2)
        pen.drawPath(path)


class _Scissors(_Painted):
    """Where to cut."""

    size = (WIDTH, 6 * mm)

    def draw(self) -> None:
        pen = self.canv
        pen.setLineWidth(0.8)
        middle = 3 * mm
        for side in (-1, 1):
            pen.circle(1.3 * mm, middle + side * 1.1 * mm, 0.8 * mm)
            pen.line(2 * mm, middle + side * 0.8 * mm, 5.6 * mm, middle - side * 0.9 * mm)
        pen.setDash(3, 2.5)
        pen.line(7.5 * mm, middle, WIDTH, middle)


class _TickBox(_Painted):
    """A square to tick."""

    size = (3.4 * mm, 4.6 * mm)

    def draw(self) -> None:
        self.canv.setLineWidth(0.8)
        self.canv.rect(0, 0.4 * mm, 3.4 * mm, 3.4 * mm)


class _Chart(_Painted):
    """A chart's marks; ReportLab counts upwards, they count downwards."""

    def __init__(self, drawing: Drawing) -> None:
        super().__init__()
        self._drawing, self.size = drawing, (drawing.width, drawing.height)

    def draw(self) -> None:
        pen, top, colours = self.canv, self._drawing.height, tokens()["color"]["light"]

        def colour(ink: Ink) -> Any:
            return HexColor(hex_of(ink, colours))

        for mark in self._drawing.marks:
            match mark:
                case Box():
                    if mark.fill:
                        pen.setFillColor(colour(mark.fill))
                    if mark.edge:
                        pen.setStrokeColor(colour(mark.edge))
                    pen.setLineWidth(0.6)
                    below = top - mark.y - mark.height
                    pen.rect(mark.x, below, mark.width, mark.height, stroke=bool(mark.edge), fill=bool(mark.fill))
                case Stroke():
                    pen.setStrokeColor(colour(mark.ink))
                    pen.setLineWidth(mark.width * 0.7)
                    pen.line(mark.x1, top - mark.y1, mark.x2, top - mark.y2)
                case Shape():
                    path = pen.beginPath()
                    path.moveTo(mark.points[0][0], top - mark.points[0][1])
                    for x, y in mark.points[1:]:
                        path.lineTo(x, top - y)
                    path.close()
                    pen.setFillColor(colour(mark.fill))
                    pen.drawPath(path, stroke=0, fill=1)
                case Words():
                    font = SEMIBOLD if mark.bold else REGULAR
                    wide = text_width(mark.text, mark.size, bold=mark.bold)
                    before = {"left": 0.0, "centre": wide / 2, "right": wide}[mark.side]
                    pen.setFillColor(colour(mark.ink))
                    bangla.write_line(pen, mark.x - before, top - mark.y, mark.text, font, mark.size)


class _Numbered(bangla.Canvas):
    """Keeps each page until all are known, and then writes under each how many there are."""

    def __init__(self, *args: Any, foot: Callable[[Any, int, int], None], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._foot = foot
        self._kept: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - ReportLab calls it by this name
        self._kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        kept = self._kept
        for page, state in enumerate(kept, start=1):
            self.__dict__.update(state)
            self._foot(self, page, len(kept))
            super().showPage()
        super().save()


def _print(document: Document) -> bytes:
    load_fonts()
    head, foot = _head(document), _foot(document, 1, 1)
    heights, foot_height = _heights(head), sum(_heights([foot]))
    frame = Frame(
        SIDE,
        BOTTOM + foot_height,
        WIDTH,
        A4[1] - TOP - BOTTOM - sum(heights) - foot_height,
        leftPadding=0,
        rightPadding=0,
        topPadding=0,
        bottomPadding=2 * mm,
    )

    def paint_head(pen: Any, _template: Any) -> None:
        top = A4[1] - TOP
        for part, height in zip(head, heights, strict=True):
            top -= height
            part.drawOn(pen, SIDE, top)

    def paint_foot(pen: Any, page: int, pages: int) -> None:
        below = _foot(document, page, pages)
        below.wrapOn(pen, WIDTH, A4[1])
        below.drawOn(pen, SIDE, BOTTOM)

    out = BytesIO()
    template = BaseDocTemplate(
        out,
        pagesize=A4,
        pageTemplates=[PageTemplate(frames=[frame], onPage=paint_head)],
        title=document.title,
        author="CaseDesk",
        creator="CaseDesk",
        producer="CaseDesk",
        subject="",
        lang="bn-BD" if i18n.language() == "bn" else "en-GB",
        invariant=1,
        pageCompression=1,
        displayDocTitle=1,
    )
    template.build(_flowables(document), canvasmaker=partial(_Numbered, foot=paint_foot))
    return out.getvalue()


def _heights(parts: Sequence[Any]) -> list[float]:
    pen = bangla.Canvas(BytesIO())
    return [float(part.wrapOn(pen, WIDTH, A4[1])[1]) for part in parts]


def _head(document: Document) -> list[Any]:
    left = [_paragraph(document.centre, TITLE, SEMIBOLD), _paragraph(document.under_centre, CAPTION + 0.5, colour=GREY)]
    right = [
        _paragraph(document.heading, TITLE, SEMIBOLD, align=TA_RIGHT),
        _paragraph(document.under_heading, CAPTION, colour=GREY, align=TA_RIGHT),
    ]
    mark = 10.2 * mm
    names = _table(
        [[_Mark(), left, right]], [mark, WIDTH * 0.5 - mark, WIDTH * 0.5], ("VALIGN", (0, 0), (0, 0), "MIDDLE")
    )
    rule = Spacer(0, 1 * mm) if document.numbered else _Rule(GREEN, 1.2)
    box = [_confidential(document.confidential)] if document.confidential else []
    return [names, rule, *box, Spacer(0, 1.5 * mm)]


def _confidential(tells: str) -> Any:
    word = _("CONFIDENTIAL")
    text = _("{confidential} — {tells}").format(confidential=word, tells=tells)
    return _table(
        [[_paragraph(text, 9.5, strong=word)]],
        [WIDTH],
        ("BOX", (0, 0), (-1, -1), 0.9, black),
        ("ROUNDEDCORNERS", [2, 2, 2, 2]),
        ("LEFTPADDING", (0, 0), (-1, -1), 2.4 * mm),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2.4 * mm),
        pad=3,
    )


def _foot(document: Document, page: int, pages: int) -> Any:
    count = _("Page {page} of {pages}").format(page=digits(str(page)), pages=digits(str(pages)))
    left = [_caption(document.keep_safe)]
    if document.under_foot:
        left.append(_caption(document.under_foot))
    return _table(
        [[left, _caption(count, TA_RIGHT)]],
        [WIDTH - 30 * mm, 30 * mm],
        ("LINEABOVE", (0, 0), (-1, 0), 0.5, PALE),
    )
