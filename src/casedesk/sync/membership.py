"""This desk's place in the organisation: its keys, the roster that holds, and whom files are sealed for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyrage
from nacl.signing import SigningKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.models import Admission, Centre, Device, Membership, RosterCopy, User
from casedesk.services.entitled import judge_with
from casedesk.services.trust import Trust
from casedesk.storage.merging import Judge
from casedesk.storage.recorder import own_chain
from casedesk.sync.batch import CENTRAL, Author, Reader
from casedesk.sync.roster import (
    Admitted,
    Member,
    Roster,
    admission_holds,
    is_bond,
    read_roster,
    recipients,
    refuse_going_back,
    trusted,
)


class NotJoined(CaseDeskError):
    """This computer exchanges with nobody yet."""

    def __init__(self) -> None:
        super().__init__(
            _("This computer does not belong to an organisation yet, so it exchanges with nobody."),
            hint=_("Your work is safe here. Your administrator can set up sync, or send you an invitation."),
        )


class AlreadyJoined(CaseDeskError):
    """This computer belongs to an organisation already."""

    def __init__(self) -> None:
        super().__init__(_("This computer belongs to an organisation already."), hint=_("Nothing was changed."))


@dataclass(frozen=True, slots=True)
class Standing:
    """What is needed to write and read files: who we are, the roster, and who is bound to us."""

    organisation: bytes
    signing: SigningKey
    identities: tuple[str, ...]
    me: Member
    roster: Roster
    bound: frozenset[bytes]

    @property
    def author(self) -> Author:
        return Author(self.organisation, self.signing)

    @property
    def reader(self) -> Reader:
        return Reader(self.organisation, self.me.desk, self.identities, self.me.audiences, self.roster.authors)

    @property
    def judge(self) -> Judge:
        """Who decides what a batch may say of rights."""
        return judge_with(trust_of(self.roster, self.me.centre))

    def recipients(self, audience: str) -> list[Member]:
        return recipients(self.roster, self.bound, audience, self.me.desk)

    def audiences(self) -> list[str]:
        """To whom this desk sends: its own centre, and the central office unless it is part of it."""
        wanted = [self.me.centre] if self.me.central else [self.me.centre, CENTRAL]
        return [each for each in wanted if self.recipients(each)]


def trust_of(roster: Roster, centre: str) -> Trust:
    """Whose word on rights counts at a centre: that of its first computer, and of whom that gave rights to."""
    return Trust(
        founders=frozenset([each.desk for each in roster.members if each.centre == centre][:1]),
        here=centre,
        centres={each.desk: each.centre for each in roster.members},
        people={each.desk: each.speakers for each in roster.members},
    )


def standing(session: Session) -> Standing:
    """Where this desk stands; NotJoined before it belongs to an organisation."""
    member = session.get(Membership, 1)
    roster = newest_roster(session)
    own = own_chain(session)
    me = roster.member(own.desk) if roster is not None else None
    if member is None or roster is None or me is None or own.signing_seed is None:
        raise NotJoined
    bound = trusted(roster, admissions(session), me.desk)
    return Standing(member.organisation, SigningKey(own.signing_seed), tuple(member.sealing), me, roster, bound)


def as_member(session: Session, key: bytes, desk: Desk, *, central: bool) -> tuple[Member, UUID, UUID]:
    """This computer as the roster would name it, and which records stand for it and its centre."""
    device, centre = session.scalars(select(Device)).one(), session.scalars(select(Centre)).one()
    users = session.execute(select(User.id, User.active)).all()
    people = tuple(sorted(user.id.bytes for user in users if user.active))
    worked = tuple(sorted(user.id.bytes for user in users if not user.active))
    return Member(key, "", desk.device, desk.centre, central, people, worked), device.id, centre.id


def newest_roster(session: Session) -> Roster | None:
    """The roster that holds, if there is one."""
    member = session.get(Membership, 1)
    signed = newest_signed(session)
    return None if member is None or not signed else read_roster(signed, member.organisation, member.root)


def newest_signed(session: Session) -> bytes:
    """The roster that holds, as it was signed; empty before there is one."""
    return session.scalar(select(RosterCopy.signed).order_by(RosterCopy.number.desc()).limit(1)) or b""


def admissions(session: Session) -> list[Admitted]:
    rows = session.scalars(select(Admission))
    return [Admitted(row.desk, row.admitted_by, row.signature) for row in rows]


def take_roster(session: Session, signed: bytes, now: datetime) -> Roster:
    """Keep a newer roster; the same one again changes nothing. Raises NotThisRoster."""
    member = session.get(Membership, 1)
    if member is None:
        raise NotJoined
    new = read_roster(signed, member.organisation, member.root)
    old = newest_roster(session)
    if old is not None:
        if new == old:
            return old
        refuse_going_back(old, new)
    session.add(RosterCopy(number=new.number, signed=signed, came_at=now))
    session.flush()
    return new


def take_admissions(session: Session, roster: Roster, offered: Sequence[Admitted], now: datetime) -> None:
    """Keep the admissions that hold; others are left aside without a word, since they open nothing."""
    for each in offered:
        known = session.get(Admission, (each.desk, each.by))
        if not is_bond(roster, each) or (known is not None and known.signature == each.signature):
            continue
        if known is not None:
            if not admission_holds(roster, each):
                continue
            session.delete(known)  # it is for the key that the computer had before
            session.flush()
        session.add(Admission(desk=each.desk, admitted_by=each.by, signature=each.signature, came_at=now))
    session.flush()


def new_identity() -> tuple[str, str]:
    """A new sealing key: the secret half, and the public one."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def public_half(identity: str) -> str:
    return str(pyrage.x25519.Identity.from_str(identity).to_public())
