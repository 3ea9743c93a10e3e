"""The keys file: who can open the vault, and how (SYNC 3, SECURITY 3).

Each slot holds the same 32 random bytes, the data key, wrapped under what one passphrase or the recovery key
gives. The file lies there twice. Only its first copy rules: the second is asked when the first is missing or
damaged, and then both are written again. The seal over all slots, keyed by the data key, tells which is whole.
"""

from __future__ import annotations

import contextlib
import errno
import hmac
import json
import os
import secrets
import struct
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id

from casedesk import machine
from casedesk.errors import CaseDeskError, StorageFailed, StorageFull
from casedesk.formats import quoted, visible
from casedesk.i18n import N_, _

KEYS: Final = "vault.keys"
COPY: Final = "vault.keys.bak"
_VERSION: Final = 1
LARGEST_FILE: Final = 256 * 1024
_KEY_SIZE: Final = 32
_SALT_SIZE: Final = 16
_NONCE_SIZE: Final = 24
_WRAPPED_SIZE: Final = _KEY_SIZE + 16
_ID_SIZE: Final = 8
_STORE_SIZE: Final = 16


class KeysMissing(CaseDeskError):
    """Neither copy of the keys file is there."""

    def __init__(self) -> None:
        super().__init__(
            _("The keys file is missing."),
            hint=_("The vault is untouched. Restore the newest backup."),
        )


class KeysDamaged(CaseDeskError):
    """Neither copy of the keys file can be read as one."""

    def __init__(self) -> None:
        super().__init__(
            _("The keys file is damaged."),
            hint=_("The vault is untouched. Restore the newest backup."),
        )


class KeysWeakened(CaseDeskError):
    """A slot asks for less work than the floor: somebody wants passphrases to be guessed faster."""

    def __init__(self) -> None:
        super().__init__(
            _("The keys file was changed so that passphrases are easier to guess."),
            hint=_("Nothing was opened. Tell your coordinator, then restore the newest backup."),
        )


class KeysAbsurd(CaseDeskError):
    """A slot asks for more work than any laptop should do: somebody wants it to hang."""

    def __init__(self) -> None:
        super().__init__(
            _("The keys file was changed so that opening it would take too long."),
            hint=_("Nothing was opened. Tell your coordinator, then restore the newest backup."),
        )


class KeysNewer(CaseDeskError):
    """A later version of the program wrote the keys file."""

    def __init__(self) -> None:
        super().__init__(
            _("A newer version of CaseDesk made this keys file."),
            hint=_("Nothing was changed. Use the newer version on this computer."),
        )


class WrongPassphrase(CaseDeskError):
    """Name and passphrase do not belong together; which of the two is wrong is not told."""

    def __init__(self, name: str = "") -> None:
        words = _("The name “{name}” and the passphrase given for it do not belong together. Try again.")
        super().__init__(
            words.format(name=visible(quoted(name))) if name else _("That did not match. Try again."),
            hint=_("Nothing is lost. Look at Caps Lock and the keyboard language."),
        )


class SignInNameTaken(CaseDeskError):
    """Another user of this vault signs in with this name."""

    def __init__(self) -> None:
        super().__init__(_("This sign-in name is already in use."), hint=_("Nothing was changed. Choose another name."))


class SignInNameUnknown(CaseDeskError):
    """Somebody who is inside already named a user who is not there."""

    def __init__(self) -> None:
        super().__init__(
            _("Nobody here signs in with this name."), hint=_("Nothing was changed. Look at the spelling.")
        )


class LastSlot(CaseDeskError):
    """Without this slot no passphrase would open the vault."""

    def __init__(self) -> None:
        super().__init__(
            _("This is the only user who can sign in."), hint=_("Nothing was changed. Add another user first.")
        )


@dataclass(frozen=True, slots=True)
class Cost:
    """How much work a guess is: memory and passes of Argon2id."""

    mem_kib: int
    passes: int


FLOOR: Final = Cost(64 * 1024, 3)
CEILING: Final = Cost(1024 * 1024, 20)
_MOST_SECONDS: Final = 1.2
_STEPS_MIB: Final = (96, 128, 192, 256, 384, 512)


def derive(secret: bytes, salt: bytes, cost: Cost, size: int = _KEY_SIZE) -> bytearray:
    """Argon2id with one lane."""
    return bytearray(argon2id.kdf(size, secret, salt, opslimit=cost.passes, memlimit=cost.mem_kib * 1024))


