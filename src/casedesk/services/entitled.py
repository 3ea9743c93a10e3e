"""Whether the author of an operation had the right to change rights (SECURITY 10.4).

Everything else that another desk wrote is kept and shown; what it says about roles, users, computers, and who reads a
case, counts only if its author might say so at that point of the chain. What does not count raises an alarm.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Actor, Desk
from casedesk.i18n import _
from casedesk.models import Case, Chain, Unentitled, fields_of, recorded_models, registers_of
from casedesk.models import Operation as OperationRow
from casedesk.services.office import names_of_users
from casedesk.services.permissions import needs, reach, within_reach
from casedesk.storage.erasing import targets_of
from casedesk.storage.fitting import kept
from casedesk.storage.merging import ERASED_TABLE, Arrived, Judge, RecordKey, histories, written
from casedesk.storage.operations import Value, unpack
from casedesk.storage.recorder import EPOCH, own_chain, registers_written
from casedesk.storage.registers import Knowledge, Place, current

EVERYTHING = ""
# table → register → the action that the author must have been allowed; EVERYTHING stands for all registers.
GUARDED: Mapping[str, Mapping[str, str]] = {
    "user": dict.fromkeys(("roles", "active", "slot", "sign_in_name", "team", "removed_at"), "office.edit"),
    "device": {EVERYTHING: "office.edit"},
    "centre": {EVERYTHING: "office.edit"},
    "case": {
        "owner_id": "case.hand_over",
        "supervisor_id": "case.hand_over",
        "team": "case.hand_over",
        "named_access": "case.name_people",
        "confidential_case": "case.confidential",
    },
}
ERASING = "case.consent"


def judge_with(founders: Collection[bytes]) -> Judge:
    """The judge of an office; `founders` are the keys of desks whose word on rights counts without more."""

    def judge(session: Session, knowledge: Knowledge, arrived: Sequence[Arrived]) -> Iterator[Verdict]:
        bench = _Bench(session, knowledge, {*founders, own_chain(session).desk})
        for each in arrived:
            yield from bench.refused_of(each)

    return judge


Verdict = tuple[Arrived, RecordKey, str]


@dataclass(slots=True)
class _Bench:
    session: Session
    knowledge: Knowledge
    trusted: set[bytes]
    refused: set[tuple[int, bytes, str]] = field(default_factory=set)
    _desks: dict[int, bytes] = field(default_factory=dict)
    _bodies: dict[int, dict[RecordKey, dict[str, Value]]] = field(default_factory=dict)

    def refused_of(self, each: Arrived) -> Iterator[Verdict]:
        """The registers that this operation had no right to write."""
        wanted = [
            (record, register, action)
            for record, values in written(each.operation).items()
            if record[0] in GUARDED
            for register in registers_written(recorded_models()[record[0]], values)
            if (action := GUARDED[record[0]].get(register) or GUARDED[record[0]].get(EVERYTHING))
        ]
        targets = targets_of(each.operation)
        if not (wanted or targets) or self._desk(each.place) in self.trusted:
            return
        actor = self._actor(each)
        for record, register, action in wanted:
            if not self._may(actor, action, record, each.place):
                self.refused.add((each.place.operation, record[1], register))
                yield each, record, register
        if targets and reach(actor, ERASING) == "no":
            for record_id, name in targets:
                yield each, (ERASED_TABLE, record_id.bytes), name or "*"

    def _desk(self, place: Place) -> bytes:
        if place.chain_ix not in self._desks:
            found = self.session.scalar(select(Chain.desk).where(Chain.ix == place.chain_ix))
            self._desks[place.chain_ix] = found or b""
        return self._desks[place.chain_ix]

    def _actor(self, each: Arrived) -> Actor:
        """The author, with the roles that count for somebody who had seen what the author had."""
        id_ = UUID(bytes=each.operation.actor)
        user = ("user", id_.bytes)
        roles = [frozenset(value) for value in self._known(user, "roles", each.place) if isinstance(value, list)]
        active = all(value is True for value in self._known(user, "active", each.place))
        team = next((value for value in self._known(user, "team", each.place) if isinstance(value, str)), None)
        return Actor(id_, "", frozenset.intersection(*roles) if roles and active else frozenset(), team)

    def _may(self, actor: Actor, action: str, record: RecordKey, at: Place) -> bool:
        if record[0] != "case":
            return reach(actor, action) != "no"
        others = [place for place, _fields in histories(self.session, [record]).get(record, ()) if place != at]
        knows = self.knowledge.knows
        if not any(knows(at, place) for place in others):
            return all(knows(place, at) for place in others)  # whoever registers a case says whose it is
        case = Case(id=UUID(bytes=record[1]))
        for name in ("owner_id", "supervisor_id", "team", "named_access", "confidential_case"):
            known = self._known(record, name, at)
            if known:
                setattr(case, name, kept("case", name, known[0])[1])
        return within_reach(actor, action, case)

    def _known(self, record: RecordKey, register: str, at: Place) -> list[Value]:
        """What a field said to somebody who had seen what the author of this operation had."""
        names = registers_of(recorded_models()[record[0]])[register]
        writes = [
            place
            for place, fields in histories(self.session, [record]).get(record, ())
            if not fields.isdisjoint(names)
            and self.knowledge.knows(at, place)
            and not self._was_refused(place, record, register)
        ]
        return [self._said(place).get(record, {}).get(register) for place in current(writes, self.knowledge.knows)]

    def _was_refused(self, place: Place, record: RecordKey, register: str) -> bool:
        if (place.operation, record[1], register) in self.refused:
            return True
        key = (place.operation, record[0], UUID(bytes=record[1]), register)
        return self.session.get(Unentitled, key) is not None

    def _said(self, place: Place) -> dict[RecordKey, dict[str, Value]]:
        if place.operation not in self._bodies:
            (operation,) = unpack(self.session.get_one(OperationRow, place.operation).body)
            self._bodies[place.operation] = written(operation)
        return self._bodies[place.operation]


@dataclass(frozen=True, slots=True)
class Alarm:
    """A change of rights that has no effect: who wrote it, when by their clock, and what it was about."""

    operation: int
    by: str
    at: datetime
    record: str
    field: str
    since: datetime


@needs("rights.alarms")
def alarms(desk: Desk) -> list[Alarm]:
    """What other desks wrote about rights without having the right, the newest first."""
    with desk.read() as session:
        people = names_of_users(session)
        wanted = (
            select(Unentitled, OperationRow)
            .join(OperationRow, OperationRow.seq == Unentitled.operation_seq)
            .order_by(Unentitled.operation_seq.desc(), Unentitled.register)
        )
        return [
            Alarm(
                operation=row.operation_seq,
                by=people.get(UUID(bytes=operation.actor), ""),
                at=EPOCH + timedelta(milliseconds=operation.wall),
                record=_label(row.table),
                field=_field(row.table, row.register),
                since=row.since,
            )
            for row, operation in session.execute(wanted)
        ]


def _label(table: str) -> str:
    model = recorded_models().get(table)
    return _(model.label) if model is not None else _("Erasure")


def _field(table: str, register: str) -> str:
    model = recorded_models().get(table)
    declared = fields_of(model).get(register) if model is not None else None
    return _(declared.label) if declared is not None else ""
