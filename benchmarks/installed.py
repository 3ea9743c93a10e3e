"""Start of the installed program against start from the source, to the first window somebody can see.

PYTHONPATH=src python -m benchmarks.installed PROGRAM        needs Xvfb and xdotool
PROGRAM is what was installed: /usr/bin/casedesk, or build/installer/deb/usr/bin/casedesk as it was put together.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.__main__ import tell
from benchmarks.pairs import Result, paired

ROUNDS = 5
PATIENCE = 60
TITLE = "^CaseDesk$"


def main(program: str) -> None:
    with tempfile.TemporaryDirectory() as scratch, display():
        store = ["--store", f"{scratch}/store"]
        ours, bare = paired(
            partial(start, [program, *store]), partial(start, [sys.executable, "-m", "casedesk", *store]), ROUNDS
        )
        tell(Result("start of the installed program, against the source", 0, ours, bare, 1.5))


def start(words: list[str]) -> None:
    """Until the welcome stands on the screen."""
    with subprocess.Popen(words) as process:
        try:
            until = time.monotonic() + PATIENCE
            while not on_screen():
                if time.monotonic() > until or process.poll() is not None:
                    raise TimeoutError
        finally:
            process.kill()


def on_screen() -> bool:
    """Whether a window of the program can be seen; the tool's own waiting looks only twice a second."""
    look = ["xdotool", "search", "--onlyvisible", "--name", TITLE]
    return subprocess.run(look, check=False, capture_output=True).returncode == 0


@contextmanager
def display() -> Iterator[None]:
    """A display of our own, which this process and what it starts see."""
    told, tells = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(tells), "-screen", "0", "1366x768x24"], pass_fds=[tells]
    ) as server:
        os.close(tells)
        with os.fdopen(told, encoding="ascii") as number:
            os.environ["DISPLAY"] = f":{number.readline().strip()}"
        os.environ["QT_QPA_PLATFORM"] = "xcb"
        try:
            yield
        finally:
            server.terminate()


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).resolve()))
