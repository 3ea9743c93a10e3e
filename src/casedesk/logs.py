"""The log: when and where something went wrong, never what was in it (SECURITY 12).

Libraries put data into the messages of their errors, so messages, arguments and variables are left out of every
record, whoever wrote it. What stays is the time, a code, the module and line, the kind of error, the places in the
program it passed through, and whole numbers and record ids that were given as arguments.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final
from uuid import UUID

from casedesk import machine
from casedesk.errors import CaseDeskError
from casedesk.i18n import _

FILE: Final = "casedesk.log"
LARGEST: Final = 1_000_000
FILES: Final = 5
DEEPEST: Final = 12  # places of one error

log = logging.getLogger(__name__)


def code_of(error: BaseException) -> str:
    """The same few digits for the same mistake at the same place, to find it in the log: CD-417."""
    places = where(error)
    return _code(f"{type(error).__name__} {places[0] if places else ''}")


def where(error: BaseException) -> list[str]:
    """The places an error passed through, the innermost first: `intake.py:92`."""
    places: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        places.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
        trace = trace.tb_next
    return places[::-1][:DEEPEST]


def _code(text: str) -> str:
    return f"CD-{zlib.crc32(text.encode()) % 1000:03}"


class OurMistake(CaseDeskError):
    """What no person did wrong, admitted without technical words. The code finds it in the log."""

    def __init__(self, error: BaseException) -> None:
        safe = _("Everything saved before is safe. Try again. If it comes back, tell your coordinator the code {code}.")
        wrong = _("This did not work because of a mistake in CaseDesk.")
        super().__init__(wrong, hint=safe.format(code=code_of(error)))


class Formatter(logging.Formatter):
    """One line for each record, without its message."""

    def format(self, record: logging.LogRecord) -> str:
        place = f"{record.name} {Path(record.pathname).name}:{record.lineno}"
        error = record.exc_info[1] if record.exc_info else None
        code = code_of(error) if error is not None else _code(place)
        parts = [_moment(record.created), code, record.levelname, place]
        if error is not None:
            parts.append(" from ".join(_told(each) for each in _causes(error)))
        parts += [str(each) for each in _arguments(record) if isinstance(each, int | UUID)]
        return " ".join(parts)


def _moment(seconds: float) -> str:
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):  # a clock may say anything
        return "at-no-time"


def _causes(error: BaseException) -> Iterator[BaseException]:
    each: BaseException | None = error
    for _depth in range(4):
        if each is None:
            return
        yield each
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)


def _told(error: BaseException) -> str:
    return " < ".join([type(error).__name__, *where(error)])


def _arguments(record: logging.LogRecord) -> tuple[object, ...]:
    if isinstance(record.args, tuple):
        return record.args
    return tuple(record.args.values()) if record.args else ()


class _Handler(RotatingFileHandler):
    """Five files of one megabyte, their owner's alone. A log that cannot be written stops nothing.

    Closed after each record: Windows moves no folder in which a file is open, and a restored vault takes the place of
    this one.
    """

    def _open(self) -> TextIOWrapper:
        machine.private_file(Path(self.baseFilename), "ab").close()
        return Path(self.baseFilename).open("a", encoding="utf-8")

    def emit(self, record: logging.LogRecord) -> None:
        super().emit(record)
        if (stream := self.stream) is not None:
            self.stream = None  # opened again by the next record
            with contextlib.suppress(OSError):  # a full disk
                stream.close()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name logging gives it
        """A full disk is told where work is saved, not here."""


@contextlib.contextmanager
def kept(folder: Path, tell: Callable[[str], object] = lambda _code: None) -> Iterator[None]:
    """Log into `folder`, and be the last resort of Python, slots and threads: log the error, then `tell` its code.

    A mistake that passes through is logged while there is a log, and goes on.
    """

    def caught(error: BaseException | None) -> None:
        if isinstance(error, Exception):
            log.critical("not caught", exc_info=error)
            tell(code_of(error))

    handler = _Handler(folder / FILE, maxBytes=LARGEST, backupCount=FILES - 1, encoding="utf-8", delay=True)
    handler.setFormatter(Formatter())
    root = logging.getLogger()
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    root.addHandler(handler)
    logging.captureWarnings(True)
    sys.excepthook = lambda _kind, error, _trace: caught(error)
    threading.excepthook = lambda told: caught(told.exc_value)
    sys.unraisablehook = lambda told: caught(told.exc_value)
    try:
        yield
    except (CaseDeskError, BrokenPipeError):  # which is for a person; or whoever reads what is said has read enough
        raise
    except Exception as error:
        log.critical("not caught", exc_info=error)
        raise
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook = before
        logging.captureWarnings(False)
        root.removeHandler(handler)
        handler.close()
