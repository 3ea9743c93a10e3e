"""A table of figures. Every figure that may be told opens the list of its cases."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from casedesk.i18n import _
from casedesk.services.statistics.shapes import Cell, Row, Shown, Table
from casedesk.ui.kit.lines import OPENING
from casedesk.ui.kit.texts import tip
from casedesk.ui.kit.theme import current
from casedesk.ui.listing import write_line

Index = QModelIndex | QPersistentModelIndex
ROW = 34
SIDE, INSET, RIGHT = 14, 10, 8
NARROWEST = 56
NAME = 150  # pixels for the name of a line, at least


class _Figures(QAbstractTableModel):
    """Names of lines in the first column, figures in the others; a screen reader hears line, column and figure."""

    def __init__(self, table: Table, parent: QWidget) -> None:
        super().__init__(parent)
        self.table = table
        self.two_lines: set[int] = set()  # columns whose head has not the room for one
        self.two_line_names: set[int] = set()  # and lines whose name has not

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.table.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else 1 + len(self.table.columns)

    def row(self, index: Index) -> Row:
        return self.table.rows[index.row()]

    def cell(self, index: Index) -> Cell | None:
        return self.row(index).cells[index.column() - 1] if index.column() else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, cell = self.row(index), self.cell(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return row.label if cell is None else cell.words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            if cell is None:
                return row.label
            column = self.table.columns[index.column() - 1].label
            return _("{line}, {column}: {figure}").format(line=row.label, column=column, figure=cell.words)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section == 0:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if not section:
            return self.table.head
        label = self.table.columns[section - 1].label
        return in_two_lines(label) if section - 1 in self.two_lines else label


class _Painter(QStyledItemDelegate):
    """Lines of the first depth in semibold, what is part of them set in; what is hidden is muted."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, view, model = current(), self.parent(), index.model()
        assert isinstance(model, _Figures)  # noqa: S101 - the only model of this table
        room = QRectF(option.rect)
        row, cell = model.row(index), model.cell(index)
        state = option.state
        held = bool(state & QStyle.StateFlag.State_Selected) and isinstance(view, FigureTable) and view.hasFocus()
        if held or (state & QStyle.StateFlag.State_MouseOver and cell is not None and cell.opens is not None):
            painter.fillRect(room, theme.colour("sel" if held else "hover"))
        painter.fillRect(QRectF(room.x(), room.bottom(), room.width(), 1), theme.colour("line"))
        deep = any(each.depth for each in model.table.rows)
        weight = 500 if deep and not row.depth else None
        if cell is None:
            inside = room.adjusted(SIDE + INSET * row.depth, 0, -6, 0)
            self._name(painter, inside, row.label, weight, split=index.row() in model.two_line_names)
        else:
            exact = cell.shown is Shown.EXACT
            tone = "text" if exact else "muted"
            inside = room.adjusted(4, 0, -RIGHT, 0)
            write_line(painter, inside, cell.words, "body", tone, right=True, weight=500 if exact else None)

    def _name(self, painter: QPainter, room: QRectF, name: str, weight: int | None, *, split: bool) -> None:
        lines = in_two_lines(name).split("\n") if split else [name]
        high = QFontMetricsF(current().font("body", weight)).height()
        top = room.center().y() - high * len(lines) / 2
        for at, line in enumerate(lines):
            place = QRectF(room.x(), top + at * high, room.width(), high)
            write_line(painter, place, line, "body", "text", weight=weight)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(NARROWEST, current().scaled(ROW))


