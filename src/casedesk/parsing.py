"""Typed text to values: dates as far as they are known, money, counts, ages, phones, document numbers.

People type in both digit sets, both languages and any order that is clear; whoever shows the field repeats
in words what was understood. What is not understood says so and never becomes a guess.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from datetime import date, timedelta
from fractions import Fraction
from functools import cache

from casedesk import codelists
from casedesk.errors import CaseDeskError
from casedesk.formats import MONTHS, WEEKDAYS, digits, minor_digits, quoted
from casedesk.i18n import _
from casedesk.values import Money, PartialDay, Precision, months_away


class NotUnderstood(CaseDeskError):
    """The text is not the kind of value that was asked for. Nothing was changed."""


def latin_digits(text: str) -> str:
    """`text` with every decimal digit, Bangla, Arabic or other, as 0–9; its length stays."""
    return "".join(str(unicodedata.decimal(mark)) if mark.isdecimal() else mark for mark in text)


# Dates

_EARLIEST, _LATEST = 1900, 2100
_BETWEEN = re.compile(r"[\s\-/.,‐‑–—।]+")
_PIECE = re.compile(r"[0-9]+|[^0-9]+")
# fmt: off
_ENDINGS = {"st", "nd", "rd", "th", "of", "ই", "শে", "লা", "রা", "ঠা", "তারিখ", "তারিখে", "মাস", "মাসে", "সাল", "সালে", "সালের"}
_ABOUT = {"about", "around", "approx", "approximately", "circa", "ca", "c", "maybe", "roughly", "~",
          "প্রায়", "আনুমানিক", "সম্ভবত", "নাগাদ", "দিকে", "এর"}
_AGO = {"ago", "back", "before", "আগে", "পূর্বে"}
_AFTER = {"later", "from", "now", "after", "পর", "পরে"}
_LAST, _THIS, _NEXT = {"last", "গত"}, {"this", "এই", "চলতি"}, {"next", "coming", "আগামী", "সামনের"}
_TODAY, _YESTERDAY, _TOMORROW = {"today", "now", "আজ", "আজকে"}, {"yesterday", "গতকাল"}, {"tomorrow", "আগামীকাল"}
_UNITS = {
    **dict.fromkeys(("day", "days", "দিন", "দিনের"), "day"),
    **dict.fromkeys(("week", "weeks", "সপ্তাহ", "সপ্তাহে"), "week"),
    **dict.fromkeys(("month", "months", "মাস", "মাসে"), "month"),
    **dict.fromkeys(("year", "years", "yr", "yrs", "বছর", "বছরে", "বৎসর"), "year"),
}
_NUMERALS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
    "এক": 1, "দুই": 2, "তিন": 3, "চার": 4, "পাঁচ": 5, "ছয়": 6,
    "সাত": 7, "আট": 8, "নয়": 9, "দশ": 10, "এগারো": 11, "বারো": 12,
}
# fmt: on


def read_partial_day(text: str, today: date) -> PartialDay:
    """A date as far as `text` tells it: 28 4 26, 28/4, April 2026, 2024, about 2 years ago, গত মাসে."""
    found = _day_of(text, today, ahead=False)
    if found is None:
        raise NotUnderstood(
            _("“{text}” is not understood as a date.").format(text=quoted(text)),
            hint=_("Type it like 28 4 26, April 2026, 2024 or about 2 years ago, or leave it empty."),
        )
    return found


def read_day(text: str, today: date, *, ahead: bool = False) -> date:
    """An exact day: 28/4/2026, tomorrow, in 3 days, Tuesday. Without a year, `ahead` takes the next such day."""
    found = _day_of(text, today, ahead=ahead, coming=True)
    if found is None:
        raise NotUnderstood(
            _("“{text}” is not understood as a date.").format(text=quoted(text)),
            hint=_("Type the day like 28 4 26, or say tomorrow, Tuesday or in 3 days."),
        )
    if found.precision is not Precision.DAY:
        raise NotUnderstood(
            _("The exact day is needed here."), hint=_("Type day, month and year, like 28 4 26, or leave it empty.")
        )
    return found.first


def read_full_day(text: str) -> date:
    """An exact day that counts from no other: with its year, and without words such as today."""
    one, other = (_day_of(text, today, ahead=False) for today in (date(2026, 7, 1), date(2028, 2, 1)))
    if one is None or one != other or one.precision is not Precision.DAY:
        raise NotUnderstood(
            _("“{text}” is not a whole date.").format(text=quoted(text)),
            hint=_("Type day, month and year, like 28 4 2026."),
        )
    return one.first


def _date_words(text: str) -> list[str]:
    """Numbers and words in the order typed, without separators, and without the weekday beside a number."""
    plain = latin_digits(fold(text))
    pieces = [piece for chunk in _BETWEEN.split(plain) for piece in _PIECE.findall(chunk)]
    named = [piece for piece in pieces if not _weekday(piece)]
    return named if any(piece.isdecimal() for piece in named) else pieces


def _day_of(text: str, today: date, *, ahead: bool, coming: bool = False) -> PartialDay | None:
    typed = _date_words(text)
    words = [word for word in typed if word not in _ABOUT]
    try:
        found = _coming(words, today) if coming else None
        found = found or _spoken(words, today) or _written(words, today, ahead=ahead)
    except (ValueError, OverflowError):  # no such day, or before the year 1
        return None
    if found is None or not _EARLIEST <= found.first.year <= _LATEST:
        return None
    return found if words == typed else _estimate(found)


def _spoken(words: list[str], today: date) -> PartialDay | None:
    """yesterday, last month, 2 years ago. Whole years are spoken roughly, so they are an estimate."""
    match words:
        case [word] if word in _TODAY:
            return PartialDay(today)
        case [word] if word in _YESTERDAY:
            return PartialDay(today - timedelta(days=1))
        case [which, unit] if which in _LAST | _THIS and unit in _UNITS:
            return _some_time_ago(1 if which in _LAST else 0, _UNITS[unit], today)
        case [count, unit, *rest] if unit in _UNITS and rest and all(word in _AGO for word in rest):
            found = _some_time_ago(_numeral(count), _UNITS[unit], today)
            return _estimate(found) if found.precision is Precision.YEAR else found
    return None


def _some_time_ago(count: int, unit: str, today: date) -> PartialDay:
    match unit:
        case "day":
            return PartialDay(today - timedelta(days=count))
        case "week":
            return PartialDay.month(today - timedelta(weeks=count))
        case "month":
            return PartialDay.month(months_away(today, -count))
        case _:
            return PartialDay(date(today.year - count, 1, 1), Precision.YEAR)


def _coming(words: list[str], today: date) -> PartialDay | None:
    """tomorrow, in 3 days, ২ সপ্তাহ পরে, next week, Tuesday."""
    if words[:1] == ["in"]:
        words = [*words[1:], "later"]
    match words:
        case [word] if word in _TOMORROW:
            return PartialDay(today + timedelta(days=1))
        case [*first, word] if _weekday(word) and (not first or (len(first) == 1 and first[0] in _NEXT)):
            return PartialDay(today + timedelta(days=(_weekday(word) - today.weekday() - 2) % 7 + 1))
        case [which, unit] if which in _NEXT and unit in _UNITS:
            return _later(1, _UNITS[unit], today)
        case [count, unit, *rest] if unit in _UNITS and rest and all(word in _AFTER for word in rest):
            return _later(_numeral(count), _UNITS[unit], today)
    return None


def _later(count: int, unit: str, today: date) -> PartialDay:
    match unit:
        case "day":
            return PartialDay(today + timedelta(days=count))
        case "week":
            return PartialDay(today + timedelta(weeks=count))
        case "month":
            return PartialDay(months_away(today, count))
        case _:
            return PartialDay(months_away(today, 12 * count))


def _written(words: list[str], today: date, *, ahead: bool) -> PartialDay | None:
    """28 4 26, 2026 4 28, 28 April, April 2026, 4 2026, 2024, April; None for any other shape."""
    words = [word for word in words if word not in _ENDINGS]
    months = [place for place, word in enumerate(words) if _month(word)]
    numbers = [word for word in words if word.isdecimal()]
    if len(months) > 1 or len(months) + len(numbers) != len(words) or any(len(word) > 8 for word in numbers):
        return None
    if months:
        return _with_month_name(_month(words[months[0]]), numbers, today, ahead=ahead)
    match numbers:
        case [whole] if len(whole) == 8:
            return _eight_digits(whole)
        case [year] if len(year) == 4:
            return PartialDay(date(_year(year, today), 1, 1), Precision.YEAR)
        case [year, month] if len(year) == 4:
            return _in_month(_year(year, today), int(month))
        case [month, year] if len(year) == 4 or int(year) > 31:
            return _in_month(_year(year, today), int(month))
        case [day, month]:
            return PartialDay(_nearest(int(day), int(month), today, ahead=ahead))
        case [year, month, day] if len(year) == 4:
            return PartialDay(date(_year(year, today), int(month), int(day)))
        case [day, month, year]:
            return PartialDay(date(_year(year, today), int(month), int(day)))
    return None


def _with_month_name(month: int, numbers: list[str], today: date, *, ahead: bool) -> PartialDay | None:
    match numbers:
        case []:
            year = today.year - (month > today.month) if not ahead else today.year + (month < today.month)
            return _in_month(year, month)
        case [number] if len(number) <= 2 and int(number) <= 31:
            return PartialDay(_nearest(int(number), month, today, ahead=ahead))
        case [year]:
            return _in_month(_year(year, today), month)
        case [year, day] if len(year) == 4:
            return PartialDay(date(_year(year, today), month, int(day)))
        case [day, year]:
            return PartialDay(date(_year(year, today), month, int(day)))
    return None


def _eight_digits(whole: str) -> PartialDay:
    """28042026 or, where that is no date, 20260428."""
    try:
        return PartialDay(date(_full_year(whole[4:]), int(whole[2:4]), int(whole[:2])))
    except ValueError:
        return PartialDay(date(_full_year(whole[:4]), int(whole[4:6]), int(whole[6:])))


def _year(written: str, today: date) -> int:
    """Two digits are the year that is at most ten years ahead, so that births and expiry dates both come out right."""
    if len(written) == 4:
        return _full_year(written)
    if len(written) != 2:
        raise ValueError(written)
    year = today.year - today.year % 100 + int(written)
    return year - 100 if year > today.year + 10 else year


def _full_year(written: str) -> int:
    year = int(written)
    if not _EARLIEST <= year <= _LATEST:
        raise ValueError(written)
    return year


def _nearest(day: int, month: int, today: date, *, ahead: bool) -> date:
    """The most recent such day, today included, or the next one; 29 February may be eight years away."""
    step = 1 if ahead else -1
    for year in range(today.year, today.year + 9 * step, step):
        if 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]:
            found = date(year, month, day)
            if (found >= today) if ahead else (found <= today):
                return found
    raise ValueError(day, month)


def _in_month(year: int, month: int) -> PartialDay:
    return PartialDay.month(date(year, month, 1))


def _estimate(found: PartialDay) -> PartialDay:
    """The same time, give or take a year; what was known finer than a month is not kept."""
    return PartialDay(found.first.replace(day=1), Precision.ESTIMATED)


def _numeral(word: str) -> int:
    if word in _NUMERALS:
        return _NUMERALS[word]
    if len(word) > 6:
        raise ValueError(word)
    return int(word)


def _month(word: str) -> int:
    """1 to 12 for the name of a month or its first three letters; 0 for any other word."""
    return _named(word, MONTHS)


def _weekday(word: str) -> int:
    """1 to 7 from Monday, by name or short name; 0 for any other word."""
    return _named(word, WEEKDAYS)


def _named(word: str, names: tuple[tuple[str, str], ...]) -> int:
    plain = _one_spelling(word)
    for place, both in enumerate(_spelled(names), start=1):
        for name in both:
            if plain == name or (len(plain) >= 3 and name.startswith(plain)):
                return place
    return 0


@cache
def _spelled(names: tuple[tuple[str, str], ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(map(_one_spelling, both)) for both in names)


def _one_spelling(word: str) -> str:
    """ফেব্রুয়ারী and ফেব্রুয়ারি, আগষ্ট and আগস্ট, বৃহঃ and বৃহস্পতি are all written."""
    return fold(word).replace("ী", "ি").replace("ষ", "স").rstrip("ঃ")


def fold(text: str) -> str:
    """How words are compared: one Unicode form, small letters, single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


