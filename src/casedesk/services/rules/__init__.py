"""Rules across the answers of an intake (DOMAIN 6 and 10), in words for the person who types, with the likely fix.

Dates that are known only in part are compared by their widest reading: a rule speaks up when no possible day
keeps it. Nothing stops a draft; errors stop registering, and a warning may be confirmed and is then kept silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from casedesk import formats
from casedesk.errors import Problem
from casedesk.fields import problem_with, tidy
from casedesk.i18n import _
from casedesk.services.answers import CONFIRMED, Answers, field_of, several
from casedesk.services.rules import ages, journey, money, person, to_register
from casedesk.services.rules.ages import Ages, age_on, under_age
from casedesk.services.rules.intake import AGE, AGE_ON, NOTHING_KNOWN, Intake, Known, Rule
from casedesk.values import Money

# Rules that the limits of one field keep.
OF_ONE_FIELD: Mapping[str, str] = {AGE: "V02"}


RULES: tuple[Rule, ...] = (
    ages.v02_age,
    ages.v03_age_and_birth,
    journey.v04_back_before_leaving,
    journey.v05_not_in_the_future,
    ages.v06_child_at_departure,
    ages.v07_too_young_to_work,
    ages.v08_guardian,
    ages.v10_child_consents_alone,
    person.v11_v12_document_number,
    person.v13_phone,
    person.v14_places,
    journey.v15_abroad,
    journey.v16_journeys_overlap,
    journey.v17_incident_in_the_journey,
    money.v19_cost,
    money.v20_wage,
    person.v43_pregnancy_of_a_man,
    person.v44_shared_phone,
    person.v45_name_without_letters,
    person.family_without_category,
)
TO_REGISTER: tuple[Rule, ...] = (
    to_register.v01_name,
    to_register.v09_consent,
    to_register.needed,
    to_register.reason_for_the_category,
)


def problems(
    answers: Answers, today: date, *, registering: bool = False, known: Known = NOTHING_KNOWN
) -> dict[str, tuple[Problem, ...]]:
    """What needs another look, by the key of the answer. `registering` adds what is missing to register."""
    found: dict[str, list[Problem]] = {}
    sound: dict[str, object] = {AGE_ON: today}  # an age is stated today, unless the answers tell another day
    for key, value in answers.items():
        tidied, problem = _by_itself(key, value)
        if problem is not None:
            found.setdefault(key, []).append(problem)
        elif tidied is not None:
            sound[key] = tidied
    intake = Intake(sound, today, known)
    confirmed = several(sound, CONFIRMED)
    missing = [each for rule in TO_REGISTER for each in rule(intake) if each[0] not in found] if registering else []
    for key, problem in [*(each for rule in RULES for each in rule(intake)), *missing]:
        if not (problem.warning and problem.rule in confirmed):
            found.setdefault(key, []).append(problem)
    return {key: tuple(each) for key, each in found.items()}


def _by_itself(key: str, value: object) -> tuple[object, Problem | None]:
    """The answer as it would be stored, and what is wrong with it alone."""
    try:
        declared = field_of(key)
    except KeyError:
        return None, Problem(_("Nothing is recorded under the name “{name}”.").format(name=key))
    tidied = tidy(declared, value)
    problem = problem_with(declared, tidied)
    if problem is not None:
        fix_text = formats.money(problem.fix) if isinstance(problem.fix, Money) else problem.fix_text
        problem = replace(problem, rule=problem.rule or OF_ONE_FIELD.get(key, ""), fix_text=fix_text)
    return tidied, problem


__all__ = ["Ages", "Known", "age_on", "problems", "under_age"]
