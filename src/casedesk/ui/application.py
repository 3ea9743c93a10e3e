"""Puts the program together: settings, look, the screen that comes first, the window, the lock."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import (
    QByteArray,
    QMessageLogContext,
    QObject,
    Qt,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
)
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from casedesk import i18n, logs, machine
from casedesk import settings as stored
from casedesk.desk import Clock, Desk, now
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.machine import steady
from casedesk.services import backups, office
from casedesk.services.permissions import may
from casedesk.services.preferences import prefer, preferences
from casedesk.services.sign_in import sign_out
from casedesk.settings import TEXT_SIZES, Settings
from casedesk.storage import keys
from casedesk.storage.backup import restoring
from casedesk.storage.backup.sealed import Manifest
from casedesk.storage.vault import vault_exists
from casedesk.ui import garbage
from casedesk.ui.backups import Keeper, damaged_banner, room_banner
from casedesk.ui.first_run import FirstRun, Welcome
from casedesk.ui.kit import clipboard
from casedesk.ui.kit import theme as themes
from casedesk.ui.kit.blocks import Banner, paint_mark
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.messages import tell
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.page import Goto, Here, Page
from casedesk.ui.qt_words import QtWords
from casedesk.ui.settings import SettingsPage, Wishes
from casedesk.ui.sign_in import NOT_RESTORED, RESTORED, Invented, Locked, SignIn
from casedesk.ui.waits import Waits
from casedesk.ui.window import Window

WIDTH, HEIGHT = 1366, 768
# Set just before the process replaces itself and taken away as the fresh one starts, so that it ends with the
# sitting: nothing on the disk tells who was here last. It holds no key.
LOCKED: Final = "CASEDESK_LOCKED"
YES, NO = "yes", "no"  # how a preference is written

Screen = Welcome | FirstRun | SignIn | Waits | Window
Tables = tuple[Mapping[str, Callable[..., Page]], Mapping[str, Callable[..., Sheet]]]


@dataclass(frozen=True, slots=True)
class Practice:
    """The practice centre: where it lies, who signs in there, and how it is made when it is not there yet."""

    folder: Path
    sign_in_name: str
    passphrase: str
    make: Callable[[Path], object]


@cache
def tables() -> Tables:
    """Every page and overlay by its code, loaded when somebody has signed in."""
    from casedesk.ui.case.page import CasePage
    from casedesk.ui.cases.page import CasesPage
    from casedesk.ui.compare import ComparePage
    from casedesk.ui.directory import DirectoryPage
    from casedesk.ui.intake.page import IntakePage
    from casedesk.ui.palette import Palette
    from casedesk.ui.print.page import PrintPage
    from casedesk.ui.refer import ReferSheet
    from casedesk.ui.referrals import ReferralsPage
    from casedesk.ui.reports.page import ReportsPage
    from casedesk.ui.reports.paper import ReportPaperPage
    from casedesk.ui.review import ReviewPage
    from casedesk.ui.today.page import TodayPage

    pages: dict[str, Callable[..., Page]] = {
        "today": TodayPage,
        "cases": CasesPage,
        "case": CasePage,
        "intake": IntakePage,
        "compare": ComparePage,
        "referrals": ReferralsPage,
        "print": PrintPage,
        "directory": DirectoryPage,
        "reports": ReportsPage,
        "report_paper": ReportPaperPage,
        "sync": _sync_page,
        "review": ReviewPage,
        "settings": SettingsPage,
    }
    garbage.spare_what_is_there()
    return pages, {"palette": Palette, "refer": ReferSheet}


def _sync_page(here: Here, **what: Any) -> Page:
    """Sync and the libraries it needs are loaded when somebody goes there."""
    from casedesk.ui.sync.page import SyncPage

    return SyncPage(here, **what)


def run(folder: Path, *, practice: Practice | None = None) -> int:
    """Show the program over the store in `folder` until its window is closed."""
    machine.private_umask()
    with suppress(CaseDeskError):  # the first screen tells of it, and tries again
        restoring.settle(folder)  # before anything is made where a restored vault is to stand
    machine.private_folder(folder)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("CaseDesk")
    program = Program(app, folder, practice=practice)
    with logs.kept(folder, program.faulted.emit), _qt_messages_logged():
        program.start()
        return app.exec()


def _damaged(window: Window, newest: Manifest | None) -> Banner:
    if not may(window.desk, "backup.make"):
        return damaged_banner(newest)
    go = partial(window.go, Goto("settings", {"tab": "backup"}))
    return damaged_banner(newest, [button(_("Backups"), size="s", clicked=go)])


@contextmanager
def _qt_messages_logged() -> Iterator[None]:
    """What Qt has to say goes to the log, by its category alone."""

    def take(kind: QtMsgType, context: QMessageLogContext, _message: str) -> None:
        level = logging.WARNING if kind in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) else logging.ERROR
        category: str | None = context.category
        logging.getLogger(category or "qt").log(level, "Qt")

    before = qInstallMessageHandler(take)
    try:
        yield
    finally:
        qInstallMessageHandler(before)


class Program(QObject):
    """Which screen is shown, and what leads from one to the next."""

    faulted = Signal(str)

    def __init__(
        self,
        app: QApplication,
        folder: Path,
        *,
        practice: Practice | None = None,
        clock: Callable[[], datetime] = now,
        ticks: Callable[[], float] = steady,
        cost: Callable[[], keys.Cost] = keys.measured_cost,
        restart: Callable[[list[str]], object] = machine.replace_process,
        tables: Callable[[], Tables] = tables,
    ) -> None:
        super().__init__(app)
        self.app = app
        self.folder = folder
        self.screen: Screen | None = None
        self.settings = stored.load(folder)
        self._practice, self._clock, self._ticks, self._cost = practice, Clock(clock), ticks, cost
        self._restart, self._tables = restart, tables
        self._desk: Desk | None = None
        self._name = ""
        self._locked: Locked | None = None
        self._telling = False
        self._words = QtWords(self)
        self.copies = clipboard.Copies(self)
        self.faulted.connect(self._tell_fault, Qt.ConnectionType.QueuedConnection)
        app.styleHints().colorSchemeChanged.connect(self._system_look)

    def start(self) -> None:
        """Show the first screen: unlock after a lock, sign in where there is a centre, else welcome."""
        locked, folder = _handed_over(self.folder, self._clock)
        if locked is not None:
            self.folder, self._locked = folder, locked
            self.settings = stored.load(folder)
        if not (self.folder / stored.FILE).exists():  # until somebody chose, the language the program was started in
            self.settings = replace(self.settings, language=i18n.language())
        i18n.use(self.settings.language)
        self._look()
        self.app.setWindowIcon(_mark())
        self.app.installTranslator(self._words)
        self._begin()

    def _begin(self) -> None:
        """The first screen; none that could begin a new centre while a restored one waits for its place."""
        try:
            restoring.settle(self.folder)
        except CaseDeskError as error:
            waits = Waits(error)
            waits.again.connect(self._begin)
            self._put(waits)
            return
        if vault_exists(self.folder):
            self.ask_to_sign_in()
        else:
            self._welcome()

    # Screens

    def _welcome(self) -> None:
        welcome = Welcome(practice=self._practice is not None, folder=self.folder, clock=self._clock)
        welcome.restored.connect(self.ask_to_sign_in)
        welcome.set_up.connect(self._set_up)
        welcome.look_round.connect(self._look_round)
        self._put(welcome)

    def _set_up(self) -> None:
        first = FirstRun(self.folder, clock=self._clock, cost=self._cost)
        first.done.connect(self._was_set_up)
        first.cancelled.connect(self._welcome)
        self._put(first)

    def _was_set_up(self, desk: Desk, name: str, minutes: int) -> None:
        self._change(lock_minutes=minutes)
        prefer(desk, "lock_minutes", str(minutes))
        self._open(desk, name)

    def _look_round(self) -> None:
        practice, welcome = self._practice, self.screen
        if practice is None or not isinstance(welcome, Welcome):
            return
        welcome.busy(True)
        make = partial(practice.make, practice.folder)
        welcome.jobs.run(welcome, make, lambda _made: self._practise(), failed=welcome.refuse)

    def _practise(self) -> None:
        if self._practice is not None:
            self.folder = self._practice.folder
            self.settings = replace(stored.load(self.folder), language=self.settings.language)
            self.ask_to_sign_in()

    def ask_to_sign_in(self) -> None:
        """Show the sign-in screen; after a lock in this sitting it asks for the passphrase alone."""
        first, second = i18n.spoken_first(self.settings.centre_bn, self.settings.centre_en)
        label = first or second
        practice = self._practice
        here = practice is not None and practice.folder.absolute() == self.folder.absolute()
        invented = Invented(practice.sign_in_name, practice.passphrase) if practice is not None and here else None
        screen = SignIn(self.folder, label, locked=self._locked, invented=invented, clock=self._clock, cost=self._cost)
        screen.signed_in.connect(self._open)
        screen.another.connect(self._another)
        self._put(screen)
        screen.form.begin()

    def _another(self) -> None:
        self._locked = None
        self.ask_to_sign_in()

    def _open(self, desk: Desk, name: str) -> None:
        """The window, with this user's own language and look."""
        self._desk, self._name = desk, name
        chosen = preferences(desk)
        facts = office.office(desk)
        self._change(centre_en=facts.name_en, centre_bn=facts.name_bn, **_own(chosen))
        i18n.use(self.settings.language)
        self._look()
        pages, overlays = self._tables()
        pages = {**pages, "settings": partial(pages["settings"], wishes=self._wishes())}
        window = Window(desk, pages, overlays, lock_minutes=self.settings.lock_minutes, clock=self._ticks)
        window.single_keys.on = self.settings.single_keys
        window.locked.connect(self.lock)
        window.text_size_chosen.connect(self._step_text_size)
        window.closing.connect(self._closed)
        self._put(window)
        self._notices(window, desk)
        self._keep_up(window)
        goes_on = self._locked is not None and self._locked.goes_on
        window.go_home(_place(chosen.get("place", "")) if goes_on else None)
        self._locked = None

    def _notices(self, window: Window, desk: Desk) -> None:
        finding = desk.store.vault.finding.value
        if finding:
            window.notice(lambda: Banner("warn", _("Look at the keys file"), _(finding)))

    def _keep_up(self, window: Window) -> None:
        """Backups of the day, and a look for damage; what comes of it is told under the top bar."""

        def damaged() -> None:
            window.jobs.run(window, partial(backups.newest_whole, window.desk), tell_damaged)

        def tell_damaged(newest: Manifest | None) -> None:
            window.notice(partial(_damaged, window, newest))

        def trouble(error: CaseDeskError) -> None:
            window.notice(lambda: Banner("warn", error.message, error.hint))

        def scarce(left: int) -> None:
            at = window.desk.clock()
            window.notice(lambda: room_banner(left, at))

        window.damaged.connect(damaged)
        if window.desk.store.damaged:
            damaged()
        if not window.desk.practice:
            Keeper(window, window.here, window.watch, trouble, scarce)

    def _put(self, screen: Screen) -> None:
        """Show a screen in the place of the one before."""
        before, self.screen = self.screen, screen
        screen.language_chosen.connect(self.use_language)
        if before is None:
            self._place(screen)
        else:
            screen.setGeometry(before.geometry())
            screen.setWindowState(before.windowState())
        screen.show()
        screen.activateWindow()
        if before is not None:
            before.shut()
            before.hide()
            before.deleteLater()

    def _place(self, screen: QWidget) -> None:
        remembered = QByteArray.fromHex(self.settings.geometry.encode())
        if remembered.isEmpty() or not screen.restoreGeometry(remembered):
            room = screen.screen().availableSize()
            screen.resize(min(WIDTH, room.width()), min(HEIGHT, room.height()))
            if room.width() <= WIDTH:
                screen.setWindowState(Qt.WindowState.WindowMaximized)

    # Settings

    def _wishes(self) -> Wishes:
        return Wishes(
            settings=lambda: self.settings,
            language=self.use_language,
            theme=lambda code: self._prefer("theme", code),
            text_size=lambda size: self._prefer("text_size", size),
            lock_minutes=self._use_minutes,
            single_keys=self._use_single_keys,
            hide=self._hide,
            cost=self._cost,
            restored=self._restored,
            again=self._rebuild,
        )

    def _rebuild(self) -> None:
        if self.screen is not None:
            self.screen.rebuild()

    def use_language(self, code: str) -> None:
        """Speak another language at once; where one is and what is typed stays."""
        if code != i18n.language():
            i18n.use(code)
            self._prefer("language", code)

    def _prefer(self, name: str, value: str | int) -> None:
        """Remember what this user likes, and show it."""
        self._change_for(name, value, str(value))
        self._look()
        if self.screen is not None:
            self.screen.rebuild()

    def _change_for(self, name: str, value: str | int, kept: str) -> None:
        """Change a setting, and keep it as what the user who is signed in prefers."""
        self._change(**{name: value})
        if isinstance(window := self.screen, Window):
            window.jobs.write(window, partial(prefer, window.desk, name, kept), lambda _nothing: None)

    def _use_minutes(self, minutes: int) -> None:
        self._change_for("lock_minutes", minutes, str(minutes))
        if isinstance(self.screen, Window):
            self.screen.watch.minutes = minutes

    def _use_single_keys(self, on: bool) -> None:
        self._change_for("single_keys", on, YES if on else NO)
        if isinstance(self.screen, Window):
            self.screen.single_keys.on = on

    def _step_text_size(self, step: int) -> None:
        at = TEXT_SIZES.index(self.settings.text_size) + step
        size = TEXT_SIZES[min(max(at, 0), len(TEXT_SIZES) - 1)] if step else Settings().text_size
        if size != self.settings.text_size:
            self._prefer("text_size", size)

    def _hide(self) -> None:
        if isinstance(self.screen, Window):
            self.screen.hide_screen()

    def _change(self, **changes: Any) -> None:
        self.settings = replace(self.settings, **changes)
        stored.save(self.folder, self.settings)

    def _look(self) -> None:
        dark = self.settings.theme == "dark"
        if self.settings.theme == "system":
            dark = self.app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        themes.apply(self.app, themes.Theme(dark, i18n.language(), self.settings.text_size / 100))

    def _system_look(self) -> None:
        if self.settings.theme == "system" and self.screen is not None:
            self._look()
            self.screen.rebuild()

    # The end of a sitting

    def lock(self, why: str) -> None:
        """Remember the place, close the vault, and go on as a fresh process that has nothing of this one's memory."""
        window, desk = self.screen, self._desk
        if not isinstance(window, Window) or desk is None:
            return
        self._remember_window(window)
        try:
            place = window.where()
            window.hide()  # before anything that may have to wait
            # Behind the writes that run, and without a word if the disk is full: that is no reason to stay open.
            window.jobs.write(window, partial(_put_down, desk, place), lambda _nothing: None)
        finally:  # nor is a mistake of ours
            self._restart_locked(window, desk, why)

    def _restart_locked(self, window: Window, desk: Desk, why: str) -> None:
        window.hide()
        window.shut()
        self._forget(desk)
        self._start_again(why)

    def _start_again(self, why: str) -> None:
        told = {"name": self._name, "why": why, "store": str(self.folder.absolute())}
        os.environ[LOCKED] = json.dumps(told | {"clock": self._clock.handed_over()})
        self._restart(machine.command(*sys.argv[1:]))

    def _restored(self) -> None:
        """A backup was restored: close the vault, put the restored one into its place, and sign in to that.

        Where the folder cannot be moved now, the present vault stays, and the door says so.
        """
        window, desk = self.screen, self._desk
        if not isinstance(window, Window) or desk is None:
            return
        self._remember_window(window)
        window.hide()
        window.shut()
        self._forget(desk)
        try:
            restoring.switch(self.folder)
        except restoring.NotInPlace:
            self._start_again(RESTORED)  # once it is in its place, which the start sees to
        except CaseDeskError:
            self._start_again(NOT_RESTORED)
        else:
            stored.save(self.folder, self.settings)
            self._start_again(RESTORED)

    def _closed(self) -> None:
        window, desk = self.screen, self._desk
        if isinstance(window, Window) and desk is not None:
            self._remember_window(window)
            self._forget(desk)

    def _forget(self, desk: Desk) -> None:
        self._desk = None
        clipboard.clear()
        sign_out(desk)

    def _remember_window(self, window: Window) -> None:
        self._change(geometry=bytes(window.saveGeometry().toHex().data()).decode())

    # What should not happen

    def _tell_fault(self, code: str) -> None:
        """Somebody's mistake in the program: store what was typed, and admit it without technical words."""
        window = self.screen
        if self._telling or window is None or not window.isVisible():
            return
        self._telling = True
        sheet = tell(
            window,
            _("Something in CaseDesk went wrong"),
            _(
                "What you saved is safe, and what you typed is kept. Go on, and tell your coordinator this code: {code}"
            ).format(code=code),
            kind="danger",
        )
        sheet.closed.connect(self._told)
        if isinstance(window, Window) and window.page is not None:
            with suppress(CaseDeskError):  # one trouble at a time; leaving the page tells of this one
                window.page.store()

    def _told(self) -> None:
        self._telling = False


