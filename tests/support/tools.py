"""Programs of others that some tests work with. The test command installs them where it may.

Where it may not, tests that need one say so and are skipped. Where `CI` is set in the environment none is skipped: what
is missing fails there. Windows alone may lack them, there too: nginx, PostgreSQL, age, strace and D-Bus are what stands
around a relay and a central office on Debian, or watches a process of Linux, and the desks of both systems run the same
code.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import NoReturn

import pytest

MAY_LACK = sys.platform == "win32" or not os.environ.get("CI")


def tool(name: str) -> str:
    """Where the program is."""
    return shutil.which(name) or absent(name)


def optional_tool(name: str) -> str | None:
    """Where the program is, for a test that shows less without it; None if it may be missing and is."""
    return shutil.which(name) if MAY_LACK else tool(name)


def absent(name: str) -> NoReturn:
    """What the test needs is not here: it is skipped if it may be, otherwise it fails."""
    if MAY_LACK:
        pytest.skip(f"{name} is not installed here")
    pytest.fail(f"{name} is not installed here, and CI skips no test")
