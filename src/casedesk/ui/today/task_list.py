"""The list of what is due, painted, with the one next action of each line."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from PySide6.QtCore import QModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyledItemDelegate, QStyleOptionViewItem

from casedesk import formats
from casedesk.i18n import _, language
from casedesk.services.today import CONTACT, FLAG, Due, Group, Task
from casedesk.ui.kit.badges import badge_size, category_badge, count_badge, paint_badge, priority_badge
from casedesk.ui.kit.buttons import ENTER
from casedesk.ui.kit.icons import paint_icon
from casedesk.ui.kit.style import paint_ground
from casedesk.ui.kit.theme import current
from casedesk.ui.listing import button_place, paint_button, write_line
from casedesk.ui.today.lines import (
    GROUPS,
    ROW,
    Heading,
    Index,
    More,
    TaskModel,
    next_words,
    person_words,
    task_key,
)

BUTTON = 92
ICONS = {
    "welfare_check": "call",
    "service_followup": "training",
    "referral_followup": "referral",
    "legal_followup": "legal",
    "family_followup": "house",
    "reintegration_assessment": "journey",
    "safety_check": "what_happened",
    "payment_check": "money",
    "other": "document",
    CONTACT: "call",
    FLAG: "warn",
}


class TaskList(QListView):
    """What is due. `asked` carries the task and what to do; `more` the group to show whole."""

    asked = Signal(object, str)
    more = Signal(str)

    KEYS = {Qt.Key.Key_E: "case", Qt.Key.Key_D: "done", Qt.Key.Key_S: "snooze"}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.lines = TaskModel()
        self.setModel(self.lines)
        self.delegate = TaskDelegate(self)
        self.setItemDelegate(self.delegate)
        self.setAccessibleName(_("Follow-ups"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)

    def show_groups(self, groups: Sequence[Group], today: date, key: str) -> None:
        """Show them, with the same task chosen as before, or the one in its place."""
        was, top = self.currentIndex().row(), self.verticalScrollBar().value()
        self.lines.show_groups(groups, today)
        places = [at for at, line in enumerate(self.lines.lines) if not isinstance(line, Heading)]
        same = [
            at for at, line in enumerate(self.lines.lines) if isinstance(line, Task) and key and task_key(line) == key
        ]
        after = [at for at in places if at >= was] or places[-1:]
        chosen = same or after or places[:1]
        if chosen:
            self.setCurrentIndex(self.lines.index(chosen[0]))
        self.verticalScrollBar().setValue(top)

    def task(self) -> Task | None:
        line = self.currentIndex().data(ROW)
        return line if isinstance(line, Task) else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in ENTER and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._act(self.currentIndex().data(ROW), "next")
        elif key in self.KEYS and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self._act(self.currentIndex().data(ROW), self.KEYS[key])
        elif key == Qt.Key.Key_Home and self.lines.lines:
            self.setCurrentIndex(self.lines.index(1))
            self.scrollToTop()
        elif event.text().isprintable() and event.text() and key != Qt.Key.Key_Space:
            event.ignore()  # letters that mean nothing here belong to the window
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        line = index.data(ROW)
        if isinstance(line, More) or (isinstance(line, Task) and self._on_button(index, event.position().toPoint())):
            self._act(line, "next")

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if not self._on_button(index, event.position().toPoint()):
            self._act(index.data(ROW), "case")

    def _on_button(self, index: QModelIndex, at: QPoint) -> bool:
        return index.isValid() and self.delegate.button_place(self.visualRect(index)).contains(at)

    def _act(self, line: object, action: str) -> None:
        if isinstance(line, More):
            self.more.emit(line.due.value)
        elif isinstance(line, Task):
            self.asked.emit(line, action)


class TaskDelegate(QStyledItemDelegate):
    """Paints the lines; the button of a row is part of the picture and found by its place."""

    heading, line, more = 30, 50, 38

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002 - Qt asks so
        line = index.data(ROW)
        height = self.heading if isinstance(line, Heading) else self.more if isinstance(line, More) else self.line
        return QSize(200, current().scaled(height + (2 if language() == "bn" else 0)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line = index.data(ROW)
        room = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(line, Heading):
            self._heading(painter, room, line)
        else:
            paint_ground(painter, room, option.state, current())
            if isinstance(line, More):
                words = _("Show all {count}").format(count=formats.number(line.total))
                write_line(painter, room.adjusted(16, 0, -16, 0), words, "label", "accent")
            else:
                self._task(painter, room, line, index.model())
        painter.restore()

    def _heading(self, painter: QPainter, room: QRectF, line: Heading) -> None:
        late = line.due is Due.OVERDUE
        painter.fillRect(room, current().colour("sunken"))
        width = write_line(
            painter, room.adjusted(16, 0, 0, 0), _(GROUPS[line.due]), "label", "danger" if late else "text2", weight=600
        )
        badge = count_badge(line.total, danger=late, text=formats.number(line.total))
        paint_badge(painter, QRectF(room.x() + 16 + width + 8, room.y(), 80, room.height()), badge)

    def _task(self, painter: QPainter, room: QRectF, task: Task, model: Any) -> None:
        theme = current()
        today = model.today
        late = task.days_late > 0 or task.kind == FLAG
        wide = 104 if room.width() > 660 else 86
        when = _("Now") if task.kind == FLAG and not task.days_late else formats.due(task.due_on, today)
        write_line(
            painter,
            QRectF(room.x() + 16, room.y(), theme.scaled(wide - 6), room.height()),
            when,
            "label",
            "danger" if late else "text" if task.due_on == today else "text2",
            weight=600 if late else 500,
        )
        left = room.x() + 16 + theme.scaled(wide)
        side = theme.scaled(17)
        sign = QRectF(left, room.center().y() - side / 2, side, side)
        paint_icon(painter, sign, ICONS.get(task.kind, "document"), "danger" if task.kind == FLAG else "text2")
        left += side + 14
        place = self.button_place(room.toRect())
        paint_button(painter, place, next_words(task))
        right = self._badges(painter, room, task, place.left() - 12)
        words = QRectF(left, room.y() + 5, max(right - left, 40), (room.height() - 10) / 2)
        write_line(painter, words, task.what, "label", "text")
        words.translate(0, words.height())
        write_line(painter, words, person_words(task), "caption", "text2")

    def _badges(self, painter: QPainter, room: QRectF, task: Task, right: float) -> float:
        """From the right: category, then urgent; where there is little room only urgent. Returns where they begin."""
        specs = [category_badge(task.category)] if task.category and room.width() > 560 else []
        if task.priority == "urgent":
            specs.append(priority_badge(task.priority))
        for spec in specs:
            width = badge_size(spec).width()
            paint_badge(painter, QRectF(right - width, room.y(), width, room.height()), spec)
            right -= width + 12
        return right

    def button_place(self, room: QRect) -> QRect:
        """Where in a row its button is."""
        return button_place(room, BUTTON, 16)
