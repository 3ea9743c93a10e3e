"""Whose name an operation may carry, and whether its author had the right to change rights (SECURITY 10.4).

A desk writes in the names of those who work there: the signed roster says who, or an administrator let them sign in
there first. What it writes in any other name is kept, and counts once they are known there.

Everything else that another desk wrote is kept and shown; what it says about roles, users, computers, and who reads a
case, counts only if its author might say so at that point of the chain. What does not count raises an alarm. Nothing
of this depends on the order of arrival: what was judged too early is judged again (`rehearing`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casedesk.desk import Actor, Desk
from casedesk.i18n import _
from casedesk.models import Case, Chain, Change, Unentitled, fields_of, recorded_models, registers_of
from casedesk.models import Operation as OperationRow
from casedesk.services.permissions import needs, reach, within_reach
from casedesk.services.preferences import prefer, preference
from casedesk.services.rehearing import BY, Calling
from casedesk.services.trust import Trust
from casedesk.services.users import names_of_users
from casedesk.storage.arrived import (
    ERASED_TABLE,
    LINKS,
    Arrived,
    RecordKey,
    arrived_again,
    begun_in,
    histories,
    marks_of,
    written,
)
from casedesk.storage.erasing import EVERY_FIELD, targets_of
from casedesk.storage.fitting import id_of, kept
from casedesk.storage.merging import Judge, Judgement, Verdict
from casedesk.storage.operations import OperationKind, Value, unpack
from casedesk.storage.recorder import MARK_TABLE, NO_RECORD, OPERATION_TABLE, moment_of, own_chain, registers_written
from casedesk.storage.registers import Knowledge, Place, current, known_first, roots

EVERYTHING = ""
BEGUN: Final = "begun"  # what is told of a case that another computer says it began, too
ALARMS_SEEN: Final = "alarms_seen"
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
ERASING = "case.erase"
# What a batch says of these takes no effect where another centre began the record, or what it hangs on.
_OF_A_CASE = frozenset(
    table
    for table, model in recorded_models().items()
    if table in LINKS.values() or not fields_of(model).keys().isdisjoint((*LINKS, "entity_id"))
)
_SETTING_UP = 2  # the first operations of a chain tell how a computer was set up


def judge_with(trust: Trust) -> Judge:
    """The judge of an office."""

    def judge(session: Session, knowledge: Knowledge, arrived: Sequence[Arrived]) -> Judgement:
        return _Bench(session, knowledge, trust, own_chain(session)).hear(arrived)

    return judge


@dataclass(slots=True)
class _Bench:
    """Judges operations so that it does not matter in which order they arrived.

    A verdict stands on what its author had seen. What came too late for that has those judged again that knew it.
    """

    session: Session
    knowledge: Knowledge
    trust: Trust
    ours: Chain
    docket: dict[int, Arrived] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)  # not judged yet in this round: nothing stands on what they say
    refused: set[tuple[int, bytes, str]] = field(default_factory=set)
    _desks: dict[int, bytes] = field(init=False)
    _bodies: dict[int, dict[RecordKey, dict[str, Value]]] = field(default_factory=dict)
    _histories: dict[RecordKey, list[tuple[Place, frozenset[str]]]] = field(default_factory=dict)
    _unentitled: dict[bytes, set[tuple[int, str]]] = field(default_factory=dict)
    _beginnings: dict[UUID, list[Place]] = field(default_factory=dict)
    _speakers: set[tuple[bytes, bytes]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._desks = {row.ix: row.desk for row in self.session.execute(select(Chain.ix, Chain.desk))}

    def hear(self, arrived: Sequence[Arrived]) -> Judgement:
        """Judge these, and what stands on them; in rounds, until nobody more turns out to have been let in."""
        self._call(arrived)
        ordered = known_first(list(self.docket.values()), lambda each: each.place, self.knowledge.knows)
        self.look_up(ordered)
        while True:
            self.refused.clear()
            self.waiting = set(self.docket)
            verdicts = [verdict for each in ordered for verdict in self.refused_of(each)]
            nameless = {(self._desk(e.place), e.operation.actor) for e, _record, register in verdicts if register == BY}
            let_in = {each for each in nameless if self._began_at(*each)}
            if not let_in:
                return Judgement(ordered, verdicts)
            self._speakers |= let_in

    def _call(self, arrived: Sequence[Arrived]) -> None:
        """Put these on the docket, what stands on them, what stands on that, and so on."""
        chains = {ix: desk for ix, desk in self._desks.items() if desk != self.ours.desk}
        calling = Calling(self.session, self.knowledge, self.trust, chains)
        new, fresh = list(arrived), self._are_new(arrived)
        while new:
            self.docket |= {each.place.operation: each for each in new}
            late = calling.standing_on(new, fresh=fresh) - self.docket.keys()
            new, fresh = [arrived_again(self.session, number) for number in sorted(late)], False

    def _are_new(self, those: Sequence[Arrived]) -> bool:
        """Whether nothing of these was judged before: they are the newest of the journal."""
        newest = self.session.scalar(select(func.max(OperationRow.seq))) or 0
        return {each.place.operation for each in those} == set(range(newest - len(those) + 1, newest + 1))

    def look_up(self, arrived: Sequence[Arrived]) -> None:
        """Read at once who wrote the guarded records before, and who began the cases."""
        wanted = {record for each in arrived for record in each.said if record[0] in GUARDED}
        found = histories(self.session, wanted)
        self._histories |= {record: found.get(record, []) for record in wanted}
        self._look_for_beginnings(id_of(record) for table, record in wanted if table == "case")

    def refused_of(self, each: Arrived) -> Iterator[Verdict]:
        """The registers that this operation had no right to write."""
        desk = self._desk(each.place)
        if desk != self.ours.desk:
            yield from self._forged_marks(each)
            for verdict in self._without_right(each, desk):
                self.refused.add((each.place.operation, verdict[1][1], verdict[2]))
                yield verdict
        self.waiting.discard(each.place.operation)

    def _without_right(self, each: Arrived, desk: bytes) -> Iterator[Verdict]:
        if not self._may_be_named(each, desk):
            yield from self._all_of(each)
            return
        yield from self._claimed_by_others(each)
        if desk not in self.trust.founders:
            yield from self._of_others(each, desk) if self.trust.is_elsewhere(desk) else self._of_colleagues(each)

    def _may_be_named(self, each: Arrived, desk: bytes) -> bool:
        """Whether this desk may write in the name that stands on the operation. What it has seen it says itself."""
        operation = each.operation
        if operation.kind == OperationKind.MARK or operation.only_digest is not None:
            return True
        key = desk, operation.actor
        if key not in self._speakers and (self.trust.works_at(*key) or self._began_at(*key)):
            self._speakers.add(key)
        return key in self._speakers

    def _began_at(self, desk: bytes, actor: bytes) -> bool:
        """Whether the desk wrote this user down first, and somebody with the right to it let them sign in.

        Of the people of other centres nothing is known but what the roster says and what they tell: there a name is
        free that is nobody's of another desk.
        """
        user = ("user", actor)
        history = self._history(user)
        begun = {self._desk(place) for place in roots([place for place, _fields in history], self.knowledge.knows)}
        if self.trust.is_elsewhere(desk):
            return begun <= {desk} and not self.trust.works_elsewhere(desk, actor)
        return begun == {desk} and any(
            self._said(place).get(user, {}).get("active") is True and not self._was_refused(place, user, "active")
            for place, fields in history
            if "active" in fields and place.operation not in self.waiting
        )

    def _all_of(self, each: Arrived) -> Iterator[Verdict]:
        """Whatever the operation says."""
        yield each, (OPERATION_TABLE, NO_RECORD), BY
        for record, values in each.said.items():
            if (model := recorded_models().get(record[0])) is not None:
                for register in registers_written(model, values):
                    yield each, record, register
        for record_id, name in targets_of(each.operation):
            yield each, (ERASED_TABLE, record_id.bytes), name or EVERY_FIELD

    def _forged_marks(self, each: Arrived) -> Iterator[Verdict]:
        """Nobody has seen more of our chain than we wrote."""
        for peer, held in marks_of(each.operation).items():
            if peer == self.ours.id and held > self.ours.held:
                yield each, (MARK_TABLE, peer), "held"

    def _claimed_by_others(self, each: Arrived) -> Iterator[Verdict]:
        """The cases that this begins and another computer says it began: one of them lies, and people hear of it."""
        for record in each.said:
            claims = self._claims(record) if record[0] == "case" else []
            if self._is_one_of(claims, each.place) and self._is_contested(record, claims):
                yield each, record, BEGUN

    def _of_colleagues(self, each: Arrived) -> Iterator[Verdict]:
        wanted = [
            (record, register, action)
            for record, values in each.said.items()
            if record[0] in GUARDED
            for register in registers_written(recorded_models()[record[0]], values)
            if (action := GUARDED[record[0]].get(register) or GUARDED[record[0]].get(EVERYTHING))
        ]
        targets = targets_of(each.operation)
        if not (wanted or targets):
            return
        actor = self._actor(each)
        for record, register, action in wanted:
            if not self._may(actor, action, record, each.place):
                yield each, record, register
        if targets and reach(actor, ERASING) == "no":
            for record_id, name in targets:
                yield each, (ERASED_TABLE, record_id.bytes), name or EVERY_FIELD

    def _of_others(self, each: Arrived, desk: bytes) -> Iterator[Verdict]:
        """A desk of another centre says who belongs to a case of its own centre, and nothing of the people here."""
        told = each.said
        targets = targets_of(each.operation)
        named = {record: {UUID(bytes=record[1]), *_hangs_on(values)} for record, values in told.items()}
        begun = self._begun({id_ for ids in named.values() for id_ in ids} | {record for record, _name in targets})
        own = self.trust.centre_of(desk)
        for record, values in told.items():
            model = recorded_models().get(record[0])
            if model is None:
                continue
            foreign = any(begun.get(id_, {own}) != {own} for id_ in named[record])
            if (foreign and (record[0] in _OF_A_CASE or record[0] == "centre")) or record[0] in ("user", "device"):
                for register in registers_written(model, values):
                    yield each, record, register
        for record_id, name in targets:
            if begun.get(record_id, {own}) != {own}:
                yield each, (ERASED_TABLE, record_id.bytes), name or EVERY_FIELD

    def _begun(self, records: Collection[UUID]) -> Mapping[UUID, set[str]]:
        """By which centre each of these records was begun, as far as it is here; of several, none owns it."""
        self._look_for_beginnings(records)
        begun = {record: {self._desk(place) for place in self._beginnings[record]} for record in records}
        return {record: {self.trust.centre_of(desk) for desk in desks} for record, desks in begun.items() if desks}

    def _claims(self, case: RecordKey) -> list[Place]:
        """Where a case was begun: the beginnings that give it its number, if any does; others only speak of it."""
        id_ = id_of(case[1])
        self._look_for_beginnings([id_])
        begun = self._beginnings[id_]
        if len(begun) < 2:
            return begun
        numbered = self._numbered(case)
        return [place for place in begun if place.operation in numbered] or begun

    def _is_contested(self, case: RecordKey, claims: Collection[Place]) -> bool:
        """Whether several desks gave the case its number: it stands in every beginning, and in nothing else."""
        if len({self._desk(place) for place in claims}) < 2:
            return False
        return {place.operation for place in claims} <= self._numbered(case)

    def _numbered(self, case: RecordKey) -> set[int]:
        return {place.operation for place, fields in self._history(case) if "case_number" in fields}

    def _is_one_of(self, claims: Collection[Place], place: Place) -> bool:
        return any(each.operation == place.operation for each in claims)

    def _look_for_beginnings(self, records: Iterable[UUID]) -> None:
        if wanted := set(records) - self._beginnings.keys():
            found = begun_in(self.session, wanted, self.knowledge)
            self._beginnings |= {record: found.get(record, []) for record in wanted}

    def _desk(self, place: Place) -> bytes:
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
        claims = self._claims(record)
        if not claims or (self._is_one_of(claims, at) and not self._is_contested(record, claims)):
            return True  # whoever registers a case says whose it is, if nobody else says that they did
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
            for place, fields in self._history(record)
            if not fields.isdisjoint(names)
            and self.knowledge.knows(at, place)
            and place.operation not in self.waiting
            and not self._was_refused(place, record, register)
        ]
        return [self._said(place).get(record, {}).get(register) for place in current(writes, self.knowledge.knows)]

    def _history(self, record: RecordKey) -> list[tuple[Place, frozenset[str]]]:
        if record not in self._histories:
            self._histories[record] = histories(self.session, [record]).get(record, [])
        return self._histories[record]

    def _was_refused(self, place: Place, record: RecordKey, register: str) -> bool:
        if place.operation in self.docket:
            return (place.operation, record[1], register) in self.refused
        if record[1] not in self._unentitled:
            wanted = select(Unentitled.operation_seq, Unentitled.register).where(
                Unentitled.record == UUID(bytes=record[1])
            )
            self._unentitled[record[1]] = {(seq, name) for seq, name in self.session.execute(wanted)}
        return (place.operation, register) in self._unentitled[record[1]]

    def _said(self, place: Place) -> dict[RecordKey, dict[str, Value]]:
        if place.operation not in self._bodies:
            (operation,) = unpack(self.session.get_one(OperationRow, place.operation).body)
            self._bodies[place.operation] = written(operation)
        return self._bodies[place.operation]


def _hangs_on(values: Mapping[str, Value]) -> Iterator[UUID]:
    for name in (*LINKS, "entity_id"):
        if isinstance(to := values.get(name), bytes) and len(to) == len(NO_RECORD):
            yield UUID(bytes=to)


@dataclass(frozen=True, slots=True)
class Alarm:
    """What has no effect: a change of rights, or all that was written in a name that the computer may not write in.

    Where and by whom it was written, when by their clock, and what it was about.
    """

    operation: int
    desk: bytes  # the key of the computer that signed it
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
            select(Unentitled, OperationRow, Chain.desk)
            .join(OperationRow, OperationRow.seq == Unentitled.operation_seq)
            .join(Chain, Chain.ix == OperationRow.chain_ix)
            .order_by(Unentitled.operation_seq.desc(), Unentitled.register)
        )
        rows = session.execute(wanted).all()
        knowledge = Knowledge(session)
        named = {row.operation_seq for row, *_more in rows if (row.table, row.register) == (OPERATION_TABLE, BY)}
        return [
            Alarm(
                operation=row.operation_seq,
                desk=key,
                by=people.get(UUID(bytes=operation.actor), ""),
                at=moment_of(operation.wall),
                record=_label(row.table),
                field=_field(row.table, row.register),
                since=row.since,
            )
            for row, operation, key in rows
            if not _tells_of_setting_up(session, row, operation)
            and not _tells_what_stood(session, knowledge, row)
            and (row.operation_seq not in named or row.table == OPERATION_TABLE)  # one for all that it says
        ]


@needs("rights.alarms")
def new_alarms(desk: Desk) -> list[Alarm]:
    """Those that this user did not put aside at this computer."""
    seen = int(preference(desk, ALARMS_SEEN) or 0)
    return [each for each in alarms(desk) if each.operation > seen]


@needs("rights.alarms")
def alarms_seen(desk: Desk, upto: int) -> int:
    """The user has looked at all up to this operation; up to which they had looked before, to go back to it."""
    before = int(preference(desk, ALARMS_SEEN) or 0)
    prefer(desk, ALARMS_SEEN, str(upto))
    return before


def _tells_of_setting_up(session: Session, row: Unentitled, operation: OperationRow) -> bool:
    """Whether somebody told how they set up their own computer before it joined: that counts nowhere else, and is
    no attack."""
    if operation.chain_seq > _SETTING_UP or not (
        row.table in ("centre", "device") or row.record.bytes == operation.actor
    ):
        return False
    first = select(func.min(Change.operation_seq)).where(Change.record == row.record, Change.table != "")
    return session.scalar(first) == row.operation_seq


def _tells_what_stood(session: Session, knowledge: Knowledge, row: Unentitled) -> bool:
    """Whether it says what its author knew to stand, as whoever tells the central office of a case anew: that changes
    nothing. It has no effect all the same, so that what somebody with the right to it changed meanwhile holds."""
    model = recorded_models().get(row.table)
    names = registers_of(model).get(row.register) if model is not None else None
    if names is None:
        return False
    record, its = (row.table, row.record.bytes), arrived_again(session, row.operation_seq)
    known = [
        place
        for place, fields in histories(session, [record]).get(record, [])
        if place.operation != row.operation_seq and not fields.isdisjoint(names) and knowledge.knows(its.place, place)
    ]
    stood = [arrived_again(session, place.operation) for place in current(known, knowledge.knows)]
    told = {name: its.said.get(record, {}).get(name) for name in names}
    return bool(stood) and all({name: each.said.get(record, {}).get(name) for name in names} == told for each in stood)


def _label(table: str) -> str:
    model = recorded_models().get(table)
    if model is not None:
        return _(model.label)
    if table == OPERATION_TABLE:
        return _("Written in a name that this computer may not write in")
    return _("What was seen of this computer") if table == MARK_TABLE else _("Erasure")


def _field(table: str, register: str) -> str:
    if register == BEGUN:
        return _("Two computers say that they began it")
    model = recorded_models().get(table)
    declared = fields_of(model).get(register) if model is not None else None
    return _(declared.label) if declared is not None else ""
