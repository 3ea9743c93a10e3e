"""Choosing the time of a report: month, quarter, year, or two days; arrows step."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QWidget

from casedesk.fields import Ask, Field, Level
from casedesk.fields import Kind as FieldKind
from casedesk.i18n import N_, _
from casedesk.services.statistics import periods
from casedesk.services.statistics.periods import Kind, Period
from casedesk.ui.kit.buttons import IconButton, Segmented, button
from casedesk.ui.kit.layouts import block, column, row, widget
from casedesk.ui.kit.sheet import Sheet
from casedesk.ui.kit.texts import ElidedLabel, PlainLabel
from casedesk.ui.kit.theme import current
from casedesk.ui.kit.written import DayEdit

KINDS = {
    Kind.MONTH: N_("Month"),
    Kind.QUARTER: N_("Quarter"),
    Kind.YEAR: N_("Year"),
    Kind.ANY: N_("Custom"),
}
STEPPER = 210


class PeriodBar(QWidget):
    """The kind of period, and the period with an arrow at each side. `asked_days` wants two days chosen."""

    chosen = Signal(object)
    asked_days = Signal()

    def __init__(self, period: Period, today: date) -> None:
        super().__init__()
        self.period, self._today = period, today
        self.kinds = Segmented([(kind.value, _(words)) for kind, words in KINDS.items()], period.kind, _("Period"))
        self.kinds.chosen.connect(self._choose_kind)
        self.before = IconButton("previous", _("The period before (←)"), size="s", clicked=lambda: self.step(-1))
        self.after = IconButton("next", _("The period after (→)"), size="s", clicked=lambda: self.step(1))
        self.words = ElidedLabel("", "label", weight=600)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        inside = row(self.before, self.words, self.after, gap=4, margins=(5, 1, 5, 1))
        inside.setStretch(1, 1)
        self.stepper: QFrame = block("outlined", inside)
        self.stepper.setMinimumWidth(current().scaled(STEPPER))
        self.setLayout(row(self.kinds, self.stepper, gap=8))
        self.show_period(period)

    def show_period(self, period: Period) -> None:
        self.period = period
        self.kinds.set_value(period.kind.value)
        self.words.setText(period.label)
        self.stepper.setAccessibleName(period.label)

    def step(self, by: int) -> None:
        """Go to the period before or after."""
        try:
            self.chosen.emit(self.period.before() if by < 0 else self.period.after())
        except periods.NoPeriod:
            return  # the calendar ends there

    def _choose_kind(self, code: str) -> None:
        kind = Kind(code)
        if kind is Kind.ANY:
            self.kinds.set_value(self.period.kind.value)
            self.asked_days.emit()
        else:
            day = min(self.period.last, self._today) if self.period.first <= self._today else self.period.first
            self.chosen.emit(periods.calendar(kind, day))


class DaysSheet(Sheet):
    """Two days, both included."""

    chosen = Signal(object)

    def __init__(self, host: QWidget, period: Period, today: date) -> None:
        super().__init__(host, _("Choose the days"), _("Both days are included."), width=460)
        self.editors: list[DayEdit] = []
        for key, label, value in (("first", N_("First day"), period.first), ("last", N_("Last day"), period.last)):
            editor = DayEdit(f"period.{key}", Field(label, FieldKind.DAY, Level.INTERNAL, Ask.PROGRAM), today=today)
            editor.set_value(value)
            words = PlainLabel(_(label), "label")
            words.setBuddy(editor.inputs()[0])
            self.editors.append(editor)
            self.body.addWidget(widget(column(words, editor, gap=4)))
        self.told = PlainLabel("", "body", tone="danger", wrap=True)
        self.told.hide()
        self.body.addWidget(self.told)
        self.foot.addStretch(1)
        self.done_button = button(_("Show"), "primary", clicked=self._done)
        self.foot.addWidget(self.done_button)

    def main_action(self) -> None:
        self._done()

    def _done(self) -> None:
        first, last = (editor.value() for editor in self.editors)
        problem = next((found for editor in self.editors if (found := editor.problem())), "")
        try:
            if not isinstance(first, date) or not isinstance(last, date):
                raise periods.NoPeriod(problem or _("Type both days."))
            period = periods.days(first, last)
        except periods.NoPeriod as error:
            self.told.setText(error.message)
            self.told.show()
            self.editors[0].setFocus()
            return
        self.dismiss()
        self.chosen.emit(period)
