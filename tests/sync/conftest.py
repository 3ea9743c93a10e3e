"""Desks of one centre."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from casedesk.desk import Desk
from casedesk.services.sign_in import sign_in
from casedesk.sync import arrivals
from tests.conftest import NOW, PASSPHRASE
from tests.support.exchange import Office
from tests.sync.office import first_desk, join, new_desk


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A file at which the program fails is set aside, so that no user waits for it; here it fails the test."""
    yield
    assert not [record for record in caplog.get_records("call") if record.name == arrivals.__name__]


@pytest.fixture
def office(empty_centre: Path, tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path, empty_centre)
    yield made
    made.close()


@pytest.fixture
def first(tmp_path: Path) -> Iterator[Desk]:
    """The laptop that began the organisation; `root.age` lies beside its folder."""
    desk = first_desk(tmp_path / "first")
    yield desk
    desk.store.vault.close()


@pytest.fixture
def second(tmp_path: Path) -> Iterator[Desk]:
    """Another laptop, just set up, that belongs to nobody yet."""
    desk = new_desk(tmp_path / "second", "K4")
    yield desk
    desk.store.vault.close()


@pytest.fixture(scope="session")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two laptops of one centre that share their cases, to be copied."""
    folder = tmp_path_factory.mktemp("joined")
    one, two = first_desk(folder / "K3"), new_desk(folder / "K4", "K4")
    join(one, two)
    for each in (one, two):
        each.store.vault.close()
    return folder


@pytest.fixture
def two_laptops(joined: Path, tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    """Two laptops of one centre, each with the user who set it up."""
    shutil.copytree(joined, tmp_path / "joined")
    one, two = (sign_in(tmp_path / "joined" / name, "farzana", PASSPHRASE, lambda: NOW) for name in ("K3", "K4"))
    yield one, two
    for each in (one, two):
        each.store.vault.close()
