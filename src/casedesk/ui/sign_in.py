"""Signing in, unlocking, and the way back in when a passphrase is forgotten. Nothing here tells of the work."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from casedesk import formats
from casedesk.desk import Desk, now
from casedesk.errors import CaseDeskError, InvalidInput
from casedesk.i18n import N_, _, ngettext
from casedesk.parsing import fold
from casedesk.services import backups, office
from casedesk.services.problem_report import report_at_the_door
from casedesk.services.sign_in import recover, sign_in
from casedesk.storage import keys, vault
from casedesk.storage.recovery_key import RecoveryGroupWrong, RecoveryKey, read_recovery_key
from casedesk.storage.tries import MustWait
from casedesk.ui.front import Front
from casedesk.ui.jobs import Jobs
from casedesk.ui.kit.blocks import Banner, labelled
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import column, row, widget
from casedesk.ui.kit.messages import show_error, tell
from casedesk.ui.kit.texts import PlainLabel, restyle
from casedesk.ui.passphrases import HINTS, NewPassphrase, PassphraseField, Said
from casedesk.ui.problem_report import ReportSheet
from casedesk.ui.recovery import RecoveryCard
from casedesk.ui.restore import RestoreForm

WIDTH, WIDE = 432, 640
# What a backup helps against; it brings keys and vault that belong together.
SPOILT = (
    vault.VaultMissing,
    vault.VaultMismatch,
    vault.VaultUnreadable,
    vault.VaultEmpty,
    vault.VaultPlaintext,
    keys.KeysDamaged,
    keys.KeysMissing,
    keys.KeysWeakened,
    keys.KeysAbsurd,
)
RESTORED, NOT_RESTORED = "restored", "not_restored"
WHY = {
    "idle": N_("Locked because nobody used it"),
    "hidden": N_("Locked after the screen was hidden"),
    "sleep": N_("Locked because the computer slept"),
    "system": N_("Locked together with the computer"),
    "key": N_("Locked"),
    RESTORED: N_("The backup is restored"),
    NOT_RESTORED: N_("The backup was not restored: the vault of today could not be put aside"),
}


@dataclass(frozen=True, slots=True)
class Locked:
    """The sitting before the lock: who it was, and why it locked."""

    sign_in_name: str
    why: str

    @property
    def goes_on(self) -> bool:
        """Whether the place where they were is to be shown again; what a backup remembers of it is older."""
        return self.why not in (RESTORED, NOT_RESTORED)


@dataclass(frozen=True, slots=True)
class Invented:
    """The user of a practice centre, whose passphrase is no secret."""

    sign_in_name: str
    passphrase: str


class SignIn(Front):
    """`signed_in` carries the desk and the sign-in name; `another` asks for the screen with the name to type."""

    signed_in = Signal(object, str)
    another = Signal()

    def __init__(
        self,
        folder: Path,
        centre: str,
        *,
        locked: Locked | None = None,
        invented: Invented | None = None,
        clock: Callable[[], datetime] = now,
        cost: Callable[[], keys.Cost] = keys.measured_cost,
    ) -> None:
        super().__init__(centre)
        self.folder, self.locked, self.invented, self.clock, self.cost = folder, locked, invented, clock, cost
        self.jobs = Jobs(self)
        super().rebuild()
        self.ask()

    def rebuild(self) -> None:
        super().rebuild()
        if isinstance(self.form, RestoreForm):
            self.restore()
        elif isinstance(self.form, SignInForm):
            self.ask(self.form.typed())
        elif self.form.key is None:  # a recovery key that is shown once is not taken away by a change of language
            self.recover(self.form.typed())

    def ask(self, typed: tuple[str, ...] = ("", "")) -> None:
        """Ask for name and passphrase."""
        self.form: SignInForm | RecoverForm | RestoreForm = SignInForm(self, *typed)
        self.put(self.form, WIDTH)
        self.form.begin()

    def restore(self) -> None:
        """Ask for a backup to take the place of a vault that does not open."""
        form = RestoreForm(self.folder, self.jobs, self.clock, damaged=True)
        form.back.connect(self.ask)
        form.done.connect(lambda _manifest: self.ask())
        self.form = form
        self.put(form, WIDE)
        form.begin()

    def recover(self, typed: tuple[str, ...] = ("", "")) -> None:
        """Ask for the recovery key."""
        self.form = RecoverForm(self, *typed)
        self.put(self.form, WIDE)
        self.form.begin()

    def shut(self) -> None:
        """The screen goes."""
        self.jobs.close()


class SignInForm(QWidget):
    """Name and passphrase; after a lock in the same sitting the passphrase alone."""

    def __init__(self, screen: SignIn, name: str = "", passphrase: str = "") -> None:
        super().__init__()
        self._screen = screen
        locked = screen.locked
        self.trouble = Banner("danger", "")
        self.trouble.hide()
        self.restore = button(_("Restore the newest backup"), "primary", "usb", clicked=screen.restore)
        self.restore.hide()
        self.report = button(_("Problem report"), "link", "info", clicked=self._report)
        self.report.hide()
        self._kind = ""
        self.name = _name_line(locked.sign_in_name if locked else name)
        asked = labelled(self.name, _("Sign-in name"))
        self.passphrase = PassphraseField(_("Passphrase"), "passphrase")
        self.passphrase.line.setText(passphrase)
        self.passphrase.entered.connect(self._open)
        self.name.returnPressed.connect(self.passphrase.setFocus)
        self.button = button(_("Unlock") if locked else _("Sign in"), "primary", "lock", size="l", clicked=self._open)
        self.forgotten = button(_("Forgot passphrase"), "link", clicked=self._forgot)
        self.other = button(_("Sign in as somebody else"), "link", clicked=screen.another.emit)
        self.other.setVisible(locked is not None)
        asked.setVisible(locked is None)
        parts = (
            self.trouble,
            self.restore,
            self.report,
            self._reason(locked),
            self._practice(),
            asked,
            self.passphrase,
        )
        links = row(self.forgotten, None, self.other)
        self.setLayout(column(*parts, 4, self.button, 6, links, gap=12))
        self._timer = QTimer(self, interval=1000)
        self._timer.timeout.connect(self._count)
        self._busy = False

    def typed(self) -> tuple[str, ...]:
        return ("" if self._screen.locked else self.name.text(), self.passphrase.text())

    def begin(self) -> None:
        (self.passphrase if self.name.text() else self.name).setFocus()
        self._count()

    def _reason(self, locked: Locked | None) -> QWidget:
        if locked is None:
            return _nothing()
        words = WHY.get(locked.why, WHY["key"])
        kept = _("Nothing was lost. What you typed is kept on this computer.")
        if locked.why == RESTORED:
            kept = _("What was written since it was made is not in it. The vault of before is kept beside this one.")
        return Banner("info", _(words), kept, icon="lock")

    def _practice(self) -> QWidget:
        invented, locked = self._screen.invented, self._screen.locked
        if invented is None or (locked is not None and fold(locked.sign_in_name) != fold(invented.sign_in_name)):
            return _nothing()  # a lock opens for the one who locked; nobody comes in under another's name
        words = _("Sign in as {name} with the passphrase “{passphrase}”.")
        fill = button(_("Fill in"), size="s", clicked=self._fill)
        sentence = words.format(name=invented.sign_in_name, passphrase=invented.passphrase)
        return Banner(
            "warn", _("Practice centre: every person here is invented"), sentence, icon="info", actions=(fill,)
        )

    def _forgot(self) -> None:
        self._screen.recover(("" if self._screen.locked else self.name.text(), ""))

    def _fill(self) -> None:
        if (invented := self._screen.invented) is not None:
            self.name.setText(invented.sign_in_name)
            self.passphrase.line.setText(invented.passphrase)
            self.button.setFocus()

    def _open(self) -> None:
        if self._busy or self._timer.isActive():
            return
        if not self.name.text().strip():
            self.name.setFocus()
            return
        if not self.passphrase.text():
            self.passphrase.setFocus()
            return
        self._work(True)
        screen = self._screen
        work = partial(sign_in, screen.folder, self.name.text(), self.passphrase.text(), screen.clock)
        screen.jobs.run(self, work, self._opened, failed=self._refused)

    def _work(self, on: bool) -> None:
        """While it opens, no key that comes too early leads elsewhere."""
        self._busy = on
        for each in (self.button, self.forgotten, self.other):
            each.setEnabled(not on)
        self.button.setText(" " + (_("Opening…") if on else _("Unlock") if self._screen.locked else _("Sign in")))

    def _opened(self, desk: Desk) -> None:
        self.passphrase.clear()
        self._screen.signed_in.emit(desk, self.name.text())

    def _refused(self, error: Exception) -> None:
        self._work(False)
        if isinstance(error, keys.WrongPassphrase | MustWait):
            self.passphrase.say(f"{error.message} {error.hint}")
            self.passphrase.line.selectAll()
            self.passphrase.setFocus()
            self._count()
        elif isinstance(error, CaseDeskError):
            self.trouble.say(error.message, error.hint)
            self.trouble.show()
            restorable = isinstance(error, SPOILT) and backups.newest_backup(self._screen.folder) is not None
            self.restore.setVisible(restorable)
            (self.restore if restorable else self.passphrase).setFocus()
            self._offer_report(error)
        else:
            show_error(self, error)
            self._offer_report(error)

    def _offer_report(self, error: Exception) -> None:
        """Who cannot get in needs help most."""
        self._kind = type(error).__name__
        self.report.show()

    def _report(self) -> None:
        screen, kind = self._screen, self._kind

        def gather(extra: Mapping[str, str]) -> str:
            return report_at_the_door(screen.folder, screen.clock(), {**extra, "Refused": kind})

        ReportSheet.show_report(screen, screen.jobs, gather, lambda words: tell(screen, words, kind="ok"))

    def _count(self) -> None:
        """Show how long it is until the next try, a second at a time."""
        seconds = vault.waiting(self._screen.folder)
        if seconds:
            self._timer.start()
            self.button.setEnabled(False)
            words = ngettext("Next try in {count} second", "Next try in {count} seconds", seconds)
            self.button.setText(" " + words.format(count=formats.number(seconds)))
        elif self._timer.isActive():
            self._timer.stop()
            self._work(False)
            self.passphrase.say("")


class RecoverForm(QWidget):
    """Recovery key, new passphrase, new recovery key: three steps in one card."""

    def __init__(self, screen: SignIn, name: str = "", recovery: str = "") -> None:
        super().__init__()
        self._screen = screen
        self.key: RecoveryKey | None = None
        self._desk: Desk | None = None
        self.name = _name_line(screen.locked.sign_in_name if screen.locked else name)
        self.recovery = QLineEdit(recovery)
        self.recovery.setObjectName("recovery_key")
        self.recovery.setInputMethodHints(HINTS)
        self.recovery.setAccessibleName(_("Recovery key"))
        self.recovery.textEdited.connect(self._edited)
        self.recovery.returnPressed.connect(self._go_on)
        self.said = Said()
        self.trouble = Banner("danger", "")
        self.trouble.hide()
        self.new = NewPassphrase(lambda: [self.name.text()], side_by_side=False)
        self.new.entered.connect(self._go_on)
        self.new.hide()
        self._ask = self._questions()
        self.shown: RecoveryCard | None = None
        self._title = PlainLabel(_("Back in with the recovery key"), "section", wrap=True)
        self._words = PlainLabel(
            _("Take the sheet from its locked place. It has seven groups. Spaces, dashes and small letters are fine."),
            "body",
            tone="text2",
            wrap=True,
        )
        self.go_on = button(_("Continue"), "primary", size="l", clicked=self._go_on)
        self.go_back = button(_("Back"), "link", "back", clicked=self._back)
        self._place = column(self._title, self._words, self.trouble, self._ask, self.new, gap=12)
        self.setLayout(column(self._place, 4, row(self.go_back, None, self.go_on), gap=12))

    def _questions(self) -> QWidget:
        first = labelled(self.name, _("Sign-in name"))
        first.setVisible(self._screen.locked is None)
        key = labelled(self.recovery, _("Recovery key"))
        return widget(column(first, column(key, self.said, gap=4), gap=12))

    def typed(self) -> tuple[str, ...]:
        return ("" if self._screen.locked else self.name.text(), self.recovery.text())

    def begin(self) -> None:
        (self.recovery if self.name.text() else self.name).setFocus()

    def _edited(self) -> None:
        self.said.say("")
        self.recovery.setProperty("state", "")
        restyle(self.recovery)

    def _go_on(self) -> None:
        if self.shown is not None:
            self._finish(self.shown)
        elif self.new.isHidden():
            self._read_key()
        elif not self.new.problem():
            self._recover()

    def _read_key(self) -> None:
        if not self.name.text().strip():
            self.name.setFocus()
            return
        try:
            read_recovery_key(self.recovery.text()).wipe()
        except RecoveryGroupWrong as error:
            self._wrong(f"{error.message} {error.hint}")
            self.recovery.setSelection(*_place_of(self.recovery.text(), error.group))
        except CaseDeskError as error:
            self._wrong(f"{error.message} {error.hint}")
        else:
            self._ask.hide()
            self.new.show()
            self._title.setText(_("Choose a new passphrase"))
            self._words.setText(_("Four words or more are easy to remember and hard to guess."))
            self.new.setFocus()

    def _wrong(self, words: str) -> None:
        self.said.say(words)
        self.recovery.setProperty("state", "error")
        self.recovery.setAccessibleDescription(words)
        restyle(self.recovery)
        self.recovery.setFocus()

    def _recover(self) -> None:
        self.setEnabled(False)
        screen, name, key, new = self._screen, self.name.text(), self.recovery.text(), self.new.text()

        def work() -> tuple[Desk, RecoveryKey]:
            return recover(screen.folder, key, name, new, screen.cost(), screen.clock)

        screen.jobs.run(self, work, self._recovered, failed=self._refused)

    def _recovered(self, found: tuple[Desk, RecoveryKey]) -> None:
        self.setEnabled(True)
        self._desk, self.key = found
        self.new.clear()
        self.recovery.clear()
        self.new.hide()
        self.trouble.hide()
        self.go_back.hide()
        self._title.setText(_("A new recovery key"))
        self._words.setText(_("The passphrase is changed. The old sheet opens nothing any more: replace both copies."))
        today: date = self._desk.today()
        self.shown = RecoveryCard(self.key, office.office(self._desk).name, today, self._screen.jobs)
        self._place.addWidget(self.shown)
        self.shown.print_button.setFocus()

    def _refused(self, error: Exception) -> None:
        self.setEnabled(True)
        if isinstance(error, InvalidInput):
            self.new.problem()
        elif isinstance(error, CaseDeskError):
            self._ask.show()
            self.new.hide()
            self.trouble.say(error.message, error.hint)
            self.trouble.show()
            self.recovery.setFocus()
        else:
            show_error(self, error)

    def _finish(self, shown: RecoveryCard) -> None:
        if self._desk is None or self.key is None or shown.problem():
            return
        self.key.wipe()
        self._screen.signed_in.emit(self._desk, self.name.text())

    def _back(self) -> None:
        """One step back; what was typed stays."""
        if self.new.isHidden():
            self._screen.ask(("" if self._screen.locked else self.name.text(), ""))
        else:
            self._screen.recover(self.typed())


def _name_line(text: str) -> QLineEdit:
    line = QLineEdit(text)
    line.setObjectName("sign_in_name")
    line.setAccessibleName(_("Sign-in name"))
    line.setInputMethodHints(HINTS)
    line.setMaxLength(200)
    return line


def _nothing() -> QWidget:
    empty = QWidget()
    empty.hide()
    return empty


def _place_of(text: str, group: int) -> tuple[int, int]:
    """Where a group stands in what was typed, and how long it is."""
    found = list(re.finditer(r"[^\W_]+", text))
    if len(found) == 7:
        return found[group - 1].start(), len(found[group - 1].group())
    letters = [place for match in found for place in range(*match.span())]
    mine = letters[(group - 1) * 5 : group * 5]
    return (mine[0], mine[-1] - mine[0] + 1) if mine else (0, len(text))
