"""An old program and a new one that exchange in turns end equal after the update (SYNC 15, 12).

The old one is this program. The new one is a copy of it with one field more: one declaration, one migration, one
number. Each turn is a process of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import casedesk
from casedesk.paths import RESOURCES
from casedesk.services.intake import register_case
from casedesk.storage.migrate import HEAD
from tests.support.people import a_returnee
from tests.sync.office import first_desk, join, new_desk

ROOT = Path(__file__).parents[2]
SOURCE = Path(casedesk.__file__).parent
STEP = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{new}", "{head}"


def upgrade() -> None:
    op.add_column("person", sa.Column("favourite_tea", sa.String(20), nullable=True))
"""
FIELD = """    favourite_tea: Mapped[str | None] = line(
        N_("Favourite tea"), level=NAMES_A_PERSON, ask=Ask.INTAKE, longest=20
    )
    name_bn: Mapped"""


def newer_program(folder: Path) -> Path:
    package = Path(shutil.copytree(SOURCE, folder / "src" / "casedesk", ignore=shutil.ignore_patterns("__pycache__")))
    shutil.copytree(RESOURCES, folder / "resources")
    new = f"{int(HEAD) + 1:04d}"
    change(package / "models" / "person.py", "    name_bn: Mapped", FIELD)
    change(package / "storage" / "recorder.py", f"\nSCHEMA = {int(HEAD)} ", f"\nSCHEMA = {int(new)} ")
    step = package / "storage" / "migrations" / "versions" / f"{new}_tea.py"
    step.write_text(STEP.format(new=new, head=HEAD), encoding="utf-8")
    return folder / "src"


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), encoding="utf-8")


@dataclass(frozen=True)
class Laptop:
    """A vault, and the stick that goes to and fro."""

    folder: Path
    stick: Path

    def turn(self, program: Path, *words: str) -> dict[str, Any]:
        """What a process of this program does with the vault, and what it then says of the one person."""
        command = [sys.executable, "-m", "tests.support.one_turn", str(self.folder), str(self.stick), *words]
        path = os.pathsep.join((str(program), str(ROOT)))
        done = subprocess.run(
            command, env=os.environ | {"PYTHONPATH": path}, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        assert found["wrong"] == []
        return found


def test_an_old_and_a_new_program_exchange_in_turns_and_end_equal_after_the_update(tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    one, two = first_desk(tmp_path / "K3"), new_desk(tmp_path / "K4", "K4")
    join(one, two)
    register_case(one, a_returnee(person__name_en="Asha"))
    for desk in (one, two):
        desk.store.vault.close()
    old, new = SOURCE.parent, newer_program(tmp_path / "newer")
    first, second = Laptop(tmp_path / "K3", stick), Laptop(tmp_path / "K4", stick)

    first.turn(old, "give")
    said = second.turn(new, "take", "favourite_tea=milk tea", "name_en=Bina", "give")
    assert said["program"] != HEAD
    said = first.turn(old, "take", "district=khulna", "nickname=Shiuli", "give")
    assert (said["program"], said["parked"]) == (HEAD, 1)
    assert "favourite_tea" not in said["person"]
    assert (said["person"]["name_en"], said["person"]["district"]) == ("Bina", "khulna")
    said = second.turn(new, "take", "favourite_tea=lemon tea", "give")
    assert (said["person"]["favourite_tea"], said["person"]["nickname"]) == ("lemon tea", "Shiuli")
    said = first.turn(old, "take", "nickname=Champa", "give")
    assert said["parked"] == 2

    updated, other = first.turn(new, "take"), second.turn(new, "take")
    assert updated["person"] == other["person"]
    assert (updated["person"]["favourite_tea"], updated["person"]["nickname"]) == ("lemon tea", "Champa")
    assert (updated["parked"], updated["program"]) == (0, other["program"])
