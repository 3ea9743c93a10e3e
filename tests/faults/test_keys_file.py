"""The keys file damaged, cut, swapped, or written while the process dies."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from casedesk.errors import CaseDeskError, StorageFailed
from casedesk.storage import keys, vault
from casedesk.storage.keys import COPY, FLOOR, KEYS, Finding, KeysFile

PASSPHRASE = "copper lake seven trains"
SECRET = PASSPHRASE.encode()
ENVIRONMENT = {"PYTHONPATH": ":".join(sys.path)}

# Dies before the step of this number; a step is whatever changes what is on the disk.
DYING = """
import os, sys
from pathlib import Path
left = int(sys.argv[2])
def dying(step):
    def either(*args, **kwargs):
        global left
        left -= 1
        if left < 0:
            os._exit(9)
        return step(*args, **kwargs)
    return either
from casedesk.storage import keys
{imports}
for name in {steps}:
    setattr(os, name, dying(getattr(os, name)))
folder = Path(sys.argv[1])
{work}
"""


@dataclass(frozen=True)
class Made:
    """The keys of a vault with two users, and what the recovery sheet says."""

    folder: Path
    recovery: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made") / "store"
    opened, recovery, _slot = vault.create_vault(folder, sign_in_name="shirin", passphrase=PASSPHRASE, cost=FLOOR)
    vault.add_user_slot(opened, "kamal", "quiet green river stones", FLOOR)
    opened.close()
    return Made(folder, recovery.text)


@pytest.fixture
def folder(made: Made, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made.folder, tmp_path / "store"))


def open_shirin(folder: Path) -> keys.Opened | None:
    return keys.open_keys(folder, SECRET, lambda file: file.of_user("shirin"))


def opens(folder: Path) -> bool:
    try:
        return open_shirin(folder) is not None
    except CaseDeskError:
        return False


def first_slot(data: bytes) -> range:
    """Where in the file the slot of the first user stands."""
    return range(data.index(b'"slot"'), data.index(b'"slot"', data.index(b'"wrapped"')))


def places(data: bytes, seed: int, count: int) -> list[tuple[int, int]]:
    chosen = random.Random(seed)  # noqa: S311 - the same places each time
    return [(place, 1 << chosen.randrange(8)) for place in chosen.sample(first_slot(data), count)]


def flipped(data: bytes, place: int, bit: int) -> bytes:
    return data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]


def test_a_flip_in_a_slot_refuses_that_slot(folder: Path) -> None:
    data = (folder / KEYS).read_bytes()
    (folder / COPY).unlink()
    for place, bit in places(data, seed=1, count=40):
        (folder / KEYS).write_bytes(flipped(data, place, bit))
        assert not opens(folder), (place, bit)
        assert not (folder / COPY).exists()


def test_a_flip_in_a_slot_of_the_first_copy_is_mended_from_the_second(folder: Path) -> None:
    data = (folder / KEYS).read_bytes()
    for place, bit in places(data, seed=2, count=24):
        (folder / KEYS).write_bytes(flipped(data, place, bit))
        opened = open_shirin(folder)
        assert opened is not None, (place, bit)
        assert opened.finding is Finding.MENDED
        assert (folder / KEYS).read_bytes() == (folder / COPY).read_bytes() == data


def test_a_flip_in_another_users_slot_is_mended_too(folder: Path) -> None:
    data = (folder / KEYS).read_bytes()
    place = data.rindex(b'"salt": "') + 12
    (folder / KEYS).write_bytes(data[:place] + (b"0" if data[place : place + 1] != b"0" else b"1") + data[place + 1 :])
    opened = open_shirin(folder)
    assert opened is not None
    assert opened.finding is Finding.MENDED
    assert (folder / KEYS).read_bytes() == data


def test_a_slot_that_went_from_both_copies_is_said(folder: Path) -> None:
    whole = keys.read_keys(folder / KEYS)
    keys.write_keys(folder, KeysFile(whole.store, whole.slots[:1], whole.seal))
    opened = open_shirin(folder)
    assert opened is not None
    assert opened.finding is Finding.CHANGED


def test_the_vault_tells_that_its_keys_were_mended(folder: Path) -> None:
    (folder / KEYS).write_bytes((folder / KEYS).read_bytes()[:200])
    opened = vault.unlock(folder, "shirin", PASSPHRASE)
    assert opened.finding is Finding.MENDED
    opened.close()
    again = vault.unlock(folder, "shirin", PASSPHRASE)
    assert again.finding is Finding.WHOLE
    again.close()


@pytest.mark.parametrize("size", [0, 1, 30, 400, -1])
def test_cut_files_are_refused(folder: Path, size: int) -> None:
    data = (folder / KEYS).read_bytes()[:size]
    for name in (KEYS, COPY):
        (folder / name).write_bytes(data)
    with pytest.raises(keys.KeysDamaged):
        vault.unlock(folder, "shirin", PASSPHRASE)


def test_missing_files_are_refused_and_the_vault_is_untouched(folder: Path) -> None:
    before = (folder / vault.VAULT).read_bytes()
    for name in (KEYS, COPY):
        (folder / name).unlink()
    for _try in range(4):  # none of them counts as a wrong one
        with pytest.raises(keys.KeysMissing):
            vault.unlock(folder, "shirin", PASSPHRASE)
    assert (folder / vault.VAULT).read_bytes() == before


def test_one_missing_file_is_written_again(folder: Path) -> None:
    for name, finding in ((KEYS, Finding.MENDED), (COPY, Finding.WHOLE)):
        (folder / name).unlink()
        opened = open_shirin(folder)
        assert opened is not None
        assert opened.finding is finding
        assert (folder / KEYS).read_bytes() == (folder / COPY).read_bytes()


def test_swapped_slots_open_nothing(folder: Path) -> None:
    data = (folder / KEYS).read_bytes().decode("ascii")
    one, two = keys.read_keys(folder / KEYS).slots[0], keys.read_keys(folder / KEYS).slots[2]
    for name in ("salt", "nonce", "wrapped"):
        here, there = getattr(one, name).hex(), getattr(two, name).hex()
        data = data.replace(here, "?").replace(there, here).replace("?", there)
    for name in (KEYS, COPY):
        (folder / name).write_bytes(data.encode("ascii"))
    assert not opens(folder)
    swapped = data.replace(one.id.hex(), "?").replace(two.id.hex(), one.id.hex()).replace("?", two.id.hex())
    (folder / KEYS).write_bytes(swapped.encode("ascii"))
    assert keys.open_keys(folder, SECRET, lambda file: file.of_user("shirin")) is None


def test_the_keys_of_another_vault_do_not_open_this_one(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    vault.create_vault(other, sign_in_name="shirin", passphrase=PASSPHRASE, cost=FLOOR)[0].close()
    for name in (KEYS, COPY):
        shutil.copy(other / name, folder / name)
    with pytest.raises(vault.VaultMismatch):
        vault.unlock(folder, "shirin", PASSPHRASE)


def test_a_passphrase_of_before_does_not_open_by_a_copy_left_behind(folder: Path) -> None:
    old = (folder / COPY).read_bytes()
    opened = vault.unlock(folder, "shirin", PASSPHRASE)
    vault.change_passphrase(opened, opened.keys.of_user("shirin"), PASSPHRASE, "a wholly new passphrase", FLOOR)
    opened.close()
    (folder / COPY).write_bytes(old)
    assert not opens(folder)
    vault.unlock(folder, "shirin", "a wholly new passphrase").close()
    assert (folder / COPY).read_bytes() == (folder / KEYS).read_bytes()


def run_dying(folder: Path, step: int, *, steps: str, work: str, imports: str = "") -> int:
    script = DYING.format(steps=steps, work=work, imports=imports)
    command = [sys.executable, "-c", script, str(folder), str(step)]
    return subprocess.run(command, env=ENVIRONMENT, check=False).returncode


def test_death_at_any_step_of_writing_leaves_the_old_or_the_new_keys(folder: Path, tmp_path: Path) -> None:
    old = keys.read_keys(folder / KEYS)
    opened = vault.unlock(folder, "shirin", PASSPHRASE)
    vault.change_passphrase(opened, opened.keys.of_user("shirin"), PASSPHRASE, "a wholly new passphrase", FLOOR)
    opened.close()
    new = keys.read_keys(folder / KEYS)
    (folder / KEYS).rename(tmp_path / "next")
    work = f"keys.write_keys(folder, keys.read_keys(Path({str(tmp_path / 'next')!r})))"
    found = []
    for step in range(30):
        keys.write_keys(folder, old)
        ended = run_dying(folder, step, steps="('open', 'fsync', 'replace')", work=work)
        found.append(keys.read_keys(folder / KEYS))
        assert found[-1] in (old, new)
        assert keys.read_keys(folder / COPY) in (old, new)
        if ended == 0:
            break
    assert found[0] == old
    assert found[-1] == new == keys.read_keys(folder / COPY)
    assert len(found) > (6 if sys.platform == "win32" else 8), "folders are not synced there"


def test_a_set_up_that_was_cut_short_begins_again(tmp_path: Path) -> None:
    work = f"vault.create_vault(folder, sign_in_name='shirin', passphrase={PASSPHRASE!r}, cost=keys.FLOOR)"
    for step in range(3):  # before each rename: the keys, their copy, the vault
        folder = tmp_path / str(step)
        imports = "from casedesk.storage import vault"
        assert run_dying(folder, step, steps="('replace',)", work=work, imports=imports) == 9
        assert not vault.vault_exists(folder)
        opened, _recovery, _slot = vault.create_vault(folder, sign_in_name="kamal", passphrase=PASSPHRASE, cost=FLOOR)
        opened.close()
        assert vault.vault_exists(folder)
        vault.unlock(folder, "kamal", PASSPHRASE).close()
        assert not list(folder.glob("*.new"))


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of a file there")
def test_a_disk_that_takes_no_more_leaves_the_old_keys(folder: Path) -> None:
    before = {name: (folder / name).read_bytes() for name in (KEYS, COPY)}
    script = """
import resource, sys
from pathlib import Path
from casedesk.errors import StorageFailed
from casedesk.storage import keys
folder = Path(sys.argv[1])
old = keys.read_keys(folder / keys.KEYS)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    keys.write_keys(folder, keys.KeysFile(old.store, old.slots[:1], old.seal))
except StorageFailed:
    sys.exit(7)
"""
    command = [sys.executable, "-c", script, str(folder)]
    assert subprocess.run(command, env=ENVIRONMENT, check=False).returncode == 7
    assert {name: (folder / name).read_bytes() for name in (KEYS, COPY)} == before
    assert not list(folder.glob("*.new"))


def test_a_folder_that_takes_no_writes_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageFailed):
        vault.create_vault(tmp_path / "file" / "store", sign_in_name="shirin", passphrase=PASSPHRASE, cost=FLOOR)
