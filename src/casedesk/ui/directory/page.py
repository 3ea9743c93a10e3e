"""The directory as a page: two lists, each with search and filters, and the facts of one at the right."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from casedesk import codelists, formats
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.services.permissions import may
from casedesk.services.providers import ProviderRow, RecruiterRow, provider, providers, recruiter, recruiters
from casedesk.storage.store import Touched
from casedesk.ui.directory.panels import FEWEST, Panel, checked_words, counted, licence_look
from casedesk.ui.directory.sheets import PartnerSheet, RecruiterSheet
from casedesk.ui.free_places import is_stale, places_words
from casedesk.ui.kept import Typed
from casedesk.ui.kit.blocks import EmptyState
from casedesk.ui.kit.buttons import Filter, button, tabs
from casedesk.ui.kit.choices import CodeLine
from casedesk.ui.kit.layouts import block, column, row, widget
from casedesk.ui.kit.lines import Cell, Heading, Line, Listing
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import current
from casedesk.ui.kit.topbar import SearchBox
from casedesk.ui.page import Goto, Here, Page

PARTNERS, RECRUITERS = "partners", "recruiters"
PANEL = 340
WIDE = 980  # width of the page from which the facts stand beside the list without being asked for
MOST_SERVICES = 2
MINE = {"provider", "provider_service", "recruiter", "recruiter_involvement", "referral", "status_event"}


class DirectoryPage(Page):
    """Partners, or recruiters and agencies."""

    nav = "directory"

    def __init__(
        self,
        here: Here,
        *,
        tab: str = PARTNERS,
        selected: str | None = None,
        search: str = "",
        service: str | None = None,
        former: bool = False,
        often: bool = False,
        unlicensed: bool = False,
    ) -> None:
        super().__init__(here)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(_("Directory"))
        self.tab = tab if tab == RECRUITERS else PARTNERS
        self._chosen = UUID(selected) if selected else None
        self._closed = False
        self._asked_for = selected is not None
        self._typed = Typed(here.desk, "typed.directory")
        self._may_edit = may(here.desk, "directory.edit")
        self.search = SearchBox(
            _("Name, phone, place") if self.tab == PARTNERS else _("Name, licence, phone, place"), keys="/"
        )
        self.search.setText(search)
        self.search.setMinimumWidth(200)
        self.search.setMaximumWidth(300)
        self.service = CodeLine("service_type", name=_("Service"))
        self.service.setPlaceholderText(_("Any service"))
        self.service.setMaximumWidth(220)
        self.service.set_code(service)
        self.former = Filter(_("Former partners too"), on=former)
        self.often = Filter(_("Named in {count}+ cases").format(count=formats.number(FEWEST)), on=often)
        self.unlicensed = Filter(_("No valid licence"), on=unlicensed)
        for chip in (self.former, self.often, self.unlicensed):
            chip.toggled.connect(lambda _on: self.fill())
        self.count = PlainLabel("", "body", tone="muted")
        self.list = Listing(self._headings(), _("Partners") if self.tab == PARTNERS else _("Recruiters and agencies"))
        self.panel = Panel(self._close_panel)
        self.panel.setFixedWidth(current().scaled(PANEL))
        self.panel.hide()
        self._lay_out()
        self.search.textChanged.connect(lambda _text: self.fill())
        self.service.picked.connect(self.fill)
        self.service.textEdited.connect(lambda text: self.fill() if not text else None)
        self.list.chosen.connect(self._show_facts)
        self.list.opened.connect(self._open_facts)
        self.fill()

    def _headings(self) -> tuple[Heading, ...]:
        if self.tab == PARTNERS:
            return (Heading(_("Name"), 5), Heading(_("Services"), 4), Heading(_("Free places"), 3))
        return Heading(_("Name"), 6), Heading(_("Licence"), 3), Heading(_("Cases"), 1.2, right=True)

    def _lay_out(self) -> None:
        words = _("Add partner") if self.tab == PARTNERS else _("Add recruiter")
        self.add_button = button(words, "primary", "add", clicked=self.add)
        self.add_button.setVisible(self._may_edit)
        head = row(PlainLabel(_("Directory"), "page"), None, self.add_button, margins=(20, 14, 20, 0))
        places = ((PARTNERS, _("Partners")), (RECRUITERS, _("Recruiters and agencies")))
        bar = tabs(places, self.tab, self._go_to_tab)
        bar.layout().setContentsMargins(20, 0, 20, 0)  # type: ignore[union-attr]  # a bar has a layout
        if self.tab == PARTNERS:
            filters: tuple[QWidget, ...] = (self.search, self.service, self.former)
        else:
            filters = (self.search, self.often, self.unlicensed)
        for each in {self.service, self.former, self.often, self.unlicensed} - set(filters):
            each.setParent(self)
            each.hide()
        chosen_by = row(*filters, None, self.count, margins=(20, 10, 20, 10))
        chosen_by.setStretch(0, 3)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.list)
        nobody = _("Nobody here fits this search")
        clear_search = button(_("Show all"), clicked=self._clear)
        self._stack.addWidget(
            EmptyState("directory", nobody, _("Search for less, or add what is missing."), (clear_search,))
        )
        self._stack.addWidget(self._nobody_yet())
        self._stack.addWidget(self._nobody_any_more())
        left = column(head, bar, block("bar", chosen_by), self._stack, gap=6)
        left.setStretch(3, 1)
        inside = row(widget(left), self.panel, gap=0)
        inside.setStretch(0, 1)
        self.setLayout(inside)

    # The list

    def fill(self) -> None:
        """Read the list again, and stay on the one chosen."""
        lines = self._partner_lines() if self.tab == PARTNERS else self._recruiter_lines()
        self.count.setText(formats.number(len(lines)))
        self._stack.setCurrentIndex(0 if lines else 1 if self._narrowed() else 3 if self._only_former() else 2)
        self.list.show_lines(lines, self._chosen)

    def _narrowed(self) -> bool:
        """Whether something typed or chosen leaves entries out."""
        if self.search.text().strip():
            return True
        if self.tab == PARTNERS:
            return self.service.code() is not None
        return self.often.isChecked() or self.unlicensed.isChecked()

    def _nobody_yet(self) -> EmptyState:
        if self.tab == PARTNERS:
            return EmptyState(
                "directory", _("No partners yet"), _("Partners written down here are offered when you refer somebody.")
            )
        words = _("Recruiters and agencies named in an intake appear here by themselves.")
        return EmptyState("directory", _("No recruiters or agencies yet"), words)

    def _only_former(self) -> bool:
        return self.tab == PARTNERS and bool(providers(self.here.desk, active_only=False))

    def _nobody_any_more(self) -> EmptyState:
        words = _("Those who worked with us before are kept, and are not offered when you refer somebody.")
        show = button(_("Show former partners"), clicked=partial(self.former.setChecked, True))
        return EmptyState("directory", _("No partner works with us now"), words, (show,))

    def _partner_lines(self) -> list[Line]:
        found = providers(
            self.here.desk, self.search.text(), self.service.code(), active_only=not self.former.isChecked()
        )
        return [self._partner_line(each) for each in found]

    def _partner_line(self, partner: ProviderRow) -> Line:
        kind = codelists.get("provider_type").label(partner.type)
        places = ", ".join(codelists.get("bd_district").label(code) for code in partner.districts)
        asked = [each for each in partner.services if each.service == self.service.code()]
        services = [codelists.get("service_type").label(each.service) for each in partner.services]
        more = formats.number(len(services) - MOST_SERVICES)
        rest = _("and {count} more").format(count=more) if len(services) > MOST_SERVICES else ""
        first = (asked or list(partner.services))[:1]
        free, age, stale = "", "", False
        full = bool(first) and first[0].capacity == 0
        if first:
            free, age = places_words(first[0]), checked_words(first[0].last_verified_on)
            stale = is_stale(first[0].last_verified_on, self.here.desk.today())
        under = " · ".join(part for part in (kind, places, "" if partner.active else _("not now")) if part)
        return Line(
            partner.id,
            (
                Cell(partner.name, under, icon="directory", strong=True),
                Cell(", ".join(services[:MOST_SERVICES]) or "—", rest),
                Cell(free or "—", age, tone="danger" if full else "text", second_tone="warn" if stale else "text2"),
            ),
        )

    def _recruiter_lines(self) -> list[Line]:
        found = [
            each
            for each in recruiters(self.here.desk, self.search.text())
            if (not self.often.isChecked() or each.cases >= FEWEST)
            and (not self.unlicensed.isChecked() or each.licence_status != "valid")
        ]
        return [_recruiter_line(each) for each in found]

    def _clear(self) -> None:
        for chip in (self.former, self.often, self.unlicensed):
            chip.setChecked(False)
        self.service.set_code(None)
        self.search.clear()
        self.fill()
        self.search.setFocus()

    # The facts

    def _show_facts(self, record_id: UUID | None) -> None:
        self._chosen = record_id
        shown = record_id is not None and not self._closed and (self.width() >= WIDE or self._asked_for)
        self.panel.setVisible(shown)
        if record_id is None or not shown:
            return
        try:
            if self.tab == PARTNERS:
                found = provider(self.here.desk, record_id)
                self.panel.show_partner(found, self.here.desk.today(), self.edit if self._may_edit else None)
            else:
                self.panel.show_recruiter(recruiter(self.here.desk, record_id), self.edit if self._may_edit else None)
        except CaseDeskError:
            self.panel.hide()  # it went meanwhile

    def _open_facts(self, record_id: UUID) -> None:
        self._closed, self._asked_for = False, True
        self._show_facts(record_id)

    def _close_panel(self) -> None:
        self._closed, self._asked_for = True, False
        self.panel.hide()
        self.list.setFocus()

    # Changing

    def add(self) -> None:
        kind = PartnerSheet if self.tab == PARTNERS else RecruiterSheet
        self._open_sheet(kind(self.here, self, self._typed))

    def edit(self) -> None:
        if self._chosen is None or not self._may_edit:
            return
        desk = self.here.desk
        if self.tab == PARTNERS:
            self._open_sheet(PartnerSheet(self.here, self, self._typed, provider(desk, self._chosen)))
        else:
            self._open_sheet(RecruiterSheet(self.here, self, self._typed, recruiter(desk, self._chosen)))

    def _open_sheet(self, sheet: PartnerSheet | RecruiterSheet) -> None:
        sheet.saved.connect(self._saved)
        self.sheet: Sheet = sheet
        sheet.open()

    def _saved(self, record_id: UUID) -> None:
        self._chosen, self._closed = record_id, False
        self.fill()

    # The page

    def _go_to_tab(self, tab: str) -> None:
        if tab != self.tab:
            self.here.go(Goto("directory", {"tab": tab}))

    def store(self) -> None:
        self._typed.store()

    def refresh(self, touched: Touched) -> None:
        if touched.tables & MINE:
            self.fill()

    def place(self) -> dict[str, Any]:
        return {
            "tab": self.tab,
            "selected": str(self._chosen) if self._chosen is not None else None,
            "search": self.search.text(),
            "service": self.service.code(),
            "former": self.former.isChecked(),
            "often": self.often.isChecked(),
            "unlicensed": self.unlicensed.isChecked(),
        }

    def focus_search(self) -> bool:
        self.search.setFocus()
        self.search.selectAll()
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if (event.oldSize().width() >= WIDE) != (event.size().width() >= WIDE):
            self._show_facts(self._chosen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.panel.isVisible():
            self._close_panel()
        elif event.key() == Qt.Key.Key_E and not event.modifiers():
            self.edit()
        else:
            super().keyPressEvent(event)


def _recruiter_line(found: RecruiterRow) -> Line:
    kind = codelists.get("recruiter_type").label(found.type)
    place = codelists.get("bd_district").label(found.district)
    words, icon, tone = licence_look(found.licence_status)
    under = " · ".join(part for part in (found.licence_no, kind, place) if part)
    return Line(
        found.id,
        (
            Cell(found.name, under, icon="directory", strong=True),
            Cell(words, checked_words(found.licence_checked_on), icon=icon, tone=tone),
            Cell(counted(found.cases), tone="text", strong=True, right=True),
        ),
    )
