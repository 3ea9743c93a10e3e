"""The sidebar: where one can go, who is here."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QVBoxLayout

from casedesk.i18n import _
from casedesk.ui.kit.badges import BadgeSpec, badge_size, paint_badge
from casedesk.ui.kit.blocks import AppMark, Avatar, initials
from casedesk.ui.kit.buttons import IconButton, PressButton, button
from casedesk.ui.kit.icons import PHOSPHOR
from casedesk.ui.kit.icons import icon as icon_of
from casedesk.ui.kit.layouts import column, row, widget
from casedesk.ui.kit.texts import ElidedLabel, escape_key, rule, tip
from casedesk.ui.kit.theme import current, tokens


@dataclass(frozen=True, slots=True)
class NavItem:
    """A place to go: its code, icon (a meaning), word, and the keys that lead there."""

    code: str
    icon: str
    text: str
    keys: str = ""


class NavButton(PressButton):
    """A place in the sidebar or in the section list of a case, with a count at its right end."""

    def __init__(self, item: NavItem, *, variant: str = "nav") -> None:
        super().__init__(escape_key(f"  {item.text}"))
        self.item = item
        self._variant = variant
        self._badge: BadgeSpec | None = None
        self._rail = False
        self.setProperty("variant", variant)
        self.setCheckable(True)
        self.setAutoExclusive(False)
        self.setFont(current().font("body", 500))
        side = current().scaled(18)
        self.setIconSize(QSize(side, side))
        self.toggled.connect(lambda _on: self._draw_icon())
        self._draw_icon()
        self._name()

    def set_badge(self, badge: BadgeSpec | None) -> None:
        self._badge = badge
        self._name()
        self.update()

    def fold(self, rail: bool) -> None:
        """Show only the icon, or the word beside it too."""
        self._rail = rail
        self.setText("" if rail else escape_key(f"  {self.item.text}"))
        self.setProperty("sz", "rail" if rail else "")
        self.style().unpolish(self)
        self.style().polish(self)
        self._name()

    def _name(self) -> None:
        count = f", {self._badge.spoken}" if self._badge else ""
        self.setAccessibleName(f"{self.item.text}{count}")
        keys = f" · {self.item.keys}" if self.item.keys else ""
        tip(self, f"{self.item.text}{keys}" if self._rail or keys else "")

    def _draw_icon(self) -> None:
        on = self.isChecked()
        name = PHOSPHOR.get(self.item.icon, self.item.icon)
        filled = f"{name}-fill" if on and self._variant == "nav" and name not in OUTLINED else name
        plain = "nav_text" if self._variant == "nav" else "text2"
        tone = ("nav_sel_text" if self._variant == "nav" else "accent") if on else plain
        self.setIcon(icon_of(filled, tone, size=18))

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(hint.width() + (badge_size(self._badge).width() + 8 if self._badge else 0), hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._badge is None or self._rail:
            return
        size = badge_size(self._badge)
        painter = QPainter(self)
        place = QRectF(self.width() - size.width() - 8, 0, size.width(), self.height())
        paint_badge(painter, place, self._badge)
        painter.end()


OUTLINED = frozenset({"arrow-bend-up-right", "arrows-clockwise"})  # their filled twins look like other signs


class Sidebar(QFrame):
    """Emits where to go. The words and counts come from outside."""

    chosen = Signal(str)
    new_case = Signal()
    lock = Signal()

    def __init__(
        self,
        items: Sequence[NavItem],
        *,
        centre: str,
        user: str,
        role: str,
        new_case: str,
        settings: NavItem,
    ) -> None:
        super().__init__()
        self.setProperty("kind", "nav")
        self.items = {item.code: NavButton(item) for item in (*items, settings)}
        for code, part in self.items.items():
            part.clicked.connect(lambda _on=False, code=code: self._choose(code))
        self._words = widget(
            column(
                ElidedLabel("CaseDesk", "card"),
                ElidedLabel(centre, "caption", tone="nav_text2"),
                gap=0,
            )
        )
        self._new_words = escape_key(f" {new_case}")
        self.new_button = button(new_case, "primary", "add", clicked=self.new_case.emit)
        tip(self.new_button, _("{action} · {keys}").format(action=new_case, keys="Ctrl+N"))
        self._user = widget(
            column(
                ElidedLabel(user, "label"),
                ElidedLabel(role, "caption", tone="nav_text2"),
                gap=0,
            )
        )
        self._avatar = Avatar(initials(user), 30)
        self.lock_button = IconButton("lock", _("Lock · Ctrl+L"), clicked=self.lock.emit)
        self._foot = row(self._avatar, self._user, self.lock_button)
        self._foot.setStretch(1, 1)
        self._folded: bool | None = None
        self._lay_out(settings.code)
        self.fold(False)

    def _lay_out(self, settings: str) -> None:
        self._head = row(AppMark(30), self._words, gap=10)
        self._head.setStretch(1, 1)
        places = [part for code, part in self.items.items() if code != settings]
        last = (self.items[settings], 4, rule("nav_rule"), 4, self._foot)
        self._layout = column(self._head, 10, self.new_button, 6, *places, None, *last, gap=2)
        self.setLayout(self._layout)

    def fold(self, rail: bool) -> None:
        """Fold to a rail of icons, or unfold."""
        if rail == self._folded:
            return
        self._folded = rail
        width = tokens()["width"]["rail" if rail else "sidebar"]
        self.setFixedWidth(width if rail else current().scaled(width))
        side = 8 if rail else 10
        self._layout.setContentsMargins(side, 12, side, 10)
        self._head.setContentsMargins(5 if rail else 4, 0, 0, 0)
        self._words.setVisible(not rail)
        self._user.setVisible(not rail)
        self.new_button.setText("" if rail else self._new_words)
        self._foot.setDirection(QBoxLayout.Direction.BottomToTop if rail else QBoxLayout.Direction.LeftToRight)
        for part in (self._avatar, self.lock_button):
            self._foot.setAlignment(part, Qt.AlignmentFlag.AlignHCenter if rail else Qt.AlignmentFlag.AlignVCenter)
        for item in self.items.values():
            item.fold(rail)

    def select(self, code: str) -> None:
        """Show which page is open."""
        for each, part in self.items.items():
            part.setChecked(each == code)

    def set_badge(self, code: str, badge: BadgeSpec | None) -> None:
        self.items[code].set_badge(badge)

    def _choose(self, code: str) -> None:
        self.select(code)
        self.chosen.emit(code)


class SectionNav(QFrame):
    """The list of sections beside a case, with counts; `foot` takes a hint about keys."""

    chosen = Signal(str)

    def __init__(self, items: Sequence[NavItem], value: str = "") -> None:
        super().__init__()
        self.setProperty("kind", "rail")
        self.setFixedWidth(current().scaled(tokens()["width"]["section_nav"]))
        self.items = {item.code: NavButton(item, variant="section") for item in items}
        for code, part in self.items.items():
            part.clicked.connect(lambda _on=False, code=code: self._choose(code))
        self.foot = QVBoxLayout()
        layout = column(*self.items.values(), None, gap=1, margins=(10, 14, 10, 12))
        layout.addLayout(self.foot)
        self.setLayout(layout)
        self.select(value)

    def select(self, code: str) -> None:
        for each, part in self.items.items():
            part.setChecked(each == code)

    def set_count(self, code: str, text: str) -> None:
        """The count at the right end; empty takes it away."""
        self.items[code].set_badge(BadgeSpec(text, "", "bare") if text else None)

    def _choose(self, code: str) -> None:
        self.select(code)
        self.chosen.emit(code)
