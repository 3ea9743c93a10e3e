"""Another day for what is planned; what is urgent says why it can wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import cast

from PySide6.QtWidgets import QWidget

from casedesk import formats
from casedesk.i18n import N_, _
from casedesk.services.clock import clock_is_wrong
from casedesk.services.follow_ups import ASKS_WHY
from casedesk.ui.form_sheet import FormSheet, Saved, declared
from casedesk.ui.kept import Typed
from casedesk.ui.page import Here

DAY, WHY = "follow_up.due_on", "status_event.reason_text"
URGENT = {"reason_text": N_("This is urgent. Why can it wait?")}


class MoveSheet(FormSheet):
    """Proposes tomorrow; `move` is given the day and the reason."""

    def __init__(
        self,
        here: Here,
        host: QWidget,
        typed: Typed,
        code: str,
        what: str,
        move: Callable[[date, str], object],
        *,
        priority: object,
    ) -> None:
        self._move = move
        why = URGENT if priority == ASKS_WHY else {}
        start = {} if clock_is_wrong(here.desk) else {DAY: here.desk.today() + timedelta(days=1)}
        super().__init__(
            here,
            host,
            typed,
            code,
            _("Move to another day"),
            [*declared("follow_up", "due_on", due_on=N_("New day")), *declared("status_event", "reason_text", **why)],
            save=_("Move"),
            saved=_("Moved"),
            subtitle=what,
            start=start,
        )

    def save(self) -> None:
        if self.form.value(DAY) is None and self.form.ready():
            self.notice.say(_("Write the day."))
            self.notice.show()
            self.form.go_to(DAY)
            return
        super().save()

    def work(self, values: Saved) -> Callable[[], object]:
        return partial(self._move, cast(date, values[DAY]), str(values[WHY] or ""))  # nothing is saved without a day

    def said(self) -> str:
        day = self.form.value(DAY)
        return _("Moved to {day}").format(day=formats.weekday_day(day)) if isinstance(day, date) else super().said()
