"""The reports: which indicators, in which tables and charts, in which words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk import formats
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import N_, _, ngettext, spoken_first
from casedesk.models import Centre
from casedesk.services.office import names_of_users
from casedesk.services.permissions import may, needs
from casedesk.services.statistics import periods, suppress
from casedesk.services.statistics.compute import AS_THEY_ARE, Asked, serves_all
from casedesk.services.statistics.indicators import INDICATORS
from casedesk.services.statistics.shapes import (
    Among,
    Chart,
    ChartKind,
    Column,
    Report,
    Request,
    Section,
    Series,
    Shown,
    Table,
    Unit,
)
from casedesk.services.statistics.tables import (
    ALL,
    Maker,
    block,
    columns_by_sex,
    label_of,
    listed,
    medians,
    rows_of,
    sexes,
)

SPEAKS_FOR = N_(
    "The people of these numbers came to the centre for help. They are not a sample of all who return, and the numbers"
    " do not say how many people live through the same."
)
CHART_PERIODS = 6


class NoReport(CaseDeskError):
    """A report that is not there."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("There is no report {name}.").format(name=formats.visible(name)),
            hint=_("These are there: {names}.").format(names=", ".join(CATALOGUE)),
        )


@dataclass(frozen=True, slots=True)
class Kind:
    """A report that can be made."""

    id: str
    title: str
    about: str
    make: Callable[[Maker], list[Section]]
    action: str = "statistics.view"


@needs("statistics.view")
def reports_of(desk: Desk) -> list[Kind]:
    """The reports that somebody may make."""
    return [kind for kind in CATALOGUE.values() if may(desk, kind.action)]


@needs("statistics.view")
def make(desk: Desk, request: Request) -> Report:
    """Compute a report, in the language spoken."""
    kind = CATALOGUE.get(request.report.upper())
    if kind is None:
        raise NoReport(request.report)
    if kind.action == AS_THEY_ARE:
        return _internal(desk, request)
    return _made(desk, request, kind)


@needs("statistics.caseload")
def _internal(desk: Desk, request: Request) -> Report:
    return _made(desk, request, CATALOGUE[request.report.upper()])


def _made(desk: Desk, request: Request, kind: Kind) -> Report:
    asked = Asked.of(desk, request.among, kind.action)
    before = request.period.before() if request.compare and kind.action != AS_THEY_ARE else None
    least = suppress.PUBLISHING if request.publishing else suppress.INSIDE
    with desk.read() as session:
        maker = Maker(session, asked, request.period, before, least, may(desk, "case.list"))
        sections = kind.make(maker)
        centre = session.scalars(select(Centre)).first() or Centre()
        filters = _filters(session, request.among)
    return Report(
        request=replace(request, report=kind.id),
        title=_(kind.title),
        centre=next((name for name in spoken_first(centre.name_bn, centre.name_en) if name), ""),
        made_at=desk.clock(),
        made_by=desk.actor.name,
        today=desk.today(),
        headline=_headline(sections, before),
        sections=tuple(sections),
        filters=filters,
        notes=_notes(desk, request, kind, least),
        speaks_for=_(SPEAKS_FOR),
        so_far=not request.period.over(desk.today()),
        internal=_stays_inside(desk, request, kind),
    )


def _stays_inside(desk: Desk, request: Request, kind: Kind) -> bool:
    """Reports that could be subtracted from one another, and those about one person's work, do not leave."""
    free = request.period.kind is periods.Kind.ANY
    return kind.action == AS_THEY_ARE or free or bool(request.among.owners) or not serves_all(desk.actor)


def _notes(desk: Desk, request: Request, kind: Kind, least: int) -> tuple[str, ...]:
    notes = []
    if kind.action == AS_THEY_ARE:
        notes.append(_("Figures as they are, for work inside the centre. This report is not given out."))
    else:
        words = _(
            "Counts from 1 to {most} show as <{least}; counts beside them become ranges, so that nobody can be worked"
            " out. Small groups are told together."
        )
        notes.append(words.format(most=formats.number(least - 1), least=formats.number(least)))
        if _stays_inside(desk, request, kind):
            notes.append(
                _("This report stays in the centre: whole months, quarters and years of everybody may be given out.")
            )
    if not serves_all(desk.actor, kind.action):
        notes.append(_("Only the cases you may know of are counted."))
    if request.period.first > desk.today():
        notes.append(_("This period has not begun yet."))
    elif not request.period.over(desk.today()):
        notes.append(_("The period is not over: these are the figures so far."))
    return tuple(notes)


def _filters(session: Session, among: Among) -> tuple[str, ...]:
    people = names_of_users(session) if among.owners else {}
    named = [
        (_("Sex"), [label_of("sex", code) for code in among.sexes]),
        (_("Category"), [label_of("category", code) for code in among.categories]),
        (_("Country returned from"), [label_of("country", code) for code in among.countries]),
        (_("Home district"), [label_of("district", code) for code in among.districts]),
        (_("Caseworker"), [people.get(owner, _("Not known")) for owner in among.owners]),
    ]
    return tuple(f"{name}: {', '.join(values)}" for name, values in named if values)


