"""One editor for each kind of field: what a person types becomes the value, and what is not understood stays."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QLineEdit,
    QPlainTextEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from casedesk import codelists, formats, parsing
from casedesk.fields import Field, Kind, Level, tidy
from casedesk.i18n import _
from casedesk.parsing import NotUnderstood
from casedesk.ui.kit.buttons import Chip
from casedesk.ui.kit.choices import CodeFinder, CodeLine, Combo, TickCard
from casedesk.ui.kit.layouts import Flow, clear, row, widget
from casedesk.ui.kit.texts import PlainLabel, restyle
from casedesk.ui.kit.theme import current
from casedesk.values import Money, PartialDay

SHORT_LIST = 12
UPAZILA, DISTRICT = "person.upazila", "person.district"
LOWEST, HIGHEST = 3, 12  # lines of a paragraph field


class Editor(QWidget):
    """Shows and takes one value.

    `edited` tells every change by the person, `left` that the person went on. `problem()` says why what was
    typed is not understood; the typed text stays.
    """

    edited = Signal()
    left = Signal()

    def __init__(self, key: str, declared: Field) -> None:
        super().__init__()
        self.key = key
        self.declared = declared
        self.setObjectName(key)
        self.label = _(declared.label)

    def value(self) -> object:
        raise NotImplementedError

    def set_value(self, value: object) -> None:
        raise NotImplementedError

    def problem(self) -> str:
        return ""

    def echo(self) -> str:
        """What was understood, in words, where that is not plain from what was typed."""
        return ""

    def look_at(self, answers: Mapping[str, object]) -> None:
        """Other answers that this one goes by, as an upazila by its district."""

    def inputs(self) -> Sequence[QWidget]:
        """What takes the focus; the first one for a click on the label."""
        return ()

    def describe(self, description: str) -> None:
        """Hint and problem, for a screen reader."""
        for each in self.inputs():
            each.setAccessibleDescription(description)

    def mark(self, wrong: bool) -> None:
        """Show or take away the red edge."""
        state = "error" if wrong else ""
        for each in self.inputs():
            if isinstance(each, QLineEdit | QPlainTextEdit) and state != (each.property("state") or ""):
                each.setProperty("state", state)
                restyle(each)

    def _take(self, *inputs: QWidget) -> None:
        """Name the inputs, and hear when they are left."""
        for at, each in enumerate(inputs):
            each.setObjectName(f"{self.key}.input" if at == 0 else f"{self.key}.input{at + 1}")
            if not each.accessibleName():
                each.setAccessibleName(self.label)
            each.installEventFilter(self)
        self.setFocusProxy(inputs[0])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QFocusEvent) and _has_left(event):
            self.left.emit()
        return super().eventFilter(watched, event)


def _has_left(event: QFocusEvent) -> bool:
    """Whether the person went on; opening the field's own list is not leaving."""
    return event.type() == QEvent.Type.FocusOut and event.reason() != Qt.FocusReason.PopupFocusReason


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


class CodeEdit(Editor):
    """One code of a list, found by typing."""

    def __init__(self, key: str, declared: Field) -> None:
        super().__init__(key, declared)
        self.line = CodeLine(declared.code_list or "", name=self.label)
        self.line.textEdited.connect(lambda _text: self.edited.emit())
        self.line.picked.connect(self.edited)
        self.setLayout(row(self.line, gap=6))
        self._take(self.line)

    def inputs(self) -> Sequence[QWidget]:
        return (self.line,)

    def value(self) -> object:
        return self.line.code()

    def set_value(self, value: object) -> None:
        self.line.set_code(None if value is None else str(value))

    def problem(self) -> str:
        text = self.line.text().strip()
        if not text or self.line.code() is not None:
            return ""
        return _("“{text}” is not in the list. Choose from the list, or leave it empty.").format(
            text=formats.quoted(text)
        )


