"""What each part of a document becomes on paper."""

from __future__ import annotations

from itertools import takewhile, zip_longest
from typing import Any

from reportlab.lib.colors import black
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.units import mm
from reportlab.platypus import Spacer, Table

from casedesk import i18n
from casedesk.formats import digits
from casedesk.reports import bangla
from casedesk.reports.charts import Look as ChartLook
from casedesk.reports.charts import draw
from casedesk.reports.layout.breaks import Closing, FigureLines, Headed, Under
from casedesk.reports.layout.drawn import Chart, Rule, Scissors, TickBox
from casedesk.reports.layout.material import (
    BANGLA_LARGER,
    BODY,
    CAPTION,
    DEEP_GREEN,
    GREEN,
    GREY,
    HEADLINE,
    LARGE,
    PALE,
    REGULAR,
    SEMIBOLD,
    TITLE,
    WIDTH,
    caption,
    paragraph,
    table,
)
from casedesk.reports.parts import (
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


def flowables(document: Document) -> list[Any]:
    """What the paper is made of, in ReportLab's own pieces, with what closes it at the foot of the last page."""
    made: list[Any] = []
    number = 0
    for part in document.body:
        if isinstance(part, Section):
            number += 1
            made += _section(part, number if document.numbered else 0)
        else:
            made += _part(part)
    if document.at_foot:
        foot = [flowable for part in document.at_foot for flowable in _part(part)]
        last = _stay_together(document.body[-1])
        made = [*made[:-last], Closing(made[-last:], foot)]
    return made


def _stay_together(last: Part | Section) -> int:
    """How many of the last flowables stay with the foot: notes are never there without what they are about."""
    if isinstance(last, Section):
        notes = len(list(takewhile(lambda part: isinstance(part, Text), reversed(last.parts))))
        return len(last.parts) if last.closes else min(notes + 1, len(last.parts))
    return 2 if isinstance(last, Signatures) else 1


def _section(section: Section, number: int) -> list[Any]:
    title = f"{digits(str(number))}\u00a0\u00a0{section.title}" if number else section.title
    heading = table(
        [[paragraph(title, TITLE, SEMIBOLD, DEEP_GREEN)]],
        [WIDTH],
        *([("LINEBELOW", (0, 0), (-1, -1), 0.9, GREEN)] if number else []),
        pad=1.5,
    )
    inside = [flowable for part in section.parts for flowable in _part(part)]
    return [Spacer(0, 2 * mm), Headed(heading, inside[0], 1.2 * mm if number else 0), *inside[1:]]


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
            return [Rule(PALE, 0.5)]
        case CutLine():
            return [Scissors()]
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
    words = paragraph(part.text, size, font, colour, strong=part.strong)
    return table([[words]], [WIDTH], pad=1.5 if part.look is Look.QUIET else 2.5)


def _facts(part: Facts) -> Any:
    pairs = [[table([[caption(f.label)]], [28 * mm], pad=1.2), paragraph(f.value, font=SEMIBOLD)] for f in part.facts]
    if part.columns == 1:
        return table(pairs, [34 * mm, WIDTH - 34 * mm], pad=1.4)
    half = (len(pairs) + 1) // 2
    rows = [[*left, "", *(right or ["", ""])] for left, right in zip_longest(pairs[:half], pairs[half:])]
    label, gap = 30 * mm, 5 * mm
    value = (WIDTH - gap) / 2 - label
    return table(rows, [label, value, gap, label, value], pad=1.4)


def _bullets(part: Bullets) -> Any:
    note = 46 * mm if any(bullet.note for bullet in part.bullets) else 0
    rows = [
        [paragraph("•"), paragraph(bullet.text), table([[caption(bullet.note, TA_RIGHT)]], [note], pad=1.2)]
        if note
        else [paragraph("•"), paragraph(bullet.text)]
        for bullet in part.bullets
    ]
    dot = 3.5 * mm
    return table(rows, [dot, WIDTH - dot - note, note] if note else [dot, WIDTH - dot], pad=1.7)


def _rows(part: Rows) -> Any:
    head = [[caption(title) for title in part.head]] if part.head else []
    rows = [[paragraph(cell) for cell in row] for row in part.rows]
    gap = 4 * mm
    widths = [WIDTH * share / sum(part.shares) for share in part.shares]
    made = table([*head, *rows], widths, ("RIGHTPADDING", (0, 0), (-2, -1), gap), pad=1.7)
    made.repeatRows = len(head)
    return made


def _figures(part: Figures) -> Any:
    """Lines of the first depth are set in semibold, over what they are made of.

    Figures need no shaping and no breaking, so they are no paragraphs: a report has hundreds of them.
    """
    count = len(part.head) - 1
    wide = min(24 * mm, WIDTH * 0.6 / max(count, 1))
    size = BODY + (BANGLA_LARGER if i18n.language() == "bn" else 0)
    head = [caption(part.head[0]), *(caption(title, TA_RIGHT) for title in part.head[1:])]
    deep = any(part.depths)
    strong = [at for at, depth in enumerate(part.depths, start=1) if deep and not depth]
    names = [paragraph(row[0], font=SEMIBOLD if at in strong else REGULAR) for at, row in enumerate(part.rows, start=1)]
    made = table(
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
        kind=FigureLines,
    )
    made.repeatRows = 1
    return _titled(part.title, made)


def _picture(part: Picture) -> Any:
    size = CAPTION + (BANGLA_LARGER if i18n.language() == "bn" else 0)
    drawn = Chart(draw(part.chart, WIDTH, ChartLook(size, paper=True)))
    titled = _titled(part.title, drawn)
    return Under(titled, titled if part.apart else drawn, 2 * mm)


def _titled(title: str, body: Any) -> Any:
    """The body under a small title that is never on another page."""
    if not title:
        return body
    return Headed(table([[_text(Text(title, Look.STRONG))]], [WIDTH], pad=1), body, 1 * mm)


def _signatures(part: Signatures) -> Any:
    gap, count = 6 * mm, len(part.labels)
    wide = (WIDTH - gap * (count - 1)) / count
    cells: list[Any] = []
    widths: list[float] = []
    for label in part.labels:
        cells += [caption(label), ""]
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
    head = table(
        [[paragraph(part.title, font=SEMIBOLD), paragraph(part.number, font=SEMIBOLD, align=TA_RIGHT)]],
        [WIDTH * 0.6, WIDTH * 0.4],
    )
    return [Scissors(), head, *(_answer(text) for text in part.answers), _signatures(part.signatures)]


def _answer(text: str) -> Any:
    """A box to tick, the answer, and a line to write on."""
    words = paragraph(text)
    wide = bangla.text_width(text, REGULAR, words.style.fontSize) + 2 * mm
    box, answer = 6 * mm, min(wide, WIDTH * 0.6)
    return table(
        [[TickBox(), words, ""]],
        [box, answer, WIDTH - box - answer],
        ("LINEBELOW", (2, 0), (2, 0), 0.5, GREY),
        ("TOPPADDING", (0, 0), (-1, -1), 2.6 * mm),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
    )


def _key_groups(part: KeyGroups) -> Any:
    cells = [paragraph(group, 17, SEMIBOLD, align=TA_CENTER) for group in part.groups]
    across = next((count for count in (4, 3, 5) if len(cells) % count == 0), 4)
    rows = [cells[at : at + across] for at in range(0, len(cells), across)]
    rows[-1] += [""] * (across - len(rows[-1]))
    return table(rows, [WIDTH / across] * across, ("GRID", (0, 0), (-1, -1), 0.5, PALE), pad=4)
