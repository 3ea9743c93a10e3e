"""Many people at once from a file: read, checked row by row, registered whole or not at all (decision 12).

The file is a list of people in JSON. A person is written as records, `{"person": {"name_bn": "…"}}`, or flat,
`{"person.name_bn": "…"}`, with the keys of an intake (services/answers.py). Values are what a form takes: dates
as far as they are known ("June 2024"), money with its currency ("1,200 SAR", "85 k"), codes or their words.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from casedesk import codelists, formats, parsing
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError, InvalidInput, Problem, StorageFailed, StorageFull
from casedesk.fields import Ask, Field, Kind
from casedesk.i18n import _
from casedesk.parsing import fold
from casedesk.services import backups, triage
from casedesk.services.answers import CONFIRMED, Answers, field_of, label_of, tidied
from casedesk.services.intake import known, register_new
from casedesk.services.look_alikes import look_alikes
from casedesk.services.permissions import needs
from casedesk.services.rules import problems
from casedesk.storage.store import VaultDamaged
from casedesk.values import Money

LARGEST = 50 * 1024 * 1024
MANY = 25  # rows before which a backup is made
BY_THE_PROGRAM = (Kind.MOMENT, Kind.REFERENCE, Kind.REFERENCES)
AHEAD = ("case.next_contact_on",)
AGES = ("person.age_stated",)
JOINERS = "\u200c\u200d"  # spelling, in Bangla
YES, NO = ("yes", "y", "true", "হ্যাঁ"), ("no", "n", "false", "না")


class NotAFileOfPeople(CaseDeskError):
    """The file cannot be read as a list of people. Nothing was registered."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message, hint=_("Nobody was registered. The help of this command shows what a file looks like.")
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One person of a file. `number` counts from one; problems that stop the row are by key."""

    number: int
    answers: Answers
    problems: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Registered:
    number: int
    case_id: UUID
    case_number: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: who was registered, which rows were not and why, and what to look at again."""

    registered: tuple[Registered, ...]
    refused: tuple[Row, ...]
    warnings: tuple[tuple[int, str], ...]


def read_people(raw: bytes, today: date) -> list[Row]:
    """The people of a file, each with the answers that were understood and the problems with the others."""
    return [_row(number, each, today) for number, each in enumerate(people_in(raw), start=1)]


