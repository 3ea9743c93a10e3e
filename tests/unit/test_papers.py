"""Papers tell what their level allows, the same way each time, whatever the data looks like."""

from __future__ import annotations

import base64
import gettext
import os
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pypdfium2
import pytest

from casedesk import i18n
from casedesk.paths import RESOURCES
from casedesk.reports import preview
from casedesk.reports.case_summary import write_case_summary
from casedesk.reports.file_names import file_name
from casedesk.reports.layout.material import escape
from casedesk.reports.parts import HIDDEN
from casedesk.reports.recovery_sheet import write_recovery_sheet
from casedesk.reports.redaction import black_out, leaks
from casedesk.reports.referral_letter import write_referral_letter
from casedesk.services import prints
from casedesk.services.letters import LetterContent
from casedesk.services.papers import SummaryContent, Told

FULL = SummaryContent(
    level=prints.FULL,
    centre="Migrant Support Centre, Dhaka",
    number="DHK-26-K3-00042-R",
    printed_at="12 May 2026, 11:40",
    copy_number="2",
    printed_by="Farzana Haque",
    reason="asked for by the person",
    person=(
        Told("name", "Name", "Rahima Khatun · রহিমা খাতুন"),
        Told("home", "Home", "Shibchar, Madaripur"),
        Told("phone", "Phone", "01712-345678"),
        Told("age", "Age, sex", "29, woman"),
    ),
    journey=("Went to Saudi Arabia on 12 June 2024 for domestic work.",),
    happened=(("Wages not paid", "papers seen"), ("Passport kept", "her account")),
    needs=(("Sewing course", "TTC Madaripur", "June"),),
    consent=("Agreed to share with: shelter (spoken).",),
)
SECRETS = ["Rahima", "Khatun", "রহিমা", "Shibchar", "Madaripur", "01712-345678"]
CODED = replace(
    FULL,
    level=prints.CODED,
    number="P-7K3-0042",
    printed_by="",
    person=(
        Told("name", "Name", None),
        Told("home", "Home", None),
        Told("phone", "Phone", None),
        Told("age", "Age, sex", "25–29, woman"),
    ),
    needs=(("Sewing course", "Training centre in " + HIDDEN, "June"),),
)
LETTER = LetterContent(
    centre="Migrant Support Centre, Dhaka",
    address="House 00, Road 00, Dhaka",
    number="RF-26-0203",
    case_number="DHK-26-K3-00042-R",
    day="12 May 2026",
    copy_number="1",
    copies="2",
    to="Nirapod Legal Aid Unit — Rina Das",
    sender="Farzana Haque, caseworker",
    sender_phone="02-0000-0000",
    answer_by="Thursday 14 May 2026, 17:00",
    request="A wage claim and getting a passport back.",
    person=(Told("person", "Person", "R. K., woman, 25–29"), Told("language", "Language", "Bangla")),
    known=("Wages not paid for 5 months.", "Passport kept by the employer."),
    wants="I want my five months’ pay.",
    not_included=("home address", "family names"),
)
HOSTILE = [
    "Smith <Jones",
    "<img src=x>",
    '<img src="file:///etc/passwd"/>',
    "<b>bold",
    "</para><a href='http://example.org'>x</a>",
    "&amp; & &#x41;",
    "{place} %s %(name)s",
    "=1+1",
    "a\x00b\x1b[31mc",
    "\ud800 alone",
    "\ue000\uf8ff private",
    "\u202egnp.exe",
    "😀 李雷 محمد",
    "ি শুধু চিহ্ন ্",
    "\u200d\u200c",
    "]]> <!-- --> <?x?>",
]


@pytest.fixture
def bangla_without_catalogue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Papers in Bangla, with English words where no catalogue was made yet."""
    if not (RESOURCES / "translations").exists():
        monkeypatch.setattr(i18n, "_catalogue", lambda _code: gettext.NullTranslations())
    with i18n.speaking("bn"):
        yield


def opened(pdf: bytes) -> bytes:
    """Everything in the file, its streams unpacked."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    packed = [
        base64.a85decode(b"<~" + stream.strip(), adobe=True) if stream.strip().endswith(b"~>") else stream
        for stream in streams
    ]
    unpacked = [zlib.decompressobj().decompress(stream) for stream in packed]
    assert len(unpacked) > 3
    return b"\n".join([pdf, *unpacked])


