"""A look at the chosen case beside the list. It is no opening of the case: nothing restricted, no number."""

# ruff: noqa: N802 - Qt names the methods
from __future__ import annotations

from datetime import date
from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from casedesk import codelists, formats
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import _, ngettext
from casedesk.services.follow_ups import FollowUpRow
from casedesk.services.permissions import may
from casedesk.services.referrals.reading import ReferralRow
from casedesk.services.search import CaseRow, Peek, peek
from casedesk.services.words import BETWEEN
from casedesk.ui.jobs import Jobs
from casedesk.ui.kit.badges import Badge, category_badge, priority_badge
from casedesk.ui.kit.blocks import Avatar, Banner, initials
from casedesk.ui.kit.buttons import IconButton, button
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import Flow, block, clear, column, row, scrolled, widget
from casedesk.ui.kit.messages import show_error
from casedesk.ui.kit.texts import PlainLabel, rule, section_title
from casedesk.ui.kit.theme import current, tokens

PAUSE = 80  # ms the arrow keys may go on before the next person is read
AGREED = 3  # consents named in the line
NEEDED = ("case_services", "store_data")  # what everybody agrees to who has a case
FREE = ("any_time",)  # the rules that are no warning


class PeekPanel(QFrame):
    """Shows one case; `asked` carries what to do with it: open, refer, print, close."""

    asked = Signal(str)

    def __init__(self, desk: Desk, jobs: Jobs) -> None:
        super().__init__()
        self.setProperty("kind", "panel")
        self.setFixedWidth(current().scaled(tokens()["width"]["peek"]))
        self.setAccessibleName(_("The chosen case"))
        self._desk, self._jobs = desk, jobs
        self._wanted: UUID | None = None
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._read)
        self._head = column(gap=8, margins=(16, 14, 8, 12))
        self._body = column(gap=10, margins=(16, 12, 16, 12))
        self.open_button = button(
            _("Open case"), "primary", "open", keys="Enter", clicked=partial(self.asked.emit, "open")
        )
        self.refer_button = button(
            _("Refer"), "default", "referral", keys="R", clicked=partial(self.asked.emit, "refer")
        )
        self.print_button = IconButton("print", _("Print · Ctrl+P"), clicked=partial(self.asked.emit, "print"))
        self.refer_button.setVisible(may(desk, "referral.edit"))
        self.print_button.setVisible(may(desk, "case.print"))
        foot = row(self.open_button, self.refer_button, self.print_button, None, margins=(16, 12, 16, 12))
        self._foot = block("foot", foot)
        self._top = widget(self._head)
        self.setLayout(column(self._top, rule(), scrolled(widget(self._body)), self._foot, gap=0, margins=(1, 0, 0, 0)))
        self.layout().setStretch(2, 1)  # type: ignore[union-attr]  # set one line before
        self._empty()

    def show_case(self, chosen: CaseRow | None) -> None:
        """Show another case, soon."""
        self._wanted = chosen.case_id if chosen is not None else None
        self._pause.start()

    def look_again(self) -> None:
        self._pause.start()

    def rest(self) -> None:
        """Read nothing more: the page goes."""
        self._pause.stop()
        self._pause.timeout.disconnect(self._read)

    def _read(self) -> None:
        if self._wanted is None or self.isHidden():
            self._empty()
            return
        self._jobs.run(self, partial(peek, self._desk, self._wanted), self._show, failed=self._refused)

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]  # passed on as it came
        self._pause.start()

    def _empty(self) -> None:
        clear(self._head)
        clear(self._body)
        self._head.addLayout(row(PlainLabel(_("No case chosen"), "muted"), None, self._close()))
        self._foot.setVisible(False)

    def _refused(self, error: Exception) -> None:
        self._empty()
        if not isinstance(error, CaseDeskError):  # a case that is gone meanwhile is none
            show_error(self, error)

    def _close(self) -> QWidget:
        """The button that closes, made anew with the head it stands in."""
        self.close_button = IconButton("close", _("Close (Esc)"), clicked=partial(self.asked.emit, "close"))
        return self.close_button

    def _show(self, known: Peek) -> None:
        if known.row.case_id != self._wanted:
            return
        clear(self._head)
        clear(self._body)
        self._foot.setVisible(True)
        self._show_head(known)
        self._body.addWidget(self._safe_contact(known))
        for label, value in self._essentials(known):
            self._body.addLayout(_fact(label, value))
        self._steps(known)
        self._note(known)
        self._body.addStretch(1)

    def _show_head(self, known: Peek) -> None:
        first, second = known.row.names
        sex = codelists.get("sex_gender").label(known.sex_gender)
        said = [second, formats.number(known.age) if known.age is not None else "", sex.lower()]
        words = column(
            PlainLabel(first, "section", wrap=True),
            PlainLabel(" · ".join(part for part in said if part), "body", tone="text2", wrap=True),
            gap=0,
        )
        top = row(Avatar(initials(first)), words, gap=10)
        top.setStretch(1, 1)
        top.addWidget(self._close(), 0, Qt.AlignmentFlag.AlignTop)
        self._head.addLayout(top)
        badges = [Badge(category_badge(known.row.category, full=False))]
        if known.row.priority in ("urgent", "high"):
            badges.append(Badge(priority_badge(known.row.priority)))
        self._head.addWidget(widget(Flow(*badges)))

    def _safe_contact(self, known: Peek) -> QWidget:
        rules = codelists.get("safe_contact_rule")
        words = BETWEEN.join(rules.label(code) for code in known.safe_contact)
        if not words:
            return Banner("warn", _("No safe way to contact yet"), _("Do not call."), icon="safe_contact")
        if set(known.safe_contact) <= set(FREE):
            return Banner("info", _("Safe contact"), words, icon="call")
        return Banner("warn", _("Safe contact"), words, icon="safe_contact")

    def _essentials(self, known: Peek) -> list[tuple[str, str]]:
        back = [formats.partial_day(known.returned_on) if known.returned_on else ""]
        where = [codelists.get("destination_country").label(known.row.country)]
        work = [codelists.get("occupation").label(known.occupation)]
        home = [known.upazila, codelists.get("bd_district").label(known.row.district)]
        return [
            (_("Case no."), known.row.case_number),
            (_("Home"), BETWEEN.join(part for part in home if part)),
            (_("Came back"), " · ".join(part for part in (*back, *where, *work) if part)),
            (_("Consent"), _agreed(known.agreed)),
            (_("Worker"), known.worker),
        ]

    def _steps(self, known: Peek) -> None:
        if not known.next_steps and not known.waiting:
            return
        self._body.addWidget(rule())
        self._body.addWidget(section_title(_("Next steps")))
        today = self._desk.today()
        for step in known.next_steps[:4]:
            self._body.addLayout(_step(step, today))
        for referral in known.waiting[:3]:
            self._body.addLayout(_waiting(referral))

    def _note(self, known: Peek) -> None:
        if known.note_on is None:
            return
        self._body.addWidget(rule())
        self._body.addWidget(section_title(_("Last note")))
        day = formats.weekday_day(known.note_on)
        if known.note is None:
            self._body.addWidget(
                PlainLabel(_("Restricted note, {day}").format(day=day), "body", tone="text2", wrap=True)
            )
            return
        self._body.addWidget(PlainLabel(known.note, "body", wrap=True))
        said = " · ".join(part for part in (known.note_by, day) if part)
        self._body.addWidget(PlainLabel(said, "caption", wrap=True))


