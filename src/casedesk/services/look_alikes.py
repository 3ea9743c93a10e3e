"""Persons who may be the same: shown side by side, never joined by the program (DOMAIN 4.1).

Somebody the user may not know of is not mentioned: the supervisor of that case gets a task instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.i18n import N_
from casedesk.models import Case, CaseIndex, NumberKey, Person
from casedesk.parsing import document_key
from casedesk.search_keys import phone_key, similar, sounds_of
from casedesk.services.answers import NAMES, Answers, tidied
from casedesk.services.follow_ups import planned
from casedesk.services.permissions import needs, open_case, visible
from casedesk.values import PartialDay

MOST = 5
YEARS_APART = 2


@dataclass(frozen=True, slots=True)
class LookAlike:
    """An earlier case that may be of the same person: what agrees, and what differs, as keys of answers.

    Where the name is hidden the code stands for it.
    """

    case_id: UUID
    person_id: UUID
    case_number: str
    name_bn: str
    name_en: str
    agrees: tuple[str, ...]
    differs: tuple[str, ...]
    certain: bool  # the same document number


@needs("case.register")
def look_alikes(desk: Desk, answers: Answers) -> list[LookAlike]:
    """The visible cases that may be of the person these answers are about, the likeliest first."""
    answers = tidied(answers)
    with desk.read() as session:
        seen = session.scalars(
            select(CaseIndex).where(CaseIndex.case_id.in_(_found(session, answers)), visible(desk.actor))
        )
        rows = [_compared(session, row, answers, desk.today()) for row in seen]
    likely = [row for row in rows if row is not None]
    return sorted(likely, key=lambda row: (not row.certain, -len(row.agrees)))[:MOST]


def tell_supervisors(session: Session, desk: Desk, person: Person, answers: Answers) -> None:
    """Give the supervisor of each look-alike case hidden from the user a task to compare the two."""
    wanted = select(CaseIndex).where(CaseIndex.case_id.in_(_found(session, answers)), ~visible(desk.actor))
    for row in session.scalars(wanted).all():
        if row.person_id == person.id or _compared(session, row, answers, desk.today()) is None:
            continue
        case = session.get(Case, row.case_id)
        if case is None:
            continue
        planned(
            session,
            desk,
            case,
            "other",
            desk.today(),
            task=N_("May be the same person as a new case"),
            assigned_to=case.supervisor_id or case.owner_id,
        )


def _found(session: Session, answers: Answers) -> set[UUID]:
    found: set[UUID] = set()
    for kind, key in _number_keys(answers):
        found |= set(session.scalars(select(NumberKey.case_id).where(NumberKey.kind == kind, NumberKey.key == key)))
    for name in _names(answers):
        sounds = sounds_of(name)
        if not sounds or answers.get("person.district") is None:
            continue
        match = " AND ".join(f'sounds : "{sound}"' for sound in sounds[:2])
        rows = session.execute(
            text(
                "SELECT i.case_id FROM case_words w JOIN case_index i ON i.row = w.rowid"
                " WHERE case_words MATCH :match AND i.district = :district LIMIT 50"
            ),
            {"match": match, "district": answers["person.district"]},
        )
        found |= {UUID(row[0]) for row in rows}
    return found


def _number_keys(answers: Answers) -> Iterator[tuple[str, str]]:
    for key in ("person.phone_1", "person.phone_2"):
        if isinstance(phone := answers.get(key), str):
            yield "phone", phone_key(phone)
    if isinstance(number := answers.get("identity_document.number"), str):
        yield "document", document_key(number)


def _names(answers: Answers) -> list[str]:
    return [name for key in NAMES if isinstance(name := answers.get(key), str)]


def _compared(session: Session, row: CaseIndex, answers: Answers, today: date) -> LookAlike | None:
    person = session.get(Person, row.person_id)
    if person is None:
        return None
    agrees: list[str] = []
    differs: list[str] = []
    theirs = [name for name in (person.name_bn, person.name_en, person.nickname) if name]
    if any(similar(mine, their) for mine in _names(answers) for their in theirs):
        agrees.append("person.name_bn")
    rows = session.execute(select(NumberKey.kind, NumberKey.key).where(NumberKey.case_id == row.case_id))
    numbers = {(kind, key) for kind, key in rows}
    for kind, key in _number_keys(answers):
        field = "person.phone_1" if kind == "phone" else "identity_document.number"
        (agrees if (kind, key) in numbers else differs).append(field)
    for key in ("person.mother_name", "person.district", "person.upazila", "person.sex_gender"):
        mine, their = answers.get(key), getattr(person, key.partition(".")[2])
        if mine and their:
            same = similar(str(mine), str(their)) if key == "person.mother_name" else mine == their
            (agrees if same else differs).append(key)
    if not (of_an_age := _of_an_age(person, answers, today)):
        differs.append("person.age_stated")
    by_number = {"person.phone_1", "identity_document.number"} & set(agrees)
    by_name = {"person.name_bn", "person.district"} <= set(agrees)
    known = of_an_age or "person.mother_name" in agrees  # ages are often told wrongly, mothers hardly ever
    if not by_number and not (by_name and known):
        return None
    return LookAlike(
        case_id=row.case_id,
        person_id=person.id,
        case_number=row.case_number,
        name_bn=row.person_code if row.hide_name else row.name_bn,
        name_en="" if row.hide_name else row.name_en,
        agrees=tuple(dict.fromkeys(agrees)),
        differs=tuple(dict.fromkeys(differs)),
        certain="identity_document.number" in agrees,
    )


def _of_an_age(person: Person, answers: Answers, today: date) -> bool:
    """Whether the birth years are at most two apart, as far as both are known."""
    mine = _birth_year(answers, today)
    theirs = _birth_year(
        {"person.date_of_birth": person.date_of_birth, "person.age_stated": person.age_stated},
        person.age_stated_on or today,
    )
    return mine is None or theirs is None or abs(mine - theirs) <= YEARS_APART


def _birth_year(answers: Answers, stated_on: date) -> int | None:
    born = answers.get("person.date_of_birth")
    if isinstance(born, PartialDay):
        return born.first.year
    age = answers.get("person.age_stated")
    return stated_on.year - age if isinstance(age, int) else None


@needs("person.not_same")
def not_the_same(desk: Desk, one: UUID, other: UUID) -> None:
    """Remember that two persons are not the same, on both of them."""
    with desk.write("person.not_same") as session:
        for case_id in session.scalars(select(Case.id).where(Case.person_id.in_((one, other)))).all():
            open_case(desk, session, "person.not_same", case_id)
        for mine, their in ((one, other), (other, one)):
            person = session.get(Person, mine)
            if person is not None:
                person.not_same_as = sorted({*(person.not_same_as or []), str(their)})
