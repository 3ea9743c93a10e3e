"""Whether this vault still lies where it lay (SYNC 10).

A token is kept in the vault and beside it, with a mark of the computer and the last own operation. If they do not
agree, the vault came from another computer or from an older copy, and its chain must not go on as if nothing was.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk import machine
from casedesk.models import Chain, Preference
from casedesk.storage.chain import continue_chain
from casedesk.storage.recorder import OWN_CHAIN
from casedesk.storage.store import Store
from casedesk.storage.vault import Vault

FILE: Final = "vault.place"
_COMPUTER: Final = UUID(int=0)


def remembered(session: Session, name: str) -> Any:
    """What this computer, not a user of it, remembers under a name."""
    kept = session.get(Preference, (_COMPUTER, name))
    return json.loads(kept.value) if kept is not None else None


def remember(session: Session, name: str, value: Any) -> None:
    session.merge(Preference(user_id=_COMPUTER, name=name, value=json.dumps(value)))


def settle_in(store: Store, now: datetime) -> bool:
    """Begin a new chain if the vault was brought here or put back; whether it was. Then take note of the place."""
    with store.read() as session:
        token = remembered(session, "installation")
        moved = token is not None and not _agrees(session, token, store.vault)
    if moved:
        with store.local() as session:
            continue_chain(session, now)
    if moved or token is None:
        begin(store)
    else:
        take_note(store)
    return moved


def begin(store: Store) -> None:
    """A new token: this is a new installation."""
    with store.local() as session:
        remember(session, "installation", secrets.token_hex(16))
    take_note(store)


def take_note(store: Store) -> None:
    """Write down beside the vault how far its own chain is."""
    with store.read() as session:
        token, chain = remembered(session, "installation"), session.scalars(OWN_CHAIN).first()
        if token is not None and chain is not None:
            _write(store.vault, {"token": token, "chain": chain.id.hex(), "held": chain.held})


def _agrees(session: Session, token: str, vault: Vault) -> bool:
    try:
        outside = json.loads((vault.folder / FILE).read_text(encoding="ascii"))
        chain = session.scalars(select(Chain).where(Chain.id == bytes.fromhex(outside["chain"]))).first()
        same = (outside["token"], outside["here"]) == (token, _mark(vault.store))
        return same and chain is not None and chain.held >= int(outside["held"])
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _mark(store: bytes) -> str:
    """A hash, so that the file tells nothing of the computer."""
    return blake2b(machine.mark_of_machine(), digest_size=16, key=store, person=b"cdesk.place.1").hexdigest()


def _write(vault: Vault, told: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):  # on a full disk work goes on; the worst is a new chain at the next start
        machine.write_whole(vault.folder / FILE, json.dumps(told | {"here": _mark(vault.store)}).encode("ascii"))
