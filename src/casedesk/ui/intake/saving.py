"""Writes the draft while somebody types: within half a second, on leaving a field, and again after a fault."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from casedesk.errors import CaseDeskError
from casedesk.ui.intake.keeping import Keeper
from casedesk.ui.intake.strip import Strip
from casedesk.ui.jobs import Jobs
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.theme import tokens

RETRY_AFTER = 3000


class Saver(QObject):
    """`ready` puts the newest answers into the keeper; the strip shows the three faces of saving."""

    def __init__(self, page: QWidget, jobs: Jobs, keeper: Keeper, strip: Strip, ready: Callable[[], object]) -> None:
        super().__init__(page)
        self._page, self._jobs, self._keeper, self._strip, self._ready = page, jobs, keeper, strip, ready
        self._dirty = False
        self._pause = QTimer(self, singleShot=True, interval=tokens()["time_ms"]["autosave_pause"])
        self._pause.timeout.connect(self.save)
        self._retry = QTimer(self, singleShot=True, interval=RETRY_AFTER)
        self._retry.timeout.connect(self.save)

    def changed(self) -> None:
        """Something was typed. The pause is not begun again by the next letter, so a second is never lost."""
        self._dirty = True
        self._strip.saving()
        if not self._pause.isActive():
            self._pause.start()

    def save(self) -> None:
        """Write now, in the lane of writes."""
        self._pause.stop()
        self._put()
        if self._keeper.unsaved:
            self._jobs.write(self._page, self._keeper.store, self._saved, failed=self._failed)

    def save_if_typed(self) -> None:
        if self._dirty:
            self.save()

    def store(self) -> None:
        """Write now and wait for it. Raises CaseDeskError if the disk does not take it; it is tried again soon."""
        self._pause.stop()
        self._put()
        try:
            saved = self._keeper.store()
        except CaseDeskError as error:
            self._failed(error)
            raise
        self._saved(saved)

    def flush(self) -> bool:
        """Write before going on; False if the disk did not take it, which the strip says."""
        try:
            self.store()
        except CaseDeskError:
            return False
        return True

    def stop(self) -> None:
        self._pause.stop()
        self._retry.stop()
        self._dirty = False

    def _put(self) -> None:
        if self._dirty:
            self._ready()
            self._dirty = False

    def _saved(self, at: datetime | None) -> None:
        if at is not None and not self._dirty:
            self._retry.stop()
            self._strip.saved_at(at)

    def _failed(self, error: Exception) -> None:
        self._strip.not_saved()
        self._retry.start()
        if not isinstance(error, CaseDeskError):
            show_error(self._page, error)
