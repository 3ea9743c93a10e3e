"""Single keys that act - letters, digits, brackets, / and ? - and how to switch them off (UX 8)."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPlainTextEdit, QRadioButton, QTextEdit, QWidget

TYPING = (QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QRadioButton)  # a question is answered with Y, N, U and D


class SingleKeys(QObject):
    """For the native window, which sees every key before its widgets. While off, single keys reach only what is
    typed into; `place` is where they would act."""

    def __init__(self, parent: QObject, place: Callable[[], QWidget | None], *, on: bool = True) -> None:
        super().__init__(parent)
        self.on = on
        self._place = place

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not self.on and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return _is_single(event) and self._would_act()
        return super().eventFilter(watched, event)

    def _would_act(self) -> bool:
        focused, place = QApplication.focusWidget(), self._place()
        if place is None or isinstance(focused, TYPING):
            return False
        return focused is None or focused is place or place.isAncestorOf(focused)


def _is_single(event: QKeyEvent) -> bool:
    held = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
    text = event.text()
    return not held and len(text) == 1 and text.isprintable() and not text.isspace()
