"""Consent, purpose by purpose: what holds now, asking again, and taking back (DOMAIN 4.25, 5.5, 11).

Nothing is edited: for each purpose the newest line holds. Of lines that were written at once on several desks one that
says no holds, whatever arrived first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from casedesk import codelists
from casedesk.desk import Desk
from casedesk.errors import InvalidInput, Problem
from casedesk.i18n import N_, _
from casedesk.models import (
    Case,
    Consent,
    ConsentLine,
    Disclosure,
    Person,
    Provider,
    Referral,
    State,
    StatusEvent,
)
from casedesk.services import lifecycle
from casedesk.services.ages import is_minor
from casedesk.services.edits import apply_edits, as_new
from casedesk.services.follow_ups import end_planned, planned
from casedesk.services.lifecycle import NotThisStep
from casedesk.services.permissions import needs, open_case, see_case
from casedesk.services.providers import name_of
from casedesk.storage.arrived import first_written as first_place
from casedesk.storage.bulk import in_parts
from casedesk.storage.registers import Knowledge, Place, current, in_causal_order
from casedesk.values import months_away

KEEPING, COUNTING = "store_data", "statistics"  # the purposes that say whether data are kept at all, and counted
ASKED_ANSWERS = ("given", "refused")
UNSENT = ("draft", "ready")
TELL_PARTNER = N_("Tell the partner to stop using the data")
TAKE_BACK = N_("Ask for the papers back that were given out, or have them destroyed")
ERASE = N_("Handle the request to erase the data")


@dataclass(frozen=True, slots=True)
class ConsentStep:
    """One answer for a purpose, at the time it was given."""

    answer: str
    at: datetime | None
    by: str
    method: str | None
    giver: str | None


@dataclass(frozen=True, slots=True)
class ConsentNow:
    """Where one purpose stands. `status` is given, refused, withdrawn or expired; `history` has the newest first."""

    scope: str
    status: str
    since: datetime | None
    method: str | None
    giver: str | None
    line_id: UUID
    limits: str
    named_recipient_id: UUID | None
    expires_on: date | None
    by: str
    history: tuple[ConsentStep, ...]


@dataclass(frozen=True, slots=True)
class RecordConsent:
    """One asking. `answers` has given or refused for each purpose asked; limits and receivers are by purpose."""

    answers: Mapping[str, str]
    method: str | None = None
    giver: str | None = "self"
    language: str | None = None
    giver_name: str | None = None
    witness: str | None = None
    child_assent: str | None = None
    given_on: date | None = None  # today, where nobody says another day
    limits: Mapping[str, str] = field(default_factory=dict)
    named_recipients: Mapping[str, UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AffectedReferral:
    id: UUID
    number: str
    service: str
    provider: str
    status: str


@dataclass(frozen=True, slots=True)
class Effects:
    """What taking a consent back does: referrals stopped, partners to be told, papers to ask for, data to erase."""

    scope: str
    cancelled: tuple[AffectedReferral, ...]
    to_tell: tuple[AffectedReferral, ...]
    papers: int  # given out by this consent without a referral
    erasure: bool


@needs("case.view")
def consents_of(desk: Desk, case_id: UUID) -> list[ConsentNow]:
    """Every purpose that was asked, in the order of the code list. One that is missing was not asked."""
    with desk.rows() as rows:
        see_case(desk, rows, "case.view", case_id)
        lines = [line for line in rows.of(ConsentLine, "case_id", case_id) if line.removed_at is None]
        written = rows.first_written(ConsentLine, "case_id", case_id)
        asked = {consent.id: consent for consent in rows.of(Consent, "case_id", case_id)}
        shared = rows.is_shared()
    order_of = {record: seq for record, (seq, _by) in written.items()}
    if shared:
        with desk.read() as session:
            order_of = {line.id: at for at, line in enumerate(_lines(session, case_id))}
    by_scope: dict[str, list[tuple[ConsentLine, ConsentStep]]] = {}
    for line in sorted((line for line in lines if line.id in order_of), key=lambda line: order_of[line.id]):
        step = _step(line, asked.get(line.consent_id) if line.consent_id else None, written[line.id][1])
        by_scope.setdefault(line.scope or "", []).append((line, step))
    order = codelists.get("consent_scope")
    return [_now(by_scope[row.code], desk.today()) for row in order if row.code in by_scope]


@needs("case.consent")
def record_consent(desk: Desk, case_id: UUID, command: RecordConsent) -> UUID:
    """Keep the answers of one asking. A "no" to what was agreed before has the effects of taking it back."""
    with desk.write("consent.record", about=case_id) as session:
        case = open_case(desk, session, "case.consent", case_id)
        held = {scope for scope in command.answers if status_now(session, case_id, scope, desk.today()) == "given"}
        consent = _asking(session, desk, case, command)
        for scope, answer in command.answers.items():
            _add_line(session, desk, consent, command, scope)
            if answer == "refused" and scope in held:
                _close(session, desk, case, scope)
        return consent.id


@needs("case.consent")
def effects_of_withdrawal(desk: Desk, case_id: UUID, scope: str) -> Effects:
    """What taking this consent back would do; nothing is changed."""
    with desk.read() as session:
        open_case(desk, session, "case.consent", case_id)
        return _effects(session, case_id, scope)[0]


@needs("case.consent")
def withdraw(desk: Desk, case_id: UUID, scope: str, reason: str = "") -> Effects:
    """Take a consent back, with all its effects at once. Nobody needs a reason to do so."""
    with desk.write("consent.withdraw", about=case_id, reason=reason.strip() or None) as session:
        case = open_case(desk, session, "case.consent", case_id)
        newest = _newest(session, case_id, scope)
        if newest is None or newest.answer != "given":
            raise NotThisStep
        return _take_back(session, desk, case, scope)


def _take_back(session: Session, desk: Desk, case: Case, scope: str) -> Effects:
    session.add(ConsentLine(case_id=case.id, scope=scope, answer="withdrawn", at=desk.clock()))
    return _close(session, desk, case, scope)


def taken_back(session: Session) -> set[tuple[UUID, str]]:
    """Case and purpose wherever the answer that holds is no."""
    said_no = and_(ConsentLine.removed_at.is_(None), ConsentLine.answer != "given", ConsentLine.case_id.is_not(None))
    cases = {case for case in session.scalars(select(ConsentLine.case_id).where(said_no)) if case is not None}
    lines = newest_lines(session, cases, [row.code for row in codelists.get("consent_scope")])
    return {(case, scope) for case, by in lines.items() for scope, line in by.items() if line.answer != "given"}


@needs("backup.restore")
def take_back_again(desk: Desk, refused: Collection[tuple[UUID, str]], reason: str) -> None:
    """Take back, in a vault that was restored, what holds no more in the one that was there; by whoever restores."""
    with desk.read() as session:
        lines = newest_lines(session, {case for case, _scope in refused}, {scope for _case, scope in refused})
    holding = {(case, scope) for case, by in lines.items() for scope, line in by.items() if line.answer == "given"}
    for case_id, scope in sorted(holding & set(refused)):
        with desk.write("consent.withdraw", about=case_id, reason=reason) as session:
            _take_back(session, desk, session.get_one(Case, case_id), scope)


def active_line(
    session: Session, case_id: UUID, scope: str, today: date, provider_id: UUID | None = None
) -> ConsentLine | None:
    """The line by which this purpose is agreed to today; one for a named receiver holds for no other."""
    line = _newest(session, case_id, scope)
    if line is None or line.answer != "given" or _expired(line, today):
        return None
    return line if line.named_recipient_id in (None, provider_id) else None


def newest_lines(
    session: Session, case_ids: Collection[UUID], scopes: Collection[str]
) -> dict[UUID, dict[str, ConsentLine]]:
    """For each case the line that holds for each of these purposes, given or not; for many cases at once."""
    found: dict[UUID, dict[str, ConsentLine]] = {}
    for some in in_parts(list(case_ids)):
        wanted = _KEPT.where(ConsentLine.case_id.in_(some), ConsentLine.scope.in_(scopes))
        for line in _in_order(session, session.scalars(wanted).all()):
            if line.case_id is not None:
                found.setdefault(line.case_id, {})[line.scope or ""] = line
    return found


def holds(line: ConsentLine | None, today: date) -> bool:
    """Whether a line is an agreement today, and not for a named receiver alone."""
    return line is not None and line.answer == "given" and not _expired(line, today) and line.named_recipient_id is None


def status_now(session: Session, case_id: UUID, scope: str, today: date) -> str:
    """given, refused, withdrawn or expired; empty if it was not asked."""
    line = _newest(session, case_id, scope)
    if line is None:
        return ""
    return "expired" if line.answer == "given" and _expired(line, today) else line.answer or ""


def scope_for(service: str, provider_type: str | None) -> str:
    """The consent that a referral for this service to such a partner needs (DOMAIN 11)."""
    kind = codelists.get("provider_type").find(provider_type)
    if kind is not None and kind.extra["consent_scope_override"]:
        return kind.extra["consent_scope_override"]
    group = codelists.get("service_type")[service].extra["group"]
    return codelists.get("service_group")[group].extra["consent_scope"]


def expiry(scope: str, today: date) -> date | None:
    """The last day on which a consent given today holds; nothing if it holds until it is taken back."""
    months = codelists.get("consent_scope")[scope].extra["default_validity_months"]
    return months_away(today, int(months)) if months else None


def _lines(session: Session, case_id: UUID, scope: str | None = None) -> Sequence[ConsentLine]:
    """The lines in the order in which their authors knew of them, the one that holds last; no clock decides."""
    lines = _in_order(session, session.scalars(_KEPT.where(ConsentLine.case_id == case_id)).all())
    return lines if scope is None else [line for line in lines if line.scope == scope]


_KEPT = select(ConsentLine).where(ConsentLine.removed_at.is_(None)).order_by(ConsentLine.id)


def _in_order(session: Session, lines: Sequence[ConsentLine]) -> list[ConsentLine]:
    knowledge = Knowledge(session)
    places = first_place(session, [line.id for line in lines], knowledge)
    by_purpose: dict[tuple[UUID | None, str | None], list[ConsentLine]] = {}
    for line in lines:
        if line.id in places:
            by_purpose.setdefault((line.case_id, line.scope), []).append(line)
    found = [line for some in by_purpose.values() for line in _told(some, places, knowledge)]
    return found + [line for line in lines if line.id not in places]  # what this very write adds is the newest


def _told(lines: Sequence[ConsentLine], places: Mapping[UUID, Place], knowledge: Knowledge) -> list[ConsentLine]:
    """The lines of one purpose, the one that holds last."""
    ordered = in_causal_order(lines, lambda line: places[line.id], knowledge.knows)
    newest = current([places[line.id] for line in ordered], knowledge.knows)
    if len(newest) < 2:
        return ordered
    at_once = {place.operation for place in newest}
    holding = max(
        (line for line in ordered if places[line.id].operation in at_once),
        key=lambda line: (line.answer != "given", ordered.index(line)),
    )
    return [line for line in ordered if line is not holding] + [holding]


def _newest(session: Session, case_id: UUID, scope: str) -> ConsentLine | None:
    lines = _lines(session, case_id, scope)
    return lines[-1] if lines else None


def _expired(line: ConsentLine, today: date) -> bool:
    return line.expires_on is not None and line.expires_on < today


def _step(line: ConsentLine, consent: Consent | None, by: str) -> ConsentStep:
    method, giver = (consent.method, consent.giver) if consent is not None else (None, None)
    return ConsentStep(line.answer or "", line.at, by, method, giver)


def _now(lines: Sequence[tuple[ConsentLine, ConsentStep]], today: date) -> ConsentNow:
    line, step = lines[-1]
    return ConsentNow(
        scope=line.scope or "",
        status="expired" if step.answer == "given" and _expired(line, today) else step.answer,
        since=step.at,
        method=step.method,
        giver=step.giver,
        line_id=line.id,
        limits=line.limits or "",
        named_recipient_id=line.named_recipient_id,
        expires_on=line.expires_on,
        by=step.by,
        history=tuple(step for _line, step in reversed(lines)),
    )


def _asking(session: Session, desk: Desk, case: Case, command: RecordConsent) -> Consent:
    consent = Consent(case_id=case.id)
    values = {
        "given_on": command.given_on or desk.today(),
        "giver": command.giver,
        "giver_name": command.giver_name,
        "method": command.method,
        "language": command.language,
        "witness": command.witness,
        "child_assent": command.child_assent,
    }
    apply_edits(consent, as_new(values))
    found: dict[str, list[Problem]] = {}
    if consent.method is None:
        found["consent.method"] = [Problem(_("How was consent given? Choose one."))]
    if consent.giver is None:
        found["consent.giver"] = [Problem(_("Who answers about consent? Choose one."))]
    person = session.get(Person, case.person_id) if case.person_id else None
    if consent.giver == "self" and person is not None and is_minor(person, desk.today()):
        text = _("The person is under 18. Somebody who speaks for the child answers.")
        found["consent.giver"] = [Problem(text, rule="V10")]
    if not command.answers:
        found["consent_line.answer"] = [Problem(_("Ask about at least one purpose."))]
    for scope, answer in command.answers.items():
        if answer not in ASKED_ANSWERS:
            found[f"consent_line.{scope}"] = [Problem(_("Choose yes or no."))]
    if found:
        raise InvalidInput(found)
    session.add(consent)
    return consent


def _add_line(session: Session, desk: Desk, consent: Consent, command: RecordConsent, scope: str) -> None:
    answer = command.answers[scope]
    line = ConsentLine(case_id=consent.case_id, consent_id=consent.id)
    values = {
        "scope": scope,
        "answer": answer,
        "at": desk.clock(),
        "limits": command.limits.get(scope),
        "named_recipient_id": command.named_recipients.get(scope),
    }
    apply_edits(line, as_new(values))
    line.expires_on = expiry(scope, command.given_on or desk.today()) if answer == "given" else None
    session.add(line)


def _close(session: Session, desk: Desk, case: Case, scope: str) -> Effects:
    """Stop what rests on a consent that holds no longer."""
    effects, unsent = _effects(session, case.id, scope)
    for referral in unsent:
        lifecycle.take(session, desk, referral, "cancelled", reason_code="consent_withdrawn")
        end_planned(session, desk, referral.id, "cancelled")
    for told in effects.to_tell:
        planned(session, desk, case, "other", desk.today(), task=TELL_PARTNER, referral_id=told.id)
    if effects.papers:
        planned(session, desk, case, "other", desk.today(), task=TAKE_BACK)
    if effects.erasure:
        who = case.supervisor_id or case.owner_id
        planned(session, desk, case, "other", desk.today(), task=ERASE, assigned_to=who)
    return effects


def _effects(session: Session, case_id: UUID, scope: str) -> tuple[Effects, list[Referral]]:
    wanted = (
        select(Referral, State.status, Provider)
        .join(State, State.entity_id == Referral.id)
        .outerjoin(Provider, Provider.id == Referral.provider_id)
        .where(Referral.case_id == case_id, Referral.removed_at.is_(None))
    )
    lines = {line.id: line.scope for line in _lines(session, case_id)}
    sent = set(
        session.scalars(
            select(StatusEvent.entity_id).where(StatusEvent.case_id == case_id, StatusEvent.to_status == "sent")
        )
    )
    resting = [
        (
            referral,
            AffectedReferral(referral.id, referral.number or "", referral.service or "", name_of(provider), status),
        )
        for referral, status, provider in session.execute(wanted)
        if _rests_on(referral, provider, lines) == scope
    ]
    unsent = [(referral, row) for referral, row in resting if row.status in UNSENT]
    told = tuple(row for referral, row in resting if referral.id in sent)
    papers = _papers(session, case_id, [line for line, purpose in lines.items() if purpose == scope])
    effects = Effects(scope, tuple(row for _referral, row in unsent), told, papers, scope == KEEPING)
    return effects, [referral for referral, _row in unsent]


def _papers(session: Session, case_id: UUID, lines: Sequence[UUID]) -> int:
    """How many copies left by one of these lines of consent, other than letters of a referral."""
    wanted = (
        select(func.count())
        .select_from(Disclosure)
        .where(
            Disclosure.case_id == case_id,
            Disclosure.consent_line_id.in_(lines),
            Disclosure.referral_id.is_(None),
            Disclosure.removed_at.is_(None),
        )
    )
    return session.scalar(wanted) or 0


def _rests_on(referral: Referral, provider: Provider | None, lines: Mapping[UUID, str | None]) -> str | None:
    """The purpose under which a referral was made; for a draft the one that it will need.

    One that goes out without consent rests on none.
    """
    if referral.consent_exception is not None:
        return None
    if referral.consent_line_id is not None and referral.consent_line_id in lines:
        return lines[referral.consent_line_id]
    if referral.service is None:
        return None
    return scope_for(referral.service, provider.type if provider is not None else None)
