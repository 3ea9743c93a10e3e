"""What people type becomes the value they meant, in both digit sets, or says that it is not understood."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casedesk import codelists, formats
from casedesk.i18n import speaking
from casedesk.parsing import (
    NotUnderstood,
    document_key,
    is_usual_phone,
    latin_digits,
    read_age,
    read_count,
    read_day,
    read_money,
    read_partial_day,
    read_phone,
    usual_document,
)
from casedesk.values import Money, PartialDay, Precision

TODAY = date(2026, 5, 12)  # a Tuesday
BANGLA = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")

days = st.dates(date(1900, 1, 1), date(2100, 12, 31))
# Text out of the pieces the readers look for reaches further than any text.
# fmt: off
PIECES = [
    "12", "4", "26", "2026", "1900", "31", "0", "00", "880", "২৮", "²", "½", " ", " ", "/", "-", ".", ",", "~", "+",
    "about", "প্রায়", "ago", "আগে", "in", "year", "বছর", "month", "মাস", "day", "week", "last", "গত", "next",
    "tue", "may", "মে", "april", "lakh", "লাখ", "k", "সাড়ে", "দেড়", "টাকা", "৳",
]
# fmt: on
likely = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
anything = st.text(st.characters()) | likely


def month(year: int, number: int) -> PartialDay:
    return PartialDay(date(year, number, 1), Precision.MONTH)


def about(year: int, number: int = 1) -> PartialDay:
    return PartialDay(date(year, number, 1), Precision.ESTIMATED)


EXACT = {
    "28 4 26": date(2026, 4, 28),
    "28/4": date(2026, 4, 28),
    "28-04-2026": date(2026, 4, 28),
    "28.4.2026": date(2026, 4, 28),
    "28042026": date(2026, 4, 28),
    "20260428": date(2026, 4, 28),
    "2026-04-28": date(2026, 4, 28),
    "২৮/৪": date(2026, 4, 28),
    "২৮ এপ্রিল ২০২৬": date(2026, 4, 28),
    "28 april": date(2026, 4, 28),
    "April 28": date(2026, 4, 28),
    "28apr26": date(2026, 4, 28),
    "28th of April, 2026": date(2026, 4, 28),
    "Tue 28 April 2026": date(2026, 4, 28),
    "২৮শে এপ্রিল ২০২৬": date(2026, 4, 28),
    "১২ ফেব্রুয়ারী ২০২৪": date(2024, 2, 12),
    "৫ আগষ্ট ২০২৪": date(2024, 8, 5),
    "12/5": date(2026, 5, 12),
    "13/5": date(2025, 5, 13),
    "31 12": date(2025, 12, 31),
    "29/2": date(2024, 2, 29),
    "12 5 85": date(1985, 5, 12),
    "12 5 36": date(2036, 5, 12),
    "12 5 37": date(1937, 5, 12),
    "today": TODAY,
    "আজ": TODAY,
    "Yesterday": date(2026, 5, 11),
    "গতকাল": date(2026, 5, 11),
    "10 days ago": date(2026, 5, 2),
    "১০ দিন আগে": date(2026, 5, 2),
}

PARTIAL = {
    "April 2026": month(2026, 4),
    "apr 26 2026": PartialDay(date(2026, 4, 26)),
    "এপ্রিল ২০২৬": month(2026, 4),
    "4/2026": month(2026, 4),
    "2026-04": month(2026, 4),
    "4/99": month(1999, 4),
    "April 85": month(1985, 4),
    "April": month(2026, 4),
    "জুন মাসে": month(2025, 6),
    "মে ২০২৪ সালে": month(2024, 5),
    "2024": PartialDay(date(2024, 1, 1), Precision.YEAR),
    "২০২৪": PartialDay(date(2024, 1, 1), Precision.YEAR),
    "২০২৪ সালে": PartialDay(date(2024, 1, 1), Precision.YEAR),
    "last year": PartialDay(date(2025, 1, 1), Precision.YEAR),
    "last month": month(2026, 4),
    "গত মাসে": month(2026, 4),
    "this month": month(2026, 5),
    "3 months ago": month(2026, 2),
    "৩ মাস আগে": month(2026, 2),
    "5 months ago": month(2025, 12),
    "2 weeks ago": month(2026, 4),
    "about 2 years ago": about(2024),
    "2 years ago": about(2024),
    "two years ago": about(2024),
    "a year ago": about(2025),
    "প্রায় ২ বছর আগে": about(2024),
    "দুই বছর আগে": about(2024),
    "about 2024": about(2024),
    "~2024": about(2024),
    "about April 2024": about(2024, 4),
    "আনুমানিক ২০২৪": about(2024),
}

NO_DATE = [
    "",
    " ",
    "soon",
    "32/1",
    "31/4/2026",
    "29/2/2025",
    "4/28",
    "0/4",
    "1/13",
    "1850",
    "9999",
    "1 2 3 4",
    "12 5 1",
    "2",
]


@pytest.mark.parametrize(("text", "value"), EXACT.items())
def test_exact_days_are_read(text: str, value: date) -> None:
    assert read_partial_day(text, TODAY) == PartialDay(value)
    assert read_day(text, TODAY) == value


@pytest.mark.parametrize(("text", "value"), PARTIAL.items())
def test_dates_are_read_as_far_as_they_are_known(text: str, value: PartialDay) -> None:
    assert read_partial_day(text, TODAY) == value


@pytest.mark.parametrize("text", NO_DATE)
def test_what_is_no_date_says_so(text: str) -> None:
    with pytest.raises(NotUnderstood) as raised:
        read_partial_day(text, TODAY)
    assert "28 4 26" in raised.value.hint
    with pytest.raises(NotUnderstood):
        read_day(text, TODAY)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("tomorrow", date(2026, 5, 13)),
        ("আগামীকাল", date(2026, 5, 13)),
        ("in 3 days", date(2026, 5, 15)),
        ("৩ দিন পরে", date(2026, 5, 15)),
        ("in a week", date(2026, 5, 19)),
        ("in 2 months", date(2026, 7, 12)),
        ("next week", date(2026, 5, 19)),
        ("Wednesday", date(2026, 5, 13)),
        ("tue", date(2026, 5, 19)),
        ("next mon", date(2026, 5, 18)),
        ("সোমবার", date(2026, 5, 18)),
        ("বৃহস্পতিবার", date(2026, 5, 14)),
        ("বৃহঃ", date(2026, 5, 14)),
        ("13/5", date(2026, 5, 13)),
        ("12/5", TODAY),
        ("3 january", date(2027, 1, 3)),
    ],
)
def test_days_to_come_are_read(text: str, value: date) -> None:
    assert read_day(text, TODAY, ahead=True) == value


@pytest.mark.parametrize("text", ["April 2026", "2024", "about 2 years ago", "last month"])
def test_a_field_for_one_day_asks_for_the_exact_day(text: str) -> None:
    with pytest.raises(NotUnderstood, match="exact day"):
        read_day(text, TODAY)


@pytest.mark.parametrize("language", ["en", "bn"])
@given(value=days)
def test_every_day_that_is_shown_can_be_typed_back(language: str, value: date) -> None:
    with speaking(language):
        assert read_day(formats.day(value), TODAY) == value
        assert read_partial_day(formats.month_year(value), TODAY) == month(value.year, value.month)


@given(days, st.sampled_from(Precision))
def test_every_partial_day_that_is_shown_can_be_typed_back(value: date, precision: Precision) -> None:
    first = {
        Precision.DAY: value,
        Precision.MONTH: value.replace(day=1),
        Precision.YEAR: date(value.year, 1, 1),
        Precision.ESTIMATED: value.replace(day=1),
    }[precision]
    known = PartialDay(first, precision)
    with speaking("en"):
        assert read_partial_day(formats.partial_day(known), TODAY) == known


@given(days, st.sampled_from(["{d} {m} {y}", "{d}/{m}/{y}", "{d:02}-{m:02}-{y}", "{y}.{m}.{d}", "{d:02}{m:02}{y}"]))
def test_separators_order_and_digits_do_not_change_the_day(value: date, form: str) -> None:
    text = form.format(d=value.day, m=value.month, y=value.year)
    assert read_day(text, TODAY) == read_day(text.translate(BANGLA), TODAY) == value


@given(st.dates(TODAY - timedelta(days=364), TODAY - timedelta(days=1)), st.booleans())
def test_without_a_year_the_nearest_such_day_is_meant(value: date, ahead: bool) -> None:
    found = read_day(f"{value.day}/{value.month}", TODAY, ahead=ahead)
    assert (found.day, found.month) == (value.day, value.month)
    assert found > TODAY if ahead else found == value


@pytest.mark.parametrize(
    ("text", "taka"),
    [
        ("85000", 85_000),
        ("৮৫০০০", 85_000),
        ("85,000", 85_000),
        ("1,50,000", 150_000),
        ("১,৫০,০০০", 150_000),
        ("150,000", 150_000),
        ("BDT 85,000", 85_000),
        ("৮৫,০০০ টাকা", 85_000),
        ("৳85,000/-", 85_000),
        ("Tk. 500", 500),
        ("1.5 lakh", 150_000),
        ("১.৫ লাখ", 150_000),
        ("দেড় লাখ", 150_000),
        ("আড়াই লক্ষ টাকা", 250_000),
        ("সাড়ে তিন লাখ", 350_000),
        ("1 lakh 50 thousand", 150_000),
        ("2 crore", 20_000_000),
        ("85 k", 85_000),
        ("85k", 85_000),
        ("85 হাজার", 85_000),
        ("0", 0),
        ("-500", -500),
    ],
)
def test_money_is_read_as_people_say_it(text: str, taka: int) -> None:
    assert read_money(text, "bdt") == Money(taka * 100, "bdt")


def test_decimals_go_as_far_as_the_currency() -> None:
    assert read_money("1200.5", "sar") == Money(120_050, "sar")
    assert read_money("120.005", "kwd") == Money(120_005, "kwd")
    assert read_money("5,000", "jpy") == Money(5000, "jpy")
    for text, currency in (("1.005", "sar"), ("0.5", "jpy")):
        with pytest.raises(NotUnderstood, match="smaller parts"):
            read_money(text, currency)


@pytest.mark.parametrize(
    "text", ["", "a lot", "1,5", "1,50,00", "1.2.3", "5 5", "lakh", "সাড়ে", "1e9", "9" * 16, "½", "nan"]
)
def test_what_is_no_amount_says_so(text: str) -> None:
    with pytest.raises(NotUnderstood, match="amount of money"):
        read_money(text, "bdt")


@pytest.mark.parametrize("language", ["en", "bn"])
@given(minor=st.integers(-(10**14), 10**14), currency=st.sampled_from(list(codelists.get("currency").rows)))
def test_every_amount_that_is_shown_can_be_typed_back(language: str, minor: int, currency: str) -> None:
    with speaking(language):
        value = Money(minor, currency)
        assert read_money(formats.amount(value), currency) == value
        assert read_money(formats.money(value), currency) == value


@given(st.integers(0, 10**12))
def test_counts_are_read_in_both_digit_sets(value: int) -> None:
    for language in ("en", "bn"):
        with speaking(language):
            assert read_count(formats.number(value)) == value
    assert read_count(str(value).translate(BANGLA)) == value


def test_a_count_is_whole() -> None:
    assert read_count("2 lakh") == 200_000
    for text in ("2.5", "many", ""):
        with pytest.raises(NotUnderstood, match="whole number"):
            read_count(text)


@pytest.mark.parametrize(
    ("text", "years"),
    [("35", 35), ("৩৫ বছর", 35), ("35 years old", 35), ("about 35", 35), ("8 months", 0), ("200", 200)],
)
def test_ages_are_read(text: str, years: int) -> None:
    assert read_age(text) == years


@pytest.mark.parametrize("text", ["", "young", "1985", "3 days", "²"])
def test_what_is_no_age_says_so(text: str) -> None:
    with pytest.raises(NotUnderstood, match="as an age"):
        read_age(text)


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("01712345678", "+8801712345678"),
        ("01712-345678", "+8801712345678"),
        ("০১৭১২ ৩৪৫৬৭৮", "+8801712345678"),
        ("+880 1712 345678", "+8801712345678"),
        ("+880 (0) 1712-345678", "+8801712345678"),
        ("8801712345678", "+8801712345678"),
        ("008801712345678", "+8801712345678"),
        ("1712345678", "+8801712345678"),
        ("+966 50 123 4567", "+966501234567"),
        ("00966501234567", "+966501234567"),
        ("966501234567", "+966501234567"),
        ("\u202a+8801712345678\u202c", "+8801712345678"),
        ("16135", "+88016135"),
        ("0171234567", "+880171234567"),
    ],
)
def test_phones_are_read_however_they_are_written(text: str, e164: str) -> None:
    assert read_phone(text) == e164


@pytest.mark.parametrize("text", ["", "1234", "1" * 16, "call me", "01712345678 (brother)", "+", "++8801712345678"])
def test_what_is_no_phone_says_so(text: str) -> None:
    with pytest.raises(NotUnderstood, match="phone number"):
        read_phone(text)


@pytest.mark.parametrize(
    ("e164", "usual"),
    [
        ("+8801712345678", True),
        ("+8801212345678", False),
        ("+880171234567", False),
        ("+88017123456789", False),
        ("+966501234567", True),
        ("+88029123456", True),
        ("+12345", False),
        ("+1234567890123456", False),
    ],
)
def test_odd_phones_are_told_from_usual_ones(e164: str, usual: bool) -> None:
    assert is_usual_phone(e164) is usual


@given(st.from_regex(r"\A1[3-9][0-9]{8}\Z"))
def test_every_mobile_that_is_shown_can_be_typed_back(national: str) -> None:
    e164 = f"+880{national}"
    assert is_usual_phone(e164)
    assert read_phone(formats.phone(e164)) == read_phone(e164.translate(BANGLA)) == read_phone(f"0{national}") == e164


@given(st.from_regex(r"\A[0-9]{5,15}\Z"))
def test_five_to_fifteen_digits_are_a_phone_at_least(numerals: str) -> None:
    assert read_phone(numerals).startswith("+")


@pytest.mark.parametrize(
    ("type_code", "number", "usual"),
    [
        ("nid", "1234567890", True),
        ("nid", "১২৩৪ ৫৬৭ ৮৯০", True),
        ("nid", "1234567890123", True),
        ("nid", "12345678901234567", True),
        ("nid", "123456789", False),
        ("birth_registration", "12345678901234567", True),
        ("birth_registration", "1234567890", False),
        ("e_passport", "a 1234 5678", True),
        ("e_passport", "AB1234567", False),
        ("mrp_passport", "AB1234567", True),
        ("mrp_passport", "A12345678", False),
        ("visa", "anything/1", True),
        ("of a newer program", "1", True),
    ],
)
def test_document_numbers_have_the_form_of_their_type(type_code: str, number: str, usual: bool) -> None:
    assert usual_document(type_code, number) is usual


def test_every_form_named_in_the_list_of_documents_is_understood() -> None:
    kinds = codelists.get("identity_document_type")
    hinted = {row.code for row in kinds if row.extra["pattern_hint"]}
    assert hinted == {row.code for row in kinds if not usual_document(row.code, "?")}


def test_one_document_written_in_two_ways_has_one_key() -> None:
    assert document_key(" ab-১২৩ ৪৫৬/৭ ") == document_key("AB1234567") == "AB1234567"


@given(st.text(st.characters()))
def test_digits_of_any_script_become_latin_in_their_place(text: str) -> None:
    plain = latin_digits(text)
    assert len(plain) == len(text)
    assert all(mark.isascii() for mark in plain if mark.isdecimal())


@given(anything)
def test_every_text_is_read_or_not_understood(text: str) -> None:
    for read in (
        lambda: read_partial_day(text, TODAY),
        lambda: read_day(text, TODAY, ahead=True),
        lambda: read_money(text, "kwd"),
        lambda: read_money(text, "bdt"),
        lambda: read_count(text),
        lambda: read_age(text),
        lambda: read_phone(text),
    ):
        with suppress(NotUnderstood):
            read()
    assert document_key(document_key(text)) == document_key(text)


@given(likely)
def test_both_digit_sets_mean_the_same(text: str) -> None:
    assert outcome(text) == outcome(text.translate(BANGLA)) == outcome(unicodedata.normalize("NFD", text))


@given(days, st.sampled_from(["2", "28 4", "today", "1 year ago", "in 9 months", "April", "12 5 85"]))
def test_any_day_can_be_today(today: date, text: str) -> None:
    with suppress(NotUnderstood):
        assert 1900 <= read_day(text, today).year <= 2100
    with suppress(NotUnderstood):
        assert 1900 <= read_partial_day(text, today).first.year <= 2100


def outcome(text: str) -> list[object]:
    values: list[object] = []
    for read in (
        lambda: read_partial_day(text, TODAY),
        lambda: read_day(text, TODAY),
        lambda: read_money(text, "bdt"),
        lambda: read_age(text),
        lambda: read_phone(text),
    ):
        try:
            values.append(read())
        except NotUnderstood:
            values.append(None)
    return values


@pytest.mark.parametrize("read", [read_count, read_age, read_phone])
def test_what_is_not_understood_is_repeated_in_short(read: Callable[[str], object]) -> None:
    with pytest.raises(NotUnderstood) as refusal:
        read("no number " * 500)
    assert "no number no number" in refusal.value.message
    assert len(refusal.value.message) < 130
