"""The command line: a twin of the window for what makes sense without one (decision 12)."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TextIO
from uuid import UUID

from sqlalchemy import select

from casedesk import codelists, i18n
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError, InvalidInput, NotFound
from casedesk.formats import file_size, number
from casedesk.i18n import LANGUAGES, _, ngettext
from casedesk.machine import private_file
from casedesk.models import CaseIndex
from casedesk.paths import default_store
from casedesk.practice import centre
from casedesk.services import sections
from casedesk.services.answers import label_of
from casedesk.services.imports import LARGEST, NotAFileOfPeople, in_words, read_people, register_people
from casedesk.services.office import check_store, sign_in, sign_out
from casedesk.services.permissions import needs, visible
from casedesk.storage.keys import passphrase_bytes

DEMO = Path("build") / "demo"
LEVELS = ("full", "shared", "coded")
LOCKED = "CASEDESK_LOCKED"  # the window of a practice centre was locked, and this process opens it again
LONGEST_LINE = 4096
WRONG, MISUSED = 1, 2

EXAMPLE = """\
[
  {
    "consent_line": {"case_services": "given", "store_data": "given"},
    "consent": {"giver": "self", "method": "verbal"},
    "person": {"name_bn": "রহিমা খাতুন", "sex_gender": "female", "age_stated": 29,
               "phone_1": "01700-000001", "district": "madaripur"},
    "migration_episode": {"destination_country": "sa", "departed_on": "June 2024",
                          "returned_on": "2026-04-28", "manner_of_return": "employer_arranged",
                          "main_return_reason": "wages_not_paid"},
    "actual": {"wage": "900 SAR"},
    "case": {"intake_place": "centre_office"},
    "safety_flag": {"none": true}
  }
]"""


class FileTrouble(CaseDeskError):
    """A file that was named cannot be read or written."""


class NoPassphrase(CaseDeskError):
    """Nothing came where the passphrase is read."""

    def __init__(self) -> None:
        super().__init__(
            _("No passphrase was given."),
            hint=_("Type it at the prompt, or pass it on standard input. It is never an argument."),
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the words say and return the status: 0 done, 1 something is wrong, 2 the words were not understood."""
    words = list(sys.argv[1:] if argv is None else argv)
    i18n.use(_language(words))
    parsed = _parser().parse_args(words)
    run: Callable[[argparse.Namespace], int] = parsed.run
    try:
        return run(parsed)
    except CaseDeskError as error:
        _complain(error)
        return WRONG
    except KeyboardInterrupt:
        _say(_("Stopped."), to=sys.stderr)
        return WRONG


# Words


class _Help(argparse.RawDescriptionHelpFormatter):
    """Help in the language spoken; what argparse itself says is English only."""

    def add_usage(
        self,
        usage: str | None,
        actions: object,
        groups: object,
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, _("Usage:") + " " if prefix is None else prefix)  # type: ignore[arg-type]  # passed on


class _Parser(argparse.ArgumentParser):
    """Two lines for words that are not understood."""

    def error(self, message: str) -> NoReturn:
        _say(_("This was not understood: {what}").format(what=message), to=sys.stderr)
        _say(_("“{command} --help” shows what can be said.").format(command=self.prog), to=sys.stderr)
        raise SystemExit(MISUSED)


def _language(words: Sequence[str]) -> str:
    """The language of `--language`, known before the help is written, else of the computer."""
    for place, word in enumerate(words):
        said = word.partition("=")[2] if word.startswith("--language=") else ""
        if word == "--language" and place + 1 < len(words):
            said = words[place + 1]
        if said in LANGUAGES:
            return said
    told = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return "bn" if told.startswith("bn") else "en"


