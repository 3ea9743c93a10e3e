"""Builds a practice centre: a real vault, filled through the services, each event at its own moment."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from uuid import UUID

from sqlalchemy import Select, select

from casedesk.desk import Actor, Desk, now
from casedesk.errors import CaseDeskError
from casedesk.formats import DHAKA, day_in_dhaka
from casedesk.i18n import _
from casedesk.machine import lock_file
from casedesk.models import FollowUp, NeedItem, SafetyFlag, State
from casedesk.paths import PRACTICE
from casedesk.practice import PASSPHRASE, SIGN_IN_NAME, course, is_practice
from casedesk.practice.names import rows
from casedesk.practice.people import DAYS_OPEN, Journey, journeys
from casedesk.services import consents, drafts, follow_ups, notes, providers, sharing
from casedesk.services.case_status import set_status
from casedesk.services.edits import as_new
from casedesk.services.intake import register_case
from casedesk.services.providers import ServiceEdit
from casedesk.services.rates import set_cost_limit, set_rate
from casedesk.services.referrals.making import MakeReferral, make_referral
from casedesk.services.referrals.steps import take_step
from casedesk.services.safety_flags import act_on_flag
from casedesk.services.sign_in import NewCentre, set_up
from casedesk.services.users import add_user
from casedesk.storage.keys import FLOOR
from casedesk.storage.vault import LOCK, AlreadyOpen, vault_exists
from casedesk.values import Money

CENTRE = NewCentre(
    code="PRA",
    name_en="Practice centre, Dhaka",
    name_bn="অনুশীলন কেন্দ্র, ঢাকা",
    district="dhaka",
    user_name="Farzana Haque",
    sign_in_name=SIGN_IN_NAME,
    passphrase=PASSPHRASE,
    language="en",
    address="House 00, Road 00, Dhaka (practice)",
    phone="02-0000-0000",
    practice=True,
)
COLLEAGUES = (("Kamrul Hasan", "kamrul"), ("Rumana Akter", "rumana"))
TOLD_EACH = 10  # people
CONTACTS = ("welfare_check", "safety_check")
Report = Callable[[int, int], object]


class NotPractice(CaseDeskError):
    """The folder holds something that no practice centre made."""

    def __init__(self) -> None:
        super().__init__(
            _("There is a vault in this folder that is not a practice centre."),
            hint=_("Nothing was changed. Choose another folder."),
        )


class Clock:
    """A clock that is set to each moment in turn."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment


@dataclass(frozen=True, slots=True)
class _Entry:
    """One event of one case, or its registering where there is none."""

    at: datetime
    order: int
    journey: Journey
    event: course.Event | None


def open_or_build(
    folder: Path,
    *,
    people: int = 500,
    seed: int = 1,
    clock: Callable[[], datetime] = now,
    progress: Report | None = None,
) -> None:
    """See to it that the practice centre is there: as it was left today, or built anew, as its days end with today."""
    marker = f"{day_in_dhaka(clock())} {people} {seed}\n"
    if vault_exists(folder):
        if not is_practice(folder):
            raise NotPractice
        if (folder / PRACTICE).read_text(encoding="ascii") == marker:
            return
        _refuse_open(folder)
    half = folder.with_name(folder.name + ".half")  # a build that is cut short is not taken for a centre
    if half.exists():
        shutil.rmtree(half)
    build(half, people=people, seed=seed, clock=clock, progress=progress)
    (half / PRACTICE).write_text(marker, encoding="ascii")
    if folder.exists():
        shutil.rmtree(folder)
    half.rename(folder)


def build(
    folder: Path,
    *,
    people: int = 500,
    seed: int = 1,
    clock: Callable[[], datetime] = now,
    progress: Report | None = None,
) -> None:
    """Make a practice centre in an empty folder. `progress` is told how many of how many people are registered."""
    today = day_in_dhaka(clock())
    chance = Random(seed)  # noqa: S311 - invented people are no secret
    invented = sorted(islice(journeys(seed, today), people), key=lambda one: one.registered_at)
    at = Clock(_opening(today))
    desk, recovery = set_up(folder, CENTRE, FLOOR, at, device="P1")
    recovery.wipe()
    try:
        desks = [desk, *_colleagues(desk)]
        building = Building(desks, at, _partners(desk, today, at), today)
        _recruiters(desk)
        registered = 0
        for entry in _in_order(invented):
            if entry.event is None:
                if progress is not None and registered % TOLD_EACH == 0:
                    progress(registered, people)
                registered += 1
            at.moment = entry.at
            building.enter(entry)
        at.moment = clock()
        _rates_and_limits(desk, chance)
        _begun_intakes(desk, seed, today, people)
    finally:
        desk.store.vault.close()


