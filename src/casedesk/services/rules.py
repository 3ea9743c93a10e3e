"""Rules across the answers of an intake (DOMAIN 6 and 10), in words for the person who types, with the likely fix.

Dates that are known only in part are compared by their widest reading: a rule speaks up when no possible day
keeps it. Nothing stops a draft; errors stop registering, and a warning may be confirmed and is then kept silent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from casedesk import codelists, formats, parsing
from casedesk.codelists import Code
from casedesk.errors import Problem
from casedesk.fields import problem_with, tidy
from casedesk.i18n import N_, _, ngettext
from casedesk.parsing import fold
from casedesk.services.ages import ADULT, years_between
from casedesk.services.answers import CONSENT, Answers, field_of, several
from casedesk.services.triage import TAKA, Thresholds, is_returnee, suggest_from, worth
from casedesk.values import Money, PartialDay, Precision

T = TypeVar("T")

LEFT, BACK = "migration_episode.departed_on", "migration_episode.returned_on"
BORN, AGE, AGE_ON = "person.date_of_birth", "person.age_stated", "person.age_stated_on"
FLAGS, NO_FLAGS = "safety_flag.flags", "safety_flag.none"
VIOLATIONS = "incident.violations"
PHONES = ("person.phone_1", "person.phone_2", "person.contact_person_phone")
WAGES = ("promised.wage", "actual.wage", "migration_episode.first_month_earnings")
COST = "cost_item.amount"

YOUNGEST_WORKER = 10
OLDEST = 110
AGES_APART = 2
MOST_OWNERS = 3
COSTS = (Money(1_000_00, TAKA), Money(20_00_000_00, TAKA))
MOST_WAGE = Money(5_00_000_00, TAKA)
CHILD_QUESTION, CHILD_VIOLATION = "triage.t09_was_child", "recruited_as_child"
OUTSIDE_THE_JOURNEY = ("decision", "pre_departure", "reintegration")
NOT_FOR_WORK = ("Family Migrant", "Student Migrant")
MATERNITY = "reproductive_health"

# What is needed to register, beside consent, a name, an age and the asking for safety flags.
NEEDED: Mapping[str, str] = {
    "consent.giver": N_("Who answers about consent? Choose one."),
    "consent.method": N_("How was consent given? Choose one."),
    "person.sex_gender": N_("Choose one; “Does not wish to say” is an answer too."),
    "migration_episode.destination_country": N_("Choose the country."),
    "case.case_subject": N_("Choose whom the case is for."),
    "case.intake_place": N_("Choose where you met."),
    "case.priority": N_("Choose a priority."),
    "case.next_contact_on": N_("Set a day for the next contact."),
}
NEEDED_OF_A_RETURNEE: Mapping[str, str] = {
    LEFT: N_("When did they leave? The year is enough."),
    BACK: N_("When did they come back? The year is enough."),
    "migration_episode.manner_of_return": N_("Choose how they came back; “Not known” is an answer too."),
    "migration_episode.main_return_reason": N_("Choose the main reason; “Not known” is an answer too."),
}
# Rules that the limits of one field keep.
OF_ONE_FIELD: Mapping[str, str] = {AGE: "V02"}


@dataclass(frozen=True, slots=True)
class Known:
    """What only the store knows: other journeys of the person as (left, came back), how many other people
    have the phone, what currencies are worth in minor units of taka, and the settings of the triage."""

    episodes: Sequence[tuple[PartialDay | None, PartialDay | None]] = ()
    phone_owners: int = 0
    rates: Mapping[str, int] = field(default_factory=dict)
    thresholds: Thresholds = field(default_factory=Thresholds)


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True)
class Ages:
    """An age as far as it is known: at least, at most."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Intake:
    """What the rules look at: answers that are each sound by themselves."""

    answers: Answers
    today: date
    known: Known

    def get(self, key: str, kind: type[T]) -> T | None:
        value = self.answers.get(key)
        if isinstance(value, datetime) and kind is date:  # a kind of date, but not to be compared with one
            return None
        return value if isinstance(value, kind) else None

    def day(self, key: str) -> PartialDay | None:
        return self.get(key, PartialDay)

    def words(self, key: str) -> str | None:
        return self.get(key, str)

    def several(self, key: str) -> list[str]:
        return several(self.answers, key)

    def returnee(self) -> bool:
        return is_returnee(self.answers)

    def met_on(self) -> date:
        return self.get("case.opened_on", date) or self.today


