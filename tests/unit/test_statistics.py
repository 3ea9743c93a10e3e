"""Reports over the real store: figures, what they open, and whom they are about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

from sqlalchemy import func, select

from casedesk import codelists
from casedesk.desk import Desk
from casedesk.fields import Field, Kind
from casedesk.models import Case, CodedRow, ConsentLine, CountRow
from casedesk.services.answers import field_of
from casedesk.services.case_facts import case_facts
from casedesk.services.cases import edit_case
from casedesk.services.drafts import begin_draft
from casedesk.services.intake import register_case
from casedesk.services.rates import set_cost_limit
from casedesk.services.search import Filters, count_cases
from casedesk.services.sections import ASSESSED
from casedesk.services.statistics import compute, periods, reports
from casedesk.services.statistics.compute import Asked
from casedesk.services.statistics.indicators import INDICATORS
from casedesk.services.statistics.shapes import (
    EMPTY,
    Among,
    Cell,
    Column,
    Report,
    Request,
    Row,
    Shown,
    Table,
)
from casedesk.services.statistics.tables import told_by_sex
from casedesk.values import Money
from tests.conftest import NOW
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
    assert count_cases(desk, Filters(is_open=None, figure=total.opens)) == 6
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


def test_columns_of_sex_that_tell_nothing_are_not_shown() -> None:
    heads = tuple(Column(key, key) for key in ("female", "male", "others", "total"))
    hidden, vague, none = Cell(Shown.HIDDEN), Cell(Shown.RANGE, low=0, high=11), Cell(Shown.EXACT, 0)
    eleven = Cell(Shown.EXACT, 11)

    def told(*cells: Cell) -> tuple[list[str], int]:
        made = told_by_sex(Table("x", "X", "", heads, (Row("a", "A", (*cells, eleven)),)))
        return [column.key for column in made.columns], len(made.notes)

    assert told(hidden, vague, hidden) == (["total"], 1)
    assert told(none, eleven, none) == (["female", "male", "total"], 0)
    assert told(EMPTY, EMPTY, EMPTY) == (["total"], 0)
    assert told(*[Cell(Shown.UNDER, low=1, high=4)] * 3) == (["female", "male", "others", "total"], 0)


def test_a_period_in_the_future_has_no_figures_and_says_so(desk: Desk) -> None:
    register_case(desk, a_returnee())
    for kind in reports.CATALOGUE:
        made = reports.make(desk, Request(kind, periods.year(2031)))
        assert "This period has not begun yet." in made.notes
        assert not made.so_far
        drawn = {chart.key for section in made.sections for chart in section.charts}
        assert made.internal or drawn <= {"categories"}  # its other columns are of years that have been
    assert cell(reports.make(desk, Request("R1", periods.year(2031))), "indicators", "IND-01.all", "total").words == "0"


def test_where_everything_is_small_no_count_is_told(desk: Desk) -> None:
    """Three people of a year with everything recorded: every table of every report holds its tongue."""
    for number in range(3):
        register_case(desk, a_returnee(person__phone_1=f"+88017110004{number:02}", person__name_en=f"Person {number}"))
    for name in ("R1", "R3", "R4", "R6"):
        for period in (MAY, periods.quarter(2026, 2), periods.year(2026)):
            made = reports.make(desk, Request(name, period))
            figures = [each for table in made.tables for row in table.rows for each in row.cells]
            assert not [each for each in figures if each.shown is Shown.EXACT and each.value], (name, period)
            drawn = [each for section in made.sections for chart in section.charts for each in chart.series]
            assert not [c for each in drawn for c in each.cells if c.shown is Shown.EXACT and c.value], (name, period)


def test_a_filtered_report_does_not_leave(desk: Desk) -> None:
    """All less women less men are the others: what two filters tell is subtracted from the whole."""
    assert not report(desk).internal
    assert report(desk, Among(sexes=("female",))).internal
    assert report(desk, Among(districts=("dhaka",))).internal


def test_an_intake_is_timed_from_its_draft(desk: Desk) -> None:
    draft = begin_draft(desk, "full", {})
    later = replace(desk, clock=partial(lambda at: at + timedelta(minutes=25), desk.clock()))
    case_id = register_case(later, a_returnee(), draft)
    with desk.read() as session:
        case = session.get_one(Case, case_id)
        assert case.begun_at is not None
        assert case.registered_at is not None
        assert case.registered_at - case.begun_at == timedelta(minutes=25)
        found = compute.spreads(session, Asked.of(later), INDICATORS["IND-05"], MAY, "place")[0]
    assert (found.count, round(found.median)) == (1, 25)


def test_who_paid_more_than_the_law_allows_is_counted_by_the_limit_of_the_country(desk: Desk) -> None:
    for number in range(12):
        paid = Money(10_000_000 if number < 5 else 60_000_000, "bdt")
        register_case(
            desk,
            a_returnee(person__phone_1=f"+88017110004{number:02}", cost_item__amount=paid),
        )
    assert cell(report(desk, name="R3"), "money", "IND-18.all", "total").value == 0
    set_cost_limit(desk, "my", Money(16_000_000, "bdt"))
    assert cell(report(desk, name="R3"), "money", "IND-18.all", "total").value == 0, "of another country"
    set_cost_limit(desk, "sa", Money(5_000_000, "bdt"))
    set_cost_limit(desk, "sa", Money(5_000_000, "bdt"), since=date(2025, 1, 1))  # after they had left
    set_cost_limit(desk, "sa", Money(50_000_000, "bdt"), since=date(2020, 1, 1))
    set_cost_limit(desk, "sa", Money(16_500_000, "bdt"), "Circular of 2020", date(2020, 1, 1))
    money = report(desk, name="R3")
    assert cell(money, "money", "IND-18.all", "total").value == 12
    assert cell(money, "money", "IND-18.hit", "total").value == 7


def test_who_was_asked_everything_is_answered_in_full(desk: Desk) -> None:
    """All that is counted can be typed on the page of the case."""
    case_id = register_case(desk, a_returnee())
    answers = case_facts(desk, case_id).answers
    wanted = {key: something(field_of(key)) for key in ASSESSED if key not in answers}
    edit_case(desk, case_id, {key: (None, value) for key, value in wanted.items()})
    month_later = replace(desk, clock=partial(lambda at: at + timedelta(days=30), desk.clock()))
    made = reports.make(month_later, Request("R12", MAY))
    due, filled, share = (cell(made, "kept", "all", name) for name in ("of", "hit", "share"))
    assert (due.value, filled.value, share.value) == (len(ASSESSED), len(ASSESSED), 100)


def something(declared: Field) -> object:
    """An answer of the right kind."""
    some: dict[Kind, object] = {
        Kind.LINE: "Something",
        Kind.PHONE: "+8801811000555",
        Kind.COUNT: 12,
        Kind.MONEY: Money(90_000, "sar"),
    }
    if declared.kind in some:
        return some[declared.kind]
    code = next(iter(codelists.get(declared.code_list or ""))).code
    return [code] if declared.kind is Kind.CODES else code


def test_the_caseload_says_how_well_records_are_kept(desk: Desk) -> None:
    case_id = register_case(desk, a_returnee())
    month_later = replace(desk, clock=partial(lambda at: at + timedelta(days=30), desk.clock()))
    made = reports.make(month_later, Request("R12", MAY))
    due = cell(made, "kept", "all", "of")
    assert due.value == INDICATORS["IND-43"].times
    assert cell(made, "kept", "all", "hit").value is not None
    with desk.read() as session:
        asked = select(func.count()).where(ConsentLine.case_id == case_id, ConsentLine.answer.in_(["given", "refused"]))
        answers = session.scalar(asked)
    agreed = next(table for table in made.tables if table.key == "agreed")
    assert sum(row.cells[0].value or 0 for row in agreed.rows) == answers


def test_what_centres_share_is_told_without_counting_anybody_twice(desk: Desk) -> None:
    one, two, far = bytes(32), b"2" * 32, b"3" * 32
    with desk.local() as session:
        for number in range(8):
            for author in (one, two):
                session.add(without_name(author, number, "2026-05"))
        session.add(replaced := without_name(one, 20, "2026-05"))
        replaced.values = {}  # taken back by one of them
        session.add(without_name(two, 20, "2026-05"))
        session.add(without_name(far, 0, "2026-06", centre="SYL"))
        told = {(one, "2026-05", "cases", ""): 7, (one, "2026-06", "cases", ""): None}
        told |= {(two, "2026-05", "cases", ""): 9, (one, "2026-05", "category", "returned_success"): None}
        for (author, month, what, code), count in told.items():
            session.add(
                CountRow(
                    desk=author, month=month, what=what, code=code, centre="KHL", count=count, came_at=desk.clock()
                )
            )
    quarter = reports.make(desk, Request("R16", periods.quarter(2026, 2), Among(countries=("sa",))))
    assert words_of(quarter, "centres") == {
        "all": ["0", "9–12", "≥9"],
        "KHL": ["0", "–", "≥9"],
        "SYL": ["0", "–", "0"],
    }
    assert words_of(quarter, "months") == {
        "2026-04": ["0", "0", "0"],
        "2026-05": ["0", "8", "9–16"],
        "2026-06": ["0", "<5", "≥1"],
    }
    assert words_of(quarter, "categories") == {"KHL": ["≥9"], "KHL.returned_success": ["≥1"]}
    assert quarter.filters == ()
    published = reports.make(desk, Request("R16", MAY, publishing=True))
    assert words_of(published, "centres")["KHL"] == ["0", "–"]
    days = reports.make(desk, Request("R16", periods.days(date(2026, 4, 20), date(2026, 6, 10))))
    assert words_of(days, "centres")["all"] == ["0", "8", "9–16"]
    assert days.internal


def without_name(author: bytes, number: int, month: str, centre: str = "KHL") -> CodedRow:
    values = {"person_code": str(number), "case.opened_on": month}
    row = number.to_bytes(16)
    return CodedRow(row=row, desk=author, centre=centre, chain=b"", upto=1, values=values, came_at=NOW)


def words_of(made: Report, key: str) -> dict[str, list[str]]:
    return {row.key: [cell.words for cell in row.cells] for t in made.tables if t.key == key for row in t.rows}
