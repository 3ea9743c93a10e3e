"""Workloads with a fault in one operation, each in a process of its own:  python -m tests.support.workbench

The process at the other end of the pipe has rehearsed a workload: all is imported, compiled and stretched. It divides
for each trial, so that a trial costs only its work.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO

import pytest

from tests.conftest import stretched_once
from tests.support import held_calls, workloads
from tests.support.disk_states import ROOT, environment
from tests.support.held_calls import Fault


class Workbench:
    """The end of the pipe that says what is to be tried."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def rehearse(self, name: str, store: Path, marks: Path) -> None:
        """Let the process itself do the workload once, undisturbed."""
        self._do(name, store, marks)

    def asks(self, name: str, store: Path, marks: Path, calls: Sequence[str]) -> dict[str, int]:
        """How often the workload, undisturbed, asks for each of these calls."""
        return self._do(name, store, marks, calls)

    def run(self, name: str, store: Path, marks: Path, fault: Fault) -> str:
        """Run a workload that meets a fault to its end. Returns what it wrote to its standard error."""
        asked = self._do(name, store, marks, [fault.call], fault)
        assert asked.get(fault.call, 0) >= fault.number, "the fault was never met"
        return marks.with_suffix(".err").read_text()

    def _do(
        self, name: str, store: Path, marks: Path, calls: Sequence[str] = (), fault: Fault | None = None
    ) -> dict[str, int]:
        told = {
            "name": name,
            "store": str(store),
            "marks": str(marks),
            "calls": calls,
            "fault": fault and asdict(fault),
        }
        _pipe(self._process.stdin).write(json.dumps(told) + "\n")
        _pipe(self._process.stdin).flush()
        answer = _pipe(self._process.stdout).readline()
        assert answer, "the workbench lives"
        asked: dict[str, int] = json.loads(answer)
        return asked


def _pipe(end: IO[str] | None) -> IO[str]:
    assert end is not None
    return end


@contextmanager
def workbench() -> Iterator[Workbench]:
    with subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
        cwd=ROOT,
    ) as process:
        yield Workbench(process)


# The process


def main() -> None:
    chance = random.Random()  # noqa: S311 - keys and salts that are the same each time are stretched once
    with stretched_once(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "token_bytes", chance.randbytes)
        for line in sys.stdin:
            chance.seed(62)
            sys.stdout.write(json.dumps(done(line)) + "\n")
            sys.stdout.flush()


def done(line: str) -> dict[str, int]:
    """What a line asks for: a rehearsal, or a trial in which calls are held."""
    told = json.loads(line)
    work = told["name"], Path(told["store"]), Path(told["marks"])
    if told["calls"]:
        return tried(work, told["calls"], told["fault"] and Fault(**told["fault"]))
    workloads.main(*work)
    return {}


def tried(work: tuple[str, Path, Path], calls: list[str], fault: Fault | None) -> dict[str, int]:
    """Divide: one half works and has its calls held, the other answers them."""
    if sys.platform == "win32":
        raise NotImplementedError
    assert len(os.listdir("/proc/self/task")) == 1, "what divides has no second thread"  # noqa: PTH208
    ours, theirs = socket.socketpair()
    with ours, theirs:
        if not (worker := os.fork()):
            works(work, calls, theirs)
        theirs.close()
        _said, (listener,), _flags, _address = socket.recv_fds(ours, 1, 1)
        asked = held_calls.answer(listener, work[1].parent.resolve(), fault)
        os.close(listener)
        os.waitpid(worker, 0)
    return asked


def works(work: tuple[str, Path, Path], calls: list[str], other: socket.socket) -> None:
    """What goes wrong is written beside the marks."""
    if sys.platform == "win32":
        raise NotImplementedError
    try:
        errors = os.open(work[2].with_suffix(".err"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(errors, sys.stderr.fileno())
        listener = held_calls.hold(calls)
        socket.send_fds(other, [b"."], [listener])
        os.close(listener)
        workloads.main(*work)
    except BaseException:  # noqa: BLE001 - whatever it is, it ends here
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
