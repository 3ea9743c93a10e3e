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
from casedesk.services.case_register import REGISTER_FILE, NoReason, Register
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
    """Record that a copy leaves. Raises NoReason, and Conflict where another copy was counted meanwhile."""
    receiver, reason = explained(handing.receiver, handing.reason)
    document = _document(report, period)
    with desk.write("report.give_out", reason=reason) as session:
        if copy.number != _copies(session, document) + 1:
            raise Conflict
        row = Disclosure(
            at=copy.at,
            medium=handing.medium,
            document=document,
            level=CODED,
            language=handing.language,
            copy_number=str(copy.number),
            recipient_name=receiver,
            purpose=AS_REPORT,
            reason=reason,
            hash=digest,
            figures=figures,
        )
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


@needs("register.coded")
def register_given_out(
    desk: Desk, asked: Register, language: str, told: Sequence[str], cases: Sequence[UUID], digest: str
) -> None:
    """Record that a register leaves as a file."""
    receiver, reason = explained(asked.receiver, asked.reason)
    subjects: Sequence[UUID | None] = cases if asked.profile != CODED else [None]
    with desk.write("register.export", reason=reason) as session:
        session.add_all(
            Disclosure(
                case_id=case,
                at=desk.clock(),
                medium="file",
                document=REGISTER_FILE,
                level=asked.profile,
                language=language,
                recipient_name=receiver,
                purpose=asked.purpose,
                reason=reason,
                fields=sorted(told),
                hash=digest,
            )
            for case in subjects
        )


def explained(receiver: str, reason: str) -> tuple[str, str]:
    """For whom and why, as it is recorded; raises NoReason where one of them is not said."""
    receiver, reason = " ".join(receiver.split()), reason.strip()
    if not receiver or not reason:
        raise NoReason
    return receiver[:200], reason[:500]


def _document(report: str, period: str) -> str:
    return f"{REPORT} {report} {period}"[:40]


def _copies(session: Session, document: str) -> int:
    wanted = select(func.count()).select_from(Disclosure).where(Disclosure.document == document)
    return session.scalar(wanted) or 0
