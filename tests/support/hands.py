"""A window on the screen, and hands that press keys in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from casedesk.ui.window import Window

NONE = Qt.KeyboardModifier.NoModifier


@dataclass
class Hands:
    """What the tests of a page begin with."""

    qtbot: QtBot
    window: Window

    def wait(self, holds: Callable[[], bool | None]) -> None:
        self.qtbot.waitUntil(holds, timeout=30_000)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        """Press a key where the focus is, or in the list that is open over it."""
        popup, focused = QApplication.activePopupWidget(), self.window.focusWidget() or self.window
        if popup is None and not self.window.isActiveWindow():
            self.activate()
            focused.setFocus()  # a list that closed gives the focus back late
        QTest.keyClick(popup or focused, key, modifier)

    def activate(self) -> None:
        """Make the window the active one; the offscreen platform forgets which it was."""
        if not self.window.isActiveWindow():
            self.window.activateWindow()
            self.wait(self.window.isActiveWindow)
