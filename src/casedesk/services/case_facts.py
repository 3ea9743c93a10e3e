"""A case as a page shows it, gathered from the records that hang on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import InvalidInput, Problem
from casedesk.fields import Field, Level, level_of
from casedesk.i18n import _, spoken_first
from casedesk.models import (
    Case,
    Consent,
    ContractTerms,
    CostItem,
    Debt,
    IdentityDocument,
    Incident,
    IncidentViolation,
    MigrationEpisode,
    NeedItem,
    NeedsAssessment,
    Person,
    Recorded,
    Recruiter,
    RecruiterInvolvement,
    SafetyFlag,
    State,
    Triage,
    User,
    fields_of,
)
from casedesk.services import incidents
from casedesk.services.ages import age_of, is_minor
from casedesk.services.answers import NAMES, PHONES, RECORDS, WAGE_VIOLATIONS, Answers
from casedesk.services.permissions import needs, open_case, see_case, within_reach
from casedesk.storage.rows import Records, Rows

T = TypeVar("T", bound=Recorded)


@dataclass(frozen=True, slots=True)
class Violation:
    """One violation, how it is known and how far it is checked."""

    id: UUID
    incident_id: UUID
    code: str
    told_by: str
    status: str
    months_unpaid: int | None
    note: str


@dataclass(frozen=True, slots=True)
class Need:
    id: UUID
    code: str
    urgency: str
    met_on: date | None


@dataclass(frozen=True, slots=True)
class Flag:
    id: UUID
    code: str
    due_at: datetime | None
    acted_at: datetime | None
    cleared_at: datetime | None


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the user may see of a case. `answers` has the keys of the intake; restricted ones only if allowed."""

    id: UUID
    person_id: UUID
    number: str
    person_code: str
    hide_name: bool
    status: str
    status_since: datetime | None
    owner: str
    owner_id: UUID | None
    confidential: bool
    restricted: bool  # whether restricted fields are among the answers
    reason_opens: bool  # whether they would be, with a written reason
    editable: bool
    age: int | None
    is_minor: bool
    months_abroad: int | None
    answers: Answers
    violations: tuple[Violation, ...]
    needs: tuple[Need, ...]
    flags: tuple[Flag, ...]
    opened_on: date | None

    @property
    def names(self) -> tuple[str, str]:
        """The name in the script of the language spoken, then another; the code alone where it stands for the name."""
        if self.hide_name:
            return self.person_code, ""
        bangla, english, nickname = (str(self.answers.get(key, "")) for key in NAMES)
        said = [name for name in (*spoken_first(bangla, english), nickname) if name] or [self.person_code]
        return said[0], said[1] if len(said) > 1 else ""


@needs("case.view")
def look(desk: Desk, case_id: UUID) -> CaseFacts:
    """Open a case: recorded first, so that nobody looks without a trace."""
    with desk.read() as session:
        open_case(desk, session, "case.view", case_id)
    desk.note("case.view", about=case_id)
    return case_facts(desk, case_id)


@needs("case.view")
def case_facts(desk: Desk, case_id: UUID, reason: str = "") -> CaseFacts:
    """The case again, for somebody who has it open; `reason` is the one that `look_restricted` recorded."""
    with desk.rows() as rows:
        return facts_of(rows, desk, see_case(desk, rows, "case.view", case_id), reason)


@needs("case.view_restricted")
def look_restricted(desk: Desk, case_id: UUID, reason: str) -> CaseFacts:
    """Read what is restricted for a written reason, which the journal keeps and the owner of the case sees."""
    if not reason.strip():
        raise InvalidInput({"status_event.reason_text": [Problem(_("Say why in a few words."))]})
    with desk.read() as session:
        open_case(desk, session, "case.view_restricted", case_id, reason=reason)
    desk.note("case.view_restricted", about=case_id, reason=reason.strip())
    return case_facts(desk, case_id, reason)


@needs("case.show_number")
def show_number(desk: Desk, case_id: UUID) -> dict[str, str]:
    """The telephone numbers in full, by key; recorded as looked at."""
    with desk.read() as session:
        case = open_case(desk, session, "case.show_number", case_id)
        person = session.get(Person, case.person_id) or Person()
        numbers = {key: number for key in PHONES if (number := getattr(person, key.removeprefix("person.")))}
    desk.note("case.show_number", about=case_id)
    return numbers


def facts_of(source: Rows | Records, desk: Desk, case: Case, reason: str = "") -> CaseFacts:
    """What the user may see of a case that was opened."""
    rows = CaseRows(source, case)
    records = records_of(rows)
    person = rows.person or Person()
    state, owner = source.one(State, case.id), source.one(User, case.owner_id)
    restricted = within_reach(desk.actor, "case.view_restricted", case, reason=reason)
    violations = violations_of(rows, restricted=restricted)
    return CaseFacts(
        id=case.id,
        person_id=person.id,
        number=case.case_number or "",
        person_code=person.person_code or "",
        hide_name=bool(case.hide_name),
        status=state.status if state else "registered",
        status_since=state.since if state else None,
        owner=(owner.name or "") if owner else "",
        owner_id=case.owner_id,
        confidential=bool(case.confidential_case),
        restricted=restricted,
        reason_opens=not restricted and within_reach(desk.actor, "case.view_restricted", case, reason="any"),
        editable=within_reach(desk.actor, "case.edit", case),
        age=age_of(person, desk.today()),
        is_minor=is_minor(person, desk.today()),
        months_abroad=rows.episode.months_abroad if rows.episode else None,
        answers=answers_in(rows, records, violations, restricted=restricted),
        violations=violations,
        needs=tuple(Need(n.id, n.need or "", n.urgency or "", n.met_on) for n in rows.all(NeedItem)),
        flags=_flags(rows) if restricted else (),
        opened_on=case.opened_on,
    )


