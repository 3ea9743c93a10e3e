"""What is asked to make a referral: the need, the partner, what is shared, by when, and the words for the letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QButtonGroup, QVBoxLayout, QWidget

from casedesk import codelists
from casedesk.errors import Problem
from casedesk.i18n import _
from casedesk.services.case_facts import CaseFacts, Need
from casedesk.services.clock import clock_is_wrong
from casedesk.services.referrals.content import EDITABLE, EXCEPTION
from casedesk.services.referrals.making import MakeReferral
from casedesk.services.referrals.steps import ANSWER_DAYS, URGENT_ANSWER_DAYS
from casedesk.ui.form_sheet import declared
from casedesk.ui.kit.blocks import Banner
from casedesk.ui.kit.buttons import PressButton, let_tab_reach_the_chosen
from casedesk.ui.kit.choices import CodeLine
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.icons import icon as icon_of
from casedesk.ui.kit.layouts import Flow, Tall, column, row, widget
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.texts import PlainLabel, escape_key, restyle, tip
from casedesk.ui.kit.theme import current
from casedesk.ui.kit.written import LineEdit
from casedesk.ui.page import Here
from casedesk.ui.refer.partners import PartnerFacts, PartnerPicker
from casedesk.ui.refer.sharing import Sharing

MOST_NEEDS = 6
RIGHT = 310
ICONS = {
    "shelter": "house",
    "basic": "needs",
    "protection": "what_happened",
    "health": "first-aid",
    "psychosocial": "talk",
    "legal": "legal",
    "economic": "training",
    "social": "same_person",
    "information": "about",
}
WORDS = ("needed_by", "expires_on", "request", "summary_shared", "message")


class NeedChip(PressButton):
    """One need of the person; one of them holds."""

    def __init__(self, code: str, place: int) -> None:
        row_ = codelists.get("need").find(code)
        label = row_.label if row_ is not None else code
        super().__init__(f" {escape_key(label)}")
        self.setProperty("variant", "chip")
        self._icon = ICONS.get(row_.extra["domain"] if row_ is not None else "", "needs")
        self.setCheckable(True)
        self.setFont(current().font("body", 500))
        self.setIconSize(QSize(16, 16))
        self.setAccessibleName(label)
        keys = f"Alt+{place}"
        self.setShortcut(keys)
        tip(self, _("{action} · {keys}").format(action=label, keys=keys))
        self.toggled.connect(self._show)
        self._show(False)

    def _show(self, on: bool) -> None:
        self.setProperty("state", "on" if on else "off")
        self.setIcon(icon_of(self._icon, "accent" if on else "text2", size=16))
        restyle(self)


def _offered(needs: Sequence[Need], wanted: UUID | None) -> list[Need]:
    """The first open needs, one of a kind; and always the one it is about, or keeping a draft would take it away."""
    of_a_kind = {need.code: need for need in needs if need.met_on is None}
    of_a_kind |= {need.code: need for need in needs if need.id == wanted}
    return [need for at, need in enumerate(of_a_kind.values()) if at < MOST_NEEDS or need.id == wanted]


class ReferForm(Tall):
    """Everything a referral is made of. `changed` tells that something else was chosen or typed."""

    changed = Signal()
    confirmed_warning = Signal()

    def __init__(self, here: Here, facts: CaseFacts, need_id: UUID | None, values: Mapping[str, Any]) -> None:
        super().__init__()
        self._here, self._facts, self._values = here, facts, values
        self._confirmed: set[str] = set()
        self.dirty = False
        today = here.desk.today()
        self._wanted = values.get("need_id") or need_id
        self._needs = _offered(facts.needs, self._wanted)
        self._chips = QButtonGroup(self)
        self.needs = [NeedChip(need.code, place) for place, need in enumerate(self._needs, 1)]
        for at, chip in enumerate(self.needs):
            self._chips.addButton(chip, at)
        self.service = CodeLine("service_type", name=_("Service"))
        self.service.setPlaceholderText(_("Another service: type to find it"))
        self.service.setMinimumWidth(220)
        district = facts.answers.get("person.district")
        self.partners = PartnerPicker(here.desk, district if isinstance(district, str) else None)
        self.partner_facts = PartnerFacts()
        self.sharing = Sharing(here, facts.id, minor=facts.is_minor)
        self.form = Form(
            declared("referral", *WORDS),
            today=today,
            columns=2,
            ahead=True,
            editors={"referral.request": LineEdit},
            hints={"referral.summary_shared": _("One line for each point of the letter.")},
        )
        self.problems = Banner("danger", "")
        self.problems.hide()
        self._lay_out()
        self._start()
        self._connect()

    def _lay_out(self) -> None:
        needs = Flow(*self.needs, self.service, gap=6)
        offline = row(
            Icon("offline", "muted", 16),
            PlainLabel(
                _("Offline: numbers are the last ones known here. Phone before you send them."), "caption", wrap=True
            ),
        )
        offline.setStretch(1, 1)
        question = PlainLabel(_("What do they need?"), "label", weight=600)
        left = column(question, widget(needs), self.partners, self.partner_facts, offline, None, gap=8)
        inside = QVBoxLayout()
        inside.setContentsMargins(0, 0, 0, 0)
        for part in (self.problems, self.sharing, self.form):
            inside.addWidget(part)
        inside.addStretch(1)
        right = widget(inside)
        right.setFixedWidth(current().scaled(RIGHT))
        both = row(widget(left), right, gap=24)
        both.setStretch(0, 1)
        self.setLayout(both)

    def _start(self) -> None:
        """Show a draft, or begin with the need that was chosen, or the only one."""
        values = self._values
        place = next((at for at, need in enumerate(self._needs) if need.id == self._wanted), None)
        if place is None and len(self._needs) == 1 and not values:
            place = 0
        service = values.get("service")
        if place is not None:
            self.needs[place].setChecked(True)
            service = service or self._usual_service(place)
        self.service.set_code(service)
        self.form.fill({f"referral.{name}": values.get(name) for name in WORDS})
        if not values and not clock_is_wrong(self._here.desk):  # while it is doubted, no day fills itself in
            days = URGENT_ANSWER_DAYS if self._facts.answers.get("case.priority") == "urgent" else ANSWER_DAYS
            self.form.put({"referral.expires_on": self._here.desk.today() + timedelta(days=days)})
        if "fields_shared" in values:
            self.sharing.start_with(values["fields_shared"])
        self.sharing.start_without({name: values[name] for name in EXCEPTION if values.get(name)})
        self.partners.show_service(service or "", values.get("provider_id"))
        self._tell_partner()

    def _connect(self) -> None:
        self._chips.idClicked.connect(self._need_chosen)
        self._chips.idToggled.connect(lambda _place, _on: let_tab_reach_the_chosen(self.needs))
        let_tab_reach_the_chosen(self.needs)
        self.service.picked.connect(self._service_picked)
        self.partners.picked.connect(self._partner_picked)
        self.sharing.changed.connect(self._shared)
        self.form.edited.connect(lambda _key: self._touch())
        self.form.kept.connect(self._kept)

    def first_field(self) -> QWidget:
        """Where the next answer belongs."""
        if not self.code():
            return self.needs[0] if self.needs else self.service
        return self.partners.buttons[0] if self.partners.buttons else self.partners.search

    def code(self) -> str:
        """The service that is asked for."""
        return self.service.code() or ""

    def _usual_service(self, place: int) -> str | None:
        need = codelists.get("need").find(self._needs[place].code)
        return need.extra["default_service_type"] if need is not None else None

    def _need_chosen(self, place: int) -> None:
        self.service.set_code(self._usual_service(place))
        self._service_picked()

    def _service_picked(self) -> None:
        place = self._chips.checkedId()
        if place >= 0 and self.code() != (self._usual_service(place) or ""):
            self._choose_no_need(place)
        self.partners.show_service(self.code())
        self._tell_partner()
        self._touch()

    def _choose_no_need(self, place: int) -> None:
        """Another service than the usual one is not known to be for this need."""
        self._chips.setExclusive(False)
        self.needs[place].setChecked(False)
        self._chips.setExclusive(True)

    def _partner_picked(self) -> None:
        self._tell_partner()
        self._touch()

    def _tell_partner(self) -> None:
        partner = self.partners.partner()
        self.partner_facts.tell(partner, self.code(), self._here.desk.today())
        self.sharing.tell(self.code(), partner)
        asked_for = self.form.questions["referral.request"].editor
        if isinstance(asked_for, LineEdit):  # what the letter says when the line is left empty
            asked_for.line.setPlaceholderText(codelists.get("service_type").label(self.code()))

    def _shared(self) -> None:
        if not self.sharing.agreed:  # an answer about consent came in
            self._tell_partner()
            self.sharing.go_on()
        self._touch()

    def _kept(self, _key: str, rule: str) -> None:
        self._confirmed.add(rule)
        self.confirmed_warning.emit()

    def _touch(self) -> None:
        self.dirty = True
        self.problems.hide()
        self.changed.emit()

    def complete(self) -> bool:
        """Whether service, partner and consent are there."""
        return bool(self.code()) and self.partners.partner() is not None and self.sharing.agreed

    def missing(self) -> str:
        """What comes next before a referral can be made."""
        if not self.code():
            return _("Choose a need.")
        if self.partners.partner() is None:
            return _("Choose a partner.")
        return "" if self.sharing.agreed else _("Ask for consent first.")

    def command(self, *, as_draft: bool) -> MakeReferral:
        partner, need = self.partners.partner(), self._chips.checkedId()
        said = {name: self.form.value(f"referral.{name}") for name in WORDS}
        priority = self._facts.answers.get("case.priority")
        return MakeReferral(
            case_id=self._facts.id,
            service=self.code() or None,
            provider_id=partner.id if partner is not None else None,
            need_id=self._needs[need].id if need >= 0 else None,
            priority=priority if isinstance(priority, str) else None,
            fields_shared=self.sharing.shared(),
            consent_exception=self.sharing.exception.get("consent_exception"),
            exception_reason=self.sharing.exception.get("exception_reason"),
            as_draft=as_draft,
            confirmed=frozenset(self._confirmed),
            **said,  # type: ignore[arg-type]  # the fields' own editors give their own types
        )

    def edits(self) -> dict[str, tuple[object, object]]:
        """What differs from the draft that was opened: before and now."""
        command = self.command(as_draft=True)
        now = {
            name: getattr(command, name) for name in EDITABLE if name not in ("reason", "accompanied", "transport_paid")
        }
        now["fields_shared"] = sorted(command.fields_shared) or None
        return {name: (self._values.get(name), value) for name, value in now.items() if value != self._values.get(name)}

    def show_problems(self, problems: Mapping[str, Sequence[Problem]]) -> None:
        """Each under its field; what belongs to no field stands on top."""
        self.form.show_problems(problems)
        others = [each.text for key, found in problems.items() if key not in self.form.questions for each in found]
        self.problems.say(_("This needs another look"), " ".join(others))
        self.problems.setVisible(bool(others))