def _refuse_open(folder: Path) -> None:
    """Nobody's centre goes away under their hands."""
    try:
        lock_file(folder / LOCK).close()
    except BlockingIOError:
        raise AlreadyOpen from None


def _opening(today: date) -> datetime:
    return datetime.combine(today - timedelta(days=DAYS_OPEN + 30), datetime.min.time(), DHAKA) + timedelta(hours=9)


def _in_order(invented: list[Journey]) -> list[_Entry]:
    entries = [_Entry(journey.registered_at, place, journey, None) for place, journey in enumerate(invented)]
    for place, journey in enumerate(invented):
        entries += [_Entry(event.at, place, journey, event) for event in journey.later]
    return sorted(entries, key=lambda entry: (entry.at, entry.order))


def _colleagues(desk: Desk) -> Iterator[Desk]:
    """The desks of two caseworkers, at the same computer."""
    for name, sign_in_name in COLLEAGUES:
        user = add_user(
            desk, name=name, sign_in_name=sign_in_name, roles=["caseworker"], passphrase=PASSPHRASE, cost=FLOOR
        )
        yield replace(desk, actor=Actor(user, name, frozenset({"caseworker"})))


def _partners(desk: Desk, today: date, at: Clock) -> dict[str, UUID]:
    """The directory; how many places are free was asked at different times."""
    found = {}
    for place, row in enumerate(rows("partners")):
        values: dict[str, object] = {
            name: row[name] or None
            for name in ("type", "name_en", "name_bn", "address", "hours", "focal_person", "takes", "accessible")
        }
        values |= {
            "districts": row["districts"].split(";"),
            "phone": f"+880170000{place:04d}",
            "can_receive_restricted": True if row["restricted"] else None,
            "women_only": True if row["women_only"] else None,
            "agreement_until": today + timedelta(days=30 * int(row["agreement_months"] or 0))
            if row["agreement_months"]
            else None,
            "languages": ["bangla"],
        }
        services = [
            ServiceEdit(as_new(_service(each, today))) for each in rows("services") if each["partner"] == row["code"]
        ]
        at.moment += timedelta(minutes=3)
        found[row["code"]] = providers.save_provider(desk, None, as_new(values), services)
    return found


def _service(row: dict[str, str], today: date) -> dict[str, object]:
    return {
        "service": row["service"],
        "capacity": int(row["capacity"]) if row["capacity"] else None,
        "functional": row["functional"],
        "eligibility": row["eligibility"] or None,
        "cost": row["cost"] or None,
        "last_verified_on": today - timedelta(days=int(row["checked_days_ago"])),
    }


def _recruiters(desk: Desk) -> None:
    for row in rows("recruiters"):
        values: dict[str, object] = {
            name: row[name] or None for name in ("type", "name", "licence_no", "licence_status", "district")
        }
        values["licence_checked_on"] = desk.today() if row["licence_no"] else None
        providers.save_recruiter(desk, None, as_new(values))


def _rates_and_limits(desk: Desk, chance: Random) -> None:
    for row in rows("rates"):
        paisa = round(float(row["taka"]) * 100 * chance.uniform(0.99, 1.01))
        set_rate(desk, row["currency"], Money(max(1, paisa), "bdt"), "practice")
    for row in rows("limits"):
        set_cost_limit(desk, row["country"], Money(int(row["taka"]) * 100, "bdt"), "practice")


def _begun_intakes(desk: Desk, seed: int, today: date, people: int) -> None:
    """Two intakes that somebody has begun and not registered."""
    for place, journey in enumerate(islice(journeys(seed, today), people, people + 2)):
        kept = (
            ("consent_line.", "consent.", "person.", "identity_document.", "case.case_subject")
            if place == 0
            else ("person.name",)
        )
        answers = {key: value for key, value in journey.answers.items() if key.startswith(kept)}
        drafts.begin_draft(desk, "full" if place == 0 else "quick", answers)