Found = Iterator[tuple[str, Problem]]
Rule = Callable[[Intake], Found]


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
    confirmed = several(sound, "case.confirmed_warnings")
    missing = [each for rule in TO_REGISTER for each in rule(intake) if each[0] not in found] if registering else []
    for key, problem in [*(each for rule in RULES for each in rule(intake)), *missing]:
        if not (problem.warning and problem.rule in confirmed):
            found.setdefault(key, []).append(problem)
    return {key: tuple(each) for key, each in found.items()}


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
    latest = _in_year(stated, stated.year - age)
    earliest = _in_year(stated, stated.year - age - 1)
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


# Age


def _v02_age(intake: Intake) -> Found:
    """V02: a date of birth is not in the future, and makes nobody older than 110."""
    born, ages = intake.day(BORN), age_on(intake.answers, intake.today)
    if born is None or ages is None:
        return
    if born.earliest() > intake.today:
        yield BORN, _suggesting(_("This is in the future."), "V02", _another_century(born, -100, intake.today))
    elif ages.least > OLDEST:
        text = _("This makes them {age} old.").format(age=formats.age(ages.least))
        yield BORN, _suggesting(text, "V02", _another_century(born, 100, intake.today))


def _v03_age_and_birth(intake: Intake) -> Found:
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


def _v06_child_at_departure(intake: Intake) -> Found:
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


def _v07_too_young_to_work(intake: Intake) -> Found:
    """V07: under 10 at departure, and did not go with the family or to study."""
    visa = codelists.get("visa_type").find(intake.words("migration_episode.visa_type"))
    if visa is not None and visa.extra["htcds_migrant_type"] in NOT_FOR_WORK:
        return
    if _younger_at_departure(intake, YOUNGEST_WORKER):
        text = _("By the dates they were under {age} when they left. Look at both dates again.")
        yield LEFT, Problem(text.format(age=formats.number(YOUNGEST_WORKER)), rule="V07", warning=True)


def _v08_guardian(intake: Intake) -> Found:
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


def _v10_child_consents_alone(intake: Intake) -> Found:
    """V10: the consent of somebody under 18 comes from a guardian, or from a best-interest decision."""
    if intake.words("consent.giver") == "self" and under_age(intake.answers, intake.met_on()):
        text = _("They are under 18. A parent or guardian answers for them, or a best-interest decision is recorded.")
        yield "consent.giver", Problem(text, rule="V10")


def _younger_at_departure(intake: Intake, years: int) -> bool:
    """In a family case the person is a relative, who did not leave."""
    left = intake.day(LEFT)
    return intake.returnee() and left is not None and under_age(intake.answers, left.latest(), years)


# The journey


def _v04_back_before_leaving(intake: Intake) -> Found:
    """V04: nobody comes back before leaving."""
    left, back = intake.day(LEFT), intake.day(BACK)
    if left is not None and back is not None and back.latest() < left.earliest():
        fix = _same_day_between(back, left.earliest(), intake.today)
        yield BACK, _suggesting(_("This is before they left."), "V04", fix)


def _v05_not_in_the_future(intake: Intake) -> Found:
    """V05: leaving and coming back have happened."""
    left, back = intake.day(LEFT), intake.day(BACK)
    if left is not None and left.earliest() > intake.today:
        by = min(intake.today, back.latest()) if back else intake.today
        yield LEFT, _suggesting(_("This is in the future."), "V05", _same_day_between(left, date.min, by))
    if back is not None and back.earliest() > intake.today:
        since = left.earliest() if left else date.min
        yield BACK, _suggesting(_("This is in the future."), "V05", _same_day_between(back, since, intake.today))


def _v15_abroad(intake: Intake) -> Found:
    """V15: the country is not Bangladesh."""
    key = "migration_episode.destination_country"
    country = codelists.get("destination_country").find(intake.words(key))
    if country is not None and not country.yes("selectable_as_destination"):
        text = _("{country} is the country they left. Choose the country they went to.")
        yield key, Problem(text.format(country=country.label), rule="V15")


def _v16_journeys_overlap(intake: Intake) -> Found:
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


