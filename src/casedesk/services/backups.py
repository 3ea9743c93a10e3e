"""Backups: made by themselves and on demand, copied to another disk, and what would be lost without them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, func, or_, select, union
from sqlalchemy.orm import Session

from casedesk import machine
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.formats import day_in_dhaka
from casedesk.i18n import _
from casedesk.models import Case, Chain, Change, Operation, recorded_models
from casedesk.progress import Progress, silent
from casedesk.services.permissions import needs
from casedesk.storage import installation
from casedesk.storage.backup import keeping, making, pages, restoring, sealed
from casedesk.storage.backup.sealed import Backup, Manifest
from casedesk.storage.erasing import apply_parked
from casedesk.storage.migrate import HEAD, migrate, revision
from casedesk.storage.store import Store, VaultDamaged
from casedesk.storage.vault import Vault, VaultUnreadable

REMINDER: Final = 7  # days without a copy elsewhere
MANY: Final = 200  # operations after which a backup is due whatever the day is said to be


class NotAnotherDisk(CaseDeskError):
    """A copy beside the vault dies with it, and one in the computer's memory when it is switched off."""

    def __init__(self, *, sure: bool) -> None:
        super().__init__(
            _("This folder is on the same disk as the vault.")
            if sure
            else _("It cannot be told that this folder is on another disk than the vault."),
            hint=_("Nothing was copied. Choose a USB stick or another disk, so that one of the two survives."),
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


# Making


@needs("backup.make")
def make_backup(desk: Desk, progress: Progress = silent) -> Backup:
    """Make a backup now."""
    made = make(desk.store.vault, desk.clock(), progress)
    desk.note("backup.make")
    return made


@needs("backup.automatic")
def keep_up(desk: Desk, progress: Progress = silent) -> Backup | None:
    """Make a backup if one is due: something was written, and on another day than the last one, or a great deal."""
    newest = next((each.manifest for each in _here(desk.store.vault) if each.manifest is not None), None)
    if newest is not None:
        with desk.read() as session:
            written = _count(session, newest.held)
        same_day = day_in_dhaka(newest.made) == desk.today()
        if written == 0 or (same_day and written < MANY):
            return None
    try:
        return make(desk.store.vault, desk.clock(), progress)
    except (sealed.BackupFailed, VaultUnreadable):
        find_damage(desk)  # the disk that failed may be the one of the vault
        raise


@needs("backup.automatic")
def find_damage(desk: Desk) -> bool:
    """Look through the pages of the vault beside the work; one that is damaged is only read from now on."""
    if not desk.store.damaged and not pages.pages_are_whole(desk.store.vault):
        desk.store.found_damaged()
    return desk.store.damaged


@needs("backup.automatic")
def newest_whole(desk: Desk) -> Manifest | None:
    """What the newest backup here says of itself of which every byte is as it was written."""
    for each in _here(desk.store.vault):
        with contextlib.suppress(CaseDeskError):
            return sealed.verify(each.path, desk.store.vault.subkey)
    return None


@needs("backup.automatic")
def before(desk: Desk) -> Backup:
    """Make a backup before much is changed at once."""
    return make(desk.store.vault, desk.clock(), silent)


def migrate_safely(opened: Vault, at: datetime) -> None:
    """Bring a vault up to date, after a backup of it as it was."""
    if revision(opened.reader) not in (None, HEAD):
        make(opened, at, silent)
    bring_up_to_date(opened, at)


def bring_up_to_date(opened: Vault, at: datetime) -> None:
    """Run the missing steps; then put into the records what a newer program said and this one could only keep aside."""
    before = revision(opened.reader)
    migrate(opened.writer)
    if before != HEAD:
        opened.reader.dispose()  # SQLite calls it a missing table where reading fails and tables of before are known
    if before not in (None, HEAD):
        with Store(opened).intake() as (session, merged):
            merged.add(apply_parked(session, at))


def make(opened: Vault, at: datetime, progress: Progress, *, rotate: bool = True) -> Backup:
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


def newest_backup(folder: Path, before: Path | None = None) -> Path | None:
    """The newest backup beside a vault, by its number; `before` is one that turned out not to be whole, and is
    followed by the next older one. Without a passphrase nobody can tell which is whole."""
    found = [path for path in (folder / sealed.FOLDER).glob(f"*{sealed.SUFFIX}") if keeping.number_of(path)]
    if before is not None:
        found = [path for path in found if before in found and keeping.number_of(path) < keeping.number_of(before)]
    return max(found, key=keeping.number_of, default=None)


# Elsewhere


def must_be_another_disk(store: Path, folder: Path) -> None:
    """Refuse a folder for copies that may end together with the vault."""
    if not machine.another_disk(store, folder):
        raise NotAnotherDisk(sure=machine.same_disk(store, folder))


@needs("backup.copy")
def copy_backup(desk: Desk, folder: Path, progress: Progress = silent, *, same_disk: bool = False) -> Path:
    """Copy the newest backup to another disk, after making one if anything was written since, and read it back.

    `same_disk` is for tests and for those who know that a folder is another disk though it does not look it.
    """
    if not same_disk:
        must_be_another_disk(desk.store.vault.folder, folder)
    newest = next((each for each in _here(desk.store.vault) if each.manifest is not None), None)
    if newest is None or newest.manifest is None or _stale(desk, newest.manifest):
        newest = make(desk.store.vault, desk.clock(), progress)
    copied = keeping.copy_to(newest.path, folder, desk.store.vault.subkey, progress.step)
    manifest = newest.manifest
    assert manifest is not None  # noqa: S101 - just made or found with one
    with contextlib.suppress(VaultDamaged), desk.local() as session:
        installation.remember(session, "copy", {"held": manifest.held, "made_at": manifest.made_at})
    desk.note("backup.copy")
    return copied


def _stale(desk: Desk, newest: Manifest) -> bool:
    """Whether a newer one is to be made first; none can be of a damaged vault."""
    with contextlib.suppress(VaultDamaged), desk.read() as session:
        return not desk.store.damaged and _count(session, newest.held) > 0
    return False


@needs("backup.state")
def loss(desk: Desk) -> Loss | None:
    """What would be lost if this computer died now: all that no checked copy elsewhere has. Of a vault that cannot be
    read so far nobody knows."""
    with contextlib.suppress(VaultUnreadable), desk.read() as session:
        copied = installation.remembered(session, "copy")
        if copied is None:
            return Loss(_count(session, {}), _all_cases(session), None)
        since = datetime.fromtimestamp(copied["made_at"] / 1000, UTC)
        return _loss(desk, session, copied["held"], since)
    return None


@needs("backup.restore")
def preview(desk: Desk, path: Path) -> tuple[Manifest, Loss | None]:
    """What a backup holds, and what the present vault has that it has not, where that can be read."""
    manifest = sealed.read(path, desk.store.vault.subkey)
    if manifest.store != desk.store.vault.store:
        raise restoring.OfAnotherVault
    with contextlib.suppress(VaultUnreadable), desk.read() as session:
        return manifest, _loss(desk, session, manifest.held, manifest.made)
    return manifest, None


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
