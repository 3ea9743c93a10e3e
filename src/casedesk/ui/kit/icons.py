"""One icon for each meaning, coloured from the tokens."""

from __future__ import annotations

from functools import lru_cache

import qtawesome
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from casedesk.ui.kit.theme import current

SCALE = 1.14

PHOSPHOR = {
    "today": "sun-horizon",
    "cases": "user-rectangle",
    "person": "user",
    "referral": "arrow-bend-up-right",
    "shelter": "bed",
    "legal": "scales",
    "directory": "address-book",
    "reports": "chart-bar",
    "sync": "arrows-clockwise",
    "settings": "gear",
    "offline": "cloud-slash",
    "to_send": "cloud-arrow-up",
    "sent": "cloud-check",
    "draft": "pencil-line",
    "edit": "pencil",
    "note": "note-pencil",
    "print": "printer",
    "triage": "compass",
    "safe_contact": "phone-slash",
    "call": "phone-call",
    "hide": "eye-slash",
    "show": "eye",
    "lock": "lock-simple",
    "restricted": "lock-key",
    "yes": "check-circle-fill",
    "no": "x-circle-fill",
    "ask": "question-fill",
    "cat_s": "check-circle-fill",
    "cat_u": "minus-circle-fill",
    "cat_a": "shield-warning-fill",
    "urgent": "caret-double-up",
    "high": "caret-up",
    "medium": "minus",
    "low": "caret-down",
    "new": "circle-dashed",
    "assessment": "circle-half-tilt",
    "active": "circle-half",
    "on_hold": "pause-circle",
    "review": "eye",
    "closed": "check-circle",
    "conflict": "git-merge",
    "who_looked": "fingerprint",
    "same_person": "users",
    "overview": "squares-four",
    "journey": "airplane-takeoff",
    "what_happened": "shield-warning",
    "needs": "first-aid-kit",
    "document": "file-text",
    "timeline": "clock-counter-clockwise",
    "house": "house",
    "training": "graduation-cap",
    "talk": "chats",
    "calendar": "calendar-check",
    "waiting": "hourglass",
    "clock": "timer",
    "late": "warning-circle",
    "ok": "check-circle-fill",
    "info": "info-fill",
    "about": "info",
    "warn": "warning-fill",
    "danger": "warning-octagon-fill",
    "problem": "warning-circle-fill",
    "add": "plus",
    "done": "check",
    "close": "x",
    "remove": "trash",
    "undo": "arrow-counter-clockwise",
    "retry": "arrow-clockwise",
    "search": "magnifying-glass",
    "filter": "funnel",
    "more": "dots-three-vertical",
    "back": "arrow-left",
    "forward": "arrow-right",
    "up": "arrow-up",
    "down": "arrow-down",
    "open_list": "caret-down",
    "previous": "caret-left",
    "next": "caret-right",
    "open": "arrow-square-out",
    "export": "download-simple",
    "import": "upload-simple",
    "columns": "columns",
    "compare": "columns",
    "pause": "pause",
    "pace": "hand-waving",
    "hand": "hand",
    "list": "list-bullets",
    "key": "key",
    "usb": "hard-drives",
    "money": "money",
    "link": "link-simple",
    "same": "equals",
    "different": "x",
    "dot": "circle-fill",
    "ring": "circle",
}


def icon(name: str, tone: str = "text2", *, size: int = 18) -> QIcon:
    """The icon for a meaning (a key of PHOSPHOR) or a Phosphor name, drawn for `size` pixels."""
    theme = current()
    return _icon(name, theme.hex(tone), theme.hex("disabled"), size)


def icon_in(colour: str, name: str, *, size: int = 18) -> QIcon:
    """The icon in a colour that is none of ours, for the cover."""
    return _icon(name, colour, colour, size)


def pixmap(name: str, tone: str, size: int, ratio: float = 1.0) -> QPixmap:
    """A picture for painters, made once for each colour and size."""
    return _pixmap(name, current().hex(tone), size, ratio)


def paint_icon(painter: QPainter, rect: QRectF, name: str, tone: str) -> None:
    """Draw the icon into the square in the middle of `rect`."""
    side = round(min(rect.width(), rect.height()))
    device = painter.device()
    ratio = device.devicePixelRatioF() if device is not None else 1.0
    target = QRect(0, 0, side, side)
    target.moveCenter(rect.center().toPoint())
    painter.drawPixmap(target, pixmap(name, tone, side, ratio))


@lru_cache(maxsize=600)
def _icon(name: str, colour: str, disabled: str, size: int) -> QIcon:
    made = QIcon()
    for ratio in (1.0, 2.0):
        made.addPixmap(_pixmap(name, colour, size, ratio))
        made.addPixmap(_pixmap(name, disabled, size, ratio), QIcon.Mode.Disabled)
    return made


@lru_cache(maxsize=1200)
def _pixmap(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    glyph = qtawesome.icon(f"ph.{PHOSPHOR.get(name, name)}", color=colour, scale_factor=SCALE)
    side = round(size * ratio)
    made: QPixmap = glyph.pixmap(QSize(side, side), 1.0)
    made.setDevicePixelRatio(ratio)
    return made


class Icon(QWidget):
    """An icon that stands by itself; screen readers pass over it."""

    def __init__(self, name: str, tone: str = "text2", size: int = 18) -> None:
        super().__init__()
        self._name, self._tone = name, tone
        self._side = current().scaled(size)
        self.setFixedSize(self._side, self._side)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_icon(self, name: str, tone: str) -> None:
        self._name, self._tone = name, tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        painter = QPainter(self)
        paint_icon(painter, QRectF(self.rect()), self._name, self._tone)
        painter.end()
