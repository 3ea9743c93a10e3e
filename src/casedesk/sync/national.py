"""Bringing the national office's database up to what the central desk's vault holds (decision 13).

The vault takes in, checks and judges; the database is told the same operations by the same merging. It holds nothing
that the vault does not, so it may be dropped and made again at any time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, delete, func, insert, literal_column, select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.models import Chain, CodedRow, CountRow, Unentitled
from casedesk.models import Operation as OperationRow
from casedesk.progress import Progress, silent
from casedesk.services.permissions import needs
from casedesk.storage.arrived import Arrived
from casedesk.storage.checking import Findings, check_records
from casedesk.storage.erasing import by_place, obey, orders_here, show
from casedesk.storage.merging import Judge, Judgement, judge_anew
from casedesk.storage.national import NationalStore
from casedesk.storage.operations import start_link, unpack
from casedesk.storage.registers import Knowledge
from casedesk.sync.chains import Outcome, Slice, checked
from casedesk.sync.intake import AT_ONCE, accept
from casedesk.sync.membership import standing
from casedesk.sync.roster import Roster

LOOKED_AT: Final = 1_000  # operations whose lengths are compared at once


class NotCentral(CaseDeskError):
    """A desk of a centre has no business with a national database."""

    def __init__(self) -> None:
        super().__init__(
            _("This computer does not belong to the central office."),
            hint=_("Nothing was written. Use the vault of a central desk."),
        )


class AnotherStory(CaseDeskError):
    """The database was told what the vault does not hold: the vault was restored, and then heard another story."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "The database holds other entries than this vault: it was filled before the vault was restored, or"
                " changed since."
            ),
            hint=_(
                "The vault is safe, and the database was not changed. It is only a copy of the vault: empty it, and"
                " call “casedesk central” again."
            ),
        )


@dataclass(slots=True)
class Followed:
    """What the database was told: operations, orders to forget, operations of which more was shown; and of how many
    computers the rows without a name and the totals."""

    operations: int = 0
    orders: int = 0
    shown: int = 0
    nameless: int = 0


@needs("sync.send")
def open_national(desk: Desk, url: str) -> NationalStore:
    """The database of this central desk's organisation."""
    with desk.read() as session:
        place = standing(session)
    if not place.me.central:
        raise NotCentral
    return NationalStore(url, place.organisation)


@needs("sync.send")
def follow(desk: Desk, national: NationalStore, progress: Progress = silent) -> Followed:
    """Tell the database what the vault holds and it does not; each slice whole or not at all.

    Raises AnotherStory where it holds something else in the place of what the vault holds.
    """
    done = Followed()
    with desk.read() as session:
        roster = standing(session).roster
        chains = session.scalars(select(Chain).where(Chain.held > 0).order_by(Chain.ix)).all()
        whole = sum(chain.held for chain in chains)
        with national.read() as there:  # before anything is changed
            known = _chains(there)
            if any(chain.id in known and not _same_story(session, there, chain, known[chain.id]) for chain in chains):
                raise AnotherStory
            held = {id_: chain.held for id_, chain in known.items()}
        for chain in chains:
            _follow_chain(desk, session, national, chain, held.get(chain.id, 0), roster, done, progress, whole)
        done.orders = _follow_orders(desk, session, national)
        for chain in chains:
            done.shown += _follow_shown(desk, session, national, chain)
            _follow_judged(desk, session, national, chain)
        done.nameless = _follow_nameless(session, national)
    return done


@needs("store.check")
def check_national(desk: Desk, national: NationalStore) -> Findings:
    """Verify every chain of the database, compare its records with its journal, and what it holds with the vault."""
    found = Findings()
    with desk.read() as session, national.read() as there:
        check_records(there, found)
        found.wrong += _differences(session, there)
    return found


def _differences(session: Session, there: Session) -> list[str]:
    """What the database holds too little or too much of, or in another way."""
    here, known = _chains(session), _chains(there)
    places = [(here.get(chain), known.get(chain)) for chain in here.keys() | known.keys()]
    wrong = []
    if any(known is None or (chain is not None and known.held < chain.held) for chain, known in places):
        wrong.append(_("The database lacks entries that the vault holds."))
    if any(chain is None or (known is not None and known.held > chain.held) for chain, known in places):
        wrong.append(_("The database holds entries that the vault does not hold."))
    if any(chain and known and not _same_story(session, there, chain, known) for chain, known in places):
        wrong.append(_("The database holds other entries than the vault in the same place of a chain."))
    if orders_here(session) != orders_here(there):
        wrong.append(_("The database was told other orders to forget than the vault."))
    if _nameless(session) != _nameless(there):
        wrong.append(_("The database holds other rows without names, or other totals, than the vault."))
    return wrong


