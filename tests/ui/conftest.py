from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from casedesk.desk import Desk
from casedesk.ui.kit import theme
from casedesk.ui.kit.theme import Theme
from tests.support.sitting import Sitting, begun, entered
from tests.sync.office import new_desk


@pytest.fixture(autouse=True)
def as_it_was(qapp: QApplication) -> Iterator[None]:
    """Also after a test that failed: a window of its that stays takes the focus, and more, from those that follow."""
    yield
    while begun:
        begun.pop().end()
    theme.apply(qapp, Theme())


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Desk]:
    """Another computer of the centre, K4, just set up."""
    desk = new_desk(tmp_path / "K4", "K4")
    yield desk
    desk.store.vault.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that stands for a stick."""
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick"


@pytest.fixture
def inside(qtbot: QtBot, store_folder: Path) -> Sitting:
    """Signed in, on the first page."""
    return entered(qtbot, store_folder)
