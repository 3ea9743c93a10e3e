"""D1, the case summary: one page about one case, at one of three levels.

Whoever makes a Summary leaves out what its level does not tell, or puts HIDDEN in its place: the writer
never sees it, so it cannot be in the file.
"""

from __future__ import annotations

from dataclasses import dataclass

from casedesk.i18n import _
from casedesk.reports import layout
from casedesk.reports.levels import PrintLevel
from casedesk.reports.parts import (
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


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened, and whether papers were seen or it is the person's account."""

    label: str
    known_by: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A need or a planned step: what, by whom, until when."""

    what: str
    who: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a case summary prints. Every text is ready to print in the paper's language.

    `number` is the case number, on a coded paper the person code. Empty tuples leave their section out.
    """

    level: PrintLevel
    centre: str
    number: str
    printed_at: str
    copy_number: str
    person: tuple[Fact, ...]
    printed_by: str = ""
    reason: str = ""
    journey: tuple[str, ...] = ()
    journey_facts: tuple[Fact, ...] = ()
    what_happened: tuple[Happening, ...] = ()
    needs_and_plan: tuple[Step, ...] = ()
    consent: tuple[str, ...] = ()
    own_words: tuple[str, ...] = ()
    guardian_signs: bool = False

    def __post_init__(self) -> None:
        if self.own_words and self.level is not PrintLevel.FULL:
            raise ValueError("a person's own words are printed on a full copy only")


def write_case_summary(summary: Summary) -> bytes:
    """The paper as a PDF file, in the language spoken here."""
    return layout.render(_document(summary))


def _document(summary: Summary) -> Document:
    kind = _("Case summary")
    return Document(
        title=f"{kind} {summary.number}",
        centre=summary.centre,
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


def _signer(summary: Summary) -> str:
    if summary.guardian_signs:
        return _("Signature or thumbprint of the parent or guardian")
    return _("Signature or thumbprint")


def _printed_for(summary: Summary) -> str:
    if summary.printed_by and summary.reason:
        return _("Printed by {person}. Why: {reason}.").format(person=summary.printed_by, reason=summary.reason)
    if summary.printed_by:
        return _("Printed by {person}.").format(person=summary.printed_by)
    return _("Why it was printed: {reason}.").format(reason=summary.reason) if summary.reason else ""


def _tells(level: PrintLevel) -> str:
    match level:
        case PrintLevel.FULL:
            return _("Full record — for the person and this centre only")
        case PrintLevel.SHARED:
            return _("Shared copy — contact and address hidden")
        case PrintLevel.CODED:
            return _("Coded copy — names and places hidden")


def _sections(summary: Summary) -> tuple[Section, ...]:
    journey: list[Part] = [Text(sentence) for sentence in summary.journey]
    if summary.journey_facts:
        journey.append(Facts(summary.journey_facts))
    happened = Bullets(tuple(Bullet(one.label, one.known_by) for one in summary.what_happened))
    plan = Rows(
        rows=tuple((step.what, step.who, step.when) for step in summary.needs_and_plan),
        shares=(4, 3, 2),
        head=(_("What"), _("Who"), _("When")),
    )
    sections = [Section(_("Person"), (Facts(summary.person),))]
    if journey:
        sections.append(Section(_("Journey and work"), tuple(journey)))
    if summary.what_happened:
        sections.append(Section(_("What happened"), (happened,)))
    if summary.own_words:
        quotes = tuple(Text(_("“{words}”").format(words=words.strip()), Look.QUOTE) for words in summary.own_words)
        sections.append(Section(_("In the person’s own words"), quotes))
    if summary.needs_and_plan:
        sections.append(Section(_("Needs and plan"), (plan,)))
    if summary.consent:
        sections.append(Section(_("Consent"), tuple(Text(sentence) for sentence in summary.consent), closes=True))
    return tuple(sections)
