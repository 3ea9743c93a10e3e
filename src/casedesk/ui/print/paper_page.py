"""A page with a paper that may leave: Enter prints it, or saves it where there is no printer; Escape leads back."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from casedesk.i18n import _
from casedesk.ui.kit.buttons import ENTER, button
from casedesk.ui.kit.messages import show_error
from casedesk.ui.page import Here, Page
from casedesk.ui.print import printing


class PaperPage(Page):
    """What the previews of all papers share: the two ways out, one at a time, and their keys."""

    def __init__(self, here: Here) -> None:
        super().__init__(here)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(_("Print preview"))
        self._busy = False
        printer = printing.has_printer()
        self.save_button = button(_("Save PDF"), "default" if printer else "primary", "export", clicked=self.save)
        self.print_button = button(_("Print"), "primary", "print", clicked=self.print_out)
        self.print_button.setVisible(printer)

    def ready(self) -> bool:
        """Whether the paper on the screen is the one asked for, and may leave."""
        raise NotImplementedError

    def print_out(self) -> None:
        raise NotImplementedError

    def save(self) -> None:
        raise NotImplementedError

    def main_action(self) -> None:
        if printing.has_printer():
            self.print_out()
        else:
            self.save()

    def _let_out(self) -> None:
        for each in (self.save_button, self.print_button):
            each.setEnabled(not self._busy and self.ready())

    def _give(self, work: Callable[[], Any], given: Callable[[Any], None]) -> None:
        """Let it leave; nothing else leaves meanwhile."""
        self._busy = True
        self._let_out()
        self.here.jobs.write(self, work, partial(self._given, given), failed=self._refused)

    def _given(self, given: Callable[[Any], None], result: Any) -> None:
        self._busy = False
        given(result)
        self._let_out()

    def _refused(self, error: Exception) -> None:
        self._busy = False
        self._let_out()
        show_error(self, error)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER:
            self.main_action()
        elif event.key() == Qt.Key.Key_Escape:
            self.here.back()
        else:
            super().keyPressEvent(event)
