"""Part 1: consent and safety, and what the screen says when they say no."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from casedesk import formats
from casedesk.i18n import _
from casedesk.services.answers import Answers
from casedesk.services.intake_views import REQUIRED_CONSENT
from casedesk.ui.intake.asking import FLAGS, GUARDIAN, NO_FLAGS, PURPOSES
from casedesk.ui.intake.parts import Asking, ConsentEdit, Part, without_labels
from casedesk.ui.kit.blocks import Card, EmptyState
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import row, widget
from casedesk.ui.kit.texts import PlainLabel


class ConsentPart(Part):
    """Read aloud, two answers, then how and by whom; other purposes open on demand; safety at the end."""

    def __init__(self, asking: Asking, answers: Answers) -> None:
        super().__init__(asking)
        aloud = Card(kind="pace")
        aloud.body.addWidget(PlainLabel(_("Read this aloud"), "caption", weight=600, tone="text2"))
        aloud.body.addWidget(PlainLabel(read_aloud(), "reading", wrap=True))
        self.add(aloud)
        required = dict.fromkeys(REQUIRED_CONSENT, ConsentEdit)
        self.add(without_labels(self.form(REQUIRED_CONSENT, columns=1, editors=required, not_now=False)))
        self.add(self.form(("consent.method", "consent.language", "consent.giver", "consent.giver_name", *GUARDIAN)))
        self.add(PlainLabel(_("Safety"), "section"))
        self.add(self.form((NO_FLAGS, FLAGS), columns=1))
        count = formats.number(len(PURPOSES))
        words = _("Ask about other purposes ({count})").format(count=count)
        self.more = button(words, "soft", "add", clicked=self.open_purposes)
        self._more = widget(row(self.more, None))
        self.add(self._more)
        if any(key in answers for key in PURPOSES):
            self.open_purposes()
        self.body.addStretch(1)

    def open_purposes(self) -> None:
        """Show a row for every other purpose."""
        if self._more.isHidden():
            return
        self._more.hide()
        at = self.body.indexOf(self._more)
        title = PlainLabel(_("Other purposes"), "section")
        note = PlainLabel(_("Each is asked by itself. A no never costs help."), "caption")
        editors = dict.fromkeys(PURPOSES, ConsentEdit)
        form = without_labels(self.form(PURPOSES, columns=1, editors=editors, not_now=False))
        form.fill(self._answers)
        for offset, part in enumerate((title, note, form)):
            self.body.insertWidget(at + offset, part)
        form.go_to(PURPOSES[0])

    def go_to(self, key: str) -> bool:
        if key in PURPOSES and key not in self.questions():
            self.open_purposes()
        return super().go_to(key)


def read_aloud() -> str:
    """What is explained before the two answers."""
    return _(
        "We would like to write down what you tell us, so that we can help you and you need not tell it twice. "
        "It stays on this computer, locked. Nobody outside sees it unless you say yes. "
        "You may leave out any answer, stop at any time, and take back your yes. May we go on?"
    )


class SaidNo(QWidget):
    """They said no: a full answer. The screen stops, and the draft can go."""

    def __init__(self, *, remove: Callable[[], object], change: Callable[[], object]) -> None:
        super().__init__()
        self.remove = button(_("Remove this draft"), "primary", clicked=remove)
        self.change = button(_("They changed their mind"), clicked=change)
        said = EmptyState(
            "hand",
            _("They said no. That is a full answer."),
            _(
                "Help them as far as you can without writing anything down. "
                "When the draft is removed, only a count stays, without name or answers."
            ),
            (self.remove, self.change),
        )
        self.setLayout(row(said, margins=(24, 40, 24, 40)))
