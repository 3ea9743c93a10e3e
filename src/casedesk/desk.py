"""What a use case needs to know: the store, who is signed in, which computer this is, and what time it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

from sqlalchemy.orm import Session

from casedesk.storage.recorder import Act
from casedesk.storage.rows import Rows
from casedesk.storage.store import Store

DHAKA = timezone(timedelta(hours=6))
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is signed in. Roles are codes of `user_role.csv`."""

    id: UUID
    name: str
    roles: frozenset[str]
    team: str | None = None


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """One signed-in user at one computer of one centre."""

    store: Store
    actor: Actor
    centre: str  # three letters
    device: str  # two characters
    practice: bool = False
    clock: Callable[[], datetime] = now

    def read(self) -> AbstractContextManager[Session]:
        return self.store.read()

    def rows(self) -> AbstractContextManager[Rows]:
        return self.store.rows()

    def write(
        self, action: str, *, about: UUID | None = None, reason: str | None = None
    ) -> AbstractContextManager[Session]:
        """One operation of the journal, and the records it changes."""
        return self.store.write(Act(action, self.actor.id, about, reason), self.clock)

    def note(
        self,
        action: str,
        *,
        about: UUID | None = None,
        reason: str | None = None,
        said: Mapping[str, str | int] | None = None,
    ) -> None:
        """Record that something was done that changes no record: a view, a print, a sign-in, a refusal."""
        self.store.note(Act(action, self.actor.id, about, reason, said or {}, always=True), self.clock)

    def local(self) -> AbstractContextManager[Session]:
        """For drafts and preferences, which stay on this computer and out of the journal."""
        return self.store.local()

    def today(self) -> date:
        return self.clock().astimezone(DHAKA).date()
