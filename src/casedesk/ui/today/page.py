"""Today: what to do now, what waits on others, what was begun (UX 4.3)."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from casedesk import formats
from casedesk.formats import DHAKA
from casedesk.i18n import _, ngettext
from casedesk.services.clock import clock_is_wrong
from casedesk.services.permissions import may
from casedesk.services.today import FLAG, Counts, Due, Task, leads
from casedesk.storage.store import Touched
from casedesk.ui.form_sheet import FormSheet
from casedesk.ui.kept import Typed
from casedesk.ui.kit.blocks import EmptyState, Skeleton, StatTile
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import block, clear, column, row, scrolled, widget
from casedesk.ui.kit.texts import ElidedLabel, PlainLabel, rule
from casedesk.ui.kit.theme import current, tokens
from casedesk.ui.page import Goto, Here, Page
from casedesk.ui.today.board import Board, read_board
from casedesk.ui.today.lines import CALLS, task_key
from casedesk.ui.today.sheets import RecordSheet, move_sheet
from casedesk.ui.today.side import SideCards
from casedesk.ui.today.task_list import TaskList

LOW = 660  # height of the window under which the tiles hide
SIDE, NARROW_SIDE = 320, 256
NARROW = 1100  # width of the window under which the side is narrow
LISTS = {
    Due.OVERDUE: Goto("cases", {"view": "overdue"}),
    Due.TODAY: Goto("cases", {"filters": {"due": "today"}}),
    Due.LATER: Goto("cases", {"filters": {"due": "week"}}),
}
SECTIONS = {"referral_followup": "referrals"}  # where in the case the work is


class TodayPage(Page):
    """Greets, counts, and lists what is due with the one next action of each."""

    nav = "today"

    def __init__(self, here: Here, *, whole: Sequence[str] = (), selected: str = "") -> None:
        super().__init__(here)
        self.setObjectName("page")
        self._whole = {Due(code) for code in whole}
        self._selected = selected
        self._typed = Typed(here.desk, "typed.today")
        self._now = here.desk.clock().astimezone(DHAKA)
        self._tiles = widget(row(gap=12))
        self.tiles: dict[str, StatTile] = {}
        self.list = TaskList()
        self.list.asked.connect(self._do)
        self.list.more.connect(self._show_whole)
        self.all_button = button("", "link", clicked=self._show_all)
        self.quiet = PlainLabel("", "body", tone="text2", wrap=True)
        self._quiet = widget(row(Icon("ok", "ok"), self.quiet, margins=(16, 12, 16, 12)))
        self._quiet.hide()
        self._main = QStackedLayout()
        self._main.addWidget(self.list)
        self._instead = QWidget()
        self._main.addWidget(self._instead)
        self._held = False
        self.cards = SideCards(here, self._look)
        self._lay_out()
        self._late = QTimer(self, singleShot=True, interval=tokens()["time_ms"]["progress_after"])
        self._late.timeout.connect(self._loading)
        self._late.start()
        self.setFocusProxy(self.list)
        self._look()

    def _lay_out(self) -> None:
        name = self.here.desk.actor.name.split(" ")[0]
        day = PlainLabel(_long_day(self._now.date()), "body", tone="text2")
        if clock_is_wrong(self.here.desk):
            day.hide()  # nobody knows it; the bar above asks
        head = column(ElidedLabel(greeting(self._now).format(name=name), "page"), day, gap=0)
        title = PlainLabel(_("Follow-ups") if leads(self.here.desk) else _("My follow-ups"), "card")
        card_head = row(title, None, self.all_button, margins=(16, 10, 16, 8))
        inside = column(card_head, rule(), self._quiet, widget(self._main), gap=0, margins=(1, 0, 1, 1))
        inside.setStretch(3, 1)
        self.card = block("card", inside)
        self.side = scrolled(self.cards)
        body = row(self.card, self.side, gap=16)
        body.setStretch(0, 1)
        self.setLayout(column(head, self._tiles, body, gap=14, margins=(24, 20, 24, 18)))
        self.layout().setStretch(2, 1)  # type: ignore[union-attr]  # set one line before

    def place(self) -> dict[str, Any]:
        task = self.list.task()
        return {"whole": sorted(self._whole), "selected": task_key(task) if task else ""}

    def store(self) -> None:
        self._typed.store()

    def refresh(self, touched: Touched) -> None:  # noqa: ARG002 - everything on this page can come from anywhere
        self._look()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tiles.setVisible(self.window().height() >= LOW)
        self.side.setFixedWidth(current().scaled(SIDE if self.window().width() >= NARROW else NARROW_SIDE))

    # Reading and showing

    def _look(self) -> None:
        self.here.jobs.run(self, partial(read_board, self.here.desk, frozenset(self._whole)), self._show)

    def _loading(self) -> None:
        self._show_instead(widget(column(Skeleton(), None, margins=(16, 8, 16, 8))))

    def _show_instead(self, made: QWidget) -> None:
        """Show something in the place of the list, which has the focus again when it comes back."""
        self._held = self._held or self.list.hasFocus()
        self._main.removeWidget(self._instead)
        self._instead.deleteLater()
        self._instead = made
        self._main.addWidget(made)
        self._main.setCurrentWidget(made)

    def _show_list(self) -> None:
        self._main.setCurrentWidget(self.list)
        if self._held:
            self.list.setFocus()
            self._held = False

    def _show(self, board: Board) -> None:
        self._late.stop()
        self._show_tiles(board.counts)
        self._show_tasks(board)
        self.cards.show_board(board)
        self.side.setVisible(self.cards.filled)

    def _show_tiles(self, numbers: Counts) -> None:
        tiles = self._tiles.layout()
        held = next((code for code, tile in self.tiles.items() if tile.hasFocus()), None)
        clear(tiles)  # type: ignore[arg-type]  # the row it was made with
        self.tiles = {
            "overdue": self._tile(
                numbers.overdue,
                _("Overdue"),
                "late",
                partial(self.here.go, LISTS[Due.OVERDUE]),
                danger=numbers.overdue > 0,
            ),
            "today": self._tile(numbers.due_today, _("Due today"), "calendar", partial(self.here.go, LISTS[Due.TODAY])),
            "waiting": self._tile(numbers.waiting, _("Referrals waiting"), "waiting", self._referrals),
            "mine": self._tile(numbers.open_cases, _("My open cases"), "cases", self._mine),
            "drafts": self._tile(numbers.drafts, _("Drafts"), "draft", self._first_draft),
        }
        self.tiles["waiting"].setVisible(may(self.here.desk, "referral.list"))
        self.tiles["drafts"].setVisible(may(self.here.desk, "case.draft"))
        for tile in self.tiles.values():
            tiles.addWidget(tile)  # type: ignore[union-attr]  # the row it was made with
        if held is not None:
            self.tiles[held].setFocus()

    def _tile(
        self, number: int, words: str, icon: str, clicked: Callable[[], object], *, danger: bool = False
    ) -> StatTile:
        return StatTile(formats.number(number), words, icon, danger=danger, clicked=clicked)

    def _show_tasks(self, board: Board) -> None:
        total = sum(group.total for group in board.groups)
        key = task_key(task) if (task := self.list.task()) else self._selected
        self.list.show_groups(board.groups, self.here.desk.today(), key)
        self.all_button.setText(_("All {count}").format(count=formats.number(total)))
        cut = any(len(group.tasks) < group.total and group.due not in self._whole for group in board.groups)
        self.all_button.setVisible(cut)
        due = sum(group.total for group in board.groups if group.due is not Due.LATER)
        self.quiet.setText(_nothing_today(total))
        self._quiet.setVisible(due == 0 < total)
        if total:
            self._show_list()
        else:
            self._show_instead(self._nothing(board))

    def _nothing(self, board: Board) -> QWidget:
        new_case = partial(self.here.go, Goto("intake"))
        if board.counts.open_cases == 0 and may(self.here.desk, "case.register"):
            start = button(_("New case"), "primary", "add", keys="Ctrl+N", clicked=new_case)
            return EmptyState("cases", _("No cases yet"), _("Register the first person you meet."), [start])
        return EmptyState("calendar", _("Nothing is due today"), _("Nothing is planned for this week either."))

    # Going on

    def _do(self, task: Task, action: str) -> None:
        """`action` is next (the button of the row), case, done or snooze."""
        if action == "next":
            action = "done" if task.kind in CALLS else "case"
        if action == "case" or task.kind == FLAG:
            self._open_case(task.case_id, SECTIONS.get(task.kind, "overview"))
        elif not may(self.here.desk, "case.note"):
            self.here.say(_("Your role does not allow this."))
        elif action == "done":
            self._ask(RecordSheet(self.here, self, task, self._typed))
        else:
            self._ask(move_sheet(self.here, self, task, self._typed))

    def _ask(self, sheet: FormSheet) -> None:
        """Open it where the first words belong."""
        sheet.open(next(iter(sheet.form.questions.values())).editor)

    def _open_case(self, case_id: UUID, section: str) -> None:
        self.here.go(Goto("case", {"case_id": str(case_id), "section": section}))

    def _show_whole(self, due: str) -> None:
        if Due(due) in self._whole:  # there is more than this page ever shows
            self.here.go(LISTS[Due(due)])
            return
        self._whole.add(Due(due))
        self._look()

    def _show_all(self) -> None:
        self._whole = set(Due)
        self._look()

    def _referrals(self) -> None:
        self.here.go(Goto("referrals", {"group": "waiting"}))

    def _mine(self) -> None:
        self.here.go(Goto("cases", {"view": "mine"}))

    def _first_draft(self) -> None:
        if self.cards.draft_rows:
            self.cards.draft_rows[0].setFocus(Qt.FocusReason.ShortcutFocusReason)


def greeting(now: datetime) -> str:
    """Words for the time of day, with a place for the name."""
    if 4 <= now.hour < 12:
        return _("Good morning, {name}")
    return _("Good afternoon, {name}") if 12 <= now.hour < 17 else _("Good evening, {name}")


def _long_day(day: date) -> str:
    return f"{formats.weekday(day)} {formats.day(day)}"


def _nothing_today(later: int) -> str:
    return ngettext(
        "Nothing is due today. {count} thing later this week.",
        "Nothing is due today. {count} things later this week.",
        later,
    ).format(count=formats.number(later))
