"""When things happen in an office: Sunday to Thursday, from nine to five in Dhaka."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random

from casedesk.formats import DHAKA

FRIDAY, SATURDAY = 4, 5


def working_day(day: date, *, before: date) -> date:
    """The day itself, or the next one on which the office is open; the last one before `before` at most."""
    while day.weekday() in (FRIDAY, SATURDAY):
        day += timedelta(days=1)
    while day >= before or day.weekday() in (FRIDAY, SATURDAY):
        day -= timedelta(days=1)
    return day


def office_hour(chance: Random, day: date, *, before: date) -> datetime:
    """Some time of that working day."""
    minutes = chance.randrange(9 * 60, 16 * 60)
    return datetime.combine(working_day(day, before=before), time(minutes // 60, minutes % 60), DHAKA)


def after(chance: Random, moment: datetime, days: int, *, before: date) -> datetime:
    """Some time on the working day so many days later, and at least some minutes later."""
    found = office_hour(chance, moment.date() + timedelta(days=days), before=before)
    return max(found, moment + timedelta(minutes=chance.randint(4, 20)))
