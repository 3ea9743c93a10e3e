"""The page of reports and its paper, by key and mouse, on a real store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.models import Case, Disclosure
from casedesk.reports import preview
from casedesk.reports.hand_out import FileKind
from casedesk.services.intake import register_case
from casedesk.services.statistics.kept import figure_of, figure_stored, restored, stored
from casedesk.services.statistics.shapes import Shown as How
from casedesk.ui.cases.page import CasesPage
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.page import Goto
from casedesk.ui.reports.figures import FigureTable
from casedesk.ui.reports.filters import FilterSheet, chips_of
from casedesk.ui.reports.handing import HandOutSheet, with_ending
from casedesk.ui.reports.page import Notice, ReportsPage
from casedesk.ui.reports.paper import ReportPaperPage
from casedesk.ui.reports.register import FirstRowsSheet, RegisterSheet
from casedesk.ui.window import Window
from tests.support.hands import Hands
from tests.support.on_screen import cut_off
from tests.support.sitting import words_of
from tests.unit.test_case_register import somebody
from tests.unit.test_statistics import without_name

KEY, CONTROL = Qt.Key, Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier
MAY = {"period": ["2026-05-01", "2026-05-31", "month"], "report": "R1", "compare": True, "publishing": False}
NOBODY: dict[str, list[str]] = {"sexes": [], "categories": [], "countries": [], "districts": [], "owners": []}


@dataclass
class Shown(Hands):
    desk: Desk

    def page(self) -> ReportsPage:
        """The page, once its report is counted."""
        self.wait(lambda: isinstance(self.window.page, ReportsPage))
        page = self.window.page
        assert isinstance(page, ReportsPage)
        self.wait(lambda: page.report is not None and page.report.request.period == page.request.period)
        return page

    def paper(self) -> ReportPaperPage:
        self.wait(lambda: isinstance(self.window.page, ReportPaperPage))
        page = self.window.page
        assert isinstance(page, ReportPaperPage)
        self.wait(lambda: page.shown is not None)
        return page

    def sheet(self, kind: type[Sheet]) -> Sheet:
        self.wait(lambda: any(each.isVisible() for each in self.window.findChildren(kind)))
        return next(each for each in self.window.findChildren(kind) if each.isVisible())

    def save_as(self, path: Path) -> None:
        def line() -> QLineEdit | None:
            """Looked for each time: the sheet before it is being let go."""
            for dialog in self.window.findChildren(QFileDialog):
                found = dialog.findChild(QLineEdit)
                if dialog.isVisible() and found is not None and found.hasFocus():
                    return found
            return None

        self.wait(lambda: line() is not None)
        typed = line()
        assert typed is not None
        typed.selectAll()
        QTest.keyClicks(typed, str(path))
        QTest.keyClick(typed, KEY.Key_Return)

    def rows(self) -> list[Disclosure]:
        with self.desk.read() as session:
            return list(session.scalars(select(Disclosure)))

    def rest(self) -> None:
        if isinstance(self.window.page, ReportsPage):
            self.page()


@pytest.fixture
def shown(qtbot: QtBot, desk: Desk) -> Shown:
    for _each in range(7):
        register_case(desk, somebody())
    window = Window(desk, {"reports": ReportsPage, "report_paper": ReportPaperPage, "cases": CasesPage}, {})
    made = Shown(qtbot, window, desk)
    qtbot.addWidget(window, before_close_func=lambda _window: made.rest())
    window.resize(1366, 768)
    window.show()
    window.go(Goto("reports", {"asked": MAY | {"among": NOBODY}}))
    return made


def exact(table: FigureTable, value: int) -> tuple[int, int]:
    """Line and column of a figure that opens."""
    model = table._model
    for line, row in enumerate(model.table.rows):
        for column, cell in enumerate(row.cells):
            if cell.shown is How.EXACT and cell.value == value and cell.opens is not None:
                return line, column + 1
    raise AssertionError(value)


def test_it_opens_by_its_keys_with_the_month_that_is_over(shown: Shown) -> None:
    shown.window.go(Goto("cases"))
    shown.press(KEY.Key_7, CONTROL)
    page = shown.page()
    assert page.request.period.label == "April 2026"
    assert "Nothing was recorded in April 2026" in words_of(page)
    notice = page.findChild(Notice)
    assert notice is not None
    assert notice.height() == notice.heightForWidth(notice.width()), "as high as its words"


def test_arrows_step_and_a_period_that_is_not_over_says_so(shown: Shown) -> None:
    page = shown.page()
    assert "so far" in words_of(page)
    assert "7 new cases registered." in page.told.text()
    shown.press(KEY.Key_Left)
    assert page.period.words.text() == "April 2026"
    shown.page()
    shown.press(KEY.Key_Right)
    shown.press(KEY.Key_Right)
    assert page.period.words.text() == "June 2026"
    shown.page()
    assert "June 2026 has not begun yet" in words_of(page)
    assert page.tables == [], "though the month before has figures"
    assert not any(
        each.isEnabled() for each in (page.csv_button, page.excel_button, page.pdf_button, page.print_button)
    )
    assert page.print_preview() is None


def test_enter_on_a_figure_shows_its_cases_and_back_returns_to_it(shown: Shown) -> None:
    page = shown.page()
    table = page.tables[0]
    line, column = exact(table, 7)
    table.hold(line, column)
    table.setFocus()
    shown.press(KEY.Key_Return)
    cases = shown.window.page
    assert isinstance(cases, CasesPage)
    shown.wait(lambda: cases.table.total == 7)
    assert "New cases registered" in cases.chips.chips["figure"].text()
    shown.press(KEY.Key_Left, Qt.KeyboardModifier.AltModifier)
    back = shown.page()
    shown.wait(lambda: bool(back.tables) and shown.window.focusWidget() is back.tables[0])
    assert (back.tables[0].currentIndex().row(), back.tables[0].currentIndex().column()) == (line, column)


def test_a_list_says_how_many_cases_of_its_figure_one_may_not_open(shown: Shown) -> None:
    case_id = register_case(shown.desk, somebody())
    with shown.desk.write("test.edit") as session:
        case = session.get_one(Case, case_id)
        case.confidential_case, case.owner_id = True, uuid4()
    shown.window.go(Goto("reports", {"asked": MAY | {"among": NOBODY}}))
    page = shown.page()
    line, column = exact(page.tables[0], 8)
    page.tables[0].hold(line, column)
    page.tables[0].setFocus()
    shown.press(KEY.Key_Return)
    cases = shown.window.page
    assert isinstance(cases, CasesPage)
    shown.wait(lambda: cases.table.total == 7)
    shown.wait(lambda: cases.told.text() == "7 of 7 · 1 out of your reach")
    for size in ((1366, 768), (1024, 600)):
        shown.window.resize(*size)
        shown.wait(lambda: cut_off(cases) == [])


def test_a_click_opens_a_figure_and_a_hidden_one_stays_shut(shown: Shown) -> None:
    for _each in range(2):
        register_case(shown.desk, somebody(**{"person.sex_gender": "male"}))
    page = shown.page()
    page.compute()
    page.report = None
    page = shown.page()
    table = page.tables[0]
    hidden = [
        table._model.index(line, at + 1)
        for line, row in enumerate(table._model.table.rows)
        for at, cell in enumerate(row.cells)
        if cell.shown in (How.UNDER, How.RANGE)
    ]
    assert hidden
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(hidden[0]).center())
    assert shown.window.page is page
    index = table._model.index(*exact(table, 9))
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(index).center())
    assert isinstance(shown.window.page, CasesPage)


def test_the_table_of_a_chart_is_one_key_away(shown: Shown) -> None:
    page = shown.page()
    card = page.charts[0]
    card.picture.setFocus()
    shown.press(KEY.Key_T)
    assert card.table.isVisible()
    assert card.table.hasFocus()
    assert card.picture.isHidden()
    shown.press(KEY.Key_T)
    assert card.picture.isVisible()
    assert "A table is there: key T." in card.picture.accessibleDescription()


def test_single_keys_rest_while_they_are_switched_off(shown: Shown) -> None:
    page = shown.page()
    page.setFocus()
    shown.window.single_keys.on = False
    native = shown.window.windowHandle()
    for key in (KEY.Key_F, KEY.Key_T):
        QTest.keyClick(native, key)
    assert not any(each.isVisible() for each in shown.window.findChildren(FilterSheet))
    shown.window.single_keys.on = True
    QTest.keyClick(native, KEY.Key_F)
    assert isinstance(shown.sheet(FilterSheet), FilterSheet)


def test_a_workbook_is_saved_by_keys_after_saying_for_whom(shown: Shown, tmp_path: Path) -> None:
    shown.page()
    shown.press(KEY.Key_E, CONTROL)
    sheet = shown.sheet(HandOutSheet)
    assert isinstance(sheet, HandOutSheet)
    shown.press(KEY.Key_Return)
    assert sheet.who.told.isVisible()
    QTest.keyClicks(sheet.who.receiver, "District office")
    QTest.keyClicks(sheet.who.reason, "Monthly meeting")
    shown.press(KEY.Key_Return)
    shown.save_as(tmp_path / "may")
    path = tmp_path / "may.xlsx"
    shown.wait(path.exists)
    assert "Indicators" in CalamineWorkbook.from_path(str(path)).sheet_names
    (row,) = shown.rows()
    assert (row.recipient_name, row.reason) == ("District office", "Monthly meeting")
    assert not QSettings(QSettings.Scope.UserScope, "QtProject").contains("FileDialog/history")


def test_the_key_of_the_file_opens_one_sheet_and_none_over_another(shown: Shown) -> None:
    shown.page()
    shown.press(KEY.Key_E, CONTROL)
    shown.press(KEY.Key_E, CONTROL)
    assert len(shown.window.findChildren(HandOutSheet)) == 1


def test_the_paper_is_saved_from_its_preview(shown: Shown, tmp_path: Path) -> None:
    shown.page()
    shown.press(KEY.Key_P, CONTROL)
    paper = shown.paper()
    assert paper.title.text() == "Monthly activity"
    shown.press(KEY.Key_Return)
    assert paper.who.told.isVisible()
    assert shown.rows() == []
    QTest.keyClicks(paper.who.receiver, "Board")
    QTest.keyClicks(paper.who.reason, "Review")
    shown.press(KEY.Key_Return)
    shown.save_as(tmp_path / "may.pdf")
    shown.wait(lambda: len(shown.rows()) == 1 and (tmp_path / "may.pdf").exists())
    assert "For: Board" in preview.text_of((tmp_path / "may.pdf").read_bytes())
    shown.press(KEY.Key_Escape)
    shown.page()


def test_the_register_is_saved_for_somebody(shown: Shown, tmp_path: Path) -> None:
    page = shown.page()
    page.register_button.click()
    sheet = shown.sheet(RegisterSheet)
    assert isinstance(sheet, RegisterSheet)
    sheet.profile.set_value("shared")
    assert "research" not in [sheet.purpose.itemData(at) for at in range(sheet.purpose.count())]
    QTest.keyClicks(sheet.who.receiver, "This centre")
    QTest.keyClicks(sheet.who.reason, "Review")
    shown.press(KEY.Key_Return)
    first = shown.sheet(FirstRowsSheet)
    assert isinstance(first, FirstRowsSheet)
    assert "7 cases will be in the file." in words_of(first)
    told = [first.table.item(0, at) for at in range(first.table.columnCount())]
    assert "Rahima Khatun" in [each.text() for each in told if each is not None]
    assert shown.rows() == []
    first.save_button.click()
    shown.save_as(tmp_path / "all.xlsx")
    shown.wait(lambda: len(shown.rows()) == 7 and (tmp_path / "all.xlsx").exists())


def test_a_file_that_cannot_be_written_is_asked_for_again_and_nothing_is_typed_twice(
    shown: Shown, tmp_path: Path
) -> None:
    """The folder vanishes between the choice and the writing, as with a stick that is pulled out."""
    shown.page()._ask_register()
    sheet = shown.sheet(RegisterSheet)
    assert isinstance(sheet, RegisterSheet)
    sheet.profile.set_value("shared")
    QTest.keyClicks(sheet.who.receiver, "This centre")
    QTest.keyClicks(sheet.who.reason, "Review")
    shown.press(KEY.Key_Return)
    shown.sheet(FirstRowsSheet)
    shown.press(KEY.Key_Return)
    shown.wait(lambda: bool(shown.window.findChildren(QFileDialog)))
    (dialog,) = shown.window.findChildren(QFileDialog)
    dialog.close()
    dialog.fileSelected.emit(str(tmp_path / "pulled out" / "all.xlsx"))
    shown.wait(lambda: "there is no folder" in words_of(shown.window))
    assert shown.rows() == []
    shown.press(KEY.Key_Return)
    shown.save_as(tmp_path / "all.xlsx")
    shown.wait(lambda: len(shown.rows()) == 7 and (tmp_path / "all.xlsx").exists())
    assert (shown.rows()[0].recipient_name, shown.rows()[0].reason) == ("This centre", "Review")


def test_after_a_paper_that_could_not_be_written_enter_saves_again(shown: Shown, tmp_path: Path) -> None:
    shown.page()
    shown.press(KEY.Key_P, CONTROL)
    paper = shown.paper()
    QTest.keyClicks(paper.who.receiver, "Board")
    QTest.keyClicks(paper.who.reason, "Review")
    shown.press(KEY.Key_Return)
    shown.save_as(tmp_path / "gone" / "may.pdf")
    shown.wait(lambda: "there is no folder" in words_of(shown.window))
    shown.press(KEY.Key_Return)
    shown.wait(paper.who.receiver.hasFocus)
    shown.press(KEY.Key_Escape)
    shown.page()


@pytest.mark.parametrize("size", [(1366, 768), (1024, 600)])
def test_nothing_is_cut_off(shown: Shown, size: tuple[int, int]) -> None:
    shown.window.resize(*size)
    page = shown.page()
    shown.wait(lambda: bool(page.tables) and page.tables[0].isVisible())
    shown.wait(lambda: not cut_off(page))  # the cards find their sizes with the next events


def test_what_is_asked_comes_back_from_json(shown: Shown) -> None:
    page = shown.page()
    today = shown.desk.today()
    assert restored(stored(page.request), today, "R1") == page.request
    figures = [cell.opens for row in page.tables[0]._model.table.rows for cell in row.cells if cell.opens]
    assert figures
    assert [figure_of(figure_stored(figure)) for figure in figures] == figures
    hosts: list[QWidget] = [page]
    assert all(host.accessibleName() for host in hosts)


def test_others_are_the_same_filter_as_the_column_and_the_command(shown: Shown) -> None:
    """Other genders and those who did not say are told together everywhere."""
    page = shown.page()
    page._ask_filters()
    sheet = shown.sheet(FilterSheet)
    assert isinstance(sheet, FilterSheet)
    sheet.boxes["sexes"].set_value("others")
    sheet._done()
    assert page.request.among.sexes == ("other", "unknown")
    assert "Sex: Others" in [words for words, _without in chips_of(page.request)]
    again = FilterSheet(page, page.request)
    assert again.boxes["sexes"].value() == "others"


def test_a_file_whose_ending_was_added_replaces_none_that_nobody_was_asked_about(tmp_path: Path) -> None:
    chosen = str(tmp_path / "to UNHCR 3.5")
    first = with_ending(chosen, FileKind.XLSX)
    assert first.name == "to UNHCR 3.5.xlsx"
    first.touch()
    assert with_ending(chosen, FileKind.XLSX).name == "to UNHCR 3.5-2.xlsx"
    assert with_ending(str(first), FileKind.XLSX) == first, "the dialog asked about this one"


def test_what_centres_share_is_a_report_where_anything_of_them_is_held(shown: Shown) -> None:
    assert "R16" not in shown.page().list.items
    with shown.desk.local() as session:
        session.add_all(without_name(bytes(32), number, "2026-05") for number in range(6))
    shown.window.go(Goto("reports", {"asked": {**MAY, "report": "R16", "among": {**NOBODY, "countries": ["sa"]}}}))
    page = shown.page()
    shown.wait(lambda: page.report is not None and page.report.request.report == "R16")
    assert page.report is not None
    assert [row.cells[1].words for row in page.report.tables[0].rows] == ["6", "0", "6"]
    page.filter_button.click()
    sheet = shown.sheet(FilterSheet)
    assert isinstance(sheet, FilterSheet)
    assert not sheet.boxes, "a row without a name is not asked for a country"
    sheet._done()
    assert page.request.among.countries == ("sa",), "kept for the other reports"
    shown.wait(lambda: not cut_off(page))
