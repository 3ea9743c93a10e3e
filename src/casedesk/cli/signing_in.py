"""Signing in from the command line: the store, the name, and a passphrase that is never an argument."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from casedesk import logs
from casedesk.cli.speech import NotDone
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.paths import default_store
from casedesk.services.sign_in import sign_in, sign_out
from casedesk.storage.backup.restoring import settle
from casedesk.storage.keys import passphrase_bytes
from casedesk.storage.vault import VaultMissing, must_open

LONGEST_LINE = 4096


class NoPassphrase(CaseDeskError):
    """Nothing came where the passphrase is read."""

    def __init__(self) -> None:
        super().__init__(
            _("No passphrase was given."),
            hint=_("Type it at the prompt, or pass it on standard input. It is never an argument."),
        )


def user_word(options: argparse._ArgumentGroup) -> None:
    options.add_argument(
        "--user",
        metavar="NAME",
        help=_("Who signs in. The passphrase is asked for, or read from standard input."),
    )


@contextmanager
def signed_in(asked: argparse.Namespace) -> Iterator[Desk]:
    """The desk of whoever signs in. What can be refused without a passphrase is refused before it is asked for."""
    folder = vault_of(asked)
    name = asked.user or ask_name()
    desk = sign_in(folder, name, passphrase_of(name))
    try:
        with logs.kept(folder):
            yield desk
    finally:
        sign_out(desk)


def vault_of(asked: argparse.Namespace) -> Path:
    """The folder of a vault that the right passphrase opens, as far as can be told without it."""
    folder = store_of(asked)
    settle(folder)
    must_open(folder)
    return folder


def store_of(asked: argparse.Namespace) -> Path:
    store = Path(getattr(asked, "store", None) or default_store())
    try:
        store.exists()
    except OSError:  # a name that no disk takes
        raise VaultMissing(store) from None
    return store


def ask_name() -> str:
    if not sys.stdin.isatty():
        raise NotDone(_("Nobody was named to sign in."), hint=_("Say who with --user NAME."))
    sys.stderr.write(_("Sign-in name:") + " ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def passphrase_of(name: str) -> str:
    return another_secret(_("Passphrase of {name}:").format(name=name))


def another_secret(asking: str) -> str:
    """A passphrase from the prompt, or the next line of standard input."""
    if sys.stdin.isatty():
        return getpass.getpass(asking + " ")
    line = sys.stdin.buffer.readline(LONGEST_LINE)
    try:
        said = line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        said = ""
    if not said or not passphrase_bytes(said):
        raise NoPassphrase
    return said