def _agreed(scopes: tuple[str, ...]) -> str:
    if not scopes:
        return _("Nothing agreed yet")
    words = [codelists.get("consent_scope").label(scope) for scope in scopes if scope not in NEEDED]
    if not words:
        return _("To our services only, nothing shared")
    more = len(words) - AGREED
    said = BETWEEN.join(words[:AGREED])
    if more <= 0:
        return said
    return said + BETWEEN + ngettext("{count} more", "{count} more", more).format(count=formats.number(more))


def _fact(label: str, value: str) -> QHBoxLayout:
    name = PlainLabel(label, "body", tone="text2", wrap=True)
    name.setFixedWidth(current().scaled(92))
    line = row(gap=8)
    line.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(PlainLabel(value or "—", "label", wrap=True), 1)
    return line


def _step(step: FollowUpRow, today: date) -> QHBoxLayout:
    words = step.task or codelists.get("followup_type").label(step.type)
    late = step.due_on is not None and step.due_on < today
    when = formats.due(step.due_on, today) if step.due_on is not None else ""
    tone = "danger" if late else "text2"
    return _step_line("call" if late else "calendar", words, when, tone)


def _waiting(referral: ReferralRow) -> QHBoxLayout:
    days = referral.days_waiting or 0
    when = ngettext("waiting {count} day", "waiting {count} days", days).format(count=formats.number(days))
    when = when if days else _("Sent today")
    words = codelists.get("service_type").label(referral.service) or _("Referral")
    return _step_line("referral", words, when, "danger" if referral.overdue else "text2")


def _step_line(icon: str, words: str, when: str, tone: str) -> QHBoxLayout:
    said = PlainLabel(when, "caption", tone=tone)
    line = row(Icon(icon, tone), PlainLabel(words, "body", wrap=True), said, gap=8)
    line.setStretch(1, 1)
    return line
