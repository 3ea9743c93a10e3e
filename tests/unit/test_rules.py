from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casedesk import codelists
from casedesk.errors import Problem
from casedesk.fields import Ask
from casedesk.models import fields_of
from casedesk.services.answers import CONSENT, LISTS, RECORDS, TICKS, TRIAGE, field_of
from casedesk.services.rules import Ages, Known, age_on, problems, under_age
from casedesk.services.rules.intake import AGE, AGE_ON, BACK, BORN, LEFT
from casedesk.services.rules.to_register import NEEDED, NEEDED_OF_A_RETURNEE
from casedesk.values import Money, PartialDay, Precision

TODAY = date(2026, 5, 12)
RATES = Known(rates={"sar": 32_50, "omr": 310_00})
NUMBER, DOCUMENT = "identity_document.number", "identity_document.type"
COUNTRY, COST = "migration_episode.destination_country", "cost_item.amount"


def day(text: str) -> PartialDay:
    """2024-03-01, 2024-03 or 2024, as exact as it is written; `~2024` is an estimate."""
    precision = {10: Precision.DAY, 7: Precision.MONTH, 4: Precision.YEAR, 5: Precision.ESTIMATED}[len(text)]
    return PartialDay(date.fromisoformat((text.removeprefix("~") + "-01-01")[:10]), precision)


def bdt(taka: int) -> Money:
    return Money(taka * 100, "bdt")


def complete() -> dict[str, object]:
    """All that is needed to register, and nothing that anybody needs to look at."""
    return {
        "consent_line.case_services": "given",
        "consent_line.store_data": "given",
        "consent.giver": "self",
        "consent.method": "verbal",
        "person.name_bn": "রহিমা খাতুন",
        "person.sex_gender": "female",
        "person.age_stated": 30,
        "migration_episode.destination_country": "sa",
        "migration_episode.departed_on": day("2022"),
        "migration_episode.returned_on": day("2026-04-28"),
        "migration_episode.manner_of_return": "outpass",
        "migration_episode.main_return_reason": "wages_not_paid",
        "safety_flag.none": True,
        "case.case_subject": "returnee",
        "case.intake_place": "airport",
        "case.priority": "high",
        "case.next_contact_on": date(2026, 5, 15),
    }


def found(answers: dict[str, object], rule: str, known: Known = RATES, *, registering: bool = False) -> list[str]:
    """The keys at which a rule speaks."""
    return list(told(answers, rule, known, registering=registering))


def told(
    answers: dict[str, object], rule: str, known: Known = RATES, *, registering: bool = False
) -> dict[str, Problem]:
    each = problems(answers, TODAY, registering=registering, known=known)
    return {key: problem for key, some in each.items() for problem in some if problem.rule == rule}


