"""Work beside the UI thread: one lane for writes, a few for the rest."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any, Final, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from casedesk.progress import Cancelled, Progress
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.working import Working

T = TypeVar("T")
LONGEST_LOOK: Final = 0.8  # seconds that closing waits for what only reads, so that locking is done within one
LONGEST_WRITE: Final = 5.0  # seconds that it waits for a write to reach the disk; long ones are cancelled


class _Lane:
    """Threads for one kind of work, and what they have to do."""

    def __init__(self, threads: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(threads, name)
        self._going: dict[Future[Any], Progress | None] = {}

    def start(self, work: Callable[[], T], progress: Progress | None, ended: Callable[[Future[T]], None]) -> None:
        def end(future: Future[T]) -> None:
            del self._going[future]
            ended(future)

        future = self._pool.submit(work)
        self._going[future] = progress
        future.add_done_callback(end)

    def cancel(self) -> None:
        """Have long work end at its next step."""
        for progress in tuple(self._going.values()):
            if progress is not None:
                progress.cancel()

    def close(self, longest: float, *, drop: bool) -> None:
        """Take no more; drop what has not begun if told to, and wait for the rest, though not for ever."""
        self._pool.shutdown(wait=False, cancel_futures=drop)
        wait(tuple(self._going), longest)


class Jobs(QObject):
    """Runs work and tells its owner on the UI thread, if the owner is still there by then."""

    _ready = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._writes = _Lane(1, "write")
        self._others = _Lane(2, "work")
        self._closed = False
        self._ready.connect(self._call, Qt.ConnectionType.QueuedConnection)

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
        self._start(self._writes, owner, work, done, failed, progress)

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
        self._start(self._others, owner, work, done, failed, progress)

    def run_long(
        self,
        owner: QWidget,
        title: str,
        work: Callable[[Progress], T],
        done: Callable[[T], object],
        *,
        failed: Callable[[Exception], object] | None = None,
        writes: bool = False,
    ) -> Working:
        """Run work behind a sheet that shows how far it is and lets a person cancel it.

        Work that was cancelled tells nothing unless `failed` wants to know.
        """
        progress = Progress()
        sheet = Working(owner, title, progress)

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
        self._start(lane, sheet, partial(work, progress), lambda made: ended(partial(done, made)), refused, progress)
        sheet.open()
        return sheet

    def post(self, call: Callable[[], object]) -> None:
        """Have `call` called on the UI thread, soon."""
        self._ready.emit(call)

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
        self._others.cancel()
        self._writes.cancel()

    def _start(
        self,
        lane: _Lane,
        owner: QWidget,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[Exception], object] | None,
        progress: Progress | None,
    ) -> None:
        if self._closed:
            return  # the window goes: nobody waits for an answer

        def finish(future: Future[T]) -> None:
            if not future.cancelled() and not self._closed:
                self.post(partial(self._finish, owner, future, done, failed))

        lane.start(work, progress, finish)

    def _finish(
        self,
        owner: QWidget,
        future: Future[T],
        done: Callable[[T], object],
        failed: Callable[[Exception], object] | None,
    ) -> None:
        if not shiboken6.isValid(owner):
            return
        error = future.exception()
        if error is None:
            done(future.result())
        elif isinstance(error, Exception):
            (failed or partial(show_error, owner))(error)
        else:
            raise error

    @Slot(object)
    def _call(self, call: Callable[[], object]) -> None:
        call()
