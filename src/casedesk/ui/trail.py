"""The audit trail of the centre: what was done that is about no single case. A case tells its own."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from casedesk import formats
from casedesk.i18n import N_, _, ngettext
from casedesk.services.audit import AuditEntry, trail
from casedesk.ui.kit.blocks import EmptyState
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import block, row
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.listing import VIEWS
from casedesk.ui.page import Here

SIZE = 100
WORDS = {
    "office.set_up": N_("Set up this centre"),
    "office.sign_in": N_("Signed in"),
    "office.lock": N_("Locked"),
    "office.today": N_("Said which day it is"),
    "office.recovered": N_("Signed in with the recovery key"),
    "office.change_passphrase": N_("Changed the own passphrase"),
    "office.replace_recovery": N_("Made a new recovery key"),
    "office.add_user": N_("Added a user"),
    "office.end_user": N_("Ended the access of a user"),
    "office.set_roles": N_("Changed the roles of a user"),
    "office.let_sign_in": N_("Gave somebody from another computer a passphrase here"),
    "office.way_in_came": N_("Noticed a new way to open this computer"),
    "office.way_in_went": N_("A passphrase opens this computer no more"),
    "office.way_in_changed": N_("Noticed that a passphrase or recovery key is another one"),
    "office.let_work": N_("Let somebody from another computer work here"),
    "office.set_rate": N_("Set an exchange rate"),
    "office.set_cost_limit": N_("Set an official limit of cost"),
    "directory.save_provider": N_("Changed a partner in the directory"),
    "directory.save_recruiter": N_("Changed a recruiter in the directory"),
    "report.give_out": N_("Gave out a report"),
    "register.export": N_("Gave out the case register"),
    "case.forget": N_("Erased what a case says of the person"),
    "clash.settle": N_("Decided between two answers"),
    "sync.begun": N_("Began an organisation that exchanges"),
    "sync.renewed": N_("Renewed the key that signs the list of computers"),
    "sync.invited": N_("Invited a computer"),
    "sync.let_in": N_("Let a computer in"),
    "sync.admitted": N_("Let a computer read the cases of this centre"),
    "sync.ended": N_("Ended a computer"),
    "sync.people": N_("Said who works at which computer"),
    "sync.relay": N_("Set up the line"),
    "sync.send": N_("Gave out cases by exchange"),
    "sync.visited": N_("Exchanged over the line"),
    "sync.new_chain": N_("Went on in a new chain of entries, because another copy of this computer had written"),
    "backup.make": N_("Made a backup"),
    "backup.copy": N_("Copied a backup to another disk"),
    "backup.restore": N_("Restored a backup"),
    "backup.restore_begun": N_("Began to restore a backup"),
    "backup.removed_old_vault": N_("Removed the vault from before a restore"),
}
ICONS = {"case.search": "search", "office.lock": "lock", "office.sign_in": "key", "office.recovered": "key"}
REFUSED = "denied."


class Trail(QWidget):
    """One line for each thing that was done, the newest first; older ones are read on."""

    def __init__(self, here: Here) -> None:
        super().__init__()
        self._here = here
        self._lines = QVBoxLayout()
        self._lines.setContentsMargins(1, 1, 1, 1)
        self._lines.setSpacing(0)
        self._earlier = button(_("Show earlier"), "soft", clicked=self._read_on)
        self._earlier.hide()
        self._before: int | None = None
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(12)
        whole.addWidget(block("card", self._lines))
        whole.addLayout(row(None, self._earlier, None))
        self._read_on()

    def _read_on(self) -> None:
        work = partial(trail, self._here.desk, before=self._before, size=SIZE)
        self._here.jobs.run(self, work, self._show)

    def _show(self, entries: list[AuditEntry]) -> None:
        for entry in entries:
            self._lines.addWidget(block("row", _line(entry)))
        self._earlier.setVisible(len(entries) == SIZE)
        if entries:
            self._before = entries[-1].seq
        elif self._before is None:
            self._lines.addWidget(EmptyState("who_looked", _("Nothing is recorded yet")))


def _line(entry: AuditEntry) -> QHBoxLayout:
    when = formats.claimed_moment(entry.at, doubtful=entry.doubtful)
    return entry_line(entry.action, ICONS.get(entry.action, "about"), entry.by, told(entry), when)


def entry_line(action: str, icon: str, by: str, what: str, when: str) -> QHBoxLayout:
    """Who did what, and when; here, and under “Who looked” of a case."""
    sign = Icon("restricted", "danger") if action.startswith(REFUSED) else Icon(icon, "text2")
    who = PlainLabel(by or _("Not known"), "label", wrap=True)
    done = PlainLabel(what, "body", tone="text2", wrap=True)
    inside = row(sign, who, done, PlainLabel(when, "caption"), gap=10, margins=(16, 6, 16, 6))
    inside.setStretch(1, 1)
    inside.setStretch(2, 2)
    return inside


def told(entry: AuditEntry) -> str:
    """What was done, in a few words; of a search where, and how many were found."""
    if entry.action.startswith(REFUSED):
        return _("Tried what the role does not allow")
    if entry.action == "case.search":
        views = {view.value: words for view, words in VIEWS.items()}
        place = _(views[entry.scope]) if entry.scope in views else _("Search and commands")
        count = entry.hits or 0
        words = ngettext("Searched in “{place}”: {count} found", "Searched in “{place}”: {count} found", count)
        return words.format(place=place, count=formats.number(count))
    done = _(WORDS[entry.action]) if entry.action in WORDS else _("Did what this version has no words for")
    return _("{what}: {name}").format(what=done, name=entry.about) if entry.about else done
