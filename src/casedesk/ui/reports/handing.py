"""Before something leaves: who receives it, why, in which form; then where the file goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QLineEdit, QWidget

from casedesk import i18n
from casedesk.i18n import N_, _
from casedesk.reports.hand_out import FileKind
from casedesk.services.given_out import Handing
from casedesk.ui.kit.blocks import Banner, labelled
from casedesk.ui.kit.buttons import Segmented, button
from casedesk.ui.kit.choices import Combo
from casedesk.ui.kit.layouts import column
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.print.printing import choose_file

KINDS = {FileKind.XLSX: N_("Excel"), FileKind.CSV: N_("CSV"), FileKind.JSON: N_("JSON"), FileKind.PDF: N_("PDF")}
FILTERS = {
    FileKind.XLSX: N_("Excel files (*.xlsx)"),
    FileKind.CSV: N_("CSV files (*.csv)"),
    FileKind.JSON: N_("JSON files (*.json)"),
    FileKind.PDF: N_("PDF files (*.pdf)"),
}


def line(name: str, *, secret: bool = False, longest: int = 200) -> QLineEdit:
    made = QLineEdit()
    made.setAccessibleName(name)
    made.setMaxLength(longest)
    if secret:
        made.setEchoMode(QLineEdit.EchoMode.Password)
    return made


class WhoAndWhy(QWidget):
    """Receiver and reason; both are kept in the journal."""

    def __init__(self) -> None:
        super().__init__()
        self.receiver = line(_("Who receives it?"))
        self.reason = line(_("Why does it leave?"), longest=500)
        hint = _("Receiver and reason are kept in the record of what left.")
        parts = labelled(self.receiver), labelled(self.reason, hint=hint)
        self.told = Banner("warn", _("Say who receives it, and why."))
        self.told.hide()
        self.setLayout(column(*parts, self.told, gap=10))
        self.setFocusProxy(self.receiver)

    def ready(self) -> bool:
        """Whether both are said; if not, tell so and go there."""
        missing = next((each for each in (self.receiver, self.reason) if not each.text().strip()), None)
        self.told.setVisible(missing is not None)
        if missing is not None:
            missing.setFocus()
        return missing is None


class HandOutSheet(Sheet):
    """Asks for whom and why a report leaves as a file. `ready` carries the kind of file and the Handing."""

    ready = Signal(object, object)
    by_enter = True

    def __init__(self, host: QWidget, title: str, kinds: Sequence[FileKind], kind: FileKind) -> None:
        super().__init__(host, _("Save as a file"), title, width=520)
        self.kinds = Segmented([(each.value, _(KINDS[each])) for each in kinds], kind.value, _("Kind of file"))
        self.who = WhoAndWhy()
        self.language = Combo(i18n.languages(), i18n.language(), name=_("Language"))
        self.body.addWidget(self.kinds)
        self.body.addWidget(self.who)
        self.body.addWidget(labelled(self.language))
        self.foot.addStretch(1)
        self.save_button = button(_("Choose where…"), "primary", "export", clicked=self._done)
        self.foot.addWidget(self.save_button)

    def _done(self) -> None:
        if not self.who.ready():
            return
        handing = Handing(self.who.receiver.text(), self.who.reason.text(), self.language.value())
        kind = FileKind(self.kinds.value())
        self.dismiss()
        self.ready.emit(kind, handing)

    def main_action(self) -> None:
        self._done()


def ask_where(parent: QWidget, name: str, kind: FileKind) -> QFileDialog:
    """Ask for the file; `fileSelected` tells which."""
    return choose_file(parent, name, title=_("Save as a file"), filter_=_(FILTERS[kind]), suffix=kind.value)


def with_ending(path: str, kind: FileKind) -> Path:
    """The path with the ending of the kind: a name with a dot in it has it not by itself.

    The dialog asked whether a file of the chosen name may be replaced, and knew nothing of one with the ending.
    """
    chosen = Path(path)
    if chosen.suffix.lower() == f".{kind}":
        return chosen
    made, again = chosen.with_name(f"{chosen.name}.{kind}"), 1
    while made.exists():
        again += 1
        made = chosen.with_name(f"{chosen.name}-{again}.{kind}")
    return made
