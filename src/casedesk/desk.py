"""What a use case needs to know: the store, who is signed in, which computer this is, and what time it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from casedesk import machine
from casedesk.formats import DHAKA, day_in_dhaka
from casedesk.storage.recorder import Act
from casedesk.storage.rows import Rows
from casedesk.storage.store import Store

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


class Clock:
    """The one clock of a sitting.

    It tells what the computer says, until somebody says which day it is: from then on that day and what has passed
    since, so that setting the computer right meanwhile does no harm. `believed_until` is set while the computer is
    doubted and nobody has said: the last day that is known, from which days are counted so that nothing expires.
    """

    def __init__(self, computer: Callable[[], datetime] = now, passed: Callable[[], float] = machine.steady) -> None:
        self._computer, self._passed = computer, passed
        self._said: tuple[datetime, float] | None = None
        self.believed_until: date | None = None

    def __call__(self) -> datetime:
        if self._said is None:
            return self._computer()
        moment, at = self._said
        return moment + timedelta(seconds=self._passed() - at)

    @property
    def confirmed(self) -> bool:
        """Whether somebody said which day it is."""
        return self._said is not None

    def say_today(self, day: date) -> None:
        """It is this day; the time of day is the computer's."""
        here = self._computer().astimezone(DHAKA)
        self._said = datetime.combine(day, here.timetz()).astimezone(UTC), self._passed()
        self.believed_until = None

    def handed_over(self) -> dict[str, str | float]:
        """What the next process of this sitting needs to know."""
        told: dict[str, str | float] = {}
        if self._said is not None:
            told |= {"said": self._said[0].isoformat(), "at": self._said[1]}
        if self.believed_until is not None:
            told["believed_until"] = self.believed_until.isoformat()
        return told

    def take_over(self, told: Mapping[str, str | float]) -> None:
        """Go on as the process before."""
        if "said" in told:
            self._said = datetime.fromisoformat(str(told["said"])), float(told["at"])
        if "believed_until" in told:
            self.believed_until = date.fromisoformat(str(told["believed_until"]))


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
        return self.store.write(Act(action, self.actor.id, about, reason, confirmed=self.confirmed), self.clock)

    def note(
        self,
        action: str,
        *,
        about: UUID | None = None,
        reason: str | None = None,
        said: Mapping[str, str | int] | None = None,
    ) -> None:
        """Record that something was done that changes no record: a view, a print, a sign-in, a refusal."""
        act = Act(action, self.actor.id, about, reason, said or {}, always=True, confirmed=self.confirmed)
        self.store.note(act, self.clock)

    def local(self) -> AbstractContextManager[Session]:
        """For drafts and preferences, which stay on this computer and out of the journal."""
        return self.store.local()

    @property
    def confirmed(self) -> bool:
        """Whether the day of this sitting was said by somebody."""
        return isinstance(self.clock, Clock) and self.clock.confirmed

    @property
    def believed_until(self) -> date | None:
        """The last day that is known, while the clock is doubted and nobody has said which day it is."""
        return self.clock.believed_until if isinstance(self.clock, Clock) else None

    def today(self) -> date:
        """The day in Dhaka; while the clock is doubted, the last day that is known."""
        return self.believed_until or day_in_dhaka(self.clock())
