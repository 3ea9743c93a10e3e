"""Making the files that leave, and keeping each until receipts cover it (SYNC 6, 7, 13).

A file is sealed once: sealed again it would have another hash, and a transfer could not go on where it stopped. Its
row, what was let out and the Disclosures are written in one operation, so none of them can be without the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.models import BatchOut, Disclosure, LetOut
from casedesk.progress import Progress, silent
from casedesk.services.permissions import needs
from casedesk.storage.bulk import in_parts
from casedesk.storage.operations import pack
from casedesk.storage.recorder import OPERATION_TABLE, own_chain, say_again
from casedesk.sync import batch, coded, leaving, newcomers
from casedesk.sync.batch import CENTRAL, EVERYONE, MOST_OPERATIONS, Author, Kind, Passed, Stretch, seal, write_batch
from casedesk.sync.bodies import Body, Coded, CodedRows, Order, Orders, write_body
from casedesk.sync.files import Folder, outbox
from casedesk.sync.leaving import (
    CODED,
    COUNTED,
    IDENTIFIED,
    SHUT,
    Decision,
    Eyes,
    Forget,
    Going,
    Place,
    Plan,
    Show,
    again,
    decide,
    desk_audience,
    every_record_of,
    forget,
    plan,
    shows_about,
)
from casedesk.sync.membership import Standing, standing
from casedesk.sync.roster import Member

FOR_THE_LINE: Final = 128 * 1024
FOR_A_STICK: Final = 16 * 1024 * 1024
# by what receipts tell, if the file was lost
_MADE_AGAIN: Final = (Kind.CHAIN, Kind.SNAPSHOT, Kind.ORDERS, Kind.SHOW, Kind.CODED)
_ORDER: Final = (Kind.ROSTER, Kind.ORDERS, Kind.RECEIPT, Kind.JOIN, Kind.CHAIN, Kind.SHOW, Kind.SNAPSHOT, Kind.CODED)


class State(StrEnum):
    """Where a file of ours is on its way."""

    BUILT = "built"
    PARTLY = "partly"
    SENT = "sent"
    COVERED = "covered"
    FORKED = leaving.FORKED


class NobodyThere(CaseDeskError):
    """There is nobody to seal a file for."""

    def __init__(self) -> None:
        super().__init__(
            _("No other computer of the organisation may read this yet, so no file was made."),
            hint=_("Nothing was lost. A file is made as soon as another computer has joined."),
        )


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file of ours, as a list shows it."""

    name: str
    kind: str
    audience: str
    state: str
    size: int
    made_at: datetime
    operations: int
    cases: int
    covered: int
    wanted: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """The plain content of one file. `to` narrows it to some desks of the audience."""

    kind: Kind
    body: bytes = b""
    operations: tuple[Going, ...] = ()
    told: dict[str, int] = field(default_factory=dict)
    stretch: Stretch | None = None
    passed: Passed | None = None
    chain: bytes | None = None
    to: tuple[bytes, ...] = ()


@needs("sync.send")
def audiences(desk: Desk) -> list[str]:
    """For whom this desk makes files: its centre, and the central office."""
    with desk.read() as session:
        return standing(session).audiences()


@needs("sync.send")
def make_files(desk: Desk, audience: str, largest: int = FOR_A_STICK, progress: Progress = silent) -> list[str]:
    """Seal all that waits for an audience into files of the outbox, and return their names. Empty if nothing waits.

    Cancelled, the files made until then are whole and stay.
    """
    folder = outbox(desk.store.vault.folder)
    _sweep(desk, folder)
    _say_again_what_was_forgotten(desk, audience)
    names: list[str] = []
    more = True
    while more:
        progress.step(len(names), 0)
        made, more = _make_some(desk, folder, audience, largest)
        names += made
    with desk.write("sync.send") as session:
        place = standing(session)
        names += [
            _keep(session, desk, folder, place, audience, piece, decisions)
            for piece, decisions in _for_newcomers(session, desk, place, audience, largest)
        ]
    return names


