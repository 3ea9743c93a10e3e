"""Keys under which names are found: as they are written, and as they sound in either script.

A sound key is the bones of a word: its consonants as both scripts share them, with a or i in front of a word
that begins with a vowel. Rahima, Rahema and রহিমা are all `rhm`. Vowels inside are left out because Bangla does
not write the one people spell as a, o or e. Bangla is spelled in Latin letters first, then one rule holds for both.

While a word is being typed its key grows at the end only, so a prefix finds the word. `fts_query` leaves out
a last letter that the next one may change (c before h, য before its dot). The exceptions are words that stand
for a whole other word, such as Md.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from casedesk.parsing import latin_digits

_APOSTROPHES = dict.fromkeys(map(ord, "'’‘`ʼ´"))
_STOPS = ".:।\u0983"  # মো., মো: and মোঃ end a shortened word alike
_FOLDED = str.maketrans({"ী": "ি", "ূ": "ু", "ণ": "ন", "শ": "স", "ষ": "স", "জ": "য"})

# Words mostly written short, by their spelling in Latin letters, and the key of the full word.
_MOHAMMAD, _MOSAMMAT, _ABDUL = "mhmd", "msmt", "abd"
_SHORT = {"md": _MOHAMMAD, "mohd": _MOHAMMAD, "muhd": _MOHAMMAD, "mst": _MOSAMMAT, "msmt": _MOSAMMAT}
_SHORT_WITH_STOP = {
    **dict.fromkeys(("mo", "mu", "moh", "muh", "moha", "muha", "moho"), _MOHAMMAD),
    **dict.fromkeys(("mos", "mosa", "musa", "most"), _MOSAMMAT),
    "a": _ABDUL,
}
_TITLES = frozenset((_MOHAMMAD, _MOSAMMAT))
_ABDUL_FORMS = re.compile(r"abd[aou]*[djlnrstz]?")  # Abdul, Abdur, Abdus: the last letter follows the next word
_TWO_IN_ONE = (re.compile(r"(..+?)(u+d*[ei]+n)"), re.compile(r"(...*un)(n[ei]+s+ah?)"))

# Bangla in Latin letters
# The letters with a dot below, which NFC writes as two characters.
_NUKTA = (("\u09a1\u09bc", "\u09dc"), ("\u09a2\u09bc", "\u09dd"), ("\u09af\u09bc", "\u09df"))
# fmt: off
_CONSONANTS = {
    "ক": "k", "খ": "kh", "গ": "g", "ঘ": "gh", "ঙ": "ng",
    "চ": "C", "ছ": "s", "জ": "j", "ঝ": "jh", "ঞ": "n",
    "ট": "t", "ঠ": "th", "ড": "d", "ঢ": "dh", "ণ": "n",
    "ত": "t", "থ": "th", "দ": "d", "ধ": "dh", "ন": "n",
    "প": "p", "ফ": "ph", "ব": "b", "ভ": "bh", "ম": "m",
    "য": "j", "র": "r", "ল": "l", "শ": "sh", "ষ": "sh", "স": "s", "হ": "h",
    "\u09dc": "r", "\u09dd": "r", "\u09df": "y", "ৎ": "t", "ৰ": "r", "ৱ": "w",
}
_VOWELS = {
    "অ": "a", "আ": "a", "ই": "i", "ঈ": "i", "উ": "u", "ঊ": "u", "ঋ": "ri", "এ": "e", "ঐ": "oi", "ও": "o", "ঔ": "ou",
    "া": "a", "ি": "i", "ী": "i", "ু": "u", "ূ": "u", "ৃ": "ri", "ে": "e", "ৈ": "oi", "ো": "o", "ৌ": "ou",
}
# fmt: on
_SIGNS = frozenset("ািীুূৃেৈোৌ্")
_JOIN = "্"
_NASALS = {"ং": "ng", "ঁ": "n"}
_SOUNDED_B = frozenset("মবরল")  # লম্বা sounds its b, স্বপন does not
_UNSETTLED = re.compile("(?:c+h?|[ঙযডঢ])$")

# Latin letters to bones: C is চ and ch, - is any vowel
_REWRITES = (("chh", "s"), ("ch", "C"), ("ck", "k"), ("c(?=[eiy])", "s"), ("c", "k"), ("x", "ks"))
_ASPIRATED = re.compile("(?<=[kgCjtdpbszqv])h")
_BONES = str.maketrans({"C": "c", "f": "p", "v": "b", "z": "j", "q": "k"} | dict.fromkeys("aeiouwy", "-"))


def words_of(name: str) -> list[str]:
    """The words of a name in one spelling, for keys only: স for শ, ি for ী, no joiners, Latin digits, lower case."""
    return [word.translate(_FOLDED) for word, _stopped in _words(name)]


def sounds_of(name: str) -> list[str]:
    """The sound keys of a name, one a word; Nasiruddin has three: joined, Nasir and Uddin."""
    return [key for word, stopped in _words(name) for key in _keys(word, stopped=stopped)]


def similar(a: str, b: str) -> bool:
    """Whether two names share two words by sound, or one where a name has only one.

    Md. and Mst. count only where hardly anything else is left to compare.
    """
    first, second = _told_apart_by(a), _told_apart_by(b)
    fewest = min(len(_words(a)), len(_words(b)), len(first), len(second))
    return fewest > 0 and len(first & second) >= min(2, fewest)


def fts_query(text: str) -> str:
    """A full-text query over the columns `words` and `sounds`; empty where there is nothing to look for.

    Every word must be there, as the beginning of a written word or of a sound. All that reaches the query is quoted.
    """
    words = _words(text)
    alone = all(len(_typed_key(word, stopped)) <= 1 for word, stopped in words)
    return " AND ".join(f"({_either(word, _typed_key(word, stopped), alone=alone)})" for word, stopped in words)


def phone_key(e164: str) -> str:
    """A number as it is dialled here: 01…, or the digits of a number abroad."""
    return "0" + e164.removeprefix("+880") if e164.startswith("+880") else e164.removeprefix("+")


def number_key(text: str) -> str:
    """Letters and digits of a phone or case number; phones in Bangladesh begin with 01 however they are written."""
    plain = latin_digits(unicodedata.normalize("NFKC", text)).upper()
    key = "".join(character for character in plain if character.isascii() and character.isalnum())
    return re.sub(r"^(?:00)?880+(?=1)", "0", key)


@lru_cache(maxsize=1024)
def _words(text: str) -> Sequence[tuple[str, bool]]:
    """The words in lower case, each with whether a stop marks it as shortened."""
    plain = latin_digits(unicodedata.normalize("NFC", text).casefold()).translate(_APOSTROPHES)
    spaced = unicodedata.normalize("NFC", "".join(map(_kept, unicodedata.normalize("NFD", plain))))
    return tuple([(word, bool(stop)) for word, stop in re.findall(r"([^\s.]+)(\.?)", spaced)])


def _kept(character: str) -> str:
    """The character, a stop, a space between words, or nothing for what is not seen and for Latin accents."""
    if character in _STOPS:
        return "."
    category = unicodedata.category(character)
    if category == "Cf" or "\u0300" <= character <= "\u036f":
        return ""
    return character if category[0] in "LN" or category in ("Mn", "Mc") else " "


@lru_cache(maxsize=4096)
def _keys(word: str, *, stopped: bool) -> tuple[str, ...]:
    """The keys of a word. Most names are made of the same few words."""
    return tuple(_all_keys(word, stopped=stopped))


def _all_keys(word: str, *, stopped: bool) -> Iterator[str]:
    latin = _in_latin(word)
    key = _key(latin, stopped=stopped)
    if key:
        yield key
    for pattern in _TWO_IN_ONE:
        if parts := pattern.fullmatch(latin):
            yield from (_key(part) for part in parts.groups())


def _told_apart_by(name: str) -> set[str]:
    keys = set(sounds_of(name))
    own = keys - _TITLES
    return own if len(own) > 1 else keys


def _typed_key(word: str, stopped: bool) -> str:
    """The key of a word that may still grow, as far as it is settled."""
    return _key(_in_latin(_UNSETTLED.sub("", word)), stopped=stopped)


def _either(word: str, key: str, *, alone: bool) -> str:
    """The word as it is written or as it sounds.

    One bone alone finds every tenth name: right while the first syllable is typed, wrong for Roy, which finds রায়.
    """
    written = f'words : "{word.translate(_FOLDED)}"*'
    if not key:
        return written
    if len(key) > 1 or len(word) <= 2 or not alone:
        return f'{written} OR sounds : "{key}"*'
    return f'{written} OR sounds : "{key}"' + (f' OR sounds : "{key}h"*' if word.endswith(("h", "হ")) else "")


def _key(latin: str, *, stopped: bool = False) -> str:
    if latin in _SHORT:
        return _SHORT[latin]
    if stopped and latin in _SHORT_WITH_STOP:
        return _SHORT_WITH_STOP[latin]
    if _ABDUL_FORMS.fullmatch(latin):
        return _ABDUL
    return _bones(latin)


def _bones(latin: str) -> str:
    """The consonants, doubles once, breaths and a last h left out."""
    text = latin
    for pattern, letter in _REWRITES:
        text = re.sub(pattern, letter, text)
    text = re.sub(r"(.)\1+", r"\1", _ASPIRATED.sub("", text).translate(_BONES))
    bones = text.replace("-", "")
    if text.endswith("h") and len(text) > 1:
        bones = bones[:-1]
    first = "" if not text.startswith("-") else "i" if latin[0] in "iey" else "a"
    return first + bones


def _in_latin(word: str) -> str:
    """A word in the letters a–z: Latin as it is, Bangla by its sound, other scripts and digits left out."""
    for pair, letter in _NUKTA:
        word = word.replace(pair, letter)
    return "".join(_letter(word, place) for place in range(len(word)))


def _letter(word: str, place: int) -> str:
    character = word[place]
    if character in _CONSONANTS:
        return _consonant(word, place)
    return _VOWELS.get(character) or _NASALS.get(character) or (character if "a" <= character <= "z" else "")


def _consonant(word: str, place: int) -> str:
    character, after = word[place], word[place + 1 : place + 2]
    if word[place - 1 : place] == _JOIN:
        if character == "য":
            return "y"
        if character == "ব" and word[place - 2 : place - 1] not in _SOUNDED_B:
            return "w"
    if character == "ঙ" and after == _JOIN:
        return "n"
    # Only the first syllable is sure to sound the vowel that is not written: শহীদ has it, আজহার has none.
    return _CONSONANTS[character] + ("a" if place == 0 and after not in _SIGNS else "")
