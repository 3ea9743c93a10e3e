"""Registering: the answers of an intake become records, all of them or none (DOMAIN 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casedesk import codelists
from casedesk.case_numbers import person_code
from casedesk.desk import Desk
from casedesk.errors import InvalidInput
from casedesk.models import (
    Case,
    CaseIndex,
    Consent,
    ConsentLine,
    ContractTerms,
    CostItem,
    Debt,
    Draft,
    IdentityDocument,
    Incident,
    IncidentViolation,
    MigrationEpisode,
    NeedItem,
    NeedsAssessment,
    NumberKey,
    Person,
    RecruiterInvolvement,
    SafetyFlag,
    Triage,
)
from casedesk.search_keys import phone_key
from casedesk.services import triage
from casedesk.services.access import first_access
from casedesk.services.answers import CONSENT, TRIAGE, WAGE_VIOLATIONS, Answers, asked, part, several, tidied
from casedesk.services.consents import expiry
from casedesk.services.follow_ups import planned
from casedesk.services.lifecycle import begin
from casedesk.services.look_alikes import tell_supervisors
from casedesk.services.numbers import next_case_number
from casedesk.services.office import thresholds
from casedesk.services.permissions import needs, visible
from casedesk.services.providers import find_or_add_recruiter
from casedesk.services.rates import rates
from casedesk.services.rules import Known, age_on, problems, under_age
from casedesk.values import PartialDay

AGREES = "agrees_with_suggestion"
URGENCY: Mapping[str, str] = {"immediate": "now", "short": "this_month", "medium": "later"}  # of needs, by horizon
# What a record says unless somebody says otherwise.
USUAL: Mapping[str, dict[str, str]] = {
    "promised": {"source": "promised_verbal"},
    "actual": {"source": "actual"},
    "cost_item": {"category": "total_unspecified"},
    "wages": {"violation": "wages_not_paid"},
    "incident": {"status": "alleged", "told_by": "client"},
}
HIDING_GROUPS = ("sexual_violence", "trafficking")


@dataclass(frozen=True, slots=True)
class NewCase:
    """What is told to whoever registered a case, also if they may not open it."""

    id: UUID
    person_id: UUID
    number: str


@needs("case.register")
def register_case(desk: Desk, answers: Answers, draft_id: UUID | None = None) -> UUID:
    """Open a new case and return its id; the draft it came from goes. Raises InvalidInput and writes nothing."""
    return register_new(desk, answers, draft_id).id


@needs("case.register")
def register_new(desk: Desk, answers: Answers, draft_id: UUID | None = None) -> NewCase:
    """The same, with the number of the case."""
    answers = tidied(answers)
    with desk.read() as session:
        found = problems(answers, desk.today(), registering=True, known=known(session, desk, answers))
    if found:
        raise InvalidInput(found)
    with desk.write("case.register") as session:
        draft = session.get(Draft, draft_id) if draft_id is not None else None
        mine = draft if draft is not None and draft.author_id == desk.actor.id else None
        new = _register(session, desk, answers, mine.begun_at if mine is not None else None)
        if mine is not None:
            session.delete(mine)
        return new


def known(session: Session, desk: Desk, answers: Answers, of: Case | None = None) -> Known:
    """What the rules ask of the store besides the answers, which are those of this case; of cases the user may not know
    of it tells nothing."""
    phone = answers.get("person.phone_1")
    owners = 0
    if isinstance(phone, str):
        wanted = (
            select(func.count(CaseIndex.person_id.distinct()))
            .join(NumberKey, NumberKey.case_id == CaseIndex.case_id)
            .where(NumberKey.kind == "phone", NumberKey.key == phone_key(phone), visible(desk.actor))
            .where(CaseIndex.person_id.is_distinct_from(of.person_id if of is not None else None))
        )
        owners = session.scalar(wanted) or 0
    return Known(_other_journeys(session, of), owners, rates(session), thresholds(session))


def _other_journeys(session: Session, of: Case | None) -> list[tuple[PartialDay | None, PartialDay | None]]:
    if of is None or of.person_id is None:
        return []
    wanted = select(MigrationEpisode.departed_on, MigrationEpisode.returned_on).where(
        MigrationEpisode.person_id == of.person_id,
        MigrationEpisode.id.is_distinct_from(of.index_episode_id),
        MigrationEpisode.removed_at.is_(None),
    )
    return [(left, back) for left, back in session.execute(wanted)]


def _register(session: Session, desk: Desk, answers: Answers, begun_at: datetime | None = None) -> NewCase:
    person = _person(session, desk, answers)
    episode = _journey(session, desk, answers, person)
    case = _case(session, desk, answers, person, episode)
    case.begun_at = begun_at
    _consent(session, desk, answers, case)
    suggested = add_triage(session, desk, answers, case)
    _what_happened(session, answers, case)
    _needs(session, desk, answers, case)
    _flags(session, desk, answers, case)
    _decide(desk, case, suggested)
    _first_tasks(session, desk, answers, case)
    tell_supervisors(session, desk, person, answers)
    return NewCase(case.id, person.id, case.case_number or "")


def _person(session: Session, desk: Desk, answers: Answers) -> Person:
    values = part(answers, "person")
    district = codelists.get("bd_district").find(values.get("district"))
    values["division"] = district.extra["division_code"] if district else None
    person = Person(
        person_code=person_code(),
        is_minor=under_age(answers, desk.today()) if age_on(answers, desk.today()) is not None else None,
        age_stated_on=desk.today() if "age_stated" in values else None,
        **values,
    )
    session.add(person)
    if document := part(answers, "identity_document"):
        session.add(IdentityDocument(person_id=person.id, **document))
    return person


def _journey(session: Session, desk: Desk, answers: Answers, person: Person) -> MigrationEpisode:
    values = part(answers, "migration_episode")
    left, back = values.get("departed_on"), values.get("returned_on")
    episode = MigrationEpisode(person_id=person.id, sequence=1, months_abroad=months_between(left, back), **values)
    session.add(episode)
    for record in ("promised", "actual"):
        if terms := part(answers, record):
            session.add(ContractTerms(episode_id=episode.id, **USUAL[record], **terms))
    who = part(answers, "recruiter")
    recruiter = find_or_add_recruiter(session, who.get("type"), who.get("name")) if who else None
    involved = part(answers, "recruiter_involvement")
    if recruiter is not None or involved:
        session.add(
            RecruiterInvolvement(episode_id=episode.id, recruiter_id=recruiter.id if recruiter else None, **involved)
        )
    if cost := part(answers, "cost_item"):
        session.add(CostItem(episode_id=episode.id, **USUAL["cost_item"], **cost))
    if debt := part(answers, "debt"):
        session.add(Debt(episode_id=episode.id, as_of=desk.today(), **debt))
    return episode


def months_between(left: Any, back: Any) -> int | None:
    """Whole months away, as far as both dates are known."""
    if not isinstance(left, PartialDay) or not isinstance(back, PartialDay):
        return None
    months = (back.first.year - left.first.year) * 12 + back.first.month - left.first.month
    return max(0, months - (back.first.day < left.first.day))


def _case(session: Session, desk: Desk, answers: Answers, person: Person, episode: MigrationEpisode) -> Case:
    now = desk.clock()
    violations = codelists.get("violation_type")
    groups = {violations[code].extra["group"] for code in several(answers, "incident.violations")}
    access = first_access(session, desk)
    case = Case(
        case_number=next_case_number(session, desk),
        person_id=person.id,
        index_episode_id=episode.id,
        opened_on=desk.today(),
        registered_at=now,
        owner_id=access.owner_id,
        supervisor_id=access.supervisor_id,
        team=access.team or None,
        safety_checked_at=now,
        hide_name=True if groups & set(HIDING_GROUPS) else None,
        **part(answers, "case"),
    )
    session.add(case)
    begin(session, desk, case, "registered")
    return case


def _consent(session: Session, desk: Desk, answers: Answers, case: Case) -> None:
    told = part(answers, "consent")
    given_on = told.setdefault("given_on", desk.today())
    consent = Consent(case_id=case.id, **told)
    session.add(consent)
    for scope, answer in asked(answers, CONSENT).items():
        session.add(
            ConsentLine(
                case_id=case.id,
                consent_id=consent.id,
                scope=scope,
                answer=answer,
                at=desk.clock(),
                expires_on=expiry(scope, given_on) if answer == "given" else None,
            )
        )


def add_triage(session: Session, desk: Desk, answers: Answers, case: Case) -> triage.Result:
    """Run the rules over the answers and keep the run, if a question was answered."""
    result = triage.suggest_from(answers, thresholds(session), rates(session))
    said = asked(answers, TRIAGE)
    if said:
        questions = codelists.get("triage_question")
        private = {question for question in said if questions[question].yes("ask_privately")}
        session.add(
            Triage(
                case_id=case.id,
                answers=sorted(f"{q}={a}" for q, a in said.items() if q not in private) or None,
                private_answers=sorted(f"{q}={a}" for q, a in said.items() if q in private) or None,
                amounts_used=sorted(result.amounts_used) or None,
                rules_version=triage.RULES_VERSION,
                outcome=result.outcome,
                rules_fired=sorted(result.rules) or None,
                made_at=desk.clock(),
            )
        )
    return result


def _what_happened(session: Session, answers: Answers, case: Case) -> None:
    violations = several(answers, "incident.violations")
    values = part(answers, "incident")
    if not violations and not values:
        return
    incident = Incident(case_id=case.id, **(USUAL["incident"] | values))
    session.add(incident)
    wages = part(answers, "wages")
    for code in violations:
        details = wages if code in WAGE_VIOLATIONS else {}
        session.add(IncidentViolation(case_id=case.id, incident_id=incident.id, violation=code, **details))
        wages = {} if details else wages


def _needs(session: Session, desk: Desk, answers: Answers, case: Case) -> None:
    wanted = several(answers, "need_item.needs")
    values = part(answers, "needs_assessment")
    if not wanted and not values:
        return
    assessment = NeedsAssessment(case_id=case.id, done_on=desk.today(), **values)
    session.add(assessment)
    session.add_all(new_need(case, assessment, code) for code in wanted)


def new_need(case: Case, assessment: NeedsAssessment, code: str) -> NeedItem:
    """A need as it is ticked, as urgent as such needs usually are."""
    urgency = URGENCY[codelists.get("need")[code].extra["usual_horizon"]]
    return NeedItem(case_id=case.id, assessment_id=assessment.id, need=code, urgency=urgency, agreed_with_client=True)


def _flags(session: Session, desk: Desk, answers: Answers, case: Case) -> None:
    now = desk.clock()
    for code in several(answers, "safety_flag.flags"):
        session.add(SafetyFlag(case_id=case.id, flag=code, raised_at=now, due_at=triage.due_at(code, now)))


def _decide(desk: Desk, case: Case, suggested: triage.Result) -> None:
    if case.category is None:
        return
    case.category_decided_by, case.category_decided_at = desk.actor.id, desk.clock()
    if case.category_reason is None and case.category == suggested.category:
        case.category_reason = AGREES


def _first_tasks(session: Session, desk: Desk, answers: Answers, case: Case) -> None:
    if answers.get("case.not_private") or answers.get("case.prefers_not_to_say"):
        planned(session, desk, case, "safety_check", desk.today() + timedelta(days=1))
    if case.next_contact_on is not None:
        planned(session, desk, case, "welfare_check", case.next_contact_on)
