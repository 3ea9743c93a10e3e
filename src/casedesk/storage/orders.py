"""What must not come back: orders to forget, and operations without what they cover (SYNC 11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.models import Erasure
from casedesk.storage.arrived import JOURNAL_TABLES, about
from casedesk.storage.bulk import in_parts
from casedesk.storage.operations import Erased, Itemised, Kept, Leaf, Open, Operation, erase, shown
from casedesk.storage.recorder import OPERATION_TABLE
from casedesk.storage.registers import Knowledge, Place

Orders: TypeAlias = Mapping[bytes, Sequence[Erasure]]
REASON: Final = (
    "op.reason"  # how an order names why something was done with a record: words that stand in no field of it
)


def orders_about(session: Session, records: Sequence[UUID]) -> Orders:
    """The erasures that were ordered for these records."""
    found: dict[bytes, list[Erasure]] = defaultdict(list)
    for some in in_parts(records):
        for order in session.scalars(select(Erasure).where(Erasure.record.in_(some))):
            found[order.record.bytes].append(order)
    return found


def spoken_of(operation: Operation) -> set[bytes]:
    """The records that an operation tells of, and the one it is about."""
    return {leaf.record for _level, leaf in shown(operation)} | {about(operation) or b""} - {b""}


def knew(place: Place, order: Erasure, knowledge: Knowledge) -> bool:
    """Whether what stands at this place was written by somebody who knew of the order."""
    if order.chain == place.chain:
        return order.chain_seq < place.seq
    return knowledge.reaches(place, None, order.chain) >= order.chain_seq


def forgotten(operation: Operation, place: Place, orders: Orders, knowledge: Knowledge) -> Operation:
    """The operation without the values of leaves that an order covers and its author wrote without knowing of it."""

    about_what = about(operation) or b""

    def covered(leaf: Leaf) -> bool:
        if leaf.table == OPERATION_TABLE and leaf.field == "reason":
            return ordered(about_what, REASON)
        return leaf.table not in JOURNAL_TABLES and ordered(leaf.record, leaf.field)

    def ordered(record: bytes, name: str) -> bool:
        return any(order.field in ("", name) and not knew(place, order, knowledge) for order in orders.get(record, ()))

    for section in operation.sections:
        if isinstance(section, Open | Itemised):
            for index, item in enumerate(section.leaves):
                leaf = item.leaf if isinstance(item, Kept) else None if isinstance(item, Erased) else item
                if leaf is not None and covered(leaf):
                    operation = erase(operation, section.level, index)
    return operation
