"""What opens the vault of this computer, kept inside it too, so that nothing comes or goes unseen (SECURITY 3).

The seal of the keys file shows who changed it without the data key. That an older one was put back, with a passphrase
of somebody who was ended or one that was changed, shows only here.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from casedesk.desk import Desk
from casedesk.services.slots import user_of
from casedesk.storage.installation import remember, remembered
from casedesk.storage.keys import Finding, Slot
from casedesk.storage.store import Store
from casedesk.storage.vault import Vault

_KEPT: Final = "ways_in"
CAME: Final = "office.way_in_came"
WENT: Final = "office.way_in_went"
CHANGED: Final = "office.way_in_changed"


def keep(store: Store) -> None:
    """What opens the vault now is known: CaseDesk itself changed it, and wrote down why."""
    with store.local() as session:
        remember(session, _KEPT, _ways_in(store.vault))


def look(desk: Desk) -> None:
    """At sign-in: write down what came, went or changed without that being written, and tell who signs in."""
    with desk.read() as session:
        before = remembered(session, _KEPT)
    now = _ways_in(desk.store.vault)
    if before == now:
        return
    for id_ in sorted((before or now).keys() | now.keys()):
        was, is_ = (before or now).get(id_), now.get(id_)
        if was != is_:
            tell(desk, CAME if was is None else WENT if is_ is None else CHANGED, bytes.fromhex(id_))
            desk.store.vault.finding = Finding.WAYS_IN
    keep(desk.store)


def tell(desk: Desk, action: str, slot: bytes) -> None:
    """Write down what became of a way in; the recovery key is nobody's."""
    with desk.read() as session:
        user = user_of(session, desk.store.vault.store, slot)
    desk.note(action, about=user.id if user is not None else None)


def _ways_in(vault: Vault) -> dict[str, str]:
    return {slot.id.hex(): _print_of(slot) for slot in vault.keys.slots}


def _print_of(slot: Slot) -> str:
    """Another one for another passphrase; it says nothing of either."""
    return blake2b(slot.nonce + slot.wrapped, digest_size=8, person=b"cdesk.way.1").hexdigest()
