"""Whether what stands on a screen can be read, and is named for who hears it."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QLabel, QWidget

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


def cut_off(root: QWidget) -> list[str]:
    """Labels that have not the room they need."""
    labels = [label for label in root.findChildren(PlainLabel) if label.isVisible()]
    return [label.text() for label in labels if label.text() and not fits(label)]


def nameless(root: QWidget) -> list[str]:
    """What takes the focus and has no name for a screen reader."""
    return [
        type(each).__name__
        for each in root.findChildren(QWidget)
        if each.isVisible()
        and each.focusPolicy() & Qt.FocusPolicy.TabFocus
        and each.focusProxy() is None
        and not each.accessibleName()
    ]
