"""Mends ReportLab 5.1.0 so that Bangla is drawn, broken, searched and copied rightly.

Stock ReportLab shapes a whole word with one script (NGO-তে goes wrong), cuts long words inside a syllable,
shapes cut words twice, and leaves private codes in place of text. Here each run of Bangla is shaped alone,
is cut between syllables only, and carries its text as /ActualText, which PDF readers search and copy.

`install` replaces three private functions of ReportLab's paragraphs; papers are drawn with `Font` and `Canvas`.
Load new fonts for each paper: glyph numbers, and so the bytes, then depend on that paper alone, and no
syllable of an earlier paper can stand in a later file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import reportlab
import uharfbuzz
from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfgen import canvas, textobject
from reportlab.platypus import paragraph

MENDED_VERSION = "5.1.0"

# Letters, signs and digits of Bangla, the danda, the joiners, and the dotted circle under a lone sign.
_RUN = re.compile("[\u0980-\u09ff\u0964\u0965\u200c\u200d\u25cc]+")
_WORD_OR_SPACE = re.compile("[^ \u00a0]+|[ \u00a0]+")
_JOINERS = "\u200c\u200d"
_HASANTA = "\u09cd"
_PRIVATE = range(0xE000, 0xF900)
_FEATURES = {"kern": True, "liga": True, "dlig": True}
_CMAP_BLOCK = 100

# ReportLab's paragraphs pass words as [width, (style, text), …]; its classes of words say how a word was cut.
Word = list[Any]

_split_plain = paragraph._splitFragWord
_rejoin_plain = paragraph._rejoinSplitFragWords


def install() -> None:
    """Mend the paragraphs of this process; a second time changes nothing."""
    if reportlab.__version__ != MENDED_VERSION:
        raise RuntimeError(f"Bangla on paper is mended for ReportLab {MENDED_VERSION}, not {reportlab.__version__}")
    paragraph.shapeFragWord = shape_word
    paragraph._splitFragWord = split_word
    paragraph._rejoinSplitFragWords = rejoin_word


def has_bangla(text: str) -> bool:
    return bool(_RUN.search(text))


class Glyph(ttfonts.ShapeData):  # type: ignore[misc]  # ReportLab has no types
    """A placed glyph; the first one of a syllable knows the text of the whole syllable, the others none."""

    source = ""


class Font(ttfonts.TTFont):  # type: ignore[misc]  # ReportLab has no types
    """A typeface for one paper, which shapes runs of Bangla and remembers what its private glyphs mean."""

    def __init__(self, name: str, file: Path) -> None:
        super().__init__(name, str(file))
        if self.face.unitsPerEm != 1000:
            raise ValueError(f"{file.name}: advances are right at 1000 units an em only")
        self._runs: dict[str, Any] = {}
        self._meanings: dict[int, str] = {}

    def stringWidth(self, text: str, size: float, encoding: str = "utf8") -> float:  # noqa: N802 - ReportLab calls it by this name
        """How wide the text is as it stands: shaped, or letter by letter."""
        if not isinstance(text, ttfonts.ShapedStr):
            return float(super().stringWidth(text, size, encoding))
        places = text.__shapeData__
        plain = "".join(c for c, place in zip(text, places, strict=True) if not isinstance(place, Glyph))
        advances = sum(place.x_advance for place in places if isinstance(place, Glyph))
        return float(super().stringWidth(plain, size, encoding) + advances * size / 1000)

    def shaped(self, text: str) -> Any:
        """A run of Bangla as ReportLab's ShapedStr; its glyphs carry the text they stand for."""
        if text not in self._runs:
            self._runs[text] = self._shape(text)
        return self._runs[text]

    def addObjects(self, doc: Any) -> None:  # noqa: N802 - ReportLab calls it by this name
        """Write the font with a table from glyphs to text that knows the private ones."""
        subsets, name = self.state[doc].subsets, self.state[doc].internalName
        super().addObjects(doc)
        for number, subset in enumerate(subsets):
            font = doc.idToObject["BasicFonts"].dict[f"{name}+{number}"]
            doc.idToObject[font.ToUnicode.name].content = _character_map(font.BaseFont, self._texts(subset))

    def _shape(self, text: str) -> Any:
        buffer = uharfbuzz.Buffer()
        buffer.cluster_level = uharfbuzz.BufferClusterLevel.MONOTONE_CHARACTERS
        buffer.add_str(text)
        buffer.guess_segment_properties()
        face = self.hbFont()
        uharfbuzz.shape(face, buffer, _FEATURES)
        codes, glyphs = [], []
        for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
            code = self._code(face.glyph_to_string(info.codepoint), info.codepoint, place.x_advance)
            codes.append(code)
            width = self.face.charWidths[code]
            glyphs.append(Glyph(info.cluster, place.x_advance, place.y_advance, place.x_offset, place.y_offset, width))
        self._tell(text, codes, glyphs)
        return ttfonts.ShapedStr("".join(map(chr, codes)), glyphs)

    def _code(self, name: str, glyph: int, advance: int) -> int:
        known = self.face.glyphToChar.get(glyph)
        return int(known[0] if known else self.hbAddPrivate(name, glyph, advance))

    def _tell(self, text: str, codes: Sequence[int], glyphs: Sequence[Glyph]) -> None:
        """Give each syllable's first glyph the syllable's text, and a lone private glyph its meaning."""
        starts = _syllables(text, [glyph.cluster for glyph in glyphs])
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
            own = [place for place, glyph in enumerate(glyphs) if start <= glyph.cluster < end]
            glyphs[own[0]].source = text[start:end]
            private = [codes[place] for place in own if codes[place] in _PRIVATE]
            if len(private) == 1:
                rest = text[start:end]
                for place in own:
                    rest = rest.replace(chr(codes[place]), "", 1)
                self._meanings.setdefault(private[0], rest)

    def _texts(self, subset: Sequence[int]) -> list[str]:
        return [self._meanings.get(code) or (chr(code) if code else "\ufffd") for code in subset]