def _chains(session: Session) -> dict[bytes, Chain]:
    return {chain.id: chain for chain in session.scalars(select(Chain).where(Chain.held > 0))}


def _same_story(session: Session, there: Session, chain: Chain, known: Chain) -> bool:
    """Whether a chain is the same in both as far as both hold it: each link stands for all before it."""
    last = min(chain.held, known.held)
    at = select(OperationRow.link).where(OperationRow.chain_seq == last)
    links = (which.scalar(at.where(OperationRow.chain_ix == of.ix)) for which, of in ((session, chain), (there, known)))
    return len(set(links)) == 1


def _follow_chain(
    desk: Desk,
    session: Session,
    national: NationalStore,
    chain: Chain,
    held: int,
    roster: Roster,
    done: Followed,
    progress: Progress,
    whole: int,
) -> None:
    for first in range(held + 1, chain.held + 1, AT_ONCE):
        progress.step(done.operations, whole)
        piece = _piece(session, chain, first, min(first + AT_ONCE - 1, chain.held))
        with national.intake(roster.centre_of(chain.desk)) as (writing, merged):
            accepted = accept(writing, piece, desk.clock(), _as_judged(session, chain))
            if accepted.outcome not in (Outcome.STORED, Outcome.KNOWN):
                raise AnotherStory
            merged.add(accepted.merged)
        done.operations += len(piece.operations)


def _piece(session: Session, chain: Chain, first: int, last: int) -> Slice:
    """Operations of a chain as the vault holds them, with their proofs made again."""
    wanted = (
        select(OperationRow.chain_seq, OperationRow.link, OperationRow.body)
        .where(OperationRow.chain_ix == chain.ix, OperationRow.chain_seq.between(first - 1, last))
        .order_by(OperationRow.chain_seq)
    )
    rows = list(session.execute(wanted))
    before = start_link(chain.organisation, chain.id, chain.desk, chain.parent)
    if first > 1:
        before = rows.pop(0).link
    return checked(
        chain=chain.id,
        desk=chain.desk,
        parent=chain.parent,
        first=first,
        before=before,
        operations=[unpack(row.body)[0] for row in rows],
        head=rows[-1].link,
    )


def _as_judged(vault: Session, chain: Chain) -> Judge:
    """What the vault left without effect has none in the database either."""

    def judge(_session: Session, _knowledge: Knowledge, arrived: Sequence[Arrived]) -> Judgement:
        by_seq = {each.place.seq: each for each in arrived}
        told = _unentitled(vault, chain.id, min(by_seq), max(by_seq))
        refused = [(by_seq[seq], (table, record.bytes), name) for seq, table, record, name in told if seq in by_seq]
        return Judgement(arrived, refused)

    return judge


def _unentitled(session: Session, chain: bytes, first: int, last: int) -> set[tuple[int, str, UUID, str]]:
    wanted = (
        select(OperationRow.chain_seq, Unentitled.table, Unentitled.record, Unentitled.register)
        .join(OperationRow, OperationRow.seq == Unentitled.operation_seq)
        .join(Chain, Chain.ix == OperationRow.chain_ix)
        .where(Chain.id == chain, OperationRow.chain_seq.between(first, last))
    )
    return {(row.chain_seq, row.table, row.record, row.register) for row in session.execute(wanted)}


def _follow_judged(desk: Desk, session: Session, national: NationalStore, chain: Chain) -> None:
    """Let count there what counts here after all, and the other way round: it was judged again since it was told."""
    here = _unentitled(session, chain.id, 1, chain.held)
    with national.read() as there:
        known = _unentitled(there, chain.id, 1, chain.held)
        wanted = (
            select(OperationRow.seq)
            .join(Chain, Chain.ix == OperationRow.chain_ix)
            .where(Chain.id == chain.id, OperationRow.chain_seq.in_({seq for seq, *_which in here ^ known}))
        )
        numbers = there.scalars(wanted).all()
    if numbers:
        with national.intake() as (writing, merged):
            merged.add(judge_anew(writing, numbers, desk.clock(), _as_judged(session, chain)))