class FigureTable(QTableView):
    """As high as its lines. Arrow keys go from figure to figure, Enter or a click opens one."""

    opened = Signal(object)  # the Cell

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table
        self._model = _Figures(table, self)
        self.setModel(self._model)
        self.setItemDelegate(_Painter(self))
        self.setAccessibleName(table.title)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(current().scaled(ROW))
        head = self.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head.setHighlightSections(False)
        head.setSectionsClickable(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head.setFixedHeight(current().scaled(ROW - 3))
        head.setFont(current().font("body"))
        self.setFixedHeight(head.height() + len(table.rows) * current().scaled(ROW) + 1)

    def least_width(self) -> int:
        """What the figures and a readable name of each line need."""
        return round(sum(self._wide(at) for at in range(len(self._table.columns)))) + NAME

    def _names(self) -> list[float]:
        """The room in which the name of each line stands whole."""
        metrics = QFontMetricsF(current().font("body", 500))
        return [metrics.horizontalAdvance(row.label) + SIDE + INSET * row.depth + 10 for row in self._table.rows]

    def _wide(self, column: int) -> float:
        """The room of a column: its figures, and its head in two lines."""
        metrics = QFontMetricsF(current().font("body", 500))
        figures = [metrics.horizontalAdvance(row.cells[column].words) for row in self._table.rows]
        head = metrics.horizontalAdvance(self._table.columns[column].label) * 0.6
        words = [metrics.horizontalAdvance(word) for word in self._table.columns[column].label.split()]
        return max(NARROWEST, *(each + SIDE + 10 for each in (head, *words, *figures)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        columns = range(len(self._table.columns))
        wide = [self._wide(at) for at in columns]
        room = event.size().width() - NAME
        if wide and sum(wide) > room:
            wide = [each * room / sum(wide) for each in wide]
        elif wide:  # heads in one line where there is room for them
            spare = min(max((event.size().width() - max(self._names(), default=0) - sum(wide)) / len(wide), 0), 40)
            wide = [each + spare for each in wide]
        for at in columns:
            self.setColumnWidth(at + 1, int(wide[at]))
        self.setColumnWidth(0, event.size().width() - sum(int(each) for each in wide))
        metrics = QFontMetricsF(current().font("body"))
        labels = [metrics.horizontalAdvance(column.label) + 18 for column in self._table.columns]
        self._model.two_lines = {at for at in columns if labels[at] > wide[at]}
        head = current().scaled(ROW - 3) + (round(metrics.height()) if self._model.two_lines else 0)
        self.horizontalHeader().setFixedHeight(head)
        self.setFixedHeight(head + self._fit_names(self.columnWidth(0)) + 1)

    def _fit_names(self, room: int) -> int:
        """Give a name that does not fit two lines; returns how high all lines are together."""
        self._model.two_line_names = {at for at, wide in enumerate(self._names()) if wide > room}
        more = round(QFontMetricsF(current().font("body")).height())
        for at in range(len(self._table.rows)):
            split = at in self._model.two_line_names
            self.setRowHeight(at, current().scaled(ROW) + (more if split else 0))
        return self.verticalHeader().length()

    def cell(self) -> Cell | None:
        """The figure that is held."""
        index = self.currentIndex()
        return self._model.cell(index) if index.isValid() else None

    def hold(self, row: int, column: int) -> None:
        self.setCurrentIndex(self._model.index(row, column))

    def _open(self) -> None:
        cell = self.cell()
        if cell is not None and cell.opens is not None:
            self.opened.emit(cell)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self.currentIndex().isValid() and self._table.rows:
            self.hold(0, 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in OPENING and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._open()
        elif event.text() and event.text().isprintable():
            event.ignore()  # letters belong to the page
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        cell = self._model.cell(index) if index.isValid() else None
        opens = cell is not None and cell.opens is not None
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if opens else Qt.CursorShape.ArrowCursor)
        tip(self.viewport(), _("Show these cases") if opens else "")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() is Qt.MouseButton.LeftButton and self.indexAt(event.position().toPoint()).isValid():
            self._open()


def in_two_lines(words: str) -> str:
    """Broken at the space nearest to the middle."""
    spaces = [at for at, letter in enumerate(words) if letter == " "]
    if not spaces:
        return words
    at = min(spaces, key=lambda place: abs(place - len(words) / 2))
    return f"{words[:at]}\n{words[at + 1 :]}"
