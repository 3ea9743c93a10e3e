"""The pause of an interview: a quiet page that shows the time and nothing of the person."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QWidget

from casedesk import formats
from casedesk.i18n import _
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import column, row
from casedesk.ui.kit.texts import PlainLabel


class PauseCover(QFrame):
    """Lies over the whole window until Continue."""

    ended = Signal()

    def __init__(self, window: QWidget, clock: Callable[[], datetime]) -> None:
        super().__init__(window)
        self.setProperty("kind", "flat")
        self.setAccessibleName(_("Pause"))
        self._clock = clock
        self._time = PlainLabel("", "number")
        self._time.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        words = PlainLabel(_("A short pause. Everything is kept."), "body", tone="text2")
        words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.go_on = button(_("Continue"), "primary", size="l", clicked=self._end)
        self.setLayout(column(None, self._time, words, 12, row(None, self.go_on, None), None, gap=6))
        self._beat = QTimer(self, interval=5000)
        self._beat.timeout.connect(self._tell_time)
        self._beat.start()
        self._tell_time()
        window.installEventFilter(self)
        self.setGeometry(window.rect())
        self.show()
        self.raise_()
        self.go_on.setFocus(Qt.FocusReason.PopupFocusReason)

    def _tell_time(self) -> None:
        self._time.setText(formats.clock(self._clock()))

    def _end(self) -> None:
        self.hide()
        self.ended.emit()
        self.deleteLater()

    def focusNextPrevChild(self, _forward: bool) -> bool:
        self.go_on.setFocus()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._end()
        event.accept()  # the page behind takes no keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
        return super().eventFilter(watched, event)
