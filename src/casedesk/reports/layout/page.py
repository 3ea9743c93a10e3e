"""The paper itself: its head and foot on every page, the number of pages, and what the file says of itself.

The same document gives the same bytes: fonts are fresh, and times, names and numbers of the file itself are fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from threading import Lock
from typing import Any

from reportlab import rl_config
from reportlab.lib.colors import black
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Spacer

from casedesk import i18n
from casedesk.formats import digits
from casedesk.i18n import _
from casedesk.reports import bangla
from casedesk.reports.layout.body import flowables
from casedesk.reports.layout.drawn import Mark, Rule
from casedesk.reports.layout.material import (
    BOTTOM,
    CAPTION,
    GREEN,
    GREY,
    PALE,
    SEMIBOLD,
    SIDE,
    TITLE,
    TOP,
    WIDTH,
    caption,
    load_fonts,
    paragraph,
    table,
)
from casedesk.reports.parts import Document

# ReportLab keeps its fonts by name for the whole process, so papers are printed one at a time.
_press = Lock()


def render(document: Document) -> bytes:
    """The paper as a PDF file."""
    with _press:
        bangla.install()
        rl_config.trustedSchemes, rl_config.trustedHosts = [], []
        return _print(document)


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
    template.build(flowables(document), canvasmaker=partial(_Numbered, foot=paint_foot))
    return out.getvalue()


def _heights(parts: Sequence[Any]) -> list[float]:
    pen = bangla.Canvas(BytesIO())
    return [float(part.wrapOn(pen, WIDTH, A4[1])[1]) for part in parts]


def _head(document: Document) -> list[Any]:
    left = [paragraph(document.centre, TITLE, SEMIBOLD), paragraph(document.under_centre, CAPTION + 0.5, colour=GREY)]
    if document.invented:
        left.append(paragraph(document.invented, CAPTION + 0.5, SEMIBOLD))
    right = [
        paragraph(document.heading, TITLE, SEMIBOLD, align=TA_RIGHT),
        paragraph(document.under_heading, CAPTION, colour=GREY, align=TA_RIGHT),
    ]
    mark = 10.2 * mm
    names = table(
        [[Mark(), left, right]], [mark, WIDTH * 0.5 - mark, WIDTH * 0.5], ("VALIGN", (0, 0), (0, 0), "MIDDLE")
    )
    rule = Spacer(0, 1 * mm) if document.numbered else Rule(GREEN, 1.2)
    box = [_confidential(document.confidential)] if document.confidential else []
    return [names, rule, *box, Spacer(0, 1.5 * mm)]


def _confidential(tells: str) -> Any:
    word = _("CONFIDENTIAL")
    text = _("{confidential} — {tells}").format(confidential=word, tells=tells)
    return table(
        [[paragraph(text, 9.5, strong=word)]],
        [WIDTH],
        ("BOX", (0, 0), (-1, -1), 0.9, black),
        ("ROUNDEDCORNERS", [2, 2, 2, 2]),
        ("LEFTPADDING", (0, 0), (-1, -1), 2.4 * mm),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2.4 * mm),
        pad=3,
    )


def _foot(document: Document, page: int, pages: int) -> Any:
    count = _("Page {page} of {pages}").format(page=digits(str(page)), pages=digits(str(pages)))
    left = [caption(document.keep_safe)]
    if document.under_foot:
        left.append(caption(document.under_foot))
    return table(
        [[left, caption(count, TA_RIGHT)]],
        [WIDTH - 30 * mm, 30 * mm],
        ("LINEABOVE", (0, 0), (-1, 0), 0.5, PALE),
    )


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
