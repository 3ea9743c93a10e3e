"""Whether what stands on a screen can be read, and is named for who hears it."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QAbstractItemView, QLabel, QWidget

from casedesk.ui.kit.texts import ElidedLabel, PlainLabel
from casedesk.ui.kit.theme import current


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


def ringed(view: QAbstractItemView) -> bool:
    """Whether the row one stands on has the ring of the focus, on its left and all along."""
    row, picture = view.visualRect(view.currentIndex()), view.viewport().grab().toImage()
    across = (0, picture.width() // 2, picture.width() * 3 // 4)
    focus = current().colour("focus")
    return picture.pixelColor(0, row.center().y()) == focus and all(
        picture.pixelColor(x, row.bottom()) == focus for x in across
    )


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
