"""How far long work is, and whether anybody still waits for it."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event

from casedesk.errors import CaseDeskError
from casedesk.i18n import _


class Cancelled(CaseDeskError):
    """Nobody waits for this work any more."""

    def __init__(self) -> None:
        super().__init__(_("This was cancelled."), hint=_("Nothing was changed."))


@dataclass(frozen=True, slots=True)
class Reached:
    """So many steps of so many; `of` is 0 until the work knows."""

    done: int = 0
    of: int = 0

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return min(self.done / self.of, 1.0) if self.of else 0.0


class Progress:
    """What the work and the one who waits have in common: the work steps, who waits looks at `latest` or cancels."""

    def __init__(self) -> None:
        self.latest = Reached()
        self._cancelled = Event()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def step(self, done: int, of: int) -> None:
        """Say how far the work is. Raises Cancelled when nobody waits, so that whatever was begun is rolled back."""
        if self.cancelled:
            raise Cancelled
        self.latest = Reached(done, of)

    def go_on(self) -> None:
        """A step that reaches nothing new: the work is still going, and nothing is half done now."""
        self.step(self.latest.done, self.latest.of)

    def rest(self, seconds: float) -> None:
        """Do nothing for a while. Raises Cancelled as soon as nobody waits."""
        if self._cancelled.wait(seconds):
            raise Cancelled

    def cancel(self) -> None:
        """The next step raises Cancelled."""
        self._cancelled.set()


class _Silent(Progress):
    """For work that nobody watches: one for all, so it keeps nothing and cannot be cancelled."""

    def step(self, done: int, of: int) -> None:
        pass

    def cancel(self) -> None:
        raise RuntimeError("nobody waits for this work")


silent = _Silent()
