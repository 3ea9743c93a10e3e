"""Whom the line speaks to: nobody but who shows what the invitation names, over TLS that is safe, and nowhere else."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from casedesk.sync.line import Address, Line, NotTheRelay, OutOfDate, RelayRefused, TooOld
from tests.support.relay import a_relay, serving
from tests.support.tls import Certificate, certificate, nginx, self_signed
from tests.support.tools import tool
from tests.sync.test_relay import ALIF, Clock, read, roster


@contextmanager
def door(folder: Path, shown: Certificate, *, old: bool = False) -> Iterator[int]:
    """A relay behind nginx that shows this certificate."""
    relay = a_relay(folder, read, Clock())
    try:
        with serving(relay) as port, nginx(folder, shown, [port], old=old) as front:
            yield front
    finally:
        relay.index.engine.dispose()


def test_who_vouches_only_for_itself_is_refused_and_told_so(tmp_path: Path) -> None:
    named, shown = certificate(tmp_path / "named"), self_signed(tmp_path / "shown")
    with door(tmp_path, shown) as port:
        with (
            Line(Address(f"https://127.0.0.1:{port}", named.issuer_der), ALIF) as line,
            pytest.raises(NotTheRelay) as no,
        ):
            line.put_roster(roster(1, ALIF))
        assert not isinstance(no.value, OutOfDate | TooOld)
        assert no.value.message == "The server that answered is not the one of your invitation. Nothing was sent."
        with Line(Address(f"https://127.0.0.1:{port}", shown.issuer_der), ALIF) as line:
            assert line.put_roster(roster(1, ALIF)), "the very same, where the invitation names it"


def test_tls_of_another_age_is_refused_at_once_and_told_so(tmp_path: Path) -> None:
    made = certificate(tmp_path / "tls")
    with door(tmp_path, made, old=True) as port:
        asked = [tool("openssl"), "s_client", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-connect", f"127.0.0.1:{port}"]
        spoken = subprocess.run(asked, input=b"", capture_output=True, check=True).stdout
        assert b"TLSv1.1" in spoken, "it speaks to those who speak like it"
        waits: list[float] = []
        address = Address(f"https://127.0.0.1:{port}", made.issuer_der)
        with Line(address, ALIF, rest=waits.append) as line, pytest.raises(TooOld) as no:
            line.put_roster(roster(1, ALIF))
    assert "old encryption" in no.value.message
    assert "TLS 1.2" in no.value.hint
    assert waits == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_followed_elsewhere(status: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.setblocking(False)
        url = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/"
        with leading_to(url, status) as port, Line(Address(f"http://127.0.0.1:{port}"), ALIF) as line:
            for ask in (lambda: line.put_roster(roster(1, ALIF)), line.waiting):
                with pytest.raises(RelayRefused) as no:
                    ask()
                assert str(status) in no.value.message
        with pytest.raises(BlockingIOError):
            elsewhere.accept()


@contextmanager
def leading_to(url: str, status: int) -> Iterator[int]:
    """A server that sends everybody elsewhere, whatever they ask."""

    class Elsewhere(BaseHTTPRequestHandler):
        def _lead(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Location", url)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_PUT = do_POST = do_GET = _lead  # noqa: N815 - names of the library

        def log_message(self, *_words: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()
