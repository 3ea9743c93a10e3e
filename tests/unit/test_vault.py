"""Opening the encrypted file, and refusing to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, TextClause, text
from sqlalchemy.exc import OperationalError
from sqlcipher3 import dbapi2 as sqlcipher

from casedesk import machine
from casedesk.storage import keys, vault
from casedesk.storage.keys import FLOOR
from casedesk.storage.recovery_key import RecoveryGroupWrong, WrongRecoveryKey
from casedesk.storage.tries import TRIES, MustWait
from casedesk.storage.vault import Vault, create_vault, unlock, unlock_with_recovery
from tests.support.rights import others_may

PASSPHRASE = "copper lake seven trains"
MARKER = "রহিমা খাতুন marker"


@dataclass(frozen=True)
class Made:
    """A vault that was made and closed; each test copies it."""

    folder: Path
    recovery: str
    slot: bytes


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("made") / "store"
    opened, recovery, slot = create_vault(folder, sign_in_name="shirin", passphrase=PASSPHRASE, cost=FLOOR)
    opened.close()
    return Made(folder, recovery.text, slot)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other") / "store"
    create_vault(folder, sign_in_name="shirin", passphrase=PASSPHRASE, cost=FLOOR)[0].close()
    return folder


@pytest.fixture
def folder(made: Made, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made.folder, tmp_path / "store"))


@pytest.fixture
def opened(folder: Path) -> Iterator[Vault]:
    found = unlock(folder, "shirin", PASSPHRASE)
    yield found
    found.close()


def ask(engine: Engine, question: str) -> object:
    with engine.connect() as connection:
        return connection.execute(text(question)).scalar()


def test_the_passphrase_opens_and_tells_whose_slot_it_was(made: Made, opened: Vault) -> None:
    assert opened.slot == made.slot
    assert opened.finding is keys.Finding.WHOLE
    assert ask(opened.reader, "SELECT id FROM vault") == opened.store


def test_the_recovery_key_opens_and_gives_a_new_passphrase(made: Made, folder: Path) -> None:
    opened = unlock_with_recovery(folder, made.recovery.lower().replace("-", " "))
    slot = opened.keys.of_user("Shirin")
    assert slot is not None
    vault.replace_user_slot(opened, slot, "a wholly new passphrase", FLOOR)
    slot = opened.keys.of_user("shirin")
    assert slot is not None
    assert slot.id == made.slot
    opened.close()
    unlock(folder, "shirin", "a wholly new passphrase").close()
    with pytest.raises(keys.WrongPassphrase):
        unlock(folder, "shirin", PASSPHRASE)


def test_a_new_recovery_key_ends_the_old_one(made: Made, folder: Path, opened: Vault) -> None:
    new = vault.new_recovery(opened).text
    opened.close()
    with pytest.raises(WrongRecoveryKey):
        unlock_with_recovery(folder, made.recovery)
    unlock_with_recovery(folder, new).close()


def test_a_second_user_comes_and_goes(made: Made, folder: Path, opened: Vault) -> None:
    slot = vault.add_user_slot(opened, "Kamal", "quiet green river stones", FLOOR)
    with pytest.raises(keys.SignInNameTaken):
        vault.add_user_slot(opened, "kamal ", "another long passphrase", FLOOR)
    opened.close()
    second = unlock(folder, "kamal", "quiet green river stones")
    assert second.slot == slot
    vault.remove_slot(second, slot)
    with pytest.raises(keys.LastSlot):
        vault.remove_slot(second, made.slot)
    second.close()
    with pytest.raises(keys.WrongPassphrase):
        unlock(folder, "kamal", "quiet green river stones")


def test_changing_a_passphrase_needs_the_old_one_and_leaves_the_database_alone(made: Made, opened: Vault) -> None:
    before = (opened.folder / vault.VAULT).read_bytes()
    slot = opened.keys.of_user("shirin")
    with pytest.raises(keys.WrongPassphrase):
        vault.change_passphrase(
            opened, opened.keys.of_user("shirin"), "not the old one at all", "a wholly new passphrase", FLOOR
        )
    vault.change_passphrase(opened, slot, PASSPHRASE, "a wholly new passphrase", FLOOR)
    opened.close()
    assert (opened.folder / vault.VAULT).read_bytes() == before
    again = unlock(opened.folder, "shirin", "a wholly new passphrase")
    assert again.slot == made.slot
    again.close()


def test_wrong_passphrase_and_unknown_name_cannot_be_told_apart(folder: Path) -> None:
    said = []
    for name, passphrase in (("shirin", "not this one at all"), ("nobody", PASSPHRASE)):
        with pytest.raises(keys.WrongPassphrase) as refused:
            unlock(folder, name, passphrase)
        said.append((refused.value.message, refused.value.hint))
    assert said[0] == said[1]


def test_the_third_wrong_try_makes_even_the_right_passphrase_wait(folder: Path) -> None:
    for _try in range(3):
        with pytest.raises(keys.WrongPassphrase):
            unlock(folder, "shirin", "not this one at all")
    assert vault.waiting(folder) in (1, 2)
    with pytest.raises(MustWait):
        unlock(folder, "shirin", PASSPHRASE)


def test_success_ends_the_waiting(folder: Path) -> None:
    with pytest.raises(keys.WrongPassphrase):
        unlock(folder, "shirin", "not this one at all")
    unlock(folder, "shirin", PASSPHRASE).close()
    assert not (folder / TRIES).exists()


def test_a_typing_error_in_the_recovery_key_is_not_a_try(made: Made, folder: Path) -> None:
    with pytest.raises(RecoveryGroupWrong):
        unlock_with_recovery(folder, "#" + made.recovery[1:])
    assert not (folder / TRIES).exists()


def test_nothing_written_can_be_read_from_the_files(folder: Path, opened: Vault) -> None:
    with opened.writer.begin() as connection:
        connection.execute(text("CREATE TABLE t (name TEXT)"))
        connection.execute(text("INSERT INTO t VALUES (:name)"), {"name": MARKER})
    files = list(folder.iterdir())
    assert {vault.VAULT, f"{vault.VAULT}-wal"} <= {path.name for path in files}
    for path in files:
        assert not others_may(path), path.name
        for encoding in ("utf-8", "utf-16-le"):
            assert MARKER.encode(encoding) not in path.read_bytes()
    opened.close()
    assert not (folder / vault.VAULT).read_bytes().startswith(b"SQLite format 3")


def test_every_connection_has_the_settings(opened: Vault) -> None:
    for engine, query_only in ((opened.reader, 1), (opened.writer, 0)):
        wanted = {
            "journal_mode": "wal",
            "synchronous": 2,
            "secure_delete": 1,
            "temp_store": 2,
            "foreign_keys": 1,
            "mmap_size": 0,
            "trusted_schema": 0,
            "cell_size_check": 1,
            "fullfsync": 1,
            "checkpoint_fullfsync": 1,
            "busy_timeout": 5000,
            "query_only": query_only,
            "cipher_log_level": "NONE",
            "application_id": vault.APPLICATION_ID,
        }
        assert {name: ask(engine, f"PRAGMA {name}") for name in wanted} == wanted
        assert ask(engine, "PRAGMA cipher_version")
        with pytest.raises(OperationalError, match="not authorized"):
            ask(engine, "SELECT load_extension('x')")


def test_a_reader_cannot_write(opened: Vault) -> None:
    with pytest.raises(OperationalError, match="readonly"), opened.reader.begin() as connection:
        connection.execute(text("UPDATE vault SET version = 2"))


def test_an_error_does_not_show_what_was_written(opened: Vault) -> None:
    with pytest.raises(OperationalError) as failed, opened.writer.begin() as connection:
        connection.execute(text("INSERT INTO missing VALUES (:name)"), {"name": MARKER})
    assert MARKER not in str(failed.value)


def test_a_read_sees_one_state_while_another_thread_writes(opened: Vault) -> None:
    def write() -> None:
        with opened.writer.begin() as connection:
            connection.execute(text("CREATE TABLE later (id INTEGER)"))

    count = text("SELECT count(*) FROM sqlite_master")
    with opened.reader.connect() as connection:
        before = connection.execute(count).scalar_one()
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        assert connection.execute(count).scalar_one() == before
    assert ask(opened.reader, "SELECT count(*) FROM sqlite_master") == before + 1


def test_a_failed_write_is_rolled_back(opened: Vault) -> None:
    def fail() -> None:
        with opened.writer.begin() as connection:
            connection.execute(text("CREATE TABLE half (id INTEGER)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert ask(opened.reader, "SELECT count(*) FROM sqlite_master WHERE name = 'half'") == 0


def test_closing_forgets_the_keys_and_no_connection_comes_after(opened: Vault) -> None:
    opened.close()
    opened.close()
    assert opened.subkey(b"cdesk.db.1") == keys.subkey(bytes(32), b"cdesk.db.1")
    with pytest.raises(vault.VaultMismatch):
        ask(opened.reader, "SELECT 1")


def test_a_vault_shows_no_key(opened: Vault) -> None:
    assert "bytearray" not in repr(opened)
    assert opened._database_key.hex() not in repr(opened)


def test_a_vault_opens_once(folder: Path, opened: Vault) -> None:
    with pytest.raises(vault.AlreadyOpen):
        unlock(folder, "shirin", PASSPHRASE)
    with pytest.raises(vault.AlreadyOpen):
        create_vault(folder, sign_in_name="shirin", passphrase=PASSPHRASE, cost=FLOOR)
    opened.close()
    unlock(folder, "shirin", PASSPHRASE).close()


def test_the_lock_dies_with_its_process(folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from casedesk.storage.vault import unlock\n"
        "v = unlock(Path(sys.argv[1]), 'shirin', sys.argv[2]); print('open', flush=True); sys.stdin.read()"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script, str(folder), PASSPHRASE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == b"open"
        with pytest.raises(vault.AlreadyOpen):
            unlock(folder, "shirin", PASSPHRASE)
        child.kill()
    unlock(folder, "shirin", PASSPHRASE).close()


def test_no_vault_is_made_by_looking_for_one(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(vault.VaultMissing):
            unlock(place, "shirin", PASSPHRASE)
        assert not vault.vault_exists(place)
    assert list(tmp_path.iterdir()) == []


def test_a_vault_is_not_made_over_another(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(vault.VaultExists):
        create_vault(folder, sign_in_name="kamal", passphrase=PASSPHRASE, cost=FLOOR)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    (folder / vault.VAULT).unlink()  # a lost vault is not a set-up cut short: its keys may be needed for a backup
    with pytest.raises(vault.VaultExists):
        create_vault(folder, sign_in_name="kamal", passphrase=PASSPHRASE, cost=FLOOR)
    with pytest.raises(vault.VaultMissing):
        unlock(folder, "shirin", PASSPHRASE)


def test_an_empty_vault_is_refused_and_stays_empty(folder: Path) -> None:
    (folder / vault.VAULT).write_bytes(b"")
    with pytest.raises(vault.VaultEmpty):
        unlock(folder, "shirin", PASSPHRASE)
    assert (folder / vault.VAULT).read_bytes() == b""


def test_a_plaintext_vault_is_refused(folder: Path) -> None:
    (folder / vault.VAULT).unlink()
    plain = sqlcipher.connect(str(folder / vault.VAULT))
    plain.execute("CREATE TABLE vault (id BLOB, version INTEGER)")
    plain.commit()
    plain.close()
    with pytest.raises(vault.VaultPlaintext):
        unlock(folder, "shirin", PASSPHRASE)


@pytest.mark.parametrize("size", [1, 15, 16, 100, 4095, 4096, 5000])
def test_a_cut_vault_is_refused(folder: Path, size: int) -> None:
    data = (folder / vault.VAULT).read_bytes()[:size]
    (folder / vault.VAULT).write_bytes(data)
    with pytest.raises((vault.VaultMismatch, vault.VaultUnreadable)):
        unlock(folder, "shirin", PASSPHRASE)
    assert (folder / vault.VAULT).read_bytes() == data


def test_the_vault_of_another_centre_is_refused_in_silence(
    folder: Path, other: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(other / vault.VAULT, folder / vault.VAULT)
    with pytest.raises(vault.VaultMismatch):
        unlock(folder, "shirin", PASSPHRASE)
    assert (folder / vault.VAULT).read_bytes() == (other / vault.VAULT).read_bytes()
    assert capfd.readouterr() == ("", "")


def test_a_vault_that_says_it_is_another_is_refused(folder: Path, opened: Vault) -> None:
    with opened.writer.begin() as connection:
        connection.execute(text("UPDATE vault SET id = zeroblob(16)"))
    opened.close()
    with pytest.raises(vault.VaultMismatch):
        unlock(folder, "shirin", PASSPHRASE)


@pytest.mark.parametrize("change", ["DROP TABLE vault", "DELETE FROM vault", "PRAGMA application_id = 7"])
def test_a_database_that_is_no_vault_is_refused(folder: Path, opened: Vault, change: str) -> None:
    with opened.writer.begin() as connection:
        connection.execute(text(change))
    opened.close()
    with pytest.raises(vault.VaultMismatch):
        unlock(folder, "shirin", PASSPHRASE)


def test_a_newer_vault_is_refused(folder: Path, opened: Vault) -> None:
    with opened.writer.begin() as connection:
        connection.execute(text("UPDATE vault SET version = 2"))
    opened.close()
    with pytest.raises(vault.NewerVault):
        unlock(folder, "shirin", PASSPHRASE)


def test_a_statement_is_compiled_once_for_every_vault_and_every_way_in(made: Made, tmp_path: Path) -> None:
    compiled = 0

    class Told(TextClause):
        inherit_cache = True

        def _compiler(self, *how: Any, **more: Any) -> Any:
            nonlocal compiled
            compiled += 1
            return super()._compiler(*how, **more)

    for name in ("one", "two"):
        opened = unlock(Path(shutil.copytree(made.folder, tmp_path / name)), "shirin", PASSPHRASE)
        for engine in (opened.reader, opened.writer, apart := opened.apart()):
            with engine.connect() as connection:
                assert connection.execute(Told("SELECT id FROM vault")).scalar_one() == opened.store
        apart.dispose()
        opened.close()
    assert compiled == 1


def test_a_cloud_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "Dropbox" / "store"
    with pytest.raises(vault.WrongPlace):
        create_vault(folder, sign_in_name="shirin", passphrase=PASSPHRASE, cost=FLOOR)
    assert not folder.exists()


def test_a_folder_with_any_name_will_do(made: Made, tmp_path: Path) -> None:
    mark = "" if sys.platform == "win32" else "?"  # which no name there may hold
    folder = tmp_path / f"ঢাকা {mark}a=b#c %20 'store'"
    shutil.copytree(made.folder, folder)
    unlock(folder, "shirin", PASSPHRASE).close()


def test_the_folder_is_its_owners_alone(made: Made) -> None:
    assert not others_may(made.folder)


def test_a_fresh_process_keeps_its_number_and_forgets_the_rest() -> None:
    second = "import os; print(os.getpid())"
    first = (
        "import os, sys; from casedesk import machine; machine.no_core_dumps(); print(os.getpid())\n"
        f"machine.replace_process([sys.executable, '-c', {second!r}])"
    )
    command = [sys.executable, "-c", first]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()
    assert len(said) == 2
    assert (said[0] == said[1]) == (sys.platform != "win32")  # there nothing can keep it


def test_a_folder_is_placed_by_the_mount_that_holds_it() -> None:
    table = (
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "30 22 0:50 / /mnt/office\\040share rw - cifs //server/share rw\n"
        "31 22 8:17 / /media rw shared:1 - vfat /dev/sdb1 rw\n"
    )
    assert machine.mount_of(Path("/mnt/office share/store"), table) == ("/mnt/office share", "0:50", "cifs")
    assert machine.mount_of(Path("/media/store"), table) == ("/media", "8:17", "vfat")
    assert machine.mount_of(Path("/mnt/office"), table) == ("/", "8:1", "ext4")
