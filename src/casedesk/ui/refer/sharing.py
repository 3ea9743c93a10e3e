"""What the partner is told: only what was agreed to, with the reason beside what may not be shared."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from casedesk import codelists, formats
from casedesk.desk import DHAKA
from casedesk.errors import InvalidInput
from casedesk.i18n import _
from casedesk.services.consents import ConsentNow, RecordConsent, consents_of, record_consent, scope_for
from casedesk.services.providers import ProviderRow
from casedesk.services.sharing import ShareItem, what_may_be_shared
from casedesk.ui.kit.blocks import Banner
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.choices import Combo
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import Tall, block, clear, column, row, widget
from casedesk.ui.kit.messages import show_error
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
        self._lines = QVBoxLayout()
        self._lines.setSpacing(2)
        title = PlainLabel(_("What we will share"), "label", weight=600)
        self.setLayout(column(title, self._consent, self.ask_first, self._lines, gap=8))

    def start_with(self, ticked: Sequence[str]) -> None:
        """The ticks of a draft."""
        self._ticked = set(ticked)

    def shared(self) -> tuple[str, ...]:
        return tuple(sorted(key for key, box in self.boxes.items() if box.isChecked()))

    def go_on(self) -> None:
        """Put the focus where one goes on after the answer about consent."""
        first = next((box for box in self.boxes.values() if box.isEnabled()), None)
        (first or self.ask_first.agree).setFocus(Qt.FocusReason.OtherFocusReason)

    def tell(self, service: str, partner: ProviderRow | None) -> None:
        """Show what this partner may be told for this service."""
        if self.boxes:
            self._ticked = set(self.shared()) | {key for key in self._ticked or () if not self.boxes[key].isEnabled()}
        items = what_may_be_shared(self._here.desk, self._case_id, service or None, partner.id if partner else None)
        known = consents_of(self._here.desk, self._case_id)
        self._scope = scope_for(service, partner.type if partner is not None else None) if service else ""
        now = next((each for each in known if each.scope == self._scope), None)
        self.agreed = bool(service) and any(item.allowed for item in items)
        self._show_consent(now, next((item.why_not for item in items if item.why_not), ""))
        ask = bool(service) and not self.agreed
        self.ask_first.setVisible(ask)
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
        if not self.agreed:
            self._consent.addWidget(Banner("warn", scope, why_not, icon="ask"))
            return
        since = formats.short_day(now.since.astimezone(DHAKA).date()) if now is not None and now.since else ""
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
        work = partial(record_consent, self._here.desk, self._case_id, command)
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
