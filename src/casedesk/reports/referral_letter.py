"""D2, the referral letter: what a partner needs to know and no more, with a slip that brings the answer back."""

from __future__ import annotations

from casedesk.i18n import _
from casedesk.reports.layout.page import render
from casedesk.reports.parts import (
    HIDDEN,
    Bullet,
    Bullets,
    Document,
    Fact,
    Facts,
    Gap,
    Line,
    Look,
    Part,
    Section,
    Signatures,
    Slip,
    Text,
)
from casedesk.services.letters import LetterContent


def write_referral_letter(letter: LetterContent) -> bytes:
    """The letter as a PDF file, in the language spoken here; its texts are in that language already."""
    return render(_document(letter))


def _document(letter: LetterContent) -> Document:
    return Document(
        title=_("Referral {number}").format(number=letter.number),
        centre=letter.centre,
        invented=letter.invented,
        under_centre=letter.address,
        heading=_("Referral {number}").format(number=letter.number),
        under_heading=_("{day} · copy {number} of {copies}").format(
            day=letter.day, number=letter.copy_number, copies=letter.copies
        ),
        confidential=_("For the named person at the partner only. Do not phone the family."),
        body=(*_opening(letter), *_story(letter), _signed(letter)),
        at_foot=(_slip(letter),),
        keep_safe=_("Case words are kept to what the partner needs. Full record stays at the centre."),
    )


def _opening(letter: LetterContent) -> tuple[Part, ...]:
    asked = _("From: {sender} · answer by {when}").format(sender=letter.sender, when=letter.answer_by)
    return (
        Gap(2),
        Text(_("To: {partner}").format(partner=letter.to), Look.TITLE),
        Text(asked, strong=letter.answer_by),
        Gap(1.5),
        Text(_("We ask you to help with"), Look.QUIET),
        Text(letter.request, Look.LARGE),
        Line(),
        Facts(tuple(Fact(told.label, told.value or HIDDEN) for told in letter.person), columns=1),
        Line(),
    )


def _story(letter: LetterContent) -> list[Part | Section]:
    story: list[Part | Section] = []
    if letter.known:
        story.append(Section(_("What we know"), (Bullets(tuple(Bullet(text) for text in letter.known)),)))
    if letter.wants:
        quoted = Text(_("“{words}”").format(words=letter.wants.strip()), Look.QUOTE)
        story.append(Section(_("What the person wants"), (quoted,)))
    if letter.not_included:
        left_out = _("Not included: {papers}.").format(papers="; ".join(letter.not_included))
        story.append(Text(left_out, Look.QUIET))
    return story


def _signed(letter: LetterContent) -> Signatures:
    sender = _("{sender} · {phone}").format(sender=letter.sender, phone=letter.sender_phone)
    if letter.guardian_signs:
        return Signatures((sender, _("Signature or thumbprint of the parent or guardian")))
    return Signatures((sender, _("Signature or thumbprint of the person")))


def _slip(letter: LetterContent) -> Slip:
    return Slip(
        title=_("Answer — cut and give back, or read to us by phone"),
        number=f"{letter.number} · {letter.case_number}",
        answers=(_("Yes, from"), _("Not now, because"), _("Send to")),
        signatures=Signatures((_("Name and signature at the partner"), _("Date"))),
    )
