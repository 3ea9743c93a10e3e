"""Today lists what is late and due, with true totals, and only what one may know of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from casedesk.desk import Actor, Desk
from casedesk.i18n import speaking
from casedesk.services.case_facts import case_facts
from casedesk.services.cases import edit_case
from casedesk.services.drafts import begin_draft
from casedesk.services.follow_ups import RecordFollowUp, plan, record
from casedesk.services.intake import register_case
from casedesk.services.safety_flags import act_on_flag
from casedesk.services.today import CONTACT, FIRST, FLAG, Due, Group, counts, draft_progress, leads, tasks
from tests.conftest import NOW
from tests.support.people import a_returnee

TODAY = date(2026, 5, 12)


def later(desk: Desk, **time: int) -> Desk:
    """The same desk, some time later."""
    then = NOW + timedelta(**time)
    return replace(desk, clock=lambda: then)


def as_somebody(desk: Desk, *roles: str) -> Desk:
    return replace(desk, actor=Actor(uuid4(), "Somebody", frozenset(roles)))


def groups(desk: Desk, whole: tuple[Due, ...] = ()) -> dict[Due, Group]:
    return {group.due: group for group in tasks(desk, whole)}


def a_case(desk: Desk, name: str, due: date, priority: str = "medium") -> UUID:
    return register_case(desk, a_returnee(person__name_en=name, case__next_contact_on=due, case__priority=priority))


@pytest.fixture
def week(desk: Desk) -> Desk:
    """Three cases: one of yesterday, one of today, one of the day after tomorrow, seen a day later."""
    for name, days in (("Rahima Khatun", 0), ("Rubel Mia", 1), ("Shefali Begum", 3)):
        a_case(desk, name, TODAY + timedelta(days=days))
    return later(desk, days=1)


def test_what_is_planned_stands_in_its_group(week: Desk) -> None:
    found = groups(week)
    assert [(due, [task.names[0] for task in group.tasks]) for due, group in found.items()] == [
        (Due.OVERDUE, ["Rahima Khatun"]),
        (Due.TODAY, ["Rubel Mia"]),
        (Due.LATER, ["Shefali Begum"]),
    ]
    late = found[Due.OVERDUE].tasks[0]
    assert (late.days_late, late.kind, late.what) == (1, "welfare_check", "Welfare check")
    with speaking("bn"):
        assert groups(week)[Due.OVERDUE].tasks[0].names[1] == "Rahima Khatun"


def test_next_week_is_no_part_of_today(desk: Desk) -> None:
    a_case(desk, "Rahima Khatun", TODAY + timedelta(days=7))
    assert all(group.total == 0 for group in tasks(desk))


def test_a_long_group_shows_the_first_of_it_and_its_true_length(desk: Desk) -> None:
    case_id = a_case(desk, "Rahima Khatun", TODAY + timedelta(days=30))
    for at in range(FIRST + 3):
        plan(desk, case_id, "service_followup", TODAY, task=f"Visit {at}")
    found = groups(desk)[Due.TODAY]
    assert (found.total, len(found.tasks)) == (FIRST + 3, FIRST)
    assert len(groups(desk, (Due.TODAY,))[Due.TODAY].tasks) == FIRST + 3


def test_urgent_ones_come_first(desk: Desk) -> None:
    a_case(desk, "Rahima Khatun", TODAY)
    a_case(desk, "Rubel Mia", TODAY + timedelta(days=1), priority="urgent")
    names = [task.names[0] for task in groups(later(desk, days=3))[Due.OVERDUE].tasks]
    assert names == ["Rubel Mia", "Rahima Khatun"]


def test_what_was_recorded_is_gone_and_the_next_one_is_there(week: Desk) -> None:
    task = groups(week)[Due.OVERDUE].tasks[0]
    assert task.follow_up_id is not None
    record(week, task.follow_up_id, RecordFollowUp(next_due_on=week.today() + timedelta(days=2)))
    found = groups(week)
    assert found[Due.OVERDUE].total == 0
    assert sorted(task.names[0] for task in found[Due.LATER].tasks) == ["Rahima Khatun", "Shefali Begum"]


def test_a_next_contact_without_a_follow_up_is_a_task_too(desk: Desk) -> None:
    case_id = a_case(desk, "Rahima Khatun", TODAY + timedelta(days=3))
    edit_case(desk, case_id, {"case.next_contact_on": (TODAY + timedelta(days=3), TODAY)})
    task = groups(desk)[Due.TODAY].tasks[0]
    assert (task.kind, task.follow_up_id, task.what) == (CONTACT, None, "Next contact")


def test_a_safety_flag_past_its_hour_is_on_top_and_does_not_say_which(desk: Desk) -> None:
    a_case(desk, "Rubel Mia", TODAY, priority="urgent")
    flagged = register_case(desk, a_returnee(safety_flag__none=None, safety_flag__flags=["suicide_risk"]))
    assert groups(desk)[Due.OVERDUE].total == 0
    evening = later(desk, hours=3)
    top = groups(evening)[Due.OVERDUE].tasks[0]
    assert (top.case_id, top.kind, top.what) == (flagged, FLAG, "Safety: act now")
    assert groups(evening)[Due.OVERDUE].total == counts(evening).overdue == 1
    act_on_flag(evening, flagged, case_facts(evening, flagged).flags[0].id, action="Stayed with her.")
    assert groups(evening)[Due.OVERDUE].total == 0


def test_a_caseworker_sees_own_tasks_and_who_leads_sees_all(week: Desk) -> None:
    worker, supervisor = as_somebody(week, "caseworker"), as_somebody(week, "supervisor")
    assert not leads(worker)
    assert sum(group.total for group in tasks(worker)) == 0
    assert sum(group.total for group in tasks(supervisor)) == 3
    own = replace(week, actor=replace(week.actor, roles=frozenset({"caseworker"})))
    assert sum(group.total for group in tasks(own)) == 3


def test_who_needs_a_reason_for_restricted_words_is_not_told_of_flags(desk: Desk) -> None:
    register_case(desk, a_returnee(safety_flag__none=None, safety_flag__flags=["suicide_risk"]))
    evening = later(desk, hours=3)
    assert groups(as_somebody(evening, "supervisor"))[Due.OVERDUE].total == 1
    assert groups(as_somebody(evening, "coordinator"))[Due.OVERDUE].total == 0


def test_the_tiles_count_the_same_as_the_lists(week: Desk) -> None:
    begin_draft(week, "full", {"person.name_en": "Kohinur Akter"})
    numbers = counts(week)
    assert (numbers.overdue, numbers.due_today, numbers.open_cases, numbers.drafts, numbers.waiting) == (1, 1, 3, 1, 0)


def test_a_draft_says_how_far_it_is(desk: Desk) -> None:
    begin_draft(desk, "full", {"consent_line.case_services": "given", "migration_episode.destination_country": "om"})
    progress = draft_progress(desk)[0]
    assert (progress.done, progress.parts, progress.last_part) == (2, 6, "journey")
    begin_draft(later(desk, hours=1), "quick", {"person.name_en": "Sohel Rana"})
    newest = draft_progress(desk)[0]
    assert (newest.draft.name, newest.done, newest.last_part) == ("Sohel Rana", 1, "quick")


def test_days_are_those_of_dhaka(desk: Desk) -> None:
    a_case(desk, "Rahima Khatun", TODAY)
    evening = datetime.fromisoformat("2026-05-12T19:30:00+00:00")  # 01:30 of the next day in Dhaka
    assert groups(replace(desk, clock=lambda: evening))[Due.OVERDUE].total == 1
