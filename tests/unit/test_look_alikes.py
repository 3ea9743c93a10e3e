"""Who may be somebody known already: by a number, or by name, district and age together (DOMAIN 4.1)."""

from __future__ import annotations

from datetime import date

import pytest

from casedesk.desk import Desk
from casedesk.services.intake import register_case
from casedesk.services.look_alikes import LookAlike, look_alikes
from casedesk.values import PartialDay, Precision
from tests.support.people import a_returnee

NOBODY_LIKE_HER = {
    "person.name_bn": None,
    "person.name_en": "Salma Begum",
    "person.phone_1": "+8801811000999",
    "person.district": "feni",
}
NAME, PHONE, DOCUMENT, DISTRICT = "person.name_bn", "person.phone_1", "identity_document.number", "person.district"


def alike(desk: Desk, **more: object) -> list[LookAlike]:
    """Register Rahima, and look for whom somebody else may be."""
    register_case(desk, a_returnee(identity_document__type="e_passport", identity_document__number="X05000001"))
    said = NOBODY_LIKE_HER | {key.replace("__", "."): value for key, value in more.items()}
    return look_alikes(desk, a_returnee(**{key.replace(".", "__"): value for key, value in said.items()}))


def test_somebody_else_is_nobody_known(desk: Desk) -> None:
    assert alike(desk) == []


def test_the_same_telephone_is_told_with_what_differs(desk: Desk) -> None:
    (found,) = alike(desk, person__phone_1="+8801711000417")
    assert PHONE in found.agrees
    assert DISTRICT in found.differs
    assert (found.certain, found.name_en) == (False, "Rahima Khatun")


def test_the_same_document_is_certain_however_it_is_written(desk: Desk) -> None:
    (found,) = alike(desk, identity_document__type="e_passport", identity_document__number="x 0500-0001")
    assert DOCUMENT in found.agrees
    assert found.certain


@pytest.mark.parametrize("name", ["Rohima Khatun", "Rahima Khatoon", "রহিমা খাতুন"])
def test_a_name_alike_in_either_script_counts_with_the_district(desk: Desk, name: str) -> None:
    (found,) = alike(desk, person__name_en=name, person__district="madaripur")
    assert {NAME, DISTRICT} <= set(found.agrees)
    assert not found.certain


@pytest.mark.parametrize(
    "more",
    [
        {"person__district": "feni"},
        {"person__district": "madaripur", "person__age_stated": 52},
        {
            "person__district": "madaripur",
            "person__age_stated": None,
            "person__date_of_birth": PartialDay(date(1990, 1, 1), Precision.YEAR),
        },
    ],
    ids=["another district", "another age", "another year of birth"],
)
def test_a_name_alike_is_not_enough_without_district_and_age(desk: Desk, more: dict[str, object]) -> None:
    assert alike(desk, person__name_en="Rahima Khatun", **more) == []


def test_the_same_mother_outweighs_an_age_that_was_told_wrongly(desk: Desk) -> None:
    register_case(desk, a_returnee(person__mother_name="Jorina Begum"))
    again = a_returnee(person__phone_1="+8801811000999", person__mother_name="Jarina Begum", person__age_stated=40)
    (found,) = look_alikes(desk, again)
    assert {NAME, DISTRICT, "person.mother_name"} <= set(found.agrees)
    assert "person.age_stated" in found.differs
