"""Quick hide: everything in a window gives way to a plain calendar, at once and without a question."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import QApplication, QDialog, QToolTip, QWidget
from shiboken6 import isValid

from casedesk.ui.kit import clipboard
from casedesk.ui.kit.hide import TODAY, Cover
from casedesk.ui.kit.icons import icon_in
from casedesk.ui.kit.sheet import Sheet


class Curtain(QObject):
    """Covers one window: what opens meanwhile waits behind, and the cover keeps the focus.

    `tried` carries what was typed before Enter, `again` a second F9.
    """

    tried = Signal(str)
    again = Signal()

    def __init__(self, host: QWidget, today: Callable[[], date]) -> None:
        super().__init__(host)
        self._host = host
        self._today = today
        self._title = ""
        self._behind: list[QWidget] = []
        self._came: list[QWidget] = []  # while it was closed
        self._focus: QWidget | None = None
        self.cover: Cover | None = None

    def close(self) -> None:
        """Cover the window, its sheets and pop-ups; clear the clipboard."""
        if self.cover is not None:
            return
        host = self._host
        self._focus, self._title = QApplication.focusWidget(), host.windowTitle()
        self.cover = Cover(self._today())
        self.cover.setParent(host)
        self.cover.tried.connect(self.tried)
        self._fit()
        self.cover.show()
        self._hide_the_rest(self.cover)
        self.cover.raise_()
        host.setWindowTitle(self.cover.title)
        host.setWindowIcon(icon_in(TODAY, "calendar-blank", size=32))
        self.cover.setFocus()
        clipboard.clear()
        _application().installEventFilter(self)

    def open(self) -> None:
        """Take the cover away; everything is as it was, and what came meanwhile is shown."""
        if self.cover is None:
            return
        cover, self.cover = self.cover, None
        _application().removeEventFilter(self)
        behind, self._behind = self._behind, []
        came, self._came = self._came, []
        for each in behind:
            if _is_wanted(each):
                each.show()
        cover.hide()
        cover.deleteLater()
        self._host.setWindowTitle(self._title)
        self._host.setWindowIcon(QIcon())  # the program's own
        if self._focus is not None and isValid(self._focus):
            self._focus.setFocus()
        for each in came:
            if isinstance(each, Sheet) and _is_wanted(each):
                each.open(each.focusWidget())  # as if it came now: what has the focus has it again afterwards
            elif _is_wanted(each):
                each.show()

    def _hide_the_rest(self, cover: Cover) -> None:
        QToolTip.hideText()
        for each in QApplication.topLevelWidgets():  # menus and lists that hang over the window
            if each is not self._host.window() and each.isVisible():
                each.hide()
        children = self._host.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        self._behind = [each for each in children if each is not cover and not each.isHidden()]
        for each in self._behind:
            each.hide()

    def _fit(self) -> None:
        if self.cover is not None:
            self.cover.setGeometry(self._host.rect())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """For the whole program, while the cover is there."""
        cover, kind = self.cover, event.type()
        if cover is None or not isinstance(watched, QWidget):
            return False
        if kind == QEvent.Type.ShowToParent and self._came_over(cover, watched):
            watched.hide()  # nothing of it was painted yet
            if watched not in self._came and (not watched.isWindow() or isinstance(watched, QDialog)):
                self._came.append(watched)
        elif kind == QEvent.Type.FocusIn and watched is not cover and self._host.isAncestorOf(watched):
            if not any(each.isAncestorOf(watched) for each in self._came if isValid(each)):
                self._focus = watched
            cover.setFocus()  # Qt gives the focus to what is hidden, too, and the passphrase would go there
        elif kind == QEvent.Type.Resize and watched is self._host:
            self._fit()
        elif watched is cover and isinstance(event, QKeyEvent) and _is_f9(event):
            self.again.emit()
            return True
        return False

    def _came_over(self, cover: Cover, each: QWidget) -> bool:
        """Whether it lies over the window now, or over a part of it."""
        around = each.parentWidget()
        if each is cover or around is None or around is cover or cover.isAncestorOf(around):
            return False
        return around.window() is self._host.window() if each.isWindow() else around is self._host


def _is_f9(event: QKeyEvent) -> bool:
    return event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_F9


def _is_wanted(each: QWidget) -> bool:
    """Whether it was not closed behind the cover."""
    return isValid(each) and (each.is_open if isinstance(each, Sheet) else True)


def _application() -> QApplication:
    there = QApplication.instance()
    assert isinstance(there, QApplication)  # noqa: S101 - a window is open
    return there
