"""Things to press."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from casedesk.i18n import _
from casedesk.ui.kit.icons import icon as icon_of
from casedesk.ui.kit.texts import escape_key, restyle, tip
from casedesk.ui.kit.theme import current

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)

# variant: colour of its icon, weight of its letters
LOOKS = {
    "default": ("text2", 500),
    "primary": ("on_accent", 500),
    "confirm": ("on_danger", 500),
    "soft": ("accent", 500),
    "ghost": ("text2", 400),
    "danger": ("danger", 500),
    "link": ("accent", 500),
    "danger_link": ("danger", 500),
    "toast": ("surface", 500),
    "tab": ("text2", 500),
    "nav": ("nav_text", 500),
    "section": ("text2", 500),
}


class PressButton(QPushButton):
    """A button that Enter presses as Space does. Ctrl+Enter stays the main action of the page."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            self.click()
        else:
            super().keyPressEvent(event)


def button(
    text: str,
    variant: str = "default",
    icon: str = "",
    *,
    size: str = "",
    keys: str = "",
    clicked: Callable[[], object] | None = None,
) -> QPushButton:
    """A button with a word on it. `size` is "s", "" or "l"; `keys` are told in its tooltip ("Ctrl+N")."""
    made = PressButton(escape_key(text))
    token, weight = LOOKS[variant]
    made.setProperty("variant", variant)
    made.setProperty("sz", size)
    made.setFont(current().font("caption" if size == "s" and variant != "default" else "body", weight))
    made.setAccessibleName(text)
    policy = QSizePolicy.Policy
    made.setSizePolicy(policy.Maximum if "link" in variant else policy.Minimum, policy.Fixed)
    if icon:
        made.setIcon(icon_of(icon, token))
        made.setIconSize(QSize(current().scaled(18), current().scaled(18)))
        made.setText(" " + escape_key(text))  # Qt leaves too little room between icon and word
    if keys:
        tip(made, _("{action} · {keys}").format(action=text, keys=keys))
    if clicked is not None:
        made.clicked.connect(lambda _checked=False: clicked())
    return made


class IconButton(PressButton):
    """A button without a word; `name` is its tooltip and what a screen reader says."""

    def __init__(
        self, icon: str, name: str, *, tone: str = "text2", size: str = "", clicked: Callable[[], object] | None = None
    ) -> None:
        super().__init__()
        self.setProperty("variant", "icon")
        self.setProperty("sz", size)
        self.setIcon(icon_of(icon, tone))
        side = current().scaled(16 if size == "s" else 18)
        self.setIconSize(QSize(side, side))
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        tip(self, name)
        if clicked is not None:
            self.clicked.connect(lambda _checked=False: clicked())


class Segmented(QFrame):
    """Two to five words of which one holds; the arrow keys move between them."""

    chosen = Signal(str)

    def __init__(self, options: Sequence[tuple[str, str]], value: str, name: str) -> None:
        super().__init__()
        self.setProperty("kind", "segmented")
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(1)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        for code, word in options:
            part = PressButton(escape_key(word))
            part.setProperty("variant", "segment")
            part.setCheckable(True)
            part.setFont(current().font("body", 500))
            part.setAccessibleName(f"{name}: {word}")
            part.clicked.connect(lambda _checked=False, code=code: self.chosen.emit(code))
            self._group.addButton(part)
            self._buttons[code] = part
            layout.addWidget(part)
        self.set_value(value)

    def value(self) -> str:
        return next((code for code, part in self._buttons.items() if part.isChecked()), "")

    def set_value(self, value: str) -> None:
        if value in self._buttons:
            self._buttons[value].setChecked(True)


class Switch(QCheckBox):
    """On or off, at once."""

    def __init__(self, name: str, *, on: bool = False) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setChecked(on)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(44, 26)

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = current()
        on = self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(2, (self.height() - 22) / 2, 40, 22)
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("focus"), 2))
            painter.drawRoundedRect(track.adjusted(-1, -1, 1, 1), 12, 12)
        inner = track.adjusted(1, 1, -1, -1)
        painter.setPen(QPen(theme.colour("accent" if on else "ctrl"), 1.5))
        painter.setBrush(theme.colour("accent" if on else "surface"))
        painter.drawRoundedRect(inner, 10, 10)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("on_accent" if on else "ctrl"))
        painter.drawEllipse(QRectF(inner.right() - 18 if on else inner.left() + 2, inner.top() + 2, 16, 16))
        painter.end()


class Filter(PressButton):
    """A chip that is on or off, and stays where it is."""

    def __init__(self, text: str, *, on: bool = False) -> None:
        super().__init__()
        self.setProperty("variant", "chip")
        self.setCheckable(True)
        self.setFont(current().font("body", 500))
        self.say(text)
        self.setChecked(on)
        self.toggled.connect(self._show)
        self._show(on)

    def say(self, text: str) -> None:
        self.setText(escape_key(text))
        self.setAccessibleName(text)

    def _show(self, on: bool) -> None:
        self.setProperty("state", "on" if on else "off")
        restyle(self)


class Chip(PressButton):
    """A filter or a choice that holds; pressing it, or Delete, takes it away."""

    removed = Signal()

    def __init__(self, text: str, *, name: str = "") -> None:
        super().__init__(escape_key(text) + " ")
        self.setProperty("variant", "chip")
        self.setProperty("state", "on")
        self.setFont(current().font("body", 500))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name or text)
        self.setIcon(icon_of("close", "accent", size=14))
        self.setIconSize(QSize(14, 14))
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.clicked.connect(lambda _checked=False: self.removed.emit())

    def event(self, event: QEvent) -> bool:
        delete = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in delete:
            self.removed.emit()
            return True
        return super().event(event)


def let_tab_reach_the_chosen(group: Sequence[QAbstractButton]) -> None:
    """The key Tab stops at what is chosen, or else at the first; the arrow keys go from it to the others.

    Qt does this only after a click or a key, and not for what the program chose.
    """
    usable = [each for each in group if each.isEnabled()]
    stop = next((each for each in usable if each.isChecked()), usable[0] if usable else None)
    for each in group:
        each.setFocusPolicy(Qt.FocusPolicy.StrongFocus if each is stop else Qt.FocusPolicy.ClickFocus)


def tabs(words: Sequence[tuple[str, str]], value: str, chosen: Callable[[str], object]) -> QWidget:
    """Words in a row of which one is open, underlined: (code, word)."""
    bar = QWidget()
    layout = QHBoxLayout(bar)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(18)
    group = QButtonGroup(bar)
    for code, word in words:
        part = button(word, "tab")
        part.setCheckable(True)
        part.setChecked(code == value)
        part.clicked.connect(lambda _checked=False, code=code: chosen(code))
        group.addButton(part)
        layout.addWidget(part)
    layout.addStretch(1)
    return bar
