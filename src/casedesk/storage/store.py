"""The store: one place to read from, one lane to write in, every write one operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session

from casedesk.errors import StorageFailed, StorageFull
from casedesk.fields import Level
from casedesk.models import Operation
from casedesk.storage import derived
from casedesk.storage.recorder import Act, Recorder
from casedesk.storage.vault import Vault


@dataclass(frozen=True, slots=True)
class Touched:
    """What a write changed: enough for a view to know whether to look again."""

    action: str
    tables: frozenset[str]


class WriteSession(Session):
    """Refuses the shortcuts that would leave no trace in the journal."""

    def _refuse(self, *_: Any, **__: Any) -> None:
        raise RuntimeError("bulk writes leave no trace in the journal; change the records instead")

    bulk_save_objects = bulk_insert_mappings = bulk_update_mappings = _refuse


@dataclass
class Store:
    """The records of one vault."""

    vault: Vault
    listeners: list[Callable[[Touched], None]] = field(default_factory=list)
    _writing: Lock = field(default_factory=Lock)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one consistent moment and cannot write."""
        with Session(self.vault.reader, autoflush=False) as session:
            yield session

    @contextmanager
    def write(self, act: Act, now: Callable[[], datetime]) -> Iterator[Session]:
        """A session whose changes are committed together with their journal entry, or not at all."""
        with self._writing, _words_for_disk_faults(), WriteSession(self.vault.writer, expire_on_commit=False) as session:
            recorder = Recorder(session)
            yield session
            session.flush()
            records = recorder.records
            lowest = derived.floors(session, records)
            operation = recorder.write(act, now(), lambda record: lowest.get(record, Level.PUBLIC))
            derived.refresh(session, records)
            self._commit(session, operation.link if operation is not None else None)
        if operation is not None:
            self._tell(Touched(act.action, frozenset(record.__tablename__ for record in records)))

    @contextmanager
    def local(self) -> Iterator[Session]:
        """A session for what belongs to this computer alone; the guards refuse recorded tables."""
        with self._writing, _words_for_disk_faults(), WriteSession(self.vault.writer, expire_on_commit=False) as session:
            yield session
            session.commit()

    def _commit(self, session: Session, link: bytes | None) -> None:
        """Commit. After a failed sync nobody knows what is on the disk: reopen, look, and say which it is."""
        try:
            session.commit()
        except OperationalError:
            session.rollback()
            self.vault.writer.dispose()
            with self.read() as fresh:
                newest = fresh.scalar(select(Operation.link).order_by(Operation.seq.desc()).limit(1))
            if link is None or newest != link:
                raise

    def _tell(self, touched: Touched) -> None:
        for listener in self.listeners:
            listener(touched)


@contextmanager
def _words_for_disk_faults() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        said = str(error.orig)
        if "full" in said:
            raise StorageFull from None
        if "I/O" in said or "malformed" in said or "readonly" in said:
            raise StorageFailed from None
        raise
