"""A relay that runs: the real server on a port of this computer, and a line that breaks."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn

from casedesk.paths import RESOURCES
from casedesk.sync.relay.admission import Admission
from casedesk.sync.relay.app import Relay, application
from casedesk.sync.relay.index import Index
from casedesk.sync.relay.shelf import Shelf


@contextmanager
def serving(relay: Relay) -> Iterator[int]:
    """Serve this relay on a free port until the end of the block; yields the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(application(relay), log_level="error", access_log=False, lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def a_relay(
    folder: Path, read: Callable[[bytes], Admission], clock: Callable[[], float], url: str | None = None
) -> Relay:
    return Relay(Index(url or f"sqlite:///{folder / 'index.db'}"), Shelf(folder / "files"), read, clock)


@contextmanager
def started(folder: Path, mark: str, database: str | None = None, count: int = 1) -> Iterator[list[int]]:
    """`casedesk relay` as a technician starts it, in one process or several at once; their ports once all answer."""
    there = os.environ | {"PYTHONPATH": str(RESOURCES.parent / "src")}
    words = ["--folder", str(folder), "--organisation", mark, *(["--database", database] if database else [])]
    ports = [a_free_port() for _ in range(count)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "casedesk", "relay", *words, "--listen", f"127.0.0.1:{port}"],
            env=there,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for port in ports
    ]
    try:
        for port, each in zip(ports, running, strict=True):
            until_it_listens(port, each)
        yield ports
    finally:
        for each in running:
            each.terminate()
        complained = [each.communicate()[1].decode() for each in running]
    assert not any(complained), complained  # also a line that breaks is nothing to complain of


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def until_it_listens(port: int, running: subprocess.Popen[bytes]) -> None:
    """Wait for a process to answer at its port; RuntimeError if it ended instead."""
    while running.poll() is None:
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise RuntimeError(f"It ended with status {running.returncode} and serves nothing.")


PIECE = 2048
SLOW = 1_000_000  # bytes a second: a line so fast that a whole file is under way at once tells nothing of a slow one


class CutLine:
    """A slow line that drops every connection after a number of bytes; counts all that passed.

    Without a seed it is the same number each time, otherwise chance decides, and `every` is the mean.
    """

    def __init__(self, port: int, every: int, seed: int | None, *, speed: int = SLOW) -> None:
        self._to = port
        self._speed = speed
        self._random = None if seed is None else random.Random(seed)  # noqa: S311 - a test that can be repeated
        self._pace = threading.Event()
        self._every = every
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.passed = 0
        self.cuts = 0
        self.nobody_there = threading.Event()  # no connection is open
        self._open = 0
        self._counting = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                left = [self._lasts()] if self._every else None
                self._count(+2)  # one each way
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(one, other, left), daemon=True).start()

    def _lasts(self) -> int:
        return self._every if self._random is None else int(self._random.expovariate(1 / self._every)) + 1

    def _count(self, more: int) -> None:
        with self._counting:
            self._open += more
            (self.nobody_there.clear if self._open else self.nobody_there.set)()

    def _pass(self, one: socket.socket, other: socket.socket, left: list[int] | None) -> None:
        with suppress(OSError):
            while piece := one.recv(PIECE):
                if left is not None and left[0] <= len(piece):
                    other.sendall(piece[: left[0]])
                    self.cuts += 1
                    break
                if left is not None:
                    left[0] -= len(piece)
                self._pace.wait(len(piece) / self._speed)
                other.sendall(piece)
                self.passed += len(piece)
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._count(-1)