CHILD: dict[str, object] = {AGE: 16}
# rule, answers that break it, where it speaks, what is likely meant, answers that keep it
CASES: list[tuple[str, dict[str, object], str, object, dict[str, object]]] = [
    ("V02", {AGE: 130}, AGE, None, {AGE: 110}),
    ("V02", {BORN: day("2070-01-02")}, BORN, day("1970-01-02"), {BORN: day("2026")}),
    ("V02", {BORN: day("1890")}, BORN, day("1990"), {BORN: day("1920")}),
    ("V03", {AGE: 20, BORN: day("1990-01-01")}, AGE, 36, {AGE: 34, BORN: day("1990-01-01")}),
    ("V03", {AGE: 50, BORN: day("1990")}, AGE, 36, {AGE: 33, BORN: day("1990")}),
    (
        "V04",
        {LEFT: day("2024-06-12"), BACK: day("2024-04-28")},
        BACK,
        day("2026-04-28"),
        {LEFT: day("2024-06-12"), BACK: day("2024")},
    ),
    ("V04", {LEFT: day("2024-06"), BACK: day("2024-05")}, BACK, day("2026-05"), {LEFT: day("2024"), BACK: day("2024")}),
    ("V04", {LEFT: day("2024"), BACK: day("2020")}, BACK, None, {LEFT: day("~2020"), BACK: day("2019")}),
    ("V05", {BACK: day("2026-09-01")}, BACK, day("2025-09-01"), {BACK: day("2026")}),
    ("V05", {LEFT: day("2028-02-29")}, LEFT, day("2024-02-29"), {LEFT: day("2026-05-12")}),
    ("V05", {LEFT: day("2026-06"), BACK: day("2025-01-05")}, LEFT, day("2024-06"), {LEFT: day("2026-05")}),
    (
        "V06",
        {BORN: day("2003"), LEFT: day("2020")},
        "triage.t09_was_child",
        "yes",
        {BORN: day("2003"), LEFT: day("2021")},
    ),
    (
        "V06",
        {AGE: 20, LEFT: day("2022-01"), "incident.violations": ["wages_not_paid"]},
        "incident.violations",
        ["recruited_as_child", "wages_not_paid"],
        {AGE: 20, LEFT: day("2022-01"), "case.case_subject": "family_of_missing"},
    ),
    (
        "V07",
        {BORN: day("2010"), LEFT: day("2018")},
        LEFT,
        None,
        {BORN: day("2010"), LEFT: day("2018"), "migration_episode.visa_type": "family"},
    ),
    ("V08", CHILD, "person.guardian", None, CHILD | {"person.guardian": "Salma"}),
    (
        "V08",
        CHILD | {"consent.giver": "parent", "consent.giver_name": "Salma"},
        "person.guardian",
        "Salma",
        CHILD | {"consent.giver": "best_interest_decision"},
    ),
    (
        "V08",
        CHILD | {"person.guardian": "Salma", "person.guardian_safe": "no"},
        "consent.giver",
        "best_interest_decision",
        CHILD | {"person.guardian": "Salma", "person.guardian_safe": "unknown"},
    ),
    ("V10", CHILD | {"consent.giver": "self"}, "consent.giver", None, {AGE: 18, "consent.giver": "self"}),
    ("V11", {DOCUMENT: "nid", NUMBER: "12345"}, NUMBER, None, {DOCUMENT: "nid", NUMBER: "১২৩ ৪৫৬ ৭৮৯০"}),
    (
        "V11",
        {DOCUMENT: "birth_registration", NUMBER: "1234567890"},
        DOCUMENT,
        "nid",
        {DOCUMENT: "birth_registration", NUMBER: "1" * 17},
    ),
    (
        "V12",
        {DOCUMENT: "e_passport", NUMBER: "BX1234567"},
        DOCUMENT,
        "mrp_passport",
        {DOCUMENT: "e_passport", NUMBER: "a 1234 5678"},
    ),
    ("V12", {DOCUMENT: "mrp_passport", NUMBER: "B1"}, NUMBER, None, {DOCUMENT: "visa", NUMBER: "B1"}),
    (
        "V13",
        {"person.phone_1": "1712345678"},
        "person.phone_1",
        "+8801712345678",
        {"person.phone_1": "+8801712345678"},
    ),
    (
        "V13",
        {"person.phone_2": "01712345678"},
        "person.phone_2",
        "+8801712345678",
        {"person.phone_2": "+966501234567"},
    ),
    (
        "V13",
        {"person.contact_person_phone": "+880171234"},
        "person.contact_person_phone",
        None,
        {"person.contact_person_phone": "+8801912345678"},
    ),
    (
        "V14",
        {"person.district": "dhaka", "person.upazila": " AMTALI "},
        "person.district",
        "barguna",
        {"person.district": "dhaka", "person.upazila": "near the river"},
    ),
    (
        "V14",
        {"person.district": "dhaka", "person.upazila": "আমতলী"},
        "person.district",
        "barguna",
        {"person.district": "barguna", "person.upazila": "আমতলী"},
    ),
    (
        "V14",
        {"person.district": "dhaka", "person.upazila": "Kaliganj"},
        "person.district",
        None,
        {"person.district": "gazipur", "person.upazila": "Kaliganj"},
    ),
    (
        "V14",
        {"person.district": "dhaka", "person.division": "sylhet"},
        "person.division",
        "dhaka",
        {"person.district": "dhaka", "person.division": "dhaka"},
    ),
    ("V15", {COUNTRY: "bd"}, COUNTRY, None, {COUNTRY: "om"}),
    (
        "V17",
        {LEFT: day("2022-03-01"), BACK: day("2024-08-01"), "incident.happened_from": day("2021-05-05")},
        "incident.happened_from",
        day("2024-05-05"),
        {LEFT: day("2022-03-01"), BACK: day("2024-08-01"), "incident.happened_from": day("2022")},
    ),
    (
        "V17",
        {BACK: day("2024-08-01"), "incident.happened_to": day("2025-02")},
        "incident.happened_to",
        day("2024-02"),
        {BACK: day("2024-08-01"), "incident.happened_to": day("2025-02"), "incident.stage": "reintegration"},
    ),
    ("V18", {COST: bdt(-5000)}, COST, bdt(5000), {COST: bdt(0)}),
    ("V19", {COST: bdt(45_00_000)}, COST, bdt(4_50_000), {COST: bdt(20_00_000)}),
    ("V19", {COST: bdt(350)}, COST, bdt(3_50_000), {COST: bdt(1000)}),
    ("V19", {COST: bdt(0)}, COST, None, {COST: Money(45_00_000_00, "idr")}),
    (
        "V20",
        {"actual.wage": Money(20_000_00, "sar")},
        "actual.wage",
        Money(2000_00, "sar"),
        {"actual.wage": Money(15_000_00, "sar")},
    ),
    ("V20", {"promised.wage": bdt(60_00_000)}, "promised.wage", None, {"promised.wage": Money(10**12, "lyd")}),
    (
        "V43",
        {"person.sex_gender": "male", "safety_flag.flags": ["pregnant_needs_care"]},
        "safety_flag.flags",
        None,
        {"person.sex_gender": "transgender_man", "safety_flag.flags": ["pregnant_needs_care"]},
    ),
    (
        "V43",
        {"person.sex_gender": "male", "need_item.needs": ["loan", "reproductive_health"]},
        "need_item.needs",
        None,
        {"person.sex_gender": "male", "need_item.needs": ["loan"]},
    ),
    ("V45", {"person.name_en": "01712-345678"}, "person.name_en", None, {"person.name_en": "Rahima 2"}),
    ("V45", {"person.name_bn": "০১৭১২৩৪৫৬৭৮"}, "person.name_bn", None, {"person.name_bn": "রহিমা ২"}),
    ("V45", {"person.nickname": "– ?"}, "person.nickname", None, {"person.nickname": "ও"}),
]
WARNINGS = {"V03", "V06", "V07", "V08", "V11", "V12", "V13", "V16", "V17", "V19", "V20", "V43", "V44", "V45"}