def _follow_orders(desk: Desk, session: Session, national: NationalStore) -> int:
    """Forget there what was forgotten here."""
    with national.read() as there:
        missing = by_place(orders_here(session) - orders_here(there))
    for (chain, seq), targets in missing.items():
        with national.intake() as (writing, merged):
            merged.add(obey(writing, chain, seq, targets, desk.clock()))
    return len(missing)


def _follow_shown(desk: Desk, session: Session, national: NationalStore, chain: Chain) -> int:
    """Show there what was shown here after the operation had been told; it has another length then."""
    count = 0
    with national.read() as there:
        sizes, told = (_sizes(which, chain.id) for which in (session, there))
    for piece in sorted(piece for piece, size in sizes.items() if size != told.get(piece)):
        first, last = piece * LOOKED_AT, (piece + 1) * LOOKED_AT - 1
        here = _lengths(session, chain.id, first, last)
        with national.read() as there:
            known = _lengths(there, chain.id, first, last)
        longer = [seq for seq, length in here.items() if length > known.get(seq, length)]
        if longer:
            with national.intake() as (writing, merged):
                more, judge = _operations(session, chain, longer), _as_judged(session, chain)
                merged.add(show(writing, chain.id, more, desk.clock(), judge))
            count += len(longer)
    return count


def _follow_nameless(session: Session, national: NationalStore) -> int:
    """Put the rows without a name and the totals of a desk in the place of those there, where they differ."""
    here = _nameless(session)
    with national.read() as there:
        known = _nameless(there)
    changed = [desk for desk in sorted(here.keys() | known.keys()) if here.get(desk) != known.get(desk)]
    for desk in changed:
        with national.intake() as (writing, _merged):
            for model in (CodedRow, CountRow):
                writing.execute(delete(model).where(model.desk == desk))
                columns = model.__table__.columns
                rows = session.execute(
                    select(*columns).where(columns.desk == desk).execution_options(yield_per=AT_ONCE)
                )
                for some in rows.mappings().partitions():
                    writing.execute(insert(model), [dict(row) for row in some])
    return len(changed)


def _nameless(session: Session) -> dict[bytes, tuple[Any, ...]]:
    """For each desk how many rows without a name and totals there are, how new, and how far along."""
    counted = (
        select(CodedRow.desk, func.count(), func.max(CodedRow.came_at), func.sum(CodedRow.upto)).group_by(
            CodedRow.desk
        ),
        select(CountRow.desk, func.count(), func.max(CountRow.came_at), func.sum(CountRow.count)).group_by(
            CountRow.desk
        ),
    )
    found: dict[bytes, tuple[Any, ...]] = {}
    for place, each in enumerate(counted):
        for desk, *told in session.execute(each):
            found[bytes(desk)] = (*found.get(bytes(desk), ()), place, *told)
    return found


def _sizes(session: Session, chain: bytes) -> dict[int, int]:
    """How long the operations of each piece of a chain are together: the engines add up what is too much to be told."""
    piece = OperationRow.chain_seq // literal_column(str(LOOKED_AT), Integer)
    wanted = (
        select(piece, func.sum(func.length(OperationRow.body)))
        .join(Chain, Chain.ix == OperationRow.chain_ix)
        .where(Chain.id == chain)
        .group_by(piece)
    )
    return {int(row[0]): int(row[1]) for row in session.execute(wanted)}


def _lengths(session: Session, chain: bytes, first: int, last: int) -> dict[int, int]:
    wanted = (
        select(OperationRow.chain_seq, func.length(OperationRow.body).label("length"))
        .join(Chain, Chain.ix == OperationRow.chain_ix)
        .where(Chain.id == chain, OperationRow.chain_seq.between(first, last))
    )
    return {row.chain_seq: row.length for row in session.execute(wanted)}


def _operations(session: Session, chain: Chain, wanted: Collection[int]) -> Mapping[int, Any]:
    rows = session.execute(
        select(OperationRow.chain_seq, OperationRow.body).where(
            OperationRow.chain_ix == chain.ix, OperationRow.chain_seq.in_(wanted)
        )
    )
    return {seq: unpack(body)[0] for seq, body in rows}
