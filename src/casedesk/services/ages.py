"""How old somebody is, by one rule for lists, papers and consent."""

from __future__ import annotations

from datetime import date

from casedesk import codelists
from casedesk.models import Person

ADULT = 18


def age_of(person: Person, today: date) -> int | None:
    """Full years now: from the date of birth, or from what was stated and the years since then."""
    if person.date_of_birth is not None:
        return years_between(person.date_of_birth.first, today)
    if person.age_stated is None:
        return None
    return person.age_stated + years_between(person.age_stated_on or today, today)


def is_minor(person: Person, today: date) -> bool:
    """Whether the person is under 18 today, as far as it is known."""
    age = age_of(person, today)
    return bool(person.is_minor) if age is None else age < ADULT


def age_band(age: int | None) -> str:
    """The code of the group of `age_band.csv` that this age is in."""
    for row in codelists.get("age_band"):
        first, last = row.extra["age_from"], row.extra["age_to"]
        if age is not None and first and int(first) <= age <= (int(last) if last else age):
            return row.code
    return "age_unknown"


def years_between(since: date, until: date) -> int:
    """Whole years from one day to another; negative when it is the other way round."""
    return until.year - since.year - ((until.month, until.day) < (since.month, since.day))
