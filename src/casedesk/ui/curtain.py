"""Quick hide: everything in a window gives way to a plain calendar, at once and without a question."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable
from datetime import date

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from shiboken6 import isValid

from casedesk.ui.kit import clipboard
from casedesk.ui.kit.hide import TODAY, Cover
from casedesk.ui.kit.icons import icon_in


class Curtain(QObject):
    """Covers one window. `tried` carries what was typed before Enter, `again` a second F9."""

    tried = Signal(str)
    again = Signal()

    def __init__(self, host: QWidget, today: Callable[[], date]) -> None:
        super().__init__(host)
        self._host = host
        self._today = today
        self._title = ""
        self.behind: list[QWidget] = []
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
        self.cover.installEventFilter(self)
        host.installEventFilter(self)
        self._fit()
        self.cover.show()
        self._hide_the_rest(self.cover)
        self.cover.raise_()
        host.setWindowTitle(self.cover.title)
        host.setWindowIcon(icon_in(TODAY, "calendar-blank", size=32))
        self.cover.setFocus()
        clipboard.clear()

    def open(self) -> None:
        """Take the cover away; everything is as it was."""
        if self.cover is None:
            return
        cover, self.cover = self.cover, None
        self._host.removeEventFilter(self)
        behind, self.behind = self.behind, []
        for each in behind:
            if isValid(each):
                each.show()
        cover.hide()
        cover.deleteLater()
        self._host.setWindowTitle(self._title)
        self._host.setWindowIcon(QIcon())  # the program's own
        if self._focus is not None and isValid(self._focus):
            self._focus.setFocus()

    def _hide_the_rest(self, cover: Cover) -> None:
        QToolTip.hideText()
        for each in QApplication.topLevelWidgets():  # menus and lists that hang over the window
            if each is not self._host.window() and each.isVisible():
                each.hide()
        children = self._host.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        self.behind = [each for each in children if each is not cover and not each.isHidden()]
        for each in self.behind:
            each.hide()

    def _fit(self) -> None:
        if self.cover is not None:
            self.cover.setGeometry(self._host.rect())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._host and event.type() == QEvent.Type.Resize:
            self._fit()
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_F9:
            self.again.emit()
            return True
        return super().eventFilter(watched, event)
