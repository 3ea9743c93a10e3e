"""Programs of others that some tests work with. The test command installs them where it may."""

from __future__ import annotations

import shutil

import pytest


def needs_tool(name: str) -> pytest.MarkDecorator:
    """Skips a test where the program is not installed, and says so."""
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed here")