class Building:
    """Enters events through the services, as the colleague whose case it is."""

    def __init__(self, desks: list[Desk], clock: Clock, partners: dict[str, UUID], today: date) -> None:
        self._desks = desks
        self._clock = clock
        self._partners = partners
        self._today = today
        self._cases: dict[int, UUID] = {}
        self._referrals: dict[tuple[int, int], UUID] = {}

    def enter(self, entry: _Entry) -> None:
        desk = self._desks[entry.journey.worker]
        if entry.event is None:
            self._cases[entry.order] = register_case(desk, entry.journey.answers)
            return
        self._do(desk, entry.order, self._cases[entry.order], entry.event)

    def _do(self, desk: Desk, order: int, case_id: UUID, event: course.Event) -> None:
        match event:
            case course.Contact():
                self._contact(desk, case_id, event)
            case course.Snooze():
                self._snooze(desk, case_id, event)
            case course.Note():
                notes.add_note(desk, case_id, event.kind, event.text)
            case course.Status():
                self._status(case_id, event)
            case course.Ask():
                asked = consents.RecordConsent({event.scope: "given"}, method="verbal", giver=event.giver)
                consents.record_consent(desk, case_id, asked)
            case course.Withdraw():
                consents.withdraw(desk, case_id, event.scope, event.reason)
            case course.ActOnFlag():
                for flag in _ids(desk, select(SafetyFlag.id).where(SafetyFlag.case_id == case_id)):
                    act_on_flag(desk, case_id, flag, action=event.action, cleared_because=event.over)
            case course.Refer():
                self._referrals[order, event.key] = self._refer(desk, case_id, event)
            case course.Step():
                key = order, event.key
                take_step(desk, self._referrals[key], event.to, event.values, reason=event.reason)

    def _contact(self, desk: Desk, case_id: UUID, event: course.Contact) -> None:
        self._compared(desk, case_id)
        due = self._due(desk, case_id)
        said = follow_ups.RecordFollowUp(
            result=event.result,
            method=event.method,
            client_situation=event.situation,
            note=event.note,
            next_due_on=event.next_due_on,
        )
        if due is None:
            follow_ups.record_contact(desk, case_id, said)
        else:
            follow_ups.record(desk, due, said)

    def _snooze(self, desk: Desk, case_id: UUID, event: course.Snooze) -> None:
        due = self._due(desk, case_id)
        if due is not None:
            follow_ups.snooze(desk, due, event.to, event.reason)

    def _due(self, desk: Desk, case_id: UUID) -> UUID | None:
        """The contact that is planned first."""
        return next(_ids(desk, _planned(case_id).where(FollowUp.type.in_(CONTACTS)).order_by(FollowUp.due_on)), None)

    def _compared(self, desk: Desk, case_id: UUID) -> None:
        """Who takes up a case also answers what the program asked about it: whether two people are one."""
        for task in _ids(desk, _planned(case_id).where(FollowUp.type == "other", FollowUp.referral_id.is_(None))):
            follow_ups.record(desk, task, follow_ups.RecordFollowUp(note="Compared: two people (practice)"))

    def _status(self, case_id: UUID, event: course.Status) -> None:
        """Steps of a case are taken by the supervisor, who may close it too."""
        desk = self._desks[0]
        if event.to == "closed":
            for follow_up in _ids(desk, _planned(case_id)):
                follow_ups.cancel(desk, follow_up, event.reason or "")
        set_status(desk, case_id, event.to, reason_code=event.reason_code, reason=event.reason, until=event.until)

    def _refer(self, desk: Desk, case_id: UUID, event: course.Refer) -> UUID:
        partner = self._partners[event.partner]
        need = select(NeedItem.id).where(NeedItem.case_id == case_id, NeedItem.need == event.need)
        shares = sharing.what_may_be_shared(desk, case_id, event.service, partner)
        command = MakeReferral(
            case_id=case_id,
            service=event.service,
            provider_id=partner,
            need_id=next(_ids(desk, need), None),
            reason="additional_services",
            priority=event.priority,
            request=event.request,
            summary_shared=event.summary,
            fields_shared=tuple(share.key for share in shares if share.ticked),
            as_draft=event.as_draft,
        )
        return make_referral(desk, command)


def _ids(desk: Desk, wanted: Select[UUID]) -> Iterator[UUID]:
    with desk.read() as session:
        return iter(list(session.scalars(wanted)))


def _planned(case_id: UUID) -> Select[UUID]:
    return (
        select(FollowUp.id)
        .join(State, State.entity_id == FollowUp.id)
        .where(FollowUp.case_id == case_id, State.status == "planned")
    )
