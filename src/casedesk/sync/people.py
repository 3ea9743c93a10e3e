"""Who works at which computer: the roster follows the users, on the computer that signs it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.models import Chain, Membership, User
from casedesk.services import users
from casedesk.services.permissions import needs
from casedesk.storage.arrived import histories
from casedesk.storage.keys import Cost
from casedesk.storage.registers import Knowledge, roots
from casedesk.sync.announcing import judge_by_the_list, renew
from casedesk.sync.computers import NotOurs
from casedesk.sync.membership import NotJoined, standing
from casedesk.sync.roster import Member, Roster, with_people


class NotListedHere(CaseDeskError):
    """The signed list does not say yet that somebody works at this computer."""

    def __init__(self) -> None:
        super().__init__(
            _("The list of computers does not say yet that this person works here."),
            hint=_(
                "Nothing was changed. It is said at the computer that signs the list, under Settings, People, and "
                "comes here with the next file."
            ),
        )


@dataclass(frozen=True, slots=True)
class Workplace:
    """A computer of this centre, and who the list says works there. `keeps_list` where it is signed."""

    key: bytes
    name: str
    people: frozenset[UUID]
    is_this: bool
    keeps_list: bool


@needs("sync.look")
def places(desk: Desk) -> list[Workplace]:
    """The computers of this centre that are in use, this one first."""
    with desk.read() as session:
        found_here = standing(session)
        signs = session.get_one(Membership, 1).roster_seed is not None
    me = found_here.me
    found = [
        Workplace(
            each.desk,
            f"{each.centre}/{each.name}",
            frozenset(UUID(bytes=user) for user in each.people),
            each.desk == me.desk,
            each.desk == me.desk and signs,
        )
        for each in found_here.roster.members
        if each.active and each.centre == me.centre
    ]
    return sorted(found, key=lambda place: (not place.is_this, place.name))


@needs("sync.roster")
def set_people(desk: Desk, key: bytes, people: Sequence[UUID]) -> None:
    """Say who works at a computer: it was handed over, or somebody came. They are sent the cases that name them."""
    with desk.local() as session:
        place = standing(session)
        member = place.roster.member(key)
        if member is None or not member.active:
            raise NotOurs
        changed = with_people(member, [each.bytes for each in people])
        members = tuple(changed if each.desk == key else each for each in place.roster.members)
        renew(session, place, desk, members=members)
    judge_by_the_list(desk)
    desk.note("sync.people")


@needs("sync.roster")
def also_works_at(desk: Desk, user: UUID, key: bytes) -> None:
    """Say, where the list is signed, that somebody works at one more computer; their work there counts from now on."""
    list_users(desk)  # who began at a computer is not taken from there by this
    place = next((each for each in places(desk) if each.key == key), None)
    if place is not None and user not in place.people:
        set_people(desk, key, sorted({*place.people, user}))


@needs("sync.roster")
def works_no_more_at(desk: Desk, user: UUID, key: bytes) -> None:
    """Say, where the list is signed, that somebody works at a computer no more: nothing goes there for their sake, and
    once it has heard of it their passphrase opens it no more. What they wrote there counts."""
    list_users(desk)
    place = next((each for each in places(desk) if each.key == key), None)
    if place is not None and user in place.people:
        set_people(desk, key, sorted(place.people - {user}))


def close_to_who_left(desk: Desk) -> None:
    """Let the passphrases of those who work at this computer no more, as the list says, open it no more."""
    with desk.read() as session:
        try:
            me = standing(session).me
        except NotJoined:
            return
        left = {UUID(bytes=user) for user in set(me.worked) - set(me.people)}
    users.close_to(desk, left)


@needs("office.edit")
def let_sign_in(desk: Desk, user: UUID, sign_in_name: str, passphrase: str, cost: Cost) -> None:
    """Give somebody who was added at another computer a first passphrase here.

    Where the list is not signed, it names them first: what they write here would count at no other computer.
    """
    here = places(desk)[0]
    if user not in here.people and not here.keeps_list:
        raise NotListedHere
    users.let_sign_in(desk, user, sign_in_name, passphrase, cost)
    if here.keeps_list:
        also_works_at(desk, user, here.key)


@needs("sync.look")
def computers_of(desk: Desk) -> Mapping[UUID, tuple[str, ...]]:
    """For each user the computers where they work, as CENTRE/K4: where the list says so, or else where they began."""
    found: dict[UUID, set[str]] = defaultdict(set)
    with desk.read() as session:
        roster = standing(session).roster
        for member in roster.members:
            for user in member.people:
                found[UUID(bytes=user)].add(f"{member.centre}/{member.name}")
        for user_id, key in _begun_at(session).items():
            begun = roster.member(key)
            if begun is not None and user_id not in found:
                found[user_id].add(f"{begun.centre}/{begun.name}")
    return {user: tuple(sorted(names)) for user, names in found.items()}


@needs("sync.look")
def names_of_computers(desk: Desk) -> Mapping[bytes, str]:
    """The name of each computer by its key, as CENTRE/K4."""
    with desk.read() as session:
        return {each.desk: f"{each.centre}/{each.name}" for each in standing(session).roster.members}


def follow_users(desk: Desk) -> None:
    """After users were changed here: list who works where, and let count what waited for that."""
    if not list_users(desk):
        judge_by_the_list(desk)


def list_users(desk: Desk) -> bool:
    """On the computer that signs the list, list whom an administrator let sign in where they began; whether the list
    changed, so that everything was judged by it anew.

    Who was ended is sent nothing more; what they wrote counts. Other computers change nothing here.
    """
    with desk.local() as session:
        member = session.get(Membership, 1)
        if member is None or member.joined_at is None or member.roster_seed is None:
            return False
        place = standing(session)
        members = tuple(_followed(session, place.roster))
        if members == place.roster.members:
            return False
        renew(session, place, desk, members=members)
    judge_by_the_list(desk)
    desk.note("sync.people")
    return True


def _followed(session: Session, roster: Roster) -> Iterator[Member]:
    active = {row.id.bytes: row.active for row in session.execute(select(User.id, User.active))}
    begun: dict[bytes, set[bytes]] = defaultdict(set)
    for user, key in _begun_at(session).items():
        if active[user.bytes]:
            begun[key].add(user.bytes)
    for member in roster.members:
        stay = {user for user in member.people if active.get(user) is not False}
        new = begun[member.desk] - set(member.worked)  # who was said to work there no more does not come back by itself
        yield with_people(member, stay | new) if member.active else member


def _begun_at(session: Session) -> dict[UUID, bytes]:
    """At which desk each user was first written down. One whom two desks began is begun nowhere: one of them lies."""
    knowledge = Knowledge(session)
    desks = {row.ix: row.desk for row in session.scalars(select(Chain))}
    found: dict[UUID, bytes] = {}
    users = [(User.__tablename__, user.bytes) for user in session.scalars(select(User.id))]
    for (_table, user_id), history in histories(session, users).items():
        begun = {desks[place.chain_ix] for place in roots([place for place, _fields in history], knowledge.knows)}
        if len(begun) == 1:
            found[UUID(bytes=user_id)] = begun.pop()
    return found
