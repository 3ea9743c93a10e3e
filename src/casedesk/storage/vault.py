"""The encrypted file: the one place that opens it, and it refuses rather than guesses (SYNC 3, SECURITY 4).

SQLCipher forgives too much: without a key it writes plaintext in silence, and an empty or missing file becomes
a new database. So nothing else connects, the file is looked at before and after, and every setting is made here.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

from sqlalchemy import URL, Connection, Dialect, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.util import LRUCache
from sqlcipher3 import dbapi2 as sqlcipher

from casedesk import machine
from casedesk.errors import CaseDeskError, StorageFull
from casedesk.i18n import _
from casedesk.storage import keys
from casedesk.storage.keys import FLOOR, Cost, Finding, KeysFile, Kind, Slot
from casedesk.storage.recovery_key import RecoveryKey, WrongRecoveryKey, new_recovery_key, read_recovery_key
from casedesk.storage.tries import MustWait, Tries

VAULT: Final = "vault.db"
LOCK: Final = "vault.lock"
UNFINISHED: Final = "vault.db.new"
APPLICATION_ID: Final = 0x43446573  # "CDes"
_VERSION: Final = 1
_PAGE: Final = 4096
_PLAINTEXT: Final = b"SQLite format 3\x00"
_OLDEST_SQLITE: Final = (3, 51, 3)  # earlier write-ahead logs can damage a database that two connections write
_BUSY_SECONDS: Final = 5.0
_POOL_SECONDS: Final = 60.0
_READERS: Final = 4
_STATEMENTS: Final = 2000  # that are kept compiled

_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "fullfsync = ON",
    "checkpoint_fullfsync = ON",
    "secure_delete = ON",
    "temp_store = MEMORY",
    "foreign_keys = ON",
    "cache_size = -8192",  # KiB for each connection
    "mmap_size = 0",
    "trusted_schema = OFF",
    "cell_size_check = ON",
)
# For a file that nobody else opens yet, and that whoever makes it syncs whole.
_ALONE: Final = ("journal_mode = OFF", "synchronous = OFF", *_PRAGMAS[4:])


class VaultMissing(CaseDeskError):
    """There is no vault in the folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            _("There is no vault in the folder {folder}.").format(folder=folder.absolute()),
            hint=_("Nothing was created. Choose another folder, or restore a backup."),
        )


class VaultExists(CaseDeskError):
    """A vault would have been made where one is."""

    def __init__(self) -> None:
        super().__init__(
            _("There is a vault in this folder already."), hint=_("Nothing was changed. Open it, or choose another.")
        )


class VaultEmpty(CaseDeskError):
    """The file is there and has nothing in it."""

    def __init__(self) -> None:
        super().__init__(
            _("The vault file is empty."), hint=_("Nothing was changed. Restore the newest backup into a new folder.")
        )


class VaultPlaintext(CaseDeskError):
    """The file is a database that anybody can read."""

    def __init__(self) -> None:
        super().__init__(
            _("The vault file is not encrypted, so CaseDesk does not use it."),
            hint=_("Nothing was changed. Tell your coordinator: somebody replaced the file."),
        )


class VaultMismatch(CaseDeskError):
    """The keys are right, but not for this file: another centre's, or damaged in its first page."""

    def __init__(self) -> None:
        super().__init__(
            _("The vault and the keys file do not belong together, or the vault is damaged."),
            hint=_("Nothing was changed. Restore the newest backup."),
        )


class NewerVault(CaseDeskError):
    """A later version of the program wrote this vault."""

    def __init__(self) -> None:
        super().__init__(
            _("A newer version of CaseDesk made this vault."),
            hint=_("Nothing was changed. Use the newer version on this computer."),
        )


class AlreadyOpen(CaseDeskError):
    """Another CaseDesk works with this vault."""

    def __init__(self) -> None:
        super().__init__(
            _("CaseDesk is already open with this vault."),
            hint=_("Your work is safe there. Close the other window first."),
        )


class VaultUnreadable(CaseDeskError):
    """The system or the disk did not let us have the file."""

    def __init__(self) -> None:
        super().__init__(
            _("The vault file could not be read."),
            hint=_("Nothing was changed. Check the disk, then copy the folder to another one before you go on."),
        )


