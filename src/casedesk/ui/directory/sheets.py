"""Adding and changing partners and recruiters, over the directory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from uuid import UUID, uuid4

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from casedesk.errors import InvalidInput
from casedesk.i18n import _
from casedesk.services.providers import (
    ProviderFacts,
    RecruiterFacts,
    ServiceEdit,
    ServiceRow,
    save_provider,
    save_recruiter,
)
from casedesk.ui.form_sheet import declared
from casedesk.ui.kept import Typed, kept_of, put_back
from casedesk.ui.kit.blocks import Banner, Card
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import column, row
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import section_title
from casedesk.ui.page import Here

WIDTH = 760
NEW = "new"  # the code of what has no record yet
PARTNER = (
    "name_bn",
    "name_en",
    "type",
    "phone",
    "districts",
    "address",
    "hours",
    "focal_person",
    "focal_phone",
    "takes",
    "languages",
    "agreement_until",
    "accessible",
    "women_only",
    "can_receive_restricted",
    "active",
)
SERVICE = ("service", "capacity", "functional", "last_verified_on", "eligibility", "cost")
RECRUITER = ("name", "type", "licence_no", "licence_status", "licence_checked_on", "district", "phone", "address")


class ServiceCard(Card):
    """One service of a partner."""

    taken_out = Signal()

    def __init__(self, here: Here, service: ServiceRow | None, part: str) -> None:
        super().__init__(dense=True)
        self._service, self.part = service, part
        self.removed = False
        self.form = Form(declared("provider_service", *SERVICE), today=here.desk.today(), columns=2)
        self.saved: dict[str, object] = {}
        if service is not None:
            self.saved = {f"provider_service.{name}": getattr(service, name) or None for name in SERVICE}
            self.saved |= _counted(service)
        self.body.addWidget(self.form)
        drop = button(_("Remove this service"), "ghost", "remove", size="s", clicked=self._remove)
        self.body.addLayout(row(None, drop))

    def _remove(self) -> None:
        self.removed = True
        self.taken_out.emit()
        self.hide()

    def edit(self) -> ServiceEdit | None:
        """What changed; nothing for a new card that was left empty or taken away."""
        edits = {key.removeprefix("provider_service."): pair for key, pair in self.form.edits().items()}
        if self._service is None:
            return ServiceEdit(edits) if edits and not self.removed else None
        if self.removed:
            return ServiceEdit({}, self._service.id, removed=True)
        return ServiceEdit(edits, self._service.id) if edits else None


def _counted(service: ServiceRow) -> dict[str, object]:
    """No free places is a number too."""
    return {"provider_service.capacity": service.capacity}


class _EditSheet(Sheet):
    """A form with Save. `saved` carries the id of what was saved. What is typed is kept in `typed` until it is saved or
    cancelled."""

    saved = Signal(object)

    def __init__(self, here: Here, host: QWidget, title: str, typed: Typed, code: str) -> None:
        super().__init__(host, title, width=WIDTH)
        self.here, self._typed, self._code = here, typed, code
        self.problems = Banner("danger", "")
        self.problems.hide()
        self.body.addWidget(self.problems)
        self.save_button = button(_("Save"), "primary", "done", keys="Ctrl+Enter", clicked=self.save)
        self.foot.addStretch(1)
        self.foot.addWidget(button(_("Cancel"), clicked=self._cancel))
        self.foot.addWidget(self.save_button)

    def _keep(self, part: str, form: Form, saved: Mapping[str, object]) -> None:
        """Show what is saved, and what was typed over it before; from now on what is typed is kept."""
        code = f"{self._code}.{part}"
        put_back(form, self._typed.get(code, {}), saved)
        form.edited.connect(lambda _key: self._typed.keep(code, kept_of(form)))

    def _forget(self) -> None:
        for code in [code for code in self._typed if code.startswith(f"{self._code}.")]:
            self._typed.forget(code)

    def _cancel(self) -> None:
        self._forget()
        self.dismiss()

    def save(self) -> None:
        raise NotImplementedError

    def _forms(self) -> list[Form]:
        raise NotImplementedError

    def _saved(self, record_id: UUID) -> None:
        self._forget()
        self.dismiss()
        self.here.say(_("Saved."))
        self.saved.emit(record_id)

    def _refused(self, error: Exception) -> None:
        self.busy(False)
        if not isinstance(error, InvalidInput):
            show_error(self, error)
            return
        keys = {key for form in self._forms() for key in form.questions}
        for form in self._forms():
            form.show_problems(error.problems)
        others = [each.text for key, found in error.problems.items() if key not in keys for each in found]
        self.problems.say(_("This needs another look"), " ".join(others))
        self.problems.setVisible(bool(others))
        next((form for form in self._forms() if form.problems()), self._forms()[0]).next_problem()

    def main_action(self) -> None:
        self.save()


class PartnerSheet(_EditSheet):
    """A partner and its services."""

    def __init__(self, here: Here, host: QWidget, typed: Typed, partner: ProviderFacts | None = None) -> None:
        title = _("Add a partner") if partner is None else _("Edit {name}").format(name=partner.row.name)
        super().__init__(here, host, title, typed, f"partner.{partner.row.id.hex if partner is not None else NEW}")
        self._partner = partner
        self.form = Form(declared("provider", *PARTNER), today=here.desk.today(), columns=2, ahead=True)
        values: Mapping[str, object] = partner.values if partner is not None else {}
        self._keep("", self.form, {f"provider.{name}": values.get(name) for name in PARTNER})
        if partner is None and not self.form.edits():
            self.form.put({"provider.active": True})
        self.cards: list[ServiceCard] = []
        self._services = QVBoxLayout()
        self._services.setSpacing(10)
        for service in partner.row.services if partner is not None else ():
            self._add_card(ServiceCard(here, service, service.id.hex))
        begun = [code for code in typed if code.startswith(f"{self._code}.{NEW}")]
        for code in sorted(begun):
            self._add_card(ServiceCard(here, None, code.removeprefix(f"{self._code}.")))
        self.add_button = button(_("Add a service"), "soft", "add", clicked=self.add_service)
        self.body.addWidget(self.form)
        self.body.addLayout(column(section_title(_("Services")), self._services, row(self.add_button, None), gap=8))

    def add_service(self) -> None:
        """Another empty card."""
        card = ServiceCard(self.here, None, f"{NEW}{uuid4().hex}")
        self._add_card(card)
        QTimer.singleShot(0, self, partial(self._see, card))
        card.form.go_to("provider_service.service")

    def _add_card(self, card: ServiceCard) -> None:
        self._keep(card.part, card.form, card.saved)
        card.taken_out.connect(partial(self._typed.forget, f"{self._code}.{card.part}"))
        self.cards.append(card)
        self._services.addWidget(card)

    def _see(self, card: ServiceCard) -> None:
        """Show the whole card, as soon as there is room for it."""
        self._place()
        QTimer.singleShot(0, card, partial(self.reveal, card))

    def _forms(self) -> list[Form]:
        return [self.form, *(card.form for card in self.cards if not card.removed)]

    def save(self) -> None:
        if not all(form.ready() for form in self._forms()):
            return
        edits = {key.removeprefix("provider."): pair for key, pair in self.form.edits().items()}
        services = [edit for card in self.cards if (edit := card.edit()) is not None]
        partner_id = self._partner.row.id if self._partner is not None else None
        self.busy(True)
        work = partial(save_provider, self.here.desk, partner_id, edits, services)
        self.here.jobs.write(self, work, self._saved, failed=self._refused)


class RecruiterSheet(_EditSheet):
    """A recruiter or agency."""

    def __init__(self, here: Here, host: QWidget, typed: Typed, recruiter: RecruiterFacts | None = None) -> None:
        title = _("Add a recruiter") if recruiter is None else _("Edit {name}").format(name=recruiter.row.name)
        which = recruiter.row.id.hex if recruiter is not None else NEW
        super().__init__(here, host, title, typed, f"recruiter.{which}")
        self._recruiter = recruiter
        self.form = Form(declared("recruiter", *RECRUITER), today=here.desk.today(), columns=2)
        values: Mapping[str, object] = recruiter.values if recruiter is not None else {}
        self._keep("", self.form, {f"recruiter.{name}": values.get(name) for name in RECRUITER})
        self.body.addWidget(self.form)

    def _forms(self) -> list[Form]:
        return [self.form]

    def save(self) -> None:
        if not self.form.ready():
            return
        edits = {key.removeprefix("recruiter."): pair for key, pair in self.form.edits().items()}
        recruiter_id = self._recruiter.row.id if self._recruiter is not None else None
        self.busy(True)
        work = partial(save_recruiter, self.here.desk, recruiter_id, edits)
        self.here.jobs.write(self, work, self._saved, failed=self._refused)