def people_in(raw: bytes) -> list[Any]:
    """The people of a file, as they are written there; raises NotAFileOfPeople for something else."""
    if len(raw) > LARGEST:
        raise NotAFileOfPeople(_("The file is larger than {count} MB.").format(count=LARGEST // 1024 // 1024))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = _("The file is not text in UTF-8: byte {place} is not a letter.").format(place=error.start + 1)
        raise NotAFileOfPeople(message) from None
    listed = _parsed(text)
    if not isinstance(listed, list):
        raise NotAFileOfPeople(_("The file is not a list of people."))
    if not listed:
        raise NotAFileOfPeople(_("The list is empty."))
    return listed


@needs("case.register")
def register_people(desk: Desk, rows: Sequence[Row], all_or_nothing: bool = False) -> Outcome:
    """Register the good rows, each in a write of its own; with `all_or_nothing` only if every row is good.

    Where the disk takes no more, the rows from there on are refused with that reason.
    """
    checked = [row if row.problems else replace(row, problems=_check(desk, row)) for row in rows]
    warnings = list(_repeated(checked))
    refused = [row for row in checked if row.problems]
    if all_or_nothing:
        refused += _one_phone_for_too_many(desk, [row for row in checked if not row.problems])
        if refused:
            return Outcome((), tuple(sorted(refused, key=lambda row: row.number)), tuple(warnings))
    if len(checked) > MANY:
        backups.before(desk)
    registered = []
    for at, row in enumerate(checked):
        if row.problems:
            continue
        warnings += [(row.number, text) for text in _known_already(desk, row.answers)]
        try:
            new = register_new(desk, row.answers)
        except InvalidInput as error:  # the rows before can make a difference: one phone for many people
            refused.append(replace(row, problems=error.problems))
            continue
        except (StorageFull, StorageFailed, VaultDamaged) as error:  # what the rows before became must still be told
            why = {"": (Problem(error.message),)}
            refused += [replace(left, problems=why) for left in checked[at:] if not left.problems]
            break
        registered.append(Registered(row.number, new.id, new.number))
    return Outcome(tuple(registered), tuple(sorted(refused, key=lambda row: row.number)), tuple(sorted(warnings)))


def in_words(row: Row) -> list[str]:
    """The problems of a row, one line each: the row, the key, what it is called, what is wrong."""
    lines = []
    for key, found in row.problems.items():
        for problem in found:
            said = f"{key} ({label})" if (label := _label(key)) else _shown(key)
            form = _("Row {number}, {field}: {problem}") if key else _("Row {number}: {problem}")
            line = form.format(number=row.number, field=said, problem=problem.text)
            lines.append(_printable(f"{line} [{problem.rule}]" if problem.rule else line))
    return lines


# Reading


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number, object_pairs_hook=_once)
    except RecursionError:
        raise NotAFileOfPeople(_("The file is nested too deep.")) from None
    except json.JSONDecodeError as error:
        message = _("The file is not JSON: line {line}, column {column}.").format(line=error.lineno, column=error.colno)
        raise NotAFileOfPeople(message) from None
    except ValueError:  # a number with thousands of digits, or one that is none
        raise NotAFileOfPeople(_("A number in the file cannot be read.")) from None


def _no_number(word: str) -> object:
    raise ValueError(word)


class _Twice(dict[str, Any]):
    """An object of the file in which a key stands twice, so that nobody can tell which was meant."""

    key = ""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = _Twice(found)
    twice.key = Counter(key for key, _value in pairs).most_common(1)[0][0]
    return twice


def _row(number: int, written: Any, today: date) -> Row:
    if not isinstance(written, dict):
        return Row(number, {}, {"": (Problem(_("This is not a person: records with their answers are expected.")),)})
    answers: dict[str, object] = {}
    found: dict[str, tuple[Problem, ...]] = {}
    for key, value in _flat(written, found):
        try:
            answers[key] = _value(key, value, today)
        except CaseDeskError as error:
            found[key] = (Problem(f"{error.message} {error.hint}".strip()),)
    return Row(number, _completed(tidied(answers), today), found)


def _flat(written: Mapping[str, Any], found: dict[str, tuple[Problem, ...]]) -> Iterator[tuple[str, Any]]:
    """The answers under their full keys. What is told twice goes to `found`."""
    if isinstance(written, _Twice):
        found[written.key] = (Problem(_("This stands twice in the row.")),)
    seen: set[str] = set()
    for key, value in written.items():
        inside = [(f"{key}.{name}", each) for name, each in value.items()] if isinstance(value, dict) else None
        if inside is not None and "." in key:  # an amount with its currency, under its full key
            inside = None
        if isinstance(value, _Twice):
            found[f"{key}.{value.key}"] = (Problem(_("This stands twice in the row.")),)
        for name, each in inside if inside is not None else [(key, value)]:
            if name in seen:
                found[name] = (Problem(_("This stands twice in the row.")),)
            seen.add(name)
            yield name, each


def _completed(answers: dict[str, object], today: date) -> dict[str, object]:
    """What the program fills in where the file says nothing: whom the case is for, how soon."""
    answers.setdefault("case.case_subject", "returnee")
    if "case.priority" not in answers:
        category = answers.get("case.category")
        answers["case.priority"] = triage.proposed_priority(answers, category if isinstance(category, str) else None)
    priority = codelists.get("priority").find(str(answers["case.priority"]))
    if "case.next_contact_on" not in answers and priority is not None:
        answers["case.next_contact_on"] = triage.next_contact(priority.code, today)
    return answers


class _Unusable(CaseDeskError):
    """One value that cannot be used."""


def _value(key: str, written: Any, today: date) -> object:
    """The value as an answer, or a CaseDeskError that says why not."""
    try:
        declared = field_of(key)
    except KeyError:
        raise _Unusable(_("Nothing is recorded under the name “{name}”.").format(name=_shown(key))) from None
    if (declared.ask is Ask.PROGRAM and key != CONFIRMED) or declared.kind in BY_THE_PROGRAM:
        raise _Unusable(_("The program fills this in itself. Leave it out."))
    if written is None:
        return None
    _refuse_what_is_no_letter(written)
    if declared.kind is Kind.ANSWER and isinstance(written, bool):
        return "yes" if written else "no"
    if declared.kind in (Kind.CODES, Kind.LINES):
        return _several(declared, written)
    if declared.kind is Kind.MONEY and isinstance(written, dict):
        return _amount(written)
    if declared.kind is Kind.TICK:
        return _tick(written)
    if isinstance(written, bool) or not isinstance(written, str | int | float):
        raise _Unusable(_("This answer is not of the right kind."))
    return _said(key, declared, str(written), today)


def _refuse_what_is_no_letter(written: Any) -> None:
    if isinstance(written, _Twice):
        raise _Unusable(_("“{name}” stands twice.").format(name=_shown(written.key)))
    for text in written if isinstance(written, list) else [written]:
        if isinstance(text, str) and any(
            unicodedata.category(letter) in ("Cc", "Cs") for letter in "".join(text.split())
        ):
            raise _Unusable(_("This has signs in it that are no letters. Write it again."))


def _said(key: str, declared: Field, text: str, today: date) -> object:
    """What somebody wrote, read as its kind of field."""
    if not text.strip():
        return None
    match declared.kind:
        case Kind.PARTIAL_DAY:
            return parsing.read_partial_day(_short(text), today)
        case Kind.DAY:
            return parsing.read_day(_short(text), today, ahead=key in AHEAD)
        case Kind.MONEY:
            return _money(_short(text))
        case Kind.COUNT:
            return parsing.read_age(_short(text)) if key in AGES else parsing.read_count(_short(text))
        case Kind.PHONE:
            return parsing.read_phone(_short(text))
        case Kind.CODE | Kind.ANSWER:
            return _code(declared, text)
    return text


def _short(text: str) -> str:
    """Dates, amounts and numbers are short; what is not would be repeated whole in the message about it."""
    if len(text) > formats.LONGEST_QUOTED:
        raise _Unusable(_("This is too long to be understood."))
    return text


def _money(text: str) -> Money:
    """An amount beside its currency: 1200 SAR, SAR 1200, ৮৫ হাজার টাকা. Without one it is taka."""
    words = text.split()
    for place in (0, -1):
        currency = codelists.get("currency").find(words[place].casefold()) if words else None
        if currency is not None:
            rest = words[1:] if place == 0 else words[:-1]
            return parsing.read_money(" ".join(rest), currency.code)
    return parsing.read_money(text, "bdt")


def _amount(written: Mapping[str, Any]) -> Money:
    amount, currency = written.get("amount"), written.get("currency", "bdt")
    if set(written) - {"amount", "currency"} or isinstance(amount, bool) or not isinstance(amount, str | int | float):
        raise _Unusable(_("Write money as an amount and a currency."))
    found = codelists.get("currency").find(currency.casefold()) if isinstance(currency, str) else None
    if found is None:
        raise _Unusable(_("“{code}” is not a currency in the list.").format(code=_shown(str(currency))))
    return parsing.read_money(_short(str(amount)), found.code)


def _tick(written: Any) -> bool | None:
    said = str(written).strip().casefold()
    if said in YES:
        return True
    if said in NO:
        return None
    raise _Unusable(_("Write true or false."))


def _several(declared: Field, written: Any) -> list[str]:
    parts = written.split(";") if isinstance(written, str) else written
    if not isinstance(parts, list) or not all(isinstance(each, str) for each in parts):
        raise _Unusable(_("Write a list of codes."))
    said = [each for each in parts if each.strip()]
    return said if declared.code_list is None else [_code(declared, each) for each in said]


def _code(declared: Field, text: str) -> str:
    """The code itself, or the words for it in either language."""
    said = fold(text)
    for row in codelists.get(declared.code_list or ""):
        if said in (fold(row.code), fold(row.en), fold(row.bn)):
            return row.code
    raise _Unusable(_("“{code}” is not in the list.").format(code=_shown(text)))


def _shown(text: str) -> str:
    """What a file says, fit for a terminal: short, and without signs that move the cursor."""
    return _printable(formats.quoted(text))


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() or letter in JOINERS else "\ufffd" for letter in text)


