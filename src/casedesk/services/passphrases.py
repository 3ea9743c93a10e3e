"""The passphrase of the one signed in, and the recovery key."""

from __future__ import annotations

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.services import ways_in
from casedesk.services.permissions import needs
from casedesk.services.slots import slot_of
from casedesk.services.users import refuse_passphrase, user_with
from casedesk.storage import keys, vault
from casedesk.storage.keys import Cost
from casedesk.storage.recovery_key import RecoveryKey, new_recovery_key


@needs("own.passphrase")
def change_passphrase(desk: Desk, old: str, new: str, cost: Cost) -> None:
    with desk.read() as session:
        user = user_with(session, desk.actor.id)
        name, sign_in_name = user.name or "", user.sign_in_name or ""
    refuse_passphrase(new, [name, sign_in_name, desk.centre])
    vault.change_passphrase(desk.store.vault, _own_slot(desk), old, new, cost)
    ways_in.keep(desk.store)
    desk.note("office.change_passphrase")


@needs("office.recovery")
def make_recovery(desk: Desk, passphrase: str) -> RecoveryKey:
    """A new recovery key for whoever proves to be the one signed in. The one before holds until it is replaced."""
    vault.verify_passphrase(desk.store.vault, _own_slot(desk), passphrase)
    return new_recovery_key()


@needs("office.recovery")
def replace_recovery(desk: Desk, recovery: RecoveryKey) -> None:
    """From now on this recovery key opens the vault, and the one before does not."""
    desk.note("office.replace_recovery")
    vault.replace_recovery(desk.store.vault, recovery)
    ways_in.keep(desk.store)


@needs("own.passphrase")
def is_own_passphrase(desk: Desk, typed: str) -> bool:
    """Whether somebody at a hidden screen typed the passphrase of the one signed in. Wrong tries make them wait."""
    try:
        vault.verify_passphrase(desk.store.vault, _own_slot(desk), typed)
    except CaseDeskError:
        return False
    return True


def _own_slot(desk: Desk) -> keys.Slot | None:
    with desk.read() as session:
        return slot_of(desk.store.vault, user_with(session, desk.actor.id))
