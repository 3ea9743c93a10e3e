"""What the launcher runs: the program, which is told that it stands on its own."""

import multiprocessing
import os
import sys

sys.frozen = True  # type: ignore[attr-defined]  # as every bundle says it; machine.command reads it
for name in ("stdin", "stdout", "stderr"):
    if getattr(sys, name) is None:  # a program with a window has no streams, and whatever prints expects some
        setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115

if __name__ == "__main__":
    multiprocessing.freeze_support()  # a process that works beside the window is started as this program too
    from casedesk.cli import program

    sys.exit(program())
