"""Follow-ups are planned, done, moved and dropped, and the next contact moves with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from casedesk.desk import Actor, Desk
from casedesk.errors import Conflict, InvalidInput, NotAllowed, NotFound
from casedesk.models import Case, CaseIndex, Operation
from casedesk.services.follow_ups import (
    FollowUpRow,
    RecordFollowUp,
    cancel,
    follow_ups_of,
    plan,
    put_off_contact,
    record,
    record_contact,
    snooze,
)
from casedesk.services.intake import register_case
from casedesk.services.lifecycle import NotThisStep
from casedesk.services.permissions import Hidden
from casedesk.storage.operations import shown, unpack
from tests.support.people import a_returnee

TODAY = date(2026, 5, 12)
SOON = date(2026, 5, 14)
FIRST_CONTACT = date(2026, 5, 20)  # planned when the case was registered


@pytest.fixture
def case_id(desk: Desk) -> UUID:
    return register_case(desk, a_returnee())


def of(desk: Desk, case_id: UUID, follow_up_id: UUID) -> FollowUpRow:
    return next(row for row in follow_ups_of(desk, case_id) if row.id == follow_up_id)


def due(desk: Desk, case_id: UUID) -> tuple[date, UUID | None]:
    """What the list of cases says is next."""
    with desk.read() as session:
        row = session.scalars(select(CaseIndex).where(CaseIndex.case_id == case_id)).one()
        return row.due_on, row.due_id


def next_contact(desk: Desk, case_id: UUID) -> date | None:
    with desk.read() as session:
        return session.get_one(Case, case_id).next_contact_on


def planned_days(desk: Desk, case_id: UUID) -> list[date | None]:
    return [row.due_on for row in follow_ups_of(desk, case_id) if row.status == "planned"]


def last_action(desk: Desk) -> str:
    with desk.read() as session:
        body = session.scalars(select(Operation.body).order_by(Operation.seq.desc())).first() or b""
    leaves = [leaf for operation in unpack(body) for _level, leaf in shown(operation)]
    return next(str(leaf.value) for leaf in leaves if (leaf.table, leaf.field) == ("op", "action"))


def test_what_is_planned_stands_in_the_list_and_is_next_on_the_case(desk: Desk, case_id: UUID) -> None:
    task = plan(desk, case_id, "safety_check", SOON, "Ask about the landlord")
    found = of(desk, case_id, task)
    assert (found.status, found.task, found.assigned_name) == ("planned", "Ask about the landlord", "Farzana Haque")
    assert planned_days(desk, case_id) == [SOON, FIRST_CONTACT]
    assert due(desk, case_id) == (SOON, task)
    later = replace(desk, clock=lambda: datetime(2026, 5, 15, 9, tzinfo=UTC))
    assert of(later, case_id, task).overdue
    assert not found.overdue


@pytest.mark.parametrize(
    ("kind", "day", "key"),
    [("safety_check", TODAY - timedelta(days=1), "follow_up.due_on"), ("tea", TODAY, "follow_up.type")],
)
def test_a_plan_is_of_a_known_kind_and_not_for_a_day_that_is_over(
    desk: Desk, case_id: UUID, kind: str, day: date, key: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        plan(desk, case_id, kind, day)
    assert list(refusal.value.problems) == [key]


def test_what_came_of_it_is_written_down_and_the_next_contact_moves(desk: Desk, case_id: UUID) -> None:
    task = plan(desk, case_id, "safety_check", TODAY)
    said = RecordFollowUp("done", None, "phone_call", "better", "She sleeps at her sister’s.", SOON)
    record(desk, task, said)
    found = of(desk, case_id, task)
    assert (found.status, found.done_at, found.client_situation) == ("done", desk.clock(), "better")
    assert (found.note, found.next_due_on) == ("She sleeps at her sister’s.", SOON)
    assert next_contact(desk, case_id) == SOON
    first, *_rest = follow_ups_of(desk, case_id)
    assert (first.type, first.due_on, first.status) == ("welfare_check", SOON, "planned")
    assert due(desk, case_id) == (SOON, first.id)


def test_without_a_next_day_the_next_contact_stays(desk: Desk, case_id: UUID) -> None:
    record(desk, plan(desk, case_id, "safety_check", TODAY), RecordFollowUp())
    assert next_contact(desk, case_id) == FIRST_CONTACT
    assert planned_days(desk, case_id) == [FIRST_CONTACT]


def test_who_was_not_reached_is_tried_again_for_the_same(desk: Desk, case_id: UUID) -> None:
    task = plan(desk, case_id, "legal_followup", TODAY, "Tell her about the hearing")
    record(desk, task, RecordFollowUp("tried_no_contact", method="phone_call", next_due_on=SOON))
    assert of(desk, case_id, task).status == "tried_no_contact"
    again = follow_ups_of(desk, case_id)[0]
    assert (again.type, again.task, again.due_on) == ("legal_followup", "Tell her about the hearing", SOON)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        (RecordFollowUp("cancelled"), "follow_up.result"),
        (RecordFollowUp(at=datetime(2026, 5, 13, 9, tzinfo=UTC)), "follow_up.done_at"),
        (RecordFollowUp(next_due_on=date(2026, 5, 11)), "follow_up.next_due_on"),
        (RecordFollowUp(method="pigeon"), "follow_up.method"),
        (RecordFollowUp(client_situation="fine"), "follow_up.client_situation"),
        (RecordFollowUp(note="n" * 4001), "follow_up.note"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    desk: Desk, case_id: UUID, said: RecordFollowUp, key: str
) -> None:
    task = plan(desk, case_id, "safety_check", TODAY)
    with pytest.raises(InvalidInput) as refusal:
        record(desk, task, said)
    assert list(refusal.value.problems) == [key]
    assert of(desk, case_id, task).status == "planned"
    assert last_action(desk) == "follow_up.plan"


def test_a_contact_nobody_planned_is_written_down_too(desk: Desk, case_id: UUID) -> None:
    done = record_contact(desk, case_id, RecordFollowUp(method="office_visit", note="Came by.", next_due_on=SOON))
    found = of(desk, case_id, done)
    assert (found.type, found.due_on, found.status, found.method) == ("welfare_check", TODAY, "done", "office_visit")
    assert next_contact(desk, case_id) == SOON


def test_moving_leaves_the_old_one_and_plans_a_new_one(desk: Desk, case_id: UUID) -> None:
    task = plan(desk, case_id, "safety_check", TODAY, "Ask about the landlord")
    moved = snooze(desk, task, SOON)
    assert of(desk, case_id, task).status == "rescheduled"
    found = of(desk, case_id, moved)
    assert (found.status, found.due_on, found.task) == ("planned", SOON, "Ask about the landlord")


def test_moving_the_next_contact_moves_it_on_the_case(desk: Desk, case_id: UUID) -> None:
    (first,) = follow_ups_of(desk, case_id)
    moved = snooze(desk, first.id, date(2026, 5, 25))
    assert due(desk, case_id) == (date(2026, 5, 25), moved)


def test_an_urgent_case_waits_only_with_a_reason(desk: Desk) -> None:
    case_id = register_case(desk, a_returnee(case__priority="urgent", case__next_contact_on=TODAY))
    (first,) = follow_ups_of(desk, case_id)
    with pytest.raises(InvalidInput) as refusal:
        snooze(desk, first.id, SOON, "  ")
    assert list(refusal.value.problems) == ["status_event.reason_text"]
    snooze(desk, first.id, SOON, "She is in hospital until then")


def test_a_contact_that_is_only_a_day_of_the_case_moves_with_its_reason(desk: Desk) -> None:
    case_id = register_case(desk, a_returnee(case__priority="urgent", case__next_contact_on=TODAY))
    (first,) = follow_ups_of(desk, case_id)
    cancel(desk, first.id)
    with pytest.raises(InvalidInput) as refusal:
        put_off_contact(desk, case_id, TODAY, SOON)
    assert list(refusal.value.problems) == ["status_event.reason_text"]
    put_off_contact(desk, case_id, TODAY, SOON, "She is in hospital until then")
    assert due(desk, case_id) == (SOON, None)
    with desk.read() as session:
        newest = session.scalars(select(Operation).order_by(Operation.seq.desc()).limit(1)).one()
    (operation,) = unpack(newest.body)
    assert "She is in hospital until then" in [leaf.value for _level, leaf in shown(operation)]
    with pytest.raises(Conflict):  # somebody moved it meanwhile
        put_off_contact(desk, case_id, TODAY, SOON, "Again")


def test_a_dropped_one_is_due_no_more(desk: Desk, case_id: UUID) -> None:
    task = plan(desk, case_id, "safety_check", SOON)
    cancel(desk, task, "not needed")
    assert of(desk, case_id, task).status == "cancelled"
    assert due(desk, case_id)[0] == FIRST_CONTACT


@pytest.mark.parametrize("ended", ["done", "moved", "dropped"])
def test_what_is_over_takes_no_further_step(desk: Desk, case_id: UUID, ended: str) -> None:
    task = plan(desk, case_id, "safety_check", TODAY)
    if ended == "done":
        record(desk, task, RecordFollowUp())
    elif ended == "moved":
        snooze(desk, task, SOON)
    else:
        cancel(desk, task)
    for again in (
        lambda: record(desk, task, RecordFollowUp()),
        lambda: snooze(desk, task, SOON),
        lambda: cancel(desk, task),
    ):
        with pytest.raises(NotThisStep):
            again()


def test_what_is_over_comes_after_what_is_planned_and_the_newest_first(desk: Desk, case_id: UUID) -> None:
    earlier = replace(desk, clock=lambda: datetime(2026, 5, 2, 9, tzinfo=UTC))
    record(earlier, plan(earlier, case_id, "other", date(2026, 5, 2)), RecordFollowUp())
    record(desk, plan(desk, case_id, "other", TODAY), RecordFollowUp())
    assert [row.due_on for row in follow_ups_of(desk, case_id)] == [FIRST_CONTACT, TODAY, date(2026, 5, 2)]


def test_a_follow_up_that_was_never_here_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        record(desk, uuid4(), RecordFollowUp())


def test_who_may_not_is_refused_and_the_refusal_is_recorded(desk: Desk, case_id: UUID) -> None:
    task = plan(desk, case_id, "safety_check", TODAY)
    coordinator = replace(desk, actor=Actor(uuid4(), "C", frozenset({"coordinator"})))
    stranger = replace(desk, actor=Actor(uuid4(), "W", frozenset({"caseworker"})))
    with pytest.raises(NotAllowed):
        record(coordinator, task, RecordFollowUp())
    assert last_action(desk) == "denied.case.note"
    with pytest.raises(Hidden):
        snooze(stranger, task, SOON)
    with pytest.raises(Hidden):
        follow_ups_of(stranger, case_id)
    assert last_action(desk) == "denied.case.view"


def test_the_words_are_left_out_for_who_may_not_read_them(desk: Desk, case_id: UUID) -> None:
    record(desk, plan(desk, case_id, "safety_check", TODAY), RecordFollowUp(note="Afraid of the agent."))
    coordinator = replace(desk, actor=Actor(uuid4(), "C", frozenset({"coordinator"})))
    assert {row.note for row in follow_ups_of(coordinator, case_id)} == {""}
    assert {row.note for row in follow_ups_of(desk, case_id)} == {"", "Afraid of the agent."}
