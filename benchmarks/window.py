"""What a benchmark shows in a process of its own: the list of cases, an empty window, or its memory at the end.

python -m benchmarks.window list|empty|memory FOLDER
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QMainWindow, QTableView, QWidget

from benchmarks.generator import PASSPHRASE, SIGN_IN
from casedesk.desk import Desk
from casedesk.services.sign_in import sign_in
from casedesk.ui.case.page import CasePage
from casedesk.ui.cases.page import CasesPage
from casedesk.ui.kit import theme
from casedesk.ui.page import Goto
from casedesk.ui.window import Window

PATIENCE = 30_000  # milliseconds
STEP = 5


def main(what: str, folder: Path) -> None:
    app = QApplication([])
    theme.apply(app, theme.Theme())
    desk = sign_in(folder, SIGN_IN, PASSPHRASE)
    if what == "empty":
        window = QMainWindow()
        window.resize(1366, 768)
        window.show()
        app.processEvents()
        window.grab()
        return
    shown = Window(desk, {"cases": CasesPage}, {})
    shown.resize(1366, 768)
    shown.show()
    shown.go(Goto("cases"))
    (table,) = shown.findChildren(QTableView)
    until(lambda: table.model() is not None and table.model().rowCount() > 0)
    app.processEvents()
    shown.grab()
    if what == "memory":
        for part in range(1, 21):
            table.verticalScrollBar().setValue(table.verticalScrollBar().maximum() * part // 20)
            app.processEvents()
            shown.grab()
        sys.stdout.write(f"{resident():.1f}\n")
    shown.close()
    desk.store.vault.close()


def until(there: Callable[[], bool]) -> None:
    """Turn the event loop until it is so."""
    loop = QEventLoop()
    look, patience = QTimer(), QTimer(singleShot=True)
    look.timeout.connect(lambda: loop.quit() if there() else None)
    patience.timeout.connect(loop.quit)
    look.start(STEP)
    patience.start(PATIENCE)
    if not there():
        loop.exec()
    if not there():
        raise TimeoutError


def resident() -> float:
    """MiB that this process holds in memory."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def case_widgets(desk: Desk, case_id: UUID, rounds: int) -> tuple[float, float]:
    """Seconds to build the overview of a case, and to build the same widgets bare."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication([])
    theme.apply(app, theme.Theme())
    window = Window(desk, {"case": CasePage}, {})
    window.resize(1366, 768)
    window.show()
    ours, bare = [], []
    for _round in range(rounds):
        window.go(Goto("case", {"case_id": str(case_id)}))
        page = window.page
        assert isinstance(page, CasePage)  # noqa: S101 - we opened it
        until(partial(getattr, page.case, "is_open"))
        began = time.perf_counter()
        page._look()
        page.grab()
        ours.append(time.perf_counter() - began)
        bare.append(_build_bare(page))
    window.close()
    return statistics.median(ours), statistics.median(bare)


def _build_bare(page: QWidget) -> float:
    """Seconds to build as many plain widgets with the same words, fonts, looks and places, and nothing else."""
    parts = [
        (_plain_kind(each), each.font(), _words(each), _looks(each), each.geometry())
        for each in page.findChildren(QWidget)
    ]
    host = QWidget()
    host.resize(page.size())
    began = time.perf_counter()
    for kind, font, words, looks, place in parts:
        made = kind(host)
        for name, value in looks.items():
            made.setProperty(name, value)
        made.setFont(font)
        if words and isinstance(made, QLabel | QAbstractButton | QLineEdit):
            made.setText(words)
        made.setGeometry(place)
    host.show()
    host.grab()
    return time.perf_counter() - began


def _plain_kind(part: QWidget) -> type[QWidget]:
    return next(kind for kind in type(part).__mro__ if kind.__module__.startswith("PySide6"))


def _words(part: QWidget) -> str:
    return str(part.text()) if isinstance(part, QLabel | QAbstractButton | QLineEdit) else ""


def _looks(part: QWidget) -> dict[str, object]:
    return {name: value for name in ("kind", "variant", "sz", "state") if (value := part.property(name)) is not None}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
