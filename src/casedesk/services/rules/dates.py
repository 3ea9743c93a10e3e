"""Dates that are likely meant, where one cannot be right."""

from __future__ import annotations

from datetime import date

from casedesk import formats
from casedesk.errors import Problem
from casedesk.i18n import _
from casedesk.services.ages import years_between
from casedesk.values import PartialDay, Precision

YOUNGEST_WORKER = 10
OLDEST = 110


def suggesting(text: str, rule: str, fix: PartialDay | None) -> Problem:
    """The problem, and the date that is likely meant."""
    if fix is None:
        return Problem(text, rule=rule)
    words = formats.partial_day(fix)
    asked = _("{problem} Did you mean {fix}?").format(problem=text, fix=words)
    return Problem(asked, rule=rule, fix=fix, fix_text=words)


def same_day_between(value: PartialDay, since: date, until: date) -> PartialDay | None:
    """The same day or month in the latest year that fits; a year alone, or an estimate, hints at nothing."""
    if value.precision not in (Precision.DAY, Precision.MONTH):
        return None
    for year in range(until.year, max(until.year - 8, date.min.year - 1), -1):  # a leap day may be eight years away
        moved = PartialDay(in_year(value.first, year), value.precision)
        if moved.first.day == value.first.day and moved.earliest() <= until:
            return moved if moved.latest() >= since else None
    return None


def another_century(born: PartialDay, years: int, today: date) -> PartialDay | None:
    """A birth a hundred years off, if that makes an age somebody migrates at."""
    moved = PartialDay(in_year(born.first, born.first.year + years), born.precision)
    return moved if YOUNGEST_WORKER <= years_between(moved.first, today) <= 80 else None


def in_year(day: date, year: int) -> date:
    """The same day of another year, within what a date can say; 29 February may become 28."""
    year = min(max(year, date.min.year), date.max.year)
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)
