"""Setting up a centre, signing in, and out again."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casedesk.desk import Actor, Clock, Desk, now
from casedesk.errors import CaseDeskError, NotAllowed
from casedesk.i18n import _
from casedesk.models import Centre, Chain, Change, Device, Operation, User
from casedesk.services import backups, ways_in
from casedesk.services.clock import last_known_day
from casedesk.services.office import this_centre, this_computer
from casedesk.services.slots import slot_of, user_of
from casedesk.services.users import refuse_passphrase
from casedesk.storage import installation, keys, vault
from casedesk.storage.chain import begin_chain
from casedesk.storage.keys import Cost
from casedesk.storage.recorder import Act, own_chain
from casedesk.storage.recovery_key import RecoveryKey
from casedesk.storage.store import Store, VaultDamaged
from casedesk.values import Money

_DEVICE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_ALONE = ("administrator", "caseworker", "coordinator", "supervisor")  # a centre with one user combines them
_SIGN_IN: Final = "office.sign_in"
ComputerClock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class NewCentre:
    """What set-up asks. The passphrase is the first user's."""

    code: str
    name_en: str
    name_bn: str
    district: str
    user_name: str
    sign_in_name: str
    passphrase: str
    language: str = "bn"
    address: str = ""
    phone: str = ""
    practice: bool = False


class NeverSetUp(CaseDeskError):
    """Setting up was cut short before the centre was written."""

    def __init__(self) -> None:
        super().__init__(
            _("Setting up this computer was cut short."),
            hint=_("Nobody was registered yet, so nothing is lost. Remove the folder of the vault and set up again."),
        )


def set_up(
    folder: Path, centre: NewCentre, cost: Cost, clock: ComputerClock = now, *, device: str | None = None
) -> tuple[Desk, RecoveryKey]:
    """Make a vault for a new centre with its first user. Returns the signed-in desk and the recovery key."""
    refuse_passphrase(
        centre.passphrase, [centre.code, centre.name_en, centre.name_bn, centre.user_name, centre.sign_in_name]
    )
    opened, recovery, slot = vault.create_vault(
        folder, sign_in_name=centre.sign_in_name, passphrase=centre.passphrase, cost=cost
    )
    with vault.or_closed(opened):
        backups.bring_up_to_date(opened, clock())
        store = Store(opened)
        user = User(
            name=centre.user_name,
            sign_in_name=centre.sign_in_name,
            roles=list(_ALONE),
            team=None,
            language=centre.language,
            slot=slot.hex(),
            active=True,
        )
        with store.local() as session:
            begin_chain(session)
        installation.begin(store)
        ways_in.keep(store)
        with store.write(Act("office.set_up", user.id), clock) as session:
            session.add_all(
                (
                    Centre(
                        code=centre.code.upper(),
                        name_en=centre.name_en or None,
                        name_bn=centre.name_bn or None,
                        district=centre.district,
                        address=centre.address or None,
                        phone=centre.phone or None,
                        retention_years=7,
                        triage_wage_percent=80,
                        triage_money_lost=Money(5_000_000, "bdt"),
                        practice=True if centre.practice else None,
                    ),
                    Device(code=device or "".join(secrets.choice(_DEVICE_LETTERS) for _place in range(2))),
                    user,
                )
            )
        return _desk(store, slot, clock), recovery


def sign_in(folder: Path, sign_in_name: str, passphrase: str, clock: ComputerClock = now) -> Desk:
    """Open the vault and return the desk of this user. No network, ever."""
    opened = vault.unlock(folder, sign_in_name, passphrase)
    return _opened(opened, opened.slot, _SIGN_IN, clock)


