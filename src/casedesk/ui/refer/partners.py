"""Who can help: partners that give a service, with free places and how old that number is."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from casedesk import codelists, formats
from casedesk.desk import Desk
from casedesk.i18n import _, ngettext
from casedesk.services.providers import ProviderRow, ServiceRow, providers
from casedesk.ui.free_places import is_stale, places_words
from casedesk.ui.kit.blocks import EmptyState, fact
from casedesk.ui.kit.buttons import let_tab_reach_the_chosen
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import block, clear, column, row, scrolled, widget
from casedesk.ui.kit.style import paint_ring
from casedesk.ui.kit.texts import ElidedLabel, PlainLabel, visible
from casedesk.ui.kit.theme import current
from casedesk.ui.kit.topbar import SearchBox

WORKS = {"yes": 0, "partly": 1, "unknown": 1, "paper_only": 2}
SHOWN_ROWS = 4
MOST_ROWS = 60


def offered(partner: ProviderRow, service: str) -> ServiceRow | None:
    """The service as this partner gives it."""
    return next((each for each in partner.services if each.service == service), None)


def in_order(partners: Sequence[ProviderRow], service: str, district: str | None) -> list[ProviderRow]:
    """What works first, then who has places, then who is near the person's home."""

    def place(partner: ProviderRow) -> tuple[bool, int, int, bool, str]:
        given = offered(partner, service)
        free = given.capacity if given is not None else None
        works = WORKS.get((given.functional if given is not None else None) or "unknown", 1)
        return free == 0, works, -(free or 0), district not in partner.districts, partner.name.casefold()

    return sorted(partners, key=place)


def _tone(given: ServiceRow | None) -> str:
    """In which colour the free places are said."""
    if given is None or given.capacity is None:
        return "text2"
    return "text" if given.capacity else "danger"


def age_words(checked: date | None, today: date) -> str:
    """How old a number is."""
    if checked is None:
        return _("never checked")
    days = (today - checked).days
    if days <= 0:
        return _("checked today")
    return ngettext("checked {count} day ago", "checked {count} days ago", days).format(count=formats.number(days))


def districts_words(partner: ProviderRow) -> str:
    return ", ".join(codelists.get("bd_district").label(code) for code in partner.districts)