class WrongPlace(CaseDeskError):
    """The folder lies where a database is not safe."""

    def __init__(self, place: machine.Place) -> None:
        super().__init__(
            {
                "network": _("This folder is on a network share. A vault there can be damaged."),
                "removable": _("This folder is on a removable disk. A vault there can be damaged or lost."),
                "cloud": _("This folder is copied to the internet by another program."),
            }.get(place, ""),
            hint=_("Nothing was changed. Choose a folder on this computer’s own disk."),
        )


class EngineUnfit(CaseDeskError):
    """The database library on this computer does not encrypt, or has a known fault."""

    def __init__(self) -> None:
        super().__init__(
            _("This installation of CaseDesk cannot keep data safely."),
            hint=_("Nothing was opened. Install CaseDesk again."),
        )


@dataclass(eq=False, slots=True)
class Vault:
    """An open vault. `slot` tells who opened it; `finding` what was noticed about the keys file."""

    folder: Path
    slot: bytes
    finding: Finding
    reader: Engine
    writer: Engine
    keys: KeysFile = field(repr=False)
    _data_key: bytearray = field(repr=False)
    _database_key: bytearray = field(repr=False)
    _lock: IO[bytes] = field(repr=False)

    @property
    def store(self) -> bytes:
        """The id of this vault, 16 bytes."""
        return self.keys.store

    def subkey(self, purpose: bytes) -> bytearray:
        """The key for one purpose, such as `cdesk.backup.1`; wipe it after use."""
        return keys.subkey(self._data_key, purpose)

    def connection(self) -> Any:
        """A connection of one's own that reads, for work that holds one moment for long; close it."""
        return connect(self.folder / VAULT, self._database_key, query_only=True)

    def apart(self) -> Engine:
        """The same behind an engine, and with temporary tables; dispose of it."""
        return _engine(partial(connect, self.folder / VAULT, self._database_key), "BEGIN", 1)

    def data_key(self) -> bytes:
        """The key itself, for a process of ours that works beside this one; it goes through a pipe and nowhere else."""
        return bytes(self._data_key)

    def close(self) -> None:
        """Close every connection, forget the keys and let others in. Closing twice does no harm."""
        self.reader.dispose()
        self.writer.dispose()  # last: closing the last connection empties the write-ahead log
        keys.wipe(self._data_key)
        keys.wipe(self._database_key)
        self._lock.close()


class _Statements(NamedTuple):
    """How statements are written for the library, and those that were."""

    dialect: Dialect
    url: URL
    options: Mapping[str, Any]


def vault_exists(folder: Path) -> bool:
    """Whether somebody set up a vault here, whole or not; a set-up that was cut short does not count."""
    return (folder / VAULT).exists() or ((folder / keys.KEYS).exists() and not (folder / UNFINISHED).exists())


def must_open(folder: Path) -> None:
    """Refuse what can be told of a vault before a passphrase: none there, open elsewhere, in a wrong place, spoilt."""
    _openable(folder).close()
    if seconds := waiting(folder):
        raise MustWait(seconds)


def waiting(folder: Path) -> int:
    """Seconds until the next try to unlock, 0 if none."""
    return Tries(folder).waiting()


def create_vault(folder: Path, *, sign_in_name: str, passphrase: str, cost: Cost) -> tuple[Vault, RecoveryKey, bytes]:
    """Make an empty vault with its first user: the vault, its recovery key to be shown once, the user's slot."""
    _refuse_engine()
    _refuse_place(folder)
    try:
        machine.private_folder(folder)
        lock = _locked(folder)
    except OSError as error:
        raise keys.storage_error(error) from error
    data_key = bytearray(secrets.token_bytes(32))
    try:
        if vault_exists(folder):
            raise VaultExists
        store = secrets.token_bytes(16)
        _make_file(folder / UNFINISHED, data_key, store)
        recovery = new_recovery_key()
        user = _user_slot(store, data_key, sign_in_name, passphrase, cost)
        slots = (user, _recovery_slot(store, data_key, recovery))
        written = keys.sealed(KeysFile(store, slots), data_key)
        keys.write_keys(folder, written)
        (folder / UNFINISHED).replace(folder / VAULT)  # last: until then the set-up can begin again
        machine.sync_directory(folder)
        vault = _connected(folder, lock, keys.Opened(written, user, data_key, Finding.WHOLE))
    except BaseException as error:
        keys.wipe(data_key)
        lock.close()
        if isinstance(error, OSError):
            raise keys.storage_error(error) from error
        raise
    return vault, recovery, user.id