class TickCards(Editor):
    """Some codes of a short list, as cards to tick. A card without a tick is blank, not no."""

    def __init__(self, key: str, declared: Field, columns: int = 2, *, without: Collection[str] = ()) -> None:
        super().__init__(key, declared)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        self.cards: dict[str, TickCard] = {}
        offered = [each for each in codelists.get(declared.code_list or "") if each.code not in without]
        for at, each in enumerate(offered):
            card = TickCard(each.label)
            card.clicked.connect(lambda _on=False: self.edited.emit())
            self.cards[each.code] = card
            grid.addWidget(card, at // columns, at % columns)
        for at in range(columns):
            grid.setColumnStretch(at, 1)
        self._unknown: list[str] = []
        self._take(*self.cards.values())

    def inputs(self) -> Sequence[QWidget]:
        return tuple(self.cards.values())

    def value(self) -> object:
        ticked = [code for code, card in self.cards.items() if card.isChecked()]
        return sorted({*ticked, *self._unknown}) or None

    def set_value(self, value: object) -> None:
        codes = set(value) if isinstance(value, list | tuple | set | frozenset) else set()
        self._unknown = sorted(codes - set(self.cards))  # written by a newer program; kept
        for code, card in self.cards.items():
            card.setChecked(code in codes)


class Chips(Editor):
    """Some items, each a chip that can be taken away, and a line that adds one."""

    def __init__(self, key: str, declared: Field, line: QLineEdit) -> None:
        super().__init__(key, declared)
        self.line = line
        self._items: list[str] = []
        self._chips = Flow(gap=6)
        self._shelf = widget(self._chips)
        self._shelf.hide()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(6)
        outer.addWidget(line)
        outer.addWidget(self._shelf)
        self._take(line)

    def inputs(self) -> Sequence[QWidget]:
        return (self.line,)

    def word(self, item: str) -> str:
        return item

    def value(self) -> object:
        return sorted(self._items) or None

    def set_value(self, value: object) -> None:
        self._items = [str(item) for item in value] if isinstance(value, list | tuple | set | frozenset) else []
        self.line.clear()
        self._show_items()

    def add(self, item: str) -> None:
        if item not in self._items:
            self._items.append(item)
            self._show_items()
        self.line.clear()
        self.edited.emit()

    def _drop(self, item: str) -> None:
        self._items.remove(item)
        self._show_items()
        self.line.setFocus()
        self.edited.emit()

    def _show_items(self) -> None:
        clear(self._chips)
        for item in self._items:
            chip = Chip(self.word(item), name=_("Remove {item}").format(item=self.word(item)))
            chip.removed.connect(lambda item=item: self._drop(item))
            self._chips.addWidget(chip)
        self._shelf.setVisible(bool(self._items))
        self.updateGeometry()


class CodeChips(Chips):
    """Some codes of a long list."""

    def __init__(self, key: str, declared: Field) -> None:
        self._pick = CodeLine(declared.code_list or "", name=_(declared.label))
        super().__init__(key, declared, self._pick)
        self._pick.setPlaceholderText(_("Type to add"))
        self._pick.picked.connect(self._picked)
        self._pick.textEdited.connect(lambda _text: self.edited.emit())

    def offer(self, codes: Collection[str] | None) -> None:
        self._pick.offer(codes)

    def word(self, item: str) -> str:
        return codelists.get(self.declared.code_list or "").label(item)

    def problem(self) -> str:
        text = self.line.text().strip()
        if not text or self._pick.code() is not None:
            return ""
        return _("“{text}” is not in the list. Choose from the list, or leave it empty.").format(
            text=formats.quoted(text)
        )

    def value(self) -> object:
        waiting = [self._pick.code()] if self._pick.code() is not None else []
        return sorted({*self._items, *(code for code in waiting if code)}) or None

    def set_value(self, value: object) -> None:
        super().set_value(value)
        self._pick.set_code(None)

    def _picked(self) -> None:
        code = self._pick.code()
        if code is not None:
            self._pick.set_code(None)
            self.add(code)


class LineChips(Chips):
    """Some free lines; Enter adds the one that was typed."""

    def __init__(self, key: str, declared: Field) -> None:
        super().__init__(key, declared, QLineEdit())
        self.line.setPlaceholderText(_("Type, then Enter to add"))
        self.line.returnPressed.connect(self._entered)
        self.line.textEdited.connect(lambda _text: self.edited.emit())

    def value(self) -> object:
        return tidy(self.declared, [*self._items, *([self.line.text()] if self.line.text().strip() else [])])

    def _entered(self) -> None:
        if text := self.line.text().strip():
            self.add(text)


class AnswerEdit(Editor):
    """Yes, no, does not know, does not wish to answer: four full answers, by Y, N, U and D. Delete empties it."""

    KEYS = {Qt.Key.Key_Y: "yes", Qt.Key.Key_N: "no", Qt.Key.Key_U: "unknown", Qt.Key.Key_D: "declined"}  # noqa: RUF012

    def __init__(self, key: str, declared: Field) -> None:
        super().__init__(key, declared)
        self._group = QButtonGroup(self)
        self.radios: dict[str, QRadioButton] = {}
        for each in codelists.get(declared.code_list or "answer_yes_no"):
            radio = QRadioButton(each.label.replace("&", "&&"))
            radio.setAccessibleName(f"{self.label}: {each.label}")
            radio.clicked.connect(lambda _on=False: self.edited.emit())
            self._group.addButton(radio)
            self.radios[each.code] = radio
        self.setLayout(Flow(*self.radios.values(), gap=16))
        self._take(*self.radios.values())
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def inputs(self) -> Sequence[QWidget]:
        return tuple(self.radios.values())

    def value(self) -> object:
        return next((code for code, radio in self.radios.items() if radio.isChecked()), None)

    def set_value(self, value: object) -> None:
        self._group.setExclusive(False)
        for code, radio in self.radios.items():
            radio.setChecked(code == value)
        self._group.setExclusive(True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._key(event):
            return True
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        if event.modifiers() not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
            return False
        code = self.KEYS.get(Qt.Key(event.key()))
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.set_value(None)
        elif code in self.radios:
            self.set_value(code)
            self.radios[code].setFocus()
        else:
            return False
        self.edited.emit()
        return True


class TickEdit(Editor):
    """One tick; its label stands beside it. Without a tick it is blank, and no only where it was no before."""

    def __init__(self, key: str, declared: Field) -> None:
        super().__init__(key, declared)
        self._was: object = None
        self.box = TickCard(self.label)
        self.box.clicked.connect(lambda _on=False: self.edited.emit())
        self.setLayout(row(self.box, gap=6))
        self._take(self.box)

    def inputs(self) -> Sequence[QWidget]:
        return (self.box,)

    def value(self) -> object:
        return True if self.box.isChecked() else None if self._was is None else False

    def set_value(self, value: object) -> None:
        self._was = value
        self.box.setChecked(value is True)


EditorOf = Callable[[str, Field], Editor]


def editor_for(key: str, declared: Field, *, today: date, ahead: bool = False) -> Editor:
    """The editor for a declared field. References to other records have none here; give the form one of your own."""
    if key == UPAZILA:
        return UpazilaEdit(key, declared)
    match declared.kind:
        case Kind.DAY:
            return DayEdit(key, declared, today, ahead=ahead)
        case Kind.PARTIAL_DAY:
            return PartialDayEdit(key, declared, today)
        case Kind.MOMENT:
            return MomentEdit(key, declared, today, ahead=ahead)
        case Kind.CODES:
            short = len(codelists.get(declared.code_list or "").rows) <= SHORT_LIST
            return TickCards(key, declared) if short else CodeChips(key, declared)
        case kind:
            return EDITORS[kind](key, declared)


EDITORS: dict[Kind, EditorOf] = {
    Kind.LINE: LineEdit,
    Kind.TEXT: TextEdit,
    Kind.PHONE: PhoneEdit,
    Kind.COUNT: CountEdit,
    Kind.MONEY: MoneyEdit,
    Kind.CODE: CodeEdit,
    Kind.LINES: LineChips,
    Kind.ANSWER: AnswerEdit,
    Kind.TICK: TickEdit,
}
