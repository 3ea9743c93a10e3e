"""First aid: what somebody far away must know to help, and nothing about any person (SECURITY 12).

It is a text that the user reads before saving it; nothing is sent. It has versions, sizes, counts and the last lines
of the log, which hold neither messages nor values by the way they are written.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Executable, func, select, text
from sqlcipher3 import dbapi2 as sqlcipher

from casedesk import VERSION, logs, machine
from casedesk.desk import Desk
from casedesk.models import Base, Chain, Operation, recorded_models
from casedesk.services.permissions import needs
from casedesk.storage.backup import sealed
from casedesk.storage.keys import KEYS
from casedesk.storage.migrate import revision
from casedesk.storage.vault import VAULT, VaultUnreadable

LINES: Final = 200
MIB: Final = 1024 * 1024


@needs("store.report")
def problem_report(desk: Desk, extra: Mapping[str, str]) -> str:
    """The report, in plain English for whoever helps. `extra` has what only the window knows, as its version."""
    folder = desk.store.vault.folder
    return _put_together(_about(desk.clock(), extra), _vault(desk), _counts(desk), _files(folder), _log(folder))


def report_at_the_door(folder: Path, at: datetime, extra: Mapping[str, str]) -> str:
    """As much of it as can be told where nobody is signed in, as when the vault does not open."""
    return _put_together(_about(at, extra), _files(folder), _log(folder))


def _put_together(*parts: Iterable[str]) -> str:
    return "\n\n".join("\n".join(part) for part in parts)


def _about(at: datetime, extra: Mapping[str, str]) -> Iterator[str]:
    yield f"CaseDesk {VERSION}, problem report of {at:%Y-%m-%d %H:%M} UTC"
    yield "No name, no case number and no answer of anybody is in this text. Read it before you hand it on."
    yield ""
    yield f"System: {platform.system()} {platform.release()} {platform.machine()}"
    yield f"Memory: {machine.total_memory() // MIB} MiB"
    yield f"Python {sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    yield f"SQLite {sqlcipher.sqlite_version}"
    yield from (f"{what}: {value}" for what, value in extra.items())


def _vault(desk: Desk) -> Iterator[str]:
    yield f"Practice centre: {'yes' if desk.practice else 'no'}; damaged: {'yes' if desk.store.damaged else 'no'}"
    with suppress(VaultUnreadable):
        yield f"Step: {revision(desk.store.vault.reader)}"


def _counts(desk: Desk) -> Iterator[str]:
    tables = {name: Base.metadata.tables[name] for name in sorted(recorded_models())}
    for name, table in {"Operations": Operation.__table__, "Chains": Chain.__table__, **tables}.items():
        yield f"{name}: {_asked(desk, select(func.count()).select_from(table))}"
    yield f"Pages: {_asked(desk, text('PRAGMA page_count'))}"
    yield f"Free pages: {_asked(desk, text('PRAGMA freelist_count'))}"


def _asked(desk: Desk, what: Executable) -> str:
    """A number, where the vault is whole enough to tell it."""
    try:
        with desk.read() as session:
            return str(session.scalar(what))
    except VaultUnreadable:
        return "cannot be read"


def _files(folder: Path) -> Iterator[str]:
    for name in (VAULT, f"{VAULT}-wal", KEYS, logs.FILE):
        path = folder / name
        yield f"{name}: {path.stat().st_size if path.exists() else 'not there'}"
    kept = sorted((folder / sealed.FOLDER).glob(f"*{sealed.SUFFIX}"))
    yield f"Backups here: {len(kept)}" + (f", newest {kept[-1].stat().st_size} bytes" if kept else "")


def _log(folder: Path) -> Iterator[str]:
    path = folder / logs.FILE
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    yield f"The last {min(len(lines), LINES)} of {len(lines)} lines of the log:"
    yield from lines[-LINES:]
