"""Reports over the real store: figures, what they open, and whom they are about."""

from __future__ import annotations

from casedesk.desk import Desk
from casedesk.services.intake import register_case
from casedesk.services.search import count_cases, filters_for
from casedesk.services.statistics import periods, reports
from casedesk.services.statistics.shapes import Among, Cell, Report, Request, Shown
from tests.support.people import a_returnee

MAY = periods.month(2026, 5)


def report(desk: Desk, among: Among = Among(), name: str = "R1") -> Report:  # noqa: B008 - it is frozen
    return reports.make(desk, Request(name, MAY, among))


def cell(made: Report, table: str, row: str, column: str) -> Cell:
    found = next(each for each in made.tables if each.key == table)
    place = [each.key for each in found.columns].index(column)
    return next(each.cells[place] for each in found.rows if each.key == row)


def test_registered_cases_are_counted_and_open_their_list(desk: Desk) -> None:
    for number in range(6):
        register_case(desk, a_returnee(person__phone_1=f"+88017110004{number:02}", person__name_en=f"Person {number}"))
    made = report(desk)
    total = cell(made, "indicators", "IND-01.all", "total")
    assert (total.shown, total.value, total.words) == (Shown.EXACT, 6, "6")
    assert total.opens is not None
    assert count_cases(desk, filters_for(total.opens)) == 6
    assert made.headline == "6 new cases registered. 6 more than in April 2026."
    assert made.so_far


def test_a_report_without_anybody_has_no_figures_and_says_so(desk: Desk) -> None:
    made = report(desk)
    assert cell(made, "indicators", "IND-01.all", "total").words == "0"
    assert all(each.shown is not Shown.UNDER for table in made.tables for row in table.rows for each in row.cells)


def test_a_single_case_is_told_nowhere(desk: Desk) -> None:
    register_case(desk, a_returnee())
    made = report(desk)
    assert cell(made, "indicators", "IND-01.all", "total").words == "<5"
    figures = [each for table in made.tables for row in table.rows for each in row.cells]
    assert not [each for each in figures if each.shown is Shown.EXACT and each.value]
