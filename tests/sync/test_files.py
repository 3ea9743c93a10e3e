"""Sealed files in a folder."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from casedesk.errors import StorageFailed, StorageFull
from casedesk.sync.batch import file_name
from casedesk.sync.files import Folder, NotWritten, is_name


def test_a_file_is_called_by_its_hash_and_read_back(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "out")
    assert folder.names() == []
    name = folder.put(b"sealed")
    assert name == file_name(b"sealed")
    assert is_name(name)
    assert (folder.names(), folder.read(name), folder.size(name)) == ([name], b"sealed", 6)
    assert folder.put(b"sealed") == name, "again is once"
    folder.remove(name)
    folder.remove(name)
    assert (folder.names(), folder.read(name), folder.size(name)) == ([], b"", 0)


def test_only_complete_files_of_ours_are_seen(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    name = folder.put(b"sealed")
    (tmp_path / ("0" * 32 + ".cdb.part")).write_bytes(b"half")
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    (tmp_path / ("1" * 32 + ".cdb")).mkdir()
    (tmp_path / ("2" * 32 + ".cdb")).symlink_to(tmp_path / "holiday.jpg")
    assert folder.names() == [name]
    folder.clean()
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize("name", ["../vault.db", "..", "", "/etc/passwd", "a" * 32 + ".cdb\n", "A" * 32 + ".cdb"])
def test_no_other_name_is_read_or_removed(tmp_path: Path, name: str) -> None:
    (tmp_path / "vault.db").write_bytes(b"precious")
    folder = Folder(tmp_path / "inbox")
    folder.put(b"x")
    assert folder.read(name) == b""
    folder.remove(name)
    assert (tmp_path / "vault.db").exists()


def test_what_cannot_be_read_back_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_bytes", lambda _path: b"something else")
    with pytest.raises(NotWritten):
        Folder(tmp_path).put(b"sealed")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("code", "told"), [(errno.ENOSPC, StorageFull), (errno.EIO, StorageFailed)])
def test_a_disk_that_does_not_take_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, told: type[Exception]
) -> None:
    def refuse(_file: int) -> None:
        raise OSError(code, "no")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(told):
        Folder(tmp_path).put(b"sealed")
    assert list(tmp_path.iterdir()) == []
