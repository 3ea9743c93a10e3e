"""Numbers that a person can read aloud: case numbers with a check character, and random person codes (DOMAIN 2.1)."""

from __future__ import annotations

import re
import secrets

from casedesk.parsing import latin_digits

_VALUES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NUMBER = re.compile(r"([A-Z]{3})([0-9]{2})([A-Z0-9]{2})([0-9]{5,})([A-Z0-9])")
_CENTRE = re.compile(r"[A-Z]{3}")
_DASHED = re.compile(r"[A-Z]{3}-[0-9]{2}-[A-Z0-9]{2}-[0-9]{5,}-[A-Z0-9]")
_BETWEEN = re.compile(r"[\s\-‐‑‒–—.\u200b-\u200f]+")
_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is taken for another


def case_number(centre: str, year: int, device: str, serial: int) -> str:
    """The number of the `serial`-th case opened on this device: DHK-26-K3-00042-R."""
    body = f"{centre}-{year % 100:02}-{device}-{serial:05}"
    if not _DASHED.fullmatch(f"{body}-0"):
        raise ValueError(body)
    return f"{body}-{check_character(body)}"


def is_centre(code: str) -> bool:
    """Whether a centre can be called so: three letters, as DHK."""
    return _CENTRE.fullmatch(code) is not None


def check_character(text: str) -> str:
    """ISO 7064 MOD 37,36 over the letters A–Z and digits; dashes do not count."""
    product = 36
    for character in text.replace("-", ""):
        total = (product + _VALUES.index(character)) % 36 or 36
        product = total * 2 % 37
    return _VALUES[(37 - product) % 36]


def is_case_number(text: str) -> bool:
    """Whether this is a whole number as we write it, and its check character agrees."""
    return bool(_DASHED.fullmatch(text)) and check_character(text[:-1]) == text[-1]


def read_case_number(text: str) -> str | None:
    """The number someone typed with or without dashes, in any case and digits; None if it is not one."""
    parts = _NUMBER.fullmatch(_BETWEEN.sub("", latin_digits(text)).upper())
    number = "-".join(parts.groups()) if parts else ""
    return number if is_case_number(number) else None


def short_number(number: str) -> str:
    """DHK-26-00042, for dense screens only: two devices of a centre may share it."""
    centre, year, _device, serial, _check = number.split("-")
    return f"{centre}-{year}-{serial}"


def person_code() -> str:
    """Ten random characters: made from nothing about the person, so nothing leads back."""
    return "".join(secrets.choice(_CODE_LETTERS) for _ in range(10))
