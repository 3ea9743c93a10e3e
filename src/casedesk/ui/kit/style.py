"""What a style sheet cannot draw without image files: boxes, rings and ticks."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QProxyStyle, QStyle, QStyleOption, QWidget

if TYPE_CHECKING:
    from casedesk.ui.kit.theme import Theme

Element = QStyle.PrimitiveElement
State = QStyle.StateFlag


class Style(QProxyStyle):
    """Fusion with our check boxes and radio buttons."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("Fusion")
        self.theme = theme

    def drawPrimitive(
        self, element: Element, option: QStyleOption, painter: QPainter, widget: QWidget | None = None
    ) -> None:
        on = bool(option.state & State.State_On)
        enabled = bool(option.state & State.State_Enabled)
        focused = bool(option.state & State.State_HasFocus)
        rect = QRectF(option.rect)
        if element in (Element.PE_IndicatorCheckBox, Element.PE_IndicatorItemViewItemCheck):
            paint_box(painter, rect, self.theme, on=on, enabled=enabled, focused=focused)
        elif element == Element.PE_IndicatorRadioButton:
            paint_ring(painter, rect, self.theme, on=on, enabled=enabled, focused=focused)
        elif element != Element.PE_FrameFocusRect:  # focus is shown by our own rings
            super().drawPrimitive(element, option, painter, widget)


def paint_box(painter: QPainter, rect: QRectF, theme: Theme, *, on: bool, enabled: bool, focused: bool) -> None:
    """A check box, ticked or not."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box = _square(rect, 16)
    _focus_ring(painter, box, theme, 6, focused)
    painter.setPen(QPen(_edge(theme, on, enabled), 1.6))
    painter.setBrush(_fill(theme, on, enabled))
    painter.drawRoundedRect(box, 4, 4)
    if on:
        pen = QPen(theme.colour("on_accent"), 2)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        corner = box.topLeft()
        points = [corner + QPointF(*at) for at in ((3.8, 8.4), (6.8, 11.4), (12.4, 5.0))]
        painter.drawPolyline(QPolygonF(points))
    painter.restore()


def paint_ring(painter: QPainter, rect: QRectF, theme: Theme, *, on: bool, enabled: bool, focused: bool) -> None:
    """A radio button, chosen or not."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ring = _square(rect, 16)
    _focus_ring(painter, ring, theme, 11, focused)
    painter.setPen(QPen(_edge(theme, on, enabled), 2 if on else 1.6))
    painter.setBrush(_fill(theme, False, enabled))
    painter.drawEllipse(ring)
    if on:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_edge(theme, on, enabled))
        painter.drawEllipse(ring.center(), 4.5, 4.5)
    painter.restore()


def paint_ground(
    painter: QPainter, room: QRectF, state: State, theme: Theme, *, first: bool = True, last: bool = True
) -> None:
    """What lies under a row of a painted list, or under one cell of it: chosen, pointed at, with the ring of the
    focus. A table has the focus with the whole row, though Qt says so to one cell."""
    chosen = bool(state & State.State_Selected)
    if chosen or state & State.State_MouseOver:
        painter.fillRect(room, theme.colour("sel" if chosen else "hover"))
    painter.fillRect(QRectF(room.x(), room.bottom() - 1, room.width(), 1), theme.colour("line"))
    if chosen and first:
        painter.fillRect(QRectF(room.x(), room.y(), 3, room.height()), theme.colour("accent"))
    if chosen and state & State.State_HasFocus:
        sides = [QRectF(room.x(), room.y(), room.width(), 2), QRectF(room.x(), room.bottom() - 2, room.width(), 2)]
        if first:
            sides.append(QRectF(room.x(), room.y(), 2, room.height()))
        if last:
            sides.append(QRectF(room.right() - 2, room.y(), 2, room.height()))
        for side in sides:
            painter.fillRect(side, theme.colour("focus"))


def _square(rect: QRectF, side: float) -> QRectF:
    centre = rect.center()
    return QRectF(centre.x() - side / 2, centre.y() - side / 2, side, side)


def _focus_ring(painter: QPainter, inside: QRectF, theme: Theme, radius: float, focused: bool) -> None:
    if focused:
        painter.setPen(QPen(theme.colour("focus"), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(inside.adjusted(-3, -3, 3, 3), radius, radius)


def _edge(theme: Theme, on: bool, enabled: bool) -> QColor:
    return theme.colour("disabled" if not enabled else "accent" if on else "ctrl")


def _fill(theme: Theme, on: bool, enabled: bool) -> QColor:
    if on:
        return theme.colour("accent" if enabled else "disabled")
    return theme.colour("sunken" if theme.dark or not enabled else "surface")
