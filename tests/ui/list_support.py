"""A window with the pages of lists in it, and stubs that remember what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from casedesk.desk import Desk
from casedesk.services.cases import edit_case
from casedesk.services.intake import register_case
from casedesk.ui.cases.page import CasesPage
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Goto, Here, Page
from casedesk.ui.palette import Palette
from casedesk.ui.referrals import ReferralsPage
from casedesk.ui.today.page import TodayPage
from casedesk.ui.window import Window
from tests.support.people import a_returnee
from tests.support.sitting import activate

KEY, NONE = Qt.Key, Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
TODAY = date(2026, 5, 12)
OTHERS = ("case", "intake", "directory", "settings", "print")


class Stub(Page):
    """Stands for a page that is not of these, and remembers what it was asked for."""

    def __init__(self, here: Here, **what: Any) -> None:
        super().__init__(here)
        self.what = what
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class StubSheet(Sheet):
    """Stands for the referral sheet."""

    asked: list[dict[str, Any]] = []  # noqa: RUF012 - emptied by each window

    def __init__(self, _here: Here, host: QWidget, **what: Any) -> None:
        super().__init__(host, "Refer")
        self.asked.append(what)
        self.body.addWidget(QPushButton("Refer"))


@dataclass
class Shown:
    """A window on the screen, and hands that type."""

    qtbot: QtBot
    window: Window
    refer_asked: list[dict[str, Any]] = field(default_factory=list)

    def wait(self, holds: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(holds, timeout=10_000)

    @property
    def focus(self) -> QWidget:
        """Where keys go."""
        return self.window.focusWidget() or self.window

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
        """Press a key where the focus is."""
        activate(self.window)
        QTest.keyClick(self.focus, key, modifier)

    def write(self, text: str) -> None:
        """Type letters of any script where the focus is."""
        for letter in text:
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                QApplication.sendEvent(self.focus, QKeyEvent(kind, 0, NONE, letter))

    def go(self, page: str, **what: Any) -> None:
        self.window.go(Goto(page, what))

    def asked(self, page: str) -> dict[str, Any]:
        """What the stub of this page was opened with."""
        self.wait(lambda: isinstance(self.window.page, Stub))
        assert isinstance(self.window.page, Stub)
        assert self.window.where().page == page
        return self.window.page.what

    @property
    def cases(self) -> CasesPage:
        assert isinstance(self.window.page, CasesPage)
        return self.window.page

    @property
    def today(self) -> TodayPage:
        assert isinstance(self.window.page, TodayPage)
        return self.window.page

    def sheet(self, kind: type[Sheet] = Sheet) -> Any:
        found = [each for each in self.window.findChildren(kind) if each.isVisible()]
        assert found, f"no {kind.__name__} is open"
        return found[-1]

    def button(self, words: str, root: QWidget | None = None) -> QPushButton:
        """The visible button with these words on it, or with them as its name, as soon as it is there."""
        found: list[QPushButton] = []

        def look() -> bool:
            everywhere = (root or self.window).findChildren(QPushButton)
            found[:] = [each for each in everywhere if each.isVisible() and words in _said_on(each)]
            return bool(found)

        self.wait(look)
        return found[0]

    def close(self) -> None:
        self.window.close()


def show(qtbot: QtBot, desk: Desk, width: int = 1366, height: int = 768) -> Shown:
    """A window of this size with the real pages of lists."""
    pages: dict[str, Callable[..., Page]] = dict.fromkeys(OTHERS, Stub)
    pages |= {"today": TodayPage, "cases": CasesPage, "referrals": ReferralsPage}
    asked: list[dict[str, Any]] = []
    StubSheet.asked = asked
    window = Window(desk, pages, {"palette": Palette, "refer": StubSheet})
    window.resize(width, height)
    window.show()
    activate(window)
    return Shown(qtbot, window, asked)


def someone(desk: Desk, name: str, bangla: str, due: int = 5, **more: object) -> UUID:
    """Register a person whose next contact is in some days; `category` is decided afterwards."""
    category = more.pop("case__category", None)
    phone = f"+88017110{sum(map(ord, bangla)) % 100_000:05}"  # a number of their own
    answers = {"case__next_contact_on": TODAY + timedelta(days=due), "person__phone_1": phone, **more}
    case_id = register_case(desk, a_returnee(person__name_en=name, person__name_bn=bangla, **answers))
    if category is not None:
        edit_case(
            desk,
            case_id,
            {"case.category": (None, category), "case.category_reason": (None, "no_suggestion_given")},
        )
    return case_id


def _said_on(made: QPushButton) -> tuple[str, str]:
    return made.text().strip().replace("&&", "&"), made.accessibleName()


def words_on(root: QWidget) -> str:
    """All labels on the screen under this widget."""
    return " | ".join(label.text() for label in root.findChildren(PlainLabel) if label.isVisible())
