"""An invented centre with two computers, a central office, and a third computer that asks to join: for pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.models import Case
from casedesk.practice import PASSPHRASE, SIGN_IN_NAME, centre
from casedesk.services.case_facts import case_facts
from casedesk.services.cases import edit_case
from casedesk.services.consents import RecordConsent, record_consent
from casedesk.services.sign_in import set_up, sign_in
from casedesk.storage.keys import FLOOR
from casedesk.sync import computers, invitations, joining, organisation, outbox, stick
from casedesk.sync.files import inbox
from casedesk.sync.people import follow_users

PEOPLE = 8
VILLAGE, SPOKEN = "person.village_or_street", "person.languages"


@contextmanager
def two_computers(folder: Path) -> Iterator[tuple[Desk, UUID]]:
    """The first of two computers that have exchanged by stick, and a case that both have changed since."""
    centre.build(folder / "P1", people=PEOPLE)
    one = sign_in(folder / "P1", SIGN_IN_NAME, PASSPHRASE)
    opened = [one]
    carried = folder / "stick"
    carried.mkdir()
    try:
        organisation.begin_organisation(one, folder / "root.age", PASSPHRASE)
        for name, person, code in (("P2", "Salma Khatun", "PRA"), ("C1", "Anwar Hossain", "HQX")):
            new = _set_up(folder / name, person, code)
            opened.append(new)
            _join(one, new, carried, central=code != "PRA")
        two = opened[1]
        _bring(two, one, carried)
        follow_users(one)
        case_id = _differ(one, two, carried)
        asking = _set_up(folder / "P3", "Nasima Begum", "PRA")
        opened.append(asking)
        _ask(one, asking, carried)
        stick.take_stick(one, carried)
        yield one, case_id
    finally:
        for each in opened:
            each.store.vault.close()


def _set_up(folder: Path, person: str, code: str) -> Desk:
    new = replace(centre.CENTRE, code=code, user_name=person, sign_in_name=person.split()[0].lower())
    desk, recovery = set_up(folder, new, FLOOR, device=folder.name)
    recovery.wipe()
    return desk


def _ask(one: Desk, new: Desk, carried: Path, *, central: bool = False) -> None:
    """An invitation, and the request that it allows, on the stick."""
    asked = joining.ask_to_join(new, invitations.invite(one, new.centre, central=central))
    joining.request_to_stick(new, asked, carried)


def _join(one: Desk, new: Desk, carried: Path, *, central: bool) -> None:
    _ask(one, new, carried, central=central)
    stick.take_stick(one, carried)
    (request,) = joining.requests(one, inbox(one.store.vault.folder))
    joining.let_in(one, request)
    for each in computers.members(one):
        if each.centre == one.centre and not (each.is_this or each.admitted):
            computers.admit_to_centre(one, each.desk)
    _bring(one, new, carried)


def _bring(of: Desk, to: Desk, carried: Path) -> None:
    for audience in outbox.audiences(of):
        outbox.make_files(of, audience)
    stick.write_stick(of, carried)
    stick.take_stick(to, carried)


def _differ(one: Desk, two: Desk, carried: Path) -> UUID:
    """Both change the same case without having heard of each other; another person says no to the central office."""
    with one.read() as session:
        case_id, other = session.scalars(select(Case.id).order_by(Case.case_number).limit(2))
    _edit(one, case_id, VILLAGE, "Char Bhadrasan")
    _bring(one, two, carried)
    _edit(one, case_id, VILLAGE, "Char Bhadrasan, behind the school")
    _edit(one, case_id, SPOKEN, ["hindi"])
    _edit(two, case_id, VILLAGE, "Sadarpur Bazar")
    _edit(two, case_id, SPOKEN, ["arabic"])
    _bring(two, one, carried)
    record_consent(one, other, RecordConsent({"sync_central_identified": "refused"}, "signature"))
    _edit(one, other, VILLAGE, "Char Janajat")
    return case_id


def _edit(desk: Desk, case_id: UUID, key: str, value: object) -> None:
    before: Any = case_facts(desk, case_id).answers.get(key)
    edit_case(desk, case_id, {key: (before, value)})
