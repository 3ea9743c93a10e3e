"""Everybody is found by what is known of them, pages fit together, and nobody sees what they may not know of."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, insert

from casedesk import codelists
from casedesk.desk import Actor, Desk
from casedesk.errors import CaseDeskError
from casedesk.models import CaseIndex
from casedesk.services.cases import edit_case, mark_confidential
from casedesk.services.intake import register_case
from casedesk.services.notes import add_note
from casedesk.services.search import (
    CaseRow,
    Filters,
    Order,
    View,
    anchors,
    count_cases,
    filters_of,
    find_people,
    near_names,
    newer_cases,
    newest_row,
    page_of_cases,
    peek,
    place_of_case,
    places_of,
    rows_again,
    view_counts,
)
from tests.support.people import a_returnee

TODAY = date(2026, 5, 12)
FAR = date(9999, 12, 31)
MANY = 700
RANKS: tuple[dict[str, object], ...] = tuple(
    {"priority": row.code, "priority_rank": row.sort} for row in codelists.get("priority")
)


def found(desk: Desk, words: str, **more: object) -> list[str]:
    filters = replace(Filters(words=words, is_open=None), **more)  # type: ignore[arg-type]  # named by the tests
    return [row.name_en for row in page_of_cases(desk, filters, Order.NAME)]


def as_somebody(desk: Desk, *roles: str, team: str | None = None) -> Desk:
    return replace(desk, actor=Actor(uuid4(), "Somebody", frozenset(roles), team))


@pytest.fixture
def people(desk: Desk) -> dict[str, UUID]:
    """Three returnees who are easily taken for one another."""
    told = (
        ("Rahima Khatun", "রহিমা খাতুন", "+8801711000417", "medium"),
        ("Rubel Mia", "রুবেল মিয়া", "+8801811555999", "urgent"),
        ("Shefali Begum", "শেফালী বেগম", "+8801911000222", "low"),
    )
    return {
        en: register_case(
            desk, a_returnee(person__name_en=en, person__name_bn=bn, person__phone_1=phone, case__priority=priority)
        )
        for en, bn, phone, priority in told
    }


@pytest.fixture
def many(desk: Desk) -> list[dict[str, object]]:
    """A list of some length, written straight into the table that lists are read from."""
    pick = random.Random(5)  # noqa: S311 - nothing secret
    rows: list[dict[str, object]] = [
        {
            "case_id": uuid4(),
            "person_id": uuid4(),
            "case_number": f"DHK-26-K3-{at:05}-A",
            "person_code": f"{at:010}",
            "name_bn": "",
            "name_en": f"Person {at}",
            "name_key": pick.choice(("brsn", "krm", "rhm", "")),
            "category": pick.choice((None, "returned_success", "returned_victim")),
            "status": "active",
            "is_open": pick.random() < 0.7,
            **pick.choice(RANKS),
            "country": pick.choice(("sa", "om")),
            "district": "dhaka",
            "owner_id": desk.actor.id,
            "named_access": "",
            "confidential": False,
            "hide_name": False,
            "opened_on": TODAY - timedelta(days=pick.randrange(30)),
            "due_on": pick.choice((FAR, TODAY - timedelta(days=2), TODAY + timedelta(days=3))),
            "due_what": "",
        }
        for at in range(MANY)
    ]
    with desk.local() as session:
        session.execute(insert(CaseIndex), rows)
    return rows


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    "words",
    [
        "Rahima",
        "rahi",
        "Rahema",
        "রহিমা",
        "রহিমা খা",
        "khatun rahima",
        "01711000417",
        "+880 1711-000417",
        "০১৭১১",
        "417",
    ],
)
def test_a_person_is_found_by_name_sound_and_telephone(desk: Desk, words: str) -> None:
    assert found(desk, words) == ["Rahima Khatun"]


@pytest.mark.usefixtures("people")
def test_a_case_is_found_by_its_number_with_and_without_dashes(desk: Desk) -> None:
    number = page_of_cases(desk, Filters(words="rubel"), Order.NAME)[0].case_number
    for written in (number, number.replace("-", ""), number.lower(), number[:-2]):
        assert found(desk, written) == ["Rubel Mia"]


def test_a_document_is_found_by_its_whole_number_only(desk: Desk) -> None:
    register_case(desk, a_returnee(identity_document__type="mrp_passport", identity_document__number="BX0123456"))
    assert found(desk, "bx 0123456") == ["Rahima Khatun"]
    assert found(desk, "BX012345") == []


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("words", ['"', "' OR 1=1 --", "*", "a AND", "NEAR(", "-", "…", "\u202e", "x" * 500])
def test_nothing_that_is_typed_breaks_the_search(desk: Desk, words: str) -> None:
    assert count_cases(desk, Filters(words=words)) in range(4)


@pytest.mark.usefixtures("people")
def test_spaces_alone_look_for_nothing_in_particular(desk: Desk) -> None:
    assert len(found(desk, "   ")) == 3


@pytest.mark.usefixtures("people")
def test_the_best_match_comes_first(desk: Desk) -> None:
    register_case(desk, a_returnee(person__name_en="Mizanur Rahman", person__name_bn="মিজানুর রহমান"))
    assert find_people(desk, "rahim")[0].name_en == "Rahima Khatun"
    assert find_people(desk, "rahman")[0].name_en == "Mizanur Rahman"


@pytest.mark.usefixtures("people")
def test_a_name_that_nobody_has_offers_what_sounds_a_little_like_it(desk: Desk) -> None:
    assert found(desk, "Rohila") == []
    assert "Rahima Khatun" in near_names(desk, "Rohila")
    assert near_names(desk, "12") == []


def test_a_case_shown_by_its_code_tells_no_name(desk: Desk, people: dict[str, UUID]) -> None:
    edit_case(desk, people["Rubel Mia"], {"case.hide_name": (None, True)})
    row = page_of_cases(desk, Filters(priorities=("urgent",)), Order.URGENT)[0]
    assert (row.name_bn, row.name_en) == ("", "")
    assert row.name == row.person_code
    assert "Rubel Mia" not in near_names(desk, "Rubela")


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize(
    "filters", [Filters(), Filters(is_open=None), Filters(categories=("returned_victim",), countries=("om",))]
)
def test_pages_from_anchors_make_up_the_whole_list(desk: Desk, order: Order, filters: Filters) -> None:
    whole = page_of_cases(desk, filters, order, size=10_000)
    assert len(whole) == count_cases(desk, filters)
    step = 50
    marks = anchors(desk, filters, order, step)
    assert marks == [row.key(order) for row in whole[::step]]
    paged: list[CaseRow] = []
    for mark in marks:
        paged += page_of_cases(desk, filters, order, at=mark, size=20)
        paged += page_of_cases(desk, filters, order, at=mark, skip=20, size=30)
    assert paged == whole


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("order", Order)
def test_the_place_of_a_case_is_counted_in_the_order_shown(desk: Desk, order: Order) -> None:
    whole = page_of_cases(desk, Filters(), order, size=10_000)
    for at in (0, 1, 77, len(whole) - 1):
        assert place_of_case(desk, Filters(), order, whole[at].case_id) == at
    closed = page_of_cases(desk, Filters(is_open=False), order, size=1)[0]
    assert place_of_case(desk, Filters(), order, closed.case_id) is None


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("order", Order)
def test_a_page_is_read_in_order_and_nothing_is_sorted(desk: Desk, order: Order) -> None:
    asked: list[tuple[str, object]] = []

    def remember(_connection: object, _cursor: object, statement: str, values: object, *_more: object) -> None:
        asked.append((statement, values))

    event.listen(desk.store.vault.reader, "before_cursor_execute", remember)
    page_of_cases(desk, Filters(countries=("sa",)), order, at=anchors(desk, Filters(), order, 100)[2])
    statement, values = asked[-1]
    with desk.read() as session:
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()  # type: ignore[arg-type]  # as it was asked
    steps = " ".join(str(row[-1]) for row in plan)
    assert "USING INDEX" in steps
    assert "TEMP B-TREE" not in steps


@pytest.mark.usefixtures("people")
def test_many_hits_and_few_hits_are_listed_alike(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    few = [page_of_cases(desk, Filters(words="r"), order) for order in Order]
    monkeypatch.setattr("casedesk.services.search.MANY", 0)
    assert [page_of_cases(desk, Filters(words="r"), order) for order in Order] == few
    assert any(few)


@pytest.mark.usefixtures("people", "many")
def test_views_count_what_they_show(desk: Desk) -> None:
    counts = view_counts(desk)
    for view in View:
        filters = filters_of(desk, view)
        if view is View.ALL:
            filters = replace(filters, is_open=None)  # All counts the closed ones, which its list hides at first
        assert counts[view] == count_cases(desk, filters), view


def test_rows_are_read_again_where_they_are(desk: Desk, people: dict[str, UUID]) -> None:
    before = newest_row(desk)
    rows = page_of_cases(desk, Filters(), Order.URGENT)
    register_case(desk, a_returnee(person__name_en="Sohel Rana", person__name_bn="সোহেল রানা"))
    edit_case(desk, people["Rubel Mia"], {"case.priority": ("urgent", "low")})
    again = rows_again(desk, [row.row for row in rows])
    assert {row.name_en: row.priority for row in again.values()}["Rubel Mia"] == "low"
    assert newer_cases(desk, Filters(), before) == 1
    assert newer_cases(desk, Filters(priorities=("urgent",)), before) == 0


def test_only_cases_one_may_know_of_are_found(desk: Desk, people: dict[str, UUID]) -> None:
    mark_confidential(desk, people["Rubel Mia"])
    coordinator, worker = as_somebody(desk, "coordinator"), as_somebody(desk, "caseworker")
    assert sorted(found(coordinator, "")) == ["Rahima Khatun", "Shefali Begum"]
    assert found(coordinator, "Rubel") == []
    assert find_people(coordinator, "Rubel") == []
    assert near_names(coordinator, "Rubela") == []
    assert place_of_case(coordinator, Filters(), Order.NAME, people["Rubel Mia"]) is None
    assert view_counts(worker)[View.ALL] == 0
    assert places_of(worker).countries == []
    assert rows_again(worker, [1, 2, 3]) == {}
    with pytest.raises(CaseDeskError):
        peek(coordinator, people["Rubel Mia"])
    with pytest.raises(CaseDeskError):
        count_cases(as_somebody(desk, "administrator"), Filters())


def test_a_peek_leaves_no_trace_and_tells_nothing_restricted(desk: Desk, people: dict[str, UUID]) -> None:
    case_id = people["Rahima Khatun"]
    add_note(desk, case_id, "general", "Slept well.")
    add_note(desk, case_id, "narrative", "He took the passport on the first day.")
    with desk.read() as session:
        before = session.connection().exec_driver_sql("SELECT count(*) FROM operation").scalar()
    known = peek(desk, case_id)
    with desk.read() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM operation").scalar() == before
    assert known.note is None
    assert "01711" not in str(known)
    assert "880" not in str(known)
    assert known.safe_contact == ("daytime_only",)
    assert [step.type for step in known.next_steps] == ["welfare_check"]
    assert set(known.agreed) == {"case_services", "store_data"}
