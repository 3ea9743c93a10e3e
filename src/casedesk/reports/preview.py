"""Reads finished papers back: how many pages, what they look like, what they say."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import pypdfium2
from pypdfium2 import raw

# PDFium serves one thread at a time.
_reader = Lock()


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as rows of four bytes a point: blue, green, red, unused."""

    width: int
    height: int
    bgra: bytes


def pages(pdf: bytes) -> int:
    with _reader, pypdfium2.PdfDocument(pdf) as document:
        return len(document)


def picture(pdf: bytes, page: int, scale: float) -> Picture:
    """The page, counted from 0; at scale 1 a point of the picture is 1/72 inch."""
    with _reader, pypdfium2.PdfDocument(pdf) as document:
        bitmap = document[page].render(scale=scale, force_bitmap_format=raw.FPDFBitmap_BGRA)
        rows = memoryview(bitmap.buffer).cast("B")
        wide = bitmap.width * 4
        lines = (rows[line * bitmap.stride : line * bitmap.stride + wide] for line in range(bitmap.height))
        return Picture(bitmap.width, bitmap.height, b"".join(lines))


def text_of(pdf: bytes) -> str:
    """All text, as search and copy find it; a form feed stands between pages."""
    with _reader, pypdfium2.PdfDocument(pdf) as document:
        return "\f".join(page.get_textpage().get_text_range() for page in document)
