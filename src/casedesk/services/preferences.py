"""What each user likes."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.models import Preference
from casedesk.services.permissions import needs
from casedesk.storage import vault


@needs("own.preferences")
def preferences(desk: Desk) -> dict[str, str]:
    """What this user likes; nothing where it cannot be read, since a damaged vault is shown all the same."""
    with suppress(vault.VaultUnreadable), desk.read() as session:
        wanted = select(Preference).where(Preference.user_id == desk.actor.id)
        return {row.name: row.value for row in session.scalars(wanted)}
    return {}


@needs("own.preferences")
def preference(desk: Desk, name: str) -> str:
    """One of them alone; empty if it was never said."""
    with desk.read() as session:
        row = session.get(Preference, (desk.actor.id, name))
        return row.value if row is not None else ""


@needs("own.preferences")
def prefer(desk: Desk, name: str, value: str) -> None:
    """Keep a preference; an empty one is forgotten."""
    with desk.local() as session:
        if value:
            session.merge(Preference(user_id=desk.actor.id, name=name, value=value))
        elif (row := session.get(Preference, (desk.actor.id, name))) is not None:
            session.delete(row)