def recover(
    folder: Path, recovery_text: str, sign_in_name: str, passphrase: str, cost: Cost, clock: ComputerClock = now
) -> tuple[Desk, RecoveryKey]:
    """Open the vault with the recovery key, give the user a new passphrase, and make a new recovery key.

    Who was added at another computer gets a first one here: else nobody could look after a computer whose own
    administrator has left.
    """
    refuse_passphrase(passphrase, [sign_in_name])
    opened = vault.unlock_with_recovery(folder, recovery_text)
    with vault.or_closed(opened):
        slot = opened.keys.of_user(sign_in_name)
        if slot is not None:
            vault.replace_user_slot(opened, slot, passphrase, cost)
            slot_id = slot.id
        else:
            backups.migrate_safely(opened, clock())
            user = _colleague_called(opened, sign_in_name)
            slot_id = vault.add_user_slot(
                opened, sign_in_name, passphrase, cost, slot_id=keys.slot_for(opened.store, user.bytes)
            )
        desk = _opened(opened, slot_id, "office.recovered", clock)
        recovery = vault.new_recovery(opened)
        ways_in.keep(desk.store)
        return desk, recovery


def _colleague_called(opened: vault.Vault, sign_in_name: str) -> UUID:
    """The one of this name whom no passphrase lets in here; of several the one who was added at this computer."""
    tag = keys.name_tag(opened.store, sign_in_name)
    with Store(opened).read() as session:
        found = [
            user.id
            for user in session.scalars(select(User).where(User.active.is_(True), User.removed_at.is_(None)))
            if keys.name_tag(opened.store, user.sign_in_name or "") == tag and slot_of(opened, user) is None
        ]
        if len(found) > 1:
            found = [each for each in found if _was_added_here(session, each)]
    if len(found) != 1:
        raise keys.SignInNameUnknown
    return found[0]


def _was_added_here(session: Session, user: UUID) -> bool:
    """Whether the first that is known of a user was written at this computer."""
    first = select(func.min(Change.operation_seq)).where(Change.record == user, Change.table == User.__tablename__)
    wrote = (
        select(Chain.desk)
        .join(Operation, Operation.chain_ix == Chain.ix)
        .where(Operation.seq == first.scalar_subquery())
    )
    return session.scalar(wrote) == own_chain(session).desk


def _opened(opened: vault.Vault, slot: bytes, action: str, clock: ComputerClock) -> Desk:
    """The desk, with its sign-in recorded; where that cannot be, the vault is closed again."""
    with vault.or_closed(opened):
        backups.migrate_safely(opened, clock())
        store = Store(opened)
        opened.slot = slot
        desk = _desk(store, slot, _judged(store, clock))
        with suppress(VaultDamaged):  # it opens to be read; the window leads to the newest backup
            installation.settle_in(store, clock())
            store.take_noted()
            if action == _SIGN_IN:
                ways_in.look(desk)
        desk.note(action)
        return desk


def _judged(store: Store, clock: ComputerClock) -> Clock:
    """The clock of the sitting, doubted where it cannot be right: before this sign-in is written with it."""
    ours = clock if isinstance(clock, Clock) else Clock(clock)
    if ours.believed_until is None and not ours.confirmed:  # else a lock handed it over
        with suppress(vault.VaultUnreadable), store.read() as session:  # a damaged journal tells no day
            ours.believed_until = last_known_day(session, ours())
    return ours


def _desk(store: Store, slot: bytes, clock: ComputerClock) -> Desk:
    with store.read() as session:
        user = user_of(session, store.vault.store, slot)
        centre, device = this_centre(session), this_computer(session)
        if centre is None or device is None:
            raise NeverSetUp
        if user is None or not user.active:
            raise NotAllowed
        actor = Actor(user.id, user.name or "", frozenset(user.roles or ()), user.team)
        ours = clock if isinstance(clock, Clock) else Clock(clock)
        return Desk(store, actor, centre.code or "", device.code or "", bool(centre.practice), ours)


def sign_out(desk: Desk) -> None:
    """Close the vault and forget its keys."""
    with suppress(CaseDeskError):  # a failing disk is no reason to stay open
        installation.take_note(desk.store)
    desk.store.vault.close()
