"""How wide text is in our typeface, for screen and paper alike, and how it is cut where there is less room."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Any

import fontpkg_hind_siliguri
import uharfbuzz

ELLIPSIS = "…"
SMALLEST = 0.8  # of the size asked for; smaller letters are not read, so the text is cut instead

# HarfBuzz takes one script at a time.
_RUN = re.compile("[\u0980-\u09ff\u0964\u0965\u200c\u200d]+|[^\u0980-\u09ff\u0964\u0965\u200c\u200d]+")
_JOINERS = "\u200c\u200d\u09cd"


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of shaped text; `size` and the answer are in the same unit."""
    return sum(_advance(run, bold) for run in _RUN.findall(text)) * size / 1000


def fitted(text: str, size: float, room: float, *, bold: bool = False, smallest: float = SMALLEST) -> tuple[str, float]:
    """The text and the size at which it stands within `room`: a little smaller, or else cut at its end."""
    wide = text_width(text, size, bold=bold)
    if wide <= room:
        return text, size
    least = size * smallest
    if wide * least / size <= room:
        return text, size * room / wide
    for end in reversed(_ends(text)):
        cut = text[:end].rstrip() + ELLIPSIS
        if text_width(cut, least, bold=bold) <= room:
            return cut, least
    return "", least


def _ends(text: str) -> list[int]:
    """Where text may be cut: never inside a syllable of Bangla."""
    return [
        at
        for at in range(1, len(text))
        if not unicodedata.category(text[at]).startswith("M")
        and text[at] not in _JOINERS
        and text[at - 1] not in _JOINERS
    ]


@cache
def _font(bold: bool) -> Any:
    weight = "SemiBold" if bold else "Regular"
    file = fontpkg_hind_siliguri.ROOT / "files" / f"HindSiliguri-{weight}.ttf"
    return uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(file))))


@lru_cache(maxsize=4000)
def _advance(run: str, bold: bool) -> float:
    font = _font(bold)
    buffer = uharfbuzz.Buffer()
    buffer.add_str(run)
    buffer.guess_segment_properties()
    uharfbuzz.shape(font, buffer)
    units: float = sum(place.x_advance for place in buffer.glyph_positions)
    return units * 1000 / float(font.face.upem)
