"""The sheet over long work: how far it is, and ways to pause and to stop it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from casedesk import formats
from casedesk.i18n import _
from casedesk.progress import Progress
from casedesk.ui.kit.blocks import ProgressBar
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel

OFTEN: Final = 100  # milliseconds between looks


class Working(Sheet):
    """Looks ten times a second at how far the work is. Closing it cancels the work; `end` takes it away.

    Work that `pauses` holds nothing that others wait for while it stands still.
    """

    def __init__(self, host: QWidget, title: str, progress: Progress, *, pauses: bool = False) -> None:
        super().__init__(host, title, width=480)
        self.progress = progress
        self.close_button.hide()
        self.bar = ProgressBar(name=title)
        self.words = PlainLabel("", "body", tone="text2")
        self.body.addWidget(self.bar)
        self.body.addWidget(self.words)
        self.pause = button(_("Pause"), clicked=self._pause_or_go_on)
        self.pause.setVisible(pauses)
        self.cancel = button(_("Cancel"), clicked=self.dismiss)
        self.foot.addStretch(1)
        self.foot.addWidget(self.pause)
        self.foot.addWidget(self.cancel)
        self._looks = QTimer(self, interval=OFTEN)
        self._looks.timeout.connect(self.look)
        self.look()
        self._looks.start()

    def look(self) -> None:
        """Show how far the work is by now."""
        reached = self.progress.latest
        self.bar.set_share(reached.share)
        self.words.setText(self._told(reached.done, reached.of))

    def _told(self, done: int, of: int) -> str:
        if self.progress.cancelled:
            return _("Stopping. Nothing is left half done.")
        if self.progress.paused and not self.progress.at_rest:
            return _("Pausing as soon as nothing is half done…")
        if self.progress.paused:
            return _("Paused. It goes on from the same place.")
        if not of:
            return _("Please wait…")
        return _("{done} of {all}").format(done=formats.number(done), all=formats.number(of))

    def _pause_or_go_on(self) -> None:
        if self.progress.paused:
            self.progress.resume()
        else:
            self.progress.pause()
        self.pause.setText(_("Go on") if self.progress.paused else _("Pause"))
        self.look()

    def dismiss(self) -> None:
        """Cancel the work; the sheet stays until it has ended."""
        self.progress.cancel()
        for each in (self.pause, self.cancel):
            each.setEnabled(False)
        self.look()

    def end(self) -> None:
        """The work has ended, whichever way."""
        self._looks.stop()
        super().dismiss()
