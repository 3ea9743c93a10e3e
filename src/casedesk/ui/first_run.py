"""The first start: what one wants to do here, and setting up a centre in five steps, without any network."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QPainter, QPaintEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QVBoxLayout, QWidget

from casedesk import formats, i18n, parsing
from casedesk.desk import DHAKA, Desk, now
from casedesk.errors import CaseDeskError, InvalidInput, Problem
from casedesk.fields import Field
from casedesk.i18n import N_, _, ngettext
from casedesk.models import Centre, User, fields_of
from casedesk.services import office
from casedesk.storage import keys
from casedesk.storage.recovery_key import RecoveryKey
from casedesk.ui.curtain import Curtain
from casedesk.ui.front import Front
from casedesk.ui.idle import Watch
from casedesk.ui.jobs import Jobs
from casedesk.ui.kit.blocks import AppMark, Banner, Card, keys_hint
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.icons import Icon, paint_icon
from casedesk.ui.kit.layouts import block, clear, column, row, scrolled, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.texts import ElidedLabel, PlainLabel
from casedesk.ui.kit.theme import current
from casedesk.ui.passphrases import NewPassphrase
from casedesk.ui.recovery import RecoveryCard
from casedesk.ui.restore import WIDTH as RESTORING
from casedesk.ui.restore import RestoreForm

RAIL, PAGE = 268, 760
MINUTES: Final = (2, 5, 10)
CODE = re.compile(r"[A-Z]{3}")
LANGUAGE_NAMES = (("en", "English"), ("bn", "বাংলা"))  # each in its own language, whatever is spoken
STEPS = (
    ("language", N_("Language")),
    ("centre", N_("Your centre")),
    ("you", N_("You")),
    ("lock", N_("Lock and recovery")),
    ("ready", N_("Ready")),
)


class Welcome(Front):
    """The first screen of a computer without a centre."""

    set_up = Signal()
    look_round = Signal()
    restored = Signal()

    def __init__(self, *, practice: bool, folder: Path, clock: Callable[[], datetime] = now) -> None:
        super().__init__("")
        self._practice, self._folder, self._clock = practice, folder, clock
        self.jobs = Jobs(self)
        self.rebuild()

    def rebuild(self) -> None:
        super().rebuild()
        self.trouble = Banner("danger", "")
        self.trouble.hide()
        words = _("CaseDesk keeps the cases of a migrant support centre on this computer, encrypted, without internet.")
        self.begin = button(_("Set up my centre"), "primary", "house", size="l", clicked=self.set_up.emit)
        self.practise = button(_("Look round a practice centre"), icon="flask", size="l", clicked=self.look_round.emit)
        under = _("About 500 invented people to try everything with. Nothing there is real, and nothing can go wrong.")
        hint = PlainLabel(under, "caption", wrap=True)
        for part in (self.practise, hint):
            part.setVisible(self._practice)
        title = PlainLabel(_("Welcome"), "page")
        text = PlainLabel(words, "body", tone="text2", wrap=True)
        self.restore = button(_("Restore a backup"), "link", "usb", clicked=self.ask_for_backup)
        parts = (title, text, self.trouble, 6, self.begin, self.practise, hint, self.restore)
        self.put(widget(column(*parts, gap=10)), 432)
        self.begin.setFocus()

    def ask_for_backup(self) -> None:
        """On a new computer: bring the records of another one."""
        form = RestoreForm(self._folder, self.jobs, self._clock, damaged=False)
        form.back.connect(self.rebuild)
        form.done.connect(lambda _manifest: self.restored.emit())
        self.put(form, RESTORING)
        form.begin()

    def busy(self, on: bool) -> None:
        """The practice centre is being made."""
        self.begin.setEnabled(not on)
        self.practise.setEnabled(not on)
        words = _("Making the practice centre…") if on else _("Look round a practice centre")
        self.practise.setText(" " + words)

    def refuse(self, error: Exception) -> None:
        """Say why the practice centre could not be made."""
        self.busy(False)
        if isinstance(error, CaseDeskError):
            self.trouble.say(error.message, error.hint)
            self.trouble.show()
        else:
            show_error(self, error)

    def shut(self) -> None:
        self.jobs.close()


@dataclass
class Answers:
    """What was typed so far; kept from step to step and through a change of language."""

    centre: dict[str, object]
    user: dict[str, object]
    passphrase: str = ""
    minutes: int = 5

    def word(self, key: str) -> str:
        return str(self.centre.get(key) or self.user.get(key) or "")


class Step(QWidget):
    """One topic. `missing` says in words what is still needed, and puts the focus there."""

    title = ""
    words = ""
    entered = Signal()

    def missing(self) -> str:
        return ""

    def keep(self, answers: Answers) -> None:
        """Take over what was typed."""


class LanguageStep(Step):
    """Which language, asked in both."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.title = _("Which language do you read best?")
        self.words = _("It can be changed at any moment, here and later, with the keys Ctrl+Shift+L.")
        self._group = QButtonGroup(self)
        inside = column(gap=10)
        radios = {code: QRadioButton(name) for code, name in LANGUAGE_NAMES}
        for code, name in LANGUAGE_NAMES:
            radio = radios[code]
            radio.setObjectName(f"language_{code}")
            radio.setFont(current().font("section", 500))
            radio.setAccessibleName(name)
            radio.setChecked(code == i18n.language())
            radio.clicked.connect(partial(self._choose, code))
            self._group.addButton(radio)
            inside.addWidget(radio)
        card = Card()
        card.body.addLayout(inside)
        self.setLayout(column(card, None))
        self.setFocusProxy(radios[i18n.language()])

    def _choose(self, code: str, _checked: bool = True) -> None:
        self.chosen.emit(code)


