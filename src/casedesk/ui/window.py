"""The window after signing in: sidebar, top bar, one page at a time, and the keys that work everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedLayout, QVBoxLayout, QWidget

from casedesk import codelists, i18n
from casedesk.desk import Desk
from casedesk.i18n import N_, _
from casedesk.services.office import is_own_passphrase, office
from casedesk.services.permissions import may
from casedesk.storage.store import Touched
from casedesk.ui.hub import Hub
from casedesk.ui.jobs import Jobs
from casedesk.ui.kit.badges import BadgeSpec
from casedesk.ui.kit.hide import Cover
from casedesk.ui.kit.layouts import row, widget
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.sidebar import NavItem, Sidebar
from casedesk.ui.kit.toast import Toast
from casedesk.ui.kit.topbar import TopBar
from casedesk.ui.page import Goto, Here, Page

NARROW = 1100
HISTORY = 50


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the sidebar and the right it needs."""

    code: str
    icon: str
    title: str
    needs: str
    keys: str


PLACES = (
    Place("today", "today", N_("Today"), "case.list", "Ctrl+1"),
    Place("cases", "cases", N_("Cases"), "case.list", "Ctrl+2"),
    Place("referrals", "referral", N_("Referrals"), "referral.list", "Ctrl+3"),
    Place("directory", "directory", N_("Directory"), "directory.view", "Ctrl+6"),
    Place("settings", "settings", N_("Settings"), "own.preferences", "Ctrl+,"),
)


