"""What two computers wrote differently: both versions side by side, and a person decides (UX 4.14)."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from casedesk import formats
from casedesk.desk import Desk
from casedesk.i18n import _
from casedesk.services.clashes import (
    Choice,
    ClashRow,
    Side,
    SkippedRow,
    clashes,
    settle,
    settled_clashes,
    steps_skipped,
)
from casedesk.services.permissions import may
from casedesk.storage.store import Touched
from casedesk.ui.case.telling import action_words
from casedesk.ui.differing import SHOWN, Differing, differ_words, grouped, steps_card, title_of
from casedesk.ui.kit.blocks import Card, EmptyState, Skeleton, keys_hint
from casedesk.ui.kit.buttons import IconButton, button, let_tab_reach_the_chosen
from casedesk.ui.kit.cards import row_card
from casedesk.ui.kit.layouts import block, clear, column, row, scrolled, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.sides import SideCard
from casedesk.ui.kit.texts import PlainLabel, rule
from casedesk.ui.kit.theme import current, tokens
from casedesk.ui.page import Goto, Here, Page

LABELS = 180  # pixels for the name of an answer
BOTH = Choice.BOTH.value


def settle_all(desk: Desk, choices: Mapping[int, int | Choice], reason: str) -> None:
    """Settle one after the other; each is whole by itself."""
    for clash, choice in choices.items():
        settle(desk, clash, choice, reason)


class ReviewPage(Page):
    """One case or record at a time. `again` names decisions that are to be taken once more."""

    def __init__(
        self,
        here: Here,
        *,
        about: str = "",
        again: Sequence[int] = (),
        picked: Mapping[str, int | str] | None = None,
        note: str = "",
    ) -> None:
        super().__init__(here)
        self.setObjectName("page")
        self.nav = "sync" if may(here.desk, "sync.look") else "today"
        self._about, self._again, self._picked = about, set(again), dict(picked or {})
        self.groups: list[Differing] = []
        self.parts: list[Answer] = []
        self.subtitle = PlainLabel("", "caption", tone="text2")
        self.previous = button(_("Previous"), icon="previous", clicked=partial(self._step, -1))
        self.next = button(_("Next"), icon="next", clicked=partial(self._step, 1))
        self.note = QLineEdit(note)
        self.note.setAccessibleName(_("Why? A short note for your colleagues (optional)"))
        self.note.setMaxLength(500)
        self.save = button(_("Save these choices"), "primary", "done", keys="Ctrl+Enter", clicked=self.main_action)
        self._body = QVBoxLayout()
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(12)
        self._body.addWidget(Skeleton(4))
        self._foot = self._make_foot()
        inside = column(self._body, None, gap=12, margins=(20, 16, 20, 20))
        outer = column(self._bar(), scrolled(widget(inside)), self._foot, gap=0)
        outer.setStretch(1, 1)
        self.setLayout(outer)
        self._look()

    def _bar(self) -> QWidget:
        back = IconButton("back", _("Back · Alt+←"), clicked=self.here.back)
        words = column(PlainLabel(_("Review what was changed in both places"), "section"), self.subtitle, gap=0)
        inside = row(back, words, None, self.previous, self.next, gap=10, margins=(14, 0, 20, 0))
        bar = block("bar", inside)
        bar.setFixedHeight(current().scaled(tokens()["height"]["sub_bar"]))
        return bar

    def _make_foot(self) -> QWidget:
        later = button(_("Decide later"), clicked=self.here.back)
        self.safe = PlainLabel(_("Both stay safe, and every decision can be taken again."), "caption", wrap=True)
        caps = [keys_hint(keys, words) for keys, words in (("← →", _("pick")), ("↑ ↓", _("next answer")))]
        self._both_hint = keys_hint("B", _("keep both"))
        inside = row(later, self.safe, *caps, self._both_hint, self.save, gap=14, margins=(20, 11, 20, 11))
        inside.setStretch(1, 1)
        return block("foot", inside)

    def place(self) -> dict[str, Any]:
        self._keep_picked()
        return {
            "about": self._about,
            "again": sorted(self._again),
            "picked": dict(self._picked),
            "note": self.note.text(),
        }

    def refresh(self, touched: Touched) -> None:
        if touched.tables:
            self._look()

    def _keep_picked(self) -> None:
        """What is picked in the record that is shown, with what was picked in others before."""
        self._picked |= {str(each.row.id): each.picked for each in self.parts if each.picked is not None}

    # Reading and showing

    def _look(self) -> None:
        self.here.jobs.run(self, partial(_read, self.here.desk), self._show)

    def _show(self, found: tuple[list[ClashRow], list[ClashRow], list[SkippedRow]]) -> None:
        still, settled, skipped = found
        again = [each for each in settled if each.id in self._again]
        self._keep_picked()
        open_ones = {str(each.id) for each in (*still, *again)}
        self._picked = {clash: side for clash, side in self._picked.items() if clash in open_ones}
        self.groups = grouped([*still, *again])
        keys = [each.key for each in self.groups]
        if self._about not in keys:
            self._about = keys[0] if keys else ""
        had_focus = self._has_focus()
        focused = next((part.row.id for part in self.parts if part.has_focus()), None)
        self.note.setParent(self)  # typed words outlive the card they stand in
        clear(self._body)
        self.parts = []
        group = next((each for each in self.groups if each.key == self._about), None)
        if group is None:
            words = _("What two computers write without having seen each other stands here until a person decides.")
            self._body.addWidget(EmptyState("ok", _("Nothing differs"), words))
        else:
            self._show_group(group, keys.index(group.key))
        if skipped:
            self._body.addWidget(steps_card(self.here, skipped, self._look))
        self._show_settled([each for each in settled if each.id not in self._again])
        for each in (self.previous, self.next):
            each.setVisible(len(keys) > 1)
        self._foot.setVisible(group is not None)
        self.save.setVisible(any(part.row.may_settle for part in self.parts))
        self._both_hint.setVisible(any(part.both is not None for part in self.parts))
        if had_focus:
            self._focus(focused)

    def _show_group(self, group: Differing, at: int) -> None:
        told = _("{record} · {number} of {all}")
        self.subtitle.setText(
            told.format(record=group.title, number=formats.number(at + 1), all=formats.number(len(self.groups)))
        )
        card = Card(differ_words(group))
        hint = _("The first of each is shown until somebody decides; where one is more careful, it is that one.")
        card.body.addWidget(PlainLabel(hint, "caption", wrap=True))
        for each in group.rows:
            if self.parts:
                card.body.addWidget(rule())
            part = Answer(each, self._picked.get(str(each.id)))
            part.moved.connect(self._move)
            self.parts.append(part)
            card.body.addWidget(part)
        self._body.addWidget(card)
        if any(each.may_settle for each in group.rows):
            why = Card(_("Why? A short note for your colleagues (optional)"), icon="talk", dense=True)
            why.body.addWidget(self.note)
            self.note.show()
            self._body.addWidget(why)

    def _show_settled(self, settled: Sequence[ClashRow]) -> None:
        """Decisions that were taken, each of which can be taken again."""
        some = [each for each in settled if each.may_settle][:SHOWN]
        if not some:
            return
        card, rows = row_card(_("Decided"))
        for each in some:
            stands = next((side for side in each.sides if side.operation == each.suggested), each.sides[0])
            words = column(
                PlainLabel(f"{title_of(each)} · {_answers(each)}", "label", wrap=True),
                PlainLabel(_said(each, stands), "caption", wrap=True),
                gap=0,
            )
            again = button(_("Decide again"), size="s", clicked=partial(self._decide_again, each))
            line = row(words, again, gap=10, margins=(16, 7, 14, 7))
            line.setStretch(0, 1)
            rows.add(line)
        self._body.addWidget(card)

    def _has_focus(self) -> bool:
        """Whether the keys go to this page, and not to a sheet over it."""
        here = self.window().focusWidget()
        return here is not None and (here is self or self.isAncestorOf(here))

    def _focus(self, clash: int | None) -> None:
        part = next((each for each in self.parts if each.row.id == clash), self.parts[0] if self.parts else None)
        if part is not None and (clash is not None or not self.note.hasFocus()):
            part.take_focus()
        elif part is None:
            self.setFocus()  # or the next button in the sidebar would have it

    # Choosing

    def _move(self, part: Answer, down: int) -> None:
        at = self.parts.index(part) + down
        if 0 <= at < len(self.parts):
            self.parts[at].take_focus()

    def _step(self, by: int) -> None:
        keys = [each.key for each in self.groups]
        self._about = keys[(keys.index(self._about) + by) % len(keys)]
        self._look()

    def _decide_again(self, each: ClashRow) -> None:
        self._again.add(each.id)
        self._about = str(each.case_id or each.record_id)
        self._look()

    def main_action(self) -> None:
        """Save what is picked here."""
        choices = {part.row.id: part.choice for part in self.parts if part.row.may_settle}
        if not choices or not self.save.isEnabled():
            return
        self.save.setEnabled(False)
        work = partial(settle_all, self.here.desk, choices, self.note.text().strip())
        self.here.jobs.write(self, work, partial(self._saved, list(choices)), failed=self._refused)

    def _saved(self, saved: list[int], _nothing: None) -> None:
        self.save.setEnabled(True)
        self.note.clear()
        self._again -= set(saved)
        again = Goto("review", {"about": self._about, "again": saved})
        self.here.say(_("Saved. Other computers hear of it with the next file."), partial(self.here.go, again))
        self._look()

    def _refused(self, error: Exception) -> None:
        self.save.setEnabled(True)
        self._look()
        show_error(self, error)


class Answer(QWidget):
    """One answer of which there are several versions; the suggested one is first, and picked."""

    moved = Signal(object, int)

    def __init__(self, each: ClashRow, picked: int | str | None) -> None:
        super().__init__()
        self.row = each
        sides = sorted(each.sides, key=lambda side: side.operation != each.suggested)
        self._sides = sides
        self.cards = [SideCard(_said(each, side), _told(side)) for side in sides]
        self.both: SideCard | None = None
        label = column(
            PlainLabel(_answers(each), "label", weight=600, wrap=True),
            PlainLabel(each.record, "caption", wrap=True),
            None,
            gap=0,
        )
        name = widget(label)
        name.setFixedWidth(current().scaled(LABELS))
        choices = row(*self.cards, gap=12)
        body = column(choices, gap=8)
        if each.may_keep_both and each.may_settle:
            self.both = SideCard(_("Keep both"), "")
            self.both.clicked.connect(lambda _checked: self.pick(BOTH))
            self.both.moved.connect(self._arrow)
            half = row(self.both, None, gap=12)
            half.setStretch(0, 1)
            half.setStretch(1, 1)
            body.addLayout(half)
        if not each.may_settle:
            words = _("You may not read all of this. Somebody else decides.")
            if each.readable:
                words = _("Somebody else decides this.")
            body.addWidget(PlainLabel(words, "caption", wrap=True))
        whole = row(name, body, gap=12)
        whole.setStretch(1, 1)
        self.setLayout(whole)
        for card, side in zip(self.cards, sides, strict=True):
            card.setEnabled(each.may_settle)
            card.clicked.connect(partial(self._clicked, side.operation))
            card.moved.connect(self._arrow)
        known = {side.operation for side in sides} | ({BOTH} if self.both is not None else set())
        self.picked: int | str | None = None
        if each.may_settle:
            self.pick(picked if picked in known else each.suggested)

    @property
    def choice(self) -> int | Choice:
        """What is to stand."""
        return Choice.BOTH if self.picked == BOTH or self.picked is None else int(self.picked)

    def pick(self, which: int | str | None) -> None:
        """Pick one side by its operation, or both."""
        self.picked = which
        for card, side in zip(self.cards, self._sides, strict=True):
            card.setChecked(side.operation == which)
        if self.both is not None:
            self.both.setChecked(which == BOTH)
        let_tab_reach_the_chosen(self.cards)

    def _clicked(self, operation: int, _checked: bool = False) -> None:
        self.pick(operation)

    def _arrow(self, across: int, down: int) -> None:
        if down:
            self.moved.emit(self, down)
            return
        at = next((at for at, card in enumerate(self.cards) if card.hasFocus()), 0)
        at = min(max(at + across, 0), len(self.cards) - 1)
        self.pick(self._sides[at].operation)
        self.cards[at].setFocus()

    def has_focus(self) -> bool:
        return any(card.hasFocus() for card in self.cards) or (self.both is not None and self.both.hasFocus())

    def take_focus(self) -> None:
        chosen = next((card for card in self.cards if card.isChecked()), self.cards[0])
        chosen.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_B and not event.modifiers() and self.both is not None:
            self.pick(BOTH)
        else:
            super().keyPressEvent(event)


def _answers(each: ClashRow) -> str:
    """What the answers that differ are called."""
    return ", ".join(each.labels[at] for at in each.differing)


def _said(each: ClashRow, side: Side) -> str:
    """What a side says, each answer with its name where there are several."""
    if not each.readable:
        return _("Restricted")
    empty = _("nothing")
    if len(each.differing) == 1:
        return side.words[each.differing[0]] or empty
    return "\n".join(f"{each.labels[at]}: {side.words[at] or empty}" for at in each.differing)


def _told(side: Side) -> str:
    """Who said it, when and as part of what, and why."""
    at = formats.claimed_moment(side.at, doubtful=side.doubtful)
    parts = (side.by, at, action_words(side.action), f"“{side.reason}”" if side.reason else "")
    return " · ".join(part for part in parts if part)


def _read(desk: Desk) -> tuple[list[ClashRow], list[ClashRow], list[SkippedRow]]:
    return clashes(desk), settled_clashes(desk), steps_skipped(desk)