@needs("case.consent")
def order_to_forget(desk: Desk, case_id: UUID) -> str | None:
    """Make the order that the central office forget a case, if it has it and may not have it any more."""
    with desk.write("sync.send") as session:
        place = standing(session)
        known = session.get(LetOut, (CENTRAL, case_id))
        if known is None or known.view != IDENTIFIED or not place.recipients(CENTRAL):
            return None
        eyes = Eyes(CENTRAL, desk.today())
        decisions = decide(session, {case_id}, eyes)
        if decisions[case_id].view == IDENTIFIED:
            return None
        chain = own_chain(session)
        forgotten = forget(session, case_id, decisions, eyes, chain.held)
        known.view, known.forgotten = SHUT, True  # whatever else it may be told now goes with the next files
        piece = _orders_piece([forgotten], chain.id)
        return _keep(session, desk, outbox(desk.store.vault.folder), place, CENTRAL, piece, decisions)


@needs("sync.send")
def files_out(desk: Desk) -> list[FileRow]:
    """The files that were made, newest first."""
    with desk.read() as session:
        rows = session.scalars(select(BatchOut).order_by(BatchOut.id.desc()))
        return [
            FileRow(
                name=row.name,
                kind=row.kind,
                audience=row.audience,
                state=row.state,
                size=row.size,
                made_at=row.made_at,
                operations=row.told.get("operations", 0),
                cases=row.told.get("cases", 0),
                covered=len(row.covered_by),
                wanted=len(row.sealed_to),
            )
            for row in rows
        ]


def uncovered(session: Session) -> list[BatchOut]:
    """What is still to be carried, in the order of a slow line."""
    rows = session.scalars(
        select(BatchOut).where(BatchOut.state.not_in((State.COVERED, State.FORKED))).order_by(BatchOut.id)
    ).all()
    return sorted(rows, key=lambda row: (_ORDER.index(Kind(row.kind)), row.id))


def _make_some(desk: Desk, folder: Folder, audience: str, largest: int) -> tuple[list[str], bool]:
    """The files of one plan, and whether operations are left for another."""
    with desk.write("sync.send") as session:
        place = standing(session)
        desks = place.recipients(audience)
        if not desks:
            raise NobodyThere
        planned = plan(session, audience, desk.today(), desks=desks)
        if planned.is_empty:
            return [], False
        names = [
            _keep(session, desk, folder, place, audience, piece, planned.decisions)
            for piece in _pieces(session, desk, place, planned, largest)
        ]
        _remember(session, planned)
    return names, planned.more


def _pieces(session: Session, desk: Desk, place: Standing, planned: Plan, largest: int) -> Iterator[_Piece]:
    """What goes, in the order in which it should arrive."""
    if planned.forgets:
        yield _orders_piece(planned.forgets, planned.chain)
    if planned.stretch is not None:
        yield from _cut(place, planned.audience, _Piece(Kind.CHAIN), planned.stretch, planned.going, largest)
    for show in planned.shows:
        yield from _show_pieces(show)
    if planned.audience == CENTRAL and (rows := coded_rows(session, desk, planned)):
        yield _Piece(Kind.CODED, write_body(rows), told={"cases": len(rows.rows)})


def _show_pieces(show: Show) -> Iterator[_Piece]:
    for start in range(0, len(show.operations), MOST_OPERATIONS):
        some = show.operations[start : start + MOST_OPERATIONS]
        to = (show.to,) if show.to else ()
        yield _Piece(Kind.SHOW, _packed(some), some, _told(some), chain=show.chain, to=to)


def _orders_piece(forgets: Sequence[Forget], chain: bytes) -> _Piece:
    orders = [Order(record.bytes, "", chain, each.upto) for each in forgets for record in each.records]
    return _Piece(Kind.ORDERS, write_body(Orders(tuple(orders))), told={"cases": len(forgets)})


def _cut(
    place: Standing,
    audience: str,
    like: _Piece,
    whole: Stretch,
    left: Sequence[Going],
    largest: int,
    proofs: Mapping[int, bytes] | None = None,
) -> Iterator[_Piece]:
    """Pieces of a stretch that make files of at most this size; one operation always may.

    What is passed on can end only where its author signed: `proofs` has the signatures by number.
    """
    before, most = whole.prev, MOST_OPERATIONS
    while left:
        ends = [at for at, each in enumerate(left, 1) if proofs is None or each.seq in proofs]
        end = max((at for at in ends if at <= most), default=ends[0])
        some = tuple(left[:end])
        stretch = replace(whole, first=some[0].seq, n=end, prev=before, head=some[-1].link)
        piece = replace(like, body=_packed(some), operations=some, told=_told(some), stretch=stretch)
        if piece.passed is not None and proofs is not None:
            piece = replace(piece, passed=replace(piece.passed, proof=proofs[stretch.last]))
        size = len(_sealed(place, audience, piece, 0))
        if size > largest and end > ends[0]:
            most = max(1, min(end - 1, int(end * largest / size * 0.9)))
            continue
        yield piece
        before, left = stretch.head, left[end:]


