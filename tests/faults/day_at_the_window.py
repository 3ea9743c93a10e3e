"""A day in the real window with planted names, in a process of its own (see `test_no_plaintext.py`).

`CASEDESK_DAY` names a folder with a centre in `store`; what is asked for goes into `asked`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from casedesk.services.search import Filters, Order, page_of_cases
from casedesk.ui.application import tables
from casedesk.ui.page import Goto
from casedesk.ui.reports.page import ReportsPage
from casedesk.ui.reports.paper import ReportPaperPage
from tests.conftest import PASSPHRASE
from tests.support.planted import MARKERS
from tests.support.sitting import Sitting
from tests.support.six_returnees import DOMESTIC_WORKER, Answers
from tests.ui import test_six_returnees as six
from tests.ui.intake_support import CTRL

KEY = Qt.Key
PLANTED = {
    "person.name_en": "name",
    "person.name_bn": "name in Bangla",
    "person.phone_1": "phone",
    "person.village_or_street": "address",
    "identity_document.number": "document number",
    "incident.narrative": "narrative",
}
AS_ITS_NUMBER_SAYS = {"identity_document.type": "Machine readable passport (MRP)"}


def planted(answers: Answers) -> Answers:
    said = {key: MARKERS[planted] for key, planted in PLANTED.items()} | AS_ITS_NUMBER_SAYS
    return {key: said.get(key, other) for key, other in answers.items()}


WHO = replace(
    DOMESTIC_WORKER,
    code="day",
    name_en=MARKERS["name"],
    name_bn=MARKERS["name in Bangla"],
    parts=tuple((part, planted(answers)) for part, answers in DOMESTIC_WORKER.parts),
    found_by=MARKERS["name in Bangla"],
)


def sat_down(qtbot: QtBot, sitting: Sitting, name: str) -> six.Caseworker:
    window = sitting.enter(name, PASSPHRASE)
    window.showNormal()
    window.resize(1366, 768)
    qtbot.waitUntil(lambda: window.width() == 1366)
    return six.Caseworker(qtbot, window, sitting.folder.with_name("asked"))


def test_a_day_at_the_window(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(os.environ["CASEDESK_DAY"])
    settings = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericConfigLocation)
    assert all(Path(place).is_relative_to(folder) for place in (Path.home(), tempfile.gettempdir(), settings))
    monkeypatch.setattr(six, "PICTURES", folder / "asked")
    sitting = Sitting(qtbot, folder / "store", tables=tables)
    worker = sat_down(qtbot, sitting, "farzana")
    case_id = worker.register(WHO)
    worker.find(WHO, case_id)
    worker.print_summary(WHO, "full", "bn")
    paper_of_a_report(worker)
    begin_a_draft(worker)
    worker.focused().clearFocus()  # the window is not really replaced here, and goes on hearing of its fields
    QTest.keyClick(worker.window, KEY.Key_L, CTRL)
    unlocked = sitting.after_lock()
    worker = sat_down(qtbot, unlocked, "")
    worker.wait(lambda: worker.intake.talk.answers.get("person.name_en") == MARKERS["draft"])
    shutil.copytree(folder / "store", folder / "as it lay")
    assert len(page_of_cases(worker.window.desk, Filters(), Order.NAME)) == 1
    worker.window.go(Goto("today"))
    unlocked.end()


def begin_a_draft(worker: six.Caseworker) -> None:
    worker.press(KEY.Key_N, modifier=CTRL)
    worker.go_to_part("person")
    worker.answer_all({"person.name_en": MARKERS["draft"], "person.phone_1": MARKERS["draft phone"]})


def paper_of_a_report(worker: six.Caseworker) -> None:
    """The month's report as a paper, saved for somebody."""
    worker.press(KEY.Key_7, modifier=CTRL)
    page = worker.page(ReportsPage)
    worker.wait(lambda: page.report is not None)
    worker.press(KEY.Key_P, modifier=CTRL)
    paper = worker.page(ReportPaperPage)
    worker.wait(lambda: paper.shown is not None)
    for asked, said in ((paper.who.receiver, "District office"), (paper.who.reason, MARKERS["reason"])):
        worker.walk_into(asked)
        worker.type(said)
    worker.press(KEY.Key_Return)
    saved = worker.folder / "report.pdf"

    def line() -> QLineEdit | None:
        asked = (each.findChild(QLineEdit) for each in worker.window.findChildren(QFileDialog) if each.isVisible())
        return next((each for each in asked if each is not None and each.hasFocus()), None)

    worker.wait(lambda: line() is not None)
    worker.press(KEY.Key_A, modifier=CTRL)
    worker.type(str(saved))
    worker.press(KEY.Key_Return)
    worker.wait(saved.exists)
    QApplication.processEvents()
