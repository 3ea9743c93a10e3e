"""What happened, incident by incident: read, added, and put right by a newer account of it (DOMAIN 4.15)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from casedesk import codelists
from casedesk.desk import Desk
from casedesk.errors import InvalidInput, NotFound, Problem
from casedesk.i18n import _
from casedesk.models import Case, Incident, IncidentViolation, MigrationEpisode, fields_of
from casedesk.services.answers import WAGE_VIOLATIONS, Answers
from casedesk.services.by_the_rules import Kept, keep_the_rules
from casedesk.services.edits import Edits, apply_edits
from casedesk.services.intake import HIDING_GROUPS, USUAL
from casedesk.services.permissions import needs, open_case, see_case, within_reach
from casedesk.services.rules.intake import BACK, LEFT
from casedesk.storage.rows import Records, Rows

VIOLATIONS = "incident.violations"


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident as it is told now. `first` is its first account, which stays the same when it is put right."""

    id: UUID
    first: UUID
    by: str
    corrections: int
    answers: Answers


@needs("case.view")
def incidents_of(desk: Desk, case_id: UUID, reason: str = "") -> list[IncidentRow]:
    """The incidents of a case in the order in which they were told; none for who may not read what is restricted."""
    with desk.rows() as rows:
        case = see_case(desk, rows, "case.view", case_id)
        if not within_reach(desk.actor, "case.view_restricted", case, reason=reason):
            return []
        told = rows.of(Incident, "case_id", case_id)  # also the accounts that were put right
        written = rows.first_written(Incident, "case_id", case_id)
        violations = _violations(rows, case)
        accounts = [first_account(each) for each in told]
        return [
            IncidentRow(
                each.id,
                first_account(each),
                written[each.id][1],
                accounts.count(first_account(each)) - 1,
                _answers(each, [row for row in violations if row.incident_id == each.id]),
            )
            for each in standing(told)
        ]


@needs("case.edit")
def add_incident(desk: Desk, case_id: UUID, values: Mapping[str, object], kept: Kept = ()) -> UUID:
    """Record one more incident with its violations; the values have the keys of the intake. A warning is raised as
    InvalidInput until its rule is in `kept`."""
    with desk.write("case.edit", about=case_id) as session:
        case = _restricted(desk, session, case_id)
        said = {key: (None, value) for key, value in values.items() if value not in (None, [])}
        if not said.keys() & {VIOLATIONS, "incident.narrative"}:
            raise InvalidInput({"incident.narrative": [Problem(_("Write what happened, or tick what it was."))]})
        incident = change(session, desk, case, None, said)
        _keep_the_rules(session, desk, case, {}, said, incident, kept)
        return incident.id


@needs("case.edit")
def edit_incident(desk: Desk, case_id: UUID, first: UUID, edits: Edits, kept: Kept = ()) -> None:
    """Put an incident, known by its first account, right: key → (what the person saw, what the person wrote). The
    account of before stays."""
    with desk.write("case.edit", about=case_id) as session:
        case = _restricted(desk, session, case_id)
        told = standing(Records(session).of(Incident, "case_id", case_id))
        incident = next((each for each in told if first_account(each) == first), None)
        if incident is None:
            raise NotFound
        before = _answers(incident, ())
        changed = change(session, desk, case, incident, edits)
        _keep_the_rules(session, desk, case, before, edits, changed, kept)


def _keep_the_rules(
    session: Session, desk: Desk, case: Case, before: Answers, edits: Edits, incident: Incident, kept: Kept
) -> None:
    """What happened is looked at beside the journey it belongs to."""
    journey = session.get(MigrationEpisode, case.index_episode_id)
    when = {LEFT: journey.departed_on, BACK: journey.returned_on} if journey is not None else {}
    was, now = ({**when, **said} for said in (before, _answers(incident, ())))
    keep_the_rules(session, desk, case, was, now, edited=edits.keys(), kept=kept)


