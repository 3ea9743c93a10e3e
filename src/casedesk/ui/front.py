"""What the screens before the window share: waves, a card in the middle, the language, one line at the foot."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QPainter, QPainterPath, QPaintEvent, QShortcut
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from casedesk import i18n
from casedesk.i18n import _
from casedesk.ui.kit.blocks import AppMark
from casedesk.ui.kit.buttons import Segmented
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import SMALLEST, Tall, Whole, block, clear, column, row
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import current

LANGUAGES = (("en", "EN"), ("bn", "বাং"))
# Where each wave begins, bends and ends, in shares of the height.
WAVES = ((0.70, 0.61, 0.85, 0.74), (0.77, 0.69, 0.94, 0.79), (0.85, 0.80, 0.99, 0.87))


class Waves(QWidget):
    """A calm ground that says nothing about the work."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.colour("bg"))
        painter.setPen(Qt.PenStyle.NoPen)
        tint = theme.colour("accent")
        tint.setAlphaF(0.05)
        painter.setBrush(tint)
        wide, tall = float(self.width()), float(self.height())

        def at(x: float, y: float) -> QPointF:
            return QPointF(x * wide, y * tall)

        for start, up, down, end in WAVES:
            path = QPainterPath(QPointF(0, start * tall))
            path.cubicTo(at(0.25, up), at(0.45, down), at(0.68, down * 0.93))
            path.cubicTo(at(0.80, down * 0.893), at(0.90, up), at(1, end))
            path.lineTo(wide, tall)
            path.lineTo(0, tall)
            path.closeSubpath()
            painter.drawPath(path)
        painter.end()


class Front(Waves):
    """A card with the mark and the centre's name over what a screen puts into `body`."""

    language_chosen = Signal(str)

    def __init__(self, centre: str) -> None:
        super().__init__()
        self._centre = centre
        self.setWindowTitle("CaseDesk")
        self.setMinimumSize(*SMALLEST)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        self._head = QVBoxLayout()
        self.card: QFrame = block("dialog", column(self._head, 20, self.body, gap=0, margins=(28, 28, 28, 24)))
        middle = Tall()
        middle.setLayout(column(None, row(None, self.card, None), None, margins=(24, 24, 24, 24)))
        self._foot = QVBoxLayout()
        outer = column(Whole(middle), self._foot, gap=0)
        outer.setStretch(0, 1)
        self.setLayout(outer)
        shortcut = QShortcut(QKeySequence("Ctrl+Shift+L"), self)
        shortcut.activated.connect(self._turn_language)

    def rebuild(self) -> None:
        """Say everything again, in the language that holds now."""
        clear(self._head)
        clear(self._foot)
        name = PlainLabel(self._centre, "caption", wrap=True)
        name.setVisible(bool(self._centre))
        languages = Segmented(LANGUAGES, i18n.language(), _("Language"))
        languages.chosen.connect(self.language_chosen)
        words = column(PlainLabel("CaseDesk", "part"), name, gap=0)
        top = row(AppMark(40), words, languages, gap=12)
        top.setStretch(1, 1)
        self._head.addLayout(top)
        safe = PlainLabel(_("Case records on this computer are encrypted. No internet is needed to work."), "caption")
        self._foot.addLayout(row(Icon("shield-check", "muted", 16), safe, None, gap=8, margins=(24, 0, 24, 14)))

    def put(self, content: QWidget, width: int) -> None:
        """Show this in the card, at most as wide as this."""
        clear(self.body)
        self.card.setFixedWidth(current().scaled(width))
        self.body.addWidget(content)
        content.show()  # at once: what is not shown cannot take the focus

    def shut(self) -> None:
        """The screen goes."""

    def closeEvent(self, event: QCloseEvent) -> None:
        self.shut()
        super().closeEvent(event)

    def _turn_language(self) -> None:
        self.language_chosen.emit("en" if i18n.language() == "bn" else "bn")