class TextObject(textobject.PDFTextObject):  # type: ignore[misc]  # ReportLab has no types
    """Text which says beside each word with Bangla in it what it reads."""

    def _formatText(self, text: str) -> str:  # noqa: N802 - ReportLab calls it by this name
        if not isinstance(text, ttfonts.ShapedStr):
            return str(super()._formatText(text))
        return " ".join(self._word(text[word.start() : word.end()]) for word in _WORD_OR_SPACE.finditer(text))

    def _word(self, word: Any) -> str:
        """Whole words are told: where only a part of one is, PDFium puts a space between that and the rest."""
        places = word.__shapeData__
        if not any(isinstance(place, Glyph) for place in places):
            return str(super()._formatText(str(word)))
        reads = "".join(p.source if isinstance(p, Glyph) else c for c, p in zip(word, places, strict=True))
        told = reads.encode("utf-16-be").hex().upper()
        return f"/Span<</ActualText<FEFF{told}>>>BDC {super()._formatText(word)} EMC"


class Canvas(canvas.Canvas):  # type: ignore[misc]  # ReportLab has no types
    """A canvas whose texts can be read back."""

    def beginText(self, x: float = 0, y: float = 0, direction: str | None = None) -> TextObject:  # noqa: N802
        return TextObject(self, x, y, direction=direction)


def shape_word(word: Word) -> Word:
    """The word with every run of Bangla in it shaped by itself; a shaped word stays as it is."""
    parts = word[1:]
    shaped_before = any(isinstance(text, ttfonts.ShapedStr) for _style, text in parts)
    if shaped_before or not any(has_bangla(text) for _style, text in parts):
        return word
    shaped = [(style, _shaped(text, style.fontName)) for style, text in parts]
    width = sum(_width(text, style) for style, text in shaped)
    return ttfonts.makeShapedFragWord(word)([width, *shaped])  # type: ignore[no-any-return]  # ReportLab has no types


def text_width(text: str, font: str, size: float) -> float:
    """How wide the text is when it is drawn shaped."""
    return float(pdfmetrics.stringWidth(_shaped(text, font), font, size))


def write_line(pen: Canvas, x: float, y: float, text: str, font: str, size: float) -> None:
    """One line of text at its baseline, outside any paragraph."""
    line = pen.beginText(x, y)
    line.setFont(font, size)
    line.textOut(_shaped(text, font))
    pen.drawText(line)