def change(session: Session, desk: Desk, case: Case, incident: Incident | None, edits: Edits) -> Incident:
    """Write a newer account in the place of `incident`, or the first one, with what was ticked and unticked."""
    there = _violations(Records(session), case)
    own = [row for row in there if incident is not None and row.incident_id == incident.id]
    fields = {key.partition(".")[2]: pair for key, pair in edits.items() if _is_field(key)}
    if incident is None:
        usual = {name: value for name, value in USUAL["incident"].items() if name not in fields}
        incident = Incident(case_id=case.id, **usual)
        session.add(incident)
    elif fields:
        incident = _newer_account(desk, session, incident, own)
    apply_edits(incident, fields)
    if VIOLATIONS in edits:
        own = _tick(desk, session, case, incident, own, edits[VIOLATIONS])
    wages = {key.partition(".")[2]: pair for key, pair in edits.items() if key.startswith("wages.")}
    if wages:
        apply_edits(_of_wages(session, incident, own), wages)
    return incident


def standing(told: Sequence[Incident]) -> list[Incident]:
    """The newest account of each incident, in the order of the first ones. `told` comes as it was written."""
    place = {each.id: at for at, each in enumerate(told)}
    live = [each for each in told if each.removed_at is None]
    return sorted(live, key=lambda each: place.get(first_account(each), place[each.id]))


def first_account(incident: Incident) -> UUID:
    return incident.corrects_id or incident.id


def ticks(edit: tuple[object, object]) -> tuple[set[str], set[str]]:
    """What was ticked and what was unticked; what somebody else ticked meanwhile stays."""
    seen, now = (set(_codes(value)) for value in edit)
    return now - seen, seen - now


def _codes(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _is_field(key: str) -> bool:
    return key.startswith("incident.") and key != VIOLATIONS


def _restricted(desk: Desk, session: Session, case_id: UUID) -> Case:
    open_case(desk, session, "case.edit", case_id)
    return open_case(desk, session, "case.view_restricted", case_id)


def _violations(source: Rows | Records, case: Case) -> list[IncidentViolation]:
    return [row for row in source.of(IncidentViolation, "case_id", case.id) if row.removed_at is None]


def _newer_account(desk: Desk, session: Session, incident: Incident, own: Iterable[IncidentViolation]) -> Incident:
    """A copy to be changed; the account of before is put aside and its violations go along."""
    said = {name: getattr(incident, name) for name in fields_of(Incident)}
    newer = Incident(**said | {"corrects_id": first_account(incident)})
    session.add(newer)
    incident.removed_at = desk.clock()
    for violation in own:
        violation.incident_id = newer.id
    return newer


def _tick(
    desk: Desk,
    session: Session,
    case: Case,
    incident: Incident,
    own: Sequence[IncidentViolation],
    edit: tuple[object, object],
) -> list[IncidentViolation]:
    """Violations are rows of their own: what is ticked is added, what is unticked removed, never deleted."""
    ticked, unticked = ticks(edit)
    there = {row.violation for row in own}
    known = codelists.get("violation_type")
    if strange := sorted(code for code in ticked if known.find(code) is None):
        raise InvalidInput({VIOLATIONS: [Problem(_("Not in the list: {code}.").format(code=strange[0]))]})
    added = [
        IncidentViolation(case_id=case.id, incident_id=incident.id, violation=code) for code in sorted(ticked - there)
    ]
    session.add_all(added)
    for violation in own:
        if violation.violation in unticked:
            violation.removed_at = desk.clock()
    if {known[code].extra["group"] for code in ticked} & set(HIDING_GROUPS):
        case.hide_name = True
    return [*(row for row in own if row.removed_at is None), *added]


def _of_wages(session: Session, incident: Incident, own: Sequence[IncidentViolation]) -> IncidentViolation:
    """The violation that details of unpaid wages belong to, added where there is none."""
    found = next((row for row in reversed(own) if row.violation in WAGE_VIOLATIONS), None)
    if found is None:
        found = IncidentViolation(case_id=incident.case_id, incident_id=incident.id, violation=WAGE_VIOLATIONS[0])
        session.add(found)
    return found


def _answers(incident: Incident, own: Sequence[IncidentViolation]) -> dict[str, object]:
    said: dict[str, object] = {f"incident.{name}": getattr(incident, name) for name in fields_of(Incident)}
    said[VIOLATIONS] = [row.violation for row in own if row.violation]
    wages = next((row for row in reversed(own) if row.violation in WAGE_VIOLATIONS), None)
    if wages is not None:
        said |= {"wages.months_unpaid": wages.months_unpaid, "wages.amount_owed": wages.amount_owed}
    return {key: value for key, value in said.items() if value not in (None, [])}
