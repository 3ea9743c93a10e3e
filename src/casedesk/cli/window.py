"""`casedesk` and `casedesk demo`: the window, and what stands in for it where there is no display."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from casedesk import i18n, practice
from casedesk.cli import shown_before
from casedesk.cli.signing_in import store_of
from casedesk.cli.speech import Commands, say
from casedesk.errors import CaseDeskError
from casedesk.formats import file_size, number
from casedesk.i18n import _, ngettext
from casedesk.services.sign_in import sign_in, sign_out

if TYPE_CHECKING:
    from casedesk.ui.application import Practice

DEMO = Path("build") / "demo"
MOST_PEOPLE = 100_000
LOCKED = "CASEDESK_LOCKED"  # the window of a practice centre was locked, and this process opens it again


class NoDisplay(CaseDeskError):
    """A store was named to be shown in the window, and there is nothing to show a window on."""

    def __init__(self) -> None:
        super().__init__(
            _("There is no display here, so the window cannot be opened over this store."),
            hint=_("Nothing was changed. The commands work without one: “casedesk --help” lists them."),
        )


def add(commands: Commands) -> None:
    options = commands.add("demo", _demo, _("Open the practice centre, full of invented people."))
    options.add_argument("--headless", action="store_true", help=_("Without a window: write pictures and papers."))
    options.add_argument("--out", metavar="DIR", type=Path, default=DEMO, help=_("Where to; build/demo if not said."))
    options.add_argument("--people", metavar="N", type=_people, default=500, help=_("How many people to invent."))


def _people(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_PEOPLE:
        raise argparse.ArgumentTypeError(
            _("say a number from {least} to {most}").format(least=number(1), most=number(MOST_PEOPLE))
        )
    return int(text)


def open_window(asked: argparse.Namespace) -> int:
    """The program over the user's own store."""
    if not _has_display():
        if hasattr(asked, "store"):
            raise NoDisplay
        say(_("There is no display here, so the practice centre is built and shown in pictures instead."))
        asked.out, asked.people = DEMO, 500
        return _show_headless(asked)
    from casedesk.ui import application

    store = store_of(asked)
    return application.run(store, practice=practice_of(store))


def practice_of(store: Path) -> Practice:
    """The practice centre that is offered: this store if it is one, else one beside it."""
    return _practice(store if practice.is_practice(store) else store.with_name("practice"), 500)


def _demo(asked: argparse.Namespace) -> int:
    if asked.headless or not _has_display():
        if not asked.headless:
            say(_("There is no display here, so the practice centre is built and shown in pictures instead."))
        return _show_headless(asked)
    from casedesk.ui import application

    folder = Path(getattr(asked, "store", None) or asked.out / "store")
    if os.environ.get(LOCKED) is None:
        _build(folder, asked.people)
        _say_sign_in()
    return application.run(folder, practice=_practice(folder, asked.people))


def _say_sign_in() -> None:
    say(
        _("Sign in as {name} with the passphrase: {passphrase}").format(
            name=practice.SIGN_IN_NAME, passphrase=practice.PASSPHRASE
        )
    )


def _practice(folder: Path, people: int) -> Practice:
    from casedesk.ui.application import Practice

    def make(where: Path) -> None:
        from casedesk.practice import centre

        centre.open_or_build(where, people=people)

    return Practice(folder, practice.SIGN_IN_NAME, practice.PASSPHRASE, make)


def _build(folder: Path, people: int) -> None:
    """Build the practice centre, with a line that tells how far it is; into a file it is told seldom."""
    from casedesk.practice import centre

    began = time.monotonic()

    def tell(done: int, of: int) -> None:
        if done == 0:
            words = _("Building the practice centre with {count} invented people. 500 take a few minutes.")
            say(words.format(count=number(people)), to=sys.stderr)
        reached = _("Building the practice centre: {done} of {all} people").format(done=number(done), all=number(of))
        if sys.stderr.isatty():
            sys.stderr.write("\r" + reached)
            sys.stderr.flush()
        elif done and done % 100 == 0:
            say(reached, to=sys.stderr)

    centre.open_or_build(folder, people=people, progress=tell)
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    words = _("The practice centre is ready after {seconds} s.")
    say(words.format(seconds=number(round(time.monotonic() - began))), to=sys.stderr)


def _show_headless(asked: argparse.Namespace) -> int:
    """Build the practice centre, use the real window without a display, write pictures and papers, list them."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    out: Path = asked.out
    folder = Path(getattr(asked, "store", None) or out / "store")
    _build(folder, asked.people)
    shown_before.take_away(out)
    desk = sign_in(folder, practice.SIGN_IN_NAME, practice.PASSPHRASE)
    from casedesk.ui import showing

    say(_("Now the pictures and papers are made. This takes a few minutes."), to=sys.stderr)

    spoken = i18n.language()
    try:
        shown = showing.show(desk, out / "screens")
        i18n.use(spoken)
        written = [*shown.pictures, *showing.papers(desk, shown, out / "papers")]
    finally:
        i18n.use(spoken)
        sign_out(desk)
    shown_before.remember(out, written)
    say(_("Registered through the window: {number}").format(number=shown.case_number))
    vault = sorted(path for path in folder.iterdir() if path.is_file())
    for path in [*vault, *written]:
        say(f"{file_size(path.stat().st_size):>12}  {path}")
    say(
        ngettext("{count} file was written.", "{count} files were written.", len(written)).format(
            count=number(len(written))
        )
    )
    words = _("Commands work on this centre with: --store {store} --user {name}")
    say(words.format(store=folder, name=practice.SIGN_IN_NAME))
    _say_sign_in()
    return 0


def _has_display() -> bool:
    if os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal"):
        return False
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
