"""Several desks of one organisation, each with a vault of its own, for tests of exchange."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

from casedesk.cli.relay import admission_of
from casedesk.desk import Desk
from casedesk.services.sign_in import set_up, sign_in
from casedesk.storage.keys import FLOOR
from casedesk.storage.recorder import own_chain
from casedesk.sync import announcing, computers, invitations, joining, organisation
from casedesk.sync.arrivals import Taken, take_inbox
from casedesk.sync.bodies import RosterBody, write_body
from casedesk.sync.files import inbox, outbox
from casedesk.sync.membership import Standing, admissions, newest_signed, standing
from casedesk.sync.outbox import make_files, uncovered
from casedesk.sync.relay.admission import Admission, NotARoster
from casedesk.sync.roster import NotThisRoster, read_roster
from casedesk.sync.visit import name_relay
from tests.conftest import CENTRE, NOW, PASSPHRASE
from tests.support.relay import a_relay, serving

ROOT_WORDS = "nine quiet boats under the old bridge"


def as_role(desk: Desk, *roles: str) -> Desk:
    """The same desk, acted on by somebody with other roles."""
    return replace(desk, actor=replace(desk.actor, roles=frozenset(roles)))


def admin(desk: Desk) -> Desk:
    return as_role(desk, "administrator")


def coordinator(desk: Desk) -> Desk:
    return as_role(desk, "coordinator")


def new_desk(folder: Path, device: str, centre: str = "DHK", clock: Callable[[], datetime] = lambda: NOW) -> Desk:
    """A vault just set up, in a folder of its own, and signed in to."""
    shutil.copytree(_set_up(folder.name, device, centre), folder, dirs_exist_ok=True)
    return sign_in(folder, CENTRE.sign_in_name, PASSPHRASE, clock)


def first_desk(folder: Path, device: str = "K3", centre: str = "DHK") -> Desk:
    """The desk that began the organisation, signed in to; `root.age` lies beside its folder."""
    begun = _begun(folder.name, device, centre)
    shutil.copytree(begun / folder.name, folder)
    shutil.copy(begun / "root.age", folder.parent)
    return sign_in(folder, CENTRE.sign_in_name, PASSPHRASE, lambda: NOW)


@cache
def _begun(name: str, device: str, centre: str) -> Path:
    """Where that desk and its root key are copied from: sealing the key alone takes up to a second."""
    folder = _kept() / f"begun {name} {centre} {device}"
    folder.mkdir()
    made = new_desk(folder / name, device, centre)
    begin(made, folder)
    made.store.vault.close()
    return folder


@cache
def _set_up(name: str, device: str, centre: str) -> Path:
    """The vault to be copied: made once for each name, so that no two of one test are the same."""
    folder = _kept() / f"{name} {centre} {device}"
    made, recovery = set_up(folder, replace(CENTRE, code=centre), FLOOR, lambda: NOW, device=device)
    recovery.wipe()
    made.store.vault.close()
    return folder


@cache
def _kept() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="casedesk-desks-"))
    atexit.register(shutil.rmtree, folder)
    return folder


@contextmanager
def relay_of_office(desk: Desk, folder: Path) -> Iterator[int]:
    """A relay of this desk's organisation, which the desk knows; yields its port."""
    roster = standing_of(desk).roster

    def read(raw: bytes) -> Admission:
        try:
            found = read_roster(raw, roster.org, roster.root)
        except NotThisRoster:
            raise NotARoster from None
        return admission_of(found, raw, 10**9)

    folder.mkdir()
    relay = a_relay(folder, read, lambda: desk.clock().timestamp())
    with serving(relay) as port:
        name_relay(admin(desk), f"http://127.0.0.1:{port}", b"")
        yield port
    relay.index.engine.dispose()


def begin(desk: Desk, folder: Path) -> None:
    organisation.begin_organisation(admin(desk), folder / "root.age", ROOT_WORDS)


def join(first: Desk, new: Desk, *, centre: str = "DHK", central: bool = False, admitted: bool = True) -> None:
    """Let a new desk in, from invitation to roster, with the words compared."""
    let_in(first, new, centre=centre, central=central, admitted=admitted)
    hand_rosters(first, [new])


def let_in(first: Desk, new: Desk, *, centre: str = "DHK", central: bool = False, admitted: bool = True) -> None:
    """Put a new desk on the roster, which it is still to be sent."""
    raw = invitations.invite(admin(first), centre, central=central)
    asked = joining.ask_to_join(admin(new), raw)
    request = joining.look_at_request(admin(first), outbox(new.store.vault.folder).read(asked.file))
    assert request.words == asked.words
    joining.let_in(admin(first), request)
    if admitted and centre == first.centre:
        computers.admit_to_centre(as_role(first, "supervisor"), key_of(new))


def hand_rosters(of: Desk, to: Iterable[Desk]) -> None:
    """Give everybody the newest roster."""
    with of.read() as session:
        body = write_body(RosterBody(newest_signed(session), tuple(admissions(session))))
    for each in to:
        announcing.take_roster_file(each, body)


def key_of(desk: Desk) -> bytes:
    with desk.read() as session:
        return own_chain(session).desk


def standing_of(desk: Desk) -> Standing:
    with desk.read() as session:
        return standing(session)


def carried(of: Desk, audience: str = "DHK") -> list[bytes]:
    """Everything that a stick would carry: made now, or before and not yet confirmed."""
    make_files(coordinator(of), audience)
    with of.read() as session:
        return [outbox(of.store.vault.folder).read(row.name) for row in uncovered(session)]


def carry(of: Desk, to: Desk, audience: str = "DHK") -> list[Taken]:
    for sealed in carried(of, audience):
        inbox(to.store.vault.folder).put(sealed)
    return take_inbox(coordinator(to))
