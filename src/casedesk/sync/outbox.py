"""Making the files that leave, and keeping each until receipts cover it (SYNC 6, 7, 13).

A file is sealed once: sealed again it would have another hash, and a transfer could not go on where it stopped. Its
row, what was let out and the Disclosures are written in one operation, so none of them can be without the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.models import BatchOut, Disclosure, Erasure, LetOut
from casedesk.progress import Progress, silent
from casedesk.services.permissions import needs
from casedesk.storage.belonging import records_themselves
from casedesk.storage.bulk import in_parts
from casedesk.storage.erasing import Order
from casedesk.storage.operations import pack
from casedesk.storage.recorder import own_chain, say_again
from casedesk.sync import batch, newcomers
from casedesk.sync.batch import CENTRAL, EVERYONE, MOST_OPERATIONS, Author, Kind, Passed, Stretch, seal, write_batch
from casedesk.sync.bodies import Body, Orders, RosterBody, write_body
from casedesk.sync.carrying import DONE, MADE_AGAIN, OUT, State
from casedesk.sync.files import Folder, outbox
from casedesk.sync.leaving import CODED, IDENTIFIED, SHUT, Eyes, Going, decide
from casedesk.sync.membership import Standing, admissions, newest_signed, standing
from casedesk.sync.parts import Part, cases_of, cases_told, parts_for_newcomers, parts_of
from casedesk.sync.planning import Plan, desk_audience, forget, plans, sent_so_far, to_tell_anew
from casedesk.sync.roster import Member

FOR_THE_LINE: Final = 128 * 1024
FOR_A_STICK: Final = 16 * 1024 * 1024


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
    names: list[str] = []
    more = True
    while more:
        progress.step(len(names), 0)
        _say_again_what_was_forgotten(desk, audience)
        made, more = _make_some(desk, folder, audience, largest)
        names += made
    return names + _make_for_newcomers(desk, folder, audience, largest)


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
        part = Part(Kind.ORDERS, decisions, forgets=(forgotten,), chain=chain.id)
        folder = outbox(desk.store.vault.folder)
        [name] = _keep_parts(session, desk, folder, place, CENTRAL, [part], FOR_A_STICK)
        return name


@needs("case.erase")
def order_to_erase(desk: Desk, case_id: UUID) -> str | None:
    """Make the order that the central office erase what was erased here, if it knows who the person is."""
    with desk.write("sync.send") as session:
        place, chain = standing(session), own_chain(session)
        known = session.get(LetOut, (CENTRAL, case_id))
        if known is None or known.view != IDENTIFIED or not place.recipients(CENTRAL):
            return None
        newest = (
            select(func.max(Erasure.chain_seq))
            .where(Erasure.record == case_id, Erasure.chain == chain.id)
            .scalar_subquery()
        )
        told = session.scalars(select(Erasure).where(Erasure.chain == chain.id, Erasure.chain_seq == newest))
        piece = _Piece(Kind.ORDERS, write_body(Orders.of(map(Order.of, told))), told={"cases": 1})
        part = Part(Kind.ORDERS, {}, chain=chain.id)
        return _keep(session, desk, outbox(desk.store.vault.folder), place, CENTRAL, piece, part)


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
    rows = session.scalars(select(BatchOut).where(BatchOut.state.not_in(DONE)).order_by(BatchOut.id)).all()
    return sorted(rows, key=lambda row: (OUT.index(Kind(row.kind)), row.id))


def _make_some(desk: Desk, folder: Folder, audience: str, largest: int) -> tuple[list[str], bool]:
    """The files of one plan, and whether operations are left for another."""
    with desk.write("sync.send") as session:
        place = standing(session)
        desks = place.recipients(audience)
        if not desks:
            raise NobodyThere
        planned = next(plans(session, audience, desk.today(), desks=desks), None)
        if planned is None:
            return [], False
        if planned.anew:  # agreed to since they were looked for: said again first, as an entry of its own
            return [], True
        parts = parts_of(session, desk.today(), planned)
        names = _keep_parts(session, desk, folder, place, audience, parts, largest)
        _remember(session, planned)
    return names, planned.more


def _make_for_newcomers(desk: Desk, folder: Folder, audience: str, largest: int) -> list[str]:
    """The files for desks that lack something."""
    with desk.write("sync.send") as session:
        place = standing(session)
        sent = sent_so_far(session, audience)
        parts = parts_for_newcomers(session, desk.today(), place, audience, sent)
        names = _keep_parts(session, desk, folder, place, audience, parts, largest)
        for member in place.recipients(audience):
            newcomers.take_off_lost(session, audience, member.desk)
    return names


def _keep_parts(
    session: Session,
    desk: Desk,
    folder: Folder,
    place: Standing,
    audience: str,
    parts: Iterable[Part],
    largest: int,
) -> list[str]:
    return [
        _keep(session, desk, folder, place, audience, piece, part)
        for part in parts
        for piece in _pieces(place, audience, part, largest)
    ]


def _pieces(place: Standing, audience: str, part: Part, largest: int) -> Iterator[_Piece]:
    """The contents of the files that a part makes."""
    to = (part.to,) if part.to else ()
    if part.stretch is not None:
        passed = Passed(part.writer, b"") if part.writer else None
        like = _Piece(part.kind, to=to, passed=passed)
        yield from _cut(place, audience, like, part.stretch, part.going, largest, part.proofs)
    elif part.nameless is not None:
        rows = part.nameless.rows
        told = {"cases": len(rows.rows)} | ({newcomers.WHOLE: 1} if rows.whole else {})
        yield _Piece(part.kind, write_body(rows), told=told, to=to)
    elif part.forgets:
        orders = (Order(part.chain, each.upto, record, "") for each in part.forgets for record in each.records)
        yield _Piece(part.kind, write_body(Orders.of(orders)), told={"cases": len(part.forgets)}, to=to)
    for start in range(0, len(part.going) if part.kind is Kind.SHOW else 0, MOST_OPERATIONS):
        some = part.going[start : start + MOST_OPERATIONS]
        yield _Piece(part.kind, _packed(some), some, _told(some), chain=part.chain, to=to)


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


def _told(going: Sequence[Going]) -> dict[str, int]:
    return {"operations": len(going), "cases": len(cases_of(going))}


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
    part: Part,
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
        row.shown = sorted(case.hex for case in cases_of(piece.operations))
    if audience == CENTRAL:
        session.add_all(_disclosures(piece, part, row.name, now))
    return row.name


def keep_letter(
    session: Session, desk: Desk, author: Author, kind: Kind, body: Body, to: Mapping[bytes, str]
) -> BatchOut:
    """Seal a file for these desks, whatever their audience, with the keys to seal to, and put it into the outbox."""
    now, keys = desk.clock(), list(to)
    plain = write_batch(author, kind, write_body(body), audience=EVERYONE, made=int(now.timestamp() * 1000), to=keys)
    sealed, folder = seal(plain, to.values()), outbox(desk.store.vault.folder)
    return keep_file(session, folder, sealed, kind=kind, audience=EVERYONE, to=keys, now=now)


def keep_list(session: Session, desk: Desk, place: Standing, to: Iterable[Member]) -> None:
    """Keep a file with the newest list of computers, and the admissions known here, for these of them."""
    body = RosterBody(newest_signed(session), tuple(admissions(session)))
    keep_letter(session, desk, place.author, Kind.ROSTER, body, {each.desk: each.seal for each in to})


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


def _disclosures(piece: _Piece, part: Part, name: str, now: datetime) -> Iterator[Disclosure]:
    """One for each case of which something left, with the consent it stands on."""
    tells: dict[UUID, set[str]] = {}
    for each in piece.operations:
        for place, cases in cases_told(each).items():
            for case in cases:
                tells.setdefault(case, set()).add(f"{place[0]}.{place[2]}")
    level = IDENTIFIED
    if part.nameless is not None:
        level = CODED
        tells = {case: set() for case in part.nameless.told}
    for case, fields in tells.items():
        yield Disclosure(
            case_id=case,
            at=now,
            medium="sync",
            document="sync",
            level=level,
            consent_line_id=part.decisions[case].line_id if case in part.decisions else None,
            fields=sorted(fields) or None,
            hash=name.removesuffix(batch.ENDING),
        )


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
    """A case that was forgotten there and may be known again is told anew."""
    with desk.read() as session:
        anew = to_tell_anew(session, audience, desk.today(), sent_so_far(session, audience))
    for case in sorted(anew):
        with desk.write("case.said_again", about=case) as session:
            for record in records_themselves(session, case):
                say_again(session, record)
            row = session.get_one(LetOut, (audience, case))
            row.view, row.forgotten = IDENTIFIED, False


def _sweep(desk: Desk, folder: Folder) -> None:
    """Bring rows and files together: a file that no row knows, left behind by a crash, was never sent; one that is
    gone, with the computer whose backup this is, is made again."""
    with desk.local() as session:  # the turn to write: a file that is being made beside this has no row yet
        folder.clean()
        known = set(session.scalars(select(BatchOut.name)))
        for name in folder.names():
            if name not in known:
                folder.remove(name)
        gone = [row for row in uncovered(session) if not folder.size(row.name)]
        for row in gone:
            if row.kind in (*MADE_AGAIN, Kind.ROSTER):
                row.state = State.FORKED
        _tell_list_again(session, desk, [row for row in gone if row.kind == Kind.ROSTER])


def _tell_list_again(session: Session, desk: Desk, gone: Collection[BatchOut]) -> None:
    """The list as it is now, for all who are still to have one that is gone."""
    place = standing(session)
    left = {key for row in gone for key in {*row.sealed_to} - {*row.covered_by}}
    if to := [each for each in place.roster.members if each.desk.hex() in left]:
        keep_list(session, desk, place, to)
