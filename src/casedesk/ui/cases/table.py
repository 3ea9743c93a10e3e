"""The table of cases: as long as the list is, read in pages by key, painted row by row."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStyle, QStyledItemDelegate, QTableView, QWidget

from casedesk import codelists, formats
from casedesk.desk import Desk
from casedesk.i18n import N_, _, language
from casedesk.search_keys import words_of
from casedesk.services.search import (
    CaseRow,
    Filters,
    Key,
    Order,
    anchors,
    count_cases,
    count_unlisted,
    newer_cases,
    newest_row,
    page_of_cases,
    place_of_case,
    rows_again,
)
from casedesk.ui.jobs import Jobs
from casedesk.ui.kit.badges import category_badge, paint_badge, priority_badge, status_badge
from casedesk.ui.kit.buttons import ENTER
from casedesk.ui.kit.icons import paint_icon
from casedesk.ui.kit.style import paint_ground
from casedesk.ui.kit.texts import tip, visible
from casedesk.ui.kit.theme import current, tokens
from casedesk.ui.listing import short, write_line

PAGE = 200
STEP = 5000
KEPT = 64
ROW = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


class Column(IntEnum):
    PRIORITY = 0
    PERSON = 1
    CATEGORY = 2
    STATUS = 3
    NEXT = 4
    WORKER = 5


TITLES = {
    Column.PRIORITY: N_("Priority"),
    Column.PERSON: N_("Person"),
    Column.CATEGORY: N_("Category"),
    Column.STATUS: N_("Status"),
    Column.NEXT: N_("Next step"),
    Column.WORKER: N_("Worker"),
}


@dataclass(frozen=True, slots=True)
class Opened:
    """A list as it was read: how long it is, its first page or the one wanted, and what is needed to go on."""

    filters: Filters
    order: Order
    total: int
    pages: Mapping[int, list[CaseRow]]
    anchors: list[Key]
    newest: int
    chosen: int | None
    unlisted: int  # more cases make the figure that the list is of


def read_list(desk: Desk, filters: Filters, order: Order, case_id: UUID | None, top: int) -> Opened:
    """Read a list from the start, or from where one was in it."""
    newest = newest_row(desk)
    total = count_cases(desk, filters)
    chosen = place_of_case(desk, filters, order, case_id) if case_id is not None else None
    wanted = {0, min(top, max(total - 1, 0)) // PAGE, (chosen or 0) // PAGE}
    known = anchors(desk, filters, order, STEP) if max(wanted) * PAGE >= STEP else []
    pages = {page: read_page(desk, filters, order, known, page) for page in sorted(wanted)}
    unlisted = count_unlisted(desk, filters.figure) if filters.figure is not None else 0
    return Opened(filters, order, total, pages, known, newest, chosen, unlisted)


def read_page(desk: Desk, filters: Filters, order: Order, known: list[Key], page: int) -> list[CaseRow]:
    """One page, from the nearest anchor before it."""
    first = page * PAGE
    at = known[first // STEP] if first // STEP < len(known) else None
    skip = first % STEP if at is not None else first
    return page_of_cases(desk, filters, order, at=at, skip=skip, size=PAGE)


class CaseTable(QAbstractTableModel):
    """Rows that are read when they are looked at. A row not read yet is empty for a moment.

    `opened` tells that a list was read, `changed` how many cases came since (0: something else moved).
    """

    opened = Signal()
    changed = Signal(int)

    def __init__(self, desk: Desk, jobs: Jobs, owner: QWidget) -> None:
        super().__init__(owner)
        self._desk, self._jobs, self._owner = desk, jobs, owner
        self.filters, self.order = Filters(), Order.URGENT
        self.total = self.unlisted = 0
        self.chosen: int | None = None
        self.workers: Mapping[UUID, str] = {}
        self.today = desk.today()
        self._pages: OrderedDict[int, list[CaseRow]] = OrderedDict()
        self._anchors: list[Key] = []
        self._newest = 0
        self._asked = 0
        self._reading_anchors = False

    def open(self, filters: Filters, order: Order, case_id: UUID | None = None, top: int = 0) -> None:
        """Read another list; until it is there the old one stays. Only the newest wish counts."""
        self._asked += 1
        work = partial(read_list, self._desk, filters, order, case_id, top)
        self._jobs.run(self._owner, work, partial(self._show, self._asked))

    def _show(self, asked: int, read: Opened) -> None:
        if asked != self._asked:
            return
        self.beginResetModel()
        self.filters, self.order, self.total = read.filters, read.order, read.total
        self.chosen, self._newest, self._anchors = read.chosen, read.newest, read.anchors
        self.unlisted = read.unlisted
        self._pages = OrderedDict(read.pages)
        self.endResetModel()
        self.opened.emit()
        if self.total > STEP and not self._anchors:
            self._find_anchors()

    def _find_anchors(self) -> None:
        if self._reading_anchors:
            return
        self._reading_anchors = True
        work = partial(anchors, self._desk, self.filters, self.order, STEP)
        self._jobs.run(self._owner, work, partial(self._found_anchors, self._asked))

    def _found_anchors(self, asked: int, found: list[Key]) -> None:
        self._reading_anchors = False
        if asked == self._asked:
            self._anchors = found
            self._repaint()
        elif self.total > STEP and not self._anchors:
            self._find_anchors()

    def _repaint(self) -> None:
        if self.total:
            self.dataChanged.emit(self.index(0, 0), self.index(self.total - 1, len(Column) - 1))

    # Rows

    def row(self, at: int) -> CaseRow | None:
        """The row at this place; None while the way to it is not known yet."""
        page = self._pages.get(at // PAGE)
        if page is None:
            if at >= STEP and not self._anchors:
                return None
            page = read_page(self._desk, self.filters, self.order, self._anchors, at // PAGE)
            self._pages[at // PAGE] = page
            while len(self._pages) > KEPT:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(at // PAGE)
        return page[at % PAGE] if at % PAGE < len(page) else None

    def place(self, case_id: UUID) -> int | None:
        """Where a case stands among the pages at hand."""
        for page, rows in self._pages.items():
            for at, row in enumerate(rows):
                if row.case == case_id.hex:
                    return page * PAGE + at
        return None

    def look_again(self, first: int, last: int) -> None:
        """Read the rows on screen again where they are; tell if others came or the order is another by now."""
        shown = [row for at in range(first, min(last + 1, self.total)) if (row := self.row(at)) is not None]
        work = partial(self._read_again, self.filters, self._newest, [row.row for row in shown])
        self._jobs.run(self._owner, work, partial(self._shown_again, self._asked, shown))

    def _read_again(self, filters: Filters, newest: int, rows: list[int]) -> tuple[int, int, dict[int, CaseRow]]:
        return newer_cases(self._desk, filters, newest), count_cases(self._desk, filters), rows_again(self._desk, rows)

    def _shown_again(self, asked: int, before: list[CaseRow], found: tuple[int, int, dict[int, CaseRow]]) -> None:
        if asked != self._asked:
            return
        new, total, rows = found
        for page in self._pages.values():
            page[:] = [rows.get(row.row, row) for row in page]
        self._repaint()
        moved = any(rows.get(row.row, row).key(self.order) != row.key(self.order) for row in before)
        if new or moved or total != self.total:
            self.changed.emit(new)

    # As Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as Qt declares it
        return 0 if parent.isValid() else self.total

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as Qt declares it
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole and section != Column.PRIORITY:
            return _(TITLES[Column(section)])
        return _(TITLES[Column(section)]) if role == Qt.ItemDataRole.AccessibleTextRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role not in (ROW, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        row = self.row(index.row())
        if role == ROW or row is None:
            return row
        text = visible(self.text(row, Column(index.column())))
        title = _(TITLES[Column(index.column())])
        return f"{title}: {text}" if role == Qt.ItemDataRole.AccessibleTextRole else text

    def text(self, row: CaseRow, column: Column) -> str:
        """What a cell says."""
        match column:
            case Column.PRIORITY:
                return priority_badge(row.priority).text
            case Column.PERSON:
                return ", ".join(part for part in (*row.names, row.case_number, country(row)) if part)
            case Column.CATEGORY:
                return category_badge(row.category, full=True).text
            case Column.STATUS:
                return status_badge("case_status", row.status).text
            case Column.NEXT:
                when = formats.due(row.due_on, self.today) if row.due_on is not None else ""
                return ", ".join(filter(None, (next_step(row), when)))
            case Column.WORKER:
                return self.worker(row)

    def worker(self, row: CaseRow) -> str:
        return self.workers.get(row.owner_id, "") if row.owner_id else ""


def country(row: CaseRow) -> str:
    return codelists.get("destination_country").label(row.country)


def next_step(row: CaseRow) -> str:
    """What is to be done next: the words of the task, or what it is for."""
    if row.due_on is None:
        return ""
    if not row.due_what:
        return _("Next contact")
    kind = codelists.get("followup_type").find(row.due_what)
    return kind.label if kind else _(row.due_what)  # tasks that the program plans are kept in English


def shortened(name: str) -> str:
    """A colleague's name with one letter for all but the last word: F. Haque."""
    first, _space, last = name.rpartition(" ")
    return f"{first[:1]}. {last}" if first and language() == "en" else name


