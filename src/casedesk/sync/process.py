"""Work beside the window: in a process of its own, so that taking in a large file never makes the screen wait.

The key of the vault goes to the other process through a pipe: never on its command line, in its environment or on
the disk. Both write to one file, one transaction at a time; the vault stays locked against everybody else.
"""

from __future__ import annotations

import gc
import io
import logging
import multiprocessing
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from casedesk import logs, machine
from casedesk.desk import Actor, Clock, Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _, language, use
from casedesk.progress import Cancelled, Progress, silent
from casedesk.storage.keys import KeysFile
from casedesk.storage.store import FOUND_DAMAGED, Store, Touched
from casedesk.storage.vault import Vault, open_beside

R = TypeVar("R")

log = logging.getLogger(__name__)

GAP: Final = 0.1  # seconds after each step for what the window has to write: a busy disk is asked again so often
# What is taken in has no circles: looking for them as often as usual takes a fifth of the time.
SELDOM: Final = (50_000, 20, 50)


class Pipe(Protocol):
    """One end of what two processes tell each other through; its class has another name on each system."""

    def send(self, told: Any, /) -> None: ...
    def recv(self) -> Any: ...
    def recv_bytes(self) -> bytes: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Seat:
    """Who sits at which computer and what time it is there, as data from which another process makes the same desk."""

    actor: Actor
    centre: str
    device: str
    practice: bool
    moment: datetime
    passed: float  # on the steady clock, which all processes of a computer share
    told: Mapping[str, str | float]  # what somebody said of the day

    @classmethod
    def of(cls, desk: Desk) -> Seat:
        told = desk.clock.handed_over() if isinstance(desk.clock, Clock) else {}
        return cls(desk.actor, desk.centre, desk.device, desk.practice, desk.clock(), machine.steady(), told)

    def desk(self, store: Store) -> Desk:
        clock = Clock(lambda: self.moment + timedelta(seconds=machine.steady() - self.passed))
        clock.take_over(self.told)
        return Desk(store, self.actor, self.centre, self.device, self.practice, clock)


class CutShort(CaseDeskError):
    """The other process ended before it was done."""

    def __init__(self) -> None:
        super().__init__(
            _("Taking in was cut short."),
            hint=_("What was taken in is safe. The rest is taken in next time."),
        )


class SaidBeside(CaseDeskError):
    """What the other process says to a person."""


@dataclass(frozen=True, slots=True)
class _Step:
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class _Done:
    result: Any


@dataclass(frozen=True, slots=True)
class _Failed:
    message: str
    hint: str
    cancelled: bool = False
    ours: str = ""  # the kind of a mistake of ours, without its words


def beside(store: Store, work: Callable[..., R], *given: object, progress: Progress = silent) -> R:
    """Do the work in a process of its own and wait for it: `work(store, progress, *given)`, a function of a module.

    Who listens to the store hears what the other process wrote.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    vault = store.vault
    told = (there, vault.folder, vault.keys, vault.slot, language(), work, given)
    process = context.Process(target=_work, args=told, name="casedesk-beside", daemon=True)
    process.start()
    there.close()
    try:
        here.send_bytes(vault.data_key())
        result: R = _wait(store, here, progress)
        return result
    except (EOFError, BrokenPipeError, ConnectionResetError):
        raise CutShort from None
    finally:
        here.close()
        process.join()


def _wait(store: Store, pipe: Pipe, progress: Progress) -> Any:
    """Hear of it until it ends. At each step the other process waits for our word, so it pauses where we do."""
    while True:
        match pipe.recv():
            case _Step(done, of):
                pipe.send(_goes_on(progress, done, of))
            case Touched() as touched if touched == FOUND_DAMAGED:
                store.found_damaged()
            case Touched() as touched:
                store.tell(touched)
            case _Done(result):
                return result
            case _Failed(cancelled=True):
                raise Cancelled
            case _Failed(message, hint, ours=""):
                raise SaidBeside(message, hint=hint)
            case _Failed(ours=kind):
                raise RuntimeError(f"beside: {kind}")


def _goes_on(progress: Progress, done: int, of: int) -> bool:
    try:
        progress.step(done, of)
    except Cancelled:
        return False
    return True


class _Told(Progress):
    """Steps in the other process, looked at in this one."""

    def __init__(self, pipe: Pipe) -> None:
        super().__init__()
        self._pipe = pipe

    def step(self, done: int, of: int) -> None:
        if not self._is_to_go_on(_Step(done, of)):
            self.cancel()
        super().step(done, of)
        self.rest(GAP)

    def _is_to_go_on(self, step: _Step) -> bool:
        try:
            self._pipe.send(step)
            return bool(self._pipe.recv())
        except (EOFError, OSError):  # whoever waited is gone
            return False


def _work(
    pipe: Pipe,
    folder: Path,
    keys: KeysFile,
    slot: bytes,
    spoken: str,
    work: Callable[..., Any],
    given: tuple[object, ...],
) -> None:
    """What the other process does from its first moment to its last."""
    machine.no_core_dumps()
    use(spoken)
    with logs.kept(folder):
        _answer(pipe, folder, keys, slot, work, given)


def _answer(
    pipe: Pipe, folder: Path, keys: KeysFile, slot: bytes, work: Callable[..., Any], given: tuple[object, ...]
) -> None:
    gc.set_threshold(*SELDOM)
    key = bytearray(pipe.recv_bytes())
    vault: Vault | None = None
    try:
        vault = open_beside(folder, keys, slot, key, io.BytesIO())
        store = Store(vault, listeners=[pipe.send])
        pipe.send(_Done(work(store, _Told(pipe), *given)))
    except Cancelled:
        _say(pipe, _Failed("", "", cancelled=True))
    except CaseDeskError as error:
        _say(pipe, _Failed(error.message, error.hint))
    except Exception as error:
        log.error("a mistake of ours", exc_info=error)
        _say(pipe, _Failed("", "", ours=type(error).__name__))
    finally:
        if vault is not None:
            vault.close()
        pipe.close()


def _say(pipe: Pipe, last: _Failed) -> None:
    with suppress(OSError):  # where the window was locked or ended nobody listens any more
        pipe.send(last)
