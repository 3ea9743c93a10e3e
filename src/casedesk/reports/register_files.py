"""The case register as a file: declared values as cells, and a sheet that explains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from casedesk import codelists, formats
from casedesk.desk import Desk
from casedesk.fields import Kind
from casedesk.i18n import N_, _, ngettext
from casedesk.models.columns import partial_day_text
from casedesk.reports.dictionary import KINDS
from casedesk.reports.sheets import Book, Column, Sheet, Value
from casedesk.reports.sheets import Kind as Cells
from casedesk.services import case_register
from casedesk.services.case_register import AGE_BAND, SERIOUS, STATUS, Extract, Register, RegisterColumn
from casedesk.services.office import office
from casedesk.services.prints import CODED, FULL, SHARED
from casedesk.services.words import in_words
from casedesk.values import Money, PartialDay, Precision

LISTS = {
    AGE_BAND.key: "age_band",
    STATUS.key: "case_status",
    case_register.NEEDS.key: "need",
    case_register.VIOLATIONS.key: "violation_type",
}
PROFILES = {
    CODED: N_("Coded: person code, no names, nothing by which one is found"),
    SHARED: N_("Shared: name and age; no address, phone or safe contact"),
    FULL: N_("Full: with address and phone; restricted fields are in no such file"),
}
BETWEEN = "; "


def register_book(desk: Desk, asked: Register, made: Extract, *, codes: bool) -> Book:
    """The register in words for people, or in codes for programs."""
    columns = [column for told in made.columns for column in _columns(told, coded=asked.profile == CODED)]
    rows = (_row(made.columns, row, codes=codes) for row in made.rows())
    cases = Sheet(_("Cases"), columns, rows, len(made.cases))
    return Book(_("Case register"), _about(desk, asked, made), (cases, _explained(made.columns)), desk.clock())


def _columns(told: RegisterColumn, *, coded: bool) -> Iterator[Column]:
    match told.kind:
        case Kind.COUNT:
            yield Column(told.key, told.words, Cells.NUMBER)
        case Kind.DAY if not coded:  # there a month
            yield Column(told.key, told.words, Cells.DAY)
        case Kind.MONEY:
            yield Column(told.key, told.words, Cells.NUMBER)
            yield Column(f"{told.key}_currency", _("{field}, currency").format(field=told.words))
        case _:
            yield Column(told.key, told.words)


def _row(told: Sequence[RegisterColumn], row: Sequence[object], *, codes: bool) -> list[Value]:
    cells: list[Value] = []
    for column, value in zip(told, row, strict=True):
        if isinstance(value, Money):
            cells += [value.minor / 10 ** formats.minor_digits(value.currency), value.currency.upper()]
        elif column.kind is Kind.MONEY:
            cells += [None, None]
        else:
            cells.append(_as_code(value) if codes else _in_words(column, value))
    return cells


def _as_code(value: object) -> Value:
    match value:
        case None | bool() | int() | str() | datetime() | date():
            return value
        case PartialDay():
            return partial_day_text(value)
        case list() | tuple():
            return BETWEEN.join(str(each) for each in value) or None
    return str(value)


def _in_words(column: RegisterColumn, value: object) -> Value:
    match value:
        case None | []:
            return None
        case PartialDay():
            return _known(value)
        case datetime() | date():
            return value
        case bool():
            return _("Yes") if value else _("No")
        case int():
            return value
        case list():
            return BETWEEN.join(_label(column, str(each)) for each in value)
    if column.key in LISTS:
        return _label(column, str(value))
    return in_words(column.field, value) if column.field is not None else str(value)


def _known(value: PartialDay) -> str:
    """2024-03-01, 2024-03, 2024: in an order that sorts."""
    length = {Precision.DAY: 10, Precision.MONTH: 7}.get(value.precision, 4)
    return value.first.isoformat()[:length]


def _label(column: RegisterColumn, code: str) -> str:
    if code == SERIOUS:
        return _("Serious violence")
    name = LISTS.get(column.key) or (column.field.code_list if column.field is not None else None)
    return codelists.get(name).label(code) if name else code


def _about(desk: Desk, asked: Register, made: Extract) -> list[tuple[str, str]]:
    centre = office(desk)
    said = [
        (_("Centre"), centre.name),
        *([(_("Note"), centre.invented)] if centre.invented else []),
        (_("What it tells"), _(PROFILES[asked.profile])),
        (_("For"), f"{codelists.get('print_purpose').label(asked.purpose)}: {asked.receiver}"),
        (_("Why"), asked.reason),
        (_("Cases"), formats.number(len(made.cases))),
        (_("Made"), _("{when} by {who}").format(when=formats.moment(desk.clock()), who=desk.actor.name)),
    ]
    if asked.opened is not None:
        first, last = asked.opened
        said.append((_("Opened"), f"{formats.day(first)} – {formats.day(last)}"))
    if made.left_out:
        words = ngettext(
            "{count} case is not in it: the person did not agree to this.",
            "{count} cases are not in it: the persons did not agree to this.",
            made.left_out,
        )
        said.append((_("Without consent"), words.format(count=formats.number(made.left_out))))
    if asked.profile == CODED:
        said.append((_("Made coarser"), _coarser(made.too_rare)))
    said.append(
        (_("Keep it safe"), _("Who has this file keeps it locked, passes it to nobody, and deletes it after use."))
    )
    return said


def _coarser(too_rare: int) -> str:
    words = _(
        "District, age group, country, sex and category are left empty, in this order, until at least"
        " {count} cases look alike. Days are cut to months. Confidential cases are not in it."
    ).format(count=formats.number(case_register.K))
    if not too_rare:
        return words
    more = ngettext("{count} case is left out altogether.", "{count} cases are left out altogether.", too_rare)
    return f"{words} {more.format(count=formats.number(too_rare))}"


def _explained(told: Sequence[RegisterColumn]) -> Sheet:
    columns = (
        Column("column", _("Column"), width=34),
        Column("key", _("Field"), width=36),
        Column("kind", _("Kind"), width=24),
        Column("list", _("List"), width=24),
        Column("help", _("Help"), width=50),
    )
    rows = [
        (
            each.words,
            each.key,
            _(KINDS[each.kind]),
            LISTS.get(each.key) or (each.field.code_list if each.field else None) or "",
            _(each.field.help) if each.field else "",
        )
        for each in told
    ]
    return Sheet(_("Columns"), columns, rows, len(rows))
