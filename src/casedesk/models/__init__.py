"""The records and nothing else. May import fields, values, code lists and translation marks."""

from casedesk.models.base import Base, Recorded, fields_of, recorded_models, registers_of, values_of
from casedesk.models.case import Case, CaseNote, SafetyFlag, StatusEvent, Triage
from casedesk.models.consent import Consent, ConsentLine, Disclosure
from casedesk.models.exchange import (
    Admission,
    BatchIn,
    BatchOut,
    CodedRow,
    CountRow,
    Covered,
    Invited,
    LetOut,
    Membership,
    RosterCopy,
)
from casedesk.models.happened import Incident, IncidentViolation
from casedesk.models.journal import Chain, Change, Gate, Operation
from casedesk.models.journey import (
    ContractTerms,
    CostItem,
    Debt,
    MigrationEpisode,
    Recruiter,
    RecruiterInvolvement,
)
from casedesk.models.local import CaseIndex, Counter, Draft, DraftCount, NumberKey, Preference, State
from casedesk.models.merging import Clash, Erasure, Mark, Parked, Unentitled
from casedesk.models.office import Centre, Device, ExchangeRate, OfficialCostLimit, User
from casedesk.models.person import IdentityDocument, Person
from casedesk.models.support import (
    FollowUp,
    NeedItem,
    NeedsAssessment,
    Provider,
    ProviderService,
    Referral,
)

__all__ = [
    "Admission",
    "Base",
    "BatchIn",
    "BatchOut",
    "Case",
    "CaseIndex",
    "CaseNote",
    "Centre",
    "Chain",
    "Change",
    "Clash",
    "CodedRow",
    "Consent",
    "ConsentLine",
    "ContractTerms",
    "CostItem",
    "CountRow",
    "Counter",
    "Covered",
    "Debt",
    "Device",
    "Disclosure",
    "Draft",
    "DraftCount",
    "Erasure",
    "ExchangeRate",
    "FollowUp",
    "Gate",
    "IdentityDocument",
    "Incident",
    "IncidentViolation",
    "Invited",
    "LetOut",
    "Mark",
    "Membership",
    "MigrationEpisode",
    "NeedItem",
    "NeedsAssessment",
    "NumberKey",
    "OfficialCostLimit",
    "Operation",
    "Parked",
    "Person",
    "Preference",
    "Provider",
    "ProviderService",
    "Recorded",
    "Recruiter",
    "RecruiterInvolvement",
    "Referral",
    "RosterCopy",
    "SafetyFlag",
    "State",
    "StatusEvent",
    "Triage",
    "Unentitled",
    "User",
    "fields_of",
    "recorded_models",
    "registers_of",
    "values_of",
]
