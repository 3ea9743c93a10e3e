"""Notices when nobody uses the window any more, when the computer slept, and the three presses of Shift that hide."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent

from casedesk.machine import steady

NOTICE = 20  # seconds of warning before the lock
HIDDEN = 60  # seconds behind the cover until it locks
SLEPT = 20  # a second that took this long was sleep
SHIFTS, SHIFT_SECONDS = 3, 1.5
USE = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.InputMethod,
        QEvent.Type.TabletMove,
    }
)


class Watch(QObject):
    """Watches the input of one window. The wall clock has no say in it.

    `soon` tells the seconds left, 0 when somebody is back; `due` why it is time to lock.
    """

    soon = Signal(int)
    due = Signal(str)
    shifted = Signal()

    def __init__(self, parent: QObject, minutes: int, clock: Callable[[], float] = steady) -> None:
        super().__init__(parent)
        self.minutes = minutes
        self._clock = clock
        self._used = self._looked = clock()
        self._hidden: float | None = None
        self._warned = False
        self._shifts: deque[float] = deque(maxlen=SHIFTS)
        self._timer = QTimer(self, interval=1000)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def use(self) -> None:
        """Somebody is here."""
        self._used = self._clock()
        if self._warned:
            self._warned = False
            self.soon.emit(0)

    def quiet(self) -> float:
        """How many seconds nobody has used the window."""
        return self._clock() - self._used

    def hide(self, on: bool) -> None:
        """The cover came or went."""
        self._hidden = self._clock() if on else None
        self.use()

    def look(self) -> None:
        """Once a second: is it time?"""
        now = self._clock()
        slept, self._looked = now - self._looked > SLEPT, now
        left = self.minutes * 60 - (now - self._used)
        if slept:
            self._lock("sleep")
        elif self._hidden is not None and now - self._hidden >= HIDDEN:
            self._lock("hidden")
        elif left <= 0:
            self._lock("idle")
        elif left <= NOTICE and self._hidden is None:
            self._warned = True
            self.soon.emit(round(left))

    def stop(self) -> None:
        self._timer.stop()

    def _lock(self, why: str) -> None:
        self.stop()
        self.due.emit(why)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """For the native window, which sees every input before its widgets and little else."""
        if event.type() in USE:
            self.use()
            if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
                self._key(event)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Shift:
            self._shifts.clear()
        elif not event.isAutoRepeat():
            now = self._clock()
            self._shifts.append(now)
            if len(self._shifts) == SHIFTS and now - self._shifts[0] <= SHIFT_SECONDS:
                self._shifts.clear()
                self.shifted.emit()
