"""Which questions are asked now, where they stand, and which have an answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from casedesk import codelists
from casedesk.fields import Kind
from casedesk.services import sections
from casedesk.services.answers import TRIAGE, Answers, comes_after, field_of, several
from casedesk.services.intake_views import REQUIRED_CONSENT
from casedesk.services.rules import under_age
from casedesk.services.sections import AFTER_A_VIOLATION, CONSENT_KEYS, PARTS, TRIAGE_KEYS, Section
from casedesk.services.triage import is_returnee

PURPOSES = tuple(key for key in CONSENT_KEYS if key not in REQUIRED_CONSENT)
PRIVATE = tuple(TRIAGE + row.code for row in codelists.get("triage_question") if row.yes("ask_privately"))
GUARDIAN = ("person.guardian", "person.guardian_safe")
FLAGS, NO_FLAGS = "safety_flag.flags", "safety_flag.none"
VIOLATIONS = "incident.violations"
CATEGORY = ("case.category", "case.category_reason", "case.category_reason_text")
MEDICAL_LIMIT = "post_rape_care"


def is_asked(key: str, answers: Answers, today: date) -> bool:
    """Whether the question makes sense after the other answers. What has an answer is always shown."""
    if key in answers:
        return True
    if not comes_after(key, answers):
        return False
    match key:
        case "person.guardian" | "person.guardian_safe":
            return under_age(answers, today)
        case "consent.giver_name":
            return answers.get("consent.giver") not in (None, "self", "best_interest_decision")
        case "case.category_reason_text":
            reason = codelists.get("category_reason").find(_word(answers, "case.category_reason"))
            return reason is not None and reason.yes("text_required")
        case "case.category_reason":
            return answers.get("case.category") is not None
        case "case.category":
            return is_returnee(answers)
        case "case.priority_reason":
            return False
    if key in PRIVATE:
        return not answers.get("case.not_private")
    if key in AFTER_A_VIOLATION:
        return bool(several(answers, VIOLATIONS)) or "incident.narrative" in answers
    return True


def _word(answers: Answers, key: str) -> str | None:
    value = answers.get(key)
    return value if isinstance(value, str) else None


def counted(section: Section, answers: Answers, today: date) -> list[str]:
    """The questions that count for the progress of a part. Ticks and other purposes of consent do not."""
    if section is sections.CHECK:
        return []
    return [
        key
        for key in section.keys
        if key not in PURPOSES and field_of(key).kind is not Kind.TICK and is_asked(key, answers, today)
    ]


def is_answered(key: str, answers: Answers) -> bool:
    if key == FLAGS:
        return key in answers or answers.get(NO_FLAGS) is True
    return key in answers


def part_of(key: str) -> str:
    """The name of the part in which a key is asked."""
    return next((section.name for section in PARTS if key in section.keys), sections.CHECK.name)


def section_of(name: str) -> Section:
    return next((section for section in PARTS if section.name == name), sections.CONSENT_AND_SAFETY)


def in_order(keys: Iterable[str]) -> list[str]:
    """Keys in the order of the parts."""
    order = {key: at for at, key in enumerate(key for section in PARTS for key in section.keys)}
    return sorted(keys, key=lambda key: order.get(key, len(order)))


def triage_begun(answers: Answers) -> bool:
    """Whether part 4 has an answer."""
    return any(key in answers for key in (*TRIAGE_KEYS, VIOLATIONS))


def medical_limit(answers: Answers) -> bool:
    """Whether a flag asks for care that loses effect with every hour."""
    flags = codelists.get("safety_flag")
    return any(
        row is not None and row.extra["suggested_service"] == MEDICAL_LIMIT
        for row in (flags.find(code) for code in several(answers, FLAGS))
    )
