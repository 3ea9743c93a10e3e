"""What can be counted, and what it can be broken down by; each said once as expressions over the records.

`as_of` stands for the day the period is looked at, `of_month` for thirty days before it, `ends_at` for the moment it is
over: they are given when a figure is computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql import visitors

from casedesk import codelists
from casedesk.i18n import N_
from casedesk.models import (
    Case,
    CaseIndex,
    ConsentLine,
    FollowUp,
    Incident,
    IncidentViolation,
    MigrationEpisode,
    NeedItem,
    NeedsAssessment,
    Person,
    Provider,
    Recruiter,
    RecruiterInvolvement,
    Referral,
    SafetyFlag,
    State,
    StatusEvent,
)
from casedesk.models.columns import UtcDateTime
from casedesk.services.statistics.sql import Expression, banded, mapped, one_of, plain

AS_OF, OF_MONTH = (bindparam(name, type_=Date) for name in ("as_of", "of_month"))
ENDS_AT, NOW, OF_MONTH_AT = (bindparam(name, type_=UtcDateTime) for name in ("ends_at", "now", "of_month_at"))

STATE = aliased(State)
UNKNOWN = "unknown"


def group_of(code_list: str, column: str) -> Mapping[str, str]:
    """Each code of a list with what one of its columns says."""
    return {row.code: row.extra[column] for row in codelists.get(code_list) if row.extra[column]}


def alive(model: Any) -> ColumnElement[bool]:
    result: ColumnElement[bool] = model.removed_at.is_(None)
    return result


@dataclass(frozen=True, slots=True)
class Subject:
    """Rows that are counted: where they come from, the day that puts them in a period, and what makes one of them.

    A subject whose rows are joined many to one is counted by its `each`.
    """

    source: FromClause
    each: Expression | None = None
    where: tuple[ColumnElement[bool], ...] = ()


CASE, PERSON, EPISODE = aliased(Case, name="c"), aliased(Person, name="p"), aliased(MigrationEpisode, name="e")

_INDEX = CaseIndex.__table__
_BESIDE: dict[str, tuple[Any, ColumnElement[bool]]] = {  # what a case has one of, by the name it is joined under
    "c": (CASE, CASE.id == CaseIndex.case_id),
    "p": (PERSON, PERSON.id == CaseIndex.person_id),
    "e": (EPISODE, EPISODE.id == CASE.index_episode_id),
}


def joined(source: FromClause, asked: Iterable[Any]) -> FromClause:
    """The source with what is asked of it beside the case: a join that is not needed costs as much as one that is."""
    named = {
        getattr(part.table, "name", "")
        for each in asked
        for part in visitors.iterate(each)
        if isinstance(part, ColumnClause) and part.table is not None
    }
    for name, (model, on) in _BESIDE.items():
        if name in named or (name == "c" and "e" in named):
            source = source.outerjoin(model, on)
    return source


def some(model: Any, *where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the case has such a record. `model` is one of its own, not one that is counted."""
    return exists().where(alive(model), *where).correlate(CaseIndex, CASE)


_CLOSING = aliased(StatusEvent)
_MISTAKE = some(
    _CLOSING,
    _CLOSING.entity_id == CaseIndex.case_id,
    _CLOSING.to_status == "closed",
    _CLOSING.reason_code == "registered_in_error",
)
# Cases merged into another and those registered by mistake count nowhere.
COUNTS = and_(CaseIndex.status != "merged", or_(CaseIndex.status != "closed", ~_MISTAKE))


def _with(model: Any) -> FromClause:
    table: FromClause = model.__table__
    return table.join(_INDEX, model.case_id == CaseIndex.case_id)


CASES = Subject(_INDEX)
FLAGS = Subject(_with(SafetyFlag), where=(alive(SafetyFlag),))
FOLLOW_UPS = Subject(
    _with(FollowUp).outerjoin(STATE, STATE.entity_id == FollowUp.id),
    where=(alive(FollowUp), one_of(STATE.status, ["planned", "done", "tried_no_contact"])),
)
_SENT = codelists.get("referral_status").where("counts_as_sent")
REFERRALS = Subject(
    _with(Referral)
    .outerjoin(STATE, STATE.entity_id == Referral.id)
    .outerjoin(Provider, Provider.id == Referral.provider_id),
    where=(
        alive(Referral),
        or_(Referral.direction.is_(None), Referral.direction != "incoming"),
        one_of(STATE.status, _SENT),
    ),
)
NEEDS = Subject(
    _with(NeedItem).outerjoin(NeedsAssessment, NeedsAssessment.id == NeedItem.assessment_id),
    where=(alive(NeedItem), NeedItem.agreed_with_client.is_(True)),
)
CONSENTS = Subject(_with(ConsentLine), where=(alive(ConsentLine),))
CLOSINGS = Subject(
    _with(StatusEvent),
    where=(alive(StatusEvent), StatusEvent.entity == "case", StatusEvent.to_status == "closed"),
)


