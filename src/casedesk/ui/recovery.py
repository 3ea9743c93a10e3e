"""The recovery key, shown once: to print or copy, and two of its groups typed back."""

from __future__ import annotations

import secrets
from datetime import date
from functools import partial
from typing import Final

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtPrintSupport import QPrintDialog, QPrinter, QPrinterInfo
from PySide6.QtWidgets import QLineEdit, QWidget

from casedesk import formats
from casedesk.i18n import _
from casedesk.reports.preview import Picture, picture
from casedesk.reports.recovery_sheet import write_recovery_sheet
from casedesk.storage.recovery_key import RecoveryKey
from casedesk.ui.jobs import Jobs
from casedesk.ui.kit.blocks import Card
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import Flow, block, column, row, widget
from casedesk.ui.kit.texts import PlainLabel, restyle
from casedesk.ui.kit.theme import current
from casedesk.ui.passphrases import HINTS, Said

ASKED: Final = 2
SCALE: Final = 300 / 72  # dots of the printer to a point


class RecoveryCard(Card):
    """The key in groups, how to keep it, and the proof that it was kept."""

    edited = Signal()

    def __init__(self, key: RecoveryKey, centre: str, made_on: date, jobs: Jobs) -> None:
        super().__init__()
        self._key, self._centre, self._made_on, self._jobs = key, centre, made_on, jobs
        self.asked = sorted(secrets.SystemRandom().sample(range(1, len(key.groups) + 1), ASKED))
        self.print_button = button(_("Print two copies"), icon="print", clicked=self._print)
        self.said = Said()
        title = PlainLabel(_("Recovery key"), "card")
        words = PlainLabel(
            _("If every passphrase is forgotten, this is the only way back in. It is shown once and stored nowhere."),
            "body",
            tone="text2",
            wrap=True,
        )
        top = row(column(Icon("key", "accent", 22), None), column(title, words, gap=2), gap=12)
        top.setStretch(1, 1)
        self.body.addLayout(top)
        self.body.addWidget(_groups(key))
        hint = PlainLabel(
            _("Print it, or write it down twice. Keep both copies locked away, apart, never beside the computer."),
            "caption",
            wrap=True,
        )
        line = row(hint, self.print_button, gap=12)
        line.setStretch(0, 1)
        self.body.addLayout(line)
        self.body.addWidget(self.said)
        self.boxes = [self._box(group) for group in self.asked]
        self.body.addWidget(PlainLabel(_("To be sure, type two groups from your copy."), "label"))
        self.body.addWidget(
            widget(
                row(*(self._labelled(box, at) for box, at in zip(self.boxes, self.asked, strict=True)), None, gap=16)
            )
        )
        self.wrong = Said()
        self.body.addWidget(self.wrong)

    def problem(self) -> str:
        """What is missing, in words; the focus goes there."""
        for box, group in zip(self.boxes, self.asked, strict=True):
            if not self._key.group_is(group, box.text()):
                words = _("Group {number} does not fit. Look at your copy and type it again.")
                self._mark(box, wrong=True)
                self.wrong.say(words.format(number=formats.number(group)))
                box.setFocus()
                box.selectAll()
                return self.wrong.text()
        return ""

    def _box(self, group: int) -> QLineEdit:
        box = QLineEdit()
        box.setObjectName(f"recovery_group_{group}")
        box.setAccessibleName(_("Group {number}").format(number=formats.number(group)))
        box.setInputMethodHints(HINTS)
        box.setFixedWidth(current().scaled(140))
        box.textEdited.connect(partial(self._edited, box))
        return box

    def _labelled(self, box: QLineEdit, group: int) -> QWidget:
        label = PlainLabel(_("Group {number}").format(number=formats.number(group)), "caption")
        label.setBuddy(box)
        return widget(column(label, box, gap=3))

    def _edited(self, box: QLineEdit, _text: str) -> None:
        self._mark(box, wrong=False)
        self.wrong.say("")
        self.edited.emit()

    def _mark(self, box: QLineEdit, *, wrong: bool) -> None:
        box.setProperty("state", "error" if wrong else "")
        restyle(box)

    def _print(self) -> None:
        if not QPrinterInfo.availablePrinters():
            self.said.say(_("No printer is set up on this computer. Write the key down twice, by hand."), "warn")
            return
        self.print_button.setEnabled(False)
        self._jobs.run(self, partial(_sheet, self._centre, self._key.text, self._made_on), self._choose_printer)

    def _choose_printer(self, page: Picture) -> None:
        """Ask which printer. A file is not offered: the key belongs on paper alone."""
        self.print_button.setEnabled(True)
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setFullPage(True)
        dialog = QPrintDialog(printer, self)
        dialog.setOption(QPrintDialog.PrintDialogOption.PrintToFile, False)
        dialog.accepted.connect(partial(self._send, printer, page))
        dialog.setModal(True)
        dialog.show()

    def _send(self, printer: QPrinter, page: Picture) -> None:
        if printer.outputFormat() != QPrinter.OutputFormat.NativeFormat:
            self.said.say(
                _("The key is not written to a file. Choose a printer, or write the key down by hand."), "warn"
            )
            return
        image = QImage(page.bgra, page.width, page.height, page.width * 4, QImage.Format.Format_RGB32)
        painter = QPainter()
        if painter.begin(printer):
            painter.drawImage(QRectF(printer.paperRect(QPrinter.Unit.DevicePixel)), image)
            painter.end()
            self.said.say(_("Sent to the printer. Cut the page in two and keep the copies apart."), "ok")
        else:
            self.said.say(_("The printer did not answer. Try again, or write the key down by hand."), "warn")


def _groups(key: RecoveryKey) -> QWidget:
    """The groups with their numbers, in letters that can be told apart across a table."""
    parts = []
    for number, group in enumerate(key.groups, start=1):
        letters = PlainLabel(group, "section", selectable=False)
        letters.setAccessibleName(_("Group {number}").format(number=number) + " " + " ".join(group))
        small = PlainLabel(formats.number(number), "key")
        parts.append(widget(column(letters, small, gap=0)))
    return block("sunken", column(widget(Flow(*parts, gap=24)), margins=(16, 12, 16, 8)))


def _sheet(centre: str, key: str, made_on: date) -> Picture:
    return picture(write_recovery_sheet(centre, key, made_on), 0, SCALE)
