"""The first screen of a computer without a centre: set up, look round, or restore a backup."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Signal

from casedesk.desk import now
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.ui.front import Front
from casedesk.ui.jobs import Jobs
from casedesk.ui.kit.blocks import Banner
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import column, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.restore import WIDTH as RESTORING
from casedesk.ui.restore import RestoreForm


class Welcome(Front):
    """The first screen of a computer without a centre."""

    set_up = Signal()
    look_round = Signal()
    restored = Signal()

    def __init__(self, *, practice: bool, folder: Path, clock: Callable[[], datetime] = now) -> None:
        super().__init__("")
        self._practice, self._folder, self._clock = practice, folder, clock
        self.jobs = Jobs(self)
        self.rebuild()

    def rebuild(self) -> None:
        super().rebuild()
        self.trouble = Banner("danger", "")
        self.trouble.hide()
        words = _("CaseDesk keeps the cases of a migrant support centre on this computer, encrypted, without internet.")
        self.begin = button(_("Set up my centre"), "primary", "house", size="l", clicked=self.set_up.emit)
        self.practise = button(_("Look round a practice centre"), icon="flask", size="l", clicked=self.look_round.emit)
        under = _("About 500 invented people to try everything with. Nothing there is real, and nothing can go wrong.")
        hint = PlainLabel(under, "caption", wrap=True)
        for part in (self.practise, hint):
            part.setVisible(self._practice)
        title = PlainLabel(_("Welcome"), "page")
        text = PlainLabel(words, "body", tone="text2", wrap=True)
        self.restore = button(_("Restore a backup"), "link", "usb", clicked=self.ask_for_backup)
        parts = (title, text, self.trouble, 6, self.begin, self.practise, hint, self.restore)
        self.put(widget(column(*parts, gap=10)), 432)
        self.begin.setFocus()

    def ask_for_backup(self) -> None:
        """On a new computer: bring the records of another one."""
        form = RestoreForm(self._folder, self.jobs, self._clock, damaged=False)
        form.back.connect(self.rebuild)
        form.done.connect(lambda _manifest: self.restored.emit())
        self.put(form, RESTORING)
        form.begin()

    def busy(self, on: bool) -> None:
        """The practice centre is being made."""
        self.begin.setEnabled(not on)
        self.practise.setEnabled(not on)
        words = _("Making the practice centre…") if on else _("Look round a practice centre")
        self.practise.setText(" " + words)

    def refuse(self, error: Exception) -> None:
        """Say why the practice centre could not be made."""
        self.busy(False)
        if isinstance(error, CaseDeskError):
            self.trouble.say(error.message, error.hint)
            self.trouble.show()
        else:
            show_error(self, error)

    def shut(self) -> None:
        self.jobs.close()