@pytest.mark.parametrize(("rule", "broken", "key", "fix", "kept"), CASES)
def test_a_rule_speaks_where_it_is_broken_and_nowhere_else(
    rule: str, broken: dict[str, object], key: str, fix: object, kept: dict[str, object]
) -> None:
    problem = told(broken, rule)[key]
    assert problem.fix == fix
    assert bool(problem.fix_text) is (fix is not None)
    assert problem.warning is (rule in WARNINGS)
    assert found(kept, rule) == []


@pytest.mark.parametrize(("rule", "broken", "key", "fix"), [case[:4] for case in CASES if case[3] is not None])
def test_taking_the_likely_fix_silences_the_rule(rule: str, broken: dict[str, object], key: str, fix: object) -> None:
    assert key not in found(broken | {key: fix}, rule)


@pytest.mark.parametrize(("rule", "broken", "key"), [case[:3] for case in CASES])
def test_a_confirmed_warning_is_silent_and_an_error_is_not(rule: str, broken: dict[str, object], key: str) -> None:
    confirmed = broken | {"case.confirmed_warnings": [rule]}
    assert (key in found(confirmed, rule)) is (rule not in WARNINGS)


def test_the_words_say_what_is_likely_meant() -> None:
    problem = told({LEFT: day("2024-06-12"), BACK: day("2024-04-28")}, "V04")[BACK]
    assert problem.text == "This is before they left. Did you mean 28 April 2026?"
    assert problem.fix_text == "28 April 2026"