def stands(violation: Any, incident: Any) -> ColumnElement[bool]:
    """A violation that was neither taken back nor found to be without support."""
    return and_(
        alive(violation),
        or_(incident.id.is_(None), alive(incident)),
        or_(incident.status.is_(None), ~one_of(incident.status, ["withdrawn", "not_supported"])),
    )


STANDS = stands(IncidentViolation, Incident)
VIOLATIONS = Subject(
    _with(IncidentViolation).outerjoin(Incident, Incident.id == IncidentViolation.incident_id),
    each=CaseIndex.case_id,
    where=(STANDS,),
)
INCIDENTS = Subject(
    VIOLATIONS.source,
    each=IncidentViolation.incident_id,
    where=(STANDS, IncidentViolation.incident_id.is_not(None)),
)


_TOLD, _ACCOUNT = aliased(IncidentViolation), aliased(Incident)


def has_violation(*codes: str) -> ColumnElement[bool]:
    """Whether any of these violations was told of the case and still stands."""
    return _violations_of_case(_TOLD.id).where(one_of(_TOLD.violation, codes)).exists()


def _violations_of_case(column: Any) -> Select[Any]:
    return (
        select(column)
        .outerjoin(_ACCOUNT, _ACCOUNT.id == _TOLD.incident_id)
        .where(_TOLD.case_id == CaseIndex.case_id, stands(_TOLD, _ACCOUNT))
        .correlate(CaseIndex)
    )


