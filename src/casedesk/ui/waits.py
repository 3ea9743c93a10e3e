"""The screen while a restored vault cannot be put into its place: what happened, where everything is, once more."""

from __future__ import annotations

from PySide6.QtCore import Signal

from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.ui.front import Front
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import column, row, widget
from casedesk.ui.kit.texts import PlainLabel

WIDE = 560


class Waits(Front):
    """Says it in the words of the error; `again` asks for another try."""

    again = Signal()

    def __init__(self, error: CaseDeskError) -> None:
        super().__init__("")
        super().rebuild()
        title = PlainLabel(error.message, "section", wrap=True)
        text = PlainLabel(error.hint, "body", tone="text2", wrap=True)
        self.try_again = button(_("Try again"), "primary", "retry", size="l", clicked=self.again.emit)
        self.put(widget(column(title, text, 6, row(self.try_again, None), gap=10)), WIDE)
        self.try_again.setFocus()

    def rebuild(self) -> None:
        """In another language or look it is tried again: the error was said in the language before."""
        self.again.emit()
