"""Editors that are chosen in: codes of a list, cards to tick, chips, and the four answers."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from casedesk import codelists, formats
from casedesk.fields import Field, tidy
from casedesk.i18n import _
from casedesk.ui.kit.buttons import Chip
from casedesk.ui.kit.choices import CodeLine, TickCard
from casedesk.ui.kit.editor import Editor
from casedesk.ui.kit.layouts import Flow, clear, row, widget


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
