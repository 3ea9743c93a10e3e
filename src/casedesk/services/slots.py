"""Whose passphrase opens which slot of the file of keys at this computer.

A user's record names the slot they were given where they were added. At another computer of the centre they get one
of their own, whose id follows from theirs and from the vault: nothing is recorded of it, and nobody can choose it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.models import User
from casedesk.storage import keys
from casedesk.storage.store import Store
from casedesk.storage.vault import Vault, verify_passphrase


@dataclass(frozen=True, slots=True)
class Signer:
    """Somebody who takes part in what takes two. On a new computer the recovery key may stand for the passphrase."""

    sign_in_name: str
    passphrase: str


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


def proved(store: Store, person: Signer) -> User | None:
    """Whose passphrase it is, if it is the right one and they work here; raises WrongPassphrase."""
    slot = store.vault.keys.of_user(person.sign_in_name)
    try:
        verify_passphrase(store.vault, slot, person.passphrase)
    except keys.WrongPassphrase:  # where two have typed, whose it was
        raise keys.WrongPassphrase(person.sign_in_name) from None
    with store.read() as session:
        user = user_of(session, store.vault.store, slot.id) if slot is not None else None
        return user if user is not None and user.active else None
