"""How the command line speaks: its parser and help in the language chosen, what is said, what went wrong."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn, TextIO

from casedesk.errors import CaseDeskError, InvalidInput
from casedesk.i18n import LANGUAGES, N_, _

WRONG, MISUSED = 1, 2

Run = Callable[[argparse.Namespace], int]


class NotDone(CaseDeskError):
    """What was said cannot be done: a file, a number or a word is not as it must be."""


class Help(argparse.RawDescriptionHelpFormatter):
    """Help in the language spoken; what argparse itself says is English only."""

    def add_usage(
        self,
        usage: str | None,
        actions: object,
        groups: object,
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, _("Usage:") + " " if prefix is None else prefix)  # type: ignore[arg-type]  # passed on


# What argparse says of words it does not understand, in ours. What is not here is a mistake of the program's own.
IN_OUR_WORDS = {
    "argument %(argument_name)s: %(message)s": N_("%(argument_name)s: %(message)s"),
    "invalid choice: %(value)r (choose from %(choices)s)": N_("“%(value)s” is not one of these: %(choices)s"),
    "unknown parser %(parser_name)r (choices: %(choices)s)": N_("“%(parser_name)s” is not one of these: %(choices)s"),
    "invalid %(type)s value: %(value)r": N_("“%(value)s” cannot be used here"),
    "the following arguments are required: %s": N_("say also %s"),
    "one of the arguments %s is required": N_("say also one of %s"),
    "unrecognized arguments: %s": N_("%s is not known here"),
    "not allowed with argument %s": N_("it does not go together with %s"),
    "ambiguous option: %(option)s could match %(matches)s": N_("%(option)s could be %(matches)s"),
    "ignored explicit argument %r": N_("nothing is said after it, but %r was"),
    "expected one argument": N_("say something after it"),
    "expected at most one argument": N_("say one thing at most after it"),
    "expected at least one argument": N_("say something after it"),
    "expected %s arguments": N_("say %s things after it"),
}


def _in_our_words(text: str) -> str:
    return _(IN_OUR_WORDS[text]) if text in IN_OUR_WORDS else text


def _counted_in_our_words(_one: str, many: str, _count: int) -> str:
    return _in_our_words(many)


# argparse asks gettext for its words by these two names: in the computer's language, from a catalogue that nobody has.
setattr(argparse, "_", _in_our_words)  # noqa: B010 - to the types it is no part of the module
setattr(argparse, "ngettext", _counted_in_our_words)  # noqa: B010


class Parser(argparse.ArgumentParser):
    """Two lines for words that are not understood."""

    def error(self, message: str) -> NoReturn:
        say(_("This was not understood: {what}").format(what=message), to=sys.stderr)
        say(_("“{command} --help” shows what can be said.").format(command=self.prog), to=sys.stderr)
        raise SystemExit(MISUSED)


class Commands:
    """What can be said after `casedesk`; a module of this package adds each of its commands here."""

    def __init__(self, parser: Parser, everywhere: Parser) -> None:
        self._added = parser.add_subparsers(title=_("Commands"), metavar="COMMAND")
        self._everywhere = everywhere

    def add(self, name: str, run: Run, told: str, more: str = "") -> argparse._ArgumentGroup:
        """Add a command that `run` carries out, and return where its options go."""
        made: Parser = self._added.add_parser(
            name,
            help=told,
            description=told,
            epilog=more,
            add_help=False,
            parents=[self._everywhere],
            formatter_class=Help,
        )
        made.set_defaults(run=run)
        return made.add_argument_group(_("Options"))


def take_every_letter(*streams: TextIO | None) -> None:
    """Let what is said go into a pipe or a file, which on Windows take no Bangla by themselves."""
    for stream in streams:
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=stream.errors)


def language_of(words: Sequence[str]) -> str:
    """The language of `--language`, known before the help is written, else of the computer."""
    for place, word in enumerate(words):
        said = word.partition("=")[2] if word.startswith("--language=") else ""
        if word == "--language" and place + 1 < len(words):
            said = words[place + 1]
        if said in LANGUAGES:
            return said
    told = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return "bn" if told.startswith("bn") else "en"


def everywhere() -> Parser:
    """The words that every command takes, before or after its name."""
    parent = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    options = parent.add_argument_group(_("Everywhere"))
    options.add_argument("-h", "--help", action="help", help=_("Show this help."))
    options.add_argument("--store", metavar="DIR", type=Path, help=_("The folder of the vault."))
    options.add_argument(
        "--language", choices=LANGUAGES, help=_("What is spoken: bn or en. Papers are written in it too.")
    )
    return parent


def say(text: str, *, to: TextIO | None = None) -> None:
    print(text, file=to)


def complain(error: CaseDeskError) -> None:
    if isinstance(error, InvalidInput):  # its own words are for a form
        for found in error.problems.values():
            for problem in found:
                say(problem.text, to=sys.stderr)
        say(_("Nothing was changed. Say it again with this put right."), to=sys.stderr)
        return
    say(error.message, to=sys.stderr)
    if error.hint:
        say(error.hint, to=sys.stderr)
