"""Questions and messages over the page. None of them reads markup, and none waits in a loop of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.logs import OurMistake
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import row
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel

log = logging.getLogger(__name__)


class Confirm(Sheet):
    """Names the thing and the result; the focus is on the safe button. `done` runs after a yes."""

    def __init__(
        self,
        parent: QWidget,
        question: str,
        result: str,
        *,
        yes: str,
        done: Callable[[], object],
        danger: bool = False,
    ) -> None:
        super().__init__(parent, question, width=520)
        self.body.addWidget(PlainLabel(result, "body", wrap=True))
        self.cancel = button(_("Cancel"), clicked=self.dismiss)
        self.yes = button(yes, "confirm" if danger else "primary", clicked=self._agree)
        self._done = done
        self.foot.addStretch(1)
        self.foot.addWidget(self.cancel)
        self.foot.addWidget(self.yes)

    def _agree(self) -> None:
        self.dismiss()
        self._done()


def ask(
    parent: QWidget, question: str, result: str, *, yes: str, done: Callable[[], object], danger: bool = False
) -> Confirm:
    """Ask before what cannot be undone; returns at once, and `done` runs after a yes."""
    confirm = Confirm(parent, question, result, yes=yes, done=done, danger=danger)
    confirm.open(confirm.cancel if danger else confirm.yes)
    return confirm


def tell(parent: QWidget, message: str, hint: str = "", *, kind: str = "info") -> Sheet:
    """Show a message with one button; returns at once. `kind` is info, ok, warn or danger."""
    sheet = Sheet(parent, message, width=520)
    words = PlainLabel(hint, "body", wrap=True)
    line = row(Icon(kind, kind, 22), words, gap=12)
    line.setStretch(1, 1)
    sheet.body.addLayout(line)
    close = button(_("Close"), clicked=sheet.dismiss)
    sheet.foot.addStretch(1)
    sheet.foot.addWidget(close)
    sheet.open(close)
    return sheet


def show_error(parent: QWidget, error: Exception) -> Sheet:
    """Tell a person's error in its own words; log our own mistake by kind and place only, and admit it."""
    log_mistake(error)
    told = error if isinstance(error, CaseDeskError) else OurMistake(error)
    return tell(parent, told.message, told.hint, kind="danger")


def log_mistake(error: Exception) -> None:
    """Log it if it is ours, also where nobody is there to be told."""
    if not isinstance(error, CaseDeskError):
        log.error("a mistake of ours", exc_info=error)
