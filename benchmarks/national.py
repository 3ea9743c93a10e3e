"""A national office: cases of five years from all 64 districts, with what their course has brought since.

It is what `generator` makes, scattered over days, districts and outcomes, so that reports have something to count.
"""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks import generator
from benchmarks.generator import Rows
from casedesk import codelists
from casedesk.models import Base

YEARS = 5
CATEGORIES = ("returned_success", "returned_unsuccessful", "returned_victim", None)
STATUSES = ("sent", "acknowledged", "accepted", "in_service", "completed", "declined")
SERVICES = ("legal_counselling", "skills_training_ttc", "emergency_shelter")
FAR = date(9000, 1, 1)


def make(folder: Path, cases: int) -> None:
    """Whom to sign in: generator.SIGN_IN, generator.PASSPHRASE."""
    generator.make(folder, cases, scatter)


def scatter(rows: Rows, dice: random.Random) -> None:
    """Move one case to another day and place, and let half of them be referred."""
    back = timedelta(days=dice.randrange(YEARS * 365))
    for table, some in rows.items():
        for row in some if table not in ("operation", "change") else ():
            for name, value in row.items():
                if isinstance(value, date) and (isinstance(value, datetime) or value < FAR):
                    row[name] = value - back
    district = dice.choice(list(codelists.get("bd_district"))).code
    category = dice.choice(CATEGORIES)
    for row in (*rows["person"], *rows["case_index"]):
        row["district"] = district
    for row in (*rows["case"], *rows["case_index"]):
        row["category"] = category
    if dice.random() < 0.5:
        _refer(rows, dice)


def _refer(rows: Rows, dice: random.Random) -> None:
    case = rows["case"][0]
    sent_at = case["registered_at"] + timedelta(days=dice.randrange(20))
    status = dice.choice(STATUSES)
    accepted = status in ("accepted", "in_service", "completed")
    begun = sent_at.date() + timedelta(days=dice.randrange(1, 20)) if status in ("in_service", "completed") else None
    told: dict[str, Any] = {
        "id": uuid4(),
        "case_id": case["id"],
        "direction": "outgoing",
        "service": dice.choice(SERVICES),
        "sent_at": sent_at,
        "accepted_at": sent_at + timedelta(days=3) if accepted else None,
        "service_started_on": begun,
        "outcome": "service_received_full" if status == "completed" else None,
    }
    rows["referral"].append(dict.fromkeys(Base.metadata.tables["referral"].columns.keys()) | told)
    stands = {"entity": "referral", "case_id": case["id"], "status": status, "since": sent_at, "skipped": 0}
    rows["state"].append({"entity_id": told["id"], **stands})