def test_journeys_that_surely_overlap_are_told() -> None:
    mine: dict[str, object] = {LEFT: day("2022-03"), BACK: day("2024-08-01")}
    assert found(mine, "V16", Known(episodes=[(day("2023"), day("2025"))])) == [LEFT]
    assert found(mine, "V16", Known(episodes=[(day("2019"), day("2022"))])) == []
    assert (
        found(mine, "V16", Known(episodes=[(day("2024-08-01"), None), (None, day("2022-03-31")), (None, None)])) == []
    )


def test_a_phone_of_many_people_is_told() -> None:
    answers: dict[str, object] = {"person.phone_1": "+8801712345678"}
    assert found(answers, "V44", Known(phone_owners=3)) == ["person.phone_1"]
    assert found(answers, "V44", Known(phone_owners=2)) == []
    assert found({}, "V44", Known(phone_owners=9)) == []


def test_a_wage_in_a_currency_without_a_rate_is_not_judged() -> None:
    assert found({"actual.wage": Money(20_000_00, "sar")}, "V20", Known()) == []


# Registering


def test_what_is_needed_is_enough() -> None:
    assert problems(complete(), TODAY, registering=True) == {}


def test_an_empty_draft_has_no_problem_until_it_is_registered() -> None:
    assert problems({}, TODAY) == {}
    missing = set(problems({}, TODAY, registering=True))
    assert missing == set(complete()) - {"safety_flag.none"} | {"safety_flag.flags"}


@pytest.mark.parametrize("key", sorted(complete()))
def test_each_needed_answer_is_missed_alone(key: str) -> None:
    answers = {other: value for other, value in complete().items() if other != key}
    where = "safety_flag.flags" if key == "safety_flag.none" else key
    assert list(problems(answers, TODAY, registering=True)) == [where]


def test_what_is_needed_is_declared_to_be_needed() -> None:
    assert all(field_of(key).ask is Ask.REGISTER for key in {**NEEDED, **NEEDED_OF_A_RETURNEE})


def test_a_nickname_and_an_answer_that_tells_nothing_are_answers() -> None:
    answers = complete() | {
        "person.name_bn": "  ",
        "person.nickname": "Ruma",
        "person.sex_gender": "not_stated",
        "migration_episode.manner_of_return": "unknown",
        "migration_episode.main_return_reason": "unknown",
    }
    assert problems(answers, TODAY, registering=True) == {}


@pytest.mark.parametrize("answer", ["refused", "withdrawn", None])
@pytest.mark.parametrize("scope", ["case_services", "store_data"])
def test_without_consent_nothing_is_registered(scope: str, answer: str | None) -> None:
    answers = complete() | {CONSENT + scope: answer}
    assert found(answers, "V09", registering=True) == [CONSENT + scope]
    assert found(answers, "V09") == []


def test_refusing_another_purpose_blocks_nothing() -> None:
    answers = complete() | {"consent_line.media": "refused", "consent_line.statistics": "refused"}
    assert problems(answers, TODAY, registering=True) == {}


def test_a_flag_or_the_answer_that_there_is_none_must_be_chosen() -> None:
    answers = complete() | {"safety_flag.none": False}
    assert list(problems(answers, TODAY, registering=True)) == ["safety_flag.flags"]
    assert problems(answers | {"safety_flag.flags": ["no_food"]}, TODAY, registering=True) == {}


def test_a_family_registers_without_the_migrants_journey_and_without_a_category() -> None:
    journey = (LEFT, BACK, "migration_episode.manner_of_return", "migration_episode.main_return_reason")
    answers = {key: value for key, value in complete().items() if key not in journey}
    for subject in ("family_of_deceased", "family_of_missing", "family_of_stranded"):
        family = answers | {"case.case_subject": subject}
        assert problems(family, TODAY, registering=True) == {}
        assert list(problems(family | {"case.category": "returned_victim"}, TODAY)) == ["case.category"]


