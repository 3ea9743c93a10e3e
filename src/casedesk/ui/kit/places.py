"""Asking for a file or a folder. Neither Qt nor the system keeps the place among those visited."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings, QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from casedesk.i18n import _


def choose_new(parent: QWidget, title: str, name: str, kind: str) -> QFileDialog:
    """Ask where to save; returns at once, and `fileSelected` tells. The ending of `kind` is added to the name."""
    dialog = _dialog(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter(kind)
    dialog.setDefaultSuffix(Path(name).suffix.removeprefix("."))
    dialog.selectFile(name)
    dialog.open()
    return dialog


def choose_old(parent: QWidget, title: str, kind: str) -> QFileDialog:
    """Ask for a file that is there; returns at once."""
    dialog = _dialog(parent, title)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilter(kind)
    dialog.open()
    return dialog


def choose_folder(parent: QWidget, title: str) -> QFileDialog:
    """Ask for a folder; returns at once."""
    dialog = _dialog(parent, title)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.setLabelText(QFileDialog.DialogLabel.Accept, _("Choose"))
    dialog.open()
    return dialog


def _dialog(parent: QWidget, title: str) -> QFileDialog:
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    dialog = QFileDialog(parent, title, documents if Path(documents).is_dir() else str(Path.home()))
    dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
    dialog.setHistory([])
    dialog.destroyed.connect(forget_places)
    dialog.finished.connect(dialog.deleteLater)
    return dialog


def forget_places() -> None:
    """Take out what Qt's file dialog wrote about the folders that were visited."""
    settings = QSettings(QSettings.Scope.UserScope, "QtProject")
    settings.remove("FileDialog")
    settings.sync()
