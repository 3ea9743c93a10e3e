"""What would be sent now, by kind, and what is held back and why: read from the plan that files are packed from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QWidget

from casedesk import formats
from casedesk.i18n import _, ngettext
from casedesk.storage.arrived import ERASED_TABLE
from casedesk.sync.leaving import WHY_BACK, Back
from casedesk.sync.preview import Preview, PreviewRow
from casedesk.ui.kit.badges import Badge, BadgeSpec
from casedesk.ui.kit.blocks import Card
from casedesk.ui.kit.buttons import button
from casedesk.ui.kit.cards import Rows, row_card
from casedesk.ui.kit.icons import Icon
from casedesk.ui.kit.layouts import column, row
from casedesk.ui.kit.texts import PlainLabel
from casedesk.ui.kit.theme import current
from casedesk.ui.sync.words import to_words

NUMBER = 34  # pixels for the count at the end of a line
REFERRAL = "referral"
DIRECTORY = ("provider", "provider_service", "recruiter")


@dataclass(frozen=True, slots=True)
class Lot:
    """One kind of thing that goes, how much of a person it tells, and how many there are."""

    icon: str
    title: str
    sentence: str
    label: BadgeSpec
    count: int


@dataclass(frozen=True, slots=True)
class Held:
    """What stays for one reason."""

    why: Back
    answers: int
    cases: int


def lots(preview: Preview) -> list[Lot]:
    """What goes to one audience, by kind."""
    named = BadgeSpec(_("With names"), "person", "info")
    going = [each for each in preview.rows if each.goes]
    cases = {each.case_id for each in going if each.case_id is not None and each.table != REFERRAL}
    referrals = {each.case_id for each in going if each.case_id is not None and each.table == REFERRAL}
    directory = sum(each.count for each in going if each.case_id is None and each.table in DIRECTORY)
    others = (*DIRECTORY, ERASED_TABLE)
    office = sum(each.count for each in going if each.case_id is None and each.table not in others)
    nameless, counted = (
        BadgeSpec(_("Coded, no names"), "shield-check", "ok"),
        BadgeSpec(_("Counts only"), "shield-check", "ok"),
    )
    nobody = BadgeSpec(_("No case data"), "about", "quiet")
    found = (
        Lot("cases", _("New and changed cases"), _people(cases), named, len(cases)),
        Lot("referral", _("Referrals"), _people(referrals), named, len(referrals)),
        Lot("cases", _("Cases without names"), _("age group, month, district, codes"), nameless, preview.coded_cases),
        Lot("reports", _("Totals by month"), _("small totals are not told"), counted, preview.counted_cases),
        Lot("directory", _("Directory"), _("partners and their services"), nobody, directory),
        Lot("settings", _("Centre, users and rates"), _("of the office, not of a case"), nobody, office),
        Lot(
            "remove",
            _("To be forgotten there"),
            _("by a consent taken back, or a request to erase"),
            nobody,
            preview.forgets,
        ),
    )
    return [each for each in found if each.count]


def _people(cases: set[UUID]) -> str:
    return ngettext("of {count} person", "of {count} people", len(cases)).format(count=formats.number(len(cases)))


def held(rows: Sequence[PreviewRow]) -> list[Held]:
    """What stays, by reason, the most first."""
    found: dict[Back, list[PreviewRow]] = {}
    for each in rows:
        if not each.goes and each.why is not None:
            found.setdefault(each.why, []).append(each)
    made = [
        Held(why, sum(each.count for each in some), len({each.case_id for each in some} - {None}))
        for why, some in found.items()
    ]
    return sorted(made, key=lambda each: -each.answers)


def going_card(previews: Sequence[Preview], every_field: Callable[[], object]) -> Card:
    """The card; `every_field` is asked for when somebody wants to see each answer."""
    card, rows = row_card(_("What will be sent"))
    if any(each.rows or each.columns for each in previews):
        card.head.addWidget(button(_("See every field"), "ghost", "list", size="s", clicked=every_field))
    if not previews:
        rows.say(_("No other computer may read anything from here yet, so nothing waits."))
    for each in previews:
        _add(rows, each)
    return card


def _add(rows: Rows, preview: Preview) -> None:
    to = [PlainLabel(to_words(preview), "caption", weight=600, tone="text2")]
    if preview.only:
        why = _("It lacks what others have: it is new, was restored, or missed what an ended computer wrote.")
        to.append(PlainLabel(why, "caption", wrap=True))
    rows.add(column(*to, gap=0, margins=(16, 8, 16, 4)))
    found = lots(preview)
    for lot in found:
        rows.add(_line(lot.icon, lot.title, lot.sentence, Badge(lot.label), lot.count))
    if not found:
        rows.add(row(PlainLabel(_("Nothing waits."), "body", tone="text2"), margins=(16, 6, 16, 8)))
    for each in held(preview.rows):
        rows.add(_held_line(each))


def _line(icon: str, title: str, sentence: str, label: QWidget, count: int) -> QLayout:
    words = column(PlainLabel(title, "label", wrap=True), PlainLabel(sentence, "caption", wrap=True), gap=0)
    number = PlainLabel(formats.number(count), "label", weight=600)
    number.setMinimumWidth(current().scaled(NUMBER))
    number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    inside = row(Icon(icon), words, label, number, gap=12, margins=(16, 7, 16, 7))
    inside.setStretch(1, 1)
    return inside


def _held_line(each: Held) -> QLayout:
    answers = ngettext("{count} answer", "{count} answers", each.answers).format(count=formats.number(each.answers))
    told = _("Held back: {answers}").format(answers=answers)
    if each.cases:
        cases = ngettext("{count} case", "{count} cases", each.cases).format(count=formats.number(each.cases))
        told = _("Held back: {answers} of {cases}").format(answers=answers, cases=cases)
    words = column(PlainLabel(told, "label", wrap=True), PlainLabel(_(WHY_BACK[each.why]), "caption", wrap=True), gap=0)
    inside = row(Icon("restricted", "muted"), words, gap=12, margins=(16, 7, 16, 7))
    inside.setStretch(1, 1)
    return inside
