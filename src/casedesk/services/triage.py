"""Guided triage: which category the answers suggest, why, what cannot wait and how soon (DOMAIN 7 and 8).

It suggests and shows its reasons; a person decides, and nothing here writes a category. A blank is never a no.
The order of the rules, what each suggests and how it is explained come from `triage_rule.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

from casedesk import codelists
from casedesk.codelists import Code
from casedesk.formats import minor_digits
from casedesk.i18n import language
from casedesk.models.columns import money_text
from casedesk.services.answers import TRIAGE, Answers, asked, several
from casedesk.values import Money

RULES_VERSION = "1"
NOT_COUNTED = ("withdrawn", "not_supported")  # allegations that say nothing any more
VICTIM, SUCCESS = "returned_victim", "returned_success"
TAKA = "bdt"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on a loss is clear: a setting of the organisation, kept with each result."""

    wage_percent: int = 80
    money_lost: Money = Money(50_000_00, TAKA)  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class Amounts:
    """What is known about money. `rates` tells what one unit of a currency is worth, in minor units of taka."""

    unpaid: Money | None = None
    promised_wage: Money | None = None
    actual_wage: Money | None = None
    lost_to_recruiter: Money | None = None
    rates: Mapping[str, int] = field(default_factory=dict)
    months_unpaid: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What is suggested and why. `unanswered` are the questions without any answer; a declined one has its answer."""

    outcome: str
    rules: tuple[str, ...]
    unanswered: tuple[str, ...]
    amounts_used: tuple[str, ...]
    category: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at."""

    answers: Mapping[str, str]
    manner: Code | None
    violations: tuple[Code, ...]
    clear_loss: bool

    def labour(self) -> int:
        """How many kinds of labour-rights violation were told."""
        return sum(self.answers.get(row.code) == "yes" for row in _questions() if row.extra["group"] == "labour")


def suggest(
    answers: Mapping[str, str],
    manner: str | None,
    violations: Collection[str],
    amounts: Amounts,
    thresholds: Thresholds,
) -> Result:
    """Run the rules in their order. The first that suggests something wins; one that suggests otherwise waits."""
    known = codelists.get("violation_type")
    facts = Facts(
        answers,
        codelists.get("manner_of_return").find(manner),
        tuple(row for code in violations if (row := known.find(code)) is not None),
        clear_loss(amounts, thresholds),
    )
    outcome, fired = "", []
    for rule in codelists.get("triage_rule"):
        suggests = rule.extra["suggests"]
        if outcome and suggests not in ("", outcome):
            continue
        if CONDITIONS[rule.code](facts):
            fired.append(rule.code)
            outcome = outcome or suggests
    said = {row.code for row in codelists.get("answer_yes_no")}
    return Result(
        outcome,
        tuple(fired),
        tuple(row.code for row in _questions() if answers.get(row.code) not in said),
        _used(amounts, thresholds),
        codelists.get("triage_outcome")[outcome].extra["maps_to_category"] or None,
    )


def suggest_from(answers: Answers, thresholds: Thresholds, rates: Mapping[str, int]) -> Result:
    """The suggestion for an intake. The client of a family case did not return and gets no suggestion."""
    counts = answers.get("incident.status") not in NOT_COUNTED
    manner = answers.get("migration_episode.manner_of_return")
    months = answers.get("wages.months_unpaid")
    amounts = Amounts(
        unpaid=(_money(answers, "wages.amount_owed") if counts else None)
        or _money(answers, "migration_episode.wages_owed"),
        promised_wage=_money(answers, "promised.wage"),
        actual_wage=_money(answers, "actual.wage"),
        lost_to_recruiter=_money(answers, "recruiter_involvement.amount_lost"),
        rates=rates,
        months_unpaid=months if counts and isinstance(months, int) else None,
    )
    if not is_returnee(answers):
        return Result("no_suggestion", (), (), _used(amounts, thresholds), None)
    return suggest(
        asked(answers, TRIAGE),
        manner if isinstance(manner, str) else None,
        several(answers, "incident.violations") if counts else (),
        amounts,
        thresholds,
    )


