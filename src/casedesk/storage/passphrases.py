"""What a passphrase has to be, how hard it is to guess, and one made by chance (SECURITY 3)."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Final

from casedesk.i18n import _
from casedesk.parsing import latin_digits
from casedesk.paths import RESOURCES

_SHORTEST: Final = 15
_LONGEST: Final = 256
_DIGITS: Final = "0123456789"
_LISTS: Final = ("common_passphrases.txt", "common_passwords.txt")
_PRODUCT: Final = ("CaseDesk", "Case Desk", "কেসডেস্ক")


def passphrase_problem(passphrase: str, *, names: Sequence[str]) -> str | None:
    """Why this passphrase will not do, in words, or None. `names` are the centre's and the user's."""
    text = unicodedata.normalize("NFC", passphrase)
    plain = _plain(text)
    if len(text) < _SHORTEST:
        return _("Use at least {count} characters. Four words are a good start.").format(count=_SHORTEST)
    if len(text) > _LONGEST:
        return _("Use at most {count} characters.").format(count=_LONGEST)
    if _repeats(plain) or len(set(plain)) < 5:
        return _("This repeats itself. Use different words.")
    if _is_mostly_names(plain, names):
        return _("This is mostly a name. Choose words that nobody connects with you.")
    if _is_common(plain):
        return _("Many people use this passphrase. Choose words that nobody connects with you.")
    return None


def passphrase_strength(passphrase: str, *, names: Sequence[str]) -> str:
    """How hard to guess, in one or two words for beside the field."""
    if passphrase_problem(passphrase, names=names) is not None:
        return _("Not enough yet")
    text = unicodedata.normalize("NFC", passphrase)
    words = len(set(text.casefold().split()))
    if len(text) >= 25 and (words >= 5 or words == 1):
        return _("Very strong")
    return _("Strong") if len(text) >= 20 else _("Good")


def generated_passphrase() -> str:
    """Five words by chance, 55 bits: with the cost of each guess, out of reach of a thief's computers for years."""
    return " ".join(secrets.choice(_words()) for _word in range(5))


@cache
def _words() -> tuple[str, ...]:
    return tuple((RESOURCES / "words_en.txt").read_text(encoding="utf-8").split())


def _is_common(plain: str) -> bool:
    """Whether this is a common passphrase, or no more than one or two common words with digits around them."""
    bare = plain.strip(_DIGITS)
    known = _common()
    return plain in known or any(bare[at:] in known and (not at or bare[:at] in known) for at in range(len(bare)))


@cache
def _common() -> frozenset[str]:
    lines = (line for name in _LISTS for line in (RESOURCES / name).read_text(encoding="utf-8").splitlines())
    return frozenset(_plain(line) for line in lines if not line.startswith("#"))


def _plain(text: str) -> str:
    """Letters and digits alone, without case, digits of every script the same."""
    kept = (c for c in unicodedata.normalize("NFKC", text).casefold() if unicodedata.category(c)[0] in "LMN")
    return latin_digits("".join(kept))


def _repeats(plain: str) -> bool:
    return any((plain[:unit] * len(plain))[: len(plain)] == plain for unit in range(1, len(plain) // 2 + 1))


def _is_mostly_names(plain: str, names: Sequence[str]) -> bool:
    left = plain
    for name in sorted(map(_plain, (*names, *_PRODUCT)), key=len, reverse=True):
        if len(name) >= 3:
            left = left.replace(name, "")
    return left != plain and len(left) < 8
