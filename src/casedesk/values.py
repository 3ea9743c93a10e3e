"""Values that are more than one word: a date known only in part, and an amount of money."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Precision(StrEnum):
    """Codes of `date_precision.csv`."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    ESTIMATED = "estimated"


@dataclass(frozen=True, slots=True, order=True)
class PartialDay:
    """A date as far as it is known; `first` is the first day of the known period."""

    first: date
    precision: Precision = Precision.DAY

    @classmethod
    def month(cls, day: date) -> PartialDay:
        """The month in which the day is."""
        return cls(day.replace(day=1), Precision.MONTH)

    def earliest(self) -> date:
        """The first day it can have been; an estimate is a year more or less."""
        return _years_away(self.first, -1) if self.precision is Precision.ESTIMATED else self.first

    def latest(self) -> date:
        """The last day it can have been."""
        match self.precision:
            case Precision.DAY:
                return self.first
            case Precision.MONTH:
                return self.first.replace(day=monthrange(self.first.year, self.first.month)[1])
            case Precision.YEAR:
                return self.first.replace(month=12, day=31)
            case Precision.ESTIMATED:
                return _years_away(self.first, 1)


@dataclass(frozen=True, slots=True)
class Money:
    """Whole minor units (paisa, fils) of a currency of `currency.csv`."""

    minor: int
    currency: str


def months_away(day: date, months: int) -> date:
    """So many months later, or earlier; of a day that the month does not have, its last. Raises ValueError where no
    calendar reaches."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise ValueError(months)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _years_away(day: date, years: int) -> date:
    year = min(max(day.year + years, date.min.year), date.max.year)
    return date(year, day.month, min(day.day, monthrange(year, day.month)[1]))
