"""What the intake asks the store while it is filled in. It only reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from casedesk import codelists
from casedesk.desk import Desk
from casedesk.errors import Problem
from casedesk.services import triage
from casedesk.services.answers import CONSENT, Answers, several
from casedesk.services.clock import clock_is_wrong
from casedesk.services.intake import known
from casedesk.services.office import office, thresholds
from casedesk.services.permissions import needs
from casedesk.services.preferences import preferences
from casedesk.services.rates import rates
from casedesk.services.rules import problems
from casedesk.services.triage import Thresholds
from casedesk.values import PartialDay

PLACE, COUNTRY = "intake_place", "last_country"  # names of preferences
USUAL_PLACE, USUAL_LANGUAGE = "centre_office", "bangla"
AIRPORT = "airport"
REQUIRED_CONSENT = tuple(CONSENT + scope for scope in codelists.get("consent_scope").where("required_for_registration"))


@dataclass(frozen=True, slots=True)
class Settings:
    """What the suggestion depends on beside the answers."""

    thresholds: Thresholds
    rates: Mapping[str, int]
    clock_doubted: bool = False  # no date is filled in by itself meanwhile


@needs("case.draft")
def settings(desk: Desk) -> Settings:
    doubted = clock_is_wrong(desk)
    with desk.read() as session:
        return Settings(thresholds(session), rates(session), doubted)


@needs("case.draft")
def defaults(desk: Desk, *, quick: bool) -> dict[str, object]:
    """The answers an intake begins with (DOMAIN 6)."""
    liked = preferences(desk)
    place = liked.get(PLACE, USUAL_PLACE)
    country, _space, used_on = liked.get(COUNTRY, "").partition(" ")
    centre = office(desk).district
    found: dict[str, object] = {
        "case.case_subject": "returnee",
        "case.intake_place": place,
        "case.intake_district": centre,
        "case.language_of_interview": USUAL_LANGUAGE,
        "consent.giver": "self",
        "consent.language": USUAL_LANGUAGE,
    }
    doubted = clock_is_wrong(desk)
    if country and not doubted and used_on == desk.today().isoformat():
        found["migration_episode.destination_country"] = country
    if place == AIRPORT and not doubted:
        found["migration_episode.returned_on"] = PartialDay(desk.today())
    if quick:
        found["person.district"] = centre
    return {key: value for key, value in found.items() if value}


@needs("case.draft")
def look_again(desk: Desk, answers: Answers, *, registering: bool = False) -> dict[str, tuple[Problem, ...]]:
    """What needs another look, with what the store knows."""
    with desk.read() as session:
        return problems(answers, desk.today(), registering=registering, known=known(session, desk, answers))


def proposals(answers: Answers, settings: Settings, today: date) -> dict[str, object]:
    """What the program proposes from the flags: a priority, and the day of the next contact if the clock is right."""
    category = answers.get("case.category") or suggestion(answers, settings).category
    priority = triage.proposed_priority(answers, category if isinstance(category, str) else None)
    chosen = answers.get("case.priority")
    contact = triage.next_contact(chosen if isinstance(chosen, str) else priority, today)
    return {"case.priority": priority, "case.next_contact_on": None if settings.clock_doubted else contact}


def suggestion(answers: Answers, settings: Settings) -> triage.Result:
    return triage.suggest_from(answers, settings.thresholds, settings.rates)


def first_steps(answers: Answers) -> list[tuple[str, int | None]]:
    """What cannot wait: services by code, the soonest first, with the hours there are."""
    rows = [codelists.get("safety_flag").find(code) for code in several(answers, "safety_flag.flags")]
    flags = sorted((row for row in rows if row is not None), key=lambda row: int(row.extra["response_hours"]))
    found: dict[str, int | None] = {}
    for row in flags:
        found.setdefault(row.extra["suggested_service"], int(row.extra["response_hours"]))
    return list(found.items())


def need_for(services: Iterable[str]) -> dict[str, str]:
    """The need that each service answers, as far as there is one: service → need."""
    found: dict[str, str] = {}
    for row in codelists.get("need"):
        found.setdefault(row.extra["default_service_type"], row.code)
    return {service: found[service] for service in services if service in found}


def refused(answers: Answers) -> bool:
    """Whether they said no to what nobody can be registered without."""
    return any(answers.get(key) == "refused" for key in REQUIRED_CONSENT)
