"""Room on the disk: told while there still is enough, and some kept back for the save in hand (SECURITY 11)."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path
from typing import Final

from casedesk import machine

SCARCE: Final = 500_000_000
FILE: Final = "vault.reserve"
_KEPT_BACK: Final = 16 * 1024 * 1024


def look(folder: Path) -> int | None:
    """How many bytes are free where they are few. Where there are enough, some are kept back."""
    try:
        free = shutil.disk_usage(folder).free
        if free >= SCARCE:
            keep_back(folder)
    except OSError:  # of a failing disk others tell
        return None
    return free if free < SCARCE else None


def keep_back(folder: Path) -> None:
    """Take room beside the vault that nothing else can have."""
    if not (folder / FILE).exists():
        machine.write_whole(folder / FILE, secrets.token_bytes(_KEPT_BACK))  # zeros take no room on some disks


def let_go(folder: Path) -> bool:
    """Free what was kept back, so that what is typed can still be saved; whether there was any."""
    try:
        (folder / FILE).unlink()
    except OSError:
        return False
    return True
