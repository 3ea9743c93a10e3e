"""Clashes: where two desks wrote different things without having seen each other. Both are kept until a person decides.

Settling is an ordinary edit that knows both. It can be settled again, as often as somebody finds a better answer.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from casedesk import codelists
from casedesk.desk import Actor, Desk
from casedesk.errors import CaseDeskError, NotFound
from casedesk.fields import Field, Kind, Level
from casedesk.i18n import _
from casedesk.models import (
    Case,
    CaseIndex,
    Clash,
    NeedItem,
    Provider,
    Recorded,
    Recruiter,
    State,
    fields_of,
    recorded_models,
    registers_of,
)
from casedesk.models import Operation as OperationRow
from casedesk.services.permissions import Hidden, OutOfReach, needs, reach, visible, within_reach
from casedesk.services.preferences import prefer, preferences
from casedesk.services.providers import name_of
from casedesk.services.users import names_of_users
from casedesk.services.words import BETWEEN, in_words
from casedesk.storage import belonging
from casedesk.storage.operations import ClockFlag, Operation, Value, shown, unpack
from casedesk.storage.recorder import OPERATION_TABLE, Altered, from_leaf, moment_of, say_again, to_leaf

SEVERAL = frozenset((Kind.CODES, Kind.LINES, Kind.REFERENCES))
# Records that belong to no case, by who may change them.
OF_THE_OFFICE = {
    "provider": "directory.edit",
    "provider_service": "directory.edit",
    "recruiter": "directory.edit",
    "user": "office.edit",
    "centre": "office.edit",
    "device": "office.edit",
    "exchange_rate": "office.rates",
    "official_cost_limit": "office.rates",
}


SEEN = "seen "  # before the id of what was skipped, among the preferences of a user


class Choice(enum.Enum):
    """What is to stand when it is not one of the sides alone."""

    BOTH = "both"


class NotOneOfThem(CaseDeskError):
    """The side that was chosen is not there any more."""

    def __init__(self) -> None:
        super().__init__(
            _("This answer is not one of those to choose from."),
            hint=_("Nothing was changed. Open it again: more may have arrived meanwhile."),
        )


@dataclass(frozen=True, slots=True)
class Side:
    """One of the values: who wrote it, when by the clock of that computer, as part of what, and why."""

    operation: int
    by: str
    at: datetime
    doubtful: bool
    action: str
    reason: str
    words: tuple[str, ...]  # one for each field of the clash; empty where it says nothing or may not be read


@dataclass(frozen=True, slots=True)
class ClashRow:
    """A clash as a person sees it: what it is about, the sides, and the one that is shown meanwhile."""

    id: int
    case_id: UUID | None
    case_number: str
    record_id: UUID
    record: str  # what kind of record
    name: str  # of a record that belongs to no case
    keys: tuple[str, ...]  # of the answers, as in a form
    labels: tuple[str, ...]
    sides: tuple[Side, ...]
    suggested: int  # the operation whose value the records show now
    since: datetime
    readable: bool  # whether all of it may be read
    may_settle: bool
    may_keep_both: bool

    @property
    def differing(self) -> tuple[int, ...]:
        """Which of the answers differ; all of them where that may not be known."""
        places = range(len(self.labels))
        found = tuple(at for at in places if len({side.words[at] for side in self.sides}) > 1)
        return found or tuple(places)


@needs("clash.list")
def clashes(desk: Desk, case_id: UUID | None = None) -> list[ClashRow]:
    """The open clashes the user may see, of one case or of all; the oldest first."""
    return _rows(desk, select(Clash).where(Clash.settled_by.is_(None)).order_by(Clash.id), case_id)


@needs("clash.list")
def settled_clashes(desk: Desk, case_id: UUID | None = None, size: int = 50) -> list[ClashRow]:
    """Clashes that were settled, the newest first, so that a decision can be taken again."""
    return _rows(desk, select(Clash).where(Clash.settled_by.is_not(None)).order_by(Clash.id.desc()), case_id)[:size]


@needs("clash.list")
def count_clashes(desk: Desk) -> int:
    """How many open clashes wait for this user."""
    return sum(row.may_settle for row in clashes(desk))


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A case, or something of it, whose steps on several desks did not fit together: where it is, and how many of
    them could not follow."""

    case_id: UUID
    case_number: str
    entity: str
    entity_id: UUID
    status: str
    skipped: int


