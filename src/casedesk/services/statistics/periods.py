"""The time a report is about: a month, a quarter, a year, or any days; in the calendar of Dhaka."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from casedesk import formats
from casedesk.errors import CaseDeskError
from casedesk.formats import DHAKA
from casedesk.i18n import _
from casedesk.parsing import latin_digits

FIRST_YEAR, LAST_YEAR = 1970, 9000  # a year further on is a slip of the finger


class Kind(StrEnum):
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    ANY = "any"


MONTHS_OF = {Kind.MONTH: 1, Kind.QUARTER: 3, Kind.YEAR: 12}


class NoPeriod(CaseDeskError):
    """Days that make no period."""

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message or _("This is no period of time."),
            hint=_("Name a month like 2026-04, a quarter like 2026-Q2, a year like 2026, or two days."),
        )


class NotBegun(CaseDeskError):
    """A report of days to come."""

    def __init__(self, period: Period) -> None:
        super().__init__(
            _("{period} has not begun yet, so there is nothing to report.").format(period=period.label),
            hint=_("Nothing was written. Choose a period that has begun."),
        )


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days from `first` to `last`, both included."""

    first: date
    last: date
    kind: Kind = Kind.ANY

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise NoPeriod(_("The period ends before it begins."))
        if not FIRST_YEAR <= self.first.year <= self.last.year <= LAST_YEAR:
            raise NoPeriod

    @property
    def label(self) -> str:
        """April 2026; April to June 2026; 2026; 3 April 2026 to 9 May 2026."""
        match self.kind:
            case Kind.MONTH:
                return formats.month_year(self.first)
            case Kind.QUARTER:
                first, last = formats.month(self.first), formats.month_year(self.last)
                return _("{first} to {last}").format(first=first, last=last)
            case Kind.YEAR:
                return formats.digits(str(self.first.year))
        if self.first == self.last:
            return formats.day(self.first)
        return _("{first} to {last}").format(first=formats.day(self.first), last=formats.day(self.last))

    def begun(self, today: date) -> bool:
        """Whether its first day has come."""
        return self.first <= today

    def over(self, today: date) -> bool:
        """Whether all its days have passed."""
        return self.last < today

    def before(self) -> Period:
        """The period of the same kind just before; for any days as many days before them."""
        if self.kind is Kind.ANY:
            length = self.last - self.first + timedelta(days=1)
            return Period(self.first - length, self.first - timedelta(days=1))
        return calendar(self.kind, self.first - timedelta(days=1))

    def after(self) -> Period:
        """The period of the same kind that follows."""
        if self.kind is Kind.ANY:
            length = self.last - self.first + timedelta(days=1)
            return Period(self.last + timedelta(days=1), self.last + length)
        return calendar(self.kind, self.last + timedelta(days=1))

    def parts(self) -> tuple[Period, ...]:
        """The months of a quarter, the quarters of a year; nothing for other periods."""
        finer = {Kind.QUARTER: Kind.MONTH, Kind.YEAR: Kind.QUARTER}.get(self.kind)
        if finer is None:
            return ()
        found = [calendar(finer, self.first)]
        while found[-1].last < self.last:
            found.append(found[-1].after())
        return tuple(found)

    def smallest(self) -> tuple[Period, ...]:
        """The months it is made of; itself where it is not made of months."""
        parts = self.parts()
        return tuple(each for part in parts for each in part.smallest()) if parts else (self,)


def begins(day: date) -> datetime:
    """The first moment of a day in Dhaka."""
    return datetime.combine(day, time(), DHAKA)


def calendar(kind: Kind, day: date) -> Period:
    """The month, quarter or year in which the day is."""
    length = MONTHS_OF[kind]
    first = day.replace(day=1, month=(day.month - 1) // length * length + 1)
    year, months = divmod(first.month - 1 + length, 12)
    following = date(first.year + year, months + 1, 1)
    return Period(first, following - timedelta(days=1), kind)


def month(year: int, number: int) -> Period:
    return calendar(Kind.MONTH, date(year, number, 1))


def quarter(year: int, number: int) -> Period:
    return calendar(Kind.QUARTER, date(year, 3 * number, 1))


def year(number: int) -> Period:
    return calendar(Kind.YEAR, date(number, 1, 1))


def days(first: date, last: date) -> Period:
    """Any days; a whole month, quarter or year is called by its name."""
    for kind in MONTHS_OF:
        if (named := calendar(kind, first)) and (named.first, named.last) == (first, last):
            return named
    return Period(first, last)


def read(text: str) -> Period:
    """A period as it is typed: 2026-04, 2026-Q2, 2026, or 2026-04-03..2026-05-09. Digits of both scripts count."""
    words = text.strip().upper()
    try:
        if ".." in words:
            first, _dots, last = words.partition("..")
            return days(*(date.fromisoformat("-".join(_parts(part))) for part in (first, last)))
        match _parts(words):
            case [year_, part] if part.startswith("Q") and 1 <= int(part[1:]) <= 4:
                return quarter(int(year_), int(part[1:]))
            case [year_, number]:
                return month(int(year_), int(number))
            case [year_]:
                return year(int(year_))
    except (ValueError, OverflowError):
        pass
    raise NoPeriod(_("“{text}” is no period of time.").format(text=formats.visible(text.strip())))


def _parts(words: str) -> list[str]:
    """The parts between dashes, with Latin digits."""
    return [latin_digits(part.strip()) for part in words.split("-")]