def subkey(data_key: bytes | bytearray, purpose: bytes) -> bytearray:
    """The key for one purpose, such as `cdesk.db.1`; one says nothing about another."""
    return bytearray(blake2b(digest_size=_KEY_SIZE, key=data_key, person=purpose).digest())


def wipe(key: bytearray) -> None:
    """Overwrite a key with zeros."""
    key[:] = bytes(len(key))


def seal(key: bytearray, plain: bytes, context: bytes) -> bytes:
    """Seal something for whoever has the key; it opens for the same context alone. The key is wiped."""
    nonce = secrets.token_bytes(_NONCE_SIZE)
    try:
        return nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(plain, context, nonce, bytes(key))
    finally:
        wipe(key)


def unseal(key: bytearray, sealed: bytes, context: bytes) -> bytes | None:
    """What was sealed, or None if it is not as it was or the key is another. The key is wiped."""
    nonce, locked = sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:]
    try:
        return bytes(crypto_aead_xchacha20poly1305_ietf_decrypt(locked, context, nonce, bytes(key)))
    except (CryptoError, ValueError):
        return None
    finally:
        wipe(key)


def measured_cost(
    seconds: Callable[[Cost], float] | None = None, memory: Callable[[], int] = machine.total_memory
) -> Cost:
    """The most memory this computer gets through in 1.2 s, within 512 MiB and a quarter of what it has."""
    took = seconds or _seconds
    best = FLOOR
    for mib in _STEPS_MIB:
        cost = Cost(mib * 1024, FLOOR.passes)
        if cost.mem_kib * 1024 > memory() // 4 or took(cost) > _MOST_SECONDS:
            break
        best = cost
    return best


def _seconds(cost: Cost) -> float:
    begun = time.perf_counter()
    derive(b"how long does it take", bytes(_SALT_SIZE), cost)
    return time.perf_counter() - begun


class Kind(StrEnum):
    """Who a slot is for. The shape of a slot follows its kind."""

    USER = "user"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class Slot:
    """The data key, wrapped for one user or for the recovery key, which has no name tag."""

    id: bytes
    kind: Kind
    name_tag: bytes
    cost: Cost
    salt: bytes
    nonce: bytes
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class KeysFile:
    """What the keys file says."""

    store: bytes
    slots: tuple[Slot, ...]
    seal: bytes = b""

    def of_user(self, sign_in_name: str) -> Slot | None:
        tag = name_tag(self.store, sign_in_name)
        return next((slot for slot in self.slots if slot.kind is Kind.USER and slot.name_tag == tag), None)

    def of_recovery(self) -> Slot | None:
        return next((slot for slot in self.slots if slot.kind is Kind.RECOVERY), None)


def name_tag(store: bytes, sign_in_name: str) -> bytes:
    """A short hash of who signs in where, so that the file is no list of staff."""
    name = " ".join(unicodedata.normalize("NFC", sign_in_name).casefold().split())
    name = unicodedata.normalize("NFC", name)
    return blake2b(name.encode(), digest_size=_ID_SIZE, key=store, person=b"cdesk.name.1").digest()


def slot_for(store: bytes, user: bytes) -> bytes:
    """The id of the slot of a user who was added at another computer, and has one in that vault, too."""
    return blake2b(user, digest_size=_ID_SIZE, key=store, person=b"cdesk.guest.1").digest()


def passphrase_bytes(passphrase: str) -> bytes:
    """One passphrase gives the same bytes on every keyboard."""
    return unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")


def new_slot(
    store: bytes, data_key: bytearray, secret: bytes, cost: Cost, *, name_tag: bytes = b"", slot_id: bytes = b""
) -> Slot:
    """Wrap the data key for a user, or for the recovery key when there is no name tag."""
    bare = Slot(
        id=slot_id or secrets.token_bytes(_ID_SIZE),
        kind=Kind.USER if name_tag else Kind.RECOVERY,
        name_tag=name_tag,
        cost=cost,
        salt=secrets.token_bytes(_SALT_SIZE),
        nonce=secrets.token_bytes(_NONCE_SIZE),
        wrapped=b"",
    )
    key = derive(secret, bare.salt, cost)
    try:
        wrapped = crypto_aead_xchacha20poly1305_ietf_encrypt(
            bytes(data_key), _bound(store, bare), bare.nonce, bytes(key)
        )
    finally:
        wipe(key)
    return replace(bare, wrapped=wrapped)


