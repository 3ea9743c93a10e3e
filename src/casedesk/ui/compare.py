"""Side by side: the answers of a draft and an earlier case that may be of the same person. A person decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from casedesk import formats
from casedesk.desk import Desk
from casedesk.i18n import _, ngettext
from casedesk.services import sections
from casedesk.services.answers import Answers, field_of, label_of
from casedesk.services.case_facts import CaseFacts, look
from casedesk.services.drafts import open_draft
from casedesk.services.words import in_words
from casedesk.ui.intake.keeping import keep_marks, marks_of
from casedesk.ui.kit.blocks import Card, EmptyState, Skeleton
from casedesk.ui.kit.buttons import IconButton, button
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import block, clear, column, row, scrolled, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.texts import PlainLabel, section_title
from casedesk.ui.kit.theme import current, tokens
from casedesk.ui.page import Goto, Here, Page

COMPARED = tuple(
    key
    for section in (sections.PERSON, sections.JOURNEY)
    for key in section.keys
    if key.partition(".")[0] in ("person", "identity_document", "migration_episode")
)
PHONES = ("person.phone_1", "person.phone_2", "person.contact_person_phone")


class ComparePage(Page):
    """Opening it opens the earlier case, and is recorded as that."""

    nav = "cases"

    def __init__(self, here: Here, *, case_id: str, draft_id: str) -> None:
        super().__init__(here)
        self._case_id, self._draft_id = UUID(case_id), UUID(draft_id)
        self._facts: CaseFacts | None = None
        self._answers: Answers = open_draft(here.desk, self._draft_id).answers
        self._rows = QVBoxLayout()
        self._rows.addWidget(Skeleton(5))
        inside = column(self._rows, None, gap=12, margins=(24, 16, 24, 24))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._strip())
        outer.addWidget(scrolled(widget(inside)), 1)
        here.jobs.write(self, partial(look, here.desk, self._case_id), self._show, failed=self._failed)

    def _strip(self) -> QWidget:
        title = PlainLabel(_("Is it the same person?"), "section")
        note = PlainLabel(_("The draft is kept. Nothing is joined by itself."), "caption", tone="text2")
        back = IconButton("back", _("Back to the draft · Alt+←"), clicked=self.here.back)
        self.back_button = button(_("Back to the draft"), clicked=self.here.back)
        self.open_button = button(_("Open the earlier case"), "soft", "open", clicked=self._open)
        self.other_button = button(_("Not the same person"), "soft", clicked=self._not_the_same)
        for each in (self.open_button, self.other_button):
            each.setEnabled(False)
        buttons = (self.back_button, self.open_button, self.other_button)
        bar = block("bar", row(back, column(title, note, gap=0), None, *buttons, gap=10, margins=(14, 0, 20, 0)))
        bar.setFixedHeight(current().scaled(tokens()["height"]["sub_bar"]))
        return bar

    def _show(self, facts: CaseFacts) -> None:
        self._facts = facts
        for each in (self.open_button, self.other_button):
            each.setEnabled(True)
        clear(self._rows)
        theirs = {key: facts.answers[key] for key in COMPARED if key in facts.answers}
        mine = {key: self._answers[key] for key in COMPARED if key in self._answers}
        both = [key for key in COMPARED if key in mine and key in theirs]
        agree = sum(mine[key] == theirs[key] for key in both)
        words = ngettext("{count} answer is the same", "{count} answers are the same", agree)
        differ = ngettext("{count} differs", "{count} differ", len(both) - agree)
        said = _("{same}, {different}. Grey rows are the same.").format(
            same=words.format(count=formats.number(agree)),
            different=differ.format(count=formats.number(len(both) - agree)),
        )
        self._rows.addWidget(PlainLabel(said, "body", tone="text2", wrap=True))
        card = Card()
        card.body.addLayout(self._table(facts, mine, theirs))
        self._rows.addWidget(card)

    def _table(self, facts: CaseFacts, mine: Mapping[str, object], theirs: Mapping[str, object]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        for at, stretch in enumerate((0, 2, 3, 3)):
            grid.setColumnStretch(at, stretch)
        grid.addWidget(section_title(_("This draft")), 0, 2)
        grid.addWidget(section_title(_("Earlier case {number}").format(number=facts.number)), 0, 3)
        for line, key in enumerate((key for key in COMPARED if key in mine or key in theirs), 1):
            same = key in mine and mine.get(key) == theirs.get(key)
            known = key in mine and key in theirs
            tone = "muted" if same else "text"
            icon, colour = ("same", "muted") if same else ("different", "warn") if known else ("ask", "muted")
            grid.addWidget(Icon(icon if known else "medium", colour, 16), line, 0)
            label = PlainLabel(label_of(key), "body", tone="muted" if same else "text2", wrap=True)
            grid.addWidget(label, line, 1)
            for at, values in ((2, mine), (3, theirs)):
                words = _words(key, values.get(key), hide=at == 3)
                weight = 400 if same else 500
                grid.addWidget(PlainLabel(words, "body", tone=tone, weight=weight, wrap=True), line, at)
        return grid

    def _failed(self, error: Exception) -> None:
        clear(self._rows)
        words = _("The earlier case cannot be shown.")
        self._rows.addWidget(EmptyState("restricted", words, _("The draft is kept. Go back to it.")))
        show_error(self, error)

    def _open(self) -> None:
        self.here.go(Goto("case", {"case_id": str(self._case_id)}))

    def _not_the_same(self) -> None:
        """Remember it with the draft; registering writes it down on both persons."""
        if self._facts is not None:
            work = partial(_remember, self.here.desk, self._draft_id, self._facts.person_id)
            self.here.jobs.write(self, work, self._remembered)

    def _remembered(self, _none: None) -> None:
        self.here.say(_("Remembered: not the same person"))
        self.here.back()

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        super().focusInEvent(event)
        self.back_button.setFocus()

    def place(self) -> dict[str, Any]:
        return {"case_id": str(self._case_id), "draft_id": str(self._draft_id)}


def _words(key: str, value: object, *, hide: bool) -> str:
    """The answer in words. A number of the earlier case shows its end only: showing it whole is recorded elsewhere."""
    if value is None:
        return "—"
    if hide and key in PHONES:
        return formats.masked_phone(str(value))
    return in_words(field_of(key), value)


def _remember(desk: Desk, draft_id: UUID, person_id: UUID) -> None:
    marks = marks_of(desk, draft_id)
    keep_marks(desk, draft_id, replace(marks, not_same=tuple(sorted({*marks.not_same, str(person_id)}))))
