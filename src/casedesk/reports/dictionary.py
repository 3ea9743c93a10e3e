"""The data dictionary: every declared field of every record, in words, made from the declarations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from casedesk import codelists, formats
from casedesk.codelists import FOLDER
from casedesk.fields import Ask, Field, Kind, Level
from casedesk.i18n import N_, _
from casedesk.models.base import fields_of, recorded_models
from casedesk.reports.sheets import Book, Column, Sheet
from casedesk.reports.sheets import Kind as Cells

KINDS = {
    Kind.LINE: N_("one line of text"),
    Kind.TEXT: N_("text"),
    Kind.PHONE: N_("telephone number"),
    Kind.DAY: N_("date"),
    Kind.PARTIAL_DAY: N_("date, as far as it is known"),
    Kind.MOMENT: N_("date and time"),
    Kind.CODE: N_("one of a list"),
    Kind.CODES: N_("several of a list"),
    Kind.LINES: N_("several words"),
    Kind.ANSWER: N_("yes, no, does not know, does not wish to answer"),
    Kind.TICK: N_("ticked or not"),
    Kind.COUNT: N_("whole number"),
    Kind.MONEY: N_("amount and currency"),
    Kind.REFERENCE: N_("another record"),
    Kind.REFERENCES: N_("several other records"),
}
LEVELS = {
    Level.PUBLIC: N_("public: may appear outside the centre, as a total"),
    Level.INTERNAL: N_("internal: for staff who may open the case"),
    Level.IDENTIFYING: N_("identifying: internal, and in no coded file"),
    Level.RESTRICTED: N_("restricted: for those who work on the case; in no file of many cases"),
}
ASKED = {
    Ask.REGISTER: N_("needed to register"),
    Ask.INTAKE: N_("at intake"),
    Ask.ASSESSMENT: N_("at assessment"),
    Ask.LATER: N_("later"),
    Ask.PROGRAM: N_("filled in by the program"),
}


def dictionary(made_at: datetime) -> Book:
    """Fields, and the lists they choose from, in the language spoken."""
    about = (
        (_("What this is"), _("Every field CaseDesk keeps, and what it means. No one’s data are in this file.")),
        (_("Levels"), "\n".join(_(words) for words in LEVELS.values())),
    )
    fields = Sheet(
        _("Fields"),
        (
            Column("record", _("Record"), width=24),
            Column("field", _("Field"), width=24),
            Column("label", _("Called"), width=32),
            Column("kind", _("Kind"), width=24),
            Column("level", _("Who may see it"), width=30),
            Column("asked", _("When it is asked"), width=22),
            Column("list", _("List"), width=22),
            Column("limits", _("Limits"), width=22),
            Column("merges_with", _("Changes together with"), width=26),
            Column("help", _("Help"), width=50),
            Column("maps", _("In other standards"), width=34),
        ),
        list(_fields()),
    )
    codes = Sheet(
        _("Lists"),
        (
            Column("list", _("List"), width=28),
            Column("code", _("Code"), width=32),
            Column("en", _("In English"), width=44),
            Column("bn", _("In Bangla"), width=44),
            Column("sort", _("Order"), Cells.NUMBER),
        ),
        list(_codes()),
    )
    return Book(_("Data dictionary"), about, (fields, codes), made_at)


def _fields() -> Iterator[tuple[str, ...]]:
    for table, model in sorted(recorded_models().items()):
        for name, declared in fields_of(model).items():
            if name != "removed_at":
                yield _row(table, model.label, name, declared)


def _row(table: str, record: str, name: str, declared: Field) -> tuple[str, ...]:
    return (
        _(record),
        f"{table}.{name}",
        _(declared.label),
        _(KINDS[declared.kind]),
        _(LEVELS[declared.level]),
        _(ASKED[declared.ask]),
        declared.code_list or "",
        _limits(declared),
        declared.register or "",
        _(declared.help),
        "; ".join(f"{standard}: {term}" for standard, term in sorted(declared.maps.items())),
    )


def _limits(declared: Field) -> str:
    if declared.longest is not None:
        return _("up to {count} characters").format(count=formats.number(declared.longest))
    if declared.least is not None and declared.most is not None:
        return f"{formats.number(declared.least)}–{formats.number(declared.most)}"
    return ""


def _codes() -> Iterator[tuple[str | int, ...]]:
    used = {declared.code_list for model in recorded_models().values() for declared in fields_of(model).values()}
    for name in sorted(file.stem for file in FOLDER.glob("*.csv") if file.stem in used):
        for each in codelists.get(name):
            yield name, each.code, each.en, each.bn, each.sort
