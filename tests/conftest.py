"""What every test needs before it starts."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from nacl.pwhash import argon2id

from casedesk import i18n
from casedesk.desk import Desk
from casedesk.services.sign_in import NewCentre, set_up, sign_in
from casedesk.storage.keys import FLOOR

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # without a display Qt would end the process

settings.register_profile("casedesk", deadline=None)  # a busy machine is no error
settings.load_profile("casedesk")

NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
PASSPHRASE = "boats drift past seven mango trees"
CENTRE = NewCentre(
    code="DHK",
    name_en="Dhaka Centre",
    name_bn="ঢাকা কেন্দ্র",
    district="dhaka",
    user_name="Farzana Haque",
    sign_in_name="farzana",
    passphrase=PASSPHRASE,
    language="en",
    address="House 00, Road 00, Dhaka",
    phone="02-0000-0000",
)


def pytest_configure(config: pytest.Config) -> None:
    """Pop-up lists raise themselves and take the keyboard, which the offscreen platform cannot and says so."""
    for what in ("raise", "grabbing the keyboard", "grabbing the mouse"):
        config.addinivalue_line("qt_log_ignore", f"This plugin does not support {what}")


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """The application as pytest-qt makes it, with our look on it."""
    from casedesk.ui.kit import theme

    theme.apply(qapp, theme.Theme())
    return qapp


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Every test begins in English, whatever the one before switched to."""
    i18n.use("en")
    yield
    i18n.use("en")


@pytest.fixture(autouse=True)
def garbage_is_collected_between() -> Iterator[None]:
    """Once a window was there, Python collects nothing by itself (`casedesk.ui.garbage`)."""
    yield
    if not gc.isenabled():
        from casedesk.ui import garbage

        garbage.collect()


@contextmanager
def stretched_once() -> Iterator[None]:
    """Argon2id itself, asked once for each passphrase and salt.

    Copies of one centre share their salts, and stretching was up to a fifth of the time of a file. Only the least cost
    is remembered: what measures how long a computer takes measures above it.
    """
    stretch = argon2id.kdf
    once = cache(stretch)
    floor = (FLOOR.passes, FLOOR.mem_kib * 1024)

    def kdf(size: int, password: bytes, salt: bytes, *, opslimit: int, memlimit: int) -> bytes:
        remembered = once if (opslimit, memlimit) == floor else stretch
        return remembered(size, password, salt, opslimit=opslimit, memlimit=memlimit)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argon2id, "kdf", kdf)
        yield


@pytest.fixture(scope="session", autouse=True)
def passphrases_are_stretched_once() -> Iterator[None]:
    with stretched_once():
        yield


@pytest.fixture(scope="session")
def empty_centre(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A centre just set up, to be copied: making the keys takes longer than a test should."""
    folder = tmp_path_factory.mktemp("centre")
    desk, recovery = set_up(folder, CENTRE, FLOOR, lambda: NOW, device="K3")
    recovery.wipe()
    desk.store.vault.close()
    return folder


@pytest.fixture
def store_folder(empty_centre: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(empty_centre, tmp_path / "store"))


@pytest.fixture
def open_desk(store_folder: Path) -> Iterator[Callable[..., Desk]]:
    """Signs in to the centre of this test; closes what is still open at its end."""
    opened: list[Desk] = []

    def enter(
        sign_in_name: str = "farzana", passphrase: str = PASSPHRASE, clock: Callable[[], datetime] | None = None
    ) -> Desk:
        opened.append(sign_in(store_folder, sign_in_name, passphrase, clock or (lambda: NOW)))
        return opened[-1]

    yield enter
    for desk in opened:
        desk.store.vault.close()


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    """Signed in as the only user of the centre, on 12 May 2026 at 15:00 in Dhaka."""
    return open_desk()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rounds", type=int, default=20, help="how often faults and random edits are tried; 200 is all")
    parser.addoption("--seed", type=int, default=None, help="the one schedule of desks to go through again")


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    """How often to try what chance decides: a tenth unless --rounds 200 asks for all."""
    count: int = request.config.getoption("--rounds")
    return count
