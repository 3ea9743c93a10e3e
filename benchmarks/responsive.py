"""The window while a file is taken in beside it:  PYTHONPATH=src:. python -m benchmarks.responsive [--cases 400]

The 95th percentile of a timer of 16 ms in the window, and how long saves take meanwhile, each against the same in the
same window while nothing else is done.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from benchmarks.__main__ import HEAD, tell
from benchmarks.pairs import Result
from casedesk.desk import Desk
from casedesk.progress import Progress
from casedesk.services.intake import register_case
from casedesk.sync.arrivals import Taken, take_inbox
from casedesk.sync.files import inbox, outbox
from casedesk.sync.outbox import make_files
from casedesk.ui.cases.page import CasesPage
from casedesk.ui.kit import theme
from casedesk.ui.page import Goto
from casedesk.ui.window import Window
from tests.support.people import a_returnee
from tests.sync.office import begin, coordinator, join, new_desk

TICK = 16  # milliseconds
IDLE = 3.0  # seconds
SAVES_APART = 500  # milliseconds


class Watched:
    """The window's timer and its saves, for as long as something goes on."""

    def __init__(self, desk: Desk, window: Window) -> None:
        self.desk, self.window = desk, window
        self.saved = 0

    def during(self, going: Callable[[], bool]) -> tuple[list[float], list[float]]:
        """Seconds between ticks, and seconds each save took from asking to its answer."""
        gaps: list[float] = []
        saves: list[float] = []
        last = [time.perf_counter()]

        def tick() -> None:
            now = time.perf_counter()
            gaps.append(now - last[0])
            last[0] = now

        with _every(TICK, tick), _every(SAVES_APART, lambda: self._save(saves)):
            while going():
                QTest.qWait(10)
        return gaps, saves

    def _save(self, took: list[float]) -> None:
        self.saved += 1
        answers = a_returnee(person__name_en=f"Saved {self.saved}", person__phone_1=None)
        began = time.perf_counter()
        work = lambda: register_case(self.desk, answers)  # noqa: E731 - said where it is used
        self.window.jobs.write(self.window, work, lambda _id: took.append(time.perf_counter() - began))


@contextmanager
def _every(milliseconds: int, call: Callable[[], object]) -> Iterator[None]:
    timer = QTimer(interval=milliseconds)
    timer.timeout.connect(call)
    timer.start()
    yield
    timer.stop()


def sent(cases: int, scratch: Path) -> Desk:
    """A desk in whose inbox a colleague's cases lie."""
    first, second = new_desk(scratch / "K3", "K3"), new_desk(scratch / "K4", "K4")
    begin(first, scratch)
    join(first, second)
    for number in range(cases):
        register_case(second, a_returnee(person__name_en=f"Sent {number}", person__phone_1=None))
    folder = outbox(second.store.vault.folder)
    for name in make_files(coordinator(second), "DHK"):
        inbox(first.store.vault.folder).put(folder.read(name))
    second.store.vault.close()
    return first


def measure(cases: int, scratch: Path) -> Iterator[Result]:
    desk = sent(cases, scratch)
    window = Window(desk, {"cases": CasesPage}, {})
    window.resize(1366, 768)
    window.show()
    window.go(Goto("cases"))
    QTest.qWait(500)
    watched = Watched(desk, window)
    until = time.perf_counter() + IDLE
    quiet, saves = watched.during(lambda: time.perf_counter() < until)
    taken: list[list[Taken]] = []
    progress = Progress()
    began = time.perf_counter()
    work = lambda: take_inbox(coordinator(desk), progress, by_itself=True)  # noqa: E731 - said where it is used
    window.jobs.run(window, work, taken.append, progress=progress)
    busy, meanwhile = watched.during(lambda: not taken)
    whole = time.perf_counter() - began
    window.close()
    print(f"taking in beside the window took {whole:.1f} s; {len(meanwhile)} saves meanwhile", flush=True)
    within = "95 % of the ticks of a timer of 16 ms come within"
    yield Result(within, cases, statistics.quantiles(busy, n=20)[-1], statistics.quantiles(quiet, n=20)[-1], 2.0)
    if meanwhile and saves:
        longest = max(meanwhile)
        yield Result(
            "a save from the window meanwhile", cases, statistics.median(meanwhile), statistics.median(saves), None
        )
        yield Result("the longest of them", cases, longest, max(saves), None)


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.responsive", description=__doc__)
    parser.add_argument("--cases", type=int, default=400)
    cases = parser.parse_args().cases
    app = QApplication([])
    theme.apply(app, theme.Theme())
    print("| " + " | ".join(HEAD) + " |")
    print("|---" * len(HEAD) + "|")
    with tempfile.TemporaryDirectory() as scratch:
        for result in measure(cases, Path(scratch)):
            tell(result)


if __name__ == "__main__":
    main()
