"""Sync: what would be sent, what is held back, what travelled. Nothing leaves until somebody sends it (UX 4.13)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from casedesk import formats
from casedesk.desk import Desk
from casedesk.i18n import _, ngettext
from casedesk.progress import Cancelled, Progress
from casedesk.services.clashes import clashes
from casedesk.services.permissions import may
from casedesk.storage.store import Touched
from casedesk.sync import arrivals, outbox, stick
from casedesk.sync.arrivals import FileInRow, Taken
from casedesk.sync.carrying import State
from casedesk.sync.line import Address
from casedesk.sync.outbox import FileRow
from casedesk.sync.preview import Preview, previews
from casedesk.sync.stick import Written
from casedesk.sync.visit import Reached, Visited, check_line, relay_of, visit
from casedesk.ui.differing import Alarming, Differing, alarms_card, grouped, groups_card, read_alarms
from casedesk.ui.kit.blocks import Card, Disc, Skeleton
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.cards import BROAD_SIDE, Columns
from casedesk.ui.kit.layouts import Flow, clear, column, row, scrolled, widget
from casedesk.ui.kit.messages import show_error, tell
from casedesk.ui.kit.places import choose_folder
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Goto, Here, Page
from casedesk.ui.sync.fields import EveryField
from casedesk.ui.sync.going import going_card
from casedesk.ui.sync.travelled import came_card, sent_card
from casedesk.ui.sync.words import taken_words

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seen:
    """All that the page shows, read at once, as far as the user may see it."""

    previews: Sequence[Preview] = ()
    sent: Sequence[FileRow] = ()
    came: Sequence[FileInRow] = ()
    groups: Sequence[Differing] = ()
    alarms: Sequence[Alarming] = ()
    relay: Address | None = None

    @property
    def waiting(self) -> int:
        """How many changes wait on this computer that nobody was sent yet."""
        return sum(each.operations for each in self.previews if not each.only)


def read_all(desk: Desk) -> Seen:
    """Read the page."""
    sends = may(desk, "sync.send")
    waits = [each for audience in outbox.audiences(desk) for each in previews(desk, audience)] if sends else []
    sent = outbox.files_out(desk) if sends else ()
    differ = grouped(clashes(desk)) if may(desk, "clash.list") else ()
    return Seen(waits, sent, arrivals.files_in(desk), differ, read_alarms(desk), relay_of(desk))


def to_stick(desk: Desk, root: Path, progress: Progress) -> Written:
    """Make the files of what waits, for who may, and write all to a stick."""
    if may(desk, "sync.send"):
        for audience in outbox.audiences(desk):
            outbox.make_files(desk, audience, progress=progress)
    return stick.write_stick(desk, root, progress)


class SyncPage(Page):
    """The line at the top, what goes and what went in the middle, what came at the side."""

    nav = "sync"

    def __init__(self, here: Here, *, whole: bool = False) -> None:
        super().__init__(here)
        self.setObjectName("page")
        self._whole = whole
        self.seen = Seen()
        self._looking = self._stale = False
        self.last = PlainLabel("", "body", tone="text2")
        self.state = PlainLabel("", "card", wrap=True)
        self.sentence = PlainLabel("", "body", tone="text2", wrap=True)
        self.write_button = button(_("Write to USB stick"), icon="usb", clicked=self._ask_where_to)
        self.send_button = button(_("Send now"), "primary", "to_send", keys="Ctrl+Enter", clicked=self._send)
        self.check_button = button(_("Check connection"), icon="retry", clicked=self._check)
        self.check_button.hide()
        self.read_button = button(_("Read from stick"), icon="import", clicked=self._ask_where_from)
        self._main = QVBoxLayout()
        self._side = QVBoxLayout()
        for each in (self._main, self._side):
            each.setContentsMargins(0, 0, 0, 0)
            each.setSpacing(12)
        self._main.addWidget(Skeleton(5))
        head = column(PlainLabel(_("Sync"), "page"), self.last, gap=0)
        columns = Columns(widget(self._main), widget(self._side), BROAD_SIDE)
        inside = column(head, self._line_card(), columns, None, gap=14, margins=(24, 16, 24, 20))
        self.setLayout(column(scrolled(widget(inside)), gap=0))
        self._look()

    def _line_card(self) -> QWidget:
        card = Card()
        words = column(self.state, self.sentence, gap=2)
        buttons = Flow(self.check_button, self.read_button, self.write_button, self.send_button)
        inside = row(Disc("offline"), words, gap=14)
        inside.addWidget(widget(buttons), 0, Qt.AlignmentFlag.AlignVCenter)
        inside.setStretch(1, 1)
        card.body.addLayout(inside)
        for each in (self.read_button, self.write_button):
            each.setVisible(may(self.here.desk, "sync.carry"))
        self.send_button.setVisible(may(self.here.desk, "sync.send"))
        self.send_button.setEnabled(False)
        return card

    def place(self) -> dict[str, Any]:
        return {"whole": self._whole}

    def refresh(self, touched: Touched) -> None:  # noqa: ARG002 - whatever was written may be on its way next
        self._look()

    def main_action(self) -> None:
        if self.send_button.isVisible() and self.send_button.isEnabled():
            self._send()

    # Reading and showing

    def _look(self) -> None:
        """Read the page; once at a time, since a large plan takes long. What was written meanwhile is read after it."""
        self._stale = self._looking
        if not self._looking:
            self._looking = True
            self.here.jobs.run(self, partial(read_all, self.here.desk), self._looked, failed=self._not_read)

    def _looked(self, seen: Seen) -> None:
        self._looking = False
        self._show(seen)
        if self._stale:
            self._look()

    def _not_read(self, error: Exception) -> None:
        self._looking = self._stale = False
        show_error(self, error)

    def _show(self, seen: Seen) -> None:
        self.seen = seen
        self._tell_state()
        clear(self._main)
        clear(self._side)
        if may(self.here.desk, "sync.send"):
            self._main.addWidget(going_card(seen.previews, self.show_fields))
            self._main.addWidget(sent_card(seen.sent, whole=self._whole, show_all=self._show_all))
        if seen.groups:
            self._side.addWidget(groups_card(seen.groups, self.here.go))
        if seen.alarms:
            self._side.addWidget(alarms_card(self.here, seen.alarms))
        asks = Goto("settings", {"tab": "computers"})
        look = partial(self.here.go, asks) if may(self.here.desk, "sync.roster") else None
        self._side.addWidget(came_card(seen.came, whole=self._whole, show_all=self._show_all, look=look))
        self._side.addStretch(1)

    def _tell_state(self) -> None:
        went = [each.made_at for each in self.seen.sent if each.state != State.BUILT]
        self.last.setText(_("Last sent {when}").format(when=formats.moment(max(went))) if went else "")
        self.last.setVisible(bool(went))
        self.send_button.setEnabled(self.seen.relay is not None)
        self.check_button.setVisible(self.seen.relay is not None and may(self.here.desk, "sync.carry"))
        self.state.setText(_("Not connected") if self.seen.relay is not None else _("No line is set up"))
        waiting = self.seen.waiting
        safe = ngettext(
            "{count} change waits on this computer. It can wait; nothing is lost.",
            "{count} changes wait on this computer. They can wait; nothing is lost.",
            waiting,
        )
        told = safe.format(count=formats.number(waiting)) if waiting else _("All work is saved on this computer.")
        how = _("A connection is made when you send or check it, and at no other time.")
        if self.seen.relay is None:
            how = _("Files travel by stick.")
        self.sentence.setText(f"{told} {how}")
        self.send_button.setAccessibleDescription(how)  # why it is disabled stands beside it, and is heard

    def _show_all(self) -> None:
        self._whole = True
        self._show(self.seen)

    def show_fields(self) -> None:
        """Show each field that goes or stays."""
        EveryField(self, self.seen.previews).open()

    # Over the line

    def _check(self) -> None:
        work = partial(check_line, self.here.desk)
        self.here.jobs.run_long(self, _("Asking the relay"), work, self._reached)

    def _reached(self, reached: Reached) -> None:
        told = _("{host} answers, shows the right certificate and lets this computer in. No case data was sent.")
        words = told.format(host=reached.host)
        if reached.apart and reached.there is not None:
            clocks = _("Its clock says {there}, this computer says {here}. Set the one that is wrong.")
            now = formats.moment(self.here.desk.clock())
            tell(self, _("The line works"), f"{words} {clocks.format(there=formats.moment(reached.there), here=now)}")
        else:
            tell(self, _("The line works"), words, kind="ok")

    def _send(self) -> None:
        work = partial(visit, self.here.desk, by_itself=True)
        self._run(_("Sending and fetching"), work, self._visited)

    def _visited(self, done: Visited) -> None:
        self._look()
        line = _("{sent} files sent, {fetched} fetched").format(
            sent=formats.number(done.sent), fetched=formats.number(done.fetched)
        )
        tell(self, line, " ".join(taken_words(done.taken)) if done.taken else _("All is up to date."), kind="ok")

    def _stopped(self, error: Exception) -> None:
        """What was whole stays, and the rest goes on from the same byte next time."""
        self._look()
        if isinstance(error, Cancelled):
            self.here.say(_("Stopped. Nothing was doubled, and it goes on from the same place next time."))
        else:
            show_error(self, error)

    # Carrying by stick

    def _ask_where_to(self) -> None:
        choose_folder(self, _("Where is the stick?")).fileSelected.connect(self._write)

    def _ask_where_from(self) -> None:
        choose_folder(self, _("Where is the stick?")).fileSelected.connect(self._read)

    def _write(self, folder: str) -> None:
        work = partial(to_stick, self.here.desk, Path(folder))
        self._run(_("Writing to the stick"), work, self._written)

    def _read(self, folder: str) -> None:
        work = partial(stick.take_stick, self.here.desk, Path(folder), by_itself=True)
        self._run(_("Reading from the stick"), work, self._taken)

    def _run(self, title: str, work: Callable[[Progress], T], done: Callable[[T], object]) -> None:
        """Long work that may be paused: not in the lane of writes, where others wait for their turn."""
        self.here.jobs.run_long(self, title, work, done, failed=self._stopped, pauses=True)

    def _written(self, written: Written) -> None:
        self._look()
        if not written.files:
            tell(self, _("The stick can be removed."), _("Nothing new was waiting."), kind="ok")
            return
        text = ngettext("{count} file is on it, {size}.", "{count} files are on it, {size}.", len(written.files))
        told = text.format(count=formats.number(len(written.files)), size=formats.file_size(written.size))
        hint = _("Nobody who finds the stick can read it. The files stay here, too, until a receipt comes back.")
        tell(self, _("The stick can be removed."), f"{told} {hint}", kind="ok")

    def _taken(self, taken: list[Taken]) -> None:
        self._look()
        tell(self, *taken_words(taken), kind="ok")
