"""Cards, banners and the other pieces that pages are made of."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from casedesk.i18n import _
from casedesk.ui.kit.buttons import PressButton
from casedesk.ui.kit.icons import Icon, paint_icon
from casedesk.ui.kit.layouts import block, column, row, widget
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import current

BANNER_ICONS = {"info": "info", "warn": "warn", "danger": "danger", "ok": "ok"}
BAR = 6  # how high a thin bar is
ARROWS = {"↑": "up", "↓": "down", "←": "back", "→": "forward"}  # the typeface has none


class Card(QFrame):
    """A white block with a thin edge. Add parts to `body`; `head` is the row of its title."""

    def __init__(self, title: str = "", *, icon: str = "", dense: bool = False, kind: str = "card") -> None:
        super().__init__()
        self.setProperty("kind", kind)
        space = 12 if dense else 16
        outer = QVBoxLayout(self)
        outer.setContentsMargins(space, space - 2, space, space)
        outer.setSpacing(10)
        self.head = QHBoxLayout()
        self.head.setSpacing(8)
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        if icon:
            self.head.addWidget(Icon(icon))
        if title:
            self.head.addWidget(PlainLabel(title, "card", wrap=True), 1)
            outer.addLayout(self.head)
        outer.addLayout(self.body)


class Banner(QFrame):
    """A notice in its place: an icon, a bold line, a sentence, at most two buttons."""

    def __init__(
        self,
        kind: str,
        bold: str,
        sentence: str = "",
        *,
        icon: str = "",
        actions: Sequence[QWidget] = (),
    ) -> None:
        super().__init__()
        self.setProperty("kind", kind)
        self.setAccessibleName(f"{bold} {sentence}".strip())
        sign = Icon(icon or BANNER_ICONS[kind], kind, 20)
        self.bold = PlainLabel(bold, "body", weight=600, tone=kind, wrap=True)
        self.sentence = PlainLabel(sentence, "body", wrap=True)
        if not sentence:
            self.sentence.hide()  # never shown by itself: without a parent it would be a window
        words = column(self.bold, self.sentence, gap=0)
        inside = row(column(sign, None, margins=(0, 1, 0, 0)), words, gap=10, margins=(12, 6, 12, 6))
        inside.setStretch(1, 1)
        for action in actions:
            inside.addWidget(action, 0, Qt.AlignmentFlag.AlignVCenter)
        self.setLayout(inside)

    def say(self, bold: str, sentence: str = "") -> None:
        self.bold.setText(bold)
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))
        self.setAccessibleName(f"{bold} {sentence}".strip())


class SafeContactStrip(QFrame):
    """How this person may be reached, on every section of a case. It cannot be closed."""

    def __init__(self, rules: str = "", actions: Sequence[QWidget] = ()) -> None:
        super().__init__()
        self.setProperty("kind", "strip")
        title = PlainLabel(_("Safe contact:"), weight=600)
        self.rules = PlainLabel("", wrap=True)
        inside = row(Icon("safe_contact", "warn", 20), title, self.rules, gap=8, margins=(20, 4, 20, 4))
        inside.setStretch(2, 1)
        for action in actions:
            inside.addWidget(action)
        self.setLayout(inside)
        self.setMinimumHeight(current().scaled(40))
        self.say(rules)

    def say(self, rules: str) -> None:
        self.rules.setText(rules or _("No safe way to contact yet. Do not call."))
        self.setAccessibleName(_("Safe contact: {rules}").format(rules=self.rules.text()))


class EmptyState(QWidget):
    """What a list or page shows when there is nothing: an icon, a line, a sentence, one or two buttons."""

    def __init__(self, icon: str, line: str, sentence: str = "", actions: Sequence[QWidget] = ()) -> None:
        super().__init__()
        title = PlainLabel(line, "card", wrap=True)
        words = PlainLabel(sentence, "body", tone="text2", wrap=True)
        if not sentence:
            words.hide()  # never shown by itself: without a parent it would be a window
        for label in (title, words):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        buttons = row(None, *actions, None)
        sign = row(None, Disc(icon), None)
        self.setLayout(column(None, sign, 4, title, words, 4, buttons, None, gap=6, margins=(16, 16, 16, 16)))


class Disc(QWidget):
    """An icon in a grey circle."""

    def __init__(self, icon: str) -> None:
        super().__init__()
        self._icon = icon
        self.setFixedSize(56, 56)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current().colour("sunken"))
        painter.drawEllipse(self.rect())
        paint_icon(painter, QRectF(14, 14, 28, 28), self._icon, "text2")
        painter.end()


def labelled(control: QWidget, label: str = "", hint: str = "") -> QWidget:
    """A control under its label, or else under its name, and a hint under both."""
    words = PlainLabel(label or control.accessibleName(), "label")
    words.setBuddy(control)
    parts: list[QWidget] = [words, control]
    if hint:
        parts.append(PlainLabel(hint, "caption", tone="text2", wrap=True))
        control.setAccessibleDescription(hint)
    return widget(column(*parts, gap=4))


class ProgressBar(QWidget):
    """A thin bar from 0 to 1; `say` the same in words beside it."""

    def __init__(self, share: float = 0.0, *, name: str = "", tone: str = "accent") -> None:
        super().__init__()
        self._share, self._tone = share, tone
        self.setFixedHeight(BAR)
        self.setMinimumWidth(40)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._name = name
        self.set_share(share)

    def set_share(self, share: float) -> None:
        self._share = min(max(share, 0.0), 1.0)
        self.setAccessibleName(_("{name} {percent}%").format(name=self._name, percent=round(self._share * 100)).strip())
        self.update()

    def share(self) -> float:
        return self._share

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_bar(painter, QRectF(self.rect()), self._share, self._tone)
        painter.end()


def paint_bar(painter: QPainter, room: QRectF, share: float, tone: str = "accent") -> None:
    """A thin bar from 0 to 1, as high as `room`."""
    theme = current()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("line" if theme.dark else "sunken"))
    painter.drawRoundedRect(room, 3, 3)
    if share > 0:
        painter.setBrush(theme.colour(tone))
        painter.drawRoundedRect(QRectF(room.x(), room.y(), max(6.0, room.width() * share), room.height()), 3, 3)


class StatTile(PressButton):
    """A count that opens its list. `danger` colours it, for overdue above nothing."""

    def __init__(
        self, number: str, label: str, icon: str, *, danger: bool = False, clicked: Callable[[], object] | None = None
    ) -> None:
        super().__init__()
        self.setProperty("variant", "tile")
        self.setAccessibleName(f"{number} {label}")
        tone = "danger" if danger else "text"
        self.number = PlainLabel(number, "number", tone=tone)
        self.label = PlainLabel(label, "body", tone="text2", wrap=True)
        sign = Icon(icon, "danger" if danger else "text2", 22)
        inside = column(row(self.number, None, sign), self.label, gap=0, margins=(16, 6, 16, 8))
        self.setLayout(inside)
        for part in (self.number, self.label):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        if clicked is not None:
            self.clicked.connect(lambda _checked=False: clicked())

    def sizeHint(self) -> QSize:
        inside = self.layout()
        return inside.sizeHint() if inside is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        inside = self.layout()
        return inside.minimumSize() if inside is not None else super().minimumSizeHint()


class Avatar(QWidget):
    """The initials of a person in a circle."""

    def __init__(self, initials: str, side: int = 40) -> None:
        super().__init__()
        self._initials = initials[:3]
        self.setFixedSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent_soft"))
        painter.drawEllipse(self.rect())
        font = theme.font("card", 600)
        font.setPixelSize(round(self.height() * 0.38))
        painter.setFont(font)
        painter.setPen(theme.colour("accent"))
        metrics = QFontMetricsF(font)
        left = (self.width() - metrics.horizontalAdvance(self._initials)) / 2
        painter.drawText(QPointF(left, self.height() / 2 + metrics.capHeight() / 2), self._initials)
        painter.end()


def initials(name: str) -> str:
    """The first letters of the first and last word of a name."""
    words = name.split()
    chosen = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[0] for word in chosen).upper()


class KeyCap(QWidget):
    """One key of the keyboard, as it is printed on it."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(key)

    def sizeHint(self) -> QSize:
        theme = current()
        if all(letter in ARROWS for letter in self._key):
            return QSize(10 + theme.scaled(12) * len(self._key), theme.scaled(20))
        width = QFontMetricsF(theme.font("key")).horizontalAdvance(self._key)
        return QSize(max(round(width) + 11, theme.scaled(18)), theme.scaled(20))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_key(painter, QRectF(self.rect()), self._key)
        painter.end()