def is_returnee(answers: Answers) -> bool:
    """Whether the client is the one who migrated. In a family case it is a relative, who has no category."""
    return answers.get("case.case_subject") in (None, "returnee")


def reasons(result: Result) -> list[str]:
    """Why, in the language spoken: one sentence for each rule that fired."""
    rules = (codelists.get("triage_rule").find(code) for code in result.rules)
    return [rule.extra[f"explain_{language()}"] for rule in rules if rule is not None]


def offered_violations(answers: Answers) -> list[str]:
    """The violations that the answers make likely and that are not recorded yet, in the order of the questions."""
    told = asked(answers, TRIAGE)
    offered = [code for row in _questions() if told.get(row.code) == "yes" for code in row.several(_OFFERS)]
    recorded = several(answers, "incident.violations")
    return [code for code in dict.fromkeys(offered) if code not in recorded]


def clear_loss(amounts: Amounts, thresholds: Thresholds) -> bool:
    """Whether the loss is large: a month of wages, far less than promised, or much lost to a recruiter."""
    return (
        (amounts.months_unpaid or 0) >= 1
        or _reaches(amounts.unpaid, amounts.promised_wage, amounts.rates)
        or _falls_short(amounts, thresholds.wage_percent)
        or _reaches(amounts.lost_to_recruiter, thresholds.money_lost, amounts.rates)
    )


def worth(value: Money, rates: Mapping[str, int]) -> Fraction | None:
    """Minor units of taka; None without a rate, which is not nothing."""
    if value.currency == TAKA:
        return Fraction(value.minor)
    rate = rates.get(value.currency, 0)
    return Fraction(value.minor * rate, 10 ** minor_digits(value.currency)) if rate > 0 else None


# How soon


def proposed_priority(answers: Answers, category: str | None) -> str:
    """The highest priority that a flag or the category asks for; low for a good return without needs."""
    flags = (codelists.get("safety_flag").find(flag) for flag in several(answers, "safety_flag.flags"))
    asked_for = [flag.extra["default_priority"] for flag in flags if flag is not None]
    if category == VICTIM:
        asked_for.append("high")
    if asked_for:
        priorities = codelists.get("priority")
        return min(asked_for, key=lambda code: priorities[code].sort)
    return "low" if category == SUCCESS and not several(answers, "need_item.needs") else "medium"


