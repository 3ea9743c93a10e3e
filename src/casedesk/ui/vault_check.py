"""In Settings: whether the journal, its chain and the records agree, and no page of the file is damaged."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QVBoxLayout, QWidget

from casedesk import formats
from casedesk.i18n import _, ngettext
from casedesk.progress import Progress
from casedesk.services import office
from casedesk.storage.checking import Findings
from casedesk.ui.kit.blocks import Banner, group, setting
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import clear, column, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Here

MOST = 50  # findings that are shown


class VaultCheck(QWidget):
    """Checks when it is asked to, beside the work, and shows what it found."""

    def __init__(self, here: Here) -> None:
        super().__init__()
        self._here = here
        self.check = button(_("Check now"), clicked=self._check)
        sentence = _("Reads everything and compares the journal, its chain and the records. Work can go on meanwhile.")
        self._found = column(gap=8)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(12)
        whole.addWidget(group(_("The vault"), (setting(_("Check the vault"), sentence, self.check),)))
        whole.addWidget(widget(self._found))

    def _check(self) -> None:
        self._say(busy=True)
        clear(self._found)
        progress = Progress()
        work = partial(office.check_store, self._here.desk, progress)
        self._here.jobs.run(self, work, self._checked, failed=self._not_checked, progress=progress)

    def _say(self, *, busy: bool) -> None:
        self.check.setText(_("Checking…") if busy else _("Check now"))
        self.check.setEnabled(not busy)

    def _checked(self, found: Findings) -> None:
        self._say(busy=False)
        counts = _("{operations} entries of the journal and {records} records were compared.").format(
            operations=formats.number(found.operations), records=formats.number(found.records)
        )
        if not found.wrong:
            self._found.addWidget(Banner("ok", _("Everything agrees"), counts))
            return
        bold = ngettext("{count} thing does not agree", "{count} things do not agree", len(found.wrong))
        hint = _("Nothing was changed. Copy the store folder to another disk and tell your coordinator.")
        self._found.addWidget(Banner("danger", bold.format(count=formats.number(len(found.wrong))), f"{counts} {hint}"))
        for line in found.wrong[:MOST]:
            self._found.addWidget(PlainLabel(line, "caption", wrap=True, selectable=True))

    def _not_checked(self, error: Exception) -> None:
        self._say(busy=False)
        show_error(self, error)
