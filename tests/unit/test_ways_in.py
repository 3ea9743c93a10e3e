"""What opens the vault comes and goes with an entry in the audit trail, or is told at the next sign-in."""

from __future__ import annotations

from uuid import UUID

import pytest

from casedesk.desk import Desk
from casedesk.models import User
from casedesk.services.audit import trail
from casedesk.services.passphrases import change_passphrase, make_recovery, replace_recovery
from casedesk.services.sign_in import recover, sign_in
from casedesk.services.users import add_user, end_user, let_sign_in
from casedesk.storage.keys import COPY, FLOOR, KEYS, Finding
from tests.conftest import NOW, PASSPHRASE

OTHER = "seven green kites above the river"


def add_colleague(desk: Desk, name: str = "rahima") -> UUID:
    return add_user(desk, name="Rahima", sign_in_name=name, roles=["caseworker"], passphrase=OTHER, cost=FLOOR)


def again(desk: Desk, passphrase: str = PASSPHRASE) -> Desk:
    desk.store.vault.close()
    return sign_in(desk.store.vault.folder, "farzana", passphrase, lambda: NOW)


def kept(desk: Desk) -> dict[str, bytes]:
    return {name: (desk.store.vault.folder / name).read_bytes() for name in (KEYS, COPY)}


def told(desk: Desk) -> list[str]:
    return [entry.action for entry in trail(desk) if entry.action.startswith("office.way_in")]


def test_what_casedesk_does_itself_is_no_surprise(desk: Desk) -> None:
    user = add_colleague(desk)
    end_user(desk, user)
    change_passphrase(desk, PASSPHRASE, OTHER, FLOOR)
    recovery = make_recovery(desk, OTHER)
    replace_recovery(desk, recovery)
    opened = again(desk, OTHER)
    assert opened.store.vault.finding is Finding.WHOLE
    assert told(opened) == ["office.way_in_went"], "that of the colleague, at once"
    opened.store.vault.close()


def test_after_recovery_nothing_is_odd(desk: Desk) -> None:
    recovery = make_recovery(desk, PASSPHRASE)
    replace_recovery(desk, recovery)
    desk.store.vault.close()
    opened, new = recover(desk.store.vault.folder, recovery.text, "farzana", OTHER, FLOOR, lambda: NOW)
    new.wipe()
    opened = again(opened, OTHER)
    assert (opened.store.vault.finding, told(opened)) == (Finding.WHOLE, [])
    opened.store.vault.close()


def test_who_was_let_in_here_stands_in_the_trail(desk: Desk) -> None:
    """It was always written down; it is about a user, not about a case."""
    with desk.write("office.add_user") as session:
        colleague = User(name="Karim", roles=["caseworker"], active=True)
        session.add(colleague)
    let_sign_in(desk, colleague.id, "karim", OTHER, FLOOR)
    assert "office.let_sign_in" in [entry.action for entry in trail(desk)]


@pytest.mark.parametrize("what", ["came", "went", "changed"])
def test_an_older_keys_file_that_was_put_back_is_told_and_written_down(desk: Desk, what: str) -> None:
    """Its seal holds: only what the vault remembers shows it."""
    before = kept(desk)
    match what:
        case "came":
            user = add_colleague(desk)
            before = kept(desk)
            end_user(desk, user)
        case "went":
            add_colleague(desk)
        case _:
            change_passphrase(desk, PASSPHRASE, OTHER, FLOOR)
    desk.store.vault.close()
    for name, raw in before.items():
        (desk.store.vault.folder / name).write_bytes(raw)
    opened = again(desk)
    assert opened.store.vault.finding is Finding.WAYS_IN
    assert told(opened)[0] == f"office.way_in_{what}"
    opened = again(opened)
    assert opened.store.vault.finding is Finding.WHOLE, "told once, and kept in the trail"
    opened.store.vault.close()
