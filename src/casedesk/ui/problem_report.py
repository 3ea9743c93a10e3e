"""The problem report, to be read before it is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import qVersion
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget

from casedesk.i18n import _
from casedesk.storage.keys import storage_error
from casedesk.ui.jobs import Jobs
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import column, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.places import choose_new
from casedesk.ui.kit.sheet import Sheet

HEIGHT = 340


class ReportSheet(Sheet):
    """Shows every letter of the report, and saves it where the person chooses."""

    def __init__(self, host: QWidget, text: str, say: Callable[[str], object]) -> None:
        hint = _("Read it first. It holds versions, sizes, counts and places of errors, and nobody’s name.")
        super().__init__(host, _("Problem report"), hint, width=820)
        self._say = say
        self.text = QPlainTextEdit(text)
        self.text.setReadOnly(True)
        self.text.setAccessibleName(_("Problem report"))
        holder = widget(column(self.text))
        holder.setMinimumHeight(HEIGHT)  # the style sheet overrules what the text itself is told
        self.body.addWidget(holder)
        self.save = button(_("Save as a file…"), "primary", "export", clicked=self._choose)
        self.foot.addStretch(1)
        self.foot.addWidget(button(_("Close"), clicked=self.dismiss))
        self.foot.addWidget(self.save)

    @classmethod
    def show_report(
        cls, host: QWidget, jobs: Jobs, gather: Callable[[Mapping[str, str]], str], say: Callable[[str], object]
    ) -> None:
        """Gather the report, which is given what only the window knows, then open it."""
        screen = host.screen().availableGeometry()
        platform = QApplication.platformName()
        extra = {"Qt": f"{qVersion()}, {platform}", "Screen": f"{screen.width()} × {screen.height()}"}
        jobs.run(host, partial(gather, extra), lambda text: cls(host, text, say).open())

    def _choose(self) -> None:
        dialog = choose_new(self, _("Save the problem report"), "casedesk-report.txt", _("Text files (*.txt)"))
        dialog.fileSelected.connect(self.write)

    def write(self, path: str) -> None:
        """Write the file."""
        try:
            Path(path).write_text(self.text.toPlainText() + "\n", encoding="utf-8")
        except OSError as error:
            show_error(self, storage_error(error))
        else:
            self.dismiss()
            self._say(_("The problem report is saved."))
