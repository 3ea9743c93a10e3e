"""The case register as a file: which columns and which cases a profile may tell (DOMAIN 11, 12; SECURITY 8).

Columns follow from the field declarations. *Coded* has the person code and no name, no address below the
district, no free text; days become months, ages bands; a combination that fewer than eleven share is made
coarser. *Shared* adds name and age, and nothing by which one could be found. *Full* adds how to reach people.
Restricted fields are in no file of many cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from casedesk import codelists, formats
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.fields import Field, Kind, Level, level_of
from casedesk.i18n import N_, _
from casedesk.models import (
    Case,
    CaseIndex,
    Change,
    ConsentLine,
    Disclosure,
    IncidentViolation,
    MigrationEpisode,
    NeedItem,
    Operation,
    Person,
    fields_of,
)
from casedesk.progress import Progress, silent
from casedesk.services.ages import age_band, age_of
from casedesk.services.consents import holds, newest_lines
from casedesk.services.permissions import needs, reaches, visible
from casedesk.services.prints import CODED, FULL, SHARED
from casedesk.services.statistics.periods import begins
from casedesk.storage.arrived import NOTED, action
from casedesk.storage.operations import unpack
from casedesk.values import PartialDay, Precision

K: Final = 11  # how many share what is told of one, at least
MOST_NAMED: Final = 25  # people on the lists with names that one person makes in a day
REGISTER_FILE: Final = "case-register"  # what a Disclosure calls it
SEEN: Final = "case.view_in_register"  # the action that is noted with each case whose line was looked at
AT_ONCE: Final = 1000  # rows read at a time
NO_NAMES: Final = "no"  # in the column consent_shared: this purpose takes coded files only
SERIOUS: Final = "serious_violence"
HIDE_NAME: Final = "case.hide_name"

# What makes a person stand out, left out from the end, each with all that would tell it again.
ROUGH: Final = (
    frozenset(("case.category", "case.secondary_categories", "case.category_reason")),
    frozenset(("person.sex_gender",)),
    frozenset(("migration_episode.destination_country", "migration_episode.other_countries", "person.nationality")),
    frozenset(("person.age_band", "person.is_minor")),
    frozenset(("person.district", "person.division", "case.intake_district")),
)

REACHING = frozenset(("contact", "contact_person", "guardian"))
HOME = frozenset(("home",))
FAMILY = frozenset(("father_name", "mother_name", "current_address", "current_address_differs"))
WORDS = frozenset((Kind.LINE, Kind.TEXT, Kind.LINES, Kind.PHONE))
INNER = frozenset((Kind.REFERENCE, Kind.REFERENCES, Kind.MOMENT))
MODELS: tuple[type[Case] | type[Person] | type[MigrationEpisode], ...] = (Case, Person, MigrationEpisode)
CODED_WORDS = frozenset(("person_code",))  # the only line of text a coded file has


class TooManyNames(CaseDeskError):
    """Lists of people with names are longer than one person alone may make in a day."""

    def __init__(self, count: int, before: int) -> None:
        words = _("This list would name {count} people.").format(count=formats.number(count))
        if before:
            today = _("Lists you made today name {count} already.").format(count=formats.number(before))
            words = f"{words} {today}"
        super().__init__(
            words,
            hint=_(
                "Nothing was written. With names one person gives out at most {most} people a day; choose fewer, or the"
                " coded form."
            ).format(most=formats.number(MOST_NAMED)),
        )


class NotForNames(CaseDeskError):
    """The purpose takes coded files only, or nothing of many cases."""

    def __init__(self) -> None:
        super().__init__(
            _("For this purpose a list with names is not given out."),
            hint=_("Nothing was written. Choose the coded form, or another purpose."),
        )


class NoReason(CaseDeskError):
    """Nobody said for whom it is, or why."""

    def __init__(self) -> None:
        super().__init__(
            _("Say who receives it, and why."),
            hint=_("Nothing was written. Both are kept with the record that it left."),
        )


@dataclass(frozen=True, slots=True)
class Register:
    """What is asked for. `opened` are the first and last day on which the cases were opened, both included."""

    profile: str = CODED
    purpose: str = "own_file"
    receiver: str = ""
    reason: str = ""
    opened: tuple[date, date] | None = None
    open_only: bool = False


@dataclass(frozen=True, slots=True)
class RegisterColumn:
    """A column of the register. Without a field it is computed."""

    key: str
    label: str
    kind: Kind
    field: Field | None = None

    @property
    def words(self) -> str:
        return _(self.label)


AGE_BAND = RegisterColumn("person.age_band", N_("Age group"), Kind.CODE)
STATUS = RegisterColumn("case.status", N_("Status"), Kind.CODE)
NEEDS = RegisterColumn("need_item.needs", N_("Needs"), Kind.CODES)
VIOLATIONS = RegisterColumn("incident_violation.violations", N_("Rights violations"), Kind.CODES)


def columns(profile: str) -> tuple[RegisterColumn, ...]:
    """The columns of a profile, in the order of the declarations."""
    found = [
        RegisterColumn(f"{model.__tablename__}.{name}", declared.label, declared.kind, declared)
        for model in MODELS
        for name, declared in fields_of(model).items()
        if _told(profile, name, declared)
    ]
    ages = [AGE_BAND] if profile == CODED else []
    return (*found, *ages, STATUS, NEEDS, VIOLATIONS)


def _told(profile: str, name: str, declared: Field) -> bool:
    """Whether a profile tells this field."""
    if name == "removed_at" or declared.level is Level.RESTRICTED or declared.kind in INNER:
        return False
    reaching = declared.register in REACHING or declared.kind is Kind.PHONE
    if profile == FULL:
        return True
    if profile == SHARED:
        return not (reaching or declared.register in HOME or name in FAMILY or declared.kind is Kind.TEXT)
    coarse_home = declared.register in HOME and declared.kind is Kind.CODE
    told = declared.level <= Level.INTERNAL and declared.register != "age_stated"
    words = declared.kind in WORDS and name not in CODED_WORDS
    return told and not reaching and not words and (coarse_home or declared.register not in HOME)


@dataclass(frozen=True, slots=True)
class Extract:
    """A register that may be written: its columns, whose rows it has, and the rows, read as they are asked for.

    Rows hold declared values, with days cut to what the profile tells. `left_out` are cases without consent,
    `too_rare` those that nothing coarse enough could hide.
    """

    columns: tuple[RegisterColumn, ...]
    cases: tuple[UUID, ...]
    left_out: int
    too_rare: int
    rows: Callable[[], Iterator[tuple[object, ...]]]


@needs("register.coded")
def extract(desk: Desk, asked: Register, progress: Progress = silent) -> Extract:
    """The register for somebody; what it refuses, it refuses before anything is written."""
    scope = _scope(asked)
    if asked.profile != CODED:
        return _named(desk, asked, scope, progress)
    return _extract(desk, asked, scope, visible(desk.actor, "register.coded"), progress)


@needs("register.named")
def _named(desk: Desk, asked: Register, scope: str, progress: Progress) -> Extract:
    """With names: for a reason, and for few."""
    if not asked.reason.strip():
        raise NoReason
    within = visible(desk.actor, "register.named")
    if "reason" in reaches(desk.actor, "register.named"):
        within = or_(within, CaseIndex.confidential.is_(False))
    made = _extract(desk, asked, scope, within, progress)
    before = _named_today(desk)
    if len(before.union(made.cases)) > MOST_NAMED:
        raise TooManyNames(len(made.cases), len(before))
    return made


def _named_today(desk: Desk) -> set[UUID | None]:
    """The cases that lists with names told of today, seen or made by the one signed in. The same case is told once."""
    begun = begins(desk.today())
    given = (
        select(Disclosure.case_id)
        .join(Change, Change.record == Disclosure.id)
        .join(Operation, Operation.seq == Change.operation_seq)
        .where(
            Disclosure.document == REGISTER_FILE,
            Disclosure.level != CODED,
            Disclosure.at >= begun,
            Disclosure.case_id.is_not(None),
            Operation.actor == desk.actor.id.bytes,
        )
    )
    noted = (
        select(Change.record, Operation.body)
        .join(Operation, Operation.seq == Change.operation_seq)
        .where(
            Change.table == NOTED,
            Operation.actor == desk.actor.id.bytes,
            Operation.wall >= begun.timestamp() * 1000,
        )
    )
    with desk.read() as session:
        seen = {case for case, body in session.execute(noted) if action(*unpack(body)) == SEEN}
        return seen.union(session.scalars(given))


def _scope(asked: Register) -> str:
    """The consent that the file rests on, if the purpose needs one."""
    purpose = codelists.get("print_purpose").find(asked.purpose)
    if purpose is None or not purpose.yes("for_register"):
        raise NotForNames
    scope = purpose.extra["consent_coded" if asked.profile == CODED else "consent_shared"]
    if scope == NO_NAMES:
        raise NotForNames
    return scope


def _extract(desk: Desk, asked: Register, scope: str, within: ColumnElement[bool], progress: Progress) -> Extract:
    told = columns(asked.profile)
    with desk.read() as session:
        wanted = _wanted(asked, within)
        agreed = _agreed(session, scope, desk.today()) if scope else None
        rough = _rough_rows(session, wanted, desk.today(), progress)
    kept = {case: row for case, row in rough.items() if agreed is None or case in agreed}
    left_out = len(rough) - len(kept)
    shown = coarse(kept) if asked.profile == CODED else dict(kept)
    cases = tuple(case for case in kept if case in shown)

    return Extract(told, cases, left_out, len(kept) - len(cases), partial(_rows, desk, told, cases, shown))


def _wanted(asked: Register, within: ColumnElement[bool]) -> Select[Any]:
    plain = (CaseIndex.confidential.is_(False), CaseIndex.status != "merged")  # a confidential case is in no such file
    wanted = select(CaseIndex.case_id).where(within, *plain)
    if asked.opened is not None:
        wanted = wanted.where(CaseIndex.opened_on.between(*asked.opened))
    return wanted.where(CaseIndex.is_open.is_(True)) if asked.open_only else wanted


def _agreed(session: Session, scope: str, today: date) -> set[UUID | None]:
    """The cases in which this purpose is agreed to today: the newest line of each holds."""
    wanted = (
        select(ConsentLine.case_id, ConsentLine.answer, ConsentLine.expires_on, ConsentLine.named_recipient_id)
        .join(Change, Change.record == ConsentLine.id)
        .where(ConsentLine.scope == scope, ConsentLine.removed_at.is_(None), ConsentLine.case_id.is_not(None))
        .group_by(ConsentLine.id)
        .order_by(func.min(Change.operation_seq))
    )
    agreed: set[UUID | None] = set()
    for case, answer, until, named in session.execute(wanted):
        agrees = answer == "given" and named is None and (until is None or until >= today)
        (agreed.add if agrees else agreed.discard)(case)
    for case, lines in newest_lines(session, _told_by_several(session, scope), [scope]).items():
        (agreed.add if holds(lines[scope], today) else agreed.discard)(case)
    return agreed


def _told_by_several(session: Session, scope: str) -> list[UUID]:
    """The cases of which several desks told a consent: the order of arrival says nothing there."""
    wanted = (
        select(ConsentLine.case_id)
        .join(Change, Change.record == ConsentLine.id)
        .join(Operation, Operation.seq == Change.operation_seq)
        .where(ConsentLine.scope == scope, ConsentLine.removed_at.is_(None), ConsentLine.case_id.is_not(None))
        .group_by(ConsentLine.case_id)
        .having(func.count(Operation.chain_ix.distinct()) > 1)
    )
    return [case for case in session.scalars(wanted) if case is not None]


Rough = tuple[str | None, ...]


def _rough_rows(session: Session, wanted: Select[Any], today: date, progress: Progress) -> dict[UUID, Rough]:
    """What makes a person stand out, for every case, in the order of the file."""
    lines = (
        wanted.outerjoin(Person, Person.id == CaseIndex.person_id)
        .with_only_columns(
            CaseIndex.case_id,
            CaseIndex.category,
            CaseIndex.sex_gender,
            CaseIndex.country,
            CaseIndex.district,
            Person.date_of_birth,
            Person.age_stated,
            Person.age_stated_on,
        )
        .order_by(CaseIndex.opened_on, CaseIndex.case_id)
    )
    found: dict[UUID, Rough] = {}
    for at, row in enumerate(session.execute(lines.execution_options(yield_per=AT_ONCE))):
        if at % AT_ONCE == 0:
            progress.step(0, 0)
        case, category, sex, country, district, born, stated, stated_on = row
        age = _age(born, stated, stated_on, today)
        found[case] = (category, sex, country, age_band(age), district)
    return found


def _age(born: PartialDay | None, stated: int | None, stated_on: date | None, today: date) -> int | None:
    return age_of(Person(date_of_birth=born, age_stated=stated, age_stated_on=stated_on), today)


def coarse(rows: Mapping[UUID, Rough], k: int = K) -> dict[UUID, Rough]:
    """The rows with as much left out as it takes for each to be like `k - 1` others at least; the rest is missing.

    From the end of ROUGH: a district is left out before the age group, and so on, only where it must be.
    """
    made: dict[UUID, Rough] = {}
    open_ones = dict(rows)
    for kept in range(len(ROUGH), -1, -1):
        cut = {case: (*row[:kept], *[None] * (len(ROUGH) - kept)) for case, row in open_ones.items()}
        common = Counter(cut.values())
        enough = {case: row for case, row in cut.items() if common[row] >= k}
        made |= enough
        open_ones = {case: row for case, row in open_ones.items() if case not in enough}
    return made


def _rows(
    desk: Desk, told: Sequence[RegisterColumn], cases: Sequence[UUID], rough: Mapping[UUID, Rough]
) -> Iterator[tuple[object, ...]]:
    """The rows in the order of the cases, some at a time."""
    coded = AGE_BAND in told
    for at in range(0, len(cases), AT_ONCE):
        some = cases[at : at + AT_ONCE]
        with desk.read() as session:
            found = _values(session, told, some)
        for case in some:
            yield _row(told, found.get(case, {}), rough[case], coded=coded)


def _values(session: Session, told: Sequence[RegisterColumn], cases: Sequence[UUID]) -> dict[UUID, dict[str, object]]:
    """Column to value for each case."""
    declared = [column.key for column in told if column.field is not None]
    tables = {model.__tablename__: model for model in MODELS}
    wanted = (
        select(Case.id, Case.hide_name, CaseIndex.status, *(_attribute(tables, key) for key in declared))
        .join(CaseIndex, CaseIndex.case_id == Case.id)
        .outerjoin(Person, Person.id == Case.person_id)
        .outerjoin(MigrationEpisode, MigrationEpisode.id == Case.index_episode_id)
        .where(Case.id.in_(cases))
    )
    needs_ = _lists(session, NeedItem.case_id, NeedItem.need, cases, NeedItem.removed_at.is_(None))
    happened = _lists(
        session,
        IncidentViolation.case_id,
        IncidentViolation.violation,
        cases,
        IncidentViolation.removed_at.is_(None),
    )
    found: dict[UUID, dict[str, object]] = {}
    for case, hide_name, status, *values in session.execute(wanted):
        row = dict(zip(declared, values, strict=True))
        row |= {
            STATUS.key: status,
            NEEDS.key: sorted(needs_.get(case, ())),
            VIOLATIONS.key: sorted({_spoken_of(code) for code in happened.get(case, ())}),
            HIDE_NAME: hide_name,
        }
        found[case] = row
    return found


def _attribute(tables: Mapping[str, type[Any]], key: str) -> Any:
    table, _dot, name = key.partition(".")
    return getattr(tables[table], name)


def _lists(
    session: Session, case: Any, code: Any, cases: Sequence[UUID], *conditions: ColumnElement[bool]
) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    for case_id, each in session.execute(select(case, code).where(case.in_(cases), code.is_not(None), *conditions)):
        found.setdefault(case_id, set()).add(each)
    return found


def _spoken_of(violation: str) -> str:
    """A violation that is restricted is called by no more than its weight."""
    row = codelists.get("violation_type").find(violation)
    return violation if row is not None and row.extra["default_sensitivity"] != "restricted" else SERIOUS


def _row(
    told: Sequence[RegisterColumn], values: Mapping[str, object], rough: Rough, *, coded: bool
) -> tuple[object, ...]:
    left_out = {key for keys, value in zip(ROUGH, rough, strict=True) if value is None for key in keys}
    made: list[object] = []
    for column in told:
        value = rough[3] if column is AGE_BAND else values.get(column.key)
        if column.key in left_out or (values.get(HIDE_NAME) and _is_name(column)):
            value = None
        elif column.field is not None and value is not None:
            value = None if level_of(column.field, value) is Level.RESTRICTED else value
        made.append(_month(value) if coded else value)
    return tuple(made)


def _is_name(column: RegisterColumn) -> bool:
    return column.field is not None and column.field.level is Level.IDENTIFYING


def _month(value: object) -> object:
    """A day as a coded file tells it: the month, or the year where no more is known."""
    match value:
        case PartialDay(first=first, precision=Precision.DAY):
            return PartialDay.month(first)
        case date():
            return PartialDay.month(value)
    return value
