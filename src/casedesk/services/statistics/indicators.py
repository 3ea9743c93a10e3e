"""The indicators of DOMAIN 12, each declared once. To add one is to add one line here.

An indicator counts the rows of a subject whose `day` is in the period. `hit` makes it a share of them, `value` the
median of an amount. What needs time to happen is only counted when `matured` days have passed since.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import aliased

from casedesk import codelists
from casedesk.i18n import N_
from casedesk.models import (
    CaseIndex,
    CaseNote,
    ConsentLine,
    ContractTerms,
    CostItem,
    Debt,
    FollowUp,
    Incident,
    IncidentViolation,
    NeedItem,
    NeedsAssessment,
    OfficialCostLimit,
    Referral,
    SafetyFlag,
    StatusEvent,
    Triage,
)
from casedesk.services.answers import WAGE_VIOLATIONS
from casedesk.services.sections import ASSESSED
from casedesk.services.statistics import suppress
from casedesk.services.statistics.shapes import Unit
from casedesk.services.statistics.sql import Expression, local_day, mapped, minutes_between, one_of, taka
from casedesk.services.statistics.subjects import (
    AS_OF,
    CASE,
    CASES,
    CLOSINGS,
    CONSENTS,
    ENDS_AT,
    EPISODE,
    FLAGS,
    FOLLOW_UPS,
    INCIDENTS,
    NEEDS,
    NOW,
    OF_MONTH,
    OF_MONTH_AT,
    PERSON,
    REFERRALS,
    STATE,
    SUCCESS,
    VIOLATIONS,
    Subject,
    alive,
    group_of,
    has_violation,
    some,
)

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Indicator:
    """One indicator. Without a `day` it looks at how things stand when the period ends."""

    id: str
    label: str  # of the hits, where it has some
    subject: Subject
    day: Expression | None
    where: tuple[Condition, ...] = ()
    hit: Expression | None = None
    times: int = 1  # how often a row can be hit, where a hit is a number
    value: Expression | None = None
    unit: Unit = Unit.CASES
    matured: int = 0
    by: tuple[str, ...] = ("sex", "category", "country", "district", "age")
    least: int = suppress.INSIDE
    of: str = ""  # what the hits are a share of
    within: str = ""  # the indicator beside which it is shown and of which it is a part


OPENED = CaseIndex.opened_on
GBV_CODES = tuple(group_of("violation_type", "gbvims_type"))
SEXUAL = tuple(row.code for row in codelists.get("violation_type") if row.extra["group"] == "sexual_violence")
_SUGGESTED = mapped(
    select(Triage.outcome)
    .where(Triage.case_id == CaseIndex.case_id, alive(Triage))
    .order_by(Triage.made_at.desc(), Triage.id)
    .limit(1)
    .correlate(CaseIndex)
    .scalar_subquery(),
    group_of("triage_outcome", "maps_to_category"),
)
# Asked about what happened: the questions of the triage, or an account of it.
_ACCOUNT = aliased(Incident)
SCREENED = or_(some(Triage, Triage.case_id == CaseIndex.case_id), some(_ACCOUNT, _ACCOUNT.case_id == CaseIndex.case_id))


def _sum(model: Any, amount: Any, *where: Condition) -> Any:
    """What the amounts of the journey add up to, in minor units of taka."""
    wanted = select(func.sum(taka(amount))).where(model.episode_id == CASE.index_episode_id, alive(model), *where)
    return wanted.correlate(CASE).scalar_subquery()


_PAID = _sum(CostItem, CostItem.amount, one_of(CostItem.category, codelists.get("cost_category").where("sdg_10_7_1")))
_ACTUAL = (
    select(func.max(taka(ContractTerms.wage)))
    .where(ContractTerms.episode_id == CASE.index_episode_id, alive(ContractTerms), ContractTerms.source == "actual")
    .correlate(CASE)
    .scalar_subquery()
)
_EARNED = func.coalesce(taka(EPISODE.first_month_earnings), _ACTUAL)  # the first month, or what a month really paid
_OWED = _sum(Debt, Debt.outstanding)
_DEBT_ASKED = some(Debt, Debt.episode_id == CASE.index_episode_id, Debt.outstanding.is_not(None))
_LEFT = func.substr(type_coerce(EPISODE.departed_on, String), 1, 10)
_LIMIT = (
    select(taka(OfficialCostLimit.amount))
    .where(
        OfficialCostLimit.country == CaseIndex.country,
        alive(OfficialCostLimit),
        or_(OfficialCostLimit.valid_from.is_(None), cast(OfficialCostLimit.valid_from, String) <= _LEFT),
        or_(OfficialCostLimit.valid_to.is_(None), cast(OfficialCostLimit.valid_to, String) >= _LEFT),
        OfficialCostLimit.occupation.is_(None),
    )
    .order_by(OfficialCostLimit.valid_from.desc().nulls_last(), OfficialCostLimit.id)
    .limit(1)
    .correlate(CaseIndex, EPISODE)
    .scalar_subquery()
)
_UNPAID = aliased(IncidentViolation)
_WAGES_OWED = (
    select(func.sum(taka(_UNPAID.amount_owed)))
    .where(_UNPAID.case_id == CaseIndex.case_id, alive(_UNPAID), one_of(_UNPAID.violation, WAGE_VIOLATIONS))
    .correlate(CaseIndex)
    .scalar_subquery()
)
_STEP, _LATER = aliased(StatusEvent), aliased(StatusEvent)
_CLOSED = tuple(row.code for row in codelists.get("case_status") if not row.yes("is_open") and row.code != "draft")
# Open when the period ended: registered by then, and no closing by then that was not undone by then.
_UNDONE = (
    exists()
    .where(
        alive(_LATER),
        _LATER.entity_id == _STEP.entity_id,
        _LATER.from_status == _STEP.to_status,
        _LATER.at >= _STEP.at,
        _LATER.at < ENDS_AT,
    )
    .correlate(_STEP)
)
OPEN_THEN = and_(
    CaseIndex.opened_on <= AS_OF,
    CaseIndex.case_id.not_in(
        select(_STEP.entity_id).where(alive(_STEP), one_of(_STEP.to_status, _CLOSED), _STEP.at < ENDS_AT, ~_UNDONE)
    ),
)
_CONTACT, _NOTE = aliased(FollowUp), aliased(CaseNote)


def _cases_touched(model: Any, at: Any) -> Any:
    """The cases of the records of the last month, gathered once: to look beside each case would take longer."""
    return select(model.case_id).where(alive(model), at >= OF_MONTH_AT, at < ENDS_AT, model.case_id.is_not(None))


_TALKED = or_(  # registering is a contact too
    CaseIndex.opened_on >= OF_MONTH,
    CaseIndex.case_id.in_(_cases_touched(_CONTACT, _CONTACT.done_at)),
    CaseIndex.case_id.in_(_cases_touched(_NOTE, _NOTE.at)),
)
_OF_RECORD = {"case": CASE, "person": PERSON, "migration_episode": EPISODE}
_ASKED_LATER = [getattr(_OF_RECORD[record], name) for record, _dot, name in (key.partition(".") for key in ASSESSED)]
_FILLED = sum((case((column.is_not(None), 1), else_=0) for column in _ASKED_LATER), start=literal(0))
_EXCLUDED = tuple(codelists.get("closure_reason").where("counts_as", "exclude"))
_BEGUN = aliased(StatusEvent)
_ASSESSED = some(
    _BEGUN,
    _BEGUN.entity_id == CaseIndex.case_id,
    _BEGUN.to_status == "active",
    local_day(_BEGUN.at) <= local_day(CASE.registered_at) + 14,
)
OF_CASES = ("sex", "category", "country", "district", "age")
OF_REFERRALS = ("service_group", "district", "provider_type")

# Counted and checked, and in no report: IND-03 is the total of the categories of IND-01 without those undecided, and
# both of IND-15 are rows of IND-11, so that a second figure could tell a small number; IND-04 and IND-07 are about the
# rules and the workers, not the people; IND-23 waits for the report on government services (R15).
INDICATORS: dict[str, Indicator] = {
    each.id: each
    for each in (
        Indicator(
            id="IND-01",
            label=N_("New cases registered"),
            subject=CASES,
            day=OPENED,
            by=(*OF_CASES, "stay", "manner", "place", "source", "owner"),
        ),
        Indicator(
            id="IND-03",
            label=N_("Cases with a decided category"),
            subject=CASES,
            day=OPENED,
            where=(CaseIndex.category.is_not(None),),
        ),
        Indicator(
            id="IND-04",
            label=N_("Category as suggested"),
            of=N_("Cases decided that had a suggestion"),
            subject=CASES,
            day=OPENED,
            where=(CaseIndex.category.is_not(None), _SUGGESTED.is_not(None)),
            hit=CaseIndex.category == _SUGGESTED,
        ),
        Indicator(
            id="IND-05",
            label=N_("Minutes of an intake, median"),
            subject=CASES,
            day=OPENED,
            where=(CASE.begun_at.is_not(None),),
            value=minutes_between(CASE.begun_at, CASE.registered_at),
            unit=Unit.MINUTES,
            by=("place",),
        ),
        Indicator(
            id="IND-06",
            label=N_("Safety flags acted on in time"),
            of=N_("Safety flags raised"),
            subject=FLAGS,
            day=SafetyFlag.raised_at,
            where=(or_(SafetyFlag.due_at <= NOW, SafetyFlag.first_action_at.is_not(None)),),
            hit=SafetyFlag.first_action_at <= SafetyFlag.due_at,
            unit=Unit.ITEMS,
            by=("flag",),
        ),
        Indicator(
            id="IND-07",
            label=N_("Assessed within 14 days"),
            of=N_("Cases registered at least 14 days ago"),
            subject=CASES,
            day=OPENED,
            hit=_ASSESSED,
            matured=14,
            by=("priority",),
        ),
        Indicator(
            id="IND-09",
            label=N_("Follow-ups done in time"),
            of=N_("Follow-ups due"),
            subject=FOLLOW_UPS,
            day=FollowUp.due_on,
            matured=4,
            hit=and_(STATE.status == "done", local_day(FollowUp.done_at) <= local_day(FollowUp.due_on) + 3),
            unit=Unit.ITEMS,
            by=("task", "assignee"),
        ),
        Indicator(
            id="OPEN",
            label=N_("Open cases at the end"),
            subject=CASES,
            day=None,
            where=(OPEN_THEN,),
            by=("priority", "owner"),
        ),
        Indicator(
            id="IND-10",
            label=N_("Open cases without contact for 30 days"),
            of=N_("Open cases at the end"),
            subject=CASES,
            day=None,
            where=(OPEN_THEN,),
            hit=~_TALKED,
            by=("priority", "owner"),
        ),
        Indicator(
            id="OVERDUE",
            label=N_("Open cases with something overdue"),
            subject=CASES,
            day=None,
            where=(CaseIndex.is_open.is_(True), CaseIndex.due_on < AS_OF),
            by=("owner",),
        ),
        Indicator(
            id="SEXUAL",
            label=N_("Sexual violence, all kinds"),
            subject=VIOLATIONS,
            day=OPENED,
            where=(one_of(IncidentViolation.violation, SEXUAL),),
            within="SCREENED",
            by=("sex",),
            least=suppress.SEXUAL_VIOLENCE,
        ),
        Indicator(
            id="SCREENED",
            label=N_("Cases asked about what happened"),
            subject=CASES,
            day=OPENED,
            where=(SCREENED,),
        ),
        Indicator(
            id="IND-11",
            label=N_("Cases with a rights violation"),
            subject=VIOLATIONS,
            day=OPENED,
            where=(~one_of(IncidentViolation.violation, SEXUAL),),  # told together, and never by place: SEXUAL
            by=("violation", "stage", "violation_group", *OF_CASES, "industry", "recruiter"),
        ),
        Indicator(
            id="IND-12",
            label=N_("Signs of forced labour (ILO)"),
            subject=CASES,
            day=OPENED,
            where=(SCREENED,),
            by=("ilo", *OF_CASES, "industry"),
        ),
        Indicator(
            id="IND-14",
            label=N_("Wages not paid, or less than agreed"),
            of=N_("Cases asked about what happened"),
            subject=CASES,
            day=OPENED,
            where=(SCREENED,),
            hit=has_violation(*WAGE_VIOLATIONS),
            by=("country", "industry", "sex"),
        ),
        Indicator(
            id="IND-14-OWED",
            label=N_("Wages owed, median"),
            subject=CASES,
            day=OPENED,
            where=(has_violation(*WAGE_VIOLATIONS),),
            value=_WAGES_OWED,
            unit=Unit.TAKA,
            by=("country", "industry", "sex"),
        ),
        Indicator(
            id="IND-15-CONTRACT",
            label=N_("Contract changed for another"),
            of=N_("Cases asked about what happened"),
            subject=CASES,
            day=OPENED,
            where=(SCREENED,),
            hit=has_violation("contract_substitution"),
            by=("country", "recruiter", "sex"),
        ),
        Indicator(
            id="IND-15-PASSPORT",
            label=N_("Passport or papers kept back"),
            of=N_("Cases asked about what happened"),
            subject=CASES,
            day=OPENED,
            where=(SCREENED,),
            hit=has_violation("passport_withheld"),
            by=("country", "recruiter", "sex"),
        ),
        Indicator(
            id="IND-16",
            label=N_("Incidents of gender-based violence"),
            subject=INCIDENTS,
            day=OPENED,
            where=(one_of(IncidentViolation.violation, GBV_CODES),),
            unit=Unit.ITEMS,
            by=("gbv", "grown", "stage"),
            least=suppress.SEXUAL_VIOLENCE,
        ),
        Indicator(
            id="IND-17",
            label=N_("Cost of migration in months of earnings, median"),
            subject=CASES,
            day=OPENED,
            where=(_PAID.is_not(None), _EARNED > 0),
            value=_PAID / _EARNED,
            unit=Unit.RATIO,
            by=("country", "sex", "work", "recruiter"),
        ),
        Indicator(
            id="COST",
            label=N_("Paid to migrate, median"),
            subject=CASES,
            day=OPENED,
            where=(_PAID.is_not(None),),
            value=_PAID,
            unit=Unit.TAKA,
            by=("country", "sex", "work", "recruiter"),
        ),
        Indicator(
            id="IND-18",
            label=N_("Paid more than the official limit"),
            of=N_("Cases with a known cost and an official limit"),
            subject=CASES,
            day=OPENED,
            where=(_PAID.is_not(None), _LIMIT.is_not(None)),
            hit=_PAID > _LIMIT,
            by=("country", "recruiter"),
        ),
        Indicator(
            id="IND-19",
            label=N_("Came home with debt"),
            of=N_("Cases asked about debt"),
            subject=CASES,
            day=OPENED,
            where=(_DEBT_ASKED,),
            hit=_OWED > 0,
            by=("country", "sex"),
        ),
        Indicator(
            id="IND-19-OWED",
            label=N_("Debt, median"),
            subject=CASES,
            day=OPENED,
            where=(_DEBT_ASKED, _OWED > 0),
            value=_OWED,
            unit=Unit.TAKA,
            by=("country", "sex"),
        ),
        Indicator(
            id="SENT",
            label=N_("Referrals made"),
            subject=REFERRALS,
            day=Referral.sent_at,
            unit=Unit.ITEMS,
            by=(*OF_REFERRALS, "referral"),
        ),
        Indicator(
            id="GAPS",
            label=N_("Referrals not accepted"),
            subject=REFERRALS,
            day=Referral.sent_at,
            matured=14,
            where=(Referral.accepted_at.is_(None),),
            unit=Unit.ITEMS,
            by=("district", "declined"),
        ),
        Indicator(
            id="DECLINED",
            label=N_("Referrals declined"),
            subject=REFERRALS,
            day=Referral.sent_at,
            where=(STATE.status == "declined",),
            unit=Unit.ITEMS,
            by=("declined", "service_group"),
        ),
        Indicator(
            id="IND-20",
            within="SENT",
            label=N_("Referrals accepted"),
            of=N_("Referrals sent at least 14 days ago"),
            subject=REFERRALS,
            day=Referral.sent_at,
            matured=14,
            hit=Referral.accepted_at.is_not(None),
            unit=Unit.ITEMS,
            by=OF_REFERRALS,
        ),
        Indicator(
            id="IND-21",
            within="SENT",
            label=N_("Referrals that helped"),
            of=N_("Referrals sent at least 60 days ago"),
            subject=REFERRALS,
            day=Referral.sent_at,
            matured=60,
            hit=and_(STATE.status == "completed", one_of(Referral.outcome, SUCCESS)),
            unit=Unit.ITEMS,
            by=OF_REFERRALS,
        ),
        Indicator(
            id="IND-22",
            label=N_("Days until the service began, median"),
            subject=REFERRALS,
            day=Referral.sent_at,
            where=(Referral.service_started_on.is_not(None),),
            value=local_day(Referral.service_started_on) - local_day(Referral.sent_at),
            unit=Unit.DAYS,
            by=("service_group",),
        ),
        Indicator(
            id="IND-23",
            label=N_("Services that exist on paper only"),
            of=N_("Referrals sent"),
            subject=REFERRALS,
            day=Referral.sent_at,
            hit=and_(STATE.status == "declined", Referral.decline_reason == "service_not_functional"),
            unit=Unit.ITEMS,
            by=("service", "provider_type"),
        ),
        Indicator(
            id="IND-24",
            label=N_("Referrals with consent on file"),
            of=N_("Referrals sent"),
            subject=REFERRALS,
            day=Referral.sent_at,
            hit=Referral.consent_line_id.is_not(None),
            unit=Unit.ITEMS,
            by=("service_group",),
        ),
        Indicator(
            id="IND-40",
            label=N_("Cases closed"),
            subject=CLOSINGS,
            day=StatusEvent.at,
            unit=Unit.ITEMS,
            where=(or_(StatusEvent.reason_code.is_(None), ~one_of(StatusEvent.reason_code, _EXCLUDED)),),
            by=("closing", "category"),
        ),
        Indicator(
            id="IND-43",
            label=N_("Assessment questions answered"),
            of=N_("Assessment questions due"),
            subject=CASES,
            day=OPENED,
            matured=14,
            hit=_FILLED,
            times=len(_ASKED_LATER),
            unit=Unit.ITEMS,
            by=("owner",),
        ),
        Indicator(
            id="IND-44",
            label=N_("Consents given"),
            of=N_("Consents asked"),
            subject=CONSENTS,
            day=ConsentLine.at,
            unit=Unit.ITEMS,
            where=(one_of(ConsentLine.answer, ["given", "refused"]),),
            hit=ConsentLine.answer == "given",
            by=("scope",),
        ),
        Indicator(
            id="IND-44-BACK",
            label=N_("Consents taken back"),
            subject=CONSENTS,
            day=ConsentLine.at,
            unit=Unit.ITEMS,
            where=(ConsentLine.answer == "withdrawn",),
            by=("scope",),
        ),
        Indicator(
            id="IND-45",
            label=N_("Needs met"),
            of=N_("Needs agreed at least 90 days ago"),
            subject=NEEDS,
            day=NeedsAssessment.done_on,
            matured=90,
            hit=NeedItem.met_on.is_not(None),
            unit=Unit.ITEMS,
            by=("need", "district"),
        ),
    )
}
