"""How old somebody is, by one rule for lists, papers and consent."""

from __future__ import annotations

from datetime import date

from casedesk.models import Person

ADULT = 18


def age_of(person: Person, today: date) -> int | None:
    """Full years now: from the date of birth, or from what was stated and the years since then."""
    if person.date_of_birth is not None:
        return _years(person.date_of_birth.first, today)
    if person.age_stated is None:
        return None
    return person.age_stated + _years(person.age_stated_on or today, today)


def is_minor(person: Person, today: date) -> bool:
    """Whether the person is under 18 today, as far as it is known."""
    age = age_of(person, today)
    return bool(person.is_minor) if age is None else age < ADULT


def _years(since: date, today: date) -> int:
    return today.year - since.year - ((today.month, today.day) < (since.month, since.day))
