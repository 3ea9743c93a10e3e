"""R12: how much each caseworker has to do. For work inside the centre, with figures as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from casedesk.i18n import _
from casedesk.services.office import names_of_users
from casedesk.services.statistics import suppress
from casedesk.services.statistics.contents import bars
from casedesk.services.statistics.indicators import INDICATORS
from casedesk.services.statistics.shapes import (
    Column,
    Row,
    Section,
    Table,
)
from casedesk.services.statistics.tables import (
    Maker,
)


def caseload(maker: Maker) -> list[Section]:
    """For work inside the centre: figures as they are, each opening its list."""
    people = names_of_users(maker.session)
    columns = (
        ("OPEN", "owner", False, _("Open")),
        ("OVERDUE", "owner", False, _("Overdue")),
        ("IND-10", "owner", True, _("No contact for 30 days")),
        ("IND-01", "owner", False, _("New in the period")),
        ("IND-09", "assignee", False, _("Follow-ups due")),
        ("IND-09", "assignee", True, _("Done in time")),
    )
    counted: list[dict[str | None, int]] = []
    for name, by, hit, _label in columns:
        found = maker.tallies(INDICATORS[name], [by])[maker.period]
        counted.append({codes[0]: tally.hits if hit else tally.count for codes, tally in found.items()})
    everyone = sorted(
        {code for each in counted for code in each}, key=lambda code: (code is None, _worker(people, code))
    )
    rows = [_worked(maker, columns, counted, "all", _("All"), None)]
    rows += [
        _worked(maker, columns, counted, str(place), _worker(people, code), (code,))
        for place, code in enumerate(everyone)
    ]
    heads = tuple(Column(f"{name}{'.hit' if hit else ''}", label) for name, _by, hit, label in columns)
    table = Table("workers", _("Caseload"), _("Caseworker"), heads, tuple(rows))
    return [
        Section(_("Caseload"), (table,), (bars(table, "open", column="OPEN"), bars(table, "overdue", column="OVERDUE")))
    ]


def _worker(people: Mapping[UUID, str], code: str | None) -> str:
    return people.get(UUID(code), _("Not known")) if code is not None else _("Nobody")


def _worked(
    maker: Maker,
    columns: Sequence[tuple[str, str, bool, str]],
    counted: Sequence[Mapping[str | None, int]],
    key: str,
    label: str,
    codes: tuple[str | None, ...] | None,
) -> Row:
    cells = []
    for (name, by, hit, _label), counts in zip(columns, counted, strict=True):
        indicator = INDICATORS[name]
        count = sum(counts.values()) if codes is None else sum(counts.get(code, 0) for code in codes)
        where = ((by, codes),) if codes is not None else ()
        figure = maker.figure(indicator, maker.period, *where, hit=hit)
        cells.append(maker.cell(suppress.Told(count, count), figure, indicator.unit))
    return Row(key, label, tuple(cells), 0 if codes is None else 1)
