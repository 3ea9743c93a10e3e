"""The relay and the line to it, over real sockets: what arrives is kept, what is sent again does no harm."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Barrier, Thread
from typing import ClassVar

import httpx
import pytest
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey
from sqlalchemy import event

from casedesk.errors import StorageFailed
from casedesk.sync.line import (
    Address,
    Line,
    LineBroken,
    NotAdmitted,
    NotTheRelay,
    RelayFull,
    RelayRefused,
    ToldItWasEnded,
    Waiting,
)
from casedesk.sync.relay import app
from casedesk.sync.relay.admission import Admission, Guest, Invitation, NotARoster, answer, box_of, pass_of, tag_of
from casedesk.sync.relay.app import LARGEST_JOIN, Relay
from casedesk.sync.relay.index import A_DAY, FILES_LIVE, Index, Visitor
from tests.support.relay import CutLine, a_relay, serving

ROOT = SigningKey(b"\x01" * 32)
ALIF, BINA, CHAN = (SigningKey(bytes([n]) * 32) for n in (2, 3, 4))
CODE = b"an invitation 16"
NOON = 1_800_000_000.0


def roster(
    number: int,
    *desks: SigningKey,
    ended: Sequence[SigningKey] = (),
    quota: int = 1_000_000,
    until: int = int(NOON) + A_DAY,
) -> bytes:
    said = {
        "number": number,
        "desks": [bytes(each.verify_key).hex() for each in desks],
        "ended": [bytes(each.verify_key).hex() for each in ended],
        "quota": quota,
        "invitations": [[tag_of(pass_of(CODE)).hex(), until]],
    }
    return bytes(ROOT.sign(json.dumps(said).encode()))


def read(raw: bytes) -> Admission:
    try:
        said = json.loads(ROOT.verify_key.verify(raw))
    except (BadSignatureError, ValueError) as error:
        raise NotARoster from error
    return Admission(
        said["number"],
        [Guest(bytes.fromhex(key), said["quota"]) for key in said["desks"]],
        [Invitation(bytes.fromhex(tag), until) for tag, until in said["invitations"]],
        [bytes.fromhex(key) for key in said["ended"]],
        raw,
    )


def at_once(_seconds: float) -> None:
    """Nobody waits for the pauses."""


class Clock:
    """The relay's clock, which a test sets."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> float:
        return self.at


@dataclass
class Served:
    relay: Relay
    port: int
    clock: Clock

    def line(self, who: SigningKey, port: int | None = None) -> Line:
        return Line(Address(f"http://127.0.0.1:{port or self.port}"), who)

    def ask(self, method: str, path: str, who: SigningKey | None = None, **more: object) -> httpx.Response:
        headers = dict(more.pop("headers", {}))  # type: ignore[call-overload]  # a dict of texts
        if who is not None:
            with self.line(who) as line:
                headers |= line._signed_in()
        return httpx.request(
            method,
            f"http://127.0.0.1:{self.port}{path}",
            headers=headers,
            trust_env=False,
            **more,  # type: ignore[arg-type]
        )


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    clock = Clock()
    relay = a_relay(tmp_path, read, clock)
    try:
        with serving(relay) as port:
            there = Served(relay, port, clock)
            with there.line(ALIF) as line:
                assert line.put_roster(roster(1, ALIF, BINA, CHAN))
            yield there
    finally:
        relay.index.engine.dispose()


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    path = tmp_path / "sealed.cdb"
    path.write_bytes(os.urandom(100_000))
    return path


def box(who: SigningKey) -> str:
    return box_of(bytes(who.verify_key))


