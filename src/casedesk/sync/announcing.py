"""The signed list of computers: made anew and told to everybody, taken in, and obeyed (SYNC 9, 10)."""

from __future__ import annotations

import msgspec
from nacl.signing import SigningKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.models import BatchOut, Membership
from casedesk.storage import installation
from casedesk.storage.chain import continue_chain
from casedesk.storage.recorder import own_chain
from casedesk.storage.vault import close_to_users
from casedesk.sync.batch import EVERYONE, Kind, Reader
from casedesk.sync.bodies import RosterBody, read_body
from casedesk.sync.carrying import BY_FILE, BY_NUMBER, DONE, MADE_AGAIN, State
from casedesk.sync.files import outbox
from casedesk.sync.intake import judge_again
from casedesk.sync.membership import Standing, newest_roster, standing, take_admissions, take_roster
from casedesk.sync.outbox import keep_list
from casedesk.sync.roster import Member, NotThisRoster, Open, Roster, read_roster, sign_roster


class Ended(CaseDeskError):
    """The list says that this computer was lost, or is no longer used."""

    def __init__(self) -> None:
        super().__init__(
            _("This computer was ended by your organisation. No passphrase opens it from now on."),
            hint=_("The records stay here, encrypted. Whoever keeps the recovery key can still open them."),
        )


# Made anew and told


def renew(
    session: Session,
    place: Standing,
    desk: Desk,
    *,
    members: tuple[Member, ...] | None = None,
    invitations: tuple[Open, ...] | None = None,
    key: tuple[bytes, bytes] | None = None,
    also: Member | None = None,
) -> None:
    """Sign the next roster and put it into the outbox for everybody, and for `also`. `key` is a new one, and its
    certificate."""
    member = session.get_one(Membership, 1)
    if member.roster_seed is None:
        raise NotThisRoster
    changed = msgspec.structs.replace(
        place.roster,
        number=place.roster.number + 1,
        key=key[0] if key is not None else place.roster.key,
        certificate=key[1] if key is not None else place.roster.certificate,
        members=place.roster.members if members is None else members,
        invitations=place.roster.invitations if invitations is None else invitations,
    )
    take_roster(session, sign_roster(changed, SigningKey(member.roster_seed)), desk.clock())
    _seal_anew(session, desk, place.roster, changed)
    announce(session, desk, standing(session), also)


def _seal_anew(session: Session, desk: Desk, old: Roster, new: Roster) -> None:
    """Whoever has a new key may have lost the one before: what is on its way there is made again for it."""
    for member in new.members:
        known = old.member(member.desk)
        if known is None or known.seals == member.seals:
            continue
        waiting = select(BatchOut).where(BatchOut.state.not_in(DONE))
        for row in session.scalars(waiting.where(BatchOut.kind.in_(MADE_AGAIN))):
            if member.desk.hex() not in {*row.sealed_to} - {*row.covered_by}:
                continue
            if row.kind in BY_NUMBER:
                row.sealed_to = [each for each in row.sealed_to if each != member.desk.hex()]
            if row.kind in BY_FILE or not row.sealed_to:
                row.state = State.FORKED
                outbox(desk.store.vault.folder).remove(row.name)


def announce(session: Session, desk: Desk, place: Standing, also: Member | None = None) -> None:
    """Tell everybody else the newest list, and `also` who is not on it any more."""
    if recipients := [*place.recipients(EVERYONE), *([also] if also is not None else [])]:
        keep_list(session, desk, place, recipients)


# Taken in


def reader_before_joining(session: Session) -> Reader | None:
    """Who reads while it is still asking: nothing but a roster can be believed."""
    member = session.get(Membership, 1)
    if member is None:
        return None
    own = own_chain(session)
    return Reader(member.organisation, own.desk, tuple(member.sealing), frozenset(), frozenset())


def take_roster_file(desk: Desk, body: bytes) -> bool:
    """Take in a roster and admissions; whether this computer joined by it.

    Who joins tells all that was written until then in a chain of the organisation: nobody else has seen it.
    """
    told = read_body(body, RosterBody)
    now = desk.clock()
    with desk.local() as session:
        member = session.get(Membership, 1)
        if member is None:
            raise NotThisRoster
        before = newest_roster(session)
        offered = read_roster(told.roster, member.organisation, member.root)
        if before is None or offered.number > before.number:
            old, before = before, take_roster(session, told.roster, now)
            if old is not None:
                _seal_anew(session, desk, old, before)
                _has_new_key(session, desk, old, before)
        take_admissions(session, before, told.admissions, now)
        mine, belonged = before.member(own_chain(session).desk), member.joined_at is not None
    if belonged:
        judge_by_the_list(desk)
    if belonged or mine is None:
        return False
    with desk.local() as session:
        member = session.get_one(Membership, 1)
        continue_chain(session, now, at=0, organisation=member.organisation)
        member.joined_at, member.invitation = now, None
        _take_back_requests(session, desk)
    # else a start after a death finds fewer operations than were noted, as in a copy
    installation.take_note(desk.store)
    return True


def _has_new_key(session: Session, desk: Desk, old: Roster, new: Roster) -> None:
    """The key that this computer asked for is listed: the request has done its work."""
    key = own_chain(session).desk
    before, now = old.member(key), new.member(key)
    if before is not None and now is not None and before.seals != now.seals:
        _take_back_requests(session, desk)


def _take_back_requests(session: Session, desk: Desk) -> None:
    """They are answered: nobody needs them any more."""
    for asked in session.scalars(select(BatchOut).where(BatchOut.kind == Kind.JOIN)):
        asked.state = State.COVERED
        outbox(desk.store.vault.folder).remove(asked.name)


def judge_by_the_list(desk: Desk) -> None:
    """Let count what waited until its author was listed."""
    with desk.read() as session:
        judge = standing(session).judge
    judge_again(desk.store, desk.clock(), judge)


# Obeyed


def close_if_ended(desk: Desk) -> None:
    """Obey the list where it ends this computer: nobody's passphrase opens the vault any more (SYNC 10)."""
    with desk.read() as session:
        roster = newest_roster(session)
        mine = roster.member(own_chain(session).desk) if roster is not None else None
    if mine is not None and not mine.active:
        close_to_users(desk.store.vault)
        raise Ended
