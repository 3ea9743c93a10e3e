"""`casedesk roster`: beginning an organisation, who belongs to it, inviting and ending computers."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from casedesk.cli.files import contents, must_be_readable
from casedesk.cli.signing_in import another_secret, signed_in, user_word
from casedesk.cli.speech import Commands, NotDone, say
from casedesk.desk import Desk
from casedesk.i18n import _
from casedesk.services.users import colleagues
from casedesk.sync import computers, invitations, organisation, people
from casedesk.sync.batch import LARGEST_HEADER
from casedesk.sync.line import der_of
from casedesk.whole_file import must_be_new, new_file

WHAT = ("begin", "list", "show", "invite", "end", "people", "renew", "relay")
NEEDED = {
    "begin": ("out",),
    "invite": ("centre", "out"),
    "end": ("computer",),
    "people": ("computer", "users"),
    "renew": ("root",),
    "relay": ("url",),
}


def add(commands: Commands) -> None:
    more = _(
        "begin --out ROOT.age: makes the organisation. The file holds its root key, sealed by a passphrase of its own\n"
        "  that is asked for; keep it away from this computer.\n"
        "list: the computers of the organisation.\n"
        "show: the organisation’s mark, by which a relay or a database knows it.\n"
        "invite --centre XXX --out FILE: an invitation for one new computer; --central for one of the central office.\n"
        "end --computer XXX/K4: a computer that was lost or is no longer used.\n"
        "people --computer XXX/K4 --users a,b: who works at a computer now, by the names they sign in with.\n"
        "renew --root ROOT.age: signs the list with a new key from now on; asks for the passphrase of the root key.\n"
        "relay --url URL --issuer FILE: where the relay is, and the certificate (PEM or DER) that vouches for it."
    )
    options = commands.add("roster", _roster, _("Who belongs to the organisation."), more)
    user_word(options)
    options.add_argument("what", choices=WHAT, metavar="|".join(WHAT), help=_("What to do."))
    options.add_argument("--out", metavar="FILE", type=Path, help=_("The file to write."))
    options.add_argument("--centre", metavar="XXX", help=_("The three letters of a centre."))
    options.add_argument("--central", action="store_true", help=_("The computer belongs to the central office."))
    options.add_argument("--url", help=_("The relay’s address, like https://relay.example.org."))
    options.add_argument("--issuer", metavar="FILE", type=Path, help=_("The certificate that vouches for the relay."))
    options.add_argument("--root", metavar="FILE", type=Path, help=_("The file with the root key."))
    options.add_argument("--users", metavar="A,B", help=_("Names that people sign in with."))
    options.add_argument("--computer", metavar="XXX/K4", help=_("A computer of the list."))


def _roster(asked: argparse.Namespace) -> int:
    run = {
        "begin": _begin,
        "list": _list,
        "show": _show,
        "invite": _invite,
        "end": _end,
        "people": _people,
        "renew": _renew,
        "relay": _relay,
    }[asked.what]
    needed(asked, NEEDED.get(asked.what, ()))
    if asked.what in ("begin", "invite"):
        must_be_new(asked.out)
    must_be_readable(asked.root, asked.issuer)
    with signed_in(asked) as desk:
        return run(desk, asked)


def _begin(desk: Desk, asked: argparse.Namespace) -> int:
    path = asked.out
    organisation.begin_organisation(desk, path, another_secret(_("Passphrase for the root key:")))
    say(_("The organisation begins. The root key is in {name}; keep it away from this computer.").format(name=path))
    return 0


def _list(desk: Desk, asked: argparse.Namespace) -> int:  # noqa: ARG001 - all of them are called alike
    for row in computers.members(desk):
        notes = [
            _("central office") if row.central else "",
            _("this computer") if row.is_this else "",
            "" if row.active else _("ended"),
            _("not yet let in by its centre") if row.active and not row.admitted and row.centre == desk.centre else "",
        ]
        say(f"{row.centre}/{row.name}  {', '.join(note for note in notes if note)}".rstrip())
    return 0


def _show(desk: Desk, asked: argparse.Namespace) -> int:  # noqa: ARG001 - all of them are called alike
    say(computers.mark(desk))
    return 0


def _relay(desk: Desk, asked: argparse.Namespace) -> int:
    from casedesk.sync.visit import name_relay

    name_relay(desk, asked.url, _certificate(asked.issuer) if asked.issuer else b"")
    say(_("The relay is {url}. New invitations tell it too.").format(url=asked.url))
    return 0


def _certificate(path: Path) -> bytes:
    """A certificate as DER, from a file in either form."""
    return der_of(contents(path, LARGEST_HEADER, _("Nothing was changed.")))


def _invite(desk: Desk, asked: argparse.Namespace) -> int:
    centre, path = asked.centre.upper(), asked.out
    with new_file(path) as file:
        file.write(invitations.invite(desk, centre, central=asked.central))
    say(
        _("The invitation is in {name}. It is for one computer and is over in {days} days.").format(
            name=path, days=invitations.INVITATION_DAYS
        )
    )
    return 0


def _end(desk: Desk, asked: argparse.Namespace) -> int:
    computers.end_computer(desk, computer(desk, asked.computer))
    say(_("Ended: {computer}. Nobody seals anything for it any more.").format(computer=asked.computer))
    return 0


def _people(desk: Desk, asked: argparse.Namespace) -> int:
    key, wanted = computer(desk, asked.computer), asked.users.split(",")
    found = [row.id for row in colleagues(desk) if row.active and row.sign_in_name in wanted]
    if len(found) != len(wanted):
        raise NotDone(
            _("Not every name of {names} belongs to exactly one person who works here.").format(names=asked.users),
            hint=_("Nothing was changed."),
        )
    people.set_people(desk, key, found)
    say(_("Who works at {computer} is on the list now.").format(computer=asked.computer))
    return 0


def _renew(desk: Desk, asked: argparse.Namespace) -> int:
    organisation.renew_roster_key(desk, asked.root, another_secret(_("Passphrase for the root key:")))
    say(_("The list is signed with a new key. Carry it to everybody."))
    return 0


def computer(desk: Desk, name: str) -> bytes:
    """The key of the computer called CENTRE/NAME."""
    wanted = name.upper()
    for row in computers.members(desk):
        if f"{row.centre}/{row.name}".upper() == wanted:
            return row.desk
    raise computers.NotOurs


def needed(asked: argparse.Namespace, options: Iterable[str]) -> None:
    """Refuse words that lack one of these options."""
    for option in options:
        if getattr(asked, option) is None:
            raise NotDone(_("Say {word}.").format(word=f"--{option}"), hint=_("Nothing was changed."))
