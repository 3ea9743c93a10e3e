"""The case register as a file: how much it tells, what it is for, whom it is for."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem, QWidget

from casedesk import codelists
from casedesk.desk import Desk
from casedesk.formats import number
from casedesk.i18n import _, ngettext
from casedesk.reports.hand_out import FileKind, FirstRows
from casedesk.reports.register_files import PROFILES
from casedesk.services.case_register import NO_NAMES, Register
from casedesk.services.permissions import may
from casedesk.services.prints import CODED
from casedesk.services.statistics.periods import Period
from casedesk.ui.kit.blocks import labelled
from casedesk.ui.kit.buttons import Segmented, button
from casedesk.ui.kit.choices import Combo
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.reports.handing import KINDS, WhoAndWhy

FILES = (FileKind.XLSX, FileKind.CSV, FileKind.JSON)


class RegisterSheet(Sheet):
    """`ready` carries the kind of file and what is asked for."""

    ready = Signal(object, object)
    by_enter = True

    def __init__(self, host: QWidget, desk: Desk, period: Period) -> None:
        super().__init__(
            host, _("Case register"), _("One line for each case. Confidential cases are in no file."), width=560
        )
        self._period = period
        named = may(desk, "register.named")
        profiles = [(code, _(words)) for code, words in PROFILES.items() if named or code == CODED]
        self.profile = Combo(profiles, CODED, name=_("How much it tells"))
        self.purpose = Combo(name=_("What it is for"))
        self.which = Combo(
            [("", _("All cases")), ("period", _("Opened in {period}").format(period=period.label))],
            name=_("Which cases"),
        )
        self.kinds = Segmented([(each.value, _(KINDS[each])) for each in FILES], FileKind.XLSX, _("Kind of file"))
        self.who = WhoAndWhy()
        self.body.addWidget(self.kinds)
        self.body.addWidget(labelled(self.profile))
        self.body.addWidget(labelled(self.purpose))
        self.body.addWidget(labelled(self.which))
        self.body.addWidget(self.who)
        self.foot.addStretch(1)
        self.save_button = button(_("Show the first rows"), "primary", "next", clicked=self._done)
        self.foot.addWidget(self.save_button)
        self.profile.currentIndexChanged.connect(lambda _at: self._offer())
        self._offer()

    def _offer(self) -> None:
        """Only the purposes for which a file of this kind may leave."""
        column = "consent_coded" if self.profile.value() == CODED else "consent_shared"
        purposes = [
            (row.code, row.label)
            for row in codelists.get("print_purpose")
            if row.yes("for_register") and row.extra[column] != NO_NAMES
        ]
        self.purpose.offer(purposes)

    def _done(self) -> None:
        if not self.who.ready():
            return
        asked = Register(
            profile=self.profile.value(),
            purpose=self.purpose.value(),
            receiver=self.who.receiver.text(),
            reason=self.who.reason.text(),
            opened=(self._period.first, self._period.last) if self.which.value() else None,
        )
        kind = FileKind(self.kinds.value())
        self.dismiss()
        self.ready.emit(kind, asked)

    def main_action(self) -> None:
        self._done()


class FirstRowsSheet(Sheet):
    """The first rows as they will leave, and what is not among them. `ready` says to go on."""

    ready = Signal()
    by_enter = True

    def __init__(self, host: QWidget, found: FirstRows) -> None:
        words = ngettext("{count} case will be in the file.", "{count} cases will be in the file.", found.cases)
        super().__init__(
            host, _("The first rows as they will leave"), words.format(count=number(found.cases)), width=960
        )
        for told in found.missing():
            self.body.addWidget(PlainLabel(told, "body", tone="text2", wrap=True))
        self.table = QTableWidget(len(found.rows), len(found.titles))
        self.table.setAccessibleName(_("The first rows as they will leave"))
        self.table.setHorizontalHeaderLabels(found.titles)
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        for row, cells in enumerate(found.rows):
            for at, cell in enumerate(cells):
                self.table.setItem(row, at, QTableWidgetItem(cell))
        self.table.resizeColumnsToContents()
        self.table.setMinimumHeight(self.table.verticalHeader().length() + 64)
        self.body.addWidget(self.table)
        self.foot.addStretch(1)
        self.save_button = button(_("Choose where…"), "primary", "export", clicked=self._done)
        self.save_button.setEnabled(found.cases > 0)
        self.foot.addWidget(self.save_button)

    def _done(self) -> None:
        self.dismiss()
        self.ready.emit()

    def main_action(self) -> None:
        self.save_button.click()  # does nothing where there is no case
