"""What Qt itself puts on the screen speaks the language that is spoken."""

from __future__ import annotations

import re

from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from casedesk.i18n import speaking
from casedesk.ui.qt_words import QtWords


def test_the_dialog_for_files_speaks_bangla(qtbot: QtBot, qapp: QApplication) -> None:
    words = QtWords()
    qapp.installTranslator(words)
    try:
        with speaking("bn"):
            dialog = QFileDialog()
            qtbot.addWidget(dialog)
            dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.show()
            said = [each.text() for each in dialog.findChildren(QLabel)]
            said += [each.text() for each in dialog.findChildren(QPushButton)]
    finally:
        qapp.removeTranslator(words)
    assert "বেছে নিন" in said
    assert [text for text in said if re.search("[A-Za-z]", text)] == []
