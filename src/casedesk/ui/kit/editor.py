"""What every editor of a field has: a value, the person's changes, and words about what was not understood."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from casedesk.fields import Field
from casedesk.i18n import _
from casedesk.ui.kit.texts import restyle


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
