"""The design tokens: colours, sizes and times, said once for screen and paper."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from casedesk.paths import RESOURCES


@cache
def tokens() -> Any:
    """The design tokens as the file has them."""
    return json.loads((RESOURCES / "tokens.json").read_text(encoding="utf-8"))
