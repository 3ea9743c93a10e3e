"""Today: what to do now, what waits on others, what was begun (UX 4.3)."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QPushButton,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from casedesk import codelists, formats
from casedesk.desk import DHAKA, Desk
from casedesk.errors import InvalidInput
from casedesk.i18n import N_, _, language, ngettext
from casedesk.models import Case, FollowUp, fields_of
from casedesk.services.backups import Loss, loss
from casedesk.services.cases import edit_case
from casedesk.services.clashes import SkippedRow, clashes, steps_skipped
from casedesk.services.follow_ups import RESULTS, RecordFollowUp, record, record_contact, snooze
from casedesk.services.permissions import may
from casedesk.services.referrals import ListedReferral, waiting
from casedesk.services.search import shown_names
from casedesk.services.today import (
    CONTACT,
    FLAG,
    Counts,
    DraftProgress,
    Due,
    Group,
    Task,
    counts,
    draft_progress,
    leads,
    tasks,
)
from casedesk.storage.store import Touched
from casedesk.ui.backups import loss_card
from casedesk.ui.kit.badges import badge_size, category_badge, count_badge, paint_badge, priority_badge
from casedesk.ui.kit.blocks import EmptyState, ProgressBar, Skeleton, StatTile, keys_hint
from casedesk.ui.kit.buttons import PressButton, Segmented, button
from casedesk.ui.kit.icons import Icon, paint_icon
from casedesk.ui.kit.layouts import block, clear, column, row, scrolled, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import ElidedLabel, PlainLabel, rule, visible
from casedesk.ui.kit.theme import current, tokens
from casedesk.ui.listing import short, write_line
from casedesk.ui.page import Goto, Here, Page
from casedesk.ui.review import Alarming, Differing, alarms_card, grouped, groups_card, read_alarms, steps_card

LOW = 660  # height of the window under which the tiles hide
SIDE, NARROW_SIDE = 320, 256
NARROW = 1100  # width of the window under which the side is narrow
LISTED = 5  # referrals and drafts in the cards at the side
GROUPS = {Due.OVERDUE: N_("Overdue"), Due.TODAY: N_("Due today"), Due.LATER: N_("Later this week")}
ICONS = {
    "welfare_check": "call",
    "service_followup": "training",
    "referral_followup": "referral",
    "legal_followup": "legal",
    "family_followup": "house",
    "reintegration_assessment": "journey",
    "safety_check": "what_happened",
    "payment_check": "money",
    "other": "document",
    CONTACT: "call",
    FLAG: "warn",
}
CALLS = ("welfare_check", "safety_check", "family_followup", CONTACT)
SECTIONS = {"referral_followup": "referrals"}  # where in the case the work is
ROW = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Board:
    """All that the page shows, read at once."""

    groups: Sequence[Group]
    counts: Counts
    waiting: Sequence[ListedReferral]
    drafts: Sequence[DraftProgress]
    differ: Sequence[Differing]
    skipped: Sequence[SkippedRow]
    alarms: Sequence[Alarming] = ()
    loss: Loss | None = None  # what dies with this computer; none is told of a practice centre


def read_board(desk: Desk, whole: Collection[Due]) -> Board:
    """Read the page."""
    groups = tasks(desk, whole)
    return Board(
        groups,
        counts(desk, groups),
        waiting(desk) if may(desk, "referral.list") else (),
        draft_progress(desk) if may(desk, "case.draft") else (),
        grouped([each for each in clashes(desk) if each.may_settle]) if may(desk, "clash.list") else (),
        steps_skipped(desk) if may(desk, "clash.list") else (),
        read_alarms(desk, new=True),
        loss(desk) if not desk.practice else None,
    )


class TodayPage(Page):
    """Greets, counts, and lists what is due with the one next action of each."""

    nav = "today"

    def __init__(self, here: Here, *, whole: Sequence[str] = (), selected: str = "") -> None:
        super().__init__(here)
        self.setObjectName("page")
        self._whole = {Due(code) for code in whole}
        self._all_drafts_shown = False
        self._selected = selected
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
        self._side = column(gap=12, margins=(0, 0, 0, 4))
        self.draft_rows: list[QPushButton] = []
        self._lay_out()
        self._late = QTimer(self, singleShot=True, interval=tokens()["time_ms"]["progress_after"])
        self._late.timeout.connect(self._loading)
        self._late.start()
        self.setFocusProxy(self.list)
        self._look()

    def _lay_out(self) -> None:
        name = self.here.desk.actor.name.split(" ")[0]
        head = column(
            ElidedLabel(greeting(self._now).format(name=name), "page"),
            PlainLabel(_long_day(self._now.date()), "body", tone="text2"),
            gap=0,
        )
        title = PlainLabel(_("Follow-ups") if leads(self.here.desk) else _("My follow-ups"), "card")
        card_head = row(title, None, self.all_button, margins=(16, 10, 16, 8))
        inside = column(card_head, rule(), self._quiet, widget(self._main), gap=0, margins=(1, 0, 1, 1))
        inside.setStretch(3, 1)
        self.card = block("card", inside)
        self.side = scrolled(widget(self._side))
        body = row(self.card, self.side, gap=16)
        body.setStretch(0, 1)
        self.setLayout(column(head, self._tiles, body, gap=14, margins=(24, 20, 24, 18)))
        self.layout().setStretch(2, 1)  # type: ignore[union-attr]  # set one line before

    def place(self) -> dict[str, Any]:
        task = self.list.task()
        return {"whole": sorted(self._whole), "selected": task_key(task) if task else ""}

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
        self._show_side(board)

    def _show_tiles(self, numbers: Counts) -> None:
        tiles = self._tiles.layout()
        held = next((code for code, tile in self.tiles.items() if tile.hasFocus()), None)
        clear(tiles)  # type: ignore[arg-type]  # the row it was made with
        self.tiles = {
            "overdue": self._tile(numbers.overdue, _("Overdue"), "late", self._overdue, danger=numbers.overdue > 0),
            "today": self._tile(numbers.due_today, _("Due today"), "calendar", self._due_today),
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
        self.all_button.setVisible(sum(len(group.tasks) for group in board.groups) < total)
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

    def _show_side(self, board: Board) -> None:
        clear(self._side)
        at_risk = board.loss is not None and board.loss.cases > 0
        if board.loss is not None and board.loss.urgent:
            self._side.addWidget(self._loss_card(board.loss))
        if board.alarms:
            self._side.addWidget(alarms_card(self.here, board.alarms, self._look))
        if board.differ:
            self._side.addWidget(groups_card(board.differ[:LISTED], self.here.go))
        if board.skipped:
            self._side.addWidget(steps_card(self.here, board.skipped[:LISTED], self._look))
        if board.waiting:
            self._side.addWidget(self._waiting_card(board.waiting))
        self.draft_rows = []
        if board.drafts:
            self._side.addWidget(self._drafts_card(board.drafts))
        if board.loss is not None and at_risk and not board.loss.urgent:
            self._side.addWidget(self._loss_card(board.loss))
        self._side.addStretch(1)
        self.side.setVisible(
            bool(board.alarms or board.differ or board.skipped or board.waiting or board.drafts or at_risk)
        )

    def _loss_card(self, lost: Loss) -> QWidget:
        """High up when it is time for a copy, under the work when it is not."""
        go = partial(self.here.go, Goto("settings", {"tab": "backup"}))
        return loss_card(lost, go if may(self.here.desk, "backup.copy") else None)

    def _waiting_card(self, found: Sequence[ListedReferral]) -> QWidget:
        services = codelists.get("service_type")
        rows: list[QWidget] = []
        for each in found[:LISTED]:
            names = ("", "") if each.hide_name else (each.name_bn, each.name_en)
            name = shown_names(*names, each.person_code)[0]
            words = " · ".join(part for part in (services.label(each.referral.service), each.referral.provider) if part)
            days = each.referral.days_waiting or 0
            said = formats.waited_days(days)
            badge = count_badge(days, danger=each.referral.overdue, text=said)
            open_it = partial(self._open_case, each.referral.case_id, "referrals")
            rows.append(SideRow(name, words, said, open_it, badge=badge))
        more = len(found) - len(rows)
        return _side_card("referral", _("Referrals with no answer"), rows, more, self._referrals)

    def _drafts_card(self, found: Sequence[DraftProgress]) -> QWidget:
        rows = []
        for each in found if self._all_drafts_shown else found[:LISTED]:
            name = each.draft.name or _("Name not asked yet")
            text = _("{done} of {all} answers") if each.draft.kind == "quick" else _("{done} of {all} parts")
            words = text.format(done=formats.number(each.done), all=formats.number(each.parts))
            when = _when(each.draft.saved_at, self._now)
            line = SideRow(name, words, when, partial(self._open_draft, each), share=each.done / each.parts)
            self.draft_rows.append(line)
            rows.append(line)
        return _side_card("draft", _("Drafts on this computer"), rows, len(found) - len(rows), self._all_drafts)

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
            RecordSheet(self.here, self, task).start()
        else:
            SnoozeSheet(self.here, self, task).start()

    def _open_case(self, case_id: UUID, section: str) -> None:
        self.here.go(Goto("case", {"case_id": str(case_id), "section": section}))

    def _open_draft(self, draft: DraftProgress) -> None:
        what = {"draft_id": str(draft.draft.id), "part": draft.last_part, "kind": draft.draft.kind}
        self.here.go(Goto("intake", what))

    def _show_whole(self, due: str) -> None:
        self._whole.add(Due(due))
        self._look()

    def _show_all(self) -> None:
        self._whole = set(Due)
        self._look()

    def _overdue(self) -> None:
        self.here.go(Goto("cases", {"view": "overdue"}))

    def _due_today(self) -> None:
        self.here.go(Goto("cases", {"filters": {"due": "today"}}))

    def _referrals(self) -> None:
        self.here.go(Goto("referrals", {"group": "waiting"}))

    def _all_drafts(self) -> None:
        self._all_drafts_shown = True
        self._look()

    def _mine(self) -> None:
        self.here.go(Goto("cases", {"view": "mine"}))

    def _first_draft(self) -> None:
        if self.draft_rows:
            self.draft_rows[0].setFocus(Qt.FocusReason.ShortcutFocusReason)


def greeting(now: datetime) -> str:
    """Words for the time of day, with a place for the name."""
    if 4 <= now.hour < 12:
        return _("Good morning, {name}")
    return _("Good afternoon, {name}") if 12 <= now.hour < 17 else _("Good evening, {name}")


def task_key(task: Task) -> str:
    return str(task.follow_up_id or f"{task.kind}:{task.case_id}")


def _long_day(day: date) -> str:
    return f"{formats.weekday(day)} {formats.day(day)}"


def _nothing_today(later: int) -> str:
    return ngettext(
        "Nothing is due today. {count} thing later this week.",
        "Nothing is due today. {count} things later this week.",
        later,
    ).format(count=formats.number(later))


def _when(saved: datetime, now: datetime) -> str:
    """When a draft was saved: the time today, else the day."""
    days = (now.date() - saved.astimezone(DHAKA).date()).days
    if days <= 0:
        return formats.clock(saved)
    return _("yesterday") if days == 1 else formats.short_day(saved.astimezone(DHAKA).date())


def due_words(task: Task, today: date) -> str:
    if task.days_late:
        return formats.relative_days(-task.days_late)
    if task.due_on == today:
        return _("Today")
    return formats.weekday_day(task.due_on)


def _side_card(icon: str, title: str, rows: Sequence[QWidget], more: int, clicked: Callable[[], object]) -> QWidget:
    inside = column(row(Icon(icon), PlainLabel(title, "card"), None, margins=(16, 11, 16, 10)), rule(), gap=0)
    for at, each in enumerate(rows):
        if at:
            inside.addWidget(rule())
        inside.addWidget(each)
    if more > 0:
        words = ngettext("{count} more", "{count} more", more).format(count=formats.number(more))
        inside.addLayout(row(button(words, "link", clicked=clicked), None, margins=(14, 4, 16, 10)))
    inside.setContentsMargins(1, 0, 1, 1)
    return block("card", inside)


class SideRow(PressButton):
    """A person, a few words and a count or a bar; pressing it opens the work."""

    def __init__(
        self,
        name: str,
        words: str,
        when: str,
        clicked: Callable[[], object],
        *,
        badge: Any = None,
        share: float | None = None,
    ) -> None:
        super().__init__()
        self.setProperty("variant", "siderow")  # the style sheet holds its height: it overrules what a button is told
        self.setAccessibleName(f"{name}, {words}, {when}")
        self._name, self._words, self._when, self._badge, self._share = name, words, when, badge, share
        self.clicked.connect(lambda _checked=False: clicked())

    def sizeHint(self) -> QSize:
        return QSize(200, current().scaled(62))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: Any) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        room = QRectF(self.rect()).adjusted(16, 8, -16, -8)
        top = QRectF(room.x(), room.y(), room.width(), room.height() / 2)
        low = QRectF(room.x(), room.center().y(), room.width(), room.height() / 2)
        right = self._paint_right(painter, top)
        write_line(painter, top.adjusted(0, 0, -right, 0), self._name, "label", "text")
        self._paint_low(painter, low)
        painter.end()

    def _paint_right(self, painter: QPainter, top: QRectF) -> float:
        if self._badge is not None:
            width = badge_size(self._badge).width()
            paint_badge(painter, QRectF(top.right() - width, top.y(), width, top.height()), self._badge)
            return width + 8
        return write_line(painter, top, self._when, "caption", "muted", right=True) + 8

    def _paint_low(self, painter: QPainter, low: QRectF) -> None:
        if self._share is None:
            write_line(painter, low, self._words, "caption", "text2")
            return
        width = write_line(painter, low, self._words, "caption", "text2", right=True)
        bar = ProgressBar(self._share)
        bar.resize(round(low.width() - width - 10), 6)
        painter.drawPixmap(QPointF(low.x(), low.center().y() - 3), bar.grab())


# The list of follow-ups


@dataclass(frozen=True, slots=True)
class Heading:
    due: Due
    total: int


@dataclass(frozen=True, slots=True)
class More:
    due: Due
    total: int


Line = Heading | Task | More


class TaskModel(QAbstractListModel):
    """Headings, tasks, and a line that shows the rest of a group."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Line] = []
        self.today = date.min

    def show_groups(self, groups: Sequence[Group], today: date) -> None:
        self.beginResetModel()
        self.today = today
        self.lines = []
        for group in groups:
            if group.total:
                self.lines += [Heading(group.due, group.total), *group.tasks]
            if len(group.tasks) < group.total:
                self.lines.append(More(group.due, group.total))
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as Qt declares it
        return 0 if parent.isValid() else len(self.lines)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if isinstance(self.lines[index.row()], Heading):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self.lines[index.row()]
        if role == ROW:
            return line
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return visible(self._spoken(line))
        return None

    def _spoken(self, line: Line) -> str:
        if isinstance(line, Heading):
            return f"{_(GROUPS[line.due])}, {formats.number(line.total)}"
        if isinstance(line, More):
            return _("Show all {count}").format(count=formats.number(line.total))
        parts = [due_words(line, self.today), line.what, line.names[0], line.case_number]
        if line.priority == "urgent":
            parts.append(priority_badge(line.priority).spoken)
        return ", ".join([*parts, category_badge(line.category).spoken, next_words(line)])


