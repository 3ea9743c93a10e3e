"""What the file of a paper is called: its kind, its number and how much it tells, and never a person's name."""

from __future__ import annotations

import re
from datetime import date


def file_name(kind: str, number: str, level: str | None, day: date) -> str:
    """case-summary_DHK-26-K3-00042-R_shared_2026-05-12.pdf; `number` is the person code on a coded paper."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "-", number).strip("-")
    return "_".join(part for part in (kind, plain, level, day.isoformat()) if part) + ".pdf"
