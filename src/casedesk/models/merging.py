"""What merging needs beside the journal: who had seen what, what disagrees, what waits, what must not come back.

None of it is recorded: marks, open clashes and parked leaves follow from the journal and can be made again.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from casedesk.models.base import Base
from casedesk.models.columns import UtcDateTime
from casedesk.models.journal import KEY


class Mark(Base):
    """Up to where the author of a chain held another one, from a place in the chain on."""

    __tablename__ = "mark"

    chain_ix: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    peer: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)  # a chain that may not be here yet
    at_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    held: Mapped[int] = mapped_column(BigInteger)


class Clash(Base):
    """A register with several current values, until an operation that knows them all settles it."""

    __tablename__ = "clash"
    __table_args__ = (
        Index("ix_clash_record", "record", "register"),
        Index("ix_clash_open", "settled_by", "table"),
    )

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    table: Mapped[str] = mapped_column(String(40))
    record: Mapped[UUID] = mapped_column(Uuid)
    register: Mapped[str] = mapped_column(String(60))
    operations: Mapped[str] = mapped_column(String)  # local numbers, ascending, separated by a space
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_by: Mapped[int | None] = mapped_column(BigInteger)  # local number of the operation


class Parked(Base):
    """A leaf that is only kept in its operation: this version knows no such field, or cannot keep such a value."""

    __tablename__ = "parked"

    operation_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    table: Mapped[str] = mapped_column(String(255), primary_key=True)
    record: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    field: Mapped[str] = mapped_column(String(255), primary_key=True)


class Erasure(Base):
    """An order that values be forgotten: those of one field of a record, or of all where `field` is empty.

    What its author had seen goes, and whatever was written without knowing the order.
    """

    __tablename__ = "erased"

    record: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    field: Mapped[str] = mapped_column(String(255), primary_key=True)
    chain: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)  # where the order stands
    chain_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class Unentitled(Base):
    """A change of rights whose author had no right to it: kept in the journal, without effect."""

    __tablename__ = "unentitled"

    operation_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    table: Mapped[str] = mapped_column(String(40), primary_key=True)
    record: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    register: Mapped[str] = mapped_column(String(60), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
