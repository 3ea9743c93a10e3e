"""What belongs to this computer alone: drafts, places, preferences, and tables that can be made again.

None of it is recorded in the journal. `case_index`, `state`, `number_key` and the full-text table
`case_words` are computed from the records (`storage/derived.py`) and can be rebuilt at any time.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Date, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from casedesk.models.base import Base
from casedesk.models.columns import UtcDateTime


class Draft(Base):
    """An intake not yet registered: answers by key, as JSON."""

    __tablename__ = "draft"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    author_id: Mapped[UUID] = mapped_column(Uuid, index=True)
    kind: Mapped[str] = mapped_column(String(20))
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)


class DraftCount(Base):
    """How many drafts were deleted on a day: all that stays of them."""

    __tablename__ = "draft_count"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    count: Mapped[int] = mapped_column(Integer)


class Counter(Base):
    """The last serial number this computer gave, by prefix of the number."""

    __tablename__ = "counter"

    prefix: Mapped[str] = mapped_column(String(20), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class Preference(Base):
    """How one user likes the program, and where they were when it locked."""

    __tablename__ = "preference"

    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class State(Base):
    """Where a case, a referral or a follow-up is in its life: the fold of its status events."""

    __tablename__ = "state"
    __table_args__ = (Index("ix_state_entity_status", "entity", "status"),)

    entity_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    entity: Mapped[str] = mapped_column(String(40))
    case_id: Mapped[UUID | None] = mapped_column(Uuid, index=True)
    status: Mapped[str] = mapped_column(String(40))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    skipped: Mapped[int] = mapped_column(default=0)  # steps that could not follow where they stood: somebody looks


# What lists filter by and what tells whom a case is shown to stands behind the order in each index, so that
# walking over cases that do not fit reads no rows of the table: 100,000 cases in 30 ms instead of 600.
_ASKED = (
    "is_open",
    "confidential",
    "owner_id",
    "supervisor_id",
    "team",
    "named_access",
    "category",
    "status",
    "country",
    "district",
)


class CaseIndex(Base):
    """One narrow row for each case: what lists show, filter and sort by."""

    __tablename__ = "case_index"
    __table_args__ = (
        Index("ix_case_index_order", "priority_rank", "due_on", "row", *_ASKED, "opened_on"),
        Index("ix_case_index_opened", "opened_on", "row", *_ASKED, "due_on", "priority_rank"),
        Index("ix_case_index_name", "name_key", "row", *_ASKED, "due_on", "opened_on", "priority_rank"),
        Index("ix_case_index_due", "due_on"),
        Index("ix_case_index_owner", "owner_id", "is_open"),
        Index("ix_case_index_person", "person_id"),
        Index("ix_case_index_number", "case_number"),
        Index("ix_case_index_confidential", "case_id", sqlite_where=text("confidential = 1")),
    )

    row: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    person_id: Mapped[UUID | None] = mapped_column(Uuid)
    case_number: Mapped[str] = mapped_column(String(24))
    person_code: Mapped[str] = mapped_column(String(10))
    name_bn: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(200))
    sex_gender: Mapped[str | None] = mapped_column(String(60))
    category: Mapped[str | None] = mapped_column(String(60))
    status: Mapped[str] = mapped_column(String(40))
    is_open: Mapped[bool] = mapped_column(Boolean)
    priority: Mapped[str | None] = mapped_column(String(60))
    priority_rank: Mapped[int] = mapped_column(Integer)
    country: Mapped[str | None] = mapped_column(String(60))
    district: Mapped[str | None] = mapped_column(String(60))
    owner_id: Mapped[UUID | None] = mapped_column(Uuid)
    supervisor_id: Mapped[UUID | None] = mapped_column(Uuid)
    team: Mapped[str | None] = mapped_column(String(40))
    named_access: Mapped[str] = mapped_column(Text)  # ids, separated by spaces
    confidential: Mapped[bool] = mapped_column(Boolean)
    hide_name: Mapped[bool] = mapped_column(Boolean)
    opened_on: Mapped[date | None] = mapped_column(Date)
    due_on: Mapped[date] = mapped_column(Date)  # far in the future when nothing is due
    due_what: Mapped[str] = mapped_column(String(200))  # code of followup_type, or the words of the task
    due_id: Mapped[UUID | None] = mapped_column(Uuid)  # the follow-up, empty for a plain next contact


class NumberKey(Base):
    """Numbers by which a case is found: phones and case numbers by their beginning or end, documents exactly."""

    __tablename__ = "number_key"
    __table_args__ = (Index("ix_number_key_key", "key", "kind"), Index("ix_number_key_case", "case_id"))

    row: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String(10))  # phone, ending, case, document
    key: Mapped[str] = mapped_column(String(60))
