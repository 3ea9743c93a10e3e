"""Invented returnees: the answers of each intake, and what happens in the case afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from casedesk import codelists
from casedesk.formats import minor_digits
from casedesk.practice import course
from casedesk.practice.course import Event
from casedesk.practice.names import (
    a_community,
    a_district,
    a_name,
    a_text,
    a_village,
    an_upazila,
    rows,
)
from casedesk.practice.situations import SITUATIONS, SUCCESS, VICTIM, Situation
from casedesk.practice.times import office_hour
from casedesk.services import triage
from casedesk.services.triage import Thresholds
from casedesk.values import Money, PartialDay, Precision

DAYS_OPEN = 420
REQUIRED = ("case_services", "store_data")
USUALLY = {  # how many of a hundred agree, and how many say no; the others are not asked yet
    "contact_me": (92, 4), "sensitive_data": (70, 12), "statistics": (78, 12), "share_legal": (40, 8),
    "share_reintegration": (48, 6), "share_government_welfare": (45, 8), "share_partner_ngo": (52, 9),
    "share_health": (24, 5), "share_psychosocial": (20, 9), "sync_central_coded": (66, 10),
    "contact_family": (30, 34), "home_visit": (38, 24), "donor_case_example": (12, 40), "media": (3, 55),
    "recruiter_practice_report": (28, 14), "photo_audio": (14, 30), "share_police": (5, 22), "share_union": (10, 10),
}  # fmt: skip
FIRST_STATES = ("registered", "registered", "assessment", "active", "active", "monitoring", "on_hold", "closed")
AGES_OF_CASES = {  # for the first people of a centre, so that also a small one shows everything
    "registered": (1, 4), "assessment": (8, 20), "active": (35, 90), "monitoring": (110, 200), "on_hold": (50, 120),
    "closed": (160, 380),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Journey:
    """One person of the practice centre. `worker` counts the colleagues from nought, the first one signs in."""

    situation: str
    registered_at: datetime
    worker: int
    answers: dict[str, object]
    later: tuple[Event, ...]


def journeys(seed: int, today: date) -> Iterator[Journey]:
    """People without end, the same ones for the same seed and day."""
    chance = Random(seed)  # noqa: S311 - invented people are no secret
    weights = [situation.weight for situation in SITUATIONS]
    deck = course.Deck(chance)
    for place in range(10_000_000):
        situation = chance.choices(SITUATIONS, weights)[0] if place >= len(SITUATIONS) else SITUATIONS[place]
        yield _journey(chance, place, situation, today, deck)


def _journey(chance: Random, place: int, situation: Situation, today: date, deck: course.Deck) -> Journey:
    first_of_all = place < 3 * len(FIRST_STATES)
    status = FIRST_STATES[place % len(FIRST_STATES)] if first_of_all else ""
    age = chance.randint(*AGES_OF_CASES[status]) if status else int(DAYS_OPEN * chance.random() ** 1.5) + 1
    registered_at = office_hour(chance, today - timedelta(days=age), before=today)
    answers = Intake(chance, situation, registered_at.date(), place).answers()
    later = course.of_case(chance, place, answers, registered_at, today, status, deck)
    return Journey(situation.name, registered_at, chance.choice((0, 0, 0, 1, 2)), answers, later)


def taka_for(currency: str) -> int:
    """Minor units of taka for one whole unit of a currency, as the practice centre knows it."""
    found = {row["currency"]: round(float(row["taka"]) * 100) for row in rows("rates")}
    return found.get(currency, 100)


class Intake:
    """Makes the answers of one intake, part by part."""

    def __init__(self, chance: Random, situation: Situation, on: date, place: int) -> None:
        self.chance = chance
        self.situation = situation
        self.on = on
        self.place = place
        may_be_brief = situation.subject == "returnee" and not situation.underpaid  # those are asked about their wages
        self.airport = situation.name == "arriving" or (may_be_brief and chance.random() < 0.1)
        self.district = a_district(chance)
        self.sex = chance.choice(situation.sexes)
        self.age = chance.randint(*situation.ages)
        self.minor = self.age < 18
        self.language = "bn" if chance.random() < 0.7 else "en"
        self.country = self._country()

    def answers(self) -> dict[str, object]:
        """The whole intake, decided as the triage suggests, mostly."""
        found = self._person() | self._consent() | self._journey() | self._money() | self._happened()
        found |= self._needs() | self._safety()
        found |= {"case.case_subject": self.situation.subject}
        found |= self._decision(found)
        return {key: value for key, value in found.items() if value is not None}

    def _often(self, percent: int) -> bool:
        return self.chance.random() * 100 < percent

    def _country(self) -> str:
        if self.situation.countries:
            return self.chance.choice(self.situation.countries)
        ranked = [
            (row.code, int(row.extra["top_rank"]))
            for row in codelists.get("destination_country")
            if row.extra["top_rank"] and row.code != "in"
        ]
        return self.chance.choices([code for code, _rank in ranked], [rank**-1.25 for _code, rank in ranked])[0]

    def _person(self) -> dict[str, object]:
        community = a_community(self.chance, self.district)
        name = a_name(self.chance, self.sex, self.district, community)
        father = a_name(self.chance, "male", self.district, community)
        village = a_village(self.chance)
        found: dict[str, object] = {
            "person.name_bn": name.bn,
            "person.name_en": name.en if self._often(75) else None,
            "person.sex_gender": self.sex,
            "person.district": self.district,
            "person.upazila": an_upazila(self.chance, self.district),
            "person.village_or_street": village.bn if self._often(60) else None,
            "person.father_name": father.bn if self._often(55) else None,
            "person.education": self._education(),
            "person.can_read": "no" if self._often(22) else "yes",
            "person.languages": ["bangla", "arabic"] if self._often(35) else ["bangla"],
            "person.marital_status": self._marriage(),
            "person.children_count": self.chance.choice((0, 1, 2, 2, 3)) if not self.minor else None,
        }
        if self._often(75) or self.minor:
            found["person.age_stated"] = self.age
        else:
            born = date(self.on.year - self.age, self.chance.randint(1, 12), self.chance.randint(1, 28))
            born = born.replace(year=born.year - 1) if (born.month, born.day) > (self.on.month, self.on.day) else born
            found["person.date_of_birth"] = PartialDay(born)
        return found | self._contact() | self._document() | self._guardian(father.bn)

    def _education(self) -> str:
        return self.chance.choice(
            ("can_sign_only", "primary_incomplete", "primary", "primary", "lower_secondary", "ssc_dakhil", "hsc_alim")
        )

    def _marriage(self) -> str:
        if self.minor:
            return "single"
        if self.situation.subject == "family_of_deceased":
            return "widowed"
        return self.chance.choice(("married", "married", "married", "married", "single", "separated", "divorced"))

    def _contact(self) -> dict[str, object]:
        if self._often(6):
            return {"person.safe_contact_rule": ["client_will_call"], "person.preferred_contact": "office_visit"}
        rules: tuple[list[str], ...] = (["any_time"], ["daytime_only"], ["evening_only"], ["only_if_client_answers"])
        rule = self.chance.choices(rules, (45, 25, 12, 18))[0]
        found: dict[str, object] = {"person.phone_1": f"+88017000{self.place % 100_000:05d}"}
        if self.situation.restricted:
            rule = ["do_not_name_centre", "no_messages", "only_if_client_answers"]
            found["person.safe_contact_note"] = a_text(self.chance, "contact_note", self.language)
        return found | {
            "person.safe_contact_rule": rule,
            "person.preferred_contact": self.chance.choice(("phone_call", "phone_call", "imo", "whatsapp")),
        }

    def _document(self) -> dict[str, object]:
        if self._often(12):
            return {"identity_document.type": "none"}
        kind = self.chance.choice(self.situation.papers)
        serial = 5_000_000 + self.place
        numbers = {
            "e_passport": f"X0{serial}",
            "mrp_passport": f"ZZ{serial}",
            "nid": f"900{serial}",
            "birth_registration": f"2009000000{serial}",
            "outpass": f"OP-{serial}",
        }
        return {
            "identity_document.type": kind,
            "identity_document.number": numbers[kind],
            "identity_document.held_by": self.chance.choice(self.situation.held_by),
        }

    def _guardian(self, father: str) -> dict[str, object]:
        if not self.minor:
            return {}
        return {"person.guardian": father, "person.guardian_safe": "yes"}

    def _consent(self) -> dict[str, object]:
        family = self.situation.subject != "returnee"
        giver = "parent" if self.minor else "next_of_kin" if self.situation.subject == "family_of_deceased" else "self"
        method = ("thumbprint", "signature", "signature", "verbal_witnessed", "verbal")
        found: dict[str, object] = {f"consent_line.{scope}": "given" for scope in REQUIRED}
        for scope, (yes, no) in USUALLY.items():
            drawn = self.chance.random() * 100
            if drawn < yes + no and not (self.airport and scope not in ("contact_me", "statistics")):
                found[f"consent_line.{scope}"] = "given" if drawn < yes else "refused"
        if family:
            found["consent_line.contact_family"] = "given"
        if self.situation.restricted:
            found["consent_line.sensitive_data"] = "given"
        return found | {
            "consent.giver": giver,
            "consent.method": self.chance.choice(method),
            "consent.language": self.chance.choice(("bangla", "bangla", "bangla", "chittagonian", "sylheti")),
            "consent.child_assent": "yes" if self.minor else None,
        }

    def _journey(self) -> dict[str, object]:
        back = self.on if self.airport else self.on - timedelta(days=int(400 * self.chance.random() ** 2) + 1)
        months = self.chance.randint(*self.situation.months)
        if not self.minor:  # grown up when they left
            months = max(1, min(months, (self.age - 19) * 12 - (self.on - back).days // 30))
        away = date(back.year - months // 12, back.month, 1) - timedelta(days=30 * (months % 12))
        found: dict[str, object] = {"migration_episode.destination_country": self.country}
        if self.situation.subject != "returnee":
            return found | {"migration_episode.manner_of_return": self.situation.manners[0]}
        reason = self.chance.choice(self.situation.reasons)
        others = [other for other in self.situation.reasons if other != reason]
        return found | {
            "migration_episode.departed_on": self._roughly(away, exact=25, month=45),
            "migration_episode.returned_on": PartialDay(back) if self.airport else self._roughly(back, 60, 35),
            "migration_episode.manner_of_return": self.chance.choice(self.situation.manners),
            "migration_episode.main_return_reason": reason,
            "migration_episode.return_reasons": others[:1] if others and self._often(30) else None,
            "migration_episode.occupation_abroad": self.chance.choice(self.situation.occupations),
            "migration_episode.visa_type": self.chance.choice(self.situation.visas),
            "migration_episode.wants_to_migrate_again": self.chance.choice(("yes", "no", "no", "unknown")),
        }

    def _roughly(self, day: date, exact: int, month: int) -> PartialDay:
        drawn = self.chance.random() * 100
        if drawn < exact:
            return PartialDay(day)
        if drawn < exact + month:
            return PartialDay.month(day)
        if drawn < exact + month + 5:
            return PartialDay(day.replace(day=1), Precision.ESTIMATED)
        return PartialDay(date(day.year, 1, 1), Precision.YEAR)

    def _money(self) -> dict[str, object]:
        if self.situation.subject != "returnee" or self.airport:
            return {}
        kind = self.chance.choice(self.situation.recruiters)
        named = [row["name"] for row in rows("recruiters") if row["type"] == kind]
        cost = self.chance.randint(*self.situation.cost) * 1000
        found: dict[str, object] = {
            "recruiter.type": kind,
            "recruiter.name": self.chance.choice(named) if named and self._often(80) else None,
            "cost_item.amount": _taka(cost),
            "cost_item.source_of_money": sorted(
                {
                    "family_savings",
                    self.chance.choice(("loan", "loan", "sold_land", "mortgaged_land", "sold_livestock")),
                }
            ),
        }
        if self.situation.category != SUCCESS and self._often(75):
            found["debt.outstanding"] = _taka(round(cost * self.chance.uniform(0.2, 0.9), -3))
            found["debt.source"] = self.chance.choice(
                ("money_lender_dadon", "ngo_mfi", "family_no_interest", "family_with_interest", "land_mortgage")
            )
        if self.situation.lost[1]:
            found["recruiter_involvement.amount_lost"] = _taka(self.chance.randint(*self.situation.lost) * 100_000)
        return found | self._wages()

    def _wages(self) -> dict[str, object]:
        promised = self.chance.randint(22, 48) * 1000
        actual = promised * (0.55 if self.situation.underpaid else 1)
        found: dict[str, object] = {
            "promised.wage": self._abroad(promised),
            "actual.wage": self._abroad(actual),
        }
        months = self.chance.randint(*self.situation.unpaid)
        if months:
            found["wages.months_unpaid"] = months
            found["wages.amount_owed"] = self._abroad(actual, months)
        return found

    def _abroad(self, taka: float, months: int = 1) -> Money:
        """An amount of taka as round money of the country."""
        currency = codelists.get("destination_country")[self.country].extra["default_currency"]
        currency = currency if any(row["currency"] == currency for row in rows("rates")) else "usd"
        units = taka * 100 / taka_for(currency)
        step = 10 ** max(0, len(str(int(units))) - 2)
        return Money(max(step, round(units / step) * step) * months * 10 ** minor_digits(currency), currency)

    def _happened(self) -> dict[str, object]:
        if self.situation.subject != "returnee" or self.situation.name == "arriving":
            return self._account() | ({"case.not_private": True} if self.airport else {})
        found: dict[str, object] = {}
        for row in codelists.get("triage_question"):
            found[f"triage.{row.code}"] = "yes" if row.code.split("_")[0] in self.situation.yes else "no"
        if not self.situation.restricted and self._often(8):  # nobody has to answer
            found["triage.t07_sexual"] = "declined"
        violations = [*self.situation.violations]
        if self.situation.sometimes and self._often(60):
            violations.append(self.chance.choice(self.situation.sometimes))
        if violations:
            found |= {
                "incident.violations": sorted(violations),
                "incident.told_by": self.chance.choice(("client", "client", "client", "document", "witness")),
                "incident.status": self.chance.choice(("alleged", "alleged", "alleged", "corroborated")),
                "incident.stage": "destination",
            }
        return found | self._account()

    def _account(self) -> dict[str, object]:
        if not self.situation.told or not self._often(70):
            return {}
        return {"incident.narrative": a_text(self.chance, self.situation.told, self.language)}

    def _needs(self) -> dict[str, object]:
        count = self.chance.randint(1, min(3, len(self.situation.needs)))
        chosen = sorted(self.chance.sample(self.situation.needs, count))
        domain = codelists.get("need")[chosen[0]].extra["domain"]
        key = f"wish.{domain}" if domain in ("legal", "economic", "health", "psychosocial", "social") else "wish.other"
        wishes = a_text(self.chance, key, self.language) if self._often(60) else None
        return {"need_item.needs": chosen, "needs_assessment.client_wishes": wishes}

    def _safety(self) -> dict[str, object]:
        if self.situation.flags and self._often(45 if self.situation.restricted or self.minor else 18):
            return {"safety_flag.flags": [self.chance.choice(self.situation.flags)]}
        return {"safety_flag.none": True}

    def _decision(self, found: dict[str, object]) -> dict[str, object]:
        rates = {row["currency"]: taka_for(row["currency"]) for row in rows("rates")}
        suggested = triage.suggest_from(found, Thresholds(), rates).category
        decided: dict[str, object] = {}
        if suggested is not None and self._often(92):
            decided["case.category"] = suggested
        if suggested not in (None, VICTIM) and self._often(5):
            decided["case.category"] = VICTIM
            decided["case.category_reason"] = "worker_knows_more"
            decided["case.category_reason_text"] = a_text(self.chance, "reason", self.language)
        category = decided.get("case.category")
        priority = triage.proposed_priority(found, str(category) if category else None)
        place = "airport" if self.airport else self.chance.choice(("centre_office", "centre_office", "village_home"))
        return decided | {
            "case.priority": priority,
            "case.next_contact_on": triage.next_contact(priority, self.on),
            "case.intake_place": place,
            "case.intake_district": "dhaka" if place != "village_home" else self.district,
            "case.case_source": "airport_desk" if self.airport else self._source(),
            "case.language_of_interview": "bangla",
        }

    def _source(self) -> str:
        return self.chance.choice(("self", "field_outreach", "family", "former_client", "partner_ngo", "hotline"))


def _taka(amount: float) -> Money:
    return Money(round(amount) * 100, "bdt")
