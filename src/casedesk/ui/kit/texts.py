"""Labels and tooltips that show text as it is, whatever a person or a file put into it."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

import html
import re

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from casedesk import formats
from casedesk.ui.kit.theme import current

# role: font role, tone
ROLES = {
    "number": ("number", "text"),
    "page": ("page", "text"),
    "part": ("part", "text"),
    "section": ("section", "text"),
    "card": ("card", "text"),
    "body": ("body", "text"),
    "label": ("label", "text"),
    "reading": ("reading", "text"),
    "muted": ("body", "muted"),
    "caption": ("caption", "muted"),
    "key": ("key", "muted"),
}
LONGEST_WORD = 30
LEAST = 24  # pixels that are kept of a text that may be cut
LONG_WORD = re.compile(rf"(\S{{{LONGEST_WORD}}})(?=\S)")


def visible(text: str) -> str:
    """The text with invisible and direction-changing characters shown as `[U+202E]`."""
    return text if text.isascii() and text.isprintable() else formats.visible(text)


def escape_key(text: str) -> str:
    """Text for a button or menu entry, where a single & would underline a letter."""
    return visible(text).replace("&", "&&")


def tip(widget: QWidget, text: str) -> None:
    """Give a widget a tooltip that shows the text as it is."""
    shown = html.escape(visible(text)).replace("\n", "<br>")
    widget.setToolTip(f"<qt>{shown}</qt>" if text else "")


class PlainLabel(QLabel):
    """A label that never reads markup. `role` chooses font and colour, `tone` another colour; `wrap` breaks lines."""

    _full = ""

    def __init__(
        self,
        text: str = "",
        role: str = "body",
        *,
        tone: str = "",
        weight: int | None = None,
        wrap: bool = False,
        selectable: bool = False,
    ) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        font_role, usual_tone = ROLES[role]
        self.setFont(current().font(font_role, weight))
        self.setProperty("tone", tone or usual_tone)
        if wrap:
            self.setWordWrap(True)
            policy = self.sizePolicy()
            policy.setHorizontalPolicy(QSizePolicy.Policy.Expanding)
            policy.setHeightForWidth(True)
            self.setSizePolicy(policy)
        if selectable:
            flags = Qt.TextInteractionFlag
            self.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        self.setText(text)

    def setText(self, text: str) -> None:
        self._full = visible(text)
        super().setText(LONG_WORD.sub("\\1\u200b", self._full) if self.wordWrap() else self._full)

    def text(self) -> str:
        """The whole text, without the places where a very long word may break."""
        return self._full

    def set_tone(self, tone: str) -> None:
        self.setProperty("tone", tone)
        restyle(self)


class ElidedLabel(PlainLabel):
    """Ends in … where there is no room, and tells the rest in its tooltip.

    A class of its own: a label whose events pass through Python is shown half as fast.
    """

    def __init__(self, text: str = "", role: str = "body", *, tone: str = "", weight: int | None = None) -> None:
        super().__init__(text, role, tone=tone, weight=weight)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(LEAST)

    def paintEvent(self, _event: QPaintEvent) -> None:
        room = self.contentsRect()
        cut = self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, room.width())
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        painter.drawText(room, int(self.alignment()) | Qt.TextFlag.TextSingleLine, cut)
        painter.end()

    def minimumSizeHint(self) -> QSize:
        return QSize(LEAST, self.fontMetrics().height())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            too_long = self.fontMetrics().horizontalAdvance(self._full) > self.contentsRect().width()
            tip(self, self._full if too_long else "")
        return super().event(event)


def restyle(widget: QWidget) -> None:
    """Let the style sheet look again at a widget whose properties changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def rule(kind: str = "rule") -> QFrame:
    """A line across."""
    line = QFrame()
    line.setProperty("kind", kind)
    line.setFixedHeight(1)
    return line


def section_title(text: str) -> PlainLabel:
    """The small grey title over a group inside a card."""
    return PlainLabel(text, "caption", weight=600, tone="text2")
