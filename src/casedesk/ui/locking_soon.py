"""Tells that the screen locks soon, so that who reads may move."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QMainWindow

from casedesk import formats
from casedesk.i18n import ngettext
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import row
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.toast import announce


class LockingSoon(QFrame):
    """“Locking in 20 seconds”, over everything, until somebody moves."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._over = window
        self.setProperty("kind", "toast")
        self._words = PlainLabel("", "label", tone="surface")
        self.setLayout(row(Icon("lock", "accent_line"), self._words, gap=8, margins=(14, 10, 16, 10)))
        self.hide()

    def say(self, seconds: int) -> None:
        text = ngettext("Locking in {count} second", "Locking in {count} seconds", seconds)
        self._words.setText(text.format(count=formats.number(seconds)))
        if self.isHidden():
            announce(self, self._words.text())
        self.setAccessibleName(self._words.text())
        self.show()
        self.place()
        self.raise_()

    def text(self) -> str:
        return self._words.text()

    def place(self) -> None:
        room = self._over.rect()
        self.adjustSize()
        self.move((room.width() - self.width()) // 2, room.height() - self.height() - 20)
