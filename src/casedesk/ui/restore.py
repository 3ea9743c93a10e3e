"""Restoring before anybody is signed in: on a new computer, or when the vault does not open any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.progress import Progress
from casedesk.services import backups, restores
from casedesk.services.restores import SecondNeeded
from casedesk.services.slots import Signer
from casedesk.storage.backup.sealed import BackupDamaged, Manifest, NotABackup
from casedesk.ui.backups import BACKUP_FILES
from casedesk.ui.jobs import Jobs
from casedesk.ui.kit.blocks import Banner, labelled
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import column, row
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.places import choose_old
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.passphrases import PassphraseField, SecondPerson, plain_line

WIDTH = 640


class RestoreForm(QWidget):
    """Asks which backup, who restores it and why. `done` carries what the backup said of itself."""

    done = Signal(object)
    back = Signal()

    def __init__(self, folder: Path, jobs: Jobs, clock: Callable[[], datetime], *, damaged: bool) -> None:
        super().__init__()
        self._folder, self._jobs, self._clock, self._damaged = folder, jobs, clock, damaged
        self.path = backups.newest_backup(folder) if damaged else None
        self.trouble = Banner("danger", "")
        self.trouble.hide()
        self.chosen = PlainLabel("", "body", wrap=True)
        self.choose = button(_("Choose a file…"), clicked=self._choose)
        self.name = plain_line("restore_name", _("Sign-in name"))
        self.passphrase = PassphraseField(_("Passphrase, or the recovery key"), "restore_passphrase")
        self.reason = plain_line("restore_reason", _("Why it is restored"))
        self.second = SecondPerson(_("Sign-in name of the other one"), _("Passphrase of the other one"))
        self.second.hide()
        self.go = button(_("Restore"), "primary", size="l", clicked=self._restore)
        self._lay_out()
        self._show_path()

    def _lay_out(self) -> None:
        words = _("A backup is sealed: it opens with the passphrase of somebody who could sign in when it was made.")
        kept = _("The damaged vault is kept beside the restored one.") if self._damaged else ""
        file = row(self.chosen, self.choose, gap=12)
        file.setStretch(0, 1)
        back = button(_("Back"), "link", "back", clicked=self.back.emit)
        parts = (
            labelled(self.name),
            self.passphrase,
            labelled(self.reason),
            self.second,
        )
        title = PlainLabel(_("Restore a backup"), "section", wrap=True)
        told = PlainLabel(f"{words} {kept}".strip(), "body", tone="text2", wrap=True)
        self.setLayout(column(title, told, self.trouble, file, *parts, 4, row(back, None, self.go), gap=12))

    def begin(self) -> None:
        (self.choose if self.path is None else self.name).setFocus()

    def _choose(self) -> None:
        dialog = choose_old(self, _("The backup to restore"), f"{_('Backups')} {BACKUP_FILES}")
        dialog.fileSelected.connect(self.use)

    def use(self, path: str) -> None:
        """Take this file."""
        self.path = Path(path)
        self._show_path()
        self.name.setFocus()

    def _older(self) -> Path | None:
        """The backup before one of this folder that is not whole."""
        return backups.newest_backup(self._folder, self.path) if self._damaged and self.path else None

    def _show_path(self) -> None:
        self.chosen.setText(str(self.path) if self.path is not None else _("No file is chosen yet."))

    def _restore(self) -> None:
        asked = (self.name.text().strip(), self.passphrase.text(), self.reason.text().strip())
        fields = (self.name, self.passphrase, self.reason)
        empty = next((field for field, text in zip(fields, asked, strict=True) if not text), None)
        if self.path is None or empty is not None:
            (self.choose if self.path is None else empty or self.choose).setFocus()
            return
        first = Signer(self.name.text(), self.passphrase.text())
        restore = restores.restore_damaged if self._damaged else restores.restore_here
        made = partial(restore, self._folder, self.path, first, asked[2], self.second.said(), clock=self._clock)

        def work(progress: Progress) -> Manifest:
            return made(progress=progress)

        self._jobs.run_long(self, _("Restoring the backup"), work, self.done.emit, failed=self._refused)

    def _refused(self, error: Exception) -> None:
        if not isinstance(error, CaseDeskError):
            show_error(self, error)
            return
        self.trouble.say(error.message, error.hint)
        self.trouble.show()
        if isinstance(error, BackupDamaged | NotABackup) and (older := self._older()):
            self.use(str(older))
            self.trouble.say(error.message, _("Nothing was changed. The one before it is chosen now: try again."))
        if isinstance(error, SecondNeeded):
            self.second.show()
            self.second.setFocus()
        else:
            self.passphrase.setFocus()
