"""A case as a page shows it, and every change to it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from casedesk import codelists, formats
from casedesk.desk import Desk
from casedesk.errors import Conflict, InvalidInput, NotFound, Problem
from casedesk.fields import Field, Level, level_of
from casedesk.i18n import N_, _, spoken_first
from casedesk.lifecycles import REASON_LISTS
from casedesk.models import (
    Case,
    Consent,
    ContractTerms,
    CostItem,
    Debt,
    FollowUp,
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
from casedesk.services import incidents, lifecycle
from casedesk.services.ages import age_of, is_minor
from casedesk.services.answers import LISTS, NAMES, PHONES, RECORDS, TICKS, WAGE_VIOLATIONS, Answers, field_of
from casedesk.services.by_the_rules import Kept, keep_the_rules
from casedesk.services.closing import settle
from casedesk.services.edits import Edits, apply_edits
from casedesk.services.follow_ups import planned, still_planned
from casedesk.services.intake import AGREES, USUAL, months_between, new_need
from casedesk.services.permissions import needs, open_case, see_case, within_reach
from casedesk.services.providers import find_or_add_recruiter
from casedesk.services.triage import due_at
from casedesk.storage.rows import Records, Rows

T = TypeVar("T", bound=Recorded)

LONGEST_HOLD = 90  # days
LOOK_AGAIN = N_("Look again: the case is on hold")


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
    rows = _Rows(source, case)
    records = records_of(rows)
    person = rows.person or Person()
    state, owner = source.one(State, case.id), source.one(User, case.owner_id)
    restricted = within_reach(desk.actor, "case.view_restricted", case, reason=reason)
    violations = _violations(rows, restricted=restricted)
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
        answers=_answers(rows, records, violations, restricted=restricted),
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


class _Rows:
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


def records_of(rows: _Rows) -> dict[str, Recorded]:
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


def _answers(
    rows: _Rows, records: Mapping[str, Recorded], violations: Sequence[Violation], *, restricted: bool
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


def _violations(rows: _Rows, *, restricted: bool) -> tuple[Violation, ...]:
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


def _flags(rows: _Rows) -> tuple[Flag, ...]:
    return tuple(
        Flag(row.id, row.flag or "", row.due_at, row.first_action_at, row.cleared_at) for row in rows.all(SafetyFlag)
    )


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
        rows = _Rows(Records(session), case)
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
    rows = _Rows(Records(session), case)
    restricted = within_reach(desk.actor, "case.view_restricted", case)
    return _answers(rows, records_of(rows), _violations(rows, restricted=restricted), restricted=restricted)


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
        incidents.change(session, desk, case, _Rows(Records(session), case).last_incident(), happened)


def _there(rows: _Rows, records: dict[str, Recorded], name: str, edits: Edits) -> Recorded:
    """The record behind some answers, added where there is none yet."""
    if name not in records:
        records[name] = _added(rows, name, edits)
    return records[name]


def _added(rows: _Rows, name: str, edits: Edits) -> Recorded:
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
    rows: _Rows, records: dict[str, Recorded], changes: Mapping[str, tuple[object, object]], edits: Edits
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


def _set_needs(desk: Desk, rows: _Rows, records: dict[str, Recorded], edits: Edits) -> None:
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
    session: Session, desk: Desk, case: Case, records: Mapping[str, Recorded], rows: _Rows, edits: Edits
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


@needs("case.status")
def set_status(
    desk: Desk,
    case_id: UUID,
    to: str,
    *,
    reason_code: str | None = None,
    reason: str | None = None,
    until: date | None = None,
    dropped: Collection[UUID] = (),
) -> None:
    """Take a step in the life of a case; `until` is the day on which somebody looks at a case on hold again, `dropped`
    the planned follow-ups that are over with a case that is closed."""
    with desk.write("case.status", about=case_id) as session:
        case = open_case(desk, session, "case.status", case_id)
        was = lifecycle.status_of(session, case_id)
        step = lifecycle.step_to("case", was, to)
        open_case(desk, session, step.by, case_id)
        if "reason" in step.needs:
            _needs_reason(to, reason_code, reason)
        if "until" in step.needs:
            _plan_look(session, desk, case, until)
        if "settled" in step.needs:
            settle(session, desk, case, dropped, reason_code, reason)
        elif was == "on_hold":  # settling takes every planned step
            _look_no_more(session, desk, case)
        lifecycle.take(session, desk, case, to, reason_code=reason_code, reason=reason)
        if to == "active" and was == "closed":
            case.reopen_count = (case.reopen_count or 0) + 1


def _needs_reason(to: str, code: str | None, words: str | None) -> None:
    """Words alone say nothing to a report: where there is a list of reasons, one is chosen."""
    if to not in REASON_LISTS and not words:
        raise InvalidInput({"status_event.reason_text": [Problem(_("Say why in a few words."))]})
    if to in REASON_LISTS and codelists.get(REASON_LISTS[to]).find(code) is None:
        raise InvalidInput({"status_event.reason_code": [Problem(_("Choose the reason."))]})


def _plan_look(session: Session, desk: Desk, case: Case, until: date | None) -> None:
    """A case on hold is looked at again, within the time there is at most (DOMAIN 5.1)."""
    today = desk.today()
    if until is None or not today < until <= today + timedelta(days=LONGEST_HOLD):
        words = _("Choose a day after today, within {days} days, on which somebody looks again.")
        raise InvalidInput({"follow_up.due_on": [Problem(words.format(days=formats.number(LONGEST_HOLD)))]})
    planned(session, desk, case, "other", until, task=LOOK_AGAIN)


def _look_no_more(session: Session, desk: Desk, case: Case) -> None:
    """The case is on hold no longer, so nobody has to look whether it still is."""
    for look in still_planned(session, FollowUp.case_id == case.id, FollowUp.task == LOOK_AGAIN):
        lifecycle.take(session, desk, look, "cancelled")


@needs("case.confidential")
def mark_confidential(desk: Desk, case_id: UUID) -> None:
    """Make the case known only to its owner and the people named on it. From here on all its fields are restricted."""
    with desk.write("case.confidential", about=case_id) as session:
        open_case(desk, session, "case.confidential", case_id).confidential_case = True


@needs("case.edit")
def raise_flags(desk: Desk, case_id: UUID, flags: Sequence[str]) -> None:
    """Say what cannot wait; what is raised already stays as it is."""
    known = codelists.get("safety_flag")
    if not flags or any(known.find(flag) is None for flag in flags):
        raise InvalidInput({"safety_flag.flags": [Problem(_("Choose what is so now."))]})
    with desk.write("case.safety_flag", about=case_id) as session:
        case = open_case(desk, session, "case.edit", case_id)
        open_case(desk, session, "case.view_restricted", case_id)
        now = desk.clock()
        there = {row.flag for row in _Rows(Records(session), case).all(SafetyFlag) if row.cleared_at is None}
        for flag in sorted(set(flags) - there):
            session.add(SafetyFlag(case_id=case_id, flag=flag, raised_at=now, due_at=due_at(flag, now)))
        case.safety_checked_at = now


@needs("case.edit")
def act_on_flag(desk: Desk, case_id: UUID, flag_id: UUID, *, action: str = "", cleared_because: str = "") -> None:
    """Write down what was done about a safety flag, under what was done before, or why it is over.

    Raises Conflict if somebody ended it meanwhile.
    """
    with desk.write("case.safety_flag", about=case_id) as session:
        open_case(desk, session, "case.edit", case_id)
        open_case(desk, session, "case.view_restricted", case_id)
        flag = session.get(SafetyFlag, flag_id)
        if flag is None or flag.case_id != case_id or flag.removed_at is not None:
            raise NotFound
        if flag.cleared_at is not None:
            raise Conflict
        now = desk.clock()
        said: dict[str, object] = {}
        if action:
            done = "\n".join(filter(None, (flag.action_text, action)))
            said |= {"first_action_at": flag.first_action_at or now, "action_text": done}
        if cleared_because:
            said |= {"cleared_at": now, "cleared_reason": cleared_because}
        apply_edits(flag, {name: (getattr(flag, name), value) for name, value in said.items()})