def _v17_incident_in_the_journey(intake: Intake) -> Found:
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
        fix = _same_day_between(day, since, until)
        if day.latest() < since:
            yield key, replace(_suggesting(_("This is before they left."), "V17", fix), warning=True)
        elif day.earliest() > until:
            text = _("This is in the future.") if day.earliest() > intake.today else _("This is after they came back.")
            yield key, replace(_suggesting(text, "V17", fix), warning=True)


# Documents, phones, places


def _v11_v12_document_number(intake: Intake) -> Found:
    """V11, V12: the numbers of identity documents have their usual form. Another form never blocks."""
    number = intake.words("identity_document.number")
    kinds = codelists.get("identity_document_type")
    kind = kinds.find(intake.words("identity_document.type"))
    if number is None or kind is None or parsing.usual_document(kind.code, number):
        return
    rule = "V12" if "letter" in kind.extra["pattern_hint"] else "V11"
    alike = [row for row in kinds if row.extra["pattern_hint"] and parsing.usual_document(row.code, number)]
    if len(alike) == 1:
        text = _("The number looks like another document: {document}. Did you mean that?")
        words = alike[0].label
        fix = Problem(text.format(document=words), rule=rule, warning=True, fix=alike[0].code, fix_text=words)
        yield "identity_document.type", fix
    else:
        yield "identity_document.number", Problem(_usual_form(kind), rule=rule, warning=True)


def _usual_form(kind: Code) -> str:
    """“Usually 2 letters and 7 digits”, said from the hint of the list."""
    counts = re.findall("[0-9]+", kind.extra["pattern_hint"])
    if "letter" in kind.extra["pattern_hint"]:
        text = ngettext(
            "{document}: the number usually has {letters} letter and {count} digits. Look at the paper again.",
            "{document}: the number usually has {letters} letters and {count} digits. Look at the paper again.",
            int(counts[0]),
        )
        return text.format(document=kind.label, letters=formats.digits(counts[0]), count=formats.digits(counts[1]))
    text = _("{document}: the number usually has {count} digits. Look at the paper again.")
    return text.format(document=kind.label, count=formats.digits(" / ".join(counts)))


def _v13_phone(intake: Intake) -> Found:
    """V13: a phone number that can exist."""
    for key in PHONES:
        number = intake.words(key)
        if number is None or parsing.is_usual_phone(number):
            continue
        likely = _likely_mobile(number)
        if likely is None:
            text = _("This is not a usual phone number. A mobile number here has 11 digits and begins with 013 to 019.")
            yield key, Problem(text, rule="V13", warning=True)
        else:
            words = formats.phone(likely)
            text = _("This is not a usual phone number. Did you mean {phone}?").format(phone=words)
            yield key, Problem(text, rule="V13", warning=True, fix=likely, fix_text=words)


def _likely_mobile(number: str) -> str | None:
    """The mobile number of Bangladesh that lacks only its first 0 or its country."""
    numerals = re.sub("[^0-9]", "", parsing.latin_digits(number))
    for start in ("880", "88", ""):
        if numerals.startswith(start):
            likely = "+880" + numerals.removeprefix(start).lstrip("0")
            if likely.startswith("+8801") and parsing.is_usual_phone(likely):
                return likely
    return None


def _v14_places(intake: Intake) -> Found:
    """V14: an upazila lies in its district, a district in its division. An upazila that no list knows is kept."""
    districts = codelists.get("bd_district")
    district = districts.find(intake.words("person.district"))
    if district is None:
        return
    division = intake.words("person.division")
    if division not in (None, district.extra["division_code"]):
        real = codelists.get("bd_division")[district.extra["division_code"]]
        text = _("{district} is in {division}. Did you mean that?")
        words = text.format(district=district.label, division=real.label)
        yield "person.division", Problem(words, rule="V14", fix=real.code, fix_text=real.label)
    typed = intake.words("person.upazila")
    homes = _districts_with(typed) if typed else []
    if not homes or district.code in homes:
        return
    labels = ", ".join(districts.label(code) for code in homes)
    if len(homes) == 1:
        text = _("{upazila} is in {district}. Did you mean that?").format(upazila=typed, district=labels)
        yield "person.district", Problem(text, rule="V14", fix=homes[0], fix_text=labels)
    else:
        text = _("{upazila} is in {districts}. Look at the district again.").format(upazila=typed, districts=labels)
        yield "person.district", Problem(text, rule="V14")


