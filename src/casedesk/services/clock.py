"""A clock that cannot be right, and the day that somebody says it is."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from casedesk import formats
from casedesk.desk import Clock, Desk
from casedesk.errors import InvalidInput, Problem
from casedesk.formats import DHAKA
from casedesk.i18n import _
from casedesk.services.permissions import needs
from casedesk.storage import vault
from casedesk.storage.recorder import NEWEST_SURE

RELEASED: Final = date(2026, 5, 1)  # a computer that says it is earlier is wrong
_AN_HOUR: Final = 60 * 60 * 1000
_FAR_AHEAD: Final = 400 * 24 * _AN_HOUR  # an office that was closed longer is asked for the day


@needs("office.view")
def clock_is_wrong(desk: Desk) -> bool:
    """Whether the clock is doubted and nobody has said yet which day it is."""
    if desk.confirmed:
        return False
    if desk.believed_until is not None:
        return True
    with suppress(vault.VaultUnreadable), desk.read() as session:
        return last_known_day(session, desk.clock()) is not None
    return False  # a damaged journal tells no day


def last_known_day(session: Session, at: datetime) -> date | None:
    """If a clock that says this cannot be right, the last day that is known: the computer says a time before the
    program was made, before what was recorded earlier, or far after it. None if it may be right."""
    newest, wall = session.scalar(NEWEST_SURE), at.timestamp() * 1000
    told = formats.day_in_dhaka(at)
    if newest is None:
        return RELEASED if told < RELEASED else None
    if told >= RELEASED and newest - _AN_HOUR <= wall <= newest + _FAR_AHEAD:
        return None
    known = max(datetime.fromtimestamp(newest / 1000, DHAKA).date(), RELEASED)
    # Where years lie between them either may be the wrong one, and the earlier day lets nothing expire.
    return min(known, told) if told >= RELEASED and wall < newest - _FAR_AHEAD else known


@needs("office.today")
def confirm_today(desk: Desk, day: date) -> None:
    """Somebody says which day it is: from now on the sitting counts from that, and what is written tells so."""
    if day < RELEASED:
        text = _("CaseDesk was made in {month}, so today cannot be before that.")
        raise InvalidInput({"clock.today": [Problem(text.format(month=formats.month_year(RELEASED)))]})
    if isinstance(desk.clock, Clock):
        desk.clock.say_today(day)
        desk.note("office.today")
