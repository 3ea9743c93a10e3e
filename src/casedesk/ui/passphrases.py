"""Typing a passphrase: shown or not, Caps Lock noticed, a new one twice with its strength in words."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from casedesk.i18n import _
from casedesk.services.slots import Signer
from casedesk.storage import passphrases
from casedesk.ui.kit.blocks import labelled
from casedesk.ui.kit.buttons import IconButton, button
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.icons import icon as icon_of
from casedesk.ui.kit.layouts import column, row, widget
from casedesk.ui.kit.texts import PlainLabel, restyle, tip

LOOK = "Alt+V"
HINTS = (
    Qt.InputMethodHint.ImhSensitiveData
    | Qt.InputMethodHint.ImhNoPredictiveText
    | Qt.InputMethodHint.ImhNoAutoUppercase
    | Qt.InputMethodHint.ImhHiddenText
)


def caps_lock(event: QKeyEvent) -> bool | None:
    """Whether Caps Lock is on, by the letter a key made; None if it does not tell, as in scripts without capitals."""
    text = event.text()
    if len(text) != 1 or text.lower() == text.upper():
        return None
    return text.isupper() != bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)


def plain_line(name: str, label: str) -> QLineEdit:
    """A line for a name or a few words beside a passphrase; no keyboard learns from it."""
    line = QLineEdit()
    line.setObjectName(name)
    line.setAccessibleName(label)
    line.setInputMethodHints(HINTS)
    line.setMaxLength(500)
    return line


class Said(QWidget):
    """One line under a field: an icon and what there is to say."""

    def __init__(self) -> None:
        super().__init__()
        self._icon = Icon("ok", "ok", 14)
        self._words = PlainLabel("", "caption", wrap=True)
        line = row(column(self._icon, None, margins=(1, 3, 0, 0)), self._words, gap=6)
        line.setStretch(1, 1)
        self.setLayout(line)
        self.hide()

    def say(self, text: str, tone: str = "danger") -> None:
        self._icon.show_icon({"danger": "problem", "warn": "warn", "ok": "ok"}[tone], tone)
        self._words.setText(text)
        self._words.set_tone(tone)
        self.setVisible(bool(text))

    def text(self) -> str:
        return "" if self.isHidden() else self._words.text()


class PassphraseField(QWidget):
    """A label, a line that shows dots, an eye to look at it, and a line for what there is to say."""

    edited = Signal()
    entered = Signal()

    def __init__(self, label: str, name: str) -> None:
        super().__init__()
        self.label = PlainLabel(label, "label")
        self.line = _Line(label, name)
        self.label.setBuddy(self.line)
        self.caps, self.said = Said(), Said()
        self.line.installEventFilter(self)
        self.line.textEdited.connect(self._edited)
        self.line.returnPressed.connect(self.entered)
        self.setLayout(column(self.label, self.line, self.caps, self.said, gap=4))
        self.setFocusProxy(self.line)

    def text(self) -> str:
        return self.line.text()

    def clear(self) -> None:
        self.line.clear()

    def show_text(self, on: bool) -> None:
        self.line.show_text(on)

    def say(self, text: str, tone: str = "danger") -> None:
        self.said.say(text, tone)
        self.line.setProperty("state", "error" if text and tone == "danger" else "")
        self.line.setAccessibleDescription(text)
        restyle(self.line)

    def _edited(self) -> None:
        self.say("")
        self.edited.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            on = caps_lock(event)
            if on is not None:
                self.caps.say(_("Caps Lock is on") if on else "", "warn")
        return super().eventFilter(watched, event)


class SecondPerson(QWidget):
    """The other one of two who agree to something: their sign-in name and passphrase."""

    def __init__(self, name: str, passphrase: str) -> None:
        super().__init__()
        self.name = plain_line("second_name", name)
        self.passphrase = PassphraseField(passphrase, "second_passphrase")
        self.setLayout(column(labelled(self.name), self.passphrase, gap=12))
        self.setFocusProxy(self.name)

    def said(self) -> Signer | None:
        """Who was named; nobody where no name was typed."""
        name = self.name.text().strip()
        return Signer(name, self.passphrase.text()) if name else None


class _Line(QLineEdit):
    """A line of dots with an eye at its end.

    Tab passes the eye by: whoever goes on typing there would write into this line, and the space bar would show it.
    """

    def __init__(self, label: str, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(label)
        self.setInputMethodHints(HINTS)
        self.setMaxLength(1024)
        self.setTextMargins(0, 0, 30, 0)
        self._eye = IconButton("show", _("Show the passphrase"), size="s", clicked=self._turn)
        self._eye.setParent(self)
        self._eye.setCursor(Qt.CursorShape.ArrowCursor)
        self._eye.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        look = QShortcut(QKeySequence(LOOK), self)
        look.setContext(Qt.ShortcutContext.WidgetShortcut)
        look.activated.connect(self._turn)
        self.show_text(False)

    def show_text(self, on: bool) -> None:
        mode = QLineEdit.EchoMode
        self.setEchoMode(mode.Normal if on else mode.Password)
        words = _("Hide the passphrase") if on else _("Show the passphrase")
        self._eye.setIcon(icon_of("hide" if on else "show"))
        self._eye.setAccessibleName(words)
        tip(self._eye, _("{action} · {keys}").format(action=words, keys=LOOK))

    def _turn(self) -> None:
        self.show_text(self.echoMode() == QLineEdit.EchoMode.Password)
        self.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        size = self._eye.sizeHint()
        self._eye.setGeometry(self.width() - size.width() - 5, (self.height() - size.height()) // 2, 28, size.height())


class NewPassphrase(QWidget):
    """A new passphrase, typed twice. `names` are what it must not be made of."""

    edited = Signal()
    entered = Signal()

    def __init__(self, names: Callable[[], Sequence[str]], *, side_by_side: bool = True) -> None:
        super().__init__()
        self._names = names
        self.first = PassphraseField(_("New passphrase"), "new_passphrase")
        self.second = PassphraseField(_("Type it again"), "new_passphrase_again")
        self.first.edited.connect(self._judge)
        self.second.edited.connect(self._compare)
        self.first.entered.connect(self.second.setFocus)
        self.second.entered.connect(self.entered)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(12)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(self.first, 0, 0, top)
        grid.addWidget(self.second, *((0, 1) if side_by_side else (1, 0)), top)
        self.suggest = button(_("Suggest one"), "link", "key", clicked=self._suggest)
        grid.addWidget(widget(row(self.suggest, None)), 2, 0, 1, 2 if side_by_side else 1)
        for at in range(2 if side_by_side else 1):
            grid.setColumnStretch(at, 1)
        self.setFocusProxy(self.first)

    def text(self) -> str:
        return self.first.text()

    def fill(self, passphrase: str) -> None:
        """Put back what was typed before."""
        for field in (self.first, self.second):
            field.line.setText(passphrase)
        if passphrase:
            self._judge()
            self._compare()

    def problem(self) -> str:
        """What is missing, in words, told under its field; the focus goes there."""
        weak = passphrases.passphrase_problem(self.text(), names=self._names())
        if weak is not None:
            self.first.say(weak)
            self.first.setFocus()
            return weak
        if not self.second.text():
            words = _("Type the passphrase here once more.")
            self.second.say(words)
            self.second.setFocus()
            return words
        if self.second.text() != self.text():
            words = _("The two are not the same. Type the passphrase again.")
            self.second.say(words)
            self.second.setFocus()
            return words
        return ""

    def clear(self) -> None:
        for field in (self.first, self.second):
            field.clear()
            field.say("")
            field.show_text(False)

    def _judge(self) -> None:
        text = self.text()
        good = passphrases.passphrase_problem(text, names=self._names()) is None
        words = passphrases.passphrase_strength(text, names=self._names()) if text else ""
        self.first.say(words, "ok" if good else "warn")
        self._compare()
        self.edited.emit()

    def _compare(self) -> None:
        same = bool(self.text()) and self.second.text() == self.text()
        self.second.say(_("Matches") if same else "", "ok")
        self.edited.emit()

    def _suggest(self) -> None:
        """Five words by chance, shown so that they can be learned; typing them again is the first exercise."""
        self.first.line.setText(passphrases.generated_passphrase())
        self.first.show_text(True)
        self.second.clear()
        self._judge()
        self.second.setFocus()
