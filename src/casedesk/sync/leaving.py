"""What may leave: decided leaf by leaf, by the consent that is in force when a batch is built; default no (SYNC 6).

A `Plan` says what goes and what stays back. Batches are packed from it and the preview is read from it, so what a
person is shown beforehand is what is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from casedesk.fields import Level
from casedesk.i18n import N_
from casedesk.models import (
    BatchOut,
    Case,
    Chain,
    Change,
    ConsentLine,
    LetOut,
)
from casedesk.models import Operation as OperationRow
from casedesk.services.consents import COUNTING, KEEPING, holds, newest_lines
from casedesk.services.erasure import END
from casedesk.storage import belonging
from casedesk.storage.belonging import alone, cases_of_stored, ids_of, records_themselves
from casedesk.storage.bulk import in_parts
from casedesk.storage.fitting import id_of
from casedesk.storage.operations import (
    ID_SIZE,
    Leaf,
    Operation,
    OperationKind,
    digest_only,
    new_operation,
    shown,
    start_link,
    unpack,
)
from casedesk.storage.recorder import OPERATION_TABLE, SCHEMA, all_it_says, leaves_of_altered, own_chain
from casedesk.sync.batch import CENTRAL, MOST_OPERATIONS, Kind, Stretch
from casedesk.sync.carrying import State
from casedesk.sync.roster import Member
from casedesk.sync.views import view_of_leaves

IDENTIFIED, CODED, COUNTED, SHUT = "identified", "coded", "counted", "shut"
_SCOPES: Final = {IDENTIFIED: "sync_central_identified", CODED: "sync_central_coded", COUNTED: COUNTING}
# About the office and nobody it serves. Whatever is not named here and belongs to no case stays.
_OF_THE_OFFICE: Final = frozenset(("centre", "exchange_rate", "official_cost_limit", "provider", "provider_service"))
_NAMES_A_CASE: Final = ("case_id", "about")


class Back(StrEnum):
    """Why something stays."""

    NOT_ASKED = "not_asked"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    RESTRICTED = "restricted"
    CONFIDENTIAL = "confidential"
    OFFICE = "office"


WHY_BACK: Final = {
    Back.NOT_ASKED: N_("The person was not asked about this."),
    Back.REFUSED: N_("The person said no to this."),
    Back.WITHDRAWN: N_("The person took this consent back."),
    Back.EXPIRED: N_("This consent is no longer valid. Ask again."),
    Back.RESTRICTED: N_("Restricted details never leave the centre."),
    Back.CONFIDENTIAL: N_("The case is confidential."),
    Back.OFFICE: N_("This is about the work of the office and stays here."),
}


LeafPlace: TypeAlias = tuple[str, bytes, str]  # table, record, field


@dataclass(frozen=True, slots=True)
class Decision:
    """How much of a case an audience may have: by which consent, or why not more."""

    view: str
    line_id: UUID | None = None
    why: Back | None = None


@dataclass(frozen=True, slots=True)
class Going:
    """One operation: as it is here, as it goes, and for each leaf that stays why."""

    seq: int
    link: bytes
    whole: Operation
    view: Operation
    back: Mapping[LeafPlace, Back]
    cases: Mapping[LeafPlace, frozenset[UUID]]
    is_bookkeeping: bool = False


@dataclass(frozen=True, slots=True)
class Show:
    """Operations of a chain of which more may be seen than was sent; by one desk alone if `to` names it."""

    chain: bytes
    operations: tuple[Going, ...]
    to: bytes = b""


@dataclass(frozen=True, slots=True)
class Forget:
    """What an audience has to forget: all that was said of these records up to a number of our chain."""

    case_id: UUID
    records: tuple[UUID, ...]
    upto: int


@dataclass(frozen=True, slots=True)
class Sent:
    """What an audience was sent until now: up to where of each of our chains, and how much of each case.

    `forgotten` has the cases that it was to forget and was not told again, `named` for a desk the confidential cases
    that it was shown.
    """

    upto: Mapping[bytes, int]
    views: Mapping[UUID, str]
    forgotten: frozenset[UUID]
    named: Mapping[bytes, frozenset[UUID]]

    def with_told_anew(self, cases: AbstractSet[UUID]) -> Sent:
        """The same, once these cases are told anew."""
        return replace(self, views={**self.views, **dict.fromkeys(cases, IDENTIFIED)}, forgotten=self.forgotten - cases)


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes to one audience now, and what stays back. `named` has for a desk the confidential cases it may read.

    `anew` is what is written down only when files are made: cases told anew that the audience was to forget.
    """

    audience: str
    before: Sent
    stretch: Stretch | None
    chain: bytes
    going: tuple[Going, ...]
    anew: tuple[Going, ...]
    shows: tuple[Show, ...]
    forgets: tuple[Forget, ...]
    decisions: Mapping[UUID, Decision]
    named: Mapping[bytes, frozenset[UUID]]
    more: bool  # whether operations are left for another file

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits that is worth a file: what sync itself wrote down goes along with the next."""
        worth = any(not each.is_bookkeeping for each in self.going)
        return not (self.shows or self.forgets or self.anew or worth)

    @property
    def after(self) -> Sent:
        """What the audience was sent once this has gone."""
        upto = dict(self.before.upto)
        if self.stretch is not None:
            upto[self.chain] = self.stretch.last
        return Sent(
            upto,
            {**self.before.views, **{case: decision.view for case, decision in self.decisions.items()}},
            self.before.forgotten | {each.case_id for each in self.forgets},
            {**self.before.named, **self.named},
        )


@dataclass(frozen=True, slots=True)
class Eyes:
    """Who will read: an audience, and of it the people at one computer, who may be named on confidential cases."""

    audience: str
    today: date
    people: frozenset[UUID] = frozenset()


def sent_so_far(session: Session, audience: str, desks: Collection[Member] = ()) -> Sent:
    """What stands in files for this audience, and in those for its `desks` alone."""
    rows = session.scalars(select(LetOut).where(LetOut.audience == audience)).all()
    return Sent(
        {chain.id: sent_upto(session, audience, chain.id) for chain in own_chains(session)},
        {row.case_id: row.view for row in rows},
        frozenset(row.case_id for row in rows if row.forgotten),
        {each.desk: _shown_to(session, each.desk) for each in desks} if audience != CENTRAL else {},
    )


def plans(session: Session, audience: str, today: date, desks: Collection[Member] = ()) -> Iterator[Plan]:
    """All that waits for an audience, plan by plan, as it is sent one after the other; none if nothing is worth a file.

    Files are made from the first; then that is sent, and what is the first is asked again. `desks` are its own.
    """
    sent = sent_so_far(session, audience, desks)
    anew = to_tell_anew(session, audience, today, sent)
    sent = sent.with_told_anew(anew)
    idle: list[Plan] = []
    more = True
    while more:
        planned = _plan(session, Eyes(audience, today), desks, sent, anew)
        sent, more = planned.after, planned.more
        idle.append(planned)
        if not planned.is_empty:
            yield from idle
            idle = []


def to_tell_anew(session: Session, audience: str, today: date, sent: Sent) -> set[UUID]:
    """The cases that were to be forgotten and may be known again: an old file cannot bring them back."""
    decisions = decide(session, sent.forgotten, Eyes(audience, today))
    return {case for case, decision in decisions.items() if decision.view == IDENTIFIED}


def _plan(session: Session, eyes: Eyes, desks: Collection[Member], sent: Sent, told_anew: Collection[UUID]) -> Plan:
    """Decide what goes to an audience, from the first operation that was not sent to it."""
    audience = eyes.audience
    chain, after = _next_chain(session, sent)
    rows = _operations(session, chain, after, MOST_OPERATIONS)
    more = (bool(rows) and rows[-1].chain_seq < chain.held) or chain.signing_seed is None
    told: list[tuple[OperationRow | _Unwritten, Operation]] = [(row, _read(row)) for row in rows]
    anew = [] if more else [(_Unwritten(), _told_anew(session, case)) for case in sorted(told_anew)]
    known = sent.views
    cases = _cases(session, (operation for _row, operation in [*told, *anew]))
    decisions = decide(session, set().union(*cases.values()) | known.keys(), eyes)
    going = tuple(_going(row, operation, cases, decisions, audience, known) for row, operation in told)
    opened = {case for case, view in known.items() if view != IDENTIFIED and decisions[case].view == IDENTIFIED}
    closed = {case for case, view in known.items() if view == IDENTIFIED and decisions[case].view != IDENTIFIED}
    if audience != CENTRAL:
        closed = set()  # colleagues of the centre go on with what they have: they may have written what nobody else has
    shows = list(shows_about(session, opened, sent.upto, eyes))
    named = _named(session, desks, eyes.today) if audience != CENTRAL else {}
    upto = {**sent.upto, chain.id: rows[-1].chain_seq if rows else after}
    for desk in desks if named else ():
        now = {(chain.id, each.seq): each for each in going}
        new = named[desk.desk] - sent.named.get(desk.desk, frozenset())
        shows += _shows_of_named(session, desk, named[desk.desk], new, now, upto, eyes)
    return Plan(
        audience=audience,
        before=sent,
        stretch=_stretch(session, chain, rows) if rows else None,
        chain=chain.id,
        going=going,
        anew=tuple(_going(row, operation, cases, decisions, audience, known) for row, operation in anew),
        shows=tuple(shows),
        forgets=tuple(forget(session, case, decisions, eyes, chain.held) for case in sorted(closed)),
        decisions=decisions,
        named=named,
        more=more,
    )


class _Unwritten(NamedTuple):
    """Stands where an operation will be that is not written yet."""

    chain_seq: int = 0
    link: bytes = b""
    digest: bytes = b""


def _told_anew(session: Session, case: UUID) -> Operation:
    """What will be written down to tell all of a case again."""
    altered = [all_it_says(record) for record in records_themselves(session, case)]
    floors = belonging.floors(session, altered, belonging.cases_of(session, altered), case)
    leaves = leaves_of_altered(altered, floors)
    return new_operation(leaves, wall=0, flags=0, actor=bytes(ID_SIZE), kind=OperationKind.WORK, schema=SCHEMA)


def again(
    session: Session, chain: Chain, first: int, ends: Sequence[int], eyes: Eyes, known: Mapping[UUID, str]
) -> Iterator[tuple[Stretch, tuple[Going, ...], Mapping[UUID, Decision]]]:
    """A stretch of a chain as these eyes may see it now: for who was not there when it was sent, or was restored.

    `known` has what they hold of cases from before. It comes in parts that end at one of these numbers, the last of
    them included.
    """
    while first <= ends[-1]:
        end = max(each for each in ends if each < first + MOST_OPERATIONS)
        rows = _operations(session, chain, first - 1, end - first + 1)
        told = [(row, _read(row)) for row in rows]
        cases = _cases(session, (operation for _row, operation in told))
        decisions = decide(session, set().union(*cases.values()), eyes)
        going = tuple(_going(row, operation, cases, decisions, eyes.audience, known) for row, operation in told)
        yield _stretch(session, chain, rows), going, decisions
        first = rows[-1].chain_seq + 1


def _next_chain(session: Session, sent: Sent) -> tuple[Chain, int]:
    """The chain of ours that goes on, and up to where it was sent. What ended goes before what we write now."""
    for chain in sorted(own_chains(session), key=lambda each: each.signing_seed is not None):
        after = sent.upto[chain.id]
        if chain.held > after or chain.signing_seed is not None:
            return chain, after
    raise AssertionError("our own chain is among ours")


def own_chains(session: Session) -> Sequence[Chain]:
    """The chains of this desk in its organisation, in the order in which they continue each other."""
    own = own_chain(session)
    wanted = select(Chain).where(Chain.desk == own.desk, Chain.organisation == own.organisation).order_by(Chain.ix)
    return session.scalars(wanted).all()


def sent_upto(session: Session, audience: str, chain: bytes) -> int:
    """The number of the last operation of the chain that stands in a file for this audience."""
    wanted = select(func.max(BatchOut.last)).where(
        BatchOut.audience == audience,
        BatchOut.chain == chain,
        BatchOut.kind == Kind.CHAIN,
        BatchOut.state != State.FORKED,
    )
    return session.scalar(wanted) or 0


def decide(session: Session, cases: Collection[UUID], eyes: Eyes) -> dict[UUID, Decision]:
    """For each case how much of it these eyes may see."""
    central = eyes.audience == CENTRAL
    lines = newest_lines(session, cases, tuple(_SCOPES.values()) if central else (KEEPING,))
    secret: set[UUID] = set()
    for some in in_parts(list(cases)):
        found = session.execute(CONFIDENTIAL.where(Case.id.in_(some)))
        secret |= {row.id for row in found if not _people_of(row) & eyes.people}
    weigh = _for_central if central else _for_centre
    return {case: weigh(lines.get(case, {}), case in secret, eyes.today) for case in cases}


CONFIDENTIAL: Final = select(Case.id, Case.owner_id, Case.supervisor_id, Case.named_access).where(
    Case.confidential_case.is_(True)
)


def _people_of(row: Row[UUID, UUID | None, UUID | None, list[str] | None]) -> set[UUID]:
    """Who may read a confidential case: its owner, its supervisor, and who is named on it."""
    return {each for each in (row.owner_id, row.supervisor_id) if each} | {UUID(id_) for id_ in row.named_access or ()}


def _named(session: Session, desks: Collection[Member], today: date) -> dict[bytes, frozenset[UUID]]:
    """For each of these desks the confidential cases that the people there may read."""
    secret = {row.id: _people_of(row) for row in session.execute(CONFIDENTIAL.where(Case.removed_at.is_(None)))}
    kept = {case for case, lines in newest_lines(session, secret, (KEEPING,)).items() if holds(lines[KEEPING], today)}
    here = {desk.desk: {UUID(bytes=each) for each in desk.people} for desk in desks}
    return {key: frozenset(case for case in kept if secret[case] & people) for key, people in here.items()}


def _for_centre(lines: Mapping[str, ConsentLine], secret: bool, today: date) -> Decision:
    line = lines.get(KEEPING)
    if secret:
        return Decision(SHUT, why=Back.CONFIDENTIAL)
    return Decision(IDENTIFIED, line.id) if line is not None and holds(line, today) else Decision(SHUT, why=_why(line))


def _for_central(lines: Mapping[str, ConsentLine], secret: bool, today: date) -> Decision:
    by_name = lines.get(_SCOPES[IDENTIFIED])
    for view, scope in _SCOPES.items():
        line = lines.get(scope)
        if line is None or not holds(line, today):
            continue
        if view == IDENTIFIED and not secret:
            return Decision(IDENTIFIED, line.id)
        if view != IDENTIFIED:
            return Decision(view, line.id, Back.CONFIDENTIAL if secret else _why(by_name))
    return Decision(SHUT, why=Back.CONFIDENTIAL if secret else _why(by_name))


def _why(line: ConsentLine | None) -> Back:
    if line is None:
        return Back.NOT_ASKED
    return {"refused": Back.REFUSED, "withdrawn": Back.WITHDRAWN}.get(line.answer or "", Back.EXPIRED)


def _operations(session: Session, chain: Chain, after: int, most: int) -> Sequence[OperationRow]:
    wanted = (
        select(OperationRow)
        .where(OperationRow.chain_ix == chain.ix, OperationRow.chain_seq > after)
        .order_by(OperationRow.chain_seq)
        .limit(most)
    )
    return session.scalars(wanted).all()


def _read(row: OperationRow) -> Operation:
    (operation,) = unpack(row.body)
    return operation


def _stretch(session: Session, chain: Chain, rows: Sequence[OperationRow]) -> Stretch:
    first = rows[0].chain_seq
    before = session.scalar(
        select(OperationRow.link).where(OperationRow.chain_ix == chain.ix, OperationRow.chain_seq == first - 1)
    )
    start = start_link(chain.organisation, chain.id, chain.desk, chain.parent)
    return Stretch(chain.id, chain.parent, first, len(rows), start if before is None else before, rows[-1].link)


def _shown_to(session: Session, desk: bytes) -> frozenset[UUID]:
    """The confidential cases that one desk was shown."""
    return frozenset(session.scalars(select(LetOut.case_id).where(LetOut.audience == desk_audience(desk))))


Cases = Mapping[UUID, frozenset[UUID]]


def _cases(session: Session, operations: Iterable[Operation]) -> Cases:
    """For each record that the operations speak of the cases it belongs to, by what it says now."""
    by_table: dict[str, set[bytes]] = {}
    for operation in operations:
        for _level, leaf in shown(operation):
            if leaf.table != OPERATION_TABLE:
                by_table.setdefault(leaf.table, set()).add(leaf.record)
            elif leaf.field == "about" and isinstance(leaf.value, bytes):
                by_table.setdefault("case", set()).add(leaf.value)
    found = cases_of_stored(session, {table: {id_of(each) for each in ids} for table, ids in by_table.items()})
    return {record: frozenset(cases) for record, cases in found.items()}


def _going(
    row: OperationRow | _Unwritten,
    operation: Operation,
    cases: Cases,
    decisions: Mapping[UUID, Decision],
    audience: str,
    known: Mapping[UUID, str],
) -> Going:
    """One operation as the audience may see it."""
    if operation.kind != OperationKind.WORK:  # marks and erasures are open to everyone
        return Going(row.chain_seq, row.link, operation, operation, {}, {}, is_bookkeeping(operation))
    leaves = list(shown(operation))
    belongs = _belongs(leaves, cases)
    back: dict[LeafPlace, Back] = {}
    closed = {cases: _closed(cases, decisions) for cases in set(belongs.values())}
    for level, leaf in leaves:
        why = _back(level, leaf, belongs[place_of(leaf)], closed, audience)
        if why is not None and not _is_the_mark(leaf, audience, known) and not _is_the_end(leaf, leaves, why, audience):
            back[place_of(leaf)] = why
    if audience == CENTRAL and not any(
        leaf.table != OPERATION_TABLE and place_of(leaf) not in back for _, leaf in leaves
    ):
        back = {
            place_of(leaf): back.get(place_of(leaf), Back.OFFICE) for _level, leaf in leaves
        }  # an act without a record
    if not back:
        view = operation
    elif len(back) == len(belongs):
        view = digest_only(row.digest)
    else:
        view = view_of_leaves(row.chain_seq, operation, lambda _level, leaf: place_of(leaf) not in back)
    return Going(row.chain_seq, row.link, operation, view, back, belongs, is_bookkeeping(operation))


def _is_the_mark(leaf: Leaf, audience: str, known: Mapping[UUID, str]) -> bool:
    """Whether this tells colleagues who have the case that it is confidential now, so that it is hidden there too."""
    return (
        audience != CENTRAL
        and (leaf.table, leaf.field) == ("case", "confidential_case")
        and known.get(UUID(bytes=leaf.record)) == IDENTIFIED
    )


def _is_the_end(leaf: Leaf, leaves: Sequence[tuple[int, Leaf]], why: Back, audience: str) -> bool:
    """Whether this tells colleagues that a case is closed because it was erased. It says nothing of the person."""
    if audience == CENTRAL or why is Back.CONFIDENTIAL or leaf.table != "status_event":
        return False
    return any((each.table, each.field, each.value) == (OPERATION_TABLE, "action", END) for _level, each in leaves)


def place_of(leaf: Leaf) -> LeafPlace:
    return leaf.table, leaf.record, leaf.field


def _belongs(leaves: Sequence[tuple[int, Leaf]], cases: Cases) -> dict[LeafPlace, frozenset[UUID]]:
    """The cases of each leaf: those its record belongs to now, and those the operation itself names for it.

    What is said of the operation belongs to all that it touches.
    """
    named: dict[bytes, frozenset[UUID]] = {}
    for _level, leaf in leaves:
        if leaf.field in _NAMES_A_CASE and isinstance(leaf.value, bytes) and len(leaf.value) == ID_SIZE:
            case_id = id_of(leaf.value)
            found = cases.get(case_id, frozenset()) if leaf.table == OPERATION_TABLE else frozenset({case_id})
            named[leaf.record] = named.get(leaf.record, frozenset()) | found
    of_record = {
        record: cases.get(id_of(record), frozenset()) | named.get(record, frozenset())
        for record in {leaf.record for _level, leaf in leaves}
    }
    every = frozenset().union(*of_record.values())
    return {
        place_of(leaf): every if leaf.table == OPERATION_TABLE else of_record[leaf.record] for _level, leaf in leaves
    }


def _back(
    level: int, leaf: Leaf, cases: frozenset[UUID], closed: Mapping[frozenset[UUID], Back | None], audience: str
) -> Back | None:
    """Why a leaf stays; nothing if it may go."""
    if audience == CENTRAL and level >= Level.RESTRICTED:
        return Back.RESTRICTED
    if (why := closed[cases]) is not None:
        return why
    if audience == CENTRAL and not cases and leaf.table not in {OPERATION_TABLE, *_OF_THE_OFFICE}:
        return Back.OFFICE
    return None


def _closed(cases: Iterable[UUID], decisions: Mapping[UUID, Decision]) -> Back | None:
    """Why what belongs to all these cases stays: one of them may not be seen whole."""
    for decision in map(decisions.get, cases):
        if decision is None or decision.view != IDENTIFIED:
            return (decision.why if decision is not None else None) or Back.NOT_ASKED
    return None


def is_bookkeeping(operation: Operation) -> bool:
    """Whether sync itself wrote this down, or it is a sign-in or a look: no reason for a file of its own."""
    if operation.kind != OperationKind.WORK:
        return operation.kind == OperationKind.MARK  # an order to forget waits for nothing else
    leaves = [leaf for _level, leaf in shown(operation)]
    return {leaf.table for leaf in leaves} <= {OPERATION_TABLE} or any(
        leaf.table == OPERATION_TABLE and leaf.field == "action" and str(leaf.value).startswith("sync.")
        for leaf in leaves
    )


def shows_about(session: Session, opened: Collection[UUID], upto: Mapping[bytes, int], eyes: Eyes) -> Iterator[Show]:
    """The operations sent before, up to these numbers of our chains, that these eyes may see more of now."""
    for chain in own_chains(session) if opened else ():
        rows = _about(session, chain, ids_of(session, opened), upto[chain.id])
        told = [(row, _read(row)) for row in rows]
        cases = _cases(session, (operation for _row, operation in told))
        decisions = decide(session, set().union(*cases.values()), eyes)
        found = (_going(row, operation, cases, decisions, eyes.audience, {}) for row, operation in told)
        shown_now = tuple(each for each in found if each.view.only_digest is None)
        if shown_now:
            yield Show(chain.id, shown_now)


def _about(session: Session, chain: Chain, records: Collection[UUID], upto: int) -> Sequence[OperationRow]:
    """The operations of a chain, up to a number, that touched any of these records."""
    found: dict[int, OperationRow] = {}
    for some in in_parts(list(records)):
        wanted = (
            select(OperationRow)
            .join(Change, Change.operation_seq == OperationRow.seq)
            .where(Change.record.in_(some), OperationRow.chain_ix == chain.ix, OperationRow.chain_seq <= upto)
        )
        found |= {row.chain_seq: row for row in session.scalars(wanted)}
    return [found[seq] for seq in sorted(found)]


def desk_audience(desk: bytes) -> str:
    """Under which name is kept what confidential cases one desk was shown."""
    return desk.hex()[:20]


def _shows_of_named(
    session: Session,
    desk: Member,
    cases: frozenset[UUID],
    new: frozenset[UUID],
    going: Mapping[tuple[bytes, int], Going],
    upto: Mapping[bytes, int],
    eyes: Eyes,
) -> Iterator[Show]:
    """What the people at one computer may read of confidential cases: all of those new to it, and what goes now."""
    now = {case for each in going.values() for found in each.cases.values() for case in found} & cases
    theirs = replace(eyes, people=frozenset(UUID(bytes=each) for each in desk.people))
    for show in shows_about(session, new | now, upto, theirs):
        fresh = tuple(
            each
            for each in show.operations
            if (show.chain, each.seq) in going or any(found & new for found in each.cases.values())
        )
        if fresh:
            yield replace(show, operations=fresh, to=desk.desk)


def forget(session: Session, case_id: UUID, decisions: Mapping[UUID, Decision], eyes: Eyes, upto: int) -> Forget:
    """The order to forget a case. What it shares with another case that stays open is not named."""

    def open_there(others: set[UUID]) -> set[UUID]:
        known = {**decisions, **decide(session, others - decisions.keys(), eyes)}
        return {case for case in others if known[case].view == IDENTIFIED}

    own = set().union(*alone(session, case_id, open_there).values())
    return Forget(case_id, tuple(sorted(own)), upto)
