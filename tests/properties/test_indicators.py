"""Every indicator says what a person with pencil and paper would: the same centres, counted twice.

The slow count below knows the people, not the store, and shares nothing with the expressions that count there.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import pytest

from casedesk.desk import Desk
from casedesk.services.search import Filters, count_cases
from casedesk.services.sign_in import sign_in
from casedesk.services.statistics import compute, periods, reports
from casedesk.services.statistics.compute import Asked
from casedesk.services.statistics.indicators import INDICATORS
from casedesk.services.statistics.periods import Period
from casedesk.services.statistics.shapes import Request, Unit
from tests.conftest import NOW, PASSPHRASE
from tests.support.random_centre import LIMITS, RATES, TODAY, Sent, Someone, people, write

People = Sequence[Someone]
Share = tuple[int, int]  # how many, and how many of them
WAGES = {"wages_not_paid", "wages_underpaid"}
GBV = {"wages_not_paid", "wages_underpaid", "physical_violence", "sexual_assault", "communication_cut"}
SIGNS = {
    "wages_not_paid": "wages", "wages_underpaid": "wages", "contract_substitution": "deception",
    "passport_withheld": "papers", "physical_violence": "violence", "sexual_assault": "violence",
    "debt_bondage": "debt", "excessive_hours": "overtime", "deceived_about_job": "deception",
    "communication_cut": "isolation",
}  # fmt: skip
CATEGORIES = {"suggest_victim": "returned_victim", "suggest_success": "returned_success"}


def said(one: Someone) -> set[str]:
    return set() if one.told_and_taken_back else set(one.violations)


def asked(one: Someone) -> bool:
    return one.account or one.suggested is not None


def share(of: Sequence[bool]) -> Share:
    return len(of), sum(of)


def opened_in(found: People, period: Period, ripe: int = 0) -> list[Someone]:
    last = min(period.last, TODAY - timedelta(days=ripe)) if ripe else period.last
    return [one for one in found if period.first <= one.opened <= last]


def referrals(found: People, period: Period, ripe: int = 0) -> list[Sent]:
    last = min(period.last, TODAY - timedelta(days=ripe)) if ripe else period.last
    return [
        sent for one in found for sent in one.sent if period.first <= sent.on <= last and sent.status != "cancelled"
    ]


def open_then(found: People, period: Period) -> list[Someone]:
    last = min(period.last, TODAY)
    return [one for one in found if one.opened <= last and (one.closed is None or one.closed > last)]


def talked(one: Someone, last: date) -> bool:
    days = [one.opened, *one.notes, *(done for _due, done, _status in one.tasks if done)]
    return any(last - timedelta(days=30) <= day <= last for day in days)


def in_taka(amount: tuple[int, str]) -> float:
    return amount[0] * RATES[amount[1]]


def earned(one: Someone) -> float | None:
    amount = one.earned or one.actual_wage
    return in_taka(amount) if amount else None


def flags(found: People, period: Period) -> Share:
    raised = [(allowed, acted) for one in opened_in(found, period) for allowed, acted in one.flags
              if acted is not None or one.opened < TODAY or allowed <= 6]  # fmt: skip
    return share([acted is not None and acted <= allowed for allowed, acted in raised])


def tasks(found: People, period: Period) -> Share:
    last = min(period.last, TODAY - timedelta(days=4))
    due = [
        (due, done)
        for one in found
        for due, done, status in one.tasks
        if period.first <= due <= last and status != "cancelled"
    ]
    return share([done is not None and done <= due + timedelta(days=3) for due, done in due])


def above_limit(found: People, period: Period) -> Share:
    known = [one for one in opened_in(found, period) if one.paid and one.country in LIMITS]
    return share([in_taka(one.paid) > LIMITS[one.country] for one in known if one.paid])


def closed(found: People, period: Period) -> Share:
    return sum(one.closed is not None and period.first <= one.closed <= period.last for one in found), 0


COUNTS: dict[str, Callable[[People, Period], Share]] = {
    "IND-01": lambda found, p: (len(opened_in(found, p)), 0),
    "IND-03": lambda found, p: (sum(one.category is not None for one in opened_in(found, p)), 0),
    "IND-04": lambda found, p: share(
        [CATEGORIES[one.suggested] == one.category for one in opened_in(found, p)
         if one.category and one.suggested in CATEGORIES]
    ),
    "IND-06": flags,
    "IND-09": tasks,
    "OPEN": lambda found, p: (len(open_then(found, p)), 0),
    "IND-10": lambda found, p: share([not talked(one, min(p.last, TODAY)) for one in open_then(found, p)]),
    "SCREENED": lambda found, p: (sum(asked(one) for one in opened_in(found, p)), 0),
    "IND-11": lambda found, p: (sum(bool(said(one) - {"sexual_assault"}) for one in opened_in(found, p)), 0),
    "SEXUAL": lambda found, p: (sum("sexual_assault" in said(one) for one in opened_in(found, p)), 0),
    "IND-14": lambda found, p: share([bool(said(one) & WAGES) for one in opened_in(found, p) if asked(one)]),
    "IND-15-CONTRACT": lambda found, p: share(
        ["contract_substitution" in said(one) for one in opened_in(found, p) if asked(one)]
    ),
    "IND-15-PASSPORT": lambda found, p: share(
        ["passport_withheld" in said(one) for one in opened_in(found, p) if asked(one)]
    ),
    "IND-16": lambda found, p: (sum(bool(said(one) & GBV) for one in opened_in(found, p)), 0),
    "IND-18": above_limit,
    "IND-19": lambda found, p: share([sum(one.debts) > 0 for one in opened_in(found, p) if one.debts]),
    "SENT": lambda found, p: (len(referrals(found, p)), 0),
    "IND-20": lambda found, p: share([sent.accepted for sent in referrals(found, p, 14)]),
    "IND-21": lambda found, p: share([sent.outcome == "service_received_full" for sent in referrals(found, p, 60)]),
    "IND-23": lambda found, p: share([sent.declined == "service_not_functional" for sent in referrals(found, p)]),
    "IND-24": lambda found, p: share([sent.consent for sent in referrals(found, p)]),
    "IND-40": closed,
    "IND-44": lambda found, p: share(
        [answer == "given" for one in opened_in(found, p) for answer in one.consents if answer != "withdrawn"]
    ),
    "IND-44-BACK": lambda found, p: (sum(one.consents.count("withdrawn") for one in opened_in(found, p)), 0),
    "IND-45": lambda found, p: share([met for one in opened_in(found, p, 90) for met in one.needs]),
}  # fmt: skip
AMOUNTS: dict[str, Callable[[People, Period], list[float]]] = {
    "IND-17": lambda found, p: [
        in_taka(one.paid) / of for one in opened_in(found, p) if one.paid and (of := earned(one))
    ],
    "COST": lambda found, p: [in_taka(one.paid) * 100 for one in opened_in(found, p) if one.paid],
    "IND-19-OWED": lambda found, p: [sum(one.debts) * 100.0 for one in opened_in(found, p) if sum(one.debts)],
    "IND-14-OWED": lambda found, p: [
        in_taka(one.owed_wages) * 100 for one in opened_in(found, p) if one.owed_wages and said(one) & WAGES
    ],
    "IND-22": lambda found, p: [float((sent.started - sent.on).days) for sent in referrals(found, p) if sent.started],
}
AGES = (
    (11, "age_0_11"),
    (17, "age_12_17"),
    (24, "age_18_24"),
    (34, "age_25_34"),
    (44, "age_35_44"),
    (59, "age_45_59"),
)
PERIODS = (periods.month(2026, 2), periods.month(2026, 5), periods.quarter(2026, 1), periods.year(2026))


@pytest.fixture
def centres(empty_centre: Path, tmp_path: Path, rounds: int) -> Iterator[tuple[int, Desk, list[Someone]]]:
    """Random centres, one after the other; the first is empty."""

    def each() -> Iterator[tuple[int, Desk, list[Someone]]]:
        for seed in range(max(rounds // 5, 2)):
            dice = random.Random(seed)  # noqa: S311 - the same centres each time
            folder = Path(shutil.copytree(empty_centre, tmp_path / str(seed)))
            desk = sign_in(folder, "farzana", PASSPHRASE, lambda: NOW)
            found = people(dice, 12 * seed)
            write(desk, found)
            yield seed, desk, [one for one in found if not one.mistake]
            desk.store.vault.close()

    return each()


def test_indicators_count_what_pencil_and_paper_count(centres: Iterator[tuple[int, Desk, list[Someone]]]) -> None:
    for seed, desk, found in centres:
        who = Asked.of(desk)
        with desk.read() as session:
            for period in PERIODS:
                for name, slow in COUNTS.items():
                    tally = compute.tallies(session, who, INDICATORS[name], [period])[0].get((), compute.Tally())
                    assert (tally.count, tally.hits) == slow(found, period), (seed, name, period.label)
                for name, amounts in AMOUNTS.items():
                    spread, _groups = compute.spreads(session, who, INDICATORS[name], period, INDICATORS[name].by[0])
                    wanted = amounts(found, period)
                    assert spread.count == len(wanted), (seed, name, period.label)
                    assert spread.median == pytest.approx(median(wanted) if wanted else 0), (seed, name, period.label)


def test_breakdowns_add_up_to_the_whole(centres: Iterator[tuple[int, Desk, list[Someone]]]) -> None:
    for seed, desk, found in centres:
        with desk.read() as session:
            for period in PERIODS:
                by = compute.tallies(session, Asked.of(desk), INDICATORS["IND-01"], [period], ["sex", "age"])[0]
                wanted: dict[tuple[str | None, ...], int] = {}
                for one in opened_in(found, period):
                    key = (sex_of(one), age_of(one))
                    wanted[key] = wanted.get(key, 0) + 1
                assert {codes: tally.count for codes, tally in by.items()} == wanted, seed
                signs = compute.tallies(session, Asked.of(desk), INDICATORS["IND-12"], [period], ["ilo"])[0]
                counted: dict[tuple[str | None, ...], int] = {}
                for one in opened_in(found, period):
                    if asked(one):
                        band = signs_of(one)
                        counted[(band,)] = counted.get((band,), 0) + 1
                assert {codes: tally.count for codes, tally in signs.items()} == counted, seed


def test_every_figure_opens_the_list_that_makes_it(centres: Iterator[tuple[int, Desk, list[Someone]]]) -> None:
    for seed, desk, _found in centres:
        opened = 0
        for name in reports.CATALOGUE:
            made = reports.make(desk, Request(name, periods.quarter(2026, 1)))
            for cell in (cell for table in made.tables for row in table.rows for cell in row.cells if cell.opens):
                cases = count_cases(desk, Filters(is_open=None, figure=cell.opens)) if cell.opens else 0
                assert cell.value is not None
                if cell.unit is Unit.CASES:
                    assert cases == cell.value, (seed, name, cell)
                else:
                    assert 0 < cases <= cell.value, (seed, name, cell)  # one case can have several
                opened += 1
        assert opened > 0 or seed < 2


def sex_of(one: Someone) -> str:
    return {"female": "female", "male": "male", "not_stated": "unknown"}.get(one.sex, "other")


def age_of(one: Someone) -> str:
    ages = (
        (11, "age_0_11"),
        (17, "age_12_17"),
        (24, "age_18_24"),
        (34, "age_25_34"),
        (44, "age_35_44"),
        (59, "age_45_59"),
    )
    return next((code for most, code in ages if one.age <= most), "age_60_plus")


def signs_of(one: Someone) -> str:
    count = len({SIGNS[code] for code in said(one)})
    return "none" if not count else "one_or_two" if count < 3 else "three_or_four" if count < 5 else "five_or_more"
