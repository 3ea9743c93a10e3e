"""The drafts of somebody who has no page of the day, over an intake that begins anew."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from casedesk import formats
from casedesk.i18n import _, ngettext
from casedesk.services.drafts import DraftRow
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.layouts import Flow, clear, row, widget
from casedesk.ui.kit.texts import PlainLabel

FIRST = 5
LONGEST = 30


class DraftsBar(QFrame):
    """A button for each draft, the newest first."""

    chosen = Signal(str, str)  # id and kind

    def __init__(self, begun: Sequence[DraftRow]) -> None:
        super().__init__()
        self.setProperty("kind", "bar")
        self._flow = Flow(gap=6)
        title = PlainLabel(_("Drafts on this computer"), "label")
        inside = row(title, widget(self._flow), gap=12, margins=(24, 8, 20, 8))
        inside.setStretch(1, 1)
        self.setLayout(inside)
        self._show(begun, begun[:FIRST])

    def _show(self, begun: Sequence[DraftRow], first: Sequence[DraftRow]) -> None:
        clear(self._flow)
        for draft in first:
            name = draft.name or _("Name not asked yet")
            words = f"{name[:LONGEST]} · {formats.moment(draft.saved_at)}"
            made = button(words, icon="draft", size="s", clicked=partial(self._choose, draft))
            self._flow.addWidget(made)
        if more := len(begun) - len(first):
            said = ngettext("{count} more", "{count} more", more).format(count=formats.number(more))
            self._flow.addWidget(button(said, "link", size="s", clicked=partial(self._show, begun, begun)))

    def _choose(self, draft: DraftRow) -> None:
        self.chosen.emit(str(draft.id), draft.kind)
