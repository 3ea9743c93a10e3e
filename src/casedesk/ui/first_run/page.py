"""Setting up a centre in five steps, without any network."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from casedesk import formats, i18n
from casedesk.desk import Desk, now
from casedesk.errors import CaseDeskError, InvalidInput
from casedesk.i18n import N_, _
from casedesk.services import office
from casedesk.services.sign_in import NewCentre, set_up, sign_out
from casedesk.storage import keys
from casedesk.storage.recovery_key import RecoveryKey
from casedesk.ui.curtain import Curtain
from casedesk.ui.first_run.rail import RailStep
from casedesk.ui.first_run.steps import (
    Answers,
    CentreStep,
    LanguageStep,
    LockStep,
    ReadyStep,
    RecoveryStep,
    Step,
    UserStep,
)
from casedesk.ui.idle import Watch
from casedesk.ui.jobs import Jobs
from casedesk.ui.kit.blocks import AppMark, Banner
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import SMALLEST, Whole, block, clear, column, row, scrolled, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import current
from casedesk.ui.recovery import RecoveryCard

RAIL, PAGE = 268, 760
STEPS = (
    ("language", N_("Language")),
    ("centre", N_("Your centre")),
    ("you", N_("You")),
    ("lock", N_("Lock and recovery")),
    ("ready", N_("Ready")),
)


class FirstRun(QWidget):
    """Asks step by step and makes the vault. `done` carries the desk, the sign-in name and the minutes to the lock."""

    done = Signal(object, str, int)
    cancelled = Signal()
    language_chosen = Signal(str)

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], datetime] = now,
        cost: Callable[[], keys.Cost] = keys.measured_cost,
    ) -> None:
        super().__init__()
        self.setWindowTitle("CaseDesk")
        self.setMinimumSize(*SMALLEST)
        self.folder = folder
        self.jobs = Jobs(self)
        self._clock, self._cost = clock, cost
        self._made: tuple[Desk, RecoveryKey] | None = None
        self._card: RecoveryCard | None = None
        self.answers = Answers({}, {})
        self.at = 0
        self.step: Step = Step()
        self.curtain = Curtain(self, self._today)
        self.curtain.tried.connect(self._return)
        self.curtain.again.connect(self.curtain.open)
        self._watch = Watch(self, 0)
        self._watch.stop()  # there is nothing to lock yet, only to hide
        self._watch.shifted.connect(self.curtain.close)
        self._shortcut("F9", self.curtain.close)
        self._shortcut("Ctrl+Return", self.go_on)
        self._shortcut("Ctrl+Enter", self.go_on)
        self._shortcut("Ctrl+Shift+L", self._turn_language)
        self._inside = QVBoxLayout(self)
        self._inside.setContentsMargins(0, 0, 0, 0)
        self.rebuild()

    def _shortcut(self, keys: str, act: Callable[[], object]) -> None:
        QShortcut(QKeySequence(keys), self).activated.connect(act)

    def _turn_language(self) -> None:
        self.language_chosen.emit("en" if i18n.language() == "bn" else "bn")

    def _today(self) -> date:
        return formats.day_in_dhaka(self._clock())

    # The frame: rail, step, foot

    def rebuild(self) -> None:
        """Say everything again, in the language that holds now; what was typed is kept."""
        self.step.keep(self.answers)
        self._show()

    def _show(self) -> None:
        if self._card is not None:
            self._card.setParent(None)  # the key is shown once: its card lives on
        clear(self._inside)
        self.step = self._step()
        self.step.entered.connect(self.go_on)
        self.trouble = Banner("danger", "")
        self.trouble.hide()
        count = _("Step {number} of {count}").format(
            number=formats.number(self.at + 1), count=formats.number(len(STEPS))
        )
        title = PlainLabel(self.step.title, "number", wrap=True)
        words = PlainLabel(self.step.words, "reading", tone="text2", wrap=True)
        number = PlainLabel(count, "caption", weight=600, tone="accent")
        page = widget(column(number, title, words, 8, self.trouble, self.step, None, gap=8, margins=(0, 32, 0, 24)))
        page.setMaximumWidth(current().scaled(PAGE))
        middle = row(page, gap=0, margins=(48, 0, 48, 0))
        middle.setStretch(0, 1)
        middle.addStretch(0)
        right = column(scrolled(widget(middle)), self._foot(), gap=0)
        right.setStretch(0, 1)
        whole = row(self._rail(), widget(right), gap=0)
        whole.setStretch(1, 1)
        content = Whole(widget(whole))
        self._inside.addWidget(content)
        content.show()  # at once: what is not shown cannot take the focus
        (self.step if self.step.focusProxy() is not None else self.go_on_button).setFocus()

    def _step(self) -> Step:
        match STEPS[self.at][0]:
            case "language":
                languages = LanguageStep()
                languages.chosen.connect(self.language_chosen)
                return languages
            case "centre":
                return CentreStep(self.answers, self._today())
            case "you":
                return UserStep(self.answers, self._today())
            case "lock" if self._card is not None:
                return RecoveryStep(self._card)
            case "lock":
                lock = LockStep(self.answers)
                lock.hide_now.connect(self.curtain.close)
                return lock
        return ReadyStep(self.answers)

    def _rail(self) -> QWidget:
        title = column(PlainLabel("CaseDesk", "section"), PlainLabel(_("Setting up this computer"), "caption"), gap=0)
        head = row(AppMark(32), title, None, gap=10, margins=(4, 0, 0, 20))
        steps = [RailStep(at, _(word), self.at, self._told(code)) for at, (code, word) in enumerate(STEPS)]
        rail = block("nav", column(head, *steps, None, gap=4, margins=(16, 24, 16, 20)))
        rail.setFixedWidth(current().scaled(RAIL))
        return rail

    def _told(self, code: str) -> str:
        """What was answered in a step, for the rail."""
        answers = self.answers
        match code:
            case "language":
                return dict(i18n.OWN_NAMES)[i18n.language()]
            case "centre":
                name = answers.word("centre.name_bn" if i18n.language() == "bn" else "centre.name_en")
                name = name or answers.word("centre.name_en") or answers.word("centre.name_bn")
                return " · ".join(part for part in (name, answers.word("centre.code").upper()) if part)
            case "you":
                return answers.word("user.name")
        return ""

    def _foot(self) -> QWidget:
        self.back_button = button(_("Back"), icon="back", clicked=self.go_back)
        self.back_button.setVisible(self._made is None or STEPS[self.at][0] == "ready")
        self.hint = PlainLabel("", "caption", tone="danger", wrap=True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        last = STEPS[self.at][0] == "ready"
        self.go_on_button = button(
            _("Open CaseDesk") if last else _("Continue"), "primary", size="l", keys="Ctrl+Enter", clicked=self.go_on
        )
        inside = row(self.back_button, self.hint, self.go_on_button, gap=12, margins=(40, 14, 40, 14))
        inside.setStretch(1, 1)
        return block("foot", inside)

    # Going on and back

    def go_on(self) -> None:
        """Take this step's answers and go to the next, or say what is missing."""
        missing = self.step.missing()
        self.hint.setText(missing)
        if missing:
            return
        self.step.keep(self.answers)
        if STEPS[self.at][0] == "ready":
            self._finish()
        elif STEPS[self.at][0] == "lock" and self._made is None:
            self._make()
        else:
            self.at += 1
            self._show()

    def go_back(self) -> None:
        self.step.keep(self.answers)
        if self.at == 0:
            self.cancelled.emit()
            return
        self.at -= 1
        self._show()

    def _make(self) -> None:
        """Measure this computer, make the keys and the vault; it takes some seconds."""
        self.setEnabled(False)
        self.go_on_button.setText(_("Making the keys…"))
        word, folder, clock, cost = self.answers.word, self.folder, self._clock, self._cost
        centre = NewCentre(
            code=word("centre.code").upper(),
            name_en=word("centre.name_en"),
            name_bn=word("centre.name_bn"),
            district=word("centre.district"),
            phone=word("centre.phone"),
            user_name=word("user.name"),
            sign_in_name=word("user.sign_in_name"),
            passphrase=self.answers.passphrase,
            language=i18n.language(),
        )

        def work() -> tuple[Desk, RecoveryKey]:
            return set_up(folder, centre, cost(), clock)

        self.jobs.run(self, work, self._was_made, failed=self._refused)

    def _was_made(self, made: tuple[Desk, RecoveryKey]) -> None:
        self.setEnabled(True)
        self._made = made
        self.answers.passphrase = ""
        desk, key = made
        self._card = RecoveryCard(key, office.office(desk).name, desk.today(), self.jobs)
        self._show()

    def _refused(self, error: Exception) -> None:
        self.setEnabled(True)
        self.go_on_button.setText(_("Continue"))
        if isinstance(error, InvalidInput):
            self.step.missing()
            self.trouble.say(error.message, error.hint)
            self.trouble.show()
        elif isinstance(error, CaseDeskError):
            self.trouble.say(error.message, error.hint)
            self.trouble.show()
        else:
            show_error(self, error)

    def _finish(self) -> None:
        if self._made is not None:
            desk, key = self._made
            self._made = None
            key.wipe()
            self.done.emit(desk, self.answers.word("user.sign_in_name"), self.answers.minutes)

    def _return(self, typed: str) -> None:
        """Back from the tried cover: with the passphrase just typed, or with anything while there is none."""
        step = self.step
        wanted = step.new.text() if isinstance(step, LockStep) else ""
        if not wanted or typed == wanted:
            self.curtain.open()

    def shut(self) -> None:
        """The screen goes."""
        self.jobs.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        native: QObject | None = self.windowHandle()
        if native is not None:
            native.installEventFilter(self._watch)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.shut()
        if self._made is not None:
            sign_out(self._made[0])
        super().closeEvent(event)
