"""The small forms over Today: what came of a task, and another day for it."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from casedesk import codelists, formats
from casedesk.errors import InvalidInput
from casedesk.i18n import _
from casedesk.models import Case, FollowUp, fields_of
from casedesk.services.follow_ups import RESULTS, RecordFollowUp, put_off_contact, record, record_contact, snooze
from casedesk.services.today import Task
from casedesk.ui.kept import Typed, kept_of, put_back
from casedesk.ui.kit.blocks import keys_hint
from casedesk.ui.kit.buttons import Segmented, button
from casedesk.ui.kit.layouts import row
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.page import Here
from casedesk.ui.today.lines import person_words, task_key

WHY = ".why"  # the second form of a sheet


class TaskSheet(Sheet):
    """A small form about one task, saved with Ctrl+Enter. What is typed is kept in `typed` until it is saved or
    cancelled."""

    code = ""
    keys: Sequence[str] = ()

    def __init__(
        self, here: Here, host: QWidget, task: Task, typed: Typed, title: str, save: str, start: Mapping[str, object]
    ) -> None:
        super().__init__(host, title, f"{task.what} · {person_words(task)}", width=560)
        self.here, self.task, self._typed = here, task, typed
        declared = fields_of(FollowUp)
        fields = [(f"follow_up.{key}", declared[key]) for key in self.keys]
        self.form = self._kept("", Form(fields, today=here.desk.today(), ahead=True), start)
        self.body.addWidget(self.form)
        self.save_button = button(save, "primary", clicked=self.save)
        for part in (keys_hint("Ctrl+Enter"), button(_("Cancel"), clicked=self._cancel), self.save_button):
            self.foot.addWidget(part)
        self.foot.insertStretch(1, 1)

    def _kept(self, part: str, form: Form, start: Mapping[str, object] | None = None) -> Form:
        """The form with what was typed in it before, or with what it starts with; from now on it is kept."""
        code = f"{self.code}{part}.{task_key(self.task)}"
        if start and code not in self._typed:
            form.put(start)
        else:
            put_back(form, self._typed.get(code, {}), {})
        form.edited.connect(lambda _key: self._typed.keep(code, kept_of(form)))
        return form

    def _forget(self) -> None:
        for part in ("", WHY):
            self._typed.forget(f"{self.code}{part}.{task_key(self.task)}")

    def _cancel(self) -> None:
        self._forget()
        self.dismiss()

    def start(self) -> None:
        """Open it where the first words belong."""
        self.open(next(iter(self.form.questions.values())).editor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.save()
            return
        super().keyPressEvent(event)

    def save(self) -> None:
        raise NotImplementedError

    def write(self, work: Callable[[], object]) -> None:
        self.save_button.setEnabled(False)
        self.here.jobs.write(self, work, self._saved, failed=self._refused)

    def said(self) -> str:
        raise NotImplementedError

    def _saved(self, _result: object) -> None:
        self.here.say(self.said())
        self._forget()
        self.dismiss()

    def _refused(self, error: Exception) -> None:
        self.save_button.setEnabled(True)
        if isinstance(error, InvalidInput) and set(error.problems) & set(self.form.questions):
            self.form.show_problems(error.problems)
            self.form.next_problem()
        else:
            show_error(self, error)


class RecordSheet(TaskSheet):
    """What came of a contact or task, and when the next contact is."""

    code = "record"
    keys = ("note", "method", "next_due_on")

    def __init__(self, here: Here, host: QWidget, task: Task, typed: Typed) -> None:
        priority = codelists.get("priority").find(task.priority)
        start: dict[str, object] = {}
        if priority is not None:
            days = max(int(priority.extra["response_hours"]) // 24, 1)
            start["follow_up.next_due_on"] = here.desk.today() + timedelta(days=days)
        super().__init__(here, host, task, typed, _("Record follow-up"), _("Save follow-up"), start)
        results = codelists.get("followup_status")
        self.result = Segmented([(code, results.label(code)) for code in RESULTS], "done", _("What came of it"))
        self.body.insertLayout(0, row(self.result, None))

    def save(self) -> None:
        if not self.form.ready():
            return
        values = self.form.values()
        command = RecordFollowUp(
            result=self.result.value(),
            note=_text(values["follow_up.note"]),
            method=_text(values["follow_up.method"]),
            next_due_on=_day(values["follow_up.next_due_on"]),
        )
        if self.task.follow_up_id is None:
            self.write(partial(record_contact, self.here.desk, self.task.case_id, command))
        else:
            self.write(partial(record, self.here.desk, self.task.follow_up_id, command))

    def said(self) -> str:
        return _("Follow-up recorded for {name}").format(name=self.task.names[0])


class SnoozeSheet(TaskSheet):
    """Another day for a task; an urgent one asks why."""

    code = "snooze"
    keys = ("due_on",)

    def __init__(self, here: Here, host: QWidget, task: Task, typed: Typed) -> None:
        start = {"follow_up.due_on": here.desk.today() + timedelta(days=1)}
        super().__init__(here, host, task, typed, _("Move to another day"), _("Move"), start)
        self.why: Form | None = None
        if task.priority == "urgent":
            declared = fields_of(Case)["priority_reason"]
            why = Form(
                [("status_event.reason_text", declared)],
                today=here.desk.today(),
                labels={"status_event.reason_text": _("This is urgent. Why can it wait?")},
            )
            self.why = self._kept(WHY, why)
            self.body.addWidget(self.why)

    def save(self) -> None:
        day = _day(self.form.value("follow_up.due_on"))
        if not self.form.ready() or day is None:
            self.form.go_to("follow_up.due_on")
            return
        why = _text(self.why.value("status_event.reason_text")) if self.why is not None else None
        if self.task.follow_up_id is None:
            self.write(partial(put_off_contact, self.here.desk, self.task.case_id, self.task.due_on, day, why or ""))
        else:
            self.write(partial(snooze, self.here.desk, self.task.follow_up_id, day, why or ""))

    def said(self) -> str:
        day = _day(self.form.value("follow_up.due_on")) or self.task.due_on
        return _("Moved to {day}").format(day=formats.weekday_day(day))

    def _refused(self, error: Exception) -> None:
        if self.why is not None and isinstance(error, InvalidInput) and set(error.problems) & set(self.why.questions):
            self.save_button.setEnabled(True)
            self.why.show_problems(error.problems)
            self.why.next_problem()
            return
        super()._refused(error)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _day(value: object) -> date | None:
    return value if isinstance(value, date) else None
