"""Part 6: what is missing, what stays open, and the last decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from casedesk import formats
from casedesk.errors import Problem
from casedesk.i18n import _, ngettext
from casedesk.services import sections
from casedesk.services.answers import Answers, label_of
from casedesk.ui.intake.asking import CATEGORY, counted, in_order, is_answered
from casedesk.ui.intake.parts import Asking, Part
from casedesk.ui.kit.blocks import Card
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import clear, row, widget
from casedesk.ui.kit.texts import PlainLabel

Problems = Mapping[str, Sequence[Problem]]
SHOWN = 12


class CheckPart(Part):
    """`wanted` carries the key of an answer somebody wants to see."""

    wanted = Signal(str)

    def __init__(self, asking: Asking, answers: Answers) -> None:
        super().__init__(asking)
        self._card = Card(_("Before it is registered"))
        self._lines = QVBoxLayout()
        self._lines.setSpacing(2)
        self._card.body.addLayout(self._lines)
        self.add(self._card)
        self.add(PlainLabel(_("Decision"), "section"))
        self.add(self.form(CATEGORY, not_now=False))
        others = tuple(key for key in sections.CHECK.keys if key not in (*CATEGORY, "case.priority_reason"))
        self.add(self.form(others, not_now=False))
        self.body.addStretch(1)
        self._answers = answers

    def tell(self, problems: Problems, answers: Answers) -> None:
        """Show what is missing or needs another look, as links, and how much stays open."""
        clear(self._lines)
        keys = [key for key in in_order(problems) if problems[key]]
        for key in keys[:SHOWN]:
            first = problems[key][0]
            self._line(
                "warn" if first.warning else "ring",
                "warn" if first.warning else "text2",
                _("{question} — {problem}").format(question=label_of(key), problem=first.text),
                key,
            )
        if len(keys) > SHOWN:
            more = _("and {count} more").format(count=formats.number(len(keys) - SHOWN))
            self._lines.addWidget(PlainLabel(more, "caption"))
        if not keys:
            self._lines.addWidget(
                widget(row(Icon("ok", "ok", 16), PlainLabel(_("Everything needed is here."), "body"), None))
            )
        still = open_questions(answers, self.asking)
        if still:
            words = ngettext(
                "{count} question stays open. It can be asked another day.",
                "{count} questions stay open. They can be asked another day.",
                still,
            )
            self._lines.addWidget(PlainLabel(words.format(count=formats.number(still)), "caption", wrap=True))

    def _line(self, icon: str, tone: str, text: str, key: str) -> None:
        link = button(text, "link", clicked=lambda: self.wanted.emit(key))
        link.setProperty("key", key)
        self._lines.addWidget(widget(row(Icon(icon, tone, 16), link, None, gap=6)))


def open_questions(answers: Answers, asking: Asking) -> int:
    """How many questions have no answer."""
    return sum(
        not is_answered(key, answers) for section in sections.PARTS for key in counted(section, answers, asking.today)
    )
