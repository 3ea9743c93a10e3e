"""Questions and forms, built from declared fields."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from casedesk.errors import Problem
from casedesk.fields import Field, Kind, tidy
from casedesk.i18n import _
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.editor import Editor
from casedesk.ui.kit.fields import EditorOf, editor_for
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import Tall, clear, column, row, widget
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.written import MoneyEdit
from casedesk.values import Money

WIDE = frozenset({Kind.TEXT, Kind.CODES, Kind.ANSWER, Kind.LINES, Kind.REFERENCES})


class Question(Tall):
    """A label with its own "Not now", a hint, the editor, and what there is to say about the answer.

    `kept` tells that the person read a warning and keeps the answer, `put_off` that it is asked another day.
    """

    edited = Signal(str)
    left = Signal(str)
    kept = Signal(str, str)
    put_off = Signal(str, bool)

    def __init__(self, key: str, editor: Editor, *, not_now: bool = False, hint: str = "") -> None:
        super().__init__()
        self.key = key
        self.editor = editor
        self.label = PlainLabel(editor.label, "label", wrap=True)
        self.label.setBuddy(editor)
        self.label.installEventFilter(self)
        hint = hint or _(editor.declared.help)
        self.hint = PlainLabel(hint, "caption", wrap=True)
        if not hint:
            self.hint.hide()  # never shown by itself: without a parent it would be a window
        self.not_now: QPushButton | None = button(_("Not now"), "ghost", size="s") if not_now else None
        self._problems: tuple[Problem, ...] = ()
        self._kept: set[str] = set()
        self._said = QVBoxLayout()
        self._said.setSpacing(0)
        self._below = widget(self._said)
        self._said.setContentsMargins(0, 2, 0, 0)
        self._lay_out()
        editor.edited.connect(self._edited)
        editor.left.connect(self._left)

    def _lay_out(self) -> None:
        top = row(self.label, gap=8)
        top.setStretch(0, 1)
        if self.not_now is not None:
            self.not_now.setCheckable(True)
            self.not_now.setAccessibleName(_("Not now: {question}").format(question=self.label.text()))
            self.not_now.toggled.connect(lambda on: self.put_off.emit(self.key, on))
            top.addWidget(self.not_now, 0, Qt.AlignmentFlag.AlignBottom)
        if self.editor.declared.kind is Kind.TICK:
            self.label.hide()
        self.setLayout(column(top, self.hint, self.editor, self._below, gap=3))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._say()

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Show what is wrong under the field, with the likely fix to click; warnings may be kept as they are."""
        self._problems = tuple(problems)
        self._say()

    def problems(self) -> tuple[Problem, ...]:
        """What is shown and still open: warnings that were kept are settled, and of words that are not understood
        nothing else is said."""
        if own := self.editor.problem():
            return (Problem(own),)
        return tuple(each for each in self._problems if not (each.warning and each.rule in self._kept))

    def line(self) -> QLineEdit | None:
        """Where words are typed, if the answer is one line of them."""
        first = next(iter(self.editor.inputs()), None)
        return first if isinstance(first, QLineEdit) else None

    def kept_rules(self) -> frozenset[str]:
        """The rules whose warnings about this answer were read."""
        return frozenset(self._kept)

    def ask(self, on: bool) -> None:
        """Show it or not; what is being typed in it, or is not understood yet, stays to be seen."""
        focused = self.window().focusWidget()
        typing = focused is not None and self.isAncestorOf(focused)
        self.setVisible(on or typing or bool(self.editor.problem()))

    def set_put_off(self, on: bool) -> None:
        if self.not_now is not None:
            self.not_now.setChecked(on)

    def _edited(self) -> None:
        self._problems = ()
        self._kept.clear()
        self.set_put_off(False)
        self._say(typing=True)
        self.edited.emit(self.key)

    def _left(self) -> None:
        self._say()
        self.left.emit(self.key)

    def _say(self, *, typing: bool = False) -> None:
        """Problems are told on leaving the field, never while typing; what was understood is told at once."""
        clear(self._said)
        problems = () if typing else self.problems()
        for problem in problems:
            self._said.addWidget(self._line(problem))
        echo = "" if problems else self.editor.echo()
        if echo:
            self._said.addWidget(_sentence("ok", "ok", echo))
        self._below.setVisible(bool(problems) or bool(echo))
        self.editor.mark(any(not problem.warning for problem in problems))
        words = [self.hint.text(), echo, *(_("problem: {text}").format(text=problem.text) for problem in problems)]
        self.editor.describe(", ".join(word for word in words if word))
        self.updateGeometry()

    def _line(self, problem: Problem) -> QWidget:
        actions: list[QPushButton] = []
        variant = "link" if problem.warning else "danger_link"
        if problem.fix is not None:
            actions.append(
                button(problem.fix_text or _("Use this"), variant, size="s", clicked=lambda: self._fix(problem))
            )
        if problem.warning:
            actions.append(button(_("Keep as it is"), "link", size="s", clicked=lambda: self._keep(problem)))
        tone, icon = ("warn", "warn") if problem.warning else ("danger", "problem")
        return _sentence(icon, tone, problem.text, actions)

    def _fix(self, problem: Problem) -> None:
        self.editor.set_value(problem.fix)
        self.editor.setFocus()
        self._edited()
        self._say()

    def _keep(self, problem: Problem) -> None:
        self._kept.add(problem.rule)
        self.editor.setFocus()
        self._say()
        self.kept.emit(self.key, problem.rule)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
            self.editor.setFocus()
        return super().eventFilter(watched, event)


