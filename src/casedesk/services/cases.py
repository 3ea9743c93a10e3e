"""Changes to the answers of a case, and to who may know of it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from casedesk import codelists
from casedesk.desk import Desk
from casedesk.errors import Conflict, InvalidInput, Problem
from casedesk.fields import Level
from casedesk.i18n import _
from casedesk.models import (
    Case,
    Debt,
    MigrationEpisode,
    NeedItem,
    NeedsAssessment,
    Person,
    Recorded,
    RecruiterInvolvement,
    Triage,
    fields_of,
)
from casedesk.services import incidents
from casedesk.services.ages import is_minor
from casedesk.services.answers import LISTS, RECORDS, TICKS, Answers, field_of
from casedesk.services.by_the_rules import Kept, keep_the_rules
from casedesk.services.case_facts import CaseRows, answers_in, records_of, violations_of
from casedesk.services.edits import Edits, apply_edits
from casedesk.services.intake import AGREES, USUAL, months_between, new_need
from casedesk.services.permissions import needs, open_case, within_reach
from casedesk.services.providers import find_or_add_recruiter
from casedesk.storage.rows import Records


@needs("case.edit")
def edit_case(desk: Desk, case_id: UUID, edits: Edits, kept: Kept = ()) -> None:
    """Change answers of a case: key → (what the person saw, what the person wrote). All of them or none.

    A record that is not there yet is added. Raises InvalidInput, also for warnings until their rules are in `kept`, or
    Conflict if a record says something else by now.
    """
    _refuse_elsewhere(edits)
    with desk.write("case.edit", about=case_id) as session:
        case = open_case(desk, session, "case.edit", case_id)
        before = _answers_of(desk, session, case)
        _change_incident(desk, session, case, edits)  # first: it brings the records that other answers tell more of
        rows = CaseRows(Records(session), case)
        records = records_of(rows)
        if "need_item.needs" in edits:
            _set_needs(desk, rows, records, edits)
        for name in dict.fromkeys(key.partition(".")[0] for key in edits if key not in LISTS):
            if name == "incident":
                continue
            changes = {
                key.partition(".")[2]: pair
                for key, pair in edits.items()
                if key.partition(".")[0] == name and key not in LISTS
            }
            if any(field_of(f"{name}.{field}").level is Level.RESTRICTED for field in changes):
                open_case(desk, session, "case.view_restricted", case_id)
            if name == "recruiter":
                _name_recruiter(rows, records, changes, edits)
            else:
                apply_edits(_there(rows, records, name, edits), changes)
        _follow_from(session, desk, case, records, rows, edits)
        after = _answers_of(desk, session, case)
        keep_the_rules(session, desk, case, before, after, edited=edits.keys(), kept=kept)


def _answers_of(desk: Desk, session: Session, case: Case) -> Answers:
    """What the rules look at: what the user may see."""
    rows = CaseRows(Records(session), case)
    restricted = within_reach(desk.actor, "case.view_restricted", case)
    return answers_in(rows, records_of(rows), violations_of(rows, restricted=restricted), restricted=restricted)


def _refuse_elsewhere(edits: Edits) -> None:
    """What is only ever added to is changed in a place of its own, and never passed over here."""
    words = {
        "safety_flag": _("A safety flag is raised, acted on and ended under “What happened”."),
        "consent": _("Consent is changed by asking again or by taking it back."),
        "consent_line": _("Consent is changed by asking again or by taking it back."),
        "triage": _("The guided questions are asked again under “What happened”; the earlier answers stay."),
    }
    found = {
        key: [Problem(said)]
        for key in edits
        if (
            said := words.get(key.partition(".")[0], "")
            or (_("This is asked at the intake alone.") if key in TICKS else "")
        )
    }
    if found:
        raise InvalidInput(found)


def _change_incident(desk: Desk, session: Session, case: Case, edits: Edits) -> None:
    happened = {key: pair for key, pair in edits.items() if key.startswith("incident.")}
    if happened:
        open_case(desk, session, "case.view_restricted", case.id)
        incidents.change(session, desk, case, CaseRows(Records(session), case).last_incident(), happened)


def _there(rows: CaseRows, records: dict[str, Recorded], name: str, edits: Edits) -> Recorded:
    """The record behind some answers, added where there is none yet."""
    if name not in records:
        records[name] = _added(rows, name, edits)
    return records[name]


def _added(rows: CaseRows, name: str, edits: Edits) -> Recorded:
    model, case, incident = RECORDS[name], rows.case, rows.last_incident()
    record = model()
    links = {
        "case_id": case.id,
        "person_id": case.person_id,
        "episode_id": case.index_episode_id,
        "incident_id": incident.id if incident is not None else None,
    }
    for link in links.keys() & fields_of(model).keys():
        setattr(record, link, links[link])
    for field, value in USUAL.get(name, {}).items():
        if f"{name}.{field}" not in edits:
            setattr(record, field, value)
    rows.add(record)
    return record


def _name_recruiter(
    rows: CaseRows, records: dict[str, Recorded], changes: Mapping[str, tuple[object, object]], edits: Edits
) -> None:
    """Say who arranged this journey. The recruiter named before is left as it is: other journeys name it too."""
    before = records.get("recruiter")
    said = {field: getattr(before, field, None) for field in ("type", "name")}
    if any(said.get(field) != was for field, (was, _now) in changes.items()):
        raise Conflict
    kind, name = ({**said, **{field: now for field, (_was, now) in changes.items()}}[f] for f in ("type", "name"))
    recruiter = find_or_add_recruiter(rows.session, _text(kind), _text(name))
    involved = _there(rows, records, "recruiter_involvement", edits)
    if isinstance(involved, RecruiterInvolvement):
        involved.recruiter_id = recruiter.id if recruiter is not None else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _set_needs(desk: Desk, rows: CaseRows, records: dict[str, Recorded], edits: Edits) -> None:
    """Needs are rows of their own: what is ticked is added, what is unticked removed, never deleted."""
    ticked, unticked = incidents.ticks(edits["need_item.needs"])
    for code in sorted(ticked - {row.need for row in rows.all(NeedItem)}):
        assessment = _there(rows, records, "needs_assessment", edits)
        if isinstance(assessment, NeedsAssessment):
            rows.add(new_need(rows.case, assessment, code))
    for need in rows.all(NeedItem):
        if need.need in unticked:
            need.removed_at = desk.clock()


def _follow_from(
    session: Session, desk: Desk, case: Case, records: Mapping[str, Recorded], rows: CaseRows, edits: Edits
) -> None:
    """Set what the program fills in from what was changed."""
    person, episode = records.get("person"), records.get("migration_episode")
    if isinstance(person, Person) and "person.district" in edits:
        district = codelists.get("bd_district").find(person.district)
        person.division = district.extra["division_code"] if district else None
    if isinstance(person, Person) and "person.age_stated" in edits:
        person.age_stated_on = desk.today()
    if isinstance(episode, MigrationEpisode):
        episode.months_abroad = months_between(episode.departed_on, episode.returned_on)
    assessment, debt = records.get("needs_assessment"), records.get("debt")
    about = {key.partition(".")[0] for key in edits}
    if (
        isinstance(assessment, NeedsAssessment)
        and assessment.done_on is None
        and about & {"needs_assessment", "need_item"}
    ):
        assessment.done_on = desk.today()
    if isinstance(debt, Debt) and "debt" in about:
        debt.as_of = desk.today()
    if isinstance(person, Person) and edits.keys() & {"person.age_stated", "person.date_of_birth"}:
        person.is_minor = is_minor(person, desk.today())
    if "case.category" in edits:
        open_case(desk, session, "case.category", case.id)
        triage = rows.newest(Triage)
        decide(case, desk, triage.outcome if triage else None)


def decide(case: Case, desk: Desk, outcome: str | None) -> None:
    """The category of the case is decided; one that differs from what was suggested needs a reason."""
    case.category_decided_by, case.category_decided_at = desk.actor.id, desk.clock()
    suggested = codelists.get("triage_outcome").find(outcome)
    differs = suggested is not None and case.category != (suggested.extra["maps_to_category"] or None)
    if case.category and differs and case.category_reason in (None, AGREES):
        raise InvalidInput(
            {"case.category_reason": [Problem(_("This differs from the suggestion. Say why in a word or two."))]}
        )


@needs("case.confidential")
def mark_confidential(desk: Desk, case_id: UUID) -> None:
    """Make the case known only to its owner and the people named on it. From here on all its fields are restricted."""
    with desk.write("case.confidential", about=case_id) as session:
        open_case(desk, session, "case.confidential", case_id).confidential_case = True
