"""The computers of the organisation: who is there, whom a centre lets read, and ending one (SYNC 10)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.models import Chain, Covered, Erasure
from casedesk.services.permissions import needs
from casedesk.storage.recorder import own_chain
from casedesk.sync.announcing import announce, renew
from casedesk.sync.membership import Standing, standing, take_admissions
from casedesk.sync.roster import admit, mark_of


class NotOurs(CaseDeskError):
    """A desk that the roster does not know, or not as what it would have to be."""

    def __init__(self) -> None:
        super().__init__(_("This computer is not on the list."), hint=_("Nothing was changed. Look at the list first."))


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A computer of the organisation, as a list shows it."""

    desk: bytes
    name: str
    centre: str
    central: bool
    active: bool
    is_this: bool
    admitted: bool  # whether this computer seals to it what the centre keeps
    obeyed: bool = True  # whether its receipts say that it holds every order to erase that is known here


@needs("sync.look")
def members(desk: Desk) -> list[MemberRow]:
    """The computers of the organisation, by centre and name."""
    with desk.read() as session:
        place = standing(session)
        late = _late(session, place)
        rows = [
            MemberRow(
                each.desk,
                each.name,
                each.centre,
                each.central,
                each.active,
                each.desk == place.me.desk,
                each.desk in place.bound,
                not (each.active and (each.desk in place.bound or each.central) and late(each.desk)),
            )
            for each in place.roster.members
        ]
    return sorted(rows, key=lambda row: (row.centre, row.name))


def _late(session: Session, place: Standing) -> Callable[[bytes], bool]:
    """Tells of a desk whether there is an order to erase of our centre that it neither wrote nor is known to hold:
    receipts speak of the chains of those they are for."""
    newest = select(Erasure.chain, func.max(Erasure.chain_seq)).group_by(Erasure.chain)
    authors = {row.id: row.desk for row in session.execute(select(Chain.id, Chain.desk))}
    ours = {each.desk for each in place.roster.members if each.centre == place.me.centre}
    orders = [(chain, seq) for chain, seq in session.execute(newest) if authors.get(chain) in ours]
    held = {(row.desk, row.chain): row.held for row in session.scalars(select(Covered))}
    own = own_chain(session).desk

    def late(desk: bytes) -> bool:
        others = ((chain, seq) for chain, seq in orders if desk not in (own, authors.get(chain)))
        return any(held.get((desk, chain), 0) < seq for chain, seq in others)

    return late


@needs("sync.look")
def mark(desk: Desk) -> str:
    """The organisation's mark, by which a relay or a database knows whom to believe."""
    with desk.read() as session:
        place = standing(session)
        return mark_of(place.organisation, place.roster.root)


@needs("sync.admit")
def admit_to_centre(desk: Desk, key: bytes) -> None:
    """The centre's own word: this computer may read what the centre keeps. Given at a computer of the centre."""
    with desk.local() as session:
        place = standing(session)
        member = place.roster.member(key)
        if member is None or not member.active or member.centre != place.me.centre or key == place.me.desk:
            raise NotOurs
        given = admit(place.signing, place.organisation, member)
        take_admissions(session, place.roster, [given], desk.clock())
        announce(session, desk, standing(session))
    desk.note("sync.admitted")


@needs("sync.roster")
def end_computer(desk: Desk, key: bytes) -> None:
    """Nobody seals to this computer any more but the list that says so. It is believed up to what we hold of it, and
    not after."""
    with desk.local() as session:
        place = standing(session)
        member = place.roster.member(key)
        if member is None or not member.active or key == place.me.desk:
            raise NotOurs
        held = session.execute(select(Chain.id, Chain.held).where(Chain.desk == key)).all()
        ended = msgspec.structs.replace(member, ended=tuple(sorted((row.id, row.held) for row in held)))
        members = tuple(ended if each.desk == key else each for each in place.roster.members)
        renew(session, place, desk, members=members, also=member)
    desk.note("sync.ended")
