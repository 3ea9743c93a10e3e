"""The lines of the list of what is due: headings, tasks, and what leads to the rest of a group."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from casedesk import formats
from casedesk.i18n import N_, _
from casedesk.services.today import CONTACT, Due, Group, Task
from casedesk.ui.kit.badges import category_badge, priority_badge
from casedesk.ui.kit.texts import visible
from casedesk.ui.listing import short

GROUPS = {Due.OVERDUE: N_("Overdue"), Due.TODAY: N_("Due today"), Due.LATER: N_("Later this week")}
CALLS = ("welfare_check", "safety_check", "family_followup", CONTACT)
ROW = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Heading:
    due: Due
    total: int


@dataclass(frozen=True, slots=True)
class More:
    due: Due
    total: int


Line = Heading | Task | More


class TaskModel(QAbstractListModel):
    """Headings, tasks, and a line that shows the rest of a group."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Line] = []
        self.today = date.min

    def show_groups(self, groups: Sequence[Group], today: date) -> None:
        self.beginResetModel()
        self.today = today
        self.lines = []
        for group in groups:
            if group.total:
                self.lines += [Heading(group.due, group.total), *group.tasks]
            if len(group.tasks) < group.total:
                self.lines.append(More(group.due, group.total))
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as Qt declares it
        return 0 if parent.isValid() else len(self.lines)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if isinstance(self.lines[index.row()], Heading):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line = self.lines[index.row()]
        if role == ROW:
            return line
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return visible(self._spoken(line))
        return None

    def _spoken(self, line: Line) -> str:
        if isinstance(line, Heading):
            return f"{_(GROUPS[line.due])}, {formats.number(line.total)}"
        if isinstance(line, More):
            return _("Show all {count}").format(count=formats.number(line.total))
        parts = [formats.due(line.due_on, self.today), line.what, line.names[0], line.case_number]
        if line.priority == "urgent":
            parts.append(priority_badge(line.priority).spoken)
        return ", ".join([*parts, category_badge(line.category).spoken, next_words(line)])


def task_key(task: Task) -> str:
    return str(task.follow_up_id or f"{task.kind}:{task.case_id}")


def next_words(task: Task) -> str:
    return _("Log call") if task.kind in CALLS else _("Open")


def person_words(task: Task) -> str:
    return f"{task.names[0]}  ·  {short(task.case_number)}"
