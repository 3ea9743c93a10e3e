"""The page of the case list: views, search, filters, the table, and what to do with the chosen case."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QPushButton, QStackedLayout, QWidget

from casedesk import formats
from casedesk.i18n import N_, _, ngettext
from casedesk.search_keys import words_of
from casedesk.services.permissions import may
from casedesk.services.search import CaseRow, Order, Places, View, near_names, places_of, view_counts
from casedesk.storage.store import Touched
from casedesk.ui.cases.filters import FIGURE, Chips, Picker, as_filters
from casedesk.ui.cases.own_views import OwnViews
from casedesk.ui.cases.peek import PeekPanel
from casedesk.ui.cases.table import CaseTable, CaseView
from casedesk.ui.kit.blocks import EmptyState, keys_hint
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.choices import Combo
from casedesk.ui.kit.layouts import block, column, row, widget
from casedesk.ui.kit.texts import PlainLabel, rule, tip
from casedesk.ui.kit.theme import current, tokens
from casedesk.ui.kit.toast import announce
from casedesk.ui.kit.topbar import SearchBox
from casedesk.ui.listing import VIEWS, ViewTabs
from casedesk.ui.page import Goto, Here, Page
from casedesk.ui.searching import Searching

NARROW, ROOMY = 1100, 1280  # widths of the window: below the first tabs fold, from the second the panel stands beside
ORDERS = {Order.URGENT: N_("Most urgent first"), Order.NEWEST: N_("Newest first"), Order.NAME: N_("By name")}
OPEN_FIRST = (View.ALL,)  # views that show only open cases until one asks for closed ones too


class CasesPage(Page):
    """Finds one person among many, or works through a set."""

    nav = "cases"

    def __init__(
        self,
        here: Here,
        *,
        view: str = "all",
        filters: Mapping[str, Any] | None = None,
        words: str = "",
        sort: str = "urgent",
        closed: bool = False,
        selected: str = "",
        top: int = 0,
        peek: bool | None = None,
    ) -> None:
        super().__init__(here)
        self.setObjectName("page")
        self.view_code, self.order = View(view), Order(sort)
        self.filters = _listed(filters or {})
        self.closed_too = closed
        self._selected = UUID(selected) if selected else None
        self._top = top
        self._wants_peek = peek
        self._counts: Mapping[View, int] = {}
        self._places = Places()
        self._narrow: bool | None = None
        self._roomy: bool | None = None
        self.table = CaseTable(here.desk, here.jobs, self)
        self.view = CaseView(self.table)
        self.search = SearchBox(_("Name, phone, passport, no."), keys="/")
        self.search.setText(words)
        self._typing = QTimer(self, singleShot=True, interval=tokens()["time_ms"]["search_pause"])
        self._searching = Searching(here, self, self.view_code.value)
        self.chips = Chips()
        self.peek = PeekPanel(here.desk, here.jobs)
        self._make_head()
        self._make_body()
        self._lay_out()
        self._connect()
        self.setFocusProxy(self.view)
        self._count()
        self._read()

    # Making

    def _make_head(self) -> None:
        self.title = PlainLabel(_("Cases"), "page")
        self.tabs = ViewTabs([(view.value, _(words)) for view, words in VIEWS.items()], self.view_code.value)
        self.view_box = Combo(
            [(view.value, _(words)) for view, words in VIEWS.items()], self.view_code.value, name=_("View")
        )
        self.sort_box = Combo([(o.value, _(words)) for o, words in ORDERS.items()], self.order.value, name=_("Order"))
        self.sort_box.setMinimumWidth(current().scaled(176))
        self.peek_button = button(_("Peek"), "default", "columns", keys=_("Space"), clicked=self._turn_peek)
        self.own_views = OwnViews(self.here, self._shown)
        self._first = row(gap=8, margins=(20, 12, 20, 0))
        self._third = row(gap=8, margins=(20, 9, 20, 9))
        self._second = widget(row(self.tabs, margins=(20, 4, 20, 0)))
        self._third_row = widget(self._third)

    def _make_body(self) -> None:
        self._found = QStackedLayout()
        self._found.addWidget(self.view)
        self._nothing: QWidget = QWidget()
        self._found.addWidget(self._nothing)
        self.told = PlainLabel("", "caption", tone="text2")
        self.news = button("", "link", clicked=self._show_news)
        self.news.hide()
        hints = [
            ("↑↓", _("move")),
            (_("Space"), _("peek")),
            ("Enter", _("open")),
            ("N", _("new case")),
            ("R", _("refer")),
            ("F", _("filter")),
            ("/", _("search")),
        ]
        if not may(self.here.desk, "case.register"):
            hints = [hint for hint in hints if hint[0] != "N"]
        self._hints = [keys_hint(keys, words) for keys, words in hints]
        self.foot = block("foot", row(self.told, self.news, None, *self._hints, gap=14, margins=(16, 0, 16, 0)))
        self.foot.setFixedHeight(current().scaled(tokens()["height"]["foot_keys"] + 2))

    def _lay_out(self) -> None:
        head = column(self._first, self._second, rule(), self._third_row, rule(), gap=0)
        self._head = widget(head)
        body = widget(self._found)
        main = column(self._head, body, self.foot, gap=0)
        main.setStretch(1, 1)
        self._across = row(widget(main), gap=0)
        self._across.setStretch(0, 1)
        self.setLayout(self._across)
        for each in (self.peek, self.view_box, self.peek_button):
            each.setParent(self)  # whether they have a place yet or not
        self._arrange(narrow=False)

    def _connect(self) -> None:
        self._typing.timeout.connect(self._read)
        self.search.textEdited.connect(lambda _text: self._typing.start())
        self.search.installEventFilter(self)
        self.tabs.chosen.connect(self._choose_view)
        self.view_box.activated.connect(lambda _at: self._choose_view(self.view_box.value()))
        self.sort_box.activated.connect(lambda _at: self._sort())
        self.own_views.chosen.connect(self._choose_own)
        self.chips.changed.connect(self._pick)
        self.chips.removed.connect(self._remove)
        self.chips.cleared.connect(self._clear)
        self.chips.closed_too.connect(self._show_closed_too)
        self.table.opened.connect(self._opened)
        self.table.changed.connect(self._changed)
        self.view.chosen.connect(self.peek.show_case)
        self.view.opened.connect(self._open)
        self.peek.asked.connect(self._asked)

    # Room

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = self.window().width()
        if (width < NARROW) != self._narrow:
            self._arrange(narrow=width < NARROW)
        if (width >= ROOMY) != self._roomy:
            self._roomy = width >= ROOMY
            wanted = self._wants_peek if self._wants_peek is not None else self._roomy
            self._place_peek()
            self.peek.setVisible(bool(wanted) and self._roomy)
        for hint in self._hints[3:]:
            hint.setVisible(self.width() >= 760)
        self._put_drawer()

    def _arrange(self, *, narrow: bool) -> None:
        """Put search and filters under the tabs, or everything in one line."""
        self._narrow = narrow
        for line in (self._first, self._third):
            while line.count():
                line.takeAt(0)
        if narrow:
            parts = (
                self.title,
                self.view_box,
                self.own_views,
                self.search,
                self.chips,
                self.sort_box,
                self.peek_button,
            )
            for part in parts:
                self._first.addWidget(part)
            self._first.setStretch(3, 1)
            self._first.setContentsMargins(16, 9, 16, 9)
            self.search.setMaximumWidth(10_000)
        else:
            self._first.addWidget(self.title)
            self._first.addStretch(1)
            self._first.addWidget(self.own_views)
            self._first.addWidget(self.sort_box)
            self._first.setContentsMargins(20, 12, 20, 0)
            self._third.addWidget(self.search)
            self._third.addWidget(self.chips, 1)
            self.search.setFixedWidth(current().scaled(264))
        if narrow:
            self.search.setMinimumWidth(120)
        self.view_box.setVisible(narrow)
        self.own_views.fold(narrow)
        self.peek_button.setVisible(narrow)
        self._second.setVisible(not narrow)
        self._third_row.setVisible(not narrow)
        self._show_chips()

    def _place_peek(self) -> None:
        if self._roomy:
            self._across.addWidget(self.peek)
        else:
            self._across.removeWidget(self.peek)
            self.peek.raise_()

    def _put_drawer(self) -> None:
        if not self._roomy:
            width = self.peek.width()
            self.peek.setGeometry(self.width() - width, 0, width, self.height())
            self.peek.raise_()

    def _turn_peek(self) -> None:
        self._show_peek(self.peek.isHidden())

    def _show_peek(self, on: bool) -> None:
        self._wants_peek = on
        inside = self.peek.isAncestorOf(self.window().focusWidget() or self)
        self.peek.setVisible(on)
        self._put_drawer()
        if inside and not on:
            self.view.setFocus()

    # Reading

    def _read(self) -> None:
        """Read the list that is wanted now."""
        self._typing.stop()
        words = self.search.text().strip()
        wanted = as_filters(self.here.desk, self.view_code, self.filters, words, closed_too=self.closed_too)
        self.view.look_for(words)
        self.news.hide()
        self.table.open(wanted, self.order, self._selected, self._top)
        self._show_chips()

    def _opened(self) -> None:
        shown = self.table.total > 0
        if shown:
            self.view.choose(self.table.chosen or 0)
            if self._top:
                self.view.verticalScrollBar().setValue(self._top)
            self._found.setCurrentWidget(self.view)
        else:
            self._tell_nothing()
        self._top = 0
        self._searching.scope = self.view_code.value
        self._searching.found(self.search.text().strip(), self.table.total)
        self._tell()
        announce(self, self.told.text())

    def _tell(self) -> None:
        found, all_of_them = formats.number(self.table.total), self._counts.get(View.ALL)
        if all_of_them is None:
            return
        words = _("{found} of {count}").format(found=found, count=formats.number(all_of_them))
        unlisted, why = formats.number(self.table.unlisted), ""
        if self.table.unlisted:
            words = f"{words} · " + _("{count} out of your reach").format(count=unlisted)
            why = _("The report counts {count} more that you may not open.").format(count=unlisted)
        self.told.setText(words)
        tip(self.told, why)

    def _count(self) -> None:
        self.here.jobs.run(self, partial(view_counts, self.here.desk), self._counted)
        self.here.jobs.run(self, partial(places_of, self.here.desk), self._placed)

    def _counted(self, found: Mapping[View, int]) -> None:
        self._counts = found
        self.tabs.count({view.value: formats.number(count) for view, count in found.items()})
        for at in range(self.view_box.count()):
            view = View(self.view_box.itemData(at))
            words = _("{view} · {count}").format(view=_(VIEWS[view]), count=formats.number(found[view]))
            self.view_box.setItemText(at, words)
        self._tell()

    def _placed(self, places: Places) -> None:
        self._places = places
        self.table.workers = places.owners
        self.view.viewport().update()
        self._show_chips()

    def refresh(self, touched: Touched) -> None:
        if not touched.tables:  # a look or a search
            return
        self.table.look_again(*self.view.shown_rows())
        self.peek.look_again()
        self._count()

    def _changed(self, new: int) -> None:
        words = ngettext("{count} new · show", "{count} new · show", new) if new else _("The list changed · show")
        self.news.setText(words.format(count=formats.number(new)))
        self.news.setAccessibleName(self.news.text())
        self.news.show()
        announce(self, self.news.text())

    def _show_news(self) -> None:
        self._keep_selection()
        self._read()
        self.view.setFocus()

    def _keep_selection(self) -> None:
        chosen = self.view.current_case()
        self._selected = chosen.case_id if chosen is not None else None

    # Narrowing

    def _choose_view(self, code: str) -> None:
        self.view_code = View(code)
        self.tabs.select(code)
        self.view_box.set_value(code)
        self._selected = None
        self._read()

    def _shown(self) -> dict[str, Any]:
        """What the list is narrowed to and how it is ordered, to be kept as a view."""
        return {
            "view": self.view_code.value,
            "filters": {kind: list(codes) for kind, codes in self.filters.items()},
            "sort": self.order.value,
            "closed": self.closed_too,
        }

    def _choose_own(self, what: Mapping[str, Any]) -> None:
        self.filters = _listed(what.get("filters", {}))
        self.closed_too = bool(what.get("closed"))
        self.order = Order(what.get("sort", self.order.value))
        self.sort_box.set_value(self.order.value)
        self._choose_view(str(what.get("view", View.ALL.value)))

    def _sort(self) -> None:
        self.order = Order(self.sort_box.value())
        self._keep_selection()
        self._read()

    def _pick(self, kind: str) -> None:
        picker = Picker(self, self.filters, self._places, kind)
        picker.chosen.connect(self._picked)
        picker.start()

    def _picked(self, chosen: Mapping[str, list[str]]) -> None:
        held = {kind: codes for kind, codes in self.filters.items() if kind == FIGURE}
        self.filters = {**held, **chosen}
        self._read()

    def _remove(self, kind: str) -> None:
        self.filters.pop(kind, None)
        self._read()

    def _clear(self) -> None:
        self.filters = {}
        self._read()

    def _show_closed_too(self) -> None:
        self.closed_too = True
        self._read()

    def _show_chips(self) -> None:
        open_only = self.view_code in OPEN_FIRST and not self.closed_too
        self.chips.show_chosen(self.filters, self._places, open_only=open_only, folded=bool(self._narrow))

    # Nothing found

    def _tell_nothing(self) -> None:
        words = self.search.text().strip()
        if words:
            self._show_nothing(words, [])
            self.here.jobs.run(self, partial(near_names, self.here.desk, words), partial(self._show_nothing, words))
            return
        if self.filters:
            count = ngettext("{count} filter is on", "{count} filters are on", len(self.filters))
            line = count.format(count=formats.number(len(self.filters)))
            self._replace_nothing(
                EmptyState("filter", line, _("No case fits all of it."), [self._button(_("Clear"), self._clear)])
            )
        elif self._counts.get(View.ALL, 0) == 0 and may(self.here.desk, "case.register"):
            start = button(_("New case"), "primary", "add", keys="Ctrl+N", clicked=partial(self._new_case, ""))
            self._replace_nothing(
                EmptyState("cases", _("No cases yet"), _("Register the first person you meet."), [start])
            )
        else:
            self._replace_nothing(EmptyState("ok", _("Nothing here"), _("No case belongs to this view now.")))

    def _show_nothing(self, words: str, near: Sequence[str]) -> None:
        if words != self.search.text().strip() or self.table.total:
            return
        only_open = self.table.filters.is_open is True
        text = _("No one called “{name}” in open cases") if only_open else _("No one called “{name}”")
        sentence = _("Similar spellings were searched too.")
        if near:
            sentence = _("Similar spellings were searched too. These names sound a little like it:")
        actions = [self._button(name, partial(self._look_for, name), "link") for name in near]
        below = []
        if only_open:
            below.append(self._button(_("Search closed cases too"), self._search_closed))
        if may(self.here.desk, "case.register"):
            name = words if words_of(words) and not any(c.isdigit() for c in words) else ""
            name = name.title() if name.isascii() and name.islower() else name
            title = _("New case for {name}").format(name=name) if name else _("New case")
            below.append(button(title, "soft", "add", clicked=partial(self._new_case, name)))
        state = EmptyState("search", text.format(name=words), sentence, actions)
        state.setMaximumHeight(280)
        self._replace_nothing(widget(column(None, state, row(None, *below, None), None, None, gap=4)))

    def _button(self, text: str, clicked: Any, variant: str = "default") -> QPushButton:
        return button(text, variant, clicked=clicked)

    def _replace_nothing(self, made: QWidget) -> None:
        self._found.removeWidget(self._nothing)
        self._nothing.deleteLater()
        self._nothing = made
        self._found.addWidget(made)
        held = self.view.hasFocus()
        self._found.setCurrentWidget(made)
        if held:
            self.search.setFocus()
        self.peek.show_case(None)

    def _look_for(self, name: str) -> None:
        self.search.setText(name)
        self.closed_too = True
        self._read()
        self.search.setFocus()

    def _search_closed(self) -> None:
        self.view_code = View.ALL
        self.tabs.select(View.ALL.value)
        self.view_box.set_value(View.ALL.value)
        self.filters = {}
        self._show_closed_too()
        self.search.setFocus()

    # Doing

    def _asked(self, what: str) -> None:
        match what, self.view.current_case():
            case "close", _case:
                self._show_peek(False)
            case "open", CaseRow() as chosen:
                self._open(chosen)
            case "refer", CaseRow() as chosen if may(self.here.desk, "referral.edit"):
                self.here.go(Goto("refer", {"case_id": str(chosen.case_id)}))
            case "print", CaseRow() as chosen if may(self.here.desk, "case.print"):
                self.here.go(Goto("print", {"case_id": str(chosen.case_id), "paper": "summary"}))

    def _open(self, chosen: CaseRow) -> None:
        self.here.go(Goto("case", {"case_id": str(chosen.case_id)}))

    def _new_case(self, name: str) -> None:
        if not may(self.here.desk, "case.register"):
            return
        self.here.go(Goto("intake", {"name": name, "kind": "full"} if name else {}))

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and not self.peek.isHidden():
            self._show_peek(False)
            return
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if not plain or not self._key(event.text().lower()):
            super().keyPressEvent(event)

    def _key(self, letter: str) -> bool:
        match letter:
            case " ":
                self._turn_peek()
            case "f":
                self._pick("")
            case "n":
                self._new_case("")
            case "r" | "p":
                self._asked({"r": "refer", "p": "print"}[letter])
            case _ if letter.isascii() and letter.isdigit() and 0 < int(letter) <= len(VIEWS):
                self._choose_view(list(VIEWS)[int(letter) - 1].value)
            case _:
                return False
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._search_key(event)
        return super().eventFilter(watched, event)

    def _search_key(self, event: QKeyEvent) -> bool:
        """From the search line the arrows and Enter lead into the list; Esc empties it."""
        key = event.key()
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                return False
            if self._typing.isActive():
                self._read()
            self.view.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return True
        if key == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
            self._read()
            return True
        return False

    # What every page has

    def place(self) -> dict[str, Any]:
        chosen = self.view.current_case()
        return self._shown() | {
            "words": self.search.text(),
            "selected": str(chosen.case_id) if chosen is not None else "",
            "top": self.view.verticalScrollBar().value(),
            "peek": self._wants_peek,
        }

    def leave(self) -> None:
        self._typing.stop()
        self._searching.settle()
        self.peek.rest()

    def main_action(self) -> None:
        self._asked("open")

    def focus_search(self) -> bool:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()
        return True

    def print_preview(self) -> Goto | None:
        chosen = self.view.current_case()
        if chosen is None or not may(self.here.desk, "case.print"):
            return None
        return Goto("print", {"case_id": str(chosen.case_id), "paper": "summary"})


def _listed(filters: Mapping[str, Any]) -> dict[str, list[str]]:
    """The filters of a place: one value may stand alone."""
    return {kind: [codes] if isinstance(codes, str) else list(codes) for kind, codes in filters.items() if codes}
