"""`casedesk roster`: each of its words by the command, and what came of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from casedesk.desk import Desk
from casedesk.services.sign_in import sign_in
from casedesk.sync import people
from casedesk.sync.roster import Roster, read_mark
from casedesk.sync.visit import relay_of
from tests.conftest import PASSPHRASE
from tests.support.command_line import Answer, casedesk
from tests.support.tls import certificate
from tests.sync.office import ROOT_WORDS, admin, join, standing_of


@pytest.fixture
def folder(first: Desk, second: Desk) -> Path:
    """The vault of the administrator of an organisation of two laptops, closed."""
    join(first, second)
    first.store.vault.close()
    return first.store.vault.folder


def done(folder: Path, *words: str | Path, typed: str = "") -> str:
    """What `roster` said to these words when it did what they ask."""
    answer: Answer = casedesk(
        "roster", *words, "--store", folder, "--user", "farzana", typed=f"{PASSPHRASE}\n{typed}\n"
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    return answer.stdout


def standing_in(folder: Path) -> Roster:
    desk = sign_in(folder, "farzana", PASSPHRASE)
    try:
        return standing_of(desk).roster
    finally:
        desk.store.vault.close()


def test_list_names_every_computer_and_end_ends_one(folder: Path) -> None:
    assert done(folder, "list").splitlines() == ["DHK/K3  this computer", "DHK/K4"]
    assert "Ended: DHK/K4." in done(folder, "end", "--computer", "DHK/K4")
    assert done(folder, "list").splitlines() == ["DHK/K3  this computer", "DHK/K4  ended"]
    assert [each.name for each in standing_in(folder).members if each.active] == ["K3"]


def test_show_says_the_mark_that_a_relay_is_given(folder: Path) -> None:
    roster = standing_in(folder)
    assert read_mark(done(folder, "show").strip()) == (roster.org, roster.root)


def test_relay_keeps_the_address_and_who_vouches_for_it(folder: Path, tmp_path: Path) -> None:
    made = certificate(tmp_path / "tls")
    url = "https://relay.example.org"
    assert url in done(folder, "relay", "--url", url, "--issuer", made.issuer)
    desk = sign_in(folder, "farzana", PASSPHRASE)
    kept = relay_of(desk)
    desk.store.vault.close()
    assert kept is not None
    assert (kept.url, kept.issuer) == (url, made.issuer_der)


def test_people_says_who_works_at_a_computer(folder: Path) -> None:
    assert "DHK/K4" in done(folder, "people", "--computer", "DHK/K4", "--users", "farzana")
    desk = sign_in(folder, "farzana", PASSPHRASE)
    listed = {each.name: each.people for each in people.places(admin(desk))}
    desk.store.vault.close()
    assert listed["DHK/K4"] == {desk.actor.id}


def test_renew_signs_the_list_with_another_key(folder: Path) -> None:
    before = standing_in(folder)
    said = done(folder, "renew", "--root", folder.parent / "root.age", typed=ROOT_WORDS)
    after = standing_in(folder)
    assert "signed with a new key" in said
    assert (after.number, after.members, after.root) == (before.number + 1, before.members, before.root)
    assert after.key != before.key