def told(pdf: bytes) -> str:
    return " ".join(preview.text_of(pdf).split())


def pages_of(pdf: bytes) -> list[list[str]]:
    return [page.split("\r\n") for page in preview.text_of(pdf).split("\f")]


def test_a_full_copy_tells_everything_and_a_coded_one_nothing_hidden() -> None:
    full, coded = write_case_summary(FULL), write_case_summary(CODED)
    assert all(secret in told(full) for secret in SECRETS)
    inside = opened(coded)
    for secret in SECRETS:
        assert secret not in told(coded)
        assert secret.encode() not in inside
        assert secret.encode("utf-16-be").hex().upper().encode() not in inside


def test_each_level_says_what_it_hides() -> None:
    assert "CONFIDENTIAL — Full record" in told(write_case_summary(FULL))
    assert "contact and address hidden" in told(write_case_summary(replace(FULL, level=prints.SHARED)))
    assert "names and places hidden" in told(write_case_summary(CODED))


def test_bars_are_of_one_length_whatever_they_hide() -> None:
    short, long = replace(CODED, consent=(HIDDEN,)), replace(CODED, consent=(HIDDEN * 30,))
    assert write_case_summary(short) == write_case_summary(long)


def test_own_words_stand_on_full_copies_only() -> None:
    words = ("I want to see my son.",)
    assert "“I want to see my son.”" in told(write_case_summary(replace(FULL, own_words=words)))
    with pytest.raises(ValueError, match="full copy"):
        replace(FULL, level=prints.SHARED, own_words=words)


def test_the_file_itself_names_nobody() -> None:
    pdf = write_case_summary(FULL)
    with pypdfium2.PdfDocument(pdf) as file:
        about = file.get_metadata_dict()
    assert b"/Lang (en-GB)" in pdf
    assert about["Title"] == "Case summary DHK-26-K3-00042-R"
    assert not any(secret in value for secret in [*SECRETS, "Farzana"] for value in about.values())
    assert about["Author"] == about["Creator"] == about["Producer"] == "CaseDesk"


def test_file_names_carry_no_name() -> None:
    day = date(2026, 5, 12)
    summary = file_name(prints.SUMMARY, "DHK-26-K3-00042-R", prints.SHARED, day)
    assert summary == "case-summary_DHK-26-K3-00042-R_shared_2026-05-12.pdf"
    letter = file_name(prints.LETTER, "../RF 26\\0203", None, day)
    assert letter == "referral-letter_RF-26-0203_2026-05-12.pdf"


def test_the_same_input_gives_the_same_bytes_whatever_was_printed_before() -> None:
    first = write_case_summary(FULL)
    write_referral_letter(replace(LETTER, wants="সম্পূর্ণ অন্য কথা: ক্ষ্ম স্ত্রী দ্বন্দ্ব"))
    assert write_case_summary(FULL) == first


def test_papers_printed_at_once_do_not_mix() -> None:
    papers = [replace(FULL, number=f"DHK-26-K3-{n:05}-R", consent=("ক্ষ্ম স্ত্রী " * n,)) for n in range(1, 9)]
    alone = [write_case_summary(paper) for paper in papers]
    with ThreadPoolExecutor(4) as many:
        assert list(many.map(write_case_summary, papers)) == alone


