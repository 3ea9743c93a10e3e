"""A case is closed when nothing that somebody waits for is left behind (V36), and nothing goes without being said."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.errors import InvalidInput
from casedesk.i18n import speaking
from casedesk.models import StatusEvent
from casedesk.services.case_facts import case_facts
from casedesk.services.case_status import LOOK_AGAIN, set_status
from casedesk.services.clashes import steps_skipped
from casedesk.services.consents import RecordConsent, record_consent
from casedesk.services.edits import as_new
from casedesk.services.follow_ups import follow_ups_of, plan
from casedesk.services.intake import register_case
from casedesk.services.providers import ServiceEdit, save_provider
from casedesk.services.referrals.making import MakeReferral, make_referral
from casedesk.services.referrals.steps import send, take_step
from casedesk.services.safety_flags import act_on_flag, raise_flags
from casedesk.services.today import tasks
from tests.support.people import a_returnee

LEGAL = "legal_counselling"


@pytest.fixture
def case_id(desk: Desk) -> UUID:
    return register_case(desk, a_returnee())


def planned(desk: Desk, case_id: UUID) -> list[UUID]:
    return [row.id for row in follow_ups_of(desk, case_id) if row.status == "planned"]


def close(desk: Desk, case_id: UUID, *dropped: UUID, reason: str | None = None) -> None:
    set_status(desk, case_id, "closed", reason_code="goals_achieved", reason=reason, dropped=dropped)


def refused(desk: Desk, case_id: UUID, *dropped: UUID) -> dict[str, str]:
    """What closing is refused for; nothing has changed then."""
    before = planned(desk, case_id)
    with pytest.raises(InvalidInput) as error:
        close(desk, case_id, *dropped)
    assert planned(desk, case_id) == before
    assert case_facts(desk, case_id).status == "registered"
    return {key: found[0].text for key, found in error.value.problems.items()}


def test_what_is_planned_is_dropped_only_by_who_saw_it(desk: Desk, case_id: UUID) -> None:
    assert refused(desk, case_id) == {
        "follow_up.due_on": "Steps are still planned. Take them out of the plan, or change the case to follow-up only."
    }
    seen = planned(desk, case_id)
    plan(desk, case_id, "safety_check", date(2026, 5, 14))  # somebody else, meanwhile
    assert "follow_up.due_on" in refused(desk, case_id, *seen)
    close(desk, case_id, *planned(desk, case_id))
    assert case_facts(desk, case_id).status == "closed"
    assert {row.status for row in follow_ups_of(desk, case_id)} == {"cancelled"}
    set_status(desk, case_id, "active", reason="New threats")
    assert planned(desk, case_id) == []
    assert all(task.follow_up_id is None for group in tasks(desk) for task in group.tasks)


def test_an_open_safety_flag_is_ended_first_or_explained(desk: Desk, case_id: UUID) -> None:
    raise_flags(desk, case_id, ["immediate_danger"])
    assert list(refused(desk, case_id, *planned(desk, case_id))) == ["status_event.reason_text"]
    close(desk, case_id, *planned(desk, case_id), reason="She is with her sister abroad, who knows")
    assert case_facts(desk, case_id).status == "closed"


def test_a_flag_that_was_ended_needs_no_words(desk: Desk, case_id: UUID) -> None:
    raise_flags(desk, case_id, ["immediate_danger"])
    (flag,) = case_facts(desk, case_id).flags
    act_on_flag(desk, case_id, flag.id, cleared_because="He left the country")
    close(desk, case_id, *planned(desk, case_id))
    assert case_facts(desk, case_id).status == "closed"


def test_a_partner_who_expects_her_is_told_first(desk: Desk, case_id: UUID) -> None:
    record_consent(desk, case_id, RecordConsent({"share_legal": "given"}, method="verbal"))
    partner = save_provider(
        desk,
        None,
        as_new({"type": "legal_aid_body", "name_en": "Legal Aid House"}),
        [ServiceEdit(as_new({"service": LEGAL}))],
    )
    referral = make_referral(desk, MakeReferral(case_id, service=LEGAL, provider_id=partner, request="A lawyer"))
    send(desk, referral, "paper")
    told = refused(desk, case_id, *planned(desk, case_id))
    assert list(told) == ["referral.number"]
    assert "A referral still waits for its answer: RF-" in told["referral.number"]
    take_step(desk, referral, "cancelled", reason="The case is closed")
    close(desk, case_id, *planned(desk, case_id))


def test_a_case_taken_up_again_is_not_looked_at_for_being_on_hold(desk: Desk, case_id: UUID) -> None:
    first = planned(desk, case_id)
    with speaking("bn"):
        set_status(desk, case_id, "on_hold", reason_code="client_away", until=date(2026, 6, 1))
    look = next(row for row in follow_ups_of(desk, case_id) if row.id not in first)
    assert (look.task, look.due_on) == ("Look again: the case is on hold", date(2026, 6, 1)), "in the language spoken"
    set_status(desk, case_id, "registered")
    assert planned(desk, case_id) == first
    assert {row.id: row.status for row in follow_ups_of(desk, case_id)}[look.id] == "cancelled"


def test_a_case_on_hold_is_closed_in_steps_that_fit_together(desk: Desk, case_id: UUID) -> None:
    set_status(desk, case_id, "on_hold", reason_code="client_away", until=date(2026, 6, 1))
    (look,) = (row.id for row in follow_ups_of(desk, case_id) if row.task == LOOK_AGAIN)
    close(desk, case_id, *planned(desk, case_id))
    with desk.read() as session:
        wanted = select(StatusEvent.to_status).where(StatusEvent.entity_id == look)
        assert list(session.scalars(wanted)) == ["planned", "cancelled"]
    assert steps_skipped(desk) == []
