"""What a list is narrowed by: chips that say it, and a picker that changes it."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLineEdit, QWidget

from casedesk import codelists, formats
from casedesk.desk import Desk
from casedesk.i18n import N_, _, ngettext
from casedesk.parsing import fold
from casedesk.services.search import Filters, Places, View, filters_of
from casedesk.services.statistics.kept import figure_of, figure_words
from casedesk.ui.kit.buttons import Chip, button
from casedesk.ui.kit.choices import TickCard
from casedesk.ui.kit.layouts import clear, column, row, scrolled, widget
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.sidebar import NavItem, SectionNav
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.topbar import SearchBox

Chosen = Mapping[str, Sequence[str]]
KINDS = {
    "category": N_("Category"),
    "status": N_("Status"),
    "priority": N_("Priority"),
    "country": N_("Country"),
    "district": N_("District"),
    "worker": N_("Worker"),
    "due": N_("Next step due"),
}
LISTS = {
    "category": "return_category",
    "status": "case_status",
    "priority": "priority",
    "country": "destination_country",
    "district": "bd_district",
}
DUE = {"late": N_("late"), "today": N_("today"), "week": N_("in 7 days")}
FIGURE = "figure"  # of a report: the cases that make it
SEARCHED = 12  # choices from which a line to search them is shown


def as_filters(desk: Desk, view: View, chosen: Chosen, words: str, *, closed_too: bool) -> Filters:
    """What the view, the chips and the search line ask for together."""
    base = filters_of(desk, view)
    today = desk.today()
    made = replace(
        base,
        words=words,
        categories=tuple(chosen.get("category", ())),
        statuses=tuple(chosen.get("status", ())),
        priorities=tuple(chosen.get("priority", ())) or base.priorities,
        countries=tuple(chosen.get("country", ())),
        districts=tuple(chosen.get("district", ())),
        owners=tuple(UUID(each) for each in chosen.get("worker", ())) or base.owners,
    )
    match next(iter(chosen.get("due", ())), ""):
        case "late":
            made = replace(made, due_before=today)
        case "today":
            made = replace(made, due_from=today, due_before=today + timedelta(days=1))
        case "week":
            made = replace(made, due_from=today, due_before=today + timedelta(days=7))
    closed = {row.code for row in codelists.get("case_status") if not row.yes("is_open")}
    if figure := next(iter(chosen.get(FIGURE, ())), ""):
        made = replace(made, figure=figure_of(figure))
    if closed_too or set(made.statuses) & closed:
        made = replace(made, is_open=None if view is not View.CLOSED else False)
    return made


def choices(kind: str, places: Places) -> list[tuple[str, str]]:
    """Code and words of what can be chosen: of countries, districts and workers only those that occur."""
    if kind == "worker":
        return [(str(owner), name or str(owner)) for owner, name in places.owners.items()]
    if kind == "due":
        return [(code, _(words)) for code, words in DUE.items()]
    rows = codelists.get(LISTS[kind])
    occurs = {"country": places.countries, "district": places.districts}.get(kind)
    found = [each for each in rows if occurs is None or each.code in occurs]
    found = [each for each in found if not (kind == "status" and each.code == "draft")]
    return [(each.code, each.badge if kind in ("category", "status", "priority") else each.label) for each in found]


def chip_words(kind: str, codes: Sequence[str], places: Places) -> str:
    """District: Madaripur +1"""
    if kind == FIGURE:
        return figure_words(figure_of(codes[0]))
    words = dict(choices(kind, places))
    first = words.get(codes[0]) or codelists.get(LISTS[kind]).label(codes[0]) if kind in LISTS else words.get(codes[0])
    more = f" +{formats.number(len(codes) - 1)}" if len(codes) > 1 else ""
    return _("{field}: {value}").format(field=_(KINDS[kind]), value=f"{first or codes[0]}{more}")


class Chips(QWidget):
    """The filters that are on, each a chip; folded, one chip says how many."""

    removed = Signal(str)
    changed = Signal(str)
    cleared = Signal()
    closed_too = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._line = row(gap=8)
        self.setLayout(self._line)
        self.add_button = button(_("Filter"), "default", "add", keys="F", clicked=lambda: self.changed.emit(""))
        self.chips: dict[str, Chip] = {}

    def show_chosen(self, chosen: Chosen, places: Places, *, open_only: bool, folded: bool) -> None:
        """Draw the chips anew."""
        self._line.removeWidget(self.add_button)
        self.add_button.setParent(self)
        held = {self.chips[kind] for kind in self.chips}
        had_focus = any(chip.hasFocus() for chip in held)
        clear(self._line)
        self.chips = {}
        on = {kind: codes for kind, codes in chosen.items() if codes}
        self.add_button.setText("" if folded else _("Filter"))
        if folded and on:
            self._fold(len(on) + open_only)
        else:
            self._unfold(on, places, open_only=open_only)
        if had_focus:
            self.add_button.setFocus()

    def _fold(self, count: int) -> None:
        words = ngettext("{count} filter", "{count} filters", count).format(count=formats.number(count))
        chip = Chip(words, name=words)
        chip.removed.connect(self.cleared)
        self.chips["all"] = chip
        self._line.addWidget(chip)
        self.add_button.show()
        self._line.addWidget(self.add_button)

    def _unfold(self, on: Chosen, places: Places, *, open_only: bool) -> None:
        if open_only:
            chip = Chip(_("Open cases"), name=_("Only open cases; press to show closed ones too"))
            chip.removed.connect(self.closed_too)
            self.chips["open"] = chip
        for kind, codes in on.items():
            words = chip_words(kind, codes, places)
            chip = Chip(words, name=_("Remove the filter {words}").format(words=words))
            chip.removed.connect(lambda kind=kind: self.removed.emit(kind))
            self.chips[kind] = chip
        for chip in self.chips.values():
            self._line.addWidget(chip)
        self.add_button.show()
        self._line.addWidget(self.add_button)
        if on:
            self._line.addWidget(button(_("Clear"), "ghost", clicked=self.cleared.emit))
        self._line.addStretch(1)


class Picker(Sheet):
    """Chooses filters by keyboard: fields at the left, their values at the right, searched by typing."""

    chosen = Signal(object)
    by_enter = True

    def __init__(self, host: QWidget, now: Chosen, places: Places, kind: str = "category") -> None:
        super().__init__(host, _("Filter"), width=620)
        self._places = places
        self._now = {field: set(now.get(field, ())) for field in KINDS}
        self._kind = kind or "category"
        self.nav = SectionNav([NavItem(code, ICONS[code], _(words)) for code, words in KINDS.items()], self._kind)
        self.nav.setProperty("kind", "plain")
        self.nav.chosen.connect(self._turn)
        self.search: QLineEdit = SearchBox(_("Type to find"))
        self.search.textChanged.connect(self._show)
        self._grid = QGridLayout()
        self._grid.setSpacing(6)
        values = scrolled(widget(column(widget(self._grid), None)))
        values.setMinimumHeight(300)
        right = column(self.search, values, gap=8)
        line = row(self.nav, widget(right), gap=12)
        line.setStretch(1, 1)
        self.body.addLayout(line)
        self.show_button = button(_("Show"), "primary", clicked=self._done)
        for part in (button(_("Clear all"), "ghost", clicked=self._clear), self.show_button):
            self.foot.addWidget(part)
        self.foot.insertStretch(1, 1)
        self.cards: dict[str, QCheckBox] = {}
        self._turn(self._kind)

    def _turn(self, kind: str) -> None:
        self._kind = kind
        self.nav.select(kind)
        self.search.blockSignals(True)
        self.search.clear()
        self.search.blockSignals(False)
        self.search.setVisible(len(choices(kind, self._places)) > SEARCHED)
        self._show()

    def _show(self) -> None:
        clear(self._grid)
        self.cards = {}
        typed = fold(self.search.text())
        found = [(code, words) for code, words in choices(self._kind, self._places) if typed in fold(words)]
        for at, (code, words) in enumerate(found):
            card = TickCard(words)
            card.setChecked(code in self._now[self._kind])
            card.clicked.connect(lambda on, code=code: self._tick(code, on))
            self.cards[code] = card
            self._grid.addWidget(card, at // 2, at % 2)
        for at in range(2):
            self._grid.setColumnStretch(at, 1)
        if not found:
            self._grid.addWidget(PlainLabel(_("Nothing here has this name."), "muted"), 0, 0, 1, 2)
        self._count()

    def _tick(self, code: str, on: bool) -> None:
        if self._kind == "due":
            self._now["due"].clear()
            for other, card in self.cards.items():
                card.setChecked(on and other == code)
        (self._now[self._kind].add if on else self._now[self._kind].discard)(code)
        self._count()

    def _count(self) -> None:
        for kind, codes in self._now.items():
            self.nav.set_count(kind, formats.number(len(codes)) if codes else "")

    def _clear(self) -> None:
        for codes in self._now.values():
            codes.clear()
        self._show()

    def _done(self) -> None:
        self.dismiss()
        self.chosen.emit({kind: sorted(codes) for kind, codes in self._now.items() if codes})

    def start(self) -> None:
        """Open it on the first value."""
        self.open(self.search if not self.search.isHidden() else next(iter(self.cards.values()), self.show_button))

    def main_action(self) -> None:
        self._done()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down and self.search.hasFocus() and self.cards:
            next(iter(self.cards.values())).setFocus(Qt.FocusReason.TabFocusReason)
        else:
            super().keyPressEvent(event)


ICONS = {
    "category": "cat_s",
    "status": "active",
    "priority": "high",
    "country": "journey",
    "district": "house",
    "worker": "person",
    "due": "calendar",
}