# Numbers and money

_MOST_DIGITS = 15
_GROUPED = re.compile(r"(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3})(?:\.[0-9]+)?|\.[0-9]+")
_AMOUNT_PIECE = re.compile(r"[0-9.,]*[0-9]|[^0-9\s]+")
_TIMES = {
    **dict.fromkeys(("k", "thousand", "hazar", "হাজার"), 1_000),
    **dict.fromkeys(("lakh", "lakhs", "lac", "lacs", "লাখ", "লক্ষ"), 100_000),
    **dict.fromkeys(("crore", "crores", "cr", "koti", "কোটি"), 10_000_000),
}
_HALVES = {"দেড়": Fraction(3, 2), "আড়াই": Fraction(5, 2), "half": Fraction(1, 2), "আধা": Fraction(1, 2)}
_AND_A_HALF = "সাড়ে"
_TAKA = frozenset(("bdt", "tk", "tk.", "taka", "৳", "টাকা", "/-", "/=", "মাত্র", "only"))


def read_money(text: str, currency: str) -> Money:
    """An amount: 85000, 1,50,000, ১.৫ লাখ, 85 k, 1200.50. The currency comes from the field beside it."""
    row = codelists.get("currency").find(currency)
    own = frozenset(fold(word) for word in (row.code, row.en, row.bn) if row) if row else frozenset[str]()
    plain = fold(text)
    for name in sorted(own, key=len, reverse=True):
        plain = plain.removeprefix(name).removesuffix(name).strip()
    value = _read_number(plain, _TAKA if currency == "bdt" else frozenset())
    if value is None:
        raise NotUnderstood(
            _("“{text}” is not understood as an amount of money.").format(text=quoted(text)),
            hint=_("Type a number like 85,000 or 1.5 lakh, or leave it empty."),
        )
    minor = value * 10 ** minor_digits(currency)
    if minor.denominator != 1:
        raise NotUnderstood(
            _("{currency} is not counted in smaller parts than {smallest}.").format(
                currency=codelists.get("currency").label(currency), smallest=_smallest(currency)
            ),
            hint=_("Leave out the last digits."),
        )
    return Money(int(minor), currency)