def _sentence(icon: str, tone: str, text: str, actions: Sequence[QPushButton] = ()) -> QWidget:
    words = PlainLabel(text, "caption", tone=tone, wrap=True)
    line = row(column(Icon(icon, tone, 14), None, margins=(1, 3, 0, 0)), words, gap=6)
    line.setStretch(1, 1)
    under = row(20, *actions, None, gap=8)
    return widget(column(line, under, gap=0) if actions else line)


class Form(QWidget):
    """Questions for declared fields, in one or two columns. Keys are "person.name_bn".

    `edited` tells the key of every change, `left` the key of a field that was left: check and save then.
    """

    edited = Signal(str)
    left = Signal(str)
    kept = Signal(str, str)
    put_off = Signal(str, bool)

    def __init__(
        self,
        keys: Sequence[tuple[str, Field]],
        *,
        today: date,
        columns: int = 1,
        not_now: bool = False,
        ahead: bool = False,
        editors: Mapping[str, EditorOf] | None = None,
        hints: Mapping[str, str] | None = None,
        estimate: Callable[[Money], str] | None = None,
    ) -> None:
        super().__init__()
        self.questions: dict[str, Question] = {}
        self._before: dict[str, object] = {}
        special, hints = editors or {}, hints or {}
        for key, declared in keys:
            own = special.get(key)
            editor = own(key, declared) if own else editor_for(key, declared, today=today, ahead=ahead)
            if estimate is not None and isinstance(editor, MoneyEdit):
                editor.estimate = estimate
            question = Question(key, editor, not_now=not_now, hint=hints.get(key, ""))
            for mine, its in ((self.edited, question.edited), (self.left, question.left)):
                its.connect(mine)
            question.kept.connect(self.kept)
            question.put_off.connect(self.put_off)
            self.questions[key] = question
            self._before[key] = None
        self._place(columns)

    def _place(self, columns: int) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(14)
        line = place = 0
        for question in self.questions.values():
            span = columns if question.editor.declared.kind in WIDE else 1
            if place + span > columns:
                line, place = line + 1, 0
            grid.addWidget(question, line, place, 1, span, Qt.AlignmentFlag.AlignTop)
            place += span
        for at in range(columns):
            grid.setColumnStretch(at, 1)

    def fill(self, values: Mapping[str, object]) -> None:
        """Show a record, from which `edits()` tells the difference. A field without a value is emptied."""
        for key, question in self.questions.items():
            self._before[key] = tidy(question.editor.declared, values.get(key))
            question.editor.set_value(values.get(key))
            question.show_problems(())

    def look_at(self, answers: Mapping[str, object]) -> None:
        """Let each field follow the other answers it goes by."""
        for question in self.questions.values():
            question.editor.look_at(answers)

    def put(self, values: Mapping[str, object]) -> None:
        """Show values without taking them for what was saved, as when a draft comes back."""
        for key in self.questions.keys() & values.keys():
            self.questions[key].editor.set_value(values[key])
            self.questions[key].show_problems(())

    def typed(self) -> dict[str, str]:
        """Words that are not understood yet, by key."""
        lines = {key: each.line() for key, each in self.questions.items() if each.editor.problem()}
        return {key: line.text() for key, line in lines.items() if line is not None}

    def put_typed(self, typed: Mapping[str, str]) -> None:
        """Show words again that were not understood."""
        for key in self.questions.keys() & typed.keys():
            if (line := self.questions[key].line()) is not None:
                line.setText(typed[key])
                self.questions[key].show_problems(())

    def values(self) -> dict[str, object]:
        """Every answer, None where there is none."""
        return {key: question.editor.value() for key, question in self.questions.items()}

    def value(self, key: str) -> object:
        return self.questions[key].editor.value()

    def set_value(self, key: str, value: object) -> None:
        """Change one answer as if the person had."""
        self.questions[key].editor.set_value(value)
        self.edited.emit(key)

    def edits(self) -> dict[str, tuple[object, object]]:
        """What was changed: before and now. An answer that is not understood is not among them; see `ready()`."""
        now = {key: value for key, value in self.values().items() if not self.questions[key].editor.problem()}
        return {key: (self._before[key], value) for key, value in now.items() if value != self._before[key]}

    def show_problems(self, problems: Mapping[str, Sequence[Problem]]) -> None:
        """Show the problems under their fields; fields without one are cleared. Other keys are passed over."""
        for key, question in self.questions.items():
            question.show_problems(problems.get(key, ()))

    def problems(self) -> dict[str, tuple[Problem, ...]]:
        """What is still open, by key."""
        return {key: found for key, question in self.questions.items() if (found := question.problems())}

    def kept_rules(self) -> frozenset[str]:
        """The rules whose warnings were read, and the answers kept as they are."""
        return frozenset().union(*(question.kept_rules() for question in self.questions.values()))

    def ready(self) -> bool:
        """Whether everything typed is understood; if not, tell where and go there."""
        wrong = [question for question in self.questions.values() if question.editor.problem()]
        for question in wrong:
            question.show_problems(())
        if wrong:
            wrong[0].editor.setFocus()
        return not wrong

    def next_problem(self, *, back: bool = False) -> bool:
        """Go to the next field with an open problem, round the form; False if there is none."""
        keys = list(self.questions)
        here = next((at for at, key in enumerate(keys) if self.questions[key].isAncestorOf(_focused(self))), -1)
        ordered = [*keys[here + 1 :], *keys[: here + 1]]
        if back:
            ordered = [*reversed(keys[: max(here, 0)]), *reversed(keys[max(here, 0) :])]
        open_ones = self.problems()
        key = next((key for key in ordered if key in open_ones), None)
        if key is not None:
            self.questions[key].editor.setFocus()
        return key is not None

    def go_to(self, key: str) -> None:
        self.questions[key].editor.setFocus()

    def go_to_first_empty(self) -> None:
        """Put the focus where the next answer belongs."""
        empty = (question for question in self.questions.values() if question.editor.value() is None)
        question = next(empty, next(iter(self.questions.values())))
        question.editor.setFocus()


def _focused(form: QWidget) -> QWidget:
    return form.window().focusWidget() or form
