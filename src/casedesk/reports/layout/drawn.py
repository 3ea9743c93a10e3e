"""What is drawn on papers: lines, boxes, the program's mark, charts."""

from __future__ import annotations

from typing import Any

from reportlab.lib.colors import HexColor, white
from reportlab.lib.units import mm
from reportlab.platypus import Flowable

from casedesk.reports import bangla
from casedesk.reports.layout.material import GREEN, REGULAR, SEMIBOLD, WIDTH
from casedesk.reports.marks import Box, Drawing, Ink, Shape, Stroke, Words, hex_of
from casedesk.reports.measure import text_width
from casedesk.tokens import tokens


class _Painted(Flowable):  # type: ignore[misc]  # ReportLab has no types
    """Something of a size of its own."""

    size = (0.0, 0.0)

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        self.width, self.height = self.size
        return self.size


class Rule(_Painted):
    """A line across the page."""

    size = (WIDTH, 3 * mm)

    def __init__(self, colour: Any, thickness: float) -> None:
        super().__init__()
        self._colour, self._thickness = colour, thickness

    def draw(self) -> None:
        self.canv.setStrokeColor(self._colour)
        self.canv.setLineWidth(self._thickness)
        self.canv.line(0, self.height / 2, self.width, self.height / 2)


class Mark(_Painted):
    """The program's mark: a roof over an open door."""

    size = (8 * mm, 8 * mm)

    def draw(self) -> None:
        pen = self.canv
        pen.scale(self.width / 48, self.width / 48)
        pen.setFillColor(GREEN)
        pen.roundRect(0, 0, 48, 48, 11, stroke=0, fill=1)
        pen.setStrokeColor(white)
        pen.setLineWidth(3.8)
        pen.setLineCap(1)
        pen.setLineJoin(1)
        path = pen.beginPath()
        path.moveTo(11, 25)
        path.lineTo(24.3, 36.5)
        path.lineTo(37, 25)
        path.moveTo(32, 23)
        path.lineTo(20.5, 23)
        path.curveTo(12.5, 23, 12.5, 11.2, 20.5, 11.2)
        path.lineTo(33.5, 11.2)
        pen.drawPath(path)


class Scissors(_Painted):
    """Where to cut."""

    size = (WIDTH, 6 * mm)

    def draw(self) -> None:
        pen = self.canv
        pen.setLineWidth(0.8)
        middle = 3 * mm
        for side in (-1, 1):
            pen.circle(1.3 * mm, middle + side * 1.1 * mm, 0.8 * mm)
            pen.line(2 * mm, middle + side * 0.8 * mm, 5.6 * mm, middle - side * 0.9 * mm)
        pen.setDash(3, 2.5)
        pen.line(7.5 * mm, middle, WIDTH, middle)


class TickBox(_Painted):
    """A square to tick."""

    size = (3.4 * mm, 4.6 * mm)

    def draw(self) -> None:
        self.canv.setLineWidth(0.8)
        self.canv.rect(0, 0.4 * mm, 3.4 * mm, 3.4 * mm)


class Chart(_Painted):
    """A chart's marks; ReportLab counts upwards, they count downwards."""

    def __init__(self, drawing: Drawing) -> None:
        super().__init__()
        self._drawing, self.size = drawing, (drawing.width, drawing.height)

    def draw(self) -> None:
        pen, top, colours = self.canv, self._drawing.height, tokens()["color"]["light"]

        def colour(ink: Ink) -> Any:
            return HexColor(hex_of(ink, colours))

        for mark in self._drawing.marks:
            match mark:
                case Box():
                    if mark.fill:
                        pen.setFillColor(colour(mark.fill))
                    if mark.edge:
                        pen.setStrokeColor(colour(mark.edge))
                    pen.setLineWidth(0.6)
                    below = top - mark.y - mark.height
                    pen.rect(mark.x, below, mark.width, mark.height, stroke=bool(mark.edge), fill=bool(mark.fill))
                case Stroke():
                    pen.setStrokeColor(colour(mark.ink))
                    pen.setLineWidth(mark.width * 0.7)
                    pen.line(mark.x1, top - mark.y1, mark.x2, top - mark.y2)
                case Shape():
                    path = pen.beginPath()
                    path.moveTo(mark.points[0][0], top - mark.points[0][1])
                    for x, y in mark.points[1:]:
                        path.lineTo(x, top - y)
                    path.close()
                    pen.setFillColor(colour(mark.fill))
                    pen.drawPath(path, stroke=0, fill=1)
                case Words():
                    font = SEMIBOLD if mark.bold else REGULAR
                    wide = text_width(mark.text, mark.size, bold=mark.bold)
                    before = {"left": 0.0, "centre": wide / 2, "right": wide}[mark.side]
                    pen.setFillColor(colour(mark.ink))
                    bangla.write_line(pen, mark.x - before, top - mark.y, mark.text, font, mark.size)
