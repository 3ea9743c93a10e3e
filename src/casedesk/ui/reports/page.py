"""The page of reports: which one, about which time, its figures and charts, and the ways out."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QGridLayout, QVBoxLayout

from casedesk import formats, i18n
from casedesk.desk import Desk
from casedesk.i18n import _
from casedesk.progress import Cancelled, Progress
from casedesk.reports.hand_out import (
    FileKind,
    FirstRows,
    changed_since_given_out,
    first_rows,
    save_register,
    save_report,
)
from casedesk.services.case_register import Register
from casedesk.services.given_out import Handing
from casedesk.services.permissions import may
from casedesk.services.prints import CODED
from casedesk.services.statistics import reports
from casedesk.services.statistics.kept import figure_stored, restored, stored
from casedesk.services.statistics.periods import Period
from casedesk.services.statistics.shapes import Cell, Report, Request, Shown
from casedesk.storage.store import Touched
from casedesk.tokens import tokens
from casedesk.ui.kit.blocks import Banner, Card, EmptyState, Skeleton, keys_hint
from casedesk.ui.kit.buttons import Chip, button
from casedesk.ui.kit.layouts import Tall, clear, column, row, scrolled, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.sidebar import NavItem, SectionNav
from casedesk.ui.kit.texts import ElidedLabel, PlainLabel, tip
from casedesk.ui.kit.toast import announce
from casedesk.ui.page import Goto, Here, Page
from casedesk.ui.reports.charts import ChartCard
from casedesk.ui.reports.figures import FigureTable
from casedesk.ui.reports.filters import FilterSheet, chips_of
from casedesk.ui.reports.handing import HandOutSheet, ask_where, with_ending
from casedesk.ui.reports.period import DaysSheet, PeriodBar
from casedesk.ui.reports.register import FirstRowsSheet, RegisterSheet
from casedesk.whole_file import FileNotWritten

ICONS = {
    "R1": "calendar",
    "R3": "cases",
    "R4": "what_happened",
    "R6": "referral",
    "R12": "late",
    "R16": "sync",
}
MOST_CHARTS = 3
BESIDE = 840  # width of the page from which charts stand beside the tables
NARROW = 1100  # width of the window under which the list of reports is a row of icons
FILES = (FileKind.XLSX, FileKind.CSV, FileKind.JSON)


class ReportsPage(Page):
    """Shows one report. ← and → step through its periods; every figure that may be told opens its cases."""

    nav = "reports"

    def __init__(self, here: Here, *, asked: Mapping[str, Any] | None = None, focus: str = "") -> None:
        super().__init__(here)
        self.setObjectName("page")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(_("Reports"))
        self.kinds = reports.reports_of(here.desk)
        self.request = restored(asked or {}, here.desk.today(), self.kinds[0].id)
        self.report: Report | None = None
        self.changed = ""  # in words, if a copy that left tells other figures
        self.tables: list[FigureTable] = []
        self.charts: list[ChartCard] = []
        self._wanted = 0
        self._held = focus
        self._beside: bool | None = None
        self._late = QTimer(self, singleShot=True, interval=tokens()["time_ms"]["progress_after"])
        self._late.timeout.connect(self._show_waiting)
        self._make()
        export = QShortcut(QKeySequence("Ctrl+E"), self)
        export.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)  # not while a sheet lies over it
        export.activated.connect(self.export)
        self.compute()

    # Making

    def _make(self) -> None:
        items = [NavItem(kind.id, ICONS.get(kind.id, "reports"), _(kind.title)) for kind in self.kinds]
        self.list = SectionNav(items, self.request.report)
        self.list.chosen.connect(self._choose_report)
        self.register_button = button(_("Case register"), "ghost", "export", clicked=self._ask_register)
        self.register_button.setVisible(may(self.here.desk, "register.coded"))
        self.list.foot.addWidget(self.register_button)
        self.title = ElidedLabel("", "page")
        self.told = PlainLabel("", "body", tone="text2", wrap=True)
        self.csv_button = button(_("CSV"), "default", "document", clicked=partial(self.export, FileKind.CSV))
        self.excel_button = button(
            _("Excel"), "default", "columns", keys="Ctrl+E", clicked=partial(self.export, FileKind.XLSX)
        )
        self.pdf_button = button(_("PDF"), "default", "export", clicked=self._to_paper)
        self.print_button = button(_("Print"), "primary", "print", keys="Ctrl+P", clicked=self._to_paper)
        self._ways_out = (self.csv_button, self.excel_button, self.pdf_button, self.print_button)
        for each in self._ways_out:
            each.setEnabled(False)
            each.setVisible(may(self.here.desk, "report.give_out"))
        head = row(widget(column(self.title, self.told, gap=0)), *self._ways_out, gap=8)
        head.setStretch(0, 1)
        self.period = PeriodBar(self.request.period, self.here.desk.today())
        self.period.chosen.connect(self._choose_period)
        self.period.asked_days.connect(self._ask_days)
        self.chips = row(gap=8)
        self._content = QVBoxLayout()
        self._content.setContentsMargins(0, 0, 0, 0)
        inside = Tall()
        inside.setLayout(self._content)
        self.area = scrolled(inside)
        across = row(self.period, widget(self.chips), None, gap=8)
        main = column(head, across, self.area, gap=10, margins=(20, 14, 20, 0))
        main.setStretch(2, 1)
        whole = row(self.list, widget(main), gap=0)
        whole.setStretch(1, 1)
        self.setLayout(whole)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.window().width() < NARROW
        for item in self.list.items.values():
            item.fold(narrow)
        self.list.setFixedWidth(58 if narrow else tokens()["width"]["section_nav"])
        self.register_button.setVisible(not narrow and may(self.here.desk, "register.coded"))
        self.pdf_button.setVisible(not narrow and may(self.here.desk, "report.give_out"))
        beside = self._room() >= BESIDE
        if beside != self._beside:
            self._beside = beside
            self._place()
            QTimer.singleShot(0, self, self._hold_again)

    def _room(self) -> int:
        """The width of what is shown; the layout has not been there yet when the page changes its size."""
        return self.width() - self.list.width() - 60

    # Asking

    def compute(self) -> None:
        """Make the report that is asked for now."""
        self._wanted += 1
        self.period.show_period(self.request.period)
        self.list.select(self.request.report)
        self._show_chips()
        self._late.start()
        work = partial(_made, self.here.desk, self.request)
        self.here.jobs.run(self, work, partial(self._take, self._wanted), failed=self._refused)

    def _take(self, number: int, found: tuple[Report, str]) -> None:
        if number != self._wanted:
            return  # something else was asked meanwhile
        self._late.stop()
        report, self.changed = found
        self.report = report
        self.title.setText(report.title)
        made = _("made {when}").format(when=formats.clock(report.made_at))
        self.told.setText(" · ".join(part for part in (report.headline, made) if part))
        for each in self._ways_out:
            each.setEnabled(not report.not_begun)
        for each in (self.csv_button, self.excel_button):
            each.setEnabled(not report.internal and not report.not_begun)
            tip(each, _("This report stays in the centre.") if report.internal else "")
        self._build()
        self._place()
        announce(self, f"{report.title}, {report.request.period.label}. {report.headline}")
        QTimer.singleShot(0, self, self._hold_again)  # what was just put into a layout is shown by the next event

    def _refused(self, error: Exception) -> None:
        self._late.stop()
        show_error(self, error)

    def _show_waiting(self) -> None:
        clear(self._content)
        self.tables, self.charts = [], []
        self._content.addWidget(PlainLabel(_("Counting…"), "body", tone="text2"))
        self._content.addWidget(Skeleton(8))
        self._content.addStretch(1)

    def _ask(self, request: Request) -> None:
        self.request = request
        self.compute()

    def _choose_report(self, code: str) -> None:
        self._ask(replace(self.request, report=code))

    def _choose_period(self, period: Period) -> None:
        self._ask(replace(self.request, period=period))

    def _ask_days(self) -> None:
        sheet = DaysSheet(self, self.request.period, self.here.desk.today())
        sheet.chosen.connect(self._choose_period)
        sheet.open()

    def _ask_filters(self) -> None:
        sheet = FilterSheet(self, self.request)
        sheet.chosen.connect(self._ask)
        sheet.open()

    def _show_chips(self) -> None:
        clear(self.chips)
        for words, without in chips_of(self.request):
            chip = Chip(words, name=_("Remove: {words}").format(words=words))
            chip.removed.connect(partial(self._ask, without))
            self.chips.addWidget(chip)
        self.filter_button = button(_("Filter"), "default", "filter", keys="F", clicked=self._ask_filters)
        self.chips.addWidget(self.filter_button)

    # Showing

    def _build(self) -> None:
        """Tables and charts of the report, not yet placed."""
        self.tables, self.charts = [], []
        if self.report is None or self.report.not_begun or _nothing(self.report):
            return
        for table in self.report.tables:
            made = FigureTable(table)
            made.opened.connect(self._open)
            self.tables.append(made)
        charts = [chart for section in self.report.sections for chart in section.charts if chart.places]
        for chart in charts[:MOST_CHARTS]:
            card = ChartCard(chart)
            card.opened.connect(self._open)
            self.charts.append(card)

    def _place(self) -> None:
        """Tables at the left and charts at the right, or one under the other where there is less room."""
        if self.report is None:
            return
        kept = [*self.tables, *self.charts]
        self._held = self._holding() or self._held
        for each in kept:
            each.setParent(self)
            each.hide()
        clear(self._content)
        self._content.setSpacing(10)
        if self.changed:
            self._content.addWidget(Banner("warn", self.changed))
        self._content.addWidget(Notice(self.report))
        if not self.tables:
            self._content.addWidget(self._empty(self.report), 1)  # the notice takes none of its room
            return
        left = [self._card(table) for table in self.tables]
        right = self._chart_grid()
        fits = max(table.least_width() for table in self.tables) <= self._room() * 0.54
        if self._beside and fits and self.charts:
            across = row(widget(column(*left, None, gap=12)), widget(column(right, None, gap=12)), gap=12)
            across.setStretch(0, 11)
            across.setStretch(1, 10)
            self._content.addLayout(across)
        else:
            self._content.addLayout(column(left[0], right, *left[1:], gap=12))
        self._content.addWidget(PlainLabel(self.report.speaks_for, "caption", tone="text2", wrap=True))
        hints = (("←→", _("period")), ("Enter", _("cases")), ("T", _("table of a chart")), ("F", _("filter")))
        self._content.addWidget(widget(row(*(keys_hint(keys, words) for keys, words in hints), None, gap=14)))
        self._content.addStretch(1)
        for each in kept:
            each.setVisible(True)

    def _card(self, table: FigureTable) -> Card:
        report = self.report
        assert report is not None  # noqa: S101 - cards are made of a report
        made = Card(table.accessibleName(), dense=True, kind="card")
        where = f"{report.request.period.label}, {report.centre}"
        made.head.addWidget(PlainLabel(where, "caption", tone="text2"))
        inside = made.layout()
        assert inside is not None  # noqa: S101 - a card has one
        inside.setContentsMargins(1, 10, 1, 6)
        made.head.setContentsMargins(13, 0, 13, 0)
        made.body.addWidget(table)
        for note in next(each.notes for each in report.tables if each.title == table.accessibleName()):
            words = PlainLabel(note, "caption", tone="text2", wrap=True)
            made.body.addWidget(widget(column(words, margins=(13, 0, 13, 4))))
        return made

    def _chart_grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(12)
        at = 0
        for card in self.charts:
            wide = card.wide or (card is self.charts[-1] and at % 2 == 0)
            if wide:
                at += at % 2
                grid.addWidget(card, at // 2, 0, 1, 2)
                at += 2
            else:
                grid.addWidget(card, at // 2, at % 2, Qt.AlignmentFlag.AlignTop)
                at += 1
        for part in (0, 1):
            grid.setColumnStretch(part, 1)
        return grid

    def _empty(self, report: Report) -> EmptyState:
        period = report.request.period
        words = _("Nothing was recorded in {period}").format(period=period.label)
        if report.not_begun:
            words = _("{period} has not begun yet").format(period=period.label)
        earlier = button(_("The period before"), "default", "previous", clicked=partial(self.period.step, -1))
        return EmptyState("reports", words, _("Choose another period, or take a filter away."), (earlier,))

    # Out

    def _open(self, cell: Cell) -> None:
        """The cases behind a figure; Back returns here."""
        if cell.opens is not None and may(self.here.desk, "case.list"):
            self._held = self._holding()
            self.here.go(Goto("cases", {"filters": {"figure": [figure_stored(cell.opens)]}, "closed": True}))

    def export(self, kind: FileKind = FileKind.XLSX) -> None:
        """Ask for whom, why and where; then write the file."""
        if self.report is None or self.report.internal or self.report.not_begun:
            return
        if not may(self.here.desk, "report.give_out"):
            return
        title = f"{self.report.title}, {self.report.request.period.label}"
        sheet = HandOutSheet(self, title, FILES, kind)
        sheet.ready.connect(self._ask_where)
        sheet.open(sheet.who.receiver)

    def _ask_where(self, kind: FileKind, handing: Handing) -> None:
        dialog = ask_where(self, f"{self._file_name()}.{kind}", kind)
        dialog.fileSelected.connect(partial(self._write, kind, handing))

    def _file_name(self) -> str:
        period = self.request.period
        return f"{self.request.report.lower()}_{period.first.isoformat()}_{period.last.isoformat()}"

    def _write(self, kind: FileKind, handing: Handing, chosen: str) -> None:
        if self.report is None:
            return
        path = with_ending(chosen, kind)
        work = partial(_save, self.here.desk, self.report, kind, path, handing)
        self._write_to(path, work, partial(self._ask_where, kind, handing))

    def _ask_register(self) -> None:
        sheet = RegisterSheet(self, self.here.desk, self.request.period)
        sheet.ready.connect(self._look_at_register)
        sheet.open(sheet.who.receiver)

    def _look_at_register(self, kind: FileKind, asked: Register) -> None:
        work, done = partial(first_rows, self.here.desk, asked), partial(self._show_first_rows, kind, asked)
        self.here.jobs.run_long(self, _("Reading the cases"), work, done, writes=asked.profile != CODED)

    def _show_first_rows(self, kind: FileKind, asked: Register, found: FirstRows) -> None:
        sheet = FirstRowsSheet(self, found)
        sheet.ready.connect(partial(self._ask_where_register, kind, asked))
        sheet.open(sheet.save_button)

    def _ask_where_register(self, kind: FileKind, asked: Register) -> None:
        name = f"case-register_{asked.profile}_{self.here.desk.today().isoformat()}.{kind}"
        dialog = ask_where(self, name, kind)
        dialog.fileSelected.connect(partial(self._write_register, kind, asked))

    def _write_register(self, kind: FileKind, asked: Register, chosen: str) -> None:
        path = with_ending(chosen, kind)
        work = partial(save_register, self.here.desk, asked, kind, path)
        self._write_to(path, work, partial(self._ask_where_register, kind, asked))

    def _write_to(self, path: Path, work: Callable[[Progress], object], again: Callable[[], object]) -> None:
        """Write it. Where that is not possible it is asked `again` where, and nothing has to be typed twice."""
        failed = partial(self._not_written, again)
        done = partial(self._written, path)
        self.here.jobs.run_long(self, _("Writing the file"), work, done, failed=failed, writes=True)

    def _not_written(self, again: Callable[[], object], error: Exception) -> None:
        if isinstance(error, Cancelled):
            return
        told = show_error(self, error)
        if isinstance(error, FileNotWritten):
            told.closed.connect(again)

    def _written(self, path: Path, _done: object) -> None:
        self.here.say(_("Saved as {file}.").format(file=path.name))

    def _to_paper(self) -> None:
        if (to := self.print_preview()) is not None:
            self.here.go(to)

    def print_preview(self) -> Goto | None:
        if not may(self.here.desk, "report.give_out") or (self.report is not None and self.report.not_begun):
            return None
        return Goto("report_paper", {"asked": stored(self.request)})

    def main_action(self) -> None:
        self._to_paper()

    # Keys, and the way back

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Left and not event.modifiers():
            self.period.step(-1)
        elif key == Qt.Key.Key_Right and not event.modifiers():
            self.period.step(1)
        elif key == Qt.Key.Key_F and not event.modifiers():
            self._ask_filters()
        elif key == Qt.Key.Key_T and not event.modifiers() and self.charts:
            self.charts[0].turn()
        else:
            super().keyPressEvent(event)

    def place(self) -> dict[str, Any]:
        return {"asked": stored(self.request), "focus": self._holding() or self._held}

    def _holding(self) -> str:
        """Which figure has the focus: table, line, column."""
        for at, table in enumerate(self.tables):
            index = table.currentIndex()
            if table.hasFocus() and index.isValid():
                return f"{at}.{index.row()}.{index.column()}"
        return ""

    def _hold_again(self) -> None:
        if not self.tables:
            return
        held, self._held = self._held, ""
        parts = [int(part) for part in held.split(".")] if held else []
        if len(parts) == 3 and parts[0] < len(self.tables):
            table = self.tables[parts[0]]
            table.hold(parts[1], parts[2])
            table.setFocus()
            self.area.ensureWidgetVisible(table)

    def refresh(self, touched: Touched) -> None:
        """What is shown stays as it was made; the next period or report counts anew."""


def _save(desk: Desk, report: Report, kind: FileKind, path: Path, handing: Handing, progress: Progress) -> None:
    """Write it in the language asked for: a report speaks the one it was made in."""
    if handing.language != i18n.language():
        with i18n.speaking(handing.language):
            report = reports.make(desk, report.request)
    save_report(desk, report, kind, path, handing, progress=progress)


def _made(desk: Desk, request: Request) -> tuple[Report, str]:
    report = reports.make(desk, request)
    return report, changed_since_given_out(desk, report)


def _nothing(report: Report) -> bool:
    """Whether there is nothing to tell of this period."""
    cells = [cell for table in report.tables for row in table.rows for cell in row.cells]
    return all(cell.shown is Shown.EMPTY or (cell.shown is Shown.EXACT and not cell.value) for cell in cells)


class Notice(Banner):
    """What is hidden, and on demand why."""

    def __init__(self, report: Report) -> None:
        self._notes = report.notes
        self.why = button(_("Why"), "link", clicked=self._turn)
        self.why.setCheckable(True)
        title = _("For work inside the centre") if report.internal else _("Small numbers are hidden")
        super().__init__("info", title, icon="restricted", actions=(self.why,))
        self._title = title
        self._turn()

    def _turn(self) -> None:
        why = _("One person must not be found by subtracting figures. The same rule holds on screen, paper and file.")
        self.say(self._title, " ".join((*self._notes, why) if self.why.isChecked() else self._notes))
