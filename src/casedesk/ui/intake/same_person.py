"""Earlier cases that may be of the same person: what agrees, what differs. The program never joins them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from casedesk import formats
from casedesk.i18n import _, ngettext
from casedesk.services.answers import Answers, field_of, label_of
from casedesk.services.look_alikes import LookAlike
from casedesk.services.words import in_words
from casedesk.ui.kit.blocks import Card, KeyCap
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import clear, column, row, show_now
from casedesk.ui.kit.texts import ElidedLabel, PlainLabel

NAME = "person.name_bn"


class SamePersonPanel(Card):
    """Shows the likeliest one. `compare` carries the case, `not_same` the person, as texts."""

    compare = Signal(str)
    not_same = Signal(str)

    def __init__(self) -> None:
        super().__init__(kind="warn")
        self._inside = QVBoxLayout()
        self._inside.setSpacing(8)
        self.body.addLayout(self._inside)
        self._shown: object = None
        self.found: Sequence[LookAlike] = ()
        self.hide()

    def show_found(self, found: Sequence[LookAlike], answers: Answers) -> None:
        now = (list(found), [answers.get(key) for one in found for key in one.agrees])
        if now == self._shown:
            return
        self._shown = now
        self.found = found
        self.setVisible(bool(found))
        clear(self._inside)
        if not found:
            return
        first = found[0]
        title = _("The document number is the same") if first.certain else _("This may be the same person")
        count = ngettext("{count} earlier case looks alike", "{count} earlier cases look alike", len(found))
        words = column(
            PlainLabel(title, "card", wrap=True),
            PlainLabel(count.format(count=formats.number(len(found))), "caption", tone="text2", wrap=True),
            gap=0,
        )
        head = row(column(Icon("same_person", "warn", 20), None), gap=8)
        head.addLayout(words, 1)
        self._inside.addLayout(head)
        self._inside.addWidget(self._alike(first, answers))
        look = button(_("Compare"), icon="compare", keys="F4", clicked=self.ask_compare)
        other = button(_("Not the same"), "ghost", clicked=self._say_not_same)
        self._inside.addLayout(row(look, other, None, KeyCap("F4"), gap=6))
        show_now(self)

    def ask_compare(self) -> None:
        """Compare with the one that is shown."""
        if self.found:
            self.compare.emit(str(self.found[0].case_id))

    def _say_not_same(self) -> None:
        if self.found:
            self.not_same.emit(str(self.found[0].person_id))

    def _alike(self, one: LookAlike, answers: Answers) -> Card:
        names = [name for name in (one.name_bn, one.name_en) if name]
        card = Card(dense=True)
        number = PlainLabel(one.case_number, "caption", tone="text2")
        name = PlainLabel(" · ".join(names), "label", weight=600, wrap=True)
        card.body.addLayout(column(name, number, gap=0))
        for key in one.agrees:
            words = _("Name alike") if key == NAME else label_of(key)
            value = "" if key == NAME else in_words(field_of(key), answers.get(key))
            card.body.addLayout(_line("same", words, value))
        for key in one.differs:
            words = _("{answer} is different").format(answer=label_of(key))
            card.body.addLayout(_line("different", words, ""))
        return card


def _line(icon: str, words: str, value: str) -> QVBoxLayout:
    line = row(Icon(icon, "warn", 14), gap=8)
    line.addWidget(PlainLabel(words, "body", wrap=True), 1)
    if value:
        line.addWidget(ElidedLabel(value, "caption", tone="text2"), 1)
    return column(line)
