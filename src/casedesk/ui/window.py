"""The window after signing in: sidebar, top bar, one page at a time, and the keys that work everywhere."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from threading import Event

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedLayout, QWidget

from casedesk import formats, i18n
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.machine import steady
from casedesk.services.clashes import count_clashes
from casedesk.services.clock import clock_is_wrong
from casedesk.services.passphrases import is_own_passphrase
from casedesk.services.permissions import may
from casedesk.storage.store import FOUND_DAMAGED, Touched
from casedesk.ui.clock_bar import ClockBar
from casedesk.ui.curtain import Curtain
from casedesk.ui.hub import Hub
from casedesk.ui.idle import Watch
from casedesk.ui.jobs import LONGEST_LOOK, LONGEST_WRITE, Jobs
from casedesk.ui.kit.badges import BadgeSpec, count_badge
from casedesk.ui.kit.blocks import Banner
from casedesk.ui.kit.hide import Cover
from casedesk.ui.kit.layouts import SMALLEST, Whole
from casedesk.ui.kit.messages import ask, show_error, tell
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.letters import SingleKeys
from casedesk.ui.locking_soon import LockingSoon
from casedesk.ui.page import Goto, Here, Page, home
from casedesk.ui.places import PLACES, places
from casedesk.ui.shell import Shell
from casedesk.ui.system_lock import SystemLock

NARROW = 1100
HISTORY = 50
UNDOS = 20
KEY = "key"  # locked by somebody who is there


class Window(QMainWindow):
    """Shows pages. `locked` asks for the lock screen and carries why: key, idle, hidden or sleep."""

    locked = Signal(str)
    language_chosen = Signal(str)
    text_size_chosen = Signal(int)  # one step up or down, 0 for the usual size
    damaged = Signal()  # somebody met a page of the vault that cannot be read
    closing = Signal()

    def __init__(
        self,
        desk: Desk,
        pages: Mapping[str, Callable[..., Page]],
        overlays: Mapping[str, Callable[..., Sheet]],
        *,
        lock_minutes: int = 5,
        clock: Callable[[], float] = steady,
    ) -> None:
        super().__init__()
        self.desk = desk
        self.jobs = Jobs(self)
        self.hub = Hub(self)
        self.hub.touched.connect(self._refresh)
        desk.store.listeners.append(self.hub.touched.emit)
        self._pages = pages
        self._overlays = overlays
        self._past: list[Goto] = []
        self._now = Goto("")
        self._badges: dict[str, BadgeSpec | None] = {}
        self._notices: list[Callable[[], Banner]] = []
        self._undos: deque[Callable[[], object]] = deque(maxlen=UNDOS)
        self._over = False
        self._close_anyway = False
        self._listening = False
        self.page: Page | None = None
        self.here = Here(desk, self.jobs, self.go, self.back, self.say, self.undoing, self._day_is_known)
        self.curtain = Curtain(self, desk.today)
        self.curtain.tried.connect(self._try_to_return)
        self.curtain.again.connect(partial(self.lock, "hidden"))
        self.watch = Watch(self, lock_minutes, clock)
        self.watch.due.connect(self.lock)
        self.watch.soon.connect(self._warn)
        self.watch.shifted.connect(self._shifted)
        self.system_lock = SystemLock(self)
        self.system_lock.told.connect(self.lock)
        self.single_keys = SingleKeys(self, self._acts_on)
        self._root = QStackedLayout()
        root = QWidget()
        root.setObjectName("root")
        root.setLayout(self._root)
        self.setCentralWidget(root)
        self.setMinimumSize(*SMALLEST)
        self._locking_soon = LockingSoon(self)
        self._build()
        self._keys: list[QShortcut] = []
        self._shortcuts()
        QApplication.instance().focusChanged.connect(self._focus_moved)  # type: ignore[union-attr]  # there is one
        self.setWindowTitle("CaseDesk")

    # Building and rebuilding

    def _build(self) -> None:
        """Make the shell; again after a change of language or look."""
        self._shell = Shell(self.desk, [place for place in places(self.desk) if place.code in self._pages])
        self.sidebar, self.top, self.toast = self._shell.sidebar, self._shell.top, self._shell.toast
        self.sidebar.chosen.connect(lambda code: self.go(Goto(code)))
        self.sidebar.new_case.connect(self.new_case)
        self.sidebar.lock.connect(partial(self.lock, KEY))
        self.top.language.connect(self.language_chosen)
        self.top.hide_screen.connect(self.hide_screen)
        self.top.search.connect(self._search)
        for make in self._notices:
            self._shell.notice(make())
        self._clock_bar = self._ask_for_the_day() if clock_is_wrong(self.desk) else None
        if (old := self._root.widget(0)) is not None:
            self._root.removeWidget(old)
            old.deleteLater()
        self._root.insertWidget(0, Whole(self._shell))
        self._root.setCurrentIndex(0)
        self.sidebar.fold(self.width() < NARROW)
        for place, badge in self._badges.items():
            self.badge(place, badge)
        self._count_clashes()

    def rebuild(self) -> None:
        """Show the same place again in another language or look; what was typed is kept by the page."""
        focus = QApplication.focusWidget()
        name = focus.objectName() if focus is not None and self.isAncestorOf(focus) else ""
        if not self._put_away():
            return
        again = self._place()
        if self.page is not None:
            self.page.leave()
        self.page = None
        self._build()
        if not self._show(again):
            self.go_home()
        if name and (same := self._shell.findChild(QWidget, name)) is not None:
            same.setFocus()

    def notice(self, make: Callable[[], Banner]) -> None:
        """Keep a banner under the top bar, made again after a change of language."""
        self._notices.append(make)
        self._shell.notice(make())

    def _ask_for_the_day(self) -> ClockBar:
        bar = ClockBar(self.desk, self.jobs)
        bar.answered.connect(self._day_was_said)
        self._shell.notice(bar, last=True)
        return bar

    def _day_was_said(self) -> None:
        """Everything is shown anew, counted from that day."""
        self.rebuild()
        self.say(_("Dates count from today, {day}.").format(day=formats.day(self.desk.today())))

    def _day_is_known(self) -> bool:
        """Whether dates may fill themselves in; if the clock is doubted, somebody is asked first."""
        if not clock_is_wrong(self.desk):
            return True
        self._clock_bar = self._clock_bar or self._ask_for_the_day()  # the clock was set wrong during the sitting
        self._clock_bar.insist()
        return False

    def _shortcuts(self) -> None:
        always: dict[str, Callable[[], object]] = {
            "F9": self.hide_screen,
            "Ctrl+L": partial(self.lock, KEY),
            "Ctrl+Shift+L": lambda: self.language_chosen.emit("en" if i18n.language() == "bn" else "bn"),
        }
        on_pages: dict[str, Callable[[], object]] = {
            "Ctrl+K": self._search,
            "Ctrl+N": self.new_case,
            "Alt+Left": self.back,
            "Ctrl+Return": self._main_action,
            "Ctrl+Enter": self._main_action,
            "Ctrl+P": self._print,
            "Ctrl+Z": self.undo,
            "Ctrl++": lambda: self.text_size_chosen.emit(1),
            "Ctrl+=": lambda: self.text_size_chosen.emit(1),
            "Ctrl+-": lambda: self.text_size_chosen.emit(-1),
            "Ctrl+0": lambda: self.text_size_chosen.emit(0),
            "F1": self._show_keys,
            "F6": partial(self._next_area, 1),
            "Shift+F6": partial(self._next_area, -1),
        }
        for place in PLACES:
            if place.code in self._pages and may(self.desk, place.needs):
                on_pages[place.keys] = partial(self._go_to_place, place.code)
        for keys, act in always.items():
            self._shortcut(keys, act)
        self._keys = [self._shortcut(keys, act) for keys, act in on_pages.items()]

    def _shortcut(self, keys: str, act: Callable[[], object]) -> QShortcut:
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.activated.connect(act)
        return shortcut

    def _focus_moved(self, _before: QWidget | None, now: QWidget | None) -> None:
        """The keys of pages rest while something lies over the page: a sheet, the pause of an interview, the cover."""
        if now is None or not (now is self or self.isAncestorOf(now)):
            return
        on_page = now is self or self._shell.isAncestorOf(now)
        for shortcut in self._keys:
            shortcut.setEnabled(on_page)

    # Going places

    def go(self, to: Goto) -> None:
        """Open a place; Back returns to this one as it is now."""
        if self._hidden() or self._over:
            return
        if to.page in self._overlays:
            self._overlays[to.page](self.here, self._shell, **to.what).open()
            return
        self._show(to, and_back=True)

    def go_home(self, place: Goto | None = None) -> None:
        """Open the first page, or the one where this user was before the lock, if it is still there."""
        if place is not None and place.page in self._pages and self._show(place):
            return
        first = home(self.desk)
        if first.page not in self._pages:
            first = next(Goto(each.code) for each in places(self.desk) if each.code in self._pages)
        self.go(first)

    def _go_to_place(self, code: str) -> None:
        if code in self.sidebar.items:
            self.go(Goto(code))

    def back(self) -> None:
        if self._past and not self._hidden() and self._put_away():  # else the way back stays as it is
            self._show(self._past.pop())

    def new_case(self) -> None:
        if "intake" in self._pages and may(self.desk, "case.register"):
            self.go(Goto("intake"))

    def say(self, text: str, undo: Callable[[], object] | None = None) -> None:
        if undo is not None:
            self._undos.append(undo)
        self.toast.say(text, self.undo if undo is not None else None)

    def undo(self) -> None:
        """Undo the newest of the last actions that can be undone, wherever it was done."""
        if not self._undos:
            self.say(_("There is nothing to undo."))
            return
        self.toast.dismiss()
        self._undos.pop()()

    def undoing(self, work: Callable[[], object], what: str) -> Callable[[], object]:
        """An undo that does this work, whatever page is open by then, and says what is changed back."""
        words = _("Changed back: {what}").format(what=what)
        return lambda: self.jobs.write(self, work, lambda _nothing: self.say(words))

    def badge(self, place: str, badge: BadgeSpec | None) -> None:
        """Show a count in the sidebar."""
        self._badges[place] = badge
        if place in self.sidebar.items:
            self.sidebar.set_badge(place, badge)

    def where(self) -> Goto:
        """Where we are, to come back after a lock."""
        return self._place()

    def _place(self) -> Goto:
        return Goto(self._now.page, self._now.what | (self.page.place() if self.page is not None else {}))

    def _show(self, to: Goto, *, and_back: bool = False) -> bool:
        """Put another page in the place of this one; False, with the reason shown, if this one cannot be left or the
        other not opened. With `and_back`, Back returns to this one."""
        if not self._put_away():
            self._sidebar_as_it_is()
            return False
        before = self._place() if self.page is not None and not self.page.over else None
        try:
            made = self._pages[to.page](self.here, **to.what)
        except CaseDeskError as error:
            self._sidebar_as_it_is()
            show_error(self, error)
            return False
        if and_back and before is not None:
            self._past = [*self._past[-HISTORY:], before]
        if self.page is not None:
            self.page.leave()
            self._shell.let_go(self.page)
        self.page, self._now = made, to
        self._shell.hold(made)
        self.sidebar.select(made.nav)
        focus = QApplication.focusWidget()
        if focus is None or not made.isAncestorOf(focus):
            made.setFocus()
        return True

    def _sidebar_as_it_is(self) -> None:
        self.sidebar.select(self.page.nav if self.page is not None else "")

    def _put_away(self) -> bool:
        """Close what lies over the page and store what was typed; False, with the reason shown, if that cannot be:
        then the page stays."""
        self._let_writes_end(LONGEST_WRITE)
        self._close_sheets()
        try:
            if self.page is not None:
                self.page.store()
        except CaseDeskError as error:
            hint = _("The page stays open, so that nothing typed is lost. Try again when this is mended.")
            tell(self, _("Not stored yet"), " ".join((error.message, error.hint, hint)), kind="danger")
            return False
        self._let_writes_end(LONGEST_WRITE)
        return True

    def _let_writes_end(self, longest: float) -> None:
        """Wait for what is being written, and tell whom it was for: what is saved is not stored as unsaved."""
        written = Event()
        self.jobs.write(self, written.set, lambda _nothing: None)
        written.wait(longest)
        QCoreApplication.sendPostedEvents(self.jobs)

    def _close_sheets(self) -> None:
        for sheet in self._sheets():
            sheet.dismiss()

    def _sheets(self) -> list[Sheet]:
        return [sheet for sheet in self.findChildren(Sheet) if sheet.is_open]

    def _count_clashes(self) -> None:
        """How many answers wait for this user's decision, at the place of Sync."""
        if "sync" in self.sidebar.items and may(self.desk, "clash.list"):
            self.jobs.run(self, partial(count_clashes, self.desk), self._show_clashes)

    def _show_clashes(self, count: int) -> None:
        self.badge("sync", count_badge(count, danger=True, text=formats.number(count)) if count else None)

    def _refresh(self, touched: Touched) -> None:
        if touched == FOUND_DAMAGED:
            self._shell.tell_damaged()
            self.damaged.emit()
            return
        if touched.tables and not self._over:
            self._count_clashes()
        if self.page is not None and not self._over:
            self.page.refresh(touched)

    def _search(self, typed: str = "") -> None:
        if "palette" in self._overlays:
            self.go(Goto("palette", {"typed": typed}))

    def _main_action(self) -> None:
        if self.page is not None and not self._hidden():
            self.page.main_action()

    def _print(self) -> None:
        if self.page is not None and (to := self.page.print_preview()) is not None:
            self.go(to)

    def _show_keys(self) -> None:
        self.go(Goto("settings", {"tab": "keys"}))

    def _next_area(self, step: int) -> None:
        """F6 goes round sidebar, page and top bar."""
        chosen = next((part for part in self.sidebar.items.values() if part.isChecked()), self.sidebar.new_button)
        areas: list[QWidget] = [self.top.search_box, *([self.page] if self.page is not None else []), chosen]
        focus = QApplication.focusWidget()
        at = next((n for n, part in enumerate(areas) if focus is not None and _around(part).isAncestorOf(focus)), 0)
        areas[(at + step) % len(areas)].setFocus()

    # Hiding and locking

    @property
    def cover(self) -> Cover | None:
        return self.curtain.cover

    def hide_screen(self) -> None:
        """Cover everything with a plain calendar, at once and without a question; the second time it locks."""
        if self._hidden():
            self.lock("hidden")
            return
        self._locking_soon.hide()
        self.curtain.close()
        self.watch.hide(True)

    def uncover(self) -> None:
        """Take the cover away."""
        self.curtain.open()
        if QApplication.focusWidget() is None and self.page is not None:  # what had it is gone
            self.page.setFocus()
        self.watch.hide(False)

    def _shifted(self) -> None:
        if not self._hidden():
            self.hide_screen()

    def _acts_on(self) -> QWidget | None:
        """Where single keys would act: anywhere but behind the cover and in a sheet that is typed into."""
        return None if self._hidden() else self._shell

    def _hidden(self) -> bool:
        return self.cover is not None

    def _try_to_return(self, typed: str) -> None:
        self.jobs.run(self, partial(is_own_passphrase, self.desk, typed), self._returned)

    def _returned(self, right: bool) -> None:
        if right:
            self.uncover()

    def _warn(self, seconds: int) -> None:
        if seconds == 0:
            self._locking_soon.hide()
        else:
            self._locking_soon.say(seconds)

    def lock(self, why: str = KEY) -> None:
        """Store what is typed and ask for the lock screen. Where it cannot be stored, who locks by the key is told
        before it is lost; every other lock waits for nobody."""
        if self._over:
            return
        self.jobs.cancel()  # what is typed waits for no long work
        lost = False
        try:
            self._let_writes_end(LONGEST_LOOK)
            self._close_sheets()
            lost = not self._stored()
            if self.page is not None and not (lost and why == KEY):
                self.page.leave()
        finally:  # whatever became of what was typed
            if lost and why == KEY:
                self._ask_to_lock()
            else:
                self.locked.emit(why)

    def _stored(self) -> bool:
        try:
            if self.page is not None:
                self.page.store()
        except CaseDeskError:  # a full disk
            return False
        return True

    def _ask_to_lock(self) -> None:
        ask(
            self,
            _("Lock all the same?"),
            _("What was typed last could not be stored and would be lost. Everything saved before is safe."),
            yes=_("Lock and lose it"),
            done=self._lose_and_lock,
            danger=True,
        )

    def _lose_and_lock(self) -> None:
        try:
            if self.page is not None:
                self.page.leave()
        finally:
            self.locked.emit(KEY)

    def shut(self) -> None:
        """Let what is being written finish and do no more: the window is about to go."""
        if not self._over:
            self._over = True
            self.watch.stop()
            self.jobs.close()
            self.desk.store.listeners.remove(self.hub.touched.emit)

    # Events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._listening:
            self._listening = True
            self.system_lock.listen(self)
        native: QObject | None = self.windowHandle()
        if native is not None:
            native.installEventFilter(self.single_keys)
            native.installEventFilter(self.watch)  # the newest is asked first: every key counts as use

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.sidebar.fold(event.size().width() < NARROW)
        self._locking_soon.place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text() == "/" and self.page is not None and self.page.focus_search():
            event.accept()
        elif event.text() == "?" and not self._hidden():
            self._show_keys()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._over and not self._close_anyway and not self._put_away():
            event.ignore()
            self._ask_to_close()
            return
        if not self._over:
            self.shut()
            self.closing.emit()
        super().closeEvent(event)

    def _ask_to_close(self) -> None:
        """What was typed cannot be stored: closing all the same is for a person to say."""
        self._close_sheets()
        ask(
            self,
            _("Close all the same?"),
            _("What was typed last could not be stored and would be lost. Everything saved before is safe."),
            yes=_("Close and lose it"),
            done=self._close_now,
            danger=True,
        )

    def _close_now(self) -> None:
        self._close_anyway = True
        self.close()


def _around(part: QWidget) -> QWidget:
    """The area a control stands for."""
    parent = part.parentWidget()
    return part if isinstance(part, Page) or parent is None else parent
