"""The sheets over the case page: each asks for one thing, keeps it if it is closed, and saves it with Ctrl+Enter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from casedesk import codelists, formats
from casedesk.fields import Ask, Field, Kind, Level
from casedesk.i18n import N_, _
from casedesk.lifecycles import REASON_LISTS, Step
from casedesk.services import follow_ups, notes
from casedesk.services.answers import as_asked
from casedesk.services.case_facts import Flag, look_restricted
from casedesk.services.case_status import set_status
from casedesk.services.follow_ups import FollowUpRow, RecordFollowUp
from casedesk.services.notes import NoteRow
from casedesk.services.safety_flags import act_on_flag, raise_flags
from casedesk.services.words import BETWEEN
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.form_sheet import FormSheet, Saved, declared
from casedesk.ui.kit.blocks import labelled
from casedesk.ui.kit.buttons import Segmented
from casedesk.ui.kit.choices import Combo, TickCard
from casedesk.ui.kit.chosen import TickCards
from casedesk.ui.kit.layouts import column, row, widget
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.move_sheet import MoveSheet

UNPLANNED = "unplanned"


class CaseSheet(FormSheet):
    """A form over the page of a case; what is typed stays with the case."""

    def __init__(self, case: OpenCase, code: str, title: str, fields: Sequence[tuple[str, Field]], **more: Any) -> None:
        self.case = case
        super().__init__(case.here, case.page, case.typed, code, title, fields, **more)


def code_field(code_list: str, label: str) -> Field:
    """A choice that is no column of its own."""
    return Field(label, Kind.CODE, Level.INTERNAL, Ask.LATER, code_list=code_list)


class FollowUpSheet(CaseSheet):
    """What came of a contact, planned or not, and when the next one is."""

    def __init__(self, case: OpenCase, follow_up_id: UUID | None = None) -> None:
        open_ones = _open_ones(case)
        choices = [(str(each.id), _planned(each, case.here.desk.today())) for each in open_ones]
        first = follow_up_id or (open_ones[0].id if open_ones else None)
        unplanned = (UNPLANNED, _("A contact that was not planned"))
        self.which = Combo([*choices, unplanned], str(first or UNPLANNED), name=_("Which follow-up"))
        results = codelists.get("followup_status")
        self.result = Segmented(
            [(code, results.label(code)) for code in follow_ups.RESULTS], "done", _("Was there contact?")
        )
        fields = declared("follow_up", "method", "client_situation", "note", "next_due_on")
        kind = replace(declared("follow_up", "type")[0][1], label=N_("The next contact is for"))
        super().__init__(
            case,
            "sheet.follow_up",
            _("Record follow-up"),
            [*fields, ("follow_up.next_type", kind)],
            save=_("Save follow-up"),
            saved=_("Follow-up recorded"),
            columns=2,
        )

    def before_form(self) -> None:
        self.body.addWidget(labelled(self.which))
        self.body.addWidget(labelled(self.result))

    def work(self, values: Saved) -> Callable[[], object]:
        command = RecordFollowUp(
            result=self.result.value(),
            method=_text(values["follow_up.method"]),
            client_situation=_text(values["follow_up.client_situation"]),
            note=_text(values["follow_up.note"]),
            next_due_on=_day(values["follow_up.next_due_on"]),
            next_type=_text(values["follow_up.next_type"]),
        )
        desk, which = self.case.here.desk, self.which.value()
        if which == UNPLANNED:
            return partial(follow_ups.record_contact, desk, self.case.id, command)
        return partial(follow_ups.record, desk, UUID(which), command)


def _open_ones(case: OpenCase) -> list[FollowUpRow]:
    return [each for each in case.known.follow_ups if each.status == "planned"]


def _planned(follow_up: FollowUpRow, today: date) -> str:
    words = follow_up.task or codelists.get("followup_type").label(follow_up.type)
    if follow_up.due_on is None:
        return words
    return _("{what} ({when})").format(what=words, when=formats.relative_days((follow_up.due_on - today).days))


class PlanSheet(CaseSheet):
    """Plans a step."""

    def __init__(self, case: OpenCase) -> None:
        fields = declared("follow_up", "type", "due_on", "task")
        title, save, saved = _("Add a step to the plan"), _("Add step"), _("Step added")
        super().__init__(case, "sheet.plan", title, fields, save=save, saved=saved, columns=2)

    def save(self) -> None:
        self.day_first("follow_up.due_on")

    def work(self, values: Saved) -> Callable[[], object]:
        today = self.case.here.desk.today()
        due = _day(values["follow_up.due_on"]) or today
        kind = _text(values["follow_up.type"]) or "other"
        task = _text(values["follow_up.task"])
        return partial(follow_ups.plan, self.case.here.desk, self.case.id, kind, due, task)


def move_sheet(case: OpenCase, follow_up: FollowUpRow) -> MoveSheet:
    """Moves a planned step to another day."""
    return MoveSheet(
        case.here,
        case.page,
        case.typed,
        f"sheet.snooze.{follow_up.id}",
        _planned(follow_up, case.here.desk.today()),
        partial(follow_ups.snooze, case.here.desk, follow_up.id),
        priority=case.facts.answers.get("case.priority"),
    )


class DropSheet(CaseSheet):
    """Takes a planned step out of the plan."""

    def __init__(self, case: OpenCase, follow_up: FollowUpRow) -> None:
        self._follow_up = follow_up
        title, save, saved = _("Take this step out of the plan"), _("Take out"), _("Step taken out")
        subtitle = _planned(follow_up, case.here.desk.today())
        fields = declared("status_event", "reason_text")
        super().__init__(case, f"sheet.drop.{follow_up.id}", title, fields, save=save, saved=saved, subtitle=subtitle)

    def work(self, values: Saved) -> Callable[[], object]:
        reason = _text(values["status_event.reason_text"]) or ""
        return partial(follow_ups.cancel, self.case.here.desk, self._follow_up.id, reason)


class NoteSheet(CaseSheet):
    """Writes a note, or puts one right by a new one."""

    def __init__(self, case: OpenCase, corrects: NoteRow | None = None) -> None:
        self._corrects = corrects
        fields = declared("case_note", "text", "type", "participants")
        start: dict[str, object] = {"case_note.type": "general"}
        if corrects is not None:
            start = {
                "case_note.type": corrects.type,
                "case_note.text": corrects.text,
                "case_note.participants": corrects.participants,
            }
        super().__init__(
            case,
            f"sheet.correct.{corrects.id}" if corrects else "sheet.note",
            _("Correct a note") if corrects else _("Add note"),
            fields,
            save=_("Save note"),
            saved=_("Note saved"),
            subtitle=_("The note stays as it is. A new one is added that points to it.") if corrects else "",
            start=start,
        )

    def work(self, values: Saved) -> Callable[[], object]:
        return partial(
            notes.add_note,
            self.case.here.desk,
            self.case.id,
            _text(values["case_note.type"]) or "",
            _text(values["case_note.text"]) or "",
            _text(values["case_note.participants"]) or "",
            self._corrects.id if self._corrects else None,
        )


class StatusSheet(CaseSheet):
    """A step in the life of the case that needs a reason: hold, close, reopen."""

    def __init__(self, case: OpenCase, step: Step, title: str, saved: str) -> None:
        self._step = step
        today, open_ones = case.here.desk.today(), _open_ones(case) if "settled" in step.needs else []
        self._planned = [each.id for each in open_ones]
        steps = BETWEEN.join(_planned(each, today) for each in open_ones)
        self.drop = TickCard(_("Take out of the plan: {step}").format(step=steps))
        fields = declared("status_event", "reason_text")
        if step.to in REASON_LISTS:
            reason = code_field(REASON_LISTS[step.to], N_("Reason"))
            fields = [("status_event.reason_code", reason), *fields]
        if "until" in step.needs:
            fields += declared("follow_up", "due_on", due_on=N_("Look again on"))
        super().__init__(case, f"sheet.status.{step.to}", title, fields, save=title, saved=saved)
        self.drop.setVisible(bool(open_ones))
        self.drop.toggled.connect(self.quiet)

    def before_form(self) -> None:
        self.body.addWidget(self.drop)

    def work(self, values: Saved) -> Callable[[], object]:
        return partial(
            set_status,
            self.case.here.desk,
            self.case.id,
            self._step.to,
            reason_code=_text(values.get("status_event.reason_code")),
            reason=_text(values["status_event.reason_text"]),
            until=_day(values.get("follow_up.due_on")),
            dropped=self._planned if self.drop.isChecked() else (),
        )


class RaiseFlagsSheet(CaseSheet):
    """Says what cannot wait; what is raised already is not offered."""

    def __init__(self, case: OpenCase) -> None:
        there = {flag.code for flag in case.facts.flags if flag.cleared_at is None}
        super().__init__(
            case,
            "sheet.flags",
            _("Raise a safety flag"),
            as_asked(("safety_flag.flags",)),
            save=_("Raise"),
            saved=_("Safety flag raised"),
            subtitle=_("Somebody has to act on it in time; it comes first in everybody’s list until then."),
            editors={"safety_flag.flags": partial(TickCards, without=there)},
        )

    def work(self, values: Saved) -> Callable[[], object]:
        chosen = values["safety_flag.flags"]
        codes = [str(code) for code in chosen] if isinstance(chosen, list) else []
        return partial(raise_flags, self.case.here.desk, self.case.id, codes)


class ReasonSheet(CaseSheet):
    """Asks why somebody has to read what is restricted; the journal keeps it."""

    def __init__(self, case: OpenCase) -> None:
        super().__init__(
            case,
            "sheet.reason",
            _("Read what is restricted"),
            declared("status_event", "reason_text", reason_text=N_("Why do you need to read it?")),
            save=_("Read it"),
            saved=_("Your reason is recorded"),
            subtitle=_("Who looked will say that you read it, and why. The caseworker sees it."),
        )

    def work(self, values: Saved) -> Callable[[], object]:
        self._reason = _text(values["status_event.reason_text"]) or ""
        return partial(look_restricted, self.case.here.desk, self.case.id, self._reason)

    def _done(self, result: object) -> None:
        super()._done(result)
        self.case.read_with(self._reason)


class FlagSheet(CaseSheet):
    """What was done about a safety flag, or why it is over."""

    def __init__(self, case: OpenCase, flag: Flag, *, over: bool) -> None:
        self._flag, self._over = flag, over
        self._key = "cleared_reason" if over else "action_text"
        title = _("This danger is over") if over else _("What was done")
        save = _("Mark as over") if over else _("Save what was done")
        super().__init__(
            case,
            f"sheet.flag.{flag.id}.{self._key}",
            title,
            declared("safety_flag", self._key),
            save=save,
            saved=_("Safety flag updated"),
            subtitle=codelists.get("safety_flag").label(flag.code),
        )

    def save(self) -> None:
        if self.form.value(f"safety_flag.{self._key}") is None:
            self.notice.say(_("Write something first."))
            self.notice.show()
            self.form.go_to(f"safety_flag.{self._key}")
            return
        super().save()

    def work(self, values: Saved) -> Callable[[], object]:
        text = _text(values[f"safety_flag.{self._key}"]) or ""
        said: dict[str, Any] = {"cleared_because": text} if self._over else {"action": text}
        return partial(act_on_flag, self.case.here.desk, self.case.id, self._flag.id, **said)


def lines(*words: str) -> QWidget:
    """Some sentences under each other."""
    return widget(column(*(PlainLabel(text, "body", wrap=True) for text in words if text), gap=6))


def line(label: str, control: QWidget) -> QWidget:
    """A label at the left and its control at the right."""
    words = PlainLabel(label, "body", wrap=True)
    words.setBuddy(control)
    made = row(words, control, gap=12, margins=(0, 3, 0, 3))
    made.setStretch(0, 1)
    return widget(made)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _day(value: object) -> date | None:
    return value if isinstance(value, date) else None
