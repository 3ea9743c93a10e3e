"""The whole program in a test: its screens, a clock one can turn, and no process that is really replaced."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QDeadlineTimer, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QRadioButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from casedesk.services.preferences import prefer, preferences
from casedesk.storage.keys import FLOOR
from casedesk.ui.application import LOCKED, Practice, Program, Tables
from casedesk.ui.first_run import FirstRun, Welcome
from casedesk.ui.kit.layouts import column
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Here, Page
from casedesk.ui.settings import SettingsPage
from casedesk.ui.sign_in import SignIn
from casedesk.ui.window import Window
from tests.conftest import PASSPHRASE

NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
W = TypeVar("W", bound=QWidget)
SECONDS = 30_000  # long work on a busy machine, in milliseconds


class NotePage(Page):
    """A page with one line to type, kept as a preference when the page goes."""

    nav = "today"

    def __init__(self, here: Here, *, which: str = "first") -> None:
        super().__init__(here)
        self.which = which
        self.line = QLineEdit(preferences(here.desk).get(f"note_{which}", ""))
        self.line.setObjectName("note")
        self.line.setAccessibleName("Note")
        self.setLayout(column(PlainLabel(which, "page"), self.line, None))
        self.setFocusProxy(self.line)

    def store(self) -> None:
        prefer(self.here.desk, f"note_{self.which}", self.line.text())


class NoteSheet(Sheet):
    """A sheet with one line; the host is the window's shell."""

    def __init__(self, here: Here, host: QWidget, *, typed: str = "") -> None:
        super().__init__(host, "Sheet")
        self.here = here
        self.line = QLineEdit(typed)
        self.line.setAccessibleName("In the sheet")
        self.body.addWidget(self.line)


def note_tables() -> Tables:
    return {"today": NotePage, "cases": NotePage, "settings": SettingsPage}, {"palette": NoteSheet}


@dataclass
class Turned:
    """A steady clock that goes on when it is told to."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


begun: list[Sitting] = []  # what the end of the test ends


@dataclass
class Sitting:
    """One run of the program over a folder, as a person sees it."""

    qtbot: QtBot
    folder: Path
    practice: Practice | None = None
    clock: Callable[[], datetime] = lambda: NOW
    ticks: Turned = field(default_factory=Turned)
    restarts: list[list[str]] = field(default_factory=list)
    tables: Callable[[], Tables] = note_tables

    def __post_init__(self) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.setQuitOnLastWindowClosed(False)
        self.program = Program(
            app,
            self.folder,
            practice=self.practice,
            clock=self.clock,
            ticks=self.ticks,
            cost=lambda: FLOOR,
            restart=self.restarts.append,
            tables=self.tables,
        )
        begun.append(self)
        self.program.start()

    def after_lock(self) -> Sitting:
        """The fresh process that the lock began."""
        assert len(self.restarts) == 1
        return Sitting(self.qtbot, self.folder, self.practice, self.clock, self.ticks, tables=self.tables)

    def end(self) -> None:
        os.environ.pop(LOCKED, None)
        if not isValid(self.program):
            return
        if self.program.screen is not None:
            self.program.screen.close()
            self.program.screen.deleteLater()
            self.program.screen = None
        self.program.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    # Screens

    def screen(self, kind: type[W]) -> W:
        """Wait for this kind of screen."""
        self.qtbot.waitUntil(lambda: isinstance(self.program.screen, kind), timeout=SECONDS)
        screen = self.program.screen
        assert isinstance(screen, kind)
        activate(screen)
        return screen

    @property
    def welcome(self) -> Welcome:
        return self.screen(Welcome)

    @property
    def first_run(self) -> FirstRun:
        return self.screen(FirstRun)

    @property
    def sign_in(self) -> SignIn:
        return self.screen(SignIn)

    @property
    def window(self) -> Window:
        return self.screen(Window)

    @property
    def page(self) -> NotePage:
        page = self.window.page
        assert isinstance(page, NotePage)
        return page

    # Hands

    def enter(self, name: str, passphrase: str) -> Window:
        """Sign in with the keyboard, as at any start."""
        assert self.sign_in.isVisible()
        if name:
            type_keys(name)
            press(Qt.Key.Key_Return)
        type_keys(passphrase)
        press(Qt.Key.Key_Return)
        return self.window

    def pass_time(self, seconds: float, step: float = 1.0) -> None:
        """Let the watch look as often as it does, `step` seconds apart."""
        window = self.window
        for _second in range(int(seconds / step)):
            self.ticks.at += step
            window.watch.look()
            if self.restarts:
                return


def entered(qtbot: QtBot, folder: Path, tables: Callable[[], Tables] = note_tables) -> Sitting:
    """Signed in to the vault of this folder, on the first page; the end of the test ends it."""
    sitting = Sitting(qtbot, folder, tables=tables)
    sitting.enter("farzana", PASSPHRASE)
    return sitting


def activate(window: QWidget) -> None:
    """Make it the active window; the offscreen platform forgets which it was when a list or a window closes."""
    waited = QDeadlineTimer(SECONDS)
    while isValid(window) and window.isVisible() and not window.isActiveWindow() and not waited.hasExpired():
        window.activateWindow()
        QApplication.processEvents()


def focused() -> QWidget:
    """What has the focus, once a window that was just shown has become the active one."""
    waited = QDeadlineTimer(SECONDS)
    while (here := QApplication.focusWidget()) is None and not waited.hasExpired():
        for window in QApplication.topLevelWidgets():
            activate(window)
        QApplication.processEvents()
    assert here is not None
    return here


def type_keys(text: str) -> None:
    """Type into what has the focus; letters that are on no Latin key come as the keyboard layout sends them."""
    if text.isascii():
        QTest.keyClicks(focused(), text)
        return
    for letter in text:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(focused(), QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, letter))


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(focused(), key, modifiers)


def words_of(root: QWidget) -> str:
    """Everything that is written on a screen."""
    QApplication.processEvents()
    buttons = [*root.findChildren(QPushButton), *root.findChildren(QRadioButton)]
    labels = [label.text() for label in root.findChildren(PlainLabel) if label.isVisible()]
    return "\n".join([*labels, *(each.text() for each in buttons if each.isVisible())])
