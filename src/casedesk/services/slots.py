"""Whose passphrase opens which slot of the file of keys at this computer.

A user's record names the slot they were given where they were added. At another computer of the centre they get one
of their own, whose id follows from theirs and from the vault: nothing is recorded of it, and nobody can choose it.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.models import User
from casedesk.storage import keys
from casedesk.storage.vault import Vault


def ids_for(store: bytes, user: User) -> tuple[str, str]:
    """The ids that a slot of this user may have: given at this computer later on, and from the beginning."""
    return keys.slot_for(store, user.id.bytes).hex(), user.slot or ""


def slot_of(vault: Vault, user: User) -> keys.Slot | None:
    """The slot that the user's passphrase opens here."""
    slots = {slot.id.hex(): slot for slot in vault.keys.slots}
    return next((slots[each] for each in ids_for(vault.store, user) if each in slots), None)


def user_of(session: Session, store: bytes, slot: bytes) -> User | None:
    """Whose slot this is. What a record says comes second: it may have been written elsewhere."""
    users = session.scalars(select(User).where(User.removed_at.is_(None))).all()
    by_id = {user.slot: user for user in users} | {ids_for(store, user)[0]: user for user in users}
    return by_id.get(slot.hex())
