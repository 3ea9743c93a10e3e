"""A section of declared answers: shown as facts, changed in place, refused where somebody was faster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from casedesk import formats
from casedesk.errors import CaseDeskError, Conflict, InvalidInput, Problem
from casedesk.fields import Ask, Kind
from casedesk.i18n import _
from casedesk.models import fields_of
from casedesk.services import cases
from casedesk.services.answers import LISTS, RECORDS, TICKS, Answers, as_asked, comes_after, field_of, label_of
from casedesk.services.by_the_rules import Kept
from casedesk.services.edits import Edits
from casedesk.services.sections import OF_A_CHILD, Section
from casedesk.services.words import BETWEEN, in_taka, in_words
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.case.pieces import Part, hidden, locked
from casedesk.ui.kept import kept_of, put_back
from casedesk.ui.kit.blocks import Banner, Card, fact
from casedesk.ui.kit.buttons import IconButton, button
from casedesk.ui.kit.layouts import clear, column, row, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.texts import PlainLabel
from casedesk.values import Money

WRITTEN_LISTS = ("need_item.needs", "incident.violations")
ELSEWHERE = ("consent", "safety_flag")  # records that have a sheet of their own
UNPAID = ("wages_not_paid", "wages_underpaid")
WIDE = (Kind.TEXT, Kind.CODES)
CATEGORY = frozenset(("category", "category_reason", "category_reason_text", "secondary_categories"))


def value_of(case: OpenCase, key: str, answers: Answers | None = None) -> str:
    """An answer in words; telephone numbers are masked until they are asked for."""
    declared, value = field_of(key), (case.facts.answers if answers is None else answers).get(key)
    if declared.kind is Kind.PHONE and isinstance(value, str) and key not in case.numbers:
        return formats.masked_phone(value)
    words = in_words(declared, value)
    return f"{words} {in_taka(value, case.rates)}".strip() if isinstance(value, Money) else words


def makes_sense(case: OpenCase, key: str) -> bool:
    """Whether the answer can be there: only a child has a guardian. What has an answer is always shown."""
    facts = case.facts
    return key not in OF_A_CHILD or key in facts.answers or facts.is_minor


def can_edit(case: OpenCase, key: str) -> bool:
    """Whether this page can change the answer: a column that is there and not kept from the user."""
    if hidden(case.facts, field_of(key).level):
        return False
    if key in LISTS:
        return key in WRITTEN_LISTS
    record, _dot, name = key.partition(".")
    if record in ELSEWHERE:
        return False
    if record == "wages":  # the details belong to a violation, which has to be there
        return any(violation.code in UNPAID for violation in case.facts.violations)
    if record == "case" and name in CATEGORY and not case.may("case.category"):
        return False
    return key not in TICKS and record in RECORDS and name in fields_of(RECORDS[record])


class FactsCard(Card):
    """Answers as facts in columns, what is missing, and a form in their place while they are edited."""

    editing = Signal(bool)
    notice: Banner  # over the form, while there is one
    keep_button: QPushButton

    def __init__(
        self,
        case: OpenCase,
        section: Section,
        *,
        columns: int = 2,
        editable: Sequence[str] | None = None,
        besides: Callable[[OpenCase], Sequence[tuple[str, str]]] | None = None,
    ) -> None:
        super().__init__(_(section.title))
        self.case = case
        self._section = section
        self._editable = editable if editable is not None else section.keys
        self._columns = columns
        self._besides = besides
        self.form: Form | None = None
        self._rules_elsewhere: frozenset[str] = frozenset()  # of the warnings on the banner
        self._kept_elsewhere: frozenset[str] = frozenset()
        self._saving = False
        self.edit_button = button(_("Edit"), "ghost", "edit", size="s", keys="E", clicked=self.edit)
        self.edit_button.setAccessibleName(_("Edit: {section}").format(section=_(section.title)))
        self.head.addWidget(self.edit_button)
        self.look()
        if self._code in case.typed and case.may_edit:
            self._open_form()

    @property
    def _code(self) -> str:
        """The name under which what is typed is kept."""
        return f"form.{self._section.name}"

    @property
    def answers(self) -> Answers:
        """What is shown and edited here."""
        return self.case.facts.answers

    def may_change(self, key: str) -> bool:
        return can_edit(self.case, key)

    def change(self, edits: Edits, kept: Kept) -> Callable[[], object]:
        """What saving these edits does; `kept` are the rules whose warnings were read."""
        return partial(cases.edit_case, self.case.here.desk, self.case.id, edits, kept)

    def is_editing(self) -> bool:
        return self.form is not None

    # Facts

    def look(self) -> None:
        """Show what is recorded; a form that is open stays as it is."""
        if self.form is not None:
            return
        self.edit_button.setVisible(self.case.may_edit)
        clear(self.body)
        answers = self.answers
        of_section = [key for key in self._section.keys if makes_sense(self.case, key)]
        there = [key for key in of_section if key in answers]
        besides = self._besides(self.case) if self._besides is not None else ()
        if there or besides:
            self.body.addWidget(self._facts(there, besides))
        missing = [key for key in of_section if key not in answers and self._is_asked(key)]
        if missing:
            words = BETWEEN.join(label_of(key) for key in missing)
            self.body.addWidget(PlainLabel(_("Not asked yet: {list}").format(list=words), "caption", wrap=True))
        if any(hidden(self.case.facts, field_of(key).level) for key in of_section):
            self.body.addWidget(locked(self.case.facts))

    def _facts(self, keys: Sequence[str], besides: Sequence[tuple[str, str]]) -> QWidget:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(12)
        line = place = 0
        for key in keys:
            span = self._columns if field_of(key).kind in WIDE else 1
            if place + span > self._columns:
                line, place = line + 1, 0
            grid.addWidget(self._fact(key), line, place, 1, span)
            place += span
        for at, (label, words) in enumerate(besides):
            grid.addWidget(fact(label, words), line + 1 + at // self._columns, at % self._columns)
        for at in range(self._columns):
            grid.setColumnStretch(at, 1)
        return widget(grid)

    def _fact(self, key: str) -> QWidget:
        """An answer, with a sign beside it where another computer says something else."""
        shown = fact(label_of(key), value_of(self.case, key, self.answers))
        if key not in self.case.disputed:
            return shown
        name = _("{answer}: written differently on two computers. Review").format(answer=label_of(key))
        sign = IconButton("conflict", name, tone="warn", size="s", clicked=self.case.review)
        inside = row(shown, sign, gap=6)
        inside.setStretch(0, 1)
        return widget(inside)

    def _is_asked(self, key: str) -> bool:
        declared = field_of(key)
        asked = declared.ask in (Ask.REGISTER, Ask.INTAKE) and key not in TICKS
        return asked and not hidden(self.case.facts, declared.level)

    # Editing

    def edit(self) -> None:
        """Show the form. Telephone numbers in it are shown in full, which is recorded first."""
        if self.form is not None or not self.case.may_edit:
            return
        phones = {key for key in self._keys() if field_of(key).kind is Kind.PHONE}
        masked = phones & self.answers.keys() - self.case.numbers.keys()
        if masked and self.case.may("case.show_number"):
            self.case.show_numbers(self, then=self._open_form)
        else:
            self._open_form()

    def _keys(self) -> list[str]:
        return [key for key in self._editable if makes_sense(self.case, key) and self.may_change(key)]

    def _open_form(self) -> None:
        if self.form is not None:
            return
        answers = self.answers
        unseen = {key for key in self._keys() if field_of(key).kind is Kind.PHONE and key in answers}
        unseen -= self.case.numbers.keys()
        keys = [key for key in self._keys() if key not in unseen]
        clear(self.body)
        self.edit_button.hide()
        form = Form(
            as_asked(keys),
            today=self.case.here.desk.today(),
            columns=2,
            ahead=self._section.name == "case",
            estimate=lambda value: in_taka(value, self.case.rates),
        )
        put_back(form, self.case.typed.get(self._code, {}), answers)
        form.edited.connect(self._keep)
        self.form = form
        self._follow()
        self.keep_button = button(_("Keep as it is"), size="s", clicked=self._keep_elsewhere)
        self.notice = Banner("warn", "", actions=[self.keep_button])
        self.notice.hide()
        self._kept_elsewhere = frozenset()
        for part in (self.notice, form):
            self.body.addWidget(part)
        self.editing.emit(True)
        next(iter(form.questions.values())).editor.setFocus()

    def _keep(self) -> None:
        if self.form is not None:
            self._kept_elsewhere = frozenset()
            self._follow()
            self.case.typed.keep(self._code, kept_of(self.form))

    def _follow(self) -> None:
        """Let the questions follow the other answers, as they stand now."""
        if self.form is not None:
            now = {**self.answers, **self.form.values()}
            self.form.look_at(now)
            for key, question in self.form.questions.items():
                question.ask(comes_after(key, now))

    def cancel(self) -> None:
        """Leave the form; what was typed is dropped."""
        self.case.typed.forget(self._code)
        self._close_form()

    def _close_form(self) -> None:
        self.form = None
        self._saving = False
        self.editing.emit(False)
        self.look()
        self.edit_button.setFocus()

    def save(self) -> None:
        """Save what was changed, all of it or nothing."""
        if self.form is None or self._saving or not self.form.ready():
            return
        edits = self.form.edits()
        if not edits:
            self.cancel()
            return
        self._saving = True
        back = {key: (now, before) for key, (before, now) in edits.items()}
        what = f"{self.case.facts.number} · {_(self._section.title)}"
        undo = self.case.here.undoing(self.change(back, None), what)
        work = self.change(edits, self.form.kept_rules() | self._kept_elsewhere)
        done = partial(self._saved, self.form.values())
        self.case.write(self, work, _("Changes saved"), done=done, failed=self._refused, undo=undo)

    def _saved(self, values: Mapping[str, object], _nothing: object) -> None:
        self.case.look_again()
        if self.form is None:
            return
        self._saving = False
        later = {key: now for key, now in self.form.values().items() if now != values[key]}
        if later or self.form.typed():  # while it was saved; the form stays for that
            self._go_on_from(self.form, later)
            self._keep()
        else:
            self.case.typed.forget(self._code)
            self._close_form()

    def _go_on_from(self, form: Form, edits: Mapping[str, object]) -> None:
        """What is recorded now becomes what the edits are told from; all that is typed stays."""
        typed = form.typed()
        form.fill(self.answers)
        form.put(edits)
        form.put_typed(typed)

    def _refused(self, error: Exception) -> None:
        self._saving = False
        match error:
            case Conflict():
                self._show_conflict(error)
            case InvalidInput():
                self._show_problems(error)
            case CaseDeskError():
                self._tell(error.message, error.hint)
            case _:
                show_error(self, error)

    def _tell(self, message: str, hint: str, *, may_keep: bool = False) -> None:
        self.notice.say(message, hint)
        self.keep_button.setVisible(may_keep)
        self.notice.show()

    def _show_problems(self, error: InvalidInput) -> None:
        """Show problems beside their fields, whatever record the service found them in; of what stands elsewhere on
        the banner, where warnings may be kept."""
        if self.form is None:
            return
        keys = {_column(key): key for key in self.form.questions}
        found = {keys.get(where, where): said for where, said in error.problems.items()}
        self.form.show_problems(found)
        elsewhere = [(key, each) for key, said in found.items() if key not in self.form.questions for each in said]
        may_keep = bool(elsewhere) and all(each.warning for _key, each in elsewhere)
        self._rules_elsewhere = frozenset(each.rule for _key, each in elsewhere)
        self._tell(error.message, "\n".join(_named(key, each) for key, each in elsewhere), may_keep=may_keep)
        if not self.form.next_problem() and may_keep:
            self.keep_button.setFocus()

    def _keep_elsewhere(self) -> None:
        """The warnings about other answers were read."""
        self._kept_elsewhere |= self._rules_elsewhere
        self.save()

    def _show_conflict(self, error: Conflict) -> None:
        """Take the new values for what was seen, keep what was typed, and show the one beside the other."""
        if self.form is None:
            return
        edits = self.form.edits()
        self.case.look_again()
        answers = self.answers
        self._go_on_from(self.form, {key: now for key, (_before, now) in edits.items()})
        newer = {key for key, (before, _now) in edits.items() if not _same(answers.get(key), before)}
        self.form.show_problems({key: [_meanwhile(key, answers)] for key in newer})
        self._tell(error.message, error.hint)
        self._keep()
        self.form.next_problem()


def _same(one: object, other: object) -> bool:
    return (one or None) == (other or None)


def _meanwhile(key: str, answers: Mapping[str, object]) -> Problem:
    now = answers.get(key)
    words = in_words(field_of(key), now) or "—"
    text = _("Meanwhile it says: {value}. Save again to put yours in its place.").format(value=words)
    return Problem(text, fix=now, fix_text=_("Take the new one")) if now is not None else Problem(text)


def _named(key: str, problem: Problem) -> str:
    """The problem with the name of the answer it is about, where that is an answer of the intake."""
    try:
        return _("{question} — {problem}").format(question=label_of(key), problem=problem.text)
    except KeyError:
        return problem.text


def _column(key: str) -> str:
    """The key under which the services tell a problem: by the name of the table."""
    record, _dot, name = key.partition(".")
    return f"{RECORDS[record].__tablename__}.{name}" if key not in LISTS else key


class EditablePart(Part):
    """A section with one card that is edited in place."""

    def __init__(self, case: OpenCase, card: FactsCard) -> None:
        super().__init__(case)
        self.card = card
        card.editing.connect(self.editing)
        case.numbers_shown.connect(card.look)

    def look(self) -> None:
        self.card.look()

    def edit(self) -> None:
        self.card.edit()

    def is_editing(self) -> bool:
        return self.card.is_editing()

    def cancel(self) -> None:
        self.card.cancel()

    def main_action(self) -> bool:
        editing = self.card.is_editing()
        if editing:
            self.card.save()
        return editing


class FactsSection(EditablePart):
    """One section of the intake, as facts."""

    def __init__(self, case: OpenCase, section: Section) -> None:
        super().__init__(case, FactsCard(case, section))
        self.setLayout(column(self.card, None))
