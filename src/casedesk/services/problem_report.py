"""First aid: what somebody far away must know to help, and nothing about any person (SECURITY 12).

It is a text that the user reads before saving it; nothing is sent. It has versions, sizes, counts and the last lines
of the log, which hold neither messages nor values by the way they are written.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import func, select, text
from sqlcipher3 import dbapi2 as sqlcipher

from casedesk import VERSION, logs, machine
from casedesk.desk import Desk
from casedesk.models import Base, Chain, Operation, recorded_models
from casedesk.services.permissions import needs
from casedesk.storage.backup import sealed
from casedesk.storage.migrate import revision
from casedesk.storage.vault import VAULT

LINES: Final = 200
MIB: Final = 1024 * 1024


@needs("store.report")
def problem_report(desk: Desk, extra: Mapping[str, str]) -> str:
    """The report, in plain English for whoever helps. `extra` has what only the window knows, as its version."""
    return "\n".join([*_about(desk, extra), "", *_counts(desk), "", *_files(desk.store.vault.folder), "", *_log(desk)])


def _about(desk: Desk, extra: Mapping[str, str]) -> Iterator[str]:
    yield f"CaseDesk {VERSION}, problem report of {desk.clock():%Y-%m-%d %H:%M} UTC"
    yield "No name, no case number and no answer of anybody is in this text. Read it before you hand it on."
    yield ""
    yield f"System: {platform.system()} {platform.release()} {platform.machine()}"
    yield f"Memory: {machine.total_memory() // MIB} MiB"
    yield f"Python {sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    yield f"SQLite {sqlcipher.sqlite_version}, step {revision(desk.store.vault.reader)}"
    yield from (f"{what}: {value}" for what, value in extra.items())
    yield f"Practice centre: {'yes' if desk.practice else 'no'}; damaged: {'yes' if desk.store.damaged else 'no'}"


def _counts(desk: Desk) -> Iterator[str]:
    with desk.read() as session:
        yield f"Operations: {session.scalar(select(func.count()).select_from(Operation))}"
        yield f"Chains: {session.scalar(select(func.count()).select_from(Chain))}"
        for name in sorted(recorded_models()):
            table = Base.metadata.tables[name]
            yield f"{name}: {session.scalar(select(func.count()).select_from(table))}"
        yield f"Pages: {session.scalar(text('PRAGMA page_count'))}"
        yield f"Free pages: {session.scalar(text('PRAGMA freelist_count'))}"


def _files(folder: Path) -> Iterator[str]:
    for name in (VAULT, f"{VAULT}-wal", logs.FILE):
        path = folder / name
        yield f"{name}: {path.stat().st_size if path.exists() else 'not there'}"
    kept = sorted((folder / sealed.FOLDER).glob(f"*{sealed.SUFFIX}"))
    yield f"Backups here: {len(kept)}" + (f", newest {kept[-1].stat().st_size} bytes" if kept else "")


def _log(desk: Desk) -> Iterator[str]:
    path = desk.store.vault.folder / logs.FILE
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    yield f"The last {min(len(lines), LINES)} of {len(lines)} lines of the log:"
    yield from lines[-LINES:]