def read_count(text: str) -> int:
    """A whole number, grouped or not: 12, ১,৬৩,০০০, 2 lakh."""
    value = _read_number(fold(text), frozenset())
    if value is None or value.denominator != 1:
        raise NotUnderstood(
            _("“{text}” is not a whole number.").format(text=quoted(text)),
            hint=_("Type digits, like 12, or leave it empty."),
        )
    return int(value)


def read_age(text: str) -> int:
    """Whole years: 35, ৩৫ বছর, about 35, 8 months."""
    match [word for word in _date_words(text) if word not in _ABOUT and word not in ("old", "aged", "age", "বয়স")]:
        case [years] if years.isdecimal() and len(years) <= 3:
            return int(years)
        case [years, unit] if years.isdecimal() and len(years) <= 3 and _UNITS.get(unit) == "year":
            return int(years)
        case [months, unit] if months.isdecimal() and len(months) <= 3 and _UNITS.get(unit) == "month":
            return int(months) // 12
    raise NotUnderstood(
        _("“{text}” is not understood as an age.").format(text=quoted(text)),
        hint=_("Type the age in years, like 35, or leave it empty."),
    )


def _read_number(plain: str, beside: frozenset[str]) -> Fraction | None:
    """The sum of pieces such as 1 lakh 50 thousand; words in `beside` mean nothing here."""
    plain = latin_digits(plain)
    negative = plain[:1] in ("-", "−")
    total, waiting, used = Fraction(0), None, False
    half = Fraction(0)
    for piece in _AMOUNT_PIECE.findall(plain[1:] if negative else plain):
        if piece in beside:
            continue
        if piece in _TIMES and waiting is not None:
            total, waiting, used = total + waiting * _TIMES[piece], None, True
            continue
        if piece == _AND_A_HALF and waiting is None:
            half = Fraction(1, 2)
            continue
        value = _simple_number(piece)
        if value is None or waiting is not None:
            return None
        waiting, half = value + half, Fraction(0)
    if half or (waiting is None and not used):
        return None
    total += waiting or 0
    return (-total if negative else total) if total < 10**_MOST_DIGITS else None


