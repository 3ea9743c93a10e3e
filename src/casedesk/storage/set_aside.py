"""What is noted while a damaged vault takes nothing more: sealed beside it, for the journal of what takes its place.

Somebody who looks at a case leaves a trace, also while the vault is only read. A line is one act. It opens with the
data key, and so in every vault that is restored from a backup of this one. Whoever can delete files can delete this
one, as they can the vault.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from casedesk import machine
from casedesk.storage import keys
from casedesk.storage.recorder import Act
from casedesk.storage.vault import Vault

FILE: Final = "vault.noted"
_PURPOSE: Final = b"cdesk.noted.1"


class Noted(msgspec.Struct, frozen=True):
    """An act that changed no record, and when it was."""

    act: Act
    at: datetime


def put(vault: Vault, act: Act, at: datetime) -> None:
    """Add an act; when this returns it is on the disk."""
    sealed = keys.seal(vault.subkey(_PURPOSE), msgspec.msgpack.encode(Noted(act, at)), vault.store)
    try:
        with machine.private_file(vault.folder / FILE, "ab") as file:
            file.write(b"\n" + base64.b64encode(sealed))  # a line before it may have been cut short
            file.flush()
            os.fsync(file.fileno())
        machine.sync_directory(vault.folder)
    except OSError as error:
        raise keys.storage_error(error) from error


def take_out(vault: Vault, record: Callable[[Noted], object]) -> None:
    """Record each act, then remove the file. One that is cut short records some twice rather than not at all."""
    path = vault.folder / FILE
    if not path.exists():
        return
    for noted in _whole(vault, path):
        record(noted)
    path.unlink()


def _whole(vault: Vault, path: Path) -> Iterator[Noted]:
    for line in path.read_bytes().split(b"\n"):
        try:
            plain = keys.unseal(vault.subkey(_PURPOSE), base64.b64decode(line, validate=True), vault.store)
            if plain is not None:
                yield msgspec.msgpack.decode(plain, type=Noted)
        except (binascii.Error, msgspec.MsgspecError):
            continue
