"""Who works here: their roles, and the passphrases that let them in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import NOBODY, Desk
from casedesk.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem
from casedesk.i18n import _
from casedesk.models import User
from casedesk.services import ways_in
from casedesk.services.edits import apply_edits
from casedesk.services.permissions import needs
from casedesk.services.slots import slot_of
from casedesk.storage import keys, vault
from casedesk.storage.keys import Cost
from casedesk.storage.passphrases import passphrase_problem

READING_ROLES = frozenset(("caseworker", "shelter_staff", "counsellor", "legal_officer", "supervisor", "coordinator"))
KEEPING_ROLES = frozenset(("data_officer", "administrator"))


@dataclass(frozen=True, slots=True)
class UserRow:
    """Somebody who works or worked here. Who came with another laptop waits until an administrator decides."""

    id: UUID
    name: str
    sign_in_name: str  # known of who was added here
    roles: tuple[str, ...]
    team: str
    active: bool
    waits: bool = False
    signs_in_here: bool = False  # there is a passphrase for them at this computer


@needs("office.view")
def colleagues(desk: Desk) -> list[UserRow]:
    """Everybody who works or worked here, by name."""
    with desk.rows() as rows:
        users = [user for user in rows.all(User) if user.removed_at is None]
    return [
        UserRow(
            id=u.id,
            name=u.name or "",
            sign_in_name=u.sign_in_name or "",
            roles=tuple(u.roles or ()),
            team=u.team or "",
            active=bool(u.active),
            waits=u.active is None,
            signs_in_here=slot_of(desk.store.vault, u) is not None,
        )
        for u in sorted(users, key=lambda user: user.name or "")
    ]


def names_of_users(session: Session) -> dict[UUID, str]:
    return {user: name or "" for user, name in session.execute(_NAMES)} | {NOBODY: ""}


_NAMES = select(User.id, User.name)


@needs("office.edit")
def add_user(
    desk: Desk, *, name: str, sign_in_name: str, roles: Sequence[str], passphrase: str, cost: Cost, team: str = ""
) -> UUID:
    """Let somebody else sign in. They are asked in words to change the passphrase at once."""
    _refuse_roles(roles)
    refuse_passphrase(passphrase, [name, sign_in_name, desk.centre])
    opened = desk.store.vault
    slot = vault.add_user_slot(opened, sign_in_name, passphrase, cost)
    user = User(
        name=name, sign_in_name=sign_in_name, roles=sorted(roles), team=team or None, slot=slot.hex(), active=True
    )
    try:
        with desk.write("office.add_user") as session:
            session.add(user)
    except BaseException:
        vault.remove_slot(opened, slot)
        raise
    ways_in.keep(desk.store)
    return user.id


@needs("office.edit")
def set_roles(desk: Desk, user_id: UUID, roles: Sequence[str], *, seen: Sequence[str]) -> None:
    """Give somebody other roles than those `seen`. Nobody changes their own."""
    _refuse_roles(roles)
    if user_id == desk.actor.id:
        raise NotAllowed
    with desk.write("office.set_roles", about=user_id) as session:
        apply_edits(user_with(session, user_id), {"roles": (seen, roles)})


@needs("office.edit")
def let_work(desk: Desk, user_id: UUID, roles: Sequence[str]) -> None:
    """Let somebody who came with another laptop count as a colleague: own cases, be named on them, act by their roles.

    Where they sign in stays as it is: their slot lies in the vault they came with.
    """
    _refuse_roles(roles)
    with desk.write("office.let_work", about=user_id) as session:
        user = user_with(session, user_id)
        if user.active is not None:  # another administrator was quicker
            raise Conflict
        user.roles, user.active = sorted(roles), True


@needs("office.edit")
def let_sign_in(desk: Desk, user_id: UUID, sign_in_name: str, passphrase: str, cost: Cost) -> None:
    """Give somebody who was added at another computer a first passphrase at this one; the one there stays."""
    with desk.read() as session:
        user = user_with(session, user_id)
        name, there = user.name or "", slot_of(desk.store.vault, user)
    if not user.active or there is not None:
        raise Conflict
    refuse_passphrase(passphrase, [name, sign_in_name, desk.centre])
    opened = desk.store.vault
    vault.add_user_slot(opened, sign_in_name, passphrase, cost, slot_id=keys.slot_for(opened.store, user_id.bytes))
    ways_in.keep(desk.store)
    desk.note("office.let_sign_in", about=user_id)


@needs("office.edit")
def end_user(desk: Desk, user_id: UUID) -> None:
    """Let somebody sign in no more; what they wrote stays theirs."""
    if user_id == desk.actor.id:
        raise NotAllowed
    with desk.write("office.end_user", about=user_id) as session:
        user_with(session, user_id).active = False
    close_to_ended(desk)


def close_to_ended(desk: Desk) -> None:
    """Let the passphrases of users who were ended, here or at another computer, open this vault no more.

    The last one stays in the file of keys; whoever types it is refused all the same.
    """
    with desk.read() as session:
        ended = session.scalars(select(User.id).where(User.active.is_(False))).all()
    close_to(desk, ended)


def close_to(desk: Desk, users: Collection[UUID]) -> None:
    """Let the passphrases of these users open this vault no more, but for the last that opens it."""
    store = desk.store
    with store.read() as session:
        slots = [slot_of(store.vault, user) for id_ in users if (user := session.get(User, id_)) is not None]
    for slot in slots:
        if slot is not None:
            with suppress(keys.LastSlot):
                vault.remove_slot(store.vault, slot.id)
                ways_in.tell(desk, ways_in.WENT, slot.id)
                ways_in.keep(store)


def refuse_passphrase(passphrase: str, names: Sequence[str]) -> None:
    """Raises InvalidInput for one that is too short or too easy, as made of these names."""
    if problem := passphrase_problem(passphrase, names=names):
        raise InvalidInput({"user.passphrase": [Problem(problem)]})


def _refuse_roles(roles: Sequence[str]) -> None:
    if not roles:
        raise InvalidInput({"user.roles": [Problem(_("Choose at least one role."))]})
    if set(roles) & READING_ROLES and set(roles) & KEEPING_ROLES:
        raise InvalidInput(
            {"user.roles": [Problem(_("Who manages users or data does not also read cases. Choose one or the other."))]}
        )


def user_with(session: Session, user_id: UUID) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFound
    return user
