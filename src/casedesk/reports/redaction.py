"""Finds on a paper what should have stayed hidden, in either script, and blacks it out.

A hidden district comes back in "TTC Madaripur", a hidden name in a note. The search is generous: it looks at
parts of names, at Bangla endings, and at names written in the other script by their sound. A person decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from casedesk.parsing import latin_digits
from casedesk.reports.parts import HIDDEN

_WORD = re.compile(r"[^\W_][\w\u0980-\u09ff\u200c\u200d]*")
_NUMBER = re.compile(r"(?<!\w)[+\d][\d\s()./-]{4,}\d")
_LETTERS, _DIGITS, _SOUNDS, _ENDING = 3, 6, 3, 3

_BANGLA_SOUNDS = str.maketrans(
    {
        **dict.fromkeys("কখ", "k"),
        **dict.fromkeys("গঘ", "g"),
        **dict.fromkeys("চছ", "c"),
        **dict.fromkeys("জঝয", "j"),
        **dict.fromkeys("টঠতথৎ", "t"),
        **dict.fromkeys("ডঢদধ", "d"),
        **dict.fromkeys("ণনঙংঞ", "n"),
        **dict.fromkeys("পফ", "p"),
        **dict.fromkeys("বভ", "b"),
        **dict.fromkeys("ম", "m"),
        "র": "r",
        **dict.fromkeys("ল", "l"),
        **dict.fromkeys("শষস", "s"),
        **dict.fromkeys("হ", "h"),
        **dict.fromkeys("অআইঈউঊঋএঐওঔ", "a"),
    }
)
_RA_WITH_DOT, _SILENT_YA = re.compile("[ডঢ]\u09bc"), re.compile("[\u09cd]?য\u09bc|\u09cdয")
_LATIN_SOUNDS = str.maketrans("cqzvfwxyC", "kkjbpbkac")
_LATIN_PAIRS = re.compile(r"([kgjtdpbs])h")


def leaks(texts: Iterable[str], hidden: Sequence[str]) -> list[str]:
    """The words in these texts that give a hidden value away, as they stand there, in order, each once."""
    found = [words for text in texts for words in _found(text, hidden)]
    return list(dict.fromkeys(found))


def black_out(text: str, words: Sequence[str]) -> str:
    """The text with a bar of fixed length in the place of each of the words."""
    for word in sorted(words, key=len, reverse=True):
        text = text.replace(word, HIDDEN)
    return text


def _found(text: str, hidden: Sequence[str]) -> Iterator[str]:
    names = [_plain(word) for value in hidden for word in _WORD.findall(value)]
    names = [name for name in names if len(name) >= _LETTERS and not name.isdigit()]
    numbers = [number for value in hidden if len(number := _digits(value)) >= _DIGITS]
    for word in _WORD.findall(text):
        if any(_same(_plain(word), name) for name in names):
            yield word
    for stretch in _NUMBER.findall(latin_digits(text)):
        written = _digits(stretch)
        if any(number in written or (len(written) >= _DIGITS and written in number) for number in numbers):
            at = latin_digits(text).find(stretch)
            yield text[at : at + len(stretch)]


def _same(word: str, name: str) -> bool:
    if _is_bangla(word) == _is_bangla(name):
        return word == name or (word.startswith(name) and (_is_bangla(word) or len(name) > _LETTERS))
    heard, sought = _sound(word), _sound(name)
    return len(sought) >= _SOUNDS and heard.startswith(sought) and len(heard) - len(sought) <= _ENDING


def _plain(word: str) -> str:
    joined = re.sub("[\u200b-\u200d]", "", unicodedata.normalize("NFC", word))
    return latin_digits(joined).casefold()


def _is_bangla(word: str) -> bool:
    return any("\u0980" <= letter <= "\u09ff" for letter in word)


def _sound(word: str) -> str:
    """The consonants a name is heard by, the same for রহিমা and Rahima; a vowel counts at the beginning only."""
    if _is_bangla(word):
        spoken = _SILENT_YA.sub("", _RA_WITH_DOT.sub("র", word))
        heard = "".join(c for c in spoken.translate(_BANGLA_SOUNDS) if c.isascii())
    else:
        heard = _LATIN_PAIRS.sub(r"\1", word.replace("ch", "C")).translate(_LATIN_SOUNDS)
        heard = re.sub("[aeiou]+", "a", heard)
    first, rest = heard[:1], heard[1:].replace("a", "")
    return re.sub(r"(.)\1+", r"\1", first + rest)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", latin_digits(text))
