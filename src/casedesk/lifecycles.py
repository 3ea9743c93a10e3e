"""Life cycles as data: which step may follow which (`resources/lifecycles.csv`, DOMAIN 5)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from casedesk.paths import RESOURCES

# What has a life, and the code list that names its states.
STATUS_LISTS = {"case": "case_status", "referral": "referral_status", "follow_up": "followup_status"}
# The reasons among which one is chosen when a case gets this status.
REASON_LISTS = {"on_hold": "hold_reason", "closed": "closure_reason"}


@dataclass(frozen=True, slots=True)
class Step:
    """One allowed transition. `by` is the action that the permission table is asked for."""

    to: str
    by: str
    needs: tuple[str, ...]


def steps_from(entity: str, status: str | None) -> Sequence[Step]:
    """The steps that may follow a state; `None` is before the first."""
    return tuple(every_step().get((entity, status or ""), ()))


def is_a_step(entity: str, status: str | None, to: str) -> bool:
    return any(step.to == to for step in every_step().get((entity, status or ""), ()))


@cache
def every_step() -> dict[tuple[str, str], list[Step]]:
    found: dict[tuple[str, str], list[Step]] = {}
    with (RESOURCES / "lifecycles.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            needs = tuple(part for part in row["needs"].split(";") if part)
            found.setdefault((row["entity"], row["from"]), []).append(Step(row["to"], row["by"], needs))
    return found
