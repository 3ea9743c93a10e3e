"""The relay among real peers: two processes' worth of it over PostgreSQL, behind nginx with TLS."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier

import pytest
from nacl.signing import SigningKey

from casedesk.sync.line import Address, Line, LineBroken, NotTheRelay
from casedesk.sync.relay.app import Relay
from casedesk.sync.relay.index import Index
from casedesk.sync.relay.shelf import Shelf
from tests.support import postgres
from tests.support.relay import CutLine, a_relay, serving
from tests.support.tls import certificate, nginx
from tests.sync.test_relay import ALIF, BINA, CHAN, Clock, announced_at_once, at_once, box, read, roster


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres.running() as url:
        yield url


def test_two_relays_share_an_index_and_a_folder_behind_one_door(database: str, tmp_path: Path) -> None:
    made = certificate(tmp_path / "tls")
    with ExitStack() as stack:
        relays = [Relay(Index(database), Shelf(tmp_path / "files"), read, Clock()) for _ in range(2)]
        ports = [stack.enter_context(serving(relay)) for relay in relays]
        for relay in relays:
            stack.callback(relay.index.engine.dispose)
        assert relays[0].index.identity == relays[1].index.identity
        door = stack.enter_context(nginx(tmp_path, made, ports))
        cut = CutLine(door, every=60_000, seed=3)
        stack.callback(cut.close)
        near = Address(f"https://127.0.0.1:{cut.port}", made.issuer_der)
        with Line(near, ALIF) as alif, Line(near, BINA) as bina:
            alif.put_roster(roster(1, ALIF, BINA, CHAN))
            sealed = [tmp_path / f"{n}.cdb" for n in range(3)]
            for path in sealed:
                path.write_bytes(os.urandom(90_000))
                alif.send(path, [box(BINA)])
            found = bina.waiting()
            assert len(found) == 3
            for each, path in zip(found, sealed, strict=True):
                bina.fetch(each, tmp_path / f"fetched{each.n}")
                assert (tmp_path / f"fetched{each.n}").read_bytes() == path.read_bytes()
                bina.take_out(each)
            assert bina.waiting() == []
    assert cut.cuts > 0


def test_relays_that_begin_at_once_on_an_empty_database_are_one_relay(database: str) -> None:
    for n in range(3):
        postgres.make_database(database, f"empty{n}")
        url = database.replace("/postgres?", f"/empty{n}?")
        together = Barrier(2)

        def begin(url: str = url, together: Barrier = together) -> Index:
            together.wait()
            return Index(url)

        with ThreadPoolExecutor(2) as beside:
            begun = [each.result() for each in [beside.submit(begin) for _ in range(2)]]
        assert begun[0].identity == begun[1].identity
        for each in begun:
            each.engine.dispose()


def test_what_is_announced_at_once_at_two_relays_does_not_go_over_the_quota(database: str) -> None:
    relays = [Index(database), Index(database)]
    assert announced_at_once(relays, SigningKey.generate()) == 2
    for each in relays:
        each.engine.dispose()


def test_a_line_that_drops_within_one_large_record_of_tls_still_gets_on(tmp_path: Path) -> None:
    """Sixteen kilobytes in one record never came through whole where each connection ends after ten."""
    made = certificate(tmp_path / "tls")
    with ExitStack() as stack:
        relay = a_relay(tmp_path, read, Clock())
        stack.callback(relay.index.engine.dispose)
        door = stack.enter_context(nginx(tmp_path, made, [stack.enter_context(serving(relay))]))
        cut = CutLine(door, every=10_000, seed=None, speed=100_000)
        stack.callback(cut.close)
        sealed = tmp_path / "sealed.cdb"
        sealed.write_bytes(os.urandom(30_000))
        with Line(Address(f"https://127.0.0.1:{cut.port}", made.issuer_der), ALIF) as line:
            line.put_roster(roster(1, ALIF))
            line.send(sealed, [box(ALIF)])
            line.fetch(line.waiting()[0], tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == sealed.read_bytes()
    assert cut.cuts > 3


def test_only_the_pinned_issuer_is_spoken_to(tmp_path: Path) -> None:
    ours, theirs = certificate(tmp_path / "ours"), certificate(tmp_path / "theirs")
    elsewhere = certificate(tmp_path / "elsewhere", host="relay.invalid")
    with ExitStack() as stack:
        relay = Relay(Index(f"sqlite:///{tmp_path / 'index.db'}"), Shelf(tmp_path / "files"), read, Clock())
        stack.callback(relay.index.engine.dispose)
        port = stack.enter_context(serving(relay))
        for name, shown in (("a", theirs), ("b", elsewhere)):
            (tmp_path / name).mkdir()
            door = stack.enter_context(nginx(tmp_path / name, shown, [port]))
            pinned = ours if shown is theirs else elsewhere
            with (
                Line(Address(f"https://127.0.0.1:{door}", pinned.issuer_der), ALIF) as line,
                pytest.raises(NotTheRelay),
            ):
                line.put_roster(roster(1, ALIF))


def test_a_desk_whose_clock_is_doubted_looks_at_everything_but_the_dates(tmp_path: Path) -> None:
    ended = certificate(tmp_path / "ended", ended=True)
    other = certificate(tmp_path / "other", ended=True)
    with ExitStack() as stack:
        relay = Relay(Index(f"sqlite:///{tmp_path / 'index.db'}"), Shelf(tmp_path / "files"), read, Clock())
        stack.callback(relay.index.engine.dispose)
        door = stack.enter_context(nginx(tmp_path, ended, [stack.enter_context(serving(relay))]))
        address = Address(f"https://127.0.0.1:{door}", ended.issuer_der)
        with Line(address, ALIF) as sure, pytest.raises(NotTheRelay):
            sure.put_roster(roster(1, ALIF))
        with Line(address, ALIF, clock_doubted=True) as doubting:
            assert doubting.put_roster(roster(1, ALIF))
        foreign = Address(address.url, other.issuer_der)
        with Line(foreign, ALIF, clock_doubted=True) as deceived, pytest.raises(NotTheRelay):
            deceived.put_roster(roster(2, ALIF))


def test_without_tls_where_it_is_due_the_line_is_refused(tmp_path: Path) -> None:
    made = certificate(tmp_path / "tls")
    relay = Relay(Index(f"sqlite:///{tmp_path / 'index.db'}"), Shelf(tmp_path / "files"), read, Clock())
    with ExitStack() as stack:
        stack.callback(relay.index.engine.dispose)
        address = Address(f"https://127.0.0.1:{stack.enter_context(serving(relay))}", made.issuer_der)
        with Line(address, ALIF, rest=at_once) as line, pytest.raises(LineBroken):
            line.put_roster(roster(1, ALIF))