def test_another_category_than_the_suggested_one_needs_a_reason() -> None:
    answers = complete() | {"case.category": "returned_success"}  # an outpass suggests an unsuccessful return
    assert list(problems(answers, TODAY, registering=True)) == ["case.category_reason"]
    answers["case.category_reason"] = "worker_knows_more"
    assert list(problems(answers, TODAY, registering=True)) == ["case.category_reason_text"]
    answers["case.category_reason_text"] = "Has the savings with a brother."
    assert problems(answers, TODAY, registering=True) == {}
    assert problems(complete() | {"case.category": "returned_unsuccessful"}, TODAY, registering=True) == {}


def test_what_is_wrong_by_itself_is_told_once() -> None:
    answers = complete() | {"person.sex_gender": "nobody", "person.age_stated": 400, "no.such": 1}
    each = problems(answers, TODAY, registering=True)
    assert {key: len(some) for key, some in each.items()} == {
        "person.sex_gender": 1,
        "person.age_stated": 1,
        "no.such": 1,
    }


# Ages


def test_an_age_is_as_wide_as_what_is_known() -> None:
    assert age_on({BORN: day("2000-05-13")}, TODAY) == Ages(25, 25)
    assert age_on({BORN: day("2000")}, TODAY) == Ages(25, 26)
    assert age_on({AGE: 30, AGE_ON: TODAY}, date(2020, 5, 12)) == Ages(24, 24)
    assert age_on({AGE: 30, AGE_ON: TODAY}, date(2020, 8, 1)) == Ages(24, 25)
    assert age_on({}, TODAY) is None


def test_somebody_who_may_be_of_age_is_not_called_a_child() -> None:
    assert under_age({BORN: day("2008-05-13")}, TODAY)
    assert not under_age({BORN: day("2008-05")}, TODAY)
    assert not under_age({}, TODAY)


DAYS = st.dates(date(1950, 1, 1), date(2026, 12, 31))
PARTIAL_DAYS = st.builds(PartialDay, DAYS, st.sampled_from(Precision))


def moved_to_start(value: PartialDay) -> PartialDay:
    """As it is stored: the first day of the known period."""
    first = {
        Precision.DAY: value.first,
        Precision.MONTH: value.first.replace(day=1),
        Precision.YEAR: value.first.replace(month=1, day=1),
        Precision.ESTIMATED: value.first.replace(day=1),
    }
    return PartialDay(first[value.precision], value.precision)


@st.composite
def a_true_day(draw: st.DrawFn) -> tuple[PartialDay, date]:
    """A day known in part, and the day that it really was."""
    known = moved_to_start(draw(PARTIAL_DAYS))
    return known, draw(st.dates(known.earliest(), known.latest()))


@given(a_true_day(), a_true_day(), a_true_day())
def test_what_can_be_true_breaks_no_rule(
    born: tuple[PartialDay, date], left: tuple[PartialDay, date], back: tuple[PartialDay, date]
) -> None:
    """The widest reading: a rule is silent about every true story, however little of it is known."""
    answers: dict[str, object] = {BORN: born[0], LEFT: left[0], BACK: back[0]}
    if left[1] <= back[1]:
        assert found(answers, "V04") == []
    if left[1] <= TODAY and back[1] <= TODAY:
        assert found(answers, "V05") == []
    if born[1] <= TODAY:
        assert found(answers, "V02") == []
    if (left[1] - born[1]).days > 18 * 365 + 5:
        assert found(answers, "V06") == []
    known = Known(episodes=[(back[0], None)])
    if left[1] <= back[1]:
        assert found(answers, "V16", known) == []


@given(a_true_day(), a_true_day())
def test_exact_days_in_the_wrong_order_are_always_told(
    left: tuple[PartialDay, date], back: tuple[PartialDay, date]
) -> None:
    answers: dict[str, object] = {LEFT: PartialDay(left[1]), BACK: PartialDay(back[1])}
    assert (found(answers, "V04") == [BACK]) is (back[1] < left[1])
    for key, problem in told(answers, "V04").items():
        assert problem.fix is None or found(answers | {key: problem.fix}, "V04") == []


