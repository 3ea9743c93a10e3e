"""The page of one case."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from casedesk import formats, parsing
from casedesk.errors import CaseDeskError
from casedesk.i18n import N_, _
from casedesk.services import sections
from casedesk.services.permissions import may
from casedesk.storage.store import Touched
from casedesk.ui.case.consent import ConsentPart
from casedesk.ui.case.facts_section import FactsSection
from casedesk.ui.case.happened import HappenedPart
from casedesk.ui.case.header import Header, clash_strip, closed_strip, erasing_strip, reason_strip
from casedesk.ui.case.needs import NeedsPart
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.case.overview import OverviewPart
from casedesk.ui.case.pieces import Part
from casedesk.ui.case.referrals import ReferralsPart
from casedesk.ui.case.sheets import FollowUpSheet, NoteSheet, ReasonSheet
from casedesk.ui.case.strip import ContactStrip
from casedesk.ui.case.timeline import TimelinePart
from casedesk.ui.case.who_looked import WhoLookedPart
from casedesk.ui.kit.blocks import EmptyState, Skeleton, keys_hint
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import block, clear, column, row, scrolled, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.sidebar import NavItem, SectionNav
from casedesk.ui.kit.theme import current, tokens
from casedesk.ui.page import Goto, Here, Page

# code, icon, title, and the right that it needs
SECTIONS = (
    ("overview", "overview", N_("Overview"), "case.view"),
    ("person", "person", N_("Person"), "case.view"),
    ("journey", "journey", N_("Journey and work"), "case.view"),
    ("happened", "what_happened", N_("What happened"), "case.view"),
    ("needs", "needs", N_("Needs and plan"), "case.view"),
    ("referrals", "referral", N_("Referrals"), "case.view"),
    ("consent", "hand", N_("Consent"), "case.view"),
    ("timeline", "timeline", N_("Timeline"), "case.history"),
    ("looked", "who_looked", N_("Who looked"), "case.history"),
)
ROOMY = 520  # height of the page from which there is room for a hint under the sections


class CasePage(Page):
    """One case: header, safe-contact strip, section list, and the section that is open."""

    nav = "cases"

    def __init__(
        self,
        here: Here,
        *,
        case_id: str,
        section: str = "overview",
        scroll: int = 0,
        typed: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(here)
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName(_("Case"))
        self.case = OpenCase(here, self, UUID(case_id), typed)
        self.codes = [code for code, _icon, _title, needs in SECTIONS if may(here.desk, needs)]
        self.section = section if section in self.codes else "overview"
        self._scroll = scroll
        self.part: Part | None = None
        self.sheet: Sheet | None = None
        self._area: QScrollArea | None = None
        self._make_frame()
        self.case.changed.connect(self._look)
        self.case.refused.connect(self._refused)
        self.case.wanted.connect(self._wanted)
        self._waiting = QTimer(self, singleShot=True, interval=tokens()["time_ms"]["progress_after"])
        self._waiting.timeout.connect(self._show_skeleton)
        self._waiting.start()
        self.case.open()

    def _make_frame(self) -> None:
        self.header = Header(self.case)
        self.header.note.connect(self.add_note)
        self.header.follow_up.connect(self.record_follow_up)
        self.header.sheet.connect(self.open_sheet)
        self.strip = ContactStrip(self.case)
        self._strips = QVBoxLayout()
        self.nav_list = SectionNav(self._items(), self.section)
        self.nav_list.chosen.connect(self.go_to)
        self._hint = keys_hint("[ ]", _("previous, next part"))
        self.nav_list.foot.addWidget(self._hint)
        self._place_of_part = QVBoxLayout()
        self._place_of_part.setContentsMargins(0, 0, 0, 0)
        self._foot = column(gap=0)
        body = row(self.nav_list, column(self._place_of_part, self._foot, gap=0), gap=0)
        body.setStretch(1, 1)
        self._body = widget(body)
        outer = column(self.header, self.strip, self._strips, self._body, gap=0)
        outer.setStretch(3, 1)
        self.setLayout(outer)
        for part in (self.header, self.strip, self.nav_list):
            part.hide()

    def _items(self) -> list[NavItem]:
        shown = [each for each in SECTIONS if each[0] in self.codes]
        return [NavItem(code, icon, _(title), str(at)) for at, (code, icon, title, _needs) in enumerate(shown, 1)]

    # What is shown

    def _show_skeleton(self) -> None:
        self._hold(scrolled(widget(column(Skeleton(), None, margins=(20, 16, 20, 16)))))

    def _hold(self, shown: QWidget) -> None:
        ours = self._has_focus()
        clear(self._place_of_part)
        self._place_of_part.addWidget(shown)
        if ours:
            self._hold_focus()

    def _has_focus(self) -> bool:
        focused = self.window().focusWidget()
        return focused is not None and (focused is self or self.isAncestorOf(focused))

    def _look(self) -> None:
        """The case was read: show it. What is being edited stays."""
        self._waiting.stop()
        ours = self._has_focus()
        for each in (self.header, self.strip, self.nav_list):
            each.show()
        self.header.look()
        self.strip.look()
        self._look_strips()
        self._look_counts()
        if self.part is None:
            self._open_section()
        else:
            self.part.look()
        if ours:
            self._hold_focus()

    def _look_strips(self) -> None:
        """What there is to say under the header: the case is over, or part of it is not for this user."""
        clear(self._strips)
        if self.case.closed:
            reopen = next((step for step in self.header.steps() if step.to == "active"), None)
            take = partial(self.header.take, reopen) if reopen is not None else partial(self.add_note)
            self._strips.addWidget(closed_strip(self.case, reopen, take))
        erasing = erasing_strip(self.case, self.header.ask_to_erase)
        for strip in (erasing, reason_strip(self.case, self._ask_reason), clash_strip(self.case)):
            if strip is not None:
                self._strips.addWidget(strip)

    def _ask_reason(self) -> None:
        self.open_sheet(ReasonSheet(self.case))

    def _look_counts(self) -> None:
        known = self.case.known
        counts = {
            "happened": len(known.facts.violations),
            "needs": len(known.facts.needs),
            "referrals": len(known.referrals),
            "consent": sum(1 for each in known.consents if each.status == "given"),
        }
        for code, count in counts.items():
            self.nav_list.set_count(code, formats.number(count) if count else "")

    def _refused(self, error: Exception) -> None:
        """The case cannot be shown: say why, and offer the way back."""
        self._waiting.stop()
        if not isinstance(error, CaseDeskError):
            show_error(self, error)
            return
        for each in (self.header, self.strip, self.nav_list):
            each.hide()
        for layout in (self._strips, self._foot):
            clear(layout)
        self.part = None
        back = button(_("Back"), icon="back", clicked=self.here.back)
        self._hold(EmptyState("restricted", f"{error.message} {error.hint}", actions=(back,)))

    def go_to(self, section: str) -> None:
        """Open a section."""
        if section not in self.codes or not self.case.is_open:
            return
        self.section = section
        self._scroll = 0
        self._open_section()

    def _wanted(self, section: str) -> None:
        self.go_to(section)
        self.nav_list.items[section].setFocus()

    def _open_section(self) -> None:
        self.nav_list.select(self.section)
        self.part = self._make_part(self.section)
        self.part.editing.connect(self._show_foot)
        inside = widget(column(self.part, margins=(16, 14, 20, 16)))
        self._area = scrolled(inside)
        self._hold(self._area)
        self._show_foot(self.part.is_editing())
        QTimer.singleShot(0, self, self._scroll_back)

    def _scroll_back(self) -> None:
        """Return to the place once the part is laid out; another part may be shown by then."""
        if self._area is not None and isValid(self._area):
            self._area.verticalScrollBar().setValue(self._scroll)

    def _show_foot(self, editing: bool) -> None:
        """While a form is open, saving stays in reach under it. Made anew, so that Tab comes here after the form."""
        clear(self._foot)
        if editing and self.part is not None:
            cancel = button(_("Cancel"), clicked=self.part.cancel)
            save = button(_("Save changes"), "primary", keys="Ctrl+Enter", clicked=self.main_action)
            inside = row(keys_hint("Ctrl+Enter"), None, cancel, save, margins=(20, 11, 20, 11))
            self._foot.addWidget(block("foot", inside))

    def _make_part(self, section: str) -> Part:
        makers: dict[str, Callable[[], Part]] = {
            "overview": partial(OverviewPart, self.case, self.open_sheet),
            "person": partial(FactsSection, self.case, sections.PERSON_ON_CASE),
            "journey": partial(FactsSection, self.case, sections.JOURNEY_ON_CASE),
            "happened": partial(HappenedPart, self.case, self.open_sheet),
            "needs": partial(NeedsPart, self.case, self.open_sheet),
            "referrals": partial(ReferralsPart, self.case),
            "consent": partial(ConsentPart, self.case, self.open_sheet),
            "timeline": partial(TimelinePart, self.case, self.open_sheet),
            "looked": partial(WhoLookedPart, self.case),
        }
        return makers[section]()

    # What can be done

    def open_sheet(self, sheet: Sheet) -> None:
        """Show a sheet over the page; one at a time."""
        if self.sheet is not None:
            if self.sheet.is_busy:  # it has to tell what came of what it asked for
                sheet.deleteLater()
                return
            self.sheet.dismiss()
        self.sheet = sheet
        sheet.closed.connect(self._sheet_closed)
        sheet.open()

    def _sheet_closed(self) -> None:
        self.sheet = None
        self._hold_focus()

    def _hold_focus(self) -> None:
        """Keep the keys on this page when what had the focus is gone."""
        focused = self.window().focusWidget()
        if not self._covered() and (focused is None or not self.isAncestorOf(focused)):
            self.setFocus()

    def add_note(self) -> None:
        if self.case.is_open and self.case.may("case.note"):
            self.open_sheet(NoteSheet(self.case))

    def record_follow_up(self) -> None:
        if self.case.is_open and self.case.may("case.note") and not self.case.closed:
            self.open_sheet(FollowUpSheet(self.case))

    def main_action(self) -> None:
        if self.sheet is not None:
            self.sheet.main_action()
        elif self._covered():
            return
        elif self.part is not None and not self.part.main_action():
            self.record_follow_up()

    def _covered(self) -> bool:
        return any(sheet.is_open for sheet in self.window().findChildren(Sheet))

    def print_preview(self) -> Goto | None:
        return self.case.print_place() if self.case.is_open and self.case.may("case.print") else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._hint.setVisible(event.size().height() >= current().scaled(ROOMY))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._hold_focus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._key(event):
            super().keyPressEvent(event)

    def _key(self, event: QKeyEvent) -> bool:
        """Single keys; they reach the page only when no field takes them, and rest while a form is open."""
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if not plain or not self.case.is_open or self.part is None or self.part.is_editing():
            return False
        acts: dict[int, Callable[[], object]] = {
            Qt.Key.Key_A: self.add_note,
            Qt.Key.Key_F: self.record_follow_up,
            Qt.Key.Key_R: self._refer,
            Qt.Key.Key_E: self.part.edit,
            Qt.Key.Key_BracketLeft: partial(self._step, -1),
            Qt.Key.Key_BracketRight: partial(self._step, 1),
        }
        text = parsing.latin_digits(event.text())
        if len(text) == 1 and text in "1234567890":
            at = (int(text) or 10) - 1
            if at < len(self.codes):
                self.go_to(self.codes[at])
            return True
        act = acts.get(event.key())
        if act is not None:
            act()
        return act is not None

    def _step(self, by: int) -> None:
        self.go_to(self.codes[(self.codes.index(self.section) + by) % len(self.codes)])

    def _refer(self) -> None:
        if self.case.may("referral.edit") and not self.case.closed:
            self.case.refer()

    # The life of the page

    def place(self) -> dict[str, Any]:
        scroll = self._area.verticalScrollBar().value() if self._area is not None else 0
        return {"section": self.section, "scroll": scroll, "typed": self.case.typed}

    def refresh(self, touched: Touched) -> None:
        if touched.tables:
            self.case.look_again()
        elif self.case.is_open and isinstance(self.part, WhoLookedPart):
            self.part.look()

    def store(self) -> None:
        self.case.typed.store()
