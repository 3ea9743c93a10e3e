"""What several desks wrote at once about one case: every desk comes to the same consent and the same state."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import select

from casedesk.desk import Desk
from casedesk.lifecycles import steps_from
from casedesk.models import Case, State, StatusEvent
from casedesk.services import lifecycle
from casedesk.services.clashes import steps_skipped
from casedesk.services.consents import RecordConsent, consents_of, newest_lines, record_consent, withdraw
from casedesk.services.intake import register_case
from casedesk.storage.checking import check
from tests.support.exchange import Office
from tests.support.people import a_returnee

SCOPE = "sync_central_identified"


def say(desk: Desk, case_id: UUID, answer: str) -> None:
    if answer == "withdrawn":
        withdraw(desk, case_id, SCOPE)
    else:
        record_consent(desk, case_id, RecordConsent({SCOPE: answer}, method="verbal"))


def consent(desk: Desk, case_id: UUID) -> tuple[str, str | None]:
    """As the case page shows it, and as what may leave is decided by."""
    [shown] = [now.status for now in consents_of(desk, case_id) if now.scope == SCOPE]
    with desk.read() as session:
        return shown, newest_lines(session, [case_id], [SCOPE])[case_id][SCOPE].answer


def status(desk: Desk, case_id: UUID) -> str | None:
    with desk.read() as session:
        return lifecycle.status_of(session, case_id)


def step(desk: Desk, case_id: UUID, to: str) -> None:
    with desk.write("test.step", about=case_id) as session:
        lifecycle.take(session, desk, session.get_one(Case, case_id), to, reason_code="other", reason="test")


@pytest.mark.parametrize("given_first", [True, False])
@pytest.mark.parametrize("no", ["refused", "withdrawn"])
def test_of_two_answers_at_once_the_one_that_says_no_holds(office: Office, no: str, *, given_first: bool) -> None:
    first, second = office.add(), office.add()
    case_id = register_case(first, a_returnee())
    say(first, case_id, "given")
    office.exchange()
    says_yes, says_no = (first, second) if given_first else (second, first)
    say(says_yes, case_id, "given")
    say(says_no, case_id, no)
    office.exchange()
    assert {consent(desk, case_id) for desk in office.desks} == {(no, no)}
    say(second, case_id, "given")  # who has seen both asks again
    office.exchange()
    assert {consent(desk, case_id) for desk in office.desks} == {("given", "given")}


def test_a_step_that_cannot_follow_is_kept_skipped_and_told(office: Office) -> None:
    first, second = office.add(), office.add()
    case_id = register_case(first, a_returnee())
    office.exchange()
    step(first, case_id, "assessment")
    step(first, case_id, "active")
    step(second, case_id, "on_hold")
    office.exchange()
    assert status(first, case_id) == status(second, case_id)
    for desk in office.desks:
        [row] = steps_skipped(desk)
        assert row.case_id == case_id
        with desk.read() as session:
            assert len(session.scalars(select(StatusEvent).where(StatusEvent.entity_id == case_id)).all()) == 4
        assert check(desk.store).wrong == []


def test_a_step_that_was_skipped_does_not_count_later(office: Office) -> None:
    """The case comes back to where the skipped step would have fitted."""
    first, second = office.add(), office.add()
    case_id = register_case(first, a_returnee())
    office.exchange()
    step(first, case_id, "on_hold")
    step(second, case_id, "assessment")
    office.exchange()
    there = status(first, case_id)
    step(first, case_id, "on_hold" if there == "assessment" else "registered")
    if there == "assessment":
        step(first, case_id, "registered")
    office.exchange()
    assert {status(desk, case_id) for desk in office.desks} == {"registered"}


@pytest.mark.parametrize("seed", range(6))
def test_in_whatever_order_it_arrives(empty_centre: Path, tmp_path: Path, seed: int) -> None:
    """Two to four desks, each order of arrival on another desk."""
    random = Random(seed)  # noqa: S311 - a history that can be had again
    office = Office(tmp_path, empty_centre)
    try:
        writers = [office.add() for _number in range(2 + seed % 3)]
        case_id = register_case(writers[0], a_returnee())
        say(writers[0], case_id, "given")
        office.exchange()
        for _round in range(2):
            for desk in writers:
                now = status(desk, case_id)
                step(desk, case_id, random.choice(steps_from("case", now)).to)
                may_withdraw = consent(desk, case_id)[0] == "given"
                say(desk, case_id, random.choice(["given", "refused", *["withdrawn"] * may_withdraw]))
            giver, taker = random.sample(writers, 2)
            office.send(giver, taker)
        readers = [office.add() for _number in range(2)]
        orders = list(permutations(writers))
        for reader in readers:
            for writer in random.choice(orders):
                office.send(writer, reader)
        office.exchange(2)
        desks = [*writers, *readers]
        assert len({consent(desk, case_id) for desk in desks}) == 1
        assert len({status(desk, case_id) for desk in desks}) == 1
        assert len({skipped(desk) for desk in desks}) == 1
    finally:
        office.close()


def skipped(desk: Desk) -> int:
    with desk.read() as session:
        return sum(session.scalars(select(State.skipped)))
