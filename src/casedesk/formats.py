"""Values as words in the language spoken: digits, dates, money, phones, sizes.

Numbers that are read out and stamped on papers (case numbers, phones, documents) stay in Latin digits in
both languages; everything that is counted follows the language (UX 10). Babel writes Latin digits for
Bangla and the computer may know no time zones, so neither is asked.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta, timezone

from casedesk import codelists
from casedesk.i18n import _, language, ngettext
from casedesk.values import Money, PartialDay, Precision

DHAKA = timezone(timedelta(hours=6), "Asia/Dhaka")  # without daylight saving; Windows has no tzdata

MONTHS = (
    ("January", "জানুয়ারি"),
    ("February", "ফেব্রুয়ারি"),
    ("March", "মার্চ"),
    ("April", "এপ্রিল"),
    ("May", "মে"),
    ("June", "জুন"),
    ("July", "জুলাই"),
    ("August", "আগস্ট"),
    ("September", "সেপ্টেম্বর"),
    ("October", "অক্টোবর"),
    ("November", "নভেম্বর"),
    ("December", "ডিসেম্বর"),
)
WEEKDAYS = (  # Monday first, as date.weekday() counts
    ("Monday", "সোমবার"),
    ("Tuesday", "মঙ্গলবার"),
    ("Wednesday", "বুধবার"),
    ("Thursday", "বৃহস্পতিবার"),
    ("Friday", "শুক্রবার"),
    ("Saturday", "শনিবার"),
    ("Sunday", "রবিবার"),
)
SHORT_WEEKDAYS = (
    ("Mon", "সোম"),
    ("Tue", "মঙ্গল"),
    ("Wed", "বুধ"),
    ("Thu", "বৃহঃ"),
    ("Fri", "শুক্র"),
    ("Sat", "শনি"),
    ("Sun", "রবি"),
)

_BANGLA_DIGITS = str.maketrans("0123456789", "০১২৩৪৫৬৭৮৯")
_FAR_OFF = 300  # days from which a weekday says less than the year
LONGEST_QUOTED = 60
_JOINERS = "\u200c\u200d"
# Letters and marks that show nothing, beside the control and format characters that Unicode calls so.
_BLANKS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]")


def day_in_dhaka(moment: datetime) -> date:
    """The day on which something happened, as a calendar in Dhaka has it."""
    return _in_dhaka(moment).date()


def digits(text: str) -> str:
    """`text` with the digits of the language spoken."""
    return text.translate(_BANGLA_DIGITS) if language() == "bn" else text


def number(value: int) -> str:
    """A whole number in lakh and crore groups: 1,63,000."""
    return digits(_grouped(value))


def percent(part: int, whole: int) -> str:
    """A share in whole percent, halves up; a dash where there is nothing to divide by."""
    return "–" if whole == 0 else digits(f"{(200 * part + whole) // (2 * whole)}%")


def file_size(count: int) -> str:
    size, unit = float(count), "B"
    for bigger in ("KB", "MB", "GB"):
        if size < 1000:
            break
        size, unit = size / 1024, bigger
    return digits(f"{size:.1f} {unit}" if unit != "B" and size < 10 else f"{size:.0f} {unit}")


def age(years: int) -> str:
    return ngettext("{count} year", "{count} years", years).format(count=number(years))


def day(value: date) -> str:
    """12 May 2026"""
    return digits(f"{value.day} {_month(value)} {value.year}")


def short_day(value: date) -> str:
    """12 May"""
    return digits(f"{value.day} {_month(value)}")


def weekday(value: date) -> str:
    """Tuesday"""
    return WEEKDAYS[value.weekday()][_place()]


def weekday_day(value: date) -> str:
    """Tue 12 May, Mon 23 Nov; Bangla month names are not cut short."""
    return f"{SHORT_WEEKDAYS[value.weekday()][_place()]} {digits(str(value.day))} {short_month(value)}"


def month(value: date) -> str:
    """May"""
    return _month(value)


def short_month(value: date) -> str:
    """Nov; Bangla month names are not cut short."""
    return _month(value) if language() == "bn" else _month(value)[:3]


def month_year(value: date) -> str:
    """May 2026"""
    return digits(f"{_month(value)} {value.year}")


def partial_day(value: PartialDay) -> str:
    """A date as far as it is known. An estimate that names no month was kept as 1 January."""
    year = digits(str(value.first.year))
    match value.precision:
        case Precision.DAY:
            return day(value.first)
        case Precision.MONTH:
            return month_year(value.first)
        case Precision.YEAR:
            return year
        case Precision.ESTIMATED:
            known = year if value.first.month == 1 else month_year(value.first)
            return _("about {date}").format(date=known)


def moment(value: datetime) -> str:
    """12 May 2026, 15:02 in Dhaka"""
    return f"{day(_in_dhaka(value))}, {clock(value)}"


def claimed_moment(value: datetime, *, doubtful: bool) -> str:
    """12 May 2026, 15:02 · clock in doubt: a moment as a computer told it."""
    when = moment(value)
    return _("{when} · clock in doubt").format(when=when) if doubtful else when


def clock(value: datetime) -> str:
    """15:02 in Dhaka"""
    return digits(f"{_in_dhaka(value):%H:%M}")


def relative_days(count: int) -> str:
    """How far a day is from today: what is behind is late."""
    if count < 0:
        return ngettext("{count} day late", "{count} days late", -count).format(count=number(-count))
    if count == 0:
        return _("today")
    if count == 1:
        return _("tomorrow")
    return ngettext("in {count} day", "in {count} days", count).format(count=number(count))


def due(value: date, today: date) -> str:
    """When something is due: 2 days late, Today, Tue 12 May, and with its year what is far off."""
    days = (value - today).days
    if days < 0:
        return relative_days(days)
    if days == 0:
        return _("Today")
    return weekday_day(value) if days < _FAR_OFF else day(value)


def waited_days(count: int) -> str:
    """How long something has waited."""
    return ngettext("{count} day", "{count} days", count).format(count=number(count)) if count else _("today")


def money(value: Money) -> str:
    """BDT 85,000, ৮৫,০০০ টাকা, SAR 5,000.50: minor digits only where there are some."""
    written = amount(value)
    if value.currency == "bdt" and language() == "bn":
        return f"{written} টাকা"
    row = codelists.get("currency").find(value.currency)
    return f"{row.extra['iso_4217'] if row else value.currency.upper()} {written}"


def amount(value: Money) -> str:
    """The number alone, as a field beside its currency shows it."""
    places = minor_digits(value.currency)
    whole, rest = divmod(abs(value.minor), 10**places)
    written = _grouped(whole) + (f".{rest:0{places}}" if rest else "")
    return digits(f"-{written}" if value.minor < 0 else written)


def minor_digits(currency: str) -> int:
    """How many decimals a currency has; two where a newer program wrote the currency."""
    row = codelists.get("currency").find(currency)
    return int(row.extra["minor_unit"]) if row else 2


def phone(e164: str) -> str:
    """As people at home write it: 01712-345678. Numbers abroad keep their country."""
    home = re.fullmatch(r"\+880([0-9]+)", e164)
    if home is None:
        return e164
    national = home[1]
    if len(national) < 7:
        return national  # a hotline, which is dialled as it is
    if len(national) == 10 and national.startswith("1"):
        return f"0{national[:4]}-{national[4:]}"
    return f"0{national}"


def masked_phone(e164: str) -> str:
    """Enough to tell two phones apart, too little to call: 01•••-•••678."""
    shown = phone(e164)
    numerals = [place for place, character in enumerate(shown) if character.isdigit()]
    kept = {*numerals[:2], *numerals[-3:]} if len(numerals) > 6 else set()
    return "".join("•" if place in numerals and place not in kept else shown[place] for place in range(len(shown)))


def quoted(text: str) -> str:
    """What somebody typed, as a sentence about it repeats it: enough of it to know it again."""
    kept = text.strip()
    return kept if len(kept) <= LONGEST_QUOTED else kept[:LONGEST_QUOTED] + "…"


def visible(text: str) -> str:
    """`text` with invisible and direction-changing characters shown as [U+202E]; joiners in Bangla words stay."""
    return "".join(_shown(text, place) for place in range(len(text)))


def _shown(text: str, place: int) -> str:
    character = text[place]
    if character in "\n\t":
        return character
    if character in _JOINERS and _bangla(text[place - 1 : place]) and _bangla(text[place + 1 : place + 2]):
        return character
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") or _BLANKS.match(character)
    return f"[U+{ord(character):04X}]" if hidden else character


def _bangla(character: str) -> bool:
    return "\u0980" <= character <= "\u09ff"


def _grouped(value: int) -> str:
    text = str(abs(value))
    head, tail = text[:-3], text[-3:]
    groups = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)]
    return ("-" if value < 0 else "") + ",".join([*reversed(groups), tail])


def _month(value: date) -> str:
    return MONTHS[value.month - 1][_place()]


def _place() -> int:
    return 1 if language() == "bn" else 0


def _in_dhaka(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("naive datetime")
    return value.astimezone(DHAKA)
