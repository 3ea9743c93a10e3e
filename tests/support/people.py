"""Invented people, as the answers of an intake."""

from __future__ import annotations

from datetime import date

from casedesk.values import Money, PartialDay, Precision


def a_returnee(**more: object) -> dict[str, object]:
    """Answers that are enough to register; `person__name_bn="…"` changes or adds `person.name_bn`."""
    answers: dict[str, object] = {
        "consent_line.case_services": "given",
        "consent_line.store_data": "given",
        "consent.method": "verbal",
        "consent.giver": "self",
        "person.name_bn": "রহিমা খাতুন",
        "person.name_en": "Rahima Khatun",
        "person.sex_gender": "female",
        "person.age_stated": 29,
        "person.phone_1": "+8801711000417",
        "person.safe_contact_rule": ["daytime_only"],
        "person.district": "madaripur",
        "migration_episode.destination_country": "sa",
        "migration_episode.departed_on": PartialDay(date(2024, 6, 12)),
        "migration_episode.returned_on": PartialDay(date(2026, 4, 1), Precision.MONTH),
        "migration_episode.manner_of_return": "employer_arranged",
        "migration_episode.main_return_reason": "contract_ended",
        "case.case_subject": "returnee",
        "case.intake_place": "centre_office",
        "case.intake_district": "dhaka",
        "case.priority": "medium",
        "case.next_contact_on": date(2026, 5, 20),
        "cost_item.amount": Money(8_500_000, "bdt"),
        "safety_flag.none": True,
    }
    answers.update({key.replace("__", "."): value for key, value in more.items()})
    return {key: value for key, value in answers.items() if value is not None}
