"""The command line: a twin of the window for what makes sense without one (decision 12).

One module a command or two; they share `speech`, how they speak, and `signing_in`. A command is loaded when it is said,
so the window does not wait for what it does not use.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module

from casedesk import i18n, machine
from casedesk.cli import window
from casedesk.cli.speech import (
    WRONG,
    Commands,
    Help,
    Parser,
    Run,
    complain,
    everywhere,
    language_of,
    say,
    take_every_letter,
)
from casedesk.errors import CaseDeskError
from casedesk.i18n import _
from casedesk.logs import OurMistake

MODULES = {  # command → module, in the order of the help
    "demo": "window",
    "check": "check",
    "register": "register",
    "summary": "summary",
    "report": "report",
    "export": "export",
    "dictionary": "export",
    "backup": "backup",
    "restore": "backup",
    "batch": "batch",
    "sync": "sync",
    "join": "join",
    "roster": "roster",
    "relay": "relay",
    "central": "central",
}


def program() -> int:
    """The same as a process of its own: nothing of it goes into a crash file, and no mistake of ours tells a value.

    Where a vault was open the mistake is in its log. Tests say their words to `main`, where mistakes come out.
    """
    machine.no_core_dumps()
    try:
        status = main()
        if sys.stdout is not None:  # as in a window of Windows
            sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever reads has read enough, as `head`; nothing more is to be said to them at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WRONG
    except Exception as error:  # noqa: BLE001 - the last resort
        complain(OurMistake(error))
        return WRONG


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the words say and return the status: 0 done, 1 something is wrong, 2 the words were not understood."""
    words = list(sys.argv[1:] if argv is None else argv)
    take_every_letter(sys.stdout, sys.stderr)
    i18n.use(language_of(words))
    parsed = _parser(words).parse_args(words)
    run: Run = parsed.run
    try:
        return run(parsed)
    except CaseDeskError as error:
        complain(error)
        return WRONG
    except KeyboardInterrupt:
        say(_("Stopped."), to=sys.stderr)
        return WRONG


def _parser(words: Sequence[str]) -> Parser:
    parents = everywhere()
    parser = Parser(
        prog="casedesk",
        add_help=False,
        parents=[parents],
        formatter_class=Help,
        description=_("Case management for migrant support centres. Without a command the window opens."),
        epilog=_("“casedesk COMMAND --help” tells more about a command."),
    )
    parser.set_defaults(run=window.open_window)
    commands = Commands(parser, parents)
    for module in _needed(words):
        import_module(f"casedesk.cli.{module}").add(commands)
    return parser


def _needed(words: Sequence[str]) -> Iterable[str]:
    """The modules that these words need: all of them for the help, and to say that a word is not known."""
    options = {"--store", "--language"}
    values = {place + 1 for place, word in enumerate(words) if word in options}
    others = [word for place, word in enumerate(words) if place not in values and word.partition("=")[0] not in options]
    said = [MODULES[word] for word in others if word in MODULES]
    return said[:1] or (dict.fromkeys(MODULES.values()) if others else ())