@needs("clash.list")
def steps_skipped(desk: Desk) -> list[SkippedRow]:
    """Where the life cycle did not allow the steps as they came together; the last state that it allows stands.

    What the user has seen is left out, until more is skipped there.
    """
    seen = preferences(desk)
    with desk.read() as session:
        wanted = (
            select(State, CaseIndex.case_number)
            .join(CaseIndex, CaseIndex.case_id == State.case_id)
            .where(State.skipped > 0, visible(desk.actor, "clash.list"))
            .order_by(CaseIndex.case_number, State.entity, State.entity_id)
        )
        return [
            SkippedRow(state.case_id, number, state.entity, state.entity_id, state.status, state.skipped)
            for state, number in session.execute(wanted)
            if state.case_id is not None and seen.get(_seen(state.entity_id)) != str(state.skipped)
        ]


@needs("clash.list")
def steps_seen(desk: Desk, row: SkippedRow) -> None:
    """The user has looked: it is listed no more for them, at this computer."""
    prefer(desk, _seen(row.entity_id), str(row.skipped))


@needs("clash.list")
def steps_not_seen(desk: Desk, row: SkippedRow) -> None:
    """List it again."""
    prefer(desk, _seen(row.entity_id), "")


def _seen(entity_id: UUID) -> str:
    return f"{SEEN}{entity_id.hex}"


@needs("clash.settle")
def settle(desk: Desk, clash_id: int, choice: int | Choice, reason: str = "") -> None:
    """Let one side stand, named by its operation, or both where several answers can stand beside each other."""
    with desk.read() as session:
        clash = session.get(Clash, clash_id)
        about = _belongs(session, clash)[0] if clash is not None else None
    with desk.write("clash.settle", about=about, reason=reason.strip() or None) as session:
        clash = session.get(Clash, clash_id)
        if clash is None:
            raise NotFound
        row = _Reader(session, desk).row(clash)
        if row is None:
            raise Hidden(about) if about is not None else NotFound
        if not row.may_settle:
            raise OutOfReach(about)
        record = session.get_one(recorded_models()[clash.table], clash.record)
        names = registers_of(type(record))[clash.register]
        for name, value in _chosen(session, clash, names, choice).items():
            setattr(record, name, from_leaf(fields_of(type(record))[name], value))
        say_again(session, record, names)


def _chosen(session: Session, clash: Clash, names: Sequence[str], choice: int | Choice) -> dict[str, Value]:
    sides = {number: _said(_operation(session, number), clash) for number in _numbers(clash)}
    if isinstance(choice, Choice):
        declared = fields_of(recorded_models()[clash.table])
        if not _several(declared, names):
            raise NotOneOfThem
        words = {name: {word for said in sides.values() for word in _list(said.get(name))} for name in names}
        return {name: sorted(found) or None for name, found in words.items()}
    if choice not in sides:
        raise NotOneOfThem
    return {name: sides[choice].get(name) for name in names}


def _several(declared: dict[str, Field], names: Sequence[str]) -> bool:
    return all(declared[name].kind in SEVERAL for name in names)


def _list(value: Value) -> list[str]:
    return value if isinstance(value, list) else []


def _rows(desk: Desk, wanted: Select[Clash], case_id: UUID | None) -> list[ClashRow]:
    with desk.read() as session:
        those = session.scalars(wanted).all()
        if not those:
            return []
        reader = _Reader(session, desk)
        found = (reader.row(clash) for clash in those)
        return [row for row in found if row is not None and case_id in (None, row.case_id)]


