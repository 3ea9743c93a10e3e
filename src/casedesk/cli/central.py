"""`casedesk central`: a national office takes in without a window, into PostgreSQL where other tools read."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from casedesk.cli.signing_in import signed_in, user_word
from casedesk.cli.speech import WRONG, Commands, NotDone, say
from casedesk.desk import Desk
from casedesk.formats import number
from casedesk.i18n import _, ngettext

if TYPE_CHECKING:
    from casedesk.storage.national import NationalStore


def add(commands: Commands) -> None:
    options = commands.add(
        "central",
        _central,
        _("Take in what centres sent, and bring a PostgreSQL database up to it."),
        _("It works with the vault of a central desk, visits the relay if that knows one, and may be called by cron."),
    )
    user_word(options)
    options.add_argument(
        "--database", metavar="URL", required=True, help=_("postgresql+psycopg://user@host/name of the database.")
    )
    options.add_argument("--check", action="store_true", help=_("Verify the database as well."))


def must_be_postgres(url: str) -> None:
    """Refuse an address of something else."""
    if not url.startswith("postgresql+psycopg://"):
        raise NotDone(
            _("The address of the database begins with postgresql+psycopg://."), hint=_("Nothing was changed.")
        )


@contextmanager
def national_at(desk: Desk, url: str) -> Iterator[NationalStore]:
    """The database of the central office, closed after the block."""
    from sqlalchemy.exc import SQLAlchemyError

    from casedesk.sync.national import open_national

    try:
        national = open_national(desk, url)
    except (SQLAlchemyError, ModuleNotFoundError):  # the bundle for a desk has no driver for it
        raise NotDone(
            _("The database cannot be reached or used."),
            hint=_("Nothing was changed. Look at its address, its user, and whether it runs."),
        ) from None
    try:
        yield national
    finally:
        national.close()


def _central(asked: argparse.Namespace) -> int:
    from casedesk.sync.arrivals import take_inbox
    from casedesk.sync.files import Fate
    from casedesk.sync.national import check_national, follow
    from casedesk.sync.visit import relay_of, visit

    must_be_postgres(asked.database)
    with signed_in(asked) as desk, national_at(desk, asked.database) as national:
        taken = visit(desk).taken if relay_of(desk) is not None else take_inbox(desk)
        told = follow(desk, national)
        wrong = check_national(desk, national).wrong if asked.check else []
    count = sum(each.fate is Fate.APPLIED for each in taken)
    say(ngettext("Taken in: {count} file.", "Taken in: {count} files.", count).format(count=number(count)))
    say(
        _(
            "New in the database: entries {operations}, orders to forget {orders}, entries shown more of {shown}."
        ).format(operations=number(told.operations), orders=number(told.orders), shown=number(told.shown))
    )
    if told.nameless:
        text = ngettext(
            "Cases without names and totals: told anew of {count} computer.",
            "Cases without names and totals: told anew of {count} computers.",
            told.nameless,
        )
        say(text.format(count=number(told.nameless)))
    for each in wrong:
        say(f"- {each}")
    if asked.check and not wrong:
        say(_("Everything agrees."))
    return WRONG if wrong or any(each.went_wrong for each in taken) else 0
