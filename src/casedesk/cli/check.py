"""`casedesk check`: whether journal, chain, records and lists agree."""

from __future__ import annotations

import argparse
import time

from casedesk.cli.signing_in import signed_in, user_word
from casedesk.cli.speech import WRONG, Commands, say
from casedesk.formats import number
from casedesk.i18n import _, ngettext
from casedesk.services.office import check_store


def add(commands: Commands) -> None:
    user_word(commands.add("check", _check, _("Check that journal, chain, records and lists agree.")))


def _check(asked: argparse.Namespace) -> int:
    began = time.monotonic()
    with signed_in(asked) as desk:
        found = check_store(desk)
        finding = desk.store.vault.finding.value
    say(
        _("Checked {operations} operations of the journal and {records} records in {seconds} s.").format(
            operations=number(found.operations),
            records=number(found.records),
            seconds=number(max(1, round(time.monotonic() - began))),
        )
    )
    say(_("Looked at: the chain, the journal against the records, links, lists, search, and the pages of the vault."))
    if finding:
        say(_("The keys file: {finding}").format(finding=_(finding)))
    if found.awaited:
        say(
            ngettext(
                "{count} record that is pointed to has not come from another computer.",
                "{count} records that are pointed to have not come from other computers.",
                found.awaited,
            ).format(count=number(found.awaited))
        )
    if not found.wrong:
        say(_("Everything agrees."))
        return 0
    for each in found.wrong:
        say(f"- {each}")
    say(
        ngettext("{count} thing is wrong.", "{count} things are wrong.", len(found.wrong)).format(
            count=number(len(found.wrong))
        )
    )
    say(_("Copy the store folder to another disk before you go on, and tell your coordinator."))
    return WRONG
