"""The few things a computer remembers before anybody signs in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from casedesk.settings import FILE, Settings, load, save

CHOSEN = Settings(language="bn", theme="dark", text_size=120, lock_minutes=2, geometry="01d9", centre_bn="ঢাকা কেন্দ্র")


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    save(tmp_path / "store", CHOSEN)
    assert load(tmp_path / "store") == CHOSEN
    assert [path.name for path in (tmp_path / "store").iterdir()] == [FILE]


def test_without_a_file_there_are_defaults(tmp_path: Path) -> None:
    assert load(tmp_path / "nowhere") == Settings()


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"language": '])
def test_a_broken_file_gives_defaults(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / FILE).write_bytes(broken)
    assert load(tmp_path) == Settings()


def test_one_wrong_value_does_not_take_the_others_along(tmp_path: Path) -> None:
    wrong = {"language": "fr", "theme": "dark", "text_size": True, "lock_minutes": 0, "geometry": "../x", "more": 1}
    (tmp_path / FILE).write_text(json.dumps(wrong), encoding="utf-8")
    assert load(tmp_path) == Settings(theme="dark")


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    save(tmp_path / "file" / "store", CHOSEN)
    assert load(tmp_path / "file" / "store") == Settings()
