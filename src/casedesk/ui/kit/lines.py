"""A list with painted rows of two lines, one row chosen at a time."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from casedesk.ui.kit.buttons import ENTER
from casedesk.ui.kit.icons import paint_icon
from casedesk.ui.kit.style import paint_ground
from casedesk.ui.kit.texts import visible
from casedesk.ui.kit.theme import current

Index = QModelIndex | QPersistentModelIndex
ROW = 48
PAGE_KEYS = (Qt.Key.Key_Slash, Qt.Key.Key_Escape, Qt.Key.Key_E)
OPENING = (*ENTER, Qt.Key.Key_Space)


@dataclass(frozen=True, slots=True)
class Cell:
    """One or two lines, with an icon before the first."""

    first: str
    second: str = ""
    icon: str = ""
    tone: str = "text2"
    second_tone: str = "text2"
    strong: bool = False
    right: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    id: Hashable
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: its word, and its share of the width."""

    word: str
    share: float
    right: bool = False


class Lines(QAbstractTableModel):
    """The rows of the list; a screen reader hears column and value."""

    def __init__(self, headings: Sequence[Heading], parent: QWidget) -> None:
        super().__init__(parent)
        self.headings = tuple(headings)
        self.lines: list[Line] = []

    def show_lines(self, lines: Sequence[Line]) -> None:
        self.beginResetModel()
        self.lines = list(lines)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.headings)

    def cell(self, index: Index) -> Cell:
        return self.lines[index.row()].cells[index.column()]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return visible(self.cell(index).first)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            cell = self.cell(index)
            said = ", ".join(part for part in (cell.first, cell.second) if part)
            return f"{self.headings[index.column()].word}: {visible(said)}"
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        heading = self.headings[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return heading.word
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if heading.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None


class Painter(QStyledItemDelegate):
    """Paints a cell: icon, first line, second line."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        if not isinstance(model, Lines):
            return
        cell, rect, view = model.cell(index), QRect(option.rect), self.parent()
        state = option.state & ~QStyle.StateFlag.State_MouseOver
        if isinstance(view, QWidget) and view.hasFocus():
            state |= QStyle.StateFlag.State_HasFocus
        first, last = index.column() == 0, index.column() == model.columnCount() - 1
        painter.save()
        paint_ground(painter, QRectF(rect), state, current(), first=first, last=last)
        inside = rect.adjusted(20 if index.column() == 0 else 8, 0, -10, 0)
        if cell.icon:
            paint_icon(painter, QRectF(inside.x(), rect.center().y() - 9, 18, 18), cell.icon, cell.tone)
            inside.setLeft(inside.left() + 26)
        self._lines(painter, inside, cell)
        painter.restore()

    def _lines(self, painter: QPainter, room: QRect, cell: Cell) -> None:
        theme = current()
        lines = [(cell.first, theme.font("label", 600 if cell.strong else 500), "text" if cell.strong else cell.tone)]
        if cell.second:
            lines.append((cell.second, theme.font("caption"), cell.second_tone))
        heights = [QFontMetrics(font).height() for _text, font, _tone in lines]
        top = room.y() + (room.height() - sum(heights)) // 2
        side = Qt.AlignmentFlag.AlignRight if cell.right else Qt.AlignmentFlag.AlignLeft
        for (text, font, tone), height in zip(lines, heights, strict=True):
            painter.setFont(font)
            painter.setPen(theme.colour(tone))
            cut = QFontMetrics(font).elidedText(visible(text), Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(QRect(room.x(), top, room.width(), height), side | Qt.AlignmentFlag.AlignVCenter, cut)
            top += height

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: ARG002 - Qt's signature
        return QSize(80, current().scaled(ROW))


class Listing(QTableView):
    """The list. `chosen` tells the row one stands on, `opened` that it was pressed, or Enter or Space on it."""

    chosen = Signal(object)
    opened = Signal(object)

    def __init__(self, headings: Sequence[Heading], name: str) -> None:
        super().__init__()
        self.lines = Lines(headings, self)
        self.setModel(self.lines)
        self.setItemDelegate(Painter(self))
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(current().scaled(ROW))
        head = self.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head.setHighlightSections(False)
        head.setFont(current().font("caption"))
        head.setFixedHeight(current().scaled(34))
        self.clicked.connect(lambda index: self.opened.emit(self.lines.lines[index.row()].id))
        self.selectionModel().currentRowChanged.connect(lambda now, _before: self._stands_on(now))

    def show_lines(self, lines: Sequence[Line], chosen: Hashable = None) -> None:
        """Show these rows, and stand on the chosen one or on the first."""
        self.lines.show_lines(lines)
        at = next((place for place, line in enumerate(lines) if line.id == chosen), 0)
        if lines:
            self.selectRow(at)
        else:
            self.chosen.emit(None)

    def current_id(self) -> Hashable:
        at = self.currentIndex()
        return self.lines.lines[at.row()].id if at.isValid() and at.row() < len(self.lines.lines) else None

    def _stands_on(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.lines.lines[index.row()].id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in OPENING and (found := self.current_id()) is not None:
            self.opened.emit(found)
            return
        if event.key() in PAGE_KEYS and not event.modifiers():
            event.ignore()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = self.viewport().width()
        whole = sum(heading.share for heading in self.lines.headings)
        for at, heading in enumerate(self.lines.headings):
            self.setColumnWidth(at, round(width * heading.share / whole))
