"""What would leave, by field, before it leaves: read from the very parts that files are packed from (SYNC 6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.models import Case, Person
from casedesk.services.permissions import needs
from casedesk.storage.bulk import in_parts
from casedesk.storage.operations import OperationKind, shown
from casedesk.storage.recorder import OPERATION_TABLE
from casedesk.sync.batch import Kind
from casedesk.sync.leaving import Back, Going, place_of
from casedesk.sync.membership import standing
from casedesk.sync.parts import Part, parts_for_newcomers, parts_of
from casedesk.sync.planning import plans, sent_so_far

_Told: TypeAlias = tuple[str, UUID | None, str, str, int, bool, Back | None]


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One field of one case that goes or stays, how often, and why it stays. Values are not shown."""

    kind: str
    person_code: str
    case_id: UUID | None
    table: str
    field: str
    level: int
    goes: bool
    why: Back | None
    count: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent now, and what is held back: to all of an audience, or only to one computer of it that lacks
    what the others were sent before. `only` names that one."""

    audience: str
    only: str
    operations: int
    cases: int
    coded_cases: int
    counted_cases: int
    forgets: int
    columns: tuple[str, ...]  # what the rows without a name say
    rows: tuple[PreviewRow, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.operations or self.forgets or self.coded_cases or self.counted_cases)


@needs("sync.send")
def previews(desk: Desk, audience: str) -> list[Preview]:
    """All that would be sent now: first to the whole audience, then to each computer of it that lacks something."""
    with desk.read() as session:
        place, today = standing(session), desk.today()
        desks = place.recipients(audience)
        sent, everybody = sent_so_far(session, audience, desks), _Sum(audience)
        for planned in plans(session, audience, today, desks=desks):
            everybody.add(parts_of(session, today, planned))
            sent = planned.after
        alone = {each.desk: _Sum(audience, f"{each.centre}/{each.name}") for each in desks}
        for part in parts_for_newcomers(session, today, place, audience, sent):
            alone[part.to].add([part])
        return [everybody.preview(session), *(each.preview(session) for each in alone.values() if each.parts)]


@dataclass(slots=True)
class _Sum:
    """Counts what goes and what stays, part by part: what was counted need not be kept."""

    audience: str
    only: str = ""
    parts: int = 0
    operations: int = 0
    coded: set[bytes] = field(default_factory=set)  # of a case that is in two files the later row counts
    counted_cases: int = 0
    forgets: int = 0
    columns: set[str] = field(default_factory=set)
    counts: Counter[_Told] = field(default_factory=Counter)

    def add(self, parts: Iterable[Part]) -> None:
        for part in parts:
            self.parts += 1
            self.forgets += len(part.forgets)
            self._add_operations(part.kind, part.going)
            if part.nameless is not None:
                rows = part.nameless.rows.rows
                self.coded |= {row.row for row in rows}
                self.counted_cases = len(part.nameless.counted)  # totals take the place of those before
                self.columns |= {name for row in rows for name in row.values}

    def _add_operations(self, kind: Kind, going: Iterable[Going]) -> None:
        for each in going:
            if each.is_bookkeeping:
                continue
            self.operations += kind is not Kind.SHOW
            self.forgets += each.whole.kind == OperationKind.ERASURE
            left = {place_of(leaf) for _level, leaf in shown(each.view)}
            for level, leaf in shown(each.whole):
                at = place_of(leaf)
                for case in (each.cases.get(at) or (None,)) if leaf.table != OPERATION_TABLE else ():
                    self.counts[kind, case, leaf.table, leaf.field, level, at in left, each.back.get(at)] += 1

    def preview(self, session: Session) -> Preview:
        codes = _person_codes(session, {case for _kind, case, *_rest in self.counts if case is not None})
        rows = [
            PreviewRow(kind, codes.get(case, "") if case else "", case, table, name, level, goes, why, count)
            for (kind, case, table, name, level, goes, why), count in self.counts.items()
        ]
        return Preview(
            audience=self.audience,
            only=self.only,
            operations=self.operations,
            cases=len({row.case_id for row in rows if row.goes and row.case_id}),
            coded_cases=len(self.coded),
            counted_cases=self.counted_cases,
            forgets=self.forgets,
            columns=tuple(sorted(self.columns)),
            rows=tuple(sorted(rows, key=lambda row: (row.person_code, row.table, row.field, row.kind, row.goes))),
        )


def _person_codes(session: Session, cases: set[UUID]) -> dict[UUID, str]:
    """The codes by which cases are named here; a confidential one has none."""
    found: dict[UUID, str] = {}
    for some in in_parts(list(cases)):
        wanted = (
            select(Case.id, Person.person_code)
            .join(Person, Person.id == Case.person_id)
            .where(Case.id.in_(some), Case.confidential_case.isnot(True))
        )
        found |= {case: code or "" for case, code in session.execute(wanted)}
    return found
