"""Requests and figures as JSON values, for Back, a change of language and the lock; a figure in words; and what a
report told, in short."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from casedesk.i18n import _
from casedesk.services.statistics import periods
from casedesk.services.statistics.indicators import INDICATORS
from casedesk.services.statistics.periods import Kind, Period
from casedesk.services.statistics.shapes import Among, Figure, Report, Request
from casedesk.services.statistics.tables import label_of


def stored(request: Request) -> dict[str, Any]:
    return {
        "report": request.report,
        "period": _period(request.period),
        "among": _among(request.among),
        "compare": request.compare,
        "publishing": request.publishing,
    }


def restored(asked: Mapping[str, Any], today: date, report: str) -> Request:
    """What was asked before; where nothing was, `report` about the last month that is over."""
    if "period" not in asked:
        return Request(report, periods.calendar(Kind.MONTH, today).before())
    return Request(
        asked["report"],
        _period_of(asked["period"]),
        _among_of(asked["among"]),
        compare=asked["compare"],
        publishing=asked["publishing"],
    )


def fingerprint(report: Report) -> str:
    """What was asked beside report and period, and which figures were told; the same in every language."""
    told = [
        [table.key, row.key, *([cell.shown, cell.value, cell.low, cell.high] for cell in row.cells)]
        for table in report.tables
        for row in table.rows
    ]
    asked = f"{report.request.compare:d}{report.request.publishing:d}"
    return f"{asked}-{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:48]}"


def figure_stored(figure: Figure) -> str:
    """One line that names the cases of a figure."""
    return json.dumps(
        {
            "indicator": figure.indicator,
            "period": _period(figure.period),
            "among": _among(figure.among),
            "where": [[name, list(codes)] for name, codes in figure.where],
            "hit": figure.hit,
            "action": figure.action,
        }
    )


def figure_of(line: str) -> Figure:
    kept = json.loads(line)
    return Figure(
        kept["indicator"],
        _period_of(kept["period"]),
        _among_of(kept["among"]),
        tuple((name, tuple(codes)) for name, codes in kept["where"]),
        hit=kept["hit"],
        action=kept["action"],
    )


def figure_words(figure: Figure) -> str:
    """New cases registered, Women, April 2026."""
    indicator = INDICATORS.get(figure.indicator)
    said = [_(indicator.label) if indicator is not None else figure.indicator]
    said += [label_of(name, codes[0]) for name, codes in figure.where if len(codes) == 1]
    return ", ".join([*said, figure.period.label])


def _period(period: Period) -> list[str]:
    return [period.first.isoformat(), period.last.isoformat(), period.kind.value]


def _period_of(kept: list[str]) -> Period:
    return Period(date.fromisoformat(kept[0]), date.fromisoformat(kept[1]), Kind(kept[2]))


def _among(among: Among) -> dict[str, list[str]]:
    return {
        "sexes": list(among.sexes),
        "categories": list(among.categories),
        "countries": list(among.countries),
        "districts": list(among.districts),
        "owners": [str(owner) for owner in among.owners],
    }


def _among_of(kept: Mapping[str, list[str]]) -> Among:
    owners = tuple(UUID(owner) for owner in kept["owners"])
    codes = {name: tuple(kept[name]) for name in ("sexes", "categories", "countries", "districts")}
    return Among(owners=owners, **codes)
