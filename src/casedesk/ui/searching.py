"""Records a search that was really made: one entry, not one for each key."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from casedesk.services.audit import note_search
from casedesk.ui.page import Here

REST: Final = 2000  # milliseconds after which somebody has read what was found


class Searching:
    """Waits until what is typed rests, turns into other words, or is left; the words themselves are never written."""

    def __init__(self, here: Here, owner: QWidget, scope: str) -> None:
        self.scope = scope
        self._here, self._owner = here, owner
        self._words, self._hits = "", 0
        self._recorded = ""
        self._rest = QTimer(owner, singleShot=True, interval=REST)
        self._rest.timeout.connect(self.settle)

    def found(self, words: str, hits: int) -> None:
        """So many were shown for these words."""
        if words and words.startswith(self._words):  # typing goes on
            self._words, self._hits = words, hits
            self._rest.start()
        elif not words or not self._words.startswith(words):  # letters that are taken away ask for nothing new
            self.settle()
            self._words, self._hits, self._recorded = words, hits, ""
            self._rest.start()

    def settle(self) -> None:
        """Record what was looked for, unless it was recorded already: it rests, or somebody goes on from it."""
        self._rest.stop()
        if self._words and self._words != self._recorded:
            self._recorded = self._words
            work = partial(note_search, self._here.desk, self.scope, self._hits)
            self._here.jobs.write(self._owner, work, lambda _nothing: None)
