"""`casedesk sync`: a visit to the relay, for somebody at the keyboard or for cron."""

from __future__ import annotations

import argparse

from casedesk.cli.signing_in import signed_in, user_word
from casedesk.cli.speech import WRONG, Commands, say
from casedesk.formats import file_size, number
from casedesk.i18n import _, ngettext


def add(commands: Commands) -> None:
    options = commands.add(
        "sync",
        _sync,
        _("Send what waits to the relay, fetch what lies there, and take it in."),
        _("It goes on where the last try stopped. “casedesk roster relay” says where the relay is."),
    )
    user_word(options)


def _sync(asked: argparse.Namespace) -> int:
    from casedesk.cli.batch import in_words
    from casedesk.sync.visit import visit

    with signed_in(asked) as desk:
        done = visit(desk)
    say(ngettext("Sent: {count} file.", "Sent: {count} files.", done.sent).format(count=number(done.sent)))
    text = ngettext(
        "Fetched: {count} file, {size} both ways.", "Fetched: {count} files, {size} both ways.", done.fetched
    )
    say(text.format(count=number(done.fetched), size=file_size(done.size)))
    for each in done.taken:
        say(in_words(each))
    return WRONG if any(each.went_wrong for each in done.taken) else 0