def next_words(task: Task) -> str:
    return _("Log call") if task.kind in CALLS else _("Open")


class TaskDelegate(QStyledItemDelegate):
    """Paints the lines; the button of a row is part of the picture and found by its place."""

    heading, line, more = 30, 50, 38

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002 - Qt asks so
        line = index.data(ROW)
        height = self.heading if isinstance(line, Heading) else self.more if isinstance(line, More) else self.line
        return QSize(200, current().scaled(height + (2 if language() == "bn" else 0)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line = index.data(ROW)
        room, state = QRectF(option.rect), option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(line, Heading):
            self._heading(painter, room, line)
        else:
            self._ground(painter, room, state)
            if isinstance(line, More):
                words = _("Show all {count}").format(count=formats.number(line.total))
                write_line(painter, room.adjusted(16, 0, -16, 0), words, "label", "accent")
            else:
                self._task(painter, room, line, index.model())
        painter.restore()

    def _ground(self, painter: QPainter, room: QRectF, state: QStyle.StateFlag) -> None:
        theme = current()
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(room, theme.colour("sel" if chosen else "hover"))
        painter.fillRect(QRectF(room.x(), room.bottom() - 1, room.width(), 1), theme.colour("line"))
        if chosen:
            painter.fillRect(QRectF(room.x(), room.y(), 3, room.height()), theme.colour("accent"))
        if chosen and state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(theme.colour("focus"), 2))
            painter.drawRect(room.adjusted(1, 1, -1, -1))

    def _heading(self, painter: QPainter, room: QRectF, line: Heading) -> None:
        late = line.due is Due.OVERDUE
        painter.fillRect(room, current().colour("sunken"))
        width = write_line(
            painter, room.adjusted(16, 0, 0, 0), _(GROUPS[line.due]), "label", "danger" if late else "text2", weight=600
        )
        badge = replace(count_badge(line.total, danger=late, text=formats.number(line.total)))
        paint_badge(painter, QRectF(room.x() + 16 + width + 8, room.y(), 80, room.height()), badge)

    def _task(self, painter: QPainter, room: QRectF, task: Task, model: Any) -> None:
        theme = current()
        today = model.today
        late = task.days_late > 0 or task.kind == FLAG
        wide = 104 if room.width() > 660 else 86
        when = _("Now") if task.kind == FLAG and not task.days_late else due_words(task, today)
        write_line(
            painter,
            QRectF(room.x() + 16, room.y(), theme.scaled(wide - 6), room.height()),
            when,
            "label",
            "danger" if late else "text" if task.due_on == today else "text2",
            weight=600 if late else 500,
        )
        left = room.x() + 16 + theme.scaled(wide)
        side = theme.scaled(17)
        sign = QRectF(left, room.center().y() - side / 2, side, side)
        paint_icon(painter, sign, ICONS.get(task.kind, "document"), "danger" if task.kind == FLAG else "text2")
        left += side + 14
        place = self.button_place(room.toRect())
        self._button(painter, QRectF(place), next_words(task))
        right = self._badges(painter, room, task, place.left() - 12)
        words = QRectF(left, room.y() + 5, max(right - left, 40), (room.height() - 10) / 2)
        write_line(painter, words, task.what, "label", "text")
        words.translate(0, words.height())
        write_line(painter, words, person_words(task), "caption", "text2")

    def _badges(self, painter: QPainter, room: QRectF, task: Task, right: float) -> float:
        """From the right: category, then urgent; where there is little room only urgent. Returns where they begin."""
        specs = [category_badge(task.category)] if task.category and room.width() > 560 else []
        if task.priority == "urgent":
            specs.append(priority_badge(task.priority))
        for spec in specs:
            width = badge_size(spec).width()
            paint_badge(painter, QRectF(right - width, room.y(), width, room.height()), spec)
            right -= width + 12
        return right

    def button_place(self, room: QRect) -> QRect:
        """Where in a row its button is."""
        theme = current()
        height = theme.scaled(26)
        return QRect(
            room.right() - theme.scaled(92) - 15,
            room.center().y() - height // 2,
            theme.scaled(92),
            height,
        )

    def _button(self, painter: QPainter, place: QRectF, words: str) -> None:
        theme = current()
        painter.setPen(QPen(theme.colour("line2"), 1))
        painter.setBrush(theme.colour("surface"))
        painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        metrics = QFontMetricsF(theme.font("body", 500))
        inner = place.adjusted((place.width() - metrics.horizontalAdvance(words)) / 2, 0, 0, 0)
        write_line(painter, inner, words, "body", "text", weight=500)


def person_words(task: Task) -> str:
    return f"{task.names[0]}  ·  {short(task.case_number)}"


class TaskList(QListView):
    """What is due. `asked` carries the task and what to do; `more` the group to show whole."""

    asked = Signal(object, str)
    more = Signal(str)

    KEYS = {Qt.Key.Key_E: "case", Qt.Key.Key_D: "done", Qt.Key.Key_S: "snooze"}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.lines = TaskModel()
        self.setModel(self.lines)
        self.delegate = TaskDelegate(self)
        self.setItemDelegate(self.delegate)
        self.setAccessibleName(_("Follow-ups"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)

    def show_groups(self, groups: Sequence[Group], today: date, key: str) -> None:
        """Show them, with the same task chosen as before, or the one in its place."""
        was, top = self.currentIndex().row(), self.verticalScrollBar().value()
        self.lines.show_groups(groups, today)
        places = [at for at, line in enumerate(self.lines.lines) if not isinstance(line, Heading)]
        same = [
            at for at, line in enumerate(self.lines.lines) if isinstance(line, Task) and key and task_key(line) == key
        ]
        after = [at for at in places if at >= was] or places[-1:]
        chosen = same or after or places[:1]
        if chosen:
            self.setCurrentIndex(self.lines.index(chosen[0]))
        self.verticalScrollBar().setValue(top)

    def task(self) -> Task | None:
        line = self.currentIndex().data(ROW)
        return line if isinstance(line, Task) else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._act(self.currentIndex().data(ROW), "next")
        elif key in self.KEYS and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self._act(self.currentIndex().data(ROW), self.KEYS[key])
        elif key == Qt.Key.Key_Home and self.lines.lines:
            self.setCurrentIndex(self.lines.index(1))
            self.scrollToTop()
        elif event.text().isprintable() and event.text() and key != Qt.Key.Key_Space:
            event.ignore()  # letters that mean nothing here belong to the window
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        line = index.data(ROW)
        if isinstance(line, More) or (isinstance(line, Task) and self._on_button(index, event.position().toPoint())):
            self._act(line, "next")

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if not self._on_button(index, event.position().toPoint()):
            self._act(index.data(ROW), "case")

    def _on_button(self, index: QModelIndex, at: QPoint) -> bool:
        return index.isValid() and self.delegate.button_place(self.visualRect(index)).contains(at)

    def _act(self, line: object, action: str) -> None:
        if isinstance(line, More):
            self.more.emit(line.due.value)
        elif isinstance(line, Task):
            self.asked.emit(line, action)


# Recording and moving


class TaskSheet(Sheet):
    """A small form about one task, saved with Ctrl+Enter."""

    def __init__(self, here: Here, host: QWidget, task: Task, title: str, keys: Sequence[str], save: str) -> None:
        super().__init__(host, title, f"{task.what} · {person_words(task)}", width=560)
        self.here, self.task = here, task
        declared = fields_of(FollowUp)
        self.form = Form([(f"follow_up.{key}", declared[key]) for key in keys], today=here.desk.today(), ahead=True)
        self.body.addWidget(self.form)
        self.save_button = button(save, "primary", clicked=self.save)
        for part in (keys_hint("Ctrl+Enter"), button(_("Cancel"), clicked=self.dismiss), self.save_button):
            self.foot.addWidget(part)
        self.foot.insertStretch(1, 1)

    def start(self) -> None:
        """Open it where the first words belong."""
        self.open(next(iter(self.form.questions.values())).editor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.save()
            return
        super().keyPressEvent(event)

    def save(self) -> None:
        raise NotImplementedError

    def write(self, work: Callable[[], object]) -> None:
        self.save_button.setEnabled(False)
        self.here.jobs.write(self, work, self._saved, failed=self._refused)

    def said(self) -> str:
        raise NotImplementedError

    def _saved(self, _result: object) -> None:
        self.here.say(self.said())
        self.dismiss()

    def _refused(self, error: Exception) -> None:
        self.save_button.setEnabled(True)
        if isinstance(error, InvalidInput) and set(error.problems) & set(self.form.questions):
            self.form.show_problems(error.problems)
            self.form.next_problem()
        else:
            show_error(self, error)


class RecordSheet(TaskSheet):
    """What came of a contact or task, and when the next contact is."""

    def __init__(self, here: Here, host: QWidget, task: Task) -> None:
        keys = ("note", "method", "next_due_on")
        super().__init__(here, host, task, _("Record follow-up"), keys, _("Save follow-up"))
        results = codelists.get("followup_status")
        self.result = Segmented([(code, results.label(code)) for code in RESULTS], "done", _("What came of it"))
        self.body.insertLayout(0, row(self.result, None))
        hours = codelists.get("priority").find(task.priority)
        if hours is not None:
            again = here.desk.today() + timedelta(days=max(int(hours.extra["response_hours"]) // 24, 1))
            self.form.put({"follow_up.next_due_on": again})

    def save(self) -> None:
        if not self.form.ready():
            return
        values = self.form.values()
        command = RecordFollowUp(
            result=self.result.value(),
            note=_text(values["follow_up.note"]),
            method=_text(values["follow_up.method"]),
            next_due_on=_day(values["follow_up.next_due_on"]),
        )
        if self.task.follow_up_id is None:
            self.write(partial(record_contact, self.here.desk, self.task.case_id, command))
        else:
            self.write(partial(record, self.here.desk, self.task.follow_up_id, command))

    def said(self) -> str:
        return _("Follow-up recorded for {name}").format(name=self.task.names[0])


class SnoozeSheet(TaskSheet):
    """Another day for a task; an urgent one asks why."""

    def __init__(self, here: Here, host: QWidget, task: Task) -> None:
        super().__init__(here, host, task, _("Move to another day"), ("due_on",), _("Move"))
        self.form.put({"follow_up.due_on": here.desk.today() + timedelta(days=1)})
        self.why: Form | None = None
        if task.priority == "urgent":
            declared = fields_of(Case)["priority_reason"]
            self.why = Form(
                [("status_event.reason_text", declared)],
                today=here.desk.today(),
                labels={"status_event.reason_text": _("This is urgent. Why can it wait?")},
            )
            self.body.addWidget(self.why)

    def save(self) -> None:
        day = _day(self.form.value("follow_up.due_on"))
        if not self.form.ready() or day is None:
            self.form.go_to("follow_up.due_on")
            return
        why = _text(self.why.value("status_event.reason_text")) if self.why is not None else None
        if self.task.follow_up_id is None:
            edits: dict[str, tuple[object, object]] = {"case.next_contact_on": (self.task.due_on, day)}
            self.write(partial(edit_case, self.here.desk, self.task.case_id, edits))
        else:
            self.write(partial(snooze, self.here.desk, self.task.follow_up_id, day, why or ""))

    def said(self) -> str:
        day = _day(self.form.value("follow_up.due_on")) or self.task.due_on
        return _("Moved to {day}").format(day=formats.weekday_day(day))

    def _refused(self, error: Exception) -> None:
        if self.why is not None and isinstance(error, InvalidInput) and set(error.problems) & set(self.why.questions):
            self.save_button.setEnabled(True)
            self.why.show_problems(error.problems)
            self.why.next_problem()
            return
        super()._refused(error)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _day(value: object) -> date | None:
    return value if isinstance(value, date) else None
