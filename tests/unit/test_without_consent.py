"""In danger to life a supervisor lets a referral go without consent; and papers are asked back with a consent."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from casedesk.desk import Actor, Desk
from casedesk.errors import InvalidInput, NotAllowed
from casedesk.models import Disclosure
from casedesk.services.consents import RecordConsent, effects_of_withdrawal, record_consent, withdraw
from casedesk.services.edits import as_new
from casedesk.services.follow_ups import follow_ups_of
from casedesk.services.intake import register_case
from casedesk.services.letters import letter_of
from casedesk.services.prints import Printed, PrintRequest, letter_may_be_given, next_copies, print_event
from casedesk.services.providers import ServiceEdit, save_provider
from casedesk.services.referrals.making import MakeReferral, edit_referral, make_referral
from casedesk.services.referrals.reading import WITHOUT_CONSENT, all_referrals, count_referrals, referral_facts
from casedesk.services.referrals.steps import send, take_step
from casedesk.storage.checking import check
from tests.support.people import a_returnee

DANGER = {"consent_exception": "danger_to_life", "exception_reason": "He waits with a knife at her door."}


@pytest.fixture
def case_id(desk: Desk) -> UUID:
    return register_case(desk, a_returnee(**{"consent_line.share_shelter": "refused"}))


@pytest.fixture
def shelter(desk: Desk) -> UUID:
    service = ServiceEdit(as_new({"service": "emergency_shelter"}))
    return save_provider(desk, None, as_new({"type": "shelter_operator", "name_en": "Ashroy"}), [service])


@pytest.fixture
def worker(desk: Desk) -> Desk:
    """A colleague of the same team, without a supervisor's rights."""
    return replace(desk, actor=Actor(desk.actor.id, "Salma", frozenset(["caseworker"])))


def wanted(case_id: UUID, shelter: UUID, **more: object) -> MakeReferral:
    command = MakeReferral(case_id, service="emergency_shelter", provider_id=shelter, fields_shared=("name_age",))
    return replace(command, **more)  # type: ignore[arg-type]  # fields by name


def test_a_supervisor_lets_it_go_and_it_can_be_found_and_counted(desk: Desk, case_id: UUID, shelter: UUID) -> None:
    referral_id = make_referral(desk, wanted(case_id, shelter, **DANGER))
    facts = referral_facts(desk, referral_id)
    assert (facts.row.status, facts.values["consent_exception"]) == ("ready", "danger_to_life")
    assert "consent_line_id" not in facts.values
    assert letter_may_be_given(desk, referral_id)
    assert "Immediate danger to life" in [told.value for told in letter_of(desk, referral_id, "en").person]
    send(desk, referral_id, "phone")
    assert [each.referral.id for each in all_referrals(desk, WITHOUT_CONSENT)] == [referral_id]
    assert count_referrals(desk, WITHOUT_CONSENT) == 1
    with desk.read() as session:
        given_out = session.scalars(select(Disclosure)).one()
        assert (given_out.consent_exception, given_out.consent_line_id) == ("danger_to_life", None)
    assert check(desk.store).wrong == []


def test_a_caseworker_does_not(worker: Desk, case_id: UUID, shelter: UUID) -> None:
    with pytest.raises(NotAllowed):
        make_referral(worker, wanted(case_id, shelter, **DANGER))
    draft = make_referral(worker, wanted(case_id, shelter))
    with pytest.raises(NotAllowed):
        edit_referral(worker, draft, as_new(DANGER))
    with pytest.raises(InvalidInput):
        take_step(worker, draft, "ready")
    assert count_referrals(worker, WITHOUT_CONSENT) == 0


def test_what_the_supervisor_opened_the_worker_sends_but_does_not_change(
    desk: Desk, worker: Desk, case_id: UUID, shelter: UUID
) -> None:
    draft = make_referral(worker, wanted(case_id, shelter))
    edit_referral(desk, draft, as_new(DANGER))
    with pytest.raises(NotAllowed):
        edit_referral(worker, draft, {"request": (None, "A bed and money")})
    take_step(worker, draft, "ready")
    send(worker, draft, "phone")
    assert referral_facts(worker, draft).row.status == "sent"


def test_it_needs_a_written_reason_and_a_cause_of_the_list(desk: Desk, case_id: UUID, shelter: UUID) -> None:
    for said in ({"exception_reason": None}, {"exception_reason": "   "}, {"consent_exception": "convenience"}):
        with pytest.raises(InvalidInput):
            make_referral(desk, wanted(case_id, shelter, **(DANGER | said)))
    assert count_referrals(desk, WITHOUT_CONSENT) == 0


def test_it_opens_nothing_but_the_referral(desk: Desk, case_id: UUID, shelter: UUID) -> None:
    draft = make_referral(desk, wanted(case_id, shelter, **DANGER, fields_shared=("name_age", "what_happened")))
    assert referral_facts(desk, draft).row.status == "draft"
    with pytest.raises(InvalidInput, match="look"):
        take_step(desk, draft, "ready")


def test_a_second_try_asks_for_consent_again(desk: Desk, case_id: UUID, shelter: UUID) -> None:
    referral_id = make_referral(desk, wanted(case_id, shelter, **DANGER))
    send(desk, referral_id, "phone")
    take_step(desk, referral_id, "accepted")
    take_step(desk, referral_id, "no_show")
    with pytest.raises(InvalidInput):
        take_step(desk, referral_id, "ready")


def test_taking_a_consent_back_does_not_touch_it(desk: Desk, case_id: UUID, shelter: UUID) -> None:
    record_consent(desk, case_id, RecordConsent({"share_shelter": "given"}, method="verbal"))
    referral_id = make_referral(desk, wanted(case_id, shelter, **DANGER))
    assert withdraw(desk, case_id, "share_shelter").cancelled == ()
    assert referral_facts(desk, referral_id).row.status == "ready"


def test_papers_given_out_by_a_consent_are_asked_for_when_it_is_taken_back(
    desk: Desk, case_id: UUID, shelter: UUID
) -> None:
    record_consent(desk, case_id, RecordConsent({"share_shelter": "given"}, method="verbal"))
    request = PrintRequest("shared", "en", purpose="give_partner", recipient_id=shelter)
    copies = next_copies(desk, case_id, 2)
    print_event(desk, case_id, request, [Printed(copy, uuid4().hex * 2, ()) for copy in copies], "print")
    assert effects_of_withdrawal(desk, case_id, "share_shelter").papers == 2
    assert effects_of_withdrawal(desk, case_id, "store_data").papers == 0
    withdraw(desk, case_id, "share_shelter")
    tasks = [row.task for row in follow_ups_of(desk, case_id) if row.status == "planned"]
    assert tasks.count("Ask for the papers back that were given out, or have them destroyed") == 1
