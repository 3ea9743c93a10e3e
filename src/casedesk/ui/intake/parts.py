"""A part of the intake on the screen: its title, what to look at, and forms over the shared answers."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QRadioButton, QVBoxLayout, QWidget

from casedesk import codelists
from casedesk.errors import Problem
from casedesk.fields import Field, Kind
from casedesk.i18n import _
from casedesk.services.answers import Answers, as_asked
from casedesk.services.intake_views import REQUIRED_CONSENT, Settings
from casedesk.services.sections import Section
from casedesk.services.words import in_taka
from casedesk.ui.intake.asking import FLAGS, is_asked
from casedesk.ui.kit.buttons import ENTER
from casedesk.ui.kit.chosen import AnswerEdit, TickCards
from casedesk.ui.kit.editor import Editor
from casedesk.ui.kit.fields import EditorOf
from casedesk.ui.kit.layouts import row
from casedesk.ui.kit.questions import Form, Question
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.written import MoneyEdit

Problems = Mapping[str, Sequence[Problem]]
WAGES = ("promised.wage", "actual.wage", "migration_episode.wages_owed")


@dataclass(frozen=True, slots=True)
class Asking:
    """What every part knows: the day, and what the suggestion depends on."""

    today: date
    settings: Settings


class Part(QWidget):
    """One part. Subclasses add forms with `add`; the page listens to the four signals."""

    edited = Signal(str)
    left = Signal(str)
    kept = Signal(str, str)
    put_off = Signal(str, bool)

    def __init__(self, asking: Asking, *, not_now: bool = True) -> None:
        super().__init__()
        self.asking = asking
        self.forms: list[Form] = []
        self._not_now = not_now
        self._answers: Answers = {}
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(16)

    # Building

    def form(
        self,
        keys: Iterable[str],
        *,
        columns: int = 2,
        editors: Mapping[str, EditorOf] | None = None,
        not_now: bool | None = None,
    ) -> Form:
        """A form for some keys, listened to."""
        made = Form(
            as_asked(keys),
            today=self.asking.today,
            columns=columns,
            not_now=self._not_now if not_now is None else not_now,
            ahead=True,
            editors={FLAGS: FlagCards, **(editors or {})},
            estimate=lambda value: in_taka(value, self.asking.settings.rates),
        )
        made.edited.connect(self.edited)
        made.left.connect(self.left)
        made.kept.connect(self.kept)
        made.put_off.connect(self.put_off)
        for question in made.questions.values():
            one_stop(question)
            if question.not_now is not None:
                question.not_now.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # the keyboard has Alt+N
                question.not_now.setVisible(question.editor.declared.kind is not Kind.TICK)
            if columns > 1:
                hint_inside(question)
        self.forms.append(made)
        return made

    def add(self, made: Form | QWidget) -> None:
        self.body.addWidget(made)

    # What the page asks

    def questions(self) -> dict[str, Question]:
        return {key: question for form in self.forms for key, question in form.questions.items()}

    def shown(self) -> dict[str, Question]:
        """The questions that are asked now."""
        return {key: question for key, question in self.questions().items() if question.isVisibleTo(self)}

    def fill(self, answers: Answers) -> None:
        """Show the answers."""
        self._answers = answers
        for form in self.forms:
            form.fill(answers)
        self.refresh(answers)

    def refresh(self, answers: Answers) -> None:
        """Show or hide what depends on other answers."""
        self._answers = answers
        for form in self.forms:
            form.look_at(answers)
        for key, question in self.questions().items():
            question.ask(self.asks(key, answers))
            if key in WAGES and isinstance(question.editor, MoneyEdit):
                question.editor.expect(_money_of(answers))

    def asks(self, key: str, answers: Answers) -> bool:
        """Whether a question of this part is asked, as the other answers are."""
        return is_asked(key, answers, self.asking.today)

    def value(self, key: str) -> object:
        return self.questions()[key].editor.value()

    def set_value(self, key: str, value: object) -> None:
        """Show another value, without taking it for an edit."""
        if key in self.questions():
            question = self.questions()[key]
            question.editor.set_value(value)
            question.show_problems(())

    def typed(self) -> dict[str, str]:
        """Words that are not understood yet, by key."""
        return {key: words for form in self.forms for key, words in form.typed().items()}

    def put_typed(self, typed: Mapping[str, str]) -> None:
        """Show words again that were not understood."""
        for form in self.forms:
            form.put_typed(typed)

    def show_problems(self, problems: Problems) -> None:
        for form in self.forms:
            form.show_problems(problems)

    def problems(self) -> dict[str, tuple[Problem, ...]]:
        return {key: found for key, question in self.shown().items() if (found := question.problems())}

    def show_put_off(self, keys: Sequence[str]) -> None:
        for key, question in self.questions().items():
            question.set_put_off(key in keys)

    def go_to(self, key: str) -> bool:
        """Put the focus into a question; False if it is not here."""
        question = self.questions().get(key)
        if question is None:
            return False
        first_input(question).setFocus(Qt.FocusReason.OtherFocusReason)
        return True

    def go_to_first_empty(self) -> None:
        shown = self.shown()
        empty = (key for key, question in shown.items() if question.editor.value() is None)
        key = next(empty, next(iter(shown), None))
        if key is not None:
            self.go_to(key)

    def here(self) -> str | None:
        """The key of the question that has the focus."""
        focused = self.window().focusWidget()
        if focused is None:
            return None
        return next((key for key, question in self.questions().items() if question.isAncestorOf(focused)), None)

    def go_on(self, key: str) -> None:
        """Go to the question after this one."""
        keys = list(self.shown())
        at = keys.index(key) + 1 if key in keys else 0
        if at < len(keys):
            self.go_to(keys[at])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on to the next field."""
        if event.key() not in ENTER or event.modifiers() & ~KEYPAD:
            super().keyPressEvent(event)
            return
        self.focusNextChild()
        event.accept()