def _put_down(desk: Desk, place: Goto) -> None:
    """Record the lock, and where to go on after it."""
    prefer(desk, "place", json.dumps({"page": place.page, "what": place.what}))
    desk.note("office.lock")


def _handed_over(folder: Path, clock: Clock) -> tuple[Locked | None, Path]:
    """Who locked, if the process before this one was locked; and in which store. The clock goes on as it was."""
    try:
        told = json.loads(os.environ.pop(LOCKED, ""))
        clock.take_over(told["clock"])
        return Locked(str(told["name"]), str(told["why"])), Path(told["store"])
    except (ValueError, KeyError, TypeError):
        return None, folder


def _place(text: str) -> Goto | None:
    try:
        told = json.loads(text)
        return Goto(told["page"], dict(told["what"]))
    except (ValueError, KeyError, TypeError):
        return None


def _own(chosen: Mapping[str, str]) -> dict[str, Any]:
    """What this user prefers over what the computer remembers."""
    wanted: dict[str, Any] = {name: chosen[name] for name in ("language", "theme") if name in chosen}
    wanted |= {name: int(chosen[name]) for name in ("text_size", "lock_minutes") if chosen.get(name, "").isdecimal()}
    if "single_keys" in chosen:
        wanted["single_keys"] = chosen["single_keys"] == YES
    read = stored.read(wanted)
    return {name: getattr(read, name) for name in wanted}


def _mark() -> QIcon:
    icon = QIcon()
    for side in (16, 32, 64):
        picture = QPixmap(side, side)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        paint_mark(painter, picture.rect().toRectF())
        painter.end()
        icon.addPixmap(picture)
    return icon
