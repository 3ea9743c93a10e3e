"""`casedesk report` as somebody uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from casedesk.desk import Desk
from casedesk.services.intake import register_case
from tests.support.command_line import casedesk
from tests.support.people import a_returnee


def test_a_report_is_a_table_to_read(desk: Desk, store_folder: Path) -> None:
    for number in range(6):
        register_case(desk, a_returnee(person__phone_1=f"+88017110004{number:02}", person__name_en=f"Person {number}"))
    desk.store.vault.close()
    done = casedesk("report", "R1", "2026-05", "--store", store_folder, "--user", "farzana", "--country", "sa")
    assert done.returncode == 0, done.stderr
    assert "Monthly activity · Dhaka Centre · May 2026" in done.stdout
    assert "Country returned from: Saudi Arabia" in done.stdout
    assert "New cases registered" in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("R1", "2026-13"), "“2026-13” is no period of time."),
        (("R1", "2026-05-09..2026-05-03"), "The period ends before it begins."),
        (("R99", "2026-05"), "There is no report R99."),
        (("R1", "2026-05", "--district", "atlantis"), "“atlantis” is not in the list."),
    ],
)
def test_what_makes_no_report_is_said_in_words(store_folder: Path, words: tuple[str, ...], told: str) -> None:
    done = casedesk("report", *words, "--store", store_folder, "--user", "farzana")
    assert done.returncode == 1
    assert told in done.stderr
