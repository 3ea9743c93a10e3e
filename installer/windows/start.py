"""What the launcher runs: the program, which is told that it stands on its own."""

import os
import sys

sys.frozen = True  # type: ignore[attr-defined]  # as every bundle says it; machine.command reads it
for name in ("stdin", "stdout", "stderr"):
    if getattr(sys, name) is None:  # a program with a window has no streams, and whatever prints expects some
        setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115

from casedesk.cli import main  # noqa: E402

sys.exit(main())