def test_a_file_goes_from_one_desk_to_two_others_and_then_goes_away(
    served: Served, sealed: Path, tmp_path: Path
) -> None:
    with served.line(ALIF) as alif, served.line(BINA) as bina, served.line(CHAN) as chan:
        alif.send(sealed, [box(BINA), box(CHAN)])
        alif.send(sealed, [box(BINA), box(CHAN)])  # once more does no harm
        assert alif.waiting() == []
        for line, name in ((bina, "bina"), (chan, "chan")):
            (found,) = line.waiting()
            line.fetch(found, tmp_path / name)
            assert (tmp_path / name).read_bytes() == sealed.read_bytes()
            line.take_out(found)
            line.take_out(found)
            assert line.waiting() == []
    assert not served.relay.shelf.path(found.sha256).exists()


def test_a_line_that_breaks_goes_on_from_the_last_byte(served: Served, tmp_path: Path) -> None:
    sealed = tmp_path / "long.cdb"
    sealed.write_bytes(os.urandom(300_000))
    cut = CutLine(served.port, every=40_000, seed=7)
    try:
        with served.line(ALIF, cut.port) as alif, served.line(BINA, cut.port) as bina:
            alif.send(sealed, [box(BINA)])
            sent = cut.passed
            (found,) = bina.waiting()
            bina.fetch(found, tmp_path / "fetched.cdb")
    finally:
        cut.close()
    assert (tmp_path / "fetched.cdb").read_bytes() == sealed.read_bytes()
    assert cut.cuts > 3
    assert sent < 1.5 * 300_000


def test_a_line_that_never_holds_is_given_up_and_goes_on_next_time(served: Served, tmp_path: Path) -> None:
    sealed = tmp_path / "long.cdb"
    sealed.write_bytes(os.urandom(60_000))
    dead = CutLine(served.port, every=1, seed=1)
    with Line(Address(f"http://127.0.0.1:{dead.port}"), ALIF, rest=at_once) as alif, pytest.raises(LineBroken):
        alif.send(sealed, [box(BINA)])
    dead.close()
    with served.line(ALIF) as alif, served.line(BINA) as bina:
        alif.send(sealed, [box(BINA)])
        assert [each.size for each in bina.waiting()] == [60_000]


def test_cancelling_leaves_no_half_file_to_be_seen(served: Served, sealed: Path) -> None:
    class Enough(Exception):
        pass

    def told(done: int, _of: int) -> None:
        if done > 50_000:
            raise Enough

    with served.line(ALIF) as alif, served.line(BINA) as bina:
        with pytest.raises(Enough):
            alif.send(sealed, [box(BINA)], told)
        assert bina.waiting() == []
        alif.send(sealed, [box(BINA)])
        assert len(bina.waiting()) == 1


def test_only_who_is_on_the_roster_gets_in(served: Served) -> None:
    stranger = SigningKey(b"\x09" * 32)
    with served.line(stranger) as line, pytest.raises(NotAdmitted):
        line.waiting()
    with served.line(CHAN) as chan, served.line(ALIF) as alif:
        assert chan.waiting() == []
        assert alif.put_roster(roster(2, ALIF, BINA))
        with pytest.raises((NotAdmitted, LineBroken)):
            chan.waiting()


def test_who_was_ended_is_given_the_roster_that_says_so_and_nothing_else(served: Served, sealed: Path) -> None:
    with served.line(BINA) as bina, served.line(ALIF) as alif:
        alif.send(sealed, [box(BINA)])
        key = bina._signed_in()
        ends = roster(2, ALIF, CHAN, ended=[BINA])
        alif.put_roster(ends)
        assert served.ask("GET", "/v1/box", headers=key).status_code == 401, "the session ended with it"
        alif.put_roster(roster(3, ALIF, ended=[BINA, CHAN]))
        alif.send(sealed, [box(BINA)])
    with served.line(BINA) as again, pytest.raises(ToldItWasEnded) as told:
        again.waiting()
    assert told.value.signed == ends, "and no newer one: it learns of nobody who came since"
    key = {"Authorization": f"Bearer {session_of(served, BINA)}"}
    name, body = sha256(sealed.read_bytes()).hexdigest(), os.urandom(10)
    upload = key | {"Upload-Offset": "0", "Upload-Length": "10", "To": box(ALIF)}
    for method, path, headers in (
        ("GET", "/v1/box", key),
        ("GET", f"/v1/files/{name}", key),
        ("HEAD", f"/v1/files/{name}", key),
        ("DELETE", "/v1/box/1", key),
        ("PATCH", f"/v1/files/{name}", upload | {"Upload-Length": str(sealed.stat().st_size)}),
        ("PATCH", f"/v1/files/{sha256(body).hexdigest()}", upload),
    ):
        assert served.ask(method, path, headers=headers, content=body).status_code == 403
    with served.line(ALIF) as alif:
        assert served.ask("GET", "/v1/roster", headers=alif._signed_in()).status_code == 403
        assert alif.waiting() == []