class FormStep(Step):
    """Declared fields, of which some must be answered."""

    def __init__(self, keys_of: Sequence[tuple[str, Field]], today: date, before: dict[str, object]) -> None:
        super().__init__()
        self.form = Form(keys_of, today=today, columns=2)
        self.form.put(before)
        self.setLayout(column(self.form, None))
        self.setFocusProxy(next(iter(self.form.questions.values())).editor)

    def missing(self) -> str:
        self.form.show_problems({})
        if not self.form.ready():
            return next(iter(self.form.problems().values()))[0].text
        problems = self.problems()
        self.form.show_problems({key: [Problem(text)] for key, text in problems.items()})
        if problems:
            self.form.go_to(next(iter(problems)))
        return next(iter(problems.values()), "")

    def problems(self) -> dict[str, str]:
        return {}


class CentreStep(FormStep):
    """The centre as papers and case numbers name it."""

    def __init__(self, answers: Answers, today: date) -> None:
        declared = fields_of(Centre)
        wanted = ("code", "district", "name_en", "name_bn", "phone")
        super().__init__([(f"centre.{name}", declared[name]) for name in wanted], today, answers.centre)
        self.title = _("Your centre")
        self.words = _("The three letters stand in every case number, as DHK in DHK-26-K3-00042-R. One name is enough.")

    def problems(self) -> dict[str, str]:
        found = {}
        if not CODE.fullmatch(str(self.form.value("centre.code") or "").upper()):
            found["centre.code"] = _("Three letters from A to Z, as DHK for Dhaka.")
        if self.form.value("centre.district") is None:
            found["centre.district"] = _("Choose the district where the centre is.")
        if not (self.form.value("centre.name_en") or self.form.value("centre.name_bn")):
            found["centre.name_en"] = _("Write the centre’s name in one language or in both.")
        for number in re.split("[,;/]", str(self.form.value("centre.phone") or "")):
            try:
                if number.strip():
                    parsing.read_phone(number)
            except parsing.NotUnderstood as error:
                found["centre.phone"] = f"{error.message} {error.hint}"
        return found

    def keep(self, answers: Answers) -> None:
        answers.centre = self.form.values()


class UserStep(FormStep):
    """The first person who signs in."""

    def __init__(self, answers: Answers, today: date) -> None:
        declared = fields_of(User)
        super().__init__([(f"user.{name}", declared[name]) for name in ("name", "sign_in_name")], today, answers.user)
        self.title = _("You")
        self.words = _("You are the first to sign in. Colleagues are added later, in Settings.")

    def problems(self) -> dict[str, str]:
        found = {}
        if not self.form.value("user.name"):
            found["user.name"] = _("Write your name as colleagues know it.")
        if not self.form.value("user.sign_in_name"):
            found["user.sign_in_name"] = _("Choose a short name to type at the lock screen.")
        return found

    def keep(self, answers: Answers) -> None:
        answers.user = self.form.values()