def _packed(going: Sequence[Going]) -> bytes:
    return pack([each.view for each in going])


def _for_newcomers(
    session: Session, desk: Desk, place: Standing, audience: str, largest: int
) -> Iterator[tuple[_Piece, Mapping[UUID, Decision]]]:
    """What desks of the audience lack of what was sent before they were there, or before they were restored.

    Each desk sends its own chains again, as far as they may be seen now. What colleagues wrote, who may be away for
    long, is passed on by the desk that let the newcomer in, with the signatures of those who wrote it; and what who was
    restored wrote itself is given back.
    """
    for member in place.recipients(audience):
        eyes = Eyes(audience, desk.today(), frozenset(UUID(bytes=each) for each in member.people))
        known = dict.fromkeys(newcomers.confidential_cases_held(session, member.desk), IDENTIFIED)
        if audience == CENTRAL and newcomers.take_off_lost(session, audience, member.desk, Kind.ORDERS):
            forgets, decisions = _all_forgotten(session, desk)
            if forgets:
                yield replace(_orders_piece(forgets, own_chain(session).id), to=(member.desk,)), decisions
        for chain, ranges in newcomers.lacking(session, audience, member.desk):
            for first, last in ranges:
                for stretch, going, decisions in again(session, chain, first, range(first, last + 1), eyes, known):
                    like = _Piece(Kind.CHAIN, to=(member.desk,))
                    yield from ((piece, decisions) for piece in _cut(place, audience, like, stretch, going, largest))
        lost_sight, upto = newcomers.to_show_again(session, audience, member.desk)
        for show in shows_about(session, lost_sight, upto, eyes):
            decisions = decide(session, _cases_of(show.operations), eyes)
            yield from ((piece, decisions) for piece in _show_pieces(replace(show, to=member.desk)))
        if audience == CENTRAL and newcomers.lacks_rows(session, member.desk):
            rows, decisions = _all_rows(session, desk)
            yield _Piece(Kind.CODED, write_body(rows), told={"cases": len(rows.rows)}, to=(member.desk,)), decisions
        passed = newcomers.to_pass_on(session, place, audience, member)
        lost = newcomers.to_give_back(session, place, audience, member)
        for chain, first, proofs in (*passed, *lost):
            for stretch, going, decisions in again(session, chain, first, sorted(proofs), eyes, known):
                like = _Piece(Kind.SNAPSHOT, to=(member.desk,), passed=Passed(chain.desk, b""))
                cut = _cut(place, audience, like, stretch, going, largest, proofs)
                yield from ((piece, decisions) for piece in cut)


def _all_forgotten(session: Session, desk: Desk) -> tuple[list[Forget], Mapping[UUID, Decision]]:
    """Every case that the central office was to forget and may not know again, for a desk of it that lost an order."""
    cases = set(session.scalars(select(LetOut.case_id).where(LetOut.audience == CENTRAL, LetOut.forgotten)))
    eyes, upto = Eyes(CENTRAL, desk.today()), own_chain(session).held
    decisions = decide(session, cases, eyes)
    shut = sorted(case for case, decision in decisions.items() if decision.view != IDENTIFIED)
    return [forget(session, case, decisions, eyes, upto) for case in shut], decisions


def _all_rows(session: Session, desk: Desk) -> tuple[CodedRows, Mapping[UUID, Decision]]:
    """Every row without a name and every total, for a desk of the central office that is new."""
    views = dict(_let_out(session, CENTRAL))
    decisions = decide(session, views.keys(), Eyes(CENTRAL, desk.today()))
    by_view = {view: {case for case, each in decisions.items() if each.view == view} for view in (CODED, COUNTED)}
    rows = [coded.coded_row(session, case, desk.today()) for case in by_view[CODED]]
    return _coded(session, rows, by_view[COUNTED], whole=True), decisions


