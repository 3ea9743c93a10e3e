"""Paints a chart's marks on the screen."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPen, QPolygonF

from casedesk.reports.marks import Box, Drawing, Ink, Shape, Stroke, Words, hex_of
from casedesk.reports.measure import text_width
from casedesk.tokens import tokens
from casedesk.ui.kit.theme import FAMILY, current

BEFORE = {"left": 0.0, "centre": 0.5, "right": 1.0}  # how much of the words stands before their place
DRAWN = 100  # pixels of the letters before they are scaled: sizes need not be whole numbers


def paint_drawing(painter: QPainter, drawing: Drawing) -> None:
    """Paint the marks in their order, in the colours of the theme."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for mark in drawing.marks:
        match mark:
            case Box():
                painter.setPen(QPen(_colour(mark.edge), 1) if mark.edge else Qt.PenStyle.NoPen)
                painter.setBrush(QBrush(_colour(mark.fill)) if mark.fill else Qt.BrushStyle.NoBrush)
                painter.drawRect(QRectF(mark.x, mark.y, mark.width, mark.height))
            case Stroke():
                painter.setPen(QPen(_colour(mark.ink), mark.width))
                painter.drawLine(QPointF(mark.x1, mark.y1), QPointF(mark.x2, mark.y2))
            case Shape():
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(_colour(mark.fill))
                painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in mark.points]))
            case Words():
                _write(painter, mark)


def _write(painter: QPainter, words: Words) -> None:
    font = QFont(FAMILY)
    font.setPixelSize(DRAWN)
    font.setWeight(QFont.Weight.DemiBold if words.bold else QFont.Weight.Normal)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    wide = text_width(words.text, words.size, bold=words.bold)
    painter.save()
    painter.setFont(font)
    painter.setPen(_colour(words.ink))
    painter.translate(words.x - wide * BEFORE[words.side], words.y)
    painter.scale(words.size / DRAWN, words.size / DRAWN)
    painter.drawText(QPointF(0, 0), words.text)
    painter.restore()


def _colour(ink: Ink) -> QColor:
    return QColor(hex_of(ink, tokens()["color"]["dark" if current().dark else "light"]))
