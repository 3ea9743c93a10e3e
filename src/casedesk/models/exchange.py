"""What this desk keeps about exchange with others. None of it is recorded in the journal or travels as a record.

Rights come from here and from nowhere else: from the signed roster, and from what was done at this computer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Boolean, Index, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from casedesk.models.base import Base
from casedesk.models.columns import UtcDateTime
from casedesk.models.journal import KEY


class Membership(Base):
    """One row once this desk belongs to an organisation, or has asked to.

    `sealing` has the age identities, the newest first; old ones still open what was sealed to them.
    `roster_seed` is the administrator's. Until the roster names this desk, `joined_at` is empty. `relay` is where the
    relay is, and `issuer` the one certificate (DER) whose word is taken for it.
    """

    __tablename__ = "membership"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    organisation: Mapped[bytes] = mapped_column(LargeBinary(16))
    root: Mapped[bytes] = mapped_column(LargeBinary(32))  # public key of the organisation
    sealing: Mapped[list[str]] = mapped_column(JSON)
    roster_seed: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    invitation: Mapped[bytes | None] = mapped_column(LargeBinary)
    device_id: Mapped[UUID] = mapped_column(Uuid)  # which computer of the records this one is
    centre_id: Mapped[UUID] = mapped_column(Uuid)
    joined_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    relay: Mapped[str | None] = mapped_column(String(200))
    issuer: Mapped[bytes | None] = mapped_column(LargeBinary)


class RosterCopy(Base):
    """A roster as it was signed. The one with the highest number holds."""

    __tablename__ = "roster"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    signed: Mapped[bytes] = mapped_column(LargeBinary)
    came_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Admission(Base):
    """A desk of a centre let another desk in: the second signature, which the administrator cannot give."""

    __tablename__ = "admission"

    desk: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    admitted_by: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))
    came_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Invited(Base):
    """An invitation that the administrator gave out and that is still open."""

    __tablename__ = "invited"

    code: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    centre: Mapped[str] = mapped_column(String(3))
    central: Mapped[bool] = mapped_column(Boolean)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class BatchOut(Base):
    """A sealed file of ours. It stays in the outbox until receipts of all it is for cover it."""

    __tablename__ = "batch_out"
    __table_args__ = (Index("ix_batch_out_state", "state"),)

    id: Mapped[int] = mapped_column(KEY, primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    audience: Mapped[str] = mapped_column(String(20))
    sealed_to: Mapped[list[str]] = mapped_column(JSON)  # signing keys in hex
    covered_by: Mapped[list[str]] = mapped_column(JSON)
    chain: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    first: Mapped[int] = mapped_column(BigInteger)
    last: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(10))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told: Mapped[dict[str, Any]] = mapped_column(JSON)  # what it holds, in numbers
    shown: Mapped[list[str] | None] = mapped_column(JSON)  # the cases of which a `show` shows more


class BatchIn(Base):
    """A sealed file that came: what became of it, and why."""

    __tablename__ = "batch_in"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    desk: Mapped[bytes] = mapped_column(LargeBinary(32))
    state: Mapped[str] = mapped_column(String(12))
    why: Mapped[str] = mapped_column(String(20))
    size: Mapped[int] = mapped_column(BigInteger)
    came_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told: Mapped[bool] = mapped_column(Boolean)  # whether a receipt has named it


class Covered(Base):
    """Up to where a desk says that it holds a chain."""

    __tablename__ = "covered"

    desk: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    chain: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    held: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[bytes] = mapped_column(LargeBinary(32))
    wanted: Mapped[list[list[int]]] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Proved(Base):
    """The signature of another desk over a place in its chain: by it the operations up to there can be passed on."""

    __tablename__ = "proved"

    chain: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))


class LetOut(Base):
    """How much of a case an audience was last sent, so that what changes with a consent can be made good.

    Of confidential cases the audience is one desk: the first digits of its signing key.
    """

    __tablename__ = "let_out"

    audience: Mapped[str] = mapped_column(String(20), primary_key=True)
    case_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    view: Mapped[str] = mapped_column(String(12))
    forgotten: Mapped[bool] = mapped_column(Boolean)  # ordered to be, and not told again since


class CodedRow(Base):
    """A case without a name, as another desk sent it. A later one of the same case takes its place.

    `chain` and `upto` say where its author stood. One that was taken back stays without values, so that an older file
    does not bring it again.
    """

    __tablename__ = "coded_row"

    row: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    desk: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    centre: Mapped[str] = mapped_column(String(3))
    chain: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    upto: Mapped[int] = mapped_column(BigInteger)
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    came_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CountRow(Base):
    """A total that another centre sent, of people who want to be counted and nothing more."""

    __tablename__ = "count_row"

    desk: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    what: Mapped[str] = mapped_column(String(60), primary_key=True)
    code: Mapped[str] = mapped_column(String(60), primary_key=True)
    centre: Mapped[str | None] = mapped_column(String(3))
    count: Mapped[int | None] = mapped_column(BigInteger)  # empty: fewer than may be told
    came_at: Mapped[datetime] = mapped_column(UtcDateTime)