def _coded(session: Session, rows: Sequence[Coded], counted: Collection[UUID], *, whole: bool) -> CodedRows:
    chain = own_chain(session)
    in_order = tuple(sorted(rows, key=lambda row: row.row))
    return CodedRows(chain.id, chain.held, whole, in_order, coded.totals(session, counted))


def _told(going: Sequence[Going]) -> dict[str, int]:
    return {"operations": len(going), "cases": len(_cases_of(going))}


def _cases_of(going: Sequence[Going]) -> set[UUID]:
    return {case for each in going for found in _cases_told(each).values() for case in found}


def coded_rows(session: Session, desk: Desk, planned: Plan) -> CodedRows | None:
    """The rows without names and the totals that go with a plan: what changed since the last ones."""
    before = dict(_let_out(session, planned.audience))
    touched = {case for each in planned.going for found in each.cases.values() for case in found}
    now = {case: decision.view for case, decision in planned.decisions.items()}
    rows = [
        coded.coded_row(session, case, desk.today())
        for case, view in now.items()
        if view == CODED and (case in touched or before.get(case) != CODED)
    ]
    rows += [Coded(coded.row_of(case), {}) for case, view in now.items() if view != CODED and before.get(case) == CODED]
    counted = {case for case, view in (before | now).items() if view == COUNTED}
    changed = any((now.get(case) == COUNTED) != (view == COUNTED) for case, view in before.items()) or any(
        view == COUNTED and (case in touched or case not in before) for case, view in now.items()
    )
    if not rows and not changed:
        return None
    return _coded(session, rows, counted, whole=False)


def _let_out(session: Session, audience: str) -> Iterator[tuple[UUID, str]]:
    for row in session.execute(select(LetOut.case_id, LetOut.view).where(LetOut.audience == audience)):
        yield row.case_id, row.view


def _sealed(place: Standing, audience: str, piece: _Piece, made: int) -> bytes:
    """The file: written, signed, padded and sealed."""
    plain = write_batch(
        place.author,
        piece.kind,
        piece.body,
        audience=audience,
        made=made,
        to=piece.to,
        stretch=piece.stretch,
        passed=piece.passed,
        chain=piece.chain,
        ops=[each.seq for each in piece.operations] if piece.kind is Kind.SHOW else (),
    )
    return seal(plain, [each.seal for each in _receivers(place, audience, piece)])


def _receivers(place: Standing, audience: str, piece: _Piece) -> list[Member]:
    return [each for each in place.recipients(audience) if not piece.to or each.desk in piece.to]


def _keep(
    session: Session,
    desk: Desk,
    folder: Folder,
    place: Standing,
    audience: str,
    piece: _Piece,
    decisions: Mapping[UUID, Decision],
) -> str:
    """Put one file into the outbox, with its row and, where it leaves the centre, its Disclosures."""
    now = desk.clock()
    row = keep_file(
        session,
        folder,
        _sealed(place, audience, piece, int(now.timestamp() * 1000)),
        kind=piece.kind,
        audience=audience,
        to=[each.desk for each in _receivers(place, audience, piece)],
        now=now,
        told=piece.told,
    )
    if piece.stretch is not None:
        row.chain, row.first, row.last = piece.stretch.chain, piece.stretch.first, piece.stretch.last
    if piece.kind is Kind.SHOW:
        row.shown = sorted(case.hex for case in _cases_of(piece.operations))
    if audience == CENTRAL:
        session.add_all(_disclosures(piece, decisions, row.name, now))
    return row.name


def keep_letter(
    session: Session, desk: Desk, author: Author, kind: Kind, body: Body, to: Mapping[bytes, str]
) -> BatchOut:
    """Seal a file for these desks, whatever their audience, with the keys to seal to, and put it into the outbox."""
    now, keys = desk.clock(), list(to)
    plain = write_batch(author, kind, write_body(body), audience=EVERYONE, made=int(now.timestamp() * 1000), to=keys)
    sealed, folder = seal(plain, to.values()), outbox(desk.store.vault.folder)
    return keep_file(session, folder, sealed, kind=kind, audience=EVERYONE, to=keys, now=now)


