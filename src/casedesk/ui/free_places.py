"""How many places a partner has free, in words, and whether that number is old."""

from __future__ import annotations

from datetime import date

from casedesk import formats
from casedesk.i18n import _, ngettext
from casedesk.services.providers import ServiceRow

STALE_DAYS = 2  # older numbers are shown in amber


def places_words(given: ServiceRow | None) -> str:
    """How many places are free."""
    if given is None or given.capacity is None:
        return _("Places not known")
    if given.capacity == 0:
        return _("No place free")
    words = ngettext("{count} place free", "{count} places free", given.capacity)
    return words.format(count=formats.number(given.capacity))


def is_stale(checked: date | None, today: date) -> bool:
    """Whether the number was looked at too long ago to be trusted."""
    return checked is None or (today - checked).days > STALE_DAYS
