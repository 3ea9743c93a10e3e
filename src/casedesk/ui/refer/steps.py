"""What became of a referral: the steps that may follow, each asking only what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QVBoxLayout, QWidget

from casedesk import codelists, formats
from casedesk.errors import InvalidInput
from casedesk.fields import Ask, Field, Kind, Level
from casedesk.i18n import N_, _
from casedesk.models import Referral, fields_of
from casedesk.services import lifecycle
from casedesk.services.referrals.reading import ReferralFacts
from casedesk.services.referrals.steps import STEP_FIELDS, take_step
from casedesk.services.words import in_words
from casedesk.ui.form_sheet import declared
from casedesk.ui.kept import Typed, kept_of, put_back
from casedesk.ui.kit.badges import Badge, status_badge
from casedesk.ui.kit.blocks import Banner, fact
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import Flow, Tall, clear, column, row, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Here

WORDS: Mapping[str, tuple[str, str]] = {  # step → icon, what the button says
    "ready": ("retry", N_("Try again")),
    "sent": ("referral", N_("It was sent")),
    "acknowledged": ("done", N_("They received it")),
    "accepted": ("yes", N_("They accept")),
    "declined": ("no", N_("They do not accept")),
    "expired": ("waiting", N_("No answer came")),
    "client_declined": ("person", N_("The person changed their mind")),
    "cancelled": ("close", N_("Cancel the referral")),
    "in_service": ("active", N_("The service began")),
    "no_show": ("calendar", N_("The person did not come")),
    "completed": ("closed", N_("The service is completed")),
}
REASON = "status_event.reason_text"
NOW = N_("Leave it empty if it is today.")
SHOWN = (
    "request",
    "message",
    "needed_by",
    "expires_on",
    "sent_at",
    "sent_by_method",
    "acknowledged_at",
    "acknowledged_by_name",
    "accepted_at",
    "appointment_at",
    "service_started_on",
    "service_ended_on",
    "decline_reason",
    "outcome",
    "outcome_text",
    "consent_exception",
    "exception_reason",
)


class StepsPane(Tall):
    """Facts of a referral and its next steps. `busy` tells that a step is being recorded, `taken` that it was. What is
    typed about a step stays in `typed` until then."""

    busy = Signal(bool)
    taken = Signal()

    def __init__(self, here: Here, referral: ReferralFacts) -> None:
        super().__init__()
        self._here, self._referral = here, referral
        self.typed = Typed(here.desk, f"typed.referral.{referral.row.id.hex}")
        self.to = ""
        self.form: Form | None = None
        self.buttons = {
            to: button(_(WORDS[to][1]), "default", WORDS[to][0], clicked=partial(self.choose, to))
            for to in referral.row.next_steps
            if to in WORDS
        }
        for each in self.buttons.values():
            each.setCheckable(True)
        self._asked = QVBoxLayout()
        self._asked.setSpacing(10)
        question = PlainLabel(_("What happened next?"), "label", weight=600)
        question.setVisible(bool(self.buttons))
        steps = Flow(*self.buttons.values(), gap=8)
        self.setLayout(column(_facts(referral), question, widget(steps), self._asked, None, gap=14))

    def choose(self, to: str) -> None:
        """Ask what this step needs."""
        self.to = to
        for code, each in self.buttons.items():
            each.setChecked(code == to)
        clear(self._asked)
        self._problems = Banner("danger", "")
        self._problems.hide()
        self._asked.addWidget(self._problems)
        self.form = Form(self._fields(to), today=self._here.desk.today(), columns=2, hints=self._hints(to))
        put_back(self.form, self.typed.get(to, {}), {})
        if to == "sent" and to not in self.typed:
            self.form.put({"referral.sent_by_method": "by_hand"})
        self.form.edited.connect(partial(self._keep, self.form))
        self._asked.addWidget(self.form)
        self.save_button = button(_("Record this"), "primary", "done", clicked=self.save)
        self._asked.addLayout(row(None, self.save_button))
        first = next(iter(self.form.questions.values()), None)
        (first.editor if first is not None else self.save_button).setFocus(Qt.FocusReason.OtherFocusReason)

    def _keep(self, form: Form, _key: str) -> None:
        self.typed.keep(self.to, kept_of(form))

    def _fields(self, to: str) -> list[tuple[str, Field]]:
        keys = declared("referral", *STEP_FIELDS.get(to, ()))
        needs = lifecycle.step_to("referral", self._referral.row.status, to).needs
        if "reason" in needs:
            keys.append((REASON, Field(N_("Why"), Kind.LINE, Level.INTERNAL, Ask.LATER, longest=500)))
        return keys

    def _hints(self, to: str) -> dict[str, str]:
        return {f"referral.{to}_at": _(NOW), "referral.expires_on": _("Leave it empty for the usual time.")}

    def save(self) -> None:
        """Record the step."""
        if self.form is None or not self.form.ready():
            return
        values = self.form.values()
        reason = str(values.pop(REASON, None) or "")
        said = {key.removeprefix("referral."): value for key, value in values.items() if value is not None}
        self.busy.emit(True)
        work = partial(take_step, self._here.desk, self._referral.row.id, self.to, said, reason=reason)
        self._here.jobs.write(self, work, self._saved, failed=self._refused)

    def _saved(self, _done: None) -> None:
        self.typed.clear()
        self.taken.emit()

    def _refused(self, error: Exception) -> None:
        self.busy.emit(False)
        if not isinstance(error, InvalidInput) or self.form is None:
            show_error(self, error)
            return
        self.form.show_problems(error.problems)
        others = [one.text for key, found in error.problems.items() if key not in self.form.questions for one in found]
        self._problems.say(_("This needs another look"), " ".join(others))
        self._problems.setVisible(bool(others))


def _facts(referral: ReferralFacts) -> QWidget:
    row_ = referral.row
    service = codelists.get("service_type").label(row_.service)
    waiting = formats.number(row_.days_waiting) if row_.days_waiting is not None else ""
    told: list[tuple[str, str]] = [(_("Partner"), row_.provider), (_("Service"), service)]
    told += [(_("Days without answer"), waiting)] if waiting else []
    fields = fields_of(Referral)
    told += [
        (_(fields[name].label), in_words(fields[name], referral.values[name]))
        for name in SHOWN
        if name in referral.values
    ]
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(10)
    for at, (label, value) in enumerate(told):
        grid.addWidget(fact(label, value), at // 3, at % 3, Qt.AlignmentFlag.AlignTop)
    for at in range(3):
        grid.setColumnStretch(at, 1)
    return widget(column(row(Badge(status_badge("referral_status", row_.status)), None), grid, gap=10))


Act = Callable[[], object]


def extra_buttons(referral: ReferralFacts, change: Act, letter: Act) -> Sequence[QPushButton]:
    """What else can be done with a referral that has not gone out, or whose letter is printed again."""
    unsent = referral.row.status == "ready"
    made = [button(_("Change what we share"), "ghost", "edit", clicked=change)] if unsent else []
    return [*made, button(_("Print letter"), "default", "print", clicked=letter)]


def goto_letter(referral_id: UUID, case_id: UUID) -> dict[str, str]:
    return {"case_id": str(case_id), "paper": "letter", "referral_id": str(referral_id)}
