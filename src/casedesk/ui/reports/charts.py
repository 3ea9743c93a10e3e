"""A chart in a card, and the table of the same numbers one key away."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from casedesk.i18n import _
from casedesk.reports.charts import Look, draw
from casedesk.reports.marks import Drawing
from casedesk.services.statistics.shapes import Chart, ChartKind, Column, Row, Series, Table
from casedesk.ui.kit.blocks import Card
from casedesk.ui.kit.buttons import IconButton
from casedesk.ui.kit.drawing import paint_drawing
from casedesk.ui.kit.theme import current
from casedesk.ui.reports.figures import FigureTable

WIDE = (ChartKind.STACKED, ChartKind.DISTRICTS, ChartKind.FUNNEL)
NAMED = 3  # places and figures that a screen reader hears; the table has the rest
RING = 3


class Picture(QWidget):
    """A chart as it is drawn on paper too. Its table takes its place at the key T."""

    turned = Signal()

    def __init__(self, chart: Chart) -> None:
        super().__init__()
        self._chart = chart
        self._drawn: Drawing | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(chart.title)
        self.setAccessibleDescription(_("{summary} A table is there: key T.").format(summary=_summary(chart)))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def _drawing(self, width: int) -> Drawing:
        if self._drawn is None or self._drawn.width != width - 2 * RING:
            self._drawn = draw(self._chart, max(width - 2 * RING, 60), Look(current().pixels("caption")))
        return self._drawn

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return round(self._drawing(width).height) + 2 * RING

    def sizeHint(self) -> QSize:
        return QSize(300, self.heightForWidth(300))

    def minimumSizeHint(self) -> QSize:
        return QSize(180, 60)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.save()
        painter.translate(RING, RING)
        paint_drawing(painter, self._drawing(self.width()))
        painter.restore()
        if self.hasFocus():
            painter.setPen(QPen(current().colour("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), 4, 4)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_T, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.turned.emit()
        else:
            super().keyPressEvent(event)


class ChartCard(Card):
    """Title, chart or its table. `opened` tells the figure that somebody wants to see the cases of."""

    opened = Signal(object)

    def __init__(self, chart: Chart) -> None:
        super().__init__(chart.title, dense=True)
        self.chart = chart
        self.picture = Picture(chart)
        self.table = FigureTable(table_of(chart))
        self.table.hide()
        self.turn_button = IconButton("list", _("Table of these numbers (T)"), size="s", clicked=self.turn)
        self.head.addWidget(self.turn_button)
        self.body.addWidget(self.picture)
        self.body.addWidget(self.table)
        self.picture.turned.connect(self.turn)
        self.table.opened.connect(self.opened)

    @property
    def wide(self) -> bool:
        """Whether it needs the whole width."""
        return self.chart.kind in WIDE

    def turn(self) -> None:
        """Show the table in the place of the chart, or the chart again."""
        within = self.picture.hasFocus() or self.table.hasFocus()
        to_table = self.table.isHidden()
        self.picture.setVisible(not to_table)
        self.table.setVisible(to_table)
        shown: QWidget = self.table if to_table else self.picture
        if within:
            shown.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_T and not event.modifiers():
            self.turn()
        else:
            super().keyPressEvent(event)


def table_of(chart: Chart) -> Table:
    """The numbers of a chart: a line for each place, a column for each series, and one for what they add up to."""
    whole = (Series("total", _("Total"), chart.totals),) if chart.totals else ()
    shown = (*chart.series, *whole)
    columns = tuple(Column(series.key, series.label or _("Number")) for series in shown)
    rows = tuple(
        Row(place.key, place.label, tuple(series.cells[at] for series in shown))
        for at, place in enumerate(chart.places)
    )
    return Table(chart.key, chart.title, "", columns, rows)


def _summary(chart: Chart) -> str:
    """The first figures in words."""
    if not chart.series or not chart.places:
        return _("No numbers.")
    at = len(chart.places) - 1 if chart.kind is ChartKind.STACKED else 0
    if chart.kind is ChartKind.STACKED:
        said = [f"{series.label} {series.cells[at].words}" for series in chart.series]
        return f"{chart.places[at].label}: {', '.join(said)}."
    pairs = zip(chart.places[:NAMED], chart.series[0].cells[:NAMED], strict=False)
    return ", ".join(f"{place.label} {cell.words}" for place, cell in pairs) + "."
