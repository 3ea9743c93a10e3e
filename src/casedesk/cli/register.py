"""`casedesk register`: many people from a file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from casedesk.cli.files import contents
from casedesk.cli.signing_in import signed_in, user_word
from casedesk.cli.speech import WRONG, Commands, say
from casedesk.formats import number
from casedesk.i18n import _, ngettext
from casedesk.services import sections
from casedesk.services.answers import label_of
from casedesk.services.imports import LARGEST, NotAFileOfPeople, in_words, people_in, read_people, register_people

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


def add(commands: Commands) -> None:
    more = "\n\n".join(
        (_("The file is a list like this one:"), EXAMPLE, _("The keys, and what they are called:"), _keys())
    )
    options = commands.add("register", _register, _("Register many people from a JSON file."), more)
    user_word(options)
    options.add_argument("--from", dest="file", metavar="FILE.json", type=Path, required=True, help=_("The people."))
    options.add_argument("--all-or-nothing", action="store_true", help=_("Register nobody unless every row is good."))


def _keys() -> str:
    """Every key that a row can have, as a form asks for it."""
    keys = dict.fromkeys(key for section in sections.PARTS for key in section.keys)
    return "\n".join(f"  {key:<42} {label_of(key)}" for key in keys)


def _register(asked: argparse.Namespace) -> int:
    raw = contents(asked.file, LARGEST + 1, _("Nobody was registered."))
    if not raw:
        raise NotAFileOfPeople(_("The file is empty."))
    people_in(raw)
    with signed_in(asked) as desk:
        rows = read_people(raw, desk.today())
        outcome = register_people(desk, rows, all_or_nothing=asked.all_or_nothing)
    for each in outcome.registered:
        say(_("Row {number}: {case}").format(number=number(each.number), case=each.case_number))
    for row, text in outcome.warnings:
        say(_("Row {number}, look again: {text}").format(number=number(row), text=text), to=sys.stderr)
    for refused in outcome.refused:
        for line in in_words(refused):
            say(line, to=sys.stderr)
    say(
        ngettext("Registered {count} of {all} person.", "Registered {count} of {all} people.", len(rows)).format(
            count=number(len(outcome.registered)), all=number(len(rows))
        )
    )
    if outcome.refused and not outcome.registered and asked.all_or_nothing:
        say(_("Nobody was registered, because not every row is good."), to=sys.stderr)
    return WRONG if outcome.refused else 0
