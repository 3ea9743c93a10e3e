"""`casedesk relay`: keeps sealed files for desks until they fetch them. It needs no store and holds no keys."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from casedesk.cli.speech import Commands, NotDone, say
from casedesk.i18n import _

if TYPE_CHECKING:
    from casedesk.sync.relay.admission import Admission
    from casedesk.sync.relay.app import Relay
    from casedesk.sync.roster import Roster

LISTEN = "127.0.0.1:8470"
QUOTA = 1024  # MiB of a desk's files that may lie here at once


def add(commands: Commands) -> None:
    options = commands.add(
        "relay",
        _relay,
        _("Keep sealed files for the desks of an organisation until they fetch them."),
        _("It cannot read what it keeps. Put it behind a proxy that speaks TLS; docs/central-office.md tells how."),
    )
    options.add_argument("--folder", metavar="DIR", type=Path, required=True, help=_("Where the files lie."))
    options.add_argument(
        "--organisation",
        metavar="MARK",
        required=True,
        help=_("The organisation’s mark, as “casedesk roster show” tells it. Only its roster is believed."),
    )
    options.add_argument(
        "--database",
        metavar="URL",
        help=_("PostgreSQL for the index, where several relays share it; a file in the folder if not said."),
    )
    options.add_argument(
        "--listen", metavar="ADDRESS:PORT", default=LISTEN, help=_("Where it listens: {listen}.").format(listen=LISTEN)
    )
    options.add_argument(
        "--quota", metavar="MIB", type=_quota, default=QUOTA, help=_("How much may lie here for each desk.")
    )


def _quota(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(_("say a whole number of MiB from 1"))
    return int(text)


def _relay(asked: argparse.Namespace) -> int:
    import uvicorn

    from casedesk.sync.relay.app import application

    address, _colon, port = asked.listen.rpartition(":")
    if not address or not port.isdigit() or not 0 < int(port) < 65536:
        raise NotDone(
            _("“{listen}” is no address and port.").format(listen=asked.listen), hint=_("Nothing was started.")
        )
    relay = relay_of(asked.folder, asked.organisation, asked.database, asked.quota)
    say(_("The relay listens at {listen}. Ctrl+C stops it.").format(listen=asked.listen))
    uvicorn.run(
        application(relay), host=address, port=int(port), log_level="warning", access_log=False, server_header=False
    )
    return 0


def relay_of(folder: Path, organisation: str, database: str | None, quota: int) -> Relay:
    """The relay of the organisation with this mark; a sentence if the mark, the folder or the database will not do."""
    from sqlalchemy.exc import SQLAlchemyError

    from casedesk.sync.relay.admission import NotARoster
    from casedesk.sync.relay.app import Relay
    from casedesk.sync.relay.index import Index
    from casedesk.sync.relay.shelf import Shelf
    from casedesk.sync.roster import NotThisRoster, read_mark, read_roster

    known = read_mark(organisation)
    if known is None:
        raise NotDone(
            _("“{mark}” is no organisation’s mark.").format(mark=organisation), hint=_("Nothing was started.")
        )

    def read(raw: bytes) -> Admission:
        try:
            roster = read_roster(raw, *known)
        except NotThisRoster:
            raise NotARoster from None
        return admission_of(roster, raw, quota * 1024 * 1024)

    try:
        shelf = Shelf(folder / "files")
        index = Index(database or f"sqlite:///{folder / 'index.db'}")
    except (OSError, SQLAlchemyError, ModuleNotFoundError):  # the bundle for a desk has no driver for PostgreSQL
        raise NotDone(
            _("The folder or the database of the relay cannot be used."),
            hint=_("Nothing was started. Look at --folder and --database."),
        ) from None
    return Relay(index, shelf, read)


def admission_of(roster: Roster, signed: bytes, quota: int) -> Admission:
    """What a roster means for a relay that keeps so many bytes for each desk."""
    from casedesk.sync.relay.admission import Admission, Guest, Invitation

    return Admission(
        roster.number,
        [Guest(each.desk, quota) for each in roster.members if each.active],
        [Invitation(each.tag, each.until) for each in roster.invitations],
        [each.desk for each in roster.members if not each.active],
        signed,
    )
