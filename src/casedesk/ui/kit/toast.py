"""A short message at the bottom left that goes away by itself."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from casedesk.i18n import _
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import row
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import current, tokens

MARGIN = 20


class Toast(QFrame):
    """Shows the newest message over `host`; it waits while the pointer or the focus is on it."""

    def __init__(self, host: QWidget, *, left: int = MARGIN) -> None:
        super().__init__(host)
        self.setProperty("kind", "toast")
        self._host = host
        self._left = left
        self._undo: Callable[[], object] | None = None
        self.words = PlainLabel("", "label", tone="surface")
        self.undo_button: QPushButton = button(_("Undo"), "toast", keys="Ctrl+Z", clicked=self.undo)
        font = current().font("body", 600)
        font.setUnderline(True)
        self.undo_button.setFont(font)
        self.setLayout(row(Icon("ok", "accent_line"), self.words, 6, self.undo_button, gap=8, margins=(14, 8, 14, 8)))
        self._timer = QTimer(self, singleShot=True, interval=tokens()["time_ms"]["toast"])
        self._timer.timeout.connect(self._fade)
        host.installEventFilter(self)
        self.hide()

    def say(self, text: str, undo: Callable[[], object] | None = None) -> None:
        """Show the text in the place of the one before; `undo` adds the button."""
        self._undo = undo
        self.words.setText(text)
        self.undo_button.setVisible(undo is not None)
        self.setAccessibleName(text)
        self.show()
        self._place()
        self.raise_()
        self._timer.start()
        announce(self, text)

    def dismiss(self) -> None:
        """Take it away."""
        self._timer.stop()
        self._undo = None
        self.hide()

    def _fade(self) -> None:
        if self.underMouse() or self.undo_button.hasFocus():
            self._timer.start()
        else:
            self.dismiss()

    def undo(self) -> None:
        """Do what is offered, once; nothing if nothing is."""
        undo = self._undo
        if undo is not None:
            self.dismiss()
            undo()

    def _place(self) -> None:
        host = self._host
        self.setMaximumWidth(max(host.width() - self._left - MARGIN, 100))
        self.adjustSize()
        self.move(self._left, host.height() - self.height() - MARGIN)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)


def announce(widget: QWidget, text: str) -> None:
    """Let a screen reader say the text when it is free."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))