def paint_key(painter: QPainter, rect: QRectF, key: str) -> None:
    """Paint a key cap; arrows are icons."""
    theme = current()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    cap = rect.adjusted(0.5, 0.5, -0.5, -1)
    painter.setPen(QPen(theme.colour("line2"), 1))
    painter.setBrush(theme.colour("surface"))
    painter.drawRoundedRect(cap, 4, 4)
    painter.drawLine(QPointF(cap.left() + 3, cap.bottom() + 0.5), QPointF(cap.right() - 3, cap.bottom() + 0.5))
    if all(letter in ARROWS for letter in key):
        side = theme.scaled(12)
        left = cap.center().x() - side * len(key) / 2
        for at, letter in enumerate(key):
            place = QRectF(left + at * side, cap.center().y() - side / 2, side, side)
            paint_icon(painter, place, ARROWS[letter], "text2")
        return
    font = theme.font("key")
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    painter.setPen(theme.colour("text2"))
    left = cap.center().x() - metrics.horizontalAdvance(key) / 2
    painter.drawText(QPointF(left, cap.center().y() + metrics.capHeight() / 2), key)


def keys_hint(keys: str, words: str = "") -> QWidget:
    """Key caps and what they do: keys_hint("Ctrl+K", _("search")); words apart by spaces are caps of their own."""
    caps = [KeyCap(key) for part in keys.split(" ") for key in part.split("+")]
    hint = QWidget()
    inside = row(*caps, gap=4)
    if words:
        inside.addSpacing(2)
        inside.addWidget(PlainLabel(words, "caption", tone="muted"))
    hint.setLayout(inside)
    hint.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return hint


