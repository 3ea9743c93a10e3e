"""What leaves the centre about many people at once: who receives it and why, kept in the journal (DOMAIN 4.40).

A report or a coded register is one Disclosure; a register with names is one for each person on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session

from casedesk import formats
from casedesk.desk import Desk
from casedesk.errors import Conflict
from casedesk.i18n import _
from casedesk.models import Disclosure
from casedesk.services.case_register import REGISTER_FILE, SEEN, NoReason, Register
from casedesk.services.edits import Edits, apply_edits, as_new
from casedesk.services.permissions import needs
from casedesk.services.prints import CODED, Copy

REPORT = "report"
AS_REPORT = "report"  # of print_purpose


@dataclass(frozen=True, slots=True)
class Handing:
    """For whom a report leaves, and why."""

    receiver: str
    reason: str
    language: str
    medium: str = "file"  # print or file


@needs("report.give_out")
def next_copy(desk: Desk, report: str, period: str) -> Copy:
    """The number of the next copy of a report about a period."""
    with desk.read() as session:
        number = _copies(session, _document(report, period)) + 1
    return Copy(number, number, desk.clock())


@needs("report.give_out")
def report_given_out(
    desk: Desk, report: str, period: str, copy: Copy, handing: Handing, digest: str, figures: str | None = None
) -> UUID:
    """Record that a copy leaves. Raises NoReason, InvalidInput, and Conflict where another was counted meanwhile."""
    said = explained(handing.receiver, handing.reason)
    document = _document(report, period)
    with desk.write("report.give_out", reason=handing.reason.strip()) as session:
        if copy.number != _copies(session, document) + 1:
            raise Conflict
        row = Disclosure(
            at=copy.at,
            medium=handing.medium,
            document=document,
            level=CODED,
            language=handing.language,
            copy_number=str(copy.number),
            purpose=AS_REPORT,
            hash=digest,
            figures=figures,
        )
        apply_edits(row, said)
        session.add(row)
        return row.id


@needs("statistics.view")
def changed_since(desk: Desk, report: str, period: str, figures: str) -> str:
    """In words: that the last copy of the same report told other figures; nothing where it did not."""
    asked, _dash, _told = figures.partition("-")
    wanted = (
        select(Disclosure.copy_number, Disclosure.at, Disclosure.figures)
        .where(Disclosure.document == _document(report, period), Disclosure.figures.startswith(f"{asked}-"))
        .order_by(Disclosure.at.desc(), cast(Disclosure.copy_number, Integer).desc())
        .limit(1)
    )
    with desk.read() as session:
        last = session.execute(wanted).first()
    if last is None or last.figures == figures:
        return ""
    words = _("Figures have changed since copy {copy} was given out, {when}.")
    return words.format(copy=formats.digits(last.copy_number or ""), when=formats.moment(last.at))


@needs("register.named")
def register_looked_at(desk: Desk, asked: Register, cases: Sequence[UUID]) -> None:
    """Record with each case that its line of a register with names was seen, and for whom and why."""
    for case in cases:
        desk.note(SEEN, about=case, reason=f"{asked.receiver.strip()}: {asked.reason.strip()}")


@needs("register.coded")
def register_given_out(
    desk: Desk, asked: Register, language: str, told: Sequence[str], cases: Sequence[UUID], digest: str
) -> None:
    """Record that a register leaves as a file."""
    said = explained(asked.receiver, asked.reason)
    subjects: Sequence[UUID | None] = cases if asked.profile != CODED else [None]
    with desk.write("register.export", reason=asked.reason.strip()) as session:
        for case in subjects:
            row = Disclosure(
                case_id=case,
                at=desk.clock(),
                medium="file",
                document=REGISTER_FILE,
                level=asked.profile,
                language=language,
                purpose=asked.purpose,
                fields=sorted(told),
                hash=digest,
            )
            apply_edits(row, said)
            session.add(row)


def explained(receiver: str, reason: str) -> Edits:
    """For whom and why, as it is recorded. Raises NoReason where one of them is not said, and InvalidInput where it
    is too long: nothing of it may be lost."""
    if not receiver.strip() or not reason.strip():
        raise NoReason
    said = as_new({"recipient_name": receiver, "reason": reason})
    apply_edits(Disclosure(), said)
    return said


def _document(report: str, period: str) -> str:
    return f"{REPORT} {report} {period}"[:40]


def _copies(session: Session, document: str) -> int:
    wanted = select(func.count()).select_from(Disclosure).where(Disclosure.document == document)
    return session.scalar(wanted) or 0
