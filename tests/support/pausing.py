"""Somebody who pauses work, and knows when it stands still."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

from casedesk.progress import Cancelled, Progress


class PausedHalfway(Progress):
    """Pauses once, when more than half is done."""

    def __init__(self) -> None:
        super().__init__()
        self.stands_still = Event()
        self._left = True

    def tell(self, done: int, of: int) -> None:
        super().tell(done, of)
        if self._left and self._is_there(done, of):
            self._left = False
            self.pause()

    def hold(self) -> None:
        if self.paused:
            self.stands_still.set()
        super().hold()

    def _is_there(self, done: int, of: int) -> bool:
        return of / 2 < done < of


class PausedAtOnce(PausedHalfway):
    """Pauses once, at the first step."""

    def _is_there(self, done: int, of: int) -> bool:  # noqa: ARG002 - wherever that is
        return True


def cancel_while_paused(work: Callable[[Progress], object]) -> None:
    """Pause the work at its first step, cancel it while it stands still, and see that it ends of that."""
    progress, ended = PausedAtOnce(), list[Exception]()

    def wait_for_it() -> None:
        try:
            work(progress)
        except Cancelled as error:
            ended.append(error)

    beside = Thread(target=wait_for_it)
    beside.start()
    assert progress.stands_still.wait(60)
    progress.cancel()
    beside.join()
    assert len(ended) == 1