@contextmanager
def or_closed(opened: Vault) -> Iterator[None]:
    """The vault stays open only if all goes well."""
    try:
        yield
    except BaseException:
        opened.close()
        raise


def unlock(folder: Path, sign_in_name: str, passphrase: str) -> Vault:
    """Open the vault with a user's passphrase."""
    secret = keys.passphrase_bytes(passphrase)
    return _unlocked(folder, secret, lambda file: file.of_user(sign_in_name), keys.WrongPassphrase)


def unlock_with_recovery(folder: Path, recovery_text: str) -> Vault:
    """Open the vault with what is printed on the recovery sheet."""
    recovery = read_recovery_key(recovery_text)
    try:
        return _unlocked(folder, bytes(recovery.secret), KeysFile.of_recovery, WrongRecoveryKey)
    finally:
        recovery.wipe()


def open_known(folder: Path, file: KeysFile, slot: Slot, data_key: bytearray) -> Vault:
    """Open a vault whose data key is known already, as a restored backup; the key is wiped when it closes."""
    return _connected(folder, _locked(folder), keys.Opened(file, slot, data_key, Finding.WHOLE))


def open_copy(vault: Vault, folder: Path, file: KeysFile, slot: Slot) -> Vault:
    """Open another copy of this vault, such as a backup of it that was restored elsewhere."""
    return open_known(folder, file, slot, bytearray(vault._data_key))


def add_user_slot(vault: Vault, sign_in_name: str, passphrase: str, cost: Cost, *, slot_id: bytes = b"") -> bytes:
    """Let another user in; the new slot's id."""
    if vault.keys.of_user(sign_in_name) is not None:
        raise keys.SignInNameTaken
    slot = _user_slot(vault.store, vault._data_key, sign_in_name, passphrase, cost, slot_id=slot_id)
    _write(vault, (*vault.keys.slots, slot))
    return slot.id


def verify_passphrase(vault: Vault, slot: Slot | None, passphrase: str) -> Slot:
    """The slot, if the passphrase opens it. Raises WrongPassphrase, or MustWait after too many tries."""
    tries = Tries(vault.folder)
    tries.begin()
    opened = slot and keys.open_slot(vault.store, slot, keys.passphrase_bytes(passphrase))
    if slot is None or not opened:
        raise keys.WrongPassphrase
    keys.wipe(opened)
    tries.succeeded()
    return slot


def change_passphrase(vault: Vault, slot: Slot | None, old: str, new: str, cost: Cost) -> None:
    """Wrap the data key under a new passphrase; whoever asks must know the old one."""
    replace_user_slot(vault, verify_passphrase(vault, slot, old), new, cost)


def replace_user_slot(vault: Vault, old: Slot, passphrase: str, cost: Cost) -> None:
    """Give a user a new passphrase without the old one, as after recovery. Name and id of the slot stay."""
    secret = keys.passphrase_bytes(passphrase)
    new = keys.new_slot(vault.store, vault._data_key, secret, cost, name_tag=old.name_tag, slot_id=old.id)
    _write(vault, tuple(new if slot.id == old.id else slot for slot in vault.keys.slots))


def new_recovery(vault: Vault) -> RecoveryKey:
    """A new recovery key, to be shown once; the one before opens nothing any more."""
    recovery = new_recovery_key()
    replace_recovery(vault, recovery)
    return recovery


def replace_recovery(vault: Vault, recovery: RecoveryKey) -> None:
    """From now on this recovery key opens the vault, and the one before opens nothing any more."""
    others = tuple(slot for slot in vault.keys.slots if slot.kind is not Kind.RECOVERY)
    _write(vault, (*others, _recovery_slot(vault.store, vault._data_key, recovery)))