def next_contact(priority: str, today: date) -> date:
    """The last day on which the next contact is still in time. What has 24 hours is for the same day."""
    hours = _hours("priority", priority)
    return today + timedelta(days=hours // 24 if hours > 24 else 0)


def due_at(flag: str, raised_at: datetime) -> datetime:
    """Until when somebody has to act on a flag; at once for one that a newer program wrote."""
    return raised_at + timedelta(hours=_hours("safety_flag", flag))


def _hours(code_list: str, code: str) -> int:
    row = codelists.get(code_list).find(code)
    return int(row.extra["response_hours"]) if row else 0


# The conditions of the rules


def _critical_answer(facts: Facts) -> bool:
    return any(facts.answers.get(row.code) == "yes" for row in _critical())


def _critical_violation(facts: Facts) -> bool:
    return any(row.extra["triage_group"] == "critical" for row in facts.violations)


def _two_labour_groups(facts: Facts) -> bool:
    serious = {
        row.extra["group"]
        for row in facts.violations
        if row.extra["triage_group"] == "labour" and row.extra["severity"] == "serious"
    }
    return facts.labour() >= 2 or len(serious) >= 2


def _one_labour_with_loss(facts: Facts) -> bool:
    return facts.labour() == 1 and facts.clear_loss


def _forced_return(facts: Facts) -> bool:
    return facts.manner is not None and facts.manner.yes("triage_u1")


def _two_loss_signs(facts: Facts) -> bool:
    return sum(facts.answers.get(code) == said for code, said in _named_answers("u2_two_loss_signs")) >= 2


def _goal_reached(facts: Facts) -> bool:
    return all(facts.answers.get(code) == said for code, said in _named_answers("s1_goal_reached"))


def _one_labour_no_loss(facts: Facts) -> bool:
    return facts.labour() == 1 and not facts.clear_loss


def _critical_unanswered(facts: Facts) -> bool:
    return any(facts.answers.get(row.code) not in ("yes", "no") for row in _critical())


def _nothing_else(_facts: Facts) -> bool:
    """Reached only while nothing else has suggested anything."""
    return True


CONDITIONS: Mapping[str, Callable[[Facts], bool]] = {
    "v1_critical_answer": _critical_answer,
    "v2_critical_violation": _critical_violation,
    "v3_two_labour_groups": _two_labour_groups,
    "v4_one_labour_with_loss": _one_labour_with_loss,
    "u1_forced_return": _forced_return,
    "u2_two_loss_signs": _two_loss_signs,
    "s1_goal_reached": _goal_reached,
    "r1_one_labour_no_loss": _one_labour_no_loss,
    "r2_critical_unanswered": _critical_unanswered,
    "x1_no_suggestion": _nothing_else,
}

_OFFERS = "if_yes_suggest_violation"
_NAMED_ANSWER = re.compile(r"(t[0-9]+) = (yes|no)\b")


def _named_answers(rule: str) -> Iterator[tuple[str, str]]:
    """The answers that the condition of a rule names: “t11 = yes, t12 = no”."""
    for short, said in _NAMED_ANSWER.findall(codelists.get("triage_rule")[rule].extra["condition"]):
        yield next(row.code for row in _questions() if row.code.startswith(f"{short}_")), said


def _questions() -> codelists.CodeList:
    return codelists.get("triage_question")


def _critical() -> Iterator[Code]:
    return (row for row in _questions() if row.yes("is_critical"))


# Money


def _reaches(value: Money | None, least: Money | None, rates: Mapping[str, int]) -> bool:
    """Whether `value` is known to be at least `least`, which is more than nothing."""
    both = _comparable(value, least, rates)
    return both is not None and both[0] >= both[1] > 0


def _falls_short(amounts: Amounts, percent: int) -> bool:
    both = _comparable(amounts.actual_wage, amounts.promised_wage, amounts.rates)
    return both is not None and both[1] > 0 and both[0] * 100 <= both[1] * percent


def _comparable(one: Money | None, other: Money | None, rates: Mapping[str, int]) -> tuple[Fraction, Fraction] | None:
    """Both in one unit, or None if that is not possible."""
    if one is None or other is None:
        return None
    if one.currency == other.currency:
        return Fraction(one.minor), Fraction(other.minor)
    first, second = worth(one, rates), worth(other, rates)
    return None if first is None or second is None else (first, second)


def _used(amounts: Amounts, thresholds: Thresholds) -> tuple[str, ...]:
    """What was known about money, with the rates and thresholds, as the journal keeps it."""
    money = {
        name: value
        for name in ("unpaid", "promised_wage", "actual_wage", "lost_to_recruiter")
        if (value := getattr(amounts, name)) is not None
    }
    used = {name: money_text(value) for name, value in money.items()}
    used |= {
        f"rate_{value.currency}": str(amounts.rates[value.currency])
        for value in money.values()
        if value.currency in amounts.rates and value.currency != TAKA
    }
    if amounts.months_unpaid is not None:
        used["months_unpaid"] = str(amounts.months_unpaid)
    used["threshold_wage_percent"] = str(thresholds.wage_percent)
    used["threshold_money_lost"] = money_text(thresholds.money_lost)
    return tuple(sorted(f"{name}={value}" for name, value in used.items()))


def _money(answers: Answers, key: str) -> Money | None:
    value = answers.get(key)
    return value if isinstance(value, Money) and value.minor >= 0 else None
