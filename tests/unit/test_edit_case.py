"""Editing a case: what an edit brings that was not there yet, and what is ticked and unticked."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.errors import InvalidInput
from casedesk.models import (
    Debt,
    Incident,
    IncidentViolation,
    NeedItem,
    NeedsAssessment,
    Person,
    Recorded,
    RecruiterInvolvement,
)
from casedesk.services.case_facts import case_facts
from casedesk.services.cases import edit_case
from casedesk.services.edits import Edits
from casedesk.services.incidents import add_incident, edit_incident, incidents_of
from casedesk.services.intake import register_case
from casedesk.values import Money, PartialDay
from tests.conftest import NOW
from tests.support.people import a_returnee


def rows(desk: Desk, model: type[Recorded]) -> list[Any]:
    with desk.read() as session:
        return list(session.scalars(select(model).where(model.removed_at.is_(None))))


@pytest.fixture
def case_id(desk: Desk) -> UUID:
    return register_case(desk, a_returnee())


def test_what_happened_told_at_once_is_one_incident(desk: Desk, case_id: UUID) -> None:
    told = {
        "incident.narrative": (None, "They kept my pay."),
        "incident.told_by": (None, "family"),
        "incident.violations": (None, ["wages_not_paid", "passport_withheld"]),
        "wages.months_unpaid": (None, 3),
    }
    edit_case(desk, case_id, told)
    (incident,) = rows(desk, Incident)
    assert (incident.narrative, incident.told_by, incident.status) == ("They kept my pay.", "family", "alleged")
    found = {row.violation: (row.incident_id, row.months_unpaid) for row in rows(desk, IncidentViolation)}
    assert found == {"wages_not_paid": (incident.id, 3), "passport_withheld": (incident.id, None)}


def test_months_belong_to_the_wage_violation_that_is_ticked(desk: Desk, case_id: UUID) -> None:
    edit_case(desk, case_id, {"wages.months_unpaid": (None, 2), "incident.violations": (None, ["wages_underpaid"])})
    assert [(row.violation, row.months_unpaid) for row in rows(desk, IncidentViolation)] == [("wages_underpaid", 2)]


def test_a_recruiter_and_what_was_paid_are_one_involvement(desk: Desk, case_id: UUID) -> None:
    paid = Money(100, "bdt")
    edit_case(desk, case_id, {"recruiter.name": (None, "Al Noor"), "recruiter_involvement.amount_paid": (None, paid)})
    (involved,) = rows(desk, RecruiterInvolvement)
    assert (involved.recruiter_id is not None, involved.amount_paid) == (True, paid)


def test_what_a_colleague_ticked_meanwhile_stays(desk: Desk, case_id: UUID) -> None:
    edit_case(desk, case_id, {"need_item.needs": (None, ["legal_case", "loan"])})
    edit_case(desk, case_id, {"need_item.needs": (["loan"], ["housing"])})  # what was seen is a moment old
    assert sorted(case_facts(desk, case_id).answers["need_item.needs"]) == ["housing", "legal_case"]  # type: ignore[call-overload]


def test_what_is_ticked_later_says_of_itself_what_it_says_at_the_intake(desk: Desk) -> None:
    """Of what no assessment tells the day, no report knows when it was due."""
    late = register_case(desk, a_returnee())
    needs = ["loan", "safe_place"]
    edit_case(desk, late, {"need_item.needs": (None, needs), "debt.outstanding": (None, Money(9_000_000, "bdt"))})
    (assessment,), (debt,) = rows(desk, NeedsAssessment), rows(desk, Debt)
    assert (assessment.done_on, debt.as_of) == (NOW.date(), NOW.date())
    with desk.write("test.of_before") as session:
        session.get_one(NeedsAssessment, assessment.id).done_on = None
    edit_case(desk, late, {"person.phone_1": ("+8801711000417", "+8801711000999")}, kept=None)
    assert rows(desk, NeedsAssessment)[0].done_on is None, "nobody asked about needs that day"
    edited = {(each.need, each.urgency, each.assessment_id == assessment.id) for each in rows(desk, NeedItem)}
    at_once = register_case(desk, a_returnee(need_item__needs=needs, person__phone_1=None))
    asked = {(each.need, each.urgency, True) for each in rows(desk, NeedItem) if each.case_id == at_once}
    assert edited == asked
    assert {urgency for _need, urgency, _there in asked} > {"now"}


def test_an_age_put_right_says_anew_whether_it_is_a_child(desk: Desk, case_id: UUID) -> None:
    edit_case(desk, case_id, {"person.age_stated": (29, 15)}, kept=("V06", "V08", "V10"))
    (person,) = rows(desk, Person)
    assert person.is_minor


# The rules of the intake


def asked(desk: Desk, case_id: UUID, edits: Edits, *kept: str) -> dict[str, list[tuple[str, bool]]]:
    """What an edit is refused for, as rule and whether it is a warning; nothing was changed then."""
    before = case_facts(desk, case_id).answers
    with pytest.raises(InvalidInput) as error:
        edit_case(desk, case_id, edits, kept)
    assert case_facts(desk, case_id).answers == before
    return {key: [(each.rule, each.warning) for each in found] for key, found in error.value.problems.items()}


def test_an_edit_is_asked_about_like_an_intake_and_what_is_kept_is_recorded(desk: Desk, case_id: UUID) -> None:
    number = {"person.nickname": (None, "01711000417")}
    assert asked(desk, case_id, number) == {"person.nickname": [("V45", True)]}
    assert asked(desk, case_id, number, "V13") == {"person.nickname": [("V45", True)]}
    edit_case(desk, case_id, number, kept=("V45", "V13"))
    facts = case_facts(desk, case_id)
    assert facts.answers["person.nickname"] == "01711000417"
    assert facts.answers["case.confirmed_warnings"] == ["V45"]
    other = {"person.name_en": ("Rahima Khatun", "4711")}
    assert asked(desk, case_id, other) == {"person.name_en": [("V45", True)]}, "another answer was not looked at yet"


def test_what_was_there_before_stands_in_no_ones_way(desk: Desk, case_id: UUID) -> None:
    edit_case(desk, case_id, {"person.nickname": (None, "4711")}, kept=("V45",))
    edit_case(desk, case_id, {"person.upazila": (None, "Shibchar")})
    edit_case(desk, case_id, {"person.district": ("madaripur", "dhaka"), "person.upazila": ("Shibchar", "Savar")})
    assert case_facts(desk, case_id).answers["person.division"] == "dhaka"


def test_what_cannot_be_is_refused_and_nothing_keeps_it(desk: Desk, case_id: UUID) -> None:
    left = {"migration_episode.departed_on": (PartialDay(date(2024, 6, 12)), PartialDay(date(2026, 5, 2)))}
    assert asked(desk, case_id, left, "V04") == {"migration_episode.returned_on": [("V04", False)]}


def test_an_own_phone_counts_for_no_other(desk: Desk) -> None:
    for person in ("Rahima", "Salma", "Amena"):
        register_case(desk, a_returnee(person__name_en=person))
    case_id = register_case(desk, a_returnee(person__name_en="Jahanara", **{"case.confirmed_warnings": ["V44"]}))
    edit_case(desk, case_id, {"person.upazila": (None, "Shibchar")})
    phone = {"person.phone_1": ("+8801711000417", "+8801811222333")}
    edit_case(desk, case_id, phone)
    back = {"person.phone_1": ("+8801811222333", "+8801711000417")}
    assert asked(desk, case_id, back) == {"person.phone_1": [("V44", True)]}
    edit_case(desk, case_id, back, kept=None)  # as when it is taken back


def test_a_true_age_never_waits_for_a_consent_that_is_asked_elsewhere(desk: Desk, case_id: UUID) -> None:
    found = asked(desk, case_id, {"person.age_stated": (29, 15)})
    assert ("V10", True) in found["consent.giver"]
    assert all(warning for said in found.values() for _rule, warning in said)


def test_what_happened_is_looked_at_beside_its_journey(desk: Desk, case_id: UUID) -> None:
    early = {"incident.happened_from": PartialDay(date(2023, 1, 5)), "incident.narrative": "They took my passport."}
    with pytest.raises(InvalidInput) as error:
        add_incident(desk, case_id, early)
    assert [(key, found[0].rule) for key, found in error.value.problems.items()] == [("incident.happened_from", "V17")]
    assert rows(desk, Incident) == []
    add_incident(desk, case_id, early, kept=("V17",))
    (incident,) = incidents_of(desk, case_id)
    edit_incident(desk, case_id, incident.first, {"incident.place": (None, "Riyadh")})
    later = {"incident.happened_from": (PartialDay(date(2023, 1, 5)), PartialDay(date(2022, 1, 5)))}
    with pytest.raises(InvalidInput):
        edit_incident(desk, case_id, incident.first, later)
    edit_incident(desk, case_id, incident.first, later, kept=("V17",))
