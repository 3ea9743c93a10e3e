"""What a case summary says: taken from the records and redacted here, in the paper's language (UX 12, DOMAIN 13).

What a level does not tell is never among the texts: None stands where the paper shows a bar. The letter takes its
words from the same source.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from casedesk import codelists, formats, i18n
from casedesk.codelists import Code
from casedesk.desk import Desk
from casedesk.i18n import _
from casedesk.parsing import fold
from casedesk.search_keys import sounds_of, words_of
from casedesk.services.ages import age_band
from casedesk.services.answers import FAMILY_PHONE, NAMES, PHONES, field_of
from casedesk.services.case_facts import CaseFacts, Violation, case_facts
from casedesk.services.consents import ConsentNow, consents_of
from casedesk.services.follow_ups import follow_ups_of
from casedesk.services.notes import notes_of
from casedesk.services.office import office
from casedesk.services.permissions import needs
from casedesk.services.prints import (
    CODED,
    CONSENT,
    FULL,
    HAPPENED,
    JOURNEY,
    NEEDS,
    OWN_WORDS,
    SHARED,
    Copy,
    Gate,
    PrintRequest,
    gate_of,
    next_copies,
    recipient_of,
)
from casedesk.services.providers import ProviderFacts
from casedesk.services.referrals.reading import ReferralRow, referrals_of
from casedesk.services.triage import is_returnee
from casedesk.services.words import in_words
from casedesk.values import Money, PartialDay, Precision

FAMILY = ("person.father_name", "person.mother_name", "person.contact_person_name", "person.guardian")
BEHIND_BARS = {"person.home", "person.phone", "person.safe_contact", "person.family", "person.guardian"}
PLACES = ("person.union_or_ward", "person.village_or_street", "person.current_address")
SERIOUS = "sexual_violence"  # on a coded copy these are serious violence, and no more (DOMAIN 11)
BEST_INTEREST = "best_interest_decision"
SHORTEST = 2  # a key of so few letters is found in too many names


@dataclass(frozen=True, slots=True)
class Told:
    """A label and its value; None is hidden on this copy."""

    key: str
    label: str
    value: str | None


@dataclass(frozen=True, slots=True)
class SummaryContent:
    """What a case summary says, every text in the paper's language. Empty tuples leave their section out.

    `number` is the case number, on a coded paper the person code; `hidden` are the labels behind bars, `left_out`
    sentences on what is not there, `happened` what it was and how it is known, `needs` what, by whom and until when.
    """

    level: str
    centre: str
    number: str
    printed_at: str
    copy_number: str
    printed_by: str
    reason: str
    person: tuple[Told, ...]
    journey: tuple[str, ...] = ()
    happened: tuple[tuple[str, str], ...] = ()
    needs: tuple[tuple[str, str, str], ...] = ()
    consent: tuple[str, ...] = ()
    own_words: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    guardian_signs: bool = False
    invented: str = ""  # what a practice centre says of the people

    def __post_init__(self) -> None:
        if self.own_words and self.level != FULL:
            raise ValueError("a person's own words are printed on a full copy only")

    def free_texts(self) -> list[str]:
        """What somebody typed or a record named, where a hidden value can come back."""
        return [*self.journey, *(cell for line in self.needs for cell in line), *self.own_words, self.reason]


@dataclass(frozen=True, slots=True)
class Source:
    """Everything a paper is taken from."""

    request: PrintRequest
    copy: Copy
    facts: CaseFacts
    consents: Sequence[ConsentNow]
    gate: Gate
    recipient: ProviderFacts | None
    referrals: Sequence[ReferralRow] = field(default=())

    def answer(self, key: str) -> object:
        return self.facts.answers.get(key)

    def said(self, key: str) -> str:
        """The answer in words."""
        return in_words(field_of(key), self.answer(key))

    @property
    def coded(self) -> bool:
        return self.request.level == CODED

    @property
    def minor(self) -> bool:
        return self.facts.is_minor

    @property
    def guardian_signs(self) -> bool:
        """Whether a parent or guardian signs: for a child, unless no guardian is safe."""
        decided = any(each.giver == BEST_INTEREST and each.status == "given" for each in self.consents)
        return self.minor and not decided and self.answer("person.guardian_safe") != "no"


@needs("case.print")
def summary_of(desk: Desk, case_id: UUID, request: PrintRequest, copy: Copy | None = None) -> SummaryContent:
    """What this copy of the case summary says. Without `copy` it is the next one."""
    with i18n.speaking(request.language):
        source = source_of(desk, case_id, request, copy or next_copies(desk, case_id)[0])
        return _summary(desk, source)


@needs("case.print")
def hidden_values(desk: Desk, case_id: UUID, level: str) -> list[str]:
    """What must not be read on a copy of this level, in every spelling that is known."""
    facts = case_facts(desk, case_id)
    keys: list[str] = list(NAMES) if facts.hide_name or level == CODED else []
    found: list[str] = []
    if level != FULL:
        keys += [*FAMILY, *PHONES]
        found += places_of(facts)
    if level == CODED:
        keys += ["migration_episode.city_abroad", "recruiter.name", "promised.employer_name", "actual.employer_name"]
        found += [facts.number, facts.owner]
    found += [str(value) for key in keys if (value := facts.answers.get(key))]
    return list(dict.fromkeys(value for value in found if value))


def places_of(facts: CaseFacts) -> list[str]:
    """Home, from the district down, in both scripts."""
    found = [str(value) for key in PLACES if (value := facts.answers.get(key))]
    district, upazila = _code(facts.answers.get("person.district")), _code(facts.answers.get("person.upazila"))
    for said, row in (
        (district, codelists.get("bd_district").find(district)),
        (upazila, _upazila(upazila, district)),
    ):
        if said is not None:
            found += [row.en, row.bn] if row is not None else [said]
    return found


def _upazila(said: str | None, district: str | None) -> Code | None:
    """The row of an upazila, by its code or by its name in either script; first one of the district."""
    if said is None:
        return None
    typed = fold(said)
    rows = [row for row in codelists.get("bd_upazila") if typed in (row.code, fold(row.en), fold(row.bn))]
    return next((row for row in rows if row.extra["district_code"] == district), rows[0] if rows else None)


@needs("case.print")
def source_of(desk: Desk, case_id: UUID, request: PrintRequest, copy: Copy) -> Source:
    """Read what this copy is taken from."""
    facts, consents, recipient = case_facts(desk, case_id), consents_of(desk, case_id), recipient_of(desk, request)
    gate = gate_of(consents, request, recipient)
    return Source(request, copy, facts, consents, gate, recipient, referrals_of(desk, case_id))


def _summary(desk: Desk, source: Source) -> SummaryContent:
    request, facts, centre = source.request, source.facts, office(desk)
    parts = request.parts
    person = _person(source)
    happened, why_not = _happened(source) if HAPPENED in parts else ((), "")
    own_words = _own_words(source) if OWN_WORDS in parts and request.level == FULL else ()
    restricted = sum(note.restricted for note in notes_of(desk, facts.id))
    unprinted = i18n.ngettext(
        "{count} restricted note is not printed.", "{count} restricted notes are not printed.", restricted
    ).format(count=formats.number(restricted))
    return SummaryContent(
        level=request.level,
        centre=centre.name,
        invented=centre.invented,
        number=facts.person_code if source.coded else facts.number,
        printed_at=formats.moment(source.copy.at),
        copy_number=formats.number(source.copy.number),
        printed_by="" if source.coded else desk.actor.name,
        reason=_reason(source),
        person=person,
        journey=_journey(source) if JOURNEY in parts else (),
        happened=happened,
        needs=_needs(desk, source) if NEEDS in parts else (),
        guardian_signs=source.guardian_signs,
        consent=_consent(source.consents) if CONSENT in parts else (),
        own_words=own_words,
        hidden=tuple(told.label for told in person if told.value is None),
        left_out=tuple(sentence for sentence in (why_not, unprinted if restricted else "") if sentence),
        tells=tuple(sorted([*(told.key for told in person if told.value), *(f"part.{part}" for part in parts)])),
    )


def _reason(source: Source) -> str:
    request = source.request
    why = codelists.get("print_purpose").label(request.purpose)
    named = source.recipient.row.name if source.recipient is not None else ""
    return " · ".join(part for part in (why, named, request.reason.strip()) if part)


def _person(source: Source) -> tuple[Told, ...]:
    facts, level = source.facts, source.request.level
    place = home_of(source)
    registered = facts.opened_on
    number = Told("case.case_number", _("Case no."), facts.number)
    if source.coded:
        number = Told("person.person_code", _("Person code"), facts.person_code)
    family = [source.said(key) for key in ("person.contact_person_name", FAMILY_PHONE)]
    phones = [source.said(key) for key in PHONES[:2]]
    safe = [source.said("person.safe_contact_rule"), source.said("person.safe_contact_note")]
    told = (
        Told("person.name", _("Name"), None if source.coded else names_of(facts)),
        number,
        Told(
            "person.age",
            _("Age, sex"),
            ", ".join(part for part in (_age(source), source.said("person.sex_gender")) if part),
        ),
        Told("person.home", _("Home"), place),
        Told("person.phone", _("Phone"), " · ".join(part for part in phones if part)),
        *_kind_of_case(source),
        Told("case.opened_on", _("Registered"), _day(registered, coarse=source.coded) if registered else ""),
        Told("case.owner", _("Caseworker"), None if source.coded else facts.owner),
        Told("person.safe_contact", _("Safe contact"), " · ".join(part for part in safe if part)),
        Told("person.family", _("Family"), " · ".join(part for part in family if part)),
        *_guardian(source),
    )
    behind_bars = set() if level == FULL else BEHIND_BARS
    return tuple(
        Told(one.key, one.label, None if one.key in behind_bars or one.value is None else one.value or "—")
        for one in told
    )


def _kind_of_case(source: Source) -> tuple[Told, ...]:
    """The category; of a family whom the case is for, as a category is decided for returnees only."""
    category = codelists.get("return_category").find(_code(source.answer("case.category")))
    told = Told("case.category", _("Category"), category.full if category else _("Not decided yet"))
    if is_returnee(source.facts.answers):
        return (told,)
    subject = Told("case.case_subject", _("Whom the case is for"), source.said("case.case_subject"))
    return (subject, told) if category else (subject,)


def _guardian(source: Source) -> tuple[Told, ...]:
    """Who speaks for a child."""
    if not source.minor or source.coded:
        return ()
    return (Told("person.guardian", _("Guardian"), source.said("person.guardian")),)


def names_of(facts: CaseFacts) -> str:
    """Both names, the one of the paper's language first; the code where it stands for them."""
    if facts.hide_name:
        return facts.person_code
    order = NAMES if i18n.language() == "bn" else (NAMES[1], NAMES[0], NAMES[2])
    said = [formats.visible(str(name)) for key in order if (name := facts.answers.get(key))]
    return " · ".join(said[:2]) or facts.person_code


