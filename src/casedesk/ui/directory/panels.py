"""The facts of one partner or recruiter, at the right of the list."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from casedesk import codelists, formats
from casedesk.i18n import _, ngettext
from casedesk.models import Provider, Recruiter, fields_of
from casedesk.services.providers import ProviderFacts, RecruiterFacts, ServiceRow
from casedesk.services.words import in_words
from casedesk.ui.free_places import is_stale, places_words
from casedesk.ui.kit.blocks import Banner, fact
from casedesk.ui.kit.buttons import IconButton, button
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import Tall, block, column, row, scrolled, widget
from casedesk.ui.kit.texts import PlainLabel, rule, section_title

FEWEST = 5  # a smaller count could point to somebody
PARTNER_FACTS = (
    "phone",
    "districts",
    "address",
    "hours",
    "takes",
    "focal_person",
    "focal_phone",
    "languages",
    "women_only",
    "accessible",
    "can_receive_restricted",
    "agreement_until",
)
RECRUITER_FACTS = ("district", "phone", "address")
LICENCE_LOOKS: Mapping[str, tuple[str, str]] = {
    "valid": ("yes", "ok"),
    "suspended": ("no", "danger"),
    "cancelled": ("no", "danger"),
    "never_licensed": ("no", "danger"),
    "expired": ("warn", "warn"),
}


def counted(cases: int) -> str:
    """How many cases; few ones are not told exactly."""
    return formats.digits(f"< {FEWEST}") if 0 < cases < FEWEST else formats.number(cases)


def licence_look(status: str | None) -> tuple[str, str, str]:
    """Words, icon and tone of a licence's state."""
    icon, tone = LICENCE_LOOKS.get(status or "", ("ask", "text2"))
    return codelists.get("licence_status").label(status or "not_checked"), icon, tone


def checked_words(day: date | None) -> str:
    return _("checked {day}").format(day=formats.day(day)) if day is not None else _("never checked")


def _facts(parts: Sequence[QWidget]) -> QWidget:
    """Facts under each other."""
    facts = Tall()
    facts.setLayout(column(*parts, None, gap=10, margins=(16, 14, 16, 14)))
    return facts


class Panel(QFrame):
    """A head with a name, facts that scroll, and what can be done."""

    def __init__(self, close: Callable[[], object]) -> None:
        super().__init__()
        self.setProperty("kind", "panel")
        self._close = close
        self._inside = QVBoxLayout(self)
        self._inside.setContentsMargins(1, 0, 0, 0)
        self._inside.setSpacing(0)
        self._shown: list[QWidget] = []

    def _show(self, icon: str, name: str, under: str, parts: Sequence[QWidget], acts: Sequence[QPushButton]) -> None:
        for each in self._shown:
            each.hide()
            each.deleteLater()
        sign = block("sunken", row(Icon(icon, "accent", 22), margins=(9, 9, 9, 9)))
        words = column(
            PlainLabel(name, "card", wrap=True), PlainLabel(under, "caption", tone="text2", wrap=True), gap=0
        )
        head = row(sign, widget(words), IconButton("close", _("Close (Esc)"), clicked=self._close), gap=10)
        head.setStretch(1, 1)
        head.setContentsMargins(16, 12, 8, 12)
        self._shown = [widget(head), rule(), scrolled(_facts(parts))]
        if acts:
            self._shown.append(block("foot", row(*acts, None, margins=(16, 10, 16, 10))))
        for each in self._shown:
            self._inside.addWidget(each)
        self._inside.setStretchFactor(self._shown[2], 1)

    def show_partner(self, partner: ProviderFacts, today: date, edit: Callable[[], object] | None) -> None:
        kind = codelists.get("provider_type").label(partner.row.type)
        parts: list[QWidget] = []
        if not partner.row.active:
            parts.append(Banner("warn", _("Does not work with us now")))
        declared = fields_of(Provider)
        parts += [
            fact(_(declared[name].label), in_words(declared[name], partner.values[name]))
            for name in PARTNER_FACTS
            if partner.values.get(name) not in (None, "")
        ]
        if partner.row.answered:
            answers = _("{accepted} of the last {answered} accepted").format(
                accepted=formats.number(partner.row.accepted), answered=formats.number(partner.row.answered)
            )
            parts.append(fact(_("Referrals"), answers))
        parts += [rule(), section_title(_("Services"))]
        parts += [_service(each, today) for each in partner.row.services]
        if not partner.row.services:
            parts.append(PlainLabel(_("No services are written down yet."), "body", tone="text2", wrap=True))
        self._show("directory", partner.row.name, kind, parts, _edit_button(edit))

    def show_recruiter(self, recruiter: RecruiterFacts, edit: Callable[[], object] | None) -> None:
        found = recruiter.row
        kind = codelists.get("recruiter_type").label(found.type)
        words, icon, tone = licence_look(found.licence_status)
        number = ngettext("case names it", "cases name it", found.cases)
        tile = column(PlainLabel(counted(found.cases), "number"), PlainLabel(number, "body", tone="text2"), gap=0)
        tile.setContentsMargins(12, 8, 12, 10)
        licence = row(Icon(icon, tone, 18), PlainLabel(words, "label", tone=tone, wrap=True), gap=6)
        licence.setStretch(1, 1)
        told = " · ".join(part for part in (found.licence_no, checked_words(found.licence_checked_on)) if part)
        under_licence = PlainLabel(told, "caption", tone="text2", wrap=True)
        parts: list[QWidget] = [
            block("sunken", tile),
            widget(column(PlainLabel(_("Licence"), "caption"), licence, under_licence, gap=2)),
        ]
        declared = fields_of(Recruiter)
        parts += [
            fact(_(declared[name].label), in_words(declared[name], recruiter.values[name]))
            for name in RECRUITER_FACTS
            if recruiter.values.get(name)
        ]
        parts.append(
            PlainLabel(_("Facts and counts only. What people told stands in their cases."), "caption", wrap=True)
        )
        self._show("directory", found.name, kind, parts, _edit_button(edit))


def _edit_button(edit: Callable[[], object] | None) -> list[QPushButton]:
    return [button(_("Edit"), icon="edit", clicked=edit)] if edit is not None else []


def _service(service: ServiceRow, today: date) -> QWidget:
    """One service: how many places, how old that is, whether it works, for whom."""
    works = codelists.get("service_functional").label(service.functional)
    stale = is_stale(service.last_verified_on, today)
    places = f"{places_words(service)} · {checked_words(service.last_verified_on)}"
    more = " · ".join(part for part in (works, service.eligibility, service.cost) if part)
    lines: list[QWidget] = [
        PlainLabel(codelists.get("service_type").label(service.service), "label", wrap=True),
        PlainLabel(places, "caption", tone="warn" if stale else "text2", wrap=True),
    ]
    if more:
        tone = "danger" if service.functional == "paper_only" else "text2"
        lines.append(PlainLabel(more, "caption", tone=tone, wrap=True))
    return widget(column(*lines, gap=0))