def _districts_with(upazila: str) -> list[str]:
    """The districts that have an upazila of this name, in either script."""
    typed = fold(upazila)
    return [row.extra["district_code"] for row in codelists.get("bd_upazila") if typed in (fold(row.en), fold(row.bn))]


# Money


def _v19_cost(intake: Intake) -> Found:
    """V19: the cost of migration lies between 1,000 and 20,00,000 taka."""
    cost = intake.get(COST, Money)
    least, most = COSTS
    if cost is None or (taka := worth(cost, intake.known.rates)) is None:
        return
    if taka > most.minor:
        fix = _a_zero_less(cost)
        text = _("This is more than {limit}.").format(limit=formats.money(most))
    elif taka < least.minor:
        fix = Money(cost.minor * 1000, cost.currency)  # said in thousands
        text = _("This is less than {limit}.").format(limit=formats.money(least))
    else:
        return
    yield COST, _another_amount(text, "V19", fix, intake, least.minor, most.minor)


def _v20_wage(intake: Intake) -> Found:
    """V20: a wage abroad is at most 5,00,000 taka a month. Without a rate nobody can tell."""
    for key in WAGES:
        wage = intake.get(key, Money)
        taka = worth(wage, intake.known.rates) if wage else None
        if wage is not None and taka is not None and taka > MOST_WAGE.minor:
            text = _("This is more than {limit} a month.").format(limit=formats.money(MOST_WAGE))
            yield key, _another_amount(text, "V20", _a_zero_less(wage), intake, 1, MOST_WAGE.minor)


