"""The reports: which indicators, in which tables and charts, in which words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy.orm import Session

from casedesk import codelists, formats
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError
from casedesk.i18n import N_, _, ngettext
from casedesk.services.office import office
from casedesk.services.permissions import may, needs
from casedesk.services.statistics import periods, suppress
from casedesk.services.statistics.caseload import caseload
from casedesk.services.statistics.centres import by_centre, others_share
from casedesk.services.statistics.compute import AS_THEY_ARE, SUPPRESSED, Asked, serves_all
from casedesk.services.statistics.contents import activity, pathway, profile, violations
from casedesk.services.statistics.shapes import (
    Among,
    Report,
    Request,
    Section,
    Shown,
    Table,
)
from casedesk.services.statistics.tables import (
    Maker,
    label_of,
)
from casedesk.services.users import names_of_users

SPEAKS_FOR = N_(
    "The people of these numbers came to the centre for help. They are not a sample of all who return, and the numbers"
    " do not say how many people live through the same."
)


SHARED = "statistics.shared"


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
    """The reports that somebody may make, as far as there is anything for them to tell here."""
    kinds = [kind for kind in CATALOGUE.values() if may(desk, kind.action)]
    with desk.read() as session:
        shared = others_share(session, desk.centre)
    return [kind for kind in kinds if shared or kind.action != SHARED]


class Records(Protocol):
    """Where a report is counted: the vault of the desk, or the national office's database."""

    def read(self) -> AbstractContextManager[Session]: ...


def kind_of(name: str) -> Kind:
    """The report of this name, in either case."""
    kind = CATALOGUE.get(name.upper())
    if kind is None:
        raise NoReport(name)
    return kind


@needs("statistics.view")
def make(desk: Desk, request: Request, records: Records | None = None) -> Report:
    """Compute a report, in the language spoken."""
    kind = kind_of(request.report)
    if not filters(kind.id):
        request = replace(request, among=Among())
    return needs(kind.action)(_made)(desk, request, kind, records)


def _made(desk: Desk, request: Request, kind: Kind, records: Records | None) -> Report:
    asked = Asked.of(desk, request.among, kind.action)
    before = request.period.before() if request.compare and compares(kind.id) else None
    least = suppress.PUBLISHING if request.publishing else suppress.INSIDE
    spans = (request.period,) if before is None else (request.period, before)
    centre = office(desk)
    with (records or desk).read() as session:
        maker = Maker(session, asked, spans, least, may(desk, "case.list"))
        sections = kind.make(maker)
        among = _filters(session, request.among)
    return Report(
        request=replace(request, report=kind.id),
        title=_(kind.title),
        centre=centre.name,
        invented=centre.invented,
        made_at=desk.clock(),
        made_by=desk.actor.name,
        today=desk.today(),
        headline=_headline(sections, before),
        sections=tuple(sections),
        filters=among,
        notes=_notes(desk, request, kind, least),
        speaks_for=_(SPEAKS_FOR),
        so_far=request.period.begun(desk.today()) and not request.period.over(desk.today()),
        internal=_stays_inside(desk, request, kind),
    )


def compares(report: str) -> bool:
    """Whether a report can show the period before."""
    return CATALOGUE[report].action == SUPPRESSED


def filters(report: str) -> bool:
    """Whether a report can be about some people only: of who has no name here too little is known."""
    return CATALOGUE[report].action != SHARED


def _stays_inside(desk: Desk, request: Request, kind: Kind) -> bool:
    """Reports that could be subtracted from one another do not leave.

    Free days overlap with months. A filtered report holds against the whole, but all of one filter less two of its
    groups would be the third, and nobody counts what left before.
    """
    free = request.period.kind is periods.Kind.ANY
    return kind.action == AS_THEY_ARE or free or request.among != Among() or not serves_all(desk.actor)


def _notes(desk: Desk, request: Request, kind: Kind, least: int) -> tuple[str, ...]:
    notes = []
    if kind.action == AS_THEY_ARE:
        notes.append(_("Figures as they are, for work inside the centre. This report is not given out."))
        notes.append(_("– means that there is no figure here."))
    else:
        words = _(
            "Counts from 1 to {most} show as <{least}; counts beside them become ranges, so that nobody can be worked"
            " out. Small groups are told together."
        )
        notes.append(words.format(most=formats.number(least - 1), least=formats.number(least)))
        words = _(
            "{range} means a count from {least} to {most}, and – that there is no figure here or too few to tell."
        )
        low, high = formats.number(0), formats.number(least - 1)
        notes.append(words.format(range=f"{low}–{high}", least=low, most=high))
        if _stays_inside(desk, request, kind):
            notes.append(
                _("This report stays in the centre: whole months, quarters and years of everybody may be given out.")
            )
    if not serves_all(desk.actor, kind.action):
        notes.append(_("Only the cases you may know of are counted."))
    if not request.period.begun(desk.today()):
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
    """The first figure in a sentence, beside that of the period before, and how many of them were abused."""
    table = next((table for section in sections for table in section.tables), None)
    if table is None or not table.rows:
        return ""
    cells = dict(zip((column.key for column in table.columns), table.rows[0].cells, strict=True))
    total, old = cells.get("total"), cells.get("before")
    if total is None or total.shown is not Shown.EXACT or not isinstance(total.value, int):
        return ""
    if table.rows[0].key != "IND-01.all":
        return ""
    now = ngettext("{count} new case registered.", "{count} new cases registered.", total.value)
    now = now.format(count=formats.number(total.value))
    abused = _abused(table)
    if before is None or old is None or old.shown is not Shown.EXACT or not isinstance(old.value, int):
        return f"{now} {abused}".strip()
    more = total.value - old.value
    if more > 0:
        than = ngettext("{count} more than in {before}.", "{count} more than in {before}.", more)
    elif more < 0:
        than = ngettext("{count} fewer than in {before}.", "{count} fewer than in {before}.", -more)
    else:
        than = _("As many as in {before}.")
    than = than.format(count=formats.number(abs(more)), before=before.label)
    return f"{now} {than} {abused}".strip()


def _abused(table: Table) -> str:
    """How many of the new cases came home after abuse or exploitation, where it is told."""
    place = next(n for n, column in enumerate(table.columns) if column.key == "total")
    (code,) = codelists.get("return_category").where("default_track", "protection_and_redress")
    row = next((row for row in table.rows if row.key == f"IND-01.{code}"), None)
    if row is None or row.cells[place].shown is not Shown.EXACT or not row.cells[place].value:
        return ""
    return _("{category}: {count} of them.").format(category=row.label, count=row.cells[place].words)


CATALOGUE: dict[str, Kind] = {
    kind.id: kind
    for kind in (
        Kind("R1", N_("Monthly activity"), N_("What the centre did, beside the period before"), activity),
        Kind("R3", N_("Returnee profile"), N_("Who came back, from where, at what cost"), profile),
        Kind("R4", N_("Rights violations"), N_("What people lived through, and at what stage"), violations),
        Kind("R6", N_("Referral pathway"), N_("From the letter to the help, and where it ends"), pathway),
        Kind(
            "R12", N_("Caseload"), N_("Open and overdue cases of each caseworker; stays inside"), caseload, AS_THEY_ARE
        ),
        Kind(
            "R16",
            N_("What centres share"),
            N_("Cases with names, without names and in totals, by centre; for the central office"),
            by_centre,
            SHARED,
        ),
    )
}
