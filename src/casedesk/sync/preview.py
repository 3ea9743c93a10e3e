"""What would leave, by field, before it leaves: read from the very plan that files are packed from (SYNC 6)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.models import Case, Person
from casedesk.services.permissions import needs
from casedesk.storage.bulk import in_parts
from casedesk.storage.operations import shown
from casedesk.storage.recorder import OPERATION_TABLE
from casedesk.sync.batch import CENTRAL, Kind
from casedesk.sync.leaving import COUNTED, Back, Plan, place_of, plan
from casedesk.sync.membership import standing
from casedesk.sync.outbox import coded_rows


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
    """What would be sent to an audience now, and what is held back."""

    audience: str
    operations: int
    cases: int
    coded_cases: int
    counted_cases: int
    forgets: int
    columns: tuple[str, ...]  # what the rows without a name say
    more: bool  # whether operations are left for another file, which is planned when this one is made
    rows: tuple[PreviewRow, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.operations or self.forgets or self.coded_cases or self.counted_cases)


@needs("sync.send")
def preview(desk: Desk, audience: str) -> Preview:
    """What would be sent now, read from the very plan that files are packed from."""
    with desk.read() as session:
        planned = plan(session, audience, desk.today(), desks=standing(session).recipients(audience))
        return _previewed(session, desk, planned)


def _previewed(session: Session, desk: Desk, planned: Plan) -> Preview:
    counts: Counter[tuple[str, UUID | None, str, str, int, bool, Back | None]] = Counter()
    shows = [each for show in planned.shows for each in show.operations]
    for kind, going in ((Kind.CHAIN, planned.going), (Kind.SHOW, shows)):
        for each in going:
            if each.is_bookkeeping:
                continue
            left = {place_of(leaf) for _level, leaf in shown(each.view)}
            for level, leaf in shown(each.whole):
                at = place_of(leaf)
                for case in (each.cases[at] or (None,)) if leaf.table != OPERATION_TABLE else ():
                    counts[kind, case, leaf.table, leaf.field, level, at in left, each.back.get(at)] += 1
    codes = _person_codes(session, {case for _kind, case, *_rest in counts if case is not None})
    rows = [
        PreviewRow(kind, codes.get(case, "") if case else "", case, table, name, level, goes, why, count)
        for (kind, case, table, name, level, goes, why), count in counts.items()
    ]
    nameless = None
    if planned.audience == CENTRAL and not planned.is_empty:
        nameless = coded_rows(session, desk, planned)
    return Preview(
        audience=planned.audience,
        operations=len([each for each in planned.going if not each.is_bookkeeping]),
        cases=len({row.case_id for row in rows if row.goes and row.case_id}),
        coded_cases=len(nameless.rows) if nameless is not None else 0,
        counted_cases=sum(decision.view == COUNTED for decision in planned.decisions.values()) if nameless else 0,
        forgets=len(planned.forgets),
        columns=tuple(sorted({name for row in nameless.rows for name in row.values})) if nameless else (),
        more=planned.more,
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
