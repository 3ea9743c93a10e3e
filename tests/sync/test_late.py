"""What is judged does not depend on the order of arrival: what came too late has those judged again that stand on it.

Some desks write, honest ones and others, and see each other's work now and then. Then their chains are taken in by
desks that wrote nothing, cut into pieces, in different orders, some of it shown only later: all of them come to the
same records, the same clashes, the same lists and the same alarms. `--seed 17` goes through one history again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import permutations
from random import Random
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from casedesk.desk import Actor, Desk
from casedesk.models import Case, CaseIndex, CaseNote, Chain, State, Unentitled, User
from casedesk.models import Operation as OperationRow
from casedesk.services.entitled import alarms, judge_with
from casedesk.services.trust import Trust
from casedesk.storage.checking import check
from casedesk.storage.erasing import show
from casedesk.storage.merging import Judge
from casedesk.storage.operations import Operation, OperationKind, digest, digest_only
from casedesk.sync.chains import Outcome, Slice
from casedesk.sync.intake import take_in
from tests.conftest import NOW
from tests.support.exchange import Office, chains, clashes, held, own, piece_of, records
from tests.sync.office import admin

WRITERS = 4  # the first set the centre up; the last belongs to another centre
READERS = 3
STEPS = 60
ROLES: tuple[list[str], ...] = (
    ["administrator"],
    ["supervisor"],
    ["coordinator"],
    ["caseworker"],
    ["caseworker", "administrator"],
    [],
)


@dataclass(frozen=True)
class Shown:
    """Operations of a chain that came as digests before."""

    chain: bytes
    operations: dict[int, Operation]


class History:
    """What four desks wrote, and what each of them had seen."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office, self.random = office, Random(seed)  # noqa: S311 - a history that can be had again
        self.minute = 0
        self.begun: list[UUID] = []
        for _number in range(WRITERS):
            office.add(clock=self._time, chain=self.random.randbytes(16))
        self.judge = self._judge()

    def _time(self) -> datetime:
        self.minute += 1
        return NOW + timedelta(minutes=self.minute)

    def _judge(self) -> Judge:
        """Farzana works at the first two desks; others where they were begun and let in."""
        keys = [own(desk).desk for desk in self.office.desks]
        farzana = frozenset({self.office.desks[0].actor.id.bytes})
        centres = dict.fromkeys(keys, "DHK") | {keys[-1]: "SYL"}
        first = self.office.founder
        people = dict.fromkeys(keys, frozenset[bytes]()) | {first: farzana, keys[0]: farzana, keys[1]: farzana}
        return judge_with(Trust(frozenset({first}), "DHK", centres, people))

    def run(self) -> None:
        for _step in range(STEPS):
            number = self.random.randrange(WRITERS)
            if self.random.random() < 0.35:
                self.see(number)
            else:
                self.write(number)

    def see(self, number: int) -> None:
        """Take in some of what another one wrote."""
        giver = self.office.desks[self.random.choice([each for each in range(WRITERS) if each != number])]
        chain = self.random.choice(chains(giver))
        end = held(giver, chain)
        self.take(self.office.desks[number], piece_of(giver, chain, 1, self.random.randint(1, end)))

    def take(self, desk: Desk, piece: Slice) -> Outcome:
        return take_in(desk.store, piece, NOW, self.judge).outcome

    def write(self, number: int) -> None:
        """Somebody who is known at the desk writes, whether they may or not."""
        desk = self.office.desks[number]
        with desk.read() as session:
            people = session.scalars(select(User).order_by(User.id)).all()
            user, about = self.random.choice(people), self.random.choice(people).id
            cases = session.scalars(select(Case.id).order_by(Case.id)).all()
        acting = replace(desk, actor=Actor(user.id, user.name or "", frozenset(user.roles or ())))
        acts: list[Callable[[Desk], None]] = [self.new_user, partial(self.change_user, about), self.new_case]
        acts += [partial(self.change_case, self.random.choice(cases))] * 4 if cases else []
        unseen = sorted(set(self.begun) - set(cases))
        acts += [partial(self.claim_case, self.random.choice(unseen))] if unseen else []
        self.random.choice(acts)(acting)

    def new_user(self, desk: Desk) -> None:
        with desk.write("test.user") as session:
            roles, active = self.random.choice(ROLES), self.random.random() < 0.7
            session.add(User(id=self._id(), name="Somebody", roles=roles, active=active))

    def change_user(self, user_id: UUID, desk: Desk) -> None:
        with desk.write("test.user") as session:
            user = session.get_one(User, user_id)
            match self.random.randrange(3):
                case 0:
                    user.roles = self.random.choice(ROLES)
                case 1:
                    user.active = not user.active
                case 2:
                    user.team = self.random.choice(("blue", "green"))

    def new_case(self, desk: Desk) -> None:
        with desk.write("test.case") as session:
            case = Case(id=self._id(), case_number=f"C{self.minute}", owner_id=desk.actor.id, priority="low")
            case.confidential_case = self.random.choice((True, None))
            session.add(case)
            self.begun.append(case.id)

    def claim_case(self, case_id: UUID, desk: Desk) -> None:
        """As if it had begun a case that another one began."""
        with desk.write("test.case", about=case_id) as session:
            session.add(Case(id=case_id, case_number=f"C{self.minute}", owner_id=desk.actor.id, team="blue"))

    def change_case(self, case_id: UUID, desk: Desk) -> None:
        with desk.write("test.case", about=case_id) as session:
            case = session.get_one(Case, case_id)
            somebody = self.random.choice(session.scalars(select(User.id).order_by(User.id)).all())
            match self.random.randrange(6):
                case 0:
                    case.owner_id = somebody
                case 1:
                    case.named_access = [str(somebody)]
                case 2:
                    case.confidential_case = not case.confidential_case
                case 3:
                    case.supervisor_id = somebody
                case 4:
                    case.priority = self.random.choice(("low", "high", "urgent"))
                case 5:
                    session.add(CaseNote(id=self._id(), case_id=case.id, text="note"))

    def _id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128))

    def files(self) -> list[Slice | Shown]:
        """Every chain in pieces; of some operations the digest alone, and the rest of them later."""
        found: list[Slice | Shown] = []
        for desk in self.office.desks[:WRITERS]:
            chain, first = own(desk), 1
            while first <= chain.held:
                last = min(chain.held, first + self.random.randint(0, 9))
                whole = piece_of(desk, chain.id, first, last)
                later = {
                    seq: operation
                    for seq, operation in enumerate(whole.operations, first)
                    if operation.kind != OperationKind.MARK and self.random.random() < 0.1
                }
                found.append(piece_of(desk, chain.id, first, last, partial(_hidden, later)))
                found += [Shown(chain.id, later)] if later else []
                first = last + 1
        return found


