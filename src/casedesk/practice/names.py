"""Invented names, places and words, read from `resources/practice`."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from casedesk import codelists
from casedesk.paths import RESOURCES

FOLDER = RESOURCES / "practice"
COMMUNITIES = {"muslim": 88, "hindu": 10, "hills": 2}
HILLS = ("bandarban", "khagrachhari", "rangamati")
HOMES = {  # where most migrants leave from; the other districts send one person now and then
    "cumilla": 10, "brahmanbaria": 8, "chattogram": 7, "tangail": 7, "dhaka": 6, "noakhali": 6, "chandpur": 6,
    "narsingdi": 6, "munshiganj": 5, "faridpur": 5, "manikganj": 5, "madaripur": 5, "sylhet": 5, "kishoreganj": 4,
    "narayanganj": 4, "shariatpur": 4, "habiganj": 4, "gazipur": 4, "feni": 3, "lakshmipur": 3, "moulvibazar": 3,
    "jashore": 3, "satkhira": 3, "kushtia": 3, "jhenaidah": 2, "mymensingh": 3, "barishal": 3, "bogura": 2,
    "pabna": 2, "sunamganj": 2, "rajshahi": 1, "rangpur": 1, "khulna": 1, "bhola": 1, "jamalpur": 1, "naogaon": 1,
    "kurigram": 1, "dinajpur": 1, "patuakhali": 1, "coxs_bazar": 1, "rangamati": 1, "khagrachhari": 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Both:
    """The same in both scripts."""

    bn: str
    en: str

    def said(self, language: str) -> str:
        return self.bn if language == "bn" else self.en


@cache
def rows(name: str) -> Sequence[dict[str, str]]:
    """The rows of one file of the folder."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def a_district(chance: Random) -> str:
    return chance.choices(list(HOMES), list(HOMES.values()))[0]


def an_upazila(chance: Random, district: str) -> str:
    found = [row for row in codelists.get("bd_upazila") if row.extra["district_code"] == district]
    return chance.choice(found).en if found else ""


def a_village(chance: Random) -> Both:
    row = chance.choice(rows("villages"))
    return Both(row["bn"], row["en"])


def a_name(chance: Random, sex: str, district: str, family: str = "") -> Both:
    """A name as people of the district have; `family` keeps to one community, as `community_of` tells it."""
    community = family or a_community(chance, district)
    first = _of(chance, sex, community, district)
    last = _of(chance, f"{sex}_last", community, district)
    return Both(f"{first.bn} {last.bn}", f"{first.en} {last.en}")


def a_community(chance: Random, district: str) -> str:
    if district in HILLS:
        return "hills"
    usual = {name: weight for name, weight in COMMUNITIES.items() if name != "hills"}
    return chance.choices(list(usual), list(usual.values()))[0]


def a_text(chance: Random, key: str, language: str) -> str:
    """One of the texts under this key."""
    found = [row for row in rows("texts") if row["key"] == key]
    return chance.choice(found)[language]


def _of(chance: Random, part: str, community: str, district: str) -> Both:
    division = codelists.get("bd_district")[district].extra["division_code"]
    usable = [
        row
        for row in rows("names")
        if row["part"] == part and row["community"] == community and row["region"] in ("", division)
    ]
    weights = [4 if row["region"] else 1 for row in usable]
    row = chance.choices(usable, weights)[0]
    return Both(row["bn"], row["en"])
