"""The panel at the right: beside the page where there is room, a drawer over it where there is not."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from casedesk.ui.intake.parts import Asking
from casedesk.ui.intake.same_person import SamePersonPanel
from casedesk.ui.intake.triage_panel import TriagePanel
from casedesk.ui.kit.layouts import column, scrolled, widget
from casedesk.ui.kit.theme import current, tokens

WIDE = 1280


class Side(QFrame):
    """Holds the earlier cases that look alike, and the suggestion."""

    def __init__(self, asking: Asking) -> None:
        super().__init__()
        self.setProperty("kind", "panel")
        self.same = SamePersonPanel()
        self.triage = TriagePanel(asking)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(scrolled(widget(column(self.same, self.triage, None, gap=12, margins=(16, 16, 16, 16)))))
        self.setFixedWidth(current().scaled(tokens()["width"]["intake_side"]))
        self.is_drawer = False

    def lay_over(self, page: QWidget, top: int) -> None:
        """Be a drawer at the right edge of the page, closed at first."""
        if not self.is_drawer:
            self.is_drawer = True
            self.hide()
        self.setGeometry(page.width() - self.width(), top, self.width(), page.height() - top)

    def stand_beside(self) -> None:
        self.is_drawer = False
        self.show()

    def toggle(self) -> None:
        """Open or close the drawer."""
        self.setVisible(self.isHidden())
        self.raise_()
