"""`casedesk join`: a new computer asks, the administrator looks and lets in, the centre admits."""

from __future__ import annotations

import argparse
from pathlib import Path

from casedesk.cli.files import contents, must_be_readable
from casedesk.cli.roster import computer, needed
from casedesk.cli.signing_in import signed_in, user_word
from casedesk.cli.speech import WRONG, Commands, say
from casedesk.desk import Desk
from casedesk.i18n import _
from casedesk.sync import computers, joining
from casedesk.sync.batch import LARGEST_HEADER
from casedesk.sync.files import inbox, outbox
from casedesk.sync.stick import must_be_there

WHAT = ("ask", "look", "let-in", "admit", "new-key")
NEEDED = {"ask": ("from",), "let-in": ("words",), "admit": ("computer",)}


def add(commands: Commands) -> None:
    more = _(
        "ask --from INVITATION: on the new computer. It shows six words and makes a request, with --stick on a stick.\n"
        "look: on the administrator's computer. Shows the requests that came, each with its six words.\n"
        'let-in --words "…": lets the computer in whose six words were read out to you.\n'
        "admit --computer XXX/K4: on a computer of the centre, by its supervisor: it may read the cases kept there.\n"
        "new-key: on a computer of the list whose key was lost or is doubted. It shows six words for let-in, as ask\n"
        "  does; its centre has to admit it once more."
    )
    options = commands.add("join", _join, _("Let a new computer join the organisation."), more)
    user_word(options)
    options.add_argument("what", choices=WHAT, metavar="|".join(WHAT), help=_("What to do."))
    options.add_argument("--from", metavar="INVITATION", type=Path, help=_("The file of the invitation."))
    options.add_argument("--words", metavar="WORDS", help=_("The six words, as they were read out."))
    options.add_argument("--stick", metavar="DIR", type=Path, help=_("The folder of the stick, for the request."))
    options.add_argument("--computer", metavar="XXX/K4", help=_("A computer of the list."))


def _join(asked: argparse.Namespace) -> int:
    run = {"ask": _ask, "look": _look, "let-in": _let_in, "admit": _admit, "new-key": _new_key}[asked.what]
    needed(asked, NEEDED.get(asked.what, ()))
    must_be_readable(vars(asked)["from"])
    if asked.stick is not None:
        must_be_there(asked.stick)
    with signed_in(asked) as desk:
        return run(desk, asked)


def _ask(desk: Desk, asked: argparse.Namespace) -> int:
    raw = contents(vars(asked)["from"], LARGEST_HEADER, _("Nothing was changed."))
    _tell(desk, joining.ask_to_join(desk, raw), asked.stick)
    return 0


def _new_key(desk: Desk, asked: argparse.Namespace) -> int:
    made = joining.ask_for_new_key(desk)
    if made is None:
        say(_("Files for this computer are sealed to a new key from now on."))
    else:
        _tell(desk, made, asked.stick)
    return 0


def _tell(desk: Desk, made: joining.Asked, stick: Path | None) -> None:
    if stick:
        joining.request_to_stick(desk, made, stick)
    say(_("Read these words to your administrator:"))
    say(f"  {made.words}")
    say(_("The request is the file {name}.").format(name=outbox(desk.store.vault.folder).path / made.file))


def _look(desk: Desk, asked: argparse.Namespace) -> int:  # noqa: ARG001 - all of them are called alike
    found = joining.requests(desk, inbox(desk.store.vault.folder))
    for request in found:
        what = _("asks for a new key") if request.renews else _("asks to join")
        say(f"{request.centre}/{request.name} ({what}): {request.words}")
    if not found:
        say(_("Nobody asks to join."))
    return 0


def _let_in(desk: Desk, asked: argparse.Namespace) -> int:
    words = asked.words.split()
    for request in joining.requests(desk, inbox(desk.store.vault.folder)):
        if request.words.split() == words:
            joining.let_in(desk, request)
            told = (
                _("Files for {computer} are sealed to its new key from now on. Its centre has to admit it once more.")
                if request.renews
                else _("{computer} belongs to the organisation now.")
            )
            say(told.format(computer=f"{request.centre}/{request.name}"))
            return 0
    say(_("No request has these words. Compare them again; if they differ, somebody may have changed the request."))
    return WRONG


def _admit(desk: Desk, asked: argparse.Namespace) -> int:
    computers.admit_to_centre(desk, computer(desk, asked.computer))
    say(_("{computer} may read what this centre keeps.").format(computer=asked.computer))
    return 0
