"""The waiting after wrong tries to sign in; nothing is ever deleted because of them (SECURITY 6)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Final

from casedesk import formats, machine
from casedesk.errors import CaseDeskError
from casedesk.i18n import _, ngettext

TRIES: Final = "tries"


class MustWait(CaseDeskError):
    """Too many wrong tries in a row; `seconds` are left."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            ngettext(
                "Wait {seconds} second before the next try.", "Wait {seconds} seconds before the next try.", seconds
            ).format(seconds=formats.number(seconds)),
            hint=_("Nothing is ever deleted because of wrong tries."),
        )
        self.seconds = seconds


class Tries:
    """Counts wrong tries in a row, in a small file without names.

    The moment of the last one is kept by the computer's own running clock, which nobody can set. After a
    restart of the computer that clock begins again, and so does the wait.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = folder / TRIES
        self._clock = clock

    def waiting(self) -> int:
        """Seconds until the next try, 0 if none."""
        failed, last = self._read()
        wait = _wait_after(failed)
        passed = self._clock() - last
        if wait and passed < 0:
            self._write(failed)
            passed = 0.0
        return max(0, ceil(wait - passed))

    def begin(self) -> None:
        """Count a try as wrong before it is made, so that ending the program does not undo it; or MustWait."""
        seconds = self.waiting()
        if seconds:
            raise MustWait(seconds)
        self._write(self._read()[0] + 1)

    def succeeded(self) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _read(self) -> tuple[int, float]:
        try:
            failed, last = self._path.read_text(encoding="ascii").split()
            return max(0, min(int(failed), 99)), int(last) / 1000
        except FileNotFoundError:
            return 0, 0.0
        except (OSError, ValueError):
            return 2, 0.0  # somebody wrote into it: one more wrong try and the waiting begins

    def _write(self, failed: int) -> None:
        # Not synced: a lost count after a power cut costs an attacker more than it gives.
        with contextlib.suppress(OSError), machine.private_file(self._path, "wb") as file:
            file.write(f"{failed} {int(self._clock() * 1000)}\n".encode("ascii"))


def _wait_after(failed: int) -> int:
    return 0 if failed < 3 else min(60, 2 ** (failed - 2))
