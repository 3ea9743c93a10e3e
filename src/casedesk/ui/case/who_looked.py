"""Who opened the case, saw a number or printed it, and who was refused; and how many copies on paper there are."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtWidgets import QHBoxLayout

from casedesk import formats
from casedesk.desk import Desk
from casedesk.i18n import _, ngettext
from casedesk.services.history import Entry, who_looked
from casedesk.services.prints import copies_out
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.case.pieces import Part
from casedesk.ui.case.telling import action_words, printed_words
from casedesk.ui.kit.blocks import EmptyState
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.cards import row_card
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import clear, column, row
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.trail import entry_line

SHOWN = 40
ICONS = {"case.view": "show", "case.show_number": "call", "case.print": "print", "referral.print": "print"}


class WhoLookedPart(Part):
    """One line for each look, the newest first."""

    def __init__(self, case: OpenCase) -> None:
        super().__init__(case)
        self._looks: list[Entry] = []
        self._copies = 0
        self._limit = SHOWN
        self._inside = column(gap=12)
        self.setLayout(column(self._inside, None))
        self.look()

    def look(self) -> None:
        work = partial(_read, self.case.here.desk, self.case.id)
        self.case.here.jobs.run(self, work, done=self._read)

    def _read(self, found: tuple[list[Entry], int]) -> None:
        self._looks, self._copies = found
        self._show()

    def _show(self) -> None:
        clear(self._inside)
        card, rows = row_card(_("Who looked"))
        if self._copies:
            rows.add(_copies_row(self._copies))
        for entry in self._looks[: self._limit]:
            rows.add(_row(entry))
        if not self._looks:
            rows.addWidget(EmptyState("who_looked", _("Nobody has looked yet")))
        if len(self._looks) > self._limit:
            rows.addLayout(row(None, button(_("Show earlier"), "soft", clicked=self._more), None, margins=(0, 8, 0, 8)))
        self._inside.addWidget(card)

    def _more(self) -> None:
        self._limit += SHOWN
        self._show()


def _read(desk: Desk, case_id: UUID) -> tuple[list[Entry], int]:
    return who_looked(desk, case_id), copies_out(desk, case_id)


def _copies_row(count: int) -> QHBoxLayout:
    words = ngettext(
        "{count} copy of a paper about this case is out.", "{count} copies of papers about this case are out.", count
    ).format(count=formats.number(count))
    inside = row(Icon("print", "text2"), PlainLabel(words, "body", wrap=True), gap=10, margins=(16, 6, 16, 6))
    inside.setStretch(1, 1)
    return inside


def _row(entry: Entry) -> QHBoxLayout:
    words = " · ".join(part for part in (action_words(entry.action), printed_words(entry), entry.reason) if part)
    when = formats.claimed_moment(entry.at, doubtful=entry.doubtful)
    return entry_line(entry.action, ICONS.get(entry.action, "show"), entry.by, words, when)
