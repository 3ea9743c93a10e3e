"""The command line: a twin of the window for what makes sense without one (decision 12).

One module a command; `speech` is how they speak, `signing_in` and `files` are what they share.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from casedesk import i18n
from casedesk.cli import backup, batch, check, export, join, register, relay, report, roster, summary, window
from casedesk.cli.speech import WRONG, Commands, Help, Parser, Run, complain, everywhere, language_of, say
from casedesk.errors import CaseDeskError
from casedesk.i18n import _


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the words say and return the status: 0 done, 1 something is wrong, 2 the words were not understood."""
    words = list(sys.argv[1:] if argv is None else argv)
    i18n.use(language_of(words))
    parsed = _parser().parse_args(words)
    run: Run = parsed.run
    try:
        return run(parsed)
    except CaseDeskError as error:
        complain(error)
        return WRONG
    except KeyboardInterrupt:
        say(_("Stopped."), to=sys.stderr)
        return WRONG


def _parser() -> Parser:
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
    for each in (window, check, register, summary, backup, report, relay, export, batch, join, roster):
        each.add(commands)
    return parser
