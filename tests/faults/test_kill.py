"""A process that is killed while it saves: what it was told is saved is there, and nothing is half done."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import shutil
import sys
from collections.abc import Callable, Iterator
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path
from uuid import UUID

import pytest

from casedesk.desk import Desk
from casedesk.services import intake
from casedesk.services.case_facts import case_facts
from casedesk.services.cases import edit_case
from casedesk.services.drafts import begin_draft, drafts, save_draft
from casedesk.services.intake import register_case
from casedesk.services.search import Filters, count_cases
from casedesk.services.sign_in import sign_in
from casedesk.storage.checking import check
from casedesk.sync.process import Pipe
from tests.conftest import NOW, PASSPHRASE
from tests.support.people import a_returnee

CHECK_EACH = 5
if sys.platform == "win32":
    PROCESSES = multiprocessing.get_context("spawn")
else:  # copies of a process that has loaded the program: loading takes longer than the rest
    PROCESSES = multiprocessing.get_context("forkserver")
    PROCESSES.set_forkserver_preload([__name__])

Tell = Callable[[tuple[UUID, int]], None]


def saving(desk: Desk, number: int, tell: Tell) -> None:
    while True:
        phone = f"+88017{number:08d}"
        case_id = register_case(desk, a_returnee(person__upazila="0", person__phone_1=phone))
        tell((case_id, 0))
        for step in range(3):
            edit_case(desk, case_id, {"person.upazila": (str(step), str(step + 1))})
            tell((case_id, step + 1))
        number += 1


def typing(desk: Desk, _number: int, tell: Tell) -> None:
    draft_id = begin_draft(desk, "full", {"person.upazila": "0"})
    tell((draft_id, 0))
    for step in count(1):
        save_draft(desk, draft_id, {"person.upazila": str(step), "incident.narrative": "word " * step})
        tell((draft_id, step))


def cut_off(desk: Desk, _number: int, _tell: Tell) -> None:
    """End in the middle of a write that has reached the database."""
    with desk.write("case.register") as session:
        intake._register(session, desk, a_returnee())
        session.flush()
        os._exit(9)


Work = Callable[[Desk, int, Tell], None]


def at_work(work: Work, folder: Path, number: int, pipe: Pipe) -> None:
    work(sign_in(folder, "farzana", PASSPHRASE, lambda: NOW), number, pipe.send)


@contextlib.contextmanager
def process(work: Work, folder: Path, number: int) -> Iterator[tuple[BaseProcess, Pipe]]:
    """A process that works on this folder, and what it tells."""
    here, there = PROCESSES.Pipe(duplex=False)
    made = PROCESSES.Process(target=at_work, args=(work, folder, number, there))
    made.start()
    there.close()
    with here:
        yield made, here
        made.join()
        made.close()


def killed(work: Work, folder: Path, number: int, dice: random.Random) -> dict[UUID, int]:
    """Kill the process at a random moment after it has saved something: for each record the last that it told."""
    with process(work, folder, number) as (running, told):
        saved = dict(told.recv() for _time in range(dice.randrange(1, 10)))
        running.join(dice.uniform(0, 0.02))
        running.kill()
        with contextlib.suppress(EOFError, OSError):  # a last word may be cut off
            while True:
                saved |= [told.recv()]
    return saved


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
        last = killed(saving, folder, number * 1000, dice)
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
        ((draft_id, step),) = killed(typing, folder, number, dice).items()
        with opened(folder) as desk:
            (kept,) = (draft for draft in drafts(desk) if draft.id == draft_id)
            assert kept.answers["person.upazila"] in (str(step), str(step + 1))
            assert len(drafts(desk)) == number


def test_a_write_cut_off_before_its_commit_never_happened(folder: Path) -> None:
    with process(cut_off, folder, 0) as (running, _told):
        running.join()
        assert running.exitcode == 9
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
