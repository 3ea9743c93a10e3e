"""Colours that can be told apart, type that is there, and a Qt that gives back what it borrows."""

from __future__ import annotations

import re
import sys

import pytest
from PySide6.QtGui import QColor, QFontInfo
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from casedesk.paths import RESOURCES
from casedesk.ui.kit import theme as themes
from casedesk.ui.kit.icons import PHOSPHOR, pixmap
from casedesk.ui.kit.theme import FAMILY, Theme, tokens

PAIRS = [(dark, pair["fg"], pair["bg"], pair["min"]) for dark in (False, True) for pair in tokens()["contrast_pairs"]]


def brightness(colour: QColor) -> float:
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("dark", "letters", "ground", "least"), PAIRS)
def test_letters_stand_out(dark: bool, letters: str, ground: str, least: float) -> None:
    theme = Theme(dark=dark)
    low, high = sorted((brightness(theme.colour(letters)), brightness(theme.colour(ground))))
    assert (high + 0.05) / (low + 0.05) >= least


@pytest.mark.parametrize("dark", [False, True])
def test_the_style_sheet_names_only_known_colours(dark: bool) -> None:
    text = themes.style_sheet(Theme(dark=dark))
    assert "@" not in text
    assert re.search(r"@(\w+)", (RESOURCES / "style.qss").read_text(encoding="utf-8"))


@pytest.mark.parametrize("weight", [400, 500, 600, 700])
def test_the_typeface_is_ours_in_each_weight(qapp: QApplication, weight: int) -> None:
    themes.apply(qapp, Theme())
    font = themes.current().font("body", weight)
    info = QFontInfo(font)
    assert (info.family(), info.weight(), info.pixelSize()) == (FAMILY, weight, 13)


def test_a_missing_typeface_stops_the_start(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> None:
    themes.apply(qapp, Theme())
    monkeypatch.setattr(themes, "WEIGHTS", ("Nowhere",))
    with pytest.raises(RuntimeError, match="cannot be loaded"):
        themes.load_fonts()


def test_bangla_is_a_pixel_larger_and_people_choose_the_size() -> None:
    assert Theme(language="bn").pixels("body") == Theme().pixels("body") + 1
    assert Theme(text_scale=1.4).pixels("body") == 18
    assert Theme(text_scale=9).pixels("body") == Theme(text_scale=1.4).pixels("body")


def test_a_change_of_theme_is_told(qapp: QApplication, qtbot: QtBot) -> None:
    look = themes.apply(qapp, Theme())
    with qtbot.waitSignal(look.changed):
        themes.apply(qapp, Theme(dark=True))
    assert themes.current().dark
    themes.apply(qapp, Theme())


def test_every_icon_is_in_the_set(qapp: QApplication) -> None:
    themes.apply(qapp, Theme())
    for name in PHOSPHOR:
        assert not pixmap(name, "text", 18).toImage().isNull()


def test_qt_gives_back_every_reference_to_none(qtbot: QtBot) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    label.setText("warm")
    before = sys.getrefcount(None)
    for at in range(500):
        label.setText(str(at))
    assert abs(sys.getrefcount(None) - before) <= 5