def keep_file(
    session: Session,
    folder: Folder,
    sealed: bytes,
    *,
    kind: Kind,
    audience: str,
    to: Sequence[bytes],
    now: datetime,
    told: dict[str, int] | None = None,
) -> BatchOut:
    """Put a sealed file into the outbox, and its row beside it."""
    row = BatchOut(
        name=folder.put(sealed),
        kind=kind,
        audience=audience,
        sealed_to=[each.hex() for each in to],
        covered_by=[],
        first=0,
        last=0,
        size=len(sealed),
        state=State.BUILT,
        made_at=now,
        told=told or {},
    )
    session.add(row)
    return row


def _disclosures(piece: _Piece, decisions: Mapping[UUID, Decision], name: str, now: datetime) -> Iterator[Disclosure]:
    """One for each case of which something left, with the consent it stands on."""
    tells: dict[UUID, set[str]] = {}
    for each in piece.operations:
        for place, cases in _cases_told(each).items():
            for case in cases:
                tells.setdefault(case, set()).add(f"{place[0]}.{place[2]}")
    level = IDENTIFIED
    if piece.kind is Kind.CODED:
        level = CODED
        tells = {case: set() for case, decision in decisions.items() if decision.view == CODED}
    for case, fields in tells.items():
        yield Disclosure(
            case_id=case,
            at=now,
            medium="sync",
            document="sync",
            level=level,
            consent_line_id=decisions[case].line_id if case in decisions else None,
            fields=sorted(fields) or None,
            hash=name.removesuffix(batch.ENDING),
        )


def _cases_told(going: Going) -> dict[Place, frozenset[UUID]]:
    """The leaves of a record of a case that go; what is said of the act, and Disclosures, tell nothing new."""
    if going.is_bookkeeping:
        return {}
    return {
        place: cases
        for place, cases in going.cases.items()
        if place not in going.back and place[0] not in (OPERATION_TABLE, Disclosure.__tablename__)
    }


def _remember(session: Session, planned: Plan) -> None:
    """Keep how much of each case was let out, for when a consent changes."""
    forgotten = {each.case_id for each in planned.forgets}
    known: dict[UUID, LetOut] = {}
    for some in in_parts(list(planned.decisions)):
        wanted = select(LetOut).where(LetOut.audience == planned.audience, LetOut.case_id.in_(some))
        known |= {row.case_id: row for row in session.scalars(wanted)}
    for case, decision in planned.decisions.items():
        row = known.get(case) or LetOut(audience=planned.audience, case_id=case, forgotten=False)
        row.view = decision.view
        row.forgotten = row.forgotten or case in forgotten
        session.add(row)
    for desk, cases in planned.named.items():
        _remember_named(session, desk_audience(desk), cases)


def _remember_named(session: Session, audience: str, cases: Collection[UUID]) -> None:
    """Keep which confidential cases a desk was shown. One that it may not read now is shown whole if it may again."""
    known = {row.case_id: row for row in session.scalars(select(LetOut).where(LetOut.audience == audience))}
    for case in known.keys() - set(cases):
        session.delete(known[case])
    session.add_all(
        LetOut(audience=audience, case_id=case, view=IDENTIFIED, forgotten=False) for case in set(cases) - known.keys()
    )


def _say_again_what_was_forgotten(desk: Desk, audience: str) -> None:
    """A case that was forgotten there and may be known again is told anew: an old file cannot bring it back."""
    with desk.read() as session:
        waiting = set(session.scalars(select(LetOut.case_id).where(LetOut.audience == audience, LetOut.forgotten)))
        decisions = decide(session, waiting, Eyes(audience, desk.today()))
    for case in sorted(case for case, decision in decisions.items() if decision.view == IDENTIFIED):
        with desk.write("case.said_again", about=case) as session:
            for record in every_record_of(session, case):
                say_again(session, record)
            row = session.get_one(LetOut, (audience, case))
            row.view, row.forgotten = IDENTIFIED, False


def _sweep(desk: Desk, folder: Folder) -> None:
    """Bring rows and files together: a file that no row knows, left behind by a crash, was never sent; one that is
    gone, with the computer whose backup this is, is made again."""
    folder.clean()
    with desk.local() as session:
        known = set(session.scalars(select(BatchOut.name)))
        for row in uncovered(session):
            if row.kind in _MADE_AGAIN and not folder.size(row.name):
                row.state = State.FORKED
    for name in folder.names():
        if name not in known:
            folder.remove(name)
