"""The journal: what was done, by whom, and what it changed (SYNC 4). Rows are only ever added."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Index, Integer, LargeBinary, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from casedesk.models.base import Base
from casedesk.models.columns import UtcDateTime

KEY = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER is SQLite's own row number


class Chain(Base):
    """The operations of one desk, numbered 1, 2, 3… and each bound to the one before."""

    __tablename__ = "chain"

    ix: Mapped[int] = mapped_column(KEY, primary_key=True)
    id: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    organisation: Mapped[bytes] = mapped_column(LargeBinary(16))
    desk: Mapped[bytes] = mapped_column(LargeBinary(32))  # public signing key
    signing_seed: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # only of our own chain
    parent: Mapped[bytes] = mapped_column(LargeBinary(56))  # nothing, or the link this chain continues
    held: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[bytes] = mapped_column(LargeBinary(32))
    marked: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")  # up to where our own chain says so
    fork_at: Mapped[int | None] = mapped_column(BigInteger)  # where its author told a second story


class Operation(Base):
    """One thing a person did: the unit that is saved, shown, hashed and sent."""

    __tablename__ = "operation"
    __table_args__ = (UniqueConstraint("chain_ix", "chain_seq"),)

    seq: Mapped[int] = mapped_column(KEY, primary_key=True)
    chain_ix: Mapped[int] = mapped_column(BigInteger)
    chain_seq: Mapped[int] = mapped_column(BigInteger)
    wall: Mapped[int] = mapped_column(BigInteger)  # milliseconds UTC, as the desk claims
    flags: Mapped[int] = mapped_column(Integer)
    actor: Mapped[bytes] = mapped_column(LargeBinary(16))
    kind: Mapped[int] = mapped_column(Integer)
    schema: Mapped[int] = mapped_column(Integer)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    link: Mapped[bytes] = mapped_column(LargeBinary(32))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    arrived_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Change(Base):
    """Which operations touched a record: the index for history and merging."""

    __tablename__ = "change"
    __table_args__ = (Index("ix_change_record", "record", "operation_seq"),)

    operation_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    record: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    table: Mapped[str] = mapped_column(String(40))
    fields: Mapped[str] = mapped_column(String)  # names, separated by a space; empty when only looked at


class Gate(Base):
    """One row: open while the recorder writes. The guard triggers refuse every other write.

    `rewriting` lets a body be replaced by another view of the same operation: after an erasure, or to show more.
    """

    __tablename__ = "gate"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    open: Mapped[bool] = mapped_column(Boolean)
    rewriting: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")
