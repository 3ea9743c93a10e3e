"""The entries of the sidebar: where one can go, and who sees each."""

from __future__ import annotations

from dataclasses import dataclass

from casedesk.desk import Desk
from casedesk.i18n import N_
from casedesk.services.office import exchanges
from casedesk.services.permissions import may


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the sidebar and the right it needs."""

    code: str
    icon: str
    title: str
    needs: str
    keys: str
    shared: bool = False  # only where this computer exchanges with others


PLACES = (
    Place("today", "today", N_("Today"), "case.list", "Ctrl+1"),
    Place("cases", "cases", N_("Cases"), "case.list", "Ctrl+2"),
    Place("referrals", "referral", N_("Referrals"), "referral.list", "Ctrl+3"),
    Place("directory", "directory", N_("Directory"), "directory.view", "Ctrl+6"),
    Place("reports", "reports", N_("Reports"), "statistics.view", "Ctrl+7"),
    Place("sync", "sync", N_("Sync"), "sync.look", "Ctrl+8", shared=True),
    Place("settings", "settings", N_("Settings"), "own.preferences", "Ctrl+,"),
)


def places(desk: Desk) -> list[Place]:
    """The places that this user sees on this computer."""
    alone = not exchanges(desk)
    return [place for place in PLACES if may(desk, place.needs) and not (place.shared and alone)]