def _label(key: str) -> str:
    try:
        return label_of(key)
    except KeyError:
        return ""


# Checking


def _check(desk: Desk, row: Row) -> Mapping[str, tuple[Problem, ...]]:
    with desk.read() as session:
        return problems(row.answers, desk.today(), registering=True, known=known(session, desk, row.answers))


def _one_phone_for_too_many(desk: Desk, rows: Iterable[Row]) -> Iterator[Row]:
    """Rows that would be refused because of the rows before them."""
    before: Counter[object] = Counter()
    for row in rows:
        phone = row.answers.get("person.phone_1")
        if phone is None:
            continue
        with desk.read() as session:
            told = known(session, desk, row.answers)
        told = replace(told, phone_owners=told.phone_owners + before[phone])
        found = problems(row.answers, desk.today(), registering=True, known=told)
        before[phone] += 1
        if found:
            yield replace(row, problems=found)


def _document(answers: Answers) -> str:
    number = answers.get("identity_document.number")
    return parsing.document_key(number) if isinstance(number, str) else ""


def _repeated(rows: Sequence[Row]) -> Iterator[tuple[int, str]]:
    """Rows that have the document number of an earlier row."""
    first: dict[str, int] = {}
    for row in rows:
        if not (key := _document(row.answers)):
            continue
        if key in first:
            yield row.number, _("The document number is that of row {number}.").format(number=first[key])
        first.setdefault(key, row.number)


def _known_already(desk: Desk, answers: Answers) -> Iterator[str]:
    """Cases here with the same document number."""
    if not _document(answers):
        return
    for alike in look_alikes(desk, answers):
        if alike.certain:
            yield _("The document number is that of case {number}.").format(number=alike.case_number)
