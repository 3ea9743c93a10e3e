"""A new recovery key in the place of the one before: made for who proves who they are, shown once, typed back, used."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.services import office
from casedesk.services.passphrases import make_recovery, replace_recovery
from casedesk.storage.recovery_key import RecoveryKey
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import block, clear, column, row, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Here
from casedesk.ui.passphrases import PassphraseField
from casedesk.ui.recovery import RecoveryCard


class NewRecovery(QWidget):
    """Until the new key is typed back the one before holds, so that nobody is left without a way in."""

    done = Signal()

    def __init__(self, here: Here) -> None:
        super().__init__()
        self._here = here
        self._key: RecoveryKey | None = None
        self.card: RecoveryCard | None = None
        self.passphrase = PassphraseField(_("Your passphrase"), "recovery_passphrase")
        self.passphrase.entered.connect(self._make)
        self.make_button = button(_("Make a new recovery key"), "primary", "key", clicked=self._make)
        self.use_button = button(_("Use the new key"), "primary", clicked=self._use)
        self._inside = QVBoxLayout(self)
        self._inside.setContentsMargins(0, 0, 0, 0)
        self._inside.setSpacing(12)
        self._ask()

    def _ask(self) -> None:
        hint = _(
            "Make one when a copy of the sheet is lost or somebody may have seen it. "
            "From then on the sheets of before open nothing; destroy them."
        )
        words = PlainLabel(hint, "body", tone="text2", wrap=True)
        inside = column(words, self.passphrase, row(self.make_button, None), gap=12, margins=(16, 14, 16, 16))
        self._inside.addWidget(block("card", inside))

    def _make(self) -> None:
        if not self.passphrase.text():
            self.passphrase.say(_("Type your passphrase."))
            self.passphrase.setFocus()
            return
        self.make_button.setEnabled(False)
        work = partial(make_recovery, self._here.desk, self.passphrase.text())
        self._here.jobs.run(self, work, self._made, failed=self._refused)

    def _refused(self, error: Exception) -> None:
        self.make_button.setEnabled(True)
        if isinstance(error, CaseDeskError):
            self.passphrase.say(f"{error.message} {error.hint}")
            self.passphrase.setFocus()
        else:
            show_error(self, error)

    def _made(self, key: RecoveryKey) -> None:
        self._key = key
        self.passphrase.clear()
        clear(self._inside)
        desk = self._here.desk
        self.card = RecoveryCard(key, office.office(desk).name, desk.today(), self._here.jobs)
        self._inside.addWidget(self.card)
        later = button(_("Keep the one before"), clicked=self.done.emit)
        self._inside.addWidget(widget(row(self.use_button, later, None)))
        self.card.print_button.setFocus()

    def _use(self) -> None:
        if self._key is None or self.card is None or self.card.problem():
            return
        self.use_button.setEnabled(False)
        work = partial(replace_recovery, self._here.desk, self._key)
        self._here.jobs.write(self, work, self._used, failed=self._not_used)

    def _used(self, _nothing: None) -> None:
        self._here.say(_("The new recovery key holds. Destroy the sheets of before."))
        self.done.emit()

    def _not_used(self, error: Exception) -> None:
        self.use_button.setEnabled(True)
        show_error(self, error)
