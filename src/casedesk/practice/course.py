"""What happens in a case after registering: contacts, steps, referrals, consents; each at its own moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from casedesk import codelists
from casedesk.practice.names import a_text, rows
from casedesk.practice.times import after, office_hour
from casedesk.services.case_status import LONGEST_HOLD
from casedesk.services.consents import scope_for


@dataclass(frozen=True, slots=True)
class Event:
    """Something that is written down at a moment."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Contact(Event):
    """The contact that is due is made, or tried."""

    result: str
    method: str
    situation: str | None
    note: str
    next_due_on: date | None


@dataclass(frozen=True, slots=True)
class Snooze(Event):
    """The contact that is due is put off."""

    to: date
    reason: str


@dataclass(frozen=True, slots=True)
class Note(Event):
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Status(Event):
    to: str
    reason_code: str | None = None
    reason: str | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Ask(Event):
    """Consent for one more purpose is asked."""

    scope: str
    giver: str


@dataclass(frozen=True, slots=True)
class Withdraw(Event):
    scope: str
    reason: str


@dataclass(frozen=True, slots=True)
class ActOnFlag(Event):
    action: str
    over: str


@dataclass(frozen=True, slots=True)
class Refer(Event):
    """A referral is prepared. `key` names it within the case."""

    key: int
    partner: str
    service: str
    need: str
    priority: str
    request: str
    summary: str
    as_draft: bool


@dataclass(frozen=True, slots=True)
class Step(Event):
    """A referral goes one step on."""

    key: int
    to: str
    values: Mapping[str, object] = field(default_factory=dict)
    reason: str = ""


# What becomes of a referral, and how often among the others.
PATHS: Mapping[str, int] = {
    "completed": 7, "sent": 2, "accepted": 2, "in_service": 2, "declined": 2, "ready": 1, "acknowledged": 1,
    "expired": 1, "no_show": 1, "again": 1, "client_declined": 1, "cancelled": 1, "draft": 1,
}  # fmt: skip
STEPS: Mapping[str, tuple[str, ...]] = {
    "draft": (), "ready": (), "sent": ("sent",), "acknowledged": ("sent", "acknowledged"),
    "accepted": ("sent", "acknowledged", "accepted"), "in_service": ("sent", "accepted", "in_service"),
    "completed": ("sent", "accepted", "in_service", "completed"), "declined": ("sent", "acknowledged", "declined"),
    "expired": ("sent", "expired"), "no_show": ("sent", "accepted", "no_show"),
    "again": ("sent", "accepted", "no_show", "ready", "sent"), "client_declined": ("sent", "client_declined"),
    "cancelled": ("sent", "cancelled"),
}  # fmt: skip
ENDED = ("completed", "declined", "expired", "client_declined", "cancelled")
BACK = {  # how many days ago an unfinished referral was made
    "draft": (0, 6), "ready": (0, 3), "sent": (1, 19), "acknowledged": (4, 17), "accepted": (8, 28),
    "in_service": (15, 70), "no_show": (9, 25), "again": (14, 24),
}  # fmt: skip
LONGEST = {"expired": 24, "completed": 30}
ROADS: Mapping[str, tuple[str, ...]] = {
    "registered": (), "assessment": ("assessment",), "active": ("assessment", "active"),
    "monitoring": ("assessment", "active", "monitoring"), "on_hold": ("assessment", "active", "on_hold"),
    "closed": ("assessment", "active", "monitoring", "closed"),
}  # fmt: skip
BETWEEN_CONTACTS = {"urgent": 5, "high": 16, "medium": 30, "low": 50}
A_FEW = 30  # people
A_WHILE, TO_APPOINTMENT, CONSENT_LASTS = timedelta(hours=2), timedelta(hours=18), timedelta(days=150)
OPEN_LATE = ("later",) * 40 + ("today", "overdue")


