"""Backups in the window: the section of the settings, restoring, and those that are made while nobody works."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from casedesk import formats
from casedesk.errors import CaseDeskError
from casedesk.i18n import _, ngettext
from casedesk.progress import Progress
from casedesk.services import backups, restores
from casedesk.services.backups import Loss
from casedesk.services.restores import Kept
from casedesk.storage import room
from casedesk.storage.backup.sealed import SUFFIX, Backup, Manifest
from casedesk.ui.idle import Watch
from casedesk.ui.kit.blocks import Banner, group, labelled, setting
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import clear, column, row, widget
from casedesk.ui.kit.messages import ask, show_error
from casedesk.ui.kit.places import choose_folder, choose_old
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Here
from casedesk.ui.passphrases import SecondPerson, plain_line

LOOK: Final = 60_000  # milliseconds between looks whether a backup is due
QUIET: Final = 60.0  # seconds without a key or a click that count as idle
PATIENCE: Final = 10  # looks after which it is made though somebody works
BACKUP_FILES: Final = f"(*{SUFFIX})"


def told_loss(lost: Loss) -> str:
    """What would be lost with this computer, in a sentence."""
    if lost.since is None:
        words = ngettext(
            "If this computer died now, {count} case would be lost: no copy is anywhere else.",
            "If this computer died now, all {count} cases would be lost: no copy is anywhere else.",
            lost.cases,
        )
        return words.format(count=formats.number(lost.cases))
    since = formats.day(formats.day_in_dhaka(lost.since))
    words = ngettext(
        "If this computer died now, you would lose what changed in {count} case since {day}.",
        "If this computer died now, you would lose what changed in {count} cases since {day}.",
        lost.cases,
    )
    return words.format(count=formats.number(lost.cases), day=since)


def told_backup(manifest: Manifest) -> str:
    """When a backup was made."""
    return _("{day}, {time}").format(
        day=formats.day(formats.day_in_dhaka(manifest.made)), time=formats.clock(manifest.made)
    )


class BackupSection(QWidget):
    """What would be lost, the copy elsewhere, the backups here, and the way back."""

    def __init__(self, here: Here, restored: Callable[[], object]) -> None:
        super().__init__()
        self._here, self._restored = here, restored
        self.copy_button = button(_("Copy to a USB stick…"), "primary", "usb", clicked=self._choose_folder)
        self.make_button = button(_("Make one now"), size="s", clicked=self._make)
        self.file_button = button(_("Choose a file…"), clicked=self._choose_file)
        self._content = column(gap=12)
        self.setLayout(self._content)
        self.look()

    def look(self) -> None:
        """Read everything again."""
        desk = self._here.desk

        def read() -> tuple[Loss | None, list[Backup], list[Kept]]:
            return backups.loss(desk), backups.backups(desk), restores.kept(desk)

        self._here.jobs.run(self, read, self._show)

    def _show(self, found: tuple[Loss | None, list[Backup], list[Kept]]) -> None:
        lost, made, kept = found
        held = self.window().focusWidget()
        buttons = (self.copy_button, self.make_button, self.file_button)
        for each in buttons:
            each.setParent(None)
        clear(self._content)
        self._content.addWidget(self._elsewhere(lost))
        lines = [self._line(each) for each in made]
        if not lines:
            lines = [setting(_("None yet"), _("One is made by itself each day that you work."), None)]
        make = None if self._here.desk.store.damaged else self.make_button
        self._content.addWidget(group(_("Backups on this computer"), lines, make))
        sentence = _("From a stick or another disk. What would be lost is shown first.")
        from_file = setting(_("Restore from a file"), sentence, self.file_button)
        self._content.addWidget(group(_("Restore"), [from_file, *map(self._kept, kept)]))
        for each in buttons:
            each.setVisible(each.parent() is not None)
            if each is held:  # it lost the focus on its way to the new place
                each.setFocus()

    def _elsewhere(self, lost: Loss | None) -> QWidget:
        words, when = _("Everything up to now is on another disk."), _("Never copied.")
        if lost is None:
            words, when = _("The vault is damaged, so what would be lost with this computer cannot be counted."), ""
        elif lost.cases:
            words = told_loss(lost)
        if lost is not None and lost.since is not None:
            when = _("Last copied: {day}.").format(day=formats.day(formats.day_in_dhaka(lost.since)))
        sealed = _("The copy is sealed: whoever finds the stick can read nothing.")
        line = setting(words, f"{when} {sealed}".strip(), self.copy_button)
        return group(_("A copy elsewhere"), [line])

    def _line(self, made: Backup) -> QWidget:
        if made.manifest is None:
            return setting(made.path.name, _("It cannot be read, so it does not count."), None)
        cases = ngettext("{count} case", "{count} cases", made.manifest.cases)
        words = _("{cases}, {size}. Read back and checked.").format(
            cases=cases.format(count=formats.number(made.manifest.cases)), size=formats.file_size(made.size)
        )
        restore = button(_("Restore…"), size="s", clicked=partial(self.restore, made.path))
        restore.setAccessibleName(_("Restore the backup of {when}").format(when=told_backup(made.manifest)))
        return setting(told_backup(made.manifest), words, restore)

    def _kept(self, old: Kept) -> QWidget:
        until = formats.day(formats.day_in_dhaka(old.until))
        words = _("Kept beside the vault until {day}; then it can be removed.").format(day=until)
        remove = button(_("Remove"), "danger", size="s", clicked=partial(self._ask_remove, old)) if old.over else None
        return setting(_("The vault from before a restore"), words, remove)

    # Doing

    def _make(self) -> None:
        work = partial(backups.make_backup, self._here.desk)
        self._here.jobs.run_long(self, _("Making a backup"), work, self._made)

    def _made(self, made: Backup) -> None:
        size = formats.file_size(made.size)
        self._here.say(_("The backup is made and checked: {size}.").format(size=size))
        self.look()

    def _choose_folder(self) -> None:
        choose_folder(self, _("Where to copy the backup")).fileSelected.connect(self.copy_to)

    def copy_to(self, folder: str) -> None:
        """Copy the newest backup into a folder on another disk."""
        work = partial(backups.copy_backup, self._here.desk, Path(folder))
        self._here.jobs.run_long(self, _("Copying the backup"), work, self._copied)

    def _copied(self, _path: Path) -> None:
        self._here.say(_("The copy is made and read back. Keep the stick in another room."))
        self.look()

    def _choose_file(self) -> None:
        dialog = choose_old(self, _("The backup to restore"), f"{_('Backups')} {BACKUP_FILES}")
        dialog.fileSelected.connect(lambda path: self.restore(Path(path)))

    def restore(self, path: Path) -> None:
        """Show what a backup holds and what would be lost, and ask."""
        work = partial(backups.preview, self._here.desk, path)
        self._here.jobs.run(
            self, work, lambda found: RestoreSheet(self, self._here, path, found, self._restored).open()
        )

    def _ask_remove(self, old: Kept) -> None:
        ask(
            self,
            _("Remove the vault from before the restore?"),
            _("What was written there and is in no backup is gone for ever."),
            yes=_("Remove"),
            done=partial(self._remove, old),
            danger=True,
        )

    def _remove(self, old: Kept) -> None:
        self._here.jobs.write(
            self, partial(restores.remove_kept, self._here.desk, old.path), lambda _nothing: self.look()
        )


class RestoreSheet(Sheet):
    """What comes back, what would be lost, why, and who agrees."""

    def __init__(
        self, host: QWidget, here: Here, path: Path, found: tuple[Manifest, Loss | None], restored: Callable[[], object]
    ) -> None:
        manifest, lost = found
        title = _("Restore the backup of {when}?").format(when=told_backup(manifest))
        cases = ngettext("It holds {count} case.", "It holds {count} cases.", manifest.cases)
        super().__init__(host, title, cases.format(count=formats.number(manifest.cases)), width=620)
        self._here, self._path, self._restored = here, path, restored
        self.body.addWidget(_lost_banner(manifest, lost))
        kept = _("The vault of today is kept in a folder beside it for 30 days. You sign in again afterwards.")
        self.body.addWidget(PlainLabel(kept, "body", tone="text2", wrap=True))
        stays = restores.what_stays(damaged=here.desk.store.damaged)
        self.body.addWidget(PlainLabel(stays, "body", tone="text2", wrap=True))
        self.reason = plain_line("restore_reason", _("Why it is restored"))
        self.body.addWidget(labelled(self.reason))
        self.second = SecondPerson(_("Sign-in name of the other one"), _("Passphrase of the other one"))
        if restores.needs_second(here.desk):
            words = _("Restoring takes two people: a supervisor or coordinator, and an administrator.")
            self.body.addWidget(PlainLabel(words, "body", wrap=True))
        else:
            self.second.hide()
        self.body.addWidget(self.second)
        self.cancel = button(_("Cancel"), clicked=self.dismiss)
        self.yes = button(_("Restore"), "confirm", clicked=self._agree)
        self.foot.addStretch(1)
        self.foot.addWidget(self.cancel)
        self.foot.addWidget(self.yes)

    def _agree(self) -> None:
        if not self.reason.text().strip():
            self.reason.setFocus()
            return
        second = self.second.said()
        if not self.second.isHidden() and (second is None or not second.passphrase):
            (self.second if second is None else self.second.passphrase).setFocus()
            return
        work = partial(restores.restore_over, self._here.desk, self._path, self.reason.text(), second)
        self._here.jobs.run_long(
            self, _("Restoring the backup"), work, lambda _nothing: self._restored(), failed=self._failed, writes=True
        )

    def _failed(self, error: Exception) -> None:
        self.second.passphrase.clear()
        show_error(self, error)


def _lost_banner(manifest: Manifest, lost: Loss | None) -> Banner:
    if lost is None:
        bold = _("What was written since cannot be counted, and is not in it")
        words = _("The vault of today is damaged. This backup is of {when}.").format(when=told_backup(manifest))
        return Banner("warn", bold, words)
    if not lost.operations:
        return Banner("ok", _("Nothing is lost by it"), _("Nothing was written since."))
    since = formats.day(formats.day_in_dhaka(lost.since)) if lost.since else ""
    if not lost.cases:
        return Banner("info", _("No case has changed since {day}").format(day=since), _entries(lost))
    bold = ngettext(
        "What changed in {count} case since {day} is not in it",
        "What changed in {count} cases since {day} is not in it",
        lost.cases,
    ).format(count=formats.number(lost.cases), day=since)
    return Banner("warn", bold, _entries(lost))


def _entries(lost: Loss) -> str:
    words = ngettext(
        "{count} entry of the journal would be missing.",
        "{count} entries of the journal would be missing.",
        lost.operations,
    )
    return words.format(count=formats.number(lost.operations))


def damaged_banner(newest: Manifest | None, actions: Sequence[QWidget] = ()) -> Banner:
    """Told as long as the vault is open, with the backup that leads on."""
    words = _("What can be read is shown. No backup on this computer is whole. Look for a copy on a stick.")
    if newest is not None:
        words = _("What can be read is shown. The way on is the backup of {when}: Settings, Backup.").format(
            when=told_backup(newest)
        )
    return Banner("danger", _("The vault is damaged, so nothing more is saved in it"), words, actions=actions)


def room_banner(left: int, at: datetime) -> Banner:
    """Told once a sitting, before the disk is full."""
    words = _("At {time} only {size} were free on this disk").format(
        time=formats.clock(at), size=formats.file_size(left)
    )
    return Banner(
        "warn",
        words,
        _("Everything is still saved. Remove or move what is not needed, or ask whoever looks after this computer."),
    )


def loss_card(lost: Loss, act: Callable[[], object] | None) -> QWidget:
    """For Today: what would be lost, and the one thing to do about it."""
    inside: list[QWidget] = [PlainLabel(told_loss(lost), "body", wrap=True, tone="warn" if lost.urgent else "")]
    if act is not None:
        inside.append(widget(row(button(_("Copy to a USB stick…"), "soft", "usb", size="s", clicked=act), None)))
    else:
        inside.append(PlainLabel(_("Ask your coordinator to copy a backup to a stick."), "caption", wrap=True))
    made = group(_("A copy elsewhere"), [])
    made.layout().addWidget(widget(column(*inside, gap=8, margins=(16, 10, 16, 12))))  # type: ignore[union-attr]  # made with one
    return made


class Keeper(QObject):
    """Makes the backup of the day when nobody works, or in the end beside the work; looks once for damage, and each
    time whether there is room on the disk.

    `trouble` is called with what to tell when there is no backup because of it, `scarce` with the bytes left.
    """

    def __init__(
        self,
        owner: QWidget,
        here: Here,
        watch: Watch,
        trouble: Callable[[CaseDeskError], object],
        scarce: Callable[[int], object],
    ) -> None:
        super().__init__(owner)
        self._owner, self._desk, self._jobs, self._watch = owner, here.desk, here.jobs, watch
        self._trouble, self._scarce = trouble, scarce
        self._looks = 0
        self._told = self._busy = self._told_room = False
        self._timer = QTimer(self, interval=LOOK)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        self._jobs.run(owner, partial(backups.find_damage, here.desk), lambda _damaged: None)

    def look(self) -> None:
        """Once a minute: is it time?"""
        self._looks += 1
        if self._desk.store.damaged:  # its window tells so
            self._timer.stop()
            return
        self._jobs.run(self._owner, partial(room.look, self._desk.store.vault.folder), self._looked_for_room)
        if self._busy or not (self._watch.quiet() >= QUIET or self._looks >= PATIENCE):
            return
        self._looks, self._busy = 0, True
        progress = Progress()
        work = partial(backups.keep_up, self._desk, progress)
        self._jobs.run(self._owner, work, self._done, failed=self._failed, progress=progress)

    def _looked_for_room(self, left: int | None) -> None:
        if left is not None and not self._told_room:
            self._told_room = True
            self._scarce(left)

    def _done(self, _made: Backup | None) -> None:
        self._busy = False

    def _failed(self, error: Exception) -> None:
        self._busy = False
        if isinstance(error, CaseDeskError):
            if not self._told and not self._desk.store.damaged:
                self._told = True
                self._trouble(error)
        else:
            show_error(self._owner, error)