def split_word(word: Word, room: float, widths: Sequence[float], line: int) -> list[Word]:
    """Cut a word that is too long for its column, between syllables; as ReportLab's function of this use."""
    if not isinstance(word, ttfonts.ShapedFragWord):
        return _split_plain(word, room, widths, line)  # type: ignore[no-any-return]  # ReportLab has no types
    pieces: list[Word] = []
    held: list[tuple[Any, str]] = []
    taken = used = 0.0
    for style, syllable in _syllables_of(word):
        width = _width(syllable, style)
        next_room = widths[min(line + 1, len(widths) - 1)]
        if used + width > room and (held or width <= next_room):
            pieces.append(_piece(word, held, taken, paragraph._SplitFrag))
            held, taken, used = [], 0.0, 0.0
            line, room = line + 1, next_room
        held.append((style, syllable))
        taken += width
        used += width
    last = paragraph._SplitFragHS if isinstance(word, paragraph._HSFrag) else paragraph._SplitFragH
    return [*pieces, _piece(word, held, taken, last)]


def rejoin_word(pieces: list[Word]) -> Word:
    """Put a cut word together again for another column; what was shaped stays shaped."""
    if not any(isinstance(text, ttfonts.ShapedStr) for piece in pieces for _style, text in piece[1:]):
        return _rejoin_plain(pieces)  # type: ignore[no-any-return]  # ReportLab has no types
    kind = ttfonts.makeShapedFragWord(paragraph._reconstructSplitFrags(pieces[-1])())
    parts = [part for piece in pieces for part in piece[1:]]
    return kind([sum(piece[0] for piece in pieces), *_merged(parts)])  # type: ignore[no-any-return]  # ReportLab has no types


def _shaped(text: str, font_name: str) -> Any:
    font = pdfmetrics.getFont(font_name)
    done: Any = ""
    end = 0
    for run in _RUN.finditer(text):
        done = done + text[end : run.start()] + font.shaped(run.group())
        end = run.end()
    return done + text[end:]


def _width(text: str, style: Any) -> float:
    return float(pdfmetrics.stringWidth(text, style.fontName, style.fontSize))


def _syllables(text: str, clusters: Sequence[int]) -> list[int]:
    """Where syllables begin: HarfBuzz gives signs, joined consonants and joiners clusters of their own."""
    first, *others = sorted(set(clusters))
    return [first, *(place for place in others if not _continues(text, place))]


def _continues(text: str, place: int) -> bool:
    here, before = text[place], text[place - 1]
    return unicodedata.category(here).startswith("M") or here in _JOINERS or before == _HASANTA or before == "\u200d"


def _syllables_of(word: Word) -> Iterator[tuple[Any, str]]:
    for style, text in word[1:]:
        places = text.__shapeData__ if isinstance(text, ttfonts.ShapedStr) else [None] * len(text)
        starts = [i for i, place in enumerate(places) if not (isinstance(place, Glyph) and not place.source)]
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
            yield style, text[start:end]


def _piece(word: Word, parts: Sequence[tuple[Any, str]], width: float, kind: Any) -> Word:
    """Every piece has a style of its own, or the next wrapping would see the text of another."""
    own = []
    for style, text in _merged(parts or [(word[1][0], "")]):
        style = style.clone()
        if hasattr(style, "text"):
            style.text = text
        own.append((style, text))
    return kind([width, *own])  # type: ignore[no-any-return]  # ReportLab has no types


def _merged(parts: Sequence[tuple[Any, str]]) -> list[tuple[Any, str]]:
    merged: list[tuple[Any, str]] = []
    for style, text in parts:
        if merged and _same_look(merged[-1][0], style):
            merged[-1] = (merged[-1][0], merged[-1][1] + text)
        else:
            merged.append((style, text))
    return merged


def _same_look(one: Any, other: Any) -> bool:
    looks = ("fontName", "fontSize", "textColor", "backColor", "rise", "us_lines", "link")
    return one is other or all(getattr(one, look, None) == getattr(other, look, None) for look in looks)


def _character_map(name: str, texts: Sequence[str]) -> str:
    """PDF's table from glyph codes to text, for readers that do not know /ActualText."""
    lines = [f"<{code:02X}> <{text.encode('utf-16-be').hex().upper()}>" for code, text in enumerate(texts)]
    blocks = [lines[at : at + _CMAP_BLOCK] for at in range(0, len(lines), _CMAP_BLOCK)]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            f"/CIDSystemInfo << /Registry ({name}) /Ordering ({name}) /Supplement 0 >> def",
            f"/CMapName /{name} def /CMapType 2 def",
            f"1 begincodespacerange <00> <{len(texts) - 1:02X}> endcodespacerange",
            *(line for block in blocks for line in (f"{len(block)} beginbfchar", *block, "endbfchar")),
            "endcmap CMapName currentdict /CMap defineresource pop end end",
        ]
    )
