"""What the partner is told: only what was agreed to, with the reason beside what may not be shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from casedesk import codelists, formats
from casedesk.errors import InvalidInput, Problem
from casedesk.i18n import _
from casedesk.services.consents import ConsentNow, RecordConsent, consents_of, scope_for
from casedesk.services.permissions import may
from casedesk.services.providers import ProviderRow
from casedesk.services.referrals.content import EXCEPTION
from casedesk.services.sharing import ShareItem, what_may_be_shared
from casedesk.sync import withdrawing
from casedesk.ui.form_sheet import declared
from casedesk.ui.kit.blocks import Banner
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.choices import Combo
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import Tall, block, clear, column, row, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.texts import PlainLabel, escape_key
from casedesk.ui.page import Here


class AskFirst(Tall):
    """Words to read aloud, and the answer, when the person was not asked yet or has to be asked again."""

    answered = Signal(str)

    def __init__(self, *, minor: bool) -> None:
        super().__init__()
        self.words = PlainLabel("", "reading", wrap=True)
        title = PlainLabel(_("Ask first. Read aloud:"), "label", weight=600)
        methods = [(each.code, each.label) for each in codelists.get("consent_method")]
        self.method = Combo(methods, "verbal", name=_("How consent is given"))
        givers = [
            (each.code, each.label) for each in codelists.get("consent_giver") if not (minor and each.code == "self")
        ]
        self.giver = Combo(givers, "" if minor else "self", name=_("Who answers"))
        self.agree = button(_("They agree"), "soft", "done", clicked=lambda: self.answered.emit("given"))
        self.refuse = button(_("They say no"), clicked=lambda: self.answered.emit("refused"))
        fields = row(self.giver, self.method, gap=6)
        for at in range(2):
            fields.setStretch(at, 1)
        inside = column(title, self.words, fields, row(self.agree, self.refuse, None), gap=8, margins=(12, 10, 12, 12))
        self.setLayout(column(block("sunken", inside)))

    def say(self, partner: str, purpose: str, service: str) -> None:
        """`partner` is empty while none is chosen; then the purpose is named as the consent names it."""
        if partner:
            words = _(
                "“May we tell {partner} who you are and what you need, so that they can help with: {service}? "
                "You can say no. You can take it back on any day. A no never costs our help.”"
            ).format(partner=partner, service=service)
        else:
            words = _(
                "“For this help, {service}, we ask you about one thing: {purpose}. They would learn who you are and "
                "what you need. You can say no. You can take it back on any day. A no never costs our help.”"
            ).format(purpose=purpose, service=service)
        self.words.setText(words)


class WithoutConsent(Tall):
    """What a supervisor says when a referral cannot wait for consent. `said` tells that cause and reason are there."""

    said = Signal()

    def __init__(self, today: date) -> None:
        super().__init__()
        self.form = Form(declared("referral", *EXCEPTION), today=today)
        self.open_button = button(_("It cannot wait for consent…"), "link", clicked=self._ask)
        self.go_on = button(_("Refer without consent"), "danger", clicked=self._say)
        hint = _(
            "Only in danger to life, for a child at serious risk, or by order of a court. It is counted in reports."
        )
        inside = column(
            PlainLabel(hint, "caption", wrap=True), self.form, row(self.go_on, None), margins=(12, 10, 12, 12)
        )
        self._asked = block("sunken", inside)
        self._asked.hide()
        self.setLayout(column(row(self.open_button, None), self._asked, gap=8))

    def values(self) -> dict[str, str]:
        """Cause and reason, as far as they are said."""
        said = {name: self.form.value(f"referral.{name}") for name in EXCEPTION}
        return {name: str(value).strip() for name, value in said.items() if value and str(value).strip()}

    def _ask(self) -> None:
        self.open_button.hide()
        self._asked.show()
        next(iter(self.form.questions.values())).editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def _say(self) -> None:
        missing = [name for name in EXCEPTION if name not in self.values()]
        words = {EXCEPTION[0]: _("Choose the cause."), EXCEPTION[1]: _("Write why it cannot wait for consent.")}
        self.form.show_problems({f"referral.{name}": [Problem(words[name])] for name in missing})
        if missing:
            self.form.go_to(f"referral.{missing[0]}")
        else:
            self.said.emit()


class Sharing(Tall):
    """Consent on top, then one line for each thing that can be shared. `changed` tells ticks and new consent."""

    changed = Signal()

    def __init__(self, here: Here, case_id: UUID, *, minor: bool) -> None:
        super().__init__()
        self._here, self._case_id = here, case_id
        self._scope = ""
        self._ticked: set[str] | None = None  # what was ticked before, kept when the partner changes
        self.agreed = False
        self.boxes: dict[str, QCheckBox] = {}
        self._consent = QVBoxLayout()
        self.ask_first = AskFirst(minor=minor)
        self.ask_first.answered.connect(self._record)
        self.exception: dict[str, str] = {}  # cause and reason of going on without consent
        self._about: tuple[str, UUID | None] | None = None  # service and partner that were told last
        self.without = WithoutConsent(here.desk.today())
        self.without.said.connect(self._go_without)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(2)
        title = PlainLabel(_("What we will share"), "label", weight=600)
        self.setLayout(column(title, self._consent, self.ask_first, self.without, self._lines, gap=8))

    def start_with(self, ticked: Sequence[str]) -> None:
        """The ticks of a draft."""
        self._ticked = set(ticked)

    def start_without(self, exception: Mapping[str, str]) -> None:
        """The exception of a draft."""
        self.exception = dict(exception)

    def _go_without(self) -> None:
        self.exception = self.without.values()
        self.changed.emit()

    def shared(self) -> tuple[str, ...]:
        return tuple(sorted(key for key, box in self.boxes.items() if box.isChecked()))

    def go_on(self) -> None:
        """Put the focus where one goes on after the answer about consent; after a no, never on the yes."""
        first = next((box for box in self.boxes.values() if box.isEnabled()), None)
        (first or self.ask_first.refuse).setFocus(Qt.FocusReason.OtherFocusReason)

    def tell(self, service: str, partner: ProviderRow | None) -> None:
        """Show what this partner may be told for this service."""
        if self.boxes:
            self._ticked = set(self.shared()) | {key for key in self._ticked or () if not self.boxes[key].isEnabled()}
        about = (service, partner.id if partner else None)
        if self._about not in (None, about):  # an exception is for this help and this partner alone
            self.exception = {}
        self._about = about
        items = what_may_be_shared(
            self._here.desk,
            self._case_id,
            service or None,
            partner.id if partner else None,
            exception=bool(self.exception),
        )
        known = consents_of(self._here.desk, self._case_id)
        self._scope = scope_for(service, partner.type if partner is not None else None) if service else ""
        now = next((each for each in known if each.scope == self._scope), None)
        self.agreed = bool(service) and any(item.allowed for item in items)
        self._show_consent(now, next((item.why_not for item in items if item.why_not), ""))
        ask = bool(service) and not self.agreed
        self.ask_first.setVisible(ask)
        self.without.setVisible(ask and may(self._here.desk, "referral.without_consent"))
        if ask:
            purpose = codelists.get("consent_scope").label(self._scope)
            helper = partner.name if partner is not None else ""
            self.ask_first.say(helper, purpose, codelists.get("service_type").label(service))
        self._show_items(items, visible=self.agreed)

    def _show_consent(self, now: ConsentNow | None, why_not: str) -> None:
        clear(self._consent)
        if not self._scope:
            self._consent.addWidget(PlainLabel(_("Choose a need, then a partner."), "body", tone="text2", wrap=True))
            return
        scope = codelists.get("consent_scope").label(self._scope)
        if self.exception:
            cause = codelists.get("consent_exception").label(self.exception[EXCEPTION[0]])
            reason = self.exception.get(EXCEPTION[1], "")
            bold = _("Without consent: {cause}").format(cause=cause)
            self._consent.addWidget(Banner("warn", bold, reason, icon="ask"))
            return
        if not self.agreed:
            self._consent.addWidget(Banner("warn", scope, why_not, icon="ask"))
            return
        since = formats.short_day(formats.day_in_dhaka(now.since)) if now is not None and now.since else ""
        method = codelists.get("consent_method").label(now.method) if now is not None else ""
        by = now.by if now is not None else ""
        bold = _("Agreed on {day}: {purpose}").format(day=since, purpose=scope)
        self._consent.addWidget(Banner("ok", bold, ", ".join(part for part in (method, by) if part)))

    def _show_items(self, items: Sequence[ShareItem], *, visible: bool) -> None:
        clear(self._lines)
        self.boxes = {}
        if not visible:
            return
        for item in items:
            box = QCheckBox(escape_key(item.label))
            box.setAccessibleName(item.label)
            box.setAccessibleDescription(item.why_not)
            box.setEnabled(item.allowed)
            ticked = item.ticked if self._ticked is None else item.key in self._ticked
            box.setChecked(item.allowed and ticked)
            box.toggled.connect(lambda _on: self.changed.emit())
            self.boxes[item.key] = box
            if item.allowed:
                self._lines.addWidget(box)
                box.show()  # at once: what is not shown cannot take the focus
                continue
            reason = PlainLabel(item.why_not, "caption", wrap=True)
            line = column(row(box, None, Icon("lock", "muted", 16)), row(30, reason), gap=0)
            self._lines.addWidget(widget(line))
        before: QWidget = self.ask_first.refuse
        for box in self.boxes.values():  # without this, new ones are the last of the window
            QWidget.setTabOrder(before, box)
            before = box

    def _record(self, answer: str) -> None:
        command = RecordConsent(
            answers={self._scope: answer},
            method=self.ask_first.method.value() or None,
            giver=self.ask_first.giver.value() or None,
        )
        self.ask_first.setEnabled(False)
        work = partial(withdrawing.record_consent, self._here.desk, self._case_id, command)
        self._here.jobs.write(self, work, self._recorded, failed=self._refused)

    def _recorded(self, _consent_id: UUID) -> None:
        self.ask_first.setEnabled(True)
        self._here.say(_("The answer is recorded."))
        self.changed.emit()

    def _refused(self, error: Exception) -> None:
        self.ask_first.setEnabled(True)
        if not isinstance(error, InvalidInput):
            show_error(self, error)
            return
        clear(self._consent)
        first = next(problem.text for found in error.problems.values() for problem in found)
        self._consent.addWidget(Banner("danger", first))
