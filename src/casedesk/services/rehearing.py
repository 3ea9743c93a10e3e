"""What was judged before something came that its verdict stands on, and is to be judged again (SYNC 8).

Files arrive in any order. A right stands on what its author had seen: on their roles and on whose case it is; a name on
where its bearer was begun and let in; what another centre says on who began the record. Whatever of that comes late
calls those operations up that were judged without it. What comes in its order calls up nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from casedesk.models import Change, Mark, Unentitled, recorded_models
from casedesk.models import Operation as OperationRow
from casedesk.services.trust import Trust
from casedesk.storage.arrived import LINKS, Arrived, begun_in, histories
from casedesk.storage.bulk import in_parts
from casedesk.storage.fitting import id_of
from casedesk.storage.registers import Knowledge, Place, roots

BY: Final = "by"  # what is refused of an operation in a name that its desk may not write in
_DECIDE: Final = ("user", "case")  # what these say gives rights, or takes them
_POINT: Final = (*LINKS, "entity_id")


@dataclass(frozen=True)
class Calling:
    """Finds the operations of some chains, given with their desks, that stand on others."""

    session: Session
    knowledge: Knowledge
    trust: Trust
    chains: Mapping[int, bytes]

    @cached_property
    def _colleagues(self) -> list[int]:
        return [ix for ix, desk in self.chains.items() if not self.trust.is_elsewhere(desk)]

    @cached_property
    def _elsewhere(self) -> list[int]:
        return [ix for ix, desk in self.chains.items() if self.trust.is_elsewhere(desk)]

    def _unlisted(self, user: bytes) -> list[int]:
        """The chains of desks where the roster does not say that this user works."""
        return [ix for ix, desk in self.chains.items() if not self.trust.works_at(desk, user)]

    def standing_on(self, those: Sequence[Arrived], *, fresh: bool) -> set[int]:
        """The operations that stand on those; `fresh` are new here, and nothing of them was judged before."""
        found = set(self._who_knew(those, fresh=fresh))
        found |= set(self._in_the_names(those, fresh=fresh))
        begun = self._begun_by(those)
        found |= set(self._who_claims_the_same(begun))
        if self._elsewhere:
            found |= set(self._of_the_same(begun))
        return found - {each.place.operation for each in those}

    def _who_knew(self, those: Sequence[Arrived], *, fresh: bool) -> Iterator[int]:
        """What colleagues wrote who had seen these roles, or by what these say of the case."""
        by_chain: dict[int, list[Arrived]] = defaultdict(list)
        for each in those:
            if any(record[0] in _DECIDE for record in each.said):
                by_chain[each.place.chain_ix].append(each)
        for chain_ix, some in by_chain.items():
            first = min((each.place for each in some), key=lambda place: place.seq)
            seen = {} if fresh else {chain_ix: first.seq}
            wanted = select(Mark.chain_ix, func.min(Mark.at_seq).label("at")).where(
                Mark.chain_ix.in_(self._colleagues), Mark.peer == first.chain, Mark.held >= first.seq
            )
            seen |= {row.chain_ix: row.at for row in self.session.execute(wanted.group_by(Mark.chain_ix))}
            records = {record for each in some for record in each.said if record[0] in _DECIDE}
            for other, after in seen.items():
                later = (OperationRow.chain_ix == other) & (OperationRow.chain_seq > after)
                yield from self._touching([id_of(record) for _table, record in records], later)
                yield from self._written_by([record for table, record in records if table == "user"], later)

    def _in_the_names(self, those: Sequence[Arrived], *, fresh: bool) -> Iterator[int]:
        """What was written in the names of people who were begun or let in here."""
        for each in those:
            for (table, user), values in each.said.items():
                if table == "user" and (self._begins(each, user) or (not fresh and "active" in values)):
                    yield from self._written_by([user], OperationRow.chain_ix.in_(self._unlisted(user)))
                elif table == "user" and "active" in values:
                    waits = select(Unentitled.operation_seq).where(Unentitled.register == BY)
                    yield from self._written_by([user], OperationRow.seq.in_(waits))

    def _begins(self, each: Arrived, user: bytes) -> bool:
        """Whether somebody is begun here of whom something was told before, or who may be anybody's elsewhere."""
        places = [place for place, _fields in histories(self.session, [("user", user)])["user", user]]
        begun = {place.operation for place in roots(places, self.knowledge.knows)}
        return each.place.operation in begun and (len(places) > 1 or bool(self._elsewhere))

    def _begun_by(self, those: Sequence[Arrived]) -> Mapping[UUID, list[Place]]:
        """The records that those begin, with all their beginnings; only cases, where there are no other centres. A case
        is given its number where it begins."""
        numbers = {each.place.operation for each in those}
        told = {
            id_of(record)
            for each in those
            for (table, record), values in each.said.items()
            if self._elsewhere or (table == "case" and "case_number" in values)
        }
        begun = begun_in(self.session, told, self.knowledge)
        return {
            record: places for record, places in begun.items() if any(place.operation in numbers for place in places)
        }

    def _who_claims_the_same(self, begun: Mapping[UUID, list[Place]]) -> Iterator[int]:
        """Of a record that two desks say they began, both beginnings."""
        for places in begun.values():
            yield from (place.operation for place in places if len(places) > 1 and place.chain_ix in self.chains)

    def _of_the_same(self, begun: Mapping[UUID, list[Place]]) -> Iterator[int]:
        """What other centres wrote about records that were begun here, and about what hangs on them."""
        new = list(begun)
        yield from self._touching([*new, *self._hanging_on(new)], OperationRow.chain_ix.in_(self._elsewhere))

    def _hanging_on(self, records: Sequence[UUID]) -> Iterator[UUID]:
        for model in recorded_models().values():
            columns = model.__table__.c
            for name in (name for name in _POINT if name in columns):
                for some in in_parts(records):
                    yield from self.session.scalars(select(columns.id).where(columns[name].in_(some)))

    def _touching(self, records: Sequence[UUID], which: ColumnElement[bool]) -> Iterator[int]:
        for some in in_parts(records):
            wanted = select(Change.operation_seq).join(OperationRow, OperationRow.seq == Change.operation_seq)
            yield from self.session.scalars(wanted.where(Change.record.in_(some), Change.table != "", which))

    def _written_by(self, users: Sequence[bytes], which: ColumnElement[bool]) -> Iterator[int]:
        if users:
            yield from self.session.scalars(select(OperationRow.seq).where(OperationRow.actor.in_(users), which))
