"""A referral goes only where consent allows, step by step, and its answer is waited for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from casedesk.desk import Actor, Desk
from casedesk.errors import Conflict, InvalidInput, NotAllowed, NotFound
from casedesk.formats import waited_days
from casedesk.i18n import speaking
from casedesk.lifecycles import steps_from
from casedesk.models import Case, Disclosure, NeedItem, Operation, Person, ProviderService, Referral
from casedesk.services.consents import RecordConsent, record_consent
from casedesk.services.edits import as_new
from casedesk.services.follow_ups import follow_ups_of
from casedesk.services.intake import register_case
from casedesk.services.lifecycle import NotThisStep
from casedesk.services.notes import add_note
from casedesk.services.permissions import Hidden
from casedesk.services.providers import ServiceEdit, save_provider
from casedesk.services.referrals.making import MakeReferral, edit_referral, make_referral
from casedesk.services.referrals.reading import (
    GROUPS,
    ReferralRow,
    all_referrals,
    referral_facts,
    referrals_of,
    waiting,
)
from casedesk.services.referrals.steps import send, take_step
from casedesk.services.sharing import SHARES, what_may_be_shared
from casedesk.storage.operations import shown, unpack
from tests.support.people import a_returnee

TODAY = date(2026, 5, 12)
LEGAL = "legal_counselling"
ACCOUNT = "He kept the passport in a drawer of his office and said that nobody would ever believe me."
PATHS: Mapping[str, tuple[str, ...]] = {
    "draft": (),
    "ready": ("ready",),
    "sent": ("ready", "sent"),
    "acknowledged": ("ready", "sent", "acknowledged"),
    "accepted": ("ready", "sent", "accepted"),
    "in_service": ("ready", "sent", "accepted", "in_service"),
    "completed": ("ready", "sent", "accepted", "completed"),
    "declined": ("ready", "sent", "declined"),
    "client_declined": ("ready", "sent", "client_declined"),
    "no_show": ("ready", "sent", "accepted", "no_show"),
    "expired": ("ready", "sent", "expired"),
    "cancelled": ("cancelled",),
}
WITH: Mapping[str, Mapping[str, object]] = {
    "sent": {"sent_by_method": "paper"},
    "acknowledged": {"acknowledged_by_name": "Adv. Nasrin"},
    "declined": {"decline_reason": "no_capacity"},
    "in_service": {"service_started_on": TODAY},
    "completed": {"outcome": "service_received_full"},
    "client_declined": {"outcome": "service_not_received"},
}
ALLOWED = [(before, step.to) for before in PATHS for step in steps_from("referral", before)]
REFUSED = [
    (before, to) for before in PATHS for to in PATHS if to not in {step.to for step in steps_from("referral", before)}
]


@pytest.fixture
def case_id(desk: Desk) -> UUID:
    case_id = register_case(desk, a_returnee(incident__narrative=ACCOUNT))
    agree(desk, case_id, share_legal="given")
    return case_id


@pytest.fixture
def partner(desk: Desk) -> UUID:
    return a_partner(desk)


def a_partner(desk: Desk, **values: object) -> UUID:
    said = {"type": "legal_aid_body", "name_en": "Legal Aid House", "name_bn": "আইন সহায়তা"} | values
    return save_provider(desk, None, as_new(said), [ServiceEdit(as_new({"service": LEGAL}))])


def agree(desk: Desk, case_id: UUID, **answers: str) -> None:
    record_consent(desk, case_id, RecordConsent(answers, method="verbal"))


def a_referral(desk: Desk, case_id: UUID, partner: UUID | None, **more: object) -> UUID:
    command = MakeReferral(case_id, service=LEGAL, provider_id=partner, request="A lawyer for unpaid wages")
    return make_referral(desk, replace(command, **more))  # type: ignore[arg-type]  # fields by name


def after(desk: Desk, days: int) -> Desk:
    return replace(desk, clock=lambda: datetime(2026, 5, 12, 9, tzinfo=UTC) + timedelta(days=days))


def step(desk: Desk, referral_id: UUID, to: str, **values: object) -> None:
    late = after(desk, 20) if to == "expired" else desk
    take_step(late, referral_id, to, {**WITH.get(to, {}), **values}, reason="asked to")


def in_state(desk: Desk, case_id: UUID, partner: UUID, status: str) -> UUID:
    referral_id = a_referral(desk, case_id, partner, as_draft=True)
    for to in PATHS[status]:
        step(desk, referral_id, to)
    return referral_id


def row(desk: Desk, case_id: UUID, referral_id: UUID) -> ReferralRow:
    return next(each for each in referrals_of(desk, case_id) if each.id == referral_id)


def problems(error: pytest.ExceptionInfo[InvalidInput]) -> list[tuple[str, str]]:
    return [(key, each.rule) for key, found in error.value.problems.items() for each in found]


def actions(desk: Desk) -> list[str]:
    with desk.read() as session:
        bodies = session.scalars(select(Operation.body).order_by(Operation.seq)).all()
    leaves = [leaf for body in bodies for operation in unpack(body) for _level, leaf in shown(operation)]
    return [str(leaf.value) for leaf in leaves if (leaf.table, leaf.field) == ("op", "action")]


# Making


def test_with_service_partner_and_consent_a_referral_is_ready(desk: Desk, case_id: UUID, partner: UUID) -> None:
    found = row(desk, case_id, a_referral(desk, case_id, partner))
    assert (found.status, found.number, found.provider) == ("ready", "RF-26-K3-00001", "Legal Aid House")
    assert (found.direction, found.next_steps) == ("outgoing", ("cancelled", "sent"))


@pytest.mark.parametrize(
    "missing", [{"provider_id": None}, {"service": None}, {"service": "medical_treatment_service"}, {"as_draft": True}]
)
def test_without_one_of_them_it_stays_a_draft(
    desk: Desk, case_id: UUID, partner: UUID, missing: dict[str, object]
) -> None:
    assert row(desk, case_id, a_referral(desk, case_id, partner, **missing)).status == "draft"


def test_a_referral_inside_the_centre_needs_no_consent_to_share(desk: Desk, case_id: UUID) -> None:
    own = a_partner(desk, type="own_centre")
    found = row(desk, case_id, a_referral(desk, case_id, own, service="emergency_shelter"))
    assert (found.status, found.direction) == ("ready", "internal")


def test_words_of_a_restricted_account_are_pasted_only_knowingly(desk: Desk, case_id: UUID, partner: UUID) -> None:
    pasted = "She told us: he kept  the PASSPORT in a drawer of his office and said"
    with pytest.raises(InvalidInput) as refusal:
        a_referral(desk, case_id, partner, summary_shared=pasted)
    assert problems(refusal) == [("referral.summary_shared", "V42")]
    assert refusal.value.problems["referral.summary_shared"][0].warning
    referral_id = a_referral(desk, case_id, partner, summary_shared=pasted, confirmed=frozenset({"V42"}))
    with desk.read() as session:
        number = row(desk, case_id, referral_id).number
        assert session.get_one(Case, case_id).confirmed_warnings == [f"V42 {number}"]


def test_a_restricted_note_is_an_account_too_and_a_plain_one_is_not(desk: Desk, case_id: UUID, partner: UUID) -> None:
    words = "Sleeps badly since the winter and wakes at every car in the street."
    add_note(desk, case_id, "general", words)
    a_referral(desk, case_id, partner, message=words)
    add_note(desk, case_id, "counselling", words)
    with pytest.raises(InvalidInput) as refusal:
        a_referral(desk, case_id, partner, message=words)
    assert problems(refusal) == [("referral.message", "V42")]


def test_a_few_words_alike_are_no_pasting(desk: Desk, case_id: UUID, partner: UUID) -> None:
    a_referral(desk, case_id, partner, summary_shared="He kept the passport in a drawer.")


def test_a_need_of_another_case_is_not_found(desk: Desk, case_id: UUID, partner: UUID) -> None:
    register_case(desk, a_returnee(person__phone_1="+8801711000418", need_item__needs=["legal_case"]))
    with desk.read() as session:
        need_id = session.scalars(select(NeedItem.id)).one()
    with pytest.raises(NotFound):
        a_referral(desk, case_id, partner, need_id=need_id)


def test_what_nothing_declares_cannot_be_shared(desk: Desk, case_id: UUID, partner: UUID) -> None:
    with pytest.raises(InvalidInput) as refusal:
        a_referral(desk, case_id, partner, fields_shared=("fingerprints",))
    assert problems(refusal) == [("referral.fields_shared", "")]


# Sharing


def test_without_consent_nothing_may_be_shared_and_the_reason_is_said(desk: Desk, case_id: UUID, partner: UUID) -> None:
    items = what_may_be_shared(desk, case_id, "medical_treatment_service", partner)
    assert [item.key for item in items] == list(SHARES)
    assert {(item.allowed, item.why_not, item.ticked) for item in items} == {(False, "Not asked yet.", False)}


def test_the_least_is_proposed_and_the_rest_says_why_not(desk: Desk, case_id: UUID, partner: UUID) -> None:
    items = {item.key: item for item in what_may_be_shared(desk, case_id, LEGAL, partner)}
    assert [key for key, item in items.items() if item.ticked] == ["name_age", "sex", "language", "safety"]
    assert [key for key, item in items.items() if not item.allowed] == ["what_happened", "home"]
    assert items["what_happened"].why_not == "There is no consent for sensitive details."
    assert items["home"].why_not == "Blocked by safe-contact rule."


def test_what_happened_needs_its_own_consent_and_a_partner_who_keeps_it(
    desk: Desk, case_id: UUID, partner: UUID
) -> None:
    agree(desk, case_id, sensitive_data="given")
    trusted = a_partner(desk, can_receive_restricted=True)
    happened = [
        next(item for item in what_may_be_shared(desk, case_id, LEGAL, who) if item.key == "what_happened")
        for who in (partner, trusted)
    ]
    assert [(item.allowed, item.ticked) for item in happened] == [(False, False), (True, False)]


def test_the_home_may_be_named_where_contact_is_safe_at_any_time(desk: Desk, partner: UUID) -> None:
    case_id = register_case(desk, a_returnee(person__safe_contact_rule=["any_time"]))
    agree(desk, case_id, share_legal="given")
    home = next(item for item in what_may_be_shared(desk, case_id, LEGAL, partner) if item.key == "home")
    assert (home.allowed, home.ticked) == (True, False)


def test_a_referral_that_shares_too_much_is_not_ready(desk: Desk, case_id: UUID, partner: UUID) -> None:
    referral_id = a_referral(desk, case_id, partner, fields_shared=("name_age", "home"))
    assert row(desk, case_id, referral_id).status == "draft"
    with pytest.raises(InvalidInput) as refusal:
        step(desk, referral_id, "ready")
    assert problems(refusal) == [("referral.fields_shared", "")]


def test_for_a_child_a_guardian_agrees(desk: Desk, partner: UUID) -> None:
    child = a_returnee(
        person__age_stated=16,
        consent__giver="best_interest_decision",
        case__confirmed_warnings=["V06"],
        consent_line__share_legal="given",
    )
    case_id = register_case(desk, child)
    assert row(desk, case_id, a_referral(desk, case_id, partner)).status == "ready"


def test_for_a_child_their_own_consent_is_not_enough(desk: Desk, case_id: UUID, partner: UUID) -> None:
    with desk.write("case.edit", about=case_id) as session:
        person_id = session.get_one(Case, case_id).person_id
        session.get_one(Person, person_id).age_stated = 16
    referral_id = a_referral(desk, case_id, partner)
    with pytest.raises(InvalidInput) as refusal:
        step(desk, referral_id, "ready")
    assert problems(refusal) == [("referral.consent_line_id", "V24")]


# Steps


@pytest.mark.parametrize(("before", "to"), ALLOWED)
def test_every_listed_step_can_be_taken(desk: Desk, case_id: UUID, partner: UUID, before: str, to: str) -> None:
    referral_id = in_state(desk, case_id, partner, before)
    values = {"outcome": "client_dropped_out"} if (before, to) == ("in_service", "client_declined") else {}
    step(desk, referral_id, to, **values)
    assert row(desk, case_id, referral_id).status == to


def test_no_other_step_can_be_taken(desk: Desk, case_id: UUID, partner: UUID) -> None:
    referrals = {before: in_state(desk, case_id, partner, before) for before in PATHS}
    written = len(actions(desk))
    for before, to in REFUSED:
        with pytest.raises(NotThisStep):
            step(desk, referrals[before], to)
    assert len(actions(desk)) == written


@pytest.mark.parametrize(
    ("before", "to", "key", "rule"),
    [
        ("draft", "cancelled", "status_event.reason_text", ""),
        ("ready", "sent", "referral.sent_by_method", ""),
        ("sent", "acknowledged", "referral.acknowledged_by_name", ""),
        ("sent", "declined", "referral.decline_reason", "V26"),
        ("sent", "expired", "referral.expires_on", ""),
        ("accepted", "in_service", "referral.service_started_on", ""),
        ("accepted", "completed", "referral.outcome", "V26"),
        ("sent", "client_declined", "referral.outcome", "V26"),
    ],
)
def test_a_step_needs_what_the_life_cycle_names(
    desk: Desk, case_id: UUID, partner: UUID, before: str, to: str, key: str, rule: str
) -> None:
    referral_id = in_state(desk, case_id, partner, before)
    with pytest.raises(InvalidInput) as refusal:
        take_step(desk, referral_id, to)
    assert problems(refusal) == [(key, rule)]
    assert row(desk, case_id, referral_id).status == before


def test_who_stops_during_the_service_is_recorded_as_such(desk: Desk, case_id: UUID, partner: UUID) -> None:
    referral_id = in_state(desk, case_id, partner, "in_service")
    take_step(desk, referral_id, "client_declined")
    assert row(desk, case_id, referral_id).outcome == "client_dropped_out"


def test_a_referral_is_not_sent_after_consent_ran_out(desk: Desk, case_id: UUID, partner: UUID) -> None:
    referral_id = a_referral(desk, case_id, partner)
    with pytest.raises(InvalidInput) as refusal:
        send(after(desk, 400), referral_id, "paper")
    assert problems(refusal) == [("referral.consent_line_id", "V24")]
    assert refusal.value.problems["referral.consent_line_id"][0].text == "This consent is no longer valid. Ask again."


def test_a_referral_is_not_sent_to_a_partner_who_left(desk: Desk, case_id: UUID, partner: UUID) -> None:
    referral_id = a_referral(desk, case_id, partner)
    save_provider(desk, partner, {"active": (True, False)})
    with pytest.raises(InvalidInput) as refusal:
        send(desk, referral_id, "paper")
    assert problems(refusal) == [("referral.provider_id", "")]


@pytest.mark.parametrize(
    ("to", "values", "key"),
    [
        ("acknowledged", {"acknowledged_at": date(2026, 5, 11)}, "referral.acknowledged_at"),
        ("accepted", {"accepted_at": date(2026, 5, 11)}, "referral.accepted_at"),
    ],
)
def test_days_come_in_order(
    desk: Desk, case_id: UUID, partner: UUID, to: str, values: dict[str, object], key: str
) -> None:
    referral_id = in_state(desk, case_id, partner, "sent")
    with pytest.raises(InvalidInput) as refusal:
        step(desk, referral_id, to, **values)
    assert problems(refusal) == [(key, "V25")]


def test_the_service_begins_after_it_was_accepted_and_ends_after_it_began(
    desk: Desk, case_id: UUID, partner: UUID
) -> None:
    referral_id = in_state(desk, case_id, partner, "accepted")
    with pytest.raises(InvalidInput) as refusal:
        step(desk, referral_id, "in_service", service_started_on=date(2026, 5, 1))
    assert problems(refusal) == [("referral.service_started_on", "V25")]
    step(desk, referral_id, "in_service")
    with pytest.raises(InvalidInput) as refusal:
        step(desk, referral_id, "completed", service_ended_on=date(2026, 5, 11))
    assert problems(refusal) == [("referral.service_ended_on", "V25")]


def test_nothing_has_happened_in_the_future(desk: Desk, case_id: UUID, partner: UUID) -> None:
    referral_id = a_referral(desk, case_id, partner)
    with pytest.raises(InvalidInput) as refusal:
        send(desk, referral_id, "paper", date(2026, 5, 13))
    assert problems(refusal) == [("referral.sent_at", "")]


def test_nobody_misses_an_appointment_that_is_still_to_come(desk: Desk, case_id: UUID, partner: UUID) -> None:
    referral_id = in_state(desk, case_id, partner, "sent")
    step(desk, referral_id, "accepted", appointment_at=date(2026, 5, 20))
    with pytest.raises(InvalidInput) as refusal:
        step(desk, referral_id, "no_show")
    assert problems(refusal) == [("referral.appointment_at", "")]
    step(after(desk, 9), referral_id, "no_show")


def test_a_step_takes_only_what_belongs_to_it(desk: Desk, case_id: UUID, partner: UUID) -> None:
    with pytest.raises(ValueError, match="sent has no outcome"):
        take_step(desk, a_referral(desk, case_id, partner), "sent", {"outcome": "service_received_full"})


def test_it_is_tried_again_twice_and_then_no_more(desk: Desk, case_id: UUID, partner: UUID) -> None:
    referral_id = in_state(desk, case_id, partner, "no_show")
    for _again in range(2):
        for to in ("ready", "sent", "accepted", "no_show"):
            step(desk, referral_id, to)
    with pytest.raises(InvalidInput) as refusal:
        step(desk, referral_id, "ready")
    assert problems(refusal) == [("referral.status", "")]


def test_a_new_try_forgets_the_answer_and_has_a_new_day_due(desk: Desk, case_id: UUID, partner: UUID) -> None:
    referral_id = in_state(desk, case_id, partner, "no_show")
    later = after(desk, 30)
    step(later, referral_id, "ready")
    found = row(desk, case_id, referral_id)
    assert (found.accepted_at, found.answer_due) == (None, None)
    step(later, referral_id, "sent")
    assert row(desk, case_id, referral_id).answer_due == TODAY + timedelta(days=44)


def test_a_day_due_that_is_over_before_sending_gives_way_to_the_usual_time(
    desk: Desk, case_id: UUID, partner: UUID
) -> None:
    referral_id = a_referral(desk, case_id, partner, expires_on=TODAY + timedelta(days=14))
    send(after(desk, 20), referral_id, "paper")
    assert row(desk, case_id, referral_id).answer_due == TODAY + timedelta(days=34)


# Waiting for the answer


@pytest.mark.parametrize(("priority", "days"), [("urgent", 3), ("medium", 14), (None, 14)])
def test_the_answer_is_due_two_weeks_after_sending_and_soon_if_urgent(
    desk: Desk, case_id: UUID, partner: UUID, priority: str | None, days: int
) -> None:
    referral_id = a_referral(desk, case_id, partner, priority=priority)
    send(desk, referral_id, "paper")
    due = TODAY + timedelta(days=days)
    assert row(desk, case_id, referral_id).answer_due == due
    asking = [each for each in follow_ups_of(desk, case_id) if each.referral_id == referral_id]
    assert [(each.type, each.due_on, each.status) for each in asking] == [("referral_followup", due, "planned")]


@pytest.mark.parametrize(
    ("to", "left"),
    [
        ("acknowledged", "planned"),
        ("accepted", "done"),
        ("declined", "done"),
        ("client_declined", "done"),
        ("expired", "done"),
        ("cancelled", "cancelled"),
    ],
)
def test_asking_for_the_answer_ends_when_it_is_there(
    desk: Desk, case_id: UUID, partner: UUID, to: str, left: str
) -> None:
    referral_id = in_state(desk, case_id, partner, "sent")
    step(desk, referral_id, to)
    assert [each.status for each in follow_ups_of(desk, case_id) if each.referral_id == referral_id] == [left]


def test_those_without_an_answer_are_listed_the_longest_wait_first(desk: Desk, case_id: UUID, partner: UUID) -> None:
    new, old, answered = (a_referral(desk, case_id, partner) for _each in range(3))
    send(desk, old, "paper")
    send(desk, answered, "paper")
    step(desk, answered, "accepted")
    later = after(desk, 5)
    send(later, new, "paper")
    listed = waiting(later)
    assert [(each.referral.id, each.referral.days_waiting) for each in listed] == [(old, 5), (new, 0)]
    assert [waited_days(each.referral.days_waiting or 0) for each in listed] == ["5 days", "today"]
    assert (listed[0].name_en, listed[0].case_number) == (
        "Rahima Khatun",
        "DHK-26-K3-00001-" + listed[0].case_number[-1],
    )
    assert [each.overdue for each in (row(after(desk, 14), case_id, old), row(after(desk, 15), case_id, old))] == [
        False,
        True,
    ]


def test_the_list_can_be_narrowed_to_a_group(desk: Desk, case_id: UUID, partner: UUID) -> None:
    made = {status: in_state(desk, case_id, partner, status) for status in PATHS}
    assert len(all_referrals(desk)) == len(PATHS)
    for group, statuses in GROUPS.items():
        assert {each.referral.id for each in all_referrals(desk, group)} == {made[status] for status in statuses}


def test_the_partner_has_a_name_in_the_language_spoken(desk: Desk, case_id: UUID, partner: UUID) -> None:
    a_referral(desk, case_id, partner)
    with speaking("bn"):
        assert referrals_of(desk, case_id)[0].provider == "আইন সহায়তা"


# What a step brings with it


def test_a_referral_by_phone_is_a_disclosure(desk: Desk, case_id: UUID, partner: UUID) -> None:
    referral_id = a_referral(desk, case_id, partner, fields_shared=("name_age", "sex"))
    send(desk, referral_id, "phone")
    with desk.read() as session:
        given_out = session.scalars(select(Disclosure)).one()
        referral = session.get_one(Referral, referral_id)
        assert (given_out.medium, given_out.recipient_id, given_out.fields) == ("phone", partner, ["name_age", "sex"])
        assert given_out.consent_line_id == referral.consent_line_id is not None


def test_the_directory_learns_whether_a_service_works(desk: Desk, case_id: UUID, partner: UUID) -> None:
    def works() -> str | None:
        with desk.read() as session:
            return session.scalars(select(ProviderService.functional)).one()

    step(desk, in_state(desk, case_id, partner, "sent"), "declined", decline_reason="service_not_functional")
    assert works() == "paper_only"
    step(desk, in_state(desk, case_id, partner, "accepted"), "completed")
    assert works() == "yes"


# Changing one that is not sent


def test_an_unsent_referral_can_be_changed_by_who_saw_what_it_says(desk: Desk, case_id: UUID, partner: UUID) -> None:
    referral_id = a_referral(desk, case_id, partner)
    edit_referral(desk, referral_id, {"message": (None, "Needs a lift")})
    with pytest.raises(Conflict):
        edit_referral(desk, referral_id, {"message": (None, "Needs a ramp")})
    assert referral_facts(desk, referral_id).values["message"] == "Needs a lift"


def test_a_draft_becomes_ready_with_what_was_written_or_says_what_it_said(
    desk: Desk, case_id: UUID, partner: UUID
) -> None:
    referral_id = a_referral(desk, case_id, partner, as_draft=True)
    save_provider(desk, partner, {"active": (True, False)})
    written = {"message": (None, "Needs a lift")}
    with pytest.raises(InvalidInput):
        edit_referral(desk, referral_id, written, as_draft=False)
    assert "message" not in referral_facts(desk, referral_id).values
    save_provider(desk, partner, {"active": (False, True)})
    edit_referral(desk, referral_id, written, as_draft=False)  # the same again, of what was seen
    assert referral_facts(desk, referral_id).row.status == "ready"


def test_a_ready_one_is_not_changed_to_what_consent_does_not_cover(desk: Desk, case_id: UUID, partner: UUID) -> None:
    referral_id = a_referral(desk, case_id, partner)
    with pytest.raises(InvalidInput) as refusal:
        edit_referral(desk, referral_id, {"service": (LEGAL, "medical_treatment_service")})
    assert problems(refusal) == [("referral.consent_line_id", "V24")]


def test_a_sent_one_is_not_changed(desk: Desk, case_id: UUID, partner: UUID) -> None:
    referral_id = in_state(desk, case_id, partner, "sent")
    with pytest.raises(NotThisStep):
        edit_referral(desk, referral_id, {"message": (None, "One more thing")})


def test_facts_say_by_which_consent(desk: Desk, case_id: UUID, partner: UUID) -> None:
    assert referral_facts(desk, in_state(desk, case_id, partner, "sent")).scope == "share_legal"


# Rights


def test_who_may_not_refer_is_refused_and_the_refusal_recorded(desk: Desk, case_id: UUID, partner: UUID) -> None:
    referral_id = a_referral(desk, case_id, partner)
    coordinator = replace(desk, actor=Actor(uuid4(), "C", frozenset({"coordinator"})))
    stranger = replace(desk, actor=Actor(uuid4(), "W", frozenset({"caseworker"})))
    keeper = replace(desk, actor=Actor(uuid4(), "A", frozenset({"administrator"})))
    with pytest.raises(NotAllowed):
        send(coordinator, referral_id, "paper")
    with pytest.raises(Hidden):
        a_referral(stranger, case_id, partner)
    with pytest.raises(Hidden):
        take_step(stranger, referral_id, "cancelled", reason="no")
    with pytest.raises(NotAllowed):
        waiting(keeper)
    assert actions(desk)[-4:] == ["denied.referral.edit"] * 3 + ["denied.referral.list"]
    assert row(desk, case_id, referral_id).status == "ready"


def test_nobody_sees_the_referrals_of_a_case_they_may_not_know_of(desk: Desk, case_id: UUID, partner: UUID) -> None:
    in_state(desk, case_id, partner, "sent")
    stranger = replace(desk, actor=Actor(uuid4(), "W", frozenset({"caseworker"})))
    assert waiting(stranger) == all_referrals(stranger) == []
    assert len(waiting(desk)) == 1


def test_restricted_words_are_left_out_for_who_gave_no_reason(desk: Desk, case_id: UUID, partner: UUID) -> None:
    referral_id = a_referral(desk, case_id, partner, summary_shared="Wages of five months are not paid.")
    coordinator = replace(desk, actor=Actor(uuid4(), "C", frozenset({"coordinator"})))
    assert "summary_shared" in referral_facts(desk, referral_id).values
    assert "summary_shared" not in referral_facts(coordinator, referral_id).values


def test_a_referral_that_was_never_here_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        take_step(desk, uuid4(), "ready")
    with pytest.raises(NotFound):
        referral_facts(desk, uuid4())
