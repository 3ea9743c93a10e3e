"""What a record is made of, said once: plain data that forms, checks, journal, papers and imports read.

Declarations stand on the models (`models/columns.py` has the constructors). This module says what can be
declared, and brings a value that came from a form or a file into the one shape that is stored.
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from casedesk import codelists, formats
from casedesk.errors import Problem
from casedesk.i18n import _
from casedesk.values import Money, PartialDay


class Level(enum.IntEnum):
    """Who may see a field (DOMAIN 2.6); numbered as in the journal."""

    PUBLIC = 0
    INTERNAL = 1
    IDENTIFYING = 2
    RESTRICTED = 3


class Ask(enum.StrEnum):
    """When a field is asked (DOMAIN 2.7)."""

    REGISTER = "F!"
    INTAKE = "F"
    ASSESSMENT = "A"
    LATER = "L"
    PROGRAM = "S"


class Kind(enum.Enum):
    """What a value is; in brackets its type in Python."""

    LINE = enum.auto()  # str
    TEXT = enum.auto()  # str, paragraphs
    PHONE = enum.auto()  # str, E.164
    DAY = enum.auto()  # date
    PARTIAL_DAY = enum.auto()  # PartialDay
    MOMENT = enum.auto()  # aware datetime
    CODE = enum.auto()  # str, a code of a list
    CODES = enum.auto()  # list[str], sorted codes of a list
    LINES = enum.auto()  # list[str], sorted; free or composed words
    ANSWER = enum.auto()  # str, a code of answer_yes_no
    TICK = enum.auto()  # bool
    COUNT = enum.auto()  # int
    MONEY = enum.auto()  # Money
    REFERENCE = enum.auto()  # UUID of another record
    REFERENCES = enum.auto()  # list[str], sorted ids of other records


class Unsettled(enum.Enum):
    """Which value a record shows while two desks disagree and nobody has settled it (SYNC 8)."""

    LATEST = enum.auto()  # by the clock of its author, and nothing else hangs on that
    CAUTIOUS = enum.auto()  # the code with the highest `caution` in its list; ticked rather than not
    EMPTY = enum.auto()  # nothing rather than something: who removed it may have missed an edit


type_of: Mapping[Kind, type] = {
    Kind.LINE: str,
    Kind.TEXT: str,
    Kind.PHONE: str,
    Kind.DAY: date,
    Kind.PARTIAL_DAY: PartialDay,
    Kind.MOMENT: datetime,
    Kind.CODE: str,
    Kind.CODES: list,
    Kind.LINES: list,
    Kind.ANSWER: str,
    Kind.TICK: bool,
    Kind.COUNT: int,
    Kind.MONEY: Money,
    Kind.REFERENCE: UUID,
    Kind.REFERENCES: list,
}


@dataclass(frozen=True, slots=True)
class Field:
    """One declared field.

    `register` names the fields that merge together; `unsettled` tells what they show while they clash.
    `level_from` names a column of the code list that gives the level of the value (the declared level is a floor).
    `after` names the field of the same record that is asked first: this one makes sense once it says yes.
    `maps` has the names other standards use. `stays` is what is still said once a person's data were erased: that
    there was a case, its steps, and what they agreed to.
    """

    label: str
    kind: Kind
    level: Level
    ask: Ask
    code_list: str | None = None
    longest: int | None = None
    least: int | None = None
    most: int | None = None
    unit: str = ""
    help: str = ""
    register: str | None = None
    unsettled: Unsettled = Unsettled.LATEST
    level_from: str | None = None
    after: str | None = None
    maps: Mapping[str, str] = field(default_factory=dict)
    stays: bool = False


LEVEL_WORDS = {"public": Level.PUBLIC, "internal": Level.INTERNAL, "restricted": Level.RESTRICTED}


def level_of(declared: Field, value: object) -> Level:
    """The level of this value: the declared one, raised by the code list where it says so."""
    if declared.level_from is None or declared.code_list is None or value is None:
        return declared.level
    words = [value] if isinstance(value, str) else list(value) if isinstance(value, list) else []
    rows = (codelists.get(declared.code_list).find(str(word)) for word in words)
    found = [LEVEL_WORDS[row.extra[declared.level_from]] for row in rows if row is not None]
    return max([declared.level, *found])


def tidy(declared: Field, value: object) -> object:
    """The value as it is stored: NFC text without stray spaces, sorted codes, nothing for an empty answer."""
    if isinstance(value, str):
        text = unicodedata.normalize("NFC", value)
        if declared.kind is Kind.TEXT:
            text = "\n".join(line.rstrip() for line in text.strip().splitlines())
        else:
            text = " ".join(text.split())
        return text or None
    if isinstance(value, list | tuple | set | frozenset):
        return sorted({unicodedata.normalize("NFC", str(item)) for item in value}) or None
    return value


def problem_with(declared: Field, value: object) -> Problem | None:
    """What is wrong with a tidied value by itself, in words for the person who typed it."""
    if value is None:
        return None
    if not _of_kind(declared.kind, value):
        return Problem(_("This answer is not of the right kind."))
    if isinstance(value, str) and declared.longest is not None and len(value) > declared.longest:
        return Problem(
            _("This is {count} characters long. Keep it to {longest}, and put the rest in a note.").format(
                count=formats.number(len(value)), longest=formats.number(declared.longest)
            )
        )
    if declared.kind is Kind.COUNT and isinstance(value, int):
        return _outside(declared, value)
    if declared.code_list is not None and declared.kind in (Kind.CODE, Kind.CODES, Kind.ANSWER):
        known = codelists.get(declared.code_list)
        for word in [value] if isinstance(value, str) else list(value) if isinstance(value, list) else []:
            if known.find(word) is None:
                return Problem(_("“{code}” is not in the list.").format(code=word))
    if isinstance(value, Money):
        if codelists.get("currency").find(value.currency) is None:
            return Problem(_("“{code}” is not a currency in the list.").format(code=value.currency), rule="V18")
        if value.minor < 0:
            return Problem(_("Money cannot be less than nothing."), rule="V18", fix=Money(-value.minor, value.currency))
    return None


def _of_kind(kind: Kind, value: object) -> bool:
    """Whether the value is exactly of the declared type: a datetime is no day, and yes is no number."""
    if type(value) is not type_of[kind]:
        return False
    if isinstance(value, datetime):
        return value.tzinfo is not None
    if isinstance(value, list):
        return all(isinstance(item, str) and _can_be_written(item) for item in value)
    return not isinstance(value, str) or _can_be_written(value)


def _can_be_written(text: str) -> bool:
    """Half a letter, as broken files have them, cannot be stored."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _outside(declared: Field, value: int) -> Problem | None:
    least = declared.least if declared.least is not None else value
    most = declared.most if declared.most is not None else value
    if least <= value <= most:
        return None
    text = _("Type a number from {least} to {most}.")
    return Problem(text.format(least=formats.number(least), most=formats.number(most)))
