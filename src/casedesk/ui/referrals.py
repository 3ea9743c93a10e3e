"""The list of referrals: which wait for an answer, which were answered, which were not sent yet."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStackedLayout, QStyledItemDelegate, QWidget

from casedesk import codelists, formats
from casedesk.desk import Desk
from casedesk.i18n import N_, _, language, ngettext
from casedesk.services.permissions import may
from casedesk.services.referrals.reading import GROUPS, ListedReferral, all_referrals
from casedesk.services.search import shown_names
from casedesk.storage.store import Touched
from casedesk.ui.kit.badges import BadgeSpec, badge_size, count_badge, paint_badge, priority_badge, status_badge
from casedesk.ui.kit.blocks import EmptyState, keys_hint
from casedesk.ui.kit.buttons import ENTER
from casedesk.ui.kit.layouts import block, column, row, widget
from casedesk.ui.kit.style import paint_ground
from casedesk.ui.kit.texts import PlainLabel, rule
from casedesk.ui.kit.theme import current, tokens
from casedesk.ui.listing import ViewTabs, button_place, paint_button, short, write_line
from casedesk.ui.page import Goto, Here, Page

TABS = {"waiting": N_("Waiting for an answer"), "answered": N_("Answered"), "drafts": N_("Not sent yet")}
IN_TAB = {"waiting": ("waiting",), "answered": ("under_way", "ended"), "drafts": ("unsent",)}
NOTHING = {
    "waiting": (N_("Nobody keeps us waiting"), N_("Referrals that were sent and not answered stand here.")),
    "answered": (N_("No answers yet"), N_("What partners answered stands here.")),
    "drafts": (N_("No referral is waiting to be sent"), N_("Referrals that were begun or are ready stand here.")),
}
ROW = Qt.ItemDataRole.UserRole + 1
LINE = 58
BUTTON = 116
BROAD = 700  # width of a row from which the dates are written too
Index = QModelIndex | QPersistentModelIndex


def read_referrals(desk: Desk) -> dict[str, list[ListedReferral]]:
    """The referrals by tab."""
    return {tab: [each for group in groups for each in all_referrals(desk, group)] for tab, groups in IN_TAB.items()}


class ReferralsPage(Page):
    """Three lists, the longest wait first."""

    nav = "referrals"

    def __init__(self, here: Here, *, group: str = "waiting", selected: str = "") -> None:
        super().__init__(here)
        self.setObjectName("page")
        self.group = group if group in TABS else next(tab for tab, groups in IN_TAB.items() if group in groups)
        self._selected = selected
        self._found: Mapping[str, Sequence[ListedReferral]] = {}
        self.tabs = ViewTabs([(tab, _(words)) for tab, words in TABS.items()], self.group)
        self.tabs.chosen.connect(self._turn)
        self.list = ReferralList()
        self.list.asked.connect(self._do)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.list)
        self._nothing = QWidget()
        self._stack.addWidget(self._nothing)
        self.told = PlainLabel("", "caption", tone="text2")
        self._lay_out()
        self.setFocusProxy(self.list)
        self._look()

    def _lay_out(self) -> None:
        head = column(PlainLabel(_("Referrals"), "page"), self.tabs, gap=6, margins=(24, 16, 24, 0))
        hints = [("↑↓", _("move")), ("Enter", _("open the referral")), ("E", _("open the case")), ("P", _("letter"))]
        caps = [keys_hint(keys, words) for keys, words in hints]
        foot = block("foot", row(self.told, None, *caps, gap=14, margins=(16, 0, 16, 0)))
        foot.setFixedHeight(current().scaled(tokens()["height"]["foot_keys"] + 2))
        body = column(head, rule(), widget(self._stack), foot, gap=0)
        body.setStretch(2, 1)
        self.setLayout(body)

    def place(self) -> dict[str, Any]:
        chosen = self.list.referral()
        return {"group": self.group, "selected": str(chosen.referral.id) if chosen else ""}

    def refresh(self, touched: Touched) -> None:
        if touched.tables & {"referral", "status_event", "case", "person", "provider"}:
            self._look()

    def print_preview(self) -> Goto | None:
        chosen = self.list.referral()
        if chosen is None or not may(self.here.desk, "case.print"):
            return None
        what = {"case_id": str(chosen.referral.case_id), "referral_id": str(chosen.referral.id), "paper": "letter"}
        return Goto("print", what)

    def main_action(self) -> None:
        chosen = self.list.referral()
        if chosen is not None:
            self._do(chosen, "next")

    def _look(self) -> None:
        self.here.jobs.run(self, partial(read_referrals, self.here.desk), self._show)

    def _show(self, found: Mapping[str, Sequence[ListedReferral]]) -> None:
        self._found = found
        self.tabs.count({tab: formats.number(len(rows)) for tab, rows in found.items()})
        self._show_tab()

    def _show_tab(self) -> None:
        rows = self._found.get(self.group, ())
        chosen = self.list.referral()
        key = str(chosen.referral.id) if chosen else self._selected
        self.list.show_rows(rows, key)
        self.told.setText(
            ngettext("{count} referral", "{count} referrals", len(rows)).format(count=formats.number(len(rows)))
        )
        if rows:
            self._stack.setCurrentWidget(self.list)
            return
        said, sentence = NOTHING[self.group]
        held = self.list.hasFocus()
        self._stack.removeWidget(self._nothing)
        self._nothing.deleteLater()
        self._nothing = EmptyState("referral", _(said), _(sentence))
        self._stack.addWidget(self._nothing)
        self._stack.setCurrentWidget(self._nothing)
        if held:
            self.tabs.setFocus()

    def _turn(self, tab: str) -> None:
        self.group = tab
        self.tabs.select(tab)
        self._selected = ""
        self._show_tab()

    def _do(self, listed: ListedReferral, action: str) -> None:
        """`action` is next (the button of the row), case or print."""
        case_id = str(listed.referral.case_id)
        if action == "print":
            to = self.print_preview()
            if to is not None:
                self.here.go(to)
        elif action == "next" and listed.referral.status in GROUPS["unsent"] and may(self.here.desk, "referral.edit"):
            self.here.go(Goto("refer", {"case_id": case_id, "referral_id": str(listed.referral.id)}))
        else:
            section = "referrals" if action == "next" else "overview"
            self.here.go(Goto("case", {"case_id": case_id, "section": section}))


class _Rows(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[ListedReferral] = ()

    def show_rows(self, rows: Sequence[ListedReferral]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as Qt declares it
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        listed = self.rows[index.row()]
        if role == ROW:
            return listed
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            parts = (names(listed)[0], listed.case_number, asked_for(listed), state_badge(listed).spoken, when(listed))
            return ", ".join(part for part in parts if part)
        return None


def names(listed: ListedReferral) -> tuple[str, str]:
    """The first and the second name to show; the code alone where it stands for them."""
    said = ("", "") if listed.hide_name else (listed.name_bn, listed.name_en)
    return shown_names(*said, listed.person_code)


def asked_for(listed: ListedReferral) -> str:
    """The service and who is asked."""
    service = codelists.get("service_type").label(listed.referral.service)
    return " · ".join(part for part in (service, listed.referral.provider or _("no partner yet")) if part)


def state_badge(listed: ListedReferral) -> BadgeSpec:
    """How long it waits, or where it is."""
    days = listed.referral.days_waiting
    if days is None:
        return status_badge("referral_status", listed.referral.status)
    return count_badge(days, danger=listed.referral.overdue, text=formats.waited_days(days))


def when(listed: ListedReferral) -> str:
    """When it was sent, and until when the answer is due."""
    sent, until = listed.referral.sent_at, listed.referral.answer_due
    if sent is None:
        return ""
    day = formats.short_day(formats.day_in_dhaka(sent))
    if until is None or listed.referral.days_waiting is None:
        return _("Sent {day}").format(day=day)
    return _("Sent {day}, answer due {until}").format(day=day, until=formats.short_day(until))


def next_words(listed: ListedReferral) -> str:
    if listed.referral.status in GROUPS["unsent"]:
        return _("Go on")
    return _("Record answer") if listed.referral.days_waiting is not None else _("Open")


class ReferralPainter(QStyledItemDelegate):
    """Paints a referral; its button is part of the picture and found by its place."""

    def sizeHint(self, option: Any, index: Index) -> QSize:  # noqa: ARG002 - Qt asks so
        return QSize(200, current().scaled(LINE + (2 if language() == "bn" else 0)))

    def paint(self, painter: QPainter, option: Any, index: Index) -> None:
        listed, room = index.data(ROW), QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, room, option.state, current())
        self._row(painter, room, listed)
        painter.restore()

    def _row(self, painter: QPainter, room: QRectF, listed: ListedReferral) -> None:
        place = self.button_place(room.toRect())
        paint_button(painter, place, next_words(listed))
        spec = state_badge(listed)
        right = float(place.left()) - 14
        for badge in (spec, priority_badge("urgent") if listed.referral.priority == "urgent" else None):
            if badge is not None:
                wide = badge_size(badge).width()
                paint_badge(painter, QRectF(right - wide, room.y(), wide, room.height()), badge)
                right -= wide + 10
        left = room.x() + 24
        half = (room.height() - 14) / 2
        first, second = names(listed)
        upper = QRectF(left, room.y() + 7, (right - left) * 0.46, half)
        width = write_line(painter, upper, first, "label", "text")
        write_line(painter, upper.adjusted(width + 8, 0, 0, 0), second, "body", "text2")
        write_line(painter, upper.translated(0, half), short(listed.case_number), "caption", "text2")
        wanted = QRectF(upper.right() + 16, upper.y(), right - upper.right() - 24, half)
        write_line(painter, wanted, asked_for(listed), "body", "text")
        if room.width() >= BROAD:
            write_line(painter, wanted.translated(0, half), when(listed), "caption", "text2")

    def button_place(self, room: QRect) -> QRect:
        """Where in a row its button is."""
        return button_place(room, BUTTON, 24)


class ReferralList(QListView):
    """One tab's referrals. `asked` carries the referral and what to do."""

    asked = Signal(object, str)

    KEYS = {Qt.Key.Key_E: "case", Qt.Key.Key_P: "print"}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.rows = _Rows()
        self.setModel(self.rows)
        self.painter = ReferralPainter(self)
        self.setItemDelegate(self.painter)
        self.setUniformItemSizes(True)
        self.setAccessibleName(_("Referrals"))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)

    def show_rows(self, rows: Sequence[ListedReferral], key: str) -> None:
        """Show them, with the same one chosen as before."""
        was = self.currentIndex().row()
        self.rows.show_rows(rows)
        same = next((at for at, listed in enumerate(rows) if str(listed.referral.id) == key), None)
        if rows:
            at = same if same is not None else min(max(was, 0), len(rows) - 1)
            self.setCurrentIndex(self.rows.index(at))

    def referral(self) -> ListedReferral | None:
        listed = self.currentIndex().data(ROW)
        return listed if isinstance(listed, ListedReferral) else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, chosen = Qt.Key(event.key()), self.referral()
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if key in ENTER and not control and chosen is not None:
            self.asked.emit(chosen, "next")
        elif key in self.KEYS and not event.modifiers() and chosen is not None:
            self.asked.emit(chosen, self.KEYS[key])
        elif event.text() and event.text().isprintable() and key != Qt.Key.Key_Space:
            event.ignore()  # letters that mean nothing here belong to the window
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if self._on_button(event.position().toPoint()) and (chosen := self.referral()) is not None:
            self.asked.emit(chosen, "next")

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if not self._on_button(event.position().toPoint()) and (chosen := self.referral()) is not None:
            self.asked.emit(chosen, "case")

    def _on_button(self, at: QPoint) -> bool:
        index = self.indexAt(at)
        return index.isValid() and self.painter.button_place(self.visualRect(index)).contains(at)
