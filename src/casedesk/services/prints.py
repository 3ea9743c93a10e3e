"""Copies on paper: what is asked for, by which consent it may leave, and the record that it did (DOMAIN 11, 13).

Each print is an operation of the journal with one Disclosure for each copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from casedesk import codelists
from casedesk.desk import Desk
from casedesk.errors import CaseDeskError, Conflict
from casedesk.i18n import _
from casedesk.models import Disclosure, Provider
from casedesk.services.consents import ConsentNow, consents_of, scope_for
from casedesk.services.edits import apply_edits, as_new
from casedesk.services.permissions import needs, open_case
from casedesk.services.providers import ProviderFacts, provider
from casedesk.services.referrals.reading import ReferralFacts, referral_facts
from casedesk.services.sharing import no_consent, why_not

FULL, SHARED, CODED = "full", "shared", "coded"
JOURNEY, HAPPENED, NEEDS, CONSENT, OWN_WORDS = "journey", "happened", "needs", "consent", "own_words"
PARTS = (JOURNEY, HAPPENED, NEEDS, CONSENT, OWN_WORDS)
USUAL_PARTS = frozenset(PARTS) - {OWN_WORDS}
SUMMARY, LETTER = "case-summary", "referral-letter"
GIVE_PARTNER, HANDOVER = "give_partner", "handover"
NOT_FOR_PRINT = ("draft", "cancelled")


class NotAgreed(CaseDeskError):
    """The person did not agree to what the paper is printed for."""

    def __init__(self) -> None:
        super().__init__(
            _("There is no consent for giving out this paper."),
            hint=_("Nothing was printed. Ask the person first, or choose another reason for printing."),
        )


class TooMuch(CaseDeskError):
    """A full copy is for the person and the centre's own file only."""

    def __init__(self) -> None:
        super().__init__(
            _("A full copy is for the person or for this centre’s file only."),
            hint=_("Nothing was printed. Choose a shared or a coded copy."),
        )


class NotReady(CaseDeskError):
    """The letter belongs to a referral that is a draft or was cancelled."""

    def __init__(self) -> None:
        super().__init__(
            _("This referral is not ready to send."),
            hint=_("Nothing was printed. Open the referral to see what is missing."),
        )


@dataclass(frozen=True, slots=True)
class PrintRequest:
    """What is asked of a paper. `level` is full, shared or coded; `purpose` a code of print_purpose.

    `blacked` are words that stand on this copy as a bar, because they would give away what is hidden.
    """

    level: str = SHARED
    language: str = "en"
    parts: frozenset[str] = USUAL_PARTS
    purpose: str = "own_file"
    reason: str = ""
    recipient_id: UUID | None = None
    copies: int = 1
    blacked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a paper: its number, how many there are with it, and when it is made."""

    number: int
    of: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Printed:
    """A copy that exists: the fingerprint of its file, and what it tells."""

    copy: Copy
    hash: str
    tells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether the purpose rests on a consent, and on which line."""

    needed: bool = False
    line_id: UUID | None = None

    @property
    def open(self) -> bool:
        return not self.needed or self.line_id is not None


@needs("case.print")
def may_be_given(desk: Desk, case_id: UUID, request: PrintRequest) -> bool:
    """Whether a consent holds for the purpose, where it needs one. Coded copies name nobody and need none."""
    return gate_of(consents_of(desk, case_id), request, recipient_of(desk, request)).open


@needs("case.print")
def letter_may_be_given(desk: Desk, referral_id: UUID) -> bool:
    """Whether the letter may leave: its referral is no draft nor cancelled, and what it tells is still agreed to."""
    referral = referral_facts(desk, referral_id)
    return referral.row.status not in NOT_FOR_PRINT and _still_agreed(desk, referral)


def _still_agreed(desk: Desk, referral: ReferralFacts) -> bool:
    """Whether the partner may be told today all that was chosen: a consent may be over since."""
    told = referral.values.get("fields_shared")
    with desk.read() as session:
        case = open_case(desk, session, "case.print", referral.row.case_id)
        partner = session.get(Provider, referral.row.provider_id) if referral.row.provider_id is not None else None
        about = (session, case, referral.row.service or None, partner, desk.today())
        exception = referral.values.get("consent_exception") is not None
        refusals = why_not(*about, exception=exception)
        agreed = exception or not no_consent(*about)
        return agreed and not any(refusals[key] for key in (told if isinstance(told, list) else ()))


@needs("case.print")
def recipient_of(desk: Desk, request: PrintRequest) -> ProviderFacts | None:
    """The partner that the paper is for, if it is for one."""
    return provider(desk, request.recipient_id) if request.recipient_id is not None else None


