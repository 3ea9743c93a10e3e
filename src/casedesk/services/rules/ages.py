"""How old somebody is, was when they left, and what follows for a child."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from casedesk import codelists, formats
from casedesk.errors import Problem
from casedesk.i18n import _
from casedesk.services.ages import ADULT, years_between
from casedesk.services.answers import Answers
from casedesk.services.rules.dates import OLDEST, YOUNGEST_WORKER, another_century, in_year, suggesting
from casedesk.services.rules.intake import AGE, AGE_ON, BORN, LEFT, VIOLATIONS, Found, Intake
from casedesk.values import PartialDay

AGES_APART = 2
CHILD_QUESTION, CHILD_VIOLATION = "triage.t09_was_child", "recruited_as_child"
NOT_FOR_WORK = ("Family Migrant", "Student Migrant")


@dataclass(frozen=True, slots=True)
class Ages:
    """An age as far as it is known: at least, at most."""

    least: int
    most: int


def age_on(answers: Answers, day: date) -> Ages | None:
    """The age on a day as far as it is known; below nothing before birth. The date of birth counts before a stated
    age, which is taken as stated on `day` when nothing says when it was stated."""
    born = answers.get(BORN)
    if isinstance(born, PartialDay):
        return Ages(years_between(born.latest(), day), years_between(born.earliest(), day))
    age, stated = answers.get(AGE), answers.get(AGE_ON)
    if not isinstance(age, int) or not 0 <= age <= OLDEST:
        return None
    stated = stated if isinstance(stated, date) else day
    latest = in_year(stated, stated.year - age)
    earliest = in_year(stated, stated.year - age - 1)
    return Ages(years_between(latest, day), years_between(earliest + timedelta(days=1), day))


def under_age(answers: Answers, day: date, years: int = ADULT) -> bool:
    """Whether they were younger than that on a day, whatever the true date of birth is."""
    ages = age_on(answers, day)
    return ages is not None and ages.most < years


def has_guardian(answers: Answers) -> bool:
    """Whether somebody safe, or a best-interest decision, speaks for a child (V08)."""
    if answers.get("consent.giver") == "best_interest_decision":
        return True
    return bool(answers.get("person.guardian")) and answers.get("person.guardian_safe") != "no"


def v02_age(intake: Intake) -> Found:
    """V02: a date of birth is not in the future, and makes nobody older than 110."""
    born, ages = intake.day(BORN), age_on(intake.answers, intake.today)
    if born is None or ages is None:
        return
    if born.earliest() > intake.today:
        yield BORN, suggesting(_("This is in the future."), "V02", another_century(born, -100, intake.today))
    elif ages.least > OLDEST:
        text = _("This makes them {age} old.").format(age=formats.age(ages.least))
        yield BORN, suggesting(text, "V02", another_century(born, 100, intake.today))


def v03_age_and_birth(intake: Intake) -> Found:
    """V03: date of birth and stated age differ by more than two years."""
    stated, on = intake.get(AGE, int), intake.get(AGE_ON, date) or intake.today
    born = intake.day(BORN)
    if stated is None or born is None or born.earliest() > on:
        return
    by_birth = Ages(max(years_between(born.latest(), on), 0), years_between(born.earliest(), on))
    if by_birth.least - AGES_APART <= stated <= by_birth.most + AGES_APART:
        return
    likely = by_birth.least if stated < by_birth.least else by_birth.most
    if likely > OLDEST:  # then V02 speaks about the date of birth
        return
    text = _("By the date of birth they are {age} old. Did you mean that?").format(age=formats.age(likely))
    yield AGE, Problem(text, rule="V03", warning=True, fix=likely, fix_text=formats.age(likely))


def v06_child_at_departure(intake: Intake) -> Found:
    """V06: under 18 at departure offers the violation and the answer to t09."""
    if not _younger_at_departure(intake, ADULT):
        return
    text = _("By the dates they were under 18 when they left.")
    if intake.words(CHILD_QUESTION) != "yes":
        yield CHILD_QUESTION, _offering(text, "yes", codelists.get("answer_yes_no").label("yes"))
    recorded = intake.several(VIOLATIONS)
    if CHILD_VIOLATION not in recorded:
        label = codelists.get("violation_type").label(CHILD_VIOLATION)
        yield VIOLATIONS, _offering(text, sorted([*recorded, CHILD_VIOLATION]), label)


def v07_too_young_to_work(intake: Intake) -> Found:
    """V07: under 10 at departure, and did not go with the family or to study."""
    visa = codelists.get("visa_type").find(intake.words("migration_episode.visa_type"))
    if visa is not None and visa.extra["htcds_migrant_type"] in NOT_FOR_WORK:
        return
    if _younger_at_departure(intake, YOUNGEST_WORKER):
        text = _("By the dates they were under {age} when they left. Look at both dates again.")
        yield LEFT, Problem(text.format(age=formats.number(YOUNGEST_WORKER)), rule="V07", warning=True)


def v08_guardian(intake: Intake) -> Found:
    """V08: a child needs a safe guardian or a best-interest decision. A warning now; an error before assessment."""
    if not under_age(intake.answers, intake.met_on()) or has_guardian(intake.answers):
        return
    if intake.words("person.guardian") is None:
        giver = codelists.get("consent_giver").find(intake.words("consent.giver"))
        speaks = giver is not None and giver.extra["primero_interview_subject"] == "caregiver"
        name = intake.words("consent.giver_name") if speaks else None
        text = _("They are under 18. Write down who is the guardian, or record a best-interest decision.")
        yield "person.guardian", Problem(text, rule="V08", warning=True, fix=name, fix_text=name or "")
    else:
        text = _("The guardian is not safe for the child. A best-interest decision is needed.")
        label = codelists.get("consent_giver").label("best_interest_decision")
        yield "consent.giver", Problem(text, rule="V08", warning=True, fix="best_interest_decision", fix_text=label)


def v10_child_consents_alone(intake: Intake) -> Found:
    """V10: the consent of somebody under 18 comes from a guardian, or from a best-interest decision."""
    if intake.words("consent.giver") == "self" and under_age(intake.answers, intake.met_on()):
        text = _("They are under 18. A parent or guardian answers for them, or a best-interest decision is recorded.")
        yield "consent.giver", Problem(text, rule="V10")


def _younger_at_departure(intake: Intake, years: int) -> bool:
    """In a family case the person is a relative, who did not leave."""
    left = intake.day(LEFT)
    return intake.returnee() and left is not None and under_age(intake.answers, left.latest(), years)


def _offering(text: str, fix: object, words: str) -> Problem:
    asked = _("{problem} Record “{fix}”?").format(problem=text, fix=words)
    return Problem(asked, rule="V06", warning=True, fix=fix, fix_text=words)
