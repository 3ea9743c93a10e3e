"""Whether what stands on a screen can be read."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QLabel

from casedesk.ui.kit.texts import ElidedLabel, PlainLabel


def fits(label: PlainLabel) -> bool:
    """Whether all of the text is seen, or ends in … on purpose."""
    room, letters = label.contentsRect(), label.fontMetrics()
    if isinstance(label, ElidedLabel):
        return letters.height() <= room.height() + 1
    if label.wordWrap():
        with_breaks = QLabel.text(label)
        needs = letters.boundingRect(QRect(0, 0, room.width(), 100_000), Qt.TextFlag.TextWordWrap, with_breaks)
        return needs.width() <= room.width() + 1 and needs.height() <= room.height() + 1
    widest = max(letters.horizontalAdvance(line) for line in label.text().split("\n"))
    return widest <= room.width() + 1 and letters.height() <= room.height() + 1
