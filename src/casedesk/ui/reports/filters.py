"""Whom a report is about: chips that say so, and a sheet that changes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from casedesk import codelists
from casedesk.i18n import N_, _
from casedesk.services.statistics import reports
from casedesk.services.statistics.shapes import Among, Request
from casedesk.services.statistics.tables import Group, sexes
from casedesk.ui.kit.blocks import labelled
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.choices import Combo
from casedesk.ui.kit.sheet import Sheet

FIELDS = {
    "sexes": N_("Sex"),
    "categories": N_("Category"),
    "countries": N_("Country"),
    "districts": N_("District"),
}
LISTS = {"categories": "return_category", "countries": "destination_country", "districts": "bd_district"}


def choices(field: str) -> list[Group]:
    """What a filter can be: a key, its words, and the codes it stands for."""
    if field == "sexes":
        return list(sexes())
    return [Group(each.code, each.label, (each.code,)) for each in codelists.get(LISTS[field])]


def chosen(field: str, among: Among) -> list[Group]:
    """What of a filter is on."""
    codes = set(getattr(among, field))
    return [group for group in choices(field) if codes.issuperset(group.codes)]


def chips_of(request: Request) -> Iterator[tuple[str, Request]]:
    """The words of each chip, and the request without it."""
    if request.compare and reports.compares(request.report):
        words = _("Compare: {period}").format(period=request.period.before().label)
        yield words, replace(request, compare=False)
    if request.publishing:
        yield _("For publishing: 1 to 10 hidden"), replace(request, publishing=False)
    for field, name in _fields(request):
        if getattr(request.among, field):
            values = ", ".join(group.label for group in chosen(field, request.among))
            words = _("{field}: {value}").format(field=_(name), value=values)
            yield words, replace(request, among=replace(request.among, **{field: ()}))


def _fields(request: Request) -> Iterable[tuple[str, str]]:
    """The filters that a report has."""
    return FIELDS.items() if reports.filters(request.report) else ()


class FilterSheet(Sheet):
    """One value of each filter, or all; comparison; and how small numbers are hidden."""

    chosen = Signal(object)

    def __init__(self, host: QWidget, request: Request) -> None:
        super().__init__(host, _("Filter"), width=480)
        self._request = request
        self.boxes: dict[str, Combo] = {}
        for field, name in _fields(request):
            now = next((group.key for group in chosen(field, request.among)), "")
            known = [(group.key, group.label) for group in choices(field)]
            self.boxes[field] = Combo([("", _("All")), *known], now, name=_(name))
            self.body.addWidget(labelled(self.boxes[field]))
        yes_no = [("yes", _("Yes")), ("", _("No"))]
        self.compare = Combo(yes_no, "yes" if request.compare else "", name=_("Compare with the period before"))
        small = [("", _("for work inside: 1 to 4 hidden")), ("yes", _("for publishing: 1 to 10 hidden"))]
        self.publishing = Combo(small, "yes" if request.publishing else "", name=_("Small numbers"))
        self.body.addWidget(labelled(self.compare))
        self.body.addWidget(labelled(self.publishing))
        self.foot.addWidget(button(_("Clear all"), "ghost", clicked=self._clear))
        self.foot.addStretch(1)
        self.show_button = button(_("Show"), "primary", clicked=self._done)
        self.foot.addWidget(self.show_button)

    def _clear(self) -> None:
        for box in self.boxes.values():
            box.set_value("")

    def _codes(self, field: str, key: str) -> tuple[str, ...]:
        return tuple(code for group in choices(field) if group.key == key for code in group.codes if code)

    def main_action(self) -> None:
        self._done()

    def _done(self) -> None:
        found = {field: self._codes(field, box.value()) for field, box in self.boxes.items()}
        was = self._request.among
        among = Among(owners=was.owners, **found) if found else was
        made = replace(
            self._request,
            among=among,
            compare=bool(self.compare.value()),
            publishing=bool(self.publishing.value()),
        )
        self.dismiss()
        self.chosen.emit(made)
