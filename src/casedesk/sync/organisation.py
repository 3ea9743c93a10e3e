"""Beginning an organisation: its root key, put away in a file, and the key that signs its lists."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pyrage
from nacl.signing import SigningKey

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.models import Membership, RosterCopy
from casedesk.services.permissions import needs
from casedesk.storage.recorder import own_chain
from casedesk.sync.announcing import renew
from casedesk.sync.membership import AlreadyJoined, as_member, new_identity, standing
from casedesk.sync.roster import Roster, certify, sign_roster
from casedesk.whole_file import new_file


class NotTheRootKey(CaseDeskError):
    """The file or the passphrase is not the one of the root key."""

    def __init__(self) -> None:
        super().__init__(
            _("The root key could not be opened with this passphrase."),
            hint=_("Nothing was changed. Look at Caps Lock, and whether it is the right file."),
        )


@needs("sync.roster")
def begin_organisation(desk: Desk, root_file: Path, passphrase: str) -> None:
    """Make the organisation: its root key, written once to a file and sealed by a passphrase, and the first roster.

    The root key is not kept here. It is needed again only when the key that signs rosters is renewed.
    """
    with desk.read() as session:
        if session.get(Membership, 1) is not None:
            raise AlreadyJoined
        own = own_chain(session)
        me, device, centre = as_member(session, own.desk, desk, central=False)
        organisation = own.organisation
    root, key = SigningKey.generate(), SigningKey.generate()
    identity, public = new_identity()
    _write_root(root_file, root, organisation, passphrase)
    roster = Roster(
        v=1,
        org=organisation,
        number=1,
        root=bytes(root.verify_key),
        key=bytes(key.verify_key),
        certificate=certify(root, organisation, bytes(key.verify_key)),
        members=(msgspec.structs.replace(me, seal=public),),
    )
    now = desk.clock()
    with desk.local() as session:
        session.add(
            Membership(
                id=1,
                organisation=organisation,
                root=roster.root,
                sealing=[identity],
                roster_seed=bytes(key),
                device_id=device,
                centre_id=centre,
                joined_at=now,
            )
        )
        session.add(RosterCopy(number=1, signed=sign_roster(roster, key), came_at=now))
    desk.note("sync.begun")


@needs("sync.roster")
def renew_roster_key(desk: Desk, root_file: Path, passphrase: str) -> None:
    """Sign the list with a new key from now on, certified by the root key. Whoever has the old one is not believed."""
    with desk.read() as session:
        place = standing(session)
    organisation, root = read_root(root_file, passphrase)
    if (organisation, bytes(root.verify_key)) != (place.organisation, place.roster.root):
        raise NotTheRootKey
    key = SigningKey.generate()
    with desk.local() as session:
        place = standing(session)
        session.get_one(Membership, 1).roster_seed = bytes(key)
        public = bytes(key.verify_key)
        renew(session, place, desk, key=(public, certify(root, organisation, public)))
    desk.note("sync.renewed")


def _write_root(path: Path, root: SigningKey, organisation: bytes, passphrase: str) -> None:
    text = f"cdesk.root.1\n{organisation.hex()}\n{bytes(root).hex()}\n"
    with new_file(path) as file:
        file.write(pyrage.passphrase.encrypt(text.encode("ascii"), passphrase))


def read_root(path: Path, passphrase: str) -> tuple[bytes, SigningKey]:
    """The organisation and its root key, from the file that was put away."""
    try:
        word, organisation, seed = pyrage.passphrase.decrypt(path.read_bytes(), passphrase).decode("ascii").split()
        if word != "cdesk.root.1":
            raise NotTheRootKey
        return bytes.fromhex(organisation), SigningKey(bytes.fromhex(seed))
    except (OSError, ValueError, pyrage.DecryptError):
        raise NotTheRootKey from None
