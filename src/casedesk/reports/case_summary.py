"""D1, the case summary: one page about one case, at one of three levels.

What its level does not tell is never in what it is made from, so it cannot be in the file.
"""

from __future__ import annotations

from collections.abc import Sequence

from casedesk.i18n import _
from casedesk.reports.layout.page import render
from casedesk.reports.parts import (
    HIDDEN,
    Bullet,
    Bullets,
    Document,
    Fact,
    Facts,
    Look,
    Part,
    Rows,
    Section,
    Signatures,
    Text,
)
from casedesk.services import prints
from casedesk.services.papers import SummaryContent


def write_case_summary(summary: SummaryContent) -> bytes:
    """The paper as a PDF file, in the language spoken here."""
    return render(_document(summary))


def _document(summary: SummaryContent) -> Document:
    kind = _("Case summary")
    return Document(
        title=f"{kind} {summary.number}",
        centre=summary.centre,
        invented=summary.invented,
        under_centre=kind,
        heading=summary.number,
        under_heading=_("Printed {when} · copy {number}").format(when=summary.printed_at, number=summary.copy_number),
        confidential=_tells(summary.level),
        body=_sections(summary),
        at_foot=(Signatures((_signer(summary), _("Caseworker"), _("Date"))),),
        keep_safe=_("Keep this paper where others cannot read it. If found: return unread to the centre."),
        under_foot=_printed_for(summary),
        numbered=True,
    )


def _signer(summary: SummaryContent) -> str:
    if summary.guardian_signs:
        return _("Signature or thumbprint of the parent or guardian")
    return _("Signature or thumbprint")


def _printed_for(summary: SummaryContent) -> str:
    if summary.printed_by and summary.reason:
        return _("Printed by {person}. Why: {reason}.").format(person=summary.printed_by, reason=summary.reason)
    if summary.printed_by:
        return _("Printed by {person}.").format(person=summary.printed_by)
    return _("Why it was printed: {reason}.").format(reason=summary.reason) if summary.reason else ""


def _tells(level: str) -> str:
    match level:
        case prints.FULL:
            return _("Full record — for the person and this centre only")
        case prints.SHARED:
            return _("Shared copy — contact and address hidden")
    return _("Coded copy — names and places hidden")


def _sections(summary: SummaryContent) -> tuple[Section, ...]:
    person = tuple(Fact(told.label, HIDDEN if told.value is None else told.value) for told in summary.person)
    plan = Rows(rows=summary.needs, shares=(4, 3, 2), head=(_("What"), _("Who"), _("When")))
    sections = [Section(_("Person"), (Facts(person),))]
    if summary.journey:
        sections.append(Section(_("Journey and work"), _texts(summary.journey)))
    if summary.happened:
        bullets = tuple(Bullet(what, known_by) for what, known_by in summary.happened)
        sections.append(Section(_("What happened"), (Bullets(bullets),)))
    if summary.own_words:
        quotes = tuple(Text(_("“{words}”").format(words=words.strip()), Look.QUOTE) for words in summary.own_words)
        sections.append(Section(_("In the person’s own words"), quotes))
    if summary.needs:
        sections.append(Section(_("Needs and plan"), (plan,)))
    if summary.consent:
        sections.append(Section(_("Consent"), _texts(summary.consent), closes=True))
    return tuple(sections)


def _texts(sentences: Sequence[str]) -> tuple[Part, ...]:
    return tuple(Text(sentence) for sentence in sentences)
