"""Work beside the UI thread: one lane for writes, a few for the rest."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from itertools import count
from typing import Any, Final, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from casedesk.progress import Cancelled, Progress
from casedesk.ui import garbage
from casedesk.ui.kit.messages import log_mistake, show_error
from casedesk.ui.kit.working import Working

T = TypeVar("T")
LONGEST_LOOK: Final = 0.8  # seconds that closing waits for what only reads, so that locking is done within one
LONGEST_WRITE: Final = 5.0  # seconds that it waits for a write to reach the disk; long ones are cancelled


class _Job:
    """One piece of work: who waits for it, and what came of it."""

    def __init__(
        self,
        owner: QWidget,
        work: Callable[[], Any],
        done: Callable[[Any], object],
        failed: Callable[[Exception], object] | None,
        progress: Progress | None,
    ) -> None:
        self.progress = progress
        self._owner = owner
        self._work = work
        self._done = done
        self._failed = failed
        self._made: Any = None
        self._error: Exception | None = None

    def run(self) -> None:
        try:
            self._made = self._work()
        except Exception as error:  # noqa: BLE001 - its owner is told
            self._error = error
        except BaseException as error:  # noqa: BLE001 - as when a library panics; nobody waits for ever
            self._error = RuntimeError("work ended without an answer")
            self._error.__cause__ = error

    def tell(self) -> None:
        """Tell the owner, if it is still there."""
        error, self._error = self._error, None  # whose trace holds the work, with the passphrase that was wrong
        if not shiboken6.isValid(self._owner):
            if error is not None:
                log_mistake(error)
        elif error is None:
            self._done(self._made)
        else:
            (self._failed or partial(show_error, self._owner))(error)


class _Lane:
    """Threads for one kind of work, and what they have to do."""

    def __init__(self, threads: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(threads, name)
        self._futures: set[Future[None]] = set()

    def start(self, run: Callable[[], None]) -> None:
        future = self._pool.submit(run)
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)

    def close(self, longest: float, *, drop: bool) -> None:
        """Take no more; drop what has not begun if told to, and wait for the rest, though not for ever."""
        self._pool.shutdown(wait=False, cancel_futures=drop)
        wait(tuple(self._futures), longest)


class Jobs(QObject):
    """Runs work and tells its owner on the UI thread, if the owner is still there by then.

    What a job holds is let go there too: threads know it by its number. The last hold of a widget, let go by a
    thread, would take the widget down while Qt uses it.
    """

    _ended = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        garbage.keep_here()
        self._writes = _Lane(1, "write")
        self._others = _Lane(2, "work")
        self._jobs: dict[int, _Job] = {}
        self._numbers = count()
        self._closed = False
        self._ended.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def write(
        self,
        owner: QWidget,
        work: Callable[[], T],
        done: Callable[[T], object],
        *,
        failed: Callable[[Exception], object] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Run `work` after the writes before it. Without `failed` the error is shown over the owner.

        Long work steps on its `progress`, which is cancelled when the window goes.
        """
        self._start(self._writes, _Job(owner, work, done, failed, progress))

    def run(
        self,
        owner: QWidget,
        work: Callable[[], T],
        done: Callable[[T], object],
        *,
        failed: Callable[[Exception], object] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Run `work` beside everything else: PDFs, long reads, key derivation."""
        self._start(self._others, _Job(owner, work, done, failed, progress))

    def run_long(
        self,
        owner: QWidget,
        title: str,
        work: Callable[[Progress], T],
        done: Callable[[T], object],
        *,
        failed: Callable[[Exception], object] | None = None,
        writes: bool = False,
        pauses: bool = False,
    ) -> Working:
        """Run work behind a sheet that shows how far it is and lets a person cancel it; pause it, too, if it `pauses`.

        Work that was cancelled tells nothing unless `failed` wants to know.
        """
        progress = Progress()
        sheet = Working(owner, title, progress, pauses=pauses)

        def ended(call: Callable[[], object]) -> None:
            sheet.end()
            if shiboken6.isValid(owner):
                call()

        def refused(error: Exception) -> None:
            if failed is not None or not isinstance(error, Cancelled):
                ended(partial(failed or partial(show_error, owner), error))
            else:
                sheet.end()

        lane = self._writes if writes else self._others
        job = _Job(sheet, partial(work, progress), lambda made: ended(partial(done, made)), refused, progress)
        self._start(lane, job)
        sheet.open()
        return sheet

    def close(self) -> None:
        """Cancel long work, drop what has not begun except writes, and wait for the rest, though not for ever.

        What does not end in time goes on by itself; a write then ends whole or not at all, as after a power cut.
        """
        self._closed = True
        self.cancel()
        self._others.close(LONGEST_LOOK, drop=True)
        self._writes.close(LONGEST_WRITE, drop=False)

    def cancel(self) -> None:
        """Have long work end at its next step."""
        for job in self._jobs.values():
            if job.progress is not None:
                job.progress.cancel()

    def _start(self, lane: _Lane, job: _Job) -> None:
        if self._closed:
            return  # the window goes: nobody waits for an answer
        number = next(self._numbers)
        self._jobs[number] = job
        lane.start(partial(self._run, number))

    def _run(self, number: int) -> None:
        self._jobs[number].run()
        if not self._closed:
            self._ended.emit(number)

    @Slot(int)
    def _tell(self, number: int) -> None:
        self._jobs.pop(number).tell()
