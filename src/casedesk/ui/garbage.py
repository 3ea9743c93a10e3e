"""Python's garbage is collected on the UI thread only.

Python collects on whichever thread happens to allocate, and the garbage may hold widgets. A widget that another thread
takes down while Qt uses it ends the program.
"""

from __future__ import annotations

import gc
from typing import Final

from PySide6.QtCore import QCoreApplication, QTimer

BETWEEN: Final = 500  # ms


def keep_here() -> None:
    """From now on collect from a timer of the application, whose thread is the caller's."""
    if not gc.isenabled():
        return
    gc.disable()
    timer = QTimer(QCoreApplication.instance())
    timer.timeout.connect(collect)
    timer.start(BETWEEN)


def spare_what_is_there() -> None:
    """Look through what is there now no more: modules stay, and looking through all of them stops the window."""
    gc.freeze()


def collect() -> None:
    """Collect the oldest generation that is due by Python's own thresholds."""
    for generation, (counted, most) in reversed(tuple(enumerate(zip(gc.get_count(), gc.get_threshold(), strict=True)))):
        if 0 < most < counted:
            gc.collect(generation)
            return