def session_of(served: Served, who: SigningKey) -> str:
    """The token of a session, opened by hand."""
    asked = served.ask("POST", "/v1/session", json={"box": box(who)}).json()
    signature = answer(who, bytes.fromhex(asked["relay"]), bytes.fromhex(asked["nonce"]))
    opened = served.ask("POST", f"/v1/session/{asked['id']}", json={"signature": signature.hex()})
    return str(opened.json()["token"])


def test_an_older_or_foreign_roster_changes_nothing(served: Served) -> None:
    with served.line(ALIF) as alif:
        assert alif.put_roster(roster(5, ALIF, BINA))
        assert not alif.put_roster(roster(4, ALIF, CHAN))
        foreign = bytes(SigningKey(b"\x07" * 32).sign(b'{"number": 9}'))
        with pytest.raises(NotAdmitted):
            alif.put_roster(foreign)
    with served.line(CHAN) as chan, pytest.raises(NotAdmitted):
        chan.waiting()


def test_a_file_is_seen_only_by_those_it_is_for(served: Served, sealed: Path) -> None:
    with served.line(ALIF) as alif, served.line(CHAN) as chan:
        alif.send(sealed, [box(BINA)])
        name = sha256(sealed.read_bytes()).hexdigest()
        assert chan.waiting() == []
    assert served.ask("GET", f"/v1/files/{name}", CHAN).status_code == 404
    assert served.ask("GET", f"/v1/files/{name}").status_code == 401
    assert served.ask("GET", f"/v1/files/{name}", BINA).content == sealed.read_bytes()
    middle = served.ask("GET", f"/v1/files/{name}", BINA, headers={"Range": "bytes=10-19"})
    assert (middle.status_code, middle.content) == (206, sealed.read_bytes()[10:20])


def test_bytes_that_are_not_what_the_name_says_are_started_over(served: Served) -> None:
    good = b"what was meant" * 100
    name = sha256(good).hexdigest()
    headers = {"Upload-Offset": "0", "Upload-Length": str(len(good)), "To": box(BINA)}
    wrong = served.ask("PATCH", f"/v1/files/{name}", ALIF, headers=headers, content=bytes(len(good)))
    assert wrong.status_code == 422
    right = served.ask("PATCH", f"/v1/files/{name}", ALIF, headers=headers, content=good)
    assert right.status_code == 201


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 400),
        ({"Upload-Offset": "0"}, 400),
        ({"Upload-Offset": "-1", "Upload-Length": "10"}, 400),
        ({"Upload-Offset": "৩", "Upload-Length": "10"}, 400),
        ({"Upload-Offset": "0", "Upload-Length": str(33 * 1024 * 1024)}, 413),
        ({"Upload-Offset": "5", "Upload-Length": "10"}, 409),
        ({"Upload-Offset": "0", "Upload-Length": "3"}, 413),
    ],
)
def test_requests_that_make_no_sense_are_refused(served: Served, headers: dict[str, str], status: int) -> None:
    encoded = {name: value.encode() for name, value in headers.items()}
    answered = served.ask("PATCH", f"/v1/files/{'a' * 64}", ALIF, headers=encoded, content=b"0123456789")
    assert answered.status_code == status
    assert served.ask("PATCH", "/v1/files/../index.db", ALIF, content=b"x").status_code in (404, 405)
    assert served.ask("POST", "/v1/session", content=b"{" * 100_000).status_code == 413
    assert served.ask("POST", "/v1/session", content=b"[]").status_code == 400


