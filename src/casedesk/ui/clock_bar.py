"""The yellow bar that asks for today's date while the clock of the computer cannot be right (SYNC 12)."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit

from casedesk import formats
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError, InvalidInput
from casedesk.i18n import _
from casedesk.parsing import NotUnderstood, read_full_day
from casedesk.services.clock import confirm_today
from casedesk.ui.jobs import Jobs
from casedesk.ui.kit.blocks import Banner
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.theme import current


class ClockBar(Banner):
    """Says what the computer says, and asks. `answered` once the day of the sitting is known."""

    answered = Signal()

    def __init__(self, desk: Desk, jobs: Jobs) -> None:
        self._desk, self._jobs = desk, jobs
        self._says = formats.day_in_dhaka(desk.clock())
        self.line = QLineEdit()
        self.line.setObjectName("clock.today")
        self.line.setAccessibleName(_("Today’s date"))
        self.line.setPlaceholderText(_("Day, month, year"))
        self.line.setFixedWidth(current().scaled(150))
        self.use = button(_("Use this date"), size="s")
        bold = _("This computer says it is {day}. That looks wrong.").format(day=formats.day(self._says))
        super().__init__("warn", bold, self._question(), icon="calendar", actions=(self.line, self.use))
        self.line.textEdited.connect(self._typed)
        self.line.returnPressed.connect(self._take)
        self.use.clicked.connect(self._take)

    def insist(self) -> None:
        """Something waits for the answer."""
        self._explain(_("Write today’s date first, then go on as you were. What you typed is kept."))
        self.line.setFocus()

    def _question(self) -> str:
        known = self._desk.believed_until
        if known is None:
            return _("Which day is it today? Until you say it, no date fills itself in.")
        words = _(
            "Which day is it today? Until you say it, no date fills itself in, and days count from {day}, the last"
            " day that is known."
        )
        return words.format(day=formats.day(known))

    def _typed(self) -> None:
        """The day as it is understood, in words."""
        try:
            day = read_full_day(self.line.text())
        except NotUnderstood:
            self._explain(self._question())
        else:
            words = _("Today is {weekday}, {day}.")
            self._explain(words.format(weekday=formats.weekday(day), day=formats.day(day)))

    def _take(self) -> None:
        try:
            day = read_full_day(self.line.text())
        except NotUnderstood as error:
            self._explain(error.hint)
            self.line.setFocus()
            return
        self.setEnabled(False)
        work = partial(confirm_today, self._desk, day)
        self._jobs.write(self, work, lambda _nothing: self.answered.emit(), failed=self._refused)

    def _refused(self, error: Exception) -> None:
        self.setEnabled(True)
        if isinstance(error, InvalidInput):
            self._explain(" ".join(problem.text for found in error.problems.values() for problem in found))
        elif isinstance(error, CaseDeskError):
            self._explain(" ".join((error.message, error.hint)))
        else:
            show_error(self, error)
        self.line.setFocus()

    def _explain(self, sentence: str) -> None:
        self.say(self.bold.text(), sentence)