def _parser() -> argparse.ArgumentParser:
    everywhere = _everywhere()
    parser = _Parser(
        prog="casedesk",
        add_help=False,
        parents=[everywhere],
        formatter_class=_Help,
        description=_("Case management for migrant support centres. Without a command the window opens."),
        epilog=_("“casedesk COMMAND --help” tells more about a command."),
    )
    parser.set_defaults(run=_open_window)
    commands = parser.add_subparsers(title=_("Commands"), metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], told: str, more: str = "") -> _Parser:
        made: _Parser = commands.add_parser(
            name,
            help=told,
            description=told,
            epilog=more,
            add_help=False,
            parents=[everywhere],
            formatter_class=_Help,
        )
        made.set_defaults(run=run)
        return made

    _demo_words(command("demo", _demo, _("Open the practice centre, full of invented people.")))
    _user_word(command("check", _check, _("Check that journal, chain, records and lists agree.")))
    _register_words(
        command(
            "register",
            _register,
            _("Register many people from a JSON file."),
            "\n\n".join(
                (_("The file is a list like this one:"), EXAMPLE, _("The keys, and what they are called:"), _keys())
            ),
        )
    )
    _summary_words(command("summary", _summary, _("Print the summary of a case into a PDF file.")))
    return parser


def _keys() -> str:
    """Every key that a row can have, as a form asks for it."""
    keys = dict.fromkeys(key for section in sections.PARTS for key in section.keys)
    return "\n".join(f"  {key:<42} {label_of(key)}" for key in keys)


def _everywhere() -> _Parser:
    """The words that every command takes, before or after its name."""
    parent = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    options = parent.add_argument_group(_("Everywhere"))
    options.add_argument("-h", "--help", action="help", help=_("Show this help."))
    options.add_argument("--store", metavar="DIR", type=Path, help=_("The folder of the vault."))
    options.add_argument(
        "--language", choices=LANGUAGES, help=_("What is spoken: bn or en. Papers are written in it too.")
    )
    return parent


def _demo_words(parser: argparse.ArgumentParser) -> None:
    options = parser.add_argument_group(_("Options"))
    options.add_argument("--headless", action="store_true", help=_("Without a window: write pictures and papers."))
    options.add_argument("--out", metavar="DIR", type=Path, default=DEMO, help=_("Where to; build/demo if not said."))
    options.add_argument("--people", metavar="N", type=_people, default=500, help=_("How many people to invent."))


