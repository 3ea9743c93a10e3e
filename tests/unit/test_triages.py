"""Guided triage of an open case, run again; and what a case refuses to be told in the wrong place."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from casedesk.desk import Desk
from casedesk.errors import Conflict, InvalidInput, NotAllowed, NotFound
from casedesk.models import SafetyFlag
from casedesk.services.case_facts import case_facts, look_restricted
from casedesk.services.cases import edit_case
from casedesk.services.history import who_looked
from casedesk.services.intake import register_case
from casedesk.services.safety_flags import act_on_flag, raise_flags
from casedesk.services.triages import run_again, triages_of
from tests.support.people import a_returnee

VICTIM, UNSUCCESSFUL = "returned_victim", "returned_unsuccessful"


@pytest.fixture
def case_id(desk: Desk) -> UUID:
    return register_case(desk, a_returnee(triage__t01_pay_problem="no"))


def last(desk: Desk, case_id: UUID) -> UUID | None:
    return triages_of(desk, case_id).last


def test_a_new_run_stands_beside_the_earlier_ones(desk: Desk, case_id: UUID) -> None:
    run_again(desk, case_id, last(desk, case_id), {"t06_violence_threat": "yes", "t01_pay_problem": "yes"})
    newest, first = triages_of(desk, case_id).runs
    assert (newest.outcome, newest.by, newest.answered) == ("suggest_victim", "Farzana Haque", 2)
    assert "v1_critical_answer" in newest.rules
    assert first.answered == 1
    assert case_facts(desk, case_id).answers["triage.t06_violence_threat"] == "yes"


def test_the_category_stays_until_somebody_decides(desk: Desk, case_id: UUID) -> None:
    before = case_facts(desk, case_id).answers.get("case.category")
    run_again(desk, case_id, last(desk, case_id), {"t06_violence_threat": "yes"})
    assert case_facts(desk, case_id).answers.get("case.category") == before
    run_again(desk, case_id, last(desk, case_id), {"t06_violence_threat": "yes"}, {"case.category": (before, VICTIM)})
    answers = case_facts(desk, case_id).answers
    assert (answers["case.category"], answers["case.category_reason"]) == (VICTIM, "agrees_with_suggestion")


def test_a_decision_against_the_suggestion_says_why_or_nothing_is_kept(desk: Desk, case_id: UUID) -> None:
    seen = last(desk, case_id)
    against = {"case.category": (case_facts(desk, case_id).answers.get("case.category"), UNSUCCESSFUL)}
    with pytest.raises(InvalidInput):
        run_again(desk, case_id, seen, {"t06_violence_threat": "yes"}, against)
    assert last(desk, case_id) == seen
    why = {**against, "case.category_reason": (None, "client_view")}
    run_again(desk, case_id, seen, {"t06_violence_threat": "yes"}, why)
    assert case_facts(desk, case_id).answers["case.category"] == UNSUCCESSFUL


def test_a_run_made_meanwhile_is_looked_at_first(desk: Desk, case_id: UUID) -> None:
    seen = last(desk, case_id)
    run_again(desk, case_id, seen, {"t01_pay_problem": "no"})
    with pytest.raises(Conflict):
        run_again(desk, case_id, seen, {"t01_pay_problem": "yes"})
    with pytest.raises(InvalidInput):
        run_again(desk, case_id, last(desk, case_id), {"t01_pay_problem": None})


@pytest.mark.parametrize(
    "key",
    ["safety_flag.flags", "consent.method", "consent_line.share_legal", "triage.t01_pay_problem", "case.not_private"],
)
def test_what_is_changed_elsewhere_is_refused_in_words(desk: Desk, case_id: UUID, key: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        edit_case(desk, case_id, {key: (None, "yes"), "person.upazila": (None, "Savar")})
    assert refused.value.problems[key][0].text.endswith(".")
    assert "person.upazila" not in case_facts(desk, case_id).answers


def test_a_flag_is_raised_once_and_again_after_it_was_over(desk: Desk, case_id: UUID) -> None:
    raise_flags(desk, case_id, ["threatened_by_perpetrator", "suicide_risk"])
    raise_flags(desk, case_id, ["threatened_by_perpetrator"])
    flags = {flag.code: flag for flag in case_facts(desk, case_id).flags}
    assert sorted(flags) == ["suicide_risk", "threatened_by_perpetrator"]
    assert all(flag.due_at for flag in flags.values())
    act_on_flag(desk, case_id, flags["suicide_risk"].id, cleared_because="Her sister is with her.")
    raise_flags(desk, case_id, ["suicide_risk"])
    assert len(case_facts(desk, case_id).flags) == 3
    with pytest.raises(InvalidInput):
        raise_flags(desk, case_id, [])


def test_what_was_done_about_a_flag_is_added_to_and_ends_once(desk: Desk, case_id: UUID) -> None:
    raise_flags(desk, case_id, ["suicide_risk"])
    (flag,) = case_facts(desk, case_id).flags
    for done in ("Stayed with her.", "Took her to the counsellor."):
        act_on_flag(desk, case_id, flag.id, action=done)
    with desk.read() as session:
        assert session.get_one(SafetyFlag, flag.id).action_text == "Stayed with her.\nTook her to the counsellor."
    with pytest.raises(InvalidInput):
        act_on_flag(desk, case_id, flag.id, action="word " * 400)
    act_on_flag(desk, case_id, flag.id, cleared_because="Her sister is with her.")
    with pytest.raises(Conflict):
        act_on_flag(desk, case_id, flag.id, cleared_because="Again")


def test_nothing_is_done_about_a_flag_that_was_removed(desk: Desk, case_id: UUID) -> None:
    raise_flags(desk, case_id, ["suicide_risk"])
    (flag,) = case_facts(desk, case_id).flags
    with desk.write("case.safety_flag", about=case_id) as session:
        session.get_one(SafetyFlag, flag.id).removed_at = desk.clock()
    with pytest.raises(NotFound):
        act_on_flag(desk, case_id, flag.id, action="Stayed with her.")


def test_a_reason_opens_what_is_restricted_and_the_owner_sees_it(desk: Desk) -> None:
    case_id = register_case(desk, a_returnee(incident__narrative="They locked the door."))
    coordinator = replace(desk, actor=replace(desk.actor, id=UUID(int=9), roles=frozenset(("coordinator",))))
    assert case_facts(coordinator, case_id).reason_opens
    assert "incident.narrative" not in case_facts(coordinator, case_id).answers
    with pytest.raises(InvalidInput):
        look_restricted(coordinator, case_id, "  ")
    facts = look_restricted(coordinator, case_id, "Complaint by letter")
    assert facts.answers["incident.narrative"] == "They locked the door."
    assert not facts.editable
    (entry,) = [entry for entry in who_looked(desk, case_id) if entry.action == "case.view_restricted"]
    assert entry.reason == "Complaint by letter"
    legal = replace(desk, actor=replace(desk.actor, id=UUID(int=8), roles=frozenset(("data_officer",))))
    with pytest.raises(NotAllowed):
        look_restricted(legal, case_id, "Curious")
