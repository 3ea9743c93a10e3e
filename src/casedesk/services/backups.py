"""Backups: made by themselves and on demand, copied to another disk, restored beside the vault that is."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, func, or_, select, union
from sqlalchemy.orm import Session

from casedesk import machine, settings
from casedesk.desk import DHAKA, NOBODY, Desk, now
from casedesk.errors import CaseDeskError, InvalidInput, NotAllowed, Problem
from casedesk.i18n import _
from casedesk.models import Case, Chain, Change, Operation, User, recorded_models
from casedesk.progress import Progress, silent
from casedesk.services import ways_in
from casedesk.services.permissions import needs
from casedesk.services.slots import ids_for, user_of
from casedesk.storage import installation, keys, vault
from casedesk.storage.backup import keeping, making, pages, restoring, sealed
from casedesk.storage.backup.sealed import Backup, Manifest
from casedesk.storage.chain import continue_chain
from casedesk.storage.checking import check
from casedesk.storage.erasing import apply_parked
from casedesk.storage.migrate import HEAD, migrate, revision
from casedesk.storage.recorder import Act
from casedesk.storage.recovery_key import read_recovery_key
from casedesk.storage.store import Store
from casedesk.storage.vault import Vault

REMINDER: Final = 7  # days without a copy elsewhere
KEPT_DAYS: Final = 30
MANY: Final = 200  # operations after which a backup is due whatever the day is said to be
LEADING: Final = frozenset(("supervisor", "coordinator"))


class NotAnotherDisk(CaseDeskError):
    """A copy beside the vault dies with it."""

    def __init__(self) -> None:
        super().__init__(
            _("This folder is on the same disk as the vault."),
            hint=_("Nothing was copied. Choose a USB stick or another disk, so that one of the two survives."),
        )


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
class Loss:
    """What would be lost: entries of the journal, cases that they change, and since when."""

    operations: int
    cases: int
    since: datetime | None
    days: int = 0

    @property
    def urgent(self) -> bool:
        return self.cases > 0 and (self.since is None or self.days >= REMINDER)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who takes part in restoring. On a new computer the recovery key may stand for the passphrase."""

    sign_in_name: str
    passphrase: str


# Making


@needs("backup.make")
def make_backup(desk: Desk, progress: Progress = silent) -> Backup:
    """Make a backup now."""
    made = _make(desk.store.vault, desk.clock(), progress)
    desk.note("backup.make")
    return made


@needs("backup.automatic")
def keep_up(desk: Desk, progress: Progress = silent) -> Backup | None:
    """Make a backup if one is due: something was written, and on another day than the last one, or a great deal."""
    newest = next((each.manifest for each in _here(desk.store.vault) if each.manifest is not None), None)
    if newest is not None:
        with desk.read() as session:
            written = _count(session, newest.held)
        same_day = newest.made.astimezone(DHAKA).date() == desk.today()
        if written == 0 or (same_day and written < MANY):
            return None
    try:
        return _make(desk.store.vault, desk.clock(), progress)
    except sealed.BackupFailed:
        find_damage(desk)  # the disk that failed may be the one of the vault
        raise


@needs("backup.automatic")
def find_damage(desk: Desk) -> bool:
    """Look through the pages of the vault beside the work; one that is damaged is only read from now on."""
    if not desk.store.damaged and not pages.pages_are_whole(desk.store.vault):
        desk.store.damaged = True
    return desk.store.damaged


@needs("backup.automatic")
def before(desk: Desk) -> Backup:
    """Make a backup before much is changed at once."""
    return _make(desk.store.vault, desk.clock(), silent)


def migrate_safely(opened: Vault, at: datetime) -> None:
    """Bring a vault up to date, after a backup of it as it was."""
    if revision(opened.reader) not in (None, HEAD):
        _make(opened, at, silent)
    _bring_up_to_date(opened, at)


def _bring_up_to_date(opened: Vault, at: datetime) -> None:
    """Run the missing steps; then put into the records what a newer program said and this one could only keep aside."""
    before = revision(opened.reader)
    migrate(opened.writer)
    if before not in (None, HEAD):
        with Store(opened).intake() as (session, merged):
            merged.add(apply_parked(session, at))


def _make(opened: Vault, at: datetime, progress: Progress, *, rotate: bool = True) -> Backup:
    folder = opened.folder / sealed.FOLDER
    taken = [keeping.number_of(path) for path in folder.glob(f"*{sealed.SUFFIX}")]
    with Store(opened).read() as session:
        taken.append(installation.remembered(session, "backup") or 0)
    made = making.make(opened, folder, max(taken) + 1, at, progress.step)
    if rotate:
        keeping.rotate(folder, opened.subkey)
    return made


def _here(opened: Vault) -> list[Backup]:
    return keeping.backups_in(opened.folder / sealed.FOLDER, opened.subkey)


