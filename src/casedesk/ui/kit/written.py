"""Editors that are written into: what a person types becomes the value, and what is not understood stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from casedesk import codelists, formats, parsing
from casedesk.fields import Field, Level, tidy
from casedesk.i18n import _
from casedesk.parsing import NotUnderstood
from casedesk.ui.kit.choices import CodeFinder, Combo
from casedesk.ui.kit.editor import Editor
from casedesk.ui.kit.layouts import row
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import current
from casedesk.values import Money, PartialDay

DISTRICT = "person.district"
LOWEST, HIGHEST = 3, 12  # lines of a paragraph field


class LineEdit(Editor):
    """A line of text; the other typed kinds build on it."""

    def __init__(self, key: str, declared: Field) -> None:
        super().__init__(key, declared)
        self.line = QLineEdit()
        hints = Qt.InputMethodHint.ImhNoPredictiveText
        if declared.level >= Level.IDENTIFYING:
            hints |= Qt.InputMethodHint.ImhSensitiveData
        self.line.setInputMethodHints(hints)
        self.line.textEdited.connect(lambda _text: self.edited.emit())
        self.beside = row(self.line, gap=8)
        self.setLayout(self.beside)
        self._take(self.line)

    def inputs(self) -> Sequence[QWidget]:
        return (self.line,)

    def value(self) -> object:
        return tidy(self.declared, self.line.text())

    def set_value(self, value: object) -> None:
        self.line.setText("" if value is None else str(value))
        self.line.setCursorPosition(0)


class UpazilaEdit(LineEdit):
    """A line that offers the upazilas of the district; any other words may be written, too."""

    def __init__(self, key: str, declared: Field) -> None:
        super().__init__(key, declared)
        self._district: object = None
        self._offer(None)

    def look_at(self, answers: Mapping[str, object]) -> None:
        if (district := answers.get(DISTRICT)) != self._district:
            self._offer(district)

    def _offer(self, district: object) -> None:
        self._district = district
        rows = [row for row in codelists.get("bd_upazila") if district in (None, row.extra["district_code"])]
        finder = CodeFinder(rows, self.line)
        finder.activated.connect(lambda _text: self.edited.emit())
        self.line.setCompleter(finder)


class ReadEdit(LineEdit):
    """A line that is read: text to value and back. A value that was set stays exact while its text is untouched."""

    def __init__(self, key: str, declared: Field) -> None:
        super().__init__(key, declared)
        self._given: tuple[str, object] = ("", None)

    def read(self, text: str) -> object:
        raise NotImplementedError

    def write(self, value: object) -> str:
        raise NotImplementedError

    def _reading(self) -> tuple[object, str]:
        text = self.line.text()
        if not text.strip():
            return None, ""
        if text == self._given[0]:
            return self._given[1], ""
        try:
            return self.read(text), ""
        except NotUnderstood as error:
            return None, " ".join(part for part in (error.message, error.hint) if part)

    def value(self) -> object:
        return self._reading()[0]

    def problem(self) -> str:
        return self._reading()[1]

    def set_value(self, value: object) -> None:
        text = "" if value is None else self.write(value)
        self._given = (text, value)
        super().set_value(text)


class PhoneEdit(ReadEdit):
    def read(self, text: str) -> object:
        return parsing.read_phone(text)

    def write(self, value: object) -> str:
        return formats.phone(str(value))

    def echo(self) -> str:
        value = self.value()
        written = formats.phone(str(value)) if value else ""
        return "" if written == self.line.text().strip() else written


class CountEdit(ReadEdit):
    def __init__(self, key: str, declared: Field) -> None:
        super().__init__(key, declared)
        self.line.setMaximumWidth(current().scaled(110))
        if declared.unit:
            self.beside.addWidget(PlainLabel(_(declared.unit), "body", tone="text2"))
        self.beside.addStretch(1)

    def read(self, text: str) -> object:
        return parsing.read_count(text)

    def write(self, value: object) -> str:
        return formats.digits(str(value))


class DayEdit(ReadEdit):
    """An exact day. Where it is a plan, a day without a year is the next one."""

    def __init__(self, key: str, declared: Field, today: date, *, ahead: bool = False) -> None:
        super().__init__(key, declared)
        self._today, self._ahead = today, ahead
        self.line.setMaximumWidth(current().scaled(260))
        self.beside.addStretch(1)

    def read(self, text: str) -> object:
        return parsing.read_day(text, self._today, ahead=self._ahead)

    def write(self, value: object) -> str:
        return formats.day(value) if isinstance(value, date) else ""

    def echo(self) -> str:
        written = self.write(self.value())
        return "" if written == self.line.text().strip() else written


class PartialDayEdit(ReadEdit):
    def __init__(self, key: str, declared: Field, today: date) -> None:
        super().__init__(key, declared)
        self._today = today

    def read(self, text: str) -> object:
        return parsing.read_partial_day(text, self._today)

    def write(self, value: object) -> str:
        return formats.partial_day(value) if isinstance(value, PartialDay) else ""

    def echo(self) -> str:
        value = self.value()
        if not isinstance(value, PartialDay):
            return ""
        exact = codelists.get("date_precision").label(value.precision.value)
        return _("{date} · {exactness}").format(date=formats.partial_day(value), exactness=exact)


class MomentEdit(Editor):
    """A day and a time of day, as the clocks in Dhaka show it."""

    def __init__(self, key: str, declared: Field, today: date, *, ahead: bool = False) -> None:
        super().__init__(key, declared)
        self._today, self._ahead = today, ahead
        self._given: tuple[str, str, datetime | None] = ("", "", None)
        self.day, self.time = QLineEdit(), QLineEdit()
        self.time.setAccessibleName(_("{field}: time").format(field=self.label))
        self.time.setPlaceholderText(formats.digits("15:00"))
        self.time.setMaximumWidth(current().scaled(90))
        self.day.setMaximumWidth(current().scaled(220))
        for line in (self.day, self.time):
            line.textEdited.connect(lambda _text: self.edited.emit())
        self.setLayout(row(self.day, self.time, None, gap=6))
        self._take(self.day, self.time)

    def inputs(self) -> Sequence[QWidget]:
        return (self.day, self.time)

    def _reading(self) -> tuple[datetime | None, str]:
        day, time = self.day.text(), self.time.text()
        if not day.strip() and not time.strip():
            return None, ""
        if (day, time) == self._given[:2]:
            return self._given[2], ""
        try:
            found = parsing.read_day(day, self._today, ahead=self._ahead)
        except NotUnderstood as error:
            return None, f"{error.message} {error.hint}"
        try:
            hour, _colon, minute = parsing.latin_digits(time.strip() or "0").replace(".", ":").partition(":")
            found_time = (int(hour), int(minute or 0))
            return datetime(found.year, found.month, found.day, *found_time, tzinfo=formats.DHAKA), ""
        except ValueError:
            return None, _("“{text}” is not understood as a time. Type it like 15:00.").format(
                text=formats.quoted(time)
            )

    def value(self) -> object:
        return self._reading()[0]

    def problem(self) -> str:
        return self._reading()[1]

    def echo(self) -> str:
        value = self._reading()[0]
        return formats.moment(value) if value else ""

    def set_value(self, value: object) -> None:
        moment = value if isinstance(value, datetime) else None
        here = moment.astimezone(formats.DHAKA) if moment else None
        day, time = (formats.day(here.date()), formats.clock(here)) if here else ("", "")
        self._given = (day, time, moment)
        self.day.setText(day)
        self.time.setText(time)


class MoneyEdit(Editor):
    """An amount and its currency."""

    def __init__(self, key: str, declared: Field, currency: str = "bdt") -> None:
        super().__init__(key, declared)
        self._usual = currency
        self._given: tuple[str, str, Money | None] = ("", "", None)
        self.estimate: Callable[[Money], str] = lambda _value: ""  # what it is worth in taka, where a rate is known
        self.line = QLineEdit()
        options = [(each.code, each.extra["iso_4217"]) for each in codelists.get("currency")]
        self.currency = Combo(options, currency, name=_("{field}: currency").format(field=self.label))
        self.currency.setMinimumWidth(current().scaled(86))
        self.line.textEdited.connect(lambda _text: self.edited.emit())
        self.currency.activated.connect(lambda _at: self.edited.emit())
        self.setLayout(row(self.line, self.currency, gap=6))
        self._take(self.line, self.currency)

    def inputs(self) -> Sequence[QWidget]:
        return (self.line, self.currency)

    def expect(self, currency: str) -> None:
        """Begin with another money from now on; an amount that is typed keeps its own."""
        if currency == self._usual:
            return
        self._usual = currency
        if not self.line.text().strip():
            self.currency.set_value(currency)

    def _reading(self) -> tuple[Money | None, str]:
        text, currency = self.line.text(), self.currency.value()
        if not text.strip():
            return None, ""
        if (text, currency) == self._given[:2]:
            return self._given[2], ""
        try:
            return parsing.read_money(text, currency), ""
        except NotUnderstood as error:
            return None, f"{error.message} {error.hint}"

    def value(self) -> object:
        return self._reading()[0]

    def problem(self) -> str:
        return self._reading()[1]

    def echo(self) -> str:
        value = self._reading()[0]
        if value is None:
            return ""
        said = "" if formats.amount(value) == self.line.text().strip() else formats.money(value)
        return " ".join(words for words in (said, self.estimate(value)) if words)

    def set_value(self, value: object) -> None:
        money = value if isinstance(value, Money) else None
        text, currency = (formats.amount(money), money.currency) if money else ("", self._usual)
        self._given = (text, currency, money)
        self.line.setText(text)
        self.currency.set_value(currency)


class TextEdit(Editor):
    """Paragraphs; the field grows with them. Tab goes on to the next field."""

    def __init__(self, key: str, declared: Field) -> None:
        super().__init__(key, declared)
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        self.text.setFont(current().font("reading"))
        self.text.setInputMethodHints(Qt.InputMethodHint.ImhNoPredictiveText | Qt.InputMethodHint.ImhSensitiveData)
        self.text.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._quiet = False
        self.text.textChanged.connect(self._changed)
        self.setLayout(row(self.text, gap=6))
        self._take(self.text)
        self._grow()

    def inputs(self) -> Sequence[QWidget]:
        return (self.text,)

    def value(self) -> object:
        return tidy(self.declared, self.text.toPlainText())

    def set_value(self, value: object) -> None:
        self._quiet = True
        self.text.setPlainText("" if value is None else str(value))
        self._quiet = False

    def _changed(self) -> None:
        self._grow()
        if not self._quiet:
            self.edited.emit()

    def _grow(self) -> None:
        lines = min(max(round(self.text.document().size().height()) + 1, LOWEST), HIGHEST)
        self.text.setFixedHeight(round(lines * self.text.fontMetrics().lineSpacing()) + 22)
