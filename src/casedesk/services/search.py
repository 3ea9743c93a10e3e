"""The list of cases: what is looked for, how many there are, and one page at a time.

Pages are fetched by key from the nearest anchor, never by counting rows off from the start. The SQL is written out:
it is asked at every key press, and the lists are a matter of the vault alone.
"""

# ruff: noqa: S608 - the parts put into statements are written here; everything that was typed is bound
from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from casedesk import codelists
from casedesk.desk import Actor, Desk
from casedesk.errors import NotFound
from casedesk.formats import day_in_dhaka
from casedesk.i18n import spoken_first
from casedesk.models import Case, CaseIndex, CaseNote, MigrationEpisode, Person
from casedesk.parsing import document_key
from casedesk.search_keys import fts_query, number_key, sounds_of, words_of
from casedesk.services.ages import age_of
from casedesk.services.consents import consents_of
from casedesk.services.follow_ups import FollowUpRow, follow_ups_of
from casedesk.services.notes import is_restricted
from casedesk.services.permissions import needs, open_case, visible
from casedesk.services.referrals.reading import WAITING, ReferralRow, referrals_of
from casedesk.services.statistics.compute import Asked, cases_of
from casedesk.services.statistics.shapes import Figure
from casedesk.services.users import names_of_users
from casedesk.values import PartialDay

SHORT_NUMBER = re.compile(r"([A-Z]{3}[0-9]{2})([0-9]{5,})")  # as lists show it: without the computer and the check
FEWEST_FIRST_DIGITS, FEWEST_ENDING_DIGITS = 5, 3  # 0171 begins every tenth number
MANY = 2000  # hits from which walking the order is quicker than fetching and sorting them
COMPARED = 300  # names looked at for a similar one
ALIKE = 0.6
PERSON_CODE = 10  # letters
Key = tuple[Any, ...]


class Order(StrEnum):
    """How a list can be sorted; each has an index."""

    URGENT = "urgent"
    NEWEST = "newest"
    NAME = "name"


class View(StrEnum):
    """The lists everybody has."""

    ALL = "all"
    MINE = "mine"
    URGENT = "urgent"
    OVERDUE = "overdue"
    NEW = "new"
    CLOSED = "closed"


