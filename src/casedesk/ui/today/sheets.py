"""The small forms over Today: what came of a task, and another day for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

from PySide6.QtWidgets import QWidget

from casedesk import codelists
from casedesk.i18n import _
from casedesk.services.clock import clock_is_wrong
from casedesk.services.follow_ups import RESULTS, RecordFollowUp, put_off_contact, record, record_contact, snooze
from casedesk.services.today import Task
from casedesk.ui.form_sheet import FormSheet, Saved, declared
from casedesk.ui.kept import Typed
from casedesk.ui.kit.buttons import Segmented
from casedesk.ui.kit.layouts import row
from casedesk.ui.move_sheet import MoveSheet
from casedesk.ui.page import Here
from casedesk.ui.today.lines import person_words, task_key

NEXT = "follow_up.next_due_on"


def about(task: Task) -> str:
    """What a task is and whom it is for, in words."""
    return f"{task.what} · {person_words(task)}"


class RecordSheet(FormSheet):
    """What came of a contact or task, and when the next contact is."""

    def __init__(self, here: Here, host: QWidget, task: Task, typed: Typed) -> None:
        self.task = task
        results = codelists.get("followup_status")
        self.result = Segmented([(code, results.label(code)) for code in RESULTS], "done", _("What came of it"))
        super().__init__(
            here,
            host,
            typed,
            f"record.{task_key(task)}",
            _("Record follow-up"),
            declared("follow_up", "note", "method", "next_due_on"),
            save=_("Save follow-up"),
            saved=_("Follow-up recorded for {name}").format(name=task.names[0]),
            subtitle=about(task),
            start=_proposed(here, task),
            width=560,
        )

    def before_form(self) -> None:
        self.body.addLayout(row(self.result, None))

    def work(self, values: Saved) -> Callable[[], object]:
        note, method, day = values["follow_up.note"], values["follow_up.method"], values[NEXT]
        command = RecordFollowUp(
            result=self.result.value(),
            note=note if isinstance(note, str) else None,
            method=method if isinstance(method, str) else None,
            next_due_on=day if isinstance(day, date) else None,
        )
        desk, task = self.here.desk, self.task
        if task.follow_up_id is None:
            return partial(record_contact, desk, task.case_id, command)
        return partial(record, desk, task.follow_up_id, command)


def _proposed(here: Here, task: Task) -> dict[str, object]:
    """The next contact within the time that the priority gives; no day while the clock is doubted."""
    priority = codelists.get("priority").find(task.priority)
    if priority is None or clock_is_wrong(here.desk):
        return {}
    days = max(int(priority.extra["response_hours"]) // 24, 1)
    return {NEXT: here.desk.today() + timedelta(days=days)}


def move_sheet(here: Here, host: QWidget, task: Task, typed: Typed) -> MoveSheet:
    """Moves a task, or the next contact for which none is planned, to another day."""
    move = (
        partial(put_off_contact, here.desk, task.case_id, task.due_on)
        if task.follow_up_id is None
        else partial(snooze, here.desk, task.follow_up_id)
    )
    return MoveSheet(here, host, typed, f"snooze.{task_key(task)}", about(task), move, priority=task.priority)
