"""In Settings: a new passphrase for the one signed in, who proves it with the one until now."""

from __future__ import annotations

from collections.abc import Callable

import shiboken6
from PySide6.QtWidgets import QVBoxLayout, QWidget

from casedesk.errors import InvalidInput
from casedesk.i18n import _
from casedesk.services.passphrases import change_passphrase
from casedesk.storage import keys
from casedesk.storage.tries import MustWait
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import block, column, row
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Here
from casedesk.ui.passphrases import NewPassphrase, PassphraseField


class OwnPassphrase(QWidget):
    """The old passphrase, the new one twice. What becomes of it is told wherever one is by then."""

    def __init__(self, here: Here, cost: Callable[[], keys.Cost]) -> None:
        super().__init__()
        self._here, self._cost = here, cost
        self.old = PassphraseField(_("Passphrase until now"), "old_passphrase")
        self.new = NewPassphrase(lambda: [here.desk.actor.name, here.desk.centre])
        self.old.entered.connect(self.new.setFocus)
        self.new.entered.connect(self._change)
        self.change = button(_("Change passphrase"), "primary", "key", clicked=self._change)
        hint = _("No need to change it by the calendar. Change it when somebody may know it.")
        words = PlainLabel(hint, "body", tone="text2", wrap=True)
        inside = column(words, self.old, self.new, row(self.change, None), gap=12, margins=(16, 14, 16, 16))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(block("card", inside))

    def _change(self) -> None:
        if not self.old.text():
            self.old.say(_("Type the passphrase that holds until now."))
            self.old.setFocus()
        elif not self.new.problem():
            self.change.setEnabled(False)
            window, desk, old, new, cost = self.window(), self._here.desk, self.old.text(), self.new.text(), self._cost

            def work() -> None:
                change_passphrase(desk, old, new, cost())

            def refused(error: Exception) -> None:
                if self._is_shown():
                    self._refused(error)
                else:
                    show_error(window, error)

            self._here.jobs.write(window, work, self._changed, failed=refused)

    def _changed(self, _nothing: None) -> None:
        self._here.say(_("The passphrase is changed. The recovery key stays the same."))
        if self._is_shown():
            self.old.clear()
            self.new.clear()
            self.change.setEnabled(True)

    def _is_shown(self) -> bool:
        return shiboken6.isValid(self) and self.isVisible()

    def _refused(self, error: Exception) -> None:
        self.change.setEnabled(True)
        if isinstance(error, keys.WrongPassphrase | MustWait):
            self.old.say(f"{error.message} {error.hint}")
            self.old.setFocus()
        elif isinstance(error, InvalidInput):
            self.new.problem()
        else:
            show_error(self, error)
