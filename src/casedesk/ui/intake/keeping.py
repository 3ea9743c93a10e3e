"""Keeping what is typed: the draft, and the marks that only the screen knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Any
from uuid import UUID

from casedesk.desk import Desk
from casedesk.errors import NotFound
from casedesk.services.drafts import begin_draft, delete_draft, drafts, save_draft
from casedesk.services.preferences import prefer, preference

MARKS = "drafts"  # the name of the preference


@dataclass(frozen=True, slots=True)
class Marks:
    """Where the conversation was, what was put off, and words that are not understood yet."""

    part: str = "consent"
    kind: str = ""
    not_now: tuple[str, ...] = ()
    not_same: tuple[str, ...] = ()  # ids of persons
    typed: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)  # whose warning was looked at: key and rule


def marks_of(desk: Desk, draft_id: UUID | None) -> Marks:
    """The marks of a draft; none for a new one."""
    raw = _all(desk).get(draft_id.hex) if draft_id is not None else None
    if raw is None:
        return Marks()
    kept = raw.get("kept", {})  # drafts of an earlier program do not have it
    return Marks(raw["part"], raw["kind"], tuple(raw["not_now"]), tuple(raw["not_same"]), raw["typed"], kept)


def keep_marks(desk: Desk, draft_id: UUID, marks: Marks) -> None:
    """Keep the marks of a draft, and drop those of drafts that are gone."""
    there = {row.id.hex for row in drafts(desk)}
    kept = {draft: raw for draft, raw in _all(desk).items() if draft in there}
    if draft_id.hex in there:
        kept[draft_id.hex] = asdict(replace(marks, typed=dict(marks.typed), kept=dict(marks.kept)))
    prefer(desk, MARKS, json.dumps(kept, ensure_ascii=False))


def _all(desk: Desk) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(preference(desk, MARKS) or "{}")
    return found


class Keeper:
    """The newest answers of one intake, stored by whichever thread comes first. A late job never writes older ones."""

    def __init__(self, desk: Desk, kind: str, draft_id: UUID | None = None, marks: Marks | None = None) -> None:
        self._desk = desk
        self._kind = kind
        self._lock = Lock()
        self._newest: tuple[dict[str, object], Marks] | None = None
        self._marks = marks
        self._ended = False
        self.draft_id = draft_id

    @property
    def unsaved(self) -> bool:
        return self._newest is not None and not self._ended

    @property
    def ended(self) -> bool:
        """Whether the draft is a case by now, or was removed."""
        return self._ended

    def put(self, answers: Mapping[str, object], marks: Marks) -> None:
        """These are the answers from now on; `store` writes them."""
        self._newest = (dict(answers), marks)

    def store(self) -> datetime | None:
        """Write the newest answers, if they are not written yet; returns when that was."""
        with self._lock:
            newest = self._newest
            if newest is None or self._ended:
                return None
            answers, marks = newest
            if self.draft_id is None:
                self.draft_id = begin_draft(self._desk, self._kind, answers)
                saved = self._desk.clock()
            else:
                saved = save_draft(self._desk, self.draft_id, answers)
            if marks != self._marks:
                keep_marks(self._desk, self.draft_id, marks)
                self._marks = marks
            if self._newest is newest:
                self._newest = None
            return saved

    def end(self) -> None:
        """The draft became a case; nothing is written any more."""
        self._ended = True

    def remove(self) -> None:
        """Remove the draft for ever."""
        with self._lock:
            if self.draft_id is not None:
                with suppress(NotFound):  # already gone
                    delete_draft(self._desk, self.draft_id)
            self._ended = True  # not before: while the draft is there, what is typed goes on into it
            if self.draft_id is not None:
                keep_marks(self._desk, self.draft_id, Marks())
