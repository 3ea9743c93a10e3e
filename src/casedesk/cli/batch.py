"""`casedesk batch`: what waits and what is held back, making files, a stick, taking in."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from casedesk.cli.signing_in import signed_in, user_word
from casedesk.cli.speech import WRONG, Commands, say
from casedesk.desk import Desk
from casedesk.formats import file_size, number
from casedesk.i18n import _, ngettext
from casedesk.sync import arrivals, outbox, stick
from casedesk.sync.files import Fate
from casedesk.sync.leaving import WHY_BACK
from casedesk.sync.preview import Preview, previews

WHAT = ("preview", "out", "in", "list")


def add(commands: Commands) -> None:
    more = _(
        "preview: what would be sent, and what is held back and why; nothing is made.\n"
        "out: makes the files that wait and, with --stick, writes them to a stick.\n"
        "in: takes in what lies in the inbox, or on a stick.\n"
        "list: the files made here and the files that came."
    )
    options = commands.add("batch", _batch, _("Exchange with other computers by files."), more)
    user_word(options)
    options.add_argument("what", choices=WHAT, metavar="|".join(WHAT), help=_("What to do."))
    options.add_argument("--stick", metavar="DIR", type=Path, help=_("The folder of the stick."))
    options.add_argument(
        "--for",
        dest="audience",
        metavar="WHO",
        help=_("“central”, or the letters of the centre. Everybody if not said."),
    )


def _batch(asked: argparse.Namespace) -> int:
    run = {"preview": _preview, "out": _out, "in": _in, "list": _list}[asked.what]
    if asked.stick is not None:
        stick.must_be_there(asked.stick)
    with signed_in(asked) as desk:
        return run(desk, asked)


def _audiences(desk: Desk, asked: argparse.Namespace) -> list[str]:
    return [asked.audience] if asked.audience else outbox.audiences(desk)


def _preview(desk: Desk, asked: argparse.Namespace) -> int:
    for audience in _audiences(desk, asked):
        for found in previews(desk, audience):
            _say_preview(found)
    return 0


def _say_preview(found: Preview) -> None:
    told = _("For {audience}: {operations} entries about {cases} cases, {coded} cases without name.")
    alone = _("{computer} alone, which lacks what others have").format(computer=found.only)
    say(
        told.format(
            audience=alone if found.only else found.audience,
            operations=number(found.operations),
            cases=number(found.cases),
            coded=number(found.coded_cases),
        )
    )
    if found.forgets:
        text = ngettext(
            "{count} case is to be forgotten there.", "{count} cases are to be forgotten there.", found.forgets
        )
        say("  " + text.format(count=number(found.forgets)))
    going, staying = Counter[str](), Counter[str]()
    for row in found.rows:
        name = f"{row.table}.{row.field}"
        if row.goes:
            going[name] += row.count
        elif row.why is not None:
            staying[_(WHY_BACK[row.why])] += row.count
    for name, count in sorted(going.items()):
        say(_("  goes: {name} ({count})").format(name=name, count=number(count)))
    for why, count in sorted(staying.items()):
        say(_("  held back: {count} – {why}").format(count=number(count), why=why))


def _out(desk: Desk, asked: argparse.Namespace) -> int:
    for audience in _audiences(desk, asked):
        largest = outbox.FOR_A_STICK if asked.stick else outbox.FOR_THE_LINE
        names = outbox.make_files(desk, audience, largest)
        say(
            ngettext("For {audience}: {count} new file.", "For {audience}: {count} new files.", len(names)).format(
                audience=audience, count=number(len(names))
            )
        )
    if asked.stick:
        written = stick.write_stick(desk, asked.stick)
        say(
            ngettext(
                "{count} file is on the stick, {size}.", "{count} files are on the stick, {size}.", len(written.files)
            ).format(count=number(len(written.files)), size=file_size(written.size))
        )
        say(_("The stick can be removed."))
    return 0


def _in(desk: Desk, asked: argparse.Namespace) -> int:
    taken = stick.take_stick(desk, asked.stick) if asked.stick else arrivals.take_inbox(desk)
    for each in taken:
        say(in_words(each))
    count = sum(each.fate is Fate.APPLIED for each in taken)
    say(ngettext("Taken in: {count} file.", "Taken in: {count} files.", count).format(count=number(count)))
    return WRONG if any(each.went_wrong for each in taken) else 0


def in_words(taken: arrivals.Taken) -> str:
    """What became of a file, in a line."""
    text = {
        Fate.APPLIED: _("{name}: taken in"),
        Fate.WAITING: _("{name}: waits for a file before it"),
        Fate.ASIDE: _("{name}: set aside ({why})"),
        Fate.REFUSED: _("{name}: not used here ({why})"),
        Fate.ASKS: _("{name}: somebody asks to join; see “casedesk join look”"),
    }[taken.fate]
    return text.format(name=taken.name, why=taken.why)


def _list(desk: Desk, asked: argparse.Namespace) -> int:  # noqa: ARG001 - all of them are called alike
    for row in outbox.files_out(desk):
        say(
            _("out  {name}  {kind}  for {audience}: {state}, {size}, held by {covered} of {wanted}").format(
                name=row.name,
                kind=row.kind,
                audience=row.audience,
                state=row.state,
                size=file_size(row.size),
                covered=number(row.covered),
                wanted=number(row.wanted),
            )
        )
    for came in arrivals.files_in(desk):
        say(
            _("in   {name}  {kind}  from {centre} {desk}: {state} {why}")
            .format(name=came.name, kind=came.kind, centre=came.centre, desk=came.desk, state=came.state, why=came.why)
            .rstrip()
        )
    return 0
