"""The log says where, never what."""

from __future__ import annotations

import logging
import re
import threading
import warnings
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from casedesk import logs
from casedesk.desk import Desk
from tests.support.rights import others_may

SECRET = "Rahima Khatun"
log = logging.getLogger("casedesk.somewhere")


@pytest.fixture
def told(tmp_path: Path) -> Iterator[list[str]]:
    codes: list[str] = []
    with logs.kept(tmp_path, codes.append):
        yield codes


def written(folder: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("casedesk.log*")))


def lose(name: str) -> None:
    remembered = name
    raise ValueError(f"no such person: {remembered}")


@pytest.mark.usefixtures("told")
def test_kind_and_place_are_logged_without_the_message(tmp_path: Path) -> None:
    try:
        lose(SECRET)
    except ValueError as error:
        log.error("cannot find %s", SECRET, exc_info=error)
    line = written(tmp_path)
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ CD-\d{3} ERROR casedesk\.somewhere test_logs\.py:\d+"
        r" ValueError < test_logs\.py:\d+ < test_logs\.py:\d+\n",
        line,
    )
    assert "Rahima" not in line


@pytest.mark.usefixtures("told")
def test_counts_and_ids_stay(tmp_path: Path) -> None:
    log.warning("%d of %s by %s", 7, UUID(int=5), SECRET)
    assert written(tmp_path).endswith("7 00000000-0000-0000-0000-000000000005\n")


@pytest.mark.usefixtures("told")
def test_other_libraries_and_warnings_are_filtered_too(tmp_path: Path) -> None:
    logging.getLogger("sqlalchemy.engine").error("name = " + SECRET)  # noqa: G003 - as they do
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(SECRET, stacklevel=1)
    text_of_log = written(tmp_path)
    assert text_of_log.count("\n") == 2
    assert "Rahima" not in text_of_log


@pytest.mark.usefixtures("told")
def test_causes_are_named_without_their_words(tmp_path: Path, desk: Desk) -> None:
    def fail() -> None:
        with desk.read() as session:
            session.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": SECRET})

    with pytest.raises(DBAPIError) as refused:
        fail()
    log.error("failed", exc_info=refused.value)
    line = written(tmp_path)
    assert "OperationalError" in line
    assert " from " in line
    assert "Rahima" not in line
    assert "nowhere" not in line


def test_an_error_in_a_thread_reaches_the_last_resort(
    tmp_path: Path, told: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    thread = threading.Thread(target=lose, args=(SECRET,))
    thread.start()
    thread.join()
    assert len(told) == 1
    assert told[0] in written(tmp_path)
    assert "Rahima" not in written(tmp_path) + "".join(capfd.readouterr())


def test_the_same_mistake_has_the_same_code() -> None:
    codes = set()
    for name in ("Rahima", "Karim"):
        try:
            lose(name)
        except ValueError as error:
            codes.add(logs.code_of(error))
    assert len(codes) == 1


@pytest.mark.usefixtures("told")
def test_the_log_keeps_five_files_of_one_megabyte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = next(each for each in logging.getLogger().handlers if isinstance(each, RotatingFileHandler))
    monkeypatch.setattr(handler, "maxBytes", 1_000)
    for at in range(200):
        log.warning("again %d", at)
    files = list(tmp_path.glob("casedesk.log*"))
    assert len(files) == 5
    assert all(path.stat().st_size <= 1_000 for path in files)
    assert not any(map(others_may, files))


@pytest.mark.usefixtures("told")
def test_the_log_stays_with_the_folder_when_another_takes_its_place(tmp_path: Path) -> None:
    log.error("one")
    moved = tmp_path.rename(tmp_path.with_name("before"))
    tmp_path.mkdir()
    log.error("two")
    assert len(written(moved).splitlines()) == len(written(tmp_path).splitlines()) == 1


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with logs.kept(tmp_path / "file"):
        log.error("nobody hears")
