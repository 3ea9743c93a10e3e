"""The cards beside the list of what is due: referrals that wait, and drafts."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from casedesk import codelists, formats
from casedesk.i18n import _, ngettext
from casedesk.services.backups import Loss
from casedesk.services.permissions import may
from casedesk.services.referrals.reading import ListedReferral
from casedesk.services.search import shown_names
from casedesk.services.today import DraftProgress
from casedesk.ui.backups import loss_card
from casedesk.ui.differing import alarms_card, groups_card, steps_card
from casedesk.ui.kit.badges import badge_size, count_badge, paint_badge
from casedesk.ui.kit.blocks import BAR, paint_bar
from casedesk.ui.kit.buttons import PressButton, button
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import block, clear, column, row
from casedesk.ui.kit.texts import PlainLabel, rule
from casedesk.ui.kit.theme import current
from casedesk.ui.listing import write_line
from casedesk.ui.page import Goto, Here
from casedesk.ui.today.board import Board

LISTED = 5  # referrals and drafts in the cards at the side


class SideCards(QWidget):
    """The cards, the most pressing first. `look` reads the page again."""

    def __init__(self, here: Here, look: Callable[[], None]) -> None:
        super().__init__()
        self.here, self._look = here, look
        self._all_drafts_shown = False
        self._cards = column(gap=12, margins=(0, 0, 0, 4))
        self.setLayout(self._cards)
        self.draft_rows: list[SideRow] = []
        self.filled = False  # whether there is a card

    def show_board(self, board: Board) -> None:
        clear(self._cards)
        self.draft_rows = self._draft_rows(board.drafts)
        made = list(self._made(board))
        for card in made:
            self._cards.addWidget(card)
        self._cards.addStretch(1)
        self.filled = bool(made)

    def _made(self, board: Board) -> Iterator[QWidget]:
        lost = board.loss
        if lost is not None and lost.urgent:
            yield self._loss_card(lost)
        if board.alarms:
            yield alarms_card(self.here, board.alarms, self._look)
        if board.differ:
            yield groups_card(board.differ[:LISTED], self.here.go)
        if board.skipped:
            yield steps_card(self.here, board.skipped[:LISTED], self._look)
        if board.waiting:
            yield self._waiting_card(board.waiting)
        if self.draft_rows:
            more = len(board.drafts) - len(self.draft_rows)
            yield _side_card("draft", _("Drafts on this computer"), self.draft_rows, more, self._all_drafts)
        if lost is not None and lost.cases > 0 and not lost.urgent:
            yield self._loss_card(lost)

    def _loss_card(self, lost: Loss) -> QWidget:
        """High up when it is time for a copy, under the work when it is not."""
        go = partial(self.here.go, Goto("settings", {"tab": "backup"}))
        return loss_card(lost, go if may(self.here.desk, "backup.copy") else None)

    def _waiting_card(self, found: Sequence[ListedReferral]) -> QWidget:
        services = codelists.get("service_type")
        rows: list[QWidget] = []
        for each in found[:LISTED]:
            names = ("", "") if each.hide_name else (each.name_bn, each.name_en)
            name = shown_names(*names, each.person_code)[0]
            words = " · ".join(part for part in (services.label(each.referral.service), each.referral.provider) if part)
            days = each.referral.days_waiting or 0
            said = formats.waited_days(days)
            badge = count_badge(days, danger=each.referral.overdue, text=said)
            to = Goto("case", {"case_id": str(each.referral.case_id), "section": "referrals"})
            rows.append(SideRow(name, words, said, partial(self.here.go, to), badge=badge))
        go = partial(self.here.go, Goto("referrals", {"group": "waiting"}))
        return _side_card("referral", _("Referrals with no answer"), rows, len(found) - len(rows), go)

    def _draft_rows(self, found: Sequence[DraftProgress]) -> list[SideRow]:
        today = self.here.desk.today()
        rows = []
        for each in found if self._all_drafts_shown else found[:LISTED]:
            draft = each.draft
            text = _("{done} of {all} answers") if draft.kind == "quick" else _("{done} of {all} parts")
            words = text.format(done=formats.number(each.done), all=formats.number(each.parts))
            to = Goto("intake", {"draft_id": str(draft.id), "part": each.last_part, "kind": draft.kind})
            name, when = draft.name or _("Name not asked yet"), _when(draft.saved_at, today)
            rows.append(SideRow(name, words, when, partial(self.here.go, to), share=each.done / each.parts))
        return rows

    def _all_drafts(self) -> None:
        self._all_drafts_shown = True
        self._look()


def _side_card(icon: str, title: str, rows: Sequence[QWidget], more: int, clicked: Callable[[], object]) -> QWidget:
    inside = column(row(Icon(icon), PlainLabel(title, "card"), None, margins=(16, 11, 16, 10)), rule(), gap=0)
    for at, each in enumerate(rows):
        if at:
            inside.addWidget(rule())
        inside.addWidget(each)
    if more > 0:
        words = ngettext("{count} more", "{count} more", more).format(count=formats.number(more))
        inside.addLayout(row(button(words, "link", clicked=clicked), None, margins=(14, 4, 16, 10)))
    inside.setContentsMargins(1, 0, 1, 1)
    return block("card", inside)


class SideRow(PressButton):
    """A person, a few words and a count or a bar; pressing it opens the work."""

    def __init__(
        self,
        name: str,
        words: str,
        when: str,
        clicked: Callable[[], object],
        *,
        badge: Any = None,
        share: float | None = None,
    ) -> None:
        super().__init__()
        self.setProperty("variant", "siderow")  # the style sheet holds its height: it overrules what a button is told
        self.setAccessibleName(f"{name}, {words}, {when}")
        self._name, self._words, self._when, self._badge, self._share = name, words, when, badge, share
        self.clicked.connect(lambda _checked=False: clicked())

    def sizeHint(self) -> QSize:
        return QSize(200, current().scaled(62))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: Any) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        room = QRectF(self.rect()).adjusted(16, 8, -16, -8)
        top = QRectF(room.x(), room.y(), room.width(), room.height() / 2)
        low = QRectF(room.x(), room.center().y(), room.width(), room.height() / 2)
        right = self._paint_right(painter, top)
        write_line(painter, top.adjusted(0, 0, -right, 0), self._name, "label", "text")
        self._paint_low(painter, low)
        painter.end()

    def _paint_right(self, painter: QPainter, top: QRectF) -> float:
        if self._badge is not None:
            width = badge_size(self._badge).width()
            paint_badge(painter, QRectF(top.right() - width, top.y(), width, top.height()), self._badge)
            return width + 8
        return write_line(painter, top, self._when, "caption", "muted", right=True) + 8

    def _paint_low(self, painter: QPainter, low: QRectF) -> None:
        if self._share is None:
            write_line(painter, low, self._words, "caption", "text2")
            return
        width = write_line(painter, low, self._words, "caption", "text2", right=True)
        paint_bar(painter, QRectF(low.x(), low.center().y() - BAR / 2, low.width() - width - 10, BAR), self._share)


def _when(saved: datetime, today: date) -> str:
    """When a draft was saved: the time today, else the day."""
    days = (today - formats.day_in_dhaka(saved)).days
    if days <= 0:
        return formats.clock(saved)
    return _("yesterday") if days == 1 else formats.short_day(formats.day_in_dhaka(saved))
