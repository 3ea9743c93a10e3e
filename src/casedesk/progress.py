"""How far long work is, whether it is to pause, and whether anybody still waits for it."""

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
    """What the work and the one who waits have in common: the work steps, who waits looks at `latest`, pauses, cancels.

    `at_rest` says that the work really stands still; it does so only between things that are done whole.
    """

    def __init__(self) -> None:
        self.latest = Reached()
        self.at_rest = False
        self._cancelled = Event()
        self._may_go_on = Event()
        self._may_go_on.set()

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    @property
    def paused(self) -> bool:
        return not self._may_go_on.is_set()

    def step(self, done: int, of: int) -> None:
        """Say how far the work is, and stand still while it is paused.

        Raises Cancelled when nobody waits, so that whatever was begun is rolled back.
        """
        self.tell(done, of)
        self.hold()

    def tell(self, done: int, of: int) -> None:
        """Say how far the work is, where it cannot stand still. Raises Cancelled when nobody waits."""
        if self.cancelled:
            raise Cancelled
        self.latest = Reached(done, of)

    def go_on(self) -> None:
        """A step that reaches nothing new: the work is still going, and nothing is half done now."""
        self.step(self.latest.done, self.latest.of)

    def hold(self) -> None:
        """Stand still while the work is paused. Raises Cancelled as soon as nobody waits."""
        if self.paused:
            self.at_rest = True
            self._may_go_on.wait()
            self.at_rest = False
            if self.cancelled:
                raise Cancelled

    def rest(self, seconds: float) -> None:
        """Do nothing for a while, and then while it is paused. Raises Cancelled as soon as nobody waits."""
        if self._cancelled.wait(seconds):
            raise Cancelled
        self.hold()

    def pause(self) -> None:
        """The next step stands still until `resume`; work that nobody waits for any more does not pause."""
        self._may_go_on.clear()
        if self.cancelled:
            self._may_go_on.set()

    def resume(self) -> None:
        """Go on after a pause."""
        self._may_go_on.set()

    def cancel(self) -> None:
        """The next step raises Cancelled."""
        self._cancelled.set()
        self._may_go_on.set()


class _Silent(Progress):
    """For work that nobody watches: one for all, so it keeps nothing and cannot be cancelled."""

    def tell(self, done: int, of: int) -> None:
        pass

    def pause(self) -> None:
        raise RuntimeError("nobody watches this work")

    def cancel(self) -> None:
        raise RuntimeError("nobody waits for this work")


silent = _Silent()