@dataclass(frozen=True, slots=True)
class Room:
    """Which parts there is room for; they go in this order when it gets narrow."""

    worker: bool = True
    country: bool = True
    status: bool = True
    second_name: bool = True


def room_for(width: int) -> Room:
    return Room(width >= 760, width >= 640, width >= 600, width >= 560)


class CaseDelegate(QStyledItemDelegate):
    """Paints the cells of a case."""

    def __init__(self, view: CaseView) -> None:
        super().__init__(view)
        self._view = view

    def paint(self, painter: QPainter, option: Any, index: Index) -> None:
        room = QRectF(option.rect)
        column = Column(index.column())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, room, option.state, index.row(), column)
        row = index.data(ROW)
        inner = room.adjusted(8, 4, -6, -4)
        if row is None:
            self._waiting(painter, inner, column)
        else:
            self._cell(painter, inner, row, column)
        painter.restore()

    def _ground(self, painter: QPainter, room: QRectF, state: Any, at: int, column: Column) -> None:
        view = self._view
        if at == view.hovered:
            state |= QStyle.StateFlag.State_MouseOver
        if view.hasFocus():
            state |= QStyle.StateFlag.State_HasFocus
        shown = [each for each in Column if not view.isColumnHidden(each)]
        paint_ground(painter, room, state, current(), first=column is shown[0], last=column is shown[-1])

    def _waiting(self, painter: QPainter, room: QRectF, column: Column) -> None:
        if column not in (Column.PERSON, Column.NEXT):
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current().colour("sunken"))
        for width, top in ((120.0, 6.0), (80.0, 22.0)):
            painter.drawRoundedRect(QRectF(room.x(), room.y() + top, min(width, room.width()), 9), 4.5, 4.5)

    def _cell(self, painter: QPainter, room: QRectF, row: CaseRow, column: Column) -> None:
        theme = current()
        match column:
            case Column.PRIORITY:
                spec = priority_badge(row.priority)
                tone = spec.tone if spec.tone in ("danger", "warn") else "muted"
                side = theme.scaled(16)
                paint_icon(
                    painter, QRectF(room.center().x() - side / 2, room.y(), side, room.height()), spec.icon, tone
                )
            case Column.PERSON:
                self._person(painter, room, row)
            case Column.CATEGORY:
                spec = category_badge(row.category)
                if row.category is None:
                    write_line(painter, room, spec.text, "body", "muted")
                else:
                    paint_badge(painter, room, spec)
            case Column.STATUS:
                self._status(painter, room, row)
            case Column.NEXT:
                self._next(painter, room, row)
            case Column.WORKER:
                write_line(painter, room, shortened(self._view.table.worker(row)), "body", "text2")

    def _person(self, painter: QPainter, room: QRectF, row: CaseRow) -> None:
        upper, lower = halves(room)
        first, second = row.names
        width = name_line(painter, upper, first, self._view.typed)
        if second and self._view.space.second_name:
            write_line(painter, upper.adjusted(width + 8, 0, 0, 0), second, "body", "text2")
        parts = [short(row.case_number)]
        if self._view.space.country and row.country:
            parts.append(country(row))
        write_line(painter, lower, "  ·  ".join(parts), "caption", "text2")

    def _status(self, painter: QPainter, room: QRectF, row: CaseRow) -> None:
        spec = status_badge("case_status", row.status)
        side = current().scaled(15)
        paint_icon(painter, QRectF(room.x(), room.center().y() - side / 2, side, side), spec.icon, "text2")
        if self._view.space.status:
            write_line(painter, room.adjusted(side + 6, 0, 0, 0), spec.text, "body", "text2")

    def _next(self, painter: QPainter, room: QRectF, row: CaseRow) -> None:
        if row.due_on is None:
            write_line(painter, room, _("Nothing planned") if row.is_open else "", "body", "muted")
            return
        upper, lower = halves(room)
        today = self._view.table.today
        write_line(painter, upper, next_step(row), "body", "text")
        tone = "danger" if row.due_on < today else "text2"
        write_line(painter, lower, formats.due(row.due_on, today), "caption", tone)