@given(st.integers(0, 110), DAYS, st.integers(0, 40_000))
def test_a_stated_age_covers_every_birth_that_fits_it(age: int, stated: date, days: int) -> None:
    ages = age_on({AGE: age, AGE_ON: stated}, stated)
    assert ages == Ages(age, age)
    later = age_on({AGE: age, AGE_ON: stated}, stated + timedelta(days=days))
    assert later is not None
    assert 0 <= later.most - later.least <= 1


KEYS = sorted(
    {f"{record}.{name}" for record, model in RECORDS.items() for name in fields_of(model)}
    | set(LISTS)
    | set(TICKS)
    | {CONSENT + row.code for row in codelists.get("consent_scope")}
    | {TRIAGE + row.code for row in codelists.get("triage_question")}
)
CODES = sorted(
    {
        code
        for name in ("answer_yes_no", "consent_giver", "visa_type", "need", "bd_district")
        for code in codelists.get(name).rows
    }
)
VALUES: st.SearchStrategy[object] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=8),
    st.sampled_from(CODES),
    st.lists(st.sampled_from([*codelists.get("violation_type").rows, *codelists.get("safety_flag").rows]), max_size=3),
    st.lists(st.one_of(st.integers(), st.lists(st.text(max_size=2), max_size=1)), max_size=2),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.builds(PartialDay, st.dates(), st.sampled_from(Precision)),
    st.builds(Money, st.integers(), st.sampled_from(["bdt", "sar", "jpy", "zzz"])),
    st.builds(UUID, int=st.integers(0, 2**128 - 1)),
)


def fitting(key: str) -> st.SearchStrategy[object]:
    """Mostly what the field can hold, sometimes anything."""
    code_list = field_of(key).code_list
    codes: list[str] = list(codelists.get(code_list).rows) if code_list else CODES
    return st.one_of(VALUES, st.sampled_from(codes), st.lists(st.sampled_from(codes), max_size=3))


MIXES = st.lists(st.sampled_from(KEYS), max_size=12, unique=True).flatmap(
    lambda keys: st.fixed_dictionaries({key: fitting(key) for key in keys})
)
WHAT_WAS_TYPED = re.compile("“.*”", re.DOTALL)
JOURNEYS = st.lists(st.tuples(st.none() | PARTIAL_DAYS, st.none() | PARTIAL_DAYS), max_size=3)


@given(MIXES, st.dates(), st.booleans(), JOURNEYS, st.integers(0, 9))
def test_no_mix_of_answers_is_too_odd(
    answers: dict[str, object],
    today: date,
    registering: bool,
    episodes: list[tuple[PartialDay | None, PartialDay | None]],
    owners: int,
) -> None:
    known = Known(episodes, owners, {"sar": 32_50})
    for some in problems(answers, today, registering=registering, known=known).values():
        assert all(problem.text and "{" not in WHAT_WAS_TYPED.sub("", problem.text) for problem in some)


DATE_KEYS = [key for key in KEYS if field_of(key).kind.name in ("PARTIAL_DAY", "DAY", "COUNT", "MONEY")]


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(DATE_KEYS, VALUES)),
    st.dates(),
)
def test_no_date_age_or_amount_is_too_odd(answers: dict[str, object], today: date) -> None:
    problems(answers, today, registering=True, known=RATES)


@given(
    st.fixed_dictionaries(
        {BORN: PARTIAL_DAYS, LEFT: PARTIAL_DAYS, BACK: PARTIAL_DAYS, "incident.happened_from": PARTIAL_DAYS}
    )
)
def test_every_offered_date_silences_its_rule(answers: dict[str, object]) -> None:
    stored = {key: moved_to_start(value) for key, value in answers.items() if isinstance(value, PartialDay)}
    for key, some in problems(stored, TODAY).items():
        for problem in some:
            if isinstance(problem.fix, PartialDay):
                fixed = problems(stored | {key: problem.fix}, TODAY)
                assert problem.rule not in [other.rule for other in fixed.get(key, ())]


def test_a_moment_where_a_day_belongs_is_no_crash() -> None:
    moment = datetime(2026, 5, 1, tzinfo=UTC)
    problems(complete() | {"person.age_stated_on": moment, "case.opened_on": moment}, TODAY, registering=True)
