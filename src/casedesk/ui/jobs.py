"""Work beside the UI thread: one lane for writes, a few for the rest."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from casedesk.ui.kit.messages import show_error

log = logging.getLogger(__name__)
T = TypeVar("T")


class Jobs(QObject):
    """Runs work and tells its owner on the UI thread, if the owner is still there by then."""

    _ready = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._writes = ThreadPoolExecutor(1, "write")
        self._others = ThreadPoolExecutor(2, "work")
        self._closed = False
        self._ready.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def write(
        self,
        owner: QWidget,
        work: Callable[[], T],
        done: Callable[[T], object],
        *,
        failed: Callable[[Exception], object] | None = None,
    ) -> None:
        """Run `work` after the writes before it. Without `failed` the error is shown over the owner."""
        self._start(self._writes, owner, work, done, failed)

    def run(
        self,
        owner: QWidget,
        work: Callable[[], T],
        done: Callable[[T], object],
        *,
        failed: Callable[[Exception], object] | None = None,
    ) -> None:
        """Run `work` beside everything else: PDFs, long reads, key derivation."""
        self._start(self._others, owner, work, done, failed)

    def post(self, call: Callable[[], object]) -> None:
        """Have `call` called on the UI thread, soon."""
        self._ready.emit(call)

    def close(self) -> None:
        """Let running work finish; drop what has not begun, except writes."""
        self._closed = True
        self._others.shutdown(cancel_futures=True)
        self._writes.shutdown()

    def _start(
        self,
        lane: ThreadPoolExecutor,
        owner: QWidget,
        work: Callable[[], T],
        done: Callable[[T], object],
        failed: Callable[[Exception], object] | None,
    ) -> None:
        if self._closed:
            return  # the window goes: nobody waits for an answer

        def finish(future: Future[T]) -> None:
            if not future.cancelled():
                self.post(partial(self._finish, owner, future, done, failed))

        lane.submit(work).add_done_callback(finish)

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
