"""Desks of one centre."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.exchange import Office


@pytest.fixture
def office(empty_centre: Path, tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path, empty_centre)
    yield made
    made.close()
