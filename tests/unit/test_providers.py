"""The directory: partners with what they offer and how they answer, and recruiters with how many cases name them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from casedesk.desk import Actor, Desk
from casedesk.errors import Conflict, InvalidInput, NotAllowed, NotFound
from casedesk.i18n import speaking
from casedesk.models import Recruiter
from casedesk.services.cases import mark_confidential
from casedesk.services.edits import as_new
from casedesk.services.intake import register_case
from casedesk.services.providers import (
    ServiceEdit,
    find_or_add_recruiter,
    provider,
    providers,
    recruiter,
    recruiters,
    save_provider,
    save_recruiter,
)
from casedesk.services.referrals.making import MakeReferral, make_referral
from casedesk.services.referrals.steps import send, take_step
from tests.support.people import a_returnee

TODAY = date(2026, 5, 12)
SHELTER = "emergency_shelter"


def a_shelter(desk: Desk, name: str, capacity: int | None = None, **service: object) -> UUID:
    values = {"type": "shelter_operator", "name_en": name}
    offers = as_new({"service": SHELTER, "capacity": capacity, **service})
    return save_provider(desk, None, as_new(values), [ServiceEdit(offers)])


def on_day(desk: Desk, day: int) -> Desk:
    """The same desk in June."""
    return replace(desk, clock=lambda: datetime(2026, 6, day, 9, tzinfo=UTC))


def test_a_partner_is_kept_with_its_services(desk: Desk) -> None:
    values = {"type": "ttc", "name_en": "TTC Madaripur", "districts": ["madaripur", "dhaka"], "hours": "9–17"}
    offers = [ServiceEdit(as_new({"service": "skills_training_ttc", "capacity": 12, "eligibility": "Class eight"}))]
    partner = save_provider(desk, None, as_new(values), offers)
    found = provider(desk, partner)
    assert (found.row.name, found.row.districts, found.row.active) == ("TTC Madaripur", ("dhaka", "madaripur"), True)
    (service,) = found.row.services
    assert (service.service, service.capacity, service.last_verified_on) == ("skills_training_ttc", 12, TODAY)
    assert found.values["hours"] == "9–17"


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"type": "ttc"}, "provider.name_bn"),
        ({"type": "ttc", "name_en": "   "}, "provider.name_bn"),
        ({"name_en": "TTC"}, "provider.type"),
        ({"name_en": "TTC", "type": "castle"}, "provider.type"),
        ({"name_en": "T" * 10_000, "type": "ttc"}, "provider.name_en"),
    ],
)
def test_a_partner_has_a_kind_and_a_name_that_fits(desk: Desk, values: dict[str, object], key: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        save_provider(desk, None, as_new(values))
    assert list(refusal.value.problems) == [key]
    assert providers(desk) == []


def test_nobody_overwrites_what_they_have_not_seen(desk: Desk) -> None:
    partner = a_shelter(desk, "Ashroy")
    save_provider(desk, partner, {"hours": (None, "24 hours")})
    with pytest.raises(Conflict):
        save_provider(desk, partner, {"hours": (None, "9–17"), "takes": (None, "Women")})
    assert "takes" not in provider(desk, partner).values


def test_a_service_is_changed_added_and_removed_with_its_partner(desk: Desk) -> None:
    partner = a_shelter(desk, "Ashroy", 3)
    (first,) = provider(desk, partner).row.services
    changes = [
        ServiceEdit({}, service_id=first.id, removed=True),
        ServiceEdit(as_new({"service": "safe_home"})),
    ]
    save_provider(desk, partner, {}, changes)
    assert [each.service for each in provider(desk, partner).row.services] == ["safe_home"]
    other = a_shelter(desk, "Nodi")
    with pytest.raises(NotFound):
        save_provider(desk, other, {}, [ServiceEdit({"cost": (None, "free")}, service_id=first.id)])
    with pytest.raises(InvalidInput):
        save_provider(desk, other, {}, [ServiceEdit(as_new({"cost": "free"}))])


def test_for_a_service_free_places_come_first_and_full_ones_last(desk: Desk) -> None:
    for name, capacity in (("Asha", 2), ("Nodi", 0), ("Ashroy", 3), ("Shanti", None)):
        a_shelter(desk, name, capacity)
    a_shelter(desk, "Only a sign", 9, functional="paper_only")
    save_provider(desk, None, as_new({"type": "ttc", "name_en": "TTC"}))
    assert [row.name for row in providers(desk, service=SHELTER)] == ["Ashroy", "Asha", "Shanti", "Only a sign", "Nodi"]
    assert [row.name for row in providers(desk)] == ["Asha", "Ashroy", "Nodi", "Only a sign", "Shanti", "TTC"]


def test_who_does_not_work_with_us_now_is_shown_only_when_asked_for(desk: Desk) -> None:
    partner = a_shelter(desk, "Ashroy")
    save_provider(desk, partner, {"active": (True, False)})
    assert providers(desk) == []
    assert [row.active for row in providers(desk, active_only=False)] == [False]


@pytest.mark.parametrize(
    "search", ["ashroy", "ASH", "আশ্রয়", "mirpur ash", "madari", "মাদারীপুর", "01711 000220", "000220"]
)
def test_a_partner_is_found_in_either_script_by_name_place_and_phone(desk: Desk, search: str) -> None:
    values = {
        "type": "shelter_operator",
        "name_en": "Ashroy Women’s Shelter",
        "name_bn": "আশ্রয় নারী নিবাস",
        "address": "Mirpur",
        "districts": ["madaripur"],
        "phone": "+8801711000220",
    }
    partner = save_provider(desk, None, as_new(values))
    a_shelter(desk, "Nodi")
    assert [row.id for row in providers(desk, search)] == [partner]


@pytest.mark.parametrize("search", ["xyz", "ashroy xyz", "<b>", "9999"])
def test_what_is_nowhere_is_not_found(desk: Desk, search: str) -> None:
    a_shelter(desk, "Ashroy")
    assert providers(desk, search) == []


def test_signs_alone_look_for_nothing_and_leave_everything_in_sight(desk: Desk) -> None:
    a_shelter(desk, "Ashroy")
    assert len(providers(desk, " % ")) == 1


def test_the_name_is_in_the_language_spoken_if_there_is_one(desk: Desk) -> None:
    save_provider(desk, None, as_new({"type": "ttc", "name_en": "TTC", "name_bn": "টিটিসি"}))
    save_provider(desk, None, as_new({"type": "ttc", "name_en": "Only English"}))
    with speaking("bn"):
        assert {row.name for row in providers(desk)} == {"টিটিসি", "Only English"}


def test_the_last_five_answers_and_the_usual_wait_come_from_referrals(desk: Desk) -> None:
    partner = a_shelter(desk, "Ashroy", 3)
    case_id = register_case(desk, a_returnee(consent_line__share_shelter="given"))
    answers = (("declined", 9), ("accepted", 1), ("declined", 2), ("accepted", 3), ("accepted", 2), ("accepted", 9))
    for turn, (to, days) in enumerate(answers):
        sent, answered = (on_day(desk, 1 + turn), on_day(desk, 1 + turn + days))
        referral_id = make_referral(sent, MakeReferral(case_id, service=SHELTER, provider_id=partner))
        send(sent, referral_id, "paper")
        take_step(answered, referral_id, to, {"decline_reason": "no_capacity"} if to == "declined" else {})
    row = provider(desk, partner).row
    assert (row.accepted, row.answered, row.answer_days) == (4, 5, 2)


def test_a_referral_nobody_answered_yet_counts_for_nothing(desk: Desk) -> None:
    partner = a_shelter(desk, "Ashroy", 3)
    case_id = register_case(desk, a_returnee(consent_line__share_shelter="given"))
    send(desk, make_referral(desk, MakeReferral(case_id, service=SHELTER, provider_id=partner)), "paper")
    row = provider(desk, partner).row
    assert (row.accepted, row.answered, row.answer_days) == (0, 0, None)


# Recruiters


def test_recruiters_count_the_cases_that_name_them(desk: Desk) -> None:
    for phone in ("+8801711000417", "+8801711000418"):
        register_case(
            desk,
            a_returnee(person__phone_1=phone, recruiter__type="licensed_agency", recruiter__name="Al Noor Overseas"),
        )
    save_recruiter(desk, None, as_new({"name": "Padma International", "licence_status": "valid", "district": "dhaka"}))
    listed = [(row.name, row.cases) for row in recruiters(desk)]
    assert listed == [("Al Noor Overseas", 2), ("Padma International", 0)]
    assert [row.name for row in recruiters(desk, "padma dhaka")] == ["Padma International"]


def test_a_case_one_may_not_know_of_is_in_no_count_of_a_recruiter(desk: Desk) -> None:
    case_id = register_case(desk, a_returnee(recruiter__type="licensed_agency", recruiter__name="Al Noor Overseas"))
    mark_confidential(desk, case_id)
    other = replace(desk, actor=Actor(uuid4(), "A", frozenset({"caseworker"})))
    assert [row.cases for row in recruiters(desk)] == [1]
    (row,) = recruiters(other)
    assert (row.cases, recruiter(other, row.id).row.cases) == (0, 0)


def test_the_licence_is_changed_with_the_day_it_was_checked(desk: Desk) -> None:
    found = save_recruiter(desk, None, as_new({"type": "licensed_agency", "name": "Al Noor"}))
    save_recruiter(desk, found, {"licence_status": (None, "expired"), "licence_checked_on": (None, TODAY)})
    facts = recruiter(desk, found)
    assert (facts.row.licence_status, facts.row.licence_checked_on) == ("expired", TODAY)
    with pytest.raises(Conflict):
        save_recruiter(desk, found, {"licence_status": (None, "valid")})
    with pytest.raises(InvalidInput):
        save_recruiter(desk, None, {})


def test_a_recruiter_spelled_alike_is_the_same_one(desk: Desk) -> None:
    with desk.write("case.register") as session:
        first = find_or_add_recruiter(session, "licensed_agency", "Al-Noor Overseas")
        assert first is not None
        session.flush()
        assert find_or_add_recruiter(session, "licensed_agency", "al noor  OVERSEAS") is first
        assert find_or_add_recruiter(session, "licensed_agency", "Al-Noor Overseas") is first
        assert find_or_add_recruiter(session, "sub_agent_dalal", "Al-Noor Overseas") is not first
        assert find_or_add_recruiter(session, "licensed_agency", "Al Noor") is not first
        assert find_or_add_recruiter(session, None, None) is None


def test_a_kind_without_a_name_is_kept_once_and_not_listed(desk: Desk) -> None:
    for phone in ("+8801711000417", "+8801711000418"):
        register_case(desk, a_returnee(person__phone_1=phone, recruiter__type="sub_agent_dalal"))
    with desk.read() as session:
        assert session.scalars(select(Recruiter.type)).all() == ["sub_agent_dalal"]
    assert recruiters(desk) == []


# Rights


def test_everybody_may_look_and_few_may_change(desk: Desk) -> None:
    partner = a_shelter(desk, "Ashroy")
    found = save_recruiter(desk, None, as_new({"name": "Motin", "phone": "+8801711000999", "district": "dhaka"}))
    keeper = replace(desk, actor=Actor(uuid4(), "A", frozenset({"administrator"})))
    assert providers(keeper)[0].id == partner
    assert recruiter(keeper, found).values == {"name": "Motin", "district": "dhaka"}
    assert recruiter(desk, found).values["phone"] == "+8801711000999"
    not_theirs: tuple[Callable[[], object], ...] = (
        lambda: save_provider(keeper, partner, {}),
        lambda: save_recruiter(keeper, found, {}),
    )
    for refused in not_theirs:
        with pytest.raises(NotAllowed):
            refused()


def test_what_is_not_here_is_not_found(desk: Desk) -> None:
    of_nothing: tuple[Callable[[], object], ...] = (
        lambda: provider(desk, uuid4()),
        lambda: recruiter(desk, uuid4()),
        lambda: save_provider(desk, uuid4(), {}),
    )
    for missing in of_nothing:
        with pytest.raises(NotFound):
            missing()
