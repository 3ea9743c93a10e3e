"""The pictures of the documentation, taken of the real window."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from casedesk.desk import Desk
from casedesk.services.drafts import begin_draft
from casedesk.ui import showing
from casedesk.ui.intake.page import IntakePage
from casedesk.ui.kit.theme import tokens
from casedesk.ui.page import Goto
from tests.support.people import a_returnee


def test_a_picture_of_an_intake_shows_it_saved(
    qtbot: QtBot, qapp: QApplication, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the pause is after which a draft is written by itself."""
    monkeypatch.setitem(tokens()["time_ms"], "autosave_pause", 60_000)
    draft = begin_draft(desk, "full", a_returnee())
    parts = ("person", "journey")  # which of them is open is kept with the draft
    places: dict[str, tuple[Goto, ...]] = {
        part: (Goto("intake", {"draft_id": str(draft), "part": part, "kind": "full"}),) for part in parts
    }
    with showing._window(desk) as window:
        pictures = showing._pictures(qapp, window, tmp_path, places)
        page = window.page
        assert isinstance(page, IntakePage)
        assert page.strip.saved.accessibleName().startswith("খসড়া সংরক্ষিত"), "as in the last one, in Bangla"
    assert len(pictures) == 8
    assert all(path.stat().st_size for path in pictures)
    assert qtbot
