"""Exchange rates: the newest one counts, everywhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import String, cast, literal, select

from casedesk.desk import Desk
from casedesk.models import ExchangeRate
from casedesk.services.rates import rates, set_rate
from casedesk.services.statistics.sql import taka
from casedesk.values import Money
from tests.conftest import NOW

TEN_RIYALS = cast(literal("SAR 1000"), String)


def worth(desk: Desk) -> tuple[int, float]:
    """One riyal in poisha by forms, ten of them by reports."""
    with desk.read() as session:
        return rates(session)["sar"], session.execute(select(taka(TEN_RIYALS))).scalar_one()


def test_a_rate_that_is_set_again_on_the_same_day_is_put_right(desk: Desk) -> None:
    for poisha in (320, 3_200, 3_250):
        set_rate(desk, "sar", Money(poisha, "bdt"))
    assert worth(desk) == (3_250, 32_500.0)
    tomorrow = replace(desk, clock=lambda: NOW + timedelta(days=1))
    set_rate(tomorrow, "sar", Money(3_300, "bdt"))
    assert worth(desk) == (3_300, 33_000.0)
    with desk.read() as session:
        assert len(session.scalars(select(ExchangeRate)).all()) == 2


def test_of_two_rates_of_one_day_forms_and_reports_take_the_same(desk: Desk) -> None:
    for poisha in (3_100, 3_200, 3_300, 3_400):  # as computers that were apart set them
        with desk.write("test.rate") as session:
            session.add(ExchangeRate(currency="sar", taka=Money(poisha, "bdt"), on=date(2026, 5, 12)))
    one, ten = worth(desk)
    assert ten == one * 10
