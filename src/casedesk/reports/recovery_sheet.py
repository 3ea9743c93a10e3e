"""The sheet with the centre's recovery key, twice, for two locked places. It goes to a printer, never to a disk."""

from __future__ import annotations

import re
from datetime import date

from casedesk.formats import day
from casedesk.i18n import _
from casedesk.reports.layout.page import render
from casedesk.reports.parts import CutLine, Document, Gap, KeyGroups, Look, Part, Signatures, Text


def write_recovery_sheet(centre: str, key: str, made_on: date) -> bytes:
    """The sheet as a PDF file; `key` is in groups, divided by spaces or hyphens."""
    kind, made = _("Recovery key"), _("Made {day}").format(day=day(made_on))
    half = _half(centre, made, tuple(re.split(r"[\s-]+", key.strip())))
    return render(
        Document(
            title=kind,
            centre=centre,
            under_centre=_("Two copies of one key"),
            heading=kind,
            under_heading=made,
            confidential=_("Whoever has this key can open every case of this centre."),
            body=(Gap(3), *half),
            at_foot=(CutLine(), Gap(6), *half, Gap(40)),
            keep_safe=_("Keep both copies locked away, in different places, never beside the computer."),
        )
    )


def _half(centre: str, made: str, groups: tuple[str, ...]) -> tuple[Part, ...]:
    return (
        Text(_("Recovery key"), Look.LARGE),
        Text(_("{centre} · {made}").format(centre=centre, made=made), Look.QUIET),
        Gap(2),
        KeyGroups(groups),
        Gap(2),
        Text(_("It opens the records when a passphrase is forgotten. Type the groups in this order.")),
        Text(_("Every group has a check of its own, so a slip of the pen is noticed."), Look.QUIET),
        Signatures((_("Kept by"), _("Where"), _("Date"))),
    )
