"""The plan: steps that are to be done, late or done, the same on the overview and among the needs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout

from casedesk import codelists, formats
from casedesk.i18n import _
from casedesk.services.follow_ups import FollowUpRow
from casedesk.ui.case.open_case import OpenCase
from casedesk.ui.case.pieces import due_words
from casedesk.ui.kit.blocks import Card, ProgressBar
from casedesk.ui.kit.buttons import IconButton, button
from casedesk.ui.kit.cards import row_card
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import row
from casedesk.ui.kit.texts import ElidedLabel, PlainLabel
from casedesk.ui.kit.theme import current

OVER = ("done", "tried_no_contact")
DROPPED = ("rescheduled", "cancelled")
SHOWN = 5
DATE = 92


class Steps:
    """What can be done with a step; sheets are shown by the page."""

    def __init__(
        self,
        add: Callable[[], object],
        record: Callable[[FollowUpRow], object],
        move: Callable[[FollowUpRow], object],
        drop: Callable[[FollowUpRow], object],
    ) -> None:
        self.add, self.record, self.move, self.drop = add, record, move, drop


def plan_card(case: OpenCase, steps: Steps, *, whole: bool) -> Card:
    """The steps agreed on. Whole, each step that is open can be recorded, moved and taken out."""
    rows = [each for each in case.known.follow_ups if each.status not in DROPPED]
    done = [each for each in rows if each.status in OVER]
    card, lines = row_card(_("Plan agreed together"))
    if rows:
        share = _("{done} of {all} done").format(done=formats.number(len(done)), all=formats.number(len(rows)))
        card.head.addWidget(PlainLabel(share, "caption"))
        card.head.addWidget(ProgressBar(len(done) / len(rows), name=_("Plan")), 1)
    if case.may("case.note") and not case.closed:
        card.head.addWidget(button(_("Add step"), "ghost", "add", size="s", clicked=steps.add))
    shown = rows if whole else _some(rows)
    for each in shown:
        lines.add(_row(case, each, steps, whole=whole))
    if not rows:
        lines.say(_("No step is planned yet."))
    return card


def _some(rows: list[FollowUpRow]) -> list[FollowUpRow]:
    """The next steps, after the last one that was done."""
    waiting = [each for each in rows if each.status not in OVER]
    done = [each for each in rows if each.status in OVER]
    return [*done[:1], *waiting][:SHOWN]


def _row(case: OpenCase, step: FollowUpRow, steps: Steps, *, whole: bool) -> QHBoxLayout:
    over = step.status in OVER
    icon, tone = ("yes", "ok") if step.status == "done" else ("waiting", "text2") if over else ("ring", "text2")
    if step.overdue:
        tone = "danger"
    when, when_tone = _when(case, step)
    words = PlainLabel(step.task or codelists.get("followup_type").label(step.type), "label", wrap=True)
    words.set_tone("muted" if over else "text")
    due = PlainLabel(when, "caption", tone=when_tone, weight=600 if step.overdue else None)
    due.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    due.setMinimumWidth(current().scaled(DATE))
    who = ElidedLabel(step.assigned_name, "caption")
    who.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    line = row(Icon(icon, tone), words, who, due, gap=10, margins=(16, 5, 16, 5))
    line.setStretch(1, 3)
    line.setStretch(2, 1)
    if whole and not over and case.may("case.note") and not case.closed:
        what = words.text()
        line.addWidget(_action("done", _("Record: {step}").format(step=what), steps.record, step))
        line.addWidget(_action("calendar", _("Move to another day: {step}").format(step=what), steps.move, step))
        line.addWidget(_action("close", _("Take out of the plan: {step}").format(step=what), steps.drop, step))
    return line


def _action(icon: str, name: str, act: Callable[[FollowUpRow], object], step: FollowUpRow) -> IconButton:
    return IconButton(icon, name, size="s", clicked=partial(act, step))


def _when(case: OpenCase, step: FollowUpRow) -> tuple[str, str]:
    today = case.here.desk.today()
    if step.status in OVER:
        day = formats.day_in_dhaka(step.done_at) if step.done_at else step.due_on
        said = formats.short_day(day) if day and day.year == today.year else formats.day(day) if day else ""
        if step.status == "tried_no_contact":
            said = _("{day}, no contact").format(day=said)
        return said, "muted"
    return due_words(step.due_on, today)
