"""A small centre, counted by hand: the people stand in a table, and beside them what the reports must say."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from casedesk.desk import Desk
from casedesk.services.statistics import compute, periods
from casedesk.services.statistics.compute import Asked
from casedesk.services.statistics.indicators import INDICATORS
from tests.support.random_centre import Sent, Someone, write

WORKER = UUID(int=7)
MARCH = periods.month(2026, 3)


def someone(day: int, sex: str, country: str, category: str | None, **more: object) -> Someone:
    one = Someone(date(2026, 3, day), sex, 30, country, "dhaka", category, WORKER)
    for name, value in more.items():
        setattr(one, name, value)
    return one


def sent(day: int, status: str, **more: object) -> Sent:
    one = Sent(date(2026, 3, day), "legal_advice", status, status in ("accepted", "completed"), None, None, None, True)
    for name, value in more.items():
        setattr(one, name, value)
    return one


# fmt: off
PEOPLE = [
    someone(2, "female", "sa", "returned_victim", suggested="suggest_victim", account=True,
            violations=("wages_not_paid", "passport_withheld", "physical_violence"), paid=(300_000, "bdt"),
            earned=(1_000, "sar"), debts=(120_000,), flags=[(1, 0)],
            sent=[sent(5, "completed", outcome="service_received_full", started=date(2026, 3, 12))]),
    someone(4, "female", "sa", "returned_victim", suggested="suggest_success", account=True,
            violations=("wages_not_paid",), paid=(130_000, "bdt"), debts=(0,), flags=[(1, 5)],
            sent=[sent(9, "declined", declined="service_not_functional"), sent(20, "sent", consent=False)]),
    someone(9, "male", "my", "returned_success", suggested="suggest_success",
            tasks=[(date(2026, 3, 20), date(2026, 3, 22), "done"), (date(2026, 3, 25), date(2026, 3, 30), "done")]),
    someone(11, "male", "sa", None, account=True, violations=("contract_substitution",), told_and_taken_back=True,
            needs=[True, False], consents=["given", "refused"]),
    someone(15, "hijra_third_gender", "kw", None, status="closed", closed=date(2026, 3, 28),
            closed_because="goals_achieved"),
    someone(16, "male", "kw", None, status="closed", closed=date(2026, 3, 17), mistake=True,
            closed_because="registered_in_error"),
]
# fmt: on
EXPECTED = {  # how many, and how many of them
    "IND-01": (5, 0),  # all but the one registered by mistake
    "IND-03": (3, 0),
    "IND-04": (3, 2),  # the second was suggested to be a success
    "IND-06": (2, 1),  # acted on at once; acted on after five hours instead of one
    "IND-09": (2, 1),  # two days late counts, five do not
    "OPEN": (4, 0),  # one was closed on the 28th
    "SCREENED": (4, 0),
    "IND-11": (2, 0),  # what was taken back does not count
    "IND-14": (4, 2),
    "IND-15-PASSPORT": (4, 1),
    "IND-15-CONTRACT": (4, 0),
    "IND-18": (2, 1),  # the limit for Saudi Arabia is 165,000
    "IND-19": (2, 1),
    "SENT": (3, 0),
    "IND-20": (3, 1),
    "IND-23": (3, 1),
    "IND-24": (3, 2),
    "IND-40": (1, 0),
    "IND-44": (2, 1),
    "IND-45": (0, 0),  # not ninety days ago
}


@pytest.fixture
def centre(desk: Desk) -> Desk:
    write(desk, PEOPLE)
    return desk


def test_the_figures_are_those_counted_by_hand(centre: Desk) -> None:
    with centre.read() as session:
        found = {
            name: compute.tallies(session, Asked.of(centre), INDICATORS[name], [MARCH])[0].get((), compute.Tally())
            for name in EXPECTED
        }
    assert {name: (tally.count, tally.hits) for name, tally in found.items()} == EXPECTED


def test_amounts_are_in_one_currency(centre: Desk) -> None:
    with centre.read() as session:
        cost = compute.spreads(session, Asked.of(centre), INDICATORS["IND-17"], MARCH, "country")[0]
        waited = compute.spreads(session, Asked.of(centre), INDICATORS["IND-22"], MARCH, "service_group")[0]
    assert (cost.count, round(cost.median, 2)) == (1, 9.23)  # 300,000 taka in months of 1,000 riyal at 32.50
    assert (waited.count, waited.median) == (1, 7)


def test_what_an_older_program_wrote_is_a_group_of_its_own(desk: Desk) -> None:
    write(desk, [someone(day, "male", "sa", "gone_category") for day in range(1, 8)])
    with desk.read() as session:
        found = compute.tallies(session, Asked.of(desk), INDICATORS["IND-01"], [MARCH], ["category"])[0]
    assert found == {("gone_category",): compute.Tally(7)}