@needs("backup.make")
def backups(desk: Desk) -> list[Backup]:
    """The backups on this computer, the newest first."""
    return _here(desk.store.vault)


# Elsewhere


@needs("backup.copy")
def copy_backup(desk: Desk, folder: Path, progress: Progress = silent, *, same_disk: bool = False) -> Path:
    """Copy the newest backup to another disk, after making one if anything was written since, and read it back.

    `same_disk` is for tests and for those who know that a folder is another disk though it does not look it.
    """
    if not same_disk and not machine.another_disk(desk.store.vault.folder, folder):
        raise NotAnotherDisk
    newest = next((each for each in _here(desk.store.vault) if each.manifest is not None), None)
    if newest is None or newest.manifest is None or _stale(desk, newest.manifest):
        newest = _make(desk.store.vault, desk.clock(), progress)
    copied = keeping.copy_to(newest.path, folder, desk.store.vault.subkey, progress.step)
    manifest = newest.manifest
    assert manifest is not None  # noqa: S101 - just made or found with one
    with desk.local() as session:
        installation.remember(session, "copy", {"held": manifest.held, "made_at": manifest.made_at})
    desk.note("backup.copy")
    return copied


def _stale(desk: Desk, newest: Manifest) -> bool:
    with desk.read() as session:
        return _count(session, newest.held) > 0


@needs("backup.state")
def loss(desk: Desk) -> Loss:
    """What would be lost if this computer died now: all that no checked copy elsewhere has."""
    with desk.read() as session:
        copied = installation.remembered(session, "copy")
        if copied is None:
            return Loss(_count(session, {}), _all_cases(session), None)
        since = datetime.fromtimestamp(copied["made_at"] / 1000, UTC)
        return _loss(desk, session, copied["held"], since)


@needs("backup.restore")
def preview(desk: Desk, path: Path) -> tuple[Manifest, Loss]:
    """What a backup holds, and what the present vault has that it has not."""
    manifest = sealed.read(path, desk.store.vault.subkey)
    if manifest.store != desk.store.vault.store:
        raise restoring.OfAnotherVault
    with desk.read() as session:
        return manifest, _loss(desk, session, manifest.held, manifest.made)


def _loss(desk: Desk, session: Session, held: Mapping[str, int], since: datetime) -> Loss:
    days = max((desk.clock() - since).days, 0)
    return Loss(_count(session, held), _cases_touched(session, held), since, days)


def _count(session: Session, held: Mapping[str, int]) -> int:
    return session.scalar(select(func.count()).select_from(Operation).where(_newer(session, held))) or 0


def _newer(session: Session, held: Mapping[str, int]) -> ColumnElement[bool]:
    """The operations that come after those, chain by chain."""
    chains = session.execute(select(Chain.ix, Chain.id)).all()
    return or_(
        false(),
        *(and_(Operation.chain_ix == ix, Operation.chain_seq > held.get(chain.hex(), 0)) for ix, chain in chains),
    )


def _all_cases(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Case).where(Case.removed_at.is_(None))) or 0


def _cases_touched(session: Session, held: Mapping[str, int]) -> int:
    """How many cases those operations wrote in."""
    newer = select(Operation.seq).where(_newer(session, held))
    touched = and_(Change.operation_seq.in_(newer), Change.fields != "")
    models: Mapping[str, Any] = recorded_models()
    parts = []
    for table in session.scalars(select(Change.table).where(touched).distinct()):
        model = models.get(table)
        records = select(Change.record).where(touched, Change.table == table)
        if model is Case:
            parts.append(select(Case.id).where(Case.id.in_(records)))
        elif table == "person":
            parts.append(select(Case.id).where(Case.person_id.in_(records)))
        elif table == "migration_episode":
            parts.append(select(Case.id).where(Case.index_episode_id.in_(records)))
        elif model is not None and hasattr(model, "case_id"):
            parts.append(select(model.case_id).where(model.id.in_(records), model.case_id.is_not(None)))
    if not parts:
        return 0
    return session.scalar(select(func.count()).select_from(union(*parts).subquery())) or 0


# Restoring


@needs("backup.restore")
def restore_over(
    desk: Desk, path: Path, reason: str, second: Person | None = None, progress: Progress = silent
) -> None:
    """Restore a backup of this vault beside it, to take its place once it is closed (`restoring.switch`)."""
    into = restoring.waiting_for(desk.store.vault.folder)
    _cleared(into)
    restore_beside(desk, path, into, reason, second, progress)


