"""What papers are set with: fonts, sizes, colours, paragraphs and tables."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape as escape_markup

import fontpkg_hind_siliguri
from reportlab.lib.colors import HexColor, black
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import Paragraph, Table

from casedesk import i18n
from casedesk.reports import bangla
from casedesk.reports.parts import HIDDEN

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


def load_fonts() -> None:
    """Fresh fonts under their usual names, in the place of those of the paper before."""
    folder = fontpkg_hind_siliguri.ROOT / "files"
    for name, weight in _FILES.items():
        if name in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.getFont(name).unregister()
        pdfmetrics.registerFont(bangla.Font(name, folder / f"HindSiliguri-{weight}.ttf"))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=SEMIBOLD, italic=REGULAR, boldItalic=SEMIBOLD)


def escape(text: str) -> str:
    """Make data safe for ReportLab's markup: nothing in it is a tag, a control code or a private letter."""
    kept = "".join(" " if c in "\n\t" else c for c in unicodedata.normalize("NFC", text) if c in "\n\t" or _prints(c))
    return escape_markup(kept)


def _prints(letter: str) -> bool:
    # Private letters would be taken for shaped glyphs. Of what is invisible, only the joiners are spelling.
    return letter in _JOINERS or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def paragraph(
    text: str,
    size: float = BODY,
    font: str = REGULAR,
    colour: Any = black,
    align: int = TA_LEFT,
    strong: str = "",
) -> Any:
    """Data as a paragraph; the first place of `strong` in it is set in semibold."""
    marked = _with_bars(escape(text))
    if strong:
        chosen = _with_bars(escape(strong))
        marked = marked.replace(chosen, f"<b>{chosen}</b>", 1)
    return Paragraph(marked, _style(text, size, font, colour, align))


def caption(text: str, align: int = TA_LEFT) -> Any:
    """Small and grey: what names something, or notes it."""
    return paragraph(text, CAPTION, colour=GREY, align=align)


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


def _with_bars(marked: str) -> str:
    """A bar of fixed length for every stretch of HIDDEN; under it are spaces and nothing else."""
    while HIDDEN * 2 in marked:
        marked = marked.replace(HIDDEN * 2, HIDDEN)
    return marked.replace(HIDDEN, _BAR)


def table(
    rows: Sequence[Sequence[Any]],
    widths: Sequence[float],
    *rules: tuple[Any, ...],
    pad: float = 2,
    kind: type[Table] = Table,
) -> Any:
    """Cells side by side without edges, but for these rules."""
    base = [
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), pad),
        ("BOTTOMPADDING", (0, 0), (-1, -1), pad),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    return kind(rows, colWidths=widths, style=[*base, *rules], hAlign="LEFT", splitInRow=1)