_KEYS: dict[Order, tuple[str, ...]] = {
    Order.URGENT: ("priority_rank", "due_on", "row"),
    Order.NEWEST: ("opened_on", "row"),
    Order.NAME: ("name_key", "row"),
}
_INDEXES = {
    Order.URGENT: "ix_case_index_order",
    Order.NEWEST: "ix_case_index_opened",
    Order.NAME: "ix_case_index_name",
}
_DOWNWARDS = frozenset((Order.NEWEST,))


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list shows. Empty means all; several values of one filter mean any of them.

    `figure` leaves the cases that make one figure of a report.
    """

    words: str = ""
    is_open: bool | None = True
    categories: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    owners: tuple[UUID, ...] = ()
    due_from: date | None = None
    due_before: date | None = None
    opened_from: date | None = None
    figure: Figure | None = None


class CaseRow(NamedTuple):
    """One line of the list, as the store has it; days and ids are read when they are shown.

    Names are empty where the code stands for them.
    """

    row: int
    case: str
    case_number: str
    person_code: str
    name_bn: str
    name_en: str
    name_key: str
    category: str | None
    status: str
    is_open: int
    priority: str | None
    priority_rank: int
    country: str | None
    district: str | None
    owner: str | None
    opened: str | None
    due: str
    due_what: str

    @property
    def case_id(self) -> UUID:
        return UUID(self.case)

    @property
    def owner_id(self) -> UUID | None:
        return UUID(self.owner) if self.owner else None

    @property
    def due_on(self) -> date | None:
        return None if self.due.startswith("9999") else date.fromisoformat(self.due)

    @property
    def opened_on(self) -> date | None:
        return date.fromisoformat(self.opened) if self.opened else None

    @property
    def names(self) -> tuple[str, str]:
        """The first and the second name to show."""
        return shown_names(self.name_bn, self.name_en, self.person_code)

    @property
    def name(self) -> str:
        return self.names[0]

    def key(self, order: Order) -> Key:
        """Where the row stands in this order."""
        match order:
            case Order.URGENT:
                return (self.priority_rank, self.due, self.row)
            case Order.NEWEST:
                return (self.opened, self.row)
            case Order.NAME:
                return (self.name_key, self.row)


def shown_names(name_bn: str, name_en: str, person_code: str) -> tuple[str, str]:
    """The name in the script of the language spoken and in the other one; without a name the code."""
    names = [name for name in spoken_first(name_bn, name_en) if name] or [person_code]
    return names[0], names[1] if len(names) > 1 else ""


_SHOWN = (
    "case_index.row, case_id, case_number, person_code, iif(hide_name, '', name_bn), iif(hide_name, '', name_en),"
    " name_key, category, status, is_open, priority, priority_rank, country, district, owner_id, opened_on, due_on,"
    " due_what"
)


@dataclass(frozen=True, slots=True)
class Peek:
    """What is told of a case without opening it: nothing restricted, and no telephone number."""

    row: CaseRow
    age: int | None
    sex_gender: str | None
    safe_contact: tuple[str, ...]
    upazila: str
    returned_on: PartialDay | None
    occupation: str | None
    agreed: tuple[str, ...]  # codes of consent_scope
    worker: str
    next_steps: tuple[FollowUpRow, ...]
    waiting: tuple[ReferralRow, ...]
    note: str | None  # None: a restricted one
    note_on: date | None
    note_by: str


@dataclass(frozen=True, slots=True)
class Places:
    """What occurs among the cases one may know of, for the filters."""

    countries: list[str] = field(default_factory=list)
    districts: list[str] = field(default_factory=list)
    owners: dict[UUID, str] = field(default_factory=dict)


def filters_of(desk: Desk, view: View) -> Filters:
    """What a view shows."""
    match view:
        case View.ALL:
            return Filters()
        case View.MINE:
            return Filters(owners=(desk.actor.id,))
        case View.URGENT:
            return Filters(priorities=("urgent",))
        case View.OVERDUE:
            return Filters(due_before=desk.today())
        case View.NEW:
            return Filters(is_open=None, opened_from=desk.today().replace(day=1))
        case View.CLOSED:
            return Filters(is_open=False)


@needs("case.list")
def count_cases(desk: Desk, filters: Filters) -> int:
    with desk.read() as session:
        given = _Wanted(session, desk, filters)
        return int(_fetch(session, f"{given.hits}SELECT count(*) {given.source}", given.values)[0][0])


@needs("case.list")
def count_unlisted(desk: Desk, figure: Figure) -> int:
    """How many of the cases that make a figure of a report are in no list of this user, who may not open them."""
    conditions = " AND ".join([*_behind(desk, figure), f"NOT {_known(desk.actor)}"])
    with desk.read() as session:
        return int(_fetch(session, f"SELECT count(*) FROM case_index WHERE {conditions}", {})[0][0])


@needs("case.list")
def view_counts(desk: Desk) -> dict[View, int]:
    """How many cases each view has; All counts closed ones too."""
    today = desk.today()
    asked = {
        View.ALL: "1",
        View.MINE: "is_open AND owner_id = :me",
        View.URGENT: "is_open AND priority_rank = :urgent",
        View.OVERDUE: "is_open AND due_on < :today",
        View.NEW: "opened_on >= :month",
        View.CLOSED: "NOT is_open",
    }
    sums = ", ".join(f"coalesce(sum({condition}), 0)" for condition in asked.values())
    values = {
        "me": desk.actor.id.hex,
        "urgent": codelists.get("priority")["urgent"].sort,
        "today": today.isoformat(),
        "month": today.replace(day=1).isoformat(),
    }
    with desk.read() as session:
        index = _INDEXES[Order.URGENT]
        found = _fetch(session, f"SELECT {sums} FROM case_index INDEXED BY {index} WHERE {_known(desk.actor)}", values)
    return dict(zip(asked, found[0], strict=True))


@needs("case.list")
def anchors(desk: Desk, filters: Filters, order: Order, step: int) -> list[Key]:
    """The key of every `step`-th row, from the first."""
    keys = ", ".join(_KEYS[order])
    with desk.read() as session:
        given = _Wanted(session, desk, filters, order)
        numbered = f"SELECT {given.keys}, row_number() OVER (ORDER BY {given.sorting}) AS place {given.source}"
        wanted = f"{given.hits}SELECT {keys} FROM ({numbered}) WHERE place % :step = 1 ORDER BY place"
        return [tuple(row) for row in _fetch(session, wanted, given.values | {"step": step})]


@needs("case.list")
def page_of_cases(
    desk: Desk, filters: Filters, order: Order, *, at: Key | None = None, skip: int = 0, size: int = 100
) -> list[CaseRow]:
    """Rows from the anchor `at` on (itself included), after skipping a few."""
    with desk.read() as session:
        given = _Wanted(session, desk, filters, order)
        since = ""
        if at is not None:
            names = ", ".join(f":at{place}" for place in range(len(at)))
            since = f" AND ({given.keys}) {'<=' if order in _DOWNWARDS else '>='} ({names})"
            given.values |= {f"at{place}": value for place, value in enumerate(at)}
        wanted = f"{given.hits}SELECT {_SHOWN} {given.source}{since} ORDER BY {given.sorting} LIMIT :size OFFSET :skip"
        return _rows(_fetch(session, wanted, given.values | {"size": size, "skip": skip}))


@needs("case.list")
def place_of_case(desk: Desk, filters: Filters, order: Order, case_id: UUID) -> int | None:
    """How many rows of the list stand before this case; None if it is not in the list."""
    with desk.read() as session:
        given = _Wanted(session, desk, filters, order)
        here = f"{given.hits}SELECT {_SHOWN} {given.source} AND case_id = :case"
        found = _rows(_fetch(session, here, given.values | {"case": case_id.hex}))
        if not found:
            return None
        key = found[0].key(order)
        names = ", ".join(f":at{place}" for place in range(len(key)))
        before = f" AND ({given.keys}) {'>' if order in _DOWNWARDS else '<'} ({names})"
        values = given.values | {f"at{place}": value for place, value in enumerate(key)}
        return int(_fetch(session, f"{given.hits}SELECT count(*) {given.source}{before}", values)[0][0])


@needs("case.list")
def rows_again(desk: Desk, rows: Sequence[int]) -> dict[int, CaseRow]:
    """These rows as they are now, by row; those that are gone are left out."""
    marks = ", ".join(str(int(row)) for row in rows)
    with desk.read() as session:
        found = _fetch(session, f"SELECT {_SHOWN} FROM case_index WHERE row IN ({marks}) AND {_known(desk.actor)}", {})
    return {row.row: row for row in _rows(found)}


@needs("case.list")
def newest_row(desk: Desk) -> int:
    """The row of the case that came last."""
    with desk.read() as session:
        return int(_fetch(session, "SELECT coalesce(max(row), 0) FROM case_index", {})[0][0])


@needs("case.list")
def newer_cases(desk: Desk, filters: Filters, since: int) -> int:
    """How many cases of the list came after this row."""
    with desk.read() as session:
        given = _Wanted(session, desk, filters)
        wanted = f"{given.hits}SELECT count(*) {given.source} AND case_index.row > :since"
        return int(_fetch(session, wanted, given.values | {"since": since})[0][0])


@needs("case.list")
def find_people(desk: Desk, words: str, size: int = 6) -> list[CaseRow]:
    """The best few for what is typed: a name that begins so, open cases, then the most urgent."""
    found = page_of_cases(desk, Filters(words=words, is_open=None), Order.URGENT, size=10 * size)
    typed = words_of(words)

    def rank(row: CaseRow) -> tuple[bool, bool]:
        written = [*words_of(row.name_bn), *words_of(row.name_en)]
        return not all(any(word.startswith(part) for word in written) for part in typed), not row.is_open

    return sorted(found, key=rank)[:size]


@needs("case.list")
def case_called(desk: Desk, number: str) -> UUID:
    """The case with exactly this number. Raises NotFound also for one the user may not know of."""
    wanted = select(CaseIndex.case_id).where(CaseIndex.case_number == number, visible(desk.actor))
    with desk.read() as session:
        found = session.scalar(wanted)
    if found is None:
        raise NotFound
    return found


@needs("case.list")
def near_names(desk: Desk, words: str, size: int = 4) -> list[str]:
    """Names that sound a little like what was typed, where nothing sounds the same."""
    sounds = [sound for sound in sounds_of(words) if len(sound) > 1]
    ways = {sound[: max(2, len(sound) - 1)] for sound in sounds} | {sound[:2] for sound in sounds}
    query = " OR ".join(f'sounds : "{way}"*' for way in sorted(ways))
    if not query:
        return []
    known = _known(desk.actor)
    wanted = (
        "SELECT name_bn, name_en, name_key FROM"
        " (SELECT rowid FROM case_words WHERE case_words MATCH :match LIMIT :most)"
        f" CROSS JOIN case_index ON case_index.row = rowid WHERE NOT hide_name AND {known}"
    )
    with desk.read() as session:
        found = _fetch(session, wanted, {"match": query, "most": COMPARED})
    said = " ".join(sounds)
    best: dict[str, float] = {}
    for name_bn, name_en, key in found:
        whole = SequenceMatcher(None, said, key).ratio()
        alike = max([whole, *(SequenceMatcher(None, said, part).ratio() for part in key.split())])
        if alike >= ALIKE:
            best[name_en or name_bn] = max(alike, best.get(name_en or name_bn, 0.0))
    return sorted(best, key=lambda name: -best[name])[:size]


@needs("case.list")
def places_of(desk: Desk) -> Places:
    """What occurs among the cases one may know of."""
    with desk.read() as session:
        index, known = _INDEXES[Order.URGENT], _known(desk.actor)
        wanted = f"SELECT DISTINCT country, district, owner_id FROM case_index INDEXED BY {index} WHERE {known}"
        found = _fetch(session, wanted, {})
        people = names_of_users(session)
    owners = {UUID(owner) for _country, _district, owner in found if owner}
    return Places(
        sorted({row[0] for row in found if row[0]}),
        sorted({row[1] for row in found if row[1]}),
        {owner: people.get(owner, "") for owner in sorted(owners, key=lambda each: people.get(each, ""))},
    )


@needs("case.list")
def peek(desk: Desk, case_id: UUID) -> Peek:
    """A case at a glance. This is no opening of the case and leaves no trace, so it tells nothing restricted."""
    with desk.read() as session:
        case = open_case(desk, session, "case.list", case_id)
        person = session.get(Person, case.person_id) or Person()
        episode = session.get(MigrationEpisode, case.index_episode_id) if case.index_episode_id else None
        found = _fetch(session, f"SELECT {_SHOWN} FROM case_index WHERE case_id = :case", {"case": case_id.hex})
        worker = names_of_users(session).get(case.owner_id, "") if case.owner_id else ""
    note, note_on, note_by = _last_note(desk, case)
    return Peek(
        row=_rows(found)[0],
        age=age_of(person, desk.today()),
        sex_gender=person.sex_gender,
        safe_contact=tuple(person.safe_contact_rule or ()),
        upazila=person.upazila or "",
        returned_on=episode.returned_on if episode else None,
        occupation=episode.occupation_abroad if episode else None,
        agreed=tuple(each.scope for each in consents_of(desk, case_id) if each.status == "given"),
        worker=worker,
        next_steps=tuple(each for each in follow_ups_of(desk, case_id) if each.status == "planned"),
        waiting=tuple(each for each in referrals_of(desk, case_id) if each.status in WAITING),
        note=note,
        note_on=note_on,
        note_by=note_by,
    )


def _last_note(desk: Desk, case: Case) -> tuple[str | None, date | None, str]:
    with desk.rows() as rows:
        notes = [note for note in rows.of(CaseNote, "case_id", case.id) if note.removed_at is None]
        if not notes:
            return "", None, ""
        note = notes[-1]
        _order, by = rows.first_written(CaseNote, "id", note.id)[note.id]
    on = day_in_dhaka(note.at) if note.at else None
    return (None if is_restricted(case, note) else note.text or ""), on, by


# What a list is asked for, as SQL


@lru_cache(maxsize=16)
def _known(actor: Actor) -> str:
    """The cases somebody may know of: the one rule of `permissions`, as text."""
    rule = visible(actor).compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    return f"({rule})"


def _behind(desk: Desk, figure: Figure | None) -> list[str]:
    """The cases that make a figure: the very expression that counted them, as text."""
    if figure is None:
        return []
    wanted = cases_of(Asked.of(desk, figure.among, figure.action), figure)
    return [f"case_id IN ({wanted.compile(dialect=sqlite.dialect(), compile_kwargs={'literal_binds': True})})"]


class _Wanted:
    """The parts of a statement: `hits` before it, `source` with all conditions, `values` bound, `keys` and `sorting`.

    Few hits are fetched by row and sorted; for many the order is walked, as it is where nothing is typed.
    """

    def __init__(self, session: Session, desk: Desk, filters: Filters, order: Order = Order.URGENT) -> None:
        self.values: dict[str, Any] = {}
        self.keys = ", ".join(_KEYS[order])
        self.sorting = ", ".join(f"{key} DESC" if order in _DOWNWARDS else key for key in _KEYS[order])
        self.hits = ""
        conditions = " AND ".join([_known(desk.actor), *_behind(desk, filters.figure), *self._conditions(filters)])
        walk = f"FROM case_index INDEXED BY {_INDEXES[order]}"
        if not filters.words.strip():
            few = filters.owners or filters.figure
            self.source = f"{'FROM case_index' if few else walk} WHERE {conditions}"
            return
        ways, values = _ways(filters.words)
        self.values |= values
        self.hits = f"WITH hits (hit) AS MATERIALIZED ({' UNION '.join(ways)}) "
        some = f"SELECT count(*) FROM ({' UNION ALL '.join(ways)} LIMIT {MANY})"
        if _fetch(session, some, self.values)[0][0] < MANY:
            self.source = f"FROM hits CROSS JOIN case_index ON case_index.row = hit WHERE {conditions}"
        else:
            self.source = f"{walk} WHERE +case_index.row IN (SELECT hit FROM hits) AND {conditions}"

    def _conditions(self, filters: Filters) -> Iterator[str]:
        for column, wanted in (
            ("category", filters.categories),
            ("status", filters.statuses),
            ("priority", filters.priorities),
            ("country", filters.countries),
            ("district", filters.districts),
            ("owner_id", [owner.hex for owner in filters.owners]),
        ):
            if wanted:
                names = [f"{column}{place}" for place in range(len(wanted))]
                self.values |= dict(zip(names, wanted, strict=True))
                yield f"{column} IN ({', '.join(':' + name for name in names)})"
        for condition, value in (
            ("is_open = :is_open", filters.is_open),
            ("due_on >= :due_from", filters.due_from),
            ("due_on < :due_before", filters.due_before),
            ("opened_on >= :opened_from", filters.opened_from),
        ):
            if value is not None:
                self.values[condition.rpartition(":")[2]] = value.isoformat() if isinstance(value, date) else value
                yield condition


@lru_cache(maxsize=64)
def _ways(words: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """The rows found by a name in either script, a number by its beginning or end, or a whole document number.

    Count, anchors and every page ask for the same words.
    """
    ways: list[str] = []
    values: dict[str, str] = {}
    if query := fts_query(words):
        ways.append("SELECT rowid FROM case_words WHERE case_words MATCH :match")
        values["match"] = query
    numbered = "SELECT case_index.row FROM number_key CROSS JOIN case_index USING (case_id)"
    for place, (kind, key, whole) in enumerate(_numbers(words)):
        name = f"key{place}"
        values |= {name: key} if whole else {name: key, f"{name}_end": key + "\uffff"}
        found = f"number_key.key = :{name}" if whole else f"number_key.key >= :{name} AND number_key.key < :{name}_end"
        ways.append(f"{numbered} WHERE {found} AND kind = '{kind}'")
    if short := SHORT_NUMBER.fullmatch(number_key(words)):
        centre_and_year, serial = short.groups()
        values |= {
            "short": f"{centre_and_year}__{serial}_",
            "shorts": centre_and_year,
            "shorts_end": centre_and_year + "\uffff",
        }
        among = "number_key.key >= :shorts AND number_key.key < :shorts_end"
        ways.append(f"{numbered} WHERE {among} AND number_key.key LIKE :short AND kind = 'case'")
    return tuple(ways) or ("SELECT row FROM case_index WHERE 0",), values


def _numbers(words: str) -> Iterator[tuple[str, str, bool]]:
    """The keys of numbers to look for: kind, key, and whether it must be the whole key."""
    key = number_key(words)
    if any(character.isdigit() for character in key):
        yield "case", key, False
        yield "document", document_key(words), True
    elif len(key) == PERSON_CODE:
        yield "case", key, True
    if key.isdigit():
        if len(key) >= FEWEST_FIRST_DIGITS:
            yield "phone", key, False
        if len(key) >= FEWEST_ENDING_DIGITS:
            yield "ending", key[::-1], False


def _fetch(session: Session, statement: str, values: dict[str, Any]) -> Sequence[Any]:
    return session.connection().exec_driver_sql(statement, values).all()


def _rows(found: Sequence[Any]) -> list[CaseRow]:
    return [CaseRow._make(row) for row in found]
