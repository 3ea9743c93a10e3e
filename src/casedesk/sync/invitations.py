"""Invitations: a small file by which one new computer finds its organisation, and is known when it asks to join."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

import msgspec

from casedesk.case_numbers import is_centre
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.models import Invited, Membership
from casedesk.services.permissions import needs
from casedesk.sync.announcing import renew
from casedesk.sync.membership import Standing, standing
from casedesk.sync.relay.admission import pass_of, tag_of
from casedesk.sync.roster import Open, is_recipient

INVITATION_DAYS: Final = 14
_MAGIC: Final = b"CDI1"
_LARGEST_INVITATION: Final = 1024


class NoInvitation(CaseDeskError):
    """The file is no invitation, or it is over."""

    def __init__(self, message: str) -> None:
        super().__init__(message, hint=_("Nothing was changed. Ask your administrator for a new invitation."))


class Invitation(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a new computer needs to find the organisation and to be found. Its code is secret and is used once."""

    org: bytes
    root: bytes
    desk: bytes  # who invites: the signing key and the sealing key
    seal: str
    centre: str
    central: bool
    code: bytes
    until: int  # seconds
    relay: str
    issuer: bytes


class NotACentre(CaseDeskError):
    """No centre is called so."""

    def __init__(self) -> None:
        super().__init__(_("A centre has three letters, as DHK."), hint=_("Nobody was invited."))


@needs("sync.roster")
def invite(desk: Desk, centre: str, *, central: bool = False) -> bytes:
    """An invitation for one new computer of a centre, as a small file. Its code opens nothing by itself."""
    if not is_centre(centre):
        raise NotACentre
    code, until = secrets.token_bytes(16), desk.clock() + timedelta(days=INVITATION_DAYS)
    with desk.local() as session:
        place, member = standing(session), session.get_one(Membership, 1)
        session.add(Invited(code=code, centre=centre, central=central, until=until))
        renew(
            session,
            place,
            desk,
            invitations=(*still_open(place, desk), Open(tag_of(pass_of(code)), int(until.timestamp()))),
        )
    desk.note("sync.invited")
    made = Invitation(
        place.organisation,
        place.roster.root,
        place.me.desk,
        place.me.seal,
        centre,
        central,
        code,
        int(until.timestamp()),
        member.relay or "",
        member.issuer or b"",
    )
    return _MAGIC + msgspec.msgpack.encode(made)


def read_invitation(raw: bytes, now: datetime) -> Invitation:
    """What an invitation says; NoInvitation if it is none or is over."""
    if len(raw) > _LARGEST_INVITATION or not raw.startswith(_MAGIC):
        raise NoInvitation(_("This file is no invitation."))
    try:
        found = msgspec.msgpack.decode(raw[len(_MAGIC) :], type=Invitation)
    except (msgspec.MsgspecError, UnicodeError):
        raise NoInvitation(_("This invitation is damaged.")) from None
    sizes = (len(found.org), len(found.root), len(found.desk), len(found.code))
    if sizes != (16, 32, 32, 16) or not is_recipient(found.seal):
        raise NoInvitation(_("This invitation is damaged."))
    if found.until < now.timestamp():
        raise NoInvitation(_("This invitation is over."))
    return found


def still_open(place: Standing, desk: Desk) -> tuple[Open, ...]:
    """The invitations of the list that are not over."""
    return tuple(each for each in place.roster.invitations if each.until > desk.clock().timestamp())
