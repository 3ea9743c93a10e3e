"""A window with the intake in it, and a person who uses it by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from casedesk.desk import Desk
from casedesk.ui.compare import ComparePage
from casedesk.ui.intake.page import IntakePage
from casedesk.ui.page import Here, Page
from casedesk.ui.window import Window

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


class Elsewhere(Page):
    """Any other page; remembers what it was opened with."""

    def __init__(self, here: Here, **what: Any) -> None:
        super().__init__(here)
        self.what = what


def a_window(desk: Desk) -> Window:
    pages: dict[str, Callable[..., Page]] = {"intake": IntakePage, "compare": ComparePage}
    for other in ("today", "cases", "case", "referrals", "directory", "settings"):
        pages[other] = Elsewhere
    return Window(desk, pages, {})


class Typist:
    """Presses keys where the focus is, and counts those that are not words."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.presses = 0

    def press(self, *keys: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        for key in keys:
            self.presses += 1
            QTest.keyClick(self._focused(), key, modifier)

    def pick(self, letters: str) -> None:
        """Find a code by its letters; each is a key press."""
        self.presses += len(letters)
        QTest.keyClicks(self._focused(), letters)

    def type(self, words: str) -> None:
        """Type an answer; Bangla comes from an input method, as it does from any keyboard layout for it."""
        if words.isascii():
            QTest.keyClicks(self._focused(), words)
            return
        commit = QInputMethodEvent()
        commit.setCommitString(words)
        QApplication.sendEvent(self._focused(), commit)

    def _focused(self) -> QWidget:
        """Keys go to an open list first, as the system does it. Closing one offscreen deactivates the window."""
        if QApplication.activeWindow() is None:
            self.window.activateWindow()
            QApplication.processEvents()
        return QApplication.activePopupWidget() or QApplication.focusWidget() or self.window


def the_intake(window: Window) -> IntakePage:
    page = window.page
    assert isinstance(page, IntakePage)
    return page


def press_button(root: QWidget, words: str) -> None:
    """Click a button by what is written on it."""
    QApplication.processEvents()
    for found in root.findChildren(QPushButton):
        if found.isVisible() and found.text().strip() == words:
            QTest.mouseClick(found, Qt.MouseButton.LeftButton)
            return
    raise AssertionError(f"no button says {words!r}")
