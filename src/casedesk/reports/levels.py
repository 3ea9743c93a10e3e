"""How much a paper tells, and what its file is called: never by a person's name."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum


class PrintLevel(StrEnum):
    """FULL for the person and the centre's file, SHARED for an agreed partner, CODED for meetings and training."""

    FULL = "full"
    SHARED = "shared"
    CODED = "coded"


class PaperKind(StrEnum):
    """A paper's name in file names, the same in every language."""

    CASE_SUMMARY = "case-summary"
    REFERRAL_LETTER = "referral-letter"


def file_name(kind: PaperKind, number: str, level: PrintLevel | None, day: date) -> str:
    """case-summary_DHK-26-K3-00042-R_shared_2026-05-12.pdf; `number` is the person code on a coded paper."""
    parts = [
        kind.value,
        re.sub(r"[^A-Za-z0-9-]+", "-", number).strip("-"),
        level.value if level else "",
        day.isoformat(),
    ]
    return "_".join(part for part in parts if part) + ".pdf"
