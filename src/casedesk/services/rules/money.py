"""Amounts that nobody pays or earns."""

from __future__ import annotations

from casedesk import formats
from casedesk.errors import Problem
from casedesk.i18n import _
from casedesk.services.rules.intake import Found, Intake
from casedesk.services.triage import TAKA, worth
from casedesk.values import Money

WAGES = ("promised.wage", "actual.wage", "migration_episode.first_month_earnings")
COST = "cost_item.amount"
COSTS = (Money(1_000_00, TAKA), Money(20_00_000_00, TAKA))
MOST_WAGE = Money(5_00_000_00, TAKA)


def v19_cost(intake: Intake) -> Found:
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


def v20_wage(intake: Intake) -> Found:
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
