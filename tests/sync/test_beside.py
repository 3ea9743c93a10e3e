"""Work in a process of its own writes to the same vault, is heard of here, and can be cancelled or die without harm."""

from __future__ import annotations

import os
from datetime import datetime
from threading import Thread

import pytest
from sqlalchemy import select

from casedesk.errors import CaseDeskError
from casedesk.models import Person
from casedesk.progress import Cancelled, Progress
from casedesk.services.intake import register_case
from casedesk.storage.checking import check
from casedesk.storage.store import Store, Touched
from casedesk.sync.chains import Outcome, Slice
from casedesk.sync.intake import take_in
from casedesk.sync.process import CutShort, SaidBeside, beside
from tests.conftest import NOW
from tests.support.exchange import Office, everybody_may, own, piece_of, records
from tests.support.pausing import PausedAtOnce, cancel_while_paused
from tests.support.people import a_returnee


def take(store: Store, progress: Progress, piece: Slice, now: datetime) -> Outcome:
    progress.step(0, 1)
    return take_in(store, piece, now, everybody_may).outcome


def step_for_ever(_store: Store, progress: Progress) -> None:
    while True:
        progress.step(1, 2)


def count_people(store: Store, progress: Progress) -> list[int]:
    """How many people are known after each step."""
    found = []
    for number in range(3):
        progress.step(number, 3)
        with store.read() as session:
            found.append(len(session.scalars(select(Person.id)).all()))
    return found


def refuse(_store: Store, _progress: Progress) -> None:
    raise CaseDeskError("This file is not for us.", hint="It was left where it is.")


def die(store: Store, _progress: Progress) -> None:
    with store.intake():
        os._exit(9)


class Impatient(Progress):
    """Cancels as soon as it hears anything."""

    def step(self, done: int, of: int) -> None:
        super().step(done, of)
        self.cancel()


def test_what_is_taken_in_beside_is_here_and_told(office: Office) -> None:
    first, second = office.add(), office.add()
    register_case(second, a_returnee())
    told: list[Touched] = []
    first.store.listeners.append(told.append)
    piece = piece_of(second, own(second).id)
    assert beside(first.store, take, piece, NOW) is Outcome.STORED
    assert {table for each in told for table in each.tables} >= {"case", "person"}
    assert records(first).keys() >= records(second).keys()
    register_case(first, a_returnee(person__name_en="Bina"))  # the vault is as writable as before
    assert check(first.store).wrong == []


def test_it_can_be_cancelled(office: Office) -> None:
    desk = office.add()
    with pytest.raises(Cancelled):
        beside(desk.store, step_for_ever, progress=Impatient())


def test_it_can_be_paused_and_holds_nothing_meanwhile(office: Office) -> None:
    desk = office.add()
    progress = PausedAtOnce()
    found: list[list[int]] = []
    work = Thread(target=lambda: found.append(beside(desk.store, count_people, progress=progress)))
    work.start()
    assert progress.stands_still.wait(60)
    register_case(desk, a_returnee())  # which the other process sees in its first step: it has not gone on
    progress.resume()
    work.join()
    assert found == [[1, 1, 1]]


def test_it_can_be_cancelled_while_it_is_paused(office: Office) -> None:
    desk = office.add()
    cancel_while_paused(lambda progress: beside(desk.store, step_for_ever, progress=progress))
    register_case(desk, a_returnee())


def test_what_it_says_to_a_person_is_said_here(office: Office) -> None:
    desk = office.add()
    with pytest.raises(SaidBeside) as refused:
        beside(desk.store, refuse)
    assert (refused.value.message, refused.value.hint) == ("This file is not for us.", "It was left where it is.")


def test_when_it_dies_the_vault_is_as_before(office: Office) -> None:
    desk = office.add()
    before = records(desk)
    with pytest.raises(CutShort):
        beside(desk.store, die)
    assert records(desk) == before
    register_case(desk, a_returnee())
    assert check(desk.store).wrong == []
