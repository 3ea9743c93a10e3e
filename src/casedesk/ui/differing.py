"""Cards about what two computers wrote differently, for Today, Sync and the page where a person decides (UX 4.14)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from PySide6.QtWidgets import QWidget

from casedesk import codelists, formats
from casedesk.desk import Desk
from casedesk.i18n import _, ngettext
from casedesk.lifecycles import STATUS_LISTS
from casedesk.models import recorded_models
from casedesk.services.clashes import (
    ClashRow,
    SkippedRow,
    steps_not_seen,
    steps_seen,
)
from casedesk.services.entitled import Alarm, alarms, alarms_seen, new_alarms
from casedesk.services.permissions import may
from casedesk.sync.people import names_of_computers
from casedesk.ui.kit.blocks import Card
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.cards import row_card
from casedesk.ui.kit.layouts import column, row
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.page import Goto, Here

T = TypeVar("T")
SHOWN = 8  # decisions that are listed to be taken again, and alarms


@dataclass(frozen=True, slots=True)
class Differing:
    """All that disagrees about one case, or one record of the office."""

    key: str
    title: str
    rows: tuple[ClashRow, ...]


def grouped(rows: Sequence[ClashRow]) -> list[Differing]:
    """The clashes by what they are about, the oldest first."""
    found: dict[str, list[ClashRow]] = {}
    for each in rows:
        found.setdefault(str(each.case_id or each.record_id), []).append(each)
    return [Differing(key, title_of(some[0]), tuple(some)) for key, some in found.items()]


def title_of(each: ClashRow) -> str:
    return each.case_number or each.name or each.record


def differ_words(group: Differing) -> str:
    """How many answers differ."""
    count = len(group.rows)
    return ngettext("{count} answer differs", "{count} answers differ", count).format(count=formats.number(count))


def groups_card(groups: Sequence[Differing], go: Callable[[Goto], object]) -> Card:
    """A card that leads to each of them."""
    words = ngettext("{count} record changed in both places", "{count} records changed in both places", len(groups))
    card, rows = row_card(words.format(count=formats.number(len(groups))))
    for each in groups:
        open_it = button(_("Review"), size="s", clicked=partial(go, Goto("review", {"about": each.key})))
        open_it.setAccessibleName(_("Review {record}").format(record=each.title))
        told = column(PlainLabel(each.title, "label", wrap=True), PlainLabel(differ_words(each), "caption"), gap=0)
        line = row(told, open_it, gap=10, margins=(16, 7, 14, 7))
        line.setStretch(0, 1)
        rows.add(line)
    return card


def steps_card(here: Here, skipped: Sequence[SkippedRow], look: Callable[[], object]) -> Card:
    """Where steps of two computers did not fit together. `look` reads it again when one was put aside, or is back."""
    card, rows = row_card(_("Steps that did not fit together"))
    hint = _(
        "Two computers moved these on without having seen each other. They stand where the steps that fit have led. "
        "Look whether that is right."
    )
    words = column(PlainLabel(hint, "caption", wrap=True), margins=(16, 8, 16, 8))
    rows.add(words)
    for each in skipped:
        what = f"{each.case_number} · {_(recorded_models()[each.entity].label)}"
        told = ngettext(
            "{count} step was left out. It is now: {status}",
            "{count} steps were left out. It is now: {status}",
            each.skipped,
        ).format(count=formats.number(each.skipped), status=codelists.get(STATUS_LISTS[each.entity]).label(each.status))
        to = Goto("case", {"case_id": str(each.case_id)})
        open_it = button(_("Open case"), size="s", clicked=partial(here.go, to))
        open_it.setAccessibleName(_("Open the case {number}").format(number=each.case_number))
        seen = button(_("Seen"), "soft", size="s", clicked=partial(_step_aside, here, card, each, look))
        seen.setAccessibleName(_("Seen: {record}").format(record=what))
        lines = column(PlainLabel(what, "label", wrap=True), PlainLabel(told, "caption", wrap=True), gap=0)
        line = row(lines, open_it, seen, gap=10, margins=(16, 7, 14, 7))
        line.setStretch(0, 1)
        rows.add(line)
    return card


@dataclass(frozen=True, slots=True)
class Alarming:
    """An alarm, and the name of the computer that it came from."""

    alarm: Alarm
    computer: str


def read_alarms(desk: Desk, *, new: bool = False) -> list[Alarming]:
    """For who may see them; with `new` those that were not put aside."""
    if not may(desk, "rights.alarms"):
        return []
    found = new_alarms(desk) if new else alarms(desk)
    names = names_of_computers(desk) if found else {}
    return [Alarming(each, names.get(each.desk, "")) for each in found]


def alarms_card(here: Here, found: Sequence[Alarming], seen: Callable[[], object] | None = None) -> Card:
    """What others wrote without the right to it, the newest first; with `seen` it can be put aside."""
    title = _("Written without the right to it")
    card, rows = row_card(title)
    hint = _(
        "Another computer wrote this about rights, or in the name of somebody who does not work there. It has no "
        "effect here. Ask the person named. If it was not them, end that computer: Settings, Computers."
    )
    rows.add(column(PlainLabel(hint, "caption", wrap=True), margins=(16, 8, 16, 8)))
    for each in found[:SHOWN]:
        alarm = each.alarm
        what = " · ".join(part for part in (alarm.record, alarm.field) if part)
        told = " · ".join(part for part in (each.computer, alarm.by, formats.moment(alarm.at)) if part)
        lines = column(PlainLabel(what, "label", wrap=True), PlainLabel(told, "caption", wrap=True), gap=0)
        rows.add(row(lines, margins=(16, 7, 14, 7)))
    if (more := len(found) - SHOWN) > 0:
        words = _("and {count} more").format(count=formats.number(more))
        rows.add(column(PlainLabel(words, "caption"), margins=(16, 7, 14, 7)))
    if seen is not None:
        aside = button(
            _("Seen"), "soft", size="s", clicked=partial(_alarms_aside, here, card, found[0].alarm.operation, seen)
        )
        aside.setAccessibleName(_("Seen: {record}").format(record=title))
        rows.add(row(None, aside, margins=(16, 7, 14, 10)))
    return card


def _alarms_aside(here: Here, card: QWidget, upto: int, look: Callable[[], object]) -> None:
    words = _("Put aside. It stays on the page Sync, and new ones are shown here.")
    _put_aside(here, card, partial(alarms_seen, here.desk, upto), partial(alarms_seen, here.desk), words, look)


def _step_aside(here: Here, card: QWidget, each: SkippedRow, look: Callable[[], object]) -> None:
    words = _("Put aside. It comes back if more steps do not fit.")
    back = partial(steps_not_seen, here.desk, each)
    _put_aside(here, card, partial(steps_seen, here.desk, each), lambda _nothing: back(), words, look)


def _put_aside(
    here: Here,
    card: QWidget,
    put: Callable[[], T],
    back: Callable[[T], object],
    words: str,
    look: Callable[[], object],
) -> None:
    """Put something aside, say so, and look again. `back` brings it back, from what `put` returned: whatever card or
    page is open by then, so the window is what waits."""
    window = card.window()

    def done(before: T) -> None:
        here.say(words, partial(here.jobs.write, window, partial(back, before), lambda _nothing: look()))
        look()

    here.jobs.write(window, put, done)
