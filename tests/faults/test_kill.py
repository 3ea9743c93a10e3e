"""A process that is killed while it saves: what it was told is saved is there, and nothing is half done."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest

from casedesk.desk import Desk
from casedesk.services.cases import case_facts
from casedesk.services.drafts import drafts
from casedesk.services.office import sign_in
from casedesk.services.search import Filters, count_cases
from casedesk.storage.checking import check
from tests.conftest import NOW, PASSPHRASE

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
CHECK_EACH = 5
START = f"""
import sys
from pathlib import Path
from datetime import UTC, datetime
from casedesk.services.office import sign_in
from tests.support.people import a_returnee
desk = sign_in(Path(sys.argv[1]), "farzana", {PASSPHRASE!r}, lambda: datetime.fromisoformat({NOW.isoformat()!r}))
def told(*words):
    print(*words, flush=True)
"""
SAVING = (
    START
    + """
from casedesk.services.cases import edit_case
from casedesk.services.intake import register_case
number = int(sys.argv[2])
while True:
    phone = f"+88017{number:08d}"
    case = register_case(desk, a_returnee(person__upazila="0", person__phone_1=phone))
    told(case, 0)
    for step in range(3):
        edit_case(desk, case, {"person.upazila": (str(step), str(step + 1))})
        told(case, step + 1)
    number += 1
"""
)
TYPING = (
    START
    + """
from casedesk.services.drafts import begin_draft, save_draft
number = int(sys.argv[2])
draft = begin_draft(desk, "full", {"person.upazila": "0"})
told(draft, 0)
step = 0
while True:
    step += 1
    save_draft(desk, draft, {"person.upazila": str(step), "incident.narrative": "word " * step})
    told(draft, step)
"""
)


@dataclass
class Killed:
    """What one process was told is saved: for each record the last number."""

    saved: dict[UUID, int] = field(default_factory=dict)


def killed(program: str, folder: Path, number: int, dice: random.Random) -> Killed:
    """Run the program and kill it at a random moment after it has saved something."""
    with subprocess.Popen(
        [sys.executable, "-c", program, str(folder), str(number)],
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _line in range(dice.randrange(1, 10))]
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(dice.uniform(0, 0.02))
        process.kill()
        lines += process.stdout.readlines()
    found = Killed()
    for line in lines:
        if whole := re.fullmatch(r"([0-9a-f-]{36}) (\d+)\n", line):
            found.saved[UUID(whole[1])] = int(whole[2])
    assert found.saved, "it saved something before it was killed"
    return found


@pytest.fixture
def folder(store_folder: Path) -> Path:
    return store_folder


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Desk]:
    desk = sign_in(folder, "farzana", PASSPHRASE, lambda: NOW)
    try:
        yield desk
    finally:
        desk.store.vault.close()


def test_no_acknowledged_save_is_lost_when_the_process_is_killed(folder: Path, rounds: int) -> None:
    dice = random.Random(20)  # noqa: S311 - the same moments each time, as far as a computer allows
    saved: dict[UUID, int] = {}
    for number in range(1, rounds + 1):
        last = killed(SAVING, folder, number * 1000, dice).saved
        saved |= last
        with opened(folder) as desk:
            assert len(saved) <= count_cases(desk, Filters()) <= len(saved) + number, (
                "none lost, one of each in mid-save"
            )
            for case_id, step in (saved if number == rounds else last).items():
                kept = case_facts(desk, case_id).answers["person.upazila"]
                assert kept in (str(step), str(step + 1)), "what was told is saved, or what came right after it"
            if number % CHECK_EACH == 0 or number == rounds:
                assert check(desk.store).wrong == []


def test_the_last_acknowledged_draft_is_back_when_the_process_is_killed(folder: Path, rounds: int) -> None:
    dice = random.Random(21)  # noqa: S311 - as above
    for number in range(1, max(2, rounds // 4) + 1):
        ((draft_id, step),) = killed(TYPING, folder, number, dice).saved.items()
        with opened(folder) as desk:
            (kept,) = (draft for draft in drafts(desk) if draft.id == draft_id)
            assert kept.answers["person.upazila"] in (str(step), str(step + 1))
            assert len(drafts(desk)) == number


def test_a_write_cut_off_before_its_commit_never_happened(folder: Path) -> None:
    program = (
        START
        + """
import os
from casedesk.services import intake
with desk.write("case.register") as session:
    intake._register(session, desk, a_returnee())
    session.flush()
    told("flushed")
    os._exit(9)
"""
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert (run.returncode, run.stdout) == (9, "flushed\n"), run.stderr
    with opened(folder) as desk:
        assert count_cases(desk, Filters()) == 0
        assert check(desk.store).wrong == []


def test_a_write_ahead_log_cut_short_anywhere_leaves_an_earlier_moment_whole(
    folder: Path, tmp_path: Path, rounds: int
) -> None:
    dice = random.Random(22)  # noqa: S311 - as above
    copy = tmp_path / "as it lay"
    with opened(folder) as desk:
        with desk.write("test.first") as session:
            session.connection()
        for number in range(6):
            desk.note(f"test.look_{number}")
        shutil.copytree(folder, copy)
    log = next(copy.glob("vault.db-wal"))
    whole = log.read_bytes()
    assert whole
    for _round in range(max(3, rounds // 4)):
        log.write_bytes(whole[: dice.randrange(len(whole))])
        torn = Path(shutil.copytree(copy, tmp_path / "torn"))
        with opened(torn) as desk:
            assert check(desk.store).wrong == []
        shutil.rmtree(torn)