class AppMark(QWidget):
    """The mark of CaseDesk: a roof over an open hand of lines."""

    def __init__(self, side: int = 30) -> None:
        super().__init__()
        self.setFixedSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_mark(painter, QRectF(self.rect()))
        painter.end()


def paint_mark(painter: QPainter, rect: QRectF) -> None:
    """Paint the mark into a square."""
    theme = current()
    unit = rect.width() / 30
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("accent"))
    painter.drawRoundedRect(rect, 7 * unit, 7 * unit)
    pen = QPen(theme.colour("on_accent"), 2.3 * unit)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    lines = (
        ((6.5, 14.5), (15, 7.5), (23.5, 14.5)),
        ((20.5, 15.2), (12, 15.2), (9.8, 16.6), (9.2, 18.8), (9.8, 21), (12, 22.4), (20.5, 22.4)),
    )
    for points in lines:
        painter.drawPolyline(QPolygonF([rect.topLeft() + QPointF(x * unit, y * unit) for x, y in points]))


class Skeleton(QWidget):
    """Grey blocks where rows will be; show it after 300 ms, never before."""

    def __init__(self, rows: int = 6) -> None:
        super().__init__()
        self._rows = rows
        self.setMinimumHeight(rows * 40)
        self.setAccessibleName(_("Loading"))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current().colour("sunken"))
        width = self.width()
        for at in range(self._rows):
            top = at * 40 + 6
            painter.drawEllipse(QRectF(0, top, 28, 28))
            painter.drawRoundedRect(QRectF(40, top + 2, min(120 + 40 * (at % 2), width / 2), 9), 4.5, 4.5)
            painter.drawRoundedRect(QRectF(40, top + 17, min(90, width / 3), 8), 4, 4)
            painter.drawRoundedRect(QRectF(width - 90, top + 7, 84, 14), 7, 7)
        painter.end()


def fact(label: str, value: str) -> QWidget:
    """A small grey label over its value, as in key facts."""
    made = QWidget()
    shown = PlainLabel(value or "—", "label", wrap=True, selectable=False)
    made.setLayout(column(PlainLabel(label, "caption", wrap=True), shown, gap=0))
    return made


def group(title: str, lines: Sequence[QWidget], action: QWidget | None = None) -> QFrame:
    """A card of lines under each other, with a title and at most one button."""
    inside = column(gap=0, margins=(1, 1, 1, 1))
    if title:
        head = row(PlainLabel(title, "card"), None, *([action] if action else []), margins=(16, 8, 16, 8))
        inside.addWidget(block("row", head))
    for at, line in enumerate(lines):
        if at == len(lines) - 1:
            line.setProperty("kind", "rowlast")
        inside.addWidget(line)
    return block("card", inside)


def setting(title: str, sentence: str, control: QWidget | None) -> QFrame:
    """A setting: what it is, what it does, and how to change it."""
    words = column(PlainLabel(title, "label", wrap=True), gap=0)
    if sentence:
        words.addWidget(PlainLabel(sentence, "caption", wrap=True))
    inside = row(words, *([control] if control else []), gap=16, margins=(16, 8, 16, 8))
    inside.setStretch(0, 1)
    return block("row", inside)
