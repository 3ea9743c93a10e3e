"""Shows the program without anybody before it: registers a returnee by real key presses, takes pictures, writes papers.

For the demonstration where there is no display, and for the pictures of the documentation.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier
from typing import Final
from uuid import UUID

from PySide6.QtCore import QMessageLogContext, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from casedesk import i18n
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import LANGUAGES, _
from casedesk.reports.assemble import print_letter, print_summary
from casedesk.reports.file_names import file_name
from casedesk.services.case_facts import case_facts
from casedesk.services.drafts import drafts
from casedesk.services.prints import FULL, LETTER, SHARED, SUMMARY, PrintRequest
from casedesk.services.referrals.reading import ListedReferral, waiting
from casedesk.settings import Settings
from casedesk.ui.application import HEIGHT, WIDTH, tables
from casedesk.ui.intake.page import IntakePage
from casedesk.ui.kit import theme as themes
from casedesk.ui.page import Goto
from casedesk.ui.settings import Wishes
from casedesk.ui.showing_exchange import two_computers
from casedesk.ui.window import Window

Key = Qt.Key
CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
QUIET: Final = 250  # ms in which what waits a moment by itself has begun
ROUNDS: Final = 3  # what a page reads first can make it read more
WORKERS: Final = 2  # the threads of Jobs.run
LONGEST: Final = 30.0  # seconds for anything to happen
MOST_TABS: Final = 40


class NothingHappened(CaseDeskError):
    """The window did not do what was expected in time."""

    def __init__(self) -> None:
        super().__init__(
            _("The window did not answer in time."), hint=_("The practice centre is whole. Start the command again.")
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown: the person registered through the window, and the pictures."""

    case_id: UUID
    case_number: str
    pictures: tuple[Path, ...]


def show(desk: Desk, folder: Path) -> Shown:
    """Register a returnee through the window, then take every picture in both languages and both looks."""
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)  # noqa: S101 - the only kind this program makes
    with _no_word_of_the_platform():
        _dress(app, "en", dark=False)
        with _window(desk) as window:
            case_id = _register(window)
            places = _places(desk, case_id)
            pictures = _pictures(app, window, folder, places)
        with TemporaryDirectory() as apart, two_computers(Path(apart)) as (first, differing), _window(first) as window:
            pictures += _pictures(app, window, folder, _places_of_sync(differing), first=len(places) + 1)
    return Shown(case_id, case_facts(desk, case_id).number, tuple(pictures))


@contextmanager
def _window(desk: Desk) -> Iterator[Window]:
    """The real window over this desk, on its first page."""
    pages, overlays = tables()
    pages = {**pages, "settings": partial(pages["settings"], wishes=_no_wishes())}
    window = Window(desk, pages, overlays)
    window.resize(WIDTH, HEIGHT)
    window.show()
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    try:
        window.go_home()
        yield window
    finally:
        window.close()
        QTest.qWait(QUIET)


def _no_wishes() -> Wishes:
    """For settings that are looked at and not changed."""

    def nothing(*_: object) -> None: ...

    return Wishes(Settings, nothing, nothing, nothing, nothing, nothing, nothing)


@contextmanager
def _no_word_of_the_platform() -> Iterator[None]:
    """Without a display Qt says of every window what it cannot do with it."""

    def drop(_kind: QtMsgType, _context: QMessageLogContext, _message: str) -> None: ...

    before = qInstallMessageHandler(drop)
    try:
        yield
    finally:
        qInstallMessageHandler(before)