@needs("backup.restore")
def restore_beside(
    desk: Desk, path: Path, into: Path, reason: str, second: Person | None = None, progress: Progress = silent
) -> None:
    """Restore a backup of this vault into a new folder. Nobody gains a role or a way in by it."""
    _refuse_reason(reason)
    opened = desk.store.vault
    _refuse_alone(desk.actor.roles | (_roles_of(desk, second) if second is not None else frozenset()), second)
    if sealed.verify(path, opened.subkey, progress.step).store != opened.store:
        raise restoring.OfAnotherVault
    if not desk.store.damaged:
        _make(opened, desk.clock(), silent, rotate=False)  # what is now can come back too
        desk.note("backup.restore_begun", reason=reason)
    with desk.read() as session:
        present = {user.id: user for user in session.scalars(select(User).where(User.removed_at.is_(None)))}
    part = _part(into)
    restoring.restore(path, opened.subkey, part, opened.keys, progress.step)
    slot = next(slot for slot in opened.keys.slots if slot.id == opened.slot)
    with _or_removed(part), _or_removed(into), sealed.told(restoring.RestoreNotWritten):
        restored = vault.open_copy(opened, part, opened.keys, slot)
        _settle(restored, desk.actor.id, reason, desk.clock(), present)
        restoring.put(part, into)


def restore_damaged(
    folder: Path,
    path: Path,
    first: Person,
    reason: str,
    second: Person | None = None,
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


def newest_backup(folder: Path) -> Path | None:
    """The newest backup beside a vault, by its number; whether it is whole tells its restoring."""
    found = [path for path in (folder / sealed.FOLDER).glob(f"*{sealed.SUFFIX}") if keeping.number_of(path)]
    return max(found, key=keeping.number_of, default=None)


def restore_here(
    folder: Path,
    path: Path,
    first: Person,
    reason: str,
    second: Person | None = None,
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


def _unwrapped(file: keys.KeysFile, person: Person) -> tuple[keys.Slot, bytearray]:
    slot, secret = file.of_user(person.sign_in_name), keys.passphrase_bytes(person.passphrase)
    with contextlib.suppress(CaseDeskError):
        recovery = read_recovery_key(person.passphrase)
        slot, secret = file.of_recovery(), bytes(recovery.secret)
        recovery.wipe()
    data_key = keys.open_slot(file.store, slot, secret) if slot is not None else None
    if slot is None or data_key is None:
        raise keys.WrongPassphrase
    return slot, data_key


def _allowed(restored: Vault, slots: Sequence[keys.Slot], second: Person | None, at: datetime) -> Any:
    """Who restores on a new computer, by the roster in the backup; the recovery key stands for everybody."""
    with _or_closed(restored):
        _bring_up_to_date(restored, at)
        if slots[0].kind is keys.Kind.RECOVERY:
            return NOBODY
        with Store(restored).read() as session:
            users = [user_of(session, restored.store, slot.id) for slot in slots]
        if users[0] is None or not users[0].active:
            raise NotAllowed
        roles = (role for user in users if user is not None and user.active for role in user.roles or ())
        _refuse_alone(frozenset(roles), second)
        return users[0].id


def _settle(restored: Vault, actor: Any, reason: str, at: datetime, present: Mapping[Any, User] | None) -> None:
    """Make the restored vault a new installation: a new chain, no role that is not held now, and checked whole."""
    with _or_closed(restored):
        _bring_up_to_date(restored, at)
        store = Store(restored)
        with store.local() as session:
            continue_chain(session, at)
        installation.begin(store)
        with store.write(Act("backup.restore", actor, reason=reason, always=True), lambda: at) as session:
            users = session.scalars(select(User)).all() if present else ()
            stay = [user for user in users if _as_present(user, present or {})]
            kept = {each for user in stay for each in ids_for(restored.store, user)}
        if present:
            for slot in restored.keys.slots:
                if slot.kind is keys.Kind.USER and slot.id.hex() not in kept:
                    vault.remove_slot(restored, slot.id)
        if check(store).wrong:
            raise RestoreFailed
        ways_in.keep(store)
        installation.take_note(store)
    restored.close()


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


def _roles_of(desk: Desk, person: Person) -> frozenset[str]:
    """The roles of somebody who proved who they are."""
    opened = desk.store.vault
    slot = opened.keys.of_user(person.sign_in_name)
    vault.verify_passphrase(opened, slot, person.passphrase)
    with desk.read() as session:
        user = user_of(session, opened.store, slot.id) if slot is not None else None
        return frozenset(user.roles or ()) if user is not None and user.active else frozenset()


def _refuse_alone(roles: frozenset[str], second: Person | None) -> None:
    if "administrator" in roles and roles & LEADING:
        return
    if second is None:
        raise SecondNeeded
    raise NotAllowed


def needs_second(desk: Desk) -> bool:
    """Whether the one signed in needs another beside them to restore."""
    return not ("administrator" in desk.actor.roles and desk.actor.roles & LEADING)


def _refuse_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput({"reason": [Problem(_("Write why it is restored. It is recorded."))]})


def _part(into: Path) -> Path:
    part = into.with_name(f"{into.name}{sealed.PART}")
    _cleared(part)
    if into.exists():
        raise restoring.FolderTaken
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


@contextlib.contextmanager
def _or_closed(opened: Vault) -> Any:
    try:
        yield
    except BaseException:
        opened.close()
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
