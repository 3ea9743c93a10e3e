"""Six words that stand for keys: who asks to join and who lets in read the same ones out, by telephone or face to face.

Nobody between the two can have put in keys of their own, or the words would differ.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from typing import Final, Literal

from casedesk import i18n
from casedesk.paths import RESOURCES
from casedesk.sync.roster import Member

_WORDS: Final = 6
_BITS: Final = 11


def six_words(member: Member, root: bytes, code: bytes, language: str | None = None) -> str:
    """The words for the keys of the new desk, the organisation's key and the code: 66 bits."""
    told = member.desk + member.seal.encode() + root + code
    number = int.from_bytes(blake2b(told, digest_size=32, person=b"cdesk.words.1").digest(), "big")
    words = word_list(language or i18n.language())
    return " ".join(words[(number >> (_BITS * place)) & (2**_BITS - 1)] for place in range(_WORDS))


@cache
def word_list(language: str) -> tuple[str, ...]:
    """2,048 plain words, the same on every computer: their places are what is read out."""
    name: Literal["words_bn.txt", "words_en.txt"] = "words_bn.txt" if language == "bn" else "words_en.txt"
    return tuple((RESOURCES / name).read_text(encoding="utf-8").split())
