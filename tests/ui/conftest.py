from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.sitting import begun


@pytest.fixture(autouse=True)
def no_window_is_left_open() -> Iterator[None]:
    """Also after a test that failed: a window of its that stays takes the focus, and more, from those that follow."""
    yield
    while begun:
        begun.pop().end()