# What figures are broken down by


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A way to divide what is counted. Codes that `code_list` does not know are shown as they are."""

    key: str
    label: str
    column: Expression
    code_list: str = ""
    words: tuple[tuple[str, str], ...] = ()  # code and words, where no list has them


def _years_between(since: Any, until: Any) -> ColumnElement[int]:
    """Full years from one day to another; both as the text of a date."""
    years = [cast(func.substr(day, plain(1), plain(4)), Integer) for day in (since, until)]
    turns = [func.substr(day, plain(6), plain(5)) for day in (since, until)]
    return years[1] - years[0] - case((turns[1] < turns[0], plain(1)), else_=plain(0))


_OPENED = cast(CaseIndex.opened_on, String)
AGE = func.coalesce(
    _years_between(type_coerce(PERSON.date_of_birth, String), _OPENED),
    PERSON.age_stated + func.coalesce(_years_between(cast(PERSON.age_stated_on, String), _OPENED), 0),
)
_AGES = [(row.code, int(row.extra["age_to"] or 200) + 1) for row in codelists.get("age_band") if row.extra["age_from"]]
_STAYS = [
    (row.code, int(row.extra["months_to_below"] or 10_000))
    for row in codelists.get("stay_duration_band")
    if row.extra["months_from"]
]
SEX = mapped(CaseIndex.sex_gender, group_of("sex_gender", "report_group"), UNKNOWN)
SEXES = (("female", N_("Women")), ("male", N_("Men")), ("other", N_("Other genders")), ("unknown", N_("Not stated")))
_ILO = mapped(_TOLD.violation, group_of("violation_type", "ilo_indicator"))
ILO_COUNT = _violations_of_case(func.count(func.distinct(_ILO))).scalar_subquery()
_ILO_BANDS = ("none", "one_or_two", "one_or_two", "three_or_four", "three_or_four")
_RECRUITER = (
    select(func.min(Recruiter.type))
    .join(RecruiterInvolvement, RecruiterInvolvement.recruiter_id == Recruiter.id)
    .where(RecruiterInvolvement.episode_id == CASE.index_episode_id, alive(RecruiterInvolvement), alive(Recruiter))
    .correlate(CASE)
    .scalar_subquery()
)

REACHED = (  # each step includes all before it
    ("sent", N_("Sent")),
    ("acknowledged", N_("Received")),
    ("accepted", N_("Accepted")),
    ("in_service", N_("Service began")),
    ("helped", N_("Helped")),
)
SUCCESS = tuple(codelists.get("referral_outcome").where("success_class", "success"))
_REACHED = case(
    (and_(STATE.status == "completed", one_of(Referral.outcome, SUCCESS)), "helped"),
    (or_(one_of(STATE.status, ["in_service", "completed"]), Referral.service_started_on.is_not(None)), "in_service"),
    (Referral.accepted_at.is_not(None), "accepted"),
    (Referral.acknowledged_at.is_not(None), "acknowledged"),
    else_="sent",
)
_MAJORS = {code: f"isco_{major}" for code, major in group_of("occupation", "isco_major").items()}
GBV = (  # as the GBV information management system names them
    ("rape", N_("Rape")),
    ("sexual_assault", N_("Sexual assault")),
    ("physical_assault", N_("Physical assault")),
    ("forced_marriage", N_("Forced marriage")),
    ("denial_of_resources_opportunities_or_services", N_("Denial of resources, opportunities or services")),
    ("psychological_emotional_abuse", N_("Psychological or emotional abuse")),
)

BREAKDOWNS: dict[str, Breakdown] = {
    each.key: each
    for each in (
        Breakdown("sex", N_("Sex"), SEX, words=SEXES),
        Breakdown("category", N_("Category"), CaseIndex.category, "return_category"),
        Breakdown("country", N_("Country returned from"), CaseIndex.country, "destination_country"),
        Breakdown("district", N_("Home district"), CaseIndex.district, "bd_district"),
        Breakdown(
            "division",
            N_("Division"),
            mapped(CaseIndex.district, group_of("bd_district", "division_code")),
            "bd_division",
        ),
        Breakdown("age", N_("Age when registered"), banded(AGE, _AGES, "age_unknown"), "age_band"),
        Breakdown(
            "grown",
            N_("Child or adult"),
            banded(AGE, [("child", 18), ("adult", 200)], UNKNOWN),
            words=(("child", N_("Children")), ("adult", N_("Adults")), (UNKNOWN, N_("Age not known"))),
        ),
        Breakdown("stay", N_("Time abroad"), banded(EPISODE.months_abroad, _STAYS, UNKNOWN), "stay_duration_band"),
        Breakdown("manner", N_("How they came back"), EPISODE.manner_of_return, "manner_of_return"),
        Breakdown("industry", N_("Industry"), EPISODE.industry, "industry"),
        Breakdown("work", N_("Work abroad"), mapped(EPISODE.occupation_abroad, _MAJORS), "occupation"),
        Breakdown("place", N_("Where we met"), CASE.intake_place, "intake_place"),
        Breakdown("source", N_("Who sent or brought them"), CASE.case_source, "case_source"),
        Breakdown("priority", N_("Priority"), CaseIndex.priority, "priority"),
        Breakdown("owner", N_("Caseworker"), CaseIndex.owner_id),
        Breakdown("recruiter", N_("Who arranged the job"), _RECRUITER, "recruiter_type"),
        Breakdown("status", N_("Status"), CaseIndex.status, "case_status"),
        Breakdown("violation", N_("Rights violation"), IncidentViolation.violation, "violation_type"),
        Breakdown(
            "violation_group",
            N_("Kind of violation"),
            mapped(IncidentViolation.violation, group_of("violation_type", "group")),
        ),
        Breakdown("stage", N_("At what stage"), Incident.stage, "migration_stage"),
        Breakdown(
            "gbv",
            N_("Kind of gender-based violence"),
            mapped(IncidentViolation.violation, group_of("violation_type", "gbvims_type")),
            words=GBV,
        ),
        Breakdown(
            "ilo",
            N_("Signs of forced labour (ILO)"),
            case(dict(enumerate(_ILO_BANDS)), value=ILO_COUNT, else_="five_or_more"),  # counted once for each case
            words=(
                ("none", N_("None")),
                ("one_or_two", N_("1 or 2")),
                ("three_or_four", N_("3 or 4")),
                ("five_or_more", N_("5 or more")),
            ),
        ),
        Breakdown("flag", N_("Safety flag"), SafetyFlag.flag, "safety_flag"),
        Breakdown("task", N_("What to do"), FollowUp.type, "followup_type"),
        Breakdown("assignee", N_("Caseworker"), func.coalesce(FollowUp.assigned_to, CaseIndex.owner_id)),
        Breakdown(
            "service_group",
            N_("Service"),
            mapped(Referral.service, group_of("service_type", "group")),
            "service_group",
        ),
        Breakdown("service", N_("Service"), Referral.service, "service_type"),
        Breakdown("provider_type", N_("Kind of partner"), Provider.type, "provider_type"),
        Breakdown("referral", N_("Where referrals are"), STATE.status, "referral_status"),
        Breakdown("reached", N_("How far referrals came"), _REACHED, words=REACHED),
        Breakdown("declined", N_("Why not accepted"), Referral.decline_reason, "referral_decline_reason"),
        Breakdown("need", N_("Need"), NeedItem.need, "need"),
        Breakdown("scope", N_("Purpose"), ConsentLine.scope, "consent_scope"),
        Breakdown(
            "closing",
            N_("How cases were closed"),
            mapped(StatusEvent.reason_code, group_of("closure_reason", "counts_as"), "neutral"),
            words=(("positive", N_("Well")), ("neutral", N_("Neither well nor badly")), ("negative", N_("Not well"))),
        ),
    )
}