def open_slot(store: bytes, slot: Slot, secret: bytes) -> bytearray | None:
    """The data key, if this secret wrapped it."""
    key = derive(secret, slot.salt, slot.cost)
    try:
        return bytearray(
            crypto_aead_xchacha20poly1305_ietf_decrypt(slot.wrapped, _bound(store, slot), slot.nonce, bytes(key))
        )
    except CryptoError:
        return None
    finally:
        wipe(key)


def sealed(keys: KeysFile, data_key: bytearray) -> KeysFile:
    """The same keys, bound together so that a slot cannot come, go or change from outside unseen."""
    return replace(keys, seal=_seal(keys, data_key))


def seal_holds(keys: KeysFile, data_key: bytearray) -> bool:
    return hmac.compare_digest(keys.seal, _seal(keys, data_key))


def write_keys(folder: Path, keys: KeysFile) -> None:
    """Write both copies whole. After a crash at any moment the old or the new keys are there."""
    data = written(keys)
    new = {folder / name: folder / f"{name}.new" for name in (KEYS, COPY)}
    try:
        for temporary in new.values():  # both before the first rename, so that a full disk leaves everything as it was
            with machine.private_file(temporary, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for path, temporary in new.items():
            temporary.replace(path)
            machine.sync_directory(folder)
    except OSError as error:
        for temporary in new.values():
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        raise storage_error(error) from error


def storage_error(error: OSError) -> CaseDeskError:
    """What to tell a person when the disk did not take a write."""
    return StorageFull() if error.errno in (errno.ENOSPC, errno.EDQUOT) else StorageFailed()


def read_keys(path: Path) -> KeysFile:
    """One copy of the keys file, or the reason why it will not be used."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise KeysMissing from None
    except OSError:
        raise KeysDamaged from None
    return keys_of(data)


def keys_of(data: bytes) -> KeysFile:
    """What the bytes of a keys file say, or the reason why it will not be used."""
    try:
        document = json.loads(data.decode("ascii"))
        if document["version"] > _VERSION:
            raise KeysNewer
        keys = _read(document)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise KeysDamaged from None
    if written(keys) != data:  # one way to write it: whatever else says the same was not written by us
        raise KeysDamaged
    return keys


def _bound(store: bytes, slot: Slot) -> bytes:
    """What a wrapped key is bound to: it opens in this store, this slot, this kind and at this cost alone."""
    kind = slot.kind.encode()
    cost = struct.pack("<IIB", slot.cost.mem_kib, slot.cost.passes, 1)
    return b"cdesk.slot.1" + store + slot.id + bytes([len(kind)]) + kind + b"\x08argon2id" + cost + slot.salt


def _seal(keys: KeysFile, data_key: bytearray) -> bytes:
    key = subkey(data_key, b"cdesk.keys.1")
    try:
        return blake2b(written(replace(keys, seal=b"")), digest_size=16, key=key, person=b"cdesk.seal.1").digest()
    finally:
        wipe(key)


def written(keys: KeysFile) -> bytes:
    """The bytes of a keys file."""
    document = {
        "version": _VERSION,
        "store": keys.store.hex(),
        "slots": [_slot_written(slot) for slot in keys.slots],
        "seal": keys.seal.hex(),
    }
    return json.dumps(document, indent=1).encode("ascii") + b"\n"


def _slot_written(slot: Slot) -> dict[str, object]:
    return {
        "slot": slot.id.hex(),
        "kind": slot.kind.value,
        **({"name_tag": slot.name_tag.hex()} if slot.kind is Kind.USER else {}),
        "kdf": {
            "alg": "argon2id",
            "mem_kib": slot.cost.mem_kib,
            "passes": slot.cost.passes,
            "lanes": 1,
            "salt": slot.salt.hex(),
        },
        "nonce": slot.nonce.hex(),
        "wrapped": slot.wrapped.hex(),
    }


def _read(document: dict[str, Any]) -> KeysFile:
    slots = tuple(_read_slot(slot) for slot in document["slots"])
    tags = [slot.name_tag for slot in slots]  # the recovery slot's is empty, so this also allows only one of it
    if len(set(tags)) < len(tags) or len({slot.id for slot in slots}) < len(slots):
        raise ValueError("two slots for one")
    return KeysFile(_bytes(document["store"], _STORE_SIZE), slots, _bytes(document["seal"], 16))


def _read_slot(slot: dict[str, Any]) -> Slot:
    kind = Kind(slot["kind"])
    kdf = slot["kdf"]
    return Slot(
        id=_bytes(slot["slot"], _ID_SIZE),
        kind=kind,
        name_tag=_bytes(slot["name_tag"], _ID_SIZE) if kind is Kind.USER else b"",
        cost=_sane(kdf["mem_kib"], kdf["passes"]),
        salt=_bytes(kdf["salt"], _SALT_SIZE),
        nonce=_bytes(slot["nonce"], _NONCE_SIZE),
        wrapped=_bytes(slot["wrapped"], _WRAPPED_SIZE),
    )


def _sane(mem_kib: object, passes: object) -> Cost:
    if not isinstance(mem_kib, int) or not isinstance(passes, int):
        raise TypeError("cost")
    if mem_kib < FLOOR.mem_kib or passes < FLOOR.passes:
        raise KeysWeakened
    if mem_kib > CEILING.mem_kib or passes > CEILING.passes:
        raise KeysAbsurd
    return Cost(mem_kib, passes)


def _bytes(text: str, size: int) -> bytes:
    value = bytes.fromhex(text)
    if len(value) != size:
        raise ValueError("length")
    return value


class Finding(Enum):
    """What was noticed about the keys file while opening, in words for the person who opened it."""

    WHOLE = ""
    MENDED = N_("The keys file was damaged. Its second copy was used, and both are whole again.")
    CHANGED = N_("The keys file was changed outside CaseDesk. Look who can sign in, and tell your coordinator.")
    WAYS_IN = N_(
        "What opens this computer changed while CaseDesk was closed: an older keys file may have been put back. "
        "The audit trail says what came or went. Look who can sign in, and tell your coordinator."
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """The data key, by which slot it came, and the keys that hold from now on."""

    keys: KeysFile
    slot: Slot
    data_key: bytearray = field(repr=False)
    finding: Finding


def open_keys(folder: Path, secret: bytes, wanted: Callable[[KeysFile], Slot | None]) -> Opened | None:
    """Unwrap the data key from the slot that `wanted` picks; None if it does not open, at the same cost."""
    first, second, readable = copies(folder)
    tried: set[Slot] = set()
    for keys in readable:
        slot = wanted(keys)
        if slot is None or slot in tried:
            continue
        tried.add(slot)
        data_key = open_slot(keys.store, slot, secret)
        if data_key is not None:
            return _settle(folder, first, second, keys, slot, data_key)
    if not tried:  # a name that is not here takes as long as a wrong passphrase
        wipe(derive(secret, bytes(_SALT_SIZE), readable[0].slots[0].cost))
    return None


def copies(folder: Path) -> tuple[KeysFile | CaseDeskError, KeysFile | CaseDeskError, list[KeysFile]]:
    """Both copies, or what is wrong with each, and those that can be asked; refuses where there is none."""
    both = [_readable(folder / name) for name in (KEYS, COPY)]
    readable = [keys for keys in both if isinstance(keys, KeysFile) and keys.slots]
    if not readable:
        # What is wrong with the first copy says more, unless it is merely not there.
        reasons = [error for error in both if isinstance(error, CaseDeskError)]
        raise next((error for error in reasons if not isinstance(error, KeysMissing)), (*reasons, KeysDamaged())[0])
    return both[0], both[1], readable


def _readable(path: Path) -> KeysFile | CaseDeskError:
    try:
        return read_keys(path)
    except CaseDeskError as error:
        return error


def _settle(
    folder: Path,
    first: KeysFile | CaseDeskError,
    second: KeysFile | CaseDeskError,
    used: KeysFile,
    slot: Slot,
    data_key: bytearray,
) -> Opened | None:
    """Decide which copy holds, now that the seals can be checked, and make both the same."""
    whole = [keys for keys in (first, second) if isinstance(keys, KeysFile) and seal_holds(keys, data_key)]
    if not whole:
        return Opened(used, slot, data_key, Finding.CHANGED)
    ruling = whole[0]
    if slot not in ruling.slots:  # a passphrase of before: the second copy was left behind by a crash
        wipe(data_key)
        return None
    if first != second:
        # On a full disk the work must still open; the next sign-in tries again.
        with contextlib.suppress(CaseDeskError):
            write_keys(folder, ruling)
    return Opened(ruling, slot, data_key, Finding.WHOLE if ruling is first else Finding.MENDED)
