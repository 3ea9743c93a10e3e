"""Who may read a file."""

import sys
from pathlib import Path


def others_may(path: Path) -> bool:
    """Whether somebody else on this computer may read it. Windows asks the folder, which lies in the user's own."""
    return sys.platform != "win32" and path.stat().st_mode & 0o077 != 0
