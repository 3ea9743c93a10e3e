"""The bar over the intake: whose it is, whether it is saved, and the ways out."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy

from casedesk import formats
from casedesk.i18n import _, ngettext
from casedesk.ui.kit.buttons import IconButton, button
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import column, row, widget
from casedesk.ui.kit.texts import ElidedLabel, PlainLabel
from casedesk.ui.kit.theme import current, tokens
from casedesk.ui.kit.toast import announce
from casedesk.ui.kit.topbar import Pill

NARROW = 1100  # width of the strip under which the lesser things go
NAME = 190, 340  # width of the name where there is little room, and at most


class Strip(QFrame):
    """Says what the page tells it; emits what is wanted."""

    go_back = Signal()
    leave = Signal()
    remove = Signal()
    register = Signal()
    switch = Signal()
    drawer = Signal()

    def __init__(self, *, quick: bool) -> None:
        super().__init__()
        self.setProperty("kind", "bar")
        self.setFixedHeight(current().scaled(tokens()["height"]["sub_bar"]))
        self.title = PlainLabel(_("Quick register") if quick else _("New case"), "card")
        self.name = ElidedLabel("", "caption", tone="text2")
        words = widget(column(None, self.title, self.name, None, gap=0))
        self.name.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)  # as wide as the name, if it can
        words.setMinimumWidth(NAME[0])
        self.saved = Pill("", "draft")
        self.saved.hide()
        self._failed = False
        self._minutes = PlainLabel("", "body", tone="text2")
        self._time = widget(row(self._minutes, Icon("clock", "text2"), gap=6))
        self.side_button = button(_("Suggestion"), icon="triage", clicked=self.drawer.emit)
        other = _("Full intake") if quick else _("Quick register")
        self.switch_button = button(other, "ghost", keys="Alt+Q", clicked=self.switch.emit)
        self.remove_button = IconButton("remove", _("Remove draft"), clicked=self.remove.emit)
        self.remove_button.hide()  # until there is a draft
        self.leave_button = button(_("Save and leave"), clicked=self.leave.emit)
        self.register_button = button(
            _("Register case"), "primary", "done", keys="Ctrl+Enter", clicked=self.register.emit
        )
        back = IconButton("back", _("Back · Alt+←"), clicked=self.go_back.emit)
        ways = (
            self._time,
            self.side_button,
            self.switch_button,
            self.remove_button,
            self.leave_button,
            self.register_button,
        )
        self._inside: QHBoxLayout = row(back, words, self.saved, None, *ways, gap=10, margins=(14, 0, 20, 0))
        self.setLayout(self._inside)

    def say_name(self, name: str) -> None:
        self.name.setText(_("{name} · not yet registered").format(name=name) if name else _("Name not asked yet"))

    def say_minutes(self, minutes: int) -> None:
        text = ngettext("{count} min", "{count} min", minutes)
        self._minutes.setText(text.format(count=formats.number(minutes)))

    def saving(self) -> None:
        if not self._failed:
            self._say(_("Saving…"), "draft", "")

    def saved_at(self, at: datetime) -> None:
        self.remove_button.show()
        words = _("Draft saved {time}").format(time=formats.clock(at))
        self._say(words, "ok", "ok")
        if self._failed:
            announce(self, words)
        self._failed = False

    def not_saved(self) -> None:
        """Stays until a save succeeds."""
        words = _("Not saved — disk problem")
        self._say(words, "danger", "danger")
        if not self._failed:
            announce(self, words)
        self._failed = True

    def _say(self, text: str, icon: str, tone: str) -> None:
        self.saved.say(text, icon, tone=tone)
        self.saved.show()
        self._inside.activate()  # the longer words are never seen cut

    def fold(self, *, drawer: bool, width: int) -> None:
        """Show the button of the drawer where the panel is one, and drop the time where there is no room."""
        self.side_button.setVisible(drawer)
        self._time.setVisible(width >= NARROW)
        self.name.setMaximumWidth(current().scaled(NAME[width >= NARROW]))

    def found_alike(self, found: bool) -> None:
        self.side_button.setText(" " + (_("Same person?") if found else _("Suggestion")))