def _people(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 100_000:
        raise ValueError(text)
    return count


def _user_word(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    options = parser.add_argument_group(_("Options"))
    options.add_argument(
        "--user",
        metavar="NAME",
        help=_("Who signs in. The passphrase is asked for, or read from standard input."),
    )
    return options


def _register_words(parser: argparse.ArgumentParser) -> None:
    options = _user_word(parser)
    options.add_argument("--from", dest="file", metavar="FILE.json", type=Path, required=True, help=_("The people."))
    options.add_argument("--all-or-nothing", action="store_true", help=_("Register nobody unless every row is good."))


def _summary_words(parser: argparse.ArgumentParser) -> None:
    options = _user_word(parser)
    options.add_argument("number", metavar="NUMBER", help=_("The case number, like DHK-26-K3-00042-R."))
    options.add_argument("--level", choices=LEVELS, default="shared", help=_("How much it tells; shared if not said."))
    options.add_argument("--why", required=True, metavar="WORDS", help=_("Why it is printed. It is recorded."))
    purposes = [row.code for row in codelists.get("print_purpose")]
    options.add_argument("--for", dest="purpose", choices=purposes, default="own_file", help=_("For whom it is."))
    options.add_argument("--out", required=True, metavar="FILE.pdf", type=Path, help=_("The file to write."))


def _say(text: str, *, to: TextIO | None = None) -> None:
    print(text, file=to)


def _complain(error: CaseDeskError) -> None:
    _say(error.message, to=sys.stderr)
    if isinstance(error, InvalidInput):
        for found in error.problems.values():
            for problem in found:
                _say(problem.text, to=sys.stderr)
    elif error.hint:
        _say(error.hint, to=sys.stderr)


# Signing in


@contextmanager
def _signed_in(asked: argparse.Namespace) -> Iterator[Desk]:
    folder = _store(asked)
    name = asked.user or _ask_name()
    desk = sign_in(folder, name, _passphrase(name))
    try:
        yield desk
    finally:
        sign_out(desk)


def _store(asked: argparse.Namespace) -> Path:
    return Path(getattr(asked, "store", None) or default_store())


def _ask_name() -> str:
    if not sys.stdin.isatty():
        raise FileTrouble(_("Nobody was named to sign in."), hint=_("Say who with --user NAME."))
    sys.stderr.write(_("Sign-in name:") + " ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def _passphrase(name: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(_("Passphrase of {name}:").format(name=name) + " ")
    line = sys.stdin.buffer.readline(LONGEST_LINE)
    try:
        said = line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        said = ""
    if not said or not passphrase_bytes(said):
        raise NoPassphrase
    return said


# Commands


def _open_window(asked: argparse.Namespace) -> int:
    """The program over the user's own store."""
    if not _has_display():
        _say(_("There is no display here, so the practice centre is built and shown in pictures instead."))
        asked.out, asked.people = DEMO, 500
        if hasattr(asked, "store"):
            del asked.store  # nobody's own store is touched
        return _show_headless(asked)
    from casedesk.ui import application

    store = _store(asked)
    return application.run(store, practice=_practice(store.with_name("practice"), 500))


def _demo(asked: argparse.Namespace) -> int:
    if asked.headless or not _has_display():
        if not asked.headless:
            _say(_("There is no display here, so the practice centre is built and shown in pictures instead."))
        return _show_headless(asked)
    from casedesk.ui import application

    folder = Path(getattr(asked, "store", None) or asked.out / "store")
    if os.environ.get(LOCKED) is None:
        built = _built(folder, asked.people)
        _say(
            _("Sign in as {name} with the passphrase: {passphrase}").format(
                name=built.sign_in_name, passphrase=built.passphrase
            )
        )
    return application.run(folder, practice=_practice(folder, asked.people))


def _practice(folder: Path, people: int):  # type: ignore[no-untyped-def]  # a type of the window, loaded with it
    from casedesk.ui.application import Practice

    def make(where: Path) -> object:
        return centre.open_or_build(where, people=people)

    return Practice(folder, centre.SIGN_IN_NAME, centre.PASSPHRASE, make)


def _built(folder: Path, people: int) -> centre.Practice:
    """The practice centre, with a line that tells how far it is where one can be seen."""
    began = time.monotonic()

    def tell(done: int, of: int) -> None:
        if done == 0:
            words = _("Building the practice centre with {count} invented people. This takes a minute.")
            _say(words.format(count=number(people)), to=sys.stderr)
        if sys.stderr.isatty():
            words = _("Building the practice centre: {done} of {all}")
            sys.stderr.write("\r" + words.format(done=number(done), all=number(of)))
            sys.stderr.flush()

    practice = centre.open_or_build(folder, people=people, progress=tell)
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    words = _("The practice centre is ready after {seconds} s.")
    _say(words.format(seconds=number(round(time.monotonic() - began))), to=sys.stderr)
    return practice


def _show_headless(asked: argparse.Namespace) -> int:
    """Build the practice centre, use the real window without a display, write pictures and papers, list them."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    out: Path = asked.out
    practice = _built(Path(getattr(asked, "store", None) or out / "store"), asked.people)
    desk = sign_in(practice.folder, practice.sign_in_name, practice.passphrase)
    from casedesk.ui import showing

    spoken = i18n.language()
    try:
        shown = showing.show(desk, out / "screens")
        i18n.use(spoken)
        written = [*shown.pictures, *showing.papers(desk, shown, out / "papers")]
    finally:
        i18n.use(spoken)
        sign_out(desk)
    _say(_("Registered through the window: {number}").format(number=shown.case_number))
    vault = sorted(path for path in practice.folder.iterdir() if path.is_file())
    for path in [*vault, *written]:
        _say(f"{file_size(path.stat().st_size):>12}  {path}")
    _say(
        ngettext("{count} file was written.", "{count} files were written.", len(written)).format(
            count=number(len(written))
        )
    )
    return 0


def _has_display() -> bool:
    if os.environ.get("QT_QPA_PLATFORM") in ("offscreen", "minimal"):
        return False
    return not sys.platform.startswith("linux") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _check(asked: argparse.Namespace) -> int:
    began = time.monotonic()
    with _signed_in(asked) as desk:
        found = check_store(desk)
        finding = desk.store.vault.finding.value
    _say(
        _("Checked {operations} operations of the journal and {records} records in {seconds} s.").format(
            operations=number(found.operations),
            records=number(found.records),
            seconds=number(max(1, round(time.monotonic() - began))),
        )
    )
    _say(_("Looked at: the chain, the journal against the records, links, lists, search, and the pages of the vault."))
    if finding:
        _say(_("The keys file: {finding}").format(finding=_(finding)))
    if not found.wrong:
        _say(_("Everything agrees."))
        return 0
    for each in found.wrong:
        _say(f"- {each}")
    _say(
        ngettext("{count} thing is wrong.", "{count} things are wrong.", len(found.wrong)).format(
            count=number(len(found.wrong))
        )
    )
    _say(_("Copy the store folder to another disk before you go on, and tell your coordinator."))
    return WRONG


def _register(asked: argparse.Namespace) -> int:
    raw = _contents(asked.file)
    with _signed_in(asked) as desk:
        rows = read_people(raw, desk.today())
        outcome = register_people(desk, rows, all_or_nothing=asked.all_or_nothing)
    for each in outcome.registered:
        _say(_("Row {number}: {case}").format(number=each.number, case=each.case_number))
    for row, text in outcome.warnings:
        _say(_("Row {number}, look again: {text}").format(number=row, text=text), to=sys.stderr)
    for refused in outcome.refused:
        for line in in_words(refused):
            _say(line, to=sys.stderr)
    _say(
        ngettext("Registered {count} of {all} person.", "Registered {count} of {all} people.", len(rows)).format(
            count=number(len(outcome.registered)), all=number(len(rows))
        )
    )
    if outcome.refused and asked.all_or_nothing:
        _say(_("Nobody was registered, because not every row is good."), to=sys.stderr)
    return WRONG if outcome.refused else 0


def _contents(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise FileTrouble(
            _("The file {name} cannot be read: {why}.").format(name=path, why=error.strerror or type(error).__name__),
            hint=_("Nobody was registered."),
        ) from None
    if not raw:
        raise NotAFileOfPeople(_("The file is empty."))
    return raw


def _summary(asked: argparse.Namespace) -> int:
    from casedesk.reports.assemble import print_summary
    from casedesk.services.prints import PrintRequest

    request = PrintRequest(level=asked.level, language=i18n.language(), purpose=asked.purpose, reason=asked.why.strip())
    if not request.reason:
        raise FileTrouble(_("Say why it is printed."), hint=_("Nothing was printed."))
    with _signed_in(asked) as desk, _new_file(asked.out) as write:
        (paper,) = print_summary(desk, _case(desk, asked.number), request, "file")
        write(paper)
    _say(_("Written: {name}, {size}.").format(name=asked.out, size=file_size(len(paper))))
    return 0


@needs("case.list")
def _case(desk: Desk, case_number: str) -> UUID:
    """The case with exactly this number."""
    wanted = select(CaseIndex.case_id).where(CaseIndex.case_number == case_number.strip().upper())
    with desk.read() as session:
        found = session.scalar(wanted.where(visible(desk.actor)))
    if found is None:
        raise NotFound
    return found


@contextmanager
def _new_file(path: Path) -> Iterator[Callable[[bytes], object]]:
    """A file that was not there before, and is not there after a failure: a paper is recorded when it is made."""
    if path.exists():
        raise FileTrouble(
            _("There is a file {name} already.").format(name=path), hint=_("Nothing was printed. Name another one.")
        )
    try:
        file = private_file(path, "wb")
    except OSError as error:
        raise FileTrouble(
            _("The file {name} cannot be written: {why}.").format(name=path, why=error.strerror or ""),
            hint=_("Nothing was printed."),
        ) from None
    try:
        with file:
            yield file.write
    except BaseException:
        path.unlink(missing_ok=True)
        raise
