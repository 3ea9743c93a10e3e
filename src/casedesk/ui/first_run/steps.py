"""What setting up asks, one topic a step, and how each says what is missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QWidget

from casedesk import formats, i18n, parsing
from casedesk.case_numbers import is_centre
from casedesk.errors import Problem
from casedesk.fields import Field
from casedesk.i18n import _, ngettext
from casedesk.models import Centre, User, fields_of
from casedesk.ui.kit.blocks import Card, keys_hint
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import column, row
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import current
from casedesk.ui.passphrases import NewPassphrase
from casedesk.ui.recovery import RecoveryCard

MINUTES: Final = (2, 5, 10)


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
        radios = {code: QRadioButton(name) for code, name in i18n.OWN_NAMES}
        for code, name in i18n.OWN_NAMES:
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
        if not is_centre(str(self.form.value("centre.code") or "").upper()):
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
