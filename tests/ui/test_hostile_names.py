"""Names that are no names, from the first key press to the paper: kept as typed and shown as words, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from casedesk.desk import Desk
from casedesk.formats import visible
from casedesk.reports.assemble import summary_preview
from casedesk.reports.preview import pages, text_of
from casedesk.services.case_facts import case_facts
from casedesk.services.drafts import begin_draft, open_draft
from casedesk.services.prints import FULL, PrintRequest
from casedesk.services.search import Filters, Order, count_cases, page_of_cases
from casedesk.ui.application import tables
from casedesk.ui.case.page import CasePage
from casedesk.ui.cases.page import CasesPage
from casedesk.ui.cases.table import Column
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Goto
from casedesk.ui.window import Window
from tests.support.people import a_returnee
from tests.ui.intake_support import CTRL, Typist, the_intake

KEY = Qt.Key
HOSTILE = [
    "Smith <Jones",
    "<img src=x onerror=1>",
    "=cmd()",
    "&amp; < 5",
    "x" * 199,
    "\u202eRahima",
    "Ra\u200f\u2067hima\u2069",
]
Show = Callable[[Goto], Window]


@pytest.fixture
def show(desk: Desk, qtbot: QtBot) -> Iterator[Show]:
    """Opens the window with all its pages at a place."""
    window = Window(desk, *tables())

    def go(to: Goto) -> Window:
        window.go(to)
        window.resize(1366, 768)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        return window

    yield go
    window.close()
    window.deleteLater()
    QApplication.processEvents()


def typed(show: Show, desk: Desk, name: str) -> tuple[Window, UUID]:
    """An intake where all but the name is answered, and the name typed."""
    answers = {key: value for key, value in a_returnee().items() if key not in ("person.name_bn", "person.name_en")}
    draft = begin_draft(desk, "full", answers)
    window = show(Goto("intake", {"draft_id": str(draft), "part": "person", "kind": "full"}))
    the_intake(window).middle.show_answer("person.name_en")
    assert isinstance(QApplication.focusWidget(), QLineEdit)
    QApplication.clipboard().setText(name)
    Typist(window).press(KEY.Key_V, modifier=CTRL)
    Typist(window).press(KEY.Key_Tab)
    return window, draft


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_is_words_from_the_intake_to_the_paper(name: str, desk: Desk, show: Show, qtbot: QtBot) -> None:
    window, _draft = typed(show, desk, name)
    Typist(window).press(KEY.Key_Return, modifier=CTRL)
    qtbot.waitUntil(lambda: isinstance(window.page, CasePage) and window.page.part is not None, timeout=10_000)
    case_page = window.page
    assert isinstance(case_page, CasePage)
    assert case_page.header.name.text() == visible(name)
    case_id = case_page.case.id
    assert case_facts(desk, case_id).answers["person.name_en"] == name
    no_markup(window)

    window.go(Goto("cases"))
    listed = window.page
    assert isinstance(listed, CasesPage)
    qtbot.waitUntil(lambda: listed.table.total == 1 and listed.table.row(0) is not None, timeout=10_000)
    cell = listed.table.index(0, Column.PERSON)
    for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
        assert visible(name) in listed.table.data(cell, role)
    qtbot.waitUntil(lambda: visible(name) in said(window), timeout=10_000)  # the glance at the side
    no_markup(window)
    (found,) = page_of_cases(desk, Filters(words="rahima" if "hima" in name else name), Order.URGENT)
    assert found.case_id == case_id

    paper = summary_preview(desk, case_id, PrintRequest(level=FULL)).pdf
    assert pages(paper) == 1
    assert "".join(visible(name).split()) in "".join(text_of(paper).split())


@pytest.mark.parametrize(
    ("name", "words"),
    [("a" * 10_000, "10,000 characters long"), ("   ", "Write a name. What others call them is enough.")],
    ids=["long", "spaces"],
)
def test_what_cannot_be_a_name_is_refused_in_words_and_stays_where_it_was_typed(
    name: str, words: str, desk: Desk, show: Show, qtbot: QtBot
) -> None:
    window, draft = typed(show, desk, name)
    Typist(window).press(KEY.Key_Return, modifier=CTRL)
    qtbot.waitUntil(lambda: words in said(window), timeout=10_000)
    assert count_cases(desk, Filters()) == 0
    the_intake(window).store()
    kept = str(open_draft(desk, draft).answers.get("person.name_en") or "")
    assert kept == name.strip(), "what was typed is in the draft"


def said(window: Window) -> str:
    return "\n".join(label.text() for label in window.findChildren(PlainLabel) if label.isVisible())


def no_markup(window: Window) -> None:
    assert {each.textFormat() for each in window.findChildren(QLabel) if each.isVisible()} <= {Qt.TextFormat.PlainText}
