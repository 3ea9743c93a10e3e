"""What operations say of records, and which operations wrote a record: what merging, judging and checking read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import Executable, bindparam, select
from sqlalchemy.orm import Session

from casedesk.models import Chain, Change
from casedesk.models import Operation as OperationRow
from casedesk.storage.bulk import in_parts
from casedesk.storage.fitting import id_of
from casedesk.storage.operations import Operation, OperationKind, Value, leaves_of, shown, unpack
from casedesk.storage.recorder import MARK_TABLE, NO_RECORD, OPERATION_TABLE
from casedesk.storage.registers import Knowledge, Place, in_causal_order, roots

RecordKey: TypeAlias = tuple[str, bytes]  # table, id
Said: TypeAlias = dict[RecordKey, dict[str, Value]]
Link: TypeAlias = tuple[str, UUID]  # the table and id of what a record hangs on
LINKS: Final = {"case_id": "case", "person_id": "person", "episode_id": "migration_episode"}
ERASED_TABLE: Final = "erased"
NOTED: Final = ""  # in the place of a table: the operation was about the record, and wrote nothing into it
JOURNAL_TABLES: Final = frozenset((OPERATION_TABLE, MARK_TABLE, ERASED_TABLE))
LONGEST_TABLE: Final = 40  # of a name in the index; a longer one is no table of ours


@dataclass(frozen=True)
class Arrived:
    """An operation of another desk, as it is to be stored."""

    place: Place
    operation: Operation
    digest: bytes
    link: bytes

    @cached_property
    def said(self) -> Said:
        """What it says of records: judge and merger ask for the same."""
        return written(self.operation)


def marks_of(operation: Operation) -> dict[bytes, int]:
    """Of which chains its author says that they had seen them, and up to where; the most that is said of each."""
    found: dict[bytes, int] = {}
    if operation.kind == OperationKind.MARK:
        for _level, leaf in shown(operation):
            named = leaf.table == MARK_TABLE and leaf.field == "held" and leaf.record != NO_RECORD
            if named and type(leaf.value) is int and 0 < leaf.value < 2**63:
                found[leaf.record] = max(leaf.value, found.get(leaf.record, 0))
    return found


def change_rows(number: int, operation: Operation, said: Said) -> list[dict[str, object]]:
    """Which records an operation wrote or was about, by which their history and their registers are found."""
    touched = {record: (table, " ".join(values)) for (table, record), values in said.items()}
    if (looked_at := about(operation)) is not None:
        touched.setdefault(looked_at, (NOTED, ""))
    return [
        {"operation_seq": number, "record": id_of(record), "table": table, "fields": fields}
        for record, (table, fields) in touched.items()
    ]


def written(operation: Operation) -> Said:
    """What an operation says of records, as far as it is shown here. An id belongs to one table only."""
    found: Said = {}
    tables: dict[bytes, str] = {}
    values: dict[str, Value] | None = None
    at: RecordKey | None = None
    for section in operation.sections:
        for leaf in leaves_of(section):
            if not leaf.field.isidentifier() and leaf.field.split() != [leaf.field]:
                continue  # no field is called so, and it could not be told from others in the index
            if at is None or leaf.record != at[1] or leaf.table != at[0]:  # most stand beside others of their record
                at = table, record = leaf.table, leaf.record
                is_told = table not in JOURNAL_TABLES and len(table) <= LONGEST_TABLE
                is_told = is_told and tables.setdefault(record, table) == table
                values = found.setdefault(at, {}) if is_told else None
            if values is not None:
                values[leaf.field] = leaf.value
    return found


def about(operation: Operation) -> bytes | None:
    """The record that the operation is about, if it says so."""
    record = _own(operation, "about")
    return record if isinstance(record, bytes) and len(record) == len(NO_RECORD) else None


def action(operation: Operation) -> Value:
    """What was done, as the operation calls it."""
    return _own(operation, "action")


def _own(operation: Operation, name: str) -> Value:
    own = (leaf for _level, leaf in shown(operation) if leaf.table == OPERATION_TABLE)
    return next((leaf.value for leaf in own if leaf.field == name), None)


_TOLD = (
    select(
        Change.record,
        Change.table,
        Change.fields,
        OperationRow.seq,
        OperationRow.chain_seq,
        OperationRow.wall,
        Chain.ix,
        Chain.id,
    )
    .join(OperationRow, OperationRow.seq == Change.operation_seq)
    .join(Chain, Chain.ix == OperationRow.chain_ix)
    .where(Change.record.in_(bindparam("records", expanding=True)), Change.table != "")
)
_HISTORY = _TOLD.where(Change.fields != "")


def histories(session: Session, wanted: Collection[RecordKey]) -> dict[RecordKey, list[tuple[Place, frozenset[str]]]]:
    """For each record the operations that wrote it, with the fields."""
    found: dict[RecordKey, list[tuple[Place, frozenset[str]]]] = defaultdict(list)
    for some in in_parts([id_of(record) for _table, record in wanted]):
        for row in session.execute(_HISTORY, {"records": some}):
            place = Place(row.ix, row.id, row.chain_seq, row.seq, row.wall)
            found[row.table, row.record.bytes].append((place, frozenset(row.fields.split())))
    return found


def first_written(session: Session, records: Collection[UUID], knowledge: Knowledge) -> dict[UUID, Place]:
    """Where each record was begun; the same on every desk, whatever arrived first."""
    return {
        record: places[0] if len(places) == 1 else in_causal_order(places, lambda place: place, knowledge.knows)[0]
        for record, places in _writes(session, records, _HISTORY).items()
    }


def begun_in(session: Session, records: Collection[UUID], knowledge: Knowledge) -> dict[UUID, list[Place]]:
    """Where each record was begun, also one that was forgotten since. An honest record has one beginning; of those that
    two desks tell, one is a lie, and nothing that all desks see says which."""
    return {
        record: roots(places, knowledge.knows) or places for record, places in _writes(session, records, _TOLD).items()
    }


def _writes(session: Session, records: Collection[UUID], wanted: Executable) -> dict[UUID, list[Place]]:
    found: dict[UUID, list[Place]] = defaultdict(list)
    for some in in_parts(list(records)):
        for row in session.execute(wanted, {"records": some}):
            found[row.record].append(Place(row.ix, row.id, row.chain_seq, row.seq, row.wall))
    return found


def arrived_again(session: Session, number: int) -> Arrived:
    """An operation that is stored, as it came."""
    row = session.get_one(OperationRow, number)
    chain = session.get_one(Chain, row.chain_ix)
    (operation,) = unpack(row.body)
    return Arrived(Place(chain.ix, chain.id, row.chain_seq, row.seq, row.wall), operation, row.digest, row.link)


def links(row: Mapping[str, Any]) -> Iterator[Link]:
    """What a row hangs on."""
    for name, table in LINKS.items():
        if isinstance(to := row.get(name), UUID):
            yield table, to
    if isinstance(to := row.get("entity_id"), UUID):
        yield str(row.get("entity")), to
