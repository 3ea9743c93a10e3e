"""A sheet that asks for one thing, keeps what is typed if it is closed, and saves it with Ctrl+Enter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from PySide6.QtWidgets import QWidget

from casedesk.errors import CaseDeskError, InvalidInput, Problem
from casedesk.fields import Field
from casedesk.i18n import _
from casedesk.models import fields_of, recorded_models
from casedesk.services.clock import clock_is_wrong
from casedesk.ui.kept import Typed, kept_of, put_back
from casedesk.ui.kit.blocks import Banner, keys_hint
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.fields import EditorOf
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.questions import Form
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.page import Here

Saved = dict[str, object]
Problems = Mapping[str, Sequence[Problem]]


def declared(table: str, *names: str, **labels: str) -> list[tuple[str, Field]]:
    """Declared fields of one table, by their keys; a label given takes the place of the declared one."""
    fields = fields_of(recorded_models()[table])
    return [
        (f"{table}.{name}", replace(fields[name], label=labels[name]) if name in labels else fields[name])
        for name in names
    ]


class FormSheet(Sheet):
    """A form over the page. What is typed stays in `typed`, under `code`, until it is saved or cancelled."""

    def __init__(
        self,
        here: Here,
        host: QWidget,
        typed: Typed,
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
        super().__init__(host, title, subtitle, width=width)
        self.here, self.typed, self.code, self._saved_words = here, typed, code, saved
        self.notice = Banner("danger", "")
        self.notice.hide()
        self.form = Form(fields, today=here.desk.today(), columns=columns, ahead=True, editors=editors)
        put_back(self.form, typed.get(code, {}), {})
        if start and code not in typed:
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

    def said(self) -> str:
        """What is said once it is saved."""
        return self._saved_words

    def _keep(self) -> None:
        self.quiet()
        self.typed.keep(self.code, kept_of(self.form))

    def quiet(self) -> None:
        """What was said about the last try is no more true of what stands there now."""
        self.notice.hide()

    def _cancel(self) -> None:
        self.typed.forget(self.code)
        self.dismiss()

    def save(self) -> None:
        """Save what the form holds."""
        if self.is_busy or not self.form.ready():
            return
        work = self.work(self.form.values())
        self.busy(True)
        self.here.jobs.write(self, work, done=self._done, failed=self._refused)

    def day_first(self, key: str) -> None:
        """Save, but while the clock is doubted only with a day that somebody wrote: none fills itself in then."""
        missing = key in self.form.questions and self.form.value(key) is None
        if missing and not self.form.problems() and clock_is_wrong(self.here.desk):
            self.notice.say(
                _("Write the day."), _("The clock of this computer is in doubt, so no day fills itself in.")
            )
            self.notice.show()
            self.form.go_to(key)
            return
        FormSheet.save(self)

    def main_action(self) -> None:
        self.save()

    def _done(self, _result: object) -> None:
        if words := self.said():
            self.here.say(words)
        self.typed.forget(self.code)
        self.dismiss()

    def _refused(self, error: Exception) -> None:
        self.busy(False)
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
