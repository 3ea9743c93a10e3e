"""The kernel holds chosen system calls of a process until somebody answers them: seccomp's user notification.

Nothing else of the process is slowed down, as it is under a debugger. Linux on x86-64 only.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import select
import signal
import struct
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

NUMBERS = {"write": 1, "pread64": 17, "pwrite64": 18, "fsync": 74, "fdatasync": 75, "ftruncate": 77}
NUMBERS |= {"read": 0, "rename": 82, "mkdir": 83, "unlink": 87, "chmod": 90, "openat": 257}
CREATES = ("openat",)  # held only where it may make a file
READS = ("read",)  # counted only where it reads below the folder, not the program
POSSIBLE = sys.platform == "linux" and platform.machine() == "x86_64"

_SECCOMP, _SET_FILTER, _NEW_LISTENER = 317, 1, 1 << 3
_NO_NEW_PRIVS = 38
_ASK, _ALLOW = 0x7FC00000, 0x7FFF0000
_LOAD, _EQUAL, _HAS, _RETURN = 0x20, 0x15, 0x45, 0x06  # of the filter's language
_THIRD_WORD = 16 + 8 * 2
_HEARD = struct.Struct("QIIiIQ6Q")  # number of the notice, process, flags, call, architecture, place, words
_SAID = struct.Struct("QqiI")  # number of the notice, value, error, flags
_GO_ON = 1


def _request(number: int, size: int) -> int:
    return 3 << 30 | size << 16 | ord("!") << 8 | number


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens instead of the so-and-so-many-th call of a kind: an error by its name, or KILL."""

    call: str
    number: int
    what: str


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def hold(calls: Iterable[str]) -> int:
    """From now on these calls of this process wait for an answer at the file that is returned."""
    kernel = ctypes.CDLL(None, use_errno=True)
    steps = b"".join(_steps(calls)) + _step(_RETURN, _ALLOW)
    held = _Filter(len(steps) // 8, steps)
    kernel.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    listener: int = kernel.syscall(_SECCOMP, _SET_FILTER, _NEW_LISTENER, ctypes.byref(held))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "the kernel holds no calls")
    return listener


def _steps(calls: Iterable[str]) -> Iterable[bytes]:
    for call in calls:
        yield _step(_LOAD, 0)
        if call in CREATES:
            yield _step(_EQUAL, NUMBERS[call], unless=3)
            yield _step(_LOAD, _THIRD_WORD)
            yield _step(_HAS, os.O_CREAT, unless=1)
        else:
            yield _step(_EQUAL, NUMBERS[call], unless=1)
        yield _step(_RETURN, _ASK)


def _step(code: int, value: int, unless: int = 0) -> bytes:
    """One step, which skips so many others unless it is true."""
    return struct.pack("HBBI", code, 0, unless, value)


def answer(listener: int, folder: Path, fault: Fault | None) -> Counter[str]:
    """Let each call go on but the one, until the process has ended; how often it asked for each."""
    if sys.platform == "win32":
        raise NotImplementedError
    import fcntl

    asked = Counter[str]()
    names = {number: name for name, number in NUMBERS.items()}
    waiting = select.poll()
    waiting.register(listener, select.POLLIN)
    while not any(event & select.POLLHUP for _file, event in waiting.poll()):
        notice, process, _flags, number, _machine, _place, first, *_words = _HEARD.unpack(
            fcntl.ioctl(listener, _request(0, _HEARD.size), bytes(_HEARD.size))
        )
        call = names[number]
        counted = call not in READS or Path(f"/proc/{process}/fd/{first}").readlink().is_relative_to(folder)
        asked[call] += counted
        if fault is None or not counted or (call, asked[call]) != (fault.call, fault.number):
            said = _SAID.pack(notice, 0, 0, _GO_ON)
        elif fault.what == "KILL":
            os.kill(process, signal.SIGKILL)
            continue
        else:
            said = _SAID.pack(notice, 0, -getattr(errno, fault.what), 0)
        fcntl.ioctl(listener, _request(1, _SAID.size), said)
    return asked
