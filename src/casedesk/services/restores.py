"""Restoring a backup: beside the vault that is, in the place of one that does not open, or on a new computer.

Nobody gains a role or a way in by it, and nothing that was taken back since holds again.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk import settings
from casedesk.desk import NOBODY, Desk, now
from casedesk.errors import CaseDeskError, InvalidInput, NotAllowed, Problem
from casedesk.i18n import _
from casedesk.models import User
from casedesk.progress import Progress, silent
from casedesk.services import ways_in
from casedesk.services.backups import bring_up_to_date, find_damage, make
from casedesk.services.consents import take_back_again, taken_back
from casedesk.services.permissions import needs
from casedesk.services.slots import Signer, ids_for, proved, user_of
from casedesk.storage import installation, keys, vault
from casedesk.storage.backup import restoring, sealed
from casedesk.storage.backup.sealed import Manifest
from casedesk.storage.chain import continue_chain
from casedesk.storage.checking import check
from casedesk.storage.erasing import Order, by_place, obey, orders_here
from casedesk.storage.recorder import Act
from casedesk.storage.recovery_key import read_recovery_key
from casedesk.storage.store import Store
from casedesk.storage.vault import Vault, VaultUnreadable

T = TypeVar("T")

KEPT_DAYS: Final = 30
LEADING: Final = frozenset(("supervisor", "coordinator"))


class SecondNeeded(CaseDeskError):
    """Restoring takes two: one who leads the work and one who administers."""

    def __init__(self) -> None:
        super().__init__(
            _("Restoring takes two people: a supervisor or coordinator, and an administrator."),
            hint=_("Nothing was changed. Ask the other one to sign in below."),
        )


class RestoreFailed(CaseDeskError):
    """The backup was whole, but what came of it did not pass the check."""

    def __init__(self) -> None:
        super().__init__(
            _("What was restored did not pass the check, so it was removed."),
            hint=_("Nothing was changed. Choose another backup."),
        )


class NotRemoved(CaseDeskError):
    """The disk keeps the folder, or part of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            _("The folder {name} could not be removed.").format(name=folder),
            hint=_("Part of it may still be there. Close other programs that use it, then try again."),
        )


@dataclass(frozen=True, slots=True)
class Today:
    """What the vault of today says that no backup undoes: who works here, what was taken back, what is forgotten."""

    desk: Desk
    users: Mapping[UUID, User]
    taken_back: set[tuple[UUID, str]]
    orders: set[Order]


@needs("backup.restore")
def restore_over(
    desk: Desk, path: Path, reason: str, second: Signer | None = None, progress: Progress = silent
) -> None:
    """Restore a backup of this vault beside it, to take its place once it is closed (`restoring.switch`)."""
    into = restoring.waiting_for(desk.store.vault.folder)
    _cleared(into)
    restore_beside(desk, path, into, reason, second, progress)


@needs("backup.restore")
def restore_beside(
    desk: Desk, path: Path, into: Path, reason: str, second: Signer | None = None, progress: Progress = silent
) -> None:
    """Restore a backup of this vault into a new folder. Nobody gains a role or a way in by it."""
    _refuse_reason(reason)
    opened = desk.store.vault
    _refuse_alone(desk.actor.roles | (_roles_of(desk, second) if second is not None else frozenset()), second)
    if sealed.verify(path, opened.subkey, progress.step).store != opened.store:
        raise restoring.OfAnotherVault
    if not desk.store.damaged:
        _keep_what_is_now(desk, reason)
    today = _today(desk)
    part = _part(into)
    restoring.restore(path, opened.subkey, part, opened.keys, progress.step)
    slot = next(slot for slot in opened.keys.slots if slot.id == opened.slot)
    with _or_removed(part), _or_removed(into), sealed.told(restoring.RestoreNotWritten):
        restored = vault.open_copy(opened, part, opened.keys, slot)
        _settle(restored, desk.actor.id, reason, desk.clock(), today)
        restoring.put(part, into)


def _keep_what_is_now(desk: Desk, reason: str) -> None:
    """Make a backup, so that what is now can come back too. Damage found by it is no reason not to restore."""
    try:
        make(desk.store.vault, desk.clock(), silent, rotate=False)
        desk.note("backup.restore_begun", reason=reason)
    except (sealed.BackupFailed, VaultUnreadable):
        if not find_damage(desk):
            raise


