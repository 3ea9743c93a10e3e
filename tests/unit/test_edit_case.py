"""Editing a case: what an edit brings that was not there yet, and what is ticked and unticked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.models import Incident, IncidentViolation, Person, Recorded, RecruiterInvolvement
from casedesk.services.cases import case_facts, edit_case
from casedesk.services.intake import register_case
from casedesk.values import Money
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


def test_an_age_put_right_says_anew_whether_it_is_a_child(desk: Desk, case_id: UUID) -> None:
    edit_case(desk, case_id, {"person.age_stated": (29, 15)})
    (person,) = rows(desk, Person)
    assert person.is_minor
