"""The answers of an intake: one flat mapping from key to value, the same for form, draft, check, file and register.

A key names a record and a declared field, `person.name_bn`. A few records are asked twice or asked as a list:
`promised.wage` and `actual.wage` are two ContractTerms, `need_item.needs` are several NeedItems. Consent and triage
have a key for each purpose and question: `consent_line.share_legal`, `triage.t01_pay_problem`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from casedesk import codelists
from casedesk.fields import Ask, Field, Kind, Level, tidy
from casedesk.i18n import N_, _
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
    fields_of,
)
from casedesk.models.columns import money_of, money_text, partial_day_of, partial_day_text
from casedesk.values import Money, PartialDay

Answers = Mapping[str, object]

RECORDS: Mapping[str, type[Recorded]] = {
    "person": Person,
    "identity_document": IdentityDocument,
    "case": Case,
    "consent": Consent,
    "migration_episode": MigrationEpisode,
    "recruiter": Recruiter,
    "recruiter_involvement": RecruiterInvolvement,
    "promised": ContractTerms,
    "actual": ContractTerms,
    "cost_item": CostItem,
    "debt": Debt,
    "incident": Incident,
    "wages": IncidentViolation,  # the details of unpaid wages
    "needs_assessment": NeedsAssessment,
}
LABELS = {
    "promised.wage": N_("Wage promised each month"),
    "actual.wage": N_("Wage received each month"),
    "recruiter.name": N_("Name of the agency, sub-agent or relative"),
    "debt.outstanding": N_("Debt now"),
}
LISTS: Mapping[str, Field] = {
    "need_item.needs": replace(
        fields_of(NeedItem)["need"], kind=Kind.CODES, label=N_("Most urgent needs"), help=N_("Up to three.")
    ),
    "safety_flag.flags": replace(fields_of(SafetyFlag)["flag"], kind=Kind.CODES, label=N_("Is any of this so now?")),
    "incident.violations": replace(
        fields_of(IncidentViolation)["violation"], kind=Kind.CODES, label=N_("Did any of these happen?")
    ),
}
TICKS: Mapping[str, Field] = {
    "safety_flag.none": Field(N_("Asked: none of these"), Kind.TICK, Level.RESTRICTED, Ask.REGISTER),
    "case.not_private": Field(
        N_("Not private now: ask the private questions another day"), Kind.TICK, Level.INTERNAL, Ask.INTAKE
    ),
    "case.prefers_not_to_say": Field(N_("Prefers not to say"), Kind.TICK, Level.RESTRICTED, Ask.INTAKE),
}
NAMES = ("person.name_bn", "person.name_en", "person.nickname")
FAMILY_PHONE = "person.contact_person_phone"
PHONES = ("person.phone_1", "person.phone_2", FAMILY_PHONE)
CONFIRMED = "case.confirmed_warnings"  # the rules whose warnings somebody read and kept
WAGE_VIOLATIONS = ("wages_not_paid", "wages_underpaid")
CONSENT = "consent_line."
TRIAGE = "triage."


@cache
def field_of(key: str) -> Field:
    """The declaration behind a key. Raises KeyError for a key that nothing declares."""
    if key in LISTS:
        return LISTS[key]
    if key in TICKS:
        return TICKS[key]
    record, _dot, name = key.partition(".")
    if key.startswith(CONSENT):
        row = codelists.get("consent_scope")[name]
        return Field(row.en, Kind.CODE, Level.INTERNAL, Ask.REGISTER, code_list="consent_answer")
    if key.startswith(TRIAGE):
        row = codelists.get("triage_question")[name]
        level = Level.RESTRICTED if row.yes("ask_privately") else Level.INTERNAL
        return Field(row.en, Kind.ANSWER, level, Ask.INTAKE, code_list="answer_yes_no")
    found = fields_of(RECORDS[record])[name]
    return replace(found, label=LABELS[key]) if key in LABELS else found


def label_of(key: str) -> str:
    """What a key is called in the language spoken."""
    name = key.partition(".")[2]
    if key.startswith(CONSENT):
        return codelists.get("consent_scope")[name].label
    if key.startswith(TRIAGE):
        return codelists.get("triage_question")[name].label
    return _(field_of(key).label)


def as_asked(keys: Iterable[str]) -> list[tuple[str, Field]]:
    """The fields behind the keys for a form, called as they are called in an intake."""
    return [(key, replace(field_of(key), label=label_of(key))) for key in keys]


def tidied(answers: Answers) -> dict[str, object]:
    """The answers as they are stored, without the empty ones."""
    tidy_ones = {key: tidy(field_of(key), value) for key, value in answers.items()}
    return {key: value for key, value in tidy_ones.items() if value is not None}


def part(answers: Answers, record: str) -> dict[str, Any]:
    """The values of one record: field name to value, only declared columns."""
    names = fields_of(RECORDS[record])
    start = record + "."
    return {
        key.removeprefix(start): value
        for key, value in answers.items()
        if key.startswith(start) and key.removeprefix(start) in names
    }


def asked(answers: Answers, start: str) -> dict[str, str]:
    """The answers of one kind by what was asked: `asked(answers, TRIAGE)` → question → answer."""
    return {key.removeprefix(start): str(value) for key, value in answers.items() if key.startswith(start)}


def several(answers: Answers, key: str) -> list[str]:
    value = answers.get(key)
    return [str(item) for item in value] if isinstance(value, list) else []


def comes_after(key: str, answers: Answers) -> bool:
    """Whether a yes came before, where this answer needs one (`Field.after`). What has an answer always makes sense."""
    first = field_of(key).after
    said = answers.get(f"{key.partition('.')[0]}.{first}")
    return first is None or said == "yes" or answers.get(key) is not None


def stored(answers: Answers) -> dict[str, Any]:
    """The answers as JSON can keep them."""
    return {key: _plain(value) for key, value in answers.items()}


def restored(raw: Mapping[str, Any]) -> dict[str, object]:
    """The other way round. What no field declares any more is left out."""
    found: dict[str, object] = {}
    for key, value in raw.items():
        try:
            kind = field_of(key).kind
        except KeyError:
            continue
        found[key] = of_plain(kind, value)
    return found


def _plain(value: object) -> Any:
    match value:
        case PartialDay():
            return partial_day_text(value)
        case Money():
            return money_text(value)
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
    return value


def of_plain(kind: Kind, value: Any) -> object:
    """A value as JSON kept it, for a field of this kind."""
    if value is None:
        return None
    match kind:
        case Kind.PARTIAL_DAY:
            return partial_day_of(value)
        case Kind.MONEY:
            return money_of(value)
        case Kind.DAY:
            return date.fromisoformat(value)
        case Kind.MOMENT:
            return datetime.fromisoformat(value)
        case Kind.REFERENCE:
            return UUID(value)
    return value