def test_another_process_prints_the_same_bytes() -> None:
    code = (
        "import sys; from tests.unit.test_papers import FULL, write_case_summary;"
        "sys.stdout.buffer.write(write_case_summary(FULL))"
    )
    here = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "7"}
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=here)
    assert other.stdout == write_case_summary(FULL)


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_hostile_names_are_text_and_nothing_else(name: str) -> None:
    pdf = write_case_summary(
        replace(
            FULL,
            centre=name,
            person=(Told(name, name, name),),
            journey=(name,),
            happened=((name, name),),
            own_words=(name,),
        )
    )
    write_referral_letter(replace(LETTER, to=name, answer_by=name, sender=name, person=(Told("person", name, name),)))
    assert preview.pages(pdf) == 1
    if name.isascii() and name.isprintable():
        assert name in told(pdf)
    inside = opened(pdf)
    assert b"/Image" not in inside.replace(b"/ImageB /ImageC /ImageI", b"")
    assert b"/URI" not in inside
    assert b"root:" not in inside


def test_private_letters_cannot_pose_as_shaped_glyphs() -> None:
    assert escape("a\ue000\x00\ud800\u202eb\n<") == "ab &lt;"
    assert escape("র‍্যাম্প") == "র‍্যাম্প"


def test_very_long_values_wrap_and_stay_whole() -> None:
    word = "Q" * 300
    text = told(write_case_summary(replace(FULL, person=(Told("name", "Name", word), Told("who", "কর্তৃপক্ষ" * 30, "x")))))
    assert text.count("Q") == 300
    assert text.replace(" ", "").count("কর্তৃপক্ষ") >= 25


@pytest.mark.parametrize("sentences", [1, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 40, 90])
def test_no_title_and_no_signature_stands_alone(sentences: int) -> None:
    pdf = write_case_summary(replace(FULL, journey=FULL.journey * sentences, consent=("Agreed to share. " * 40,)))
    titles = ("Person", "Journey and work", "What happened", "Needs and plan", "Consent")
    pages = pages_of(pdf)
    for page in pages:
        foot = next(n for n, line in enumerate(page) if line.startswith(("Keep this paper", "Signature")))
        assert not page[foot - 1].endswith(titles), page
    last = pages[-1]
    assert any("Agreed to share" in line for line in last)
    assert any(line.startswith("Signature or thumbprint") for line in last)
    assert [line for page in pages for line in page if line.startswith("Page ")] == [
        f"Page {n} of {len(pages)}" for n in range(1, len(pages) + 1)
    ]


@pytest.mark.parametrize("sentences", [1, 12, 15, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30])
def test_the_consent_stands_on_one_page_with_its_title_and_the_signature(sentences: int) -> None:
    consent = ("Agreed to be helped. " * 6, "Agreed to share. " * 6, "Said no to research.")
    last = pages_of(write_case_summary(replace(FULL, journey=FULL.journey * sentences, consent=consent)))[-1]
    assert any(line.endswith("Consent") for line in last)
    for words in ("Agreed to be helped", "Agreed to share", "Said no to research", "Signature or thumbprint"):
        assert any(words in line for line in last), words


@pytest.mark.parametrize("times", [30, 150, 230, 240, 250, 260, 270, 300, 900])
def test_much_consent_is_parted_and_nothing_is_lost(times: int) -> None:
    consent = ("Agreed to be helped. " * times, "Agreed to share. " * times, "Said no to research.")
    text = told(write_case_summary(replace(FULL, consent=consent)))
    assert text.count("helped.") == times
    assert text.count("share.") == times
    assert text.count("Said no to research.") == 1


def test_last_words_longer_than_a_page_still_end_beside_the_signature() -> None:
    pages = pages_of(write_case_summary(replace(FULL, consent=("Agreed to share. " * 900,))))
    assert len(pages) > 2
    assert any("Agreed to share" in line for line in pages[-1])
    assert any(line.startswith("Signature or thumbprint") for line in pages[-1])


def test_every_page_is_confidential_and_numbered_and_tables_repeat_their_head() -> None:
    pages = pages_of(write_case_summary(replace(FULL, needs=FULL.needs * 80)))
    assert len(pages) == 3
    for page in pages:
        assert any("CONFIDENTIAL" in line for line in page)
        assert any("DHK-26-K3-00042-R" in line for line in page)
        assert any(line.startswith("What Who When") for line in page)


