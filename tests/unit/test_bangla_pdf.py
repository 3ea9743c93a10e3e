"""Bangla on paper is shaped rightly and can be searched, copied and read aloud."""

from __future__ import annotations

import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import reportlab
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Paragraph

from casedesk.reports import bangla, preview
from casedesk.reports.layout.material import REGULAR, load_fonts
from casedesk.reports.layout.page import render
from casedesk.reports.parts import Bullet, Bullets, Document, Part, Rows, Text
from tests.support.tools import optional_tool

ACCEPTANCE = ["ক্ষতিপূরণ", "স্বাস্থ্য", "প্রত্যাবর্তন", "দ্বন্দ্ব", "র‍্যাম্প", "কর্তৃপক্ষ"]
MIXED = ["NGO-তে", "BMETকে", "BMET-এর", "(কর্তৃপক্ষ)", "কেস-CD-2026/00017", "৳১২,৩৪৫.৫০", "১ম/২য়", "AকিB", "স্ত্রী", "ক্ষ্ম"]
SENTENCE = "ক্ষতিপূরণ দাবি নিষ্পত্তির জন্য জেলা কর্মসংস্থান ও জনশক্তি কার্যালয়ে আবেদন করা হয়েছে।"
LONG_WORD = "অতিদীর্ঘকর্মসংস্থানপ্রতিষ্ঠানসম্পর্কিতস্ত্রীশ্রীক্ষতিপূরণপ্রত্যাবর্তনকর্তৃপক্ষ"


def paper(*parts: Part) -> bytes:
    return render(
        Document(
            title="Trial",
            centre="Centre",
            under_centre="",
            heading="",
            under_heading="",
            confidential="",
            body=parts,
            at_foot=(),
            keep_safe="",
        )
    )


def readers(pdf: bytes, folder: Path) -> dict[str, str]:
    """What each reader of this computer finds; PDFium is always there."""
    found = {"pdfium": preview.text_of(pdf)}
    if program := optional_tool("pdftotext"):
        file = folder / "paper.pdf"
        file.write_bytes(pdf)
        read = subprocess.run([program, "-raw", "-enc", "UTF-8", str(file), "-"], capture_output=True, check=True)
        found["pdftotext"] = read.stdout.decode()
    return {name: unicodedata.normalize("NFC", text) for name, text in found.items()}


def nfc(words: list[str]) -> list[str]:
    return [unicodedata.normalize("NFC", word) for word in words]


def private(text: str) -> list[str]:
    return [letter for letter in text if unicodedata.category(letter) == "Co"]


def test_this_is_the_reportlab_that_was_mended() -> None:
    assert reportlab.__version__ == bangla.MENDED_VERSION


def test_another_reportlab_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reportlab, "__version__", "5.1.1")
    with pytest.raises(RuntimeError, match=r"5\.1\.0"):
        bangla.install()


@pytest.mark.parametrize("word", [*ACCEPTANCE, *MIXED])
def test_a_word_comes_back_from_paragraph_and_cell(word: str, tmp_path: Path) -> None:
    pdf = paper(Text(word), Rows(((word, f"{word}, {word}"),), (1, 2)), Bullets((Bullet("x", word),)))
    for name, text in readers(pdf, tmp_path).items():
        assert text.count(nfc([word])[0]) == 5, (name, text)
        assert private(text) == []


def test_paragraphs_over_pages_come_back_word_for_word(tmp_path: Path) -> None:
    words = nfc((SENTENCE + " " + " ".join(MIXED) + " ").split() * 60)
    pdf = paper(Text(" ".join(words)))
    assert preview.pages(pdf) > 1
    for name, text in readers(pdf, tmp_path).items():
        known = set(words)
        assert [word for word in text.split() if word in known] == words, name


def test_a_row_higher_than_a_page_is_told_whole(tmp_path: Path) -> None:
    words = nfc(SENTENCE.split() * 120)
    pdf = paper(Rows(((" ".join(words), "১"),), (3, 1)))
    assert preview.pages(pdf) > 1
    for name, text in readers(pdf, tmp_path).items():
        assert len([word for word in text.split() if word in set(words)]) == len(words), name


@pytest.mark.parametrize("word", [LONG_WORD, "NGO" + LONG_WORD, LONG_WORD + "CaseDesk" * 5])
def test_a_word_longer_than_its_column_is_cut_and_comes_back(word: str, tmp_path: Path) -> None:
    pdf = paper(Rows(((word, SENTENCE),), (1, 5)))
    for name, text in readers(pdf, tmp_path).items():
        start = text.index(word[:2])
        together = "".join(text[start:].split())
        assert all(piece in together for piece in ("অতিদীর্ঘ", "কর্তৃপক্ষ")), (name, text)
        assert "\u25cc" not in text


def test_long_words_are_cut_between_syllables_only() -> None:
    pieces = cut(LONG_WORD, room=60)
    assert len(pieces) > 3
    assert "".join(pieces) == LONG_WORD
    for piece in pieces:
        assert not unicodedata.category(piece[0]).startswith("M"), pieces
        assert not piece.endswith("\u09cd"), pieces


def test_a_cut_word_is_whole_again_in_a_wider_column() -> None:
    words = split(LONG_WORD, room=60)
    again = bangla.rejoin_word(words)
    assert source(again) == LONG_WORD
    assert [float(again[0])] == pytest.approx([bangla.text_width(LONG_WORD, REGULAR, 11)])


def test_shaping_a_shaped_word_changes_nothing() -> None:
    once = bangla.shape_word(fragment("কর্তৃপক্ষ"))
    assert bangla.shape_word(once) is once


def test_signs_stand_where_they_are_written() -> None:
    # In কি the sign is drawn before its consonant; in NGO-তে too, although the word begins in Latin.
    assert bangla.shape_word(fragment("কি"))[1][1].endswith("ক")
    assert bangla.shape_word(fragment("NGO-তে"))[1][1].endswith("ত")


def test_conjuncts_are_one_glyph_and_no_hasanta_is_left() -> None:
    for word in ("ক্ষ", "স্ত্র", "ন্দ্ব"):
        assert len(bangla.shape_word(fragment(word))[1][1]) == 1


def test_plain_latin_is_left_to_reportlab() -> None:
    word = fragment("CaseDesk")
    assert bangla.shape_word(word) is word


def fragment(word: str) -> list[Any]:
    """A word as ReportLab's paragraphs pass it on, at 11 points."""
    load_fonts()
    style = Paragraph("x", ParagraphStyle("x", fontName=REGULAR, fontSize=11)).frags[0].clone(text=word)
    return [bangla.text_width(word, REGULAR, 11), (style, word)]


def split(word: str, room: float) -> list[list[Any]]:
    return bangla.split_word(bangla.shape_word(fragment(word)), room, [room], 0)


def source(word: list[Any]) -> str:
    return "".join(glyph.source for _style, text in word[1:] for glyph in text.__shapeData__)


def cut(word: str, room: float) -> list[str]:
    return [source(piece) for piece in split(word, room)]
