"""`casedesk backup` and `casedesk restore`: sealed copies of the vault, and the way back."""

from __future__ import annotations

import argparse
from pathlib import Path

from casedesk.cli.files import must_be_readable
from casedesk.cli.signing_in import ask_name, passphrase_of, signed_in, store_of, user_word, vault_of
from casedesk.cli.speech import Commands, NotDone, say
from casedesk.formats import clock, day, day_in_dhaka, file_size, number
from casedesk.i18n import _
from casedesk.services import backups, restores
from casedesk.services.backups import Loss
from casedesk.services.slots import Signer
from casedesk.storage.backup.restoring import FolderTaken, settle
from casedesk.storage.backup.sealed import Manifest, keys_in
from casedesk.storage.vault import vault_exists
from casedesk.whole_file import is_folder


def add(commands: Commands) -> None:
    options = commands.add("backup", _backup, _("Make a backup of the vault, and copy it to another disk."))
    user_word(options)
    options.add_argument("--copy-to", metavar="DIR", type=Path, help=_("A folder on a USB stick or another disk."))
    options.add_argument("--list", action="store_true", help=_("Only list the backups there are."))
    restore = commands.add(
        "restore",
        _restore,
        _("Restore a backup into a new folder. The vault that is stays as it is."),
        _("It takes a supervisor or coordinator, and an administrator; one person may be both."),
    )
    user_word(restore)
    restore.add_argument("file", metavar="FILE.cdbackup", type=Path, help=_("The backup."))
    restore.add_argument("--into", required=True, metavar="DIR", type=Path, help=_("A folder that is not there yet."))
    restore.add_argument("--why", required=True, metavar="WORDS", help=_("Why it is restored. It is recorded."))
    restore.add_argument(
        "--second", metavar="NAME", help=_("Who agrees to it. The passphrase is read after the first one.")
    )


def _backup(asked: argparse.Namespace) -> int:
    if asked.copy_to is not None and not asked.list:
        if not is_folder(asked.copy_to):
            raise NotDone(_("There is no folder {name}.").format(name=asked.copy_to), hint=_("Nothing was copied."))
        backups.must_be_another_disk(vault_of(asked), asked.copy_to)
    with signed_in(asked) as desk:
        if asked.list:
            found = backups.backups(desk)
            if not found:
                say(_("There is no backup yet."))
            for each in found:
                told = _told(each.manifest) if each.manifest is not None else _("cannot be read")
                say(f"{each.path}  {file_size(each.size)}  {told}")
        elif asked.copy_to is not None:
            copied = backups.copy_backup(desk, asked.copy_to)
            say(_("Copied and read back: {name}").format(name=copied))
        else:
            made = backups.make_backup(desk)
            say(_("Made and checked: {name}, {size}.").format(name=made.path, size=file_size(made.size)))
    return 0


def _restore(asked: argparse.Namespace) -> int:
    store = store_of(asked)
    settle(store)
    if not asked.why.strip():
        raise NotDone(_("Say why it is restored."), hint=_("Nothing was changed."))
    here = store.absolute() == asked.into.absolute()
    if asked.into.exists() and (vault_exists(store) or not here):  # else it may hold the settings of a first start
        raise FolderTaken(asked.into)
    must_be_readable(asked.file)
    keys_in(asked.file)  # tells whether it is a backup
    if vault_exists(store) and not here:
        with signed_in(asked) as desk:
            second = _second(asked)
            manifest, lost = backups.preview(desk, asked.file)
            say(_told(manifest))
            say(told_loss(lost))
            say(restores.what_stays(damaged=desk.store.damaged))
            restores.restore_beside(desk, asked.file, asked.into, asked.why, second)
    else:
        name = asked.user or ask_name()
        first = Signer(name, passphrase_of(name))
        say(_told(restores.restore_here(asked.into, asked.file, first, asked.why, _second(asked))))
    say(_("Restored into: {name}").format(name=asked.into))
    if not here:
        say(_("To work with what was restored: --store {name}").format(name=asked.into))
    return 0


def _second(asked: argparse.Namespace) -> Signer | None:
    return Signer(asked.second, passphrase_of(asked.second)) if asked.second else None


def _told(manifest: Manifest) -> str:
    return _("Backup {number} of {day}, {time}: {cases} cases.").format(
        number=number(manifest.number),
        day=day(day_in_dhaka(manifest.made)),
        time=clock(manifest.made),
        cases=number(manifest.cases),
    )


def told_loss(lost: Loss | None) -> str:
    """What the present vault has that a backup has not."""
    if lost is None:
        return _("The vault of today is damaged, so what it has that this backup lacks cannot be counted.")
    return _(
        "The vault of today has {operations} entries of the journal in {cases} cases that this backup lacks."
    ).format(operations=number(lost.operations), cases=number(lost.cases))
