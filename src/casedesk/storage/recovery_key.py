"""The recovery key: made once, kept on paper, and read back from what somebody typed (SECURITY 3)."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from casedesk import formats
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.parsing import latin_digits
from casedesk.storage.keys import wipe

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD: Final = str.maketrans("OILU", "011V")
_GROUPS: Final = 7
_GROUP_SIZE: Final = 5
_SECRET_SIZE: Final = 16


class WrongRecoveryKey(CaseDeskError):
    """A well-formed recovery key that opens nothing here."""

    def __init__(self) -> None:
        super().__init__(
            _("This recovery key does not open this vault."),
            hint=_("Nothing is lost. Look whether the sheet is the newest and of this computer."),
        )


class RecoveryKeyLength(CaseDeskError):
    """Too few or too many groups."""

    def __init__(self) -> None:
        super().__init__(
            _("A recovery key has seven groups of five characters."),
            hint=_("Compare with the sheet and add what is missing."),
        )


class RecoveryGroupWrong(CaseDeskError):
    """One group has a typing error; `group` counts from 1."""

    def __init__(self, group: int) -> None:
        super().__init__(
            _("Group {number} of the recovery key does not fit.").format(number=formats.number(group)),
            hint=_("Compare this group with the sheet, character by character."),
        )
        self.group = group


@dataclass(frozen=True, slots=True)
class RecoveryKey:
    """128 random bits that open the vault when a passphrase is forgotten; shown once, kept on paper."""

    secret: bytearray = field(repr=False)

    @property
    def groups(self) -> tuple[str, ...]:
        """Seven groups: four characters, and a fifth by which an error in the group shows."""
        number = int.from_bytes(self.secret) << 12 | _check_bits(self.secret)
        letters = [number >> 5 * place & 31 for place in reversed(range(_GROUPS * 4))]
        fours = [letters[start : start + 4] for start in range(0, len(letters), 4)]
        return tuple(
            "".join(_ALPHABET[letter] for letter in (*four, _check_letter(count, four)))
            for count, four in enumerate(fours, start=1)
        )

    @property
    def text(self) -> str:
        return "-".join(self.groups)

    def group_is(self, group: int, typed: str) -> bool:
        """Whether `typed` is the group with this number, counted from 1."""
        return _tidy(typed).strip("-") == self.groups[group - 1]

    def wipe(self) -> None:
        wipe(self.secret)


def new_recovery_key() -> RecoveryKey:
    return RecoveryKey(bytearray(secrets.token_bytes(_SECRET_SIZE)))


def read_recovery_key(text: str) -> RecoveryKey:
    """What somebody typed from paper; spaces, dashes, case and the script of the digits do not matter."""
    groups = [group for group in _tidy(text).split("-") if group]
    if len(groups) != _GROUPS:
        joined = "".join(groups)
        groups = [joined[start : start + _GROUP_SIZE] for start in range(0, len(joined), _GROUP_SIZE)]
    letters: list[int] = []
    for count, group in enumerate(groups[:_GROUPS], start=1):
        if len(group) < _GROUP_SIZE and count == len(groups) < _GROUPS:
            break  # not an error in this group: the rest is not typed yet
        letters += _group_letters(count, group)
    if len(groups) != _GROUPS:
        raise RecoveryKeyLength
    number = 0
    for letter in letters:
        number = number << 5 | letter
    secret = bytearray((number >> 12).to_bytes(_SECRET_SIZE))
    if _check_bits(secret) != number & 0xFFF:
        raise WrongRecoveryKey
    return RecoveryKey(secret)


def _tidy(text: str) -> str:
    """Upper case, Latin digits, one dash where spaces or dashes stood, and misread letters as they were meant."""
    digits = latin_digits(unicodedata.normalize("NFKC", text))
    return re.sub(r"[\W_]+", "-", digits.upper()).translate(_MISREAD)


def _group_letters(count: int, group: str) -> list[int]:
    letters = [_ALPHABET.find(letter) for letter in group]
    if len(group) != _GROUP_SIZE or -1 in letters or _check_letter(count, letters[:4]) != letters[4]:
        raise RecoveryGroupWrong(count)
    return letters[:4]


def _check_letter(count: int, four: Sequence[int]) -> int:
    """A checksum over GF(32), begun with the group's number: it shows every single wrong letter, every pair
    of different neighbours swapped, and every two different groups swapped."""
    check = count
    for letter in four:
        check = _doubled(check) ^ letter
    return _doubled(check)


def _doubled(letter: int) -> int:
    return letter << 1 ^ (0b100101 if letter & 16 else 0)


def _check_bits(secret: bytes | bytearray) -> int:
    """12 bits over the whole key, in the room that 28 letters leave."""
    return int.from_bytes(blake2b(secret, digest_size=2, person=b"cdesk.rkey.1").digest()) >> 4
