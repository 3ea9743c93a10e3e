"""The bar over every page: search, the state of the connection, the language, and Hide."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QSizePolicy, QWidget

from casedesk.i18n import _
from casedesk.ui.kit.blocks import KeyCap, keys_hint
from casedesk.ui.kit.buttons import ENTER, Segmented, button
from casedesk.ui.kit.icons import paint_icon
from casedesk.ui.kit.layouts import row
from casedesk.ui.kit.texts import visible
from casedesk.ui.kit.theme import current, tokens

GLASS = 44  # pixels of the glass and the margins of a search line
NARROW = 1000  # width of the bar under which words get shorter


class SearchBox(QLineEdit):
    """A search line with the glass at its left and the keys that lead to it at its right.

    `kind` is "search" for the one in the top bar and "find" for the ones of lists.
    """

    def __init__(self, placeholder: str, *, keys: str = "", kind: str = "find") -> None:
        super().__init__()
        self.setProperty("kind", kind)
        self.setPlaceholderText(visible(placeholder))
        self.setAccessibleName(placeholder)
        self.setInputMethodHints(Qt.InputMethodHint.ImhNoPredictiveText | Qt.InputMethodHint.ImhSensitiveData)
        self._caps: QWidget | None = keys_hint(keys) if keys else None
        if self._caps is not None:
            self._caps.setParent(self)
            self._caps.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self.textChanged.connect(self._show_caps)

    def _show_caps(self) -> None:
        """Only beside the words that say what is searched for, never over them."""
        if self._caps is not None:
            words = self.fontMetrics().horizontalAdvance(self.placeholderText())
            room = self.width() - GLASS - self._caps.sizeHint().width()
            self._caps.setVisible(not self.text() and words <= room)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._caps is not None:
            size = self._caps.sizeHint()
            self._caps.setGeometry(
                self.width() - size.width() - 7, (self.height() - size.height()) // 2, size.width(), size.height()
            )
            self._show_caps()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        paint_icon(painter, QRectF(9, self.height() / 2 - 9, 18, 18), "search", "text2")
        painter.end()


class SearchOpener(SearchBox):
    """The search of the top bar: pressing or typing opens the palette; nothing is typed here."""

    pressed = Signal(str)

    def __init__(self, placeholder: str) -> None:
        super().__init__(placeholder, keys="Ctrl+K", kind="search")
        self.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress:
            self.pressed.emit("")
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            moves = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
            if event.key() in moves or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                return super().eventFilter(watched, event)
            if (event.text().isprintable() and event.text()) or event.key() in ENTER:
                self.pressed.emit(event.text().strip())
                return True
        return super().eventFilter(watched, event)


class Pill(QWidget):
    """An icon and words in a rounded outline: the state of the connection, or of a draft. `tone` ok fills it."""

    def __init__(self, text: str, icon: str, *, short: str = "", tone: str = "") -> None:
        super().__init__()
        self._text, self._short, self._icon, self._tone = text, short or text, icon, tone
        self._is_short = False
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)

    def say(self, text: str, icon: str, *, short: str = "", tone: str = "") -> None:
        self._text, self._short, self._icon, self._tone = text, short or text, icon, tone
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def shorten(self, on: bool) -> None:
        if on != self._is_short:
            self._is_short = on
            self.updateGeometry()
            self.update()

    def _shown(self) -> str:
        return visible(self._short if self._is_short else self._text)

    def sizeHint(self) -> QSize:
        theme = current()
        width = QFontMetricsF(theme.font("body")).horizontalAdvance(self._shown())
        return QSize(round(width) + theme.scaled(18) + 30, theme.scaled(26 if self._tone else 30))

    def minimumSizeHint(self) -> QSize:
        return QSize(60, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = current()
        fill, edge = (f"{self._tone}_soft", f"{self._tone}_soft") if self._tone else ("surface", "line2")
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour(edge), 1))
        painter.setBrush(theme.colour(fill))
        shape = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(shape, shape.height() / 2, shape.height() / 2)
        side = theme.scaled(16)
        paint_icon(painter, QRectF(10, (self.height() - side) / 2, side, side), self._icon, self._tone or "text2")
        font = theme.font("body")
        metrics = QFontMetricsF(font)
        left = 10 + side + 6
        words = metrics.elidedText(self._shown(), Qt.TextElideMode.ElideRight, self.width() - left - 8)
        painter.setFont(font)
        painter.setPen(theme.colour(self._tone or "text2"))
        painter.drawText(QPointF(left, self.height() / 2 + metrics.capHeight() / 2), words)
        painter.end()


class TopBar(QFrame):
    """Emits what is asked for; the words of the connection's state come from outside."""

    search = Signal(str)
    language = Signal(str)
    hide_screen = Signal()

    def __init__(self, language: str) -> None:
        super().__init__()
        self.setProperty("kind", "bar")
        self.setFixedHeight(current().scaled(tokens()["height"]["top_bar"]))
        self.search_box = SearchOpener(_("Search people, cases, partners"))
        self.search_box.setMaximumWidth(360)
        self.search_box.pressed.connect(self.search)
        self.state = Pill(_("Offline · all work saved on this computer"), "offline", short=_("Offline · saved"))
        languages = (("en", "EN"), ("bn", "বাং"))
        self.languages = Segmented(languages, language, _("Language"))
        self.languages.chosen.connect(self.language)
        self.hide_button = button(_("Hide"), icon="hide", clicked=self.hide_screen.emit)
        self.hide_button.setAccessibleName(_("Hide, F9"))
        inside = row(
            self.search_box, None, self.state, 4, self.languages, self.hide_button, KeyCap("F9"), margins=(20, 0, 20, 0)
        )
        inside.setStretch(0, 10)
        self.setLayout(inside)

    def say_state(self, text: str, icon: str, *, short: str = "", tone: str = "") -> None:
        """Tell the state of the connection, or of long work in the background."""
        self.state.say(text, icon, short=short, tone=tone)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.state.shorten(event.size().width() < NARROW)
