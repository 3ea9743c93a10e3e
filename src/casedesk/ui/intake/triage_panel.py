"""The suggestion at the right: what the answers say so far, why, and what cannot wait. A person decides.

It is never announced to a screen reader by itself: it is read when the focus goes there.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from casedesk import codelists, formats
from casedesk.i18n import _, ngettext
from casedesk.services import triage
from casedesk.services.answers import Answers, as_asked, several
from casedesk.services.intake_views import first_steps, need_for, suggestion
from casedesk.services.rules import under_age
from casedesk.ui.intake.asking import CATEGORY, is_asked, medical_limit, triage_begun
from casedesk.ui.intake.parts import Asking
from casedesk.ui.kit.badges import Badge, category_badge
from casedesk.ui.kit.blocks import Card
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import clear, column, row, show_now, widget
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.texts import PlainLabel, rule, section_title
from casedesk.ui.suggestion import suggestion_parts

CHILD_SERVICE = "child_protection"
NEEDS = "need_item.needs"


class TriagePanel(Card):
    """`changed` carries answers: the category that was taken, with its reason, or a need that was added."""

    changed = Signal(object)

    def __init__(self, asking: Asking) -> None:
        super().__init__()
        self._asking = asking
        self._answers: Answers = {}
        self._choosing = False
        self._shown: object = None
        self._inside = QVBoxLayout()
        self._inside.setSpacing(8)
        self.body.addLayout(self._inside)
        self.form: Form | None = None

    def show_answers(self, answers: Answers) -> None:
        """Look again; nothing moves while it says the same, or while another category is being chosen."""
        self._answers = answers
        if not self._choosing and self._state() != self._shown:
            self._build()

    def _state(self) -> object:
        """Everything that is shown."""
        return (
            suggestion(self._answers, self._asking.settings),
            self._answers.get("case.category"),
            triage_begun(self._answers),
            several(self._answers, "safety_flag.flags"),
            several(self._answers, NEEDS),
            under_age(self._answers, self._asking.today),
            triage.is_returnee(self._answers),
        )

    def _build(self) -> None:
        self._shown = self._state()
        clear(self._inside)
        self.form = None
        result = suggestion(self._answers, self._asking.settings)
        begun = triage_begun(self._answers)
        title = _("Suggested result") if begun else _("Suggested so far")
        note = _("From the answers. You decide.") if begun else _("Changes as you answer. You decide.")
        words = column(PlainLabel(title, "card"), PlainLabel(note, "caption", wrap=True), gap=0)
        head = row(column(Icon("triage", "accent", 20), None), words, gap=8)
        head.setStretch(1, 1)
        self._inside.addLayout(head)
        decided = self._answers.get("case.category")
        for part in suggestion_parts(self._answers, result, begun=begun):
            self._inside.addWidget(part)
        if not begun:
            self._inside.addWidget(rule())
            last = _("“What happened” can still change this.")
            self._inside.addWidget(
                widget(row(Icon("about", "muted", 16), PlainLabel(last, "caption", wrap=True), gap=6))
            )
        self._show_steps()
        if begun and triage.is_returnee(self._answers):
            self._show_choice(result, decided if isinstance(decided, str) else None)
        show_now(self)

    def _show_steps(self) -> None:
        steps = first_steps(self._answers)
        if under_age(self._answers, self._asking.today) and CHILD_SERVICE not in dict(steps):
            steps.insert(0, (CHILD_SERVICE, None))
        if not steps:
            return
        self._inside.addWidget(section_title(_("First steps")))
        needs = need_for(service for service, _hours in steps)
        if medical_limit(self._answers):
            words = _("Medical care first: every hour counts within 72 hours.")
            self._inside.addWidget(PlainLabel(words, "caption", weight=600, tone="danger", wrap=True))
        for service, hours in steps:
            label = PlainLabel(codelists.get("service_type").label(service), "label", wrap=True)
            when = ngettext("within {count} hour", "within {count} hours", hours or 0).format(
                count=formats.number(hours or 0)
            )
            text = column(label, *([PlainLabel(when, "caption")] if hours else []), gap=0)
            line = row(gap=8)
            line.addLayout(text, 1)
            need = needs.get(service)
            if need is not None and need not in several(self._answers, NEEDS):
                add = button(_("Add to needs"), size="s", clicked=partial(self._add_need, need))
                add.setAccessibleName(_("Add to needs: {service}").format(service=label.text()))
                line.addWidget(add)
            self._inside.addLayout(line)

    def _show_choice(self, result: triage.Result, decided: str | None) -> None:
        self._inside.addWidget(rule())
        if decided is not None:
            words = _("You decided:")
            line = row(PlainLabel(words, "caption"), Badge(category_badge(decided)), None, gap=6)
            self._inside.addWidget(widget(line))
        other = button(_("Choose another") if result.category else _("Choose"), clicked=self._choose)
        if result.category is not None and decided != result.category:
            use = button(_("Use this result"), "primary", clicked=lambda: self._use(result.category))
            self._inside.addWidget(widget(row(use, other, None, gap=8)))
        else:
            self._inside.addWidget(widget(row(other, None)))

    def _use(self, category: str | None) -> None:
        self.changed.emit({"case.category": category, "case.category_reason": None, "case.category_reason_text": None})

    def _choose(self) -> None:
        """Ask which category and why, in place."""
        self._choosing = True
        clear(self._inside)
        self._inside.addWidget(PlainLabel(_("Choose another result"), "card"))
        self.form = Form(as_asked(CATEGORY), today=self._asking.today)
        self.form.fill(self._answers)
        self.form.edited.connect(lambda _key: self._ask_why())
        self._inside.addWidget(self.form)
        self._ask_why()
        take = button(_("Decide"), "primary", clicked=self._decide)
        stop = button(_("Back"), clicked=self._stop)
        self._inside.addWidget(widget(row(take, stop, None, gap=8)))
        show_now(self)
        self.form.go_to("case.category")

    def _ask_why(self) -> None:
        if self.form is None:
            return
        said = {key: value for key, value in self.form.values().items() if value is not None}
        self.form.questions[CATEGORY[2]].setVisible(is_asked(CATEGORY[2], said, self._asking.today))

    def _decide(self) -> None:
        form = self.form
        if form is None or not form.ready():
            return
        values = form.values()
        if not is_asked(CATEGORY[2], {key: value for key, value in values.items() if value}, self._asking.today):
            values[CATEGORY[2]] = None
        self._choosing, self._shown = False, None
        self.changed.emit(values)

    def _stop(self) -> None:
        self._choosing = False
        self._build()

    def _add_need(self, need: str) -> None:
        self.changed.emit({NEEDS: sorted({*several(self._answers, NEEDS), need})})
