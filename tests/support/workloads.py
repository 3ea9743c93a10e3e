"""What a process does while its disk is watched:  python -m tests.support.workloads NAME FOLDER MARKS

What the program was told is safe is written to MARKS with `writev`, which nothing else here uses, so that the place of
each mark among the writes and syncs can be seen, and faults are put into everything but the marks.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.services import backups, restores
from casedesk.services.cases import edit_case
from casedesk.services.intake import register_case
from casedesk.services.sign_in import set_up, sign_in, sign_out
from casedesk.services.slots import Signer
from casedesk.storage import vault
from casedesk.storage.backup import restoring
from casedesk.storage.keys import FLOOR
from tests.conftest import CENTRE, NOW, PASSPHRASE
from tests.support.people import a_returnee

Tell = Callable[..., None]
WHY = "The disk was damaged."


def somebody(number: int) -> dict[str, object]:
    return a_returnee(person__phone_1=f"+88017{number:08}", person__upazila="0", incident__narrative="word " * 900)


def enter(folder: Path) -> Desk:
    return sign_in(folder, "farzana", PASSPHRASE, lambda: NOW)


def first_run(folder: Path, tell: Tell) -> None:
    desk, recovery = set_up(folder, CENTRE, FLOOR, lambda: NOW, device="K3")
    recovery.wipe()
    tell("set_up")
    sign_out(desk)


def save(folder: Path, tell: Tell) -> None:
    desk = enter(folder)
    for number in (1, 2):
        tell("case", register_case(desk, somebody(number)), 0)
    sign_out(desk)


def edit(folder: Path, tell: Tell) -> None:
    desk = enter(folder)
    (case_id,) = cases(desk)
    for step in range(3):
        edit_case(desk, case_id, {"person.upazila": (str(step), str(step + 1))})
        tell("case", case_id, step + 1)
    sign_out(desk)


def cases(desk: Desk) -> list[UUID]:
    from casedesk.services.search import Filters, Order, page_of_cases

    return [row.case_id for row in page_of_cases(desk, Filters(), Order.NEWEST)]


def make_backup(folder: Path, tell: Tell) -> None:
    desk = enter(folder)
    tell("backup", backups.make_backup(desk).path.name)
    tell("copy", backups.copy_backup(desk, folder.with_name("stick"), same_disk=True).name)
    sign_out(desk)


def restore(folder: Path, tell: Tell) -> None:
    desk = enter(folder)
    newest = backups.newest_backup(folder)
    assert newest is not None
    restores.restore_over(desk, newest, WHY)
    sign_out(desk)
    restoring.switch(folder)
    tell("restored")


def new_computer(folder: Path, tell: Tell) -> None:
    newest = backups.newest_backup(folder.with_name("stick"))
    assert newest is not None
    restores.restore_here(folder, newest, Signer("farzana", PASSPHRASE), WHY, clock=lambda: NOW)
    tell("restored")


def migrate(folder: Path, tell: Tell) -> None:
    opened = vault.unlock(folder, "farzana", PASSPHRASE)
    backups.migrate_safely(opened, NOW)
    tell("migrated")
    opened.close()


def take_in(folder: Path, tell: Tell) -> None:
    """Take in all that lies in the inbox of a computer of the central office."""
    from casedesk.sync.arrivals import take_inbox

    desk = enter(folder)
    for taken in take_inbox(replace(desk, actor=replace(desk.actor, roles=frozenset(("coordinator",))))):
        tell("taken", taken.name, taken.fate)
    sign_out(desk)


WORKLOADS: dict[str, Callable[[Path, Tell], None]] = {
    each.__name__: each for each in (first_run, save, edit, make_backup, restore, new_computer, migrate, take_in)
}


def main(name: str, folder: Path, marks: Path) -> None:
    if sys.platform == "win32":
        raise NotImplementedError
    file = os.open(marks, os.O_WRONLY | os.O_APPEND)

    def tell(*words: object) -> None:
        os.writev(file, [(" ".join(map(str, words)) + "\n").encode()])

    try:
        WORKLOADS[name](folder, tell)
        tell("done")
    except CaseDeskError as error:
        tell("refused", type(error).__name__)
    finally:
        os.close(file)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
