"""What this computer remembers before anybody signs in: language, look, the place of the window. Nobody's name."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from casedesk import machine
from casedesk.i18n import LANGUAGES

FILE: Final = "settings.json"
THEMES: Final = ("system", "light", "dark")
TEXT_SIZES: Final = (90, 100, 110, 120, 130, 140)
LOCK_MINUTES: Final = range(1, 16)


@dataclass(frozen=True, slots=True)
class Settings:
    """Defaults for who has not chosen yet. `centre_en` and `centre_bn` are what the sign-in screen shows."""

    language: str = "en"
    theme: str = "system"
    text_size: int = 100  # percent
    lock_minutes: int = 5
    single_keys: bool = True  # letters without Ctrl act where nobody types
    geometry: str = ""  # of the window, as Qt writes it, in hex
    centre_en: str = ""
    centre_bn: str = ""


def load(folder: Path) -> Settings:
    """The settings beside the store; whatever is missing or not understood has its default."""
    try:
        written = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return Settings()
    return read(written) if isinstance(written, dict) else Settings()


def save(folder: Path, settings: Settings) -> None:
    """Write them whole and rename. On a full disk the old ones stay, which is no reason to stop anybody's work."""
    with contextlib.suppress(OSError):
        machine.private_folder(folder)
        machine.write_whole(folder / FILE, json.dumps(asdict(settings), ensure_ascii=False, indent=1).encode())


def read(written: dict[str, Any]) -> Settings:
    """Take over what makes sense; the rest has its default."""
    plain = Settings()
    kept = {
        field.name: written[field.name]
        for field in fields(Settings)
        if _makes_sense(field.name, written.get(field.name), type(getattr(plain, field.name)))
    }
    return replace(plain, **kept)


def _makes_sense(name: str, value: object, kind: type) -> bool:
    if type(value) is not kind:
        return False
    match name:
        case "language":
            return value in LANGUAGES
        case "theme":
            return value in THEMES
        case "text_size":
            return value in TEXT_SIZES
        case "lock_minutes":
            return value in LOCK_MINUTES
        case "geometry":
            return all(letter in "0123456789abcdef" for letter in str(value))
    return len(str(value)) <= 200
