"""Who changed what, from what to what; and what a colleague without the right is not told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from casedesk.desk import Actor, Desk
from casedesk.errors import NotFound
from casedesk.models import Case, User
from casedesk.services.case_facts import look, show_number
from casedesk.services.cases import edit_case, mark_confidential
from casedesk.services.history import Entry, history, who_looked
from casedesk.services.intake import register_case
from casedesk.services.notes import add_note
from casedesk.values import Money
from tests.conftest import NOW
from tests.support.people import a_returnee

SECRET = "She was locked in for three months."


@pytest.fixture
def case_id(desk: Desk) -> UUID:
    answers = a_returnee(
        incident__narrative=SECRET,
        incident__violations=["rape"],
        debt__outstanding=Money(100_000, "bdt"),
    )
    return register_case(desk, answers)


def colleague(desk: Desk, role: str, team: str | None = None) -> Desk:
    """Somebody else of the centre, known by name."""
    user = User(name="Kamal Hossain", sign_in_name="kamal", roles=[role], active=True)
    with desk.write("office.add_user") as session:
        session.add(user)
    return replace(desk, actor=Actor(user.id, "Kamal Hossain", frozenset([role]), team))


def said(entry: Entry) -> set[tuple[str, str, str]]:
    return {(change.label, change.before, change.after) for change in entry.changes}


def test_an_edit_is_told_with_who_when_before_and_after(desk: Desk, case_id: UUID) -> None:
    edit_case(
        desk,
        case_id,
        {
            "person.district": ("madaripur", "khulna"),
            "case.next_contact_on": (date(2026, 5, 20), date(2026, 6, 1)),
            "debt.outstanding": (Money(100_000, "bdt"), Money(90_000, "bdt")),
            "person.needs_interpreter": (None, True),
        },
    )
    entry = history(desk, case_id)[0]
    assert (entry.action, entry.by, entry.at, entry.doubtful) == ("case.edit", "Farzana Haque", NOW, False)
    assert {
        ("Home district", "Madaripur", "Khulna"),
        ("Next contact", "20 May 2026", "1 June 2026"),
        ("Needs an interpreter", "", "Yes"),
    } <= said(entry)
    (debt,) = (change for change in entry.changes if change.field == "outstanding")
    assert "1,000" in debt.before
    assert "900" in debt.after


def test_registering_is_told_once_with_everything_that_was_said(desk: Desk, case_id: UUID) -> None:
    (entry,) = history(desk, case_id)
    assert entry.action == "case.register"
    assert ("Name in English", "", "Rahima Khatun") in said(entry)
    assert ("In their own words", "", SECRET) in said(entry)
    assert entry.withheld == 0


def test_the_value_before_is_found_however_long_ago_it_was_written(desk: Desk, case_id: UUID) -> None:
    edit_case(desk, case_id, {"person.upazila": (None, "Shibchar")})
    for number in range(5):
        add_note(desk, case_id, "general", f"Visit {number}")
    edit_case(desk, case_id, {"person.upazila": ("Shibchar", None)})
    assert said(history(desk, case_id)[0]) == {("Upazila", "Shibchar", "")}


def test_fields_written_with_their_register_are_told_only_if_they_changed(desk: Desk, case_id: UUID) -> None:
    edit_case(desk, case_id, {"person.safe_contact_rule": (["daytime_only"], ["any_time"])})
    (change,) = history(desk, case_id)[0].changes
    assert change.field == "safe_contact_rule"


def test_a_new_owner_is_told_by_name(desk: Desk, case_id: UUID) -> None:
    other = colleague(desk, "caseworker")
    with desk.write("case.hand_over", about=case_id) as session:
        case = session.get_one(Case, case_id)
        case.owner_id, case.named_access = other.actor.id, [str(desk.actor.id)]
    assert said(history(desk, case_id)[0]) == {
        ("Caseworker", "Farzana Haque", "Kamal Hossain"),
        ("People named on the case", "", "Farzana Haque"),
    }


def test_who_looked_is_told_apart(desk: Desk, case_id: UUID) -> None:
    look(desk, case_id)
    show_number(desk, case_id)
    add_note(desk, case_id, "general", "Came by.")
    outsider = colleague(desk, "caseworker")
    with pytest.raises(NotFound):
        look(outsider, case_id)
    assert [(entry.action, entry.by) for entry in who_looked(desk, case_id)] == [
        ("denied.case.view", "Kamal Hossain"),
        ("case.show_number", "Farzana Haque"),
        ("case.view", "Farzana Haque"),
    ]


def test_pages_go_on_where_the_one_before_ended(desk: Desk, case_id: UUID) -> None:
    for number in range(7):
        add_note(desk, case_id, "general", f"Visit {number}")
        desk.note("case.timeline_shown", about=case_id)  # of no interest to a reader
    whole = [entry.seq for entry in history(desk, case_id)]
    paged: list[int] = []
    while page := history(desk, case_id, before=paged[-1] if paged else None, size=3):
        paged += [entry.seq for entry in page]
    assert paged == whole
    assert len(whole) == 8


def test_restricted_fields_are_counted_and_not_told_to_a_colleague_without_the_right(desk: Desk, case_id: UUID) -> None:
    with desk.write("case.team", about=case_id) as session:
        session.get_one(Case, case_id).team = "north"
    other = colleague(desk, "caseworker", team="north")
    with desk.write("case.reasoned", about=case_id, reason="Her brother asked") as session:
        session.get_one(Case, case_id).intake_place = "airport"
    whole, part = history(desk, case_id), history(other, case_id)
    assert SECRET in repr(whole)
    assert "Her brother asked" in repr(whole)
    for secret in (SECRET, "Her brother asked", "Rape"):
        assert secret not in repr(part)
    assert part[-1].withheld > 0
    assert ("Name in English", "", "Rahima Khatun") in said(part[-1])


def test_a_coordinator_reads_the_history_without_what_needs_a_reason(desk: Desk, case_id: UUID) -> None:
    assert SECRET not in repr(history(colleague(desk, "coordinator"), case_id))


def test_what_was_restricted_stays_unsaid_as_the_value_before(desk: Desk) -> None:
    case_id = register_case(desk, a_returnee(case__others_present=None))
    mark_confidential(desk, case_id)
    edit_case(desk, case_id, {"person.upazila": (None, "Hidden place")})
    with desk.write("case.lift", about=case_id) as session:
        case = session.get_one(Case, case_id)
        case.confidential_case, case.team = None, "north"
    edit_case(desk, case_id, {"person.upazila": ("Hidden place", "Open place")})
    other = colleague(desk, "caseworker", team="north")
    assert said(history(other, case_id)[0]) == {("Upazila", "", "Open place")}
    assert said(history(desk, case_id)[0]) == {("Upazila", "Hidden place", "Open place")}


def test_a_hidden_case_has_no_history(desk: Desk, case_id: UUID) -> None:
    mark_confidential(desk, case_id)
    outsider = colleague(desk, "supervisor")
    for read in (history, who_looked):
        with pytest.raises(NotFound) as hidden:
            read(outsider, case_id)
        with pytest.raises(NotFound) as missing:
            read(outsider, uuid4())
        assert (str(hidden.value), hidden.value.hint) == (str(missing.value), missing.value.hint)


def test_a_time_in_doubt_is_marked(open_desk: Callable[..., Desk]) -> None:
    times = [NOW]
    desk = open_desk(clock=lambda: times[0])
    case_id = register_case(desk, a_returnee())
    times[0] = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=400)
    look(desk, case_id)
    assert [entry.doubtful for entry in history(desk, case_id)] == [True, False]
