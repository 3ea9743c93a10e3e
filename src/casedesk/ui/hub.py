"""Tells the open pages what was written, whoever wrote it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Hub(QObject):
    """`touched` carries a Touched, on the UI thread."""

    touched = Signal(object)