class Window(QMainWindow):
    """Shows pages. `locked` asks for the lock screen; it carries why."""

    locked = Signal(str)
    language_chosen = Signal(str)

    def __init__(
        self, desk: Desk, pages: Mapping[str, Callable[..., Page]], overlays: Mapping[str, Callable[..., Sheet]]
    ) -> None:
        super().__init__()
        self.desk = desk
        self.jobs = Jobs(self)
        self.hub = Hub(self)
        self.hub.touched.connect(self._refresh)
        desk.store.listeners.append(self.hub.touched.emit)
        self._pages = pages
        self._overlays = overlays
        self._facts = office(desk)
        self._past: list[Goto] = []
        self._now = Goto("")
        self.page: Page | None = None
        self.here = Here(desk, self.jobs, self.go, self.back, self.say)
        self.cover: Cover | None = None
        self._root = QStackedLayout()
        root = QWidget()
        root.setObjectName("root")
        root.setLayout(self._root)
        self.setCentralWidget(root)
        self.setMinimumSize(900, 560)
        self._build()
        self._shortcuts()

    # Building and rebuilding

    def _build(self) -> None:
        """Make the shell; again after a change of language or look."""
        shown = [place for place in PLACES if may(self.desk, place.needs)]
        items = [NavItem(place.code, place.icon, _(place.title), place.keys) for place in shown]
        roles = codelists.get("user_role")
        self.sidebar = Sidebar(
            items[:-1],
            centre=self._facts.name,
            user=self.desk.actor.name,
            role=", ".join(
                roles.label(role) for role in sorted(self.desk.actor.roles, key=lambda r: roles[r].sort)[:1]
            ),
            new_case=_("New case"),
            settings=items[-1],
        )
        self.sidebar.new_button.setVisible(may(self.desk, "case.register"))
        self.sidebar.chosen.connect(lambda code: self.go(Goto(code)))
        self.sidebar.new_case.connect(self.new_case)
        self.sidebar.lock.connect(self.lock)
        self.top = TopBar(i18n.language())
        self.top.language.connect(self.language_chosen)
        self.top.hide_screen.connect(self.hide_screen)
        self.top.search.connect(lambda typed: self.go(Goto("palette", {"typed": typed})))
        if self.desk.practice:
            words = _("Practice centre: every person here is invented")
            self.top.say_state(words, "practice", short=_("Practice centre"), tone="warn")
        self._body = QVBoxLayout()
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(0)
        self._body.addWidget(self.top)
        shell = widget(row(self.sidebar, widget(self._body), gap=0))
        if (old := self._root.widget(0)) is not None:
            self._root.removeWidget(old)
            old.deleteLater()
        self._root.insertWidget(0, shell)
        self._root.setCurrentIndex(0)
        self.toast = Toast(shell, left=212)
        self.sidebar.fold(self.width() < NARROW)
        self.setWindowTitle("CaseDesk")

    def rebuild(self) -> None:
        """Show the same place again in another language or look; what was typed is kept by the page."""
        again = self._place()
        if self.page is not None:
            self.page.leave()
            self.page = None
        self._facts = office(self.desk)
        self._build()
        self._show(again)

    def _shortcuts(self) -> None:
        keys: dict[str, Callable[[], object]] = {
            "Ctrl+K": lambda: self.go(Goto("palette")),
            "Ctrl+N": self.new_case,
            "F9": self.hide_screen,
            "Ctrl+L": self.lock,
            "Alt+Left": self.back,
            "Ctrl+Return": self._main_action,
            "Ctrl+Enter": self._main_action,
            "Ctrl+P": self._print,
            "Ctrl+Shift+L": lambda: self.language_chosen.emit("en" if i18n.language() == "bn" else "bn"),
        }
        for place in PLACES:
            keys[place.keys] = lambda code=place.code: self.go(Goto(code))
        for sequence, act in keys.items():
            shortcut = QShortcut(QKeySequence(sequence), self)
            shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
            shortcut.activated.connect(act)

    # Going places

    def go(self, to: Goto) -> None:
        """Open a place; Back returns to this one as it is now."""
        if self._hidden():
            return
        if to.page in self._overlays:
            self._overlays[to.page](self.here, self._root.widget(0), **to.what).open()
            return
        if self.page is not None:
            self._past = [*self._past[-HISTORY:], self._place()]
        self._show(to)

    def back(self) -> None:
        if self._past and not self._hidden():
            self._show(self._past.pop())

    def new_case(self) -> None:
        if may(self.desk, "case.register"):
            self.go(Goto("intake"))

    def say(self, text: str, undo: Callable[[], object] | None = None) -> None:
        self.toast.say(text, undo)

    def badge(self, place: str, badge: BadgeSpec | None) -> None:
        """Show a count in the sidebar."""
        if place in self.sidebar.items:
            self.sidebar.set_badge(place, badge)

    def _show(self, to: Goto) -> None:
        made = self._pages[to.page](self.here, **to.what)
        if self.page is not None:
            self.page.leave()
            self._body.removeWidget(self.page)
            self.page.deleteLater()
        self.page, self._now = made, to
        self._body.addWidget(made, 1)
        self.sidebar.select(made.nav)
        made.setFocus()

    def _place(self) -> Goto:
        return Goto(self._now.page, self._now.what | (self.page.place() if self.page is not None else {}))

    def where(self) -> Goto:
        """Where we are, to come back after a lock."""
        return self._place()

    def _refresh(self, touched: Touched) -> None:
        if self.page is not None:
            self.page.refresh(touched)

    def _main_action(self) -> None:
        if self.page is not None and not self._hidden():
            self.page.main_action()

    def _print(self) -> None:
        if self.page is not None and (to := self.page.print_preview()) is not None:
            self.go(to)

    # Hiding and locking

    def hide_screen(self) -> None:
        """Cover everything with a plain calendar, at once and without a question."""
        if self._hidden():
            self.lock(_("Locked from the hidden screen"))
            return
        self.cover = Cover(self.desk.today())
        self.cover.tried.connect(self._try_to_return)
        for sheet in QApplication.topLevelWidgets():
            if sheet is not self and sheet.isVisible():
                sheet.hide()
        QApplication.clipboard().clear()
        self._root.addWidget(self.cover)
        self._root.setCurrentWidget(self.cover)
        self.setWindowTitle(self.cover.title)
        self.cover.setFocus()

    def _hidden(self) -> bool:
        return self.cover is not None

    def uncover(self) -> None:
        """Take the cover away."""
        if self.cover is not None:
            self._root.removeWidget(self.cover)
            self.cover.deleteLater()
            self.cover = None
        self._root.setCurrentIndex(0)
        self.setWindowTitle("CaseDesk")
        if self.page is not None:
            self.page.setFocus()

    def _try_to_return(self, typed: str) -> None:
        self.jobs.run(
            self, lambda: is_own_passphrase(self.desk, typed), lambda right: self.uncover() if right else None
        )

    def lock(self, why: str = "") -> None:
        """Store what is typed and ask for the lock screen."""
        if self.page is not None:
            self.page.leave()
        self.locked.emit(why)

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.sidebar.fold(event.size().width() < NARROW)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text() == "/" and self.page is not None and self.page.focus_search():
            event.accept()
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.page is not None:
            self.page.leave()
        self.jobs.close()
        super().closeEvent(event)