def _simple_number(piece: str) -> Fraction | None:
    if piece in _HALVES:
        return _HALVES[piece]
    if piece in _NUMERALS:
        return Fraction(_NUMERALS[piece])
    if _GROUPED.fullmatch(piece) and len(piece) <= 2 * _MOST_DIGITS:
        return Fraction(piece.replace(",", ""))
    return None


def _smallest(currency: str) -> str:
    places = minor_digits(currency)
    return digits("1" if places == 0 else f"0.{1:0{places}}")


# Phones

_PHONE = re.compile(r"\+?[0-9]+")
_BESIDE_DIGITS = re.compile(r"[\s\-().,/‐‑–—\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")


def read_phone(text: str) -> str:
    """E.164 of a number as people write it. Without a country it is Bangladesh; odd lengths are kept."""
    plain = _BESIDE_DIGITS.sub("", latin_digits(unicodedata.normalize("NFKC", text)))
    numerals = plain.removeprefix("+")
    abroad = plain.startswith("+")
    if numerals.startswith("00") and len(numerals) >= 10:
        numerals, abroad = numerals[2:], True
    if not _PHONE.fullmatch(plain) or not 5 <= len(numerals) <= _MOST_DIGITS:
        raise NotUnderstood(
            _("“{text}” is not understood as a phone number.").format(text=quoted(text)),
            hint=_("Type a phone number with 11 digits, or leave it empty."),
        )
    if not abroad and (numerals.startswith("0") or len(numerals) <= 10):
        numerals = f"880{numerals}"
    if numerals.startswith("880"):  # people write both +880 17… and +88 017…
        numerals = "880" + (numerals[3:].lstrip("0") or numerals[3:])
    return f"+{numerals}"