class PartnerButton(QRadioButton):
    """One partner: name, place, whom they take; free places and the age of the number; how soon they answer."""

    def __init__(self, partner: ProviderRow, service: str, today: date) -> None:
        super().__init__()
        self.partner = partner
        given = offered(partner, service)
        kind = codelists.get("provider_type").label(partner.type)
        self._place = " · ".join(part for part in (kind, districts_words(partner)) if part)
        self._takes = partner.takes
        self._free, self._tone = places_words(given), _tone(given)
        checked = given.last_verified_on if given is not None else None
        self._age, self._stale = age_words(checked, today), is_stale(checked, today)
        days = partner.answer_days
        self._answer = _("not known yet")
        if days is not None:
            words = ngettext("{count} day", "{count} days", days).format(count=formats.number(days))
            self._answer = words if days else _("same day")
        functional = given.functional if given is not None else None
        self._works = (
            codelists.get("service_functional").label(functional) if functional in ("partly", "paper_only") else ""
        )
        self.setAccessibleName(partner.name)
        self.setAccessibleDescription(", ".join((self._place, self._takes, self._free, self._age, self._works)))
        self.setMinimumHeight(self.sizeHint().height())

    def sizeHint(self) -> QSize:
        lines = 3 if self._takes or self._works else 2
        caption = QFontMetrics(current().font("caption")).height()
        return QSize(420, QFontMetrics(current().font("label")).height() + (lines - 1) * caption + 14)

    def hitButton(self, _pos: object) -> bool:
        return True

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme, on = current(), self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if on:
            painter.fillRect(self.rect(), theme.colour("sel"))
            painter.fillRect(QRect(0, 0, 3, self.height()), theme.colour("accent"))
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        paint_ring(
            painter, QRectF(14, (self.height() - 20) / 2, 20, 20), theme, on=on, enabled=True, focused=self.hasFocus()
        )
        right = 96
        middle = max(150, min(210, self.width() // 3))
        left = QRect(46, 6, self.width() - 46 - middle - right - 16, self.height() - 12)
        self._column(painter, left, self.partner.name, theme.colour("text"), (self._place, self._takes))
        centre = QRect(left.right() + 12, 6, middle, self.height() - 12)
        tones = (theme.colour("warn" if self._stale else "text2"), theme.colour("warn"))
        self._column(painter, centre, self._free, theme.colour(self._tone), (self._age, self._works), tones)
        last = QRect(self.width() - right, 6, right - 8, self.height() - 12)
        self._column(painter, last, self._answer, theme.colour("text"), (_("usual answer"),), weight=400)
        painter.end()

    def _column(
        self,
        painter: QPainter,
        room: QRect,
        first: str,
        colour: QColor,
        more: Sequence[str],
        tones: Sequence[QColor] = (),
        weight: int = 600,
    ) -> None:
        theme = current()
        top = room.y()
        lines: list[tuple[str, QFont, QColor]] = [(first, theme.font("label", weight), colour)]
        lines += [
            (text, theme.font("caption"), tones[at] if at < len(tones) else theme.colour("text2"))
            for at, text in enumerate(more)
            if text
        ]
        for text, font, tone in lines:
            metrics = QFontMetrics(font)
            painter.setFont(font)
            painter.setPen(tone)
            cut = metrics.elidedText(visible(text), Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(QRect(room.x(), top, room.width(), metrics.height()), Qt.AlignmentFlag.AlignVCenter, cut)
            top += metrics.height()


class PartnerPicker(QWidget):
    """The partners that give the chosen service; `picked` tells which one, or nothing."""

    picked = Signal()

    def __init__(self, desk: Desk, district: str | None) -> None:
        super().__init__()
        self._desk, self._district = desk, district
        self._service = ""
        self._group = QButtonGroup(self)
        self.buttons: list[PartnerButton] = []
        self.free_only = QCheckBox(_("Only with free places"))
        self.free_only.setAccessibleName(_("Only with free places"))
        self.free_only.toggled.connect(lambda _on: self._fill())
        self.search = SearchBox(_("Search partners"))
        self.search.setMaximumWidth(220)
        self.search.textChanged.connect(lambda _text: self._fill())
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        self._rows.setContentsMargins(0, 0, 0, 0)
        inside = widget(self._rows)
        self._area = scrolled(inside)
        frame = block("card", column(self._area, margins=(1, 1, 1, 1)))
        title = PlainLabel(_("Who can help"), "label", weight=600)
        sorted_by = ElidedLabel(_("sorted by free places and district"), "caption")
        head = row(title, sorted_by, self.free_only, self.search, gap=10)
        head.setStretch(1, 1)
        self.setLayout(column(head, frame, gap=8))
        self._group.buttonToggled.connect(lambda _button, on: self._picked() if on else None)

    def show_service(self, service: str, partner_id: UUID | None = None) -> None:
        """List who gives this service, and pick one again."""
        self._service = service
        self._fill(partner_id)

    def partner(self) -> ProviderRow | None:
        return next((each.partner for each in self.buttons if each.isChecked()), None)

    def _picked(self) -> None:
        let_tab_reach_the_chosen(self.buttons)
        self.picked.emit()

    def _fill(self, partner_id: UUID | None = None) -> None:
        chosen = self.partner()
        wanted = partner_id or (chosen.id if chosen is not None else None)
        clear(self._rows)
        self.buttons = []
        found = providers(self._desk, self.search.text(), self._service) if self._service else []
        for partner in in_order(found, self._service, self._district)[:MOST_ROWS]:
            given = offered(partner, self._service)
            if self.free_only.isChecked() and not (given is not None and given.capacity):
                continue
            each = PartnerButton(partner, self._service, self._desk.today())
            self._group.addButton(each)
            self.buttons.append(each)
            self._rows.addWidget(each)
            each.show()  # at once: what is not shown cannot take the focus
            each.setChecked(partner.id == wanted)
        before: QWidget = self.search
        for each in self.buttons:  # without this, new ones are the last of the window
            QWidget.setTabOrder(before, each)
            before = each
        let_tab_reach_the_chosen(self.buttons)
        if not self.buttons:
            self._rows.addWidget(self._nobody())
        self._rows.addStretch(1)
        heights = [each.sizeHint().height() for each in self.buttons[:SHOWN_ROWS]]
        self._area.setFixedHeight(max(sum(heights), current().scaled(110 if self.buttons else 170)) + 2)
        if self.partner() is None or wanted is None:
            self.picked.emit()

    def _nobody(self) -> QWidget:
        if not self._service:
            return EmptyState("needs", _("Choose a need first"), _("Then the partners who help with it stand here."))
        return EmptyState(
            "directory", _("No partner for this is in the list"), _("Search less, or add a partner in the directory.")
        )


class PartnerFacts(QFrame):
    """What to know about a partner before sending somebody there."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "sunken")
        self._head = QHBoxLayout()
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(16)
        self._warning = PlainLabel("", "caption", tone="warn", wrap=True)
        line = row(Icon("call", "warn", 16), self._warning, gap=6)
        line.setStretch(1, 1)
        self._careful = widget(line)
        self.setLayout(column(self._head, self._facts, self._careful, gap=8, margins=(14, 10, 14, 10)))
        self.hide()

    def tell(self, partner: ProviderRow | None, service: str, today: date) -> None:
        self.setVisible(partner is not None)
        if partner is None:
            return
        clear(self._head)
        clear(self._facts)
        self._head.addWidget(ElidedLabel(partner.name, "label", weight=600), 1)
        if partner.phone:
            self._head.addWidget(Icon("call", "text2", 16))
            self._head.addWidget(PlainLabel(formats.phone(partner.phone), "label", selectable=True))
        given = offered(partner, service)
        answers = _("{accepted} of {answered} accepted").format(
            accepted=formats.number(partner.accepted), answered=formats.number(partner.answered)
        )
        told = (
            (_("Takes"), partner.takes or (given.eligibility if given is not None else "")),
            (_("Opening hours"), partner.hours),
            (_("Cost"), given.cost if given is not None else ""),
            (_("Last referrals"), answers if partner.answered else _("none yet")),
        )
        shown = [each for each in told if each[1]]
        for at, (label, value) in enumerate(shown):
            self._facts.addWidget(fact(label, value), 0, at, Qt.AlignmentFlag.AlignTop)
            self._facts.setColumnStretch(at, 1)
        self._warning.setText(self._careful_words(given, today))
        self._careful.setVisible(bool(self._warning.text()))

    def _careful_words(self, given: ServiceRow | None, today: date) -> str:
        if given is None:
            return ""
        if given.functional == "paper_only":
            return _("This service is known on paper only. Phone before you send them.")
        if given.capacity == 0:
            return _("All places were taken. Ask for the waiting list, or choose the next one.")
        if is_stale(given.last_verified_on, today):
            age = age_words(given.last_verified_on, today)
            return _("The number of places: {age}. Phone before you send them.").format(age=age)
        return ""