class _Reader:
    """Reads clashes as far as one person may."""

    def __init__(self, session: Session, desk: Desk) -> None:
        self._session, self._actor = session, desk.actor
        self._people = names_of_users(session)

    def row(self, clash: Clash) -> ClashRow | None:
        """The clash, or nothing if the user may not know of it."""
        case_id, case = _belongs(self._session, clash)
        model = recorded_models()[clash.table]
        record = self._session.get(model, clash.record)
        if record is None or not self._may(case, clash, "case.view"):
            return None
        declared = fields_of(model)
        names = registers_of(model)[clash.register]
        restricted = self._may(case, clash, "case.view_restricted")
        operations = {number: _operation(self._session, number) for number in _numbers(clash)}
        readable = restricted or all(
            level < Level.RESTRICTED for each in operations.values() for level in _levels(each, clash, names)
        )
        now = {name: to_leaf(getattr(record, name)) for name in names}
        return ClashRow(
            id=clash.id,
            case_id=case_id,
            case_number=(case.case_number or "") if case is not None else "",
            record_id=clash.record,
            record=_(model.label),
            name=_name(record) if case is None else "",
            keys=tuple(f"{clash.table}.{name}" for name in names),
            labels=tuple(_(declared[name].label) for name in names),
            sides=tuple(
                self._side(number, operation, clash, names, readable=readable, restricted=restricted)
                for number, operation in operations.items()
            ),
            suggested=_suggested(operations, clash, now),
            since=clash.since,
            readable=readable,
            may_settle=readable and self._may(case, clash, "clash.settle"),
            may_keep_both=_several(declared, names),
        )

    def _may(self, case: Case | None, clash: Clash, action: str) -> bool:
        if case is not None:
            return within_reach(self._actor, action, case)
        return _reaches_office(self._actor, clash.table)

    def _side(
        self,
        number: int,
        operation: Operation,
        clash: Clash,
        names: Sequence[str],
        *,
        readable: bool,
        restricted: bool,
    ) -> Side:
        declared, said = fields_of(recorded_models()[clash.table]), _said(operation, clash)
        about = {
            leaf.field: str(leaf.value)
            for level, leaf in shown(operation)
            if leaf.table == OPERATION_TABLE and (restricted or level < Level.RESTRICTED)
        }
        return Side(
            operation=number,
            by=self._people.get(UUID(bytes=operation.actor), ""),
            at=moment_of(operation.wall),
            doubtful=bool(operation.flags & ClockFlag.BEHIND),
            action=about.get("action", ""),
            reason=about.get("reason", ""),
            words=tuple(self._words(declared[name], said.get(name)) if readable else "" for name in names),
        )

    def _words(self, declared: Field, value: Value) -> str:
        if declared.kind is Kind.REFERENCE and isinstance(value, bytes):
            return self._called(UUID(bytes=value))
        if declared.kind is Kind.REFERENCES:
            return BETWEEN.join(self._called(UUID(each)) for each in _list(value))
        return in_words(declared, from_leaf(declared, value))

    def _called(self, record: UUID) -> str:
        """What a field refers to, by name. Somebody nobody told of yet is somebody all the same."""
        if name := self._people.get(record):
            return name
        if (need := self._session.get(NeedItem, record)) is not None:
            return codelists.get("need").label(need.need)
        if (partner := self._session.get(Provider, record)) is not None:
            return name_of(partner)
        recruiter = self._session.get(Recruiter, record)
        return (recruiter.name if recruiter is not None else None) or _("Not known")


def _belongs(session: Session, clash: Clash) -> tuple[UUID | None, Case | None]:
    """The case that the record of a clash belongs to, the oldest if there are several."""
    record = session.get(recorded_models()[clash.table], clash.record)
    if not isinstance(record, Recorded):
        return None, None
    found = belonging.cases_of(session, [Altered(record, (), {}, new=False)])[record.id]
    cases = [case for each in sorted(found) if (case := session.get(Case, each)) is not None]
    case = min(cases, key=lambda each: (each.case_number or "", each.id), default=None)
    return (case.id if case is not None else None), case


def _name(record: Recorded) -> str:
    """What a record of the office is called."""
    found = (getattr(record, field, None) for field in ("name", "name_en", "name_bn"))
    return next((name for name in found if name), "")


def _reaches_office(actor: Actor, table: str) -> bool:
    """Whether somebody sees to records of no case; to those of a case that is not here yet, who sees to all cases."""
    if table in OF_THE_OFFICE:
        return reach(actor, OF_THE_OFFICE[table]) != "no"
    return reach(actor, "clash.settle") == "centre"


def _numbers(clash: Clash) -> list[int]:
    return [int(number) for number in clash.operations.split()]


def _operation(session: Session, number: int) -> Operation:
    (operation,) = unpack(session.get_one(OperationRow, number).body)
    return operation


def _said(operation: Operation, clash: Clash) -> dict[str, Value]:
    return {leaf.field: leaf.value for _level, leaf in shown(operation) if _is_of(leaf.table, leaf.record, clash)}


def _levels(operation: Operation, clash: Clash, names: Sequence[str]) -> list[int]:
    return [level for level, leaf in shown(operation) if _is_of(leaf.table, leaf.record, clash) and leaf.field in names]


def _is_of(table: str, record: bytes, clash: Clash) -> bool:
    return (table, record) == (clash.table, clash.record.bytes)


def _suggested(operations: dict[int, Operation], clash: Clash, now: dict[str, Value]) -> int:
    """The operation whose value the record shows."""
    for number, operation in operations.items():
        said = _said(operation, clash)
        if all(said.get(name) == value for name, value in now.items()):
            return number
    return next(iter(operations))