def is_usual_phone(e164: str) -> bool:
    """Whether it looks like a number that exists (V13): mobiles here are 01[3-9] and eight digits."""
    if e164.startswith("+8801"):
        return bool(re.fullmatch(r"\+8801[3-9][0-9]{8}", e164))
    return bool(re.fullmatch(r"\+[1-9][0-9]{6,14}", e164))


# Document numbers


def document_key(number: str) -> str:
    """What two ways of writing one document number have in common: capitals and digits only."""
    plain = latin_digits(unicodedata.normalize("NFKC", number)).upper()
    return "".join(character for character in plain if character.isalnum())


def usual_document(type_code: str, number: str) -> bool:
    """Whether the number has the form that `identity_document_type.csv` tells for its type (V11, V12)."""
    row = codelists.get("identity_document_type").find(type_code)
    form = _form_of(row.extra["pattern_hint"]) if row else None
    return form is None or bool(re.fullmatch(form, document_key(number)))


def _form_of(hint: str) -> str | None:
    """A pattern for the hints of the list: “2 letters + 7 digits”, “10, 13 or 17 digits”."""
    if both := re.fullmatch(r"([0-9]+) letters? \+ ([0-9]+) digits", hint):
        return f"[A-Z]{{{both[1]}}}[0-9]{{{both[2]}}}"
    if re.fullmatch(r"[0-9]+(?:(?:, | or )[0-9]+)* digits", hint):
        return "|".join(f"[0-9]{{{length}}}" for length in re.findall(r"[0-9]+", hint))
    return None