COUNTRY = "migration_episode.destination_country"
KEYPAD = Qt.KeyboardModifier.KeypadModifier


def _money_of(answers: Answers) -> str:
    """Wages are said in the money of the country."""
    country = codelists.get("destination_country").find(str(answers.get(COUNTRY, "")))
    known = codelists.get("currency").find(country.extra["default_currency"]) if country else None
    return known.code if known else "bdt"


def first_input(question: Question) -> QWidget:
    """Where the focus belongs: the chosen answer, or the first."""
    inputs = question.editor.inputs()
    return next((each for each in inputs if isinstance(each, QRadioButton) and each.isChecked()), inputs[0])


def one_stop(question: Question) -> None:
    """Tab stops once at a question with several answers; keys and arrows choose inside it."""
    if isinstance(question.editor, AnswerEdit | ConsentEdit):
        for radio in question.editor.inputs()[1:]:
            radio.setFocusPolicy(Qt.FocusPolicy.ClickFocus)


def hint_inside(question: Question) -> None:
    """Show the hint in the empty line, so that the fields of two columns stand side by side."""
    line = question.line()
    if line is not None and question.hint.text():
        line.setPlaceholderText(question.hint.text())
        question.hint.hide()


class FlagCards(TickCards):
    """Cards to tick among which the arrow keys move; Tab stops once, at the first."""

    def __init__(self, key: str, field: Field, columns: int = 2) -> None:
        super().__init__(key, field, columns)
        self._columns = columns
        for card in self.inputs()[1:]:
            card.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._move(watched, event):
            return True
        return super().eventFilter(watched, event)

    def _move(self, watched: QObject, event: QKeyEvent) -> bool:
        cards = [card for card in self.inputs() if card.isVisibleTo(self)]
        step = {
            Qt.Key.Key_Down: self._columns,
            Qt.Key.Key_Up: -self._columns,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Left: -1,
        }.get(Qt.Key(event.key()), 0)
        if not step or event.modifiers() & ~KEYPAD or watched not in cards:
            return False
        at = [card is watched for card in cards].index(True) + step
        if 0 <= at < len(cards):
            cards[at].setFocus(Qt.FocusReason.OtherFocusReason)
        return True


class FormPart(Part):
    """A part that is one form of its section, in the order of the section."""

    def __init__(
        self,
        section: Section,
        asking: Asking,
        answers: Answers,
        *,
        columns: int = 2,
        not_now: bool = True,
        keys: Sequence[str] = (),
        editors: Mapping[str, EditorOf] | None = None,
    ) -> None:
        super().__init__(asking, not_now=not_now)
        self._answers = answers
        self.add(self.form(keys or section.keys, columns=columns, editors=editors))
        self.body.addStretch(1)


class ConsentEdit(Editor):
    """One purpose in one row: the words at the left, “Agreed” and “Said no” at the right. Y, N, and Delete.

    What is needed to register has no third choice: it is not asked as long as none is taken.
    """

    KEYS = {Qt.Key.Key_Y: "given", Qt.Key.Key_N: "refused"}  # noqa: RUF012

    def __init__(self, key: str, field: Field) -> None:
        super().__init__(key, field)
        answers = codelists.get("consent_answer")
        words = {"given": answers.label("given"), "refused": answers.label("refused")}
        if key not in REQUIRED_CONSENT:
            words[""] = _("Not asked")
        self.radios = {code: QRadioButton(word.replace("&", "&&")) for code, word in words.items()}
        for code, radio in self.radios.items():
            radio.setAccessibleName(f"{self.label}: {words[code]}")
            radio.clicked.connect(lambda _on=False: self.edited.emit())
        label = PlainLabel(self.label, "label", wrap=True)
        inside = row(label, *self.radios.values(), gap=14)
        inside.setStretch(0, 1)
        self.setLayout(inside)
        self.set_value(None)
        self._take(*self.radios.values())

    def inputs(self) -> Sequence[QWidget]:
        return tuple(self.radios.values())

    def value(self) -> object:
        return next((code for code, radio in self.radios.items() if radio.isChecked() and code), None)

    def set_value(self, value: object) -> None:
        chosen = str(value) if value in self.radios else ""
        for code, radio in self.radios.items():
            radio.setAutoExclusive(False)
            radio.setChecked(code == chosen)
        for radio in self.radios.values():
            radio.setAutoExclusive(True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._key(event):
            return True
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        if event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | KEYPAD):
            return False
        code = self.KEYS.get(Qt.Key(event.key()))
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            code = ""
        if code is None:
            return False
        self.set_value(code)
        self.radios.get(code, self.inputs()[0]).setFocus()
        self.edited.emit()
        return True


def without_labels(form: Form) -> Form:
    """The questions of this form say their words themselves."""
    for question in form.questions.values():
        question.label.hide()
    return form