def _hidden(later: dict[int, Operation], seq: int, operation: Operation) -> Operation:
    return digest_only(digest(seq, operation)) if seq in later else operation


def take_all(history: History, desk: Desk, files: list[Slice | Shown]) -> None:
    """Take in these files in this order; those for which something is missing are tried again."""
    waiting = files
    while waiting:
        left = [each for each in waiting if not _taken(history, desk, each)]
        assert len(left) < len(waiting)
        waiting = left


def _taken(history: History, desk: Desk, file: Slice | Shown) -> bool:
    if isinstance(file, Slice):
        outcome = history.take(desk, file)
        assert outcome in (Outcome.STORED, Outcome.KNOWN, Outcome.WAITING)
        return outcome is not Outcome.WAITING
    if held(desk, file.chain) < max(file.operations):
        return False
    with desk.store.intake() as (session, merged):
        merged.add(show(session, file.chain, file.operations, NOW, history.judge))
    return True


def refused(desk: Desk) -> set[tuple[bytes, int, str, bytes, str]]:
    with desk.read() as session:
        wanted = (
            select(Chain.id, OperationRow.chain_seq, Unentitled.table, Unentitled.record, Unentitled.register)
            .join(OperationRow, OperationRow.seq == Unentitled.operation_seq)
            .join(Chain, Chain.ix == OperationRow.chain_ix)
        )
        return {(*where, record.bytes, register) for *where, record, register in session.execute(wanted)}  # type: ignore[misc]  # a row


def lists(desk: Desk) -> tuple[set[tuple[object, ...]], dict[UUID, str]]:
    columns = [column for column in CaseIndex.__table__.columns if column.key != "row"]
    with desk.read() as session:
        rows = {tuple(row) for row in session.execute(select(*columns))}
        return rows, {state.entity_id: state.status for state in session.scalars(select(State))}


@pytest.fixture
def history(office: Office, seed: int) -> History:
    made = History(office, seed)
    made.run()
    return made


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        only, rounds = (metafunc.config.getoption(name) for name in ("--seed", "--rounds"))
        metafunc.parametrize("seed", range(max(1, rounds // 4)) if only is None else [only])


def test_of_two_who_say_that_they_began_a_case_neither_says_whose_it_is(office: Office) -> None:
    """Whichever is heard first; and what hangs on it in another centre is nobody's to say but its own."""
    history = History(office, 1)
    ours, colleague, _third, elsewhere = office.desks[:WRITERS]
    history.new_case(as_caseworker(ours))
    (case_id,) = history.begun
    for desk in (colleague, elsewhere):
        history.claim_case(case_id, as_caseworker(desk))
    with ours.read() as session:
        written = session.get_one(Case, case_id)
    of_each = [piece_of(desk, own(desk).id) for desk in (ours, colleague, elsewhere)]
    readers = []
    for order in permutations(of_each):
        readers.append(office.add())
        take_all(history, readers[-1], list(order))
    for reader in readers:
        assert refused(reader) == refused(readers[0])
        assert records(reader) == records(readers[0])
        assert clashes(reader) == clashes(readers[0])
        told = [each for each in alarms(admin(reader)) if each.field == "Two computers say that they began it"]
        assert {each.desk for each in told} == {piece.desk for piece in of_each}
        assert check(reader.store).wrong == []
    with readers[0].read() as session:
        case = session.get_one(Case, case_id)
        assert (case.owner_id, case.team) == (None, None)
        assert case.priority == written.priority


def as_caseworker(desk: Desk) -> Desk:
    """Somebody new at this desk, whom an administrator let in."""
    with desk.write("test.user") as session:
        user = User(id=uuid4(), name="Somebody", roles=["caseworker"], active=True)
        session.add(user)
    return replace(desk, actor=Actor(user.id, "Somebody", frozenset({"caseworker"})))


def test_in_whatever_order_it_arrives_the_same_counts_and_the_same_is_refused(history: History) -> None:
    files, readers = history.files(), [history.office.add() for _reader in range(READERS)]
    for reader in readers:
        history.random.shuffle(files)
        take_all(history, reader, files)
        assert check(reader.store).wrong == []
    first, *others = readers
    for other in others:
        assert refused(other) == refused(first)
        assert records(other) == records(first)
        assert clashes(other) == clashes(first)
        assert lists(other) == lists(first)