def test_there_is_a_quota(served: Served, sealed: Path) -> None:
    with served.line(ALIF) as alif:
        alif.put_roster(roster(2, ALIF, BINA, quota=150_000))
        alif.send(sealed, [box(BINA)])
        other = sealed.with_name("other.cdb")
        other.write_bytes(os.urandom(100_000))
        with pytest.raises(RelayFull):
            alif.send(other, [box(BINA)])


def test_what_is_announced_at_once_does_not_go_over_the_quota(tmp_path: Path) -> None:
    index = Index(f"sqlite:///{tmp_path / 'index.db'}")
    assert announced_at_once([index], ALIF) == 2
    index.engine.dispose()


def announced_at_once(processes: Sequence[Index], who: SigningKey) -> int:
    """How many of many files, announced in the same moment, found room where there is room for two."""
    at_once, largest = 12, 400_000
    processes[0].admit(read(roster(1, who, quota=2 * largest + 1)))
    ready, visitor = Barrier(at_once), Visitor(box(who))

    def announce(number: int) -> bool:
        index = processes[number % len(processes)]
        with index.engine.connect():
            ready.wait()
        return index.announce(f"{number:064x}", largest, visitor, LARGEST_JOIN, int(NOON))

    with ThreadPoolExecutor(at_once) as pool:
        return sum(pool.map(announce, range(at_once)))


def test_two_files_begun_by_one_invitation_have_no_more_room_than_one(tmp_path: Path) -> None:
    index = Index(f"sqlite:///{tmp_path / 'index.db'}")
    index.admit(read(roster(1, ALIF)))
    visitor = Visitor("", tag_of(pass_of(CODE)))
    assert index.announce("a" * 64, LARGEST_JOIN - 1, visitor, LARGEST_JOIN, int(NOON))
    assert not index.announce("b" * 64, 2, visitor, LARGEST_JOIN, int(NOON))
    index.engine.dispose()


def test_an_invitation_lets_one_small_file_be_left(served: Served) -> None:
    shown = {"pass": pass_of(CODE).hex()}
    asked = served.ask("POST", "/v1/session", json=shown).json()
    assert asked["largest"] == LARGEST_JOIN
    key = {"Authorization": f"Bearer {asked['token']}"}
    join = os.urandom(LARGEST_JOIN)
    headers = {"Upload-Offset": "0", "Upload-Length": str(len(join)), "To": box(ALIF)} | key
    name = sha256(join).hexdigest()
    assert served.ask("GET", "/v1/box", headers=key).status_code == 403
    large = headers | {"Upload-Length": str(LARGEST_JOIN + 1)}
    assert served.ask("PATCH", f"/v1/files/{'b' * 64}", headers=large).status_code == 413
    assert served.ask("PATCH", f"/v1/files/{name}", headers=headers, content=join).status_code == 201
    second = served.ask("PATCH", f"/v1/files/{'c' * 64}", headers=headers, content=join)
    assert second.status_code == 507
    assert served.ask("POST", "/v1/session", json=shown).status_code == 403
    with served.line(ALIF) as alif:
        assert [each.sha256 for each in alif.waiting()] == [name]


def test_an_invitation_ends(served: Served) -> None:
    served.clock.at += 2 * A_DAY
    assert served.ask("POST", "/v1/session", json={"pass": pass_of(CODE).hex()}).status_code == 403


def test_what_nobody_fetched_goes_after_its_time(served: Served, sealed: Path) -> None:
    with served.line(ALIF) as alif:
        alif.send(sealed, [box(BINA)])
    served.clock.at += FILES_LIVE - A_DAY
    served.relay.sweep()
    with served.line(BINA) as bina:
        (found,) = bina.waiting()
    served.clock.at += 2 * A_DAY
    served.relay.sweep()
    with served.line(BINA) as bina:
        assert bina.waiting() == []
    assert not served.relay.shelf.path(found.sha256).exists()


