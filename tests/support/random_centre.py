"""A centre of random people: what is true of each, as plain Python, and the same written into a store."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

from casedesk.desk import Desk
from casedesk.formats import DHAKA
from casedesk.lifecycles import steps_from
from casedesk.models import (
    Case,
    CaseNote,
    ConsentLine,
    ContractTerms,
    CostItem,
    Debt,
    ExchangeRate,
    FollowUp,
    Incident,
    IncidentViolation,
    MigrationEpisode,
    NeedItem,
    NeedsAssessment,
    OfficialCostLimit,
    Person,
    Recorded,
    Referral,
    SafetyFlag,
    StatusEvent,
    Triage,
)
from casedesk.values import Money, PartialDay

FIRST, TODAY = date(2026, 1, 1), date(2026, 5, 12)
RATES = {"bdt": 1.0, "sar": 32.5, "kwd": 395.0}
UNITS = {"bdt": 100, "sar": 100, "kwd": 1000}
LIMITS = {"sa": 165_000}
VIOLATIONS = (
    "wages_not_paid",
    "wages_underpaid",
    "contract_substitution",
    "passport_withheld",
    "physical_violence",
    "sexual_assault",
    "debt_bondage",
    "excessive_hours",
    "deceived_about_job",
    "communication_cut",
)
STEPS = ("sent", "acknowledged", "accepted", "in_service", "completed", "completed", "declined", "cancelled")


@dataclass
class Sent:
    on: date
    service: str
    status: str  # where it is now
    accepted: bool
    outcome: str | None
    started: date | None
    declined: str | None
    consent: bool


@dataclass
class Someone:
    """One case, as a person at a table would write it down."""

    opened: date
    sex: str
    age: int
    country: str
    district: str | None
    category: str | None
    owner: UUID
    status: str = "registered"
    mistake: bool = False
    closed: date | None = None
    closed_because: str = ""
    suggested: str | None = None  # None: no triage
    violations: tuple[str, ...] = ()
    told_and_taken_back: bool = False
    account: bool = False
    owed_wages: tuple[int, str] | None = None
    paid: tuple[int, str] | None = None
    earned: tuple[int, str] | None = None
    actual_wage: tuple[int, str] | None = None
    debts: tuple[int, ...] = ()
    flags: list[tuple[int, int | None]] = field(default_factory=list)  # hours allowed, hours until acted on
    tasks: list[tuple[date, date | None, str]] = field(default_factory=list)  # due, done, status
    notes: list[date] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    needs: list[bool] = field(default_factory=list)  # met or not
    consents: list[str] = field(default_factory=list)
    id: UUID = field(default_factory=uuid4)


def people(dice: random.Random, count: int) -> list[Someone]:
    owners = [uuid4(), uuid4()]
    return [_someone(dice, owners) for _each in range(count)]


def _someone(dice: random.Random, owners: list[UUID]) -> Someone:
    opened = FIRST + timedelta(days=dice.randrange((TODAY - FIRST).days + 1))
    one = Someone(
        opened, dice.choice(("female", "male", "male", "hijra_third_gender", "not_stated")), dice.randrange(8, 70),
        dice.choice(("sa", "my", "kw")), dice.choice(("dhaka", "sylhet", None)),
        dice.choice(("returned_success", "returned_victim", None)), dice.choice(owners),
    )  # fmt: skip
    if dice.random() < 0.3:
        one.closed = _later(dice, opened, 60)
        one.status = "closed"
        one.closed_because = dice.choice(("goals_achieved", "no_contact", "registered_in_error"))
        one.mistake = one.closed_because == "registered_in_error"
    if dice.random() < 0.6:
        one.suggested = dice.choice(("suggest_victim", "suggest_success", "no_suggestion"))
    if dice.random() < 0.6:
        one.account = True
        one.violations = tuple(dice.sample(VIOLATIONS, dice.randrange(6)))
        one.told_and_taken_back = dice.random() < 0.2
        one.owed_wages = dice.choice((None, (50_000, "bdt"), (2_000, "sar"), (300, "kwd")))
    one.paid = dice.choice((None, (400_000, "bdt"), (150_000, "bdt"), (5_000, "sar")))
    one.earned = dice.choice((None, (1_200, "sar"), (90, "kwd")))
    one.actual_wage = dice.choice((None, (1_000, "sar")))
    one.debts = dice.choice(((), (0,), (50_000,), (20_000, 30_000)))
    one.flags = [(dice.choice((1, 24)), dice.choice((None, 0, 2, 30))) for _flag in range(dice.randrange(3))]
    for _task in range(dice.randrange(4)):
        due = _later(dice, opened, 40)
        status = dice.choice(("planned", "done", "done", "cancelled", "tried_no_contact"))
        one.tasks.append((due, due + timedelta(days=dice.randrange(-2, 7)) if status == "done" else None, status))
    one.notes = [_later(dice, opened, 60) for _note in range(dice.randrange(2))]
    one.sent = [_referral(dice, opened) for _sent in range(dice.randrange(3))]
    one.needs = [dice.random() < 0.5 for _need in range(dice.randrange(3))]
    one.consents = [dice.choice(("given", "refused", "withdrawn")) for _consent in range(dice.randrange(3))]
    return one


def _later(dice: random.Random, day: date, days: int) -> date:
    return min(day + timedelta(days=dice.randrange(days)), TODAY)


def _referral(dice: random.Random, opened: date) -> Sent:
    on = _later(dice, opened, 50)
    status = dice.choice(STEPS)
    accepted = status in ("accepted", "in_service", "completed")
    begun = status in ("in_service", "completed") and dice.random() < 0.8
    return Sent(
        on, dice.choice(("legal_advice", "skills_training")), status, accepted,
        dice.choice(("service_received_full", "service_not_received")) if status == "completed" else None,
        on + timedelta(days=dice.randrange(20)) if begun else None,
        dice.choice(("service_not_functional", "no_capacity")) if status == "declined" else None, dice.random() < 0.9,
    )  # fmt: skip


def at(day: date, hour: int = 9) -> datetime:
    """A moment of a day in Dhaka."""
    return datetime.combine(day, time(hour), DHAKA).astimezone(UTC)


def money(amount: tuple[int, str]) -> Money:
    return Money(amount[0] * UNITS[amount[1]], amount[1])


def write(desk: Desk, found: list[Someone]) -> None:
    """Put them into the store, as records."""
    with desk.write("test.people") as session:
        for currency, taka in RATES.items():
            if currency != "bdt":
                session.add(ExchangeRate(currency=currency, taka=Money(int(taka * 100), "bdt"), on=FIRST))
        for country, limit in LIMITS.items():
            session.add(OfficialCostLimit(country=country, amount=Money(limit * 100, "bdt")))
        for place, one in enumerate(found):
            session.add_all(_records(one, place))


def _records(one: Someone, place: int) -> list[Recorded]:
    person = Person(person_code=f"P{place:05}", name_en=f"Person {place}", sex_gender=one.sex, district=one.district,
                    age_stated=one.age, age_stated_on=one.opened)  # fmt: skip
    episode = MigrationEpisode(
        person_id=person.id, destination_country=one.country, departed_on=PartialDay(date(2024, 1, 1)),
        first_month_earnings=money(one.earned) if one.earned else None,
    )  # fmt: skip
    case = Case(
        id=one.id, case_number=f"C{place:05}", person_id=person.id, index_episode_id=episode.id, category=one.category,
        opened_on=one.opened, registered_at=at(one.opened), owner_id=one.owner,
    )  # fmt: skip
    records: list[Recorded] = [person, episode, case, _event(one, case, None, "registered", one.opened)]
    if one.closed is not None:
        records.append(_event(one, case, "registered", "closed", one.closed, one.closed_because))
    if one.suggested is not None:
        records.append(Triage(case_id=case.id, outcome=one.suggested, made_at=at(one.opened)))
    if one.account:
        incident = Incident(case_id=case.id, status="withdrawn" if one.told_and_taken_back else "alleged")
        records.append(incident)
        wages = one.owed_wages
        for code in one.violations:
            owed = money(wages) if wages and code.startswith("wages_") else None
            wages = None if owed else wages
            records.append(
                IncidentViolation(case_id=case.id, incident_id=incident.id, violation=code, amount_owed=owed)
            )
    if one.paid:
        records.append(CostItem(episode_id=episode.id, category="total_unspecified", amount=money(one.paid)))
    if one.actual_wage:
        records.append(ContractTerms(episode_id=episode.id, source="actual", wage=money(one.actual_wage)))
    records += [Debt(episode_id=episode.id, outstanding=money((amount, "bdt"))) for amount in one.debts]
    for allowed, acted in one.flags:
        raised = at(one.opened)
        first = raised + timedelta(hours=acted) if acted is not None else None
        hours = {"raised_at": raised, "due_at": raised + timedelta(hours=allowed), "first_action_at": first}
        records.append(SafetyFlag(case_id=case.id, flag="no_food", **hours))
    return records + _later_records(one, case)


def _later_records(one: Someone, case: Case) -> list[Recorded]:
    records: list[Recorded] = []
    for due, done, status in one.tasks:
        task = FollowUp(case_id=case.id, type="welfare_check", due_on=due, done_at=at(done, 23) if done else None)
        records += [task, _event(one, task, None, "planned", one.opened)]
        if status != "planned":
            records.append(_event(one, task, "planned", status, done or due))
    records += [CaseNote(case_id=case.id, type="general", at=at(day), text="Came by.") for day in one.notes]
    for sent in one.sent:
        referral = Referral(
            case_id=case.id, direction="outgoing", service=sent.service, sent_at=at(sent.on, 1),
            accepted_at=at(sent.on) if sent.accepted else None, service_started_on=sent.started,
            outcome=sent.outcome, decline_reason=sent.declined, consent_line_id=uuid4() if sent.consent else None,
        )  # fmt: skip
        records.append(referral)
        for before, to in pairwise((None, *_way("referral", sent.status))):
            records.append(_event(one, referral, before, to or "", sent.on))
    if one.needs:
        asked = NeedsAssessment(case_id=case.id, done_on=one.opened)
        records.append(asked)
        for met in one.needs:
            said = {"need": "recover_wages", "agreed_with_client": True, "met_on": TODAY if met else None}
            records.append(NeedItem(case_id=case.id, assessment_id=asked.id, **said))
    records += [
        ConsentLine(case_id=case.id, scope="share_legal", answer=answer, at=at(one.opened)) for answer in one.consents
    ]
    return records


def _way(entity: str, to: str) -> list[str]:
    """The shortest way of the life cycle from nothing to a status."""
    ways = [[step.to] for step in steps_from(entity, None)]
    for way in ways:  # grows while it is walked
        if way[-1] == to:
            return way
        ways += [[*way, step.to] for step in steps_from(entity, way[-1]) if step.to not in way]
    raise ValueError(to)


def _event(
    one: Someone, of: Recorded, before: str | None, to: str, day: date, because: str | None = None
) -> StatusEvent:
    return StatusEvent(
        case_id=one.id, entity=of.__tablename__, entity_id=of.id, from_status=before, to_status=to, at=at(day, 12),
        reason_code=because,
    )  # fmt: skip