def restore_damaged(
    folder: Path,
    path: Path,
    first: Signer,
    reason: str,
    second: Signer | None = None,
    *,
    clock: Any = now,
    progress: Progress = silent,
) -> Manifest:
    """Restore a backup in the place of a vault that does not open any more; that one is kept."""
    into = restoring.waiting_for(folder)
    _cleared(into)
    manifest = restore_here(into, path, first, reason, second, clock=clock, progress=progress)
    restoring.switch(folder, manifest.number)
    with contextlib.suppress(OSError):  # the look of the screen is no reason to stop
        shutil.copy(restoring.kept_folders(folder)[0] / settings.FILE, folder / settings.FILE)
    return manifest


def restore_here(
    folder: Path,
    path: Path,
    first: Signer,
    reason: str,
    second: Signer | None = None,
    *,
    clock: Any = now,
    progress: Progress = silent,
) -> Manifest:
    """Restore a backup where there is no vault, as on a new computer. Returns what the backup said of itself."""
    _refuse_reason(reason)
    if vault.vault_exists(folder):
        raise vault.VaultExists
    file = sealed.keys_in(path)
    slot, data_key = _unwrapped(file, first)
    into = folder if not folder.exists() else restoring.waiting_for(folder)
    part = _part(into)
    try:
        with _or_removed(part), sealed.told(restoring.RestoreNotWritten):
            manifest = restoring.restore(
                path, partial(keys.subkey, data_key), part, keys.sealed(file, data_key), progress.step
            )
            second_slot = None
            if second is not None:
                second_slot, other_key = _unwrapped(file, second)
                keys.wipe(other_key)
            restored = vault.open_known(part, file, slot, bytearray(data_key))
            actor = _allowed(restored, [each for each in (slot, second_slot) if each is not None], second, clock())
            _settle(restored, actor, reason, clock(), None)
            restoring.put(part, folder)
    finally:
        keys.wipe(data_key)
    return manifest


def _unwrapped(file: keys.KeysFile, person: Signer) -> tuple[keys.Slot, bytearray]:
    slot, secret = file.of_user(person.sign_in_name), keys.passphrase_bytes(person.passphrase)
    with contextlib.suppress(CaseDeskError):
        recovery = read_recovery_key(person.passphrase)
        slot, secret = file.of_recovery(), bytes(recovery.secret)
        recovery.wipe()
    data_key = keys.open_slot(file.store, slot, secret) if slot is not None else None
    if slot is None or data_key is None:
        raise keys.WrongPassphrase(person.sign_in_name)
    return slot, data_key


def _allowed(restored: Vault, slots: Sequence[keys.Slot], second: Signer | None, at: datetime) -> Any:
    """Who restores on a new computer, by the roster in the backup; the recovery key stands for everybody."""
    with vault.or_closed(restored):
        bring_up_to_date(restored, at)
        if slots[0].kind is keys.Kind.RECOVERY:
            return NOBODY
        with Store(restored).read() as session:
            users = [user_of(session, restored.store, slot.id) for slot in slots]
        if users[0] is None or not users[0].active:
            raise NotAllowed
        roles = (role for user in users if user is not None and user.active for role in user.roles or ())
        _refuse_alone(frozenset(roles), second)
        return users[0].id


def what_stays(*, damaged: bool) -> str:
    """What a person is told of consents, roles and ways in that were taken back since the backup."""
    if damaged:
        return _(
            "Roles and ways in that were taken back since stay so. Consents may hold again that were taken back: where"
            " the vault cannot be read, look at the papers, or ask the people before anything is shared."
        )
    return _("What was taken back since stays taken back: consents, roles and ways in.")


def _today(desk: Desk) -> Today:
    """What can be read of it. Without those who work here nobody signs in, so they are there."""
    with desk.read() as session:
        users = {user.id: user for user in session.scalars(select(User).where(User.removed_at.is_(None)))}
    return Today(desk, users, _as_far_as_read(desk, taken_back), _as_far_as_read(desk, orders_here))


def _as_far_as_read(desk: Desk, wanted: Callable[[Session], set[T]]) -> set[T]:
    """Nothing where a page of it is spoilt: a damaged vault is no reason not to restore."""
    try:
        with desk.read() as session:
            return wanted(session)
    except VaultUnreadable:
        return set()