class LockStep(Step):
    """A passphrase, when it locks by itself, and a live try of the hiding key."""

    hide_now = Signal()

    def __init__(self, answers: Answers) -> None:
        super().__init__()
        self.title = _("Lock this computer’s records")
        self.words = _(
            "Anyone who picks up this laptop must not be able to read a case. Choose a passphrase of four or more"
            " words: easier to remember than symbols, harder to guess."
        )
        names = [str(word) for word in (*answers.centre.values(), *answers.user.values()) if word]
        self.new = NewPassphrase(lambda: names)
        self.new.fill(answers.passphrase)
        self.new.entered.connect(self.entered)
        self._minutes = QButtonGroup(self)
        card = Card(_("When should it lock by itself?"))
        radios = row(gap=26)
        for minutes in MINUTES:
            text = ngettext("After {count} minute", "After {count} minutes", minutes)
            radio = QRadioButton(text.format(count=formats.number(minutes)))
            radio.setAccessibleName(radio.text())
            radio.setChecked(minutes == answers.minutes)
            self._minutes.addButton(radio, minutes)
            radios.addWidget(radio)
        radios.addStretch(1)
        card.body.addLayout(radios)
        hint = PlainLabel(
            _(
                "F9, or Shift three times, hides everything at once and shows a plain calendar."
                " Try it now, then type your passphrase and press Enter to return."
            ),
            "body",
            tone="text2",
            wrap=True,
        )
        self.try_button = button(_("Try it"), "soft", size="s", clicked=self.hide_now.emit)
        line = row(column(Icon("hide"), None, margins=(1, 2, 0, 0)), hint, self.try_button, gap=10)
        line.setStretch(1, 1)
        card.body.addLayout(line)
        self.setLayout(column(self.new, card, None, gap=18))
        self.setFocusProxy(self.new)

    def missing(self) -> str:
        return self.new.problem()

    def keep(self, answers: Answers) -> None:
        answers.passphrase = self.new.text()
        answers.minutes = self._minutes.checkedId()


class RecoveryStep(Step):
    """The recovery key, shown once."""

    def __init__(self, card: RecoveryCard) -> None:
        super().__init__()
        self.title = _("Keep the recovery key")
        self.words = _("The centre is made and encrypted. One thing is left before the first case: the way back in.")
        self.card = card
        self.setLayout(column(card, None))
        card.show()  # it was taken out of the screen before
        self.setFocusProxy(card.print_button)

    def missing(self) -> str:
        return self.card.problem()


class ReadyStep(Step):
    """What there is now, and what comes next."""

    def __init__(self, answers: Answers) -> None:
        super().__init__()
        self.title = _("Ready")
        self.words = _("Everything is on this computer, encrypted, and works without internet.")
        card = Card(_("Good to know"))
        for icon, text in (
            ("lock", _("Sign in as {name}. Ctrl+L locks, F9 hides.").format(name=answers.word("user.sign_in_name"))),
            ("key", _("The recovery key lies on paper, in two places, away from this computer.")),
            ("person", _("Add a colleague in Settings, so that one forgotten passphrase never stops the work.")),
        ):
            line = row(Icon(icon), PlainLabel(text, "body", wrap=True), gap=10)
            line.setStretch(1, 1)
            card.body.addLayout(line)
        card.body.addWidget(keys_hint("Ctrl+N", _("registers the first person")))
        self.setLayout(column(card, None))


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
        self.setMinimumSize(900, 480)
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
        return self._clock().astimezone(DHAKA).date()

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
        content = widget(whole)
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
        steps = [_RailStep(at, _(word), self.at, self._told(code)) for at, (code, word) in enumerate(STEPS)]
        rail = block("nav", column(head, *steps, None, gap=4, margins=(16, 24, 16, 20)))
        rail.setFixedWidth(current().scaled(RAIL))
        return rail

    def _told(self, code: str) -> str:
        """What was answered in a step, for the rail."""
        answers = self.answers
        match code:
            case "language":
                return dict(LANGUAGE_NAMES)[i18n.language()]
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
        centre = office.NewCentre(
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
            return office.set_up(folder, centre, cost(), clock)

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
            office.sign_out(self._made[0])
        super().closeEvent(event)


class _RailStep(QWidget):
    """A step in the rail: done, here, or to come."""

    def __init__(self, at: int, word: str, here: int, told: str) -> None:
        super().__init__()
        state = _("done") if at < here else _("here") if at == here else _("to come")
        self.setAccessibleName(_("{step}, {state}").format(step=word, state=state))
        title = PlainLabel(word, "label", weight=600 if at == here else 500, tone="accent" if at == here else "")
        under = ElidedLabel(told, "caption", tone="nav_text2")
        under.setVisible(bool(told) and at < here)
        words = column(title, under, gap=0)
        inside = row(column(_Disc(at, here), None, margins=(0, 0, 0, 0)), words, gap=12, margins=(12, 8, 12, 8))
        inside.setStretch(1, 1)
        frame = block("card" if at == here else "plain", inside)
        self.setLayout(column(frame))


class _Disc(QWidget):
    """The number of a step, or a tick."""

    def __init__(self, at: int, here: int) -> None:
        super().__init__()
        self._at, self._here = at, here
        side = current().scaled(22)
        self.setFixedSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        reached = self._at <= self._here
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent" if reached else "nav_line"))
        painter.drawEllipse(rect)
        if self._at < self._here:
            paint_icon(painter, rect.adjusted(4, 4, -4, -4), "done", "on_accent")
        else:
            painter.setPen(theme.colour("on_accent" if reached else "nav_text2"))
            painter.setFont(theme.font("caption", 600))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, formats.number(self._at + 1))
        painter.end()
