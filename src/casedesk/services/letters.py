"""What a referral letter says: only what was chosen to be shared with the partner (UX 12, DOMAIN 11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from casedesk import codelists, formats, i18n
from casedesk.desk import Desk
from casedesk.i18n import _
from casedesk.services.answers import FAMILY_PHONE, NAMES
from casedesk.services.case_facts import CaseFacts, case_facts
from casedesk.services.office import office
from casedesk.services.papers import (
    Source,
    Told,
    age_group,
    came_back,
    hidden_values,
    home_of,
    money_of,
    names_of,
    places_of,
    source_of,
    speaks_for,
    violation_label,
    went,
    when_in_words,
)
from casedesk.services.permissions import needs
from casedesk.services.prints import GIVE_PARTNER, SHARED, Copy, PrintRequest, next_copies
from casedesk.services.referrals.reading import ReferralFacts, referral_facts
from casedesk.services.sharing import SHARES


@dataclass(frozen=True, slots=True)
class LetterContent:
    """What a referral letter says, ready to print in the paper's language.

    `number` is the referral's own, `case_number` the case number or the person code. `sender` is name and office,
    `to` the partner and the person there.
    """

    centre: str
    address: str
    number: str
    case_number: str
    day: str
    copy_number: str
    copies: str
    to: str
    sender: str
    sender_phone: str
    answer_by: str
    request: str
    person: tuple[Told, ...]
    known: tuple[str, ...] = ()
    wants: str = ""
    not_included: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()
    guardian_signs: bool = False
    invented: str = ""  # what a practice centre says of the people

    def free_texts(self) -> list[str]:
        return [
            self.request,
            *self.known,
            self.wants,
            *(told.value or "" for told in self.person if told.key == "note"),
        ]


@needs("case.print")
def letter_of(desk: Desk, referral_id: UUID, language: str, copy: Copy | None = None) -> LetterContent:
    """What this copy of the referral letter says: only what was chosen to be shared."""
    with i18n.speaking(language):
        referral = referral_facts(desk, referral_id)
        copy = copy or next_copies(desk, referral.row.case_id, referral_id=referral_id)[0]
        request = PrintRequest(SHARED, language, purpose=GIVE_PARTNER, recipient_id=referral.row.provider_id)
        return _letter(desk, source_of(desk, referral.row.case_id, request, copy), referral)


@needs("case.print")
def hidden_from_partner(desk: Desk, referral_id: UUID) -> list[str]:
    """What the letter must not give away."""
    referral = referral_facts(desk, referral_id)
    facts, shared = case_facts(desk, referral.row.case_id), _shared(referral)
    told = {*places_of(facts), facts.answers.get(FAMILY_PHONE)} if "home" in shared else set()
    told.discard(facts.answers.get("person.current_address"))  # where they stay now is no part of the home
    values = [value for value in hidden_values(desk, facts.id, SHARED) if value not in told]
    return values if "name_age" in shared else [*values, *_all_names(facts)]


def _all_names(facts: CaseFacts) -> list[str]:
    return [str(name) for key in NAMES if (name := facts.answers.get(key))]


def _shared(referral: ReferralFacts) -> frozenset[str]:
    said = referral.values.get("fields_shared")
    return frozenset(said if isinstance(said, list) else ())


def _letter(desk: Desk, source: Source, referral: ReferralFacts) -> LetterContent:
    facts, centre, shared = source.facts, office(desk), _shared(referral)
    to = source.recipient
    focal = str(to.values.get("focal_person") or "") if to is not None else ""
    due = referral.row.answer_due
    roles = codelists.get("user_role")
    role = roles.label(min(desk.actor.roles, key=lambda code: roles[code].sort)) if desk.actor.roles else ""
    service = codelists.get("service_type").label(referral.row.service)
    return LetterContent(
        centre=centre.name,
        invented=centre.invented,
        address=" · ".join(part for part in (centre.address, centre.phone) if part),
        number=referral.row.number,
        case_number=facts.number if "name_age" in shared else facts.person_code,
        day=_printed_on(source.copy.at),
        copy_number=formats.number(source.copy.number),
        copies=formats.number(source.copy.of),
        to=" — ".join(part for part in (to.row.name if to is not None else "", focal) if part),
        sender=", ".join(part for part in (desk.actor.name, role) if part),
        sender_phone=centre.phone,
        answer_by=f"{formats.weekday(due)} {formats.day(due)}" if due is not None else "—",
        request=_text(referral, "request") or service,
        person=_letter_person(source, referral, shared),
        known=_known(source, referral, shared),
        wants=source.said("needs_assessment.client_wishes") if "own_words" in shared else "",
        not_included=tuple(_(share.label) for key, share in SHARES.items() if key not in shared),
        tells=tuple(sorted(shared)),
        guardian_signs=source.guardian_signs,
    )


def _printed_on(at: datetime) -> str:
    return formats.day(formats.day_in_dhaka(at))


def _text(referral: ReferralFacts, name: str) -> str:
    return formats.visible(str(referral.values.get(name) or ""))


def _letter_person(source: Source, referral: ReferralFacts, shared: frozenset[str]) -> tuple[Told, ...]:
    facts = source.facts
    person = [facts.person_code]
    if "name_age" in shared:
        person = [names_of(facts), age_group(facts.age)]
    if "sex" in shared:
        person.append(source.said("person.sex_gender"))
    told = [Told("person", _("Person"), ", ".join(part for part in person if part))]
    if "name_age" in shared:
        told.append(Told("number", _("Our case no."), facts.number))
    if "language" in shared and (spoken := _language(source)):
        told.append(Told("language", _("Language"), spoken))
    if "safety" in shared:
        told.append(Told("safety", _("Safety"), _("Contact the person through us only.")))
    if "home" in shared:
        told.append(Told("home", _("Home"), home_of(source) or "—"))
        told.append(Told("family", _("Family phone"), source.said(FAMILY_PHONE) or "—"))
    if message := _text(referral, "message"):
        told.append(Told("note", _("Good to know"), message))
    if (exception := referral.values.get("consent_exception")) is not None:
        told.append(Told("consent", _("Without consent"), codelists.get("consent_exception").label(str(exception))))
    elif agreed := _agreed(source, referral):
        told.append(Told("consent", _("Agreed to"), agreed))
    return tuple(told)


def _language(source: Source) -> str:
    spoken = source.said("person.languages")
    sentences = [_("Speaks {languages}.").format(languages=spoken) if spoken else ""]
    if source.answer("person.needs_interpreter") is True:
        sentences.append(_("Needs an interpreter."))
    if source.answer("person.can_read") == "no":
        sentences.append(_("Explain papers aloud."))
    return " ".join(sentence for sentence in sentences if sentence)


def _agreed(source: Source, referral: ReferralFacts) -> str:
    line = next((each for each in source.consents if each.scope == referral.scope and each.status == "given"), None)
    if line is None:
        return ""
    return _("{purpose}. {how}, {day}.").format(
        purpose=codelists.get("consent_scope").label(line.scope),
        how=", ".join(part for part in (speaks_for(line), codelists.get("consent_method").label(line.method)) if part),
        day=_printed_on(line.since) if line.since is not None else "—",
    )


def _known(source: Source, referral: ReferralFacts, shared: frozenset[str]) -> tuple[str, ...]:
    """What the partner is told, one point for each thing that is shared; the letter has to stay on one page."""
    points = [line.strip(" •-") for line in _text(referral, "summary_shared").splitlines()]
    if "journey" in shared:
        points.append(_short_journey(source))
    if "wages" in shared:
        points.append(" ".join(sentence for sentence in money_of(source) if sentence))
    if "what_happened" in shared:
        by: dict[str, list[str]] = {}
        for each in source.facts.violations:
            by.setdefault(codelists.get("told_by").label(each.told_by), []).append(violation_label(each.code))
        points += ["; ".join(what) + (f" ({known})" if known else "") for known, what in by.items()]
    return tuple(point for point in points if point)


def _short_journey(source: Source) -> str:
    left, came = (
        when_in_words(source.answer(f"migration_episode.{name}"), coarse=False)
        for name in ("departed_on", "returned_on")
    )
    place = source.said("migration_episode.destination_country")
    work = source.said("migration_episode.occupation_abroad")
    sentences = (
        went(source, place, left),
        _("Work there: {work}.").format(work=work) if work else "",
        came_back(source, came),
    )
    return " ".join(sentence for sentence in sentences if sentence)
