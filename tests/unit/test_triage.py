from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casedesk import codelists, i18n
from casedesk.services import triage
from casedesk.services.triage import Amounts, Result, Thresholds
from casedesk.values import Money

QUESTIONS = [row.code for row in codelists.get("triage_question")]
VIOLATIONS = [row.code for row in codelists.get("violation_type")]
MANNERS = [row.code for row in codelists.get("manner_of_return")]
CRITICAL = [row.code for row in codelists.get("triage_question") if row.yes("is_critical")]
NOTHING, USUAL = Amounts(), Thresholds()


def all_no_but(said: str) -> dict[str, str]:
    """Answers such as `t01 t12=unknown`: what is named is yes or as it says, all others are no."""
    answers = dict.fromkeys(QUESTIONS, "no")
    for word in said.split():
        short, _equals, answer = word.partition("=")
        answers[question(short)] = answer or "yes"
    return answers


def question(short: str) -> str:
    return next(code for code in QUESTIONS if code.startswith(f"{short}_"))


def short_rules(result: Result) -> set[str]:
    return {code.partition("_")[0] for code in result.rules}


FOUR_MONTHS = Amounts(unpaid=Money(4000_00, "sar"), promised_wage=Money(1000_00, "sar"))
EXAMPLES = {
    "A": (all_no_but("t12 t14 t15"), "voluntary_own", NOTHING, "suggest_success", {"s1"}),
    "B": (all_no_but("t11 t13"), "employer_arranged", NOTHING, "suggest_unsuccessful", {"u2"}),
    "C": (all_no_but("t01 t12 t14 t15"), "voluntary_own", NOTHING, "suggest_success", {"s1", "r1"}),
    "D": (all_no_but("t01 t11"), None, FOUR_MONTHS, "suggest_victim", {"v4"}),
    "E": (all_no_but("t02 t03"), "outpass", NOTHING, "suggest_victim", {"v3"}),
    "F": (all_no_but("t07"), "mission_assisted", NOTHING, "suggest_victim", {"v1"}),
    "G": (all_no_but("t07=declined t15"), "deported", NOTHING, "suggest_unsuccessful", {"u1", "r2"}),
    "H": ({question("t01"): "unknown"}, "unknown", NOTHING, "no_suggestion", {"x1", "r2"}),
    "I": (all_no_but("t12 t13 t14 t15"), "voluntary_own", NOTHING, "no_suggestion", {"x1"}),
    "J": (all_no_but("t11 t15 t12=unknown"), "evacuated_crisis", NOTHING, "suggest_unsuccessful", {"u1"}),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_worked_examples_come_out_as_written(name: str) -> None:
    answers, manner, amounts, outcome, rules = EXAMPLES[name]
    result = triage.suggest(answers, manner, [], amounts, USUAL)
    assert (result.outcome, short_rules(result)) == (outcome, rules)


def test_every_rule_of_the_list_has_its_condition_and_no_other_exists() -> None:
    assert set(triage.CONDITIONS) == set(codelists.get("triage_rule").rows)


def test_the_lists_say_what_the_rules_of_the_design_say() -> None:
    labour = codelists.get("triage_question").where("group", "labour")
    assert [code[:3] for code in labour] == ["t01", "t02", "t03", "t04", "t10"]
    assert [code[:3] for code in CRITICAL] == ["t05", "t06", "t07", "t08", "t09"]
    statuses = codelists.get("allegation_status")
    assert all(statuses.find(code) for code in triage.NOT_COUNTED)
    assert {triage.VICTIM, triage.SUCCESS} <= set(codelists.get("return_category").rows)


def test_a_critical_violation_suggests_a_victim_and_one_after_return_does_not() -> None:
    no = all_no_but("")
    assert "v2" in short_rules(triage.suggest(no, None, ["physical_violence"], NOTHING, USUAL))
    assert "v2" not in short_rules(triage.suggest(no, None, ["domestic_violence_after_return"], NOTHING, USUAL))


def test_serious_labour_violations_count_by_group_and_minor_ones_never() -> None:
    no = all_no_but("")
    assert "v3" in short_rules(triage.suggest(no, None, ["wages_not_paid", "passport_withheld"], NOTHING, USUAL))
    assert "v3" not in short_rules(triage.suggest(no, None, ["wages_not_paid", "wages_underpaid"], NOTHING, USUAL))
    minor = ["excessive_recruitment_fee", "no_weekly_rest", "union_rights_denied"]
    assert "v3" not in short_rules(triage.suggest(no, None, minor, NOTHING, USUAL))


@pytest.mark.parametrize(
    ("amounts", "clear"),
    [
        (Amounts(unpaid=Money(999_99, "sar"), promised_wage=Money(1000_00, "sar")), False),
        (Amounts(unpaid=Money(1000_00, "sar"), promised_wage=Money(1000_00, "sar")), True),
        (Amounts(months_unpaid=1), True),
        (Amounts(months_unpaid=0), False),
        (Amounts(unpaid=Money(0, "sar"), promised_wage=Money(0, "sar")), False),
        (Amounts(actual_wage=Money(800_00, "sar"), promised_wage=Money(1000_00, "sar")), True),
        (Amounts(actual_wage=Money(800_01, "sar"), promised_wage=Money(1000_00, "sar")), False),
        (Amounts(lost_to_recruiter=Money(50_000_00, "bdt")), True),
        (Amounts(lost_to_recruiter=Money(49_999_99, "bdt")), False),
        (Amounts(lost_to_recruiter=Money(1600_00, "sar")), False),
        (Amounts(lost_to_recruiter=Money(1600_00, "sar"), rates={"sar": 32_50}), True),
        (Amounts(lost_to_recruiter=Money(100_000, "omr"), rates={"omr": 310_00}), False),  # three decimals
        (Amounts(lost_to_recruiter=Money(200_000, "omr"), rates={"omr": 310_00}), True),
        (Amounts(actual_wage=Money(60_000, "omr"), promised_wage=Money(900_00, "sar")), False),
        (
            Amounts(
                actual_wage=Money(60_000, "omr"),
                promised_wage=Money(900_00, "sar"),
                rates={"omr": 310_00, "sar": 32_50},
            ),
            True,
        ),
    ],
)
def test_a_loss_is_clear_from_its_threshold_on_and_only_where_currencies_compare(amounts: Amounts, clear: bool) -> None:
    assert triage.clear_loss(amounts, USUAL) is clear
    rules = short_rules(triage.suggest(all_no_but("t01"), None, [], amounts, USUAL))
    assert ("v4" in rules, "r1" in rules) == (clear, not clear)


def test_the_thresholds_are_those_of_the_organisation_and_kept_with_the_result() -> None:
    amounts = Amounts(actual_wage=Money(85_00, "sar"), promised_wage=Money(100_00, "sar"), rates={"sar": 32_50})
    result = triage.suggest(all_no_but("t01"), None, [], amounts, Thresholds(wage_percent=90))
    assert result.category == "returned_victim"
    assert result.amounts_used == (
        "actual_wage=SAR 8500",
        "promised_wage=SAR 10000",
        "rate_sar=3250",
        "threshold_money_lost=BDT 5000000",
        "threshold_wage_percent=90",
    )


def test_unanswered_are_the_blanks_and_not_what_was_declined() -> None:
    answers = all_no_but("t07=declined t01=unknown")
    del answers[question("t05")]
    result = triage.suggest(answers, None, [], NOTHING, USUAL)
    assert result.unanswered == (question("t05"),)


def test_an_intake_is_read_with_its_amounts() -> None:
    answers = {
        "triage.t01_pay_problem": "yes",
        "wages.amount_owed": Money(3000_00, "sar"),
        "promised.wage": Money(1000_00, "sar"),
    }
    assert "v4" in short_rules(triage.suggest_from(answers, USUAL, {}))
    assert "v4" not in short_rules(triage.suggest_from(answers | {"incident.status": "withdrawn"}, USUAL, {}))


@pytest.mark.parametrize("status", triage.NOT_COUNTED)
def test_violations_that_were_taken_back_or_not_supported_do_not_count(status: str) -> None:
    answers: dict[str, object] = {"incident.violations": ["rape"]}
    assert triage.suggest_from(answers, USUAL, {}).category == "returned_victim"
    assert triage.suggest_from(answers | {"incident.status": status}, USUAL, {}).category is None


def test_a_family_case_gets_no_category() -> None:
    answers = {"triage.t06_violence_threat": "yes", "case.case_subject": "family_of_deceased"}
    assert triage.suggest_from(answers, USUAL, {}).category is None


def test_reasons_are_told_in_the_language_spoken() -> None:
    result = triage.suggest(all_no_but("t06"), "deported", [], NOTHING, USUAL)
    rule = codelists.get("triage_rule")["v1_critical_answer"]
    assert triage.reasons(result) == [rule.extra["explain_en"]]
    with i18n.speaking("bn"):
        assert triage.reasons(result) == [rule.extra["explain_bn"]]


def test_violations_are_offered_for_a_yes_until_they_are_recorded() -> None:
    answers: dict[str, object] = {"triage.t03_papers_held": "yes", "triage.t09_was_child": "unknown"}
    assert triage.offered_violations(answers) == ["passport_withheld", "documents_held_by_recruiter"]
    answers["incident.violations"] = ["passport_withheld"]
    assert triage.offered_violations(answers) == ["documents_held_by_recruiter"]


@pytest.mark.parametrize(
    ("flags", "category", "needs", "priority"),
    [
        (["no_food", "immediate_danger"], "returned_success", [], "urgent"),
        (["no_food"], None, [], "high"),
        ([], "returned_victim", [], "high"),
        ([], "returned_unsuccessful", [], "medium"),
        ([], None, [], "medium"),
        ([], "returned_success", ["loan"], "medium"),
        ([], "returned_success", [], "low"),
    ],
)
def test_priority_follows_flags_then_category(
    flags: list[str], category: str | None, needs: list[str], priority: str
) -> None:
    answers = {"safety_flag.flags": flags, "need_item.needs": needs}
    assert triage.proposed_priority(answers, category) == priority


def test_every_priority_and_flag_has_its_time() -> None:
    today, now = date(2026, 5, 12), datetime(2026, 5, 12, 9, tzinfo=UTC)
    days = {row.code: (triage.next_contact(row.code, today) - today).days for row in codelists.get("priority")}
    assert days == {"urgent": 0, "high": 3, "medium": 14, "low": 30}
    assert triage.due_at("immediate_danger", now) == now + timedelta(hours=1)
    assert triage.due_at("from_a_newer_program", now) == now
    priorities = codelists.get("priority")
    assert all(row.extra["default_priority"] in priorities.rows for row in codelists.get("safety_flag"))


ANSWERS = st.dictionaries(
    st.sampled_from(QUESTIONS),
    st.one_of(st.sampled_from(["yes", "no", "unknown", "declined", ""]), st.text(max_size=5)),
)
MONEY = st.none() | st.builds(
    Money, st.integers(-(10**9), 10**12), st.sampled_from(["bdt", "sar", "omr", "jpy", "zzz"])
)
RATES = st.dictionaries(st.sampled_from(["sar", "omr", "jpy", "zzz"]), st.integers(-5, 10**6))
AMOUNTS = st.builds(Amounts, MONEY, MONEY, MONEY, MONEY, RATES, st.none() | st.integers(-1, 600))
RECORDED = st.lists(st.one_of(st.sampled_from(VIOLATIONS), st.text(max_size=5)), max_size=4)


@given(ANSWERS, st.none() | st.sampled_from(MANNERS) | st.text(max_size=5), RECORDED, AMOUNTS)
def test_whatever_is_answered_there_is_one_outcome_with_its_reasons(
    answers: dict[str, str], manner: str | None, recorded: list[str], amounts: Amounts
) -> None:
    result = triage.suggest(answers, manner, recorded, amounts, USUAL)
    suggests = {codelists.get("triage_rule")[code].extra["suggests"] for code in result.rules} - {""}
    assert suggests == {result.outcome}
    assert all(triage.reasons(result))


@given(ANSWERS, st.sampled_from(MANNERS), RECORDED, AMOUNTS, st.sampled_from(CRITICAL))
def test_a_critical_yes_outweighs_everything(
    answers: dict[str, str], manner: str, recorded: list[str], amounts: Amounts, critical: str
) -> None:
    result = triage.suggest(answers | {critical: "yes"}, manner, recorded, amounts, USUAL)
    assert result.category == "returned_victim"


@given(ANSWERS, st.sampled_from(QUESTIONS), st.sampled_from(MANNERS), RECORDED)
def test_a_blank_is_never_read_as_no(answers: dict[str, str], blank: str, manner: str, recorded: list[str]) -> None:
    """Leaving a question blank does what “unknown” does, and never what only a “no” does."""
    left_out = {code: said for code, said in answers.items() if code != blank}
    without = triage.suggest(left_out, manner, recorded, NOTHING, USUAL)
    unknown = triage.suggest(left_out | {blank: "unknown"}, manner, recorded, NOTHING, USUAL)
    assert (without.outcome, without.rules) == (unknown.outcome, unknown.rules)
    assert blank in without.unanswered
    assert blank not in CRITICAL or "r2" in short_rules(without)
    assert without.outcome != "suggest_success" or blank not in map(question, ("t12", "t13", "t14"))


def test_no_answer_at_all_suggests_nothing() -> None:
    assert triage.suggest({}, None, [], NOTHING, USUAL).outcome == "no_suggestion"