def remove_slot(vault: Vault, slot: bytes) -> None:
    """Let a user in no more; the last user stays."""
    left = tuple(other for other in vault.keys.slots if other.id != slot)
    if not any(other.kind is Kind.USER for other in left):
        raise keys.LastSlot
    _write(vault, left)


def close_to_users(vault: Vault) -> None:
    """Let nobody's passphrase open the vault any more; the recovery key still does."""
    _write(vault, tuple(each for each in vault.keys.slots if each.kind is not Kind.USER))


def _write(vault: Vault, slots: tuple[Slot, ...]) -> None:
    written = keys.sealed(replace(vault.keys, slots=slots), vault._data_key)
    keys.write_keys(vault.folder, written)
    vault.keys = written


def _user_slot(
    store: bytes, data_key: bytearray, sign_in_name: str, passphrase: str, cost: Cost, *, slot_id: bytes = b""
) -> Slot:
    tag = keys.name_tag(store, sign_in_name)
    return keys.new_slot(store, data_key, keys.passphrase_bytes(passphrase), cost, name_tag=tag, slot_id=slot_id)


def _recovery_slot(store: bytes, data_key: bytearray, recovery: RecoveryKey) -> Slot:
    # Nobody guesses 128 random bits, so the floor is as good as any cost.
    return keys.new_slot(store, data_key, bytes(recovery.secret), FLOOR)


def _unlocked(
    folder: Path,
    secret: bytes,
    wanted: Callable[[KeysFile], Slot | None],
    wrong: type[CaseDeskError],
) -> Vault:
    lock = _openable(folder)
    opened = None
    try:
        tries = Tries(folder)
        tries.begin()
        opened = keys.open_keys(folder, secret, wanted)
        if opened is None:
            raise wrong
        tries.succeeded()
        return _connected(folder, lock, opened)
    except BaseException:
        if opened is not None:
            keys.wipe(opened.data_key)
        lock.close()
        raise


def _openable(folder: Path) -> IO[bytes]:
    """The lock of a vault that the right passphrase opens, as far as can be told without it."""
    _refuse_engine()
    if not (folder / VAULT).exists():
        raise VaultMissing(folder)
    _refuse_place(folder)
    lock = _locked(folder)
    try:
        _refuse_file(folder / VAULT)
        keys.copies(folder)  # a keys file that nobody can use is not a wrong try
    except BaseException:
        lock.close()
        raise
    return lock


def open_beside(folder: Path, file: KeysFile, slot: bytes, data_key: bytearray, lock: IO[bytes]) -> Vault:
    """Open a vault that another process of ours holds the lock of, and handed the key of."""
    _refuse_engine()
    (found,) = [each for each in file.slots if each.id == slot]
    return _connected(folder, lock, keys.Opened(file, found, data_key, Finding.WHOLE))


def _locked(folder: Path) -> IO[bytes]:
    try:
        return machine.lock_file(folder / LOCK)
    except BlockingIOError:
        raise AlreadyOpen from None
    except OSError as error:
        refused = keys.storage_error(error)
        raise (refused if isinstance(refused, StorageFull) else VaultUnreadable()) from error


def _refuse_engine() -> None:
    if sqlcipher.sqlite_version_info < _OLDEST_SQLITE:
        raise EngineUnfit


def _refuse_place(folder: Path) -> None:
    place = machine.place_of(folder)
    if place != "here":
        raise WrongPlace(place)


def _refuse_file(path: Path) -> None:
    # Only while we hold the lock and no connection: closing a file gives up SQLite's own locks on it.
    try:
        with path.open("rb") as file:
            start = file.read(len(_PLAINTEXT))
    except OSError as error:
        raise VaultUnreadable from error
    if not start:
        raise VaultEmpty
    if start == _PLAINTEXT:
        raise VaultPlaintext
    if path.stat().st_size < _PAGE:  # SQLite takes a few bytes for an empty database, and would write a new one
        raise VaultMismatch