def papers(desk: Desk, shown: Shown, folder: Path) -> list[Path]:
    """The case summary of the one who was registered, full and shared, and a referral letter; in both languages."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for language in LANGUAGES:
        for level in (FULL, SHARED):
            request = PrintRequest(level=level, language=language, purpose="own_file", reason="demo")
            (paper,) = print_summary(desk, shown.case_id, request, "file")
            name = file_name(SUMMARY, shown.case_number, level, desk.today())
            written.append(_write(folder, f"{language}_{name}", paper))
        letter = _a_letter(desk)
        if letter is not None:
            asked = PrintRequest(language=language, purpose="give_partner", reason="demo")
            (paper,) = print_letter(desk, letter.referral.id, asked, "file")
            name = file_name(LETTER, letter.referral.number, None, desk.today())
            written.append(_write(folder, f"{language}_{name}", paper))
    return written


def _write(folder: Path, name: str, paper: bytes) -> Path:
    path = folder / name
    path.write_bytes(paper)
    return path


def _a_letter(desk: Desk) -> ListedReferral | None:
    mine = (row for row in waiting(desk) if row.owner_id == desk.actor.id and not row.hide_name)
    return next(mine, None)


def _dress(app: QApplication, language: str, *, dark: bool) -> None:
    i18n.use(language)
    themes.apply(app, themes.Theme(dark, language, 1.0))


# Registering


def _register(window: Window) -> UUID:
    """Quick register, as somebody at the keyboard does it."""
    typist = Typist(window)
    typist.press(Key.Key_N, CTRL)
    if typist.page().kind != "quick":
        typist.press(Key.Key_Q, ALT)
    typist.answer("consent_line.case_services", Key.Key_Y)
    typist.answer("consent_line.store_data", Key.Key_Y)
    typist.answer("consent.method", "spoken")
    typist.answer("person.name_bn", "নাজমা বেগম")
    typist.answer("person.name_en", "Nazma Begum")
    typist.answer("person.sex_gender", "fem")
    typist.answer("person.age_stated", "৩২")
    typist.answer("person.phone_1", f"01700-09{int(time.time()) % 10_000:04d}")  # another one each time
    typist.answer("person.safe_contact_rule", "safe at any")
    typist.answer("migration_episode.destination_country", "saudi")
    typist.answer("migration_episode.departed_on", "June 2023")
    typist.answer("migration_episode.returned_on", "2 weeks ago")
    typist.answer("migration_episode.manner_of_return", "by emp")
    typist.answer("migration_episode.main_return_reason", "wages")
    typist.answer("safety_flag.none", Key.Key_Space)
    typist.press(Key.Key_Return, CTRL)
    _until(lambda: window.where().page == "case")
    _settle(window)
    return UUID(window.where().what["case_id"])


class Typist:
    """Presses keys where the focus is."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def page(self) -> IntakePage:
        """The intake, as soon as it is there."""
        _until(lambda: isinstance(self._window.page, IntakePage))
        page = self._window.page
        if not isinstance(page, IntakePage):
            raise NothingHappened
        return page

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self._focused(), key, modifier)

    def answer(self, key: str, said: str | Qt.Key) -> None:
        """Go to a question by Tab and answer it; Bangla comes from an input method, as from any layout for it."""
        self._go_to(key)
        if isinstance(said, Qt.Key):
            self.press(said)
        elif said.isascii():
            QTest.keyClicks(self._focused(), said)
        else:
            commit = QInputMethodEvent()
            commit.setCommitString(said)
            QApplication.sendEvent(self._focused(), commit)

    def _go_to(self, key: str) -> None:
        for _press in range(MOST_TABS):
            part = self.page().middle.part
            if part is not None and part.here() == key:
                return
            self.press(Key.Key_Tab)
        raise NothingHappened

    def _focused(self) -> QWidget:
        """Keys go to an open list first, as the system does it."""
        return QApplication.activePopupWidget() or QApplication.focusWidget() or self._window


def _until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not happened():
        if time.monotonic() > end:
            raise NothingHappened
        QTest.qWait(5)


def _settle(window: Window) -> None:
    """Wait until every lane has finished what it was given, and what followed from it is shown."""
    for _round in range(ROUNDS):
        _meet(window)
    QTest.qWait(QUIET)
    _meet(window)


def _save(window: Window) -> None:
    """What is open says that it is saved, not that it is about to be."""
    if window.page is not None:
        window.page.store()


def _meet(window: Window) -> None:
    """Wait until every lane has come to the end of what it was given."""
    met: list[object] = []
    meeting = Barrier(WORKERS)  # they only meet when nothing is before them
    window.jobs.write(window, lambda: None, met.append, failed=met.append)
    for _worker in range(WORKERS):
        window.jobs.run(window, partial(meeting.wait, LONGEST), met.append, failed=met.append)
    _until(lambda: len(met) == WORKERS + 1)


# Pictures


def _places(desk: Desk, registered: UUID) -> dict[str, tuple[Goto, ...]]:
    """What is in each picture: the page to go to, and what is laid over it."""
    told = _a_letter(desk)
    rich = str(told.referral.case_id if told is not None else registered)
    case = Goto("case", {"case_id": rich})
    needs = case_facts(desk, UUID(rich)).needs
    begun = drafts(desk)
    intake = {"draft_id": str(begun[0].id), "part": "person", "kind": "full"} if begun else {"kind": "quick"}
    return {
        "today": (Goto("today"),),
        "cases": (Goto("cases"),),
        "intake": (Goto("intake", intake),),
        "quick-register": (Goto("intake", {"kind": "quick"}),),
        "case": (case,),
        "case-just-registered": (Goto("case", {"case_id": str(registered)}),),
        "timeline": (Goto("case", {"case_id": rich, "section": "timeline"}),),
        "refer": (case, Goto("refer", {"case_id": rich, "need_id": str(needs[0].id) if needs else None})),
        "referrals": (Goto("referrals"),),
        "print": (Goto("print", {"case_id": rich}),),
        "directory": (Goto("directory"),),
        "reports": (Goto("reports"),),
        "report-paper": (Goto("report_paper"),),
        "backup": (Goto("settings", {"tab": "backup"}),),
        "audit-trail": (Goto("settings", {"tab": "trail"}),),
    }


def _places_of_sync(differing: UUID) -> dict[str, tuple[Goto, ...]]:
    """The pages of a centre that exchanges, with a case that two computers have changed."""
    return {
        "sync": (Goto("sync"),),
        "review": (Goto("review", {"about": str(differing)}),),
        "computers": (Goto("settings", {"tab": "computers"}),),
        "people": (Goto("settings", {"tab": "people"}),),
    }


def _pictures(
    app: QApplication, window: Window, folder: Path, places: dict[str, tuple[Goto, ...]], *, first: int = 1
) -> list[Path]:
    written = []
    for language in LANGUAGES:
        for look in ("light", "dark"):
            _dress(app, language, dark=look == "dark")
            window.rebuild()
            for place, (name, steps) in enumerate(places.items(), start=first):
                for step in steps:
                    window.go(step)
                    _settle(window)
                _save(window)
                path = folder / f"{place:02d}-{name}-{language}-{look}.png"
                window.grab().save(str(path))
                written.append(path)
    _dress(app, "en", dark=False)
    return written