def _a_zero_less(value: Money) -> Money | None:
    return Money(value.minor // 10, value.currency) if value.minor % 10 == 0 else None


def _another_amount(text: str, rule: str, fix: Money | None, intake: Intake, least: int, most: int) -> Problem:
    """A warning, with the fix if it lies within the limits."""
    taka = worth(fix, intake.known.rates) if fix else None
    if fix is None or taka is None or not least <= taka <= most:
        return Problem(_("{problem} Is the amount right?").format(problem=text), rule=rule, warning=True)
    words = formats.money(fix)
    asked = _("{problem} Did you mean {fix}?").format(problem=text, fix=words)
    return Problem(asked, rule=rule, warning=True, fix=fix, fix_text=words)


# Needs, flags, sharing a phone


def _v43_pregnancy_of_a_man(intake: Intake) -> Found:
    """V43: pregnancy is recorded for a man. Which of the two is wrong nobody can tell."""
    if intake.words("person.sex_gender") != "male":
        return
    for key, code_list, column in (
        (FLAGS, "safety_flag", "suggested_service"),
        ("need_item.needs", "need", "default_service_type"),
    ):
        rows = codelists.get(code_list)
        chosen = [rows[code] for code in intake.several(key)]
        for row in chosen:
            if row.extra[column] == MATERNITY:
                text = _("“{choice}” is chosen, and the person is recorded as a man. Look at both again.")
                yield key, Problem(text.format(choice=row.label), rule="V43", warning=True)


def _v44_shared_phone(intake: Intake) -> Found:
    """V44: the same phone belongs to more than three people."""
    others = intake.known.phone_owners
    if intake.words("person.phone_1") is not None and others + 1 > MOST_OWNERS:
        text = _("{count} other people have this phone number. Is it their own phone?")
        yield "person.phone_1", Problem(text.format(count=formats.number(others)), rule="V44", warning=True)


def _family_without_category(intake: Intake) -> Found:
    """DOMAIN 4.6: a family case has no category."""
    if not intake.returnee() and intake.words("case.category") is not None:
        yield "case.category", Problem(_("The case is for a family. Leave the category empty."))


# What is missing to register


def _v01_name(intake: Intake) -> Found:
    """V01: a name in either script, or the name people call them by."""
    if not any(intake.words(f"person.{name}") for name in ("name_bn", "name_en", "nickname")):
        yield "person.name_bn", Problem(_("Write a name. What others call them is enough."), rule="V01")


def _v09_consent(intake: Intake) -> Found:
    """V09: they agree to the services and to keeping the data. Here only a yes is enough."""
    for scope in codelists.get("consent_scope").where("required_for_registration"):
        answer = intake.words(CONSENT + scope)
        if answer is None:
            yield CONSENT + scope, Problem(_("Read this aloud and tick the answer."), rule="V09")
        elif not codelists.get("consent_answer")[answer].yes("active"):
            text = _("They said no to this, so the case cannot be registered. Help them without keeping the data.")
            yield CONSENT + scope, Problem(text, rule="V09")


def _needed(intake: Intake) -> Found:
    """DOMAIN 6: the other items marked !. In a family case the client did not travel, and often does not know
    when and why the migrant left: only the country is needed."""
    needed = {**NEEDED, **(NEEDED_OF_A_RETURNEE if intake.returnee() else {})}
    for key, text in needed.items():
        if intake.answers.get(key) is None:
            yield key, Problem(_(text))
    if intake.get(AGE, int) is None and intake.day(BORN) is None:
        yield AGE, Problem(_("Write the age or the date of birth. About is enough."))
    if not intake.several(FLAGS) and intake.get(NO_FLAGS, bool) is not True:
        yield FLAGS, Problem(_("Ask about safety. “None of these” is an answer too."))


def _reason_for_the_category(intake: Intake) -> Found:
    """DOMAIN 7: another category than the suggested one needs a reason, some reasons need words."""
    category, reason = intake.words("case.category"), intake.words("case.category_reason")
    suggested = suggest_from(intake.answers, intake.known.thresholds, intake.known.rates).category
    if category is not None and suggested not in (None, category) and reason is None:
        yield "case.category_reason", Problem(_("This is not the suggested category. Choose why."))
    row = codelists.get("category_reason").find(reason)
    if row is not None and row.yes("text_required") and intake.words("case.category_reason_text") is None:
        yield "case.category_reason_text", Problem(_("Write the reason in a few words."))


RULES: tuple[Rule, ...] = (
    _v02_age,
    _v03_age_and_birth,
    _v04_back_before_leaving,
    _v05_not_in_the_future,
    _v06_child_at_departure,
    _v07_too_young_to_work,
    _v08_guardian,
    _v10_child_consents_alone,
    _v11_v12_document_number,
    _v13_phone,
    _v14_places,
    _v15_abroad,
    _v16_journeys_overlap,
    _v17_incident_in_the_journey,
    _v19_cost,
    _v20_wage,
    _v43_pregnancy_of_a_man,
    _v44_shared_phone,
    _family_without_category,
)
TO_REGISTER: tuple[Rule, ...] = (_v01_name, _v09_consent, _needed, _reason_for_the_category)


# Likely fixes


def _suggesting(text: str, rule: str, fix: PartialDay | None) -> Problem:
    """The problem, and the date that is likely meant."""
    if fix is None:
        return Problem(text, rule=rule)
    words = formats.partial_day(fix)
    asked = _("{problem} Did you mean {fix}?").format(problem=text, fix=words)
    return Problem(asked, rule=rule, fix=fix, fix_text=words)


def _offering(text: str, fix: object, words: str) -> Problem:
    asked = _("{problem} Record “{fix}”?").format(problem=text, fix=words)
    return Problem(asked, rule="V06", warning=True, fix=fix, fix_text=words)


def _same_day_between(value: PartialDay, since: date, until: date) -> PartialDay | None:
    """The same day or month in the latest year that fits; a year alone, or an estimate, hints at nothing."""
    if value.precision not in (Precision.DAY, Precision.MONTH):
        return None
    for year in range(until.year, max(until.year - 8, date.min.year - 1), -1):  # a leap day may be eight years away
        moved = PartialDay(_in_year(value.first, year), value.precision)
        if moved.first.day == value.first.day and moved.earliest() <= until:
            return moved if moved.latest() >= since else None
    return None


def _another_century(born: PartialDay, years: int, today: date) -> PartialDay | None:
    """A birth a hundred years off, if that makes an age somebody migrates at."""
    moved = PartialDay(_in_year(born.first, born.first.year + years), born.precision)
    return moved if YOUNGEST_WORKER <= years_between(moved.first, today) <= 80 else None


def _in_year(day: date, year: int) -> date:
    """The same day of another year, within what a date can say; 29 February may become 28."""
    year = min(max(year, date.min.year), date.max.year)
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)
