"""Leaving, coming back, and what happened in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from casedesk import codelists, formats
from casedesk.errors import Problem
from casedesk.i18n import _
from casedesk.services.rules.dates import same_day_between, suggesting
from casedesk.services.rules.intake import BACK, LEFT, Found, Intake
from casedesk.values import PartialDay

OUTSIDE_THE_JOURNEY = ("decision", "pre_departure", "reintegration")


def v04_back_before_leaving(intake: Intake) -> Found:
    """V04: nobody comes back before leaving."""
    left, back = intake.day(LEFT), intake.day(BACK)
    if left is not None and back is not None and back.latest() < left.earliest():
        fix = same_day_between(back, left.earliest(), intake.today)
        yield BACK, suggesting(_("This is before they left."), "V04", fix)


def v05_not_in_the_future(intake: Intake) -> Found:
    """V05: leaving and coming back have happened."""
    left, back = intake.day(LEFT), intake.day(BACK)
    if left is not None and left.earliest() > intake.today:
        by = min(intake.today, back.latest()) if back else intake.today
        yield LEFT, suggesting(_("This is in the future."), "V05", same_day_between(left, date.min, by))
    if back is not None and back.earliest() > intake.today:
        since = left.earliest() if left else date.min
        yield BACK, suggesting(_("This is in the future."), "V05", same_day_between(back, since, intake.today))


def v15_abroad(intake: Intake) -> Found:
    """V15: the country is not Bangladesh."""
    key = "migration_episode.destination_country"
    country = codelists.get("destination_country").find(intake.words(key))
    if country is not None and not country.yes("selectable_as_destination"):
        text = _("{country} is the country they left. Choose the country they went to.")
        yield key, Problem(text.format(country=country.label), rule="V15")


def v16_journeys_overlap(intake: Intake) -> Found:
    """V16: nobody is on two journeys at once."""
    mine = (intake.day(LEFT), intake.day(BACK))
    if not intake.returnee() or not any(mine):
        return
    for left, back in intake.known.episodes:
        if _surely_overlap(mine, (left, back)):
            text = _("Another journey of this person is from {left} to {back}. Look at the dates of both.")
            words = [formats.partial_day(day) if day else "…" for day in (left, back)]
            yield LEFT, Problem(text.format(left=words[0], back=words[1]), rule="V16", warning=True)


def _surely_overlap(
    one: tuple[PartialDay | None, PartialDay | None], other: tuple[PartialDay | None, PartialDay | None]
) -> bool:
    first, second = _earliest_end_latest_start(one), _earliest_end_latest_start(other)
    return first is not None and second is not None and first[0] > second[1] and second[0] > first[1]


def _earliest_end_latest_start(
    journey: tuple[PartialDay | None, PartialDay | None],
) -> tuple[date, date] | None:
    """The first day it can have ended and the last it can have begun; None where V04 speaks or nothing is known."""
    left, back = journey
    if left is not None and back is not None:
        end, start = max(left.earliest(), back.earliest()), min(left.latest(), back.latest())
        return (end, start) if back.latest() >= left.earliest() else None
    known = left or back
    return None if known is None else (known.earliest(), known.latest())


def v17_incident_in_the_journey(intake: Intake) -> Found:
    """V17: what happened lies inside the journey, unless its stage is before or after it."""
    if intake.words("incident.stage") in OUTSIDE_THE_JOURNEY:
        return
    left, back = intake.day(LEFT), intake.day(BACK)
    since = left.earliest() if left else date.min
    until = min(back.latest(), intake.today) if back else intake.today
    if since > until:  # then V04 or V05 speaks
        return
    for key in ("incident.happened_from", "incident.happened_to"):
        day = intake.day(key)
        if day is None:
            continue
        fix = same_day_between(day, since, until)
        if day.latest() < since:
            yield key, replace(suggesting(_("This is before they left."), "V17", fix), warning=True)
        elif day.earliest() > until:
            text = _("This is in the future.") if day.earliest() > intake.today else _("This is after they came back.")
            yield key, replace(suggesting(text, "V17", fix), warning=True)