def _settle(restored: Vault, actor: Any, reason: str, at: datetime, today: Today | None) -> None:
    """Make the restored vault a new installation: a new chain, nothing that today takes away, and checked whole."""
    with vault.or_closed(restored):
        bring_up_to_date(restored, at)
        store = Store(restored)
        with store.local() as session:
            continue_chain(session, at)
        installation.begin(store)
        with store.write(Act("backup.restore", actor, reason=reason, always=True), lambda: at) as session:
            users = session.scalars(select(User)).all() if today else ()
            stay = [user for user in users if today and _as_present(user, today.users)]
            kept = {each for user in stay for each in ids_for(restored.store, user)}
        if today:
            _hold_to(today, store, reason)
            for slot in restored.keys.slots:
                if slot.kind is keys.Kind.USER and slot.id.hex() not in kept:
                    vault.remove_slot(restored, slot.id)
        if check(store).wrong:
            raise RestoreFailed
        ways_in.keep(store)
        installation.take_note(store)
    restored.close()


def _hold_to(today: Today, store: Store, reason: str) -> None:
    """Forget again what was to be forgotten, and take back again what was taken back."""
    with store.read() as session:
        missing = by_place(today.orders - orders_here(session))
    for (chain, seq), targets in missing.items():
        with store.intake() as (session, merged):
            merged.add(obey(session, chain, seq, targets, today.desk.clock()))
    take_back_again(replace(today.desk, store=store), today.taken_back, reason)


def _as_present(user: User, present: Mapping[Any, User]) -> bool:
    """Take from somebody what they do not hold today; whether they may go on signing in."""
    now_ = present.get(user.id)
    if now_ is None or not now_.active:
        if user.active:
            user.active = False
        return False
    fewer = sorted(set(user.roles or ()) & set(now_.roles or ()))
    if fewer != sorted(user.roles or ()):
        user.roles = fewer
    return bool(user.active)


def _roles_of(desk: Desk, person: Signer) -> frozenset[str]:
    user = proved(desk.store, person)
    return frozenset(user.roles or ()) if user is not None else frozenset()


def _may_alone(roles: frozenset[str]) -> bool:
    return "administrator" in roles and bool(roles & LEADING)


def _refuse_alone(roles: frozenset[str], second: Signer | None) -> None:
    if _may_alone(roles):
        return
    if second is None:
        raise SecondNeeded
    raise NotAllowed


def needs_second(desk: Desk) -> bool:
    """Whether the one signed in needs another beside them to restore."""
    return not _may_alone(desk.actor.roles)


def _refuse_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput({"reason": [Problem(_("Write why it is restored. It is recorded."))]})


def _part(into: Path) -> Path:
    part = into.with_name(f"{into.name}{sealed.PART}")
    _cleared(part)
    if into.exists():
        raise restoring.FolderTaken(into)
    return part


def _cleared(left_over: Path) -> None:
    if left_over.exists():
        with sealed.told(restoring.RestoreNotWritten):
            shutil.rmtree(left_over)


@contextlib.contextmanager
def _or_removed(part: Path) -> Any:
    try:
        yield
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


# What a restored vault took the place of


@dataclass(frozen=True, slots=True)
class Kept:
    """The folder of a vault from before a restore, and whether it has been kept long enough to be removed."""

    path: Path
    until: datetime
    over: bool


@needs("backup.restore")
def kept(desk: Desk) -> list[Kept]:
    """Vaults from before a restore. Nothing removes them but a person, and not before thirty days."""
    found = []
    for path in restoring.kept_folders(desk.store.vault.folder):
        until = datetime.fromtimestamp(path.stat().st_mtime, UTC) + timedelta(days=KEPT_DAYS)
        found.append(Kept(path, until, desk.clock() > until))
    return found


@needs("backup.restore")
def remove_kept(desk: Desk, path: Path) -> None:
    """Remove one that has been kept long enough."""
    if not any(each.path == path and each.over for each in kept(desk)):
        raise NotAllowed
    try:
        shutil.rmtree(path)
    except OSError as error:
        raise NotRemoved(path) from error
    desk.note("backup.removed_old_vault")