class Deck:
    """Deals the paths of referrals: first each of them once, then by how often they happen."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._cards = list(PATHS)

    def deal(self, fits: Sequence[str]) -> str:
        if not self._cards:
            self._cards = [path for path, count in PATHS.items() for _card in range(count)]
            self._chance.shuffle(self._cards)
        path = next((card for card in self._cards if card in fits), None)
        if path is None:
            return self._chance.choice(fits)
        self._cards.remove(path)
        return path


def of_case(
    chance: Random,
    place: int,
    answers: dict[str, object],
    registered_at: datetime,
    today: date,
    status: str,
    deck: Deck,
) -> tuple[Event, ...]:
    """The events of a case up to the day before `today`, in order. May add consents to the answers."""
    course = Course(chance, place, answers, registered_at, today, status)
    return tuple(sorted(course.events(deck), key=lambda event: event.at))


class Course:
    """Makes the events of one case."""

    def __init__(
        self, chance: Random, place: int, answers: dict[str, object], began: datetime, today: date, status: str
    ) -> None:
        self.chance = chance
        self.place = place
        self.answers = answers
        self.began = began
        self.today = today
        self.age = (today - began.date()).days
        self.status = status or self._status()
        self.language = "bn" if chance.random() < 0.7 else "en"
        self.ends: datetime | None = None  # when the case closed

    def events(self, deck: Deck) -> Iterator[Event]:
        """In no order."""
        steps = list(self._steps())
        if self.status == "closed" and steps:
            self.ends = steps[-1].at
        referrals = list(self._referrals(deck))
        yield from steps
        yield from referrals
        yield from self._contacts()
        yield from self._notes()
        yield from self._flags()
        if self._often(3) and self.age > 30 and self.status != "closed":
            yield from self._withdrawal(max((event.at for event in referrals), default=self.began))

    def _often(self, percent: int) -> bool:
        return self.chance.random() * 100 < percent

    def _after(self, moment: datetime, days: int) -> datetime:
        return after(self.chance, moment, days, before=self.today)

    def _text(self, key: str) -> str:
        return a_text(self.chance, key, self.language)

    def _status(self) -> str:
        weights = {
            6: (78, 22, 0, 0, 0, 0), 30: (22, 44, 32, 0, 2, 0),
            100: (5, 10, 62, 8, 6, 9), 10_000: (2, 3, 27, 17, 5, 46),
        }  # fmt: skip
        chosen = next(row for limit, row in weights.items() if self.age < limit)
        return self.chance.choices(list(ROADS), chosen)[0]

    def _steps(self) -> Iterator[Status]:
        """Steps in the life of the case, spread over its age."""
        road = ROADS[self.status]
        moment = self.began
        for place, to in enumerate(road, start=1):
            room = max(1, (self.today - moment.date()).days - 1)
            days = max(
                1, min(room, round(self.age * place / (len(road) + 1)) - (moment.date() - self.began.date()).days)
            )
            moment = self._after(moment, self.chance.randint(max(1, days // 2), days))
            if moment.date() >= self.today:
                return
            if to == "closed":
                met = self._often(72)
                code = self.chance.choice(("goals_achieved", "needs_met_as_possible")) if met else "no_contact"
                yield Status(moment, to, code, self._text("close.good" if met else "close.none"))
            elif to == "on_hold":
                until = moment.date() + timedelta(days=min(LONGEST_HOLD, (self.today - moment.date()).days + 14))
                yield Status(moment, to, "client_away", self._text("hold"), until)
            else:
                yield Status(moment, to)

    # Referrals

    def _referrals(self, deck: Deck) -> Iterator[Event]:
        if self.age < 3 or (self.place > A_FEW and not self._often(50)):
            return
        needs = [str(need) for need in self._list("need_item.needs")]
        for key, need in enumerate(needs[: 2 if self._often(12) or self.place < A_FEW else 1]):
            service = codelists.get("need")[need].extra["default_service_type"]
            partner = self._partner(service)
            if partner is not None:
                yield from self._referral(key, need, service, partner, deck)

    def _list(self, key: str) -> list[object]:
        found = self.answers.get(key)
        return found if isinstance(found, list) else []

    def _partner(self, service: str) -> dict[str, str] | None:
        offering = {row["partner"] for row in rows("services") if row["service"] == service}
        usable = [
            row
            for row in rows("partners")
            if row["code"] in offering and not (row["women_only"] and self.answers["person.sex_gender"] != "female")
        ]
        near = [row for row in usable if self.answers.get("person.district") in row["districts"].split(";")]
        return self.chance.choice(near or usable) if usable else None

    def _referral(self, key: int, need: str, service: str, partner: dict[str, str], deck: Deck) -> Iterator[Event]:
        path = deck.deal(self._possible_paths())
        made = self._made(path)
        scope = scope_for(service, partner["type"])
        agreed = self.answers.get(f"consent_line.{scope}") == "given"
        if path != "draft" and not agreed and (made - self.began < A_WHILE or self._often(60)):
            self.answers[f"consent_line.{scope}"], agreed = "given", True
        if path != "draft" and (not agreed or made - self.began > CONSENT_LASTS):
            yield Ask(made - timedelta(minutes=6), scope, str(self.answers["consent.giver"]))
        group = codelists.get("service_type")[service].extra["group"]
        yield Refer(
            made,
            key,
            partner["code"],
            service,
            need,
            str(self.answers["case.priority"]),
            self._said("request", group),
            self._said("shared", group),
            as_draft=path == "draft",
        )
        yield from self._path(key, path, made)

    def _said(self, what: str, group: str) -> str:
        known = {row["key"] for row in rows("texts")}
        return self._text(f"{what}.{group}" if f"{what}.{group}" in known else f"{what}.other")

    def _possible_paths(self) -> list[str]:
        """The ways a referral can have gone in the time there was."""
        room = ((self.ends.date() if self.ends else self.today) - self.began.date()).days
        ended = [path for path in ENDED if room > LONGEST.get(path, 14) + 4]
        unfinished = [] if self.ends else [path for path, days in BACK.items() if self.age > days[0] + 2]
        return [*ended, *unfinished] or ["cancelled"]

    def _made(self, path: str) -> datetime:
        if path in BACK and self.ends is None:
            least, most = BACK[path]
            days = self.chance.randint(least, max(least, min(most, self.age - 2)))
            return max(self._at(self.today - timedelta(days=max(1, days))), self.began + timedelta(minutes=30))
        room = ((self.ends.date() if self.ends else self.today) - self.began.date()).days - LONGEST.get(path, 14)
        return self._after(self.began, self.chance.randint(1, max(1, min(25, room - 3))))

    def _at(self, day: date) -> datetime:
        return office_hour(self.chance, day, before=self.today)

    def _path(self, key: int, path: str, made: datetime) -> Iterator[Step]:
        moment = made
        steps = STEPS[path]
        for to in steps:
            days = 18 if to == "expired" else 0 if to == "sent" else self.chance.randint(1, 6)
            following = self._after(moment, days)
            if following.date() >= self.today or (self.ends is not None and following >= self.ends):
                return
            if to == "no_show" and following < moment + TO_APPOINTMENT:
                return
            moment = following
            yield self._step(key, to, moment)

    def _step(self, key: int, to: str, moment: datetime) -> Step:
        values: dict[str, object] = {}
        reason = ""
        match to:
            case "sent":
                values = {"sent_by_method": self.chance.choice(("paper", "paper", "by_hand", "phone"))}
            case "acknowledged":
                values = {"acknowledged_by_name": "Desk officer (practice)"}
            case "accepted":
                values = {"appointment_at": moment + TO_APPOINTMENT}
            case "in_service":
                values = {"service_started_on": moment.date()}
            case "completed":
                good = self._often(75)
                values = {
                    "outcome": "service_received_full" if good else "service_received_partial",
                    "outcome_text": self._text("outcome.good" if good else "outcome.part"),
                    "service_ended_on": moment.date(),
                    "client_satisfied": "yes" if good else "unknown",
                }
            case "declined":
                reasons = ("no_capacity", "missing_documents", "not_eligible", "service_not_functional")
                values = {"decline_reason": self.chance.choice(reasons)}
            case "client_declined":
                values = {"outcome": "client_dropped_out", "outcome_text": self._text("outcome.none")}
            case "cancelled":
                reason = self._text("cancel")
        return Step(moment, key, to, values, reason)

    # Contacts

    def _contacts(self) -> Iterator[Event]:
        ending = "later" if self.status == "closed" else self._ending()
        due = self.answers["case.next_contact_on"]
        gap = float(BETWEEN_CONTACTS[str(self.answers["case.priority"])])
        moment = self.began
        if self.answers.get("case.not_private"):
            asked = self._after(moment, 1)
            if asked.date() >= self.today:
                return
            yield Contact(asked, "done", "office_visit", "same", self._text("contact.same"), None)
            moment = asked
        while isinstance(due, date):
            done = max(self._at(max(due, self.began.date() + timedelta(days=1))), moment + timedelta(minutes=9))
            if done.date() < due or done.date() >= self.today or (self.ends is not None and done >= self.ends):
                return
            gap = min(gap * 2.2, 130)
            due = self._next_due(done.date(), round(gap), ending)
            if due <= done.date():
                return
            moment = done
            yield self._contact(done, due)
            if due < self.today and ending == "overdue" and due >= self.today - timedelta(days=9):
                return

    def _ending(self) -> str:
        if self.place < A_FEW:  # so that also a small centre has both
            return {4: "today", 11: "overdue"}.get(self.place % 23, "later")
        return self.chance.choice(OPEN_LATE)

    def _next_due(self, done: date, gap: int, ending: str) -> date:
        due = done + timedelta(days=gap)
        if due < self.today or ending == "later":
            return max(due, self.today + timedelta(days=1)) if due == self.today else due
        if ending == "today":
            return self.today
        return max(self.today - timedelta(days=self.chance.randint(1, 9)), done + timedelta(days=1))

    def _contact(self, at: datetime, next_due_on: date) -> Event:
        if self._often(4):
            return Snooze(at, next_due_on, self._text("snooze"))
        method = str(self.answers.get("person.preferred_contact", "phone_call"))
        if self._often(10):
            return Contact(at, "tried_no_contact", method, None, self._text("contact.none"), next_due_on)
        how = self.chance.choices(("better", "same", "worse"), (52, 36, 12))[0]
        return Contact(at, "done", method, how, self._text(f"contact.{how}"), next_due_on)

    # The rest

    def _notes(self) -> Iterator[Note]:
        until = (self.ends.date() if self.ends else self.today) - timedelta(days=1)
        room = (until - self.began.date()).days
        for _note in range(self.chance.choice((0, 0, 0, 1, 2)) if room > 1 else 0):
            kind = self.chance.choice(
                ("general", "general", "contact", "home_visit", "supervision", "counselling", "legal", "safety")
            )
            yield Note(self._after(self.began, self.chance.randint(1, room)), kind, self._text(f"note.{kind}"))

    def _flags(self) -> Iterator[ActOnFlag]:
        if not self._list("safety_flag.flags"):
            return
        acted = self.began + timedelta(minutes=35)
        if acted.date() < self.today:
            over = self._text("flag.over") if self.age > 10 and self._often(80) else ""
            yield ActOnFlag(acted, self._text("flag.action"), "")
            if over:
                yield ActOnFlag(self._after(acted, self.chance.randint(2, 7)), "", over)

    def _withdrawal(self, after_all: datetime) -> Iterator[Withdraw]:
        given = [key for key, answer in self.answers.items() if key.startswith("consent_line.") and answer == "given"]
        scopes = [key.partition(".")[2] for key in given]
        usable = [scope for scope in scopes if scope not in ("case_services", "store_data", "sensitive_data")]
        at = max(self._at(self.today - timedelta(days=self.chance.randint(1, 9))), after_all + timedelta(minutes=7))
        if usable and at.date() < self.today:
            yield Withdraw(at, self.chance.choice(usable), self._text("withdraw"))