def test_a_sweep_that_fails_is_not_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "SWEEP", 0)

    async def swept_again() -> None:
        looks, again = iter((False, True)), asyncio.Event()
        here = asyncio.get_running_loop()

        def clock() -> float:
            if not next(looks, True):
                raise OSError
            here.call_soon_threadsafe(again.set)
            return NOON

        relay = a_relay(tmp_path, read, clock)
        sweeping = asyncio.create_task(app._sweeping(relay))
        await asyncio.wait_for(again.wait(), 10)
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
        relay.index.engine.dispose()

    asyncio.run(swept_again())


def test_nobody_is_told_that_a_file_is_here_which_was_just_taken_out(served: Served, sealed: Path) -> None:
    index, now = served.relay.index, int(NOON)
    with served.line(ALIF) as alif, served.line(BINA) as bina:
        alif.send(sealed, [box(BINA)])
        (found,) = bina.waiting()
        bina.take_out(found)
    assert not index.arrived(found.sha256, Visitor(box(ALIF)), [box(CHAN)], now)  # known a moment ago, and gone now
    with served.line(ALIF) as alif, served.line(CHAN) as chan:
        assert chan.waiting() == []
        alif.send(sealed, [box(CHAN)])
        assert [each.sha256 for each in chan.waiting()] == [found.sha256]


def test_of_two_rosters_at_the_same_moment_the_newer_one_holds(tmp_path: Path) -> None:
    index = Index(f"sqlite:///{tmp_path / 'index.db'}")
    newer = Thread(target=index.admit, args=(read(roster(6, ALIF)),))

    @event.listens_for(index.engine, "after_cursor_execute")
    def meanwhile(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "max(" in statement and newer.ident is None:
            newer.start()
            newer.join(0.5)  # it has to wait

    index.admit(read(roster(5, ALIF, BINA)))
    newer.join()
    made, _nonce = index.challenge(box(BINA), int(NOON))
    assert index.challenged(made, int(NOON)) is None
    index.engine.dispose()


def test_what_could_not_be_taken_away_is_taken_away_later(served: Served, sealed: Path) -> None:
    with served.line(ALIF) as alif, served.line(BINA) as bina:
        alif.send(sealed, [box(BINA)])
        (found,) = bina.waiting()

        def held(_sha256: str) -> None:
            raise PermissionError

        with pytest.raises(PermissionError):
            served.relay.index.take_out(box(BINA), found.n, held)
        assert bina.waiting() == [found]
        bina.take_out(found)
        assert bina.waiting() == []
    assert not served.relay.shelf.path(found.sha256).exists()


def test_a_session_ends_and_is_opened_again(served: Served) -> None:
    with served.line(BINA) as bina:
        assert bina.waiting() == []
        served.clock.at += A_DAY
        assert bina.waiting() == []


def test_nobody_is_told_whether_a_desk_is_known(served: Served) -> None:
    known = served.ask("POST", "/v1/session", json={"box": box(ALIF)})
    unknown = served.ask("POST", "/v1/session", json={"box": "0" * 32})
    assert known.json().keys() == unknown.json().keys()
    for asked in (known, unknown):
        wrong = {"signature": "00" * 64}
        refused = served.ask("POST", f"/v1/session/{asked.json()['id']}", json=wrong)
        assert (refused.status_code, refused.json()) == (403, {"error": "This desk is not known here."})


def test_an_answer_is_good_once_and_for_one_relay(served: Served) -> None:
    asked = served.ask("POST", "/v1/session", json={"box": box(ALIF)}).json()
    said = b"cdesk.session.1" + bytes.fromhex(asked["relay"]) + bytes.fromhex(asked["nonce"])
    elsewhere = b"cdesk.session.1" + bytes(16) + bytes.fromhex(asked["nonce"])
    answer = {"signature": ALIF.sign(said).signature.hex()}
    assert served.ask("POST", f"/v1/session/{asked['id']}", json=answer).status_code == 200
    assert served.ask("POST", f"/v1/session/{asked['id']}", json=answer).status_code == 403
    again = served.ask("POST", "/v1/session", json={"box": box(ALIF)}).json()
    foreign = {"signature": ALIF.sign(elsewhere).signature.hex()}
    assert served.ask("POST", f"/v1/session/{again['id']}", json=foreign).status_code == 403


def test_the_index_holds_no_token_and_no_address(served: Served, tmp_path: Path) -> None:
    token = ""
    with served.line(ALIF) as alif:
        alif.waiting()
        token = alif._token
    for path in tmp_path.glob("index.db*"):
        raw = path.read_bytes()
        assert token.encode() not in raw
        assert b"127.0.0.1" not in raw


def test_the_box_holds_the_line_until_something_comes(served: Served, sealed: Path) -> None:
    found: list[Waiting] = []

    def wait() -> None:
        with served.line(BINA) as bina:
            found.extend(bina.waiting(wait=20))

    waiting = Thread(target=wait)
    waiting.start()
    with served.line(ALIF) as alif:
        alif.send(sealed, [box(BINA)])
    waiting.join()
    assert [each.size for each in found] == [100_000]


@pytest.mark.parametrize("url", ["http://192.0.2.1", "https://localhost", "ftp://127.0.0.1"])
def test_without_a_pinned_issuer_only_this_computer_is_spoken_to(url: str) -> None:
    with pytest.raises(NotTheRelay):
        Line(Address(url), ALIF)


class Liar(BaseHTTPRequestHandler):
    """Something in the place of a relay: it names files that nobody wrote, and sends without an end."""

    offered: ClassVar[list[tuple[str, int]]] = []

    def do_POST(self) -> None:
        self._say({"id": "1", "nonce": "00", "relay": "00"} if self.path.endswith("session") else {"token": "t"})

    def do_GET(self) -> None:
        if self.path.startswith("/v1/box"):
            self._say([{"n": n, "sha256": name, "size": size} for n, (name, size) in enumerate(self.offered, 1)])
            return
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            while True:
                self.wfile.write(bytes(1000))

    def _say(self, what: object) -> None:
        said = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_said: object) -> None: ...


