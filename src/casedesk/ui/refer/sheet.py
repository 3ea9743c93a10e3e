"""The referral sheet: make a referral, go on with a draft, or record what became of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QCheckBox, QWidget
from shiboken6 import isValid

from casedesk import formats, i18n
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError, InvalidInput, NotAllowed
from casedesk.i18n import _, languages
from casedesk.services.case_facts import CaseFacts, look
from casedesk.services.permissions import may
from casedesk.services.referrals.making import MakeReferral, edit_referral, make_referral
from casedesk.services.referrals.reading import ReferralFacts, ReferralRow, referral_facts
from casedesk.ui.kit.blocks import EmptyState, Skeleton
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.choices import Combo
from casedesk.ui.kit.layouts import clear, show_now
from casedesk.ui.kit.messages import ask, show_error
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import tokens
from casedesk.ui.page import Goto, Here
from casedesk.ui.refer.form import ReferForm
from casedesk.ui.refer.steps import StepsPane, extra_buttons, goto_letter

WIDE, NARROW = 1170, 760


@dataclass(frozen=True, slots=True)
class _Opened:
    """The case, and the referral if there is one."""

    facts: CaseFacts
    referral: ReferralFacts | None

    @property
    def status(self) -> str:
        return self.referral.row.status if self.referral is not None else ""


def _opened(desk: Desk, case_id: UUID, referral_id: UUID | None) -> _Opened:
    """What the sheet is about; recorded before anything of the case is shown."""
    if not may(desk, "referral.edit"):
        raise NotAllowed
    return _Opened(look(desk, case_id), referral_facts(desk, referral_id) if referral_id else None)


def _titles(opened: _Opened, *, asks: bool) -> tuple[str, str]:
    facts = opened.facts
    name, _other = facts.names
    if asks or opened.referral is None:
        under = _("{number} · stays on this computer until you print it").format(number=facts.number)
        return _("Refer {name}").format(name=name), under
    return _("Referral {number}").format(number=opened.referral.row.number), f"{name} · {facts.number}"


class ReferSheet(Sheet):
    """Over the case. Without a referral a new one; a draft goes on; one that is ready or sent takes its next step.

    It takes the keys at once, and shows itself when it is known what it is about.
    """

    def __init__(
        self,
        here: Here,
        host: QWidget,
        *,
        case_id: str,
        need_id: str | None = None,
        referral_id: str | None = None,
        change: bool = False,
    ) -> None:
        super().__init__(host, _("Refer"), width=NARROW)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.here, self._over = here, host
        self._case_id = UUID(case_id)
        self._need_id = UUID(need_id) if need_id is not None else None
        self._changes = change
        self.form: ReferForm | None = None
        self.steps: StepsPane | None = None
        self.referral: ReferralFacts | None = None
        self._done = self._was_refused = False
        self.waits = True  # until it is known what it is about
        self.panel.hide()
        self._waiting = QTimer(self, singleShot=True, interval=tokens()["time_ms"]["progress_after"])
        self._waiting.timeout.connect(self._show_waiting)
        self._waiting.start()
        work = partial(_opened, here.desk, self._case_id, UUID(referral_id) if referral_id is not None else None)
        here.jobs.write(self, work, self._begin, failed=self._not_opened)

    def open(self, focus: QWidget | None = None) -> None:
        super().open(focus or self)

    def _show_waiting(self) -> None:
        self.body.addWidget(Skeleton(3))
        self._show_panel()

    def _begin(self, opened: _Opened) -> None:
        self._no_more_waiting()
        self.referral = opened.referral
        asks = opened.status in ("", "draft") or (opened.status == "ready" and self._changes)
        self.rename(*_titles(opened, asks=asks), width=WIDE if asks else NARROW)
        if asks:
            self._ask(opened.facts, self._need_id)
        elif opened.referral is not None:
            self._follow(opened.referral)
        self._show_panel(self.form.first_field() if self.form is not None else None)

    def _not_opened(self, error: Exception) -> None:
        """It cannot be shown: say why."""
        self._no_more_waiting()
        if not isinstance(error, CaseDeskError):
            self.dismiss()
            show_error(self._over, error)
            return
        self.body.addWidget(EmptyState("restricted", error.message, error.hint))
        self._show_panel()

    def _no_more_waiting(self) -> None:
        self.waits = False
        self._waiting.stop()
        clear(self.body)

    def _show_panel(self, focus: QWidget | None = None) -> None:
        self.panel.show()
        show_now(self.content)
        self._place()
        self.take_focus(focus)

    # Making one

    def _ask(self, facts: CaseFacts, need_id: UUID | None) -> None:
        values: Mapping[str, Any] = self.referral.values if self.referral is not None else {}
        self.form = ReferForm(self.here, facts, need_id, values)
        self.form.changed.connect(self._say_missing)
        self.form.confirmed_warning.connect(self.make)
        self.body.addWidget(self.form)
        self.letter = QCheckBox(_("Print referral letter"))
        self.letter.setAccessibleName(_("Print referral letter"))
        self.letter.setChecked(True)
        self.letter.setVisible(may(self.here.desk, "case.print"))
        words = languages()
        self.language = Combo(words, i18n.language(), name=_("Language of the letter"))
        self.language.setVisible(may(self.here.desk, "case.print"))
        self.state = PlainLabel("", "caption", tone="text2")
        self.draft_button = button(_("Save as draft"), clicked=self.save_draft)
        self.create_button = button(_("Create referral"), "primary", "referral", keys="Ctrl+Enter", clicked=self.make)
        parts: tuple[QWidget | None, ...]
        parts = (self.letter, self.language, None, self.state, self.draft_button, self.create_button)
        for part in parts:
            self.foot.addWidget(part) if part is not None else self.foot.addStretch(1)
        self._say_missing()

    def _say_missing(self) -> None:
        if self.form is not None:
            self.state.setText(self.form.missing())
            self.create_button.setEnabled(self.form.complete())

    def make(self) -> None:
        """Make the referral, ready to send."""
        if self.form is None or self.is_busy or not self.form.complete() or not self.form.form.ready():
            return
        self._write(as_draft=False)

    def save_draft(self) -> None:
        if self.form is not None and not self.is_busy and self.form.form.ready():
            self._write(as_draft=True)

    def _write(self, *, as_draft: bool) -> None:
        form = self.form
        if form is None:
            return
        self.busy(True)
        command = form.command(as_draft=as_draft)
        work = partial(write, self.here.desk, command, self.referral, form.edits())
        wants_letter = self.letter.isChecked() and not as_draft and may(self.here.desk, "case.print")
        done = partial(self._written, self.language.value() if wants_letter else "")
        self.here.jobs.write(self._over, work, done, failed=self._refused)

    def _written(self, letter: str, row: ReferralRow) -> None:
        """Go on to the letter in this language, if one is wanted. The sheet may be closed by now."""
        if isValid(self):
            self._done = True
            self.dismiss()
        if row.status == "draft":
            _kept(self.here, row)
            return
        self.here.say(_("Referral {number} is ready.").format(number=row.number))
        if letter:
            asked = {"asked": {"language": letter}}
            self.here.go(Goto("print", goto_letter(row.id, row.case_id) | asked))

    def _refused(self, error: Exception) -> None:
        if not isValid(self):
            show_error(self._over, error)
            return
        self.busy(False)
        self._was_refused = True
        self._say_missing()
        if isinstance(error, InvalidInput) and self.form is not None:
            self.form.show_problems(error.problems)
            self.form.form.next_problem()
        else:
            show_error(self, error)

    # Going on with one

    def _follow(self, referral: ReferralFacts) -> None:
        self.steps = StepsPane(self.here, referral)
        self.steps.busy.connect(self.busy)
        self.steps.taken.connect(self._step_taken)
        self.body.addWidget(self.steps)
        if may(self.here.desk, "case.print"):
            for each in extra_buttons(referral, self._change, self._print_letter):
                self.foot.addWidget(each)
        self.foot.addStretch(1)
        self.foot.addWidget(button(_("Close"), clicked=self.dismiss))

    def _step_taken(self) -> None:
        if self.referral is not None:
            self.dismiss()
            self.here.say(_("Recorded on {day}.").format(day=formats.day(self.here.desk.today())))
            now = referral_facts(self.here.desk, self.referral.row.id).row
            if now.status == "ready":
                self.here.go(Goto("refer", {"case_id": str(now.case_id), "referral_id": str(now.id)}))

    def _change(self) -> None:
        self.dismiss()
        if self.referral is not None:
            what = {"case_id": str(self._case_id), "referral_id": str(self.referral.row.id), "change": True}
            self.here.go(Goto("refer", what))

    def _print_letter(self) -> None:
        self.dismiss()
        if self.referral is not None:
            self.here.go(Goto("print", goto_letter(self.referral.row.id, self._case_id)))

    # Keys and leaving

    def main_action(self) -> None:
        if self.form is not None:
            self.make()
        elif self.steps is not None and self.steps.form is not None:
            self.steps.save()

    @property
    def _is_ready(self) -> bool:
        """Whether it changes a referral that can go out as it is."""
        return self.referral is not None and self.referral.row.status == "ready"

    def leave(self) -> None:
        """Close it when the draft is kept; what is refused stays here to be mended. A referral that is ready says
        something else only once somebody saves it, so there it asks."""
        if self.form is None or not self.form.dirty or self._done:
            self.dismiss()
        elif self._is_ready or self._was_refused:
            ask(
                self,
                _("Leave without these changes?"),
                _("What you chose and typed here is not kept. The referral stays as it was."),
                yes=_("Leave without them"),
                done=self._give_up,
                danger=True,
            )
        else:
            self._write(as_draft=True)

    def _give_up(self) -> None:
        self._done = True
        self.dismiss()

    def dismiss(self) -> None:
        """Close it at once; what was chosen and typed for a new one is kept as a draft, what was typed about a step
        until it comes back."""
        form = self.form
        if form is not None and form.dirty and not (self._done or self.is_busy or self._is_ready):
            self._done = True
            command = form.command(as_draft=True)
            work = partial(write, self.here.desk, command, self.referral, form.edits())
            self.here.jobs.write(self._over, work, partial(_kept, self.here))
        if self.steps is not None:
            self.here.jobs.write(self._over, self.steps.typed.store, lambda _nothing: None)
        super().dismiss()


def _kept(here: Here, row: ReferralRow) -> None:
    here.say(_("Draft kept: referral {number}.").format(number=row.number))


def write(
    desk: Desk, command: MakeReferral, opened: ReferralFacts | None, edits: Mapping[str, tuple[object, object]]
) -> ReferralRow:
    """Make the referral, or change the one that was opened; a draft becomes ready unless it stays one."""
    if opened is None:
        made = make_referral(desk, command)
        return referral_facts(desk, made).row
    edit_referral(desk, opened.row.id, edits, command.confirmed, as_draft=command.as_draft)
    return referral_facts(desk, opened.row.id).row
