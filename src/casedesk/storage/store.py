"""The store: one place to read from, one lane to write in, every write one operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session
from sqlcipher3 import dbapi2 as sqlcipher

from casedesk.errors import CaseDeskError, StorageFailed, StorageFull
from casedesk.i18n import _
from casedesk.models import Operation
from casedesk.storage import belonging, derived, room, set_aside
from casedesk.storage.merging import Merged
from casedesk.storage.recorder import Act, Recorder
from casedesk.storage.rows import Rows
from casedesk.storage.vault import Vault, VaultMismatch, VaultUnreadable

SPOILT = frozenset((sqlcipher.SQLITE_CORRUPT, sqlcipher.SQLITE_NOTADB))  # the second is a page that does not decrypt
TAKEN_IN = "sync.in"
DAMAGE = SPOILT | frozenset((sqlcipher.SQLITE_IOERR, sqlcipher.SQLITE_READONLY, sqlcipher.SQLITE_CANTOPEN))


class VaultDamaged(VaultUnreadable):
    """Part of the vault cannot be read. What can is shown; nothing is written any more."""

    def __init__(self) -> None:
        CaseDeskError.__init__(
            self,
            _("The vault is damaged, so nothing more is saved in it."),
            hint=_("What was typed is still here. Restore the newest backup: Settings, Backup."),
        )


@dataclass(frozen=True, slots=True)
class Touched:
    """What a write changed: enough for a view to know whether to look again."""

    action: str
    tables: frozenset[str]


FOUND_DAMAGED = Touched("store.damaged", frozenset())


class WriteSession(Session):
    """Refuses the shortcuts that would leave no trace in the journal."""

    def _refuse(self, *_: Any, **__: Any) -> None:
        raise RuntimeError("bulk writes leave no trace in the journal; change the records instead")

    bulk_save_objects = bulk_insert_mappings = bulk_update_mappings = _refuse


@dataclass
class Store:
    """The records of one vault. Once it is found damaged it is only read: nothing is mended in place."""

    vault: Vault
    damaged: bool = False
    listeners: list[Callable[[Touched], None]] = field(default_factory=list)
    _writing: Lock = field(default_factory=Lock)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one consistent moment and cannot write."""
        with self._reading(), Session(self.vault.reader, autoflush=False) as session:
            yield session

    @contextmanager
    def rows(self) -> Iterator[Rows]:
        """The same for plain rows, without the mapper."""
        with self._reading():
            connection = self.vault.reader.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute("BEGIN")
                yield Rows(cursor)
            finally:
                connection.close()  # which rolls back

    @contextmanager
    def apart(self) -> Iterator[Session]:
        """A session on a connection of its own, for long looks: it sees one moment, keeps nobody waiting, and may fill
        temporary tables. Nothing is committed."""
        engine = self.vault.apart()
        try:
            with self._reading(), Session(engine) as session:
                yield session
        finally:
            engine.dispose()

    @contextmanager
    def write(self, act: Act, now: Callable[[], datetime]) -> Iterator[Session]:
        """A session whose changes are committed together with their journal entry, or not at all."""
        with self._writing, self._lane(), WriteSession(self.vault.writer, expire_on_commit=False) as session:
            recorder = Recorder(session)
            yield session
            altered = recorder.altered()
            cases = belonging.cases_of(session, altered)
            link = recorder.write(act, now(), altered, belonging.floors(session, altered, cases, act.about))
            derived.refresh(session, altered, cases)
            self._commit(session, link)
        if link is not None:
            self.tell(Touched(act.action, frozenset(each.record.__tablename__ for each in altered)))

    def note(self, act: Act, now: Callable[[], datetime]) -> None:
        """Record an act that changes no record. While the vault is damaged it waits beside it for the next one."""
        try:
            with self.write(act, now):
                pass
        except VaultDamaged:
            set_aside.put(self.vault, act, now())

    def take_noted(self) -> None:
        """Record what was noted while this vault, or the one that it took the place of, was damaged."""
        if not self.damaged:
            set_aside.take_out(self.vault, lambda noted: self._record(noted.act, noted.at))

    def _record(self, act: Act, at: datetime) -> None:
        with self.write(act, lambda: at):
            pass

    @contextmanager
    def local(self) -> Iterator[Session]:
        """A session for what belongs to this computer alone; the guards refuse recorded tables."""
        with self._writing, self._lane(), WriteSession(self.vault.writer, expire_on_commit=False) as session:
            yield session
            session.commit()

    @contextmanager
    def intake(self) -> Iterator[tuple[Session, Merged]]:
        """A session for what other desks wrote: their operations are the journal of it. Put into the second what
        was merged, so that lists and search follow in the same transaction."""
        merged = Merged()
        with self._writing, self._lane(eases=False), Session(self.vault.writer, expire_on_commit=False) as session:
            yield session, merged
            session.flush()
            derived.refresh_merged(session, merged)
            session.commit()
        if merged.forgot:
            self._empty_log()
        if merged.records:
            self.tell(Touched(TAKEN_IN, merged.tables))

    def _empty_log(self) -> None:
        """Write everything into the file and empty the write-ahead log, where what was forgotten would outlive it.

        Where somebody reads meanwhile or the disk is full it stays until the vault is closed.
        """
        with self._writing, suppress(sqlcipher.Error):
            connection = self.vault.writer.raw_connection()
            try:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()

    def _commit(self, session: Session, link: bytes | None) -> None:
        """Commit. After a failed sync nobody knows what is on the disk: reopen, look, and say which it is."""
        try:
            session.commit()
        except OperationalError:
            session.rollback()
            self.vault.writer.dispose()
            with Session(self.vault.reader) as fresh:
                newest = fresh.scalar(select(Operation.link).order_by(Operation.seq.desc()).limit(1))
            if link is None or newest != link:
                raise

    @contextmanager
    def _lane(self, *, eases: bool = True) -> Iterator[None]:
        """Says in words what the disk did, and goes on with a fresh connection after a fault.

        What is kept back for a full disk is for what people type: what comes from others waits for real room.
        """
        if self.damaged:
            raise VaultDamaged
        try:
            yield
        except VaultMismatch:  # it was the right one when it was opened
            raise self.found_damaged() from None
        except DatabaseError as error:
            code = result_code(error)
            if code in SPOILT:
                raise self.found_damaged() from None
            if code in DAMAGE:
                self.vault.writer.dispose()
                raise StorageFailed from None
            if code == sqlcipher.SQLITE_FULL:
                raise StorageFull(eased=eases and room.let_go(self.vault.folder)) from None
            raise

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Says in words what the disk did. A connection that met a spoilt page reads no more: the next one is new."""
        try:
            yield
        except VaultMismatch:
            raise self.found_damaged() from None
        except (DatabaseError, sqlcipher.DatabaseError) as error:
            code = result_code(error)
            if code in DAMAGE - {sqlcipher.SQLITE_READONLY}:  # that one would be our mistake
                self.vault.reader.dispose()
                raise (self.found_damaged() if code in SPOILT else VaultUnreadable()) from None
            raise

    def found_damaged(self) -> VaultDamaged:
        """From now on it is only read; who listens is told once. Returns what to tell a person."""
        if not self.damaged:
            self.damaged = True
            self.tell(FOUND_DAMAGED)
        return VaultDamaged()

    def tell(self, touched: Touched) -> None:
        """Let who listens know what was written or found, here or by a process of ours beside this one."""
        for listener in self.listeners:
            listener(touched)


def result_code(error: DatabaseError | sqlcipher.DatabaseError) -> int:
    """SQLite's own number for what happened, without its details."""
    return int(getattr(getattr(error, "orig", error), "sqlite_errorcode", 0)) & 0xFF
