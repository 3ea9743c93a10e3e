"""`casedesk relay` as a technician starts it: processes of their own, and the roster of a real organisation."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from casedesk.desk import Desk
from casedesk.storage.recorder import own_chain
from casedesk.sync.line import Address, Line, NotAdmitted
from casedesk.sync.membership import newest_signed
from casedesk.sync.relay.admission import box_of
from casedesk.sync.roster import mark_of
from tests.support.command_line import casedesk
from tests.support.relay import started
from tests.sync.office import first_desk, join, key_of, new_desk, standing_of


def signing_of(desk: Desk) -> SigningKey:
    with desk.read() as session:
        return SigningKey(own_chain(session).signing_seed or b"")


def test_two_desks_of_an_organisation_use_it_and_a_stranger_cannot(tmp_path: Path) -> None:
    first, second = first_desk(tmp_path / "one"), new_desk(tmp_path / "two", "K4")
    join(first, second)
    roster = standing_of(first).roster
    with first.read() as session:
        signed = newest_signed(session)
    sealed = tmp_path / "sealed.cdb"
    sealed.write_bytes(os.urandom(30_000))
    with started(tmp_path / "relay", mark_of(roster.org, roster.root)) as (port,):
        address = Address(f"http://127.0.0.1:{port}")
        with Line(address, signing_of(first)) as one, Line(address, signing_of(second)) as two:
            assert one.put_roster(signed)
            one.send(sealed, [box_of(key_of(second))])
            (found,) = two.waiting()
            two.fetch(found, tmp_path / "fetched")
        with Line(address, SigningKey.generate()) as stranger, pytest.raises(NotAdmitted):
            stranger.waiting()
    assert (tmp_path / "fetched").read_bytes() == sealed.read_bytes()
    for desk in (first, second):
        desk.store.vault.close()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--organisation", "deadbeef"), "“deadbeef” is no organisation’s mark."),
        (("--listen", "here"), "“here” is no address and port."),
        (("--database", "sqlite:////proc/nowhere/index.db"), "The folder or the database of the relay cannot be used."),
    ],
)
def test_what_will_not_do_is_said_and_nothing_is_started(tmp_path: Path, words: tuple[str, str], told: str) -> None:
    good = {"--folder": str(tmp_path / "r"), "--organisation": mark_of(bytes(16), bytes(32))} | {words[0]: words[1]}
    done = casedesk("relay", *(word for pair in good.items() for word in pair), typed="")
    assert done.returncode == 1
    assert told in done.stderr
    assert "Nothing was started." in done.stderr


def test_without_the_driver_for_postgresql_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)  # as in the bundle for a desk
    words = ("--folder", tmp_path, "--organisation", mark_of(bytes(16), bytes(32)))
    done = casedesk("relay", *words, "--database", "postgresql+psycopg:///relay", typed="")
    assert (done.returncode, done.stdout) == (1, "")
    assert "The folder or the database of the relay cannot be used." in done.stderr