@pytest.fixture
def liar() -> Iterator[Line]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    serving = Thread(target=server.serve_forever)
    serving.start()
    with Line(Address(f"http://127.0.0.1:{server.server_port}"), ALIF, rest=at_once) as line:
        yield line
    server.shutdown()
    serving.join()
    server.server_close()


def test_what_a_relay_names_is_believed_within_limits(
    liar: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name becomes one on our disk, and more than was announced would fill it."""
    right = "ab" * 32
    wrong = [("../../vault.db" + "0" * 50, 9), ("AB" * 32, 9), ("ab" * 31, 9), (right + "\n", 9)]
    monkeypatch.setattr(Liar, "offered", [*wrong, (right, 0), (right, -1), (right, 2**25 + 1), (right, 5_000)])
    (found,) = liar.waiting()
    assert found == Waiting(8, right, 5_000)
    assert liar.waiting(after=8) == [], "nor is it asked for ever what comes after"
    with pytest.raises(LineBroken):
        liar.fetch(found, tmp_path / "part")
    assert (tmp_path / "part").stat().st_size <= 5_000


def test_what_is_no_list_is_said(liar: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Liar, "offered", [(1, "x")])
    with pytest.raises(RelayRefused):
        liar.waiting()


def test_a_disk_that_does_not_take_what_is_fetched_is_said(served: Served, sealed: Path, tmp_path: Path) -> None:
    with served.line(ALIF) as alif, served.line(BINA) as bina:
        alif.send(sealed, [box(BINA)])
        (found,) = bina.waiting()
        with pytest.raises(StorageFailed):
            bina.fetch(found, tmp_path / "gone" / "part")
        assert bina.waiting() == [found]