def _age(source: Source) -> str:
    age = source.facts.age
    if source.coded:
        return age_group(age)
    return formats.number(age) if age is not None else ""


def age_group(age: int | None) -> str:
    """The group of `age_band.csv` in words."""
    return codelists.get("age_band").label(age_band(age))


def home_of(source: Source) -> str:
    """From the village to the district, in one line."""
    row = _upazila(_code(source.answer("person.upazila")), _code(source.answer("person.district")))
    upazila = row.label if row is not None else source.said("person.upazila")
    parts = [source.said("person.village_or_street"), source.said("person.union_or_ward"), upazila]
    return ", ".join(part for part in (*parts, source.said("person.district")) if part)


def _code(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _day(value: date, *, coarse: bool) -> str:
    return formats.month_year(value) if coarse else formats.day(value)


def when_in_words(value: object, *, coarse: bool) -> str:
    """“on 12 June 2024”, “in June 2024”, “about 2024”; nothing for nothing."""
    if not isinstance(value, PartialDay):
        return ""
    if coarse and value.precision is Precision.DAY:
        value = PartialDay.month(value.first)
    words = formats.partial_day(value)
    match value.precision:
        case Precision.DAY:
            return _("on {date}").format(date=words)
        case Precision.ESTIMATED:
            return words
    return _("in {date}").format(date=words)


def _journey(source: Source) -> tuple[str, ...]:
    left = when_in_words(source.answer("migration_episode.departed_on"), coarse=source.coded)
    came = when_in_words(source.answer("migration_episode.returned_on"), coarse=source.coded)
    country, work = (
        source.said("migration_episode.destination_country"),
        source.said("migration_episode.occupation_abroad"),
    )
    city = "" if source.coded else source.said("migration_episode.city_abroad")
    place = _("{country} ({city})").format(country=country, city=city) if country and city else country
    sentences = [
        went(source, place, left),
        _("Work there: {work}.").format(work=work) if work else "",
    ]
    if not source.coded:
        sentences += [_arranged(source), *money_of(source)]
    sentences.append(came_back(source, came))
    if not source.coded:
        manner, reason = (
            source.said(f"migration_episode.{name}") for name in ("manner_of_return", "main_return_reason")
        )
        sentences.append(_("How: {manner}.").format(manner=manner) if manner else "")
        sentences.append(_("Main reason: {reason}.").format(reason=reason) if reason else "")
    told = " ".join(sentence for sentence in sentences if sentence)
    return (told,) if told else ()


def went(source: Source, place: str, when: str) -> str:
    """The sentence on leaving; in the case of a family it says that the migrant left, and not the person."""
    own = is_returnee(source.facts.answers)
    if place and when:
        sentence = _("Went to {place} {when}.") if own else _("The migrant went to {place} {when}.")
    elif place:
        sentence = _("Went to {place}.") if own else _("The migrant went to {place}.")
    else:
        return ""
    return sentence.format(place=place, when=when)


def came_back(source: Source, when: str) -> str:
    if not when:
        return ""
    own = is_returnee(source.facts.answers)
    return (_("Came back {when}.") if own else _("The migrant came back {when}.")).format(when=when)


def _arranged(source: Source) -> str:
    name, kind, licence = (source.said(f"recruiter.{part}") for part in ("name", "type", "licence_no"))
    if name and _carries(name, places_of(source.facts)) and source.request.level != FULL:
        name = ""
    known = [part for part in (kind, _("licence {number}").format(number=licence) if licence else "") if part]
    if name and known:
        return _("Arranged by {name} ({known}).").format(name=name, known=", ".join(known))
    return _("Arranged by: {name}.").format(name=name or kind) if name or kind else ""


def money_of(source: Source) -> list[str]:
    """What was paid, what is owed, and the wages, in sentences; empty ones for what is not known."""

    def amount(key: str) -> str:
        value = source.answer(key)
        return formats.money(value) if isinstance(value, Money) else ""

    paid, owed = amount("cost_item.amount"), amount("debt.outstanding")
    promised, received = amount("promised.wage"), amount("actual.wage")
    return [
        _("Paid {amount} to migrate.").format(amount=paid) if paid else "",
        _("Debt now: {amount}.").format(amount=owed) if owed else "",
        _("Wage promised: {promised} a month. Received: {received}.").format(promised=promised, received=received)
        if promised and received
        else "",
    ]


def _carries(name: str, places: Sequence[str]) -> bool:
    """Whether a name carries one of the places, in either script."""
    sounds = {key for place in places for key in sounds_of(place) if len(key) > SHORTEST}
    words = {word for place in places for word in words_of(place) if len(word) > SHORTEST and not word.isdigit()}
    return not sounds.isdisjoint(sounds_of(name)) or not words.isdisjoint(words_of(name))


def _happened(source: Source) -> tuple[tuple[tuple[str, str], ...], str]:
    """What happened, and why it is not told where it is not."""
    level, violations = source.request.level, source.facts.violations
    sensitive = any(each.scope == "sensitive_data" and each.status == "given" for each in source.consents)
    if level == CODED:
        return tuple(dict.fromkeys((_heading(each), "") for each in violations)), ""
    if level == SHARED and violations and not sensitive:
        return (), _("“What happened” is left out: there is no consent for sensitive details.")
    if level == SHARED and violations and not source.gate.open:
        return (), _("“What happened” is left out: there is no consent to share with this receiver.")
    told_by = codelists.get("told_by")
    return tuple((_told(source, each), told_by.label(each.told_by)) for each in violations), ""


def _heading(violation: Violation) -> str:
    row = codelists.get("violation_type").find(violation.code)
    serious = row is not None and row.extra["group"] == SERIOUS
    return _("Serious violence") if serious else violation_label(violation.code)


def violation_label(code: str) -> str:
    return codelists.get("violation_type").label(code)


def _told(source: Source, violation: Violation) -> str:
    """The heading; on a full copy with months and amount."""
    label, months = violation_label(violation.code), violation.months_unpaid
    if source.request.level != FULL or not months:
        return label
    owed = source.answer("wages.amount_owed") or source.answer("migration_episode.wages_owed")
    unpaid = i18n.ngettext("{count} month", "{count} months", months).format(count=formats.number(months))
    return f"{label} ({unpaid}, {formats.money(owed)})" if isinstance(owed, Money) else f"{label} ({unpaid})"


def _needs(desk: Desk, source: Source) -> tuple[tuple[str, str, str], ...]:
    """Each need and planned step: what, who, when."""
    by_need = {each.need: each for each in reversed(source.referrals) if each.need and each.status != "cancelled"}
    lines = []
    for need in source.facts.needs:
        referral = by_need.get(need.code)
        when = codelists.get("need_urgency").label(need.urgency)
        if need.met_on is not None:
            when = _("done {day}").format(day=_day(need.met_on, coarse=source.coded))
        elif referral is not None and (due := referral.needed_by or referral.answer_due) is not None:
            when = _("by {day}").format(day=_day(due, coarse=source.coded))
        lines.append((codelists.get("need").label(need.code), _helper(source, referral), when))
    for step in follow_ups_of(desk, source.facts.id):
        if step.status == "planned" and not source.coded and step.due_on is not None:
            kind = codelists.get("followup_type").label(step.type)
            lines.append((formats.visible(step.task) or kind, step.assigned_name, formats.day(step.due_on)))
    return tuple(lines)


def _helper(source: Source, referral: ReferralRow | None) -> str:
    """The partner, or only the kind of service where the name would tell a hidden place."""
    if referral is None:
        return ""
    hides = source.coded or (source.request.level == SHARED and _carries(referral.provider, places_of(source.facts)))
    return codelists.get("service_type").label(referral.service) if hides else formats.visible(referral.provider)


def _consent(consents: Sequence[ConsentNow]) -> tuple[str, ...]:
    scopes, methods = codelists.get("consent_scope"), codelists.get("consent_method")

    def named(status: str) -> str:
        return "; ".join(scopes.label(each.scope) for each in consents if each.status == status)

    agreed: dict[str, list[str]] = {}
    for each in consents:
        if each.status == "given":
            how = f" ({methods.label(each.method)})" if each.method else ""
            agreed.setdefault(speaks_for(each), []).append(f"{scopes.label(each.scope)}{how}")
    said = (
        (_("Said no: {purposes}."), named("refused")),
        (_("Taken back: {purposes}."), named("withdrawn")),
        (_("Ask again: {purposes}."), named("expired")),
    )
    return (
        *(_agreed(giver, "; ".join(purposes)) for giver, purposes in agreed.items()),
        *(sentence.format(purposes=purposes) for sentence, purposes in said if purposes),
    )


def _agreed(giver: str, purposes: str) -> str:
    if not giver:
        return _("Agreed: {purposes}.").format(purposes=purposes)
    return _("Agreed — {giver}: {purposes}.").format(giver=giver, purposes=purposes)


def speaks_for(consent: ConsentNow) -> str:
    """Who agreed in the place of the person; nothing where the person did."""
    return codelists.get("consent_giver").label(consent.giver) if consent.giver != "self" else ""


def _own_words(source: Source) -> tuple[str, ...]:
    keys = ("incident.narrative", "needs_assessment.client_wishes")
    return tuple(words for key in keys if (words := source.said(key)))
