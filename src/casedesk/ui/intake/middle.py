"""The middle of the intake: one part at a time, what needs another look in it, and the way on."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget

from casedesk import formats
from casedesk.i18n import _
from casedesk.services import sections
from casedesk.ui.intake.asking import medical_limit, part_of, section_of
from casedesk.ui.intake.check import CheckPart
from casedesk.ui.intake.consent import ConsentPart, SaidNo
from casedesk.ui.intake.conversation import Conversation, Found
from casedesk.ui.intake.happened import SENSITIVE_CONSENT, HappenedPart
from casedesk.ui.intake.parts import Asking, FormPart, Part
from casedesk.ui.intake.quick import QuickPart
from casedesk.ui.intake.summary import Summary
from casedesk.ui.kit.blocks import Banner, keys_hint
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import Tall, block, column, row, scrolled, show_now
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import current, tokens

QUICK = "quick"
ORDER = [section.name for section in sections.PARTS]
NARROW = 560


class Middle(QWidget):
    """Shows the answers of the conversation, and says what the person does with them.

    `moved` tells that another part is shown; `answered` a key that changed, `left` one that was left.
    """

    moved = Signal(str)
    answered = Signal(str)
    left = Signal(str)
    marked = Signal()
    register = Signal()

    def __init__(self, conversation: Conversation, asking: Asking) -> None:
        super().__init__()
        self.talk = conversation
        self._asking = asking
        self.name = ""
        self.part: Part | None = None
        self._said_no: SaidNo | None = None
        self._missing: Found = {}
        self._last = ""
        self._medical = Banner(
            "danger",
            _("Medical care first"),
            _(
                "Emergency contraception and protection from HIV lose effect with every hour and end after 72 hours. "
                "Offer to go to care now. The questions can wait."
            ),
        )
        self._title = PlainLabel("", "part", wrap=True)
        self._prompt = PlainLabel("", "body", tone="text2", wrap=True)
        self.summary = Summary()
        self.summary.wanted.connect(self.show_answer)
        self.summary.fixed.connect(self._fix)
        self.summary.kept.connect(self._keep)
        self._inside = column(
            self._medical, column(self._title, self._prompt, gap=2), self.summary, gap=14, margins=(24, 14, 24, 20)
        )
        inside = Tall()
        inside.setLayout(self._inside)
        self._area = scrolled(inside)
        self._make_foot()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._area, 1)
        outer.addWidget(self._foot)

    def _make_foot(self) -> None:
        self.back = button(_("Back"), icon="back", clicked=lambda: self.step(-1))
        self.next = button("", "primary", clicked=self._go_on)
        self._parts_hint = keys_hint("Alt+↓", _("next part"))
        self._later_hint = keys_hint("Alt+N", _("not now"))
        self._register_hint = keys_hint("Ctrl+Enter", _("register"))
        hints = (self._parts_hint, self._later_hint, self._register_hint)
        inside = row(self.back, None, *hints, self.next, gap=14, margins=(24, 0, 24, 0))
        self._foot = block("foot", inside)
        self._foot.setFixedHeight(current().scaled(tokens()["height"]["foot"]))

    # Showing a part

    def show_part(self, name: str) -> None:
        """Show a part by name, or "quick"; the focus goes to the first question without an answer."""
        self.settle()
        self.name = name
        section = sections.QUICK if name == QUICK else section_of(name)
        number = "" if name == QUICK else formats.number(ORDER.index(section.name) + 1)
        title = _(section.title)
        self._title.setText(_("{number}. {title}").format(number=number, title=title) if number else title)
        self._prompt.setText(_(section.prompt))
        self._put(self._made(name))
        self._tell_foot()
        self._area.verticalScrollBar().setValue(0)
        self.moved.emit(name)

    def _made(self, name: str) -> Part:
        answers = self.talk.answers
        match name:
            case "quick":
                return QuickPart(self._asking, answers)
            case sections.CONSENT_AND_SAFETY.name:
                return ConsentPart(self._asking, answers)
            case sections.HAPPENED.name:
                return HappenedPart(self._asking, answers, ask_consent=lambda: self.show_answer(SENSITIVE_CONSENT))
            case sections.CHECK.name:
                part = CheckPart(self._asking, answers)
                part.wanted.connect(self.show_answer)
                return part
        one_column = name == sections.NEEDS.name
        return FormPart(section_of(name), self._asking, answers, columns=1 if one_column else 2)

    def _put(self, part: Part) -> None:
        old, self.part = self.part, part
        if old is not None:
            old.blockSignals(True)  # being hidden is no answer
            old.hide()
            self._inside.removeWidget(old)
            old.deleteLater()
        part.fill(self.talk.answers)
        part.put_typed(self.talk.typed)
        part.show_put_off(self.talk.not_now)
        part.edited.connect(self._edited)
        part.left.connect(self._left)
        part.kept.connect(self._keep)
        part.put_off.connect(self._put_off)
        self._inside.addWidget(part, 1)
        show_now(part)
        self._medical.setVisible(medical_limit(self.talk.answers))

    def _tell_foot(self) -> None:
        quick, last = self.name == QUICK, self.name == ORDER[-1]
        self.back.setVisible(not quick)
        self.back.setEnabled(self.name != ORDER[0])
        self._parts_hint.setVisible(not quick and self.width() >= NARROW)
        self._later_hint.setVisible(not quick and self.width() >= NARROW)
        self._register_hint.setVisible((quick or last) and self.width() >= NARROW)
        if quick or last:
            words = _("Register case")
        else:
            title = _(sections.PARTS[ORDER.index(self.name) + 1].title)
            words = _("Next: {part}").format(part=title)
        self.next.setText(words)
        self.next.setAccessibleName(words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.name:
            self._tell_foot()

    def show_said_no(self, said_no: SaidNo | None) -> None:
        """Show the page for a no in the place of the questions; None takes it away."""
        if self._said_no is not None:
            self._inside.removeWidget(self._said_no)
            self._said_no.hide()
            self._said_no.deleteLater()
        self._said_no = said_no
        stopped = said_no is not None
        if self.part is not None:
            self.part.setVisible(not stopped)
        for each in (self._title, self._prompt, self._foot):
            each.setVisible(not stopped)
        if said_no is not None:
            self.summary.hide()
            self._inside.addWidget(said_no, 1)
            show_now(said_no)
            said_no.change.setFocus()

    # What the person does

    def _edited(self, key: str) -> None:
        if self.part is None:
            return
        self._last = key
        self.talk.typed.pop(key, None)
        changed = self.talk.say(key, self.part.value(key))
        for each in changed - {key}:
            self.part.set_value(each, self.talk.answers.get(each))
        self.part.refresh(self.talk.answers)
        self._medical.setVisible(medical_limit(self.talk.answers))
        self._tell_problems(typing=key)
        self.answered.emit(key)

    def _left(self, key: str) -> None:
        self._last = key
        self._collect_typed()
        self.left.emit(key)

    def _put_off(self, key: str, on: bool) -> None:
        self.talk.put_off(key, on)
        self.marked.emit()

    def _keep(self, key: str, rule: str) -> None:
        self.talk.keep(key, rule)
        if self.part is not None and not self.part.go_to(key):
            self.focus_back()
        self.answered.emit(key)
        self.left.emit(key)

    def _fix(self, key: str, value: object) -> None:
        self.take(key, value)
        self.show_answer(key)

    def take(self, key: str, value: object) -> None:
        """Take an answer that did not come from a field of this part."""
        self.talk.typed.pop(key, None)
        for each in self.talk.say(key, value):
            if self.part is not None:
                self.part.set_value(each, self.talk.answers.get(each))
        if self.part is not None:
            self.part.refresh(self.talk.answers)
        self.answered.emit(key)
        self.left.emit(key)

    def _collect_typed(self) -> None:
        """Remember the words of this part that are not understood."""
        if self.part is not None:
            here = self.part.questions()
            kept = {key: words for key, words in self.talk.typed.items() if key not in here}
            self.talk.typed = kept | self.part.typed()

    def settle(self) -> None:
        """Take what is typed in the field with the focus, as if it were left."""
        if (popup := QApplication.activePopupWidget()) is not None:  # an open list keeps its field from being left
            popup.hide()
        focused = QApplication.focusWidget()
        if focused is not None and self.isAncestorOf(focused):
            focused.clearFocus()
            focused.setFocus(Qt.FocusReason.OtherFocusReason)
        self._collect_typed()

    # Problems

    def show_problems(self, found: Found) -> None:
        """Show what needs another look: of this part, and of every part once registering was tried."""
        self._missing = found if self.talk.tried else {}
        if self.part is None or self._said_no is not None:
            return
        self.part.show_problems(found)
        for link in self.part.findChildren(QPushButton):
            if "link" in str(link.property("variant")):
                link.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click must not take the field's focus away first
        if isinstance(self.part, CheckPart):
            self.part.tell(self.talk.problems(registering=True), self.talk.answers)
        self._tell_problems(found)

    def _tell_problems(self, found: Found | None = None, *, typing: str = "") -> None:
        """Tell them above the questions; half a word that is just being typed is none."""
        if self.part is None:
            return
        if self._missing:
            answered = {key: value for key, value in self._missing.items() if key not in self.talk.answers or found}
            self._sum_up(self.part, answered)
            return
        here = {key: value for key, value in self.part.problems().items() if key != typing}
        shown = self.part.shown()
        elsewhere = {key: value for key, value in (found or {}).items() if key not in shown and self._belongs(key)}
        self._sum_up(self.part, {**here, **elsewhere})

    def _sum_up(self, part: Part, problems: Found) -> None:
        """Show the problems above; the questions under them stay where they are on the screen."""
        bar, was = self._area.verticalScrollBar(), part.y()
        self.summary.show_problems(problems)
        self._inside.activate()
        if bar.value() > 0:
            bar.setValue(bar.value() + part.y() - was)
        elif part.y() > was:
            self._see(part.here() or "")

    def go_to_summary(self) -> None:
        """Show the list of what needs another look, wherever one was, with the focus on its first link."""
        self._inside.activate()
        self._area.ensureWidgetVisible(self.summary, 0, 12)
        self.summary.go_to_first()

    def _belongs(self, key: str) -> bool:
        return self.name == QUICK or part_of(key) == self.name

    def next_problem(self, found: Found, *, back: bool = False) -> bool:
        """Go to the next problem, round all parts; False if there is none."""
        keys = list(found)
        if not keys or self.part is None:
            return False
        here = self.part.here()
        step = -1 if back else 1
        at = keys.index(here) + step if here in keys else (-1 if back else 0)
        self.show_answer(keys[at % len(keys)])
        return True

    def show_answer(self, key: str) -> None:
        """Go to a question, in whatever part it stands."""
        if self.part is None:
            return
        if not self.part.go_to(key):
            self.show_part(part_of(key))
            self.part.go_to(key)
        self._see(key)

    def _see(self, key: str) -> None:
        question = self.part.questions().get(key) if self.part is not None else None
        if question is not None:
            self._inside.activate()
            self._area.ensureWidgetVisible(question, 0, 40)

    # Going on

    def step(self, by: int) -> None:
        """Go to the next part or the one before."""
        at = ORDER.index(self.name) + by if self.name in ORDER else -1
        if 0 <= at < len(ORDER):
            self.show_part(ORDER[at])
            self.focus_first()

    def _go_on(self) -> None:
        if self.name in (QUICK, ORDER[-1]):
            self.register.emit()
        else:
            self.step(1)

    def not_now(self) -> None:
        """Put the question with the focus off, and go on."""
        key = self.part.here() if self.part is not None else None
        if self.part is not None and key is not None:
            question = self.part.questions()[key]
            if question.not_now is not None:
                question.set_put_off(True)
            self.part.go_on(key)
            self._see(self.part.here() or key)

    def focus_back(self) -> None:
        """Put the focus where it was in the questions."""
        if self.part is None or not self.part.go_to(self._last):
            self.focus_first()

    def focus_first(self) -> None:
        if self._said_no is not None:
            self._said_no.change.setFocus()
        elif self.part is not None:
            self.part.go_to_first_empty()