def _headline(sections: Sequence[Section], before: periods.Period | None) -> str:
    """The first figure in a sentence, beside that of the period before."""
    table = next((table for section in sections for table in section.tables), None)
    if table is None or not table.rows:
        return ""
    cells = dict(zip((column.key for column in table.columns), table.rows[0].cells, strict=True))
    total, old = cells.get("total"), cells.get("before")
    if total is None or total.shown is not Shown.EXACT or not isinstance(total.value, int):
        return ""
    if not table.rows[0].key.startswith(("IND-01", "all")):
        return ""
    now = ngettext("{count} new case registered.", "{count} new cases registered.", total.value)
    now = now.format(count=formats.number(total.value))
    if before is None or old is None or old.shown is not Shown.EXACT or not isinstance(old.value, int):
        return now
    more = total.value - old.value
    if more > 0:
        than = ngettext("{count} more than in {before}.", "{count} more than in {before}.", more)
    elif more < 0:
        than = ngettext("{count} fewer than in {before}.", "{count} fewer than in {before}.", -more)
    else:
        than = _("As many as in {before}.")
    return f"{now} {than.format(count=formats.number(abs(more)), before=before.label)}"


# Pieces that reports share


def _by_sex(maker: Maker, key: str, title: str, wanted: Sequence[tuple[str, str | None]]) -> Table:
    """Indicators one under the other, by sex, with the period before."""
    columns = sexes()
    rows = [row for name, by in wanted for row in rows_of(maker, block(maker, INDICATORS[name], by, columns), columns)]
    return _without_empty(Table(key, title, "", columns_by_sex(maker, columns), tuple(rows)))


def _without_empty(table: Table) -> Table:
    """Without the column of other genders where nobody is in it."""
    place = next((n for n, column in enumerate(table.columns) if column.key == "others"), None)
    if place is None or any(
        row.cells[place].value or row.cells[place].shown in (Shown.UNDER, Shown.RANGE) for row in table.rows
    ):
        return table
    kept = [n for n in range(len(table.columns)) if n != place]
    rows = tuple(replace(row, cells=tuple(row.cells[n] for n in kept)) for row in table.rows)
    return replace(table, columns=tuple(table.columns[n] for n in kept), rows=rows)


def _bars(table: Table, key: str, kind: ChartKind = ChartKind.BARS, *, column: str = "total") -> Chart:
    """A picture of one column of a table, without its total."""
    place = next(n for n, each in enumerate(table.columns) if each.key == column)
    rows = [row for row in table.rows if row.depth]
    cells = tuple(row.cells[place] for row in rows)
    unit = cells[0].unit if cells else Unit.CASES
    series = Series(column, table.columns[place].label, cells)
    return Chart(key, kind, table.title, tuple(Column(row.key, row.label) for row in rows), (series,), unit)


def _by_category(maker: Maker) -> tuple[Chart, ...]:
    """New cases by category over the last periods of the same kind; each as the report of that period tells it."""
    if maker.period.kind is periods.Kind.ANY:
        return ()
    spans = [maker.period]
    while len(spans) < CHART_PERIODS:
        spans.insert(0, spans[0].before())
    columns = sexes()
    one = INDICATORS["IND-01"]
    made = [block(replace(maker, period=span, before=None), one, "category", columns) for span in spans]
    codes = {group.key: group for each in made for group in each.rows}
    series = []
    for key, group in codes.items():
        cells = []
        for span, each in zip(spans, made, strict=True):
            told = each.now.told.get((key, ALL)) if key in {g.key for g in each.rows} else suppress.Told(0, 0)
            cells.append(maker.cell(told, maker.figure(one, span, ("category", group.codes))))
        if any(cell.value or cell.shown is not Shown.EXACT for cell in cells):
            series.append(Series(key, group.label, tuple(cells)))
    places = tuple(Column(span.first.isoformat(), span.label) for span in spans)
    return (Chart("categories", ChartKind.STACKED, _("New cases by category"), places, tuple(series)),)


# R1


def _activity(maker: Maker) -> list[Section]:
    indicators = _by_sex(
        maker,
        "indicators",
        _("Indicators"),
        (
            ("IND-01", "category"),
            ("IND-10", None),
            ("IND-06", None),
            ("IND-09", None),
            ("SENT", None),
            ("IND-20", None),
            ("IND-40", "closing"),
        ),
    )
    countries = listed(maker, INDICATORS["IND-01"], "country", "countries", _("Came back from"))
    waits = medians(maker, "IND-22", "service_group", "waits", _("Days until the service began"))
    return [
        Section(_("Indicators"), (indicators,), _by_category(maker)),
        Section(_("Came back from"), (countries,), (_bars(countries, "countries"),)),
        Section(_("Days until the service began"), (waits,), (_bars(waits, "waits", column="median"),)),
    ]


CATALOGUE: dict[str, Kind] = {
    kind.id: kind
    for kind in (Kind("R1", N_("Monthly activity"), N_("What the centre did, beside the period before"), _activity),)
}
