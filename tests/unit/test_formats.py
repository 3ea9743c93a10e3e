"""Values are said in the language spoken, and numbers that are read out stay Latin."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casedesk import formats
from casedesk.i18n import speaking
from casedesk.parsing import latin_digits
from casedesk.values import Money, PartialDay, Precision

TUESDAY = date(2026, 5, 12)


@pytest.mark.parametrize(
    ("value", "english", "bangla"),
    [
        (0, "0", "০"),
        (999, "999", "৯৯৯"),
        (1000, "1,000", "১,০০০"),
        (85_000, "85,000", "৮৫,০০০"),
        (163_000, "1,63,000", "১,৬৩,০০০"),
        (12_345_678, "1,23,45,678", "১,২৩,৪৫,৬৭৮"),
        (-1500, "-1,500", "-১,৫০০"),
    ],
)
def test_numbers_are_grouped_in_lakh_and_crore(value: int, english: str, bangla: str) -> None:
    with speaking("en"):
        assert formats.number(value) == english
    with speaking("bn"):
        assert formats.number(value) == bangla


def test_dates_are_said_in_the_language_spoken() -> None:
    with speaking("en"):
        assert formats.day(TUESDAY) == "12 May 2026"
        assert formats.short_day(TUESDAY) == "12 May"
        assert formats.weekday(TUESDAY) == "Tuesday"
        assert formats.weekday_day(TUESDAY) == "Tue 12 May"
        assert formats.month_year(TUESDAY) == "May 2026"
    with speaking("bn"):
        assert formats.day(TUESDAY) == "১২ মে ২০২৬"
        assert formats.short_day(TUESDAY) == "১২ মে"
        assert formats.weekday(TUESDAY) == "মঙ্গলবার"
        assert formats.weekday_day(TUESDAY) == "মঙ্গল ১২ মে"
        assert formats.month_year(TUESDAY) == "মে ২০২৬"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (PartialDay(TUESDAY), "12 May 2026"),
        (PartialDay(date(2024, 3, 1), Precision.MONTH), "March 2024"),
        (PartialDay(date(2024, 1, 1), Precision.YEAR), "2024"),
        (PartialDay(date(2024, 1, 1), Precision.ESTIMATED), "about 2024"),
        (PartialDay(date(2024, 3, 1), Precision.ESTIMATED), "about March 2024"),
    ],
)
def test_a_date_is_shown_only_as_far_as_it_is_known(value: PartialDay, said: str) -> None:
    with speaking("en"):
        assert formats.partial_day(value) == said


def test_known_parts_of_a_date_are_said_in_bangla() -> None:
    with speaking("bn"):
        assert formats.partial_day(PartialDay(date(2024, 3, 1), Precision.MONTH)) == "মার্চ ২০২৪"
        assert formats.partial_day(PartialDay(date(2024, 1, 1), Precision.YEAR)) == "২০২৪"


def test_moments_are_shown_in_dhaka_with_24_hours() -> None:
    value = datetime(2026, 5, 12, 19, 2, tzinfo=UTC)
    with speaking("en"):
        assert formats.moment(value) == "13 May 2026, 01:02"
        assert formats.clock(value) == "01:02"
    with speaking("bn"):
        assert formats.moment(value) == "১৩ মে ২০২৬, ০১:০২"


def test_a_moment_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        formats.clock(datetime(2026, 5, 12, 9, 2))  # noqa: DTZ001 - the mistake under test


@pytest.mark.parametrize(
    ("value", "english", "bangla"),
    [
        (Money(8_500_000, "bdt"), "BDT 85,000", "৮৫,০০০ টাকা"),
        (Money(8_500_050, "bdt"), "BDT 85,000.50", "৮৫,০০০.৫০ টাকা"),
        (Money(500_000, "sar"), "SAR 5,000", "SAR ৫,০০০"),
        (Money(120_005, "kwd"), "KWD 120.005", "KWD ১২০.০০৫"),
        (Money(5000, "jpy"), "JPY 5,000", "JPY ৫,০০০"),
        (Money(-150, "sar"), "SAR -1.50", "SAR -১.৫০"),
        (Money(100, "xyz"), "XYZ 1", "XYZ ১"),
    ],
)
def test_money_has_its_currency_and_minor_digits_only_where_there_are_some(
    value: Money, english: str, bangla: str
) -> None:
    with speaking("en"):
        assert formats.money(value) == english
    with speaking("bn"):
        assert formats.money(value) == bangla


@pytest.mark.parametrize(
    ("count", "said"),
    [(-2, "2 days late"), (-1, "1 day late"), (0, "today"), (1, "tomorrow"), (3, "in 3 days"), (1000, "in 1,000 days")],
)
def test_days_are_told_from_today(count: int, said: str) -> None:
    with speaking("en"):
        assert formats.relative_days(count) == said


def test_small_measures() -> None:
    with speaking("en"):
        assert formats.age(1) == "1 year"
        assert formats.age(34) == "34 years"
        assert [formats.file_size(size) for size in (0, 999, 1536, 20 * 1024**2)] == ["0 B", "999 B", "1.5 KB", "20 MB"]
        assert [formats.percent(1, 3), formats.percent(1, 8), formats.percent(1, 0)] == ["33%", "13%", "–"]
    with speaking("bn"):
        assert formats.file_size(1536) == "১.৫ KB"
        assert formats.percent(1, 4) == "২৫%"


@pytest.mark.parametrize(
    ("e164", "shown", "masked"),
    [
        ("+8801712345678", "01712-345678", "01•••-•••678"),
        ("+966501234567", "+966501234567", "+96•••••••567"),
        ("+88029123456", "029123456", "02••••456"),
        ("+88016135", "16135", "•••••"),
    ],
)
def test_phones_stay_latin_and_can_be_masked(e164: str, shown: str, masked: str) -> None:
    with speaking("bn"):
        assert formats.phone(e164) == shown
        assert formats.masked_phone(e164) == masked


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Smith\u202egnp.exe", "Smith[U+202E]gnp.exe"),
        ("Ra\u200bhima\u00ad", "Ra[U+200B]hima[U+00AD]"),
        ("bell\x07\x00", "bell[U+0007][U+0000]"),
        ("\u3164", "[U+3164]"),
        ("\ud800", "[U+D800]"),
        ("র\u200d্যাব ক্\u200cষ", "র\u200d্যাব ক্\u200cষ"),
        ("Ra\u200dhima", "Ra[U+200D]hima"),
        ("রহিমা\u200d", "রহিমা[U+200D]"),
        ("one\ntwo", "one\ntwo"),
        ("রহিমা খাতুন", "রহিমা খাতুন"),
    ],
)
def test_what_hides_in_a_name_is_shown_and_bangla_joiners_stay(text: str, shown: str) -> None:
    assert formats.visible(text) == shown


@given(st.text(st.characters()))
def test_showing_hidden_characters_once_is_enough(text: str) -> None:
    assert formats.visible(formats.visible(text)) == formats.visible(text)


@given(st.integers())
def test_bangla_numbers_are_the_same_numbers(value: int) -> None:
    with speaking("bn"):
        bangla = formats.number(value)
    with speaking("en"):
        assert latin_digits(bangla) == formats.number(value)
    assert int(formats.number(value).replace(",", "")) == value


@given(st.text())
def test_any_text_as_a_phone_is_shown_and_masked(text: str) -> None:
    assert len(formats.masked_phone(text)) == len(formats.phone(text))


def test_a_day_with_its_weekday_is_short_in_english_and_whole_in_bangla() -> None:
    assert formats.weekday_day(date(2026, 11, 23)) == "Mon 23 Nov"
    with speaking("bn"):
        assert formats.weekday_day(date(2026, 11, 23)).endswith("২৩ নভেম্বর")


def test_what_is_due_is_told_by_how_far_it_is() -> None:
    today = date(2026, 5, 12)
    said = [formats.due(today + timedelta(days=days), today) for days in (-1, 0, 1, 299, 300)]
    assert said == ["1 day late", "Today", "Wed 13 May", "Sun 7 Mar", "8 March 2027"]
