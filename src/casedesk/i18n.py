"""Translation of what a person reads: N_() marks it where it is declared, _() says it.

The screen has one language, changed at any moment. A paper may speak another one:
`with speaking("bn"):` holds for the code inside, in the thread that runs it.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from casedesk.paths import RESOURCES

LANGUAGES = ("en", "bn")
OWN_NAMES = (("en", "English"), ("bn", "বাংলা"))  # of the languages, each in itself, whatever is spoken

_screen = "en"
_inside: ContextVar[str | None] = ContextVar("language", default=None)


def N_(text: str) -> str:  # noqa: N802 - the name every gettext tool knows
    return text


_NAMES = {"bn": N_("Bangla"), "en": N_("English")}


def _(text: str) -> str:
    return _catalogue(language()).gettext(text) if text else ""


def ngettext(one: str, many: str, count: int) -> str:
    return _catalogue(language()).ngettext(one, many, count)


def language() -> str:
    """The language spoken here and now: "en" or "bn"."""
    return _inside.get() or _screen


def languages() -> list[tuple[str, str]]:
    """The languages of papers and files, each with its name in the language spoken."""
    return [(code, _(name)) for code, name in _NAMES.items()]


def language_name(code: str) -> str:
    """What a language is called in the language spoken; the code of one that is not ours."""
    return dict(languages()).get(code, code)


def spoken_first(bn: str | None, en: str | None) -> tuple[str, str]:
    """Both forms of a name, the one in the language spoken first; nothing for a missing one."""
    both = (bn or "", en or "")
    return both if language() == "bn" else both[::-1]


def use(code: str) -> None:
    """Make `code` the language of the screen."""
    global _screen  # a process has one screen
    if code not in LANGUAGES:
        raise ValueError(code)
    _screen = code


@contextmanager
def speaking(code: str) -> Iterator[None]:
    token = _inside.set(code)
    try:
        yield
    finally:
        _inside.reset(token)


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    if code == "en":
        return gettext.NullTranslations()
    return gettext.translation("casedesk", RESOURCES / "translations", [code])
