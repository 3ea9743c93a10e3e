"""From what a paper says to its file: the words that give something away are found and blacked out on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from casedesk import i18n
from casedesk.desk import Desk
from casedesk.reports.case_summary import write_case_summary
from casedesk.reports.redaction import black_out, leaks
from casedesk.reports.referral_letter import write_referral_letter
from casedesk.services import letters, papers, prints
from casedesk.services.letters import LetterContent
from casedesk.services.papers import SummaryContent
from casedesk.services.prints import Copy, Printed, PrintRequest
from casedesk.services.referrals.reading import referral_facts


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper to look at: its file, and what the person should know before printing it.

    `given_away` are words on it that tell what is hidden. They are blacked out, or printed knowingly.
    """

    pdf: bytes
    hidden: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    given_away: tuple[str, ...] = ()


def summary_preview(desk: Desk, case_id: UUID, request: PrintRequest) -> Paper:
    """The next copy of the case summary, before it is printed."""
    content = papers.summary_of(desk, case_id, request)
    hidden = papers.hidden_values(desk, case_id, request.level)
    given_away = tuple(leaks(content.free_texts(), hidden))
    return Paper(_summary_pdf(content, request), content.hidden, content.left_out, given_away)


def letter_preview(desk: Desk, referral_id: UUID, request: PrintRequest) -> Paper:
    """The next copy of the referral letter, before it is printed."""
    case_id = referral_facts(desk, referral_id).row.case_id
    first = prints.next_copies(desk, case_id, request.copies, referral_id=referral_id)[0]
    content = letters.letter_of(desk, referral_id, request.language, first)
    given_away = tuple(leaks(content.free_texts(), letters.hidden_from_partner(desk, referral_id)))
    pdf = _letter_pdf(content, request.language, request.blacked)
    return Paper(pdf, content.not_included, (), given_away)


def print_summary(desk: Desk, case_id: UUID, request: PrintRequest, medium: str) -> list[bytes]:
    """Make and record the copies; what comes back is ready for the printer or the file."""

    def made(copy: Copy) -> tuple[bytes, tuple[str, ...]]:
        content = papers.summary_of(desk, case_id, request, copy)
        return _summary_pdf(content, request), content.tells

    return _print(desk, case_id, request, medium, made, None)


def print_letter(desk: Desk, referral_id: UUID, request: PrintRequest, medium: str) -> list[bytes]:
    """Make and record the copies of a referral letter."""
    row = referral_facts(desk, referral_id).row

    def made(copy: Copy) -> tuple[bytes, tuple[str, ...]]:
        content = letters.letter_of(desk, referral_id, request.language, copy)
        return _letter_pdf(content, request.language, request.blacked), content.tells

    asked = replace(request, level=prints.SHARED, purpose=prints.GIVE_PARTNER, recipient_id=row.provider_id)
    return _print(desk, row.case_id, asked, medium, made, referral_id)


def _print(
    desk: Desk,
    case_id: UUID,
    request: PrintRequest,
    medium: str,
    made: Callable[[Copy], tuple[bytes, tuple[str, ...]]],
    referral_id: UUID | None,
) -> list[bytes]:
    """Nothing is handed out that was not recorded before."""
    copies = prints.next_copies(desk, case_id, request.copies, referral_id=referral_id)
    files = [made(copy) for copy in copies]
    printed = [
        Printed(copy, hashlib.sha256(pdf).hexdigest(), tells) for copy, (pdf, tells) in zip(copies, files, strict=True)
    ]
    prints.print_event(desk, case_id, request, printed, medium, referral_id=referral_id)
    return [pdf for pdf, _tells in files]


def _summary_pdf(content: SummaryContent, request: PrintRequest) -> bytes:
    def black(text: str) -> str:
        return black_out(text, request.blacked)

    summary = replace(
        content,
        reason=black(content.reason),
        journey=tuple(black(sentence) for sentence in content.journey),
        needs=tuple((black(what), black(who), when) for what, who, when in content.needs),
        own_words=tuple(black(words) for words in content.own_words),
    )
    with i18n.speaking(request.language):
        return write_case_summary(summary)


def _letter_pdf(content: LetterContent, language: str, blacked: Sequence[str]) -> bytes:
    def black(text: str) -> str:
        return black_out(text, blacked)

    letter = replace(
        content,
        request=black(content.request),
        person=tuple(
            replace(told, value=black(told.value)) if told.key == "note" and told.value else told
            for told in content.person
        ),
        known=tuple(black(point) for point in content.known),
        wants=black(content.wants),
    )
    with i18n.speaking(language):
        return write_referral_letter(letter)
