"""A large dialog over the page, with the page dimmed behind it."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from casedesk.i18n import _
from casedesk.ui.kit.buttons import ENTER, IconButton
from casedesk.ui.kit.layouts import column, scrolled, widget
from casedesk.ui.kit.texts import PlainLabel, rule
from casedesk.ui.kit.theme import current

SCRIM = 0.45
EDGE = 24


class Sheet(QWidget):
    """Fill `body` and `foot`, then `open()`. Esc closes it and loses nothing; what opened it has the focus again."""

    closed = Signal()
    by_enter = False  # whether Enter alone is enough for the main action, where no control needs it

    def __init__(self, host: QWidget, title: str, subtitle: str = "", *, width: int = 720) -> None:
        super().__init__(host.window())
        self._host = host.window()
        self._width = width
        self._before: QWidget | None = None
        self.is_busy = False  # while what it asked for is written
        self._typing_in: QWidget | None = None  # what had the focus when it became busy
        self.is_open = False  # also while the cover hides it
        self.safe: QWidget | None = None  # what has the focus at first, where that is not the first control
        self._least = 0  # as high as it was opened
        self.setAccessibleName(title)
        self.title = PlainLabel(title, "section", wrap=True)
        self.subtitle = PlainLabel(subtitle, "body", tone="text2", wrap=True)
        if not subtitle:
            self.subtitle.hide()  # never shown by itself: without a parent it would be a window
        self.close_button = IconButton("close", _("Close (Esc)"), clicked=self.leave)
        self.head = QHBoxLayout()
        self.head.setContentsMargins(20, 14, 12, 12)
        self.head.addLayout(column(self.title, self.subtitle, gap=0), 1)
        self.head.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(20, 16, 20, 16)
        self.body.setSpacing(12)
        self.foot = QHBoxLayout()
        self.foot.setContentsMargins(20, 12, 20, 12)
        self.foot.setSpacing(8)
        self.content = widget(self.body)
        self._area = scrolled(self.content)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)  # in a very small window
        self.panel = QFrame(self)
        self.panel.setProperty("kind", "dialog")
        inside = QVBoxLayout(self.panel)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.setSpacing(0)
        inside.addLayout(self.head)
        inside.addWidget(rule())
        inside.addWidget(self._area, 1)
        inside.addWidget(rule())
        inside.addLayout(self.foot)
        self._host.installEventFilter(self)
        self.content.installEventFilter(self)
        self.hide()

    def open(self, focus: QWidget | None = None) -> None:
        """Show it over everything, with the focus on `focus` or on its first control."""
        focused = QApplication.focusWidget()
        in_window = focused is not None and self._host.isAncestorOf(focused)
        self._before = focused if in_window else self._host.focusWidget()  # not in a file dialog that goes
        self.is_open = True
        self._place()
        self.show()
        self.raise_()
        self._place()
        self.take_focus(focus)

    def take_focus(self, focus: QWidget | None = None) -> None:
        """Put the focus on this control, or on the first one."""
        controls = self._controls()
        first = next((each for each in controls if each is not self.close_button), self.close_button)
        wanted = [each for each in (focus, self.safe) if each is not None and each.isEnabled()]
        chosen = next(iter(wanted), first)
        chosen.setFocus(Qt.FocusReason.PopupFocusReason)

    def rename(self, title: str, subtitle: str, *, width: int) -> None:
        """Say what it is about, once that is known."""
        self.setAccessibleName(title)
        self.title.setText(title)
        self.subtitle.setText(subtitle)
        self.subtitle.setVisible(bool(subtitle))
        self._width = width

    def busy(self, on: bool) -> None:
        """While what it asked for is written nothing in it can be changed, and it stays open. The sheet itself has the
        focus until then: a control that is disabled would lose it for good, and with it every key."""
        if on == self.is_busy:
            return
        self.is_busy = on
        focused = QApplication.focusWidget()
        if on:
            self._typing_in = focused if focused is not None and self.panel.isAncestorOf(focused) else None
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.panel.setEnabled(not on)
        if not on and self._host.focusWidget() is self:  # also where another window is before it
            self.take_focus(self._typing_in)

    def main_action(self) -> None:
        """Ctrl+Enter."""

    def leave(self) -> None:
        """Somebody closes it by hand."""
        self.dismiss()

    def dismiss(self) -> None:
        """Close it and give the focus back."""
        if not self.is_open:
            return
        self.is_open = False
        self.hide()
        before, self._before = self._before, None
        there = before if before is not None and isValid(before) else self.window()  # the page may have been rebuilt
        there.setFocus(Qt.FocusReason.OtherFocusReason)
        self.closed.emit()
        self.deleteLater()

    def reveal(self, part: QWidget) -> None:
        """Scroll until the part is seen."""
        self._area.ensureWidgetVisible(part, 0, 16)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.accept()  # the page behind takes no keys while the sheet is open
        if self.is_busy:
            return
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
        elif event.key() in ENTER and (self.by_enter or event.modifiers() & Qt.KeyboardModifier.ControlModifier):
            self.main_action()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Keep Tab inside."""
        controls = self._controls()
        here = QApplication.focusWidget()
        if not controls:
            return False
        at = controls.index(here) if here in controls else -1
        step = 1 if forward else -1
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        controls[(at + step) % len(controls)].setFocus(reason)
        return True

    def _controls(self) -> list[QWidget]:
        """What Tab visits, in the order of reading: body, foot, then the close button."""
        chain: list[QWidget] = []
        each = self.nextInFocusChain()
        while each is not None and each is not self and len(chain) < 2000:
            if self.isAncestorOf(each) and each is not self.close_button:
                chain.append(each)
            each = each.nextInFocusChain()
        chain.sort(key=self._area.isAncestorOf, reverse=True)  # whichever was made first
        takes_tab = [one for one in [*chain, self.close_button] if one.focusPolicy() & Qt.FocusPolicy.TabFocus]
        return [one for one in takes_tab if one.isVisibleTo(self) and one.isEnabled() and one.focusProxy() is None]

    def _place(self) -> None:
        """In the middle of the window, as large as what it holds."""
        window = self._host
        self.setGeometry(window.rect())
        width, height = self._room()
        self._least = height
        self.panel.setGeometry((window.width() - width) // 2, (window.height() - height) // 2, width, height)

    def _fit(self) -> None:
        """Make room for what was added, and none for what is gone; what is there already stays where it is, as far
        as the window allows."""
        width, room = self._room()
        height = max(room, self._least)
        if height != self.panel.height():
            lowest = self._host.height() - EDGE - height
            self.panel.setGeometry(self.panel.x(), min(self.panel.y(), lowest), width, height)
        focused = QApplication.focusWidget()
        if focused is not None and self.content.isAncestorOf(focused):
            self.reveal(focused)

    def _room(self) -> tuple[int, int]:
        """Width and height of the panel: what it holds, and never more than the window. It scrolls only there: a scroll
        bar that comes and goes would break the words anew, and leave a gap."""
        window = self._host
        width = min(self._width, window.width() - 2 * EDGE)
        wanted = self.content.heightForWidth(width - 2) if self.content.hasHeightForWidth() else -1
        if wanted < 0:
            wanted = self.content.sizeHint().height()
        head = (
            self.head.totalHeightForWidth(width - 2) if self.head.hasHeightForWidth() else self.head.sizeHint().height()
        )
        all_of_it, most = wanted + head + self.foot.sizeHint().height() + 8, window.height() - 2 * EDGE
        bar = Qt.ScrollBarPolicy.ScrollBarAsNeeded if all_of_it > most else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        self._area.setVerticalScrollBarPolicy(bar)
        return width, min(all_of_it, most)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self.isVisible():
            if watched is self._host and event.type() == QEvent.Type.Resize:
                self._place()
            elif watched is self.content and event.type() == QEvent.Type.LayoutRequest:
                QTimer.singleShot(0, self, self._fit)  # when the layout has taken it in
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        scrim = QColor(current().colour("scrim"))
        scrim.setAlphaF(SCRIM)
        painter = QPainter(self)
        painter.fillRect(self.rect(), scrim)
        painter.end()
