"""Backups and hiding:  PYTHONPATH=src python -m benchmarks.backup [--sizes 1000,20000]

A backup against copying the same files, how long the window stands still meanwhile, and how fast a screen is hidden.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from threading import Thread

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTableView, QWidget

from benchmarks import generator
from benchmarks.__main__ import HEAD, tell
from benchmarks.pairs import Result, paired
from benchmarks.window import until
from casedesk import machine
from casedesk.desk import Desk
from casedesk.services.sign_in import sign_in
from casedesk.storage.backup.making import make
from casedesk.storage.vault import VAULT
from casedesk.ui.cases.page import CasesPage
from casedesk.ui.kit import theme
from casedesk.ui.page import Goto
from casedesk.ui.window import Window

ROUNDS = 5
TICK = 16  # milliseconds
HIDES = 20


def making(desk: Desk, cases: int, out: Path) -> Iterator[Result]:
    """A checked backup against copies of the files: as a person makes one, and synced and read back as ours is."""
    opened, numbers = desk.store.vault, count(1)

    def ours() -> None:
        make(opened, out / "backups", next(numbers), desk.clock()).path.unlink()

    def copied() -> Path:
        target = out / f"copy {next(numbers)}"
        target.mkdir()
        for path in opened.folder.glob("vault.*"):
            shutil.copyfile(path, target / path.name)
        return target

    def bare() -> None:
        shutil.rmtree(copied())

    def read_back() -> None:
        target = copied()
        for path in target.iterdir():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
                machine.forget_cached(file)
                while file.read(1024 * 1024):
                    pass
        shutil.rmtree(target)

    yield Result("backup, against copying the files", cases, *paired(ours, bare, ROUNDS), None)
    yield Result("backup, against copying, syncing and reading them back", cases, *paired(ours, read_back, ROUNDS), 3.0)


def standing_still(desk: Desk, cases: int, out: Path) -> Iterator[Result]:
    """The longest gap of a timer of 16 ms in the window while a backup is made, against the longest without one."""

    def longest(work: Thread | None) -> float:
        gaps, last = [0.0], [time.perf_counter()]

        def tick() -> None:
            now = time.perf_counter()
            gaps.append(now - last[0])
            last[0] = now

        timer = QTimer(interval=TICK)
        timer.timeout.connect(tick)
        timer.start()
        until_ = time.perf_counter() + 3.0
        if work is not None:
            work.start()
        while work.is_alive() if work is not None else time.perf_counter() < until_:
            QApplication.processEvents()
            time.sleep(0.001)
        return max(gaps)

    quiet = longest(None)
    busy = longest(Thread(target=make, args=(desk.store.vault, out / "backups", 1, desk.clock())))
    yield Result("longest stall of the window during a backup", cases, busy, quiet, round(0.1 / quiet, 2))


def hiding(desk: Desk, cases: int) -> Iterator[Result]:
    """From F9 to a covered screen, against showing a bare widget over the same window; the limit is 100 ms."""
    window = Window(desk, {"cases": CasesPage}, {})
    window.resize(1366, 768)
    window.show()
    window.go(Goto("cases"))
    (table,) = window.findChildren(QTableView)
    until(lambda: table.model() is not None and table.model().rowCount() > 0)
    QTest.qWait(50)

    def ours() -> None:
        window.hide_screen()
        window.grab()
        window.uncover()

    def bare() -> None:
        cover = QWidget(window)
        cover.setGeometry(window.rect())
        cover.show()
        window.grab()
        cover.deleteLater()

    ours_took, bare_took = paired(ours, bare, HIDES)
    window.close()
    yield Result("hiding the screen", cases, ours_took, bare_took, round(0.1 / bare_took, 2))


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.backup", description=__doc__)
    parser.add_argument("--sizes", default="1000,20000", help="numbers of cases, separated by commas")
    app = QApplication([])
    theme.apply(app, theme.Theme())
    print("| " + " | ".join(HEAD) + " |")
    print("|---" * len(HEAD) + "|")
    for cases in [int(size) for size in parser.parse_args().sizes.split(",")]:
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as scratch:
            folder = Path(scratch) / "store"
            generator.make(folder, cases)
            size = (folder / VAULT).stat().st_size
            desk = sign_in(folder, generator.SIGN_IN, generator.PASSPHRASE)
            for result in making(desk, cases, Path(scratch)):
                tell(result)
            for result in standing_still(desk, cases, Path(scratch)):
                tell(result)
            for result in hiding(desk, cases):
                tell(result)
            desk.store.vault.close()
            print(f"The vault has {size / 1024 / 1024:.1f} MiB.")


if __name__ == "__main__":
    main()
