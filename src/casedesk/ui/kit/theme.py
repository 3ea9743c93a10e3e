"""Colours, type and style sheet, made from the design tokens and put on the application."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import fontpkg_hind_siliguri
from PySide6.QtCore import QLoggingCategory, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from casedesk.paths import RESOURCES
from casedesk.tokens import tokens as tokens
from casedesk.ui.kit.style import Style

FAMILY = "Hind Siliguri"
WEIGHTS = ("Regular", "Medium", "SemiBold", "Bold")
SMALLEST, LARGEST = 0.9, 1.4
WELLS = ({"field": "surface", "search": "sunken"}, {"field": "sunken", "search": "surface"})  # light, dark


@dataclass(frozen=True, slots=True)
class Theme:
    """How it looks now: light or dark, which language's type rules, and how large the text is."""

    dark: bool = False
    language: str = "en"
    text_scale: float = 1.0

    def hex(self, token: str) -> str:
        """The colour of a token; `field` and `search` name the ground of a field and of the search box."""
        token = WELLS[self.dark].get(token, token)
        value: str = tokens()["color"]["dark" if self.dark else "light"][token]
        return value

    def colour(self, token: str) -> QColor:
        return QColor(self.hex(token))

    def pixels(self, role: str) -> int:
        """The size of a role's letters; Bangla is one pixel larger."""
        size: int = tokens()["type"]["roles"][role][0]
        added: int = tokens()["type"]["bangla_add_px"] if self.language == "bn" else 0
        return round((size + added) * min(max(self.text_scale, SMALLEST), LARGEST))

    def font(self, role: str = "body", weight: int | None = None) -> QFont:
        return QFont(_font(self.pixels(role), weight or tokens()["type"]["roles"][role][1]))

    def scaled(self, pixels: int) -> int:
        """A height that grows with the text."""
        return round(pixels * max(self.text_scale, 1.0))


@cache
def _font(pixels: int, weight: int) -> QFont:
    font = QFont(FAMILY)
    font.setPixelSize(pixels)
    font.setWeight(QFont.Weight(weight))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


class Look(QObject):
    """Holds the theme for everything that paints; it lives on the application. `changed` tells pages to rebuild."""

    changed = Signal()

    def __init__(self, app: QApplication, theme: Theme) -> None:
        super().__init__(app)
        self.setObjectName("look")
        self.theme = theme
        self.style = Style(theme)

    @staticmethod
    def here() -> Look:
        app = QApplication.instance()
        look = app.findChild(Look, "look", Qt.FindChildOption.FindDirectChildrenOnly) if app is not None else None
        if look is None:
            raise RuntimeError("theme.apply() comes before the first widget")
        return look


def current() -> Theme:
    """The theme that holds now."""
    return Look.here().theme


def apply(app: QApplication, theme: Theme) -> Look:
    """Put the theme on the application, at the start and whenever it changes."""
    look = app.findChild(Look, "look")
    if look is None:
        QLoggingCategory.setFilterRules("qt.text.font.db=false")
        load_fonts()
        look = Look(app, theme)
        app.setStyle(look.style)
    elif look.theme == theme:
        return look  # dressing every widget again takes long
    look.theme = look.style.theme = theme
    app.setPalette(palette(theme))
    app.setFont(theme.font())
    app.setStyleSheet(style_sheet(theme))
    look.changed.emit()
    return look


def load_fonts() -> None:
    """Load the typeface for both scripts. Without it Bangla would show as boxes, so its absence stops the start."""
    for weight in WEIGHTS:
        path = fontpkg_hind_siliguri.ROOT / "files" / f"HindSiliguri-{weight}.ttf"
        if QFontDatabase.addApplicationFont(str(path)) < 0:
            raise RuntimeError(f"The typeface {FAMILY} {weight} cannot be loaded.")


def style_sheet(theme: Theme) -> str:
    """The style sheet with colours in place of `@token` and heights in place of `@12px`, grown with the text."""
    text = (RESOURCES / "style.qss").read_text(encoding="utf-8")
    text = re.sub(r"@(\d+)px", lambda found: f"{theme.scaled(int(found[1]))}px", text)
    return re.sub(r"@(\w+)", lambda found: theme.hex(found[1]), text)


def palette(theme: Theme) -> QPalette:
    """The colours for what the style sheet does not reach."""
    role = QPalette.ColorRole
    parts = {
        role.Window: "bg",
        role.WindowText: "text",
        role.Base: "sunken" if theme.dark else "surface",
        role.AlternateBase: "sunken",
        role.Text: "text",
        role.Button: "surface",
        role.ButtonText: "text",
        role.PlaceholderText: "muted",
        role.Highlight: "accent",
        role.HighlightedText: "on_accent",
        role.ToolTipBase: "text",
        role.ToolTipText: "surface",
        role.Link: "accent",
        role.BrightText: "danger",
    }
    made = QPalette()
    for part, token in parts.items():
        made.setColor(part, theme.colour(token))
    for part in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, part, theme.colour("disabled"))
    return made
