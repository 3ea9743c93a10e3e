"""Four desks, whatever happens to them: they end equal, nothing is lost, doubled or silently replaced (SYNC 15).

A schedule is made from its number, so that one that failed can be had again: `--seed 17`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from casedesk.desk import Desk
from casedesk.lifecycles import steps_from
from casedesk.models import Case, CaseNote, Person, State
from casedesk.services import lifecycle
from casedesk.storage.checking import check
from casedesk.sync.chains import Outcome, Slice
from casedesk.sync.intake import accept, take_in
from tests.conftest import NOW
from tests.support.exchange import Office, chains, clashes, everybody_may, held, order_erasure, piece_of, records

DESKS = 4
STEPS = 40
NAMES = ("Asha", "Bina", "Champa", "Dipa", "Ela", "Fuli")


class Died(Exception):
    """The process ended here."""


class Schedule:
    """One history of an office."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office = office
        self.random = Random(seed)  # noqa: S311 - a history that can be had again
        self.wall = [NOW] * DESKS
        for number in range(DESKS):
            office.add(clock=partial(self._time, number), chain=self.random.randbytes(16))
        self.files: list[tuple[int, Slice]] = []  # who sent it, and what
        self.sent: dict[tuple[int, bytes], int] = {}
        self.written: set[str] = set()  # every note that somebody saved
        self.copies: dict[int, Path] = {}

    def _time(self, number: int) -> datetime:
        return self.wall[number]

    def run(self) -> None:
        steps = [self.edit] * 8 + [self.send] * 5 + [self.receive] * 8
        steps += [self.lose, self.repeat, self.clock, self.die, self.keep_copy, self.restore, self.forget, self.clone]
        for _step in range(STEPS):
            self.random.choice(steps)(self.random.randrange(DESKS))

    def desk(self, number: int) -> Desk:
        return self.office.desks[number]

    def edit(self, number: int) -> None:
        desk = self.desk(number)
        with desk.write("test.edit") as session:
            cases = session.scalars(select(Case).order_by(Case.id)).all()
            text = f"note {len(self.written)}"
            if not cases or self.random.random() < 0.3:
                person = Person(name_en=self.random.choice(NAMES), id=self._id())
                case = Case(person_id=person.id, case_number=text, priority="low", id=self._id())
                session.add_all((person, case))
                lifecycle.begin(session, desk, case, "registered")
            else:
                case = self.random.choice(cases)
                self._change(desk, session, case)
            session.add(CaseNote(case_id=case.id, text=text, id=self._id()))
        self.written.add(text)

    def _change(self, desk: Desk, session: Session, case: Case) -> None:
        match self.random.randrange(5):
            case 0:
                case.priority = self.random.choice(("low", "medium", "high", "urgent"))
            case 1:
                case.team = self.random.choice(NAMES)
            case 2:
                person = session.get(Person, case.person_id) if case.person_id else None
                if person is not None:
                    person.name_en = self.random.choice(NAMES)
            case 3:
                case.removed_at = None if case.removed_at else desk.clock()
            case 4:
                status = lifecycle.status_of(session, case.id)
                steps = steps_from("case", status)
                if steps:
                    lifecycle.take(session, desk, case, self.random.choice(steps).to)

    def _id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128))

    def send(self, number: int) -> None:
        """Write a file of what is new in a chain, own or another's, or of some of it again."""
        desk = self.desk(number)
        chain = self.random.choice(chains(desk))
        end = held(desk, chain)
        first = min(self.sent.get((number, chain), 0) + 1, end)
        if self.random.random() < 0.2:
            first = self.random.randint(1, end)
        last = end if self.random.random() < 0.8 else self.random.randint(first, end)
        self.files.append((number, piece_of(desk, chain, first, last)))
        self.sent[number, chain] = last

    def receive(self, number: int) -> None:
        if self.files:
            self._take(number, self.random.choice(self.files[-12:])[1])

    def _take(self, number: int, piece: Slice) -> Outcome:
        accepted = take_in(self.desk(number).store, piece, self.wall[number], everybody_may)
        return accepted.outcome

    def lose(self, number: int) -> None:
        if number < len(self.files):
            self.files.pop(self.random.randrange(len(self.files)))

    def repeat(self, number: int) -> None:
        """The same file twice changes nothing the second time."""
        if not self.files:
            return
        piece = self.random.choice(self.files)[1]
        first = self._take(number, piece)
        before = records(self.desk(number)), clashes(self.desk(number))
        second = self._take(number, piece)
        assert second is (Outcome.KNOWN if first is Outcome.STORED else first)
        assert (records(self.desk(number)), clashes(self.desk(number))) == before

    def clock(self, number: int) -> None:
        at = self.random.choice((datetime(1970, 1, 1, tzinfo=UTC), datetime(2009, 1, 4, tzinfo=UTC), NOW))
        self.wall[number] = at + timedelta(days=self.random.randrange(30_000))

    def die(self, number: int) -> None:
        """The process ends in the middle of taking in; what was before is there, and nothing else."""
        if not self.files:
            return
        desk = self.desk(number)
        before = records(desk), clashes(desk)
        piece = self.random.choice(self.files)[1]
        with pytest.raises(Died):
            self._die_with(desk, piece, number)
        assert (records(desk), clashes(desk)) == before

    def _die_with(self, desk: Desk, piece: Slice, number: int) -> None:
        with desk.store.intake() as (session, _merged):
            accept(session, piece, self.wall[number], everybody_may)
            raise Died

    def keep_copy(self, number: int) -> None:
        self.copies[number] = self.office.copy(number, f"copy{number}-{self.random.getrandbits(32)}")

    def restore(self, number: int) -> None:
        """An old copy is put in the place of a store; it goes on in a new chain and fetches back what others have."""
        if number not in self.copies:
            return
        self._give_all(number)
        self.office.put_back(number, self.copies.pop(number), new_chain=True)

    def clone(self, number: int) -> None:
        """Somebody put an old copy back without a word: it goes on in the same chain, and is found out."""
        if number not in self.copies:
            return
        self._give_all(number)
        self.office.put_back(number, self.copies.pop(number), new_chain=False)

    def _give_all(self, number: int) -> None:
        """What nobody else has would be lost with any disk."""
        giver = self.desk(number)
        others = [desk for desk in self.office.desks if desk is not giver]
        while any(self.office.give_all(giver, other) for other in others):
            pass

    def forget(self, number: int) -> None:
        """An erasure is ordered and obeyed here; the others hear of it with the chain."""
        desk = self.desk(number)
        with desk.read() as session:
            people = sorted(session.scalars(select(Person.id)))
        if people:
            person = self.random.choice(people)
            order_erasure(desk, (person, "name_en"))


@pytest.fixture
def office(empty_centre: Path, tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path, empty_centre)
    yield made
    made.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        only = metafunc.config.getoption("--seed")
        rounds = metafunc.config.getoption("--rounds")
        metafunc.parametrize("seed", range(max(1, rounds)) if only is None else [only])


def test_four_desks_end_equal_whatever_happens(office: Office, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = Random(f"ids {seed}")  # noqa: S311 - not the numbers of the schedule, or two records get one id
    monkeypatch.setattr("secrets.token_bytes", ids.randbytes)
    monkeypatch.setattr("casedesk.models.base.uuid4", lambda: UUID(int=ids.getrandbits(128)))
    schedule = Schedule(office, seed)
    schedule.run()
    office.settle()
    first, *others = office.desks
    for desk in office.desks:
        assert check(desk.store).wrong == []
    for other in others:
        assert records(other) == records(first)
        assert clashes(other) == clashes(first)
        assert states(other) == states(first)
    notes = {str(said["text"]) for (table, _id), said in records(first).items() if table == "case_note"}
    assert notes == schedule.written, "nothing that was saved is lost"


def states(desk: Desk) -> dict[UUID, str]:
    with desk.read() as session:
        return {state.entity_id: state.status for state in session.scalars(select(State))}
