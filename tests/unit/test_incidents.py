"""What happened, told more than once: added, put right, and never lost."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.errors import Conflict, InvalidInput
from casedesk.models import Incident
from casedesk.services.case_facts import case_facts
from casedesk.services.cases import edit_case
from casedesk.services.history import history
from casedesk.services.incidents import IncidentRow, add_incident, edit_incident, incidents_of
from casedesk.services.intake import register_case
from tests.support.people import a_returnee

FIRST, LATER = "They kept my passport.", "The driver hit me."


@pytest.fixture
def case_id(desk: Desk) -> UUID:
    said = a_returnee(incident__violations=["passport_withheld"], incident__narrative=FIRST)
    return register_case(desk, said)


def told(desk: Desk, case_id: UUID) -> list[IncidentRow]:
    return incidents_of(desk, case_id)


def test_each_incident_has_its_own_words_and_violations(desk: Desk, case_id: UUID) -> None:
    add_incident(desk, case_id, {"incident.narrative": LATER, "incident.violations": ["wages_not_paid"]})
    one, two = told(desk, case_id)
    assert (one.answers["incident.narrative"], one.answers["incident.violations"]) == (FIRST, ["passport_withheld"])
    assert (two.answers["incident.narrative"], two.answers["incident.violations"]) == (LATER, ["wages_not_paid"])
    assert (two.answers["incident.told_by"], two.by, two.corrections) == ("client", "Farzana Haque", 0)
    assert [v.code for v in case_facts(desk, case_id).violations] == ["passport_withheld", "wages_not_paid"]


def test_an_incident_is_put_right_by_a_newer_account_and_the_one_before_stays(desk: Desk, case_id: UUID) -> None:
    add_incident(desk, case_id, {"incident.narrative": LATER})
    first, _second = told(desk, case_id)
    edit_incident(desk, case_id, first.first, {"incident.narrative": (FIRST, "The agent kept it.")})
    edit_incident(desk, case_id, told(desk, case_id)[0].first, {"incident.told_by": ("client", "family")})
    now, other = told(desk, case_id)
    assert now.answers["incident.narrative"] == "The agent kept it."
    assert (now.answers["incident.violations"], now.corrections, now.first) == (["passport_withheld"], 2, first.id)
    assert other.answers["incident.narrative"] == LATER, "it keeps its place"
    with desk.read() as session:
        assert FIRST in session.scalars(select(Incident.narrative)).all()


def test_the_history_tells_what_an_account_said_before(desk: Desk, case_id: UUID) -> None:
    edit_incident(desk, case_id, told(desk, case_id)[0].first, {"incident.narrative": (FIRST, "The agent kept it.")})
    (newest, *_rest) = history(desk, case_id)
    assert [(change.before, change.after) for change in newest.changes] == [(FIRST, "The agent kept it.")]


def test_who_saw_an_older_account_is_asked_to_look_again(desk: Desk, case_id: UUID) -> None:
    (seen,) = told(desk, case_id)
    edit_incident(desk, case_id, seen.first, {"incident.narrative": (FIRST, "The agent kept it.")})
    with pytest.raises(Conflict):
        edit_incident(desk, case_id, seen.first, {"incident.narrative": (FIRST, "The driver kept it.")})


def test_an_edit_of_the_case_puts_the_last_incident_right(desk: Desk, case_id: UUID) -> None:
    add_incident(desk, case_id, {"incident.narrative": LATER})
    edit_case(desk, case_id, {"incident.narrative": (LATER, "The driver pushed me.")})
    assert [row.answers["incident.narrative"] for row in told(desk, case_id)] == [FIRST, "The driver pushed me."]


def test_unpaid_months_belong_to_the_incident_in_which_the_wages_were_kept(desk: Desk, case_id: UUID) -> None:
    add_incident(
        desk,
        case_id,
        {"incident.violations": ["wages_not_paid"], "wages.months_unpaid": 4, "incident.narrative": LATER},
    )
    first, second = told(desk, case_id)
    assert "wages.months_unpaid" not in first.answers
    assert second.answers["wages.months_unpaid"] == 4
    edit_incident(desk, case_id, second.first, {"incident.violations": (["wages_not_paid"], ["hazardous_work"])})
    assert told(desk, case_id)[1].answers["incident.violations"] == ["hazardous_work"]


def test_an_incident_without_words_and_without_a_violation_is_none(desk: Desk, case_id: UUID) -> None:
    with pytest.raises(InvalidInput):
        add_incident(desk, case_id, {"incident.told_by": "family"})
    with pytest.raises(InvalidInput):
        add_incident(desk, case_id, {"incident.violations": ["no_such_thing"]})
    assert len(told(desk, case_id)) == 1


def test_who_may_not_read_what_is_restricted_gets_no_incident(desk: Desk, case_id: UUID) -> None:
    coordinator = replace(desk, actor=replace(desk.actor, id=UUID(int=9), roles=frozenset(("coordinator",))))
    assert incidents_of(coordinator, case_id) == []
    assert len(incidents_of(coordinator, case_id, "Complaint by letter")) == 1
