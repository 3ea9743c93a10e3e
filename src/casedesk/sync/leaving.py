"""What may leave: decided leaf by leaf, by the consent that is in force when a batch is built; default no (SYNC 6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from casedesk.fields import Level
from casedesk.i18n import N_
from casedesk.models import Case, ConsentLine
from casedesk.models import Operation as OperationRow
from casedesk.services.consents import COUNTING, KEEPING, holds, newest_lines
from casedesk.services.erasure import END
from casedesk.storage.belonging import cases_of_stored
from casedesk.storage.bulk import in_parts
from casedesk.storage.fitting import id_of
from casedesk.storage.operations import ID_SIZE, Leaf, Operation, OperationKind, digest_only, shown
from casedesk.storage.recorder import OPERATION_TABLE
from casedesk.sync.batch import CENTRAL
from casedesk.sync.roster import Member
from casedesk.sync.views import view_of_leaves

IDENTIFIED, CODED, COUNTED, SHUT = "identified", "coded", "counted", "shut"
_SCOPES: Final = {IDENTIFIED: "sync_central_identified", CODED: "sync_central_coded", COUNTED: COUNTING}
# About the office and nobody it serves. Whatever is not named here and belongs to no case stays.
_OF_THE_OFFICE: Final = frozenset(("centre", "exchange_rate", "official_cost_limit", "provider", "provider_service"))
_NAMES_A_CASE: Final = ("case_id", "about")
CONFIDENTIAL: Final = select(Case.id, Case.owner_id, Case.supervisor_id, Case.named_access).where(
    Case.confidential_case.is_(True)
)


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


class Unwritten(NamedTuple):
    """Stands where an operation will be that is not written yet."""

    chain_seq: int = 0
    link: bytes = b""
    digest: bytes = b""


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
class Eyes:
    """Who will read: an audience, and of it the people at one computer, who may be named on confidential cases."""

    audience: str
    today: date
    people: frozenset[UUID] = frozenset()


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


def _people_of(row: Row[UUID, UUID | None, UUID | None, list[str] | None]) -> set[UUID]:
    """Who may read a confidential case: its owner, its supervisor, and who is named on it."""
    return {each for each in (row.owner_id, row.supervisor_id) if each} | {UUID(id_) for id_ in row.named_access or ()}


def cases_named(session: Session, desks: Collection[Member], today: date) -> dict[bytes, frozenset[UUID]]:
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


Cases = Mapping[UUID, frozenset[UUID]]


def cases_behind(session: Session, operations: Iterable[Operation]) -> Cases:
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


def as_it_goes(
    row: OperationRow | Unwritten,
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
    back = _staying(leaves, belongs, decisions, audience, known)
    if not back:
        view = operation
    elif len(back) == len(belongs):
        view = digest_only(row.digest)
    else:
        view = view_of_leaves(row.chain_seq, operation, lambda _level, leaf: place_of(leaf) not in back)
    return Going(row.chain_seq, row.link, operation, view, back, belongs, is_bookkeeping(operation))


def _staying(
    leaves: Sequence[tuple[int, Leaf]],
    belongs: Mapping[LeafPlace, frozenset[UUID]],
    decisions: Mapping[UUID, Decision],
    audience: str,
    known: Mapping[UUID, str],
) -> dict[LeafPlace, Back]:
    """The leaves that stay, and why."""
    closed = {cases: _closed(cases, decisions) for cases in set(belongs.values())}
    back: dict[LeafPlace, Back] = {}
    for level, leaf in leaves:
        why = _back(level, leaf, belongs[place_of(leaf)], closed, audience)
        if why is not None and not _is_the_mark(leaf, audience, known) and not _is_the_end(leaf, leaves, why, audience):
            back[place_of(leaf)] = why
    of_records = {place_of(leaf) for _level, leaf in leaves if leaf.table != OPERATION_TABLE}
    if audience == CENTRAL and of_records <= back.keys():  # an act without a record
        return {place: back.get(place, Back.OFFICE) for place in belongs}
    return back


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