def halves(room: QRectF) -> tuple[QRectF, QRectF]:
    upper = QRectF(room.x(), room.y(), room.width(), room.height() / 2)
    return upper, upper.translated(0, room.height() / 2)


def name_line(painter: QPainter, room: QRectF, name: str, typed: list[str]) -> float:
    """A name, with the part that was typed in heavier letters."""
    before, match, after = matched(name, typed)
    if not match:
        return write_line(painter, room, name, "label", "text")
    width = 0.0
    for part, weight in ((before, 400), (match, 600), (after, 400)):
        width += write_line(painter, room.adjusted(width, 0, 0, 0), part, "body", "text", weight=weight)
    return width


def matched(name: str, typed: list[str]) -> tuple[str, str, str]:
    """A name cut round what was typed of it; nothing in the middle where it matches only by its sound."""
    folded = name.casefold()
    if len(folded) == len(name):
        for word in typed:
            at = 0 if folded.startswith(word) else folded.find(" " + word) + 1
            if word and folded.startswith(word, at):
                return name[:at], name[at : at + len(word)], name[at + len(word) :]
    return name, "", ""


class CaseView(QTableView):
    """The table on the screen. Rows are chosen whole; Home and End go to the ends of the list."""

    chosen = Signal(object)
    opened = Signal(object)

    def __init__(self, table: CaseTable) -> None:
        super().__init__()
        self.table = table
        self.typed: list[str] = []
        self.space = Room()
        self.hovered = -1
        self.setModel(table)
        self.setItemDelegate(CaseDelegate(self))
        self.setAccessibleName(_("Cases"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setCornerButtonEnabled(False)
        side, top = self.verticalHeader(), self.horizontalHeader()
        side.hide()
        side.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        side.setDefaultSectionSize(row_height())
        side.setMinimumSectionSize(row_height())
        top.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        top.setHighlightSections(False)
        top.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        top.setFixedHeight(current().scaled(34))
        top.setFont(current().font("body"))
        self.entered.connect(self._hover)
        self.selectionModel().currentRowChanged.connect(self._moved)
        self.doubleClicked.connect(self._open)

    def look_for(self, words: str) -> None:
        """Show these words heavier where they are found."""
        self.typed = [word.casefold() for word in words.split()] + words_of(words)

    def current_case(self) -> CaseRow | None:
        at = self.currentIndex().row()
        return self.table.row(at) if at >= 0 else None

    def choose(self, at: int) -> None:
        """Make this row the current one."""
        index = self.table.index(at, Column.PERSON)
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)

    def shown_rows(self) -> tuple[int, int]:
        """The first and the last row on the screen."""
        first = max(self.rowAt(0), 0)
        last = self.rowAt(self.viewport().height() - 1)
        return first, last if last >= 0 else self.table.total - 1

    def keyPressEvent(self, event: QKeyEvent) -> None:
        code = Qt.Key(event.key())
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if code in (Qt.Key.Key_Home, Qt.Key.Key_End) and self.table.total:
            self.choose(0 if code == Qt.Key.Key_Home else self.table.total - 1)
        elif code in ENTER and plain:
            self._open(self.currentIndex())
        elif code in (Qt.Key.Key_Left, Qt.Key.Key_Right) or (event.text() and event.text().isprintable()):
            event.ignore()  # letters belong to the page
        else:
            super().keyPressEvent(event)

    def _hover(self, index: QModelIndex) -> None:
        self.hovered = index.row()
        row = self.table.row(index.row())
        tip(self.viewport(), row.names[1] if row is not None and not self.space.second_name else "")
        self.viewport().update()

    def leaveEvent(self, event: Any) -> None:
        self.hovered = -1
        self.viewport().update()
        super().leaveEvent(event)

    def _moved(self, now: QModelIndex, _before: QModelIndex) -> None:
        self.chosen.emit(self.table.row(now.row()) if now.isValid() else None)

    def _open(self, index: QModelIndex) -> None:
        if index.isValid() and (row := self.table.row(index.row())) is not None:
            self.opened.emit(row)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.space = room_for(self.viewport().width())
        self._widths(self.viewport().width())

    def _widths(self, width: int) -> None:
        theme = current()
        self.setColumnHidden(Column.WORKER, not self.space.worker)
        fixed = {Column.PRIORITY: 38, Column.CATEGORY: 128 if language() == "en" else 108}
        fixed[Column.STATUS] = 120 if self.space.status else 36
        fixed[Column.WORKER] = 118 if self.space.worker else 0
        wide = {column: theme.scaled(pixels) for column, pixels in fixed.items()}
        left = max(width - sum(wide.values()), 200)
        wide[Column.PERSON] = round(left * 0.56)
        wide[Column.NEXT] = left - wide[Column.PERSON]
        for column, pixels in wide.items():
            self.setColumnWidth(column, pixels)


def row_height() -> int:
    height: int = tokens()["height"]["row_two"]
    return current().scaled(height + (2 if current().language == "bn" else 0))
