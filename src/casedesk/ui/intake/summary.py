"""What needs another look, at the top of a part: links to the fields, the likely fix, and keeping a warning."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout

from casedesk import formats
from casedesk.errors import Problem
from casedesk.i18n import _, ngettext
from casedesk.services.answers import label_of
from casedesk.ui.kit.blocks import KeyCap
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import clear, column, row, show_now
from casedesk.ui.kit.texts import PlainLabel, restyle

Problems = Mapping[str, Sequence[Problem]]
SHOWN = 8


class Summary(QFrame):
    """Hidden while there is nothing to look at."""

    wanted = Signal(str)
    fixed = Signal(str, object)
    kept = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "danger")
        self._shown: dict[str, tuple[Problem, ...]] | None = None
        self._icon = Icon("problem", "danger", 20)
        self._title = PlainLabel("", "body", weight=600)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(0)
        words = column(self._title, self._lines, gap=2)
        inside = row(column(self._icon, None, margins=(0, 1, 0, 0)), gap=10, margins=(12, 8, 12, 8))
        inside.addLayout(words, 1)
        inside.addLayout(column(KeyCap("F8"), None))
        self.setLayout(inside)
        self.hide()

    def show_problems(self, problems: Problems) -> None:
        """Show these; nothing moves while they are the same."""
        now = {key: tuple(found) for key, found in problems.items() if found}
        if now == self._shown:
            return
        self._shown = now
        clear(self._lines)
        self.setVisible(bool(now))
        count = sum(len(found) for found in now.values())
        text = ngettext("{count} answer to look at", "{count} answers to look at", count)
        tone = "danger" if any(not p.warning for found in now.values() for p in found) else "warn"
        self.setProperty("kind", tone)
        restyle(self)
        self._icon.show_icon("problem" if tone == "danger" else "warn", tone)
        self._title.set_tone(tone)
        self._title.setText(text.format(count=formats.number(count)))
        lines = [(key, problem) for key, found in now.items() for problem in found]
        for key, problem in lines[:SHOWN]:
            self._lines.addLayout(self._line(key, problem))
        if len(lines) > SHOWN:
            more = _("and {count} more").format(count=formats.number(len(lines) - SHOWN))
            self._lines.addWidget(PlainLabel(more, "caption"))

        show_now(self)

    def go_to_first(self) -> None:
        """Put the focus on the first link; those told before may still be on their way out."""
        link = next((each for each in self.findChildren(QPushButton) if each.isVisibleTo(self)), None)
        if link is not None:
            link.setFocus()

    def _line(self, key: str, problem: Problem) -> QVBoxLayout:
        name = label_of(key)
        show = self._link(name, _("Show: {question}").format(question=name), lambda: self.wanted.emit(key))
        said = row(show, gap=8)
        said.addWidget(PlainLabel(problem.text, "body", wrap=True), 1)
        actions = []
        if problem.fix is not None:
            text = problem.fix_text or _("Use this")
            actions.append(self._link(text, text, lambda: self.fixed.emit(key, problem.fix)))
        if problem.warning:
            keep = _("Keep as it is")
            actions.append(self._link(keep, keep, lambda: self.kept.emit(key, problem.rule)))
        return column(said, row(*actions, None, gap=10), gap=0) if actions else column(said)

    def _link(self, text: str, name: str, clicked: Callable[[], object]) -> QPushButton:
        made = button(text, "link", size="s", clicked=clicked)
        made.setAccessibleName(name)
        font = made.font()
        font.setUnderline(True)
        made.setFont(font)
        return made
