"""What the reports say: their tables and charts, one function a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from casedesk import formats
from casedesk.i18n import _
from casedesk.services.statistics import periods, suppress
from casedesk.services.statistics.indicators import INDICATORS
from casedesk.services.statistics.lists import districts, funnel, listed, medians, several
from casedesk.services.statistics.periods import Period
from casedesk.services.statistics.shapes import (
    Chart,
    ChartKind,
    Column,
    Row,
    Section,
    Series,
    Shown,
    Table,
    Unit,
)
from casedesk.services.statistics.subjects import REACHED
from casedesk.services.statistics.suppress import Told
from casedesk.services.statistics.tables import (
    ALL,
    Maker,
    block,
    columns_by_sex,
    rows_of,
    sexes,
    share,
    tells,
    told_by_sex,
)

CHART_PERIODS = 6
FEWEST_BARS = 3


# Pieces that reports share


def _by_sex(maker: Maker, key: str, title: str, wanted: Sequence[tuple[str, str | None]]) -> Table:
    """Indicators one under the other, by sex, with the period before."""
    columns = sexes()
    rows = [row for name, by in wanted for row in rows_of(maker, block(maker, INDICATORS[name], by, columns), columns)]
    return told_by_sex(Table(key, title, "", columns_by_sex(maker, columns), tuple(rows)))


def bars(table: Table, key: str, kind: ChartKind = ChartKind.BARS, *, column: str = "total") -> tuple[Chart, ...]:
    """A picture of one column of a table, without its total; none of one or two bars or of none, which show nothing."""
    place = next(n for n, each in enumerate(table.columns) if each.key == column)
    rows = [row for row in table.rows if row.depth]
    cells = tuple(row.cells[place] for row in rows)
    if len(rows) < FEWEST_BARS or not any(tells(cell, zero=False) for cell in cells):
        return ()
    unit = cells[0].unit if cells else Unit.CASES
    series = Series(column, table.columns[place].label, cells)
    places = tuple(Column(row.key, row.label) for row in rows)
    return (Chart(key, kind, table.title, places, (series,), unit),)


def _by_category(maker: Maker) -> tuple[Chart, ...]:
    """New cases by category over the last periods of the same kind; each as the report of that period tells it."""
    if maker.period.kind is periods.Kind.ANY:
        return ()
    spans = [maker.period]
    while len(spans) < CHART_PERIODS:
        spans.append(spans[-1].before())
    one = INDICATORS["IND-01"]
    made = block(replace(maker, periods=tuple(spans)), one, "category", sexes())
    series = []
    for group in made.rows:
        cells = [
            maker.cell(each.told.get((group.key, ALL)), maker.figure(one, span, ("category", group.codes)))
            for span, each in zip(reversed(spans), reversed(made.grids), strict=True)
        ]
        if any(cell.value or cell.shown is not Shown.EXACT for cell in cells):
            series.append(Series(group.key, group.label, tuple(cells)))
    labels = [_short(span) for span in reversed(spans)]
    places = tuple(Column(span.first.isoformat(), label) for span, label in zip(reversed(spans), labels, strict=True))
    if not series:
        return ()
    totals = tuple(
        maker.cell(each.told.get((ALL, ALL)), maker.figure(one, span))
        for span, each in zip(reversed(spans), reversed(made.grids), strict=True)
    )
    title = _("New cases by category")
    return (Chart("categories", ChartKind.STACKED, title, places, tuple(series), totals=totals),)


def _short(period: Period) -> str:
    """Nov; Oct–Dec; 2026: under a column there is room for no more."""
    match period.kind:
        case periods.Kind.MONTH:
            return formats.short_month(period.first)
        case periods.Kind.QUARTER:
            return f"{formats.short_month(period.first)}–{formats.short_month(period.last)}"
    return period.label


# R1


def activity(maker: Maker) -> list[Section]:
    chart = _by_category(maker)  # first: it counts all months at once, and the table is made of the same
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
    intakes = medians(maker, "IND-05", "place", "intakes", _("Minutes of an intake"))
    return [
        Section(_("Indicators"), (indicators,), chart),
        Section(_("Came back from"), (countries,), bars(countries, "countries")),
        Section(_("Days until the service began"), (waits,), bars(waits, "waits", column="median")),
        *([Section(_("Minutes of an intake"), (intakes,))] if intakes.rows[0].cells[0].shown is Shown.EXACT else []),
    ]


# R3


def profile(maker: Maker) -> list[Section]:
    one = INDICATORS["IND-01"]
    mix = _by_sex(maker, "categories", _("New cases by category"), (("IND-01", "category"),))
    parts = [
        listed(maker, one, by, key, title)
        for by, key, title in (
            ("country", "countries", _("Came back from")),
            ("district", "districts", _("Home district")),
            ("age", "ages", _("Age when registered")),
            ("stay", "stays", _("Time abroad")),
            ("manner", "manners", _("How they came back")),
            ("source", "sources", _("Who sent or brought them")),
        )
    ]
    charts = [bars(table, table.key) for table in parts]
    charts[1] = districts(maker, one, _("Home district"))
    costs = [
        medians(maker, name, "country", key, _(INDICATORS[name].label))
        for name, key in (("COST", "paid"), ("IND-17", "months"), ("IND-19-OWED", "debts"))
    ]
    money = _by_sex(maker, "money", _("Cost and debt"), (("IND-18", None), ("IND-19", None)))
    return [
        Section(_("Category"), (mix,), _by_category(maker)),
        *(Section(table.title, (table,), chart) for table, chart in zip(parts, charts, strict=True)),
        Section(_("Cost and debt"), (money, *costs), bars(costs[1], "months", column="median")),
    ]


# R4


def violations(maker: Maker) -> list[Section]:
    base, columns = INDICATORS["SCREENED"], sexes()
    told = several(maker, INDICATORS["IND-11"], "violation", base, "violations", _("Rights violations"), columns)
    stages = several(maker, INDICATORS["IND-11"], "stage", base, "stages", _("At what stage"), columns)
    industries = several(maker, INDICATORS["IND-11"], "industry", base, "industries", _("Industry"), columns)
    recruiters = several(
        maker, INDICATORS["IND-11"], "recruiter", base, "recruiters", _("Who arranged the job"), columns
    )
    signs = _by_sex(maker, "ilo", _("Signs of forced labour (ILO)"), (("IND-12", "ilo"),))
    # How many have either of two wage violations (IND-14) is not told: beside the two, it would tell who has both.
    owed = medians(maker, "IND-14-OWED", "country", "owed", _("Wages owed, median"))
    sections = [
        Section(_("Rights violations"), (told,), bars(told, "violations")),
        Section(_("At what stage"), (stages,), bars(stages, "stages")),
        Section(_("Signs of forced labour (ILO)"), (signs,), bars(signs, "ilo")),
        Section(_("Wages"), (owed,)),
        Section(_("Industry"), (industries,), bars(industries, "industries")),
        Section(_("Who arranged the job"), (recruiters,), bars(recruiters, "recruiters")),
    ]
    if maker.asked.among.districts:
        words = _("Figures on sexual and gender-based violence are never shown for single districts.")
        return [*sections, Section(_("Sexual and gender-based violence"), notes=(words,))]
    return [*sections, _violence(maker)]


def _totals(maker: Maker, key: str, title: str, names: Sequence[str]) -> Table:
    """Indicators one under the other, without sex."""
    rows = [row for name in names for row in rows_of(maker, block(maker, INDICATORS[name]), ())]
    return Table(key, title, "", columns_by_sex(maker, ()), tuple(rows))


def _violence(maker: Maker) -> Section:
    """Told from ten people on, without sex and place."""
    rows: list[Row] = []
    for name, by in (("SEXUAL", None), ("IND-16", "grown")):
        rows += rows_of(maker, block(maker, INDICATORS[name], by), ())
    title = _("Sexual and gender-based violence")
    table = Table("violence", title, "", columns_by_sex(maker, ()), tuple(rows))
    kinds = replace(maker, least=suppress.SEXUAL_VIOLENCE)
    told = several(
        kinds, INDICATORS["IND-16"], "gbv", INDICATORS["IND-16"], "gbv", _("Kind of gender-based violence"), ()
    )
    words = _("Fewer than {least} people are not told here.").format(least=formats.number(suppress.SEXUAL_VIOLENCE))
    return Section(title, (table, told), bars(told, "gbv"), (words,))


# R6


def pathway(maker: Maker) -> list[Section]:
    steps, funnel = _funnel(maker)
    sent = INDICATORS["SENT"]
    answers = _by_sex(maker, "answers", _("How referrals went"), (("IND-20", None), ("IND-21", None), ("IND-24", None)))
    needs = _totals(maker, "needs", _("Needs"), ("IND-45",))
    services = listed(maker, sent, "service_group", "services", _("Referrals by service"))
    partners = listed(maker, sent, "provider_type", "partners", _("Referrals by kind of partner"))
    waits = medians(maker, "IND-22", "service_group", "waits", _("Days until the service began"))
    declined = listed(maker, INDICATORS["DECLINED"], "declined", "declined", _("Why not accepted"))
    gaps = listed(maker, INDICATORS["GAPS"], "district", "gaps", _("Gaps by district"))
    return [
        Section(_("From sent to helped"), (steps,), funnel),
        Section(_("How referrals went"), (answers, needs)),
        Section(_("Referrals by service"), (services, partners), bars(services, "services")),
        Section(_("Days until the service began"), (waits,), bars(waits, "waits", column="median")),
        Section(_("Why not accepted"), (declined,), bars(declined, "declined")),
        Section(_("Gaps by district"), (gaps,), districts(maker, INDICATORS["GAPS"], _("Gaps by district"))),
    ]


def _funnel(maker: Maker) -> tuple[Table, tuple[Chart, ...]]:
    """How many came at least so far. Each step less the next is a number of people too."""
    indicator = INDICATORS["SENT"]
    steps = [code for code, _words in REACHED]
    found = maker.tallies(indicator, ["reached"])

    def made(period: Period, finer: Sequence[Mapping[str, Told]]) -> Mapping[str, Told]:
        reached = {codes[0] or "": tally.count for codes, tally in found[period].items()}
        return funnel(reached, steps, maker.least, finer)

    told = [maker.over_time(indicator, period, made) for period in maker.periods]
    rows: list[Row] = []
    for place, (code, words) in enumerate(REACHED):
        cells = []
        for period, each in zip(maker.periods, told, strict=True):
            figure = maker.figure(indicator, period, ("reached", tuple(steps[place:])))
            cells.append(maker.cell(each.get(code), figure, Unit.ITEMS))
        rows.append(
            Row(code, _(words), (cells[0], share(cells[0], rows[0].cells[0] if rows else cells[0]), *cells[1:]), 1)
        )
    heads = (maker.total_head(), Column("share", _("Share")), *maker.before_head())
    table = Table("steps", _("From sent to helped"), _("Referrals"), heads, tuple(rows))
    return table, bars(table, "steps", ChartKind.FUNNEL)