def gate_of(consents: Sequence[ConsentNow], request: PrintRequest, recipient: ProviderFacts | None) -> Gate:
    """The consent that the purpose rests on (DOMAIN 11)."""
    if request.level == CODED or request.purpose not in (GIVE_PARTNER, HANDOVER):
        return Gate()
    scopes = {"transfer_case"} if request.purpose == HANDOVER else _scopes(recipient)
    given = (each for each in consents if each.scope in scopes and each.status == "given")
    held = (each for each in given if each.named_recipient_id in (None, request.recipient_id))
    line = next(held, None)
    return Gate(needed=True, line_id=line.line_id if line is not None else None)


def _scopes(recipient: ProviderFacts | None) -> set[str]:
    if recipient is None:
        return set()
    return {scope_for(each.service, recipient.row.type) for each in recipient.row.services}


@needs("case.print")
def next_copies(desk: Desk, case_id: UUID, count: int = 1, *, referral_id: UUID | None = None) -> tuple[Copy, ...]:
    """The numbers of the copies to come: of a summary counted in its case, of a letter in its referral."""
    with desk.read() as session:
        open_case(desk, session, "case.print", case_id)
        out = _made(session, case_id, referral_id)
    return tuple(Copy(out + place, out + count, desk.clock()) for place in range(1, count + 1))


@needs("case.history")
def copies_out(desk: Desk, case_id: UUID) -> int:
    """How many copies of papers about the case were made: summaries and letters, printed or saved."""
    with desk.read() as session:
        open_case(desk, session, "case.history", case_id)
        return session.scalar(_copies(case_id).where(Disclosure.document.is_not(None))) or 0


def _copies(case_id: UUID) -> Select[int]:
    made = select(func.count()).select_from(Disclosure)
    return made.where(Disclosure.case_id == case_id, Disclosure.removed_at.is_(None))


def _made(session: Session, case_id: UUID, referral_id: UUID | None) -> int:
    """How many there are of the summary of this case, or of the letter of this referral."""
    wanted = _copies(case_id)
    if referral_id is None:
        wanted = wanted.where(Disclosure.document == SUMMARY)
    else:
        wanted = wanted.where(Disclosure.document == LETTER, Disclosure.referral_id == referral_id)
    return session.scalar(wanted) or 0


@needs("case.print")
def print_event(
    desk: Desk,
    case_id: UUID,
    request: PrintRequest,
    printed: Sequence[Printed],
    medium: str,
    *,
    referral_id: UUID | None = None,
) -> tuple[UUID, ...]:
    """Record that copies leave the centre: one operation, one Disclosure each. `medium` is print or file.

    Raises NotAgreed, TooMuch or NotReady where the paper may not leave, and Conflict where another copy was
    counted meanwhile.
    """
    basis = _refuse(desk, case_id, request, referral_id)
    action = "case.print" if referral_id is None else "referral.print"
    with desk.write(action, about=case_id, reason=request.reason.strip() or None) as session:
        open_case(desk, session, "case.print", case_id)
        if printed[0].copy.number != _made(session, case_id, referral_id) + 1:
            raise Conflict
        rows = [
            Disclosure(
                case_id=case_id,
                at=each.copy.at,
                medium=medium,
                document=SUMMARY if referral_id is None else LETTER,
                level=request.level,
                language=request.language,
                copy_number=str(each.copy.number),
                recipient_id=request.recipient_id,
                purpose=request.purpose,
                consent_line_id=basis.line_id,
                consent_exception=basis.exception,
                fields=sorted(each.tells) or None,
                referral_id=referral_id,
                hash=each.hash,
            )
            for each in printed
        ]
        for row in rows:
            apply_edits(row, as_new({"reason": request.reason}))
        session.add_all(rows)
        return tuple(row.id for row in rows)


@dataclass(frozen=True, slots=True)
class _Basis:
    """The consent by which a paper leaves, or the exception without one."""

    line_id: UUID | None = None
    exception: str | None = None


def _refuse(desk: Desk, case_id: UUID, request: PrintRequest, referral_id: UUID | None) -> _Basis:
    """Refuse a paper that may not leave; otherwise what it leaves by."""
    if referral_id is not None:
        referral = referral_facts(desk, referral_id)
        line_id, exception = (referral.values.get(name) for name in ("consent_line_id", "consent_exception"))
        if referral.row.status in NOT_FOR_PRINT or referral.row.case_id != case_id:
            raise NotReady
        if not _still_agreed(desk, referral):
            raise NotAgreed
        return _Basis(line_id if isinstance(line_id, UUID) else None, exception if isinstance(exception, str) else None)
    purpose = codelists.get("print_purpose")[request.purpose]
    if request.level == FULL and purpose.extra["level"] != FULL:
        raise TooMuch
    gate = gate_of(consents_of(desk, case_id), request, recipient_of(desk, request))
    if not gate.open:
        raise NotAgreed
    return _Basis(gate.line_id)
