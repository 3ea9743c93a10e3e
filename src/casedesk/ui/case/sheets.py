"""The sheets over the case page: each asks for one thing, keeps it if it is closed, and saves it with Ctrl+Enter."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from casedesk import codelists, formats
from casedesk.errors import CaseDeskError, InvalidInput, Problem
from casedesk.fields import Ask, Field, Kind, Level
from casedesk.i18n import N_, _
from casedesk.lifecycles import REASON_LISTS, Step
from casedesk.services import cases, follow_ups, notes
from casedesk.services.answers import as_asked
from casedesk.services.cases import Flag
from casedesk.services.follow_ups import FollowUpRow, RecordFollowUp
from casedesk.services.notes import NoteRow
from casedesk.services.office import clock_is_wrong
from casedesk.services.words import BETWEEN
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.case.pieces import declared
from casedesk.ui.kept import kept_of, put_back
from casedesk.ui.kit.blocks import Banner, keys_hint
from casedesk.ui.kit.buttons import Segmented, button
from casedesk.ui.kit.choices import Combo, TickCard
from casedesk.ui.kit.chosen import TickCards
from casedesk.ui.kit.fields import EditorOf
from casedesk.ui.kit.layouts import column, row, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import PlainLabel

Saved = dict[str, object]
Problems = Mapping[str, Sequence[Problem]]
UNPLANNED = "unplanned"


class FormSheet(Sheet):
    """A form over the page. What is typed stays with the case until it is saved or cancelled."""

    def __init__(
        self,
        case: OpenCase,
        code: str,
        title: str,
        fields: Sequence[tuple[str, Field]],
        *,
        save: str,
        saved: str,
        subtitle: str = "",
        columns: int = 1,
        width: int = 640,
        start: Mapping[str, object] | None = None,
        save_look: str = "primary",
        editors: Mapping[str, EditorOf] | None = None,
    ) -> None:
        super().__init__(case.page, title, width=width)
        explain(self, subtitle)
        self.case, self.code, self._saved_words = case, code, saved
        self._saving = False
        self.notice = Banner("danger", "")
        self.notice.hide()
        self.form = Form(fields, today=case.here.desk.today(), columns=columns, ahead=True, editors=editors)
        put_back(self.form, case.typed.get(code, {}), {})
        if start and code not in case.typed:
            self.form.put(start)
        self.form.edited.connect(self._keep)
        self.body.addWidget(self.notice)
        self.before_form()
        self.body.addWidget(self.form)
        self.cancel_button = button(_("Cancel"), clicked=self._cancel)
        self.save_button = button(save, save_look, keys="Ctrl+Enter", clicked=self.save)
        for part in (keys_hint("Ctrl+Enter"), None, self.cancel_button, self.save_button):
            if part is None:
                self.foot.addStretch(1)
            else:
                self.foot.addWidget(part)

    def before_form(self) -> None:
        """Put what comes before the form into the body."""

    def work(self, values: Saved) -> Callable[[], object]:
        """What saving does, with the values of the form."""
        raise NotImplementedError

    def _keep(self) -> None:
        self.quiet()
        self.case.typed.keep(self.code, kept_of(self.form))

    def quiet(self) -> None:
        """What was said about the last try is no more true of what stands there now."""
        self.notice.hide()

    def _cancel(self) -> None:
        self.case.typed.forget(self.code)
        self.dismiss()

    def save(self) -> None:
        """Save what the form holds."""
        if self._saving or not self.form.ready():
            return
        self._saving = True
        work = self.work(self.form.values())
        self.case.write(self, work, self._saved_words, done=self._done, failed=self._refused)

    def day_first(self, key: str) -> None:
        """Save, but while the clock is doubted only with a day that somebody wrote: none fills itself in then."""
        missing = key in self.form.questions and self.form.value(key) is None
        if missing and not self.form.problems() and clock_is_wrong(self.case.here.desk):
            self.notice.say(
                _("Write the day."), _("The clock of this computer is in doubt, so no day fills itself in.")
            )
            self.notice.show()
            self.form.go_to(key)
            return
        FormSheet.save(self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.save()
            return
        super().keyPressEvent(event)

    def _done(self, _result: object) -> None:
        self.case.typed.forget(self.code)
        self.dismiss()

    def _refused(self, error: Exception) -> None:
        self._saving = False
        if not isinstance(error, CaseDeskError):
            show_error(self, error)
            return
        elsewhere = error.hint
        if isinstance(error, InvalidInput):
            shown = self.show_problems(error.problems)
            missed = [p.text for key, found in error.problems.items() if key not in shown for p in found]
            elsewhere = " ".join(missed)
            self.form.next_problem()
        self.notice.say(error.message, elsewhere)
        self.notice.show()

    def show_problems(self, problems: Problems) -> Collection[str]:
        """Show the problems beside their fields; returns the keys that have one here."""
        self.form.show_problems(problems)
        return self.form.questions.keys()


def explain(sheet: Sheet, subtitle: str) -> None:
    """Put a sentence under the title of a sheet."""
    sheet.subtitle.setText(subtitle)
    sheet.subtitle.setVisible(bool(subtitle))


def code_field(code_list: str, label: str) -> Field:
    """A choice that is no column of its own."""
    return Field(label, Kind.CODE, Level.INTERNAL, Ask.LATER, code_list=code_list)


class FollowUpSheet(FormSheet):
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
        which, result = PlainLabel(_("Which follow-up"), "label"), PlainLabel(_("Was there contact?"), "label")
        which.setBuddy(self.which)
        self.body.addLayout(column(which, self.which, gap=4))
        self.body.addLayout(column(result, self.result, gap=4))

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


class PlanSheet(FormSheet):
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


class SnoozeSheet(FormSheet):
    """Moves a planned step to another day."""

    def __init__(self, case: OpenCase, follow_up: FollowUpRow) -> None:
        self._follow_up = follow_up
        fields = [*declared("follow_up", "due_on", due_on=N_("New day")), *declared("status_event", "reason_text")]
        title, save, saved = _("Move to another day"), _("Move"), _("Moved")
        subtitle = _planned(follow_up, case.here.desk.today())
        super().__init__(case, f"sheet.snooze.{follow_up.id}", title, fields, save=save, saved=saved, subtitle=subtitle)

    def save(self) -> None:
        self.day_first("follow_up.due_on")

    def work(self, values: Saved) -> Callable[[], object]:
        to = _day(values["follow_up.due_on"]) or self.case.here.desk.today()
        reason = _text(values["status_event.reason_text"]) or ""
        return partial(follow_ups.snooze, self.case.here.desk, self._follow_up.id, to, reason)


class DropSheet(FormSheet):
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


class NoteSheet(FormSheet):
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


class StatusSheet(FormSheet):
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
            cases.set_status,
            self.case.here.desk,
            self.case.id,
            self._step.to,
            reason_code=_text(values.get("status_event.reason_code")),
            reason=_text(values["status_event.reason_text"]),
            until=_day(values.get("follow_up.due_on")),
            dropped=self._planned if self.drop.isChecked() else (),
        )


class RaiseFlagsSheet(FormSheet):
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
        return partial(cases.raise_flags, self.case.here.desk, self.case.id, codes)


class ReasonSheet(FormSheet):
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
        return partial(cases.look_restricted, self.case.here.desk, self.case.id, self._reason)

    def _done(self, result: object) -> None:
        super()._done(result)
        self.case.read_with(self._reason)


class FlagSheet(FormSheet):
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
        return partial(cases.act_on_flag, self.case.here.desk, self.case.id, self._flag.id, **said)


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
