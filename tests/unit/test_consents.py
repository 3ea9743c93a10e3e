"""Consent by purpose: the newest line holds, and taking it back closes what rests on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from casedesk.desk import Actor, Desk
from casedesk.errors import InvalidInput, NotAllowed
from casedesk.models import Case, ConsentLine, Operation, Person, Referral, State
from casedesk.services.ages import is_minor
from casedesk.services.consents import (
    ERASE,
    TELL_PARTNER,
    ConsentNow,
    RecordConsent,
    active_line,
    consents_of,
    effects_of_withdrawal,
    expiry,
    record_consent,
    scope_for,
    withdraw,
)
from casedesk.services.edits import as_new
from casedesk.services.follow_ups import FollowUpRow, follow_ups_of
from casedesk.services.intake import register_case
from casedesk.services.lifecycle import NotThisStep
from casedesk.services.providers import save_provider
from casedesk.services.referrals.making import MakeReferral, make_referral
from casedesk.services.referrals.reading import referrals_of
from casedesk.services.referrals.steps import send
from casedesk.storage.operations import shown, unpack
from tests.support.people import a_returnee

TODAY = date(2026, 5, 12)


@pytest.fixture
def case_id(desk: Desk) -> UUID:
    return register_case(desk, a_returnee())


def asked(desk: Desk, case_id: UUID, **answers: str) -> UUID:
    return record_consent(desk, case_id, RecordConsent(answers, method="verbal"))


def now(desk: Desk, case_id: UUID, scope: str) -> ConsentNow | None:
    return next((each for each in consents_of(desk, case_id) if each.scope == scope), None)


def legal_aid(desk: Desk) -> UUID:
    return save_provider(desk, None, as_new({"type": "legal_aid_body", "name_en": "Legal Aid House"}))


def referred(desk: Desk, case_id: UUID, provider_id: UUID, service: str = "legal_counselling") -> UUID:
    return make_referral(desk, MakeReferral(case_id, service=service, provider_id=provider_id))


def tasks(desk: Desk, case_id: UUID, words: str) -> list[FollowUpRow]:
    return [row for row in follow_ups_of(desk, case_id) if row.task == words]


def actions(desk: Desk) -> list[str]:
    """The actions of the journal, in order."""
    with desk.read() as session:
        bodies = session.scalars(select(Operation.body).order_by(Operation.seq)).all()
    leaves = [leaf for body in bodies for operation in unpack(body) for _level, leaf in shown(operation)]
    return [str(leaf.value) for leaf in leaves if (leaf.table, leaf.field) == ("op", "action")]


def at(desk: Desk, *day: int) -> Desk:
    """The same desk on another day."""
    return replace(desk, clock=lambda: datetime(day[0], day[1], day[2], 9, tzinfo=UTC))


def test_what_was_asked_stands_in_the_order_of_the_list_and_the_rest_is_missing(desk: Desk, case_id: UUID) -> None:
    asked(desk, case_id, share_legal="refused", share_shelter="given")
    assert [(each.scope, each.status) for each in consents_of(desk, case_id)] == [
        ("case_services", "given"),
        ("store_data", "given"),
        ("share_shelter", "given"),
        ("share_legal", "refused"),
    ]
    shelter = now(desk, case_id, "share_shelter")
    assert shelter is not None
    assert (shelter.method, shelter.giver, shelter.by) == ("verbal", "self", "Farzana Haque")


def test_the_newest_line_in_the_journal_holds_even_if_the_clock_went_back(desk: Desk, case_id: UUID) -> None:
    asked(desk, case_id, share_legal="given")
    earlier = at(desk, 2026, 5, 1)
    asked(earlier, case_id, share_legal="refused")
    found = now(desk, case_id, "share_legal")
    assert found is not None
    assert found.status == "refused"
    assert [step.answer for step in found.history] == ["refused", "given"]


def test_consent_ends_after_the_months_of_its_purpose(desk: Desk, case_id: UUID) -> None:
    asked(desk, case_id, share_shelter="given")
    found = now(at(desk, 2026, 11, 12), case_id, "share_shelter")
    assert found is not None
    assert (found.status, found.expires_on) == ("given", date(2026, 11, 12))
    found = now(at(desk, 2026, 11, 13), case_id, "share_shelter")
    assert found is not None
    assert found.status == "expired"


@pytest.mark.parametrize(
    ("scope", "given", "last"),
    [
        ("share_shelter", date(2026, 8, 31), date(2027, 2, 28)),
        ("sync_central_coded", date(2026, 12, 31), date(2028, 12, 31)),
        ("transfer_case", date(2026, 11, 30), date(2027, 2, 28)),
        ("store_data", date(2026, 5, 12), None),
    ],
)
def test_the_last_day_is_that_of_a_shorter_month_at_most(scope: str, given: date, last: date | None) -> None:
    assert expiry(scope, given) == last


def test_a_consent_for_a_named_partner_holds_for_no_other(desk: Desk, case_id: UUID) -> None:
    ours, other = legal_aid(desk), legal_aid(desk)
    command = RecordConsent({"share_legal": "given"}, method="verbal", named_recipients={"share_legal": ours})
    record_consent(desk, case_id, command)
    with desk.read() as session:
        assert active_line(session, case_id, "share_legal", TODAY, ours) is not None
        assert active_line(session, case_id, "share_legal", TODAY, other) is None
        assert active_line(session, case_id, "share_legal", TODAY) is None


def test_asking_again_adds_a_line_and_edits_none(desk: Desk, case_id: UUID) -> None:
    asked(desk, case_id, share_legal="refused")
    asked(desk, case_id, share_legal="given")
    with desk.read() as session:
        lines = session.scalars(select(ConsentLine.answer).where(ConsentLine.scope == "share_legal")).all()
    assert sorted(lines, key=str) == ["given", "refused"]


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (RecordConsent({}, method="verbal"), "consent_line.answer"),
        (RecordConsent({"share_legal": "given"}), "consent.method"),
        (RecordConsent({"share_legal": "given"}, method="verbal", giver=None), "consent.giver"),
        (RecordConsent({"share_legal": "withdrawn"}, method="verbal"), "consent_line.share_legal"),
        (RecordConsent({"share_nothing": "given"}, method="verbal"), "consent_line.scope"),
        (RecordConsent({"share_legal": "given"}, method="telepathy"), "consent.method"),
    ],
)
def test_an_asking_that_lacks_something_is_refused_whole(
    desk: Desk, case_id: UUID, command: RecordConsent, key: str
) -> None:
    before = actions(desk)
    with pytest.raises(InvalidInput) as refusal:
        record_consent(desk, case_id, command)
    assert list(refusal.value.problems) == [key]
    assert actions(desk) == before


def test_a_child_does_not_answer_alone(desk: Desk) -> None:
    child = a_returnee(
        person__age_stated=15,
        consent__giver="parent",
        person__guardian="Salma",
        person__guardian_safe="yes",
        case__confirmed_warnings=["V06"],
    )
    case_id = register_case(desk, child)
    with pytest.raises(InvalidInput) as refusal:
        asked(desk, case_id, share_legal="given")
    assert refusal.value.problems["consent.giver"][0].rule == "V10"
    record_consent(desk, case_id, RecordConsent({"share_legal": "given"}, method="verbal", giver="parent"))
    with desk.read() as session:
        person_id = session.get_one(Case, case_id).person_id
        person = session.get_one(Person, person_id)
        assert is_minor(person, TODAY)
        assert not is_minor(person, date(2029, 5, 12))


def test_taking_back_stops_what_is_not_sent_and_asks_partners_to_stop(desk: Desk, case_id: UUID) -> None:
    asked(desk, case_id, share_legal="given", share_health="given")
    partner = legal_aid(desk)
    ready, gone, draft = (referred(desk, case_id, partner) for _each in range(3))
    health = referred(desk, case_id, partner, "medical_treatment_service")
    send(desk, gone, "paper")
    foreseen = effects_of_withdrawal(desk, case_id, "share_legal")
    assert {each.id for each in foreseen.cancelled} == {ready, draft}
    assert [(each.id, each.provider, each.status) for each in foreseen.to_tell] == [(gone, "Legal Aid House", "sent")]
    assert not foreseen.erasure
    assert withdraw(desk, case_id, "share_legal", "changed her mind") == foreseen
    status = {row.id: row.status for row in referrals_of(desk, case_id)}
    assert status == {ready: "cancelled", draft: "cancelled", gone: "sent", health: "ready"}
    told = tasks(desk, case_id, TELL_PARTNER)
    assert [(task.referral_id, task.due_on, task.status) for task in told] == [(gone, TODAY, "planned")]
    found = now(desk, case_id, "share_legal")
    assert found is not None
    assert (found.status, [step.answer for step in found.history]) == ("withdrawn", ["withdrawn", "given"])
    with desk.read() as session:
        assert active_line(session, case_id, "share_legal", TODAY) is None


def test_looking_at_the_effects_changes_nothing(desk: Desk, case_id: UUID) -> None:
    asked(desk, case_id, share_legal="given")
    before = actions(desk)
    effects_of_withdrawal(desk, case_id, "share_legal")
    assert actions(desk) == before


def test_a_draft_without_consent_line_rests_on_the_purpose_it_will_need(desk: Desk, case_id: UUID) -> None:
    asked(desk, case_id, share_legal="given")
    draft = make_referral(desk, MakeReferral(case_id, service="legal_counselling"))
    assert [each.id for each in withdraw(desk, case_id, "share_legal").cancelled] == [draft]


def test_saying_no_to_what_was_agreed_has_the_same_effects(desk: Desk, case_id: UUID) -> None:
    asked(desk, case_id, share_legal="given")
    ready = referred(desk, case_id, legal_aid(desk))
    asked(desk, case_id, share_legal="refused")
    with desk.read() as session:
        assert session.get_one(State, ready).status == "cancelled"


def test_taking_back_the_keeping_of_data_asks_for_erasure(desk: Desk, case_id: UUID) -> None:
    assert withdraw(desk, case_id, "store_data").erasure
    assert [(task.due_on, task.assigned_to) for task in tasks(desk, case_id, ERASE)] == [(TODAY, desk.actor.id)]


@pytest.mark.parametrize("scope", ["share_health", "share_legal"])
def test_only_what_was_given_can_be_taken_back(desk: Desk, case_id: UUID, scope: str) -> None:
    asked(desk, case_id, share_legal="refused")
    with pytest.raises(NotThisStep):
        withdraw(desk, case_id, scope)


def test_withdrawn_consent_can_be_given_again(desk: Desk, case_id: UUID) -> None:
    asked(desk, case_id, share_legal="given")
    withdraw(desk, case_id, "share_legal")
    asked(desk, case_id, share_legal="given")
    found = now(desk, case_id, "share_legal")
    assert found is not None
    assert found.status == "given"


@pytest.mark.parametrize(
    ("service", "provider_type", "scope"),
    [
        ("legal_counselling", "legal_aid_body", "share_legal"),
        ("legal_counselling", None, "share_legal"),
        ("legal_counselling", "police", "share_police"),
        ("medical_treatment_service", "mission_abroad", "share_mission_abroad"),
        ("emergency_shelter", "own_centre", "case_services"),
        ("skills_training_ttc", "ttc", "share_reintegration"),
        ("wewb_medical_grant", "wewb", "share_government_welfare"),
        ("union_membership", "trade_union", "share_union"),
    ],
)
def test_the_partner_decides_which_consent_is_needed_where_its_kind_says_so(
    service: str, provider_type: str | None, scope: str
) -> None:
    assert scope_for(service, provider_type) == scope


def test_who_may_not_is_refused_and_the_refusal_is_recorded(desk: Desk, case_id: UUID) -> None:
    coordinator = replace(desk, actor=Actor(uuid4(), "C", frozenset({"coordinator"})))
    for refused in (
        lambda: asked(coordinator, case_id, share_legal="given"),
        lambda: withdraw(coordinator, case_id, "store_data"),
        lambda: effects_of_withdrawal(coordinator, case_id, "store_data"),
    ):
        with pytest.raises(NotAllowed):
            refused()
    assert actions(desk)[-3:] == ["denied.case.consent"] * 3
    assert consents_of(coordinator, case_id)
    with desk.read() as session:
        assert session.scalars(select(Referral)).all() == []
