"""Values in words: what a page, a paper and the history say of a declared field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from casedesk import codelists, formats
from casedesk.fields import Field, Kind
from casedesk.i18n import _
from casedesk.services.triage import TAKA, worth
from casedesk.values import Money, PartialDay

BETWEEN = ", "


def in_words(declared: Field, value: object) -> str:
    """The value in the language spoken; nothing for an empty one. Numbers people read out stay Latin."""
    match value:
        case None:
            return ""
        case bool():
            return _("Yes") if value else _("No")
        case PartialDay():
            return formats.partial_day(value)
        case Money():
            return formats.money(value)
        case datetime():
            return formats.moment(value)
        case date():
            return formats.day(value)
        case int():
            return formats.number(value)
        case UUID():
            return ""
        case list():
            return BETWEEN.join(_one(declared, str(item)) for item in value)
    return _one(declared, str(value))


def _one(declared: Field, text: str) -> str:
    if declared.code_list is not None:
        return codelists.get(declared.code_list).label(text)
    if declared.kind is Kind.PHONE:
        return formats.phone(text)
    return formats.visible(text)


def in_taka(value: Money, rates: Mapping[str, int]) -> str:
    """About how much foreign money is in taka, where a rate is known; nothing otherwise. The amount itself stays."""
    known = worth(value, rates)
    if known is None or value.currency == TAKA:
        return ""
    return _("(about {taka})").format(taka=formats.money(Money(round(known / 100) * 100, TAKA)))
