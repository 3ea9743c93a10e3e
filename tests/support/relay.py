"""A relay that runs: the real server on a port of this computer, and a line that breaks."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn

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
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
                left = [self._lasts()] if self._every else None
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(one, other, left), daemon=True).start()

    def _lasts(self) -> int:
        return self._every if self._random is None else int(self._random.expovariate(1 / self._every)) + 1

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
