"""What is copied from a screen does not stay: clipboard managers are asked to keep nothing, and it is soon cleared."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QMimeData, QObject, QTimer
from PySide6.QtGui import QClipboard
from PySide6.QtWidgets import QApplication

SECONDS: Final = 20
_WINDOWS: Final = 'application/x-qt-windows-mime;value="{}"'
SECRET: Final = "x-kde-passwordManagerHint"  # noqa: S105 - the name of a format, which others than KDE follow too
HINTS: Final = {
    SECRET: b"secret",
    _WINDOWS.format("ExcludeClipboardContentFromMonitorProcessing"): b"\x01",
    _WINDOWS.format("CanIncludeInClipboardHistory"): bytes(4),
    _WINDOWS.format("CanUploadToCloudClipboard"): bytes(4),
}


class Copies(QObject):
    """Watches what this program puts on the clipboard. All of it counts as protected: a form is full of it."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._clipboard = QApplication.clipboard()
        self.timer = QTimer(self, singleShot=True, interval=SECONDS * 1000)
        self.timer.timeout.connect(self._clear)
        self._clipboard.dataChanged.connect(self._marked)

    def _marked(self) -> None:
        data = self._clipboard.mimeData()
        if not self._ours() or data is None or not data.hasText() or data.hasFormat(SECRET):
            return
        copied = QMimeData()
        copied.setText(data.text())
        for name, value in HINTS.items():
            copied.setData(name, value)
        self._clipboard.setMimeData(copied)
        self.timer.start()

    def _clear(self) -> None:
        if self._ours():  # what another program put there is none of our business
            self._clipboard.clear()

    def _ours(self) -> bool:
        # Where no window is shown there is no clipboard of the system, and nobody else to fill it.
        return self._clipboard.ownsClipboard() or QApplication.platformName() == "offscreen"


def clear() -> None:
    """Leave nothing behind, at locking and hiding. Not every system tells whether we filled it, so always."""
    clipboard = QApplication.clipboard()
    clipboard.clear()
    if clipboard.supportsSelection():
        clipboard.clear(QClipboard.Mode.Selection)