def _make_file(path: Path, data_key: bytearray, store: bytes) -> None:
    """Write a new encrypted database with nothing in it but what it is and whose."""
    for left_over in path.parent.glob(f"{path.name}*"):
        left_over.unlink()
    machine.private_file(path, "wb").close()
    key = keys.subkey(data_key, b"cdesk.db.1")
    try:
        connection = connect(path, key)
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute("CREATE TABLE vault (id BLOB NOT NULL, version INTEGER NOT NULL)")
            connection.execute("INSERT INTO vault (id, version) VALUES (?, ?)", (store, _VERSION))
            connection.execute("COMMIT")
            # The file gets its name without the log. Closing brings the log in too, but does not tell when it cannot.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlcipher.Error as error:
            raise told(error) from error
        finally:
            connection.close()
    finally:
        keys.wipe(key)
    _refuse_file(path)


def _connected(folder: Path, lock: IO[bytes], opened: keys.Opened) -> Vault:
    """The engines over a vault whose data key is known, after asking it whether it is the right one."""
    database_key = keys.subkey(opened.data_key, b"cdesk.db.1")
    made = partial(connect, folder / VAULT, database_key)
    vault = Vault(
        folder=folder,
        slot=opened.slot.id,
        finding=opened.finding,
        reader=_engine(partial(made, query_only=True), "BEGIN", _READERS),
        writer=_engine(made, "BEGIN IMMEDIATE", 1),
        keys=opened.keys,
        _data_key=opened.data_key,
        _database_key=database_key,
        _lock=lock,
    )
    with or_closed(vault):
        _refuse_other(vault)
    return vault


def _refuse_other(vault: Vault) -> None:
    """Refuse a database that opens with our key but is not this vault."""
    with _readable(vault.reader) as connection:
        if connection.exec_driver_sql("PRAGMA application_id").scalar_one() != APPLICATION_ID:
            raise VaultMismatch
        if not connection.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE name = 'vault'").scalar_one():
            raise VaultMismatch
        found = connection.exec_driver_sql("SELECT id, version FROM vault").all()
    if len(found) != 1 or found[0].id != vault.store:
        raise VaultMismatch
    if found[0].version > _VERSION:
        raise NewerVault


@contextmanager
def _readable(engine: Engine) -> Iterator[Connection]:
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise told(error.orig) from error


def _engine(connect: Callable[[], Any], begin: str, most: int) -> Engine:
    """Connections that any thread may borrow, at most `most` at a time, each transaction begun by us."""
    known = _statements()
    pool = QueuePool(connect, pool_size=most, max_overflow=0, timeout=_POOL_SECONDS, dialect=known.dialect)
    engine = Engine(pool, known.dialect, known.url, hide_parameters=True, execution_options=known.options)

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


@cache
def _statements() -> _Statements:
    """Each statement is compiled once, not anew for whoever reads, writes or looks apart, nor for the next vault.

    The library is asked what it can in memory, where there is nothing to read.
    """
    asked = create_engine("sqlite://", module=sqlcipher)
    with asked.connect():
        pass
    asked.dispose()
    return _Statements(asked.dialect, asked.url, {"compiled_cache": LRUCache(_STATEMENTS)})


def connect(path: Path, key: bytearray, *, query_only: bool = False, alone: bool = False) -> Any:
    """One connection: key first, then proof that the key fits and that the library encrypts, then the settings.

    `alone` is for a file that nobody else opens and that its maker syncs whole.
    """
    try:
        connection = sqlcipher.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
    except sqlcipher.Error as error:
        raise VaultUnreadable from error
    try:
        connection.execute("PRAGMA cipher_log_level = NONE")  # otherwise a wrong key is told to standard error
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        if connection.execute("PRAGMA cipher_version").fetchone() is None:
            raise EngineUnfit
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        for pragma in _ALONE if alone else _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        if connection.execute("PRAGMA journal_mode").fetchone() != ("off" if alone else "wal",):
            raise VaultUnreadable
        connection.execute(f"PRAGMA query_only = {'ON' if query_only else 'OFF'}")
    except sqlcipher.Error as error:
        connection.close()
        raise told(error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def told(error: Any) -> CaseDeskError:
    """What SQLite's error means to a person."""
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:  # copying pages tells none
        case sqlcipher.SQLITE_NOTADB | sqlcipher.SQLITE_CORRUPT:  # what a page is called that does not decrypt
            return VaultMismatch()
        case sqlcipher.SQLITE_FULL:
            return StorageFull()
    return VaultUnreadable()