BY_CASE: tuple[type[Recorded], ...] = (
    Consent,
    Incident,
    IncidentViolation,
    NeedItem,
    NeedsAssessment,
    SafetyFlag,
    Triage,
)
BY_JOURNEY: tuple[type[Recorded], ...] = (ContractTerms, CostItem, Debt, RecruiterInvolvement)


class CaseRows:
    """The rows that hang on a case, each table read once, in the order in which they were written."""

    def __init__(self, source: Rows | Records, case: Case) -> None:
        self.source, self.case = source, case
        self.person = source.one(Person, case.person_id)
        self.episode = source.one(MigrationEpisode, case.index_episode_id)
        self._found: dict[type[Recorded], list[Any]] = {
            IdentityDocument: source.of(IdentityDocument, "person_id", case.person_id)
        }
        self._found |= {model: source.of(model, "case_id", case.id) for model in BY_CASE}
        self._found |= {model: source.of(model, "episode_id", case.index_episode_id) for model in BY_JOURNEY}

    @property
    def session(self) -> Session:
        """Where changes are made; plain rows have none."""
        if isinstance(self.source, Records):
            return self.source.session
        raise RuntimeError("rows are read only")

    def all(self, model: type[T]) -> list[T]:
        return [row for row in self._found[model] if row.removed_at is None]

    def last_incident(self) -> Incident | None:
        """The incident that was told last; one that was put right keeps its place."""
        return next(reversed(incidents.standing(self._found[Incident])), None)

    def add(self, record: Recorded) -> None:
        """Bring a record that hangs on the case into the session."""
        self.session.add(record)
        self._found.setdefault(type(record), []).append(record)

    def newest(self, model: type[T], which: Callable[[T], bool] = lambda _row: True) -> T | None:
        """The last one written: rows are numbered as they come, whatever the clock says."""
        return next((row for row in reversed(self._found[model]) if row.removed_at is None and which(row)), None)


def records_of(rows: CaseRows) -> dict[str, Recorded]:
    """The records behind the answers of a case, by the names `answers.RECORDS` uses."""
    involved = rows.newest(RecruiterInvolvement)
    found: dict[str, Recorded | None] = {
        "case": rows.case,
        "person": rows.person,
        "migration_episode": rows.episode,
        "identity_document": rows.newest(IdentityDocument),
        "consent": rows.newest(Consent),
        "needs_assessment": rows.newest(NeedsAssessment),
        "incident": rows.last_incident(),
        "wages": rows.newest(IncidentViolation, lambda row: row.violation in WAGE_VIOLATIONS),
        "recruiter_involvement": involved,
        "recruiter": rows.source.one(Recruiter, involved.recruiter_id) if involved else None,
        "cost_item": rows.newest(CostItem),
        "debt": rows.newest(Debt),
        "promised": rows.newest(ContractTerms, lambda row: row.source != "actual"),
        "actual": rows.newest(ContractTerms, lambda row: row.source == "actual"),
    }
    return {name: record for name, record in found.items() if record is not None}


def answers_in(
    rows: CaseRows, records: Mapping[str, Recorded], violations: Sequence[Violation], *, restricted: bool
) -> dict[str, object]:
    answers: dict[str, object] = {}
    for record_name, record in records.items():
        values, keys = _keys(record_name)
        for (key, declared), value in zip(keys, values(record), strict=True):
            if value is not None and (restricted or level_of(declared, value) < Level.RESTRICTED):
                answers[key] = value
    lists = {"need_item.needs": [row.need for row in rows.all(NeedItem) if row.need]}
    if restricted:
        lists["incident.violations"] = [violation.code for violation in violations]
        lists["safety_flag.flags"] = [row.flag for row in rows.all(SafetyFlag) if row.flag and row.cleared_at is None]
    answers |= {key: codes for key, codes in lists.items() if codes}
    triage = rows.newest(Triage)
    if triage is not None:
        said = [*(triage.answers or []), *((triage.private_answers or []) if restricted else [])]
        answers |= {"triage." + line.partition("=")[0]: line.partition("=")[2] for line in said}
    return answers


@cache
def _keys(record: str) -> tuple[attrgetter[tuple[object, ...]], list[tuple[str, Field]]]:
    """The answers that a record holds: what reads their values, and the key and declaration of each."""
    fields = fields_of(RECORDS[record])
    return attrgetter(*fields), [(f"{record}.{name}", declared) for name, declared in fields.items()]


def violations_of(rows: CaseRows, *, restricted: bool) -> tuple[Violation, ...]:
    told = {incident.id: incident for incident in rows.all(Incident)}
    declared = fields_of(IncidentViolation)["violation"]
    found = []
    for row in rows.all(IncidentViolation):
        if not restricted and level_of(declared, row.violation) >= Level.RESTRICTED:
            continue
        incident = told.get(row.incident_id) if row.incident_id and restricted else None
        found.append(
            Violation(
                row.id,
                row.incident_id or row.id,
                row.violation or "",
                (incident.told_by or "") if incident else "",
                (incident.status or "") if incident else "",
                row.months_unpaid if restricted else None,
                (row.note or "") if restricted else "",
            )
        )
    return tuple(found)


def _flags(rows: CaseRows) -> tuple[Flag, ...]:
    return tuple(
        Flag(row.id, row.flag or "", row.due_at, row.first_action_at, row.cleared_at) for row in rows.all(SafetyFlag)
    )
