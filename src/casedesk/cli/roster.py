"""`casedesk roster`: beginning an organisation, who belongs to it, inviting and ending computers."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeVar

from casedesk.cli.files import FileTrouble, new_file
from casedesk.cli.signing_in import another_secret, signed_in, user_word
from casedesk.cli.speech import Commands, say
from casedesk.desk import Desk
from casedesk.i18n import _
from casedesk.sync import joining

T = TypeVar("T")
WHAT = ("begin", "list", "invite", "end")


def add(commands: Commands) -> None:
    more = _(
        "begin --out ROOT.age: makes the organisation. The file holds its root key, sealed by a passphrase of its own\n"
        "  that is asked for; keep it away from this computer.\n"
        "list: the computers of the organisation.\n"
        "invite --centre XXX --out FILE: an invitation for one new computer; --central for one of the central office.\n"
        "end --computer XXX/K4: a computer that was lost or is no longer used."
    )
    options = commands.add("roster", _roster, _("Who belongs to the organisation."), more)
    user_word(options)
    options.add_argument("what", choices=WHAT, metavar="|".join(WHAT), help=_("What to do."))
    options.add_argument("--out", metavar="FILE", type=Path, help=_("The file to write."))
    options.add_argument("--centre", metavar="XXX", help=_("The three letters of a centre."))
    options.add_argument("--central", action="store_true", help=_("The computer belongs to the central office."))
    options.add_argument("--computer", metavar="XXX/K4", help=_("A computer of the list."))


def _roster(asked: argparse.Namespace) -> int:
    run = {"begin": _begin, "list": _list, "invite": _invite, "end": _end}[asked.what]
    with signed_in(asked) as desk:
        return run(desk, asked)


def _begin(desk: Desk, asked: argparse.Namespace) -> int:
    path = said(asked.out, "--out")
    joining.begin_organisation(desk, path, another_secret(_("Passphrase for the root key:")))
    say(_("The organisation begins. The root key is in {name}; keep it away from this computer.").format(name=path))
    return 0


def _list(desk: Desk, asked: argparse.Namespace) -> int:  # noqa: ARG001 - all of them are called alike
    for row in joining.members(desk):
        notes = [
            _("central office") if row.central else "",
            _("this computer") if row.is_this else "",
            "" if row.active else _("ended"),
            _("not yet let in by its centre") if row.active and not row.admitted and row.centre == desk.centre else "",
        ]
        say(f"{row.centre}/{row.name}  {', '.join(note for note in notes if note)}".rstrip())
    return 0


def _invite(desk: Desk, asked: argparse.Namespace) -> int:
    centre, path = said(asked.centre, "--centre"), said(asked.out, "--out")
    if len(centre) != 3 or not centre.isalpha():
        raise FileTrouble(_("A centre has three letters."), hint=_("Nobody was invited."))
    with new_file(path) as write:
        write(joining.invite(desk, centre, central=asked.central))
    say(
        _("The invitation is in {name}. It is for one computer and is over in {days} days.").format(
            name=path, days=joining.INVITATION_DAYS
        )
    )
    return 0


def _end(desk: Desk, asked: argparse.Namespace) -> int:
    joining.end_computer(desk, computer(desk, asked.computer))
    say(_("Ended: {computer}. Nobody seals anything for it any more.").format(computer=asked.computer))
    return 0


def computer(desk: Desk, name: str | None) -> bytes:
    """The key of the computer called CENTRE/NAME."""
    wanted = said(name, "--computer").upper()
    for row in joining.members(desk):
        if f"{row.centre}/{row.name}".upper() == wanted:
            return row.desk
    raise joining.NotOurs


def said(value: T | None, word: str) -> T:
    """What was said after a word; complains if it was not."""
    if value is None:
        raise FileTrouble(_("Say {word}.").format(word=word), hint=_("Nothing was changed."))
    return value
