"""As long as nobody set up sync, the program opens no socket, whatever is done with it (SECURITY 10)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from casedesk.paths import RESOURCES
from casedesk.services.backups import make_backup
from casedesk.services.intake import register_case
from casedesk.sync.visit import NoRelay, visit
from casedesk.ui.application import tables
from casedesk.ui.page import Goto
from tests.support.people import a_returnee
from tests.support.sitting import SECONDS, entered
from tests.sync.office import admin, coordinator

PAGES = ("today", "cases", "case", "intake", "referrals", "print", "directory", "reports", "report_paper", "settings")
HEARING = """
import socket, sys
import pytest

asked = ("socket.__new__", "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo")
heard = []
sys.addaudithook(lambda event, words: heard.append(event) if event in asked else None)
status = pytest.main(["-q", "-n", "0", "-p", "no:cacheprovider", sys.argv[1]])
if status or heard:
    sys.exit(f"The test ended with {status}, and there were {heard}.")
socket.socket().close()
if heard != ["socket.__new__"]:
    sys.exit("It would not have been heard.")
"""


def test_no_socket_is_opened_while_the_program_starts_and_works() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HEARING, f"{__file__}::{test_somebody_works_a_day_without_sync.__name__}"],
        capture_output=True,
        text=True,
        cwd=RESOURCES.parent,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_somebody_works_a_day_without_sync(qtbot: QtBot, store_folder: Path) -> None:
    """The program starts, somebody signs in and looks at every page, registers, makes a backup, tries to sync."""
    sitting = entered(qtbot, store_folder, tables)
    window, desk = sitting.window, sitting.window.desk
    case_id = str(register_case(desk, a_returnee()))
    for page in PAGES:
        window.go(Goto(page, {"case_id": case_id} if page in ("case", "print") else {}))
        done: list[object] = []
        window.jobs.write(window, lambda: None, done.append)  # after whatever the page writes
        qtbot.waitUntil(lambda done=done: len(done) == 1, timeout=SECONDS)  # type: ignore[misc]  # a default
        assert isinstance(window.page, tables()[0][page])  # type: ignore[arg-type]  # a class each
    assert make_backup(admin(desk)).path.exists()
    with pytest.raises(NoRelay):
        visit(coordinator(desk))
