"""A stick: what waits is written to it, what lies on it is taken in, and what is covered is taken away (SYNC 7)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.models import BatchIn, BatchOut
from casedesk.progress import Progress, silent
from casedesk.services.permissions import needs
from casedesk.sync.arrivals import Taken, take_inbox
from casedesk.sync.batch import file_name
from casedesk.sync.carrying import DONE, State
from casedesk.sync.files import inbox, on_a_stick, outbox
from casedesk.sync.outbox import uncovered
from casedesk.sync.receipts import KEPT_DAYS
from casedesk.whole_file import is_folder


class NoStick(CaseDeskError):
    """The folder is not there."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            _("There is no folder {name}.").format(name=path),
            hint=_("Nothing was written. Put the stick in, and look how it is called."),
        )


@dataclass(frozen=True, slots=True)
class Written:
    """What was written to a stick and what was taken away. Once it is there, the stick can be removed."""

    files: tuple[str, ...]
    size: int
    removed: int


def must_be_there(root: Path) -> None:
    """Refuse a stick that is not put in."""
    if not is_folder(root):
        raise NoStick(root)


@needs("sync.carry")
def write_stick(desk: Desk, root: Path, progress: Progress = silent) -> Written:
    """Write what waits to a stick, read it back, and take away what is no longer needed there."""
    must_be_there(root)
    ours, stick = outbox(desk.store.vault.folder), on_a_stick(root)
    stick.clean()
    with desk.read() as session:
        waiting = [row.name for row in uncovered(session)]
        gone = set(session.scalars(select(BatchOut.name).where(BatchOut.state.in_(DONE))))
    there = set(stick.names())
    for name in sorted(there & gone):
        stick.remove(name)
    written: list[str] = []
    for at, name in enumerate(waiting):
        progress.step(at, len(waiting))
        sealed = ours.read(name)
        if sealed and (name not in there or file_name(stick.read(name)) != name):
            stick.put(sealed)
        if sealed:
            written.append(name)
    with desk.local() as session:
        for row in session.scalars(select(BatchOut).where(BatchOut.name.in_(written), BatchOut.state == State.BUILT)):
            row.state = State.CARRIED
    return Written(tuple(written), sum(ours.size(name) for name in written), len(there & gone))


@needs("sync.carry")
def take_stick(desk: Desk, root: Path, progress: Progress = silent, *, by_itself: bool = False) -> list[Taken]:
    """Take in what lies on a stick. What cannot be opened is for somebody else and stays there."""
    must_be_there(root)
    stick, here = on_a_stick(root), inbox(desk.store.vault.folder)
    with desk.read() as session:
        known = {*session.scalars(select(BatchIn.name)), *session.scalars(select(BatchOut.name))}
    for name in stick.names():
        progress.step(0, 0)
        if name in known:
            continue
        sealed = stick.read(name)
        if file_name(sealed) == name:
            here.put(sealed)
        elif sealed:
            _remove_if_old(desk, root, name)
    return take_inbox(desk, progress, by_itself=by_itself)


def _remove_if_old(desk: Desk, root: Path, name: str) -> None:
    """A damaged file is never trusted, and is kept for a while: somebody may want to know what it was."""
    stick = on_a_stick(root)
    with contextlib.suppress(OSError):
        age = desk.clock().timestamp() - (stick.path / name).stat().st_mtime
        if age > timedelta(days=KEPT_DAYS).total_seconds():
            stick.remove(name)
