"""Sections: which declared fields stand together, in which order; said once for screen, paper and blank form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from casedesk import codelists
from casedesk.fields import Ask
from casedesk.i18n import N_
from casedesk.services.answers import CONSENT, TRIAGE, field_of


@dataclass(frozen=True, slots=True)
class Section:
    """Keys of answers under a title. `prompt` is a quiet line for the caseworker."""

    name: str
    title: str
    keys: tuple[str, ...]
    prompt: str = ""


def _with(section: Section, more: Mapping[str, tuple[str, ...]]) -> Section:
    """The section with further keys, each behind the one that it goes with."""
    return replace(section, keys=tuple(each for key in section.keys for each in (key, *more.get(key, ()))))


CONSENT_KEYS = tuple(CONSENT + row.code for row in codelists.get("consent_scope"))
TRIAGE_KEYS = tuple(TRIAGE + row.code for row in codelists.get("triage_question"))

CONSENT_AND_SAFETY = Section(
    "consent",
    N_("Consent and safety"),
    (
        "consent_line.case_services",
        "consent_line.store_data",
        "consent.method",
        "consent.giver",
        "consent.giver_name",
        "consent.language",
        *(key for key in CONSENT_KEYS if key not in ("consent_line.case_services", "consent_line.store_data")),
        "person.guardian",
        "person.guardian_safe",
        "safety_flag.flags",
        "safety_flag.none",
    ),
    N_("Read aloud. Every yes can be taken back, and a no never costs help."),
)
PERSON = Section(
    "person",
    N_("Person"),
    (
        "case.case_subject",
        "person.name_bn",
        "person.name_en",
        "person.nickname",
        "person.sex_gender",
        "person.age_stated",
        "person.date_of_birth",
        "person.phone_1",
        "person.safe_contact_rule",
        "person.safe_contact_note",
        "person.preferred_contact",
        "person.phone_2",
        "person.district",
        "person.upazila",
        "person.union_or_ward",
        "person.village_or_street",
        "identity_document.type",
        "identity_document.number",
        "identity_document.held_by",
        "person.father_name",
        "person.mother_name",
        "person.marital_status",
        "person.children_count",
        "person.education",
        "person.can_read",
        "person.languages",
        "person.needs_interpreter",
        "person.contact_person_name",
        "person.contact_person_relationship",
        "person.contact_person_phone",
    ),
    N_("Names as they are spoken at home. A nickname is enough to begin."),
)
# On the page of a case the guardian stands with the child; the intake asks with the consent.
OF_A_CHILD = ("person.guardian", "person.guardian_safe")
PERSON_ON_CASE = _with(
    PERSON,
    {
        "person.nickname": OF_A_CHILD,
        "person.village_or_street": ("person.current_address",),
        "person.mother_name": ("person.nationality",),
    },
)
JOURNEY = Section(
    "journey",
    N_("Journey and work"),
    (
        "migration_episode.destination_country",
        "migration_episode.city_abroad",
        "migration_episode.departed_on",
        "migration_episode.returned_on",
        "migration_episode.occupation_abroad",
        "migration_episode.visa_type",
        "migration_episode.manner_of_return",
        "migration_episode.main_return_reason",
        "migration_episode.return_reasons",
        "migration_episode.travel_document_on_return",
        "recruiter.type",
        "recruiter.name",
        "cost_item.amount",
        "cost_item.source_of_money",
        "debt.outstanding",
        "debt.source",
        "promised.wage",
        "actual.wage",
        "wages.months_unpaid",
        "migration_episode.wages_owed",
        "recruiter_involvement.amount_lost",
        "migration_episode.wants_to_migrate_again",
    ),
    N_("Only what helps us support them. Dates can be rough."),
)
# What the intake has no time for is asked at the assessment, on the page of the case.
JOURNEY_ON_CASE = _with(
    JOURNEY,
    {
        "migration_episode.city_abroad": ("migration_episode.other_countries",),
        "migration_episode.returned_on": (
            "migration_episode.planned_months",
            "migration_episode.arrival_point",
            "migration_episode.occupation_before",
        ),
        "migration_episode.occupation_abroad": ("migration_episode.skill_level_abroad", "migration_episode.industry"),
        "migration_episode.visa_type": ("migration_episode.stay_status",),
        "migration_episode.travel_document_on_return": (
            "migration_episode.detained",
            "migration_episode.detained_days",
            "migration_episode.detained_place",
        ),
        "actual.wage": ("migration_episode.first_month_earnings",),
    },
)
# Asked once something happened.
AFTER_A_VIOLATION = (
    "incident.happened_from",
    "incident.happened_to",
    "incident.stage",
    "incident.told_by",
    "incident.status",
    "incident.still_going_on",
    "incident.medical_care_needed",
)
HAPPENED = Section(
    "happened",
    N_("What happened"),
    (
        "case.not_private",
        *TRIAGE_KEYS,
        "incident.violations",
        "incident.narrative",
        "case.prefers_not_to_say",
        *AFTER_A_VIOLATION,
    ),
    N_("Offer water, a break, another person in the room. Stop if they are tired."),
)
INCIDENT = Section(
    "incident",
    N_("What they told us"),
    (
        "incident.violations",
        "incident.narrative",
        "incident.happened_from",
        "incident.happened_to",
        "incident.stage",
        "incident.country",
        "incident.place",
        "incident.told_by",
        "incident.status",
        "incident.still_going_on",
        "incident.happened_before",
        "incident.medical_care_needed",
        "incident.medical_care_received",
        "incident.trafficking_related",
        "incident.reported_to",
        "incident.reported_on",
        "wages.months_unpaid",
        "wages.amount_owed",
    ),
)
NEEDS = Section(
    "needs",
    N_("Needs and wishes"),
    ("need_item.needs", "needs_assessment.client_wishes"),
    N_("What they want comes first, in their own words."),
)
CHECK = Section(
    "check",
    N_("Check and register"),
    (
        "case.category",
        "case.category_reason",
        "case.category_reason_text",
        "case.priority",
        "case.priority_reason",
        "case.next_contact_on",
        "case.intake_place",
        "case.intake_district",
        "case.case_source",
        "case.language_of_interview",
        "case.interpreter_used",
    ),
    N_("You decide. Everything can be changed later."),
)
PARTS = (CONSENT_AND_SAFETY, PERSON, JOURNEY, HAPPENED, NEEDS, CHECK)

QUICK = Section(
    "quick",
    N_("Quick register"),
    (
        "consent_line.case_services",
        "consent_line.store_data",
        "consent.method",
        "person.name_bn",
        "person.name_en",
        "person.sex_gender",
        "person.age_stated",
        "person.phone_1",
        "person.district",
        "migration_episode.destination_country",
        "migration_episode.departed_on",
        "migration_episode.returned_on",
        "migration_episode.manner_of_return",
        "migration_episode.main_return_reason",
        "safety_flag.flags",
        "safety_flag.none",
        "case.priority",
        "case.next_contact_on",
    ),
    N_("The least that opens a case. Everything else stays open as a task."),
)
CASE_SETTINGS = Section(
    "case",
    N_("Case"),
    (
        "case.priority",
        "case.priority_reason",
        "case.next_contact_on",
        "case.category",
        "case.category_reason",
        "case.category_reason_text",
        "case.secondary_categories",
        "case.case_source",
        "case.intake_place",
        "case.intake_district",
        "case.language_of_interview",
        "case.interpreter_used",
        "case.others_present",
    ),
)

# Where nothing is an answer too: nobody else was there, nothing is owed, the category is the one suggested.
RIGHTLY_EMPTY = frozenset(
    (
        "case.category_reason",
        "case.category_reason_text",
        "case.others_present",
        "case.secondary_categories",
        "migration_episode.other_countries",
        "migration_episode.wages_owed",
        "person.current_address",
        "person.nickname",
    )
)
# The questions of the assessment that everybody has an answer to. The wages are records of their own.
ASSESSED = tuple(
    key
    for section in (PERSON_ON_CASE, JOURNEY_ON_CASE, CASE_SETTINGS)
    for key in section.keys
    if field_of(key).ask is Ask.ASSESSMENT
    and key.partition(".")[0] in ("case", "person", "migration_episode")
    and field_of(key).after is None
    and key not in RIGHTLY_EMPTY
)
