"""The steps that bring a vault up to date."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import inspect, text

from casedesk.desk import Desk
from casedesk.models import Base, recorded_models
from casedesk.services.backups import migrate_safely
from casedesk.services.case_facts import case_facts
from casedesk.services.search import Filters, Order, page_of_cases
from casedesk.services.sign_in import sign_in
from casedesk.storage.checking import check
from casedesk.storage.keys import FLOOR
from casedesk.storage.migrate import HEAD, MIGRATIONS, migrate, revision
from casedesk.storage.store import Store
from casedesk.storage.vault import NewerVault, Vault, create_vault, unlock
from tests.conftest import NOW, PASSPHRASE
from tests.support import earlier
from tests.support.planted import MARKERS, work_a_day
from tests.sync.office import carry, first_desk, join, new_desk

LATER = '''"""Cases say who referred them."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "{revision}", "{before}"


def upgrade() -> None:
    op.add_column("case", sa.Column("referred_by", sa.String(200), nullable=True))
    {more}
'''


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    opened, recovery, _slot = create_vault(
        tmp_path / "new", sign_in_name="shirin", passphrase="copper lake seven trains", cost=FLOOR
    )
    recovery.wipe()
    yield opened
    opened.close()


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """The migrations of the program, to which a test can add."""
    return Path(shutil.copytree(MIGRATIONS, tmp_path / "steps", ignore=shutil.ignore_patterns("__pycache__")))


def add_step(steps: Path, more: str = "") -> str:
    """Write the step after the newest one; returns its number."""
    number = f"{int(HEAD) + 1:04d}"
    step = LATER.format(revision=number, before=HEAD, more=more)
    (steps / "versions" / f"{number}_later.py").write_text(step, encoding="utf-8")
    return number


def ours(item: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
    table = getattr(item, "table", None)
    name = table.name if kind != "table" and table is not None else name
    return name not in ("vault", "alembic_version") and not (name or "").startswith("case_words")


def test_migrated_tables_are_the_models_tables(vault: Vault) -> None:
    migrate(vault.writer)
    with vault.reader.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_every_recorded_table_and_the_journal_are_guarded(vault: Vault) -> None:
    migrate(vault.writer)
    with vault.reader.connect() as connection:
        there = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
    for table in (*recorded_models(), "operation", "change"):
        assert {f"guard_{table}_{event}" for event in ("insert", "update", "delete")} <= there, table
    assert {"guard_operation_rewrite", "guard_change_rewrite"} <= there


def test_the_program_is_at_the_newest_step() -> None:
    assert max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")) == HEAD


def test_a_vault_of_a_newer_program_is_refused_in_words(desk: Desk) -> None:
    with desk.store.local() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    folder = desk.store.vault.folder
    desk.store.vault.close()
    for _time in range(2):  # the second time shows that the first let go of the vault
        with pytest.raises(NewerVault) as refused:
            sign_in(folder, "farzana", PASSPHRASE)
    assert refused.value.message == "A newer version of CaseDesk made this vault."


def test_an_empty_vault_is_brought_to_the_step_asked_for(vault: Vault) -> None:
    assert revision(vault.reader) is None
    migrate(vault.writer, to="0001")
    assert revision(vault.reader) == "0001"
    migrate(vault.writer, to="0001")
    assert inspect(vault.reader).has_table("case")


def test_an_older_vault_goes_the_missing_steps_only(vault: Vault, steps: Path) -> None:
    migrate(vault.writer)
    number = add_step(steps)
    migrate(vault.writer, to=number, scripts=steps)
    assert revision(vault.reader) == number
    assert "referred_by" in {column["name"] for column in inspect(vault.reader).get_columns("case")}


def test_a_step_that_fails_leaves_the_vault_as_it_was(vault: Vault, steps: Path) -> None:
    migrate(vault.writer)
    number = add_step(steps, more="raise RuntimeError('half way')")
    with pytest.raises(RuntimeError, match="half way"):
        migrate(vault.writer, to=number, scripts=steps)
    assert revision(vault.reader) == HEAD
    assert "referred_by" not in {column["name"] for column in inspect(vault.reader).get_columns("case")}
    with pytest.raises(CommandError):
        migrate(vault.writer, to="9999")


EARLIER = [f"{step:04d}" for step in range(1, int(HEAD))]
EXCHANGE = "0005"  # from here on a desk can have colleagues
KEPT = frozenset(
    ("case", "person", "migration_episode", "incident", "case_note", "consent", "consent_line", "identity_document")
) | frozenset(("referral", "disclosure", "provider", "draft", "state", "case_index", "operation", "change", "chain"))
EXCHANGED = frozenset(("membership", "roster", "admission", "batch_out", "mark"))


@pytest.fixture(scope="module")
def alone(empty_centre: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The vault of a desk that has worked: people, notes, consents, a referral, papers and a draft."""
    folder = Path(shutil.copytree(empty_centre, tmp_path_factory.mktemp("alone") / "store"))
    desk = sign_in(folder, "farzana", PASSPHRASE, lambda: NOW)
    work_a_day(desk)
    desk.store.vault.close()
    return folder


@pytest.fixture(scope="module")
def exchanging(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of a desk with a colleague, whose work it has and who has its work."""
    folder = tmp_path_factory.mktemp("exchanging")
    desk, other = first_desk(folder / "K3"), new_desk(folder / "K4", "K4")
    join(desk, other)
    for each, to in ((other, desk), (desk, other)):
        work_a_day(each)
        carry(each, to)
    for each in (desk, other):
        each.store.vault.close()
    return folder / "K3"


@pytest.mark.parametrize("step", EARLIER)
def test_an_update_from_any_earlier_step_keeps_all_that_was_there(
    step: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    worked: Path = request.getfixturevalue("alone" if step < EXCHANGE else "exchanging")
    folder = Path(shutil.copytree(worked, tmp_path / "store"))
    with closing(unlock(folder, "farzana", PASSPHRASE)) as opened:
        earlier.undo(opened.writer, step)
        before = earlier.rows(opened.reader)
        filled = {table for table, rows in before.items() if rows}
        assert filled >= (KEPT if step < EXCHANGE else KEPT | EXCHANGED)
        migrate_safely(opened, NOW)
        after = earlier.rows(opened.reader)
        assert earlier.lost(before, after) == []
        assert sum(map(len, after.values())) == sum(map(len, before.values())), "nothing was made up"
        assert check(Store(opened)).wrong == []
    again = sign_in(folder, "farzana", PASSPHRASE, lambda: NOW)
    cases = page_of_cases(again, Filters(), Order.NAME)
    names = {case_facts(again, case.case_id).answers["person.name_en"] for case in cases}
    again.store.vault.close()
    assert names == {MARKERS["name after an edit"]}


@pytest.mark.parametrize("damage", ["DELETE FROM draft", "UPDATE state SET status = 'closed'"])
def test_what_an_update_would_lose_is_found(alone: Path, tmp_path: Path, damage: str) -> None:
    with closing(unlock(Path(shutil.copytree(alone, tmp_path / "store")), "farzana", PASSPHRASE)) as opened:
        before = earlier.rows(opened.reader)
        with opened.writer.begin() as connection:
            connection.execute(text(damage))
        assert earlier.lost(before, earlier.rows(opened.reader)) != []