@pytest.mark.usefixtures("bangla_without_catalogue")
def test_a_bangla_paper_counts_in_bangla_and_says_its_language() -> None:
    pdf = write_case_summary(FULL)
    assert b"/Lang (bn-BD)" in pdf
    text = told(pdf)
    assert all(number in text for number in ("১", "২", "৩", "৪", "৫"))
    assert "DHK-26-K3-00042-R" in text


def test_a_letter_is_one_page_with_a_slip() -> None:
    pdf = write_referral_letter(LETTER)
    text = told(pdf)
    assert preview.pages(pdf) == 1
    assert "RF-26-0203 · DHK-26-K3-00042-R" in text
    assert text.index("What the person wants") < text.index("Yes, from") < text.index("Page 1 of 1")
    assert all(answer in text for answer in ("Yes, from", "Not now, because", "Send to"))


@pytest.mark.parametrize("known", [10, 14, 15, 16, 17, 18, 19, 20, 30])
def test_a_long_letter_signs_beside_its_last_words(known: int) -> None:
    last = pages_of(write_referral_letter(replace(LETTER, known=LETTER.known * known)))[-1]
    signature = next(n for n, line in enumerate(last) if line.startswith("Farzana Haque, caseworker ·"))
    assert last[signature - 1].startswith("Not included")
    assert any(line.startswith("Yes, from") for line in last)


def test_a_recovery_sheet_has_the_key_twice_on_one_page() -> None:
    pdf = write_recovery_sheet("Dhaka", "K7QM2-XB4RT-9WPA3-HC6DN-2VZJ5-MY8SE", date(2026, 5, 12))
    assert preview.pages(pdf) == 1
    assert all(told(pdf).count(group) == 2 for group in ("K7QM2", "XB4RT", "MY8SE"))


def test_a_preview_is_black_and_white_and_one_green() -> None:
    page = preview.picture(write_case_summary(FULL), 0, scale=1)
    assert (page.width, page.height) == (596, 842)
    assert len(page.bgra) == page.width * page.height * 4
    assert page.bgra[:4] == b"\xff\xff\xff\xff"
    assert b"\x57\x6b\x0b\xff" in page.bgra


@pytest.mark.parametrize(
    ("text", "hidden", "found"),
    [
        ("Course at TTC Madaripur", "Madaripur", ["Madaripur"]),
        ("টিটিসি মাদারীপুরে কোর্স", "মাদারীপুর", ["মাদারীপুরে"]),
        ("টিটিসি মাদারীপুরে কোর্স", "Madaripur", ["মাদারীপুরে"]),
        ("Course at TTC Madaripur", "মাদারীপুর", ["Madaripur"]),
        ("RAHIMA's sister and রহিমার ভাই", "Rahima Khatun", ["RAHIMA", "রহিমার"]),
        ("Khatun, Begum", "খাতুন", ["Khatun"]),
        ("Call +880 1712-345678 at night", "01712345678", ["+880 1712-345678"]),
        ("ফোন ০১৭১২-৩৪৫৬৭৮", "01712-345678", ["০১৭১২-৩৪৫৬৭৮"]),
        ("Passport AB1234567 kept", "AB1234567", ["AB1234567"]),
        ("Paid 85,000 in 2024 for domestic work", "Rahima Khatun, Shibchar", []),
        ("", "Rahima", []),
    ],
)
def test_a_hidden_value_is_found_in_either_script(text: str, hidden: str, found: list[str]) -> None:
    assert leaks([text], [hidden]) == found


def test_leaks_are_found_in_a_finished_paper_and_can_be_blacked_out() -> None:
    assert leaks([preview.text_of(write_case_summary(CODED))], ["Rahima Khatun", "Madaripur"]) == []
    assert leaks([preview.text_of(write_case_summary(FULL))], ["Madaripur"]) == ["Madaripur"]
    assert black_out("TTC Madaripur, মাদারীপুরে", ["Madaripur", "মাদারীপুরে"]) == f"TTC {HIDDEN}, {HIDDEN}"
