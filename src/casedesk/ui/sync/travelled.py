"""The files that left with their receipts, and the files that came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtWidgets import QLayout

from casedesk import formats
from casedesk.i18n import _
from casedesk.sync.arrivals import FileInRow
from casedesk.sync.files import Fate
from casedesk.sync.outbox import FileRow
from casedesk.ui.kit.blocks import Card
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.cards import row_card
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import column, row
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.sync.words import (
    audience_words,
    came_words,
    holds_words,
    kind_words,
    sender_words,
    state_words,
)

SHOWN: Final = 6
LETTERS: Final = 8  # of a name, by which people tell files apart


def sent_card(files: Sequence[FileRow], *, whole: bool, show_all: Callable[[], object]) -> Card:
    """Earlier files, the newest first; a few of them until all are asked for."""
    lines = [_sent(each) for each in (files if whole else files[:SHOWN])]
    return _card(_("Earlier files and receipts"), _("Nothing has been sent yet."), lines, len(files), show_all)


def _card(title: str, nothing: str, lines: Sequence[QLayout], there: int, show_all: Callable[[], object]) -> Card:
    """Some lines of so many that are there; a link to all where that is more."""
    card, rows = row_card(title)
    if not there:
        rows.say(nothing)
    for line in lines:
        rows.add(line)
    if there > len(lines):
        words = _("All {count}").format(count=formats.number(there))
        card.head.addWidget(button(words, "link", clicked=show_all))
    return card


def _sent(each: FileRow) -> QLayout:
    said, tone, icon = state_words(each)
    who = _("For {audience}").format(audience=audience_words(each.audience))
    size = formats.file_size(each.size)
    what = column(
        PlainLabel(holds_words(each), "label", wrap=True),
        PlainLabel(f"{formats.moment(each.made_at)} · {who} · {size}", "caption", wrap=True),
        gap=0,
    )
    state = PlainLabel(said, "body", tone=tone, wrap=True)
    inside = row(Icon(icon, tone), what, state, _number(each.name), gap=12, margins=(16, 7, 16, 7))
    inside.setStretch(1, 3)
    inside.setStretch(2, 2)
    return inside


def came_card(
    files: Sequence[FileInRow],
    *,
    whole: bool,
    show_all: Callable[[], object],
    look: Callable[[], object] | None = None,
) -> Card:
    """What came in, the newest first; `look` leads to who asks to join."""
    lines = [_came(each, look) for each in (files if whole else files[:SHOWN])]
    return _card(_("Received"), _("Nothing has come yet."), lines, len(files), show_all)


def _came(each: FileInRow, look: Callable[[], object] | None) -> QLayout:
    said, tone, icon = came_words(each)
    kind = kind_words(each.kind)
    what = column(
        PlainLabel(f"{kind} · {sender_words(each)}" if each.kind else kind, "label", wrap=True),
        PlainLabel(f"{formats.moment(each.came_at)} · {said}", "caption", tone=tone, wrap=True),
        gap=0,
    )
    asks = [button(_("Look"), size="s", clicked=look)] if look is not None and each.state == Fate.ASKS else []
    inside = row(Icon(icon, tone), what, *asks, gap=10, margins=(16, 6, 16, 6))
    inside.setStretch(1, 1)
    return inside


def _number(name: str) -> PlainLabel:
    """The first letters of a file's name, to say which one over the telephone."""
    return PlainLabel(name[:LETTERS], "caption", selectable=True)
